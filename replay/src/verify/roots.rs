//! The tree over a log's entries, held against checkpoints.
//!
//! A checkpoint states the root that the tree had at its size. It must be signed by a key of the ledger, or by the one
//! that the verifier trusts, and the log must still give its root: a log that was rewritten from some entry on gives
//! other roots from there on, however consistent it is in itself. Left out: who keeps checkpoints, and witnesses.

use ledger_core::log::tree::Frontier;
use ledger_core::log::{SignedCheckpoint, TreeHash, VerifierKey};
use ledger_core::values::{Length, Sequence};
use serde::Serialize;

use super::{Finding, Held};

/// The tree, and what it was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TreeFound {
    /// Root over the entries verified.
    pub root: TreeHash,
    /// Checkpoints that the log was held against, by size.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checkpoints: Vec<CheckpointFound>,
}

/// A checkpoint that the log was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckpointFound {
    /// Entries it is about.
    pub size: Length,
    /// The root it states.
    pub root: TreeHash,
    /// The keys that signed it, of those that may.
    pub signed_by: Vec<VerifierKey>,
    /// Whether the log gives this root; false too if it does not reach so far.
    pub agrees: bool,
}

/// A tree that grows, and the checkpoints it has passed.
#[derive(Debug)]
pub(super) struct Roots<'h> {
    frontier: Frontier,
    /// By size.
    checkpoints: Vec<&'h SignedCheckpoint>,
    /// The roots of the log at the sizes of those that were passed, from the first on.
    passed: Vec<TreeHash>,
    trusted: Option<&'h VerifierKey>,
    introduced: Vec<VerifierKey>,
}

impl<'h> Roots<'h> {
    /// The tree of no entries.
    pub fn new(held: &'h Held) -> Self {
        let mut checkpoints: Vec<_> = held.checkpoints.iter().collect();
        checkpoints.sort_by_key(|held| held.checkpoint.size);
        Roots {
            frontier: Frontier::default(),
            checkpoints,
            passed: Vec::new(),
            trusted: held.key.as_ref(),
            introduced: Vec::new(),
        }
    }

    /// Adds an entry's leaf. Cost: one hash.
    pub fn push(&mut self, leaf: TreeHash) {
        self.pass();
        self.frontier.push(leaf);
    }

    /// The ledger introduced a key: it may have signed.
    pub fn introduced(&mut self, key: VerifierKey) {
        self.introduced.push(key);
    }

    fn pass(&mut self) {
        while let Some(held) = self.checkpoints.get(self.passed.len())
            && held.checkpoint.size == self.frontier.size()
        {
            self.passed.push(self.frontier.root());
        }
    }

    /// What was found, once no more entries come.
    pub fn found(&mut self) -> TreeFound {
        self.pass();
        let found = self.checkpoints.iter().enumerate().map(|(at, held)| CheckpointFound {
            size: held.checkpoint.size,
            root: held.checkpoint.root,
            signed_by: self.signers(held),
            agrees: self.passed.get(at) == Some(&held.checkpoint.root),
        });
        TreeFound { root: self.frontier.root(), checkpoints: found.collect() }
    }

    /// The keys that may sign and did: the trusted one, or else any that the ledger introduced.
    fn signers(&self, held: &SignedCheckpoint) -> Vec<VerifierKey> {
        let signed = |key: &&VerifierKey| held.note.verify(key).is_ok();
        match self.trusted {
            Some(key) => Some(key).into_iter().filter(signed).cloned().collect(),
            None => self.introduced.iter().filter(signed).cloned().collect(),
        }
    }

    /// What is wrong with the checkpoints of the ledger of this origin, whose log is whole.
    pub fn findings(&mut self, origin: &str) -> Vec<Finding> {
        let found = self.found();
        let mut findings = Vec::new();
        for (at, (held, found)) in self.checkpoints.iter().zip(found.checkpoints).enumerate() {
            let size = found.size;
            let mut wrong = |sequence, what| findings.push(Finding { sequence, what });
            if held.checkpoint.origin != origin {
                wrong(None, format!("a checkpoint is of {}, the ledger is {origin}", held.checkpoint.origin));
            }
            if found.signed_by.is_empty() {
                let key =
                    self.trusted.map_or("any key that the log introduces".to_owned(), |key| key.to_string());
                wrong(None, format!("the checkpoint of {size} entries is not signed by {key}"));
            }
            match self.passed.get(at) {
                None => wrong(None, self.short(size)),
                Some(root) if *root != found.root => wrong(size.last_sequence(), self.differs(at, *root)),
                Some(_) => {}
            }
        }
        findings
    }

    fn short(&self, size: Length) -> String {
        let length = self.frontier.size();
        format!("the log has {length} entries, a checkpoint states {size}: it was rolled back")
    }

    /// Where the difference lies: between the last checkpoint that agrees and this one.
    fn differs(&self, at: usize, root: TreeHash) -> String {
        let agrees = |(held, root): &(&&SignedCheckpoint, &TreeHash)| held.checkpoint.root == **root;
        let last = self.checkpoints.iter().zip(&self.passed).take(at).rfind(agrees);
        let from = last.map_or(Sequence::new(0), |(held, _)| held.checkpoint.size.next_sequence());
        let stated = &self.checkpoints[at].checkpoint;
        format!(
            "the first {} entries have root {root}, the checkpoint states {}: one from {from} on was changed",
            stated.size, stated.root
        )
    }
}
