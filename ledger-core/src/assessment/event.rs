//! Events: what happened, in the past tense, as plain data.
//!
//! Every event is a struct whose JSON form is the `data` of one entry. A type name is `ledger.` + name + `.vN`;
//! a changed shape is a new version beside the old one, never an edit. Sequences name entries; codes and
//! documents stand where text would be. Left out: behaviour. `decide` makes events and `State::apply` takes them.
//!
//! Optional fields and empty lists are absent, never null or empty; the canonical form refuses both, so each
//! value has one spelling.

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

/// Declares the events once: the enum, each type name, decoding by type name, and the list.
macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// Every event there is.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "events are made one at a time and live briefly")]
        pub enum Event {
            $($(#[$doc])* $variant($variant),)*
        }

        impl Event {
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
                        serde_json::from_slice(data).map(Event::$variant).map_err(wrong)
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

            /// The names of all events, in the order of this file.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The JSON Schema of each event's data, by name.
            pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($name, schemars::schema_for!($variant)),)*]
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

events! {
    /// The log began.
    LogFounded = "log.founded",
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

/// What a ledger is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A system of record.
    Record,
    /// An example with invented areas and bodies; every output says so.
    Example,
}

/// Which clock a ledger records by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// The machine's clock.
    System,
    /// Each command states its recorded time; every output says so.
    Simulated,
}

/// `log.founded` \[ledger\]: the first entry, which also enrols the first operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogFounded {
    /// Host-like name, unique and fixed for ever; the entry attribute `source` is `https://` and this.
    pub origin: Origin,
    /// Version of the log format: 1.
    pub format: u32,
    /// Which clock the ledger records by.
    pub clock: ClockKind,
    /// What the ledger is kept for.
    pub purpose: Purpose,
    /// The first operator.
    pub operator: ActorId,
}

/// `actor.enrolled` \[actor/ID\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorEnrolled {
    /// Roles, replacing any earlier ones.
    pub roles: Vec<Role>,
    /// The organisation the actor belongs to; absent for the regulator's own.
    pub organisation: Option<OrganisationId>,
    /// Ed25519 public key, 64 hexadecimal digits.
    pub public_key: Option<Hash>,
}

/// `actor.revoked` \[actor/ID\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorRevoked {
    /// The actor, as in the subject.
    pub actor: ActorId,
    /// Why, as a document.
    pub reason: Option<Document>,
}

/// An organisation of an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Id, such as `board/E54000055`.
    pub id: OrganisationId,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its name.
    pub name: Name,
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationKind {
    /// Integrated care board.
    Board,
    /// Integrated care partnership.
    Partnership,
    /// Local authority.
    Authority,
    /// Registered provider.
    Provider,
    /// Another body of the National Health Service.
    NhsBody,
}

/// `area.registered` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaRegistered {
    /// Its name.
    pub name: Name,
    /// First day; unknown while absent.
    pub effective_from: Option<Date>,
    /// Last day; open while absent.
    pub effective_to: Option<Date>,
    /// Code of the Organisation Data Service, an alias at the terminal.
    pub ods: Option<Code>,
    /// The areas it lies in: regions, or a place's system.
    #[serde(default)]
    pub within: Vec<Subject>,
    /// Its organisations.
    #[serde(default)]
    pub organisations: Vec<Organisation>,
    /// Where this is published.
    pub source: Option<Url>,
}

/// `area.organisation-added` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaOrganisationAdded {
    /// The organisation.
    pub organisation: Organisation,
    /// First day it belongs; the day of `time` while absent.
    pub effective_from: Option<Date>,
}

/// `area.organisation-removed` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaOrganisationRemoved {
    /// The organisation.
    pub organisation: OrganisationId,
    /// First day it no longer belongs; the day of `time` while absent.
    pub effective_from: Option<Date>,
}

/// `area.succeeded` \[the area\]: in the predecessor's history with its successors, in each successor's with its
/// predecessor. A successor inherits no rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaSucceeded {
    /// The area that ends.
    pub predecessor: Subject,
    /// The areas that follow it.
    pub successors: Vec<Subject>,
    /// First day of the successors.
    pub effective_from: Date,
}

