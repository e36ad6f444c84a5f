//! The changes of one subject's rating by both clocks, each with its cause.
//!
//! An entry may change what is said of days to come, of its own day on, or of days long past. So a change has two
//! times: when it was recorded, and the days it is about. Laid over each other in the order of recording, the changes
//! give what was said of any day at any moment; a test holds them against the register. Who uses it: `ledger history`
//! and its drawing (`plot/history.rs`). Left out: entries that cannot change a rating (`history.rs`).

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{FrameworkId, Subject};
use ledger_core::assessment::event::TranscribedKind;
use ledger_core::assessment::framework::{Percent, Rating};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::log::Head;
use ledger_core::values::{Hash, Length, Sequence, Timestamp};
use serde::Serialize;

use crate::clocks::KnownAt;
use crate::log::{Log, Reading, ReplayError};
use crate::projection::Projection;
use crate::register::{Caveat, RatingAnswer, Register, Status, ThemeView};
use crate::scope::entries_of;
use crate::summary::summary;

/// The entries that a subject's rating rests on, with the register as known at the same moment.
#[derive(Debug, Clone)]
pub struct Timeline {
    /// The subject.
    pub subject: Subject,
    /// What is known of its rating, of the areas it follows, and of the frameworks.
    pub register: Register,
    /// The head as known at that moment.
    pub head: Head,
    /// In order of sequence; those of other subjects too.
    entries: Vec<Reading>,
}

/// What is said of a subject's rating on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RatingThen {
    /// What can be said.
    pub status: Status,
    /// Rating; of an area that ended, or whose result is withdrawn and an earlier one stands again, that one.
    pub rating: Option<Rating>,
    /// Percentage, computed.
    pub percent: Option<Percent>,
    /// Percentage as a source printed it, where none can be computed.
    pub printed: Option<Percent>,
    /// Whether a review is undecided, or asks for a republication that is due.
    pub under_review: bool,
}

/// What can change a rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A result was published.
    Publication,
    /// A result was published in place of another.
    Republication,
    /// A result published elsewhere was transcribed.
    Transcription,
    /// A recorded fact was corrected.
    Correction,
    /// A result was withdrawn.
    Withdrawal,
    /// A review was asked for.
    ReviewRequest,
    /// A review was decided.
    ReviewOutcome,
    /// The area was succeeded by others.
    Succession,
    /// The area was registered with a last day.
    Registration,
}

/// How a change stands to the day it was recorded on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// It counts from a day before: what was known then is unchanged.
    ReachesBack,
    /// It counts from that day.
    AtOnce,
    /// It counts once the day has come.
    WhenTheDayComes,
}

/// A change of what is said of some days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RatingStep {
    /// First day that it changes.
    pub counts_from: Date,
    /// Last day that it changes; open while absent.
    pub counts_to: Option<Date>,
    /// How that stands to the day of recording.
    pub reach: Reach,
    /// What was said of these days before.
    pub before: RatingThen,
    /// What is said of them since.
    pub after: RatingThen,
    /// What caused it.
    pub cause: Cause,
    /// The entry that did.
    pub sequence: Sequence,
    /// BLAKE3 of that entry.
    pub hash: Hash,
    /// When that was recorded.
    pub recorded_time: Timestamp,
    /// Who it is by.
    pub author: String,
    /// The event's name.
    pub event: String,
    /// What happened.
    pub summary: String,
}

/// What is said from a day on until the next such day, as known at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RatingPoint {
    /// The first day.
    pub from: Date,
    /// What is said.
    pub then: RatingThen,
    /// The method of the result in force.
    pub framework: Option<FrameworkId>,
    /// Theme scores under that method.
    pub themes: Vec<ThemeView>,
}

/// Something worth marking on a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MarkKind {
    /// A result published here.
    Published,
    /// A result published elsewhere.
    Transcribed,
    /// A correction of a result.
    Corrected,
    /// A review asked for.
    ReviewRequested,
    /// A review decided.
    ReviewDecided,
    /// A result withdrawn.
    Withdrawn,
    /// A trigger of the risk policy.
    Triggered,
    /// A trigger discharged.
    Discharged,
}

/// A mark on a timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The day it counts from; of a correction, the first day of what it corrects.
    pub day: Date,
    /// What it is.
    pub kind: MarkKind,
    /// Its entry.
    pub sequence: Sequence,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// What happened.
    pub summary: String,
}

/// What is said from each of these days on.
type Said = BTreeMap<Date, RatingThen>;

impl RatingThen {
    const NOTHING: RatingThen = RatingThen {
        status: Status::NotYetAssessed,
        rating: None,
        percent: None,
        printed: None,
        under_review: false,
    };

    /// The answer of the register without where it comes from.
    pub fn of(answer: &RatingAnswer) -> Self {
        let printed = answer.printed.and_then(|printed| printed.percent);
        RatingThen {
            status: answer.status,
            rating: answer.rating,
            percent: answer.percent,
            printed: printed.filter(|_| answer.percent.is_none()),
            under_review: answer.caveats.contains(&Caveat::UnderReview),
        }
    }

