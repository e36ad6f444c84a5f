//! The first half of an audit: each entry read from the store, its spelling, its links and its schema.
//!
//! The links are checked here anew, from the attributes and the BLAKE3 hash of each entry's bytes, taken a page at a time;
//! nothing is shared with the code that wrote them. Data that decodes into the event's type, from bytes in their one
//! spelling, is what the schema of that type allows (a test holds that against the schemas); so no schema is interpreted.
//! An attestation is held against where the histories end here. Left out: the rules, which `again.rs` asks.

use std::borrow::Cow;
use std::sync::Arc;

use hashbrown::HashMap;
use ledger_core::assessment::event::SubjectsAttested;
use ledger_core::assessment::{Ends, Event, EventKind, Recorded};
use ledger_core::log::{AuthType, Entry, EventId, Followed, Head, Plain};
use ledger_core::recorded_plain;
use ledger_core::values::{Hash, Length, Sequence, SubjectVersion, Timestamp};
use smol_str::SmolStr;

use super::finding::{Fault, FoundBy};

/// Of an entry what the other threads ask for. Short texts lie in place: an entry has one allocation to be handed over.
pub(super) struct Attributes {
    pub(super) sequence: Sequence,
    pub(super) id: EventId,
    pub(super) event_type: Cow<'static, str>,
    pub(super) subject: SmolStr,
    pub(super) time: Timestamp,
    pub(super) recorded_time: Timestamp,
    pub(super) command_hash: Hash,
    pub(super) auth_type: AuthType,
    pub(super) auth_id: SmolStr,
    pub(super) correlation: Option<SmolStr>,
    pub(super) causation: Option<EventId>,
    /// Of a founding alone, which says how its ledger is called.
    pub(super) source: Option<String>,
    pub(super) data: Vec<u8>,
}

impl Attributes {
    fn of(entry: &Plain<'_>, recorded: Option<&Recorded>) -> Self {
        let known = recorded.map(|recorded| Cow::Borrowed(recorded.event.event_type()));
        let founds = recorded.is_some_and(|recorded| recorded.event.kind() == EventKind::LogFounded);
        Attributes {
            sequence: entry.sequence,
            id: entry.id,
            event_type: known.unwrap_or_else(|| Cow::Owned(entry.event_type.to_owned())),
            subject: entry.subject.into(),
            time: entry.time,
            recorded_time: entry.recorded_time,
            command_hash: entry.command_hash,
            auth_type: entry.auth_type,
            auth_id: entry.auth_id.into(),
            correlation: entry.correlation.map(SmolStr::new),
            causation: entry.causation,
            source: founds.then(|| entry.source.to_owned()),
            data: entry.data.to_vec(),
        }
    }
}

/// An entry that is linked, and what was found on the way.
pub(super) struct Read {
    pub(super) entry: Attributes,
    /// What it records; none where the data fits no schema.
    pub(super) recorded: Option<Arc<Recorded>>,
    /// Where the histories ended before it, if it attests that.
    pub(super) ends: Option<Ends>,
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
}

impl Reading {
    /// The head after the last entry that was read.
    pub(super) fn head(&self) -> Head {
        self.chain.head
    }

    /// Takes the next entry's bytes, and their BLAKE3 hash.
    pub(super) fn take(&mut self, bytes: &[u8], hash: Hash) -> Step {
        let at = self.chain.head.length.next_sequence();
        let broken = |code, expected: &str, found: String| {
            Step::Broken(at, Fault::new(FoundBy::Bytes, code, expected, found))
        };
        match Plain::of(bytes) {
            Some(plain) => self.follow(&plain, hash),
            None => match Entry::decode(bytes) {
                Ok(entry) => self.follow(&entry.borrowed(), hash),
                Err(error) => broken("not_an_entry", "an entry in its one spelling", error.to_string()),
            },
        }
    }

