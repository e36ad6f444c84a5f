//! The vault on disk: encrypted documents in append-only segments, and their secrets in fixed slots.
//!
//! ```text
//! DIR/documents/segments/000000.seg   records one after the other, up to about 256 MiB
//! DIR/documents/keys                  a heading of 32 bytes, then 32 bytes for each slot:
//!                                     zeros = never used, ones = erased, else a document's secret
//! ```
//!
//! While the vault is open the last segment and the key store are longer than what they hold: zeros follow, which take no
//! space. After a crash opening cuts them off like a torn tail, or goes on over them.
//!
//! A sync writes the segment, syncs it, and only then writes the secrets and syncs them. So a slot with a secret
//! proves that its record was durable, and a bad record is either damage (a slot at or after it is used) or the torn
//! tail of a round that nobody was told of, which opening cuts off. A whole record without a secret belongs to such
//! a round too, and counts as unknown. Slots are given out in order and never twice.
//!
//! `index.rs` finds documents and scans segments while opening, `record.rs` spells one document, `files.rs` opens the
//! files, `disk/syncing.rs` makes durable and destroys, `disk/copies.rs` lets documents out and in with their secrets,
//! `disk/remains.rs` reads what is left of a vault that does not open. Left out: what is done with those.

mod copies;
mod remains;
mod syncing;

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::super::directory::{DEFAULT_RESERVE_BYTES, check_space, sync_dir};
use super::files::{
    Extended, SECRET_BYTES, at, damaged, open_keys, open_segment, read_header, segment_numbers, segment_path,
    slot_offset, slot_states,
};
use super::index::{Index, Place, Scan, State};
use super::record::{self, Header};
use super::{Document, EMPTY, Listed, Vault, VaultError, check_put};
use crate::store::Snapshots;
use crate::values::Hash;

/// A segment that has this much is followed by another. Offsets fit in 32 bits.
const SEGMENT_BYTES: u64 = 256 << 20;

/// Records are written out when this much has gathered, synced or not.
const BUFFER_BYTES: usize = 1 << 20;

/// How many headers a listing reads while it holds up everyone else: some milliseconds.
const LISTING_CHUNK: usize = 1000;

/// A [`Vault`] on disk. Whoever opens it holds the lock of the ledger in that directory.
#[derive(Debug)]
pub struct DiskVault {
    /// Held by whoever has the turn to sync.
    syncing: Mutex<()>,
    inner: Mutex<Inner>,
}

struct Inner {
    dir: PathBuf,
    segment_bytes: u64,
    index: Index,
    segment: Segment,
    keys: Extended,
    /// Secrets of the slots from `durable_slots` on: in memory only until the records are durable.
    new_secrets: Vec<[u8; 32]>,
    durable_slots: u32,
    refuses: Option<String>,
}

impl std::fmt::Debug for Inner {
    /// Never a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("dir", &self.dir).field("slots", &self.index.places.len()).finish()
    }
}

/// A document that was found.
struct Found {
    place: Place,
    state: State,
    header: Header,
}

/// The segment that is appended to.
struct Segment {
    number: u16,
    file: Extended,
    written: u64,
    buffer: Vec<u8>,
}

impl DiskVault {
    /// Opens the vault of the ledger in `dir`, and makes an empty one if there is none. Cuts off what a crash left
    /// torn. Fails with [`VaultError::Damaged`] if anything durable is not whole. Cost: reading the heads of all records
    /// that are not in the snapshot of the index, about 0.5 us each, and the keys.
    pub fn open(dir: &Path) -> Result<DiskVault, VaultError> {
        Self::open_with(dir, SEGMENT_BYTES)
    }

