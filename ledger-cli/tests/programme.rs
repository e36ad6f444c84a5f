//! The whole programme at the terminal: what sets a re-assessment off, what follows a fallen rating, and reviews
//! over many subjects. Every area, figure and word is generated.
//!
//! The story is compared with `golden/programme.txt`; `UPDATE_GOLDEN=1` rewrites it.

mod staging;

use std::fs;

use serde_json::Value;
use staging::{Stage, golden};

const AREA: &str = "local-authority/EXAMPLE02";
const COUNCIL: &str = "authority/EXAMPLE02";
const GOVERNANCE: &str = "governance-management-and-sustainability";

/// Two invented authorities, one rated, and everyone who acts.
fn prepared() -> Stage {
    let stage = Stage::new("init --simulated-clock --example --origin tests.example/programme");
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
        "holiday add '2026-12-25=Christmas Day' --last-year 2028",
        "area register local-authority/EXAMPLE02 --name 'Example Vale'",
        "area register local-authority/EXAMPLE03 --name 'Example Moor'",
        "framework approve local-authority/2025",
        "ratings authorise local-authority",
    ] {
        stage.quietly("registrar-1", line);
    }
    stage
}

/// The scores of a result transcribed: 24 of 36, which is 67 %, good.
const SCORES: &str = "--score assessing-needs=3 --score supporting-people-to-live-healthier-lives=3 \
    --score equity-in-experience-and-outcomes=2 --score care-provision-integration-and-continuity=3 \
    --score partnerships-and-communities=3 --score safe-systems-pathways-and-transitions=3 --score safeguarding=3 \
    --score governance-management-and-sustainability=2 --score learning-improvement-and-innovation=2";

/// A partial assessment of `scores` that discharges `triggers`, up to the publication of `result`. Returns the
/// publication and its triggers.
fn assess(
    stage: &mut Stage,
    days: [&str; 3],
    (open, triggers): (&str, &[String]),
    scores: &[(&str, u8)],
    findings: &str,
    result: &str,
) -> Vec<String> {
    stage.day = days[0].to_owned();
    let statements: String = scores.iter().map(|(id, _)| format!(" --statement {id}")).collect();
    let opened = stage.give(
        "assessor-1",
        &format!("assessment open {AREA} --framework local-authority/2025 --phase ongoing{statements}{open}"),
    );
    for trigger in triggers {
        let line = format!("trigger discharge {AREA} --trigger {trigger} --entry {}", opened[0]);
        stage.give("assessor-1", &line);
    }
    let evidence = stage.give(
        "assessor-1",
        &format!(
            "evidence submit {AREA}{statements} --category processes --wave collected --site on-site --source \
             regulator --document 'Generated: what was seen'"
        ),
    );
    stage.day = days[1].to_owned();
    for (statement, score) in scores {
        let line =
            format!("score assign {AREA} --statement {statement} --score {score} --evidence {}", evidence[0]);
        stage.give("assessor-1", &line);
        let line =
            format!("score moderate {AREA} --statement {statement} --score {score} --panel moderator-1");
        stage.give("moderator-1", &line);
    }
    stage.give("assessor-1", &format!("draft share {AREA}"));
    stage.give("council-1", &format!("accuracy confirm {AREA}"));
    stage.day = days[2].to_owned();
    stage.give(
        "publisher-1",
        &format!("findings publish {AREA} --narrative 'Generated: the words'{findings}"),
    );
    let published = stage.give("publisher-1", &format!("publish {AREA} {result}"));
    stage.give("publisher-1", &format!("assessment close {AREA} --outcome published"));
    published
}

