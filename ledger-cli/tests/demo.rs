//! The demonstration, as a transcript: the same on every machine.

mod support;

use support::{binary, golden, run};

#[test]
fn the_demonstration_says_what_it_always_says() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("demo");
    let name = dir.to_str().expect("UTF-8");
    let said = run(["demo", "--data", name]).ok();
    assert_eq!(said.err, "");
    let told = said.out.replace(name, "DIR");
    let (published, example) = told.split_once("\nSIMULATED CLOCK\nEXAMPLE\n").expect("two ledgers");
    golden("demo-published.txt", published);
    golden("demo-example.txt", example);
    assert!(published.contains("88 results: 69 match, 0 contradictions, 19 incomplete"));
    for what in
        ["rule R1", "rule R2", "rule R3", "rule R5", "65 %, good; the rating recovers", "coverage  2 of 3"]
    {
        assert!(example.contains(what), "{what}: {example}");
    }
    assert!(
        example.contains("VERIFIED clean") && example.contains("5 of its 143 entries changed the rating")
    );

    let example = format!("{name}-example");
    for (line, golden_file) in [
        ("report ics/EXAMPLE01 --format md", "example-report.md"),
        ("assessment show ics/EXAMPLE01 --assessment 24", "example-coverage.txt"),
        ("rating ics/EXAMPLE01 --as-of 2026-04-01 --json", "example-rating-before.json"),
        ("rating ics/EXAMPLE01 --as-of 2027-04-01 --json", "example-rating-fallen.json"),
    ] {
        let said = run(support::words(line).into_iter().chain(["--data".to_owned(), example.clone()])).ok();
        golden(golden_file, &said.out);
        assert!(format!("{}{}", said.out, said.err).contains("EXAMPLE"), "every output says so");
    }
    assert_eq!(run(["demo", "--data", name]).status, 2, "it never writes into a ledger that is there");
}

#[test]
fn without_a_directory_it_finds_a_fresh_one() {
    let scratch = tempfile::tempdir().expect("a directory");
    let here = || {
        let mut command = binary();
        command.current_dir(scratch.path()).env("TMPDIR", scratch.path()).arg("demo");
        assert!(command.output().expect("the binary runs").status.success());
    };
    here();
    assert!(scratch.path().join("demo-data-ledger/head").exists());
    assert!(scratch.path().join("demo-data-ledger-example/head").exists());
    here();
    assert_eq!(std::fs::read_dir(scratch.path()).expect("read").count(), 4);
}

/// (iii) of "Shown by": the printed percentage is never read; a corrected score changes the rating.
#[test]
fn a_corrected_score_changes_the_replayed_rating() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("demo");
    let dir = dir.to_str().expect("UTF-8");
    run(["demo", "--data", dir]).ok();
    let rating = || run(["rating", "Middlesbrough", "--json", "--data", dir]).ok().json();
    let before = rating();
    assert_eq!(
        (before["percent"].as_i64(), before["rating"].as_str()),
        (Some(62), Some("requires-improvement"))
    );
    let entry = before["result"]["sequence"].as_str().expect("a result").to_owned();
    let correct = |line: &str| {
        let line = format!(
            "correct Middlesbrough --entry {entry} {line} --recorded-time 2026-07-02 --actor analyst-1"
        );
        run(support::words(&line).into_iter().chain(["--data".to_owned(), dir.to_owned()])).ok();
    };
    correct("--field percent --was 62 --now 99");
    assert_eq!(rating()["percent"], 62);
    correct("--field score --statement assessing-needs --was 2 --now 3 --reason misread");
    let after = rating();
    assert_eq!((after["percent"].as_i64(), after["rating"].as_str()), (Some(64), Some("good")));
}
