//! Progress on standard error: how far something long is, and how fast.
//!
//! On a terminal one line that is written over; elsewhere a line every ten seconds, so that a log of a short run
//! stays empty.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::output::thousands;

/// Tells how far something is.
#[derive(Debug)]
pub struct Progress {
    what: &'static str,
    started: Instant,
    next: Instant,
    terminal: bool,
    shown: bool,
}

impl Progress {
    /// Progress of `what`, such as "opening". Nothing is said in the first second.
    pub fn new(what: &'static str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let started = Instant::now();
        let first = Duration::from_secs(if terminal { 1 } else { 10 });
        Progress { what, started, next: started + first, terminal, shown: false }
    }

    /// `done` so far, of `of` where that is known. Cost: a clock reading.
    pub fn tell(&mut self, done: u64, of: Option<u64>) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + Duration::from_secs(if self.terminal { 1 } else { 10 });
        let of = of.map_or(String::new(), |of| format!(" of {}", thousands(of)));
        let seconds = now.duration_since(self.started).as_secs_f64();
        let rate = thousands((done as f64 / seconds.max(0.001)) as u64);
        let (begin, end) = if self.terminal { ("\r", "") } else { ("", "\n") };
        // Progress that cannot be shown is not worth failing for.
        let _ = write!(std::io::stderr(), "{begin}{}: {}{of}, {rate}/s{end}", self.what, thousands(done));
        self.shown = true;
    }

    /// Takes the line away.
    pub fn end(&mut self) {
        if self.shown && self.terminal {
            let _ = write!(std::io::stderr(), "\r{:78}\r", "");
        }
        self.shown = false;
    }
}
