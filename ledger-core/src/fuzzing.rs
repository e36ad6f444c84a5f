//! What is fuzzed: each reader of bytes that may come from anywhere, as one function of bytes.
//!
//! `tests/fuzz` feeds them for as long as one likes, `tests/tests/fuzz_bounded.rs` for a moment in every run. None may
//! panic, whatever it is given, nor take memory that the bytes do not account for; where a reader accepts, what must
//! then hold is asserted here. Hidden from the docs, since it is no interface: pages and vault files are read by
//! modules that nobody outside the store names. Left out: sled's own file, which is damaged in `ledger-cli/tests`.

use std::path::Path;

use crate::line;
use crate::log::Entry;
use crate::store;

/// An entry, as from an untrusted log: whatever is accepted is spelled the same again.
pub fn entry(bytes: &[u8]) {
    // Trusted bytes may be damaged too, and must then be an error or some entry.
    let _ = Entry::decode_trusted(bytes);
    let Ok(entry) = Entry::decode(bytes) else { return };
    assert_eq!(entry.encode().ok().as_deref(), Some(bytes), "another spelling was accepted");
    // An event of another version is an error, and no panic.
    let _ = crate::recorded(&entry);
}

/// A line of a file of commands: whatever is a request has a hash.
pub fn command(bytes: &[u8]) {
    let Ok(value) = line::parse(bytes) else { return };
    let Ok(request) = line::request(value) else { return };
    // What cannot be spelled is refused when it is submitted.
    let _ = line::command_hash(&request);
}

/// A page of the log.
pub fn page(bytes: &[u8]) {
    store::read_page(bytes);
}

/// A page of these entries: where to begin.
pub fn some_page(entries: &[Vec<u8>]) -> Vec<u8> {
    store::write_page(entries)
}

/// The two files of a vault in `dir`, which is written over: their lengths are told apart by the first two bytes.
/// Whatever opens is read, swept, and opens again.
pub fn vault(dir: &Path, bytes: &[u8]) {
    store::read_vault(dir, bytes);
}
