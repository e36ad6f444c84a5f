//! Comparing and supposing, on random histories: sides are what was known, the explanation is the smallest
//! set that brute force finds, and what is supposed is what a log without it would say.
//! `LEDGER_SUPPOSE_SEEDS` changes how many histories are tried; seeds are printed.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{FrameworkId, StatementId, Subject};
use ledger_core::assessment::event::{FrameworkAdopted, ScoreAssigned, ScoreChanged, TranscribedKind};
use ledger_core::assessment::framework::{Framework, Mapping, Rounding, Score};
use ledger_core::assessment::rating::derive;
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::{Length, Sequence};
use ledger_tests::random::{Dice, History};
use ledger_tests::run::statements;
use ledger_tests::time::{MINUTE, after};
use replay::{
    Difference, Explained, Grounds, KnownAt, Log, Projection, RatingAnswer, Recount, Register, StatementView,
    SupposedScore, Supposition, subject_register, what_if,
};
use serde_json::json;

const COMMANDS: usize = 220;
const YORK: &str = "local-authority/E06000014";
/// Candidates beyond which not every set is tried by brute force.
const FEW: usize = 9;

fn seeds() -> std::ops::RangeInclusive<u64> {
    1..=std::env::var("LEDGER_SUPPOSE_SEEDS").map_or(8, |text| text.parse().expect("a number"))
}

fn quiet(_: Length, _: Length) {}

/// Results of an authority as printed, then corrections, a withdrawal and reviewed results, dated and ordered
/// at random.
fn transcribe(history: &mut History, dice: &mut Dice) {
    let all = statements("local-authority/2023");
    let mut printed: Vec<(String, Vec<u64>)> = Vec::new();
    for _ in 0..dice.below(9) {
        let later = 60 * 24 * i64::try_from(dice.below(5)).expect("small") * MINUTE;
        history.world.set_time(after(history.world.now(), later + MINUTE));
        if let (Some((entry, scores)), true) = (printed.last_mut(), dice.percent(60)) {
            let at = usize::try_from(dice.below(9)).expect("small");
            let (was, now) = (scores[at], 1 + dice.below(4));
            let data = json!({"corrects":entry,"field":"score","statement":all[at],"was":was,"now":now});
            if history.give("analyst-1", "correction.record", YORK, data).is_none() {
                scores[at] = now;
            }
            continue;
        }
        let next = history.world.head().length.0;
        if let (Some((entry, _)), true) = (printed.last(), dice.percent(20)) {
            let data = json!({"kind":"withdrawal","framework":"local-authority/2023","phase":"formal",
                "concerns":entry,"source":"https://www.cqc.org.uk/example"});
            history.give("analyst-1", "rating.transcribe", YORK, data);
            continue;
        }
        let scores: Vec<u64> = (0..9).map(|_| 2 + dice.below(2)).collect();
        let given: Vec<_> =
            all.iter().zip(&scores).map(|(id, score)| json!({"statement":id,"score":score})).collect();
        let month = ["2023-12", "2024-01", "2024-02", "2024-03", "2024-04"];
        let day = format!("{}-{:02}", dice.pick(&month), 1 + dice.below(28));
        let mut data = json!({"kind":"result","framework":"local-authority/2023","phase":"formal",
            "scores":given,"source":format!("https://www.cqc.org.uk/example/{next}")});
        if dice.percent(60) {
            data["effective_from"] = json!(day);
        }
        if history.give("analyst-1", "rating.transcribe", YORK, data).is_none() {
            printed.push((format!("{next:016}"), scores));
        }
    }
}

fn history(seed: u64) -> (History, Dice) {
    let mut history = History::new(seed);
    let mut dice = Dice(seed);
    transcribe(&mut history, &mut dice);
    history.go_on(COMMANDS);
    transcribe(&mut history, &mut dice);
    (history, dice)
}

/// A day around which the histories happen.
fn some_day(dice: &mut Dice, today: Date) -> Date {
    match dice.below(8) {
        0 => today.plus_days(400),
        1 => "2024-01-31".parse().expect("a date"),
        2 => "2024-03-01".parse().expect("a date"),
        _ => {
            let back = dice.below(60);
            (0..back).fold(today, |day, _| day.previous())
        }
    }
}

