//! Commands rebuilt from the events they became.
//!
//! An event keeps nearly all that its command said. What it does not keep is how citations were spelled, and what was
//! left out because the rules fill it in; so a command is rebuilt in several spellings ([`spellings`]) and told apart by
//! its hash (`spelling.rs`). Not kept at all is who asked for a sweep. Left out: what the command would do (`again.rs`).

use ledger_core::assessment::codes::{OrganisationId, Subject};
use ledger_core::assessment::command::{
    AnswerEscalation, AssignScore, AttestSubjects, ChallengeAccuracy, ChangeScore, CloseAssessment,
    CloseRequest, ConfirmAccuracy, Correction, DecideAccuracy, DecideReview, DischargeTrigger, EraseDocument,
    EscalateConcern, ExtendAccuracy, HoldSummit, IssueNotice, ModerateScore, ObserveIndicator, OfferSupport,
    OpenAssessment, ProgressAction, PublishFindings, PublishPlan, PublishPriorities, PublishRating,
    PublishThematicReport, RaiseConcern, RecordCorrection, RecordFinding, RecordIntervention,
    RequestEvidence, RequestReview, Rescore, ResolveConcern, RevokeActor, RotateKey, ShareDraft,
    ShareEvidence, SubmitEvidence, SubmittedResult, SucceedArea, SweepRisk, TranscribeRating,
    WithdrawEvidence, WithdrawRating,
};
use ledger_core::assessment::event::{
    AccuracyDecided, AreaRegistered, CorrectionRecorded, DraftShared, EvidenceResult, EvidenceSubmitted,
    IndicatorObserved, Organisation, RequestOutcome, ReviewDecided, ScoreChanged,
};
use ledger_core::assessment::indicator::Comparability;
use ledger_core::assessment::{Citation, Command, Event};
use ledger_core::values::Sequence;

/// Which of what the rules fill in the giver left out: one bit for each such field of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftOut(pub(super) u8);

impl LeftOut {
    fn has(self, field: u8) -> bool {
        self.0 & (1 << field) != 0
    }
}

/// In how many ways what is filled in may have been left out.
pub(super) fn spellings(event: &Event) -> u8 {
    match event {
        Event::AssessmentOpened(_)
        | Event::AreaRegistered(_)
        | Event::AccuracyDecided(_)
        | Event::FindingsPublished(_) => 2,
        Event::IndicatorObserved(_) => 4,
        Event::DraftShared(_) => 8,
        _ => 1,
    }
}

/// Whether the rules may have put a list of the command in order, or left out what it named twice: then its hash need not
/// be found, and nothing is wrong.
pub(super) fn is_tidied(event: &Event) -> bool {
    matches!(
        event,
        Event::ActorEnrolled(_)
            | Event::AreaRegistered(_)
            | Event::AreaSucceeded(_)
            | Event::AssessmentOpened(_)
            | Event::ScoreAssigned(_)
            | Event::ScoreChanged(_)
            | Event::AccuracyChallenged(_)
            | Event::AccuracyDecided(_)
            | Event::ReviewDecided(_)
            | Event::ConcernRaised(_)
            | Event::IndicatorDefined(_)
            | Event::SummitHeld(_)
            | Event::FindingRecorded(_)
    )
}

/// How citations are spelled.
pub(super) type Cite<'c> = dyn FnMut(Sequence) -> Citation + 'c;

/// The command whose events these are; none for the founding, which has none.
pub(super) fn rebuilt(
    subject: &Subject,
    events: &[&Event],
    left_out: LeftOut,
    cite: &mut Cite<'_>,
) -> Option<Command> {
    let (first, further) = events.split_first()?;
    gathering(first, left_out, cite)
        .or_else(|| scoring(first, left_out, cite))
        .or_else(|| ongoing(first, left_out, cite))
        .or_else(|| accuracy(first, further, left_out, cite))
        .or_else(|| publication(first, further, left_out, cite))
        .or_else(|| afterwards(first, cite))
        .or_else(|| programme(subject, first, left_out))
}

