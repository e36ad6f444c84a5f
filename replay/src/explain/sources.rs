//! What an explanation is read from: the subject's own entries, and those that they cite in other histories.
//!
//! Evidence may be another subject's; what became of it since stands in that history, which is then read too. So the
//! cost is that of the subject's own history, and of the history of each subject whose evidence its scores cite. An
//! erasure that is recorded for a subject outside these is not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Document, FrameworkId, Subject};
use ledger_core::assessment::event::{CorrectionRecorded, EvidenceResult};
use ledger_core::assessment::{Author, Event, Recorded};
use ledger_core::values::{Hash, Length, Sequence};
use serde_json::Value;

use super::parts::{CorrectionStep, DocumentStep, EntryStep, ErasedStep};
use crate::history::SubjectHistory;
use crate::log::{Log, Reading, ReplayError};
use crate::redated::moved_to;
use crate::summary::summary;

/// Entries by position, and what concerns them.
pub(super) struct Sources<'h> {
    own: &'h [Reading],
    others: BTreeMap<Sequence, Reading>,
    /// The entries that correct an entry, oldest first.
    corrections: BTreeMap<Sequence, Vec<Sequence>>,
    /// The entry that withdrew an item of evidence.
    withdrawals: BTreeMap<Sequence, Sequence>,
    /// The entry in the subject's own history that shared an item of evidence with it.
    sharings: BTreeMap<Sequence, Sequence>,
}

impl<'h> Sources<'h> {
    /// Reads what the subject's own entries cite elsewhere, as known at the moment of the history.
    pub(super) fn read(
        log: &Log,
        history: &'h SubjectHistory,
        cited: &BTreeSet<Sequence>,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<Self, ReplayError> {
        let until = history.head.length;
        let index = log.index(progress)?;
        let (others, empty) = (BTreeMap::new(), BTreeMap::new());
        let (withdrawals, sharings) = (BTreeMap::new(), BTreeMap::new());
        let mut sources =
            Sources { own: &history.readings, others, corrections: empty, withdrawals, sharings };
        sources.add(log.at(&index.of(&Subject::national(), until))?);
        let elsewhere = |sources: &Sources<'_>, wanted: &BTreeSet<Sequence>| -> Vec<Sequence> {
            let missing = |at: &&Sequence| until.contains(**at) && sources.reading(**at).is_none();
            wanted.iter().filter(missing).copied().collect()
        };
        let cited_elsewhere = log.at(&elsewhere(&sources, cited))?;
        let subjects: BTreeSet<Subject> =
            cited_elsewhere.into_iter().map(|reading| reading.recorded.subject).collect();
        for subject in subjects {
            sources.add(log.at(&index.of(&subject, until))?);
        }
        sources.add(log.at(&elsewhere(&sources, &sources.partner_results(cited)))?);
        sources.relate(&history.subject);
        Ok(sources)
    }

    /// The first day on which an entry of the subject's own counts, as corrected.
    pub(super) fn first_day(&self, recorded: &Recorded) -> Date {
        let corrections = self.own().filter_map(|other| match &other.event {
            Event::CorrectionRecorded(event) if event.corrects == recorded.sequence => {
                moved_to(event, recorded)
            }
            _ => None,
        });
        { corrections }.next_back().unwrap_or(recorded.valid_from())
    }

    fn add(&mut self, readings: Vec<Reading>) {
        self.others.extend(readings.into_iter().map(|reading| (reading.recorded.sequence, reading)));
    }

    /// Notes which entries concern which.
    fn relate(&mut self, subject: &Subject) {
        let (mut corrections, mut withdrawals, mut sharings) =
            (BTreeMap::<_, Vec<Sequence>>::new(), BTreeMap::new(), BTreeMap::new());
        for recorded in self.all() {
            let at = recorded.sequence;
            match &recorded.event {
                Event::CorrectionRecorded(event) => corrections.entry(event.corrects).or_default().push(at),
                Event::EvidenceWithdrawn(event) => {
                    withdrawals.insert(event.evidence, at);
                }
                Event::EvidenceShared(event)
                    if event.subject.as_ref() == Some(subject) && recorded.subject == *subject =>
                {
                    sharings.entry(event.evidence).or_insert(at);
                }
                _ => {}
            }
        }
        (self.corrections, self.withdrawals, self.sharings) = (corrections, withdrawals, sharings);
    }

    /// The results of the area's own that some evidence is.
    fn partner_results(&self, evidence: &BTreeSet<Sequence>) -> BTreeSet<Sequence> {
        let results = evidence.iter().filter_map(|item| match self.event(*item)? {
            Event::EvidenceSubmitted(event) => match event.result {
                Some(EvidenceResult::PartnerResult { entry }) => Some(entry),
                _ => None,
            },
            _ => None,
        });
        results.collect()
    }

    /// The subject's own entries, oldest first.
    pub(super) fn own(&self) -> impl DoubleEndedIterator<Item = &Recorded> {
        self.own.iter().map(|reading| &reading.recorded)
    }

    fn all(&self) -> impl Iterator<Item = &Recorded> {
        self.own.iter().chain(self.others.values()).map(|reading| &reading.recorded)
    }

    fn reading(&self, at: Sequence) -> Option<&Reading> {
        let found = self.own.binary_search_by_key(&at, |reading| reading.recorded.sequence);
        found.ok().map(|place| &self.own[place]).or_else(|| self.others.get(&at))
    }

