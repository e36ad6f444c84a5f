//! What can still be read of a vault that no longer opens: every record that is whole and has its secret.
//!
//! A record's header has a checksum and names its slot, so records are found wherever they lie, also after one that is
//! damaged. Nothing is changed here. Without its key store a vault has nothing left to read. Used by repairs.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::super::files::{at, read_header, slot_offset};
use super::super::record::{self, Header};
use super::super::{EMPTY, ERASED, PutBack, Revealed, VaultError};
use super::DiskVault;
use crate::values::Hash;

/// How every record begins.
const MAGIC: &[u8] = b"ldoc";

/// How much is searched at once for the next record.
const CHUNK: usize = 64 << 10;

impl DiskVault {
    /// Stores the documents that can still be read in `documents`, the directory of a vault that does not open, except
    /// those that `erased` knows. Returns how many were not here before. Not durable until the next sync.
    pub(crate) fn take_over(
        &self,
        documents: &Path,
        erased: &dyn Fn(&Hash) -> bool,
    ) -> Result<u64, VaultError> {
        let Ok(keys) = File::open(documents.join("keys")) else { return Ok(0) };
        let mut taken = 0;
        for path in segments(&documents.join("segments")).map_err(at(documents))? {
            let file = File::open(&path).map_err(at(&path))?;
            let mut offset = 0;
            while let Some(start) = next_record(&file, offset).map_err(at(&path))? {
                let Some((header, found)) = whole(&file, &keys, start) else {
                    offset = start + 1;
                    continue;
                };
                offset = start + header.record_bytes();
                if !erased(&header.commitment) {
                    let put = self.put_back(&header.commitment, &found)?;
                    taken += u64::from(put == PutBack::Added);
                }
            }
        }
        Ok(taken)
    }
}

/// Whatever files there are: their names may be damaged too.
fn segments(dir: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let found = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    let mut paths = found.map(|file| file.map(|file| file.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Where the next record may begin, at `from` or after.
fn next_record(file: &File, mut from: u64) -> io::Result<Option<u64>> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = file.read_at(&mut chunk, from)?;
        if read < MAGIC.len() {
            return Ok(None);
        }
        if let Some(at) = chunk[..read].windows(MAGIC.len()).position(|window| window == MAGIC) {
            return Ok(Some(from + at as u64));
        }
        from += (read - MAGIC.len() + 1) as u64;
    }
}

/// The document at `start`, if its record is whole and its secret there.
fn whole(file: &File, keys: &File, start: u64) -> Option<(Header, Revealed)> {
    let header = read_header(file, start).ok()??;
    let mut secret = EMPTY;
    keys.read_exact_at(&mut secret, slot_offset(header.slot)).ok()?;
    if secret == EMPTY || secret == ERASED {
        return None;
    }
    let mut bytes = vec![0; header.record_bytes() as usize];
    file.read_exact_at(&mut bytes, start).ok()?;
    let (media_type, content) = record::open(&header, bytes, &secret)?;
    Some((header, Revealed { content, media_type, secret, at_millis: header.at_millis }))
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{found, secret};
    use super::super::super::{Document, Vault};
    use super::*;

    #[test]
    fn every_record_but_the_damaged_and_the_erased_is_taken_over() {
        let [old, new] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        let vault = DiskVault::open_with(old.path(), 4096).expect("made");
        let put = |n: u64| vault.put(&vec![n as u8; 900], "a/b", secret(n + 1), 5).expect("put");
        let commitments: Vec<Hash> = (0..12).map(put).collect();
        vault.erase(&commitments[2]).expect("erased");
        drop(vault);
        let documents = old.path().join("documents");
        let first = documents.join("segments/000000.seg");
        let mut bytes = fs::read(&first).expect("read");
        bytes[10] ^= 1;
        fs::write(&first, &bytes).expect("written");
        fs::rename(&first, documents.join("segments/lost+found")).expect("renamed");
        assert!(DiskVault::open_with(old.path(), 4096).is_err());
        let vault = DiskVault::open(new.path()).expect("made");
        let erased = |commitment: &Hash| *commitment == commitments[3];
        for expected in [9, 0] {
            assert_eq!(vault.take_over(&documents, &erased), Ok(expected));
        }
        for (n, commitment) in commitments.iter().enumerate() {
            let expected =
                if [0, 2, 3].contains(&n) { Document::Unknown } else { found(&[n as u8; 900], "a/b") };
            assert_eq!(vault.get(commitment), Ok(expected), "document {n}");
        }
        fs::remove_file(documents.join("keys")).expect("removed");
        assert_eq!(vault.take_over(&documents, &erased), Ok(0), "nothing opens without keys");
    }
}
