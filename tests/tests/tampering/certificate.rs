//! Certificates: made as the program makes them, and as somebody makes them who has the key and another program.

use std::sync::Arc;

use ledger_core::TreeReader;
use ledger_core::assessment::civil::Date;
use ledger_core::log::{Attested, Entry, SigningKey, TreeHash};
use ledger_core::store::Store;
use ledger_core::values::{Sequence, SubjectVersion};
use ledger_tests::world::World;
use replay::{
    CertificateError, Certified, CertifyError, KnownAt, Log, Question, Trust, certify, check_certificate,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::forged::{Forged, store_of};
use super::readers::{
    Shown, YORK, attest, concern, give, ledger_key, other_key, rewritten, signed_by, withdraw, york_rated,
};

/// A certificate of York's rating, as `ledger certify` makes it.
fn made(world: &World) -> Vec<u8> {
    made_by(world, &ledger_key())
}

fn made_by(world: &World, key: &SigningKey) -> Vec<u8> {
    made_of(world.ledger().store(), key).unwrap_or_else(|error| panic!("{error}"))
}

fn made_of(store: Arc<dyn Store>, key: &SigningKey) -> Result<Vec<u8>, CertifyError> {
    let signed = signed_by(key, &store);
    let question =
        Question { subject: YORK.parse().expect("a subject"), as_of: day(), known_at: KnownAt::Now };
    let tree = TreeReader::open(store.clone(), None, None).expect("a tree");
    let log = Log::over(store).expect("a log");
    certify(&log, &tree, &signed, &question, None, &mut |_, _| ()).map(|(certificate, _)| certificate)
}

fn day() -> Date {
    "2026-01-01".parse().expect("a day")
}

fn checked(certificate: &[u8]) -> Result<Certified, CertificateError> {
    checked_by(certificate, &ledger_key())
}

fn checked_by(certificate: &[u8], key: &SigningKey) -> Result<Certified, CertificateError> {
    let trust = Trust { key: key.verifier().clone(), witnesses: Vec::new(), quorum: 0 };
    check_certificate(certificate, &trust)
}

/// The lines, each as JSON, without the end.
fn lines(certificate: &[u8]) -> Vec<Value> {
    let lines = certificate.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let mut lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect();
    lines.pop();
    lines
}

/// A certificate of these lines, with an end that fits.
fn spelled(lines: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in lines {
        out.extend(serde_jcs::to_vec(line).expect("JCS"));
        out.push(b'\n');
    }
    let end = json!({"end":{"lines":lines.len(),"sha256":hex(&Sha256::digest(&out))}});
    out.extend(serde_jcs::to_vec(&end).expect("JCS"));
    out.push(b'\n');
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where each history ends, by its last entry before `until`.
struct Endings(Vec<(String, SubjectVersion, Sequence)>);

impl Endings {
    fn of(log: &[Vec<u8>], until: usize) -> Endings {
        let mut last = std::collections::BTreeMap::new();
        for bytes in &log[..until] {
            let entry = Entry::decode(bytes).expect("an entry");
            last.insert(entry.subject, (entry.subject_version, entry.sequence));
        }
        Endings(last.into_iter().map(|(subject, (version, at))| (subject, version, at)).collect())
    }

    /// Has a history end at this entry.
    fn end(&mut self, entry: &Entry) {
        let ending = self.0.iter_mut().find(|(subject, ..)| *subject == entry.subject).expect("a history");
        (ending.1, ending.2) = (entry.subject_version, entry.sequence);
    }

    fn attested(&self) -> Attested {
        Attested::of(self.0.iter().map(|(subject, version, at)| (subject.as_str(), *version, *at)))
    }

    /// A history's line of a certificate, without what is around it.
    fn leaf(&self, subject: &str) -> Value {
        let (_, version, at) = self.0.iter().find(|(known, ..)| known == subject).expect("a history");
        let (index, proof) = self.attested().proof(subject).expect("a history");
        let proof: Vec<String> = proof.iter().map(|hash| hash.to_base64()).collect();
        json!({"index":index,"proof":proof,"sequence":at,"subject":subject,"version":version.get()})
    }
}

/// The certificate that an honest ledger would give, told of a log with one entry more, which is left out: `hidden`. The
/// attestation of that log is as `endings` say.
fn without(hidden: usize, honest: &[u8], shown: &Shown, endings: &Endings) -> Vec<u8> {
    let mut told = Retold { hidden, shown, endings, at: 0 };
    let lines: Vec<Value> = lines(honest).into_iter().map(|line| told.line(line)).collect();
    spelled(&lines)
}

struct Retold<'a> {
    hidden: usize,
    shown: &'a Shown,
    endings: &'a Endings,
    /// The entry that the next proof is about.
    at: usize,
}

impl Retold<'_> {
    fn line(&mut self, mut line: Value) -> Value {
        let kind = ["format", "checkpoint", "stream", "absent", "sequence", "proof"];
        match kind.into_iter().find(|key| line.get(key).is_some()) {
            Some("format") => {
                for field in ["attestation", "known_at"] {
                    line[field] = json!(Sequence::new(self.moved(&line[field]) as u64));
                }
            }
            Some("checkpoint") => line["checkpoint"] = json!(self.shown.signed.to_string()),
            Some("stream") => self.ending(&mut line["stream"]),
            Some("absent") => {
                for side in ["next", "previous"] {
                    line["absent"].get_mut(side).into_iter().for_each(|leaf| self.ending(leaf));
                }
            }
            Some("sequence") => {
                self.at = self.moved(&line["sequence"]);
                line = serde_json::from_slice(&self.shown.log[self.at]).expect("JSON");
            }
            Some("proof") => {
                let proof = self.shown.inclusion(self.at);
                line["proof"] = proof.iter().map(TreeHash::to_base64).collect();
            }
            _ => {}
        }
        line
    }

    /// Where an entry of the honest log stands in the other.
    fn moved(&self, at: &Value) -> usize {
        let at: usize = at.as_str().and_then(|at| at.parse().ok()).expect("a sequence");
        at + usize::from(at >= self.hidden)
    }

    fn ending(&self, leaf: &mut Value) {
        *leaf = self.endings.leaf(leaf["subject"].as_str().expect("a subject"));
    }
}

