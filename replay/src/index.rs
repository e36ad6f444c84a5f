//! The index: where each subject's entries are.
//!
//! Entries of one subject lie scattered over the log. Questions about one subject are answered from its own entries,
//! so that they cost what its history costs and not what the log does; the index says which these are. It is derived,
//! kept as a snapshot between starts, and brought up to date by reading what is new. Memory: some 3 bytes an entry.
//!
//! Beside each position stands whether the entry can change a rating by itself: of a history of thousands, few can.

use std::collections::{BTreeMap, HashMap};

use ledger_core::assessment::EventKind;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::EvidenceWithdrawn;
use ledger_core::log::{Entry, Outline};
use ledger_core::ordered;
use ledger_core::values::{Length, Sequence, SubjectVersion};
use serde::{Deserialize, Serialize};

use crate::log::ReplayError;

/// Where entries are, by subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    length: Length,
    #[serde(with = "ordered")]
    streams: HashMap<String, Stream>,
    /// Evidence withdrawn, and the entries that say so: scores of other subjects may rest on it.
    withdrawn: BTreeMap<Sequence, Sequence>,
}

/// The positions of one subject's entries, ascending: each as the distance from the one before, doubled, and one more
/// where the entry can change a rating; seven bits a byte, the lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stream {
    entries: u32,
    last: u64,
    steps: Vec<u8>,
}

/// The name of the index, of its snapshot and on the command line.
pub(crate) const INDEX: &str = "index";
/// The version of the index's shape.
pub(crate) const INDEX_VERSION: u32 = 1;

/// Whether an entry of this kind can change what is answered about a rating. Scores cannot: a publication names those
/// that count.
pub(crate) fn rates(kind: EventKind) -> bool {
    use EventKind as K;
    matches!(
        kind,
        K::AreaRegistered
            | K::AreaOrganisationAdded
            | K::AreaOrganisationRemoved
            | K::AreaSucceeded
            | K::FindingsPublished
            | K::RatingPublished
            | K::RatingTranscribed
            | K::RatingWithdrawn
            | K::ReviewRequested
            | K::ReviewDecided
            | K::CorrectionRecorded
            | K::AssessmentTriggered
            | K::TriggerDischarged
            | K::ContextRecorded
    )
}

impl Index {
    /// The index of some of a log's entries, as if it had `length`.
    pub(crate) fn of_part<'e>(
        entries: impl IntoIterator<Item = (Sequence, &'e [u8])>,
        length: Length,
    ) -> Result<Self, ReplayError> {
        let mut index = Index::default();
        for (sequence, bytes) in entries {
            index.length = Length(sequence.get());
            index.apply(bytes)?;
        }
        index.length = length;
        Ok(index)
    }

    /// How many entries it covers: all before this length.
    pub fn length(&self) -> Length {
        self.length
    }

    /// How many entries a subject has.
    pub fn entries_of(&self, subject: &Subject) -> u32 {
        self.streams.get(subject.as_str()).map_or(0, |stream| stream.entries)
    }

    /// How many subjects have entries.
    pub fn subjects(&self) -> usize {
        self.streams.len()
    }

    /// The subject's entries before `until`, in order.
    pub fn of(&self, subject: &Subject, until: Length) -> Vec<Sequence> {
        self.of_named(subject.as_str(), until).collect()
    }

    /// As [`Index::of`], by name.
    pub(crate) fn of_named(&self, subject: &str, until: Length) -> impl Iterator<Item = Sequence> {
        self.positions(subject, until).map(|(sequence, _)| sequence)
    }

    /// The last entry before `until` of the subject of this name.
    pub(crate) fn last_named(&self, subject: &str, until: Length) -> Option<Sequence> {
        Some(self.streams.get(subject)?.end(until)?.1)
    }

    /// Where each history ended before `until`, in no order: subject, entries, and the position of the last. Cost: a step
    /// for each subject, and for each entry of those that go on.
    pub(crate) fn ends(&self, until: Length) -> impl Iterator<Item = (&str, SubjectVersion, Sequence)> {
        self.streams.iter().filter_map(move |(subject, stream)| {
            let (entries, last) = stream.end(until)?;
            Some((subject.as_str(), SubjectVersion::new(entries)?, last))
        })
    }

