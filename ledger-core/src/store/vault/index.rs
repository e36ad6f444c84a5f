//! Finding a document in the vault on disk: the index in memory, and the scan of all segments that fills it.
//!
//! Each document takes 12 bytes for its place and 5 to 10 for finding it by the first 4 bytes of its commitment; the
//! rest of the commitment is compared on disk by `disk.rs`. A clean close keeps the index beside the other snapshots, so
//! that the next start scans only what came after; whether a document is live or erased always comes from the keys.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::Path;

use hashbrown::HashTable;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::VaultError;
use super::files::{at, damaged, next_header, read_header, segment_path};
use super::record::{HEADER_BYTES, Header};
use crate::log::Head;
use crate::store::Snapshots;
use crate::values::Hash;

/// The snapshot of the index, and the version of its shape.
const SNAPSHOT: (&str, u32) = ("documents", 1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Empty,
    Live,
    Erased,
}

/// Where a slot's record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) offset: u32,
    /// The first 4 bytes of its commitment.
    prefix: u32,
    pub(super) segment: u16,
    /// Never from a snapshot.
    #[serde(skip)]
    pub(super) state: State,
}

const NOWHERE: Place = Place { offset: 0, prefix: 0, segment: 0, state: State::Empty };

/// Places in a piece: 768 KiB. One list of all would be copied whenever it is full, and take three times as much then.
const PIECE: usize = 1 << 16;

/// The places of all slots, in pieces of one size.
#[derive(Default)]
pub(super) struct Places {
    pieces: Vec<Box<[Place]>>,
    /// How many slots have a place.
    slots: usize,
}

impl Places {
    /// How many slots have a place.
    pub(super) fn len(&self) -> usize {
        self.slots
    }

    /// In order of their slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Place> {
        self.pieces.iter().flatten().take(self.slots)
    }

    fn push(&mut self, place: Place) {
        if self.slots == self.pieces.len() * PIECE {
            self.pieces.push(vec![NOWHERE; PIECE].into());
        }
        let slot = self.slots;
        self.slots += 1;
        self[slot] = place;
    }
}

impl std::ops::Index<usize> for Places {
    type Output = Place;

    fn index(&self, slot: usize) -> &Place {
        &self.pieces[slot / PIECE][slot % PIECE]
    }
}

impl std::ops::IndexMut<usize> for Places {
    fn index_mut(&mut self, slot: usize) -> &mut Place {
        &mut self.pieces[slot / PIECE][slot % PIECE]
    }
}

/// The first places, as a snapshot has them: a list.
struct First<'a>(&'a Places, usize);

impl Serialize for First<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let First(places, slots) = self;
        let mut list = serializer.serialize_seq(Some(*slots))?;
        places.iter().take(*slots).try_for_each(|place| list.serialize_element(place))?;
        list.end()
    }
}

/// Finds a slot by commitment.
#[derive(Default)]
pub(super) struct Index {
    pub(super) places: Places,
    /// The slots, by the prefixes of their commitments. Commitments are hashes, so prefixes spread by themselves.
    slots: HashTable<u32>,
}

impl Index {
    /// Takes the document of a header whose record begins there.
    pub(super) fn add(&mut self, header: &Header, segment: u16, offset: u32, state: State) {
        let slot = header.slot as usize;
        self.extend_to(slot + 1);
        self.places[slot] = Place { offset, prefix: prefix(&header.commitment), segment, state };
        self.find_later(header.slot);
    }

    fn find_later(&mut self, slot: u32) {
        let Index { places, slots } = self;
        let hash = |slot: &u32| spread(places[*slot as usize].prefix);
        slots.insert_unique(hash(&slot), slot, hash);
    }

    /// Makes sure that there are places for so many slots.
    pub(super) fn extend_to(&mut self, slots: usize) {
        while self.places.len() < slots {
            self.places.push(NOWHERE);
        }
    }

    /// The slots that can be this commitment's, most often one; whether one is, its record says.
    pub(super) fn candidates(&self, commitment: &Hash) -> impl Iterator<Item = (u32, Place)> {
        let wanted = prefix(commitment);
        let near = self.slots.iter_hash(spread(wanted)).map(|slot| (*slot, self.places[*slot as usize]));
        near.filter(move |(_, place)| place.prefix == wanted)
    }

