//! The index: where each subject's entries are, and what its scores say.
//!
//! Entries of one subject lie scattered over the log. Questions about one subject are answered from its own entries,
//! so that they cost what its history costs and not what the log does; the index says which these are. It is derived,
//! kept as a snapshot between starts, and brought up to date by reading what is new. Memory: some 6 bytes an entry.
//!
//! Beside each position stands whether the entry can change a rating by itself: of a history of thousands, few can.
//! Scores, of which a publication cites dozens, are kept so that they need not be read (`scores.rs`).

use std::collections::BTreeMap;

use hashbrown::HashMap;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::log::Outline;
use ledger_core::values::{Length, Sequence, SubjectVersion};
use ledger_core::{ordered, recorded_trusted};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::log::ReplayError;
use crate::numbers::{put, take};
use crate::scores::{Names, ScoreSaid, Scores};

/// Where entries are, by subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    length: Length,
    #[serde(with = "ordered")]
    streams: HashMap<String, Stream>,
    names: Names,
    /// Evidence withdrawn, and the entries that say so: scores of other subjects may rest on it.
    withdrawn: BTreeMap<Sequence, Sequence>,
}

/// The positions of one subject's entries, ascending: each as the distance from the one before, doubled, and one more
/// where the entry can change a rating (`numbers.rs`). And what its scores say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stream {
    last: u64,
    steps: Vec<u8>,
    scores: Scores,
}

/// The name of the index, of its snapshot and on the command line.
pub(crate) const INDEX: &str = "index";
/// The version of the index's shape.
pub(crate) const INDEX_VERSION: u32 = 2;

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
    )
}

/// An entry as the index takes it, made where its bytes are at hand.
pub(crate) enum Noted {
    /// What it records is not wanted: where it says that it stands, and whose it is.
    Passed { sequence: Sequence, subject: SmolStr, kind: EventKind },
    /// What it records.
    Wanted(Box<Recorded>),
}

impl Noted {
    /// The entry of these bytes at this place. `wants` says of which kinds what they record is wanted, by the index
    /// itself or by somebody else.
    pub(crate) fn of(
        sequence: Sequence,
        bytes: &[u8],
        wants: impl Fn(EventKind) -> bool,
    ) -> Result<Self, ReplayError> {
        let outline = Outline::of(bytes);
        let known = outline.and_then(|outline| Some((outline, EventKind::of_type(outline.event_type)?)));
        match known.filter(|(_, kind)| !Index::wants(*kind) && !wants(*kind)) {
            Some((Outline { sequence, subject, .. }, kind)) => {
                Ok(Noted::Passed { sequence, subject: subject.into(), kind })
            }
            // What is not plain or not known is decoded too, which says what is wrong with it.
            None => {
                let recorded = recorded_trusted(bytes).map_err(|e| ReplayError::record(sequence, &e))?;
                Ok(Noted::Wanted(Box::new(recorded)))
            }
        }
    }

