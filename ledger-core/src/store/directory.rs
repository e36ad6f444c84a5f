//! The directory of a ledger: what lies where, who holds it, and why it cannot be opened.
//!
//! ```text
//! DIR/log/        sled          DIR/head   the head record
//! DIR/documents/  the vault     DIR/lock   held by the one process that has the ledger open, and names it
//! DIR/key         what signs       DIR/checkpoint  what was signed last
//! DIR/tiles/      full tiles       DIR/snapshots/  snapshots; both derived
//! DIR/unfinished, DIR/restored  marks: see `marks.rs`
//! ```
//!
//! Also the few things a store asks of the file system beyond reading and writing: syncing a directory, and how
//! much space is left. Left out: what the files hold.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::marks::{self, Work};
use crate::log::Head;

/// Free space below which nothing is appended: enough to open, to read, and to take an export elsewhere.
pub const DEFAULT_RESERVE_BYTES: u64 = 64 << 20;

/// Why a ledger cannot be opened or created. Nothing was changed unless a variant says so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is no such directory.
    #[error("{} does not exist; check the path, or create a ledger there", dir.display())]
    Missing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// The directory holds no ledger.
    #[error("{} is not a ledger: it has no 'head' and no 'log'; check the path, or create a ledger", dir.display())]
    NotALedger {
        /// The directory given.
        dir: PathBuf,
    },
    /// A ledger can be created only in a new or empty directory.
    #[error("{} is not empty: it has '{found}'; create the ledger in a new directory", dir.display())]
    NotEmpty {
        /// The directory given.
        dir: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// There is a ledger already, and creating never replaces one.
    #[error("{} holds a ledger already; open it instead", dir.display())]
    AlreadyALedger {
        /// The directory given.
        dir: PathBuf,
    },
    /// Read-only, or another user's. An export can be read without write access.
    #[error("{} cannot be written ({what}); run as its owner, mount it writable, or read a copy", path.display())]
    NotWritable {
        /// What could not be opened.
        path: PathBuf,
        /// The operating system's words.
        what: String,
    },
    /// Another process has it open. Wait for it to end, stop it, or ask it.
    #[error("{} is held by {holder}; wait for it to end or stop it, or read what `ledger log --json` printed before", dir.display())]
    Held {
        /// The directory given.
        dir: PathBuf,
        /// Process id and command line, as the holder wrote them.
        holder: String,
    },
    /// The file system has no room even to open.
    #[error("no space is left for {}; free some and try again", path.display())]
    NoSpace {
        /// What could not be written.
        path: PathBuf,
    },
    /// sled has put values where it never syncs them: another program wrote to it.
    #[error("{} holds {count} files, which this program never writes and sled never syncs; take a backup, or rebuild it with `ledger repair --from EXPORT`", path.display())]
    Blobs {
        /// sled's directory for them.
        path: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// sled gave up on what it found.
    #[error("opening {} panicked: {what}; rebuild it with `ledger repair --from EXPORT`, or restore a backup", path.display())]
    Panicked {
        /// sled's directory.
        path: PathBuf,
        /// The panic's message.
        what: String,
    },
    /// The bytes are not what was written.
    #[error("{} is damaged: {what}; rebuild it with `ledger repair --from EXPORT`, or restore a backup", path.display())]
    Damaged {
        /// The file or directory.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The log lacks what was durable before. Never continued from: new entries would contradict lost ones.
    #[error(
        "the log was rolled back: its recorded head is {recorded}, but {what}; restore the newest backup, or rebuild it \
         with `ledger repair --from EXPORT`"
    )]
    Rollback {
        /// The head that was recorded.
        recorded: Head,
        /// What the log has instead.
        what: String,
    },
    /// The log lacks what the head file outside has seen, or has it otherwise. Never continued from.
    #[error(
        "the log was rolled back, or {} belongs to another ledger: that file says {recorded}, but {what}; \
         restore the newest backup or export, or name the right file with --head-file", file.display()
    )]
    BehindHeadFile {
        /// The head file.
        file: PathBuf,
        /// The head it says.
        recorded: Head,
        /// What the log has instead.
        what: String,
    },
    /// A new ledger was to be founded with the head file of another one.
    #[error("{} is the head file of a ledger with {} entries; name a new file for a new ledger", file.display(), recorded.length)]
    HeadFileTaken {
        /// The head file.
        file: PathBuf,
        /// The head it says.
        recorded: Head,
    },
    /// What makes a ledger in this directory was interrupted, or still runs. Repeat it.
    #[error("{} is not whole yet: {} was interrupted; repeat {}", dir.display(), work.called(), work.command())]
    Unfinished {
        /// The directory given.
        dir: PathBuf,
        /// What was interrupted.
        work: Work,
    },
    /// A restored copy: the ledger may have gone on elsewhere, and entries appended here would contradict it. It is
    /// read as any other.
    #[error(
        "{} was restored at {head} and is only read: if no newer copy exists anywhere, let it go on with \
         `ledger restore --continue --data {}`", dir.display(), dir.display()
    )]
    Restored {
        /// The directory given.
        dir: PathBuf,
        /// The head it was restored at.
        head: Head,
    },
    /// A ledger that is in use was to be let go on.
    #[error("{} is no restored copy: it is appended to already", dir.display())]
    NotRestored {
        /// The directory given.
        dir: PathBuf,
    },
    /// sled waits for what will never come, which some damage to its snapshot makes it do. The waiting thread is left
    /// behind, with locks that sled shares within a process: end this one before anything else is opened.
    #[error(
        "{} could not be read within {seconds} s: its snapshot seems to name what the log does not hold; unless the disk \
         was only slow, remove the files snap.* there from a copy of the directory, and see what `ledger verify` says of \
         that, or restore a backup", path.display()
    )]
    Hangs {
        /// sled's directory.
        path: PathBuf,
        /// How long it was given.
        seconds: u64,
    },
    /// Anything else the operating system or sled refused.
    #[error("{}: {what}", path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// The operating system's words.
        what: String,
    },
}

