//! Projections on random histories: rebuilt equals followed live, entry by entry; whatever was kept on the way is
//! taken up again; and the state hash says so. `LEDGER_PROJECTION_SEEDS` changes how many histories are tried; seeds are
//! printed.

use std::collections::BTreeSet;

use ledger_core::assessment::Recorded;
use ledger_core::recorded_trusted;
use ledger_core::store::{Snapshots, entries_from};
use ledger_core::values::{Hash, Length, Sequence};
use ledger_tests::random::{Dice, History};
use ledger_tests::workload::{Scale, fill};
use replay::{Everything, Fold, KnownAt, Log, projections, replay, state_hashes};

const COMMANDS: usize = 240;

fn quiet(_: Length, _: Length) {}

fn events(log: &Log) -> Vec<Recorded> {
    let entries = entries_from(log.store(), Sequence::new(0));
    entries.map(|item| recorded_trusted(&item.expect("read").1).expect("an event")).collect()
}

fn hashes(everything: &Everything) -> Vec<(&'static str, Hash)> {
    state_hashes(everything).into_iter().map(|state| (state.projection, state.state_hash)).collect()
}

fn replayed(log: &Log, length: usize) -> Vec<(&'static str, Hash)> {
    let known_at = KnownAt::Sequence(Sequence::new(length as u64 - 1));
    hashes(&log.replayed::<Everything>(known_at, &mut quiet).expect("replayed").0)
}

fn try_seed(seed: u64) {
    let mut history = History::new(seed);
    history.go_on(COMMANDS);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let events = events(&log);
    let mut dice = Dice(seed);
    let scratch = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::of(scratch.path());
    let mut live = Everything::default();
    for (at, event) in events.iter().enumerate() {
        // Everything, wanted or not: what a projection does not want must not change it.
        live.apply(event);
        if dice.percent(4) {
            let length = at + 1;
            assert_eq!(hashes(&live), replayed(&log, length), "seed {seed}, {length} entries");
            let head = log.head_at(Length(length as u64)).expect("a head");
            live.save(&snapshots, head).expect("kept");
            let (found, taken_up) = Everything::load(&snapshots, &|kept| kept == head).expect("found again");
            assert_eq!((found, hashes(&taken_up)), (head, hashes(&live)), "seed {seed}, {length} entries");
            live = taken_up;
        }
    }
    assert_eq!(hashes(&live), replayed(&log, events.len()), "seed {seed}");
    let all = replay(&log, KnownAt::Now, &mut quiet).expect("replayed");
    let again = replay(&log, KnownAt::Now, &mut quiet).expect("replayed");
    assert_eq!(all.state_hash, again.state_hash, "seed {seed}");
    assert_eq!(all.head, log.head());
}

#[test]
fn rebuilt_equals_followed_live() {
    let seeds = std::env::var("LEDGER_PROJECTION_SEEDS").map_or(8, |text| text.parse().expect("a number"));
    println!("seeds 1 to {seeds}");
    (1..=seeds).for_each(try_seed);
}

#[test]
fn every_projection_has_a_hash_of_its_own_and_takes_something_of_a_workload() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    fill(&dir, 1, Scale::SMALL, 3_000);
    let log = Log::open(&dir).expect("a log");
    let empty = hashes(&Everything::default());
    let full = replay(&log, KnownAt::Now, &mut quiet).expect("replayed").states;
    assert_eq!(full.iter().map(|state| state.projection).collect::<Vec<_>>(), projections());
    // No one compares areas or reviews a theme in the workload; the demonstration does.
    for state in full.iter().filter(|state| !["contexts", "themes"].contains(&state.projection)) {
        let before = empty.iter().find(|(name, _)| *name == state.projection).map(|(_, hash)| *hash);
        assert_ne!(before, Some(state.state_hash), "{} took nothing of the history", state.projection);
    }
    let all: BTreeSet<Hash> = full.iter().map(|state| state.state_hash).collect();
    assert_eq!(all.len(), full.len());
}
