//! What follows in the invented system: a recovery, an indicator and two concerns that set off another look, a
//! score of 1, what is done about it, and a second recovery.
//!
//! Continues where `example.rs` ends, through the same stage. Left out: the thematic review (`matrix.rs`).

use ledger_core::Receipt;
use ledger_core::assessment::indicator::Decimal;
use ledger_core::values::Sequence;
use serde_json::{Value, json};

use super::example::{AREA, FRAMEWORK, document, findings};
use super::stage::{Stage, first, names, tell};
use crate::exit::Failure;
use crate::output::Out;
use crate::wanted::{Needs, On, Wanted};

const BOARD: &str = "board/EXAMPLE01";
const ACCESS: &str = "equity-in-access";
const PARTNERSHIPS: &str = "partnerships-and-communities";

/// A partial re-assessment: what happens on which day, and what is found.
struct Look<'a> {
    /// Opened; scored and moderated, draft shared; confirmed by both and published.
    days: [&'a str; 3],
    /// The trigger it answers; a request of government while absent.
    trigger: Option<Sequence>,
    /// The statements with what they are found to be.
    scores: &'a [(&'a str, u32)],
    /// Items of its findings.
    items: Value,
    /// The result it states.
    stated: Value,
}

/// Goes on from the first re-assessment to the last recovery.
pub fn run(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    first_recovery(stage, out)?;
    let indicator = breach(stage, out)?;
    let concerns = concerns(stage, out)?;
    fall(stage, out, indicator, concerns.trigger)?;
    follow(stage, out)?;
    for concern in concerns.raised {
        let resolved =
            json!({ "concern": concern, "reason": { "text": "EXAMPLE. The lines are answered." } });
        stage.on("analyst-1", "concern.resolve", AREA, Needs::Nothing, &resolved)?;
    }
    let recovery = Look {
        days: ["2027-09-06", "2027-09-13", "2027-09-20"],
        trigger: None,
        scores: &[(ACCESS, 3), (PARTNERSHIPS, 3)],
        items: json!([{ "id": "s2", "kind": "strength", "statement": ACCESS }]),
        stated: json!({ "percent": 65, "rating": "good" }),
    };
    let (assessment, published) = reassess(stage, &recovery)?;
    tell(out, "2027-09-06", &format!("re-assessment {assessment} of the same two statements, by request"))?;
    let published = first(&published)?;
    tell(
        out,
        "2027-09-20",
        &format!(
            "access 1 -> 3, partnerships 2 -> 3; rating {published}: 44 of 68, 65 %, good; the rating recovers"
        ),
    )
}

/// The decision that the score of 1 asked for, and the two statements looked at again.
fn first_recovery(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    stage.day("2026-06-15")?;
    let decision = json!({
        "decision": "not-given", "reason": { "text": "EXAMPLE. Handover is in place and was seen at night." },
    });
    let receipt = noticed(stage, &decision)?;
    tell(out, "2026-06-15", &format!("the score of 1 decided on, no escalation: {}", names(&receipt)))?;
    let recovery = Look {
        days: ["2026-09-07", "2026-09-14", "2026-09-21"],
        trigger: None,
        scores: &[("safeguarding", 3), ("safe-systems-pathways-and-transitions", 3)],
        items: json!([{ "id": "s1", "kind": "strength", "statement": "safeguarding" }]),
        stated: json!({ "percent": 64, "rating": "good" }),
    };
    let (assessment, published) = reassess(stage, &recovery)?;
    let published = first(&published)?;
    tell(
        out,
        "2026-09-21",
        &format!("re-assessment {assessment} of both statements; rating {published}: 43 of 68, 64 %, good"),
    )
}

fn noticed(stage: &mut Stage, decision: &Value) -> Result<Receipt, Failure> {
    let wanted = Wanted::new("notice.issue", On::Named(AREA.to_owned()), decision)?;
    stage.give("publisher-1", wanted.needing(Needs::Publication))
}

