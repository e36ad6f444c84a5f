//! The audit finds nothing above notice in any history that the ledger wrote - rule tables, random histories, the
//! benchmark's workload - and names every lie of a table, told in logs that are linked again so that the chain holds.
//!
//! `LEDGER_AUDIT_SEEDS` changes how many random histories are tried; seeds are printed. Left out: the report as people
//! read it, which the terminal's tests show.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_core::environment::{Environment, SeededRandom};
use ledger_core::log::Entry;
use ledger_core::store::{MemoryStore, MemoryVault, Store};
use ledger_core::values::{Length, Sequence, Timestamp};
use ledger_core::{Ledger, line, recorded};
use ledger_tests::random::History;
use ledger_tests::run::{Coverage, run, tables};
use ledger_tests::schemas;
use ledger_tests::workload::{MEDIA_TYPE, Scale, Workload};
use replay::{Audit, AuditFinding, AuditScope, FoundBy, Log, Severity, audit};
use serde_json::{Value, json};

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
    println!("{} lies told", lies::all().count());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever changes a score may also make the command's hash anew: then the hash says nothing, and the rest still does.
#[test]
fn a_forger_who_makes_the_hash_anew_is_found_by_the_rest() {
    let lie =
        lies::all().find(|lie| lie.name == "a score raised before the publication").expect("in the table");
    let mut forged = Forged::of(&(lie.history)().log());
    (lie.tell)(&mut forged);
    let codes = |forged: &Forged| -> Vec<&str> {
        audited(store_of(&forged.clone().linked())).findings.iter().map(|finding| finding.code).collect()
    };
    assert!(codes(&forged).contains(&"command_not_rebuilt"));
    let entry = forged.entry("score.assigned", 1);
    let data: Value = serde_json::from_slice(&entry.data).expect("JSON");
    let (id, actor) = (entry.id.command.to_string(), &entry.auth_id);
    let line = json!({"id":id,"actor":actor,"type":"score.assign","subject":entry.subject,"data":data});
    let request = line::request(line).expect("a command");
    entry.command_hash = line::command_hash(&request).expect("a hash");
    let found = codes(&forged);
    assert!(found.contains(&"result_differs") && !found.contains(&"command_not_rebuilt"), "{found:?}");
}

/// An entry of each type, the one that says most.
fn samples() -> BTreeMap<String, Entry> {
    let tables = tables();
    let mut samples: BTreeMap<String, Entry> = BTreeMap::new();
    for scenario in &tables.scenarios {
        let log =
            run(&tables, scenario, false, &mut Coverage::default()).unwrap_or_else(|what| panic!("{what}"));
        for bytes in log {
            let entry = Entry::decode(&bytes).expect("an entry");
            let longer = |known: &Entry| known.data.len() < entry.data.len() && entry.data.len() < 4_000;
            if samples.get(&entry.event_type).is_none_or(longer) {
                samples.insert(entry.event_type.clone(), entry);
            }
        }
    }
    samples
}

/// The value with one thing in it changed, in every place and in many ways.
fn mutations(value: &Value) -> Vec<Value> {
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(5),
        json!(9_007_199_254_740_991_i64),
        json!("x"),
        json!(""),
        json!("2025-13-01"),
        json!([]),
        json!({}),
        json!([1]),
        json!({"a":1}),
    ];
    let mut changed: Vec<Value> = others.into_iter().filter(|other| other != value).collect();
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let mut without = fields.clone();
                without.remove(name);
                changed.push(without.clone().into());
                without.insert(format!("{name}s"), inner.clone());
                changed.push(without.into());
                changed.extend(mutations(inner).into_iter().map(|inner| {
                    let mut fields = fields.clone();
                    fields.insert(name.clone(), inner);
                    fields.into()
                }));
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate().take(2) {
                changed.extend(mutations(inner).into_iter().map(|inner| {
                    let mut items = items.clone();
                    items[at] = inner;
                    items.into()
                }));
            }
        }
        Value::String(text) => {
            changed.extend([
                json!(text.to_uppercase()),
                json!(format!("{text} ")),
                json!(format!("{text}\u{1}")),
            ]);
        }
        _ => {}
    }
    changed
}

