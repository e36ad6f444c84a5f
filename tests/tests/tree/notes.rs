//! Signed notes, keys and checkpoints, read and verified by `signed_note` and `tlog_tiles`, and theirs by ours.

use ledger_core::log::{Algorithm, Checkpoint, Note, SigningKey, VerifierKey};
use ledger_core::values::Length;
use signed_note::{Note as Theirs, StandardSigner, StandardVerifier, VerifierList};

use super::{Ours, tlog_hash};

const ORIGIN: &str = "ledger.example/north-east";

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::new(name, Algorithm::Ed25519, &[seed; 32]).expect("a key")
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: ORIGIN.to_owned(), size: Length(300), root: Ours::of(300).root(300) }
}

/// Who knows one key, as it is spelled.
fn knows(key: &VerifierKey) -> VerifierList {
    let verifier = StandardVerifier::new(&key.to_string()).expect("their reading of our key");
    VerifierList::new(vec![Box::new(verifier)])
}

/// Whether they accept these bytes as signed by the key.
fn they_accept(note: &[u8], key: &VerifierKey) -> bool {
    Theirs::from_bytes(note).is_ok_and(|note| note.verify(&knows(key)).is_ok())
}

fn we_accept(note: &[u8], key: &VerifierKey) -> bool {
    let note = std::str::from_utf8(note).ok().and_then(|note| note.parse::<Note>().ok());
    note.is_some_and(|note| note.verify(key).is_ok())
}

#[test]
fn our_checkpoints_are_verified_by_them() {
    let (ledger, other, witness) = (key(ORIGIN, 1), key(ORIGIN, 2), key("witness.example", 3));
    let text = checkpoint().to_string();
    let signatures = vec![ledger.sign(&text), witness.cosign(&text, 1_800_000_000)];
    let note = Note { text: text.clone(), signatures }.to_string();
    assert!(they_accept(note.as_bytes(), ledger.verifier()) && we_accept(note.as_bytes(), ledger.verifier()));
    assert!(!they_accept(note.as_bytes(), other.verifier()) && !we_accept(note.as_bytes(), other.verifier()));
    let read = Theirs::from_bytes(note.as_bytes()).expect("a note");
    assert_eq!((read.text(), read.to_bytes()), (text.as_bytes(), note.into_bytes()));
    let (verified, unknown) = read.verify(&knows(ledger.verifier())).expect("verified");
    assert_eq!((verified.len(), unknown.len()), (1, 1), "a key that is not known hinders nothing");
}

#[test]
fn their_notes_are_verified_by_us() {
    let ours = key(ORIGIN, 4);
    let secret = ours.to_secret_text();
    let signer = StandardSigner::new(secret.trim_end()).expect("their reading of our key");
    let text = checkpoint().to_string();
    let mut note = Theirs::new(text.as_bytes(), &[]).expect("a note");
    note.add_sigs(&[&signer]).expect("signed");
    assert!(we_accept(&note.to_bytes(), ours.verifier()));
    let signed = Note { signatures: vec![ours.sign(&text)], text };
    assert_eq!(note.to_bytes(), signed.to_string().into_bytes(), "Ed25519 gives equal signatures");
}

/// The note of the specification's own example, signed by its author.
#[test]
fn the_published_note_is_verified_by_both() {
    let key: VerifierKey =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().expect("a key");
    let note = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    assert!(we_accept(note.as_bytes(), &key) && they_accept(note.as_bytes(), &key));
}

#[test]
fn no_flipped_bit_is_accepted_by_either() {
    let ledger = key(ORIGIN, 5);
    let text = checkpoint().to_string();
    let note = Note { signatures: vec![ledger.sign(&text)], text }.to_string().into_bytes();
    for bit in 0..note.len() * 8 {
        let mut altered = note.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let by_us = we_accept(&altered, ledger.verifier());
        let by_them = they_accept(&altered, ledger.verifier());
        assert!(!by_us && !by_them, "bit {bit}: ours {by_us}, theirs {by_them}");
    }
}

#[test]
fn checkpoints_are_read_alike() {
    let ours = checkpoint();
    let theirs = tlog_tiles::checkpoint::Checkpoint::from_bytes(ours.to_string().as_bytes()).expect("read");
    assert_eq!((theirs.origin(), theirs.size(), theirs.extension()), (ORIGIN, 300, ""));
    assert_eq!(theirs.hash(), &tlog_hash(ours.root));
    assert_eq!(theirs.to_bytes(), ours.to_string().into_bytes());
    let again: Checkpoint = String::from_utf8(theirs.to_bytes()).expect("UTF-8").parse().expect("read");
    assert_eq!(again, ours);
}
