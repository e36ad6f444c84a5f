//! Which histories and entries a certificate must hold, and no others: one function, by which the maker gathers and the
//! checker demands.
//!
//! It reads the entries that are there; with more of them it may call for more, so the maker asks until nothing is
//! missing. `schemas/FORMAT.md`, "What is called for", says the same in words. Left out: whether a history is whole.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::EventKind;
use ledger_core::log::{AuthType, Entry};
use ledger_core::values::Sequence;
use serde_json::Value;

use super::format::CertificateHeader;

/// An entry of a certificate.
#[derive(Debug)]
pub(super) struct Included {
    pub(super) bytes: Vec<u8>,
    pub(super) entry: Entry,
}

/// The entries of a certificate, by position.
pub(super) type Entries = BTreeMap<Sequence, Included>;

/// An entry that stands alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Single {
    /// The one at this position.
    At(Sequence),
    /// The first of a subject's history.
    First(String),
}

/// What is called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CalledFor {
    /// The subjects whose histories must be whole.
    pub(super) streams: BTreeSet<String>,
    pub(super) singles: BTreeSet<Single>,
    /// Histories are whole up to this entry.
    attestation: Sequence,
}

impl CalledFor {
    /// By the header and the entries there are. Cost: decoding the data of each of the subject's own, and for each round
    /// of authors a look at each.
    pub(super) fn by(header: &CertificateHeader, entries: &Entries) -> Self {
        let own = header.subject.as_str();
        let mut called = CalledFor {
            streams: ["ledger", "national", own].map(ToOwned::to_owned).into(),
            singles: [header.attestation, header.known_at].map(Single::At).into(),
            attestation: header.attestation,
        };
        let before = entries.range(..header.attestation).map(|(_, included)| &included.entry);
        before.filter(|entry| entry.subject == own).for_each(|entry| called.add_named_by(entry, entries));
        while called.add_authors(entries) {}
        called
    }

    /// Whether this entry is called for.
    pub(super) fn calls_for(&self, entry: &Entry) -> bool {
        let in_stream = entry.sequence < self.attestation && self.streams.contains(&entry.subject);
        let first = || {
            entry.subject_version.get() == 1 && self.singles.contains(&Single::First(entry.subject.clone()))
        };
        in_stream || self.singles.contains(&Single::At(entry.sequence)) || first()
    }

    /// What an entry of the subject's own history names.
    fn add_named_by(&mut self, entry: &Entry, entries: &Entries) {
        let Ok(data) = serde_json::from_slice::<Value>(&entry.data) else { return };
        self.add_cited(&data, entry.sequence);
        match EventKind::of_type(&entry.event_type) {
            Some(EventKind::AreaRegistered) => {
                self.singles.extend(names(&data["within"]).map(|area| Single::First(area.to_owned())));
            }
            Some(EventKind::AreaSucceeded) => {
                let predecessor = data["predecessor"].as_str().unwrap_or_default();
                if predecessor == entry.subject {
                    self.streams.extend(names(&data["successors"]).map(ToOwned::to_owned));
                } else {
                    self.streams.insert(predecessor.to_owned());
                }
            }
            Some(EventKind::ScoreAssigned | EventKind::ScoreChanged) => {
                let evidence = names(&data["evidence"]).filter_map(|item| item.parse().ok());
                let items = evidence.filter_map(|item: Sequence| entries.get(&item));
                self.streams.extend(items.map(|item| item.entry.subject.clone()));
            }
            _ => {}
        }
    }

    /// Every string of 16 digits below the entry's own position is a citation.
    fn add_cited(&mut self, value: &Value, own: Sequence) {
        match value {
            Value::String(text) => {
                let cited = text.parse().ok().filter(|cited: &Sequence| *cited < own);
                self.singles.extend(cited.map(Single::At));
            }
            Value::Array(items) => items.iter().for_each(|item| self.add_cited(item, own)),
            Value::Object(fields) => fields.values().for_each(|field| self.add_cited(field, own)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Adds the histories of those who wrote what is called for so far. Says whether there were new ones.
    fn add_authors(&mut self, entries: &Entries) -> bool {
        let called = entries.values().map(|included| &included.entry).filter(|entry| self.calls_for(entry));
        let authors: BTreeSet<&str> = called
            .filter(|entry| entry.auth_type != AuthType::System)
            .map(|entry| entry.auth_id.as_str())
            .collect();
        let before = self.streams.len();
        self.streams.extend(authors.into_iter().map(|author| format!("actor/{author}")));
        self.streams.len() > before
    }
}

fn names(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
