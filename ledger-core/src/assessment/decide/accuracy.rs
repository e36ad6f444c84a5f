//! Rules for the draft, its factual accuracy check, and corrections.
//!
//! The window: day 1 is the first working day after the email's London date, and it closes at the end of its
//! last day, London time. A challenge counts by its recorded time.

use std::collections::BTreeSet;

use super::scoring::{check_evidence_entries, evidence, score_key};
use super::{Case, Planned, risk};
use crate::assessment::civil::{Date, PartialDate, Period};
use crate::assessment::codes::{CategoryId, Name, OrganisationId, StatementId, Url};
use crate::assessment::command::{
    ChallengeAccuracy, Citation, ConfirmAccuracy, Correction, DecideAccuracy, ExtendAccuracy,
    RecordCorrection, Rescore, ShareDraft,
};
use crate::assessment::event::{
    AccuracyChallenged, AccuracyConfirmed, AccuracyDecided, AccuracyExtended, ChallengeOutcome, ChangeCause,
    CorrectableField, CorrectionRecorded, DraftShared, Event, FieldValue, Ground, OrganisationKind,
    RatingTranscribed, ScoreChanged,
};
use crate::assessment::framework::{Framework, Method, Moderation, Percent, Rating, Score};
use crate::assessment::recorded::Recorded;
use crate::assessment::rejection::Rejection;
use crate::assessment::state::{Draft, OpenAssessment, ScoreKey};
use crate::values::Sequence;

/// The organisations entitled to the draft: of a system its board and its partnership, of an authority or
/// provider itself.
pub(super) fn entitled(case: &Case<'_>) -> Vec<OrganisationId> {
    use OrganisationKind::{Authority, Board, NhsBody, Partnership, Provider};
    let own_code = case.subject().code();
    let entitled = |id: &OrganisationId, kind: OrganisationKind| match kind {
        Board | Partnership => case.subject().area_kind() == Some(crate::assessment::codes::AreaKind::Ics),
        // A system has authorities and providers too; they may comment but are not sent the draft.
        Authority | Provider => id.as_str().split_once('/').is_some_and(|(_, code)| code == own_code),
        NhsBody => false,
    };
    let area = case.state.areas.get(case.subject());
    let organisations = area.into_iter().flat_map(|area| area.organisations.iter());
    organisations.filter(|(id, (kind, _))| entitled(id, *kind)).map(|(id, _)| id.clone()).collect()
}

/// Every statement in scope has the scores its method asks for, moderated where the framework asks, and no
/// score rests on evidence that no longer stands.
fn check_complete(framework: &Framework, open: &OpenAssessment) -> Result<(), Rejection> {
    let in_scope = framework.statements().filter(|statement| open.statements.contains(&statement.id));
    let mut unscored = None;
    for statement in in_scope {
        let scored: BTreeSet<Option<&CategoryId>> = open
            .scores
            .keys()
            .filter(|(scored, _)| *scored == statement.id)
            .map(|(_, category)| category.as_ref())
            .collect();
        let required =
            statement.required_categories.iter().find(|category| !scored.contains(&Some(*category)));
        if let (Method::Category, Some(category), false) = (framework.method, required, scored.is_empty()) {
            return Err(Rejection::RequiredCategoryMissing {
                statement: statement.id.clone(),
                category: category.clone(),
            });
        }
        if scored.is_empty() {
            unscored.get_or_insert(&statement.id);
        }
    }
    if let Some(statement) = unscored {
        return Err(Rejection::DraftIncomplete { statement: statement.clone() });
    }
    for ((statement, _), score) in &open.scores {
        if framework.moderation == Moderation::Required && !score.moderated {
            return Err(Rejection::DraftUnmoderated { statement: statement.clone() });
        }
    }
    Ok(())
}

/// Refuses scores that rest on evidence withdrawn or erased since.
fn check_evidence_stands(case: &Case<'_>, open: &OpenAssessment) -> Result<(), Rejection> {
    let mut cited = open.scores.values().flat_map(|score| &score.evidence);
    let status = |sequence: &Sequence| case.state.status.get(sequence);
    if let Some(sequence) = cited.clone().find(|at| status(at).is_some_and(|status| status.withdrawn)) {
        return Err(Rejection::EvidenceWithdrawn { sequence: *sequence });
    }
    match cited.find(|at| status(at).is_some_and(|status| status.erased)) {
        Some(sequence) => Err(Rejection::EvidenceErased { sequence: *sequence }),
        None => Ok(()),
    }
}