    fn open_with(dir: &Path, segment_bytes: u64) -> Result<DiskVault, VaultError> {
        let snapshots = Snapshots::of(dir);
        let dir = dir.join("documents");
        let segments = dir.join("segments");
        fs::create_dir_all(&segments).map_err(at(&segments))?;
        let numbers = segment_numbers(&segments)?;
        let keys = open_keys(&dir.join("keys"), numbers.is_empty())?;
        let states = slot_states(&keys).map_err(at(&dir.join("keys")))?;
        let mut scan = Scan::new(states);
        let mut end = 0;
        let (first, _) = scan.skip_kept(&snapshots, &segments);
        for number in numbers.iter().filter(|number| **number >= first) {
            end = scan.segment(&segments, *number, Some(number) == numbers.last())?;
        }
        let last = numbers.last().copied().unwrap_or(0);
        let file = open_segment(&segments, last, end)?;
        for path in [&segments, &dir] {
            sync_dir(path).map_err(at(path))?;
        }
        if let Some(ledger) = dir.parent() {
            sync_dir(ledger).map_err(at(ledger))?;
        }
        let durable_slots = scan.next_slot;
        scan.index.extend_to(durable_slots as usize);
        let segment = Segment { number: last, file, written: end, buffer: Vec::new() };
        Ok(DiskVault {
            syncing: Mutex::default(),
            inner: Mutex::new(Inner {
                dir,
                segment_bytes,
                index: scan.index,
                segment,
                keys,
                new_secrets: Vec::new(),
                durable_slots,
                refuses: None,
            }),
        })
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        // A panic under the lock can come only from running out of memory, before anything changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for DiskVault {
    /// Leaves the files as long as what they hold. If that fails, opening does it.
    fn drop(&mut self) {
        let mut inner = self.locked();
        if inner.refuses.is_none() {
            let (records, secrets) = (inner.segment.written, slot_offset(inner.durable_slots));
            let _ = inner.segment.file.cut(records).and_then(|()| inner.keys.cut(secrets));
        }
    }
}

impl Vault for DiskVault {
    fn put(
        &self,
        content: &[u8],
        media_type: &str,
        secret: [u8; 32],
        at_millis: i64,
    ) -> Result<Hash, VaultError> {
        check_put(content, media_type, &secret)?;
        let commitment = super::commitment(&secret, content);
        let mut inner = self.locked_with_room()?;
        match inner.find(&commitment)? {
            Some(Found { state: State::Erased, .. }) => return Err(VaultError::Erased { commitment }),
            Some(_) => return Ok(commitment),
            None => {}
        }
        inner.make_room(content.len())?;
        // check_put: both lengths fit.
        let header = Header {
            slot: inner.next_slot()?,
            media_type_bytes: media_type.len() as u8,
            content_bytes: content.len() as u32,
            at_millis,
            commitment,
        };
        let segment = &mut inner.segment;
        let offset = (segment.written + segment.buffer.len() as u64) as u32;
        if record::seal(&header, media_type, content, &secret, &mut segment.buffer).is_none() {
            return Err(VaultError::Refused("the cipher refused the document".to_owned()));
        }
        let number = segment.number;
        inner.index.add(&header, number, offset, State::Live);
        inner.new_secrets.push(secret);
        Ok(commitment)
    }

    fn sync(&self) -> Result<(), VaultError> {
        self.sync_in(&self.turn())
    }

    fn holds(&self, commitment: &Hash) -> Option<u64> {
        let found = self.locked().find(commitment).ok()??;
        (found.state == State::Live).then_some(u64::from(found.header.content_bytes))
    }

    fn get(&self, commitment: &Hash) -> Result<Document, VaultError> {
        let mut inner = self.locked();
        let Found { place, header, .. } = match inner.find(commitment)? {
            None => return Ok(Document::Unknown),
            Some(Found { state: State::Erased, .. }) => return Ok(Document::Erased),
            Some(found) => found,
        };
        if inner.is_buffered(place) {
            inner.write_out()?;
        }
        let secret = inner.secret(header.slot)?;
        let (path, file) = inner.file(place.segment)?;
        // Others go on while this one reads.
        drop(inner);
        let damaged = |what| damaged(&path, place.offset.into(), what);
        let mut bytes = vec![0; header.record_bytes() as usize];
        file.read_exact_at(&mut bytes, place.offset.into()).map_err(at(&path))?;
        match record::open(&header, bytes, &secret) {
            Some((media_type, content)) => Ok(Document::Found { content, media_type }),
            None => Err(damaged("the document does not open with its secret")),
        }
    }

