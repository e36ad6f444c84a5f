//! The log format: the entry and its one spelling in bytes, the chain that links entries, the tree that proves them,
//! and the notes that sign it.
//!
//! Everything here is a pure function of its arguments. Left out: storage, the clock, and what an event means.
//! `ledger.rs` writes with it; `replay` and anyone who verifies read with it.

mod attested;
pub mod canonical;
mod chain;
mod checkpoint;
pub mod edges;
mod entry;
mod note;
mod outline;
mod sha256;
mod side_by_side;
pub mod tile;
pub mod tree;
pub mod witness;

pub use attested::{Attested, Ending, Followed};
pub use chain::{ChainError, Head, Link, Mark, Place};
pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use entry::{AuthType, CommandId, Entry, EntryError, EventId, MAX_ENTRY_BYTES, Plain};
pub use note::{
    Algorithm, MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, NoteSignature, SigningKey, VerifierKey,
};
pub use outline::Outline;
pub use side_by_side::hashes;
pub use tree::TreeHash;
