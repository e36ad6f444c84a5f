//! Documents that wait to be cited, followed over days of random openings: with a snapshot, without one, from an old one.
//!
//! A model says what should become of each: one that an entry cites stays until it is erased; one that waited for a day
//! is destroyed when the ledger is opened; one that was never durable is unknown. The ledger has a system clock, which
//! the test moves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger_core::assessment::Request;
use ledger_core::assessment::codes::Document as Citation;
use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::environment::{Clock, Environment, SeededRandom};
use ledger_core::log::CommandId;
use ledger_core::store::{Document, StoreOptions, Vault, VaultError};
use ledger_core::values::{Hash, Timestamp};
use ledger_core::{Founding, Ledger, Receipt, SubmitError, line};
use ledger_tests::random::Dice;
use ledger_tests::time::instant;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::party::{ALWAYS, FILES, NEVER, forget, snapshot};
use crate::{seed, size};

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// A clock that the test moves.
#[derive(Debug)]
struct MovedClock(AtomicI64);

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed)).expect("a time")
    }
}

/// What should have become of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Put, and not yet durable.
    Put,
    /// Durable, and cited by nothing.
    Waiting,
    /// An entry cites it, the one with this number last.
    Cited(u64),
    /// Put, and lost before it was durable.
    Lost,
    /// Destroyed because nothing cited it, or erased by command.
    Gone,
}

#[derive(Debug)]
struct Followed {
    citation: Citation,
    /// When it was put for the first time.
    at: i64,
    fate: Fate,
}

/// What happened, counted.
#[derive(Debug, Default)]
struct Counts {
    openings: usize,
    spared: usize,
    put_again: usize,
    cited: usize,
    refused: usize,
    erased: usize,
    destroyed: usize,
    lost: usize,
}

/// A ledger and the model beside it.
struct Days {
    scratch: TempDir,
    clock: Arc<MovedClock>,
    ledger: Option<Ledger>,
    documents: BTreeMap<u64, Followed>,
    commands: u64,
    dice: Dice,
    counts: Counts,
}

#[test]
fn documents_wait_for_a_day_and_cited_ones_for_ever() {
    let runs = size("LEDGER_SNAPSHOT_DAYS", 12, 4);
    let mut all = Counts::default();
    for seed in (seed()..).take(runs) {
        let mut days = Days::new(seed);
        for step in 0..120 {
            days.step(&format!("seed {seed}, step {step}"));
        }
        days.keeps_the_same_twice();
        let Counts { openings, spared, put_again, cited, refused, erased, destroyed, lost } = days.counts;
        all.openings += openings;
        all.spared += spared;
        all.put_again += put_again;
        all.cited += cited;
        all.refused += refused;
        all.erased += erased;
        all.destroyed += destroyed;
        all.lost += lost;
    }
    println!("seed {}, {runs} runs: {all:?}", seed());
    let Counts { openings, spared, put_again, cited, refused, erased, destroyed, lost } = all;
    let happened = [openings, spared, put_again, cited, refused, erased, destroyed, lost];
    assert!(happened.iter().all(|count| *count > 0), "something never happened: {all:?}");
}

#[test]
fn an_erased_document_is_cited_no_more_whoever_still_waits_to_cite_it() {
    let mut days = Days::new(seed());
    days.put(0, "at first");
    days.cite(0, "at first");
    days.put(0, "again, so that it waits to be cited");
    days.erase(0, "then");
    days.cite(0, "after it was erased");
    days.reopen("later");
    days.cite(0, "after it was erased and the ledger reopened");
    assert_eq!((days.counts.cited, days.counts.erased, days.counts.refused), (1, 1, 2));
}

#[test]
fn a_document_erased_in_a_round_is_not_cited_later_in_it() {
    let mut days = Days::new(seed());
    days.put(0, "at first");
    days.cite(0, "at first");
    let (actor, erasure) = days.erasure(0).expect("it is cited");
    let reason = days.documents[&0].citation.clone();
    let round = vec![
        days.request("document.erase", actor, erasure),
        days.request("actor.enrol", 9, json!({ "roles": ["auditor"] })),
        days.request("actor.revoke", 9, json!({ "reason": reason })),
    ];
    let answers = days.together(round);
    let [Ok(_), Ok(_), Err(SubmitError::Rejected(rejection))] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(rejection.code(), "document_missing", "as if each were submitted alone");
}

