//! Events of indicators, their figures, and the context of areas.

use super::*;

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
