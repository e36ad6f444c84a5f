//! Frameworks: what is assessed and how scores combine, as data adopted by event.
//!
//! A framework version never changes once adopted; history replays under the method of its day. [`Framework::incoherence`]
//! says whether a definition is coherent before it is adopted. Left out: the arithmetic (`rating.rs`) and which
//! version is in force (`state.rs`).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::civil::Date;
use super::codes::{AreaKind, CategoryId, FrameworkId, Name, StatementId, TagId, ThemeId};
use crate::values::Malformed;

/// A score: 1 (significant shortfalls) to 4 (exceptional standard).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Score(u8);

impl Score {
    /// The four scores, lowest first.
    pub const ALL: [Score; 4] = [Score(1), Score(2), Score(3), Score(4)];
    /// The highest score: each statement adds it to a maximum.
    pub const MAX: u32 = 4;

    /// The score as a number.
    pub fn get(self) -> u32 {
        u32::from(self.0)
    }
}

impl TryFrom<i64> for Score {
    type Error = Malformed;

    fn try_from(value: i64) -> Result<Self, Malformed> {
        match u8::try_from(value) {
            Ok(score @ 1..=4) => Ok(Score(score)),
            _ => Err(Malformed(format!("{value} is not a score: 1, 2, 3 or 4 expected"))),
        }
    }
}

impl From<Score> for i64 {
    fn from(score: Score) -> i64 {
        i64::from(score.0)
    }
}

impl FromStr for Score {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("'{text}' is not a score: 1, 2, 3 or 4 expected"));
        if text.len() != 1 {
            return Err(wrong());
        }
        text.parse::<i64>().ok().and_then(|value| Score::try_from(value).ok()).ok_or_else(wrong)
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Score {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Score".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 1, "maximum": 4 })
    }
}

/// A whole percentage, 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Percent(u8);

impl Percent {
    /// The percentage as a number.
    pub fn get(self) -> u32 {
        u32::from(self.0)
    }
}

impl TryFrom<i64> for Percent {
    type Error = Malformed;

    fn try_from(value: i64) -> Result<Self, Malformed> {
        match u8::try_from(value) {
            Ok(percent @ 0..=100) => Ok(Percent(percent)),
            _ => {
                Err(Malformed(format!("{value} is not a percentage: a whole number from 0 to 100 expected")))
            }
        }
    }
}

impl From<Percent> for i64 {
    fn from(percent: Percent) -> i64 {
        i64::from(percent.0)
    }
}

impl FromStr for Percent {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong =
            || Malformed(format!("'{text}' is not a percentage: a whole number from 0 to 100 expected"));
        if text.is_empty() || text.len() > 3 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        text.parse::<i64>().ok().and_then(|value| Percent::try_from(value).ok()).ok_or_else(wrong)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": 0, "maximum": 100 })
    }
}

/// A rating, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rating {
    /// Inadequate.
    Inadequate,
    /// Requires improvement.
    RequiresImprovement,
    /// Good.
    Good,
    /// Outstanding.
    Outstanding,
}

impl Rating {
    /// The four ratings, lowest first.
    pub const ALL: [Rating; 4] =
        [Rating::Inadequate, Rating::RequiresImprovement, Rating::Good, Rating::Outstanding];

    /// The rating's id, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Rating::Inadequate => "inadequate",
            Rating::RequiresImprovement => "requires-improvement",
            Rating::Good => "good",
            Rating::Outstanding => "outstanding",
        }
    }

    /// The score that stands for the same band, 1 to 4.
    pub fn as_score(self) -> Score {
        match self {
            Rating::Inadequate => Score(1),
            Rating::RequiresImprovement => Score(2),
            Rating::Good => Score(3),
            Rating::Outstanding => Score(4),
        }
    }
}

impl fmt::Display for Rating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Rating {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Rating::ALL.into_iter().find(|rating| rating.as_str() == text).ok_or_else(|| {
            Malformed(format!(
                "'{text}' is not a rating: inadequate, requires-improvement, good or outstanding expected"
            ))
        })
    }
}

/// Whether a statement's score is given, or combined from one score per evidence category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// One score per statement.
    Statement,
    /// One score per statement and category.
    Category,
}

/// How a share of the maximum becomes a whole percentage. A named property of the framework, because at the
/// edge of a band it decides the rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rounding {
    /// Any fraction rounds up: 58.33 is 59. Inferred from published results (`ARCHITECTURE.md`, sources).
    Ceiling,
    /// A fraction of one half or more rounds up: 58.33 is 58.
    HalfUp,
}

/// How the overall rating comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overall {
    /// The percentage formula over all statement scores, equally weighted.
    FlatSumOfStatements,
    /// From the ratings of the five key questions.
    ThemeRatings,
}

/// The percentages that make a rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// The rating.
    pub rating: Rating,
    /// Lowest percentage of the band.
    pub from_percent: Percent,
    /// Highest percentage of the band.
    pub to_percent: Percent,
}

/// What a limiter looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LimiterScope {
    /// Each theme and its statements.
    Theme,
    /// The overall rating and all statements.
    Overall,
}

/// Caps a rating that its scores would give: when the band is `when_rating` and any score is at most
/// `any_score_at_most`, the rating is at most `capped_at`. Tested on the band before any limiter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limiter {
    /// What it looks at.
    pub applies_to: LimiterScope,
    /// The band it tests.
    pub when_rating: Rating,
    /// The score that sets it off.
    pub any_score_at_most: Score,
    /// The highest rating left.
    pub capped_at: Rating,
}

/// A quality statement, under the name this framework prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Id, the same across frameworks.
    pub id: StatementId,
    /// Printed name.
    pub name: Name,
    /// Evidence categories without which the statement cannot be scored; none unless configured.
    #[serde(default)]
    pub required_categories: Vec<CategoryId>,
}

