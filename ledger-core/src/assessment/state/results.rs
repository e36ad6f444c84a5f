//! Results on record, and what became of them.
//!
//! A result stays for ever, since withdrawing a later one lets it stand again; so its scores, and what they rest on, are
//! packed: names as numbers, some hundred bytes for thirty statements. [`KeptResult`] shows the rest plainly;
//! [`State::detail`] unpacks. Left out: which result counts, which is `standing.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::table::Table;
use super::{ScoreKey, State};
use crate::assessment::civil::Date;
use crate::assessment::codes::{ActorId, CategoryId, FrameworkId, ItemId, StatementId};
use crate::assessment::framework::Score;
use crate::assessment::recorded::Recorded;
use crate::assessment::standing::{GivenScore, Origin, ResultOnRecord};
use crate::values::Sequence;

/// A result without its scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultHead {
    /// The publication's or transcription's entry.
    pub sequence: Sequence,
    /// Method under which it was scored.
    pub framework: FrameworkId,
    /// Day from which it counts.
    pub effective: Date,
    /// Day on which it was recorded.
    pub recorded: Date,
    /// Where it came from.
    pub origin: Origin,
    /// Whether a breach of regulations was recorded with the findings.
    pub breach: bool,
}

/// A review of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The request.
    pub request: Sequence,
    /// The decision.
    pub decision: Option<Sequence>,
    /// Whether a new publication is due.
    pub republication_due: bool,
}

/// The withdrawal of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// What says so: a withdrawal, or the transcription of one.
    pub entry: Sequence,
    /// Day from which it counts.
    pub effective: Date,
    /// Day on which it was recorded.
    pub recorded: Date,
}

impl Withdrawal {
    pub(super) fn of(recorded: &Recorded) -> Self {
        let day = Date::in_london(recorded.recorded_time);
        Withdrawal { entry: recorded.sequence, effective: recorded.valid_from(), recorded: day }
    }
}

/// A result on record and what became of it. Memory: some 200 bytes, and some hundred for its detail.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptResult {
    /// The result.
    pub result: ResultHead,
    /// Its findings; none for a transcription.
    pub findings: Option<Sequence>,
    /// Its withdrawal.
    pub withdrawn: Option<Withdrawal>,
    /// Its review.
    pub review: Option<Review>,
    /// The decision on a notice.
    pub notice: Option<Sequence>,
    packed: Box<[u8]>,
}

/// The evidence that scores rest on.
pub type RestsOn = BTreeMap<ScoreKey, BTreeSet<Sequence>>;

/// The scores of a result, and what they rest on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResultDetail {
    /// One score for each statement it gives one.
    pub scores: BTreeMap<StatementId, GivenScore>,
    /// Scores by statement and category, as a review changes them. Empty for a transcription.
    pub given: BTreeMap<ScoreKey, GivenScore>,
    /// Everyone who set one of its scores.
    pub authors: BTreeSet<ActorId>,
    /// Its required improvements.
    pub required: BTreeSet<ItemId>,
    /// The evidence its scores rest on.
    pub rests_on: RestsOn,
    /// The evidence of scores that a review changed and no publication has put into force yet.
    pub reviewed_on: RestsOn,
}

/// The names that details are packed with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Names {
    statements: Table<StatementId>,
    categories: Table<CategoryId>,
    actors: Table<ActorId>,
}

/// A statement, and one above its category or 0 for none.
type Key = (u32, u32);
type Scores = Vec<(u32, Score, u64)>;
type Given = Vec<(Key, Score, u64)>;
type Resting = Vec<(Key, Vec<u64>)>;

/// [`ResultDetail`] in numbers. The scores come first, so that they can be read alone.
#[derive(Serialize, Deserialize)]
struct Packed {
    scores: Scores,
    /// None where they are the scores, each under no category: most often.
    given: Option<Given>,
    authors: Vec<u32>,
    required: BTreeSet<ItemId>,
    rests_on: Resting,
    reviewed_on: Resting,
}

/// Scores as they are given by statement alone.
fn given_as(scores: &Scores) -> Given {
    scores.iter().map(|(statement, score, entry)| ((*statement, 0), *score, *entry)).collect()
}

impl Names {
    /// A result with its detail packed.
    pub(super) fn kept(
        &mut self,
        result: ResultHead,
        findings: Option<Sequence>,
        detail: &ResultDetail,
    ) -> KeptResult {
        let packed = self.pack(detail);
        KeptResult { result, findings, withdrawn: None, review: None, notice: None, packed }
    }

    /// Replaces a result's detail.
    pub(super) fn repack(&mut self, kept: &mut KeptResult, detail: &ResultDetail) {
        kept.packed = self.pack(detail);
    }

    fn pack(&mut self, detail: &ResultDetail) -> Box<[u8]> {
        let scores = detail.scores.iter();
        let scores = scores.map(|(id, given)| (self.statements.number(id), given.score, given.entry.get()));
        let scores = scores.collect();
        let given = detail.given.iter().map(|(key, given)| (self.key(key), given.score, given.entry.get()));
        let given = given.collect();
        let packed = Packed {
            given: (given != given_as(&scores)).then_some(given),
            scores,
            authors: detail.authors.iter().map(|actor| self.actors.number(actor)).collect(),
            required: detail.required.clone(),
            rests_on: self.resting(&detail.rests_on),
            reviewed_on: self.resting(&detail.reviewed_on),
        };
        // Plain data in memory has a form.
        postcard::to_stdvec(&packed).unwrap_or_default().into()
    }

