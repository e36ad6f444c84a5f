//! Which file a call is about, told from its descriptor or its path.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use libc::{c_char, c_int};

use crate::minded;

/// What is minded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A file or directory, by its path below the directory; `.` is the directory itself.
    Inside(PathBuf),
    /// Standard output.
    Output,
}

impl Target {
    /// The path as it is recorded.
    pub fn name(&self) -> &[u8] {
        match self {
            Target::Inside(path) => path.as_os_str().as_bytes(),
            Target::Output => b"",
        }
    }

    /// What an open descriptor refers to, if it is minded.
    pub fn of(fd: c_int) -> Option<Target> {
        let dir = minded()?;
        if fd == libc::STDOUT_FILENO {
            return Some(Target::Output);
        }
        inside(dir, &opened_as(fd)?)
    }

    /// What a path refers to, if it is minded. `at` is the descriptor it is relative to.
    pub fn at(at: c_int, path: *const c_char) -> Option<Target> {
        let dir = minded()?;
        // SAFETY: the caller of the C library hands in a path that ends in a zero.
        let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
        let path = match path.is_absolute() {
            true => path.to_owned(),
            false if at == libc::AT_FDCWD => std::env::current_dir().ok()?.join(path),
            false => opened_as(at)?.join(path),
        };
        inside(dir, &path)
    }

    /// What `path`, which may be relative, refers to, if it is minded.
    pub fn named(path: *const c_char) -> Option<Target> {
        Target::at(libc::AT_FDCWD, path)
    }
}

fn inside(dir: &Path, path: &Path) -> Option<Target> {
    let below = path.strip_prefix(dir).ok()?;
    let below = if below == Path::new("") { Path::new(".") } else { below };
    Some(Target::Inside(below.to_owned()))
}

/// The path by which a descriptor is known now.
pub fn opened_as(fd: c_int) -> Option<PathBuf> {
    let link = format!("/proc/self/fd/{fd}\0");
    let mut path = vec![0_u8; libc::PATH_MAX as usize];
    // SAFETY: `link` ends in a zero, and `path` has the length stated.
    let length = unsafe { libc::readlink(link.as_ptr().cast(), path.as_mut_ptr().cast(), path.len()) };
    path.truncate(usize::try_from(length).ok()?);
    Some(PathBuf::from(OsStr::from_bytes(&path)))
}
