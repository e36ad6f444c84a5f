//! A ledger that forgets: it reads what is on disk and keeps what is added in a scratch file.
//!
//! For `submit --dry-run`: every rule runs, every answer is the one that would be given, and neither log nor vault
//! changes. Left out: durability, of which there is none.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger_core::Ledger;
use ledger_core::environment::{Environment, SystemClock};
use ledger_core::log::Head;
use ledger_core::store::{
    AppendError, Batch, DiskVault, Document, Entries, Listed, ReadError, SledStore, Store, Vault, VaultError,
    commitment,
};
use ledger_core::values::{Hash, Length, Sequence};

use crate::args::Global;
use crate::exit::Failure;
use crate::session::{Session, noticing_head_file, random, store_options};

/// Opens the ledger so that nothing is recorded.
pub fn open(global: &Global) -> Result<Session, Failure> {
    let below = noticing_head_file(
        global,
        || Ok(Arc::new(SledStore::open_with(&global.data, store_options(global))?)),
        |store| store.head(),
    )?;
    let head = below.head();
    let scratch = scratch().map_err(|error| Failure::Storage(format!("no scratch file: {error}")))?;
    let above = Above { head, scratch, ends: Vec::new() };
    let store = Arc::new(DryStore { below, above: Mutex::new(above) });
    let vault = Arc::new(DryVault { below: DiskVault::open(&global.data)?, put: Mutex::default() });
    let environment = Environment { clock: Arc::new(SystemClock), random: random(global.random_seed) };
    Session::over(Ledger::start(store, vault, environment, &mut |_, _| {})?, global)
}

/// A file without a name: it goes when it is closed.
fn scratch() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("ledger-dry-run-{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The log on disk, and above it what this run adds.
#[derive(Debug)]
struct DryStore {
    below: Arc<SledStore>,
    above: Mutex<Above>,
}

#[derive(Debug)]
struct Above {
    head: Head,
    scratch: File,
    /// Where each added entry ends in the scratch file.
    ends: Vec<u64>,
}

impl Above {
    fn read(&self, at: usize) -> std::io::Result<Vec<u8>> {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let mut bytes = vec![0; usize::try_from(self.ends[at] - start).unwrap_or(0)];
        self.scratch.read_exact_at(&mut bytes, start)?;
        Ok(bytes)
    }

    fn add(&mut self, batch: &Batch) -> std::io::Result<()> {
        let mut end = self.ends.last().copied().unwrap_or(0);
        self.scratch.write_all(&batch.entries.concat())?;
        for entry in &batch.entries {
            end += entry.len() as u64;
            self.ends.push(end);
        }
        self.head = batch.head;
        Ok(())
    }
}

impl Store for DryStore {
    fn head(&self) -> Head {
        locked(&self.above).head
    }

    fn read(&self, from: Sequence, limit: usize) -> Result<Entries, ReadError> {
        let below = self.below.head().length.0;
        if from.get() < below {
            return self.below.read(from, limit);
        }
        let above = locked(&self.above);
        let first = usize::try_from(from.get() - below).unwrap_or(usize::MAX);
        let last = first.saturating_add(limit).min(above.ends.len());
        let entries = (first..last).map(|at| above.read(at)).collect::<Result<_, _>>();
        entries.map_err(|error| ReadError::Io(error.to_string()))
    }

    fn ready(&self) -> Result<(), AppendError> {
        Ok(())
    }

    fn append(&self, _expected: Length, batch: &Batch) -> Result<(), AppendError> {
        locked(&self.above).add(batch).map_err(|error| AppendError::Refused(format!("scratch file: {error}")))
    }

    fn close(&self) -> Result<(), AppendError> {
        self.below.close()
    }
}

/// The vault on disk, and the lengths of documents this run would add.
#[derive(Debug)]
struct DryVault {
    below: DiskVault,
    put: Mutex<HashMap<Hash, u64>>,
}

impl Vault for DryVault {
    fn put(&self, content: &[u8], _type: &str, secret: [u8; 32], _at: i64) -> Result<Hash, VaultError> {
        let commitment = commitment(&secret, content);
        locked(&self.put).insert(commitment, content.len() as u64);
        Ok(commitment)
    }

    fn sync(&self) -> Result<(), VaultError> {
        Ok(())
    }

    fn holds(&self, commitment: &Hash) -> Option<u64> {
        locked(&self.put).get(commitment).copied().or_else(|| self.below.holds(commitment))
    }

    fn get(&self, commitment: &Hash) -> Result<Document, VaultError> {
        self.below.get(commitment)
    }

    fn erase(&self, _commitment: &Hash) -> Result<(), VaultError> {
        Ok(())
    }

    fn slots(&self) -> u32 {
        self.below.slots()
    }

    fn listed_from(&self, slot: u32) -> Result<Vec<Listed>, VaultError> {
        self.below.listed_from(slot)
    }

    fn sweep(&self, _commitments: &[Hash], _older: i64, _now: i64) -> Result<usize, VaultError> {
        Ok(0)
    }
}
