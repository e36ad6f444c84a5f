//! The vault: documents kept beside the entries, so that they can be erased and the entries need not be.
//!
//! An entry carries a document's commitment: BLAKE3, keyed with a salt, of its content. Salt and encryption key are
//! both derived from one secret of 32 random bytes. Overwriting those makes the content unreadable, and leaves
//! nothing with which a guess at it could be confirmed, while the entry and everything proved about it stay as they
//! are. The promise reaches as far as the key store was not copied: not into backups of it, nor into blocks that a
//! disk has remapped.
//!
//! [`DiskVault`] keeps documents in segment files and secrets in a file of slots; [`MemoryVault`] is for tests. One
//! process has a ledger's vault open: whoever holds the ledger's lock. Left out: who may read or erase, and the
//! entries that say so.

mod disk;
mod files;
mod index;
mod memory;
mod record;

use std::path::{Path, PathBuf};

pub use disk::DiskVault;
pub use memory::MemoryVault;

use super::directory::SpaceError;
use crate::store::Snapshots;
use crate::values::Hash;

/// The largest document.
pub const MAX_DOCUMENT_BYTES: usize = 64 << 20;

/// The longest media type.
const MAX_MEDIA_TYPE_BYTES: usize = 255;

/// What a secret is overwritten with.
const ERASED: [u8; 32] = [0xff; 32];

/// A slot that never held a secret.
const EMPTY: [u8; 32] = [0; 32];

/// Keeps documents until they are erased.
///
/// Promises, held by tests over both implementations:
///
/// 1. **Durable by round.** When [`Vault::sync`] returns `Ok`, every document put before survives a loss of power.
///    Before, it may be lost, and is then unknown rather than damaged.
/// 2. **Content by commitment.** What is found under a commitment hashes to it, or is an error.
/// 3. **Erased for good.** When [`Vault::erase`] returns `Ok`, the secret is gone from this disk, also after a loss
///    of power, and no later put brings the document back under that commitment.
/// 4. **No guessing.** After [`VaultError::Failed`] the vault changes no more until it is opened again.
pub trait Vault: Send + Sync + std::fmt::Debug {
    /// Stores `content`, encrypted under `secret`: 32 random bytes never used before, handed in because randomness
    /// is. Returns the commitment; the same secret and content again return it again and store nothing. Not durable
    /// until [`Vault::sync`]. `at_millis` is when, for [`Vault::sweep`]. Cost: a few us and 1 ns a byte.
    fn put(
        &self,
        content: &[u8],
        media_type: &str,
        secret: [u8; 32],
        at_millis: i64,
    ) -> Result<Hash, VaultError>;

    /// Makes everything put so far durable: content first, then secrets. Cost: two synchronous writes, or nothing
    /// if nothing is new.
    fn sync(&self) -> Result<(), VaultError>;

    /// Length of the content, if it is stored and not erased; durable or not. None also if the disk cannot tell.
    /// Cost: one small read.
    fn holds(&self, commitment: &Hash) -> Option<u64>;

    /// The document. Cost: reading and decrypting it, about 2 ns a byte.
    fn get(&self, commitment: &Hash) -> Result<Document, VaultError>;

    /// Destroys the document's secret, durably. Again is well, and cheap. Cost: one synchronous write.
    fn erase(&self, commitment: &Hash) -> Result<(), VaultError>;

    /// How many documents were ever put durably: the slot the next one gets.
    fn slots(&self) -> u32;

    /// Keeps what the next start would have to look for: called at a clean close. A vault without a need does nothing.
    fn keep_index(&self, snapshots: &Snapshots) {
        let _ = snapshots;
    }

    /// Some of the durable documents in slots from `slot` on that are not erased, in order, none if there are
    /// no more. Cost: one small read for each.
    fn listed_from(&self, slot: u32) -> Result<Vec<Listed>, VaultError>;

    /// Destroys the secrets of those of `commitments` that are durable and were put at least `older_than_millis`
    /// before `now_millis`, and returns how many. Whoever calls it makes sure that none is cited or being cited.
    /// Cost: one small read for each, and one synchronous write.
    fn sweep(
        &self,
        commitments: &[Hash],
        older_than_millis: i64,
        now_millis: i64,
    ) -> Result<usize, VaultError>;

