//! A part of a log as something that can be read: what the entries of a certificate say of their subject.
//!
//! The same history, register and explanation as over a whole log, from the entries alone that are here, up to the one
//! that is known. Left out: whether what is missing matters, which `called_for.rs` settles.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::LogFounded;
use ledger_core::log::{Head, canonical};
use ledger_core::store::{AppendError, Batch, Entries, ReadError, Store};
use ledger_core::values::{Hash, Length, Sequence};

use super::called_for;
use crate::clocks::KnownAt;
use crate::explain::Explanation;
use crate::history::SubjectHistory;
use crate::index::Index;
use crate::log::{Log, ReplayError};
use crate::register::RatingAnswer;

/// What the entries give.
pub(super) struct Replayed {
    /// The first publication that states something else than its scores give, and how it differs.
    pub(super) misstated: Option<(Sequence, String)>,
    pub(super) founded: LogFounded,
    pub(super) answer: RatingAnswer,
    pub(super) explanation: Option<Explanation>,
}

/// Replays the entries up to `known_at`, which is one of them. Cost: some 5 us for each.
pub(super) fn replayed(
    entries: &called_for::Entries,
    subject: &Subject,
    as_of: Date,
    known_at: Sequence,
) -> Result<Replayed, ReplayError> {
    let known: BTreeMap<Sequence, Vec<u8>> =
        entries.range(..=known_at).map(|(at, included)| (*at, included.bytes.clone())).collect();
    let length = Length(known_at.get() + 1);
    let index = Index::of_part(known.iter().map(|(at, bytes)| (*at, &bytes[..])), length)?;
    let hash = known.get(&known_at).map_or(Head::EMPTY.hash, |bytes| Hash::of(bytes));
    let log = Log::of_part(Arc::new(Part { head: Head { length, hash }, entries: known }), index)?;
    let known_at = KnownAt::Sequence(known_at);
    let quiet = &mut |_, _| {};
    let history = SubjectHistory::read(&log, subject, known_at, quiet)?;
    let answer = history.register.rating(subject, as_of);
    let explanation = Explanation::read(&log, &history, as_of, known_at, None, quiet)?;
    Ok(Replayed { misstated: history.misstated(), founded: log.founded().clone(), answer, explanation })
}

/// The one spelling of an answer: what is empty or unknown is left out.
pub(super) fn spelled(answer: &RatingAnswer) -> Result<Vec<u8>, canonical::NotCanonical> {
    let mut bytes = Vec::new();
    canonical::spell(answer, &mut bytes)?;
    Ok(bytes)
}

/// Some of a log's entries, at their own positions.
#[derive(Debug)]
struct Part {
    head: Head,
    entries: BTreeMap<Sequence, Vec<u8>>,
}

impl Store for Part {
    fn head(&self) -> Head {
        self.head
    }

    /// As many as follow each other from there on; none where one is not here.
    fn read(&self, from: Sequence, limit: usize) -> Result<Entries, ReadError> {
        let following = (from.get()..).zip(self.entries.range(from..)).take(limit);
        let here = following.take_while(|(place, (at, _))| *place == at.get());
        Ok(here.map(|(_, (_, bytes))| bytes).collect())
    }

    fn ready(&self) -> Result<(), AppendError> {
        Err(AppendError::Refused("a part of a log takes no entries".to_owned()))
    }

    fn append(&self, _: Length, _: &Batch) -> Result<(), AppendError> {
        self.ready()
    }

    fn close(&self) -> Result<(), AppendError> {
        Ok(())
    }
}
