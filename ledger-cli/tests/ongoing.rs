//! What asks for attention, what is owed, and what is open, at the terminal: a short story whose numbers can
//! be checked by eye, asked about by both clocks. Every area, figure and word is generated.
//!
//! Compared with `golden/ongoing.txt`, and on the demonstration's example with `golden/ongoing-example.txt`;
//! `UPDATE_GOLDEN=1` rewrites them.

mod staging;

use serde_json::Value;
use staging::{Stage, golden};

const VALE: &str = "local-authority/EXAMPLE02";
const COUNCIL: &str = "authority/EXAMPLE02";
const MOOR: &str = "local-authority/EXAMPLE03";
const GOVERNANCE: &str = "governance-management-and-sustainability";

/// Two invented authorities; bank holidays are known to the end of 2026.
fn prepared() -> Stage {
    let stage = Stage::new("init --simulated-clock --example --origin tests.example/ongoing");
    for (actor, role) in [
        ("registrar-1", "registrar"),
        ("assessor-1", "assessor"),
        ("moderator-1", "moderator"),
        ("publisher-1", "publisher"),
        ("analyst-1", "analyst"),
    ] {
        stage.enrol(actor, role);
    }
    stage.quietly("operator-1", &format!("actor enrol council-1 --role partner --organisation {COUNCIL}"));
    for line in [
        "framework adopt local-authority/2025",
        "risk policy adopt risk/2026",
        "holiday add '2026-04-03=Good Friday' '2026-04-06=Easter Monday' '2026-05-04=Early May' --last-year 2026",
        "area register local-authority/EXAMPLE02 --name 'Example Vale'",
        "area register local-authority/EXAMPLE03 --name 'Example Moor'",
        "framework approve local-authority/2025",
        "ratings authorise local-authority",
    ] {
        stage.quietly("registrar-1", line);
    }
    stage
}

const SCORES: &str = "--score assessing-needs=2 --score supporting-people-to-live-healthier-lives=2 \
    --score equity-in-experience-and-outcomes=2 --score care-provision-integration-and-continuity=3 \
    --score partnerships-and-communities=3 --score safe-systems-pathways-and-transitions=3 --score safeguarding=3 \
    --score governance-management-and-sustainability=2 --score learning-improvement-and-innovation=2";

fn submit(statements: &str) -> String {
    format!(
        "evidence submit {VALE} {statements} --category processes --wave collected --site on-site --source regulator \
         --document 'Generated: what was seen'"
    )
}

fn concern(area: &str, severity: &str, statement: &str) -> String {
    format!(
        "concern raise {area} --severity {severity} --statement {statement} --source people --account 'Generated: words'"
    )
}

#[test]
fn what_is_open_is_told_by_both_clocks() {
    let mut stage = prepared();
    stage.give(
        "analyst-1",
        &format!(
            "transcribe {VALE} --framework local-authority/2025 --date 2025-07-01 {SCORES} --rating requires-improvement --source \
             https://example.org/generated"
        ),
    );
    watched(&mut stage);
    immediate(&mut stage);
    let published = assessed(&mut stage);
    afterwards(&mut stage, &published);
    by_both_clocks(&mut stage);
    refused(&stage);
    golden("ongoing.txt", &stage.transcript);
}

/// Two of three months worse, one of two concerns, and ages by a date: nothing fires, and each distance is
/// said.
fn watched(stage: &mut Stage) {
    let define = "indicator define generated-waits --name 'Generated waits' --better lower --unit percent --sector \
                  social-care --statement safeguarding --benchmark 10 --minimum-base 50";
    stage.give("analyst-1", define);
    for (day, period) in [("2026-02-10", "2026-01-01..2026-01-31"), ("2026-03-10", "2026-02-01..2026-02-28")]
    {
        stage.day = day.to_owned();
        let observe = format!("indicator observe {VALE} --indicator generated-waits --period {period}");
        stage.give("analyst-1", &format!("{observe} --numerator 24 --denominator 200"));
    }
    stage.give("analyst-1", &concern(VALE, "moderate", "equity-in-experience-and-outcomes"));
    let rows = stage.ask(&format!("risk {VALE} --all"));
    let row = |statement: &str| rows.lines().find(|line| line.contains(statement)).unwrap_or_default();
    // From 2025-07-01 to 2026-03-10 are 252 days; the interval is 365, and the 366th day is beyond it.
    assert!(row("safeguarding").contains("R3 2 of 3, R4 in 114 days"), "{rows}");
    assert!(row("equity-in-experience").contains("0/0/1/0") && row("equity").contains("R2 1 of 2"), "{rows}");
    assert!(row("assessing-needs").starts_with("quiet"), "{rows}");
    let due = stage.ask("risk --as-of 2026-07-02");
    assert_eq!(due.matches("R4 by a sweep (366 of 365 days)").count(), 9, "{due}");
    assert!(stage.ask(&format!("risk {VALE} --all --as-of 2026-07-01")).contains("R4 in 1 day"));
}

