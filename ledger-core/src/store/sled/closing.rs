//! Leaving sled: its last act is a sync that panics if it fails.
//!
//! Whatever that sync would have made durable was promised to nobody, since everything acknowledged has been synced
//! by our own descriptor. So the panic is caught and goes no further. Left out: closing in good order, which is
//! `Store::close`.

use std::ops::Deref;

/// The threads on which sled may panic. That is caught, so a program with a panic hook need not print it too.
pub const SLED_THREADS: [&str; 2] = [OPENING_THREAD, CLOSING_THREAD];

pub(super) const OPENING_THREAD: &str = "open sled";
const CLOSING_THREAD: &str = "close sled";

/// sled while it is open. Dropping this waits until sled has let go of its files.
pub(super) struct OpenSled(Option<::sled::Db>);

impl OpenSled {
    pub(super) fn new(db: ::sled::Db) -> OpenSled {
        OpenSled(Some(db))
    }
}

impl Deref for OpenSled {
    type Target = ::sled::Db;

    fn deref(&self) -> &::sled::Db {
        self.0.as_ref().expect("taken only when dropped")
    }
}

impl Drop for OpenSled {
    fn drop(&mut self) {
        let db = self.0.take();
        let closing = std::thread::Builder::new().name(CLOSING_THREAD.to_owned()).spawn(move || drop(db));
        if let Ok(closing) = closing {
            // A panic, as said above.
            let _ = closing.join();
        }
    }
}
