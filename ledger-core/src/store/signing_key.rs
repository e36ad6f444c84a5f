//! The files of the keys that sign checkpoints.
//!
//! ```text
//! DIR/key        the key in use
//! DIR/key.next   a key that the log may not have introduced yet, or that has signed nothing yet
//! ```
//!
//! One line each, readable by their owner alone: whoever reads one can sign. Written beside their names, synced and
//! renamed, so they are whole or absent. A new key comes in as the next one; it takes its place once a checkpoint signed
//! by it is durable, so where there is a key there is a checkpoint. In no backup and no export. Left out: which key is in
//! force, which the log says (`notary.rs`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::directory::sync_dir;
use crate::log::{SigningKey, VerifierKey};

/// Name of the key in use, in the directory of a ledger.
pub(super) const KEY: &str = "key";
/// Name of the key to come.
pub(super) const NEXT: &str = "key.next";

/// Bits of a file's mode that let others than its owner in.
const OTHERS: u32 = 0o077;
/// No key's line is longer: a name of 255 bytes, and 90 more.
const MAX_BYTES: u64 = 1024;

/// Why a key cannot be used. Nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Others could have read it.
    #[error(
        "{} can be read by others than its owner (mode {mode:o}): nothing is signed with it; make it private with \
         `chmod 600 {}`, and if anybody may have copied it, rotate it", path.display(), path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not a signing key.
    #[error(
        "{} is damaged: {what}; put the right file in its place, or remove it and introduce another key with \
         `ledger key rotate`", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Another key than the log says.
    #[error(
        "{} holds the key {found}, and the log says {in_force}: put the right file in its place, or remove it and \
         introduce another key with `ledger key rotate`", path.display()
    )]
    NotInForce {
        /// The file.
        path: PathBuf,
        /// The key in it.
        found: Box<VerifierKey>,
        /// The key that the log introduced last.
        in_force: Box<VerifierKey>,
    },
    /// The operating system refused.
    #[error("{}: {what}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's words.
        what: String,
    },
}

/// The key files of one ledger.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    dir: PathBuf,
}

impl KeyFiles {
    /// Those of the ledger in `dir`. Nothing is read or made yet.
    pub fn of(dir: &Path) -> KeyFiles {
        KeyFiles { dir: dir.to_owned() }
    }

    /// Where the key in use lies.
    pub fn path(&self) -> PathBuf {
        self.dir.join(KEY)
    }

    fn path_of_next(&self) -> PathBuf {
        self.dir.join(NEXT)
    }

    /// The key in use, if it is here.
    pub fn current(&self) -> Result<Option<SigningKey>, KeyFileError> {
        read_key(&self.path())
    }

    /// The key to come, if one is on its way.
    pub fn next(&self) -> Result<Option<SigningKey>, KeyFileError> {
        read_key(&self.path_of_next())
    }

    /// Keeps the key to come. Durable on return: two syncs.
    pub fn put_next(&self, key: &SigningKey) -> Result<(), KeyFileError> {
        let path = self.path_of_next();
        self.put(&path, key).map_err(at(&path))
    }

    fn put(&self, path: &Path, key: &SigningKey) -> io::Result<()> {
        let new = self.dir.join("key.new");
        // One left by an attempt before may have another mode.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(key.to_secret_text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        sync_dir(&self.dir)
    }

    /// Makes the key to come the one in use. Durable on return.
    pub fn promote(&self) -> Result<(), KeyFileError> {
        let path = self.path();
        let renamed = fs::rename(self.path_of_next(), &path);
        renamed.and_then(|()| sync_dir(&self.dir)).map_err(at(&path))
    }

    /// Forgets the key to come, if there is one.
    pub fn drop_next(&self) -> Result<(), KeyFileError> {
        let path = self.path_of_next();
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| sync_dir(&self.dir)).map_err(at(&path)),
        }
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> KeyFileError + '_ {
    move |error| KeyFileError::Io { path: path.to_owned(), what: error.to_string() }
}

/// The signing key in a file, which only its owner may read; none if there is no such file. No message repeats what is
/// in it.
pub fn read_key(path: &Path) -> Result<Option<SigningKey>, KeyFileError> {
    let at = at(path);
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(&at)?,
    };
    let mode = file.metadata().map_err(&at)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::Open { path: path.to_owned(), mode });
    }
    let mut text = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut text).map_err(&at)?;
    let text = String::from_utf8(text).unwrap_or_default();
    let key = SigningKey::from_secret_text(&text);
    key.map(Some).map_err(|error| KeyFileError::Damaged { path: path.to_owned(), what: error.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Algorithm;

    fn key(seed: u8) -> SigningKey {
        SigningKey::new("log.example", Algorithm::Ed25519, &[seed; 32]).expect("a key")
    }

    fn verifier(key: Result<Option<SigningKey>, KeyFileError>) -> Option<VerifierKey> {
        key.expect("readable").map(|key| key.verifier().clone())
    }

    #[test]
    fn a_key_comes_in_as_the_next_one() {
        let scratch = tempfile::tempdir().expect("a directory");
        let files = KeyFiles::of(scratch.path());
        assert_eq!((verifier(files.current()), verifier(files.next())), (None, None));
        for seed in [1, 2] {
            files.put_next(&key(seed)).expect("kept");
            assert_eq!(verifier(files.next()).as_ref(), Some(key(seed).verifier()));
            files.promote().expect("promoted");
            assert_eq!(verifier(files.current()).as_ref(), Some(key(seed).verifier()));
            assert_eq!(verifier(files.next()), None);
        }
        files.put_next(&key(3)).expect("kept");
        files.drop_next().and_then(|()| files.drop_next()).expect("dropped");
        assert_eq!(verifier(files.next()), None);
        let mode = fs::metadata(files.path()).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let scratch = tempfile::tempdir().expect("a directory");
        let files = KeyFiles::of(scratch.path());
        files.put_next(&key(1)).and_then(|()| files.promote()).expect("kept");
        for mode in [0o640, 0o604, 0o660, 0o777] {
            fs::set_permissions(files.path(), fs::Permissions::from_mode(mode)).expect("changed");
            let refused = files.current().expect_err("refused");
            assert_eq!(refused, KeyFileError::Open { path: files.path(), mode });
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
        }
        fs::set_permissions(files.path(), fs::Permissions::from_mode(0o600)).expect("changed");
        let whole = fs::read(files.path()).expect("read");
        for bytes in [&b""[..], &whole[..whole.len() - 1], &[0xff; 100], &vec![b'x'; 5000]] {
            fs::write(files.path(), bytes).expect("written");
            let refused = files.current().expect_err("refused");
            assert!(matches!(refused, KeyFileError::Damaged { .. }), "{refused}");
        }
    }
}
