//! Commands: what someone asks the ledger to record, in the imperative, as plain data.
//!
//! A command is malformed or it is not: the types refuse a score of 5 or a date that does not exist before any
//! rule runs. Where an event holds a sequence number, a command holds a [`Citation`], so that a file of commands
//! can cite its own earlier lines by id. Left out: who may give a command (`roles.rs`) and when it may be done
//! (`decide`).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::civil::{Date, PartialDate, Period};
use super::codes::{
    ActorId, CategoryId, Code, Document, FrameworkId, ItemId, OrganisationId, PriorityId, StatementId,
    Subject, TagId, Url,
};
use super::event::{
    AccountableBody, ActionStatus, ActorEnrolled, AreaOrganisationAdded, AreaOrganisationRemoved,
    AreaRegistered, AssessmentOutcome, ChallengeOutcome, ContextRecorded, CorrectableField,
    EscalationOutcome, FieldValue, FindingItem, FrameworkAdopted, Ground, HolidayProclaimed,
    IndicatorDefined, MethodologyApproved, NarrativeSection, NoticeDecision, OpeningCause, Phase,
    PlannedAction, PrintedScore, PrioritiesSet, ProgrammePaused, ProgrammeResumed, RatingsAuthorised,
    RequestOutcome, ReviewOutcome, RiskPolicyAdopted, Site, SourceKind, ThematicReviewOpened,
    TranscribedKind, Wave, WithdrawalCause, WitnessAdded, WitnessRemoved,
};
use super::framework::{Percent, Rating, Score};
use super::indicator::{Comparability, Decimal};
use super::risk::Severity;
use crate::log::{CommandId, EventId, VerifierKey};
use crate::values::{Hash, Malformed, Sequence, Timestamp, spelled_as_text};

/// Names an entry: by sequence, or by event id while that id is among the remembered ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Citation {
    /// By position.
    Sequence(Sequence),
    /// By event id.
    Event(EventId),
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Citation::Sequence(sequence) => sequence.fmt(f),
            Citation::Event(id) => id.fmt(f),
        }
    }
}

impl FromStr for Citation {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Ok(sequence) = text.parse() {
            return Ok(Citation::Sequence(sequence));
        }
        text.parse().map(Citation::Event).map_err(|_| {
            Malformed(format!(
                "'{text}' names no entry: a sequence number of 16 digits or an event id expected"
            ))
        })
    }
}

spelled_as_text!(
    Citation,
    "Citation",
    "^([0-9]{16}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(\\.([2-9]|[1-9][0-9]+))?)$",
    "An entry: its sequence number of 16 digits, or its event id"
);

/// Declares the commands once: the enum, each name, decoding by name, and the list.
macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident($data:ident) = $name:literal,)*) => {
        /// Every command there is.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::large_enum_variant, reason = "commands are made one at a time and live briefly")]
        pub enum Command {
            $($(#[$doc])* $variant($data),)*
        }

        impl Command {
            /// The command's name, such as `score.assign`.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Command::$variant(_) => $name,)*
                }
            }

            /// The command named `name` with these fields; the error says what does not fit.
            pub fn decode(name: &str, data: serde_json::Value) -> Result<Command, Malformed> {
                match name {
                    $($name => serde_json::from_value(data)
                        .map(Command::$variant)
                        .map_err(|error| Malformed(format!("{name}: {error}"))),)*
                    unknown => Err(Malformed(format!("'{unknown}' is not a command; see schemas/EVENTS.md"))),
                }
            }

            /// The command's fields as a JSON value.
            pub fn data(&self) -> serde_json::Result<serde_json::Value> {
                match self {
                    $(Command::$variant(data) => serde_json::to_value(data),)*
                }
            }

            /// The command's fields without the enum around them.
            pub fn fields(&self) -> impl Serialize + '_ {
                CommandFields(self)
            }

            /// The names of all commands, in the order of this file.
            pub const NAMES: &'static [&'static str] = &[$($name,)*];

            /// The JSON Schema of each command's data, by name.
            pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($name, schemars::schema_for!($data)),)*]
            }
        }

        /// What [`Command::fields`] returns.
        struct CommandFields<'f>(&'f Command);

        impl Serialize for CommandFields<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self.0 {
                    $(Command::$variant(data) => data.serialize(serializer),)*
                }
            }
        }
    };
}

