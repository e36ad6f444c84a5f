//! Figures on record: those of one version of an indicator for one area, in the order of their periods.
//!
//! There are some for every month of every area, so each takes some 15 bytes. Left out: what a figure means
//! (`indicator.rs`).

use serde::{Deserialize, Serialize};

use super::packed::Packed;
use crate::assessment::civil::{Date, Period};
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

/// A figure in small numbers. The period is its first day, counted from the earliest date, and the days to its last.
/// A denominator of 0 stands for no value; no survey is entry 0, which founds the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Row {
    from: i64,
    days: i64,
    sequence: u64,
    numerator: i64,
    denominator: i64,
    survey: u64,
    comparability: Comparability,
}

impl Row {
    fn of(period: &Period, figure: Figure) -> Row {
        let (numerator, denominator) = figure.value.unwrap_or_default();
        let (from, days) = numbers(period);
        Row {
            from,
            days,
            sequence: figure.sequence.get(),
            numerator,
            denominator,
            survey: figure.survey.map_or(0, Sequence::get),
            comparability: figure.comparability,
        }
    }

    fn figure(&self) -> Figure {
        Figure {
            sequence: Sequence::new(self.sequence),
            comparability: self.comparability,
            value: (self.denominator != 0).then_some((self.numerator, self.denominator)),
            survey: (self.survey != 0).then(|| Sequence::new(self.survey)),
        }
    }
}

/// A period as a row has it.
fn numbers(period: &Period) -> (i64, i64) {
    (period.from.days_since(Date::EARLIEST), period.to.days_since(period.from))
}

/// The figures of one version of an indicator for one area.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures(Packed<Row>);

impl Figures {
    /// The figure of a period. Cost: reading the rows, some 10 ns each.
    pub fn get(&self, period: &Period) -> Option<Figure> {
        let wanted = numbers(period);
        self.0.iter().find(|row| (row.from, row.days) == wanted).map(|row| row.figure())
    }

    /// Puts a figure on record.
    pub(in crate::assessment) fn insert(&mut self, period: Period, figure: Figure) {
        let row = Row::of(&period, figure);
        let at_or_after = self.0.places().find(|(_, other)| (other.from, other.days) >= (row.from, row.days));
        match at_or_after {
            Some((place, other)) if (other.from, other.days) == (row.from, row.days) => {
                self.0.put(place, &row)
            }
            Some((place, _)) => self.0.put(place.start..place.start, &row),
            None => self.0.push(&row),
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
    let mut after: Option<i64> = None;
    let rows: Vec<Row> = figures.0.iter().collect();
    for row in rows.iter().rev() {
        let figure = row.figure();
        let adjoins = after.is_none_or(|later| row.from + row.days + 1 == later);
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
        after = Some(row.from);
    }
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(sequence: u64, survey: Option<u64>) -> Figure {
        let comparability = Comparability::Comparable;
        Figure {
            sequence: Sequence::new(sequence),
            comparability,
            value: Some((-3, 7)),
            survey: survey.map(Sequence::new),
        }
    }

    fn period(from: &str, to: &str) -> Period {
        Period { from: from.parse().expect("a date"), to: to.parse().expect("a date") }
    }

    /// Given in every order, replaced, and dropped: what is found is what was given last, in the order of periods.
    #[test]
    fn figures_are_kept_by_their_periods() {
        let periods = [
            period("1900-01-01", "9999-12-31"),
            period("2025-01-01", "2025-01-31"),
            period("2025-01-01", "2025-12-31"),
            period("2025-02-01", "2025-02-28"),
        ];
        for first in 0..4 {
            for step in [1, 3] {
                let mut figures = Figures::default();
                for n in 0..4 {
                    let at = (first + n * step) % 4;
                    assert_eq!(figures.get(&periods[at]), None);
                    figures.insert(periods[at], figure(9, None));
                    figures.insert(periods[at], figure(at as u64 + 1, (at == 2).then_some(50)));
                }
                let kept: Vec<u64> = figures.0.iter().map(|row| row.sequence).collect();
                assert_eq!(kept, [1, 2, 3, 4]);
                assert_eq!(figures.get(&periods[2]), Some(figure(3, Some(50))));
                figures.drop_survey(Sequence::new(50));
                assert_eq!(figures.get(&periods[2]), None);
                assert_eq!(figures.get(&periods[3]), Some(figure(4, None)));
            }
        }
    }
}