/// `framework.adopted` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameworkAdopted {
    /// The definition, whole.
    pub framework: Framework,
    /// What the definition assumes beyond its published source.
    pub assumptions: Option<Document>,
}

/// `methodology.approved` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MethodologyApproved {
    /// The framework approved.
    pub framework: FrameworkId,
    /// Day of the approval; the day of `time` while absent.
    pub effective_from: Option<Date>,
    /// Where the approval is published.
    pub source: Option<Url>,
}

/// `ratings.authorised` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingsAuthorised {
    /// The kind of subject that may be rated.
    pub kind: AreaKind,
    /// First day; the day of `time` while absent.
    pub effective_from: Option<Date>,
    /// Where the authorisation is published.
    pub source: Option<Url>,
}

/// A priority of the Secretary of State.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Priority {
    /// Id.
    pub id: PriorityId,
    /// Its wording.
    pub text: Option<Document>,
}

/// `priorities.set` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrioritiesSet {
    /// The kind of subject they concern.
    pub kind: AreaKind,
    /// The priorities, replacing those set but not yet published.
    pub priorities: Vec<Priority>,
}

/// `priorities.published` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrioritiesPublished {
    /// The kind of subject they concern.
    pub kind: AreaKind,
    /// The priorities that bind from now on.
    pub priorities: Vec<PriorityId>,
    /// Where they are published.
    pub source: Option<Url>,
}

/// `programme.paused` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammePaused {
    /// The kind of subject whose assessments pause.
    pub kind: AreaKind,
    /// First day of the pause; the day of `time` while absent.
    pub effective_from: Option<Date>,
    /// Where the pause is published.
    pub source: Option<Url>,
}

/// `programme.resumed` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgrammeResumed {
    /// The kind of subject whose assessments resume.
    pub kind: AreaKind,
    /// First day without the pause; the day of `time` while absent.
    pub effective_from: Option<Date>,
}

/// `holiday.proclaimed` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HolidayProclaimed {
    /// Bank holidays added.
    #[serde(default)]
    pub holidays: Vec<Holiday>,
    /// Days that are no longer bank holidays.
    #[serde(default)]
    pub removed: Vec<Date>,
    /// The last year whose holidays are all known.
    pub last_year: i32,
    /// Where they are published.
    pub source: Option<Url>,
}

/// `risk-policy.adopted` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskPolicyAdopted {
    /// The policy, whole.
    pub policy: RiskPolicy,
}

/// Where in the programme an assessment belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// A trial of the method.
    Pilot,
    /// Phase one: a national view without formal force.
    Baseline,
    /// A formal assessment of a whole subject.
    Formal,
    /// After the first: as risk asks.
    Ongoing,
}

impl Phase {
    /// Whether the phase needs an approved methodology.
    pub fn needs_approval(self) -> bool {
        matches!(self, Phase::Formal | Phase::Ongoing)
    }
}

/// Why an assessment was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpeningCause {
    /// The programme's schedule.
    Schedule,
    /// A trigger.
    Trigger,
    /// A request of government.
    Request,
}

/// `assessment.opened` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentOpened {
    /// The method.
    pub framework: FrameworkId,
    /// Where in the programme it belongs.
    pub phase: Phase,
    /// Statements in scope.
    pub statements: Vec<StatementId>,
    /// Why.
    pub cause: OpeningCause,
    /// The trigger, if that is the cause.
    pub trigger: Option<Sequence>,
}

