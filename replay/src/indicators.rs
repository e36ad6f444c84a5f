//! Indicators and their figures, and whether the set of them is balanced.

use std::collections::BTreeMap;

use ledger_core::assessment::codes::{Code, Subject};
use ledger_core::assessment::event::{IndicatorDefined, IndicatorObserved};
use ledger_core::assessment::indicator::{figure, is_worse};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;
use serde::Serialize;

/// A figure on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureView {
    /// Whose.
    pub subject: Subject,
    /// Its entry.
    pub sequence: Sequence,
    /// What was observed.
    pub observed: IndicatorObserved,
    /// Whether it is worse than the benchmark; null where it cannot be compared.
    pub worse_than_benchmark: Option<bool>,
}

/// How many indicators serve what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Indicators by sector.
    pub sectors: BTreeMap<String, usize>,
    /// Indicators by purpose.
    pub purposes: BTreeMap<String, usize>,
    /// The sector with more than half of them, if there is one: like is then no longer compared with like.
    pub skewed_to: Option<String>,
}

/// The indicators known. A projection.
#[derive(Debug, Clone, Default)]
pub struct Indicators {
    definitions: BTreeMap<Code, IndicatorDefined>,
    figures: BTreeMap<(Code, Subject), Vec<(Sequence, IndicatorObserved)>>,
}

impl Indicators {
    /// Takes the next event.
    pub fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::IndicatorDefined(event) => {
                self.definitions.insert(event.id.clone(), event.clone());
            }
            Event::IndicatorObserved(event) => {
                let key = (event.indicator.clone(), recorded.subject.clone());
                self.figures.entry(key).or_default().push((recorded.sequence, event.clone()));
            }
            _ => {}
        }
    }

    /// The definitions, in order of id.
    pub fn definitions(&self) -> impl Iterator<Item = &IndicatorDefined> {
        self.definitions.values()
    }

    /// The definition of an indicator.
    pub fn definition(&self, id: &Code) -> Option<&IndicatorDefined> {
        self.definitions.get(id)
    }

    /// Figures of an indicator, or of all, about a subject, or about all; in order of indicator, subject, period.
    pub fn figures(&self, indicator: Option<&Code>, subject: Option<&Subject>) -> Vec<FigureView> {
        let wanted = |(of, about): &(Code, Subject)| {
            indicator.is_none_or(|id| id == of) && subject.is_none_or(|subject| subject == about)
        };
        let mut views = Vec::new();
        for ((indicator, subject), figures) in self.figures.iter().filter(|(key, _)| wanted(key)) {
            let mut ordered: Vec<_> = figures.iter().collect();
            ordered.sort_by_key(|(sequence, figure)| (figure.period, *sequence));
            for (sequence, observed) in ordered {
                let worse = self.worse(indicator, observed);
                let (subject, observed) = (subject.clone(), observed.clone());
                views.push(FigureView {
                    subject,
                    sequence: *sequence,
                    observed,
                    worse_than_benchmark: worse,
                });
            }
        }
        views
    }

    fn worse(&self, indicator: &Code, observed: &IndicatorObserved) -> Option<bool> {
        let definition = self.definitions.get(indicator)?;
        let counts = observed.numerator.zip(observed.denominator);
        let value = figure(&definition.unit, observed.value, counts).filter(|_| !observed.small_base)?;
        Some(is_worse(value, definition.benchmark?, definition.better, 0))
    }

    /// How the indicators are spread.
    pub fn balance(&self) -> Balance {
        let mut sectors: BTreeMap<String, usize> = BTreeMap::new();
        let mut purposes: BTreeMap<String, usize> = BTreeMap::new();
        for definition in self.definitions.values() {
            *sectors.entry(definition.sector.to_string()).or_default() += 1;
            for purpose in &definition.purposes {
                *purposes.entry(purpose.to_string()).or_default() += 1;
            }
        }
        let all = self.definitions.len();
        let skewed_to = sectors.iter().find(|(_, count)| **count * 2 > all).map(|(sector, _)| sector.clone());
        Balance { sectors, purposes, skewed_to }
    }
}
