//! Random histories from printed seeds: what holds for every ledger, whatever was asked of it.

use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Waker};

use ledger_core::assessment::Request;
use ledger_core::store::FailureMode;
use ledger_core::{Receipt, SubmitError, line};
use ledger_tests::random::{Dice, History, shortly};
use ledger_tests::run::prepared;
use ledger_tests::world::{Envelope, Outcome, World};
use serde_json::{Value, json};

const HISTORIES: u64 = 24;
const COMMANDS: usize = 160;

/// A failure names its seed; `SEED=n` runs that one alone.
fn seeds() -> Vec<u64> {
    match std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => vec![seed],
        None => (0..HISTORIES).map(|n| 0x5eed_0000 + n).collect(),
    }
}

#[test]
fn histories_replay_to_equal_answers_and_equal_bytes() {
    let mut recorded = std::collections::BTreeMap::<String, usize>::new();
    for seed in seeds() {
        println!("SEED={seed}");
        // World::submit panics where `decide` returned what `apply` refuses: nothing else fails here.
        let mut history = History::new(seed);
        history.go_on(COMMANDS);
        replayed(seed, &history);
        spelled_and_chained(&history.world.log());
        for (command, count) in &history.recorded {
            *recorded.entry(command.clone()).or_default() += count;
        }
    }
    println!("recorded: {recorded:?}");
    let plausible = [
        "rating.publish",
        "review.decide",
        "accuracy.decide",
        "evidence.withdraw",
        "correction.record",
        "key.rotate",
        "witness.add",
        "witness.remove",
        "subjects.attest",
    ];
    if seeds().len() > 1 {
        for command in plausible {
            assert!(recorded.contains_key(command), "no history has {command}: {recorded:?}");
        }
    }
}

/// The same lines on a second ledger, reopened from its bytes at random moments, give the same.
fn replayed(seed: u64, history: &History) {
    let mut second = prepared("the country");
    // Documents are stored first, as they were.
    let mut dice = Dice(seed ^ 0xffff);
    for (at, line) in history.lines.iter().enumerate() {
        if dice.percent(10) {
            second.reopen();
        }
        for name in ["d0", "d1", "d2", "d3", "d4", "d5", "narrative"] {
            second.document(name);
        }
        let outcome = second.submit(line);
        assert_eq!(shortly(&outcome), history.outcomes[at], "SEED={seed}, line {at}");
    }
    assert_eq!(second.log(), history.world.log(), "SEED={seed}");
    // Every line again gets its first receipt, or is rejected, and adds nothing.
    second.reopen();
    let head = second.head();
    for line in history.lines.iter().step_by(7) {
        match second.submit(line) {
            Outcome::Recorded(receipt) => assert!(receipt.repeated, "SEED={seed}"),
            Outcome::Rejected(_) => {}
            other => panic!("SEED={seed}: {other:?}"),
        }
    }
    assert_eq!(second.head(), head, "SEED={seed}");
}

/// The chain and the spelling, worked out from the bytes with other people's code.
fn spelled_and_chained(log: &[Vec<u8>]) {
    let mut prev = "0".repeat(64);
    let mut subjects = std::collections::HashMap::<String, (u64, String)>::new();
    for (at, bytes) in log.iter().enumerate() {
        let entry: Value = serde_json::from_slice(bytes).expect("JSON");
        assert_eq!(serde_jcs::to_vec(&entry).expect("JCS"), *bytes, "canonical form of entry {at}");
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        assert_eq!(text("sequence"), Some(format!("{at:016}")));
        assert_eq!(text("prev").as_ref(), Some(&prev), "chain at entry {at}");
        prev = blake3::hash(bytes).to_hex().to_string();
        let subject = text("subject").expect("a subject");
        let before = subjects.get(&subject).cloned();
        let version = before.as_ref().map_or(1, |(version, _)| version + 1);
        assert_eq!(entry["subjectversion"], json!(version), "history of {subject} at entry {at}");
        assert_eq!(text("subjectprev"), before.map(|(_, prev)| prev), "history of {subject} at entry {at}");
        subjects.insert(subject, (version, format!("{at:016}")));
    }
}

