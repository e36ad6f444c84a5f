//! The two clocks at the terminal: one rating and all ratings, on a day, as known at a moment.
//!
//! The story is compared with `golden/clocks.txt`; `UPDATE_GOLDEN=1` rewrites it. Real areas by their public codes;
//! what is said about them is generated. Left out: whether the answers are right, which `tests/tests/clocks` asks.

mod staging;

use serde_json::Value;
use staging::{Stage, golden};

const SOURCE: &str = "--source https://example.org/generated";
const SCORES: &str = "--score assessing-needs=3 --score supporting-people-to-live-healthier-lives=2 \
                      --score equity-in-experience-and-outcomes=2 \
                      --score care-provision-integration-and-continuity=3 --score partnerships-and-communities=3 \
                      --score safe-systems-pathways-and-transitions=2 --score safeguarding=3 \
                      --score governance-management-and-sustainability=3 \
                      --score learning-improvement-and-innovation=2";

/// The shipped areas, and an analyst.
fn country() -> Stage {
    let stage = Stage::new("init --simulated-clock --example --with-defaults --origin tests.example/clocks");
    stage.enrol("analyst-1", "analyst");
    stage.enrol("publisher-1", "publisher");
    stage.quietly("operator-1", "actor enrol leeds-1 --role partner --organisation authority/E08000035");
    stage
}

/// Leeds by entries: a result, its correction, a review, a withdrawal recorded late; Hackney and Bristol beside it.
fn told(stage: &mut Stage) -> Vec<String> {
    let transcribe = format!("--framework local-authority/2025 {SOURCE}");
    let result = stage
        .give("analyst-1", &format!("transcribe Leeds --date 2025-11 --rating good {SCORES} {transcribe}"));
    stage.day = "2026-02-02".to_owned();
    let entry = &result[0];
    let corrected =
        format!("correct Leeds --entry {entry} --field score --statement safeguarding --was 3 --now 1");
    let corrected = stage.give("analyst-1", &format!("{corrected} --reason 'Generated: misread'"));
    stage.give("analyst-1", &format!("transcribe Hackney --rating outstanding {transcribe}"));
    stage.give(
        "analyst-1",
        &format!("transcribe local-authority/E06000023 --date 2026-01-15 {SCORES} {transcribe}"),
    );
    stage.day = "2026-03-02".to_owned();
    let asked = stage
        .give("leeds-1", &format!("review request Leeds --publication {entry} --grounds 'Generated: new'"));
    stage.day = "2026-04-13".to_owned();
    let withdraw =
        format!("withdraw Leeds --publication {entry} --cause error --reason 'Generated: an error'");
    let withdrawn = stage.give("publisher-1", &format!("{withdraw} --time 2026-03-30"));
    [result, corrected, asked, withdrawn].concat()
}

