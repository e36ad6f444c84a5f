//! Figures on record: those of one version of an indicator for one area, in the order of their periods.
//!
//! There are some for every month of every area, so each takes 48 bytes. Left out: what a figure means
//! (`indicator.rs`).

use serde::{Deserialize, Serialize};

use crate::assessment::civil::Period;
use crate::assessment::event::{IndicatorDefined, IndicatorObserved};
use crate::assessment::indicator::{Comparability, figure, is_worse};
use crate::values::Sequence;

/// A figure on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Its entry.
    pub sequence: Sequence,
    /// Whether it compares with the period before.
    pub comparability: Comparability,
    /// How it stands to the benchmark: numerator and denominator; none if it cannot be compared.
    pub value: Option<(i64, i64)>,
    /// The survey it comes from.
    pub survey: Option<Sequence>,
}

impl Figure {
    /// The figure that an observation puts on record. One with a small base compares with nothing.
    pub(in crate::assessment) fn of(
        sequence: Sequence,
        event: &IndicatorObserved,
        indicator: &IndicatorDefined,
    ) -> Self {
        let value = figure(&indicator.unit, event.value, event.numerator.zip(event.denominator));
        // Entries hold integers up to 2^53 - 1, times 1,000 at most: both fit.
        let value = value.filter(|_| !event.small_base).and_then(|(numerator, denominator)| {
            Some((i64::try_from(numerator).ok()?, i64::try_from(denominator).ok()?))
        });
        Figure { sequence, comparability: event.comparability, value, survey: event.survey }
    }
}

/// A figure in few bytes. A denominator of 0 stands for no value; no survey is entry 0, which founds the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    period: Period,
    sequence: u64,
    numerator: i64,
    denominator: i64,
    survey: u64,
    comparability: Comparability,
}

impl Row {
    fn figure(&self) -> Figure {
        Figure {
            sequence: Sequence::new(self.sequence),
            comparability: self.comparability,
            value: (self.denominator != 0).then_some((self.numerator, self.denominator)),
            survey: (self.survey != 0).then(|| Sequence::new(self.survey)),
        }
    }
}

/// The figures of one version of an indicator for one area.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures(Vec<Row>);

impl Figures {
    /// The figure of a period. Cost: a binary search.
    pub fn get(&self, period: &Period) -> Option<Figure> {
        let at = self.0.binary_search_by_key(period, |row| row.period).ok()?;
        Some(self.0[at].figure())
    }

    /// Puts a figure on record.
    pub(in crate::assessment) fn insert(&mut self, period: Period, figure: Figure) {
        let (numerator, denominator) = figure.value.unwrap_or_default();
        let row = Row {
            period,
            sequence: figure.sequence.get(),
            numerator,
            denominator,
            survey: figure.survey.map_or(0, Sequence::get),
            comparability: figure.comparability,
        };
        match self.0.binary_search_by_key(&period, |row| row.period) {
            Ok(at) => self.0[at] = row,
            Err(at) => {
                if self.0.len() == self.0.capacity() {
                    // They come a few a year: room for a quarter more is enough.
                    self.0.reserve_exact(self.0.len() / 4 + 4);
                }
                self.0.insert(at, row);
            }
        }
    }

    /// Takes back the figures of a survey.
    pub(super) fn drop_survey(&mut self, survey: Sequence) {
        self.0.retain(|row| row.survey != survey.get());
    }
}

/// The entries of the newest consecutive periods in which the indicator was worse than its benchmark by the margin,
/// newest first. A gap between periods, a break in comparability and a figure that cannot be compared end the run.
pub(in crate::assessment) fn breaches(
    figures: &Figures,
    indicator: &IndicatorDefined,
    margin_percent: u32,
) -> Vec<Sequence> {
    let Some(benchmark) = indicator.benchmark else { return Vec::new() };
    let mut run = Vec::new();
    let mut after: Option<Period> = None;
    for row in figures.0.iter().rev() {
        let figure = row.figure();
        let adjoins = after.is_none_or(|later: Period| row.period.to.next() == later.from);
        let worse = figure.value.is_some_and(|(numerator, denominator)| {
            is_worse((numerator.into(), denominator.into()), benchmark, indicator.better, margin_percent)
        });
        if !adjoins || !worse {
            break;
        }
        run.push(figure.sequence);
        if figure.comparability == Comparability::Break {
            break;
        }
        after = Some(row.period);
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_takes_few_bytes() {
        assert!(size_of::<Row>() <= 48, "{}", size_of::<Row>());
    }
}