/// An immediate concern, a request, an escalation; some of it late, some of it beyond the calendar.
fn immediate(stage: &mut Stage) {
    stage.day = "2026-04-01".to_owned();
    let raised = stage.give("analyst-1", &concern(MOOR, "immediate", "safeguarding"));
    assert_eq!(raised.len(), 2, "R1 fires");
    stage.give(
        "assessor-1",
        &format!(
            "evidence request {VALE} --statement assessing-needs --category processes --organisation {COUNCIL} --due \
             2026-04-02"
        ),
    );
    stage.give(
        "assessor-1",
        &format!(
            "concern escalate {MOOR} --concern {} --organisation authority/EXAMPLE03 --body \
             local-government-association --due 2027-01-15 --reason 'Generated: why'",
            raised[0]
        ),
    );
    // Five working days from Wednesday 1 April: 2, 7, 8, 9, 10 April, since 3 and 6 are holidays.
    let owed = stage.ask("deadlines");
    assert!(owed.contains("2026-04-10     5  local-authority/EXAMPLE03  act on a trigger"), "{owed}");
    assert!(owed.contains("1 not counted in working days: bank holidays are known to the end of 2026 only"));
    stage.day = "2026-04-14".to_owned();
    stage.give(
        "analyst-1",
        &format!("{} --time 2026-04-07", concern(VALE, "low", "learning-improvement-and-innovation")),
    );
    let owed = stage.ask("deadlines --within 3");
    // From 10 to 14 April are two working days, from 2 to 14 April six.
    let overdue: Vec<&str> = owed.lines().filter(|line| line.contains("overdue")).collect();
    assert!(
        overdue[0].contains("2026-04-02  6 overdue") && overdue[1].contains("2026-04-10  2 overdue"),
        "{owed}"
    );
    assert!(owed.contains("left out: 0 without a day, 1 beyond the calendar's end"), "{owed}");
    let risk = stage.ask("risk");
    assert!(risk.lines().nth(4).is_some_and(|line| line.starts_with("immediate concern")), "{risk}");
    assert!(risk.contains("R1 due 2026-04-10 (2 working days overdue)"), "{risk}");
    stage.ask(&format!("state {MOOR}"));
}

/// A partial assessment up to its publication: a window, a challenge, a score of 1, a breach.
fn assessed(stage: &mut Stage) -> Vec<String> {
    stage.day = "2026-05-11".to_owned();
    let scope = format!("--statement safeguarding --statement {GOVERNANCE}");
    let open = format!(
        "assessment open {VALE} --framework local-authority/2025 --phase ongoing --cause request {scope}"
    );
    stage.give("assessor-1", &open);
    let evidence = stage.give("assessor-1", &submit(&scope));
    for (statement, score) in [("safeguarding", 1), (GOVERNANCE, 2)] {
        let of = format!("{VALE} --statement {statement} --score {score}");
        stage.give("assessor-1", &format!("score assign {of} --evidence {}", evidence[0]));
        stage.give("moderator-1", &format!("score moderate {of} --panel moderator-1"));
    }
    let looked_at = stage.ask(&format!("risk {VALE} --statement safeguarding"));
    assert!(looked_at.contains("R4    looked-at    314  365     -"), "{looked_at}");
    stage.give("assessor-1", &format!("draft share {VALE}"));
    stage.day = "2026-05-13".to_owned();
    stage.quietly("operator-1", "actor enrol decider-1 --role accuracy-decider");
    let challenge = format!(
        "accuracy challenge {VALE} --ground omission --statement safeguarding --comment 'Generated: it'"
    );
    let challenge = stage.give("council-1", &challenge);
    let state = stage.ask(&format!("state {VALE}"));
    assert!(state.contains("window closes 2026-05-25, 0 of 1 confirmed"), "{state}");
    assert!(state.contains("2 of 2 statements") && state.contains("undecided challenges"), "{state}");
    let decide = format!(
        "accuracy decide {VALE} --challenge {} --outcome rejected --reason 'Generated: why'",
        challenge[0]
    );
    stage.give("decider-1", &decide);
    stage.give("council-1", &format!("accuracy confirm {VALE}"));
    stage.day = "2026-05-18".to_owned();
    let findings =
        format!("findings publish {VALE} --narrative 'Generated: the words' --breach regulation-12");
    stage.give("publisher-1", &format!("{findings} --item required-improvement:r1:safeguarding"));
    let published =
        stage.give("publisher-1", &format!("publish {VALE} --percent 56 --rating requires-improvement"));
    stage.give("publisher-1", &format!("assessment close {VALE} --outcome published"));
    vec![published[0].clone(), published[1].clone(), evidence[0].clone()]
}

