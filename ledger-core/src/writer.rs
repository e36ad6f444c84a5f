//! The writer: decides requests one after another and gathers their entries into a round.
//!
//! One thread owns it. Within a round each event is applied at once to its own state, which nobody else sees;
//! [`Writer::take_round`] hands over what is to be appended as one commit. If that fails the state no longer
//! matches the log and the writer must be dropped. Left out: storing, waiting and answering, which are
//! `ledger.rs`.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use hashbrown::HashMap;
use smol_str::format_smolstr;

use crate::assessment::codes::{Origin, Subject, documents};
use crate::assessment::event::ClockKind;
use crate::assessment::{
    Author, Citation, Context, Ends, Event, Histories, IllegalHistory, Planned, Recorded, Rejection, Request,
    State, decide, references,
};
use crate::decoded::Decoded;
use crate::environment::Clock;
use crate::line::canonical_command;
use crate::log::{
    AuthType, CommandId, Entry, EntryError, EventId, Followed, Link, Plain, VerifierKey, canonical, hashes,
};
use crate::recent::Recent;
use crate::record::{RecordError, recorded};
use crate::remembered::{CAPACITY, Remembered, RememberedIds, RememberedSnapshot};
use crate::store::{Batch, ReadError, Store, Vault};
use crate::uncited::Uncited;
use crate::values::{Hash, Length, Sequence, SubjectVersion, Timestamp};

/// The clock may lie this far behind the last entry and is then clamped to it.
const CLOCK_TOLERANCE_MICROS: i64 = 5_000_000;
/// A command id may carry a time this far ahead of the clock.
const ID_AHEAD_MILLIS: i64 = 5 * 60 * 1000;

/// What the ledger answers once a command is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The command.
    pub id: CommandId,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// Its entries, in order; at least one.
    pub entries: Vec<Written>,
    /// Whether the command was recorded earlier and nothing was added now.
    pub repeated: bool,
}

/// An entry that a command caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Position in the log.
    pub sequence: Sequence,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// The event's type.
    pub event_type: &'static str,
    /// Whose history it belongs to.
    pub subject: Subject,
    /// Position in that history.
    pub subject_version: SubjectVersion,
}

impl Written {
    /// That of an event whose entry hashes to `hash`.
    pub fn of(recorded: &Recorded, hash: Hash) -> Self {
        Written {
            sequence: recorded.sequence,
            hash,
            event_type: recorded.event.event_type(),
            subject: recorded.subject.clone(),
            subject_version: recorded.subject_version,
        }
    }
}

/// Why a request has no receipt: it may not be done, or the log could not be read to find out.
#[derive(Debug)]
pub(crate) enum Refusal {
    Rejected(Rejection),
    Unreadable(String),
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        Refusal::Rejected(rejection)
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        Refusal::Unreadable(error.to_string())
    }
}

impl From<RecordError> for Refusal {
    fn from(error: RecordError) -> Self {
        Refusal::Unreadable(error.to_string())
    }
}

impl From<EntryError> for Refusal {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::TooLarge { bytes } => Refusal::Rejected(Rejection::EntryTooLarge { bytes }),
            other => Refusal::Unreadable(other.to_string()),
        }
    }
}

impl From<canonical::NotCanonical> for Refusal {
    fn from(_: canonical::NotCanonical) -> Self {
        Refusal::Rejected(Rejection::OutcomeUnfit {
            what: "a number lies beyond 2^53 - 1: state a smaller one",
        })
    }
}

/// A request, and what can be known of it before it is decided: made on the caller's thread, so that the decider has
/// less to do.
pub(crate) struct Prepared {
    request: Request,
    command_hash: Result<Hash, canonical::NotCanonical>,
    /// The documents it names.
    documents: Vec<Hash>,
}

impl Prepared {
    /// Each of these, in their order; the commands are hashed side by side.
    pub(crate) fn all(requests: Vec<Request>) -> Vec<Self> {
        let spelled: Vec<_> = requests.iter().map(canonical_command).collect();
        let commands: Vec<&[u8]> =
            spelled.iter().map(|command| command.as_deref().unwrap_or_default()).collect();
        let prepared = requests.into_iter().zip(&spelled).zip(&commands).zip(hashes(&commands));
        prepared
            .map(|(((request, spelled), command), hash)| {
                let documents = documents(std::str::from_utf8(command).unwrap_or_default()).collect();
                let command_hash = spelled.as_ref().map(|_| hash).map_err(Clone::clone);
                Prepared { request, command_hash, documents }
            })
            .collect()
    }
}

