//! What a score in force rests on: the items of evidence whose withdrawal, or whose change, fires R6.

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::{CategoryId, Subject};
use ledger_core::assessment::event::EvidenceResult;
use ledger_core::assessment::risk::RiskRule;
use ledger_core::values::Sequence;
use serde::Serialize;

use super::RiskRow;
use crate::log::{Log, ReplayError};

/// An item of evidence under a score in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestingView {
    /// Its entry.
    pub entry: Sequence,
    /// Whose it is: the subject's own, or shared by another.
    pub of: Subject,
    /// Its category as submitted.
    pub category: CategoryId,
    /// The result in this ledger that it is: R6 also fires when that changes.
    pub partner_result: Option<Sequence>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
}

/// The evidence under a row's score, in the order of its entries. Cost: a page for each item at most.
pub fn resting(log: &Log, row: &RiskRow) -> Result<Vec<RestingView>, ReplayError> {
    let Some(assessed) = &row.assessed else { return Ok(Vec::new()) };
    let r6 = row.rules.iter().find(|rule| rule.rule == RiskRule::R6);
    let withdrawn = |entry| r6.is_some_and(|rule| rule.entries.contains(&entry));
    let views = log.at(&assessed.evidence)?.into_iter().filter_map(|reading| {
        let (recorded, entry) = (reading.recorded.clone(), reading.recorded.sequence);
        let Event::EvidenceSubmitted(evidence) = recorded.event else { return None };
        let partner_result = match evidence.result {
            Some(EvidenceResult::PartnerResult { entry }) => Some(entry),
            _ => None,
        };
        let (of, category) = (recorded.subject, evidence.category);
        Some(RestingView { entry, of, category, partner_result, withdrawn: withdrawn(entry) })
    });
    Ok(views.collect())
}
