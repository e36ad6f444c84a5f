//! Putting a rebuilt log in the place of a damaged one, without ever deleting what is damaged.
//!
//! The new ledger is built in `DIR/repair`, apart from the old one. Up to [`Repairing::swap`] nothing of the old
//! ledger has changed; from then on the directory is marked unfinished, and every step is a rename that can be taken
//! up again:
//!
//! ```text
//! log -> log.damaged-N    repair/log -> log    repair/head -> head
//! if a loss was accepted: key, key.next, checkpoint -> NAME.damaged-N    repair/restored -> restored
//! repair/ removed
//! ```
//!
//! What lacks entries may not be signed before it is compared with what is known elsewhere, so the key is put aside then.
//! Reading what is left of a damaged log happens on a copy, since sled changes and may ruin what it opens. Left out:
//! what is put into the new log, and whether a loss is accepted: `repair.rs`, above.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::DiskVault;
use super::building::Building;
use super::checkpoint::{CHECKPOINT, newest_checkpoint};
use super::directory::{Directory, OpenError, remove_all, sync_dir};
use super::head::HeadRecord;
use super::marks::{self, RESTORED, Work};
use super::signing_key::{KEY, NEXT};
use super::sled::pages_from;
use super::snapshot::Snapshots;
use super::tiles::TileFiles;
use super::vault::VaultError;
use crate::log::Head;
use crate::values::{Length, Sequence};

/// A ledger held for repair, whatever state it is in.
#[derive(Debug)]
pub(crate) struct Repairing {
    directory: Directory,
}

impl Repairing {
    /// Holds the ledger in `dir`, of which something must be left. Refuses what another work left unfinished.
    pub(crate) fn hold(dir: &Path) -> Result<Repairing, OpenError> {
        fs::read_dir(dir).map_err(OpenError::at(dir))?;
        match marks::unfinished(dir)? {
            None | Some(Work::Repair) => {}
            Some(work) => return Err(OpenError::Unfinished { dir: dir.to_owned(), work }),
        }
        if !["head", "log", "documents", "repair"].iter().any(|name| dir.join(name).exists()) {
            return Err(OpenError::NotALedger { dir: dir.to_owned() });
        }
        Ok(Repairing { directory: Directory::lock(dir)? })
    }

    fn dir(&self) -> &Path {
        self.directory.path()
    }

    fn inside(&self) -> PathBuf {
        self.dir().join("repair")
    }

    /// Whether an earlier attempt came as far as [`Repairing::swap`].
    pub(crate) fn is_swapping(&self) -> Result<bool, OpenError> {
        Ok(marks::unfinished(self.dir())?.is_some())
    }

    /// The head recorded in the directory, if its record is whole.
    pub(crate) fn recorded(&self) -> Result<Option<Head>, OpenError> {
        recorded(&self.directory.head())
    }

    /// How many entries the newest checkpoint covers, if there is one and it is whole.
    pub(crate) fn signed(&self) -> Option<Length> {
        newest_checkpoint(self.dir()).ok().flatten().map(|newest| newest.checkpoint.size)
    }

    /// Begins the new ledger. What an earlier attempt left of one is thrown away: it may come from another export.
    pub(crate) fn build(&self) -> Result<Building, OpenError> {
        self.give_up()?;
        Building::begin(&self.inside(), Work::Repair, &|_| false)
    }

    /// Removes the new ledger; the old one is as it was.
    pub(crate) fn give_up(&self) -> Result<(), OpenError> {
        remove_all(&self.inside()).map_err(OpenError::at(&self.inside()))
    }

    /// Hands over the entries that the damaged log still holds from `from` on, in order, until one cannot be read or
    /// `take` refuses. Why it ended, unless the log simply ended there.
    pub(crate) fn salvage(
        &self,
        from: Sequence,
        take: &mut dyn FnMut(Vec<u8>) -> bool,
    ) -> Result<(), String> {
        let copy = self.inside().join("salvage");
        let mut next = from;
        // A snapshot that contradicts the file keeps sled from opening what it can recover without it.
        let mut attempt = |leave_out: &[&str]| {
            let copied = remove_all(&copy).and_then(|()| copy_files(&self.directory.log(), &copy, leave_out));
            copied.map_err(|error| format!("the damaged log could not be copied: {error}"))?;
            let from = next;
            pages_from(&copy, from, &mut |bytes| {
                next = next.next();
                take(bytes)
            })
        };
        let mut ended = attempt(&["blobs"]);
        if ended.is_err() {
            ended = attempt(&["blobs", "snap."]);
        }
        // A copy that stays is removed with the rest.
        let _ = remove_all(&copy);
        ended
    }

