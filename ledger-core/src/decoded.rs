//! Entries as events, decoded once: those that were written or cited lately.
//!
//! What commands cite is either new - evidence just submitted - or the same again and again - the assessment it belongs
//! to. Two generations keep both: what is asked for moves to the young one, and when that is full the old one is
//! forgotten. Left out: everything else, which is read from the store.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::assessment::Recorded;
use crate::values::Sequence;

/// Entries of one generation: some 15 MiB.
const GENERATION: usize = 16_384;

/// The events by their place. Memory: two generations.
#[derive(Debug, Default)]
pub(crate) struct Decoded {
    young: HashMap<Sequence, Arc<Recorded>>,
    old: HashMap<Sequence, Arc<Recorded>>,
}

impl Decoded {
    /// The event, which thereby stays for another generation.
    pub(crate) fn get(&mut self, sequence: Sequence) -> Option<Arc<Recorded>> {
        if let Some(recorded) = self.young.get(&sequence) {
            return Some(recorded.clone());
        }
        let recorded = self.old.remove(&sequence)?;
        self.put(recorded.clone());
        Some(recorded)
    }

    /// Keeps an event.
    pub(crate) fn put(&mut self, recorded: Arc<Recorded>) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(recorded.sequence, recorded);
    }
}
