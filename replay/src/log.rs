//! Reading the log in order, up to what was known at a moment.
//!
//! [`Log`] opens a ledger's directory without a writer, so that nothing can be recorded by accident. Three ways lead
//! through it: [`Log::read`] hands over every event with its hash, [`Log::folded`] folds projections, which decode only
//! what they want, and [`Log::index`] finds one subject's entries for [`Log::at`]. What is folded is kept as snapshots
//! beside the log; every answer is the same without them. Left out: what is derived from events.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::{ClockKind, LogFounded, Purpose};
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::log::{Entry, EntryError, Head, Outline};
use ledger_core::store::{
    Entries, EntryBytes, OpenError, ReadError, SledStore, Snapshots, Store, StoreOptions, continues,
    entries_from,
};
use ledger_core::values::{Hash, Length, Sequence};
use ledger_core::{RecordError, recorded, recorded_trusted};
use serde::Serialize;

use crate::clocks::{AsOf, KnownAt};
use crate::index::{INDEX, INDEX_VERSION, Index, Noted};
use crate::pass::{self, Made};
use crate::projection::Fold;
use crate::second::Second;

/// New entries after which what was folded is kept: reading fewer takes a tenth of a second.
const KEPT_AFTER: u64 = 65_536;
/// Entries asked of the store at a time; it gives what one page holds.
const PAGE: usize = 1024;
/// From so many entries on a second thread reads ahead.
const AHEAD_FROM: u64 = 8_192;
/// Entries of one page at most, so far as reading scattered entries is concerned.
const NEAR: u64 = 64;

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
    /// An entry that is not recorded yet.
    #[error("there is no entry {sequence}: the log has {length} entries, numbered from 0")]
    Beyond {
        /// The entry asked for.
        sequence: Sequence,
        /// How many there are.
        length: Length,
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

/// An entry by its place and its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryName {
    /// Position in the log.
    pub sequence: Sequence,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// The event's name.
    pub event: String,
}

/// A ledger opened for reading.
#[derive(Debug, Clone)]
pub struct Log {
    store: Arc<dyn Store>,
    founded: LogFounded,
    snapshots: Option<Snapshots>,
    index: Arc<Mutex<Index>>,
    programme: Arc<Mutex<Vec<Recorded>>>,
    second: Arc<Second>,
    /// Whether entries may be missing: those are passed over.
    is_part: bool,
}

impl Log {
    /// Opens the ledger in `dir`. Cost: sled's own opening, and one entry.
    pub fn open(dir: &Path) -> Result<Self, ReplayError> {
        Self::open_with(dir, StoreOptions::default())
    }

    /// As [`Log::open`], with other options of the store.
    pub fn open_with(dir: &Path, options: StoreOptions) -> Result<Self, ReplayError> {
        let log = Self::over(Arc::new(SledStore::open_with(dir, options)?))?;
        Ok(Log { snapshots: Some(Snapshots::of(dir)), ..log })
    }

    /// Reads over an open store, keeping no snapshots.
    pub fn over(store: Arc<dyn Store>) -> Result<Self, ReplayError> {
        let first = Sequence::new(0);
        let bytes = store.read(first, 1)?.next().ok_or(ReplayError::Empty)?;
        let entry = Entry::decode(&bytes).map_err(|e| ReplayError::entry(first, &e))?;
        match recorded(&entry).map_err(|e| ReplayError::record(first, &e))?.event {
            Event::LogFounded(founded) => Ok(Log {
                store,
                founded,
                snapshots: None,
                index: Arc::default(),
                programme: Arc::default(),
                second: Arc::default(),
                is_part: false,
            }),
            other => Err(ReplayError::Damaged { sequence: first, what: format!("it is {}", other.name()) }),
        }
    }

