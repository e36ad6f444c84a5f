//! Programs by others, and one of ours that shares nothing with the ledger, check what the ledger gives away:
//! exported tiles, checkpoints and proofs ([`tiles`]), a log of theirs with our functions ([`theirs`]), and
//! certificates ([`certificates`], [`forged`]). Left out: the crates that our tree is held against (`tree`).

mod certificates;
mod demonstration;
mod forged;
mod theirs;
mod tiles;
