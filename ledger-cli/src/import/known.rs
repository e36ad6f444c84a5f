//! What is on record already, and what places are called: how an import tells that a row says nothing new.
//!
//! A figure is known by area, indicator and period; a rating by area, organisation, rating, date and source.

use std::collections::BTreeMap;

use ledger_core::assessment::State;
use ledger_core::assessment::civil::Period;
use ledger_core::assessment::codes::{Code, Subject};
use ledger_core::assessment::event::{EvidenceResult, EvidenceSubmitted};
use ledger_core::values::Hash;
use serde_json::Value;

/// A figure as it is told from others.
pub type FigureKey = (Subject, Code, Period);

/// Whether a figure of the indicator's current version is on record.
pub fn is_known(state: &State, versions: &BTreeMap<Code, u32>, key: &FigureKey) -> bool {
    let (subject, indicator, period) = key;
    let Some(version) = versions.get(indicator) else { return false };
    let figures = state.figures(subject, indicator, *version);
    figures.is_some_and(|figures| figures.get(period).is_some())
}

/// What makes two submitted ratings the same.
fn key(subject: &Subject, provider: &str, rating: &str, published: &str, reference: &str) -> u128 {
    let text = [subject.as_str(), provider, rating, published, reference].join("\n");
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Hash::of(text.as_bytes()).as_bytes()[..16]);
    u128::from_be_bytes(bytes)
}

/// The key of a rating on record.
pub fn recorded(subject: &Subject, event: &EvidenceSubmitted) -> Option<u128> {
    let Some(EvidenceResult::ProviderRating { provider, rating, published }) = &event.result else {
        return None;
    };
    let published = published.as_ref().map(ToString::to_string).unwrap_or_default();
    let reference = event.reference.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(key(subject, provider.as_str(), rating.as_str(), &published, &reference))
}

/// The key of a rating about to be submitted.
pub fn stated(subject: &Subject, data: &Value) -> Option<u128> {
    let result = data.get("result")?;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let (provider, rating) = (text(result.get("provider")), text(result.get("rating")));
    Some(key(subject, &provider, &rating, &text(result.get("published")), &text(data.get("reference"))))
}

/// A name as publishers vary it: without case, punctuation, "city of" and "county of", in any order of these.
pub fn place(name: &str) -> String {
    let name = name.to_lowercase().replace('&', " and ");
    let words: Vec<&str> =
        name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let joined = format!(" {} ", words.join(" "));
    let bare = joined.replace(" city of ", " ").replace(" county of ", " ").trim().to_owned();
    if bare.is_empty() { joined.trim().to_owned() } else { bare }
}

/// How an area is looked up: its kind and name.
pub fn named(subject: &Subject, name: &str) -> String {
    let kind = subject.area_kind().map(ledger_core::assessment::codes::AreaKind::as_str).unwrap_or_default();
    format!("{kind} {}", place(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_one_name() {
        assert_eq!(place("Bristol, City of"), place("Bristol"));
        assert_eq!(place("Herefordshire, County of"), place("herefordshire"));
        assert_eq!(place("St. Helens"), place("St Helens"));
        assert_eq!(place("Brighton & Hove"), place("Brighton and Hove"));
        assert_eq!(place("City of London"), "london");
    }
}
