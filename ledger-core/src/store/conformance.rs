//! One suite for every store: each promise of [`Store`], in memory and on disk. Tests only.
//!
//! A store joins by a [`Harness`] of three functions. Left out: what only one of them has, such as a lock or a
//! head record; that is tested beside it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::memory::FailureMode;
use super::{AppendError, Batch, Store, entries_from};
use crate::log::{Head, MAX_ENTRY_BYTES};
use crate::values::{Hash, Length, Sequence};

/// How a store is made, loses its process, and fails.
pub(crate) trait Harness {
    type Store: Store + 'static;
    /// An empty store.
    fn make(&self) -> Self::Store;
    /// The store after a crash: it was not closed.
    fn reopen(&self, store: Self::Store) -> Self::Store;
    /// Makes the next append fail.
    fn fail_next_append(&self, store: &Self::Store, mode: FailureMode);
}

/// A batch of `entries` on top of `head`.
pub(crate) fn batch<E: AsRef<[u8]>>(head: Head, entries: &[E]) -> Batch {
    let entries: Vec<Vec<u8>> = entries.iter().map(|entry| entry.as_ref().to_vec()).collect();
    let hash = entries.last().map_or(Hash::ZERO, |last| Hash::of(last));
    let length = Length(head.length.0 + entries.len() as u64);
    Batch { entries, head: Head { length, hash } }
}

/// The entry that every test puts at `sequence`: different everywhere, of 150 to 900 bytes.
pub(crate) fn entry(sequence: u64) -> Vec<u8> {
    hex(sequence, 150 + (sequence * 7919 % 750) as usize)
}

/// Text that compresses to a half and no further.
pub(crate) fn hex(seed: u64, bytes: usize) -> Vec<u8> {
    let mut random = vec![0; bytes.div_ceil(2)];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut random);
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    text.into_bytes()[..bytes].to_vec()
}

/// Appends the next `count` entries.
pub(crate) fn append(store: &impl Store, count: u64) {
    let head = store.head();
    let entries: Vec<_> = (head.length.0..head.length.0 + count).map(entry).collect();
    let batch = batch(head, &entries);
    store.append(head.length, &batch).expect("appended");
    assert_eq!(store.head(), batch.head);
}

/// Asserts that the store has exactly the entries of [`entry`] up to `length`.
pub(crate) fn holds(store: &impl Store, length: u64) {
    assert_eq!(store.head().length, Length(length));
    let mut at = 0;
    while at < length {
        let read = store.read(Sequence::new(at), 1000).expect("read");
        assert!(!read.is_empty(), "nothing at {at} of {length}");
        for bytes in read {
            assert_eq!(bytes, entry(at), "entry {at}");
            at += 1;
        }
    }
    assert_eq!(at, length, "read beyond the head");
}

/// Every promise, one after the other.
pub(crate) fn suite<H: Harness>(harness: &H) {
    an_empty_log(harness);
    goes_exactly_at_the_expected_length(harness);
    refuses_what_is_no_batch(harness);
    reads_within_its_limits(harness);
    keeps_large_entries(harness);
    survives_crashes_through_several_sealings(harness);
    guesses_nothing_after_a_failure(harness);
    readers_see_every_entry_while_commits_go_on(harness);
    a_closed_store_opens_again(harness);
}

fn an_empty_log<H: Harness>(harness: &H) {
    let store = harness.make();
    assert_eq!(store.head(), Head::EMPTY);
    for at in [0, 1, Sequence::MAX] {
        assert!(store.read(Sequence::new(at), 10).expect("read").is_empty());
    }
    let store = harness.reopen(store);
    assert_eq!(store.head(), Head::EMPTY);
}

fn goes_exactly_at_the_expected_length<H: Harness>(harness: &H) {
    let store = harness.make();
    append(&store, 3);
    for wrong in [0, 2, 4, 1_000_000] {
        let head = Head { length: Length(wrong), hash: Hash::ZERO };
        let found = store.append(Length(wrong), &batch(head, &[entry(wrong)]));
        let Err(AppendError::WrongLength { expected, actual }) = found else {
            panic!("appended at {wrong}: {found:?}");
        };
        assert_eq!((expected, actual), (Length(wrong), Length(3)));
    }
    holds(&store, 3);
    append(&store, 1);
    holds(&store, 4);
}

fn refuses_what_is_no_batch<H: Harness>(harness: &H) {
    let store = harness.make();
    append(&store, 2);
    let good = batch(store.head(), &[entry(2), entry(3)]);
    let mut empty = good.clone();
    empty.entries.clear();
    let mut wrong_length = good.clone();
    wrong_length.head.length = Length(3);
    let mut wrong_hash = good.clone();
    wrong_hash.head.hash = Hash::of(&entry(2));
    let too_large = batch(store.head(), &[vec![b'x'; MAX_ENTRY_BYTES + 1]]);
    let no_bytes = batch(store.head(), &[b"".to_vec()]);
    for bad in [empty, wrong_length, wrong_hash, too_large, no_bytes] {
        // The store on disk refuses; the one in memory stops the test that made the mistake.
        let found = catch_unwind(AssertUnwindSafe(|| store.append(Length(2), &bad)));
        assert!(matches!(found, Err(_) | Ok(Err(AppendError::Refused(_)))), "{found:?}");
    }
    holds(&store, 2);
    store.append(Length(2), &good).expect("appended after the refusals");
    holds(&harness.reopen(store), 4);
}

