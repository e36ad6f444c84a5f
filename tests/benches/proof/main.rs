//! The proof benchmark: proofs, checkpoints, verification without rules, certificates, and what the tree costs the append
//! path, beside a Merkle tree that is not ours.
//!
//! `cargo bench -p ledger-tests --bench proof -- --help` says what it can do. A ledger is filled with the workload of
//! the append benchmark, then every case runs in a child process of its own, so that its memory is its own, and
//! answers with one line of JSON. `cases.rs` says what is measured, `proofs.rs`, `certificates.rs` and `appending.rs` how,
//! `peer.rs` is the other tree, `table.rs` what is printed.

mod appending;
mod cases;
mod certificates;
mod peer;
mod proofs;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ledger_tests::bench::{self, Spread};
use ledger_tests::workload::{Scale, fill_signed};

use cases::{Case, Outcome, Spec};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures proofs, checkpoints, verification and certificates; prints a table and writes JSON.
#[derive(Debug, Parser)]
#[command(name = "proof")]
struct Options {
    /// Commands of the workload
    #[arg(long, default_value_t = 1_000_000)]
    entries: u64,
    /// Where the JSON goes [default: target/bench/proof.json]
    #[arg(long)]
    json: Option<PathBuf>,
    /// Seed of the workload and of the questions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the ledger lies while it is measured [default: target/bench]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Keep the ledger in this directory, and use it where it is there already
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
    std::fs::create_dir_all(root).map_err(unusable)?;
    let dir = root.join(options.entries.to_string());
    if !dir.exists() {
        eprintln!("filling a ledger with {} commands ...", options.entries);
        fill_signed(&dir, options.seed, Scale::NATIONAL, options.entries);
    }
    let mut outcomes = Vec::new();
    for case in Case::all().iter().copied() {
        if options.only.is_empty() || options.only.contains(&case) {
            let scratch = scratch.path().to_owned();
            let spec = Spec { case, size: options.entries, seed: options.seed, dir: dir.clone(), scratch };
            eprintln!("{} ...", case.label());
            outcomes.push(measured(&spec)?);
        }
    }
    print!("{}", table::render(&outcomes));
    let json = options.json.clone().unwrap_or_else(|| bench::directory().join("proof.json"));
    bench::write_json(&json, &outcomes)
}

/// What came of the case.
fn measured(spec: &Spec) -> Result<Outcome, String> {
    let outcomes: Vec<Outcome> =
        bench::in_children(spec.case.label(), spec, spec.case.takes_seconds(), spec.size)?;
    let (middle, spread) = Spread::of(outcomes, Outcome::rate).expect("one run at least");
    Ok(Outcome { spread, ..middle })
}