/// `evidence.requested` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRequested {
    /// The assessment it is for; absent outside one.
    pub assessment: Option<Sequence>,
    /// The statement it concerns.
    pub statement: StatementId,
    /// The category of evidence wanted.
    pub category: CategoryId,
    /// Who is asked.
    pub organisation: OrganisationId,
    /// The period it should cover.
    pub period: Option<Period>,
    /// When the answer is due.
    pub due: Date,
    /// What is wanted.
    pub description: Option<Document>,
    /// Why it is asked although held or asked already.
    pub again: Option<Document>,
    /// The trigger it answers.
    pub trigger: Option<Sequence>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestOutcome {
    /// Evidence was submitted.
    Answered,
    /// The organisation declined.
    Declined,
    /// Nothing came.
    Lapsed,
}

/// `evidence.request-closed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRequestClosed {
    /// The request.
    pub request: Sequence,
    /// How it ended.
    pub outcome: RequestOutcome,
    /// The evidence that answers it.
    pub answer: Option<Sequence>,
    /// Why it ended otherwise.
    pub reason: Option<Document>,
}

/// How evidence came to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wave {
    /// Already held.
    Held,
    /// Asked for.
    Requested,
    /// Actively collected.
    Collected,
}

/// Where evidence was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// On site.
    OnSite,
    /// Off site.
    OffSite,
}

/// What kind of source evidence has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// People who use services, their families and carers.
    People,
    /// Staff or leaders.
    Staff,
    /// An organisation of the area or a partner.
    Organisation,
    /// The regulator's own observation.
    Regulator,
    /// A published data set.
    DataSet,
}

/// A published result, segment or survey, where the evidence is one. Provider ratings inform a score and never
/// determine it; a segment runs from 1 (best) to 4, a score from 4 (best) to 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceResult {
    /// A provider's published rating.
    ProviderRating {
        /// The provider.
        provider: OrganisationId,
        /// Its rating.
        rating: Rating,
        /// Date of the rating, as printed.
        published: Option<PartialDate>,
    },
    /// A result in this ledger of one of the area's own authorities or providers.
    PartnerResult {
        /// The publication or transcription.
        entry: Sequence,
    },
    /// A segment of the NHS Oversight Framework: 1 is best.
    OversightSegment {
        /// The body.
        organisation: OrganisationId,
        /// The segment, 1 to 4.
        segment: u8,
    },
    /// A survey.
    Survey {
        /// The question's code.
        question: Code,
        /// People invited.
        invited: Option<u64>,
        /// People who answered.
        respondents: u64,
    },
}

/// `evidence.submitted` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSubmitted {
    /// The assessment it was gathered for; absent outside one.
    pub assessment: Option<Sequence>,
    /// Statements it bears on.
    pub statements: Vec<StatementId>,
    /// Category.
    pub category: CategoryId,
    /// How it came to be held.
    pub wave: Wave,
    /// Where it was gathered.
    pub site: Site,
    /// What kind of source it has.
    pub source: SourceKind,
    /// The organisation it comes from.
    pub organisation: Option<OrganisationId>,
    /// The period it covers.
    pub period: Option<Period>,
    /// Purposes, topics and duties it bears on.
    #[serde(default)]
    pub tags: Vec<TagId>,
    /// The request it answers.
    pub answers: Option<Sequence>,
    /// A result, segment or survey, where it is one.
    pub result: Option<EvidenceResult>,
    /// Where it is published.
    pub reference: Option<Url>,
    /// Its documents.
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// `evidence.withdrawn` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceWithdrawn {
    /// The evidence.
    pub evidence: Sequence,
    /// Why.
    pub reason: Document,
}

/// `document.erased` \[the subject of the entry that cites it\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentErased {
    /// The commitment whose document is destroyed.
    pub commitment: Hash,
    /// An entry that cites it.
    pub cited_by: Sequence,
    /// The legal basis, such as `uk-gdpr-article-17`.
    pub legal_basis: Code,
}

/// `evidence.shared` \[both subjects; the evidence's own when shared with an organisation\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceShared {
    /// The evidence.
    pub evidence: Sequence,
    /// The subject whose evidence it is.
    pub from: Subject,
    /// The subject it may serve.
    pub subject: Option<Subject>,
    /// The partner it was given to.
    pub organisation: Option<OrganisationId>,
    /// What for.
    pub purpose: Code,
}

