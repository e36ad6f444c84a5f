//! A verifier key or a signing key.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::key(bytes));
