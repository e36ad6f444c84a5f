//! fjall: one keyspace, one batch a commit.

use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::Peer;

pub struct Fjall {
    database: Database,
    entries: Keyspace,
    next: u64,
}

impl Fjall {
    pub fn create(dir: &Path) -> Self {
        let database = Database::builder(dir).open().expect("a new database");
        let entries = database.keyspace("entries", KeyspaceCreateOptions::default).expect("a keyspace");
        Fjall { database, entries, next: 0 }
    }
}

impl Peer for Fjall {
    fn append(&mut self, entries: &[Vec<u8>]) {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncAll));
        for entry in entries {
            batch.insert(&self.entries, self.next.to_be_bytes(), entry.as_slice());
            self.next += 1;
        }
        batch.commit().expect("committed");
    }

    fn close(self: Box<Self>) {
        self.database.persist(PersistMode::SyncAll).expect("synced");
    }
}
