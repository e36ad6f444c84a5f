//! Imports at the terminal, against files made here in the shapes that publishers print.
//!
//! All numbers and names of organisations are generated. `LEDGER_MILLION=1` with `--ignored` imports a million
//! rows and prints throughput and peak memory; the ordinary run takes 20,000.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// A ledger in a directory of its own, removed at the end.
struct Terminal {
    dir: PathBuf,
}

impl Terminal {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("ledger-imports-{}-{n}", std::process::id()));
        // What an earlier process of the same id left behind is of no use.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory");
        let terminal = Terminal { dir };
        terminal.ok(&["init", "--actor", "operator-1", "--with-defaults"]);
        terminal.ok(&["actor", "enrol", "analyst-1", "--role", "analyst", "--actor", "operator-1"]);
        terminal
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ledger"))
            .current_dir(&self.dir)
            .env_remove("LEDGER_ACTOR")
            .env("LEDGER_DATA", self.dir.join("data"))
            .args(arguments)
            .output()
            .expect("the program runs")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn refused(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
        error
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.dir.join(name), content).expect("written");
    }

    /// Runs an import as the analyst and reads its report.
    fn import(&self, arguments: &[&str]) -> Report {
        let all = [&["indicator", "import"], arguments, &["--actor", "analyst-1", "--json"]].concat();
        Report(serde_json::from_str(&self.ok(&all)).expect("a report"))
    }

    fn entries(&self) -> usize {
        self.ok(&["log", "--json"]).lines().count()
    }

    fn events(&self, name: &str) -> Vec<serde_json::Value> {
        let lines = self.ok(&["log", "--json", "--type", name]);
        lines.lines().map(|line| serde_json::from_str(line).expect("an entry")).collect()
    }

    /// Registers `count` providers with generated codes, in bulk.
    fn providers(&self, count: usize) {
        self.ok(&["actor", "enrol", "registrar-1", "--role", "registrar", "--actor", "operator-1"]);
        let mut lines = String::new();
        for n in 0..count {
            let data = serde_json::json!({ "name": format!("Generated provider {n}") });
            let line = serde_json::json!({
                "actor": "registrar-1", "type": "area.register", "subject": format!("provider/{}", org(n)), "data": data,
            });
            writeln!(lines, "{line}").expect("written");
        }
        self.write("providers.ndjson", lines);
        self.ok(&["submit", "--assign-ids", "providers.ndjson"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A directory that cannot be removed is the system's to clean.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// What an import said.
struct Report(serde_json::Value);

impl Report {
    fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap_or_else(|| panic!("no {field} in {}", self.0))
    }

    fn skipped(&self, reason: &str) -> u64 {
        let skipped = self.0["skipped"].as_array().expect("a list").iter();
        skipped.filter(|row| row["reason"] == reason).filter_map(|row| row["count"].as_u64()).sum()
    }

    fn all_skipped(&self) -> u64 {
        let skipped = self.0["skipped"].as_array().expect("a list").iter();
        skipped.filter_map(|row| row["count"].as_u64()).sum()
    }
}

const SOURCE: &str = "https://www.england.nhs.uk/statistics/ae-waiting-times-and-activity/";
const HEADING: [&str; 22] = [
    "Period",
    "Org Code",
    "Parent Org",
    "Org name",
    "A&E attendances Type 1",
    "A&E attendances Type 2",
    "A&E attendances Other A&E Department",
    "A&E attendances Booked Appointments Type 1",
    "A&E attendances Booked Appointments Type 2",
    "A&E attendances Booked Appointments Other Department",
    "Attendances over 4hrs Type 1",
    "Attendances over 4hrs Type 2",
    "Attendances over 4hrs Other Department",
    "Attendances over 4hrs Booked Appointments Type 1",
    "Attendances over 4hrs Booked Appointments Type 2",
    "Attendances over 4hrs Booked Appointments Other Department",
    "Patients who have waited 4-12 hs from DTA to admission",
    "Patients who have waited 12+ hrs from DTA to admission",
    "Emergency admissions via A&E - Type 1",
    "Emergency admissions via A&E - Type 2",
    "Emergency admissions via A&E - Other A&E department",
    "Other emergency admissions",
];

/// A row in the published shape; `cells` are the 18 numbers.
fn row(period: &str, code: &str, parent: &str, cells: &[&str; 18]) -> String {
    let name = format!("\"GENERATED HOSPITALS, {code}\"");
    [&[period, code, parent, name.as_str()][..], &cells[..]].concat().join(",")
}

/// 18 numbers in which `over` of `admitted` waited over 12 hours.
fn cells<'a>(over: &'a str, admitted: &'a str) -> [&'a str; 18] {
    ["900", "0", "100", "10", "0", "0", "300", "0", "5", "1", "0", "0", "40", over, admitted, "0", "0", "20"]
}

fn table(rows: &[String]) -> String {
    format!("\u{feff}{}\r\n{}\r\n", HEADING.join(","), rows.join("\r\n"))
}

/// A generated organisation code, three characters and more, as the real ones.
fn org(n: usize) -> String {
    format!("X{n:04}")
}

fn ae_month(over: &[(&str, &str, &str, &str)]) -> String {
    let mut rows: Vec<String> = over
        .iter()
        .map(|(code, parent, over, admitted)| row("MSitAE-JUNE-2023", code, parent, &cells(over, admitted)))
        .collect();
    rows.push(row("TOTAL", "TOTAL", "TOTAL", &cells("999", "99999")));
    table(&rows)
}

#[test]
fn figure_20_ships_and_is_recorded_once() {
    let terminal = Terminal::new();
    let first = terminal.import(&["figure-20"]);
    assert_eq!((first.number("rows"), first.number("recorded")), (8, 9));
    let again = terminal.import(&["figure-20"]);
    assert_eq!((again.number("recorded"), again.skipped("on record already")), (0, 8));
    let list = terminal.ok(&["indicator", "list", "admissions-over-12h"]);
    assert!(list.contains("26531 of 387972"), "{list}");
    let balance = terminal.ok(&["indicator", "balance"]);
    assert!(balance.contains("warning: more than half of the indicators measure hospital"), "{balance}");
}

#[test]
fn the_monthly_table_becomes_figures_of_registered_providers() {
    let terminal = Terminal::new();
    terminal.providers(5);
    let (a, b, c, d, e) = (org(0), org(1), org(2), org(3), org(4));
    let london = "NHS ENGLAND LONDON";
    terminal.write(
        "june.csv",
        ae_month(&[
            (&a, london, "30", "400"),
            (&b, london, "*", "*"),
            (&c, london, "", "400"),
            (&d, london, "0", "0"),
            (&e, london, "401", "400"),
            ("RZZ", london, "1", "100"),
        ]),
    );
    let before = terminal.entries();
    let import = ["ae", "june.csv", "--source", SOURCE];
    let dry = terminal.import(&[&import[..], &["--dry-run"]].concat());
    assert_eq!(dry.number("recorded"), 3);
    assert_eq!(terminal.entries(), before, "a dry run records nothing");

    let report = terminal.import(&import);
    assert_eq!((report.number("rows"), report.number("totals_dropped")), (7, 1));
    assert_eq!(report.number("recorded"), 3, "the definition, a figure, a suppressed one");
    for (reason, line) in
        [("blank", 4), ("nobody counted", 5), ("more counted than there were", 6), ("not registered", 7)]
    {
        assert_eq!(report.skipped(reason), 1, "{reason}");
        let skipped = report.0["skipped"].as_array().expect("a list").iter();
        let found = { skipped }.find(|row| row["reason"] == reason).expect("the reason");
        assert_eq!(found["first"][0]["line"], line, "{reason}");
    }
    assert_eq!(report.all_skipped(), 4);

    let observed = terminal.events("indicator.observed");
    assert_eq!(observed.len(), 2);
    assert_eq!(observed[0]["data"]["numerator"], 30);
    assert_eq!(observed[0]["data"]["denominator"], 400);
    assert_eq!(observed[0]["data"]["source"], SOURCE);
    assert_eq!(
        observed[0]["data"]["period"],
        serde_json::json!({ "from": "2023-06-01", "to": "2023-06-30" })
    );
    assert!(observed[1]["data"]["numerator"].is_null(), "suppressed is no number");

    let list = terminal.ok(&["indicator", "list", "admissions-over-12h"]);
    assert!(list.contains("30 of 400") && list.contains("suppressed"), "{list}");
    let again = terminal.import(&import);
    assert_eq!((again.number("recorded"), again.skipped("on record already")), (0, 2));
    assert!(
        terminal.events("rating.transcribed").is_empty() && terminal.events("rating.published").is_empty()
    );
}

#[test]
fn regions_are_summed_and_agree_with_figure_20() {
    let terminal = Terminal::new();
    let (north, south) = ("NHS ENGLAND NORTH WEST", "NHS ENGLAND SOUTH WEST");
    terminal.write(
        "june.csv",
        ae_month(&[("RXA", north, "6000", "56000"), ("RXB", north, "323", "114"), ("RXC", south, "*", "9")]),
    );
    // RXB alone counts more than there were, which a region's sum does not see; the sum of figure 20 does.
    let report = terminal.import(&["ae", "june.csv", "--by-region", "--source", SOURCE]);
    assert_eq!((report.number("rows"), report.number("totals_dropped")), (4, 1));
    assert_eq!(report.number("recorded"), 3);
    let observed = terminal.events("indicator.observed");
    let north =
        observed.iter().find(|entry| entry["subject"] == "region/nhs-north-west").expect("the region");
    assert_eq!((&north["data"]["numerator"], &north["data"]["denominator"]), (&6323.into(), &56114.into()));
    let south =
        observed.iter().find(|entry| entry["subject"] == "region/nhs-south-west").expect("the region");
    assert!(south["data"]["numerator"].is_null(), "a sum with a suppressed part is suppressed");
    let shipped = terminal.import(&["figure-20"]);
    assert_eq!((shipped.number("recorded"), shipped.skipped("on record already")), (6, 2));
}

#[test]
fn two_measures_and_a_mapping() {
    let terminal = Terminal::new();
    terminal.write("june.csv", ae_month(&[("RXA", "NHS ENGLAND LONDON", "30", "400")]));
    terminal.write("map.csv", "RXA,ics/E54000030\r\n");
    let report = terminal.import(&[
        "ae",
        "june.csv",
        "--map",
        "map.csv",
        "--source",
        SOURCE,
        "--measure",
        "admissions-over12h",
        "--measure",
        "attendances-over4h",
    ]);
    assert_eq!(report.number("recorded"), 4, "{}", report.0);
    let observed = terminal.events("indicator.observed");
    let hours =
        observed.iter().find(|entry| entry["data"]["indicator"] == "attendances-over-4h").expect("a figure");
    assert_eq!((&hours["data"]["numerator"], &hours["data"]["denominator"]), (&306.into(), &1010.into()));
}

const DIRECTORY_HEADING: &str = "Location ID,Location ODS Code,Location Name,Care Home?,Location Type,Location Primary \
Inspection Category,Location Street Address,Location Post Code,Location Local Authority,Location Region,Provider \
ID,Provider Name,Service / Population Group,Domain,Latest Rating,Publication Date,Report Type,Inherited Rating \
(Y/N),URL,A Column Added Later";

fn directory_row(id: &str, authority: &str, group: &str, domain: &str, rating: &str, date: &str) -> String {
    format!(
        "{id},,\"Generated home, {id}\",Y,Social Care Org,Residential social care,1 Street,AA1 1AA,{authority},South \
         West,1-9,Generated provider,{group},{domain},{rating},{date},Location,N,https://www.cqc.org.uk/location/{id},x"
    )
}

#[test]
fn the_care_directory_becomes_evidence_and_never_an_outcome() {
    let terminal = Terminal::new();
    let rows = [
        directory_row("1-101", "Swindon", "Overall", "Overall", "Good", "08/05/2025"),
        directory_row("1-101", "Swindon", "Overall", "Safe", "Good", "08/05/2025"),
        directory_row(
            "1-102",
            "\"Bristol, City of\"",
            "Overall",
            "Overall",
            "Requires improvement",
            "01/02/2024",
        ),
        directory_row("1-103", "Swindon", "Overall", "Overall", "Inspected but not rated", "01/02/2024"),
        directory_row("1-104", "Atlantis", "Overall", "Overall", "Good", "01/02/2024"),
        directory_row("1-105", "Swindon", "Dementia", "Overall", "Good", "01/02/2024"),
        directory_row("1-106", "Swindon", "Overall", "Overall", "Inadequate", "31/02/2024"),
        directory_row("1-107", "Swindon", "Overall", "Overall", "Outstanding", ""),
        directory_row("1-101", "Swindon", "Overall", "Overall", "Good", "08/05/2025"),
    ];
    terminal.write("directory.csv", format!("{DIRECTORY_HEADING}\n{}\n", rows.join("\n")));
    let source = "https://www.cqc.org.uk/about-us/transparency/using-cqc-data";
    let import = [
        "care-directory",
        "directory.csv",
        "--statement",
        "care-provision-integration-and-continuity",
        "--category",
        "processes",
        "--source",
        source,
    ];
    let report = terminal.import(&import);
    assert_eq!((report.number("rows"), report.number("recorded")), (9, 3), "{}", report.0);
    let expected = [
        ("not an overall rating", 2),
        ("not rated", 1),
        ("authority not registered", 1),
        ("date not understood", 1),
        ("on record already", 1),
    ];
    for (reason, count) in expected {
        assert_eq!(report.skipped(reason), count, "{reason}");
    }
    let evidence = terminal.events("evidence.submitted");
    assert_eq!(evidence.len(), 3);
    let first = &evidence[0];
    assert_eq!(first["subject"], "local-authority/E06000030");
    assert_eq!(first["data"]["reference"], source);
    assert_eq!(
        first["data"]["result"],
        serde_json::json!({
            "kind": "provider-rating", "provider": "social-care-org/1-101", "rating": "good", "published": "2025-05-08",
        })
    );
    assert!(
        terminal.ok(&["rating", "Swindon"]).contains("not yet assessed"),
        "a rating of a provider is no outcome"
    );
    let variations = terminal.ok(&["variations", "Swindon", "--json"]);
    let line: serde_json::Value = serde_json::from_str(variations.trim()).expect("one line");
    assert_eq!((&line["good"], &line["outstanding"], &line["all"]), (&1.into(), &1.into(), &2.into()));
    let again = terminal.import(&import);
    assert_eq!((again.number("recorded"), again.skipped("on record already")), (0, 4));
}

#[test]
fn a_location_gives_current_historic_and_single_assessment_ratings() {
    let terminal = Terminal::new();
    let key_question =
        serde_json::json!({ "name": "Safe", "rating": "Good", "status": "Active", "percentageScore": 71 });
    let location = serde_json::json!({
        "locationId": "1-201", "providerId": "1-9", "name": "Generated home", "type": "Social Care Org",
        "currentRatings": {
            "overall": { "rating": "Good", "reportDate": "2024-06-07", "keyQuestionRatings": [] },
            "reportDate": "2024-06-07",
        },
        "historicRatings": [
            { "reportDate": "2021-03-01", "overall": { "rating": "Requires improvement", "keyQuestionRatings": [] } },
            { "reportDate": "2018-03-01", "overall": { "rating": "No published rating" } },
        ],
        "assessment": [{
            "assessmentPlanPublishedDateTime": "2025-09-02T09:30:00Z",
            "ratings": {
                "overall": [],
                "asgRatings": [{
                    "assessmentPlanId": "AP1", "title": "Generated", "assessmentDate": "2025-07-01",
                    "rating": "Outstanding", "keyQuestionRatings": [key_question],
                }],
            },
        }],
    });
    terminal.write("location.json", format!("\u{feff}{location}"));
    let import = [
        "location",
        "location.json",
        "--subject",
        "Swindon",
        "--statement",
        "safeguarding",
        "--category",
        "processes",
        "--source",
        "https://api.service.cqc.org.uk/public/v1/locations/1-201",
    ];
    let report = terminal.import(&import);
    assert_eq!((report.number("rows"), report.number("recorded"), report.skipped("not rated")), (4, 3, 1));
    let dates: Vec<String> = terminal
        .events("evidence.submitted")
        .iter()
        .map(|entry| entry["data"]["result"]["published"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(dates, ["2025-09-02", "2024-06-07", "2021-03-01"]);
    let document = &terminal.events("evidence.submitted")[0]["data"]["documents"][0]["commitment"];
    let kept = terminal.ok(&["document", "show", document.as_str().expect("a commitment")]);
    assert!(kept.contains("\"percentageScore\":71"), "{kept}");
    let latest: serde_json::Value =
        serde_json::from_str(terminal.ok(&["variations", "Swindon", "--json"]).trim()).expect("one line");
    assert_eq!((&latest["outstanding"], &latest["all"]), (&1.into(), &1.into()), "the latest rating counts");
    assert_eq!(terminal.import(&import).number("recorded"), 0);
}

#[test]
fn what_is_wrong_is_named_with_its_remedy() {
    let terminal = Terminal::new();
    terminal.write("empty.csv", "Period,Org Code\n");
    terminal.write("june.csv", ae_month(&[]));
    let analyst = ["--actor", "analyst-1"];
    let cases: [(&[&str], i32, &str); 8] = [
        (&["ae", "june.csv"], 2, "needs --source"),
        (&["ae", "--source", SOURCE], 2, "needs FILE"),
        (&["figure-20", "june.csv"], 2, "FILE does not go with this format"),
        (&["ae", "june.csv", "--source", SOURCE, "--subject", "QE1"], 2, "--subject does not go"),
        (&["ae", "missing.csv", "--source", SOURCE], 2, "'missing.csv' cannot be read"),
        (&["ae", "empty.csv", "--source", SOURCE], 2, "has no column"),
        (&["care-directory", "june.csv", "--source", SOURCE], 2, "needs --statement"),
        (
            &[
                "care-directory",
                "june.csv",
                "--source",
                SOURCE,
                "--statement",
                "safeguarding",
                "--category",
                "processes",
            ],
            2,
            "has no column 'Location ID'",
        ),
    ];
    for (arguments, status, said) in cases {
        let error = terminal.refused(&[&["indicator", "import"], arguments, &analyst].concat(), status);
        assert!(error.contains(said), "{arguments:?}: {error}");
    }
    let rows = [directory_row("1-101", "Swindon", "Overall", "Overall", "Good", "08/05/2025")];
    terminal.write("directory.csv", format!("{DIRECTORY_HEADING}\n{}\n", rows.join("\n")));
    let import = [
        "indicator",
        "import",
        "care-directory",
        "directory.csv",
        "--source",
        SOURCE,
        "--category",
        "processes",
    ];
    let error =
        terminal.refused(&[&import[..], &["--statement", "no-such", "--actor", "analyst-1"]].concat(), 3);
    assert!(error.contains("directory.csv line 2") && error.contains("statement_unknown"), "{error}");
    let error = terminal.refused(&[&import[..], &["--statement", "safeguarding"]].concat(), 2);
    assert!(error.contains("--actor"), "{error}");
}

/// Writes a table of `rows` rows about `providers` organisations, month after month, and says how many it has.
fn large(path: &Path, providers: usize, rows: usize) {
    use std::io::{BufWriter, Write};
    const MONTHS: [&str; 12] = [
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "MAY",
        "JUNE",
        "JULY",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ];
    let mut out = BufWriter::new(fs::File::create(path).expect("created"));
    write!(out, "\u{feff}{}\r\n", HEADING.join(",")).expect("written");
    for at in 0..rows {
        let (month, n) = (at / providers, at % providers);
        let period = format!("MSitAE-{}-{}", MONTHS[month % 12], 1990 + month / 12);
        let (over, admitted) = ((at % 97).to_string(), (1_000 + at % 53).to_string());
        let row = row(&period, &org(n), "NHS ENGLAND LONDON", &cells(&over, &admitted));
        write!(out, "{row}\r\n").expect("written");
    }
    write!(out, "{}\r\n", row("TOTAL", "TOTAL", "TOTAL", &cells("1", "1"))).expect("written");
    out.flush().expect("written");
}

#[test]
fn twenty_thousand_rows_are_recorded_once() {
    let terminal = Terminal::new();
    terminal.providers(200);
    large(&terminal.dir.join("large.csv"), 250, 20_000);
    let import = ["ae", "large.csv", "--source", SOURCE];
    let report = terminal.import(&import);
    assert_eq!((report.number("rows"), report.number("totals_dropped")), (20_001, 1));
    assert_eq!(report.number("recorded"), 16_001);
    assert_eq!(report.skipped("not registered"), 4_000);
    let entries = terminal.entries();
    let again = terminal.import(&import);
    assert_eq!((again.number("recorded"), again.number("repeated")), (0, 0));
    assert_eq!(again.skipped("on record already"), 16_000);
    assert_eq!(terminal.entries(), entries, "importing twice records nothing twice");
}

#[test]
fn under_a_stated_time_the_same_rows_are_the_same_commands() {
    // Two ledgers that state the same times give the same rows the same ids.
    let ids = |recorded: &str| {
        let terminal = Terminal::new();
        let data = terminal.dir.join("simulated");
        let data = data.to_str().expect("a path");
        let ledger = |arguments: &[&str]| {
            terminal
                .ok(&[&["--data", data, "--recorded-time", recorded, "--random-seed", "7"], arguments]
                    .concat())
        };
        ledger(&[
            "init",
            "--simulated-clock",
            "--origin",
            "ledger.example/generated",
            "--actor",
            "operator-1",
            "--with-defaults",
        ]);
        ledger(&["actor", "enrol", "analyst-1", "--role", "analyst", "--actor", "operator-1"]);
        ledger(&["indicator", "import", "figure-20", "--actor", "analyst-1"]);
        let log = terminal.ok(&["--data", data, "log", "--json", "--type", "indicator.observed"]);
        let entries =
            log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an entry"));
        entries.map(|entry| entry["id"].to_string()).collect::<Vec<_>>()
    };
    let first = ids("2023-07-13");
    assert_eq!(first.len(), 8);
    assert_eq!(first, ids("2023-07-13"));
    assert_ne!(first, ids("2023-07-14"));
}

/// The largest resident set of the children that ended, in kilobytes, where the system says it.
fn peak_of(command: &mut Command) -> (Output, Option<u64>) {
    use std::io::Read;
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("started");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = None;
    while child.try_wait().expect("asked").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|number| number.parse().ok());
        peak = peak.max(now);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut stdout = Vec::new();
    child.stdout.take().expect("piped").read_to_end(&mut stdout).expect("read");
    let status = child.wait().expect("ended");
    (Output { status, stdout, stderr: Vec::new() }, peak)
}

/// Peak memory does not grow with the file where nothing of it is recorded: the import itself holds one chunk.
#[test]
fn memory_does_not_grow_with_the_file() {
    let terminal = Terminal::new();
    let mut peaks = Vec::new();
    for rows in [1_000, 100_000] {
        let file = terminal.dir.join("large.csv");
        large(&file, 250, rows);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.env("LEDGER_DATA", terminal.dir.join("data")).args([
            "indicator",
            "import",
            "ae",
            "--source",
            SOURCE,
        ]);
        command.arg(&file).args(["--actor", "analyst-1", "--json"]);
        let (output, peak) = peak_of(&mut command);
        assert!(output.status.success());
        peaks.extend(peak);
    }
    // Where the system tells no peaks there is nothing to compare.
    if let [small, large] = peaks.as_slice() {
        assert!(*large < small + 8 * 1024, "{small} kB for 1,000 rows, {large} kB for 100,000");
    }
}

/// A million rows, in a release build: `LEDGER_MILLION=1 cargo test --release --test imports -- --ignored --nocapture`.
#[test]
#[ignore = "minutes; run it in a release build"]
fn a_million_rows() {
    let terminal = Terminal::new();
    let providers = 5_000;
    terminal.providers(providers);
    let file = terminal.dir.join("million.csv");
    large(&file, providers, 1_000_000);
    for run in ["first", "again"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.env("LEDGER_DATA", terminal.dir.join("data")).args([
            "indicator",
            "import",
            "ae",
            "--source",
            SOURCE,
        ]);
        command.arg(&file).args(["--actor", "analyst-1", "--json"]);
        let started = Instant::now();
        let (output, peak) = peak_of(&mut command);
        let seconds = started.elapsed().as_secs_f64();
        assert!(output.status.success());
        let report = Report(serde_json::from_slice(&output.stdout).expect("a report"));
        let expected = if run == "first" { 1_000_001 } else { 0 };
        assert_eq!(report.number("recorded"), expected);
        println!(
            "{run}: 1,000,001 rows in {seconds:.1} s, {:.0} rows/s, peak {} MB",
            1_000_001.0 / seconds,
            peak.unwrap_or(0) / 1024
        );
    }
}
