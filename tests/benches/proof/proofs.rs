//! Proofs from tiles on disk, checkpoints, verification of the whole log, and what tiles take.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use ledger_core::log::tree::{leaf_hash, verify_consistency, verify_inclusion};
use ledger_core::log::{Algorithm, Checkpoint, SignedCheckpoint, SigningKey};
use ledger_core::values::{Length, Sequence};
use ledger_core::{TreeReader, newest_checkpoint};
use ledger_tests::random::Dice;
use replay::{Held, Log, ReplayError, Verification};

use crate::cases::{Outcome, Spec, processor_seconds, timed};

/// Proofs asked for.
pub const PROOFS: usize = 20_000;
/// Checkpoints made; durable ones cost the disk three syncs each.
const CHECKPOINTS: u64 = 2_000;
/// Entries between two checkpoints: a round of the append benchmark.
const ROUND: u64 = 1_000;

/// The ledger's log and its tree, as a reader has them.
pub fn open(spec: &Spec) -> (Log, TreeReader) {
    let log = Log::open(&spec.dir).expect("the ledger opens");
    let newest = newest_checkpoint(&spec.dir).expect("a checkpoint").map(|newest| newest.checkpoint);
    let tree = TreeReader::open(log.store(), Some(&spec.dir), newest.as_ref()).expect("the tree opens");
    (log, tree)
}

fn leaf(log: &Log, sequence: Sequence) -> ledger_core::log::TreeHash {
    leaf_hash(&log.store().read(sequence, 1).expect("read").next().expect("recorded"))
}

/// Any entry of the whole tree.
pub fn inclusion(spec: &Spec) -> Outcome {
    let (opening, (log, tree)) = timed(|| open(spec));
    let (size, mut dice) = (tree.size(), Dice(spec.seed));
    let root = tree.root_at(size).expect("a root");
    let (mut made, mut verified) = (Vec::with_capacity(PROOFS), Vec::with_capacity(PROOFS));
    for _ in 0..PROOFS {
        let sequence = Sequence::new(dice.below(size.0));
        let (took, proof) = timed(|| tree.inclusion(sequence, size).expect("proved"));
        made.push(took);
        let leaf = leaf(&log, sequence);
        let (took, fits) = timed(|| verify_inclusion(leaf, sequence, size, &proof, root));
        assert_eq!(fits, Ok(()), "{sequence}");
        verified.push(took);
    }
    let mut outcome = Outcome { entries: size.0, ..Outcome::default() };
    outcome.figure("opening", "opening the tree", opening.as_secs_f64() * 1e3, "ms");
    outcome.took("inclusion", "made, and verified before it is handed out", made);
    outcome.took("inclusion-verified", "verified by whoever gets it", verified);
    outcome.holds = "tiles and log on disk; at most 256 tiles and sled's cache in memory".to_owned();
    outcome
}

/// From any earlier size to the whole tree.
pub fn consistency(spec: &Spec) -> Outcome {
    let (_, tree) = open(spec);
    let (size, mut dice) = (tree.size(), Dice(spec.seed));
    let root = tree.root_at(size).expect("a root");
    let (mut made, mut verified) = (Vec::with_capacity(PROOFS), Vec::with_capacity(PROOFS));
    for _ in 0..PROOFS {
        let old = Length(dice.below(size.0) + 1);
        let (took, proof) = timed(|| tree.consistency(old, size).expect("proved"));
        made.push(took);
        let old_root = tree.root_at(old).expect("a root");
        let (took, fits) = timed(|| verify_consistency(old, old_root, size, root, &proof));
        assert_eq!(fits, Ok(()), "{old}");
        verified.push(took);
    }
    let mut outcome = Outcome { entries: size.0, ..Outcome::default() };
    outcome.took("consistency", "made, and verified before it is handed out", made);
    outcome.took("consistency-verified", "verified by whoever gets it", verified);
    outcome.holds = "as for inclusion proofs".to_owned();
    outcome
}

