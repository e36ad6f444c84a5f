//! Roots, proofs and verdicts of three implementations over the same leaves.
//!
//! A proof has one spelling, so ours must be theirs byte for byte, and each verifies the other's. What is claimed
//! wrongly - another leaf, another size - must get the same verdict from all: a few wrong sizes are accepted by every
//! implementation, since a path of RFC 6962 does not say how large the tree is; a checkpoint does.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use fastrand::Rng;
use ledger_core::log::TreeHash;
use ledger_core::log::tree::{Frontier, leaf_hash, verify_consistency, verify_inclusion};
use ledger_core::values::{Length, Sequence};
use sha2::Sha256;
use tlog_tiles::tlog::{self, HashReader};

use super::{LARGEST, Ours, bytes, ct_root, leaf, tlog_hash, tlog_hashes};

/// The tree of `tlog_tiles`: its hashes in the order it stores them.
#[derive(Default)]
struct Stored(Vec<tlog::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|at| self.0[*at as usize]).collect())
    }
}

/// The three trees, grown together.
struct Trees {
    ours: Ours,
    ct: MemoryBackedTree<Sha256, Vec<u8>>,
    tlog: Stored,
    grown: u64,
}

impl Trees {
    fn new() -> Trees {
        let (ct, tlog) = (MemoryBackedTree::new(), Stored::default());
        Trees { ours: Ours::of(LARGEST), ct, tlog, grown: 0 }
    }

    fn grow(&mut self) -> u64 {
        let bytes = leaf(self.grown);
        let new = tlog::stored_hashes(self.grown, &bytes, &self.tlog).expect("theirs");
        self.tlog.0.extend(new);
        self.ct.push(bytes);
        self.grown += 1;
        self.grown
    }
}

#[test]
fn roots_are_theirs() {
    let mut trees = Trees::new();
    let mut frontier = Frontier::default();
    assert_eq!(trees.ct.root().as_bytes().as_slice(), trees.ours.root(0).as_bytes());
    assert_eq!(tlog::EMPTY_HASH.0, *trees.ours.root(0).as_bytes());
    while trees.grown < LARGEST {
        frontier.push(leaf_hash(&leaf(trees.grown)));
        let size = trees.grow();
        let root = trees.ours.root(size);
        assert_eq!(frontier.root(), root, "{size}");
        assert_eq!(trees.ct.root().as_bytes().as_slice(), root.as_bytes(), "{size}");
        assert_eq!(tlog::tree_hash(size, &trees.tlog).expect("theirs").0, *root.as_bytes(), "{size}");
    }
}

#[test]
fn inclusion_proofs_are_theirs() {
    let mut trees = Trees::new();
    let mut count = 0;
    while trees.grown < LARGEST {
        let size = trees.grow();
        for index in 0..size {
            let ours = trees.ours.inclusion(index, size);
            let ct = trees.ct.prove_inclusion(index as usize);
            let tlog = tlog::prove_record(size, index, &trees.tlog).expect("theirs");
            assert_eq!(ct.as_bytes(), bytes(&ours), "{index} of {size}");
            assert_eq!(tlog, tlog_hashes(&ours), "{index} of {size}");
            let root = trees.ours.root(size);
            assert_eq!(verdicts_on_inclusion(index, size, &ours, root), [true; 3], "{index} of {size}");
            count += 1;
        }
    }
    assert_eq!(count, LARGEST * (LARGEST + 1) / 2);
}

#[test]
fn consistency_proofs_are_theirs() {
    let mut trees = Trees::new();
    while trees.grown < LARGEST {
        let size = trees.grow();
        let root = trees.ours.root(size);
        for old in 1..=size {
            let ours = trees.ours.consistency(old, size);
            let ct = trees.ct.prove_consistency((size - old) as usize);
            let tlog = tlog::prove_tree(size, old, &trees.tlog).expect("theirs");
            assert_eq!(ct.as_bytes(), bytes(&ours), "{old} to {size}");
            assert_eq!(tlog, tlog_hashes(&ours), "{old} to {size}");
            let old_root = trees.ours.root(old);
            let verdicts = verdicts_on_consistency((old, old_root), (size, root), &ours);
            assert_eq!(verdicts, [true; 3], "{old} to {size}");
        }
    }
}

