//! Helpers of the tests of the whole system: a ledger to try things on, rule tables to read, schemas to hold
//! entries against, and golden files.
//!
//! Start with [`world`] for a ledger in memory with a clock that the test moves, and [`table`] for the format of
//! `tests/rules/*.rules`. Left out: tests of one module, which stand beside it.

pub mod filled;
pub mod golden;
pub mod malformed;
pub mod random;
pub mod run;
pub mod schemas;
pub mod table;
pub mod time;
pub mod world;
