//! State: what the rules need to know, folded from the log.
//!
//! [`State::apply`] is one match over every event; opening a ledger replays it and the writer extends it, by the
//! same function. It keeps, for ever, what decides later commands - actors, areas, frameworks, scores in force,
//! what is held or asked, what is no longer plain about an entry - and details of evidence and scores only while
//! their assessment is open. Everything else a rule needs is fetched by citation. Left out: reading for people,
//! which is `replay`.

mod few;
mod figures;
mod held;
mod kept;
mod packed;
mod results;
mod subject;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Serialize};

use super::civil::{Calendar, Date, Period};
use super::codes::{
    ActorId, AreaKind, CategoryId, Code, FrameworkId, ItemId, Name, OrganisationId, PriorityId, StatementId,
    Subject, Url,
};
use super::event::{
    AssessmentOpened, ChangeCause, ConcernEscalated, CorrectableField, CorrectionRecorded, Event,
    EvidenceResult, EvidenceSubmitted, FieldValue, FindingsPublished, IndicatorDefined, ItemKind, LogFounded,
    Organisation, OrganisationKind, Phase, RatingPublished, ReviewOutcome, ThematicReviewOpened,
    TranscribedKind,
};
use super::framework::{Framework, Method, Percent, Rating, Score};
use super::rating::statement_score;
use super::recorded::{Author, Recorded, counts_from, transcribed_from};
use super::risk::{RiskPolicy, RiskRule, Severity};
use super::roles::Role;
use super::standing::{GivenScore, Origin, Printed, ResultOnRecord, Standing, standing, standing_in};
use crate::log::VerifierKey;
use crate::values::{Hash, Sequence};
use held::Holdings;
use results::Names;
use table::Table;

pub use few::Few;
pub(in crate::assessment) use figures::breaches;
pub use figures::{Figure, Figures};
pub use held::Held;
pub use results::{KeptResult, RestsOn, ResultDetail, ResultHead, Review, Withdrawal};
pub use subject::*;

/// An entry that cannot follow those before it. The log was written by other rules, or is not a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {sequence} cannot follow those before it: {what}")]
pub struct IllegalHistory {
    /// The entry.
    pub sequence: Sequence,
    /// What does not fit.
    pub what: String,
}

/// An actor and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// The organisation it belongs to; none for the regulator's own.
    pub organisation: Option<OrganisationId>,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A pause of the programme for a kind of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// First day of the pause.
    pub from: Date,
    /// First day without it; not resumed while none.
    pub until: Option<Date>,
}

/// An area and its organisations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Its registration.
    pub registered: Sequence,
    /// Its name.
    pub name: Name,
    /// First day; unknown while none.
    pub from: Option<Date>,
    /// Last day; open while none.
    pub to: Option<Date>,
    /// Organisations with what they are and their names.
    pub organisations: Few<OrganisationId, (OrganisationKind, Name)>,
    /// The areas that follow it.
    pub successors: Vec<Subject>,
}

impl Area {
    /// Whether the area exists on that day.
    pub fn valid_on(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| date <= to)
    }
}

/// A framework in use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Adopted {
    /// The definition.
    #[serde(with = "kept::shared")]
    pub framework: Arc<Framework>,
    /// First day the methodology is approved.
    pub approved_from: Option<Date>,
}

/// A thematic review and its findings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Theme {
    /// How it was opened.
    pub opened: ThematicReviewOpened,
    /// The day on which its subjects are counted.
    pub counted_on: Date,
    /// Level by subject and question.
    pub findings: BTreeMap<(Subject, Code), Code>,
}

/// Corrected values by field, and by statement where the field is one of several scores.
pub type Corrected = BTreeMap<(CorrectableField, Option<StatementId>), Option<FieldValue>>;

/// What is no longer plain about an entry.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Status {
    /// Withdrawn.
    pub withdrawn: bool,
    /// A document it cites was erased.
    pub erased: bool,
    /// Shared with these subjects.
    pub shared_with: BTreeSet<Subject>,
    /// Corrected values by field, latest first known.
    #[serde(with = "kept::corrected")]
    pub corrected: Corrected,
}

