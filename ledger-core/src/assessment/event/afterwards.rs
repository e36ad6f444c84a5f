//! Events after a publication: notice, summit, action plan, support, intervention.

use super::*;

/// What a decision after a score of 1 is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// Authorities: notifying the Secretary of State under section 50(2) of the Health and Social Care Act 2008.
    SecretaryOfState,
    /// Other subjects: escalating to the body accountable (our own choice).
    Escalation,
}

/// Whether it was decided to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeDecision {
    /// The notice is given.
    Given,
    /// No notice is given.
    NotGiven,
}

/// `notice.issued` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeIssued {
    /// The publication with a score of 1.
    pub publication: Sequence,
    /// What the decision is about.
    pub kind: NoticeKind,
    /// What was decided.
    pub decision: NoticeDecision,
    /// The statements scored 1.
    pub statements: Vec<StatementId>,
    /// Why.
    pub reason: Document,
}

/// `summit.held` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummitHeld {
    /// The publication it followed.
    pub publication: Sequence,
    /// Organisations of the area that took part.
    pub organisations: Vec<OrganisationId>,
    /// What was agreed.
    pub record: Option<Document>,
}

/// An action of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedAction {
    /// Id within the plan.
    pub id: ItemId,
    /// The required improvement it answers.
    pub answers: ItemId,
    /// Who acts.
    pub organisation: OrganisationId,
    /// By when.
    pub due: Date,
}

/// `action-plan.published` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionPlanPublished {
    /// The publication it answers.
    pub publication: Sequence,
    /// Its actions.
    pub actions: Vec<PlannedAction>,
    /// The plan.
    pub document: Option<Document>,
}

/// How far an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionStatus {
    /// Under way and on time.
    OnTrack,
    /// Behind its date.
    Behind,
    /// Done.
    Done,
    /// Given up.
    Stopped,
}

/// `action.progressed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionProgressed {
    /// The plan.
    pub plan: Sequence,
    /// The action.
    pub action: ItemId,
    /// How far it is.
    pub status: ActionStatus,
    /// What was done.
    pub note: Option<Document>,
}

/// `support.offered` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SupportOffered {
    /// The publication it follows.
    pub publication: Sequence,
    /// The organisation supported.
    pub organisation: OrganisationId,
    /// Who offers it.
    pub body: AccountableBody,
    /// What is offered.
    pub kind: Code,
    /// In words.
    pub note: Option<Document>,
}

/// `intervention.recorded` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterventionRecorded {
    /// The publication it follows.
    pub publication: Sequence,
    /// The organisation concerned.
    pub organisation: OrganisationId,
    /// Who intervenes.
    pub body: AccountableBody,
    /// Under which power.
    pub power: Code,
    /// In words.
    pub note: Option<Document>,
}
