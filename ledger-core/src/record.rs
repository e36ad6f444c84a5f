//! From entry to event and back: the one place where the log's attributes meet the domain's types.

use crate::assessment::codes::Subject;
use crate::assessment::{Author, Event, Recorded};
use crate::log::{AuthType, Entry, EntryError};

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
    let wrong = |what: String| RecordError::Event { sequence: entry.sequence, what };
    let author = match entry.auth_type {
        AuthType::System => Author::System,
        AuthType::AppUser | AuthType::ServiceAccount | AuthType::Unknown => {
            Author::Actor(entry.auth_id.parse().map_err(|e| wrong(format!("authid: {e}")))?)
        }
    };
    let subject: Subject = entry.subject.parse().map_err(|e| wrong(format!("{e}")))?;
    let event = Event::decode(&entry.event_type, &entry.data).map_err(|e| wrong(e.to_string()))?;
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
