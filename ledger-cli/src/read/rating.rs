//! `rating`, `report`: what was in force, and the report that says so.

use replay::report::{Format, NoReport, Report};
use replay::{EntryName, Existence, KnownAt, RatingAnswer, ResultKind, ResultView, StatementView, Status};
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
    let everything = history.head == reader.log.head();
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(answer);
        value["known_at"] = json!(known_at.to_string());
        value["everything_recorded"] = json!(everything);
        value["head"] = json!({ "entries": history.head.length.0, "hash": history.head.hash });
        value["sequence"] = json!(answer.result.as_ref().map(|result| result.sequence));
        value["hash"] = json!(answer.result.as_ref().and_then(|result| hash_of(&names, result.sequence)));
        value["rests_on"] = json!(names);
        value["context"] = json!(context);
        out.json(&value)?;
    } else {
        let note = if everything && known_at != KnownAt::Now { ", which is everything recorded" } else { "" };
        print(&mut out, &answer, &names, &format!("{known_at}{note}"), history.head)?;
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
    known_at: &str,
    head: Head,
) -> Result<(), Failure> {
    let mut table = Table::pairs();
    table.pair("subject", &answer.subject);
    table.pair("name", or_dash(answer.name.as_ref()));
    table.pair("as of", answer.as_of);
    table.pair("known at", known_at);
    existence(&mut table, answer);
    table.pair("status", status(answer));
    if answer.result.is_some() {
        table.pair("rating", or_dash(answer.rating));
        table.pair("percent", or_dash(answer.percent));
        table.pair("basis", or_dash(answer.basis));
        table.pair("method", or_dash(answer.framework.as_ref()));
    }
    origin(&mut table, answer, names);
    for caveat in &answer.caveats {
        let causes = answer.caveat_entries.get(caveat).into_iter().flatten();
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        table.pair("but", format!("{} ({})", caveat.words(), causes.join(", ")));
    }
    for before in &answer.predecessors {
        let stood = format!("{}, {} %", or_dash(before.rating), or_dash(before.percent));
        let name = or_dash(before.name.as_ref());
        table.pair("follows", format!("{} {name} (which stood at {stood}; not inherited)", before.subject));
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

fn status(answer: &RatingAnswer) -> &'static str {
    match answer.status {
        Status::InForce => "in force",
        Status::Ended => "ended: its last result, which no successor inherits",
        Status::NotYetAssessed => "not yet assessed: no result counts on that day",
        Status::Withdrawn => "withdrawn: no result is in force",
    }
}

/// What a day before the area's first or after its last means.
fn existence(table: &mut Table, answer: &RatingAnswer) {
    match answer.existence {
        Existence::Exists => {}
        Existence::NotBegun => {
            table.pair("area", format!("begins only on {}", or_dash(answer.valid_from)));
        }
        Existence::Ended => table.pair("area", format!("ended on {}", or_dash(answer.valid_to))),
    }
    for successor in &answer.successors {
        table.pair("succeeded by", format!("{} {}", successor.subject, or_dash(successor.name.as_ref())));
    }
}

/// Where the result comes from, and the other results that scores are carried forward from.
fn origin(table: &mut Table, answer: &RatingAnswer, names: &[EntryName]) {
    let latest = answer.result.as_ref().map(|result| result.sequence);
    if let Some(result) = &answer.result {
        table.pair("result", format!("{} {}", result.sequence, or_dash(hash_of(names, result.sequence))));
        table.pair("counts from", counts_from(result));
        table.pair(
            "origin",
            match result.kind {
                ResultKind::Published => "published here",
                ResultKind::Transcribed => "transcribed from a source",
            },
        );
        if let Some(findings) = &result.findings {
            table.pair("findings", findings);
        }
        if let Some(source) = &result.source {
            table.pair("source", source);
        }
    }
    if let Some(printed) = answer.printed {
        table.pair("printed there", format!("{}, {} %", or_dash(printed.rating), or_dash(printed.percent)));
    }
    for result in &answer.results {
        if Some(result.sequence) != latest {
            table.pair("carries", format!("{} of {}", result.sequence, counts_from(result)));
        }
        for correction in &result.corrections {
            table.pair("corrected by", correction);
        }
    }
}

/// The day a result counts from, and what its source printed where that is another precision or nothing.
fn counts_from(result: &ResultView) -> String {
    let effective = result.effective;
    match (result.kind, result.dated) {
        (ResultKind::Published, _) => effective.to_string(),
        (ResultKind::Transcribed, None) => {
            format!("{effective} (when it was recorded: its source has no date)")
        }
        (ResultKind::Transcribed, Some(dated)) if dated.to_string() == effective.to_string() => {
            dated.to_string()
        }
        (ResultKind::Transcribed, Some(dated)) => format!("{effective} (printed: {dated})"),
    }
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
            statement.entries.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
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
