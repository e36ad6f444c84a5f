//! Rules for publishing, withdrawing, reviewing and transcribing results, and for ending an assessment.

use std::collections::BTreeMap;

use super::accuracy::awaits_confirmation;
use super::scoring::{check_evidence_entries, evidence, score_key};
use super::{Case, Planned, risk};
use crate::assessment::codes::StatementId;
use crate::assessment::command::{
    Citation, CloseAssessment, DecideReview, PublishFindings, PublishRating, RequestReview, TranscribeRating,
    WithdrawRating,
};
use crate::assessment::event::{
    AssessmentClosed, AssessmentOutcome, ChangeCause, Event, FindingsPublished, Phase, RatingPublished,
    RatingTranscribed, RatingWithdrawn, ReviewDecided, ReviewOutcome, ReviewRequested, ScoreChanged,
    TranscribedKind,
};
use crate::assessment::framework::{Framework, Percent, Rating};
use crate::assessment::recorded::counts_from;
use crate::assessment::rejection::Rejection;
use crate::assessment::standing::{Basis, GivenScore, Origin, ResultOnRecord};
use crate::assessment::state::{Draft, KeptResult, OpenAssessment, ScoreKey, statement_scores};
use crate::values::Sequence;

/// What every publication from a draft needs: a current draft, every challenge decided, the window over or
/// everyone's confirmation, and the programme not paused.
fn check_publishable<'a>(
    case: &Case<'_>,
    assessment: Sequence,
    open: &'a OpenAssessment,
) -> Result<&'a Draft, Rejection> {
    let Some(draft) = &open.draft else { return Err(Rejection::DraftMissing { assessment }) };
    if draft.stale {
        return Err(Rejection::ScoresMoved { assessment });
    }
    if let Some((sequence, _)) = open.challenges.iter().find(|(_, challenge)| !challenge.decided) {
        return Err(Rejection::ChallengesUndecided { sequence: *sequence });
    }
    if awaits_confirmation(case, draft, case.today()) {
        return Err(Rejection::WindowOpen { closes: draft.closes });
    }
    Ok(draft)
}

pub(super) fn publish_findings(case: &Case<'_>, data: &PublishFindings) -> Result<Vec<Planned>, Rejection> {
    let (assessment, opened) = case.assessment(data.assessment)?;
    let framework = case.framework(&opened.framework)?;
    let statements = if data.statements.is_empty() { &opened.statements } else { &data.statements };
    let named = statements.iter().chain(data.items.iter().map(|item| &item.statement));
    if let Some(unknown) = named.clone().find(|id| framework.statement(id).is_none()) {
        return Err(Rejection::StatementUnknown { statement: unknown.clone() });
    }
    if let Some(tag) = data.commentary.iter().find(|tag| !framework.has_tag(tag)) {
        return Err(Rejection::TagUnknown { tag: tag.clone() });
    }
    let published = case.state.priorities_published.get(&framework.subject_kind);
    let is_published = |priority| published.is_some_and(|published| published.contains(priority));
    if let Some(priority) = data.priorities.iter().find(|priority| !is_published(priority)) {
        return Err(Rejection::PriorityUnknown { priority: priority.clone() });
    }
    let kind = framework.subject_kind;
    if case.state.paused_on(kind, case.today()) {
        return Err(Rejection::ProgrammePaused { kind });
    }
    let open = case.open_assessment(assessment)?;
    if let Some(statement) = { named }.find(|id| !open.statements.contains(*id)) {
        return Err(Rejection::StatementOutOfScope { statement: statement.clone(), assessment });
    }
    let draft = check_publishable(case, assessment, open)?;
    if open.phase == Phase::Formal {
        let unaddressed = published.into_iter().flatten().find(|id| !data.priorities.contains(id));
        if let Some(priority) = unaddressed {
            return Err(Rejection::PriorityNotAddressed { priority: priority.clone() });
        }
        let mut due = framework.topics.iter().chain(&framework.duties);
        if let Some(tag) = due.find(|tag| !data.commentary.contains(&tag.id)) {
            return Err(Rejection::CommentaryMissing { tag: tag.id.clone() });
        }
    }
    case.check_separate(&open.authors(), "set a score of this assessment")?;
    let event = FindingsPublished {
        assessment,
        draft: draft.sequence,
        statements: statements.clone(),
        items: data.items.clone(),
        sections: data.sections.clone(),
        commentary: data.commentary.clone(),
        priorities: data.priorities.clone(),
        breaches: data.breaches.clone(),
        narrative: data.narrative.clone(),
    };
    Ok(vec![case.event_of(Some(assessment), event)])
}

