//! The newest signed checkpoint of a ledger, kept beside sled.
//!
//! `DIR/checkpoint` is a signed note, with cosignatures where witnesses gave some. It is written beside its name,
//! synced and renamed, so it is whole or absent, and durable before anybody sees it. Left out: who may sign, and what a
//! log is compared with.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::directory::sync_dir;
use crate::log::witness::with_cosignatures;
use crate::log::{MAX_NOTE_BYTES, Note, NoteSignature, SignedCheckpoint};

/// Name of the file in the directory of a ledger.
pub(super) const CHECKPOINT: &str = "checkpoint";

/// Why there is no telling what was signed last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFileError {
    /// The file is not what was written.
    #[error(
        "{} is damaged: {what}; put back a checkpoint that somebody keeps with `ledger key install`", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// There is another checkpoint by now. Ask for cosignatures of that one.
    #[error("{} holds another checkpoint by now; nothing was changed", path.display())]
    Replaced {
        /// The file.
        path: PathBuf,
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

/// The newest checkpoint that the ledger in `dir` signed, as its file says: nothing is verified. None if none was signed
/// there. Cost: reading a file of some 200 bytes.
pub fn newest_checkpoint(dir: &Path) -> Result<Option<SignedCheckpoint>, CheckpointFileError> {
    let path = dir.join(CHECKPOINT);
    let mut text = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_NOTE_BYTES as u64 + 1).read_to_end(&mut text)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CheckpointFileError::Io { path, what: error.to_string() }),
        Ok(_) => {}
    }
    let text = String::from_utf8(text).map_err(|error| error.to_string());
    let parsed = text.and_then(|text| text.parse().map_err(|error| format!("{error}")));
    parsed.map(Some).map_err(|what| CheckpointFileError::Damaged { path, what })
}

/// Puts a checkpoint in the place of the one before. Durable on return; after an error the one before is still there.
/// Cost: two syncs.
pub(crate) fn keep_checkpoint(dir: &Path, note: &Note) -> Result<(), CheckpointFileError> {
    let path = dir.join(CHECKPOINT);
    put(dir, &path, note).map_err(|error| CheckpointFileError::Io { path, what: error.to_string() })
}

fn put(dir: &Path, path: &Path, note: &Note) -> io::Result<()> {
    let new = dir.join("checkpoint.new");
    let mut file = File::create(&new)?;
    file.write_all(note.to_string().as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    sync_dir(dir)
}

/// Adds signatures to the newest checkpoint, which must still be `signed`: those of keys that have signed it already
/// replace theirs. Whoever calls holds the ledger open. Durable on return.
pub fn add_cosignatures(
    dir: &Path,
    signed: &SignedCheckpoint,
    cosignatures: &[NoteSignature],
) -> Result<SignedCheckpoint, CheckpointFileError> {
    let path = dir.join(CHECKPOINT);
    let mut newest = match newest_checkpoint(dir)? {
        Some(newest) if newest.note.text == signed.note.text => newest,
        _ => return Err(CheckpointFileError::Replaced { path }),
    };
    newest.note = with_cosignatures(&newest.note, cosignatures);
    keep_checkpoint(dir, &newest.note)?;
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{Algorithm, Checkpoint, SigningKey, TreeHash};
    use crate::values::Length;

    fn signed(size: u64) -> SignedCheckpoint {
        let key = SigningKey::new("log.example", Algorithm::Ed25519, &[7; 32]).expect("a key");
        let root = TreeHash::empty_root();
        SignedCheckpoint::signed(
            Checkpoint { origin: "log.example".to_owned(), size: Length(size), root },
            &[key],
        )
    }

    #[test]
    fn the_newest_is_found_again_with_its_cosignatures() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path();
        assert_eq!(newest_checkpoint(dir), Ok(None));
        for size in [1, 2] {
            keep_checkpoint(dir, &signed(size).note).expect("kept");
            assert_eq!(newest_checkpoint(dir), Ok(Some(signed(size))));
        }
        let witness = SigningKey::new("w.example", Algorithm::Cosignature, &[8; 32]).expect("a key");
        let newest = signed(2);
        for time in [5, 6] {
            let cosigned = add_cosignatures(dir, &newest, &[witness.cosign(&newest.note.text, time)]);
            let cosigned = cosigned.expect("added");
            assert_eq!(newest_checkpoint(dir), Ok(Some(cosigned.clone())));
            assert_eq!(cosigned.note.signatures.len(), 2);
            assert_eq!(cosigned.note.verify(witness.verifier()), Ok(Some(time)));
        }
        let late = add_cosignatures(dir, &signed(1), &[]);
        assert!(matches!(late, Err(CheckpointFileError::Replaced { .. })), "{late:?}");
    }

    #[test]
    fn what_is_no_checkpoint_is_damage() {
        let scratch = tempfile::tempdir().expect("a directory");
        let whole = signed(3).note.to_string().into_bytes();
        for text in [&b""[..], &whole[..20], &[0xff; 100], &vec![b'x'; MAX_NOTE_BYTES + 2]] {
            fs::write(scratch.path().join(CHECKPOINT), text).expect("written");
            let found = newest_checkpoint(scratch.path());
            assert!(matches!(found, Err(CheckpointFileError::Damaged { .. })), "{found:?}");
        }
    }
}
