//! Rules for thematic reviews: questions and scales are data, and a level is never a score.

use std::collections::BTreeSet;

use super::scoring::{check_count, check_stand, evidence_entry};
use super::{Case, Planned};
use crate::assessment::codes::Subject;
use crate::assessment::command::{PublishThematicReport, RecordFinding};
use crate::assessment::event::{
    EvidenceSubmitted, FindingRecorded, ThematicReportPublished, ThematicReviewOpened,
};
use crate::assessment::recorded::Recorded;
use crate::assessment::rejection::Rejection;
use crate::assessment::state::Theme;

pub(super) fn open(case: &Case<'_>, data: &ThematicReviewOpened) -> Result<Vec<Planned>, Rejection> {
    if case.state.themes.contains_key(case.subject()) {
        return Err(Rejection::ThemeKnown { theme: case.subject().clone() });
    }
    let questions: BTreeSet<_> = data.questions.iter().map(|question| &question.id).collect();
    let scales = data.questions.iter().all(|question| {
        let levels: BTreeSet<_> = question.levels.iter().collect();
        levels.len() == question.levels.len() && levels.len() >= 2
    });
    if questions.is_empty() || questions.len() != data.questions.len() || !scales {
        let what = "a review has questions with different ids, each with at least two different levels";
        return Err(Rejection::OutcomeUnfit { what });
    }
    Ok(vec![case.event(data.clone())])
}

fn theme<'a>(case: &Case<'a>) -> Result<&'a Theme, Rejection> {
    let theme = case.state.themes.get(case.subject());
    theme.ok_or_else(|| Rejection::ThemeUnknown { theme: case.subject().clone() })
}

/// The subjects a review is about: areas of its kind that existed on its day.
fn subjects<'a>(case: &Case<'a>, theme: &'a Theme) -> impl Iterator<Item = &'a Subject> {
    let areas = case.state.areas();
    areas
        .filter(|(subject, area)| {
            subject.area_kind() == Some(theme.opened.kind) && area.valid_on(theme.counted_on)
        })
        .map(|(subject, _)| subject)
}

pub(super) fn record_finding(case: &Case<'_>, data: &RecordFinding) -> Result<Vec<Planned>, Rejection> {
    let cited = data.evidence.iter().map(|citation| evidence_entry(case, *citation));
    let evidence: Vec<(&Recorded, &EvidenceSubmitted)> = cited.collect::<Result<_, _>>()?;
    let theme = theme(case)?;
    let question = theme.opened.questions.iter().find(|question| question.id == data.question);
    let unknown =
        || Rejection::QuestionUnknown { question: data.question.clone(), theme: case.subject().clone() };
    let question = question.ok_or_else(unknown)?;
    if !question.levels.contains(&data.level) {
        return Err(Rejection::LevelUnknown { level: data.level.clone(), question: data.question.clone() });
    }
    let stands = theme.findings.get(&(data.subject.clone(), data.question.clone()));
    if stands == Some(&data.level) {
        let what = format!("{} is at {} already", data.subject, data.level);
        return Err(Rejection::NoEffect { what });
    }
    check_count(&data.evidence)?;
    let evidence = check_stand(case, &data.subject, &evidence)?;
    let event = FindingRecorded {
        subject: data.subject.clone(),
        question: data.question.clone(),
        level: data.level.clone(),
        evidence,
        note: data.note.clone(),
    };
    Ok(vec![case.event(event)])
}

pub(super) fn publish(case: &Case<'_>, data: &PublishThematicReport) -> Result<Vec<Planned>, Rejection> {
    let theme = theme(case)?;
    let subjects: BTreeSet<&Subject> = subjects(case, theme).collect();
    let found: BTreeSet<&Subject> = theme.findings.keys().map(|(subject, _)| subject).collect();
    if found.is_empty() {
        return Err(Rejection::NoEffect { what: format!("{} has no finding", case.subject()) });
    }
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let event = ThematicReportPublished {
        covered: count(subjects.intersection(&found).count()),
        subjects: count(subjects.len()),
        rests_on: data.rests_on.clone(),
        report: data.report.clone(),
    };
    Ok(vec![case.event(event)])
}