#[test]
fn what_the_schemas_refuse_the_audit_refuses() {
    let (mut refused, mut accepted, mut stricter) = (0, 0, 0);
    for (event_type, entry) in samples() {
        let data: Value = serde_json::from_slice(&entry.data).expect("JSON");
        for changed in mutations(&data) {
            let mut text: Value = serde_json::from_slice(&entry.encode().expect("encodes")).expect("JSON");
            text["data"] = changed.clone();
            let bytes = serde_jcs::to_vec(&text).expect("JCS");
            let taken = Entry::decode(&bytes).is_ok_and(|entry| recorded(&entry).is_ok());
            match (schemas::faults(&bytes).is_empty(), taken) {
                (true, true) => accepted += 1,
                (false, false) => refused += 1,
                // A date that does not exist, say: no schema can tell.
                (true, false) => stricter += 1,
                (false, true) => panic!("{event_type}: the schema refuses what is taken: {changed}"),
            }
        }
    }
    println!("refused by both {refused}, taken by both {accepted}, refused by the audit alone {stricter}");
    assert!(refused > 5_000 && accepted > 100 && stricter * 10 < refused);
}

#[test]
fn an_audit_narrowed_to_a_subject_counts_what_lies_elsewhere() {
    let lie = lies::all().find(|lie| lie.name == "another percentage").expect("in the table");
    let mut forged = Forged::of(&(lie.history)().log());
    (lie.tell)(&mut forged);
    let log = Log::over(store_of(&forged.linked())).expect("a log");
    let narrowed = |scope| audit(&log, scope, &mut |_: Length, _: Length| {}).expect("readable");
    let subject = |subject: &str| AuditScope {
        subject: Some(subject.parse().expect("a subject")),
        ..AuditScope::default()
    };
    let york = narrowed(subject("local-authority/E06000014"));
    assert!(!york.clean && york.outside == 0);
    let elsewhere = narrowed(subject("ics/E54000029"));
    assert!(
        elsewhere.clean && elsewhere.outside > 0 && elsewhere.events.len() == 1,
        "{:?}",
        elsewhere.events
    );
    let by =
        |actor: &str| AuditScope { actor: Some(actor.parse().expect("an actor")), ..AuditScope::default() };
    assert!(!narrowed(by("publisher-1")).clean && narrowed(by("assessor-1")).clean);
    let assessment = Sequence::new(forged_assessment(&log));
    let of = AuditScope { assessment: Some(assessment), ..AuditScope::default() };
    assert!(!narrowed(of).clean);
}

fn forged_assessment(log: &Log) -> u64 {
    let mut entries = log.bytes_from(Sequence::new(0)).map(|item| item.expect("readable").1);
    let opened =
        entries.position(|bytes| String::from_utf8_lossy(&bytes).contains("ledger.assessment.opened.v1"));
    opened.expect("an assessment") as u64
}

#[test]
fn an_audit_ends_where_the_chain_breaks_and_says_what_was_left() {
    let lie = lies::all().find(|lie| lie.name == "a link to another entry").expect("in the table");
    let mut forged = Forged::of(&(lie.history)().log());
    let (at, length) = (forged.find(lie.at.0, lie.at.1) as u64, forged.entries.len() as u64);
    (lie.tell)(&mut forged);
    let audit = audited(store_of(&forged.linked()));
    let ended = audit.ended_at.expect("it ended early");
    assert_eq!(
        (ended.entry, ended.not_audited, audit.head.length),
        (Sequence::new(at), length - at, Length(at))
    );
    let page = audit.html();
    assert!(
        page.contains("Not clean") && page.contains(&format!("entries from {} on", ended.entry)),
        "{page}"
    );
}
