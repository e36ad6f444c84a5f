//! A line of a file of commands.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ledger_core::fuzzing::command(bytes));
