//! The notary of one ledger: its tree, its key and its newest checkpoint.
//!
//! The committer tells it of every round that became durable (`rounds.rs`); it adds the entries to the tree, and signs
//! when that is due, at a clean close, and when a key is introduced. A checkpoint is signed only if it extends the one
//! before, which is proved and verified each time, and it is durable before anybody sees it. Opening compares the log with
//! the newest checkpoint: a ledger that has gone backwards is not written to. Without the key in force entries are
//! taken and nothing is signed. Left out: the tree (`kept_tree.rs`), the files (`store/`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::kept_tree::{KeptTree, TreeError};
use crate::ledger::Progress;
use crate::log::tree::leaf_hashes;
use crate::log::{Checkpoint, SignedCheckpoint, SigningKey, VerifierKey};
use crate::store::{
    CheckpointFileError, KeyFileError, KeyFiles, Store, TileFiles, keep_checkpoint, newest_checkpoint,
};
use crate::values::Length;
use crate::writer::Round;

/// After a failure to sign the next attempt is made no sooner than this.
const RETRY: Duration = Duration::from_secs(1);

/// Why a ledger signs nothing, or cannot be opened for writing because of what it signed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotaryError {
    /// The log is not what was signed, or cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The file of the newest checkpoint cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointFileError),
    /// The newest checkpoint is not of this ledger.
    #[error(
        "{} is not a checkpoint of this ledger: {what}; put back one that somebody keeps with `ledger key install`",
        path.display()
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// A key has signed, and what it signed last is gone: nobody here knows what the next checkpoint must extend.
    #[error(
        "{} is missing, so what was signed last is not known: compare with a checkpoint that somebody keeps, with \
         `ledger key install {} --checkpoint FILE`, or say that there is none with `--none-known`",
        path.display(), key.display()
    )]
    Missing {
        /// Where the checkpoint should be.
        path: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}

/// What the log says of keys.
#[derive(Debug, Clone)]
pub(crate) struct KeysOnRecord {
    /// Name of the ledger and of its keys.
    pub origin: String,
    /// The key in force.
    pub in_force: Option<VerifierKey>,
    /// Every key there was.
    pub all: Vec<VerifierKey>,
}

/// Tree, key and checkpoint of a ledger that is open for writing.
pub(crate) struct Notary {
    dir: PathBuf,
    store: Arc<dyn Store>,
    origin: String,
    files: KeyFiles,
    /// Those that sign the next checkpoint: none, the one in force, or the one before and the one in force.
    keys: Vec<SigningKey>,
    /// Whether the last of them is still the next one on disk.
    is_new: bool,
    /// Kept while there is a key.
    tree: Option<KeptTree>,
    every: Duration,
    next_at: Instant,
    failed: Option<NotaryError>,
    publish: watch::Sender<Option<SignedCheckpoint>>,
}

/// A log that was compared with what was signed of it last: before anything is changed because of what it says.
pub(crate) struct Compared {
    dir: PathBuf,
    store: Arc<dyn Store>,
    newest: Option<SignedCheckpoint>,
    tree: Option<KeptTree>,
}

impl Compared {
    /// Compares the log in `store` with the newest checkpoint in its directory. Cost: see [`KeptTree::open`].
    pub(crate) fn of(dir: &Path, store: Arc<dyn Store>, progress: Progress<'_>) -> Result<Self, NotaryError> {
        let newest = newest_checkpoint(dir)?;
        let signed = newest.as_ref().map(|newest| &newest.checkpoint);
        let tree = signed.map(|signed| tree(dir, &store, Some(signed), progress)).transpose()?;
        Ok(Compared { dir: dir.to_owned(), store, newest, tree })
    }
}

fn tree(
    dir: &Path,
    store: &Arc<dyn Store>,
    checkpoint: Option<&Checkpoint>,
    progress: Progress<'_>,
) -> Result<KeptTree, TreeError> {
    KeptTree::open(store.clone(), Some(TileFiles::of(dir)), true, checkpoint, progress)
}