/// A theme, or a provider's key question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// Id.
    pub id: ThemeId,
    /// Printed name.
    pub name: Name,
    /// Its statements, in printed order.
    pub statements: Vec<Statement>,
}

/// An evidence category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Category {
    /// Id.
    pub id: CategoryId,
    /// Printed name.
    pub name: Name,
}

/// Something evidence and commentary can be tagged with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    /// Id.
    pub id: TagId,
    /// Printed name.
    pub name: Name,
}

/// Whether a draft needs every score moderated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Moderation {
    /// A draft may hold scores no panel has seen.
    Optional,
    /// Every score in scope is moderated before the draft is shared.
    Required,
}

/// A statement of an earlier framework whose score counts for one of this framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The earlier framework.
    pub framework: FrameworkId,
    /// Its statement.
    pub from: StatementId,
    /// The statement here.
    pub to: StatementId,
}

/// A version of a framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// Id with version.
    pub id: FrameworkId,
    /// The kind of subject it assesses.
    pub subject_kind: AreaKind,
    /// Printed title.
    pub title: Name,
    /// First day it is the method.
    pub effective_from: Date,
    /// Last day; open while absent.
    pub effective_to: Option<Date>,
    /// Themes in printed order.
    pub themes: Vec<Theme>,
    /// Evidence categories it uses.
    pub categories: Vec<Category>,
    /// How a statement gets its score.
    pub method: Method,
    /// How percentages are rounded.
    pub rounding: Rounding,
    /// Bands, lowest first, without gaps.
    pub bands: Vec<Band>,
    /// How the overall rating comes about.
    pub overall: Overall,
    /// Whether theme scores are part of a publication.
    pub publishes_theme_scores: bool,
    /// Caps on ratings.
    #[serde(default)]
    pub limiters: Vec<Limiter>,
    /// Whether scores must be moderated before a draft.
    pub moderation: Moderation,
    /// Working days for the factual accuracy check.
    pub accuracy_working_days: u32,
    /// The purposes evidence can be tagged with.
    #[serde(default)]
    pub purposes: Vec<Tag>,
    /// The topics a formal publication comments on.
    #[serde(default)]
    pub topics: Vec<Tag>,
    /// The statutory duties a formal publication comments on.
    #[serde(default)]
    pub duties: Vec<Tag>,
    /// Scores of earlier frameworks that carry forward into this one.
    #[serde(default)]
    pub mapping: Vec<Mapping>,
}

impl Framework {
    /// Every statement, in printed order.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.themes.iter().flat_map(|theme| &theme.statements)
    }

    /// The statement with this id.
    pub fn statement(&self, id: &StatementId) -> Option<&Statement> {
        self.statements().find(|statement| statement.id == *id)
    }

    /// Whether the framework uses this evidence category.
    pub fn has_category(&self, id: &CategoryId) -> bool {
        self.categories.iter().any(|category| category.id == *id)
    }

    /// Whether evidence and commentary can carry this tag.
    pub fn has_tag(&self, id: &TagId) -> bool {
        [&self.purposes, &self.topics, &self.duties].into_iter().flatten().any(|tag| tag.id == *id)
    }

    /// Whether the framework is the method on that day.
    pub fn in_force_on(&self, date: Date) -> bool {
        self.effective_from <= date && self.effective_to.is_none_or(|last| date <= last)
    }

    /// The first thing that makes the definition incoherent, in words; none if it can be adopted.
    pub fn incoherence(&self) -> Option<String> {
        let mut statements = BTreeSet::new();
        if let Some(twice) = self.statements().find(|s| !statements.insert(&s.id)) {
            return Some(format!("statement {} occurs twice", twice.id));
        }
        let count = statements.len();
        if count == 0 || count > 60 || self.themes.iter().any(|theme| theme.statements.is_empty()) {
            return Some("1 to 60 statements are expected, at least one in each theme".to_owned());
        }
        let mut categories = BTreeSet::new();
        if self.categories.is_empty() || self.categories.iter().any(|c| !categories.insert(&c.id)) {
            return Some("evidence categories are missing or occur twice".to_owned());
        }
        let needed = self.statements().flat_map(|s| &s.required_categories).find(|c| !categories.contains(c));
        if let Some(unknown) = needed {
            return Some(format!("required category {unknown} is not one of its categories"));
        }
        if let Some(gap) = self.gap_in_bands() {
            return Some(gap);
        }
        if self.overall == Overall::ThemeRatings && self.themes.len() != 5 {
            return Some("an overall from theme ratings needs five themes".to_owned());
        }
        if self.effective_to.is_some_and(|last| last < self.effective_from) {
            return Some("it ends before it begins".to_owned());
        }
        if !(1..=60).contains(&self.accuracy_working_days) {
            return Some("the factual accuracy check has 1 to 60 working days".to_owned());
        }
        let unknown = self.mapping.iter().find(|m| !statements.contains(&m.to) || m.framework == self.id);
        unknown.map(|m| format!("the mapping from {} {} leads to no statement of it", m.framework, m.from))
    }

    /// Bands name the four ratings in order and cover 25 (the least that scores can give) to 100.
    fn gap_in_bands(&self) -> Option<String> {
        let ratings: Vec<Rating> = self.bands.iter().map(|band| band.rating).collect();
        if ratings != Rating::ALL {
            return Some("bands must name the four ratings once, lowest first".to_owned());
        }
        let mut next = 25;
        for band in &self.bands {
            if band.from_percent.get() != next || band.to_percent < band.from_percent {
                return Some(format!("the band of {} does not begin at {next} %", band.rating));
            }
            next = band.to_percent.get() + 1;
        }
        (next != 101).then(|| "the last band does not end at 100 %".to_owned())
    }
}
