//! Rules for scores: what they rest on, who may set them, and moderation.

use std::collections::BTreeSet;

use super::{Case, Planned};
use crate::assessment::codes::{CategoryId, StatementId};
use crate::assessment::command::{AssignScore, ChangeScore, Citation, ModerateScore};
use crate::assessment::event::{
    ChangeCause, CorrectableField, Event, EvidenceSubmitted, FieldValue, ScoreAssigned, ScoreChanged,
    ScoreModerated,
};
use crate::assessment::framework::{Framework, Method};
use crate::assessment::recorded::Recorded;
use crate::assessment::rejection::Rejection;
use crate::assessment::state::{OpenAssessment, ScoreKey, is_provider_rating};
use crate::values::Sequence;

/// A score cites at most this many items, so that it fits into an entry.
const MAX_EVIDENCE: usize = 200;

/// The statement, with its category exactly under a category method, in the assessment's scope.
pub(super) fn score_key(
    framework: &Framework,
    assessment: Sequence,
    in_scope: &BTreeSet<StatementId>,
    statement: &StatementId,
    category: Option<&CategoryId>,
) -> Result<ScoreKey, Rejection> {
    if framework.statement(statement).is_none() {
        return Err(Rejection::StatementUnknown { statement: statement.clone() });
    }
    if let Some(category) = category.filter(|category| !framework.has_category(category)) {
        return Err(Rejection::CategoryUnknown { category: category.clone() });
    }
    if !in_scope.contains(statement) {
        return Err(Rejection::StatementOutOfScope { statement: statement.clone(), assessment });
    }
    let expected = match (framework.method, category) {
        (Method::Statement, Some(_)) => "one score per statement: leave the category out",
        (Method::Category, None) => "one score per statement and category: name the category",
        (Method::Statement, None) | (Method::Category, Some(_)) => {
            return Ok((statement.clone(), category.cloned()));
        }
    };
    Err(Rejection::MethodUnfit { framework: framework.id.clone(), expected })
}

/// The open assessment a score command names, its framework, and the statement scored.
fn scored<'a>(
    case: &Case<'a>,
    assessment: Citation,
    statement: &StatementId,
    category: Option<&CategoryId>,
) -> Result<(Sequence, &'a OpenAssessment, &'a Framework, ScoreKey), Rejection> {
    let (sequence, ()) = case.assessment(assessment)?;
    let known_statement = std::slice::from_ref(statement);
    case.check_statements(known_statement)?;
    let (sequence, open) =
        case.open_assessment(assessment).map_err(|_| Rejection::AssessmentNotOpen { sequence })?;
    let framework = case.framework(&open.framework)?;
    let key = score_key(framework, sequence, &open.statements, statement, category)?;
    Ok((sequence, open, framework, key))
}

/// Checks the evidence a score rests on and names it by sequence: each item bears on the statement, belongs to
/// the subject or was shared with it, and stands; together they are not provider ratings alone, and hold every
/// category the framework requires.
pub(super) fn evidence(
    case: &Case<'_>,
    framework: &Framework,
    key: &ScoreKey,
    cited: &[Citation],
) -> Result<Vec<Sequence>, Rejection> {
    let (statement, category) = key;
    if cited.is_empty() {
        return Err(Rejection::EvidenceMissing { statement: statement.clone() });
    }
    if cited.len() > MAX_EVIDENCE {
        return Err(Rejection::EvidenceTooMuch { count: cited.len() });
    }
    let mut sequences = Vec::new();
    let mut categories = BTreeSet::new();
    let mut only_ratings = true;
    for citation in cited {
        let entry = case.entry(*citation)?;
        let Event::EvidenceSubmitted(item) = &entry.event else {
            let expected = "evidence (evidence.submitted)";
            return Err(Rejection::EntryUnfit {
                sequence: entry.sequence,
                found: entry.event.name(),
                expected,
            });
        };
        let item_category = current_category(case, entry.sequence, item);
        if !item.statements.contains(statement) || category.as_ref().is_some_and(|c| *c != item_category) {
            let statement =
                category.as_ref().map_or(statement.to_string(), |c| format!("{statement} as {c}"));
            return Err(Rejection::EvidenceUnrelated { sequence: entry.sequence, statement });
        }
        check_stands(case, entry, item)?;
        only_ratings &= is_provider_rating(item) || is_provider_result(case, item);
        categories.insert(item_category);
        if !sequences.contains(&entry.sequence) {
            sequences.push(entry.sequence);
        }
    }
    if only_ratings {
        return Err(Rejection::EvidenceOnlyProviderRatings { statement: statement.clone() });
    }
    if framework.method == Method::Statement {
        check_required(framework, statement, &categories)?;
    }
    Ok(sequences)
}

/// Under a statement method the evidence of one score must hold every required category.
fn check_required(
    framework: &Framework,
    statement: &StatementId,
    present: &BTreeSet<CategoryId>,
) -> Result<(), Rejection> {
    let required = framework.statement(statement).map_or(&[][..], |s| &s.required_categories);
    match required.iter().find(|category| !present.contains(*category)) {
        Some(category) => Err(Rejection::RequiredCategoryMissing {
            statement: statement.clone(),
            category: category.clone(),
        }),
        None => Ok(()),
    }
}

