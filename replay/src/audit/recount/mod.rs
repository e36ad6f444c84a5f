//! A second, naive implementation of what matters most, over the log's JSON: roles, duties apart, working-day windows,
//! complete and moderated drafts, and the arithmetic of every published result with what stood before it.
//!
//! It shares no code with the rules it checks: no type, no calendar, no arithmetic of theirs. Where both find a fault the
//! code is the same. It decodes only the events that it needs. Left out: evidence, requests, concerns, triggers and
//! themes, which are only decided again (`again.rs`).

mod cases;
mod day;
mod rating;
mod roles;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;
use ledger_core::log::AuthType;
use serde_json::Value;

use super::finding::{Fault, FoundBy};
use super::read::Attributes;
use cases::Cases;
use day::{Holidays, in_london};
use rating::Method;

/// What was checked, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tallies {
    pub(super) roles: u64,
    pub(super) duties: u64,
    pub(super) windows: u64,
    pub(super) results: u64,
}

/// An actor as enrolled.
#[derive(Debug)]
struct Actor {
    roles: Vec<String>,
    revoked: bool,
}

/// What is known of an event by its name.
#[derive(Debug, Clone, Copy)]
struct Kind {
    allowed: &'static [&'static str],
    by_the_ledger: bool,
    needed: bool,
}

/// What is kept of the log: who may act, whom an area's drafts go to, methods, holidays, open assessments, results.
#[derive(Debug, Default)]
pub(super) struct Recount {
    actors: HashMap<String, Actor>,
    /// Organisations with their kinds, by area.
    areas: HashMap<String, BTreeMap<String, String>>,
    methods: BTreeMap<String, Method>,
    holidays: Holidays,
    cases: Cases,
    names: BTreeSet<Arc<str>>,
    /// What is known of each event met so far, since looking it up among all names takes longer than the rest.
    kinds: HashMap<String, Kind>,
    pub(super) tallies: Tallies,
}

/// An entry with its data decoded.
struct Item<'e> {
    at: u64,
    subject: &'e str,
    actor: &'e str,
    event: &'e str,
    /// London day of its recorded time.
    today: i64,
    /// London day of its time.
    day: i64,
    data: Value,
}

impl Recount {
    /// Takes the next entry. Cost: some 100 ns, some us where it is decoded.
    pub(super) fn take(&mut self, entry: &Attributes, faults: &mut Vec<Fault>) {
        let name = entry.event_type.strip_prefix("ledger.").unwrap_or(&entry.event_type);
        let event = name.strip_suffix(".v1").unwrap_or(name);
        if event == "log.founded" {
            self.found(entry);
            return;
        }
        let kind = self.kind(event);
        self.check_author(entry, event, kind, faults);
        if !kind.needed {
            return;
        }
        let Some(data) = decoded(&entry.data) else { return };
        let item = Item {
            at: entry.sequence.get(),
            subject: &entry.subject,
            actor: if entry.auth_type == AuthType::System { "" } else { &entry.auth_id },
            event,
            today: in_london(entry.recorded_time.micros()),
            day: in_london(entry.time.micros()),
            data,
        };
        self.apply(&item, faults);
    }

    fn kind(&mut self, event: &str) -> Kind {
        if let Some(kind) = self.kinds.get(event) {
            return *kind;
        }
        let by_the_ledger = roles::BY_THE_LEDGER.contains(&event);
        let kind = Kind { allowed: roles::allowed(event), by_the_ledger, needed: is_needed(event) };
        self.kinds.insert(event.to_owned(), kind);
        kind
    }

    fn found(&mut self, entry: &Attributes) {
        let data = decoded(&entry.data).unwrap_or_default();
        let operator = Actor { roles: vec!["operator".to_owned()], revoked: false };
        self.actors.insert(text(&data, "operator").to_owned(), operator);
    }

    /// Who may write it: the first event of a command needs a role, the ledger itself writes only consequences.
    fn check_author(&mut self, entry: &Attributes, event: &str, kind: Kind, faults: &mut Vec<Fault>) {
        self.tallies.roles += 1;
        if entry.auth_type == AuthType::System {
            if !kind.by_the_ledger {
                faults.push(fault("author_unfit", "an actor", "system"));
            }
            return;
        }
        if event == "assessment.triggered" {
            faults.push(fault("author_unfit", "system", &entry.auth_id));
        }
        let Some(actor) = self.actors.get(entry.auth_id.as_str()) else {
            faults.push(fault("actor_unknown", "an actor who is enrolled", &entry.auth_id));
            return;
        };
        if actor.revoked {
            faults.push(fault("actor_revoked", "an actor who may act", &entry.auth_id));
        }
        let allowed = kind.allowed;
        let may = actor.roles.iter().any(|role| allowed.contains(&role.as_str()));
        if entry.id.ordinal == 1 && !may && event != "assessment.triggered" {
            let found = format!("{} with {}", entry.auth_id, actor.roles.join(", "));
            faults.push(fault("role_missing", &allowed.join(" or "), &found));
        }
    }

