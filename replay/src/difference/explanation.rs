//! The smallest set of events that explains a changed rating.
//!
//! A set explains a change if the later side without it has the earlier side's status and rating; where only
//! the percentage differs, the earlier percentage by the earlier scores. *Without* means what `whatif` means
//! by it. Candidates are what the later side knows, the earlier does not count, and can change a rating:
//! results, their corrections, withdrawals, successions, scores that a publication gives or that led to
//! these. Where the days differ and not even all of them explain it, **the day came** as well: the question
//! is put about the earlier side's day, and perhaps no event is needed. The search is exact (`smallest.rs`);
//! all candidates with the day always explain it.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{StatementId, Subject};
use ledger_core::assessment::framework::Score;
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::values::Sequence;
use serde::Serialize;

use super::{Counting, EntryDifference, Moment, Side, known, smallest};
use crate::projection::Projection;
use crate::register::{RatingAnswer, Register};
use crate::scope::Grounds;
use crate::whatif::{folded, without};

/// Sets that an explanation lists; it counts them all.
const LISTED: usize = 16;

/// What is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Explained {
    /// A change of status or rating.
    Rating,
    /// A change of the percentage alone, and so of scores.
    Percent,
}

/// The smallest sets of events that explain a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Causes {
    /// What is explained.
    pub explains: Explained,
    /// The side from which the events are taken away.
    pub later: Side,
    /// How many events came into question.
    pub candidates: usize,
    /// Whether it also takes that the later side's day came: without that, no set of events explains it.
    pub the_day: bool,
    /// The sets, at most 16: first those without which the percentage too is the earlier one, and of these
    /// first those of results rather than scores.
    pub sets: Vec<CauseSet>,
    /// How many sets of that size there are, as far as tried.
    pub number: usize,
    /// Whether no smaller set explains it. If not, the bound of [`SETS_TRIED`](super::SETS_TRIED) was
    /// reached: the one set given cannot do without any of its events, but a smaller one may exist.
    pub proven: bool,
    /// Whether every set of that size was tried.
    pub all_tried: bool,
    /// No set of fewer events explains it.
    pub at_least: usize,
}

/// A set of events without which the later side has the earlier rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseSet {
    /// The events.
    pub entries: Vec<EntryDifference>,
    /// Whether without it the percentage too is the earlier one.
    pub percent_too: bool,
}

/// Whether an entry of this kind can stand between another one and the rating.
fn bears(kind: EventKind) -> bool {
    use EventKind as K;
    let leads_to_results =
        matches!(kind, K::AssessmentOpened | K::DraftShared | K::AccuracyChallenged | K::AccuracyDecided);
    leads_to_results || Register::wants(kind)
}

/// The later side, where events are taken away, against the rating of the earlier one.
struct Search<'g> {
    subject: &'g Subject,
    entries: Vec<&'g Recorded>,
    candidates: Vec<EntryDifference>,
    day: Date,
    earlier: &'g RatingAnswer,
    later_side: Side,
    explains: Explained,
}

pub(super) fn explain(
    grounds: &Grounds,
    (from, before): (Moment, &RatingAnswer),
    (to, after): (Moment, &RatingAnswer),
) -> Option<Causes> {
    let explains = if (before.status, before.rating) != (after.status, after.rating) {
        Explained::Rating
    } else if before.percent != after.percent {
        Explained::Percent
    } else {
        return None;
    };
    let swapped = (from.known, from.as_of) > (to.known, to.as_of);
    let (earlier, later, rating, side) =
        if swapped { (to, from, after, Side::From) } else { (from, to, before, Side::To) };
    let search = Search {
        subject: &grounds.subject,
        entries: known(grounds, later).filter(|recorded| bears(recorded.event.kind())).collect(),
        candidates: candidates(grounds, earlier, later, side),
        day: later.as_of,
        earlier: rating,
        later_side: side,
        explains,
    };
    search.explanation()
}

