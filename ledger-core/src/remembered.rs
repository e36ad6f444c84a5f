//! The command ids a ledger remembers, so that a repeat gets the first receipt and not a second effect.
//!
//! The last million ids are kept; of those forgotten only the greatest time they carried, and an unknown id at
//! or below that time is refused rather than risked twice. Rebuilt from entries when a ledger is opened, or taken
//! from a snapshot of its own, which nobody who only reads has to load.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use serde::{Deserialize, Serialize};

use crate::log::CommandId;
use crate::values::Sequence;

/// How many ids are remembered.
pub(crate) const CAPACITY: usize = 1_000_000;

/// Where a remembered command's events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// Its first event.
    pub first: Sequence,
    /// How many events it has.
    pub count: u16,
}

/// The remembered ids. Memory: about 40 bytes each.
pub(crate) struct RememberedIds {
    capacity: usize,
    /// Oldest first.
    kept: VecDeque<Kept>,
    /// How many were forgotten: the number of the oldest one kept.
    forgotten: u64,
    /// Finds an id's number, counted modulo 2^32 from the first ever: far more than are kept.
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
    forgotten_millis: Option<i64>,
}

/// An id, its first event and the number of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    id: [u8; 16],
    first: u64,
    count: u16,
}

/// What a snapshot holds of them: borrowed where it is written.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RememberedSnapshot<'a> {
    forgotten_millis: Option<i64>,
    /// Oldest first.
    kept: Cow<'a, VecDeque<Kept>>,
}

impl std::fmt::Debug for RememberedIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RememberedIds").field("kept", &self.kept.len()).finish_non_exhaustive()
    }
}

impl RememberedIds {
    pub(crate) fn new(capacity: usize) -> Self {
        RememberedIds {
            capacity,
            kept: VecDeque::new(),
            forgotten: 0,
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            forgotten_millis: None,
        }
    }

    /// Takes a command that was not remembered.
    pub(crate) fn add_new(&mut self, id: CommandId, Remembered { first, count }: Remembered) {
        self.push(Kept { id: id.to_bytes(), first: first.get(), count });
    }

    /// Takes an event of a command: its first, or one that follows.
    pub(crate) fn add(&mut self, id: CommandId, sequence: Sequence) {
        let id = id.to_bytes();
        match self.position(&id) {
            Some(at) => self.kept[at].count += 1,
            None => self.push(Kept { id, first: sequence.get(), count: 1 }),
        }
    }

    fn push(&mut self, new: Kept) {
        if self.kept.len() >= self.capacity {
            self.forget_oldest();
        }
        let number = self.forgotten.wrapping_add(self.kept.len() as u64) as u32;
        self.kept.push_back(new);
        let RememberedIds { kept, forgotten, numbers, hasher, .. } = self;
        let hash = |number: &u32| hasher.hash_one(kept[place(*forgotten, *number)].id);
        numbers.insert_unique(hash(&number), number, hash);
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.kept.front() else { return };
        let (number, hash) = (self.forgotten as u32, self.hasher.hash_one(oldest.id));
        if let Ok(entry) = self.numbers.find_entry(hash, |other| *other == number) {
            entry.remove();
        }
        self.forgotten_millis = self.forgotten_millis.max(Some(CommandId::millis_of(&oldest.id)));
        self.kept.pop_front();
        self.forgotten += 1;
    }

    fn position(&self, id: &[u8; 16]) -> Option<usize> {
        let same = |number: &u32| self.kept[place(self.forgotten, *number)].id == *id;
        let number = self.numbers.find(self.hasher.hash_one(id), same)?;
        Some(place(self.forgotten, *number))
    }

    /// Where the command's events are, if it is remembered.
    pub(crate) fn get(&self, id: CommandId) -> Option<Remembered> {
        let kept = self.kept[self.position(&id.to_bytes())?];
        Some(Remembered { first: Sequence::new(kept.first), count: kept.count })
    }

    /// Whether an unknown id may be one of those forgotten.
    pub(crate) fn may_be_forgotten(&self, id: CommandId) -> bool {
        self.forgotten_millis.is_some_and(|bound| id.millis() <= bound)
    }

    /// What a later start needs to go on from here.
    pub(crate) fn snapshot(&self) -> RememberedSnapshot<'_> {
        RememberedSnapshot { forgotten_millis: self.forgotten_millis, kept: Cow::Borrowed(&self.kept) }
    }

    /// The ids as they were at a snapshot.
    pub(crate) fn restore(capacity: usize, snapshot: RememberedSnapshot<'_>) -> Self {
        let mut ids = RememberedIds::new(capacity);
        ids.forgotten_millis = snapshot.forgotten_millis;
        snapshot.kept.iter().for_each(|kept| ids.push(*kept));
        ids
    }
}

/// Where the id with this number is among those kept.
fn place(forgotten: u64, number: u32) -> usize {
    number.wrapping_sub(forgotten as u32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Timestamp;

    fn id(n: i64) -> CommandId {
        CommandId::from_parts(Timestamp::from_micros(n * 1000).expect("a time"), [1; 10])
    }

    #[test]
    fn forgets_the_oldest_and_remembers_its_time() {
        let mut ids = RememberedIds::new(2);
        for n in 1..=3 {
            ids.add(id(n), Sequence::new(n.unsigned_abs()));
        }
        ids.add(id(3), Sequence::new(4));
        assert_eq!(ids.get(id(1)), None);
        assert_eq!(ids.get(id(3)), Some(Remembered { first: Sequence::new(3), count: 2 }));
        assert!(ids.may_be_forgotten(id(1)) && !ids.may_be_forgotten(id(4)));
    }

    #[test]
    fn goes_on_from_a_snapshot_as_if_nothing_had_happened() {
        let mut ids = RememberedIds::new(50);
        for n in 1..=120 {
            ids.add(id(n), Sequence::new(2 * n.unsigned_abs()));
            ids.add(id(n), Sequence::new(2 * n.unsigned_abs() + 1));
        }
        let mut again = RememberedIds::restore(50, ids.snapshot());
        for n in 121..=150 {
            ids.add(id(n), Sequence::new(n.unsigned_abs()));
            again.add(id(n), Sequence::new(n.unsigned_abs()));
        }
        assert_eq!(ids.snapshot(), again.snapshot());
        for n in 1..=160 {
            assert_eq!(ids.get(id(n)), again.get(id(n)), "id {n}");
            assert_eq!(ids.get(id(n)).is_some(), (101..=150).contains(&n), "id {n}");
            assert_eq!(ids.may_be_forgotten(id(n)), n <= 100);
            assert_eq!(again.may_be_forgotten(id(n)), n <= 100);
        }
    }

    #[test]
    fn numbers_may_pass_their_largest() {
        let mut ids = RememberedIds::new(3);
        ids.forgotten = u64::from(u32::MAX) - 1;
        for n in 1..=9 {
            ids.add(id(n), Sequence::new(n.unsigned_abs()));
        }
        let kept: Vec<i64> = (1..=9).filter(|n| ids.get(id(*n)).is_some()).collect();
        assert_eq!(kept, [7, 8, 9]);
    }
}