fn reads_within_its_limits<H: Harness>(harness: &H) {
    let store = harness.make();
    append(&store, 300);
    for at in [0, 1, 150, 299] {
        for limit in [0, 1, 2, 1000] {
            let read = store.read(Sequence::new(at), limit).expect("read");
            assert!(read.len() <= limit && (limit == 0 || !read.is_empty()), "{} of {limit}", read.len());
            for (offset, bytes) in read.iter().enumerate() {
                assert_eq!(*bytes, entry(at + offset as u64));
            }
        }
    }
    for beyond in [300, 301, Sequence::MAX] {
        assert!(store.read(Sequence::new(beyond), 10).expect("read").is_empty());
    }
}

fn keeps_large_entries<H: Harness>(harness: &H) {
    let mut store = harness.make();
    let large = |seed| hex(seed, MAX_ENTRY_BYTES);
    let commits = [
        vec![large(0)],
        vec![b"small".to_vec(), large(1), b"small".to_vec()],
        vec![large(2), large(3), large(3)],
        vec![b"1".to_vec()],
    ];
    let mut expected: Vec<Vec<u8>> = Vec::new();
    for round in 0..60 {
        for entries in &commits {
            let head = store.head();
            store.append(head.length, &batch(head, entries)).expect("appended");
            expected.extend(entries.iter().cloned());
        }
        if round % 29 == 0 {
            store = harness.reopen(store);
        }
    }
    let read: Vec<_> =
        entries_from(Arc::new(store), Sequence::new(0)).map(|found| found.expect("read").1).collect();
    assert!(read == expected, "large entries came back changed");
}

fn survives_crashes_through_several_sealings<H: Harness>(harness: &H) {
    let mut store = harness.make();
    for commit in 0_u64..450 {
        append(&store, 1 + commit % 3);
        if commit % 83 == 0 {
            let head = store.head();
            store = harness.reopen(store);
            assert_eq!(store.head(), head, "what was acknowledged is there");
        }
    }
    holds(&store, 900);
    append(&store, 2_000);
    (0..17).for_each(|_| append(&store, 15));
    append(&store, 1);
    holds(&store, 3_156);
    holds(&harness.reopen(store), 3_156);
}

fn guesses_nothing_after_a_failure<H: Harness>(harness: &H) {
    for sealing in [false, true] {
        for (mode, stored) in [(FailureMode::Failed, 0), (FailureMode::FailedButStored, 2)] {
            let store = harness.make();
            let before = if sealing { 255 } else { 5 };
            (0..before).for_each(|_| append(&store, 1));
            harness.fail_next_append(&store, mode);
            let head = store.head();
            let next = batch(head, &[entry(before), entry(before + 1)]);
            let failed = store.append(head.length, &next);
            assert!(matches!(failed, Err(AppendError::Unknown(_))), "{failed:?}");
            // Nothing of it is visible, and nothing more is taken, not even the same again.
            holds(&store, before);
            for _ in 0..2 {
                let refused = store.append(head.length, &next);
                assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
            }
            assert!(store.close().is_err());
            let store = harness.reopen(store);
            holds(&store, before + stored);
            append(&store, 1);
            holds(&store, before + stored + 1);
        }
    }
}

fn readers_see_every_entry_while_commits_go_on<H: Harness>(harness: &H) {
    let store = harness.make();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for reader in 0..3 {
            let (store, done) = (&store, &done);
            scope.spawn(move || follow(store, done, reader));
        }
        let finished =
            catch_unwind(AssertUnwindSafe(|| (0..1_600).for_each(|n| append(&store, 1 + n / 7 % 2))));
        done.store(true, Ordering::SeqCst);
        assert!(finished.is_ok());
    });
    let length = store.head().length.0;
    holds(&store, length);
    holds(&harness.reopen(store), length);
}

/// Reads at positions without order, and follows the log from there for a while, until `done`.
fn follow(store: &impl Store, done: &AtomicBool, seed: u64) {
    let mut random = seed;
    while !done.load(Ordering::SeqCst) {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let durable = store.head().length.0;
        // Often near the end, where pages are replaced.
        let window = if random.is_multiple_of(2) { durable.min(300) } else { durable };
        let mut at = durable - window + (random >> 33) % window.max(1);
        for _ in 0..20 {
            let durable = store.head().length.0;
            let read = store.read(Sequence::new(at), 17).expect("read");
            assert!(!read.is_empty() || at >= durable, "nothing at {at}, below the head {durable}");
            for bytes in read {
                assert_eq!(bytes, entry(at), "entry {at}");
                at += 1;
            }
            assert!(at <= store.head().length.0, "read beyond the durable head");
        }
    }
}

fn a_closed_store_opens_again<H: Harness>(harness: &H) {
    let store = harness.make();
    append(&store, 10);
    store.close().expect("closed");
    let head = store.head();
    let refused = store.append(head.length, &batch(head, &[entry(10)]));
    assert!(matches!(refused, Err(AppendError::Refused(_))), "{refused:?}");
    let store = harness.reopen(store);
    append(&store, 1);
    holds(&store, 11);
}
