//! Values as people type them: times, entries, documents, scores, each with one meaning and a message of its own.
//!
//! Each becomes JSON as a command line of `submit` holds it. Left out: names of areas, which only a ledger can
//! resolve (`subject.rs`), and the content of documents (`documents.rs`).

use std::path::PathBuf;
use std::str::FromStr;

use ledger_core::assessment::Event;
use ledger_core::assessment::civil::{Holiday, Period};
use ledger_core::assessment::codes::{CategoryId, ItemId, PriorityId, StatementId};
use ledger_core::assessment::command::Rescore;
use ledger_core::assessment::event::{FieldValue, FindingItem, PrintedScore};
use ledger_core::assessment::framework::Score;
use ledger_core::log::EventId;
use ledger_core::values::{Hash, Malformed, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// Parses a code that has only a JSON spelling, such as a phase or a wave.
pub fn coded<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(Value::from(text)).map_err(|error| error.to_string().replace('`', "'"))
}

/// The type of an event, or its name. A command's name such as score.assign would silently find nothing.
pub fn event_type(text: &str) -> Result<String, String> {
    let name = text.strip_prefix("ledger.").and_then(|rest| rest.strip_suffix(".v1")).unwrap_or(text);
    if Event::NAMES.contains(&name) {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "'{text}' is not an event: a name such as score.assigned expected, from schemas/EVENTS.md"
        ))
    }
}

/// An instant: in full, to the minute or second, or a date, which means 12:00 UTC of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment(pub Timestamp);

impl FromStr for Moment {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let spelled = match text.len() {
            10 => format!("{text}T12:00:00.000000Z"),
            17 => text.strip_suffix('Z').map(|minute| format!("{minute}:00.000000Z")).unwrap_or_default(),
            20 => text.strip_suffix('Z').map(|second| format!("{second}.000000Z")).unwrap_or_default(),
            _ => text.to_owned(),
        };
        spelled.parse().map(Moment).map_err(|_: Malformed| {
            Malformed(format!(
                "'{text}' is not a time that exists: 2025-05-08, 2025-05-08T09:30Z or \
                 2025-05-08T09:30:00.000000Z expected"
            ))
        })
    }
}

/// An entry: its sequence number, with or without leading zeros, or its event id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryName(pub String);

impl FromStr for EntryName {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(EntryName(format!("{text:0>16}")));
        }
        text.parse::<EventId>().map(|id| EntryName(id.to_string())).map_err(|_| {
            Malformed(format!("'{text}' names no entry: a sequence number or an event id expected"))
        })
    }
}

impl Serialize for EntryName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A document: its text, `@FILE`, or `stored:COMMITMENT` of one added before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// The text itself.
    Text(String),
    /// A file with the content.
    File(PathBuf),
    /// A document that the vault holds.
    Stored(Hash),
}

impl FromStr for Words {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if let Some(rest) = text.strip_prefix("@@") {
            return Ok(Words::Text(format!("@{rest}")));
        }
        if let Some(path) = text.strip_prefix('@') {
            return Ok(Words::File(PathBuf::from(path)));
        }
        match text.strip_prefix("stored:") {
            Some(commitment) => commitment.parse().map(Words::Stored),
            None => Ok(Words::Text(text.to_owned())),
        }
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = match self {
            Words::Text(text) => json!({ "text": text }),
            Words::File(path) => json!({ "file": path }),
            Words::Stored(commitment) => json!({ "stored": commitment }),
        };
        value.serialize(serializer)
    }
}

/// `FROM..TO`, both days included.
pub fn period(text: &str) -> Result<Period, Malformed> {
    let (from, to) = text
        .split_once("..")
        .ok_or_else(|| Malformed(format!("'{text}' is not a period: FROM..TO expected, both dates")))?;
    Ok(Period { from: from.parse()?, to: to.parse()? })
}

/// A statement, or one of its categories, with a score: `STATEMENT=N` or `STATEMENT/CATEGORY=N`.
#[derive(Debug, Clone)]
pub struct StatementScore {
    /// The statement.
    pub statement: StatementId,
    /// The category, where one is named.
    pub category: Option<CategoryId>,
    /// The score.
    pub score: Score,
}

impl FromStr for StatementScore {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (place, score) = text.split_once('=').ok_or_else(|| {
            Malformed(format!("'{text}' is not a statement's score: STATEMENT=N expected, N from 1 to 4"))
        })?;
        let (statement, category) = match place.split_once('/') {
            None => (place, None),
            Some((statement, category)) => (statement, Some(category.parse()?)),
        };
        Ok(StatementScore { statement: statement.parse()?, category, score: score.parse()? })
    }
}