impl Notary {
    /// The notary of a log that was compared. Finishes or drops what a crash left of a new key, and signs if that key has
    /// not signed yet.
    pub(crate) fn open(
        compared: Compared,
        recorded: &KeysOnRecord,
        every: Duration,
        progress: Progress<'_>,
    ) -> Result<Self, NotaryError> {
        let Compared { dir, store, newest, tree: known } = compared;
        if let Some(newest) = &newest {
            check_signature(&dir, newest, recorded)?;
        }
        let files = KeyFiles::of(&dir);
        let (keys, is_new) = keys(&files, recorded)?;
        if newest.is_none() && !keys.is_empty() && !is_new {
            return Err(NotaryError::Missing { path: dir.join("checkpoint"), key: files.path() });
        }
        let tree = match known {
            _ if keys.is_empty() => None,
            Some(tree) => Some(tree),
            None => Some(tree(&dir, &store, None, progress)?),
        };
        let (next_at, publish) = (Instant::now() + every, watch::Sender::new(newest));
        let origin = recorded.origin.clone();
        let mut notary =
            Notary { dir, store, origin, files, keys, is_new, tree, every, next_at, failed: None, publish };
        if notary.is_new {
            notary.sign()?;
        }
        Ok(notary)
    }

    /// The newest checkpoint, now and whenever there is a newer one.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<SignedCheckpoint>> {
        self.publish.subscribe()
    }

    /// Whether a round is signed before it is answered.
    pub(crate) fn signs_every_round(&self) -> bool {
        self.every.is_zero()
    }

    /// Takes the entries of a round that is durable, and signs if that is due. A failure is kept: the entries are in the
    /// log whatever happens here.
    pub(crate) fn committed(&mut self, round: &Round) {
        if let Some(tree) = &mut self.tree {
            let entries: Vec<&[u8]> = round.batch.entries.iter().map(Vec::as_slice).collect();
            leaf_hashes(&entries).into_iter().for_each(|leaf| tree.push(leaf));
        }
        match &round.introduced {
            Some(key) => {
                let signed = self.introduced(key).and_then(|()| self.sign());
                self.keep_failure(signed);
            }
            None if self.signs_every_round() => self.attempt(),
            None => self.sign_if_due(),
        }
    }

    /// The log has introduced a key: from now on it signs, if it is here.
    fn introduced(&mut self, key: &VerifierKey) -> Result<(), NotaryError> {
        // Until it is found the ones before sign no more: the log says so.
        let (before, before_tree) = (std::mem::take(&mut self.keys), self.tree.take());
        let Some(next) = self.files.next()?.filter(|next| next.verifier() == key) else { return Ok(()) };
        let newest = self.newest().map(|newest| newest.checkpoint);
        self.tree = match before_tree {
            Some(tree) => Some(tree),
            None => Some(tree(&self.dir, &self.store, newest.as_ref(), &mut |_, _| ())?),
        };
        self.keys = before.into_iter().chain([next]).collect();
        self.is_new = true;
        Ok(())
    }

    /// How long until a checkpoint is due; none while nothing waits for one.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        self.has_unsigned().then(|| self.next_at.saturating_duration_since(Instant::now()))
    }

    /// Signs if entries have waited long enough.
    pub(crate) fn sign_if_due(&mut self) {
        if self.due_in() == Some(Duration::ZERO) {
            self.attempt();
        }
    }

    /// Signs what is not signed yet, and says why not everything is, where there is a key.
    pub(crate) fn close(mut self) -> Result<(), NotaryError> {
        if self.has_unsigned() {
            self.attempt();
        }
        self.failed.map_or(Ok(()), Err)
    }

    fn has_unsigned(&self) -> bool {
        let signed = self.publish.borrow().as_ref().map_or(Length(0), |newest| newest.checkpoint.size);
        self.tree.as_ref().is_some_and(|tree| !self.keys.is_empty() && tree.size() > signed)
    }

    fn attempt(&mut self) {
        if self.has_unsigned() {
            let signed = self.sign();
            self.keep_failure(signed);
        }
    }

    fn keep_failure(&mut self, outcome: Result<(), NotaryError>) {
        let wait = if outcome.is_ok() { self.every } else { self.every.max(RETRY) };
        self.next_at = Instant::now() + wait;
        self.failed = outcome.err();
    }

    fn newest(&self) -> Option<SignedCheckpoint> {
        self.publish.borrow().clone()
    }

    /// Signs the tree as it is. Before anything is signed the tree is shown to begin with what was signed last; before
    /// anybody sees the signature it is durable.
    fn sign(&mut self) -> Result<(), NotaryError> {
        let newest = self.newest();
        let Some(tree) = self.tree.as_mut().filter(|_| !self.keys.is_empty()) else { return Ok(()) };
        let root = match &newest {
            Some(newest) => tree.extends(&newest.checkpoint)?,
            None => tree.root()?,
        };
        let checkpoint = Checkpoint { origin: self.origin.clone(), size: tree.size(), root };
        let signed = SignedCheckpoint::signed(checkpoint, &self.keys);
        keep_checkpoint(&self.dir, &signed.note)?;
        if self.is_new {
            self.files.promote()?;
            self.keys.drain(..self.keys.len().saturating_sub(1));
            self.is_new = false;
        }
        self.publish.send_replace(Some(signed));
        Ok(())
    }
}

