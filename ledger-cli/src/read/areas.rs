//! `area list`, `area show`, `actor list`: who and what is known.

use ledger_core::assessment::codes::AreaKind;
use replay::{AreaView, KnownAt};
use serde_json::json;

use super::Reader;
use crate::exit::Failure;
use crate::output::{Table, or_dash};

/// Lists areas.
pub fn list(reader: &Reader, kind: Option<AreaKind>) -> Result<(), Failure> {
    let (register, contexts) = reader.contexts(KnownAt::Now)?;
    let today = reader.today()?;
    let areas = register.areas().filter(|(subject, _)| kind.is_none() || subject.area_kind() == kind);
    let mut out = reader.out()?;
    let mut table = Table::new(&["subject", "ODS", "from", "to", "name", "context"]);
    for (subject, area) in areas {
        if reader.json {
            let mut value = of(subject.as_str(), area);
            value["context"] = json!(contexts.line(subject, today));
            out.json(&value)?;
            continue;
        }
        table.row([
            subject.to_string(),
            or_dash(area.ods.as_ref()),
            or_dash(area.valid_from),
            or_dash(area.valid_to),
            area.name.to_string(),
            contexts.line(subject, today),
        ]);
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}

fn of(subject: &str, area: &AreaView) -> serde_json::Value {
    let mut value = json!(area);
    value["subject"] = json!(subject);
    value
}

/// Shows an area.
pub fn show(reader: &Reader, name: &str) -> Result<(), Failure> {
    let subject = reader.resolve(name)?;
    let (register, contexts) = reader.contexts(KnownAt::Now)?;
    let Some(area) = register.area(&subject) else {
        return Err(Failure::Usage(format!("{subject} is not registered: see `ledger area list`")));
    };
    let mut out = reader.out()?;
    if reader.json {
        out.json(&of(subject.as_str(), area))?;
        return out.flush();
    }
    let mut table = Table::pairs();
    table.pair("subject", &subject);
    table.pair("name", &area.name);
    table.pair("ODS code", or_dash(area.ods.as_ref()));
    table.pair("valid", format!("{} to {}", or_dash(area.valid_from), or_dash(area.valid_to)));
    table.pair("registered", area.registered);
    table.pair("context", contexts.line(&subject, reader.today()?));
    for within in &area.within {
        table.pair("within", within);
    }
    for before in &area.predecessors {
        table.pair("follows", before);
    }
    for after in &area.successors {
        table.pair("succeeded by", after);
    }
    for (id, (kind, name)) in &area.organisations {
        let kind = serde_json::to_value(kind).ok();
        let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
        table.pair("organisation", format!("{id} ({kind}) {name}"));
    }
    out.table(&table)?;
    out.flush()
}

/// Lists actors.
pub fn actors(reader: &Reader) -> Result<(), Failure> {
    let state = reader.state()?;
    let mut out = reader.out()?;
    let mut table = Table::new(&["actor", "roles", "organisation", "state"]);
    for (id, actor) in state.actors() {
        let roles: Vec<&str> = actor.roles.iter().map(|role| role.as_str()).collect();
        if reader.json {
            out.json(&json!({
                "actor": id, "roles": roles, "organisation": actor.organisation, "revoked": actor.revoked,
            }))?;
            continue;
        }
        let standing = if actor.revoked { "revoked" } else { "may act" };
        table.row([
            id.to_string(),
            roles.join(", "),
            or_dash(actor.organisation.as_ref()),
            standing.to_owned(),
        ]);
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}
