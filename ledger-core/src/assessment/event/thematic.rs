//! Events of thematic reviews.

use super::*;

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
