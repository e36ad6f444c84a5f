//! Names of areas as people know them, and what a command leaves for the ledger to fill in.
//!
//! A subject is given in full (`ics/E54000055`), or by its ONS code, ODS code or exact name, in any case. What
//! several areas are called names them all and chooses none.

use std::sync::Arc;

use ledger_core::assessment::codes::{AreaKind, StatementId, Subject};
use ledger_core::assessment::{Event, State};
use ledger_core::log::Entry;
use ledger_core::recorded;
use ledger_core::store::Store;
use ledger_core::values::Sequence;
use serde_json::Value;

use crate::exit::Failure;
use crate::wanted::Needs;

/// What a registered area can be called.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its name in the log.
    pub subject: Subject,
    /// Its printed name.
    pub name: String,
    /// Its registration, which says its ODS code.
    pub registered: Sequence,
}

/// The areas a state knows.
pub fn known(state: &State) -> Vec<Known> {
    let areas = state.areas();
    areas
        .map(|(subject, area)| Known {
            subject: subject.clone(),
            name: area.name.to_string(),
            registered: area.registered,
        })
        .collect()
}

/// Whether `text` is a subject's full name, which is taken as it stands.
pub fn in_full(text: &str) -> Option<Subject> {
    text.parse().ok()
}

/// The one area that is called `text`.
pub fn resolve(text: &str, areas: &[Known], store: &Arc<dyn Store>) -> Result<Subject, Failure> {
    if let Some(subject) = in_full(text) {
        return Ok(subject);
    }
    let called = |alias: &str| alias.to_lowercase() == text.to_lowercase();
    let mut found: Vec<&Known> =
        areas.iter().filter(|area| called(area.subject.code()) || called(&area.name)).collect();
    if found.is_empty() {
        found = areas
            .iter()
            .filter(|area| ods_of(store, area.registered).is_some_and(|ods| called(&ods)))
            .collect();
    }
    // As `replay::Register::called`: areas that are assessed come before others of the same name.
    let is_assessed = |area: &&Known| area.subject.area_kind().is_some_and(AreaKind::is_assessed);
    if found.iter().any(is_assessed) {
        found.retain(is_assessed);
    }
    one_of(text, found.into_iter().map(|area| &area.subject).collect())
}

/// The only candidate, or the error that names them all.
pub fn one_of(text: &str, found: Vec<&Subject>) -> Result<Subject, Failure> {
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] => Err(Failure::Usage(format!(
            "'{text}' is the name or code of no registered area: see `ledger area list`, or give KIND/CODE"
        ))),
        several => {
            let names: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::Usage(format!("'{text}' may be {}: give one of them in full", names.join(" or "))))
        }
    }
}

fn ods_of(store: &Arc<dyn Store>, registered: Sequence) -> Option<String> {
    let bytes = store.read(registered, 1).ok()?.next()?;
    match recorded(&Entry::decode_trusted(&bytes).ok()?).ok()?.event {
        Event::AreaRegistered(event) => event.ods.map(|ods| ods.to_string()),
        _ => None,
    }
}

/// What is open about a subject, as far as a command may leave it unsaid.
#[derive(Debug, Clone, Default)]
pub struct Openings {
    /// Open assessments, the statements in their scope, and their current draft.
    assessments: Vec<(Sequence, Vec<StatementId>, Option<Sequence>)>,
    /// Results that stand.
    results: Vec<Sequence>,
    /// The last action plan.
    plan: Option<Sequence>,
}

impl Openings {
    /// What is open about `subject`.
    pub fn of(state: &State, subject: &Subject) -> Self {
        let Some(known) = state.subject(subject) else { return Openings::default() };
        let assessments = known.assessments.iter().map(|(sequence, open)| {
            let draft = open.draft.as_ref().map(|draft| draft.sequence);
            (*sequence, open.statements.iter().cloned().collect(), draft)
        });
        let standing = known.results.iter().filter(|kept| kept.withdrawn.is_none());
        Openings {
            assessments: assessments.collect(),
            results: standing.map(|kept| kept.result.sequence).collect(),
            plan: known.plan,
        }
    }

    /// Fills in what `data` leaves unsaid, and says what was used.
    pub fn fill(&self, needs: Needs, subject: &Subject, data: &mut Value) -> Result<Option<String>, Failure> {
        let (field, what, found) = match needs {
            Needs::Nothing => return Ok(None),
            Needs::Assessment => ("assessment", "open assessment", self.all()),
            Needs::AssessmentIfOpen => ("assessment", "open assessment", self.covering(data)),
            Needs::Draft => {
                let drafts = self.assessments.iter().filter_map(|(_, _, draft)| *draft);
                ("draft", "draft of an open assessment", drafts.collect())
            }
            Needs::Plan => ("plan", "action plan", self.plan.into_iter().collect()),
            Needs::Publication => {
                ("publication", "result that stands", self.results.iter().rev().take(1).copied().collect())
            }
        };
        if data.get(field).is_some() {
            return Ok(None);
        }
        match found.as_slice() {
            [only] => {
                data[field] = Value::from(only.to_string());
                Ok(Some(format!("{field} {only} of {subject}")))
            }
            [] if needs == Needs::AssessmentIfOpen => Ok(None),
            [] => {
                Err(Failure::Usage(format!("{subject} has no {what}: name the entry with --{field} ENTRY")))
            }
            several => {
                let several: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(Failure::Usage(format!(
                    "{subject} has more than one {what}: name it with --{field}, one of {}",
                    several.join(", ")
                )))
            }
        }
    }

    fn all(&self) -> Vec<Sequence> {
        self.assessments.iter().map(|(sequence, ..)| *sequence).collect()
    }

    /// The open assessments whose scope holds every statement the command names.
    fn covering(&self, data: &Value) -> Vec<Sequence> {
        let several = data.get("statements").and_then(Value::as_array).into_iter().flatten();
        let named: Vec<&str> = several.chain(data.get("statement")).filter_map(Value::as_str).collect();
        let covers =
            |scope: &[StatementId]| named.iter().all(|id| scope.iter().any(|known| known.as_str() == *id));
        let found = self.assessments.iter().filter(|(_, scope, _)| covers(scope));
        found.map(|(sequence, ..)| *sequence).collect()
    }
}