/// `score.assigned` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreAssigned {
    /// The assessment.
    pub assessment: Sequence,
    /// The statement.
    pub statement: StatementId,
    /// The category, under a category method.
    pub category: Option<CategoryId>,
    /// The score.
    pub score: Score,
    /// The evidence it rests on, at most 200.
    pub evidence: Vec<Sequence>,
    /// Why.
    pub rationale: Option<Document>,
}

/// Why a score changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeCause {
    /// The assessor looked again.
    Reconsidered,
    /// An accepted challenge.
    Challenge,
    /// A ratings review.
    Review,
}

/// `score.changed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreChanged {
    /// The assessment.
    pub assessment: Sequence,
    /// The statement.
    pub statement: StatementId,
    /// The category, under a category method.
    pub category: Option<CategoryId>,
    /// The score entry it replaces.
    pub replaces: Sequence,
    /// The score.
    pub score: Score,
    /// The evidence it rests on.
    pub evidence: Vec<Sequence>,
    /// Why it changed.
    pub cause: ChangeCause,
    /// The decision on the challenge or review, if that is the cause.
    pub decision: Option<Sequence>,
    /// Why.
    pub rationale: Option<Document>,
}

/// `score.moderated` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreModerated {
    /// The assessment.
    pub assessment: Sequence,
    /// The statement.
    pub statement: StatementId,
    /// The category, under a category method.
    pub category: Option<CategoryId>,
    /// The score entry moderated.
    pub moderates: Sequence,
    /// The score the panel gives: the same or another.
    pub score: Score,
    /// The panel's members.
    #[serde(default)]
    pub panel: Vec<ActorId>,
    /// Why.
    pub rationale: Option<Document>,
}

/// `draft.shared` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftShared {
    /// The assessment.
    pub assessment: Sequence,
    /// Organisations it went to.
    pub recipients: Vec<OrganisationId>,
    /// Date on the letter.
    pub letter: Date,
    /// Date of the email, from which the window counts.
    pub emailed: Date,
    /// Last day of the window, London time.
    pub closes: Date,
    /// The score entries the draft shows.
    pub scores: Vec<Sequence>,
    /// The draft.
    pub document: Option<Document>,
}

/// The grounds of a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// (a) Typographical or numerical.
    Typographical,
    /// (b) Information believed inaccurate at the time.
    Inaccurate,
    /// (c) Omission.
    Omission,
}

/// `accuracy.challenged` \[the subject\]: one comment, which gets its own outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccuracyChallenged {
    /// The draft.
    pub draft: Sequence,
    /// Who comments.
    pub organisation: OrganisationId,
    /// On which ground.
    pub ground: Ground,
    /// The statement it concerns.
    pub statement: Option<StatementId>,
    /// The comment.
    pub comment: Document,
    /// Evidence about the position at the time.
    #[serde(default)]
    pub evidence: Vec<Sequence>,
    /// Documents about the position at the time.
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// `accuracy.confirmed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccuracyConfirmed {
    /// The draft.
    pub draft: Sequence,
    /// Who confirms.
    pub organisation: OrganisationId,
}

/// `accuracy.extended` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccuracyExtended {
    /// The draft.
    pub draft: Sequence,
    /// New last day of the window.
    pub closes: Date,
    /// Why.
    pub reason: Document,
}

/// What became of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChallengeOutcome {
    /// Rejected.
    Rejected,
    /// Accepted; the text changes.
    TextChanged,
    /// Accepted; a score changes.
    ScoreChanged,
}

/// `accuracy.decided` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccuracyDecided {
    /// The challenge.
    pub challenge: Sequence,
    /// What became of it.
    pub outcome: ChallengeOutcome,
    /// Why.
    pub reason: Document,
}

