//! Snapshots: what was derived from the log, kept so that a start need not derive it again.
//!
//! ```text
//! DIR/snapshots/NAME   "ledger snapshot\n" 16 | version 4 LE | log length 8 LE | hash of the last entry 32
//!                      content | BLAKE3 of everything before 32
//! ```
//!
//! A snapshot is a convenience and never evidence. It is used only if it is whole, of the version asked for, and the
//! log still has the entry it ends with; anything else is as if it were absent, and whoever asked derives it anew. So
//! nothing here fails but writing, and a failed write costs the next start some time. Content is plain data with
//! ordered maps (postcard): equal data gives equal bytes. Who uses it: the writer's state, remembered ids, and
//! projections. `verify` and everything else that proves something never looks at it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Store;
use super::directory::sync_dir;
use crate::log::Head;
use crate::values::{Hash, Length};

const MAGIC: &[u8; 16] = b"ledger snapshot\n";
const HEADER_BYTES: usize = 16 + 4 + 8 + 32;
const HASH_BYTES: usize = 32;
/// Written and hashed at a time: as many chunks of BLAKE3 as a processor hashes side by side, a few times over.
const BUFFER_BYTES: usize = 64 << 10;

/// The snapshots of one ledger.
#[derive(Debug, Clone)]
pub struct Snapshots {
    dir: PathBuf,
}

impl Snapshots {
    /// The snapshots of the ledger in `dir`. Nothing is read or made yet.
    pub fn of(dir: &Path) -> Snapshots {
        Snapshots { dir: dir.join("snapshots") }
    }

    /// Replaces the snapshot `name` by one of `value`, which holds after `head`. `version` is the version of its shape.
    /// Durable on return. Cost: writing it; some MB of memory whatever its size.
    pub fn save(&self, name: &str, version: u32, head: Head, value: &impl Serialize) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
        let new = self.dir.join(format!("{name}.new"));
        let written = self.write(&new, version, head, value);
        if written.is_err() {
            // What is half written is of no use to anyone; the file before stays.
            let _ = fs::remove_file(&new);
        }
        written?;
        fs::rename(&new, self.dir.join(name))?;
        sync_dir(&self.dir)
    }

    fn write(&self, path: &Path, version: u32, head: Head, value: &impl Serialize) -> io::Result<()> {
        let mut out = Hashing::buffered(File::create(path)?);
        out.write_all(MAGIC)?;
        out.write_all(&version.to_le_bytes())?;
        out.write_all(&head.length.0.to_le_bytes())?;
        out.write_all(head.hash.as_bytes())?;
        let out = postcard::to_io(value, out).map_err(io::Error::other)?;
        let Hashing { out: mut file, hasher } = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.write_all(hasher.finalize().as_bytes())?;
        file.sync_all()
    }

    /// The snapshot `name` of this version, if it is whole and its head fits, and that head. Cost: reading and hashing
    /// the file, about 2 GB a second, and decoding it.
    pub fn load<T: DeserializeOwned>(
        &self,
        name: &str,
        version: u32,
        fits: impl FnOnce(Head) -> bool,
    ) -> Option<(Head, T)> {
        let file = fs::read(self.dir.join(name)).ok()?;
        let (head, content) = parse(&file, version)?;
        if !fits(head) {
            return None;
        }
        Some((head, postcard::from_bytes(content).ok()?))
    }

    /// Removes every snapshot, as far as that is possible: for a log that was replaced. They would not be used anyway.
    pub(super) fn forget(&self) {
        let _ = fs::remove_dir_all(&self.dir);
    }

    /// The head that the snapshot `name` holds after, if it has this version. Cost: reading its first bytes; nothing
    /// is checked.
    pub fn head(&self, name: &str, version: u32) -> Option<Head> {
        use std::io::Read;
        let mut header = [0; HEADER_BYTES];
        File::open(self.dir.join(name)).ok()?.read_exact(&mut header).ok()?;
        parse_header(&header, version)
    }
}

/// Head and content of a whole snapshot of this version.
fn parse(file: &[u8], version: u32) -> Option<(Head, &[u8])> {
    let (header, rest) = file.split_first_chunk::<HEADER_BYTES>()?;
    let head = parse_header(header, version)?;
    let (content, stated) = rest.split_last_chunk::<HASH_BYTES>()?;
    let hash = blake3::hash(&file[..file.len() - HASH_BYTES]);
    (hash.as_bytes() == stated).then_some((head, content))
}

