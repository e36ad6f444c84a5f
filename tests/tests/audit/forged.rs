//! Logs changed by someone who knows the format: entries are altered as JSON, encoded, and linked again.

use std::sync::Arc;

use ledger_core::log::{Entry, Head, Link};
use ledger_core::store::{Batch, MemoryStore, Store};
use ledger_core::values::{Hash, Length};
use serde_json::Value;

/// A store that holds these bytes, whatever they are.
pub fn store_of(log: &[Vec<u8>]) -> Arc<dyn Store> {
    let store = MemoryStore::new();
    let last = log.last().expect("entries");
    let head = Head { length: Length(log.len() as u64), hash: Hash::of(last) };
    store.append(Length(0), &Batch { entries: log.to_vec(), head }).expect("appended");
    Arc::new(store)
}
