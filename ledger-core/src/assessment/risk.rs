//! The risk policy: when a subject is to be looked at again, as data adopted by event.
//!
//! The rules are ours (`ARCHITECTURE.md`, choices); each trigger names the policy version it fired under, so
//! that history replays under the policy of its day. Left out: firing a rule, which `decide` does in the commit
//! that gives cause.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::civil::Date;
use super::codes::{Code, PolicyId};

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
}

impl fmt::Display for RiskRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RiskRule::R1 => f.write_str("R1"),
        }
    }
}

/// R1: an immediate concern triggers at once, with a collection action due in some working days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImmediateConcernRule {
    /// The collection action to take.
    pub action: Code,
    /// Working days after the concern was recorded in which it is due.
    pub due_working_days: u32,
}

/// A version of the risk policy. A rule that is absent does not fire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RiskPolicy {
    /// Id with version.
    pub id: PolicyId,
    /// First day it applies.
    pub effective_from: Date,
    /// Rule R1.
    pub r1: Option<ImmediateConcernRule>,
}
