//! Rules for concerns, their escalation, and the discharge of triggers.

use super::afterwards::check_accountable;
use super::gathering::{check_trigger_open, trigger};
use super::{Case, Planned, each_once, risk};
use crate::assessment::command::{
    AnswerEscalation, Citation, DischargeTrigger, EscalateConcern, RaiseConcern, ResolveConcern,
};
use crate::assessment::event::{
    ConcernEscalated, ConcernRaised, ConcernResolved, DischargedBy, EscalationAnswered, Event,
    TriggerDischarged,
};
use crate::assessment::rejection::Rejection;
use crate::values::Sequence;

pub(super) fn raise_concern(case: &Case<'_>, data: &RaiseConcern) -> Result<Vec<Planned>, Rejection> {
    case.check_statements(&data.statements)?;
    let statements = each_once(&data.statements);
    let triggered = risk::after_concern(case, data.severity, &statements)?;
    if data.statements.is_empty() {
        let what = "a concern bears on at least one statement: name it".to_owned();
        return Err(Rejection::ResultUnfit { what });
    }
    let event = ConcernRaised {
        severity: data.severity,
        statements,
        source: data.source,
        account: data.account.clone(),
    };
    Ok([case.event(event)].into_iter().chain(triggered).collect())
}

/// The cited concern of this subject, open or resolved.
fn concern(case: &Case<'_>, citation: Citation) -> Result<Sequence, Rejection> {
    let (sequence, ()) = case.cited(citation, "a concern about this subject (concern.raised)", |event| {
        matches!(event, Event::ConcernRaised(_)).then_some(())
    })?;
    Ok(sequence)
}

fn check_concern_open(case: &Case<'_>, sequence: Sequence) -> Result<(), Rejection> {
    let open = case.known().is_some_and(|known| known.concerns.contains_key(&sequence));
    if open { Ok(()) } else { Err(Rejection::ConcernNotOpen { sequence }) }
}

pub(super) fn resolve_concern(case: &Case<'_>, data: &ResolveConcern) -> Result<Vec<Planned>, Rejection> {
    let sequence = concern(case, data.concern)?;
    check_concern_open(case, sequence)?;
    Ok(vec![case.event(ConcernResolved { concern: sequence, reason: data.reason.clone() })])
}

pub(super) fn escalate_concern(case: &Case<'_>, data: &EscalateConcern) -> Result<Vec<Planned>, Rejection> {
    let concern = concern(case, data.concern)?;
    case.check_organisation(&data.organisation)?;
    let same = |open: &ConcernEscalated| {
        open.concern == concern && open.organisation == data.organisation && open.body == data.body
    };
    let mut open = case.known().into_iter().flat_map(|known| &known.escalations);
    if let Some((escalation, _)) = open.find(|(_, open)| same(open)) {
        let what = format!("escalation {escalation} put this to the same body and awaits its answer");
        return Err(Rejection::NoEffect { what });
    }
    check_accountable(case, data.body, &data.organisation)?;
    check_concern_open(case, concern)?;
    let event = ConcernEscalated {
        concern,
        organisation: data.organisation.clone(),
        body: data.body,
        due: data.due,
        reason: data.reason.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn answer_escalation(case: &Case<'_>, data: &AnswerEscalation) -> Result<Vec<Planned>, Rejection> {
    let (escalation, escalated) =
        case.cited(data.escalation, "an escalation of this subject (concern.escalated)", |event| {
            if let Event::ConcernEscalated(escalated) = event { Some(escalated) } else { None }
        })?;
    if escalated.body != data.body {
        check_accountable(case, data.body, &escalated.organisation)?;
        let what = "the escalation was put to another body: its own answer is needed";
        return Err(Rejection::OutcomeUnfit { what });
    }
    if !case.known().is_some_and(|known| known.escalations.contains_key(&escalation)) {
        return Err(Rejection::EscalationNotOpen { sequence: escalation });
    }
    let event = EscalationAnswered {
        escalation,
        body: data.body,
        outcome: data.outcome,
        answer: data.answer.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn discharge_trigger(case: &Case<'_>, data: &DischargeTrigger) -> Result<Vec<Planned>, Rejection> {
    let (trigger, triggered) = trigger(case, data.trigger)?;
    let done = data.entry.map(|citation| {
        case.cited(citation, "a request or assessment of this subject", |event| match event {
            Event::EvidenceRequested(request) => {
                Some((DischargedBy::Request, std::slice::from_ref(&request.statement)))
            }
            Event::AssessmentOpened(opened) => Some((DischargedBy::Assessment, &opened.statements[..])),
            _ => None,
        })
    });
    let done = done.transpose()?;
    if let Some((sequence, (_, statements))) = done {
        let under_way = case.known().is_some_and(|known| {
            known.asked.contains_key(&sequence) || known.assessments.contains_key(&sequence)
        });
        if !statements.iter().any(|statement| triggered.statements.contains(statement)) {
            let what = "what discharges a trigger bears on a statement that the trigger names";
            return Err(Rejection::OutcomeUnfit { what });
        }
        if sequence < trigger && !under_way {
            let what = "what ended before a trigger fired does not discharge it";
            return Err(Rejection::OutcomeUnfit { what });
        }
    }
    check_trigger_open(case, trigger)?;
    let (entry, by) = match done {
        Some((sequence, (by, _))) => (Some(sequence), by),
        None if data.reason.is_none() => {
            let what = "a trigger is discharged by a request, an assessment or a reasoned decision";
            return Err(Rejection::ReasonMissing { what });
        }
        None => (None, DischargedBy::Decision),
    };
    let event = TriggerDischarged { trigger, by, entry, reason: data.reason.clone() };
    Ok(vec![case.event(event)])
}
