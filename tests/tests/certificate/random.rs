//! Certificates of random histories: each checks, and its answer is that of the whole log. The separate verifier in
//! `tests/verifier` refuses none of them.
//! `LEDGER_CERTIFICATE_SEEDS` changes how many histories are tried; seeds are printed.

use ledger_core::assessment::civil::Date;
use ledger_core::log::Algorithm;
use ledger_core::values::Sequence;
use ledger_tests::independent::verdicts;
use ledger_tests::random::{Dice, History};
use replay::{CertifyError, KnownAt, Log, Question, Register, Trust, check_certificate};

use crate::made::{ORIGIN, attest, introduce, key, made_under, quiet, signed, trust};

/// How many were made, of them with a result, and with entries of other subjects' histories.
#[derive(Debug, Default)]
struct Count {
    made: usize,
    results: usize,
    with_others: usize,
    newer: usize,
    recomputed: usize,
}

fn certified(seed: u64, count: &mut Count) {
    let mut history = History::new(seed);
    history.go_on(250);
    // Whatever keys there were, this one is current now.
    let key = key(ORIGIN, Algorithm::Ed25519, 77);
    let trust = Trust { key: key.verifier().clone(), ..trust() };
    introduce(&mut history.world, &key);
    attest(&mut history.world);
    let attestation = history.world.head().length.0 - 1;
    let checkpoint = signed(history.world.ledger().store(), &[key]);
    history.go_on(20);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let (mut dice, mut made_of_it) = (Dice(seed), Vec::new());
    for round in 0..4 {
        let known = if round == 0 { attestation } else { 40 + dice.below(attestation - 40) };
        let known_at = KnownAt::Sequence(Sequence::new(known));
        let ((whole,), _) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
        for (subject, _) in whole.areas() {
            let today = Date::in_london(history.world.now());
            let as_of = (0..dice.below(400)).fold(today, |day, _| day.previous());
            let question = Question { subject: subject.clone(), as_of, known_at };
            let about = format!("seed {seed}: {subject} as of {as_of} known at {known}");
            let made = made_under(&history.world, &question, &checkpoint, round == 1);
            let (bytes, _) = match made {
                Err(CertifyError::DocumentMissing { .. }) => continue,
                made => made.unwrap_or_else(|error| panic!("{about}: {error}")),
            };
            let shown =
                check_certificate(&bytes[..], &trust).unwrap_or_else(|error| panic!("{about}: {error}"));
            assert_eq!(shown.answer, whole.rating(subject, as_of), "{about}");
            count.made += 1;
            count.results += usize::from(shown.answer.result.is_some());
            let own = |line: &&[u8]| line.starts_with(b"{\"authid\"");
            let others = bytes.split(|byte| *byte == b'\n').filter(own).filter(|line| {
                let entry: serde_json::Value = serde_json::from_slice(line).expect("JSON");
                let of = entry["subject"].as_str().unwrap_or_default();
                of.contains("/E") && of != subject.as_str()
            });
            count.with_others += usize::from(others.count() > 0);
            made_of_it.push((about, shown.answer.result.is_some(), bytes));
        }
    }
    let bytes = made_of_it.iter().map(|(_, _, bytes)| bytes.as_slice());
    let separate = verdicts(&trust.key.to_string(), bytes);
    for ((about, has_result, _), (status, last)) in made_of_it.iter().zip(separate) {
        assert_ne!(status, 1, "{about}: {last}");
        count.recomputed += usize::from(*has_result && status == 0);
    }
    let now = Question {
        subject: "ics/E54000029".parse().expect("a subject"),
        as_of: Date::in_london(history.world.now()),
        known_at: KnownAt::Now,
    };
    match made_under(&history.world, &now, &checkpoint, false) {
        Err(CertifyError::Newer { .. }) => count.newer += 1,
        made => drop(made.unwrap_or_else(|error| panic!("seed {seed}: {error}"))),
    }
}

#[test]
fn random_histories_certify_to_the_answer_of_the_whole_log() {
    let seeds = std::env::var("LEDGER_CERTIFICATE_SEEDS").map_or(6, |text| text.parse().expect("a number"));
    let mut count = Count::default();
    (1..=seeds).for_each(|seed| certified(seed, &mut count));
    println!("seeds 1 to {seeds}: {count:?}");
    assert!(
        count.results > 10 && count.with_others > 5 && count.newer > 0 && count.recomputed > 3,
        "{count:?}"
    );
}
