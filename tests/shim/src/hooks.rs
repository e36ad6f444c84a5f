//! The functions that take the place of the C library's.
//!
//! Each says which operation it is, and [`ordered`] does the rest. The `64` variants are the same functions on the
//! platforms we test on. Nothing in here may change a file through the standard library: that would come back here and
//! wait for the lock for ever.

use std::slice::from_raw_parts;

use libc::{c_char, c_int, c_uint, c_void, iovec, mode_t, off64_t, size_t, ssize_t};

use crate::target::Target;
use crate::{Kind, Operation, minded, real, shim};

/// What a call returns: negative if it failed, or how many bytes it wrote.
trait Returned: Copy + From<i8> {
    fn count(self) -> Option<usize>;
}

impl Returned for c_int {
    fn count(self) -> Option<usize> {
        usize::try_from(self).ok()
    }
}

impl Returned for ssize_t {
    fn count(self) -> Option<usize> {
        usize::try_from(self).ok()
    }
}

/// Makes the call in its place of the order: failing it if it is to fail, recording it if it worked. Without an
/// operation it passes untouched.
fn ordered<'a, R: Returned>(
    operation: impl FnOnce() -> Option<Operation<'a>>,
    call: impl FnOnce() -> R,
) -> R {
    if minded().is_none() {
        return call();
    }
    let mut shim = shim();
    let Some(operation) = operation() else {
        drop(shim);
        return call();
    };
    let fault = shim.faults.strikes(&operation);
    let made = fault.is_none_or(|fault| fault.stored);
    let result = if made { call() } else { R::from(-1) };
    let error = fault.map_or_else(errno, |fault| fault.error);
    if let (true, Some(count), Some(record)) = (made, result.count(), &mut shim.record)
        && operation.kind != Kind::SyncRange
    {
        let data = if operation.kind == Kind::Write || operation.kind == Kind::Output {
            &operation.data[..count]
        } else {
            operation.data
        };
        record.add(operation.kind, &operation, data);
    }
    if let (Some(fault), Some(record)) = (fault, &mut shim.record) {
        record.add(Kind::Fault, &operation, format!("{:?} {fault:?}", operation.kind).as_bytes());
    }
    drop(shim);
    set_errno(error);
    if fault.is_some() { R::from(-1) } else { result }
}

fn errno() -> c_int {
    // SAFETY: the C library gives each thread its own.
    unsafe { *libc::__errno_location() }
}

fn set_errno(error: c_int) {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = error }
}

/// An operation through a descriptor.
fn through(fd: c_int, kind: Kind, offset: u64, data: &[u8]) -> Option<Operation<'_>> {
    let target = Target::of(fd)?;
    let (kind, target) = match (kind, target) {
        (Kind::Write, Target::Output) => (Kind::Output, Target::Output),
        (_, Target::Output) => return None,
        inside => inside,
    };
    Some(Operation { kind, target, offset, data, fd: Some(fd) })
}

/// An operation on a name.
fn on(target: Option<Target>, kind: Kind) -> Option<Operation<'static>> {
    Some(Operation { kind, target: target?, offset: 0, data: &[], fd: None })
}

/// Where a write without an offset goes.
fn position(fd: c_int) -> u64 {
    // SAFETY: no memory is involved.
    let whence = if unsafe { libc::fcntl(fd, libc::F_GETFL) } & libc::O_APPEND == 0 {
        libc::SEEK_CUR
    } else {
        libc::SEEK_END
    };
    // SAFETY: as above. A descriptor that appends is never written at its own position, so moving it is harmless.
    u64::try_from(unsafe { libc::lseek64(fd, 0, whence) }).unwrap_or(0)
}

