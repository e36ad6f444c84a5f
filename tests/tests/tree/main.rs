//! The Merkle tree, its tiles and signed notes, held against programs by other authors, and against every change.
//!
//! [`agreed`] compares roots, proofs and verdicts with the crates `ct-merkle` and `tlog_tiles`, for every tree to 300
//! leaves; [`altered`] flips bits of proofs; [`tiles`] has `tlog_tiles` read our tiles, [`notes`] has `signed_note`
//! and ours read each other's notes. Left out: what a Python program makes of an exported ledger (`verifier`).
//! `LEDGER_TREE_BITS` says to which size every bit is flipped: 64 unless stated, 24 with LEDGER_TESTS_QUICK.

mod agreed;
mod altered;
mod notes;
mod tiles;

use std::convert::Infallible;

use ct_merkle::RootHash;
use ledger_core::log::TreeHash;
use ledger_core::log::tree::{Levels, consistency_proof, inclusion_proof, leaf_hash, root_at};
use ledger_core::values::{Length, Sequence};
use sha2::Sha256;
use tlog_tiles::tlog;

/// Every tree with up to so many leaves is tried.
const LARGEST: u64 = 300;

/// What leaf `at` is: nothing for the first, then ever other bytes, around the lengths where SHA-256 takes another block.
fn leaf(at: u64) -> Vec<u8> {
    let length = if at == 0 { 0 } else { 8 + at as usize % 140 };
    at.to_be_bytes().into_iter().cycle().take(length).collect()
}

/// Our tree over [`leaf`], and its root at every size.
struct Ours {
    levels: Levels,
    roots: Vec<TreeHash>,
}

impl Ours {
    fn of(size: u64) -> Ours {
        let mut levels = Levels::of((0..size).map(|at| leaf_hash(&leaf(at))).collect());
        let roots = (0..=size).map(|size| known(root_at(&mut levels, Length(size)))).collect();
        Ours { levels, roots }
    }

    fn root(&self, size: u64) -> TreeHash {
        self.roots[size as usize]
    }

    fn inclusion(&mut self, index: u64, size: u64) -> Vec<TreeHash> {
        known(inclusion_proof(&mut self.levels, Sequence::new(index), Length(size)))
    }

    fn consistency(&mut self, old: u64, size: u64) -> Vec<TreeHash> {
        known(consistency_proof(&mut self.levels, Length(old), Length(size)))
    }
}

fn known<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

fn ct_root(root: TreeHash, size: u64) -> RootHash<Sha256> {
    RootHash::new((*root.as_bytes()).into(), size)
}

fn tlog_hash(hash: TreeHash) -> tlog::Hash {
    tlog::Hash(*hash.as_bytes())
}

fn tlog_hashes(hashes: &[TreeHash]) -> Vec<tlog::Hash> {
    hashes.iter().copied().map(tlog_hash).collect()
}

fn bytes(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}
