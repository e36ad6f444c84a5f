//! The terminal itself: founding, receipts, help, names of areas, exit statuses, closed pipes.

mod support;

use std::process::Stdio;

use serde_json::{Value, json};
use support::{Ledger, binary, run};

#[test]
fn founding_says_what_was_made() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let dir = dir.to_str().expect("UTF-8");
    let founded =
        run(["init", "--data", dir, "--actor", "operator-1", "--json", "--with-defaults"]).ok().json();
    assert_eq!((&founded["operator"], &founded["entries"]), (&json!("operator-1"), &json!(259)));
    assert!(founded["origin"].as_str().expect("an origin").starts_with("ledger-"));
    let listed = run(["actor", "list", "--data", dir]).ok();
    assert!(
        listed.out.contains("operator, registrar") && !listed.out.contains("SIMULATED"),
        "{}",
        listed.out
    );
    let verified = run(["verify", "--data", dir, "--json"]).ok().json();
    assert_eq!(verified["ok"], true);
    let expect = format!("259:{}", verified["head"].as_str().expect("a head"));
    run(["verify", "--data", dir, "--expect", &expect]).ok();
    let fork = run(["verify", "--data", dir, "--expect", &format!("258:{}", "0".repeat(64))]);
    assert_eq!(fork.status, 1);
    let ahead = run(["verify", "--data", dir, "--expect", &format!("260:{}", "0".repeat(64))]);
    assert_eq!((ahead.status, ahead.err.contains("rolled back")), (1, true), "{}", ahead.err);
    for (arguments, words) in [
        (&["init", "--data", "x"][..], "--actor"),
        (&["init", "--data", "x", "--actor", "o", "--simulated-clock"][..], "--recorded-time"),
        (&["init", "--data", "x", "--actor", "o", "--recorded-time", "2026-07-01"][..], "--simulated-clock"),
        (&["init", "--data", "x", "--actor", "o", "--random-seed", "1"][..], "--simulated-clock"),
    ] {
        let said = run(arguments);
        assert_eq!((said.status, said.err.contains(words)), (2, true), "{}", said.err);
    }
}

#[test]
fn another_registrar_may_record_the_defaults() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let dir = dir.to_str().expect("UTF-8");
    run([
        "init",
        "--data",
        dir,
        "--actor",
        "operator-1",
        "--with-defaults",
        "--registrar",
        "registrar-1",
        "--example",
    ])
    .ok();
    let entry = run(["show", "3", "--json", "--data", dir]).ok();
    assert_eq!(entry.json()["entry"]["authid"], "registrar-1");
    assert!(entry.err.contains("EXAMPLE"));
    assert!(run(["area", "list", "--data", dir]).ok().out.starts_with("EXAMPLE\n"));
}

#[test]
fn receipts_have_a_stable_form() {
    let ledger = Ledger::new();
    let said = ledger
        .write(
            "operator-1",
            "2026-07-02T09:30Z",
            "actor enrol board-1 --role partner --organisation board/E54000048 --json",
        )
        .ok();
    let receipt = said.json();
    let keys: Vec<&String> = receipt.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["entries", "id", "notices", "recordedtime", "repeated"]);
    assert_eq!(receipt["recordedtime"], "2026-07-02T09:30:00.000000Z");
    let entry = &receipt["entries"][0];
    let keys: Vec<&String> = entry.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["hash", "sequence", "subject", "subjectversion", "type"]);
    assert_eq!((&entry["sequence"], &entry["subjectversion"]), (&json!("0000000000000261"), &json!(1)));
    let shown = ledger.read(&format!("show {}", entry["hash"].as_str().expect("a hash"))).ok();
    assert!(shown.out.contains("actor.enrolled"), "{}", shown.out);
    let by_command = ledger.read(&format!("show {} --json", receipt["id"].as_str().expect("an id"))).ok();
    assert_eq!(by_command.json()["sequence"], entry["sequence"]);
}

#[test]
fn areas_are_found_by_name_and_code_and_never_guessed() {
    let ledger = Ledger::new();
    for (name, subject) in [
        ("QE1", "ics/E54000048"),
        ("e54000048", "ics/E54000048"),
        ("lancashire and south cumbria", "ics/E54000048"),
        ("Swindon", "local-authority/E06000030"),
        ("local-authority/E06000030", "local-authority/E06000030"),
    ] {
        let said = ledger.read(&format!("area show '{name}' --json")).ok().json();
        assert_eq!(said["subject"], subject, "{name}");
    }
    let said = ledger.read("area show 'North West'");
    assert_eq!(said.status, 2);
    assert!(said.err.contains("region/nhs-north-west or region/statistical-north-west"), "{}", said.err);
}