#[test]
fn a_rating_falls_and_recovers() {
    let mut stage = prepared();
    let source = "--source https://example.org/generated";
    stage.give(
        "analyst-1",
        &format!("transcribe {AREA} --framework local-authority/2025 --date 2025-11-03 {SCORES} --rating good {source}"),
    );
    for (area, population) in [(AREA, 210_000), ("local-authority/EXAMPLE03", 190_000)] {
        stage.give(
            "analyst-1",
            &format!("context record {area} --value population={population} --from 2025-06-30"),
        );
    }
    let before = stage.ask("ratings");
    assert!(before.contains("good, 67 %") && before.contains("population 210000"), "{before}");

    let indicator = breach(&mut stage);
    let (trigger, raised) = concerns(&mut stage);
    let standing = stage.ask("ratings --sort rating --peers 1");
    assert!(standing.contains("re-assessment triggered") && standing.contains("Example Moor"), "{standing}");

    let fallen = assess(
        &mut stage,
        ["2026-05-11", "2026-05-18", "2026-06-01"],
        (&format!(" --trigger {trigger}"), &[indicator, trigger.clone()]),
        &[("safeguarding", 1), (GOVERNANCE, 2)],
        &format!(" --item required-improvement:r1:safeguarding --item required-improvement:r2:{GOVERNANCE}"),
        "--percent 62 --rating requires-improvement",
    );
    assert_eq!(fallen.len(), 2, "a published score of 1 triggers the decision on notice in the same commit");
    followed(&mut stage);
    for concern in raised {
        let line = format!("concern resolve {AREA} --concern {concern} --reason 'Generated: put right'");
        stage.give("analyst-1", &line);
    }

    let recovered = assess(
        &mut stage,
        ["2026-11-02", "2026-11-09", "2026-11-23"],
        (" --cause request", &[]),
        &[("safeguarding", 3)],
        "",
        "--percent 67 --rating good",
    );
    assert_eq!(recovered.len(), 1);
    let after = stage.ask("ratings");
    assert!(after.contains("good, 67 %") && !after.contains("triggered"), "{after}");
    stage.ask(&format!("trigger list {AREA}"));

    stage.day = "2027-11-15".to_owned();
    let swept = stage.give("analyst-1", "risk sweep");
    assert!(swept.is_empty(), "a sweep prints triggers, not a receipt");
    let triggers = stage.ask(&format!("trigger list {AREA}"));
    assert!(triggers.contains("R4 of risk/2026"), "{triggers}");
    let again = stage.quietly("analyst-1", &format!("risk sweep {AREA}"));
    let counts = [&again["swept"], &again["fired"]].map(|count| count.as_u64());
    assert_eq!(counts, [Some(1), Some(0)], "one cause asks once, and nothing due is no error");
    stage.ask("programme");
    stage.ask("risk policy show");
    golden("programme.txt", &stage.transcript);
}

/// An indicator worse than its benchmark for three months: rule R3.
fn breach(stage: &mut Stage) -> String {
    let define = "indicator define generated-waits --name 'Generated waits' --better lower --unit percent --sector \
                  social-care --statement safeguarding --benchmark 10 --minimum-base 50";
    stage.give("analyst-1", define);
    let mut fired = Vec::new();
    for (day, period) in [
        ("2026-02-10", "2026-01-01..2026-01-31"),
        ("2026-03-10", "2026-02-01..2026-02-28"),
        ("2026-04-10", "2026-03-01..2026-03-31"),
    ] {
        stage.day = day.to_owned();
        let observe = format!("indicator observe {AREA} --indicator generated-waits --period {period}");
        fired = stage.give("analyst-1", &format!("{observe} --numerator 24 --denominator 200"));
    }
    assert_eq!(fired.len(), 2, "the third figure fires R3 in the same commit");
    stage.ask("indicator list generated-waits");
    stage.ask("indicator balance");
    fired[1].clone()
}

/// Two concerns on one statement within the window: rule R2; one is escalated and answered.
fn concerns(stage: &mut Stage) -> (String, [String; 2]) {
    stage.day = "2026-04-20".to_owned();
    let raise = |severity: &str| {
        format!(
            "concern raise {AREA} --severity {severity} --statement safeguarding --source people --account 'Generated: \
             what people said'"
        )
    };
    let first = stage.give("analyst-1", &raise("moderate"));
    stage.day = "2026-04-27".to_owned();
    let second = stage.give("analyst-1", &raise("high"));
    assert_eq!((first.len(), second.len()), (1, 2), "the second fires R2");
    let escalated = stage.give(
        "assessor-1",
        &format!(
            "concern escalate {AREA} --concern {} --organisation {COUNCIL} --body local-government-association --due \
             2026-05-29 --reason 'Generated: why'",
            second[0]
        ),
    );
    let refused = format!(
        "concern escalate {AREA} --concern {} --organisation {COUNCIL} --body nhs-england --due 2026-05-29 --reason x",
        second[0]
    );
    let error = stage.refused("assessor-1", &refused, 3);
    assert!(error.contains("body_not_accountable") && error.contains("nhs-england"), "{error}");
    stage.give(
        "analyst-1",
        &format!(
            "escalation answer {AREA} --escalation {} --body local-government-association --outcome accepted --answer \
             'Generated: the answer'",
            escalated[0]
        ),
    );
    (second[1].clone(), [first[0].clone(), second[0].clone()])
}

