//! `ledger repair`: a damaged log rebuilt from an export and what can still be read of it.

use std::fs::File;

use ledger_core::export::{ExportError, ExportReader};
use ledger_core::{RepairOptions, Repaired, repair as repair_ledger};
use serde_json::json;

use crate::args::{Global, RepairArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash, thousands};
use crate::read::with_progress;
use crate::restore::open;

/// Runs `ledger repair`.
pub fn repair(global: &Global, args: &RepairArgs) -> Result<(), Failure> {
    // Says what is wrong with the path before anything else is.
    drop(open(&args.from)?);
    let options = RepairOptions { accept_loss: args.accept_loss, head_file: global.head_file.clone() };
    let mut export = || {
        let file = File::open(&args.from).map_err(|error| ExportError::Io { line: 1, error })?;
        ExportReader::new(file)
    };
    let repaired =
        with_progress("repairing", |tell| repair_ledger(&global.data, &mut export, &options, tell))?;
    if !repaired.documents_aside.is_empty() {
        eprintln!(
            "WARNING: the documents could not be opened and are kept aside with their keys; what is erased from now on \
             stays readable there: take out what you need, then destroy them"
        );
    }
    if repaired.lost > 0 || args.accept_loss.is_some() {
        eprintln!("the ledger is only read now, until `ledger restore --continue`");
    }
    report(global, &repaired)
}

fn report(global: &Global, repaired: &Repaired) -> Result<(), Failure> {
    let mut out = Out::stdout();
    if global.json {
        out.json(&json!({
            "data": global.data,
            "entries": repaired.head.map(|head| head.length.0),
            "head": repaired.head.map(|head| head.hash),
            "exported": repaired.exported,
            "salvaged": repaired.salvaged,
            "salvage_ended": repaired.salvage_ended,
            "lost": repaired.lost,
            "aside": repaired.aside,
            "documents": repaired.documents,
            "documents_salvaged": repaired.documents_salvaged,
            "documents_aside": repaired.documents_aside,
        }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("repaired", global.data.display());
        match repaired.head {
            Some(head) => table.pair("head", head),
            None => table.pair("head", "put in place by the repair before this one"),
        }
        table.pair("entries from the export", thousands(repaired.exported));
        table.pair("entries salvaged", thousands(repaired.salvaged));
        table.pair("entries known to be lost", thousands(repaired.lost));
        table.pair("salvaging ended", or_dash(repaired.salvage_ended.as_ref()));
        table.pair("damaged log", or_dash(repaired.aside.as_ref().map(|path| path.display())));
        table.pair("documents put back", thousands(repaired.documents));
        table.pair("documents salvaged", thousands(repaired.documents_salvaged));
        table.pair("damaged documents", or_dash(repaired.documents_aside.last().map(|path| path.display())));
        out.table(&table)?;
    }
    out.flush()
}
