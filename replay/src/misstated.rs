//! Publications that state something else than their scores give.
//!
//! The rules take no such publication, so there is one only where they were passed by. It is held against the register as
//! it was when it was recorded, since scores are corrected and methods replaced later. Who uses it: `verify` for the whole
//! log, a certificate for its subject. Left out: ratings in force, which never rest on what a publication states
//! (`register.rs`).

use ledger_core::assessment::framework::{Percent, Rating};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;

use crate::history::SubjectHistory;
use crate::projection::Projection;
use crate::register::Register;

/// How a publication, which the register took last, differs from what its scores give under its method; none if it does
/// not, and of every other event. Cost: one rating.
pub(crate) fn misstated(register: &Register, recorded: &Recorded) -> Option<String> {
    let Event::RatingPublished(event) = &recorded.event else { return None };
    let answer = register.rating(&recorded.subject, recorded.valid_from());
    let given = match answer.basis {
        Some("derived") if answer.framework.as_ref() == Some(&event.framework) => {
            (answer.percent, answer.rating)
        }
        _ => (None, None),
    };
    let stated = (event.percent, event.rating);
    (given != stated).then(|| format!("published {}, its scores give {}", shown(stated), shown(given)))
}

fn shown((percent, rating): (Option<Percent>, Option<Rating>)) -> String {
    let percent = percent.map_or("no percentage".to_owned(), |percent| format!("{percent} %"));
    format!("{percent}, {}", rating.map_or("no rating", Rating::as_str))
}

impl SubjectHistory {
    /// The first publication of the history that states something else than its scores give, and how it differs. Cost: one
    /// rating for each publication.
    pub(crate) fn misstated(&self) -> Option<(Sequence, String)> {
        let mut register = self.with_frameworks_alone();
        self.readings.iter().find_map(|reading| {
            register.apply(&reading.recorded);
            Some((reading.recorded.sequence, misstated(&register, &reading.recorded)?))
        })
    }
}
