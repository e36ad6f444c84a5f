//! What a witness keeps: its key, and of each log the newest checkpoint that it cosigned.
//!
//! ```text
//! DIR/key         the signing key, readable by its owner only
//! DIR/logs/HEX    the newest checkpoint cosigned, with the log's signatures and ours; HEX is SHA-256 of the origin
//! DIR/forks/HEX   a checkpoint by that log with another root for a size that was cosigned: evidence, the first only
//! DIR/lock        held by the one process that answers
//! ```
//!
//! Each file is whole or absent, and durable before anyone is answered. Our own signature under a checkpoint shows at
//! every start that the memory is what was written. A witness that has lost its memory must not go on under the same
//! key, and what is lost as a whole directory rolled back nobody but the logs can see. Left out: what may be cosigned
//! (`log/witness.rs`), and when (`witness.rs`).

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::directory::{Directory, OpenError, sync_dir, sync_parent};
use crate::log::witness::origin_hash;
use crate::log::{Algorithm, MAX_NOTE_BYTES, SignedCheckpoint, SigningKey};
use crate::values::Malformed;

const KEY: &str = "key";
const LOGS: &str = "logs";
const FORKS: &str = "forks";

/// Why a witness cannot start, or cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// A witness begins in a directory of its own.
    #[error("{} has '{found}' and no key of a witness; name a new directory for a new witness", dir.display())]
    NotAWitness {
        /// The directory given.
        dir: PathBuf,
        /// One of the things in it.
        found: String,
    },
    /// Another process answers from this directory. Stop it first.
    #[error("{} is held by {holder}; stop that witness first", dir.display())]
    Held {
        /// The directory given.
        dir: PathBuf,
        /// Process id and command line, as the holder wrote them.
        holder: String,
    },
    /// The key there has another name. A name is part of the key.
    #[error("the witness in {} is called '{found}', not '{name}'; a new name takes a new key in a new directory", dir.display())]
    OtherName {
        /// The directory given.
        dir: PathBuf,
        /// The name stated.
        name: String,
        /// The name in its key.
        found: String,
    },
    /// The name stated cannot be that of a key.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// Part of the memory is missing or is not what was written. Never gone on from: what was cosigned is not known.
    #[error(
        "{} is damaged: {what}; a witness without its memory could cosign a second history: begin again in a new \
         directory, and tell the logs the new key", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The operating system refused. After a failed write nothing more is cosigned until the next start.
    #[error("{}: {what}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        what: String,
    },
}

impl WitnessError {
    fn at(path: &Path) -> impl Fn(io::Error) -> WitnessError + '_ {
        |error| WitnessError::Io { path: path.to_owned(), what: error.to_string() }
    }

    fn damaged(path: &Path, what: impl ToString) -> WitnessError {
        WitnessError::Damaged { path: path.to_owned(), what: what.to_string() }
    }
}

/// The memory of a witness, open in this process alone until dropped.
#[derive(Debug)]
pub struct WitnessMemory {
    held: Directory,
    key: SigningKey,
    /// By origin.
    cosigned: BTreeMap<String, SignedCheckpoint>,
}

impl WitnessMemory {
    /// Opens the memory in `dir`, or begins one in a new or empty directory with a key of `name` from `seed`. Every
    /// checkpoint remembered is verified. Cost: 50 us for each.
    pub fn open(dir: &Path, name: &str, seed: &dyn Fn() -> [u8; 32]) -> Result<WitnessMemory, WitnessError> {
        match fs::create_dir(dir) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(WitnessError::at(dir)(error));
            }
            _ => {}
        }
        let begun = dir.join(KEY).exists();
        if !begun {
            holds_nothing_else(dir)?;
        }
        let held = hold(dir)?;
        if !begun {
            begin(dir, &SigningKey::new(name, Algorithm::Cosignature, &seed())?)?;
        }
        let key = read_key(dir, name)?;
        let cosigned = read_logs(dir, &key)?;
        Ok(WitnessMemory { held, key, cosigned })
    }

    /// The key that cosigns.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The newest checkpoint cosigned of a log.
    pub fn cosigned(&self, origin: &str) -> Option<&SignedCheckpoint> {
        self.cosigned.get(origin)
    }

    /// Remembers a cosigned checkpoint in the place of the one before. Durable on return; after an error it is unknown
    /// which of the two is remembered, and no more may be cosigned. Cost: two syncs.
    pub fn remember(&mut self, cosigned: SignedCheckpoint) -> Result<(), WitnessError> {
        let origin = cosigned.checkpoint.origin.clone();
        let path = self.held.path().join(LOGS).join(origin_hash(&origin));
        write_whole(&path, 0o644, &cosigned.to_string()).map_err(WitnessError::at(&path))?;
        self.cosigned.insert(origin, cosigned);
        Ok(())
    }

    /// Keeps a signed checkpoint that contradicts the one remembered, unless one of that log is kept already. Returns
    /// where it lies. Cost: two syncs.
    pub fn keep_fork(&self, fork: &SignedCheckpoint) -> Result<PathBuf, WitnessError> {
        let path = self.held.path().join(FORKS).join(origin_hash(&fork.checkpoint.origin));
        if !path.exists() {
            write_whole(&path, 0o644, &fork.to_string()).map_err(WitnessError::at(&path))?;
        }
        Ok(path)
    }
}

