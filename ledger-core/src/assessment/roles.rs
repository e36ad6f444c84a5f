//! Who may do what: one table, command by role.
//!
//! Left out: separation of duties (who scored may not moderate, decide, review or publish), which depends on
//! history and is checked in `decide`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::values::Malformed;

/// A role an actor can be enrolled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Enrols and revokes actors, erases documents, keeps the ledger, its keys and witnesses.
    Operator,
    /// Records frameworks, areas and the programme on behalf of whoever decides them.
    Registrar,
    /// Gathers evidence and scores.
    Assessor,
    /// Specialist adviser, executive reviewer or expert by experience: evidence only.
    Adviser,
    /// Moderates scores.
    Moderator,
    /// Decides challenges to factual accuracy.
    AccuracyDecider,
    /// Decides ratings reviews, independently.
    Reviewer,
    /// Publishes and withdraws results.
    Publisher,
    /// Acts for an organisation of an area: confirms, challenges, answers requests.
    Partner,
    /// Works on risk, indicators, context, and transcribes published results.
    Analyst,
    /// Reads, and has attested where every history ends.
    Auditor,
}

impl Role {
    /// Every role, in the order above.
    pub const ALL: [Role; 11] = [
        Role::Operator,
        Role::Registrar,
        Role::Assessor,
        Role::Adviser,
        Role::Moderator,
        Role::AccuracyDecider,
        Role::Reviewer,
        Role::Publisher,
        Role::Partner,
        Role::Analyst,
        Role::Auditor,
    ];

    /// The role's id, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Operator => "operator",
            Role::Registrar => "registrar",
            Role::Assessor => "assessor",
            Role::Adviser => "adviser",
            Role::Moderator => "moderator",
            Role::AccuracyDecider => "accuracy-decider",
            Role::Reviewer => "reviewer",
            Role::Publisher => "publisher",
            Role::Partner => "partner",
            Role::Analyst => "analyst",
            Role::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Role::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
            Malformed(format!("'{text}' is not a role: one of {} expected", known.join(", ")))
        })
    }
}

/// The roles that may give a command; any one of them suffices.
pub fn may_give(command: &Command) -> &'static [Role] {
    use Role::{
        AccuracyDecider, Adviser, Analyst, Assessor, Auditor, Moderator, Operator, Partner, Publisher,
        Registrar, Reviewer,
    };
    match command {
        Command::EnrolActor(_)
        | Command::RevokeActor(_)
        | Command::EraseDocument(_)
        | Command::RotateKey(_)
        | Command::AddWitness(_)
        | Command::RemoveWitness(_) => &[Operator],
        Command::AttestSubjects(_) => &[Operator, Auditor],
        Command::RegisterArea(_)
        | Command::AddOrganisation(_)
        | Command::RemoveOrganisation(_)
        | Command::SucceedArea(_)
        | Command::AdoptFramework(_)
        | Command::ApproveMethodology(_)
        | Command::AuthoriseRatings(_)
        | Command::SetPriorities(_)
        | Command::PublishPriorities(_)
        | Command::PauseProgramme(_)
        | Command::ResumeProgramme(_)
        | Command::ProclaimHoliday(_)
        | Command::AdoptRiskPolicy(_) => &[Registrar],
        Command::DefineIndicator(_)
        | Command::ObserveIndicator(_)
        | Command::RecordContext(_)
        | Command::SweepRisk(_)
        | Command::OpenTheme(_)
        | Command::RecordFinding(_) => &[Analyst],
        Command::EscalateConcern(_) => &[Assessor, Analyst],
        Command::AnswerEscalation(_) | Command::OfferSupport(_) | Command::RecordIntervention(_) => {
            &[Analyst, Registrar]
        }
        Command::IssueNotice(_) | Command::PublishThematicReport(_) => &[Publisher],
        Command::HoldSummit(_) | Command::PublishPlan(_) => &[Assessor, Publisher],
        Command::ProgressAction(_) => &[Assessor, Partner],
        Command::OpenAssessment(_) | Command::RequestEvidence(_) | Command::ShareEvidence(_) => &[Assessor],
        Command::CloseAssessment(_) => &[Assessor, Publisher],
        Command::CloseRequest(_) => &[Assessor, Partner],
        Command::SubmitEvidence(_) => &[Assessor, Adviser, Partner, Analyst],
        Command::WithdrawEvidence(_) => &[Assessor, Analyst],
        Command::AssignScore(_) | Command::ChangeScore(_) | Command::ShareDraft(_) => &[Assessor],
        Command::ModerateScore(_) => &[Moderator],
        Command::ChallengeAccuracy(_) | Command::ConfirmAccuracy(_) => &[Partner],
        Command::ExtendAccuracy(_) | Command::DecideAccuracy(_) => &[AccuracyDecider],
        Command::RecordCorrection(_) => &[AccuracyDecider, Registrar, Analyst],
        Command::PublishFindings(_) | Command::PublishRating(_) | Command::WithdrawRating(_) => &[Publisher],
        Command::RequestReview(_) => &[Partner],
        Command::DecideReview(_) => &[Reviewer],
        Command::TranscribeRating(_) => &[Registrar, Analyst],
        Command::RaiseConcern(_) => &[Assessor, Adviser, Partner, Analyst],
        Command::ResolveConcern(_) | Command::DischargeTrigger(_) => &[Assessor, Analyst],
    }
}
