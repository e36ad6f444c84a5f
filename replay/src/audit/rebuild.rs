//! Commands rebuilt from the events they became.
//!
//! An event keeps nearly all that its command said. What it does not keep is how citations were spelled, and what was
//! left out because the rules fill it in; so a command is rebuilt in several spellings ([`spellings`]) and told apart by
//! its hash (`spelling.rs`). Not kept at all is who asked for a sweep. Left out: what the command would do (`again.rs`).

#![allow(clippy::result_large_err, reason = "an event that belongs to another group is handed on")]

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
    let event = (*first).clone();
    gathering(event, left_out, cite)
        .or_else(|event| scoring(event, left_out, cite))
        .or_else(|event| ongoing(event, left_out, cite))
        .or_else(|event| accuracy(event, further, left_out, cite))
        .or_else(|event| publication(event, further, left_out, cite))
        .or_else(|event| afterwards(event, cite))
        .or_else(|event| programme(subject, event, left_out))
        .ok()
}

fn programme(subject: &Subject, event: Event, left_out: LeftOut) -> Result<Command, Event> {
    Ok(match event {
        Event::KeyIntroduced(event) => Command::RotateKey(RotateKey { key: event.key }),
        Event::WitnessAdded(event) => Command::AddWitness(event),
        Event::WitnessRemoved(event) => Command::RemoveWitness(event),
        Event::SubjectsAttested(_) => Command::AttestSubjects(AttestSubjects {}),
        Event::ActorEnrolled(event) => Command::EnrolActor(event),
        Event::ActorRevoked(event) => Command::RevokeActor(RevokeActor { reason: event.reason }),
        Event::AreaRegistered(event) => Command::RegisterArea(registered(subject, event, left_out)),
        Event::AreaOrganisationAdded(event) => Command::AddOrganisation(event),
        Event::AreaOrganisationRemoved(event) => Command::RemoveOrganisation(event),
        Event::AreaSucceeded(event) => Command::SucceedArea(SucceedArea {
            successors: event.successors,
            effective_from: event.effective_from,
        }),
        Event::FrameworkAdopted(event) => Command::AdoptFramework(event),
        Event::MethodologyApproved(event) => Command::ApproveMethodology(event),
        Event::RatingsAuthorised(event) => Command::AuthoriseRatings(event),
        Event::PrioritiesSet(event) => Command::SetPriorities(event),
        Event::PrioritiesPublished(event) => {
            Command::PublishPriorities(PublishPriorities { kind: event.kind, source: event.source })
        }
        Event::ProgrammePaused(event) => Command::PauseProgramme(event),
        Event::ProgrammeResumed(event) => Command::ResumeProgramme(event),
        Event::HolidayProclaimed(event) => Command::ProclaimHoliday(event),
        Event::RiskPolicyAdopted(event) => Command::AdoptRiskPolicy(event),
        Event::IndicatorDefined(event) => Command::DefineIndicator(event),
        Event::ContextRecorded(event) => Command::RecordContext(event),
        Event::ThematicReviewOpened(event) => Command::OpenTheme(event),
        Event::ThematicReportPublished(event) => {
            let (rests_on, report) = (event.rests_on, event.report);
            Command::PublishThematicReport(PublishThematicReport { rests_on, report })
        }
        other => return Err(other),
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

fn gathering(event: Event, left_out: LeftOut, cite: &mut Cite<'_>) -> Result<Command, Event> {
    Ok(match event {
        Event::AssessmentOpened(event) => Command::OpenAssessment(OpenAssessment {
            framework: event.framework,
            phase: event.phase,
            statements: if left_out.has(0) { Vec::new() } else { event.statements },
            cause: event.cause,
            trigger: event.trigger.map(cite),
        }),
        Event::EvidenceRequested(event) => Command::RequestEvidence(RequestEvidence {
            assessment: event.assessment.map(&mut *cite),
            statement: event.statement,
            category: event.category,
            organisation: event.organisation,
            period: event.period,
            due: event.due,
            description: event.description,
            again: event.again,
            trigger: event.trigger.map(cite),
        }),
        Event::EvidenceRequestClosed(event) if event.outcome != RequestOutcome::Answered => {
            Command::CloseRequest(CloseRequest {
                request: cite(event.request),
                outcome: event.outcome,
                reason: event.reason,
            })
        }
        Event::EvidenceSubmitted(event) => Command::SubmitEvidence(submitted(event, cite)),
        Event::EvidenceWithdrawn(event) => Command::WithdrawEvidence(WithdrawEvidence {
            evidence: cite(event.evidence),
            reason: event.reason,
        }),
        Event::EvidenceShared(event) => Command::ShareEvidence(ShareEvidence {
            evidence: cite(event.evidence),
            subject: event.subject,
            organisation: event.organisation,
            purpose: event.purpose,
        }),
        Event::DocumentErased(event) => Command::EraseDocument(EraseDocument {
            commitment: event.commitment,
            cited_by: cite(event.cited_by),
            legal_basis: Some(event.legal_basis),
        }),
        other => return Err(other),
    })
}

fn submitted(event: EvidenceSubmitted, cite: &mut Cite<'_>) -> SubmitEvidence {
    let result = event.result;
    SubmitEvidence {
        assessment: event.assessment.map(&mut *cite),
        statements: event.statements,
        category: event.category,
        wave: event.wave,
        site: event.site,
        source: event.source,
        organisation: event.organisation,
        period: event.period,
        tags: event.tags,
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
        reference: event.reference,
        documents: event.documents,
    }
}

fn scoring(event: Event, left_out: LeftOut, cite: &mut Cite<'_>) -> Result<Command, Event> {
    Ok(match event {
        Event::ScoreAssigned(event) => Command::AssignScore(AssignScore {
            assessment: cite(event.assessment),
            statement: event.statement,
            category: event.category,
            score: event.score,
            evidence: event.evidence.into_iter().map(cite).collect(),
            rationale: event.rationale,
        }),
        Event::ScoreChanged(event) => Command::ChangeScore(ChangeScore {
            assessment: cite(event.assessment),
            statement: event.statement,
            category: event.category,
            score: event.score,
            evidence: event.evidence.into_iter().map(cite).collect(),
            rationale: event.rationale,
        }),
        Event::ScoreModerated(event) => Command::ModerateScore(ModerateScore {
            assessment: cite(event.assessment),
            statement: event.statement,
            category: event.category,
            score: event.score,
            panel: event.panel,
            rationale: event.rationale,
        }),
        Event::DraftShared(event) => Command::ShareDraft(shared(event, left_out, cite)),
        other => return Err(other),
    })
}

fn shared(event: DraftShared, left_out: LeftOut, cite: &mut Cite<'_>) -> ShareDraft {
    ShareDraft {
        assessment: cite(event.assessment),
        recipients: if left_out.has(0) { Vec::new() } else { event.recipients },
        letter: Some(event.letter).filter(|_| !left_out.has(1)),
        emailed: Some(event.emailed).filter(|_| !left_out.has(2)),
        document: event.document,
    }
}

fn accuracy(
    event: Event,
    further: &[&Event],
    left_out: LeftOut,
    cite: &mut Cite<'_>,
) -> Result<Command, Event> {
    Ok(match event {
        Event::AccuracyChallenged(event) => Command::ChallengeAccuracy(ChallengeAccuracy {
            draft: cite(event.draft),
            ground: event.ground,
            statement: event.statement,
            comment: event.comment,
            evidence: event.evidence.into_iter().map(cite).collect(),
            documents: event.documents,
        }),
        Event::AccuracyConfirmed(event) => {
            Command::ConfirmAccuracy(ConfirmAccuracy { draft: cite(event.draft) })
        }
        Event::AccuracyExtended(event) => Command::ExtendAccuracy(ExtendAccuracy {
            draft: cite(event.draft),
            closes: event.closes,
            reason: event.reason,
        }),
        Event::AccuracyDecided(event) => Command::DecideAccuracy(decided(event, further, left_out, cite)),
        Event::CorrectionRecorded(event) => {
            let reason = event.reason.clone();
            let Correction { corrects, field, statement, was, now } = correction(event, cite);
            Command::RecordCorrection(RecordCorrection { corrects, field, statement, was, now, reason })
        }
        other => return Err(other),
    })
}

fn correction(event: CorrectionRecorded, cite: &mut Cite<'_>) -> Correction {
    Correction {
        corrects: cite(event.corrects),
        field: event.field,
        statement: event.statement,
        was: event.was,
        now: event.now,
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
    event: AccuracyDecided,
    further: &[&Event],
    left_out: LeftOut,
    cite: &mut Cite<'_>,
) -> DecideAccuracy {
    let challenge = cite(event.challenge);
    let mut corrections = Vec::new();
    let mut rescore = None;
    for event in further {
        match event {
            Event::CorrectionRecorded(event) => corrections.push(correction(event.clone(), cite)),
            Event::ScoreChanged(event) => {
                let evidence = |rescore: Rescore| if left_out.has(0) { Vec::new() } else { rescore.evidence };
                let given = rescored(event, cite);
                rescore = Some(Rescore { evidence: evidence(given.clone()), ..given });
            }
            _ => {}
        }
    }
    DecideAccuracy { challenge, outcome: event.outcome, corrections, rescore, reason: event.reason }
}

fn publication(
    event: Event,
    further: &[&Event],
    left_out: LeftOut,
    cite: &mut Cite<'_>,
) -> Result<Command, Event> {
    Ok(match event {
        Event::FindingsPublished(event) => Command::PublishFindings(PublishFindings {
            assessment: cite(event.assessment),
            statements: if left_out.has(0) { Vec::new() } else { event.statements },
            items: event.items,
            sections: event.sections,
            commentary: event.commentary,
            priorities: event.priorities,
            breaches: event.breaches,
            narrative: event.narrative,
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
            reason: event.reason,
        }),
        Event::ReviewRequested(event) => Command::RequestReview(RequestReview {
            publication: cite(event.publication),
            grounds: event.grounds,
        }),
        Event::ReviewDecided(event) => Command::DecideReview(reviewed(event, further, cite)),
        Event::AssessmentClosed(event) => Command::CloseAssessment(CloseAssessment {
            assessment: cite(event.assessment),
            outcome: event.outcome,
            reason: event.reason,
        }),
        Event::RatingTranscribed(event) => Command::TranscribeRating(TranscribeRating {
            kind: event.kind,
            framework: event.framework,
            phase: event.phase,
            effective_from: event.effective_from,
            rating: event.rating,
            percent: event.percent,
            scores: event.scores,
            concerns: event.concerns.map(cite),
            source: event.source,
            note: event.note,
        }),
        other => return Err(other),
    })
}

fn reviewed(event: ReviewDecided, further: &[&Event], cite: &mut Cite<'_>) -> DecideReview {
    let review = cite(event.review);
    let changed = further.iter().filter_map(|event| match event {
        Event::ScoreChanged(event) => Some(event),
        _ => None,
    });
    let rescores = changed.map(|event| rescored(event, cite)).collect();
    DecideReview { review, outcome: event.outcome, rescores, reason: event.reason }
}

fn ongoing(event: Event, left_out: LeftOut, cite: &mut Cite<'_>) -> Result<Command, Event> {
    Ok(match event {
        Event::ConcernRaised(event) => Command::RaiseConcern(RaiseConcern {
            severity: event.severity,
            statements: event.statements,
            source: event.source,
            account: event.account,
        }),
        Event::ConcernResolved(event) => {
            Command::ResolveConcern(ResolveConcern { concern: cite(event.concern), reason: event.reason })
        }
        Event::AssessmentTriggered(_) => Command::SweepRisk(SweepRisk {}),
        Event::TriggerDischarged(event) => Command::DischargeTrigger(DischargeTrigger {
            trigger: cite(event.trigger),
            entry: event.entry.map(cite),
            reason: event.reason,
        }),
        Event::IndicatorObserved(event) => Command::ObserveIndicator(observed(event, left_out, cite)),
        Event::ConcernEscalated(event) => Command::EscalateConcern(EscalateConcern {
            concern: cite(event.concern),
            organisation: event.organisation,
            body: event.body,
            due: event.due,
            reason: event.reason,
        }),
        Event::EscalationAnswered(event) => Command::AnswerEscalation(AnswerEscalation {
            escalation: cite(event.escalation),
            body: event.body,
            outcome: event.outcome,
            answer: event.answer,
        }),
        Event::FindingRecorded(event) => Command::RecordFinding(RecordFinding {
            subject: event.subject,
            question: event.question,
            level: event.level,
            evidence: event.evidence.into_iter().map(cite).collect(),
            note: event.note,
        }),
        other => return Err(other),
    })
}

/// A figure as it was given: comparable unless said otherwise, and a survey's base is its respondents.
fn observed(event: IndicatorObserved, left_out: LeftOut, cite: &mut Cite<'_>) -> ObserveIndicator {
    let comparable = event.comparability == Comparability::Comparable;
    let base_filled_in = event.survey.is_some() && left_out.has(1);
    ObserveIndicator {
        indicator: event.indicator,
        period: event.period,
        value: event.value,
        numerator: event.numerator,
        denominator: event.denominator,
        base: event.base.filter(|_| !base_filled_in),
        comparability: Some(event.comparability).filter(|_| !(comparable && left_out.has(0))),
        survey: event.survey.map(cite),
        source: event.source,
    }
}

fn afterwards(event: Event, cite: &mut Cite<'_>) -> Result<Command, Event> {
    Ok(match event {
        Event::NoticeIssued(event) => Command::IssueNotice(IssueNotice {
            publication: cite(event.publication),
            decision: event.decision,
            reason: event.reason,
        }),
        Event::SummitHeld(event) => Command::HoldSummit(HoldSummit {
            publication: cite(event.publication),
            organisations: event.organisations,
            record: event.record,
        }),
        Event::ActionPlanPublished(event) => Command::PublishPlan(PublishPlan {
            publication: cite(event.publication),
            actions: event.actions,
            document: event.document,
        }),
        Event::ActionProgressed(event) => Command::ProgressAction(ProgressAction {
            plan: cite(event.plan),
            action: event.action,
            status: event.status,
            note: event.note,
        }),
        Event::SupportOffered(event) => Command::OfferSupport(OfferSupport {
            publication: cite(event.publication),
            organisation: event.organisation,
            body: event.body,
            kind: event.kind,
            note: event.note,
        }),
        Event::InterventionRecorded(event) => Command::RecordIntervention(RecordIntervention {
            publication: cite(event.publication),
            organisation: event.organisation,
            body: event.body,
            power: event.power,
            note: event.note,
        }),
        other => return Err(other),
    })
}