pub(super) fn share_draft(case: &Case<'_>, data: &ShareDraft) -> Result<Vec<Planned>, Rejection> {
    let (assessment, opened) = case.assessment(data.assessment)?;
    let framework = case.framework(&opened.framework)?;
    data.recipients.iter().try_for_each(|organisation| case.check_organisation(organisation))?;
    let emailed = data.emailed.unwrap_or(case.today());
    let closes = case.deadline(emailed, framework.accuracy_working_days)?;
    let open = case.open_assessment(assessment)?;
    check_evidence_stands(case, open)?;
    check_complete(framework, open)?;
    let entitled = entitled(case);
    let recipients = if data.recipients.is_empty() { entitled.clone() } else { data.recipients.clone() };
    if let Some(missing) = entitled.iter().find(|organisation| !recipients.contains(organisation)) {
        return Err(Rejection::DraftRecipientMissing { organisation: missing.to_string() });
    }
    if recipients.is_empty() {
        return Err(Rejection::DraftRecipientMissing {
            organisation: "an organisation of the area".to_owned(),
        });
    }
    if closes < case.today() || emailed > case.today() {
        return Err(Rejection::DraftWindowPast { closes });
    }
    let event = DraftShared {
        assessment,
        recipients,
        letter: data.letter.unwrap_or(emailed),
        emailed,
        closes,
        scores: open.scores.values().map(|score| score.entry).collect(),
        document: data.document.clone(),
    };
    Ok(vec![case.event_of(Some(assessment), event)])
}

/// A draft of this subject, current or not, and its assessment while that is open.
struct CitedDraft<'a> {
    sequence: Sequence,
    assessment: Sequence,
    open: Option<&'a OpenAssessment>,
}

impl<'a> CitedDraft<'a> {
    fn of(case: &Case<'a>, citation: Citation) -> Result<Self, Rejection> {
        let expected = "a draft of this subject (draft.shared)";
        let (sequence, assessment) = case.cited(citation, expected, |event| {
            if let Event::DraftShared(draft) = event { Some(draft.assessment) } else { None }
        })?;
        let open = case.known().and_then(|known| known.assessments.get(&assessment));
        Ok(CitedDraft { sequence, assessment, open })
    }

    /// The draft, which must be the current one of its assessment.
    fn current(&self) -> Result<&'a Draft, Rejection> {
        let draft = self.open.and_then(|open| open.draft.as_ref());
        let draft = draft.filter(|draft| draft.sequence == self.sequence);
        draft.ok_or(Rejection::DraftNotCurrent { sequence: self.sequence })
    }
}

/// The organisation for which the actor comments, which must be one of the area.
fn check_commenter(case: &Case<'_>, own: &OrganisationId) -> Result<OrganisationId, Rejection> {
    case.check_organisation(own)
        .map_err(|_| Rejection::ChallengerNotEntitled { organisation: own.to_string() })?;
    Ok(own.clone())
}

fn check_window(case: &Case<'_>, draft: &Draft) -> Result<(), Rejection> {
    if case.today() > draft.closes {
        return Err(Rejection::ChallengeLate { closed: draft.closes });
    }
    Ok(())
}

pub(super) fn challenge(case: &Case<'_>, data: &ChallengeAccuracy) -> Result<Vec<Planned>, Rejection> {
    let cited_draft = CitedDraft::of(case, data.draft)?;
    let mut cited = Vec::new();
    for citation in &data.evidence {
        let (sequence, ()) =
            case.cited(*citation, "evidence of this subject (evidence.submitted)", |event| {
                matches!(event, Event::EvidenceSubmitted(_)).then_some(())
            })?;
        cited.push(sequence);
    }
    let own = case.own_organisation()?;
    let assessment = cited_draft.assessment;
    if let (Some(open), Some(statement)) = (cited_draft.open, &data.statement)
        && !open.statements.contains(statement)
    {
        return Err(Rejection::StatementOutOfScope { statement: statement.clone(), assessment });
    }
    let draft = cited_draft.current()?;
    let organisation = check_commenter(case, own)?;
    check_window(case, draft)?;
    if data.ground == Ground::Inaccurate && cited.is_empty() && data.documents.is_empty() {
        return Err(Rejection::ChallengeWithoutEvidence {});
    }
    let event = AccuracyChallenged {
        draft: draft.sequence,
        organisation,
        ground: data.ground,
        statement: data.statement.clone(),
        comment: data.comment.clone(),
        evidence: cited,
        documents: data.documents.clone(),
    };
    Ok(vec![case.event_of(Some(assessment), event)])
}

