//! redb: one table, one write transaction a commit.

use std::path::Path;

use redb::{Database, Durability, TableDefinition};

use super::Peer;

const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");

pub struct Redb {
    database: Database,
    next: u64,
}

impl Redb {
    pub fn create(dir: &Path) -> Self {
        Redb { database: Database::create(dir.join("entries.redb")).expect("a new database"), next: 0 }
    }
}

impl Peer for Redb {
    fn append(&mut self, entries: &[Vec<u8>]) {
        let mut transaction = self.database.begin_write().expect("a transaction");
        transaction.set_durability(Durability::Immediate).expect("no savepoint stands against it");
        {
            let mut table = transaction.open_table(ENTRIES).expect("a table");
            for entry in entries {
                table.insert(self.next, entry.as_slice()).expect("inserted");
                self.next += 1;
            }
        }
        transaction.commit().expect("committed");
    }

    fn close(self: Box<Self>) {}
}
