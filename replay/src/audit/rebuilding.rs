//! The middle of an audit: entries gathered into the commands they came from, each rebuilt as it was given.
//!
//! Beside it everything is done here that asks neither the rules nor their state: the recount, command ids, and finding
//! the entries that a command cites. The commands of a batch are spelled one after another, as the last of their kind
//! was, and hashed side by side; the few that have another hash are tried in every spelling (`spelling.rs`). Left out:
//! whether the rules make of a request what was recorded (`again.rs`).

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;
use ledger_core::assessment::codes::ActorId;
use ledger_core::assessment::event::ActorEnrolled;
use ledger_core::assessment::roles::Role;
use ledger_core::assessment::{Author, Citation, Event, EventKind, Recorded, Request, references};
use ledger_core::log::{EventId, hashes};
use ledger_core::store::Store;
use ledger_core::values::{Hash, Sequence};

use super::cited::{Cited, CitedEntries};
use super::finding::Fault;
use super::ids::Ids;
use super::read::{Read, Step};
use super::recount::{Recount, Tallies};
use super::spelling::{Given, Spellings, possible};

/// A command as far as it goes without the rules.
pub(super) struct Whole {
    /// Its entries, at least one.
    #[allow(
        clippy::vec_box,
        reason = "entries come boxed from another thread and are handed on as they are"
    )]
    pub(super) entries: Vec<Box<Read>>,
    /// What is wrong with its id.
    pub(super) id_fault: Option<Fault>,
    /// None of a founding, which has no command, and where an entry's data fits no schema.
    pub(super) rebuilt: Option<Rebuilt>,
}

/// What may have been asked.
pub(super) struct Rebuilt {
    /// The one request that has the recorded hash, or all that could have caused the events.
    pub(super) requests: Vec<Rebuild>,
    pub(super) reproduced: bool,
}

/// A request with the entries that it cites.
pub(super) struct Rebuild {
    pub(super) request: Box<Request>,
    pub(super) cited: HashMap<Citation, Arc<Recorded>>,
}

/// What gathering came to.
pub(super) enum Part {
    Command(Whole),
    /// Nothing after this means anything.
    Broken(Sequence, Fault),
}

/// A command that was spelled and waits for its hash.
struct Begun {
    whole: Whole,
    givers: Vec<ActorId>,
    /// As the last of its kind was spelled, and where it stands among what is spelled.
    usual: Option<(Box<Request>, Range<usize>)>,
    /// Entries that were asked for their ids.
    fetched: Vec<Cited>,
}

/// Gathers and rebuilds commands as their entries come.
pub(super) struct Rebuilding {
    recount: Recount,
    ids: Ids,
    cited: CitedEntries,
    spellings: Spellings,
    /// Those who may ask for a sweep: a sweep's entries do not say who did.
    analysts: BTreeSet<ActorId>,
    /// Entries of a command that may go on.
    #[allow(clippy::vec_box, reason = "as above")]
    command: Vec<Box<Read>>,
    begun: Vec<Begun>,
    /// The commands begun, canonically, one after another.
    spelled: Vec<u8>,
}

impl Rebuilding {
    pub(super) fn over(store: Arc<dyn Store>) -> Self {
        Rebuilding {
            recount: Recount::default(),
            ids: Ids::default(),
            cited: CitedEntries::over(store),
            spellings: Spellings::default(),
            analysts: BTreeSet::new(),
            command: Vec::new(),
            begun: Vec::new(),
            spelled: Vec::new(),
        }
    }

    /// Takes the next entries. The last command is kept back, since it may go on.
    pub(super) fn take(&mut self, batch: Vec<Step>) -> Vec<Part> {
        let mut broken = None;
        for step in batch {
            match step {
                Step::Read(read) => self.add(read),
                Step::Broken(sequence, fault) => {
                    self.begin();
                    broken = Some(Part::Broken(sequence, fault));
                }
            }
        }
        let mut parts = self.finished();
        parts.extend(broken);
        parts
    }

    /// The command kept back, and what was recounted.
    pub(super) fn end(mut self) -> (Vec<Part>, Tallies) {
        self.begin();
        (self.finished(), self.recount.tallies)
    }

    fn add(&mut self, mut read: Box<Read>) {
        if read.recorded.is_some() {
            self.recount.take(&read.entry, &mut read.faults);
        }
        if self.command.first().is_some_and(|first| first.entry.id.command != read.entry.id.command) {
            self.begin();
        }
        self.command.push(read);
    }

    /// Spells the command whose entries are complete.
    fn begin(&mut self) {
        let entries = std::mem::take(&mut self.command);
        let Some(first) = entries.first().map(|read| &read.entry) else { return };
        let id_fault = self.ids.take(first.id.command, first.recorded_time);
        let givers = self.givers(&entries);
        let mut fetched = Vec::new();
        let usual = givers.first().zip(events(&entries)).and_then(|(giver, events)| {
            let given = given(&entries, &events, giver)?;
            let id_of = &mut id_before(&mut self.cited, &mut fetched, given.next);
            self.spellings.usual(&given, id_of, &mut self.spelled)
        });
        for read in &entries {
            self.cited.push(read.entry.id, read.recorded.clone());
            read.recorded.iter().for_each(|recorded| learn(&mut self.analysts, recorded));
        }
        let whole = Whole { entries, id_fault, rebuilt: None };
        self.begun.push(Begun { whole, givers, usual, fetched });
    }

