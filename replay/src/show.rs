//! One entry, whole: decoded, its exact bytes, what it cites, what cites it, and later corrections.

use ledger_core::log::{CommandId, Entry, EventId};
use ledger_core::values::{Hash, Length, Sequence};
use serde::Serialize;
use serde_json::Value;

use crate::log::{Log, ReplayError};

/// What names an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShowTarget {
    /// Its position: found at once.
    Sequence(Sequence),
    /// The hash of its bytes: found by scanning.
    Hash(Hash),
    /// Its event id, or a command's id, which names its first event: found by scanning.
    Event(EventId),
}

impl std::str::FromStr for ShowTarget {
    type Err = ledger_core::values::Malformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_digit()) {
            return format!("{text:0>16}").parse().map(ShowTarget::Sequence);
        }
        if let Ok(hash) = text.parse() {
            return Ok(ShowTarget::Hash(hash));
        }
        let command = text.parse::<CommandId>().map(|command| EventId { command, ordinal: 1 });
        text.parse::<EventId>().or(command).map(ShowTarget::Event).map_err(|_| {
            ledger_core::values::Malformed(format!(
                "'{text}' names no entry: a sequence number, a BLAKE3 hash, an event id or a command id expected"
            ))
        })
    }
}

/// An entry and what hangs together with it.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Its position.
    pub sequence: Sequence,
    /// BLAKE3 of its bytes.
    pub hash: Hash,
    /// Its exact bytes.
    pub bytes: String,
    /// The same, decoded.
    pub entry: Value,
    /// Entries its data cites.
    pub cites: Vec<Sequence>,
    /// Later entries whose data cites it: position and event type.
    pub cited_by: Vec<(Sequence, String)>,
    /// Those of them that correct it.
    pub corrections: Vec<Sequence>,
}

/// Finds the entry. Cost: one read by position, else one pass.
pub fn find(
    log: &Log,
    target: ShowTarget,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Option<Sequence>, ReplayError> {
    let end = log.head().length;
    let is_it = |bytes: &[u8]| match target {
        ShowTarget::Sequence(_) => false,
        ShowTarget::Hash(hash) => Hash::of(bytes) == hash,
        ShowTarget::Event(id) => Entry::decode_trusted(bytes).is_ok_and(|entry| entry.id == id),
    };
    if let ShowTarget::Sequence(sequence) = target {
        return Ok(end.contains(sequence).then_some(sequence));
    }
    for item in log.bytes_from(Sequence::new(0)) {
        let (sequence, bytes) = item?;
        if is_it(&bytes) {
            return Ok(Some(sequence));
        }
        if sequence.get().is_multiple_of(65_536) {
            progress(Length(sequence.get()), end);
        }
    }
    Ok(None)
}

/// Everything about the entry at `sequence`, which must be below the head. Cost: a pass over what follows it.
pub fn show(
    log: &Log,
    sequence: Sequence,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Shown, ReplayError> {
    let end = log.head().length;
    let damaged = |what: &str| ReplayError::Damaged { sequence, what: what.to_owned() };
    let bytes = log.store().read(sequence, 1)?.next().ok_or_else(|| damaged("it is missing"))?;
    let entry = Entry::decode(&bytes).map_err(|e| ReplayError::entry(sequence, &e))?;
    let spelled = String::from_utf8(bytes.to_vec()).map_err(|_| damaged("it is not UTF-8"))?;
    let decoded: Value = serde_json::from_slice(&bytes).map_err(|e| damaged(&e.to_string()))?;
    let mut shown = Shown {
        sequence,
        hash: Hash::of(&bytes),
        bytes: spelled,
        cites: cited(&entry),
        entry: decoded,
        cited_by: Vec::new(),
        corrections: Vec::new(),
    };
    let needle = format!("\"{sequence}\"");
    for item in log.bytes_from(sequence.next()) {
        let (at, later) = item?;
        if contains(&later, needle.as_bytes()) {
            let entry = Entry::decode_trusted(&later).map_err(|e| ReplayError::entry(at, &e))?;
            if cited(&entry).contains(&sequence) {
                if entry.event_type.starts_with("ledger.correction.recorded.") {
                    shown.corrections.push(at);
                }
                shown.cited_by.push((at, entry.event_type));
            }
        }
        if at.get().is_multiple_of(65_536) {
            progress(Length(at.get()), end);
        }
    }
    Ok(shown)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// The sequence numbers in an entry's data: strings of 16 digits, which no code in use is.
fn cited(entry: &Entry) -> Vec<Sequence> {
    let mut found = Vec::new();
    if let Ok(data) = serde_json::from_slice::<Value>(&entry.data) {
        collect(&data, &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<Sequence>) {
    match value {
        Value::String(text) => {
            if let Ok(sequence) = text.parse::<Sequence>()
                && !found.contains(&sequence)
            {
                found.push(sequence);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
