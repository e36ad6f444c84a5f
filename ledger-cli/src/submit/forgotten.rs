//! Receipts of commands whose ids the ledger no longer remembers: found in the log itself.
//!
//! A ledger remembers a million ids and refuses an older one it does not know rather than risk it twice. A file with
//! more lines than that could not be resumed. But its lines are in the log in the file's own order, so one pass over
//! the log, a step for each line, tells which of them are recorded and with what content.

use std::sync::Arc;

use ledger_core::assessment::Request;
use ledger_core::line::command_hash;
use ledger_core::log::Entry;
use ledger_core::store::{Entries, EntryBytes, Store};
use ledger_core::values::{Hash, Sequence};
use ledger_core::{Receipt, Written, recorded};

use crate::exit::Failure;

/// A pass over the log for the lines of one file.
pub struct Forgotten {
    store: Arc<dyn Store>,
    next: u64,
    page: Entries,
    /// Whether the last answers needed it.
    pub just_used: bool,
}

impl Forgotten {
    /// A pass from the beginning. Nothing is read before it is needed.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Forgotten { store, next: 0, page: Entries::default(), just_used: false }
    }

    /// The receipt of a request recorded after those asked about before; none if it is not there, or not with this
    /// content. Cost: reading on to it; to the end of the log if it is not there.
    pub fn receipt(&mut self, request: &Request) -> Result<Option<Receipt>, Failure> {
        self.just_used = true;
        let wanted = command_hash(request).map_err(|error| Failure::Malformed(error.to_string()))?;
        while let Some((entry, hash)) = self.entry()? {
            if entry.id.command != request.id {
                continue;
            }
            if entry.command_hash != wanted {
                return Ok(None);
            }
            let (id, recorded_time) = (request.id, entry.recorded_time);
            let mut entries = vec![written(&entry, hash)?];
            // What a command caused lies together; the entry after it belongs to another and may be the next line's.
            while let Some(bytes) = self.peek()? {
                let more =
                    Entry::decode_trusted(&bytes).map_err(|error| Failure::Storage(error.to_string()))?;
                if more.id.command != id {
                    break;
                }
                entries.push(written(&more, Hash::of(&bytes))?);
                self.next += 1;
                self.page.next();
            }
            return Ok(Some(Receipt { id, recorded_time, entries, repeated: true }));
        }
        Ok(None)
    }

    fn entry(&mut self) -> Result<Option<(Entry, Hash)>, Failure> {
        let Some(bytes) = self.peek()? else { return Ok(None) };
        self.next += 1;
        self.page.next();
        let entry = Entry::decode_trusted(&bytes).map_err(|error| Failure::Storage(error.to_string()))?;
        Ok(Some((entry, Hash::of(&bytes))))
    }

    fn peek(&mut self) -> Result<Option<EntryBytes>, Failure> {
        if self.page.is_empty() {
            self.page = self.store.read(Sequence::new(self.next), 1024)?;
        }
        Ok(self.page.clone().next())
    }
}

fn written(entry: &Entry, hash: Hash) -> Result<Written, Failure> {
    let recorded = recorded(entry).map_err(|error| Failure::Storage(error.to_string()))?;
    Ok(Written::of(&recorded, hash))
}

#[cfg(test)]
mod tests {
    use ledger_core::assessment::event::{ClockKind, Purpose};
    use ledger_core::environment::{Environment, SeededRandom, SystemClock};
    use ledger_core::store::{MemoryStore, MemoryVault};
    use ledger_core::{Founding, Ledger, line};
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_each_line_once_and_in_order() {
        let recorded = "2026-07-01T12:00:00.000000Z";
        let id = |n: u32| format!("019f1d8c-e200-7000-8000-{n:012}");
        let founding = Founding {
            id: id(0).parse().expect("an id"),
            origin: "tests.example/1".parse().expect("an origin"),
            clock: ClockKind::Simulated,
            purpose: Purpose::Record,
            operator: "operator-1".parse().expect("an actor"),
            recorded_time: recorded.parse().expect("a time"),
            key: None,
        };
        let environment = Environment { clock: Arc::new(SystemClock), random: Arc::new(SeededRandom(1)) };
        let store = Arc::new(MemoryStore::new());
        let ledger = Ledger::found(store.clone(), Arc::new(MemoryVault::new()), environment, founding);
        let ledger = ledger.expect("founded");
        let request = |n: u32, role: &str| {
            line::request(json!({
                "id": id(n), "actor": "operator-1", "type": "actor.enrol", "subject": format!("actor/a-{n}"),
                "recordedtime": recorded, "data": { "roles": [role] },
            }))
            .expect("a request")
        };
        let requests: Vec<Request> = (1..50).map(|n| request(n, "auditor")).collect();
        let runtime = crate::session::runtime().expect("a runtime");
        let given: Vec<Receipt> = runtime
            .block_on(ledger.submit_all(requests.clone()))
            .into_iter()
            .map(|answer| answer.expect("recorded"))
            .collect();
        let mut forgotten = Forgotten::new(store.clone());
        for (request, receipt) in requests.iter().zip(&given) {
            let found = forgotten.receipt(request).expect("read").expect("there");
            assert_eq!(found, Receipt { repeated: true, ..receipt.clone() });
        }
        assert_eq!(forgotten.receipt(&request(50, "auditor")).expect("read"), None);
        let other = Forgotten::new(store).receipt(&request(7, "assessor")).expect("read");
        assert_eq!(other, None, "other content under the same id");
    }
}
