//! The audit finds nothing above notice in any history that the ledger wrote - rule tables, random histories, the
//! benchmark's workload - and names every lie of a table, told in logs that are linked again so that the chain holds.
//!
//! `LEDGER_AUDIT_SEEDS` changes how many random histories are tried; seeds are printed. Left out: the report as people
//! read it, which the terminal's tests show.

use std::sync::Arc;

use ledger_core::Ledger;
use ledger_core::environment::{Environment, SeededRandom};
use ledger_core::store::{MemoryStore, MemoryVault, Store};
use ledger_core::values::{Length, Sequence, Timestamp};
use ledger_tests::random::History;
use ledger_tests::run::{Coverage, run, tables};
use ledger_tests::workload::{MEDIA_TYPE, Scale, Workload};
use replay::{Audit, AuditFinding, AuditScope, FoundBy, Log, Severity, audit};

#[path = "audit/forged.rs"]
mod forged;
#[path = "audit/lies.rs"]
mod lies;

use forged::{Forged, store_of};

fn audited(store: Arc<dyn Store>) -> Audit {
    let log = Log::over(store).expect("a log");
    audit(&log, AuditScope::default(), &mut |_: Length, _: Length| {}).expect("readable")
}

fn assert_clean(audit: &Audit, what: &str) {
    let above: Vec<_> = audit.findings.iter().filter(|f| f.severity != Severity::Notice).collect();
    assert!(audit.clean && above.is_empty() && audit.ended_at.is_none(), "{what}: {above:#?}");
}

/// How many commands' hashes were reproduced, of how many decided again.
fn reproduced(audit: &Audit) -> (u64, u64) {
    let count = |start: &str| {
        audit
            .checked
            .iter()
            .find(|checked| checked.what.starts_with(start))
            .map_or(0, |checked| checked.count)
    };
    (count("hashes reproduced"), count("decided again"))
}

#[test]
fn every_history_of_the_rule_tables_is_clean() {
    let tables = tables();
    let (mut done, mut of) = (0, 0);
    for scenario in &tables.scenarios {
        let log =
            run(&tables, scenario, false, &mut Coverage::default()).unwrap_or_else(|what| panic!("{what}"));
        if log.is_empty() {
            continue;
        }
        let audit = audited(store_of(&log));
        assert_clean(&audit, &scenario.name);
        let (reproduced, decided) = reproduced(&audit);
        (done, of) = (done + reproduced, of + decided);
    }
    println!("{done} of {of} command hashes reproduced");
    assert!(done * 100 >= of * 99, "{done} of {of}");
}

#[test]
fn random_histories_are_clean() {
    let seeds = std::env::var("LEDGER_AUDIT_SEEDS").map_or(12, |text| text.parse().expect("a number"));
    let mut results = 0;
    for seed in 1..=seeds {
        println!("SEED={seed}");
        let mut history = History::new(seed);
        history.go_on(260);
        let audit = audited(history.world.ledger().store());
        assert_clean(&audit, &format!("seed {seed}"));
        let (reproduced, decided) = reproduced(&audit);
        assert_eq!(reproduced, decided, "seed {seed}: the histories spell commands plainly");
        results += audit.checked.iter().find(|c| c.what.starts_with("results")).map_or(0, |c| c.count);
    }
    assert!(results > seeds / 2, "the histories must publish results: {results}");
}

#[test]
fn the_workload_is_clean() {
    let seed = 3;
    let environment = Environment { random: Arc::new(SeededRandom(seed)), ..Environment::system() };
    let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
    let ledger = Ledger::found(store.clone(), vault, environment, Workload::founding(seed)).expect("founded");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let steps = Workload::new(seed, Scale::SMALL).take(4_000).enumerate().map(|(number, step)| {
        let media_type = MEDIA_TYPE.parse().expect("a media type");
        let put = |content: &[u8]| {
            ledger.add_document(content, &media_type, &number.to_le_bytes(), Timestamp::EPOCH)
        };
        step.stored(put).unwrap_or_else(|error| panic!("{error}"))
    });
    let requests: Vec<_> = Workload::set_up(seed, Scale::SMALL).chain(steps).collect();
    for round in requests.chunks(500) {
        for answer in runtime.block_on(ledger.submit_all(round.to_vec())) {
            answer.unwrap_or_else(|error| panic!("{error}"));
        }
    }
    let audit = audited(store);
    assert_clean(&audit, "the workload");
    let (reproduced, decided) = reproduced(&audit);
    assert_eq!(reproduced, decided, "of the workload");
}

#[test]
fn every_lie_of_the_table_is_found() {
    let mut wrong = Vec::new();
    for lie in lies::all() {
        let log = (lie.history)().log();
        assert_clean(&audited(store_of(&log)), lie.name);
        let mut forged = Forged::of(&log);
        let at = Sequence::new(forged.find(lie.at.0, lie.at.1) as u64);
        (lie.tell)(&mut forged);
        let audit = audited(store_of(&forged.linked()));
        let found = audit.findings.iter().find(|f| f.code == lie.code && f.entries == [at]);
        let both = |f: &AuditFinding| f.by.contains(&FoundBy::Recounted) && f.by.len() == 2;
        if audit.clean || found.is_none_or(|f| lie.recounted && !both(f)) {
            let said: Vec<_> = audit.findings.iter().filter(|f| f.severity != Severity::Notice).collect();
            wrong.push(format!("{}: {} at {at} expected, {said:#?}", lie.name, lie.code));
        }
    }
    println!("{} lies told", lies::all().len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
