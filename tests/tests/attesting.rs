//! Where every subject's history ends: attested by the ledger itself every 65,536 entries, worked out again by `verify`
//! and by the audit; and the key a ledger is founded with.
//!
//! Roots are recomputed here from the entries' JSON with nothing of the program but SHA-256's two uses in the tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::command::AttestSubjects;
use ledger_core::assessment::event::{
    ActorEnrolled, AreaRegistered, ClockKind, KeyIntroduced, LogFounded, Purpose, SubjectsAttested,
};
use ledger_core::assessment::roles::Role;
use ledger_core::assessment::{
    ATTEST_EVERY, Author, Command, Context, Ends, Event, Histories, Planned, Recorded, Request, State, decide,
};
use ledger_core::environment::Environment;
use ledger_core::log::tree::{leaf_hash, node_hash};
use ledger_core::log::{Algorithm, CommandId, SigningKey, TreeHash};
use ledger_core::store::{Batch, MemoryStore, MemoryVault, Store};
use ledger_core::values::{Hash, Length, Sequence, SubjectVersion, Timestamp};
use ledger_core::{Founding, Ledger, OpenLedgerError, Receipt, SubmitError};
use ledger_tests::filled::log_of;
use replay::{Audit, AuditScope, Held, Log, Severity, Verification, audit, verify};
use serde_json::{Value, json};

const ORIGIN: &str = "tests.example/attesting";

fn now() -> Timestamp {
    "2026-03-02T10:00:00.000000Z".parse().expect("a time")
}

fn founding(key: Option<&SigningKey>) -> Founding {
    Founding {
        id: CommandId::from_parts(now(), [0; 10]),
        origin: ORIGIN.parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now(),
        key: key.cloned(),
    }
}

fn founded(store: &Arc<MemoryStore>, key: Option<&SigningKey>) -> Result<Ledger, OpenLedgerError> {
    Ledger::found(store.clone(), Arc::new(MemoryVault::new()), Environment::system(), founding(key))
}

fn request(number: u64, subject: &str, command: Command) -> Request {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&(number + 1).to_be_bytes());
    Request {
        id: CommandId::from_parts(now(), random),
        actor: "operator-1".parse().expect("an actor"),
        subject: subject.parse().expect("a subject"),
        time: None,
        recorded_time: Some(now()),
        expected_subject_version: BTreeMap::new(),
        command,
    }
}

/// Gives actor `number % 700` other roles than it has.
fn enrol(number: u64) -> Request {
    let role = if (number / 700).is_multiple_of(2) { Role::Auditor } else { Role::Analyst };
    let enrolled = ActorEnrolled { roles: vec![role], organisation: None, public_key: None };
    request(number, &format!("actor/a-{}", number % 700), Command::EnrolActor(enrolled))
}

fn submit(ledger: &Ledger, requests: Vec<Request>) -> Vec<Result<Receipt, SubmitError>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(ledger.submit_all(requests))
}

fn submit_one(ledger: &Ledger, request: Request) -> Result<Receipt, SubmitError> {
    submit(ledger, vec![request]).pop().expect("an answer")
}

fn events(receipt: &Receipt) -> Vec<&str> {
    receipt.entries.iter().map(|entry| entry.event_type).collect()
}

fn store_of(log: &[Vec<u8>]) -> Arc<dyn Store> {
    let store = MemoryStore::new();
    let head =
        ledger_core::log::Head { length: Length(log.len() as u64), hash: Hash::of(&log[log.len() - 1]) };
    store.append(Length(0), &Batch { entries: log.to_vec(), head }).expect("appended");
    Arc::new(store)
}

fn verified(log: &[Vec<u8>]) -> Verification {
    verify(&Log::over(store_of(log)).expect("a log"), &Held::default(), &mut |_, _| {}).expect("readable")
}

fn audited(log: &[Vec<u8>]) -> Audit {
    let log = Log::over(store_of(log)).expect("a log");
    audit(&log, AuditScope::default(), &mut |_, _| {}).expect("readable")
}

/// Codes and entries of what an audit found above notice.
fn faults(audit: &Audit) -> Vec<(&'static str, Vec<Sequence>)> {
    let above = audit.findings.iter().filter(|finding| finding.severity != Severity::Notice);
    above.map(|finding| (finding.code, finding.entries.clone())).collect()
}

/// RFC 6962, section 2.1.
fn tree_hash(leaves: &[Vec<u8>]) -> TreeHash {
    match leaves {
        [] => TreeHash::empty_root(),
        [leaf] => leaf_hash(leaf),
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            node_hash(&tree_hash(&leaves[..split]), &tree_hash(&leaves[split..]))
        }
    }
}

