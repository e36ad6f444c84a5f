//! Helpers of the tests of the whole system: a ledger to try things on, rule tables to read, schemas to hold
//! entries against, and golden files.
//!
//! Start with [`world`] for a ledger in memory with a clock that the test moves, [`table`] for the format of
//! `tests/rules/*.rules`, and [`program`] for the real binary on real files, whose operations [`recording`] reads and
//! [`disk`] turns into what a power failure leaves. Left out: tests of one module, which stand beside it.

pub mod bench;
pub mod commands;
pub mod disk;
pub mod explained;
pub mod filled;
pub mod golden;
pub mod independent;
pub mod malformed;
pub mod program;
pub mod random;
pub mod recording;
pub mod run;
pub mod schemas;
pub mod table;
pub mod time;
pub mod workload;
pub mod world;
