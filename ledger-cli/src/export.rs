//! `ledger export`: the whole ledger as one stream, to a file or to standard output. As tiles: `tiles.rs`.

use std::io::{self, Write};
use std::path::Path;

use ledger_core::export::{Exported, export as write_export};
use ledger_core::store::DiskVault;
use ledger_core::values::Sequence;
use serde_json::json;

use crate::args::{ExportArgs, Global};
use crate::exit::Failure;
use crate::files::whole_file;
use crate::output::{Out, Table, mark, thousands};
use crate::read::{Reader, with_progress};
use crate::tiles;

/// Runs `ledger export`.
pub fn export(global: &Global, args: &ExportArgs) -> Result<(), Failure> {
    if let Some(dir) = &args.tiles {
        return tiles::export(global, dir);
    }
    let until = match args.until {
        Some(until) if until > Sequence::MAX => {
            return Err(Failure::Usage(format!("--until {until} is no entry: at most 16 digits")));
        }
        other => other.map(Sequence::new),
    };
    let reader = Reader::open(global)?;
    let vault = if args.documents { Some(DiskVault::open(&global.data)?) } else { None };
    let to_file = args.output != Path::new("-");
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), global.json || !to_file)?;
    if args.documents {
        eprintln!(
            "WARNING: this export holds documents and their secrets; whoever has it can read them, also after they \
             are erased here: keep it as you keep the key store"
        );
    }
    let store = reader.log.store();
    let write = |out: &mut dyn Write| {
        with_progress("exporting", |tell| write_export(&store, vault.as_ref(), until, out, tell))
    };
    if !to_file {
        write(&mut io::stdout().lock())?;
        return Ok(());
    }
    let exported = whole_file(&args.output, args.documents, |out| Ok(write(out)?))?;
    report(&mut out, global.json, &args.output, &exported)
}

fn report(out: &mut Out, json: bool, file: &Path, exported: &Exported) -> Result<(), Failure> {
    if json {
        out.json(&json!({
            "file": file, "entries": exported.head.length.0, "head": exported.head.hash,
            "documents": exported.documents, "absent": exported.absent, "bytes": exported.bytes,
        }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("exported", file.display());
        table.pair("entries", thousands(exported.head.length.0));
        table.pair("documents", thousands(exported.documents));
        table.pair("documents absent", thousands(exported.absent));
        table.pair("bytes", thousands(exported.bytes));
        table.pair("head", exported.head);
        out.table(&table)?;
    }
    out.flush()
}
