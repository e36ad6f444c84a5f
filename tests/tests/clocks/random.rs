//! Random histories against the naive model: every subject, on many days, as known at many moments.
//!
//! `LEDGER_CLOCK_HISTORIES` changes how many are tried, `LEDGER_TEST_SEED` where they begin; seeds are printed. What the
//! histories must reach is counted, so that a change of the dice cannot quietly leave the hard cases out.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::codes::Subject;
use ledger_core::values::Length;
use ledger_tests::random::Dice;
use replay::{Held, KnownAt, Log, Register, subject_register, verify};
use serde_json::{Value, json};

use super::days::{last_day, london, next, previous};
use super::model::{Known, event, text};
use super::reaching::Reaching;

const STEPS: usize = 70;
/// Moments asked about in each history, and days at each of them.
const MOMENTS: u64 = 16;
const DAYS: u64 = 16;

/// How often something was met.
type Counts = BTreeMap<String, u64>;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

fn quiet(_: Length, _: Length) {}

/// The histories of a run: their number, and the first seed.
fn seeds() -> std::ops::Range<u64> {
    let first = number("LEDGER_TEST_SEED", 1);
    first..first + number("LEDGER_CLOCK_HISTORIES", 12)
}

/// A moment as people give it, of any of the three kinds, and the entries known then.
fn moment<'e>(dice: &mut Dice, entries: &'e [Value]) -> (String, &'e [Value]) {
    let at = usize::try_from(dice.below(entries.len() as u64)).unwrap_or(0);
    let recorded = |entry: &Value| text(&entry["recordedtime"]).to_owned();
    let until = |known: &dyn Fn(&Value) -> bool| entries.iter().take_while(|entry| known(entry)).count();
    match dice.below(3) {
        0 => (at.to_string(), &entries[..=at]),
        1 => {
            let instant = recorded(&entries[at]);
            let known = until(&|entry| recorded(entry) <= instant);
            (instant, &entries[..known])
        }
        _ => {
            let day = london(&recorded(&entries[at]));
            let known = until(&|entry| london(&recorded(entry)) <= day);
            (day, &entries[..known])
        }
    }
}

/// Days on which answers may change, those beside them, and some far from all.
fn days(entries: &[Value]) -> Vec<String> {
    let mut days: BTreeSet<String> = ["2019-06-01", "2040-01-01"].map(str::to_owned).into();
    for entry in entries.iter().filter(|entry| text(&entry["recordedtime"]) >= "2025-04-01") {
        let printed = [&entry["data"]["effective_from"], &entry["data"]["now"]];
        let printed = printed.into_iter().filter_map(Value::as_str).filter(|text| text.starts_with("202"));
        for day in printed.map(last_day).chain([london(text(&entry["time"]))]) {
            days.extend([previous(&day), next(&day), day]);
        }
    }
    days.into_iter().collect()
}

/// The fields in which two answers differ, with both values.
fn difference(found: &Value, expected: &Value) -> String {
    let keys: BTreeSet<&String> =
        [found, expected].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys()).collect();
    let differ = keys.into_iter().filter(|key| found[*key] != expected[*key]);
    differ.map(|key| format!("  {key}: {}\n    model: {}\n", found[key], expected[key])).collect()
}

/// What an answer is an example of.
fn examples(answer: &Value) -> Vec<String> {
    let mut said =
        vec![format!("status {}", text(&answer["status"])), format!("area {}", text(&answer["existence"]))];
    said.extend(answer["basis"].as_str().map(|basis| format!("basis {basis}")));
    let caveats = answer["caveats"].as_array().into_iter().flatten();
    said.extend(caveats.map(|caveat| format!("caveat {}", text(caveat))));
    let statements = || answer["statements"].as_array().into_iter().flatten();
    let any = |name: &str, holds: &dyn Fn(&Value) -> bool| statements().any(holds).then(|| name.to_owned());
    said.extend(any("carried forward", &|statement| statement["carried_forward"] == true));
    said.extend(any("mapped", &|statement| !statement["mapped_from"].is_null()));
    said.extend(any("several categories", &|statement| {
        statement["entries"].as_array().map(Vec::len) > Some(1)
    }));
    let corrected = answer["results"].as_array().into_iter().flatten();
    let corrected =
        { corrected }.any(|result| result["corrections"].as_array().is_some_and(|all| !all.is_empty()));
    said.extend(corrected.then(|| "rests on a correction".to_owned()));
    let undated = answer["result"]["kind"] == "transcribed" && answer["result"]["dated"].is_null();
    said.extend(undated.then(|| "undated result".to_owned()));
    said.extend((answer["successors"] != json!([])).then(|| "succeeded".to_owned()));
    said
}