#[test]
fn the_open_assessment_is_used_and_said() {
    let ledger = Ledger::new();
    let evidence = "evidence submit QE1 --statement safeguarding --category processes --wave held --site off-site --source staff";
    let outside = ledger.write("assessor-1", "2026-07-02", evidence).ok();
    assert!(!outside.out.contains("used"), "{}", outside.out);
    let open = "assessment open QE1 --framework ics/2023-interim --phase pilot --statement";
    ledger.write("assessor-1", "2026-07-02", &format!("{open} safeguarding")).ok();
    let inside = ledger.write("assessor-1", "2026-07-03", evidence).ok();
    assert!(inside.out.contains("used assessment 0000000000000262 of ics/E54000048"), "{}", inside.out);
    let elsewhere = evidence.replace("safeguarding", "learning-culture");
    assert!(!ledger.write("assessor-1", "2026-07-03", &elsewhere).ok().out.contains("used"));
    ledger.write("assessor-1", "2026-07-03", &format!("{open} learning-culture")).ok();
    let said = ledger.write(
        "assessor-1",
        "2026-07-03",
        "score assign QE1 --statement safeguarding --score 3 --evidence 263",
    );
    assert_eq!(said.status, 2);
    assert!(
        said.err.contains("more than one open assessment")
            && said.err.contains("0000000000000262, 0000000000000265"),
        "{}",
        said.err
    );
    ledger
        .write(
            "assessor-1",
            "2026-07-03",
            "score assign QE1 --statement safeguarding --score 3 --evidence 263 --assessment 262",
        )
        .ok();
    let shown = ledger.read("assessment show QE1 --assessment 262").ok().out;
    assert!(shown.contains("1h") && shown.contains("next: moderate the score of safeguarding"), "{shown}");
    let found = ledger.read("evidence search QE1 --statement safeguarding --json").ok().out;
    assert_eq!(found.lines().count(), 2);
}

#[test]
fn documents_are_added_shown_and_erased() {
    let ledger = Ledger::new();
    let file = ledger.file("policy.md", "# Policy");
    let added = ledger
        .write("assessor-1", "2026-07-02", &format!("document add @{} --json", file.display()))
        .ok()
        .json();
    assert_eq!(added["media_type"], "text/markdown");
    let commitment = added["commitment"].as_str().expect("a commitment");
    assert_eq!(ledger.read(&format!("document show {commitment}")).ok().out, "# Policy");
    let concern = format!(
        "concern raise QE1 --severity low --statement safeguarding --source staff --account stored:{commitment}"
    );
    ledger.write("assessor-1", "2026-07-02", &concern).ok();
    let erase = format!("document erase QE1 {commitment} --cited-by 261");
    let refused = ledger.write("operator-1", "2026-07-03", &erase);
    assert_eq!((refused.status, refused.err.contains("(legal_basis_missing)")), (3, true), "{}", refused.err);
    ledger.write("operator-1", "2026-07-03", &format!("{erase} --legal-basis uk-gdpr-article-17")).ok();
    let gone = ledger.read(&format!("document show {commitment}"));
    assert_eq!((gone.status, gone.err.contains("was erased")), (2, true), "{}", gone.err);
    ledger.read("verify").ok();
}

