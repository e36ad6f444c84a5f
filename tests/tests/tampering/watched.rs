//! An operator with the key, whose checkpoints count only with the cosignatures of witnesses.
//!
//! The witnesses are the project's own, asked by the protocol's bodies. Left out: HTTP, which the terminal's tests speak.

use std::path::Path;
use std::sync::Arc;

use ledger_core::Witness;
use ledger_core::environment::{Clock, Environment, SeededRandom};
use ledger_core::log::witness::{AddCheckpoint, answered_cosignature, quorum, with_cosignatures};
use ledger_core::log::{Note, VerifierKey};
use ledger_core::values::{Length, Timestamp};
use ledger_tests::time::instant;
use serde_json::json;

use super::forged::{Forged, store_of};
use super::readers::{Shown, attest, concern, ledger_key, withdraw, york_rated};

/// A clock that stands still.
#[derive(Debug)]
struct Standing(Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What a witness's clock says.
const NOON: &str = "2025-08-01T12:00";

fn witness(dir: &Path, number: u64) -> Witness {
    let clock = Arc::new(Standing(instant(NOON)));
    let environment = Environment { clock, random: Arc::new(SeededRandom(number)) };
    let name = format!("witness-{number}.example");
    let logs = vec![ledger_key().verifier().clone()];
    Witness::open(&dir.join(&name), &name, logs, environment).expect("a witness")
}

/// Asks for a cosignature of what is shown, after `old` entries. The note with it, or the status and what was said.
fn asked(witness: &mut Witness, old: u64, shown: &Shown) -> Result<Note, (u16, String)> {
    let proof = shown.proof_from(Length(old));
    let request = AddCheckpoint { old: Length(old), proof, signed: shown.signed.clone() };
    let answer = witness.add_checkpoint(request.to_string().as_bytes());
    if answer.status != 200 {
        return Err((answer.status, answer.body));
    }
    let text = &shown.signed.note.text;
    let (cosignature, _) = answered_cosignature(&answer.body, text, witness.verifier()).expect("cosigned");
    Ok(with_cosignatures(&shown.signed.note, &[cosignature]))
}

fn size(shown: &Shown) -> u64 {
    shown.signed.checkpoint.size.0
}

/// York withdrawn, and a York of the same length that was never withdrawn.
fn two_histories() -> (Shown, Shown) {
    let (mut one, mut other) = (york_rated(), york_rated());
    withdraw(&mut one);
    concern(&mut other);
    (Shown::signed(one.log()), Shown::signed(other.log()))
}

#[test]
fn a_witness_does_not_cosign_a_second_history() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mut witness = witness(scratch.path(), 1);
    let (one, other) = two_histories();
    let before = Shown::signed(york_rated().log());
    asked(&mut witness, 0, &before).expect("the beginning");
    asked(&mut witness, size(&before), &one).expect("it goes on");
    let (status, said) = asked(&mut witness, size(&one), &other).expect_err("two roots");
    assert!(status == 422 && said.contains("two roots"), "{status} {said}");
    let kept = std::fs::read_dir(scratch.path().join("witness-1.example/forks")).expect("listed").count();
    assert_eq!(kept, 1, "the evidence");
    let mut longer = york_rated();
    concern(&mut longer);
    concern(&mut longer);
    let longer = Shown::signed(longer.log());
    let (status, said) = asked(&mut witness, size(&one), &longer).expect_err("a fork");
    assert!(status == 422 && said.contains("does not extend"), "{status} {said}");
    let keys = [witness.verifier().clone()];
    assert!(quorum(&longer.signed.note, &keys, 1).is_err(), "a reader who asks for one witness refuses it");
}

#[test]
fn a_witness_remembers_what_was_rolled_back() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mut asked_first = witness(scratch.path(), 1);
    let (one, _) = two_histories();
    asked(&mut asked_first, 0, &one).expect("cosigned");
    drop(asked_first);
    let mut started_again = witness(scratch.path(), 1);
    let back = Shown::signed(york_rated().log());
    let (status, said) = asked(&mut started_again, 0, &back).expect_err("rolled back");
    assert_eq!((status, said), (409, format!("{}\n", size(&one))));
}

#[test]
fn of_two_histories_only_one_finds_most_witnesses() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mut witnesses: Vec<Witness> = (1..=3).map(|number| witness(scratch.path(), number)).collect();
    let (one, other) = two_histories();
    let keys: Vec<VerifierKey> = witnesses.iter().map(|witness| witness.verifier().clone()).collect();
    let (mut of_one, mut of_other) = (one.signed.note.clone(), other.signed.note.clone());
    for witness in &mut witnesses[..2] {
        of_one.signatures.extend(asked(witness, 0, &one).expect("cosigned").signatures.pop());
        assert!(asked(witness, size(&one), &other).is_err());
    }
    of_other.signatures.extend(asked(&mut witnesses[2], 0, &other).expect("cosigned").signatures.pop());
    assert!(quorum(&of_one, &keys, 2).is_ok() && quorum(&of_other, &keys, 2).is_err());
    // Whoever asks for no more than half of them may be shown either.
    assert!(quorum(&of_one, &keys, 1).is_ok() && quorum(&of_other, &keys, 1).is_ok());
}

#[test]
fn a_witness_reads_no_entries() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mut world = york_rated();
    attest(&mut world);
    let mut forged = Forged::of(&world.log());
    forged.set("subjects.attested", 0, "root", json!("0".repeat(64)));
    forged.set("rating.published", 0, "rating", json!("outstanding"));
    let shown = Shown::signed(forged.linked());
    assert!(!shown.verified().ok);
    assert!(asked(&mut witness(scratch.path(), 1), 0, &shown).is_ok());
}

#[test]
fn a_cosignature_dates_all_that_it_covers() {
    let scratch = tempfile::tempdir().expect("a directory");
    let mut witness = witness(scratch.path(), 1);
    let shown = Shown::signed(york_rated().log());
    let note = asked(&mut witness, 0, &shown).expect("cosigned");
    let keys = [witness.verifier().clone()];
    let cosigned = quorum(&note, &keys, 1).expect("one of one");
    assert_eq!(cosigned[0].1, instant(NOON).micros() as u64 / 1_000_000);
    // An entry made up later with an earlier recorded time is in no tree cosigned by then.
    let mut forged = Forged::of(&shown.log);
    let moved = forged.entry("rating.published", 0);
    let before = Timestamp::from_micros(moved.recorded_time.micros() - 1_000_000).expect("a time");
    (moved.recorded_time, moved.time) = (before, before);
    let backdated = Shown::signed(forged.linked());
    assert!(backdated.looks_clean());
    assert!(asked(&mut witness, size(&shown), &backdated).is_err());
    assert_eq!(store_of(&backdated.log).head().length, store_of(&shown.log).head().length);
}