fn check_stands(case: &Case<'_>, entry: &Recorded, item: &EvidenceSubmitted) -> Result<(), Rejection> {
    let sequence = entry.sequence;
    let status = case.state.status.get(&sequence);
    if entry.subject != *case.subject() && !status.is_some_and(|s| s.shared_with.contains(case.subject())) {
        return Err(Rejection::EvidenceNotShared {
            sequence,
            from: entry.subject.clone(),
            subject: case.subject().clone(),
        });
    }
    if status.is_some_and(|status| status.withdrawn) {
        return Err(Rejection::EvidenceWithdrawn { sequence });
    }
    if item.documents.iter().any(|document| case.state.erased.contains(&document.commitment)) {
        return Err(Rejection::EvidenceErased { sequence });
    }
    Ok(())
}

/// The category of evidence, as corrected.
fn current_category(case: &Case<'_>, sequence: Sequence, item: &EvidenceSubmitted) -> CategoryId {
    let status = case.state.status.get(&sequence);
    match status.and_then(|status| status.corrected.get(&(CorrectableField::Category, None))) {
        Some(Some(FieldValue::Text(text))) => text.as_str().parse().unwrap_or_else(|_| item.category.clone()),
        _ => item.category.clone(),
    }
}

/// Whether the evidence is a result of a provider held in this ledger.
fn is_provider_result(case: &Case<'_>, item: &EvidenceSubmitted) -> bool {
    use crate::assessment::codes::AreaKind;
    use crate::assessment::event::EvidenceResult;
    let Some(EvidenceResult::PartnerResult { entry }) = item.result else { return false };
    let of_provider =
        |known: (&crate::assessment::codes::Subject, &crate::assessment::state::SubjectState)| {
            known.0.area_kind() == Some(AreaKind::Provider) && known.1.result(entry).is_some()
        };
    let organisations = case.state.areas.get(case.subject()).map(|area| area.organisations.keys());
    let providers = organisations.into_iter().flatten().filter(|id| id.as_str().starts_with("provider/"));
    { providers }.any(|id| {
        let subject = id.as_str().parse::<crate::assessment::codes::Subject>().ok();
        let known = subject.as_ref().and_then(|s| case.state.subjects.get(s).map(|known| (s, known)));
        known.is_some_and(of_provider)
    })
}

pub(super) fn assign(case: &Case<'_>, data: &AssignScore) -> Result<Vec<Planned>, Rejection> {
    let (assessment, open, framework, key) =
        scored(case, data.assessment, &data.statement, data.category.as_ref())?;
    let evidence = evidence(case, framework, &key, &data.evidence)?;
    if let Some(current) = open.scores.get(&key) {
        return Err(Rejection::AlreadyScored { statement: data.statement.clone(), sequence: current.entry });
    }
    let event = ScoreAssigned {
        assessment,
        statement: data.statement.clone(),
        category: data.category.clone(),
        score: data.score,
        evidence,
        rationale: data.rationale.clone(),
    };
    Ok(vec![case.event_of(Some(assessment), event)])
}

pub(super) fn change(case: &Case<'_>, data: &ChangeScore) -> Result<Vec<Planned>, Rejection> {
    let (assessment, open, framework, key) =
        scored(case, data.assessment, &data.statement, data.category.as_ref())?;
    let evidence = evidence(case, framework, &key, &data.evidence)?;
    let Some(current) = open.scores.get(&key) else {
        return Err(Rejection::NotScored { statement: data.statement.clone() });
    };
    let event = ScoreChanged {
        assessment,
        statement: data.statement.clone(),
        category: data.category.clone(),
        replaces: current.entry,
        score: data.score,
        evidence,
        cause: ChangeCause::Reconsidered,
        decision: None,
        rationale: data.rationale.clone(),
    };
    Ok(vec![case.event_of(Some(assessment), event)])
}

pub(super) fn moderate(case: &Case<'_>, data: &ModerateScore) -> Result<Vec<Planned>, Rejection> {
    let (assessment, open, _, key) = scored(case, data.assessment, &data.statement, data.category.as_ref())?;
    let Some(current) = open.scores.get(&key) else {
        return Err(Rejection::NotScored { statement: data.statement.clone() });
    };
    let did = format!("set the score of {}", data.statement);
    case.check_separate(&current.authors, &did)?;
    if let Some(member) = data.panel.iter().find(|member| current.authors.contains(*member)) {
        return Err(Rejection::DutiesNotSeparate { actor: member.clone(), did });
    }
    let event = ScoreModerated {
        assessment,
        statement: data.statement.clone(),
        category: data.category.clone(),
        moderates: current.entry,
        score: data.score,
        panel: data.panel.clone(),
        rationale: data.rationale.clone(),
    };
    Ok(vec![case.event_of(Some(assessment), event)])
}
