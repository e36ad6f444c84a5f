//! A pass over many entries, shared by two threads.
//!
//! ```text
//! reader   pages from the store ──► prepared, while the taker has work waiting ──┐
//! taker    prepared here, if they were not ◄──────────────── batches of pages ◄──┘ ──► taken, in order
//! ```
//!
//! Preparing - decoding what is wanted - is what either can do, so whoever would wait for the other does it. The order
//! of entries is that of the log. Left out: where pages come from, and what is made of entries (`log.rs`).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;

use ledger_core::store::Entries;
use ledger_core::values::{Length, Sequence};

use crate::log::ReplayError;

/// Pages handed over together: waking the other thread costs more than reading one.
const BATCH: usize = 16;
/// Batches read ahead, of some MB each at most.
const BATCHES_AHEAD: usize = 3;

/// A page as it was read, and where it begins.
type Read = (Length, Result<Entries, ReplayError>);
/// What each entry of a page was made into.
pub(crate) type Parts<T> = Result<Vec<T>, ReplayError>;

/// A page handed over, with its parts if there was time to make them.
type Handed<T> = (Length, Result<Entries, ReplayError>, Option<Parts<T>>);

/// Prepares and takes every page on this thread.
pub(crate) fn alone<T>(
    mut pages: impl Iterator<Item = Read>,
    prepare: impl Fn(Length, &Entries) -> Parts<T>,
    mut take: impl FnMut(Length, &Entries, Vec<T>) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    pages.try_for_each(|(first, page)| {
        let page = page?;
        take(first, &page, prepare(first, &page)?)
    })
}

/// As [`alone`], with a second thread that reads, and prepares while this one has work waiting.
pub(crate) fn shared<T: Send>(
    pages: impl Iterator<Item = Read> + Send,
    prepare: impl Fn(Length, &Entries) -> Parts<T> + Sync,
    mut take: impl FnMut(Length, &Entries, Vec<T>) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    let (prepare, waiting) = (&prepare, &AtomicUsize::new(0));
    let helped = move |(first, page): Read| {
        let busy = waiting.load(Ordering::Relaxed) > 0;
        let made = page.as_ref().ok().filter(|_| busy).map(|page| prepare(first, page));
        (first, page, made)
    };
    std::thread::scope(|scope| {
        let (ahead, batches) = sync_channel::<Vec<Handed<T>>>(BATCHES_AHEAD);
        scope.spawn(move || {
            let mut pages = pages.map(helped);
            loop {
                let batch: Vec<_> = pages.by_ref().take(BATCH).collect();
                waiting.fetch_add(1, Ordering::Relaxed);
                // Nobody takes pages any more, or there are none.
                if batch.is_empty() || ahead.send(batch).is_err() {
                    break;
                }
            }
        });
        for batch in batches {
            waiting.fetch_sub(1, Ordering::Relaxed);
            for (first, page, made) in batch {
                let page = page?;
                take(first, &page, made.unwrap_or_else(|| prepare(first, &page))?)?;
            }
        }
        Ok(())
    })
}

/// Prepares a page entry by entry.
pub(crate) fn each<T>(
    prepare: impl Fn(Sequence, &[u8]) -> Result<T, ReplayError>,
) -> impl Fn(Length, &Entries) -> Parts<T> {
    move |first, page| {
        page.slices().zip(first.0..).map(|(bytes, at)| prepare(Sequence::new(at), bytes)).collect()
    }
}
