//! What a case found: plain data, as the child prints it and the JSON keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a case found. What a case does not measure is absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Who was measured.
    pub system: String,
    /// What makes a commit durable there.
    pub durability: String,
    /// Entries recorded while the clock ran.
    pub entries: u64,
    /// Commands or entries in one commit.
    pub round: usize,
    /// Commits while the clock ran, where the caller makes them.
    pub commits: Option<u64>,
    /// Seconds the clock ran: without set-up and generating commands.
    pub seconds: f64,
    /// Entries a second in each tenth of the run.
    pub tenths: Vec<f64>,
    /// Milliseconds from sending a commit to its answer; of single commands from storing their document.
    pub latency: Option<Latency>,
    /// The most resident memory of the process, in MiB, with set-up and generator.
    pub peak_mib: f64,
    /// What the measured entries added on disk after a clean close.
    pub disk: Option<Disk>,
    /// Microseconds to generate a command, while the clock stood.
    pub generate_us: Option<f64>,
    /// Bytes of an entry as it is hashed.
    pub entry_bytes: Option<f64>,
    /// Where cited entries came from.
    pub lookups: Option<Lookups>,
    /// Entries by type.
    pub types: BTreeMap<String, u64>,
}

/// Where the entries that commands cite came from.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Lookups {
    /// Among the events written or cited lately.
    pub decoded: u64,
    /// Among the newest entries' bytes.
    pub recent: u64,
    /// Read from the store.
    pub store: u64,
}

/// Latencies in milliseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Latency {
    /// Half were faster.
    pub p50_ms: f64,
    /// All but one in a hundred were faster.
    pub p99_ms: f64,
}

/// Bytes an entry takes, by allocated blocks.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Disk {
    /// In the log, or in the store's files.
    pub log_per_entry: f64,
    /// In the vault; zero where there is none.
    pub documents_per_entry: f64,
}

impl Outcome {
    /// Entries a second.
    pub fn rate(&self) -> f64 {
        self.entries as f64 / self.seconds
    }
}
