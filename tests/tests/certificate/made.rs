//! A ledger in memory with a key of its own, and certificates made from it.

use std::sync::Arc;

use ledger_core::TreeReader;
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::environment::{Random, SeededRandom};
use ledger_core::log::{Algorithm, Checkpoint, SignedCheckpoint, SigningKey};
use ledger_core::store::{Document, Revealed, Store, Vault, VaultError};
use ledger_core::values::{Hash, Length};
use ledger_tests::world::{Envelope, Outcome, World};
use replay::{
    CertificateError, Certified, CertifyError, KnownAt, Log, Question, Reveal, Trust, certify,
    check_certificate,
};
use serde_json::{Value, json};

pub const ORIGIN: &str = "ledger.example/rules";

pub fn quiet(_: Length, _: Length) {}

/// A key of a log or of a witness.
pub fn key(name: &str, algorithm: Algorithm, seed: u8) -> SigningKey {
    SigningKey::new(name, algorithm, &[seed; 32]).expect("a key")
}

/// The ledger's own.
pub fn own_key() -> SigningKey {
    key(ORIGIN, Algorithm::Ed25519, 1)
}

pub fn trust() -> Trust {
    Trust { key: own_key().verifier().clone(), witnesses: Vec::new(), quorum: 0 }
}

/// Gives a command that is recorded.
pub fn give(world: &mut World, actor: &str, command: &str, subject: &str, data: Value) {
    world.pass_a_minute();
    let line = world.line(actor, command, subject, data, &Envelope::default()).to_string();
    let outcome = world.submit(line.as_bytes());
    assert!(matches!(outcome, Outcome::Recorded(_)), "{line}: {outcome:?}");
}

pub fn introduce(world: &mut World, key: &SigningKey) {
    give(world, "operator-1", "key.rotate", "ledger", json!({ "key": key.verifier() }));
}

pub fn attest(world: &mut World) {
    give(world, "operator-1", "subjects.attest", "attestation", json!({}));
}

/// A checkpoint over everything there is.
pub fn signed(store: Arc<dyn Store>, keys: &[SigningKey]) -> SignedCheckpoint {
    let tree = TreeReader::open(store, None, None).expect("a tree");
    let (size, root) = (tree.size(), tree.root_at(tree.size()).expect("a root"));
    SignedCheckpoint::signed(Checkpoint { origin: ORIGIN.to_owned(), size, root }, keys)
}

/// What is asked about today.
pub fn question(world: &World, subject: &str) -> Question {
    let subject: Subject = subject.parse().expect("a subject");
    Question { subject, as_of: Date::in_london(world.now()), known_at: KnownAt::Now }
}

/// A certificate under a checkpoint by the ledger's own key.
pub fn made(world: &World, question: &Question) -> Result<(Vec<u8>, Certified), CertifyError> {
    made_under(world, question, &signed(world.ledger().store(), &[own_key()]), false)
}

pub fn made_under(
    world: &World,
    question: &Question,
    checkpoint: &SignedCheckpoint,
    documents: bool,
) -> Result<(Vec<u8>, Certified), CertifyError> {
    let store = world.ledger().store();
    let log = Log::over(store.clone()).expect("a log");
    let tree = TreeReader::open(store, None, None).expect("a tree");
    let reveal = |commitment: &Hash| revealed(world, commitment);
    let reveal: Option<Reveal<'_>> = if documents { Some(&reveal) } else { None };
    certify(&log, &tree, checkpoint, question, reveal, &mut quiet)
}

/// A document of the world, whose secret follows from its content.
fn revealed(world: &World, commitment: &Hash) -> Result<Option<Revealed>, VaultError> {
    let Document::Found { content, media_type } = world.vault().get(commitment)? else { return Ok(None) };
    let secret = SeededRandom(7).secret(&content);
    Ok(Some(Revealed { content, media_type, secret, at_millis: 0 }))
}

pub fn checked(certificate: &[u8]) -> Result<Certified, CertificateError> {
    check_certificate(certificate, &trust())
}
