//! Marks in the directory of a ledger: small files that say what may not be done with it yet.
//!
//! ```text
//! DIR/unfinished   `restore`, `backup` or `repair`: a ledger is being made here; nothing opens it until that ends
//! DIR/restored     LENGTH:HASH: a copy as of that head; it is read, and appended to only once somebody says so
//! ```
//!
//! A mark is written beside its name, synced and renamed, so it is whole or absent. `directory.rs` refuses what is
//! unfinished, `sled.rs` appends to nothing restored, `building.rs` and `repairing.rs` set and clear them. Left out:
//! how a ledger is made.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::directory::{OpenError, damaged, sync_dir};
use crate::log::Head;
use crate::values::Length;

const UNFINISHED: &str = "unfinished";
pub(super) const RESTORED: &str = "restored";

/// What makes a ledger in a directory, and can be interrupted there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// From an export.
    Restore,
    /// From a ledger that is whole.
    Backup,
    /// From an export and what is left of a damaged ledger.
    Repair,
}

impl Work {
    const ALL: [Work; 3] = [Work::Restore, Work::Backup, Work::Repair];

    fn word(self) -> &'static str {
        match self {
            Work::Restore => "restore",
            Work::Backup => "backup",
            Work::Repair => "repair",
        }
    }

    /// The work in a sentence.
    pub fn called(self) -> &'static str {
        match self {
            Work::Restore => "restoring it",
            Work::Backup => "backing up to it",
            Work::Repair => "repairing it",
        }
    }

    /// The command that takes it up again.
    pub fn command(self) -> &'static str {
        match self {
            Work::Restore => "`ledger restore FILE --data DIR`",
            Work::Backup => "`ledger backup DIR`",
            Work::Repair => "`ledger repair --from EXPORT --data DIR`",
        }
    }
}

/// What is unfinished in `dir`.
pub(super) fn unfinished(dir: &Path) -> Result<Option<Work>, OpenError> {
    let Some(text) = read(dir, UNFINISHED)? else { return Ok(None) };
    let work = Work::ALL.into_iter().find(|work| work.word() == text.trim_end());
    work.map(Some).ok_or_else(|| damaged(&dir.join(UNFINISHED), format!("'{}' is no work", text.trim_end())))
}

/// The head that `dir` was restored at, unless it was let go on.
pub(super) fn restored(dir: &Path) -> Result<Option<Head>, OpenError> {
    let Some(text) = read(dir, RESTORED)? else { return Ok(None) };
    let head = text.trim_end().split_once(':').and_then(|(length, hash)| {
        Some(Head { length: Length(length.parse().ok()?), hash: hash.parse().ok()? })
    });
    head.map(Some).ok_or_else(|| damaged(&dir.join(RESTORED), format!("'{}' is no head", text.trim_end())))
}

pub(super) fn set_unfinished(dir: &Path, work: Work) -> Result<(), OpenError> {
    set(dir, UNFINISHED, work.word())
}

pub(super) fn set_restored(dir: &Path, head: Head) -> Result<(), OpenError> {
    set(dir, RESTORED, &head.to_string())
}

pub(super) fn clear_unfinished(dir: &Path) -> Result<(), OpenError> {
    clear(dir, UNFINISHED)
}

pub(super) fn clear_restored(dir: &Path) -> Result<(), OpenError> {
    clear(dir, RESTORED)
}

fn read(dir: &Path, name: &str) -> Result<Option<String>, OpenError> {
    let path = dir.join(name);
    match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        // A file in the place of the directory is told apart by whoever opens it.
        Err(error) if error.kind() == ErrorKind::NotADirectory => Ok(None),
        Err(error) => Err(OpenError::io(&path, &error)),
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
    }
}

fn set(dir: &Path, name: &str, text: &str) -> Result<(), OpenError> {
    let (path, new) = (dir.join(name), dir.join(format!("{name}.new")));
    let written = File::create(&new)
        .and_then(|mut file| {
            writeln!(file, "{text}")?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&new, &path))
        .and_then(|()| sync_dir(dir));
    written.map_err(OpenError::at(&path))
}

fn clear(dir: &Path, name: &str) -> Result<(), OpenError> {
    let path = dir.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed.and_then(|()| sync_dir(dir)).map_err(OpenError::at(&path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::Hash;

    #[test]
    fn marks_are_read_as_they_were_set_until_cleared() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path();
        assert_eq!((unfinished(dir), restored(dir)), (Ok(None), Ok(None)));
        let head = Head { length: Length(7), hash: Hash::of(b"seventh") };
        set_restored(dir, head).expect("set");
        assert_eq!(restored(dir), Ok(Some(head)));
        for work in Work::ALL {
            set_unfinished(dir, work).expect("set");
            assert_eq!(unfinished(dir), Ok(Some(work)));
        }
        for _ in 0..2 {
            clear_unfinished(dir).expect("cleared");
            clear_restored(dir).expect("cleared");
        }
        assert_eq!((unfinished(dir), restored(dir)), (Ok(None), Ok(None)));
    }

    #[test]
    fn a_mark_that_says_nothing_known_is_damage() {
        let scratch = tempfile::tempdir().expect("a directory");
        for (name, text) in [(UNFINISHED, "rest"), (UNFINISHED, ""), (RESTORED, "7:abc"), (RESTORED, "")] {
            fs::write(scratch.path().join(name), text).expect("written");
            let read = [unfinished(scratch.path()).err(), restored(scratch.path()).err()];
            let found = read.into_iter().flatten().next();
            assert!(matches!(found, Some(OpenError::Damaged { .. })), "{name} '{text}': {found:?}");
            fs::remove_file(scratch.path().join(name)).expect("removed");
        }
    }
}