#[test]
fn a_certificate_forged_without_the_key_is_refused() {
    let mut world = york_rated();
    attest(&mut world);
    let certificate = made(&world);
    assert!(checked(&certificate).expect("checked").answer.rating.is_some());
    let honest = lines(&certificate);
    assert_eq!(spelled(&honest), certificate, "the forger spells as the program does");
    let place = |key: &str| honest.iter().position(|line| line.get(key).is_some()).expect("a line");
    // Another rating.
    let mut forged = honest.clone();
    forged[place("result")]["result"]["rating"] = json!("outstanding");
    let refused = checked(&spelled(&forged));
    assert!(matches!(refused, Err(CertificateError::Result { .. })), "{refused:?}");
    // Another entry.
    let mut forged = honest.clone();
    let score = forged.iter().position(|line| line["type"] == "ledger.score.assigned.v1").expect("a score");
    forged[score]["data"]["score"] = json!(4);
    let refused = checked(&spelled(&forged));
    assert!(matches!(refused, Err(CertificateError::Inclusion { .. })), "{refused:?}");
    // An entry less.
    let mut forged = honest.clone();
    forged.drain(score..score + 2);
    let refused = checked(&spelled(&forged));
    assert!(matches!(refused, Err(CertificateError::NotWhole { .. })), "{refused:?}");
    // Another log, under a signature of their own.
    let log = rewritten(&world.log());
    let shown = Shown { signed: signed_by(&other_key(), &store_of(&log)), log };
    let endings = Endings::of(&shown.log, shown.log.len() - 1);
    let forged = without(usize::MAX, &certificate, &shown, &endings);
    let refused = checked(&forged);
    assert!(matches!(refused, Err(CertificateError::Signature(_))), "{refused:?}");
}

#[test]
fn a_result_that_does_not_follow_is_found_by_every_full_reader() {
    let mut world = york_rated();
    attest(&mut world);
    let mut forged = Forged::of(&world.log());
    forged.set("rating.published", 0, "rating", json!("outstanding"));
    let published = Some(Sequence::new(forged.find("rating.published", 0) as u64));
    let shown = Shown::signed(forged.linked());
    assert!(shown.verified().findings.iter().any(|found| found.sequence == published));
    assert!(shown.audit_codes().contains(&"result_differs"), "{:?}", shown.audit_codes());
    // The maker checks what it made, so it hands out none.
    let made = made_of(store_of(&shown.log), &ledger_key());
    let misstated =
        |error: &CertifyError| matches!(error, CertifyError::Refused(CertificateError::Misstated { .. }));
    assert!(made.as_ref().is_err_and(misstated), "{made:?}");
}

