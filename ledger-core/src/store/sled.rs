//! The store on disk: pages in one sled tree, and guards against what is known of sled 0.34.7.
//!
//! | sled | so here |
//! |---|---|
//! | `flush` does not sync the file | `commit` syncs it by a descriptor of our own, opened before the first append |
//! | readers see writes before they are durable | every read ends at the durable head |
//! | iterators are no snapshots | a read looks up the page of one position; never the next key |
//! | large values leave the log, unsynced | `page.rs` keeps values small; a start refuses `blobs/` |
//! | a torn snapshot makes it unopenable; opening can panic | torn ones are moved aside; opening has a thread of its own |
//! | a page that a snapshot puts beyond the log's end is waited for without end | the first reads have a time limit |
//! | a truncated file opens with fewer entries | a start compares with the head record, and with the head file outside |
//! | splitting a leaf of its tree writes both halves again | leaves are split while they are empty: `Writer::plan` |
//! | its garbage is collected only by its background thread | that thread stays on, at its default; nothing rests on its syncs |
//!
//! A commit of few entries writes small pages. When 256 entries have gathered in them, or a commit fills a page itself,
//! the batch that appends also replaces them by full pages, which are final. So a reader can be disturbed at most once at
//! any position, and one repetition is enough. `sled/lookup.rs` reads a page, `sled/opening.rs` opens sled. Left out:
//! what the bytes mean, and the format of a page.

mod closing;
mod lookup;
mod opening;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::directory::{DEFAULT_RESERVE_BYTES, Directory, OpenError, check_space, damaged};
use super::head::{self, HeadRecord, HeadRecords};
use super::marks;
use super::page::{self, Encoder, Key, PageError, Stage};
use super::{AppendError, Batch, Entries, ReadError, Store, check_batch};
use crate::log::Head;
use crate::values::{Length, Sequence};
use closing::{Changes, OpenSled};
pub use lookup::is_caught;
use lookup::{caught, page_of};
use opening::{OPENING_LIMIT, lacks, last_first, open_file, open_sled, recover, sync_files, within};

/// Entries in small pages at which they are replaced by full ones: some five full pages, written twice.
const SEAL_AT: usize = 256;

/// Entries of about one full page. A commit of so many is written as full pages at once, and compressed once instead of
/// twice: the log of 64 submitters is a tenth smaller by it.
const PAGEFUL: usize = 48;

/// What `ready` asks for: no round is larger, because `ledger.rs` ends one at 8 MiB.
const ROUND_BYTES: u64 = 16 << 20;

/// How far the head record may be behind while appends go on.
const RECORD_EVERY: Duration = Duration::from_secs(1);

/// Replaying fewer entries than this takes less than a tenth of a second.
const DEFAULT_SNAPSHOT_AFTER: u64 = 16_384;

/// A signature costs two syncs: once a second that is little beside the commits.
const DEFAULT_CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// What may differ from one ledger to the next.
#[derive(Debug, Clone)]
pub struct StoreOptions {
    /// Free space below which appends are refused.
    pub reserve_bytes: u64,
    /// A second head record, on another disk or machine: made when there is none, kept at most a second behind, and
    /// compared at every opening, so that a directory restored as a whole is noticed.
    pub head_file: Option<PathBuf>,
    /// A close takes a snapshot when so many entries are new since the one before. The store itself takes none.
    pub snapshot_after: u64,
    /// How long entries may wait for a signed checkpoint; zero signs every round before it is answered. The store
    /// itself signs nothing.
    pub checkpoint_every: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        StoreOptions {
            reserve_bytes: DEFAULT_RESERVE_BYTES,
            head_file: None,
            snapshot_after: DEFAULT_SNAPSHOT_AFTER,
            checkpoint_every: DEFAULT_CHECKPOINT_EVERY,
        }
    }
}