/// Notice, summit, plan, support, and progress.
fn followed(stage: &mut Stage) {
    stage.day = "2026-06-08".to_owned();
    let issued =
        stage.give("publisher-1", &format!("notice issue {AREA} --decision given --reason 'Generated: why'"));
    assert_eq!(issued.len(), 2, "the decision discharges the trigger that asked for it");
    stage.give(
        "publisher-1",
        &format!("summit hold {AREA} --organisation {COUNCIL} --record 'Generated: minutes'"),
    );
    let plan = format!("plan publish {AREA} --action a1:r1:{COUNCIL}:2026-10-30");
    stage.give("publisher-1", &plan);
    stage.give(
        "analyst-1",
        &format!("support offer {AREA} --organisation {COUNCIL} --body local-government-association --kind peer-support"),
    );
    stage.give(
        "registrar-1",
        &format!(
            "intervention record {AREA} --organisation {COUNCIL} --body department-of-health-and-social-care --power \
             improvement-notice"
        ),
    );
    stage.day = "2026-08-03".to_owned();
    stage.give("council-1", &format!("plan progress {AREA} --action a1 --status on-track"));
    let shown = stage.ask(&format!("plan show {AREA}"));
    let rows: Vec<&str> = shown.lines().filter(|line| line.starts_with('r')).collect();
    assert!(rows[1].starts_with("r2") && rows[1].contains("NO ACTION"), "uncovered first: {shown}");
    assert!(rows[2].starts_with("r1") && rows[2].contains("on-track"), "{shown}");
    assert!(shown.contains("1 of 2 required improvements have no action"), "{shown}");
    let error = stage.refused("council-1", &format!("plan progress {AREA} --action a9 --status done"), 3);
    assert!(error.contains("a9") && error.contains("action_unknown"), "{error}");
    stage.day = "2026-10-26".to_owned();
    stage.give(
        "council-1",
        &format!("plan progress {AREA} --action a1 --status done --note 'Generated: what was done'"),
    );
}

#[test]
fn a_thematic_matrix_shows_its_gaps() {
    let mut stage = prepared();
    let error = stage.refused("analyst-1", "theme open desk-2023 --shipped no-such", 2);
    assert!(error.contains("'no-such'") && error.contains("authority-desk-review-2023"), "{error}");
    stage.give("analyst-1", "theme open desk-2023 --shipped authority-desk-review-2023");
    stage.give(
        "analyst-1",
        &format!("theme record desk-2023 {AREA} --question assessing-needs --level emerging"),
    );
    let shown = stage.ask("theme show desk-2023");
    assert!(shown.contains("coverage  1 of 2"), "{shown}");
    let row = shown.lines().find(|line| line.starts_with(AREA)).expect("a row");
    assert!(row.contains("emerging") && row.ends_with('.'), "{row}");
    let gap = shown.lines().find(|line| line.starts_with("local-authority/EXAMPLE03")).expect("a row");
    assert_eq!(gap.matches(" .").count(), 2, "{gap}");
    assert!(shown.contains("not-evident 0, emerging 1, evident 0, not found 1"), "{shown}");
    stage.give(
        "publisher-1",
        "theme publish desk-2023 --rests-on desk-review --report 'Generated: the report'",
    );
    assert!(stage.ask("theme list").contains("1 of 2"));
    let error =
        stage.refused("analyst-1", &format!("theme record desk-2023 {AREA} --question nothing --level x"), 3);
    assert!(error.contains("question_unknown"), "{error}");
    let file = stage.dir.join("own.json");
    let own = serde_json::json!({
        "title": "A generated review", "kind": "local-authority",
        "questions": [{ "id": "q1", "name": "A question", "levels": ["no", "yes"] }],
    });
    fs::write(&file, own.to_string()).expect("written");
    stage.give("analyst-1", "theme open own --file own.json");
    assert!(stage.ask("theme list").contains("A generated review"));
}

