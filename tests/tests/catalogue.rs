//! `schemas/EVENTS.md`: every event, command, role, rejection and malformed line, with how many rows show it.
//!
//! Fails on an event without a command or stated cause, a command without an event, a rejection without a row.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::OnceLock;

use ledger_core::assessment::event::ClockKind;
use ledger_core::assessment::roles::{Role, may_give};
use ledger_core::assessment::{Command, Event, Rejection};
use ledger_tests::golden::compare;
use ledger_tests::malformed::{MALFORMED, WELL_FORMED};
use ledger_tests::run::{Coverage, coverage, tables};
use ledger_tests::schemas::generated;
use ledger_tests::world::{Envelope, Outcome, World};
use serde_json::json;

/// Events that a command of another name writes along, and why.
const CONSEQUENCES: &[(&str, &str, &str)] = &[
    ("area.succeeded", "area.succeed", "one entry in each successor's own history"),
    ("assessment.triggered", "concern.raise", "risk rules R1 and R2; by the ledger itself"),
    (
        "assessment.triggered",
        "correction.record",
        "risk rule R6: a cited result changed; by the ledger itself",
    ),
    ("assessment.triggered", "evidence.withdraw", "risk rule R6; by the ledger itself"),
    ("assessment.triggered", "indicator.observe", "risk rule R3; by the ledger itself"),
    ("assessment.triggered", "rating.publish", "risk rules R5 and R6; by the ledger itself"),
    (
        "assessment.triggered",
        "rating.transcribe",
        "risk rule R6: a cited result changed; by the ledger itself",
    ),
    ("assessment.triggered", "rating.withdraw", "risk rule R6: a cited result changed; by the ledger itself"),
    ("correction.recorded", "accuracy.decide", "a fact corrected with an accepted comment"),
    ("evidence.request-closed", "evidence.submit", "the evidence answers the request; by the ledger itself"),
    ("evidence.shared", "evidence.share", "one entry in the other subject's own history"),
    ("key.retired", "key.rotate", "the key it replaces, if there is one"),
    ("score.changed", "accuracy.decide", "a score that changes with an accepted comment"),
    ("score.changed", "review.decide", "a score that changes with a review"),
    ("trigger.discharged", "notice.issue", "the decision that risk rule R5 asked for; by the ledger itself"),
];

/// Events that any command may write along, and why; no table is long enough to show it.
const ALONG_WITH_ANY: &[(&str, &str)] = &[(
    "subjects.attested",
    "any command with which 65536 entries stand unattested in a ledger with a key: by the ledger itself; tests/tests/attesting.rs",
)];

/// Rejections that no table can reach, and what shows them instead.
const ELSEWHERE: &[(&str, &str)] = &[
    ("command_id_too_old", "needs a million remembered ids; unit test in remembered.rs"),
    ("history_full", "needs 2147483647 entries; unit test in log/chain.rs"),
];

fn shown() -> &'static Coverage {
    static RUN: OnceLock<Coverage> = OnceLock::new();
    RUN.get_or_init(|| coverage(&tables()))
}

fn roles_of(command: &str) -> Vec<&'static str> {
    let sample = shown().samples.get(command);
    let sample = sample.unwrap_or_else(|| panic!("no row or fixture has {command} recorded"));
    may_give(&sample.command).iter().map(|role| role.as_str()).collect()
}

#[test]
fn every_event_has_a_command_or_a_stated_cause_and_a_row() {
    for event in Event::NAMES {
        let by_command = shown().written.get(*event).is_some_and(|commands| !commands.is_empty());
        let stated = CONSEQUENCES.iter().any(|(caused, ..)| caused == event);
        assert!(by_command || stated, "{event} has neither a command nor a stated cause");
        assert!(shown().events.get(*event).is_some_and(|rows| *rows > 0), "{event} has no row");
    }
    let observed: BTreeSet<(&str, &str)> = shown()
        .consequences
        .iter()
        .flat_map(|(event, commands)| commands.iter().map(move |command| (event.as_str(), command.as_str())))
        .collect();
    let stated: BTreeSet<(&str, &str)> =
        CONSEQUENCES.iter().map(|(event, command, _)| (*event, *command)).collect();
    assert_eq!(observed, stated, "consequences observed, and those stated");
}

