//! A certificate made and checked: of a subject with a rating and some thousand entries all over the log.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::newest_checkpoint;
use ledger_core::values::{Length, Sequence};
use ledger_tests::workload::{Workload, signing_key};
use replay::{KnownAt, Log, Question, Register, Trust, certify, check_certificate};

use crate::cases::{Outcome, Spec, processor_seconds, timed};
use crate::proofs::open;

/// Entries that the subject should have.
const ENTRIES: usize = 1_000;
/// Entries of a bundle.
const BUNDLE: u64 = 256;
/// Certificates made.
const TIMES: usize = 41;

fn quiet(_: Length, _: Length) {}

/// Made over and over, checked over and over.
pub fn certificate(spec: &Spec) -> Outcome {
    let (log, tree) = open(spec);
    let signed = newest_checkpoint(&spec.dir).expect("readable").expect("signed");
    let known_at = attestation(&log);
    let (subject, entries) = nearest(&log, known_at);
    let last = log.at(&[known_at]).expect("read").swap_remove(0);
    let question = Question {
        subject,
        as_of: Date::in_london(last.recorded.recorded_time),
        known_at: KnownAt::Sequence(known_at),
    };
    let key = signing_key(&Workload::founding(spec.seed)).verifier().clone();
    let trust = Trust { key, witnesses: Vec::new(), quorum: 0 };
    let (mut made, mut checked) = (Vec::new(), Vec::new());
    let mut outcome = Outcome { entries: log.head().length.0, ..Outcome::default() };
    let before = processor_seconds();
    for _ in 0..TIMES {
        let (took, certificate) = timed(|| certify(&log, &tree, &signed, &question, None, &mut quiet));
        let (bytes, _) = certificate.expect("certified");
        made.push(took);
        let (took, found) = timed(|| check_certificate(&bytes[..], &trust));
        let found = found.expect("checked");
        checked.push(took);
        outcome.holds = format!(
            "{} with {} entries in {} bundles; the certificate has {} entries of {} streams and others in {} bytes",
            question.subject,
            entries.len(),
            bundles(&entries),
            found.entries,
            found.streams,
            bytes.len()
        );
    }
    outcome.took("certificate-made", "made, and checked before it is handed out", made);
    outcome.took("certificate-checked", "checked", checked);
    let worked = (processor_seconds() - before) * 1e3 / TIMES as f64;
    outcome.figure("", "processor time of both together", worked, "ms");
    outcome
}

/// The last attestation, which says where every history ends.
fn attestation(log: &Log) -> Sequence {
    let index = log.index(&mut quiet).expect("indexed");
    index.of(&Subject::attestation(), log.head().length).pop().expect("one is recorded every 65,536 entries")
}

/// Of the subjects with a rating the one whose history is nearest the size wanted.
fn nearest(log: &Log, known_at: Sequence) -> (Subject, Vec<Sequence>) {
    let ((register,), _) =
        log.folded::<(Register,)>(KnownAt::Sequence(known_at), &mut quiet).expect("folded");
    let index = log.index(&mut quiet).expect("indexed");
    let until = Length(known_at.get());
    let rated = register.areas().map(|(subject, _)| subject).filter(|subject| register.has_results(subject));
    let histories = rated.map(|subject| (subject.clone(), index.of(subject, until)));
    histories.min_by_key(|(_, entries)| entries.len().abs_diff(ENTRIES)).expect("some are rated")
}

fn bundles(entries: &[Sequence]) -> usize {
    let mut bundles: Vec<u64> = entries.iter().map(|entry| entry.get() / BUNDLE).collect();
    bundles.dedup();
    bundles.len()
}
