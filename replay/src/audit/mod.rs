//! The audit: everything re-derived from the log's bytes, trusting no snapshot, no index and no stored answer.
//!
//! Three threads share it, each handing on what it has looked at. One reads (`read.rs`): spelling, links, schemas. The
//! next works the rules that matter most out a second time (`recount`) and rebuilds each command from its events
//! (`rebuilding.rs`). The last lets the rules decide it again with what was known then (`again.rs`), so that every
//! precondition and every consequence is checked at its time. What is found goes on record by severity and in order
//! (`finding.rs`); a broken link ends the run, since nothing after it means anything.
//! [`Audit::html`] is the report for people. Left out: documents, which `verify --documents` reads, and who really gave a
//! command, which nobody authenticated.

mod again;
mod cited;
mod differences;
mod finding;
mod ids;
mod read;
mod rebuild;
mod rebuilding;
mod recount;
mod render;
mod spelling;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

use hashbrown::HashMap;
use ledger_core::assessment::codes::{ActorId, Subject};
use ledger_core::log::{AuthType, Head, hashes};
use ledger_core::store::{ReadError, Store};
use ledger_core::values::{Length, Sequence, Timestamp};
use serde::Serialize;

use crate::log::{Log, ReplayError};
use again::{Again, Found, resting_on_withdrawn};
use finding::{Fault, Findings, Named};
use read::{Read, Reading, Step};
use rebuilding::{Part, Rebuilding, Whole};
use recount::Tallies;

pub use finding::{CODES as AUDIT_CODES, Finding as AuditFinding, FoundBy, Severity};

/// Entries that go from one thread to the other at a time: at least so many.
const BATCH: usize = 32;
/// More entries than any page has: each is then decompressed once.
const WHOLE_PAGE: usize = 1024;
/// Batches under way between two threads, some 10 MiB. Three threads on two cores take turns of some milliseconds: with
/// four batches, whoever had a turn soon waited for one that had none.
const UNDER_WAY: usize = 64;

/// What an audit is narrowed to. The whole log is audited all the same; findings of other entries are only counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditScope {
    /// Entries of this subject's history.
    pub subject: Option<Subject>,
    /// Entries of commands that this actor gave.
    pub actor: Option<ActorId>,
    /// Entries of this assessment.
    pub assessment: Option<Sequence>,
}

impl AuditScope {
    /// Whether nothing is left out.
    pub fn is_whole(&self) -> bool {
        *self == AuditScope::default()
    }

    /// In words; empty if nothing is left out.
    pub fn words(&self) -> String {
        render::spelled(self)
    }

    /// Whether an entry lies within, of a command that `giver` gave.
    fn has(&self, read: &Read, giver: &str) -> bool {
        let assessment = |wanted: Sequence| {
            read.entry.sequence == wanted
                || read.entry.correlation.as_ref().is_some_and(|of| **of == wanted.to_string())
        };
        self.subject.as_ref().is_none_or(|wanted| wanted.as_str() == read.entry.subject)
            && self.actor.as_ref().is_none_or(|wanted| wanted.as_str() == giver)
            && self.assessment.is_none_or(assessment)
    }
}

/// Who acted, within the scope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ActorRow {
    /// The author as entries say it; `system` is the ledger itself.
    pub actor: String,
    /// Its roles at the end.
    pub roles: Vec<&'static str>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Entries by it.
    pub entries: u64,
}

/// Something that was checked, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What.
    pub what: &'static str,
    /// How often.
    pub count: u64,
    /// What is checked of it.
    pub how: &'static str,
}

/// Where an audit ended before the log did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EndedAt {
    /// The first entry that was not audited.
    pub entry: Sequence,
    /// Entries not audited, as the store counts them.
    pub not_audited: u64,
}