impl OpenError {
    /// The variant for what the operating system said about `path`.
    pub(super) fn io(path: &Path, error: &io::Error) -> OpenError {
        let (path, what) = (path.to_owned(), error.to_string());
        match error.kind() {
            ErrorKind::NotFound => OpenError::Missing { dir: path },
            ErrorKind::NotADirectory => OpenError::NotALedger { dir: path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                OpenError::NotWritable { path, what }
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OpenError::NoSpace { path },
            _ => OpenError::Io { path, what },
        }
    }

    /// [`OpenError::io`] as a function for `map_err`.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> OpenError + '_ {
        move |error| OpenError::io(path, &error)
    }
}

/// The directory of a ledger, open in this process alone until dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// The lock ends with this descriptor, also when the process is killed.
    lock: File,
}

impl Drop for Directory {
    /// Closing alone does not free it while a child process that is just beginning has a copy of the descriptor.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Directory {
    /// Holds the directory of a ledger that exists.
    pub(super) fn hold(dir: &Path) -> Result<Directory, OpenError> {
        fs::read_dir(dir).map_err(OpenError::at(dir))?;
        if let Some(work) = marks::unfinished(dir)? {
            return Err(OpenError::Unfinished { dir: dir.to_owned(), work });
        }
        let missing = |name: &str| !dir.join(name).exists();
        match (missing("head"), missing("log")) {
            (false, false) => Self::lock(dir),
            (true, true) => Err(OpenError::NotALedger { dir: dir.to_owned() }),
            (true, false) => {
                Err(damaged(&dir.join("head"), "it is missing; if creating was interrupted, create again"))
            }
            (false, true) => Err(damaged(&dir.join("log"), "it is missing")),
        }
    }

