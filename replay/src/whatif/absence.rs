//! Entries left out of a history, and what falls away with them (our own definition).
//!
//! An entry falls away with any entry it acts on or names as its cause: a correction with what it corrects, a
//! publication with its findings, an assessment with the trigger that opened it. Three kinds of naming bend
//! instead. A score stands while one item of its evidence does. A publication gives, in place of a score left
//! out, the one that score changed or moderated, and falls away when it gives none. A result stands without
//! the earlier one that it replaces or carries forward, and evidence without the request that it answers.
//! Nothing is decided again: a trigger that might have fired for another cause does not.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::event::{RatingPublished, TranscribedKind};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;

/// A history without some of its entries.
pub(crate) struct Absence<'e> {
    /// What is left, in order; a publication that gives other scores is another event.
    pub entries: Vec<Cow<'e, Recorded>>,
    /// What fell away with the entries left out, ascending.
    pub fallen: Vec<Sequence>,
    /// Publications that give other or fewer scores than they did, ascending.
    pub altered: Vec<Sequence>,
}

/// The history without these entries. `entries` ascend. Cost: one pass.
pub(crate) fn without<'e>(
    entries: impl Iterator<Item = &'e Recorded>,
    left_out: &BTreeSet<Sequence>,
) -> Absence<'e> {
    let mut gone = Gone { entries: left_out.clone(), unshared: BTreeSet::new(), before: BTreeMap::new() };
    let mut absence = Absence { entries: Vec::new(), fallen: Vec::new(), altered: Vec::new() };
    for recorded in entries {
        let sequence = recorded.sequence;
        gone.note(recorded);
        if left_out.contains(&sequence) {
            gone.take(recorded);
        } else if gone.fells(&recorded.event) {
            gone.take(recorded);
            absence.fallen.push(sequence);
        } else if let Some(publication) = gone.other_scores(&recorded.event) {
            absence.altered.push(sequence);
            absence.entries.push(Cow::Owned(Recorded { event: publication.into(), ..recorded.clone() }));
        } else {
            absence.entries.push(Cow::Borrowed(recorded));
        }
    }
    absence
}

struct Gone {
    entries: BTreeSet<Sequence>,
    /// Evidence of others that is not shared with the subject.
    unshared: BTreeSet<Sequence>,
    /// The score that each score changed or moderated.
    before: BTreeMap<Sequence, Sequence>,
}

impl Gone {
    fn note(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::ScoreChanged(event) => self.before.insert(recorded.sequence, event.replaces),
            Event::ScoreModerated(event) => self.before.insert(recorded.sequence, event.moderates),
            _ => None,
        };
    }

    fn take(&mut self, recorded: &Recorded) {
        self.entries.insert(recorded.sequence);
        if let Event::EvidenceShared(event) = &recorded.event
            && event.subject.as_ref() == Some(&recorded.subject)
        {
            self.unshared.insert(event.evidence);
        }
    }

    /// Whether the event falls away.
    fn fells(&self, event: &Event) -> bool {
        if acts_on(event).iter().any(|entry| self.entries.contains(entry)) {
            return true;
        }
        let missing = |item: &Sequence| self.entries.contains(item) || self.unshared.contains(item);
        match event {
            Event::ScoreAssigned(event) => !event.evidence.is_empty() && event.evidence.iter().all(missing),
            Event::ScoreChanged(event) => !event.evidence.is_empty() && event.evidence.iter().all(missing),
            Event::RatingPublished(event) => !event.scores.is_empty() && self.scores(event).is_empty(),
            _ => false,
        }
    }

    /// The scores a publication gives: each one cited, or the latest before it that is left.
    fn scores(&self, event: &RatingPublished) -> Vec<Sequence> {
        let left = |cited: &Sequence| {
            let mut score = *cited;
            while self.entries.contains(&score) {
                score = *self.before.get(&score)?;
            }
            Some(score)
        };
        event.scores.iter().filter_map(left).collect()
    }

    fn other_scores(&self, event: &Event) -> Option<RatingPublished> {
        let Event::RatingPublished(event) = event else { return None };
        let scores = self.scores(event);
        (scores != event.scores).then(|| RatingPublished { scores, ..event.clone() })
    }
}

/// The entries without any of which the event falls away.
fn acts_on(event: &Event) -> Vec<Sequence> {
    match event {
        Event::AssessmentOpened(event) => event.trigger.into_iter().collect(),
        Event::EvidenceRequested(event) => event.assessment.into_iter().chain(event.trigger).collect(),
        Event::EvidenceRequestClosed(event) => with(event.request, &[event.answer]),
        Event::EvidenceWithdrawn(event) => vec![event.evidence],
        Event::DocumentErased(event) => vec![event.cited_by],
        Event::EvidenceShared(event) => vec![event.evidence],
        Event::ScoreAssigned(event) => vec![event.assessment],
        Event::ScoreChanged(event) => with(event.assessment, &[Some(event.replaces), event.decision]),
        Event::ScoreModerated(event) => vec![event.assessment, event.moderates],
        Event::DraftShared(event) => vec![event.assessment],
        Event::AccuracyChallenged(event) => vec![event.draft],
        Event::AccuracyConfirmed(event) => vec![event.draft],
        Event::AccuracyExtended(event) => vec![event.draft],
        Event::AccuracyDecided(event) => vec![event.challenge],
        Event::CorrectionRecorded(event) => with(event.corrects, &[event.decision]),
        Event::FindingsPublished(event) => vec![event.assessment, event.draft],
        Event::RatingPublished(event) => with(event.assessment, &[Some(event.findings), event.review]),
        Event::RatingWithdrawn(event) => vec![event.publication],
        Event::ReviewRequested(event) => vec![event.publication],
        Event::ReviewDecided(event) => vec![event.review],
        Event::AssessmentClosed(event) => vec![event.assessment],
        Event::RatingTranscribed(event) if event.kind == TranscribedKind::Result => Vec::new(),
        Event::RatingTranscribed(event) => event.concerns.into_iter().collect(),
        later => follows(later),
    }
}

/// As [`acts_on`], for what is no part of an assessment.
fn follows(event: &Event) -> Vec<Sequence> {
    match event {
        Event::ConcernResolved(event) => vec![event.concern],
        Event::ConcernEscalated(event) => vec![event.concern],
        Event::EscalationAnswered(event) => vec![event.escalation],
        Event::AssessmentTriggered(event) => event.causes.clone(),
        Event::TriggerDischarged(event) => with(event.trigger, &[event.entry]),
        Event::IndicatorObserved(event) => event.survey.into_iter().collect(),
        Event::NoticeIssued(event) => vec![event.publication],
        Event::SummitHeld(event) => vec![event.publication],
        Event::ActionPlanPublished(event) => vec![event.publication],
        Event::ActionProgressed(event) => vec![event.plan],
        Event::SupportOffered(event) => vec![event.publication],
        Event::InterventionRecorded(event) => vec![event.publication],
        // Areas, evidence, concerns and what the country decides stand by themselves.
        _ => Vec::new(),
    }
}

fn with(entry: Sequence, others: &[Option<Sequence>]) -> Vec<Sequence> {
    std::iter::once(entry).chain(others.iter().copied().flatten()).collect()
}
