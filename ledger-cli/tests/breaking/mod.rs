//! What tests that break things share: a seed that is printed, sizes, copies of a ledger, children with a time limit.
//!
//! Left out: what is broken, and what must then hold, which each test says.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The seed of a test: from the environment variable `name`, else from the clock. Printed, so that a failure can be
/// had again.
pub fn seed(name: &str) -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let seed = number(name).unwrap_or(now.as_nanos() as u64);
    println!("{name}={seed}");
    seed
}

/// How many: the environment variable `name` for a soak, else `full`, or `quick` with LEDGER_TESTS_QUICK set.
pub fn amount(name: &str, full: u64, quick: u64) -> u64 {
    let usual = if std::env::var_os("LEDGER_TESTS_QUICK").is_some() { quick } else { full };
    number(name).unwrap_or(usual)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}='{text}': a number expected")))
}

/// Copies a directory with everything in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for file in fs::read_dir(from).expect("listed") {
        let file = file.expect("listed");
        let to = to.join(file.file_name());
        if file.file_type().expect("known").is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).expect("copied");
        }
    }
}

/// Every file below a directory, by its path from there, in order.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    fn walk(dir: &Path, root: &Path, found: &mut Vec<PathBuf>) {
        for file in fs::read_dir(dir).expect("listed") {
            let path = file.expect("listed").path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                found.push(path.strip_prefix(root).expect("inside").to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    found.sort();
    found
}

/// A child whose output goes to files, so that it can be killed at any moment and read afterwards.
pub struct Watched {
    pub child: Child,
    out: PathBuf,
    err: PathBuf,
}

/// How a child ended and what it had said by then.
pub struct Ended {
    /// None if it had to be stopped at its time limit.
    pub status: Option<ExitStatus>,
    pub out: Vec<u8>,
    pub err: String,
}

impl Watched {
    /// Starts `command`, its output in files of `scratch` that begin with `name`.
    pub fn start(mut command: Command, scratch: &Path, name: &str) -> Watched {
        let (out, err) = (scratch.join(format!("{name}.out")), scratch.join(format!("{name}.err")));
        let file = |path: &Path| File::create(path).expect("made");
        let child = command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err)).spawn();
        Watched { child: child.expect("started"), out, err }
    }

    /// The lines on standard output so far: whole ones only.
    pub fn lines(&self) -> usize {
        fs::read(&self.out).expect("read").iter().filter(|byte| **byte == b'\n').count()
    }

    /// Kills it, unless it has ended, and waits.
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("killed");
        let status = Some(self.child.wait().expect("ended"));
        self.said(status)
    }

    /// Waits until it ends, or stops it at the limit.
    pub fn end(mut self, limit: Duration) -> Ended {
        let by = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().expect("known") {
                return self.said(Some(status));
            }
            if Instant::now() > by {
                self.child.kill().expect("killed");
                self.child.wait().expect("ended");
                return self.said(None);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn said(&self, status: Option<ExitStatus>) -> Ended {
        let err = fs::read(&self.err).expect("read");
        Ended {
            status,
            out: fs::read(&self.out).expect("read"),
            err: String::from_utf8_lossy(&err).into_owned(),
        }
    }
}

impl Ended {
    /// The exit status; none after a signal or at the time limit.
    pub fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }
}