    /// Makes and holds a directory for a new ledger. What an interrupted attempt left is taken over.
    pub(super) fn create(dir: &Path) -> Result<Directory, OpenError> {
        make_dir(dir)?;
        if let Some(work) = marks::unfinished(dir)? {
            return Err(OpenError::Unfinished { dir: dir.to_owned(), work });
        }
        if dir.join("head").exists() {
            return Err(OpenError::AlreadyALedger { dir: dir.to_owned() });
        }
        holds_only(dir, &["lock", "log", "head.new"])?;
        let held = Self::lock(dir)?;
        match fs::remove_file(held.new_head()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(OpenError::io(dir, &error)),
            _ => Ok(held),
        }
    }

    /// Makes or takes over a directory in which a whole ledger is to be written, and marks it unfinished. It must be
    /// new or empty, left by the same work interrupted, or a restored copy at a head that `takes_over` accepts.
    pub(super) fn build(
        dir: &Path,
        work: Work,
        takes_over: &dyn Fn(Head) -> bool,
    ) -> Result<Directory, OpenError> {
        make_dir(dir)?;
        match marks::unfinished(dir)? {
            Some(found) if found == work => {}
            Some(work) => return Err(OpenError::Unfinished { dir: dir.to_owned(), work }),
            None if !dir.join("head").exists() => holds_only(dir, &["lock", "unfinished.new"])?,
            None => match marks::restored(dir)? {
                Some(head) if takes_over(head) => {}
                _ => return Err(OpenError::AlreadyALedger { dir: dir.to_owned() }),
            },
        }
        let held = Self::lock(dir)?;
        marks::set_unfinished(dir, work)?;
        Ok(held)
    }

    /// Holds a directory whatever state it is in.
    pub(super) fn lock(dir: &Path) -> Result<Directory, OpenError> {
        let path = dir.join("lock");
        let at = OpenError::at(&path);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(&at)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::Held { dir: dir.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(at(error)),
        }
        // Only for the message above: nothing rests on it, so nothing is synced.
        let command: Vec<String> =
            std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let holder = format!("process {} ({})\n", std::process::id(), command.join(" "));
        file.set_len(0).and_then(|()| file.write_all(holder.as_bytes())).map_err(&at)?;
        Ok(Directory { path: dir.to_owned(), lock: file })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    pub(super) fn head(&self) -> PathBuf {
        self.path.join("head")
    }

    /// Where a head record is made before it is renamed into place: `head` is whole or absent.
    pub(super) fn new_head(&self) -> PathBuf {
        self.path.join("head.new")
    }

    /// Removes what sled made before there was a head record.
    pub(super) fn clear_log(&self) -> Result<(), OpenError> {
        remove_all(&self.log()).map_err(OpenError::at(&self.log()))?;
        match fs::remove_file(self.new_head()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(OpenError::io(&self.new_head(), &error)),
            _ => Ok(()),
        }
    }

    /// Makes the names of the ledger and in it durable.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        sync_dir(&self.path).map_err(OpenError::at(&self.path))?;
        let parent = parent(&self.path);
        match sync_dir(parent) {
            // A parent that we may not read is not ours to sync.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
            other => other.map_err(OpenError::at(parent)),
        }
    }
}

fn holder(lock: &mut File) -> String {
    let mut text = String::new();
    match lock.take(4096).read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "another process".to_owned(),
    }
}

fn make_dir(dir: &Path) -> Result<(), OpenError> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(OpenError::Missing { dir: parent(dir).to_owned() })
        }
        other => other.map_err(OpenError::at(dir)),
    }
}

/// Refuses a directory that has anything but these names.
fn holds_only(dir: &Path, names: &[&str]) -> Result<(), OpenError> {
    for found in fs::read_dir(dir).map_err(OpenError::at(dir))? {
        let found = found.map_err(OpenError::at(dir))?.file_name().to_string_lossy().into_owned();
        if !names.contains(&&*found) {
            return Err(OpenError::NotEmpty { dir: dir.to_owned(), found });
        }
    }
    Ok(())
}

