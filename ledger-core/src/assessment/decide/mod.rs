//! The rules: whether a command may be done, and which events it becomes.
//!
//! [`decide`] is pure: it reads the state, the command and a context of values handed in, and returns events or
//! one rejection. First come the checks that every command shares ([`admit`]), then one function per command,
//! grouped as people speak of them: foundation, proof, programme, gathering, scoring, accuracy, publication,
//! ongoing, indicators, afterwards, thematic; `risk.rs` holds the rules that fire as a consequence of others.
//! Of several faults the one that stands first in `rejection.rs` is reported. Left out: command ids, versions
//! and the clock, which `ledger.rs` checks because they concern the log and not the assessment.

mod accuracy;
mod afterwards;
mod foundation;
mod gathering;
mod indicators;
mod ongoing;
mod programme;
mod proof;
mod publication;
mod risk;
mod scoring;
mod thematic;

use std::fmt;
use std::sync::Arc;

use hashbrown::HashMap;

use super::civil::Date;
use super::codes::{ActorId, AreaKind, Code, FrameworkId, OrganisationId, StatementId, Subject};
use super::command::{Citation, Command, Request, SubmittedResult};
use super::event::{AssessmentOpened, Event};
use super::framework::Framework;
use super::recorded::{Author, Recorded, counts_from};
use super::rejection::Rejection;
use super::roles::{Role, may_give};
use super::state::{Actor, OpenAssessment, State, SubjectState};
use crate::log::TreeHash;
use crate::values::{Hash, Sequence, Timestamp};

pub use proof::ATTEST_EVERY;

/// What a decision needs besides the state and the command: values, so that equal inputs give equal events.
#[derive(Debug)]
pub struct Context<'a> {
    /// When the events will be recorded.
    pub recorded_time: Timestamp,
    /// The position the first event will take.
    pub next: Sequence,
    /// The entries the command cites, as far as they exist.
    pub cited: &'a HashMap<Citation, Arc<Recorded>>,
    /// A document that the command cites and the vault does not hold.
    pub missing_document: Option<Hash>,
    /// Where the histories end, for whoever attests it.
    pub histories: &'a dyn Histories,
}

/// The last entry of every subject's history, as one hash. A function of the log so far and of nothing else; asked only
/// when it is attested, because it costs a look at every subject.
pub trait Histories: fmt::Debug {
    /// Where the histories end once `planned` is recorded after what is in the log.
    fn ends_after(&self, planned: &[Planned]) -> Ends;
}

/// Where all histories end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Root of the RFC 6962 tree over (last sequence, subject, last version) of each subject, sorted by subject.
    pub root: TreeHash,
    /// How many subjects there are.
    pub subjects: u64,
}

/// An event to record, with its place still to be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Whose history it goes into.
    pub subject: Subject,
    /// The actor, or the ledger for a consequence.
    pub author: Author,
    /// The assessment it belongs to.
    pub assessment: Option<Sequence>,
    /// The event.
    pub event: Event,
}

/// Decides a request: the events to record together, or why it may not be done.
pub fn decide(state: &State, request: &Request, context: &Context<'_>) -> Result<Vec<Planned>, Rejection> {
    let case = admit(state, request, context)?;
    let mut planned = ruled(&case)?;
    if !matches!(request.command, Command::AttestSubjects(_)) {
        planned.extend(proof::due(&case, &planned));
    }
    Ok(planned)
}