/// The keys here that the log says may sign, and whether the last of them has not signed yet. A next key that the log
/// did not introduce is dropped: its introduction never happened.
fn keys(files: &KeyFiles, recorded: &KeysOnRecord) -> Result<(Vec<SigningKey>, bool), NotaryError> {
    let Some(in_force) = &recorded.in_force else {
        files.drop_next()?;
        return Ok((Vec::new(), false));
    };
    let current = files.current()?;
    if let Some(next) = files.next()? {
        if next.verifier() == in_force {
            let before = current.filter(|key| recorded.all.contains(key.verifier()));
            return Ok((before.into_iter().chain([next]).collect(), true));
        }
        files.drop_next()?;
    }
    match current {
        Some(key) if key.verifier() != in_force => Err(NotaryError::Key(KeyFileError::NotInForce {
            path: files.path(),
            found: Box::new(key.verifier().clone()),
            in_force: Box::new(in_force.clone()),
        })),
        current => Ok((current.into_iter().collect(), false)),
    }
}

fn check_signature(
    dir: &Path,
    newest: &SignedCheckpoint,
    recorded: &KeysOnRecord,
) -> Result<(), NotaryError> {
    let signed = newest.is_by(&recorded.origin, &recorded.all);
    signed.map_err(|what| NotaryError::NotOurs { path: dir.join("checkpoint"), what })
}

/// Compares the log in `store` with a checkpoint that somebody keeps elsewhere, and keeps the longer of it and the one
/// here in `dir`: what is signed next must extend that. `keys` are those that the log introduced. Refused if the log does
/// not begin as either says.
pub fn keep_known(
    dir: &Path,
    store: Arc<dyn Store>,
    known: &SignedCheckpoint,
    origin: &str,
    keys: &[VerifierKey],
    progress: Progress<'_>,
) -> Result<SignedCheckpoint, NotaryError> {
    let not_ours = |what| NotaryError::NotOurs { path: dir.join("checkpoint"), what };
    known.is_by(origin, keys).map_err(|what| not_ours(format!("the one known elsewhere is not: {what}")))?;
    let mut tree = KeptTree::open(store, Some(TileFiles::of(dir)), false, Some(&known.checkpoint), progress)?;
    // One that is damaged, or not ours, says nothing: that is why another is brought.
    let here = newest_checkpoint(dir).ok().flatten().filter(|here| here.is_by(origin, keys).is_ok());
    if let Some(here) = here {
        if here.checkpoint.size > tree.size() {
            let (signed, length) = (here.checkpoint.size, tree.size());
            return Err(TreeError::Shorter { signed, length }.into());
        }
        tree.extends(&here.checkpoint)?;
        if here.checkpoint.size >= known.checkpoint.size {
            return Ok(here);
        }
    }
    keep_checkpoint(dir, &known.note)?;
    Ok(known.clone())
}

/// Brings the key in force to a ledger that lacks it, once the log is compared with `known`, the newest checkpoint that
/// anybody keeps, and the one here. Where neither is, the log is signed as it is. Returns what the next checkpoint must
/// extend; checkpoint and key are durable.
pub fn install_key(
    dir: &Path,
    store: Arc<dyn Store>,
    key: &SigningKey,
    known: Option<&SignedCheckpoint>,
    keys: &[VerifierKey],
    progress: Progress<'_>,
) -> Result<SignedCheckpoint, NotaryError> {
    let origin = key.verifier().name();
    let here = newest_checkpoint(dir).ok().flatten().filter(|here| here.is_by(origin, keys).is_ok());
    let newest = match known.or(here.as_ref()) {
        Some(known) => keep_known(dir, store, known, origin, keys, progress)?,
        None => {
            let mut tree = KeptTree::open(store, Some(TileFiles::of(dir)), false, None, progress)?;
            let checkpoint = Checkpoint { origin: origin.to_owned(), size: tree.size(), root: tree.root()? };
            let signed = SignedCheckpoint::signed(checkpoint, std::slice::from_ref(key));
            keep_checkpoint(dir, &signed.note)?;
            signed
        }
    };
    let files = KeyFiles::of(dir);
    files.put_next(key).and_then(|()| files.promote())?;
    Ok(newest)
}
