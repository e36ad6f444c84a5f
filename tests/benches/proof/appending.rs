//! What the tree costs the append path: two ledgers, one with a key and so with a tree and checkpoints, one without, are
//! given the same commands in turns.
//!
//! The full path: documents stored, decided, encoded, chained, durable, answered, in rounds of 1,000 of which three are
//! under way. Turns of some thousand commands, so that whatever else the machine does falls on both.

use std::path::Path;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use ledger_core::environment::Environment;
use ledger_core::values::Timestamp;
use ledger_core::{Founding, Ledger};
use ledger_tests::workload::{MEDIA_TYPE, Scale, Step, Workload, signing_key};
use tokio::runtime::{Builder, Runtime};

use crate::cases::{Outcome, Spec, timed};
use crate::proofs::total;

/// Commands given to each ledger, or as many as the benchmark is about.
const COMMANDS: u64 = 200_000;
/// Commands of a turn.
const TURN: usize = 10_000;
/// Commands of a round.
const ROUND: usize = 1_000;
/// Rounds that were sent and not answered: one becomes durable while the next is decided.
const UNDER_WAY: usize = 3;

/// The same commands with and without the tree.
pub fn append(spec: &Spec) -> Outcome {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let ledgers = [true, false].map(|tree| set_up(spec, tree, &runtime));
    let mut workload = Workload::new(spec.seed, Scale::NATIONAL);
    let mut took = [Vec::new(), Vec::new()];
    let mut entries = 0;
    for turn in 0..COMMANDS.min(spec.size).div_ceil(TURN as u64) as usize {
        let slab: Vec<Step> = workload.by_ref().take(TURN).collect();
        // Each goes first in every other turn.
        for at in [turn % 2, (turn + 1) % 2] {
            let before = ledgers[at].head().length.0;
            took[at].push(timed(|| runtime.block_on(submit(&ledgers[at], slab.clone()))).0);
            entries += ledgers[at].head().length.0 - before;
        }
    }
    let entries = entries / 2;
    let signed = ledgers[0].checkpoint().borrow().is_some();
    assert!(signed, "the ledger with a key signs");
    ledgers.into_iter().for_each(|ledger| ledger.close().expect("a clean close"));
    outcome(entries, &took)
}

fn outcome(entries: u64, [with, without]: &[Vec<Duration>; 2]) -> Outcome {
    let mut outcome = Outcome { entries, ..Outcome::default() };
    let rate = |took: &[Duration]| entries as f64 / total(took);
    outcome.figure("append-with", "with the tree, a checkpoint a second", rate(with), "entries/s");
    outcome.figure("append-without", "without", rate(without), "entries/s");
    outcome.figure(
        "append-cost",
        "cost of the tree",
        100.0 * (1.0 - rate(with) / rate(without)),
        "% of the rate",
    );
    let mut turns: Vec<f64> = with
        .iter()
        .zip(without)
        .map(|(with, without)| 100.0 * (1.0 - without.div_duration_f64(*with)))
        .collect();
    turns.sort_by(f64::total_cmp);
    outcome.figure(
        "append-cost-median",
        "the same, median of turns",
        turns[turns.len() / 2],
        "% of the rate",
    );
    outcome.holds = format!("{} turns of {TURN} commands each, the edge of the tree in memory", with.len());
    outcome
}

fn set_up(spec: &Spec, tree: bool, runtime: &Runtime) -> Ledger {
    let dir = spec.scratch.join(if tree { "with" } else { "without" });
    let founding = Workload::founding(spec.seed);
    let key = tree.then(|| signing_key(&founding));
    let ledger = create(&dir, Founding { key, ..founding });
    let mut requests = Workload::set_up(spec.seed, Scale::NATIONAL);
    loop {
        let round: Vec<_> = requests.by_ref().take(ROUND).collect();
        if round.is_empty() {
            return ledger;
        }
        for answer in runtime.block_on(ledger.submit_all(round)) {
            answer.expect("accepted");
        }
    }
}

fn create(dir: &Path, founding: Founding) -> Ledger {
    Ledger::create(dir, Environment::system(), founding).expect("a new ledger")
}

async fn submit(ledger: &Ledger, slab: Vec<Step>) {
    let media_type = MEDIA_TYPE.parse().expect("a media type");
    let rounds: Vec<Vec<Step>> = slab.chunks(ROUND).map(<[Step]>::to_vec).collect();
    let sent = stream::iter(rounds).map(|round| {
        let stored = round.into_iter().map(|step| {
            let at = step.request().recorded_time.unwrap_or(Timestamp::EPOCH);
            step.stored(|content| ledger.add_document(content, &media_type, b"", at)).expect("stored")
        });
        ledger.submit_all(stored.collect())
    });
    let mut answered = std::pin::pin!(sent.buffered(UNDER_WAY));
    while let Some(answers) = answered.next().await {
        answers.into_iter().for_each(|answer| drop(answer.expect("accepted")));
    }
}
