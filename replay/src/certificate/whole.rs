//! That nothing is left out: the attestation, where it says each history ends, and the entries up to there.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::event::SubjectsAttested;
use ledger_core::assessment::{Event, EventKind};
use ledger_core::log::tree::{leaf_hash, verify_inclusion};
use ledger_core::log::{Attested, AuthType, Entry};
use ledger_core::values::{Length, Sequence};

use super::called_for::{CalledFor, Entries, Included, Single};
use super::error::CertificateError;
use super::format::{Absent, CertificateHeader, Leaf, Stream, hashes};

/// The attestation that the header names.
pub(super) fn attestation(
    header: &CertificateHeader,
    entries: &Entries,
) -> Result<SubjectsAttested, CertificateError> {
    let sequence = header.attestation;
    let unfit = |what: String| CertificateError::Attestation { sequence, what };
    let Some(included) = entries.get(&sequence) else {
        return Err(unfit("it is not in the certificate".to_owned()));
    };
    let Entry { subject, event_type, data, .. } = &included.entry;
    let kind = EventKind::of_type(event_type);
    if subject != "attestation" || kind != Some(EventKind::SubjectsAttested) {
        return Err(unfit(format!("it is {event_type} of {subject}")));
    }
    match Event::decode(event_type, data) {
        Ok(Event::SubjectsAttested(event)) if event.size == sequence.get() => Ok(event),
        Ok(_) => Err(unfit("its size is not the number of entries before it".to_owned())),
        Err(error) => Err(unfit(error.to_string())),
    }
}

/// That each history ends where it is said to, or has no entry.
pub(super) fn check_proofs(streams: &[Stream], attested: &SubjectsAttested) -> Result<(), CertificateError> {
    for stream in streams {
        let proved = match stream {
            Stream::Whole(leaf) => check_leaf(leaf, attested),
            Stream::Absent(absent) => check_absent(absent, attested),
        };
        let subject = || stream.subject().clone();
        proved.map_err(|what| CertificateError::StreamProof { subject: subject(), what })?;
    }
    Ok(())
}

fn check_leaf(leaf: &Leaf, attested: &SubjectsAttested) -> Result<(), String> {
    let bytes = Attested::leaf_bytes((leaf.subject.as_str(), leaf.version, leaf.sequence));
    let (size, proof) = (Length(attested.subjects), hashes(&leaf.proof));
    if leaf.index >= attested.subjects {
        return Err(format!("there is no place {} among {} subjects", leaf.index, attested.subjects));
    }
    let proved = verify_inclusion(leaf_hash(&bytes), Sequence::new(leaf.index), size, &proof, attested.root);
    proved.map_err(|error| error.to_string())
}

/// The two leaves lie side by side, and the subject between them.
fn check_absent(absent: &Absent, attested: &SubjectsAttested) -> Result<(), String> {
    let Absent { next, previous, subject } = absent;
    let (before, after) = (previous.as_ref(), next.as_ref());
    before.into_iter().chain(after).try_for_each(|leaf| check_leaf(leaf, attested))?;
    let place = before.map_or(0, |leaf| leaf.index + 1);
    if after.map_or(attested.subjects, |leaf| leaf.index) != place {
        return Err("the leaves shown do not lie side by side".to_owned());
    }
    let parted = before.is_none_or(|leaf| leaf.subject.as_str() < subject.as_str())
        && after.is_none_or(|leaf| subject.as_str() < leaf.subject.as_str());
    if parted { Ok(()) } else { Err("it does not belong between the leaves shown".to_owned()) }
}

/// That the entries of each history are here, one after the other.
pub(super) fn check_streams(
    streams: &[Stream],
    header: &CertificateHeader,
    entries: &Entries,
) -> Result<(), CertificateError> {
    let mut by_subject: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for (_, included) in entries.range(..header.attestation) {
        by_subject.entry(&included.entry.subject).or_default().push(&included.entry);
    }
    for stream in streams {
        let found = by_subject.get(stream.subject().as_str()).map_or(&[][..], |entries| entries);
        let subject = || stream.subject().clone();
        check_stream(stream, found)
            .map_err(|what| CertificateError::NotWhole { subject: subject(), what })?;
    }
    Ok(())
}