#[test]
fn arithmetic_needs_no_ledger() {
    let scores = |scores: &[&str]| -> Value {
        let mut command = binary();
        command.args(["rate", "--framework", "local-authority/2025", "--json", "--data", "/nowhere"]);
        command.args(scores.iter().map(|score| format!("--score={score}")));
        let output = command.output().expect("the binary runs");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    };
    let all = [
        "assessing-needs=2",
        "supporting-people-to-live-healthier-lives=3",
        "equity-in-experience-and-outcomes=2",
        "care-provision-integration-and-continuity=2",
        "partnerships-and-communities=3",
        "safe-systems-pathways-and-transitions=2",
        "safeguarding=2",
        "governance-management-and-sustainability=2",
        "learning-improvement-and-innovation=3",
    ];
    let whole = scores(&all);
    // 21 of 36 is 58.33 and published as 59 for North Somerset.
    assert_eq!(
        (whole["percent"].as_i64(), whole["rating"].as_str()),
        (Some(59), Some("requires-improvement"))
    );
    assert_eq!(
        whole["themes"][0],
        json!({ "id": "working-with-people", "sum": 7, "maximum": 12, "percent": 59, "rating": "requires-improvement" })
    );
    assert_eq!(whole["missing"], json!([]));
    let part = scores(&all[..8]);
    assert_eq!((&part["percent"], &part["rating"]), (&Value::Null, &Value::Null));
    assert_eq!(part["missing"], json!(["learning-improvement-and-innovation"]));
    let keys: Vec<&String> = part.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["missing", "percent", "rating", "themes"]);
    let category = run([
        "rate",
        "--framework",
        "local-authority/2023",
        "--json",
        "--data",
        "/nowhere",
        "--score",
        "safeguarding/processes=3",
        "--score",
        "safeguarding/peoples-experience=2",
    ])
    .ok()
    .json();
    // 5 of 8 is 62.5, rounded up 63: a 3.
    assert_eq!(category["themes"][2]["sum"], 3);
    let mixed = run([
        "rate",
        "--framework",
        "local-authority/2023",
        "--score",
        "safeguarding/processes=3",
        "--score",
        "assessing-needs=2",
        "--data",
        "/nowhere",
    ]);
    assert_eq!((mixed.status, mixed.err.contains("one kind throughout")), (2, true), "{}", mixed.err);
}

#[test]
fn documents_are_verified_when_asked() {
    let ledger = Ledger::new();
    let concern = "concern raise QE1 --severity low --statement safeguarding --source staff --account";
    ledger.write("assessor-1", "2026-07-02", &format!("{concern} 'to be forgotten'")).ok();
    ledger.write("assessor-1", "2026-07-02", &format!("{concern} 'to be kept'")).ok();
    let entry = ledger.read("log --json --from 261 --limit 1").ok().json();
    let commitment = entry["data"]["account"]["commitment"].as_str().expect("a commitment");
    let erase = format!("document erase QE1 {commitment} --cited-by 261 --legal-basis uk-gdpr-article-17");
    ledger.write("operator-1", "2026-07-03", &erase).ok();
    assert!(ledger.read("verify --documents").ok().out.contains("5 whole, 1 erased, 0 wrong"));
    let documents = ledger.read("verify --documents --json").ok().json()["documents"].clone();
    assert_eq!((&documents["cited"], &documents["findings"]), (&json!(6), &json!([])));

    let keys = ledger.dir().join("documents/keys");
    let whole = std::fs::read(&keys).expect("read");
    let last = whole.len() - 32;
    let with_last = |secret: &[u8]| [&whole[..last], secret].concat();
    let faults = [
        (with_last(&[0; 32]), "the vault does not hold it"),
        (with_last(&[0xff; 32]), "no entry says so"),
        (with_last(&[7; 32]), "does not open with its secret"),
        ([&whole[..last - 32], &[7; 32], &whole[last..]].concat(), "does not open with its secret"),
    ];
    for (damaged, expected) in faults {
        std::fs::write(&keys, damaged).expect("written");
        let said = ledger.read("verify --documents");
        assert_eq!((said.status, said.err.contains(expected)), (1, true), "{}", said.err);
        assert!(
            said.out.contains("NOT CLEAN") && said.err.contains(": entry 000000000000026"),
            "{}",
            said.err
        );
        assert!(ledger.read("verify").ok().out.contains("clean"), "the log verifies without them");
    }
}

#[test]
fn every_command_has_an_example() {
    fn walk(path: &mut Vec<String>, seen: &mut usize) {
        let said = run(path.iter().map(String::as_str).chain(["--help"])).ok();
        let commands: Vec<String> = match said.out.split_once("\nCommands:\n") {
            None => Vec::new(),
            Some((_, rest)) => rest
                .lines()
                .take_while(|line| !line.is_empty())
                .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
                .filter_map(|line| line.split_whitespace().next().map(ToOwned::to_owned))
                .filter(|name| name != "help")
                .collect(),
        };
        if commands.is_empty() {
            *seen += 1;
            assert!(said.out.contains("Example"), "no example in {path:?}");
        }
        for command in commands {
            path.push(command);
            walk(path, seen);
            path.pop();
        }
    }
    let mut seen = 0;
    walk(&mut Vec::new(), &mut seen);
    assert_eq!(seen, 122, "commands with help of their own");
}