/// A score that changes with a decision.
pub fn rescore(text: &str) -> Result<Rescore, Malformed> {
    let StatementScore { statement, category, score } = text.parse()?;
    Ok(Rescore { statement, category, score, evidence: Vec::new() })
}

/// A statement's score as a source printed it.
pub fn printed(text: &str) -> Result<PrintedScore, Malformed> {
    let StatementScore { statement, category, score } = text.parse()?;
    match category {
        None => Ok(PrintedScore { statement, score }),
        Some(_) => {
            Err(Malformed(format!("'{text}': sources print one score per statement: STATEMENT=N expected")))
        }
    }
}

/// An item of a result: `KIND:ID:STATEMENT`.
pub fn item(text: &str) -> Result<FindingItem, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(kind), Some(id), Some(statement)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!(
            "'{text}' is not an item: KIND:ID:STATEMENT expected, such as strength:s1:learning-culture"
        ));
    };
    let id: ItemId = id.parse().map_err(|error: Malformed| error.to_string())?;
    let statement = statement.parse().map_err(|error: Malformed| error.to_string())?;
    Ok(FindingItem { id, kind: coded(kind)?, statement })
}

/// A bank holiday: `DATE=NAME`.
pub fn holiday(text: &str) -> Result<Holiday, Malformed> {
    let (date, name) = text
        .split_once('=')
        .ok_or_else(|| Malformed(format!("'{text}' is not a holiday: DATE=NAME expected")))?;
    Ok(Holiday { date: date.parse()?, name: name.parse()? })
}

/// A priority: `ID`, or `ID=WORDS` with its wording.
#[derive(Debug, Clone, Serialize)]
pub struct PriorityWords {
    id: PriorityId,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Words>,
}

impl FromStr for PriorityWords {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text.split_once('=') {
            None => Ok(PriorityWords { id: text.parse()?, text: None }),
            Some((id, words)) => Ok(PriorityWords { id: id.parse()?, text: Some(words.parse()?) }),
        }
    }
}

/// A value before or after a correction: a number where the field is one, a period, else text.
pub fn field_value(text: &str, number: bool) -> Result<FieldValue, Malformed> {
    if number {
        let wrong = || Malformed(format!("'{text}' is not a whole number"));
        return text.parse().map(FieldValue::Number).map_err(|_| wrong());
    }
    match period(text) {
        Ok(period) => Ok(FieldValue::Period(period)),
        Err(_) => text.to_owned().try_into().map(FieldValue::Text),
    }
}

/// A subject and the version its giver saw: `SUBJECT=VERSION`.
pub fn expected(text: &str) -> Result<(String, u32), Malformed> {
    let wrong = || {
        Malformed(format!("'{text}' is not a version: SUBJECT=VERSION expected, such as ics/E54000055=12"))
    };
    let (subject, version) = text.rsplit_once('=').ok_or_else(wrong)?;
    Ok((subject.to_owned(), version.parse().map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_normalised() {
        for (typed, spelled) in [
            ("2025-05-08", "2025-05-08T12:00:00.000000Z"),
            ("2025-05-08T09:30Z", "2025-05-08T09:30:00.000000Z"),
            ("2025-05-08T09:30:15Z", "2025-05-08T09:30:15.000000Z"),
            ("2025-05-08T09:30:15.000001Z", "2025-05-08T09:30:15.000001Z"),
        ] {
            assert_eq!(typed.parse::<Moment>().map(|m| m.0.to_string()).as_deref(), Ok(spelled));
        }
        for typed in ["", "2025-02-30", "2025-05-08T09:30", "2025-05-08 09:30Z", "yesterday", "2025-05"] {
            assert!(typed.parse::<Moment>().is_err(), "{typed}");
        }
    }

    #[test]
    fn entries_are_padded() {
        assert_eq!("12".parse(), Ok(EntryName("0000000000000012".to_owned())));
        assert!("12a".parse::<EntryName>().is_err());
        assert!("12345678901234567".parse::<EntryName>().is_err());
    }

    #[test]
    fn words_are_text_or_a_file() {
        assert_eq!("plain".parse(), Ok(Words::Text("plain".to_owned())));
        assert_eq!("@a.txt".parse(), Ok(Words::File("a.txt".into())));
        assert_eq!("@@home".parse(), Ok(Words::Text("@home".to_owned())));
        assert!("stored:12".parse::<Words>().is_err());
    }
}