/// The entries that the later side may owe its rating to, in order of sequence.
fn candidates(grounds: &Grounds, earlier: Moment, later: Moment, side: Side) -> Vec<EntryDifference> {
    let (before, after) = (Counting::at(grounds, earlier), Counting::at(grounds, later));
    let last_day = earlier.as_of.max(later.as_of);
    let scores = scores_given(grounds, &before);
    let own = grounds.readings.iter().filter(|reading| reading.recorded.subject == grounds.subject);
    let candidates = own.filter(|reading| {
        let recorded = &reading.recorded;
        let is_one = match &recorded.event {
            // It also decides from which day its result counts.
            Event::CorrectionRecorded(_) => !before.knows(recorded),
            Event::RatingPublished(_)
            | Event::RatingTranscribed(_)
            | Event::RatingWithdrawn(_)
            | Event::AreaSucceeded(_) => after.first_day(recorded) <= last_day,
            Event::ScoreAssigned(_) | Event::ScoreChanged(_) | Event::ScoreModerated(_) => {
                scores.contains(&recorded.sequence)
            }
            _ => false,
        };
        is_one && after.knows(recorded) && !before.counts(recorded)
    });
    candidates.map(|reading| after.describe(reading, side, &before)).collect()
}

/// The scores that publications give, and those that these changed or moderated, but for what a publication
/// counting already on the earlier side gives.
fn scores_given(grounds: &Grounds, before: &Counting) -> BTreeSet<Sequence> {
    let mut replaced = BTreeMap::new();
    let (mut given, mut already) = (BTreeSet::new(), BTreeSet::new());
    for recorded in grounds.events() {
        match &recorded.event {
            Event::ScoreChanged(event) => {
                replaced.insert(recorded.sequence, event.replaces);
            }
            Event::ScoreModerated(event) => {
                replaced.insert(recorded.sequence, event.moderates);
            }
            Event::RatingPublished(event) => {
                let scores = if before.counts(recorded) { &mut already } else { &mut given };
                let lead_back = |score: &Sequence| {
                    std::iter::successors(Some(*score), |score| replaced.get(score).copied())
                };
                scores.extend(event.scores.iter().flat_map(lead_back));
            }
            _ => {}
        }
    }
    &given - &already
}

impl CauseSet {
    /// How many of its events are scores.
    fn scores(&self) -> usize {
        self.entries.iter().filter(|entry| entry.event.starts_with("score.")).count()
    }
}

fn scores(answer: &RatingAnswer) -> Vec<(&StatementId, Score)> {
    answer.statements.iter().map(|view| (&view.statement, view.score)).collect()
}

impl Search<'_> {
    /// The smallest sets, with the earlier side's day only where no set explains it without.
    fn explanation(mut self) -> Option<Causes> {
        let (count, later_day) = (self.candidates.len(), self.day);
        let found = smallest::smallest(count, |set| self.explained_by(set)).or_else(|| {
            self.day = self.earlier.as_of;
            smallest::smallest(count, |set| self.explained_by(set))
        })?;
        let mut sets: Vec<CauseSet> = found.sets.iter().map(|set| self.causes(set)).collect();
        sets.sort_by_key(|set| (!set.percent_too, set.scores()));
        let number = sets.len();
        sets.truncate(LISTED);
        Some(Causes {
            explains: self.explains,
            later: self.later_side,
            candidates: count,
            the_day: self.day != later_day,
            sets,
            number,
            proven: found.proven,
            all_tried: found.all_tried,
            at_least: found.at_least,
        })
    }

    /// The rating on the later side without these candidates.
    fn rating_without(&self, set: &[usize]) -> RatingAnswer {
        let left_out = self.entries_of(set).map(|entry| entry.sequence).collect();
        let absence = without(self.entries.iter().copied(), &left_out);
        folded(absence.entries.iter().map(AsRef::as_ref)).rating(self.subject, self.day)
    }

    fn entries_of<'s>(&'s self, set: &'s [usize]) -> impl Iterator<Item = &'s EntryDifference> {
        set.iter().filter_map(|at| self.candidates.get(*at))
    }

    fn explained_by(&self, set: &[usize]) -> bool {
        let found = self.rating_without(set);
        let rating = (found.status, found.rating) == (self.earlier.status, self.earlier.rating);
        match self.explains {
            Explained::Rating => rating,
            // Other scores may give the same percentage by chance.
            Explained::Percent => {
                rating && found.percent == self.earlier.percent && scores(&found) == scores(self.earlier)
            }
        }
    }

    fn causes(&self, set: &[usize]) -> CauseSet {
        CauseSet {
            entries: self.entries_of(set).cloned().collect(),
            percent_too: self.rating_without(set).percent == self.earlier.percent,
        }
    }
}
