//! Corrected dates: the day that a correction moves an entry to.
//!
//! A printed date counts from its last day, and never from later than the day its entry was recorded, whenever it is
//! corrected. Who uses it: comparison and explanation; the register keeps its own days.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::event::{CorrectableField, CorrectionRecorded, FieldValue};
use ledger_core::assessment::{Recorded, counts_from};

/// The day that a correction moves what it corrects to, if it is one of the date.
pub(crate) fn moved_to(event: &CorrectionRecorded, corrected: &Recorded) -> Option<Date> {
    let printed = match (event.field, &event.now) {
        (CorrectableField::EffectiveFrom, Some(FieldValue::Text(text))) => text.as_str().parse().ok(),
        (CorrectableField::EffectiveFrom, _) => None,
        _ => return None,
    };
    Some(counts_from(printed, Date::in_london(corrected.recorded_time)))
}
