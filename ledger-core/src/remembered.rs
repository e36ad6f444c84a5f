//! The command ids a ledger remembers, so that a repeat gets the first receipt and not a second effect.
//!
//! The last million ids are kept; of those forgotten only the greatest time they carried, and an unknown id at
//! or below that time is refused rather than risked twice. Rebuilt from entries when a ledger is opened.

use std::collections::{HashMap, VecDeque};

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

/// The remembered ids. Memory: about 60 bytes each.
#[derive(Debug)]
pub(crate) struct RememberedIds {
    capacity: usize,
    by_id: HashMap<u128, Remembered>,
    order: VecDeque<CommandId>,
    forgotten_millis: Option<i64>,
}

impl RememberedIds {
    pub(crate) fn new(capacity: usize) -> Self {
        RememberedIds { capacity, by_id: HashMap::new(), order: VecDeque::new(), forgotten_millis: None }
    }

    /// Takes an event of a command: its first, or one that follows.
    pub(crate) fn add(&mut self, id: CommandId, sequence: Sequence) {
        if let Some(known) = self.by_id.get_mut(&id.as_u128()) {
            known.count += 1;
            return;
        }
        self.by_id.insert(id.as_u128(), Remembered { first: sequence, count: 1 });
        self.order.push_back(id);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_id.remove(&oldest.as_u128());
            self.forgotten_millis = self.forgotten_millis.max(Some(oldest.millis()));
        }
    }

    /// Where the command's events are, if it is remembered.
    pub(crate) fn get(&self, id: CommandId) -> Option<Remembered> {
        self.by_id.get(&id.as_u128()).copied()
    }

    /// Whether an unknown id may be one of those forgotten.
    pub(crate) fn may_be_forgotten(&self, id: CommandId) -> bool {
        self.forgotten_millis.is_some_and(|bound| id.millis() <= bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Timestamp;

    #[test]
    fn forgets_the_oldest_and_remembers_its_time() {
        let id = |n: i64| CommandId::from_parts(Timestamp::from_micros(n * 1000).expect("a time"), [1; 10]);
        let mut ids = RememberedIds::new(2);
        for n in 1..=3 {
            ids.add(id(n), Sequence::new(n.unsigned_abs()));
        }
        ids.add(id(3), Sequence::new(4));
        assert_eq!(ids.get(id(1)), None);
        assert_eq!(ids.get(id(3)), Some(Remembered { first: Sequence::new(3), count: 2 }));
        assert!(ids.may_be_forgotten(id(1)) && !ids.may_be_forgotten(id(4)));
    }
}
