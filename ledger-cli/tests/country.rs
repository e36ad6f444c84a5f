//! Timelines and the national picture: transcripts on the demonstration's two ledgers, and what the drawings are.
//!
//! `UPDATE_GOLDEN=1` rewrites the golden files.

mod drawings;
mod support;

use std::fs;
use std::path::Path;

use drawings::checked;
use serde_json::{Value, json};
use support::{Ledger, Said, golden, run, words};

fn ask(dir: &str, line: &str) -> Said {
    run(words(line).into_iter().chain(["--data".to_owned(), dir.to_owned()]))
}

/// Both ledgers of the demonstration, in a scratch directory.
fn demonstrated() -> (tempfile::TempDir, String, String) {
    let scratch = tempfile::tempdir().expect("a directory");
    let published = scratch.path().join("demo").to_str().expect("UTF-8").to_owned();
    run(["demo", "--data", &published]).ok();
    let example = format!("{published}-example");
    (scratch, published, example)
}

/// Asks for a drawing, checks it, and returns it with its texts.
fn drawn(dir: &str, line: &str, file: &Path) -> (String, Vec<String>) {
    let file_name = file.to_str().expect("UTF-8");
    ask(dir, &format!("{line} --svg {file_name}")).ok();
    let drawing = fs::read_to_string(file).expect("a drawing");
    let texts = checked(&drawing);
    ask(dir, &format!("{line} --svg {file_name}")).ok();
    assert_eq!(fs::read_to_string(file).expect("a drawing"), drawing, "{line}: the same bytes each time");
    (drawing, texts)
}

#[test]
fn the_demonstrations_ledgers_tell_their_timelines() {
    let (scratch, published, example) = demonstrated();
    let mut transcript = String::new();
    for (dir, line) in [
        (&published, "history Swindon"),
        (&published, "history Swindon --as-of 2026-01-31"),
        (&published, "history Swindon --ratings"),
        (&published, "history Swindon --ratings --known-at 346"),
        (&published, "history Bromley --ratings"),
        (&published, "history Bromley --ratings --json"),
        (&published, "history ics/E54000034 --ratings --as-of 2026-04-01"),
        (&example, "history 'Example Vale' --ratings"),
        (&example, "history 'Example Vale' --ratings --known-at 2026-08-01 --as-of 2026-04-30"),
        (&published, "national --kind ics --peers 0 --as-of 2026-03-31"),
        (&published, "national --kind local-authority --peers 1"),
        (&published, "national --kind local-authority --statement safeguarding --as-of 2025-06-30 --peers 1"),
        (&example, "national"),
        (&example, "national --theme leadership --as-of 2026-12-31 --json"),
    ] {
        let said = ask(dir, line).ok();
        transcript.push_str(&format!("$ ledger {line}\n{}{}\n", said.err, said.out));
    }
    golden("country.txt", &transcript);

    let file = scratch.path().join("drawing.svg");
    let (drawing, texts) = drawn(&example, "history 'Example Vale'", &file);
    golden("example-history.svg", &drawing);
    for said in [
        "Example Vale: rating over time",
        "SIMULATED CLOCK · EXAMPLE",
        "overall: good, 65 %",
        "2026-06-04 59 %",
    ] {
        assert!(texts.iter().any(|text| text == said), "{said}: {texts:?}");
    }
    let (drawing, texts) = drawn(&published, "national --kind local-authority", &file);
    golden("published-national.svg", &drawing);
    assert!(texts.iter().any(|text| text == "Yorkshire and The Humber"), "{texts:?}");
    for line in [
        "national",
        "national --theme leadership",
        "national --statement safeguarding --kind local-authority",
    ] {
        drawn(&published, line, &file);
    }
    for (subject, words) in [
        ("Swindon", "overall: good"),
        ("Bromley", "withdrawn; under review"),
        ("Leeds", "overall: good, printed 70 %"),
    ] {
        let (_, texts) = drawn(&published, &format!("history {subject} --as-of 2026-12-31"), &file);
        assert!(texts.iter().any(|text| text == words), "{subject}: {texts:?}");
    }
}

