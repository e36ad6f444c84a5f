//! Rules for actors, areas and their organisations.

use std::collections::BTreeSet;

use super::{Case, Planned, each_once};
use crate::assessment::codes::{ActorId, AreaKind, Name, OrganisationId, Subject};
use crate::assessment::command::{RevokeActor, SucceedArea};
use crate::assessment::event::{
    ActorEnrolled, ActorRevoked, AreaOrganisationAdded, AreaOrganisationRemoved, AreaRegistered,
    AreaSucceeded, Organisation, OrganisationKind,
};
use crate::assessment::rejection::Rejection;
use crate::assessment::roles::Role;

fn target(case: &Case<'_>) -> Result<ActorId, Rejection> {
    case.subject().code().parse().map_err(|_| Rejection::SubjectUnfit {
        subject: case.subject().clone(),
        command: case.request.command.name(),
        expected: "an actor, such as actor/assessor-1",
    })
}

/// Whether another operator than this one can act.
fn other_operator(case: &Case<'_>, actor: &ActorId) -> bool {
    let mut actors = case.state.actors.iter();
    actors.any(|(id, other)| id != actor && !other.revoked && other.roles.contains(&Role::Operator))
}

pub(super) fn enrol_actor(case: &Case<'_>, data: &ActorEnrolled) -> Result<Vec<Planned>, Rejection> {
    let actor = target(case)?;
    let roles: BTreeSet<Role> = data.roles.iter().copied().collect();
    let known = case.state.actors.get(&actor);
    if roles.is_empty() {
        return Err(Rejection::NoEffect { what: format!("actor {actor} would have no role") });
    }
    let same = |known: &crate::assessment::state::Actor| {
        !known.revoked && known.roles == roles && known.organisation == data.organisation
    };
    if data.public_key.is_none() && known.is_some_and(same) {
        return Err(Rejection::NoEffect { what: format!("actor {actor} is enrolled so already") });
    }
    let was_operator = known.is_some_and(|known| !known.revoked && known.roles.contains(&Role::Operator));
    if was_operator && !roles.contains(&Role::Operator) && !other_operator(case, &actor) {
        return Err(Rejection::LastOperator { actor });
    }
    let event = ActorEnrolled { roles: roles.into_iter().collect(), ..data.clone() };
    Ok(vec![case.event(event)])
}

pub(super) fn revoke_actor(case: &Case<'_>, data: &RevokeActor) -> Result<Vec<Planned>, Rejection> {
    let actor = target(case)?;
    if !other_operator(case, &actor) {
        return Err(Rejection::LastOperator { actor });
    }
    Ok(vec![case.event(ActorRevoked { actor, reason: data.reason.clone() })])
}

pub(super) fn register_area(case: &Case<'_>, data: &AreaRegistered) -> Result<Vec<Planned>, Rejection> {
    let subject = case.subject();
    if case.state.areas.contains_key(subject) {
        return Err(Rejection::AreaKnown { subject: subject.clone() });
    }
    if let (Some(from), Some(to)) = (data.effective_from, data.effective_to)
        && to < from
    {
        return Err(Rejection::PeriodBackwards { from, to });
    }
    let mut event = data.clone();
    for organisation in default_organisations(subject, &data.name) {
        if !event.organisations.iter().any(|given| given.kind == organisation.kind) {
            event.organisations.push(organisation);
        }
    }
    Ok(vec![case.event(event)])
}

/// The organisations an area has unless its registration names others of their kind (our own choice): a system
/// its board and partnership, an authority or provider itself.
fn default_organisations(subject: &Subject, name: &Name) -> Vec<Organisation> {
    let kinds: &[(OrganisationKind, &str)] = match subject.area_kind() {
        Some(AreaKind::Ics) => {
            &[(OrganisationKind::Board, "board"), (OrganisationKind::Partnership, "partnership")]
        }
        Some(AreaKind::LocalAuthority) => &[(OrganisationKind::Authority, "authority")],
        Some(AreaKind::Provider) => &[(OrganisationKind::Provider, "provider")],
        Some(AreaKind::Place | AreaKind::Region | AreaKind::England) | None => &[],
    };
    let organisation = |(kind, prefix): &(OrganisationKind, &str)| {
        let id: OrganisationId = format!("{prefix}/{}", subject.code()).parse().ok()?;
        Some(Organisation { id, kind: *kind, name: name.clone() })
    };
    kinds.iter().filter_map(organisation).collect()
}

pub(super) fn add_organisation(
    case: &Case<'_>,
    data: &AreaOrganisationAdded,
) -> Result<Vec<Planned>, Rejection> {
    let area = case.state.areas.get(case.subject());
    let Organisation { id, kind, name } = &data.organisation;
    let same = area.and_then(|area| area.organisations.get(id)).is_some_and(|(k, n)| k == kind && n == name);
    if same {
        return Err(Rejection::NoEffect { what: format!("{id} belongs to {} already", case.subject()) });
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn remove_organisation(
    case: &Case<'_>,
    data: &AreaOrganisationRemoved,
) -> Result<Vec<Planned>, Rejection> {
    case.check_organisation(&data.organisation)?;
    Ok(vec![case.event(data.clone())])
}

pub(super) fn succeed_area(case: &Case<'_>, data: &SucceedArea) -> Result<Vec<Planned>, Rejection> {
    let subject = case.subject();
    let area = case.state.areas.get(subject);
    if data.successors.is_empty() || area.is_some_and(|area| !area.successors.is_empty()) {
        return Err(Rejection::NoEffect {
            what: format!("{subject} has its successors already, or none is named"),
        });
    }
    if let Some(from) = area.and_then(|area| area.from)
        && data.effective_from <= from
    {
        return Err(Rejection::PeriodBackwards { from, to: data.effective_from.previous() });
    }
    if data.successors.iter().any(|next| next == subject || follows(case, next, subject)) {
        return Err(Rejection::SuccessionCycle { subject: subject.clone() });
    }
    let successors = each_once(&data.successors);
    let event = AreaSucceeded {
        predecessor: subject.clone(),
        successors: successors.clone(),
        effective_from: data.effective_from,
    };
    let mut events = vec![case.event(event.clone())];
    for successor in successors {
        events.push(Planned { subject: successor, ..case.event(event.clone()) });
    }
    Ok(events)
}

/// Whether `later` is among the successors of `earlier`, at any distance.
fn follows(case: &Case<'_>, earlier: &Subject, later: &Subject) -> bool {
    let successors = case.state.areas.get(earlier).map_or(&[][..], |area| &area.successors);
    // Succession is free of cycles so far, because each was checked when it was recorded.
    successors.iter().any(|next| next == later || follows(case, next, later))
}
