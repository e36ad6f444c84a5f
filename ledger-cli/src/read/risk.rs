//! `risk`: what asks for attention, by urgency, and the entries behind each number.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::risk::{RiskRule, Severity};
use replay::{
    EntryName, KnownAt, RestingView, RiskAnswer, RiskRow, RuleProgress, RuleState, TriggerView, Urgency,
    ongoing_on, resting, risks, subject_ongoing, subject_risks,
};
use serde_json::json;

use super::cases::listed;
use super::rating::unknown;
use super::{Reader, code, with_progress};
use crate::args::{Global, ListRisks};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Runs `ledger risk`.
pub fn risk(global: &Global, args: &ListRisks) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let mut answer = answer(&reader, args, as_of, known_at)?;
    if let (Some(subject), Some(statement)) = (&args.subject, &args.statement) {
        answer.rows.retain(|row| row.statement == *statement);
        if answer.rows.is_empty() {
            let what = format!("{statement} is no statement that {subject} is assessed by");
            return Err(Failure::Usage(format!("{what}: see `ledger risk {subject} --all`")));
        }
    }
    if !args.all && args.statement.is_none() {
        answer.rows.retain(|row| row.urgency != Urgency::Quiet);
    }
    let mut out = reader.out()?;
    if reader.json {
        return json_answer(&reader, args, &answer, known_at, out);
    }
    let policy = answer.policy.as_ref().map_or_else(|| "no risk policy".to_owned(), ToString::to_string);
    out.line(format!("as of {as_of}, known at {known_at}, by {policy}; {}", answer.ours))?;
    if args.statement.is_some() {
        answer.rows.iter().try_for_each(|row| explain(&reader, &mut out, row))?;
        return out.flush();
    }
    if answer.rows.is_empty() {
        out.line("nothing asks for attention")?;
    } else {
        out.table(&rows(&answer.rows, args.subject.is_none()))?;
    }
    match (&args.subject, answer.quiet) {
        (_, 0) => {}
        (Some(_), _) if args.all => {}
        (Some(_), quiet) => out.line(format!("{quiet} statements are quiet: --all lists them"))?,
        (None, quiet) => out.line(format!("{quiet} statements are quiet: name a subject to see its own"))?,
    }
    out.flush()
}

fn answer(reader: &Reader, args: &ListRisks, as_of: Date, known_at: KnownAt) -> Result<RiskAnswer, Failure> {
    let Some(name) = &args.subject else {
        let register = reader.register(known_at)?;
        let ongoing = with_progress("reading", |tell| ongoing_on(&reader.log, as_of, known_at, tell))?.0;
        let (rows, quiet) = risks(&register, &ongoing, args.kind, as_of);
        return Ok(RiskAnswer::of(&ongoing, as_of, rows, quiet));
    };
    let subject = reader.resolve(name)?;
    if !subject.area_kind().is_some_and(|kind| kind.is_assessed()) {
        return Err(Failure::Usage(format!("{subject} is not assessed: see `ledger area list`")));
    }
    let history = reader.history(&subject, known_at)?;
    if history.register.area(&subject).is_none() {
        return Err(unknown(&subject, known_at));
    }
    let ongoing = with_progress("reading", |tell| subject_ongoing(&reader.log, &history, as_of, tell))?;
    let rows = subject_risks(&history.register, &ongoing, &subject, as_of);
    let quiet = rows.iter().filter(|row| row.urgency == Urgency::Quiet).count();
    Ok(RiskAnswer::of(&ongoing, as_of, rows, quiet))
}

fn json_answer(
    reader: &Reader,
    args: &ListRisks,
    answer: &RiskAnswer,
    known_at: KnownAt,
    mut out: Out,
) -> Result<(), Failure> {
    let mut value = json!(answer);
    value["known_at"] = json!(known_at.to_string());
    if let (Some(_), [row]) = (&args.statement, answer.rows.as_slice()) {
        value["evidence"] = json!(resting(&reader.log, row)?);
        value["entries"] = json!(reader.log.names(&row.entries())?);
    }
    out.json(&value)?;
    out.flush()
}

fn rows(rows: &[RiskRow], of_all: bool) -> Table {
    let whose: &[&str] = if of_all { &["subject"] } else { &[] };
    let heading = ["statement", "score", "days", "I/H/M/L", "breaches", "fired", "next to fire"];
    let heading = [&["urgency"][..], whose, &heading].concat();
    let first = whose.len();
    let mut table = Table::new(&heading).right(&[first + 2, first + 3]);
    for row in rows {
        let subject = of_all.then(|| row.subject.to_string());
        let rest = [
            row.statement.to_string(),
            or_dash(row.assessed.as_ref().map(|assessed| assessed.score)),
            or_dash(row.assessed.as_ref().map(|assessed| assessed.days)),
            concerns(row),
            or_dash((!row.breaches.is_empty()).then_some(row.breaches.len())),
            fired(&row.triggers),
            nearest(row),
        ];
        let cells = [row.urgency.words().to_owned()].into_iter().chain(subject).chain(rest);
        table.cells(cells.collect());
    }
    table
}