/// Notice, review, plan, and evidence withdrawn under the score in force.
fn afterwards(stage: &mut Stage, published: &[String]) {
    let owed = stage.ask(&format!("deadlines {VALE}"));
    let notice = owed.lines().find(|line| line.contains("decide on a notice")).unwrap_or_default();
    assert!(notice.starts_with("2026-06-01") && notice.contains(&published[0]), "{owed}");
    assert!(!owed.contains("decide-on-notice"), "the trigger is said by the notice: {owed}");
    stage.give("publisher-1", &format!("plan publish {VALE} --action a1:r1:{COUNCIL}:2026-06-05"));
    stage.give("council-1", &format!("review request {VALE} --grounds 'Generated: grounds'"));
    let withdrawn = stage.give(
        "assessor-1",
        &format!("evidence withdraw {VALE} --evidence {} --reason 'Generated: why'", published[2]),
    );
    assert_eq!(withdrawn.len(), 2, "R6 fires for both statements");
    let why = stage.ask(&format!("risk {VALE} --statement safeguarding"));
    for what in [
        "regulation-12",
        "evidence-withdrawn-under-score",
        "R6    fired",
        "R5    fired",
        "evidence.withdrawn",
    ] {
        assert!(why.contains(what), "{what}: {why}");
    }
    stage.day = "2026-06-08".to_owned();
    stage.give("publisher-1", &format!("notice issue {VALE} --decision given --reason 'Generated: why'"));
    let owed = stage.ask("deadlines");
    assert!(!owed.contains("notice") && owed.contains("decide a review"), "{owed}");
    assert!(owed.contains("2026-06-05   1 overdue") && owed.contains("a1 for r1, not reported"), "{owed}");
}

/// The late record counts from 7 April and was not known before 14 April.
fn by_both_clocks(stage: &mut Stage) {
    let mut low = |clocks: &str| {
        let answer = stage
            .ask(&format!("risk {VALE} --statement learning-improvement-and-innovation {clocks} --json"));
        let answer: Value = serde_json::from_str(&answer).expect("an answer");
        answer["rows"][0]["concerns"].as_array().map(Vec::len)
    };
    assert_eq!(low("--as-of 2026-04-08 --known-at 2026-04-13"), Some(0), "then: not known");
    assert_eq!(low("--as-of 2026-04-08"), Some(1), "now: it counted then");
    assert_eq!(low("--as-of 2026-04-06"), Some(0), "now: it did not count yet");
    let then = stage.ask(&format!("state {VALE} --known-at 2026-05-13"));
    assert!(then.contains("as of     2026-05-13") && then.contains("open assessment"), "{then}");
    let before = stage.ask("deadlines --as-of 2026-04-14");
    let known = stage.ask("deadlines --as-of 2026-04-14 --known-at 2026-04-14");
    let rows = |text: &str| text.lines().skip(3).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&before), rows(&known), "what was dealt with later was owed then");
    let json: Value = serde_json::from_str(&stage.ask("deadlines --json --within 2")).expect("an answer");
    assert_eq!(json["left_out"]["beyond_calendar"], 1);
    assert_eq!(json["notices"], serde_json::json!(["SIMULATED CLOCK", "EXAMPLE"]));
    let none = stage.ask(&format!("risk {MOOR} --as-of 2026-01-06 --known-at 2026-01-06"));
    assert!(none.contains("nothing asks for attention"), "{none}");
}

fn refused(stage: &Stage) {
    for (line, what) in [
        ("risk region/nobody", "region/nobody is not assessed"),
        ("risk local-authority/NOBODY", "local-authority/NOBODY is not registered"),
        ("risk local-authority/EXAMPLE02 --statement nothing", "nothing is no statement"),
        ("deadlines Nowhere", "'Nowhere'"),
        ("deadlines local-authority/EXAMPLE02 --known-at 0", "not registered as known at"),
        ("state local-authority/EXAMPLE02 --as-of 99999999", "there is no entry"),
        ("risk --statement safeguarding", "--help"),
        ("risk --all", "--help"),
        ("deadlines --within -1", "--help"),
    ] {
        let error = stage.refused("analyst-1", line, 2);
        assert!(error.contains(what), "{line}: {error}");
    }
}

#[test]
fn the_example_of_the_demonstration_shows_what_was_open() {
    let mut stage = Stage::new("init --simulated-clock --example --origin tests.example/unused");
    let made = stage.run(&["demo", "--data", "shown"].map(str::to_owned));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    stage.transcript.clear();
    for line in [
        "risk --as-of 2027-01-26 --known-at 2027-01-26",
        "risk ics/EXAMPLE01 --as-of 2026-05-12 --statement safeguarding",
        "deadlines --as-of 2026-03-05",
        "state ics/EXAMPLE01 --known-at 2026-05-12",
        "risk",
    ] {
        stage.ask(&format!("{line} --data shown-example"));
    }
    golden("ongoing-example.txt", &stage.transcript);
}