impl Days {
    fn new(seed: u64) -> Days {
        let scratch = tempfile::tempdir().expect("a directory");
        let begun = instant("2026-03-02T10:00");
        let clock = Arc::new(MovedClock(AtomicI64::new(begun.micros())));
        let founding = Founding {
            id: CommandId::from_parts(begun, [0; 10]),
            origin: "tests.example/days".parse().expect("an origin"),
            clock: ClockKind::System,
            purpose: Purpose::Example,
            operator: "operator-1".parse().expect("an actor"),
            recorded_time: begun,
            key: None,
        };
        let environment = environment(&clock);
        let ledger = Ledger::create(&scratch.path().join("ledger"), environment, founding).expect("founded");
        Days {
            scratch,
            clock,
            ledger: Some(ledger),
            documents: BTreeMap::new(),
            commands: 0,
            dice: Dice(seed),
            counts: Counts::default(),
        }
    }

    fn step(&mut self, what: &str) {
        match self.dice.below(100) {
            0..30 => self.put(self.documents.len() as u64, what),
            30..45 => {
                if let Some(number) = self.any() {
                    self.counts.put_again += 1;
                    self.put(number, what);
                }
            }
            45..70 => {
                if let Some(number) = self.any() {
                    self.cite(number, what);
                }
            }
            70..80 => {
                if let Some(number) = self.any() {
                    self.erase(number, what);
                }
            }
            _ => self.reopen(what),
        }
    }

    /// A document that was put, mostly a late one: much happens to a few.
    fn any(&mut self) -> Option<u64> {
        let count = self.documents.len() as u64;
        let among = if self.dice.percent(80) { count.min(6) } else { count };
        (count > 0).then(|| count - 1 - self.dice.below(among))
    }

    fn now(&self) -> i64 {
        self.clock.now().micros()
    }

    fn ledger(&self) -> &Ledger {
        self.ledger.as_ref().expect("open")
    }

    fn dir(&self) -> PathBuf {
        self.scratch.path().join("ledger")
    }

    /// Puts the document with this number, for the first time or again under the same label.
    fn put(&mut self, number: u64, what: &str) {
        let label = number.to_le_bytes();
        let media_type = "text/plain".parse().expect("a media type");
        let put = self.ledger().add_document(&label, &media_type, &label, self.clock.now());
        let at = self.now();
        let before = self.documents.get(&number).map(|followed| followed.fate);
        match (put, before) {
            (Err(VaultError::Erased { .. }), Some(Fate::Gone)) => {}
            (Ok(citation), None | Some(Fate::Lost)) => {
                self.documents.insert(number, Followed { citation, at, fate: Fate::Put });
            }
            (Ok(_), Some(Fate::Put | Fate::Waiting | Fate::Cited(_))) => {}
            (put, before) => panic!("{what}: putting document {number} gave {put:?} after {before:?}"),
        }
    }

    /// Gives a command; if it is recorded, everything that was put is durable.
    fn give(&mut self, command: &str, actor: u64, data: Value) -> Result<Receipt, SubmitError> {
        let request = self.request(command, actor, data);
        let receipt = self.together(vec![request]).remove(0)?;
        for followed in self.documents.values_mut().filter(|followed| followed.fate == Fate::Put) {
            followed.fate = Fate::Waiting;
        }
        Ok(receipt)
    }

