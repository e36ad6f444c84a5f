//! `assessment`, `evidence`, `concern`, `trigger`: lists over case files, and the coverage matrix.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::codes::Subject;
use replay::{
    AssessmentCase, CaseFile, Coverage, CoverageCell, ItemState, KnownAt, Register, SubjectHistory,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Reader, code, with_progress};
use crate::args::CoverageArgs;
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Items as a list in one cell.
pub fn listed<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn standing(state: ItemState) -> String {
    if state == ItemState::Open { "open".to_owned() } else { "closed".to_owned() }
}

/// The case files of one subject, or of all that have one. Cost: one pass over the log.
fn files(reader: &Reader, subject: Option<&str>) -> Result<BTreeMap<Subject, CaseFile>, Failure> {
    let only = subject.map(|name| reader.resolve(name)).transpose()?;
    let mut files: BTreeMap<Subject, CaseFile> = BTreeMap::new();
    let mut known = BTreeSet::new();
    with_progress("reading", |tell| {
        reader.log.read(KnownAt::Now, tell, |reading| {
            let subject = &reading.recorded.subject;
            if subject.area_kind().is_some() && only.as_ref().is_none_or(|only| only == subject) {
                known.insert(subject.clone());
                files.entry(subject.clone()).or_default().apply(&reading.recorded);
            }
        })
    })?;
    match only {
        Some(only) if !known.contains(&only) => {
            Err(Failure::Usage(format!("{only} is not registered: see `ledger area list`")))
        }
        _ => Ok(files),
    }
}

/// Prints rows: JSON values one a line, or a table.
pub fn print(reader: &Reader, heading: &[&str], rows: Vec<(Value, Vec<String>)>) -> Result<(), Failure> {
    let mut out = reader.out()?;
    let mut table = Table::new(heading);
    for (value, cells) in rows {
        if reader.json {
            out.json(&value)?;
        } else {
            table.cells(cells);
        }
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}

/// As [`print()`], with the context of each row's subject beside it.
fn print_in_context(
    reader: &Reader,
    heading: &[&str],
    rows: Vec<(Value, Vec<String>)>,
) -> Result<(), Failure> {
    let (_, contexts) = reader.contexts(KnownAt::Now)?;
    let today = reader.today()?;
    let beside = |(mut value, mut cells): (Value, Vec<String>)| {
        let subject = value["subject"].as_str().and_then(|name| name.parse::<Subject>().ok());
        let line = subject.map_or_else(|| "-".to_owned(), |subject| contexts.line(&subject, today));
        value["context"] = json!(line);
        cells.push(line);
        (value, cells)
    };
    let heading: Vec<&str> = heading.iter().copied().chain(["context"]).collect();
    print(reader, &heading, rows.into_iter().map(beside).collect())
}

/// A value with the subject it belongs to.
pub fn with_subject(subject: &Subject, value: &impl Serialize) -> Value {
    let mut value = json!(value);
    value["subject"] = json!(subject);
    value
}

/// Lists concerns.
pub fn concerns(reader: &Reader, subject: Option<&str>) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (subject, file) in files(reader, subject)? {
        for concern in &file.concerns {
            let cells = vec![
                concern.sequence.to_string(),
                subject.to_string(),
                code(&concern.severity),
                standing(concern.state),
                listed(&concern.statements),
            ];
            rows.push((with_subject(&subject, concern), cells));
        }
    }
    print_in_context(reader, &["concern", "subject", "severity", "state", "statements"], rows)
}

/// Lists triggers.
pub fn triggers(reader: &Reader, subject: Option<&str>) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (subject, file) in files(reader, subject)? {
        for case in &file.triggers {
            let cells = vec![
                case.sequence.to_string(),
                subject.to_string(),
                format!("{} of {}", case.trigger.rule, case.trigger.policy),
                case.trigger.action.to_string(),
                case.trigger.due.to_string(),
                standing(case.state),
                or_dash(case.discharged),
                listed(&case.trigger.statements),
            ];
            rows.push((with_subject(&subject, case), cells));
        }
    }
    let heading = ["trigger", "subject", "rule", "action", "due", "state", "discharged by", "statements"];
    print_in_context(reader, &heading, rows)
}

/// Lists assessments.
pub fn assessments(reader: &Reader, subject: Option<&str>) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for (subject, file) in files(reader, subject)? {
        for case in &file.assessments {
            let cells = vec![
                case.sequence.to_string(),
                subject.to_string(),
                case.framework.to_string(),
                code(&case.phase),
                case.statements.len().to_string(),
                case.scores.len().to_string(),
                or_dash(case.published),
                case.outcome.map_or_else(|| "open".to_owned(), |outcome| code(&outcome)),
            ];
            rows.push((with_subject(&subject, case), cells));
        }
    }
    let heading =
        ["assessment", "subject", "framework", "phase", "statements", "scores", "published", "state"];
    print_in_context(reader, &heading, rows)
}