/// The events of the command, by its own rule.
fn ruled(case: &Case<'_>) -> Result<Vec<Planned>, Rejection> {
    match &case.request.command {
        Command::RotateKey(data) => proof::rotate_key(case, data),
        Command::AddWitness(data) => proof::add_witness(case, data),
        Command::RemoveWitness(data) => proof::remove_witness(case, data),
        Command::AttestSubjects(_) => proof::attest(case),
        Command::EnrolActor(data) => foundation::enrol_actor(case, data),
        Command::RevokeActor(data) => foundation::revoke_actor(case, data),
        Command::RegisterArea(data) => foundation::register_area(case, data),
        Command::AddOrganisation(data) => foundation::add_organisation(case, data),
        Command::RemoveOrganisation(data) => foundation::remove_organisation(case, data),
        Command::SucceedArea(data) => foundation::succeed_area(case, data),
        Command::AdoptFramework(data) => programme::adopt_framework(case, data),
        Command::ApproveMethodology(data) => programme::approve_methodology(case, data),
        Command::AuthoriseRatings(data) => programme::authorise_ratings(case, data),
        Command::SetPriorities(data) => programme::set_priorities(case, data),
        Command::PublishPriorities(data) => programme::publish_priorities(case, data),
        Command::PauseProgramme(data) => programme::pause(case, data),
        Command::ResumeProgramme(data) => programme::resume(case, data),
        Command::ProclaimHoliday(data) => programme::proclaim_holiday(case, data),
        Command::AdoptRiskPolicy(data) => programme::adopt_risk_policy(case, data),
        Command::OpenAssessment(data) => gathering::open_assessment(case, data),
        Command::CloseAssessment(data) => publication::close_assessment(case, data),
        Command::RequestEvidence(data) => gathering::request_evidence(case, data),
        Command::CloseRequest(data) => gathering::close_request(case, data),
        Command::SubmitEvidence(data) => gathering::submit_evidence(case, data),
        Command::WithdrawEvidence(data) => gathering::withdraw_evidence(case, data),
        Command::ShareEvidence(data) => gathering::share_evidence(case, data),
        Command::EraseDocument(data) => gathering::erase_document(case, data),
        Command::AssignScore(data) => scoring::assign(case, data),
        Command::ChangeScore(data) => scoring::change(case, data),
        Command::ModerateScore(data) => scoring::moderate(case, data),
        Command::ShareDraft(data) => accuracy::share_draft(case, data),
        Command::ChallengeAccuracy(data) => accuracy::challenge(case, data),
        Command::ConfirmAccuracy(data) => accuracy::confirm(case, data),
        Command::ExtendAccuracy(data) => accuracy::extend(case, data),
        Command::DecideAccuracy(data) => accuracy::decide_challenge(case, data),
        Command::RecordCorrection(data) => accuracy::record_correction(case, data),
        Command::PublishFindings(data) => publication::publish_findings(case, data),
        Command::PublishRating(data) => publication::publish_rating(case, data),
        Command::WithdrawRating(data) => publication::withdraw(case, data),
        Command::RequestReview(data) => publication::request_review(case, data),
        Command::DecideReview(data) => publication::decide_review(case, data),
        Command::TranscribeRating(data) => publication::transcribe(case, data),
        Command::RaiseConcern(data) => ongoing::raise_concern(case, data),
        Command::ResolveConcern(data) => ongoing::resolve_concern(case, data),
        Command::DischargeTrigger(data) => ongoing::discharge_trigger(case, data),
        Command::SweepRisk(_) => risk::sweep(case),
        Command::DefineIndicator(data) => indicators::define(case, data),
        Command::ObserveIndicator(data) => indicators::observe(case, data),
        Command::RecordContext(data) => indicators::record_context(case, data),
        Command::EscalateConcern(data) => ongoing::escalate_concern(case, data),
        Command::AnswerEscalation(data) => ongoing::answer_escalation(case, data),
        Command::IssueNotice(data) => afterwards::issue_notice(case, data),
        Command::HoldSummit(data) => afterwards::hold_summit(case, data),
        Command::PublishPlan(data) => afterwards::publish_plan(case, data),
        Command::ProgressAction(data) => afterwards::progress_action(case, data),
        Command::OfferSupport(data) => afterwards::offer_support(case, data),
        Command::RecordIntervention(data) => afterwards::record_intervention(case, data),
        Command::OpenTheme(data) => thematic::open(case, data),
        Command::RecordFinding(data) => thematic::record_finding(case, data),
        Command::PublishThematicReport(data) => thematic::publish(case, data),
    }
}

