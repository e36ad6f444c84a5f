//! A store in memory, stricter than the one on disk: what tests of everything above the store run on.
//!
//! It ends pages early and at odd places, fails on demand in both ways an append can fail, and panics when its
//! caller hands it a batch that contradicts itself. Nothing survives the process; [`MemoryStore::reopen`] gives
//! the store as it would be after a crash. Left out: everything about disks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AppendError, Batch, Entries, ReadError, Store, check_batch};
use crate::log::Head;
use crate::values::{Hash, Length, Sequence};

/// How the next append fails: either way its caller learns only that the outcome is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureMode {
    /// Nothing reached the disk.
    Failed,
    /// Everything did, and only the answer was lost.
    FailedButStored,
}

/// A [`Store`] in memory. Memory: all entries.
#[derive(Debug)]
pub struct MemoryStore {
    disk: Arc<Mutex<Vec<Vec<u8>>>>,
    open: Mutex<Open>,
}

/// What a process knows of an open store, and a crash forgets.
#[derive(Debug)]
struct Open {
    head: Head,
    fail_next: Option<FailureMode>,
    refuses: Option<String>,
}

/// Pages end after sequence numbers divisible by this: a caller that takes one read for all is found out.
const PAGE: u64 = 7;

impl Default for MemoryStore {
    fn default() -> Self {
        Self::over(Arc::default())
    }
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn over(disk: Arc<Mutex<Vec<Vec<u8>>>>) -> Self {
        let head = head_of(&locked(&disk));
        MemoryStore { disk, open: Mutex::new(Open { head, fail_next: None, refuses: None }) }
    }

    /// The store after a crash at this moment: everything durable, nothing else. This handle refuses appends from
    /// now on, as a process that is gone does.
    pub fn reopen(&self) -> MemoryStore {
        locked(&self.open).refuses = Some("the store was opened again elsewhere".to_owned());
        Self::over(self.disk.clone())
    }

    /// Makes the next append of a well-formed batch at the right length fail so.
    pub fn fail_next_append(&self, mode: FailureMode) {
        locked(&self.open).fail_next = Some(mode);
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Head {
        locked(&self.open).head
    }

    fn read(&self, from: Sequence, limit: usize) -> Result<Entries, ReadError> {
        let durable = self.head().length.0;
        let page_end = (from.get() / PAGE + 1) * PAGE;
        let end = durable.min(page_end).min(from.get().saturating_add(limit as u64));
        let disk = locked(&self.disk);
        Ok((from.get()..end).map(|at| &disk[at as usize]).collect())
    }

    fn ready(&self) -> Result<(), AppendError> {
        match &locked(&self.open).refuses {
            None => Ok(()),
            Some(reason) => Err(AppendError::Refused(reason.clone())),
        }
    }

    /// Panics if the batch contradicts itself: too large, empty, or with a head that is not its own.
    fn append(&self, expected: Length, batch: &Batch) -> Result<(), AppendError> {
        let mut open = locked(&self.open);
        if let Some(reason) = &open.refuses {
            return Err(AppendError::Refused(reason.clone()));
        }
        let actual = open.head.length;
        if expected != actual {
            return Err(AppendError::WrongLength { expected, actual });
        }
        if let Err(error) = check_batch(expected, batch) {
            panic!("a caller's mistake: {error}");
        }
        let failure = open.fail_next.take();
        if failure != Some(FailureMode::Failed) {
            let mut disk = locked(&self.disk);
            assert_eq!(disk.len() as u64, expected.0, "durable entries that the head does not count");
            disk.extend(batch.entries.iter().cloned());
            assert_eq!(head_of(&disk), batch.head, "the durable log ends as the batch said");
        }
        if failure.is_some() {
            open.refuses = Some("an earlier append has an unknown outcome; reopen the ledger".to_owned());
            return Err(AppendError::Unknown("a failure asked for by a test".to_owned()));
        }
        open.head = batch.head;
        Ok(())
    }

    fn close(&self) -> Result<(), AppendError> {
        let mut open = locked(&self.open);
        match open.refuses.replace("the store is closed".to_owned()) {
            None => Ok(()),
            Some(reason) => Err(AppendError::Refused(reason)),
        }
    }
}

fn head_of(entries: &[Vec<u8>]) -> Head {
    let hash = entries.last().map_or(Hash::ZERO, |last| Hash::of(last));
    Head { length: Length(entries.len() as u64), hash }
}

/// A panic in another thread leaves nothing half done here: every change is made last.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{self, Harness};
    use super::*;

    struct InMemory;

    impl Harness for InMemory {
        type Store = MemoryStore;

        fn make(&self) -> MemoryStore {
            MemoryStore::new()
        }

        fn reopen(&self, store: MemoryStore) -> MemoryStore {
            store.reopen()
        }

        fn fail_next_append(&self, store: &MemoryStore, mode: FailureMode) {
            store.fail_next_append(mode);
        }
    }

    #[test]
    fn keeps_the_promises_of_a_store() {
        conformance::suite(&InMemory);
    }

    #[test]
    fn a_handle_left_behind_by_a_crash_appends_nothing() {
        let store = MemoryStore::new();
        let _after = store.reopen();
        let refused = store.append(Length(0), &conformance::batch(Head::EMPTY, &[b"entry"]));
        assert!(matches!(refused, Err(AppendError::Refused(_))));
    }
}