/// What a round adds: the batch to append to a log of length `expected`, and the documents to destroy once it is
/// durable.
pub(crate) struct Round {
    pub expected: Length,
    pub batch: Arc<Batch>,
    pub erased: Vec<Hash>,
    /// The key it introduces, the last one if there are several.
    pub introduced: Option<VerifierKey>,
}

/// Where cited entries were found, counted.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    decoded: AtomicU64,
    recent: AtomicU64,
    store: AtomicU64,
}

/// Where cited entries were found since the ledger was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LookUps {
    /// Among the events written or cited lately, which are kept decoded.
    pub decoded: u64,
    /// Among the newest entries' bytes, which are kept in memory.
    pub recent: u64,
    /// In the store: a page read and decompressed for each.
    pub store: u64,
}

impl Counted {
    pub(crate) fn now(&self) -> LookUps {
        LookUps {
            decoded: self.decoded.load(Relaxed),
            recent: self.recent.load(Relaxed),
            store: self.store.load(Relaxed),
        }
    }
}

/// When a command's events happened and when they are recorded.
#[derive(Clone, Copy)]
struct Times {
    happened: Timestamp,
    recorded: Timestamp,
}

/// An entry that was given its place and its bytes.
struct Spelled {
    sequence: Sequence,
    subject_version: SubjectVersion,
    bytes: Vec<u8>,
    hash: Hash,
}

/// How entries name the ledger that wrote them.
fn source_of(origin: &Origin) -> String {
    format!("https://{origin}")
}

/// An event's own fields, as they stand in its entry.
fn spelled_data(event: &Event) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::with_capacity(256);
    canonical::spell(&event.fields(), &mut bytes)?;
    Ok(bytes)
}

/// Where the histories of the log end, the round being gathered included.
#[derive(Debug)]
struct Linked<'w> {
    link: &'w Link,
    ends: RefCell<&'w mut Followed>,
}

impl Histories for Linked<'_> {
    fn ends_after(&self, planned: &[Planned]) -> Ends {
        let mut ends = self.ends.borrow_mut();
        let attested = ends.after(self.link, planned.iter().map(|planned| planned.subject.as_str()));
        Ends { root: attested.root(), subjects: attested.subjects() }
    }
}

/// The writer's state: the log so far, and the round being gathered.
pub(crate) struct Writer {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    pub(crate) state: State,
    pub(crate) link: Link,
    ends: Followed,
    pub(crate) remembered: RememberedIds,
    pub(crate) uncited: Arc<Uncited>,
    source: String,
    clock_kind: ClockKind,
    decoded: Decoded,
    recent: Recent,
    look_ups: Arc<Counted>,
    pending: Vec<Vec<u8>>,
    pending_bytes: usize,
    erased: Vec<Hash>,
    introduced: Option<VerifierKey>,
}

impl Writer {
    pub(crate) fn new(store: Arc<dyn Store>, vault: Arc<dyn Vault>, clock: Arc<dyn Clock>) -> Self {
        Writer {
            store,
            vault,
            clock,
            state: State::default(),
            link: Link::default(),
            ends: Followed::default(),
            remembered: RememberedIds::new(CAPACITY),
            uncited: Arc::default(),
            source: String::new(),
            clock_kind: ClockKind::System,
            decoded: Decoded::default(),
            recent: Recent::default(),
            look_ups: Arc::default(),
            pending: Vec::new(),
            pending_bytes: 0,
            erased: Vec::new(),
            introduced: None,
        }
    }

    /// The same writer as it was at a snapshot.
    pub(crate) fn knowing(self, state: State, link: Link, ids: RememberedSnapshot<'_>) -> Self {
        let founded = state.founded();
        let source = founded.map_or(String::new(), |founded| source_of(&founded.origin));
        let clock_kind = founded.map_or(self.clock_kind, |founded| founded.clock);
        let remembered = RememberedIds::restore(CAPACITY, ids);
        Writer { state, link, remembered, source, clock_kind, ..self }
    }

    /// Takes an entry that is in the log already. The same steps as for a new one.
    pub(crate) fn replay(&mut self, bytes: &[u8]) -> Result<(), String> {
        let entry = Entry::decode(bytes).map_err(|e| e.to_string())?;
        let recorded = recorded(&entry).map_err(|e| e.to_string())?;
        self.link.extend(&entry, Hash::of(bytes)).map_err(|e| e.to_string())?;
        self.remembered.add(entry.id.command, entry.sequence);
        self.learn(&recorded).map_err(|e| e.to_string())
    }

