//! The append benchmark: the full path of a command, from memory to its durable answer, beside other embedded stores
//! that keep the same bytes with the same durability.
//!
//! `cargo bench -p ledger-tests --bench append -- --help` says what it can do. Every case runs in a child process of
//! its own, so that its memory is its own, and answers with one line of JSON; `child.rs` is what runs there, `plan.rs`
//! which cases there are and how large, `table.rs` what is printed. Start with `full_path.rs` for what is measured;
//! `peers.rs` has the other stores, `recording.rs` the entries they are given, `reading.rs` what comes after a close.

mod child;
mod full_path;
mod measure;
mod options;
mod outcome;
mod peers;
mod plan;
mod reading;
mod recording;
mod table;
mod ways;

use std::process::ExitCode;

use clap::Parser;
use ledger_tests::bench;

use options::Options;
use outcome::Outcome;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    bench::run(options.child.as_ref(), child::run, || run(&options))
}

fn run(options: &Options) -> Result<(), String> {
    let scratch = tempfile::tempdir_in(options.dir()).map_err(|error| options.unusable(&error))?;
    let mut outcomes = Vec::new();
    for spec in plan::specs(options, scratch.path()) {
        eprintln!("{} ...", spec.label());
        spec.make_way()?;
        let outcome: Outcome = bench::in_child(&spec.label(), &spec)?;
        eprintln!("  {}", table::short(&outcome));
        outcomes.push(outcome);
        spec.tidy();
    }
    print!("{}", table::render(&outcomes));
    bench::write_json(&options.json(), &outcomes)
}
