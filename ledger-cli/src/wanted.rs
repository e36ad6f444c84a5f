//! What typed flags ask to have recorded: a command with everything but what only the ledger knows.
//!
//! The data is the JSON a line of `submit` holds, documents still as text or file. Left out: resolving names and
//! filling in the open assessment (`subject.rs`), ids and times (`session.rs`).

use ledger_core::assessment::Command;
use ledger_core::assessment::codes::{ActorId, Subject};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::exit::Failure;

/// A command somebody asks for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name, such as `score.assign`.
    pub command: &'static str,
    /// Whose history it concerns.
    pub on: On,
    /// Its fields.
    pub data: Value,
    /// What to fill in where it was not named.
    pub needs: Needs,
}

/// Whose history a command concerns, as typed.
#[derive(Debug, Clone)]
pub enum On {
    /// The programme.
    National,
    /// An actor.
    Actor(ActorId),
    /// A subject by name or alias.
    Named(String),
}

/// What a command may leave to the ledger, if there is exactly one to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// The open assessment.
    Assessment,
    /// The open assessment that covers its statements, if there is one.
    AssessmentIfOpen,
    /// The current draft.
    Draft,
    /// The published result that stands.
    Publication,
}

impl Wanted {
    /// A command with these fields; absent options and empty lists are left out.
    pub fn new(command: &'static str, on: On, data: &impl Serialize) -> Result<Self, Failure> {
        let data = serde_json::to_value(data).map_err(|error| Failure::Malformed(error.to_string()))?;
        Ok(Wanted { command, on, data: compact(data), needs: Needs::Nothing })
    }

    /// A command the program itself makes.
    pub fn ready(subject: Subject, command: &Command) -> Result<Self, Failure> {
        let data = command.data().map_err(|error| Failure::Malformed(error.to_string()))?;
        Wanted::new(command.name(), On::Named(subject.to_string()), &data)
    }

    /// Lets the ledger fill in what is not named.
    pub fn needing(mut self, needs: Needs) -> Self {
        self.needs = needs;
        self
    }

    /// Sets a field.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.set(field, value);
        self
    }

    /// Sets a field.
    pub fn set(&mut self, field: &str, value: Value) {
        if let Value::Object(fields) = &mut self.data {
            fields.insert(field.to_owned(), value);
        }
    }
}

/// Without nulls and empty lists at the top: they say nothing.
fn compact(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let says =
                |value: &Value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty());
            Value::Object(fields.into_iter().filter(|(_, value)| says(value)).collect::<Map<_, _>>())
        }
        Value::Null => Value::Object(Map::new()),
        other => other,
    }
}