/// What is true of the entries before `size`.
fn attestation(log: &[Vec<u8>], size: usize) -> Value {
    let mut ends = BTreeMap::new();
    for bytes in &log[..size] {
        let entry: Value = serde_json::from_slice(bytes).expect("JSON");
        let subject = entry["subject"].as_str().expect("a subject").to_owned();
        let leaf = json!({"subject":subject,"version":entry["subjectversion"],"sequence":entry["sequence"]});
        ends.insert(subject, serde_jcs::to_vec(&leaf).expect("JCS"));
    }
    let leaves: Vec<Vec<u8>> = ends.into_values().collect();
    json!({"root":tree_hash(&leaves),"size":size,"subjects":leaves.len()})
}

fn data(bytes: &[u8]) -> Value {
    let entry: Value = serde_json::from_slice(bytes).expect("JSON");
    entry["data"].clone()
}

/// Replaces an entry's data and links what follows again.
fn forged(log: &[Vec<u8>], at: usize, change: impl Fn(&mut Value)) -> Vec<Vec<u8>> {
    let mut forged: Vec<Vec<u8>> = log[..at].to_vec();
    for (index, bytes) in log.iter().enumerate().skip(at) {
        let mut entry: Value = serde_json::from_slice(bytes).expect("JSON");
        if index == at {
            change(&mut entry);
        }
        entry["prev"] = json!(Hash::of(&forged[index - 1]));
        forged.push(serde_jcs::to_vec(&entry).expect("JCS"));
    }
    forged
}

#[test]
fn the_ledger_attests_by_itself_with_the_command_that_makes_it_due() {
    let store = Arc::new(MemoryStore::new());
    let key = SigningKey::new(ORIGIN, Algorithm::Ed25519, &[7; 32]).expect("a key");
    let ledger = founded(&store, Some(&key)).expect("founded");
    let registrar =
        ActorEnrolled { roles: vec![Role::Operator, Role::Registrar], organisation: None, public_key: None };
    submit_one(&ledger, request(1 << 40, "actor/operator-1", Command::EnrolActor(registrar)))
        .expect("recorded");
    // All but one of the entries that make it due.
    let numbers: Vec<u64> = (0..ATTEST_EVERY - 4).collect();
    for chunk in numbers.chunks(1_000) {
        for answer in submit(&ledger, chunk.iter().map(|number| enrol(*number)).collect()) {
            assert_eq!(events(&answer.expect("recorded")), ["ledger.actor.enrolled.v1"]);
        }
    }
    assert_eq!(ledger.head().length, Length(ATTEST_EVERY - 1));
    // A command that would make it due and is refused once its events are spelled: its subject has no history after all.
    let organisation = json!({"id":"board/1","kind":"board","name":"n".repeat(200)});
    let large = json!({"name":"Large","organisations":vec![organisation; 100]});
    let large: AreaRegistered = serde_json::from_value(large).expect("an area");
    let refused = submit_one(&ledger, request(1 << 41, "ics/E54000055", Command::RegisterArea(large)));
    assert!(
        matches!(&refused, Err(SubmitError::Rejected(why)) if why.code() == "entry_too_large"),
        "{refused:?}"
    );
    let due = submit_one(&ledger, enrol(ATTEST_EVERY)).expect("recorded");
    assert_eq!(events(&due), ["ledger.actor.enrolled.v1", "ledger.subjects.attested.v1"]);
    assert_eq!(
        (due.entries[1].sequence.get(), due.entries[1].subject.as_str()),
        (ATTEST_EVERY, "attestation")
    );
    // Counted anew from there.
    let next = submit_one(&ledger, enrol(ATTEST_EVERY + 1)).expect("recorded");
    assert_eq!(next.entries.len(), 1);
    let asked = request(1 << 42, "attestation", Command::AttestSubjects(AttestSubjects {}));
    assert_eq!(submit_one(&ledger, asked).expect("recorded").entries.len(), 1);
    ledger.close().expect("closed");

    let log = log_of(store);
    let at = usize::try_from(ATTEST_EVERY).expect("small");
    let entry: Value = serde_json::from_slice(&log[at]).expect("JSON");
    assert_eq!(entry["data"], attestation(&log, at));
    assert_eq!((&entry["authtype"], &entry["authid"]), (&json!("system"), &json!("system")));
    assert_eq!(data(&log[at + 2]), attestation(&log, at + 2));
    assert_eq!(verified(&log).findings, []);
    assert_eq!(faults(&audited(&log)), []);
    found_out(&log, at);
}

