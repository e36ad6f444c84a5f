//! Opening sled: what must be so before, what is made durable after, and what the log must then contain.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::super::ReadError;
use super::super::directory::{OpenError, damaged, sync_dir};
use super::super::page::{self, Page, Stage};
use super::Small;
use super::closing::{OPENING_THREAD, OpenSled};
use super::lookup::{caught, message, page_of};
use crate::log::Head;
use crate::values::{Hash, Length, Sequence};

/// sled uses several times this. What commands cite is kept above it (`decoded.rs`), and tails read on in order.
const CACHE_BYTES: u64 = 16 << 20;

/// Bytes at the end of a snapshot that say its length and checksum: sled rejects one that is no longer.
const SNAPSHOT_FOOTER_BYTES: u64 = 12;

/// How long the first reads of an opening may take: they are a few hundred pages at most, usually of some ms together.
pub(super) const OPENING_LIMIT: Duration = Duration::from_secs(60);

/// What `read` finds in sled, if it finds it within `limit`: sled waits without end for a page that lies beyond what its
/// log holds, as a damaged snapshot may say. A thread that hangs is left behind with its share of sled, and with a lock
/// that every sled of the process shares: no other one is written to until the process ends.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    db: &::sled::Db,
    log: &Path,
    read: impl FnOnce(&::sled::Db, &Path) -> Result<T, OpenError> + Send + 'static,
) -> Result<T, OpenError> {
    let (tell, told) = mpsc::sync_channel(1);
    let (db, path) = (db.clone(), log.to_owned());
    let reading = std::thread::Builder::new().name(OPENING_THREAD.to_owned()).spawn(move || {
        let found = read(&db, &path);
        // Whoever is told may close sled at once and must be the last to hold it.
        drop(db);
        // Nobody listens any more when it was too late.
        let _ = tell.send(found);
    });
    reading.map_err(OpenError::at(log))?;
    match told.recv_timeout(limit) {
        Ok(found) => found,
        Err(RecvTimeoutError::Timeout) => {
            Err(OpenError::Hangs { path: log.to_owned(), seconds: limit.as_secs() })
        }
        Err(RecvTimeoutError::Disconnected) => {
            Err(OpenError::Panicked { path: log.to_owned(), what: "reading the end of the log".to_owned() })
        }
    }
}

/// The head of what sled holds, and its small pages, if it agrees with the head recorded before.
pub(super) fn recover(db: &::sled::Db, recorded: &Head, log: &Path) -> Result<(Head, Small), OpenError> {
    let (head, small) = match last_first(db, log)? {
        None => (Head::EMPTY, Small::default()),
        Some(last) => {
            let (first, page) = page_at(db, last, log)?;
            let length = Length(first + u64::from(page.header.count));
            let last = page.entries.clone().last();
            let head = Head { length, hash: last.map_or(Hash::ZERO, |entry| Hash::of(&entry)) };
            (head, small_pages(first, page, |at| page_at(db, at, log))?)
        }
    };
    match lacks(db, head, recorded, log)? {
        None => Ok((head, small)),
        Some(what) => Err(OpenError::Rollback { recorded: *recorded, what }),
    }
}

/// What a log with this head has instead of the head recorded before; none if it has it.
pub(super) fn lacks(
    db: &::sled::Db,
    head: Head,
    recorded: &Head,
    log: &Path,
) -> Result<Option<String>, OpenError> {
    let Some(at) = recorded.length.last_sequence() else { return Ok(None) };
    if head.length == Length(0) {
        return Ok(Some("the log is empty".to_owned()));
    }
    if recorded.length > head.length {
        return Ok(Some(format!("the log has {} entries", head.length)));
    }
    let (first, page) = page_at(db, at.get(), log)?;
    let found = page.entries.part((at.get() - first) as usize, 1);
    let hash = found.first().map_or(Hash::ZERO, Hash::of);
    Ok((hash != recorded.hash).then(|| format!("entry {at} hashes to {hash}")))
}

/// The page with the entry at this position, and its first sequence.
fn page_at(db: &::sled::Db, at: u64, log: &Path) -> Result<(u64, Page), OpenError> {
    page_of(db, Sequence::new(at)).map_err(|error| match error {
        ReadError::Damaged { .. } => damaged(log, error.to_string()),
        ReadError::Io(what) => OpenError::Io { path: log.to_owned(), what },
    })
}