/// What an audit came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Whether nothing above notice was found within the scope, and the whole log could be audited.
    pub clean: bool,
    /// `SIMULATED CLOCK`, `EXAMPLE`.
    pub marks: Vec<&'static str>,
    /// The ledger's name.
    pub origin: String,
    /// What the audit is narrowed to.
    pub scope: AuditScope,
    /// The head after the last entry audited.
    pub head: Head,
    /// Set if the run ended at a broken link.
    pub ended_at: Option<EndedAt>,
    /// Recorded times of the first and the last entry audited.
    pub recorded: Option<(Timestamp, Timestamp)>,
    /// Entries within the scope by event.
    pub events: BTreeMap<String, u64>,
    /// Who acted within the scope.
    pub actors: Vec<ActorRow>,
    /// Critical and serious findings, in the order of the log, then notices by code.
    pub findings: Vec<AuditFinding>,
    /// Findings above notice beyond the first thousand.
    pub unlisted: u64,
    /// Findings above notice outside the scope.
    pub outside: u64,
    /// What was checked.
    pub checked: Vec<Checked>,
    /// What was not, and why.
    pub not_checked: Vec<&'static str>,
}

/// Audits the whole log. `progress` hears now and then how far it is. Cost: one pass on three threads, some 9 us of
/// processor time an entry in nearly equal parts; memory some 200 MiB besides what the rules know. Fails only if the
/// store cannot be read at all.
pub fn audit(
    log: &Log,
    scope: AuditScope,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Audit, ReplayError> {
    let store = log.store();
    let end = log.head();
    let mut run = Run::new(scope);
    let (read, tallies) = std::thread::scope(|threads| {
        let (to_rebuild, read) = sync_channel(UNDER_WAY);
        let (to_decide, rebuilt) = sync_channel(UNDER_WAY);
        let rebuilding = Rebuilding::over(Arc::clone(&store));
        let reader = threads.spawn(move || read_all(&*store, end.length, &to_rebuild));
        let rebuilder = threads.spawn(move || rebuild_all(rebuilding, &read, &to_decide));
        run.take_all(&rebuilt, end.length, progress);
        // The others stop as soon as nobody listens.
        drop(rebuilt);
        let tallies = joined(rebuilder);
        (joined(reader), tallies)
    });
    Ok(run.audit(log, read?.head(), end, tallies))
}

/// What a thread came to; a panic of it goes on here.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Works entries out a second time as they come, and sends on the commands that they came from.
fn rebuild_all(
    mut rebuilding: Rebuilding,
    read: &Receiver<Vec<Step>>,
    sender: &SyncSender<Vec<Part>>,
) -> Tallies {
    for batch in read {
        if sender.send(rebuilding.take(batch)).is_err() {
            break;
        }
    }
    let (last, tallies) = rebuilding.end();
    // Whoever listens no more wants no more.
    let _ = sender.send(last);
    tallies
}

/// Reads up to `end` or the first broken link, and sends what is read.
fn read_all(store: &dyn Store, end: Length, sender: &SyncSender<Vec<Step>>) -> Result<Reading, ReadError> {
    let mut reading = Reading::default();
    let mut batch = Vec::with_capacity(BATCH);
    'log: while reading.head().length < end {
        let next = reading.head().length.next_sequence();
        let page = match store.read(next, WHOLE_PAGE) {
            Ok(page) => page,
            Err(ReadError::Damaged { sequence, what }) => {
                batch.push(Step::Broken(sequence, unreadable(what)));
                break;
            }
            Err(error) => return Err(error),
        };
        if page.is_empty() {
            batch.push(Step::Broken(next, unreadable("the store gives no bytes".to_owned())));
            break;
        }
        let entries: Vec<&[u8]> = page.slices().collect();
        for (bytes, hash) in entries.iter().zip(hashes(&entries)) {
            let step = reading.take(bytes, hash);
            let broken = matches!(step, Step::Broken(..));
            batch.push(step);
            if broken {
                break 'log;
            }
        }
        if batch.len() >= BATCH && sender.send(std::mem::take(&mut batch)).is_err() {
            return Ok(reading);
        }
    }
    // Whoever listens no more wants no more.
    let _ = sender.send(batch);
    Ok(reading)
}

