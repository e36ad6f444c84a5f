//! The stores ours is measured beside. Each keeps the same bytes under the same numbers, and each append is one commit
//! that is on the disk when it returns; nothing is decided, hashed or linked there.

mod fjall;
mod plain_file;
mod redb;
mod sled_store;
mod sqlite;

use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::measure::{Clock, allocated, latency};
use crate::outcome::{Disk, Outcome};
use crate::plan::Spec;
use crate::recording::Recording;

/// Entries in memory at a time.
const SLAB: usize = 16_000;

/// A store to measure ours beside.
pub trait Peer {
    /// Appends the entries, numbered on from the last one, as one commit. Durable on return.
    fn append(&mut self, entries: &[Vec<u8>]);

    /// Closes it cleanly.
    fn close(self: Box<Self>);
}

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Our own store, without rules.
    SledStore,
    /// A file that is appended to.
    PlainFile,
    /// SQLite.
    Sqlite,
    /// redb.
    Redb,
    /// fjall.
    Fjall,
}

impl System {
    /// Every one, in the order of the table.
    pub const ALL: [System; 5] =
        [System::SledStore, System::PlainFile, System::Sqlite, System::Redb, System::Fjall];

    /// As the table names it.
    pub fn name(self) -> &'static str {
        match self {
            System::SledStore => "our store, no rules",
            System::PlainFile => "plain file",
            System::Sqlite => "SQLite",
            System::Redb => "redb",
            System::Fjall => "fjall",
        }
    }

    fn durability(self) -> &'static str {
        match self {
            System::SledStore => "fdatasync each commit",
            System::PlainFile => "append, fdatasync each commit",
            System::Sqlite => "WAL, synchronous=full: the WAL is synced each commit",
            System::Redb => "Durability::Immediate each commit",
            System::Fjall => "PersistMode::SyncAll each commit",
        }
    }

    fn open(self, dir: &Path) -> Box<dyn Peer> {
        std::fs::create_dir_all(dir).expect("a new directory");
        match self {
            System::SledStore => Box::new(sled_store::Ours::create(dir)),
            System::PlainFile => Box::new(plain_file::PlainFile::create(dir)),
            System::Sqlite => Box::new(sqlite::Sqlite::create(dir)),
            System::Redb => Box::new(redb::Redb::create(dir)),
            System::Fjall => Box::new(fjall::Fjall::create(dir)),
        }
    }
}

/// Appends what was recorded, in commits of `spec.round`. Reading the recording is not timed.
pub fn run(system: System, spec: &Spec) -> Outcome {
    let mut recording = Recording::open(&spec.source);
    let mut peer = system.open(&spec.dir);
    let before = allocated(&spec.dir);
    let mut clock = Clock::new(spec.entries);
    let (mut latencies, mut commits, mut left) = (Vec::new(), 0, spec.entries as usize);
    while left > 0 {
        let slab = recording.next(left.min(SLAB));
        left -= slab.len();
        clock.time(|| {
            slab.chunks(spec.round).for_each(|round| latencies.push(timed(|| peer.append(round))));
            slab.len() as u64
        });
        commits += slab.len().div_ceil(spec.round) as u64;
    }
    peer.close();
    let added = allocated(&spec.dir) as f64 - before as f64;
    Outcome {
        system: system.name().to_owned(),
        durability: system.durability().to_owned(),
        entries: clock.done(),
        round: spec.round,
        commits: Some(commits),
        seconds: clock.seconds(),
        tenths: clock.tenths(),
        latency: latency(latencies),
        disk: Some(Disk { log_per_entry: added / clock.done() as f64, documents_per_entry: 0.0 }),
        ..Outcome::default()
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