    fn erase(&self, commitment: &Hash) -> Result<(), VaultError> {
        let turn = self.turn();
        let found = {
            let inner = self.locked();
            inner.check_open()?;
            inner.find(commitment)?
        };
        match found {
            None => Err(VaultError::NotHeld { commitment: *commitment }),
            Some(Found { state: State::Erased, .. }) => Ok(()),
            Some(Found { header, .. }) => self.destroy(&turn, &[header.slot]),
        }
    }

    fn slots(&self) -> u32 {
        self.locked().durable_slots
    }

    fn keep_index(&self, snapshots: &Snapshots) {
        let inner = self.locked();
        inner.index.keep(snapshots, inner.durable_slots);
    }

    fn listed_from(&self, slot: u32) -> Result<Vec<Listed>, VaultError> {
        let headers = self.locked().durable_headers(slot)?;
        let listed = headers.into_iter().map(|Header { slot, commitment, at_millis, .. }| Listed {
            slot,
            commitment,
            at_millis,
        });
        Ok(listed.collect())
    }

    fn sweep(
        &self,
        commitments: &[Hash],
        older_than_millis: i64,
        now_millis: i64,
    ) -> Result<usize, VaultError> {
        let until = now_millis.saturating_sub(older_than_millis);
        let turn = self.turn();
        let inner = self.locked();
        let mut doomed = Vec::new();
        for commitment in commitments {
            let Some(Found { state, header, .. }) = inner.find(commitment)? else { continue };
            let live = header.slot < inner.durable_slots && state == State::Live;
            if live && header.at_millis <= until {
                doomed.push(header.slot);
            }
        }
        drop(inner);
        if !doomed.is_empty() {
            self.destroy(&turn, &doomed)?;
        }
        Ok(doomed.len())
    }

    fn copy_to(&self, dir: &Path, keys: Option<&Path>) -> Result<(), VaultError> {
        copies::copy_to(self, dir, keys)
    }
}

impl Inner {
    fn check_open(&self) -> Result<(), VaultError> {
        match &self.refuses {
            None => Ok(()),
            Some(reason) => Err(VaultError::Refused(reason.clone())),
        }
    }

    /// After a failed write nobody knows what is on disk, so nothing is written any more.
    fn failed(&mut self, path: &Path, error: &io::Error) -> VaultError {
        let what = format!("{}: {error}", path.display());
        self.refuses = Some(format!("an earlier write failed ({what}); reopen the ledger"));
        VaultError::Failed(what)
    }

    fn next_slot(&self) -> Result<u32, VaultError> {
        let used = self.durable_slots as usize + self.new_secrets.len();
        u32::try_from(used).map_err(|_| VaultError::Refused("the vault is full".to_owned()))
    }

    /// The document with exactly this commitment.
    fn find(&self, commitment: &Hash) -> Result<Option<Found>, VaultError> {
        for (_, place) in self.index.candidates(commitment) {
            let header = self.header(place)?;
            if header.commitment == *commitment {
                return Ok(Some(Found { place, state: place.state, header }));
            }
        }
        Ok(None)
    }

    fn is_buffered(&self, place: Place) -> bool {
        place.segment == self.segment.number && u64::from(place.offset) >= self.segment.written
    }

    fn header(&self, place: Place) -> Result<Header, VaultError> {
        let offset = u64::from(place.offset);
        let header = if self.is_buffered(place) {
            let buffered = &self.segment.buffer[(offset - self.segment.written) as usize..];
            buffered.first_chunk().and_then(Header::parse)
        } else if place.segment == self.segment.number {
            read_header(&self.segment.file.shared(), offset)
                .map_err(|error| at(&self.path(place.segment))(error))?
        } else {
            let (path, file) = self.file(place.segment)?;
            read_header(&file, offset).map_err(at(&path))?
        };
        header.ok_or_else(|| damaged(&self.path(place.segment), offset, "no header"))
    }

    fn keys_path(&self) -> PathBuf {
        self.dir.join("keys")
    }

    fn path(&self, segment: u16) -> PathBuf {
        segment_path(&self.dir.join("segments"), segment)
    }

