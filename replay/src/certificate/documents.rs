//! The documents of a certificate: all of the subject's that are not erased, or none.

use std::collections::BTreeMap;

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::{Document, Subject};
use ledger_core::values::{Hash, Sequence};
use serde_json::Value;

use super::called_for::{Entries, Included};
use super::error::CertificateError;
use super::format::CertificateHeader;
use super::reading::DocumentRead;

/// What an entry says of a document it cites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cited {
    pub(super) by: Sequence,
    pub(super) bytes: u64,
}

/// The documents that the subject's own entries before `until` cite, without those that they say are erased. Cost:
/// decoding the data of each.
pub(super) fn cited(subject: &Subject, until: Sequence, entries: &Entries) -> BTreeMap<Hash, Cited> {
    let (mut cited, mut erased) = (BTreeMap::new(), Vec::new());
    for (by, Included { entry, .. }) in entries.range(..until) {
        if entry.subject != subject.as_str() {
            continue;
        }
        match Event::decode(&entry.event_type, &entry.data) {
            Ok(Event::DocumentErased(event)) => erased.push(event.commitment),
            _ => {
                let data = serde_json::from_slice(&entry.data).unwrap_or(Value::Null);
                add(&data, *by, &mut cited);
            }
        }
    }
    cited.retain(|commitment, _| !erased.contains(commitment));
    cited
}

fn add(value: &Value, by: Sequence, cited: &mut BTreeMap<Hash, Cited>) {
    match value {
        Value::Object(fields) if fields.contains_key("commitment") => {
            if let Ok(Document { commitment, bytes, .. }) = serde_json::from_value(value.clone()) {
                cited.entry(commitment).or_insert(Cited { by, bytes });
            }
        }
        Value::Object(fields) => fields.values().for_each(|field| add(field, by, cited)),
        Value::Array(items) => items.iter().for_each(|item| add(item, by, cited)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// That the documents are those that the header promises, each what was committed to.
pub(super) fn check(
    documents: &[DocumentRead],
    header: &CertificateHeader,
    entries: &Entries,
) -> Result<(), CertificateError> {
    if !header.documents {
        // The reader refuses any.
        return Ok(());
    }
    let mut cited = cited(&header.subject, header.attestation, entries);
    for document in documents {
        let wrong = |what: String| Err(CertificateError::Document { commitment: document.stated, what });
        let Some(Cited { by, bytes }) = cited.remove(&document.stated) else {
            return wrong(format!("no entry of {} cites it, or one says that it is erased", header.subject));
        };
        if document.found != document.stated {
            return wrong(format!("secret and content give {}", document.found));
        }
        if document.bytes != bytes {
            return wrong(format!("it has {} bytes, and {bytes} by entry {by}", document.bytes));
        }
    }
    match cited.first_key_value() {
        Some((commitment, Cited { by, .. })) => Err(CertificateError::Document {
            commitment: *commitment,
            what: format!("entry {by} cites it, and it is missing"),
        }),
        None => Ok(()),
    }
}
