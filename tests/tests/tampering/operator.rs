//! An operator with the key: writes whatever log they like, links it, attests it and signs it. Documents are theirs to
//! keep or not.

use std::sync::Arc;

use ledger_core::store::{DiskVault, MemoryVault, SledStore, StoreOptions, Vault, commitment};
use ledger_core::values::{Sequence, Timestamp};
use ledger_tests::filled;
use ledger_tests::world::{Envelope, Outcome, World};
use replay::{Log, verify_documents};
use serde_json::{Value, json};

use super::forged::{Forged, store_of};
use super::readers::{Shown, YORK, concern, give, place, rehash, rewritten, withdraw, york_rated};

/// York rated and the rating withdrawn.
fn withdrawn() -> World {
    let mut world = york_rated();
    withdraw(&mut world);
    world
}

#[test]
fn a_rewritten_history_that_is_signed_again_does_not_go_on_from_a_checkpoint_held() {
    let before = Shown::signed(york_rated().log());
    let mut world = york_rated();
    concern(&mut world);
    let honest = Shown::signed(world.log());
    let forged = Shown::signed(rewritten(&world.log()));
    assert!(forged.looks_clean(), "neither full reader can tell");
    assert_eq!(honest.goes_on_from(&before.signed), Ok(()));
    assert!(forged.goes_on_from(&before.signed).is_err_and(|error| error.contains("leads to root")));
}

#[test]
fn a_ledger_rolled_back_and_gone_on_does_not_go_on_from_a_checkpoint_held() {
    let held = Shown::signed(withdrawn().log());
    let back = Shown::signed(york_rated().log());
    assert!(back.looks_clean() && back.rating().rating.is_some());
    assert!(back.goes_on_from(&held.signed).is_err_and(|error| error.contains("beyond the tree")));
    let mut world = york_rated();
    concern(&mut world);
    concern(&mut world);
    let gone_on = Shown::signed(world.log());
    assert!(gone_on.looks_clean());
    assert!(gone_on.goes_on_from(&held.signed).is_err_and(|error| error.contains("leads to root")));
}

#[test]
fn two_readers_with_two_histories_find_out_by_comparing_checkpoints() {
    let mut world = york_rated();
    concern(&mut world);
    let (one, other) = (Shown::signed(withdrawn().log()), Shown::signed(world.log()));
    // Each alone sees nothing wrong, and not the same rating.
    assert!(one.looks_clean() && other.looks_clean());
    assert_ne!(one.rating().rating, other.rating().rating);
    // Two roots of one size, both by the one key: no honest ledger signs that.
    let (one_says, other_says) = (&one.signed.checkpoint, &other.signed.checkpoint);
    assert!(one_says.size == other_says.size && one_says.root != other_says.root);
    assert!(one.goes_on_from(&other.signed).is_err() && other.goes_on_from(&one.signed).is_err());
}

#[test]
fn an_entry_against_the_rules_is_found_by_the_audit() {
    let mut forged = Forged::of(&york_rated().log());
    let score = forged.entry("score.assigned", 0);
    "publisher-1".clone_into(&mut score.auth_id);
    rehash(score, "score.assign");
    let shown = Shown::signed(forged.linked());
    assert!(shown.verified().ok, "the chain holds, and the published result follows from its scores");
    let codes = shown.audit_codes();
    assert!(codes.contains(&"role_missing") && codes.contains(&"duties_not_separate"), "{codes:?}");
}

fn forged_place(log: &[Vec<u8>], event: &str) -> Sequence {
    Sequence::new(Forged::of(log).find(event, 0) as u64)
}

