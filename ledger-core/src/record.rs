//! From entry to event and back: the one place where the log's attributes meet the domain's types.

use crate::assessment::codes::Subject;
use crate::assessment::{Author, Event, Recorded};
use crate::log::{AuthType, Entry, EntryError, Outline, Plain};

/// Why bytes of the log are not an event of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not an entry.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// An entry whose subject, author or data this version does not know.
    #[error("entry {sequence}: {what}")]
    Event {
        /// The entry.
        sequence: crate::values::Sequence,
        /// What does not fit.
        what: String,
    },
}

/// The event that an entry records. Cost: about 1 us.
pub fn recorded(entry: &Entry) -> Result<Recorded, RecordError> {
    recorded_plain(&entry.borrowed())
}

/// As [`recorded`], of an entry that is borrowed from its bytes.
pub fn recorded_plain(entry: &Plain<'_>) -> Result<Recorded, RecordError> {
    let wrong = |what: String| RecordError::Event { sequence: entry.sequence, what };
    let author = author(entry.auth_type, entry.auth_id).map_err(wrong)?;
    let subject: Subject = entry.subject.parse().map_err(|e| wrong(format!("{e}")))?;
    let event = Event::decode(entry.event_type, entry.data).map_err(|e| wrong(e.to_string()))?;
    Ok(Recorded {
        sequence: entry.sequence,
        subject,
        subject_version: entry.subject_version,
        time: entry.time,
        recorded_time: entry.recorded_time,
        author,
        event,
    })
}

/// The event that an entry's bytes record, which were checked before they were stored. Cost: about 1 us.
pub fn recorded_trusted(bytes: &[u8]) -> Result<Recorded, RecordError> {
    match Outline::of(bytes).and_then(|outline| outlined(&outline)) {
        Some(recorded) => Ok(recorded),
        // Not plain, or not an event: decoding says what is wrong.
        None => recorded(&Entry::decode_trusted(bytes)?),
    }
}

fn outlined(outline: &Outline<'_>) -> Option<Recorded> {
    let (auth_type, auth_id) = outline.author()?;
    Some(Recorded {
        sequence: outline.sequence,
        subject: outline.subject.parse().ok()?,
        subject_version: outline.subject_version,
        time: outline.happened_at()?,
        recorded_time: outline.recorded_at()?,
        author: author(auth_type, auth_id).ok()?,
        event: Event::decode(outline.event_type, outline.data()?).ok()?,
    })
}

fn author(auth_type: AuthType, auth_id: &str) -> Result<Author, String> {
    match auth_type {
        AuthType::System => Ok(Author::System),
        AuthType::AppUser | AuthType::ServiceAccount | AuthType::Unknown => {
            auth_id.parse().map(Author::Actor).map_err(|error| format!("authid: {error}"))
        }
    }
}