/// Everything the rules know. Memory: some hundred bytes for a subject, a result and an item of evidence.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct State {
    pub(super) founded: Option<LogFounded>,
    /// The key that signs, if any does.
    key: Option<VerifierKey>,
    /// Every key that ever signed.
    pub(super) keys: BTreeSet<VerifierKey>,
    pub(super) witnesses: BTreeMap<VerifierKey, Url>,
    /// The last attestation.
    pub(super) attested: Option<Sequence>,
    #[serde(with = "crate::ordered")]
    pub(super) actors: HashMap<ActorId, Actor>,
    #[serde(with = "crate::ordered")]
    pub(super) areas: HashMap<Subject, Area>,
    pub(super) frameworks: BTreeMap<FrameworkId, Adopted>,
    pub(super) ratings_authorised: BTreeMap<AreaKind, Date>,
    pub(super) priorities_set: BTreeMap<AreaKind, BTreeSet<PriorityId>>,
    pub(super) priorities_published: BTreeMap<AreaKind, BTreeSet<PriorityId>>,
    pub(super) pauses: BTreeMap<AreaKind, Vec<Pause>>,
    pub(super) calendar: Calendar,
    pub(super) policies: Vec<RiskPolicy>,
    #[serde(with = "crate::ordered")]
    pub(super) subjects: HashMap<Subject, SubjectState>,
    #[serde(with = "crate::ordered")]
    pub(super) status: HashMap<Sequence, Status>,
    #[serde(with = "crate::ordered")]
    pub(super) erased: HashSet<Hash>,
    pub(super) indicators: BTreeMap<Code, IndicatorDefined>,
    pub(super) held: Holdings,
    names: Names,
    observed: Table<(Code, u32)>,
    pub(super) themes: BTreeMap<Subject, Theme>,
    /// Evidence that is a result held in this ledger, and whose evidence it is, by that result.
    pub(super) cited_results: BTreeMap<Sequence, Vec<(Subject, Sequence)>>,
}

impl State {
    /// How the log was founded; none while it is empty.
    pub fn founded(&self) -> Option<&LogFounded> {
        self.founded.as_ref()
    }

    /// The key that checkpoints are signed with; none in a ledger that signs nothing.
    pub fn key(&self) -> Option<&VerifierKey> {
        self.key.as_ref()
    }