fn subjects(log: &Log) -> Vec<Subject> {
    let ((register,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let assessed = |subject: &&Subject| subject.area_kind().is_some_and(|kind| kind.is_assessed());
    let areas: Vec<Subject> =
        register.areas().map(|(subject, _)| subject).filter(assessed).cloned().collect();
    areas
}

fn without(grounds: &Grounds, entries: &[Sequence], as_of: Date) -> RatingAnswer {
    let supposition = Supposition { without: entries.to_vec(), ..Supposition::default() };
    what_if(grounds, &supposition, as_of).expect("own entries").supposed
}

/// Whether both say the same of what is explained.
fn same(explains: Explained, one: &RatingAnswer, other: &RatingAnswer) -> bool {
    (one.status, one.rating) == (other.status, other.rating)
        && (explains == Explained::Rating || (one.percent == other.percent && scores(one) == scores(other)))
}

/// The entries that a brute search tries: whatever could bear on a rating and is new on the later side.
fn could_explain(grounds: &Grounds, earlier: (Date, u64)) -> Vec<Sequence> {
    let new = |recorded: &Recorded| recorded.sequence.get() >= earlier.1 || recorded.valid_from() > earlier.0;
    let bears = |recorded: &Recorded| {
        let name = recorded.event.name();
        let rates = [
            "rating.published",
            "rating.transcribed",
            "rating.withdrawn",
            "correction.recorded",
            "area.succeeded",
        ];
        rates.contains(&name) || name.starts_with("score.")
    };
    let own = grounds.readings.iter().map(|reading| &reading.recorded);
    own.filter(|recorded| recorded.subject == grounds.subject && bears(recorded) && new(recorded))
        .map(|recorded| recorded.sequence)
        .collect()
}

/// Entries that are no score, and scores that a publication gives or that led to one.
fn lead_to_a_publication(grounds: &Grounds) -> BTreeSet<Sequence> {
    let mut lead = BTreeSet::new();
    for recorded in grounds.readings.iter().rev().map(|reading| &reading.recorded) {
        let led = match &recorded.event {
            Event::RatingPublished(event) => event.scores.clone(),
            Event::ScoreChanged(event) if lead.contains(&recorded.sequence) => vec![event.replaces],
            Event::ScoreModerated(event) if lead.contains(&recorded.sequence) => vec![event.moderates],
            _ => Vec::new(),
        };
        lead.extend(led);
        if !recorded.event.name().starts_with("score.") {
            lead.insert(recorded.sequence);
        }
    }
    lead
}

/// All smallest sets of these entries that explain it, by trying every set.
fn brute(entries: &[Sequence], explains: impl Fn(&[Sequence]) -> bool) -> Vec<Vec<Sequence>> {
    let mut smallest: Vec<Vec<Sequence>> = Vec::new();
    for mask in 0..1_u32 << entries.len() {
        let size = mask.count_ones() as usize;
        if smallest.first().is_some_and(|found| found.len() < size) {
            continue;
        }
        let chosen = entries.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1);
        let set: Vec<Sequence> = chosen.map(|(_, entry)| *entry).collect();
        if explains(&set) {
            if smallest.first().is_some_and(|found| found.len() > size) {
                smallest.clear();
            }
            smallest.push(set);
        }
    }
    smallest
}

#[derive(Default)]
struct Seen {
    explained: usize,
    by_brute_force: usize,
    of_several: usize,
    with_the_day: usize,
}

/// Compares one subject at two random moments.
fn compare(log: &Log, subject: &Subject, dice: &mut Dice, today: Date, seen: &mut Seen, place: &str) {
    let end = log.head().length.0;
    let mut moment = || {
        let known = if dice.percent(40) { end } else { 1 + dice.below(end) };
        (some_day(dice, today), KnownAt::Sequence(Sequence::new(known - 1)), known)
    };
    let (from, mut to) = (moment(), moment());
    if to.2 % 3 == 0 {
        to.0 = from.0;
    }
    let found =
        Difference::between(log, subject, (from.0, from.1), (to.0, to.1), &mut quiet).expect("compared");
    let rating = |side: (Date, KnownAt, u64)| {
        subject_register(log, subject, side.1, &mut quiet).expect("read").rating(subject, side.0)
    };
    let place = format!("{place}: {subject} {from:?} to {to:?}");
    assert_eq!(found.before, rating(from), "{place}");
    assert_eq!(found.after, rating(to), "{place}");
    let changed = (found.before.status, found.before.rating, found.before.percent)
        != (found.after.status, found.after.rating, found.after.percent);
    assert_eq!(found.explanation.is_some(), changed, "{place}: a change is explained");
    let Some(explanation) = &found.explanation else { return };
    seen.explained += 1;
    let swapped = (from.2, from.0) > (to.2, to.0);
    let (earlier, later, goal) = if swapped { (to, from, &found.after) } else { (from, to, &found.before) };
    let grounds = Grounds::read(log, subject, later.1, &mut quiet).expect("read");
    let sets: Vec<Vec<Sequence>> =
        explanation.sets.iter().map(|set| set.entries.iter().map(|entry| entry.sequence).collect()).collect();
    let day = if explanation.the_day { earlier.0 } else { later.0 };
    for (set, given) in sets.iter().zip(&explanation.sets) {
        let supposed = without(&grounds, set, day);
        assert!(same(explanation.explains, &supposed, goal), "{place}: without {set:?}");
        assert_eq!(given.percent_too, supposed.percent == goal.percent, "{place}: without {set:?}");
    }
    seen.of_several += usize::from(sets[0].len() > 1);
    seen.with_the_day += usize::from(explanation.the_day);
    let entries = could_explain(&grounds, (earlier.0, earlier.2));
    if entries.len() > FEW {
        return;
    }
    seen.by_brute_force += 1;
    let explains = |set: &[Sequence], day| same(explanation.explains, &without(&grounds, set, day), goal);
    let mut smallest = brute(&entries, |set| explains(set, later.0));
    assert_eq!(
        smallest.is_empty(),
        explanation.the_day,
        "{place}: the day is needed only if nothing else does"
    );
    if explanation.the_day {
        smallest = brute(&entries, |set| explains(set, earlier.0));
    }
    assert_eq!(sets[0].len(), smallest[0].len(), "{place}: found {sets:?}, smallest {smallest:?}");
    assert!(explanation.proven && explanation.all_tried);
    assert!(sets.iter().all(|set| smallest.contains(set)), "{place}: found {sets:?}, smallest {smallest:?}");
    let published = lead_to_a_publication(&grounds);
    smallest.retain(|set| set.iter().all(|entry| published.contains(entry)));
    assert_eq!(explanation.number, smallest.len(), "{place}: found {sets:?}, smallest {smallest:?}");
}

#[test]
fn the_explanation_is_the_smallest_that_brute_force_finds() {
    let mut seen = Seen::default();
    for seed in seeds() {
        let (history, mut dice) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        for subject in subjects(&log) {
            for _ in 0..12 {
                compare(&log, &subject, &mut dice, today, &mut seen, &format!("seed {seed}"));
            }
        }
    }
    let Seen { explained, by_brute_force, of_several, with_the_day } = seen;
    println!(
        "seeds {:?}: {explained} changes explained, {by_brute_force} of them by brute force too, {of_several} by \
         several events, {with_the_day} with the day",
        seeds()
    );
    assert!(by_brute_force > 40 && of_several > 5 && with_the_day > 0, "the histories must differ");
}

/// Leaving out all that came later is the same as not knowing it yet, whatever acts on what.
#[test]
fn without_what_came_later_the_rating_is_the_one_known_before() {
    let mut compared = 0;
    for seed in seeds() {
        let (history, mut dice) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        for subject in subjects(&log) {
            let grounds = Grounds::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
            for _ in 0..4 {
                let own = grounds.readings.iter().filter(|reading| reading.recorded.subject == subject);
                let own: Vec<Sequence> = own.map(|reading| reading.recorded.sequence).collect();
                let cut = 1 + usize::try_from(dice.below(own.len() as u64)).expect("small");
                let (kept, later) = own.split_at(cut);
                let known = KnownAt::Sequence(kept[kept.len() - 1]);
                let before = subject_register(&log, &subject, known, &mut quiet).expect("read");
                let day = some_day(&mut dice, today);
                let (supposed, known) = (without(&grounds, later, day), before.rating(&subject, day));
                let said = |answer: &RatingAnswer| (answer.status, answer.rating, answer.statements.clone());
                assert_eq!(said(&supposed), said(&known), "seed {seed}: {subject} without {later:?}");
                compared += usize::from(known.result.is_some());
            }
        }
    }
    println!("seeds {:?}: {compared} ratings compared", seeds());
    assert!(compared > 20, "the histories must have results: {compared}");
}

/// What an entry names falls with it, and nothing that is left names what is gone, but for what the rules
/// exempt.
#[test]
fn nothing_is_left_that_acts_on_what_is_gone() {
    let mut fallen = 0;
    for seed in seeds() {
        let (history, mut dice) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        for subject in subjects(&log) {
            let grounds = Grounds::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
            let own: Vec<&Recorded> = grounds
                .readings
                .iter()
                .map(|reading| &reading.recorded)
                .filter(|recorded| recorded.subject == subject && recorded.event.name() != "area.registered")
                .collect();
            for _ in 0..6 {
                let Some(out) = own.get(usize::try_from(dice.below(own.len().max(1) as u64)).expect("small"))
                else {
                    continue;
                };
                let supposition = Supposition { without: vec![out.sequence], ..Supposition::default() };
                let found = what_if(&grounds, &supposition, today).expect("its own");
                let gone: BTreeSet<Sequence> =
                    found.falls_away.iter().copied().chain([out.sequence]).collect();
                fallen += found.falls_away.len();
                for left in own.iter().filter(|recorded| !gone.contains(&recorded.sequence)) {
                    let needed = needed(&left.event, found.altered.contains(&left.sequence), &gone);
                    let named: Vec<&Sequence> =
                        gone.iter().filter(|entry| needed.contains(&format!("\"{entry}\""))).collect();
                    assert!(
                        named.is_empty(),
                        "seed {seed}: without {} of {subject}, {} {} is left and names {named:?}",
                        out.sequence,
                        left.sequence,
                        left.event.name()
                    );
                }
            }
        }
    }
    println!("seeds {:?}: {fallen} entries fell away", seeds());
    assert!(fallen > 100, "entries must build on others: {fallen}");
}

/// What an event says, but for what it can do without.
fn needed(event: &Event, altered: bool, gone: &BTreeSet<Sequence>) -> String {
    let mut data = event.data().expect("JSON");
    let spared: &[&str] = match event {
        Event::EvidenceSubmitted(_) => &["assessment", "answers", "result"],
        Event::DraftShared(_) => &["scores"],
        Event::AccuracyChallenged(_) => &["evidence"],
        Event::RatingPublished(_) if altered => &["scores", "carried", "replaces"],
        Event::RatingPublished(_) => &["carried", "replaces"],
        Event::RatingTranscribed(event) if event.kind == TranscribedKind::Result => &["concerns"],
        Event::ScoreAssigned(ScoreAssigned { evidence, .. })
        | Event::ScoreChanged(ScoreChanged { evidence, .. }) => {
            assert!(evidence.iter().any(|item| !gone.contains(item)), "a score needs evidence: {event:?}");
            &["evidence"]
        }
        _ => &[],
    };
    let fields = data.as_object_mut().expect("an object");
    spared.iter().for_each(|field| drop(fields.remove(*field)));
    data.to_string()
}

/// A framework supposed in the place of the one adopted gives statements what it would have given them: by categories
/// too, where another band makes another score.
#[test]
fn a_framework_of_the_same_id_is_another_adoption() {
    let stricter = |framework: &Framework| {
        let mut framework = framework.clone();
        framework.bands[1].to_percent = 49.try_into().expect("a percentage");
        framework.bands[2].from_percent = 50.try_into().expect("a percentage");
        framework
    };
    let mut changed = 0;
    for seed in seeds() {
        let (history, _) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        let mut adopted = Register::default();
        log.read(KnownAt::Now, &mut quiet, |mut reading| {
            if let Event::FrameworkAdopted(event) = &mut reading.recorded.event {
                event.framework = stricter(&event.framework);
            }
            adopted.apply(&reading.recorded);
        })
        .expect("read");
        for subject in subjects(&log) {
            let grounds = Grounds::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
            let register = grounds.register();
            let mut day = today;
            for _ in 0..12 {
                let (real, expected) = (register.rating(&subject, day), adopted.rating(&subject, day));
                day = (0..15).fold(day, |day, _| day.previous());
                let same = real.framework.filter(|id| expected.framework.as_ref() == Some(id));
                let Some(framework) = same.and_then(|id| register.framework(&id)) else { continue };
                let supposition =
                    Supposition { framework: Some(stricter(framework)), ..Supposition::default() };
                let supposed = what_if(&grounds, &supposition, real.as_of).expect("supposed").supposed;
                let scores = own_scores(&expected);
                let held = own_scores(&supposed);
                assert!(scores.iter().all(|one| held.contains(one)), "seed {seed}: {subject}");
                let is_other =
                    |view: &&StatementView| !scores.contains(&(view.statement.clone(), view.score));
                changed += real.statements.iter().filter(is_other).count();
            }
        }
    }
    println!("seeds {:?}: {changed} scores from categories changed", seeds());
    assert!(changed > 0, "some statement must be scored by categories");
}

fn scores(answer: &RatingAnswer) -> BTreeMap<StatementId, Score> {
    answer.statements.iter().map(|view| (view.statement.clone(), view.score)).collect()
}

/// The scores that were given under the framework itself.
fn own_scores(answer: &RatingAnswer) -> Vec<(StatementId, Score)> {
    let own = answer.statements.iter().filter(|view| view.mapped_from.is_none());
    own.map(|view| (view.statement.clone(), view.score)).collect()
}

/// Another rounding is what the same entries would say under frameworks adopted with it; and of all subjects
/// the same change as one by one.
#[test]
fn another_rounding_is_another_adoption() {
    let rounding = Rounding::HalfUp;
    let mut changed = 0;
    for seed in seeds() {
        let (history, _) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        let ((register,), _) = log.replayed::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
        let mut adopted = Register::default();
        log.read(KnownAt::Now, &mut quiet, |reading| adopted.apply(&half_up(reading.recorded)))
            .expect("read");
        let recount = Recount::of(register.clone(), None, Some(rounding), today, &mut quiet);
        for subject in subjects(&log) {
            let grounds = Grounds::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
            let supposition = Supposition { rounding: Some(rounding), ..Supposition::default() };
            let found = what_if(&grounds, &supposition, today).expect("supposed");
            assert_eq!(found.real, register.rating(&subject, today), "seed {seed}: {subject}");
            assert_eq!(found.supposed, adopted.rating(&subject, today), "seed {seed}: {subject}");
            let differs =
                (found.real.rating, found.real.percent) != (found.supposed.rating, found.supposed.percent);
            let listed = recount.changes.iter().any(|change| change.subject == subject);
            assert_eq!(listed, differs && found.real.basis == Some("derived"), "seed {seed}: {subject}");
            changed += usize::from(differs);
        }
    }
    println!("seeds {:?}: {changed} results rounded otherwise", seeds());
    assert!(changed > 0, "some result must be one that rounding changes");
}

fn half_up(recorded: Recorded) -> Recorded {
    let Event::FrameworkAdopted(FrameworkAdopted { framework, assumptions }) = recorded.event else {
        return recorded;
    };
    let framework = Framework { rounding: Rounding::HalfUp, ..framework };
    Recorded { event: FrameworkAdopted { framework, assumptions }.into(), ..recorded }
}

/// One score supposed: that statement has it, the others have what they had, and the rating is what all of
/// them give.
#[test]
fn a_supposed_score_is_all_that_changes() {
    let (mut published, mut transcribed, mut invented) = (0, 0, 0);
    for seed in seeds() {
        let (history, mut dice) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        for subject in subjects(&log) {
            let grounds = Grounds::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
            let register = grounds.register();
            let day = some_day(&mut dice, today);
            let real = register.rating(&subject, day);
            let Some(framework) = real.framework.as_ref().and_then(|id| register.framework(id)) else {
                continue;
            };
            for statement in framework.statements() {
                let score = Score::ALL[usize::try_from(dice.below(4)).expect("small")];
                let supposed = SupposedScore { statement: statement.id.clone(), category: None, score };
                let supposition = Supposition { scores: vec![supposed], ..Supposition::default() };
                let found = what_if(&grounds, &supposition, day).expect("supposed");
                let mut expected = scores(&real);
                let had = expected.insert(statement.id.clone(), score);
                assert_eq!(scores(&found.supposed), expected, "seed {seed}: {subject} {}", statement.id);
                let derived = derive(framework, &expected, false);
                assert_eq!(
                    found.supposed.percent, derived.percent,
                    "seed {seed}: {subject} {}",
                    statement.id
                );
                invented += found.invented.len();
                let view = real.statements.iter().find(|view| view.statement == statement.id);
                published += usize::from(view.is_some_and(|view| view.assessment.is_some()));
                transcribed +=
                    usize::from(had.is_some() && view.is_some_and(|view| view.assessment.is_none()));
            }
        }
    }
    println!(
        "seeds {:?}: {published} published, {transcribed} transcribed and {invented} missing scores",
        seeds()
    );
    assert!(published > 10 && transcribed > 10 && invented > 10, "scores of every origin must be supposed");
}

/// A framework that maps one statement under another id, and has one that nothing is mapped to.
#[test]
fn scores_are_carried_by_the_mapping_of_the_framework() {
    let mut carried = 0;
    for seed in seeds() {
        let (history, _) = history(seed);
        let log = Log::over(history.world.ledger().store()).expect("a log");
        let today = Date::in_london(history.world.now());
        let subject: Subject = YORK.parse().expect("a subject");
        let grounds = Grounds::read(&log, &subject, KnownAt::Now, &mut quiet).expect("read");
        let real = grounds.register().rating(&subject, today);
        let Some(from) = real.framework.clone() else { continue };
        let mut framework = grounds.register().framework(&from).expect("adopted").clone();
        framework.id = "local-authority/other".parse().expect("an id");
        let ids: Vec<StatementId> = framework.statements().map(|statement| statement.id.clone()).collect();
        let map = |from: &FrameworkId, one: usize, other: usize| Mapping {
            framework: from.clone(),
            from: ids[one].clone(),
            to: ids[other].clone(),
        };
        // The first two change places; of the others nothing is said.
        framework.mapping = vec![map(&from, 0, 1), map(&from, 1, 0)];
        let suppose = |framework: Framework| {
            let supposition = Supposition { framework: Some(framework), ..Supposition::default() };
            what_if(&grounds, &supposition, today).expect("supposed")
        };
        let found = suppose(framework.clone());
        let into = found.carried.expect("carried");
        assert!(into.by_mapping && into.dropped == ids[2..] && into.without_counterpart == ids[2..]);
        let score = |answer: &RatingAnswer, id: &StatementId| {
            answer.statements.iter().find(|view| view.statement == *id).map(|view| view.score)
        };
        let only_one_framework = real.statements.iter().all(|view| view.mapped_from.is_none())
            && real.framework.as_ref() == Some(&from);
        if only_one_framework {
            assert_eq!(score(&found.supposed, &ids[0]), score(&real, &ids[1]), "seed {seed}");
            assert_eq!(score(&found.supposed, &ids[1]), score(&real, &ids[0]), "seed {seed}");
            assert!(ids[2..].iter().all(|id| score(&found.supposed, id).is_none()), "seed {seed}");
        }
        framework.mapping.clear();
        let found = suppose(framework);
        let into = found.carried.expect("carried");
        assert!(!into.by_mapping && into.dropped.is_empty() && into.without_counterpart.is_empty());
        assert!(ids.iter().all(|id| score(&found.supposed, id) == score(&real, id)), "seed {seed}");
        carried += real.statements.len();
    }
    println!("seeds {:?}: {carried} scores carried", seeds());
    assert!(carried > 10, "there must be scores to carry");
}
