//! Reading what is going on: of the whole country from a projection, of one subject from its own entries.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::log::Head;
use ledger_core::values::{Length, Sequence};

use super::{Ongoing, counts_on};
use crate::clocks::KnownAt;
use crate::history::SubjectHistory;
use crate::log::{Log, ReplayError};
use crate::projection::Projection;

/// What is going on in the country on a day, as known at a moment. Cost: for a day after everything known
/// then, what came since the last snapshot; for an earlier day one pass over the log, since what counted only
/// later is left out.
pub fn ongoing_on(
    log: &Log,
    day: Date,
    known_at: KnownAt,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<(Ongoing, Head), ReplayError> {
    let last: Vec<Sequence> = log.known(known_at)?.last_sequence().into_iter().collect();
    let recorded = log.at(&last)?.pop().map(|reading| Date::in_london(reading.recorded.recorded_time));
    // No area's event counts later than the day it was recorded.
    let ((ongoing,), head) = if recorded.is_none_or(|recorded| recorded <= day) {
        log.folded(known_at, progress)?
    } else {
        log.replayed_of(known_at, &|recorded| counts_on(recorded, day), progress)?
    };
    Ok((ongoing, head))
}

/// What is going on about the subject of a history on a day, known as that history is. Cost: a page for each
/// entry of the whole country's at most.
pub fn subject_ongoing(
    log: &Log,
    history: &SubjectHistory,
    day: Date,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Ongoing, ReplayError> {
    let national = log.index(progress)?.of(&Subject::national(), history.head.length);
    let national = log.at(&national)?;
    // The country's first, so that as many periods are kept as any policy asks for.
    let all = national.iter().chain(&history.readings).map(|reading| &reading.recorded);
    let mut ongoing = Ongoing::default();
    all.filter(|recorded| counts_on(recorded, day)).for_each(|recorded| ongoing.apply(recorded));
    Ok(ongoing)
}
