//! The changes of a rating, laid over each other, are what was said of every day at every moment, on random histories.
//! `LEDGER_TIMELINE_SEEDS` changes how many histories are tried; seeds are printed.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::values::{Length, Sequence};
use ledger_tests::random::{Dice, History};
use ledger_tests::run::statements;
use ledger_tests::time::{MINUTE, after};
use ledger_tests::world::{Envelope, Outcome, World};
use replay::{Cause, KnownAt, Log, RatingStep, RatingThen, Reach, Register, SubjectHistory, Timeline};
use serde_json::{Value, json};

const COMMANDS: usize = 260;

const FRAMEWORK: &str = "local-authority/2025";
const SOURCE: &str = "https://www.cqc.org.uk/example";

fn quiet(_: Length, _: Length) {}

/// Results of two areas transcribed and corrected in any order, withdrawn and reviewed as printed elsewhere, and the
/// succession of one by the other announced before its day.
struct Late<'w> {
    world: &'w mut World,
    dice: Dice,
    /// Each result: its area, its entry, its printed date, its score of the first statement.
    results: Vec<(&'static str, String, String, u64)>,
}

impl Late<'_> {
    const AREAS: [&'static str; 2] = ["local-authority/EXAMPLE1", "local-authority/EXAMPLE2"];

    fn give(&mut self, actor: &str, command: &str, subject: &str, data: Value) -> Option<String> {
        let now = self.world.now();
        self.world.set_time(after(now, i64::try_from(self.dice.below(2_000)).unwrap_or(1) * MINUTE));
        let line = self.world.line(actor, command, subject, data, &Envelope::default());
        match self.world.submit(line.to_string().as_bytes()) {
            Outcome::Recorded(receipt) => Some(receipt.entries[0].sequence.to_string()),
            _ => None,
        }
    }

    fn happen(&mut self, count: usize) {
        for area in Self::AREAS {
            self.give("registrar-1", "area.register", area, json!({"name":"Example"})).expect("registered");
        }
        for step in 0..count {
            match self.dice.below(10) {
                0..=4 => self.transcribe(),
                5..=7 => self.correct(),
                _ => self.concern(),
            }
            if step == count / 2 {
                let day = Date::in_london(self.world.now()).plus_days(40);
                let data = json!({"successors":[Self::AREAS[1]],"effective_from":day});
                self.give("registrar-1", "area.succeed", Self::AREAS[0], data).expect("succeeded");
            }
        }
    }

    /// A day of the last three months, mostly one that something else counts from already.
    fn printed(&mut self) -> String {
        let day = (0..self.dice.below(90)).fold(Date::in_london(self.world.now()), |day, _| day.previous());
        match self.results.len() as u64 {
            some if some > 0 && self.dice.percent(40) => {
                self.results[usize::try_from(self.dice.below(some)).unwrap_or(0)].2.clone()
            }
            _ => day.to_string(),
        }
    }

    fn transcribe(&mut self) {
        let area = self.dice.pick(&Self::AREAS);
        let (area, date) = (Self::AREAS[usize::from(area == Self::AREAS[1])], self.printed());
        let score = 1 + self.dice.below(4);
        let scores: Vec<Value> = statements(FRAMEWORK)
            .iter()
            .enumerate()
            .map(|(at, id)| json!({"statement":id,"score":if at == 0 { score } else { 1 + self.dice.below(4) }}))
            .collect();
        let data = json!({
            "kind":"result","framework":FRAMEWORK,"phase":"formal","effective_from":date,"scores":scores,"source":SOURCE,
        });
        if let Some(entry) = self.give("analyst-1", "rating.transcribe", area, data) {
            self.results.push((area, entry, date, score));
        }
    }

    fn correct(&mut self) {
        let Some(which) = self.which() else { return };
        let (area, entry, date, score) = self.results[which].clone();
        if self.dice.percent(50) {
            let now = self.printed();
            let data = json!({"corrects":entry,"field":"effective-from","was":date,"now":now});
            if self.give("analyst-1", "correction.record", area, data).is_some() {
                self.results[which].2 = now;
            }
            return;
        }
        let now = 1 + self.dice.below(4);
        let first = &statements(FRAMEWORK)[0];
        let data = json!({"corrects":entry,"field":"score","statement":first,"was":score,"now":now});
        if self.give("analyst-1", "correction.record", area, data).is_some() {
            self.results[which].3 = now;
        }
    }

    fn concern(&mut self) {
        let Some(which) = self.which() else { return };
        let (area, entry, ..) = self.results[which].clone();
        let (kind, date) = (self.dice.pick(&["withdrawal", "review-requested"]), self.printed());
        let data = json!({
            "kind":kind,"framework":FRAMEWORK,"phase":"formal","concerns":entry,"effective_from":date,"source":SOURCE,
        });
        self.give("analyst-1", "rating.transcribe", area, data);
    }

    fn which(&mut self) -> Option<usize> {
        let some = self.results.len() as u64;
        (some > 0).then(|| usize::try_from(self.dice.below(some)).unwrap_or(0))
    }
}

