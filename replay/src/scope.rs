//! The scope of one subject: which entries a question about its rating rests on.
//!
//! The same register as for the whole country, fed with those entries only: the frameworks, whatever can change the
//! subject's rating, the scores that its publications cite, the withdrawal of evidence under them, the same for the
//! areas it follows, and the names of those that follow it. What scores say is in the index, so none of them is read. A
//! test holds the answers against those of the whole register. Cost: a page for each other entry at most, however long
//! the log.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::CorrectableField;
use ledger_core::assessment::{Event, Recorded};
use ledger_core::log::Head;
use ledger_core::values::{Length, Sequence};

use crate::clocks::KnownAt;
use crate::index::Index;
use crate::log::{Log, Reading, ReplayError};
use crate::projection::Projection;
use crate::register::Register;
use crate::scores::{FollowsFrom, ScoreSaid};

/// The register as far as it concerns one subject, as known at a moment. Cost: that of the entries it rests on, once
/// the index is up to date.
pub fn subject_register(
    log: &Log,
    subject: &Subject,
    known_at: KnownAt,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Register, ReplayError> {
    let index = log.index(progress)?;
    scoped(log, &index, subject, log.known(known_at)?)
}

pub(crate) fn scoped(
    log: &Log,
    index: &Index,
    subject: &Subject,
    until: Length,
) -> Result<Register, ReplayError> {
    let scope = Scope::of(log, index, subject, until)?;
    let mut register = Register::default();
    let programme = log.programme(index)?;
    let known = programme.iter().take_while(|recorded| until.contains(recorded.sequence));
    // Frameworks depend on nothing, and scores on nothing but scores, so they may come first.
    known.for_each(|recorded| register.apply(recorded));
    scope.scores.values().for_each(|(subject, said)| register.score(subject, said));
    scope.entries.values().for_each(|recorded| register.apply(recorded));
    Ok(register)
}

/// The entries themselves, in order. What they give after each of them is what was known then.
pub(crate) fn entries_of(
    log: &Log,
    index: &Index,
    subject: &Subject,
    until: Length,
) -> Result<BTreeSet<Sequence>, ReplayError> {
    let scope = Scope::of(log, index, subject, until)?;
    let entries = scope.entries.into_keys().chain(scope.scores.into_keys());
    Ok(entries.chain(index.of(&Subject::national(), until)).collect())
}

/// A subject's own entries and whatever else its rating rests on: what a question about other events is put to.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The subject.
    pub subject: Subject,
    /// The entries, in order of sequence.
    pub readings: Vec<Reading>,
    /// The head as known at that moment.
    pub head: Head,
}

impl Grounds {
    /// Reads them as known at a moment. Cost: a page for each entry of the subject's history at most, once the index is
    /// up to date.
    pub fn read(
        log: &Log,
        subject: &Subject,
        known_at: KnownAt,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<Self, ReplayError> {
        let index = log.index(progress)?;
        let until = log.known(known_at)?;
        let mut entries = entries_of(log, &index, subject, until)?;
        entries.extend(index.of(subject, until));
        let readings = log.at(&Vec::from_iter(entries))?;
        Ok(Grounds { subject: subject.clone(), readings, head: log.head_at(until)? })
    }

    /// The register after them. Cost: one fold.
    pub fn register(&self) -> Register {
        let mut register = Register::default();
        self.events().for_each(|recorded| register.apply(recorded));
        register
    }

    /// The events alone.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Recorded> {
        self.readings.iter().map(|reading| &reading.recorded)
    }
}

struct Scope<'s> {
    log: &'s Log,
    index: &'s Index,
    until: Length,
    entries: BTreeMap<Sequence, Recorded>,
    /// Scores that publications cite, with whose they are.
    scores: BTreeMap<Sequence, (Subject, ScoreSaid<'s>)>,
    followed: BTreeSet<Subject>,
}