    /// A segment for reading. Older ones are opened each time: they are few and read seldom.
    fn file(&self, segment: u16) -> Result<(PathBuf, Arc<File>), VaultError> {
        let path = self.path(segment);
        if segment == self.segment.number {
            return Ok((path, self.segment.file.shared()));
        }
        let file = File::open(&path).map_err(at(&path))?;
        Ok((path, Arc::new(file)))
    }

    fn secret(&self, slot: u32) -> Result<[u8; 32], VaultError> {
        if let Some(new) = slot.checked_sub(self.durable_slots) {
            return Ok(self.new_secrets[new as usize]);
        }
        let mut secret = EMPTY;
        self.keys.shared().read_exact_at(&mut secret, slot_offset(slot)).map_err(at(&self.keys_path()))?;
        Ok(secret)
    }

    fn segment_is_full(&self) -> bool {
        self.segment.written + self.segment.buffer.len() as u64 >= self.segment_bytes
    }

    /// Before a record of about this size: writes out a full buffer.
    fn make_room(&mut self, bytes: usize) -> Result<(), VaultError> {
        if self.segment.buffer.len() + bytes >= BUFFER_BYTES {
            self.check_space(bytes)?;
            self.write_out()?;
        }
        Ok(())
    }

    fn check_space(&self, more: usize) -> Result<(), VaultError> {
        let bytes = self.segment.buffer.len() + more + self.new_secrets.len() * SECRET_BYTES as usize;
        Ok(check_space(&self.dir, bytes as u64, DEFAULT_RESERVE_BYTES)?)
    }

    /// Hands the buffer to the operating system; it is not durable by that.
    fn write_out(&mut self) -> Result<(), VaultError> {
        self.check_open()?;
        let segment = &mut self.segment;
        if let Err(error) = segment.file.write_all_at(&segment.buffer, segment.written) {
            return Err(self.failed(&self.path(self.segment.number), &error));
        }
        segment.written += segment.buffer.len() as u64;
        segment.buffer.clear();
        // One large document must not occupy memory for ever.
        segment.buffer.shrink_to(2 * BUFFER_BYTES);
        Ok(())
    }

    /// The segment before is durable as a whole, so only the last one can ever be torn. Whoever calls it has the turn, as
    /// two syncs of one file may not hear of the same failure.
    fn begin_segment(&mut self) -> Result<(), VaultError> {
        let Some(number) = self.segment.number.checked_add(1) else {
            return Err(VaultError::Refused("the vault is full".to_owned()));
        };
        self.write_out()?;
        let path = self.path(number);
        let written = self.segment.written;
        let finished = self.segment.file.cut(written).and_then(|()| self.segment.file.shared().sync_data());
        let begun = finished.and_then(|()| {
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
            sync_dir(&self.dir.join("segments"))?;
            Extended::new(file)
        });
        match begun {
            Ok(file) => {
                self.segment = Segment { number, file, written: 0, buffer: Vec::new() };
                Ok(())
            }
            Err(error) => Err(self.failed(&path, &error)),
        }
    }

