//! An actor with a right to write: everything they do goes through the rules and is recorded. What the rules cannot know
//! is whether it is true, and whether they are who they say.

use ledger_tests::run::prepared;
use ledger_tests::time::{MINUTE, after};
use ledger_tests::world::{Envelope, Outcome, World};
use serde_json::{Value, json};

use super::readers::{Shown, YORK, give, give_with, place, york_rated};

const SYSTEM: &str = "ics/E54000029";
const DAY: i64 = 24 * 60 * MINUTE;

/// Gives a command that the rules refuse, and says how.
fn refused(world: &mut World, actor: &str, command: &str, data: Value, envelope: &Envelope) -> &'static str {
    let line = world.line(actor, command, SYSTEM, data, envelope);
    let outcome = world.submit(line.to_string().as_bytes());
    let Outcome::Rejected(refusal) = outcome else { panic!("{command}: {outcome:?}") };
    refusal.code()
}

#[test]
fn a_false_score_within_ones_rights_is_recorded_under_ones_name() {
    let mut world = prepared("an open assessment");
    let (assessment, evidence) = (place(&world, "assessment.opened"), place(&world, "evidence.submitted"));
    let data = json!({"assessment":assessment,"statement":"safeguarding","score":4,"evidence":[evidence]});
    let at = give(&mut world, "assessor-1", "score.assign", SYSTEM, data);
    let shown = Shown::signed(world.log());
    assert!(shown.looks_clean(), "no rule knows what the evidence deserves");
    let entry: Value = serde_json::from_slice(&shown.log[at]).expect("JSON");
    assert_eq!((&entry["authid"], &entry["data"]["evidence"]), (&json!("assessor-1"), &json!([evidence])));
}

#[test]
fn what_is_not_ones_right_is_refused() {
    let mut world = prepared("a moderated assessment");
    let (assessment, evidence) = (place(&world, "assessment.opened"), place(&world, "evidence.submitted"));
    let score = json!({"assessment":assessment,"statement":"safeguarding","score":4,"evidence":[evidence]});
    let before = world.head();
    let usual = Envelope::default();
    assert_eq!(refused(&mut world, "publisher-1", "score.assign", score.clone(), &usual), "role_missing");
    assert_eq!(refused(&mut world, "nobody-1", "score.assign", score, &usual), "actor_unknown");
    assert_eq!(world.head(), before, "a refusal leaves nothing");
}

#[test]
fn a_stated_time_reaches_back_and_no_deadline_goes_by_it() {
    let mut world = prepared("a shared draft");
    let (draft, comment, in_time) = (place(&world, "draft.shared"), world.document("late"), world.now());
    world.set_time(after(world.now(), 40 * DAY));
    let envelope = Envelope { time: Some(in_time), ..Envelope::default() };
    let data = json!({"draft":draft,"ground":"omission","statement":"safeguarding","comment":comment});
    assert_eq!(refused(&mut world, "board-1", "accuracy.challenge", data, &envelope), "challenge_late");
    // What may be stated late says when it was recorded.
    let evidence = json!({"statements":["safeguarding"],"category":"outcomes","wave":"held","site":"off-site",
        "source":"staff"});
    let recorded = world.now();
    let at = give_with(&mut world, "assessor-1", "evidence.submit", SYSTEM, evidence, &envelope);
    let entry: Value = serde_json::from_slice(&world.log()[at]).expect("JSON");
    assert_eq!((&entry["time"], &entry["recordedtime"]), (&json!(in_time), &json!(recorded)));
}

#[test]
fn a_handle_of_another_is_asserted_and_every_entry_says_so() {
    let mut world = york_rated();
    let account = world.document("in another's name");
    let data = json!({"severity":"low","statements":["safeguarding"],"source":"staff","account":account});
    // Whoever sits at the terminal says who they are.
    let at = give(&mut world, "assessor-1", "concern.raise", YORK, data);
    let shown = Shown::signed(world.log());
    assert!(shown.looks_clean(), "nothing in the log can tell");
    for bytes in &shown.log {
        let entry: Value = serde_json::from_slice(bytes).expect("JSON");
        let by = entry["authtype"].as_str().expect("said");
        assert!(by == "unknown" || by == "system", "{entry}");
    }
    let entry: Value = serde_json::from_slice(&shown.log[at]).expect("JSON");
    assert_eq!((&entry["authtype"], &entry["authid"]), (&json!("unknown"), &json!("assessor-1")));
}

#[test]
fn evidence_withdrawn_after_the_publication_marks_the_rating() {
    let mut world = york_rated();
    let (evidence, reason) = (place(&world, "evidence.submitted"), world.document("second thoughts"));
    assert!(Shown::signed(world.log()).rating().caveats.is_empty());
    give(&mut world, "assessor-1", "evidence.withdraw", YORK, json!({"evidence":evidence,"reason":reason}));
    let answer = Shown::signed(world.log()).rating();
    let caveats: Vec<&str> = answer.caveats.iter().map(|caveat| caveat.words()).collect();
    assert!(answer.rating.is_some() && caveats.contains(&"rests on withdrawn evidence"), "{caveats:?}");
}
