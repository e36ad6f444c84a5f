//! What the benchmarks share: a process for each case, several runs of what takes seconds, and where results go.
//!
//! A benchmark calls itself with one case spelled as JSON, so that each case has its own memory, and reads one line of
//! JSON back. Left out: what is measured, which is each benchmark's own.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where benchmarks write, unless another place is named: `target/bench`.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench")
}

/// A case as it was spelled for a child process.
pub fn case<S: DeserializeOwned>(text: &str) -> Result<S, serde_json::Error> {
    serde_json::from_str(text)
}

/// The benchmark's `main`: one case if it is a child process, all of them otherwise.
pub fn run<S, O: Serialize>(
    child: Option<&S>,
    one: impl FnOnce(&S) -> O,
    all: impl FnOnce() -> Result<(), String>,
) -> ExitCode {
    if let Some(spec) = child {
        println!("{}", serde_json::to_string(&one(spec)).expect("plain data"));
        return ExitCode::SUCCESS;
    }
    match all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("error: {what}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a case in a process of its own, and reads what it found.
pub fn in_child<O: DeserializeOwned>(label: &str, spec: &impl Serialize) -> Result<O, String> {
    let failed = |what: &dyn Display| format!("{label}: {what}");
    let program = std::env::current_exe().map_err(|error| failed(&error))?;
    let spelled = serde_json::to_string(spec).map_err(|error| failed(&error))?;
    let child = Command::new(program).arg("--child").arg(spelled).stderr(Stdio::inherit()).output();
    let child = child.map_err(|error| failed(&error))?;
    if !child.status.success() {
        return Err(failed(&child.status));
    }
    serde_json::from_slice(&child.stdout).map_err(|error| failed(&error))
}

/// Runs a case in processes of its own, one after the other: five times where one run takes seconds, since a machine that
/// others share gives one run half more than the next, and once of so many entries that a run has seen both.
pub fn in_children<O: DeserializeOwned>(
    label: &str,
    spec: &impl Serialize,
    takes_seconds: bool,
    entries: u64,
) -> Result<Vec<O>, String> {
    let runs = if takes_seconds && entries <= 2_000_000 { 5 } else { 1 };
    (0..runs).map(|_| in_child(label, spec)).collect()
}

/// Writes what was found as JSON, and says where.
pub fn write_json(path: &Path, outcomes: &impl Serialize) -> Result<(), String> {
    let failed = |error: &dyn Display| format!("{} could not be written: {error}", path.display());
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| failed(&error))?;
    }
    let text = serde_json::to_string_pretty(outcomes).map_err(|error| failed(&error))?;
    std::fs::write(path, text + "\n").map_err(|error| failed(&error))?;
    println!("written to {}", path.display());
    Ok(())
}

/// Entries a second of several runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Of how many.
    pub runs: usize,
    /// The slowest.
    pub least: f64,
    /// The fastest.
    pub most: f64,
}

impl Spread {
    /// The run in the middle, and of several how far the others lie from it. None of no runs.
    pub fn of<O>(mut runs: Vec<O>, rate: impl Fn(&O) -> Option<f64>) -> Option<(O, Option<Spread>)> {
        let rate = |run: &O| rate(run).unwrap_or_default();
        runs.sort_by(|one, other| rate(one).total_cmp(&rate(other)));
        let (least, most) = (rate(runs.first()?), rate(runs.last()?));
        let spread = Spread { runs: runs.len(), least, most };
        Some((runs.swap_remove(spread.runs / 2), Some(spread).filter(|spread| spread.runs > 1)))
    }

    /// A figure that is the run in the middle's, with how the others lie.
    pub fn beside(figure: String, spread: Option<Spread>) -> String {
        spread.map_or(figure.clone(), |spread| format!("{figure}: {spread}"))
    }
}

impl Display for Spread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the middle of {} runs, {:.0} to {:.0}", self.runs, self.least, self.most)
    }
}

/// The most memory this process ever had resident, in MiB (`VmHWM`).
pub fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says VmHWM");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kib / 1024.0
}

/// Microseconds within which answers came.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Latency {
    /// How many were asked.
    pub asked: usize,
    /// Half of them.
    pub p50_us: f64,
    /// All but one in a hundred.
    pub p99_us: f64,
    /// All.
    pub most_us: f64,
}

/// The percentiles; none of nothing.
pub fn latency(mut measured: Vec<Duration>) -> Option<Latency> {
    measured.sort_unstable();
    let micros = |duration: &Duration| duration.as_secs_f64() * 1e6;
    let at = |hundredths: usize| measured.get(measured.len() * hundredths / 100).map(micros);
    Some(Latency {
        asked: measured.len(),
        p50_us: at(50)?,
        p99_us: at(99)?,
        most_us: measured.last().map(micros)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_in_the_middle_is_taken() {
        let rate = |rate: &f64| Some(*rate);
        let (middle, spread) = Spread::of(vec![7.0, 1.0, 9.0, 8.0, 2.0], rate).expect("five");
        assert_eq!((middle, spread), (7.0, Some(Spread { runs: 5, least: 1.0, most: 9.0 })));
        assert_eq!(spread.expect("several").to_string(), "the middle of 5 runs, 1 to 9");
        assert_eq!(Spread::beside("7".to_owned(), spread), "7: the middle of 5 runs, 1 to 9");
        assert_eq!(Spread::of(vec![3.0], rate), Some((3.0, None)));
        assert_eq!(Spread::of(Vec::new(), rate), None);
    }
}
