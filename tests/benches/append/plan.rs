//! Which cases run, in which order, how large, and where.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::options::{Group, Options};

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
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// The generator of the workload alone.
    Generator,
    /// A ledger with its own vault, one submitter.
    Ledger,
}

impl Spec {
    /// The case in a few words.
    pub fn label(&self) -> String {
        let what = match self.case {
            Case::Generator => "generator alone",
            Case::Ledger => "ledger",
        };
        format!("{what}, {} entries, {} a round", self.entries, self.round)
    }

    /// Removes what the case left and no later case reads.
    pub fn tidy(&self) {
        // What cannot be removed now goes with the scratch directory.
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// The cases that the options ask for.
pub fn specs(options: &Options, scratch: &Path) -> Vec<Spec> {
    let sizes = options.entries.map_or(vec![100_000, 1_000_000], |entries| vec![entries]);
    let wanted = |group: &&Group| options.only.is_empty() || options.only.contains(*group);
    let groups: Vec<&Group> = Group::ALL.iter().filter(wanted).collect();
    let each =
        sizes.iter().flat_map(|entries| groups.iter().flat_map(move |group| of_group(**group, *entries)));
    let numbered = each.enumerate().map(|(at, (case, entries, round))| Spec {
        case,
        entries,
        round,
        seed: options.seed,
        dir: scratch.join(at.to_string()),
    });
    numbered.collect()
}

fn of_group(group: Group, entries: u64) -> Vec<(Case, u64, usize)> {
    match group {
        Group::Generator => vec![(Case::Generator, entries, 1)],
        Group::Bulk => vec![(Case::Ledger, entries, 1_000)],
    }
}
