//! `diff` and `what-if` on the demonstration's data, as transcripts; what they refuse; and that they record
//! nothing.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Said, golden, run, words};
use tempfile::TempDir;

/// The demonstration's two ledgers.
struct Demo {
    _scratch: TempDir,
    published: PathBuf,
    example: PathBuf,
}

impl Demo {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a directory");
        let published = scratch.path().join("demo");
        run(["demo", "--data", published.to_str().expect("UTF-8")]).ok();
        let example = scratch.path().join("demo-example");
        Demo { _scratch: scratch, published, example }
    }

    fn published(&self, line: &str) -> Said {
        ask(&self.published, line)
    }

    fn example(&self, line: &str) -> Said {
        ask(&self.example, line)
    }
}

fn ask(dir: &Path, line: &str) -> Said {
    let dir = dir.to_str().expect("UTF-8").to_owned();
    run(words(line).into_iter().chain(["--data".to_owned(), dir]))
}

/// Every file with its content, but for the lock, which names the process that last held it.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).expect("read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != "lock") {
                found.insert(path.clone(), std::fs::read(&path).expect("read"));
            }
        }
    }
    found
}

/// Runs lines and tells what each said.
fn transcript(ask: impl Fn(&str) -> Said, lines: &[&str]) -> String {
    let mut told = String::new();
    for line in lines {
        let said = ask(line);
        told.push_str(&format!("$ ledger {line}\n{}{}", said.out, said.err));
        if said.status != 0 {
            told.push_str(&format!("status {}\n", said.status));
        }
        told.push('\n');
    }
    told
}

#[test]
fn two_moments_are_compared() {
    let demo = Demo::new();
    let published = transcript(
        |line| demo.published(line),
        &[
            "diff Swindon --from 2025-12-31",
            "diff Bromley --from 2026-02-01 --to 2026-03-01",
            "diff Swindon --from 2026-07-01@346 --to 2026-07-01",
            "diff ics/E54000034 --from 2026-03-31 --to 2026-04-01",
            "diff Swindon --from 2026-07-01 --to 2026-07-01",
        ],
    );
    golden("diff-published.txt", &published);
    assert!(published.contains("the changed rating is explained by 1 event of 2"));
    let example = transcript(
        |line| demo.example(line),
        &[
            "diff 'Example Vale' --from 2026-04-01 --to 2026-07-01",
            "diff 'Example Vale' --from 2026-07-01 --to 2027-09-20",
            "diff 'Example Vale' --from 2026-04-01 --to 2027-09-20",
            "diff 'Example Vale' --from 2027-04-01 --to 2027-04-01@116",
        ],
    );
    golden("diff-example.txt", &example);
    let json = demo.example("diff 'Example Vale' --from 2026-04-01 --to 2026-07-01 --json").ok().json();
    let sets = json["explanation"]["sets"].as_array().expect("sets");
    assert_eq!((sets.len(), &sets[0]["entries"][0]["sequence"]), (1, &Value::from("0000000000000100")));
    assert_eq!((&json["explanation"]["proven"], &json["before"]["percent"]), (&true.into(), &64.into()));
    assert_eq!(json["notices"], serde_json::json!(["SIMULATED CLOCK", "EXAMPLE"]));
}

