//! An invented system through a whole assessment: evidence in three waves, scores, moderation, draft, challenges,
//! publication; then a concern that triggers, a partial re-assessment, and a changed rating. `story.rs` goes on.

use std::path::Path;

use ledger_core::shipped;
use ledger_core::values::Sequence;
use replay::{KnownAt, Log};
use serde_json::{Value, json};

use super::stage::{Stage, names, tell};
use super::{matrix, standing, story};
use crate::exit::Failure;
use crate::init;
use crate::output::{Out, marks};
use crate::wanted::{Needs, On, Wanted};

/// The invented system.
pub const AREA: &str = "ics/EXAMPLE01";
/// The method it is assessed by.
pub const FRAMEWORK: &str = "ics/2023-interim";
/// First scores, in the framework's printed order: 42 of 68, which is 62 %, requires improvement.
const FIRST_SCORES: [u32; 17] = [3, 2, 2, 2, 2, 3, 3, 2, 3, 3, 2, 3, 2, 3, 2, 2, 3];
const CHALLENGED: &str = "governance-management-and-sustainability";
/// The statements looked at again, with what they are found to be: 40 of 68 in all, which is 59 %.
const SECOND_SCORES: [(&str, u32); 2] = [("safeguarding", 1), ("safe-systems-pathways-and-transitions", 2)];

const ACTORS: [(&str, &str, Option<&str>); 9] = [
    ("assessor-1", "assessor", None),
    ("adviser-1", "adviser", None),
    ("moderator-1", "moderator", None),
    ("accuracy-decider-1", "accuracy-decider", None),
    ("publisher-1", "publisher", None),
    ("analyst-1", "analyst", None),
    ("auditor-1", "auditor", None),
    ("board-1", "partner", Some("board/EXAMPLE01")),
    ("partnership-1", "partner", Some("partnership/EXAMPLE01")),
];

/// Makes the ledger, walks through the assessment, and prints what stands at the end.
pub fn run(dir: &Path, out: &mut Out) -> Result<(), Failure> {
    let mut stage = Stage::found(dir, "demo.example/EXAMPLE", true, "2026-01-05")?;
    for mark in marks(stage.session.founded()) {
        out.line(mark)?;
    }
    out.line("A WHOLE ASSESSMENT OF AN INVENTED SYSTEM, Example Vale")?;
    out.line(format!("  ledger  https://demo.example/EXAMPLE in {}", dir.display()))?;
    prepare(&mut stage, out)?;
    gather(&mut stage, out)?;
    judge(&mut stage, out)?;
    check_accuracy(&mut stage, out)?;
    publish(&mut stage, out)?;
    trigger(&mut stage, out)?;
    story::run(&mut stage, out)?;
    matrix::run(&mut stage, out)?;
    stage.session.close()?;
    out.line("")?;
    standing::conclude(dir, out)
}

/// Actors, the area, and what must be decided before a formal assessment.
fn prepare(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    init::enrol_registrar(&mut stage.session, &"registrar-1".parse()?)?;
    stage.session.submit_all(init::national()?)?;
    for (actor, role, organisation) in ACTORS {
        stage.enrol(actor, role, organisation)?;
    }
    let organisations = json!([
        { "id": "authority/EXAMPLE02", "kind": "authority", "name": "Example Vale Council" },
        { "id": "nhs-body/EXAMPLE03", "kind": "nhs-body", "name": "Example Vale Hospitals" },
    ]);
    let area =
        json!({ "name": "Example Vale", "effective_from": "2022-07-01", "organisations": organisations });
    let registrar = "registrar-1";
    stage.on(registrar, "area.register", AREA, Needs::Nothing, &area)?;
    let approved = json!({ "framework": FRAMEWORK, "effective_from": "2026-01-05" });
    stage.on(registrar, "methodology.approve", "national", Needs::Nothing, &approved)?;
    let authorised = json!({ "kind": "ics", "effective_from": "2026-01-05" });
    stage.on(registrar, "ratings.authorise", "national", Needs::Nothing, &authorised)?;
    let priorities = json!([
        { "id": "urgent-care", "text": { "text": "People get urgent care when they need it." } },
        { "id": "fair-access", "text": { "text": "Access does not depend on where people live." } },
    ]);
    let set = json!({ "kind": "ics", "priorities": priorities });
    stage.on(registrar, "priorities.set", "national", Needs::Nothing, &set)?;
    stage.on(registrar, "priorities.publish", "national", Needs::Nothing, &json!({ "kind": "ics" }))?;
    tell(
        out,
        "2026-01-05",
        "actors enrolled; methodology approved; ratings authorised; two priorities published",
    )?;
    stage.day("2026-01-12")?;
    let open = json!({ "framework": FRAMEWORK, "phase": "formal", "cause": "schedule" });
    let assessment = stage.on("assessor-1", "assessment.open", AREA, Needs::Nothing, &open)?;
    tell(out, "2026-01-12", &format!("formal assessment {assessment} opened over 17 statements"))
}

