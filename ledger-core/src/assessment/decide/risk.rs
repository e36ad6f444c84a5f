//! The risk rules R1 to R6: what fires as a consequence of an event, in the same commit.
//!
//! Each takes the case and what just happened, and returns triggers by the ledger itself. The policy is the one in
//! force on the day of recording; a rule it leaves out does not fire. A statement that an open trigger of the same
//! rule already names does not fire again, so that one cause asks once; R1 and R5 ask every time. Nothing fires for
//! an area that has ended, since nobody can assess it. R4 alone has no event: [`sweep`] looks.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Planned, code};
use crate::assessment::civil::Date;
use crate::assessment::codes::{Code, StatementId, Subject};
use crate::assessment::event::{Arithmetic, AssessmentTriggered, IndicatorDefined};
use crate::assessment::framework::Score;
use crate::assessment::rejection::Rejection;
use crate::assessment::risk::{Response, RiskPolicy, RiskRule, Severity};
use crate::assessment::standing::{ResultOnRecord, StandingScore};
use crate::assessment::state::{Figures, KeptResult, OpenConcern, RestsOn, SubjectState, breaches};
use crate::values::Sequence;

/// A trigger names at most this many causes, the latest, so that it fits into an entry.
const MAX_CAUSES: usize = 200;

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

