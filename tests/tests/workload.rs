//! The workload that benchmarks are run with: a ledger accepts all of it, equal seeds give equal bytes, and the
//! shares are those stated.
//!
//! `LEDGER_WORKLOAD_SEED` and `LEDGER_WORKLOAD_COMMANDS` change what is tried; both are printed.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use ledger_core::assessment::references;
use ledger_core::environment::{Environment, SeededRandom};
use ledger_core::log::Head;
use ledger_core::store::{MemoryStore, MemoryVault};
use ledger_core::values::Timestamp;
use ledger_core::{Ledger, Receipt};
use ledger_tests::workload::{DOCUMENT_BYTES, MEDIA_TYPE, Scale, Workload};
use tokio::runtime::Runtime;

fn setting<T: FromStr>(name: &str, usual: T) -> T {
    let Ok(text) = std::env::var(name) else { return usual };
    text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number"))
}

/// A small country's ledger and what was recorded in it.
struct Recorded {
    /// Entries by event type, without the set-up's.
    entries: BTreeMap<String, u64>,
    /// How many citations the commands made.
    citations: usize,
    head: Head,
}

/// Submits the set-up and `commands` of the workload in rounds of 100.
fn record(seed: u64, commands: usize) -> Recorded {
    let environment = Environment { random: Arc::new(SeededRandom(seed)), ..Environment::system() };
    let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
    let ledger = Ledger::found(store, vault, environment, Workload::founding(seed)).expect("founded");
    let runtime = Runtime::new().expect("a runtime");
    let submit = |round: &[_]| -> Vec<Receipt> {
        let answers = runtime.block_on(ledger.submit_all(round.to_vec())).into_iter().zip(round);
        answers.map(|(answer, request)| answer.unwrap_or_else(|e| panic!("{e}: {request:?}"))).collect()
    };
    let set_up: Vec<_> = Workload::set_up(seed, Scale::SMALL).collect();
    set_up.chunks(100).for_each(|round| drop(submit(round)));
    let mut recorded = Recorded { entries: BTreeMap::new(), citations: 0, head: ledger.head() };
    let mut documents = 0_u64;
    let requests = Workload::new(seed, Scale::SMALL).take(commands).map(|step| {
        let stored = step.stored(|content| {
            assert_eq!(content.len(), DOCUMENT_BYTES);
            documents += 1;
            let media_type = MEDIA_TYPE.parse().expect("a media type");
            ledger.add_document(content, &media_type, &documents.to_le_bytes(), Timestamp::EPOCH)
        });
        stored.unwrap_or_else(|error| panic!("{error}"))
    });
    let requests: Vec<_> = requests.collect();
    for round in requests.chunks(100) {
        recorded.citations += round.iter().map(|request| references(&request.command).len()).sum::<usize>();
        for entry in submit(round).into_iter().flat_map(|receipt| receipt.entries) {
            *recorded.entries.entry(entry.event_type.to_owned()).or_default() += 1;
        }
    }
    recorded.head = ledger.head();
    recorded
}

/// Hundredths of all entries that are of a type that ends so.
fn share(recorded: &Recorded, ends: &[&str]) -> f64 {
    let all: u64 = recorded.entries.values().sum();
    let these = recorded.entries.iter().filter(|(name, _)| ends.iter().any(|end| name.contains(end)));
    100.0 * these.map(|(_, count)| count).sum::<u64>() as f64 / all as f64
}

#[test]
fn every_command_is_accepted_in_the_stated_shares_and_again_the_same() {
    let seed = setting("LEDGER_WORKLOAD_SEED", 1);
    let usual = if std::env::var_os("LEDGER_TESTS_QUICK").is_some() { 3_000 } else { 5_000 };
    let commands = setting("LEDGER_WORKLOAD_COMMANDS", usual);
    let recorded = record(seed, commands);
    println!("seed {seed}, {commands} commands, {} citations", recorded.citations);
    recorded.entries.iter().for_each(|(name, count)| println!("{count:8} {name}"));

    for (ends, stated) in [
        (&["evidence.submitted"][..], 50.0),
        (&["score.assigned", "score.changed"], 25.0),
        (&["indicator.observed"], 15.0),
    ] {
        let share = share(&recorded, ends);
        assert!((share - stated).abs() < 1.0, "{ends:?}: {share:.2} of a hundred, {stated} stated");
    }
    for name in [
        "assessment.opened",
        "draft.shared",
        "accuracy.confirmed",
        "findings.published",
        "rating.published",
        "assessment.closed",
        "concern.raised",
        "concern.resolved",
        "assessment.triggered",
        "trigger.discharged",
        "evidence.requested",
        "evidence.request-closed",
    ] {
        assert!(share(&recorded, &[name]) > 0.0, "no {name} among {commands} commands");
    }
    assert_eq!(record(seed, commands).head, recorded.head, "the same seed gave other bytes");
    assert_ne!(record(seed + 1, 100).head, record(seed, 100).head, "another seed gave the same bytes");
}