    fn learn(&mut self, recorded: &Recorded) -> Result<(), IllegalHistory> {
        self.state.apply(recorded)?;
        if let Event::LogFounded(founded) = &recorded.event {
            self.source = source_of(&founded.origin);
            self.clock_kind = founded.clock;
        }
        Ok(())
    }

    /// How much the round holds.
    pub(crate) fn round_bytes(&self) -> usize {
        self.pending_bytes
    }

    /// Takes what the round holds; none if it adds nothing.
    pub(crate) fn take_round(&mut self) -> Option<Round> {
        if self.pending.is_empty() {
            return None;
        }
        let expected = self.handed_over();
        self.pending_bytes = 0;
        let entries = std::mem::take(&mut self.pending);
        let batch = Arc::new(Batch { entries, head: self.link.head() });
        self.recent.push(expected, batch.clone());
        let erased = std::mem::take(&mut self.erased);
        Some(Round { expected, batch, erased, introduced: self.introduced.take() })
    }

    /// How many entries are in the log or on their way there: all but those of the round being gathered.
    fn handed_over(&self) -> Length {
        Length(self.link.head().length.0 - self.pending.len() as u64)
    }

    /// Where cited entries were found so far.
    pub(crate) fn look_ups(&self) -> Arc<Counted> {
        self.look_ups.clone()
    }

    /// The first entries of a log: its founding, and what goes with it.
    pub(crate) fn found(
        &mut self,
        id: CommandId,
        recorded_time: Timestamp,
        founding: Planned,
        further: Option<Planned>,
    ) -> Result<Receipt, Refusal> {
        if let Event::LogFounded(founded) = &founding.event {
            self.source = source_of(&founded.origin);
        }
        let command_hash = Hash::of(&spelled_data(&founding.event)?);
        let planned = [founding].into_iter().chain(further).collect();
        self.write(id, Times { happened: recorded_time, recorded: recorded_time }, command_hash, planned)
    }

    /// Decides one request that was prepared. A receipt says what the round will add once it is durable; after a refusal the round
    /// is as it was.
    pub(crate) fn take(&mut self, prepared: &Prepared) -> Result<Receipt, Refusal> {
        let Prepared { request, command_hash, documents } = prepared;
        let command_hash = command_hash.clone()?;
        self.check_recorded_time(request)?;
        if let Some(known) = self.remembered.get(request.id) {
            return self.repeat(request.id, known, command_hash);
        }
        let recorded_time = self.recorded_time(request)?;
        self.check_id(request.id, recorded_time)?;
        for (subject, expected) in &request.expected_subject_version {
            let actual = self.link.subject(subject.as_str()).map_or(0, |(version, _)| version.get());
            if actual != *expected {
                let (subject, expected) = (subject.clone(), *expected);
                return Err(Rejection::ExpectedVersionUnmet { subject, expected, actual }.into());
            }
        }
        let cited = self.fetch(&references(&request.command))?;
        let missing_document = documents.iter().copied().find(|document| !self.holds(document));
        let context = Context {
            recorded_time,
            next: self.link.head().length.next_sequence(),
            cited: &cited,
            missing_document,
            histories: &Linked { link: &self.link, ends: RefCell::new(&mut self.ends) },
        };
        let planned = decide(&self.state, request, &context)?;
        let times = Times { happened: request.time.unwrap_or(recorded_time), recorded: recorded_time };
        let receipt = self.write(request.id, times, command_hash, planned)?;
        self.uncited.cited(documents);
        Ok(receipt)
    }

    /// Whether a command may cite it. One whose erasure is decided is still there until that is committed, and may have
    /// been put again before.
    fn holds(&self, document: &Hash) -> bool {
        !self.state.is_erased(document)
            && (self.uncited.has(document) || self.vault.holds(document).is_some())
    }

    fn check_recorded_time(&self, request: &Request) -> Result<(), Rejection> {
        match (self.clock_kind, request.recorded_time) {
            (ClockKind::Simulated, None) => Err(Rejection::RecordedTimeRequired {}),
            (ClockKind::System, Some(stated)) => Err(Rejection::RecordedTimeRefused { stated }),
            (ClockKind::Simulated, Some(_)) | (ClockKind::System, None) => Ok(()),
        }
    }

