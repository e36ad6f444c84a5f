//! The parts of an explanation, as plain data: what each names is an entry of the log.
//!
//! Their JSON is the stable answer of `ledger explain --json`, described by `schemas/explanation.json`: every key is
//! always there, absent things are null or empty. Left out: how they come about (the files beside this one).

use ledger_core::assessment::civil::{Date, PartialDate, Period};
use ledger_core::assessment::codes::{
    ActorId, CategoryId, Code, FrameworkId, MediaType, Name, OrganisationId, StatementId, Subject, ThemeId,
    Url,
};
use ledger_core::assessment::event::{
    ChallengeOutcome, ChangeCause, CorrectableField, EvidenceResult, FieldValue, Ground, OpeningCause, Phase,
    PrintedScore, ReviewOutcome, Site, SourceKind, Wave, WithdrawalCause,
};
use ledger_core::assessment::framework::{Percent, Rating, Score};
use ledger_core::values::{Hash, Sequence, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::arithmetic::Calculation;
use crate::register::ResultKind;

/// A theme, or a provider's key question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ThemeStep {
    /// Its id.
    pub id: ThemeId,
    /// Its printed name.
    pub name: Name,
    /// How many of its statements have a score.
    pub scored: u32,
    /// How many statements it has.
    pub statements_of_theme: u32,
    /// Percentage; null while a statement is unscored.
    pub percent: Option<Percent>,
    /// Rating; null while a statement is unscored.
    pub rating: Option<Rating>,
    /// How it was calculated; null while a statement is unscored.
    pub calculation: Option<Calculation>,
    /// Its statements in printed order.
    pub statements: Vec<StatementStep>,
}

/// The statement of an earlier framework whose score counts here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct MappedFrom {
    /// The earlier framework.
    pub framework: FrameworkId,
    /// Its statement.
    pub statement: StatementId,
}

/// A statement and where its score comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct StatementStep {
    /// The statement.
    pub statement: StatementId,
    /// Its printed name.
    pub name: Name,
    /// Its score in force; null if the results that count gave none.
    pub score: Option<Score>,
    /// The entry that gave the score: of the score, of the transcription, or of its correction.
    pub entry: Option<Sequence>,
    /// The result it comes from.
    pub result: Option<Sequence>,
    /// The assessment that result was published from; null for a transcription.
    pub assessment: Option<Sequence>,
    /// The day that result counts from.
    pub effective: Option<Date>,
    /// Whether it comes from another result than the one the rating dates from.
    pub carried_forward: bool,
    /// The framework and statement it was given under, if another.
    pub mapped_from: Option<MappedFrom>,
    /// How it comes from its category scores, under a category method.
    pub calculation: Option<Calculation>,
    /// The scores that were given: one, or one for each category. None for a transcription.
    pub given: Vec<GivenStep>,
}

/// A score that a publication cites, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GivenStep {
    /// The evidence category, under a category method.
    pub category: Option<CategoryId>,
    /// The score.
    pub score: Score,
    /// Its entry: the last of the steps.
    pub entry: Sequence,
    /// How it came about, oldest first.
    pub steps: Vec<ScoreStep>,
    /// The evidence it rests on.
    pub evidence: Vec<Sequence>,
}

/// What an entry did to a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreDeed {
    /// It gave the first score.
    Assigned,
    /// It replaced the score.
    Changed,
    /// A panel confirmed the score, or set another.
    Moderated,
}

/// An entry that gave, changed or moderated a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ScoreStep {
    /// The entry.
    pub entry: Sequence,
    /// What it did.
    pub deed: ScoreDeed,
    /// The score after it.
    pub score: Score,
    /// The score before it.
    pub before: Option<Score>,
    /// Why it changed.
    pub cause: Option<ChangeCause>,
    /// The decision on the challenge or review, if that is the cause.
    pub decision: Option<Sequence>,
    /// The panel's members.
    pub panel: Vec<ActorId>,
}

/// An item of evidence, as corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EvidenceStep {
    /// Its entry.
    pub entry: Sequence,
    /// Whose evidence it is.
    pub subject: Subject,
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
    /// Where it is published.
    pub reference: Option<Url>,
    /// The request it answers.
    pub answers: Option<Sequence>,
    /// A result, segment or survey, where it is one.
    pub result: Option<EvidenceResult>,
    /// The entry that shared it with the subject, if it is another subject's.
    pub shared: Option<Sequence>,
    /// Corrections of it, oldest first.
    pub corrections: Vec<CorrectionStep>,
    /// The entry that withdrew it, where that counts by the day asked about.
    pub withdrawn: Option<Sequence>,
}

/// A correction of a recorded fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct CorrectionStep {
    /// Its entry.
    pub entry: Sequence,
    /// What was wrong.
    pub field: CorrectableField,
    /// The statement, when a transcribed score was wrong.
    pub statement: Option<StatementId>,
    /// The value that stood.
    pub was: Option<FieldValue>,
    /// The value that stands.
    pub now: Option<FieldValue>,
    /// The accepted challenge's decision, if one led to this.
    pub decision: Option<Sequence>,
}

