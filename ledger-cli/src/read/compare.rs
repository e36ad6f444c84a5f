//! `context`, `peers`, `programme`: results beside what they are compared by. Left out: the list of ratings
//! (`ratings.rs`).

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, Subject};
use replay::{PEER_VARIABLES, Programme, RatingAnswer, Register, Status};
use serde_json::json;

use super::ask::registered;
use super::{Reader, code};
use crate::args::{Clocks, PeersArgs, ShowContext};
use crate::exit::Failure;
use crate::output::{Table, or_dash};

/// Shows an area's context.
pub fn context(reader: &Reader, args: &ShowContext) -> Result<(), Failure> {
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let (register, contexts) = reader.contexts(known_at)?;
    let subject = registered(&register, &args.subject)?;
    let values = contexts.of(&subject, as_of);
    let mut out = reader.out()?;
    if reader.json {
        out.json(&json!({ "subject": subject, "as_of": as_of, "known_at": known_at.to_string(), "context": values }))?;
        return out.flush();
    }
    out.line(format!("{subject} as of {as_of}: {}", contexts.line(&subject, as_of)))?;
    if !values.is_empty() {
        let mut table = Table::new(&["variable", "value", "from", "entry"]).right(&[1]);
        for (variable, value) in values {
            table.row([
                variable,
                value.value.to_string(),
                value.effective.to_string(),
                value.entry.to_string(),
            ]);
        }
        out.table(&table)?;
    }
    out.flush()
}

/// A rating in a word or two, with what qualifies it.
pub(super) fn standing(answer: &RatingAnswer) -> String {
    let said = match answer.status {
        Status::NotYetAssessed => return "not yet assessed".to_owned(),
        Status::Withdrawn => "withdrawn".to_owned(),
        Status::InForce | Status::Ended => {
            let percent = answer.percent.map_or(String::new(), |percent| format!(", {percent} %"));
            format!("{}{percent}", answer.rating.map_or("no rating".to_owned(), |rating| rating.to_string()))
        }
    };
    let caveats: Vec<&str> = answer.caveats.iter().map(|caveat| caveat.words()).collect();
    if caveats.is_empty() { said } else { format!("{said} ({})", caveats.join("; ")) }
}

/// Peers as a program reads them.
pub(super) fn beside(register: &Register, areas: &[Subject], as_of: Date) -> serde_json::Value {
    let peers = areas.iter().map(|area| {
        let answer = register.rating(area, as_of);
        json!({ "subject": area, "name": answer.name, "rating": answer.rating, "percent": answer.percent })
    });
    peers.collect()
}

/// A peer group in one cell: name and rating of each.
pub(super) fn group(register: &Register, areas: &[Subject], as_of: Date) -> String {
    if areas.is_empty() {
        return "none: its context is not recorded".to_owned();
    }
    let said = areas.iter().map(|area| {
        let answer = register.rating(area, as_of);
        format!("{}: {}", or_dash(answer.name.as_ref()), standing(&answer))
    });
    said.collect::<Vec<_>>().join("; ")
}

/// Lists an area's peers.
pub fn peers(reader: &Reader, args: &PeersArgs) -> Result<(), Failure> {
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let (register, contexts) = reader.contexts(known_at)?;
    let subject = registered(&register, &args.subject)?;
    let peers = contexts.peers(&subject, as_of, args.k);
    let mut out = reader.out()?;
    if reader.json {
        out.json(&json!({
            "subject": subject, "as_of": as_of, "known_at": known_at.to_string(), "variables": peers.variables,
            "peers": beside(&register, &peers.areas, as_of),
        }))?;
        return out.flush();
    }
    if peers.variables.is_empty() {
        out.line(format!(
            "{subject} has no peers: neither {} is recorded; see `ledger context record`",
            PEER_VARIABLES.join(" nor ")
        ))?;
        return out.flush();
    }
    out.line(format!("nearest in rank by {} (our choice of variables)", peers.variables.join(" and ")))?;
    let mut table = Table::new(&["subject", "name", "rating", "context"]);
    for area in std::iter::once(&subject).chain(&peers.areas) {
        let answer = register.rating(area, as_of);
        let name = or_dash(answer.name.as_ref());
        table.row([area.to_string(), name, standing(&answer), contexts.line(area, as_of)]);
    }
    out.table(&table)?;
    out.flush()
}

/// Shows how far the programme is.
pub fn programme(reader: &Reader, clocks: Clocks) -> Result<(), Failure> {
    let (as_of, known_at) = reader.clocks(clocks)?;
    let (register, programme) = reader.folded::<(Register, Programme)>(known_at)?;
    let mut out = reader.out()?;
    let heading =
        ["kind", "assessed", "open", "results by phase", "days to the limit", "programme", "next due"];
    let mut table = Table::new(&heading);
    for kind in AreaKind::ALL.into_iter().filter(|kind| kind.is_assessed()) {
        let view = programme.view(kind, &register, as_of);
        if reader.json {
            out.json(&view)?;
            continue;
        }
        let phases: Vec<String> =
            view.by_phase.iter().map(|(phase, count)| format!("{} {count}", code(phase))).collect();
        let due: Vec<&str> = view.next_due.iter().take(3).map(Subject::as_str).collect();
        let more = view.next_due.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let days = view.days_left.map(|days| match days {
            past if past < 0 => format!("{} past", past.abs()),
            left => left.to_string(),
        });
        table.row([
            kind.to_string(),
            format!("{} of {}", view.assessed, view.subjects),
            view.open.to_string(),
            if phases.is_empty() { "-".to_owned() } else { phases.join(", ") },
            days.unwrap_or_else(|| "not yet formal".to_owned()),
            view.paused_since.map_or("runs".to_owned(), |since| format!("paused since {since}")),
            if due.is_empty() { "-".to_owned() } else { format!("{}{more}", due.join(", ")) },
        ]);
    }
    if !reader.json {
        out.table(&table)?;
        out.line(format!("as of {as_of}; known at {known_at}"))?;
    }
    out.flush()
}