/// Shows an assessment: scores, coverage matrix, next step.
pub fn coverage(reader: &Reader, args: &CoverageArgs) -> Result<(), Failure> {
    let subject = reader.resolve(&args.subject)?;
    let history = reader.history(&subject, KnownAt::Now)?;
    let file = CaseFile::of(&history);
    let case = chosen(&file, args, &subject)?;
    let framework = framework(&history.register, case)?;
    let coverage = file.coverage(case, framework, reader.today()?);
    let mut out = reader.out()?;
    if reader.json {
        out.json(&json!({ "subject": subject, "assessment": case, "coverage": coverage }))?;
    } else {
        header(&mut out, &history, case)?;
        out.line("")?;
        out.table(&matrix(case, &coverage))?;
        out.line("a cell counts items by wave (h held, r requested, c collected) and site (+N on site); -- is missing")?;
        out.line("")?;
        out.line(format!("next: {}", coverage.next_step))?;
    }
    out.flush()
}

fn chosen<'a>(
    file: &'a CaseFile,
    args: &CoverageArgs,
    subject: &Subject,
) -> Result<&'a AssessmentCase, Failure> {
    if let Some(named) = &args.assessment {
        let found = named.0.parse().ok().and_then(|sequence| file.assessment(sequence));
        return found.ok_or_else(|| {
            Failure::Usage(format!("{} is no assessment of {subject}: see `ledger assessment list`", named.0))
        });
    }
    let open = file.assessments.iter().rev().find(|case| case.outcome.is_none());
    open.or_else(|| file.assessments.last()).ok_or_else(|| {
        Failure::Usage(format!("{subject} has no assessment: begin one with `ledger assessment open`"))
    })
}

fn framework<'a>(
    register: &'a Register,
    case: &AssessmentCase,
) -> Result<&'a ledger_core::assessment::framework::Framework, Failure> {
    let missing =
        || Failure::Storage(format!("framework {} is not in the log: run `ledger verify`", case.framework));
    register.framework(&case.framework).ok_or_else(missing)
}

fn header(out: &mut Out, history: &SubjectHistory, case: &AssessmentCase) -> Result<(), Failure> {
    let hash = history.readings.iter().find(|reading| reading.recorded.sequence == case.sequence);
    let mut table = Table::pairs();
    table.pair("subject", &history.subject);
    table.pair("assessment", format!("{} {}", case.sequence, or_dash(hash.map(|reading| reading.hash))));
    table.pair("method", format!("{}, {}", case.framework, code(&case.phase)));
    table.pair("state", case.outcome.map_or_else(|| "open".to_owned(), |outcome| code(&outcome)));
    if let Some(draft) = &case.draft {
        let confirmed =
            if draft.confirmed.is_empty() { "nobody yet".to_owned() } else { listed(&draft.confirmed) };
        table.pair(
            "draft",
            format!("{}, window to {}, confirmed by {confirmed}", draft.sequence, draft.closes),
        );
    }
    for challenge in &case.challenges {
        let outcome = challenge.outcome.map_or_else(|| "undecided".to_owned(), |outcome| code(&outcome));
        table.pair("challenge", format!("{} by {}: {outcome}", challenge.sequence, challenge.organisation));
    }
    if let Some(published) = case.published {
        table.pair("published", published);
    }
    out.table(&table)
}

fn matrix(case: &AssessmentCase, coverage: &Coverage) -> Table {
    let mut heading = vec!["statement", "score"];
    heading.extend(coverage.categories.iter().map(|category| category.as_str()));
    let mut table = Table::new(&heading).right(&[1]);
    for (statement, cells) in &coverage.rows {
        let scores = case.scores.iter().filter(|score| score.statement == *statement);
        let scores: Vec<String> = scores
            .map(|score| format!("{}{}", score.score, if score.moderated { "" } else { "?" }))
            .collect();
        let mut row =
            vec![statement.to_string(), if scores.is_empty() { "-".to_owned() } else { scores.join(" ") }];
        row.extend(cells.iter().map(cell));
        table.cells(row);
    }
    table
}

fn cell(cell: &CoverageCell) -> String {
    if cell.total == 0 {
        return "--".to_owned();
    }
    let letter = |wave: &ledger_core::assessment::event::Wave| code(wave).chars().next().unwrap_or('?');
    let waves: Vec<String> =
        cell.waves.iter().map(|(wave, count)| format!("{count}{}", letter(wave))).collect();
    let on_site = cell.sites.get(&ledger_core::assessment::event::Site::OnSite).copied().unwrap_or(0);
    let on_site = if on_site > 0 { format!(" +{on_site}") } else { String::new() };
    format!("{}{on_site}", waves.join(" "))
}
