//! The C library's own functions, found once by name behind this library.

use std::mem::transmute;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::{c_char, c_int, c_uint, c_void, iovec, mode_t, off64_t, size_t, ssize_t};

/// `name: (types) -> type` becomes a function that returns the next definition of `name`.
macro_rules! real {
    ($($name:ident: ($($argument:ty),*) -> $result:ty;)*) => {$(
        pub fn $name() -> unsafe extern "C" fn($($argument),*) -> $result {
            static FOUND: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());
            let mut found = FOUND.load(Ordering::Acquire);
            if found.is_null() {
                found = next(concat!(stringify!($name), "\0"));
                FOUND.store(found, Ordering::Release);
            }
            // SAFETY: it is the C library's function of this name, which has this signature.
            unsafe { transmute::<*mut c_void, unsafe extern "C" fn($($argument),*) -> $result>(found) }
        }
    )*};
}

/// The definition of `name` (ending in a zero) that the program would have without us. Without one nothing can go on.
fn next(name: &str) -> *mut c_void {
    // SAFETY: `name` ends in a zero.
    let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr().cast()) };
    if found.is_null() {
        std::process::abort();
    }
    found
}

real! {
    openat64: (c_int, *const c_char, c_int, mode_t) -> c_int;
    close: (c_int) -> c_int;
    write: (c_int, *const c_void, size_t) -> ssize_t;
    writev: (c_int, *const iovec, c_int) -> ssize_t;
    pwrite64: (c_int, *const c_void, size_t, off64_t) -> ssize_t;
    ftruncate64: (c_int, off64_t) -> c_int;
    fsync: (c_int) -> c_int;
    fdatasync: (c_int) -> c_int;
    sync_file_range: (c_int, off64_t, off64_t, c_uint) -> c_int;
    rename: (*const c_char, *const c_char) -> c_int;
    unlinkat: (c_int, *const c_char, c_int) -> c_int;
    mkdir: (*const c_char, mode_t) -> c_int;
}