/// The entries a command cites, in the order its fields are declared: what must be fetched before deciding.
pub fn references(command: &Command) -> Vec<Citation> {
    let mut cited = Vec::new();
    match command {
        Command::OpenAssessment(data) => cited.extend(data.trigger),
        Command::CloseAssessment(data) => cited.push(data.assessment),
        Command::RequestEvidence(data) => {
            cited.extend(data.assessment);
            cited.extend(data.trigger);
        }
        Command::CloseRequest(data) => cited.push(data.request),
        Command::SubmitEvidence(data) => {
            cited.extend(data.assessment);
            cited.extend(data.answers);
            if let Some(SubmittedResult::PartnerResult { entry }) = &data.result {
                cited.push(*entry);
            }
        }
        Command::WithdrawEvidence(data) => cited.push(data.evidence),
        Command::ShareEvidence(data) => cited.push(data.evidence),
        Command::EraseDocument(data) => cited.push(data.cited_by),
        Command::AssignScore(data) => {
            cited.push(data.assessment);
            cited.extend(&data.evidence);
        }
        Command::ChangeScore(data) => {
            cited.push(data.assessment);
            cited.extend(&data.evidence);
        }
        Command::ModerateScore(data) => cited.push(data.assessment),
        Command::ShareDraft(data) => cited.push(data.assessment),
        Command::ChallengeAccuracy(data) => {
            cited.push(data.draft);
            cited.extend(&data.evidence);
        }
        Command::ConfirmAccuracy(data) => cited.push(data.draft),
        Command::ExtendAccuracy(data) => cited.push(data.draft),
        Command::DecideAccuracy(data) => {
            cited.push(data.challenge);
            cited.extend(data.corrections.iter().map(|correction| correction.corrects));
            cited.extend(data.rescore.iter().flat_map(|rescore| &rescore.evidence));
        }
        Command::RecordCorrection(data) => cited.push(data.corrects),
        Command::PublishFindings(data) => cited.push(data.assessment),
        Command::PublishRating(data) => {
            cited.push(data.assessment);
            cited.extend(data.review);
        }
        Command::WithdrawRating(data) => cited.push(data.publication),
        Command::RequestReview(data) => cited.push(data.publication),
        Command::DecideReview(data) => {
            cited.push(data.review);
            cited.extend(data.rescores.iter().flat_map(|rescore| &rescore.evidence));
        }
        Command::TranscribeRating(data) => cited.extend(data.concerns),
        Command::ResolveConcern(data) => cited.push(data.concern),
        Command::DischargeTrigger(data) => {
            cited.push(data.trigger);
            cited.extend(data.entry);
        }
        Command::ObserveIndicator(data) => cited.extend(data.survey),
        Command::EscalateConcern(data) => cited.push(data.concern),
        Command::AnswerEscalation(data) => cited.push(data.escalation),
        Command::IssueNotice(data) => cited.push(data.publication),
        Command::HoldSummit(data) => cited.push(data.publication),
        Command::PublishPlan(data) => cited.push(data.publication),
        Command::ProgressAction(data) => cited.push(data.plan),
        Command::OfferSupport(data) => cited.push(data.publication),
        Command::RecordIntervention(data) => cited.push(data.publication),
        Command::RecordFinding(data) => cited.extend(&data.evidence),
        Command::SweepRisk(_)
        | Command::DefineIndicator(_)
        | Command::RecordContext(_)
        | Command::OpenTheme(_)
        | Command::PublishThematicReport(_)
        | Command::RotateKey(_)
        | Command::AddWitness(_)
        | Command::RemoveWitness(_)
        | Command::AttestSubjects(_)
        | Command::EnrolActor(_)
        | Command::RevokeActor(_)
        | Command::RegisterArea(_)
        | Command::AddOrganisation(_)
        | Command::RemoveOrganisation(_)
        | Command::SucceedArea(_)
        | Command::AdoptFramework(_)
        | Command::ApproveMethodology(_)
        | Command::AuthoriseRatings(_)
        | Command::SetPriorities(_)
        | Command::PublishPriorities(_)
        | Command::PauseProgramme(_)
        | Command::ResumeProgramme(_)
        | Command::ProclaimHoliday(_)
        | Command::AdoptRiskPolicy(_)
        | Command::RaiseConcern(_) => {}
    }
    cited
}

/// Where a command goes.
enum Stream {
    Ledger,
    Attestation,
    National,
    Theme,
    Actor,
    NewArea,
    Area,
    Assessed,
    Any,
}

