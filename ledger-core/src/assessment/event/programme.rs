//! Events of the programme: frameworks, approvals, priorities, pauses, holidays, risk policy.

use super::*;

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
