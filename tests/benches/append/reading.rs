//! Reading a ledger back after its clean close: every entry in order, and opening it as far as each step goes.

use std::sync::Arc;
use std::time::Instant;

use ledger_core::Ledger;
use ledger_core::environment::Environment;
use ledger_core::store::{SledStore, Store, entries_from};
use ledger_core::values::Sequence;

use crate::outcome::Outcome;
use crate::plan::Spec;

/// sled's page cache, as our store sets it.
const CACHE_BYTES: u64 = 64 << 20;

/// How far a ledger is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Opening {
    /// sled alone, on the same directory.
    Sled,
    /// Ready to read.
    Store,
    /// Ready to write.
    Ledger,
}

impl Opening {
    /// Each, in order.
    pub const ALL: [Opening; 3] = [Opening::Sled, Opening::Store, Opening::Ledger];

    /// As the table names it.
    pub fn name(self) -> &'static str {
        match self {
            Opening::Sled => "opening: sled alone",
            Opening::Store => "opening: ready to read",
            Opening::Ledger => "opening: ready to write",
        }
    }
}

/// Opens the ledger in `spec.source`.
pub fn open(opening: Opening, spec: &Spec) -> Outcome {
    let start = Instant::now();
    let kept: Box<dyn std::any::Any> = match opening {
        Opening::Sled => {
            let config = sled::Config::new().path(spec.source.join("log")).cache_capacity(CACHE_BYTES);
            Box::new(config.open().expect("sled opens"))
        }
        Opening::Store => Box::new(SledStore::open(&spec.source).expect("the store opens")),
        Opening::Ledger => {
            let opened = Ledger::open(&spec.source, Environment::system(), &mut |_, _| ());
            Box::new(opened.expect("the ledger opens"))
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    drop(kept);
    Outcome { system: opening.name().to_owned(), seconds, ..Outcome::default() }
}

/// Reads every entry in order. Opening is not timed.
pub fn read_back(spec: &Spec) -> Outcome {
    let store = Arc::new(SledStore::open(&spec.source).expect("the ledger of the bulk case"));
    let length = store.head().length.0;
    let start = Instant::now();
    let entries = entries_from(store, Sequence::new(0));
    let bytes: usize = entries.map(|item| item.expect("an entry").1.len()).sum();
    let seconds = start.elapsed().as_secs_f64();
    Outcome {
        system: "reading back in order".to_owned(),
        entries: length,
        seconds,
        entry_bytes: Some(bytes as f64 / length as f64),
        ..Outcome::default()
    }
}
