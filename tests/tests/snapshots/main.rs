//! Snapshots: a ledger that starts from one knows what it would know without, and one that is no good is not used.
//!
//! `equal.rs` gives the same commands to ledgers that start in different ways, `bytes.rs` compares the snapshots that
//! such ledgers write and holds the state of a fixed history against a golden file, `unusable.rs` damages, swaps and
//! half writes snapshots and kills their writer, `uncited.rs` follows documents that wait to be cited over days.
//! `script.rs` is where the commands come from, `party.rs` a ledger on disk that they are given to. Left out: the bytes
//! of a snapshot file (`ledger-core/src/store/snapshot.rs`), and how fast a start is (the benchmark).
//!
//! Ids are forgotten after a million commands; so many are given only in a soak (LEDGER_SNAPSHOT_COMMANDS=1100000), and
//! the unit tests of `remembered.rs` take a small number instead.
//!
//! `LEDGER_TEST_SEED` repeats a run. `LEDGER_SNAPSHOT_COMMANDS`, `LEDGER_SNAPSHOT_HISTORIES`, `LEDGER_SNAPSHOT_KILLS` and
//! `LEDGER_SNAPSHOT_DAYS` make runs longer; LEDGER_TESTS_QUICK makes them shorter.

mod bytes;
mod equal;
mod party;
mod script;
mod uncited;
mod unusable;

use ledger_tests::program::{is_quick, setting};

/// The seed of this run.
fn seed() -> u64 {
    setting("LEDGER_TEST_SEED", 20_260_401)
}

/// How much a test does: stated, or the usual, or less of it for a quick run.
fn size(name: &str, usual: u64, quick: u64) -> usize {
    let size = setting(name, if is_quick() { quick } else { usual });
    usize::try_from(size).expect("a size that fits in memory")
}
