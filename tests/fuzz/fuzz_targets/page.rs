//! A page as sled returns it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::page(bytes));