    /// Reads some of a log's entries, which are in the index already. Whoever asks for others gets nothing.
    pub(crate) fn of_part(store: Arc<dyn Store>, index: Index) -> Result<Self, ReplayError> {
        Ok(Log { index: Arc::new(Mutex::new(index)), is_part: true, ..Self::over(store)? })
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

    /// How many entries were known at a moment. Recorded times never run backwards, so they are searched by halves.
    /// Refuses an entry that is not recorded yet. Cost: some twenty reads, none for now.
    pub fn known(&self, known_at: KnownAt) -> Result<Length, ReplayError> {
        let end = self.head().length;
        match known_at {
            KnownAt::Now => return Ok(end),
            KnownAt::Sequence(last) if end.contains(last) => return Ok(Length(last.get() + 1)),
            KnownAt::Sequence(sequence) => return Err(ReplayError::Beyond { sequence, length: end }),
            KnownAt::Instant(_) | KnownAt::Date(_) => {}
        }
        let (mut known, mut unknown) = (0, end.0);
        while known < unknown {
            let middle = Sequence::new(known + (unknown - known) / 2);
            let reading = self.one(middle)?;
            if known_at.includes(middle, reading.recorded.recorded_time) {
                known = middle.get() + 1;
            } else {
                unknown = middle.get();
            }
        }
        Ok(Length(known))
    }

    /// The day that is asked about: of an instant the London date, of an entry the first day it counts. Cost: one read
    /// for an entry.
    pub fn day(&self, as_of: AsOf, today: Date) -> Result<Date, ReplayError> {
        match as_of {
            AsOf::Now => Ok(today),
            AsOf::Date(date) => Ok(date),
            AsOf::Instant(at) => Ok(Date::in_london(at)),
            AsOf::Sequence(sequence) if self.head().length.contains(sequence) => {
                Ok(self.one(sequence)?.recorded.valid_from())
            }
            AsOf::Sequence(sequence) => Err(ReplayError::Beyond { sequence, length: self.head().length }),
        }
    }

    /// The head as it was when the log had `length` entries. Cost: one read.
    pub fn head_at(&self, length: Length) -> Result<Head, ReplayError> {
        match length.last_sequence() {
            None => Ok(Head::EMPTY),
            Some(_) if length == self.head().length => Ok(self.head()),
            Some(last) => Ok(Head { length, hash: self.one(last)?.hash }),
        }
    }

    fn one(&self, sequence: Sequence) -> Result<Reading, ReplayError> {
        let missing = || ReplayError::Damaged { sequence, what: "it is missing".to_owned() };
        self.at(&[sequence])?.into_iter().next().ok_or_else(missing)
    }

    /// The entries at these positions, which must ascend. Cost: one page for each neighbourhood.
    pub fn at(&self, sequences: &[Sequence]) -> Result<Vec<Reading>, ReplayError> {
        let mut readings = Vec::with_capacity(sequences.len());
        self.bytes_at(sequences, |sequence, bytes| {
            let recorded = recorded_trusted(bytes).map_err(|e| ReplayError::record(sequence, &e))?;
            readings.push(Reading { recorded, hash: Hash::of(bytes) });
            Ok(())
        })?;
        Ok(readings)
    }

    /// As [`Log::at`], without hashes. Many are read by two threads.
    pub fn events_at(&self, sequences: &[Sequence]) -> Result<Vec<Recorded>, ReplayError> {
        self.second.events(self, sequences)
    }

    /// The same log, with nobody else to read it.
    pub(crate) fn clone_without_help(&self) -> Log {
        Log { second: Arc::default(), ..self.clone() }
    }

    /// As [`Log::events_at`], on this thread.
    pub(crate) fn read_events(&self, sequences: &[Sequence]) -> Result<Vec<Recorded>, ReplayError> {
        let mut events = Vec::with_capacity(sequences.len());
        self.bytes_at(sequences, |sequence, bytes| {
            events.push(recorded_trusted(bytes).map_err(|e| ReplayError::record(sequence, &e))?);
            Ok(())
        })?;
        Ok(events)
    }

    /// The programme's own history, decoded once: every question about a rating needs its frameworks. Cost: what was
    /// recorded in it since it was last asked.
    pub(crate) fn programme(&self, index: &Index) -> Result<MutexGuard<'_, Vec<Recorded>>, ReplayError> {
        let mut programme = self.programme.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = index.of(&Subject::national(), index.length());
        let new = entries.get(programme.len()..).unwrap_or_default();
        let events = self.events_at(new)?;
        programme.extend(events);
        Ok(programme)
    }

    /// The names of the entries at these positions, which must ascend. Cost: as [`Log::at`].
    pub fn names(&self, sequences: &[Sequence]) -> Result<Vec<EntryName>, ReplayError> {
        let mut names = Vec::with_capacity(sequences.len());
        self.bytes_at(sequences, |sequence, bytes| {
            let event_type = match Outline::of(bytes) {
                Some(outline) => outline.event_type.to_owned(),
                None => {
                    Entry::decode_trusted(bytes).map_err(|e| ReplayError::entry(sequence, &e))?.event_type
                }
            };
            let event = event_type.trim_start_matches("ledger.").rsplit_once('.');
            let event = event.map_or(&*event_type, |(name, _)| name).to_owned();
            names.push(EntryName { sequence, hash: Hash::of(bytes), event });
            Ok(())
        })?;
        Ok(names)
    }

