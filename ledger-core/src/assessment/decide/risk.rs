//! The risk rules R1 to R6: what fires as a consequence of an event, in the same commit.
//!
//! Each takes the case and what just happened, and returns triggers by the ledger itself. The policy is the one in
//! force on the day of recording; a rule it leaves out does not fire. A statement that an open trigger of the same
//! rule already names does not fire again, so that one cause asks once. R4 alone has no event: [`sweep`] looks.

use std::collections::BTreeSet;

use super::{Case, Planned, code};
use crate::assessment::codes::{Code, StatementId, Subject};
use crate::assessment::command::RaiseConcern;
use crate::assessment::event::{Arithmetic, AssessmentTriggered, IndicatorDefined};
use crate::assessment::framework::Score;
use crate::assessment::rejection::Rejection;
use crate::assessment::risk::{Response, RiskPolicy, RiskRule, Severity};
use crate::assessment::standing::ResultOnRecord;
use crate::assessment::state::{OpenConcern, SubjectState};
use crate::values::Sequence;

/// What fired, before it is put into an event.
struct Fired<'a> {
    rule: RiskRule,
    response: &'a Response,
    causes: Vec<Sequence>,
    statements: Vec<StatementId>,
    arithmetic: Arithmetic,
}

fn policy<'a>(case: &Case<'a>) -> Option<&'a RiskPolicy> {
    case.state.policy_on(case.today())
}

fn counted(measure: &'static str, found: usize, threshold: u32) -> Arithmetic {
    Arithmetic {
        measure: code(measure),
        found: i64::try_from(found).unwrap_or(i64::MAX),
        threshold: i64::from(threshold),
    }
}

/// The trigger in `subject`'s history, due after the response's working days.
fn trigger(case: &Case<'_>, subject: &Subject, fired: Fired<'_>) -> Result<Option<Planned>, Rejection> {
    let Some(policy) = policy(case) else { return Ok(None) };
    let event = AssessmentTriggered {
        rule: fired.rule,
        policy: policy.id.clone(),
        causes: fired.causes,
        statements: fired.statements,
        arithmetic: fired.arithmetic,
        action: fired.response.action.clone(),
        due: case.deadline(case.today(), fired.response.due_working_days)?,
    };
    Ok(Some(Planned { subject: subject.clone(), ..case.consequence(None, event) }))
}

/// The statements that no open trigger of the rule names yet.
fn not_yet_triggered(
    known: Option<&SubjectState>,
    rule: RiskRule,
    statements: Vec<StatementId>,
) -> Vec<StatementId> {
    let open = known.into_iter().flat_map(|known| known.triggers.values()).filter(|open| open.rule == rule);
    let named: BTreeSet<&StatementId> = open.flat_map(|open| &open.statements).collect();
    statements.into_iter().filter(|statement| !named.contains(statement)).collect()
}

/// R1 and R2, for a concern that will stand at the first position of this decision.
pub(super) fn after_concern(case: &Case<'_>, data: &RaiseConcern) -> Result<Vec<Planned>, Rejection> {
    let Some(policy) = policy(case) else { return Ok(Vec::new()) };
    let this = case.position(0);
    let mut fired = Vec::new();
    if let (Some(response), Severity::Immediate) = (&policy.r1, data.severity) {
        fired.push(Fired {
            rule: RiskRule::R1,
            response,
            causes: vec![this],
            statements: data.statements.clone(),
            arithmetic: counted("immediate-concerns", 1, 1),
        });
    }
    if let Some(rule) = policy.r2.as_ref().filter(|rule| data.severity >= rule.severity) {
        let recent = |concern: &OpenConcern, statement: &StatementId| {
            concern.severity >= rule.severity
                && concern.statements.contains(statement)
                && case.today().days_since(concern.raised) < i64::from(rule.days)
        };
        for statement in not_yet_triggered(case.known(), RiskRule::R2, data.statements.clone()) {
            let earlier = case.known().into_iter().flat_map(|known| &known.concerns);
            let mut causes: Vec<Sequence> =
                earlier.filter(|(_, concern)| recent(concern, &statement)).map(|(at, _)| *at).collect();
            causes.push(this);
            if causes.len() >= rule.concerns as usize {
                let arithmetic = counted("concerns-on-statement", causes.len(), rule.concerns);
                let (rule, response) = (RiskRule::R2, &rule.response);
                fired.push(Fired { rule, response, causes, statements: vec![statement], arithmetic });
            }
        }
    }
    let planned = fired.into_iter().map(|fired| trigger(case, case.subject(), fired));
    planned.filter_map(Result::transpose).collect()
}

/// R3, for a figure that was just observed and is part of `after`.
pub(super) fn after_observation(
    case: &Case<'_>,
    indicator: &IndicatorDefined,
    after: &SubjectState,
) -> Result<Vec<Planned>, Rejection> {
    let Some(rule) = policy(case).and_then(|policy| policy.r3.as_ref()) else { return Ok(Vec::new()) };
    let causes = after.breaches(indicator, rule.margin_percent);
    let statements = not_yet_triggered(case.known(), RiskRule::R3, indicator.statements.clone());
    if causes.len() < rule.periods.max(1) as usize || statements.is_empty() {
        return Ok(Vec::new());
    }
    let fired = Fired {
        rule: RiskRule::R3,
        response: &rule.response,
        arithmetic: counted("periods-worse-than-benchmark", causes.len(), rule.periods),
        causes,
        statements,
    };
    Ok(trigger(case, case.subject(), fired)?.into_iter().collect())
}