    /// Every key that checkpoints were ever signed with, in order of spelling.
    pub fn keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.keys.iter()
    }

    /// The witnesses and where they are, in order of their keys.
    pub fn witnesses(&self) -> impl Iterator<Item = (&VerifierKey, &Url)> {
        self.witnesses.iter()
    }

    /// The last attestation of where histories end.
    pub fn attested(&self) -> Option<Sequence> {
        self.attested
    }

    /// The actors in order of id. Cost: sorting them.
    pub fn actors(&self) -> impl Iterator<Item = (&ActorId, &Actor)> {
        self.actors.iter().collect::<BTreeMap<_, _>>().into_iter()
    }

    /// The areas in order of subject. Cost: sorting them.
    pub fn areas(&self) -> impl Iterator<Item = (&Subject, &Area)> {
        self.areas.iter().collect::<BTreeMap<_, _>>().into_iter()
    }

    /// The frameworks in order of id.
    pub fn frameworks(&self) -> impl Iterator<Item = (&FrameworkId, &Adopted)> {
        self.frameworks.iter()
    }

    /// The framework with this id.
    pub fn framework(&self, id: &FrameworkId) -> Option<&Framework> {
        self.frameworks.get(id).map(|adopted| &*adopted.framework)
    }

    /// The bank holidays known.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The risk policy that applies on a day.
    pub fn policy_on(&self, date: Date) -> Option<&RiskPolicy> {
        self.policies.iter().rev().find(|policy| policy.effective_from <= date)
    }

    /// Whether the programme is paused for a kind of subject on a day.
    pub fn paused_on(&self, kind: AreaKind, date: Date) -> bool {
        let mut pauses = self.pauses.get(&kind).into_iter().flatten();
        pauses.any(|pause| pause.from <= date && pause.until.is_none_or(|until| date < until))
    }

    /// Whether a pause of the programme for a kind of subject has no end on record.
    pub fn awaits_resumption(&self, kind: AreaKind) -> bool {
        self.pauses.get(&kind).into_iter().flatten().any(|pause| pause.until.is_none())
    }

    /// What is known about an area's assessments.
    pub fn subject(&self, subject: &Subject) -> Option<&SubjectState> {
        self.subjects.get(subject)
    }

    /// Commitments whose documents were erased: opening a ledger destroys what a crash left.
    pub fn erased(&self) -> impl Iterator<Item = &Hash> {
        self.erased.iter()
    }

    /// Whether a document was erased.
    pub fn is_erased(&self, commitment: &Hash) -> bool {
        self.erased.contains(commitment)
    }

    /// The status of an entry about which something is no longer plain.
    pub fn status(&self, sequence: Sequence) -> Option<&Status> {
        self.status.get(&sequence)
    }

    /// What stands for a subject after the results that are not withdrawn; with `more`, after those that count on its
    /// day, and it: a publication promises what is in force on its own day.
    pub(super) fn standing_with(&self, subject: &Subject, more: Option<&ResultOnRecord>) -> Option<Standing> {
        let results = self.results_of(subject, more.map(|more| more.effective));
        standing(&results.iter().chain(more).collect::<Vec<_>>(), |id| self.framework(id))
    }

    /// The earlier results whose scores `more` carries forward under its own framework, in order.
    pub(super) fn carried_into(&self, subject: &Subject, more: &ResultOnRecord) -> BTreeSet<Sequence> {
        let results = self.results_of(subject, Some(more.effective));
        let results: Vec<&ResultOnRecord> = results.iter().chain([more]).collect();
        let under_own = self.framework(&more.framework).and_then(|own| standing_in(own, &results));
        let scores = under_own.map(|standing| standing.scores).unwrap_or_default();
        scores.iter().map(|score| score.result).filter(|result| *result != more.sequence).collect()
    }

    /// The subject's results that count on a day and are not withdrawn by then, with their scores; by now, without one.
    fn results_of(&self, subject: &Subject, day: Option<Date>) -> Vec<ResultOnRecord> {
        let counts = |from: Date| day.is_none_or(|day| from <= day);
        let kept = self.subjects.get(subject).map_or(&[][..], |known| &known.results);
        let stand = kept.iter().filter(|kept| {
            counts(kept.result.effective)
                && !kept.withdrawn.is_some_and(|withdrawn| counts(withdrawn.effective))
        });
        stand.map(|kept| self.names.on_record(kept)).collect()
    }

    /// The figures on record of a version of an indicator for an area.
    pub fn figures(&self, subject: &Subject, indicator: &Code, version: u32) -> Option<&Figures> {
        let number = self.observed.find(&(indicator.clone(), version))?;
        let observed = &self.subjects.get(subject)?.figures;
        observed.iter().find(|(of, _)| *of == number).map(|(_, figures)| figures)
    }

    /// Takes the next event. Cost: some map look-ups; withdrawing or erasing evidence also looks through the open
    /// assessments of its subject, and of those it was shared with, for scores that rest on it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), IllegalHistory> {
        let sequence = recorded.sequence;
        let illegal = |what: &str| IllegalHistory { sequence, what: what.to_owned() };
        if self.founded.is_none() && !matches!(recorded.event, Event::LogFounded(_)) {
            return Err(illegal("a log begins with log.founded"));
        }
        let subject = &recorded.subject;
        match &recorded.event {
            Event::LogFounded(event) => {
                if self.founded.is_some() {
                    return Err(illegal("a log is founded once"));
                }
                let operator = Actor { roles: [Role::Operator].into(), organisation: None, revoked: false };
                self.actors.insert(event.operator.clone(), operator);
                self.founded = Some(event.clone());
            }
            Event::KeyIntroduced(event) => {
                self.keys.insert(event.key.clone());
                self.key = Some(event.key.clone());
            }
            Event::KeyRetired(event) => {
                if !self.keys.contains(&event.key) || self.key.as_ref() == Some(&event.key) {
                    return Err(illegal("a key is retired by the next"));
                }
            }
            Event::WitnessAdded(event) => {
                self.witnesses.insert(event.key.clone(), event.url.clone());
            }
            Event::WitnessRemoved(event) => {
                self.witnesses.remove(&event.key).ok_or_else(|| illegal("unknown witness"))?;
            }
            Event::SubjectsAttested(_) => self.attested = Some(sequence),
            Event::ActorEnrolled(event) => {
                let actor: ActorId = subject.code().parse().map_err(|_| illegal("not an actor's history"))?;
                let roles = event.roles.iter().copied().collect();
                self.actors
                    .insert(actor, Actor { roles, organisation: event.organisation.clone(), revoked: false });
            }
            Event::ActorRevoked(event) => {
                let actor = self.actors.get_mut(&event.actor).ok_or_else(|| illegal("unknown actor"))?;
                actor.revoked = true;
            }
            Event::AreaRegistered(event) => {
                let organisations =
                    event.organisations.iter().map(|o| (o.id.clone(), (o.kind, o.name.clone()))).collect();
                let area = Area {
                    registered: sequence,
                    name: event.name.clone(),
                    from: event.effective_from,
                    to: event.effective_to,
                    organisations,
                    successors: Vec::new(),
                };
                self.areas.insert(subject.clone(), area);
            }
            Event::AreaOrganisationAdded(event) => {
                let area = self.areas.get_mut(subject).ok_or_else(|| illegal("unknown area"))?;
                let Organisation { id, kind, name } = event.organisation.clone();
                area.organisations.insert(id, (kind, name));
            }
            Event::AreaOrganisationRemoved(event) => {
                let area = self.areas.get_mut(subject).ok_or_else(|| illegal("unknown area"))?;
                area.organisations.remove(&event.organisation);
            }
            Event::AreaSucceeded(event) => {
                let area = self.areas.get_mut(subject).ok_or_else(|| illegal("unknown area"))?;
                if *subject == event.predecessor {
                    area.successors.clone_from(&event.successors);
                    area.to = Some(event.effective_from.previous());
                }
            }
            Event::FrameworkAdopted(event) => {
                let framework = Arc::new(event.framework.clone());
                self.frameworks.insert(framework.id.clone(), Adopted { framework, approved_from: None });
            }
            Event::MethodologyApproved(event) => {
                let adopted =
                    self.frameworks.get_mut(&event.framework).ok_or_else(|| illegal("unknown framework"))?;
                adopted.approved_from = Some(recorded.valid_from());
            }
            Event::RatingsAuthorised(event) => {
                self.ratings_authorised.insert(event.kind, recorded.valid_from());
            }
            Event::PrioritiesSet(event) => {
                let ids = event.priorities.iter().map(|priority| priority.id.clone()).collect();
                self.priorities_set.insert(event.kind, ids);
            }
            Event::PrioritiesPublished(event) => {
                self.priorities_published.insert(event.kind, event.priorities.iter().cloned().collect());
                self.priorities_set.remove(&event.kind);
            }
            Event::ProgrammePaused(event) => {
                let pause = Pause { from: recorded.valid_from(), until: None };
                self.pauses.entry(event.kind).or_default().push(pause);
            }
            Event::ProgrammeResumed(event) => {
                let pauses = self.pauses.entry(event.kind).or_default();
                let pause = pauses.iter_mut().find(|pause| pause.until.is_none());
                pause.ok_or_else(|| illegal("not paused"))?.until = Some(recorded.valid_from());
            }
            Event::HolidayProclaimed(event) => {
                self.calendar.proclaim(&event.holidays, &event.removed, event.last_year);
            }
            Event::RiskPolicyAdopted(event) => {
                self.policies.push(event.policy.clone());
                self.policies.sort_by_key(|policy| policy.effective_from);
            }
            Event::AssessmentOpened(event) => {
                self.subject_mut(subject).assessments.insert(sequence, opened(event));
            }
            Event::EvidenceRequested(event) => {
                let request = OpenRequest {
                    statement: event.statement.clone(),
                    category: event.category.clone(),
                    organisation: event.organisation.clone(),
                    period: event.period,
                };
                self.subject_mut(subject).asked.insert(sequence, request);
            }
            Event::EvidenceRequestClosed(event) => {
                remove(&mut self.subject_mut(subject).asked, event.request);
            }
            Event::EvidenceSubmitted(event) => {
                if let Some(EvidenceResult::PartnerResult { entry }) = event.result {
                    self.cited_results.entry(entry).or_default().push((subject.clone(), sequence));
                }
                self.held.hold(subject, sequence, event);
            }
            Event::EvidenceWithdrawn(event) => {
                self.status.entry(event.evidence).or_default().withdrawn = true;
                self.unsettle(subject, event.evidence);
                self.release(subject, event.evidence);
                self.subject_mut(subject).drop_figures(event.evidence);
            }
            Event::DocumentErased(event) => {
                self.erased.insert(event.commitment);
                self.status.entry(event.cited_by).or_default().erased = true;
                self.unsettle(subject, event.cited_by);
                self.release(subject, event.cited_by);
            }
            Event::EvidenceShared(event) => {
                if let Some(other) = &event.subject {
                    self.status.entry(event.evidence).or_default().shared_with.insert(other.clone());
                }
                if event.subject.as_ref() == Some(subject) {
                    self.held.share(subject, &event.from, event.evidence);
                }
            }
            Event::ScoreAssigned(event) => {
                let assessment =
                    self.open_mut(subject, event.assessment).ok_or_else(|| illegal("not open"))?;
                let key = (event.statement.clone(), event.category.clone());
                let authors = author_set(&recorded.author);
                let score = CurrentScore {
                    entry: sequence,
                    score: event.score,
                    evidence: event.evidence.clone(),
                    authors,
                    moderated: false,
                };
                assessment.scores.insert(key, score);
                assessment.unsettle_draft();
            }
            Event::ScoreChanged(event) => {
                let key = (event.statement.clone(), event.category.clone());
                let given = GivenScore { score: event.score, entry: sequence };
                if event.cause == ChangeCause::Review {
                    let known = self.subjects.get_mut(subject);
                    let kept = known.and_then(|known| known.reviewed_mut(event.decision));
                    let kept = kept.ok_or_else(|| illegal("no review"))?;
                    let mut detail = self.names.detail(kept);
                    detail.reviewed_on.insert(key.clone(), event.evidence.iter().copied().collect());
                    detail.given.insert(key, given);
                    detail.authors.extend(author_set(&recorded.author));
                    self.names.repack(kept, &detail);
                    return Ok(());
                }
                let assessment =
                    self.open_mut(subject, event.assessment).ok_or_else(|| illegal("not open"))?;
                let current = assessment.scores.get_mut(&key).ok_or_else(|| illegal("no score to change"))?;
                current.entry = sequence;
                current.score = event.score;
                current.evidence.clone_from(&event.evidence);
                current.authors.extend(author_set(&recorded.author));
                if event.cause == ChangeCause::Reconsidered {
                    current.moderated = false;
                    assessment.unsettle_draft();
                }
            }
            Event::ScoreModerated(event) => {
                let assessment =
                    self.open_mut(subject, event.assessment).ok_or_else(|| illegal("not open"))?;
                let key = (event.statement.clone(), event.category.clone());
                let current =
                    assessment.scores.get_mut(&key).ok_or_else(|| illegal("no score to moderate"))?;
                let moved = current.score != event.score;
                current.entry = sequence;
                current.score = event.score;
                current.moderated = true;
                if moved {
                    current.authors.extend(author_set(&recorded.author));
                }
                assessment.unsettle_draft();
            }
            Event::DraftShared(event) => {
                let assessment =
                    self.open_mut(subject, event.assessment).ok_or_else(|| illegal("not open"))?;
                let draft =
                    Draft { sequence, closes: event.closes, confirmed: BTreeSet::new(), stale: false };
                assessment.draft = Some(draft);
            }
            Event::AccuracyChallenged(event) => {
                let assessment =
                    self.drafted_mut(subject, event.draft).ok_or_else(|| illegal("no such draft"))?;
                let challenge = Challenge { statement: event.statement.clone(), decided: false };
                assessment.challenges.insert(sequence, challenge);
            }
            Event::AccuracyConfirmed(event) => {
                let assessment =
                    self.drafted_mut(subject, event.draft).ok_or_else(|| illegal("no such draft"))?;
                if let Some(draft) = &mut assessment.draft {
                    draft.confirmed.insert(event.organisation.clone());
                }
            }
            Event::AccuracyExtended(event) => {
                let assessment =
                    self.drafted_mut(subject, event.draft).ok_or_else(|| illegal("no such draft"))?;
                if let Some(draft) = &mut assessment.draft {
                    draft.closes = event.closes;
                }
            }
            Event::AccuracyDecided(event) => {
                let assessments = &mut self.subject_mut(subject).assessments;
                let challenge = assessments.values_mut().find_map(|a| a.challenges.get_mut(&event.challenge));
                challenge.ok_or_else(|| illegal("no such challenge"))?.decided = true;
            }
            Event::CorrectionRecorded(event) => self.correct(subject, event, recorded),
            Event::FindingsPublished(event) => {
                let assessment =
                    self.open_mut(subject, event.assessment).ok_or_else(|| illegal("not open"))?;
                assessment.findings = Some(Findings::of(sequence, event));
            }
            Event::RatingPublished(event) => {
                let kept = self.publish(recorded, event).ok_or_else(|| illegal("nothing to publish"))?;
                push(&mut self.subject_mut(subject).results, kept);
            }
            Event::RatingWithdrawn(event) => {
                let kept = self.subject_mut(subject).result_mut(event.publication);
                kept.ok_or_else(|| illegal("no such result"))?.withdrawn = Some(Withdrawal::of(recorded));
            }
            Event::ReviewRequested(event) => {
                let review = Review { request: sequence, decision: None, republication_due: false };
                let kept = self.subject_mut(subject).result_mut(event.publication);
                kept.ok_or_else(|| illegal("no such result"))?.review = Some(review);
            }
            Event::ReviewDecided(event) => {
                let results = &mut self.subject_mut(subject).results;
                let reviews = results.iter_mut().filter_map(|kept| kept.review.as_mut());
                let review = { reviews }.find(|review| review.request == event.review);
                let review = review.ok_or_else(|| illegal("no such review"))?;
                review.decision = Some(sequence);
                review.republication_due = event.outcome == ReviewOutcome::ScoresChanged;
            }
            Event::AssessmentClosed(event) => {
                remove(&mut self.subject_mut(subject).assessments, event.assessment);
            }
            Event::RatingTranscribed(event) => {
                let known = self.subjects.entry(subject.clone()).or_default();
                match event.kind {
                    TranscribedKind::Result => {
                        let scores = event.scores.iter().map(|printed| {
                            (printed.statement.clone(), GivenScore { score: printed.score, entry: sequence })
                        });
                        let detail = ResultDetail { scores: scores.collect(), ..ResultDetail::default() };
                        let printed = Printed { rating: event.rating, percent: event.percent };
                        let result = ResultHead {
                            sequence,
                            framework: event.framework.clone(),
                            effective: transcribed_from(event, recorded.recorded_time),
                            recorded: Date::in_london(recorded.recorded_time),
                            origin: Origin::Transcribed(printed),
                            breach: false,
                        };
                        push(&mut known.results, self.names.kept(result, None, &detail));
                    }
                    TranscribedKind::Withdrawal => {
                        let kept = event.concerns.and_then(|at| known.result_mut(at));
                        kept.ok_or_else(|| illegal("no such result"))?.withdrawn =
                            Some(Withdrawal::of(recorded));
                    }
                    TranscribedKind::ReviewRequested => {
                        let review = Review { request: sequence, decision: None, republication_due: false };
                        let kept = event.concerns.and_then(|at| known.result_mut(at));
                        kept.ok_or_else(|| illegal("no such result"))?.review = Some(review);
                    }
                }
            }
            Event::ConcernRaised(event) => {
                let concern = OpenConcern {
                    severity: event.severity,
                    statements: event.statements.clone(),
                    raised: Date::in_london(recorded.recorded_time),
                };
                self.subject_mut(subject).concerns.insert(sequence, concern);
            }
            Event::ConcernResolved(event) => {
                remove(&mut self.subject_mut(subject).concerns, event.concern);
            }
            Event::AssessmentTriggered(event) => {
                let trigger = OpenTrigger {
                    rule: event.rule,
                    statements: event.statements.clone(),
                    causes: event.causes.clone(),
                };
                self.subject_mut(subject).triggers.insert(sequence, trigger);
            }
            Event::TriggerDischarged(event) => {
                remove(&mut self.subject_mut(subject).triggers, event.trigger);
            }
            Event::IndicatorDefined(event) => {
                self.indicators.insert(event.id.clone(), event.clone());
            }
            Event::IndicatorObserved(event) => {
                let indicator = self.indicators.get(&event.indicator);
                let defined = indicator.filter(|indicator| indicator.version == event.version);
                let figure =
                    Figure::of(sequence, event, defined.ok_or_else(|| illegal("no such indicator"))?);
                let number = self.observed.number(&(event.indicator.clone(), event.version));
                let observed = &mut self.subject_mut(subject).figures;
                let at = observed.iter().position(|(of, _)| *of == number).unwrap_or_else(|| {
                    observed.push((number, Figures::default()));
                    observed.len() - 1
                });
                observed[at].1.insert(event.period, figure);
            }
            Event::ConcernEscalated(event) => {
                self.subject_mut(subject).escalations.insert(sequence, event.clone());
            }
            Event::EscalationAnswered(event) => {
                remove(&mut self.subject_mut(subject).escalations, event.escalation);
            }
            Event::NoticeIssued(event) => {
                let kept = self.subject_mut(subject).result_mut(event.publication);
                kept.ok_or_else(|| illegal("no such result"))?.notice = Some(sequence);
            }
            Event::ActionPlanPublished(_) => self.subject_mut(subject).plan = Some(sequence),
            // What these say decides no later command.
            Event::ContextRecorded(_)
            | Event::SummitHeld(_)
            | Event::ActionProgressed(_)
            | Event::SupportOffered(_)
            | Event::InterventionRecorded(_)
            | Event::ThematicReportPublished(_) => {}
            Event::ThematicReviewOpened(event) => {
                let (opened, counted_on) = (event.clone(), recorded.valid_from());
                self.themes.insert(subject.clone(), Theme { opened, counted_on, findings: BTreeMap::new() });
            }
            Event::FindingRecorded(event) => {
                let theme = self.themes.get_mut(subject).ok_or_else(|| illegal("no such theme"))?;
                theme.findings.insert((event.subject.clone(), event.question.clone()), event.level.clone());
            }
        }
        Ok(())
    }

    fn subject_mut(&mut self, subject: &Subject) -> &mut SubjectState {
        self.subjects.entry(subject.clone()).or_default()
    }

    fn open_mut(&mut self, subject: &Subject, assessment: Sequence) -> Option<&mut OpenAssessment> {
        self.subjects.get_mut(subject)?.assessments.get_mut(&assessment)
    }

    fn drafted_mut(&mut self, subject: &Subject, draft: Sequence) -> Option<&mut OpenAssessment> {
        let assessments = &mut self.subjects.get_mut(subject)?.assessments;
        assessments.values_mut().find(|a| a.draft.as_ref().is_some_and(|d| d.sequence == draft))
    }

    /// The subjects whose scores may rest on this evidence of `subject`: itself, and those it was shared with.
    pub(super) fn reach<'a>(
        &'a self,
        subject: &'a Subject,
        evidence: Sequence,
    ) -> impl Iterator<Item = &'a Subject> {
        let shared = self.status.get(&evidence).into_iter().flat_map(|status| &status.shared_with);
        shared.chain([subject])
    }

    /// Marks every draft that rests on this evidence: a new draft is due.
    fn unsettle(&mut self, subject: &Subject, evidence: Sequence) {
        let reached: Vec<Subject> = self.reach(subject, evidence).cloned().collect();
        for subject in &reached {
            let known = self.subjects.get_mut(subject).into_iter();
            for assessment in known.flat_map(|known| known.assessments.values_mut()) {
                if assessment.scores.values().any(|score| score.evidence.contains(&evidence)) {
                    assessment.unsettle_draft();
                }
            }
        }
    }

    /// The evidence answers no request any more, nor where it was shared.
    fn release(&mut self, subject: &Subject, evidence: Sequence) {
        let reached: Vec<Subject> = self.reach(subject, evidence).cloned().collect();
        reached.iter().for_each(|subject| self.held.release(subject, evidence));
    }

    fn correct(&mut self, subject: &Subject, event: &CorrectionRecorded, recorded: &Recorded) {
        let key = (event.field, event.statement.clone());
        self.status.entry(event.corrects).or_default().corrected.insert(key, event.now.clone());
        match event.field {
            CorrectableField::Name => {
                if let (Some(area), Some(name)) = (self.areas.get_mut(subject), text(event.now.as_ref())) {
                    area.name = name;
                }
            }
            CorrectableField::Category | CorrectableField::Period | CorrectableField::Reference => {
                if event.decision.is_none() {
                    self.unsettle(subject, event.corrects);
                }
                self.held.correct(subject, event);
            }
            CorrectableField::Score
            | CorrectableField::Rating
            | CorrectableField::Percent
            | CorrectableField::EffectiveFrom => {
                let known = self.subjects.get_mut(subject);
                if let Some(kept) = known.and_then(|known| known.result_mut(event.corrects)) {
                    let mut result = self.names.on_record(kept);
                    correct_result(&mut result, event, kept.result.recorded, recorded.sequence);
                    let ResultOnRecord { scores, effective, origin, .. } = result;
                    (kept.result.effective, kept.result.origin) = (effective, origin);
                    let detail = ResultDetail { scores, ..self.names.detail(kept) };
                    self.names.repack(kept, &detail);
                } else if event.field == CorrectableField::EffectiveFrom {
                    self.redate(subject, event);
                }
            }
            CorrectableField::Source => {}
        }
    }

    /// Moves a transcribed withdrawal to its corrected date.
    fn redate(&mut self, subject: &Subject, event: &CorrectionRecorded) {
        let kept = self.subjects.get_mut(subject).into_iter().flat_map(|known| &mut known.results);
        for withdrawal in kept.filter_map(|kept| kept.withdrawn.as_mut()) {
            if withdrawal.entry == event.corrects {
                withdrawal.effective = counts_from(text(event.now.as_ref()), withdrawal.recorded);
            }
        }
    }

    /// The result that a publication puts on record: from its open assessment, or from the reviewed result it
    /// replaces.
    fn publish(&mut self, recorded: &Recorded, event: &RatingPublished) -> Option<KeptResult> {
        let framework = self.frameworks.get(&event.framework)?.framework.clone();
        let known = self.subjects.get_mut(&recorded.subject)?;
        let effective = recorded.valid_from();
        let (breach, mut detail) = match event.replaces {
            Some(replaced) => {
                let kept = known.result_mut(replaced)?;
                kept.review.as_mut()?.republication_due = false;
                let mut detail = self.names.detail(kept);
                detail.rests_on.append(&mut detail.reviewed_on);
                (kept.result.breach, detail)
            }
            None => {
                let assessment = known.assessments.get_mut(&event.assessment)?;
                assessment.published = Some(recorded.sequence);
                let breach = assessment.findings.as_ref().is_some_and(|findings| findings.breach);
                (breach, assessment.detail())
            }
        };
        detail.scores = statement_scores(&framework, &detail.given);
        let result = ResultHead {
            sequence: recorded.sequence,
            framework: event.framework.clone(),
            effective,
            recorded: Date::in_london(recorded.recorded_time),
            origin: Origin::Published { assessment: event.assessment },
            breach,
        };
        Some(self.names.kept(result, Some(event.findings), &detail))
    }
}

/// Takes something away, and with the last one the memory: most subjects have nothing open most of the time, and there
/// are many.
fn remove<V>(open: &mut BTreeMap<Sequence, V>, at: Sequence) {
    open.remove(&at);
    if open.is_empty() {
        *open = BTreeMap::new();
    }
}

/// Adds one of the few that a subject has, with room for little more.
fn push<T>(few: &mut Vec<T>, one: T) {
    if few.len() == few.capacity() {
        few.reserve_exact(few.len() / 4 + 1);
    }
    few.push(one);
}

fn opened(event: &AssessmentOpened) -> OpenAssessment {
    OpenAssessment {
        framework: event.framework.clone(),
        phase: event.phase,
        statements: event.statements.iter().cloned().collect(),
        scores: BTreeMap::new(),
        draft: None,
        challenges: BTreeMap::new(),
        findings: None,
        published: None,
    }
}

fn author_set(author: &Author) -> BTreeSet<ActorId> {
    match author {
        Author::Actor(actor) => [actor.clone()].into(),
        Author::System => BTreeSet::new(),
    }
}
