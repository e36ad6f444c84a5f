//! `audit`: the whole log re-derived, as a table, as JSON, and as a page for people.
//!
//! Left out: the checks themselves and the page (`replay`).

use std::path::Path;

use ledger_core::assessment::codes::ActorId;
use replay::{Audit, AuditFinding, AuditScope, Severity};

use super::{Reader, with_progress};
use crate::args::{AuditArgs, Global};
use crate::exit::Failure;
use crate::files::write_text;
use crate::output::{Table, thousands};

/// Runs `ledger audit`.
pub fn audit(global: &Global, args: &AuditArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let scope = AuditScope {
        subject: args.subject.as_deref().map(|name| reader.resolve(name)).transpose()?,
        actor: asked_for(global),
        assessment: args.assessment,
    };
    let audit = with_progress("auditing", |tell| replay::audit(&reader.log, scope, tell))?;
    if let Some(file) = &args.html {
        write_text(file, &audit.html())?;
    }
    let mut out = reader.out()?;
    if reader.json {
        out.json(&audit)?;
    } else {
        out.table(&table(&audit, args.html.as_deref()))?;
        for finding in &audit.findings {
            out.line(spelled(finding))?;
        }
    }
    out.flush()?;
    outcome(&audit)
}

/// The actor to narrow to. Who gives commands by default, as the environment says it, is nobody's question here.
fn asked_for(global: &Global) -> Option<ActorId> {
    let given = |argument: String| argument == "--actor" || argument.starts_with("--actor=");
    let asked = std::env::args_os().any(|argument| given(argument.to_string_lossy().into_owned()));
    global.actor.clone().filter(|_| asked)
}

fn table(audit: &Audit, html: Option<&Path>) -> Table {
    let mut table = Table::pairs();
    table.pair("audited", if audit.clean { "clean" } else { "NOT CLEAN" });
    if !audit.scope.is_whole() {
        table.pair("narrowed to", audit.scope.words());
    }
    table.pair("findings", audit.summary());
    for checked in &audit.checked {
        table.pair(checked.what, format!("{}: {}", thousands(checked.count), checked.how));
    }
    table.pair("head", audit.head);
    for not_checked in &audit.not_checked {
        table.pair("not checked", not_checked);
    }
    if let Some(file) = html {
        table.pair("written", file.display());
    }
    table
}

/// A finding in one line.
fn spelled(finding: &AuditFinding) -> String {
    let entries: Vec<String> = finding.entries.iter().take(3).map(ToString::to_string).collect();
    let more = finding.count.saturating_sub(entries.len() as u64);
    let place = match (entries.len(), more) {
        (0, _) => "the log".to_owned(),
        (1, 0) => format!("entry {}", entries[0]),
        (_, 0) => format!("entries {}", entries.join(", ")),
        (_, more) => format!("entries {} and {} more", entries.join(", "), thousands(more)),
    };
    let expected = match finding.expected.as_str() {
        "" => String::new(),
        expected => format!("; expected {expected}"),
    };
    let (severity, code, meaning) = (finding.severity.as_str(), finding.code, finding.meaning);
    format!("{severity} {code} at {place}: {meaning}: found {}{expected}", finding.found)
}

fn outcome(audit: &Audit) -> Result<(), Failure> {
    let mut above = audit.findings.iter().filter(|finding| finding.severity != Severity::Notice);
    match above.next() {
        Some(first) => Err(Failure::Check(format!("the audit found {}", spelled(first)))),
        None => Ok(()),
    }
}
