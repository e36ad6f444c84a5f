//! Commands as lines of JSON, read strictly: what bulk files hold and what a command's hash covers.
//!
//! [`parse`] refuses what different JSON readers would understand differently: duplicate keys, fractions,
//! numbers beyond 2^53 - 1, malformed UTF-8. [`request`] makes a typed request of it. [`command_hash`] is what
//! makes "same id, same content" decidable from the log alone. Left out: documents given as text or file, which
//! the terminal stores first.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::assessment::codes::{ActorId, Subject};
use crate::assessment::{Command, Request};
use crate::log::{CommandId, canonical};
use crate::values::{Hash, Malformed, Timestamp};

/// A command line's fields.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandLine {
    /// Identity of the command.
    pub id: CommandId,
    /// Who gives it.
    pub actor: ActorId,
    /// Name of the command, such as `score.assign`.
    #[serde(rename = "type")]
    pub command: String,
    /// Whose history it concerns.
    pub subject: Subject,
    /// When it happened; when it is recorded while absent.
    pub time: Option<Timestamp>,
    /// The recorded time, stated exactly with a simulated clock.
    #[serde(rename = "recordedtime")]
    pub recorded_time: Option<Timestamp>,
    /// Subject versions the giver saw.
    #[serde(default)]
    pub expected_subject_version: BTreeMap<Subject, u32>,
    /// The command's own fields.
    #[serde(default)]
    pub data: Value,
}

/// Parses JSON strictly. The message says what is wrong and where.
pub fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Malformed(format!("malformed UTF-8 at byte {}", error.valid_up_to())))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict::deserialize(&mut deserializer).map_err(|error| Malformed(error.to_string()))?;
    deserializer.end().map_err(|error| Malformed(error.to_string()))?;
    Ok(value.0)
}

/// The request that a parsed line spells.
pub fn request(line: Value) -> Result<Request, Malformed> {
    let line: CommandLine = serde_json::from_value(line).map_err(|error| Malformed(error.to_string()))?;
    let data = if line.data.is_null() { Value::Object(Map::new()) } else { line.data };
    Ok(Request {
        id: line.id,
        actor: line.actor,
        subject: line.subject,
        time: line.time,
        recorded_time: line.recorded_time,
        expected_subject_version: line.expected_subject_version,
        command: Command::decode(&line.command, data)?,
    })
}

/// The canonical command, which its hash covers: type, actor, subject, data, stated time, citations as given. Not its
/// id, expected versions or recorded time.
pub fn canonical_command(request: &Request) -> Result<Vec<u8>, canonical::NotCanonical> {
    let mut bytes = Vec::with_capacity(512);
    spell_command(request, &mut bytes)?;
    Ok(bytes)
}

/// As [`canonical_command`], at the end of `out`, which is of no use after an error. For whoever spells many.
pub fn spell_command(request: &Request, out: &mut Vec<u8>) -> Result<(), canonical::NotCanonical> {
    let time = request.time;
    canonical::spell(
        &Hashed {
            actor: &request.actor,
            data: request.command.fields(),
            subject: &request.subject,
            time,
            command: request.command.name(),
        },
        out,
    )
}

/// BLAKE3 of [`canonical_command`].
pub fn command_hash(request: &Request) -> Result<Hash, canonical::NotCanonical> {
    Ok(Hash::of(&canonical_command(request)?))
}

/// What a command's hash covers.
#[derive(Serialize)]
struct Hashed<'r, F> {
    actor: &'r ActorId,
    data: F,
    subject: &'r Subject,
    time: Option<Timestamp>,
    #[serde(rename = "type")]
    command: &'static str,
}

/// A JSON value in which every reader sees the same thing.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique keys and whole numbers")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if (-canonical::MAX_INTEGER..=canonical::MAX_INTEGER).contains(&value) {
            return Ok(Value::Number(Number::from(value)));
        }
        Err(E::custom(format!(
            "the number {value} is beyond 2^53 - 1; write it as a string or a smaller number"
        )))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
            .map_err(|_: E| E::custom(format!("the number {value} is beyond 2^53 - 1")))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Err(E::custom(format!("the number {value} is not a whole number; only integers are recorded")))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key '{key}' occurs twice; keep one")));
            }
            let Strict(value) = fields.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_every_reader_understands_alike() {
        assert_eq!(
            parse(br#"{"a":[1,-2,true,null,"x"]}"#),
            Ok(serde_json::json!({"a":[1,-2,true,null,"x"]}))
        );
        let bad: [(&[u8], &str); 8] = [
            (br#"{"a":1,"a":2}"#, "occurs twice"),
            (br#"{"a":{"b":1,"b":1}}"#, "occurs twice"),
            (br#"{"a":2.5}"#, "not a whole number"),
            (br#"{"a":9007199254740992}"#, "beyond 2^53"),
            (br#"{"a":123456789012345678901234567890}"#, "whole number"),
            (b"{\"a\":\"\xff\"}", "malformed UTF-8 at byte 6"),
            (br#"{"a":"\ud800"}"#, "hex escape"),
            (br#"{"a":1} x"#, "trailing"),
        ];
        for (bytes, expected) in bad {
            let error = parse(bytes).expect_err("refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