pub(super) fn publish_rating(case: &Case<'_>, data: &PublishRating) -> Result<Vec<Planned>, Rejection> {
    let candidate = match data.review {
        None => from_draft(case, data)?,
        Some(review) => from_review(case, data, review)?,
    };
    check_authorised(case, candidate.framework)?;
    let result = ResultOnRecord {
        sequence: case.context.next,
        framework: candidate.framework.id.clone(),
        effective: case.date(),
        origin: Origin::Published { assessment: candidate.assessment },
        scores: statement_scores(candidate.framework, &candidate.given),
        breach: candidate.breach,
    };
    let standing = case.state.standing_with(case.subject(), Some(&result));
    let (percent, rating) = match &standing {
        Some(standing) if standing.basis == Basis::Derived && standing.framework == result.framework => {
            (standing.percent, standing.rating)
        }
        _ => (None, None),
    };
    if (data.percent, data.rating) != (percent, rating) {
        return Err(Rejection::ResultDiffers {
            stated: spelled(data.percent, data.rating),
            computed: spelled(percent, rating),
        });
    }
    case.check_separate(&candidate.authors, "set a score of this assessment")?;
    let event = RatingPublished {
        assessment: candidate.assessment,
        framework: result.framework.clone(),
        findings: candidate.findings,
        scores: candidate.given.values().map(|given| given.entry).collect(),
        carried: case.state.carried_into(case.subject(), &result).into_iter().collect(),
        percent,
        rating,
        replaces: candidate.reviewed.map(|kept| kept.result.sequence),
        review: candidate.review,
    };
    let mut triggered = risk::after_publication(case, &result)?;
    if let Some(reviewed) = candidate.reviewed {
        triggered.extend(risk::after_republication(case, reviewed)?);
    }
    Ok([case.event_of(Some(candidate.assessment), event)].into_iter().chain(triggered).collect())
}

fn spelled(percent: Option<Percent>, rating: Option<Rating>) -> String {
    let percent = percent.map_or("no percentage".to_owned(), |percent| format!("{percent} %"));
    format!("{percent}, {}", rating.map_or("no rating", Rating::as_str))
}

fn check_authorised(case: &Case<'_>, framework: &Framework) -> Result<(), Rejection> {
    let (kind, date) = (framework.subject_kind, case.date());
    if case.state.ratings_authorised.get(&kind).is_some_and(|from| *from <= date) {
        return Ok(());
    }
    Err(Rejection::RatingsNotAuthorised { kind, date })
}

/// What a publication would put on record, before it is computed.
struct Candidate<'a> {
    assessment: Sequence,
    framework: &'a Framework,
    findings: Sequence,
    given: BTreeMap<ScoreKey, GivenScore>,
    authors: std::collections::BTreeSet<crate::assessment::codes::ActorId>,
    breach: bool,
    reviewed: Option<&'a KeptResult>,
    review: Option<Sequence>,
}