    /// Puts the new log, once finished, in the place of the old one. Returns where the old one is kept, if it was
    /// there now.
    pub(crate) fn swap(&self) -> Result<Option<PathBuf>, OpenError> {
        marks::set_unfinished(self.dir(), Work::Repair)?;
        let (log, new) = (self.directory.log(), self.inside());
        let mut kept = None;
        if new.join("log").exists() {
            if log.exists() {
                let aside = free_name(&log);
                fs::rename(&log, &aside).map_err(OpenError::at(&log))?;
                kept = Some(aside);
            }
            fs::rename(new.join("log"), &log).map_err(OpenError::at(&log))?;
        }
        if new.join(RESTORED).exists() {
            [KEY, NEXT, CHECKPOINT].iter().try_for_each(|name| put_aside(&self.dir().join(name)))?;
        }
        for name in ["head", RESTORED] {
            let to = self.dir().join(name);
            match fs::rename(new.join(name), &to) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(OpenError::io(&to, &error)),
                _ => {}
            }
        }
        Snapshots::of(self.dir()).forget();
        TileFiles::of(self.dir()).forget();
        sync_dir(self.dir()).map_err(OpenError::at(self.dir()))?;
        self.give_up()?;
        Ok(kept)
    }

    /// Hands over the entries of the new log, once it is in place.
    pub(crate) fn entries(&self, take: &mut dyn FnMut(Vec<u8>) -> bool) -> Result<(), String> {
        pages_from(&self.directory.log(), Sequence::new(0), take)
    }

    /// The vault of the ledger. One that does not open is kept aside under another name, and a new one begun.
    pub(crate) fn vault(&self) -> Result<DiskVault, VaultError> {
        let opened = DiskVault::open(self.dir());
        if !matches!(opened, Err(VaultError::Damaged { .. })) {
            return opened;
        }
        let documents = self.dir().join("documents");
        let aside = free_name(&documents);
        fs::rename(&documents, &aside)
            .and_then(|()| sync_dir(self.dir()))
            .map_err(|error| VaultError::Io { path: documents, what: error.to_string() })?;
        DiskVault::open(self.dir())
    }

    /// The vaults that are kept aside, by this repair or an earlier one.
    pub(crate) fn vaults_aside(&self) -> Vec<PathBuf> {
        let documents = self.dir().join("documents");
        (1..).map(|n| aside(&documents, n)).take_while(|name| name.exists()).collect()
    }

    /// Ends the repair: the directory opens as a ledger again.
    pub(crate) fn finish(self) -> Result<(), OpenError> {
        marks::clear_unfinished(self.dir())
    }
}

/// The head in the record at `path`, if there is one and it is whole.
pub(crate) fn recorded(path: &Path) -> Result<Option<Head>, OpenError> {
    match HeadRecord::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenError::io(path, &error)),
        Ok(record) => Ok(record.map(|record| record.head())),
    }
}

/// Gives a file its name among what is kept aside, if it exists.
fn put_aside(path: &Path) -> Result<(), OpenError> {
    match fs::rename(path, free_name(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(OpenError::io(path, &error)),
        _ => Ok(()),
    }
}

/// `PATH.damaged-N` with the lowest N that is free.
fn free_name(path: &Path) -> PathBuf {
    (1..).map(|n| aside(path, n)).find(|name| !name.exists()).unwrap_or_else(|| aside(path, 0))
}

fn aside(path: &Path, n: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".damaged-{n}"));
    PathBuf::from(name)
}

/// Copies the files of a directory except those whose names begin so. A copy in use for minutes needs no sync.
fn copy_files(from: &Path, to: &Path, leave_out: &[&str]) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let name = file.file_name();
        let left_out = leave_out.iter().any(|start| name.to_string_lossy().starts_with(start));
        if !left_out && file.file_type()?.is_file() {
            fs::copy(file.path(), to.join(name))?;
        }
    }
    Ok(())
}
