//! Tailing: an asynchronous stream of entries from any position, in order, never past the durable head.
//!
//! Each tail keeps a position and reads pages by sequence; the durable head, published after each commit, wakes
//! it. So any number of tails cost the writer nothing, none can slow it down, and each holds at most one page.
//! A consumer that keeps the sequence it has handled resumes after it without loss or duplicates.

use std::sync::Arc;

use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use crate::log::{Entry, Head};
use crate::store::{Entries, EntryBytes, ReadError, Store};
use crate::values::Sequence;

/// How many entries a tail holds at most.
const PAGE: usize = 256;

/// Which entries a tail passes on. Empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this subject's history.
    pub subject: Option<String>,
    /// Only this event: a type such as `ledger.score.assigned.v1`, or its name `score.assigned`.
    pub event_type: Option<String>,
}

impl Filter {
    /// Whether the entry with these bytes passes. Cost: nothing without a filter, else one decoding.
    pub fn passes(&self, bytes: &[u8]) -> bool {
        if self.subject.is_none() && self.event_type.is_none() {
            return true;
        }
        let Ok(entry) = Entry::decode_trusted(bytes) else { return false };
        let named = |wanted: &String| {
            entry.event_type == *wanted || entry.event_type == format!("ledger.{wanted}.v1")
        };
        self.subject.as_ref().is_none_or(|subject| entry.subject == *subject)
            && self.event_type.as_ref().is_none_or(named)
    }
}

/// An entry of a tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TailEntry {
    /// Its position.
    pub sequence: Sequence,
    /// Its exact bytes.
    pub bytes: EntryBytes,
}

struct Tail {
    store: Arc<dyn Store>,
    head: watch::Receiver<Head>,
    filter: Filter,
    /// The position of the first of `page`, or of the next one to be read.
    next: u64,
    page: Entries,
}

/// The stream. It ends when the ledger is closed and everything durable was passed on, or after an error.
pub(crate) fn tail(
    store: Arc<dyn Store>,
    head: watch::Receiver<Head>,
    from: Sequence,
    filter: Filter,
) -> impl Stream<Item = Result<TailEntry, ReadError>> + Send + 'static {
    let tail = Tail { store, head, filter, next: from.get(), page: Entries::default() };
    stream::unfold(Some(tail), |tail| async {
        let mut tail = tail?;
        match tail.advance().await {
            Some(Ok(entry)) => Some((Ok(entry), Some(tail))),
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    })
}

impl Tail {
    async fn advance(&mut self) -> Option<Result<TailEntry, ReadError>> {
        loop {
            for bytes in self.page.by_ref() {
                let sequence = Sequence::new(self.next);
                self.next += 1;
                if self.filter.passes(&bytes) {
                    return Some(Ok(TailEntry { sequence, bytes }));
                }
            }
            let durable = self.head.borrow_and_update().length.0;
            if self.next < durable {
                if let Err(error) = self.fill(durable).await {
                    return Some(Err(error));
                }
            } else if self.head.changed().await.is_err() {
                // The writer is gone. Its last head may have come between the two looks.
                if self.next >= self.head.borrow().length.0 {
                    return None;
                }
            }
        }
    }

    /// Reads the next page off the runtime's threads, since it may wait for the disk.
    async fn fill(&mut self, durable: u64) -> Result<(), ReadError> {
        let (store, from) = (Arc::clone(&self.store), Sequence::new(self.next));
        let limit = usize::try_from(durable - self.next).unwrap_or(PAGE).min(PAGE);
        let read = tokio::task::spawn_blocking(move || store.read(from, limit));
        let entries = read.await.map_err(|error| ReadError::Io(error.to_string()))??;
        if entries.is_empty() {
            return Err(ReadError::Damaged {
                sequence: from,
                what: "it is missing below the head".to_owned(),
            });
        }
        self.page = entries;
        Ok(())
    }
}
