//! The options of the benchmark.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use ledger_tests::bench;

use crate::plan::Spec;

/// Measures the full path of a command beside other embedded stores; prints a table and writes JSON.
#[derive(Debug, Parser)]
#[command(name = "append")]
pub struct Options {
    /// Entries of the bulk cases; 100000 and 1000000 while absent. From 5000000 on only our own path runs
    #[arg(long)]
    pub entries: Option<u64>,
    /// Only these cases
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<Group>,
    /// Where the JSON goes [default: target/bench/append.json]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Seed of the workload
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the stores lie while they are measured: the disk that is measured [default: target/bench]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
    /// One case, spelled as JSON: how the benchmark calls itself
    #[arg(long, hide = true, value_parser = bench::case::<Spec>)]
    pub child: Option<Spec>,
}

/// Cases that can be asked for by name. What they need from other cases runs before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Group {
    /// The workload's generator alone
    Generator,
    /// Our full path, 1,000 commands a round
    Bulk,
    /// Reading the bulk ledger back in order
    Reading,
    /// Opening the bulk ledger: sled alone, ready to read, ready to write
    Opening,
    /// As bulk, with a vault that stores nothing
    StubVault,
    /// The other stores, 1,000 entries a commit
    Peers,
    /// Ours and the others with 100, 10 and 1 a commit
    Rounds,
    /// Our full path, 64 submitters with one command under way each
    Submitters,
}

impl Options {
    /// The directory to measure in, made if it is ours.
    pub fn dir(&self) -> PathBuf {
        let Some(dir) = &self.dir else {
            // If this fails, making a directory inside it does too, and says why.
            let _ = std::fs::create_dir_all(bench::directory());
            return bench::directory();
        };
        dir.clone()
    }

    /// Where the JSON goes.
    pub fn json(&self) -> PathBuf {
        self.json.clone().unwrap_or_else(|| bench::directory().join("append.json"))
    }

    /// Why nothing can be measured in the directory.
    pub fn unusable(&self, error: &std::io::Error) -> String {
        format!("{} cannot be used: {error}; name another directory with --dir", self.dir().display())
    }
}
