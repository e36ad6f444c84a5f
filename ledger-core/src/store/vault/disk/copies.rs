//! Documents leaving and entering the vault on disk with their secrets: for exports and backups, and into it for
//! repairs; those of a vault that no longer opens are read by `disk/remains.rs`.
//!
//! What is given out here can be read by whoever has it, also after the document is erased here. So only an export
//! that was asked for documents, and a backup that was asked for keys, come this way. Left out: who may ask.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::super::super::directory::sync_dir;
use super::super::files::{at, segment_path, slot_offset};
use super::super::{Document, ERASED, PutBack, Revealed, Vault, VaultError, record};
use super::{DiskVault, Found, Inner};
use crate::values::Hash;

impl DiskVault {
    /// A document with its secret and when it was stored; none if it is erased or was never stored. Cost: as
    /// [`Vault::get`].
    pub fn reveal(&self, commitment: &Hash) -> Result<Option<Revealed>, VaultError> {
        let Document::Found { content, media_type } = self.get(commitment)? else { return Ok(None) };
        let inner = self.locked();
        let Some(Found { header, .. }) = inner.find(commitment)? else { return Ok(None) };
        let secret = inner.secret(header.slot)?;
        let at_millis = header.at_millis;
        // It may have been erased since it was read.
        Ok((secret != ERASED).then_some(Revealed { content, media_type, secret, at_millis }))
    }

    /// Stores a document that an export holds, where it is missing or damaged. Not durable until [`Vault::sync`]
    /// where it was missing. Cost: reading the document that is there.
    pub fn put_back(&self, commitment: &Hash, document: &Revealed) -> Result<PutBack, VaultError> {
        match self.get(commitment) {
            Ok(Document::Found { .. }) => Ok(PutBack::Kept),
            Ok(Document::Erased) => Ok(PutBack::Erased),
            Ok(Document::Unknown) => {
                let Revealed { content, media_type, secret, at_millis } = document;
                self.put(content, media_type, *secret, *at_millis).map(|_| PutBack::Added)
            }
            Err(VaultError::Damaged { .. }) => {
                let _turn = self.turn();
                self.locked().mend(commitment, document)
            }
            Err(other) => Err(other),
        }
    }
}

impl Inner {
    /// Writes a record over its damaged self. The cipher's key and nonce follow from the secret, so the bytes are the
    /// ones that were written first.
    fn mend(&mut self, commitment: &Hash, document: &Revealed) -> Result<PutBack, VaultError> {
        self.check_open()?;
        let Some(Found { place, header, .. }) = self.find(commitment)? else {
            return Err(VaultError::NotHeld { commitment: *commitment });
        };
        let path = self.path(place.segment);
        let fits = usize::from(header.media_type_bytes) == document.media_type.len()
            && header.content_bytes as usize == document.content.len();
        let mut bytes = Vec::new();
        let sealed =
            record::seal(&header, &document.media_type, &document.content, &document.secret, &mut bytes);
        if !fits || sealed.is_none() {
            let what = format!("document {commitment} is damaged, and the export has it in another length");
            return Err(VaultError::Damaged { path, what });
        }
        let file = OpenOptions::new().write(true).open(&path).map_err(at(&path))?;
        let written = file.write_all_at(&bytes, place.offset.into()).and_then(|()| file.sync_data());
        written.map_err(|error| self.failed(&path, &error))?;
        let secret = self.keys.write_all_at(&document.secret, slot_offset(header.slot));
        let secret = secret.and_then(|()| self.keys.shared().sync_data());
        secret.map_err(|error| self.failed(&self.keys_path(), &error))?;
        Ok(PutBack::Mended)
    }
}

/// Copies everything durable into the ledger directory `to`, without the keys; those into the directory `keys` if one
/// is given. Segments that an earlier copy has whole stay. Puts go on; the next sync waits while the keys are copied.
pub(super) fn copy_to(vault: &DiskVault, to: &Path, keys: Option<&Path>) -> Result<(), VaultError> {
    let documents = to.join("documents");
    let segments = documents.join("segments");
    fs::create_dir_all(&segments).map_err(at(&segments))?;
    if documents.join("keys").exists() {
        return Err(VaultError::Refused(format!(
            "{} holds keys, which this backup would leave behind: move them away first",
            documents.display()
        )));
    }
    for (from, bytes) in durable_segments(vault, keys)? {
        let name = from.file_name().map(|name| segments.join(name)).unwrap_or_else(|| segments.clone());
        let whole = fs::metadata(&name).is_ok_and(|file| file.len() == bytes);
        if !whole {
            let copied = copy_whole(&from, bytes, &documents.join("segment.new"), &name, 0o644);
            copied.map_err(at(&name))?;
        }
    }
    for dir in [&segments, &documents, to] {
        sync_dir(dir).map_err(at(dir))?;
    }
    Ok(())
}