#[test]
fn a_rating_on_a_day_as_known_at_a_moment() {
    let mut stage = country();
    let entries = told(&mut stage);
    for line in [
        "rating Leeds --as-of 2025-11-29",
        "rating Leeds --as-of 2025-12-31 --known-at 2026-02-01",
        "rating Leeds --as-of 2025-12-31",
        "rating Leeds --as-of 2026-03-15",
        "rating Leeds --as-of 2026-04-01 --known-at 2026-04-12",
        "rating Leeds",
        "rating Hackney --known-at 2030-01-01",
        "rating Frimley --as-of 2026-04-01",
        "rating Frimley --as-of 2022-06-30",
        "ratings --kind local-authority --region 'Yorkshire and The Humber' --rating withdrawn --rating good",
        "ratings --kind local-authority --region statistical-south-west --rating good --sort rating --peers 1",
        "ratings --rating outstanding --rating good --as-of 2026-02-28 --known-at 2026-03-01 --format csv",
        "ratings --rating withdrawn --format json",
    ] {
        stage.ask(line);
    }
    golden("clocks.txt", &stage.transcript);

    let answer = |line: &str| -> Value {
        let output = stage.run(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"))
    };
    let corrected = answer("rating Leeds --as-of 2026-01-01 --json");
    let rests: Vec<&str> = corrected["rests_on"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["sequence"].as_str())
        .collect();
    assert_eq!(rests, [&entries[0], &entries[1]], "the transcription and its correction");
    let (by_entry, by_time) = (
        answer(&format!("rating Leeds --as-of {} --known-at {} --json", entries[0], entries[2])),
        answer("rating Leeds --as-of 2025-11-30T12:00Z --known-at 2026-03-02T12:00Z --json"),
    );
    for field in ["as_of", "rating", "percent", "statements", "caveats"] {
        assert_eq!(by_entry[field], by_time[field], "{field}: an entry and its instant ask the same");
    }
    assert_eq!(by_entry["everything_recorded"], false);
}

#[test]
fn all_subjects_are_listed_unless_narrowed() {
    let mut stage = country();
    told(&mut stage);
    let all = stage.ask("ratings --format csv");
    let kinds = |kind: &str| all.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!(
        (kinds("ics/"), kinds("local-authority/")),
        (36, 153),
        "systems as of April 2026, and authorities"
    );
    let before = stage.ask("ratings --format csv --as-of 2026-03-31");
    assert_eq!(before.lines().filter(|line| line.starts_with("ics/")).count(), 42, "systems of 2022");
    // One name in both lists of regions means both.
    let london = stage.ask("ratings --region london --format csv");
    assert!(london.contains("\nics/") && london.contains("\nlocal-authority/E09000012,Hackney"), "{london}");
    assert!(!stage.ask("ratings --region nhs-london --format csv").contains("local-authority/"));
    let then = stage.ask("ratings --known-at 2026-02-01 --rating outstanding");
    assert!(then.contains("0 of 0 rated as of 2026-04-13; known at 2026-02-01"), "{then}");
    let none = stage.ask("ratings --kind ics --rating not-yet-assessed --format csv");
    assert_eq!(none.lines().count(), 37, "a heading and every system");
    assert!(none.lines().skip(1).all(|line| line.ends_with(",SIMULATED CLOCK; EXAMPLE")), "{none}");
}

#[test]
fn other_questions_take_both_clocks() {
    let mut stage = country();
    stage.quietly("analyst-1", "context record Leeds --value population=800000 --from 2025-06-30");
    stage.day = "2026-05-04".to_owned();
    stage.quietly("analyst-1", "context record Leeds --value population=812000 --from 2026-01-01");
    stage.enrol("registrar-1", "registrar");
    stage.enrol("assessor-1", "assessor");
    stage.quietly(
        "assessor-1",
        "evidence submit Leeds --statement safeguarding --category processes --wave held --site off-site \
         --source regulator --provider-rating provider/1-101=good",
    );
    stage.quietly("registrar-1", "programme pause ics --from 2026-02-02");
    stage.day = "2026-06-01".to_owned();
    stage.quietly("registrar-1", "programme resume ics");
    let asked = [
        ("context show Leeds", "population 812000"),
        ("context show Leeds --as-of 2025-12-31", "population 800000"),
        ("context show Leeds --known-at 2026-05-03", "population 800000"),
        ("programme --as-of 2026-02-01", "runs"),
        ("programme show --as-of 2026-02-02", "paused since 2026-02-02"),
        ("programme --as-of 2026-02-02 --known-at 2026-05-03", "runs"),
        ("peers Leeds --as-of 2025-06-29", "has no peers"),
        ("variations Leeds", "Leeds"),
        ("variations Leeds --as-of 2026-01-04", "no provider rating"),
        ("variations Leeds --known-at 2026-05-03", "no provider rating"),
    ];
    for (line, says) in asked {
        let said = stage.ask(line);
        let said =
            said.lines().filter(|line| !line.starts_with("local-authority ")).collect::<Vec<_>>().join("\n");
        assert!(said.contains(says), "{line}: {said}");
        assert!(says != "runs" || !said.contains("paused"), "{line}: {said}");
    }
}

#[test]
fn what_cannot_be_answered_says_why() {
    let stage = country();
    for (line, names) in [
        ("rating Atlantis", ["'Atlantis'", "ledger area list"]),
        ("rating local-authority/E99", ["is not registered", "ledger area list"]),
        ("rating Leeds --known-at 2", ["not registered as known at 0000000000000002", "ledger area list"]),
        ("rating Leeds --known-at 99999", ["no entry 0000000000099999", "entries, numbered from 0"]),
        ("rating Leeds --as-of 99999", ["no entry 0000000000099999", "entries, numbered from 0"]),
        ("rating Leeds --as-of someday", ["'someday' is no moment", "a date"]),
        ("ratings --known-at 99999", ["no entry 0000000000099999", "entries, numbered from 0"]),
        ("ratings --region Wessex", ["'Wessex' is the name or code of no region", "nhs-london"]),
        ("ratings --rating splendid", ["splendid", "not-yet-assessed"]),
        ("ratings --format csv --json", ["--json", "--format csv"]),
        ("ratings --kind region", ["region", "local-authority"]),
        ("context show Leeds --known-at 99999", ["no entry 0000000000099999", "entries, numbered from 0"]),
    ] {
        let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let output = stage.run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(names.iter().all(|name| said.contains(name)), "{line}: {said}");
    }
}
