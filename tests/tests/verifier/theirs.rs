//! A log that the Python package `tlog-scales` wrote and signed, checked by our functions.

use std::collections::BTreeMap;

use ledger_core::log::tile::{TILE_HEIGHT, Tile, new_tiles};
use ledger_core::log::tree::{
    Levels, Nodes, consistency_proof, inclusion_proof, leaf_hash, root_at, verify_consistency,
    verify_inclusion,
};
use ledger_core::log::{Checkpoint, Note, TreeHash, VerifierKey};
use ledger_core::values::{Length, Sequence};
use ledger_tests::independent::python;
use ledger_tests::program::run;
use serde::Deserialize;

/// What `tests/verifier/log.py make` prints.
#[derive(Deserialize)]
struct Made {
    key: VerifierKey,
    checkpoints: Vec<String>,
    inclusion: BTreeMap<u64, Vec<String>>,
    consistency: BTreeMap<u64, Vec<String>>,
}

/// The entries that it writes.
fn entry(at: u64) -> Vec<u8> {
    format!("entry {at} of a log that is not ours").repeat(1 + at as usize % 3).into_bytes()
}

fn hashes(proof: &[String]) -> Vec<TreeHash> {
    proof.iter().map(|text| TreeHash::from_base64(text).expect("a hash")).collect()
}

/// Grown three times, the last time to a tile of level 2.
#[test]
fn a_log_of_theirs_holds_under_our_functions() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("log");
    let mut program = python("verifier", "log.py");
    program.arg("make").arg(&dir).args(["other.example/log", "1", "700", "65000"]);
    let made: Made = serde_json::from_str(&run(&mut program).ok().out).expect("JSON");
    let last = made.checkpoints.iter().map(|note| checkpoint(note, &made.key)).collect::<Vec<_>>();
    let sizes: Vec<u64> = last.iter().map(|checkpoint| checkpoint.size.0).collect();
    assert_eq!(sizes, [1, 701, 65_701]);
    let mut levels = Levels::of((0..65_701).map(|at| leaf_hash(&entry(at))).collect());
    for checkpoint in &last {
        let Ok(root) = root_at(&mut levels, checkpoint.size);
        assert_eq!(root, checkpoint.root, "{}", checkpoint.size);
    }
    let size = Length(65_701);
    assert!(made.inclusion.len() > 90 && made.consistency.len() > 90);
    for (at, proof) in &made.inclusion {
        let (leaf, at, proof) = (leaf_hash(&entry(*at)), Sequence::new(*at), hashes(proof));
        assert_eq!(verify_inclusion(leaf, at, size, &proof, last[2].root), Ok(()), "{at}");
        assert_eq!(inclusion_proof(&mut levels, at, size), Ok(proof), "{at}");
    }
    for (old, proof) in &made.consistency {
        let (old, proof) = (Length(*old), hashes(proof));
        let Ok(old_root) = root_at(&mut levels, old);
        assert_eq!(verify_consistency(old, old_root, size, last[2].root, &proof), Ok(()), "{old}");
        assert_eq!(consistency_proof(&mut levels, old, size), Ok(proof), "{old}");
    }
    for tile in new_tiles(Length(0), size) {
        assert_eq!(
            std::fs::read(dir.join(tile.path())).expect("theirs"),
            cut(&mut levels, tile),
            "{}",
            tile.path()
        );
    }
}

/// A note of theirs, verified and read; with another text, refused.
fn checkpoint(note: &str, key: &VerifierKey) -> Checkpoint {
    let note: Note = note.parse().expect("a note");
    assert_eq!(note.verify(key), Ok(None));
    let other = Note { text: note.text.replacen("other", "Other", 1), ..note.clone() };
    assert!(other.verify(key).is_err());
    note.text.parse().expect("a checkpoint")
}

fn cut(levels: &mut Levels, tile: Tile) -> Vec<u8> {
    let first = tile.index * 256;
    let hashes = (first..first + tile.width).map(|at| {
        let Ok(hash) = levels.node(tile.level * TILE_HEIGHT, at);
        hash
    });
    hashes.flat_map(|hash| *hash.as_bytes()).collect()
}
