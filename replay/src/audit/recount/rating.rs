//! The arithmetic of ratings and what stands, worked out a second time from frameworks as JSON.
//!
//! Percentages by counting up to the first that covers the sum, bands by their printed limits, ratings as words. Results
//! stand by the day they count from, then by their place. Left out: how results come about (`cases.rs`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::{list, number, text};

/// The ratings, lowest first.
const RATINGS: [&str; 4] = ["inadequate", "requires-improvement", "good", "outstanding"];

fn rank(rating: &str) -> usize {
    RATINGS.iter().position(|known| *known == rating).unwrap_or(0)
}

/// A framework, as far as ratings need it.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) id: String,
    pub(super) themes: Vec<Vec<Arc<str>>>,
    pub(super) by_category: bool,
    pub(super) moderated: bool,
    pub(super) working_days: u64,
    half_up: bool,
    from_themes: bool,
    bands: Vec<(u64, u64, String)>,
    limiters: Vec<Value>,
    mapping: Vec<Value>,
}

impl Method {
    pub(super) fn of(framework: &Value) -> Self {
        let ids = |theme: &Value| list(theme, "statements").map(|s| Arc::from(text(s, "id"))).collect();
        let band = |band: &Value| {
            (number(band, "from_percent"), number(band, "to_percent"), text(band, "rating").to_owned())
        };
        Method {
            id: text(framework, "id").to_owned(),
            themes: list(framework, "themes").map(ids).collect(),
            by_category: text(framework, "method") == "category",
            moderated: text(framework, "moderation") == "required",
            working_days: number(framework, "accuracy_working_days"),
            half_up: text(framework, "rounding") == "half-up",
            from_themes: text(framework, "overall") == "theme-ratings",
            bands: list(framework, "bands").map(band).collect(),
            limiters: list(framework, "limiters").cloned().collect(),
            mapping: list(framework, "mapping").cloned().collect(),
        }
    }

    pub(super) fn statements(&self) -> impl Iterator<Item = &Arc<str>> {
        self.themes.iter().flatten()
    }

    /// The least whole percentage that is not below the share, or the nearest to it.
    fn percent(&self, scores: &[u64]) -> u64 {
        let (sum, most) = (scores.iter().sum::<u64>(), 4 * scores.len() as u64);
        let covers = |percent: &u64| match self.half_up {
            false => percent * most >= 100 * sum,
            true => 2 * percent * most + most > 200 * sum,
        };
        (0..=100).find(covers).unwrap_or(100)
    }

    fn band(&self, percent: u64) -> &str {
        let within = |(from, to, _): &&(u64, u64, String)| (*from..=*to).contains(&percent);
        self.bands.iter().find(within).map_or(RATINGS[0], |(.., rating)| rating)
    }

    /// The score of a statement from those of its categories.
    pub(super) fn combined(&self, scores: &[u64]) -> u64 {
        rank(self.band(self.percent(scores))) as u64 + 1
    }

    /// The band of these scores, capped by the limiters of `scope`.
    fn limited(&self, scores: &[u64], scope: &str) -> usize {
        let band = self.band(self.percent(scores));
        let fires = |limiter: &&Value| {
            text(limiter, "applies_to") == scope
                && text(limiter, "when_rating") == band
                && scores.iter().any(|score| *score <= number(limiter, "any_score_at_most"))
        };
        let caps = self.limiters.iter().filter(fires).map(|limiter| rank(text(limiter, "capped_at")));
        caps.chain([rank(band)]).min().unwrap_or(0)
    }

    /// Percentage and rating of one score for each statement, in order of themes.
    fn overall(&self, scores: &BTreeMap<&str, u64>, breach: bool) -> Outcome {
        let of = |statements: &[Arc<str>]| -> Vec<u64> {
            statements.iter().filter_map(|statement| scores.get(&**statement).copied()).collect()
        };
        let all: Vec<u64> = self.themes.iter().flat_map(|theme| of(theme)).collect();
        let (percent, rating) = match self.from_themes {
            false => (Some(self.percent(&all)), self.limited(&all, "overall")),
            true => {
                let themes: Vec<usize> =
                    self.themes.iter().map(|theme| self.limited(&of(theme), "theme")).collect();
                (None, from_themes(&themes))
            }
        };
        let rating = if breach { rating.min(1) } else { rating };
        Outcome { percent, rating: Some(RATINGS[rating]) }
    }
}

