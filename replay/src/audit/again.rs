//! The second half of an audit: every command rebuilt from its events and decided again, with what was known then.
//!
//! The rules are those that wrote the log. Whatever they would have refused, written otherwise or added is a finding, so
//! every precondition of every decision is checked at its time, and every consequence of the ledger's own. The state is
//! folded from the first entry on; no snapshot is looked at. Left out: bytes and links (`read.rs`), and the check that
//! does not trust the rules (`recount`).

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashMap;
use ledger_core::assessment::codes::{ActorId, Subject, documents};
use ledger_core::assessment::event::{ActorEnrolled, ClockKind, LogFounded};
use ledger_core::assessment::roles::Role;
use ledger_core::assessment::{
    Author, Citation, Context, Ends, Event, EventKind, Histories, Planned, Recorded, Rejection, Request,
    State, decide, references,
};
use ledger_core::log::{Algorithm, EventId, TreeHash};
use ledger_core::store::Store;
use ledger_core::values::{Hash, Sequence, Timestamp};

use super::cited::{Cited, CitedEntries};
use super::differences::differing;
use super::finding::{Fault, FoundBy};
use super::ids::Ids;
use super::read::Read;
use super::rebuild::is_tidied;
use super::spelling::{Given, Spellings, possible};

/// What was done, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Done {
    pub(super) commands: u64,
    pub(super) decided: u64,
    pub(super) reproduced: u64,
}

/// Faults with the entries they are at.
pub(super) type Found = Vec<(Sequence, Fault)>;

/// The rules, asked again.
#[derive(Debug)]
pub(super) struct Again {
    state: State,
    cited: CitedEntries,
    ids: Ids,
    spellings: Spellings,
    /// Those who may ask for a sweep: a sweep's entries do not say who did.
    analysts: BTreeSet<ActorId>,
    clock: ClockKind,
    recorded_before: Option<Timestamp>,
    pub(super) done: Done,
}

