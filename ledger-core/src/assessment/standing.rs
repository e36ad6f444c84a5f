//! Carry-forward: which score of which result stands for each statement, and the rating that follows.
//!
//! A subject's results are its own publications and transcriptions of what was published elsewhere. The score
//! in force for a statement is the one of the latest result that covers it. A publication covers the
//! statements it assessed; a transcription is a whole published result and covers its whole framework, also
//! where the source did not print a score. Left out: how results get on record, and the two clocks: callers
//! pass the results that count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::civil::Date;
use super::codes::{FrameworkId, StatementId};
use super::framework::{Framework, Percent, Rating, Score};
use super::rating::{self, Derivation};
use crate::values::Sequence;

/// A score a result gives a statement, and the entry that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenScore {
    /// The score.
    pub score: Score,
    /// The score entry, or the transcription itself.
    pub entry: Sequence,
}

/// What a source printed beside or instead of scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Printed {
    /// Printed rating.
    pub rating: Option<Rating>,
    /// Printed percentage. Shown, never computed with.
    pub percent: Option<Percent>,
}

/// Where a result came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// Published from this ledger's assessment.
    Published {
        /// The assessment's first entry.
        assessment: Sequence,
    },
    /// Transcribed from a public source.
    Transcribed(Printed),
}

/// A result on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultOnRecord {
    /// The publication's or transcription's entry.
    pub sequence: Sequence,
    /// Method under which it was scored.
    pub framework: FrameworkId,
    /// Day from which it counts.
    pub effective: Date,
    /// Where it came from.
    pub origin: Origin,
    /// Scores it gives. A statement it covers without a score is in `covers` only.
    pub scores: BTreeMap<StatementId, GivenScore>,
    /// Whether a breach of regulations was recorded with the findings.
    pub breach: bool,
}

impl ResultOnRecord {
    fn covers(&self, statement: &StatementId) -> bool {
        matches!(self.origin, Origin::Transcribed(_)) || self.scores.contains_key(statement)
    }
}

/// A statement's score in force and the result it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingScore {
    /// The statement, in the framework of the standing.
    pub statement: StatementId,
    /// The score.
    pub score: Score,
    /// The entry that gave it.
    pub entry: Sequence,
    /// The result it comes from.
    pub result: Sequence,
    /// The assessment that result was published from; none for a transcription.
    pub assessment: Option<Sequence>,
    /// The day that result counts from.
    pub effective: Date,
    /// Set when the score was given under another framework and carried by a mapping.
    pub mapped_from: Option<(FrameworkId, StatementId)>,
}

/// On what a standing rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Every statement has a score; the rating was computed from them.
    Derived,
    /// The source printed a rating without all scores; the rating is as printed.
    AsPrinted,
    /// Some statement was never scored and nothing was printed: no overall.
    Incomplete,
}

/// What stands for a subject at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The method.
    pub framework: FrameworkId,
    /// On what it rests.
    pub basis: Basis,
    /// The rating, computed or as printed.
    pub rating: Option<Rating>,
    /// The percentage, only ever computed.
    pub percent: Option<Percent>,
    /// The arithmetic over the scores there are.
    pub derivation: Derivation,
    /// Each statement that has a score in force, in printed order.
    pub scores: Vec<StandingScore>,
    /// The latest result: the one the standing dates from.
    pub latest: Sequence,
    /// What that result's source printed.
    pub printed: Printed,
}

/// What stands after `results`, which are not withdrawn and in any order. The method is the latest result's
/// framework; while statements that it has and older results lack are still unscored, the older rating stands
/// under its own method (our own choice). None without results, or with an unknown framework. Cost:
/// results x statements.
pub fn standing<'f>(
    results: &[&ResultOnRecord],
    framework: impl Fn(&FrameworkId) -> Option<&'f Framework>,
) -> Option<Standing> {
    let ordered = in_order(results);
    let latest = *ordered.last()?;
    let under_latest = standing_under(framework(&latest.framework)?, &ordered)?;
    if under_latest.basis != Basis::Incomplete || matches!(latest.origin, Origin::Transcribed(_)) {
        return Some(under_latest);
    }
    let mut tried = vec![&latest.framework];
    for older in ordered.iter().rev() {
        if tried.contains(&&older.framework) {
            continue;
        }
        tried.push(&older.framework);
        let own: Vec<&ResultOnRecord> =
            ordered.iter().filter(|result| result.framework == older.framework).copied().collect();
        if let Some(complete) =
            standing_under(framework(&older.framework)?, &own).filter(|s| s.basis != Basis::Incomplete)
        {
            return Some(complete);
        }
    }
    Some(under_latest)
}

/// What stands under one framework alone, whichever the latest result has. Cost: results x statements.
pub fn standing_in(framework: &Framework, results: &[&ResultOnRecord]) -> Option<Standing> {
    standing_under(framework, &in_order(results))
}

/// Oldest first.
fn in_order<'r>(results: &[&'r ResultOnRecord]) -> Vec<&'r ResultOnRecord> {
    let mut ordered = results.to_vec();
    ordered.sort_by_key(|result| (result.effective, result.sequence));
    ordered
}

/// What stands under one framework. `ordered` is oldest first and not empty.
fn standing_under(framework: &Framework, ordered: &[&ResultOnRecord]) -> Option<Standing> {
    let latest = *ordered.last()?;
    let mut scores = Vec::new();
    for statement in framework.statements() {
        let covering = ordered.iter().rev().find_map(|result| {
            carried_statement(framework, result, &statement.id).map(|(id, mapped)| (*result, id, mapped))
        });
        let Some((result, id, mapped_from)) = covering else { continue };
        let Some(given) = result.scores.get(&id) else { continue };
        scores.push(StandingScore {
            statement: statement.id.clone(),
            score: given.score,
            entry: given.entry,
            result: result.sequence,
            assessment: match result.origin {
                Origin::Published { assessment } => Some(assessment),
                Origin::Transcribed(_) => None,
            },
            effective: result.effective,
            mapped_from,
        });
    }
    let by_statement = scores.iter().map(|s| (s.statement.clone(), s.score)).collect();
    let derivation = rating::derive(framework, &by_statement, latest.breach);
    let printed = match latest.origin {
        Origin::Transcribed(printed) => printed,
        Origin::Published { .. } => Printed::default(),
    };
    let (basis, rating) = match (derivation.rating, printed.rating) {
        (Some(rating), _) => (Basis::Derived, Some(rating)),
        (None, Some(rating)) => (Basis::AsPrinted, Some(rating)),
        (None, None) => (Basis::Incomplete, None),
    };
    Some(Standing {
        framework: framework.id.clone(),
        basis,
        rating,
        percent: derivation.percent,
        derivation,
        scores,
        latest: latest.sequence,
        printed,
    })
}

/// The statement of `result` that speaks for `statement` of `framework`, if it covers one: the same statement
/// under the same framework, or the one a mapping names.
fn carried_statement(
    framework: &Framework,
    result: &ResultOnRecord,
    statement: &StatementId,
) -> Option<(StatementId, Option<(FrameworkId, StatementId)>)> {
    if result.framework == framework.id {
        return result.covers(statement).then(|| (statement.clone(), None));
    }
    let mapped = framework.mapping.iter().find(|m| m.framework == result.framework && m.to == *statement)?;
    result
        .covers(&mapped.from)
        .then(|| (mapped.from.clone(), Some((result.framework.clone(), mapped.from.clone()))))
}