fn stream(command: &Command) -> Stream {
    match command {
        Command::RotateKey(_) | Command::AddWitness(_) | Command::RemoveWitness(_) => Stream::Ledger,
        Command::AttestSubjects(_) => Stream::Attestation,
        Command::EnrolActor(_) | Command::RevokeActor(_) => Stream::Actor,
        Command::RegisterArea(_) => Stream::NewArea,
        Command::AddOrganisation(_) | Command::RemoveOrganisation(_) | Command::SucceedArea(_) => {
            Stream::Area
        }
        Command::AdoptFramework(_)
        | Command::ApproveMethodology(_)
        | Command::AuthoriseRatings(_)
        | Command::SetPriorities(_)
        | Command::PublishPriorities(_)
        | Command::PauseProgramme(_)
        | Command::ResumeProgramme(_)
        | Command::ProclaimHoliday(_)
        | Command::AdoptRiskPolicy(_)
        | Command::DefineIndicator(_) => Stream::National,
        Command::OpenTheme(_) | Command::RecordFinding(_) | Command::PublishThematicReport(_) => {
            Stream::Theme
        }
        Command::EraseDocument(_) => Stream::Any,
        Command::RecordCorrection(_) | Command::ObserveIndicator(_) | Command::RecordContext(_) => {
            Stream::Area
        }
        Command::OpenAssessment(_)
        | Command::CloseAssessment(_)
        | Command::RequestEvidence(_)
        | Command::CloseRequest(_)
        | Command::SubmitEvidence(_)
        | Command::WithdrawEvidence(_)
        | Command::ShareEvidence(_)
        | Command::AssignScore(_)
        | Command::ChangeScore(_)
        | Command::ModerateScore(_)
        | Command::ShareDraft(_)
        | Command::ChallengeAccuracy(_)
        | Command::ConfirmAccuracy(_)
        | Command::ExtendAccuracy(_)
        | Command::DecideAccuracy(_)
        | Command::PublishFindings(_)
        | Command::PublishRating(_)
        | Command::WithdrawRating(_)
        | Command::RequestReview(_)
        | Command::DecideReview(_)
        | Command::TranscribeRating(_)
        | Command::RaiseConcern(_)
        | Command::ResolveConcern(_)
        | Command::DischargeTrigger(_)
        | Command::SweepRisk(_)
        | Command::EscalateConcern(_)
        | Command::AnswerEscalation(_)
        | Command::IssueNotice(_)
        | Command::HoldSummit(_)
        | Command::PublishPlan(_)
        | Command::ProgressAction(_)
        | Command::OfferSupport(_)
        | Command::RecordIntervention(_) => Stream::Assessed,
    }
}

/// The checks that every command shares, in order of precedence: the time stated, the actors and the role, the
/// subjects and whether they existed, documents, and that every cited entry exists.
fn admit<'a>(
    state: &'a State,
    request: &'a Request,
    context: &'a Context<'a>,
) -> Result<Case<'a>, Rejection> {
    let time = request.time.unwrap_or(context.recorded_time);
    if time > context.recorded_time {
        return Err(Rejection::TimeAhead { time, recorded: context.recorded_time });
    }
    let actor_id = &request.actor;
    let actor =
        state.actors.get(actor_id).ok_or_else(|| Rejection::ActorUnknown { actor: actor_id.clone() })?;
    if actor.revoked {
        return Err(Rejection::ActorRevoked { actor: actor_id.clone() });
    }
    check_named_actors(state, request)?;
    let command = request.command.name();
    let roles = may_give(&request.command);
    if !roles.iter().any(|role| actor.roles.contains(role)) {
        let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
        return Err(Rejection::RoleMissing { actor: actor_id.clone(), command, roles: roles.join(" or ") });
    }
    check_subject(state, request)?;
    check_named_subjects(state, request)?;
    check_validity(state, request, context)?;
    if let Some(commitment) = context.missing_document {
        return Err(Rejection::DocumentMissing { commitment });
    }
    for citation in references(&request.command) {
        if !context.cited.contains_key(&citation) {
            return Err(Rejection::EntryUnknown { citation });
        }
    }
    Ok(Case { state, request, context, actor, time })
}