#[test]
fn every_command_leads_to_one_event_and_has_a_row() {
    for command in Command::NAMES.iter().chain(&["log.found"]) {
        let led_to: Vec<_> =
            shown().written.iter().filter(|(_, by)| by.contains(*command)).map(|(event, _)| event).collect();
        assert_eq!(led_to.len(), 1, "{command} leads to {led_to:?}");
        assert!(shown().commands.get(*command).is_some_and(|rows| *rows > 0), "{command} has no row");
    }
}

#[test]
fn every_rejection_has_a_row_or_a_reason_and_precedence_is_shown() {
    for (code, _) in Rejection::CODES {
        let rows = shown().rejections.get(*code).copied().unwrap_or(0);
        let elsewhere = ELSEWHERE.iter().any(|(known, _)| known == code);
        assert!((rows > 0) != elsewhere, "{code}: {rows} rows; a row, or a reason for none, is needed");
    }
    assert!(shown().precedence.len() >= 25, "{} pairs of faults", shown().precedence.len());
}

#[test]
fn every_role_outside_the_table_is_refused() {
    let mut world = World::new();
    world.found("operator-1", ClockKind::Simulated);
    for role in Role::ALL {
        let subject = format!("actor/only-{role}");
        let line =
            world.line("operator-1", "actor.enrol", &subject, json!({"roles":[role]}), &Envelope::default());
        assert!(matches!(world.submit(line.to_string().as_bytes()), Outcome::Recorded(_)));
    }
    for (name, sample) in &shown().samples {
        let allowed = may_give(&sample.command);
        for role in Role::ALL {
            let data = sample.command.data().expect("plain data");
            let actor = format!("only-{role}");
            // Whom to revoke is looked up before the role: someone there is.
            let subject = match name.as_str() {
                "actor.revoke" => spare(&mut world, role),
                _ => sample.subject.to_string(),
            };
            let line = world.line(&actor, name, &subject, data, &Envelope::default());
            let outcome = world.submit(line.to_string().as_bytes());
            let refused = matches!(&outcome, Outcome::Rejected(why) if why.code() == "role_missing");
            assert_eq!(refused, !allowed.contains(&role), "{name} by {role}: {outcome:?}");
        }
    }
}

/// An actor that nobody misses.
fn spare(world: &mut World, role: Role) -> String {
    let subject = format!("actor/spare-{role}");
    let data = json!({"roles":["auditor"]});
    let line = world.line("operator-1", "actor.enrol", &subject, data, &Envelope::default());
    assert!(matches!(world.submit(line.to_string().as_bytes()), Outcome::Recorded(_)));
    subject
}

#[test]
fn malformed_lines_are_refused_and_leave_the_log_alone() {
    let mut world = World::new();
    world.found("operator-1", ClockKind::Simulated);
    let head = world.head();
    assert!(matches!(world.submit(WELL_FORMED.as_bytes()), Outcome::Rejected(_)));
    for row in MALFORMED {
        match world.submit(&row.bytes()) {
            Outcome::Malformed(message) => assert!(message.contains(row.says), "{}: {message}", row.code),
            other => panic!("{}: {other:?}", row.code),
        }
    }
    assert_eq!(world.head(), head);
}

#[test]
fn the_catalogue_is_the_committed_one() {
    compare("schemas/EVENTS.md", &catalogue()).unwrap_or_else(|what| panic!("{what}"));
}

/// What stands in brackets in the first line of an event's documentation.
fn stream(event: &str) -> String {
    let schema = &generated()[&format!("events/{event}.v1.json")];
    let text = schema["description"].as_str().unwrap_or_default().replace('\\', "");
    let inside = text.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    inside.map(|(stream, _)| stream.to_owned()).unwrap_or_else(|| panic!("{event} names no stream"))
}