fn parse_header(header: &[u8; HEADER_BYTES], version: u32) -> Option<Head> {
    let rest = header.strip_prefix(MAGIC)?;
    let (found, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let head =
        Head { length: Length(u64::from_le_bytes(*length)), hash: Hash::from_bytes(rest.try_into().ok()?) };
    (u32::from_le_bytes(*found) == version).then_some(head)
}

/// BLAKE3 of what a snapshot of `value` would hold: equal data has equal hashes, on every machine. Cost: spelling and
/// hashing it; no memory to speak of. Nothing that can be spelled at all fails.
pub fn content_hash(value: &impl Serialize) -> Hash {
    let spelled = postcard::to_io(value, Hashing::buffered(io::sink())).map_err(io::Error::other);
    match spelled.and_then(|out| Ok(out.into_inner()?)) {
        Ok(Hashing { hasher, .. }) => Hash::from_bytes(*hasher.finalize().as_bytes()),
        Err(error) => unreachable!("what is hashed is plain data: {error}"),
    }
}

/// Whether the log has the entries that led to `head`, so far as its last one tells. Cost: one read.
pub fn continues(store: &dyn Store, head: Head) -> bool {
    let Some(last) = head.length.last_sequence() else { return head == Head::EMPTY };
    let Ok(entries) = store.read(last, 1) else { return false };
    entries.first().is_some_and(|entry| Hash::of(entry) == head.hash)
}

/// Hashes what is written through it.
struct Hashing<W: Write> {
    out: W,
    hasher: blake3::Hasher,
}

impl<W: Write> Hashing<W> {
    /// Behind a buffer: what is spelled byte by byte is hashed many thousands of bytes at a time.
    fn buffered(out: W) -> BufWriter<Self> {
        BufWriter::with_capacity(BUFFER_BYTES, Hashing { out, hasher: blake3::Hasher::new() })
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance::{batch, entry};
    use super::super::memory::MemoryStore;
    use super::*;

    fn grow(store: &MemoryStore, entries: &[Vec<u8>]) {
        let head = store.head();
        store.append(head.length, &batch(head, entries)).expect("appended");
    }

    fn of(value: &[u64], store: &MemoryStore) -> (tempfile::TempDir, Snapshots) {
        let dir = tempfile::tempdir().expect("a directory");
        let snapshots = Snapshots::of(dir.path());
        snapshots.save("numbers", 3, store.head(), &value.to_vec()).expect("saved");
        (dir, snapshots)
    }

    #[test]
    fn is_found_again_while_the_log_continues_it() {
        let store = MemoryStore::new();
        grow(&store, &[entry(0), entry(1)]);
        let (_dir, snapshots) = of(&[1, 2, 300], &store);
        let head = store.head();
        grow(&store, &[entry(2)]);
        assert_eq!(
            snapshots.load("numbers", 3, |head| continues(&store, head)),
            Some((head, vec![1_u64, 2, 300]))
        );
        assert_eq!(snapshots.head("numbers", 3), Some(head));
        assert_eq!(
            snapshots.load::<Vec<u64>>("numbers", 4, |head| continues(&store, head)),
            None,
            "another version"
        );
        assert_eq!(
            snapshots.load::<Vec<u64>>("others", 3, |head| continues(&store, head)),
            None,
            "never saved"
        );
        let other = MemoryStore::new();
        grow(&other, &[entry(0), entry(7)]);
        assert_eq!(
            snapshots.load::<Vec<u64>>("numbers", 3, |head| continues(&other, head)),
            None,
            "another log"
        );
        assert_eq!(
            snapshots.load::<Vec<u64>>("numbers", 3, |head| continues(&MemoryStore::new(), head)),
            None,
            "a shorter log"
        );
    }

    #[test]
    fn every_changed_or_missing_byte_makes_it_absent() {
        let store = MemoryStore::new();
        grow(&store, &[entry(0)]);
        let (dir, snapshots) = of(&[7; 10], &store);
        let path = dir.path().join("snapshots").join("numbers");
        let whole = fs::read(&path).expect("read");
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).expect("written");
            assert_eq!(
                snapshots.load::<Vec<u64>>("numbers", 3, |head| continues(&store, head)),
                None,
                "byte {at}"
            );
            fs::write(&path, &whole[..at]).expect("written");
            assert_eq!(
                snapshots.load::<Vec<u64>>("numbers", 3, |head| continues(&store, head)),
                None,
                "length {at}"
            );
        }
    }

    #[test]
    fn a_failed_write_leaves_the_one_before() {
        let store = MemoryStore::new();
        grow(&store, &[entry(0)]);
        let (dir, snapshots) = of(&[5], &store);
        fs::create_dir(dir.path().join("snapshots").join("numbers.new")).expect("in the way");
        assert!(snapshots.save("numbers", 3, store.head(), &vec![6_u64]).is_err());
        assert_eq!(
            snapshots.load("numbers", 3, |head| continues(&store, head)),
            Some((store.head(), vec![5_u64]))
        );
    }
}
