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

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser;

use options::Options;
use outcome::Outcome;
use plan::Spec;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(spec) = &options.child {
        println!("{}", child::run(spec));
        return ExitCode::SUCCESS;
    }
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("error: {what}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), String> {
    let scratch = tempfile::tempdir_in(options.dir()).map_err(|error| options.unusable(&error))?;
    let mut outcomes = Vec::new();
    for spec in plan::specs(options, scratch.path()) {
        eprintln!("{} ...", spec.label());
        let outcome = in_child(&spec)?;
        eprintln!("  {}", table::short(&outcome));
        outcomes.push(outcome);
        spec.tidy();
    }
    print!("{}", table::render(&outcomes));
    write_json(&options.json(), &outcomes)
}

fn in_child(spec: &Spec) -> Result<Outcome, String> {
    let failed = |what: &dyn std::fmt::Display| format!("{}: {what}", spec.label());
    if let Some(parent) = spec.dir.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failed(&error))?;
    }
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let spelled = serde_json::to_string(spec).map_err(|error| failed(&error))?;
    let child = Command::new(program).arg("--child").arg(spelled).stderr(Stdio::inherit()).output();
    let child = child.map_err(|error| failed(&error))?;
    if !child.status.success() {
        return Err(failed(&child.status));
    }
    serde_json::from_slice(&child.stdout).map_err(|error| failed(&error))
}

fn write_json(path: &Path, outcomes: &[Outcome]) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{} could not be written: {error}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failed(&error))?;
    }
    let text = serde_json::to_string_pretty(outcomes).map_err(|error| failed(&error))?;
    std::fs::write(path, text + "\n").map_err(|error| failed(&error))?;
    println!("written to {}", path.display());
    Ok(())
}