#[test]
fn help_manual_and_completions() {
    assert!(run(["--version"]).ok().out.starts_with("ledger 0."));
    assert_eq!(run([""; 0]).status, 2);
    assert!(run(["man"]).ok().out.contains(".SH SYNOPSIS"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(["completions", shell]).ok().out.contains("ledger"));
    }
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let ledger = Ledger::new();
    let mut command = ledger.command();
    let mut child = command
        .args(["log", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ended");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "SIMULATED CLOCK\n");
}

#[test]
fn a_corrected_transcription_says_so_wherever_it_is_read() {
    let ledger = Ledger::new();
    ledger.write("operator-1", "2026-07-01", "actor enrol analyst-1 --role analyst").ok();
    let scores = "--score assessing-needs=2 --score supporting-people-to-live-healthier-lives=2 \
                  --score equity-in-experience-and-outcomes=2 --score care-provision-integration-and-continuity=2 \
                  --score partnerships-and-communities=2 --score safe-systems-pathways-and-transitions=3 \
                  --score safeguarding=2 --score governance-management-and-sustainability=3 \
                  --score learning-improvement-and-innovation=3";
    let result = format!(
        "transcribe Leeds --framework local-authority/2025 --date 2026-01 --rating requires-improvement --percent 59 \
         {scores} --source https://example.org/leeds --json"
    );
    let written = ledger.write("analyst-1", "2026-07-02", &result).ok().json();
    let entry = written["entries"][0]["sequence"].as_str().expect("a sequence").to_owned();
    let fault = format!(
        "correct Leeds --entry {entry} --field score --statement safeguarding --was 2 --now 4 --reason misread --json"
    );
    let corrected = ledger.write("analyst-1", "2026-07-03", &fault).ok().json();
    let correction = corrected["entries"][0]["sequence"].as_str().expect("a sequence").to_owned();
    for line in ["rating Leeds", "report Leeds"] {
        let said = ledger.read(line).ok().out;
        let row = |name: &str| said.lines().find(|line| line.starts_with(name)).map(str::to_owned);
        assert!(row("corrected by").is_some_and(|row| row.ends_with(&correction)), "{said}");
        assert!(row("printed there").is_some_and(|row| row.ends_with("59 %")), "{said}");
    }
    let report = ledger.read("report Leeds --format json").ok().json();
    assert_eq!((&report["percent"], &report["printed"]["percent"]), (&json!(64), &json!(59)));
    assert_eq!(report["corrections"], json!([correction]));
}

#[test]
fn the_draft_of_a_partial_assessment_carries_the_other_scores_forward() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("demo");
    run(["demo", "--data", dir.to_str().expect("UTF-8")]).ok();
    let example = format!("{}-example", dir.display());
    let ask = |line: &str| {
        run([line.split(' ').collect(), vec!["--data", &example, "--json"]].concat()).ok().json()
    };
    let open =
        "assessment open ics/EXAMPLE01 --framework ics/2023-interim --phase ongoing --statement safeguarding";
    ask(&format!("{open} --actor assessor-1 --recorded-time 2027-10-01"));
    let draft = ask("report ics/EXAMPLE01 --draft");
    assert_eq!(
        (&draft["standing"], &draft["percent"], &draft["rating"]),
        (&json!("DRAFT"), &json!(null), &json!(null))
    );
    let evidence =
        "evidence submit ics/EXAMPLE01 --statement safeguarding --category observation --wave collected";
    let evidence =
        format!("{evidence} --site on-site --source regulator --actor assessor-1 --recorded-time 2027-10-02");
    let evidence = ask(&evidence)["entries"][0]["sequence"].as_str().expect("a sequence").to_owned();
    let score = "score assign ics/EXAMPLE01 --statement safeguarding --score 1 --actor assessor-1";
    ask(&format!("{score} --evidence {evidence} --recorded-time 2027-10-03"));
    // 44 of 68 with safeguarding at 3; 42 with it at 1: 61.8 %, rounded up.
    let draft = ask("report ics/EXAMPLE01 --draft");
    assert_eq!((&draft["percent"], &draft["rating"]), (&json!(62), &json!("requires-improvement")));
    let statements =
        || draft["themes"].as_array().into_iter().flatten().flat_map(|theme| theme["statements"].as_array());
    let carried = statements().flatten().filter(|statement| !statement["carried_from"].is_null());
    assert_eq!(carried.count(), 16);
}