    fn apply(&mut self, item: &Item<'_>, faults: &mut Vec<Fault>) {
        match item.event {
            "actor.enrolled" => {
                let roles = list(&item.data, "roles").filter_map(Value::as_str).map(str::to_owned).collect();
                let id = item.subject.strip_prefix("actor/").unwrap_or(item.subject);
                self.actors.insert(id.to_owned(), Actor { roles, revoked: false });
            }
            "actor.revoked" => {
                if let Some(actor) = self.actors.get_mut(text(&item.data, "actor")) {
                    actor.revoked = true;
                }
            }
            "area.registered" => {
                let organisations = list(&item.data, "organisations").map(organisation).collect();
                self.areas.insert(item.subject.to_owned(), organisations);
            }
            "area.organisation-added" => {
                let (id, kind) = organisation(&item.data["organisation"]);
                self.areas.entry(item.subject.to_owned()).or_default().insert(id, kind);
            }
            "area.organisation-removed" => {
                let organisations = self.areas.entry(item.subject.to_owned()).or_default();
                organisations.remove(text(&item.data, "organisation"));
            }
            "framework.adopted" => {
                let method = Method::of(&item.data["framework"]);
                self.names.extend(method.statements().cloned());
                self.methods.insert(method.id.clone(), method);
            }
            "holiday.proclaimed" => {
                let added =
                    list(&item.data, "holidays").filter_map(|holiday| day::last_day(text(holiday, "date")));
                self.holidays.days.extend(added);
                for removed in list(&item.data, "removed").filter_map(Value::as_str).filter_map(day::last_day)
                {
                    self.holidays.days.remove(&removed);
                }
            }
            _ => self.assess(item, faults),
        }
    }

    /// What concerns an assessment and its results.
    fn assess(&mut self, item: &Item<'_>, faults: &mut Vec<Fault>) {
        let entitled = match item.event {
            "findings.published" | "rating.published" => self.entitled(item.subject),
            _ => Vec::new(),
        };
        let Recount { methods, holidays, cases, names, tallies, .. } = self;
        cases.take(&cases::Known { methods, holidays, names, entitled }, tallies, item, faults);
    }

    /// The organisations to which a draft about the area goes.
    fn entitled(&self, subject: &str) -> Vec<String> {
        let (kind, code) = subject.split_once('/').unwrap_or((subject, ""));
        let is = |(id, of): &(&String, &String)| match of.as_str() {
            "board" | "partnership" => kind == "ics",
            "authority" | "provider" => id.split_once('/').is_some_and(|(_, own)| own == code),
            _ => false,
        };
        let organisations = self.areas.get(subject).into_iter().flatten();
        organisations.filter(is).map(|(id, _)| id.clone()).collect()
    }
}

/// The events of which more than the author matters here.
fn is_needed(event: &str) -> bool {
    matches!(
        event,
        "actor.enrolled"
            | "actor.revoked"
            | "area.registered"
            | "area.organisation-added"
            | "area.organisation-removed"
            | "framework.adopted"
            | "holiday.proclaimed"
            | "assessment.opened"
            | "assessment.closed"
            | "score.assigned"
            | "score.changed"
            | "score.moderated"
            | "draft.shared"
            | "accuracy.challenged"
            | "accuracy.confirmed"
            | "accuracy.extended"
            | "accuracy.decided"
            | "correction.recorded"
            | "findings.published"
            | "rating.published"
            | "rating.withdrawn"
            | "rating.transcribed"
            | "review.requested"
            | "review.decided"
    )
}

/// As text, which is looked at once, where the decoder would look at each text in it.
fn decoded(data: &[u8]) -> Option<Value> {
    serde_json::from_str(std::str::from_utf8(data).ok()?).ok()
}

fn organisation(value: &Value) -> (String, String) {
    (text(value, "id").to_owned(), text(value, "kind").to_owned())
}

fn fault(code: &'static str, expected: &str, found: &str) -> Fault {
    Fault::new(FoundBy::Recounted, code, expected, found)
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or(0)
}

/// The entry a field names.
fn entry(value: &Value, name: &str) -> Option<u64> {
    value.get(name).and_then(Value::as_str)?.parse().ok()
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}