    /// The entry at this position, if it was read.
    pub(super) fn recorded(&self, at: Sequence) -> Option<&Recorded> {
        self.reading(at).map(|reading| &reading.recorded)
    }

    /// What happened there.
    pub(super) fn event(&self, at: Sequence) -> Option<&Event> {
        self.recorded(at).map(|recorded| &recorded.event)
    }

    /// The entry that adopted a framework.
    pub(super) fn adoption(&self, framework: &FrameworkId) -> Option<Sequence> {
        let adopts = |recorded: &&Recorded| matches!(&recorded.event, Event::FrameworkAdopted(event) if event.framework.id == *framework);
        let others = self.others.values().map(|reading| &reading.recorded);
        { others }.rfind(adopts).map(|recorded| recorded.sequence)
    }

    /// The corrections of an entry, oldest first.
    pub(super) fn corrections(&self, of: Sequence) -> Vec<(&CorrectionRecorded, CorrectionStep)> {
        let corrections = self.corrections.get(&of).into_iter().flatten();
        let corrections = corrections.filter_map(|at| match self.event(*at)? {
            Event::CorrectionRecorded(event) => Some((event, correction(*at, event))),
            _ => None,
        });
        corrections.collect()
    }

    /// The entry that withdrew an item of evidence.
    pub(super) fn withdrawal(&self, of: Sequence) -> Option<&Recorded> {
        self.recorded(*self.withdrawals.get(&of)?)
    }

    /// The entry in the subject's own history that shared an item of evidence with it.
    pub(super) fn sharing(&self, of: Sequence) -> Option<Sequence> {
        self.sharings.get(&of).copied()
    }

    /// The entries at these positions, as far as they were read, and the erasures of their documents.
    pub(super) fn entries(&self, named: &BTreeSet<Sequence>) -> Vec<EntryStep> {
        let erased = ErasedStep::all(self.all());
        let mut named: BTreeSet<Sequence> = named.clone();
        let readings: Vec<&Reading> = named.iter().filter_map(|at| self.reading(*at)).collect();
        let documents = readings.iter().flat_map(|reading| documents(&reading.recorded.event, &erased));
        named.extend(documents.filter_map(|document| Some(document.erased?.entry)));
        let readings = named.iter().filter_map(|at| self.reading(*at));
        readings.map(|reading| entry(reading, &erased)).collect()
    }
}

impl ErasedStep {
    /// Every erasure among these entries. Its day is that of the record, since the secret is destroyed with it, whatever
    /// day the command states.
    pub(crate) fn all<'r>(recorded: impl IntoIterator<Item = &'r Recorded>) -> BTreeMap<Hash, ErasedStep> {
        let erasures = recorded.into_iter().filter_map(|recorded| match &recorded.event {
            Event::DocumentErased(event) => {
                let (entry, on) = (recorded.sequence, Date::in_london(recorded.recorded_time));
                Some((event.commitment, ErasedStep { entry, on, legal_basis: event.legal_basis.clone() }))
            }
            _ => None,
        });
        erasures.collect()
    }
}

impl fmt::Display for ErasedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "erased on {} under {}", self.on, self.legal_basis)
    }
}

fn correction(entry: Sequence, event: &CorrectionRecorded) -> CorrectionStep {
    CorrectionStep {
        entry,
        field: event.field,
        statement: event.statement.clone(),
        was: event.was.clone(),
        now: event.now.clone(),
        decision: event.decision,
    }
}

fn entry(reading: &Reading, erased: &BTreeMap<Hash, ErasedStep>) -> EntryStep {
    let recorded = &reading.recorded;
    EntryStep {
        sequence: recorded.sequence,
        hash: reading.hash,
        event: recorded.event.name().to_owned(),
        summary: summary(&recorded.event),
        subject: recorded.subject.clone(),
        version: recorded.subject_version.get(),
        time: recorded.time,
        recorded_time: recorded.recorded_time,
        valid_from: recorded.valid_from(),
        author: recorded.author.to_string(),
        asserted: matches!(recorded.author, Author::Actor(_)),
        documents: documents(&recorded.event, erased),
    }
}

/// The documents an event cites, whatever it calls them: each is spelled with its commitment.
fn documents(event: &Event, erased: &BTreeMap<Hash, ErasedStep>) -> Vec<DocumentStep> {
    let mut found = Vec::new();
    if let (Ok(Value::Object(fields)), false) = (event.data(), matches!(event, Event::DocumentErased(_))) {
        for (field, value) in &fields {
            within(field, value, &mut found);
        }
    }
    for document in &mut found {
        document.erased = erased.get(&document.commitment).cloned();
    }
    found
}

fn within(field: &str, value: &Value, found: &mut Vec<DocumentStep>) {
    match value {
        Value::Object(fields) if fields.contains_key("commitment") => {
            if let Ok(document) = serde_json::from_value::<Document>(value.clone()) {
                let Document { commitment, bytes, media_type } = document;
                let field = field.to_owned();
                found.push(DocumentStep { field, commitment, bytes, media_type, erased: None });
            }
        }
        Value::Object(fields) => fields.values().for_each(|inner| within(field, inner, found)),
        Value::Array(items) => items.iter().for_each(|item| within(field, item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
