//! What is fuzzed: each reader of bytes that may come from anywhere, as one function of bytes.
//!
//! `tests/fuzz` feeds them for as long as one likes, `tests/tests/fuzz_bounded.rs` for a moment in every run. None may
//! panic, whatever it is given, nor take memory that the bytes do not account for; where a reader accepts, what must
//! then hold is asserted here. Hidden from the docs, since it is no interface: pages and vault files are read by
//! modules that nobody outside the store names. Left out: sled's own file, which is damaged in `ledger-cli/tests`.

use std::path::Path;

use crate::export::{ExportReader, Item};
use crate::line;
use crate::log::{Entry, Head};
use crate::store;
use crate::values::{Hash, Length};

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

/// An export: as it is, and with a last line that fits what is before it, since few changes get past the hash there.
pub fn export(bytes: &[u8]) {
    read_export(bytes);
    if let Some(bytes) = with_fitting_end(bytes) {
        read_export(&bytes);
    }
}

/// The same stream, its last line spelled anew from its header and the bytes before: none if it has no header.
fn with_fitting_end(bytes: &[u8]) -> Option<Vec<u8>> {
    let stated = ExportReader::new(bytes).ok()?.header().head();
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let end = lines.iter().rposition(|byte| *byte == b'\n')? + 1;
    let mut fitting = bytes[..end].to_vec();
    let blake3 = Hash::of(&fitting);
    let (head, length) = (stated.hash, stated.length.0);
    let line = format!("{{\"end\":{{\"blake3\":\"{blake3}\",\"head\":\"{head}\",\"length\":{length}}}}}\n");
    fitting.extend_from_slice(line.as_bytes());
    Some(fitting)
}

/// What is handed out follows from entry to entry, and leads to the head of the header if no error comes.
fn read_export(bytes: &[u8]) {
    let Ok(mut reader) = ExportReader::new(bytes) else { return };
    let stated = reader.header().head();
    let mut head = Head::EMPTY;
    while let Some(item) = reader.next() {
        match item {
            Ok(Item::Entry(entry, bytes)) => {
                assert_eq!((entry.sequence, entry.prev), (head.length.next_sequence(), head.hash));
                assert_eq!(entry.encode().ok().as_deref(), Some(&*bytes), "another spelling was accepted");
                head = Head { length: Length(head.length.0 + 1), hash: Hash::of(&bytes) };
            }
            Ok(Item::Document(commitment, found)) => {
                assert_eq!(store::commitment(&found.secret, &found.content), commitment);
            }
            Err(_) => {
                assert!(reader.next().is_none(), "something comes after the error");
                return;
            }
        }
    }
    assert_eq!(head, stated, "it ended well, elsewhere");
}

/// The two files of a vault in `dir`, which is written over: their lengths are told apart by the first two bytes.
/// Whatever opens is read, swept, and opens again.
pub fn vault(dir: &Path, bytes: &[u8]) {
    store::read_vault(dir, bytes);
}
