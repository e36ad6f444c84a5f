//! Finding a document in the vault on disk: the index in memory, and the scan of all segments that fills it.
//!
//! Each document takes 12 bytes for its place and 15 to 30 for finding it by the first 8 bytes of its commitment; the
//! rest of the commitment is compared on disk by `disk.rs`.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::VaultError;
use super::files::{at, damaged, next_header, segment_path};
use super::record::{HEADER_BYTES, Header};
use crate::values::Hash;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Empty,
    Live,
    Erased,
}

/// Where a slot's record is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u32,
    pub(super) content_bytes: u32,
    pub(super) segment: u16,
    pub(super) state: State,
}

pub(super) const NOWHERE: Place = Place { offset: 0, content_bytes: 0, segment: 0, state: State::Empty };

/// Finds a slot by commitment.
#[derive(Default)]
pub(super) struct Index {
    pub(super) places: Vec<Place>,
    by_prefix: HashMap<[u8; 8], u32>,
    /// Commitments whose first 8 bytes belong to another: one pair in 10^12 among five million.
    collisions: HashMap<Hash, u32>,
}

impl Index {
    pub(super) fn add(&mut self, header: &Header, place: Place) {
        let slot = header.slot as usize;
        if self.places.len() <= slot {
            self.places.resize(slot + 1, NOWHERE);
        }
        self.places[slot] = place;
        let taken = *self.by_prefix.entry(prefix(&header.commitment)).or_insert(header.slot);
        if taken != header.slot {
            self.collisions.insert(header.commitment, header.slot);
        }
    }

    /// The only slot that can be this commitment's; whether it is, its record says.
    pub(super) fn candidate(&self, commitment: &Hash) -> Option<u32> {
        let slot = self.collisions.get(commitment).or_else(|| self.by_prefix.get(&prefix(commitment)));
        slot.copied()
    }
}

pub(super) fn prefix(commitment: &Hash) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = *commitment.as_bytes();
    [a, b, c, d, e, f, g, h]
}

/// Reads segments in order while opening.
pub(super) struct Scan {
    states: Vec<State>,
    /// The first slot above all that was ever made durable.
    durable_end: u32,
    /// Above every slot used or recorded.
    pub(super) next_slot: u32,
    /// Above every slot recorded so far.
    next_record: u32,
    pub(super) index: Index,
}

impl Scan {
    pub(super) fn new(states: Vec<State>) -> Scan {
        let durable_end =
            states.iter().rposition(|state| *state != State::Empty).map_or(0, |slot| slot + 1) as u32;
        let index = Index { places: Vec::with_capacity(states.len()), ..Index::default() };
        Scan { states, durable_end, next_slot: durable_end, next_record: 0, index }
    }

    /// Indexes the records of one segment and returns where they end. What is torn there is not counted in.
    pub(super) fn segment(&mut self, segments: &Path, number: u16, last: bool) -> Result<u64, VaultError> {
        let path = segment_path(segments, number);
        let file = File::open(&path).map_err(at(&path))?;
        let length = file.metadata().map_err(at(&path))?.len();
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let mut offset = 0;
        while offset < length {
            let header = next_header(&mut reader).map_err(at(&path))?;
            let header = header
                .filter(|header| header.slot >= self.next_record && offset + header.record_bytes() <= length);
            let Some(header) = header else {
                if last && self.durable_end <= self.next_record {
                    return Ok(offset);
                }
                return Err(damaged(&path, offset, "no whole record, and documents after it were durable"));
            };
            self.record(&header, number, offset);
            offset += header.record_bytes();
            let rest = header.record_bytes() as i64 - HEADER_BYTES as i64;
            reader.seek_relative(rest).map_err(at(&path))?;
        }
        Ok(offset)
    }

    fn record(&mut self, header: &Header, segment: u16, offset: u64) {
        self.next_record = header.slot + 1;
        self.next_slot = self.next_slot.max(self.next_record);
        let state = self.states.get(header.slot as usize).copied().unwrap_or(State::Empty);
        if state != State::Empty {
            let place = Place { offset: offset as u32, content_bytes: header.content_bytes, segment, state };
            self.index.add(header, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commitments_with_the_same_beginning_are_told_apart() {
        let mut index = Index::default();
        let mut bytes = [1; 32];
        let header = |slot, commitment| Header {
            slot,
            media_type_bytes: 1,
            content_bytes: 1,
            at_millis: 0,
            commitment,
        };
        let commitments: Vec<Hash> = (0..3)
            .map(|slot| {
                bytes[31] = slot as u8;
                let commitment = Hash::from_bytes(bytes);
                index.add(&header(slot, commitment), NOWHERE);
                commitment
            })
            .collect();
        for (slot, commitment) in (0..).zip(&commitments) {
            assert_eq!(index.candidate(commitment), Some(slot));
        }
        assert_eq!(index.collisions.len(), 2);
    }

    #[test]
    fn the_index_takes_little_memory() {
        assert_eq!(size_of::<Place>(), 12);
        assert_eq!(size_of::<([u8; 8], u32)>(), 12);
    }
}
