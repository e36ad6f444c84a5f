//! `ledger backup`: a whole copy of a ledger that nobody else holds.

use ledger_core::backup as back_up;
use serde_json::json;

use crate::args::{BackupArgs, Global};
use crate::exit::Failure;
use crate::output::{Table, or_dash, thousands};
use crate::read::{Reader, vault, with_progress};

/// Runs `ledger backup`.
pub fn backup(global: &Global, args: &BackupArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (store, vault) = (reader.log.store(), vault(&global.data)?);
    let keys = args.keys.as_deref();
    let made = with_progress("backing up", |tell| back_up(&store, &*vault, &args.dir, keys, tell))?;
    if let Some(keys) = keys {
        eprintln!(
            "WARNING: {} has the keys of every document; what is erased from now on stays readable to whoever has \
             them and the backup",
            keys.display()
        );
    }
    let mut out = reader.out()?;
    if global.json {
        out.json(&json!({
            "backup": args.dir, "entries": made.head.length.0, "head": made.head.hash,
            "before": made.before.0, "keys": args.keys,
        }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("backed up to", args.dir.display());
        table.pair("entries", thousands(made.head.length.0));
        table.pair("there before", thousands(made.before.0));
        table.pair("keys", or_dash(keys.map(|keys| keys.display())));
        table.pair("head", made.head);
        out.table(&table)?;
    }
    out.flush()
}
