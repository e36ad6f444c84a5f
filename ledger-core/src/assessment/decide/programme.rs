//! Rules for the programme: frameworks, approvals, authorisations, priorities, pauses, holidays, risk policy.

use super::{Case, Planned};
use crate::assessment::command::PublishPriorities;
use crate::assessment::event::{
    FrameworkAdopted, HolidayProclaimed, MethodologyApproved, PrioritiesPublished, PrioritiesSet,
    ProgrammePaused, ProgrammeResumed, RatingsAuthorised, RiskPolicyAdopted,
};
use crate::assessment::rejection::Rejection;

fn no_effect(what: String) -> Rejection {
    Rejection::NoEffect { what }
}

pub(super) fn adopt_framework(case: &Case<'_>, data: &FrameworkAdopted) -> Result<Vec<Planned>, Rejection> {
    let framework = data.framework.id.clone();
    if case.state.frameworks.contains_key(&framework) {
        return Err(Rejection::FrameworkKnown { framework });
    }
    if let Some(what) = data.framework.incoherence() {
        return Err(Rejection::FrameworkIncoherent { framework, what });
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn approve_methodology(
    case: &Case<'_>,
    data: &MethodologyApproved,
) -> Result<Vec<Planned>, Rejection> {
    match case.state.frameworks.get(&data.framework) {
        None => Err(Rejection::FrameworkUnknown { framework: data.framework.clone() }),
        Some(adopted) if adopted.approved_from.is_some() => {
            Err(no_effect(format!("framework {} is approved already", data.framework)))
        }
        Some(_) => Ok(vec![case.event(data.clone())]),
    }
}

pub(super) fn authorise_ratings(
    case: &Case<'_>,
    data: &RatingsAuthorised,
) -> Result<Vec<Planned>, Rejection> {
    if case.state.ratings_authorised.contains_key(&data.kind) {
        return Err(no_effect(format!("ratings of kind {} are authorised already", data.kind)));
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn set_priorities(case: &Case<'_>, data: &PrioritiesSet) -> Result<Vec<Planned>, Rejection> {
    if data.priorities.is_empty() {
        return Err(no_effect("no priority is named".to_owned()));
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn publish_priorities(
    case: &Case<'_>,
    data: &PublishPriorities,
) -> Result<Vec<Planned>, Rejection> {
    let Some(priorities) = case.state.priorities_set.get(&data.kind) else {
        return Err(no_effect(format!("no priorities of kind {} are set and unpublished", data.kind)));
    };
    let event = PrioritiesPublished {
        kind: data.kind,
        priorities: priorities.iter().cloned().collect(),
        source: data.source.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn pause(case: &Case<'_>, data: &ProgrammePaused) -> Result<Vec<Planned>, Rejection> {
    if case.state.awaits_resumption(data.kind) {
        return Err(no_effect(format!("assessments of kind {} are paused already", data.kind)));
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn resume(case: &Case<'_>, data: &ProgrammeResumed) -> Result<Vec<Planned>, Rejection> {
    if !case.state.awaits_resumption(data.kind) {
        return Err(no_effect(format!("assessments of kind {} are not paused", data.kind)));
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn proclaim_holiday(case: &Case<'_>, data: &HolidayProclaimed) -> Result<Vec<Planned>, Rejection> {
    let calendar = &case.state.calendar;
    let known = |date| calendar.holidays().any(|(day, _)| day == date);
    let adds = data.holidays.iter().any(|holiday| !known(holiday.date));
    let removes = data.removed.iter().any(|date| known(*date));
    if !adds && !removes && Some(data.last_year) <= calendar.last_year() {
        return Err(no_effect("these bank holidays are known already".to_owned()));
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn adopt_risk_policy(
    case: &Case<'_>,
    data: &RiskPolicyAdopted,
) -> Result<Vec<Planned>, Rejection> {
    if case.state.policies.iter().any(|policy| policy.id == data.policy.id) {
        return Err(no_effect(format!(
            "risk policy {} was adopted already and never changes",
            data.policy.id
        )));
    }
    Ok(vec![case.event(data.clone())])
}
