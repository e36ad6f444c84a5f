//! Rules for opening an assessment and gathering evidence: requests, submissions, sharing, erasure.

use super::{Case, Planned, each_once, risk};
use crate::assessment::civil::Period;
use crate::assessment::codes::{CategoryId, OrganisationId, StatementId, documents};
use crate::assessment::command::{
    Citation, CloseRequest, EraseDocument, OpenAssessment, RequestEvidence, ShareEvidence, SubmitEvidence,
    SubmittedResult, WithdrawEvidence,
};
use crate::assessment::event::{
    AssessmentOpened, AssessmentTriggered, DocumentErased, Event, EvidenceRequestClosed, EvidenceRequested,
    EvidenceResult, EvidenceShared, EvidenceSubmitted, EvidenceWithdrawn, OpeningCause, RequestOutcome,
};
use crate::assessment::framework::Framework;
use crate::assessment::rejection::Rejection;
use crate::assessment::state::Held;
use crate::values::Sequence;

pub(super) fn open_assessment(case: &Case<'_>, data: &OpenAssessment) -> Result<Vec<Planned>, Rejection> {
    let date = case.date();
    let trigger = data.trigger.map(|citation| trigger(case, citation)).transpose()?.map(|(at, _)| at);
    let framework = case.framework_on(&data.framework, date)?;
    if let Some(unknown) = data.statements.iter().find(|id| framework.statement(id).is_none()) {
        return Err(Rejection::StatementUnknown { statement: unknown.clone() });
    }
    let kind = framework.subject_kind;
    if case.state.paused_on(kind, date) {
        return Err(Rejection::ProgrammePaused { kind });
    }
    let approved = case.state.frameworks.get(&framework.id).and_then(|adopted| adopted.approved_from);
    if data.phase.needs_approval() && approved.is_none_or(|from| from > date) {
        return Err(Rejection::MethodologyNotApproved { framework: framework.id.clone() });
    }
    let statements: Vec<StatementId> = match data.statements.as_slice() {
        [] => framework.statements().map(|statement| statement.id.clone()).collect(),
        some => each_once(some),
    };
    for (sequence, open) in case.known().into_iter().flat_map(|known| &known.assessments) {
        if let Some(statement) = statements.iter().find(|id| open.statements.contains(*id)) {
            return Err(Rejection::AssessmentOverlaps { sequence: *sequence, statement: statement.clone() });
        }
    }
    if (data.cause == OpeningCause::Trigger) != trigger.is_some() {
        let what = "an assessment caused by a trigger names it, and no other does";
        return Err(Rejection::OutcomeUnfit { what });
    }
    trigger.map_or(Ok(()), |sequence| check_trigger_open(case, sequence))?;
    let event = AssessmentOpened {
        framework: framework.id.clone(),
        phase: data.phase,
        statements,
        cause: data.cause,
        trigger,
    };
    Ok(vec![case.event_of(Some(case.context.next), event)])
}

/// The cited trigger of this subject, open or discharged.
pub(super) fn trigger<'a>(
    case: &Case<'a>,
    citation: Citation,
) -> Result<(Sequence, &'a AssessmentTriggered), Rejection> {
    case.cited(citation, "a trigger of this subject (assessment.triggered)", |event| {
        if let Event::AssessmentTriggered(trigger) = event { Some(trigger) } else { None }
    })
}

pub(super) fn check_trigger_open(case: &Case<'_>, sequence: Sequence) -> Result<(), Rejection> {
    let open = case.known().is_some_and(|known| known.triggers.contains_key(&sequence));
    if open { Ok(()) } else { Err(Rejection::TriggerNotOpen { sequence }) }
}

pub(super) fn request_evidence(case: &Case<'_>, data: &RequestEvidence) -> Result<Vec<Planned>, Rejection> {
    let assessment = cited_assessment(case, data.assessment)?;
    let trigger = data.trigger.map(|citation| trigger(case, citation)).transpose()?.map(|(at, _)| at);
    case.check_statements(std::slice::from_ref(&data.statement))?;
    check_category(case, &data.category)?;
    case.check_organisation(&data.organisation)?;
    check_period(data.period)?;
    check_scope(case, assessment, std::slice::from_ref(&data.statement))?;
    if data.again.is_none() {
        already_answered(case, data)?;
    }
    trigger.map_or(Ok(()), |sequence| check_trigger_open(case, sequence))?;
    let event = EvidenceRequested {
        assessment,
        statement: data.statement.clone(),
        category: data.category.clone(),
        organisation: data.organisation.clone(),
        period: data.period,
        due: data.due,
        description: data.description.clone(),
        again: data.again.clone(),
        trigger,
    };
    Ok(vec![case.event_of(assessment, event)])
}

