//! Fair comparison: each area's resources and context, and the areas most like it.
//!
//! A result stands beside what is recorded about its area; an unknown variable stays blank and is never filled
//! from another level. Peers are our own choice: of the areas of the same kind that have the same variables on
//! record, those whose ranks by population and by deprivation lie nearest. Ranks are integers, so the answer is the
//! same on every machine. [`Contexts`] is folded from the log; [`PeerGroups`] ranks one kind on one day.

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

    /// The `count` areas of the same kind nearest in rank. Cost: one sort of the areas for each variable; for many
    /// subjects of a kind, rank them once ([`Contexts::peer_groups`]).
    pub fn peers(&self, subject: &Subject, as_of: Date, count: usize) -> Peers {
        match subject.area_kind() {
            Some(kind) => self.peer_groups(kind, as_of, |_| true).peers(subject, count),
            None => Peers { variables: Vec::new(), areas: Vec::new() },
        }
    }

    /// The areas of a kind that `counts` lets through, ranked by what is recorded about them on a day. Cost: three
    /// sorts of these areas.
    pub fn peer_groups(&self, kind: AreaKind, as_of: Date, counts: impl Fn(&Subject) -> bool) -> PeerGroups {
        let areas = self.areas.keys().filter(|area| area.area_kind() == Some(kind) && counts(area));
        let areas: Vec<(&Subject, BTreeMap<String, ContextValue>)> =
            areas.map(|area| (area, self.of(area, as_of))).collect();
        // An area is compared by every variable it has, among the areas that have them too: all of them, or one.
        let sets = [&PEER_VARIABLES[..], &PEER_VARIABLES[..1], &PEER_VARIABLES[1..]];
        let group = |variables: &[&'static str]| {
            let members: Vec<_> = areas
                .iter()
                .filter(|(_, values)| variables.iter().all(|variable| values.contains_key(*variable)))
                .collect();
            let mut ranked: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
            for variable in variables {
                for (subject, rank) in ranks(&members, variable) {
                    ranked.entry(subject.clone()).or_default().push(rank);
                }
            }
            Ranked { variables: variables.to_vec(), areas: ranked }
        };
        PeerGroups { groups: sets.map(group).into() }
    }
}

/// The areas of one kind on one day, ranked by each set of variables.
#[derive(Debug, Clone)]
pub struct PeerGroups {
    /// The larger sets of variables first.
    groups: Vec<Ranked>,
}

/// The areas that have some variables on record.
#[derive(Debug, Clone)]
struct Ranked {
    variables: Vec<&'static str>,
    /// The rank in each variable, by area.
    areas: BTreeMap<Subject, Vec<usize>>,
}

impl PeerGroups {
    /// The `count` areas nearest in rank, nearest first, equals by code. Cost: a pass over the areas of the kind.
    pub fn peers(&self, subject: &Subject, count: usize) -> Peers {
        let own = self.groups.iter().find_map(|group| Some((group, group.areas.get(subject)?)));
        let Some((group, own)) = own else {
            return Peers { variables: Vec::new(), areas: Vec::new() };
        };
        let distance = |ranks: &[usize]| -> usize {
            own.iter().zip(ranks).map(|(own, other)| own.abs_diff(*other)).sum()
        };
        let others = group.areas.iter().filter(|(other, _)| *other != subject);
        let mut nearest: Vec<(usize, &Subject)> =
            others.map(|(other, ranks)| (distance(ranks), other)).collect();
        nearest.sort_unstable();
        Peers {
            variables: group.variables.iter().map(|name| (*name).to_owned()).collect(),
            areas: nearest.into_iter().take(count).map(|(_, other)| other.clone()).collect(),
        }
    }
}

/// The rank of each area by one variable, lowest first; equal values share the lower rank.
fn ranks<'a>(
    areas: &[&(&'a Subject, BTreeMap<String, ContextValue>)],
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Areas of one kind with population and deprivation; `-` where nothing is recorded.
    fn contexts(rows: &[(&str, &str, &str)]) -> Contexts {
        let mut contexts = Contexts::default();
        for (subject, population, deprivation) in rows {
            let area = contexts.areas.entry(subject.parse().expect("a subject")).or_default();
            for (variable, text) in PEER_VARIABLES.iter().zip([population, deprivation]) {
                let effective = "2020-06-30".parse().expect("a date");
                if let Ok(value) = text.parse() {
                    let value = ContextValue { value, effective, entry: Sequence::new(1) };
                    area.entry((*variable).to_owned()).or_default().push(value);
                }
            }
        }
        contexts
    }

    #[test]
    fn peers_have_every_variable_that_the_area_has() {
        let contexts = contexts(&[
            ("ics/A", "100", "0.1"),
            ("ics/B", "200", "0.2"),
            ("ics/C", "200", "-"),
            ("ics/D", "900", "0.9"),
            ("ics/E", "-", "-"),
            ("local-authority/F", "100", "0.1"),
        ]);
        let as_of = "2026-01-01".parse().expect("a date");
        for (subject, variables, nearest) in [
            ("ics/A", 2, "ics/B ics/D"),
            ("ics/D", 2, "ics/B ics/A"),
            // Alone without deprivation: by population, among all that have it.
            ("ics/C", 1, "ics/B ics/A ics/D"),
            ("ics/E", 0, ""),
            ("local-authority/F", 2, ""),
        ] {
            let peers = contexts.peers(&subject.parse().expect("a subject"), as_of, 5);
            let found: Vec<&str> = peers.areas.iter().map(Subject::as_str).collect();
            assert_eq!((peers.variables.len(), found.join(" ").as_str()), (variables, nearest), "{subject}");
        }
        let groups = contexts.peer_groups(AreaKind::Ics, as_of, |area| area.as_str() != "ics/B");
        let peers = groups.peers(&"ics/A".parse().expect("a subject"), 5);
        assert_eq!(peers.areas.len(), 1, "what does not count is nobody's peer");
        let before =
            contexts.peers(&"ics/A".parse().expect("a subject"), "2020-06-29".parse().expect("a date"), 5);
        assert!(before.variables.is_empty(), "nothing was recorded by then");
    }
}