/// A provider's overall from its key questions.
fn from_themes(themes: &[usize]) -> usize {
    let count = |rank: usize| themes.iter().filter(|theme| **theme == rank).count();
    match (count(0), count(1), count(3)) {
        (2.., ..) => 0,
        (1, ..) | (_, 2.., _) => 1,
        (0, 0, 2..) => 3,
        _ => 2,
    }
}

/// A percentage and a rating, as far as there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Outcome {
    pub(super) percent: Option<u64>,
    pub(super) rating: Option<&'static str>,
}

impl Outcome {
    /// What a publication states.
    pub(super) fn stated(data: &Value) -> Self {
        let rating = text(data, "rating");
        Outcome {
            percent: data.get("percent").and_then(Value::as_u64),
            rating: RATINGS.into_iter().find(|known| *known == rating),
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.percent {
            Some(percent) => write!(f, "{percent} %, ")?,
            None => f.write_str("no percentage, ")?,
        }
        f.write_str(self.rating.unwrap_or("no rating"))
    }
}

/// A statement with its category, or with none.
pub(super) type Key = (Arc<str>, Arc<str>);

/// A result that was published or transcribed.
#[derive(Debug, Clone, Default)]
pub(super) struct OnRecord {
    pub(super) at: u64,
    pub(super) framework: String,
    /// The day it counts from.
    pub(super) effective: i64,
    pub(super) transcribed: bool,
    /// Whether its source printed a rating.
    pub(super) printed: bool,
    /// The day it was recorded.
    pub(super) recorded: i64,
    /// Its withdrawal: the entry, the day it counts from, the day it was recorded.
    pub(super) withdrawn: Option<(u64, i64, i64)>,
    pub(super) breach: bool,
    /// One score for each statement that has one.
    pub(super) scores: BTreeMap<Arc<str>, u64>,
    /// Scores by statement and category with their entries, as reviews change them.
    pub(super) given: BTreeMap<Key, (u64, u64)>,
    pub(super) authors: Vec<String>,
    /// The request and the decision of its review.
    pub(super) review: Option<(u64, Option<u64>)>,
}

impl OnRecord {
    /// Whether it speaks for a statement: a transcription is a whole result.
    fn speaks_for(&self, statement: &str) -> bool {
        self.transcribed || self.scores.contains_key(statement)
    }
}

/// What the results give under one method.
struct Under {
    /// None while a statement has no score.
    derived: Option<Outcome>,
    printed: bool,
}

fn under(method: &Method, ordered: &[&OnRecord]) -> Option<Under> {
    let latest = ordered.last()?;
    let mut scores = BTreeMap::new();
    for statement in method.statements() {
        let of = |result: &&OnRecord| {
            let own = result.framework == method.id;
            let mapped = method.mapping.iter().find(|mapping| {
                !own && text(mapping, "framework") == result.framework && text(mapping, "to") == &**statement
            });
            let source = if own { Some(&**statement) } else { mapped.map(|mapping| text(mapping, "from")) }?;
            result.speaks_for(source).then(|| result.scores.get(source).copied())
        };
        if let Some(Some(score)) = ordered.iter().rev().find_map(of) {
            scores.insert(&**statement, score);
        }
    }
    let complete = scores.len() == method.statements().count();
    let derived = complete.then(|| method.overall(&scores, latest.breach));
    Some(Under { derived, printed: latest.transcribed && latest.printed })
}

/// What stands after results, of which none is withdrawn: the method, and what all its scores give.
fn stands<'m>(
    methods: &'m BTreeMap<String, Method>,
    results: &[&OnRecord],
) -> Option<(&'m str, Option<Outcome>)> {
    let mut ordered = results.to_vec();
    ordered.sort_by_key(|result| (result.effective, result.at));
    let latest = *ordered.last()?;
    let method = methods.get(&latest.framework)?;
    let now = under(method, &ordered)?;
    if now.derived.is_some() || now.printed || latest.transcribed {
        return Some((&method.id, now.derived));
    }
    let mut tried = vec![latest.framework.as_str()];
    for result in ordered.iter().rev() {
        if tried.contains(&result.framework.as_str()) {
            continue;
        }
        tried.push(&result.framework);
        let own: Vec<&OnRecord> =
            ordered.iter().filter(|other| other.framework == result.framework).copied().collect();
        let method = methods.get(&result.framework)?;
        let older = under(method, &own)?;
        if older.derived.is_some() || older.printed {
            return Some((&method.id, older.derived));
        }
    }
    Some((&method.id, None))
}

