//! `ledger attest` and `ledger witness` as people and programs meet them, and what `verify` and `audit` say of them.

mod support;

use serde_json::json;
use support::Ledger;

const KEY: &str = "witness.example+da76602f+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx";

#[test]
fn an_attestation_is_recorded_once_and_worked_out_again() {
    let ledger = Ledger::new();
    let said = ledger.write("operator-1", "2026-07-02", "attest --json").ok().json();
    let entries = said["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["type"], "ledger.subjects.attested.v1");
    assert_eq!(entries[0]["subject"], "attestation");
    let again = ledger.write("operator-1", "2026-07-03", "attest");
    assert_eq!(again.status, 3, "{}", again.err);
    assert!(again.err.contains("nothing was recorded since the last attestation"), "{}", again.err);
    let stranger = ledger.write("assessor-1", "2026-07-02", "attest");
    assert_eq!(stranger.status, 3);
    assert!(stranger.err.contains("operator or auditor"), "{}", stranger.err);
    let shown = ledger.read("history attestation").ok().out;
    assert!(shown.contains("subjects of"), "{shown}");
    let verified = ledger.read("verify --json").ok().json();
    assert_eq!(verified["attested"], 1);
    let audit = ledger.read("audit --json").ok().json();
    let checked = audit["checked"].as_array().expect("a list").iter();
    let attestations = checked.clone().find(|checked| checked["what"] == "attestations").expect("listed");
    assert_eq!((&audit["clean"], &attestations["count"]), (&json!(true), &json!(1)));
}

#[test]
fn witnesses_are_added_moved_listed_and_removed() {
    let ledger = Ledger::new();
    assert_eq!(ledger.read("witness list --json").ok().out, "");
    for url in ["https://witness.example/v1", "https://witness.example/v2"] {
        ledger.write("operator-1", "2026-07-02", &format!("witness add {KEY} {url}")).ok();
    }
    let listed = ledger.read("witness list --json").ok().json();
    assert_eq!(listed["name"], "witness.example");
    assert_eq!((&listed["url"], &listed["key"]), (&json!("https://witness.example/v2"), &json!(KEY)));
    let table = ledger.read("witness list").ok().out;
    assert!(table.contains("https://witness.example/v2") && table.contains(KEY), "{table}");
    ledger.write("operator-1", "2026-07-02", &format!("witness remove {KEY}")).ok();
    assert_eq!(ledger.read("witness list --json").ok().out, "");
    let again = ledger.write("operator-1", "2026-07-03", &format!("witness remove {KEY}"));
    assert_eq!(again.status, 3);
    assert!(again.err.contains("is no witness of this ledger"), "{}", again.err);
    let history = ledger.read("log --subject ledger").ok().out;
    assert!(history.contains("witness.added") && history.contains("witness.removed"), "{history}");
    assert!(ledger.read("audit").ok().out.contains("clean"));
}

#[test]
fn keys_that_are_none_are_refused_before_anything_runs() {
    let ledger = Ledger::new();
    let mistyped = KEY.replace("da76602f", "da76602e");
    for (key, says) in [
        (mistyped.as_str(), "mistyped"),
        ("witness.example", "NAME+ID+KEY expected"),
        ("witness.example+da76602f+BG56", "NAME+ID+KEY expected"),
    ] {
        let said = ledger.write("operator-1", "2026-07-02", &format!("witness add {key} https://w.example"));
        assert_eq!(said.status, 2, "{key}");
        assert!(said.err.contains(key) && said.err.contains(says), "{}", said.err);
    }
    let said = ledger.write("operator-1", "2026-07-02", &format!("witness add {KEY} ftp://w.example"));
    assert_eq!(said.status, 2);
    assert!(said.err.contains("ftp://w.example") && said.err.contains("http://"), "{}", said.err);
}