/// The actors a command names besides its giver exist: the one revoked, the members of a panel.
fn check_named_actors(state: &State, request: &Request) -> Result<(), Rejection> {
    let unknown = |actor: &ActorId| Rejection::ActorUnknown { actor: actor.clone() };
    match &request.command {
        Command::RevokeActor(_) => {
            let Ok(actor) = request.subject.code().parse::<ActorId>() else { return Ok(()) };
            if request.subject != Subject::actor(&actor) {
                return Ok(());
            }
            match state.actors.get(&actor) {
                None => Err(unknown(&actor)),
                Some(known) if known.revoked => Err(Rejection::ActorRevoked { actor }),
                Some(_) => Ok(()),
            }
        }
        Command::ModerateScore(data) => {
            let stranger = data.panel.iter().find(|member| !state.actors.contains_key(*member));
            stranger.map_or(Ok(()), |member| Err(unknown(member)))
        }
        _ => Ok(()),
    }
}

/// The areas a command names besides its subject are of the kind it takes, and registered.
fn check_named_subjects(state: &State, request: &Request) -> Result<(), Rejection> {
    let named: &[Subject] = match &request.command {
        Command::RegisterArea(data) => &data.within,
        Command::SucceedArea(data) => &data.successors,
        Command::ShareEvidence(data) => data.subject.as_slice(),
        Command::RecordFinding(data) => {
            let theme = state.themes.get(&request.subject);
            if theme.is_some_and(|theme| data.subject.area_kind() != Some(theme.opened.kind)) {
                return Err(Rejection::SubjectUnfit {
                    subject: data.subject.clone(),
                    command: request.command.name(),
                    expected: "a subject of the kind the review is about",
                });
            }
            std::slice::from_ref(&data.subject)
        }
        _ => &[],
    };
    let unknown = named.iter().find(|subject| !state.areas.contains_key(*subject));
    unknown.map_or(Ok(()), |subject| Err(Rejection::SubjectUnknown { subject: subject.clone() }))
}

