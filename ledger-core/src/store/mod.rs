//! The store: where entries are kept, and the only room that touches the disk.
//!
//! [`Store`] is the promise the rest is built on; `sled.rs` keeps it on disk, `memory.rs` keeps it more strictly
//! for tests, and one conformance suite holds both to it. `page.rs` is the format of what sled keeps, `head.rs` the
//! record that a start compares with, `directory.rs` where everything lies and who holds it, `marks.rs` what may not
//! be done with it yet. `building.rs` makes a whole ledger from entries somebody has, `repairing.rs` puts one in the
//! place of a damaged log. The [`Vault`] keeps documents, which can be erased, beside the entries, which cannot. Left
//! out: what the bytes mean. A store knows entries as byte strings with positions, and a head to compare.

mod building;
mod checkpoint;
#[cfg(test)]
mod conformance;
mod directory;
mod entries;
mod fuzzing;
mod head;
mod marks;
mod memory;
mod page;
mod repairing;
mod signing_key;
mod sled;
mod snapshot;
mod tiles;
mod vault;
mod witness;

use std::sync::Arc;

pub use self::sled::{SledStore, StoreOptions, is_caught};
pub(crate) use building::Building;
pub use building::{BuildError, let_go_on};
pub(crate) use checkpoint::keep_checkpoint;
pub use checkpoint::{CheckpointFileError, add_cosignatures, newest_checkpoint};
pub use directory::{DEFAULT_RESERVE_BYTES, OpenError, sync_file_system};
pub use entries::{Entries, EntryBytes};
pub(crate) use fuzzing::{read_page, read_vault, write_page, write_tree_files};
pub use marks::Work;
pub use memory::{FailureMode, MemoryStore};
pub(crate) use repairing::{Repairing, recorded};
pub use signing_key::{KeyFileError, KeyFiles, read_key};
pub use snapshot::{Snapshots, content_hash, continues};
pub use tiles::TileFiles;
pub use vault::{
    DiskVault, Document, Listed, MAX_DOCUMENT_BYTES, MemoryVault, PutBack, Revealed, Vault, VaultError,
    commitment,
};
pub use witness::{WitnessError, WitnessMemory};

use crate::log::{Head, MAX_ENTRY_BYTES};
use crate::values::{Hash, Length, Sequence};
use directory::SpaceError;

/// Entries to append together, in order, and the head the log will have after them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Canonical bytes, each at most `log::MAX_ENTRY_BYTES`; at least one.
    pub entries: Vec<Vec<u8>>,
    /// The head after the last of them.
    pub head: Head,
}

/// An append-only sequence of entries.
///
/// Promises, held by the conformance suite:
///
/// 1. **Commit point.** When [`Store::append`] returns `Ok`, every entry of the batch survives a crash of the
///    process and a loss of power. Before it returns, no reader sees any of them.
/// 2. **All or nothing.** After a failure or a crash the log has the whole batch or none of it.
/// 3. **In place.** A batch goes exactly at `expected`; if the log has another length, nothing happens.
/// 4. **No change.** An entry once visible is returned with the same bytes for ever.
/// 5. **No guessing.** After [`AppendError::Unknown`] every later append is refused until the store is opened
///    again; reading what was durable before goes on.
///
/// One thread appends; any number read at the same time.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The durable head. Cost: a lock and a copy.
    fn head(&self) -> Head;

    /// Consecutive entries from `from`, in order: at least one while `from` is below the durable head, at most
    /// `limit`, fewer where a page ends. Empty at or beyond the head. Cost: one page read and decompressed,
    /// some 15 us for 45 entries; nothing is copied for any of them.
    fn read(&self, from: Sequence, limit: usize) -> Result<Entries, ReadError>;

    /// Whether a batch could be appended now: refuses when the store takes no more appends or free space is below
    /// its reserve, before any decision is made. Cost: one system call.
    fn ready(&self) -> Result<(), AppendError>;

    /// Appends `batch` to a log of length `expected`. Cost: one synchronous disk write for any batch size.
    fn append(&self, expected: Length, batch: &Batch) -> Result<(), AppendError>;

    /// Makes the head record current. After this the store may be dropped. Called once, at a clean close.
    fn close(&self) -> Result<(), AppendError>;
}

/// Why entries cannot be read. Nothing is retried by the caller: the store already did where it helps.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// Bytes on disk are not what was written. Rebuild it from an export, or restore a backup.
    #[error(
        "the log is damaged at entry {sequence}: {what}; rebuild it with `ledger repair --from EXPORT`, or restore a backup"
    )]
    Damaged {
        /// First entry that cannot be read.
        sequence: Sequence,
        /// What was found.
        what: String,
    },
    /// The operating system or sled refused.
    #[error("the log could not be read: {0}")]
    Io(String),
}

/// Why a batch was not appended.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Another length was expected: the caller's state is stale. Nothing was written.
    #[error("the log has {actual} entries, not {expected}; nothing was written")]
    WrongLength {
        /// Length the caller expected.
        expected: Length,
        /// Length found.
        actual: Length,
    },
    /// The reserve of free space is reached. Nothing was written; free some space and try again.
    #[error("nothing was written: {0}")]
    NoSpace(String),
    /// Refused before anything was written. Mend the cause and try again.
    #[error("nothing was written: {0}")]
    Refused(String),
    /// The write may or may not have happened. The store takes no more appends; open it again to find out.
    #[error("unknown outcome: {0}; reopen the ledger to learn whether it was recorded")]
    Unknown(String),
}

impl From<SpaceError> for AppendError {
    fn from(error: SpaceError) -> Self {
        match error {
            SpaceError::Reserve(what) => AppendError::NoSpace(what),
            SpaceError::Unknown(what) => AppendError::Refused(what),
        }
    }
}

/// Whether `batch` can follow a log of length `expected`: entries of the right sizes, and a head that is their own.
/// Everything else is a mistake of the caller. Cost: one hash.
fn check_batch(expected: Length, batch: &Batch) -> Result<(), AppendError> {
    let refused = |what: String| Err(AppendError::Refused(what));
    let Some(last) = batch.entries.last() else {
        return refused("the batch is empty".to_owned());
    };
    let sizes = 1..=MAX_ENTRY_BYTES;
    if let Some(odd) = batch.entries.iter().find(|entry| !sizes.contains(&entry.len())) {
        return refused(format!("an entry has {} bytes; 1 to {MAX_ENTRY_BYTES} are allowed", odd.len()));
    }
    let head = Head { length: Length(expected.0 + batch.entries.len() as u64), hash: Hash::of(last) };
    if head != batch.head {
        return refused(format!("the batch ends at {head}, and says {}", batch.head));
    }
    Ok(())
}

/// Reads any range from any store in order, page by page: holds one page, and those whose entries somebody keeps.
pub fn entries_from(
    store: Arc<dyn Store>,
    from: Sequence,
) -> impl Iterator<Item = Result<(Sequence, EntryBytes), ReadError>> {
    let mut next = from.get();
    let mut page = Entries::default();
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed {
            return None;
        }
        loop {
            if let Some(bytes) = page.next() {
                let sequence = Sequence::new(next);
                next += 1;
                return Some(Ok((sequence, bytes)));
            }
            match store.read(Sequence::new(next), 1024) {
                Ok(entries) if entries.is_empty() => return None,
                Ok(entries) => page = entries,
                Err(error) => {
                    failed = true;
                    return Some(Err(error));
                }
            }
        }
    })
}