commands! {
    /// Replaces the key that signs checkpoints.
    RotateKey(RotateKey) = "key.rotate",
    /// Asks a witness for its cosignatures from now on.
    AddWitness(WitnessAdded) = "witness.add",
    /// Asks a witness no more.
    RemoveWitness(WitnessRemoved) = "witness.remove",
    /// Says where every subject's history ends.
    AttestSubjects(AttestSubjects) = "subjects.attest",
    /// Lets an actor act.
    EnrolActor(ActorEnrolled) = "actor.enrol",
    /// Lets an actor act no more.
    RevokeActor(RevokeActor) = "actor.revoke",
    /// Makes an area known.
    RegisterArea(AreaRegistered) = "area.register",
    /// Adds an organisation to an area.
    AddOrganisation(AreaOrganisationAdded) = "area.add-organisation",
    /// Removes an organisation from an area.
    RemoveOrganisation(AreaOrganisationRemoved) = "area.remove-organisation",
    /// Ends an area in favour of its successors.
    SucceedArea(SucceedArea) = "area.succeed",
    /// Lets a framework version be used.
    AdoptFramework(FrameworkAdopted) = "framework.adopt",
    /// Records the approval of a methodology.
    ApproveMethodology(MethodologyApproved) = "methodology.approve",
    /// Records that ratings may be given.
    AuthoriseRatings(RatingsAuthorised) = "ratings.authorise",
    /// Records priorities.
    SetPriorities(PrioritiesSet) = "priorities.set",
    /// Records that priorities bind.
    PublishPriorities(PublishPriorities) = "priorities.publish",
    /// Pauses the programme for a kind of subject.
    PauseProgramme(ProgrammePaused) = "programme.pause",
    /// Resumes the programme for a kind of subject.
    ResumeProgramme(ProgrammeResumed) = "programme.resume",
    /// Records bank holidays.
    ProclaimHoliday(HolidayProclaimed) = "holiday.proclaim",
    /// Adopts a version of the risk policy.
    AdoptRiskPolicy(RiskPolicyAdopted) = "risk-policy.adopt",
    /// Begins an assessment.
    OpenAssessment(OpenAssessment) = "assessment.open",
    /// Ends an assessment.
    CloseAssessment(CloseAssessment) = "assessment.close",
    /// Asks an organisation for evidence.
    RequestEvidence(RequestEvidence) = "evidence.request",
    /// Ends a request without an answer.
    CloseRequest(CloseRequest) = "evidence.close-request",
    /// Submits evidence.
    SubmitEvidence(SubmitEvidence) = "evidence.submit",
    /// Withdraws evidence.
    WithdrawEvidence(WithdrawEvidence) = "evidence.withdraw",
    /// Lets evidence serve another subject, or gives it to a partner.
    ShareEvidence(ShareEvidence) = "evidence.share",
    /// Destroys a document's content.
    EraseDocument(EraseDocument) = "document.erase",
    /// Gives a statement its first score.
    AssignScore(AssignScore) = "score.assign",
    /// Replaces a score.
    ChangeScore(ChangeScore) = "score.change",
    /// Confirms or sets a score as a panel.
    ModerateScore(ModerateScore) = "score.moderate",
    /// Sends the draft for its factual accuracy check.
    ShareDraft(ShareDraft) = "draft.share",
    /// Challenges the draft.
    ChallengeAccuracy(ChallengeAccuracy) = "accuracy.challenge",
    /// Confirms the draft.
    ConfirmAccuracy(ConfirmAccuracy) = "accuracy.confirm",
    /// Extends the window for challenges.
    ExtendAccuracy(ExtendAccuracy) = "accuracy.extend",
    /// Decides a challenge.
    DecideAccuracy(DecideAccuracy) = "accuracy.decide",
    /// Corrects a recorded fact.
    RecordCorrection(RecordCorrection) = "correction.record",
    /// Publishes findings.
    PublishFindings(PublishFindings) = "findings.publish",
    /// Publishes a rating.
    PublishRating(PublishRating) = "rating.publish",
    /// Withdraws a published result.
    WithdrawRating(WithdrawRating) = "rating.withdraw",
    /// Asks for a review of a published result.
    RequestReview(RequestReview) = "review.request",
    /// Decides a review.
    DecideReview(DecideReview) = "review.decide",
    /// Transcribes a result published elsewhere.
    TranscribeRating(TranscribeRating) = "rating.transcribe",
    /// Raises a concern.
    RaiseConcern(RaiseConcern) = "concern.raise",
    /// Resolves a concern.
    ResolveConcern(ResolveConcern) = "concern.resolve",
    /// Discharges a trigger.
    DischargeTrigger(DischargeTrigger) = "trigger.discharge",
    /// Looks for statements that are due again.
    SweepRisk(SweepRisk) = "risk.sweep",
    /// Defines an indicator.
    DefineIndicator(IndicatorDefined) = "indicator.define",
    /// Records a figure.
    ObserveIndicator(ObserveIndicator) = "indicator.observe",
    /// Records resources and context.
    RecordContext(ContextRecorded) = "context.record",
    /// Puts a concern to the body accountable.
    EscalateConcern(EscalateConcern) = "concern.escalate",
    /// Records the answer to an escalation.
    AnswerEscalation(AnswerEscalation) = "escalation.answer",
    /// Records the decision after a published score of 1.
    IssueNotice(IssueNotice) = "notice.issue",
    /// Records an improvement summit.
    HoldSummit(HoldSummit) = "summit.hold",
    /// Publishes an action plan.
    PublishPlan(PublishPlan) = "action-plan.publish",
    /// Reports progress on an action.
    ProgressAction(ProgressAction) = "action.progress",
    /// Records an offer of support.
    OfferSupport(OfferSupport) = "support.offer",
    /// Records an intervention.
    RecordIntervention(RecordIntervention) = "intervention.record",
    /// Opens a thematic review.
    OpenTheme(ThematicReviewOpened) = "thematic-review.open",
    /// Records a finding of a thematic review.
    RecordFinding(RecordFinding) = "finding.record",
    /// Publishes a thematic report.
    PublishThematicReport(PublishThematicReport) = "thematic-report.publish",
}