/// The trigger in `subject`'s history, due after the response's working days; none for an area that has ended.
fn trigger(case: &Case<'_>, subject: &Subject, mut fired: Fired<'_>) -> Result<Option<Planned>, Rejection> {
    let Some(policy) = policy(case) else { return Ok(None) };
    if !case.state.areas.get(subject).is_some_and(|area| area.valid_on(case.today())) {
        return Ok(None);
    }
    fired.causes.sort_unstable();
    fired.causes.drain(..fired.causes.len().saturating_sub(MAX_CAUSES));
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
pub(super) fn after_concern(
    case: &Case<'_>,
    severity: Severity,
    statements: &[StatementId],
) -> Result<Vec<Planned>, Rejection> {
    let Some(policy) = policy(case) else { return Ok(Vec::new()) };
    let this = case.position(0);
    let mut fired = Vec::new();
    if let (Some(response), Severity::Immediate) = (&policy.r1, severity) {
        fired.push(Fired {
            rule: RiskRule::R1,
            response,
            causes: vec![this],
            statements: statements.to_vec(),
            arithmetic: counted("immediate-concerns", 1, 1),
        });
    }
    if let Some(rule) = policy.r2.as_ref().filter(|rule| severity >= rule.severity) {
        let recent = |concern: &OpenConcern, statement: &StatementId| {
            concern.severity >= rule.severity
                && concern.statements.contains(statement)
                && case.today().days_since(concern.raised) < i64::from(rule.days)
        };
        for statement in not_yet_triggered(case.known(), RiskRule::R2, statements.to_vec()) {
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

/// R3, for a figure that was just observed and is one of `figures`. Statements that the subject's frameworks do not
/// have are nothing to look at there, so that nothing fires for a region or for England.
pub(super) fn after_observation(
    case: &Case<'_>,
    indicator: &IndicatorDefined,
    figures: &Figures,
) -> Result<Vec<Planned>, Rejection> {
    let Some(rule) = policy(case).and_then(|policy| policy.r3.as_ref()) else { return Ok(Vec::new()) };
    let causes = breaches(figures, indicator, rule.margin_percent);
    let of_kind = |id: &&StatementId| case.frameworks_of_kind().any(|f| f.statement(id).is_some());
    let statements = indicator.statements.iter().filter(of_kind).cloned().collect();
    let statements = not_yet_triggered(case.known(), RiskRule::R3, statements);
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
    planned.extend(after_new_result(case, result.effective)?);
    Ok(planned)
}

/// R6, when a result of this subject is published or transcribed that counts from `effective`: it takes the place of
/// the earlier ones, and scores elsewhere may rest on those.
pub(super) fn after_new_result(case: &Case<'_>, effective: Date) -> Result<Vec<Planned>, Rejection> {
    let results = case.known().into_iter().flat_map(|known| &known.results);
    let earlier = results.filter(|kept| kept.result.effective <= effective);
    let cited = earlier.filter_map(|kept| case.state.cited_results.get(&kept.result.sequence)).flatten();
    let mut planned = under_scores_in_force(case, cited, "cited-results-changed")?;
    // Its own scores are those it just gave.
    planned.retain(|planned| planned.subject != *case.subject());
    Ok(planned)
}

/// R6, when results of this subject are withdrawn or corrected: every score in force that rests on one.
pub(super) fn after_results_changed(
    case: &Case<'_>,
    results: &[Sequence],
) -> Result<Vec<Planned>, Rejection> {
    let cited = results.iter().filter_map(|result| case.state.cited_results.get(result));
    under_scores_in_force(case, cited.flatten(), "cited-results-changed")
}

/// R6, when evidence is withdrawn.
pub(super) fn after_withdrawal(case: &Case<'_>, evidence: Sequence) -> Result<Vec<Planned>, Rejection> {
    under_scores_in_force(case, [&(case.subject().clone(), evidence)], "withdrawn-evidence")
}

/// R6, when a republication puts scores of a review into force whose evidence was withdrawn in between.
pub(super) fn after_republication(case: &Case<'_>, reviewed: &KeptResult) -> Result<Vec<Planned>, Rejection> {
    let withdrawn = |item: &Sequence| case.state.status.get(item).is_some_and(|status| status.withdrawn);
    let reviewed_on = case.state.detail(reviewed).reviewed_on;
    let touched: BTreeSet<&StatementId> = reviewed_on
        .iter()
        .filter(|(_, evidence)| evidence.iter().any(withdrawn))
        .map(|((statement, _), _)| statement)
        .collect();
    let touched = touched.into_iter().cloned().collect();
    Ok(review_of(case, case.subject(), touched, "withdrawn-evidence")?.into_iter().collect())
}

/// A trigger for each subject of which a score in force rests on some of this evidence, given with whose it is.
fn under_scores_in_force<'a>(
    case: &Case<'a>,
    evidence: impl IntoIterator<Item = &'a (Subject, Sequence)>,
    measure: &'static str,
) -> Result<Vec<Planned>, Rejection> {
    let mut items = BTreeSet::new();
    let mut subjects = BTreeSet::new();
    for (subject, item) in evidence {
        items.insert(*item);
        subjects.extend(case.state.reach(subject, *item));
    }
    let mut planned = Vec::new();
    for subject in subjects {
        let Some(known) = case.state.subjects.get(subject) else { continue };
        let Some(standing) = case.state.standing_with(subject, None) else { continue };
        let results: BTreeSet<Sequence> = standing.scores.iter().map(|score| score.result).collect();
        let rests_on = |result| Some((result, case.state.detail(known.result(result)?).rests_on));
        let resting: BTreeMap<Sequence, RestsOn> = results.into_iter().filter_map(rests_on).collect();
        let rests = |score: &&StandingScore| {
            let source = score.mapped_from.as_ref().map_or(&score.statement, |(_, statement)| statement);
            let mut kept = resting.get(&score.result).into_iter().flatten();
            kept.any(|((statement, _), rested_on)| statement == source && !rested_on.is_disjoint(&items))
        };
        let touched = standing.scores.iter().filter(rests).map(|score| score.statement.clone()).collect();
        planned.extend(review_of(case, subject, touched, measure)?);
    }
    Ok(planned)
}

/// The trigger of R6 for those of the statements that no open one names.
fn review_of(
    case: &Case<'_>,
    subject: &Subject,
    touched: Vec<StatementId>,
    measure: &'static str,
) -> Result<Option<Planned>, Rejection> {
    let Some(response) = policy(case).and_then(|policy| policy.r6.as_ref()) else { return Ok(None) };
    let statements = not_yet_triggered(case.state.subjects.get(subject), RiskRule::R6, touched);
    if statements.is_empty() {
        return Ok(None);
    }
    let arithmetic = counted(measure, statements.len(), 1);
    let (rule, causes) = (RiskRule::R6, vec![case.position(0)]);
    trigger(case, subject, Fired { rule, response, causes, statements, arithmetic })
}

/// R4: the statements whose score in force is older than the interval of the rating in force, and that no open
/// assessment covers that is still to be published. Nothing due is nothing to record.
pub(super) fn sweep(case: &Case<'_>) -> Result<Vec<Planned>, Rejection> {
    let none = || Rejection::NoEffect { what: format!("no statement of {} is due again", case.subject()) };
    let rule = policy(case).and_then(|policy| policy.r4.as_ref()).ok_or_else(none)?;
    let standing = case.state.standing_with(case.subject(), None).ok_or_else(none)?;
    let rating = standing.rating.ok_or_else(none)?;
    let days = i64::from(rule.days(rating));
    let known = case.known();
    let open = |statement: &StatementId| {
        let mut looking = known.into_iter().flat_map(|known| known.assessments.values());
        looking.any(|open| open.published.is_none() && open.statements.contains(statement))
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
