//! The scope of one subject: which entries a question about its rating rests on.
//!
//! The same register as for the whole country, fed with those entries only: the frameworks, whatever can change the
//! subject's rating, the scores that its publications cite, the withdrawal of evidence under them, the same for the
//! areas it follows, and the names of those that follow it. A test holds the answers against those of the whole register. Cost: a page for each of these
//! entries at most, however long the log.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::CorrectableField;
use ledger_core::values::{Length, Sequence};

use crate::clocks::KnownAt;
use crate::index::Index;
use crate::log::{Log, Reading, ReplayError};
use crate::projection::Projection;
use crate::register::Register;

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
    let mut scope = Scope { log, index, until, entries: BTreeMap::new(), followed: BTreeSet::new() };
    scope.add(index.of(&Subject::national(), until))?;
    scope.follow(subject)?;
    let mut register = Register::default();
    scope.entries.values().for_each(|reading| register.apply(&reading.recorded));
    Ok(register)
}

struct Scope<'s> {
    log: &'s Log,
    index: &'s Index,
    until: Length,
    entries: BTreeMap<Sequence, Reading>,
    followed: BTreeSet<Subject>,
}

impl Scope<'_> {
    /// Adds what concerns the subject's rating, and that of the areas it follows.
    fn follow(&mut self, subject: &Subject) -> Result<(), ReplayError> {
        if !self.followed.insert(subject.clone()) {
            return Ok(());
        }
        let own = self.index.rating(subject, self.until);
        self.add(own.clone())?;
        let cited = self.cited(&own);
        self.add(cited.clone())?;
        let scores = self.scores_under(cited)?;
        let withdrawals = self.withdrawals(&scores);
        self.add(withdrawals)?;
        for successor in self.successors(subject, &own) {
            self.name(&successor)?;
        }
        for predecessor in self.predecessors(subject, &own) {
            self.follow(&predecessor)?;
        }
        Ok(())
    }

    /// Adds what a score follows from: a moderated one rests on the evidence of the score it moderates, which may have
    /// been moderated too. Returns all of them.
    fn scores_under(&mut self, cited: Vec<Sequence>) -> Result<Vec<Sequence>, ReplayError> {
        let mut scores = cited.clone();
        let mut moderated = self.moderated(&cited);
        while !moderated.is_empty() {
            self.add(moderated.clone())?;
            scores.extend(&moderated);
            moderated = self.moderated(&moderated);
        }
        Ok(scores)
    }

    /// Adds what an area is called, and nothing else about it.
    fn name(&mut self, area: &Subject) -> Result<(), ReplayError> {
        for reading in self.log.at(&self.index.rating(area, self.until))? {
            let names = match &reading.recorded.event {
                Event::AreaRegistered(_) => true,
                Event::CorrectionRecorded(event) => event.field == CorrectableField::Name,
                _ => false,
            };
            if names {
                self.entries.insert(reading.recorded.sequence, reading);
            }
        }
        Ok(())
    }

    fn add(&mut self, mut wanted: Vec<Sequence>) -> Result<(), ReplayError> {
        wanted.retain(|sequence| !self.entries.contains_key(sequence));
        wanted.sort_unstable();
        wanted.dedup();
        for reading in self.log.at(&wanted)? {
            self.entries.insert(reading.recorded.sequence, reading);
        }
        Ok(())
    }

    fn event(&self, sequence: &Sequence) -> Option<&Event> {
        self.entries.get(sequence).map(|reading| &reading.recorded.event)
    }

    /// The score entries that publications cite.
    fn cited(&self, entries: &[Sequence]) -> Vec<Sequence> {
        let scores = entries.iter().filter_map(|entry| match self.event(entry) {
            Some(Event::RatingPublished(event)) => Some(&event.scores),
            _ => None,
        });
        scores.flatten().copied().collect()
    }

    fn moderated(&self, scores: &[Sequence]) -> Vec<Sequence> {
        let moderated = scores.iter().filter_map(|entry| match self.event(entry) {
            Some(Event::ScoreModerated(event)) => Some(event.moderates),
            _ => None,
        });
        moderated.collect()
    }

    fn withdrawals(&self, scores: &[Sequence]) -> Vec<Sequence> {
        let evidence = scores.iter().filter_map(|entry| match self.event(entry) {
            Some(Event::ScoreAssigned(event)) => Some(&event.evidence),
            Some(Event::ScoreChanged(event)) => Some(&event.evidence),
            _ => None,
        });
        evidence.flatten().filter_map(|item| self.index.withdrawal(*item, self.until)).collect()
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
