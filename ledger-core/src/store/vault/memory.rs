//! A vault in memory, for tests of everything above the store. Nothing is encrypted; everything else behaves as on
//! disk, and a sync fails on demand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Document, Listed, Vault, VaultError, check_put};
use crate::values::Hash;

/// A [`Vault`] in memory. Memory: all documents.
#[derive(Debug, Default)]
pub struct MemoryVault {
    disk: Arc<Mutex<HashMap<Hash, Kept>>>,
    /// What was put, in order.
    order: Arc<Mutex<Vec<Hash>>>,
    open: Mutex<Open>,
}

#[derive(Debug)]
struct Kept {
    document: Document,
    at_millis: i64,
    durable: bool,
}

#[derive(Debug, Default)]
struct Open {
    fail_next: bool,
    refuses: Option<String>,
}

impl MemoryVault {
    /// An empty vault.
    pub fn new() -> Self {
        Self::default()
    }

    /// The vault after a crash at this moment: what was synced, and nothing else. This handle changes nothing more.
    pub fn reopen(&self) -> MemoryVault {
        locked(&self.open).refuses = Some("the vault was opened again elsewhere".to_owned());
        let mut disk = locked(&self.disk);
        disk.retain(|_, kept| kept.durable);
        locked(&self.order).retain(|commitment| disk.contains_key(commitment));
        drop(disk);
        MemoryVault { disk: self.disk.clone(), order: self.order.clone(), open: Mutex::default() }
    }

    /// Makes the next sync of something new fail.
    pub fn fail_next_sync(&self) {
        locked(&self.open).fail_next = true;
    }

    fn check_open(&self) -> Result<(), VaultError> {
        match &locked(&self.open).refuses {
            None => Ok(()),
            Some(reason) => Err(VaultError::Refused(reason.clone())),
        }
    }
}

impl Vault for MemoryVault {
    fn put(
        &self,
        content: &[u8],
        media_type: &str,
        secret: [u8; 32],
        at_millis: i64,
    ) -> Result<Hash, VaultError> {
        check_put(content, media_type, &secret)?;
        self.check_open()?;
        let commitment = super::commitment(&secret, content);
        let document = Document::Found { content: content.to_vec(), media_type: media_type.to_owned() };
        let mut disk = locked(&self.disk);
        if !disk.contains_key(&commitment) {
            locked(&self.order).push(commitment);
        }
        let kept = disk.entry(commitment).or_insert(Kept { document, at_millis, durable: false });
        match kept.document {
            Document::Found { .. } => Ok(commitment),
            _ => Err(VaultError::Erased { commitment }),
        }
    }

    fn sync(&self) -> Result<(), VaultError> {
        self.check_open()?;
        let mut disk = locked(&self.disk);
        let mut new = disk.values_mut().filter(|kept| !kept.durable).peekable();
        let mut open = locked(&self.open);
        if new.peek().is_some() && std::mem::take(&mut open.fail_next) {
            open.refuses = Some("an earlier sync failed; reopen the ledger".to_owned());
            return Err(VaultError::Failed("a failure asked for by a test".to_owned()));
        }
        new.for_each(|kept| kept.durable = true);
        Ok(())
    }

    fn holds(&self, commitment: &Hash) -> Option<u64> {
        match &locked(&self.disk).get(commitment)?.document {
            Document::Found { content, .. } => Some(content.len() as u64),
            _ => None,
        }
    }

    fn get(&self, commitment: &Hash) -> Result<Document, VaultError> {
        let disk = locked(&self.disk);
        Ok(disk.get(commitment).map_or(Document::Unknown, |kept| kept.document.clone()))
    }

    fn erase(&self, commitment: &Hash) -> Result<(), VaultError> {
        self.check_open()?;
        match locked(&self.disk).get_mut(commitment) {
            None => return Err(VaultError::NotHeld { commitment: *commitment }),
            Some(kept) if kept.document == Document::Erased => return Ok(()),
            Some(kept) => kept.document = Document::Erased,
        }
        // As on disk, erasing makes durable that there was something to erase.
        self.sync()
    }

    fn slots(&self) -> u32 {
        let disk = locked(&self.disk);
        locked(&self.order).iter().filter(|commitment| disk[*commitment].durable).count() as u32
    }

    fn listed_from(&self, slot: u32) -> Result<Vec<Listed>, VaultError> {
        let disk = locked(&self.disk);
        let order = locked(&self.order);
        let listed = (0..).zip(&*order).skip(slot as usize).filter_map(|(slot, commitment)| {
            let kept = disk.get(commitment)?;
            let live = kept.durable && kept.document != Document::Erased;
            live.then_some(Listed { slot, commitment: *commitment, at_millis: kept.at_millis })
        });
        Ok(listed.collect())
    }

    fn sweep(
        &self,
        commitments: &[Hash],
        older_than_millis: i64,
        now_millis: i64,
    ) -> Result<usize, VaultError> {
        self.check_open()?;
        let mut swept = 0;
        let mut disk = locked(&self.disk);
        for commitment in commitments {
            let Some(kept) = disk.get_mut(commitment) else { continue };
            let live = kept.durable && kept.document != Document::Erased;
            if live && kept.at_millis <= now_millis.saturating_sub(older_than_millis) {
                kept.document = Document::Erased;
                swept += 1;
            }
        }
        Ok(swept)
    }
}

/// A panic in another thread leaves nothing half done here.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{secret, suite};
    use super::*;

    #[test]
    fn keeps_the_promises_of_a_vault() {
        suite(MemoryVault::new, |vault| vault.reopen());
    }

    #[test]
    fn a_failed_sync_ends_all_changes() {
        let vault = MemoryVault::new();
        vault.fail_next_sync();
        vault.sync().expect("nothing new");
        let commitment = vault.put(b"x", "text/plain", secret(1), 5).expect("put");
        assert!(matches!(vault.sync(), Err(VaultError::Failed(_))));
        assert!(matches!(vault.sync(), Err(VaultError::Refused(_))));
        assert!(matches!(vault.put(b"y", "text/plain", secret(2), 5), Err(VaultError::Refused(_))));
        assert_eq!(vault.reopen().get(&commitment), Ok(Document::Unknown));
    }
}
