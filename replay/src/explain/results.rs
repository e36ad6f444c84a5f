//! Results in an explanation: what each went through before it was published, and what became of it since.
//!
//! Of a publication its assessment, drafts, challenges and findings; of a transcription its source and what was printed
//! there; of both corrections and reviews, as far as they count by the day asked about. Left out: scores.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{FrameworkId, StatementId};
use ledger_core::assessment::event::{
    CorrectableField, FieldValue, RatingPublished, RatingTranscribed, ReviewOutcome, TranscribedKind,
};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;
use std::str::FromStr;

use super::parts::{
    AssessmentStep, ChallengeStep, ConfirmedBy, CorrectionStep, DraftStep, ResultStep, ReviewStep,
    TranscriptionStep, WithdrawnStep,
};
use super::sources::Sources;
use crate::register::ResultView;

/// A result on record, explained.
pub(super) fn result(
    sources: &Sources<'_>,
    view: &ResultView,
    framework: &FrameworkId,
    as_of: Date,
) -> Option<ResultStep> {
    let corrections: Vec<CorrectionStep> =
        sources.corrections(view.sequence).into_iter().map(|(_, step)| step).collect();
    let mut step = ResultStep {
        entry: view.sequence,
        kind: view.kind,
        framework: framework.clone(),
        effective: view.effective,
        percent: None,
        rating: None,
        phase: None,
        assessment: None,
        transcription: None,
        replaces: None,
        corrections,
        reviews: reviews(sources, view.sequence, as_of),
    };
    match sources.event(view.sequence)? {
        Event::RatingPublished(event) => published(sources, event, &mut step),
        Event::RatingTranscribed(event) => transcribed(event, &mut step),
        _ => return None,
    }
    Some(step)
}

fn published(sources: &Sources<'_>, event: &RatingPublished, step: &mut ResultStep) {
    (step.percent, step.rating, step.replaces) = (event.percent, event.rating, event.replaces);
    let opened = match sources.event(event.assessment) {
        Some(Event::AssessmentOpened(opened)) => Some(opened),
        _ => None,
    };
    step.phase = opened.map(|opened| opened.phase);
    let breaches = match sources.event(event.findings) {
        Some(Event::FindingsPublished(findings)) => findings.breaches.clone(),
        _ => Vec::new(),
    };
    let drafts = drafts(sources, event.assessment);
    step.assessment = Some(AssessmentStep {
        opened: event.assessment,
        cause: opened.map(|opened| opened.cause),
        trigger: opened.and_then(|opened| opened.trigger),
        challenges: challenges(sources, &drafts),
        drafts,
        findings: event.findings,
        breaches,
    });
}

fn transcribed(event: &RatingTranscribed, step: &mut ResultStep) {
    let mut source = Some(event.source.clone());
    (step.percent, step.rating) = (event.percent, event.rating);
    (step.phase, step.replaces) = (Some(event.phase), event.concerns);
    for correction in &step.corrections {
        match correction.field {
            CorrectableField::Source => source = text(correction.now.as_ref()),
            CorrectableField::Rating => step.rating = text(correction.now.as_ref()),
            CorrectableField::Percent => {
                step.percent = match correction.now {
                    Some(FieldValue::Number(number)) => number.try_into().ok(),
                    _ => None,
                };
            }
            _ => {}
        }
    }
    step.transcription = Some(TranscriptionStep {
        source,
        printed_date: event.effective_from,
        printed_percent: event.percent,
        printed_rating: event.rating,
        printed_scores: event.scores.clone(),
    });
}

fn text<T: FromStr>(value: Option<&FieldValue>) -> Option<T> {
    match value {
        Some(FieldValue::Text(text)) => text.as_str().parse().ok(),
        _ => None,
    }
}

fn drafts(sources: &Sources<'_>, assessment: Sequence) -> Vec<DraftStep> {
    let mut drafts: Vec<DraftStep> = Vec::new();
    for recorded in sources.own() {
        let entry = recorded.sequence;
        match &recorded.event {
            Event::DraftShared(event) if event.assessment == assessment => drafts.push(DraftStep {
                entry,
                emailed: event.emailed,
                closes: event.closes,
                recipients: event.recipients.clone(),
                extended: Vec::new(),
                confirmed: Vec::new(),
            }),
            Event::AccuracyExtended(event) => {
                if let Some(draft) = drafts.iter_mut().find(|draft| draft.entry == event.draft) {
                    draft.closes = event.closes;
                    draft.extended.push(entry);
                }
            }
            Event::AccuracyConfirmed(event) => {
                if let Some(draft) = drafts.iter_mut().find(|draft| draft.entry == event.draft) {
                    let organisation = event.organisation.clone();
                    draft.confirmed.push(ConfirmedBy { entry, organisation });
                }
            }
            _ => {}
        }
    }
    drafts
}

fn challenges(sources: &Sources<'_>, drafts: &[DraftStep]) -> Vec<ChallengeStep> {
    let mut challenges: Vec<ChallengeStep> = Vec::new();
    for recorded in sources.own() {
        match &recorded.event {
            Event::AccuracyChallenged(event) if drafts.iter().any(|draft| draft.entry == event.draft) => {
                challenges.push(ChallengeStep {
                    entry: recorded.sequence,
                    draft: event.draft,
                    organisation: event.organisation.clone(),
                    ground: event.ground,
                    statement: event.statement.clone(),
                    decision: None,
                    outcome: None,
                });
            }
            Event::AccuracyDecided(event) => {
                if let Some(challenge) = challenges.iter_mut().find(|one| one.entry == event.challenge) {
                    challenge.decision = Some(recorded.sequence);
                    challenge.outcome = Some(event.outcome);
                }
            }
            _ => {}
        }
    }
    challenges
}

