//! What is left of an erased document: every root, proof, rating and certificate, the fact with its day and legal basis,
//! and nothing that opens the content or confirms a guess of it.
//!
//! The promise has its edge shown too: a certificate with documents that was handed out before goes on saying them.
//! Left out: that an erasure is finished after a crash, which `erasure.rs` shows.

use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use ledger_core::TreeReader;
use ledger_core::assessment::civil::Date;
use ledger_core::environment::{Random, SeededRandom};
use ledger_core::log::tree::{leaf_hash, verify_consistency, verify_inclusion};
use ledger_core::log::{Checkpoint, SignedCheckpoint, SigningKey};
use ledger_core::store::{DiskVault, Document, Revealed, StoreOptions, Vault, VaultError, commitment};
use ledger_core::values::{Hash, Length, Sequence};
use ledger_tests::filled;
use ledger_tests::run::prepared;
use ledger_tests::world::{Envelope, Outcome, World};
use replay::report::{Format, Report};
use replay::{
    Certified, Explanation, Held, KnownAt, Log, Question, SubjectHistory, Trust, certify, check_certificate,
    verify, verify_documents,
};
use serde_json::{Value, json};

const YORK: &str = "local-authority/E06000014";
/// What the fixture's narrative says.
const CONTENT: &str = "york-narrative";
const ERASED: &str = "erased on 2025-07-01 under uk-gdpr-article-17";

fn quiet(_: Length, _: Length) {}

fn key() -> SigningKey {
    replay::fuzzing::signer()
}

fn give(world: &mut World, actor: &str, command: &str, subject: &str, data: Value) {
    world.pass_a_minute();
    let line = world.line(actor, command, subject, data, &Envelope::default()).to_string();
    let outcome = world.submit(line.as_bytes());
    assert!(matches!(outcome, Outcome::Recorded(_)), "{command}: {outcome:?}");
}

fn attest(world: &mut World) {
    give(world, "operator-1", "subjects.attest", "attestation", json!({}));
}

/// York rated, a key introduced, and all of it attested.
fn york_rated() -> World {
    let mut world = prepared("York is rated");
    give(&mut world, "operator-1", "key.rotate", "ledger", json!({"key":key().verifier()}));
    attest(&mut world);
    world
}

/// The findings' narrative as its entry cites it, and that entry.
fn narrative(world: &World) -> (Value, String) {
    let entries = world.log().into_iter().map(|bytes| serde_json::from_slice::<Value>(&bytes).expect("JSON"));
    let found = entries.into_iter().find(|entry| entry["type"] == "ledger.findings.published.v1");
    let entry = found.expect("findings");
    (entry["data"]["narrative"].clone(), entry["sequence"].as_str().expect("a sequence").to_owned())
}

fn erase(world: &mut World) {
    let (narrative, cited_by) = narrative(world);
    let data = json!({"commitment":narrative["commitment"],"cited_by":cited_by,
        "legal_basis":"uk-gdpr-article-17"});
    give(world, "operator-1", "document.erase", YORK, data);
}

fn tree(world: &World) -> TreeReader {
    TreeReader::open(world.ledger().store(), None, None).expect("a tree")
}

fn signed(world: &World) -> SignedCheckpoint {
    let tree = tree(world);
    let (origin, size) = (key().verifier().name().to_owned(), tree.size());
    let root = tree.root_at(size).expect("a root");
    SignedCheckpoint::signed(Checkpoint { origin, size, root }, &[key()])
}

fn day() -> Date {
    "2026-01-01".parse().expect("a day")
}

fn log(world: &World) -> Log {
    Log::over(world.ledger().store()).expect("a log")
}

/// A certificate of York's rating.
fn certificate(world: &World, documents: bool) -> Vec<u8> {
    let question =
        Question { subject: YORK.parse().expect("a subject"), as_of: day(), known_at: KnownAt::Now };
    let reveal = |commitment: &Hash| revealed(world, commitment);
    let reveal: Option<replay::Reveal<'_>> = if documents { Some(&reveal) } else { None };
    let made = certify(&log(world), &tree(world), &signed(world), &question, reveal, &mut quiet);
    made.unwrap_or_else(|error| panic!("{error}")).0
}

/// A document of the world, whose secrets follow from contents.
fn revealed(world: &World, commitment: &Hash) -> Result<Option<Revealed>, VaultError> {
    let Document::Found { content, media_type } = world.vault().get(commitment)? else { return Ok(None) };
    let secret = SeededRandom(7).secret(&content);
    Ok(Some(Revealed { content, media_type, secret, at_millis: 0 }))
}

