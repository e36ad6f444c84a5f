//! Verification with rules and without them says the same of bytes, chain, histories, tree and attestations, at the same
//! entry; and a log that was rewritten consistently is found against any checkpoint of it, and the place narrowed down.
//!
//! The log is long enough for two threads to share the work. Rules are broken in `attesting` and `published_record`.

use std::sync::{Arc, LazyLock};

use ledger_core::assessment::event::{ActorEnrolled, ClockKind, Purpose};
use ledger_core::assessment::roles::Role;
use ledger_core::assessment::{Command, Request};
use ledger_core::environment::Environment;
use ledger_core::log::tree::{Frontier, leaf_hash};
use ledger_core::log::{Algorithm, Checkpoint, CommandId, Head, SignedCheckpoint, SigningKey, TreeHash};
use ledger_core::store::{Batch, MemoryStore, MemoryVault, Store};
use ledger_core::values::{Hash, Length, Sequence, Timestamp};
use ledger_core::{Founding, Ledger};
use ledger_tests::filled::log_of;
use replay::{Expectation, Held, Log, Verification, verify, verify_bytes};
use serde_json::{Value, json};

const ORIGIN: &str = "tests.example/verifying";
/// More than two threads are used for.
const ENTRIES: usize = 9_000;
/// Entries of which the middle one is tampered with.
const TAMPERED: usize = 8_500;

fn now() -> Timestamp {
    "2026-03-02T10:00:00.000000Z".parse().expect("a time")
}

fn key(seed: u8) -> SigningKey {
    SigningKey::new(ORIGIN, Algorithm::Ed25519, &[seed; 32]).expect("a key")
}

fn id(number: usize) -> CommandId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&(number as u64).to_be_bytes());
    CommandId::from_parts(now(), random)
}

fn enrol(number: usize) -> Request {
    let role = if (number / 100).is_multiple_of(2) { Role::Auditor } else { Role::Analyst };
    let enrolled = ActorEnrolled { roles: vec![role], organisation: None, public_key: None };
    Request {
        id: id(number),
        actor: "operator-1".parse().expect("an actor"),
        subject: format!("actor/a-{}", number % 100).parse().expect("a subject"),
        time: None,
        recorded_time: Some(now()),
        expected_subject_version: Default::default(),
        command: Command::EnrolActor(enrolled),
    }
}

/// A ledger with a key and 100 histories.
static LOG: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let store = Arc::new(MemoryStore::new());
    let founding = Founding {
        id: id(0),
        origin: ORIGIN.parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now(),
        key: Some(key(1)),
    };
    let vault = Arc::new(MemoryVault::new());
    let ledger = Ledger::found(store.clone(), vault, Environment::system(), founding).expect("founded");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for answer in runtime.block_on(ledger.submit_all((1..ENTRIES).map(enrol).collect())) {
        answer.expect("accepted");
    }
    ledger.close().expect("closed");
    log_of(store)
});

fn opened(log: &[Vec<u8>]) -> Log {
    let store = MemoryStore::new();
    let head = Head { length: Length(log.len() as u64), hash: Hash::of(&log[log.len() - 1]) };
    store.append(Length(0), &Batch { entries: log.to_vec(), head }).expect("appended");
    let store: Arc<dyn Store> = Arc::new(store);
    Log::over(store).expect("a log")
}

/// What both verifications say of bytes and order; they differ in nothing else.
fn verified(log: &[Vec<u8>], held: &Held) -> Verification {
    let log = opened(log);
    let without = verify_bytes(&log, held, &mut |_, _| ()).expect("readable");
    let with = verify(&log, held, &mut |_, _| ()).expect("readable");
    assert_eq!((without.recomputed, with.recomputed), (None, Some(0)));
    assert_eq!(Verification { recomputed: None, ..with }, without);
    without
}

fn root(log: &[Vec<u8>]) -> TreeHash {
    log.iter().map(|bytes| leaf_hash(bytes)).collect::<Frontier>().root()
}

/// A checkpoint of the first `size` entries, signed by these.
fn checkpoint(log: &[Vec<u8>], size: usize, keys: &[SigningKey]) -> SignedCheckpoint {
    let size_and_root = (Length(size as u64), root(&log[..size]));
    signed(ORIGIN, size_and_root, keys)
}

fn signed(origin: &str, (size, root): (Length, TreeHash), keys: &[SigningKey]) -> SignedCheckpoint {
    SignedCheckpoint::signed(Checkpoint { origin: origin.to_owned(), size, root }, keys)
}

fn against(checkpoints: Vec<SignedCheckpoint>) -> Held {
    Held { checkpoints, ..Held::default() }
}

/// The first finding, with its entry.
fn first(found: &Verification) -> (Option<u64>, &str) {
    assert!(!found.ok);
    let finding = found.findings.first().expect("a finding");
    (finding.sequence.map(Sequence::get), &finding.what)
}

/// What is done to an entry.
type Change<'c> = &'c dyn Fn(&mut Value);

/// One entry changed, and if `linked` every later one linked to it again, as one who holds the whole log can.
fn tampered(linked: bool, change: impl Fn(&mut Value)) -> Vec<Vec<u8>> {
    let mut log = LOG.clone();
    for at in TAMPERED..log.len() {
        let mut entry: Value = serde_json::from_slice(&log[at]).expect("JSON");
        match at {
            TAMPERED => change(&mut entry),
            _ if linked => entry["prev"] = json!(Hash::of(&log[at - 1])),
            _ => break,
        }
        log[at] = serde_jcs::to_vec(&entry).expect("JCS");
    }
    log
}