/// A result that the rating rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ResultStep {
    /// Its entry.
    pub entry: Sequence,
    /// Where it came from.
    pub kind: ResultKind,
    /// The method it was scored by.
    pub framework: FrameworkId,
    /// The day it counts from.
    pub effective: Date,
    /// The percentage it states; for a transcription as printed, never computed with.
    pub percent: Option<Percent>,
    /// The rating it states; for a transcription as printed.
    pub rating: Option<Rating>,
    /// Where in the programme it belongs.
    pub phase: Option<Phase>,
    /// The assessment it was published from.
    pub assessment: Option<AssessmentStep>,
    /// The source it was transcribed from.
    pub transcription: Option<TranscriptionStep>,
    /// The result it replaces.
    pub replaces: Option<Sequence>,
    /// Corrections of it, oldest first.
    pub corrections: Vec<CorrectionStep>,
    /// Reviews of it and of the results it replaces, oldest first.
    pub reviews: Vec<ReviewStep>,
}

/// What an assessment went through before its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AssessmentStep {
    /// Its first entry.
    pub opened: Sequence,
    /// Why it was opened.
    pub cause: Option<OpeningCause>,
    /// The trigger, if that is the cause.
    pub trigger: Option<Sequence>,
    /// Its drafts, oldest first.
    pub drafts: Vec<DraftStep>,
    /// Challenges to its drafts, oldest first.
    pub challenges: Vec<ChallengeStep>,
    /// The findings published with the result.
    pub findings: Sequence,
    /// Regulations breached, by the findings.
    pub breaches: Vec<Code>,
}

/// A draft and its factual accuracy check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DraftStep {
    /// Its entry.
    pub entry: Sequence,
    /// Date of the email.
    pub emailed: Date,
    /// Last day of the window, as extended.
    pub closes: Date,
    /// Who got it.
    pub recipients: Vec<OrganisationId>,
    /// The entries that extended the window.
    pub extended: Vec<Sequence>,
    /// Who confirmed it, and in which entry.
    pub confirmed: Vec<ConfirmedBy>,
}

/// A confirmation of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ConfirmedBy {
    /// Its entry.
    pub entry: Sequence,
    /// Who confirmed.
    pub organisation: OrganisationId,
}

/// A challenge to a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ChallengeStep {
    /// Its entry.
    pub entry: Sequence,
    /// The draft challenged.
    pub draft: Sequence,
    /// Who challenged.
    pub organisation: OrganisationId,
    /// On which ground.
    pub ground: Ground,
    /// The statement it concerns.
    pub statement: Option<StatementId>,
    /// The entry that decided it.
    pub decision: Option<Sequence>,
    /// What became of it.
    pub outcome: Option<ChallengeOutcome>,
}

/// A review of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReviewStep {
    /// The entry that asks for it.
    pub entry: Sequence,
    /// The result reviewed.
    pub result: Sequence,
    /// Who asked; null where the source of a transcription does not say.
    pub organisation: Option<OrganisationId>,
    /// The entry that decided it.
    pub decision: Option<Sequence>,
    /// What it found.
    pub outcome: Option<ReviewOutcome>,
    /// The result that replaced the one reviewed, by the day asked about.
    pub replaced_by: Option<Sequence>,
}

/// What a transcription rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TranscriptionStep {
    /// Where it is published, as corrected.
    pub source: Option<Url>,
    /// The date as it was printed and recorded.
    pub printed_date: Option<PartialDate>,
    /// The percentage as it was printed and recorded.
    pub printed_percent: Option<Percent>,
    /// The rating as it was printed and recorded.
    pub printed_rating: Option<Rating>,
    /// The scores as they were printed and recorded.
    pub printed_scores: Vec<PrintedScore>,
}

/// A result that no longer stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct WithdrawnStep {
    /// The entry that says so.
    pub entry: Sequence,
    /// The result withdrawn.
    pub result: Sequence,
    /// The first day it does not stand.
    pub from: Date,
    /// Why; null for a transcribed withdrawal.
    pub cause: Option<WithdrawalCause>,
}

/// An entry of the log that the explanation names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct EntryStep {
    /// Position in the log.
    pub sequence: Sequence,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// The event's name.
    pub event: String,
    /// What happened, in one line.
    pub summary: String,
    /// Whose history it belongs to.
    pub subject: Subject,
    /// Position in that history.
    pub version: u32,
    /// When it happened.
    pub time: Timestamp,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// The first day it counts.
    pub valid_from: Date,
    /// Who it is by: an actor, or `system` for the ledger itself.
    pub author: String,
    /// Whether the author is an actor, who is asserted and not authenticated.
    pub asserted: bool,
    /// The documents it cites.
    pub documents: Vec<DocumentStep>,
}

/// A document that an entry cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct DocumentStep {
    /// The field of the entry that cites it.
    pub field: String,
    /// What names it.
    pub commitment: Hash,
    /// Its size.
    pub bytes: u64,
    /// Its media type.
    pub media_type: MediaType,
    /// How it was erased, if it was.
    pub erased: Option<ErasedStep>,
}

/// How a document was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ErasedStep {
    /// The entry that says so.
    pub entry: Sequence,
    /// The day of the erasure.
    pub on: Date,
    /// The legal basis.
    pub legal_basis: Code,
}