    /// Copies everything durable into the ledger directory `dir`, without the secrets; those into the directory
    /// `keys` if one is given. Others go on meanwhile. A copy of the secrets outlives every erasure after it. Refused
    /// by a vault that keeps nothing on disk.
    fn copy_to(&self, dir: &Path, keys: Option<&Path>) -> Result<(), VaultError> {
        let _ = (dir, keys);
        Err(VaultError::Refused("this vault keeps nothing on disk that could be copied".to_owned()))
    }
}

/// A document with all that is needed to store it again: whoever has this can read it for ever.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed {
    /// The exact bytes stored.
    pub content: Vec<u8>,
    /// Such as `text/plain`.
    pub media_type: String,
    /// What it was encrypted under.
    pub secret: [u8; 32],
    /// When it was stored, in milliseconds since 1970.
    pub at_millis: i64,
}

impl std::fmt::Debug for Revealed {
    /// Neither content nor secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Revealed({}, {} bytes)", self.media_type, self.content.len())
    }
}

/// What became of a document that was to be put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutBack {
    /// It was there and whole.
    Kept,
    /// It was not there.
    Added,
    /// It was there and damaged.
    Mended,
    /// It was erased, and stays so.
    Erased,
}

/// A durable document in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Its slot: documents are numbered in the order in which they became durable.
    pub slot: u32,
    /// What entries cite it by.
    pub commitment: Hash,
    /// When it was put, in milliseconds since 1970.
    pub at_millis: i64,
}

/// What the vault knows under a commitment.
#[derive(Clone, PartialEq, Eq)]
pub enum Document {
    /// It is here.
    Found {
        /// The exact bytes stored.
        content: Vec<u8>,
        /// Such as `text/plain`.
        media_type: String,
    },
    /// It was here, and was erased or swept.
    Erased,
    /// It was never stored here durably.
    Unknown,
}

impl std::fmt::Debug for Document {
    /// Never the content: it may be what is to be forgotten.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Document::Found { content, media_type } => {
                write!(f, "Found({media_type}, {} bytes)", content.len())
            }
            Document::Erased => f.write_str("Erased"),
            Document::Unknown => f.write_str("Unknown"),
        }
    }
}

/// Why the vault did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Split the document, or store it elsewhere and cite it.
    #[error("the document has {bytes} bytes; at most {MAX_DOCUMENT_BYTES} fit")]
    TooLarge {
        /// Size given.
        bytes: usize,
    },
    /// Give one such as `text/plain`.
    #[error("'{0}' is not a media type: 1 to 255 printable ASCII characters expected, such as text/plain")]
    MediaType(String),
    /// All zeros or all ones, which mean something else in the key store. The random source is broken.
    #[error("the secret is not random")]
    WeakSecret,
    /// This very document was erased. To store its content again, take a new secret.
    #[error("document {commitment} was erased; it is stored again only under a new secret")]
    Erased {
        /// What was to be stored.
        commitment: Hash,
    },
    /// There is no such document to erase.
    #[error("no document {commitment} is held; check the commitment")]
    NotHeld {
        /// What was to be erased.
        commitment: Hash,
    },
    /// The reserve of free space is reached. Nothing was changed; free some space and try again.
    #[error("nothing was changed: {0}")]
    NoSpace(String),
    /// Nothing was changed. Mend the cause and try again.
    #[error("nothing was changed: {0}")]
    Refused(String),
    /// A write may or may not have happened. The vault changes no more; open the ledger again.
    #[error("unknown outcome: {0}; reopen the ledger")]
    Failed(String),
    /// The bytes are not what was written. Restore that file from a backup.
    #[error("{} is damaged: {what}; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found, and where.
        what: String,
    },
    /// The operating system refused to read or open it.
    #[error("{}: {what}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// The operating system's words.
        what: String,
    },
}

impl From<SpaceError> for VaultError {
    fn from(error: SpaceError) -> Self {
        match error {
            SpaceError::Reserve(what) => VaultError::NoSpace(what),
            SpaceError::Unknown(what) => VaultError::Refused(what),
        }
    }
}

