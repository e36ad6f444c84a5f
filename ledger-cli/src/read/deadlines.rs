//! `deadlines`: what is owed by when.

use ledger_core::assessment::civil::Date;
use replay::{Deadline, Deadlines, KnownAt, ongoing_on, subject_ongoing};
use serde_json::json;

use super::cases::listed;
use super::rating::unknown;
use super::{Reader, with_progress};
use crate::args::{DeadlinesArgs, Global};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Runs `ledger deadlines`.
pub fn deadlines(global: &Global, args: &DeadlinesArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let mut found = found(&reader, args, as_of, known_at)?;
    let left_out = args.within.map(|within| found.within(within.into()));
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(found);
        value["known_at"] = json!(known_at.to_string());
        if let Some((undated, beyond)) = left_out {
            value["left_out"] = json!({ "undated": undated, "beyond_calendar": beyond });
        }
        out.json(&value)?;
        return out.flush();
    }
    out.line(format!("as of {as_of}, known at {known_at}; days are working days"))?;
    print(&mut out, &found, args.subject.is_none())?;
    if let Some((undated, beyond)) = left_out.filter(|left_out| *left_out != (0, 0)) {
        out.line(format!("left out: {undated} without a day, {beyond} beyond the calendar's end"))?;
    }
    out.flush()
}

fn found(
    reader: &Reader,
    args: &DeadlinesArgs,
    as_of: Date,
    known_at: KnownAt,
) -> Result<Deadlines, Failure> {
    let Some(name) = &args.subject else {
        let register = reader.register(known_at)?;
        let ongoing = with_progress("reading", |tell| ongoing_on(&reader.log, as_of, known_at, tell))?.0;
        return Ok(Deadlines::of_all(&register, &ongoing, args.kind, as_of));
    };
    let subject = reader.resolve(name)?;
    let history = reader.history(&subject, known_at)?;
    if history.register.area(&subject).is_none() {
        return Err(unknown(&subject, known_at));
    }
    let ongoing = with_progress("reading", |tell| subject_ongoing(&reader.log, &history, as_of, tell))?;
    Ok(Deadlines::of(&history.register, &ongoing, &subject, as_of))
}

/// Prints deadlines, with or without whom they are about.
pub fn print(out: &mut Out, found: &Deadlines, of_all: bool) -> Result<(), Failure> {
    if found.deadlines.is_empty() {
        return out.line("nothing is owed");
    }
    let heading = ["due", "days", "subject", "what", "detail", "by", "since", "statements", "entries"];
    let shown = |column: &usize| of_all || *column != 2;
    let columns = (0..heading.len()).filter(shown);
    let heading: Vec<&str> = columns.map(|column| heading[column]).collect();
    let mut table = Table::new(&heading).right(&[1]);
    for owed in &found.deadlines {
        let cells = cells(owed).into_iter().enumerate().filter(|(column, _)| shown(column));
        table.cells(cells.map(|(_, cell)| cell).collect());
    }
    out.table(&table)?;
    let beyond = found.deadlines.iter().filter(|owed| owed.beyond_calendar).count();
    if beyond > 0 {
        let ends = found.calendar_ends.map_or_else(
            || "no bank holidays are on record".to_owned(),
            |year| format!("bank holidays are known to the end of {year} only"),
        );
        out.line(format!("{beyond} not counted in working days: {ends} (ledger holiday add)"))?;
    }
    Ok(())
}

fn cells(owed: &Deadline) -> Vec<String> {
    let statements = match owed.statements.len() {
        0..=3 => listed(&owed.statements),
        many => format!("{many} statements"),
    };
    vec![
        or_dash(owed.due),
        days(owed),
        owed.subject.to_string(),
        owed.kind.words().to_owned(),
        owed.detail.clone(),
        owed.owed_by.join(", "),
        owed.since.to_string(),
        statements,
        listed(&owed.entries),
    ]
}

fn days(owed: &Deadline) -> String {
    match owed.working_days {
        Some(days) if owed.overdue => format!("{} overdue", -days),
        Some(days) => days.to_string(),
        None if owed.overdue => "overdue".to_owned(),
        None if owed.beyond_calendar => "?".to_owned(),
        None => "-".to_owned(),
    }
}
