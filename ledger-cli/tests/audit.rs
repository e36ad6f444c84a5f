//! `ledger audit` as people and programs meet it: the table, the page, the exit status, and what it is narrowed to.

#[path = "support/generated.rs"]
mod generated;
mod support;

use serde_json::{Value, json};
use support::{Ledger, golden, run};

fn demo() -> (tempfile::TempDir, String) {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("demo");
    let name = dir.to_str().expect("UTF-8").to_owned();
    run(["demo", "--data", &name]).ok();
    (scratch, name)
}

#[test]
fn the_demonstration_is_clean() {
    let (scratch, name) = demo();
    let example = format!("{name}-example");
    golden("example-audit.txt", &run(["audit", "--data", &example]).ok().out);
    let page = scratch.path().join("audit.html");
    let page = page.to_str().expect("UTF-8");
    let said = run(["audit", "--data", &example, "--html", page, "--json"]).ok();
    let audit = said.json();
    assert_eq!(
        (&audit["clean"], &audit["unlisted"], &audit["outside"]),
        (&json!(true), &json!(0), &json!(0))
    );
    assert_eq!(audit["notices"], json!(["SIMULATED CLOCK", "EXAMPLE"]));
    let html = std::fs::read_to_string(page).expect("a page");
    golden("example-audit.html", &html);
    for wanted in ["<!doctype html>", "lang=\"en-GB\"", "EXAMPLE", "@media print", "<strong>Clean</strong>"] {
        assert!(html.contains(wanted), "{wanted}");
    }
    for refused in ["<script", "src=", "href=", "@import", "url(", "http://", "https://"] {
        assert!(!html.contains(refused), "{refused} in a page that needs nothing else");
    }
    let published = run(["audit", "--data", &name, "--json"]).ok().json();
    assert_eq!((&published["clean"], &published["head"]["length"]), (&json!(true), &json!(556)));
}

#[test]
fn it_is_narrowed_by_what_is_asked_and_not_by_who_gives_commands() {
    let (_scratch, name) = demo();
    let example = format!("{name}-example");
    let asked = |more: &[&str]| -> Value {
        run(["audit", "--json", "--data", &example].iter().chain(more)).ok().json()
    };
    let by_actor = asked(&["--actor", "assessor-1"]);
    assert_eq!(by_actor["scope"]["actor"], "assessor-1");
    assert!(by_actor["events"].get("actor.enrolled").is_none());
    let of = asked(&["--assessment", "24"]);
    assert_eq!(of["events"]["assessment.opened"], 1);
    let subject = asked(&["--subject", "ics/EXAMPLE01"]);
    assert_eq!(subject["scope"]["subject"], "ics/EXAMPLE01");
    let mut usual = support::binary();
    usual.args(["audit", "--json", "--data", &example]).env("LEDGER_ACTOR", "assessor-1");
    let said: Value = serde_json::from_slice(&usual.output().expect("runs").stdout).expect("JSON");
    assert_eq!(said["scope"]["actor"], Value::Null);
    let said = run(["audit", "--data", &example, "--assessment", "x"]);
    assert_eq!(said.status, 2, "{}", said.err);
}

#[test]
fn entries_that_no_rule_wrote_are_found_and_the_status_says_so() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    generated::generate(&dir, 40);
    let name = dir.to_str().expect("UTF-8");
    let said = run(["audit", "--data", name]);
    assert_eq!(said.status, 1);
    assert!(
        said.out.contains("NOT CLEAN") && said.out.contains("critical schema_unfit at entry"),
        "{}",
        said.out
    );
    assert!(said.err.starts_with("error: the audit found critical schema_unfit at entry"), "{}", said.err);
    let unwritable = run(["audit", "--data", name, "--html", "/nowhere/audit.html"]);
    assert_eq!(
        (unwritable.status, unwritable.err.contains("check the path")),
        (4, true),
        "{}",
        unwritable.err
    );
}

#[test]
fn what_a_ledger_of_its_own_clock_wrote_is_clean() {
    let ledger = Ledger::on_system_clock();
    let audit = ledger.read("audit --json").ok().json();
    assert_eq!(audit["clean"], json!(true), "{audit}");
    // A fast machine may decide two commands in one microsecond, which looks like a clamped clock.
    let findings = audit["findings"].as_array().expect("a list").iter().filter_map(|f| f["code"].as_str());
    let codes: Vec<&str> = findings.filter(|code| *code != "clock_clamped").collect();
    assert_eq!(codes, ["actors_asserted"]);
}
