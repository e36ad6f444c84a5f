//! The arithmetic of ratings against an implementation that shares nothing with it, over every reachable case.
//!
//! The naive side searches instead of dividing: the smallest whole percentage that is not below the share, or the
//! nearest. It knows bands as a chain of comparisons and reads only the frameworks' data.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{FrameworkId, StatementId};
use ledger_core::assessment::framework::{
    Framework, Limiter, LimiterScope, Mapping, Rating, Rounding, Score,
};
use ledger_core::assessment::rating::{derive, overall_from_themes, percent, statement_score};
use ledger_core::assessment::standing::{Basis, GivenScore, Origin, Printed, ResultOnRecord, standing};
use ledger_core::shipped;
use ledger_core::values::Sequence;
use proptest::prelude::*;

fn framework(id: &str) -> Framework {
    let shipped = shipped::frameworks().expect("frameworks");
    shipped.into_iter().find(|f| f.framework.id.as_str() == id).expect("it ships").framework
}

fn score(value: u32) -> Score {
    Score::try_from(i64::from(value)).expect("1 to 4")
}

/// The smallest whole percentage p with p / 100 at least sum / maximum.
fn naive_ceiling(sum: u64, maximum: u64) -> u64 {
    (0..=100).find(|p| p * maximum >= 100 * sum).expect("a share of at most 1")
}

/// The whole percentage nearest to sum / maximum; of two equally near ones the higher.
fn naive_half_up(sum: u64, maximum: u64) -> u64 {
    let distance = |p: u64| (p * maximum).abs_diff(100 * sum);
    (0..=100).rev().min_by_key(|p| distance(*p)).expect("some")
}

fn naive_rating(percent: u64) -> Rating {
    if percent < 39 {
        Rating::Inadequate
    } else if percent < 63 {
        Rating::RequiresImprovement
    } else if percent < 88 {
        Rating::Good
    } else {
        Rating::Outstanding
    }
}

/// Scores for every statement of a framework that add up to `sum`, low ones first.
fn scores_with_sum(framework: &Framework, sum: u32) -> BTreeMap<StatementId, Score> {
    let count = u32::try_from(framework.statements().count()).expect("small");
    let mut left = sum - count;
    let mut scores = BTreeMap::new();
    for statement in framework.statements() {
        let more = left.min(3);
        left -= more;
        scores.insert(statement.id.clone(), score(1 + more));
    }
    scores
}

#[test]
fn every_sum_of_1_to_34_statements_in_both_roundings() {
    for count in 1..=34_u32 {
        for sum in count..=4 * count {
            let (wide, maximum) = (u64::from(sum), u64::from(4 * count));
            let up = percent(sum, count, Rounding::Ceiling).get();
            assert_eq!(u64::from(up), naive_ceiling(wide, maximum), "{sum}/{maximum} rounded up");
            let half = percent(sum, count, Rounding::HalfUp).get();
            assert_eq!(u64::from(half), naive_half_up(wide, maximum), "{sum}/{maximum} half-up");
        }
    }
}

#[test]
fn every_sum_of_every_flat_framework_lands_in_its_band() {
    for id in ["ics/2023-interim", "local-authority/2023", "local-authority/2025"] {
        for rounding in [Rounding::Ceiling, Rounding::HalfUp] {
            let framework = Framework { rounding, ..framework(id) };
            let count = u32::try_from(framework.statements().count()).expect("small");
            for sum in count..=4 * count {
                let (wide, maximum) = (u64::from(sum), u64::from(4 * count));
                let expected = match rounding {
                    Rounding::Ceiling => naive_ceiling(wide, maximum),
                    Rounding::HalfUp => naive_half_up(wide, maximum),
                };
                let derived = derive(&framework, &scores_with_sum(&framework, sum), false);
                assert_eq!(derived.percent.map(|p| u64::from(p.get())), Some(expected), "{id} {sum}");
                assert_eq!(derived.rating, Some(naive_rating(expected)), "{id} {sum}/{maximum}");
                assert_eq!((derived.sum, derived.maximum), (sum, 4 * count));
            }
        }
    }
}

#[test]
fn every_edge_of_every_band() {
    let framework = framework("ics/2023-interim");
    let edges = [
        (25, Rating::Inadequate),
        (38, Rating::Inadequate),
        (39, Rating::RequiresImprovement),
        (62, Rating::RequiresImprovement),
        (63, Rating::Good),
        (87, Rating::Good),
        (88, Rating::Outstanding),
        (100, Rating::Outstanding),
    ];
    for (at, expected) in edges {
        let percent = i64::from(at).try_into().expect("a percentage");
        assert_eq!(ledger_core::assessment::rating::band(&framework, percent), expected, "{at}");
    }
}

