//! `ledger verify` holds the log against signed checkpoints: its own newest, and any that somebody kept; with rules and
//! without them. What each finds in a log is told in `tests/tests/verifying.rs`.

mod support;

use std::fs;

use ledger_core::log::{Algorithm, SignedCheckpoint, SigningKey};
use support::{Ledger, mixed, mixed_from};

/// A ledger that has signed.
fn prepared() -> (Ledger, SignedCheckpoint) {
    let ledger = Ledger::new();
    let file = ledger.file("commands.ndjson", mixed(200));
    ledger.submit("", &[&file]).ok();
    let newest = fs::read_to_string(ledger.dir().join("checkpoint")).expect("signed at the close");
    (ledger, newest.parse().expect("a checkpoint"))
}

fn another(of: &SignedCheckpoint) -> SigningKey {
    SigningKey::new(&of.checkpoint.origin, Algorithm::Ed25519, &[9; 32]).expect("a key")
}

#[test]
fn the_tree_is_held_against_the_newest_checkpoint() {
    let (ledger, newest) = prepared();
    for options in ["verify", "verify --without-rules"] {
        let said = ledger.read(options).ok().out;
        let root = newest.checkpoint.root;
        assert!(said.contains(&format!("root {root} at {}", newest.checkpoint.size)), "{said}");
        assert!(said.contains("as the log gives it, signed by"), "{said}");
        assert_eq!(said.contains("no rules were applied"), options.ends_with("rules"), "{said}");
    }
    let json = ledger.read("verify --without-rules --json").ok().json();
    assert_eq!(json["tree"]["root"], newest.checkpoint.root.to_string());
    assert_eq!(json["tree"]["checkpoints"][0]["agrees"], true);
    assert!(json.get("recomputed").is_none());
}

#[test]
fn a_checkpoint_that_somebody_kept_shows_what_was_rewritten() {
    let (ledger, newest) = prepared();
    let kept = ledger.file("kept", newest.to_string());
    let kept = kept.display();
    let more = ledger.file("more.ndjson", mixed_from(200, 10));
    ledger.submit("", &[&more]).ok();
    let said = ledger.read(&format!("verify --checkpoint {kept}")).ok().out;
    assert_eq!(said.matches("as the log gives it").count(), 2, "{said}");

    // Whoever has the key can sign anything: only what was kept elsewhere contradicts it.
    let mut other = newest.checkpoint.clone();
    other.root = ledger_core::log::TreeHash::empty_root();
    let key = fs::read_to_string(ledger.dir().join("key")).expect("the key");
    let key = SigningKey::from_secret_text(&key).expect("a key");
    let lie = ledger.file("lie", SignedCheckpoint::signed(other, &[key]).to_string());
    for options in ["verify", "verify --without-rules"] {
        let said = ledger.read(&format!("{options} --checkpoint {}", lie.display()));
        assert_eq!(said.status, 1);
        assert!(said.out.contains("NOT WHAT THE LOG GIVES"), "{}", said.out);
        assert!(said.err.contains("from 0000000000000000 on was changed"), "{}", said.err);
    }
}

#[test]
fn a_checkpoint_must_be_signed_by_the_key_that_is_named() {
    let (ledger, newest) = prepared();
    let key = fs::read_to_string(ledger.dir().join("key")).expect("the key");
    let key = SigningKey::from_secret_text(&key).expect("a key");
    ledger.read(&format!("verify --without-rules --key {}", key.verifier())).ok();
    let other = another(&newest);
    let said = ledger.read(&format!("verify --without-rules --key {}", other.verifier()));
    assert!(said.status == 1 && said.err.contains("is not signed by"), "{}", said.err);

    let forged = SignedCheckpoint::signed(newest.checkpoint, &[other]);
    let forged = ledger.file("forged", forged.to_string());
    let said = ledger.read(&format!("verify --checkpoint {}", forged.display()));
    assert!(said.status == 1 && said.err.contains("any key that the log introduces"), "{}", said.err);
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let (ledger, _) = prepared();
    let bad = ledger.file("bad", "tests.example\n7\n");
    let said = ledger.read(&format!("verify --checkpoint {}", bad.display()));
    assert!(said.status == 2 && said.err.contains("not a signed note"), "{}", said.err);
    assert_eq!(ledger.read("verify --checkpoint /no/such/file").status, 2);
    assert_eq!(ledger.read("verify --key nonsense").status, 2);

    fs::write(ledger.dir().join("checkpoint"), "torn").expect("written");
    let said = ledger.read("verify --without-rules");
    assert!(said.status == 1 && said.err.contains("is damaged"), "{}", said.err);
}
