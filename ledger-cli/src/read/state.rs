//! `state`: what is open about a subject on a day.

use replay::{KnownAt, OpenAssessmentView, StateView, subject_ongoing};
use serde_json::json;

use super::cases::listed;
use super::rating::unknown;
use super::{Reader, code, deadlines, with_progress};
use crate::args::{Global, StateArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};
use ledger_core::assessment::civil::Date;
use ledger_core::log::Head;
use ledger_core::values::Sequence;

/// Runs `ledger state`.
pub fn state(global: &Global, args: &StateArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let known_at = args.known_at.unwrap_or_default();
    let as_of = match args.as_of {
        Some(as_of) => reader.log.day(as_of, reader.today()?)?,
        None => day_of(&reader, known_at)?,
    };
    let history = reader.history(&subject, known_at)?;
    if history.register.area(&subject).is_none() {
        return Err(unknown(&subject, known_at));
    }
    let ongoing = with_progress("reading", |tell| subject_ongoing(&reader.log, &history, as_of, tell))?;
    let view = StateView::of(&history, &ongoing, as_of);
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(view);
        value["known_at"] = json!(known_at.to_string());
        value["head"] = json!({ "entries": history.head.length.0, "hash": history.head.hash });
        out.json(&value)?;
    } else {
        print(&mut out, &view, known_at, history.head)?;
    }
    out.flush()
}

/// The day on which so much was known: of an entry that of its recording.
fn day_of(reader: &Reader, known_at: KnownAt) -> Result<Date, Failure> {
    match known_at {
        KnownAt::Now => reader.today(),
        KnownAt::Date(day) => Ok(day),
        KnownAt::Instant(at) => Ok(Date::in_london(at)),
        KnownAt::Sequence(_) => {
            let last: Vec<Sequence> = reader.log.known(known_at)?.last_sequence().into_iter().collect();
            let reading = reader.log.at(&last)?.pop();
            Ok(reading.map_or(reader.today()?, |last| Date::in_london(last.recorded.recorded_time)))
        }
    }
}

fn print(out: &mut Out, view: &StateView, known_at: KnownAt, head: Head) -> Result<(), Failure> {
    let mut table = Table::pairs();
    table.pair("subject", &view.subject);
    table.pair("name", or_dash(view.name.as_ref()));
    table.pair("as of", view.as_of);
    table.pair("known at", known_at);
    table.pair("status", code(&view.status));
    if let Some(rating) = view.rating {
        let percent = view.percent.map_or_else(String::new, |percent| format!(", {percent} %"));
        table.pair("rating", format!("{rating}{percent}"));
    }
    for caveat in &view.caveats {
        table.pair("but", caveat.words());
    }
    table.pair("head", head);
    out.table(&table)?;
    view.assessments.iter().try_for_each(|open| assessment(out, open))?;
    let tables = [
        ("open requests", requests(view)),
        ("undecided challenges", challenges(view)),
        ("open concerns", concerns(view)),
        ("open triggers", triggers(view)),
    ];
    for (title, table) in &tables {
        if table.height() > 1 {
            out.line(format!("\n{title}"))?;
            out.table(table)?;
        }
    }
    out.line("\ndeadlines, in working days")?;
    deadlines::print(out, &view.deadlines, false)
}

fn assessment(out: &mut Out, open: &OpenAssessmentView) -> Result<(), Failure> {
    let mut table = Table::pairs();
    table.pair("open assessment", open.sequence);
    table.pair("method", format!("{}, {}", open.framework, code(&open.phase)));
    table.pair("scored", format!("{} of {} statements", open.scored, open.statements));
    table.pair("moderated", open.moderated);
    table.pair("items of evidence", open.evidence);
    if let Some(draft) = &open.draft {
        let confirmed = format!("{} of {} confirmed", draft.confirmed.len(), draft.recipients.len());
        let window = format!("emailed {}, window closes {}, {confirmed}", draft.emailed, draft.closes);
        table.pair("draft", format!("{}, {window}", draft.sequence));
    }
    if let Some(findings) = open.findings {
        table.pair("findings", findings);
    }
    if let Some(published) = open.published {
        table.pair("rating published", published);
    }
    table.pair("next", &open.next_step);
    out.line("")?;
    out.table(&table)
}

fn requests(view: &StateView) -> Table {
    let mut table = Table::new(&["request", "statement", "category", "of", "due"]);
    for request in &view.requests {
        table.row([
            request.sequence.to_string(),
            request.statement.to_string(),
            request.category.to_string(),
            request.organisation.to_string(),
            request.due.to_string(),
        ]);
    }
    table
}

fn challenges(view: &StateView) -> Table {
    let mut table = Table::new(&["challenge", "by", "ground", "statement"]);
    for challenge in &view.challenges {
        table.row([
            challenge.sequence.to_string(),
            challenge.organisation.to_string(),
            code(&challenge.ground),
            or_dash(challenge.statement.as_ref()),
        ]);
    }
    table
}

fn concerns(view: &StateView) -> Table {
    let mut table = Table::new(&["concern", "severity", "statements"]);
    for concern in &view.concerns {
        let severity = code(&concern.severity);
        table.row([concern.sequence.to_string(), severity, listed(&concern.statements)]);
    }
    table
}

fn triggers(view: &StateView) -> Table {
    let mut table = Table::new(&["trigger", "rule", "action", "due", "statements", "causes"]);
    for case in &view.triggers {
        table.row([
            case.sequence.to_string(),
            format!("{} of {}", case.trigger.rule, case.trigger.policy),
            case.trigger.action.to_string(),
            case.trigger.due.to_string(),
            listed(&case.trigger.statements),
            listed(&case.trigger.causes),
        ]);
    }
    table
}