/// An indicator worse than its benchmark by more than the margin for three months: rule R3. Returns the trigger.
fn breach(stage: &mut Stage, out: &mut Out) -> Result<Sequence, Failure> {
    stage.day("2026-10-05")?;
    let benchmark: Decimal = "10".parse()?;
    let definition = json!({
        "id": "example-waits", "version": 1, "name": "EXAMPLE. Calls that waited too long", "better": "lower",
        "unit": "percent", "sector": "urgent-care", "statements": [ACCESS], "benchmark": benchmark, "minimum_base": 50,
    });
    stage.on("analyst-1", "indicator.define", "national", Needs::Nothing, &definition)?;
    tell(out, "2026-10-05", "an indicator defined: lower is better, benchmark 10 %, minimum base 50")?;
    let mut fired = Vec::new();
    for (day, from, to, waited) in [
        ("2026-11-10", "2026-10-01", "2026-10-31", 24),
        ("2026-12-10", "2026-11-01", "2026-11-30", 27),
        ("2027-01-11", "2026-12-01", "2026-12-31", 31),
    ] {
        stage.day(day)?;
        let figure = json!({
            "indicator": "example-waits", "period": { "from": from, "to": to }, "numerator": waited,
            "denominator": 200,
        });
        let wanted = Wanted::new("indicator.observe", On::Named(AREA.to_owned()), &figure)?;
        let receipt = stage.give("analyst-1", wanted)?;
        tell(out, day, &format!("{waited} of 200, over 11 %: {}", names(&receipt)))?;
        fired = receipt.entries;
    }
    let [_, trigger] = fired.as_slice() else {
        return Err(Failure::Storage("three figures worse than the benchmark did not trigger".to_owned()));
    };
    tell(out, "2027-01-11", &format!("rule R3, three periods: trigger {}", trigger.sequence))?;
    Ok(trigger.sequence)
}

/// What the concerns left behind.
struct Concerns {
    trigger: Sequence,
    raised: [Sequence; 2],
}

/// Two concerns on one statement within the window: rule R2; the second is escalated and answered.
fn concerns(stage: &mut Stage, out: &mut Out) -> Result<Concerns, Failure> {
    let concern = |text: &str| {
        json!({
            "severity": "moderate", "statements": [ACCESS], "source": "people",
            "account": { "text": format!("EXAMPLE. {text}") },
        })
    };
    stage.day("2027-01-18")?;
    let alone = concern("A carer could not get through for a day.");
    let alone = stage.on("analyst-1", "concern.raise", AREA, Needs::Nothing, &alone)?;
    tell(out, "2027-01-18", "moderate concern on equity in access: one alone triggers nothing")?;
    stage.day("2027-01-25")?;
    let again = concern("Calls in other languages were not answered.");
    let receipt =
        stage.give("analyst-1", Wanted::new("concern.raise", On::Named(AREA.to_owned()), &again)?)?;
    let [again, trigger] = receipt.entries.as_slice() else {
        return Err(Failure::Storage("two concerns on one statement did not trigger".to_owned()));
    };
    tell(out, "2027-01-25", &format!("a second on the same statement: {}, rule R2", names(&receipt)))?;
    let escalate = json!({
        "concern": again.sequence, "organisation": BOARD, "body": "nhs-england", "due": "2027-02-22",
        "reason": { "text": "EXAMPLE. The board buys the lines." },
    });
    let escalation = stage.on("assessor-1", "concern.escalate", AREA, Needs::Nothing, &escalate)?;
    stage.day("2027-02-15")?;
    let answer = json!({
        "escalation": escalation, "body": "nhs-england", "outcome": "accepted",
        "answer": { "text": "EXAMPLE. We will act with the board." },
    });
    stage.on("analyst-1", "escalation.answer", AREA, Needs::Nothing, &answer)?;
    tell(out, "2027-02-15", "escalated to the body accountable for the board, which accepts")?;
    Ok(Concerns { trigger: trigger.sequence, raised: [alone, again.sequence] })
}

/// Both triggers are answered by one re-assessment, which publishes a score of 1.
fn fall(stage: &mut Stage, out: &mut Out, r3: Sequence, r2: Sequence) -> Result<(), Failure> {
    let look = Look {
        days: ["2027-02-22", "2027-03-08", "2027-03-22"],
        trigger: Some(r2),
        scores: &[(ACCESS, 1), (PARTNERSHIPS, 2)],
        // Ids that no earlier result uses.
        items: json!([
            { "id": "r2", "kind": "required-improvement", "statement": ACCESS },
            { "id": "r3", "kind": "required-improvement", "statement": PARTNERSHIPS },
        ]),
        stated: json!({ "percent": 61, "rating": "requires-improvement" }),
    };
    let assessment = open(stage, &look)?;
    for trigger in [r3, r2] {
        let discharge = json!({ "trigger": trigger, "entry": assessment });
        stage.on("assessor-1", "trigger.discharge", AREA, Needs::Nothing, &discharge)?;
    }
    tell(
        out,
        "2027-02-22",
        &format!("re-assessment {assessment} of two statements; it discharges both triggers"),
    )?;
    let receipt = judge(stage, &look)?;
    let published = first(&receipt)?;
    tell(
        out,
        "2027-03-22",
        &format!(
            "access 2 -> 1, partnerships 3 -> 2; rating {published}: 41 of 68, 61 %, requires improvement"
        ),
    )?;
    tell(out, "2027-03-22", &format!("a published score of 1: {}, rule R5", names(&receipt)))
}

