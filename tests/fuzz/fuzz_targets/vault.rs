//! The files of a vault. Set TMPDIR to a tmpfs: each input is written and synced.
#![no_main]

use std::sync::LazyLock;

static SCRATCH: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a directory"));

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::vault(SCRATCH.path(), bytes));