/// A [`Store`] on disk. Memory: some hundred MiB at most, whatever the length. Dropping it without
/// [`Store::close`] is like a crash: nothing acknowledged is lost.
pub struct SledStore {
    db: OpenSled,
    /// Opened before sled where there is a log, and kept: a failed write-back is reported once to each descriptor that
    /// was open then, so sled's own syncs cannot hide it from this one.
    file: File,
    durable: Mutex<Head>,
    /// Why nothing more is appended. Apart from the writer, so that asking does not wait for an append.
    refuses: Mutex<Option<String>>,
    writer: Mutex<Writer>,
    options: StoreOptions,
    /// A restored copy, at this head: read and never appended to.
    restored: Option<Head>,
    #[cfg(test)]
    fail_next: Mutex<Option<super::FailureMode>>,
    /// Last, so that the lock is held until sled is closed.
    directory: Directory,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // sled's own form prints every value.
        f.debug_struct("SledStore").field("directory", &self.directory).field("head", &self.head()).finish()
    }
}

/// What only the appending thread knows.
#[derive(Debug)]
struct Writer {
    small: Small,
    encoder: Encoder,
    records: HeadRecords,
    recorded_at: Instant,
}

/// The small pages at the end of the log.
#[derive(Debug, Default)]
struct Small {
    entries: Vec<Vec<u8>>,
    keys: Vec<Key>,
}

/// What an append does to the small pages.
enum After {
    /// There are none: all were replaced.
    Sealed,
    /// These joined them.
    Gathered(Vec<Key>),
}

impl SledStore {
    /// Makes an empty ledger in `dir`, which must be new or empty, and opens it. Durable on return. An attempt that
    /// was interrupted can be repeated.
    pub fn create(dir: &Path) -> Result<SledStore, OpenError> {
        Self::create_with(dir, StoreOptions::default())
    }

    /// As [`SledStore::create`], with other options. A head file that is there already must be an empty log's.
    pub fn create_with(dir: &Path, options: StoreOptions) -> Result<SledStore, OpenError> {
        let directory = Directory::create(dir)?;
        if let Some(file) = &options.head_file
            && let Some(record) = open_head_file(file)?
            && record.head() != Head::EMPTY
        {
            return Err(OpenError::HeadFileTaken { file: file.clone(), recorded: record.head() });
        }
        let db = open_sled(&directory.log())?;
        if !db.is_empty() {
            return Err(OpenError::AlreadyALedger { dir: dir.to_owned() });
        }
        make_head(&directory)?;
        Self::start(directory, db, None, options)
    }

    /// Opens the ledger in `dir`, which stays locked until the store is dropped. Cost: 0.25 s for ten million
    /// entries; nothing is verified beyond the recorded head.
    pub fn open(dir: &Path) -> Result<SledStore, OpenError> {
        Self::open_with(dir, StoreOptions::default())
    }

    /// As [`SledStore::open`], with other options. A head file that is missing is made.
    pub fn open_with(dir: &Path, options: StoreOptions) -> Result<SledStore, OpenError> {
        let directory = Directory::hold(dir)?;
        let restored = marks::restored(dir)?;
        let file = open_file(&directory.log())?;
        let db = open_sled(&directory.log())?;
        let mut store = Self::start(directory, db, file, options)?;
        if let Some(head) = restored {
            let error = OpenError::Restored { dir: dir.to_owned(), head };
            store.refuse(error.to_string());
            store.restored = Some(head);
        }
        Ok(store)
    }

    /// The store of a ledger that is being made: begun if nothing of it is there, else as far as it was durable.
    pub(super) fn build(directory: Directory) -> Result<SledStore, OpenError> {
        let fresh = !directory.head().exists();
        if fresh {
            // Nothing was appended before the head record was in place, so sled's files may be half made.
            directory.clear_log()?;
        }
        let file = open_file(&directory.log())?;
        let db = open_sled(&directory.log())?;
        if fresh {
            make_head(&directory)?;
        }
        Self::start(directory, db, file, StoreOptions::default())
    }

