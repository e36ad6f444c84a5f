//! What one subject's entries say about its rating is what the whole log says, on random histories: for every area, at
//! random moments, by both clocks. `LEDGER_SCOPE_SEEDS` changes how many histories are tried; seeds are printed.

use ledger_core::assessment::civil::Date;
use ledger_core::values::Sequence;
use ledger_tests::random::{Dice, History};
use replay::{KnownAt, Log, Register, SubjectHistory, subject_register};

const COMMANDS: usize = 260;
/// A history in which evidence is withdrawn from under a score that was moderated, which few have.
const MODERATED: u64 = 67;

fn quiet(_: ledger_core::values::Length, _: ledger_core::values::Length) {}

/// A day around which the histories happen, or far before or after.
fn some_day(dice: &mut Dice, recorded: Date) -> Date {
    match dice.below(6) {
        0 => recorded.plus_days(400),
        1 => "2020-01-01".parse().expect("a date"),
        _ => {
            let back = dice.below(60);
            (0..back).fold(recorded, |day, _| day.previous())
        }
    }
}

fn compare(seed: u64) -> usize {
    let mut history = History::new(seed);
    history.go_on(COMMANDS);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let end = log.head().length.0;
    let today = Date::in_london(history.world.now());
    let mut dice = Dice(seed);
    let mut rated = 0;
    for _ in 0..6 {
        let known_at = KnownAt::Sequence(Sequence::new(dice.below(end)));
        let ((whole,), head) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
        for (subject, _) in whole.areas() {
            let scoped = subject_register(&log, subject, known_at, &mut quiet).expect("read");
            let read = SubjectHistory::read(&log, subject, known_at, &mut quiet).expect("read");
            assert_eq!(read.head, head, "seed {seed}");
            let day = some_day(&mut dice, today);
            let expected = whole.rating(subject, day);
            assert_eq!(
                scoped.rating(subject, day),
                expected,
                "seed {seed}: {subject} as of {day} known at {known_at}"
            );
            assert_eq!(read.register.rating(subject, day), expected, "seed {seed}: {subject}");
            rated += usize::from(expected.result.is_some());
        }
    }
    rated
}

#[test]
fn a_subjects_own_entries_give_the_answer_of_the_whole_log() {
    let seeds = std::env::var("LEDGER_SCOPE_SEEDS").map_or(12, |text| text.parse().expect("a number"));
    let rated: usize = (1..=seeds).chain([MODERATED]).map(compare).sum();
    println!("seeds 1 to {seeds} and {MODERATED}: {rated} answers with a result compared");
    assert!(rated > 10, "the histories must have results: {rated}");
}
