//! What is open, what is owed and what asks for attention, on random histories: one subject's entries say
//! what the whole log says, for days in the past too; what is open is what a naive scan of the entries finds;
//! a projection that was put away half-way goes on as if it had not been. `LEDGER_TEST_SEED` reruns one
//! history; seeds are printed.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::risk::RiskRule;
use ledger_core::store::Snapshots;
use ledger_core::values::{Length, Sequence};
use ledger_tests::random::{Dice, History};
use replay::{
    DeadlineKind, Deadlines, KnownAt, Log, Ongoing, Projection, Register, StateView, SubjectHistory, Urgency,
    counts_on, ongoing_on, risks, subject_ongoing, subject_risks,
};
use serde_json::{Value, json};

const HISTORIES: u64 = 10;
const COMMANDS: usize = 260;

fn quiet(_: Length, _: Length) {}

fn seeds() -> Vec<u64> {
    let seeds = match std::env::var("LEDGER_TEST_SEED") {
        Ok(seed) => vec![seed.parse().expect("LEDGER_TEST_SEED is a number")],
        Err(_) => (1..=HISTORIES).collect(),
    };
    println!("histories with the seeds {} to {}", seeds[0], seeds[seeds.len() - 1]);
    seeds
}

fn history(seed: u64) -> (History, Log) {
    let mut history = History::new(seed);
    history.go_on(COMMANDS);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    (history, log)
}

fn some_day(dice: &mut Dice, today: Date) -> Date {
    match dice.below(4) {
        0 => today.plus_days(dice.below(400)),
        _ => (0..dice.below(120)).fold(today, |day, _| day.previous()),
    }
}

/// One subject's answers are the country's, by both clocks. Returns how many were not empty.
fn compare(seed: u64) -> usize {
    let (history, log) = history(seed);
    let (end, today) = (log.head().length.0, Date::in_london(history.world.now()));
    let mut dice = Dice(seed);
    let mut said = 0;
    for _ in 0..6 {
        let known_at = KnownAt::Sequence(Sequence::new(dice.below(end)));
        let day = some_day(&mut dice, today);
        let ((register,), head) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
        let (ongoing, also) = ongoing_on(&log, day, known_at, &mut quiet).expect("folded");
        assert_eq!(head, also, "seed {seed}");
        let (all, quiet_ones) = risks(&register, &ongoing, None, day);
        let mut also_quiet = 0;
        for (subject, _) in register.areas().filter(|(subject, _)| subject.area_kind().is_some()) {
            let what = format!("seed {seed}: {subject} as of {day} known at {known_at}");
            let read = SubjectHistory::read(&log, subject, known_at, &mut quiet).expect("read");
            let own = subject_ongoing(&log, &read, day, &mut quiet).expect("read");
            let rows: Vec<_> = all.iter().filter(|row| row.subject == *subject).cloned().collect();
            let mut own_rows = subject_risks(&read.register, &own, subject, day);
            let listed = own_rows.len();
            own_rows.retain(|row| row.urgency != Urgency::Quiet);
            also_quiet += listed - own_rows.len();
            assert_eq!(own_rows, rows, "{what}");
            let deadlines = Deadlines::of(&register, &ongoing, subject, day);
            assert_eq!(Deadlines::of(&read.register, &own, subject, day), deadlines, "{what}");
            let state = StateView::of(&read, &own, day);
            assert_eq!(state.deadlines, deadlines, "{what}");
            let listed = |kind| deadlines.deadlines.iter().filter(|owed| owed.kind == kind).count();
            assert_eq!(state.requests.len(), listed(DeadlineKind::EvidenceRequest), "{what}");
            assert_eq!(state.challenges.len(), listed(DeadlineKind::ChallengeDecision), "{what}");
            let triggers = state.triggers.iter().map(|case| case.sequence).collect::<BTreeSet<_>>();
            let in_rows = rows.iter().flat_map(|row| &row.triggers).map(|open| open.entry);
            assert_eq!(triggers, in_rows.collect(), "{what}");
            said += deadlines.deadlines.len();
        }
        assert_eq!(also_quiet, quiet_ones, "seed {seed}");
    }
    said
}

#[test]
fn a_subjects_own_entries_say_what_the_whole_log_says() {
    let said: usize = seeds().into_iter().map(compare).sum();
    println!("{said} deadlines compared");
    assert!(said > 50, "the histories must have something open: {said}");
}