    /// Refuses a restored copy that nobody has let go on: to be asked before anything is written beside the log.
    pub fn check_continued(&self) -> Result<(), OpenError> {
        match self.restored {
            None => Ok(()),
            Some(head) => Err(OpenError::Restored { dir: self.directory.path().to_owned(), head }),
        }
    }

    /// The directory of the ledger, which this store holds.
    pub(super) fn dir(&self) -> &Path {
        self.directory.path()
    }

    /// Makes durable what is there, compares it with the head records, and only then shows it.
    /// `file` is our own descriptor of sled's file, if there was one before sled was opened.
    fn start(
        directory: Directory,
        db: OpenSled,
        file: Option<File>,
        options: StoreOptions,
    ) -> Result<SledStore, OpenError> {
        let log = directory.log();
        let file = sync_files(&log, file)?;
        directory.sync()?;
        let path = directory.head();
        let record = HeadRecord::open(&path).map_err(OpenError::at(&path))?;
        let record = record.ok_or_else(|| damaged(&path, "neither of its slots is whole"))?;
        let recorded = record.head();
        let (head, small) = within(OPENING_LIMIT, &db, &log, move |db, log| recover(db, &recorded, log))?;
        let outside = match &options.head_file {
            None => None,
            Some(file) => Some((file.clone(), outside_record(file, &db, head, &log)?)),
        };
        let mut records = HeadRecords::new(record, outside);
        records.write(head).map_err(OpenError::at(&path))?;
        let encoder = Encoder::new().map_err(|error| OpenError::Io { path, what: error.to_string() })?;
        let writer = Writer { small, encoder, records, recorded_at: Instant::now() };
        Ok(SledStore {
            db,
            file,
            durable: Mutex::new(head),
            writer: Mutex::new(writer),
            refuses: Mutex::new(None),
            options,
            restored: None,
            #[cfg(test)]
            fail_next: Mutex::new(None),
            directory,
        })
    }

    /// THE COMMIT POINT: when this returns `Ok`, the batch survives a loss of power. After anything else nobody
    /// knows, and trying again would not tell.
    fn commit(&self, changes: Changes) -> Result<(), String> {
        #[cfg(test)]
        self.fail_if_asked(super::FailureMode::Failed)?;
        self.db.write(changes)?;
        self.file.sync_data().map_err(|error| error.to_string())?;
        #[cfg(test)]
        self.fail_if_asked(super::FailureMode::FailedButStored)?;
        Ok(())
    }

    fn check_open(&self) -> Result<(), AppendError> {
        match &*locked(&self.refuses) {
            None => Ok(()),
            Some(reason) => Err(AppendError::Refused(reason.clone())),
        }
    }

    fn refuse(&self, reason: String) {
        *locked(&self.refuses) = Some(reason);
    }

    fn record(&self, writer: &mut Writer, head: Head) -> Result<(), String> {
        writer.recorded_at = Instant::now();
        writer.records.write(head).map_err(|error| {
            let what = format!("a head record could not be written: {error}; reopen the ledger");
            self.refuse(what.clone());
            what
        })
    }

    #[cfg(test)]
    fn fail_if_asked(&self, here: super::FailureMode) -> Result<(), String> {
        match locked(&self.fail_next).take_if(|mode| *mode == here) {
            Some(_) => Err("a failure asked for by a test".to_owned()),
            None => Ok(()),
        }
    }
}

impl Store for SledStore {
    fn head(&self) -> Head {
        *locked(&self.durable)
    }

