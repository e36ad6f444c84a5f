//! Imports at the terminal, against files made here in the shapes that publishers print.

mod importing;

use importing::{SOURCE, Terminal, cells, org, row, table};

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
        "admissions-over-12h",
        "--measure",
        "attendances-over-4h",
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