fn themes() -> Result<Vec<Vec<String>>, Failure> {
    let frameworks = shipped::frameworks()?;
    let found = frameworks.iter().find(|shipped| shipped.framework.id.as_str() == FRAMEWORK);
    let found = found.ok_or_else(|| Failure::Storage(format!("{FRAMEWORK} does not ship")))?;
    let ids = |theme: &ledger_core::assessment::framework::Theme| {
        theme.statements.iter().map(|statement| statement.id.to_string()).collect()
    };
    Ok(found.framework.themes.iter().map(ids).collect())
}

/// What an item of evidence says, as documents do.
pub fn document(text: &str) -> Value {
    json!([{ "text": format!("EXAMPLE. {text}") }])
}

/// What is held, then what is asked for, then what is collected on site.
fn gather(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    let themes = themes()?;
    stage.day("2026-01-14")?;
    for (theme, what) in themes.iter().zip(["Outcomes of care", "Joint plans", "Board papers"]) {
        let held = json!({
            "statements": theme, "category": "outcomes", "wave": "held", "site": "off-site", "source": "data-set",
            "period": { "from": "2025-01-01", "to": "2025-12-31" }, "documents": document(what),
        });
        stage.on("analyst-1", "evidence.submit", AREA, Needs::AssessmentIfOpen, &held)?;
    }
    tell(out, "2026-01-14", "evidence already held: 3 items on all 17 statements")?;
    stage.day("2026-01-19")?;
    let mut requests = Vec::new();
    for statement in ["safeguarding", CHALLENGED, "environmental-sustainability"] {
        let request = json!({
            "statement": statement, "category": "processes", "organisation": "board/EXAMPLE01", "due": "2026-02-06",
            "description": { "text": format!("EXAMPLE. Policies on {statement}.") },
        });
        requests.push(stage.on("assessor-1", "evidence.request", AREA, Needs::AssessmentIfOpen, &request)?);
    }
    stage.day("2026-02-02")?;
    for (request, statement) in requests.iter().zip(["safeguarding", CHALLENGED]) {
        let answer = json!({
            "statements": [statement], "category": "processes", "wave": "requested", "site": "off-site",
            "source": "organisation", "organisation": "board/EXAMPLE01", "answers": request,
            "documents": document(&format!("The board's policies on {statement}.")),
        });
        stage.on("board-1", "evidence.submit", AREA, Needs::AssessmentIfOpen, &answer)?;
    }
    let lapsed = json!({ "request": requests[2], "outcome": "declined", "reason": { "text": "EXAMPLE. No policy yet." } });
    stage.on("board-1", "evidence.close-request", AREA, Needs::Nothing, &lapsed)?;
    tell(out, "2026-02-02", "3 requests to the board: 2 answered, 1 declined")?;
    stage.day("2026-02-09")?;
    collect(stage, &themes.concat())?;
    tell(out, "2026-02-09", "collected on site: observation, people's experience, staff, and a survey")
}