    fn read(&self, from: Sequence, limit: usize) -> Result<Entries, ReadError> {
        let durable = self.head().length;
        if !durable.contains(from) || limit == 0 {
            return Ok(Entries::default());
        }
        let below_head = usize::try_from(durable.0 - from.get()).unwrap_or(usize::MAX);
        let (first, page) = match page_of(&self.db, from) {
            // Sealing may have replaced the page between two look-ups; it does so once.
            Err(ReadError::Damaged { .. }) => page_of(&self.db, from)?,
            other => other?,
        };
        // The page contains `from`, so the difference is below its count.
        let skip = (from.get() - first) as usize;
        Ok(page.entries.part(skip, limit.min(below_head)))
    }

    fn ready(&self) -> Result<(), AppendError> {
        self.check_open()?;
        // Room for a full round of the largest entries, above the reserve.
        Ok(check_space(self.directory.path(), ROUND_BYTES, self.options.reserve_bytes)?)
    }

    fn append(&self, expected: Length, batch: &Batch) -> Result<(), AppendError> {
        let mut writer = locked(&self.writer);
        self.check_open()?;
        let actual = self.head().length;
        if expected != actual {
            return Err(AppendError::WrongLength { expected, actual });
        }
        check_batch(expected, batch)?;
        let bytes = batch.entries.iter().map(|entry| entry.len() as u64).sum();
        check_space(self.directory.path(), bytes, self.options.reserve_bytes)?;
        let (changes, after) =
            writer.plan(expected, batch).map_err(|error| AppendError::Refused(error.to_string()))?;
        if let Err(what) = caught(|| self.commit(changes)).and_then(|committed| committed) {
            self.refuse(format!("an earlier append has an unknown outcome ({what}); reopen the ledger"));
            return Err(AppendError::Unknown(what));
        }
        writer.small.become_as(after, &batch.entries);
        *locked(&self.durable) = batch.head;
        if writer.recorded_at.elapsed() >= RECORD_EVERY {
            // The entries are durable whatever happens here: the answer is yes, and the next one no.
            let _ = self.record(&mut writer, batch.head);
        }
        Ok(())
    }

    fn close(&self) -> Result<(), AppendError> {
        let mut writer = locked(&self.writer);
        self.check_open()?;
        self.record(&mut writer, self.head()).map_err(AppendError::Refused)?;
        self.refuse("the store is closed".to_owned());
        Ok(())
    }
}

impl Writer {
    /// What to change in sled for `batch`, and what then becomes of the small pages.
    ///
    /// sled splits a leaf at its 17th key and writes both halves again: pages put there as they come are written five
    /// times, and leave two bytes of waste for three. So full pages first get room: their keys with empty values, in
    /// order, and behind them as many as fill a leaf. Leaves are split while they hold nothing, and half of one, nine
    /// pages, is what sled takes before it would write a leaf anew.
    fn plan(&mut self, expected: Length, batch: &Batch) -> Result<(Changes, After), PageError> {
        let mut pages = ::sled::Batch::default();
        let gathered = self.small.entries.len();
        let new = batch.entries.len();
        let seal = gathered + new >= SEAL_AT || new >= PAGEFUL;
        let values = if seal {
            let first = expected.0 - gathered as u64;
            let all: Vec<&Vec<u8>> = self.small.entries.iter().chain(&batch.entries).collect();
            for key in &self.small.keys {
                pages.remove(key);
            }
            self.encoder.encode_pages(first, Stage::Sealed, &all)?
        } else {
            self.encoder.encode_pages(expected.0, Stage::Gathering, &batch.entries)?
        };
        let after =
            if seal { After::Sealed } else { After::Gathered(values.iter().map(|(key, _)| *key).collect()) };
        // Beyond the head, where nobody reads: not among small pages that are being replaced.
        let blanks = if seal && gathered == 0 {
            let last = expected.0 + batch.entries.len() as u64 - 1;
            values.iter().map(|(key, _)| *key).chain(page::keys_after(last)).collect()
        } else {
            Vec::new()
        };
        for (key, value) in values {
            pages.insert(&key, value);
        }
        Ok((Changes { blanks, pages }, after))
    }
}

