//! Command ids: none is used twice, none is older than what could be remembered, none is ahead of its time.
//!
//! As the ledger promises (`ARCHITECTURE.md`, idempotency): the last million ids are remembered, and an id at or below
//! the latest time among those forgotten is refused. Memory: some 60 MiB. Left out: whether equal ids had equal content.

use std::collections::VecDeque;

use hashbrown::HashSet;
use ledger_core::log::CommandId;
use ledger_core::values::Timestamp;

use super::finding::{Fault, FoundBy};

/// How many ids the ledger remembers.
const REMEMBERED: usize = 1_000_000;
/// An id may carry a time this far ahead of the recorded one.
const AHEAD_MILLIS: i64 = 5 * 60 * 1000;

/// The ids lately used.
#[derive(Debug, Default)]
pub(super) struct Ids {
    order: VecDeque<[u8; 16]>,
    known: HashSet<[u8; 16]>,
    forgotten_millis: Option<i64>,
}

impl Ids {
    /// Takes the id of the next command.
    pub(super) fn take(&mut self, id: CommandId, recorded: Timestamp) -> Option<Fault> {
        let fault = |code, expected: String| {
            Some(Fault::new(FoundBy::Bytes, code, expected, format!("id {id}, recorded at {recorded}")))
        };
        if self.forgotten_millis.is_some_and(|bound| id.millis() <= bound) {
            return fault("command_id_too_old", "an id later than those forgotten".to_owned());
        }
        if !self.known.insert(id.to_bytes()) {
            return fault("command_id_reused", "an id that no other command has".to_owned());
        }
        self.order.push_back(id.to_bytes());
        if self.order.len() > REMEMBERED {
            self.forget();
        }
        if id.millis() > recorded.millis() + AHEAD_MILLIS {
            return fault(
                "command_id_ahead",
                "an id at most 5 minutes ahead of the recorded time".to_owned(),
            );
        }
        None
    }

    fn forget(&mut self) {
        let Some(oldest) = self.order.pop_front() else { return };
        self.known.remove(&oldest);
        let millis = oldest[..6].iter().fold(0_i64, |millis, byte| millis << 8 | i64::from(*byte));
        self.forgotten_millis = self.forgotten_millis.max(Some(millis));
    }
}