fn from_draft<'a>(case: &Case<'a>, data: &PublishRating) -> Result<Candidate<'a>, Rejection> {
    let (assessment, opened) = case.assessment(data.assessment)?;
    let framework = case.framework(&opened.framework)?;
    let published = case.open_assessment(assessment).ok().and_then(|open| open.published);
    if let Some(sequence) = published {
        return Err(Rejection::NoEffect {
            what: format!("this assessment's rating was published at entry {sequence}"),
        });
    }
    let kind = framework.subject_kind;
    if case.state.paused_on(kind, case.today()) {
        return Err(Rejection::ProgrammePaused { kind });
    }
    let open = case.open_assessment(assessment)?;
    let draft = check_publishable(case, assessment, open)?;
    let findings = open.findings.as_ref().filter(|findings| findings.draft == draft.sequence);
    let Some(findings) = findings else { return Err(Rejection::FindingsMissing { assessment }) };
    Ok(Candidate {
        assessment,
        framework,
        findings: findings.sequence,
        given: open.given(),
        authors: open.authors(),
        breach: findings.breach,
        reviewed: None,
        review: None,
    })
}

/// A republication after a review needs no new draft: the review was the second look (our own choice).
fn from_review<'a>(
    case: &Case<'a>,
    data: &PublishRating,
    citation: Citation,
) -> Result<Candidate<'a>, Rejection> {
    let (assessment, _) = case.assessment(data.assessment)?;
    let (decision, ()) =
        case.cited(citation, "a review decision of this subject (review.decided)", |event| {
            matches!(event, Event::ReviewDecided(_)).then_some(())
        })?;
    let due = |kept: &&KeptResult| {
        kept.result.origin == Origin::Published { assessment }
            && kept.review.as_ref().is_some_and(|r| r.decision == Some(decision) && r.republication_due)
    };
    let mut results = case.known().into_iter().flat_map(|known| &known.results);
    let kept = results.find(due).ok_or(Rejection::ReviewNotOpen { sequence: decision })?;
    let framework = case.framework(&kept.result.framework)?;
    let Some(findings) = kept.findings else { return Err(Rejection::FindingsMissing { assessment }) };
    let detail = case.state.detail(kept);
    Ok(Candidate {
        assessment,
        framework,
        findings,
        given: detail.given,
        authors: detail.authors,
        breach: kept.result.breach,
        reviewed: Some(kept),
        review: Some(decision),
    })
}

pub(super) fn close_assessment(case: &Case<'_>, data: &CloseAssessment) -> Result<Vec<Planned>, Rejection> {
    let (assessment, _) = case.assessment(data.assessment)?;
    let open = case.open_assessment(assessment)?;
    let what = match data.outcome {
        AssessmentOutcome::Published if open.published.is_none() => {
            "no rating was published: close it as findings-only or discontinued"
        }
        AssessmentOutcome::FindingsOnly if open.findings.is_none() => {
            "no findings were published: publish them, or close it as discontinued"
        }
        AssessmentOutcome::FindingsOnly | AssessmentOutcome::Discontinued if open.published.is_some() => {
            "its rating was published: close it as published"
        }
        AssessmentOutcome::Discontinued if open.findings.is_some() => {
            "its findings were published: close it as findings-only"
        }
        AssessmentOutcome::Discontinued if data.reason.is_none() => {
            return Err(Rejection::ReasonMissing { what: "an assessment is discontinued for a reason" });
        }
        _ => "",
    };
    if !what.is_empty() {
        return Err(Rejection::OutcomeUnfit { what });
    }
    let event = AssessmentClosed { assessment, outcome: data.outcome, reason: data.reason.clone() };
    Ok(vec![case.event_of(Some(assessment), event)])
}

/// The cited result of this subject, published or transcribed.
pub(super) fn cited_result(case: &Case<'_>, citation: Citation) -> Result<Sequence, Rejection> {
    let expected = "a published or transcribed result of this subject";
    let (sequence, ()) = case.cited(citation, expected, |event| match event {
        Event::RatingPublished(_) => Some(()),
        Event::RatingTranscribed(event) if event.kind == TranscribedKind::Result => Some(()),
        _ => None,
    })?;
    Ok(sequence)
}

/// The result, which must stand.
pub(super) fn standing_result<'a>(case: &Case<'a>, sequence: Sequence) -> Result<&'a KeptResult, Rejection> {
    let kept = case.known().and_then(|known| known.result(sequence));
    kept.filter(|kept| kept.withdrawn.is_none()).ok_or(Rejection::NotPublished { sequence })
}

