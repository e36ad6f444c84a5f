//! Memory, and how many of a set of answers were how fast.

use std::fs;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The most memory this process ever had resident, in MiB (`VmHWM`).
pub fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is mounted");
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
