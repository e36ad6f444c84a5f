//! Reading the log in order, up to what was known at a moment.
//!
//! [`Log`] opens a ledger's directory without a writer, so that nothing can be written by accident. Every reader
//! goes through [`Log::read`], which hands over typed events with their hashes, in order. Left out: what is
//! derived from them.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::event::{ClockKind, LogFounded, Purpose};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::log::{Entry, EntryError, Head};
use ledger_core::store::{EntryBytes, OpenError, ReadError, SledStore, Store, StoreOptions, entries_from};
use ledger_core::values::{Hash, Length, Malformed, Sequence, Timestamp};
use ledger_core::{RecordError, recorded};

/// Up to when the log was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownAt {
    /// Everything recorded.
    #[default]
    Now,
    /// Up to and including this entry.
    Sequence(Sequence),
    /// Everything recorded up to and including this instant.
    Instant(Timestamp),
    /// Everything recorded up to the end of this day, London time.
    Date(Date),
}

impl KnownAt {
    /// Whether an entry was known.
    pub fn includes(self, sequence: Sequence, recorded_time: Timestamp) -> bool {
        match self {
            KnownAt::Now => true,
            KnownAt::Sequence(last) => sequence <= last,
            KnownAt::Instant(last) => recorded_time <= last,
            KnownAt::Date(last) => Date::in_london(recorded_time) <= last,
        }
    }
}

impl fmt::Display for KnownAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnownAt::Now => f.write_str("now"),
            KnownAt::Sequence(sequence) => sequence.fmt(f),
            KnownAt::Instant(at) => at.fmt(f),
            KnownAt::Date(date) => date.fmt(f),
        }
    }
}

impl FromStr for KnownAt {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "now" {
            return Ok(KnownAt::Now);
        }
        if !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit()) {
            return format!("{text:0>16}").parse().map(KnownAt::Sequence);
        }
        let date = text.parse().map(KnownAt::Date);
        let instant = || text.parse().map(KnownAt::Instant);
        date.or_else(|_| instant()).map_err(|_| {
            Malformed(format!(
                "'{text}' is no moment: now, a date, a time such as 2025-05-08T09:30:00.000000Z, or a sequence number expected"
            ))
        })
    }
}

/// Why the log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Entries cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Bytes that are not an entry.
    #[error("the log is damaged at entry {sequence}: {what}; run `ledger verify`")]
    Damaged {
        /// The entry.
        sequence: Sequence,
        /// What does not fit.
        what: String,
    },
    /// The log holds nothing.
    #[error("the log is empty: found it with `ledger init`")]
    Empty,
}

impl ReplayError {
    pub(crate) fn entry(sequence: Sequence, error: &EntryError) -> Self {
        ReplayError::Damaged { sequence, what: error.to_string() }
    }

    pub(crate) fn record(sequence: Sequence, error: &RecordError) -> Self {
        ReplayError::Damaged { sequence, what: error.to_string() }
    }
}

/// An entry as readers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The typed event with its place and times.
    pub recorded: Recorded,
    /// BLAKE3 of the entry's bytes.
    pub hash: Hash,
}

/// A ledger opened for reading.
#[derive(Debug, Clone)]
pub struct Log {
    store: Arc<dyn Store>,
    founded: LogFounded,
}

impl Log {
    /// Opens the ledger in `dir`. Cost: sled's own opening, and one entry.
    pub fn open(dir: &Path) -> Result<Self, ReplayError> {
        Self::open_with(dir, StoreOptions::default())
    }

    /// As [`Log::open`], with other options of the store.
    pub fn open_with(dir: &Path, options: StoreOptions) -> Result<Self, ReplayError> {
        Self::over(Arc::new(SledStore::open_with(dir, options)?))
    }

    /// Reads over an open store.
    pub fn over(store: Arc<dyn Store>) -> Result<Self, ReplayError> {
        let first = Sequence::new(0);
        let bytes = store.read(first, 1)?.next().ok_or(ReplayError::Empty)?;
        let entry = Entry::decode(&bytes).map_err(|e| ReplayError::entry(first, &e))?;
        match recorded(&entry).map_err(|e| ReplayError::record(first, &e))?.event {
            Event::LogFounded(founded) => Ok(Log { store, founded }),
            other => Err(ReplayError::Damaged { sequence: first, what: format!("it is {}", other.name()) }),
        }
    }

    /// How the log was founded.
    pub fn founded(&self) -> &LogFounded {
        &self.founded
    }

    /// What every output must say about this ledger: that its clock is simulated, that it is an example.
    pub fn notices(&self) -> Vec<&'static str> {
        let simulated = (self.founded.clock == ClockKind::Simulated).then_some("SIMULATED CLOCK");
        let example = (self.founded.purpose == Purpose::Example).then_some("EXAMPLE");
        simulated.into_iter().chain(example).collect()
    }

    /// The durable head.
    pub fn head(&self) -> Head {
        self.store.head()
    }

    /// The store, for exact bytes.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// Exact bytes from a position on, in order.
    pub fn bytes_from(
        &self,
        from: Sequence,
    ) -> impl Iterator<Item = Result<(Sequence, EntryBytes), ReadError>> + use<> {
        entries_from(self.store(), from)
    }

    /// Hands every event known at that moment to `take`, in order, and returns the head they end in. `progress`
    /// hears now and then how far it is. Cost: some 500,000 entries a second.
    pub fn read(
        &self,
        known_at: KnownAt,
        progress: &mut dyn FnMut(Length, Length),
        mut take: impl FnMut(Reading),
    ) -> Result<Head, ReplayError> {
        let end = self.head().length;
        let mut head = Head::EMPTY;
        for item in self.bytes_from(Sequence::new(0)) {
            let (sequence, bytes) = item?;
            let entry = Entry::decode_trusted(&bytes).map_err(|e| ReplayError::entry(sequence, &e))?;
            if entry.sequence != sequence {
                let what = format!("its sequence says {}", entry.sequence);
                return Err(ReplayError::Damaged { sequence, what });
            }
            if !known_at.includes(sequence, entry.recorded_time) {
                break; // Recorded times never run backwards.
            }
            let recorded = recorded(&entry).map_err(|e| ReplayError::record(sequence, &e))?;
            let hash = Hash::of(&bytes);
            head = Head { length: Length(sequence.get() + 1), hash };
            if sequence.get().is_multiple_of(65_536) {
                progress(head.length, end);
            }
            take(Reading { recorded, hash });
        }
        Ok(head)
    }
}
