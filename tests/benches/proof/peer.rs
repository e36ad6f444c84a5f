//! The tree of the crate ct-merkle over the same entries.
//!
//! It holds every hash of the tree in memory, 64 bytes an entry, and reads nothing from disk. It would keep the entries
//! too; here it lets go of each once it is hashed, so that its memory is that of a tree. Each side verifies what
//! the other proves.

use std::cell::Cell;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{HashableLeaf, InclusionProof, RootHash};
use ledger_core::log::TreeHash;
use ledger_core::log::tree::{leaf_hash, verify_inclusion};
use ledger_core::store::EntryBytes;
use ledger_core::values::Sequence;
use ledger_tests::bench::peak_mib;
use ledger_tests::random::Dice;
use sha2::Sha256;
use sha2::digest::Update;

use crate::cases::{Outcome, Spec, timed};
use crate::proofs::{PROOFS, open};

/// An entry until it is hashed.
struct Leaf(Cell<Option<EntryBytes>>);

impl HashableLeaf for Leaf {
    fn hash<H: Update>(&self, hasher: &mut H) {
        if let Some(bytes) = self.0.take() {
            hasher.update(&bytes);
        }
    }
}

/// Its proofs and verification beside ours.
pub fn peer(spec: &Spec) -> Outcome {
    let (log, ours) = open(spec);
    let size = ours.size();
    let before = peak_mib();
    let mut theirs = MemoryBackedTree::<Sha256, Leaf>::new();
    let (building, ()) = timed(|| {
        for entry in log.bytes_from(Sequence::new(0)).take(size.0 as usize) {
            theirs.push(Leaf(Cell::new(Some(entry.expect("read").1))));
        }
    });
    let root = theirs.root();
    let our_root = ours.root_at(size).expect("a root");
    assert_eq!(root.as_bytes().as_slice(), our_root.as_bytes(), "one tree, one root");
    let mut outcome = Outcome { entries: size.0, ..Outcome::default() };
    outcome.figure(
        "peer-building",
        "built from the log",
        size.0 as f64 / building.as_secs_f64(),
        "entries/s",
    );
    let held = peak_mib() - before;
    outcome.holds = format!("every hash of the tree in memory, {held:.0} MiB; nothing on disk");
    let mut dice = Dice(spec.seed);
    let (mut made, mut verified, mut crossed) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PROOFS {
        let sequence = Sequence::new(dice.below(size.0));
        let bytes = log.store().read(sequence, 1).expect("read").next().expect("recorded");
        let (took, proof) = timed(|| theirs.prove_inclusion(sequence.get() as usize));
        made.push(took);
        let (took, fits) = timed(|| root.verify_inclusion(&&*bytes, sequence.get(), &proof));
        fits.expect("verified");
        verified.push(took);
        let (took, fits) =
            timed(|| verify_inclusion(leaf_hash(&bytes), sequence, size, &hashes(&proof), our_root));
        assert_eq!(fits, Ok(()), "{sequence}");
        crossed.push(took);
        cross(&root, &ours, sequence, &bytes);
    }
    outcome.took("peer-made", "inclusion proof made, from memory", made);
    outcome.took("peer-verified", "verified by ct-merkle, entry's hash included", verified);
    outcome.took("peer-crossed", "the same proofs verified by us, entry's hash included", crossed);
    outcome
}

fn hashes(proof: &InclusionProof<Sha256>) -> Vec<TreeHash> {
    let (hashes, _) = proof.as_bytes().as_chunks::<32>();
    hashes.iter().map(|hash| TreeHash::from_bytes(*hash)).collect()
}

/// Our proof, verified by them.
fn cross(root: &RootHash<Sha256>, ours: &ledger_core::TreeReader, sequence: Sequence, bytes: &[u8]) {
    let proof = ours.inclusion(sequence, ours.size()).expect("proved");
    let proof: Vec<u8> = proof.iter().flat_map(|hash| *hash.as_bytes()).collect();
    let proof = InclusionProof::try_from_bytes(proof).expect("whole hashes");
    root.verify_inclusion(&bytes, sequence.get(), &proof).expect("verified");
}
