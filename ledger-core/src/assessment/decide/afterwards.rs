//! Rules for what follows a publication: notice, summit, action plan and its progress, support, intervention.

use std::collections::BTreeSet;

use super::publication::{cited_result, standing_result};
use super::{Case, Planned, each_once};
use crate::assessment::codes::{AreaKind, OrganisationId, StatementId};
use crate::assessment::command::{
    HoldSummit, IssueNotice, OfferSupport, ProgressAction, PublishPlan, RecordIntervention,
};
use crate::assessment::event::{
    AccountableBody, ActionPlanPublished, ActionProgressed, DischargedBy, Event, InterventionRecorded,
    NoticeIssued, NoticeKind, OrganisationKind, SummitHeld, SupportOffered, TriggerDischarged,
};
use crate::assessment::framework::Score;
use crate::assessment::rejection::Rejection;
use crate::assessment::risk::RiskRule;

/// The decision after a score of 1; it discharges the trigger that asked for it.
pub(super) fn issue_notice(case: &Case<'_>, data: &IssueNotice) -> Result<Vec<Planned>, Rejection> {
    let publication = cited_result(case, data.publication)?;
    let known = case.known().and_then(|known| known.result(publication));
    if let Some(notice) = known.and_then(|kept| kept.notice) {
        return Err(Rejection::NoEffect { what: format!("it was decided at entry {notice}") });
    }
    let kept = standing_result(case, publication)?;
    let detail = case.state.detail(kept);
    let lowest = detail.scores.iter().filter(|(_, given)| given.score == Score::ALL[0]);
    let statements: Vec<StatementId> = lowest.map(|(statement, _)| statement.clone()).collect();
    if statements.is_empty() {
        let what = "the result has no score of 1: no decision on a notice is due";
        return Err(Rejection::NoticeUnfit { what });
    }
    let kind = match case.subject().area_kind() {
        Some(AreaKind::LocalAuthority) => NoticeKind::SecretaryOfState,
        _ => NoticeKind::Escalation,
    };
    let event =
        NoticeIssued { publication, kind, decision: data.decision, statements, reason: data.reason.clone() };
    let mut events = vec![case.event(event)];
    for (trigger, open) in case.known().into_iter().flat_map(|known| &known.triggers) {
        if open.rule == RiskRule::R5 && open.causes.contains(&publication) {
            let (by, entry) = (DischargedBy::Decision, Some(case.position(0)));
            events.push(
                case.consequence(None, TriggerDischarged { trigger: *trigger, by, entry, reason: None }),
            );
        }
    }
    Ok(events)
}

pub(super) fn hold_summit(case: &Case<'_>, data: &HoldSummit) -> Result<Vec<Planned>, Rejection> {
    let publication = cited_result(case, data.publication)?;
    data.organisations.iter().try_for_each(|organisation| case.check_organisation(organisation))?;
    if data.organisations.is_empty() {
        let what = "no organisation of the area took part".to_owned();
        return Err(Rejection::NoEffect { what });
    }
    let kept = standing_result(case, publication)?;
    let event = SummitHeld {
        publication: kept.result.sequence,
        organisations: each_once(&data.organisations),
        record: data.record.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn publish_plan(case: &Case<'_>, data: &PublishPlan) -> Result<Vec<Planned>, Rejection> {
    let publication = cited_result(case, data.publication)?;
    data.actions.iter().try_for_each(|action| case.check_organisation(&action.organisation))?;
    if data.actions.is_empty() {
        return Err(Rejection::NoEffect { what: "the plan has no action".to_owned() });
    }
    let ids: BTreeSet<_> = data.actions.iter().map(|action| &action.id).collect();
    if ids.len() != data.actions.len() {
        return Err(Rejection::OutcomeUnfit { what: "two actions of the plan have the same id" });
    }
    let kept = standing_result(case, publication)?;
    let required = case.state.detail(kept).required;
    if let Some(action) = data.actions.iter().find(|action| !required.contains(&action.answers)) {
        return Err(Rejection::ItemUnknown { item: action.answers.to_string() });
    }
    let event = ActionPlanPublished {
        publication: kept.result.sequence,
        actions: data.actions.clone(),
        document: data.document.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn progress_action(case: &Case<'_>, data: &ProgressAction) -> Result<Vec<Planned>, Rejection> {
    let (plan, published) =
        case.cited(data.plan, "a plan of this subject (action-plan.published)", |event| {
            if let Event::ActionPlanPublished(plan) = event { Some(plan) } else { None }
        })?;
    if case.acts_as_partner() {
        case.own_organisation()?;
    }
    let action = published.actions.iter().find(|action| action.id == data.action);
    let action = action.ok_or_else(|| Rejection::ActionUnknown { action: data.action.to_string() })?;
    case.check_own(&action.organisation)?;
    let event =
        ActionProgressed { plan, action: data.action.clone(), status: data.status, note: data.note.clone() };
    Ok(vec![case.event(event)])
}

pub(super) fn offer_support(case: &Case<'_>, data: &OfferSupport) -> Result<Vec<Planned>, Rejection> {
    let publication = cited_result(case, data.publication)?;
    case.check_organisation(&data.organisation)?;
    let kept = standing_result(case, publication)?;
    check_accountable(case, data.body, &data.organisation)?;
    let event = SupportOffered {
        publication: kept.result.sequence,
        organisation: data.organisation.clone(),
        body: data.body,
        kind: data.kind.clone(),
        note: data.note.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn record_intervention(
    case: &Case<'_>,
    data: &RecordIntervention,
) -> Result<Vec<Planned>, Rejection> {
    let publication = cited_result(case, data.publication)?;
    case.check_organisation(&data.organisation)?;
    let kept = standing_result(case, publication)?;
    check_accountable(case, data.body, &data.organisation)?;
    let event = InterventionRecorded {
        publication: kept.result.sequence,
        organisation: data.organisation.clone(),
        body: data.body,
        power: data.power.clone(),
        note: data.note.clone(),
    };
    Ok(vec![case.event(event)])
}

/// NHS bodies answer to NHS England, authorities to the bodies of local government and their departments. A
/// partnership is a committee of both and answers to either; nobody here is accountable for a provider (both our
/// own reading).
pub(super) fn check_accountable(
    case: &Case<'_>,
    body: AccountableBody,
    organisation: &OrganisationId,
) -> Result<(), Rejection> {
    use OrganisationKind::{Authority, Board, NhsBody, Partnership, Provider};
    let area = case.state.areas.get(case.subject());
    let kind = area.and_then(|area| area.organisations.get(organisation)).map(|(kind, _)| *kind);
    let accountable = match (body, kind) {
        (_, None | Some(Provider)) => false,
        (_, Some(Partnership)) => true,
        (AccountableBody::NhsEngland, Some(Board | NhsBody)) => true,
        (AccountableBody::NhsEngland, Some(Authority)) => false,
        (_, Some(kind)) => kind == Authority,
    };
    if accountable {
        return Ok(());
    }
    let body = serde_json::to_value(body).ok().and_then(|value| value.as_str().map(str::to_owned));
    Err(Rejection::BodyNotAccountable { body: body.unwrap_or_default(), organisation: organisation.clone() })
}
