//! Entries that were read together: one buffer, and each entry a slice of it.
//!
//! The buffer is a page as it was decompressed: for each entry its length and its bytes. Nothing is copied to hand an
//! entry out, and whoever keeps one keeps its page. Every store answers so; left out: where the bytes come from.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Bytes of the length before each entry, little-endian.
const LENGTH_BYTES: usize = 4;

/// Consecutive entries, in order: an iterator over their bytes. Cost: of making one nothing, of each entry a count.
#[derive(Clone, Default)]
pub struct Entries {
    bytes: Arc<Vec<u8>>,
    at: usize,
    left: usize,
}

impl Entries {
    /// The `count` entries of a page: as many as its bytes hold, each with its length before it.
    pub(super) fn of_page(bytes: Vec<u8>, count: usize) -> Entries {
        Entries { bytes: Arc::new(bytes), at: 0, left: count }
    }

    /// How many are left.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether none is left.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The next one, which stays the next one.
    pub fn first(&self) -> Option<&[u8]> {
        self.place().map(|at| &self.bytes[at])
    }

    /// Their bytes, borrowed: nothing is counted, and nothing is used up.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = (self.at, self.left);
        std::iter::from_fn(move || {
            let place = place(&self.bytes, rest)?;
            rest = (place.end, rest.1 - 1);
            Some(&self.bytes[place])
        })
    }

    /// Of these the ones after the first `skip`, at most `limit`. Cost: a step for each one skipped.
    pub(super) fn part(mut self, skip: usize, limit: usize) -> Entries {
        (0..skip).for_each(|_| self.skip_one());
        self.left = self.left.min(limit);
        self
    }

    fn place(&self) -> Option<Range<usize>> {
        place(&self.bytes, (self.at, self.left))
    }

    fn skip_one(&mut self) {
        match self.place() {
            Some(Range { end, .. }) => (self.at, self.left) = (end, self.left - 1),
            None => self.left = 0,
        }
    }
}

/// Where the next entry lies, of those left from there on. A length that does not fit ends them; `page::decode` lets none
/// pass.
fn place(bytes: &[u8], (at, left): (usize, usize)) -> Option<Range<usize>> {
    let rest = bytes.get(at..).filter(|_| left > 0)?;
    let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let start = at + LENGTH_BYTES;
    let length = u32::from_le_bytes(*length) as usize;
    (length <= rest.len()).then_some(start..start + length)
}

impl Iterator for Entries {
    type Item = EntryBytes;

    fn next(&mut self) -> Option<EntryBytes> {
        let at = self.place();
        self.skip_one();
        at.map(|at| EntryBytes { page: Arc::clone(&self.bytes), at })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<E: AsRef<[u8]>> FromIterator<E> for Entries {
    fn from_iter<I: IntoIterator<Item = E>>(entries: I) -> Entries {
        let (mut bytes, mut count) = (Vec::new(), 0);
        for entry in entries {
            push(&mut bytes, entry.as_ref());
            count += 1;
        }
        Entries::of_page(bytes, count)
    }
}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// Adds an entry to a page's bytes, its length before it. No entry is longer than `log::MAX_ENTRY_BYTES`.
pub(super) fn push(page: &mut Vec<u8>, entry: &[u8]) {
    page.extend_from_slice(&(entry.len() as u32).to_le_bytes());
    page.extend_from_slice(entry);
}

/// The exact bytes of one entry. Keeps the page they were read with, of 128 KiB at most; `to_vec` keeps only them.
#[derive(Clone)]
pub struct EntryBytes {
    page: Arc<Vec<u8>>,
    at: Range<usize>,
}

impl Deref for EntryBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.page[self.at.clone()]
    }
}

impl AsRef<[u8]> for EntryBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl<B: AsRef<[u8]> + ?Sized> PartialEq<B> for EntryBytes {
    fn eq(&self, other: &B) -> bool {
        **self == *other.as_ref()
    }
}

impl Eq for EntryBytes {}

impl fmt::Debug for EntryBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: Entries) -> Vec<Vec<u8>> {
        entries.map(|entry| entry.to_vec()).collect()
    }

    #[test]
    fn any_part_of_them_is_handed_out_as_it_was_put_in() {
        let put = [&b"one"[..], b"", b"three"];
        for skip in 0..=4 {
            for limit in 0..=4 {
                let part = put.into_iter().collect::<Entries>().part(skip, limit);
                let expected: Vec<&[u8]> = put.into_iter().skip(skip).take(limit).collect();
                assert_eq!((part.len(), part.is_empty()), (expected.len(), expected.is_empty()));
                assert_eq!(part.first(), expected.first().copied());
                assert_eq!(read(part), expected, "{limit} after {skip}");
            }
        }
    }

    #[test]
    fn lengths_that_do_not_fit_end_them() {
        let whole = [&1_u32.to_le_bytes()[..], b"a", &9_u32.to_le_bytes(), b"too few"].concat();
        for length in 0..=whole.len() {
            let found = read(Entries::of_page(whole[..length].to_vec(), 5));
            assert_eq!(found, if length < 5 { vec![] } else { vec![b"a".to_vec()] }, "{length} bytes");
        }
    }

    #[test]
    fn one_that_is_kept_outlives_the_rest() {
        let mut entries: Entries = ["one", "two"].into_iter().collect();
        let first = entries.next().expect("the first");
        drop(entries);
        assert_eq!(first, "one");
        assert_eq!(format!("{first:?}"), "\"one\"");
    }
}