fn programme(subject: &Subject, event: &Event, left_out: LeftOut) -> Option<Command> {
    Some(match event {
        Event::KeyIntroduced(event) => Command::RotateKey(RotateKey { key: event.key.clone() }),
        Event::WitnessAdded(event) => Command::AddWitness(event.clone()),
        Event::WitnessRemoved(event) => Command::RemoveWitness(event.clone()),
        Event::SubjectsAttested(_) => Command::AttestSubjects(AttestSubjects {}),
        Event::ActorEnrolled(event) => Command::EnrolActor(event.clone()),
        Event::ActorRevoked(event) => Command::RevokeActor(RevokeActor { reason: event.reason.clone() }),
        Event::AreaRegistered(event) => Command::RegisterArea(registered(subject, event.clone(), left_out)),
        Event::AreaOrganisationAdded(event) => Command::AddOrganisation(event.clone()),
        Event::AreaOrganisationRemoved(event) => Command::RemoveOrganisation(event.clone()),
        Event::AreaSucceeded(event) => Command::SucceedArea(SucceedArea {
            successors: event.successors.clone(),
            effective_from: event.effective_from,
        }),
        Event::FrameworkAdopted(event) => Command::AdoptFramework(event.clone()),
        Event::MethodologyApproved(event) => Command::ApproveMethodology(event.clone()),
        Event::RatingsAuthorised(event) => Command::AuthoriseRatings(event.clone()),
        Event::PrioritiesSet(event) => Command::SetPriorities(event.clone()),
        Event::PrioritiesPublished(event) => {
            Command::PublishPriorities(PublishPriorities { kind: event.kind, source: event.source.clone() })
        }
        Event::ProgrammePaused(event) => Command::PauseProgramme(event.clone()),
        Event::ProgrammeResumed(event) => Command::ResumeProgramme(event.clone()),
        Event::HolidayProclaimed(event) => Command::ProclaimHoliday(event.clone()),
        Event::RiskPolicyAdopted(event) => Command::AdoptRiskPolicy(event.clone()),
        Event::IndicatorDefined(event) => Command::DefineIndicator(event.clone()),
        Event::ContextRecorded(event) => Command::RecordContext(event.clone()),
        Event::ThematicReviewOpened(event) => Command::OpenTheme(event.clone()),
        Event::ThematicReportPublished(event) => {
            let (rests_on, report) = (event.rests_on.clone(), event.report.clone());
            Command::PublishThematicReport(PublishThematicReport { rests_on, report })
        }
        _ => return None,
    })
}

/// The registration as it was given: organisations named after the area by its own code may have been filled in.
fn registered(subject: &Subject, mut event: AreaRegistered, left_out: LeftOut) -> AreaRegistered {
    if left_out.has(0) {
        let usual = ["board", "partnership", "authority", "provider"];
        let own = usual.map(|prefix| format!("{prefix}/{}", subject.code()).parse::<OrganisationId>().ok());
        let filled_in = |organisation: &Organisation| {
            own.contains(&Some(organisation.id.clone())) && organisation.name == event.name
        };
        let given = event.organisations.iter().filter(|organisation| !filled_in(organisation));
        event.organisations = given.cloned().collect();
    }
    event
}

fn gathering(event: &Event, left_out: LeftOut, cite: &mut Cite<'_>) -> Option<Command> {
    Some(match event {
        Event::AssessmentOpened(event) => Command::OpenAssessment(OpenAssessment {
            framework: event.framework.clone(),
            phase: event.phase,
            statements: if left_out.has(0) { Vec::new() } else { event.statements.clone() },
            cause: event.cause,
            trigger: event.trigger.map(cite),
        }),
        Event::EvidenceRequested(event) => Command::RequestEvidence(RequestEvidence {
            assessment: event.assessment.map(&mut *cite),
            statement: event.statement.clone(),
            category: event.category.clone(),
            organisation: event.organisation.clone(),
            period: event.period,
            due: event.due,
            description: event.description.clone(),
            again: event.again.clone(),
            trigger: event.trigger.map(cite),
        }),
        Event::EvidenceRequestClosed(event) if event.outcome != RequestOutcome::Answered => {
            Command::CloseRequest(CloseRequest {
                request: cite(event.request),
                outcome: event.outcome,
                reason: event.reason.clone(),
            })
        }
        Event::EvidenceSubmitted(event) => Command::SubmitEvidence(submitted(event, cite)),
        Event::EvidenceWithdrawn(event) => Command::WithdrawEvidence(WithdrawEvidence {
            evidence: cite(event.evidence),
            reason: event.reason.clone(),
        }),
        Event::EvidenceShared(event) => Command::ShareEvidence(ShareEvidence {
            evidence: cite(event.evidence),
            subject: event.subject.clone(),
            organisation: event.organisation.clone(),
            purpose: event.purpose.clone(),
        }),
        Event::DocumentErased(event) => Command::EraseDocument(EraseDocument {
            commitment: event.commitment,
            cited_by: cite(event.cited_by),
            legal_basis: Some(event.legal_basis.clone()),
        }),
        _ => return None,
    })
}

