//! Evidence held: what a new request for evidence is checked against.
//!
//! Every item of evidence ever submitted stays here until it is withdrawn or erased, so it is kept in few bytes: names
//! as numbers, and one packed list for each subject. Left out: whether an item answers a request, which is a rule
//! (`decide/gathering.rs`).

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::packed::Packed;
use super::subject::text;
use super::table::Table;
use crate::assessment::civil::Period;
use crate::assessment::codes::{CategoryId, OrganisationId, StatementId, Subject};
use crate::assessment::event::{CorrectableField, CorrectionRecorded, EvidenceSubmitted, FieldValue};
use crate::values::Sequence;

/// An item of evidence under one statement and category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held<'a> {
    /// The evidence.
    pub sequence: Sequence,
    /// Who it comes from.
    pub organisation: Option<&'a OrganisationId>,
    /// What it covers.
    pub period: Option<Period>,
}

/// All evidence held. Memory: some 10 bytes for each statement that an item is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::assessment) struct Holdings {
    statements: Table<StatementId>,
    categories: Table<CategoryId>,
    organisations: Table<OrganisationId>,
    periods: Table<Period>,
    #[serde(with = "crate::ordered")]
    by_subject: HashMap<Subject, Packed<Item>>,
}

/// Names by their numbers. What may be absent is none at 0 and else one above its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Item {
    statement: u32,
    category: u32,
    sequence: u64,
    organisation: u32,
    period: u32,
}

impl Holdings {
    /// Takes evidence that was submitted.
    pub(super) fn hold(&mut self, subject: &Subject, sequence: Sequence, event: &EvidenceSubmitted) {
        let item = Item {
            statement: 0,
            category: self.categories.number(&event.category),
            sequence: sequence.get(),
            organisation: event.organisation.as_ref().map_or(0, |id| self.organisations.number(id) + 1),
            period: event.period.map_or(0, |period| self.periods.number(&period) + 1),
        };
        let statements = &mut self.statements;
        let items = event.statements.iter().map(|id| Item { statement: statements.number(id), ..item });
        match self.by_subject.get_mut(subject) {
            Some(held) => items.for_each(|item| held.push(&item)),
            None => drop(self.by_subject.insert(subject.clone(), items.collect())),
        }
    }

    /// Evidence shared with a subject answers requests there as it does where it was submitted.
    pub(super) fn share(&mut self, with: &Subject, from: &Subject, evidence: Sequence) {
        let shared = self.items(from, evidence);
        let held = self.by_subject.entry(with.clone()).or_default();
        shared.iter().for_each(|item| held.push(item));
    }

    /// Evidence answers requests by the category and period that stand for it.
    pub(super) fn correct(&mut self, subject: &Subject, event: &CorrectionRecorded) {
        let category = match event.field {
            CorrectableField::Category => text(event.now.as_ref()).map(|id| self.categories.number(&id)),
            _ => None,
        };
        let period = match (event.field, &event.now) {
            (CorrectableField::Period, Some(FieldValue::Period(period))) => {
                Some(self.periods.number(period) + 1)
            }
            (CorrectableField::Period, _) => Some(0),
            _ => None,
        };
        let items = self.items(subject, event.corrects);
        self.release(subject, event.corrects);
        let held = self.by_subject.entry(subject.clone()).or_default();
        for item in items {
            let (category, period) = (category.unwrap_or(item.category), period.unwrap_or(item.period));
            held.push(&Item { category, period, ..item });
        }
    }

    /// The evidence answers no request of the subject any more.
    pub(super) fn release(&mut self, subject: &Subject, evidence: Sequence) {
        if let Some(held) = self.by_subject.get_mut(subject) {
            held.retain(|item| item.sequence != evidence.get());
        }
    }

    /// What a subject has under a statement and category, oldest first. Cost: a look at each item the subject has, about
    /// 10 ns.
    pub(in crate::assessment) fn under<'a>(
        &'a self,
        subject: &Subject,
        statement: &StatementId,
        category: &CategoryId,
    ) -> impl Iterator<Item = Held<'a>> {
        let key = self.statements.find(statement).zip(self.categories.find(category));
        let held = self.by_subject.get(subject).into_iter().flat_map(Packed::iter);
        held.filter(move |item| Some((item.statement, item.category)) == key).map(|item| Held {
            sequence: Sequence::new(item.sequence),
            organisation: item
                .organisation
                .checked_sub(1)
                .and_then(|number| self.organisations.value(number)),
            period: item.period.checked_sub(1).and_then(|number| self.periods.value(number)).copied(),
        })
    }

    fn items(&self, subject: &Subject, evidence: Sequence) -> Vec<Item> {
        let held = self.by_subject.get(subject).into_iter().flat_map(Packed::iter);
        held.filter(|item| item.sequence == evidence.get()).collect()
    }
}
