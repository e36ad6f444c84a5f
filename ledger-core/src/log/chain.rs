//! The chain: each entry names the BLAKE3 hash of the bytes before it, and its place in the log and in its
//! subject's history.
//!
//! [`Link::next`] says where the next entry stands and [`Link::accept`] takes it: the same state on both sides, so that
//! what is written is what is verified. Anyone can recompute a hash with `b3sum` over the stored bytes. Left
//! out: the Merkle tree (`tree.rs`) and signatures (`note.rs`).

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::entry::{Entry, Plain};
use crate::values::{Hash, Length, Sequence, SubjectVersion, Timestamp};

/// How long the log is, and the hash of its last entry's bytes: what anyone must hold to notice a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Head {
    /// Number of entries.
    pub length: Length,
    /// BLAKE3 of the last entry's bytes; zeros when empty.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty log.
    pub const EMPTY: Head = Head { length: Length(0), hash: Hash::ZERO };
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.length, self.hash)
    }
}

/// The first way in which an entry does not follow those before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {sequence}: {what}")]
pub struct ChainError {
    /// Position at which the entry was found.
    pub sequence: Sequence,
    /// What does not fit, with both values.
    pub what: String,
}

/// Where an entry says that it stands. `S` is the subject's name, borrowed or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<S> {
    /// Position in the log.
    pub sequence: Sequence,
    /// Hash of the entry before.
    pub prev: Hash,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// When it happened.
    pub time: Timestamp,
    /// Whose history it belongs to.
    pub subject: S,
    /// Position in that history.
    pub subject_version: SubjectVersion,
    /// The subject's previous entry.
    pub subject_prev: Option<Sequence>,
}

impl<'e, S: From<&'e str>> Place<S> {
    /// That of an entry.
    pub fn of(entry: &Plain<'e>) -> Self {
        Place {
            sequence: entry.sequence,
            prev: entry.prev,
            recorded_time: entry.recorded_time,
            time: entry.time,
            subject: entry.subject.into(),
            subject_version: entry.subject_version,
            subject_prev: entry.subject_prev,
        }
    }
}

/// Where the next entry goes: the head, the last recorded time, and each subject's last version and position.
/// Memory: one map slot and the name for each subject.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Link {
    head: Head,
    recorded_time: Option<Timestamp>,
    #[serde(with = "crate::ordered")]
    subjects: HashMap<SmolStr, (SubjectVersion, Sequence)>,
}

/// A moment of a [`Link`] that it can be taken back to.
#[derive(Debug)]
pub struct Mark {
    head: Head,
    recorded_time: Option<Timestamp>,
    subjects: Vec<(SmolStr, Option<(SubjectVersion, Sequence)>)>,
}

impl Default for Link {
    fn default() -> Self {
        Link { head: Head::EMPTY, recorded_time: None, subjects: HashMap::new() }
    }
}

impl Link {
    /// The head after the last entry accepted.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Recorded time of the last entry.
    pub fn recorded_time(&self) -> Option<Timestamp> {
        self.recorded_time
    }

    /// The subject's last version and where that entry is; none if it has no history.
    pub fn subject(&self, subject: &str) -> Option<(SubjectVersion, Sequence)> {
        self.subjects.get(subject).copied()
    }

    /// Every subject with its last version and position, in no order.
    pub fn subjects(&self) -> impl Iterator<Item = (&str, SubjectVersion, Sequence)> {
        self.subjects.iter().map(|(name, (version, at))| (name.as_str(), *version, *at))
    }

    /// Where an entry of `subject` that happened and is recorded at these times comes to stand. None when the subject's
    /// history is full.
    pub fn next<'s>(
        &self,
        subject: &'s str,
        time: Timestamp,
        recorded_time: Timestamp,
    ) -> Option<Place<&'s str>> {
        let previous = self.subject(subject);
        let version = previous.map_or(SubjectVersion::default(), |(version, _)| version);
        Some(Place {
            sequence: self.head.length.next_sequence(),
            prev: self.head.hash,
            recorded_time,
            time,
            subject,
            subject_version: version.next()?,
            subject_prev: previous.map(|(_, at)| at),
        })
    }

    /// What must be kept to take back entries of these subjects.
    pub fn mark<'s>(&self, subjects: impl Iterator<Item = &'s str>) -> Mark {
        let subjects = subjects.map(|subject| (subject.into(), self.subject(subject)));
        Mark { head: self.head, recorded_time: self.recorded_time, subjects: subjects.collect() }
    }

    /// Takes back every entry accepted since `mark`, all of whose subjects it names.
    pub fn restore(&mut self, mark: Mark) {
        self.head = mark.head;
        self.recorded_time = mark.recorded_time;
        for (subject, last) in mark.subjects {
            match last {
                Some(last) => self.subjects.insert(subject, last),
                None => self.subjects.remove(&subject),
            };
        }
    }

    /// Accepts `entry`, whose bytes hash to `hash`, as the next one. Cost: one map look-up.
    pub fn extend(&mut self, entry: &Entry, hash: Hash) -> Result<(), ChainError> {
        self.accept(&Place::<&str>::of(&entry.borrowed()), hash)
    }

    /// As [`Link::extend`], of the entry that stands there.
    pub fn accept<S: AsRef<str>>(&mut self, entry: &Place<S>, hash: Hash) -> Result<(), ChainError> {
        let subject = entry.subject.as_ref();
        let expected = self.head.length.next_sequence();
        let wrong = |what| Err(ChainError { sequence: expected, what });
        if entry.sequence != expected {
            return wrong(format!("its sequence says {}", entry.sequence));
        }
        if entry.prev != self.head.hash {
            return wrong(format!(
                "its prev is {}, the entry before hashes to {}",
                entry.prev, self.head.hash
            ));
        }
        if let Some(before) = self.recorded_time
            && entry.recorded_time < before
        {
            return wrong(format!("recorded at {}, before the last entry's {before}", entry.recorded_time));
        }
        if entry.time > entry.recorded_time {
            return wrong(format!(
                "happened at {}, after it was recorded at {}",
                entry.time, entry.recorded_time
            ));
        }
        let next = (entry.subject_version, entry.sequence);
        let (version, prev) = match self.subjects.get_mut(subject) {
            Some(last) => {
                let (version, at) = *last;
                *last = next;
                (version, Some(at))
            }
            None => {
                self.subjects.insert(subject.into(), next);
                (SubjectVersion::default(), None)
            }
        };
        if version.next() != Some(entry.subject_version) || prev != entry.subject_prev {
            return wrong(format!(
                "{subject} has version {} after {version}, and its previous entry is {}, not {}",
                entry.subject_version,
                prev.map_or("none".to_owned(), |at| at.to_string()),
                entry.subject_prev.map_or("none".to_owned(), |at| at.to_string())
            ));
        }
        self.head = Head { length: Length(expected.get() + 1), hash };
        self.recorded_time = Some(entry.recorded_time);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_history_takes_no_entry() {
        let mut link = Link::default();
        let last = |version| (SubjectVersion::new(version).expect("not above the largest"), Sequence::new(9));
        let next = |link: &Link| link.next("national", Timestamp::EPOCH, Timestamp::EPOCH);
        link.subjects.insert("national".into(), last(SubjectVersion::MAX - 1));
        assert_eq!(next(&link).map(|place| place.subject_version.get()), Some(SubjectVersion::MAX));
        link.subjects.insert("national".into(), last(SubjectVersion::MAX));
        assert_eq!(next(&link), None);
    }
}