/// Refuses a request that evidence held, or a request open, already answers: same statement and category, from
/// that organisation (or from nobody in particular), covering the period wanted. Duplicate requests are a known
/// burden on those assessed.
fn already_answered(case: &Case<'_>, data: &RequestEvidence) -> Result<(), Rejection> {
    let covers = |period: Option<Period>| match (period, data.period) {
        (_, None) => true,
        (Some(held), Some(wanted)) => held.covers(wanted),
        (None, Some(_)) => false,
    };
    let same_source =
        |organisation: Option<&OrganisationId>| organisation.is_none_or(|o| *o == data.organisation);
    let answers = |held: &Held<'_>| covers(held.period) && same_source(held.organisation);
    if let Some(held) = case.state.held.under(case.subject(), &data.statement, &data.category).find(answers) {
        return Err(Rejection::AlreadyHeld { sequence: held.sequence });
    }
    let asked = case.known().into_iter().flat_map(|known| &known.asked).find(|(_, open)| {
        open.statement == data.statement
            && open.category == data.category
            && open.organisation == data.organisation
            && covers(open.period)
    });
    asked.map_or(Ok(()), |(sequence, _)| Err(Rejection::AlreadyAsked { sequence: *sequence }))
}

fn check_category(case: &Case<'_>, category: &CategoryId) -> Result<(), Rejection> {
    if case.frameworks_of_kind().any(|framework| framework.has_category(category)) {
        return Ok(());
    }
    Err(Rejection::CategoryUnknown { category: category.clone() })
}

fn check_period(period: Option<Period>) -> Result<(), Rejection> {
    match period {
        Some(Period { from, to }) if to < from => Err(Rejection::PeriodBackwards { from, to }),
        _ => Ok(()),
    }
}

/// The assessment that evidence or a request is for, if it is for one.
fn cited_assessment(case: &Case<'_>, citation: Option<Citation>) -> Result<Option<Sequence>, Rejection> {
    let Some(citation) = citation else { return Ok(None) };
    case.assessment(citation).map(|(sequence, _)| Some(sequence))
}

/// The assessment, if there is one, is open and has these statements in scope.
fn check_scope(
    case: &Case<'_>,
    assessment: Option<Sequence>,
    statements: &[StatementId],
) -> Result<(), Rejection> {
    let Some(assessment) = assessment else { return Ok(()) };
    let open = case.open_assessment(assessment)?;
    match statements.iter().find(|id| !open.statements.contains(*id)) {
        Some(statement) => Err(Rejection::StatementOutOfScope { statement: statement.clone(), assessment }),
        None => Ok(()),
    }
}

/// The cited request to this subject, open or closed.
fn request<'a>(case: &Case<'a>, citation: Citation) -> Result<(Sequence, &'a EvidenceRequested), Rejection> {
    case.cited(citation, "a request to this subject (evidence.requested)", |event| {
        if let Event::EvidenceRequested(request) = event { Some(request) } else { None }
    })
}

fn check_request_open(case: &Case<'_>, sequence: Sequence) -> Result<(), Rejection> {
    let open = case.known().is_some_and(|known| known.asked.contains_key(&sequence));
    if open { Ok(()) } else { Err(Rejection::RequestNotOpen { sequence }) }
}

pub(super) fn close_request(case: &Case<'_>, data: &CloseRequest) -> Result<Vec<Planned>, Rejection> {
    let (sequence, request) = request(case, data.request)?;
    case.check_own(&request.organisation)?;
    check_request_open(case, sequence)?;
    if data.outcome == RequestOutcome::Answered {
        let what =
            "a request is answered by submitting the evidence that names it; close it as declined or lapsed";
        return Err(Rejection::OutcomeUnfit { what });
    }
    let event = EvidenceRequestClosed {
        request: sequence,
        outcome: data.outcome,
        answer: None,
        reason: data.reason.clone(),
    };
    Ok(vec![case.event_of(request.assessment, event)])
}

