//! Documents that were put into the vault and that no entry cites yet, with when they were put.
//!
//! Callers put documents, the decider sees them cited; both tell this list. It may hold a document too many - one put
//! again that was cited long ago - and never one too few, so whoever destroys asks the log once more (`opening.rs`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use crate::values::Hash;

/// The list, shared between those who put and the one who cites. Memory: 40 bytes for each document that waits.
#[derive(Debug, Default)]
pub(crate) struct Uncited(Mutex<HashMap<Hash, i64>>);

impl Uncited {
    /// The list with these on it, and when they were put.
    pub(crate) fn of(documents: impl IntoIterator<Item = (Hash, i64)>) -> Self {
        Uncited(Mutex::new(documents.into_iter().collect()))
    }

    /// A document was put.
    pub(crate) fn put(&self, commitment: Hash, at_millis: i64) {
        self.locked().entry(commitment).or_insert(at_millis);
    }

    /// Whether a document is on the list: then it was put and is still there.
    pub(crate) fn has(&self, commitment: &Hash) -> bool {
        self.locked().contains_key(commitment)
    }

    /// An entry cites these.
    pub(crate) fn cited(&self, commitments: &[Hash]) {
        if !commitments.is_empty() {
            let mut uncited = self.locked();
            for commitment in commitments {
                uncited.remove(commitment);
            }
        }
    }

    /// Those on the list, in order.
    pub(crate) fn list(&self) -> Vec<(Hash, i64)> {
        let mut list: Vec<_> = self.locked().iter().map(|(commitment, at)| (*commitment, *at)).collect();
        list.sort_unstable();
        list
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<Hash, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
