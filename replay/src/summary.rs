//! One line for people about each event: what happened, by id, without opening documents.

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::{CategoryId, StatementId};
use ledger_core::assessment::event::{EvidenceResult, TranscribedKind};
use ledger_core::assessment::framework::{Percent, Rating};

fn list<T: ToString>(items: &[T]) -> String {
    let spelled: Vec<String> = items.iter().map(ToString::to_string).collect();
    spelled.join(", ")
}

fn some(items: &[StatementId]) -> String {
    if items.len() > 3 { format!("{} statements", items.len()) } else { list(items) }
}

fn key(statement: &StatementId, category: Option<&CategoryId>) -> String {
    category.map_or(statement.to_string(), |category| format!("{statement} / {category}"))
}

/// A code as entries spell it.
pub(crate) fn spelled(code: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(code).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn result(percent: Option<Percent>, rating: Option<Rating>) -> String {
    let percent = percent.map_or(String::new(), |percent| format!(", {percent} %"));
    format!("{}{percent}", rating.map_or("no rating", Rating::as_str))
}

/// What happened, in one line.
pub fn summary(event: &Event) -> String {
    match event {
        Event::LogFounded(e) => format!("{} founded by {}", e.origin, e.operator),
        Event::KeyIntroduced(e) => e.key.to_string(),
        Event::KeyRetired(e) => e.key.to_string(),
        Event::WitnessAdded(e) => format!("{} at {}", e.key.name(), e.url),
        Event::WitnessRemoved(e) => e.key.name().to_owned(),
        Event::SubjectsAttested(e) => format!("{} subjects of {} entries", e.subjects, e.size),
        Event::ActorEnrolled(e) => format!("as {}", list(&e.roles)),
        Event::ActorRevoked(e) => e.actor.to_string(),
        Event::AreaRegistered(e) => e.name.to_string(),
        Event::AreaOrganisationAdded(e) => format!("{} ({})", e.organisation.id, e.organisation.name),
        Event::AreaOrganisationRemoved(e) => e.organisation.to_string(),
        Event::AreaSucceeded(e) => {
            format!("{} by {} from {}", e.predecessor, list(&e.successors), e.effective_from)
        }
        Event::FrameworkAdopted(e) => e.framework.id.to_string(),
        Event::MethodologyApproved(e) => e.framework.to_string(),
        Event::RatingsAuthorised(e) => e.kind.to_string(),
        Event::PrioritiesSet(e) => format!("{} for {}", e.priorities.len(), e.kind),
        Event::PrioritiesPublished(e) => format!("{} for {}", list(&e.priorities), e.kind),
        Event::ProgrammePaused(e) => e.kind.to_string(),
        Event::ProgrammeResumed(e) => e.kind.to_string(),
        Event::HolidayProclaimed(e) => {
            format!("{} added, {} removed, known to {}", e.holidays.len(), e.removed.len(), e.last_year)
        }
        Event::RiskPolicyAdopted(e) => e.policy.id.to_string(),
        Event::AssessmentOpened(e) => format!("{}, {}", e.framework, some(&e.statements)),
        Event::EvidenceRequested(e) => {
            format!("{} from {}, due {}", key(&e.statement, Some(&e.category)), e.organisation, e.due)
        }
        Event::EvidenceRequestClosed(e) => format!("request {} {}", e.request, spelled(&e.outcome)),
        Event::EvidenceSubmitted(e) => {
            let kind = match &e.result {
                None => "",
                Some(EvidenceResult::ProviderRating { .. }) => " (a provider rating)",
                Some(EvidenceResult::PartnerResult { .. }) => " (a result of the area's own)",
                Some(EvidenceResult::OversightSegment { .. }) => " (an oversight segment)",
                Some(EvidenceResult::Survey { .. }) => " (a survey)",
            };
            format!("{} on {}{kind}", e.category, some(&e.statements))
        }
        Event::EvidenceWithdrawn(e) => format!("evidence {}", e.evidence),
        Event::DocumentErased(e) => {
            format!("a document of entry {} on the basis of {}", e.cited_by, e.legal_basis)
        }
        Event::EvidenceShared(e) => {
            let with = e.subject.as_ref().map(ToString::to_string);
            let with = with.or_else(|| e.organisation.as_ref().map(ToString::to_string)).unwrap_or_default();
            format!("evidence {} of {} with {with}", e.evidence, e.from)
        }
        Event::ScoreAssigned(e) => format!("{}: {}", key(&e.statement, e.category.as_ref()), e.score),
        Event::ScoreChanged(e) => {
            format!("{}: {} instead of entry {}", key(&e.statement, e.category.as_ref()), e.score, e.replaces)
        }
        Event::ScoreModerated(e) => format!("{}: {}", key(&e.statement, e.category.as_ref()), e.score),
        Event::DraftShared(e) => format!("to {}; window closes {}", list(&e.recipients), e.closes),
        Event::AccuracyChallenged(e) => {
            let about = e.statement.as_ref().map_or(String::new(), |statement| format!(" on {statement}"));
            format!("by {}{about} ({})", e.organisation, spelled(&e.ground))
        }
        Event::AccuracyConfirmed(e) => format!("by {}", e.organisation),
        Event::AccuracyExtended(e) => format!("window closes {}", e.closes),
        Event::AccuracyDecided(e) => {
            format!("challenge {}: {}", e.challenge, spelled(&e.outcome))
        }
        Event::CorrectionRecorded(e) => {
            let field = spelled(&e.field);
            let statement =
                e.statement.as_ref().map_or(String::new(), |statement| format!(" of {statement}"));
            format!("{field}{statement} in entry {}", e.corrects)
        }
        Event::FindingsPublished(e) => format!("on {}, {} items", some(&e.statements), e.items.len()),
        Event::RatingPublished(e) => {
            let carried = if e.carried.is_empty() { "" } else { ", with scores carried forward" };
            format!("{}{carried}", result(e.percent, e.rating))
        }
        Event::RatingWithdrawn(e) => format!("result {}", e.publication),
        Event::ReviewRequested(e) => format!("of result {} by {}", e.publication, e.organisation),
        Event::ReviewDecided(e) => format!("review {}: {}", e.review, spelled(&e.outcome)),
        Event::AssessmentClosed(e) => format!("assessment {}: {}", e.assessment, spelled(&e.outcome)),
        Event::RatingTranscribed(e) => {
            let date = e.effective_from.map_or("undated".to_owned(), |date| date.to_string());
            match e.kind {
                TranscribedKind::Result => {
                    format!("{}, {} scores, {date}", result(e.percent, e.rating), e.scores.len())
                }
                TranscribedKind::ReviewRequested => format!("a review was requested, {date}"),
                TranscribedKind::Withdrawal => format!("a result was withdrawn, {date}"),
            }
        }
        Event::ConcernRaised(e) => format!("{} on {}", spelled(&e.severity), some(&e.statements)),
        Event::ConcernResolved(e) => format!("concern {}", e.concern),
        Event::AssessmentTriggered(e) => {
            format!("{} on {}: {}, due {}", e.rule, some(&e.statements), e.action, e.due)
        }
        Event::IndicatorDefined(e) => format!("{} version {}: {}", e.id, e.version, e.name),
        Event::IndicatorObserved(e) => {
            let counted = e.numerator.zip(e.denominator).map(|(n, d)| format!("{n} of {d}"));
            let figure = e.value.map(|value| value.to_string()).or(counted);
            let base = if e.small_base { ", small base" } else { "" };
            let figure = figure.unwrap_or_else(|| "suppressed".to_owned());
            format!("{} {} to {}: {figure}{base}", e.indicator, e.period.from, e.period.to)
        }
        Event::ContextRecorded(e) => {
            let values: Vec<String> =
                e.variables.iter().map(|v| format!("{} {}", v.variable, v.value)).collect();
            values.join(", ")
        }
        Event::ConcernEscalated(e) => {
            format!("concern {} about {} to {}, due {}", e.concern, e.organisation, spelled(&e.body), e.due)
        }
        Event::EscalationAnswered(e) => {
            format!("escalation {} by {}: {}", e.escalation, spelled(&e.body), spelled(&e.outcome))
        }
        Event::NoticeIssued(e) => {
            format!("{} on {}: {}", spelled(&e.kind), some(&e.statements), spelled(&e.decision))
        }
        Event::SummitHeld(e) => format!("with {}", list(&e.organisations)),
        Event::ActionPlanPublished(e) => format!("{} actions on result {}", e.actions.len(), e.publication),
        Event::ActionProgressed(e) => format!("{} of plan {}: {}", e.action, e.plan, spelled(&e.status)),
        Event::SupportOffered(e) => format!("{} to {} by {}", e.kind, e.organisation, spelled(&e.body)),
        Event::InterventionRecorded(e) => {
            format!("{} at {} by {}", e.power, e.organisation, spelled(&e.body))
        }
        Event::ThematicReviewOpened(e) => format!("{}: {} questions", e.title, e.questions.len()),
        Event::FindingRecorded(e) => format!("{} on {}: {}", e.subject, e.question, e.level),
        Event::ThematicReportPublished(e) => format!("{} of {} subjects covered", e.covered, e.subjects),
        Event::TriggerDischarged(e) => format!("trigger {} by {}", e.trigger, spelled(&e.by)),
    }
}
