//! Events between assessments: concerns, their escalation, triggers.

use super::*;

/// `concern.raised` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernRaised {
    /// How serious it is.
    pub severity: Severity,
    /// Statements it bears on.
    pub statements: Vec<StatementId>,
    /// What kind of source it has.
    pub source: SourceKind,
    /// What is of concern.
    pub account: Document,
}

/// `concern.resolved` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernResolved {
    /// The concern.
    pub concern: Sequence,
    /// How.
    pub reason: Document,
}

/// `assessment.triggered` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentTriggered {
    /// The rule that fired.
    pub rule: RiskRule,
    /// The policy it belongs to.
    pub policy: crate::assessment::codes::PolicyId,
    /// The entries that gave cause.
    pub causes: Vec<Sequence>,
    /// Statements to look at.
    pub statements: Vec<StatementId>,
    /// What was counted against what.
    pub arithmetic: Arithmetic,
    /// The collection action to take.
    pub action: Code,
    /// Last day for it.
    pub due: Date,
}

/// What a rule counted, and the threshold it reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arithmetic {
    /// What was counted.
    pub measure: Code,
    /// How many were found.
    pub found: i64,
    /// How many fire the rule.
    pub threshold: i64,
}

/// How a trigger was discharged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DischargedBy {
    /// A request for evidence.
    Request,
    /// An assessment.
    Assessment,
    /// A reasoned decision.
    Decision,
}

/// `trigger.discharged` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerDischarged {
    /// The trigger.
    pub trigger: Sequence,
    /// How.
    pub by: DischargedBy,
    /// The request or assessment.
    pub entry: Option<Sequence>,
    /// The decision's reason.
    pub reason: Option<Document>,
}

/// A body accountable for others: whoever supports, intervenes and answers escalations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccountableBody {
    /// NHS England.
    NhsEngland,
    /// Local Government Association.
    LocalGovernmentAssociation,
    /// Association of Directors of Adult Social Services.
    DirectorsOfAdultSocialServices,
    /// Department of Health and Social Care.
    DepartmentOfHealthAndSocialCare,
    /// Department for Levelling Up, Housing and Communities, or its successor.
    DepartmentForLocalGovernment,
}

/// `concern.escalated` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConcernEscalated {
    /// The concern.
    pub concern: Sequence,
    /// The organisation it is about.
    pub organisation: OrganisationId,
    /// The body accountable for it.
    pub body: AccountableBody,
    /// When the answer is due.
    pub due: Date,
    /// Why.
    pub reason: Document,
}

/// How an escalation was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EscalationOutcome {
    /// The body acts.
    Accepted,
    /// The body does not act.
    Declined,
}

/// `escalation.answered` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationAnswered {
    /// The escalation.
    pub escalation: Sequence,
    /// Who answered.
    pub body: AccountableBody,
    /// How.
    pub outcome: EscalationOutcome,
    /// The answer.
    pub answer: Document,
}
