//! SQLite: one table, one prepared insert, one transaction a commit.

use std::path::Path;

use rusqlite::Connection;

use super::Peer;

pub struct Sqlite {
    connection: Connection,
    next: i64,
}

impl Sqlite {
    pub fn create(dir: &Path) -> Self {
        let connection = Connection::open(dir.join("entries.sqlite")).expect("a new database");
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).expect("a journal mode");
        assert_eq!(mode, "wal");
        connection
            .execute_batch(
                "PRAGMA synchronous = FULL;
                 CREATE TABLE entries (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);",
            )
            .expect("a table");
        Sqlite { connection, next: 0 }
    }
}

impl Peer for Sqlite {
    fn append(&mut self, entries: &[Vec<u8>]) {
        let transaction = self.connection.transaction().expect("a transaction");
        let mut insert =
            transaction.prepare("INSERT INTO entries (seq, bytes) VALUES (?1, ?2)").expect("a statement");
        for entry in entries {
            insert.execute((self.next, entry)).expect("inserted");
            self.next += 1;
        }
        drop(insert);
        transaction.commit().expect("committed");
    }

    fn close(self: Box<Self>) {
        self.connection.close().expect("closed");
    }
}