fn collect(stage: &mut Stage, all: &[String]) -> Result<(), Failure> {
    for (actor, category, source, what) in [
        ("adviser-1", "observation", "regulator", "A walk through an emergency department."),
        ("adviser-1", "peoples-experience", "people", "What carers told us."),
        ("assessor-1", "feedback-from-staff-and-leaders", "staff", "Interviews with ward managers."),
    ] {
        let item = json!({
            "statements": all, "category": category, "wave": "collected", "site": "on-site", "source": source,
            "documents": document(what),
        });
        stage.on(actor, "evidence.submit", AREA, Needs::AssessmentIfOpen, &item)?;
    }
    let survey = json!({
        "statements": ["equity-in-access", "equity-in-experience-and-outcomes"], "category": "peoples-experience",
        "wave": "collected", "site": "off-site", "source": "people", "tags": ["inequalities-and-wider-determinants"],
        "result": { "kind": "survey", "question": "could-get-an-appointment", "invited": 1200, "respondents": 412 },
        "documents": document("Survey of residents."),
    });
    stage.on("analyst-1", "evidence.submit", AREA, Needs::AssessmentIfOpen, &survey).map(|_| ())
}

/// Seventeen scores, each on evidence, and a panel that looks at every one.
fn judge(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    let evidence = evidence(stage)?;
    let statements = themes()?.concat();
    stage.day("2026-02-16")?;
    for (statement, score) in statements.iter().zip(FIRST_SCORES) {
        let cited: Vec<Sequence> = evidence
            .iter()
            .filter(|(_, about)| about.contains(statement))
            .map(|(sequence, _)| *sequence)
            .collect();
        let score = json!({
            "statement": statement, "score": score, "evidence": cited,
            "rationale": { "text": format!("EXAMPLE. Why {statement} is a {score}.") },
        });
        stage.on("assessor-1", "score.assign", AREA, Needs::Assessment, &score)?;
    }
    stage.day("2026-02-23")?;
    for (statement, score) in statements.iter().zip(FIRST_SCORES) {
        let moderated = json!({ "statement": statement, "score": score, "panel": ["moderator-1"] });
        stage.on("moderator-1", "score.moderate", AREA, Needs::Assessment, &moderated)?;
    }
    tell(out, "2026-02-23", "17 scores assigned and moderated: 42 of 68, 62 %, requires improvement")
}

/// The evidence in the log so far, with the statements it bears on.
fn evidence(stage: &Stage) -> Result<Vec<(Sequence, Vec<String>)>, Failure> {
    let mut found = Vec::new();
    Log::over(stage.session.ledger.store())?.read(KnownAt::Now, &mut |_, _| {}, |reading| {
        if let ledger_core::assessment::Event::EvidenceSubmitted(event) = &reading.recorded.event {
            let statements = event.statements.iter().map(ToString::to_string).collect();
            found.push((reading.recorded.sequence, statements));
        }
    })?;
    Ok(found)
}

