//! Who may do what, written out a second time: event by role.
//!
//! By the event that a command writes first, since the log holds events. Left out: duties apart, which `cases.rs` keeps.

/// What the ledger itself writes.
pub(super) const BY_THE_LEDGER: [&str; 4] =
    ["assessment.triggered", "evidence.request-closed", "subjects.attested", "trigger.discharged"];

/// The roles of which an actor needs one; none for what no actor writes.
pub(super) fn allowed(event: &str) -> &'static [&'static str] {
    match event {
        "actor.enrolled" | "actor.revoked" | "document.erased" | "key.introduced" | "key.retired"
        | "witness.added" | "witness.removed" => &["operator"],
        "subjects.attested" => &["operator", "auditor"],
        "area.registered"
        | "area.organisation-added"
        | "area.organisation-removed"
        | "area.succeeded"
        | "framework.adopted"
        | "methodology.approved"
        | "ratings.authorised"
        | "priorities.set"
        | "priorities.published"
        | "programme.paused"
        | "programme.resumed"
        | "holiday.proclaimed"
        | "risk-policy.adopted" => &["registrar"],
        "indicator.defined"
        | "indicator.observed"
        | "context.recorded"
        | "thematic-review.opened"
        | "finding.recorded" => &["analyst"],
        "assessment.opened" | "evidence.requested" | "evidence.shared" | "score.assigned"
        | "score.changed" | "draft.shared" => &["assessor"],
        "evidence.submitted" | "concern.raised" => &["assessor", "adviser", "partner", "analyst"],
        "evidence.request-closed" | "action.progressed" => &["assessor", "partner"],
        "evidence.withdrawn" | "concern.resolved" | "concern.escalated" | "trigger.discharged" => {
            &["assessor", "analyst"]
        }
        "score.moderated" => &["moderator"],
        "accuracy.challenged" | "accuracy.confirmed" | "review.requested" => &["partner"],
        "accuracy.extended" | "accuracy.decided" => &["accuracy-decider"],
        "correction.recorded" => &["accuracy-decider", "registrar", "analyst"],
        "findings.published"
        | "rating.published"
        | "rating.withdrawn"
        | "notice.issued"
        | "thematic-report.published" => &["publisher"],
        "assessment.closed" | "summit.held" | "action-plan.published" => &["assessor", "publisher"],
        "review.decided" => &["reviewer"],
        "rating.transcribed" | "escalation.answered" | "support.offered" | "intervention.recorded" => {
            &["analyst", "registrar"]
        }
        _ => &[],
    }
}