/// What entries that count on a day opened and did not close, found by looking through all of them.
fn scanned(entries: &[(Value, bool)], opens: &str, closes: &[(&str, &str)]) -> BTreeSet<u64> {
    let kind = |entry: &Value| entry["type"].as_str().unwrap_or_default().to_owned();
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<u64>().ok());
    let counting = || entries.iter().filter(|(_, counts)| *counts).map(|(entry, _)| entry);
    let opened = counting().filter(|entry| kind(entry) == format!("ledger.{opens}.v1"));
    let closed: BTreeSet<u64> = counting()
        .flat_map(|entry| closes.iter().map(move |(event, field)| (entry, event, field)))
        .filter(|(entry, event, _)| kind(entry) == format!("ledger.{event}.v1"))
        .filter_map(|(entry, _, field)| number(&entry["data"][field]))
        .collect();
    opened.filter_map(|entry| number(&entry["sequence"])).filter(|at| !closed.contains(at)).collect()
}

#[test]
fn what_is_open_is_what_a_naive_scan_finds() {
    let mut found = BTreeMap::new();
    for seed in seeds() {
        let (history, log) = history(seed);
        let mut dice = Dice(seed);
        for _ in 0..4 {
            let day = some_day(&mut dice, Date::in_london(history.world.now()));
            let mut entries = Vec::new();
            log.read(KnownAt::Now, &mut quiet, |reading| {
                let entry = history.world.entry(reading.recorded.sequence);
                entries.push((entry, reading.recorded.valid_from() <= day));
            })
            .expect("read");
            let (ongoing, _) = ongoing_on(&log, day, KnownAt::Now, &mut quiet).expect("folded");
            let ((register,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
            let deadlines = Deadlines::of_all(&register, &ongoing, None, day).deadlines;
            let listed = |kind: DeadlineKind, at: usize| -> BTreeSet<u64> {
                let of_kind = deadlines.iter().filter(|owed| owed.kind == kind);
                of_kind.filter_map(|owed| owed.entries.get(at)).map(|entry| entry.get()).collect()
            };
            let requests = scanned(&entries, "evidence.requested", &[("evidence.request-closed", "request")]);
            assert_eq!(listed(DeadlineKind::EvidenceRequest, 0), requests, "seed {seed}, {day}");
            let triggers = scanned(&entries, "assessment.triggered", &[("trigger.discharged", "trigger")]);
            let mut acted = listed(DeadlineKind::TriggeredAction, 0);
            let noticed = deadlines.iter().filter(|owed| owed.kind == DeadlineKind::Notice);
            acted.extend(noticed.filter(|owed| owed.due.is_some()).map(|owed| owed.entries[0].get()));
            assert_eq!(acted, triggers, "seed {seed}, {day}");
            for (what, count) in [("requests", requests.len()), ("triggers", triggers.len())] {
                *found.entry(what).or_insert(0) += count;
            }
        }
    }
    println!("{found:?}");
    assert!(found.values().all(|count| *count > 20), "the histories must leave something open: {found:?}");
}

#[test]
fn a_projection_goes_on_from_where_it_was_put_away() {
    for seed in seeds() {
        let (_, log) = history(seed);
        let mut recorded = Vec::new();
        log.read(KnownAt::Now, &mut quiet, |reading| recorded.push(reading.recorded)).expect("read");
        let ((whole,), _) = log.replayed::<(Ongoing,)>(KnownAt::Now, &mut quiet).expect("folded");
        let (first, rest) = recorded.split_at(recorded.len() / 2);
        let mut half = Ongoing::default();
        first.iter().for_each(|recorded| half.apply(recorded));
        let dir = tempfile::tempdir().expect("a directory");
        let snapshots = Snapshots::of(dir.path());
        let head = log.head_at(Length(first.len() as u64)).expect("a head");
        snapshots.save(Ongoing::NAME, Ongoing::VERSION, head, &half).expect("saved");
        let kept = snapshots.load::<Ongoing>(Ongoing::NAME, Ongoing::VERSION, |at| at == head);
        let (_, mut again) = kept.expect("a snapshot that fits");
        assert_eq!(again.state_hash(), half.state_hash(), "seed {seed}");
        rest.iter().for_each(|recorded| again.apply(recorded));
        assert_eq!(again.state_hash(), whole.state_hash(), "seed {seed}");
        // What counts on the last day is everything.
        let last = recorded.last().map(|recorded| Date::in_london(recorded.recorded_time)).expect("entries");
        assert!(recorded.iter().all(|recorded| counts_on(recorded, last)), "seed {seed}");
    }
}

const HOME: &str = "provider/1-102";

/// A figure of a month of 2023 that is worse than its benchmark.
fn observe(history: &mut History, month: u32, survey: Option<&str>) {
    let last = Date::new(2023, month, 28).expect("a date");
    let last = (0..3).fold(last, |day, _| {
        if day.next().to_string()[5..7] == day.to_string()[5..7] { day.next() } else { day }
    });
    let period = json!({ "from": format!("2023-{month:02}-01"), "to": last });
    let data = json!({ "indicator": "delays", "period": period, "value": { "value": 30, "scale": 0 }, "survey": survey });
    let refused = history.give("analyst-1", "indicator.observe", HOME, data);
    assert!(refused.is_none(), "{refused:?}");
}

/// How many periods R3 finds, and the last sequence.
fn run(history: &History) -> (i64, u64) {
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let today = Date::in_london(history.world.now());
    let (ongoing, head) = ongoing_on(&log, today, KnownAt::Now, &mut quiet).expect("folded");
    let ((register,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let subject: Subject = HOME.parse().expect("a subject");
    let rows = subject_risks(&register, &ongoing, &subject, today);
    let row = rows.iter().find(|row| row.statement.as_str() == "safeguarding").expect("the statement");
    let rule = row.rules.iter().find(|rule| rule.rule == RiskRule::R3).expect("the rule");
    (rule.found, head.length.0 - 1)
}

#[test]
fn of_an_indicator_the_newest_periods_are_kept_and_a_withdrawn_survey_takes_its_figures_back() {
    let mut history = History::new(1);
    let define = json!({ "id": "delays", "version": 1, "name": "Delays", "better": "lower", "unit": "percent",
        "sector": "community", "statements": ["safeguarding"], "benchmark": { "value": 20, "scale": 0 } });
    assert!(history.give("analyst-1", "indicator.define", "national", define).is_none());
    (1..=10).for_each(|month| observe(&mut history, month, None));
    assert_eq!(run(&history).0, 8, "of ten periods the newest eight are kept");
    let survey = json!({ "statements": ["safeguarding"], "category": "processes", "wave": "held", "site": "off-site",
        "source": "people", "result": { "kind": "survey", "question": "q-1", "respondents": 90 } });
    assert!(history.give("assessor-1", "evidence.submit", HOME, survey).is_none());
    let survey = format!("{:016}", run(&history).1);
    observe(&mut history, 11, Some(&survey));
    assert_eq!(run(&history).0, 8);
    let reason = history.world.document("d0");
    let withdraw = json!({ "evidence": survey, "reason": reason });
    assert!(history.give("assessor-1", "evidence.withdraw", HOME, withdraw).is_none());
    assert_eq!(run(&history).0, 7, "the figure of the survey is gone");
    let response = json!({ "action": "three", "due_working_days": 5 });
    let policy = json!({ "id": "risk/longer", "effective_from": "2023-12-01",
        "r3": { "margin_percent": 10, "periods": 11, "response": response } });
    assert!(
        history.give("registrar-1", "risk-policy.adopt", "national", json!({ "policy": policy })).is_none()
    );
    observe(&mut history, 11, None);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let today = Date::in_london(history.world.now());
    let (ongoing, _) = ongoing_on(&log, today, KnownAt::Now, &mut quiet).expect("folded");
    let policy =
        |day: &str| ongoing.policy_on(day.parse().expect("a date")).map(|policy| policy.id.to_string());
    assert_eq!(
        policy("2023-11-30").as_deref(),
        Some("risk/2026"),
        "the policy of the day asked about decides"
    );
    assert_eq!(policy("2023-12-01").as_deref(), Some("risk/longer"));
    assert_eq!(run(&history).0, 8, "what was forgotten is not counted for the country");
    let subject: Subject = HOME.parse().expect("a subject");
    let read = SubjectHistory::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
    let own = subject_ongoing(&log, &read, today, &mut quiet).expect("read");
    let rows = subject_risks(&read.register, &own, &subject, today);
    let found = rows.iter().flat_map(|row| &row.rules).filter(|rule| rule.rule == RiskRule::R3);
    assert_eq!(found.map(|rule| rule.found).max(), Some(11), "one subject's figures are all there");
}
