//! The projections of the whole country are plain data: kept and read back they are the same, and what they do not
//! want changes nothing in them.

use ledger_core::log::Head;
use ledger_core::store::Snapshots;
use ledger_core::values::Length;
use ledger_tests::random::History;
use replay::{Contexts, KnownAt, Log, Programme, Projection, Reading, Themes};
use serde_json::json;

fn quiet(_: Length, _: Length) {}

/// A random history with contexts, thematic reviews and a pause.
fn read() -> (Log, Vec<Reading>) {
    let mut history = History::new(5);
    history.go_on(300);
    let variables = json!([{"variable":"population","value":{"value":2037,"scale":0}},{"variable":"deprivation-share","value":{"value":-123,"scale":3}}]);
    let question = json!({"id":"context","name":"Enabling context","levels":["absent","emerging"]});
    let report = history.world.document("report");
    for (actor, command, subject, data) in [
        (
            "analyst-1",
            "context.record",
            "ics/E54000029",
            json!({"effective_from":"2023-01-01","variables":variables}),
        ),
        (
            "analyst-1",
            "thematic-review.open",
            "theme/equity",
            json!({"title":"Equity","kind":"ics","questions":[question]}),
        ),
        (
            "analyst-1",
            "finding.record",
            "theme/equity",
            json!({"subject":"ics/E54000029","question":"context","level":"emerging"}),
        ),
        (
            "publisher-1",
            "thematic-report.publish",
            "theme/equity",
            json!({"rests_on":"desk-review","report":report}),
        ),
        ("registrar-1", "programme.pause", "national", json!({"kind":"local-authority"})),
    ] {
        // The programme may be paused already.
        let rejected = history.give(actor, command, subject, data);
        assert!(rejected.is_none() || command == "programme.pause", "{command}: {rejected:?}");
    }
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let mut readings = Vec::new();
    log.read(KnownAt::Now, &mut quiet, |reading| readings.push(reading)).expect("read");
    (log, readings)
}

fn holds<P: Projection + PartialEq + std::fmt::Debug>(log: &Log, readings: &[Reading]) {
    let (mut all, mut wanted) = (P::default(), P::default());
    for recorded in readings.iter().map(|reading| &reading.recorded) {
        all.apply(recorded);
        if P::wants(recorded.event.kind()) {
            wanted.apply(recorded);
        }
    }
    assert_ne!(all, P::default(), "{} must hold something", P::NAME);
    assert_eq!(all, wanted, "{} takes what it says it does not want", P::NAME);
    let ((folded,), _) = log.replayed::<(P,)>(KnownAt::Now, &mut quiet).expect("folded");
    assert_eq!(folded.state_hash(), all.state_hash(), "{}", P::NAME);
    let scratch = tempfile::tempdir().expect("a directory");
    let snapshots = Snapshots::of(scratch.path());
    snapshots.save(P::NAME, P::VERSION, log.head(), &all).expect("kept");
    let kept: Option<(Head, P)> = snapshots.load(P::NAME, P::VERSION, |head| head == log.head());
    assert_eq!(
        kept.map(|(_, kept)| kept).as_ref(),
        Some(&all),
        "{} is not read back as it was kept",
        P::NAME
    );
}

#[test]
fn projections_are_kept_whole_and_want_what_they_take() {
    let (log, readings) = read();
    holds::<Contexts>(&log, &readings);
    holds::<Programme>(&log, &readings);
    holds::<Themes>(&log, &readings);
}
