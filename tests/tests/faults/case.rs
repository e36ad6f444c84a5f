//! One case of the fault table: a run that runs into a fault, and everything that must hold afterwards.

use std::fmt;
use std::path::{Path, PathBuf};

use ledger_core::store::{DiskVault, Document, Vault};
use ledger_core::values::Hash;
use ledger_tests::program::{Acknowledged, Said, Site, acknowledged, run};
use ledger_tests::recording::{self, Operation};
use serde_json::Value;

/// A call on a file, or on files whose names have the same start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// As the shim names it.
    pub call: &'static str,
    /// Below the ledger's directory.
    pub path: String,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.call, self.path)
    }
}

/// Whether the call that fails is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Failed,
    Stored,
}

/// A fault.
#[derive(Debug, Clone)]
pub struct Case {
    pub row: Row,
    /// Which time it strikes first.
    pub first: u64,
    pub way: Way,
    /// Once, or from then on.
    pub once: bool,
    /// The name of the error.
    pub error: &'static str,
}

impl fmt::Display for Case {
    /// As the shim wants to be told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.way == Way::Failed { "failed" } else { "stored" };
        let span = if self.once { "once" } else { "on" };
        write!(f, "{}:{}:{}:{way}:{span}:{}", self.row.call, self.row.path, self.error, self.first)
    }
}

/// What a case starts from, and what it must come to in the end.
pub struct Undisturbed {
    pub scratch: PathBuf,
    pub base: Site,
    pub file: PathBuf,
    pub log: Vec<String>,
}

/// The exit status of the run that met the fault, or none if it was not met; or what was wrong.
pub type Outcome = Result<Option<i32>, String>;

impl Case {
    /// Runs the case in a directory of its own.
    pub fn run(&self, undisturbed: &Undisturbed, at: usize) -> Outcome {
        let dir = undisturbed.scratch.join(format!("case-{at}"));
        let recording = dir.with_extension("recording");
        let site = undisturbed.base.copy(&dir);
        let mut submit = site.submit(&[&undisturbed.file]);
        site.recorded(&mut submit, &recording);
        let said = run(submit.env("LEDGER_SHIM_FAULT", self.to_string()));
        let operations = recording::read(&recording);
        let struck = operations.iter().position(|operation| matches!(operation, Operation::Fault(..)));
        let outcome = match struck {
            None => Ok(None),
            Some(struck) => self
                .check_end(&said, operations.split_at(struck))
                .and_then(|status| {
                    check_after(&site, undisturbed, &acknowledged(&said.out)).map(|()| Some(status))
                })
                .map_err(|why| {
                    format!("{why}; it had said {:?}: {}", said.status, said.err.replace('\n', " "))
                }),
        };
        std::fs::remove_dir_all(dir).expect("removed");
        std::fs::remove_file(recording).expect("removed");
        outcome
    }

    /// The run ended in a way that is documented, and said why in one line. It did `before` until the fault struck, and
    /// `after` from then on.
    fn check_end(&self, said: &Said, (before, after): (&[Operation], &[Operation])) -> Result<i32, String> {
        let Some(status) = said.status else { return Err("it hung or was ended by a signal".to_owned()) };
        if said.err.contains("panicked") {
            return Err("it panicked".to_owned());
        }
        let errors: Vec<Value> =
            said.err.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let code = |code: &str| errors.len() == 1 && errors[0]["error"]["code"] == code;
        let is_documented = match status {
            0 => errors.is_empty(),
            4 => code("storage") || self.error == "ENOSPC" && code("no_space"),
            5 => code("unknown_outcome"),
            _ => false,
        };
        if !is_documented {
            return Err("its end is not a documented one".to_owned());
        }
        if status == 0 && !self.is_harmless(after) {
            return Err("it went on as if nothing had happened".to_owned());
        }
        // Between two rounds the log is not touched, so the fault met a commit.
        if status == 4 && self.row.path == "log/db" && before.iter().any(is_answer) {
            return Err("the outcome of a commit is unknown, and it does not say so".to_owned());
        }
        Ok(status)
    }

    /// Whether nothing that was answered after the fault rests on what failed.
    fn is_harmless(&self, after: &[Operation]) -> bool {
        let nothing_rests_on_it = match (self.row.call, &*self.row.path) {
            // The name of the holder, for the message that another process prints.
            ("write", "lock") => true,
            // An old snapshot that stays: sled reads the newest.
            ("unlink", "log/snap.*") => true,
            _ => false,
        };
        nothing_rests_on_it || !after.iter().any(is_answer)
    }
}

fn is_answer(operation: &Operation) -> bool {
    matches!(operation, Operation::Output(_))
}

/// Without faults: it verifies, holds what was acknowledged, and is completed by submitting again.
fn check_after(site: &Site, undisturbed: &Undisturbed, acknowledged: &[Acknowledged]) -> Result<(), String> {
    let verified = run(&mut site.command(["verify"]));
    if verified.status != Some(0) || !verified.out.contains("clean") {
        return Err(format!("afterwards it does not verify: {}{}", verified.out, verified.err));
    }
    let log = site.log();
    if undisturbed.log.get(..log.len()) != Some(&log) {
        return Err("afterwards its entries are others".to_owned());
    }
    let is_there = |entry: &&Acknowledged| {
        log.get(entry.sequence).is_some_and(|bytes| Hash::of(bytes.as_bytes()).to_string() == entry.hash)
    };
    if let Some(lost) = acknowledged.iter().find(|entry| !is_there(entry)) {
        return Err(format!("entry {} was acknowledged and is lost", lost.sequence));
    }
    let again = run(&mut site.submit(&[&undisturbed.file]));
    if again.status != Some(0) {
        return Err(format!("submitting again gives {:?}: {}", again.status, again.err));
    }
    if site.log() != undisturbed.log {
        return Err("submitting again leads to another log".to_owned());
    }
    check_documents(site.dir(), &undisturbed.log)
}

/// Every document cited can be read.
fn check_documents(dir: &Path, log: &[String]) -> Result<(), String> {
    let vault = DiskVault::open(dir).map_err(|error| error.to_string())?;
    for entry in log {
        for (_, after) in
            entry.match_indices("\"commitment\":\"").map(|(at, key)| entry.split_at(at + key.len()))
        {
            let commitment: Hash = after[..64].parse().map_err(|_| "no commitment".to_owned())?;
            match vault.get(&commitment) {
                Ok(Document::Found { .. }) => {}
                other => return Err(format!("document {commitment} is {other:?}")),
            }
        }
    }
    Ok(())
}
