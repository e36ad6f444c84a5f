//! What is open about one subject: assessments, requests, concerns, triggers, escalations, reviews, actions.
//!
//! Plain lists in the order of their entries: there are many subjects, and few of them have more than a few
//! things open. What is dealt with leaves its list. Left out: dates counted from these, which is
//! `deadlines.rs`.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{CategoryId, Code, ItemId, OrganisationId, PolicyId, StatementId};
use ledger_core::assessment::event::{
    AccountableBody, ActionPlanPublished, ActionProgressed, ActionStatus, Arithmetic, AssessmentTriggered,
    ConcernEscalated, DraftShared, EvidenceRequested, FindingsPublished, PlannedAction, RatingTranscribed,
    ReviewOutcome, TranscribedKind,
};
use ledger_core::assessment::risk::{RiskRule, Severity};
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::values::Sequence;
use serde::{Deserialize, Serialize};

use super::Recent;

/// Open things by their first entry, ascending.
pub(crate) type Items<T> = Vec<(Sequence, T)>;

/// The current draft of an open assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenDraft {
    pub(crate) sequence: Sequence,
    pub(crate) emailed: Date,
    pub(crate) closes: Date,
    pub(crate) recipients: Vec<OrganisationId>,
    pub(crate) confirmed: Vec<OrganisationId>,
    /// Whether findings were published from it.
    pub(crate) published: bool,
}

/// A challenge that is undecided.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenChallenge {
    pub(crate) draft: Sequence,
    pub(crate) organisation: OrganisationId,
    pub(crate) statement: Option<StatementId>,
    pub(crate) since: Date,
}

/// An open assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenAssessment {
    pub(crate) statements: Vec<StatementId>,
    pub(crate) draft: Option<OpenDraft>,
    pub(crate) challenges: Items<OpenChallenge>,
    pub(crate) published: bool,
}

/// An open request for evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenRequest {
    pub(crate) statement: StatementId,
    pub(crate) category: CategoryId,
    pub(crate) organisation: OrganisationId,
    pub(crate) since: Date,
    pub(crate) due: Date,
}

/// An open concern. `raised` is the London date of its recording, from which rule R2 counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenConcern {
    pub(crate) severity: Severity,
    pub(crate) statements: Vec<StatementId>,
    pub(crate) raised: Date,
}

/// An open trigger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenTrigger {
    pub(crate) rule: RiskRule,
    pub(crate) policy: PolicyId,
    pub(crate) causes: Vec<Sequence>,
    pub(crate) statements: Vec<StatementId>,
    pub(crate) arithmetic: Arithmetic,
    pub(crate) action: Code,
    pub(crate) since: Date,
    pub(crate) due: Date,
}

/// An escalation without an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenEscalation {
    pub(crate) concern: Sequence,
    pub(crate) organisation: OrganisationId,
    pub(crate) body: AccountableBody,
    pub(crate) since: Date,
    pub(crate) due: Date,
}

/// A review that is undecided, or whose republication is due.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenReview {
    pub(crate) publication: Sequence,
    pub(crate) since: Date,
    pub(crate) decision: Option<Sequence>,
}

/// An action of a plan that is neither done nor stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenAction {
    pub(crate) action: PlannedAction,
    pub(crate) since: Date,
    pub(crate) reported: Option<(Sequence, ActionStatus)>,
}

/// Breaches of regulations found in statements, as far as no later findings are about them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Breaches {
    pub(crate) statements: Vec<StatementId>,
    pub(crate) regulations: Vec<Code>,
}

/// Everything open about one subject.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct OpenItems {
    pub(crate) assessments: Items<OpenAssessment>,
    pub(crate) requests: Items<OpenRequest>,
    pub(crate) concerns: Items<OpenConcern>,
    pub(crate) triggers: Items<OpenTrigger>,
    pub(crate) escalations: Items<OpenEscalation>,
    pub(crate) reviews: Items<OpenReview>,
    /// By plan: a plan has several.
    pub(crate) actions: Items<OpenAction>,
    /// Results on whose notice it was decided, with the decision.
    pub(crate) notices: Items<Sequence>,
    pub(crate) breaches: Items<Breaches>,
    /// By the number of an indicator's version.
    figures: Vec<(u32, Recent)>,
}

