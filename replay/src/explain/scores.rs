//! Statements in an explanation: where each score comes from, how it came about, and the evidence under it.
//!
//! A publication cites one score entry for each statement, or for each of its categories; from there the chain leads
//! back over moderations and changes to the score that was first assigned. Left out: the arithmetic over statements.

use std::collections::BTreeSet;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Name, StatementId, Subject};
use ledger_core::assessment::event::{CorrectableField, CorrectionRecorded, EvidenceSubmitted, FieldValue};
use ledger_core::assessment::framework::{Framework, Method, Score, Statement};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;

use super::arithmetic::{Calculation, of_scores};
use super::parts::{EvidenceStep, GivenStep, MappedFrom, ScoreDeed, ScoreStep, StatementStep};
use super::sources::Sources;
use crate::log::Reading;
use crate::register::{Register, StatementView};

/// The subject's own entry at this position.
fn find(own: &[Reading], at: Sequence) -> Option<&Recorded> {
    let place = own.binary_search_by_key(&at, |reading| reading.recorded.sequence).ok()?;
    Some(&own[place].recorded)
}

/// A statement of the method, with its score in force if it has one.
pub(super) fn statement(
    own: &[Reading],
    register: &Register,
    statement: &Statement,
    view: Option<&StatementView>,
) -> StatementStep {
    let (id, name) = (statement.id.clone(), statement.name.clone());
    let Some(view) = view else { return unscored(id, name) };
    let scored_as = view.mapped_from.as_ref().map_or(&view.statement, |(_, from)| from);
    let given = given(own, view.result, scored_as);
    let method = match find(own, view.result).map(|recorded| &recorded.event) {
        Some(Event::RatingPublished(event)) => register.framework(&event.framework),
        _ => None,
    };
    let by_category = method.filter(|framework| framework.method == Method::Category && !given.is_empty());
    let scores = || given.iter().map(|step| step.score).collect();
    StatementStep {
        score: Some(view.score),
        entry: Some(view.entry),
        result: Some(view.result),
        assessment: view.assessment,
        effective: Some(view.effective),
        carried_forward: view.carried_forward,
        mapped_from: view
            .mapped_from
            .clone()
            .map(|(framework, statement)| MappedFrom { framework, statement }),
        calculation: by_category.map(|framework| from_categories(framework, scores())),
        given,
        ..unscored(id, name)
    }
}

fn unscored(statement: StatementId, name: Name) -> StatementStep {
    StatementStep {
        statement,
        name,
        score: None,
        entry: None,
        result: None,
        assessment: None,
        effective: None,
        carried_forward: false,
        mapped_from: None,
        calculation: None,
        given: Vec::new(),
    }
}

fn from_categories(framework: &Framework, scores: Vec<Score>) -> Calculation {
    let mut calculation = of_scores(framework, scores);
    let score = calculation.unlimited.as_score();
    calculation.spelled.iter_mut().skip(1).for_each(|line| line.push_str(&format!(", a score of {score}")));
    calculation
}

/// The scores that a publication cites for a statement, in order of category.
fn given(own: &[Reading], publication: Sequence, statement: &StatementId) -> Vec<GivenStep> {
    let Some(Event::RatingPublished(event)) = find(own, publication).map(|r| &r.event) else {
        return Vec::new();
    };
    let mut given: Vec<GivenStep> =
        event.scores.iter().filter_map(|entry| followed(own, *entry, statement)).collect();
    given.sort_by(|one, other| one.category.cmp(&other.category));
    given
}

