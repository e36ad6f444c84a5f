//! Events: what happened, in the past tense, as plain data.
//!
//! Every event is a struct whose JSON form is the `data` of one entry. A type name is `ledger.` + name + `.vN`;
//! a changed shape is a new version beside the old one, never an edit. Sequences name entries; codes and
//! documents stand where text would be. Left out: behaviour. `decide` makes events and `State::apply` takes them.
//!
//! The structs are grouped in files as people speak of them; here are the list, the type names, decoding, and the
//! vocabulary all of them use. Optional fields and empty lists are absent, never null or empty; the canonical form
//! refuses both, so each value has one spelling.

mod accuracy;
mod afterwards;
mod foundation;
mod gathering;
mod indicators;
mod ongoing;
mod programme;
mod proof;
mod publication;
mod scoring;
mod thematic;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::civil::{Date, Holiday, PartialDate, Period};
use super::codes::{
    ActorId, AreaKind, CategoryId, Code, Document, FrameworkId, ItemId, Name, OrganisationId, Origin,
    PriorityId, StatementId, Subject, TagId, Url,
};
use super::framework::{Framework, Percent, Rating, Score};
use super::indicator::{Better, Comparability, Decimal};
use super::risk::{RiskPolicy, RiskRule, Severity};
use super::roles::Role;
use crate::values::{Hash, Sequence};

pub use accuracy::*;
pub use afterwards::*;
pub use foundation::*;
pub use gathering::*;
pub use indicators::*;
pub use ongoing::*;
pub use programme::*;
pub use proof::*;
pub use publication::*;
pub use scoring::*;
pub use thematic::*;

/// Declares the events once: the enum, each type name, decoding by type name, and the list.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Every event there is.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "events are made one at a time and live briefly")]
        pub enum Event {
            $($(#[$doc])* $variant($variant),)*
        }

        /// Which event it is, without its fields.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $variant,)*
        }

        impl EventKind {
            /// The kind of the entries of type `event_type`, if this version knows it. Cost: some ns.
            pub fn of_type(event_type: &str) -> Option<EventKind> {
                match event_type {
                    $(concat!("ledger.", $name, ".v1") => Some(EventKind::$variant),)*
                    _ => None,
                }
            }

            /// Every kind, in the order of this file.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$variant,)*];
        }

        impl Event {
            /// Which event it is.
            pub fn kind(&self) -> EventKind {
                match self {
                    $(Event::$variant(_) => EventKind::$variant,)*
                }
            }

            /// The event's name, such as `score.assigned`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Event::$variant(_) => $name,)*
                }
            }

            /// The event's type, such as `ledger.score.assigned.v1`.
            pub fn event_type(&self) -> &'static str {
                match self {
                    $(Event::$variant(_) => concat!("ledger.", $name, ".v1"),)*
                }
            }

            /// The event of type `event_type` whose fields are the JSON in `data`. Cost: about 1 us.
            pub fn decode(event_type: &str, data: &[u8]) -> Result<Event, EventError> {
                let wrong = |error: serde_json::Error| EventError::Data {
                    event_type: event_type.to_owned(),
                    reason: error.to_string(),
                };
                match event_type {
                    $(concat!("ledger.", $name, ".v1") => {
                        read(data).map(Event::$variant).map_err(wrong)
                    })*
                    unknown => Err(EventError::UnknownType(unknown.to_owned())),
                }
            }

            /// The event's fields as a JSON value.
            pub fn data(&self) -> serde_json::Result<serde_json::Value> {
                match self {
                    $(Event::$variant(event) => serde_json::to_value(event),)*
                }
            }

            /// The event's fields without the enum around them.
            pub fn fields(&self) -> impl Serialize + '_ {
                EventFields(self)
            }

            /// The names of all events, in the order of this file.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The JSON Schema of each event's data, by name.
            pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($name, schemars::schema_for!($variant)),)*]
            }
        }

        /// What [`Event::fields`] returns.
        struct EventFields<'f>(&'f Event);

        impl Serialize for EventFields<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 {
                    $(Event::$variant(event) => event.serialize(serializer),)*
                }
            }
        }

        $(impl From<$variant> for Event {
            fn from(event: $variant) -> Event {
                Event::$variant(event)
            }
        })*
    };
}

/// Why an entry's data is not an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// A type this version does not know.
    #[error("'{0}' is not an event type this version knows")]
    UnknownType(String),
    /// Fields that do not fit the type.
    #[error("the data of {event_type} does not fit: {reason}")]
    Data {
        /// The type.
        event_type: String,
        /// What does not fit.
        reason: String,
    },
}

/// Reads JSON. That it is UTF-8 is seen once for all texts in it, where the decoder would look at each.
fn read<'d, T: Deserialize<'d>>(data: &'d [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(data) {
        Ok(text) => serde_json::from_str(text),
        // Says where.
        Err(_) => serde_json::from_slice(data),
    }
}