/// A random history with late records at its end.
fn history(seed: u64) -> History {
    let mut history = History::new(seed);
    history.go_on(COMMANDS);
    // The method of these results is in force from the middle of that year.
    history.world.set_time("2025-12-01T10:00:00.000000Z".parse().expect("a time"));
    Late { world: &mut history.world, dice: Dice(seed), results: Vec::new() }.happen(40);
    history
}

/// What the steps recorded up to `known` say of a day: the last one that is about it.
fn laid_over(steps: &[RatingStep], known: Sequence, day: Date) -> Option<RatingThen> {
    let about = |step: &&RatingStep| {
        step.sequence <= known && step.counts_from <= day && step.counts_to.is_none_or(|last| day <= last)
    };
    steps.iter().rfind(about).map(|step| step.after)
}

/// Every day on which something turns, the days beside it, and some others.
fn days(steps: &[RatingStep], dice: &mut Dice, today: Date) -> Vec<Date> {
    let turns = steps.iter().flat_map(|step| std::iter::once(step.counts_from).chain(step.counts_to));
    let mut days: Vec<Date> = turns.flat_map(|day| [day.previous(), day, day.next()]).collect();
    days.extend((0..4).map(|_| (0..dice.below(90)).fold(today.plus_days(30), |day, _| day.previous())));
    days
}

/// How many questions were asked, and how often each cause and each reach was met.
#[derive(Default)]
struct Met {
    asked: usize,
    causes: BTreeMap<Cause, usize>,
    reaches: BTreeMap<Reach, usize>,
}

fn compare(seed: u64, met: &mut Met) {
    let history = history(seed);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let end = log.head().length.0;
    let today = Date::in_london(history.world.now());
    let mut dice = Dice(seed);
    let ((whole,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let subjects: Vec<Subject> = whole.areas().map(|(subject, _)| subject.clone()).collect();
    let timelines: Vec<(Subject, Vec<RatingStep>)> = subjects
        .into_iter()
        .map(|subject| {
            let timeline = Timeline::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
            (subject, timeline.steps())
        })
        .collect();
    for step in timelines.iter().flat_map(|(_, steps)| steps) {
        *met.causes.entry(step.cause).or_default() += 1;
        *met.reaches.entry(step.reach).or_default() += 1;
        assert_ne!(step.before, step.after, "seed {seed}: a change changes something");
    }
    for _ in 0..16 {
        let lately = if dice.percent(50) { 60 } else { end };
        let known = Sequence::new(end - 1 - dice.below(lately));
        let ((register,), _) =
            log.replayed::<(Register,)>(KnownAt::Sequence(known), &mut quiet).expect("folded");
        for (subject, steps) in &timelines {
            for day in days(steps, &mut dice, today) {
                let expected = RatingThen::of(&register.rating(subject, day));
                let said = laid_over(steps, known, day);
                let nothing = said.is_none() && expected.words() == "not yet assessed";
                assert!(
                    nothing || said == Some(expected),
                    "seed {seed}: {subject} as of {day} known at {known}: {said:?} and not {expected:?}"
                );
                met.asked += 1;
            }
        }
    }
}

#[test]
fn changes_laid_over_each_other_are_what_was_said() {
    let seeds = std::env::var("LEDGER_TIMELINE_SEEDS").map_or(12, |text| text.parse().expect("a number"));
    let mut met = Met::default();
    (1..=seeds).for_each(|seed| compare(seed, &mut met));
    println!("seeds 1 to {seeds}: {} questions, {:?}, {:?}", met.asked, met.causes, met.reaches);
    assert!(met.asked > 10_000 && met.causes.len() >= 6, "the histories must change ratings");
    assert_eq!(met.reaches.len(), 3, "some entries must come late, and some before their day");
}

#[test]
fn a_timeline_known_earlier_is_the_beginning_of_the_one_known_now() {
    let history = history(3);
    let log = Log::over(history.world.ledger().store()).expect("a log");
    let ((whole,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let mut compared = 0;
    for (subject, _) in whole.areas() {
        let now = Timeline::read(&log, subject, KnownAt::Now, &mut quiet).expect("read").steps();
        for known in (0..log.head().length.0).step_by(29).map(Sequence::new) {
            let then = Timeline::read(&log, subject, KnownAt::Sequence(known), &mut quiet).expect("read");
            let begun: Vec<RatingStep> = now.iter().filter(|step| step.sequence <= known).cloned().collect();
            assert_eq!(then.steps(), begun, "{subject} known at {known}");
            compared += begun.len();
        }
        // One line of a history carries the rating it left in force; the same entry is a step.
        let lines = SubjectHistory::read(&log, subject, KnownAt::Now, &mut quiet).expect("read").lines();
        for line in lines.iter().filter(|line| line.rating.is_some()) {
            assert!(now.iter().any(|step| step.sequence == line.sequence), "{subject}: {line:?}");
        }
    }
    assert!(compared > 20, "there must be changes: {compared}");
}
