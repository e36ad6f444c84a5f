//! An outsider with the files: can change any byte of them, and has neither a key nor a right.

use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::environment::Environment;
use ledger_core::log::tile::Tile;
use ledger_core::log::tree::{Frontier, leaf_hash, verify_inclusion};
use ledger_core::log::{CommandId, TreeHash};
use ledger_core::store::{Batch, DiskVault, Document, SledStore, Store, StoreOptions, TileFiles, Vault};
use ledger_core::values::{Length, Sequence};
use ledger_core::{Founding, Ledger, TreeReader};
use ledger_tests::filled;
use replay::Log;
use serde_json::json;

use super::forged::{Forged, store_of};
use super::readers::{ORIGIN, Shown, ledger_key, other_key, rewritten, signed_by, york_rated};

#[test]
fn a_changed_byte_is_named() {
    let seed = fastrand::u64(..);
    println!("SEED={seed}");
    let mut random = Rng::with_seed(seed);
    let shown = Shown::signed(york_rated().log());
    for at in 0..shown.log.len() {
        let mut log = shown.log.clone();
        let byte = random.usize(0..log[at].len());
        log[at][byte] ^= 1 << random.u8(0..8);
        let changed = Shown { log, signed: shown.signed.clone() };
        let first = changed.first_fault();
        // The next entry names the hash of this one; of the last one the head record and the checkpoint do.
        let is_last = at + 1 == shown.log.len();
        assert!(is_last || first == Some(at) || first == Some(at + 1), "entry {at}, byte {byte}: {first:?}");
        let opened = changed.opened_with(&shown.signed);
        assert!(opened.is_err_and(|error| error.contains("changed")), "entry {at}, byte {byte}");
    }
}

#[test]
fn entries_dropped_swapped_or_doubled_break_the_chain() {
    let shown = Shown::signed(york_rated().log());
    let last = shown.log.len() - 1;
    for at in 0..last {
        let changed = |change: fn(&mut Vec<Vec<u8>>, usize)| {
            let mut log = shown.log.clone();
            change(&mut log, at);
            Shown { log, signed: shown.signed.clone() }.first_fault()
        };
        assert_eq!(changed(|log, at| drop(log.remove(at))), Some(at));
        assert_eq!(changed(|log, at| log.swap(at, at + 1)), Some(at));
        assert_eq!(changed(|log, at| log.insert(at, log[at].clone())), Some(at + 1));
    }
    // What is cut off at the end is missed by the head record, and by every checkpoint.
    let cut = Shown { log: shown.log[..last].to_vec(), signed: shown.signed.clone() };
    assert!(cut.verified().ok);
    assert!(cut.opened_with(&shown.signed).is_err_and(|error| error.contains("rolled back")));
}

#[test]
fn an_entry_in_another_spelling_is_refused() {
    let shown = Shown::signed(york_rated().log());
    let mut forged = Forged::of(&shown.log);
    let at = forged.find("score.assigned", 0);
    forged.space("score.assigned", 0);
    assert_eq!(Shown { log: forged.linked(), signed: shown.signed }.first_fault(), Some(at));
}

#[test]
fn a_history_linked_again_is_found_only_against_a_checkpoint() {
    let shown = Shown::signed(york_rated().log());
    let forged = Shown { log: rewritten(&shown.log), signed: shown.signed.clone() };
    assert!(forged.looks_clean(), "the log alone shows nothing");
    assert_ne!(forged.log, shown.log);
    assert!(forged.opened_with(&shown.signed).is_err_and(|error| error.contains("changed")));
}

#[test]
fn a_checkpoint_is_signed_by_nobody_without_the_key() {
    let shown = Shown::signed(york_rated().log());
    let forged = signed_by(&other_key(), &store_of(&rewritten(&shown.log)));
    let verified = forged.note.verify(ledger_key().verifier());
    assert!(verified.is_err_and(|error| error.to_string().contains("no signature by ledger.example/rules+")));
    // Nor does a signature go from one text to another.
    let mut moved = forged.note.clone();
    moved.signatures.clone_from(&shown.signed.note.signatures);
    let verified = moved.verify(ledger_key().verifier());
    assert!(verified.is_err_and(|error| error.to_string().contains("is not by that key")));
}

#[test]
fn a_directory_rolled_back_is_found_only_from_outside_it() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (dir, older) = (scratch.path().join("ledger"), scratch.path().join("older"));
    let options = StoreOptions { head_file: Some(scratch.path().join("head")), ..StoreOptions::default() };
    let ledger = filled::found(&dir, options.clone());
    filled::fill(&ledger, 0, 3);
    ledger.close().expect("closed");
    filled::copy(&dir, &older);
    let ledger =
        Ledger::open_with(&dir, options.clone(), Environment::system(), &mut |_, _| ()).expect("opened");
    filled::fill(&ledger, 3, 3);
    ledger.close().expect("closed");
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&dir).expect("opened"));
    let held = signed_by(&ledger_key(), &store);
    drop(store);
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&older).expect("nothing is missed"));
    let found = TreeReader::open(store, None, Some(&held.checkpoint));
    assert!(found.is_err_and(|error| error.to_string().contains("rolled back")));
    std::fs::rename(&dir, scratch.path().join("newer")).expect("renamed");
    std::fs::rename(&older, &dir).expect("renamed");
    filled::open(&dir).close().expect("nothing is missed");
    let opened = Ledger::open_with(&dir, options, Environment::system(), &mut |_, _| ());
    assert!(opened.is_err_and(|error| error.to_string().contains("rolled back")));
}

