//! Every proof with a bit flipped, a hash dropped, doubled, added or moved: none holds.
//!
//! To the size that `LEDGER_TREE_BITS` states every bit of every hash, of the leaf and of the roots is flipped; beyond
//! it, one seeded bit of each. All bits to 300 would be 207 million verifications, which say nothing more: a verifier
//! compares hashes whole.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use ledger_core::log::TreeHash;
use ledger_core::log::tree::{leaf_hash, verify_consistency, verify_inclusion};
use ledger_core::values::{Length, Sequence};
use ledger_tests::program::{is_quick, setting};

use super::{LARGEST, Ours, leaf};

/// What a proof is about, and the proof: any of it may be altered.
#[derive(Clone)]
struct Claim {
    /// The leaf's place, or the older size.
    inner: u64,
    size: u64,
    /// The leaf's hash, or the older root.
    about: TreeHash,
    root: TreeHash,
    proof: Vec<TreeHash>,
    holds: fn(&Claim) -> bool,
}

fn is_included(claim: &Claim) -> bool {
    let (index, size) = (Sequence::new(claim.inner), Length(claim.size));
    verify_inclusion(claim.about, index, size, &claim.proof, claim.root).is_ok()
}

fn is_consistent(claim: &Claim) -> bool {
    let (old, size) = (Length(claim.inner), Length(claim.size));
    verify_consistency(old, claim.about, size, claim.root, &claim.proof).is_ok()
}

impl Claim {
    fn refused(&self, what: &str) {
        assert!(!(self.holds)(self), "{what} of {} in {} goes unnoticed", self.inner, self.size);
    }

    /// The hashes of the claim, one of which is then altered.
    fn hash(&mut self, at: usize) -> &mut TreeHash {
        let hashes = self.proof.len();
        if at < hashes {
            &mut self.proof[at]
        } else if at == hashes {
            &mut self.about
        } else {
            &mut self.root
        }
    }

    fn flip(&self, at: usize, bit: usize) {
        let mut altered = self.clone();
        let hash = altered.hash(at);
        let mut bytes = *hash.as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        *hash = TreeHash::from_bytes(bytes);
        altered.refused(&format!("bit {bit} of hash {at}"));
    }

    /// Returns how many changes were tried.
    fn flips(&self, every_bit: bool, rng: &mut Rng) -> u64 {
        assert!((self.holds)(self), "{} in {}", self.inner, self.size);
        let mut count = 0;
        for at in 0..self.proof.len() + 2 {
            let bits = if every_bit { 0..256 } else { one(rng) };
            count += bits.len() as u64;
            bits.for_each(|bit| self.flip(at, bit));
        }
        count + self.other_counts()
    }

    /// A hash dropped, doubled, added, or moved by one.
    fn other_counts(&self) -> u64 {
        let mut count = 0;
        let mut with = |what: &str, change: &dyn Fn(&mut Vec<TreeHash>)| {
            let mut altered = self.clone();
            change(&mut altered.proof);
            altered.refused(what);
            count += 1;
        };
        for at in 0..self.proof.len() {
            with("a proof without one hash", &|proof| {
                proof.remove(at);
            });
            with("a proof with one hash twice", &|proof| proof.insert(at, proof[at]));
            if at > 0 {
                with("a proof out of order", &|proof| proof.swap(at - 1, at));
            }
        }
        with("a proof with a hash after it", &|proof| proof.push(self.root));
        with("a proof with a hash before it", &|proof| proof.insert(0, self.about));
        count
    }
}

fn one(rng: &mut Rng) -> std::ops::Range<usize> {
    let bit = rng.usize(0..256);
    bit..bit + 1
}

/// The two proofs for a place in a tree: of the leaf there, and of the tree that ends with it.
fn claims(ours: &mut Ours, index: u64, size: u64) -> [Claim; 2] {
    let root = ours.root(size);
    let proof = ours.inclusion(index, size);
    let about = leaf_hash(&leaf(index));
    let included = Claim { inner: index, size, about, root, proof, holds: is_included };
    let (inner, proof) = (index + 1, ours.consistency(index + 1, size));
    let about = ours.root(inner);
    [included, Claim { inner, size, about, root, proof, holds: is_consistent }]
}

/// Tries all trees of these sizes, every second one in each of two threads. Returns how many changes were tried.
fn alter(sizes: RangeInclusive<u64>, every_bit: bool) -> u64 {
    let count = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for odd in [0, 1] {
            let (count, sizes) = (&count, sizes.clone());
            scope.spawn(move || {
                let (mut rng, mut ours) = (Rng::with_seed(62 + odd), Ours::of(*sizes.end()));
                for size in sizes.filter(|size| size % 2 == odd) {
                    for claim in (0..size).flat_map(|index| claims(&mut ours, index, size)) {
                        count.fetch_add(claim.flips(every_bit, &mut rng), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    count.into_inner()
}

#[test]
fn no_altered_proof_holds() {
    let whole = setting("LEDGER_TREE_BITS", if is_quick() { 24 } else { 64 }).min(LARGEST);
    let bits = alter(1..=whole, true);
    let hashes = alter(whole + 1..=LARGEST, false);
    println!(
        "every bit to {whole} leaves: {bits} changes refused; then a bit of each hash to {LARGEST}: {hashes}"
    );
    assert!(bits > 400 * whole * whole && (whole == LARGEST || hashes > 1_000_000));
}