    /// In a word or two: `good, 64 %`, `withdrawn; under review`.
    pub fn words(self) -> String {
        let percent = match (self.percent, self.printed) {
            (Some(percent), _) => format!(", {percent} %"),
            (None, Some(printed)) => format!(", printed {printed} %"),
            (None, None) => String::new(),
        };
        let rated = format!("{}{percent}", self.rating.map_or("no rating", Rating::as_str));
        let said = match self.status {
            Status::InForce => rated,
            Status::Ended => format!("ended; last {rated}"),
            Status::NotYetAssessed => "not yet assessed".to_owned(),
            Status::Withdrawn => "withdrawn".to_owned(),
        };
        if self.under_review { format!("{said}; under review") } else { said }
    }
}

impl Cause {
    /// What an event can do to a rating; none for those that do nothing to it.
    fn of(event: &Event) -> Option<Self> {
        match event {
            Event::RatingPublished(event) if event.replaces.is_some() => Some(Cause::Republication),
            Event::RatingPublished(_) => Some(Cause::Publication),
            Event::RatingTranscribed(event) => Some(match event.kind {
                TranscribedKind::Result => Cause::Transcription,
                TranscribedKind::ReviewRequested => Cause::ReviewRequest,
                TranscribedKind::Withdrawal => Cause::Withdrawal,
            }),
            Event::CorrectionRecorded(_) => Some(Cause::Correction),
            Event::RatingWithdrawn(_) => Some(Cause::Withdrawal),
            Event::ReviewRequested(_) => Some(Cause::ReviewRequest),
            Event::ReviewDecided(_) => Some(Cause::ReviewOutcome),
            Event::AreaSucceeded(_) => Some(Cause::Succession),
            Event::AreaRegistered(_) => Some(Cause::Registration),
            _ => None,
        }
    }

    /// The cause in words.
    pub fn words(self) -> &'static str {
        match self {
            Cause::Publication => "publication",
            Cause::Republication => "republication",
            Cause::Transcription => "transcription",
            Cause::Correction => "correction",
            Cause::Withdrawal => "withdrawal",
            Cause::ReviewRequest => "review request",
            Cause::ReviewOutcome => "review outcome",
            Cause::Succession => "succession",
            Cause::Registration => "registration",
        }
    }
}

impl Reach {
    fn of(recorded: &Recorded, counts_from: Date) -> Self {
        match counts_from.cmp(&Date::in_london(recorded.recorded_time)) {
            std::cmp::Ordering::Less => Reach::ReachesBack,
            std::cmp::Ordering::Equal => Reach::AtOnce,
            std::cmp::Ordering::Greater => Reach::WhenTheDayComes,
        }
    }

    /// The reach in words.
    pub fn words(self) -> &'static str {
        match self {
            Reach::ReachesBack => "reaches back",
            Reach::AtOnce => "at once",
            Reach::WhenTheDayComes => "when the day comes",
        }
    }
}

