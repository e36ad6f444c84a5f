//! `demo`: the main job on real input, and a whole assessment on invented input.
//!
//! `published.rs` transcribes the published record of England's local authorities and compares each printed rating
//! with the one its scores give. `example.rs` walks an invented system through an assessment, a trigger and a
//! re-assessment; `story.rs` goes on with a second fall and recovery, `matrix.rs` with a thematic review, and
//! `standing.rs` prints what stands. All submit by the path of every other command. Clock and randomness are fixed, so that every run
//! gives the same entries on every machine.

mod example;
mod matrix;
mod published;
mod stage;
mod standing;
mod story;

use std::path::{Path, PathBuf};

use ledger_core::newest_checkpoint;

use crate::args::Global;
use crate::exit::Failure;
use crate::output::Out;

/// Where the demonstration goes unless told otherwise.
const DEFAULT: &str = "./demo-data-ledger";

/// Runs `ledger demo`.
pub fn demo(global: &Global) -> Result<(), Failure> {
    if global.recorded_time.is_some() || global.random_seed.is_some() {
        return Err(Failure::Usage(
            "the demonstration states its own times and seed: leave --recorded-time and --random-seed out"
                .to_owned(),
        ));
    }
    let dir = chosen(&global.data)?;
    let beside = beside(&dir);
    let mut out = Out::stdout();
    published::run(&dir, &mut out)?;
    out.line("")?;
    example::run(&beside, &mut out)?;
    out.line("")?;
    signed(&mut out, [&dir, &beside])?;
    out.line("")?;
    next_steps(&mut out, &dir, &beside)?;
    out.flush()
}

/// The directory given; else the usual one, or a temporary one if that is taken.
fn chosen(given: &Path) -> Result<PathBuf, Failure> {
    if given != Path::new("./ledger-data") {
        return Ok(given.to_owned());
    }
    let usual = PathBuf::from(DEFAULT);
    if !usual.exists() && !beside(&usual).exists() {
        return Ok(usual);
    }
    let fresh = |n: u32| std::env::temp_dir().join(format!("ledger-demo-{}-{n}", std::process::id()));
    let free = (1..100).map(fresh).find(|dir| !dir.exists() && !beside(dir).exists());
    free.ok_or_else(|| Failure::Usage("no free temporary directory: name one with --data DIR".to_owned()))
}

fn beside(dir: &Path) -> PathBuf {
    let mut name = dir.as_os_str().to_owned();
    name.push("-example");
    PathBuf::from(name)
}

/// What both ledgers signed last. Their keys come from the fixed seed.
fn signed(out: &mut Out, dirs: [&Path; 2]) -> Result<(), Failure> {
    out.line("WHAT WAS SIGNED: the newest checkpoint of each ledger")?;
    for dir in dirs {
        let newest = newest_checkpoint(dir)?;
        for line in newest.iter().flat_map(|newest| newest.note.text.lines()) {
            out.line(format!("  {line}"))?;
        }
        out.line(format!("  key {0}/key, tiles {0}/tiles", dir.display()))?;
    }
    out.line("  These keys come from a seed that everyone knows, so these signatures prove nothing.")
}

fn next_steps(out: &mut Out, dir: &Path, beside: &Path) -> Result<(), Failure> {
    let (dir, beside) = (dir.display(), beside.display());
    out.line("WHAT TO TRY NEXT")?;
    for line in [
        format!("ledger rating Swindon --data {dir}"),
        format!("ledger rating Swindon --as-of 2025-12-31 --data {dir}   # before its review"),
        format!("ledger history Bromley --data {dir}"),
        format!("ledger ratings --sort rating --data {dir}   # each with its context and peers"),
        format!("ledger indicator list admissions-over-12h --data {dir}   # figure 20"),
        format!("ledger report 'Example Vale' --data {beside}"),
        format!("ledger rating 'Example Vale' --as-of 2026-04-01 --data {beside}   # before the concern"),
        format!("ledger assessment show 'Example Vale' --data {beside}"),
        format!("ledger plan show 'Example Vale' --data {beside}"),
        format!("ledger theme show {} --data {beside}", matrix::REVIEW),
        format!("ledger verify --data {beside}"),
        format!("ledger checkpoint --data {dir}; ledger proof inclusion 42 --data {dir}"),
        format!("ledger export --tiles ./demo-public --data {dir}   # for any static host"),
        format!("ledger attest --actor operator-1 --recorded-time 2027-10-01T12:00:00Z --data {beside}"),
        format!("ledger certify 'Example Vale' -o vale.certificate --data {beside}"),
        format!("ledger check vale.certificate --key \"$(ledger key show --data {beside} | tail -1)\""),
        format!("ledger tail --from 0 --data {dir} | head -3   # exact bytes; `b3sum` gives each hash"),
        "ledger init --actor operator-1 --with-defaults   # a ledger of your own".to_owned(),
    ] {
        out.line(format!("  {line}"))?;
    }
    Ok(())
}