events! {
    /// The log began.
    LogFounded = "log.founded",
    /// The ledger's checkpoints are signed with this key.
    KeyIntroduced = "key.introduced",
    /// A key signs no more.
    KeyRetired = "key.retired",
    /// A witness is asked for its cosignature.
    WitnessAdded = "witness.added",
    /// A witness is asked no more.
    WitnessRemoved = "witness.removed",
    /// Where every subject's history ended.
    SubjectsAttested = "subjects.attested",
    /// An actor may act in these roles from now on.
    ActorEnrolled = "actor.enrolled",
    /// An actor may no longer act.
    ActorRevoked = "actor.revoked",
    /// An area became known.
    AreaRegistered = "area.registered",
    /// An organisation belongs to the area.
    AreaOrganisationAdded = "area.organisation-added",
    /// An organisation no longer belongs to the area.
    AreaOrganisationRemoved = "area.organisation-removed",
    /// An area was succeeded, or succeeds another: one entry in each area's history.
    AreaSucceeded = "area.succeeded",
    /// A framework version may be used.
    FrameworkAdopted = "framework.adopted",
    /// The Secretary of State approved a framework's methodology.
    MethodologyApproved = "methodology.approved",
    /// Ratings may be given to a kind of subject.
    RatingsAuthorised = "ratings.authorised",
    /// Priorities were set.
    PrioritiesSet = "priorities.set",
    /// Priorities set earlier bind from now on.
    PrioritiesPublished = "priorities.published",
    /// No assessment of this kind of subject may be opened or published.
    ProgrammePaused = "programme.paused",
    /// The pause ended.
    ProgrammeResumed = "programme.resumed",
    /// Bank holidays became known or moved.
    HolidayProclaimed = "holiday.proclaimed",
    /// A version of the risk policy applies.
    RiskPolicyAdopted = "risk-policy.adopted",
    /// An assessment began.
    AssessmentOpened = "assessment.opened",
    /// An organisation was asked for evidence.
    EvidenceRequested = "evidence.requested",
    /// A request ended.
    EvidenceRequestClosed = "evidence.request-closed",
    /// Evidence was submitted.
    EvidenceSubmitted = "evidence.submitted",
    /// Evidence no longer counts.
    EvidenceWithdrawn = "evidence.withdrawn",
    /// A document's content was destroyed.
    DocumentErased = "document.erased",
    /// Evidence may be used for another subject, or was given to a partner: an entry in both histories.
    EvidenceShared = "evidence.shared",
    /// A statement got its first score in an assessment.
    ScoreAssigned = "score.assigned",
    /// A score was replaced.
    ScoreChanged = "score.changed",
    /// A panel confirmed or set a score.
    ScoreModerated = "score.moderated",
    /// A draft went out for its factual accuracy check.
    DraftShared = "draft.shared",
    /// A recipient challenged the draft.
    AccuracyChallenged = "accuracy.challenged",
    /// A recipient confirmed the draft.
    AccuracyConfirmed = "accuracy.confirmed",
    /// The window for challenges was extended.
    AccuracyExtended = "accuracy.extended",
    /// A challenge was decided.
    AccuracyDecided = "accuracy.decided",
    /// A recorded fact was corrected.
    CorrectionRecorded = "correction.recorded",
    /// Findings were published.
    FindingsPublished = "findings.published",
    /// A rating was published.
    RatingPublished = "rating.published",
    /// A published result was withdrawn.
    RatingWithdrawn = "rating.withdrawn",
    /// A review of a published result was requested.
    ReviewRequested = "review.requested",
    /// A review was decided.
    ReviewDecided = "review.decided",
    /// An assessment ended.
    AssessmentClosed = "assessment.closed",
    /// A result published elsewhere was transcribed.
    RatingTranscribed = "rating.transcribed",
    /// A concern was raised.
    ConcernRaised = "concern.raised",
    /// A concern was resolved.
    ConcernResolved = "concern.resolved",
    /// A risk rule fired.
    AssessmentTriggered = "assessment.triggered",
    /// What a trigger asked for was done or decided against.
    TriggerDischarged = "trigger.discharged",
    /// An indicator may be observed.
    IndicatorDefined = "indicator.defined",
    /// A figure of an indicator became known.
    IndicatorObserved = "indicator.observed",
    /// Resources and context of an area became known.
    ContextRecorded = "context.recorded",
    /// A concern was put to the body accountable.
    ConcernEscalated = "concern.escalated",
    /// The body accountable answered.
    EscalationAnswered = "escalation.answered",
    /// It was decided whether to notify the Secretary of State, or to escalate.
    NoticeIssued = "notice.issued",
    /// An improvement summit was held.
    SummitHeld = "summit.held",
    /// An action plan was published.
    ActionPlanPublished = "action-plan.published",
    /// Progress on an action was reported.
    ActionProgressed = "action.progressed",
    /// Support was offered.
    SupportOffered = "support.offered",
    /// An intervention was recorded.
    InterventionRecorded = "intervention.recorded",
    /// A thematic review began.
    ThematicReviewOpened = "thematic-review.opened",
    /// A thematic review found something about a subject.
    FindingRecorded = "finding.recorded",
    /// A thematic report was published.
    ThematicReportPublished = "thematic-report.published",
}