/// `correction.recorded` \[the subject of the entry corrected\]. Values are spelled as in the entry's JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRecorded {
    /// The entry whose fact was wrong.
    pub corrects: Sequence,
    /// What was wrong; one of the correctable fields of that event.
    pub field: CorrectableField,
    /// The statement, when a transcribed score was wrong.
    pub statement: Option<StatementId>,
    /// The value that stood; absent if none did.
    pub was: Option<FieldValue>,
    /// The value that stands; absent if none does.
    pub now: Option<FieldValue>,
    /// The accepted challenge's decision, if one led to this.
    pub decision: Option<Sequence>,
    /// Why, and from what source.
    pub reason: Option<Document>,
}

/// The closed list of fields a correction may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CorrectableField {
    /// A transcribed statement score.
    Score,
    /// A transcribed rating.
    Rating,
    /// A transcribed percentage.
    Percent,
    /// The printed date of a transcription.
    EffectiveFrom,
    /// The source of a transcription.
    Source,
    /// The category of evidence.
    Category,
    /// The period of evidence.
    Period,
    /// The published address of evidence.
    Reference,
    /// The name of an area.
    Name,
}

impl CorrectableField {
    /// Every field, in the order above.
    pub const ALL: [CorrectableField; 9] = [
        CorrectableField::Score,
        CorrectableField::Rating,
        CorrectableField::Percent,
        CorrectableField::EffectiveFrom,
        CorrectableField::Source,
        CorrectableField::Category,
        CorrectableField::Period,
        CorrectableField::Reference,
        CorrectableField::Name,
    ];
}

/// A value before or after a correction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// A score or percentage.
    Number(i64),
    /// A code, date, name or address.
    Text(CorrectedText),
    /// A period.
    Period(Period),
}

/// Text that fits any correctable field: at most 500 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct CorrectedText(String);

impl TryFrom<String> for CorrectedText {
    type Error = crate::values::Malformed;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if (1..=500).contains(&text.len()) && !text.chars().any(char::is_control) {
            return Ok(CorrectedText(text));
        }
        Err(crate::values::Malformed(
            "a corrected text has 1 to 500 bytes and no control characters".to_owned(),
        ))
    }
}

impl CorrectedText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an item of a result says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// A strength.
    Strength,
    /// An area for improvement.
    AreaForImprovement,
    /// An improvement that is required.
    RequiredImprovement,
    /// Best practice.
    BestPractice,
}

/// An item of a result; its wording is in the narrative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingItem {
    /// Id within the result.
    pub id: ItemId,
    /// What it says.
    pub kind: ItemKind,
    /// The statement it concerns.
    pub statement: StatementId,
}

/// A part of the narrative besides its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NarrativeSection {
    /// What people said and how it was used.
    WhatPeopleSaid,
    /// Progress since the last result.
    ProgressSinceLast,
}

/// `findings.published` \[the subject\]: ids, and one narrative document with the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingsPublished {
    /// The assessment.
    pub assessment: Sequence,
    /// The draft it follows.
    pub draft: Sequence,
    /// Statements with a finding.
    pub statements: Vec<StatementId>,
    /// Strengths, areas for improvement, required improvements and best practice.
    #[serde(default)]
    pub items: Vec<FindingItem>,
    /// Other parts the narrative has.
    #[serde(default)]
    pub sections: Vec<NarrativeSection>,
    /// Topics and duties with a commentary.
    #[serde(default)]
    pub commentary: Vec<TagId>,
    /// Published priorities it addresses.
    #[serde(default)]
    pub priorities: Vec<PriorityId>,
    /// Regulations breached.
    #[serde(default)]
    pub breaches: Vec<Code>,
    /// The words.
    pub narrative: Document,
}

/// `rating.published` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingPublished {
    /// The assessment.
    pub assessment: Sequence,
    /// The method, by which the result is recomputed for ever.
    pub framework: FrameworkId,
    /// The findings it rests on.
    pub findings: Sequence,
    /// The score entries of this assessment.
    pub scores: Vec<Sequence>,
    /// Earlier results whose scores are carried forward.
    #[serde(default)]
    pub carried: Vec<Sequence>,
    /// Overall percentage; absent where there is none.
    pub percent: Option<Percent>,
    /// Overall rating; absent while a statement was never scored.
    pub rating: Option<Rating>,
    /// The publication this replaces after a review.
    pub replaces: Option<Sequence>,
    /// The review decision it follows.
    pub review: Option<Sequence>,
}

