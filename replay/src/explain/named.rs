//! The entries that an explanation names, wherever they stand in it.

use std::collections::BTreeSet;

use ledger_core::assessment::event::EvidenceResult;
use ledger_core::values::Sequence;

use super::Explanation;
use super::parts::{AssessmentStep, CorrectionStep, EvidenceStep, GivenStep, ResultStep, StatementStep};

/// All of them.
pub(super) fn entries(explanation: &Explanation) -> BTreeSet<Sequence> {
    let mut named = BTreeSet::new();
    named.extend(explanation.adopted);
    named.extend(explanation.result);
    named.extend(explanation.triggers.iter().chain(&explanation.waiting));
    for withdrawn in &explanation.withdrawn {
        named.extend([withdrawn.entry, withdrawn.result]);
    }
    let statements = explanation.themes.iter().flat_map(|theme| &theme.statements);
    statements.for_each(|statement| in_statement(statement, &mut named));
    explanation.evidence.iter().for_each(|item| in_evidence(item, &mut named));
    explanation.results.iter().for_each(|result| in_result(result, &mut named));
    named
}

fn in_statement(statement: &StatementStep, named: &mut BTreeSet<Sequence>) {
    named.extend(statement.entry);
    named.extend(statement.result);
    named.extend(statement.assessment);
    for GivenStep { steps, evidence, .. } in &statement.given {
        named.extend(steps.iter().map(|step| step.entry));
        named.extend(steps.iter().filter_map(|step| step.decision));
        named.extend(evidence);
    }
}

fn in_evidence(item: &EvidenceStep, named: &mut BTreeSet<Sequence>) {
    named.insert(item.entry);
    named.extend([item.answers, item.shared, item.withdrawn].into_iter().flatten());
    if let Some(EvidenceResult::PartnerResult { entry }) = item.result {
        named.insert(entry);
    }
    in_corrections(&item.corrections, named);
}

fn in_corrections(corrections: &[CorrectionStep], named: &mut BTreeSet<Sequence>) {
    for correction in corrections {
        named.insert(correction.entry);
        named.extend(correction.decision);
    }
}

fn in_result(result: &ResultStep, named: &mut BTreeSet<Sequence>) {
    named.insert(result.entry);
    named.extend(result.replaces);
    in_corrections(&result.corrections, named);
    for review in &result.reviews {
        named.extend([review.entry, review.result]);
        named.extend(review.decision.into_iter().chain(review.replaced_by));
    }
    result.assessment.iter().for_each(|assessment| in_assessment(assessment, named));
}

fn in_assessment(assessment: &AssessmentStep, named: &mut BTreeSet<Sequence>) {
    named.extend([assessment.opened, assessment.findings]);
    named.extend(assessment.trigger);
    for draft in &assessment.drafts {
        named.insert(draft.entry);
        named.extend(&draft.extended);
        named.extend(draft.confirmed.iter().map(|confirmed| confirmed.entry));
    }
    for challenge in &assessment.challenges {
        named.insert(challenge.entry);
        named.extend(challenge.decision);
    }
}
