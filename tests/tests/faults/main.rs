//! The fault table: every kind of call on every file of a ledger fails, from the first, the second, some middle and the
//! last time on, with EIO or ENOSPC, made or not made, for good or once; and nothing acknowledged is lost.
//!
//! The real binary submits a file of several rounds, with documents, and runs into the fault by the preloaded shim
//! (`tests/shim/src/fault.rs`). It must end with a documented exit status and one line that says why. Then, without
//! faults, the log verifies, every acknowledged entry has the same bytes, and submitting the file again completes it to
//! the very log of an undisturbed run. `case.rs` runs one such case; the rows of the table are found here, in the
//! recording of an undisturbed run, so that no file is forgotten.
//!
//! Left out: what the disk keeps when power fails, which is `power_loss`.
//!
//! `LEDGER_TEST_SEED` repeats the choice of cases; `LEDGER_FAULT_SAMPLES` is how many random times each row is tried
//! beside the first, second and last: 4 unless stated, 0 with LEDGER_TESTS_QUICK, more for a soak.

mod case;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use ledger_tests::commands::{in_rounds, many};
use ledger_tests::program::{Site, is_quick, run, scratch, setting};
use ledger_tests::random::Dice;
use ledger_tests::recording::{self, Operation};

use case::{Case, Row, Undisturbed, Way};

/// Cases at the same time.
const AT_ONCE: usize = 3;

#[test]
fn whatever_call_fails_nothing_acknowledged_is_lost() {
    let started = Instant::now();
    let seed = setting("LEDGER_TEST_SEED", 20_260_702);
    let scratch = scratch();
    let undisturbed = undisturbed(scratch.path());
    let rows = rows(&scratch.path().join("recording"));
    let cases = cases(&rows, seed);
    println!("seed {seed}: {} rows, {} cases", rows.len(), cases.len());

    let outcomes = run_all(&undisturbed, &cases);
    let mut failures = Vec::new();
    let mut table: BTreeMap<&Row, [usize; 4]> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        let [tried, survived, detected, harmless] = table.entry(&case.row).or_default();
        match outcome {
            Ok(None) => continue,
            Ok(Some(status)) => {
                *survived += 1;
                *if status == 0 { &mut *harmless } else { &mut *detected } += 1;
            }
            Err(why) => failures.push(format!("{case}: {why}")),
        }
        *tried += 1;
    }
    println!("{:<38}{:>7}{:>10}{:>10}{:>10}", "call and file", "tried", "survived", "detected", "harmless");
    for (row, counts) in &table {
        let [tried, survived, detected, harmless] = counts;
        println!("{:<38}{tried:>7}{survived:>10}{detected:>10}{harmless:>10}", row.to_string());
    }
    let sum = |at: usize| table.values().map(|counts| counts[at]).sum::<usize>();
    println!("{:<38}{:>7}{:>10}{:>10}{:>10}", "all", sum(0), sum(1), sum(2), sum(3));
    println!("{} cases were not reached; {:.0?}", cases.len() - sum(0), started.elapsed());
    assert!(failures.is_empty(), "{} cases failed under seed {seed}: {failures:#?}", failures.len());
    let missing: Vec<&Row> = table.iter().filter(|(_, counts)| counts[0] == 0).map(|(row, _)| *row).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
    // Threads differ from run to run, so that a last time may not come; most do.
    assert!(sum(0) * 10 >= cases.len() * 8, "only {} of {} cases were reached", sum(0), cases.len());
}

/// A ledger, a file of commands in rounds, and what submitting it undisturbed leads to, recorded.
fn undisturbed(scratch: &Path) -> Undisturbed {
    let base = Site::found(scratch.join("base"));
    let file = scratch.join("commands.ndjson");
    std::fs::write(&file, in_rounds(&many(0..45), &[3, 1, 20, 2, 1, 10])).expect("written");
    let site = base.copy(scratch.join("undisturbed"));
    let mut submit = site.submit(&[&file]);
    site.recorded(&mut submit, &scratch.join("recording"));
    run(&mut submit).ok();
    Undisturbed { scratch: scratch.to_owned(), base, file, log: site.log() }
}

/// What an undisturbed run calls, and how often.
fn rows(recording: &Path) -> BTreeMap<Row, u64> {
    let mut rows = BTreeMap::new();
    for operation in recording::read(recording) {
        let (calls, path): (&[&'static str], _) = match &operation {
            Operation::Create(path) => (&["create"], path),
            Operation::MakeDirectory(path) => (&["directory"], path),
            Operation::Rename(path, _) => (&["rename"], path),
            Operation::Unlink(path) => (&["unlink"], path),
            // Only sled asks for ranges to be synced, after each write.
            Operation::Write(path, ..) if path == Path::new("log/db") => (&["write", "range"], path),
            Operation::Write(path, ..) => (&["write"], path),
            Operation::Truncate(path, _) => (&["truncate"], path),
            Operation::Sync(path) => (&["sync"], path),
            Operation::Output(_) | Operation::Fault(..) => continue,
        };
        for call in calls {
            *rows.entry(Row { call, path: class(path) }).or_default() += 1;
        }
    }
    rows
}

/// Files whose names are made up are one.
fn class(path: &Path) -> String {
    let path = path.to_str().expect("UTF-8");
    let classes = ["documents/segments/", "resume/", "log/snap."];
    match classes.iter().find(|start| path.starts_with(**start)) {
        Some(start) => format!("{start}*"),
        None => path.to_owned(),
    }
}

/// The first, second and last time of each row, and some between; each made and not made, for good and once.
fn cases(rows: &BTreeMap<Row, u64>, seed: u64) -> Vec<Case> {
    let samples = setting("LEDGER_FAULT_SAMPLES", if is_quick() { 0 } else { 4 });
    let mut dice = Dice(seed);
    let mut cases = Vec::new();
    for (row, count) in rows {
        let mut times = vec![1, 2, *count];
        times.extend((0..samples).map(|_| 1 + dice.below(*count)));
        times.retain(|time| time <= count);
        times.sort_unstable();
        times.dedup();
        for first in times {
            for way in [Way::Failed, Way::Stored] {
                for once in [false, true] {
                    let error = if dice.percent(50) { "EIO" } else { "ENOSPC" };
                    cases.push(Case { row: row.clone(), first, way, once, error });
                }
            }
        }
    }
    cases
}

/// What became of each case, in order.
fn run_all(undisturbed: &Undisturbed, cases: &[Case]) -> Vec<case::Outcome> {
    let (next, outcomes) = (Mutex::new(cases.iter().enumerate()), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((at, case)) = { next.lock().expect("not poisoned").next() } {
                    let outcome = case.run(undisturbed, at);
                    outcomes.lock().expect("not poisoned").insert(at, outcome);
                }
            });
        }
    });
    outcomes.into_inner().expect("not poisoned").into_values().collect()
}