fn submitted(event: &EvidenceSubmitted, cite: &mut Cite<'_>) -> SubmitEvidence {
    let result = event.result.clone();
    SubmitEvidence {
        assessment: event.assessment.map(&mut *cite),
        statements: event.statements.clone(),
        category: event.category.clone(),
        wave: event.wave,
        site: event.site,
        source: event.source,
        organisation: event.organisation.clone(),
        period: event.period,
        tags: event.tags.clone(),
        answers: event.answers.map(&mut *cite),
        result: result.map(|result| match result {
            EvidenceResult::ProviderRating { provider, rating, published } => {
                SubmittedResult::ProviderRating { provider, rating, published }
            }
            EvidenceResult::PartnerResult { entry } => SubmittedResult::PartnerResult { entry: cite(entry) },
            EvidenceResult::OversightSegment { organisation, segment } => {
                SubmittedResult::OversightSegment { organisation, segment }
            }
            EvidenceResult::Survey { question, invited, respondents } => {
                SubmittedResult::Survey { question, invited, respondents }
            }
        }),
        reference: event.reference.clone(),
        documents: event.documents.clone(),
    }
}

fn scoring(event: &Event, left_out: LeftOut, cite: &mut Cite<'_>) -> Option<Command> {
    Some(match event {
        Event::ScoreAssigned(event) => Command::AssignScore(AssignScore {
            assessment: cite(event.assessment),
            statement: event.statement.clone(),
            category: event.category.clone(),
            score: event.score,
            evidence: event.evidence.iter().copied().map(cite).collect(),
            rationale: event.rationale.clone(),
        }),
        Event::ScoreChanged(event) => Command::ChangeScore(ChangeScore {
            assessment: cite(event.assessment),
            statement: event.statement.clone(),
            category: event.category.clone(),
            score: event.score,
            evidence: event.evidence.iter().copied().map(cite).collect(),
            rationale: event.rationale.clone(),
        }),
        Event::ScoreModerated(event) => Command::ModerateScore(ModerateScore {
            assessment: cite(event.assessment),
            statement: event.statement.clone(),
            category: event.category.clone(),
            score: event.score,
            panel: event.panel.clone(),
            rationale: event.rationale.clone(),
        }),
        Event::DraftShared(event) => Command::ShareDraft(shared(event, left_out, cite)),
        _ => return None,
    })
}

fn shared(event: &DraftShared, left_out: LeftOut, cite: &mut Cite<'_>) -> ShareDraft {
    ShareDraft {
        assessment: cite(event.assessment),
        recipients: if left_out.has(0) { Vec::new() } else { event.recipients.clone() },
        letter: Some(event.letter).filter(|_| !left_out.has(1)),
        emailed: Some(event.emailed).filter(|_| !left_out.has(2)),
        document: event.document.clone(),
    }
}