/// Why a result was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WithdrawalCause {
    /// An error in the report.
    Error,
    /// A review.
    Review,
    /// Another reason.
    Other,
}

/// `rating.withdrawn` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingWithdrawn {
    /// The publication withdrawn.
    pub publication: Sequence,
    /// Why, as a code.
    pub cause: WithdrawalCause,
    /// Why, in words.
    pub reason: Document,
}

/// `review.requested` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewRequested {
    /// The publication.
    pub publication: Sequence,
    /// Who asks.
    pub organisation: OrganisationId,
    /// On what grounds.
    pub grounds: Document,
}

/// What a review found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewOutcome {
    /// The result stands.
    Upheld,
    /// Scores change; a new publication is due.
    ScoresChanged,
}

/// `review.decided` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewDecided {
    /// The request.
    pub review: Sequence,
    /// What it found.
    pub outcome: ReviewOutcome,
    /// Why.
    pub reason: Document,
}

/// How an assessment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AssessmentOutcome {
    /// A rating was published.
    Published,
    /// Findings without a rating were published.
    FindingsOnly,
    /// Nothing was published.
    Discontinued,
}

/// `assessment.closed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentClosed {
    /// The assessment.
    pub assessment: Sequence,
    /// How it ended.
    pub outcome: AssessmentOutcome,
    /// Why, if discontinued.
    pub reason: Option<Document>,
}

/// What a transcription carries over from its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TranscribedKind {
    /// A published result.
    Result,
    /// A review of a published result was asked for.
    ReviewRequested,
    /// A published result was withdrawn.
    Withdrawal,
}

/// A printed statement score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrintedScore {
    /// The statement.
    pub statement: StatementId,
    /// Its score.
    pub score: Score,
}

/// `rating.transcribed` \[the subject\]: published elsewhere, as far as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatingTranscribed {
    /// What it carries over.
    pub kind: TranscribedKind,
    /// The method the source used.
    pub framework: FrameworkId,
    /// Where in the programme the source places it.
    pub phase: Phase,
    /// Date as printed; absent if the source has none.
    pub effective_from: Option<PartialDate>,
    /// Rating as printed.
    pub rating: Option<Rating>,
    /// Percentage as printed. Kept for comparison, never computed with.
    pub percent: Option<Percent>,
    /// Scores as far as printed.
    #[serde(default)]
    pub scores: Vec<PrintedScore>,
    /// The earlier transcription that a review or withdrawal concerns, or that a reviewed result replaces.
    pub concerns: Option<Sequence>,
    /// Where it is published.
    pub source: Url,
    /// What was copied from where, and what conflicts.
    pub note: Option<Document>,
}

/// `concern.raised` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernRaised {
    /// How serious it is.
    pub severity: Severity,
    /// Statements it bears on.
    pub statements: Vec<StatementId>,
    /// What kind of source it has.
    pub source: SourceKind,
    /// What is of concern.
    pub account: Document,
}

/// `concern.resolved` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernResolved {
    /// The concern.
    pub concern: Sequence,
    /// How.
    pub reason: Document,
}

/// `assessment.triggered` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentTriggered {
    /// The rule that fired.
    pub rule: RiskRule,
    /// The policy it belongs to.
    pub policy: super::codes::PolicyId,
    /// The entries that gave cause.
    pub causes: Vec<Sequence>,
    /// Statements to look at.
    pub statements: Vec<StatementId>,
    /// What was counted against what.
    pub arithmetic: Arithmetic,
    /// The collection action to take.
    pub action: Code,
    /// Last day for it.
    pub due: Date,
}

/// What a rule counted, and the threshold it reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arithmetic {
    /// What was counted.
    pub measure: Code,
    /// How many were found.
    pub found: i64,
    /// How many fire the rule.
    pub threshold: i64,
}