pub(super) fn submit_evidence(case: &Case<'_>, data: &SubmitEvidence) -> Result<Vec<Planned>, Rejection> {
    let assessment = cited_assessment(case, data.assessment)?;
    let answers = data.answers.map(|citation| request(case, citation)).transpose()?;
    check_partner_result(case, data.result.as_ref())?;
    case.check_statements(&data.statements)?;
    check_category(case, &data.category)?;
    let known_tag = |tag| case.frameworks_of_kind().any(|framework: &Framework| framework.has_tag(tag));
    if let Some(tag) = data.tags.iter().find(|tag| !known_tag(tag)) {
        return Err(Rejection::TagUnknown { tag: tag.clone() });
    }
    if case.acts_as_partner() {
        check_partner(case, data.organisation.as_ref())?;
    }
    answers.map_or(Ok(()), |(_, request)| case.check_own(&request.organisation))?;
    check_period(data.period)?;
    check_scope(case, assessment, &data.statements)?;
    answers.map_or(Ok(()), |(sequence, _)| check_request_open(case, sequence))?;
    if data.statements.is_empty() {
        let what = "evidence bears on at least one statement: name it".to_owned();
        return Err(Rejection::ResultUnfit { what });
    }
    let result = data.result.as_ref().map(|result| submitted_result(case, result)).transpose()?;
    if let Some((sequence, request)) = answers {
        let answers = data.statements.contains(&request.statement) && data.category == request.category;
        if !answers {
            return Err(Rejection::EvidenceUnrelated {
                sequence,
                statement: format!("{} ({}), which was asked for", request.statement, request.category),
            });
        }
    }
    let event = EvidenceSubmitted {
        assessment,
        statements: data.statements.clone(),
        category: data.category.clone(),
        wave: data.wave,
        site: data.site,
        source: data.source,
        organisation: data.organisation.clone(),
        period: data.period,
        tags: data.tags.clone(),
        answers: answers.map(|(sequence, _)| sequence),
        result,
        reference: data.reference.clone(),
        documents: data.documents.clone(),
    };
    let mut events = vec![case.event_of(assessment, event)];
    if let Some((request, asked)) = answers {
        let closed = EvidenceRequestClosed {
            request,
            outcome: RequestOutcome::Answered,
            answer: Some(case.position(0)),
            reason: None,
        };
        events.push(case.consequence(asked.assessment, closed));
    }
    Ok(events)
}

/// A partner submits for its own organisation, which belongs to the area.
fn check_partner(case: &Case<'_>, organisation: Option<&OrganisationId>) -> Result<(), Rejection> {
    let own = case.own_organisation()?;
    match organisation {
        Some(organisation) => case.check_own(organisation)?,
        None => {
            return Err(Rejection::OrganisationNotOwn {
                actor: case.request.actor.clone(),
                organisation: format!("nobody; state {own}"),
            });
        }
    }
    case.check_organisation(own)
}

/// An entry cited as a partner's result is one.
fn check_partner_result(case: &Case<'_>, result: Option<&SubmittedResult>) -> Result<(), Rejection> {
    let Some(SubmittedResult::PartnerResult { entry }) = result else { return Ok(()) };
    let entry = case.entry(*entry)?;
    if matches!(entry.event, Event::RatingPublished(_) | Event::RatingTranscribed(_)) {
        return Ok(());
    }
    let expected = "a published or transcribed rating";
    Err(Rejection::EntryUnfit { sequence: entry.sequence, found: entry.event.name(), expected })
}

fn submitted_result(case: &Case<'_>, result: &SubmittedResult) -> Result<EvidenceResult, Rejection> {
    match result {
        SubmittedResult::ProviderRating { provider, rating, published } => {
            Ok(EvidenceResult::ProviderRating {
                provider: provider.clone(),
                rating: *rating,
                published: *published,
            })
        }
        SubmittedResult::OversightSegment { organisation, segment } => {
            if !(1..=4).contains(segment) {
                let what = format!("{segment} is not a segment: 1 (best) to 4 expected");
                return Err(Rejection::ResultUnfit { what });
            }
            Ok(EvidenceResult::OversightSegment { organisation: organisation.clone(), segment: *segment })
        }
        SubmittedResult::Survey { question, invited, respondents } => {
            if invited.is_some_and(|invited| invited < *respondents) {
                let what = format!("{respondents} people cannot have answered when fewer were invited");
                return Err(Rejection::ResultUnfit { what });
            }
            Ok(EvidenceResult::Survey {
                question: question.clone(),
                invited: *invited,
                respondents: *respondents,
            })
        }
        SubmittedResult::PartnerResult { entry } => partner_result(case, *entry),
    }
}