/// Notice, summit, plan, support, and progress.
fn follow(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    stage.day("2027-03-30")?;
    let decision = json!({ "decision": "given", "reason": { "text": "EXAMPLE. People wait too long." } });
    let receipt = noticed(stage, &decision)?;
    tell(out, "2027-03-30", &format!("decision on notice: {}", names(&receipt)))?;
    stage.day("2027-04-12")?;
    let partnership = "partnership/EXAMPLE01";
    let summit = json!({ "organisations": [BOARD, partnership], "record": { "text": "EXAMPLE. Minutes." } });
    stage.on("publisher-1", "summit.hold", AREA, Needs::Publication, &summit)?;
    tell(out, "2027-04-12", "improvement summit with board and partnership")?;
    stage.day("2027-04-26")?;
    let plan = json!({
        "actions": [
            { "id": "a1", "answers": "r2", "organisation": BOARD, "due": "2027-07-30" },
            { "id": "a2", "answers": "r2", "organisation": BOARD, "due": "2027-08-27" },
            { "id": "a3", "answers": "r3", "organisation": partnership, "due": "2027-08-27" },
        ],
        "document": { "text": "EXAMPLE. The plan." },
    });
    let plan = stage.on("publisher-1", "action-plan.publish", AREA, Needs::Publication, &plan)?;
    tell(out, "2027-04-26", &format!("action plan {plan}: 3 actions answer both required improvements"))?;
    let support = json!({ "organisation": BOARD, "body": "nhs-england", "kind": "peer-support" });
    stage.on("analyst-1", "support.offer", AREA, Needs::Publication, &support)?;
    tell(out, "2027-04-26", "peer support offered to the board")?;
    for (day, partner, action, status) in [
        ("2027-06-28", "board-1", "a1", "on-track"),
        ("2027-06-28", "partnership-1", "a3", "behind"),
        ("2027-07-26", "board-1", "a1", "done"),
        ("2027-08-23", "board-1", "a2", "done"),
        ("2027-08-23", "partnership-1", "a3", "done"),
    ] {
        stage.day(day)?;
        let progress = json!({ "action": action, "status": status });
        stage.on(partner, "action.progress", AREA, Needs::Plan, &progress)?;
    }
    tell(out, "2027-06-28", "progress: a1 on track, a3 behind")?;
    tell(out, "2027-08-23", "progress: all three actions done; both concerns resolved")
}

/// A whole look. Returns the assessment and what its publication recorded.
fn reassess(stage: &mut Stage, look: &Look<'_>) -> Result<(Sequence, Receipt), Failure> {
    let assessment = open(stage, look)?;
    Ok((assessment, judge(stage, look)?))
}

fn open(stage: &mut Stage, look: &Look<'_>) -> Result<Sequence, Failure> {
    stage.day(look.days[0])?;
    let statements: Vec<&str> = look.scores.iter().map(|(statement, _)| *statement).collect();
    let mut open = json!({
        "framework": FRAMEWORK, "phase": "ongoing", "cause": "request", "statements": statements,
    });
    if let Some(trigger) = look.trigger {
        open["cause"] = json!("trigger");
        open["trigger"] = json!(trigger);
    }
    stage.on("assessor-1", "assessment.open", AREA, Needs::Nothing, &open)
}

/// Evidence, scores, moderation, draft, confirmation, publication.
fn judge(stage: &mut Stage, look: &Look<'_>) -> Result<Receipt, Failure> {
    let [_, scored, published] = look.days;
    stage.day(scored)?;
    let statements: Vec<&str> = look.scores.iter().map(|(statement, _)| *statement).collect();
    let visit = json!({
        "statements": statements, "category": "observation", "wave": "collected", "site": "on-site",
        "source": "regulator", "documents": document("A visit."),
    });
    let visit = stage.on("assessor-1", "evidence.submit", AREA, Needs::AssessmentIfOpen, &visit)?;
    for (statement, score) in look.scores {
        let given = json!({ "statement": statement, "score": score, "evidence": [visit] });
        stage.on("assessor-1", "score.assign", AREA, Needs::Assessment, &given)?;
        let moderated = json!({ "statement": statement, "score": score, "panel": ["moderator-1"] });
        stage.on("moderator-1", "score.moderate", AREA, Needs::Assessment, &moderated)?;
    }
    stage.on("assessor-1", "draft.share", AREA, Needs::Assessment, &json!({}))?;
    stage.day(published)?;
    for partner in ["board-1", "partnership-1"] {
        stage.on(partner, "accuracy.confirm", AREA, Needs::Draft, &json!({}))?;
    }
    let mut found = findings(published)?;
    found["items"] = look.items.clone();
    stage.on("publisher-1", "findings.publish", AREA, Needs::Assessment, &found)?;
    let stated = Wanted::new("rating.publish", On::Named(AREA.to_owned()), &look.stated)?;
    let receipt = stage.give("publisher-1", stated.needing(Needs::Assessment))?;
    let close = json!({ "outcome": "published" });
    stage.on("publisher-1", "assessment.close", AREA, Needs::Assessment, &close)?;
    Ok(receipt)
}