/// What begins or is said of an area belongs to a day on which the area existed.
fn check_validity(state: &State, request: &Request, context: &Context<'_>) -> Result<(), Rejection> {
    let day = Date::in_london(request.time.unwrap_or(context.recorded_time));
    let (subject, date) = match &request.command {
        Command::OpenAssessment(_) | Command::RequestEvidence(_) | Command::RaiseConcern(_) => {
            (&request.subject, day)
        }
        Command::TranscribeRating(data) => {
            (&request.subject, counts_from(data.effective_from, Date::in_london(context.recorded_time)))
        }
        Command::SweepRisk(_) => (&request.subject, Date::in_london(context.recorded_time)),
        Command::RecordContext(data) => (&request.subject, data.effective_from.unwrap_or(day)),
        // As with a partly known date, a period counts from its last day.
        Command::ObserveIndicator(data) => (&request.subject, data.period.to),
        Command::RecordFinding(data) => match state.themes.get(&request.subject) {
            Some(theme) => (&data.subject, theme.counted_on),
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    let Some(area) = state.areas.get(subject) else { return Ok(()) };
    if area.valid_on(date) {
        return Ok(());
    }
    let open = |date: Option<Date>, open: &str| date.map_or(open.to_owned(), |date| date.to_string());
    Err(Rejection::SubjectNotValid {
        subject: subject.clone(),
        date,
        from: open(area.from, "an unknown day"),
        to: open(area.to, "now"),
    })
}

fn check_subject(state: &State, request: &Request) -> Result<(), Rejection> {
    let subject = &request.subject;
    let unfit = |expected| {
        Err(Rejection::SubjectUnfit { subject: subject.clone(), command: request.command.name(), expected })
    };
    let known = || match state.areas.contains_key(subject) {
        true => Ok(()),
        false => Err(Rejection::SubjectUnknown { subject: subject.clone() }),
    };
    let kind = subject.area_kind();
    match stream(&request.command) {
        Stream::Ledger if *subject != Subject::ledger() => unfit("the subject ledger"),
        Stream::Attestation if *subject != Subject::attestation() => unfit("the subject attestation"),
        Stream::National if *subject != Subject::national() => unfit("the subject national"),
        Stream::Actor if !subject.as_str().starts_with("actor/") => {
            unfit("an actor, such as actor/assessor-1")
        }
        Stream::Theme if !subject.as_str().starts_with("theme/") => {
            unfit("a thematic review, such as theme/equity-2023")
        }
        Stream::NewArea | Stream::Area if kind.is_none() => unfit("an area, such as ics/E54000055"),
        Stream::Assessed if !kind.is_some_and(AreaKind::is_assessed) => {
            unfit("an integrated care system, local authority or provider")
        }
        Stream::Area | Stream::Assessed => known(),
        Stream::Any if kind.is_some() => known(),
        Stream::Ledger
        | Stream::Attestation
        | Stream::National
        | Stream::Theme
        | Stream::Actor
        | Stream::NewArea
        | Stream::Any => Ok(()),
    }
}

/// A request that passed the shared checks, with everything a rule looks at.
struct Case<'a> {
    state: &'a State,
    request: &'a Request,
    context: &'a Context<'a>,
    actor: &'a Actor,
    time: Timestamp,
}

impl<'a> Case<'a> {
    fn subject(&self) -> &'a Subject {
        &self.request.subject
    }

    /// London date of the stated time.
    fn date(&self) -> Date {
        Date::in_london(self.time)
    }

    /// London date of the recorded time, which alone decides deadlines.
    fn today(&self) -> Date {
        Date::in_london(self.context.recorded_time)
    }

    /// The position the event at `index` of this decision will take.
    fn position(&self, index: u64) -> Sequence {
        Sequence::new(self.context.next.get() + index)
    }

    /// The one event of a command, by its actor, in its subject's history.
    fn event(&self, event: impl Into<Event>) -> Planned {
        self.event_of(None, event)
    }

    /// As [`Case::event`], for an event that belongs to an assessment.
    fn event_of(&self, assessment: Option<Sequence>, event: impl Into<Event>) -> Planned {
        Planned {
            subject: self.subject().clone(),
            author: Author::Actor(self.request.actor.clone()),
            assessment,
            event: event.into(),
        }
    }

    /// A consequence, by the ledger itself.
    fn consequence(&self, assessment: Option<Sequence>, event: impl Into<Event>) -> Planned {
        Planned { author: Author::System, ..self.event_of(assessment, event) }
    }

    /// The cited entry; that it exists was checked.
    fn entry(&self, citation: Citation) -> Result<&'a Recorded, Rejection> {
        let cited = self.context.cited.get(&citation).map(|cited| &**cited);
        cited.ok_or(Rejection::EntryUnknown { citation })
    }

    /// The cited entry of this subject, if `pick` finds in it what is needed.
    fn cited<T>(
        &self,
        citation: Citation,
        expected: &'static str,
        pick: impl Fn(&'a Event) -> Option<T>,
    ) -> Result<(Sequence, T), Rejection> {
        let entry = self.entry(citation)?;
        match pick(&entry.event) {
            Some(found) if entry.subject == *self.subject() => Ok((entry.sequence, found)),
            _ => Err(Rejection::EntryUnfit { sequence: entry.sequence, found: entry.event.name(), expected }),
        }
    }

    /// The assessment of this subject, which must be open.
    fn open_assessment(&self, sequence: Sequence) -> Result<&'a OpenAssessment, Rejection> {
        let open = self.known().and_then(|known| known.assessments.get(&sequence));
        open.ok_or(Rejection::AssessmentNotOpen { sequence })
    }

    /// The cited assessment of this subject, open or closed.
    fn assessment(&self, citation: Citation) -> Result<(Sequence, &'a AssessmentOpened), Rejection> {
        self.cited(citation, "an assessment of this subject (assessment.opened)", |event| match event {
            Event::AssessmentOpened(opened) => Some(opened),
            _ => None,
        })
    }

    /// What is known about this subject's assessments.
    fn known(&self) -> Option<&'a SubjectState> {
        self.state.subjects.get(self.subject())
    }

    /// The framework, adopted, in force on `date` and for this kind of subject.
    fn framework_on(&self, id: &FrameworkId, date: Date) -> Result<&'a Framework, Rejection> {
        match self.state.framework(id) {
            Some(framework) if !framework.in_force_on(date) => {
                Err(Rejection::FrameworkNotInForce { framework: id.clone(), date })
            }
            _ => self.framework(id),
        }
    }

    /// The framework, adopted and for this kind of subject.
    fn framework(&self, id: &FrameworkId) -> Result<&'a Framework, Rejection> {
        let framework = self.state.framework(id);
        let framework = framework.ok_or_else(|| Rejection::FrameworkUnknown { framework: id.clone() })?;
        if Some(framework.subject_kind) == self.subject().area_kind() {
            return Ok(framework);
        }
        Err(Rejection::FrameworkUnfit { framework: id.clone(), subject: self.subject().clone() })
    }

    /// Every framework of this subject's kind.
    fn frameworks_of_kind(&self) -> impl Iterator<Item = &'a Framework> {
        let kind = self.subject().area_kind();
        let frameworks = self.state.frameworks.values().map(|adopted| &*adopted.framework);
        frameworks.filter(move |framework| Some(framework.subject_kind) == kind)
    }

    /// Refuses a statement that no framework of this subject's kind has.
    fn check_statements(&self, statements: &[StatementId]) -> Result<(), Rejection> {
        for statement in statements {
            if !self.frameworks_of_kind().any(|framework| framework.statement(statement).is_some()) {
                return Err(Rejection::StatementUnknown { statement: statement.clone() });
            }
        }
        Ok(())
    }

    /// Refuses an organisation that does not belong to the area.
    fn check_organisation(&self, organisation: &OrganisationId) -> Result<(), Rejection> {
        let area = self.state.areas.get(self.subject());
        if area.is_some_and(|area| area.organisations.contains_key(organisation)) {
            return Ok(());
        }
        Err(Rejection::OrganisationUnknown {
            organisation: organisation.clone(),
            subject: self.subject().clone(),
        })
    }

    /// Whether the actor gives this command as a partner and in no other role that may.
    fn acts_as_partner(&self) -> bool {
        let roles = may_give(&self.request.command);
        let held: Vec<&Role> = roles.iter().filter(|role| self.actor.roles.contains(role)).collect();
        held == [&Role::Partner]
    }

    /// The organisation a partner acts for; a partner without one acts for nobody.
    fn own_organisation(&self) -> Result<&'a OrganisationId, Rejection> {
        self.actor.organisation.as_ref().ok_or_else(|| Rejection::OrganisationNotOwn {
            actor: self.request.actor.clone(),
            organisation: "anyone, having none on record".to_owned(),
        })
    }

    /// Refuses a partner that speaks for another organisation than its own.
    fn check_own(&self, organisation: &OrganisationId) -> Result<(), Rejection> {
        if self.acts_as_partner() && self.own_organisation()? != organisation {
            return Err(Rejection::OrganisationNotOwn {
                actor: self.request.actor.clone(),
                organisation: organisation.to_string(),
            });
        }
        Ok(())
    }

    /// Refuses an actor that took part in what it would judge.
    fn check_separate<'s>(
        &self,
        authors: impl IntoIterator<Item = &'s super::codes::ActorId>,
        did: &str,
    ) -> Result<(), Rejection> {
        let actor = &self.request.actor;
        if authors.into_iter().any(|author| author == actor) {
            return Err(Rejection::DutiesNotSeparate { actor: actor.clone(), did: did.to_owned() });
        }
        Ok(())
    }

    /// Refuses a deadline in a year whose holidays are not all known.
    fn check_calendar(&self, deadline: Date) -> Result<(), Rejection> {
        let last_year = self.state.calendar.last_year();
        if Some(deadline.year()) <= last_year {
            return Ok(());
        }
        let last_year = last_year.map_or("no year at all".to_owned(), |year| year.to_string());
        Err(Rejection::CalendarEnds { last_year })
    }

    /// The `days`th working day after `start`, if the calendar knows it.
    fn deadline(&self, start: Date, days: u32) -> Result<Date, Rejection> {
        self.state.calendar.add_working_days(start, days).map_err(|ends| Rejection::CalendarEnds {
            last_year: ends.last_year.map_or("no year at all".to_owned(), |year| year.to_string()),
        })
    }
}

/// The items in the order given, each once.
fn each_once<T: Clone + PartialEq>(items: &[T]) -> Vec<T> {
    let mut once: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        if !once.contains(item) {
            once.push(item.clone());
        }
    }
    once
}

/// A code that is known to be well formed.
fn code(text: &'static str) -> Code {
    text.parse().unwrap_or_else(|_| unreachable!("'{text}' is a code"))
}
