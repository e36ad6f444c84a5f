//! What the shim recorded: every file operation of a run, and its output, in the order in which they happened. The
//! bytes are described in `tests/shim/src/record.rs`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One operation that was done. Paths are below the ledger's directory; `.` is that directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A new, empty file.
    Create(PathBuf),
    /// A new directory.
    MakeDirectory(PathBuf),
    /// A file under a new name.
    Rename(PathBuf, PathBuf),
    /// A name removed.
    Unlink(PathBuf),
    /// Bytes at an offset.
    Write(PathBuf, u64, Arc<[u8]>),
    /// A file's new length.
    Truncate(PathBuf, u64),
    /// A file or directory synced.
    Sync(PathBuf),
    /// Bytes on standard output.
    Output(Arc<[u8]>),
    /// A call that was made to fail, and how.
    Fault(PathBuf, String),
}

/// Reads a recording. Panics on anything that is not one.
pub fn read(file: &Path) -> Vec<Operation> {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut left = bytes.as_slice();
    let mut operations = Vec::new();
    while let Some((kind, rest)) = left.split_first() {
        left = rest;
        let path = PathBuf::from(OsStr::from_bytes(counted(&mut left)));
        let offset = number(&mut left);
        let data = counted(&mut left);
        operations.push(match kind {
            b'c' => Operation::Create(path),
            b'm' => Operation::MakeDirectory(path),
            b'r' => Operation::Rename(path, PathBuf::from(OsStr::from_bytes(data))),
            b'u' => Operation::Unlink(path),
            b'w' => Operation::Write(path, offset, data.into()),
            b't' => Operation::Truncate(path, offset),
            b's' => Operation::Sync(path),
            b'o' => Operation::Output(data.into()),
            b'f' => Operation::Fault(path, String::from_utf8_lossy(data).into_owned()),
            other => panic!("'{}' is no kind of operation", char::from(*other)),
        });
    }
    operations
}

fn number(left: &mut &[u8]) -> u64 {
    let (bytes, rest) = left.split_first_chunk().expect("a whole record");
    *left = rest;
    u64::from_le_bytes(*bytes)
}

fn counted<'a>(left: &mut &'a [u8]) -> &'a [u8] {
    let length = usize::try_from(number(left)).expect("a length");
    let (bytes, rest) = left.split_at(length);
    *left = rest;
    bytes
}
