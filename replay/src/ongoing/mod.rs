//! What is going on: everything open about every subject, and what the risk rules count.
//!
//! A projection. Its size follows what is open, not what ever happened: what was dealt with is forgotten, and
//! of an indicator only the newest periods stay. So it says what is open after the entries it was given; for
//! a day in the past it is given those that count on that day ([`counts_on`], `reading.rs`). `open.rs` holds
//! one subject's items, `figures.rs` the newest figures. Who uses it: `risk/`, `deadlines.rs`, `state.rs`.
//! Left out: scores in force and what they rest on, which are the register's.

mod figures;
mod open;
mod reading;

use std::collections::BTreeMap;

use ledger_core::assessment::civil::{Calendar, Date};
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::{IndicatorDefined, IndicatorObserved};
use ledger_core::assessment::risk::RiskPolicy;
use ledger_core::assessment::{Event, EventKind, Recorded};
use serde::{Deserialize, Serialize};

use crate::projection::Projection;

pub(crate) use figures::Recent;
pub(crate) use open::{OpenItems, OpenTrigger};
pub use reading::{ongoing_on, subject_ongoing};

/// Periods of an indicator kept at least; more where a policy asks for more (our own choice). Where a policy asks
/// for more than any before it, the country's answer lacks the periods forgotten by then; one subject's counts
/// them, since its policies are read before its figures.
const KEPT_PERIODS: u32 = 8;

/// A version of an indicator and the first day on which it is the one that counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Definition {
    from: Date,
    indicator: IndicatorDefined,
}

/// Everything open, and what the rules count. Memory: some 300 bytes a subject, 50 bytes a figure kept, some
/// 200 bytes an open item.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ongoing {
    /// By the day they apply from, those adopted later after those adopted earlier.
    policies: Vec<RiskPolicy>,
    calendar: Calendar,
    /// In the order defined.
    indicators: Vec<Definition>,
    subjects: BTreeMap<Subject, OpenItems>,
}

/// Whether an event belongs to what is open on a day. What is said for the whole country says itself from
/// when it holds.
pub fn counts_on(recorded: &Recorded, day: Date) -> bool {
    recorded.subject.area_kind().is_none() || recorded.valid_from() <= day
}

impl Projection for Ongoing {
    const NAME: &'static str = "ongoing";
    const VERSION: u32 = 1;

    fn wants(kind: EventKind) -> bool {
        use EventKind as K;
        let national = matches!(kind, K::HolidayProclaimed | K::RiskPolicyAdopted | K::IndicatorDefined);
        national || kind == K::IndicatorObserved || OpenItems::wants(kind)
    }

    fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::HolidayProclaimed(event) => {
                self.calendar.proclaim(&event.holidays, &event.removed, event.last_year);
            }
            Event::RiskPolicyAdopted(event) => {
                self.policies.push(event.policy.clone());
                self.policies.sort_by_key(|policy| policy.effective_from);
            }
            Event::IndicatorDefined(event) => {
                let from = recorded.valid_from();
                self.indicators.push(Definition { from, indicator: event.clone() });
            }
            Event::IndicatorObserved(event) => self.observe(recorded, event),
            _ if OpenItems::wants(recorded.event.kind()) => {
                self.subjects.entry(recorded.subject.clone()).or_default().apply(recorded);
            }
            _ => {}
        }
    }
}

impl Ongoing {
    /// Cost: a look at each definition.
    fn observe(&mut self, recorded: &Recorded, event: &IndicatorObserved) {
        let defined = |known: &Definition| {
            known.indicator.id == event.indicator && known.indicator.version == event.version
        };
        let Some(number) = self.indicators.iter().rposition(defined) else { return };
        let asked = self.policies.iter().filter_map(|policy| policy.r3.as_ref()).map(|rule| rule.periods);
        let kept = asked.max().unwrap_or_default().max(KEPT_PERIODS) as usize;
        let items = self.subjects.entry(recorded.subject.clone()).or_default();
        let indicator = &self.indicators[number].indicator;
        items.recent(number as u32).insert(recorded.sequence, event, indicator, kept);
    }

    /// The risk policy in force on a day.
    pub fn policy_on(&self, day: Date) -> Option<&RiskPolicy> {
        self.policies.iter().rev().find(|policy| policy.effective_from <= day)
    }

    /// The bank holidays known.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// What is open about a subject; none if nothing ever was.
    pub(crate) fn open(&self, subject: &Subject) -> Option<&OpenItems> {
        self.subjects.get(subject)
    }

    /// The subjects about which something is or was open, in order.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.keys()
    }

    /// Each indicator in the version that counts on a day, with its number. A first version also counts
    /// before the day of its definition, since figures may be older.
    pub(crate) fn indicators_on(&self, day: Date) -> Vec<(u32, &IndicatorDefined)> {
        let mut latest: BTreeMap<&str, (u32, &IndicatorDefined)> = BTreeMap::new();
        for (number, known) in (0..).zip(&self.indicators) {
            let id = known.indicator.id.as_str();
            if known.from <= day || !latest.contains_key(id) {
                latest.insert(id, (number, &known.indicator));
            }
        }
        latest.into_values().collect()
    }
}
