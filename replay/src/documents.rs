//! Verification of the documents: each one that the log cites is read from the vault and held against its commitment.
//!
//! The log verifies without them (`verify.rs`), because erasing must not break it. So this is a check of its own:
//! what an entry cites must open and be what was committed to, unless an entry says that it was erased, and what was
//! erased must not open. Left out: documents that no entry cites, which the next opening may destroy anyway.

use hashbrown::HashSet;
use ledger_core::assessment::Event;
use ledger_core::log::Entry;
use ledger_core::recorded;
use ledger_core::store::{Document, Vault};
use ledger_core::values::{Hash, Sequence};
use serde::Serialize;
use serde_json::Value;

use crate::log::{Log, ReplayError};
use crate::verify::Finding;

/// What verification of the documents found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DocumentVerification {
    /// Documents that entries cite.
    pub cited: u64,
    /// Those that were read and are what was committed to.
    pub whole: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Those that are erased, as an entry says.
    pub erased: u64,
    /// What is wrong, each with the first entry that cites the document.
    pub findings: Vec<Finding>,
}

/// Reads every document that `log` cites from `vault`. `progress` hears how many are done, of how many. Cost: one
/// pass over the log and 2 ns for each byte of a document; memory: some 100 bytes for each document and the largest of
/// them. Fails only if the log cannot be read.
pub fn verify_documents(
    log: &Log,
    vault: &dyn Vault,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<DocumentVerification, ReplayError> {
    let cited = Cited::read(log)?;
    let mut found = DocumentVerification { cited: cited.first.len() as u64, ..Default::default() };
    for (done, (sequence, commitment)) in (0..).zip(&cited.first) {
        progress(done, found.cited);
        let erased = cited.erased.contains(commitment);
        if let Err(what) = found.take(vault, commitment, erased) {
            let what = format!("document {commitment}: {what}");
            found.findings.push(Finding { sequence: Some(*sequence), what });
        }
    }
    Ok(found)
}

impl DocumentVerification {
    fn take(&mut self, vault: &dyn Vault, commitment: &Hash, erased: bool) -> Result<(), String> {
        match (vault.get(commitment).map_err(|error| error.to_string())?, erased) {
            (Document::Found { content, .. }, false) => {
                self.whole += 1;
                self.bytes += content.len() as u64;
                Ok(())
            }
            (Document::Erased, true) => {
                self.erased += 1;
                Ok(())
            }
            (Document::Found { .. }, true) => {
                Err("its erasure is recorded and not finished; any command that writes finishes it"
                    .to_owned())
            }
            (Document::Erased, false) => {
                Err("its secret is destroyed and no entry says so; restore the key store from a backup"
                    .to_owned())
            }
            (Document::Unknown, _) => {
                Err("the vault does not hold it; restore the vault from a backup".to_owned())
            }
        }
    }
}

/// Which documents the log cites, and which of them it says are erased.
#[derive(Default)]
struct Cited {
    /// In the order of the log, each with the first entry that cites it.
    first: Vec<(Sequence, Hash)>,
    seen: HashSet<Hash>,
    erased: HashSet<Hash>,
}

impl Cited {
    fn read(log: &Log) -> Result<Cited, ReplayError> {
        let mut cited = Cited::default();
        for item in log.bytes_from(Sequence::new(0)) {
            let (sequence, bytes) = item?;
            let entry = Entry::decode_trusted(&bytes).map_err(|e| ReplayError::entry(sequence, &e))?;
            let event = recorded(&entry).map_err(|e| ReplayError::record(sequence, &e))?.event;
            if let Event::DocumentErased(event) = event {
                cited.erased.insert(event.commitment);
                continue;
            }
            // Whatever an event calls its documents, each is spelled with its commitment.
            let data = serde_json::from_slice(&entry.data).unwrap_or(Value::Null);
            cited.within(sequence, &data);
        }
        Ok(cited)
    }

    fn within(&mut self, sequence: Sequence, data: &Value) {
        match data {
            Value::Object(fields) => {
                let commitment = fields.get("commitment").and_then(Value::as_str);
                if let Some(commitment) = commitment.and_then(|text| text.parse().ok())
                    && self.seen.insert(commitment)
                {
                    self.first.push((sequence, commitment));
                }
                fields.values().for_each(|field| self.within(sequence, field));
            }
            Value::Array(items) => items.iter().for_each(|item| self.within(sequence, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