    /// Hands the exact bytes at these positions, which must ascend, to `take`. Cost: as [`Log::at`].
    pub(crate) fn bytes_at(
        &self,
        sequences: &[Sequence],
        mut take: impl FnMut(Sequence, &[u8]) -> Result<(), ReplayError>,
    ) -> Result<(), ReplayError> {
        let mut page = Entries::default();
        let mut next = 0;
        for (at, sequence) in sequences.iter().enumerate() {
            // What is still in the page that was read last is not read again.
            let skipped = sequence.get().checked_sub(next).filter(|skipped| *skipped < page.len() as u64);
            let found = match skipped {
                Some(skipped) => page.nth(skipped as usize),
                None => {
                    let near = sequences[at..].iter().take_while(|other| other.get() < sequence.get() + NEAR);
                    let span = near.last().map_or(1, |last| last.get() - sequence.get() + 1);
                    page = self.store.read(*sequence, span as usize)?;
                    page.next()
                }
            };
            let missing = || ReplayError::Damaged { sequence: *sequence, what: "it is missing".to_owned() };
            match found {
                None if self.is_part => continue,
                found => take(*sequence, &found.ok_or_else(missing)?)?,
            }
            next = sequence.get() + 1;
        }
        Ok(())
    }

    /// Where each subject's entries are, up to the head. Cost: what was recorded since it was last asked, some
    /// 2,000,000 entries a second; the first time of a process also reading its snapshot.
    pub fn index(
        &self,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<MutexGuard<'_, Index>, ReplayError> {
        let mut index = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        let end = self.head().length;
        if index.length() == Length(0) && end.0 > KEPT_AFTER {
            let kept = self
                .snapshots
                .as_ref()
                .and_then(|kept| kept.load(INDEX, INDEX_VERSION, |head| continues(&*self.store, head)));
            *index = kept.map_or_else(Index::default, |(_, index)| index);
        }
        let begun = index.length();
        let noted = |sequence, bytes: &[u8]| Noted::of(sequence, bytes, |_| false);
        self.pass(begun, end, progress, noted, |noted| index.apply(&noted))?;
        if end.0 - begun.0 > KEPT_AFTER {
            self.keep(|snapshots| {
                snapshots.save(INDEX, INDEX_VERSION, self.head_at(end).ok()?, &*index).ok()
            });
        }
        Ok(index)
    }

    /// A snapshot is a convenience: where it cannot be written, the next start takes longer.
    fn keep(&self, save: impl FnOnce(&Snapshots) -> Option<()>) {
        let _ = self.snapshots.as_ref().and_then(save);
    }

