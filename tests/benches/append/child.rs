//! What runs in a child process: one case.

use std::hint::black_box;

use ledger_tests::bench::peak_mib;
use ledger_tests::workload::{Scale, Workload};

use crate::measure::Clock;
use crate::outcome::Outcome;
use crate::plan::{Case, SUBMITTERS, Spec};
use crate::ways::Way;
use crate::{full_path, peers, reading, recording};

/// Runs the case.
pub fn run(spec: &Spec) -> Outcome {
    let outcome = match spec.case {
        Case::Generator => generator(spec),
        Case::Ledger(way) => full_path::run(way, 1, spec),
        Case::Submitters => full_path::run(Way::Plain, SUBMITTERS, spec),
        Case::ReadBack => reading::read_back(spec),
        Case::Open(opening) => reading::open(opening, spec),
        Case::Record => recording::record(spec),
        Case::Peer(system) => peers::run(system, spec),
    };
    Outcome { peak_mib: peak_mib(), ..outcome }
}

/// The generator alone: what it costs a command, and how much memory it takes.
fn generator(spec: &Spec) -> Outcome {
    let mut clock = Clock::new(spec.entries);
    let mut workload = Workload::new(spec.seed, Scale::NATIONAL);
    clock.time(|| {
        workload.by_ref().take(spec.entries as usize).for_each(|step| drop(black_box(step)));
        spec.entries
    });
    Outcome {
        system: "generator alone".to_owned(),
        durability: "none".to_owned(),
        entries: spec.entries,
        round: 1,
        seconds: clock.seconds(),
        generate_us: Some(clock.seconds() * 1e6 / spec.entries as f64),
        ..Outcome::default()
    }
}
