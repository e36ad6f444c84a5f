//! The ways in which the measured ledger is opened: as anyone does, with a vault that stores nothing, or with its
//! reads of the store counted.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ledger_core::Ledger;
use ledger_core::environment::Environment;
use ledger_core::log::Head;
use ledger_core::store::{
    AppendError, Batch, DiskVault, Document, ReadError, SledStore, Store, Vault, VaultError, commitment,
};
use ledger_core::values::{Hash, Length, Sequence};
use serde::{Deserialize, Serialize};

/// How the ledger is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By `Ledger::open`.
    Plain,
    /// With a vault that only computes commitments.
    StubVault,
    /// With its reads counted.
    CountedReads,
}

/// An open ledger, and how often its store was read since.
pub struct Opened {
    pub ledger: Ledger,
    reads: Option<Arc<AtomicU64>>,
}

impl Opened {
    /// Reads of the store so far; none if they are not counted.
    pub fn reads(&self) -> Option<u64> {
        self.reads.as_ref().map(|reads| reads.load(Ordering::Relaxed))
    }
}

/// Opens the ledger in `dir`.
pub fn open(way: Way, dir: &Path) -> Opened {
    let system = Environment::system();
    let opened = match way {
        Way::Plain => Ledger::open(dir, system, &mut |_, _| ()),
        Way::StubVault => {
            let store = SledStore::open(dir).expect("the store opens");
            Ledger::start(Arc::new(store), Arc::new(StubVault), system, &mut |_, _| ())
        }
        Way::CountedReads => return open_counted(dir, system),
    };
    Opened { ledger: opened.expect("the ledger opens"), reads: None }
}

fn open_counted(dir: &Path, system: Environment) -> Opened {
    let reads = Arc::new(AtomicU64::new(0));
    let inner = SledStore::open(dir).expect("the store opens");
    let store = Arc::new(Counted { inner, reads: reads.clone() });
    let vault = Arc::new(DiskVault::open(dir).expect("the vault opens"));
    let ledger = Ledger::start(store, vault, system, &mut |_, _| ()).expect("the ledger opens");
    // Opening reads every entry: that is not what is asked.
    reads.store(0, Ordering::Relaxed);
    Opened { ledger, reads: Some(reads) }
}

/// A store that counts its reads.
#[derive(Debug)]
struct Counted {
    inner: SledStore,
    reads: Arc<AtomicU64>,
}

impl Store for Counted {
    fn head(&self) -> Head {
        self.inner.head()
    }

    fn read(&self, from: Sequence, limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.read(from, limit)
    }

    fn ready(&self) -> Result<(), AppendError> {
        self.inner.ready()
    }

    fn append(&self, expected: Length, batch: &Batch) -> Result<(), AppendError> {
        self.inner.append(expected, batch)
    }

    fn close(&self) -> Result<(), AppendError> {
        self.inner.close()
    }
}

/// A vault that computes what is cited and keeps nothing.
#[derive(Debug)]
struct StubVault;

impl Vault for StubVault {
    fn put(&self, content: &[u8], _: &str, secret: [u8; 32], _: i64) -> Result<Hash, VaultError> {
        Ok(commitment(&secret, content))
    }

    fn sync(&self) -> Result<(), VaultError> {
        Ok(())
    }

    fn holds(&self, _: &Hash) -> Option<u64> {
        Some(0)
    }

    fn get(&self, _: &Hash) -> Result<Document, VaultError> {
        Ok(Document::Unknown)
    }

    fn erase(&self, _: &Hash) -> Result<(), VaultError> {
        Ok(())
    }

    fn sweep(&self, _: &dyn Fn(&Hash) -> bool, _: i64, _: i64) -> Result<usize, VaultError> {
        Ok(0)
    }
}
