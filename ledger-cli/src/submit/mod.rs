//! `submit`: commands in bulk, from files of one JSON command a line.
//!
//! Several files run concurrently, each in order. A file's lines are read, completed and their documents stored in
//! chunks (`reader.rs`) while the chunk before is committed (`runner.rs`); `resume.rs` keeps the commitments of
//! documents for when a file is submitted again, `forgotten.rs` finds what the ledger no longer remembers, `ids.rs` gives ids to lines without, and `dry.rs` is a ledger
//! that forgets. A bad line stops its file: earlier lines stand, and nothing of that line or a later one is
//! recorded.

pub mod dry;
mod forgotten;
mod ids;
mod reader;
pub mod resume;
mod runner;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::args::{Global, SubmitArgs};
use crate::exit::Failure;
use crate::output::{self, Out, Table, thousands};
use crate::session::Session;

/// Runs `ledger submit`.
pub fn submit(global: &Global, args: &SubmitArgs) -> Result<(), Failure> {
    check(global, args)?;
    let session = if args.dry_run { dry::open(global)? } else { Session::open(global)? };
    let mut out = Out::stdout();
    output::mark(&mut out, session.founded(), global.json)?;
    let mut sources = Vec::new();
    for file in &args.files {
        let path = if args.assign_ids { ids::assign(&session, file)? } else { file.clone() };
        sources.push(path);
    }
    let out = Mutex::new(out);
    let outcomes = runner::run(&session, &sources, args.dry_run, global.json.then_some(&out));
    let mut out = out.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !global.json {
        summary(&mut out, &session, &outcomes, args.dry_run)?;
    }
    out.flush()?;
    let closed = session.close();
    worst(outcomes, global.json)?;
    closed
}

fn check(global: &Global, args: &SubmitArgs) -> Result<(), Failure> {
    let pipe = Path::new("-");
    if args.assign_ids && args.files.iter().any(|file| file == pipe) {
        return Err(Failure::Usage(
            "--assign-ids needs files, since it writes the completed one first: save standard input to one"
                .to_owned(),
        ));
    }
    if args.files.iter().filter(|file| *file == pipe).count() > 1 {
        return Err(Failure::Usage("standard input can be read once: give - once".to_owned()));
    }
    if global.id.is_some() || !global.expect.is_empty() || global.time.is_some() {
        return Err(Failure::Usage(
            "--id, --time and --expect belong to single commands: state them in each line".to_owned(),
        ));
    }
    Ok(())
}

/// What became of one file.
#[derive(Debug)]
pub struct Outcome {
    file: PathBuf,
    recorded: u64,
    repeated: u64,
    entries: u64,
    failure: Option<Failure>,
}

fn summary(out: &mut Out, session: &Session, outcomes: &[Outcome], dry_run: bool) -> Result<(), Failure> {
    if dry_run {
        out.line("DRY RUN: nothing was recorded")?;
    }
    let mut table = Table::new(&["file", "recorded", "repeated", "entries", "ended"]).right(&[1, 2, 3]);
    for outcome in outcomes {
        let ended = if outcome.failure.is_none() { "at its end" } else { "at a bad line" };
        table.row([
            outcome.file.display().to_string(),
            thousands(outcome.recorded),
            thousands(outcome.repeated),
            thousands(outcome.entries),
            ended.to_owned(),
        ]);
    }
    out.table(&table)?;
    // A dry run ends in a copy that is gone: its head is not one to quote.
    if dry_run { Ok(()) } else { out.line(format!("head {}", session.ledger.head())) }
}

/// Of several failures the one with the highest exit status; the others are said on standard error.
fn worst(outcomes: Vec<Outcome>, json: bool) -> Result<(), Failure> {
    let mut failures: Vec<Failure> = outcomes.into_iter().filter_map(|outcome| outcome.failure).collect();
    failures.sort_by_key(Failure::status);
    let worst = failures.pop();
    for failure in &failures {
        failure.report(json);
    }
    worst.map_or(Ok(()), Err)
}