    /// The time to record: the clock's, or the one stated; never before the last entry's.
    fn recorded_time(&self, request: &Request) -> Result<Timestamp, Rejection> {
        let clock = request.recorded_time.unwrap_or_else(|| self.clock.now());
        match self.link.recorded_time() {
            Some(last) if clock < last => {
                if last.micros() - clock.micros() <= CLOCK_TOLERANCE_MICROS {
                    return Ok(last);
                }
                Err(Rejection::ClockBehind { clock, last })
            }
            _ => Ok(clock),
        }
    }

    fn check_id(&self, id: CommandId, clock: Timestamp) -> Result<(), Rejection> {
        if self.remembered.may_be_forgotten(id) {
            return Err(Rejection::CommandIdTooOld { id });
        }
        if id.millis() > clock.millis() + ID_AHEAD_MILLIS {
            return Err(Rejection::CommandIdAhead { id, clock });
        }
        Ok(())
    }

    /// The first receipt again, if the content is the same.
    fn repeat(&self, id: CommandId, known: Remembered, command_hash: Hash) -> Result<Receipt, Refusal> {
        let mut entries = Vec::new();
        let mut recorded_time = Timestamp::EPOCH;
        for at in 0..u64::from(known.count) {
            let sequence = Sequence::new(known.first.get() + at);
            let (entry, hash) =
                self.with_bytes(sequence, |bytes| Ok((Entry::decode_trusted(bytes)?, Hash::of(bytes))))?;
            if entry.command_hash != command_hash {
                return Err(Rejection::CommandIdReused { id, sequence }.into());
            }
            recorded_time = entry.recorded_time;
            entries.push(Written::of(&recorded(&entry)?, hash));
        }
        Ok(Receipt { id, recorded_time, entries, repeated: true })
    }

    /// The cited entries, as far as they exist: from the round being gathered, else from the store.
    fn fetch(&mut self, citations: &[Citation]) -> Result<HashMap<Citation, Arc<Recorded>>, Refusal> {
        let mut found = HashMap::with_capacity(citations.len());
        for citation in citations {
            let Some(sequence) = self.locate(*citation) else { continue };
            if found.contains_key(citation) || !self.link.head().length.contains(sequence) {
                continue;
            }
            found.insert(*citation, self.event_at(sequence)?);
        }
        Ok(found)
    }

    fn event_at(&mut self, sequence: Sequence) -> Result<Arc<Recorded>, Refusal> {
        if let Some(known) = self.decoded.get(sequence) {
            self.look_ups.decoded.fetch_add(1, Relaxed);
            return Ok(known);
        }
        let entry = self.with_bytes(sequence, |bytes| Ok(Entry::decode_trusted(bytes)?))?;
        let event = Arc::new(recorded(&entry)?);
        self.decoded.put(event.clone());
        Ok(event)
    }

    fn locate(&self, citation: Citation) -> Option<Sequence> {
        match citation {
            Citation::Sequence(sequence) => Some(sequence),
            Citation::Event(EventId { command, ordinal }) => {
                let known = self.remembered.get(command)?;
                (1..=known.count)
                    .contains(&ordinal)
                    .then(|| Sequence::new(known.first.get() + u64::from(ordinal) - 1))
            }
        }
    }

    /// Reads the bytes of an entry: from the round being gathered, from the newest, else from the store.
    fn with_bytes<T>(
        &self,
        sequence: Sequence,
        read: impl Fn(&[u8]) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let pending =
            sequence.get().checked_sub(self.handed_over().0).and_then(|at| usize::try_from(at).ok());
        if let Some(bytes) = pending.and_then(|at| self.pending.get(at)) {
            self.look_ups.recent.fetch_add(1, Relaxed);
            return read(bytes);
        }
        if let Some(bytes) = self.recent.get(sequence) {
            self.look_ups.recent.fetch_add(1, Relaxed);
            return read(bytes);
        }
        self.look_ups.store.fetch_add(1, Relaxed);
        match self.store.read(sequence, 1)?.first() {
            Some(bytes) => read(bytes),
            None => Err(Refusal::Unreadable(format!("entry {sequence} is not in the log"))),
        }
    }

