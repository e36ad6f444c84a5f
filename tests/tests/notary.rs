//! What a ledger signs: after any life - commits of any size, closes, crashes, lost and lying tiles, rotated keys - its
//! newest checkpoint is of the log as it is, and never of one that was not durable. A ledger that went backwards is not
//! written to. Seeds: LEDGER_TEST_SEED=N.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ledger_core::environment::Environment;
use ledger_core::log::tile::{TILE_WIDTH, Tile, new_tiles};
use ledger_core::log::tree::{Frontier, Levels, Nodes, leaf_hash};
use ledger_core::log::{Algorithm, SignedCheckpoint, SigningKey, TreeHash};
use ledger_core::store::{KeyFileError, KeyFiles, StoreOptions};
use ledger_core::values::Length;
use ledger_core::{
    Ledger, NotaryError, OpenLedgerError, TreeError, install_key, keep_known, newest_checkpoint,
};
use ledger_tests::filled;
use replay::Log;
use serde_json::json;

const ORIGIN: &str = "tests.example/filled";
const LONG: Duration = Duration::from_secs(3600);

fn key(seed: u8) -> SigningKey {
    SigningKey::new(ORIGIN, Algorithm::Ed25519, &[seed; 32]).expect("a key")
}

fn every(checkpoint_every: Duration) -> StoreOptions {
    StoreOptions { checkpoint_every, ..StoreOptions::default() }
}

fn found(dir: &Path) -> Ledger {
    filled::found_with(dir, every(LONG), Some(key(1)))
}

fn open_every(dir: &Path, checkpoint_every: Duration) -> Result<Ledger, OpenLedgerError> {
    Ledger::open_with(dir, every(checkpoint_every), Environment::system(), &mut |_, _| ())
}

fn open(dir: &Path) -> Result<Ledger, OpenLedgerError> {
    open_every(dir, LONG)
}

fn refused(dir: &Path) -> NotaryError {
    match open(dir) {
        Err(OpenLedgerError::Notary(error)) => error,
        other => panic!("opened, or refused otherwise: {other:?}"),
    }
}

fn newest(dir: &Path) -> SignedCheckpoint {
    newest_checkpoint(dir).expect("readable").expect("a checkpoint")
}

fn rotate(ledger: &Ledger, dir: &Path, number: u64, to: &SigningKey) {
    KeyFiles::of(dir).put_next(to).expect("kept");
    filled::submit(ledger, number, "ledger", "key.rotate", json!({ "key": to.verifier() }));
}

/// The newest checkpoint is of the whole log, signed by this key, and every full tile is right.
fn is_signed_whole(dir: &Path, by: &SigningKey) {
    let leaves: Vec<TreeHash> = filled::log(dir).iter().map(|entry| leaf_hash(entry)).collect();
    let frontier: Frontier = leaves.iter().copied().collect();
    let newest = newest(dir);
    assert_eq!(newest.checkpoint.size, frontier.size());
    assert_eq!(newest.checkpoint.root, frontier.root());
    newest.note.verify(by.verifier()).expect("signed");
    let mut levels = Levels::of(leaves);
    for tile in new_tiles(Length(0), frontier.size()).filter(Tile::is_full) {
        let bytes = fs::read(dir.join("tiles").join(tile.path())).expect("a full tile");
        let mut hash = |at| levels.node(8 * tile.level, tile.index * TILE_WIDTH + at);
        let expected: Vec<u8> = (0..TILE_WIDTH)
            .flat_map(|at| {
                let Ok(hash) = hash(at);
                *hash.as_bytes()
            })
            .collect();
        assert_eq!(bytes, expected, "{}", tile.path());
    }
}