impl Again {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Again {
            state: State::default(),
            cited: CitedEntries::over(store),
            ids: Ids::default(),
            spellings: Spellings::default(),
            analysts: BTreeSet::new(),
            clock: ClockKind::System,
            recorded_before: None,
            done: Done::default(),
        }
    }

    /// What the rules know after the last command.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Takes the entries of the next command.
    pub(super) fn take(&mut self, entries: Vec<Read>, found: &mut Found) {
        let Some(first) = entries.first() else { return };
        self.done.commands += 1;
        let at = first.entry.sequence;
        let recorded_time = first.entry.recorded_time;
        found.extend(self.ids.take(first.entry.id.command, recorded_time).map(|fault| (at, fault)));
        found.extend(torn(&entries));
        if self.clock == ClockKind::System && self.recorded_before == Some(recorded_time) {
            found.push((at, notice("clock_clamped", recorded_time.to_string())));
        }
        self.recorded_before = Some(recorded_time);
        let events: Option<Vec<&Recorded>> = entries.iter().map(|read| read.recorded.as_deref()).collect();
        if let Some(events) = events {
            let fault = match &events[0].event {
                Event::LogFounded(founded) => founding(founded, &entries, &events),
                _ => self.decided(&entries, &events),
            };
            found.extend(fault);
        }
        for read in &entries {
            self.apply(read, found);
        }
    }

    fn apply(&mut self, read: &Read, found: &mut Found) {
        self.cited.push(read.entry.id, read.recorded.clone());
        let Some(recorded) = &read.recorded else { return };
        let at = recorded.sequence;
        if let Err(illegal) = self.state.apply(recorded) {
            let expected = format!("a {} that follows from what stands before it", recorded.event.name());
            found.push((at, Fault::new(FoundBy::DecidedAgain, "illegal_history", expected, illegal.what)));
        }
        self.learn(recorded);
        if recorded.time < recorded.recorded_time && is_late(recorded) {
            found.push((at, notice("recorded_late", format!("it happened at {}", recorded.time))));
        }
        if let Event::EvidenceRequested(event) = &recorded.event
            && event.again.is_some()
        {
            found.push((at, notice("asked_again", "a reason was given")));
        }
    }

    /// What the state knows but not quickly.
    fn learn(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::LogFounded(event) => self.clock = event.clock,
            Event::ActorEnrolled(ActorEnrolled { roles, .. }) => {
                let Ok(actor) = recorded.subject.code().parse::<ActorId>() else { return };
                match roles.contains(&Role::Analyst) {
                    true => self.analysts.insert(actor),
                    false => self.analysts.remove(&actor),
                };
            }
            Event::ActorRevoked(event) => drop(self.analysts.remove(&event.actor)),
            _ => {}
        }
    }

    /// Decides a command again; says the first thing that is not as the rules have it, and a hash that stays unknown.
    fn decided(&mut self, entries: &[Read], events: &[&Recorded]) -> Found {
        self.done.decided += 1;
        let first = events[0];
        let givers: Vec<ActorId> = match &first.author {
            Author::Actor(actor) => vec![actor.clone()],
            // A sweep: whichever analyst asked for it.
            Author::System if first.event.kind() == EventKind::AssessmentTriggered => {
                self.analysts.iter().cloned().collect()
            }
            Author::System => Vec::new(),
        };
        let plain: Vec<&Event> = events.iter().map(|recorded| &recorded.event).collect();
        let given = |actor| Given {
            id: entries[0].entry.id.command,
            actor,
            subject: &first.subject,
            time: first.time,
            recorded_time: first.recorded_time,
            events: &plain,
            hash: entries[0].entry.command_hash,
        };
        let mut fetched = Vec::new();
        let request = givers.iter().find_map(|actor| self.reproduced(&given(actor), &mut fetched));
        let mut found = Vec::new();
        let requests = match request {
            Some(request) => {
                self.done.reproduced += 1;
                vec![request]
            }
            None => {
                found.push((first.sequence, unknown_hash(&first.event, entries[0].entry.command_hash)));
                givers.first().map_or(Vec::new(), |actor| possible(&given(actor)))
            }
        };
        let mut wrong = None;
        for request in &requests {
            match self.judged(request, entries, events, &fetched) {
                Ok(()) => return found,
                Err(fault) => wrong = wrong.or(Some(fault)),
            }
        }
        let nobody = || {
            let fault =
                "an event by the ledger itself follows an actor's, or is a sweep that an analyst asked for";
            (first.sequence, Fault::new(FoundBy::DecidedAgain, "author_unfit", fault, first.event.name()))
        };
        found.push(wrong.unwrap_or_else(nobody));
        found
    }

    fn reproduced(&mut self, given: &Given<'_>, fetched: &mut Vec<Cited>) -> Option<Request> {
        let cited = &mut self.cited;
        self.spellings.reproduced(given, &mut |sequence| {
            let entry = cited.get(sequence)?;
            let id = entry.id;
            fetched.push(entry);
            Some(id)
        })
    }

    /// Whether the rules make of this request what was recorded.
    fn judged(
        &mut self,
        request: &Request,
        entries: &[Read],
        events: &[&Recorded],
        fetched: &[Cited],
    ) -> Result<(), (Sequence, Fault)> {
        let mut cited = HashMap::new();
        for citation in references(&request.command) {
            let entry = match citation {
                Citation::Sequence(sequence) => self.cited.get(sequence),
                // Whatever is cited by id was fetched to learn the id. A command cites few entries.
                Citation::Event(id) => fetched.iter().find(|entry| entry.id == id).cloned(),
            };
            cited.extend(entry.map(|entry| (citation, entry.recorded)));
        }
        let context = Context {
            recorded_time: events[0].recorded_time,
            next: events[0].sequence,
            cited: &cited,
            missing_document: self.erased_before(entries),
            histories: &AsRead(entries.iter().find_map(|read| read.ends)),
        };
        match decide(&self.state, request, &context) {
            Ok(planned) => differing(&planned, entries, events),
            Err(rejection) => Err((events[0].sequence, refused(events[0], &rejection))),
        }
    }

    /// A document that the command cites although it was erased before.
    fn erased_before(&self, entries: &[Read]) -> Option<Hash> {
        // Mostly nothing was erased, and no text need be searched.
        self.state.erased().next()?;
        let texts = entries.iter().filter_map(|read| std::str::from_utf8(&read.entry.data).ok());
        texts.flat_map(documents).find(|document| self.state.is_erased(document))
    }
}

/// Where the histories ended at the attestation among a command's entries, if there is one.
#[derive(Debug)]
struct AsRead(Option<Ends>);

impl Histories for AsRead {
    fn ends_after(&self, _: &[Planned]) -> Ends {
        // Where the rules attest and the log does not, that it is missing is the finding.
        self.0.unwrap_or(Ends { root: TreeHash::empty_root(), subjects: 0 })
    }
}

fn notice(code: &'static str, found: impl Into<String>) -> Fault {
    Fault::new(FoundBy::DecidedAgain, code, "", found)
}

