//! Two moments of one subject compared: what differs, and the smallest set of events that explains a changed
//! rating.
//!
//! A moment is a day and how much of the log was known. An entry **counts** at a moment if it was known and
//! its valid time is not after the day; a correction counts from the valid time of what it corrects. The
//! **later side** is the moment that knows more; of two that know equally much, the later day.
//!
//! The explanation: `explanation.rs`. Left out: whole histories, and what might have been (`whatif`).

mod explanation;
mod smallest;

pub use explanation::{CauseSet, Causes, Explained};
pub use smallest::SETS_TRIED;

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Name, StatementId, Subject, ThemeId};
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::values::{Hash, Length, Sequence, Timestamp};
use serde::Serialize;

use crate::clocks::KnownAt;
use crate::log::{Log, Reading, ReplayError};
use crate::redated::moved_to;
use crate::register::{RatingAnswer, StatementView, ThemeView};
use crate::scope::Grounds;
use crate::summary::summary;
use crate::whatif::folded;

/// A day, and how much of the log was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// The day.
    pub as_of: Date,
    /// How many entries were known.
    pub known: Length,
}

/// One of two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The first moment named.
    From,
    /// The second.
    To,
}

/// What differs between two moments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The first moment.
    pub from: Moment,
    /// The second.
    pub to: Moment,
    /// What was in force at the first.
    pub before: RatingAnswer,
    /// What was in force at the second.
    pub after: RatingAnswer,
    /// Themes whose sums, percentages or ratings differ; none on a side that lacks the theme.
    pub themes: Vec<Differing<ThemeId, ThemeView>>,
    /// Statements whose scores, or the entries that gave them, differ; none on a side without a score.
    pub statements: Vec<Differing<StatementId, StatementView>>,
    /// Evidence that counts on one side only.
    pub evidence: Vec<EntryDifference>,
    /// Scores, drafts, challenges, corrections, results, reviews, withdrawals and successions that count on
    /// one side only.
    pub decisions: Vec<EntryDifference>,
    /// How many other entries of the subject count on one side only.
    pub other_entries: u32,
    /// Why rating or percentage changed, if one did.
    pub explanation: Option<Causes>,
}

/// Something that is one thing on the first side and another on the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differing<I, T> {
    /// Which.
    pub id: I,
    /// On the first side.
    pub before: Option<T>,
    /// On the second side.
    pub after: Option<T>,
}

/// Why an entry counts on one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// The other side does not know it.
    NotKnown,
    /// It counts from a day after the other side's.
    NotYet,
}

/// An entry that counts on one side only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntryDifference {
    /// Position in the log.
    pub sequence: Sequence,
    /// BLAKE3 of the entry.
    pub hash: Hash,
    /// The event's name.
    pub event: String,
    /// What happened.
    pub summary: String,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// The first day it counts.
    pub counts_from: Date,
    /// The side it counts on.
    pub side: Side,
    /// Why not on the other.
    pub because: Because,
}

