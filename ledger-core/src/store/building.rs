//! Making a whole ledger in a directory, entry by entry, from entries somebody has.
//!
//! Until [`Building::finish`] the directory is marked unfinished, and nothing opens it as a ledger; whoever was
//! interrupted begins again and finds what was durable. Restoring, backing up and repairing build on it. Left out:
//! where the entries come from, and whether they chain: that is decided before they are handed in.

use std::path::Path;
use std::sync::Arc;

use super::directory::{Directory, OpenError};
use super::marks::{self, Work};
use super::{AppendError, Batch, DiskVault, Entries, ReadError, SledStore, Store, StoreOptions, VaultError};
use crate::log::Head;
use crate::values::{Hash, Length, Sequence};

/// Entries of one append: many, since each append is synced, and few enough to hold.
const BATCH_ENTRIES: usize = 4096;
/// Bytes of one append.
const BATCH_BYTES: usize = 4 << 20;

/// Why a ledger cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Entries could not be written.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// What was written before an interruption cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Documents could not be stored.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// An earlier attempt left other entries than these.
    #[error(
        "{} has another entry {sequence} than what is written to it now; take an empty directory, or the same source as before", .dir.display()
    )]
    Differs {
        /// The directory given.
        dir: std::path::PathBuf,
        /// The first entry that differs.
        sequence: Sequence,
    },
}

/// A ledger that is being made.
#[derive(Debug)]
pub(crate) struct Building {
    store: Arc<SledStore>,
    /// What an earlier attempt left, page by page as it is compared.
    there: Entries,
    next: u64,
    batch: Vec<Vec<u8>>,
    batch_bytes: usize,
}

impl Building {
    /// Begins in `dir`: new, empty, left unfinished by the same work, or restored at a head that `takes_over` accepts.
    pub(crate) fn begin(
        dir: &Path,
        work: Work,
        takes_over: &dyn Fn(Head) -> bool,
    ) -> Result<Building, OpenError> {
        let directory = Directory::build(dir, work, takes_over)?;
        let store = Arc::new(SledStore::build(directory)?);
        let (there, batch) = (Entries::default(), Vec::new());
        Ok(Building { store, there, next: 0, batch, batch_bytes: 0 })
    }

    /// The head durable so far.
    pub(crate) fn durable(&self) -> Head {
        self.store.head()
    }

    /// The vault of the ledger that is being made.
    pub(crate) fn vault(&self) -> Result<DiskVault, VaultError> {
        DiskVault::open(self.store.dir())
    }

    /// The next entry: compared with what is there, or gathered for the next append. `before` runs before each append,
    /// for what must be durable earlier.
    pub(crate) fn push(
        &mut self,
        bytes: Vec<u8>,
        before: &mut dyn FnMut() -> Result<(), VaultError>,
    ) -> Result<(), BuildError> {
        let sequence = Sequence::new(self.next);
        self.next += 1;
        if self.durable().length.contains(sequence) {
            return self.compare(sequence, &bytes);
        }
        self.batch_bytes += bytes.len();
        self.batch.push(bytes);
        if self.batch.len() >= BATCH_ENTRIES || self.batch_bytes >= BATCH_BYTES {
            before()?;
            self.flush()?;
        }
        Ok(())
    }

    /// Takes everything up to the durable head as given, without being handed it.
    pub(crate) fn skip_durable(&mut self) {
        self.next = self.durable().length.0;
    }

    fn compare(&mut self, sequence: Sequence, bytes: &[u8]) -> Result<(), BuildError> {
        if self.there.is_empty() {
            self.there = self.store.read(sequence, BATCH_ENTRIES)?;
        }
        if self.there.next().is_some_and(|there| there == bytes) {
            return Ok(());
        }
        Err(BuildError::Differs { dir: self.store.dir().to_owned(), sequence })
    }

    fn flush(&mut self) -> Result<(), AppendError> {
        let Some(last) = self.batch.last() else { return Ok(()) };
        let expected = self.durable().length;
        let length = Length(expected.0 + self.batch.len() as u64);
        let head = Head { length, hash: Hash::of(last) };
        let entries = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        self.store.append(expected, &Batch { entries, head })
    }

    /// Makes everything handed in durable and the directory a ledger: marked restored unless it may go on. Refuses if
    /// an earlier attempt left more than was handed in.
    pub(crate) fn finish(
        mut self,
        restored: bool,
        before: &mut dyn FnMut() -> Result<(), VaultError>,
    ) -> Result<Head, BuildError> {
        before()?;
        self.flush()?;
        let (head, dir) = (self.durable(), self.store.dir());
        if head.length.0 != self.next {
            return Err(BuildError::Differs { dir: dir.to_owned(), sequence: Sequence::new(self.next) });
        }
        self.store.close()?;
        if restored {
            marks::set_restored(dir, head)?;
        } else {
            marks::clear_restored(dir)?;
        }
        marks::clear_unfinished(dir)?;
        Ok(head)
    }
}

