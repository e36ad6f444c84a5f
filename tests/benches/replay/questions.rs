//! The questions: which subject, as of which day, as known when; from a seed, in proportion to nothing but chance.
//!
//! Subjects are drawn from those that the workload gave a history, evenly; days from the time the workload covers;
//! moments from the whole log.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::values::{Length, Sequence};
use ledger_tests::random::Dice;
use replay::{Index, KnownAt, Log, Register};

/// One question.
#[derive(Debug, Clone)]
pub struct Question {
    /// About whom.
    pub subject: Subject,
    /// On which day.
    pub as_of: Date,
    /// Known when.
    pub known_at: KnownAt,
}

/// Every subject that can be rated.
pub fn subjects(register: &Register) -> Vec<Subject> {
    let rated = |subject: &&Subject| subject.area_kind().is_some_and(|kind| kind.is_assessed());
    register.areas().map(|(subject, _)| subject).filter(rated).cloned().collect()
}

/// `count` questions about any of the subjects.
pub fn draw(log: &Log, subjects: &[Subject], seed: u64, count: usize) -> Vec<Question> {
    let mut dice = Dice(seed);
    let length = log.head().length.0;
    let last = log.at(&[Sequence::new(length - 1)]).expect("the last entry");
    let end = Date::in_london(last[0].recorded.recorded_time);
    let question = |_| {
        let subject = subjects[dice.below(subjects.len() as u64) as usize].clone();
        let as_of = (0..dice.below(120)).fold(end, |day, _| day.previous());
        // Half ask about now, as most people do.
        let known_at = match dice.percent(50) {
            true => KnownAt::Now,
            false => KnownAt::Sequence(Sequence::new(dice.below(length))),
        };
        Question { subject, as_of, known_at }
    };
    (0..count).map(question).collect()
}

/// How long a history is, in powers of four: 0 for up to 4 entries, 1 for up to 16, and so on.
pub fn bucket(index: &Index, subject: &Subject, until: Length) -> usize {
    let entries = index.of(subject, until).len().max(1);
    (entries.ilog2() as usize).div_ceil(2)
}
