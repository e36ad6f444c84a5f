//! Entries that later commands cite: the latest decoded, all others read again from the store.
//!
//! Evidence is cited while its assessment goes on, so the newest and, of the earlier ones, two generations of the lately
//! cited are enough for nearly all. Memory: some 100 MiB at most. Left out: whether a citation may be made, which the rules say.

use std::collections::VecDeque;
use std::sync::Arc;

use hashbrown::HashMap;
use ledger_core::assessment::Recorded;
use ledger_core::log::{Entry, EventId};
use ledger_core::recorded;
use ledger_core::store::Store;
use ledger_core::values::{Length, Sequence};

/// The newest entries kept.
const NEWEST: usize = 65_536;
/// Earlier entries kept of one generation.
const GENERATION: usize = 16_384;

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
    /// How many there are.
    length: Length,
    /// The last of them; none where an entry's data fits no schema.
    newest: VecDeque<Option<Cited>>,
    young: HashMap<Sequence, Cited>,
    old: HashMap<Sequence, Cited>,
}

impl CitedEntries {
    pub(super) fn over(store: Arc<dyn Store>) -> Self {
        let newest = VecDeque::with_capacity(NEWEST);
        CitedEntries { store, length: Length(0), newest, young: HashMap::new(), old: HashMap::new() }
    }

    /// Takes the next entry of the log.
    pub(super) fn push(&mut self, id: EventId, recorded: Option<Arc<Recorded>>) {
        if self.newest.len() == NEWEST {
            self.newest.pop_front();
        }
        self.newest.push_back(recorded.map(|recorded| Cited { id, recorded }));
        self.length = Length(self.length.0 + 1);
    }

    /// The entry, if it stands before `next`. Cost: a look-up, or a page read.
    pub(super) fn before(&mut self, next: Sequence, sequence: Sequence) -> Option<Cited> {
        if sequence >= next || !self.length.contains(sequence) {
            return None;
        }
        let first = self.length.0 - self.newest.len() as u64;
        if let Some(at) = sequence.get().checked_sub(first) {
            return self.newest.get(usize::try_from(at).ok()?)?.clone();
        }
        if let Some(cited) = self.young.get(&sequence) {
            return Some(cited.clone());
        }
        let cited = match self.old.remove(&sequence) {
            Some(cited) => cited,
            None => self.read(sequence)?,
        };
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(sequence, cited.clone());
        Some(cited)
    }

    fn read(&self, sequence: Sequence) -> Option<Cited> {
        let bytes = self.store.read(sequence, 1).ok()?;
        let entry = Entry::decode_trusted(bytes.first()?).ok()?;
        Some(Cited { id: entry.id, recorded: Arc::new(recorded(&entry).ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::assessment::codes::Subject;
    use ledger_core::assessment::{Author, Event};
    use ledger_core::log::CommandId;
    use ledger_core::store::MemoryStore;
    use ledger_core::values::{SubjectVersion, Timestamp};

    fn entry(sequence: u64) -> (EventId, Option<Arc<Recorded>>) {
        let data = br#"{"draft":"0000000000000000","organisation":"authority/E06000024"}"#;
        let event = Event::decode("ledger.accuracy.confirmed.v1", data).expect("an event");
        let recorded = Recorded {
            sequence: Sequence::new(sequence),
            subject: Subject::ledger(),
            subject_version: SubjectVersion::new(1).expect("small"),
            time: Timestamp::EPOCH,
            recorded_time: Timestamp::EPOCH,
            author: Author::System,
            event,
        };
        let command = CommandId::from_parts(Timestamp::EPOCH, [0; 10]);
        (EventId { command, ordinal: 1 }, Some(Arc::new(recorded)))
    }

    /// Entries are taken before all commands before them were looked at, and yet no command may cite what follows it.
    #[test]
    fn an_entry_is_found_by_those_after_it_alone() {
        let mut cited = CitedEntries::over(Arc::new(MemoryStore::new()));
        for sequence in 0..3 {
            let (id, recorded) = entry(sequence);
            cited.push(id, recorded);
        }
        for next in 0..5 {
            for sequence in 0..5 {
                let found = cited.before(Sequence::new(next), Sequence::new(sequence));
                let found = found.map(|cited| cited.recorded.sequence.get());
                assert_eq!(
                    found,
                    Some(sequence).filter(|at| *at < next && *at < 3),
                    "{sequence} before {next}"
                );
            }
        }
    }
}