#[test]
fn an_old_certificate_verifies_after_a_withdrawal() {
    let mut world = york_rated();
    attest(&mut world);
    let old = made(&world);
    withdraw(&mut world);
    attest(&mut world);
    let (old, new) =
        (checked(&old).expect("it is true of its day"), checked(&made(&world)).expect("checked"));
    assert!(old.answer.rating.is_some() && new.answer.rating.is_none());
    // Its age is said, and whoever has a newer checkpoint sees that the log went on.
    assert!(old.attested_time < new.attested_time && old.header.known_at < new.header.known_at);
    let held = Shown::signed(world.log());
    assert!(old.checkpoint.size < held.signed.checkpoint.size);
}

#[test]
fn a_key_that_was_replaced_signs_for_whoever_does_not_know() {
    let mut world = york_rated();
    attest(&mut world);
    give(&mut world, "operator-1", "key.rotate", "ledger", json!({"key":other_key().verifier()}));
    attest(&mut world);
    let held = signed_by(&other_key(), &store_of(&world.log()));
    // The log itself says that the key was replaced.
    let mut forged = lines(&made_by(&world, &other_key()));
    forged[1]["checkpoint"] = json!(signed_by(&ledger_key(), &store_of(&world.log())).to_string());
    let refused = checked(&spelled(&forged));
    assert!(matches!(refused, Err(CertificateError::Key { .. })), "{refused:?}");
    // A fork from before it does not.
    let mut fork = york_rated();
    concern(&mut fork);
    attest(&mut fork);
    assert!(checked(&made(&fork)).is_ok());
    assert!(checked_by(&made(&fork), &other_key()).is_err());
    let opened = Shown::signed(fork.log()).opened_with(&held);
    assert!(opened.is_err_and(|error| error.contains("rolled back")));
}

/// York rated, withdrawn, and then a concern that changes no rating.
#[test]
fn a_doubled_subject_version_is_found_only_by_a_full_reader() {
    let (mut world, mut honest) = (york_rated(), york_rated());
    withdraw(&mut world);
    let innocent = concern(&mut world);
    let attestation = attest(&mut world);
    concern(&mut honest);
    attest(&mut honest);
    let mut forged = Forged::of(&world.log());
    let hidden = forged.find("rating.withdrawn", 0);
    // The concern takes the version of the withdrawal, and the publication for its predecessor.
    forged.twist("concern.raised", 0, |entry| {
        entry.subject_version = SubjectVersion::new(entry.subject_version.get() - 1).expect("small");
        entry.subject_prev = entry.subject_prev.map(|withdrawn| Sequence::new(withdrawn.get() - 2));
    });
    let endings = Endings::of(&forged.clone().linked(), attestation);
    forged.set("subjects.attested", 0, "root", json!(endings.attested().root()));
    let shown = Shown::signed(forged.linked());
    let certified = checked(&without(hidden, &made(&honest), &shown, &endings)).expect("nothing is missed");
    assert!(certified.answer.rating.is_some() && shown.rating().rating.is_none());
    let found = &shown.verified().findings[0];
    assert_eq!(found.sequence, Some(Sequence::new(innocent as u64)), "{}", found.what);
    assert!(found.what.contains("has version"), "{}", found.what);
    assert!(!shown.audited().clean);
}

#[test]
fn a_false_attestation_is_found_only_by_a_full_reader() {
    let (mut world, mut honest) = (york_rated(), york_rated());
    withdraw(&mut world);
    let attestation = attest(&mut world);
    attest(&mut honest);
    let mut forged = Forged::of(&world.log());
    let (hidden, published) = (forged.find("rating.withdrawn", 0), forged.find("rating.published", 0));
    let mut endings = Endings::of(&world.log(), attestation);
    endings.end(&forged.entries[published]);
    forged.set("subjects.attested", 0, "root", json!(endings.attested().root()));
    let shown = Shown::signed(forged.linked());
    let certified = checked(&without(hidden, &made(&honest), &shown, &endings)).expect("nothing is missed");
    assert!(certified.answer.rating.is_some() && shown.rating().rating.is_none());
    let found = &shown.verified().findings[0];
    assert_eq!(found.sequence, Some(Sequence::new(attestation as u64)), "{}", found.what);
    assert!(shown.audit_codes().contains(&"attestation_false"), "{:?}", shown.audit_codes());
}