    /// The projections as they were at that moment, and the head they end in. Starts from their snapshots where these
    /// are no later. Cost: one pass over what came after, some 1,000,000 entries a second.
    pub fn folded<F: Fold>(
        &self,
        known_at: KnownAt,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<(F, Head), ReplayError> {
        let until = self.known(known_at)?;
        let fits = |head: Head| head.length <= until && continues(&*self.store, head);
        let kept = self.snapshots.as_ref().filter(|_| until.0 > KEPT_AFTER);
        let (begun, mut folded) =
            kept.and_then(|kept| F::load(kept, &fits)).unwrap_or((Head::EMPTY, F::default()));
        self.fold(begun.length, until, &|_| true, progress, &mut folded)?;
        let head = self.head_at(until)?;
        if until == self.head().length && until.0 - begun.length.0 > KEPT_AFTER {
            self.keep(|snapshots| folded.save(snapshots, head).ok());
        }
        Ok((folded, head))
    }

    /// The projections as they were at that moment, folded from the first entry on, whatever snapshots there are.
    pub fn replayed<F: Fold>(
        &self,
        known_at: KnownAt,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<(F, Head), ReplayError> {
        self.replayed_of(known_at, &|_| true, progress)
    }

    /// As [`Log::replayed`], of those events alone that `counts` keeps.
    pub fn replayed_of<F: Fold>(
        &self,
        known_at: KnownAt,
        counts: &dyn Fn(&Recorded) -> bool,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<(F, Head), ReplayError> {
        let until = self.known(known_at)?;
        let mut folded = F::default();
        self.fold(Length(0), until, counts, progress, &mut folded)?;
        Ok((folded, self.head_at(until)?))
    }

    fn fold<F: Fold>(
        &self,
        from: Length,
        until: Length,
        counts: &dyn Fn(&Recorded) -> bool,
        progress: &mut dyn FnMut(Length, Length),
        folded: &mut F,
    ) -> Result<(), ReplayError> {
        let event = |sequence, bytes: &[u8]| wanted(sequence, bytes, F::wants);
        self.pass(from, until, progress, event, |event: Option<Box<Recorded>>| {
            event.iter().filter(|event| counts(event)).for_each(|event| folded.apply(event));
            Ok(())
        })
    }

    /// Hands what `prepare` made of each entry's bytes to `take`, in order. A page is let go as soon as it is prepared, so
    /// that the next one is read into the same memory. Over a long stretch two threads share the work (`pass.rs`).
    pub(crate) fn pass<T: Send>(
        &self,
        from: Length,
        until: Length,
        progress: &mut dyn FnMut(Length, Length),
        prepare: impl Fn(Sequence, &[u8]) -> Result<T, ReplayError> + Sync,
        mut take: impl FnMut(T) -> Result<(), ReplayError>,
    ) -> Result<(), ReplayError> {
        let prepared = |first: Length, pages: Vec<Entries>| -> Vec<Result<Vec<T>, ReplayError>> {
            let mut places = (first.0..).map(Sequence::new);
            let parts = |page: Entries| {
                page.slices().zip(&mut places).map(|(bytes, sequence)| prepare(sequence, bytes)).collect()
            };
            pages.into_iter().map(parts).collect()
        };
        self.pass_pages(from, until, progress, prepared, |parts| {
            parts.into_iter().try_for_each(|parts| parts?.into_iter().try_for_each(&mut take))
        })
    }

    /// As [`Log::pass`], with `prepare` making something of several pages together, the first of whose entries has this
    /// place, and `take` taking it.
    pub(crate) fn pass_pages<P: Send>(
        &self,
        from: Length,
        until: Length,
        progress: &mut dyn FnMut(Length, Length),
        prepare: impl Fn(Length, Vec<Entries>) -> P + Sync,
        mut take: impl FnMut(P) -> Result<(), ReplayError>,
    ) -> Result<(), ReplayError> {
        let make = |Range { start, end }| Made::of(self.pages(start, end), start, &prepare);
        let taken = |stretch: Range<Length>, made: Made<P>| {
            made.taken(&mut take)?;
            if stretch.end.0.is_multiple_of(65_536) {
                progress(stretch.end, until);
            }
            Ok(())
        };
        if until.0.saturating_sub(from.0) < AHEAD_FROM {
            pass::alone(from..until, make, taken)
        } else {
            pass::shared(from..until, make, taken)
        }
    }

    /// The pages that hold these entries, in order; ends with what cannot be read.
    fn pages(
        &self,
        from: Length,
        until: Length,
    ) -> impl Iterator<Item = Result<Entries, ReplayError>> + Send {
        let mut next = from;
        std::iter::from_fn(move || {
            if next >= until {
                return None;
            }
            let sequence = next.next_sequence();
            let page = self.store.read(sequence, PAGE.min((until.0 - next.0) as usize));
            let page = page.map_err(ReplayError::from).and_then(|page| match page.is_empty() {
                true => Err(ReplayError::Damaged { sequence, what: "it is missing".to_owned() }),
                false => Ok(page),
            });
            next = page.as_ref().map_or(until, |page| Length(next.0 + page.len() as u64));
            Some(page)
        })
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

/// The event of an entry, if those of its kind are wanted.
fn wanted(
    sequence: Sequence,
    bytes: &[u8],
    wants: impl Fn(EventKind) -> bool,
) -> Result<Option<Box<Recorded>>, ReplayError> {
    let kind = Outline::type_of(bytes).and_then(EventKind::of_type);
    // What is not plain or not known is decoded, which says what is wrong with it.
    if !kind.is_none_or(wants) {
        return Ok(None);
    }
    let recorded = recorded_trusted(bytes).map_err(|e| ReplayError::record(sequence, &e))?;
    Ok(Some(Box::new(recorded)))
}