pub(super) fn confirm(case: &Case<'_>, data: &ConfirmAccuracy) -> Result<Vec<Planned>, Rejection> {
    let cited = CitedDraft::of(case, data.draft)?;
    let own = case.own_organisation()?;
    let (assessment, draft) = (cited.assessment, cited.current()?);
    let organisation = check_commenter(case, own)?;
    if draft.confirmed.contains(&organisation) {
        return Err(Rejection::NoEffect { what: format!("{organisation} confirmed this draft already") });
    }
    let event = AccuracyConfirmed { draft: draft.sequence, organisation };
    Ok(vec![case.event_of(Some(assessment), event)])
}

pub(super) fn extend(case: &Case<'_>, data: &ExtendAccuracy) -> Result<Vec<Planned>, Rejection> {
    let cited = CitedDraft::of(case, data.draft)?;
    case.check_calendar(data.closes)?;
    let (assessment, draft) = (cited.assessment, cited.current()?);
    // A window is extended while it is open; afterwards there is a review.
    check_window(case, draft)?;
    if data.closes <= draft.closes || !case.state.calendar.is_working_day(data.closes) {
        return Err(Rejection::ExtensionNotLater { closes: draft.closes });
    }
    let event = AccuracyExtended { draft: draft.sequence, closes: data.closes, reason: data.reason.clone() };
    Ok(vec![case.event_of(Some(assessment), event)])
}

pub(super) fn decide_challenge(case: &Case<'_>, data: &DecideAccuracy) -> Result<Vec<Planned>, Rejection> {
    let (sequence, challenge) =
        case.cited(data.challenge, "a challenge of this subject (accuracy.challenged)", |event| {
            if let Event::AccuracyChallenged(challenge) = event { Some(challenge) } else { None }
        })?;
    for correction in &data.corrections {
        check_corrected_entry(case, correction)?;
    }
    check_evidence_entries(case, data.rescore.iter().flat_map(|r| &r.evidence))?;
    for correction in &data.corrections {
        check_changes(case, correction)?;
    }
    let mut assessments = case.known().into_iter().flat_map(|known| &known.assessments);
    let found = assessments.find_map(|(at, open)| open.challenges.get(&sequence).map(|c| (*at, open, c)));
    let Some((assessment, open, kept)) = found else {
        return Err(Rejection::DraftNotCurrent { sequence: challenge.draft });
    };
    let framework = case.framework(&open.framework)?;
    let rescored = data.rescore.as_ref().map(|rescore| rescored(case, assessment, open, framework, rescore));
    let rescored = rescored.transpose()?;
    if kept.decided {
        return Err(Rejection::ChallengeDecided { sequence });
    }
    check_outcome(data)?;
    if let (Some(changed), Some(rescore)) = (&rescored, &data.rescore)
        && open.scores.values().any(|now| now.entry == changed.replaces && now.score == rescore.score)
    {
        return Err(Rejection::OutcomeUnfit { what: "the score stated is the one that stands" });
    }
    let decision = case.position(0);
    let mut events = vec![case.event_of(
        Some(assessment),
        AccuracyDecided { challenge: sequence, outcome: data.outcome, reason: data.reason.clone() },
    )];
    for correction in &data.corrections {
        let mut recorded = corrected(case, correction)?;
        recorded.decision = Some(decision);
        events.push(case.event_of(Some(assessment), recorded));
    }
    let concerned: Vec<&StatementId> =
        kept.statement.iter().chain(data.rescore.iter().map(|rescore| &rescore.statement)).collect();
    for ((statement, _), score) in &open.scores {
        if concerned.is_empty() || concerned.contains(&statement) {
            case.check_separate(&score.authors, &format!("set the score of {statement}"))?;
        }
    }
    if let Some(mut changed) = rescored {
        changed.decision = Some(decision);
        events.push(case.event_of(Some(assessment), changed));
    }
    events.extend(after_corrections(case, &data.corrections)?);
    Ok(events)
}

fn check_outcome(data: &DecideAccuracy) -> Result<(), Rejection> {
    let what = match (data.outcome, data.rescore.is_some(), data.corrections.is_empty()) {
        (ChallengeOutcome::ScoreChanged, false, _) => {
            "an accepted challenge that changes a score states the new score"
        }
        (ChallengeOutcome::TextChanged, true, _) => "a score changes: state the outcome as score-changed",
        (ChallengeOutcome::Rejected, true, _) | (ChallengeOutcome::Rejected, _, false) => {
            "a rejected challenge changes neither a score nor a fact"
        }
        _ => return Ok(()),
    };
    Err(Rejection::OutcomeUnfit { what })
}

