//! Fair comparison: each area's resources and context, and the areas most like it.
//!
//! A result stands beside what is recorded about its area; an unknown variable stays blank and is never filled
//! from another level. Peers are our own choice: of the areas of the same kind that have the same variables on
//! record, those whose ranks by population and by deprivation lie nearest. Ranks are integers, so the answer is the
//! same on every machine.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, Subject};
use ledger_core::assessment::indicator::Decimal;
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::values::Sequence;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::projection::Projection;

/// The variables that peers are found by.
pub const PEER_VARIABLES: [&str; 2] = ["population", "deprivation-share"];

/// A recorded value of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextValue {
    /// The value as printed.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub value: Decimal,
    /// The day it holds from.
    pub effective: Date,
    /// The entry that recorded it.
    pub entry: Sequence,
}

fn as_text<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn from_text<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Decimal, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// The contexts known. A projection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contexts {
    areas: BTreeMap<Subject, BTreeMap<String, Vec<ContextValue>>>,
}

/// The areas most like one, and what they were found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Peers {
    /// The variables both sides have on record.
    pub variables: Vec<String>,
    /// The nearest areas, nearest first.
    pub areas: Vec<Subject>,
}

impl Projection for Contexts {
    const NAME: &'static str = "contexts";
    const VERSION: u32 = 1;

    fn wants(kind: EventKind) -> bool {
        kind == EventKind::ContextRecorded
    }

    fn apply(&mut self, recorded: &Recorded) {
        let Event::ContextRecorded(event) = &recorded.event else { return };
        let area = self.areas.entry(recorded.subject.clone()).or_default();
        for variable in &event.variables {
            let value = ContextValue {
                value: variable.value,
                effective: recorded.valid_from(),
                entry: recorded.sequence,
            };
            area.entry(variable.variable.to_string()).or_default().push(value);
        }
    }
}

impl Contexts {
    /// What is recorded about an area on a day, by variable.
    pub fn of(&self, subject: &Subject, as_of: Date) -> BTreeMap<String, ContextValue> {
        let area = self.areas.get(subject).into_iter().flatten();
        let latest = area.filter_map(|(variable, values)| {
            let held = values.iter().filter(|value| value.effective <= as_of);
            held.max_by_key(|value| (value.effective, value.entry)).map(|value| (variable.clone(), *value))
        });
        latest.collect()
    }

    /// The context in one line: `population 1358012, deprivation-share 0.4942`, or that nothing is recorded.
    pub fn line(&self, subject: &Subject, as_of: Date) -> String {
        let values = self.of(subject, as_of);
        if values.is_empty() {
            return "context not recorded".to_owned();
        }
        let spelled: Vec<String> =
            values.iter().map(|(name, value)| format!("{name} {}", value.value)).collect();
        spelled.join(", ")
    }

    /// The `count` areas of the same kind nearest in rank. Cost: one sort of the areas for each variable.
    pub fn peers(&self, subject: &Subject, as_of: Date, count: usize) -> Peers {
        let own = self.of(subject, as_of);
        let variables: Vec<String> = PEER_VARIABLES
            .iter()
            .filter(|name| own.contains_key(**name))
            .map(|name| (*name).to_owned())
            .collect();
        if variables.is_empty() {
            return Peers { variables, areas: Vec::new() };
        }
        let kind: Option<AreaKind> = subject.area_kind();
        let same_kind: Vec<(&Subject, BTreeMap<String, ContextValue>)> = self
            .areas
            .keys()
            .filter(|other| other.area_kind() == kind)
            .map(|other| (other, self.of(other, as_of)))
            .filter(|(_, values)| variables.iter().all(|variable| values.contains_key(variable)))
            .collect();
        let mut distance: BTreeMap<&Subject, usize> = BTreeMap::new();
        for variable in &variables {
            let ranks = ranks(&same_kind, variable);
            let own_rank = ranks.get(subject).copied().unwrap_or(0);
            for (other, rank) in &ranks {
                *distance.entry(other).or_default() += rank.abs_diff(own_rank);
            }
        }
        let mut nearest: Vec<(&Subject, usize)> =
            distance.into_iter().filter(|(other, _)| *other != subject).collect();
        nearest.sort_by_key(|(other, distance)| (*distance, (*other).clone()));
        Peers { variables, areas: nearest.into_iter().take(count).map(|(other, _)| other.clone()).collect() }
    }
}

/// The rank of each area by one variable, lowest first; equal values share the lower rank.
fn ranks<'a>(
    areas: &[(&'a Subject, BTreeMap<String, ContextValue>)],
    variable: &str,
) -> BTreeMap<&'a Subject, usize> {
    let mut ordered: Vec<(&Subject, (i128, i128))> =
        areas.iter().map(|(subject, values)| (*subject, values[variable].value.fraction())).collect();
    ordered.sort_by(|(_, a), (_, b)| (a.0 * b.1).cmp(&(b.0 * a.1)));
    let mut ranks = BTreeMap::new();
    let mut rank = 0;
    for (at, (subject, value)) in ordered.iter().enumerate() {
        let equal = at > 0 && value.0 * ordered[at - 1].1.1 == ordered[at - 1].1.0 * value.1;
        rank = if equal { rank } else { at };
        ranks.insert(*subject, rank);
    }
    ranks
}