/// Every segment with its length, after a sync; the keys of what is durable copied meanwhile. A record that was put
/// since has no key in the copy, and counts as unknown there.
fn durable_segments(vault: &DiskVault, keys: Option<&Path>) -> Result<Vec<(PathBuf, u64)>, VaultError> {
    let turn = vault.turn();
    vault.sync_in(&turn)?;
    if let Some(keys) = keys {
        fs::create_dir_all(keys).map_err(at(keys))?;
        let (new, name) = (keys.join("keys.new"), keys.join("keys"));
        let (from, bytes) = {
            let inner = vault.locked();
            (inner.keys_path(), slot_offset(inner.durable_slots))
        };
        let copied = copy_whole(&from, bytes, &new, &name, 0o600);
        copied.and_then(|()| sync_dir(keys)).map_err(at(&name))?;
    }
    let inner = vault.locked();
    let segments = inner.dir.join("segments");
    let mut found = Vec::new();
    for number in 0..inner.segment.number {
        let path = segment_path(&segments, number);
        let bytes = fs::metadata(&path).map_err(at(&path))?.len();
        found.push((path, bytes));
    }
    found.push((segment_path(&segments, inner.segment.number), inner.segment.written));
    Ok(found)
}

/// Copies the first `bytes` of a file, so that `to` is whole and durable or as it was.
fn copy_whole(from: &Path, bytes: u64, new: &Path, to: &Path, mode: u32) -> io::Result<()> {
    let mut source = File::open(from)?;
    source.rewind()?;
    let mut copy = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(new)?;
    let copied = io::copy(&mut source.take(bytes), &mut copy)?;
    if copied != bytes {
        let what = format!("{} has {copied} bytes, not {bytes}", from.display());
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, what));
    }
    copy.sync_all()?;
    fs::rename(new, to)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{found, secret};
    use super::*;

    fn vault_of(count: u64) -> (tempfile::TempDir, DiskVault, Vec<Hash>) {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = DiskVault::open_with(dir.path(), 4096).expect("made");
        let put = |n: u64| vault.put(&vec![n as u8; 900], "text/plain", secret(n + 1), 5).expect("put");
        let commitments = (0..count).map(put).collect();
        (dir, vault, commitments)
    }

    #[test]
    fn a_revealed_document_makes_the_same_commitment_again() {
        let (_dir, vault, commitments) = vault_of(3);
        vault.sync().expect("synced");
        let revealed = vault.reveal(&commitments[1]).expect("read").expect("there");
        assert_eq!((revealed.secret, revealed.at_millis), (secret(2), 5));
        assert_eq!(super::super::super::commitment(&revealed.secret, &revealed.content), commitments[1]);
        vault.erase(&commitments[1]).expect("erased");
        assert!(vault.reveal(&commitments[1]).expect("read").is_none());
        assert!(vault.reveal(&Hash::of(b"unknown")).expect("read").is_none());
        assert_eq!(vault.put_back(&commitments[1], &revealed), Ok(PutBack::Erased));
        assert_eq!(vault.put_back(&commitments[0], &revealed), Ok(PutBack::Kept));
    }

    #[test]
    fn a_damaged_document_is_put_back_byte_for_byte() {
        let (dir, vault, commitments) = vault_of(12);
        vault.sync().expect("synced");
        let revealed = vault.reveal(&commitments[2]).expect("read").expect("there");
        let segment = dir.path().join("documents/segments/000000.seg");
        let keys = dir.path().join("documents/keys");
        let bytes = [&segment, &keys].map(|path| fs::read(path).expect("read"));
        let place = vault.locked().find(&commitments[2]).expect("read").expect("there").place;
        let mut changed = bytes[0].clone();
        changed[place.offset as usize + 500] ^= 1;
        fs::write(&segment, &changed).expect("written");
        assert!(matches!(vault.get(&commitments[2]), Err(VaultError::Damaged { .. })));
        assert_eq!(vault.put_back(&commitments[2], &revealed), Ok(PutBack::Mended));
        let mut changed = bytes[1].clone();
        changed[slot_offset(2) as usize] ^= 1;
        fs::write(&keys, &changed).expect("written");
        assert_eq!(vault.put_back(&commitments[2], &revealed), Ok(PutBack::Mended));
        assert_eq!([&segment, &keys].map(|path| fs::read(path).expect("read")), bytes);
    }

    #[test]
    fn a_copy_opens_with_its_keys_and_only_with_them() {
        let (_dir, vault, commitments) = vault_of(12);
        let [to, keys] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        vault.erase(&commitments[3]).expect("erased");
        for round in 0..2 {
            copy_to(&vault, to.path(), Some(keys.path())).expect("copied");
            assert!(matches!(DiskVault::open(to.path()), Err(VaultError::Damaged { .. })), "without keys");
            let place = to.path().join("documents/keys");
            fs::copy(keys.path().join("keys"), &place).expect("copied");
            let copy = DiskVault::open(to.path()).expect("opened");
            assert_eq!(copy.get(&commitments[4]), Ok(found(&[4; 900], "text/plain")));
            assert_eq!(copy.get(&commitments[3]), Ok(Document::Erased));
            drop(copy);
            let refused = copy_to(&vault, to.path(), None);
            assert!(matches!(refused, Err(VaultError::Refused(_))), "round {round}: the keys are in the way");
            fs::remove_file(&place).expect("removed");
            vault.put(b"more", "text/plain", secret(100 + round), 5).expect("put");
        }
    }
}
