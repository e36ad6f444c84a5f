//! Checking a certificate without a ledger: the steps in order, each a function that says what fails.
//!
//! The order is that of `schemas/FORMAT.md`, "What is checked". What the reader trusts is one key, and what they take
//! from elsewhere; everything else is shown by the file. Left out: saying it to people (`ledger check`).

use std::collections::BTreeMap;
use std::io::Read;

use ledger_core::assessment::Event;
use ledger_core::assessment::event::LogFounded;
use ledger_core::log::tree::{leaf_hash, verify_inclusion};
use ledger_core::log::{Checkpoint, Entry, TreeHash, VerifierKey};
use ledger_core::values::{Sequence, Timestamp};

use super::called_for::{CalledFor, Entries, Included};
use super::error::CertificateError;
use super::format::{CertificateHeader, Stream};
use super::part::{Replayed, replayed, spelled};
use super::reading::{EntryLines, Parts, read};
use super::signed::{Signed, Trust, signed};
use super::{documents, whole};
use crate::explain::Explanation;
use crate::register::RatingAnswer;

/// What a certificate shows.
#[derive(Debug, Clone)]
pub struct Certified {
    /// The question that is answered.
    pub header: CertificateHeader,
    /// The checkpoint under it.
    pub checkpoint: Checkpoint,
    /// The witnesses that cosigned, of those named, each with the time it states, in seconds since 1970.
    pub cosigned: Vec<(VerifierKey, u64)>,
    /// How the ledger was founded: what every output says of it.
    pub founded: LogFounded,
    /// Histories that are whole.
    pub streams: usize,
    /// Entries.
    pub entries: usize,
    /// Documents.
    pub documents: usize,
    /// When the last entry known was recorded.
    pub known_time: Timestamp,
    /// When the ends of the histories were attested.
    pub attested_time: Timestamp,
    /// The answer.
    pub answer: RatingAnswer,
    /// Its derivation, from the entries alone that are in the certificate.
    pub explanation: Option<Explanation>,
}

/// Checks a certificate, or says what fails first. Cost: for each entry 10 us and a hash for each of its proof; memory:
/// that of all entries, at most some 1 GiB for the largest certificate.
pub fn check_certificate(input: impl Read, trust: &Trust) -> Result<Certified, CertificateError> {
    let Parts { header, checkpoint, streams, entries: lines, documents, result } = read(input)?;
    let signed = signed(&checkpoint, &header, trust)?;
    let (entries, proofs) = decoded(lines, &header)?;
    check_inclusion(&entries, &proofs, &signed.checkpoint)?;
    let attested = whole::attestation(&header, &entries)?;
    whole::check_proofs(&streams, &attested)?;
    whole::check_streams(&streams, &header, &entries)?;
    let called = CalledFor::by(&header, &entries);
    whole::check_present(&called, &streams, &header, &entries)?;
    whole::check_nothing_else(&called, &streams, &entries)?;
    whole::check_authors(&entries)?;
    documents::check(&documents, &header, &entries)?;
    check_key(&entries, &header, &signed)?;
    let replayed = check_result(&entries, &header, &result)?;
    Ok(certified(header, signed, &streams, &entries, documents.len(), replayed))
}

fn certified(
    header: CertificateHeader,
    signed: Signed,
    streams: &[Stream],
    entries: &Entries,
    documents: usize,
    replayed: Replayed,
) -> Certified {
    let time = |at: &Sequence| entries.get(at).map_or(Timestamp::EPOCH, |found| found.entry.recorded_time);
    Certified {
        checkpoint: signed.checkpoint,
        cosigned: signed.cosigned,
        founded: replayed.founded,
        streams: streams.iter().filter(|stream| matches!(stream, Stream::Whole(_))).count(),
        entries: entries.len(),
        documents,
        known_time: time(&header.known_at),
        attested_time: time(&header.attestation),
        answer: replayed.answer,
        explanation: replayed.explanation,
        header,
    }
}