fn unreadable(what: String) -> Fault {
    Fault::new(finding::FoundBy::Bytes, "bytes_unreadable", "the entry's bytes", what)
}

/// An audit under way.
struct Run {
    scope: AuditScope,
    again: Again,
    findings: Findings,
    broken_at: Option<Sequence>,
    recorded: Option<(Timestamp, Timestamp)>,
    events: HashMap<String, u64>,
    actors: HashMap<String, u64>,
    asserted: Named,
    entries: u64,
    schemas: u64,
    attested: u64,
}

impl Run {
    fn new(scope: AuditScope) -> Self {
        Run {
            scope,
            again: Again::new(),
            findings: Findings::default(),
            broken_at: None,
            recorded: None,
            events: HashMap::new(),
            actors: HashMap::new(),
            asserted: Named::default(),
            entries: 0,
            schemas: 0,
            attested: 0,
        }
    }

    fn take_all(
        &mut self,
        receiver: &Receiver<Vec<Part>>,
        end: Length,
        progress: &mut dyn FnMut(Length, Length),
    ) {
        for batch in receiver {
            for part in batch {
                match part {
                    Part::Command(whole) => self.take(whole),
                    Part::Broken(sequence, fault) => {
                        self.broken_at = Some(sequence);
                        self.findings.add_all(vec![(Some(sequence), true, fault)]);
                        return;
                    }
                }
            }
            progress(Length(self.entries), end);
        }
    }

    /// Takes the next command.
    fn take(&mut self, mut whole: Whole) {
        let Some(first) = whole.entries.first() else { return };
        let giver = first.entry.auth_id.clone();
        let base = first.entry.sequence.get();
        let mut found: Found = Vec::new();
        let mut within = Vec::with_capacity(whole.entries.len());
        for read in &mut whole.entries {
            self.count(read);
            let has = self.scope.has(read, &giver);
            within.push(has);
            if has {
                count(&mut self.events, event_name(&read.entry.event_type));
                count(&mut self.actors, &read.entry.auth_id);
                if read.entry.auth_type == AuthType::Unknown {
                    self.asserted.count(read.entry.sequence);
                }
            }
            let at = read.entry.sequence;
            found.extend(std::mem::take(&mut read.faults).into_iter().map(|fault| (at, fault)));
        }
        self.again.take(whole, &mut found);
        let of = |at: Sequence| within.get((at.get() - base) as usize).copied().unwrap_or(true);
        let found = found.into_iter().map(|(at, fault)| (Some(at), of(at), fault));
        self.findings.add_all(found.collect());
    }

    fn count(&mut self, read: &Read) {
        self.entries += 1;
        self.schemas += u64::from(read.recorded.is_some());
        self.attested += u64::from(read.ends.is_some());
        let first = self.recorded.map_or(read.entry.recorded_time, |(first, _)| first);
        self.recorded = Some((first, read.entry.recorded_time));
    }

