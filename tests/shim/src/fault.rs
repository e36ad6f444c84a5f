//! Faults: which calls fail from when on, with which error, and whether they are made all the same.
//!
//! `LEDGER_SHIM_FAULT` is `CALL:PATH:ERROR:WAY:SPAN:N`, such as `sync:log/db:EIO:failed:on:3`:
//!
//! | part | |
//! |---|---|
//! | `CALL` | `write`, `truncate`, `sync`, `range` (`sync_file_range`), `create`, `directory`, `rename` or `unlink` |
//! | `PATH` | below the directory; `.` is the directory itself; a last `*` stands for any end |
//! | `ERROR` | `EIO` or `ENOSPC` |
//! | `WAY` | `failed`: the call is not made; `stored`: it is made, and then the error returned |
//! | `SPAN` | `on`: the N-th matching call and every later one; `once`: the N-th alone, but see below |
//! | `N` | counted from 1 |
//!
//! Linux reports a write-back that failed to each descriptor that was open then, once. So a sync that fails `once`
//! fails also for every other descriptor that has the file open at that moment, at its next sync.

use std::collections::HashSet;
use std::path::PathBuf;

use libc::c_int;

use crate::target::opened_as;
use crate::{Kind, Operation};

/// How a call fails.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What it says in `errno`.
    pub error: c_int,
    /// Whether the call is made before.
    pub stored: bool,
}

/// Which calls are to fail, and how many came so far.
pub struct Faults {
    rule: Option<Rule>,
    matching: u64,
    /// Descriptors that are still to be told of a sync that failed once.
    untold: HashSet<c_int>,
}

struct Rule {
    kind: Kind,
    path: String,
    any_end: bool,
    fault: Fault,
    once: bool,
    first: u64,
}

impl Faults {
    /// As the environment says; none without the variable. A rule that is not understood ends the program, so that no
    /// test passes for want of a fault.
    pub fn from_environment() -> Faults {
        let rule = std::env::var("LEDGER_SHIM_FAULT").ok().map(|text| match parse(&text) {
            Some(rule) => rule,
            None => std::process::abort(),
        });
        Faults { rule, matching: 0, untold: HashSet::new() }
    }

    /// Whether this call is to fail.
    pub fn strikes(&mut self, operation: &Operation<'_>) -> Option<Fault> {
        let rule = self.rule.as_ref()?;
        if !rule.is_for(operation) {
            return None;
        }
        self.matching += 1;
        if operation.fd.is_some_and(|fd| self.untold.remove(&fd)) {
            return Some(rule.fault);
        }
        if self.matching < rule.first || (rule.once && self.matching > rule.first) {
            return None;
        }
        if let (true, Kind::Sync, Some(fd)) = (rule.once, rule.kind, operation.fd) {
            self.untold = others_open(fd);
        }
        Some(rule.fault)
    }

    /// The number stands for another file from now on.
    pub fn closed(&mut self, fd: c_int) {
        self.untold.remove(&fd);
    }
}

impl Rule {
    fn is_for(&self, operation: &Operation<'_>) -> bool {
        let name = operation.target.name();
        let fits =
            if self.any_end { name.starts_with(self.path.as_bytes()) } else { name == self.path.as_bytes() };
        operation.kind == self.kind && fits
    }
}

fn parse(text: &str) -> Option<Rule> {
    let parts: Vec<&str> = text.split(':').collect();
    let [call, path, error, way, span, first] = parts[..] else { return None };
    let kind = match call {
        "write" => Kind::Write,
        "truncate" => Kind::Truncate,
        "sync" => Kind::Sync,
        "range" => Kind::SyncRange,
        "create" => Kind::Create,
        "directory" => Kind::MakeDirectory,
        "rename" => Kind::Rename,
        "unlink" => Kind::Unlink,
        _ => return None,
    };
    let error = match error {
        "EIO" => libc::EIO,
        "ENOSPC" => libc::ENOSPC,
        _ => return None,
    };
    let one_of = |word: &str, yes: &str, no: &str| (word == yes || word == no).then_some(word == yes);
    let stored = one_of(way, "stored", "failed")?;
    let once = one_of(span, "once", "on")?;
    let any_end = path.ends_with('*');
    let path = path.trim_end_matches('*').to_owned();
    Some(Rule { kind, path, any_end, fault: Fault { error, stored }, once, first: first.parse().ok()? })
}

/// Every other descriptor that has the same file open.
fn others_open(fd: c_int) -> HashSet<c_int> {
    let path: Option<PathBuf> = opened_as(fd);
    // A process of ours has a few dozen.
    (0..256).filter(|other| *other != fd && path.is_some() && opened_as(*other) == path).collect()
}
