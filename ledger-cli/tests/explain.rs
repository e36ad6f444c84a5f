//! `ledger explain`, as transcripts: the example's derivation with carry-forward, challenge and review, and two real
//! authorities, one with all scores and one as printed.

mod support;

use support::{Said, golden, run, words};

fn explain(data: &str, line: &str) -> Said {
    run(words(&format!("explain {line}")).into_iter().chain(["--data".to_owned(), data.to_owned()]))
}

#[test]
fn the_derivations_of_the_demonstration() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("demo");
    let record = dir.to_str().expect("UTF-8").to_owned();
    run(["demo", "--data", &record]).ok();
    let example = format!("{record}-example");
    let (governance, challenged) = ("governance-management-and-sustainability", "2026-04-01");
    let governance = format!("ics/EXAMPLE01 --as-of {challenged} --statement {governance}");
    for (data, line, golden_file) in [
        (&example, "ics/EXAMPLE01", "explain-example.txt"),
        (&example, governance.as_str(), "explain-example-governance.txt"),
        (&record, "Middlesbrough", "explain-middlesbrough.txt"),
        (&record, "Middlesbrough --json", "explain-middlesbrough.json"),
        (&record, "Middlesbrough --dot", "explain-middlesbrough.dot"),
        (&record, "Middlesbrough --statement safeguarding --prov", "explain-middlesbrough.prov.json"),
        (&record, "Swindon", "explain-swindon.txt"),
        (&record, "Swindon --as-of 2020-01-01", "explain-swindon-before.txt"),
    ] {
        let said = explain(data, line).ok();
        assert!(said.out.contains("SIMULATED CLOCK"), "every form says so: {line}");
        let marked = if line.contains("--json") || line.contains("--prov") || line.contains("--dot") {
            "SIMULATED CLOCK\n"
        } else {
            ""
        };
        assert_eq!(said.err, marked, "{line}");
        golden(golden_file, &said.out);
    }
}

#[test]
fn what_cannot_be_explained_is_said() {
    let ledger = support::Ledger::new();
    let outcomes = [
        ("explain Leeds --statement safeguarding", "safeguarding is no statement of the method that rates"),
        ("explain Leeds --json --dot", "--json asks for another form than --dot and --prov"),
        ("explain Leeds --dot --prov", "cannot be used with"),
        ("explain Nowhere", "Nowhere"),
        ("explain Leeds --known-at 3", "is not registered as known at 0000000000000003"),
        ("explain Leeds --as-of yesterday", "yesterday"),
    ];
    for (line, words) in outcomes {
        let said = ledger.read(line);
        assert_eq!((said.status, said.err.contains(words)), (2, true), "{line}: {}", said.err);
        assert_eq!(said.out, "", "{line}");
    }
    let said = ledger.read("explain Leeds").ok().out;
    assert!(said.contains("status: not yet assessed\nnote: no result counts on this day"), "{said}");
}