/// What stands for the tree where only the number of entries matters.
#[derive(Debug)]
struct Unknown;

impl Histories for Unknown {
    fn ends_after(&self, _: &[Planned]) -> Ends {
        Ends { root: TreeHash::empty_root(), subjects: 0 }
    }
}

/// The first entries of a log: its founding, its key, an attestation.
fn begun(key: Option<&SigningKey>, attested: Option<u64>) -> State {
    let Founding { origin, clock, purpose, operator, .. } = founding(None);
    let author = Author::Actor(operator.clone());
    let founded = LogFounded { origin, format: 1, clock, purpose, operator };
    let key = key.map(|key| (1, KeyIntroduced { key: key.verifier().clone() }.into()));
    let said = |size| SubjectsAttested { root: TreeHash::empty_root(), size, subjects: 0 };
    let attested = attested.map(|at| (at, said(at).into()));
    let mut state = State::default();
    for (at, event) in [(0, Event::from(founded))].into_iter().chain(key).chain(attested) {
        let recorded = Recorded {
            sequence: Sequence::new(at),
            subject: Subject::ledger(),
            subject_version: SubjectVersion::default(),
            time: now(),
            recorded_time: now(),
            author: author.clone(),
            event,
        };
        state.apply(&recorded).expect("it follows");
    }
    state
}

#[test]
fn an_attestation_is_due_by_the_number_of_entries_that_none_covers() {
    let key = SigningKey::new(ORIGIN, Algorithm::Ed25519, &[7; 32]).expect("a key");
    let every = ATTEST_EVERY;
    // Whether there is a key, the last attestation, the position of the next entry, and whether one is due with it.
    for (keyed, attested, next, due) in [
        (true, None, every - 2, false),
        (true, None, every - 1, true),
        (true, None, every, true),
        (true, None, 10 * every, true),
        (false, None, every - 1, false),
        (false, None, 10 * every, false),
        (true, Some(9), every - 1, false),
        (true, Some(9), every + 8, false),
        (true, Some(9), every + 9, true),
        (false, Some(9), every + 9, false),
    ] {
        let state = begun(keyed.then_some(&key), attested);
        let context = Context {
            recorded_time: now(),
            next: Sequence::new(next),
            cited: &Default::default(),
            missing_document: None,
            histories: &Unknown,
        };
        let planned = decide(&state, &enrol(0), &context).expect("allowed");
        let case = format!("{keyed} {attested:?} {next}");
        assert_eq!(planned.len(), 1 + usize::from(due), "{case}");
        if let Some(Planned { event: Event::SubjectsAttested(event), author, .. }) = planned.get(1) {
            assert_eq!((event.size, author), (next + 1, &Author::System), "{case}");
        }
    }
}

/// What a false or missing attestation of the ledger's own comes to.
fn found_out(log: &[Vec<u8>], at: usize) {
    let place = Sequence::new(at as u64);
    let lie = forged(log, at, |entry| entry["data"]["subjects"] = json!(3));
    assert_eq!(verified(&lie).findings[0].sequence, Some(place));
    assert!(faults(&audited(&lie)).contains(&("attestation_false", vec![place])));
    // Left out: only the rules know that it was due.
    let quiet = &log[..at];
    assert!(verified(quiet).ok);
    let missing = ("consequence_missing", vec![Sequence::new(at as u64 - 1)]);
    assert!(faults(&audited(quiet)).contains(&missing), "{:?}", faults(&audited(quiet)));
}

/// A log of 40 entries with attestations among them.
fn attested() -> Vec<Vec<u8>> {
    let store = Arc::new(MemoryStore::new());
    let ledger = founded(&store, None).expect("founded");
    let attest = || Command::AttestSubjects(AttestSubjects {});
    for number in 0..30 {
        submit_one(&ledger, enrol(number * 7 % 13 + number / 13 * 700)).expect("recorded");
        if number % 3 == 0 {
            submit_one(&ledger, request(1 << 40 | number, "attestation", attest())).expect("recorded");
        }
    }
    ledger.close().expect("closed");
    log_of(store)
}