/// What a publication must state: what stands on its own day, itself included.
pub(super) fn must_state(
    methods: &BTreeMap<String, Method>,
    earlier: &[OnRecord],
    published: &OnRecord,
) -> Outcome {
    let day = published.effective;
    let counts = |result: &&OnRecord| {
        result.effective <= day && result.withdrawn.is_none_or(|(_, from, _)| from > day)
    };
    let standing: Vec<&OnRecord> = earlier.iter().filter(counts).chain([published]).collect();
    match stands(methods, &standing) {
        Some((method, Some(outcome))) if method == published.framework => outcome,
        _ => Outcome::default(),
    }
}

/// One score for each statement, from scores by statement and category.
pub(super) fn by_statement(method: &Method, given: &BTreeMap<Key, (u64, u64)>) -> BTreeMap<Arc<str>, u64> {
    let mut grouped: BTreeMap<Arc<str>, Vec<u64>> = BTreeMap::new();
    for ((statement, _), (score, _)) in given {
        grouped.entry(statement.clone()).or_default().push(*score);
    }
    let one = |scores: Vec<u64>| if method.by_category { method.combined(&scores) } else { scores[0] };
    grouped.into_iter().map(|(statement, scores)| (statement, one(scores))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn method(rounding: &str) -> Method {
        let bands = [(25, 38), (39, 62), (63, 87), (88, 100)].into_iter().zip(RATINGS);
        let bands: Vec<Value> = bands
            .map(|((from, to), rating)| json!({"rating":rating,"from_percent":from,"to_percent":to}))
            .collect();
        Method::of(&json!({"id":"m/1","rounding":rounding,"bands":bands,"themes":[]}))
    }

    #[test]
    fn percentages_are_those_that_were_published() {
        // North Somerset 21 of 36, Blackpool 12 of 36, York's 14 of 36, West Northamptonshire's 9 and 10 of 16.
        let scores = |sum: usize, count: usize| {
            let mut scores = vec![1; count];
            (0..sum - count).for_each(|at| scores[at % count] += 1);
            scores
        };
        for (sum, count, up, half) in [(21, 9, 59, 58), (12, 9, 34, 33), (14, 9, 39, 39), (26, 17, 39, 38)] {
            assert_eq!(method("ceiling").percent(&scores(sum, count)), up, "{sum} of {count}");
            assert_eq!(method("half-up").percent(&scores(sum, count)), half, "{sum} of {count}");
        }
        assert_eq!(
            (method("ceiling").combined(&[2, 2, 3, 3]), method("ceiling").combined(&[2, 2, 2, 3])),
            (3, 2)
        );
        assert_eq!(method("half-up").percent(&[4, 1]), 63, "62.5 rounds up");
    }

    #[test]
    fn a_provider_is_rated_by_its_key_questions() {
        for (themes, overall) in [
            ([2, 2, 2, 2, 2], 2),
            ([0, 0, 3, 3, 3], 0),
            ([0, 3, 3, 3, 3], 1),
            ([1, 1, 3, 3, 3], 1),
            ([1, 2, 3, 3, 3], 2),
            ([2, 2, 2, 3, 3], 3),
            ([2, 2, 2, 2, 3], 2),
        ] {
            assert_eq!(from_themes(&themes), overall, "{themes:?}");
        }
    }
}