fn check_stream(stream: &Stream, found: &[&Entry]) -> Result<(), String> {
    let Stream::Whole(leaf) = stream else {
        return if found.is_empty() { Ok(()) } else { Err("it is shown as absent, and is here".to_owned()) };
    };
    let mut last = None;
    for (version, entry) in (1..).zip(found) {
        if entry.subject_version.get() != version || entry.subject_prev != last {
            return Err(format!("entry {} does not follow version {}", entry.sequence, version - 1));
        }
        last = Some(entry.sequence);
    }
    if found.len() as u64 != u64::from(leaf.version.get()) || last != Some(leaf.sequence) {
        return Err(format!(
            "{} entries are here, and it has {}, the last at {}",
            found.len(),
            leaf.version.get(),
            leaf.sequence
        ));
    }
    Ok(())
}

/// That what is called for is here.
pub(super) fn check_present(
    called: &CalledFor,
    streams: &[Stream],
    header: &CertificateHeader,
    entries: &Entries,
) -> Result<(), CertificateError> {
    let missing = |what: String| Err(CertificateError::Missing { what });
    let here: BTreeSet<&str> = streams.iter().map(|stream| stream.subject().as_str()).collect();
    if let Some(stream) = called.streams.iter().find(|stream| !here.contains(stream.as_str())) {
        return missing(format!("the history of {stream}"));
    }
    let absent = streams.iter().find(|stream| {
        let named = [header.subject.as_str(), "ledger"].contains(&stream.subject().as_str());
        named && matches!(stream, Stream::Absent(_))
    });
    if let Some(stream) = absent {
        return missing(format!("the history of {}, which is shown to have no entry", stream.subject()));
    }
    let firsts: BTreeSet<&str> = entries
        .values()
        .filter(|included| included.entry.subject_version.get() == 1)
        .map(|included| included.entry.subject.as_str())
        .collect();
    for single in &called.singles {
        match single {
            Single::At(sequence) if !entries.contains_key(sequence) => {
                return missing(format!("entry {sequence}"));
            }
            Single::First(subject) if !firsts.contains(subject.as_str()) => {
                return missing(format!("the registration of {subject}"));
            }
            Single::At(_) | Single::First(_) => {}
        }
    }
    Ok(())
}

/// That nothing else is here.
pub(super) fn check_nothing_else(
    called: &CalledFor,
    streams: &[Stream],
    entries: &Entries,
) -> Result<(), CertificateError> {
    let stray = |what: String| Err(CertificateError::NotCalledFor { what });
    let stream = streams.iter().find(|stream| !called.streams.contains(stream.subject().as_str()));
    if let Some(stream) = stream {
        return stray(format!("the history of {}", stream.subject()));
    }
    match entries.values().find(|included| !called.calls_for(&included.entry)) {
        Some(Included { entry, .. }) => stray(format!("entry {}, of {}", entry.sequence, entry.subject)),
        None => Ok(()),
    }
}

/// That every author was enrolled when they wrote: as the first operator, or in their own history.
pub(super) fn check_authors(entries: &Entries) -> Result<(), CertificateError> {
    let mut enrolled: BTreeSet<String> = BTreeSet::new();
    for Included { entry, .. } in entries.values() {
        let event = Event::decode(&entry.event_type, &entry.data).ok();
        if let Some(Event::LogFounded(founded)) = &event {
            enrolled.insert(founded.operator.to_string());
        }
        if entry.auth_type != AuthType::System && !enrolled.contains(&entry.auth_id) {
            let (sequence, author) = (entry.sequence, entry.auth_id.clone());
            return Err(CertificateError::Author { sequence, author });
        }
        let actor = entry.subject.strip_prefix("actor/");
        match (actor, event) {
            (Some(actor), Some(Event::ActorEnrolled(_))) => {
                enrolled.insert(actor.to_owned());
            }
            (Some(actor), Some(Event::ActorRevoked(_))) => {
                enrolled.remove(actor);
            }
            _ => {}
        }
    }
    Ok(())
}