/// How a trigger was discharged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DischargedBy {
    /// A request for evidence.
    Request,
    /// An assessment.
    Assessment,
    /// A reasoned decision.
    Decision,
}

/// `trigger.discharged` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerDischarged {
    /// The trigger.
    pub trigger: Sequence,
    /// How.
    pub by: DischargedBy,
    /// The request or assessment.
    pub entry: Option<Sequence>,
    /// The decision's reason.
    pub reason: Option<Document>,
}

/// `indicator.defined` \[national\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorDefined {
    /// Id.
    pub id: Code,
    /// Version; a changed definition is a new one.
    pub version: u32,
    /// Printed name.
    pub name: Name,
    /// Which direction is better.
    pub better: Better,
    /// Unit, such as `percent` or `per-100000`.
    pub unit: Code,
    /// What is counted.
    pub numerator: Option<Code>,
    /// Out of what.
    pub denominator: Option<Code>,
    /// The sector it measures, such as `hospital` or `social-care`.
    pub sector: Code,
    /// Purposes it serves.
    #[serde(default)]
    pub purposes: Vec<TagId>,
    /// Statements it bears on.
    #[serde(default)]
    pub statements: Vec<StatementId>,
    /// What a figure is compared with.
    pub benchmark: Option<Decimal>,
    /// Below this base a figure is flagged and never triggers.
    pub minimum_base: Option<u64>,
    /// Where it is published.
    pub source: Option<Url>,
}

/// `indicator.observed` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorObserved {
    /// The indicator.
    pub indicator: Code,
    /// Version of its definition.
    pub version: u32,
    /// The period measured.
    pub period: Period,
    /// The figure as printed; absent where it was suppressed or only counts were printed.
    pub value: Option<Decimal>,
    /// What was counted.
    pub numerator: Option<u64>,
    /// Out of what.
    pub denominator: Option<u64>,
    /// How many it rests on: respondents, cases.
    pub base: Option<u64>,
    /// Whether it compares with the period before.
    pub comparability: Comparability,
    /// Whether the base is below the minimum.
    pub small_base: bool,
    /// The survey it comes from, as evidence.
    pub survey: Option<Sequence>,
    /// Where it is published.
    pub source: Option<Url>,
}

/// A variable of an area's resources and context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextVariable {
    /// Which, such as `population` or `deprivation-share`.
    pub variable: Code,
    /// Its value.
    pub value: Decimal,
}

/// `context.recorded` \[the area\]. A variable that is unknown is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContextRecorded {
    /// The day the values hold from; the day of `time` while absent.
    pub effective_from: Option<Date>,
    /// The values.
    pub variables: Vec<ContextVariable>,
    /// Where they are published.
    pub source: Option<Url>,
}

/// A body accountable for others: whoever supports, intervenes and answers escalations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountableBody {
    /// NHS England.
    NhsEngland,
    /// Local Government Association.
    LocalGovernmentAssociation,
    /// Association of Directors of Adult Social Services.
    DirectorsOfAdultSocialServices,
    /// Department of Health and Social Care.
    DepartmentOfHealthAndSocialCare,
    /// Department for Levelling Up, Housing and Communities, or its successor.
    DepartmentForLocalGovernment,
}

/// `concern.escalated` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernEscalated {
    /// The concern.
    pub concern: Sequence,
    /// The organisation it is about.
    pub organisation: OrganisationId,
    /// The body accountable for it.
    pub body: AccountableBody,
    /// When the answer is due.
    pub due: Date,
    /// Why.
    pub reason: Document,
}

/// How an escalation was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EscalationOutcome {
    /// The body acts.
    Accepted,
    /// The body does not act.
    Declined,
}

/// `escalation.answered` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationAnswered {
    /// The escalation.
    pub escalation: Sequence,
    /// Who answered.
    pub body: AccountableBody,
    /// How.
    pub outcome: EscalationOutcome,
    /// The answer.
    pub answer: Document,
}

