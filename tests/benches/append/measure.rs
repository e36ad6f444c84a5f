//! Clocks and disk use.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::outcome::Latency;

/// Bytes of the blocks allocated to everything in `path`; zero if there is nothing.
pub fn allocated(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    let own = metadata.blocks() * 512;
    match metadata.is_dir() {
        false => own,
        true => {
            let inside = fs::read_dir(path).expect("a directory that can be read");
            own + inside.map(|entry| allocated(&entry.expect("an entry").path())).sum::<u64>()
        }
    }
}

/// A clock that is started and stopped, and remembers how far it was at each tenth of the entries.
#[derive(Debug)]
pub struct Clock {
    running: Duration,
    planned: u64,
    done: u64,
    tenths: Vec<(u64, Duration)>,
}

impl Clock {
    /// A clock that stands, for about `planned` entries.
    pub fn new(planned: u64) -> Self {
        Clock { running: Duration::ZERO, planned, done: 0, tenths: Vec::new() }
    }

    /// Runs while `work` does, which says how many entries it recorded.
    pub fn time(&mut self, work: impl FnOnce() -> u64) {
        let start = Instant::now();
        self.done += work();
        self.running += start.elapsed();
        if self.done * 10 >= self.planned * (self.tenths.len() as u64 + 1) {
            self.tenths.push((self.done, self.running));
        }
    }

    /// Entries so far.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// How long it ran, in seconds.
    pub fn seconds(&self) -> f64 {
        self.running.as_secs_f64()
    }

    /// Entries a second in each tenth.
    pub fn tenths(&self) -> Vec<f64> {
        let starts = [(0, Duration::ZERO)].into_iter().chain(self.tenths.iter().copied());
        let spans = starts.zip(&self.tenths);
        spans
            .map(|((from, began), (to, ended))| (to - from) as f64 / (*ended - began).as_secs_f64())
            .collect()
    }
}

/// The percentiles of what was measured; none of nothing.
pub fn latency(mut measured: Vec<Duration>) -> Option<Latency> {
    measured.sort_unstable();
    let at = |hundredths: usize| {
        let position = (measured.len() * hundredths / 100).min(measured.len().checked_sub(1)?);
        Some(measured[position].as_secs_f64() * 1e3)
    };
    Some(Latency { p50_ms: at(50)?, p99_ms: at(99)? })
}