/// Declares the data of a command: a plain struct that refuses unknown fields.
macro_rules! command_data {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* })*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
        })*
    };
}

command_data! {
    /// `key.rotate` on `ledger`: the first key of a ledger without one, or the next.
    RotateKey {
        /// The new verifier key.
        key: VerifierKey,
    }

    /// `subjects.attest` on `attestation`: what is attested is worked out by the ledger.
    AttestSubjects {}

    /// `actor.revoke` on `actor/ID`.
    RevokeActor {
        /// Why.
        reason: Option<Document>,
    }

    /// `area.succeed` on the area that ends.
    SucceedArea {
        /// The areas that follow it.
        successors: Vec<Subject>,
        /// Their first day.
        effective_from: Date,
    }

    /// `priorities.publish` on `national`.
    PublishPriorities {
        /// The kind of subject they concern.
        kind: super::codes::AreaKind,
        /// Where they are published.
        source: Option<Url>,
    }

    /// `assessment.open` on the subject.
    OpenAssessment {
        /// The method.
        framework: FrameworkId,
        /// Where in the programme it belongs.
        phase: Phase,
        /// Statements in scope; all of the framework's while empty.
        #[serde(default)]
        statements: Vec<StatementId>,
        /// Why.
        cause: OpeningCause,
        /// The trigger, if that is the cause.
        trigger: Option<Citation>,
    }

    /// `assessment.close` on the subject.
    CloseAssessment {
        /// The assessment.
        assessment: Citation,
        /// How it ends.
        outcome: AssessmentOutcome,
        /// Why, if discontinued.
        reason: Option<Document>,
    }

    /// `evidence.request` on the subject.
    RequestEvidence {
        /// The assessment it is for.
        assessment: Option<Citation>,
        /// The statement it concerns.
        statement: StatementId,
        /// The category of evidence wanted.
        category: CategoryId,
        /// Who is asked.
        organisation: OrganisationId,
        /// The period it should cover.
        period: Option<Period>,
        /// When the answer is due.
        due: Date,
        /// What is wanted.
        description: Option<Document>,
        /// Why it is asked although held or asked already.
        again: Option<Document>,
        /// The trigger it answers.
        trigger: Option<Citation>,
    }

    /// `evidence.close-request` on the subject.
    CloseRequest {
        /// The request.
        request: Citation,
        /// How it ends: declined or lapsed.
        outcome: RequestOutcome,
        /// Why.
        reason: Option<Document>,
    }

    /// `evidence.submit` on the subject.
    SubmitEvidence {
        /// The assessment it was gathered for.
        assessment: Option<Citation>,
        /// Statements it bears on.
        statements: Vec<StatementId>,
        /// Category.
        category: CategoryId,
        /// How it came to be held.
        wave: Wave,
        /// Where it was gathered.
        site: Site,
        /// What kind of source it has.
        source: SourceKind,
        /// The organisation it comes from.
        organisation: Option<OrganisationId>,
        /// The period it covers.
        period: Option<Period>,
        /// Purposes, topics and duties it bears on.
        #[serde(default)]
        tags: Vec<TagId>,
        /// The request it answers.
        answers: Option<Citation>,
        /// A result, segment or survey, where it is one.
        result: Option<SubmittedResult>,
        /// Where it is published.
        reference: Option<Url>,
        /// Its documents.
        #[serde(default)]
        documents: Vec<Document>,
    }

    /// `evidence.withdraw` on the subject.
    WithdrawEvidence {
        /// The evidence.
        evidence: Citation,
        /// Why.
        reason: Document,
    }

    /// `evidence.share` on the subject whose evidence it is: with a subject or an organisation.
    ShareEvidence {
        /// The evidence.
        evidence: Citation,
        /// The subject it may serve.
        subject: Option<Subject>,
        /// The partner it is given to.
        organisation: Option<OrganisationId>,
        /// What for.
        purpose: Code,
    }

    /// `document.erase` on the subject of an entry that cites it.
    EraseDocument {
        /// The document's commitment.
        commitment: Hash,
        /// An entry that cites it.
        cited_by: Citation,
        /// The legal basis.
        legal_basis: Option<Code>,
    }

    /// `score.assign` on the subject.
    AssignScore {
        /// The assessment.
        assessment: Citation,
        /// The statement.
        statement: StatementId,
        /// The category, under a category method.
        category: Option<CategoryId>,
        /// The score.
        score: Score,
        /// The evidence it rests on, at most 200.
        #[serde(default)]
        evidence: Vec<Citation>,
        /// Why.
        rationale: Option<Document>,
    }

    /// `score.change` on the subject.
    ChangeScore {
        /// The assessment.
        assessment: Citation,
        /// The statement.
        statement: StatementId,
        /// The category, under a category method.
        category: Option<CategoryId>,
        /// The score.
        score: Score,
        /// The evidence it rests on, at most 200.
        #[serde(default)]
        evidence: Vec<Citation>,
        /// Why.
        rationale: Option<Document>,
    }

    /// `score.moderate` on the subject.
    ModerateScore {
        /// The assessment.
        assessment: Citation,
        /// The statement.
        statement: StatementId,
        /// The category, under a category method.
        category: Option<CategoryId>,
        /// The score the panel gives: the same or another.
        score: Score,
        /// The panel's members.
        #[serde(default)]
        panel: Vec<ActorId>,
        /// Why.
        rationale: Option<Document>,
    }

    /// `draft.share` on the subject.
    ShareDraft {
        /// The assessment.
        assessment: Citation,
        /// Organisations it goes to; all that are entitled while empty.
        #[serde(default)]
        recipients: Vec<OrganisationId>,
        /// Date on the letter; the email's while absent.
        letter: Option<Date>,
        /// Date of the email; the day of recording while absent.
        emailed: Option<Date>,
        /// The draft.
        document: Option<Document>,
    }

    /// `accuracy.challenge` on the subject: one comment.
    ChallengeAccuracy {
        /// The draft.
        draft: Citation,
        /// On which ground.
        ground: Ground,
        /// The statement it concerns.
        statement: Option<StatementId>,
        /// The comment.
        comment: Document,
        /// Evidence about the position at the time.
        #[serde(default)]
        evidence: Vec<Citation>,
        /// Documents about the position at the time.
        #[serde(default)]
        documents: Vec<Document>,
    }

    /// `accuracy.confirm` on the subject.
    ConfirmAccuracy {
        /// The draft.
        draft: Citation,
    }

    /// `accuracy.extend` on the subject.
    ExtendAccuracy {
        /// The draft.
        draft: Citation,
        /// New last day of the window.
        closes: Date,
        /// Why.
        reason: Document,
    }

    /// A correction that goes with an accepted comment.
    Correction {
        /// The entry whose fact was wrong.
        corrects: Citation,
        /// What was wrong.
        field: CorrectableField,
        /// The statement, when a transcribed score was wrong.
        statement: Option<StatementId>,
        /// The value that stands now; absent if none does.
        was: Option<FieldValue>,
        /// The value that is right; absent if there is none.
        now: Option<FieldValue>,
    }

    /// A score that changes with an accepted comment or a review.
    Rescore {
        /// The statement.
        statement: StatementId,
        /// The category, under a category method.
        category: Option<CategoryId>,
        /// The score.
        score: Score,
        /// The evidence it rests on; that of the score replaced while empty.
        #[serde(default)]
        evidence: Vec<Citation>,
    }

    /// `accuracy.decide` on the subject.
    DecideAccuracy {
        /// The challenge.
        challenge: Citation,
        /// What becomes of it.
        outcome: ChallengeOutcome,
        /// Facts corrected with it.
        #[serde(default)]
        corrections: Vec<Correction>,
        /// The score that changes with it.
        rescore: Option<Rescore>,
        /// Why.
        reason: Document,
    }

    /// `correction.record` on the subject of the entry corrected.
    RecordCorrection {
        /// The entry whose fact was wrong.
        corrects: Citation,
        /// What was wrong.
        field: CorrectableField,
        /// The statement, when a transcribed score was wrong.
        statement: Option<StatementId>,
        /// The value that stands now; absent if none does.
        was: Option<FieldValue>,
        /// The value that is right; absent if there is none.
        now: Option<FieldValue>,
        /// Why, and from what source.
        reason: Option<Document>,
    }

    /// `findings.publish` on the subject.
    PublishFindings {
        /// The assessment.
        assessment: Citation,
        /// Statements with a finding; all in scope while empty.
        #[serde(default)]
        statements: Vec<StatementId>,
        /// Strengths, areas for improvement, required improvements and best practice.
        #[serde(default)]
        items: Vec<FindingItem>,
        /// Other parts the narrative has.
        #[serde(default)]
        sections: Vec<NarrativeSection>,
        /// Topics and duties with a commentary.
        #[serde(default)]
        commentary: Vec<TagId>,
        /// Published priorities it addresses.
        #[serde(default)]
        priorities: Vec<PriorityId>,
        /// Regulations breached.
        #[serde(default)]
        breaches: Vec<Code>,
        /// The words.
        narrative: Document,
    }

    /// `rating.publish` on the subject: states the result, which must be the one computed.
    PublishRating {
        /// The assessment.
        assessment: Citation,
        /// Overall percentage; absent where there is none.
        percent: Option<Percent>,
        /// Overall rating; absent while a statement was never scored.
        rating: Option<Rating>,
        /// The review decision it follows.
        review: Option<Citation>,
    }

    /// `rating.withdraw` on the subject.
    WithdrawRating {
        /// The publication.
        publication: Citation,
        /// Why, as a code.
        cause: WithdrawalCause,
        /// Why, in words.
        reason: Document,
    }

    /// `review.request` on the subject.
    RequestReview {
        /// The publication.
        publication: Citation,
        /// On what grounds.
        grounds: Document,
    }

    /// `review.decide` on the subject.
    DecideReview {
        /// The request.
        review: Citation,
        /// What it found.
        outcome: ReviewOutcome,
        /// Scores that change with it.
        #[serde(default)]
        rescores: Vec<Rescore>,
        /// Why.
        reason: Document,
    }

    /// `rating.transcribe` on the subject.
    TranscribeRating {
        /// What it carries over.
        kind: TranscribedKind,
        /// The method the source used.
        framework: FrameworkId,
        /// Where in the programme the source places it.
        phase: Phase,
        /// Date as printed.
        effective_from: Option<PartialDate>,
        /// Rating as printed.
        rating: Option<Rating>,
        /// Percentage as printed.
        percent: Option<Percent>,
        /// Scores as far as printed.
        #[serde(default)]
        scores: Vec<PrintedScore>,
        /// The earlier transcription that this one concerns.
        concerns: Option<Citation>,
        /// Where it is published.
        source: Url,
        /// What was copied from where, and what conflicts.
        note: Option<Document>,
    }

    /// `concern.raise` on the subject.
    RaiseConcern {
        /// How serious it is.
        severity: Severity,
        /// Statements it bears on.
        statements: Vec<StatementId>,
        /// What kind of source it has.
        source: SourceKind,
        /// What is of concern.
        account: Document,
    }

    /// `concern.resolve` on the subject.
    ResolveConcern {
        /// The concern.
        concern: Citation,
        /// How.
        reason: Document,
    }

    /// `trigger.discharge` on the subject: by a request, an assessment, or a reasoned decision.
    DischargeTrigger {
        /// The trigger.
        trigger: Citation,
        /// The request or assessment that does what it asked.
        entry: Option<Citation>,
        /// The reason, if it was decided against.
        reason: Option<Document>,
    }

    /// `risk.sweep` on the subject: fires rule R4 for the statements that are due again.
    SweepRisk {}

    /// `indicator.observe` on the area.
    ObserveIndicator {
        /// The indicator.
        indicator: Code,
        /// The period measured.
        period: Period,
        /// The figure as printed.
        value: Option<Decimal>,
        /// What was counted.
        numerator: Option<u64>,
        /// Out of what.
        denominator: Option<u64>,
        /// How many it rests on.
        base: Option<u64>,
        /// Whether it compares with the period before; it does while absent.
        comparability: Option<Comparability>,
        /// The survey it comes from, as evidence.
        survey: Option<Citation>,
        /// Where it is published.
        source: Option<Url>,
    }

    /// `concern.escalate` on the subject.
    EscalateConcern {
        /// The concern.
        concern: Citation,
        /// The organisation it is about.
        organisation: OrganisationId,
        /// The body accountable for it.
        body: AccountableBody,
        /// When the answer is due.
        due: Date,
        /// Why.
        reason: Document,
    }

    /// `escalation.answer` on the subject.
    AnswerEscalation {
        /// The escalation.
        escalation: Citation,
        /// Who answers.
        body: AccountableBody,
        /// How.
        outcome: EscalationOutcome,
        /// The answer.
        answer: Document,
    }

    /// `notice.issue` on the subject.
    IssueNotice {
        /// The publication with a score of 1.
        publication: Citation,
        /// What was decided.
        decision: NoticeDecision,
        /// Why.
        reason: Document,
    }

    /// `summit.hold` on the subject.
    HoldSummit {
        /// The publication it follows.
        publication: Citation,
        /// Organisations of the area that took part.
        organisations: Vec<OrganisationId>,
        /// What was agreed.
        record: Option<Document>,
    }

    /// `action-plan.publish` on the subject.
    PublishPlan {
        /// The publication it answers.
        publication: Citation,
        /// Its actions.
        actions: Vec<PlannedAction>,
        /// The plan.
        document: Option<Document>,
    }

    /// `action.progress` on the subject.
    ProgressAction {
        /// The plan.
        plan: Citation,
        /// The action.
        action: ItemId,
        /// How far it is.
        status: ActionStatus,
        /// What was done.
        note: Option<Document>,
    }

    /// `support.offer` on the subject.
    OfferSupport {
        /// The publication it follows.
        publication: Citation,
        /// The organisation supported.
        organisation: OrganisationId,
        /// Who offers it.
        body: AccountableBody,
        /// What is offered.
        kind: Code,
        /// In words.
        note: Option<Document>,
    }

    /// `intervention.record` on the subject.
    RecordIntervention {
        /// The publication it follows.
        publication: Citation,
        /// The organisation concerned.
        organisation: OrganisationId,
        /// Who intervenes.
        body: AccountableBody,
        /// Under which power.
        power: Code,
        /// In words.
        note: Option<Document>,
    }

    /// `finding.record` on `theme/ID`.
    RecordFinding {
        /// The subject.
        subject: Subject,
        /// The question.
        question: Code,
        /// Level on the review's own scale.
        level: Code,
        /// Evidence it rests on.
        #[serde(default)]
        evidence: Vec<Citation>,
        /// In words.
        note: Option<Document>,
    }

    /// `thematic-report.publish` on `theme/ID`: coverage is counted by the ledger.
    PublishThematicReport {
        /// What it rests on, as a code.
        rests_on: Code,
        /// The report.
        report: Document,
    }
}