fn checked(certificate: &[u8]) -> Certified {
    let trust = Trust { key: key().verifier().clone(), witnesses: Vec::new(), quorum: 0 };
    check_certificate(certificate, &trust).unwrap_or_else(|error| panic!("{error}"))
}

fn history(world: &World) -> SubjectHistory {
    let subject = YORK.parse().expect("a subject");
    SubjectHistory::read(&log(world), &subject, KnownAt::Now, &mut quiet).expect("read")
}

fn explained(world: &World) -> Explanation {
    let explained = Explanation::read(&log(world), &history(world), day(), KnownAt::Now, None, &mut quiet);
    explained.expect("read").expect("a rating")
}

#[test]
fn roots_proofs_ratings_and_certificates_verify_after_an_erasure() {
    let mut world = york_rated();
    let before =
        (signed(&world), tree(&world), history(&world).register.rating(&history(&world).subject, day()));
    let handed_out = [certificate(&world, false), certificate(&world, true)];
    erase(&mut world);
    attest(&mut world);
    let (old, new, entries) = (before.0.checkpoint, signed(&world).checkpoint, world.log());
    let now = tree(&world);
    assert_eq!(now.root_at(old.size).expect("a root"), old.root);
    let proof = now.consistency(old.size, new.size).expect("a proof");
    assert_eq!(verify_consistency(old.size, old.root, new.size, new.root, &proof), Ok(()));
    for at in (0..old.size.0).map(Sequence::new) {
        let leaf = leaf_hash(&entries[at.get() as usize]);
        for (tree, Checkpoint { size, root, .. }) in [(&before.1, &old), (&now, &new)] {
            let proof = tree.inclusion(at, *size).expect("a proof");
            assert_eq!(verify_inclusion(leaf, at, *size, &proof, *root), Ok(()), "{at} in {size}");
        }
    }
    let answer = history(&world).register.rating(&history(&world).subject, day());
    assert_eq!((answer.rating, answer.percent), (before.2.rating, before.2.percent));
    let made_after = [certificate(&world, false), certificate(&world, true)];
    for certificate in handed_out.iter().chain(&made_after) {
        let certified = checked(certificate);
        assert_eq!((certified.answer.rating, certified.answer.percent), (answer.rating, answer.percent));
    }
    assert_eq!(checked(&handed_out[1]).documents, checked(&made_after[1]).documents + 1);
    let verified = verify(&log(&world), &Held::default(), &mut quiet).expect("read");
    assert!(verified.ok, "{:?}", verified.findings);
    let documents = verify_documents(&log(&world), world.vault(), &mut |_, _| ()).expect("read");
    assert_eq!((documents.erased, documents.findings.len()), (1, 0), "{:?}", documents.findings);
}

#[test]
fn a_certificate_with_documents_handed_out_before_still_says_them() {
    let mut world = york_rated();
    let [plain, full] = [certificate(&world, false), certificate(&world, true)];
    erase(&mut world);
    attest(&mut world);
    let said = BASE64.encode(CONTENT.as_bytes());
    let says = |certificate: &[u8]| String::from_utf8_lossy(certificate).contains(&said);
    assert!(says(&full) && !says(&plain));
    assert!(!says(&certificate(&world, true)) && !says(&certificate(&world, false)));
}

/// One spelling: Base64 in two padded pieces is the same content, and another file.
#[test]
fn a_document_in_a_certificate_is_spelled_in_one_way() {
    let full = certificate(&york_rated(), true);
    assert!(replay::fuzzing::certificate(&full));
    let (head, tail) = CONTENT.as_bytes().split_at(1);
    let pieces = BASE64.encode(head) + &BASE64.encode(tail);
    let text = String::from_utf8(full).expect("UTF-8");
    let changed = text.replace(&BASE64.encode(CONTENT.as_bytes()), &pieces);
    assert_ne!(changed, text);
    assert!(!replay::fuzzing::certificate(changed.as_bytes()));
}

#[test]
fn everything_that_names_the_document_says_when_and_why_it_is_gone() {
    let mut world = york_rated();
    let report = |world: &World| {
        Report::published(&history(world), day(), world.vault(), Vec::new()).expect("published")
    };
    assert!(report(&world).render(Format::Text).contains(CONTENT));
    assert!(!explained(&world).text().contains("erased"));
    erase(&mut world);
    attest(&mut world);
    let text = explained(&world).text();
    assert!(text.contains(&format!("narrative *{ERASED}* [")), "{text}");
    assert!(checked(&certificate(&world, false)).explanation.expect("a derivation").text().contains(ERASED));
    let json = serde_json::to_value(explained(&world)).expect("JSON");
    let entries = json["entries"].as_array().expect("entries").iter();
    let documents = entries.filter_map(|entry| entry["documents"].as_array()).flatten();
    let erased: Vec<&Value> =
        documents.map(|document| &document["erased"]).filter(|it| !it.is_null()).collect();
    assert_eq!((erased.len(), &erased[0]["on"]), (1, &json!("2025-07-01")));
    assert_eq!(erased[0]["legal_basis"], "uk-gdpr-article-17");
    for format in [Format::Text, Format::Markdown, Format::Html] {
        let page = report(&world).render(format);
        assert!(page.contains(&format!("[{ERASED}]")) && !page.contains(CONTENT), "{page}");
    }
    let json: Value = serde_json::from_str(&report(&world).render(Format::Json)).expect("JSON");
    assert_eq!(json["narrative"]["erased"]["legal_basis"], "uk-gdpr-article-17");
}