/// First sequence of the last page: blanks may come after it.
pub(super) fn last_first(db: &::sled::Db, log: &Path) -> Result<Option<u64>, OpenError> {
    let has_value =
        |found: &::sled::Result<(_, ::sled::IVec)>| !matches!(found, Ok((_, value)) if value.is_empty());
    let last = caught(|| db.iter().rev().find(has_value))
        .map_err(|what| OpenError::Panicked { path: log.to_owned(), what })?;
    let Some((key, _)) = last.transpose().map_err(|error| sled_error(log, &error))? else {
        return Ok(None);
    };
    match page::parse_key(&key) {
        Some((first, _)) if first < Sequence::MAX => Ok(Some(first)),
        _ => Err(damaged(log, "its last key is not a page's")),
    }
}

/// The small pages from the one at `first` backwards.
pub(super) fn small_pages(
    mut first: u64,
    mut page: Page,
    page_at: impl Fn(u64) -> Result<(u64, Page), OpenError>,
) -> Result<Small, OpenError> {
    let mut pages = Vec::new();
    while page.header.stage == Stage::Gathering {
        let before = first.checked_sub(1);
        pages.push((first, page));
        match before {
            None => break,
            Some(before) => (first, page) = page_at(before)?,
        }
    }
    let mut small = Small::default();
    for (first, page) in pages.into_iter().rev() {
        small.entries.extend(page.entries.map(|entry| entry.to_vec()));
        small.keys.extend((0..page.header.parts).map(|part| page::key(first, part)));
    }
    Ok(small)
}