#[test]
fn every_false_attestation_is_found_by_whoever_reads_the_whole_log() {
    let log = attested();
    let places: Vec<usize> = (0..log.len()).filter(|at| data(&log[*at]).get("root").is_some()).collect();
    assert_eq!(places.len(), 10);
    assert_eq!(verified(&log).findings, []);
    assert_eq!(faults(&audited(&log)), []);
    for at in places {
        let place = Sequence::new(at as u64);
        assert_eq!(data(&log[at]), attestation(&log, at));
        let hidden = attestation(&log, at - 1);
        let lies = [
            forged(&log, at, |entry| entry["data"]["root"] = json!(TreeHash::empty_root())),
            forged(&log, at, |entry| entry["data"]["size"] = json!(at - 1)),
            forged(&log, at, |entry| entry["data"]["size"] = json!(at + 1)),
            forged(&log, at, |entry| entry["data"]["subjects"] = json!(0)),
            // As if the entry before it had never been written.
            forged(&log, at, |entry| entry["data"]["root"] = hidden["root"].clone()),
        ];
        for lie in &lies {
            let findings = verified(lie).findings;
            assert_eq!(findings.len(), 1, "{findings:?}");
            assert_eq!(findings[0].sequence, Some(place), "{findings:?}");
            assert!(findings[0].what.starts_with("attested "), "{findings:?}");
            assert_eq!(faults(&audited(lie)), [("attestation_false", vec![place])]);
        }
    }
}

#[test]
fn a_subject_version_used_twice_ends_the_reading() {
    let log = attested();
    let at = log.len() - 5;
    let lie = forged(&log, at, |entry| {
        let version = entry["subjectversion"].as_u64().expect("a version");
        entry["subjectversion"] = json!(version - 1);
    });
    let verification = verified(&lie);
    let [finding] = verification.findings.as_slice() else { panic!("{verification:?}") };
    assert_eq!(finding.sequence, Some(Sequence::new(at as u64)));
    assert!(finding.what.contains("version"), "{finding:?}");
    assert_eq!(faults(&audited(&lie)), [("subject_history_broken", vec![Sequence::new(at as u64)])]);
}

#[test]
fn a_ledger_may_be_founded_with_its_key() {
    let key = SigningKey::new(ORIGIN, Algorithm::Ed25519, &[7; 32]).expect("a key");
    let (plain, keyed) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    founded(&plain, None).expect("founded").close().expect("closed");
    let ledger = founded(&keyed, Some(&key)).expect("founded");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let known = runtime.block_on(ledger.look(|state| state.key().cloned())).expect("open");
    assert_eq!(known.as_ref(), Some(key.verifier()));
    // The key of the founding is not introduced again.
    let again = json!({"key":key.verifier()});
    let rotate = Command::decode("key.rotate", again).expect("a command");
    let refused = submit_one(&ledger, request(0, Subject::ledger().as_str(), rotate));
    assert!(matches!(&refused, Err(SubmitError::Rejected(why)) if why.code() == "key_known"), "{refused:?}");
    ledger.close().expect("closed");
    let (plain, keyed) = (log_of(plain), log_of(keyed));
    assert_eq!((plain.len(), keyed.len()), (1, 2));
    assert_eq!(plain[0], keyed[0], "the founding says the same with a key and without");
    let entry: Value = serde_json::from_slice(&keyed[1]).expect("JSON");
    assert_eq!(entry["type"], "ledger.key.introduced.v1");
    assert_eq!(entry["data"], json!({"key":key.verifier()}));
    let founding: Value = serde_json::from_slice(&keyed[0]).expect("JSON");
    assert_eq!(entry["causationid"], founding["id"]);
    assert_eq!(entry["id"], json!(format!("{}.2", founding["id"].as_str().expect("an id"))));
    assert_eq!(verified(&keyed).findings, []);
    assert_eq!(faults(&audited(&keyed)), []);
    let other = SigningKey::new("other.example", Algorithm::Ed25519, &[7; 32]).expect("a key");
    let witness = SigningKey::new(ORIGIN, Algorithm::Cosignature, &[7; 32]).expect("a key");
    for (key, what) in [(other, "another's"), (witness, "a witness's")] {
        let lie = forged(&keyed, 1, |entry| entry["data"]["key"] = json!(key.verifier()));
        assert_eq!(faults(&audited(&lie)), [("event_differs", vec![Sequence::new(1)])], "{what}");
    }
    let lie = forged(&keyed, 1, |entry| entry["subject"] = json!("national"));
    assert!(!audited(&lie).clean);
}

#[test]
fn a_ledger_is_not_founded_with_a_key_that_is_not_its_own() {
    let keys = [("other.example", Algorithm::Ed25519), (ORIGIN, Algorithm::Cosignature)];
    for (name, algorithm) in keys {
        let key = SigningKey::new(name, algorithm, &[7; 32]).expect("a key");
        let store = Arc::new(MemoryStore::new());
        let refused = founded(&store, Some(&key));
        assert!(matches!(&refused, Err(OpenLedgerError::Founding(why)) if why.contains(name)), "{refused:?}");
        assert_eq!(store.head().length, Length(0));
    }
}