    /// Keeps the places of the first `slots` slots for the next start.
    pub(super) fn keep(&self, snapshots: &Snapshots, slots: u32) {
        let (name, version) = SNAPSHOT;
        // A failure costs the next start a scan.
        let _ = snapshots.save(name, version, Head::EMPTY, &First(&self.places, slots as usize));
    }
}

fn prefix(commitment: &Hash) -> u32 {
    let [a, b, c, d, ..] = *commitment.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// The table looks at the first bits and the last ones: fills 64 with 32.
fn spread(prefix: u32) -> u64 {
    u64::from(prefix) << 32 | u64::from(prefix)
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
    /// Segment and offset that were skipped to.
    from: (u16, u64),
}

/// Where the last record of these places ends, and the slot after it; none if the record is not there.
fn end_of(places: &[Place], segments: &Path) -> Option<((u16, u64), u32)> {
    let slot = places.iter().rposition(|place| *place != NOWHERE)?;
    let last = places[slot];
    let slot = slot as u32;
    let file = File::open(segment_path(segments, last.segment)).ok()?;
    let header = read_header(&file, last.offset.into()).ok()??;
    let end = u64::from(last.offset) + header.record_bytes();
    let whole = header.slot == slot && prefix(&header.commitment) == last.prefix;
    let there = file.metadata().ok()?.len() >= end;
    (whole && there).then_some(((last.segment, end), slot + 1))
}

impl Scan {
    pub(super) fn new(states: Vec<State>) -> Scan {
        let durable_end =
            states.iter().rposition(|state| *state != State::Empty).map_or(0, |slot| slot + 1) as u32;
        let (index, from) = (Index::default(), (0, 0));
        Scan { states, durable_end, next_slot: durable_end, next_record: 0, index, from }
    }

    /// Begins with what a snapshot holds, if it fits: every slot of it was durable, and its last record is where it
    /// says. Returns the segment and the offset to go on from.
    pub(super) fn skip_kept(&mut self, snapshots: &Snapshots, segments: &Path) -> (u16, u64) {
        let (name, version) = SNAPSHOT;
        let kept = snapshots.load::<Vec<Place>>(name, version, |_| true);
        let fits = kept.filter(|(_, places)| places.len() <= self.durable_end as usize);
        let Some((_, places)) = fits else { return self.from };
        let Some((from, next_record)) = end_of(&places, segments) else { return self.from };
        for (slot, place) in (0..).zip(places) {
            let state = self.states.get(slot as usize).copied().unwrap_or_default();
            self.index.places.push(Place { state, ..place });
            if state != State::Empty {
                self.index.find_later(slot);
            }
        }
        (self.from, self.next_record) = (from, next_record);
        from
    }

    /// Indexes the records of one segment and returns where they end. What is torn there is not counted in.
    pub(super) fn segment(&mut self, segments: &Path, number: u16, last: bool) -> Result<u64, VaultError> {
        let path = segment_path(segments, number);
        let file = File::open(&path).map_err(at(&path))?;
        let length = file.metadata().map_err(at(&path))?.len();
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let mut offset = if number == self.from.0 { self.from.1 } else { 0 };
        reader.seek(SeekFrom::Start(offset)).map_err(at(&path))?;
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
            self.index.add(header, segment, offset as u32, state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commitments_with_the_same_beginning_are_all_candidates() {
        let mut index = Index::default();
        let mut bytes = [1; 32];
        let header = |slot, commitment| Header {
            slot,
            media_type_bytes: 1,
            content_bytes: 1,
            at_millis: 0,
            commitment,
        };
        for slot in 0..3 {
            bytes[31] = slot as u8;
            index.add(&header(slot, Hash::from_bytes(bytes)), 0, slot, State::Live);
        }
        index.add(&header(7, Hash::of(b"another")), 0, 9, State::Live);
        let mut found: Vec<u32> = index.candidates(&Hash::from_bytes(bytes)).map(|(slot, _)| slot).collect();
        found.sort_unstable();
        assert_eq!(found, [0, 1, 2]);
        assert_eq!(index.candidates(&Hash::of(b"unknown")).count(), 0);
        assert_eq!(index.places[5], NOWHERE);
    }

    #[test]
    fn the_index_takes_little_memory() {
        assert_eq!(size_of::<Place>(), 12);
    }
}
