//! `ledger certify` and `ledger check` as people and programs meet them.

mod support;

use std::path::Path;

use support::{Ledger, Said, run};

/// A ledger whose histories are attested, and its verifier key.
fn attested() -> (Ledger, String) {
    let ledger = Ledger::new();
    ledger.write("operator-1", "2026-07-02", "attest").ok();
    let shown = ledger.read("key show").ok().out;
    let key = shown.lines().last().expect("a key").to_owned();
    (ledger, key)
}

fn check(file: &Path, options: &[&str]) -> Said {
    // Somewhere without a ledger.
    let here = file.to_str().expect("UTF-8");
    run(["check", here, "--data", "/nonexistent"].iter().chain(options))
}

#[test]
fn a_certificate_is_made_and_checked_without_the_ledger() {
    let (ledger, key) = attested();
    let file = ledger.scratch().join("qe1.certificate");
    let name = file.to_str().expect("UTF-8");
    let made = ledger.read(&format!("certify Swindon -o {name}")).ok();
    assert!(made.out.starts_with("SIMULATED CLOCK\n"), "{}", made.out);
    for what in ["local-authority/E06000030", "entries", "whole histories", "checkpoint", "complete before"] {
        assert!(made.out.contains(what), "{what}: {}", made.out);
    }
    let told = ledger.read(&format!("certify Swindon -o {name} --json")).ok();
    assert_eq!(told.json()["notices"][0], "SIMULATED CLOCK", "{}", told.out);
    assert_eq!(told.json()["subject"], "local-authority/E06000030");
    let checked = check(&file, &["--key", &key]).ok();
    assert!(checked.out.starts_with("SIMULATED CLOCK\nchecked"), "{}", checked.out);
    assert!(checked.out.contains("status: not yet assessed"), "{}", checked.out);
    let json = check(&file, &["--key", &key, "--json"]).ok().json();
    assert_eq!((&json["checked"], &json["notices"][0]), (&true.into(), &"SIMULATED CLOCK".into()));
    assert_eq!(json["rating"]["status"], "not-yet-assessed");
    assert!(json["explanation"]["entries"].is_array());
}

#[test]
fn what_fails_is_named() {
    let (ledger, key) = attested();
    let file = ledger.scratch().join("a.certificate");
    let name = file.to_str().expect("UTF-8");
    ledger.read(&format!("certify Swindon -o {name}")).ok();
    let text = std::fs::read_to_string(&file).expect("written");
    let changed = ledger.file("changed", text.replace("Swindon", "Swanage"));
    let refused = check(&changed, &["--key", &key]);
    assert_eq!((refused.status, refused.out.as_str()), (1, ""), "{}", refused.err);
    assert!(refused.err.contains("the certificate is refused (line)"), "{}", refused.err);
    let other = "tests.example/2+00000000+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
    assert_eq!(check(&file, &["--key", other]).status, 2, "a key that is mistyped");
    let other = "ledger.example/rules+95b7d758+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";
    let refused = check(&file, &["--key", other, "--json"]);
    assert_eq!(refused.status, 1, "a key of another ledger");
    assert!(refused.err.contains("check_failed") && refused.err.contains("(signature)"), "{}", refused.err);
    let witness = "witness.example+da76602f+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx";
    let refused = check(&file, &["--key", &key, "--witness", witness]);
    assert_eq!(refused.status, 1, "nobody cosigned");
    assert!(refused.err.contains("0 of the witnesses named"), "{}", refused.err);
    for misused in [
        &["--key", &key, "--witness", witness, "--quorum", "2"][..],
        &["--key", &key, "--quorum", "1"],
        &["--key", &key, "--witness", &key],
        &["--key", witness],
    ] {
        assert_eq!(check(&file, misused).status, 2, "{misused:?}");
    }
    assert_eq!(check(Path::new("/nonexistent"), &["--key", &key]).status, 2);
}

#[test]
fn what_cannot_be_shown_is_refused_and_writes_nothing() {
    let ledger = Ledger::new();
    let file = ledger.scratch().join("a.certificate");
    let certify = |words: &str| ledger.read(&format!("certify {words} -o {}", file.display()));
    let refused = certify("Swindon");
    assert!(refused.status == 2 && refused.err.contains("run `ledger attest`"), "{}", refused.err);
    ledger.write("operator-1", "2026-07-02", "attest").ok();
    ledger.write("operator-1", "2026-07-03", "actor enrol assessor-1 --role assessor --role adviser").ok();
    certify("Swindon").ok();
    std::fs::remove_file(&file).expect("removed");
    ledger.write("operator-1", "2026-07-04", "actor enrol operator-1 --role operator --role auditor").ok();
    let last = ledger.read("log --json").ok().out.lines().count() - 1;
    let newer = certify("Swindon");
    let (named, attestation) = (format!("entry {last:016} of actor/operator-1 is newer"), last - 2);
    assert!(newer.status == 2 && newer.err.contains(&named), "{}", newer.err);
    assert!(newer.err.contains(&format!("`--known-at {attestation:016}`")), "{}", newer.err);
    assert!(!file.exists());
    certify(&format!("Swindon --known-at {attestation}")).ok();
    std::fs::remove_file(&file).expect("removed");
    for wrong in ["Nowhere", "local-authority/E99999999", "Swindon --known-at 3", "Swindon --known-at 99999"]
    {
        let refused = certify(wrong);
        assert_eq!(refused.status, 2, "{wrong}: {}", refused.err);
        assert!(!file.exists(), "{wrong}");
    }
}
