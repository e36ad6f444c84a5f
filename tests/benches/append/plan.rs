//! Which cases run, in which order, how large, and where.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::options::{Group, Options};
use crate::peers::System;
use crate::reading::Opening;
use crate::ways::Way;

/// From here on only our own path runs: the peers would take an hour.
const OURS_ONLY: u64 = 5_000_000;
/// Entries of a commit in bulk.
pub const BULK: usize = 1_000;
/// Concurrent submitters.
pub const SUBMITTERS: usize = 64;

/// One case: everything its child process needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// What is measured.
    pub case: Case,
    /// How many commands, or entries of a store.
    pub entries: u64,
    /// How many of them make one commit.
    pub round: usize,
    /// Seed of the workload.
    pub seed: u64,
    /// Where it lies.
    pub dir: PathBuf,
    /// What an earlier case left and this one reads.
    pub source: PathBuf,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// The generator of the workload alone.
    Generator,
    /// The full path, one submitter.
    Ledger(Way),
    /// The full path, many submitters with one command under way each.
    Submitters,
    /// Reading the bulk ledger back.
    ReadBack,
    /// Opening the bulk ledger.
    Open(Opening),
    /// Copies the bulk ledger's entries for the peers. Not measured.
    Record,
    /// A store beside ours.
    Peer(System),
}

impl Spec {
    /// The case in a few words.
    pub fn label(&self) -> String {
        let what = match self.case {
            Case::Generator => "generator alone",
            Case::Ledger(Way::Plain) => "ledger, full path",
            Case::Ledger(Way::StubVault) => "ledger, stub vault",
            Case::Submitters => "ledger, 64 submitters",
            Case::ReadBack => "reading back in order",
            Case::Open(opening) => opening.name(),
            Case::Record => "recording the entries",
            Case::Peer(system) => system.name(),
        };
        format!("{what}: {} entries, {} a round", self.entries, self.round)
    }

    /// Whether later cases read what this one leaves.
    fn is_read_later(&self) -> bool {
        match self.case {
            Case::Record => true,
            Case::Ledger(Way::Plain) => self.round == BULK,
            _ => false,
        }
    }

    /// Makes the directory that the case's own goes into.
    pub fn make_way(&self) -> Result<(), String> {
        let Some(parent) = self.dir.parent() else { return Ok(()) };
        std::fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", self.label()))
    }

    /// Removes what the case left, if no later case reads it.
    pub fn tidy(&self) {
        if !self.is_read_later() {
            // What cannot be removed now goes with the scratch directory.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// The cases that the options ask for.
pub fn specs(options: &Options, scratch: &Path) -> Vec<Spec> {
    let sizes = options.entries.map_or(vec![100_000, 1_000_000], |entries| vec![entries]);
    let mut specs = Vec::new();
    for (at, size) in sizes.iter().enumerate() {
        let place = Place { options, dir: scratch.join(size.to_string()) };
        specs.extend(place.of_size(*size));
        if at == 0 {
            specs.extend(place.once(*size));
        }
    }
    specs
}

/// Where the cases of one size lie, and which are wanted.
struct Place<'o> {
    options: &'o Options,
    dir: PathBuf,
}

impl Place<'_> {
    fn wants(&self, group: Group) -> bool {
        self.options.only.is_empty() || self.options.only.contains(&group)
    }

    fn spec(&self, case: Case, entries: u64, round: usize) -> Spec {
        let seed = self.options.seed;
        let (ledger, recording) = (self.dir.join("ledger"), self.dir.join("entries"));
        let scratch = self.dir.join("scratch");
        let (dir, source) = match case {
            Case::Ledger(Way::Plain) if round == BULK => (ledger, PathBuf::new()),
            Case::Record => (recording, ledger),
            Case::Peer(_) => (scratch, recording),
            Case::ReadBack | Case::Open(_) => (scratch, ledger),
            Case::Generator | Case::Ledger(_) | Case::Submitters => (scratch, PathBuf::new()),
        };
        Spec { case, entries, round, seed, dir, source }
    }

    /// What is measured at every size.
    fn of_size(&self, size: u64) -> Vec<Spec> {
        use Group::{Bulk, Generator, Opening as Open, Peers, Reading, Rounds};
        let peers = size < OURS_ONLY && (self.wants(Peers) || self.wants(Rounds));
        let others = peers || [Bulk, Reading, Open].into_iter().any(|group| self.wants(group));
        let mut specs = Vec::new();
        let mut add = |wanted: bool, case| specs.extend(wanted.then(|| self.spec(case, size, BULK)));
        add(self.wants(Generator), Case::Generator);
        add(others, Case::Ledger(Way::Plain));
        add(self.wants(Reading), Case::ReadBack);
        Opening::ALL.iter().for_each(|opening| add(self.wants(Open), Case::Open(*opening)));
        add(peers, Case::Record);
        System::ALL.iter().for_each(|system| add(peers && self.wants(Peers), Case::Peer(*system)));
        specs
    }

    /// What is measured once, at the first size: smaller rounds with fewer commits, submitters, variations.
    fn once(&self, size: u64) -> Vec<Spec> {
        if size >= OURS_ONLY {
            return Vec::new();
        }
        let mut specs = Vec::new();
        let mut add = |group, case, entries, round| {
            specs.extend(self.wants(group).then(|| self.spec(case, size.min(entries), round)));
        };
        add(Group::StubVault, Case::Ledger(Way::StubVault), size, BULK);
        for (round, ours, theirs) in [(100, 100_000, 100_000), (10, 20_000, 20_000), (1, 100_000, 4_000)] {
            add(Group::Rounds, Case::Ledger(Way::Plain), ours, round);
            for system in System::ALL {
                let entries = if system == System::SledStore { ours } else { theirs };
                add(Group::Rounds, Case::Peer(system), entries, round);
            }
        }
        add(Group::Submitters, Case::Submitters, 100_000, 1);
        specs
    }
}