/// Reviews of a result and of those it replaces, as far as they count by that day.
fn reviews(sources: &Sources<'_>, result: Sequence, as_of: Date) -> Vec<ReviewStep> {
    let mut reviewed = vec![result];
    while let Some(before) = reviewed.last().and_then(|at| replaced(sources, *at)) {
        reviewed.push(before);
    }
    let mut reviews = all_reviews(sources, as_of);
    reviews.retain(|review| reviewed.contains(&review.result));
    reviews
}

/// The results under review on that day. Of several reviews of one result the last counts.
pub(super) fn under_review(sources: &Sources<'_>, as_of: Date) -> Vec<Sequence> {
    let reviews = all_reviews(sources, as_of).into_iter();
    let last: BTreeMap<Sequence, ReviewStep> = reviews.map(|review| (review.result, review)).collect();
    let pending = last
        .into_values()
        .filter(|one| one.outcome != Some(ReviewOutcome::Upheld) && one.replaced_by.is_none());
    pending.map(|review| review.result).collect()
}

fn all_reviews(sources: &Sources<'_>, as_of: Date) -> Vec<ReviewStep> {
    let mut reviews: Vec<ReviewStep> = Vec::new();
    for recorded in sources.own().filter(|recorded| sources.first_day(recorded) <= as_of) {
        match &recorded.event {
            Event::ReviewDecided(event) => {
                let decided = reviews.iter_mut().filter(|review| review.entry == event.review);
                decided.for_each(|review| {
                    (review.decision, review.outcome) = (Some(recorded.sequence), Some(event.outcome));
                });
            }
            Event::RatingPublished(event) => {
                let replaced = reviews.iter_mut().filter(|review| Some(review.result) == event.replaces);
                replaced.for_each(|review| review.replaced_by = Some(recorded.sequence));
            }
            _ => reviews.extend(requested(recorded)),
        }
    }
    for review in &mut reviews {
        review.replaced_by = review.replaced_by.or_else(|| led_to(sources, review, as_of));
    }
    reviews
}

/// The transcribed result that a review led to: one of a day from the request on.
fn led_to(sources: &Sources<'_>, review: &ReviewStep, as_of: Date) -> Option<Sequence> {
    let asked = sources.own().find(|recorded| recorded.sequence == review.entry)?;
    let asked_on = sources.first_day(asked);
    let results = sources.own().filter(|recorded| match &recorded.event {
        Event::RatingTranscribed(event) => {
            event.kind == TranscribedKind::Result && event.concerns == Some(review.result)
        }
        _ => false,
    });
    let counts = |recorded: &&Recorded| (asked_on..=as_of).contains(&sources.first_day(recorded));
    { results }.find(counts).map(|recorded| recorded.sequence)
}

/// The triggers that are open on that day.
pub(super) fn triggers(sources: &Sources<'_>, as_of: Date) -> Vec<Sequence> {
    let mut open = Vec::new();
    for recorded in sources.own().filter(|recorded| recorded.valid_from() <= as_of) {
        match &recorded.event {
            Event::AssessmentTriggered(_) => open.push(recorded.sequence),
            Event::TriggerDischarged(event) => open.retain(|trigger| *trigger != event.trigger),
            _ => {}
        }
    }
    open
}

fn requested(recorded: &Recorded) -> Option<ReviewStep> {
    let (result, organisation) = match &recorded.event {
        Event::ReviewRequested(event) => (event.publication, Some(event.organisation.clone())),
        Event::RatingTranscribed(event) if event.kind == TranscribedKind::ReviewRequested => {
            (event.concerns?, None)
        }
        _ => return None,
    };
    Some(ReviewStep {
        entry: recorded.sequence,
        result,
        organisation,
        decision: None,
        outcome: None,
        replaced_by: None,
    })
}

/// The earlier result that a result replaces.
fn replaced(sources: &Sources<'_>, result: Sequence) -> Option<Sequence> {
    let before = match sources.event(result)? {
        Event::RatingPublished(event) => event.replaces,
        Event::RatingTranscribed(event) if event.kind == TranscribedKind::Result => event.concerns,
        _ => None,
    };
    before.filter(|before| *before < result)
}

/// The subject's results that are withdrawn by that day, in the order of their withdrawal.
pub(super) fn withdrawn(sources: &Sources<'_>, as_of: Date) -> Vec<WithdrawnStep> {
    let withdrawn = sources.own().filter_map(|recorded| {
        let (result, cause) = match &recorded.event {
            Event::RatingWithdrawn(event) => (event.publication, Some(event.cause)),
            Event::RatingTranscribed(event) if event.kind == TranscribedKind::Withdrawal => {
                (event.concerns?, None)
            }
            _ => return None,
        };
        let from = sources.first_day(recorded);
        (from <= as_of).then_some(WithdrawnStep { entry: recorded.sequence, result, from, cause })
    });
    withdrawn.collect()
}

/// The corrections of a result that concern a statement's score.
pub(super) fn of_statement<'r>(
    result: &'r ResultStep,
    statement: &'r StatementId,
) -> impl Iterator<Item = &'r CorrectionStep> {
    result.corrections.iter().filter(move |correction| correction.statement.as_ref() == Some(statement))
}
