//! The recording: one file, to which every operation is appended as soon as it was done.
//!
//! ```text
//! record = kind 1 | length of path 8 LE | path | offset 8 LE | length of data 8 LE | data
//! ```
//!
//! | kind | | path | offset | data |
//! |---|---|---|---|---|
//! | `c` | created a file | its path | | |
//! | `m` | made a directory | its path | | |
//! | `r` | renamed | the old path | | the new path |
//! | `u` | removed a file | its path | | |
//! | `w` | wrote | the file's path | where | the bytes |
//! | `t` | truncated or extended | the file's path | the new length | |
//! | `s` | synced a file or directory | its path | | |
//! | `o` | wrote to standard output | | | the bytes |
//! | `f` | a call was made to fail | its path | | which call, and how |

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;

use libc::c_int;

use crate::{Kind, Operation, real};

/// The open recording.
pub struct Record {
    fd: c_int,
}

impl Record {
    /// The file that the environment names, if it names one.
    pub fn open() -> Option<Record> {
        let path = CString::new(std::env::var_os("LEDGER_SHIM_RECORD")?.into_vec()).ok()?;
        let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT | libc::O_CLOEXEC;
        // SAFETY: `path` ends in a zero.
        let fd = unsafe { real::openat64()(libc::AT_FDCWD, path.as_ptr(), flags, 0o600) };
        if fd < 0 {
            // A test must never pass because nothing was recorded.
            std::process::abort();
        }
        Some(Record { fd })
    }

    /// Appends what was done.
    pub fn add(&mut self, kind: Kind, operation: &Operation<'_>, data: &[u8]) {
        let path = operation.target.name();
        let mut bytes = Vec::with_capacity(32 + path.len() + data.len());
        bytes.push(kind as u8);
        bytes.extend((path.len() as u64).to_le_bytes());
        bytes.extend(path);
        bytes.extend(operation.offset.to_le_bytes());
        bytes.extend((data.len() as u64).to_le_bytes());
        bytes.extend(data);
        // SAFETY: the pointer and the length are those of `bytes`.
        let written = unsafe { real::write()(self.fd, bytes.as_ptr().cast(), bytes.len()) };
        if written != bytes.len() as isize {
            std::process::abort();
        }
    }
}