pub(super) fn withdraw(case: &Case<'_>, data: &WithdrawRating) -> Result<Vec<Planned>, Rejection> {
    let kept = standing_result(case, cited_result(case, data.publication)?)?;
    let event =
        RatingWithdrawn { publication: kept.result.sequence, cause: data.cause, reason: data.reason.clone() };
    let triggered = risk::after_results_changed(case, &[kept.result.sequence])?;
    Ok([case.event_of(assessment_of(kept), event)].into_iter().chain(triggered).collect())
}

fn assessment_of(kept: &KeptResult) -> Option<Sequence> {
    match kept.result.origin {
        Origin::Published { assessment } => Some(assessment),
        Origin::Transcribed(_) => None,
    }
}

pub(super) fn request_review(case: &Case<'_>, data: &RequestReview) -> Result<Vec<Planned>, Rejection> {
    let publication = cited_result(case, data.publication)?;
    let organisation = case.own_organisation()?;
    case.check_organisation(organisation)?;
    let kept = standing_result(case, publication)?;
    if let Some(review) = &kept.review {
        return Err(Rejection::ReviewPending { sequence: review.request });
    }
    let event = ReviewRequested {
        publication: kept.result.sequence,
        organisation: organisation.clone(),
        grounds: data.grounds.clone(),
    };
    Ok(vec![case.event_of(assessment_of(kept), event)])
}

pub(super) fn decide_review(case: &Case<'_>, data: &DecideReview) -> Result<Vec<Planned>, Rejection> {
    let (sequence, ()) =
        case.cited(data.review, "a review request of this subject (review.requested)", |event| {
            matches!(event, Event::ReviewRequested(_)).then_some(())
        })?;
    check_evidence_entries(case, data.rescores.iter().flat_map(|rescore| &rescore.evidence))?;
    let open = |kept: &&KeptResult| {
        kept.review.as_ref().is_some_and(|review| review.request == sequence && review.decision.is_none())
    };
    let mut results = case.known().into_iter().flat_map(|known| &known.results);
    let kept = results.find(open);
    let rescored = match kept {
        Some(kept) => {
            data.rescores.iter().map(|rescore| reviewed(case, kept, rescore)).collect::<Result<_, _>>()?
        }
        None => Vec::new(),
    };
    if (data.outcome == ReviewOutcome::ScoresChanged) == data.rescores.is_empty() {
        let what = "a review changes scores and states them, or upholds the result and states none";
        return Err(Rejection::OutcomeUnfit { what });
    }
    let Some(kept) = kept else { return Err(Rejection::ReviewNotOpen { sequence }) };
    case.check_separate(&case.state.detail(kept).authors, "set a score of the result under review")?;
    let assessment = assessment_of(kept);
    let event = ReviewDecided { review: sequence, outcome: data.outcome, reason: data.reason.clone() };
    let mut events = vec![case.event_of(assessment, event)];
    for changed in rescored {
        let changed = ScoreChanged { decision: Some(case.position(0)), ..changed };
        events.push(case.event_of(assessment, changed));
    }
    Ok(events)
}

/// A score as a review changes it: on evidence of its own, since the review is a second look.
fn reviewed(
    case: &Case<'_>,
    kept: &KeptResult,
    rescore: &crate::assessment::command::Rescore,
) -> Result<ScoreChanged, Rejection> {
    let Some(assessment) = assessment_of(kept) else {
        let what = "a transcribed result is reviewed by whoever published it: transcribe the review";
        return Err(Rejection::OutcomeUnfit { what });
    };
    let framework = case.framework(&kept.result.framework)?;
    let before = case.state.detail(kept).given;
    let scope = before.keys().map(|(statement, _)| statement.clone()).collect();
    let key = score_key(framework, assessment, &scope, &rescore.statement, rescore.category.as_ref())?;
    let evidence = evidence(case, framework, &key, &rescore.evidence)?;
    let Some(given) = before.get(&key) else {
        return Err(Rejection::NotScored { statement: rescore.statement.clone() });
    };
    Ok(ScoreChanged {
        assessment,
        statement: rescore.statement.clone(),
        category: rescore.category.clone(),
        replaces: given.entry,
        score: rescore.score,
        evidence,
        cause: ChangeCause::Review,
        decision: None,
        rationale: None,
    })
}