/// R5, for a publication that will stand at the first position of this decision.
pub(super) fn after_publication(case: &Case<'_>, result: &ResultOnRecord) -> Result<Vec<Planned>, Rejection> {
    let lowest = result.scores.iter().filter(|(_, given)| given.score == Score::ALL[0]);
    let statements: Vec<StatementId> = lowest.map(|(statement, _)| statement.clone()).collect();
    let mut planned = Vec::new();
    if let (Some(response), false) =
        (policy(case).and_then(|policy| policy.r5.as_ref()), statements.is_empty())
    {
        let arithmetic = counted("published-scores-of-1", statements.len(), 1);
        let (rule, causes) = (RiskRule::R5, vec![case.position(0)]);
        planned.extend(trigger(
            case,
            case.subject(),
            Fired { rule, response, causes, statements, arithmetic },
        )?);
    }
    planned.extend(after_result_changed(case)?);
    Ok(planned)
}

/// R6, when a result of this subject changes: every score in force elsewhere that rests on one of its results.
pub(super) fn after_result_changed(case: &Case<'_>) -> Result<Vec<Planned>, Rejection> {
    let results = case.known().into_iter().flat_map(|known| &known.results);
    let cited = results.filter_map(|kept| case.state.cited_results.get(&kept.result.sequence)).flatten();
    let evidence: BTreeSet<Sequence> = cited.copied().collect();
    under_scores_in_force(case, &evidence, "cited-results-changed")
}

/// R6, when evidence is withdrawn.
pub(super) fn after_withdrawal(case: &Case<'_>, evidence: Sequence) -> Result<Vec<Planned>, Rejection> {
    under_scores_in_force(case, &[evidence].into(), "withdrawn-evidence")
}

/// A trigger for each subject of which a score in force rests on some of this evidence.
fn under_scores_in_force(
    case: &Case<'_>,
    evidence: &BTreeSet<Sequence>,
    measure: &'static str,
) -> Result<Vec<Planned>, Rejection> {
    let Some(response) = policy(case).and_then(|policy| policy.r6.as_ref()) else { return Ok(Vec::new()) };
    let resting = evidence.iter().filter_map(|item| case.state.rests.get(item)).flatten();
    let subjects: BTreeSet<&Subject> = resting.map(|(subject, _)| subject).collect();
    let mut planned = Vec::new();
    for subject in subjects {
        let Some(known) = case.state.subjects.get(subject) else { continue };
        let Some(standing) = case.state.standing_with(subject, None) else { continue };
        let rests = |score: &&crate::assessment::standing::StandingScore| {
            let source = score.mapped_from.as_ref().map_or(&score.statement, |(_, statement)| statement);
            let kept = known.result(score.result).and_then(|kept| kept.rests_on.get(source));
            kept.is_some_and(|rests_on| !rests_on.is_disjoint(evidence))
        };
        let touched = standing.scores.iter().filter(rests).map(|score| score.statement.clone()).collect();
        let statements = not_yet_triggered(Some(known), RiskRule::R6, touched);
        if !statements.is_empty() {
            let arithmetic = counted(measure, statements.len(), 1);
            let (rule, causes) = (RiskRule::R6, vec![case.position(0)]);
            planned.extend(trigger(case, subject, Fired { rule, response, causes, statements, arithmetic })?);
        }
    }
    Ok(planned)
}

/// R4: the statements whose score in force is older than the interval of the rating in force, and that no open
/// assessment covers. Nothing due is nothing to record.
pub(super) fn sweep(case: &Case<'_>) -> Result<Vec<Planned>, Rejection> {
    let none = || Rejection::NoEffect { what: format!("no statement of {} is due again", case.subject()) };
    let rule = policy(case).and_then(|policy| policy.r4.as_ref()).ok_or_else(none)?;
    let standing = case.state.standing_with(case.subject(), None).ok_or_else(none)?;
    let rating = standing.rating.ok_or_else(none)?;
    let days = i64::from(rule.days(rating));
    let known = case.known();
    let open = |statement: &StatementId| {
        known.is_some_and(|known| known.assessments.values().any(|open| open.statements.contains(statement)))
    };
    let overdue = standing.scores.iter().filter(|score| case.today().days_since(score.effective) > days);
    let overdue: Vec<_> = overdue.filter(|score| !open(&score.statement)).collect();
    let statements = overdue.iter().map(|score| score.statement.clone()).collect();
    let statements = not_yet_triggered(known, RiskRule::R4, statements);
    let due: Vec<_> = overdue.iter().filter(|score| statements.contains(&score.statement)).collect();
    let oldest = due.iter().map(|score| case.today().days_since(score.effective)).max().ok_or_else(none)?;
    let causes: BTreeSet<Sequence> = due.iter().map(|score| score.result).collect();
    let measure: Code = code("days-since-assessed");
    let fired = Fired {
        rule: RiskRule::R4,
        response: &rule.response,
        causes: causes.into_iter().collect(),
        statements,
        arithmetic: Arithmetic { measure, found: oldest, threshold: days },
    };
    Ok(trigger(case, case.subject(), fired)?.into_iter().collect())
}
