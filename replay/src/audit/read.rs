//! The first half of an audit: each entry read from the store, its spelling, its links and its schema.
//!
//! The links are checked here anew, from the attributes and with BLAKE3 itself, sharing nothing with the code that wrote
//! them. Data that decodes into the event's type, from bytes in their one spelling, is what the schema of that type
//! allows (a test holds that against the schemas); so no schema is interpreted. Then the entry is recounted. Left out:
//! the rules, which `again.rs` asks.

use std::collections::HashMap;

use ledger_core::assessment::Recorded;
use ledger_core::log::{Entry, Head};
use ledger_core::recorded;
use ledger_core::values::{Hash, Length, Sequence, Timestamp};

use super::finding::{Fault, FoundBy};
use super::recount::{Recount, Tallies};

/// An entry that is linked, and what was found on the way.
pub(super) struct Read {
    pub(super) entry: Entry,
    /// What it records; none where the data fits no schema.
    pub(super) recorded: Option<Recorded>,
    pub(super) faults: Vec<Fault>,
}

/// What reading an entry came to.
pub(super) enum Step {
    Read(Box<Read>),
    /// Nothing after this means anything.
    Broken(Sequence, Fault),
}

/// Reads entries in order.
#[derive(Default)]
pub(super) struct Reading {
    chain: Chain,
    recount: Recount,
}

impl Reading {
    /// The head after the last entry that was read.
    pub(super) fn head(&self) -> Head {
        self.chain.head
    }

    /// What was recounted.
    pub(super) fn tallies(&self) -> Tallies {
        self.recount.tallies
    }

    /// Takes the next entry's bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Step {
        let at = self.chain.head.length.next_sequence();
        let broken = |code, expected: &str, found: String| {
            Step::Broken(at, Fault::new(FoundBy::Bytes, code, expected, found))
        };
        let entry = match Entry::decode(bytes) {
            Ok(entry) => entry,
            Err(error) => return broken("not_an_entry", "an entry in its one spelling", error.to_string()),
        };
        if let Err(fault) = self.chain.link(&entry, bytes) {
            return Step::Broken(at, fault);
        }
        let mut faults = Vec::new();
        let recorded = match recorded(&entry) {
            Ok(recorded) => Some(recorded),
            Err(error) => {
                let expected = format!("data as in schemas/events for {}", entry.event_type);
                faults.push(Fault::new(FoundBy::Bytes, "schema_unfit", expected, error.to_string()));
                None
            }
        };
        if entry.time.micros() > entry.recorded_time.micros() {
            let (expected, found) = (format!("{} or earlier", entry.recorded_time), entry.time.to_string());
            faults.push(Fault::new(FoundBy::Bytes, "time_ahead", expected, found));
        }
        if let Err(fault) = self.chain.of_this_ledger(&entry) {
            faults.push(fault);
        }
        if recorded.is_some() {
            self.recount.take(&entry, &mut faults);
        }
        Step::Read(Box::new(Read { entry, recorded, faults }))
    }
}

/// Where the next entry must stand.
struct Chain {
    head: Head,
    recorded: Option<Timestamp>,
    source: String,
    subjects: HashMap<String, (u32, Sequence)>,
}

impl Default for Chain {
    fn default() -> Self {
        Chain { head: Head::EMPTY, recorded: None, source: String::new(), subjects: HashMap::new() }
    }
}

impl Chain {
    /// Accepts the next entry, or says how it does not follow.
    fn link(&mut self, entry: &Entry, bytes: &[u8]) -> Result<(), Fault> {
        let differs = |code, expected: String, found: String| {
            if expected == found { Ok(()) } else { Err(Fault::new(FoundBy::Bytes, code, expected, found)) }
        };
        let at = self.head.length.0;
        differs("sequence_wrong", format!("{at:016}"), entry.sequence.to_string())?;
        differs("chain_broken", self.head.hash.to_string(), entry.prev.to_string())?;
        if self.recorded.is_some_and(|before| entry.recorded_time.micros() < before.micros()) {
            let before = self.recorded.map_or(String::new(), |before| before.to_string());
            let (expected, found) = (format!("{before} or later"), entry.recorded_time.to_string());
            return Err(Fault::new(FoundBy::Bytes, "time_backwards", expected, found));
        }
        let last = self.subjects.get(&entry.subject).copied();
        let place = |version: u32, before: Option<Sequence>| {
            let before = before.map_or("none".to_owned(), |before| before.to_string());
            format!("version {version} of {} after entry {before}", entry.subject)
        };
        let expected = place(last.map_or(1, |(version, _)| version + 1), last.map(|(_, before)| before));
        let found = place(entry.subject_version.get(), entry.subject_prev);
        differs("subject_history_broken", expected, found)?;
        let next = (entry.subject_version.get(), entry.sequence);
        match self.subjects.get_mut(&entry.subject) {
            Some(last) => *last = next,
            None => drop(self.subjects.insert(entry.subject.clone(), next)),
        }
        self.recorded = Some(entry.recorded_time);
        let hash = Hash::from_bytes(*blake3::hash(bytes).as_bytes());
        self.head = Head { length: Length(at + 1), hash };
        Ok(())
    }

    fn of_this_ledger(&mut self, entry: &Entry) -> Result<(), Fault> {
        if self.source.is_empty() {
            self.source.clone_from(&entry.source);
        }
        if self.source == entry.source {
            return Ok(());
        }
        Err(Fault::new(FoundBy::Bytes, "source_differs", self.source.clone(), entry.source.clone()))
    }
}
