//! The newest entries' bytes: what the store does not have yet, and a little more.
//!
//! Holds whole rounds, shared with the commit that makes them durable, and forgets the oldest beyond a bound. The
//! rounds that are not durable yet are always here. Left out: what is older, which the store reads.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::store::Batch;
use crate::values::{Length, Sequence};

/// Bytes of entries kept: some 1,000 entries.
const CAPACITY_BYTES: usize = 1 << 20;

/// At most so many rounds are not durable: the one being committed, and the one that waits to be.
const NOT_DURABLE: usize = 2;

/// The newest rounds, in order and without a gap.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    rounds: VecDeque<(Length, Arc<Batch>)>,
    bytes: usize,
}

impl Recent {
    /// Takes the next round, which follows a log of length `expected`.
    pub(crate) fn push(&mut self, expected: Length, batch: Arc<Batch>) {
        self.bytes += size(&batch);
        self.rounds.push_back((expected, batch));
        while self.bytes > CAPACITY_BYTES && self.rounds.len() > NOT_DURABLE {
            if let Some((_, oldest)) = self.rounds.pop_front() {
                self.bytes -= size(&oldest);
            }
        }
    }

    /// The entry's bytes, if it is among the newest. Cost: a binary search over the rounds.
    pub(crate) fn get(&self, sequence: Sequence) -> Option<&[u8]> {
        let after = self.rounds.partition_point(|(first, _)| first.0 <= sequence.get());
        let (first, batch) = self.rounds.get(after.checked_sub(1)?)?;
        let at = usize::try_from(sequence.get() - first.0).ok()?;
        batch.entries.get(at).map(Vec::as_slice)
    }
}

fn size(batch: &Batch) -> usize {
    batch.entries.iter().map(Vec::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Head;

    fn round(entries: &[&[u8]]) -> Arc<Batch> {
        Arc::new(Batch { entries: entries.iter().map(|entry| entry.to_vec()).collect(), head: Head::EMPTY })
    }

    #[test]
    fn finds_what_it_holds_and_forgets_the_oldest() {
        let mut recent = Recent::default();
        assert_eq!(recent.get(Sequence::new(0)), None);
        recent.push(Length(5), round(&[b"five", b"six"]));
        recent.push(Length(7), round(&[b"seven"]));
        let found = (4..=8).map(|at| recent.get(Sequence::new(at)));
        let expected: [Option<&[u8]>; 5] = [None, Some(b"five"), Some(b"six"), Some(b"seven"), None];
        assert!(found.eq(expected));
        let large = vec![0; CAPACITY_BYTES];
        recent.push(Length(8), round(&[&large]));
        assert_eq!(recent.get(Sequence::new(5)), None);
        assert_eq!(recent.get(Sequence::new(7)), Some(&b"seven"[..]), "not durable yet");
        recent.push(Length(9), round(&[b"nine"]));
        assert_eq!(recent.get(Sequence::new(7)), None);
        assert_eq!(recent.get(Sequence::new(9)), Some(&b"nine"[..]));
    }
}