    /// Headers of the next live documents in durable slots, from `slot` on.
    fn durable_headers(&self, slot: u32) -> Result<Vec<Header>, VaultError> {
        let durable = self.index.places.iter().take(self.durable_slots as usize);
        let live = durable.skip(slot as usize).filter(|place| place.state == State::Live);
        live.take(LISTING_CHUNK).map(|place| self.header(*place)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::HEADER_BYTES;
    use super::super::tests::{found, secret, suite};
    use super::*;
    use tempfile::TempDir;

    /// Small, so that tests see several.
    const SMALL_SEGMENT: u64 = 64 * 1024;

    #[derive(Debug)]
    struct Kept(TempDir, DiskVault);

    fn open(dir: &Path) -> Result<DiskVault, VaultError> {
        DiskVault::open_with(dir, SMALL_SEGMENT)
    }

    fn fresh() -> Kept {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = open(dir.path()).expect("made");
        Kept(dir, vault)
    }

    /// Dropping writes nothing, so what is on disk is what a killed process leaves.
    fn crash(Kept(dir, vault): Kept) -> Kept {
        drop(vault);
        let vault = open(dir.path()).expect("opened");
        Kept(dir, vault)
    }

    impl Vault for Kept {
        fn put(
            &self,
            content: &[u8],
            media_type: &str,
            secret: [u8; 32],
            at: i64,
        ) -> Result<Hash, VaultError> {
            self.1.put(content, media_type, secret, at)
        }
        fn sync(&self) -> Result<(), VaultError> {
            self.1.sync()
        }
        fn holds(&self, commitment: &Hash) -> Option<u64> {
            self.1.holds(commitment)
        }
        fn get(&self, commitment: &Hash) -> Result<Document, VaultError> {
            self.1.get(commitment)
        }
        fn erase(&self, commitment: &Hash) -> Result<(), VaultError> {
            self.1.erase(commitment)
        }
        fn slots(&self) -> u32 {
            self.1.slots()
        }
        fn listed_from(&self, slot: u32) -> Result<Vec<Listed>, VaultError> {
            self.1.listed_from(slot)
        }
        fn sweep(&self, commitments: &[Hash], older: i64, now: i64) -> Result<usize, VaultError> {
            self.1.sweep(commitments, older, now)
        }
    }

    fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut all = Vec::new();
        for file in fs::read_dir(dir).expect("listed") {
            let path = file.expect("listed").path();
            if path.is_dir() {
                all.extend(files(&path));
            } else {
                let bytes = fs::read(&path).expect("read");
                all.push((path, bytes));
            }
        }
        all
    }

    fn first_segment(dir: &TempDir) -> PathBuf {
        dir.path().join("documents/segments/000000.seg")
    }

    #[test]
    fn keeps_the_promises_of_a_vault() {
        suite(fresh, crash);
    }

    #[test]
    fn the_content_cannot_be_read_from_disk_after_erasure() {
        let content = b"what is to be forgotten, word for word";
        let on_disk = |dir: &TempDir, needle: &[u8]| {
            let holds = |bytes: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
            files(dir.path()).iter().any(|(_, bytes)| holds(bytes))
        };
        let vault = fresh();
        let [synced, unsynced] = [1, 2].map(|seed| {
            let commitment = vault.put(content, "text/plain", secret(seed), 5).expect("put");
            if seed == 1 {
                vault.sync().expect("synced");
            }
            commitment
        });
        assert!(on_disk(&vault.0, &secret(1)), "the secret is in the key store until then");
        vault.erase(&synced).expect("erased");
        vault.erase(&unsynced).expect("erased");
        let vault = crash(vault);
        for needle in [&secret(1)[..], &secret(2), content] {
            assert!(!on_disk(&vault.0, needle), "still on disk");
        }
        assert!(on_disk(&vault.0, synced.as_bytes()), "the record itself is kept");
    }

    #[test]
    fn a_tail_torn_at_any_byte_is_cut_off() {
        let vault = fresh();
        let kept = vault.put(b"kept", "text/plain", secret(1), 5).expect("put");
        vault.sync().expect("synced");
        let path = first_segment(&vault.0);
        let whole = fs::metadata(&path).expect("there").len();
        let lost = vault.put(&[3; 300], "text/plain", secret(2), 5).expect("put");
        vault.get(&lost).expect("written out by being read");
        let Kept(dir, vault) = vault;
        drop(vault);
        let bytes = fs::read(&path).expect("read");
        for end in whole as usize..bytes.len() {
            // Cut short, or of the right length and zero from there on.
            for rest in [0, bytes.len() - end] {
                let torn = [&bytes[..end], &vec![0; rest]].concat();
                fs::write(&path, torn).expect("written");
                let vault = open(dir.path()).expect("opened");
                assert_eq!(vault.get(&kept), Ok(found(b"kept", "text/plain")));
                assert_eq!(vault.get(&lost), Ok(Document::Unknown));
            }
        }
        let vault = open(dir.path()).expect("opened");
        assert_eq!(vault.put(&[3; 300], "text/plain", secret(2), 5), Ok(lost));
        vault.sync().expect("synced");
        assert_eq!(open(dir.path()).expect("opened").get(&lost), Ok(found(&[3; 300], "text/plain")));
    }

    #[test]
    fn the_zeros_that_a_killed_process_leaves_are_cut_off() {
        let Kept(dir, vault) = fresh();
        let put = |vault: &DiskVault, seed: u64| {
            vault.put(&secret(seed).repeat(100), "a/b", secret(seed), 5).expect("put")
        };
        let mut kept: Vec<Hash> = (0..30).map(|seed| put(&vault, seed)).collect();
        vault.sync().expect("synced");
        let sizes = || [last_segment(dir.path()), dir.path().join("documents/keys")].map(length);
        assert!(sizes().iter().all(|bytes| bytes % (64 * 1024) == 0), "{:?}", sizes());
        std::mem::forget(vault);
        let vault = open(dir.path()).expect("opened");
        kept.push(put(&vault, 30));
        vault.sync().expect("synced");
        std::mem::forget(vault);
        let vault = open(dir.path()).expect("opened");
        for (seed, commitment) in (0..).zip(&kept) {
            assert_eq!(vault.get(commitment), Ok(found(&secret(seed).repeat(100), "a/b")), "document {seed}");
        }
        assert_eq!(vault.slots(), 31);
        drop(vault);
        assert_eq!(sizes()[1], slot_offset(31), "a closed vault has no zeros after what it holds");
        assert_eq!(open(dir.path()).expect("opened").slots(), 31);
        let last = last_segment(dir.path());
        let mut bytes = fs::read(&last).expect("read");
        let record = bytes.windows(4).rposition(|four| four == b"ldoc").expect("a record");
        bytes[record..].fill(0);
        fs::write(&last, bytes).expect("written");
        let found = open(dir.path()).expect_err("a durable record became zeros");
        assert!(matches!(&found, VaultError::Damaged { path, .. } if *path == last), "{found}");
    }

    fn last_segment(dir: &Path) -> PathBuf {
        let segments = dir.join("documents/segments");
        let last = segment_numbers(&segments).expect("listed").last().copied().expect("one");
        segment_path(&segments, last)
    }

    fn length(path: PathBuf) -> u64 {
        fs::metadata(path).expect("there").len()
    }

    #[test]
    fn damage_to_what_was_durable_names_the_file() {
        let vault = fresh();
        let first = vault.put(b"first", "text/plain", secret(1), 5).expect("put");
        vault.put(b"second", "text/plain", secret(2), 5).expect("put");
        vault.sync().expect("synced");
        let Kept(dir, vault) = vault;
        drop(vault);
        let path = first_segment(&dir);
        let bytes = fs::read(&path).expect("read");
        let names_it =
            |found: VaultError| assert!(matches!(&found, VaultError::Damaged { path: p, .. } if *p == path));
        for at in [0, 30, bytes.len() / 2] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).expect("written");
            names_it(open(dir.path()).expect_err("damaged"));
        }
        fs::write(&path, &bytes[..bytes.len() - 1]).expect("written");
        names_it(open(dir.path()).expect_err("cut short"));
        let mut changed = bytes.clone();
        changed[HEADER_BYTES + 12] ^= 1;
        fs::write(&path, changed).expect("written");
        names_it(open(dir.path()).expect("heads are whole").get(&first).expect_err("damaged inside"));
        fs::write(&path, &bytes).expect("written");
        fs::remove_file(dir.path().join("documents/keys")).expect("removed");
        assert!(matches!(open(dir.path()), Err(VaultError::Damaged { .. })));
    }

