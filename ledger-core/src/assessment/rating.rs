//! The arithmetic of ratings: integers only, every rounding named, each step with its inputs.
//!
//! Order: statement -> theme -> limiter -> overall. [`derive()`] works on one score per statement;
//! [`statement_score`] makes that score from category scores under the older method. Left out: which scores
//! are in force (`standing.rs`).
//!
//! Sources: the percentage formula and bands are CQC's guidance for local authorities; their use for
//! integrated care systems, and the overall of a provider from its key questions, are our own choice, named in
//! the frameworks' assumptions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::{StatementId, ThemeId};
use super::framework::{Framework, Limiter, LimiterScope, Overall, Percent, Rating, Rounding, Score};

/// `100 * sum / (4 * count)` as a whole percentage. `count` is at least 1, `sum` at most `4 * count`.
pub fn percent(sum: u32, count: u32, rounding: Rounding) -> Percent {
    let maximum = Score::MAX * count.max(1);
    let whole = match rounding {
        Rounding::Ceiling => (100 * sum).div_ceil(maximum),
        Rounding::HalfUp => (200 * sum + maximum) / (2 * maximum),
    };
    // A sum within its maximum gives at most 100.
    Percent::try_from(i64::from(whole.min(100))).unwrap_or_else(|_| unreachable!("at most 100"))
}

/// The rating whose band holds `percent`. Bands without gaps from 25 to 100 were checked at adoption; below 25,
/// which no scores give, the lowest rating stands.
pub fn band(framework: &Framework, percent: Percent) -> Rating {
    let bands = framework.bands.iter().rev();
    bands.clone().find(|band| band.from_percent <= percent).map_or(Rating::Inadequate, |band| band.rating)
}

/// A statement's score from its category scores: their percentage, and the score whose band holds it. None
/// without any. West Northamptonshire's safeguarding was reported as 63 (10 of 16, rounded up) and counted as 3.
pub fn statement_score(framework: &Framework, categories: &[Score]) -> Option<(Percent, Score)> {
    if categories.is_empty() {
        return None;
    }
    let sum = categories.iter().map(|score| score.get()).sum();
    let percent = percent(sum, count_of(categories.len()), framework.rounding);
    Some((percent, band(framework, percent).as_score()))
}

fn count_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX / 8)
}

/// What a theme's scores give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ThemeResult {
    /// The theme.
    pub id: ThemeId,
    /// Sum of the scores there are.
    pub sum: u32,
    /// Four for each statement of the theme.
    pub maximum: u32,
    /// Share of the maximum; none while a statement is unscored.
    pub percent: Option<Percent>,
    /// Band of the percentage before any limiter.
    pub unlimited: Option<Rating>,
    /// The theme's rating.
    pub rating: Option<Rating>,
}

/// What scores give under a framework, each step shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Derivation {
    /// Overall percentage; none if a statement is unscored or the overall comes from theme ratings.
    pub percent: Option<Percent>,
    /// Overall rating; none while a statement is unscored.
    pub rating: Option<Rating>,
    /// Overall rating before any cap.
    pub unlimited: Option<Rating>,
    /// Sum of all scores there are.
    pub sum: u32,
    /// Four for each statement.
    pub maximum: u32,
    /// Each theme, in printed order.
    pub themes: Vec<ThemeResult>,
    /// Statements without a score, in printed order.
    pub missing: Vec<StatementId>,
}

/// The rating that `scores` give under `framework`. A recorded breach of regulations caps a provider at
/// requires improvement. Scores of statements outside the framework are ignored. Cost: one pass.
pub fn derive(framework: &Framework, scores: &BTreeMap<StatementId, Score>, breach: bool) -> Derivation {
    let themes: Vec<ThemeResult> = framework
        .themes
        .iter()
        .map(|theme| {
            let ids: Vec<&StatementId> = theme.statements.iter().map(|statement| &statement.id).collect();
            let tally = Tally::of(framework, &ids, scores, LimiterScope::Theme);
            ThemeResult {
                id: theme.id.clone(),
                sum: tally.sum,
                maximum: tally.maximum,
                percent: tally.percent,
                unlimited: tally.unlimited,
                rating: tally.rating,
            }
        })
        .collect();
    let ids: Vec<&StatementId> = framework.statements().map(|statement| &statement.id).collect();
    let all = Tally::of(framework, &ids, scores, LimiterScope::Overall);
    let (percent, unlimited, rating) = match framework.overall {
        Overall::FlatSumOfStatements => (all.percent, all.unlimited, all.rating),
        Overall::ThemeRatings => {
            let ratings: Option<Vec<Rating>> = themes.iter().map(|theme| theme.rating).collect();
            let unlimited = ratings.as_deref().map(overall_from_themes);
            (None, unlimited, unlimited)
        }
    };
    let capped = |rating: Rating| if breach { rating.min(Rating::RequiresImprovement) } else { rating };
    Derivation {
        percent,
        rating: rating.map(capped),
        unlimited,
        sum: all.sum,
        maximum: all.maximum,
        themes,
        missing: ids.into_iter().filter(|id| !scores.contains_key(*id)).cloned().collect(),
    }
}

/// Sum, percentage, band and limited rating over some statements.
struct Tally {
    sum: u32,
    maximum: u32,
    percent: Option<Percent>,
    unlimited: Option<Rating>,
    rating: Option<Rating>,
}

impl Tally {
    fn of(
        framework: &Framework,
        statements: &[&StatementId],
        scores: &BTreeMap<StatementId, Score>,
        scope: LimiterScope,
    ) -> Self {
        let found: Vec<Score> = statements.iter().filter_map(|id| scores.get(*id).copied()).collect();
        let count = count_of(statements.len());
        let sum = found.iter().map(|score| score.get()).sum();
        let complete = found.len() == statements.len();
        let percent = complete.then(|| percent(sum, count, framework.rounding));
        let unlimited = percent.map(|percent| band(framework, percent));
        let limiters = framework.limiters.iter().filter(|limiter| limiter.applies_to == scope);
        let rating = unlimited.map(|rating| limited(rating, &found, limiters));
        Tally { sum, maximum: Score::MAX * count, percent, unlimited, rating }
    }
}

/// The lowest cap among the limiters that fire. Each tests the band before any limiter.
fn limited<'a>(unlimited: Rating, scores: &[Score], limiters: impl Iterator<Item = &'a Limiter>) -> Rating {
    let fires = |limiter: &&Limiter| {
        limiter.when_rating == unlimited && scores.iter().any(|score| *score <= limiter.any_score_at_most)
    };
    limiters.filter(fires).map(|limiter| limiter.capped_at).fold(unlimited, Rating::min)
}

/// A provider's overall from its five key questions (CQC's older guidance; its use here is our own choice): two
/// or more inadequate make it inadequate; one inadequate, or two or more that require improvement, make it
/// requires improvement; at least two outstanding with the rest good make it outstanding; else it is good.
pub fn overall_from_themes(themes: &[Rating]) -> Rating {
    let count = |rating: Rating| themes.iter().filter(|theme| **theme == rating).count();
    let (inadequate, requires_improvement) = (count(Rating::Inadequate), count(Rating::RequiresImprovement));
    if inadequate >= 2 {
        Rating::Inadequate
    } else if inadequate == 1 || requires_improvement >= 2 {
        Rating::RequiresImprovement
    } else if count(Rating::Outstanding) >= 2 && requires_improvement == 0 {
        Rating::Outstanding
    } else {
        Rating::Good
    }
}