/// Adds one, with room for little more.
fn add<T>(items: &mut Vec<T>, one: T) {
    if items.len() == items.capacity() {
        items.reserve_exact(items.len() / 4 + 1);
    }
    items.push(one);
}

/// Takes one away, and with the last one the memory.
fn remove<T>(items: &mut Items<T>, at: Sequence) {
    items.retain(|(sequence, _)| *sequence != at);
    if items.is_empty() {
        *items = Vec::new();
    }
}

/// The one with this first entry.
fn find<T>(items: &mut Items<T>, at: Sequence) -> Option<&mut T> {
    items.iter_mut().find(|(sequence, _)| *sequence == at).map(|(_, one)| one)
}

impl OpenItems {
    /// Whether events of this kind open or close something.
    pub(crate) fn wants(kind: EventKind) -> bool {
        use EventKind as K;
        let assessing = matches!(
            kind,
            K::AssessmentOpened
                | K::AssessmentClosed
                | K::EvidenceRequested
                | K::EvidenceRequestClosed
                | K::EvidenceWithdrawn
                | K::DraftShared
                | K::AccuracyChallenged
                | K::AccuracyConfirmed
                | K::AccuracyExtended
                | K::AccuracyDecided
        );
        let publishing = matches!(
            kind,
            K::FindingsPublished
                | K::RatingPublished
                | K::RatingWithdrawn
                | K::RatingTranscribed
                | K::ReviewRequested
                | K::ReviewDecided
                | K::NoticeIssued
                | K::ActionPlanPublished
                | K::ActionProgressed
        );
        let watching = matches!(
            kind,
            K::ConcernRaised
                | K::ConcernResolved
                | K::ConcernEscalated
                | K::EscalationAnswered
                | K::AssessmentTriggered
                | K::TriggerDischarged
        );
        assessing || publishing || watching
    }

    /// Takes the subject's next event.
    pub(crate) fn apply(&mut self, recorded: &Recorded) {
        self.apply_assessing(recorded);
        self.apply_accuracy(recorded);
        self.apply_publishing(recorded);
        self.apply_watching(recorded);
    }

    /// The figures of a version of an indicator.
    pub(crate) fn recent(&mut self, number: u32) -> &mut Recent {
        let at = self.figures.iter().position(|(of, _)| *of == number).unwrap_or_else(|| {
            add(&mut self.figures, (number, Recent::default()));
            self.figures.len() - 1
        });
        &mut self.figures[at].1
    }

    /// The figures there are of a version of an indicator.
    pub(crate) fn figures(&self, number: u32) -> Option<&Recent> {
        self.figures.iter().find(|(of, _)| *of == number).map(|(_, recent)| recent)
    }

    fn apply_assessing(&mut self, recorded: &Recorded) {
        let at = recorded.sequence;
        match &recorded.event {
            Event::AssessmentOpened(event) => {
                let statements = event.statements.clone();
                let open =
                    OpenAssessment { statements, draft: None, challenges: Vec::new(), published: false };
                add(&mut self.assessments, (at, open));
            }
            Event::AssessmentClosed(event) => remove(&mut self.assessments, event.assessment),
            Event::EvidenceRequested(event) => {
                add(&mut self.requests, (at, OpenRequest::of(recorded, event)));
            }
            Event::EvidenceRequestClosed(event) => remove(&mut self.requests, event.request),
            Event::EvidenceWithdrawn(event) => {
                self.figures.iter_mut().for_each(|(_, recent)| recent.drop_survey(event.evidence));
            }
            _ => {}
        }
    }