/// Nine scores, each corrected to 4 and then to 3: more of the eighteen corrections must go than can be tried, and not
/// all sets of five are.
#[test]
fn where_the_bound_of_the_search_is_reached_it_is_said() {
    let demo = Demo::new();
    let real = demo.published("rating Middlesbrough --json").ok().json();
    let entry = real["result"]["sequence"].as_str().expect("a result");
    for view in real["statements"].as_array().expect("statements") {
        let statement = view["statement"].as_str().expect("an id");
        for (was, now) in [(view["score"].to_string().as_str(), "4"), ("4", "3")] {
            let line = format!(
                "correct Middlesbrough --entry {entry} --field score --statement {statement} --was {was} --now {now} \
                 --recorded-time 2026-07-02 --actor analyst-1"
            );
            demo.published(&line).ok();
        }
    }
    let line = "diff Middlesbrough --from 2026-07-02@555 --to 2026-07-02";
    let said = demo.published(line).ok().out;
    let expected = "events of 18, none of which can be spared; a smaller set may do, but none of fewer than 5 does \
                    (4096 sets were tried)";
    assert!(said.contains("the changed rating is explained by") && said.contains(expected), "{said}");
    let shown = said.lines().find_map(|line| line.strip_prefix("to see it: ledger ")).expect("a command");
    let supposed = demo.published(&format!("{shown} --json")).ok().json();
    let rating = |side: &str| supposed[side]["rating"].as_str().map(ToOwned::to_owned);
    assert_eq!(
        (rating("real"), rating("supposed")),
        (Some("good".to_owned()), Some("requires-improvement".to_owned()))
    );
    let json = demo.published(&format!("{line} --json")).ok().json();
    assert_eq!(
        (&json["explanation"]["proven"], &json["explanation"]["at_least"]),
        (&false.into(), &5.into())
    );
}

#[test]
fn what_is_supposed_stands_beside_what_is() {
    let demo = Demo::new();
    let before = [files(&demo.published), files(&demo.example)];
    let example = transcript(
        |line| demo.example(line),
        &[
            "what-if 'Example Vale' --without 100 --as-of 2026-07-01",
            "what-if 'Example Vale' --without 75 --as-of 2026-04-01",
            "what-if 'Example Vale' --without 84 --as-of 2026-07-01",
            "what-if 'Example Vale' --score safeguarding=4 --score equity-in-access=1 --without 116 165",
            "what-if 'Example Vale' --without 24",
        ],
    );
    golden("what-if-example.txt", &example);
    let published = transcript(
        |line| demo.published(line),
        &[
            "what-if 'North Somerset' --rounding half-up",
            "what-if 'North Somerset' --framework local-authority/2025 --score safeguarding=3",
            "what-if Bromley --without 350",
            "what-if Swindon --score governance-management-and-sustainability=2",
            "what-if --all --rounding half-up",
            "what-if --all --rounding up",
            "what-if --all --framework local-authority/2025",
        ],
    );
    golden("what-if-published.txt", &published);
    assert!(published.contains("local-authority  percentages  15                0                   10"));
    assert_eq!([files(&demo.published), files(&demo.example)], before, "nothing is recorded");
}

/// 26 of 68 is 38.2: rounded up it requires improvement, to the nearest it is inadequate.
#[test]
fn rounding_decides_at_the_edge_of_a_band() {
    let demo = Demo::new();
    let real = demo.example("rating 'Example Vale' --json").ok().json();
    let statements = real["statements"].as_array().expect("statements");
    let scores: Vec<String> = statements
        .iter()
        .enumerate()
        .map(|(at, view)| {
            let score = if at < 9 { 2 } else { 1 };
            format!("--score {}={score}", view["statement"].as_str().expect("an id"))
        })
        .collect();
    let scores = scores.join(" ");
    for (rounding, percent, rating) in [
        ("up", 39, "requires-improvement"),
        ("ceiling", 39, "requires-improvement"),
        ("half-up", 38, "inadequate"),
    ] {
        let line = format!("what-if 'Example Vale' {scores} --rounding {rounding} --json");
        let said = demo.example(&line).ok().json();
        let supposed = &said["supposed"];
        let sum: i64 = supposed["themes"]
            .as_array()
            .expect("themes")
            .iter()
            .filter_map(|theme| theme["sum"].as_i64())
            .sum();
        assert_eq!(
            (sum, supposed["percent"].as_i64(), supposed["rating"].as_str()),
            (26, Some(percent), Some(rating))
        );
        assert_eq!((&said["recorded"], said["real"]["percent"].as_i64()), (&Value::from(false), Some(65)));
    }
}