impl Timeline {
    /// Reads what the rating of a subject rests on. Cost: a page for each such entry at most, once the index is up to
    /// date; the subject's other entries are not read.
    pub fn read(
        log: &Log,
        subject: &Subject,
        known_at: KnownAt,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<Self, ReplayError> {
        let index = log.index(progress)?;
        let until = log.known(known_at)?;
        let entries = log.at(&Vec::from_iter(entries_of(log, &index, subject, until)?))?;
        let mut register = Register::default();
        entries.iter().for_each(|reading| register.apply(&reading.recorded));
        Ok(Timeline { subject: subject.clone(), register, head: log.head_at(until)?, entries })
    }

    /// Every change of what was said of any day, in order of recording; of one entry, in order of the days. Cost: for
    /// each entry that may change the rating, one rating for each later day on which it turns.
    pub fn steps(&self) -> Vec<RatingStep> {
        let mut register = Register::default();
        let mut before = Said::from([(Date::EARLIEST, RatingThen::NOTHING)]);
        let mut turned = register.turning_days(&self.subject);
        let mut steps = Vec::new();
        for reading in &self.entries {
            let recorded = &reading.recorded;
            register.apply(recorded);
            let cause = Cause::of(&recorded.event).filter(|_| recorded.subject == self.subject);
            let Some(cause) = cause else { continue };
            let turns = register.turning_days(&self.subject);
            let since = reaches_back_to(recorded, &turned, &turns);
            let after = self.said(&register, &before, since);
            steps.extend(changed(&before, &after).map(|change| step(reading, cause, change)));
            (before, turned) = (after, turns);
        }
        steps
    }

    /// What is said of every day once the register has changed from `since` on.
    fn said(&self, register: &Register, before: &Said, since: Date) -> Said {
        let turns = register.turning_days(&self.subject);
        let later = turns.values().flatten().copied().filter(|day| *day > since);
        let anew = std::iter::once(since).chain(later);
        let mut said: Said = before.range(..since).map(|(day, then)| (*day, *then)).collect();
        for day in anew {
            said.entry(day).or_insert_with(|| RatingThen::of(&register.rating(&self.subject, day)));
        }
        said
    }

    /// What is said of each day up to `until`, as known at the moment that was read up to: a point for each day on
    /// which it changes. Cost: a rating for each of them.
    pub fn points(&self, until: Date) -> Vec<RatingPoint> {
        let turns = self.register.turning_days(&self.subject);
        let mut days: Vec<Date> = turns.into_values().flatten().filter(|day| *day <= until).collect();
        days.sort_unstable();
        days.dedup();
        let points = days.into_iter().map(|from| {
            let answer = self.register.rating(&self.subject, from);
            RatingPoint {
                from,
                then: RatingThen::of(&answer),
                framework: answer.framework,
                themes: answer.themes,
            }
        });
        points.collect()
    }

    /// What to mark, up to a day, in order of the days.
    pub fn marks(&self, until: Date) -> Vec<Mark> {
        let own = self.entries.iter().filter(|reading| reading.recorded.subject == self.subject);
        let mut marks: Vec<Mark> =
            own.filter_map(|reading| self.mark(&reading.recorded)).filter(|mark| mark.day <= until).collect();
        marks.sort_by_key(|mark| (mark.day, mark.sequence));
        marks
    }

    fn mark(&self, recorded: &Recorded) -> Option<Mark> {
        let mut day = recorded.valid_from();
        let kind = match &recorded.event {
            Event::RatingPublished(_) => MarkKind::Published,
            Event::RatingTranscribed(event) => match event.kind {
                TranscribedKind::Result => MarkKind::Transcribed,
                TranscribedKind::ReviewRequested => MarkKind::ReviewRequested,
                TranscribedKind::Withdrawal => MarkKind::Withdrawn,
            },
            Event::CorrectionRecorded(event) => {
                day = self.register.counts_from(&self.subject, event.corrects)?;
                MarkKind::Corrected
            }
            Event::RatingWithdrawn(_) => MarkKind::Withdrawn,
            Event::ReviewRequested(_) => MarkKind::ReviewRequested,
            Event::ReviewDecided(_) => MarkKind::ReviewDecided,
            Event::AssessmentTriggered(_) => MarkKind::Triggered,
            Event::TriggerDischarged(_) => MarkKind::Discharged,
            _ => return None,
        };
        // A transcription may have had its date corrected.
        day = self.register.counts_from(&self.subject, recorded.sequence).unwrap_or(day);
        let (sequence, recorded_time) = (recorded.sequence, recorded.recorded_time);
        Some(Mark { day, kind, sequence, recorded_time, summary: summary(&recorded.event) })
    }
}

/// The first day that an entry can have changed: its own, and those of every result of which something became.
fn reaches_back_to(
    recorded: &Recorded,
    before: &BTreeMap<Sequence, Vec<Date>>,
    after: &BTreeMap<Sequence, Vec<Date>>,
) -> Date {
    let corrected = match &recorded.event {
        Event::CorrectionRecorded(event) => Some(event.corrects),
        _ => None,
    };
    let touched =
        after.iter().filter(|(key, days)| corrected == Some(**key) || before.get(*key) != Some(*days));
    let was = |key: &Sequence| before.get(key).into_iter().flatten();
    let days = touched.flat_map(|(key, days)| days.iter().chain(was(key)));
    days.copied().chain([recorded.valid_from()]).min().unwrap_or(Date::EARLIEST)
}

/// A change: the days from and to, and what was and is said of them.
type Change = (Date, Option<Date>, RatingThen, RatingThen);

/// Where two maps say different things, neighbouring days of which they say the same taken together.
fn changed(before: &Said, after: &Said) -> impl Iterator<Item = Change> {
    let mut days: Vec<Date> = before.keys().chain(after.keys()).copied().collect();
    days.sort_unstable();
    days.dedup();
    let on = |said: &Said, day: Date| said.range(..=day).next_back().map_or(RatingThen::NOTHING, |(_, t)| *t);
    let mut runs: Vec<Change> = Vec::new();
    for day in days {
        let (was, is) = (on(before, day), on(after, day));
        match runs.last_mut() {
            Some((_, _, before, after)) if (*before, *after) == (was, is) => {}
            Some(last) => {
                last.1 = Some(day.previous());
                runs.push((day, None, was, is));
            }
            None => runs.push((day, None, was, is)),
        }
    }
    runs.into_iter().filter(|(_, _, was, is)| was != is)
}

fn step(reading: &Reading, cause: Cause, (from, to, before, after): Change) -> RatingStep {
    let recorded = &reading.recorded;
    RatingStep {
        counts_from: from,
        counts_to: to,
        reach: Reach::of(recorded, from),
        before,
        after,
        cause,
        sequence: recorded.sequence,
        hash: reading.hash,
        recorded_time: recorded.recorded_time,
        author: recorded.author.to_string(),
        event: recorded.event.name().to_owned(),
        summary: summary(&recorded.event),
    }
}