/// The counts are those of the published table itself, read here without the ledger.
#[test]
fn the_country_is_what_was_published() {
    let (_scratch, published, _) = demonstrated();
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/results/published_results.csv");
    let mut reader = csv::Reader::from_path(table).expect("the table");
    let column =
        reader.headers().expect("a heading").iter().position(|name| name == "published_rating").expect("one");
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    let mut results = 0;
    for row in reader.records().map(|row| row.expect("a row")) {
        // Bromley's result was withdrawn.
        if row.iter().any(|cell| cell == "Bromley") {
            continue;
        }
        results += 1;
        let rating = row[column].to_lowercase().replace(' ', "-");
        if !rating.is_empty() {
            *counts.entry(rating).or_default() += 1;
        }
    }
    let said = ask(&published, "national --kind local-authority --json").ok().json();
    let kind = &said["kinds"][0];
    assert_eq!(kind["assessed"], results);
    assert_eq!(kind["rows"][0]["ratings"], json!(counts));
    adds_up(&said);
    for line in
        ["national --json", "national --statement safeguarding --json", "national --theme leadership --json"]
    {
        adds_up(&ask(&published, line).ok().json());
    }
    let line = "national --kind local-authority --statement safeguarding --json";
    let statement = ask(&published, line).ok().json();
    let rows = statement["kinds"][0]["rows"].as_array().expect("rows").clone();
    let methods = |row: &Value| row["methods"].as_object().expect("methods").len();
    assert!(rows.iter().all(|row| methods(row) <= 1) && rows.len() > 10, "{rows:?}");
}

/// Every subject lies in one region, so what the regions have is what the country has.
fn adds_up(said: &Value) {
    for kind in said["kinds"].as_array().expect("kinds") {
        let rows = kind["rows"].as_array().expect("rows");
        let sum = |field: &str, of_country: bool| -> u64 {
            let own = rows.iter().filter(|row| row["region"].is_null() == of_country);
            own.map(|row| match &row[field] {
                Value::Number(number) => number.as_u64().expect("a count"),
                counts => counts.as_object().expect("counts").values().filter_map(Value::as_u64).sum(),
            })
            .sum()
        };
        for field in ["measured", "ratings", "scores", "methods"] {
            assert_eq!(sum(field, true), sum(field, false), "{field} of {}", kind["kind"]);
        }
        let subjects = kind["subjects"].as_array().expect("subjects");
        assert_eq!(kind["existing"], subjects.len());
        let measured = |subject: &&Value| !subject["rating"].is_null() || !subject["score"].is_null();
        assert_eq!(sum("measured", true), subjects.iter().filter(measured).count() as u64);
    }
}

#[test]
fn an_area_counts_as_long_as_it_exists() {
    let ledger = Ledger::new();
    ledger.write("operator-1", "2026-07-01", "actor enrol analyst-1 --role analyst").ok();
    let line = "transcribe ics/E54000034 --framework ics/2023-interim --date 2026-01-31 --rating good \
                --source https://example.org/frimley";
    ledger.write("analyst-1", "2026-07-02", line).ok();
    let national = |clocks: &str| {
        ledger.read(&format!("national --kind ics --json {clocks}")).ok().json()["kinds"][0].clone()
    };
    let counts =
        |kind: &Value| ["existing", "assessed", "ended"].map(|field| kind[field].as_u64().expect("a count"));
    assert_eq!(counts(&national("--as-of 2022-06-30")), [0, 0, 0]);
    assert_eq!(counts(&national("--as-of 2026-01-30")), [42, 0, 0]);
    assert_eq!(counts(&national("--as-of 2026-03-31")), [42, 1, 0]);
    assert_eq!(counts(&national("--as-of 2026-03-31 --known-at 2026-07-01")), [42, 0, 0], "not known then");
    let after = national("--as-of 2026-04-01");
    assert_eq!(counts(&after), [36, 0, 13]);
    assert_eq!(after["rows"][0]["ratings"], json!({}), "no rating is inherited");
    let subject = |code: &str| {
        let subjects = after["subjects"].as_array().expect("subjects");
        subjects.iter().find(|one| one["subject"] == code).cloned().unwrap_or_default()
    };
    assert_eq!(subject("ics/E54000034"), Value::Null);
    let successor = subject("ics/E54000070");
    assert_eq!(successor["status"], "not-yet-assessed");
    assert!(successor["follows"].as_array().expect("areas").contains(&json!("ics/E54000034")), "{successor}");
    let ended = ledger.read("history ics/E54000034 --ratings").ok().out;
    assert!(ended.contains("ended; last good") && ended.contains("2026-04-01"), "{ended}");
}

