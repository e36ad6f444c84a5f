//! A library to preload (`LD_PRELOAD`) under the real binary on Linux with glibc: it stands between the program and
//! the C library wherever files are changed or synced, so that tests see what was done in which order, or make it
//! fail. `ledger-tests` starts it (`tests/src/program.rs`) and reads what it recorded (`tests/src/recording.rs`).
//!
//! It minds the files below one directory, and standard output. Three variables say what it does:
//!
//! | variable | meaning |
//! |---|---|
//! | `LEDGER_SHIM_DIR` | the directory, absolute and without links; without it everything passes untouched |
//! | `LEDGER_SHIM_RECORD` | a file outside it, to which every operation that worked is appended (`record.rs`) |
//! | `LEDGER_SHIM_FAULT` | which calls fail, and how (`fault.rs`) |
//!
//! One lock is held around each call and its record, whichever thread makes it: the order recorded is the order in
//! which things happened. A descriptor's file is looked up in `/proc/self/fd` each time, so duplicates and renames
//! need no bookkeeping.
//!
//! Left out: reading, which no fault here touches; memory maps, `fallocate`, `pwritev`, links and whatever else the
//! binary does not use. A recording that lacked something would not lead to the directory found after the run, and
//! the power loss test compares the two.

mod fault;
mod hooks;
mod real;
mod record;
mod target;

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use fault::Faults;
use record::Record;
use target::Target;

/// What the variables say, and what has happened so far.
struct Shim {
    record: Option<Record>,
    faults: Faults,
}

/// The directory that is minded; none leaves every call alone.
fn minded() -> Option<&'static PathBuf> {
    static DIR: OnceLock<Option<PathBuf>> = OnceLock::new();
    DIR.get_or_init(|| std::env::var_os("LEDGER_SHIM_DIR").map(PathBuf::from)).as_ref()
}

/// Waits for every other call, so that what is done until the guard drops has one place in the order.
fn shim() -> MutexGuard<'static, Shim> {
    static SHIM: OnceLock<Mutex<Shim>> = OnceLock::new();
    let shim =
        SHIM.get_or_init(|| Mutex::new(Shim { record: Record::open(), faults: Faults::from_environment() }));
    shim.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a call does to a file: what is recorded if it works, and counted if it is to fail.
struct Operation<'a> {
    kind: Kind,
    target: Target,
    /// Where it writes, or the length it truncates to.
    offset: u64,
    /// What it writes, or the name it gives.
    data: &'a [u8],
    /// Through which descriptor, if through one.
    fd: Option<libc::c_int>,
}

/// The kinds of operations. The letters are those of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Create = b'c',
    MakeDirectory = b'm',
    Rename = b'r',
    Unlink = b'u',
    Write = b'w',
    Truncate = b't',
    Sync = b's',
    /// `sync_file_range`: it promises nothing, so it is never recorded, but it can fail.
    SyncRange = b'g',
    /// Bytes to standard output.
    Output = b'o',
    /// A call that was made to fail.
    Fault = b'f',
}