#[test]
fn a_recorded_time_moved_back_needs_a_rewritten_history() {
    let mut world = york_rated();
    let earlier = Timestamp::from_micros(world.now().micros() - 3_600_000_000).expect("a time");
    let envelope = Envelope { recorded_time: Some(Some(earlier)), ..Envelope::default() };
    let line = world.line("registrar-1", "programme.pause", "national", json!({"kind":"ics"}), &envelope);
    let outcome = world.submit(line.to_string().as_bytes());
    let Outcome::Rejected(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!(refusal.code(), "clock_behind");
    // Before its predecessor: the chain does not take it.
    let log = world.log();
    let mut forged = Forged::of(&log);
    let moved = forged.entry("rating.published", 0);
    moved.recorded_time = earlier;
    moved.time = earlier;
    let found = Shown::signed(forged.linked()).verified().findings;
    assert_eq!(found[0].sequence, Some(forged_place(&log, "rating.published")), "{found:?}");
    // Between its neighbours: only a checkpoint from in between can tell.
    let mut forged = Forged::of(&log);
    let moved = forged.entry("rating.published", 0);
    let before = Timestamp::from_micros(moved.recorded_time.micros() - 1_000_000).expect("a time");
    (moved.recorded_time, moved.time) = (before, before);
    let shown = Shown::signed(forged.linked());
    assert!(shown.looks_clean());
    assert!(shown.goes_on_from(&Shown::signed(log).signed).is_err());
}

#[test]
fn a_document_withheld_is_a_gap_and_nothing_else_takes_its_place() {
    let world = york_rated();
    let log = Log::over(store_of(&world.log())).expect("a log");
    let found = verify_documents(&log, &MemoryVault::new(), &mut |_, _| ()).expect("read");
    assert!(found.cited > 0 && found.findings.len() as u64 == found.cited, "{found:?}");
    assert!(found.findings.iter().all(|found| found.what.contains("the vault does not hold it")));
    // The rating and every proof are as with it.
    let shown = Shown::signed(world.log());
    assert!(shown.looks_clean() && shown.rating().rating.is_some());
    let narrative = Forged::of(&world.log()).get("findings.published", 0, "narrative");
    let committed = narrative["commitment"].as_str().expect("a commitment");
    for (secret, content) in [([0; 32], "york-narrative"), ([7; 32], "other words")] {
        assert_ne!(commitment(&secret, content.as_bytes()).to_string(), committed);
    }
}

#[test]
fn a_secret_destroyed_without_an_entry_is_found() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = filled::found(&dir, StoreOptions::default());
    let (document, cited_by) = filled::fill(&ledger, 0, 1)[0];
    ledger.close().expect("closed");
    DiskVault::open(&dir).expect("a vault").erase(&document).expect("erased");
    let log = Log::over(Arc::new(SledStore::open(&dir).expect("opened"))).expect("a log");
    let found =
        verify_documents(&log, &DiskVault::open(&dir).expect("a vault"), &mut |_, _| ()).expect("read");
    assert_eq!(found.findings[0].sequence, Some(cited_by));
    assert!(found.findings[0].what.contains("no entry says so"), "{found:?}");
}

#[test]
fn an_unlawful_erasure_stands_in_the_log_with_its_author_and_stated_basis() {
    let mut world = york_rated();
    let narrative = Forged::of(&world.log()).get("findings.published", 0, "narrative");
    let cited_by = place(&world, "findings.published");
    let data = json!({"commitment":narrative["commitment"],"cited_by":cited_by,"legal_basis":"no-such-law"});
    let line = world.line("publisher-1", "document.erase", YORK, data.clone(), &Envelope::default());
    let outcome = world.submit(line.to_string().as_bytes());
    assert!(matches!(outcome, Outcome::Rejected(refusal) if refusal.code() == "role_missing"));
    let before = world.now();
    let at = give(&mut world, "operator-1", "document.erase", YORK, data);
    let shown = Shown::signed(world.log());
    assert!(shown.looks_clean(), "no rule can tell a lawful basis from another");
    let entry: Value = serde_json::from_slice(&shown.log[at]).expect("JSON");
    let said = (&entry["authid"], &entry["data"]["legal_basis"], &entry["recordedtime"]);
    assert_eq!(said, (&json!("operator-1"), &json!("no-such-law"), &json!(before)));
    assert!(shown.rating().rating.is_some());
}