fn accuracy(event: &Event, further: &[&Event], left_out: LeftOut, cite: &mut Cite<'_>) -> Option<Command> {
    Some(match event {
        Event::AccuracyChallenged(event) => Command::ChallengeAccuracy(ChallengeAccuracy {
            draft: cite(event.draft),
            ground: event.ground,
            statement: event.statement.clone(),
            comment: event.comment.clone(),
            evidence: event.evidence.iter().copied().map(cite).collect(),
            documents: event.documents.clone(),
        }),
        Event::AccuracyConfirmed(event) => {
            Command::ConfirmAccuracy(ConfirmAccuracy { draft: cite(event.draft) })
        }
        Event::AccuracyExtended(event) => Command::ExtendAccuracy(ExtendAccuracy {
            draft: cite(event.draft),
            closes: event.closes,
            reason: event.reason.clone(),
        }),
        Event::AccuracyDecided(event) => Command::DecideAccuracy(decided(event, further, left_out, cite)),
        Event::CorrectionRecorded(event) => {
            let reason = event.reason.clone();
            let Correction { corrects, field, statement, was, now } = correction(event, cite);
            Command::RecordCorrection(RecordCorrection { corrects, field, statement, was, now, reason })
        }
        _ => return None,
    })
}

fn correction(event: &CorrectionRecorded, cite: &mut Cite<'_>) -> Correction {
    Correction {
        corrects: cite(event.corrects),
        field: event.field,
        statement: event.statement.clone(),
        was: event.was.clone(),
        now: event.now.clone(),
    }
}

fn rescored(event: &ScoreChanged, cite: &mut Cite<'_>) -> Rescore {
    Rescore {
        statement: event.statement.clone(),
        category: event.category.clone(),
        score: event.score,
        evidence: event.evidence.iter().copied().map(cite).collect(),
    }
}

/// The decision with the corrections and the score that went with it.
fn decided(
    event: &AccuracyDecided,
    further: &[&Event],
    left_out: LeftOut,
    cite: &mut Cite<'_>,
) -> DecideAccuracy {
    let challenge = cite(event.challenge);
    let mut corrections = Vec::new();
    let mut rescore = None;
    for event in further {
        match event {
            Event::CorrectionRecorded(event) => corrections.push(correction(event, cite)),
            Event::ScoreChanged(event) => {
                let evidence = |rescore: Rescore| if left_out.has(0) { Vec::new() } else { rescore.evidence };
                let given = rescored(event, cite);
                rescore = Some(Rescore { evidence: evidence(given.clone()), ..given });
            }
            _ => {}
        }
    }
    DecideAccuracy { challenge, outcome: event.outcome, corrections, rescore, reason: event.reason.clone() }
}

fn publication(event: &Event, further: &[&Event], left_out: LeftOut, cite: &mut Cite<'_>) -> Option<Command> {
    Some(match event {
        Event::FindingsPublished(event) => Command::PublishFindings(PublishFindings {
            assessment: cite(event.assessment),
            statements: if left_out.has(0) { Vec::new() } else { event.statements.clone() },
            items: event.items.clone(),
            sections: event.sections.clone(),
            commentary: event.commentary.clone(),
            priorities: event.priorities.clone(),
            breaches: event.breaches.clone(),
            narrative: event.narrative.clone(),
        }),
        Event::RatingPublished(event) => Command::PublishRating(PublishRating {
            assessment: cite(event.assessment),
            percent: event.percent,
            rating: event.rating,
            review: event.review.map(cite),
        }),
        Event::RatingWithdrawn(event) => Command::WithdrawRating(WithdrawRating {
            publication: cite(event.publication),
            cause: event.cause,
            reason: event.reason.clone(),
        }),
        Event::ReviewRequested(event) => Command::RequestReview(RequestReview {
            publication: cite(event.publication),
            grounds: event.grounds.clone(),
        }),
        Event::ReviewDecided(event) => Command::DecideReview(reviewed(event, further, cite)),
        Event::AssessmentClosed(event) => Command::CloseAssessment(CloseAssessment {
            assessment: cite(event.assessment),
            outcome: event.outcome,
            reason: event.reason.clone(),
        }),
        Event::RatingTranscribed(event) => Command::TranscribeRating(TranscribeRating {
            kind: event.kind,
            framework: event.framework.clone(),
            phase: event.phase,
            effective_from: event.effective_from,
            rating: event.rating,
            percent: event.percent,
            scores: event.scores.clone(),
            concerns: event.concerns.map(cite),
            source: event.source.clone(),
            note: event.note.clone(),
        }),
        _ => return None,
    })
}