    fn key(&mut self, (statement, category): &ScoreKey) -> Key {
        let category = category.as_ref().map_or(0, |category| self.categories.number(category) + 1);
        (self.statements.number(statement), category)
    }

    fn resting(&mut self, rests_on: &RestsOn) -> Resting {
        let resting = rests_on.iter();
        resting
            .map(|(key, evidence)| (self.key(key), evidence.iter().map(|item| item.get()).collect()))
            .collect()
    }

    fn score_key(&self, (statement, category): Key) -> Option<ScoreKey> {
        let category = category.checked_sub(1).and_then(|number| self.categories.value(number)).cloned();
        Some((self.statements.value(statement)?.clone(), category))
    }

    fn rests_on(&self, resting: Resting) -> RestsOn {
        let rests_on = resting.into_iter().filter_map(|(key, evidence)| {
            Some((self.score_key(key)?, evidence.into_iter().map(Sequence::new).collect()))
        });
        rests_on.collect()
    }

    fn scores(&self, scores: Scores) -> BTreeMap<StatementId, GivenScore> {
        let scores = scores.into_iter().filter_map(|(statement, score, entry)| {
            let given = GivenScore { score, entry: Sequence::new(entry) };
            Some((self.statements.value(statement)?.clone(), given))
        });
        scores.collect()
    }

    /// A result's detail. Cost: some us.
    pub(super) fn detail(&self, kept: &KeptResult) -> ResultDetail {
        // Only this module packs, so what it packed has a form.
        let Ok(packed) = postcard::from_bytes::<Packed>(&kept.packed) else { return ResultDetail::default() };
        let given = packed.given.unwrap_or_else(|| given_as(&packed.scores));
        let given = given.into_iter().filter_map(|(key, score, entry)| {
            Some((self.score_key(key)?, GivenScore { score, entry: Sequence::new(entry) }))
        });
        let authors = packed.authors.into_iter().filter_map(|number| self.actors.value(number)).cloned();
        ResultDetail {
            scores: self.scores(packed.scores),
            given: given.collect(),
            authors: authors.collect(),
            required: packed.required,
            rests_on: self.rests_on(packed.rests_on),
            reviewed_on: self.rests_on(packed.reviewed_on),
        }
    }

    /// A result with its scores, as the rules of standing take it. Cost: about 0.1 us a statement.
    pub(super) fn on_record(&self, kept: &KeptResult) -> ResultOnRecord {
        let scores = postcard::take_from_bytes::<Scores>(&kept.packed).map(|(scores, _)| scores);
        let ResultHead { sequence, framework, effective, origin, breach, .. } = kept.result.clone();
        let scores = self.scores(scores.unwrap_or_default());
        ResultOnRecord { sequence, framework, effective, origin, scores, breach }
    }
}

impl State {
    /// The scores of a result on record, and what they rest on. Cost: some us.
    pub fn detail(&self, kept: &KeptResult) -> ResultDetail {
        self.names.detail(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let statement = |n: usize| -> StatementId { format!("statement-{n}").parse().expect("an id") };
        let given =
            |n: usize| GivenScore { score: Score::ALL[n % 4], entry: Sequence::new(9_000_000 + n as u64) };
        let key =
            |n: usize| (statement(n / 2), n.is_multiple_of(2).then(|| "processes".parse().expect("an id")));
        let evidence = |n: usize| (0..3).map(|item| Sequence::new((n * 10 + item) as u64)).collect();
        let detail = ResultDetail {
            scores: (0..34).map(|n| (statement(n), given(n))).collect(),
            given: (0..34).map(|n| (key(n), given(n))).collect(),
            authors: ["assessor-1", "assessor-2"].map(|id| id.parse().expect("an id")).into(),
            required: ["item-1".parse().expect("an id")].into(),
            rests_on: (0..34).map(|n| (key(n), evidence(n))).collect(),
            reviewed_on: [(key(3), evidence(50))].into(),
        };
        let head = ResultHead {
            sequence: Sequence::new(7),
            framework: "ics/2023-interim".parse().expect("an id"),
            effective: Date::EARLIEST,
            recorded: Date::EARLIEST,
            origin: Origin::Published { assessment: Sequence::new(1) },
            breach: true,
        };
        let mut names = Names::default();
        let mut kept = names.kept(head, None, &detail);
        assert_eq!(names.detail(&kept), detail);
        assert_eq!(names.on_record(&kept).scores, detail.scores);
        assert!(kept.packed.len() < 1_200, "{} bytes", kept.packed.len());
        let plain = detail.scores.iter().map(|(statement, given)| ((statement.clone(), None), *given));
        let plain = ResultDetail { given: plain.collect(), ..detail.clone() };
        let before = kept.packed.len();
        names.repack(&mut kept, &plain);
        assert_eq!(names.detail(&kept), plain);
        assert!(kept.packed.len() + 200 < before, "{} bytes", kept.packed.len());
    }
}
