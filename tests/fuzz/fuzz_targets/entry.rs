//! An entry from an untrusted log.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::entry(bytes));