/// The draft, two challenges, one confirmation, and a window that passes.
fn check_accuracy(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    stage.day("2026-03-02")?;
    let draft = json!({ "document": { "text": "EXAMPLE. The draft report." } });
    let draft = stage.on("assessor-1", "draft.share", AREA, Needs::Assessment, &draft)?;
    tell(
        out,
        "2026-03-02",
        &format!("draft {draft} to board and partnership; window to 2026-03-16, 10 working days"),
    )?;
    stage.day("2026-03-05")?;
    let first = json!({
        "ground": "inaccurate", "statement": CHALLENGED,
        "comment": { "text": "EXAMPLE. The board had adopted its risk framework before the visit." },
        "documents": document("Minutes that show it."),
    });
    let first = stage.on("board-1", "accuracy.challenge", AREA, Needs::Draft, &first)?;
    let second = json!({
        "ground": "typographical", "statement": "learning-culture",
        "comment": { "text": "EXAMPLE. The number of reviews should be 41." },
    });
    let second = stage.on("partnership-1", "accuracy.challenge", AREA, Needs::Draft, &second)?;
    stage.day("2026-03-10")?;
    let accepted = json!({
        "challenge": first, "outcome": "score-changed", "rescore": { "statement": CHALLENGED, "score": 3 },
        "reason": { "text": "EXAMPLE. The minutes are dated before the visit." },
    });
    let wanted = Wanted::new("accuracy.decide", On::Named(AREA.to_owned()), &accepted)?;
    let receipt = stage.give("accuracy-decider-1", wanted)?;
    tell(
        out,
        "2026-03-10",
        &format!("challenge on ground (b) accepted: {}; governance 2 -> 3", names(&receipt)),
    )?;
    let rejected = json!({
        "challenge": second, "outcome": "rejected", "reason": { "text": "EXAMPLE. The number was right." },
    });
    stage.on("accuracy-decider-1", "accuracy.decide", AREA, Needs::Nothing, &rejected)?;
    tell(out, "2026-03-10", "challenge on ground (a) rejected")?;
    stage.day("2026-03-12")?;
    stage.on("board-1", "accuracy.confirm", AREA, Needs::Draft, &json!({}))?;
    tell(out, "2026-03-12", "the board confirms; the partnership lets the window pass")
}

/// What a result says besides its scores.
pub fn findings(phase: &str) -> Result<Value, Failure> {
    let frameworks = shipped::frameworks()?;
    let found = frameworks.iter().find(|shipped| shipped.framework.id.as_str() == FRAMEWORK);
    let found = &found.ok_or_else(|| Failure::Storage(format!("{FRAMEWORK} does not ship")))?.framework;
    let commentary: Vec<_> = found.topics.iter().chain(&found.duties).map(|tag| &tag.id).collect();
    Ok(json!({
        "items": [
            { "id": "s1", "kind": "strength", "statement": "safe-systems-pathways-and-transitions" },
            { "id": "r1", "kind": "required-improvement", "statement": "safeguarding" },
        ],
        "sections": ["what-people-said"],
        "commentary": commentary,
        "priorities": ["urgent-care", "fair-access"],
        "narrative": { "text": format!("EXAMPLE. The words of the {phase} result.") },
    }))
}

fn publish(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    stage.day("2026-03-17")?;
    stage.on("publisher-1", "findings.publish", AREA, Needs::Assessment, &findings("first")?)?;
    let stated = json!({ "percent": 64, "rating": "good" });
    let published = stage.on("publisher-1", "rating.publish", AREA, Needs::Assessment, &stated)?;
    let close = json!({ "outcome": "published" });
    stage.on("publisher-1", "assessment.close", AREA, Needs::Assessment, &close)?;
    tell(
        out,
        "2026-03-17",
        &format!(
            "findings with commentary on 4 topics and 3 duties; rating {published}: 43 of 68, 64 %, good"
        ),
    )
}