/// Opens sled after making sure that it can be: on a thread of its own, since it panics on some of what it finds.
pub(super) fn open_sled(log: &Path) -> Result<OpenSled, OpenError> {
    check_blobs(&log.join("blobs"))?;
    move_torn_snapshots_aside(log)?;
    check_snapshot(log)?;
    let config = ::sled::Config::new().path(log).cache_capacity(CACHE_BYTES);
    // A store dropped a moment ago may still be leaving through sled's own threads; ours was the outer lock.
    let mut attempts = 0;
    loop {
        let config = config.clone();
        let opening =
            std::thread::Builder::new().name(OPENING_THREAD.to_owned()).spawn(move || config.open());
        let outcome = opening.map_err(OpenError::at(log))?.join();
        match outcome {
            Ok(Ok(db)) => return Ok(OpenSled::new(db)),
            Ok(Err(error)) if is_lock(&error) && attempts < 100 => {
                attempts += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(Err(error)) => return Err(sled_error(log, &error)),
            Err(panic) => return Err(OpenError::Panicked { path: log.to_owned(), what: message(&*panic) }),
        }
    }
}

pub(super) fn is_lock(error: &::sled::Error) -> bool {
    matches!(error, ::sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

pub(super) fn sled_error(log: &Path, error: &::sled::Error) -> OpenError {
    match error {
        ::sled::Error::Io(_) if is_lock(error) => {
            OpenError::Held { dir: log.to_owned(), holder: "a process that took no ledger lock".to_owned() }
        }
        // The directory is there, so it is something inside, and a new ledger is no remedy.
        ::sled::Error::Io(error) if error.kind() == ErrorKind::NotFound => {
            damaged(log, "a file that sled's log names is gone")
        }
        ::sled::Error::Io(error) => OpenError::io(log, error),
        other => damaged(log, spelled(other)),
    }
}

/// What sled reports, without its internals.
pub(super) fn spelled(error: &::sled::Error) -> String {
    match error {
        ::sled::Error::Corruption { .. } => "a checksum does not fit what was written".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn check_blobs(blobs: &Path) -> Result<(), OpenError> {
    let count = match fs::read_dir(blobs) {
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        found => found.map_err(OpenError::at(blobs))?.count(),
    };
    if count > 0 { Err(OpenError::Blobs { path: blobs.to_owned(), count }) } else { Ok(()) }
}

/// A snapshot is renamed when it is whole, so one still named `generating` may be torn, and sled would trust it.
/// sled recovers from its log without.
pub(super) fn move_torn_snapshots_aside(log: &Path) -> Result<(), OpenError> {
    for name in snapshots(log)? {
        if name.ends_with(".generating") {
            let aside: PathBuf = log.join(format!("aside.{name}"));
            fs::rename(log.join(&name), aside).map_err(OpenError::at(log))?;
        }
    }
    Ok(())
}

/// sled renames a snapshot when it is whole and synced, so one without content is damage; sled would only say that some
/// checksum does not fit.
pub(super) fn check_snapshot(log: &Path) -> Result<(), OpenError> {
    let Some(newest) = snapshots(log)?.into_iter().max() else { return Ok(()) };
    let path = log.join(newest);
    let length = fs::metadata(&path).map_err(OpenError::at(&path))?.len();
    if length > SNAPSHOT_FOOTER_BYTES {
        return Ok(());
    }
    let what = "it is empty or torn, and sled's log may still hold everything: remove it from a copy of the \
                directory, and see what `ledger verify` says of that";
    Err(damaged(&path, what))
}

/// The names of sled's snapshots, whole or being made.
fn snapshots(log: &Path) -> Result<Vec<String>, OpenError> {
    let found = match fs::read_dir(log) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        found => found.map_err(OpenError::at(log))?,
    };
    let mut names = Vec::new();
    for file in found {
        let name = file.map_err(OpenError::at(log))?.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap.") {
            names.push(name);
        }
    }
    Ok(names)
}

/// Our own descriptor of sled's file; none if there is no such file yet.
pub(super) fn open_file(log: &Path) -> Result<Option<File>, OpenError> {
    let db = log.join("db");
    match File::options().read(true).write(true).open(&db) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some).map_err(OpenError::at(&db)),
    }
}

/// Makes durable what sled created or what an earlier process left in the page cache, and returns our own
/// descriptor of its file: the one given, or a new one.
pub(super) fn sync_files(log: &Path, file: Option<File>) -> Result<File, OpenError> {
    let (db, conf) = (log.join("db"), log.join("conf"));
    let Some(file) = file.map_or_else(|| open_file(log), |file| Ok(Some(file)))? else {
        return Err(damaged(&db, "it is missing"));
    };
    file.sync_all().map_err(OpenError::at(&db))?;
    File::open(&conf).and_then(|file| file.sync_all()).map_err(OpenError::at(&conf))?;
    sync_dir(log).map_err(OpenError::at(log))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::super::super::conformance::append;
    use super::super::SledStore;
    use super::*;

    /// sled's newest snapshot, but for its footer: the length of what is before, and its checksum.
    fn snapshot(log: &Path) -> (PathBuf, Vec<u8>) {
        let newest = snapshots(log).expect("listed").into_iter().max().expect("a snapshot");
        let mut body = fs::read(log.join(&newest)).expect("read");
        body.truncate(body.len() - SNAPSHOT_FOOTER_BYTES as usize);
        (log.join(newest), body)
    }

    /// From the last byte of a snapshot backwards, the first change that makes sled wait for ever: a page's position
    /// in the log becomes one that is not written yet.
    #[test]
    fn a_page_beyond_the_end_of_the_log_is_not_waited_for() {
        // The thread left behind holds a lock that every sled of its process shares.
        const ALONE: &str = "LEDGER_TEST_ALONE";
        const NAME: &str = "store::sled::opening::tests::a_page_beyond_the_end_of_the_log_is_not_waited_for";
        if std::env::var_os(ALONE).is_none() {
            let mut alone = Command::new(std::env::current_exe().expect("this program"));
            let ended = alone.args(["--exact", NAME, "--nocapture"]).env(ALONE, "1").output().expect("run");
            let said = String::from_utf8_lossy(&ended.stdout).into_owned();
            let error = String::from_utf8_lossy(&ended.stderr).into_owned();
            assert!(ended.status.success() && said.contains("made sled wait"), "{said}{error}");
            return;
        }
        let dir = tempfile::tempdir().expect("a directory");
        let store = SledStore::create(dir.path()).expect("created");
        append(&store, 300);
        drop(store);
        drop(SledStore::open(dir.path()).expect("opened, which takes a snapshot"));
        let log = dir.path().join("log");
        let (path, body) = snapshot(&log);
        let limit = Duration::from_secs(2);
        let hangs = (0..body.len()).rev().find(|at| {
            let mut changed = body.clone();
            changed[*at] ^= 0x04;
            let checksum = crc32fast::hash(&changed);
            changed.extend((body.len() as u64).to_le_bytes());
            changed.extend(checksum.to_le_bytes());
            fs::write(&path, changed).expect("written");
            let Ok(db) = open_sled(&log) else { return false };
            let found = within(limit, &db, &log, |db, log| recover(db, &Head::EMPTY, log));
            found.err() == Some(OpenError::Hangs { path: log.clone(), seconds: 2 })
        });
        let hangs = hangs.expect("no change made sled wait, so nothing was shown");
        println!("byte {hangs} of {} made sled wait", body.len());
    }

    #[test]
    fn what_is_missing_inside_is_damage_and_not_a_missing_ledger() {
        let log = Path::new("ledger/log");
        let gone = ::sled::Error::Io(ErrorKind::NotFound.into());
        assert!(matches!(sled_error(log, &gone), OpenError::Damaged { path, .. } if path == log));
        let full = ::sled::Error::Io(ErrorKind::StorageFull.into());
        assert_eq!(sled_error(log, &full), OpenError::NoSpace { path: log.to_owned() });
    }
}
