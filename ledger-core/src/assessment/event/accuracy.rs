//! Events of the draft, its factual accuracy check, and corrections of recorded facts.

use super::*;

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
