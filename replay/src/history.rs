//! A subject's own history: every entry of it. The changes of its rating with their causes are in `timeline.rs`.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::framework::{Percent, Rating};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::log::Head;
use ledger_core::values::{Hash, Length, Sequence, SubjectVersion, Timestamp};
use serde::Serialize;

use crate::clocks::KnownAt;
use crate::index::rates;
use crate::log::{Log, Reading, ReplayError};
use crate::projection::Projection;
use crate::register::Register;
use crate::scope::scoped;
use crate::summary::summary;

/// A subject's readings with the register as known at the same moment.
#[derive(Debug, Clone)]
pub struct SubjectHistory {
    /// The subject.
    pub subject: Subject,
    /// Its entries, oldest first.
    pub readings: Vec<Reading>,
    /// Its results and area, those of the areas it follows, and the frameworks. Of other subjects nothing.
    pub register: Register,
    /// The head as known at that moment.
    pub head: Head,
}

/// An entry of a history, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryLine {
    /// Position in the log.
    pub sequence: Sequence,
    /// BLAKE3 of the entry.
    pub hash: Hash,
    /// Position in the subject's history.
    pub version: u32,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// The first day it counts, as known: of a result its day as corrected, of a correction the first day of what it
    /// corrects.
    pub valid_from: Date,
    /// Who it is by.
    pub author: String,
    /// The event's name.
    pub event: String,
    /// What happened.
    pub summary: String,
    /// The rating after it, where it changed the rating then in force.
    pub rating: Option<RatingChange>,
}

/// A rating in force after an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RatingChange {
    /// Percentage.
    pub percent: Option<Percent>,
    /// Rating.
    pub rating: Option<Rating>,
}

impl SubjectHistory {
    /// Reads the history of one subject. Cost: a page for each entry of it at most, once the index is up to date.
    pub fn read(
        log: &Log,
        subject: &Subject,
        known_at: KnownAt,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<Self, ReplayError> {
        let index = log.index(progress)?;
        let until = log.known(known_at)?;
        let readings = log.at(&index.of(subject, until))?;
        let register = scoped(log, &index, subject, until)?;
        Ok(SubjectHistory { subject: subject.clone(), readings, register, head: log.head_at(until)? })
    }

    /// Every entry in one line each. An entry that changed the rating in force on its own recorded day carries
    /// the rating after it. Cost: one rating for each entry that can change one; these are few.
    pub fn lines(&self) -> Vec<HistoryLine> {
        let mut register = self.with_frameworks_alone();
        let mut before = None;
        let mut lines = Vec::with_capacity(self.readings.len());
        for reading in &self.readings {
            register.apply(&reading.recorded);
            let recorded = &reading.recorded;
            let after = if rates(recorded.event.kind()) { self.rated(&register, recorded) } else { before };
            lines.push(HistoryLine {
                sequence: recorded.sequence,
                hash: reading.hash,
                version: SubjectVersion::get(recorded.subject_version),
                recorded_time: recorded.recorded_time,
                valid_from: self.counts_from(recorded),
                author: recorded.author.to_string(),
                event: recorded.event.name().to_owned(),
                summary: summary(&recorded.event),
                rating: if after == before {
                    None
                } else {
                    after.or(Some(RatingChange { percent: None, rating: None }))
                },
            });
            before = after;
        }
        lines
    }

    /// A register before the first entry, with every framework that is known.
    pub(crate) fn with_frameworks_alone(&self) -> Register {
        let mut register = Register::default();
        self.register.frameworks().for_each(|framework| register.adopt(framework.clone()));
        register
    }

    /// The first day an entry counts. A correction of a date reaches back to the earlier of both.
    fn counts_from(&self, recorded: &Recorded) -> Date {
        let known = |sequence: Sequence| self.register.counts_from(&self.subject, sequence);
        let day = recorded.valid_from();
        match &recorded.event {
            Event::RatingTranscribed(_) => known(recorded.sequence).unwrap_or(day),
            Event::CorrectionRecorded(event) => {
                let place = |reading: &Reading| reading.recorded.sequence;
                let place = self.readings.binary_search_by_key(&event.corrects, place);
                let corrected = place.ok().map(|at| self.readings[at].recorded.valid_from());
                corrected.into_iter().chain(known(event.corrects)).min().unwrap_or(day)
            }
            _ => day,
        }
    }

    /// The rating in force on the day an entry was recorded.
    fn rated(&self, register: &Register, recorded: &Recorded) -> Option<RatingChange> {
        let answer = register.rating(&self.subject, Date::in_london(recorded.recorded_time));
        let change = RatingChange { percent: answer.percent, rating: answer.rating };
        answer.result.is_some().then_some(change)
    }
}
