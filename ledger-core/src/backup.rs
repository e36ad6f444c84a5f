//! Backup: a whole ledger directory as of one head, made from a ledger that may be written meanwhile.
//!
//! sled's live files are never copied: entries are read through the [`Store`] and written to a fresh log. Segments of
//! documents are copied as they are; the keys that open them only if asked for, and to another place, since a copy of
//! the keys outlives every erasure after it. The copy is marked restored: it is read, and appended to only once
//! somebody says that it is to go on. An interrupted backup is no ledger until it is repeated; a finished one is
//! brought up to date by the same call. Left out: exports, which need no program of ours to be checked.

use std::path::Path;
use std::sync::Arc;

use crate::ledger::Progress;
use crate::log::Head;
use crate::store::{
    AppendError, BuildError, Building, OpenError, ReadError, Store, Vault, VaultError, Work, entries_from,
};
use crate::values::{Hash, Length, Sequence};

/// What was backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackedUp {
    /// The head of the copy.
    pub head: Head,
    /// Entries that an earlier backup there had.
    pub before: Length,
}

/// Why there is no backup, or not a whole one. What is there is no ledger yet: repeat it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The copy cannot be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Keys beside what they open: whoever takes the backup could read every document.
    #[error("the keys would lie in the backup itself; name a directory outside {}", .dir.display())]
    KeysInside {
        /// The backup.
        dir: std::path::PathBuf,
    },
}

macro_rules! by_building {
    ($($error:ty),*) => {$(
        impl From<$error> for BackupError {
            fn from(error: $error) -> Self {
                BackupError::Build(error.into())
            }
        }
    )*};
}
by_building!(OpenError, AppendError, VaultError);

/// Makes a whole ledger in `dir` as of the head that `store` has now. `dir` is new, empty, or an earlier backup of the
/// same ledger, finished or not. `keys` is a directory for a copy of the vault's secrets. Cost: reading and writing
/// everything once; of an earlier backup, what came since and the last segment of documents.
pub fn backup(
    store: &Arc<dyn Store>,
    vault: &dyn Vault,
    dir: &Path,
    keys: Option<&Path>,
    progress: Progress<'_>,
) -> Result<BackedUp, BackupError> {
    if keys.is_some_and(|keys| keys.starts_with(dir)) {
        return Err(BackupError::KeysInside { dir: dir.to_owned() });
    }
    let head = store.head();
    let mut building = Building::begin(dir, Work::Backup, &|earlier| has(&**store, earlier))?;
    let before = building.durable();
    if !has(&**store, before) {
        let sequence = Sequence::new(before.length.0.saturating_sub(1));
        return Err(BuildError::Differs { dir: dir.to_owned(), sequence }.into());
    }
    building.skip_durable();
    let rest = head.length.0 - before.length.0;
    let mut none = || Ok(());
    for item in entries_from(Arc::clone(store), before.length.next_sequence()).take(rest as usize) {
        let (sequence, bytes) = item?;
        building.push(bytes.to_vec(), &mut none)?;
        if sequence.get().is_multiple_of(4096) {
            progress(Length(sequence.get()), head.length);
        }
    }
    // After the head was taken: every document that its entries cite is durable by now.
    vault.copy_to(dir, keys)?;
    let copied = building.finish(true, &mut none)?;
    Ok(BackedUp { head: copied, before: before.length })
}

/// Whether the log led through this head.
fn has(store: &dyn Store, earlier: Head) -> bool {
    match earlier.length.last_sequence() {
        None => true,
        Some(last) => {
            let found = store.read(last, 1).unwrap_or_default();
            found.first().is_some_and(|bytes| Hash::of(bytes) == earlier.hash)
        }
    }
}
