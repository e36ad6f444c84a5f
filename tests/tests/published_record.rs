//! The real published record: every shipped result, transcribed, replays to the rating its source printed.

use std::sync::Arc;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::command::{Citation, Correction, TranscribeRating};
use ledger_core::assessment::event::{ClockKind, CorrectableField, FieldValue, Purpose, TranscribedKind};
use ledger_core::assessment::{Command, Request, counts_from};
use ledger_core::environment::{Environment, SeededRandom, SystemClock};
use ledger_core::log::CommandId;
use ledger_core::shipped;
use ledger_core::store::{MemoryStore, MemoryVault};
use ledger_core::values::{Sequence, Timestamp};
use ledger_core::{Founding, Ledger};
use replay::{Held, KnownAt, Log, Register, verify};

const RECORDED: &str = "2026-07-01T09:00:00.000000Z";

struct Clerk {
    ledger: Ledger,
    now: Timestamp,
    commands: u32,
}

impl Clerk {
    fn found() -> Self {
        let now: Timestamp = RECORDED.parse().expect("a time");
        let environment = Environment { clock: Arc::new(SystemClock), random: Arc::new(SeededRandom(1)) };
        let founding = Founding {
            id: CommandId::from_parts(now, [0; 10]),
            origin: "tests.example/published".parse().expect("an origin"),
            clock: ClockKind::Simulated,
            purpose: Purpose::Record,
            operator: "operator-1".parse().expect("an actor"),
            recorded_time: now,
            key: None,
        };
        let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
        let ledger = Ledger::found(store, vault, environment, founding).expect("founded");
        let mut clerk = Clerk { ledger, now, commands: 0 };
        let enrol = serde_json::json!({ "roles": ["operator", "registrar"] });
        let enrol = Command::decode("actor.enrol", enrol).expect("a command");
        clerk.submit("actor/operator-1", enrol);
        clerk
    }

    fn submit(&mut self, subject: &str, command: Command) -> Sequence {
        self.commands += 1;
        let mut random = [0; 10];
        random[6..].copy_from_slice(&self.commands.to_be_bytes());
        let request = Request {
            id: CommandId::from_parts(self.now, random),
            actor: "operator-1".parse().expect("an actor"),
            subject: subject.parse().expect("a subject"),
            time: None,
            recorded_time: Some(self.now),
            expected_subject_version: Default::default(),
            command,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let receipt = runtime.block_on(self.ledger.submit(request)).expect("recorded");
        receipt.entries[0].sequence
    }

    fn register(&self) -> Register {
        let log = Log::over(self.ledger.store()).expect("a log");
        log.replayed::<(Register,)>(KnownAt::Now, &mut |_, _| ()).expect("read").0.0
    }
}

fn transcribed(clerk: &mut Clerk) -> Vec<(shipped::PublishedResult, Sequence)> {
    for framework in shipped::frameworks().expect("frameworks") {
        clerk.submit("national", shipped::adopt(&framework));
    }
    for (subject, command) in shipped::areas().expect("areas") {
        clerk.submit(subject.as_str(), command);
    }
    let change: Date = "2025-06-29".parse().expect("a date");
    let mut entries = Vec::new();
    for row in shipped::published_results().expect("results") {
        let old = counts_from(row.date, Date::in_london(clerk.now)) <= change;
        let framework = if old { "local-authority/2023" } else { "local-authority/2025" };
        let command = Command::TranscribeRating(TranscribeRating {
            kind: TranscribedKind::Result,
            framework: framework.parse().expect("a framework"),
            phase: row.phase,
            effective_from: row.date,
            rating: row.rating,
            percent: row.percent,
            scores: row.scores.clone(),
            concerns: None,
            source: row.source.clone(),
            note: None,
        });
        let at = clerk.submit(row.subject.as_str(), command);
        entries.push((row, at));
    }
    entries
}

#[test]
fn every_fully_scored_result_replays_to_what_was_printed() {
    let mut clerk = Clerk::found();
    let rows = transcribed(&mut clerk);
    let register = clerk.register();
    let today = Date::in_london(clerk.now);
    let (mut scored, mut with_percent) = (0, 0);
    for (row, _) in &rows {
        let answer = register.rating(&row.subject, today);
        if row.scores.len() < 9 {
            assert_eq!(answer.percent, None, "{}", row.authority);
            continue;
        }
        scored += 1;
        assert_eq!(answer.basis, Some("derived"));
        assert_eq!(answer.rating, row.rating, "{}", row.authority);
        if row.percent.is_some() {
            with_percent += 1;
            assert_eq!(answer.percent, row.percent, "{}", row.authority);
        }
    }
    assert_eq!((rows.len(), scored, with_percent), (88, 69, 15));
    let log = Log::over(clerk.ledger.store()).expect("a log");
    let verification = verify(&log, &Held::default(), &mut |_, _| ()).expect("read");
    assert!(verification.ok, "{:?}", verification.findings);
}

#[test]
fn the_replayed_rating_comes_from_scores_and_never_from_the_printed_percent() {
    let mut clerk = Clerk::found();
    let rows = transcribed(&mut clerk);
    let today = Date::in_london(clerk.now);
    let (row, at) = rows.iter().find(|(row, _)| row.authority == "Middlesbrough").expect("shipped");
    let subject: &Subject = &row.subject;
    assert_eq!(clerk.register().rating(subject, today).percent.map(|p| p.get()), Some(62));
    let correct = |field, was, now| Correction {
        corrects: Citation::Sequence(*at),
        field,
        statement: (field == CorrectableField::Score)
            .then(|| "assessing-needs".parse().expect("a statement")),
        was: Some(FieldValue::Number(was)),
        now: Some(FieldValue::Number(now)),
    };
    let record = |c: Correction| {
        let data = serde_json::to_value(c).expect("JSON");
        Command::decode("correction.record", data).expect("a command")
    };
    clerk.submit(subject.as_str(), record(correct(CorrectableField::Percent, 62, 99)));
    assert_eq!(clerk.register().rating(subject, today).percent.map(|p| p.get()), Some(62));
    clerk.submit(subject.as_str(), record(correct(CorrectableField::Score, 2, 3)));
    let answer = clerk.register().rating(subject, today);
    assert_eq!(
        (answer.percent.map(|p| p.get()), answer.rating.map(|r| r.as_str())),
        (Some(64), Some("good"))
    );
}