fn request(world: &mut World, command: &str, data: Value) -> Request {
    let line = world.line("registrar-1", command, "national", data, &Envelope::default());
    line::request(line).expect("well formed")
}

#[test]
fn a_batch_stops_at_its_first_rejection() {
    let mut world = prepared("the country");
    let batch = vec![
        request(&mut world, "ratings.authorise", json!({"kind":"ics"})),
        request(&mut world, "ratings.authorise", json!({"kind":"ics"})),
        request(&mut world, "ratings.authorise", json!({"kind":"provider"})),
    ];
    let before = world.head().length.0;
    let answers = world.block_on(world.ledger().submit_all(batch));
    assert!(
        matches!(answers.as_slice(), [Ok(_), Err(SubmitError::Rejected(_)), Err(SubmitError::NotTried)]),
        "{answers:?}"
    );
    assert_eq!(world.head().length.0, before + 1);
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Receipt, SubmitError>> + 'a>>;

/// Submits these requests so that they are decided in one round, whose append fails.
fn fail_together(
    world: &World,
    mode: FailureMode,
    requests: &[Request],
) -> Vec<Result<Receipt, SubmitError>> {
    let ledger = world.ledger();
    let (release, released) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel::<()>();
    let hold = move |_: &ledger_core::assessment::State| begin.send(()).is_ok() && released.recv().is_ok();
    let mut held = Box::pin(ledger.look(hold));
    let mut waiting: Vec<Answering<'_>> = Vec::new();
    let mut context = Context::from_waker(Waker::noop());
    assert!(held.as_mut().poll(&mut context).is_pending(), "the writer is held");
    // Once the look has begun the writer's round is over, and it stands still while the calls queue up.
    begun.recv().expect("the writer looks");
    for request in requests {
        let mut answer: Answering<'_> = Box::pin(ledger.submit(request.clone()));
        assert!(answer.as_mut().poll(&mut context).is_pending(), "it waits for the round");
        waiting.push(answer);
    }
    world.store().fail_next_append(mode);
    release.send(()).expect("the writer waits");
    waiting.into_iter().map(|answer| world.block_on(answer)).collect()
}

#[test]
fn a_failing_append_answers_every_waiter_with_unknown() {
    for mode in [FailureMode::Failed, FailureMode::FailedButStored] {
        let mut world = prepared("the country");
        let earlier = request(&mut world, "ratings.authorise", json!({"kind":"provider"}));
        let first = world.block_on(world.ledger().submit(earlier.clone())).expect("recorded");
        let new = request(&mut world, "ratings.authorise", json!({"kind":"ics"}));
        let rejected = request(&mut world, "ratings.authorise", json!({"kind":"ics"}));
        let other = request(&mut world, "programme.pause", json!({"kind":"ics"}));
        let requests = [new.clone(), new.clone(), earlier.clone(), rejected.clone(), other.clone()];
        let answers = fail_together(&world, mode, &requests);
        for answer in &answers {
            assert!(matches!(answer, Err(SubmitError::Unknown(_))), "{mode:?}: {answers:?}");
        }
        let closed = world.block_on(world.ledger().submit(other.clone()));
        assert!(matches!(closed, Err(SubmitError::Closed)), "{closed:?}");
        world.reopen();
        let stored = mode == FailureMode::FailedButStored;
        let again = |request: &Request| world.block_on(world.ledger().submit(request.clone()));
        assert_eq!(again(&new).expect("recorded").repeated, stored, "{mode:?}");
        assert_eq!(again(&other).expect("recorded").repeated, stored, "{mode:?}");
        assert!(matches!(again(&rejected), Err(SubmitError::Rejected(_))));
        let repeat = again(&earlier).expect("recorded");
        assert!(repeat.repeated && repeat.entries == first.entries);
        let types = world.log().into_iter().map(|bytes| {
            let entry: Value = serde_json::from_slice(&bytes).expect("JSON");
            entry["type"].as_str().unwrap_or_default().to_owned()
        });
        let once = types.filter(|name| name == "ledger.programme.paused.v1").count();
        assert_eq!(once, 1, "{mode:?}");
        spelled_and_chained(&world.log());
    }
}