    fn drafted(&mut self, draft: Sequence) -> Option<&mut OpenAssessment> {
        let is_its = |open: &OpenAssessment| open.draft.as_ref().is_some_and(|own| own.sequence == draft);
        self.assessments.iter_mut().map(|(_, open)| open).find(|open| is_its(open))
    }

    fn apply_accuracy(&mut self, recorded: &Recorded) {
        let at = recorded.sequence;
        match &recorded.event {
            Event::DraftShared(event) => {
                if let Some(open) = find(&mut self.assessments, event.assessment) {
                    open.draft = Some(OpenDraft::of(at, event));
                }
            }
            Event::AccuracyChallenged(event) => {
                if let Some(open) = self.drafted(event.draft) {
                    let (organisation, statement) = (event.organisation.clone(), event.statement.clone());
                    let challenge = OpenChallenge {
                        draft: event.draft,
                        organisation,
                        statement,
                        since: recorded.valid_from(),
                    };
                    open.challenges.push((at, challenge));
                }
            }
            Event::AccuracyConfirmed(event) => {
                if let Some(draft) = self.drafted(event.draft).and_then(|open| open.draft.as_mut()) {
                    draft.confirmed.push(event.organisation.clone());
                }
            }
            Event::AccuracyExtended(event) => {
                if let Some(draft) = self.drafted(event.draft).and_then(|open| open.draft.as_mut()) {
                    draft.closes = event.closes;
                }
            }
            Event::AccuracyDecided(event) => {
                for (_, open) in &mut self.assessments {
                    remove(&mut open.challenges, event.challenge);
                }
            }
            _ => {}
        }
    }

    fn apply_publishing(&mut self, recorded: &Recorded) {
        let at = recorded.sequence;
        match &recorded.event {
            Event::FindingsPublished(event) => self.found(at, event),
            Event::RatingPublished(event) => {
                if let (Some(open), None) = (find(&mut self.assessments, event.assessment), event.replaces) {
                    open.published = true;
                }
                if let Some(decision) = event.review {
                    self.reviews.retain(|(_, review)| review.decision != Some(decision));
                }
            }
            Event::RatingWithdrawn(event) => {
                self.reviews.retain(|(_, review)| review.publication != event.publication);
            }
            Event::RatingTranscribed(event) => self.transcribed(recorded, event),
            Event::ReviewRequested(event) => {
                let (publication, since) = (event.publication, recorded.valid_from());
                add(&mut self.reviews, (at, OpenReview { publication, since, decision: None }));
            }
            Event::ReviewDecided(event) => match event.outcome {
                ReviewOutcome::Upheld => remove(&mut self.reviews, event.review),
                ReviewOutcome::ScoresChanged => {
                    if let Some(review) = find(&mut self.reviews, event.review) {
                        (review.decision, review.since) = (Some(at), recorded.valid_from());
                    }
                }
            },
            Event::NoticeIssued(event) => add(&mut self.notices, (event.publication, at)),
            Event::ActionPlanPublished(event) => self.planned(recorded, event),
            Event::ActionProgressed(event) => self.progressed(at, event),
            _ => {}
        }
    }

    /// Findings end the window of their draft, and say anew what was found of their statements.
    fn found(&mut self, at: Sequence, event: &FindingsPublished) {
        if let Some(draft) = self.drafted(event.draft).and_then(|open| open.draft.as_mut()) {
            draft.published = true;
        }
        for (_, earlier) in &mut self.breaches {
            earlier.statements.retain(|statement| !event.statements.contains(statement));
        }
        self.breaches.retain(|(_, earlier)| !earlier.statements.is_empty());
        if !event.breaches.is_empty() {
            let (statements, regulations) = (event.statements.clone(), event.breaches.clone());
            add(&mut self.breaches, (at, Breaches { statements, regulations }));
        }
    }