    /// What it records, if that is wanted.
    pub(crate) fn recorded(&self) -> Option<&Recorded> {
        match self {
            Noted::Passed { .. } => None,
            Noted::Wanted(recorded) => Some(recorded),
        }
    }
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
            index.apply(&Noted::of(sequence, bytes, |_| false)?)?;
        }
        index.length = length;
        Ok(index)
    }

    /// How many entries it covers: all before this length.
    pub fn length(&self) -> Length {
        self.length
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

    /// What the subject's score entries before `until` say, in order.
    pub(crate) fn scores<'i>(
        &'i self,
        subject: &Subject,
        until: Length,
    ) -> impl Iterator<Item = ScoreSaid<'i>> {
        let scores = self.streams.get(subject.as_str()).map(|stream| stream.scores.read(&self.names));
        scores.into_iter().flatten().take_while(move |said| until.contains(said.sequence))
    }

    /// The entry that withdrew an item of evidence, if one did before `until`.
    pub(crate) fn withdrawal(&self, evidence: Sequence, until: Length) -> Option<Sequence> {
        self.withdrawn.get(&evidence).copied().filter(|entry| until.contains(*entry))
    }

    fn positions(&self, subject: &str, until: Length) -> impl Iterator<Item = (Sequence, bool)> {
        let steps = self.streams.get(subject).map_or(&[][..], |stream| &stream.steps);
        positions(steps).take_while(move |(sequence, _)| until.contains(*sequence))
    }

    /// Whether more of an entry of this kind is kept than its place, so that it must be decoded.
    fn wants(kind: EventKind) -> bool {
        use EventKind as K;
        matches!(kind, K::ScoreAssigned | K::ScoreChanged | K::ScoreModerated | K::EvidenceWithdrawn)
    }

    /// Takes the next entry. Nothing changes if it is refused.
    pub(crate) fn apply(&mut self, noted: &Noted) -> Result<(), ReplayError> {
        match noted {
            Noted::Passed { sequence, subject, kind } => self.place(*sequence, subject, *kind, None),
            Noted::Wanted(recorded) => {
                let Recorded { sequence, subject, event, .. } = &**recorded;
                self.place(*sequence, subject.as_str(), event.kind(), Some(recorded))
            }
        }
    }

    /// Puts an entry at the end of its subject's history.
    fn place(
        &mut self,
        stated: Sequence,
        subject: &str,
        kind: EventKind,
        recorded: Option<&Recorded>,
    ) -> Result<(), ReplayError> {
        let sequence = self.length.next_sequence();
        let damaged = |what: String| ReplayError::Damaged { sequence, what };
        if stated != sequence {
            return Err(damaged(format!("its sequence says {stated}")));
        }
        let score = recorded.and_then(ScoreSaid::of);
        let Index { streams, names, .. } = self;
        let mut add = |stream: &mut Stream| stream.push(sequence, rates(kind), score.as_ref(), names);
        let added = match streams.get_mut(subject) {
            Some(stream) => add(stream),
            None => add(streams.entry(subject.to_owned()).or_default()),
        };
        added.map_err(|cited| damaged(format!("it cites entry {cited}, which does not stand before it")))?;
        if let Some(Event::EvidenceWithdrawn(event)) = recorded.map(|recorded| &recorded.event) {
            self.withdrawn.insert(event.evidence, sequence);
        }
        self.length = Length(sequence.get() + 1);
        Ok(())
    }
}

impl Stream {
    /// Adds the next entry. Refuses a score that cites what does not stand before it, and says what.
    fn push(
        &mut self,
        sequence: Sequence,
        rates: bool,
        score: Option<&ScoreSaid<'_>>,
        names: &mut Names,
    ) -> Result<(), Sequence> {
        if let Some(score) = score {
            self.scores.push(names, score)?;
        }
        put(&mut self.steps, (sequence.get() - self.last) << 1 | u64::from(rates));
        self.last = sequence.get();
        Ok(())
    }

    /// How many entries before `until` there are, and the last; none if there is none.
    fn end(&self, until: Length) -> Option<(u32, Sequence)> {
        if self.last < until.0 {
            // Each number ends in a byte below 128.
            let entries = self.steps.iter().filter(|byte| **byte < 0x80).count();
            return Some((u32::try_from(entries).ok()?, Sequence::new(self.last)));
        }
        let before = positions(&self.steps).take_while(|(sequence, _)| until.contains(*sequence));
        before.fold(None, |end, (sequence, _)| Some((end.map_or(1, |(entries, _)| entries + 1), sequence)))
    }
}

fn positions(steps: &[u8]) -> impl Iterator<Item = (Sequence, bool)> {
    let mut bytes = steps.iter();
    let mut last = 0;
    std::iter::from_fn(move || {
        let step = take(&mut bytes)?;
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
            let pushed = stream.push(Sequence::new(sequence), rates, None, &mut Names::default());
            assert_eq!(pushed, Ok(()));
        }
        let back: Vec<(u64, bool)> =
            positions(&stream.steps).map(|(sequence, rates)| (sequence.get(), rates)).collect();
        assert_eq!(back, given);
    }
}
