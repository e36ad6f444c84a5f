//! The last part of an audit: every command that was rebuilt decided again, with what was known then.
//!
//! The rules are those that wrote the log. Whatever they would have refused, written otherwise or added is a finding, so
//! every precondition of every decision is checked at its time, and every consequence of the ledger's own. The state is
//! folded from the first entry on; no snapshot is looked at. Left out: bytes and links (`read.rs`), what the commands
//! were (`rebuilding.rs`), and the check that does not trust the rules (`recount`).

use ledger_core::assessment::codes::{Subject, documents};
use ledger_core::assessment::event::{ClockKind, LogFounded};
use ledger_core::assessment::{
    Author, Context, Ends, Event, Histories, Planned, Recorded, Rejection, State, decide,
};
use ledger_core::log::{Algorithm, EventId, TreeHash};
use ledger_core::values::{Hash, Sequence, Timestamp};

use super::differences::differing;
use super::finding::{Fault, FoundBy};
use super::read::Read;
use super::rebuild::is_tidied;
use super::rebuilding::{Rebuild, Rebuilt, Whole};

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
    clock: ClockKind,
    recorded_before: Option<Timestamp>,
    pub(super) done: Done,
}

impl Again {
    pub(super) fn new() -> Self {
        Again {
            state: State::default(),
            clock: ClockKind::System,
            recorded_before: None,
            done: Done::default(),
        }
    }

    /// What the rules know after the last command.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Takes the next command.
    pub(super) fn take(&mut self, whole: Whole, found: &mut Found) {
        let Whole { entries, id_fault, rebuilt } = whole;
        let Some(first) = entries.first() else { return };
        self.done.commands += 1;
        let at = first.entry.sequence;
        let recorded_time = first.entry.recorded_time;
        found.extend(id_fault.map(|fault| (at, fault)));
        found.extend(torn(&entries));
        if self.clock == ClockKind::System && self.recorded_before == Some(recorded_time) {
            found.push((at, notice("clock_clamped", recorded_time.to_string())));
        }
        self.recorded_before = Some(recorded_time);
        let events: Option<Vec<&Recorded>> = entries.iter().map(|read| read.recorded.as_deref()).collect();
        if let Some(events) = events {
            let fault = match (&events[0].event, rebuilt) {
                (Event::LogFounded(founded), _) => founding(founded, &entries, &events),
                (_, Some(rebuilt)) => self.decided(&rebuilt, &entries, &events),
                // All others whose data fits were rebuilt.
                (_, None) => Vec::new(),
            };
            found.extend(fault);
        }
        for read in &entries {
            self.apply(read, found);
        }
    }

    fn apply(&mut self, read: &Read, found: &mut Found) {
        let Some(recorded) = &read.recorded else { return };
        let at = recorded.sequence;
        if let Err(illegal) = self.state.apply(recorded) {
            let expected = format!("a {} that follows from what stands before it", recorded.event.name());
            found.push((at, Fault::new(FoundBy::DecidedAgain, "illegal_history", expected, illegal.what)));
        }
        if let Event::LogFounded(event) = &recorded.event {
            self.clock = event.clock;
        }
        if recorded.time < recorded.recorded_time && is_late(recorded) {
            found.push((at, notice("recorded_late", format!("it happened at {}", recorded.time))));
        }
        if let Event::EvidenceRequested(event) = &recorded.event
            && event.again.is_some()
        {
            found.push((at, notice("asked_again", "a reason was given")));
        }
    }

    /// Decides a command again; says the first thing that is not as the rules have it, and a hash that stays unknown.
    fn decided(&mut self, rebuilt: &Rebuilt, entries: &[Box<Read>], events: &[&Recorded]) -> Found {
        self.done.decided += 1;
        self.done.reproduced += u64::from(rebuilt.reproduced);
        let first = events[0];
        let mut found = Vec::new();
        if !rebuilt.reproduced {
            found.push((first.sequence, unknown_hash(&first.event, entries[0].entry.command_hash)));
        }
        let mut wrong = None;
        for rebuild in &rebuilt.requests {
            match self.judged(rebuild, entries, events) {
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

    /// Whether the rules make of this request what was recorded.
    fn judged(
        &self,
        rebuild: &Rebuild,
        entries: &[Box<Read>],
        events: &[&Recorded],
    ) -> Result<(), (Sequence, Fault)> {
        let context = Context {
            recorded_time: events[0].recorded_time,
            next: events[0].sequence,
            cited: &rebuild.cited,
            missing_document: self.erased_before(entries),
            histories: &AsRead(entries.iter().find_map(|read| read.ends)),
        };
        match decide(&self.state, &rebuild.request, &context) {
            Ok(planned) => differing(&planned, entries, events),
            Err(rejection) => Err((events[0].sequence, refused(events[0], &rejection))),
        }
    }

    /// A document that the command cites although it was erased before.
    fn erased_before(&self, entries: &[Box<Read>]) -> Option<Hash> {
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
fn founding(founded: &LogFounded, entries: &[Box<Read>], events: &[&Recorded]) -> Found {
    let fault = |at: usize, code, expected: String, found: String| {
        vec![(events[at].sequence, Fault::new(FoundBy::DecidedAgain, code, expected, found))]
    };
    let entry = &entries[0].entry;
    let hash = Hash::of(&entry.data);
    if hash != entry.command_hash {
        return fault(0, "command_hash_differs", hash.to_string(), entry.command_hash.to_string());
    }
    let source = format!("https://{}", founded.origin);
    if entry.source.as_ref() != Some(&source) {
        return fault(0, "source_differs", source, entry.source.clone().unwrap_or_default());
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
fn torn(entries: &[Box<Read>]) -> Found {
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
    entries.iter().map(AsRef::as_ref).enumerate().filter_map(check).collect()
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
