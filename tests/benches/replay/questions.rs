//! The questions: which subject, as of which day, as known when; from a seed, in proportion to nothing but chance.
//!
//! Subjects are drawn evenly from those that have a result, which are the dearest to answer about; days from the last
//! 120 of the workload; half the moments are now, half anywhere in the log.

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

/// Every subject that has a result.
pub fn subjects(register: &Register) -> Vec<Subject> {
    let areas = register.areas().map(|(subject, _)| subject);
    areas.filter(|subject| register.has_results(subject)).cloned().collect()
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
