//! `notice`, `summit`, `plan`, `support`, `intervention`, `escalation`: what follows a published result.

use clap::{Args, Subcommand};
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Code, ItemId, OrganisationId};
use ledger_core::assessment::event::{
    AccountableBody, ActionStatus, EscalationOutcome, NoticeDecision, PlannedAction,
};
use serde::Serialize;

use super::values::{EntryName, Words, coded};
use super::{Question, Ready, write};
use crate::exit::Failure;
use crate::wanted::{Needs, On, Wanted};

fn about(
    needs: Needs,
    command: &'static str,
    subject: &str,
    args: &impl Serialize,
) -> Result<Ready, Failure> {
    write(Wanted::new(command, On::Named(subject.to_owned()), args).map(|wanted| wanted.needing(needs)))
}

/// `ledger notice`.
#[derive(Debug, Subcommand)]
pub enum Notice {
    /// Record the decision that a published score of 1 asks for; it discharges the trigger.
    #[command(after_help = "Example:\n  ledger notice issue Hull --decision given --reason @why.txt \
                            --actor publisher-1")]
    Issue(IssueNotice),
}

/// `ledger notice issue`.
#[derive(Debug, Args, Serialize)]
pub struct IssueNotice {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result with a score of 1; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// Whether notice is given: given, not-given.
    #[arg(long, value_parser = coded::<NoticeDecision>)]
    decision: NoticeDecision,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

impl Notice {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Notice::Issue(args) = self;
        about(Needs::Publication, "notice.issue", &args.subject, &args)
    }
}

/// `ledger summit`.
#[derive(Debug, Subcommand)]
pub enum Summit {
    /// Record an improvement summit.
    #[command(
        after_help = "Example:\n  ledger summit hold QE1 --organisation board/E54000048 --record @minutes.txt"
    )]
    Hold(HoldSummit),
}

/// `ledger summit hold`.
#[derive(Debug, Args, Serialize)]
pub struct HoldSummit {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result it follows; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// An organisation of the area that took part; may be repeated.
    #[arg(long = "organisation", value_name = "ID", required = true)]
    organisations: Vec<OrganisationId>,
    /// What was agreed: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    record: Option<Words>,
}

impl Summit {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Summit::Hold(args) = self;
        about(Needs::Publication, "summit.hold", &args.subject, &args)
    }
}

/// `ledger plan`.
#[derive(Debug, Subcommand)]
pub enum Plan {
    /// Publish an action plan; each action names the required improvement it answers.
    #[command(after_help = "Example:\n  ledger plan publish QE1 --action a1:r1:board/E54000048:2027-03-31 \
                            --document @plan.pdf --actor publisher-1")]
    Publish(PublishPlan),
    /// Report how far an action is.
    #[command(after_help = "Example:\n  ledger plan progress QE1 --action a1 --status done --actor board-1")]
    Progress(ProgressAction),
    /// Required improvements by action by status, those that no action answers first.
    #[command(after_help = "Example:\n  ledger plan show QE1")]
    Show {
        /// The subject.
        subject: String,
    },
}

/// `ledger plan publish`.
#[derive(Debug, Args, Serialize)]
pub struct PublishPlan {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result it answers; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// An action: ID:REQUIRED-IMPROVEMENT:ORGANISATION:DUE; may be repeated.
    #[arg(long = "action", value_name = "ID:ITEM:ORGANISATION:DUE", required = true, value_parser = action)]
    actions: Vec<PlannedAction>,
    /// The plan: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    document: Option<Words>,
}

/// `ID:ITEM:ORGANISATION:DUE`.
fn action(text: &str) -> Result<PlannedAction, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [id, answers, organisation, due] = parts.as_slice() else {
        return Err(format!(
            "'{text}' is not an action: ID:ITEM:ORGANISATION:DUE expected, such as \
             a1:r1:board/E54000048:2027-03-31"
        ));
    };
    let said = |error: ledger_core::values::Malformed| error.to_string();
    Ok(PlannedAction {
        id: id.parse().map_err(said)?,
        answers: answers.parse().map_err(said)?,
        organisation: organisation.parse().map_err(said)?,
        due: due.parse().map_err(said)?,
    })
}

/// `ledger plan progress`.
#[derive(Debug, Args, Serialize)]
pub struct ProgressAction {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The plan; the last one if absent.
    #[arg(long, value_name = "ENTRY")]
    plan: Option<EntryName>,
    /// The action's id in the plan.
    #[arg(long, value_name = "ID")]
    action: ItemId,
    /// How far it is: on-track, behind, done, stopped.
    #[arg(long, value_parser = coded::<ActionStatus>)]
    status: ActionStatus,
    /// What was done: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    note: Option<Words>,
}

