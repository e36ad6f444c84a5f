//! What the rules would have written beside what was written: the first difference of a command, in words.
//!
//! The first one alone, because those after it are mostly its consequences. Left out: deciding (`again.rs`).

use ledger_core::assessment::{Event, Planned, Recorded};
use ledger_core::values::Sequence;
use serde_json::Value;

use super::finding::{Fault, FoundBy};
use super::read::Read;

/// Whether what is planned is what was recorded; else where they first differ, and how.
pub(super) fn differing(
    planned: &[Planned],
    entries: &[Box<Read>],
    events: &[&Recorded],
) -> Result<(), (Sequence, Fault)> {
    let fault = |at: Sequence, code, expected: String, found: String| {
        Err((at, Fault::new(FoundBy::DecidedAgain, code, expected, found)))
    };
    for (index, (planned, recorded)) in planned.iter().zip(events).enumerate() {
        let at = recorded.sequence;
        let (expected, found) = (named(&planned.event), named(&recorded.event));
        if planned.event.kind() != recorded.event.kind() {
            let missing = if index == 0 { "event_differs" } else { "consequence_missing" };
            return fault(at, missing, expected, found);
        }
        if planned.author != recorded.author {
            return fault(at, "author_unfit", planned.author.to_string(), recorded.author.to_string());
        }
        if planned.subject != recorded.subject {
            return fault(at, "event_differs", planned.subject.to_string(), recorded.subject.to_string());
        }
        if planned.event != recorded.event {
            let (expected, found) = fields(&planned.event, &recorded.event);
            return fault(at, code_of(&planned.event, &recorded.event), expected, found);
        }
        let correlation = entries[index].entry.correlation.as_deref();
        // A number has one spelling, so that equal numbers are equal texts.
        if planned.assessment.map(Ok) != correlation.map(str::parse) {
            let expected = planned.assessment.map_or("none".to_owned(), |assessment| assessment.to_string());
            return fault(at, "assessment_differs", expected, correlation.unwrap_or("none").to_owned());
        }
    }
    if let Some(missing) = planned.get(events.len()) {
        let found = "the command ends before it".to_owned();
        return fault(events[events.len() - 1].sequence, "consequence_missing", named(&missing.event), found);
    }
    match events.get(planned.len()) {
        None => Ok(()),
        Some(more) => {
            let expected = "the command ends before it".to_owned();
            fault(more.sequence, "consequence_unfounded", expected, named(&more.event))
        }
    }
}

fn named(event: &Event) -> String {
    match event {
        Event::AssessmentTriggered(event) => format!("{} under rule {}", "assessment.triggered", event.rule),
        other => other.name().to_owned(),
    }
}

fn code_of(planned: &Event, recorded: &Event) -> &'static str {
    match (planned, recorded) {
        (Event::AssessmentTriggered(_), _) => "trigger_unjustified",
        (Event::SubjectsAttested(_), _) => "attestation_false",
        (Event::DraftShared(planned), Event::DraftShared(recorded)) if planned.closes != recorded.closes => {
            "window_miscounted"
        }
        _ => "event_differs",
    }
}

/// The fields in which two events of a kind differ, as `name value` of each.
fn fields(planned: &Event, recorded: &Event) -> (String, String) {
    let data = |event: &Event| match event.data() {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    let (planned, recorded) = (data(planned), data(recorded));
    let spelled = |value: Option<&Value>| value.map_or("nothing".to_owned(), ToString::to_string);
    let names: std::collections::BTreeSet<&String> = planned.keys().chain(recorded.keys()).collect();
    let differing = names.into_iter().filter(|name| planned.get(*name) != recorded.get(*name));
    let pairs = differing.map(|name| {
        let value = |fields: &serde_json::Map<String, Value>| format!("{name} {}", spelled(fields.get(name)));
        (value(&planned), value(&recorded))
    });
    let (expected, found): (Vec<String>, Vec<String>) = pairs.unzip();
    (expected.join("; "), found.join("; "))
}