/// A score entry followed back to the score first assigned; none if it is of another statement.
fn followed(own: &[Reading], entry: Sequence, statement: &StatementId) -> Option<GivenStep> {
    let (about, category, score) = match &find(own, entry)?.event {
        Event::ScoreAssigned(event) => (&event.statement, &event.category, event.score),
        Event::ScoreChanged(event) => (&event.statement, &event.category, event.score),
        Event::ScoreModerated(event) => (&event.statement, &event.category, event.score),
        _ => return None,
    };
    if about != statement {
        return None;
    }
    let (mut steps, mut evidence, mut next) = (Vec::new(), None, Some(entry));
    while let Some(at) = next {
        let Some((step, before, rests_on)) = find(own, at).and_then(step) else { break };
        steps.push(step);
        evidence = evidence.or(rests_on);
        next = before.filter(|before| *before < at);
    }
    steps.reverse();
    for place in 1..steps.len() {
        steps[place].before = Some(steps[place - 1].score);
    }
    let evidence = evidence.cloned().unwrap_or_default();
    Some(GivenStep { category: category.clone(), score, entry, steps, evidence })
}

/// What an entry did to a score, the entry before it, and the evidence it rests on; a moderation cites none.
type Step<'e> = (ScoreStep, Option<Sequence>, Option<&'e Vec<Sequence>>);

fn step(recorded: &Recorded) -> Option<Step<'_>> {
    let entry = recorded.sequence;
    let plain = |deed, score| ScoreStep {
        entry,
        deed,
        score,
        before: None,
        cause: None,
        decision: None,
        panel: Vec::new(),
    };
    match &recorded.event {
        Event::ScoreAssigned(event) => {
            Some((plain(ScoreDeed::Assigned, event.score), None, Some(&event.evidence)))
        }
        Event::ScoreChanged(event) => {
            let (cause, decision) = (Some(event.cause), event.decision);
            let step = ScoreStep { cause, decision, ..plain(ScoreDeed::Changed, event.score) };
            Some((step, Some(event.replaces), Some(&event.evidence)))
        }
        Event::ScoreModerated(event) => {
            let panel = event.panel.clone();
            let step = ScoreStep { panel, ..plain(ScoreDeed::Moderated, event.score) };
            Some((step, Some(event.moderates), None))
        }
        _ => None,
    }
}

/// The evidence under some statements.
pub(super) fn cited<'s>(statements: impl Iterator<Item = &'s StatementStep>) -> BTreeSet<Sequence> {
    statements.flat_map(|statement| &statement.given).flat_map(|given| &given.evidence).copied().collect()
}

/// An item of evidence of or shared with `subject`, as corrected, with its withdrawal if that counts by `as_of`.
pub(super) fn evidence(
    sources: &Sources<'_>,
    subject: &Subject,
    entry: Sequence,
    as_of: Date,
) -> Option<EvidenceStep> {
    let recorded = sources.recorded(entry)?;
    let Event::EvidenceSubmitted(event) = &recorded.event else { return None };
    let corrections = sources.corrections(entry);
    let mut event: EvidenceSubmitted = event.clone();
    corrections.iter().for_each(|(correction, _)| correct(&mut event, correction));
    let withdrawn = sources.withdrawal(entry).filter(|withdrawal| withdrawal.valid_from() <= as_of);
    Some(EvidenceStep {
        entry,
        subject: recorded.subject.clone(),
        category: event.category,
        wave: event.wave,
        site: event.site,
        source: event.source,
        organisation: event.organisation,
        period: event.period,
        reference: event.reference,
        answers: event.answers,
        result: event.result,
        shared: if recorded.subject == *subject { None } else { sources.sharing(entry) },
        corrections: corrections.into_iter().map(|(_, step)| step).collect(),
        withdrawn: withdrawn.map(|withdrawal| withdrawal.sequence),
    })
}

fn correct(event: &mut EvidenceSubmitted, correction: &CorrectionRecorded) {
    let text = match &correction.now {
        Some(FieldValue::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    match correction.field {
        CorrectableField::Category => {
            if let Some(category) = text.and_then(|text| text.parse().ok()) {
                event.category = category;
            }
        }
        CorrectableField::Reference => event.reference = text.and_then(|text| text.parse().ok()),
        CorrectableField::Period => {
            event.period = match &correction.now {
                Some(FieldValue::Period(period)) => Some(*period),
                _ => None,
            }
        }
        _ => {}
    }
}