fn seed() -> u64 {
    let given = std::env::var("LEDGER_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("LEDGER_TEST_SEED={seed}");
    seed
}

/// Enrols `count` actors in one round.
fn enrol(ledger: &Ledger, from: u64, count: u64) {
    let requests = (from..from + count).map(|number| {
        filled::request(
            number,
            &format!("actor/member-{number}"),
            "actor.enrol",
            json!({ "roles": ["auditor"] }),
        )
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for answer in runtime.block_on(ledger.submit_all(requests.collect())) {
        answer.expect("recorded");
    }
}

/// What a crash leaves beside the log is older than the log: a checkpoint of some time before, and any tiles.
fn crash(dir: &Path, older: &[u8], random: &mut fastrand::Rng) {
    fs::write(dir.join("checkpoint"), older).expect("written");
    let tiles = dir.join("tiles/tile/0");
    let names: Vec<PathBuf> = fs::read_dir(&tiles)
        .map(|found| found.map(|tile| tile.expect("listed").path()).collect())
        .unwrap_or_default();
    for path in names {
        match random.u8(0..8) {
            0 => fs::remove_file(path).expect("removed"),
            1 => fs::write(path, [0; 100]).expect("torn"),
            2 => fs::write(path, [7; 8192]).expect("changed"),
            _ => {}
        }
    }
    if random.u8(0..5) == 0 {
        let _ = fs::remove_dir_all(dir.join("tiles"));
    }
}

#[test]
fn whatever_happens_the_newest_checkpoint_is_of_the_log_as_it_is() {
    let mut random = fastrand::Rng::with_seed(seed());
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    found(&dir).close().expect("closed");
    let (mut next, mut older) = (0, fs::read(dir.join("checkpoint")).expect("read"));
    for _ in 0..25 {
        let waits = [Duration::ZERO, Duration::from_millis(1), LONG][random.usize(0..3)];
        let ledger = open_every(&dir, waits).expect("opened");
        let mut checkpoints = ledger.checkpoint();
        for _ in 0..random.u64(0..6) {
            let count = [1, 3, 200, 700][random.usize(0..4)];
            enrol(&ledger, next, count);
            next += count;
            let seen = checkpoints.borrow_and_update().clone().expect("a checkpoint");
            assert!(seen.checkpoint.size <= ledger.head().length, "not of what is not durable");
            assert!(newest(&dir).checkpoint.size >= seen.checkpoint.size, "durable before it is seen");
            if waits.is_zero() {
                assert_eq!(seen.checkpoint.size, ledger.head().length, "signed before it is answered");
            }
        }
        ledger.close().expect("closed");
        if random.bool() {
            crash(&dir, &older, &mut random);
            open(&dir).expect("opened").close().expect("closed");
            // A tile under the edge is made again when somebody asks for it, and a reader asks.
            continue;
        }
        older = fs::read(dir.join("checkpoint")).expect("read");
    }
    fs::remove_dir_all(dir.join("tiles")).expect("removed");
    let ledger = open(&dir).expect("opened");
    enrol(&ledger, next, 300);
    ledger.close().expect("closed");
    is_signed_whole(&dir, &key(1));
    println!("{} entries, signed {}", filled::log(&dir).len(), newest(&dir).checkpoint.size);
}

#[test]
fn what_waits_is_signed_without_a_close() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = filled::found_with(&dir, every(Duration::from_millis(50)), Some(key(1)));
    enrol(&ledger, 0, 3);
    let (checkpoints, began) = (ledger.checkpoint(), Instant::now());
    let signed = || checkpoints.borrow().as_ref().map(|newest| newest.checkpoint.size);
    while signed() != Some(ledger.head().length) {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?} of {}", signed(), ledger.head().length);
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = fs::metadata(dir.join("checkpoint")).and_then(|file| file.modified()).expect("there");
    ledger.close().expect("closed");
    let after = fs::metadata(dir.join("checkpoint")).and_then(|file| file.modified()).expect("there");
    assert_eq!(before, after, "nothing is signed twice");
}

/// Two ledgers of one name and key, told apart by their second round.
fn twins(scratch: &Path) -> [PathBuf; 2] {
    let [one, other] = ["one", "other"].map(|name| scratch.join(name));
    found(&one).close().expect("closed");
    filled::copy(&one, &other);
    for (dir, from) in [(&one, 0), (&other, 1000)] {
        let ledger = open(dir).expect("opened");
        enrol(&ledger, from, 300);
        ledger.close().expect("closed");
    }
    [one, other]
}

#[test]
fn a_ledger_that_went_backwards_is_read_and_not_written_to() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    found(&dir).close().expect("closed");
    let earlier = scratch.path().join("earlier");
    filled::copy(&dir, &earlier);
    let ledger = open(&dir).expect("opened");
    enrol(&ledger, 0, 5);
    ledger.close().expect("closed");
    // The whole directory rolled back, but for the checkpoint.
    fs::copy(dir.join("checkpoint"), earlier.join("checkpoint")).expect("copied");
    let error = refused(&earlier);
    assert!(
        matches!(
            error,
            NotaryError::Tree(TreeError::Shorter { signed, length }) if signed.0 == 7 && length.0 == 2
        ),
        "{error}"
    );
    assert_eq!(Log::open(&earlier).expect("read").head().length, Length(2));

    let [one, other] = twins(scratch.path());
    fs::copy(one.join("checkpoint"), other.join("checkpoint")).expect("copied");
    for _ in 0..2 {
        let error = refused(&other);
        assert!(matches!(error, NotaryError::Tree(TreeError::Differs { .. })), "{error}");
        assert_eq!(Log::open(&other).expect("read").head().length, Length(302));
        let _ = fs::remove_dir_all(other.join("tiles"));
    }
}

#[test]
fn every_file_of_the_notary_has_a_rule_when_it_is_wrong() {
    let scratch = tempfile::tempdir().expect("a directory");
    let whole = scratch.path().join("whole");
    found(&whole).close().expect("closed");
    let mut number = 0;
    let mut fresh = || {
        number += 1;
        let dir = scratch.path().join(format!("{number}"));
        filled::copy(&whole, &dir);
        dir
    };

    let dir = fresh();
    fs::remove_file(dir.join("checkpoint")).expect("removed");
    assert!(matches!(refused(&dir), NotaryError::Missing { .. }));
    fs::write(dir.join("checkpoint"), "no note").expect("written");
    assert!(matches!(refused(&dir), NotaryError::Checkpoint(_)));
    let foreign = SigningKey::new(ORIGIN, Algorithm::Ed25519, &[9; 32]).expect("a key");
    let forged = SignedCheckpoint::signed(newest(&whole).checkpoint, &[foreign]);
    fs::write(dir.join("checkpoint"), forged.to_string()).expect("written");
    assert!(matches!(refused(&dir), NotaryError::NotOurs { .. }));

    let dir = fresh();
    fs::set_permissions(dir.join("key"), fs::Permissions::from_mode(0o644)).expect("changed");
    let error = refused(&dir);
    assert!(matches!(error, NotaryError::Key(KeyFileError::Open { .. })), "{error}");
    assert!(error.to_string().contains("chmod 600"), "{error}");
    fs::set_permissions(dir.join("key"), fs::Permissions::from_mode(0o600)).expect("changed");
    fs::write(dir.join("key"), "").expect("written");
    assert!(matches!(refused(&dir), NotaryError::Key(KeyFileError::Damaged { .. })));
    fs::write(dir.join("key"), key(2).to_secret_text()).expect("written");
    assert!(matches!(refused(&dir), NotaryError::Key(KeyFileError::NotInForce { .. })));

    // Without its key the ledger goes on and signs nothing.
    let dir = fresh();
    fs::remove_file(dir.join("key")).expect("removed");
    let before = newest(&dir);
    let ledger = open(&dir).expect("opened");
    enrol(&ledger, 0, 3);
    ledger.close().expect("closed");
    assert_eq!(newest(&dir), before);
    // A key that is lost is replaced.
    let ledger = open(&dir).expect("opened");
    rotate(&ledger, &dir, 900, &key(3));
    ledger.close().expect("closed");
    is_signed_whole(&dir, &key(3));
}

#[test]
fn a_rotation_that_was_interrupted_is_finished_or_dropped_as_the_log_says() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = found(&dir);
    enrol(&ledger, 0, 3);
    ledger.close().expect("closed");
    let earlier = scratch.path().join("earlier");
    filled::copy(&dir, &earlier);

    // Killed before it was recorded.
    KeyFiles::of(&dir).put_next(&key(2)).expect("kept");
    open(&dir).expect("opened").close().expect("closed");
    assert!(!dir.join("key.next").exists());
    is_signed_whole(&dir, &key(1));

    let ledger = open(&dir).expect("opened");
    rotate(&ledger, &dir, 900, &key(2));
    enrol(&ledger, 100, 2);
    ledger.close().expect("closed");
    assert!(!dir.join("key.next").exists());
    is_signed_whole(&dir, &key(2));
    assert!(newest(&dir).note.verify(key(1).verifier()).is_err(), "the old key signs no more");

    // Killed after it was recorded, and before anything was signed.
    for name in ["key", "checkpoint"] {
        fs::copy(earlier.join(name), dir.join(name)).expect("copied");
    }
    KeyFiles::of(&dir).put_next(&key(2)).expect("kept");
    let ledger = open(&dir).expect("opened");
    let both = newest(&dir);
    let names: Vec<[u8; 4]> = both.note.signatures.iter().map(|by| by.id).collect();
    assert_eq!(names, [key(1).verifier().id(), key(2).verifier().id()], "old first");
    assert!(!dir.join("key.next").exists());
    ledger.close().expect("closed");
    is_signed_whole(&dir, &key(2));
}