    #[test]
    fn slots_without_a_record_are_tolerated_and_never_used_again() {
        let vault = fresh();
        let kept = vault.put(b"kept", "text/plain", secret(1), 5).expect("put");
        vault.sync().expect("synced");
        let Kept(dir, vault) = vault;
        drop(vault);
        let keys = dir.path().join("documents/keys");
        let mut bytes = fs::read(&keys).expect("read");
        bytes.extend_from_slice(&[5; 3 * 32 + 7]);
        fs::write(&keys, &bytes).expect("written");
        let vault = open(dir.path()).expect("opened");
        let new = vault.put(b"new", "text/plain", secret(2), 5).expect("put");
        vault.sync().expect("synced");
        assert_eq!(fs::read(&keys).expect("read")[..bytes.len() - 7], bytes[..bytes.len() - 7]);
        let vault = open(dir.path()).expect("opened");
        assert_eq!(vault.get(&new), Ok(found(b"new", "text/plain")));
        assert_eq!(vault.get(&kept), Ok(found(b"kept", "text/plain")));
    }

    #[test]
    fn a_failed_write_ends_all_changes_and_no_reads() {
        let vault = fresh();
        let kept = vault.put(b"kept", "text/plain", secret(1), 5).expect("put");
        vault.sync().expect("synced");
        // A descriptor that cannot be written stands for a disk that cannot.
        let path = vault.0.path().join("documents/keys");
        vault.1.locked().keys = Extended::new(File::open(path).expect("read only")).expect("sized");
        vault.put(b"lost", "text/plain", secret(2), 5).expect("put");
        assert!(matches!(vault.sync(), Err(VaultError::Failed(_))));
        for refused in [vault.sync(), vault.erase(&kept), vault.put(b"x", "a/b", secret(3), 5).map(drop)] {
            assert!(matches!(refused, Err(VaultError::Refused(_))), "{refused:?}");
        }
        assert_eq!(vault.get(&kept), Ok(found(b"kept", "text/plain")));
        assert_eq!(crash(vault).get(&kept), Ok(found(b"kept", "text/plain")));
    }

