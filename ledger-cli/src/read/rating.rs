//! `rating`, `report`: what was in force, and the report that says so.

use replay::report::{Format, NoReport, Report};
use replay::{EntryName, KnownAt, RatingAnswer, StatementView, Status};
use serde_json::json;

use super::ask::context_line;
use super::{Reader, vault};
use crate::args::{Global, RatingArgs, ReportArgs, ReportFormat};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::log::Head;
use ledger_core::values::{Hash, Sequence};

/// Runs `ledger rating`.
pub fn rating(global: &Global, args: &RatingArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let history = reader.history(&subject, known_at)?;
    if history.register.area(&subject).is_none() {
        return Err(unknown(&subject, known_at));
    }
    let answer = history.register.rating(&subject, as_of);
    let names = reader.log.names(&answer.rests_on())?;
    let context = context_line(&history, as_of);
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(answer);
        value["known_at"] = json!(known_at.to_string());
        value["head"] = json!({ "entries": history.head.length.0, "hash": history.head.hash });
        value["sequence"] = json!(answer.result.as_ref().map(|result| result.sequence));
        value["hash"] = json!(answer.result.as_ref().and_then(|result| hash_of(&names, result.sequence)));
        value["rests_on"] = json!(names);
        value["context"] = json!(context);
        out.json(&value)?;
    } else {
        print(&mut out, &answer, &names, known_at, history.head)?;
        out.line(format!("context: {context}"))?;
    }
    out.flush()
}

/// That a subject is not registered, now or as known then.
pub fn unknown(subject: &Subject, known_at: KnownAt) -> Failure {
    let when = if known_at == KnownAt::Now { String::new() } else { format!(" as known at {known_at}") };
    Failure::Usage(format!("{subject} is not registered{when}: see `ledger area list`"))
}

fn hash_of(names: &[EntryName], sequence: Sequence) -> Option<Hash> {
    names.iter().find(|name| name.sequence == sequence).map(|name| name.hash)
}

/// Prints a rating with where each statement's score comes from.
pub fn print(
    out: &mut Out,
    answer: &RatingAnswer,
    names: &[EntryName],
    known_at: KnownAt,
    head: Head,
) -> Result<(), Failure> {
    let mut table = Table::pairs();
    table.pair("subject", &answer.subject);
    table.pair("name", or_dash(answer.name.as_ref()));
    table.pair("as of", answer.as_of);
    table.pair("known at", known_at);
    let status = match answer.status {
        Status::InForce => "in force",
        Status::Ended => "ended: its last result, which no successor inherits",
        Status::NotYetAssessed => "not yet assessed",
        Status::Withdrawn => "withdrawn: no result is in force",
    };
    table.pair("status", status);
    if matches!(answer.status, Status::InForce | Status::Ended) {
        table.pair("rating", or_dash(answer.rating));
        table.pair("percent", or_dash(answer.percent));
        table.pair("basis", or_dash(answer.basis));
        table.pair("method", or_dash(answer.framework.as_ref()));
    }
    if let Some(result) = &answer.result {
        table.pair("result", format!("{} {}", result.sequence, or_dash(hash_of(names, result.sequence))));
        table.pair("counts from", result.effective);
        if let Some(source) = &result.source {
            table.pair("source", source);
        }
    }
    if let Some(printed) = answer.printed {
        table.pair("printed there", format!("{}, {} %", or_dash(printed.rating), or_dash(printed.percent)));
    }
    for correction in answer.result.iter().flat_map(|result| &result.corrections) {
        table.pair("corrected by", correction);
    }
    for caveat in &answer.caveats {
        table.pair("but", caveat.words());
    }
    for successor in &answer.successors {
        table.pair("succeeded by", successor);
    }
    for before in &answer.predecessors {
        let stood = format!("{}, {} %", or_dash(before.rating), or_dash(before.percent));
        table.pair("follows", format!("{} (which stood at {stood}; not inherited)", before.subject));
    }
    table.pair("head", head);
    out.table(&table)?;
    if !answer.themes.is_empty() {
        out.line("")?;
        out.table(&themes(answer))?;
    }
    if !answer.statements.is_empty() {
        out.line("")?;
        out.table(&statements(&answer.statements))?;
    }
    if !answer.missing.is_empty() {
        let missing: Vec<&str> = answer.missing.iter().map(|statement| statement.as_str()).collect();
        out.line(format!("without a score: {}", missing.join(", ")))?;
    }
    Ok(())
}

fn themes(answer: &RatingAnswer) -> Table {
    let mut table = Table::new(&["theme", "sum", "of", "percent", "rating"]).right(&[1, 2, 3]);
    for theme in &answer.themes {
        table.row([
            theme.id.to_string(),
            theme.sum.to_string(),
            theme.maximum.to_string(),
            or_dash(theme.percent),
            or_dash(theme.rating),
        ]);
    }
    table
}

fn statements(statements: &[StatementView]) -> Table {
    let mut table = Table::new(&["statement", "score", "entry", "assessment", "from", ""]).right(&[1]);
    for statement in statements {
        let mut note = if statement.carried_forward { "carried forward".to_owned() } else { String::new() };
        if let Some((framework, from)) = &statement.mapped_from {
            note = format!("{note} from {from} of {framework}").trim().to_owned();
        }
        table.row([
            statement.statement.to_string(),
            statement.score.to_string(),
            statement.entry.to_string(),
            statement.assessment.map_or_else(|| "transcribed".to_owned(), |sequence| sequence.to_string()),
            statement.effective.to_string(),
            note,
        ]);
    }
    table
}

/// Runs `ledger report`.
pub fn report(global: &Global, args: &ReportArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let history = reader.history(&subject, KnownAt::Now)?;
    if history.readings.is_empty() {
        return Err(unknown(&subject, KnownAt::Now));
    }
    let vault = vault(&global.data)?;
    let notices = reader.log.notices();
    let today: Date = reader.today()?;
    let report = if args.draft {
        Report::draft(&history, today, &*vault, notices)
    } else {
        Report::published(&history, today, &*vault, notices)
    };
    let report = report.map_err(|error: NoReport| Failure::Usage(error.to_string()))?;
    let format = match args.format {
        _ if reader.json => Format::Json,
        ReportFormat::Text => Format::Text,
        ReportFormat::Md => Format::Markdown,
        ReportFormat::Html => Format::Html,
        ReportFormat::Json => Format::Json,
    };
    // The report says the ledger's marks itself.
    let mut out = Out::stdout();
    out.raw(report.render(format).as_bytes())?;
    out.flush()
}
