//! `framework list|show`, `holiday list`, `risk policy show`: what applies to the whole country.

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::FrameworkId;
use replay::KnownAt;
use serde_json::json;

use super::Reader;
use crate::exit::Failure;
use crate::output::{Table, or_dash};

/// Lists frameworks.
pub fn frameworks(reader: &Reader) -> Result<(), Failure> {
    let state = reader.state()?;
    let mut out = reader.out()?;
    let mut table =
        Table::new(&["framework", "from", "approved from", "themes", "statements", "title"]).right(&[3, 4]);
    for (id, adopted) in state.frameworks() {
        let framework = &adopted.framework;
        if reader.json {
            out.json(&json!({
                "id": id, "effective_from": framework.effective_from, "approved_from": adopted.approved_from,
                "subject_kind": framework.subject_kind, "title": framework.title,
            }))?;
            continue;
        }
        table.row([
            id.to_string(),
            framework.effective_from.to_string(),
            or_dash(adopted.approved_from),
            framework.themes.len().to_string(),
            framework.statements().count().to_string(),
            framework.title.to_string(),
        ]);
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}

/// Shows a framework.
pub fn framework(reader: &Reader, id: &FrameworkId) -> Result<(), Failure> {
    let register = reader.register(KnownAt::Now)?;
    let Some(framework) = register.framework(id) else {
        return Err(Failure::Usage(format!("framework {id} was not adopted: see `ledger framework list`")));
    };
    let mut out = reader.out()?;
    if reader.json {
        out.json(framework)?;
        return out.flush();
    }
    let spelled = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let mut table = Table::pairs();
    table.pair("framework", id);
    table.pair("title", &framework.title);
    table.pair("assesses", framework.subject_kind);
    table.pair("from", framework.effective_from);
    table.pair("one score per", spelled(json!(framework.method)));
    table.pair("rounding", spelled(json!(framework.rounding)));
    table.pair("overall", spelled(json!(framework.overall)));
    table.pair("moderation", spelled(json!(framework.moderation)));
    table.pair("accuracy window", format!("{} working days", framework.accuracy_working_days));
    out.table(&table)?;
    let mut table = Table::new(&["theme", "statement", "name"]);
    for theme in &framework.themes {
        for statement in &theme.statements {
            table.row([theme.id.to_string(), statement.id.to_string(), statement.name.to_string()]);
        }
    }
    out.line("")?;
    out.table(&table)?;
    let mut table = Table::new(&["kind", "id", "name"]);
    for category in &framework.categories {
        table.row(["category".to_owned(), category.id.to_string(), category.name.to_string()]);
    }
    let tags = [("purpose", &framework.purposes), ("topic", &framework.topics), ("duty", &framework.duties)];
    for (kind, tags) in tags {
        for tag in tags {
            table.row([kind.to_owned(), tag.id.to_string(), tag.name.to_string()]);
        }
    }
    out.line("")?;
    out.table(&table)?;
    out.flush()
}

/// Lists bank holidays.
pub fn holidays(reader: &Reader) -> Result<(), Failure> {
    let state = reader.state()?;
    let mut out = reader.out()?;
    let mut table = Table::new(&["date", "holiday"]);
    for (date, name) in state.calendar().holidays() {
        if reader.json {
            out.json(&json!({ "date": date, "name": name }))?;
        } else {
            table.row([date.to_string(), name.to_string()]);
        }
    }
    if !reader.json {
        out.table(&table)?;
        out.line(format!("known to the end of {}", or_dash(state.calendar().last_year())))?;
    }
    out.flush()
}

/// Shows the risk policies adopted.
pub fn policies(reader: &Reader) -> Result<(), Failure> {
    let mut adopted = Vec::new();
    reader.log.read(KnownAt::Now, &mut |_, _| {}, |reading| {
        if let Event::RiskPolicyAdopted(event) = reading.recorded.event {
            adopted.push((reading.recorded.sequence, event.policy));
        }
    })?;
    let mut out = reader.out()?;
    let mut table = Table::new(&["policy", "from", "entry", "rule", "action", "due"]);
    for (sequence, policy) in adopted {
        if reader.json {
            out.json(&json!({ "policy": policy, "sequence": sequence }))?;
            continue;
        }
        let (action, due) = policy.r1.as_ref().map_or((None, None), |rule| {
            (Some(&rule.action), Some(format!("{} working days", rule.due_working_days)))
        });
        table.row([
            policy.id.to_string(),
            policy.effective_from.to_string(),
            sequence.to_string(),
            "R1 immediate concern".to_owned(),
            or_dash(action),
            or_dash(due),
        ]);
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}