/// What ours, `ct-merkle` and `tlog_tiles` say to leaf `index` being in the tree with this root.
fn verdicts_on_inclusion(index: u64, size: u64, proof: &[TreeHash], root: TreeHash) -> [bool; 3] {
    verdicts_on_leaf(index, index, size, proof, root)
}

/// The same of the bytes of leaf `of`, claimed to be leaf `index`.
fn verdicts_on_leaf(of: u64, index: u64, size: u64, proof: &[TreeHash], root: TreeHash) -> [bool; 3] {
    let (bytes_of, ct_proof) = (leaf(of), InclusionProof::<Sha256>::from_bytes(bytes(proof)));
    let hash = leaf_hash(&bytes_of);
    [
        verify_inclusion(hash, Sequence::new(index), Length(size), proof, root).is_ok(),
        ct_root(root, size).verify_inclusion(&bytes_of, index, &ct_proof).is_ok(),
        tlog::check_record(&tlog_hashes(proof), size, tlog_hash(root), index, tlog_hash(hash)).is_ok(),
    ]
}

fn verdicts_on_consistency(old: (u64, TreeHash), new: (u64, TreeHash), proof: &[TreeHash]) -> [bool; 3] {
    let ct_proof = ConsistencyProof::<Sha256>::try_from_bytes(bytes(proof)).expect("whole hashes");
    let ((old, old_root), (size, root)) = (old, new);
    let tlog = tlog::check_tree(&tlog_hashes(proof), size, tlog_hash(root), old, tlog_hash(old_root));
    [
        verify_consistency(Length(old), old_root, Length(size), root, proof).is_ok(),
        ct_root(root, size).verify_consistency(&ct_root(old_root, old), &ct_proof).is_ok(),
        tlog.is_ok(),
    ]
}

/// Every other leaf of the trees to 64, and two of larger ones; and every other size likewise.
#[test]
fn wrong_leaves_are_refused_and_wrong_sizes_judged_alike() {
    let mut rng = Rng::with_seed(62_6962);
    let mut ours = Ours::of(LARGEST);
    let mut accepted = 0;
    for size in 1..=LARGEST {
        let root = ours.root(size);
        for index in 0..size {
            let proof = ours.inclusion(index, size);
            for other in others(&mut rng, size, size + 2) {
                if other != index {
                    let verdicts = verdicts_on_leaf(index, other, size, &proof, root);
                    assert_eq!(verdicts, [false; 3], "{index} as {other} of {size}");
                    if other < size {
                        let verdicts = verdicts_on_leaf(other, index, size, &proof, root);
                        assert_eq!(verdicts, [false; 3], "{other} for {index} of {size}");
                    }
                }
                let verdicts = verdicts_on_inclusion(index, other, &proof, root);
                assert!(verdicts.iter().all(|one| *one == verdicts[0]), "{index} of {other}: {verdicts:?}");
                accepted += usize::from(verdicts[0] && other != size);
            }
        }
    }
    assert!(accepted > 0, "a path from a smaller tree that fits a larger one was not met");
}

/// Sizes and places to claim wrongly: all of a small tree, two of a larger one.
fn others(rng: &mut Rng, size: u64, end: u64) -> Vec<u64> {
    if size <= 64 { (0..end).collect() } else { (0..2).map(|_| rng.u64(0..end)).collect() }
}

#[test]
fn wrong_sizes_in_consistency_are_judged_alike() {
    let mut rng = Rng::with_seed(62_9162);
    let mut ours = Ours::of(LARGEST);
    for size in 1..=LARGEST {
        let root = ours.root(size);
        for old in 1..=size {
            let (old_root, proof) = (ours.root(old), ours.consistency(old, size));
            for other in others(&mut rng, size, size + 2).into_iter().filter(|other| *other > 0) {
                for ((old, old_root), (size, root)) in [
                    ((other, old_root), (size, root)),
                    ((old, old_root), (other, root)),
                    ((old, ours.root(other.min(LARGEST))), (size, root)),
                ] {
                    let verdicts = verdicts_on_consistency((old, old_root), (size, root), &proof);
                    let alike = verdicts.iter().all(|one| *one == verdicts[0]);
                    assert!(alike, "{old} to {size}: {verdicts:?}");
                }
            }
        }
    }
}