/// The change of a score that goes with an accepted comment. Without evidence of its own it rests on that of
/// the score it replaces.
fn rescored(
    case: &Case<'_>,
    assessment: Sequence,
    open: &OpenAssessment,
    framework: &Framework,
    rescore: &Rescore,
) -> Result<ScoreChanged, Rejection> {
    let key: ScoreKey =
        score_key(framework, assessment, &open.statements, &rescore.statement, rescore.category.as_ref())?;
    let rests_on = match rescore.evidence.as_slice() {
        [] => None,
        cited => Some(evidence(case, framework, &key, cited)?),
    };
    let Some(current) = open.scores.get(&key) else {
        return Err(Rejection::NotScored { statement: rescore.statement.clone() });
    };
    Ok(ScoreChanged {
        assessment,
        statement: rescore.statement.clone(),
        category: rescore.category.clone(),
        replaces: current.entry,
        score: rescore.score,
        evidence: rests_on.unwrap_or_else(|| current.evidence.clone()),
        cause: ChangeCause::Challenge,
        decision: None,
        rationale: None,
    })
}

pub(super) fn record_correction(case: &Case<'_>, data: &RecordCorrection) -> Result<Vec<Planned>, Rejection> {
    let correction = Correction {
        corrects: data.corrects,
        field: data.field,
        statement: data.statement.clone(),
        was: data.was.clone(),
        now: data.now.clone(),
    };
    let mut event = corrected(case, &correction)?;
    event.reason.clone_from(&data.reason);
    let triggered = after_corrections(case, std::slice::from_ref(&correction))?;
    Ok([case.event(event)].into_iter().chain(triggered).collect())
}

/// A corrected result may stand under scores elsewhere. A printed percentage is never computed with.
fn after_corrections(case: &Case<'_>, corrections: &[Correction]) -> Result<Vec<Planned>, Rejection> {
    use CorrectableField::{EffectiveFrom, Rating, Score};
    let changing = corrections.iter().filter(|data| matches!(data.field, Score | Rating | EffectiveFrom));
    let corrected: Vec<Sequence> = changing
        .map(|data| case.entry(data.corrects).map(|entry| entry.sequence))
        .collect::<Result<_, _>>()?;
    risk::after_results_changed(case, &corrected)
}

/// The entry corrected is one of this subject.
fn check_corrected_entry(case: &Case<'_>, data: &Correction) -> Result<(), Rejection> {
    let entry = case.entry(data.corrects)?;
    if entry.subject == *case.subject() {
        return Ok(());
    }
    let (sequence, expected) = (entry.sequence, "an entry of this subject");
    Err(Rejection::EntryUnfit { sequence, found: entry.event.name(), expected })
}

/// The statement is one of the transcription's framework, and something changes.
fn check_changes(case: &Case<'_>, data: &Correction) -> Result<(), Rejection> {
    let entry = case.entry(data.corrects)?;
    if let (Event::RatingTranscribed(event), Some(statement)) = (&entry.event, &data.statement) {
        let framework = case.framework(&event.framework)?;
        if framework.statement(statement).is_none() {
            return Err(Rejection::StatementUnknown { statement: statement.clone() });
        }
    }
    if data.was == data.now {
        return Err(Rejection::NoEffect { what: format!("{} stands already", spelled(data.now.as_ref())) });
    }
    Ok(())
}

/// Checks a correction: they differ, `now` is a value the field can have, the field is on the closed list for
/// that event, and `was` is the value that stands.
fn corrected(case: &Case<'_>, data: &Correction) -> Result<CorrectionRecorded, Rejection> {
    check_corrected_entry(case, data)?;
    check_changes(case, data)?;
    if !is_possible(case, data) {
        let what = "the corrected value is not one that this field can have: a score is 1 to 4, a percentage 0 to 100; \
                    a rating, date, address, category or name is spelled as where it was recorded";
        return Err(Rejection::OutcomeUnfit { what });
    }
    let entry = case.entry(data.corrects)?;
    let sequence = entry.sequence;
    let field = || format!("{:?}", data.field).to_lowercase();
    let uncorrectable = || Rejection::FieldUncorrectable { sequence, field: field() };
    let recorded = recorded_value(entry, data).ok_or_else(uncorrectable)?;
    let key = (data.field, data.statement.clone());
    let status = case.state.status.get(&sequence);
    let stands = status.and_then(|status| status.corrected.get(&key)).cloned().unwrap_or(recorded);
    if stands != data.was {
        return Err(Rejection::WasDiffers {
            sequence,
            stands: spelled(stands.as_ref()),
            was: spelled(data.was.as_ref()),
        });
    }
    Ok(CorrectionRecorded {
        corrects: sequence,
        field: data.field,
        statement: data.statement.clone(),
        was: data.was.clone(),
        now: data.now.clone(),
        decision: None,
        reason: None,
    })
}

