//! Receipts: what the ledger answers once a command is durable, for people and for programs.

use ledger_core::Receipt;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::output::{Out, Table};

/// The receipt as stable JSON.
pub fn json(receipt: &Receipt) -> Value {
    let entries: Vec<Value> = receipt
        .entries
        .iter()
        .map(|entry| {
            json!({
                "sequence": entry.sequence,
                "hash": entry.hash,
                "type": entry.event_type,
                "subject": entry.subject,
                "subjectversion": entry.subject_version.get(),
            })
        })
        .collect();
    json!({
        "id": receipt.id,
        "recordedtime": receipt.recorded_time,
        "repeated": receipt.repeated,
        "entries": entries,
    })
}

/// Prints a receipt.
pub fn print(out: &mut Out, receipt: &Receipt, for_programs: bool) -> Result<(), Failure> {
    if for_programs {
        return out.json(&json(receipt));
    }
    let repeated = if receipt.repeated { " (recorded earlier; nothing was added)" } else { "" };
    out.line(format!("recorded {} as {}{repeated}", receipt.recorded_time, receipt.id))?;
    out.table(&table(std::slice::from_ref(receipt)))
}

/// The entries of receipts as a table.
pub fn table(receipts: &[Receipt]) -> Table {
    let mut table = Table::new(&["sequence", "event", "subject", "version", "hash"]).right(&[3]);
    for entry in receipts.iter().flat_map(|receipt| &receipt.entries) {
        table.row([
            entry.sequence.to_string(),
            event_name(entry.event_type).to_owned(),
            entry.subject.to_string(),
            entry.subject_version.to_string(),
            entry.hash.to_string(),
        ]);
    }
    table
}

/// An event's name without what every type has: `score.assigned` of `ledger.score.assigned.v1`.
pub fn event_name(event_type: &str) -> &str {
    let name = event_type.strip_prefix("ledger.").unwrap_or(event_type);
    name.rsplit_once(".v").map_or(name, |(name, _)| name)
}
