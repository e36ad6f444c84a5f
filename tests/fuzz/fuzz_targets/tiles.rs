//! The files that a tree is read from: the newest checkpoint and a tile. Set TMPDIR to a tmpfs: each input is written.
#![no_main]

use std::sync::LazyLock;

static SCRATCH: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::tiles(SCRATCH.path(), bytes));
