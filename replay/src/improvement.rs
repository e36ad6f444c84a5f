//! What followed a result: notice, summit, plan with its progress, support, intervention, escalations.
//!
//! Folded from a subject's own history. The plan is read as required improvements by actions by status, those
//! nobody answers first.

use std::collections::BTreeMap;

use ledger_core::assessment::Event;
use ledger_core::assessment::event::{
    ActionPlanPublished, ActionStatus, ConcernEscalated, EscalationAnswered, InterventionRecorded, ItemKind,
    NoticeIssued, PlannedAction, SummitHeld, SupportOffered,
};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::history::SubjectHistory;

/// An action and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionView {
    /// The plan it is part of.
    pub plan: Sequence,
    /// The publication that plan answers.
    pub publication: Sequence,
    /// The action.
    pub action: PlannedAction,
    /// Its latest reported status; null while nothing was reported.
    pub status: Option<ActionStatus>,
    /// The entry of that report.
    pub reported: Option<Sequence>,
}

/// A required improvement and the actions that answer it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImprovementView {
    /// The required improvement's id.
    pub item: String,
    /// The statement it concerns.
    pub statement: String,
    /// The findings that require it.
    pub findings: Sequence,
    /// Actions that answer it; empty if nobody does.
    pub actions: Vec<ActionView>,
}

/// An escalation and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EscalationView {
    /// Its entry.
    pub sequence: Sequence,
    /// What was escalated to whom.
    pub escalated: ConcernEscalated,
    /// The answer.
    pub answer: Option<(Sequence, EscalationAnswered)>,
}

/// What followed a subject's results.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Improvement {
    /// Required improvements, those without an action first.
    pub improvements: Vec<ImprovementView>,
    /// Decisions on notices.
    pub notices: Vec<(Sequence, NoticeIssued)>,
    /// Summits.
    pub summits: Vec<(Sequence, SummitHeld)>,
    /// Plans.
    pub plans: Vec<(Sequence, ActionPlanPublished)>,
    /// Offers of support.
    pub support: Vec<(Sequence, SupportOffered)>,
    /// Interventions.
    pub interventions: Vec<(Sequence, InterventionRecorded)>,
    /// Escalations.
    pub escalations: Vec<EscalationView>,
}

impl Improvement {
    /// What followed, as far as a history goes.
    pub fn of(history: &SubjectHistory) -> Self {
        let mut view = Improvement::default();
        let mut progress: BTreeMap<(Sequence, String), (ActionStatus, Sequence)> = BTreeMap::new();
        let mut published: BTreeMap<Sequence, Sequence> = BTreeMap::new();
        let mut findings = BTreeMap::new();
        for reading in &history.readings {
            let at = reading.recorded.sequence;
            match &reading.recorded.event {
                Event::FindingsPublished(event) => {
                    findings.insert(at, event.clone());
                }
                Event::RatingPublished(event) => {
                    published.insert(at, event.findings);
                }
                Event::NoticeIssued(event) => view.notices.push((at, event.clone())),
                Event::SummitHeld(event) => view.summits.push((at, event.clone())),
                Event::ActionPlanPublished(event) => view.plans.push((at, event.clone())),
                Event::ActionProgressed(event) => {
                    progress.insert((event.plan, event.action.to_string()), (event.status, at));
                }
                Event::SupportOffered(event) => view.support.push((at, event.clone())),
                Event::InterventionRecorded(event) => view.interventions.push((at, event.clone())),
                Event::ConcernEscalated(event) => {
                    view.escalations.push(EscalationView {
                        sequence: at,
                        escalated: event.clone(),
                        answer: None,
                    });
                }
                Event::EscalationAnswered(event) => {
                    let escalation =
                        view.escalations.iter_mut().find(|known| known.sequence == event.escalation);
                    escalation.into_iter().for_each(|known| known.answer = Some((at, event.clone())));
                }
                _ => {}
            }
        }
        let actions: Vec<ActionView> = view
            .plans
            .iter()
            .flat_map(|(plan, event)| {
                event.actions.iter().map(move |action| (*plan, event.publication, action))
            })
            .map(|(plan, publication, action)| {
                let reported = progress.get(&(plan, action.id.to_string())).copied();
                let (status, reported) = (reported.map(|(status, _)| status), reported.map(|(_, at)| at));
                ActionView { plan, publication, action: action.clone(), status, reported }
            })
            .collect();
        for (at, event) in findings.iter().filter(|(at, _)| published.values().any(|cited| cited == *at)) {
            for item in event.items.iter().filter(|item| item.kind == ItemKind::RequiredImprovement) {
                let answering = actions.iter().filter(|view| {
                    view.action.answers == item.id && published.get(&view.publication) == Some(at)
                });
                view.improvements.push(ImprovementView {
                    item: item.id.to_string(),
                    statement: item.statement.to_string(),
                    findings: *at,
                    actions: answering.cloned().collect(),
                });
            }
        }
        view.improvements
            .sort_by_key(|improvement| (!improvement.actions.is_empty(), improvement.item.clone()));
        view
    }
}
