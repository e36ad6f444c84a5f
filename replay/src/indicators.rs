//! Indicators and their figures, and whether the set of them is balanced.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use ledger_core::assessment::codes::{Code, Subject};
use ledger_core::assessment::event::{IndicatorDefined, IndicatorObserved};
use ledger_core::assessment::indicator::{figure, is_worse};
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::ordered;
use ledger_core::values::Sequence;
use serde::{Deserialize, Serialize};

use crate::log::{Log, ReplayError};
use crate::projection::Projection;

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

/// The entries of an indicator's figures, by subject.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Figures(#[serde(with = "ordered")] HashMap<Subject, Vec<Sequence>>);

/// The indicators known, and where their figures are. A projection.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Indicators {
    definitions: BTreeMap<Code, IndicatorDefined>,
    figures: BTreeMap<Code, Figures>,
}

impl Projection for Indicators {
    const NAME: &'static str = "indicators";
    const VERSION: u32 = 1;

    fn wants(kind: EventKind) -> bool {
        matches!(kind, EventKind::IndicatorDefined | EventKind::IndicatorObserved)
    }

    fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::IndicatorDefined(event) => {
                self.definitions.insert(event.id.clone(), event.clone());
            }
            Event::IndicatorObserved(event) => {
                let observed = match self.figures.get_mut(&event.indicator) {
                    Some(subjects) => subjects,
                    None => self.figures.entry(event.indicator.clone()).or_default(),
                };
                match observed.0.get_mut(&recorded.subject) {
                    Some(figures) => figures.push(recorded.sequence),
                    None => drop(observed.0.insert(recorded.subject.clone(), vec![recorded.sequence])),
                }
            }
            _ => {}
        }
    }
}

impl Indicators {
    /// The definitions, in order of id.
    pub fn definitions(&self) -> impl Iterator<Item = &IndicatorDefined> {
        self.definitions.values()
    }

    /// The definition of an indicator.
    pub fn definition(&self, id: &Code) -> Option<&IndicatorDefined> {
        self.definitions.get(id)
    }

    /// How many figures of an indicator there are.
    pub fn count(&self, id: &Code) -> usize {
        self.figures.get(id).into_iter().flat_map(|figures| figures.0.values()).map(Vec::len).sum()
    }

    /// Figures of an indicator, or of all, about a subject, or about all; in order of indicator, subject, period. Cost:
    /// a page for each figure at most.
    pub fn figures(
        &self,
        log: &Log,
        indicator: Option<&Code>,
        subject: Option<&Subject>,
    ) -> Result<Vec<FigureView>, ReplayError> {
        let of = self.figures.iter().filter(|(of, _)| indicator.is_none_or(|id| id == *of));
        let about = of.flat_map(|(_, figures)| &figures.0);
        let about = about.filter(|(about, _)| subject.is_none_or(|subject| subject == *about));
        let mut wanted: Vec<Sequence> = about.flat_map(|(_, figures)| figures).copied().collect();
        wanted.sort_unstable();
        let readings = log.at(&wanted)?.into_iter();
        let mut views: Vec<FigureView> = readings.filter_map(|reading| self.view(reading.recorded)).collect();
        let key = |view: &FigureView| {
            (view.observed.indicator.clone(), view.subject.clone(), view.observed.period, view.sequence)
        };
        views.sort_by_cached_key(key);
        Ok(views)
    }

    fn view(&self, recorded: Recorded) -> Option<FigureView> {
        let Event::IndicatorObserved(observed) = recorded.event else { return None };
        let worse_than_benchmark = self.worse(&observed.indicator, &observed);
        Some(FigureView {
            subject: recorded.subject,
            sequence: recorded.sequence,
            observed,
            worse_than_benchmark,
        })
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
