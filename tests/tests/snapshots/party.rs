//! A party to a comparison: a ledger on disk that is given a script, closed, and opened again in its own way.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use ledger_core::environment::{Environment, SeededRandom};
use ledger_core::log::Head;
use ledger_core::store::{SledStore, Store, StoreOptions, VaultError, entries_from};
use ledger_core::values::{Length, Sequence};
use ledger_core::{Ledger, SubmitError};
use ledger_tests::random::shortly;
use ledger_tests::world::Outcome;

use crate::script::{Script, Submission};

/// A close takes no snapshot.
pub const NEVER: u64 = u64::MAX;
/// Every close takes a snapshot.
pub const ALWAYS: u64 = 0;

/// The files of a snapshot.
pub const FILES: [&str; 3] = ["state", "ids", "documents"];

/// An open ledger.
#[derive(Debug)]
pub struct Party {
    dir: PathBuf,
    random: u64,
    /// How many commands wait at the same time: what a round holds, and never what is recorded.
    at_once: usize,
    ledger: Ledger,
    /// How many entries a snapshot spared when it was opened.
    pub spared: u64,
}

impl Party {
    /// A ledger in `dir` that begins as the script says.
    pub fn begin(dir: &Path, script: &Script, at_once: usize, snapshot_after: u64) -> Party {
        let store = SledStore::create(dir).expect("a store");
        store.append(Length(0), &script.begins).expect("begun");
        store.close().expect("closed");
        drop(store);
        Party::open(dir, script.random, at_once, snapshot_after)
    }

    /// Opens the ledger in `dir`. Its next close takes a snapshot after so many new entries.
    pub fn open(dir: &Path, random: u64, at_once: usize, snapshot_after: u64) -> Party {
        let environment = Environment { random: Arc::new(SeededRandom(random)), ..Environment::system() };
        let options = StoreOptions { snapshot_after, ..StoreOptions::default() };
        let mut spared = None;
        let ledger = Ledger::open_with(dir, options, environment, &mut |known, _| {
            spared.get_or_insert(known.0);
        });
        let ledger = ledger.unwrap_or_else(|error| panic!("opening {}: {error}", dir.display()));
        let spared = spared.expect("an opening tells where it begins");
        Party { dir: dir.to_owned(), random, at_once, ledger, spared }
    }

    /// Closes it and opens it again.
    pub fn reopened(self, snapshot_after: u64) -> Party {
        let Party { dir, random, at_once, ledger, .. } = self;
        ledger.close().expect("closed");
        Party::open(&dir, random, at_once, snapshot_after)
    }

    /// Closes it, removes its snapshots, and opens it again.
    pub fn reopened_without_snapshots(self, snapshot_after: u64) -> Party {
        let Party { dir, random, at_once, ledger, .. } = self;
        ledger.close().expect("closed");
        forget(&dir);
        Party::open(&dir, random, at_once, snapshot_after)
    }

    /// Closes it.
    pub fn close(self) {
        self.ledger.close().expect("closed");
    }

    /// Gives it these in order and says what became of each.
    pub fn give(&self, submissions: &[Submission]) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut outcomes = Vec::with_capacity(submissions.len());
        for together in submissions.chunks(self.at_once) {
            together.iter().for_each(|submission| self.store_papers(submission));
            // Polled in order, so they reach the ledger in order.
            let answers = together.iter().map(|submission| self.ledger.submit(submission.request.clone()));
            let answers = runtime.block_on(join_all(answers));
            outcomes.extend(answers.into_iter().map(|answer| match answer {
                Ok(receipt) => shortly(&Outcome::Recorded(receipt)),
                Err(SubmitError::Rejected(rejection)) => shortly(&Outcome::Rejected(rejection)),
                Err(error) => panic!("{}: {error}", self.dir.display()),
            }));
        }
        outcomes
    }

    fn store_papers(&self, submission: &Submission) {
        for paper in &submission.papers {
            let at = submission.request.recorded_time.expect("a simulated clock");
            match self.ledger.add_document(&paper.content, &paper.media_type, &paper.label, at) {
                // Commands go on naming a document that was erased.
                Ok(_) | Err(VaultError::Erased { .. }) => {}
                Err(error) => panic!("{}: {error}", self.dir.display()),
            }
        }
    }

    /// The durable head.
    pub fn head(&self) -> Head {
        self.ledger.head()
    }

    /// Every entry's bytes.
    pub fn log(&self) -> Vec<Vec<u8>> {
        let entries = entries_from(self.ledger.store(), Sequence::new(0));
        entries.map(|item| item.unwrap_or_else(|error| panic!("{error}")).1.to_vec()).collect()
    }
}

/// Removes the snapshots of the ledger in `dir`, if there are any.
pub fn forget(dir: &Path) {
    let snapshots = dir.join("snapshots");
    if snapshots.exists() {
        std::fs::remove_dir_all(snapshots).expect("removed");
    }
}

/// The bytes of the snapshot `name` of the ledger in `dir`.
pub fn snapshot(dir: &Path, name: &str) -> Vec<u8> {
    let path = dir.join("snapshots").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