/// Open concerns by severity, the severest first.
fn concerns(row: &RiskRow) -> String {
    let severest = [Severity::Immediate, Severity::High, Severity::Moderate, Severity::Low];
    let counts = severest.map(|severity| row.concerns_of(severity).to_string());
    if row.concerns.is_empty() { "-".to_owned() } else { counts.join("/") }
}

fn fired(triggers: &[TriggerView]) -> String {
    let said = triggers.iter().map(|open| format!("{} due {} ({})", open.rule, open.due, days(open)));
    or_dash(Some(said.collect::<Vec<_>>().join(", ")).filter(|said| !said.is_empty()))
}

/// A number of things.
fn counted(number: i64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn days(open: &TriggerView) -> String {
    match open.working_days {
        Some(days) if open.overdue => format!("{} overdue", counted(-days, "working day")),
        Some(days) => counted(days, "working day"),
        None if open.overdue => "overdue".to_owned(),
        None => "beyond the calendar's end".to_owned(),
    }
}

/// The rules that have counted something or run by the day, and have not fired.
fn nearest(row: &RiskRow) -> String {
    let counting = |rule: &&RuleProgress| match rule.state {
        RuleState::Due | RuleState::Near => true,
        RuleState::Watching => rule.found > 0,
        _ => false,
    };
    let said: Vec<String> = row.rules.iter().filter(counting).map(short).collect();
    or_dash(Some(said.join(", ")).filter(|said| !said.is_empty()))
}

/// A rule in few words.
fn short(rule: &RuleProgress) -> String {
    let RuleProgress { found, threshold, .. } = rule;
    match (rule.rule, rule.left) {
        (RiskRule::R4, Some(0)) => format!("R4 by a sweep ({found} of {threshold} days)"),
        (RiskRule::R4, Some(left)) => format!("R4 in {}", counted(left, "day")),
        (RiskRule::R5, _) => "R5 notice undecided".to_owned(),
        (RiskRule::R6, _) => format!("R6 {} withdrawn", counted(*found, "item")),
        (of, _) => format!("{of} {found} of {threshold}"),
    }
}

/// Every number about one statement, with the entries behind it.
fn explain(reader: &Reader, out: &mut Out, row: &RiskRow) -> Result<(), Failure> {
    let names = reader.log.names(&row.entries())?;
    let mut table = Table::pairs();
    table.pair("subject", &row.subject);
    table.pair("name", &row.name);
    table.pair("statement", &row.statement);
    table.pair("urgency", row.urgency.words());
    if let Some(assessed) = &row.assessed {
        table.pair("score in force", format!("{} by {}", assessed.score, assessed.entry));
        let since = format!("{} days, since {} ({})", assessed.days, assessed.since, assessed.result);
        table.pair("assessed", since);
    }
    for breach in &row.breaches {
        table.pair("breach found", format!("{} ({})", listed(&breach.regulations), breach.findings));
    }
    out.table(&table)?;
    out.line("")?;
    out.table(&rules(row))?;
    let evidence = evidence(&resting(&reader.log, row)?);
    for table in [open_concerns(row), open_triggers(row), evidence, entries(&names)] {
        if table.height() > 1 {
            out.line("")?;
            out.table(&table)?;
        }
    }
    Ok(())
}

fn rules(row: &RiskRow) -> Table {
    let heading = ["rule", "state", "found", "of", "left", "measure", "within", "entries"];
    let mut table = Table::new(&heading).right(&[2, 3, 4]);
    for rule in &row.rules {
        table.row([
            rule.rule.to_string(),
            code(&rule.state),
            rule.found.to_string(),
            rule.threshold.to_string(),
            or_dash(rule.left),
            rule.measure.to_owned(),
            or_dash(rule.within.as_ref()),
            listed(&rule.entries),
        ]);
    }
    table
}

fn open_concerns(row: &RiskRow) -> Table {
    let mut table = Table::new(&["concern", "severity", "raised"]);
    for concern in &row.concerns {
        table.row([concern.entry.to_string(), code(&concern.severity), concern.raised.to_string()]);
    }
    table
}

fn open_triggers(row: &RiskRow) -> Table {
    let mut table = Table::new(&["trigger", "rule", "because", "action", "due", "causes"]);
    for open in &row.triggers {
        let arithmetic = &open.arithmetic;
        let because = format!("{} {} of {}", arithmetic.measure, arithmetic.found, arithmetic.threshold);
        table.row([
            open.entry.to_string(),
            format!("{} of {}", open.rule, open.policy),
            because,
            open.action.to_string(),
            format!("{} ({})", open.due, days(open)),
            listed(&open.causes),
        ]);
    }
    table
}

fn evidence(items: &[RestingView]) -> Table {
    let mut table = Table::new(&["evidence", "of", "category", "is result", "withdrawn"]);
    for item in items {
        table.row([
            item.entry.to_string(),
            item.of.to_string(),
            item.category.to_string(),
            or_dash(item.partner_result),
            if item.withdrawn { "yes".to_owned() } else { "no".to_owned() },
        ]);
    }
    table
}

fn entries(names: &[EntryName]) -> Table {
    let mut table = Table::new(&["entry", "event", "hash"]);
    for name in names {
        table.row([name.sequence.to_string(), name.event.clone(), name.hash.to_string()]);
    }
    table
}
