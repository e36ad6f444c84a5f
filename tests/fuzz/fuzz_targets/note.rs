//! A signed note, a checkpoint, or a line of signature.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::note(bytes));
