//! `replay`: everything folded again from the first entry on, its state hash, and the ratings then in force.
//!
//! What is printed and written depends on the entries alone; how fast it went is said on standard error.

use std::collections::BTreeMap;
use std::time::Instant;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::AreaKind;
use ledger_core::values::Hash;
use replay::{RatingAnswer, Replayed, Status};
use serde_json::{Value, json};

use super::{Reader, with_progress};
use crate::args::{Global, ReplayArgs};
use crate::exit::Failure;
use crate::files::write_text;
use crate::output::{Out, Table, or_dash, thousands};

/// Runs `ledger replay`.
pub fn replay(global: &Global, args: &ReplayArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let started = Instant::now();
    let replayed = with_progress("replaying", |tell| replay::replay(&reader.log, args.until, tell))?;
    let seconds = started.elapsed().as_secs_f64().max(1e-6);
    let entries = replayed.head.length.0;
    eprintln!(
        "{} entries in {seconds:.2} s, {}/s",
        thousands(entries),
        thousands((entries as f64 / seconds) as u64)
    );
    let as_of = last_day(&reader, &replayed)?;
    let ratings = ratings(&replayed, as_of);
    let state_hash = state_hash(&replayed, args.projection.as_deref());
    let mut out = reader.out()?;
    if args.output.is_some() || reader.json {
        let mut value = json!({
            "known_at": args.until.to_string(), "as_of": as_of, "entries": entries, "head": replayed.head.hash,
            "projections": replayed.states, "projection": args.projection, "state_hash": state_hash,
            "notices": reader.log.notices(),
        });
        value["ratings"] = Value::Array(ratings.iter().map(in_force).collect());
        if let Some(file) = &args.output {
            write_text(file, &format!("{value:#}\n"))?;
        }
        if reader.json {
            out.json(&value)?;
        }
    }
    if !reader.json {
        print(&mut out, args, &replayed, (as_of, &ratings), state_hash)?;
    }
    out.flush()?;
    match args.verify_against {
        Some(expected) if expected != state_hash => {
            Err(Failure::Check(format!("the state hash is {state_hash}, not {expected}")))
        }
        _ => Ok(()),
    }
}

/// The hash asked for.
fn state_hash(replayed: &Replayed, projection: Option<&str>) -> Hash {
    let only = projection.and_then(|name| replayed.states.iter().find(|state| state.projection == name));
    only.map_or(replayed.state_hash, |state| state.state_hash)
}

/// The day of the last entry replayed: what is in force on it depends on no other clock.
fn last_day(reader: &Reader, replayed: &Replayed) -> Result<Date, Failure> {
    match replayed.head.length.last_sequence() {
        Some(last) => Ok(Date::in_london(reader.log.at(&[last])?[0].recorded.recorded_time)),
        None => Err(Failure::Usage("nothing was known then: the first entry is later".to_owned())),
    }
}

/// The ratings of every subject that is assessed and has a result or had one.
fn ratings(replayed: &Replayed, as_of: Date) -> Vec<RatingAnswer> {
    let register = &replayed.register;
    let assessed = |kind: AreaKind| kind.is_assessed();
    let areas = register.areas().map(|(subject, _)| subject);
    let subjects = areas.filter(|subject| subject.area_kind().is_some_and(assessed));
    let answers = subjects.filter(|subject| register.has_results(subject));
    answers.map(|subject| register.rating(subject, as_of)).collect()
}

fn in_force(answer: &RatingAnswer) -> Value {
    json!({
        "subject": answer.subject, "name": answer.name, "status": answer.status, "rating": answer.rating,
        "percent": answer.percent, "basis": answer.basis, "framework": answer.framework,
        "result": answer.result.as_ref().map(|result| result.sequence),
        "effective": answer.result.as_ref().map(|result| result.effective), "caveats": answer.caveats,
    })
}

fn print(
    out: &mut Out,
    args: &ReplayArgs,
    replayed: &Replayed,
    (as_of, ratings): (Date, &[RatingAnswer]),
    state_hash: Hash,
) -> Result<(), Failure> {
    let mut table = Table::pairs();
    table.pair("replayed", format!("what was known at {}", args.until));
    table.pair("head", replayed.head);
    table.pair("state hash", state_hash);
    if let Some(projection) = &args.projection {
        table.pair("of", projection);
    }
    out.table(&table)?;
    out.line("")?;
    let mut states = Table::new(&["projection", "version", "state hash"]).right(&[1]);
    for state in &replayed.states {
        states.row([state.projection.to_owned(), state.version.to_string(), state.state_hash.to_string()]);
    }
    out.table(&states)?;
    out.line("")?;
    out.line(format!("ratings in force on {as_of}, the day of the last entry:"))?;
    out.table(&counts(ratings))
}

fn counts(ratings: &[RatingAnswer]) -> Table {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for answer in ratings {
        let kind = answer.subject.area_kind().map_or_else(String::new, |kind| kind.to_string());
        let rating = match answer.status {
            Status::InForce => or_dash(answer.rating),
            Status::Ended => "ended".to_owned(),
            Status::NotYetAssessed => "not yet in force".to_owned(),
            Status::Withdrawn => "withdrawn".to_owned(),
        };
        *counts.entry((kind, rating)).or_default() += 1;
    }
    let mut table = Table::new(&["kind", "rating", "subjects"]).right(&[2]);
    for ((kind, rating), count) in counts {
        table.row([kind, rating, count.to_string()]);
    }
    table
}
