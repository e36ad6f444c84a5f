//! `diff`: what differs between two moments of a subject, and which events explain a changed rating.

use replay::{
    Because, CauseSet, Causes, Difference, EntryDifference, Explained, KnownAt, SETS_TRIED, Side,
    StatementView,
};
use serde_json::json;

use super::beside::{overall, theme_cell};
use super::rating::unknown;
use super::{Reader, code, with_progress};
use crate::args::{DiffArgs, Global};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Runs `ledger diff`.
pub fn diff(global: &Global, args: &DiffArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let today = reader.today()?;
    let from = (reader.log.day(args.from.0, today)?, args.from.1);
    let to = (reader.log.day(args.to.0, today)?, args.to.1);
    let found = with_progress("reading", |tell| Difference::between(&reader.log, &subject, from, to, tell))?;
    if found.name().is_none() {
        return Err(unknown(&subject, KnownAt::Now));
    }
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(found);
        value["subject"] = json!(subject);
        value["name"] = json!(found.name());
        value["rests_on"] = json!({
            "before": reader.log.names(&found.before.rests_on())?,
            "after": reader.log.names(&found.after.rests_on())?,
        });
        for (side, moment, known_at) in [("from", found.from, from.1), ("to", found.to, to.1)] {
            let head = reader.log.head_at(moment.known)?;
            value[side]["known_at"] = json!(known_at.to_string());
            value[side]["head"] = json!({ "entries": head.length.0, "hash": head.hash });
        }
        out.json(&value)?;
        return out.flush();
    }
    let mut table = Table::pairs();
    table.pair("subject", &subject);
    table.pair("name", or_dash(found.name()));
    for (side, moment, known_at) in [("from", found.from, from.1), ("to", found.to, to.1)] {
        let head = reader.log.head_at(moment.known)?;
        table.pair(side, format!("as of {}, known at {known_at}, head {head}", moment.as_of));
    }
    out.table(&table)?;
    print(&mut out, &found)?;
    out.flush()
}

fn print(out: &mut Out, found: &Difference) -> Result<(), Failure> {
    out.line("")?;
    out.table(&overall(["from", "to"], &found.before, &found.after))?;
    let mut table = Table::new(&["theme", "from", "to"]);
    for theme in &found.themes {
        table.row([
            theme.id.to_string(),
            theme_cell(theme.before.as_ref()),
            theme_cell(theme.after.as_ref()),
        ]);
    }
    section(out, &table)?;
    let mut table = Table::new(&["statement", "from", "entry", "to", "entry"]).right(&[1, 3]);
    for statement in &found.statements {
        let score = |view: Option<&StatementView>| or_dash(view.map(|view| view.score));
        let entry = |view: Option<&StatementView>| or_dash(view.map(|view| view.entry));
        let (before, after) = (statement.before.as_ref(), statement.after.as_ref());
        table.row([statement.id.to_string(), score(before), entry(before), score(after), entry(after)]);
    }
    section(out, &table)?;
    section(out, &entries("evidence", &found.evidence))?;
    section(out, &entries("decisions", &found.decisions))?;
    if found.other_entries > 0 {
        out.line(format!("and {} other entries count on one side only", found.other_entries))?;
    }
    explain(out, found)
}

/// Prints a table after an empty line, if it has rows.
fn section(out: &mut Out, table: &Table) -> Result<(), Failure> {
    if table.height() > 1 {
        out.line("")?;
        out.table(table)?;
    }
    Ok(())
}

fn entries(heading: &str, entries: &[EntryDifference]) -> Table {
    let mut table =
        Table::new(&[heading, "recorded", "counts from", "event", "what", "only", "since", "hash"]);
    for entry in entries {
        table.row(cells(entry));
    }
    table
}

fn cells(entry: &EntryDifference) -> [String; 8] {
    let since = match entry.because {
        Because::NotKnown => "not known there",
        Because::NotYet => "not yet there",
    };
    [
        entry.sequence.to_string(),
        entry.recorded_time.to_string()[..16].to_owned() + "Z",
        entry.counts_from.to_string(),
        entry.event.clone(),
        entry.summary.clone(),
        code(&entry.side),
        since.to_owned(),
        entry.hash.to_string()[..16].to_owned(),
    ]
}

fn explain(out: &mut Out, found: &Difference) -> Result<(), Failure> {
    out.line("")?;
    let Some(explanation) = &found.explanation else {
        let same = (found.before.status, found.before.rating, found.before.percent)
            == (found.after.status, found.after.rating, found.after.percent);
        return out.line(if same {
            "status, rating and percentage are the same: there is nothing to explain"
        } else {
            "no set of its results, corrections and scores explains the change: run `ledger verify`"
        });
    };
    out.line(introduction(explanation))?;
    let mut sets = explanation.sets.iter();
    if let Some(first) = sets.next().filter(|first| !first.entries.is_empty()) {
        out.table(&entries("without", &first.entries))?;
        out.line(becomes(explanation, first))?;
        out.line(format!("to see it: {}", what_if(found, explanation, first)))?;
    }
    for other in sets {
        let entries: Vec<String> = other.entries.iter().map(|entry| entry.sequence.to_string()).collect();
        out.line(format!("or without {}: {}", entries.join(", "), becomes(explanation, other)))?;
    }
    let unlisted = explanation.number - explanation.sets.len();
    if unlisted > 0 {
        out.line(format!("or without one of {unlisted} other sets of that size"))?;
    }
    Ok(())
}

fn introduction(explanation: &Causes) -> String {
    let what = match explanation.explains {
        Explained::Rating => "the changed rating",
        Explained::Percent => "the changed percentage",
    };
    let size = explanation.sets.first().map_or(0, |set| set.entries.len());
    let events = if size == 1 { "event" } else { "events" };
    let day = if explanation.the_day { "the day, and " } else { "" };
    let explained = format!("{what} is explained by {day}{size} {events} of {}", explanation.candidates);
    if !explanation.proven {
        let least = explanation.at_least;
        return format!(
            "{explained}, none of which can be spared; a smaller set may do, but none of fewer than {least} \
             does ({SETS_TRIED} sets were tried)"
        );
    }
    let all = if explanation.all_tried { "" } else { ", though not every set of that size was tried" };
    format!("{explained}: no smaller set does{all}")
}

fn becomes(explanation: &Causes, set: &CauseSet) -> String {
    let side = code(&explanation.later);
    let what = match explanation.explains {
        Explained::Percent => "percentage",
        Explained::Rating if set.percent_too => "rating",
        Explained::Rating => "rating, though at another percentage",
    };
    format!("`{side}` has the other side's {what}")
}

/// The command that shows the later side without the set.
fn what_if(found: &Difference, explanation: &Causes, set: &CauseSet) -> String {
    let (moment, other) =
        if explanation.later == Side::To { (found.to, found.from) } else { (found.from, found.to) };
    let day = if explanation.the_day { other.as_of } else { moment.as_of };
    let entries: Vec<String> = set.entries.iter().map(|entry| entry.sequence.get().to_string()).collect();
    let last = moment.known.last_sequence().map_or(0, |last| last.get());
    format!(
        "ledger what-if {} --without {} --as-of {} --known-at {last}",
        found.after.subject,
        entries.join(" "),
        day
    )
}