#[test]
fn a_partner_sees_its_own_and_what_was_shared() {
    let mut stage = prepared();
    let moor = "local-authority/EXAMPLE03";
    let submit = |area: &str, words: &str| {
        format!(
            "evidence submit {area} --statement safeguarding --category processes --wave held --site off-site --source \
             organisation --document 'Generated: {words}'"
        )
    };
    let own = stage.give("assessor-1", &submit(AREA, "about the vale"));
    let shared = stage.give("assessor-1", &submit(moor, "about the moor"));
    let hidden = stage.give("assessor-1", &submit(moor, "about the waiting list"));
    let share = format!(
        "evidence share {moor} --evidence {} --with-organisation {COUNCIL} --purpose learning",
        shared[0]
    );
    stage.give("assessor-1", &share);
    let found = |stage: &mut Stage, line: &str| {
        let text = stage.ask(line);
        [&own[0], &shared[0], &hidden[0]].map(|sequence| text.contains(sequence.as_str()))
    };
    assert_eq!(found(&mut stage, "evidence search"), [true, true, true]);
    assert_eq!(found(&mut stage, "evidence search --actor assessor-1"), [true, true, true]);
    assert_eq!(found(&mut stage, "evidence search --actor council-1"), [true, true, false]);
    assert_eq!(found(&mut stage, "evidence search 'Waiting list'"), [false, false, true]);
    assert_eq!(
        found(&mut stage, "evidence search 'Example Moor' --statement safeguarding"),
        [false, true, true]
    );
    let error = stage.refused("nobody-1", "evidence search", 2);
    assert!(error.contains("nobody-1") && error.contains("actor list"), "{error}");

    let request = format!(
        "evidence request {AREA} --statement assessing-needs --category processes --organisation {COUNCIL} --due 2026-02-02"
    );
    stage.give("assessor-1", &request);
    stage.day = "2026-02-03".to_owned();
    stage.give("assessor-1", &submit(AREA, "later"));
    let burden = stage.ask(&format!("evidence burden {COUNCIL}"));
    assert!(burden.contains("overdue") && burden.contains("assessing-needs"), "{burden}");
    let error = stage.refused("assessor-1", "evidence burden authority/NOBODY", 2);
    assert!(error.contains("authority/NOBODY"), "{error}");
}

#[test]
fn the_context_that_ships_is_loaded_once_and_finds_peers() {
    let mut stage = Stage::new("init --simulated-clock --with-defaults --origin tests.example/context");
    stage.enrol("analyst-1", "analyst");
    let first = stage.quietly("analyst-1", "context load");
    assert_eq!(first["recorded"], 195);
    let again = stage.quietly("analyst-1", "context load");
    assert_eq!((&again["recorded"], &again["already_on_record"]), (&0.into(), &195.into()));
    assert!(stage.ask("context show Swindon").contains("population"));
    let peers = stage.ask("peers Swindon -k 3 --json");
    let peers: Value = serde_json::from_str(&peers).expect("an answer");
    assert_eq!(
        peers["variables"],
        serde_json::json!(["population"]),
        "an authority has no deprivation figure"
    );
    assert_eq!(peers["peers"].as_array().map(Vec::len), Some(3));
    assert!(stage.ask("rating Swindon").contains("context: population"));
    assert!(stage.ask("ratings --kind local-authority").contains("0 of 153 rated"));
    let programme = stage.ask("programme show");
    assert!(programme.contains("0 of 153") && programme.contains("not yet formal"), "{programme}");
    let error = stage.refused("analyst-1", "ratings --kind region", 2);
    assert!(error.contains("region") && error.contains("ics"), "{error}");
}
