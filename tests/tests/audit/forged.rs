//! Logs changed by someone who knows the format: entries are altered, encoded, and linked again, so that the chain holds
//! unless the lie is about the chain.

use std::collections::HashMap;
use std::sync::Arc;

use ledger_core::log::{Entry, Head};
use ledger_core::store::{Batch, MemoryStore, Store};
use ledger_core::values::{Hash, Length, Sequence, SubjectVersion};
use serde_json::Value;

/// A store that holds these bytes, whatever they are.
pub fn store_of(log: &[Vec<u8>]) -> Arc<dyn Store> {
    let store = MemoryStore::new();
    let last = log.last().expect("entries");
    let head = Head { length: Length(log.len() as u64), hash: Hash::of(last) };
    store.append(Length(0), &Batch { entries: log.to_vec(), head }).expect("appended");
    Arc::new(store)
}

/// What is done to an entry after it got its place, or to its bytes.
type Twist = (usize, fn(&mut Entry));

/// A log that is being changed.
#[derive(Clone)]
pub struct Forged {
    pub entries: Vec<Entry>,
    twists: Vec<Twist>,
    spaced: Option<usize>,
}

impl Forged {
    pub fn of(log: &[Vec<u8>]) -> Self {
        let entries = log.iter().map(|bytes| Entry::decode(bytes).expect("an entry")).collect();
        Forged { entries, twists: Vec::new(), spaced: None }
    }

    /// Where the `nth` entry of an event is, counted from 0.
    pub fn find(&self, event: &str, nth: usize) -> usize {
        let event_type = format!("ledger.{event}.v1");
        let mut places = self.entries.iter().enumerate().filter(|(_, entry)| entry.event_type == event_type);
        places.nth(nth).unwrap_or_else(|| panic!("no {event} number {nth}")).0
    }

    /// The entry's place as others cite it.
    pub fn name(&self, event: &str, nth: usize) -> Value {
        format!("{:016}", self.find(event, nth)).into()
    }

    pub fn entry(&mut self, event: &str, nth: usize) -> &mut Entry {
        let at = self.find(event, nth);
        &mut self.entries[at]
    }

    /// Sets a field of an entry's data; null takes it away.
    pub fn set(&mut self, event: &str, nth: usize, field: &str, value: Value) {
        let at = self.find(event, nth);
        let mut data: Value = serde_json::from_slice(&self.entries[at].data).expect("JSON");
        let fields = data.as_object_mut().expect("an object");
        match value {
            Value::Null => drop(fields.remove(field)),
            value => drop(fields.insert(field.to_owned(), value)),
        }
        self.entries[at].data = serde_jcs::to_vec(&data).expect("JCS");
    }

    /// A field of an entry's data.
    pub fn get(&self, event: &str, nth: usize, field: &str) -> Value {
        let data: Value = serde_json::from_slice(&self.entries[self.find(event, nth)].data).expect("JSON");
        data[field].clone()
    }

    /// Changes an entry after it got its place; what follows names its new hash.
    pub fn twist(&mut self, event: &str, nth: usize, twist: fn(&mut Entry)) {
        self.twists.push((self.find(event, nth), twist));
    }

    /// Spells an entry with a space that no canonical form has.
    pub fn space(&mut self, event: &str, nth: usize) {
        self.spaced = Some(self.find(event, nth));
    }

    /// The log with every entry in its place again.
    pub fn linked(mut self) -> Vec<Vec<u8>> {
        let mut prev = Hash::ZERO;
        let mut subjects: HashMap<String, (u32, Sequence)> = HashMap::new();
        let mut log = Vec::new();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let sequence = Sequence::new(at as u64);
            let last = subjects.get(&entry.subject).copied();
            let version = last.map_or(1, |(version, _)| version + 1);
            (entry.sequence, entry.prev) = (sequence, prev);
            entry.subject_version = SubjectVersion::new(version).expect("small");
            entry.subject_prev = last.map(|(_, before)| before);
            subjects.insert(entry.subject.clone(), (version, sequence));
            self.twists.iter().filter(|(of, _)| *of == at).for_each(|(_, twist)| twist(entry));
            let mut bytes = entry.encode().expect("encodes");
            if self.spaced == Some(at) {
                bytes.insert(1, b' ');
            }
            prev = Hash::of(&bytes);
            log.push(bytes);
        }
        log
    }
}