/// A stated day does not move the day of an erasure: the content was there until it was recorded.
#[test]
fn an_erasure_counts_from_its_record() {
    let mut world = york_rated();
    let (narrative, cited_by) = narrative(&world);
    let data = json!({"commitment":narrative["commitment"],"cited_by":cited_by,
        "legal_basis":"uk-gdpr-article-17"});
    let earlier = "2025-03-01T09:00:00.000000Z".parse().expect("a time");
    let envelope = Envelope { time: Some(earlier), ..Envelope::default() };
    let line = world.line("operator-1", "document.erase", YORK, data, &envelope).to_string();
    assert!(matches!(world.submit(line.as_bytes()), Outcome::Recorded(_)));
    let text = explained(&world).text();
    assert!(text.contains(ERASED), "{text}");
}

/// Every file below a directory.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("listed") {
        let path = entry.expect("listed").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Where anybody finds what confirms that `content` is the document: a run of 32 bytes in a file that is its secret, or
/// the salt that follows from one; or the content itself.
fn confirmed(dir: &Path, content: &[u8], document: Hash) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(dir) {
        let bytes = fs::read(&path).expect("readable");
        let name = path.strip_prefix(dir).expect("inside").display();
        let mut last = [0; 32];
        for window in bytes.windows(32).map(|window| <[u8; 32]>::try_from(window).expect("32 bytes")) {
            // Long runs of one byte are tried once.
            if std::mem::replace(&mut last, window) == window {
                continue;
            }
            let salted = blake3::keyed_hash(&window, content);
            if commitment(&window, content) == document || salted.as_bytes() == document.as_bytes() {
                found.push(format!("a secret in {name}"));
            }
        }
        if bytes.windows(content.len()).any(|window| window == content) {
            found.push(format!("the content in {name}"));
        }
    }
    found
}

#[test]
fn nothing_in_the_directory_opens_an_erased_document_or_confirms_a_guess() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = filled::found(&dir, StoreOptions::default());
    let documents = filled::fill(&ledger, 0, 4);
    ledger.close().expect("closed");
    let (erased, kept) = (documents[0], documents[1]);
    // The attack works where there is something to find, and so on the other document to the end.
    let content = filled::reason(0);
    assert_eq!(confirmed(&dir, content.as_bytes(), erased.0), ["a secret in documents/keys"]);
    let ledger = filled::open(&dir);
    filled::erase(&ledger, 0, erased);
    ledger.close().expect("closed");
    assert_eq!(confirmed(&dir, content.as_bytes(), erased.0), [""; 0]);
    let vault = DiskVault::open(&dir).expect("a vault");
    assert!(matches!(vault.get(&erased.0), Ok(Document::Erased)));
    assert_eq!(confirmed(&dir, filled::reason(3).as_bytes(), kept.0), ["a secret in documents/keys"]);
}

/// Where the promise ends: a copy of the key store from before. The ledger itself does not go on with it.
#[test]
fn a_copy_of_the_key_store_opens_it_until_the_ledger_is_opened() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (dir, copy) = (scratch.path().join("ledger"), scratch.path().join("keys"));
    let ledger = filled::found(&dir, StoreOptions::default());
    let erased = filled::fill(&ledger, 0, 1)[0];
    let keys = dir.join("documents/keys");
    fs::copy(&keys, &copy).expect("copied");
    filled::erase(&ledger, 0, erased);
    ledger.close().expect("closed");
    let held = || DiskVault::open(&dir).expect("a vault").get(&erased.0).expect("read");
    assert!(matches!(held(), Document::Erased));
    fs::copy(&copy, &keys).expect("put back");
    assert!(matches!(held(), Document::Found { .. }));
    filled::open(&dir).close().expect("closed");
    assert!(matches!(held(), Document::Erased));
    assert_eq!(confirmed(&dir, filled::reason(0).as_bytes(), erased.0), [""; 0]);
}
