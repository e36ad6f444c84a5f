//! The table of figure 20, which ships with the program.

use ledger_core::assessment::Command;
use ledger_core::assessment::codes::Subject;
use ledger_core::shipped;

use super::sink::Sink;
use crate::exit::Failure;

/// Hands on the definition, unless it is on record, and the figure of each area.
pub fn figure_20(sink: &mut Sink<'_>) -> Result<(), Failure> {
    "figure 20 (shipped)".clone_into(&mut sink.file);
    let (definition, figures) = shipped::figure_20()?;
    define(sink, &definition)?;
    for (at, (subject, command)) in figures.into_iter().enumerate() {
        let line = at as u64 + 2; // After the heading.
        sink.rows += 1;
        if !sink.is_registered(&subject) {
            sink.skip(line, "not registered", subject.as_str());
            continue;
        }
        let what = subject.to_string();
        sink.take(line, &what, subject, command.name(), data(&command)?)?;
    }
    Ok(())
}

/// Hands on a definition, unless one of the same id is on record.
pub fn define(sink: &mut Sink<'_>, definition: &Command) -> Result<(), Failure> {
    let Command::DefineIndicator(event) = definition else { return Ok(()) };
    if sink.is_defined(&event.id) {
        return Ok(());
    }
    sink.defines(event.id.clone(), event.version);
    sink.take(1, event.id.as_str(), Subject::national(), definition.name(), data(definition)?)
}

/// A command's fields, without those that say nothing.
pub fn data(command: &Command) -> Result<serde_json::Value, Failure> {
    let mut data = command.data().map_err(|error| Failure::Malformed(error.to_string()))?;
    if let Some(fields) = data.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(data)
}