/// The entries by position, and their proofs in the same order.
fn decoded(
    lines: Vec<EntryLines>,
    header: &CertificateHeader,
) -> Result<(Entries, Vec<Vec<TreeHash>>), CertificateError> {
    let source = format!("https://{}", header.origin);
    let (mut entries, mut proofs) = (BTreeMap::new(), Vec::with_capacity(lines.len()));
    let mut last = None;
    for EntryLines { line, bytes, proof } in lines {
        let wrong = |what: String| Err(CertificateError::Entry { line, what });
        let entry = match Entry::decode(&bytes) {
            Ok(entry) => entry,
            Err(error) => return wrong(error.to_string()),
        };
        if entry.source != source {
            return wrong(format!("entry {} is of {}, not of {source}", entry.sequence, entry.source));
        }
        if last.is_some_and(|last| last >= entry.sequence) {
            return wrong(format!("entry {} is not in order", entry.sequence));
        }
        last = Some(entry.sequence);
        entries.insert(entry.sequence, Included { bytes, entry });
        proofs.push(proof);
    }
    Ok((entries, proofs))
}

fn check_inclusion(
    entries: &Entries,
    proofs: &[Vec<TreeHash>],
    checkpoint: &Checkpoint,
) -> Result<(), CertificateError> {
    for ((sequence, included), proof) in entries.iter().zip(proofs) {
        let leaf = leaf_hash(&included.bytes);
        verify_inclusion(leaf, *sequence, checkpoint.size, proof, checkpoint.root)
            .map_err(|error| CertificateError::Inclusion { sequence: *sequence, error })?;
    }
    Ok(())
}

/// That the ledger was founded under this name, and that its current key is among those that signed.
fn check_key(entries: &Entries, header: &CertificateHeader, signed: &Signed) -> Result<(), CertificateError> {
    let own = entries.range(..header.attestation).map(|(_, found)| &found.entry);
    let own = own.filter(|entry| entry.subject == "ledger");
    let mut events = own.filter_map(|entry| Event::decode(&entry.event_type, &entry.data).ok());
    let founding = |what: &str| CertificateError::Founding { what: what.to_owned() };
    match events.next() {
        Some(Event::LogFounded(founded)) if founded.origin == header.origin => {}
        _ => return Err(founding("it does not begin with the founding of this ledger")),
    }
    let mut introduced = events.filter_map(|event| match event {
        Event::KeyIntroduced(event) => Some(event.key),
        _ => None,
    });
    let current = introduced.next_back().ok_or_else(|| founding("it introduces no key"))?;
    match signed.note.verify(&current) {
        Ok(_) => Ok(()),
        Err(_) => Err(CertificateError::Key { key: current }),
    }
}

/// That the entries known give exactly the result stated, and every publication among them what its scores give.
fn check_result(
    entries: &Entries,
    header: &CertificateHeader,
    stated: &[u8],
) -> Result<Replayed, CertificateError> {
    let unfit = |what: String| CertificateError::Replay { what };
    let replayed = replayed(entries, &header.subject, header.as_of, header.known_at)
        .map_err(|error| unfit(error.to_string()))?;
    if let Some((sequence, what)) = replayed.misstated {
        return Err(CertificateError::Misstated { sequence, what });
    }
    let found = spelled(&replayed.answer).map_err(|error| unfit(error.to_string()))?;
    if found == stated {
        Ok(replayed)
    } else {
        Err(CertificateError::Result { what: difference(&found, stated) })
    }
}

/// The first member that differs.
fn difference(found: &[u8], stated: &[u8]) -> String {
    let read = |bytes: &[u8]| serde_json::from_slice::<serde_json::Map<_, _>>(bytes).unwrap_or_default();
    let (found, stated) = (read(found), read(stated));
    let keys = found.keys().chain(stated.keys());
    let said = |value: Option<&serde_json::Value>| {
        let text: String =
            value.map_or("nothing".to_owned(), ToString::to_string).chars().take(200).collect();
        text
    };
    let mut differing = keys.filter(|key| found.get(*key) != stated.get(*key));
    differing.next().map_or("another spelling".to_owned(), |key| {
        format!("{key} is {}, and it says {}", said(found.get(key)), said(stated.get(key)))
    })
}