    /// A review elsewhere is undecided until what it came to was transcribed.
    fn transcribed(&mut self, recorded: &Recorded, event: &RatingTranscribed) {
        let Some(publication) = event.concerns else { return };
        match event.kind {
            TranscribedKind::ReviewRequested => {
                let since = recorded.valid_from();
                add(
                    &mut self.reviews,
                    (recorded.sequence, OpenReview { publication, since, decision: None }),
                );
            }
            TranscribedKind::Result | TranscribedKind::Withdrawal => {
                self.reviews.retain(|(_, review)| review.publication != publication);
            }
        }
    }

    fn planned(&mut self, recorded: &Recorded, event: &ActionPlanPublished) {
        for action in &event.actions {
            let open = OpenAction { action: action.clone(), since: recorded.valid_from(), reported: None };
            add(&mut self.actions, (recorded.sequence, open));
        }
    }

    fn progressed(&mut self, at: Sequence, event: &ActionProgressed) {
        let is_it = |plan: Sequence, id: &ItemId| plan == event.plan && *id == event.action;
        if matches!(event.status, ActionStatus::Done | ActionStatus::Stopped) {
            self.actions.retain(|(plan, open)| !is_it(*plan, &open.action.id));
            return;
        }
        let mut actions = self.actions.iter_mut();
        if let Some((_, open)) = actions.find(|(plan, open)| is_it(*plan, &open.action.id)) {
            open.reported = Some((at, event.status));
        }
    }

    fn apply_watching(&mut self, recorded: &Recorded) {
        let at = recorded.sequence;
        match &recorded.event {
            Event::ConcernRaised(event) => {
                let raised = Date::in_london(recorded.recorded_time);
                let (severity, statements) = (event.severity, event.statements.clone());
                add(&mut self.concerns, (at, OpenConcern { severity, statements, raised }));
            }
            Event::ConcernResolved(event) => remove(&mut self.concerns, event.concern),
            Event::ConcernEscalated(event) => {
                add(&mut self.escalations, (at, OpenEscalation::of(recorded, event)));
            }
            Event::EscalationAnswered(event) => remove(&mut self.escalations, event.escalation),
            Event::AssessmentTriggered(event) => {
                add(&mut self.triggers, (at, OpenTrigger::of(recorded, event)));
            }
            Event::TriggerDischarged(event) => remove(&mut self.triggers, event.trigger),
            _ => {}
        }
    }
}

impl OpenDraft {
    fn of(sequence: Sequence, event: &DraftShared) -> Self {
        OpenDraft {
            sequence,
            emailed: event.emailed,
            closes: event.closes,
            recipients: event.recipients.clone(),
            confirmed: Vec::new(),
            published: false,
        }
    }

    /// Who was sent it and has not confirmed it.
    pub(crate) fn unconfirmed(&self) -> Vec<&OrganisationId> {
        self.recipients.iter().filter(|organisation| !self.confirmed.contains(organisation)).collect()
    }
}

impl OpenRequest {
    fn of(recorded: &Recorded, event: &EvidenceRequested) -> Self {
        OpenRequest {
            statement: event.statement.clone(),
            category: event.category.clone(),
            organisation: event.organisation.clone(),
            since: recorded.valid_from(),
            due: event.due,
        }
    }
}

impl OpenTrigger {
    fn of(recorded: &Recorded, event: &AssessmentTriggered) -> Self {
        OpenTrigger {
            rule: event.rule,
            policy: event.policy.clone(),
            causes: event.causes.clone(),
            statements: event.statements.clone(),
            arithmetic: event.arithmetic.clone(),
            action: event.action.clone(),
            since: recorded.valid_from(),
            due: event.due,
        }
    }
}

impl OpenEscalation {
    fn of(recorded: &Recorded, event: &ConcernEscalated) -> Self {
        OpenEscalation {
            concern: event.concern,
            organisation: event.organisation.clone(),
            body: event.body,
            since: recorded.valid_from(),
            due: event.due,
        }
    }
}
