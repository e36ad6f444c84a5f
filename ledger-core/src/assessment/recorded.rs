//! An event as it stands in the log: where, when, by whom.
//!
//! What rules and projections read. [`Recorded::valid_from`] is the one place that says from which day an event
//! counts. Left out: hashes and spelling (`log/`).

use super::civil::{Date, PartialDate};
use super::codes::{ActorId, Subject};
use super::event::{Event, RatingTranscribed};
use crate::values::{Sequence, SubjectVersion, Timestamp};

/// Who an entry is by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// An actor.
    Actor(ActorId),
    /// The ledger itself, recording a stated consequence.
    System,
}

impl std::fmt::Display for Author {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Author::Actor(actor) => actor.fmt(f),
            Author::System => f.write_str("system"),
        }
    }
}

/// An event with its place, its two times and its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Position in the log.
    pub sequence: Sequence,
    /// Whose history it belongs to.
    pub subject: Subject,
    /// Position in that history.
    pub subject_version: SubjectVersion,
    /// When it happened.
    pub time: Timestamp,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// Who it is by.
    pub author: Author,
    /// What happened.
    pub event: Event,
}

impl Recorded {
    /// The first day on which the event counts: its effective date where it has one, else the London date of
    /// `time`.
    pub fn valid_from(&self) -> Date {
        let happened = Date::in_london(self.time);
        match &self.event {
            Event::AreaRegistered(event) => event.effective_from.unwrap_or(happened),
            Event::AreaOrganisationAdded(event) => event.effective_from.unwrap_or(happened),
            Event::AreaOrganisationRemoved(event) => event.effective_from.unwrap_or(happened),
            Event::AreaSucceeded(event) => event.effective_from,
            Event::FrameworkAdopted(event) => event.framework.effective_from,
            Event::MethodologyApproved(event) => event.effective_from.unwrap_or(happened),
            Event::RatingsAuthorised(event) => event.effective_from.unwrap_or(happened),
            Event::ProgrammePaused(event) => event.effective_from.unwrap_or(happened),
            Event::ProgrammeResumed(event) => event.effective_from.unwrap_or(happened),
            Event::RiskPolicyAdopted(event) => event.policy.effective_from,
            Event::ContextRecorded(event) => event.effective_from.unwrap_or(happened),
            Event::ThematicReviewOpened(event) => event.effective_from.unwrap_or(happened),
            Event::IndicatorObserved(event) => event.period.to.min(happened),
            Event::RatingTranscribed(event) => transcribed_from(event, self.recorded_time),
            _ => happened,
        }
    }
}

/// The day from which a transcribed result counts: the last day of its printed date. An undated result, and
/// one whose last day lies after the recording, counts from the day it was recorded.
pub fn transcribed_from(transcribed: &RatingTranscribed, recorded: Timestamp) -> Date {
    counts_from(transcribed.effective_from, Date::in_london(recorded))
}

/// As [`transcribed_from`], from the printed date and the London day on which the result was recorded. A corrected
/// date is held against the day of the result, not of its correction.
pub fn counts_from(printed: Option<PartialDate>, recorded: Date) -> Date {
    printed.map_or(recorded, |date| date.last_day().min(recorded))
}
