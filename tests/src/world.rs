//! A world to try the ledger in: the real ledger over a store and a vault in memory, a clock that the test moves,
//! and seeded randomness.
//!
//! Commands go in as lines of JSON, by the same reading as a bulk file's. Every entry that comes out is held
//! against the schemas and against its own encoding. [`World::reopen`] throws away everything but the bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::assessment::{Rejection, Request};
use ledger_core::environment::{Clock, Environment, SeededRandom};
use ledger_core::log::{CommandId, Entry, Head};
use ledger_core::store::{MemoryStore, MemoryVault, entries_from};
use ledger_core::values::{Hash, Sequence, Timestamp};
use ledger_core::{Founding, Ledger, Receipt, SubmitError, line};
use serde_json::{Map, Value, json};

use crate::schemas;
use crate::time::{MINUTE, after, instant};

/// A clock that stands where it is put.
#[derive(Debug)]
pub struct StatedClock(AtomicI64);

impl Clock for StatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).unwrap_or(Timestamp::EPOCH)
    }
}

/// What became of a command line.
#[derive(Debug)]
pub enum Outcome {
    /// It was recorded, now or earlier.
    Recorded(Receipt),
    /// It may not be done.
    Rejected(Rejection),
    /// It was no command.
    Malformed(String),
    /// The ledger could not.
    Failed(SubmitError),
}

/// What a line says besides actor, command, subject and data.
#[derive(Debug, Default, Clone)]
pub struct Envelope {
    /// The command's id; a new one while absent.
    pub id: Option<String>,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// The recorded time stated, if other than what the clock's kind asks for; none inside says none.
    pub recorded_time: Option<Option<Timestamp>>,
    /// Subject versions expected.
    pub expected: Vec<(String, u32)>,
}

/// The world. A simulated clock unless founded otherwise.
#[derive(Debug)]
pub struct World {
    runtime: tokio::runtime::Runtime,
    store: Arc<MemoryStore>,
    vault: Arc<MemoryVault>,
    clock: Arc<StatedClock>,
    ledger: Option<Ledger>,
    kind: ClockKind,
    now: Timestamp,
    lines: u64,
    validated: u64,
    last: Option<Request>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world without a ledger, on the morning of 1 December 2023.
    pub fn new() -> Self {
        let now = instant("2023-12-01T09:00");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        World {
            runtime: runtime.unwrap_or_else(|error| panic!("no runtime: {error}")),
            store: Arc::new(MemoryStore::new()),
            vault: Arc::new(MemoryVault::new()),
            clock: Arc::new(StatedClock(AtomicI64::new(now.micros()))),
            ledger: None,
            kind: ClockKind::Simulated,
            now,
            lines: 0,
            validated: 0,
            last: None,
        }
    }

    fn environment(&self) -> Environment {
        Environment { clock: self.clock.clone(), random: Arc::new(SeededRandom(7)) }
    }

