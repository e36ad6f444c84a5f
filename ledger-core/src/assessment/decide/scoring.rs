//! Rules for scores: what they rest on, who may set them, and moderation.

use std::collections::BTreeSet;

use super::{Case, Planned, each_once};
use crate::assessment::codes::{CategoryId, StatementId, Subject};
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

/// A score, or a thematic finding, cites at most this many items, so that it fits into an entry.
const MAX_EVIDENCE: usize = 200;

/// The framework has the statement, and the category if one is named.
pub(super) fn check_in_framework(
    framework: &Framework,
    statement: &StatementId,
    category: Option<&CategoryId>,
) -> Result<(), Rejection> {
    if framework.statement(statement).is_none() {
        return Err(Rejection::StatementUnknown { statement: statement.clone() });
    }
    match category.filter(|category| !framework.has_category(category)) {
        Some(category) => Err(Rejection::CategoryUnknown { category: category.clone() }),
        None => Ok(()),
    }
}

/// The statement, with its category exactly under a category method, in the assessment's scope.
pub(super) fn score_key(
    framework: &Framework,
    assessment: Sequence,
    in_scope: &BTreeSet<StatementId>,
    statement: &StatementId,
    category: Option<&CategoryId>,
) -> Result<ScoreKey, Rejection> {
    check_in_framework(framework, statement, category)?;
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
    let (sequence, opened) = case.assessment(assessment)?;
    let framework = case.framework(&opened.framework)?;
    check_in_framework(framework, statement, category)?;
    let open = case.open_assessment(sequence)?;
    let key = score_key(framework, sequence, &open.statements, statement, category)?;
    Ok((sequence, open, framework, key))
}

pub(super) fn check_count(cited: &[Citation]) -> Result<(), Rejection> {
    let count = cited.len();
    if count > MAX_EVIDENCE { Err(Rejection::EvidenceTooMuch { count }) } else { Ok(()) }
}

/// Each entry cited as evidence is evidence.
pub(super) fn check_evidence_entries<'c>(
    case: &Case<'_>,
    cited: impl IntoIterator<Item = &'c Citation>,
) -> Result<(), Rejection> {
    cited.into_iter().try_for_each(|citation| evidence_entry(case, *citation).map(|_| ()))
}

pub(super) fn evidence_entry<'a>(
    case: &Case<'a>,
    citation: Citation,
) -> Result<(&'a Recorded, &'a EvidenceSubmitted), Rejection> {
    let entry = case.entry(citation)?;
    let Event::EvidenceSubmitted(item) = &entry.event else {
        let expected = "evidence (evidence.submitted)";
        return Err(Rejection::EntryUnfit { sequence: entry.sequence, found: entry.event.name(), expected });
    };
    Ok((entry, item))
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
    check_count(cited)?;
    let items: Vec<(&Recorded, &EvidenceSubmitted)> =
        cited.iter().map(|citation| evidence_entry(case, *citation)).collect::<Result<_, _>>()?;
    let mut categories = BTreeSet::new();
    for (entry, item) in &items {
        let item_category = current_category(case, entry.sequence, item);
        if !item.statements.contains(statement) || category.as_ref().is_some_and(|c| *c != item_category) {
            let statement =
                category.as_ref().map_or(statement.to_string(), |c| format!("{statement} as {c}"));
            return Err(Rejection::EvidenceUnrelated { sequence: entry.sequence, statement });
        }
        categories.insert(item_category);
    }
    let sequences = check_stand(case, case.subject(), &items)?;
    if items.iter().all(|(_, item)| is_provider_rating(item) || is_provider_result(case, item)) {
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

/// Every item is the subject's own or shared with it, then none is withdrawn, then none erased. Names each once.
pub(super) fn check_stand(
    case: &Case<'_>,
    subject: &Subject,
    items: &[(&Recorded, &EvidenceSubmitted)],
) -> Result<Vec<Sequence>, Rejection> {
    let status = |entry: &Recorded| case.state.status.get(&entry.sequence);
    let shared = |entry: &Recorded| status(entry).is_some_and(|s| s.shared_with.contains(subject));
    let foreign = |entry: &Recorded| entry.subject != *subject && !shared(entry);
    if let Some((entry, _)) = items.iter().find(|(entry, _)| foreign(entry)) {
        return Err(Rejection::EvidenceNotShared {
            sequence: entry.sequence,
            from: entry.subject.clone(),
            subject: subject.clone(),
        });
    }
    if let Some((entry, _)) = items.iter().find(|(entry, _)| status(entry).is_some_and(|s| s.withdrawn)) {
        return Err(Rejection::EvidenceWithdrawn { sequence: entry.sequence });
    }
    let erased = |item: &EvidenceSubmitted| {
        item.documents.iter().any(|document| case.state.erased.contains(&document.commitment))
    };
    match items.iter().find(|(_, item)| erased(item)) {
        Some((entry, _)) => Err(Rejection::EvidenceErased { sequence: entry.sequence }),
        None => {
            let sequences: Vec<Sequence> = items.iter().map(|(entry, _)| entry.sequence).collect();
            Ok(each_once(&sequences))
        }
    }
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
    let of_provider = |known: (&Subject, &crate::assessment::state::SubjectState)| {
        known.0.area_kind() == Some(AreaKind::Provider) && known.1.result(entry).is_some()
    };
    let organisations = case.state.areas.get(case.subject()).map(|area| area.organisations.keys());
    let providers = organisations.into_iter().flatten().filter(|id| id.as_str().starts_with("provider/"));
    { providers }.any(|id| {
        let subject = id.as_str().parse::<Subject>().ok();
        let known = subject.as_ref().and_then(|s| case.state.subjects.get(s).map(|known| (s, known)));
        known.is_some_and(of_provider)
    })
}

pub(super) fn assign(case: &Case<'_>, data: &AssignScore) -> Result<Vec<Planned>, Rejection> {
    check_evidence_entries(case, &data.evidence)?;
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
    check_evidence_entries(case, &data.evidence)?;
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