/// What the entries themselves are examples of: above all what was recorded late.
fn reached(entries: &[Value], counts: &mut Counts) {
    let mut count = |name: &str| *counts.entry(name.to_owned()).or_default() += 1;
    let mut latest: BTreeMap<&str, String> = BTreeMap::new();
    for entry in entries {
        let (subject, data) = (text(&entry["subject"]), &entry["data"]);
        let (recorded, happened) = (london(text(&entry["recordedtime"])), london(text(&entry["time"])));
        let late = happened < recorded;
        match (event(entry), text(&data["kind"]), text(&data["outcome"])) {
            ("rating.published", _, _) => {
                if late {
                    count("publication dated back")
                }
                if !data["replaces"].is_null() {
                    count("republication")
                }
                latest
                    .entry(subject)
                    .and_modify(|day| *day = happened.clone().max(day.clone()))
                    .or_insert(happened);
            }
            ("rating.transcribed", "result", _) => {
                let day = data["effective_from"].as_str().map_or(recorded.clone(), last_day).min(recorded);
                if latest.get(subject).is_some_and(|published| day < *published) {
                    count("transcription older than a publication on record");
                }
            }
            ("rating.transcribed", kind, _) => count(&format!("transcribed {kind}")),
            ("rating.withdrawn", _, _) if late => count("withdrawal dated back"),
            ("review.decided", _, outcome) => count(&format!("review {outcome}")),
            ("evidence.withdrawn", _, _) if late => count("evidence withdrawn, dated back"),
            ("correction.recorded", _, _) => count(&format!("correction of {}", text(&data["field"]))),
            ("score.moderated", _, _) => {
                let before = entries.iter().find(|other| other["sequence"] == data["moderates"]);
                if before.is_some_and(|before| event(before) == "score.moderated") {
                    count("moderated twice")
                }
            }
            _ => {}
        }
    }
}

/// Every question of a history. Returns how many were asked.
fn questions(seed: u64, history: &Reaching, counts: &mut Counts) -> u64 {
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let (mut dice, days) = (Dice(seed), days(&history.entries));
    let mut asked = 0;
    for _ in 0..MOMENTS {
        let (known_at, known) = moment(&mut dice, &history.entries);
        let known_at: KnownAt = known_at.parse().expect("a moment");
        let ((register,), head) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
        assert_eq!(head.length.0, known.len() as u64, "seed {seed}: entries known at {known_at}");
        let mut rated = |subject: &Subject| register.has_results(subject) || dice.percent(10);
        let subjects = register.areas().map(|(subject, _)| subject.clone());
        let subjects: Vec<Subject> = { subjects }.filter(&mut rated).collect();
        for subject in &subjects {
            let scoped = subject_register(&log, subject, known_at, &mut quiet).expect("read");
            for _ in 0..DAYS {
                let day = &days[usize::try_from(dice.below(days.len() as u64)).unwrap_or(0)];
                let expected = Known(known).answer(subject.as_str(), day);
                for (by, register) in [("the register", &register), ("the subject's own", &scoped)] {
                    let found = json!(register.rating(subject, day.parse().expect("a date")));
                    assert!(
                        found == expected,
                        "seed {seed}: {subject} as of {day} known at {known_at}: {by} differs\n{}",
                        difference(&found, &expected)
                    );
                }
                let now = Known(&history.entries).answer(subject.as_str(), day);
                let changed =
                    (now["rating"] != expected["rating"]).then(|| "known now is not known then".to_owned());
                for example in examples(&expected).into_iter().chain(changed) {
                    *counts.entry(example).or_default() += 1;
                }
                asked += 1;
            }
        }
    }
    asked
}

/// What must be met, and how often at least in a run of the usual length.
const MUST_REACH: [(&str, u64); 33] = [
    ("publication dated back", 20),
    ("republication", 3),
    ("transcription older than a publication on record", 10),
    ("transcribed withdrawal", 3),
    ("transcribed review-requested", 3),
    ("withdrawal dated back", 10),
    ("review upheld", 3),
    ("review scores-changed", 3),
    ("evidence withdrawn, dated back", 10),
    ("correction of score", 10),
    ("correction of effective-from", 10),
    ("correction of rating", 2),
    ("correction of percent", 2),
    ("correction of source", 2),
    ("correction of name", 2),
    ("moderated twice", 10),
    ("status in-force", 100),
    ("status not-yet-assessed", 100),
    ("status withdrawn", 10),
    ("status ended", 5),
    ("basis derived", 100),
    ("basis as-printed", 20),
    ("basis incomplete", 20),
    ("caveat under-review", 20),
    ("caveat reassessment-triggered", 20),
    ("caveat rests-on-withdrawn-evidence", 10),
    ("caveat earlier-result-withdrawn", 20),
    ("carried forward", 50),
    ("mapped", 10),
    ("several categories", 20),
    ("rests on a correction", 20),
    ("undated result", 5),
    ("known now is not known then", 50),
];

#[test]
fn the_register_answers_as_the_naive_model_does() {
    let mut counts = Counts::new();
    let mut asked = 0;
    for seed in seeds() {
        let mut history = Reaching::new(seed);
        history.go_on(STEPS);
        reached(&history.entries, &mut counts);
        asked += questions(seed, &history, &mut counts);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let verified = verify(&log, &Held::default(), &mut quiet).expect("read");
        assert!(verified.ok, "seed {seed}: {:?}", verified.findings);
    }
    println!("seeds {:?}: {asked} questions, each answered twice", seeds());
    counts.iter().for_each(|(what, times)| println!("{times:>6} {what}"));
    let often = |what: &str| counts.get(what).copied().unwrap_or(0);
    let missed: Vec<_> = MUST_REACH.into_iter().filter(|(what, least)| often(what) < *least).collect();
    let short = seeds().count() < 12;
    assert!(
        short || missed.is_empty(),
        "the histories reach too little of what they are made for: {missed:?}"
    );
    assert!(short || asked > 5_000, "{asked} questions are too few");
}
