//! How documents become durable and secrets are destroyed: one at a time, while others put and read.
//!
//! ```text
//! under the lock      write out the buffered records, and note how many documents they are
//! outside             sync the segment
//! under the lock      write the secrets of these documents, if nothing failed meanwhile
//! outside             sync the key store
//! under the lock      count them as durable
//! ```
//!
//! Secrets wait in memory, under the lock, until they may be written, so none is carried past its erasure. Whoever does
//! anything of this, begins a segment, or needs the durable documents to stay the same holds the [`Turn`].

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::super::files::slot_offset;
use super::super::{ERASED, VaultError};
use super::{DiskVault, Inner, State};

/// The right to sync. Taken before the lock of the vault, never under it.
pub(super) struct Turn<'v> {
    _held: MutexGuard<'v, ()>,
}

/// What a sync makes durable: so many of the new secrets, and the file that has their records. Records before it are in
/// segments that were synced when they were full.
struct New {
    count: usize,
    segment: Arc<File>,
}

impl DiskVault {
    /// Waits until nobody else has the turn.
    pub(super) fn turn(&self) -> Turn<'_> {
        Turn { _held: self.syncing.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// The vault with room in its segment.
    pub(super) fn locked_with_room(&self) -> Result<MutexGuard<'_, Inner>, VaultError> {
        loop {
            let inner = self.locked();
            inner.check_open()?;
            if !inner.segment_is_full() {
                return Ok(inner);
            }
            drop(inner);
            let _turn = self.turn();
            let mut inner = self.locked();
            if inner.segment_is_full() {
                inner.begin_segment()?;
            }
        }
    }

    /// Makes durable what is new, if there is space for it.
    pub(super) fn sync_in(&self, turn: &Turn<'_>) -> Result<(), VaultError> {
        let inner = self.locked();
        inner.check_open()?;
        if inner.new_secrets.is_empty() {
            return Ok(());
        }
        inner.check_space(0)?;
        drop(inner);
        self.sync_new(turn)
    }

    fn sync_new(&self, _turn: &Turn<'_>) -> Result<(), VaultError> {
        let New { count, segment } = self.locked().begin_sync()?;
        self.sync_file(&segment, |inner| inner.path(inner.segment.number))?;
        // The records are durable; from here on their secrets may be too.
        let keys = self.locked().write_secrets(count)?;
        self.sync_file(&keys, Inner::keys_path)?;
        self.locked().end_sync(count);
        Ok(())
    }

    /// Overwrites the secrets of these slots and makes that durable. A secret that was never written is replaced in
    /// memory, and its record kept like any erased one.
    pub(super) fn destroy(&self, turn: &Turn<'_>, slots: &[u32]) -> Result<(), VaultError> {
        let mut inner = self.locked();
        inner.check_open()?;
        let (durable, new): (Vec<u32>, Vec<u32>) =
            slots.iter().partition(|slot| **slot < inner.durable_slots);
        if !new.is_empty() {
            inner.check_space(0)?;
        }
        let keys = inner.overwrite_secrets(&durable, &new)?;
        drop(inner);
        if !durable.is_empty() {
            self.sync_file(&keys, Inner::keys_path)?;
        }
        if !new.is_empty() {
            self.sync_new(turn)?;
        }
        Ok(())
    }

    fn sync_file(&self, file: &File, path: impl FnOnce(&Inner) -> PathBuf) -> Result<(), VaultError> {
        file.sync_data().map_err(|error| {
            let mut inner = self.locked();
            let path = path(&inner);
            inner.failed(&path, &error)
        })
    }
}

impl Inner {
    fn begin_sync(&mut self) -> Result<New, VaultError> {
        self.write_out()?;
        Ok(New { count: self.new_secrets.len(), segment: self.segment.file.shared() })
    }

    /// Hands the first `count` new secrets to the operating system and returns the file to sync. Nothing is written
    /// after a write of someone else has failed.
    fn write_secrets(&mut self, count: usize) -> Result<Arc<File>, VaultError> {
        self.check_open()?;
        let secrets = self.new_secrets[..count].concat();
        let written = self.keys.write_all_at(&secrets, slot_offset(self.durable_slots));
        written.map_err(|error| self.failed(&self.keys_path(), &error))?;
        Ok(self.keys.shared())
    }

    fn end_sync(&mut self, count: usize) {
        self.durable_slots += count as u32;
        self.new_secrets.drain(..count);
    }

