//! The ways in which the measured ledger is opened: as anyone does, or with a vault that stores nothing.

use std::path::Path;
use std::sync::Arc;

use ledger_core::Ledger;
use ledger_core::environment::Environment;
use ledger_core::store::{Document, Listed, SledStore, Vault, VaultError, commitment};
use ledger_core::values::Hash;
use serde::{Deserialize, Serialize};

/// How the ledger is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// By `Ledger::open`.
    Plain,
    /// With a vault that only computes commitments.
    StubVault,
}

/// Opens the ledger in `dir`.
pub fn open(way: Way, dir: &Path) -> Ledger {
    let system = Environment::system();
    let opened = match way {
        Way::Plain => Ledger::open(dir, system, &mut |_, _| ()),
        Way::StubVault => {
            let store = SledStore::open(dir).expect("the store opens");
            Ledger::start(Arc::new(store), Arc::new(StubVault), system, &mut |_, _| ())
        }
    };
    opened.expect("the ledger opens")
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

    fn slots(&self) -> u32 {
        0
    }

    fn listed_from(&self, _: u32) -> Result<Vec<Listed>, VaultError> {
        Ok(Vec::new())
    }

    fn sweep(&self, _: &[Hash], _: i64, _: i64) -> Result<usize, VaultError> {
        Ok(0)
    }
}