/// A published result, segment or survey, as a command states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SubmittedResult {
    /// A provider's published rating.
    ProviderRating {
        /// The provider.
        provider: OrganisationId,
        /// Its rating.
        rating: Rating,
        /// Date of the rating, as printed.
        published: Option<PartialDate>,
    },
    /// A result in this ledger of one of the area's own authorities or providers.
    PartnerResult {
        /// The publication or transcription.
        entry: Citation,
    },
    /// A segment of the NHS Oversight Framework: 1 is best.
    OversightSegment {
        /// The body.
        organisation: OrganisationId,
        /// The segment, 1 to 4.
        segment: u8,
    },
    /// A survey.
    Survey {
        /// The question's code.
        question: Code,
        /// People invited.
        invited: Option<u64>,
        /// People who answered.
        respondents: u64,
    },
}

/// A command with who gives it, on whose history, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Identity of the command: repeating it gets the first receipt again.
    pub id: CommandId,
    /// Who gives it.
    pub actor: ActorId,
    /// Whose history it concerns.
    pub subject: Subject,
    /// When it happened; when it is recorded while absent.
    pub time: Option<Timestamp>,
    /// The recorded time, stated exactly with a simulated clock.
    pub recorded_time: Option<Timestamp>,
    /// Subject versions the giver saw; the command is rejected if any has moved on.
    pub expected_subject_version: BTreeMap<Subject, u32>,
    /// What to record.
    pub command: Command,
}