    fn audit(mut self, log: &Log, head: Head, end: Head, tallies: Tallies) -> Audit {
        self.at_the_end(head, end);
        let ended_at =
            self.broken_at.map(|entry| EndedAt { entry, not_audited: end.length.0 - head.length.0 });
        let checked = self.checked(tallies);
        let state = self.again.state();
        let known: BTreeMap<String, _> = state.actors().map(|(id, actor)| (id.to_string(), actor)).collect();
        let row = |(actor, entries): (&String, &u64)| {
            let known = known.get(actor);
            ActorRow {
                actor: actor.clone(),
                roles: known
                    .map_or(Vec::new(), |known| known.roles.iter().map(|role| role.as_str()).collect()),
                revoked: known.is_some_and(|known| known.revoked),
                entries: *entries,
            }
        };
        let mut actors: Vec<ActorRow> = self.actors.iter().map(row).collect();
        actors.sort_by(|one, other| one.actor.cmp(&other.actor));
        let gathered = self.findings.gathered();
        let above = |finding: &AuditFinding| finding.severity != Severity::Notice;
        Audit {
            clean: !gathered.findings.iter().any(above) && gathered.unlisted == 0,
            marks: log.notices(),
            origin: log.founded().origin.to_string(),
            scope: self.scope,
            head,
            ended_at,
            recorded: self.recorded,
            events: self.events.into_iter().collect(),
            actors,
            findings: gathered.findings,
            unlisted: gathered.unlisted,
            outside: gathered.outside,
            checked,
            not_checked: NOT_CHECKED.to_vec(),
        }
    }

    /// What only the whole log shows.
    fn at_the_end(&mut self, head: Head, end: Head) {
        if self.broken_at.is_none() && head != end {
            let fault = Fault::new(FoundBy::Bytes, "head_differs", end.to_string(), head.to_string());
            self.findings.add_all(vec![(None, true, fault)]);
        }
        let asserted = Fault::new(FoundBy::Bytes, "actors_asserted", "", "authtype unknown");
        self.findings.add_named(std::mem::take(&mut self.asserted), asserted);
        for (subject, result, evidence) in resting_on_withdrawn(self.again.state()) {
            let AuditScope { subject: wanted, actor, assessment } = &self.scope;
            if actor.is_some() || assessment.is_some() || wanted.as_ref().is_some_and(|of| *of != subject) {
                continue;
            }
            let found = format!("evidence {evidence}");
            let fault = Fault::new(FoundBy::DecidedAgain, "rests_on_withdrawn_evidence", "", found);
            self.findings.add_all(vec![(Some(result), true, fault)]);
        }
    }

    fn checked(&self, tallies: Tallies) -> Vec<Checked> {
        let done = self.again.done;
        let checked = |what, count, how| Checked { what, count, how };
        vec![
            checked("entries", self.entries, "one spelling, BLAKE3 link, sequence, subject version, times"),
            checked("schemas", self.schemas, "data as the schema of its type has it"),
            checked("attestations", self.attested, "where every subject's history ended, worked out again"),
            checked("commands", done.commands, "events belong together, no id used twice"),
            checked(
                "decided again",
                done.decided,
                "commands rebuilt from events, by the rules with what was known then",
            ),
            checked(
                "hashes reproduced",
                done.reproduced,
                "of the commands decided again, the hash they were given under",
            ),
            checked("roles recounted", tallies.roles, "author enrolled, not revoked, in a role that may"),
            checked("duties recounted", tallies.duties, "nobody judged a score of their own"),
            checked(
                "windows recounted",
                tallies.windows,
                "working days, confirmations, challenges, moderation",
            ),
            checked(
                "results recounted",
                tallies.results,
                "published percentage and rating, with what stood before",
            ),
        ]
    }
}

/// What no audit of the log alone can check.
const NOT_CHECKED: &[&str] = &[
    "that actors are who they say: nobody authenticated them",
    "the words of documents: the log holds commitments only (`ledger verify --documents` reads the vault)",
    "expected subject versions and the true clock of a command: the log does not keep them",
    "who asked for a sweep of risk: its entries are the ledger's own",
    "commands that were refused: nothing is recorded of them",
    "checkpoints and cosignatures: they stand beside the log and are checked by whoever holds one",
    "that the log is the only one: compare its head with one noted elsewhere (`ledger verify --expect N:HASH`)",
];

fn event_name(event_type: &str) -> &str {
    let name = event_type.strip_prefix("ledger.").unwrap_or(event_type);
    name.rsplit_once('.').map_or(name, |(name, _)| name)
}

fn count(counts: &mut HashMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}