    /// Submits these in one round.
    fn together(&self, requests: Vec<Request>) -> Vec<Result<Receipt, SubmitError>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.ledger().submit_all(requests))
    }

    fn request(&mut self, command: &str, actor: u64, data: Value) -> Request {
        self.commands += 1;
        let mut random = [0; 10];
        random.copy_from_slice(&Hash::of(&self.commands.to_le_bytes()).as_bytes()[..10]);
        let id = CommandId::from_parts(self.clock.now(), random);
        let subject = format!("actor/auditor-{actor}");
        let line =
            json!({ "id": id, "actor": "operator-1", "type": command, "subject": subject, "data": data });
        line::request(line).expect("a request")
    }

    /// Enrols an actor and revokes it for a reason that is this document.
    fn cite(&mut self, number: u64, what: &str) {
        let actor = self.commands;
        let followed = &self.documents[&number];
        let (held, reason) = (!matches!(followed.fate, Fate::Lost | Fate::Gone), followed.citation.clone());
        self.give("actor.enrol", actor, json!({ "roles": ["auditor"] })).expect("enrolled");
        match self.give("actor.revoke", actor, json!({ "reason": reason })) {
            Ok(receipt) if held => {
                let at = receipt.entries[0].sequence.get();
                self.documents.entry(number).and_modify(|followed| followed.fate = Fate::Cited(at));
                self.counts.cited += 1;
            }
            Err(SubmitError::Rejected(rejection)) if !held && rejection.code() == "document_missing" => {
                self.counts.refused += 1;
            }
            answer => panic!("{what}: citing document {number}, {:?}: {answer:?}", self.documents[&number]),
        }
    }

    /// Erases a document by command, if an entry cites it.
    fn erase(&mut self, number: u64, what: &str) {
        let Some((actor, data)) = self.erasure(number) else { return };
        self.give("document.erase", actor, data).unwrap_or_else(|error| panic!("{what}: {error}"));
        self.documents.entry(number).and_modify(|followed| followed.fate = Fate::Gone);
        self.counts.erased += 1;
    }

    /// The actor in whose history the document is cited, and the data of the command that erases it.
    fn erasure(&self, number: u64) -> Option<(u64, Value)> {
        let Followed { citation, fate: Fate::Cited(at), .. } = &self.documents[&number] else { return None };
        let (commitment, cited_by) = (citation.commitment, format!("{at:016}"));
        let entry = self.entry(*at);
        let actor = entry["subject"].as_str()?.strip_prefix("actor/auditor-")?.parse().ok()?;
        Some((
            actor,
            json!({ "commitment": commitment, "cited_by": cited_by, "legal_basis": "uk-gdpr-article-17" }),
        ))
    }

    /// The snapshot of what a snapshot gave is that snapshot.
    fn keeps_the_same_twice(&mut self) {
        for number in 1_000..1_010 {
            self.put(number, "at last");
        }
        self.give("actor.enrol", self.commands, json!({ "roles": ["auditor"] })).expect("enrolled");
        let dir = self.dir();
        let mut kept = Vec::new();
        for _ in 0..3 {
            self.ledger.take().expect("open").close().expect("closed");
            let (ledger, _) = open(&dir, &self.clock, ALWAYS);
            ledger.close().expect("closed");
            kept.push(FILES.map(|name| snapshot(&dir, name)));
            self.ledger = Some(open(&dir, &self.clock, ALWAYS).0);
        }
        assert!(kept.iter().all(|files| *files == kept[0]), "equal knowledge was kept as other bytes");
    }

    fn entry(&self, at: u64) -> Value {
        let entry = self
            .ledger()
            .store()
            .read(ledger_core::values::Sequence::new(at), 1)
            .expect("read")
            .next()
            .expect("there");
        serde_json::from_slice(&entry).expect("JSON")
    }

    /// Closes the ledger, lets some hours pass, opens it, and compares every document with what should have become of it.
    fn reopen(&mut self, what: &str) {
        self.ledger.take().expect("open").close().expect("closed");
        if self.dice.percent(10) {
            forget(&self.dir());
        }
        let hours = [0, 0, 1, 11, 23, 25, 50][self.dice.below(7) as usize];
        self.clock.0.fetch_add(hours * HOUR, Ordering::Relaxed);
        let snapshot_after = if self.dice.percent(60) { ALWAYS } else { NEVER };
        let (ledger, spared) = open(&self.dir(), &self.clock, snapshot_after);
        self.counts.openings += 1;
        self.counts.spared += usize::from(spared > 0);
        self.ledger = Some(ledger);
        let too_old = self.now() - DAY;
        for followed in self.documents.values_mut() {
            match followed.fate {
                Fate::Put => {
                    followed.fate = Fate::Lost;
                    self.counts.lost += 1;
                }
                Fate::Waiting if followed.at <= too_old => {
                    followed.fate = Fate::Gone;
                    self.counts.destroyed += 1;
                }
                Fate::Waiting | Fate::Cited(_) | Fate::Lost | Fate::Gone => {}
            }
        }
        let vault = self.ledger().vault();
        for (number, followed) in &self.documents {
            let found = found(&*vault, &followed.citation.commitment);
            let what = || format!("{what}: document {number} after {hours} hours, {spared} spared");
            assert_eq!(found, expected(followed.fate), "{}: {followed:?}", what());
        }
    }
}

fn environment(clock: &Arc<MovedClock>) -> Environment {
    Environment { clock: clock.clone(), random: Arc::new(SeededRandom(5)) }
}

/// Opens the ledger, and says how many entries a snapshot spared.
fn open(dir: &Path, clock: &Arc<MovedClock>, snapshot_after: u64) -> (Ledger, u64) {
    let options = StoreOptions { snapshot_after, ..StoreOptions::default() };
    let mut spared = None;
    let ledger = Ledger::open_with(dir, options, environment(clock), &mut |known, _| {
        spared.get_or_insert(known.0);
    });
    (ledger.expect("opened"), spared.expect("an opening tells where it begins"))
}

fn found(vault: &dyn Vault, commitment: &Hash) -> &'static str {
    match vault.get(commitment).expect("readable") {
        Document::Found { .. } => "found",
        Document::Erased => "erased",
        Document::Unknown => "unknown",
    }
}

fn expected(fate: Fate) -> &'static str {
    match fate {
        Fate::Waiting | Fate::Cited(_) => "found",
        Fate::Gone => "erased",
        Fate::Put | Fate::Lost => "unknown",
    }
}
