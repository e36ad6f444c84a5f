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

/// Entries claimed at once, a millisecond of work or more. The page that lies across an end is read twice.
const STRETCH: u64 = 1_024;
/// Pages prepared together: side by side more of them are hashed faster, and so many stay in a processor's own cache.
const TOGETHER: usize = 8;
/// Stretches of either thread that wait to be taken: enough that an entry that takes long to take, as an attestation,
/// stops nobody, and so few that they are still in the processors' caches when their turn comes.
const AHEAD: usize = 3;

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

#[cfg(test)]
mod tests {
    use ledger_core::values::Sequence;

    use super::*;

    /// Entries of a page.
    const PAGE: u64 = 48;

    /// Pages of entries that are their own positions, up to one that is damaged.
    fn pages(
        Range { start, end }: Range<Length>,
        damaged: u64,
    ) -> impl Iterator<Item = Result<Entries, ReplayError>> {
        let mut next = start.0;
        std::iter::from_fn(move || {
            let (first, until) = (next, (next / PAGE + 1) * PAGE);
            next = until.min(end.0);
            if first == damaged {
                next = end.0;
                return Some(Err(refused(first)));
            }
            next = if first < damaged { next.min(damaged) } else { next };
            let entries = (first..next).map(u64::to_le_bytes);
            (first < end.0).then(|| Ok(entries.collect()))
        })
    }

    fn refused(at: u64) -> ReplayError {
        ReplayError::Damaged { sequence: Sequence::new(at), what: "so said".to_owned() }
    }

    /// Passes over these entries, refuses one, and lets either thread sleep now and then. What was taken, and the entry
    /// at which it ended.
    fn passed(all: Range<u64>, damaged: u64, refuses: u64, helped: bool) -> (Vec<u64>, Option<u64>) {
        let mut taken = Vec::new();
        let all = Length(all.start)..Length(all.end);
        let slow = |stretch: &Range<Length>, turn: u64| {
            if stretch.start.0 / STRETCH % 5 == turn {
                std::thread::sleep(std::time::Duration::from_millis(3));
            }
        };
        let make = |stretch: Range<Length>| {
            slow(&stretch, 2);
            let number = |bytes: &[u8]| bytes.try_into().map(u64::from_le_bytes).expect("eight bytes");
            Made::of(pages(stretch.clone(), damaged), stretch.start, move |first, pages| {
                let numbers: Vec<u64> = pages.iter().flat_map(Entries::slices).map(number).collect();
                assert_eq!(numbers.first(), Some(&first.0));
                numbers
            })
        };
        let take = |stretch, made: Made<Vec<u64>>| {
            slow(&stretch, 3);
            made.taken(|numbers| {
                for number in numbers {
                    if number == refuses {
                        return Err(refused(number));
                    }
                    taken.push(number);
                }
                Ok(())
            })
        };
        let ended = if helped { shared(all, make, take) } else { alone(all, make, take) };
        let at = match ended {
            Ok(()) => None,
            Err(ReplayError::Damaged { sequence, .. }) => Some(sequence.get()),
            Err(other) => panic!("{other}"),
        };
        (taken, at)
    }

    #[test]
    fn everything_is_taken_once_and_in_order() {
        for all in [0..0, 0..1, 5..2_048, 2_047..2_049, 3_000..40_001, 0..100 * STRETCH] {
            for helped in [false, true] {
                assert_eq!(passed(all.clone(), u64::MAX, u64::MAX, helped), (all.clone().collect(), None));
            }
        }
    }

    /// What is read or refused ahead changes nothing: the first of both ends the pass, where it stands.
    #[test]
    fn what_comes_first_ends_it() {
        let everywhere = [0, 47, 48, 2_047, 2_048, 10_000, 59_999];
        for (damaged, refuses) in everywhere.iter().flat_map(|one| everywhere.map(|other| (*one, other))) {
            let ends = damaged.min(refuses);
            for helped in [false, true] {
                let found = passed(0..60_000, damaged, refuses, helped);
                assert_eq!(found, ((0..ends).collect(), Some(ends)), "{damaged}, {refuses}");
            }
        }
    }
}