/// A result in this ledger of one of the area's own authorities or providers may be cited without being shared.
fn partner_result(case: &Case<'_>, citation: Citation) -> Result<EvidenceResult, Rejection> {
    let entry = case.entry(citation)?;
    let of = &entry.subject;
    let organisation = |prefix: &str| format!("{prefix}/{}", of.code()).parse::<OrganisationId>().ok();
    let own = ["authority", "provider"].into_iter().filter_map(organisation);
    let area = case.state.areas.get(case.subject());
    if area.is_some_and(|area| { own }.any(|id| area.organisations.contains_key(&id))) {
        return Ok(EvidenceResult::PartnerResult { entry: entry.sequence });
    }
    Err(Rejection::ResultUnfit {
        what: format!(
            "entry {} is a result of {of}, which is no organisation of {}",
            entry.sequence,
            case.subject()
        ),
    })
}

/// The cited evidence of this subject.
fn own_evidence<'a>(
    case: &Case<'a>,
    citation: Citation,
) -> Result<(Sequence, &'a EvidenceSubmitted), Rejection> {
    case.cited(citation, "evidence of this subject (evidence.submitted)", |event| {
        if let Event::EvidenceSubmitted(evidence) = event { Some(evidence) } else { None }
    })
}

pub(super) fn check_not_withdrawn(case: &Case<'_>, sequence: Sequence) -> Result<(), Rejection> {
    if case.state.status.get(&sequence).is_some_and(|status| status.withdrawn) {
        return Err(Rejection::EvidenceWithdrawn { sequence });
    }
    Ok(())
}

pub(super) fn withdraw_evidence(case: &Case<'_>, data: &WithdrawEvidence) -> Result<Vec<Planned>, Rejection> {
    let (sequence, evidence) = own_evidence(case, data.evidence)?;
    let triggered = risk::after_withdrawal(case, sequence)?;
    check_not_withdrawn(case, sequence)?;
    let event = EvidenceWithdrawn { evidence: sequence, reason: data.reason.clone() };
    Ok([case.event_of(evidence.assessment, event)].into_iter().chain(triggered).collect())
}

pub(super) fn share_evidence(case: &Case<'_>, data: &ShareEvidence) -> Result<Vec<Planned>, Rejection> {
    let (sequence, evidence) = own_evidence(case, data.evidence)?;
    let shared = case.state.status.get(&sequence).map(|status| &status.shared_with);
    if let Some(subject) = &data.subject
        && (subject == case.subject() || shared.is_some_and(|with| with.contains(subject)))
    {
        return Err(Rejection::NoEffect { what: format!("evidence {sequence} serves {subject} already") });
    }
    check_not_withdrawn(case, sequence)?;
    if data.subject.is_some() == data.organisation.is_some() {
        let what = "evidence is shared with one subject or one organisation: name one of them";
        return Err(Rejection::OutcomeUnfit { what });
    }
    let event = EvidenceShared {
        evidence: sequence,
        from: case.subject().clone(),
        subject: data.subject.clone(),
        organisation: data.organisation.clone(),
        purpose: data.purpose.clone(),
    };
    let own = case.event_of(evidence.assessment, event.clone());
    let other = data.subject.clone().map(|subject| Planned { subject, ..case.event(event) });
    Ok([own].into_iter().chain(other).collect())
}

pub(super) fn erase_document(case: &Case<'_>, data: &EraseDocument) -> Result<Vec<Planned>, Rejection> {
    let entry = case.entry(data.cited_by)?;
    let sequence = entry.sequence;
    if entry.subject != *case.subject() {
        let expected = "an entry of this subject";
        return Err(Rejection::EntryUnfit { sequence, found: entry.event.name(), expected });
    }
    if case.state.erased.contains(&data.commitment) {
        return Err(Rejection::NoEffect { what: format!("document {} is erased already", data.commitment) });
    }
    let Some(legal_basis) = data.legal_basis.clone() else {
        return Err(Rejection::LegalBasisMissing { commitment: data.commitment });
    };
    let cited = entry.event.data().map(|data| data.to_string()).unwrap_or_default();
    if !documents(&cited).any(|commitment| commitment == data.commitment) {
        return Err(Rejection::DocumentNotCited { commitment: data.commitment, sequence });
    }
    let event = DocumentErased { commitment: data.commitment, cited_by: sequence, legal_basis };
    Ok(vec![case.event(event)])
}