/// A framework that nobody adopted, which maps one statement and lacks another.
#[test]
fn a_framework_from_a_file_says_what_has_no_counterpart() {
    let demo = Demo::new();
    let shipped =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/frameworks/local-authority-2025.json");
    let shipped = std::fs::read_to_string(shipped).expect("read");
    let mut value: Value = serde_json::from_str(&shipped).expect("JSON");
    let framework = &mut value["framework"];
    framework["id"] = "local-authority/2030".into();
    let leadership = framework["themes"][3]["statements"].as_array_mut().expect("statements");
    leadership[1]["id"] = "learning-alone".into();
    let file = demo.published.with_file_name("framework.json");
    std::fs::write(&file, value.to_string()).expect("written");
    let line = format!("what-if --framework-file {} --json", file.display());
    let said = demo.published(&format!("{line} Middlesbrough")).ok().json();
    let carried = &said["carried"];
    assert_eq!(carried["dropped"], serde_json::json!(["learning-improvement-and-innovation"]));
    assert_eq!(carried["without_counterpart"], serde_json::json!(["learning-alone"]));
    assert_eq!((&carried["by_mapping"], &said["supposed"]["percent"]), (&false.into(), &Value::Null));
    let all = demo.published(&format!("{line} --all")).ok().json();
    assert_eq!((&all["kinds"][0]["derived"], &all["kinds"][0]["underivable"]), (&69.into(), &69.into()));
    std::fs::write(&file, "{}").expect("written");
    assert_eq!(demo.published(&format!("{line} Middlesbrough")).status, 2);
    let missing = demo.published("what-if --framework-file /nowhere.json Middlesbrough");
    assert_eq!((missing.status, missing.err.contains("/nowhere.json")), (2, true), "{}", missing.err);
}

#[test]
fn what_cannot_be_supposed_is_refused_with_the_remedy() {
    let demo = Demo::new();
    for (line, said) in [
        ("what-if 'Example Vale' --score safeguarding=5", "'5' is not a score"),
        (
            "what-if 'Example Vale' --score kindness=3",
            "kindness is not in ics/2023-interim: see `ledger framework show",
        ),
        ("what-if 'Example Vale' --score safeguarding/processes=3", "no score for category processes"),
        ("what-if 'Example Vale' --score safeguarding=3 --score safeguarding=4", "supposed twice"),
        (
            "what-if 'Example Vale' --score safeguarding=3 --as-of 2026-01-01",
            "no result in force on 2026-01-01",
        ),
        ("what-if 'Example Vale' --without 19", "registers the area"),
        (
            "what-if 'Example Vale' --without 1",
            "entry 0000000000000001 is not in the history of ics/EXAMPLE01",
        ),
        ("what-if 'Example Vale' --without 165 --known-at 101", "as far as it is known"),
        ("what-if 'Example Vale' --without never", "'never' is no sequence number"),
        (
            "what-if 'Example Vale' --framework local-authority/2025",
            "assesses subjects of kind local-authority",
        ),
        ("what-if 'Example Vale' --framework ics/1999", "framework ics/1999 is unknown"),
        ("what-if 'Example Vale' --rounding down", "'down' is no rounding"),
        ("what-if 'Example Vale'", "required"),
        ("what-if --rounding half-up", "required"),
        ("what-if --all --score safeguarding=3", "cannot be used with"),
        ("what-if 'Example Vale' --all --rounding half-up", "cannot be used with"),
        ("what-if ics/NOWHERE --rounding half-up", "ics/NOWHERE is not registered"),
        ("diff 'Example Vale' --from soon", "'soon' is no moment"),
        ("diff 'Example Vale' --from 2026-01-01@soon", "'soon' is no moment"),
        ("diff 'Example Vale'", "--from"),
        ("diff ics/NOWHERE --from 2026-01-01", "ics/NOWHERE is not registered"),
        ("diff 'Example Vale' --from 9999", "there is no entry 0000000000009999"),
    ] {
        let found = demo.example(line);
        assert_eq!((found.status, found.err.contains(said)), (2, true), "{line}: {}", found.err);
        assert_eq!(
            found.err.lines().filter(|line| line.starts_with("error:")).count(),
            1,
            "{line}: {}",
            found.err
        );
    }
}
