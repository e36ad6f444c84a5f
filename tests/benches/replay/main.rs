//! The replay benchmark: folding a whole log, answering about one subject, auditing, beside SQLite over the same entries.
//!
//! `cargo bench -p ledger-tests --bench replay -- --help` says what it can do. A ledger is filled with the workload of
//! the append benchmark, then every case runs in a child process of its own, so that its memory is its own, and
//! answers with one line of JSON. `cases.rs` says what is measured, `questions.rs` which subjects are asked about,
//! `sqlite.rs` is the peer, `table.rs` what is printed.

mod cases;
mod questions;
mod sqlite;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ledger_tests::bench::{self, Spread};
use ledger_tests::workload::{Scale, fill};

use cases::{Case, Outcome, Spec};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures replay and questions beside SQLite; prints a table and writes JSON.
#[derive(Debug, Parser)]
#[command(name = "replay")]
struct Options {
    /// Commands of the workload; the curve also needs a tenth of them
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// Where the JSON goes [default: target/bench/replay.json]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Seed of the workload and of the questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the ledgers lie while they are measured [default: target/bench]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Keep the ledgers in this directory, and use them where they are there already
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Only these cases
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Case>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
    /// One case, spelled as JSON: how the benchmark calls itself
    #[arg(long, hide = true, value_parser = bench::case::<Spec>)]
    child: Option<Spec>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    bench::run(options.child.as_ref(), cases::run, || run(&options))
}

fn run(options: &Options) -> Result<(), String> {
    let place = options.dir.clone().unwrap_or_else(bench::directory);
    let unusable = |error: std::io::Error| {
        format!("{} cannot be used: {error}; name another with --dir", place.display())
    };
    std::fs::create_dir_all(&place).map_err(unusable)?;
    let scratch = tempfile::tempdir_in(&place).map_err(unusable)?;
    let root = options.keep.as_deref().unwrap_or(scratch.path());
    let mut outcomes = Vec::new();
    for size in [options.entries / 10, options.entries] {
        let dir = root.join(size.to_string());
        if !dir.exists() {
            eprintln!("filling a ledger with {size} commands ...");
            fill(&dir, options.seed, Scale::NATIONAL, size);
        }
        for case in Case::of(size == options.entries) {
            if options.only.is_empty() || options.only.contains(&case) {
                let spec = Spec { case, size, seed: options.seed, dir: dir.clone() };
                eprintln!("{} ...", case.label());
                outcomes.push(measured(&spec)?);
            }
        }
    }
    print!("{}", table::render(&outcomes));
    let json = options.json.clone().unwrap_or_else(|| bench::directory().join("replay.json"));
    bench::write_json(&json, &outcomes)
}

/// What came of the case; runs of one case must come to the same.
fn measured(spec: &Spec) -> Result<Outcome, String> {
    let outcomes: Vec<Outcome> =
        bench::in_children(spec.case.label(), spec, spec.case.takes_seconds(), spec.size)?;
    let hash = outcomes[0].hash.clone();
    assert!(outcomes.iter().all(|outcome| outcome.hash == hash), "two runs differ: {outcomes:?}");
    let (middle, spread) = Spread::of(outcomes, Outcome::rate).expect("one run at least");
    Ok(Outcome { spread, ..middle })
}