/// Lets a restored copy go on: from now on it is appended to. Returns its head; an error if it is no restored copy.
pub fn let_go_on(dir: &Path, options: StoreOptions) -> Result<Head, OpenError> {
    let store = SledStore::open_with(dir, options)?;
    match store.check_continued() {
        Ok(()) => Err(OpenError::NotRestored { dir: dir.to_owned() }),
        Err(_) => marks::clear_restored(dir).map(|()| store.head()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{entry, holds};
    use super::*;

    fn never(_: Head) -> bool {
        false
    }

    fn nothing() -> Result<(), VaultError> {
        Ok(())
    }

    fn push(building: &mut Building, entries: std::ops::Range<u64>) -> Result<(), BuildError> {
        entries.into_iter().try_for_each(|at| building.push(entry(at), &mut nothing))
    }

    #[test]
    fn an_interrupted_one_goes_on_and_is_no_ledger_until_it_ends() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path();
        let begin = || Building::begin(dir, Work::Backup, &never).expect("begun");
        let mut first = begin();
        push(&mut first, 0..5_000).expect("pushed");
        drop(first);
        let work = Work::Backup;
        let unfinished = OpenError::Unfinished { dir: dir.to_owned(), work };
        assert_eq!(SledStore::open(dir).err(), Some(unfinished.clone()));
        assert_eq!(Building::begin(dir, Work::Restore, &never).err(), Some(unfinished.clone()));
        assert_eq!(SledStore::create(dir).err(), Some(unfinished));
        let mut again = begin();
        assert_eq!(again.durable().length, Length(4_096));
        push(&mut again, 0..6_000).expect("the same entries");
        let head = again.finish(true, &mut nothing).expect("finished");
        let store = SledStore::open(dir).expect("a ledger");
        holds(&store, 6_000);
        let restored = OpenError::Restored { dir: dir.to_owned(), head };
        assert_eq!(store.check_continued(), Err(restored.clone()));
        assert!(matches!(store.ready(), Err(AppendError::Refused(why)) if why == restored.to_string()));
        drop(store);
        assert_eq!(let_go_on(dir, StoreOptions::default()), Ok(head));
        let not_restored = OpenError::NotRestored { dir: dir.to_owned() };
        assert_eq!(let_go_on(dir, StoreOptions::default()), Err(not_restored));
        super::super::conformance::append(&SledStore::open(dir).expect("a ledger"), 1);
    }

    #[test]
    fn other_entries_than_before_are_refused() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path();
        let begin = || Building::begin(dir, Work::Restore, &never).expect("begun");
        push(&mut begin(), 0..4_096).expect("pushed");
        let mut other = begin();
        push(&mut other, 0..7).expect("pushed");
        let differs = other.push(entry(9), &mut nothing);
        assert!(matches!(differs, Err(BuildError::Differs { sequence, .. }) if sequence.get() == 7));
        drop(other);
        let mut shorter = begin();
        push(&mut shorter, 0..7).expect("pushed");
        let differs = shorter.finish(true, &mut nothing);
        assert!(matches!(differs, Err(BuildError::Differs { sequence, .. }) if sequence.get() == 7));
    }

    #[test]
    fn only_a_restored_copy_that_is_accepted_is_taken_over() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path();
        let mut building = Building::begin(dir, Work::Backup, &never).expect("begun");
        push(&mut building, 0..10).expect("pushed");
        let head = building.finish(true, &mut nothing).expect("finished");
        let taken = Building::begin(dir, Work::Backup, &never).err();
        assert_eq!(taken, Some(OpenError::AlreadyALedger { dir: dir.to_owned() }));
        let mut more = Building::begin(dir, Work::Backup, &|found| found == head).expect("taken over");
        push(&mut more, 0..20).expect("pushed");
        more.finish(false, &mut nothing).expect("finished");
        let all = |_| true;
        let taken = Building::begin(dir, Work::Backup, &all).err();
        assert_eq!(taken, Some(OpenError::AlreadyALedger { dir: dir.to_owned() }), "it is in use");
    }

    #[test]
    fn what_sled_left_half_made_is_made_again() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path();
        drop(Building::begin(dir, Work::Restore, &never).expect("begun"));
        std::fs::rename(dir.join("head"), dir.join("head.new")).expect("renamed");
        std::fs::write(dir.join("log/conf"), b"torn").expect("written");
        let mut building = Building::begin(dir, Work::Restore, &never).expect("begun again");
        push(&mut building, 0..3).expect("pushed");
        building.finish(false, &mut nothing).expect("finished");
        holds(&SledStore::open(dir).expect("a ledger"), 3);
    }
}
