//! The log format: the entry and its one spelling in bytes, and the chain that links entries.
//!
//! Everything here is a pure function of its arguments. Left out: storage, the clock, and what an event means.
//! `ledger.rs` writes with it; `replay` and anyone who verifies read with it.

pub mod canonical;
mod chain;
mod entry;
mod outline;

pub use chain::{ChainError, Head, Link, Mark};
pub use entry::{AuthType, CommandId, Entry, EntryError, EventId, MAX_ENTRY_BYTES};
pub use outline::Outline;