#[test]
fn a_sound_log_gives_the_root_of_every_checkpoint() {
    let log = &*LOG;
    let sizes = [0, 1, 2, 8_191, 8_192, log.len()];
    let checkpoints = sizes.map(|size| checkpoint(log, size, &[key(1)])).to_vec();
    let found = verified(log, &against(checkpoints.into_iter().rev().collect()));
    assert!(found.ok, "{:?}", found.findings);
    assert_eq!((found.entries, found.tree.root), (log.len() as u64, root(log)));
    assert!(found.tree.checkpoints.iter().all(|held| held.agrees));
    let found: Vec<u64> = found.tree.checkpoints.iter().map(|held| held.size.0).collect();
    assert_eq!(found, sizes.map(|size| size as u64), "by size");
}

#[test]
fn what_breaks_the_chain_is_named_at_its_entry() {
    let at = Some(TAMPERED as u64);
    let cases: [(&str, Change); 5] = [
        ("its prev is", &|entry| entry["prev"] = json!("0".repeat(64))),
        ("its sequence says", &|entry| entry["sequence"] = json!("0000000000009999")),
        ("has version", &|entry| entry["subjectversion"] = json!(7)),
        ("and its previous entry is", &|entry| entry["subjectprev"] = json!("0000000000000007")),
        ("not an entry", &|entry| entry["specversion"] = json!("1.1")),
    ];
    for (said, change) in cases {
        let log = tampered(false, change);
        let found = verified(&log, &against(vec![checkpoint(&LOG, LOG.len(), &[key(1)])]));
        let (sequence, what) = first(&found);
        assert!(sequence == at && what.contains(said) && found.findings.len() == 1, "{said}: {found:?}");
    }
}

#[test]
fn a_byte_in_another_spelling_is_named_at_its_entry() {
    let mut log = LOG.clone();
    log[TAMPERED].insert(1, b' ');
    let found = verified(&log, &Held::default());
    assert_eq!(first(&found).0, Some(TAMPERED as u64));
}

#[test]
fn a_rewritten_log_is_found_against_any_checkpoint_and_the_place_narrowed_down() {
    let forged = tampered(true, |entry| entry["data"]["roles"] = json!(["inspector"]));
    let forged_role = verify_bytes(&opened(&forged), &Held::default(), &mut |_, _| ()).expect("readable");
    assert!(forged_role.ok, "consistent in itself: {:?}", forged_role.findings);
    let checkpoints: Vec<_> =
        [100, TAMPERED, TAMPERED + 1, ENTRIES].map(|size| checkpoint(&LOG, size, &[key(1)])).into();
    let found = verify_bytes(&opened(&forged), &against(checkpoints), &mut |_, _| ()).expect("readable");
    let agrees: Vec<bool> = found.tree.checkpoints.iter().map(|held| held.agrees).collect();
    assert_eq!(agrees, [true, true, false, false]);
    assert_eq!(found.findings.len(), 2);
    let (sequence, what) = first(&found);
    assert_eq!(sequence, Some(TAMPERED as u64), "the last entry under the checkpoint");
    assert!(what.ends_with("one from 0000000000008500 on was changed"), "{what}");
}

#[test]
fn a_shorter_log_and_another_end_are_found() {
    let short = &LOG[..TAMPERED];
    let found = verified(short, &against(vec![checkpoint(&LOG, TAMPERED + 1, &[key(1)])]));
    assert!(first(&found).1.contains("rolled back"), "{found:?}");
    let noted = |length: usize, last: usize| Held {
        head: Some(Expectation { length: Length(length as u64), hash: Hash::of(&LOG[last]) }),
        ..Held::default()
    };
    assert!(verified(short, &noted(TAMPERED, TAMPERED - 1)).ok);
    assert!(first(&verified(short, &noted(TAMPERED + 1, TAMPERED))).1.contains("rolled back"));
    let found = verified(short, &noted(TAMPERED - 1, 7));
    assert_eq!(first(&found).0, Some(TAMPERED as u64 - 2));
}

#[test]
fn a_checkpoint_counts_only_if_a_key_that_may_signed_it() {
    let log = &*LOG;
    let (mine, other) = (key(1), key(2));
    let of = |keys: &[&SigningKey]| {
        let keys: Vec<SigningKey> = keys.iter().copied().cloned().collect();
        against(vec![checkpoint(log, ENTRIES, &keys)])
    };
    let trusting =
        |keys: &[&SigningKey], key: &SigningKey| Held { key: Some(key.verifier().clone()), ..of(keys) };
    for held in [of(&[&mine]), of(&[&other, &mine]), trusting(&[&mine], &mine)] {
        let found = verified(log, &held);
        assert!(found.ok && found.tree.checkpoints[0].signed_by == [mine.verifier().clone()], "{found:?}");
    }
    assert!(verified(log, &trusting(&[&mine, &other], &other)).ok, "the verifier's word counts");
    for held in [of(&[&other]), trusting(&[&mine], &other)] {
        let found = verified(log, &held);
        assert!(first(&found).1.contains("is not signed by"), "{found:?}");
        assert!(found.tree.checkpoints[0].signed_by.is_empty());
    }
    let elsewhere = signed("other.example", (Length(ENTRIES as u64), root(log)), &[mine]);
    let found = verified(log, &against(vec![elsewhere]));
    assert!(first(&found).1.contains("a checkpoint is of other.example"), "{found:?}");
}