/// Five results under two methods, all transcribed late, two of them corrected, the last reviewed and withdrawn: each
/// change with the days it is about, small enough to check by eye.
#[test]
fn late_records_reach_back() {
    let ledger = Ledger::new();
    ledger.write("operator-1", "2026-07-01", "actor enrol analyst-1 --role analyst").ok();
    let give = |day: &str, line: &str| -> String {
        let receipt = ledger.write("analyst-1", day, &format!("{line} --json")).ok().json();
        receipt["entries"][0]["sequence"].as_str().expect("an entry").to_owned()
    };
    let source = "--source https://example.org/result";
    let result = |day: &str, method: &str, dated: &str, scores: &str| {
        let given: String =
            STATEMENTS.iter().zip(scores.chars()).map(|(id, n)| format!(" --score {id}={n}")).collect();
        give(
            day,
            &format!(
                "transcribe Swindon --framework local-authority/{method} --date {dated}{given} {source}"
            ),
        )
    };
    result("2026-07-02", "2023", "2024-03-10", "223322332");
    result("2026-07-03", "2023", "2024-09-12", "333322333");
    let third = result("2026-07-04", "2025", "2025-10-01", "111222111");
    let fourth = result("2026-07-05", "2025", "2025-11-20", "334433443");
    let fifth = result("2026-07-06", "2025", "2026-02-20", "222222222");
    let correct =
        |day: &str, entry: &str, what: &str| give(day, &format!("correct Swindon --entry {entry} {what}"));
    correct("2026-07-07", &third, "--field score --statement safeguarding --was 1 --now 4");
    correct("2026-07-08", &fourth, "--field effective-from --was 2025-11-20 --now 2025-08-20");
    for (day, kind, dated) in
        [("2026-07-09", "review-requested", "2026-04-01"), ("2026-07-10", "withdrawal", "2026-05-01")]
    {
        let framework = "--framework local-authority/2025";
        give(
            day,
            &format!(
                "transcribe Swindon --kind {kind} {framework} --concerns {fifth} --date {dated} {source}"
            ),
        );
    }
    let mut transcript = String::new();
    for line in [
        "history Swindon --ratings",
        "history Swindon --ratings --known-at 2026-07-06",
        "history Swindon --ratings --as-of 2025-10-31",
        "history Swindon --as-of 2025-10-31 --known-at 2026-07-07",
    ] {
        transcript.push_str(&format!("$ ledger {line}\n{}\n", ledger.read(line).ok().out));
    }
    golden("late.txt", &transcript);
    let file = ledger.file("drawing.svg", "");
    let draw = |clocks: &str| {
        ledger.read(&format!("history Swindon {clocks} --svg {}", file.display())).ok();
        checked(&fs::read_to_string(&file).expect("a drawing"))
    };
    let texts = draw("");
    for said in
        ["overall: requires-improvement, 42 %; under review", "Ensuring safety within the system: 75 %"]
    {
        assert!(texts.iter().any(|text| text == said), "{said}: {texts:?}");
    }
    assert!(draw("--known-at 2026-07-05").iter().any(|text| text == "overall: good, 87 %"));
    assert!(draw("--as-of 2025-10-31").iter().any(|text| text == "overall: requires-improvement, 42 %"));
}

const STATEMENTS: [&str; 9] = [
    "assessing-needs",
    "supporting-people-to-live-healthier-lives",
    "equity-in-experience-and-outcomes",
    "care-provision-integration-and-continuity",
    "partnerships-and-communities",
    "safe-systems-pathways-and-transitions",
    "safeguarding",
    "governance-management-and-sustainability",
    "learning-improvement-and-innovation",
];