/// The commitment of `content` under `secret`: what an entry carries. Anyone who is given both can recompute it.
/// Cost: about 1 us and 0.5 ns a byte.
pub fn commitment(secret: &[u8; 32], content: &[u8]) -> Hash {
    let salt = blake3::derive_key("assessment ledger 2025 document commitment salt v1", secret);
    Hash::from_bytes(*blake3::keyed_hash(&salt, content).as_bytes())
}

/// What is checked before anything is stored.
fn check_put(content: &[u8], media_type: &str, secret: &[u8; 32]) -> Result<(), VaultError> {
    if content.len() > MAX_DOCUMENT_BYTES {
        return Err(VaultError::TooLarge { bytes: content.len() });
    }
    let length = 1..=MAX_MEDIA_TYPE_BYTES;
    if !length.contains(&media_type.len()) || !media_type.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err(VaultError::MediaType(media_type.chars().take(80).collect()));
    }
    if *secret == EMPTY || *secret == ERASED {
        return Err(VaultError::WeakSecret);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn secret(seed: u64) -> [u8; 32] {
        *Hash::of(&seed.to_le_bytes()).as_bytes()
    }

    pub(super) fn found(content: &[u8], media_type: &str) -> Document {
        Document::Found { content: content.to_vec(), media_type: media_type.to_owned() }
    }

    /// Every promise that both vaults keep; `crash` gives the vault after its process ended.
    pub(super) fn suite<V: Vault>(make: impl Fn() -> V, crash: impl Fn(V) -> V) {
        keeps_what_was_synced(make(), &crash);
        loses_what_was_not(make(), &crash);
        erases_for_good(make(), &crash);
        sweeps_what_is_old_and_uncited(make(), &crash);
        refuses_what_it_cannot_keep(make());
    }

    fn keeps_what_was_synced<V: Vault>(vault: V, crash: impl Fn(V) -> V) {
        vault.sync().expect("nothing to do");
        let mut contents: Vec<Vec<u8>> = (0..100).map(|n: u64| vec![n as u8; (n * n) as usize]).collect();
        contents.push(vec![7; 3 << 20]);
        let mut kept = Vec::new();
        for (seed, content) in (0..).zip(&contents) {
            let put = || vault.put(content, "text/plain", secret(seed), 5).expect("put");
            let commitment = put();
            assert_eq!(commitment, super::commitment(&secret(seed), content));
            assert_eq!(put(), commitment, "again is the same");
            assert_eq!(vault.holds(&commitment), Some(content.len() as u64));
            assert_eq!(vault.get(&commitment), Ok(found(content, "text/plain")));
            kept.push(commitment);
            if seed % 10 == 0 {
                vault.sync().expect("synced");
            }
        }
        vault.sync().expect("synced");
        vault.sync().expect("nothing new");
        let vault = crash(vault);
        for (commitment, content) in kept.iter().zip(&contents) {
            assert_eq!(vault.holds(commitment), Some(content.len() as u64));
            assert_eq!(vault.get(commitment), Ok(found(content, "text/plain")));
        }
        let unknown = Hash::of(b"unknown");
        assert_eq!(vault.holds(&unknown), None);
        assert_eq!(vault.get(&unknown), Ok(Document::Unknown));
        assert_eq!(vault.erase(&unknown), Err(VaultError::NotHeld { commitment: unknown }));
    }

    fn loses_what_was_not<V: Vault>(vault: V, crash: impl Fn(V) -> V) {
        let kept = vault.put(b"kept", "text/plain", secret(1), 5).expect("put");
        vault.sync().expect("synced");
        let lost = vault.put(&vec![1; 2 << 20], "text/plain", secret(2), 5).expect("put");
        let vault = crash(vault);
        assert_eq!(vault.get(&kept), Ok(found(b"kept", "text/plain")));
        assert_eq!((vault.holds(&lost), vault.get(&lost)), (None, Ok(Document::Unknown)));
        // The same can be stored after all, and nothing that came between is in its way.
        let other = vault.put(b"other", "text/html", secret(3), 5).expect("put");
        assert_eq!(vault.put(&vec![1; 2 << 20], "text/plain", secret(2), 6), Ok(lost));
        vault.sync().expect("synced");
        let vault = crash(vault);
        assert_eq!(vault.holds(&lost), Some(2 << 20));
        assert_eq!(vault.get(&other), Ok(found(b"other", "text/html")));
    }

    fn erases_for_good<V: Vault>(vault: V, crash: impl Fn(V) -> V) {
        let put = |seed| vault.put(b"content", "text/plain", secret(seed), 5).expect("put");
        let [synced, stays] = [put(1), put(2)];
        vault.sync().expect("synced");
        let unsynced = put(3);
        for commitment in [synced, unsynced, synced] {
            vault.erase(&commitment).expect("erased");
            assert_eq!((vault.holds(&commitment), vault.get(&commitment)), (None, Ok(Document::Erased)));
        }
        let vault = crash(vault);
        for (seed, commitment) in [(1, synced), (3, unsynced)] {
            assert_eq!((vault.holds(&commitment), vault.get(&commitment)), (None, Ok(Document::Erased)));
            vault.erase(&commitment).expect("again is well");
            let again = vault.put(b"content", "text/plain", secret(seed), 5);
            assert_eq!(again, Err(VaultError::Erased { commitment }));
        }
        assert_eq!(vault.get(&stays), Ok(found(b"content", "text/plain")));
    }

    fn sweeps_what_is_old_and_uncited<V: Vault>(vault: V, crash: impl Fn(V) -> V) {
        let put = |seed, at| vault.put(b"content", "text/plain", secret(seed), at).expect("put");
        let [old, cited, recent] = [put(1, 1_000), put(2, 1_000), put(3, 1_001)];
        vault.sync().expect("synced");
        let unsynced = put(4, 0);
        assert_eq!((vault.slots(), all(&vault)), (3, vec![old, cited, recent]));
        let uncited = [old, recent, unsynced, Hash::of(b"unknown")];
        assert_eq!(vault.sweep(&uncited, 500, 1_499), Ok(0));
        assert_eq!(vault.sweep(&uncited, 500, 1_500), Ok(1));
        assert_eq!(vault.sweep(&uncited, 500, 1_500), Ok(0));
        assert_eq!(all(&vault), [cited, recent]);
        assert_eq!(vault.get(&old), Ok(Document::Erased));
        assert!(vault.holds(&unsynced).is_some(), "what is not durable is not old");
        let vault = crash(vault);
        assert_eq!(vault.get(&old), Ok(Document::Erased));
        assert!(vault.holds(&cited).is_some() && vault.holds(&recent).is_some());
        assert_eq!(vault.sweep(&uncited, 500, i64::MAX), Ok(1));
        assert_eq!((vault.holds(&recent), vault.holds(&cited)), (None, Some(7)));
        assert_eq!(vault.sweep(&[cited], i64::MAX, i64::MIN), Ok(0), "no overflow");
        assert_eq!((vault.slots(), all(&vault)), (3, vec![cited]));
    }

    fn all<V: Vault>(vault: &V) -> Vec<Hash> {
        let mut found: Vec<Listed> = Vec::new();
        loop {
            let from = found.last().map_or(0, |last| last.slot + 1);
            let more = vault.listed_from(from).expect("listed");
            if more.is_empty() {
                return found.into_iter().map(|listed| listed.commitment).collect();
            }
            found.extend(more);
        }
    }

    fn refuses_what_it_cannot_keep<V: Vault>(vault: V) {
        let large = vec![0; MAX_DOCUMENT_BYTES + 1];
        let bytes = large.len();
        assert_eq!(vault.put(&large, "text/plain", secret(1), 5), Err(VaultError::TooLarge { bytes }));
        for media_type in ["", "text/\u{e9}", "text\n", &"x".repeat(256)] {
            let refused = vault.put(b"x", media_type, secret(1), 5);
            assert!(matches!(refused, Err(VaultError::MediaType(_))), "{media_type}");
        }
        assert_eq!(vault.put(b"x", "text/plain", EMPTY, 5), Err(VaultError::WeakSecret));
        assert_eq!(vault.put(b"x", "text/plain", ERASED, 5), Err(VaultError::WeakSecret));
        vault.put(b"", "text/plain", secret(1), 5).expect("an empty document");
    }
}
