//! sled while it is open: what it is asked to write, and its last act, under a time limit each.
//!
//! When one of its own threads fails to write, sled now and then never wakes those who wait for it. So it writes on a
//! thread of its own, and whoever waits gives up after [`PATIENCE`]: the outcome is unknown then, as after any failed
//! write, and the thread is left behind. Its last act is a sync that panics if it fails. Whatever that would have made
//! durable was promised to nobody, since everything acknowledged has been synced by our own descriptor; so the panic is
//! caught and goes no further. Left out: closing in good order, which is `Store::close`.

use std::ops::Deref;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::super::page::Key;
use super::lookup::caught;

/// The threads on which sled may panic. That is caught, so a program with a panic hook need not print it too.
pub(super) const SLED_THREADS: [&str; 3] = [OPENING_THREAD, WRITING_THREAD, CLOSING_THREAD];

pub(super) const OPENING_THREAD: &str = "open sled";
const WRITING_THREAD: &str = "write sled";
const CLOSING_THREAD: &str = "close sled";

/// How long sled may take to write a round, or to let go of its files: far longer than any disk that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one commit changes.
#[derive(Default)]
pub(super) struct Changes {
    /// Keys that get an empty value first, in order and not at once: of no meaning, whatever becomes of `pages`.
    pub blanks: Vec<Key>,
    /// All of it or none.
    pub pages: ::sled::Batch,
}

/// sled while it is open. Dropping this waits until sled has let go of its files.
pub(super) struct OpenSled {
    db: Option<::sled::Db>,
    writing: Option<Writing>,
}

/// The thread that writes.
struct Writing {
    batches: SyncSender<Changes>,
    written: Mutex<Receiver<Result<(), String>>>,
    thread: JoinHandle<()>,
}

impl OpenSled {
    pub(super) fn new(db: ::sled::Db) -> OpenSled {
        let (batches, to_write) = sync_channel::<Changes>(1);
        let (tell, written) = sync_channel(1);
        let of_thread = db.clone();
        let write = move |Changes { blanks, pages }| {
            let blank = blanks.iter().try_for_each(|key| of_thread.insert(key, &[]).map(drop));
            let written = blank.and_then(|()| of_thread.apply_batch(pages)).and_then(|()| of_thread.flush());
            written.map_err(|error| error.to_string())
        };
        let thread = std::thread::Builder::new().name(WRITING_THREAD.to_owned()).spawn(move || {
            for batch in to_write {
                let done = caught(|| write(batch)).and_then(|done| done.map(drop));
                if tell.send(done).is_err() {
                    return;
                }
            }
        });
        let writing = thread.ok().map(|thread| Writing { batches, written: Mutex::new(written), thread });
        OpenSled { db: Some(db), writing }
    }

    /// Hands changes to sled and has them flushed; they are not durable by that. After an error nothing is known
    /// of them.
    pub(super) fn write(&self, changes: Changes) -> Result<(), String> {
        let ended = || "the thread that writes has ended".to_owned();
        let writing = self.writing.as_ref().ok_or_else(ended)?;
        let written = writing.written.lock().unwrap_or_else(PoisonError::into_inner);
        writing.batches.send(changes).map_err(|_| ended())?;
        written.recv_timeout(PATIENCE).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(format!("sled has not answered for {} s", PATIENCE.as_secs())),
            RecvTimeoutError::Disconnected => Err(ended()),
        })
    }
}

impl Deref for OpenSled {
    type Target = ::sled::Db;

    fn deref(&self) -> &::sled::Db {
        self.db.as_ref().expect("taken only when dropped")
    }
}

impl Drop for OpenSled {
    fn drop(&mut self) {
        let db = self.db.take();
        let thread = self.writing.take().map(|Writing { thread, .. }| thread);
        let (tell, closed) = channel();
        let closing = std::thread::Builder::new().name(CLOSING_THREAD.to_owned()).spawn(move || {
            thread.map(JoinHandle::join);
            // Drops `tell` also when this panics, as said above.
            drop(db);
            let _ = tell.send(());
        });
        if closing.is_ok() {
            // Ended, panicked, or left behind.
            let _ = closed.recv_timeout(PATIENCE);
        }
    }
}