/// The bytes that a caller hands in.
///
/// # Safety
///
/// `data` points to `count` bytes, or `count` is zero.
unsafe fn bytes<'a>(data: *const c_void, count: size_t) -> &'a [u8] {
    // SAFETY: as the caller says.
    if count == 0 { &[] } else { unsafe { from_raw_parts(data.cast(), count) } }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(at: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // A file that is there is opened, and emptied if asked for; only a new one is an operation on names.
    let operation = || {
        let target = Target::at(at, path);
        // SAFETY: the path is the caller's.
        let exists = unsafe { libc::faccessat(at, path, libc::F_OK, 0) } == 0;
        match (exists, flags & libc::O_CREAT != 0, flags & libc::O_TRUNC != 0) {
            (false, true, _) => on(target, Kind::Create),
            (true, _, true) => on(target, Kind::Truncate),
            _ => None,
        }
    };
    // SAFETY: the caller's own arguments.
    ordered(operation, || unsafe { real::openat64()(at, path, flags, mode) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(at: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's own arguments.
    unsafe { openat64(at, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's own arguments.
    unsafe { openat64(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's own arguments.
    unsafe { openat64(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn close(fd: c_int) -> c_int {
    if minded().is_some() {
        shim().faults.closed(fd);
    }
    // SAFETY: the caller's own arguments.
    unsafe { real::close()(fd) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, data: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: the caller's own arguments.
    let bytes = unsafe { bytes(data, count) };
    // SAFETY: the caller's own arguments.
    ordered(|| through(fd, Kind::Write, position(fd), bytes), || unsafe { real::write()(fd, data, count) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    // SAFETY: the caller hands in that many parts, each with its own bytes.
    let parts_given = unsafe { from_raw_parts(parts, usize::try_from(count).unwrap_or(0)) };
    // SAFETY: as above.
    let whole: Vec<&[u8]> =
        parts_given.iter().map(|part| unsafe { bytes(part.iov_base, part.iov_len) }).collect();
    let whole = whole.concat();
    // SAFETY: the caller's own arguments.
    ordered(|| through(fd, Kind::Write, position(fd), &whole), || unsafe { real::writev()(fd, parts, count) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(fd: c_int, data: *const c_void, count: size_t, offset: off64_t) -> ssize_t {
    // SAFETY: the caller's own arguments.
    let bytes = unsafe { bytes(data, count) };
    let at = u64::try_from(offset).unwrap_or(0);
    // SAFETY: the caller's own arguments.
    ordered(|| through(fd, Kind::Write, at, bytes), || unsafe { real::pwrite64()(fd, data, count, offset) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(fd: c_int, length: off64_t) -> c_int {
    let to = u64::try_from(length).unwrap_or(0);
    // SAFETY: the caller's own arguments.
    ordered(|| through(fd, Kind::Truncate, to, &[]), || unsafe { real::ftruncate64()(fd, length) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(fd: c_int) -> c_int {
    // SAFETY: the caller's own arguments.
    ordered(|| through(fd, Kind::Sync, 0, &[]), || unsafe { real::fsync()(fd) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(fd: c_int) -> c_int {
    // SAFETY: the caller's own arguments.
    ordered(|| through(fd, Kind::Sync, 0, &[]), || unsafe { real::fdatasync()(fd) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn sync_file_range(fd: c_int, offset: off64_t, count: off64_t, flags: c_uint) -> c_int {
    let call = || {
        // SAFETY: the caller's own arguments.
        unsafe { real::sync_file_range()(fd, offset, count, flags) }
    };
    ordered(|| through(fd, Kind::SyncRange, 0, &[]), call)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    let new = Target::named(to);
    let operation =
        || Some(Operation { data: new.as_ref()?.name(), ..on(Target::named(from), Kind::Rename)? });
    // SAFETY: the caller's own arguments.
    ordered(operation, || unsafe { real::rename()(from, to) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(at: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the caller's own arguments.
    ordered(|| on(Target::at(at, path), Kind::Unlink), || unsafe { real::unlinkat()(at, path, flags) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: the caller's own arguments.
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the caller's own arguments.
    ordered(|| on(Target::named(path), Kind::MakeDirectory), || unsafe { real::mkdir()(path, mode) })
}