/// An immediate concern, what it sets off, and two statements looked at again.
fn trigger(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    stage.day("2026-05-11")?;
    let statements: Vec<&str> = SECOND_SCORES.iter().map(|(statement, _)| *statement).collect();
    let concern = json!({
        "severity": "immediate", "statements": statements, "source": "staff",
        "account": { "text": "EXAMPLE. People are moved at night without a handover." },
    });
    let receipt =
        stage.give("analyst-1", Wanted::new("concern.raise", On::Named(AREA.to_owned()), &concern)?)?;
    let [concern, trigger] = receipt.entries.as_slice() else {
        return Err(Failure::Storage("an immediate concern did not trigger".to_owned()));
    };
    tell(
        out,
        "2026-05-11",
        &format!("immediate concern: {}, rule R1, due in 5 working days", names(&receipt)),
    )?;
    stage.day("2026-05-12")?;
    let request = json!({
        "statement": "safeguarding", "category": "feedback-from-partners", "organisation": "board/EXAMPLE01",
        "due": "2026-05-15", "trigger": trigger.sequence, "description": { "text": "EXAMPLE. The night logs." },
    });
    let request = stage.on("assessor-1", "evidence.request", AREA, Needs::Nothing, &request)?;
    stage.day("2026-05-14")?;
    let answer = json!({
        "statements": statements, "category": "feedback-from-partners", "wave": "requested", "site": "off-site",
        "source": "organisation", "organisation": "board/EXAMPLE01", "answers": request,
        "documents": document("The night logs."),
    });
    let answer = stage.on("board-1", "evidence.submit", AREA, Needs::Nothing, &answer)?;
    tell(out, "2026-05-14", "evidence asked for and answered")?;
    stage.day("2026-05-18")?;
    let open = json!({
        "framework": FRAMEWORK, "phase": "ongoing", "cause": "trigger", "trigger": trigger.sequence,
        "statements": statements,
    });
    let assessment = stage.on("assessor-1", "assessment.open", AREA, Needs::Nothing, &open)?;
    let discharge = json!({ "trigger": trigger.sequence, "entry": assessment });
    stage.on("assessor-1", "trigger.discharge", AREA, Needs::Nothing, &discharge)?;
    tell(
        out,
        "2026-05-18",
        &format!("re-assessment {assessment} of two statements; it discharges the trigger"),
    )?;
    reassess(stage, out, answer)?;
    let resolved =
        json!({ "concern": concern.sequence, "reason": { "text": "EXAMPLE. Handover is in place." } });
    stage.on("analyst-1", "concern.resolve", AREA, Needs::Nothing, &resolved).map(|_| ())
}

fn reassess(stage: &mut Stage, out: &mut Out, answer: Sequence) -> Result<(), Failure> {
    stage.day("2026-05-27")?;
    let statements: Vec<&str> = SECOND_SCORES.iter().map(|(statement, _)| *statement).collect();
    let visit = json!({
        "statements": statements, "category": "observation", "wave": "collected", "site": "on-site",
        "source": "regulator", "documents": document("A night visit."),
    });
    let visit = stage.on("assessor-1", "evidence.submit", AREA, Needs::AssessmentIfOpen, &visit)?;
    for (statement, score) in SECOND_SCORES {
        let given = json!({ "statement": statement, "score": score, "evidence": [answer, visit] });
        stage.on("assessor-1", "score.assign", AREA, Needs::Assessment, &given)?;
        let moderated = json!({ "statement": statement, "score": score, "panel": ["moderator-1"] });
        stage.on("moderator-1", "score.moderate", AREA, Needs::Assessment, &moderated)?;
    }
    stage.day("2026-06-01")?;
    stage.on("assessor-1", "draft.share", AREA, Needs::Assessment, &json!({}))?;
    stage.day("2026-06-04")?;
    for partner in ["board-1", "partnership-1"] {
        stage.on(partner, "accuracy.confirm", AREA, Needs::Draft, &json!({}))?;
    }
    tell(
        out,
        "2026-06-04",
        "safeguarding 3 -> 1, pathways 3 -> 2, moderated; draft confirmed by both within the window",
    )?;
    let mut findings = findings("second")?;
    findings["items"] = json!([{ "id": "r1", "kind": "required-improvement", "statement": "safeguarding" }]);
    stage.on("publisher-1", "findings.publish", AREA, Needs::Assessment, &findings)?;
    let stated = json!({ "percent": 59, "rating": "requires-improvement" });
    let published = stage.on("publisher-1", "rating.publish", AREA, Needs::Assessment, &stated)?;
    let close = json!({ "outcome": "published" });
    stage.on("publisher-1", "assessment.close", AREA, Needs::Assessment, &close)?;
    tell(
        out,
        "2026-06-04",
        &format!("rating {published}: 40 of 68, 59 %, requires improvement; 15 statements carried forward"),
    )
}
