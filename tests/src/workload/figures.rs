//! Indicators: six definitions, and figures that come as returns of twelve months for one subject at a time.
//!
//! One figure in twenty is worse than its benchmark by more than the margin, so that three months in a row fire a
//! trigger now and then. Those triggers stay open. Systems give none: they are younger than the years returns are about.

use ledger_core::assessment::Command;
use ledger_core::assessment::codes::{Code, Name};
use ledger_core::assessment::command::ObserveIndicator;
use ledger_core::assessment::event::IndicatorDefined;
use ledger_core::assessment::indicator::{Better, Decimal};
use ledger_core::shipped;

use super::country::Kind;
use super::desk::{Desk, month};
use super::step::Step;

const INDICATORS: u64 = 6;
/// The years returns are about: with 50,000 subjects enough for 43 million figures.
const FIRST_YEAR: i32 = 2014;
const YEARS: u64 = 12;
const BENCHMARK_PERCENT: i64 = 20;

fn code(at: u64) -> Code {
    format!("indicator-{at}").parse().unwrap_or_else(|error| unreachable!("{error}"))
}

/// The commands that define the indicators, each about a provider's statement of its own.
pub(super) fn definitions() -> impl Iterator<Item = Command> {
    let frameworks = shipped::frameworks().unwrap_or_else(|error| unreachable!("{error}"));
    let of_providers = frameworks.into_iter().find(|f| f.framework.id.as_str() == "provider/2024-12");
    let statements: Vec<_> = of_providers
        .iter()
        .flat_map(|shipped| shipped.framework.statements().map(|statement| statement.id.clone()))
        .collect();
    (0..INDICATORS).map(move |at| {
        let name: Result<Name, _> = format!("Waiting measure {at}").parse();
        let text = |text: &str| text.parse::<Code>().unwrap_or_else(|error| unreachable!("{error}"));
        Command::DefineIndicator(IndicatorDefined {
            id: code(at),
            version: 1,
            name: name.unwrap_or_else(|error| unreachable!("{error}")),
            better: Better::Lower,
            unit: text("percent"),
            numerator: Some(text("waited-too-long")),
            denominator: Some(text("waited")),
            sector: text("community"),
            purposes: Vec::new(),
            statements: vec![statements[at as usize].clone()],
            benchmark: Decimal::new(BENCHMARK_PERCENT, 0).ok(),
            minimum_base: Some(50),
            source: None,
        })
    })
}

/// The figures given so far.
#[derive(Debug, Default)]
pub(super) struct Figures {
    given: u64,
}

impl Figures {
    /// The next figure; none when every return is in.
    pub(super) fn observe(&mut self, desk: &mut Desk) -> Option<Step> {
        let (of_return, calendar_month) = (self.given / 12, self.given % 12 + 1);
        let givers = desk.country.range(Kind::Authority).start..desk.country.places();
        let count = givers.end - givers.start;
        let (round, place) = (of_return / count, desk.country.place(givers.start + of_return % count));
        let (year, indicator) = (round / INDICATORS, round % INDICATORS);
        if year >= YEARS {
            return None;
        }
        self.given += 1;
        let denominator = 100 + desk.dice().below(900);
        let percent =
            if desk.dice().percent(5) { 25 + desk.dice().below(15) } else { 5 + desk.dice().below(15) };
        let observed = ObserveIndicator {
            indicator: code(indicator),
            period: month(FIRST_YEAR + year as i32, calendar_month as u32),
            value: None,
            numerator: Some(denominator * percent / 100),
            denominator: Some(denominator),
            base: None,
            comparability: None,
            survey: None,
            source: None,
        };
        let actor = desk.someone(|staff| &staff.analysts);
        Some(desk.give(actor, place, Command::ObserveIndicator(observed)).1)
    }
}
