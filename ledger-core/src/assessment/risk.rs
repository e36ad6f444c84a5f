//! The risk policy: when a subject is to be looked at again, as data adopted by event.
//!
//! The rules are ours (`ARCHITECTURE.md`, choices); each trigger names the policy version it fired under, so
//! that history replays under the policy of its day. A rule that a policy leaves out does not fire. Left out:
//! firing a rule, which `decide/risk.rs` does in the commit that gives cause.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::civil::Date;
use super::codes::{Code, PolicyId};
use super::framework::Rating;

/// How serious a concern is, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// To be kept in view.
    Low,
    /// To be considered at the next assessment.
    Moderate,
    /// To be acted on.
    High,
    /// People may be at risk now.
    Immediate,
}

/// A rule of the risk policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RiskRule {
    /// An immediate concern.
    R1,
    /// Several concerns on one statement within some days.
    R2,
    /// An indicator worse than its benchmark for several periods.
    R3,
    /// A statement not assessed for longer than its rating's interval.
    R4,
    /// A published score of 1: a decision on notice or escalation is due.
    R5,
    /// Evidence withdrawn, or a cited partner result changed, under a score in force.
    R6,
}

impl RiskRule {
    /// Every rule, in order.
    pub const ALL: [RiskRule; 6] =
        [RiskRule::R1, RiskRule::R2, RiskRule::R3, RiskRule::R4, RiskRule::R5, RiskRule::R6];
}

impl fmt::Display for RiskRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// What a trigger asks for, and by when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The collection action, or the decision, to take.
    pub action: Code,
    /// Working days after the recording in which it is due.
    pub due_working_days: u32,
}

/// R2: so many open concerns of at least a severity on one statement, raised within so many days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatedConcerns {
    /// The least severity that counts.
    pub severity: Severity,
    /// How many fire the rule.
    pub concerns: u32,
    /// Days looked back, the day of recording included.
    pub days: u32,
    /// What it asks for.
    pub response: Response,
}

/// R3: an indicator worse than its benchmark by a share of it, for so many consecutive comparable periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorBreach {
    /// Percent of the benchmark by which it must be worse.
    pub margin_percent: u32,
    /// How many consecutive periods fire the rule.
    pub periods: u32,
    /// What it asks for.
    pub response: Response,
}

/// R4: days after which a statement is due again, by the rating in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// Under inadequate.
    pub inadequate: u32,
    /// Under requires improvement.
    pub requires_improvement: u32,
    /// Under good.
    pub good: u32,
    /// Under outstanding.
    pub outstanding: u32,
    /// What it asks for.
    pub response: Response,
}

impl Intervals {
    /// The interval under a rating, in days.
    pub fn days(&self, rating: Rating) -> u32 {
        match rating {
            Rating::Inadequate => self.inadequate,
            Rating::RequiresImprovement => self.requires_improvement,
            Rating::Good => self.good,
            Rating::Outstanding => self.outstanding,
        }
    }
}

/// A version of the risk policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskPolicy {
    /// Id with version.
    pub id: PolicyId,
    /// First day it applies.
    pub effective_from: Date,
    /// Rule R1.
    pub r1: Option<Response>,
    /// Rule R2.
    pub r2: Option<RepeatedConcerns>,
    /// Rule R3.
    pub r3: Option<IndicatorBreach>,
    /// Rule R4.
    pub r4: Option<Intervals>,
    /// Rule R5.
    pub r5: Option<Response>,
    /// Rule R6.
    pub r6: Option<Response>,
}