    /// Spells the events, links them, and only when all fit lets state and round have them.
    fn write(
        &mut self,
        id: CommandId,
        times: Times,
        command_hash: Hash,
        planned: Vec<Planned>,
    ) -> Result<Receipt, Refusal> {
        // An event's ordinal has 16 bits.
        let Ok(count) = u16::try_from(planned.len()) else {
            let what = "it causes more than 65,535 events: ask for less at once";
            return Err(Rejection::OutcomeUnfit { what }.into());
        };
        let mark = self.link.mark(planned.iter().map(|event| event.subject.as_str()));
        let mut spelled = Vec::with_capacity(planned.len());
        for (ordinal, planned) in (1..=count).zip(&planned) {
            match self.spell(EventId { command: id, ordinal }, times, command_hash, planned) {
                Ok(one) => spelled.push(one),
                Err(refusal) => {
                    self.link.restore(mark);
                    return Err(refusal);
                }
            }
        }
        let first = self.link.head().length.0 - spelled.len() as u64;
        let mut written = Vec::with_capacity(planned.len());
        for (planned, Spelled { sequence, subject_version, bytes, hash }) in planned.into_iter().zip(spelled)
        {
            let Planned { subject, author, event, .. } = planned;
            let Times { happened: time, recorded: recorded_time } = times;
            let recorded =
                Recorded { sequence, subject, subject_version, time, recorded_time, author, event };
            written.push(Written::of(&recorded, hash));
            self.record(recorded)?;
            self.pending_bytes += bytes.len();
            self.pending.push(bytes);
        }
        self.remembered.add_new(id, Remembered { first: Sequence::new(first), count });
        Ok(Receipt { id, recorded_time: times.recorded, entries: written, repeated: false })
    }

    /// Lets state and memory have an event that is in the round.
    fn record(&mut self, recorded: Recorded) -> Result<(), Refusal> {
        match &recorded.event {
            Event::DocumentErased(erased) => self.erased.push(erased.commitment),
            Event::KeyIntroduced(introduced) => self.introduced = Some(introduced.key.clone()),
            _ => {}
        }
        // `decide` never returns what `apply` refuses; a test holds it to that over random histories.
        self.learn(&recorded).map_err(|illegal| Refusal::Unreadable(illegal.to_string()))?;
        self.decoded.put(Arc::new(recorded));
        Ok(())
    }

    /// Spells an event as the entry that comes next, and links it.
    fn spell(
        &mut self,
        id: EventId,
        times: Times,
        command_hash: Hash,
        planned: &Planned,
    ) -> Result<Spelled, Refusal> {
        let data = spelled_data(&planned.event)?;
        let full = || Rejection::HistoryFull { subject: planned.subject.clone() };
        let place = self.link.next(planned.subject.as_str(), times.happened, times.recorded);
        let place = place.ok_or_else(full)?;
        let (auth_type, auth_id) = match &planned.author {
            Author::Actor(actor) => (AuthType::Unknown, actor.as_str()),
            Author::System => (AuthType::System, "system"),
        };
        let correlation = planned.assessment.map(|assessment| format_smolstr!("{assessment}"));
        let bytes = Plain {
            sequence: place.sequence,
            id,
            event_type: planned.event.event_type(),
            subject: place.subject,
            subject_version: place.subject_version,
            subject_prev: place.subject_prev,
            time: place.time,
            recorded_time: place.recorded_time,
            source: &self.source,
            prev: place.prev,
            command_hash,
            auth_type,
            auth_id,
            correlation: correlation.as_deref(),
            causation: (id.ordinal > 1).then_some(EventId { ordinal: 1, ..id }),
            data: &data,
        }
        .spelled()?;
        let hash = Hash::of(&bytes);
        self.link.accept(&place, hash).map_err(|error| Refusal::Unreadable(error.to_string()))?;
        Ok(Spelled { sequence: place.sequence, subject_version: place.subject_version, bytes, hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::codes::ActorId;
    use crate::assessment::event::ActorRevoked;
    use crate::environment::Environment;
    use crate::store::{MemoryStore, MemoryVault};

    /// No command causes so many today; of one that did, two events would have one name.
    #[test]
    fn more_events_than_ordinals_are_refused() {
        let actor = "assessor-1".parse::<ActorId>().expect("an id");
        let planned = Planned {
            subject: "actor/assessor-1".parse().expect("a subject"),
            author: Author::System,
            assessment: None,
            event: ActorRevoked { actor, reason: None }.into(),
        };
        let clock = Environment::system().clock;
        let mut writer = Writer::new(Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()), clock);
        let at = Timestamp::EPOCH;
        let (id, times) = (CommandId::from_parts(at, [0; 10]), Times { happened: at, recorded: at });
        let refused =
            writer.write(id, times, Hash::of(b"x"), vec![planned; 65_536]).map_err(|it| format!("{it:?}"));
        assert!(refused.as_ref().is_err_and(|why| why.contains("more than 65,535 events")), "{refused:?}");
        assert!(writer.take_round().is_none() && writer.remembered.get(id).is_none());
    }
}
