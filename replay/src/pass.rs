//! A pass over many entries, shared by two threads.
//!
//! ```text
//! helper   claims a stretch ──► reads its pages, prepares them ──► what came of it ──┐
//! taker    claims one too, if what comes next is not there yet                       │
//!          takes everything in the order of the log ◄────────────────────────────────┘
//! ```
//!
//! Whoever reads a page prepares it - hashing, decoding what is wanted - while it is in that processor's cache. So both
//! are busy to the end, whatever taking costs. Left out: where pages come from, and what is made of entries (`log.rs`).

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};

use ledger_core::store::Entries;
use ledger_core::values::Length;

use crate::log::ReplayError;

/// Entries claimed at once, some milliseconds of work. The page that lies across an end is read twice.
const STRETCH: u64 = 2_048;
/// Pages prepared together: side by side more of them are hashed faster, and so many stay in a processor's own cache.
const TOGETHER: usize = 8;
/// Stretches of either thread that wait to be taken: an entry that takes long to take, as an attestation, stops nobody.
const AHEAD: usize = 8;

/// What came of a stretch: of some pages after the others, and why the next one cannot be read, if that is so.
pub(crate) struct Made<P> {
    groups: Vec<P>,
    failed: Option<ReplayError>,
}

impl<P> Made<P> {
    /// Reads these pages, whose entries begin at `first`, and prepares them as they come.
    pub(crate) fn of(
        mut pages: impl Iterator<Item = Result<Entries, ReplayError>>,
        mut first: Length,
        prepare: impl Fn(Length, Vec<Entries>) -> P,
    ) -> Self {
        let mut made = Made { groups: Vec::new(), failed: None };
        loop {
            let mut group = Vec::with_capacity(TOGETHER);
            for page in pages.by_ref().take(TOGETHER) {
                match page {
                    Ok(page) => group.push(page),
                    Err(error) => made.failed = Some(error),
                }
            }
            if group.is_empty() {
                return made;
            }
            let entries: usize = group.iter().map(Entries::len).sum();
            made.groups.push(prepare(first, group));
            first.0 += entries as u64;
        }
    }

    /// Hands everything over, in order.
    pub(crate) fn taken(self, take: impl FnMut(P) -> Result<(), ReplayError>) -> Result<(), ReplayError> {
        self.groups.into_iter().try_for_each(take)?;
        self.failed.map_or(Ok(()), Err)
    }
}

/// The stretches of a pass: each is claimed once, in order.
struct Stretches {
    all: Range<Length>,
    next: AtomicU64,
}

impl Stretches {
    fn of(all: Range<Length>) -> Self {
        let next = AtomicU64::new(all.start.0 / STRETCH);
        Stretches { all, next }
    }

    fn claim(&self) -> Option<Range<Length>> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let start = Length(number * STRETCH).max(self.all.start);
        let end = Length((number + 1) * STRETCH).min(self.all.end);
        (start < end).then_some(start..end)
    }
}

/// Makes and takes every stretch on this thread.
pub(crate) fn alone<P>(
    all: Range<Length>,
    make: impl Fn(Range<Length>) -> Made<P>,
    mut take: impl FnMut(Range<Length>, Made<P>) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    let stretches = Stretches::of(all);
    std::iter::from_fn(|| stretches.claim()).try_for_each(|stretch| take(stretch.clone(), make(stretch)))
}

/// As [`alone`], with a second thread that makes what it can claim meanwhile.
pub(crate) fn shared<P: Send>(
    all: Range<Length>,
    make: impl Fn(Range<Length>) -> Made<P> + Sync,
    mut take: impl FnMut(Range<Length>, Made<P>) -> Result<(), ReplayError>,
) -> Result<(), ReplayError> {
    let (stretches, make) = (&Stretches::of(all.clone()), &make);
    let claim = move || stretches.claim().map(|stretch| (stretch.clone(), make(stretch)));
    std::thread::scope(|scope| {
        let (hand_over, helped) = sync_channel(AHEAD);
        // Ends when none is left, or nobody takes any more.
        scope.spawn(move || while claim().is_some_and(|claimed| hand_over.send(claimed).is_ok()) {});
        let (mut own, mut next) = (VecDeque::with_capacity(AHEAD), all.start);
        while next < all.end {
            // A helper that is gone too early has panicked, which the scope passes on.
            let Some((stretch, made)) = due(next, &mut own, &helped, claim) else { break };
            next = stretch.end;
            take(stretch, made)?;
        }
        Ok(())
    })
}

/// A stretch, and what came of it.
type Claimed<P> = (Range<Length>, Made<P>);

/// The stretch from `next` on. Both threads claim in order, so it is the first of one of them; while the helper has it
/// and is not ready, this one claims more.
fn due<P>(
    next: Length,
    own: &mut VecDeque<Claimed<P>>,
    helped: &Receiver<Claimed<P>>,
    claim: impl Fn() -> Option<Claimed<P>>,
) -> Option<Claimed<P>> {
    loop {
        if own.front().is_some_and(|(stretch, _)| stretch.start == next) {
            return own.pop_front();
        }
        if let Ok(claimed) = helped.try_recv() {
            return Some(claimed);
        }
        match if own.len() < AHEAD { claim() } else { None } {
            Some(claimed) => own.push_back(claimed),
            None => return helped.recv().ok(),
        }
    }
}
