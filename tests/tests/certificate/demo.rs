//! Certificates of every area of both ledgers of the demonstration; and what an erasure leaves of them.

use std::path::Path;
use std::process::Command;

use ledger_core::assessment::Event;
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::log::VerifierKey;
use ledger_core::store::DiskVault;
use ledger_core::values::{Hash, Sequence};
use ledger_core::{TreeReader, newest_checkpoint};
use ledger_tests::program::{built, run, scratch};
use replay::{Certified, CertifyError, KnownAt, Log, Question, Register, Trust, certify, check_certificate};

use crate::made::quiet;

const VALE: &str = "ics/EXAMPLE01";

fn ledger(dir: &Path, words: &[&str]) -> String {
    let mut command = Command::new(&built().ledger);
    run(command.args(words).arg("--data").arg(dir)).ok().out
}

/// As the operator, on that day.
fn write(dir: &Path, day: &str, words: &[&str]) {
    let given = ["--actor", "operator-1", "--random-seed", "7", "--recorded-time", day];
    ledger(dir, &[words, &given].concat());
}

/// The key that the ledger introduced.
fn trust(log: &Log) -> Trust {
    let events = log.events_at(&[Sequence::new(1)]).expect("read");
    let Event::KeyIntroduced(introduced) = &events[0].event else { panic!("{:?}", events[0]) };
    let key: VerifierKey = introduced.key.clone();
    Trust { key, witnesses: Vec::new(), quorum: 0 }
}

/// A certificate from the files of a ledger.
fn made(dir: &Path, log: &Log, question: &Question, documents: bool) -> Result<Vec<u8>, CertifyError> {
    let signed = newest_checkpoint(dir).expect("readable").expect("signed");
    let tree = TreeReader::open(log.store(), Some(dir), Some(&signed.checkpoint)).expect("a tree");
    let vault = DiskVault::open(dir).expect("a vault");
    let reveal = |commitment: &Hash| vault.reveal(commitment);
    let reveal: Option<replay::Reveal<'_>> = if documents { Some(&reveal) } else { None };
    certify(log, &tree, &signed, question, reveal, &mut quiet).map(|(bytes, _)| bytes)
}

fn asked(subject: &Subject, as_of: &str) -> Question {
    Question { subject: subject.clone(), as_of: as_of.parse().expect("a date"), known_at: KnownAt::Now }
}

/// Certifies and checks every area as of some days. Returns how many there were, and how many with a result.
fn every_area(dir: &Path, days: &[&str]) -> (usize, usize) {
    let log = Log::open(dir).expect("a log");
    let trust = trust(&log);
    let ((whole,), _) = log.folded::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let (mut areas, mut results) = (0, 0);
    for (subject, _) in whole.areas() {
        for day in days {
            let certificate = made(dir, &log, &asked(subject, day), false);
            let certificate = certificate.unwrap_or_else(|error| panic!("{subject}: {error}"));
            let shown = check_certificate(&certificate[..], &trust);
            let shown = shown.unwrap_or_else(|error| panic!("{subject}: {error}"));
            let as_of: Date = day.parse().expect("a date");
            assert_eq!(shown.answer, whole.rating(subject, as_of), "{subject} as of {day}");
            areas += 1;
            results += usize::from(shown.answer.result.is_some());
        }
    }
    (areas, results)
}

#[test]
fn every_area_of_the_demonstration_is_certified_as_it_is_rated() {
    let scratch = scratch();
    let (dir, example) = (scratch.path().join("demo"), scratch.path().join("demo-example"));
    ledger(&dir, &["demo"]);
    write(&dir, "2026-07-02", &["attest"]);
    write(&example, "2027-09-30", &["attest"]);
    let published = every_area(&dir, &["2025-12-31", "2026-07-02"]);
    let invented = every_area(&example, &["2026-04-01", "2027-04-01", "2027-09-30"]);
    println!(
        "areas by days, and results: {published:?} of the published record, {invented:?} of the example"
    );
    assert!(published.1 > 100 && invented.1 >= 3, "{published:?} {invented:?}");
}

/// What the explanation says of each document that was erased.
fn erased(certified: &Certified) -> Vec<(Hash, String)> {
    let explanation = certified.explanation.as_ref().expect("an explanation");
    let documents = explanation.entries.iter().flat_map(|entry| &entry.documents);
    let erased = documents.filter_map(|document| {
        let step = document.erased.as_ref()?;
        Some((document.commitment, format!("{} {}", step.on, step.legal_basis)))
    });
    erased.collect()
}

#[test]
fn an_erasure_leaves_every_certificate_checking() {
    let scratch = scratch();
    let (dir, example) = (scratch.path().join("demo"), scratch.path().join("demo-example"));
    ledger(&dir, &["demo"]);
    write(&example, "2027-09-30", &["attest"]);
    let vale: Subject = VALE.parse().expect("a subject");
    let question = asked(&vale, "2027-09-30");
    let (before, with_documents, trust, document, cited_by) = {
        let log = Log::open(&example).expect("a log");
        let trust = trust(&log);
        let before = made(&example, &log, &question, false).expect("certified");
        let with_documents = made(&example, &log, &question, true).expect("certified");
        let shown = check_certificate(&with_documents[..], &trust).expect("it checks");
        assert!(shown.documents > 10, "{}", shown.documents);
        let explanation = shown.explanation.expect("an explanation");
        let evidence = explanation.evidence.iter().map(|item| item.entry);
        let entries = evidence.flat_map(|at| explanation.entries.iter().find(|entry| entry.sequence == at));
        let cited = { entries }.find_map(|entry| Some((entry.documents.first()?.commitment, entry.sequence)));
        let (document, cited_by) = cited.expect("evidence with a document");
        (before, with_documents, trust, document, cited_by)
    };
    let (commitment, entry) = (document.to_string(), cited_by.to_string());
    let basis = ["--cited-by", &entry, "--legal-basis", "uk-gdpr-article-17"];
    write(&example, "2027-10-01", &[&["document", "erase", VALE, &commitment], &basis[..]].concat());
    let log = Log::open(&example).expect("a log");
    // Nothing that was handed out stops checking; what was handed out with documents still reveals them.
    for handed_out in [&before, &with_documents] {
        assert!(erased(&check_certificate(&handed_out[..], &trust).expect("it checks")).is_empty());
    }
    // Until it is attested, the erasure is newer than what can be shown.
    let newer = made(&example, &log, &question, false).expect_err("newer");
    assert!(newer.to_string().contains("run `ledger attest`, or state `--known-at"), "{newer}");
    drop(log);
    write(&example, "2027-10-02", &["attest"]);
    let log = Log::open(&example).expect("a log");
    let after = asked(&vale, "2027-10-02");
    for documents in [false, true] {
        let certificate = made(&example, &log, &after, documents).expect("certified");
        let shown = check_certificate(&certificate[..], &trust).expect("it checks");
        assert_eq!(erased(&shown), [(document, "2027-10-01 uk-gdpr-article-17".to_owned())]);
        assert!(
            !String::from_utf8_lossy(&certificate)
                .contains(&format!("{{\"document\":{{\"commitment\":\"{document}"))
        );
        let text = shown.explanation.expect("an explanation").text();
        assert!(text.contains("erased on 2027-10-01 under uk-gdpr-article-17"), "{text}");
    }
}