    /// Those of them that can change a rating by themselves.
    pub(crate) fn rating(&self, subject: &Subject, until: Length) -> Vec<Sequence> {
        self.positions(subject.as_str(), until)
            .filter(|(_, rates)| *rates)
            .map(|(sequence, _)| sequence)
            .collect()
    }

    /// The entry that withdrew an item of evidence, if one did before `until`.
    pub(crate) fn withdrawal(&self, evidence: Sequence, until: Length) -> Option<Sequence> {
        self.withdrawn.get(&evidence).copied().filter(|entry| until.contains(*entry))
    }

    fn positions(&self, subject: &str, until: Length) -> impl Iterator<Item = (Sequence, bool)> {
        let steps = self.streams.get(subject).map_or(&[][..], |stream| &stream.steps);
        positions(steps).take_while(move |(sequence, _)| until.contains(*sequence))
    }

    /// Takes the next entry's bytes.
    pub(crate) fn apply(&mut self, bytes: &[u8]) -> Result<(), ReplayError> {
        let sequence = self.length.next_sequence();
        if let Some(outline) = Outline::of(bytes) {
            let withdraws = || outline.data().map(<[u8]>::to_vec);
            return self.place(sequence, outline.sequence, outline.subject, outline.event_type, withdraws);
        }
        let entry = Entry::decode_trusted(bytes).map_err(|error| ReplayError::entry(sequence, &error))?;
        self.place(sequence, entry.sequence, &entry.subject, &entry.event_type, || Some(entry.data.clone()))
    }

    fn place(
        &mut self,
        sequence: Sequence,
        stated: Sequence,
        subject: &str,
        event_type: &str,
        data: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Result<(), ReplayError> {
        let damaged = |what: String| ReplayError::Damaged { sequence, what };
        if stated != sequence {
            return Err(damaged(format!("its sequence says {stated}")));
        }
        let Some(kind) = EventKind::of_type(event_type) else {
            return Err(damaged(format!("'{event_type}' is not an event type this version knows")));
        };
        if kind == EventKind::EvidenceWithdrawn {
            let event: EvidenceWithdrawn = serde_json::from_slice(&data().unwrap_or_default())
                .map_err(|error| damaged(error.to_string()))?;
            self.withdrawn.insert(event.evidence, sequence);
        }
        match self.streams.get_mut(subject) {
            Some(stream) => stream.push(sequence, rates(kind)),
            None => self.streams.entry(subject.to_owned()).or_default().push(sequence, rates(kind)),
        }
        self.length = Length(sequence.get() + 1);
        Ok(())
    }
}

impl Stream {
    fn push(&mut self, sequence: Sequence, rates: bool) {
        let mut step = ((sequence.get() - self.last) << 1) | u64::from(rates);
        while step >= 0x80 {
            self.steps.push((step & 0x7f) as u8 | 0x80);
            step >>= 7;
        }
        self.steps.push(step as u8);
        self.last = sequence.get();
        self.entries += 1;
    }

    /// How many entries before `until` there are, and the last; none if there is none.
    fn end(&self, until: Length) -> Option<(u32, Sequence)> {
        if self.last < until.0 {
            return Some((self.entries, Sequence::new(self.last)));
        }
        let before = positions(&self.steps).take_while(|(sequence, _)| until.contains(*sequence));
        before.fold(None, |end, (sequence, _)| Some((end.map_or(1, |(entries, _)| entries + 1), sequence)))
    }
}

fn positions(steps: &[u8]) -> impl Iterator<Item = (Sequence, bool)> {
    let mut bytes = steps.iter();
    let mut last = 0;
    std::iter::from_fn(move || {
        let (mut step, mut shift) = (0_u64, 0);
        loop {
            let byte = *bytes.next()?;
            step |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
            shift += 7;
        }
        last += step >> 1;
        Some((Sequence::new(last), step & 1 == 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_read_back() {
        let mut stream = Stream::default();
        let given = [(0, true), (1, false), (64, false), (65, true), (8_256, false), (9_000_000_000, true)];
        for (sequence, rates) in given {
            stream.push(Sequence::new(sequence), rates);
        }
        let back: Vec<(u64, bool)> =
            positions(&stream.steps).map(|(sequence, rates)| (sequence.get(), rates)).collect();
        assert_eq!(back, given);
    }
}
