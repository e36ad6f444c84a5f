//! `national`: how ratings and scores are distributed over the country, and each subject beside its peers.

use ledger_core::assessment::framework::{Rating, Score};
use ledger_core::log::Head;
use replay::plot::{self, Imprint};
use replay::{
    Contexts, KnownAt, Measure, National, NationalKind, NationalRow, NationalSubject, PEER_VARIABLES,
    Register, Status,
};
use serde_json::json;

use super::{Reader, with_progress, write_drawing};
use crate::args::{Global, NationalArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Runs `ledger national`.
pub fn national(global: &Global, args: &NationalArgs) -> Result<(), Failure> {
    if let Some(kind) = args.kind.filter(|kind| !kind.is_assessed()) {
        return Err(Failure::Usage(format!(
            "areas of kind {kind} have no ratings: ics, local-authority or provider expected"
        )));
    }
    let reader = Reader::open(global)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let measure = match (&args.theme, &args.statement) {
        (Some(theme), _) => Measure::Theme(theme.clone()),
        (None, Some(statement)) => Measure::Statement(statement.clone()),
        (None, None) => Measure::Overall,
    };
    let ((register, contexts), head) =
        with_progress("reading", |tell| reader.log.folded::<(Register, Contexts)>(known_at, tell))?;
    let national = National::of(&register, &contexts, as_of, measure, args.kind, args.peers)
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(national);
        value["known_at"] = json!(known_at.to_string());
        value["head"] = json!({ "entries": head.length.0, "hash": head.hash });
        out.json(&value)?;
    } else {
        print(&mut out, &national, known_at, head)?;
    }
    if let Some(file) = &args.svg {
        let imprint = Imprint::of(&reader.log, head, as_of, known_at);
        write_drawing(&reader, &mut out, file, &plot::national(&national, &imprint))?;
    }
    out.flush()
}

fn print(out: &mut Out, national: &National, known_at: KnownAt, head: Head) -> Result<(), Failure> {
    if national.kinds.is_empty() {
        out.line("no subject of a kind that is assessed exists on that day")?;
    }
    for kind in &national.kinds {
        out.line(coverage(kind, &national.measure))?;
        out.table(&distribution(kind, &national.measure))?;
        if !kind.statements.is_empty() {
            out.line("")?;
            out.table(&statements(kind))?;
        }
        out.line("")?;
        out.table(&subjects(kind))?;
        out.line("")?;
    }
    out.line(format!(
        "{}; peers by {} (our choice)",
        said_once(&national.measure),
        PEER_VARIABLES.join(" and ")
    ))?;
    out.line(format!("as of {}; known at {known_at}", national.as_of))?;
    out.line(format!("head {head}"))
}

fn said_once(measure: &Measure) -> &'static str {
    match measure {
        Measure::Overall => "overall ratings are counted together whatever their method, scores never",
        Measure::Theme(_) | Measure::Statement(_) => "scores of several methods are never in one row",
    }
}

fn coverage(kind: &NationalKind, measure: &Measure) -> String {
    let mut said =
        format!("{}, {}: {} of {} assessed", kind.kind, measure.words(), kind.assessed, kind.existing);
    for (count, what) in [(kind.withdrawn, "withdrawn"), (kind.under_review, "under review")] {
        if count > 0 {
            said.push_str(&format!("; {count} {what}"));
        }
    }
    if kind.ended > 0 {
        said.push_str(&format!("; {} ended before and not counted", kind.ended));
    }
    said
}

fn methods(row: &NationalRow) -> String {
    let said: Vec<String> = row.methods.iter().map(|(method, count)| format!("{method} {count}")).collect();
    if said.is_empty() { "-".to_owned() } else { said.join(", ") }
}

fn distribution(kind: &NationalKind, measure: &Measure) -> Table {
    let (parts, percents): ([String; 4], &[&str]) = match measure {
        Measure::Statement(_) => (Score::ALL.map(|score| score.to_string()), &[]),
        Measure::Overall | Measure::Theme(_) => {
            (Rating::ALL.map(|rating| rating.to_string()), &["with %", "lowest", "median", "highest"])
        }
    };
    let mut heading = vec!["region", "subjects"];
    heading.extend(parts.iter().map(String::as_str));
    heading.extend(["other method", "none"]);
    heading.extend(percents);
    heading.push("methods");
    let numbers: Vec<usize> = (1..heading.len() - 1).collect();
    let mut table = Table::new(&heading).right(&numbers);
    for row in &kind.rows {
        let mut cells = vec![row_name(row), row.existing.to_string()];
        cells.extend(row.counts().map(|count| count.to_string()));
        cells.extend([row.otherwise, row.none()].map(|count| count.to_string()));
        if !percents.is_empty() {
            let lie = row.percents.map(|spread| [spread.lowest, spread.median, spread.highest]);
            cells.push(row.percents.map_or(0, |spread| spread.count).to_string());
            cells.extend((0..3).map(|at| or_dash(lie.map(|percents| percents[at]))));
        }
        cells.push(methods(row));
        table.cells(cells);
    }
    table
}

fn row_name(row: &NationalRow) -> String {
    match &row.region {
        Some(region) => format!("{} ({})", row.name, region.code()),
        None => row.name.clone(),
    }
}

fn statements(kind: &NationalKind) -> Table {
    let mut table =
        Table::new(&["statement", "1", "2", "3", "4", "scored", "method"]).right(&[1, 2, 3, 4, 5]);
    for row in &kind.statements {
        let mut cells = vec![row.statement.to_string()];
        cells.extend(Score::ALL.map(|score| row.scores.get(&score).copied().unwrap_or(0).to_string()));
        cells.push(row.scores.values().sum::<usize>().to_string());
        cells.push(row.framework.to_string());
        table.cells(cells);
    }
    table
}

fn subjects(kind: &NationalKind) -> Table {
    let mut table = Table::new(&["subject", "name", "stands at", "method", "nearest peers"]);
    for subject in &kind.subjects {
        let value = &subject.value;
        let mut stands = value.words(None);
        if !subject.follows.is_empty() && value.status == Status::NotYetAssessed {
            let follows: Vec<&str> = subject.follows.iter().map(|area| area.as_str()).collect();
            stands = format!("{stands}; follows {}", follows.join(", "));
        }
        let method = or_dash(value.framework.as_ref());
        table.row([value.subject.to_string(), value.name.to_string(), stands, method, peers(subject)]);
    }
    table
}

/// The peers in one cell; where one was scored under another method, that is said.
fn peers(subject: &NationalSubject) -> String {
    if subject.peers_by.is_empty() {
        return "none: its context is not recorded".to_owned();
    }
    let beside = subject.value.framework.as_ref();
    let said: Vec<String> =
        subject.peers.iter().map(|peer| format!("{}: {}", peer.name, peer.words(beside))).collect();
    if said.is_empty() { "none".to_owned() } else { said.join("; ") }
}