/// Every multiset of up to `most` scores.
fn multisets(most: usize) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    let mut last: Vec<Vec<u32>> = vec![Vec::new()];
    for _ in 0..most {
        let mut next = Vec::new();
        for set in &last {
            for value in set.last().copied().unwrap_or(1)..=4 {
                let mut longer = set.clone();
                longer.push(value);
                next.push(longer);
            }
        }
        all.extend(next.iter().cloned());
        last = next;
    }
    all
}

#[test]
fn every_multiset_of_up_to_six_category_scores() {
    let sets = multisets(6);
    assert_eq!(sets.len(), 1 + 4 + 10 + 20 + 35 + 56 + 84);
    for id in ["local-authority/2023", "provider/2023"] {
        let framework = framework(id);
        for set in &sets {
            let given: Vec<Score> = set.iter().map(|value| score(*value)).collect();
            let Some((percent, combined)) = statement_score(&framework, &given) else {
                assert!(set.is_empty());
                continue;
            };
            let sum: u32 = set.iter().sum();
            let expected = naive_ceiling(u64::from(sum), 4 * set.len() as u64);
            assert_eq!(u64::from(percent.get()), expected, "{set:?}");
            assert_eq!(combined, naive_rating(expected).as_score(), "{set:?}");
        }
    }
}

/// A theme's rating by the provider's limiters, said in words.
fn naive_theme(scores: &[u32]) -> Rating {
    let sum: u32 = scores.iter().sum();
    let rating = naive_rating(naive_ceiling(u64::from(sum), 4 * scores.len() as u64));
    match rating {
        Rating::Good if scores.contains(&1) => Rating::RequiresImprovement,
        Rating::Outstanding if scores.contains(&1) || scores.contains(&2) => Rating::Good,
        other => other,
    }
}

#[test]
fn every_limiter_case_of_every_key_question() {
    for id in ["provider/2023", "provider/2024-12"] {
        let framework = framework(id);
        for (at, theme) in framework.themes.iter().enumerate() {
            let count = theme.statements.len();
            for set in multisets(count).into_iter().filter(|set| set.len() == count) {
                let pairs = theme.statements.iter().zip(&set);
                let scores = pairs.map(|(statement, value)| (statement.id.clone(), score(*value))).collect();
                let derived = &derive(&framework, &scores, false).themes[at];
                assert_eq!(derived.rating, Some(naive_theme(&set)), "{id} {} {set:?}", theme.id);
                let sum: u32 = set.iter().sum();
                let unlimited = naive_rating(naive_ceiling(u64::from(sum), 4 * count as u64));
                assert_eq!(derived.unlimited, Some(unlimited));
            }
        }
    }
}

#[test]
fn limiters_test_the_band_before_any_limiter_and_the_lowest_cap_wins() {
    let limiter = |when_rating, at_most, capped_at| Limiter {
        applies_to: LimiterScope::Overall,
        when_rating,
        any_score_at_most: score(at_most),
        capped_at,
    };
    let framework = Framework {
        limiters: vec![
            limiter(Rating::Outstanding, 2, Rating::Good),
            limiter(Rating::Outstanding, 1, Rating::RequiresImprovement),
            limiter(Rating::Good, 1, Rating::Inadequate),
        ],
        ..framework("local-authority/2025")
    };
    let rated = |values: [u32; 9]| {
        let pairs = framework.statements().zip(values);
        let scores = pairs.map(|(statement, value)| (statement.id.clone(), score(value))).collect();
        derive(&framework, &scores, false).rating
    };
    // 33 of 36 is outstanding: its 1 caps at requires improvement; the cap at good does not set off the third.
    assert_eq!(rated([1, 4, 4, 4, 4, 4, 4, 4, 4]), Some(Rating::RequiresImprovement));
    assert_eq!(rated([2, 4, 4, 4, 4, 4, 4, 4, 4]), Some(Rating::Good));
    assert_eq!(rated([1, 3, 3, 3, 3, 3, 3, 3, 3]), Some(Rating::Inadequate));
    assert_eq!(rated([4; 9]), Some(Rating::Outstanding));
}