/// The value an entry recorded for a field: none if the field is not on the closed list for that event.
fn recorded_value(entry: &Recorded, data: &Correction) -> Option<Option<FieldValue>> {
    use CorrectableField as Field;
    let needs_statement = data.field == Field::Score;
    if needs_statement != data.statement.is_some() {
        return None;
    }
    match (&entry.event, data.field) {
        (Event::RatingTranscribed(event), field) => transcribed_value(event, field, data.statement.as_ref()),
        (Event::EvidenceSubmitted(event), Field::Category) => Some(text(Some(&event.category))),
        (Event::EvidenceSubmitted(event), Field::Period) => Some(event.period.map(FieldValue::Period)),
        (Event::EvidenceSubmitted(event), Field::Reference) => Some(text(event.reference.as_ref())),
        (Event::AreaRegistered(event), Field::Name) => Some(text(Some(&event.name))),
        _ => None,
    }
}

fn transcribed_value(
    event: &RatingTranscribed,
    field: CorrectableField,
    statement: Option<&StatementId>,
) -> Option<Option<FieldValue>> {
    match field {
        CorrectableField::Score => {
            let printed = event.scores.iter().find(|printed| Some(&printed.statement) == statement);
            Some(printed.map(|printed| FieldValue::Number(printed.score.into())))
        }
        CorrectableField::Rating => Some(text(event.rating.as_ref())),
        CorrectableField::Percent => Some(event.percent.map(|percent| FieldValue::Number(percent.into()))),
        CorrectableField::EffectiveFrom => Some(text(event.effective_from.as_ref())),
        CorrectableField::Source => Some(text(Some(&event.source))),
        CorrectableField::Category
        | CorrectableField::Period
        | CorrectableField::Reference
        | CorrectableField::Name => None,
    }
}

fn text(value: Option<&impl ToString>) -> Option<FieldValue> {
    value.and_then(|value| value.to_string().try_into().ok()).map(FieldValue::Text)
}

fn spelled(value: Option<&FieldValue>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(FieldValue::Number(number)) => number.to_string(),
        Some(FieldValue::Text(text)) => text.as_str().to_owned(),
        Some(FieldValue::Period(Period { from, to })) => format!("{from} to {to}"),
    }
}

/// Whether `now` is a value the field can have. A category must be one that the subject's frameworks use.
fn is_possible(case: &Case<'_>, data: &Correction) -> bool {
    fn parses<T: std::str::FromStr>(value: &FieldValue) -> bool {
        matches!(value, FieldValue::Text(text) if text.as_str().parse::<T>().is_ok())
    }
    fn fits<T: TryFrom<i64>>(value: &FieldValue) -> bool {
        matches!(value, FieldValue::Number(number) if T::try_from(*number).is_ok())
    }
    let Some(now) = &data.now else {
        // These always have a value.
        let required = [CorrectableField::Source, CorrectableField::Category, CorrectableField::Name];
        return !required.contains(&data.field);
    };
    match data.field {
        CorrectableField::Score => fits::<Score>(now),
        CorrectableField::Percent => fits::<Percent>(now),
        CorrectableField::Rating => parses::<Rating>(now),
        CorrectableField::EffectiveFrom => parses::<PartialDate>(now),
        CorrectableField::Source | CorrectableField::Reference => parses::<Url>(now),
        CorrectableField::Name => parses::<Name>(now),
        CorrectableField::Period => matches!(now, FieldValue::Period(period) if period.from <= period.to),
        CorrectableField::Category => match now {
            FieldValue::Text(text) => text
                .as_str()
                .parse::<CategoryId>()
                .is_ok_and(|category| case.frameworks_of_kind().any(|f| f.has_category(&category))),
            FieldValue::Number(_) | FieldValue::Period(_) => false,
        },
    }
}

/// Whether the window is still open on `today` and someone entitled has not confirmed.
pub(super) fn awaits_confirmation(case: &Case<'_>, draft: &Draft, today: Date) -> bool {
    today <= draft.closes && entitled(case).iter().any(|organisation| !draft.confirmed.contains(organisation))
}