/// What a decision after a score of 1 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Authorities: notifying the Secretary of State under section 50(2) of the Health and Social Care Act 2008.
    SecretaryOfState,
    /// Other subjects: escalating to the body accountable (our own choice).
    Escalation,
}

/// Whether it was decided to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeDecision {
    /// The notice is given.
    Given,
    /// No notice is given.
    NotGiven,
}

/// `notice.issued` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeIssued {
    /// The publication with a score of 1.
    pub publication: Sequence,
    /// What the decision is about.
    pub kind: NoticeKind,
    /// What was decided.
    pub decision: NoticeDecision,
    /// The statements scored 1.
    pub statements: Vec<StatementId>,
    /// Why.
    pub reason: Document,
}

/// `summit.held` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummitHeld {
    /// The publication it followed.
    pub publication: Sequence,
    /// Organisations of the area that took part.
    pub organisations: Vec<OrganisationId>,
    /// What was agreed.
    pub record: Option<Document>,
}

/// An action of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedAction {
    /// Id within the plan.
    pub id: ItemId,
    /// The required improvement it answers.
    pub answers: ItemId,
    /// Who acts.
    pub organisation: OrganisationId,
    /// By when.
    pub due: Date,
}

/// `action-plan.published` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionPlanPublished {
    /// The publication it answers.
    pub publication: Sequence,
    /// Its actions.
    pub actions: Vec<PlannedAction>,
    /// The plan.
    pub document: Option<Document>,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionStatus {
    /// Under way and on time.
    OnTrack,
    /// Behind its date.
    Behind,
    /// Done.
    Done,
    /// Given up.
    Stopped,
}

/// `action.progressed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionProgressed {
    /// The plan.
    pub plan: Sequence,
    /// The action.
    pub action: ItemId,
    /// How far it is.
    pub status: ActionStatus,
    /// What was done.
    pub note: Option<Document>,
}

/// `support.offered` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportOffered {
    /// The publication it follows.
    pub publication: Sequence,
    /// The organisation supported.
    pub organisation: OrganisationId,
    /// Who offers it.
    pub body: AccountableBody,
    /// What is offered.
    pub kind: Code,
    /// In words.
    pub note: Option<Document>,
}

/// `intervention.recorded` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterventionRecorded {
    /// The publication it follows.
    pub publication: Sequence,
    /// The organisation concerned.
    pub organisation: OrganisationId,
    /// Who intervenes.
    pub body: AccountableBody,
    /// Under which power.
    pub power: Code,
    /// In words.
    pub note: Option<Document>,
}

/// A question of a thematic review and its own scale, which is never a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThematicQuestion {
    /// Id.
    pub id: Code,
    /// Printed name of the focus area.
    pub name: Name,
    /// Levels, lowest first.
    pub levels: Vec<Code>,
}

/// `thematic-review.opened` \[theme/ID\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThematicReviewOpened {
    /// Printed title.
    pub title: Name,
    /// The kind of subject reviewed.
    pub kind: AreaKind,
    /// The day on which the subjects are counted; the day of `time` while absent.
    pub effective_from: Option<Date>,
    /// Questions.
    pub questions: Vec<ThematicQuestion>,
    /// Where it is published.
    pub source: Option<Url>,
}

/// `finding.recorded` \[theme/ID\]. A later finding about the same subject and question replaces it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingRecorded {
    /// The subject.
    pub subject: Subject,
    /// The question.
    pub question: Code,
    /// Level on the review's own scale.
    pub level: Code,
    /// Evidence it rests on.
    #[serde(default)]
    pub evidence: Vec<Sequence>,
    /// In words.
    pub note: Option<Document>,
}

/// `thematic-report.published` \[theme/ID\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThematicReportPublished {
    /// Subjects with at least one finding.
    pub covered: u32,
    /// Subjects there are.
    pub subjects: u32,
    /// What it rests on, as a code, such as `plans-and-published-data`.
    pub rests_on: Code,
    /// The report.
    pub report: Document,
}