#[test]
fn a_changed_tile_makes_no_wrong_proof() {
    let scratch = tempfile::tempdir().expect("a directory");
    let entries: Vec<Vec<u8>> = (0..600_u64).map(|at| at.to_be_bytes().to_vec()).collect();
    let leaves: Vec<TreeHash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let (store, size) = (store_of(&entries), Length(600));
    let held = signed_by(&ledger_key(), &store).checkpoint;
    for wrong in [0, 255] {
        let (mut tile, place) = (leaves[..256].to_vec(), Tile::full(0, 0));
        tile[wrong] = leaves[300];
        TileFiles::of(scratch.path()).write(place, &tile).expect("written");
        let tree = TreeReader::open(store.clone(), Some(scratch.path()), Some(&held)).expect("a tree");
        for at in [0, 100, 255, 256, 599] {
            let proof = tree.inclusion(Sequence::new(at), size).expect("a proof");
            let leaf = leaves[at as usize];
            assert_eq!(verify_inclusion(leaf, Sequence::new(at), size, &proof, held.root), Ok(()), "{at}");
        }
        // Whoever has the tiles alone notices: they do not give the root that is signed.
        let from_tiles: Frontier = tile.into_iter().chain(leaves[256..].iter().copied()).collect();
        assert_ne!(from_tiles.root(), held.root);
    }
}

#[test]
fn a_changed_document_is_not_read() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = filled::found(&dir, StoreOptions::default());
    let documents = filled::fill(&ledger, 0, 4);
    ledger.close().expect("closed");
    let segment = dir.join("documents/segments/000000.seg");
    let whole = std::fs::read(&segment).expect("read");
    let mut missed = 0;
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&segment, &changed).expect("written");
        let Ok(vault) = DiskVault::open(&dir) else { continue };
        for ((document, _), number) in documents.iter().zip([0, 3]) {
            match vault.get(document) {
                Ok(Document::Found { content, .. }) => {
                    assert_eq!(content, filled::reason(number).into_bytes())
                }
                _ => missed += 1,
            }
        }
    }
    assert!(missed > whole.len() / 2, "most bytes belong to a document: {missed} of {}", whole.len());
}

/// A ledger on disk with a key, and some entries.
fn signing(dir: &Path) -> Ledger {
    let now = "2026-03-02T10:00:00.000000Z".parse().expect("a time");
    let founding = Founding {
        id: CommandId::from_parts(now, [9; 10]),
        origin: ORIGIN.parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now,
        key: Some(ledger_key()),
    };
    let ledger = Ledger::create(dir, Environment::system(), founding).expect("founded");
    filled::fill(&ledger, 0, 3);
    ledger
}

/// Why the ledger in `dir` is not opened for writing; reading goes on.
fn not_written_to(dir: &Path) -> String {
    Log::open(dir).expect("read");
    let opened = Ledger::open(dir, Environment::system(), &mut |_, _| ());
    opened.map(drop).expect_err("refused").to_string()
}

#[test]
fn an_older_log_under_a_newer_checkpoint_is_not_written_to() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (dir, older) = (scratch.path().join("ledger"), scratch.path().join("older"));
    signing(&dir).close().expect("closed");
    filled::copy(&dir, &older);
    let ledger = filled::open(&dir);
    filled::fill(&ledger, 3, 3);
    ledger.close().expect("closed");
    filled::open(&older).close().expect("as old as its checkpoint, it is not noticed");
    std::fs::copy(dir.join("checkpoint"), older.join("checkpoint")).expect("copied");
    let why = not_written_to(&older);
    assert!(why.contains("rolled back"), "{why}");
}

#[test]
fn another_history_under_the_checkpoint_is_not_written_to() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (dir, other) = (scratch.path().join("ledger"), scratch.path().join("other"));
    signing(&dir).close().expect("closed");
    let mut forged = Forged::of(&filled::log(&dir));
    forged.set("actor.enrolled", 1, "roles", json!(["operator"]));
    let entries = forged.linked();
    let head = store_of(&entries).head();
    let store = SledStore::create_with(&other, StoreOptions::default()).expect("made");
    store.append(Length(0), &Batch { entries, head }).expect("appended");
    store.close().expect("closed");
    drop(store);
    for file in ["key", "checkpoint"] {
        std::fs::copy(dir.join(file), other.join(file)).expect("copied");
    }
    let why = not_written_to(&other);
    assert!(why.contains("the log or the checkpoint was changed"), "{why}");
    std::fs::remove_file(other.join("checkpoint")).expect("removed");
    let why = not_written_to(&other);
    assert!(why.contains("is missing, so what was signed last is not known"), "{why}");
    // Without the key too it is a ledger that signs nothing, which no reader of checkpoints takes for this one.
    std::fs::remove_file(other.join("key")).expect("removed");
    let ledger = filled::open(&other);
    filled::fill(&ledger, 3, 1);
    assert!(ledger.checkpoint().borrow().is_none());
}

/// The forger works: without him the tests above would find nothing to find.
#[test]
fn linking_again_changes_nothing_that_was_not_changed() {
    let log = york_rated().log();
    assert_eq!(Forged::of(&log).linked(), log);
}