    /// The ledger. Panics before it is founded.
    pub fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().unwrap_or_else(|| panic!("no ledger is founded yet"))
    }

    /// The store under the ledger.
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }

    /// The vault beside it.
    pub fn vault(&self) -> &MemoryVault {
        &self.vault
    }

    /// Waits for a future of the ledger.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// The time the next command is recorded at.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Moves the clock.
    pub fn set_time(&mut self, at: Timestamp) {
        self.now = at;
        self.clock.0.store(at.micros(), Ordering::Relaxed);
    }

    /// Moves the clock on by a minute.
    pub fn pass_a_minute(&mut self) {
        self.set_time(after(self.now, MINUTE));
    }

    /// An id that carries the time `at` and was not given before.
    pub fn command_id(&mut self, at: Timestamp) -> CommandId {
        self.lines += 1;
        let mut random = [0; 10];
        random.copy_from_slice(&Hash::of(&self.lines.to_be_bytes()).as_bytes()[..10]);
        CommandId::from_parts(at, random)
    }

    /// Founds the ledger.
    pub fn found(&mut self, operator: &str, clock: ClockKind) {
        self.kind = clock;
        let parsed = "a name that is spelled well";
        let founding = Founding {
            id: self.command_id(self.now),
            origin: "ledger.example/rules".parse().expect(parsed),
            clock,
            purpose: Purpose::Example,
            operator: operator.parse().expect(parsed),
            recorded_time: self.now,
            key: None,
        };
        let ledger = Ledger::found(self.store.clone(), self.vault.clone(), self.environment(), founding);
        self.ledger = Some(ledger.unwrap_or_else(|error| panic!("founding: {error}")));
        self.validate();
    }

    /// Closes the ledger and opens it again from its bytes.
    pub fn reopen(&mut self) {
        self.ledger = None;
        self.store = Arc::new(self.store.reopen());
        self.vault = Arc::new(self.vault.reopen());
        let started =
            Ledger::start(self.store.clone(), self.vault.clone(), self.environment(), &mut |_, _| {});
        self.ledger = Some(started.unwrap_or_else(|error| panic!("reopening: {error}")));
    }

    /// Stores the document that this name stands for and returns what commands cite.
    pub fn document(&self, name: &str) -> Value {
        let media_type = "text/plain".parse().expect("a media type");
        let added = self.ledger().add_document(name.as_bytes(), &media_type, name.as_bytes(), self.now);
        match added {
            Ok(document) => serde_json::to_value(document).expect("plain data"),
            // The commitment of an erased document is still what commands name.
            Err(_) => missing_document(name),
        }
    }

    /// A command as a line of JSON, with a new id and the time as the ledger's clock asks.
    pub fn line(
        &mut self,
        actor: &str,
        command: &str,
        subject: &str,
        data: Value,
        envelope: &Envelope,
    ) -> Value {
        let id = envelope.id.clone().unwrap_or_else(|| self.command_id(self.now).to_string());
        let mut line = Map::new();
        line.insert("id".to_owned(), id.into());
        line.insert("actor".to_owned(), actor.into());
        line.insert("type".to_owned(), command.into());
        line.insert("subject".to_owned(), subject.into());
        let usual = (self.kind == ClockKind::Simulated).then_some(self.now);
        if let Some(at) = envelope.recorded_time.unwrap_or(usual) {
            line.insert("recordedtime".to_owned(), at.to_string().into());
        }
        if let Some(at) = envelope.time {
            line.insert("time".to_owned(), at.to_string().into());
        }
        if !envelope.expected.is_empty() {
            let expected: Map<String, Value> = envelope
                .expected
                .iter()
                .map(|(subject, version)| (subject.clone(), json!(version)))
                .collect();
            line.insert("expected_subject_version".to_owned(), expected.into());
        }
        line.insert("data".to_owned(), data);
        line.into()
    }

    /// Submits a line's bytes as a bulk file's line is, and validates what was written.
    pub fn submit(&mut self, line: &[u8]) -> Outcome {
        let request = match line::parse(line).and_then(line::request) {
            Ok(request) => request,
            Err(error) => return Outcome::Malformed(error.to_string()),
        };
        self.last = Some(request.clone());
        let answer = self.runtime.block_on(self.ledger().submit(request));
        self.validate();
        match answer {
            Ok(receipt) => Outcome::Recorded(receipt),
            Err(SubmitError::Rejected(rejection)) => Outcome::Rejected(rejection),
            Err(error) => Outcome::Failed(error),
        }
    }

    /// The request last submitted.
    pub fn last_request(&self) -> Option<&Request> {
        self.last.as_ref()
    }

    /// The durable head.
    pub fn head(&self) -> Head {
        self.ledger().head()
    }

    /// Every entry's bytes.
    pub fn log(&self) -> Vec<Vec<u8>> {
        self.bytes_from(0)
    }

    /// The entry at `sequence`, as JSON.
    pub fn entry(&self, sequence: Sequence) -> Value {
        let bytes = self.bytes_from(sequence.get());
        serde_json::from_slice(&bytes[0]).expect("JSON")
    }

    fn bytes_from(&self, from: u64) -> Vec<Vec<u8>> {
        let entries = entries_from(self.ledger().store(), Sequence::new(from));
        entries.map(|item| item.unwrap_or_else(|error| panic!("{error}")).1.to_vec()).collect()
    }

    /// Holds every entry that is new against the schemas and against its own encoding.
    fn validate(&mut self) {
        for bytes in self.bytes_from(self.validated) {
            let shown = String::from_utf8_lossy(&bytes);
            let faults = schemas::faults(&bytes);
            assert!(faults.is_empty(), "an entry that its schemas refuse: {faults:#?}\n{shown}");
            let entry = Entry::decode(&bytes).unwrap_or_else(|error| panic!("{error}: {shown}"));
            assert_eq!(entry.encode().as_ref(), Ok(&bytes), "another spelling of {shown}");
            self.validated += 1;
        }
    }
}

/// What commands would cite for a document that was never stored, or is stored no more.
pub fn missing_document(name: &str) -> Value {
    let secret = ledger_core::environment::Random::secret(&SeededRandom(7), name.as_bytes());
    let commitment = ledger_core::store::commitment(&secret, name.as_bytes());
    json!({ "commitment": commitment, "bytes": name.len(), "media_type": "text/plain" })
}