fn hold(dir: &Path) -> Result<Directory, WitnessError> {
    Directory::lock(dir).map_err(|error| match error {
        OpenError::Held { dir, holder } => WitnessError::Held { dir, holder },
        other => WitnessError::Io { path: dir.to_owned(), what: other.to_string() },
    })
}

/// Refuses a directory with anything in it but what a beginning that was interrupted leaves.
fn holds_nothing_else(dir: &Path) -> Result<(), WitnessError> {
    for found in fs::read_dir(dir).map_err(WitnessError::at(dir))? {
        let found = found.map_err(WitnessError::at(dir))?.file_name().to_string_lossy().into_owned();
        let empty = |name: &str| fs::read_dir(dir.join(name)).is_ok_and(|mut inside| inside.next().is_none());
        let left = match &*found {
            "lock" | "key.new" => true,
            LOGS | FORKS => empty(&found),
            _ => false,
        };
        if !left {
            return Err(WitnessError::NotAWitness { dir: dir.to_owned(), found });
        }
    }
    Ok(())
}

/// Makes the directories and then the key, so that where there is a key there is a memory, which may be empty.
fn begin(dir: &Path, key: &SigningKey) -> Result<(), WitnessError> {
    for name in [LOGS, FORKS] {
        fs::create_dir_all(dir.join(name)).map_err(WitnessError::at(&dir.join(name)))?;
    }
    let path = dir.join(KEY);
    let begun = write_whole(&path, 0o600, &key.to_secret_text()).and_then(|()| sync_parent(dir));
    begun.map_err(WitnessError::at(&path))
}

fn read_key(dir: &Path, name: &str) -> Result<SigningKey, WitnessError> {
    let path = dir.join(KEY);
    let key =
        SigningKey::from_secret_text(&read(&path)?).map_err(|error| WitnessError::damaged(&path, error))?;
    let found = key.verifier().name().to_owned();
    match key.verifier().algorithm() {
        Algorithm::Ed25519 => Err(WitnessError::damaged(&path, "it is the key of a log, not of a witness")),
        Algorithm::Cosignature if found != name => {
            Err(WitnessError::OtherName { dir: dir.to_owned(), name: name.to_owned(), found })
        }
        Algorithm::Cosignature => Ok(key),
    }
}

fn read_logs(dir: &Path, key: &SigningKey) -> Result<BTreeMap<String, SignedCheckpoint>, WitnessError> {
    let (logs, mut known) = (dir.join(LOGS), BTreeMap::new());
    if !logs.is_dir() {
        return Err(WitnessError::damaged(&logs, "it is missing"));
    }
    for found in fs::read_dir(&logs).map_err(WitnessError::at(&logs))? {
        let path = found.map_err(WitnessError::at(&logs))?.path();
        if path.extension().is_some_and(|extension| extension == "new") {
            // Left by a write that nobody was told of.
            fs::remove_file(&path).map_err(WitnessError::at(&path))?;
            continue;
        }
        let cosigned =
            parse_cosigned(&read(&path)?, key).map_err(|what| WitnessError::damaged(&path, what))?;
        let origin = cosigned.checkpoint.origin.clone();
        if !path.ends_with(origin_hash(&origin)) {
            return Err(WitnessError::damaged(
                &path,
                format!("it is about '{origin}', which has another name"),
            ));
        }
        known.insert(origin, cosigned);
    }
    Ok(known)
}

fn parse_cosigned(text: &str, key: &SigningKey) -> Result<SignedCheckpoint, String> {
    let cosigned: SignedCheckpoint = text.parse().map_err(|error| format!("{error}"))?;
    cosigned.note.verify(key.verifier()).map_err(|error| error.to_string())?;
    Ok(cosigned)
}

/// A file of at most a note's length.
fn read(path: &Path) -> Result<String, WitnessError> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(WitnessError::at(path))?;
    file.take(MAX_NOTE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(WitnessError::at(path))?;
    String::from_utf8(bytes).map_err(|error| WitnessError::damaged(path, error))
}

/// Writes a file beside its name, syncs it and renames it. Durable on return.
fn write_whole(path: &Path, mode: u32, text: &str) -> io::Result<()> {
    let new = path.with_extension("new");
    // Left by an attempt that was killed, perhaps with other permissions.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}
