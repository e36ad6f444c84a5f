//! The burden of evidence requests on an organisation: what it was asked, what it was spared, what is overdue.
//!
//! Spared is our own measure: each time a score rests on evidence of the organisation in another assessment than
//! the one it was submitted for, one request was not needed.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{OrganisationId, Subject};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::casefile::ItemState;

/// A request to the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AskedItem {
    /// Its entry.
    pub sequence: Sequence,
    /// The subject it concerns.
    pub subject: Subject,
    /// What was asked: statement and category.
    pub about: (String, String),
    /// When the answer is due.
    pub due: Date,
    /// Whether it is open.
    pub state: ItemState,
    /// Whether it was asked although held or asked already.
    pub again: bool,
}

/// The burden on one organisation. A projection.
#[derive(Debug, Clone)]
pub struct Burden {
    organisation: OrganisationId,
    requests: BTreeMap<Sequence, AskedItem>,
    evidence: BTreeMap<Sequence, Option<Sequence>>,
    spared: BTreeSet<(Sequence, Sequence)>,
}

/// What it amounts to on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BurdenView {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Requests made of it.
    pub made: usize,
    /// Requests made although the answer was held or asked for.
    pub again: usize,
    /// Requests avoided: uses of its evidence in further assessments.
    pub avoided: usize,
    /// Open requests whose day has passed.
    pub overdue: Vec<AskedItem>,
    /// Open requests.
    pub open: usize,
}

impl Burden {
    /// The burden on an organisation.
    pub fn on(organisation: OrganisationId) -> Self {
        Burden { organisation, requests: BTreeMap::new(), evidence: BTreeMap::new(), spared: BTreeSet::new() }
    }

    /// Takes the next event.
    pub fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::EvidenceRequested(event) if event.organisation == self.organisation => {
                let item = AskedItem {
                    sequence: recorded.sequence,
                    subject: recorded.subject.clone(),
                    about: (event.statement.to_string(), event.category.to_string()),
                    due: event.due,
                    state: ItemState::Open,
                    again: event.again.is_some(),
                };
                self.requests.insert(recorded.sequence, item);
            }
            Event::EvidenceRequestClosed(event) => {
                if let Some(item) = self.requests.get_mut(&event.request) {
                    item.state = ItemState::Closed;
                }
            }
            Event::EvidenceSubmitted(event) if event.organisation.as_ref() == Some(&self.organisation) => {
                self.evidence.insert(recorded.sequence, event.assessment);
            }
            Event::ScoreAssigned(event) => self.cite(event.assessment, &event.evidence),
            Event::ScoreChanged(event) => self.cite(event.assessment, &event.evidence),
            _ => {}
        }
    }

    fn cite(&mut self, assessment: Sequence, evidence: &[Sequence]) {
        for item in evidence {
            if self.evidence.get(item).is_some_and(|gathered_for| *gathered_for != Some(assessment)) {
                self.spared.insert((assessment, *item));
            }
        }
    }

    /// The burden on `today`.
    pub fn view(&self, today: Date) -> BurdenView {
        let open = || self.requests.values().filter(|item| item.state == ItemState::Open);
        BurdenView {
            organisation: self.organisation.clone(),
            made: self.requests.len(),
            again: self.requests.values().filter(|item| item.again).count(),
            avoided: self.spared.len(),
            overdue: open().filter(|item| item.due < today).cloned().collect(),
            open: open().count(),
        }
    }
}