#[test]
fn all_overalls_of_five_key_questions_with_and_without_a_breach() {
    // One statement for each question, so that a score is its question's rating. A 1 or 2 among the one score
    // never meets a limiter, because the band is then low already.
    let provider = framework("provider/2024-12");
    let themes = provider.themes.iter().map(|theme| {
        let mut theme = theme.clone();
        theme.statements.truncate(1);
        theme
    });
    let small = Framework { themes: themes.collect(), ..provider.clone() };
    for code in 0..4_u32.pow(5) {
        let values: Vec<u32> = (0..5).map(|place| code / 4_u32.pow(place) % 4 + 1).collect();
        let how_many = |value: u32| values.iter().filter(|v| **v == value).count();
        let expected = match (how_many(1), how_many(2), how_many(3), how_many(4)) {
            (2.., ..) => Rating::Inadequate,
            (1, ..) | (_, 2.., ..) => Rating::RequiresImprovement,
            (0, 0, _, 2..) => Rating::Outstanding,
            _ => Rating::Good,
        };
        let ratings: Vec<Rating> = values.iter().map(|value| Rating::ALL[*value as usize - 1]).collect();
        assert_eq!(overall_from_themes(&ratings), expected, "{values:?}");
        let pairs = small.statements().zip(&values);
        let scores: BTreeMap<_, _> = pairs.map(|(s, value)| (s.id.clone(), score(*value))).collect();
        let derived = derive(&small, &scores, false);
        assert_eq!((derived.rating, derived.percent), (Some(expected), None), "{values:?}");
        let capped =
            if expected > Rating::RequiresImprovement { Rating::RequiresImprovement } else { expected };
        let breached = derive(&small, &scores, true);
        assert_eq!((breached.rating, breached.unlimited), (Some(capped), Some(expected)), "{values:?}");
    }
}

#[test]
fn published_facts() {
    let rated = |id: &str, rounding: Rounding, sum: u32| {
        let framework = Framework { rounding, ..framework(id) };
        let derived = derive(&framework, &scores_with_sum(&framework, sum), false);
        (derived.percent.map(|p| p.get()), derived.rating)
    };
    let up = Rounding::Ceiling;
    let york = rated("local-authority/2025", up, 14);
    assert_eq!(york, (Some(39), Some(Rating::RequiresImprovement)));
    let blackpool = rated("local-authority/2025", up, 12);
    assert_eq!(blackpool, (Some(34), Some(Rating::Inadequate)));
    let north_somerset = rated("local-authority/2025", up, 21);
    assert_eq!(north_somerset, (Some(59), Some(Rating::RequiresImprovement)));
    assert_eq!(rated("ics/2023-interim", up, 26), (Some(39), Some(Rating::RequiresImprovement)));
    assert_eq!(rated("ics/2023-interim", Rounding::HalfUp, 26), (Some(38), Some(Rating::Inadequate)));
    let categories = framework("local-authority/2023");
    let combined = |values: [u32; 4]| {
        statement_score(&categories, &values.map(score)).map(|(percent, score)| (percent.get(), score.get()))
    };
    assert_eq!(combined([2, 2, 2, 3]), Some((57, 2)));
    assert_eq!(combined([2, 2, 3, 3]), Some((63, 3)));
}

#[test]
fn every_fully_scored_published_result_derives_what_was_printed() {
    let framework = framework("local-authority/2025");
    let results = shipped::published_results().expect("results");
    let (mut ratings, mut percents) = (0, 0);
    for result in results.iter().filter(|result| result.scores.len() == 9) {
        let scores: BTreeMap<_, _> =
            result.scores.iter().map(|printed| (printed.statement.clone(), printed.score)).collect();
        let derived = derive(&framework, &scores, false);
        if let Some(printed) = result.rating {
            assert_eq!(derived.rating, Some(printed), "{} {:?}", result.authority, result.date);
            ratings += 1;
        }
        if let Some(printed) = result.percent {
            assert_eq!(derived.percent, Some(printed), "{} {:?}", result.authority, result.date);
            percents += 1;
        }
    }
    assert_eq!((ratings, percents), (69, 15));
}

#[test]
fn nothing_is_derived_while_a_statement_is_unscored() {
    for id in ["ics/2023-interim", "local-authority/2025", "provider/2024-12"] {
        let framework = framework(id);
        let count = u32::try_from(framework.statements().count()).expect("small");
        let all = scores_with_sum(&framework, 3 * count);
        for statement in framework.statements() {
            let mut scores = all.clone();
            scores.remove(&statement.id);
            let derived = derive(&framework, &scores, false);
            assert_eq!((derived.percent, derived.rating), (None, None), "{id} without {}", statement.id);
            assert_eq!(derived.missing, std::slice::from_ref(&statement.id));
        }
    }
}

/// A framework of four statements, and a later one with a mapping for two of them.
fn two_versions() -> [Framework; 2] {
    let full = framework("local-authority/2025");
    let mut themes = full.themes.clone();
    themes.truncate(2);
    themes[1].statements.truncate(1);
    let old = Framework { id: "local-authority/old".parse().expect("an id"), themes, ..full };
    let ids: Vec<StatementId> = old.statements().map(|statement| statement.id.clone()).collect();
    let mapping = ids[..2].iter().zip(ids[..2].iter().rev());
    let mapping =
        mapping.map(|(from, to)| Mapping { framework: old.id.clone(), from: from.clone(), to: to.clone() });
    let new = Framework {
        id: "local-authority/new".parse().expect("an id"),
        mapping: mapping.collect(),
        ..old.clone()
    };
    [old, new]
}

