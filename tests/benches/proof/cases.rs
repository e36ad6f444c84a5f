//! What is measured, each in a process of its own.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use ledger_tests::bench::{Latency, Spread, latency, peak_mib};
use serde::{Deserialize, Serialize};

use crate::{appending, certificates, peer, proofs};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Proofs that an entry is in the log, from tiles on disk
    Inclusion,
    /// Proofs that the log begins with an earlier one
    Consistency,
    /// A checkpoint: root, proof that it extends the one before, signature; and its durable write
    Checkpoint,
    /// Bytes, chain, histories, tree and checkpoint, without rules
    Verify,
    /// The same with rules, and every published result recomputed
    Rules,
    /// A certificate made and checked
    Certificate,
    /// The append path with the tree and without, in turns
    Append,
    /// What the tiles take on disk
    Tiles,
    /// The tree of the crate ct-merkle over the same entries, in memory; each verifies the other's proofs
    Peer,
}

/// One case: everything its child process needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// What is measured.
    pub case: Case,
    /// Commands in the ledger.
    pub size: u64,
    /// Seed of the questions.
    pub seed: u64,
    /// The ledger.
    pub dir: PathBuf,
    /// For what is written.
    pub scratch: PathBuf,
}

/// Something measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// What.
    pub what: String,
    /// How long one took, where many were measured.
    pub latency: Option<Latency>,
    /// A number that is not a time.
    pub figure: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// Names the row for the targets.
    pub id: String,
}

/// What a case found.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// What was measured.
    pub case: String,
    /// Entries in the ledger.
    pub entries: u64,
    /// What was found.
    pub rows: Vec<Row>,
    /// What the process holds in memory and on disk, and whatever else must be known to compare.
    pub holds: String,
    /// The most resident memory of the process, in MiB.
    pub peak_mib: f64,
    /// Where it was run several times, how the rates differ.
    pub spread: Option<Spread>,
}

impl Outcome {
    /// Entries a second: the first figure of a case that has one.
    pub fn rate(&self) -> Option<f64> {
        self.rows.first()?.figure
    }

    /// Adds how long each of many took.
    pub fn took(&mut self, id: &str, what: &str, measured: Vec<Duration>) {
        let (what, id) = (what.to_owned(), id.to_owned());
        self.rows.push(Row { what, latency: latency(measured), figure: None, unit: "us".to_owned(), id });
    }

    /// Adds a number.
    pub fn figure(&mut self, id: &str, what: &str, figure: f64, unit: &str) {
        let (what, id) = (what.to_owned(), id.to_owned());
        self.rows.push(Row { what, latency: None, figure: Some(figure), unit: unit.to_owned(), id });
    }
}

impl Case {
    /// Every case, in the order in which they run.
    pub fn all() -> &'static [Case] {
        Case::value_variants()
    }

    /// Whether one run takes seconds, and can meet a machine that just then gives less.
    pub fn takes_seconds(self) -> bool {
        matches!(self, Case::Verify | Case::Rules)
    }

    /// The case in a few words.
    pub fn label(self) -> &'static str {
        match self {
            Case::Inclusion => "inclusion proofs",
            Case::Consistency => "consistency proofs",
            Case::Checkpoint => "checkpoints",
            Case::Verify => "verification without rules",
            Case::Rules => "verification with rules",
            Case::Certificate => "certificate",
            Case::Append => "append path",
            Case::Tiles => "tiles",
            Case::Peer => "ct-merkle",
        }
    }
}

/// Runs the case.
pub fn run(spec: &Spec) -> Outcome {
    let outcome = match spec.case {
        Case::Inclusion => proofs::inclusion(spec),
        Case::Consistency => proofs::consistency(spec),
        Case::Checkpoint => proofs::checkpoints(spec),
        Case::Verify => proofs::verified(spec, replay::verify_bytes),
        Case::Rules => proofs::verified(spec, replay::verify),
        Case::Certificate => certificates::certificate(spec),
        Case::Append => appending::append(spec),
        Case::Tiles => proofs::tiles(spec),
        Case::Peer => peer::peer(spec),
    };
    Outcome { case: spec.case.label().to_owned(), peak_mib: peak_mib(), ..outcome }
}

/// How long it takes, and what comes of it.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let made = work();
    (start.elapsed(), made)
}

/// Seconds that processors spent on this process, to a hundredth: what other processes do beside it changes it little.
pub fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc is mounted");
    let after_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let ticks = after_name.split_whitespace().skip(11).take(2);
    // Linux counts in hundredths for whoever reads this.
    ticks.map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}
