//! Events of publication: findings, ratings, withdrawal, review, closing, transcription.

use super::*;

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
