//! The arithmetic of an explanation: each calculation with its inputs, and spelled out as it was made.
//!
//! The numbers come from the rules of the core; here they are set beside what went in, so that whoever reads a line
//! can work it out again. A test does so, by itself, for every line of many histories. Left out: which scores count.

use ledger_core::assessment::codes::{Code, StatementId};
use ledger_core::assessment::framework::{
    Framework, Limiter, LimiterScope, Percent, Rating, Rounding, Score,
};
use ledger_core::assessment::rating::{band, overall_from_themes, percent};
use ledger_core::values::Sequence;
use schemars::JsonSchema;
use serde::Serialize;

/// A limiter of the framework, as tried on a calculation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LimiterStep {
    /// The band it tests, before any limiter.
    pub when_rating: Rating,
    /// The score that sets it off, or a lower one.
    pub any_score_at_most: Score,
    /// The highest rating left.
    pub capped_at: Rating,
    /// The statements whose scores set it off; none if it did not fire.
    pub set_off_by: Vec<StatementId>,
}

/// A breach of regulations, which caps the overall rating at requires improvement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct BreachStep {
    /// The findings that record it.
    pub findings: Sequence,
    /// The regulations breached.
    pub regulations: Vec<Code>,
}

/// One calculation: of a statement's score from its categories, of a theme, or of the overall rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Calculation {
    /// The scores that are added up, in printed order; none where ratings are counted.
    pub scores: Vec<Score>,
    /// The ratings that are counted, in printed order; none where scores are added up.
    pub ratings: Vec<Rating>,
    /// The scores' sum.
    pub sum: Option<u32>,
    /// Four for each score.
    pub maximum: Option<u32>,
    /// How the share becomes a whole percentage.
    pub rounding: Option<Rounding>,
    /// The share of the maximum.
    pub percent: Option<Percent>,
    /// What it gives before any limiter and cap.
    pub unlimited: Rating,
    /// The limiters that were tried.
    pub limiters: Vec<LimiterStep>,
    /// The breach that caps it.
    pub breach: Option<BreachStep>,
    /// What it gives.
    pub rating: Rating,
    /// Each step as it was made, such as `ceil(100*21/36) = 59 -> requires improvement (39 to 62)`.
    pub spelled: Vec<String>,
}

/// A rating in words.
pub(super) fn words(rating: Rating) -> String {
    rating.as_str().replace('-', " ")
}

/// The percentage of some scores, of which there is at least one, and its band.
pub(super) fn of_scores(framework: &Framework, scores: Vec<Score>) -> Calculation {
    let count = u32::try_from(scores.len()).unwrap_or(u32::MAX / Score::MAX).max(1);
    let sum = scores.iter().map(|score| score.get()).sum();
    let maximum = Score::MAX * count;
    let share = percent(sum, count, framework.rounding);
    let unlimited = band(framework, share);
    let terms: Vec<String> = scores.iter().map(ToString::to_string).collect();
    let divided = match framework.rounding {
        Rounding::Ceiling => format!("ceil(100*{sum}/{maximum})"),
        Rounding::HalfUp => format!("floor((200*{sum}+{maximum})/(2*{maximum}))"),
    };
    let edges = framework.bands.iter().find(|band| band.rating == unlimited);
    let edges = edges.map(|band| format!(" ({} to {})", band.from_percent, band.to_percent));
    let spelled = vec![
        format!("{} = {sum} of {count}*4 = {maximum}", terms.join("+")),
        format!("{divided} = {share} -> {}{}", words(unlimited), edges.unwrap_or_default()),
    ];
    Calculation {
        scores,
        ratings: Vec::new(),
        sum: Some(sum),
        maximum: Some(maximum),
        rounding: Some(framework.rounding),
        percent: Some(share),
        unlimited,
        limiters: Vec::new(),
        breach: None,
        rating: unlimited,
        spelled,
    }
}

/// A provider's overall from the ratings of its key questions.
pub(super) fn of_themes(ratings: Vec<Rating>) -> Calculation {
    let unlimited = overall_from_themes(&ratings);
    let count = |rating: Rating| ratings.iter().filter(|one| **one == rating).count();
    let counted: Vec<String> =
        Rating::ALL.into_iter().map(|rating| format!("{} {}", count(rating), words(rating))).collect();
    let because = match unlimited {
        Rating::Inadequate => "two or more inadequate",
        Rating::RequiresImprovement => "one inadequate, or two or more requires improvement",
        Rating::Outstanding => "two or more outstanding and the rest good",
        Rating::Good => "neither of these",
    };
    let spelled =
        vec![format!("key questions: {}", counted.join(", ")), format!("{because} -> {}", words(unlimited))];
    Calculation {
        scores: Vec::new(),
        ratings,
        sum: None,
        maximum: None,
        rounding: None,
        percent: None,
        unlimited,
        limiters: Vec::new(),
        breach: None,
        rating: unlimited,
        spelled,
    }
}

/// Tries the framework's limiters on a calculation over these scores. Each tests the band before any limiter, and the
/// lowest cap wins.
pub(super) fn limit(
    calculation: &mut Calculation,
    framework: &Framework,
    scope: LimiterScope,
    scores: &[(StatementId, Score)],
) {
    let unlimited = calculation.unlimited;
    let limiters = framework.limiters.iter().filter(|limiter| limiter.applies_to == scope);
    for limiter in limiters {
        let step = tried(limiter, unlimited, scores);
        if !step.set_off_by.is_empty() {
            calculation.rating = calculation.rating.min(limiter.capped_at);
            let statements: Vec<&str> = step.set_off_by.iter().map(StatementId::as_str).collect();
            calculation.spelled.push(format!(
                "limiter: band {} with a score of at most {} ({}) -> at most {}",
                words(unlimited),
                limiter.any_score_at_most,
                statements.join(", "),
                words(limiter.capped_at)
            ));
        }
        calculation.limiters.push(step);
    }
    if calculation.rating < unlimited {
        let (before, after) = (words(unlimited), words(calculation.rating));
        calculation.spelled.push(format!("limited from {before} -> {after}"));
    }
}

fn tried(limiter: &Limiter, unlimited: Rating, scores: &[(StatementId, Score)]) -> LimiterStep {
    let low = scores.iter().filter(|(_, score)| *score <= limiter.any_score_at_most);
    let fires = limiter.when_rating == unlimited;
    LimiterStep {
        when_rating: limiter.when_rating,
        any_score_at_most: limiter.any_score_at_most,
        capped_at: limiter.capped_at,
        set_off_by: low.filter(|_| fires).map(|(statement, _)| statement.clone()).collect(),
    }
}

/// Caps the overall rating where regulations were breached.
pub(super) fn cap(calculation: &mut Calculation, breach: Option<BreachStep>) {
    let Some(breach) = breach else { return };
    let before = calculation.rating;
    calculation.rating = before.min(Rating::RequiresImprovement);
    let regulations: Vec<&str> = breach.regulations.iter().map(Code::as_str).collect();
    calculation.spelled.push(format!(
        "breach of {} in findings {}: at most requires improvement, {} before -> {}",
        regulations.join(", "),
        breach.findings,
        words(before),
        words(calculation.rating)
    ));
    calculation.breach = Some(breach);
}