/// A hash that no spelling of the command gives: the command was spelled as the log does not keep it, or it was changed.
fn unknown_hash(event: &Event, hash: Hash) -> Fault {
    match is_tidied(event) {
        true => notice("command_not_rebuilt", event.name()),
        false => {
            let expected = format!("the hash of the command that recorded this {}", event.name());
            Fault::new(FoundBy::DecidedAgain, "command_hash_differs", expected, hash.to_string())
        }
    }
}

/// A refusal as a fault.
fn refused(recorded: &Recorded, rejection: &Rejection) -> Fault {
    let expected = format!("a {} that the rules allow", recorded.event.name());
    Fault::new(FoundBy::DecidedAgain, rejection.code(), expected, rejection.to_string())
}

/// The founding has no command: its hash is that of its own data. With it stands nothing but the first key.
fn founding(founded: &LogFounded, entries: &[Read], events: &[&Recorded]) -> Found {
    let fault = |at: usize, code, expected: String, found: String| {
        vec![(events[at].sequence, Fault::new(FoundBy::DecidedAgain, code, expected, found))]
    };
    let entry = &entries[0].entry;
    let hash = Hash::of(&entry.data);
    if hash != entry.command_hash {
        return fault(0, "command_hash_differs", hash.to_string(), entry.command_hash.to_string());
    }
    let source = format!("https://{}", founded.origin);
    if source != entry.source {
        return fault(0, "source_differs", source, entry.source.clone());
    }
    let operator = Author::Actor(founded.operator.clone());
    for (at, recorded) in events.iter().enumerate() {
        if recorded.author != operator {
            return fault(at, "author_unfit", operator.to_string(), recorded.author.to_string());
        }
        let fits = match &recorded.event {
            Event::LogFounded(_) => at == 0,
            Event::KeyIntroduced(event) => {
                let own = event.key.name() == founded.origin.as_str();
                at == 1 && own && event.key.algorithm() == Algorithm::Ed25519
            }
            _ => false,
        };
        if !fits || recorded.subject != Subject::ledger() {
            let expected =
                format!("the founding on ledger, and then at most the first key of {}", founded.origin);
            return fault(
                at,
                "event_differs",
                expected,
                format!("{} on {}", recorded.event.name(), recorded.subject),
            );
        }
    }
    Vec::new()
}

/// How the events of one command do not belong together.
fn torn(entries: &[Read]) -> Found {
    let Some(first) = entries.first().map(|read| &read.entry) else { return Vec::new() };
    let cause = EventId { ordinal: 1, ..first.id };
    let check = |(index, read): (usize, &Read)| {
        let entry = &read.entry;
        let ordinal = u16::try_from(index + 1).unwrap_or(u16::MAX);
        let causation = (index > 0).then_some(cause);
        let what = if entry.id.ordinal != ordinal {
            (format!("event {ordinal} of its command"), entry.id.to_string())
        } else if entry.causation != causation {
            let spelled =
                |id: Option<EventId>| id.map_or("no cause".to_owned(), |id| format!("caused by {id}"));
            (spelled(causation), spelled(entry.causation))
        } else if entry.command_hash != first.command_hash {
            (format!("command hash {}", first.command_hash), entry.command_hash.to_string())
        } else if (entry.time, entry.recorded_time) != (first.time, first.recorded_time) {
            let times = |time: Timestamp, recorded: Timestamp| format!("{time}, recorded {recorded}");
            (times(first.time, first.recorded_time), times(entry.time, entry.recorded_time))
        } else {
            return None;
        };
        Some((entry.sequence, Fault::new(FoundBy::Bytes, "command_split", what.0, what.1)))
    };
    entries.iter().enumerate().filter_map(check).collect()
}

/// Whether it was recorded on a later London day than it happened.
fn is_late(recorded: &Recorded) -> bool {
    use ledger_core::assessment::civil::Date;
    Date::in_london(recorded.time) < Date::in_london(recorded.recorded_time)
}

/// Results that stand and rest on evidence withdrawn since, with whose they are and that evidence.
pub(super) fn resting_on_withdrawn(state: &State) -> Vec<(Subject, Sequence, Sequence)> {
    let mut resting = Vec::new();
    for (subject, _) in state.areas() {
        let results = state.subject(subject).map_or(&[][..], |known| &known.results);
        for kept in results.iter().filter(|kept| kept.withdrawn.is_none()) {
            let detail = state.detail(kept);
            let withdrawn = |item: &&Sequence| state.status(**item).is_some_and(|status| status.withdrawn);
            if let Some(item) = detail.rests_on.values().flatten().find(withdrawn) {
                resting.push((subject.clone(), kept.result.sequence, *item));
            }
        }
    }
    resting.sort_unstable_by_key(|(_, result, _)| *result);
    resting
}