    #[test]
    fn several_segments_open_again() {
        let vault = fresh();
        let put = |seed| vault.put(&secret(seed).repeat(500), "a/b", secret(seed), 5).expect("put");
        let kept: Vec<Hash> = (0..30).map(put).collect();
        vault.sync().expect("synced");
        let vault = crash(vault);
        assert!(files(&vault.0.path().join("documents/segments")).len() > 5);
        for (seed, commitment) in (0..).zip(&kept) {
            assert_eq!(vault.get(commitment), Ok(found(&secret(seed).repeat(500), "a/b")));
        }
        let Kept(dir, vault) = vault;
        drop(vault);
        let missing = dir.path().join("documents/segments/000002.seg");
        fs::remove_file(&missing).expect("removed");
        assert!(matches!(open(dir.path()), Err(VaultError::Damaged { path, .. }) if path == missing));
    }

    #[test]
    fn a_kept_index_is_used_only_where_it_fits() {
        let Kept(dir, vault) = fresh();
        let put = |vault: &DiskVault, seed: u64| {
            let content = secret(seed).repeat(100);
            vault.put(&content, "a/b", secret(seed), 5).expect("put")
        };
        let commitments: Vec<Hash> = (0..60).map(|seed| put(&vault, seed)).collect();
        vault.sync().expect("synced");
        let lost = put(&vault, 99);
        let snapshots = Snapshots::of(dir.path());
        vault.keep_index(&snapshots);
        vault.erase(&commitments[7]).expect("erased");
        drop(vault);
        let all_there = |vault: &DiskVault, commitments: &[Hash]| {
            for (slot, commitment) in commitments.iter().enumerate() {
                assert_eq!(vault.holds(commitment).is_some(), slot != 7, "slot {slot}");
                assert_eq!(matches!(vault.get(commitment), Ok(Document::Found { .. })), slot != 7);
            }
        };
        // Erased after the index was kept, and erased all the same.
        let vault = open(dir.path()).expect("opened");
        all_there(&vault, &commitments);
        assert_eq!(vault.holds(&lost), None, "it was never durable");
        // What came after the index is found beside it.
        let more: Vec<Hash> =
            commitments.iter().copied().chain((60..70).map(|seed| put(&vault, seed))).collect();
        vault.sync().expect("synced");
        drop(vault);
        all_there(&open(dir.path()).expect("opened"), &more);
        // An index of other files is as good as none.
        let Kept(other, vault) = fresh();
        let others: Vec<Hash> = (100..170).map(|seed| put(&vault, seed)).collect();
        vault.sync().expect("synced");
        drop(vault);
        let kept = |dir: &Path| dir.join("snapshots").join("documents");
        fs::create_dir(other.path().join("snapshots")).expect("made");
        fs::copy(kept(dir.path()), kept(other.path())).expect("copied");
        let vault = open(other.path()).expect("opened");
        assert!(others.iter().all(|commitment| vault.holds(commitment).is_some()));
        assert!(more.iter().all(|commitment| vault.holds(commitment).is_none()));
    }
}