impl<'s> Scope<'s> {
    /// What the subject's rating rests on beside the programme.
    fn of(log: &'s Log, index: &'s Index, subject: &Subject, until: Length) -> Result<Self, ReplayError> {
        let mut scope = Scope {
            log,
            index,
            until,
            entries: BTreeMap::new(),
            scores: BTreeMap::new(),
            followed: BTreeSet::new(),
        };
        scope.follow(subject)?;
        Ok(scope)
    }

    /// Adds what concerns the subject's rating, and that of the areas it follows.
    fn follow(&mut self, subject: &Subject) -> Result<(), ReplayError> {
        if !self.followed.insert(subject.clone()) {
            return Ok(());
        }
        let own = self.index.rating(subject, self.until);
        self.add(own.clone())?;
        let cited = self.cited(&own);
        let withdrawals = self.add_scores(subject, cited);
        self.add(withdrawals)?;
        for successor in self.successors(subject, &own) {
            self.name(&successor)?;
        }
        for predecessor in self.predecessors(subject, &own) {
            self.follow(&predecessor)?;
        }
        Ok(())
    }

    /// Adds the scores cited, and what they follow from: a moderated one rests on the evidence of the score it moderates,
    /// which may have been moderated too. Returns the withdrawals of evidence under them. The index says it all.
    fn add_scores(&mut self, subject: &Subject, mut wanted: BTreeSet<Sequence>) -> Vec<Sequence> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut withdrawals = Vec::new();
        let all: Vec<ScoreSaid<'s>> = self.index.scores(subject, self.until).collect();
        // What a score moderates stands before it.
        for said in all.into_iter().rev() {
            if !wanted.contains(&said.sequence) {
                continue;
            }
            match &said.follows_from {
                FollowsFrom::Moderated(score) => drop(wanted.insert(*score)),
                FollowsFrom::Evidence(items) => withdrawals
                    .extend(items.iter().filter_map(|item| self.index.withdrawal(*item, self.until))),
            }
            self.scores.insert(said.sequence, (subject.clone(), said));
        }
        withdrawals
    }

    /// Adds what an area is called, and nothing else about it.
    fn name(&mut self, area: &Subject) -> Result<(), ReplayError> {
        for recorded in self.log.events_at(&self.index.rating(area, self.until))? {
            let names = match &recorded.event {
                Event::AreaRegistered(_) => true,
                Event::CorrectionRecorded(event) => event.field == CorrectableField::Name,
                _ => false,
            };
            if names {
                self.entries.insert(recorded.sequence, recorded);
            }
        }
        Ok(())
    }

    fn add(&mut self, mut wanted: Vec<Sequence>) -> Result<(), ReplayError> {
        wanted.retain(|sequence| !self.entries.contains_key(sequence));
        wanted.sort_unstable();
        wanted.dedup();
        for recorded in self.log.events_at(&wanted)? {
            self.entries.insert(recorded.sequence, recorded);
        }
        Ok(())
    }

    fn event(&self, sequence: &Sequence) -> Option<&Event> {
        self.entries.get(sequence).map(|recorded| &recorded.event)
    }

    /// The score entries that publications cite.
    fn cited(&self, entries: &[Sequence]) -> BTreeSet<Sequence> {
        let scores = entries.iter().filter_map(|entry| match self.event(entry) {
            Some(Event::RatingPublished(event)) => Some(&event.scores),
            _ => None,
        });
        scores.flatten().copied().collect()
    }

    fn successors(&self, subject: &Subject, entries: &[Sequence]) -> Vec<Subject> {
        let succeeded = entries.iter().filter_map(|entry| match self.event(entry) {
            Some(Event::AreaSucceeded(event)) if event.predecessor == *subject => Some(&event.successors),
            _ => None,
        });
        succeeded.flatten().cloned().collect()
    }

    fn predecessors(&self, subject: &Subject, entries: &[Sequence]) -> Vec<Subject> {
        let followed = entries.iter().filter_map(|entry| match self.event(entry) {
            Some(Event::AreaSucceeded(event)) if event.predecessor != *subject => {
                Some(event.predecessor.clone())
            }
            _ => None,
        });
        followed.collect()
    }
}
