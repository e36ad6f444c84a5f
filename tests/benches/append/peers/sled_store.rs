//! Our own store without the ledger above it: what pages, compression, sled and the sync cost.

use std::path::Path;

use ledger_core::log::Head;
use ledger_core::store::{Batch, SledStore, Store};
use ledger_core::values::{Hash, Length};

use super::Peer;

pub struct Ours {
    store: SledStore,
}

impl Ours {
    pub fn create(dir: &Path) -> Self {
        Ours { store: SledStore::create(dir).expect("a new store") }
    }
}

impl Peer for Ours {
    fn append(&mut self, entries: &[Vec<u8>]) {
        let length = self.store.head().length;
        let last = entries.last().expect("a commit has entries");
        let head = Head { length: Length(length.0 + entries.len() as u64), hash: Hash::of(last) };
        self.store.append(length, &Batch { entries: entries.to_vec(), head }).expect("appended");
    }

    fn close(self: Box<Self>) {
        self.store.close().expect("a clean close");
    }
}
