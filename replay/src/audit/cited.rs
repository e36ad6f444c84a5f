//! Entries that later commands cite: the latest decoded, all others read again from the store.
//!
//! Evidence is cited while its assessment goes on, so two generations of the newest and the lately cited are enough for
//! nearly all. Memory: some 100 MiB at most. Left out: whether a citation may be made, which the rules say.

use std::collections::HashMap;
use std::sync::Arc;

use ledger_core::assessment::Recorded;
use ledger_core::log::{Entry, EventId};
use ledger_core::recorded;
use ledger_core::store::Store;
use ledger_core::values::{Length, Sequence};

/// Entries of one generation.
const GENERATION: usize = 65_536;

/// An entry as citations need it.
#[derive(Debug, Clone)]
pub(super) struct Cited {
    pub(super) id: EventId,
    pub(super) recorded: Arc<Recorded>,
}

/// The entries read so far, by their place.
#[derive(Debug)]
pub(super) struct CitedEntries {
    store: Arc<dyn Store>,
    length: Length,
    young: HashMap<Sequence, Cited>,
    old: HashMap<Sequence, Cited>,
}

impl CitedEntries {
    pub(super) fn over(store: Arc<dyn Store>) -> Self {
        CitedEntries { store, length: Length(0), young: HashMap::new(), old: HashMap::new() }
    }

    /// Takes the next entry of the log.
    pub(super) fn push(&mut self, id: EventId, recorded: Recorded) {
        self.length = Length(recorded.sequence.get() + 1);
        self.keep(Cited { id, recorded: Arc::new(recorded) });
    }

    fn keep(&mut self, cited: Cited) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(cited.recorded.sequence, cited);
    }

    /// The entry, if it stands before the next one. Cost: a look-up, or a page read.
    pub(super) fn get(&mut self, sequence: Sequence) -> Option<Cited> {
        if let Some(cited) = self.young.get(&sequence) {
            return Some(cited.clone());
        }
        let cited = match self.old.remove(&sequence) {
            Some(cited) => cited,
            None => self.read(sequence)?,
        };
        self.keep(cited.clone());
        Some(cited)
    }

    fn read(&self, sequence: Sequence) -> Option<Cited> {
        if !self.length.contains(sequence) {
            return None;
        }
        let bytes = self.store.read(sequence, 1).ok()?;
        let entry = Entry::decode_trusted(bytes.first()?).ok()?;
        Some(Cited { id: entry.id, recorded: Arc::new(recorded(&entry).ok()?) })
    }
}
