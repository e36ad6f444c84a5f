//! Events of scoring: assigned, changed, moderated.

use super::*;

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