    /// Who may have given the command: its author, of a sweep whichever analyst asked for it.
    fn givers(&self, entries: &[Box<Read>]) -> Vec<ActorId> {
        let Some(first) = entries.first().and_then(|read| read.recorded.as_deref()) else {
            return Vec::new();
        };
        match &first.author {
            Author::Actor(actor) => vec![actor.clone()],
            Author::System if first.event.kind() == EventKind::AssessmentTriggered => {
                self.analysts.iter().cloned().collect()
            }
            Author::System => Vec::new(),
        }
    }

    /// The commands begun, with what they came from.
    fn finished(&mut self) -> Vec<Part> {
        let mut begun = std::mem::take(&mut self.begun);
        let spelled = begun.iter().filter_map(|begun| begun.usual.as_ref());
        let spelled: Vec<&[u8]> = spelled.map(|(_, at)| &self.spelled[at.clone()]).collect();
        let mut hashes = hashes(&spelled).into_iter();
        let parts = begun.drain(..).map(|begun| {
            let hash = begun.usual.as_ref().and_then(|_| hashes.next());
            Part::Command(self.finish(begun, hash))
        });
        let parts = parts.collect();
        // The room that both took is used again.
        self.begun = begun;
        self.spelled.clear();
        parts
    }

    /// A command whose usual spelling has this hash.
    fn finish(&mut self, begun: Begun, hash: Option<Hash>) -> Whole {
        let Begun { mut whole, givers, usual, mut fetched } = begun;
        let Some(events) = events(&whole.entries) else { return whole };
        let first = &whole.entries[0].entry;
        let usual = usual.filter(|_| hash == Some(first.command_hash)).map(|(request, _)| request);
        let request = usual.or_else(|| {
            let mut givens = givers.iter().filter_map(|giver| given(&whole.entries, &events, giver));
            givens.find_map(|given| {
                let id_of = &mut id_before(&mut self.cited, &mut fetched, given.next);
                self.spellings.reproduced(&given, id_of).map(Box::new)
            })
        });
        let reproduced = request.is_some();
        let requests = request.map_or_else(
            || {
                let giver = givers.first().and_then(|giver| given(&whole.entries, &events, giver));
                giver.map_or(Vec::new(), |given| possible(&given).into_iter().map(Box::new).collect())
            },
            |request| vec![request],
        );
        let next = first.sequence;
        let rebuild =
            |request: Box<Request>| Rebuild { cited: self.cited_by(&request, &fetched, next), request };
        whole.rebuilt = Some(Rebuilt { requests: requests.into_iter().map(rebuild).collect(), reproduced });
        whole
    }

    /// The entries before `next` that a request cites.
    fn cited_by(
        &mut self,
        request: &Request,
        fetched: &[Cited],
        next: Sequence,
    ) -> HashMap<Citation, Arc<Recorded>> {
        let mut cited = HashMap::new();
        for citation in references(&request.command) {
            let entry = match citation {
                Citation::Sequence(sequence) => self.cited.before(next, sequence),
                // Whatever is cited by id was fetched to learn the id. A command cites few entries.
                Citation::Event(id) => fetched.iter().find(|entry| entry.id == id).cloned(),
            };
            cited.extend(entry.map(|entry| (citation, entry.recorded)));
        }
        cited
    }
}

/// The events of a command that can be rebuilt: one that is not a founding, of entries that fit their schemas.
fn events(entries: &[Box<Read>]) -> Option<Vec<&Event>> {
    let events: Option<Vec<&Event>> =
        entries.iter().map(|read| read.recorded.as_deref().map(|recorded| &recorded.event)).collect();
    events.filter(|events| !matches!(events.first(), Some(Event::LogFounded(_)) | None))
}

/// What is known of a command that `actor` gave.
fn given<'g>(entries: &'g [Box<Read>], events: &'g [&'g Event], actor: &'g ActorId) -> Option<Given<'g>> {
    let entry = &entries.first()?.entry;
    let first = entries.first()?.recorded.as_deref()?;
    Some(Given {
        id: entry.id.command,
        next: entry.sequence,
        actor,
        subject: &first.subject,
        time: first.time,
        recorded_time: first.recorded_time,
        events,
        hash: entry.command_hash,
    })
}

/// Knows the event id of each entry before `next`, and keeps the entry.
fn id_before<'c>(
    cited: &'c mut CitedEntries,
    fetched: &'c mut Vec<Cited>,
    next: Sequence,
) -> impl FnMut(Sequence) -> Option<EventId> {
    move |sequence| {
        let entry = cited.before(next, sequence)?;
        let id = entry.id;
        fetched.push(entry);
        Some(id)
    }
}

/// Who is an analyst, after an event.
fn learn(analysts: &mut BTreeSet<ActorId>, recorded: &Recorded) {
    match &recorded.event {
        Event::ActorEnrolled(ActorEnrolled { roles, .. }) => {
            let Ok(actor) = recorded.subject.code().parse::<ActorId>() else { return };
            match roles.contains(&Role::Analyst) {
                true => analysts.insert(actor),
                false => analysts.remove(&actor),
            };
        }
        Event::ActorRevoked(event) => drop(analysts.remove(&event.actor)),
        _ => {}
    }
}