/// Root, proof that it extends the checkpoint before, signature; and the same with its write.
pub fn checkpoints(spec: &Spec) -> Outcome {
    let (log, tree) = open(spec);
    let origin = log.founded().origin.to_string();
    let key = SigningKey::new(&origin, Algorithm::Ed25519, &[1; 32]).expect("a key");
    let keys = [key];
    let (mut made, mut written) = (Vec::new(), Vec::new());
    let size = tree.size();
    for at in 1..=CHECKPOINTS.min(size.0 / ROUND - 1) {
        let now = Length(size.0 - (at - 1) * ROUND);
        let (took, signed) = timed(|| {
            let root = tree.root_at(now).expect("a root");
            black_box(tree.consistency(Length(now.0 - ROUND), now).expect("an extension"));
            SignedCheckpoint::signed(Checkpoint { origin: origin.clone(), size: now, root }, &keys)
        });
        made.push(took);
        written.push(took + timed(|| keep(&spec.scratch, &signed).expect("written")).0);
    }
    let mut outcome = Outcome { entries: size.0, ..Outcome::default() };
    outcome.took("checkpoint", "root, proof of extension, signature", made);
    outcome.took(
        "checkpoint-durable",
        "the same, and made durable: written, synced, renamed, synced",
        written,
    );
    outcome.holds =
        format!("one for every {ROUND} entries, backwards from the newest; a Ed25519 signature each");
    outcome
}

/// As a ledger keeps its newest checkpoint.
fn keep(dir: &Path, signed: &SignedCheckpoint) -> std::io::Result<()> {
    let (beside, path) = (dir.join("checkpoint.new"), dir.join("checkpoint"));
    let mut file = File::create(&beside)?;
    file.write_all(signed.to_string().as_bytes())?;
    file.sync_data()?;
    fs::rename(&beside, &path)?;
    File::open(dir)?.sync_all()
}

type Verify = fn(&Log, &Held, &mut dyn FnMut(Length, Length)) -> Result<Verification, ReplayError>;

/// The whole log, held against its newest checkpoint.
pub fn verified(spec: &Spec, verify: Verify) -> Outcome {
    let log = Log::open(&spec.dir).expect("the ledger opens");
    let checkpoints = Vec::from_iter(newest_checkpoint(&spec.dir).expect("a checkpoint"));
    let held = Held { checkpoints, ..Held::default() };
    let before = processor_seconds();
    let (took, found) = timed(|| verify(&log, &held, &mut |_, _| ()).expect("verified"));
    let worked = processor_seconds() - before;
    assert!(found.ok, "{:?}", found.findings);
    let mut outcome = Outcome { entries: found.entries, ..Outcome::default() };
    let id = if found.recomputed.is_some() { "rules" } else { "verify" };
    outcome.figure(id, "rate", found.entries as f64 / took.as_secs_f64(), "entries/s");
    outcome.figure("", "processor time of both threads", worked * 1e6 / found.entries as f64, "us/entry");
    outcome.holds = format!(
        "two threads; {} subjects, {} attestations recomputed, {} checkpoints",
        found.subjects,
        found.attested,
        found.tree.checkpoints.len()
    );
    outcome
}

/// Bytes of all tiles beside the log, and what the file system takes for them.
pub fn tiles(spec: &Spec) -> Outcome {
    let entries = Log::open(&spec.dir).expect("the ledger opens").head().length.0;
    let (mut bytes, mut files) = (0, 0);
    let mut dirs = vec![spec.dir.join("tiles")];
    while let Some(dir) = dirs.pop() {
        for item in fs::read_dir(dir).into_iter().flatten().flatten() {
            match item.metadata() {
                Ok(found) if found.is_dir() => dirs.push(item.path()),
                Ok(found) => (bytes, files) = (bytes + found.len(), files + 1),
                Err(_) => {}
            }
        }
    }
    let mut outcome = Outcome { entries, ..Outcome::default() };
    outcome.figure("tiles", "hash tiles on disk", bytes as f64 / entries as f64, "bytes/entry");
    outcome.figure("tile-files", "files", f64::from(files), "");
    outcome.holds = "full tiles of 8,192 bytes; what is not full is in memory".to_owned();
    outcome
}

/// Total of some durations.
pub fn total(measured: &[Duration]) -> f64 {
    measured.iter().sum::<Duration>().as_secs_f64()
}