/// A random result: which framework, day, scores (0 for none), whether transcribed, a printed rating.
type Drawn = (usize, u32, [u32; 4], bool, Option<usize>);

fn recorded(frameworks: &[Framework; 2], drawn: &[Drawn]) -> Vec<ResultOnRecord> {
    let result = |(at, (version, day, values, transcribed, rating)): (usize, &Drawn)| {
        let sequence = Sequence::new(at as u64 + 1);
        let framework = &frameworks[*version];
        let pairs = framework.statements().zip(values).filter(|(_, value)| **value > 0);
        let given = |value: u32| GivenScore { score: score(value), entry: sequence };
        let printed = Printed { rating: rating.map(|at| Rating::ALL[at]), percent: None };
        ResultOnRecord {
            sequence,
            framework: framework.id.clone(),
            effective: Date::new(2025, 1, 1 + day).expect("a day of January"),
            origin: match transcribed {
                true => Origin::Transcribed(printed),
                false => Origin::Published { assessment: sequence },
            },
            scores: pairs.map(|(statement, value)| (statement.id.clone(), given(*value))).collect(),
            breach: false,
        }
    };
    drawn.iter().enumerate().map(result).collect()
}

/// Which score stands for a statement under a framework, by walking through the results day by day and letting
/// each overwrite what it covers.
fn naive_scores(framework: &Framework, results: &[ResultOnRecord]) -> BTreeMap<StatementId, (Score, u64)> {
    let mut ordered: Vec<&ResultOnRecord> = results.iter().collect();
    ordered.sort_by_key(|result| (result.effective, result.sequence));
    let mut standing = BTreeMap::new();
    for result in ordered {
        for statement in framework.statements() {
            let source = if result.framework == framework.id {
                Some(statement.id.clone())
            } else {
                let mapped = framework.mapping.iter().find(|m| m.to == statement.id);
                mapped.filter(|m| m.framework == result.framework).map(|m| m.from.clone())
            };
            let Some(source) = source else { continue };
            match result.scores.get(&source) {
                Some(given) => {
                    standing.insert(statement.id.clone(), (given.score, result.sequence.get()));
                }
                // A transcription is a whole result: what its source did not print is not known any more.
                None if matches!(result.origin, Origin::Transcribed(_)) => {
                    standing.remove(&statement.id);
                }
                None => {}
            }
        }
    }
    standing
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// A failure prints its seed and the smallest history that fails.
    #[test]
    fn carry_forward_agrees_with_a_naive_model(
        drawn in proptest::collection::vec(
            (0..2_usize, 0..6_u32, [0..=4_u32, 0..=4, 0..=4, 0..=4], any::<bool>(), proptest::option::of(0..4_usize)),
            1..7,
        ),
    ) {
        let frameworks = two_versions();
        let results = recorded(&frameworks, &drawn);
        let borrowed: Vec<&ResultOnRecord> = results.iter().collect();
        let find = |id: &FrameworkId| frameworks.iter().find(|framework| framework.id == *id);
        let stands = standing(&borrowed, find).expect("a standing");
        let latest = results.iter().max_by_key(|r| (r.effective, r.sequence)).expect("one");
        let own = find(&stands.framework).expect("known");
        // Under an older method only its own results speak.
        let speaking: Vec<ResultOnRecord> = match stands.framework == latest.framework {
            true => results.clone(),
            false => results.iter().filter(|r| r.framework == stands.framework).cloned().collect(),
        };
        let expected = naive_scores(own, &speaking);
        let found: BTreeMap<StatementId, (Score, u64)> =
            stands.scores.iter().map(|s| (s.statement.clone(), (s.score, s.result.get()))).collect();
        prop_assert_eq!(&found, &expected);
        let sum: u64 = expected.values().map(|(score, _)| u64::from(score.get())).sum();
        let complete = (expected.len() == 4).then(|| naive_ceiling(sum, 16));
        prop_assert_eq!(stands.percent.map(|p| u64::from(p.get())), complete);
        match stands.basis {
            Basis::Derived => prop_assert_eq!(stands.rating, complete.map(naive_rating)),
            Basis::AsPrinted => prop_assert!(complete.is_none() && stands.rating == stands.printed.rating),
            Basis::Incomplete => prop_assert!(complete.is_none() && stands.rating.is_none()),
        }
        if stands.framework != latest.framework {
            let under_latest = naive_scores(find(&latest.framework).expect("known"), &results);
            prop_assert!(under_latest.len() < 4, "the latest method is complete and stands");
        }
    }
}