impl Plan {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Plan::Publish(args) => about(Needs::Publication, "action-plan.publish", &args.subject, &args),
            Plan::Progress(args) => about(Needs::Plan, "action.progress", &args.subject, &args),
            Plan::Show { subject } => Ok(Ready::Ask(Question::Plan { subject })),
        }
    }
}

/// `ledger support`.
#[derive(Debug, Subcommand)]
pub enum Support {
    /// Record that the body accountable offers support.
    #[command(
        after_help = "Example:\n  ledger support offer QE1 --organisation board/E54000048 --body nhs-england \
                            --kind peer-support --actor analyst-1"
    )]
    Offer(OfferSupport),
}

/// `ledger support offer`.
#[derive(Debug, Args, Serialize)]
pub struct OfferSupport {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result it follows; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// The organisation supported.
    #[arg(long, value_name = "ID")]
    organisation: OrganisationId,
    /// Who offers it: nhs-england, local-government-association, directors-of-adult-social-services,
    /// department-of-health-and-social-care, department-for-local-government.
    #[arg(long, value_parser = coded::<AccountableBody>)]
    body: AccountableBody,
    /// What is offered, as a code.
    #[arg(long, value_name = "CODE")]
    kind: Code,
    /// In words: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    note: Option<Words>,
}

impl Support {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Support::Offer(args) = self;
        about(Needs::Publication, "support.offer", &args.subject, &args)
    }
}

/// `ledger intervention`.
#[derive(Debug, Subcommand)]
pub enum Intervention {
    /// Record that the body accountable intervenes.
    #[command(after_help = "Example:\n  ledger intervention record QE1 --organisation board/E54000048 \
                            --body nhs-england --power directions --actor registrar-1")]
    Record(RecordIntervention),
}

/// `ledger intervention record`.
#[derive(Debug, Args, Serialize)]
pub struct RecordIntervention {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result it follows; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// The organisation concerned.
    #[arg(long, value_name = "ID")]
    organisation: OrganisationId,
    /// Who intervenes: nhs-england, local-government-association, directors-of-adult-social-services,
    /// department-of-health-and-social-care, department-for-local-government.
    #[arg(long, value_parser = coded::<AccountableBody>)]
    body: AccountableBody,
    /// Under which power, as a code.
    #[arg(long, value_name = "CODE")]
    power: Code,
    /// In words: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    note: Option<Words>,
}

impl Intervention {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Intervention::Record(args) = self;
        about(Needs::Publication, "intervention.record", &args.subject, &args)
    }
}

/// `ledger concern escalate`.
#[derive(Debug, Args, Serialize)]
pub struct EscalateConcern {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The concern.
    #[arg(long, value_name = "ENTRY")]
    concern: EntryName,
    /// The organisation it is about.
    #[arg(long, value_name = "ID")]
    organisation: OrganisationId,
    /// The body accountable for it: nhs-england, local-government-association,
    /// directors-of-adult-social-services, department-of-health-and-social-care, department-for-local-government.
    #[arg(long, value_parser = coded::<AccountableBody>)]
    body: AccountableBody,
    /// When the answer is due.
    #[arg(long, value_name = "DATE")]
    due: Date,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

impl EscalateConcern {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        about(Needs::Nothing, "concern.escalate", &self.subject, &self)
    }
}

/// `ledger escalation`.
#[derive(Debug, Subcommand)]
pub enum Escalation {
    /// Record the answer to an escalation.
    #[command(after_help = "Example:\n  ledger escalation answer QE1 --escalation 820 --body nhs-england \
                            --outcome accepted --answer @answer.txt --actor analyst-1")]
    Answer(AnswerEscalation),
}

/// `ledger escalation answer`.
#[derive(Debug, Args, Serialize)]
pub struct AnswerEscalation {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The escalation.
    #[arg(long, value_name = "ENTRY")]
    escalation: EntryName,
    /// Who answers: the body it was put to.
    #[arg(long, value_parser = coded::<AccountableBody>)]
    body: AccountableBody,
    /// How: accepted, declined.
    #[arg(long, value_parser = coded::<EscalationOutcome>)]
    outcome: EscalationOutcome,
    /// The answer: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    answer: Words,
}

impl Escalation {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Escalation::Answer(args) = self;
        about(Needs::Nothing, "escalation.answer", &args.subject, &args)
    }
}
