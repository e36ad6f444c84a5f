//! The newest figures of an indicator for one area: as many as a rule may look at, and no more.
//!
//! Compared with the benchmark as the rules compare, by cross-multiplication of integers. Left out: older
//! figures, which no rule reads, and what follows from a run of them (`risk/`).

use std::num::{NonZeroI64, NonZeroU64};

use ledger_core::assessment::civil::Period;
use ledger_core::assessment::event::{IndicatorDefined, IndicatorObserved};
use ledger_core::assessment::indicator::{Comparability, figure, is_worse};
use ledger_core::values::Sequence;
use serde::{Deserialize, Serialize};

/// A figure in 48 bytes: there are some for every month of every area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Figure {
    period: Period,
    sequence: Sequence,
    /// Numerator and denominator; none where it was suppressed or its base is small.
    value: Option<(i64, NonZeroI64)>,
    /// The survey it comes from. Entry 0 founds the log and is none.
    survey: Option<NonZeroU64>,
    comparability: Comparability,
}

/// The newest figures, in the order of their periods.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recent(Vec<Figure>);

impl Recent {
    /// Puts a figure on record and forgets the oldest beyond `kept`.
    pub(crate) fn insert(
        &mut self,
        sequence: Sequence,
        event: &IndicatorObserved,
        indicator: &IndicatorDefined,
        kept: usize,
    ) {
        let counts = event.numerator.zip(event.denominator);
        let value = figure(&indicator.unit, event.value, counts).filter(|_| !event.small_base);
        let value = value.and_then(|(numerator, denominator)| {
            let denominator = i64::try_from(denominator).ok().and_then(NonZeroI64::new)?;
            Some((i64::try_from(numerator).ok()?, denominator))
        });
        let figure = Figure {
            period: event.period,
            sequence,
            value,
            survey: event.survey.and_then(|survey| NonZeroU64::new(survey.get())),
            comparability: event.comparability,
        };
        let at = self.0.partition_point(|known| known.period < figure.period);
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(kept.saturating_sub(self.0.len()).clamp(1, 4));
        }
        self.0.insert(at, figure);
        self.0.drain(..self.0.len().saturating_sub(kept));
    }

    /// Takes back the figures of a survey.
    pub(crate) fn drop_survey(&mut self, survey: Sequence) {
        self.0.retain(|figure| figure.survey.is_none_or(|of| of.get() != survey.get()));
    }

    /// The entries of the newest consecutive periods that were worse than the benchmark by the margin, newest
    /// first. A gap between periods, a break in comparability and a figure that cannot be compared end the
    /// run.
    pub(crate) fn run(&self, indicator: &IndicatorDefined, margin_percent: u32) -> Vec<Sequence> {
        let Some(benchmark) = indicator.benchmark else { return Vec::new() };
        let worse = |figure: &Figure| {
            figure.value.is_some_and(|(numerator, denominator)| {
                let value = (numerator.into(), denominator.get().into());
                is_worse(value, benchmark, indicator.better, margin_percent)
            })
        };
        let mut run = Vec::new();
        let mut after: Option<Period> = None;
        for figure in self.0.iter().rev() {
            let adjoins = after.is_none_or(|later| figure.period.to.next() == later.from);
            if !adjoins || !worse(figure) {
                break;
            }
            run.push(figure.sequence);
            if figure.comparability == Comparability::Break {
                break;
            }
            after = Some(figure.period);
        }
        run
    }

    /// The newest period on record.
    pub(crate) fn newest(&self) -> Option<Period> {
        self.0.last().map(|figure| figure.period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_takes_few_bytes() {
        assert!(size_of::<Figure>() <= 48, "{}", size_of::<Figure>());
    }
}