#[test]
fn what_cannot_be_asked_is_said() {
    let ledger = Ledger::new();
    for (line, said) in [
        ("national --kind region", "have no ratings"),
        ("national --theme no-such", "no framework adopted by then has the theme 'no-such'"),
        ("national --statement no-such", "no framework adopted by then has the statement 'no-such'"),
        ("national --theme leadership --statement safeguarding", "cannot be used with"),
        ("history ics/E54009999", "is not registered"),
        ("history Swindon --ratings --known-at 3", "is not registered as known at 0000000000000003"),
        ("history actor/assessor-1 --ratings", "is not registered"),
    ] {
        let answer = ledger.read(line);
        assert_eq!((answer.status, answer.err.contains(said)), (2, true), "{line}: {}", answer.err);
    }
    assert!(ledger.read("history actor/assessor-1").ok().out.contains("actor.enrolled"));
    let nowhere = ledger.read("history Swindon --svg /nowhere/at/all.svg");
    assert_eq!((nowhere.status, nowhere.err.contains("/nowhere/at/all.svg")), (4, true), "{}", nowhere.err);
}

/// Names are data: whatever they hold, a drawing stays one.
#[test]
fn names_cannot_break_a_drawing() {
    let ledger = Ledger::new();
    let name = "<b>Care & \"Sons\"</b> ]]> —";
    ledger.write("operator-1", "2026-07-01", &format!("area register provider/1-1 --name '{name}'")).ok();
    let file = ledger.file("drawing.svg", "");
    for line in ["history provider/1-1", "national"] {
        ledger.read(&format!("{line} --svg {}", file.display())).ok();
        let texts = checked(&fs::read_to_string(&file).expect("a drawing"));
        assert!(line == "national" || texts.contains(&format!("{name}: rating over time")), "{texts:?}");
    }
    let empty = ledger.read("history provider/1-1 --ratings").ok().out;
    assert!(
        empty.contains("no change of its rating counts by then") && empty.lines().count() == 4,
        "{empty}"
    );
}

/// What counts only later is left out, and that is said.
#[test]
fn nothing_is_left_out_silently() {
    let ledger = Ledger::new();
    for area in ["local-authority/EXAMPLE1", "local-authority/EXAMPLE2"] {
        ledger.write("operator-1", "2026-07-01", &format!("area register {area} --name 'Example'")).ok();
    }
    ledger.write("operator-1", "2026-07-01", "actor enrol analyst-1 --role analyst").ok();
    let line = "transcribe local-authority/EXAMPLE1 --framework local-authority/2025 --date 2026-06-30 --rating good \
                --source https://example.org/result";
    ledger.write("analyst-1", "2026-07-01", line).ok();
    let line = "area succeed local-authority/EXAMPLE1 --successor local-authority/EXAMPLE2 --from 2027-04-01";
    ledger.write("operator-1", "2026-07-02", line).ok();
    let now = ledger.read("history local-authority/EXAMPLE1").ok().out;
    assert!(
        now.contains("left out, since they count only from a later day: 1; see --as-of 2027-04-01"),
        "{now}"
    );
    assert!(!now.contains("area.succeeded"), "{now}");
    let then = ledger.read("history local-authority/EXAMPLE1 --as-of 2027-04-01").ok().out;
    assert!(then.contains("area.succeeded") && !then.contains("left out"), "{then}");
    let said = ledger.read("history local-authority/EXAMPLE1 --json").ok();
    assert!(said.err.contains("left out") && said.out.lines().count() == 2, "{}{}", said.err, said.out);
    let steps = ledger.read("history local-authority/EXAMPLE1 --ratings").ok().out;
    assert!(steps.contains("left out"), "{steps}");
    let steps = ledger.read("history local-authority/EXAMPLE1 --ratings --as-of 2027-04-01").ok().out;
    assert!(!steps.contains("left out"), "{steps}");
}