    /// From here on nobody is given these documents. Returns the file that must be synced if any was durable.
    fn overwrite_secrets(&mut self, durable: &[u32], new: &[u32]) -> Result<Arc<File>, VaultError> {
        let mut slots = durable.iter();
        let written = slots.try_for_each(|slot| self.keys.write_all_at(&ERASED, slot_offset(*slot)));
        written.map_err(|error| self.failed(&self.keys_path(), &error))?;
        for slot in new {
            self.new_secrets[(slot - self.durable_slots) as usize] = ERASED;
        }
        for slot in durable.iter().chain(new) {
            self.index.places[*slot as usize].state = State::Erased;
        }
        Ok(self.keys.shared())
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::path::Path;
    use std::thread;

    use super::super::super::tests::{found, secret};
    use super::super::super::{Document, Vault};
    use super::*;
    use crate::values::Hash;

    fn open(dir: &Path) -> DiskVault {
        DiskVault::open_with(dir, 16 * 1024).expect("opened")
    }

    fn put(vault: &DiskVault, seed: u64) -> Hash {
        vault.put(&content(seed), "a/b", secret(seed), 5).expect("put")
    }

    fn content(seed: u64) -> Vec<u8> {
        secret(seed).repeat(1 + seed as usize % 40)
    }

    fn is_on_disk(dir: &Path, seed: u64) -> bool {
        let keys = std::fs::read(dir.join("documents/keys")).expect("read");
        keys.windows(32).any(|slot| slot == secret(seed))
    }

    #[test]
    fn what_is_put_during_a_sync_becomes_durable_by_the_next() {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = open(dir.path());
        let before = put(&vault, 1);
        let turn = vault.turn();
        let New { count, .. } = vault.locked().begin_sync().expect("written out");
        let during = put(&vault, 2);
        assert_eq!(vault.get(&during), Ok(found(&content(2), "a/b")), "read, and so written out, meanwhile");
        vault.locked().write_secrets(count).expect("written");
        vault.locked().end_sync(count);
        drop(turn);
        assert!(!is_on_disk(dir.path(), 2), "its record is not yet durable");
        for (seed, commitment) in [(1, before), (2, during)] {
            assert_eq!(vault.get(&commitment), Ok(found(&content(seed), "a/b")));
        }
        drop(vault);
        let vault = open(dir.path());
        assert_eq!(vault.get(&before), Ok(found(&content(1), "a/b")));
        assert_eq!(vault.get(&during), Ok(Document::Unknown));
        let again = put(&vault, 2);
        vault.sync().expect("synced");
        drop(vault);
        assert_eq!(open(dir.path()).get(&again), Ok(found(&content(2), "a/b")));
    }

    #[test]
    fn no_secret_is_written_after_a_write_of_someone_else_failed() {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = open(dir.path());
        put(&vault, 1);
        let turn = vault.turn();
        let New { count, .. } = vault.locked().begin_sync().expect("written out");
        vault.locked().failed(Path::new("segment"), &ErrorKind::StorageFull.into());
        assert!(matches!(vault.locked().write_secrets(count), Err(VaultError::Refused(_))));
        drop(turn);
        assert!(matches!(vault.sync(), Err(VaultError::Refused(_))));
        assert!(!is_on_disk(dir.path(), 1));
    }

    #[test]
    fn an_erasure_and_a_full_segment_wait_for_a_sync_and_other_puts_do_not() {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = open(dir.path());
        let doomed = put(&vault, 1);
        thread::scope(|scope| {
            let turn = vault.turn();
            let erasing = scope.spawn(|| vault.erase(&doomed));
            let filling = scope.spawn(|| {
                for seed in 100..200 {
                    put(&vault, seed);
                }
            });
            while !vault.locked().segment_is_full() {
                thread::yield_now();
            }
            let New { count, .. } = vault.locked().begin_sync().expect("written out");
            vault.locked().write_secrets(count).expect("written");
            vault.locked().end_sync(count);
            assert!(!erasing.is_finished() && !filling.is_finished());
            assert_eq!(vault.get(&doomed), Ok(found(&content(1), "a/b")));
            drop(turn);
            assert_eq!(erasing.join().expect("no panic"), Ok(()));
            filling.join().expect("no panic");
        });
        assert_eq!(vault.get(&doomed), Ok(Document::Erased));
        assert!(!is_on_disk(dir.path(), 1));
    }

    /// Four threads put, sync, read and erase over several segments; then the process ends.
    #[test]
    fn many_at_once_lose_nothing_synced_and_keep_nothing_erased() {
        let dir = tempfile::tempdir().expect("a directory");
        let vault = open(dir.path());
        let kept: Vec<(u64, Hash, bool)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|at| {
                    scope.spawn({
                        let vault = &vault;
                        move || busy(vault, at * 1000)
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        put(&vault, 9999);
        drop(vault);
        let vault = open(dir.path());
        assert!(vault.locked().segment.number > 3, "several segments");
        for (seed, commitment, erased) in kept {
            let expected = if erased { Document::Erased } else { found(&content(seed), "a/b") };
            assert_eq!(vault.get(&commitment), Ok(expected), "document {seed}");
            assert_eq!(is_on_disk(dir.path(), seed), !erased, "secret of {seed}");
        }
    }

    /// Puts documents; every third time syncs, every seventh erases the one before, synced or not.
    fn busy(vault: &DiskVault, first: u64) -> Vec<(u64, Hash, bool)> {
        let mut done = Vec::new();
        for seed in first..first + 150 {
            let commitment = put(vault, seed);
            assert_eq!(vault.get(&commitment), Ok(found(&content(seed), "a/b")));
            let erased = seed % 7 == 0;
            if erased {
                vault.erase(&commitment).expect("erased");
            }
            done.push((seed, commitment, erased));
            if seed % 3 == 0 {
                vault.sync().expect("synced");
            }
        }
        vault.sync().expect("synced");
        done
    }
}