fn parent(dir: &Path) -> &Path {
    match dir.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

pub(super) fn damaged(path: &Path, what: impl Into<String>) -> OpenError {
    OpenError::Damaged { path: path.to_owned(), what: what.into() }
}

/// Removes a directory and what is in it, if it exists.
pub(super) fn remove_all(dir: &Path) -> io::Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes the names in `dir` durable. Cost: one sync.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Makes everything durable that was written to the file system of `dir`. Cost: writing what is waiting, whoever wrote it.
pub fn sync_file_system(dir: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(dir)?)?)
}

/// Makes the name of a file durable. Cost: one sync.
pub(super) fn sync_parent(file: &Path) -> io::Result<()> {
    sync_dir(parent(file))
}

/// Why nothing may be written now, in words for an error message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SpaceError {
    /// Less would be left than the reserve.
    Reserve(String),
    /// The operating system does not say how much is free.
    Unknown(String),
}

/// Refuses if writing `bytes` would leave less than `reserve` free on the file system of `dir`. Cost: about 1 us.
pub(super) fn check_space(dir: &Path, bytes: u64, reserve: u64) -> Result<(), SpaceError> {
    let space = rustix::fs::statvfs(dir)
        .map_err(|error| SpaceError::Unknown(format!("{}: {error}", dir.display())))?;
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    if free >= reserve.saturating_add(bytes) {
        return Ok(());
    }
    Err(SpaceError::Reserve(format!(
        "{} MiB are free in {}, and {} MiB are kept in reserve; free some space, reading goes on",
        free >> 20,
        dir.display(),
        reserve >> 20
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it_and_the_other_learns_who() {
        let dir = tempfile::tempdir().expect("a directory");
        let held = Directory::create(dir.path()).expect("created");
        let Err(OpenError::Held { holder, .. }) = Directory::create(dir.path()) else { panic!("held twice") };
        assert!(holder.starts_with(&format!("process {} (", std::process::id())), "{holder}");
        drop(held);
        Directory::create(dir.path()).expect("free again");
    }

    #[test]
    fn says_what_is_wrong_with_a_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path();
        let inside = path.join("inside");
        assert_eq!(Directory::hold(&inside).err(), Some(OpenError::Missing { dir: inside.clone() }));
        let deeper = inside.join("deeper");
        assert_eq!(Directory::create(&deeper).err(), Some(OpenError::Missing { dir: inside }));
        assert_eq!(Directory::hold(path).err(), Some(OpenError::NotALedger { dir: path.to_owned() }));
        assert!(!path.join("lock").exists(), "nothing is left in a directory that is not ours");
        fs::write(path.join("notes"), "x").expect("written");
        let found = "notes".to_owned();
        assert_eq!(Directory::create(path).err(), Some(OpenError::NotEmpty { dir: path.to_owned(), found }));
        assert!(matches!(Directory::hold(&path.join("notes")), Err(OpenError::NotALedger { .. })));
        fs::create_dir(path.join("log")).expect("made");
        assert!(matches!(Directory::hold(path), Err(OpenError::Damaged { .. })));
    }

    #[test]
    fn the_operating_systems_errors_say_what_to_do() {
        let says = |kind: ErrorKind| OpenError::io(Path::new("x"), &kind.into()).to_string();
        assert!(says(ErrorKind::ReadOnlyFilesystem).contains("mount it writable"));
        assert!(says(ErrorKind::PermissionDenied).contains("run as its owner"));
        assert!(says(ErrorKind::StorageFull).contains("free some"));
    }

    #[test]
    fn space_is_refused_with_numbers() {
        assert_eq!(check_space(Path::new("."), 0, 0), Ok(()));
        let refused = check_space(Path::new("."), 1, u64::MAX);
        let Err(SpaceError::Reserve(words)) = refused else { panic!("never that much: {refused:?}") };
        assert!(words.contains("MiB are kept in reserve"), "{words}");
        let nowhere = check_space(Path::new("nowhere"), 1, 0);
        assert!(
            matches!(&nowhere, Err(SpaceError::Unknown(words)) if words.contains("nowhere")),
            "{nowhere:?}"
        );
    }
}