fn reviewed(event: &ReviewDecided, further: &[&Event], cite: &mut Cite<'_>) -> DecideReview {
    let review = cite(event.review);
    let changed = further.iter().filter_map(|event| match event {
        Event::ScoreChanged(event) => Some(event),
        _ => None,
    });
    let rescores = changed.map(|event| rescored(event, cite)).collect();
    DecideReview { review, outcome: event.outcome, rescores, reason: event.reason.clone() }
}

fn ongoing(event: &Event, left_out: LeftOut, cite: &mut Cite<'_>) -> Option<Command> {
    Some(match event {
        Event::ConcernRaised(event) => Command::RaiseConcern(RaiseConcern {
            severity: event.severity,
            statements: event.statements.clone(),
            source: event.source,
            account: event.account.clone(),
        }),
        Event::ConcernResolved(event) => Command::ResolveConcern(ResolveConcern {
            concern: cite(event.concern),
            reason: event.reason.clone(),
        }),
        Event::AssessmentTriggered(_) => Command::SweepRisk(SweepRisk {}),
        Event::TriggerDischarged(event) => Command::DischargeTrigger(DischargeTrigger {
            trigger: cite(event.trigger),
            entry: event.entry.map(cite),
            reason: event.reason.clone(),
        }),
        Event::IndicatorObserved(event) => Command::ObserveIndicator(observed(event, left_out, cite)),
        Event::ConcernEscalated(event) => Command::EscalateConcern(EscalateConcern {
            concern: cite(event.concern),
            organisation: event.organisation.clone(),
            body: event.body,
            due: event.due,
            reason: event.reason.clone(),
        }),
        Event::EscalationAnswered(event) => Command::AnswerEscalation(AnswerEscalation {
            escalation: cite(event.escalation),
            body: event.body,
            outcome: event.outcome,
            answer: event.answer.clone(),
        }),
        Event::FindingRecorded(event) => Command::RecordFinding(RecordFinding {
            subject: event.subject.clone(),
            question: event.question.clone(),
            level: event.level.clone(),
            evidence: event.evidence.iter().copied().map(cite).collect(),
            note: event.note.clone(),
        }),
        _ => return None,
    })
}

/// A figure as it was given: comparable unless said otherwise, and a survey's base is its respondents.
fn observed(event: &IndicatorObserved, left_out: LeftOut, cite: &mut Cite<'_>) -> ObserveIndicator {
    let comparable = event.comparability == Comparability::Comparable;
    let base_filled_in = event.survey.is_some() && left_out.has(1);
    ObserveIndicator {
        indicator: event.indicator.clone(),
        period: event.period,
        value: event.value,
        numerator: event.numerator,
        denominator: event.denominator,
        base: event.base.filter(|_| !base_filled_in),
        comparability: Some(event.comparability).filter(|_| !(comparable && left_out.has(0))),
        survey: event.survey.map(cite),
        source: event.source.clone(),
    }
}

fn afterwards(event: &Event, cite: &mut Cite<'_>) -> Option<Command> {
    Some(match event {
        Event::NoticeIssued(event) => Command::IssueNotice(IssueNotice {
            publication: cite(event.publication),
            decision: event.decision,
            reason: event.reason.clone(),
        }),
        Event::SummitHeld(event) => Command::HoldSummit(HoldSummit {
            publication: cite(event.publication),
            organisations: event.organisations.clone(),
            record: event.record.clone(),
        }),
        Event::ActionPlanPublished(event) => Command::PublishPlan(PublishPlan {
            publication: cite(event.publication),
            actions: event.actions.clone(),
            document: event.document.clone(),
        }),
        Event::ActionProgressed(event) => Command::ProgressAction(ProgressAction {
            plan: cite(event.plan),
            action: event.action.clone(),
            status: event.status,
            note: event.note.clone(),
        }),
        Event::SupportOffered(event) => Command::OfferSupport(OfferSupport {
            publication: cite(event.publication),
            organisation: event.organisation.clone(),
            body: event.body,
            kind: event.kind.clone(),
            note: event.note.clone(),
        }),
        Event::InterventionRecorded(event) => Command::RecordIntervention(RecordIntervention {
            publication: cite(event.publication),
            organisation: event.organisation.clone(),
            body: event.body,
            power: event.power.clone(),
            note: event.note.clone(),
        }),
        _ => return None,
    })
}