#[test]
fn a_key_comes_back_only_to_a_log_that_was_compared() {
    let scratch = tempfile::tempdir().expect("a directory");
    let [one, other] = twins(scratch.path());
    let keys = [key(1).verifier().clone()];
    let known = newest(&one);
    let store = |dir: &Path| Log::open(dir).expect("read").store();
    for dir in [&one, &other] {
        fs::remove_file(dir.join("key"))
            .and_then(|()| fs::remove_file(dir.join("checkpoint")))
            .expect("removed");
    }
    let refused = install_key(&other, store(&other), &key(1), Some(&known), &keys, &mut |_, _| ());
    assert!(matches!(refused, Err(NotaryError::Tree(TreeError::Differs { .. }))), "{refused:?}");
    assert!(!other.join("key").exists() && !other.join("checkpoint").exists());
    let mut of_another = known.clone();
    of_another.checkpoint.origin = "another.example".to_owned();
    let refused = install_key(&one, store(&one), &key(1), Some(&of_another), &keys, &mut |_, _| ());
    assert!(matches!(refused, Err(NotaryError::NotOurs { .. })), "{refused:?}");

    let extended =
        install_key(&one, store(&one), &key(1), Some(&known), &keys, &mut |_, _| ()).expect("installed");
    assert_eq!(extended, known);
    let ledger = open(&one).expect("opened");
    enrol(&ledger, 5000, 3);
    ledger.close().expect("closed");
    is_signed_whole(&one, &key(1));
    // An older one known elsewhere does not take the place of the newer one here.
    let kept = keep_known(&one, store(&one), &known, ORIGIN, &keys, &mut |_, _| ()).expect("compared");
    assert_eq!(kept, newest(&one));
    assert!(kept.checkpoint.size > known.checkpoint.size);

    let signed = install_key(&other, store(&other), &key(1), None, &keys, &mut |_, _| ()).expect("installed");
    assert_eq!(signed.checkpoint.size, Length(302));
    open(&other).expect("opened").close().expect("closed");
    is_signed_whole(&other, &key(1));
}