impl Difference {
    /// Compares a subject at two moments: the day asked about, and how far the log was known. Cost: the
    /// subject's entries, and at most [`SETS_TRIED`] folds over those that bear on its rating.
    pub fn between(
        log: &Log,
        subject: &Subject,
        from: (Date, KnownAt),
        to: (Date, KnownAt),
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<Self, ReplayError> {
        let moment = |(as_of, known_at)| -> Result<_, ReplayError> {
            Ok(Moment { as_of, known: log.known(known_at)? })
        };
        let (first, second) = (moment(from)?, moment(to)?);
        let most = if first.known > second.known { from.1 } else { to.1 };
        let grounds = Grounds::read(log, subject, most, progress)?;
        Ok(Self::of(&grounds, first, second))
    }

    /// Compares two moments that the grounds know. Cost: as [`Difference::between`].
    pub fn of(grounds: &Grounds, from: Moment, to: Moment) -> Self {
        let (before, after) = (rated(grounds, from), rated(grounds, to));
        let (mut evidence, mut decisions, mut other_entries) = (Vec::new(), Vec::new(), 0);
        for (kind, difference) in one_sided(grounds, from, to) {
            match sort_of(kind) {
                Sort::Evidence => evidence.push(difference),
                Sort::Decision => decisions.push(difference),
                Sort::Other => other_entries += 1,
            }
        }
        Difference {
            themes: differing(&before.themes, &after.themes, |theme| &theme.id, PartialEq::eq),
            statements: differing(&before.statements, &after.statements, |view| &view.statement, same_score),
            explanation: explanation::explain(grounds, (from, &before), (to, &after)),
            from,
            to,
            before,
            after,
            evidence,
            decisions,
            other_entries,
        }
    }

    /// The subject's name on either side.
    pub fn name(&self) -> Option<&Name> {
        self.after.name.as_ref().or(self.before.name.as_ref())
    }
}

fn known(grounds: &Grounds, moment: Moment) -> impl Iterator<Item = &Recorded> {
    grounds.events().take_while(move |recorded| moment.known.contains(recorded.sequence))
}

fn rated(grounds: &Grounds, moment: Moment) -> RatingAnswer {
    folded(known(grounds, moment)).rating(&grounds.subject, moment.as_of)
}

fn differing<I: Clone + PartialEq, T: Clone>(
    before: &[T],
    after: &[T],
    id: impl Fn(&T) -> &I,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<Differing<I, T>> {
    let find = |side: &[T], wanted: &I| side.iter().find(|one| id(one) == wanted).cloned();
    let gone = before.iter().filter(|one| find(after, id(one)).is_none());
    let all = after.iter().chain(gone).map(|one| id(one).clone());
    let pairs = all.map(|id| Differing { before: find(before, &id), after: find(after, &id), id });
    let differs = |pair: &Differing<I, T>| match (&pair.before, &pair.after) {
        (Some(before), Some(after)) => !same(before, after),
        _ => true,
    };
    pairs.filter(differs).collect()
}

/// A score carried forward is still the same score.
fn same_score(before: &StatementView, after: &StatementView) -> bool {
    (before.score, before.entry) == (after.score, after.entry)
}

/// How the subject's own entries count at a moment.
struct Counting {
    moment: Moment,
    /// The first day each counts.
    from: BTreeMap<Sequence, Date>,
}

impl Counting {
    fn at(grounds: &Grounds, moment: Moment) -> Self {
        let mut from = BTreeMap::new();
        let own = || grounds.events().filter(|recorded| recorded.subject == grounds.subject);
        for recorded in own() {
            let mut day = recorded.valid_from();
            if let Event::CorrectionRecorded(event) = &recorded.event {
                let corrected = own().find(|corrected| corrected.sequence == event.corrects);
                let moved = corrected.and_then(|corrected| moved_to(event, corrected));
                if let (true, Some(moved)) = (moment.known.contains(recorded.sequence), moved) {
                    from.insert(event.corrects, moved);
                }
                day = from.get(&event.corrects).copied().unwrap_or(day);
            }
            from.insert(recorded.sequence, day);
        }
        Counting { moment, from }
    }

    fn knows(&self, recorded: &Recorded) -> bool {
        self.moment.known.contains(recorded.sequence)
    }

    fn first_day(&self, recorded: &Recorded) -> Date {
        self.from.get(&recorded.sequence).copied().unwrap_or(recorded.valid_from())
    }

    fn counts(&self, recorded: &Recorded) -> bool {
        self.knows(recorded) && self.first_day(recorded) <= self.moment.as_of
    }

    /// An entry that counts here and not on the other side, in words.
    fn describe(&self, reading: &Reading, side: Side, other: &Counting) -> EntryDifference {
        let recorded = &reading.recorded;
        EntryDifference {
            sequence: recorded.sequence,
            hash: reading.hash,
            event: recorded.event.name().to_owned(),
            summary: summary(&recorded.event),
            recorded_time: recorded.recorded_time,
            counts_from: self.first_day(recorded),
            side,
            because: if other.knows(recorded) { Because::NotYet } else { Because::NotKnown },
        }
    }
}

/// The subject's own entries that count on one side only.
fn one_sided(grounds: &Grounds, from: Moment, to: Moment) -> Vec<(EventKind, EntryDifference)> {
    let (from, to) = (Counting::at(grounds, from), Counting::at(grounds, to));
    let own = grounds.readings.iter().filter(|reading| reading.recorded.subject == grounds.subject);
    let entries = own.filter_map(|reading| {
        let recorded = &reading.recorded;
        let difference = match (from.counts(recorded), to.counts(recorded)) {
            (true, false) => from.describe(reading, Side::From, &to),
            (false, true) => to.describe(reading, Side::To, &from),
            _ => return None,
        };
        Some((recorded.event.kind(), difference))
    });
    entries.collect()
}

enum Sort {
    Evidence,
    Decision,
    Other,
}

fn sort_of(kind: EventKind) -> Sort {
    use EventKind as K;
    match kind {
        K::EvidenceSubmitted | K::EvidenceWithdrawn | K::EvidenceShared | K::DocumentErased => Sort::Evidence,
        K::ScoreAssigned
        | K::ScoreChanged
        | K::ScoreModerated
        | K::DraftShared
        | K::AccuracyChallenged
        | K::AccuracyExtended
        | K::AccuracyDecided
        | K::CorrectionRecorded
        | K::FindingsPublished
        | K::RatingPublished
        | K::RatingTranscribed
        | K::RatingWithdrawn
        | K::ReviewRequested
        | K::ReviewDecided
        | K::AssessmentClosed
        | K::AreaSucceeded => Sort::Decision,
        _ => Sort::Other,
    }
}
