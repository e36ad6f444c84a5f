//! Rules for concerns and triggers, and risk rule R1.

use super::gathering::{check_trigger_open, trigger};
use super::{Case, Planned, code};
use crate::assessment::command::{DischargeTrigger, RaiseConcern, ResolveConcern};
use crate::assessment::event::{
    Arithmetic, AssessmentTriggered, ConcernRaised, ConcernResolved, DischargedBy, Event, TriggerDischarged,
};
use crate::assessment::rejection::Rejection;
use crate::assessment::risk::{RiskRule, Severity};

pub(super) fn raise_concern(case: &Case<'_>, data: &RaiseConcern) -> Result<Vec<Planned>, Rejection> {
    case.check_statements(&data.statements)?;
    let triggered = immediate_concern(case, data)?;
    if data.statements.is_empty() {
        let what = "a concern bears on at least one statement: name it".to_owned();
        return Err(Rejection::ResultUnfit { what });
    }
    let event = ConcernRaised {
        severity: data.severity,
        statements: data.statements.clone(),
        source: data.source,
        account: data.account.clone(),
    };
    Ok([case.event(event)].into_iter().chain(triggered).collect())
}

/// R1: an immediate concern triggers in the same commit, under the policy in force on the day of recording.
fn immediate_concern(case: &Case<'_>, data: &RaiseConcern) -> Result<Option<Planned>, Rejection> {
    if data.severity != Severity::Immediate {
        return Ok(None);
    }
    let Some((policy, rule)) = case.state.policy_on(case.today()).and_then(|p| p.r1.as_ref().map(|r| (p, r)))
    else {
        return Ok(None);
    };
    let event = AssessmentTriggered {
        rule: RiskRule::R1,
        policy: policy.id.clone(),
        causes: vec![case.position(0)],
        statements: data.statements.clone(),
        arithmetic: Arithmetic { measure: code("immediate-concerns"), found: 1, threshold: 1 },
        action: rule.action.clone(),
        due: case.deadline(case.today(), rule.due_working_days)?,
    };
    Ok(Some(case.consequence(None, event)))
}

pub(super) fn resolve_concern(case: &Case<'_>, data: &ResolveConcern) -> Result<Vec<Planned>, Rejection> {
    let (sequence, ()) =
        case.cited(data.concern, "a concern about this subject (concern.raised)", |event| {
            matches!(event, Event::ConcernRaised(_)).then_some(())
        })?;
    if !case.known().is_some_and(|known| known.concerns.contains_key(&sequence)) {
        return Err(Rejection::ConcernNotOpen { sequence });
    }
    Ok(vec![case.event(ConcernResolved { concern: sequence, reason: data.reason.clone() })])
}

pub(super) fn discharge_trigger(case: &Case<'_>, data: &DischargeTrigger) -> Result<Vec<Planned>, Rejection> {
    let trigger = trigger(case, data.trigger)?;
    let done = data.entry.map(|citation| {
        case.cited(citation, "a request or assessment of this subject", |event| match event {
            Event::EvidenceRequested(_) => Some(DischargedBy::Request),
            Event::AssessmentOpened(_) => Some(DischargedBy::Assessment),
            _ => None,
        })
    });
    let done = done.transpose()?;
    check_trigger_open(case, trigger)?;
    let (entry, by) = match done {
        Some((sequence, by)) => (Some(sequence), by),
        None if data.reason.is_none() => {
            let what = "a trigger is discharged by a request, an assessment or a reasoned decision";
            return Err(Rejection::ReasonMissing { what });
        }
        None => (None, DischargedBy::Decision),
    };
    let event = TriggerDischarged { trigger, by, entry, reason: data.reason.clone() };
    Ok(vec![case.event(event)])
}
