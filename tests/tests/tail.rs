//! A cursor consumer of `Ledger::tail`, aborted again and again beside many submitters: nothing is missing after
//! de-duplication, the order is kept, and nothing comes that is not durable.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use ledger_core::assessment::Request;
use ledger_core::assessment::event::ClockKind;
use ledger_core::environment::{Environment, SeededRandom};
use ledger_core::log::CommandId;
use ledger_core::store::{MemoryStore, MemoryVault};
use ledger_core::values::{Hash, Sequence, Timestamp};
use ledger_core::{Filter, Founding, Ledger, TailEntry, line};
use ledger_tests::time::instant;
use serde_json::json;

const SUBMITTERS: u64 = 64;
const EACH: u64 = 40;
const ABORTS: usize = 50;

fn command_id(at: Timestamp, number: u64) -> CommandId {
    let mut random = [0; 10];
    random.copy_from_slice(&Hash::of(&number.to_be_bytes()).as_bytes()[..10]);
    CommandId::from_parts(at, random)
}

fn founded(now: Timestamp) -> Arc<Ledger> {
    let environment = Environment { random: Arc::new(SeededRandom(1)), ..Environment::system() };
    let founding = Founding {
        id: command_id(now, 0),
        origin: "ledger.example/tail".parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: ledger_core::assessment::event::Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now,
        key: None,
    };
    let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
    Arc::new(Ledger::found(store, vault, environment, founding).expect("founded"))
}

/// Enrols an actor of its own: a command that every submitter can give at any time.
fn enrolment(now: Timestamp, number: u64) -> Request {
    let line = json!({
        "id": command_id(now, number + 1),
        "actor": "operator-1",
        "type": "actor.enrol",
        "subject": format!("actor/a{number}"),
        "recordedtime": now,
        "data": { "roles": ["auditor"] },
    });
    line::request(line).expect("well formed")
}

/// What a consumer keeps: what it handled, and the position after it, one after the other as a crash would find
/// them.
#[derive(Default)]
struct Kept {
    handled: Mutex<Vec<(Sequence, Vec<u8>)>>,
    cursor: AtomicU64,
}

async fn consume(ledger: Arc<Ledger>, kept: Arc<Kept>) {
    let from = Sequence::new(kept.cursor.load(Ordering::SeqCst));
    let mut tail = std::pin::pin!(ledger.tail(from, Filter::default()));
    let mut next = from.get();
    while let Some(item) = tail.next().await {
        let TailEntry { sequence, bytes } = item.expect("readable");
        assert!(ledger.store().head().length.contains(sequence), "{sequence} is not durable");
        assert_eq!(sequence.get(), next, "in order and without a gap");
        next += 1;
        kept.handled.lock().expect("no panic").push((sequence, bytes.to_vec()));
        // Between handling and keeping the cursor an abort may come: then the entry comes twice.
        tokio::task::yield_now().await;
        kept.cursor.store(next, Ordering::SeqCst);
    }
}

#[test]
fn a_consumer_aborted_fifty_times_beside_64_submitters_misses_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let now = instant("2025-05-08T09:00");
        let ledger = founded(now);
        let kept = Arc::new(Kept::default());
        let done = Arc::new(AtomicBool::new(false));
        let submitters: Vec<_> = (0..SUBMITTERS)
            .map(|submitter| {
                let ledger = ledger.clone();
                tokio::spawn(async move {
                    for number in 0..EACH {
                        let request = enrolment(now, submitter * EACH + number);
                        ledger.submit(request).await.expect("recorded");
                    }
                })
            })
            .collect();
        let total = 1 + SUBMITTERS * EACH;
        let aborting = {
            let (ledger, kept, done) = (ledger.clone(), kept.clone(), done.clone());
            tokio::spawn(async move {
                for abort in 0..ABORTS {
                    let before = kept.handled.lock().expect("no panic").len();
                    let consumer = tokio::spawn(consume(ledger.clone(), kept.clone()));
                    // Lets it handle some entries, while there are any left to come.
                    let some = before + 1 + abort % 40;
                    while kept.handled.lock().expect("no panic").len() < some
                        && kept.cursor.load(Ordering::SeqCst) < total
                    {
                        tokio::task::yield_now().await;
                    }
                    consumer.abort();
                    match consumer.await {
                        Ok(()) => {}
                        Err(error) => assert!(error.is_cancelled(), "{error}"),
                    }
                }
                done.store(true, Ordering::SeqCst);
            })
        };
        for submitter in submitters {
            submitter.await.expect("no panic");
        }
        aborting.await.expect("no panic");
        assert!(done.load(Ordering::SeqCst));
        assert_eq!(ledger.head().length.0, total);
        let last = tokio::spawn(consume(ledger.clone(), kept.clone()));
        while kept.cursor.load(Ordering::SeqCst) < total {
            tokio::task::yield_now().await;
        }
        last.abort();
        let mut handled = std::mem::take(&mut *kept.handled.lock().expect("no panic"));
        let twice = handled.len() - total as usize;
        handled.sort();
        handled.dedup();
        let store = ledger.store();
        let entries = ledger_core::store::entries_from(store, Sequence::new(0));
        let log: Vec<(Sequence, Vec<u8>)> =
            entries.map(|item| item.expect("readable")).map(|(at, bytes)| (at, bytes.to_vec())).collect();
        assert_eq!(handled, log, "after de-duplication");
        println!("{total} entries, {twice} handled twice over {ABORTS} aborts");
    });
}

#[test]
fn a_tail_passes_on_what_its_filter_names_and_ends_with_the_ledger() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let now = instant("2025-05-08T09:00");
        let ledger = founded(now);
        let tail = |subject: Option<&str>, event: Option<&str>| {
            let filter = Filter { subject: subject.map(str::to_owned), event_type: event.map(str::to_owned) };
            tokio::spawn(ledger.tail(Sequence::new(0), filter).collect::<Vec<_>>())
        };
        let one = tail(Some("actor/a3"), None);
        let enrolments = tail(None, Some("actor.enrolled"));
        let founding = tail(None, Some("ledger.log.founded.v1"));
        let none = tail(Some("actor/a3"), Some("log.founded"));
        for number in 0..10 {
            ledger.submit(enrolment(now, number)).await.expect("recorded");
        }
        Arc::into_inner(ledger).expect("the only handle").close().expect("closed");
        let count = async |task: tokio::task::JoinHandle<Vec<_>>| task.await.expect("no panic").len();
        assert_eq!(
            (count(one).await, count(enrolments).await, count(founding).await, count(none).await),
            (1, 10, 1, 0)
        );
    });
}