    /// Takes the next entry, whose bytes have this hash.
    fn follow(&mut self, entry: &Plain<'_>, hash: Hash) -> Step {
        let attests = EventKind::of_type(entry.event_type) == Some(EventKind::SubjectsAttested);
        let ends = attests.then(|| self.chain.ends());
        if let Err(fault) = self.chain.link(entry, hash) {
            return Step::Broken(self.chain.head.length.next_sequence(), fault);
        }
        let mut faults = Vec::new();
        let recorded = match recorded_plain(entry) {
            Ok(recorded) => Some(Arc::new(recorded)),
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
        if let Err(fault) = self.chain.of_this_ledger(entry) {
            faults.push(fault);
        }
        faults.extend(recorded.as_ref().and_then(|recorded| falsely_attested(recorded, ends)));
        let entry = Attributes::of(entry, recorded.as_deref());
        Step::Read(Box::new(Read { entry, recorded, ends, faults }))
    }
}

/// How an attestation differs from where the histories ended before it.
fn falsely_attested(recorded: &Recorded, ends: Option<Ends>) -> Option<Fault> {
    let (Event::SubjectsAttested(event), Some(Ends { root, subjects })) = (&recorded.event, ends) else {
        return None;
    };
    let true_one = SubjectsAttested { root, size: recorded.sequence.get(), subjects };
    let said = |event: &SubjectsAttested| {
        format!("root {} over {} subjects of {} entries", event.root, event.subjects, event.size)
    };
    let fault = || Fault::new(FoundBy::Bytes, "attestation_false", said(&true_one), said(event));
    (true_one != *event).then(fault)
}

/// Where the next entry must stand.
struct Chain {
    head: Head,
    recorded: Option<Timestamp>,
    source: String,
    subjects: HashMap<SmolStr, (SubjectVersion, Sequence)>,
    ends: Followed,
}

impl Default for Chain {
    fn default() -> Self {
        Chain {
            head: Head::EMPTY,
            recorded: None,
            source: String::new(),
            subjects: HashMap::new(),
            ends: Followed::default(),
        }
    }
}

impl Chain {
    /// Accepts the next entry, or says how it does not follow.
    fn link(&mut self, entry: &Plain<'_>, hash: Hash) -> Result<(), Fault> {
        let broken =
            |code, expected: String, found: String| Err(Fault::new(FoundBy::Bytes, code, expected, found));
        let at = self.head.length.next_sequence();
        if entry.sequence != at {
            return broken("sequence_wrong", at.to_string(), entry.sequence.to_string());
        }
        if entry.prev != self.head.hash {
            return broken("chain_broken", self.head.hash.to_string(), entry.prev.to_string());
        }
        if let Some(before) = self.recorded.filter(|before| entry.recorded_time.micros() < before.micros()) {
            return broken("time_backwards", format!("{before} or later"), entry.recorded_time.to_string());
        }
        self.follow_subject(entry)?;
        self.recorded = Some(entry.recorded_time);
        self.head = Head { length: Length(at.get() + 1), hash };
        Ok(())
    }

    /// The entry is the next one of its subject's history.
    fn follow_subject(&mut self, entry: &Plain<'_>) -> Result<(), Fault> {
        let found = (entry.subject_version.get(), entry.subject_prev);
        let next = (entry.subject_version, entry.sequence);
        let last = self.subjects.get_mut(entry.subject);
        let expected =
            last.as_ref().map_or((1, None), |(version, before)| (version.get() + 1, Some(*before)));
        if found != expected {
            let place = |(version, before): (u32, Option<Sequence>)| {
                let before = before.map_or("none".to_owned(), |before| before.to_string());
                format!("version {version} of {} after entry {before}", entry.subject)
            };
            let code = "subject_history_broken";
            return Err(Fault::new(FoundBy::Bytes, code, place(expected), place(found)));
        }
        match last {
            Some(last) => *last = next,
            None => drop(self.subjects.insert(entry.subject.into(), next)),
        }
        Ok(())
    }

    /// Where the histories end so far.
    fn ends(&mut self) -> Ends {
        let endings =
            self.subjects.iter().map(|(subject, (version, last))| (subject.as_str(), *version, *last));
        let attested = self.ends.at(self.head.length, endings);
        Ends { root: attested.root(), subjects: attested.subjects() }
    }

    fn of_this_ledger(&mut self, entry: &Plain<'_>) -> Result<(), Fault> {
        if self.source.is_empty() {
            entry.source.clone_into(&mut self.source);
        }
        if self.source == entry.source {
            return Ok(());
        }
        Err(Fault::new(FoundBy::Bytes, "source_differs", self.source.clone(), entry.source))
    }
}
