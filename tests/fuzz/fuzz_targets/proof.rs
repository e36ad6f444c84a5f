//! A proof of inclusion or consistency, for any sizes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::proof(bytes));