fn catalogue() -> String {
    let shown = shown();
    let mut out = String::new();
    let head = format!(
        "# Events, commands, rejections\n\n\
         Generated from the types and the rule tables in `tests/rules` (`UPDATE_GOLDEN=1 cargo test -p ledger-tests\n\
         --test catalogue`). {} events, {} commands and the founding, {} rejections; {} scenarios with {} rows, {} pairs\n\
         of faults at once. The schema of an event is `schemas/events/NAME.v1.json`, of a command\n\
         `schemas/commands/NAME.json`, of a command line `schemas/command-line.json`, of an entry `schemas/entry.json`.\n",
        Event::NAMES.len(),
        Command::NAMES.len(),
        Rejection::CODES.len(),
        shown.scenarios,
        shown.rows,
        shown.precedence.len(),
    );
    out.push_str(&head);
    events(&mut out);
    commands(&mut out);
    rejections(&mut out);
    malformed(&mut out);
    out
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(out, "{text}").expect("a string takes everything");
}

fn events(out: &mut String) {
    line(out, format_args!("\n## Events\n\nA type is `ledger.NAME.v1`.\n"));
    line(out, format_args!("| event | history | command, or cause | roles | rows |\n|---|---|---|---|---|"));
    for event in Event::NAMES {
        let mut causes = Vec::new();
        let mut roles = BTreeSet::new();
        for command in shown().written.get(*event).into_iter().flatten() {
            causes.push(format!("`{command}`"));
            match command.as_str() {
                "log.found" => roles.insert("whoever founds the ledger"),
                command => {
                    roles.extend(roles_of(command));
                    true
                }
            };
        }
        for (_, command, why) in CONSEQUENCES.iter().filter(|(caused, ..)| caused == event) {
            causes.push(format!("`{command}`: {why}"));
            roles.extend(roles_of(command));
        }
        for (_, why) in ALONG_WITH_ANY.iter().filter(|(caused, _)| caused == event) {
            causes.push((*why).to_owned());
        }
        let roles: Vec<&str> = roles.into_iter().collect();
        let rows = shown().events.get(*event).copied().unwrap_or(0);
        let (stream, causes, roles) = (stream(event), causes.join("; "), roles.join(", "));
        line(out, format_args!("| `{event}` | {stream} | {causes} | {roles} | {rows} |"));
    }
}

fn commands(out: &mut String) {
    let heads: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    line(
        out,
        format_args!(
            "\n## Commands and roles\n\nAny one of the roles suffices; whoever founds a ledger becomes its first operator.\nWho set a score may not moderate it, decide a challenge to it, review it or publish it.\n"
        ),
    );
    line(out, format_args!("| command | {} | rows |", heads.join(" | ")));
    line(out, format_args!("|---|{}---|", "---|".repeat(heads.len())));
    for command in Command::NAMES {
        let allowed = roles_of(command);
        let marks: Vec<&str> =
            heads.iter().map(|role| if allowed.contains(role) { "x" } else { "" }).collect();
        let rows = shown().commands.get(*command).copied().unwrap_or(0);
        line(out, format_args!("| `{command}` | {} | {rows} |", marks.join(" | ")));
    }
}

fn rejections(out: &mut String) {
    line(
        out,
        format_args!(
            "\n## Rejections\n\nWell-formed commands that may not be done, in order of precedence: of two faults the one that stands first is\nreported. The log is as it was.\n"
        ),
    );
    line(out, format_args!("| | code | meaning | rows |\n|---|---|---|---|"));
    for (at, (code, meaning)) in Rejection::CODES.iter().enumerate() {
        let rows = match ELSEWHERE.iter().find(|(known, _)| known == code) {
            Some((_, why)) => (*why).to_owned(),
            None => shown().rejections.get(*code).copied().unwrap_or(0).to_string(),
        };
        line(out, format_args!("| {} | `{code}` | {meaning} | {rows} |", at + 1));
    }
}

fn malformed(out: &mut String) {
    line(
        out,
        format_args!(
            "\n## Malformed lines\n\nRefused by how they are read, before any rule; the message names the value. The codes are names for this table.\n"
        ),
    );
    line(out, format_args!("| code | meaning | example | the message says |\n|---|---|---|---|"));
    for row in MALFORMED {
        let (example, says) = (row.example().replace('|', "\\|"), row.says);
        let example = if example.is_empty() { "(left out)".to_owned() } else { format!("`{example}`") };
        line(out, format_args!("| `{}` | {} | {example} | {says} |", row.code, row.meaning));
    }
}
