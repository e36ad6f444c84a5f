//! `ledger restore`: a ledger made from an export, and a restored one let go on.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ledger_core::export::ExportReader;
use ledger_core::log::Head;
use ledger_core::restore as restore_export;
use ledger_core::store::let_go_on;
use serde_json::{Value, json};

use crate::args::{Global, RestoreArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, thousands};
use crate::read::{Reader, with_progress};
use crate::session::store_options;

/// Runs `ledger restore`.
pub fn restore(global: &Global, args: &RestoreArgs) -> Result<(), Failure> {
    let Some(file) = &args.file else { return go_on(global) };
    let export = ExportReader::new(open(file)?)?;
    let restored =
        with_progress("restoring", |tell| restore_export(export, &global.data, args.accept_loss, tell))?;
    if args.goes_on {
        let_go_on(&global.data, store_options(global))?;
    }
    // Opened as anyone will: so a head file that has seen more says so now.
    let reader = Reader::open(global)?;
    let mut out = reader.out()?;
    let next = if args.goes_on { "it goes on" } else { "it is only read, until `ledger restore --continue`" };
    if global.json {
        out.json(&json!({
            "data": global.data, "entries": restored.head.length.0, "head": restored.head.hash,
            "resumed": restored.resumed.0, "documents": restored.documents, "continued": args.goes_on,
        }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("restored", global.data.display());
        table.pair("entries", thousands(restored.head.length.0));
        table.pair("there before", thousands(restored.resumed.0));
        table.pair("documents stored", thousands(restored.documents));
        table.pair("head", restored.head);
        table.pair("now", next);
        out.table(&table)?;
    }
    out.flush()
}

/// An export's bytes.
pub fn open(file: &Path) -> Result<Box<dyn Read>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(file).map_err(|error| Failure::unreadable(file, &error))?;
    Ok(Box::new(opened))
}

/// Lets a restored ledger go on.
fn go_on(global: &Global) -> Result<(), Failure> {
    let head = let_go_on(&global.data, store_options(global))?;
    let mut out = Out::stdout();
    out.line(said(global, head))?;
    out.flush()
}

fn said(global: &Global, head: Head) -> String {
    let json: Value =
        json!({ "data": global.data, "entries": head.length.0, "head": head.hash, "continued": true });
    if global.json { json.to_string() } else { format!("{} goes on from {head}", global.data.display()) }
}