pub(super) fn transcribe(case: &Case<'_>, data: &TranscribeRating) -> Result<Vec<Planned>, Rejection> {
    let counts = counts_from(data.effective_from, case.today());
    let concerned = data.concerns.map(|citation| transcribed(case, citation)).transpose()?;
    let framework = case.framework_on(&data.framework, counts)?;
    if let Some(unknown) =
        data.scores.iter().find(|printed| framework.statement(&printed.statement).is_none())
    {
        return Err(Rejection::StatementUnknown { statement: unknown.statement.clone() });
    }
    let carries = data.rating.is_some() || data.percent.is_some() || !data.scores.is_empty();
    let what = match data.kind {
        TranscribedKind::Result => "",
        TranscribedKind::Withdrawal | TranscribedKind::ReviewRequested if concerned.is_none() => {
            "a transcribed withdrawal or review names the result it concerns"
        }
        TranscribedKind::Withdrawal | TranscribedKind::ReviewRequested if carries => {
            "a transcribed withdrawal or review carries no rating, percentage or score"
        }
        TranscribedKind::Withdrawal | TranscribedKind::ReviewRequested => "",
    };
    if !what.is_empty() {
        return Err(Rejection::OutcomeUnfit { what });
    }
    let mut printed: Vec<&StatementId> = data.scores.iter().map(|printed| &printed.statement).collect();
    printed.sort_unstable();
    if printed.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Rejection::OutcomeUnfit { what: "a statement has two scores: give each once" });
    }
    let concerned = concerned.map(|sequence| match data.kind {
        TranscribedKind::Withdrawal => standing_result(case, sequence),
        // A result that was withdrawn can still be reviewed, and replaced by what the review found.
        TranscribedKind::ReviewRequested | TranscribedKind::Result => kept_result(case, sequence),
    });
    let concerned = concerned.transpose()?;
    if let (TranscribedKind::ReviewRequested, Some(kept)) = (data.kind, concerned)
        && let Some(review) = &kept.review
    {
        return Err(Rejection::ReviewPending { sequence: review.request });
    }
    let event = RatingTranscribed {
        kind: data.kind,
        framework: framework.id.clone(),
        phase: data.phase,
        effective_from: data.effective_from,
        rating: data.rating,
        percent: data.percent,
        scores: data.scores.clone(),
        concerns: concerned.map(|kept| kept.result.sequence),
        source: data.source.clone(),
        note: data.note.clone(),
    };
    let triggered = match (data.kind, concerned) {
        (TranscribedKind::Result, _) => risk::after_new_result(case, counts)?,
        (TranscribedKind::Withdrawal, Some(kept)) => {
            risk::after_results_changed(case, &[kept.result.sequence])?
        }
        (TranscribedKind::Withdrawal, None) | (TranscribedKind::ReviewRequested, _) => Vec::new(),
    };
    Ok([case.event(event)].into_iter().chain(triggered).collect())
}

/// The result recorded there, withdrawn or not.
fn kept_result<'a>(case: &Case<'a>, sequence: Sequence) -> Result<&'a KeptResult, Rejection> {
    let kept = case.known().and_then(|known| known.result(sequence));
    kept.ok_or(Rejection::NotPublished { sequence })
}

/// The cited transcription of a result of this subject.
fn transcribed(case: &Case<'_>, citation: Citation) -> Result<Sequence, Rejection> {
    let expected = "a transcribed result of this subject";
    let (sequence, ()) = case.cited(citation, expected, |event| match event {
        Event::RatingTranscribed(event) if event.kind == TranscribedKind::Result => Some(()),
        _ => None,
    })?;
    Ok(sequence)
}