/// Hands over the entries of the log in `log` from `from` on, whatever the head record says, until `take` refuses one
/// or one cannot be read: then why. For a copy of a damaged log.
pub(super) fn pages_from(
    log: &Path,
    from: Sequence,
    take: &mut dyn FnMut(Vec<u8>) -> bool,
) -> Result<(), String> {
    let said = |error: OpenError| match error {
        // Where the copy lies is of no interest, and neither is what to do with it.
        OpenError::Damaged { what, .. } | OpenError::Panicked { what, .. } | OpenError::Io { what, .. } => {
            what
        }
        other => other.to_string(),
    };
    let db = open_sled(log).map_err(said)?;
    let last = last_first(&db, log).map_err(said)?;
    let mut next = from.get();
    loop {
        let (first, page) = match page_of(&db, Sequence::new(next)) {
            Ok(found) => found,
            // Nothing begins after the last page, so this is where the log ends.
            Err(_) if last.is_none_or(|last| last < next) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        for entry in page.entries.part((next - first) as usize, usize::MAX) {
            if !take(entry.to_vec()) {
                return Ok(());
            }
            next += 1;
        }
    }
}

/// Puts the head record of an empty log in place.
fn make_head(directory: &Directory) -> Result<(), OpenError> {
    let (new, head) = (directory.new_head(), directory.head());
    HeadRecord::create(&new).map_err(OpenError::at(&new))?;
    fs::rename(&new, &head).map_err(OpenError::at(&head))
}

/// The head file outside, if there is one.
fn open_head_file(file: &Path) -> Result<Option<HeadRecord>, OpenError> {
    match head::open_outside(file).map_err(OpenError::at(file))? {
        None => Ok(None),
        Some(None) => Err(damaged(file, "neither of its slots is whole, so it may be no head file")),
        Some(Some(record)) => Ok(Some(record)),
    }
}

/// The head file outside, whose head the log must have; made if there is none.
fn outside_record(file: &Path, db: &::sled::Db, head: Head, log: &Path) -> Result<HeadRecord, OpenError> {
    let Some(record) = open_head_file(file)? else {
        return head::create_outside(file, head).map_err(OpenError::at(file));
    };
    match lacks(db, head, &record.head(), log)? {
        None => Ok(record),
        Some(what) => Err(OpenError::BehindHeadFile { file: file.to_owned(), recorded: record.head(), what }),
    }
}

impl Small {
    /// Follows what was committed with `entries`.
    fn become_as(&mut self, after: After, entries: &[Vec<u8>]) {
        match after {
            After::Sealed => *self = Small::default(),
            After::Gathered(keys) => {
                self.entries.extend_from_slice(entries);
                self.keys.extend(keys);
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{self, Harness, append, batch, entry, holds};
    use super::super::{FailureMode, entries_from};
    use super::*;
    use std::sync::Arc;
    use tempfile::TempDir;

    fn fresh() -> (TempDir, SledStore) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = SledStore::create(dir.path()).expect("created");
        (dir, store)
    }

    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("made");
        for file in fs::read_dir(from).expect("listed") {
            let file = file.expect("listed");
            let to = to.join(file.file_name());
            if file.file_type().expect("known").is_dir() {
                copy(&file.path(), &to);
            } else if let Err(error) = fs::copy(file.path(), to) {
                // sled replaces its snapshots while we look.
                assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{error}");
            }
        }
    }

    /// What is on disk now, as another process would find it after this one is killed.
    fn copied(from: &Path) -> TempDir {
        let to = tempfile::tempdir().expect("a directory");
        copy(from, to.path());
        to
    }

    fn open_error(dir: &Path) -> OpenError {
        SledStore::open(dir).expect_err("not to be opened")
    }

    /// Keeps every directory until the test ends.
    struct OnDisk {
        kept: Mutex<Vec<TempDir>>,
    }

    impl OnDisk {
        fn keep(&self, dir: TempDir, store: SledStore) -> SledStore {
            locked(&self.kept).push(dir);
            store
        }
    }

    impl Harness for OnDisk {
        type Store = SledStore;

        fn make(&self) -> SledStore {
            let (dir, store) = fresh();
            self.keep(dir, store)
        }

        fn reopen(&self, store: SledStore) -> SledStore {
            let dir = copied(store.directory.path());
            drop(store);
            let store = SledStore::open(dir.path()).expect("opened after a crash");
            self.keep(dir, store)
        }

        fn fail_next_append(&self, store: &SledStore, mode: FailureMode) {
            *locked(&store.fail_next) = Some(mode);
        }
    }

    #[test]
    fn keeps_the_promises_of_a_store() {
        conformance::suite(&OnDisk { kept: Mutex::default() });
    }

    #[test]
    fn nothing_is_acknowledged_before_our_own_sync() {
        let (dir, mut store) = fresh();
        append(&store, 5);
        // A pipe cannot be synced; sled's own descriptor still can.
        let (_reader, writer) = std::io::pipe().expect("a pipe");
        store.file = File::from(std::os::fd::OwnedFd::from(writer));
        let head = store.head();
        let next = batch(head, &[entry(5)]);
        assert!(matches!(store.append(head.length, &next), Err(AppendError::Unknown(_))));
        holds(&store, 5);
        assert!(matches!(store.append(head.length, &next), Err(AppendError::Refused(_))));
        drop(store);
        // It happened after all, which only reopening could tell.
        holds(&SledStore::open(dir.path()).expect("opened"), 6);
    }

    #[test]
    fn opens_again_in_the_same_directory_closed_or_not() {
        let (dir, mut store) = fresh();
        for round in 0..6 {
            [40, 40, 20].into_iter().for_each(|count| append(&store, count));
            if round % 2 == 0 {
                store.close().expect("closed");
            }
            drop(store);
            store = SledStore::open(dir.path()).expect("opened");
            holds(&store, (round + 1) * 100);
        }
    }

    #[test]
    fn values_stay_small_and_few() {
        let (dir, store) = fresh();
        (0..1_100).for_each(|_| append(&store, 1));
        append(&store, 3_000);
        for value in store.db.iter().values() {
            assert!(value.expect("read").len() <= page::MAX_VALUE_BYTES);
        }
        // 1,100 one by one: 1,024 sealed, the other 76 sealed with the 3,000. Some 19 entries fill a page.
        let pages = store.db.len();
        assert!(pages < 300, "{pages} pages for 4,100 entries");
        let blobs = fs::read_dir(dir.path().join("log/blobs")).expect("sled makes it").count();
        assert_eq!(blobs, 0);
    }

    #[test]
    fn full_pages_are_written_once() {
        let (dir, store) = fresh();
        (0..20).for_each(|_| append(&store, 1_000));
        let values = store.db.iter().values().map(|value| value.expect("read").len() as u64);
        let (content, file) = (values.sum::<u64>(), dir.path().join("log/db"));
        holds(&store, 20_000);
        drop(store);
        let written = fs::metadata(file).expect("there").len();
        assert!(written < content + content / 5, "{written} bytes of log for {content} of pages");
    }

    #[test]
    fn blanks_that_a_crash_left_behind_hide_nothing() {
        let (dir, store) = fresh();
        append(&store, 1_000);
        for at in (1_000..3_000).step_by(37).flat_map(|at| [page::key(at, 0), page::key(at, 255)]) {
            store.db.insert(at, &[]).expect("inserted");
        }
        drop(store);
        let store = SledStore::open(dir.path()).expect("opened");
        holds(&store, 1_000);
        (0..300).for_each(|_| append(&store, 3));
        append(&store, 500);
        drop(store);
        let store = SledStore::open(dir.path()).expect("opened");
        holds(&store, 2_400);
        (0..2_400).for_each(|at| assert_eq!(store.read(Sequence::new(at), 1).expect("read").len(), 1));
    }

    #[test]
    fn a_commit_that_fills_a_page_leaves_no_small_ones() {
        let (dir, store) = fresh();
        let gathered = |store: &SledStore| locked(&store.writer).small.entries.len();
        append(&store, PAGEFUL as u64 - 1);
        append(&store, 2);
        assert_eq!(gathered(&store), PAGEFUL + 1);
        append(&store, PAGEFUL as u64);
        assert_eq!(gathered(&store), 0);
        append(&store, 1);
        drop(store);
        let store = SledStore::open(dir.path()).expect("opened");
        assert_eq!(gathered(&store), 1, "those before are final");
        holds(&store, 2 * PAGEFUL as u64 + 2);
    }

    #[test]
    fn a_gap_below_the_head_is_damage_with_its_position() {
        let (_dir, store) = fresh();
        (0..10).for_each(|_| append(&store, 1));
        store.db.remove(page::key(4, 0)).expect("removed");
        let found = store.read(Sequence::new(4), 1).expect_err("not there");
        let ReadError::Damaged { sequence, .. } = &found else { panic!("{found}") };
        assert_eq!(*sequence, Sequence::new(4));
        assert_eq!(store.read(Sequence::new(5), 1).expect("read").first(), Some(&entry(5)[..]));
        store.db.insert(page::key(4, 0), b"rubbish").expect("inserted");
        assert!(matches!(store.read(Sequence::new(4), 1), Err(ReadError::Damaged { .. })));
        let all: Vec<_> = entries_from(Arc::new(store), Sequence::new(0)).collect();
        assert_eq!(all.len(), 5, "four entries and the error");
        assert!(all[4].is_err());
    }

    #[test]
    fn a_log_shorter_than_its_head_record_is_a_rollback() {
        let (dir, store) = fresh();
        (0..20).for_each(|_| append(&store, 5));
        let earlier = copied(dir.path());
        (0..20).for_each(|_| append(&store, 5));
        store.close().expect("closed");
        drop(store);
        fs::remove_dir_all(dir.path().join("log")).expect("removed");
        copy(&earlier.path().join("log"), &dir.path().join("log"));
        let OpenError::Rollback { recorded, what } = open_error(dir.path()) else { panic!("no rollback") };
        assert_eq!((recorded.length, &*what), (Length(200), "the log has 100 entries"));
        // The whole directory of that time agrees with itself, which is all that can be seen from inside it.
        holds(&SledStore::open(earlier.path()).expect("opened"), 100);
    }

    #[test]
    fn a_log_with_another_history_is_a_rollback() {
        let (dir, store) = fresh();
        append(&store, 3);
        store.close().expect("closed");
        drop(store);
        let (other, store) = fresh();
        store.append(Length(0), &batch(Head::EMPTY, &[entry(0), entry(1), entry(9)])).expect("appended");
        append(&store, 1);
        drop(store);
        fs::copy(dir.path().join("head"), other.path().join("head")).expect("copied");
        assert!(matches!(open_error(other.path()), OpenError::Rollback { .. }));
    }

    #[test]
    fn a_truncated_sled_file_never_opens_shorter() {
        let (dir, store) = fresh();
        (0..50).for_each(|_| append(&store, 40));
        store.close().expect("closed");
        drop(store);
        let file = dir.path().join("log/db");
        let whole = fs::metadata(&file).expect("there").len();
        for quarters in 0..4 {
            let copy = copied(dir.path());
            let db = File::options().write(true).open(copy.path().join("log/db")).expect("opened");
            db.set_len(whole * quarters / 4).expect("truncated");
            match SledStore::open(copy.path()) {
                Ok(store) => holds(&store, 2_000),
                Err(OpenError::Rollback { .. } | OpenError::Damaged { .. } | OpenError::Panicked { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn the_head_record_follows_within_a_second_and_at_close() {
        let (dir, store) = fresh();
        let recorded =
            || HeadRecord::open(&dir.path().join("head")).expect("read").map(|record| record.head().length.0);
        append(&store, 1);
        assert_eq!(recorded(), Some(0));
        locked(&store.writer).recorded_at = Instant::now() - RECORD_EVERY;
        append(&store, 1);
        assert_eq!(recorded(), Some(2));
        append(&store, 1);
        assert_eq!(recorded(), Some(2));
        store.close().expect("closed");
        assert_eq!(recorded(), Some(3));
    }

    #[test]
    fn a_lost_head_record_is_damage_and_not_an_empty_ledger() {
        let (dir, store) = fresh();
        append(&store, 1);
        drop(store);
        let head = dir.path().join("head");
        fs::write(&head, b"").expect("written");
        assert!(matches!(open_error(dir.path()), OpenError::Damaged { path, .. } if path == head));
        fs::remove_file(&head).expect("removed");
        assert!(matches!(open_error(dir.path()), OpenError::Damaged { path, .. } if path == head));
        assert!(matches!(SledStore::create(dir.path()), Err(OpenError::AlreadyALedger { .. })));
    }

    #[test]
    fn creating_replaces_nothing_and_can_be_repeated() {
        let (dir, store) = fresh();
        assert!(matches!(SledStore::create(dir.path()), Err(OpenError::AlreadyALedger { .. })));
        drop(store);
        // As if it had been interrupted before the head record was in place.
        fs::rename(dir.path().join("head"), dir.path().join("head.new")).expect("renamed");
        assert!(matches!(open_error(dir.path()), OpenError::Damaged { .. }));
        append(&SledStore::create(dir.path()).expect("created"), 1);
    }

    #[test]
    fn a_second_opening_names_the_holder() {
        let (dir, _store) = fresh();
        let message = open_error(dir.path()).to_string();
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    }

    #[test]
    fn refuses_to_start_with_values_outside_the_log() {
        let (dir, store) = fresh();
        drop(store);
        fs::write(dir.path().join("log/blobs/12"), b"x").expect("written");
        assert!(matches!(open_error(dir.path()), OpenError::Blobs { count: 1, .. }));
    }

    #[test]
    fn a_torn_snapshot_is_moved_aside() {
        let (dir, store) = fresh();
        append(&store, 10);
        drop(store);
        let torn = dir.path().join("log/snap.FFFFFFFFFFFFFFFF.generating");
        fs::write(&torn, b"torn").expect("written");
        let store = SledStore::open(dir.path()).expect("opened");
        holds(&store, 10);
        assert!(!torn.exists());
        assert!(dir.path().join("log/aside.snap.FFFFFFFFFFFFFFFF.generating").exists());
    }

    #[test]
    fn a_snapshot_that_sled_rejects_is_an_error_and_not_a_panic() {
        let (dir, store) = fresh();
        append(&store, 10);
        drop(store);
        fs::write(dir.path().join("log/snap.FFFFFFFFFFFFFFFF"), b"").expect("written");
        let error = open_error(dir.path());
        assert!(matches!(error, OpenError::Damaged { .. } | OpenError::Panicked { .. }), "{error}");
    }

    #[test]
    fn little_free_space_refuses_appends_and_not_reads() {
        let (dir, store) = fresh();
        append(&store, 5);
        drop(store);
        let options = StoreOptions { reserve_bytes: u64::MAX, ..StoreOptions::default() };
        let store = SledStore::open_with(dir.path(), options).expect("opened");
        let head = store.head();
        let refused = store.append(head.length, &batch(head, &[entry(5)]));
        assert!(matches!(&refused, Err(AppendError::NoSpace(why)) if why.contains("reserve")), "{refused:?}");
        assert!(matches!(store.ready(), Err(AppendError::NoSpace(_))));
        holds(&store, 5);
        drop(store);
        append(&SledStore::open(dir.path()).expect("opened"), 1);
    }
}
