//! The register: which rating was in force on a day, as known at a moment.
//!
//! Two clocks. Folding entries up to a moment gives what was known then; asking for a day selects among the
//! results known those that count on that day. A correction changes the result it corrects from that result's
//! own first day; a publication, withdrawal or review counts from its own. So late records change what is known
//! now and never what was known then.
//!
//! The register keeps its own results, apart from the writer's state: what publication promised is recomputed
//! here from the score entries.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, FrameworkId, Name, StatementId, Subject, ThemeId, Url};
use ledger_core::assessment::event::{
    CorrectableField, CorrectionRecorded, FieldValue, OrganisationKind, RatingTranscribed, TranscribedKind,
};
use ledger_core::assessment::framework::{Framework, Percent, Rating, Score};
use ledger_core::assessment::rating::ThemeResult;
use ledger_core::assessment::standing::{
    Basis, GivenScore, Origin, Printed, ResultOnRecord, Standing, standing,
};
use ledger_core::assessment::state::{ScoreKey, correct_result, statement_scores};
use ledger_core::assessment::{Event, EventKind, Recorded, transcribed_from};
use ledger_core::values::{Sequence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::projection::Projection;

/// A result and the days on which something became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    result: ResultOnRecord,
    /// The score entries a publication cites.
    given: BTreeMap<Sequence, ScoreEntry>,
    recorded_time: Timestamp,
    source: Option<Url>,
    withdrawn_from: Option<Date>,
    review_from: Option<Date>,
    review: Option<Sequence>,
    review_until: Option<Date>,
    corrections: Vec<Sequence>,
}

/// A score entry. Kept as long as its assessment may still publish it, and with the result that did.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct ScoreEntry {
    assessment: Sequence,
    key: ScoreKey,
    score: Score,
    evidence: Vec<Sequence>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct SubjectRatings {
    results: Vec<Kept>,
    scores: BTreeMap<Sequence, ScoreEntry>,
    breaches: BTreeMap<Sequence, bool>,
    triggers: BTreeMap<Sequence, (Date, Option<Date>)>,
}

/// What is known about an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaView {
    /// Its name.
    pub name: Name,
    /// First day; unknown while absent.
    pub valid_from: Option<Date>,
    /// Last day; open while absent.
    pub valid_to: Option<Date>,
    /// Code of the Organisation Data Service.
    pub ods: Option<String>,
    /// The areas it lies in.
    pub within: Vec<Subject>,
    /// Organisations by id: what they are and their names.
    pub organisations: BTreeMap<String, (OrganisationKind, Name)>,
    /// The areas that follow it.
    pub successors: Vec<Subject>,
    /// The areas it follows.
    pub predecessors: Vec<Subject>,
    /// Its registration.
    pub registered: Sequence,
}

/// Results, frameworks and areas as known at a moment. A projection: `apply` and nothing else changes it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Register {
    frameworks: BTreeMap<FrameworkId, Framework>,
    areas: BTreeMap<Subject, AreaView>,
    subjects: BTreeMap<Subject, SubjectRatings>,
    withdrawn_evidence: BTreeMap<Sequence, Date>,
}

/// What can be said about a subject's rating on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A result is in force.
    InForce,
    /// No result was ever published.
    NotYetAssessed,
    /// The only result was withdrawn.
    Withdrawn,
    /// The area has ended: what is shown is its last result, which its successors do not inherit.
    Ended,
}

/// Something that qualifies a rating in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caveat {
    /// A review was requested and is undecided, or asks for a republication that is due.
    UnderReview,
    /// A trigger asks for a new look.
    ReassessmentTriggered,
    /// A score in force cites evidence that was withdrawn.
    RestsOnWithdrawnEvidence,
    /// An earlier result was withdrawn.
    EarlierResultWithdrawn,
}

impl Caveat {
    /// The caveat in words.
    pub fn words(self) -> &'static str {
        match self {
            Caveat::UnderReview => "under review",
            Caveat::ReassessmentTriggered => "re-assessment triggered",
            Caveat::RestsOnWithdrawnEvidence => "rests on withdrawn evidence",
            Caveat::EarlierResultWithdrawn => "a result was withdrawn",
        }
    }
}

/// Where a result came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultKind {
    /// Published from this ledger.
    Published,
    /// Transcribed from a source.
    Transcribed,
}

/// The result a rating dates from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultView {
    /// Its entry.
    pub sequence: Sequence,
    /// Where it came from.
    pub kind: ResultKind,
    /// The day it counts from.
    pub effective: Date,
    /// When it was recorded.
    pub recorded_time: Timestamp,
    /// The assessment it was published from.
    pub assessment: Option<Sequence>,
    /// Where it is published, for a transcription.
    pub source: Option<Url>,
    /// Corrections of it.
    pub corrections: Vec<Sequence>,
}

/// What a source printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PrintedView {
    /// Printed percentage.
    pub percent: Option<Percent>,
    /// Printed rating.
    pub rating: Option<Rating>,
}

/// A theme's score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThemeView {
    /// Id.
    pub id: ThemeId,
    /// Sum of the scores there are.
    pub sum: u32,
    /// Four for each statement.
    pub maximum: u32,
    /// Percentage; null while a statement is unscored.
    pub percent: Option<Percent>,
    /// Rating; null while a statement is unscored.
    pub rating: Option<Rating>,
}

impl From<&ThemeResult> for ThemeView {
    fn from(theme: &ThemeResult) -> Self {
        ThemeView {
            id: theme.id.clone(),
            sum: theme.sum,
            maximum: theme.maximum,
            percent: theme.percent,
            rating: theme.rating,
        }
    }
}

/// A statement's score in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementView {
    /// The statement.
    pub statement: StatementId,
    /// Its printed name.
    pub name: Name,
    /// Its score.
    pub score: Score,
    /// The entry that gave the score.
    pub entry: Sequence,
    /// The result it comes from.
    pub result: Sequence,
    /// The assessment that result was published from; null for a transcription.
    pub assessment: Option<Sequence>,
    /// The day that result counts from.
    pub effective: Date,
    /// Whether it comes from an earlier result than the one the rating dates from.
    pub carried_forward: bool,
    /// The framework and statement it was given under, if another.
    pub mapped_from: Option<(FrameworkId, StatementId)>,
}

/// What stood for an area that this one follows. Never inherited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PredecessorView {
    /// The area.
    pub subject: Subject,
    /// Its last percentage.
    pub percent: Option<Percent>,
    /// Its last rating.
    pub rating: Option<Rating>,
}

/// The answer to "what was in force on that day, as known then?".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RatingAnswer {
    /// The subject.
    pub subject: Subject,
    /// Its name, if registered.
    pub name: Option<Name>,
    /// The day asked about.
    pub as_of: Date,
    /// What can be said.
    pub status: Status,
    /// Overall percentage, computed; null for a provider's overall or while a statement is unscored.
    pub percent: Option<Percent>,
    /// Overall rating, computed, or as printed where `basis` says so.
    pub rating: Option<Rating>,
    /// `derived`, `as-printed` or `incomplete`; null without a result.
    pub basis: Option<&'static str>,
    /// The method.
    pub framework: Option<FrameworkId>,
    /// Theme scores in printed order.
    pub themes: Vec<ThemeView>,
    /// Statements in printed order.
    pub statements: Vec<StatementView>,
    /// Statements without a score.
    pub missing: Vec<StatementId>,
    /// What the source printed, for a transcription.
    pub printed: Option<PrintedView>,
    /// The result it dates from.
    pub result: Option<ResultView>,
    /// What qualifies it.
    pub caveats: Vec<Caveat>,
    /// Areas that have succeeded the subject by that day.
    pub successors: Vec<Subject>,
    /// What stood for the areas it follows.
    pub predecessors: Vec<PredecessorView>,
}

impl RatingAnswer {
    /// The entries it rests on: results, the scores they cite, corrections. Ascending.
    pub fn rests_on(&self) -> Vec<Sequence> {
        let result = self.result.iter();
        let corrected = result.flat_map(|result| result.corrections.iter().chain([&result.sequence]));
        let scored = self.statements.iter().flat_map(|statement| [&statement.entry, &statement.result]);
        let mut entries: Vec<Sequence> = corrected.chain(scored).copied().collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }
}

impl Projection for Register {
    const NAME: &'static str = "register";
    const VERSION: u32 = 1;

    fn wants(kind: EventKind) -> bool {
        use EventKind as K;
        matches!(
            kind,
            K::FrameworkAdopted
                | K::AreaRegistered
                | K::AreaOrganisationAdded
                | K::AreaOrganisationRemoved
                | K::AreaSucceeded
                | K::CorrectionRecorded
                | K::ScoreAssigned
                | K::ScoreChanged
                | K::ScoreModerated
                | K::FindingsPublished
                | K::RatingPublished
                | K::RatingTranscribed
                | K::RatingWithdrawn
                | K::ReviewRequested
                | K::ReviewDecided
                | K::EvidenceWithdrawn
                | K::AssessmentTriggered
                | K::TriggerDischarged
                | K::AssessmentClosed
        )
    }

    fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::FrameworkAdopted(event) => {
                self.frameworks.insert(event.framework.id.clone(), event.framework.clone());
            }
            Event::AreaRegistered(_)
            | Event::AreaOrganisationAdded(_)
            | Event::AreaOrganisationRemoved(_)
            | Event::AreaSucceeded(_) => self.apply_area(recorded),
            Event::CorrectionRecorded(event) => self.correct(recorded, event),
            _ if Self::wants(recorded.event.kind()) => self.apply_result(recorded),
            _ => {}
        }
    }
}

impl Register {
    fn apply_area(&mut self, recorded: &Recorded) {
        let subject = &recorded.subject;
        match &recorded.event {
            Event::AreaRegistered(event) => {
                let organisations =
                    event.organisations.iter().map(|o| (o.id.to_string(), (o.kind, o.name.clone())));
                let view = AreaView {
                    name: event.name.clone(),
                    valid_from: event.effective_from,
                    valid_to: event.effective_to,
                    ods: event.ods.as_ref().map(|ods| ods.as_str().to_uppercase()),
                    within: event.within.clone(),
                    organisations: organisations.collect(),
                    successors: Vec::new(),
                    predecessors: Vec::new(),
                    registered: recorded.sequence,
                };
                self.areas.insert(subject.clone(), view);
            }
            Event::AreaOrganisationAdded(event) => {
                let organisation = &event.organisation;
                if let Some(area) = self.areas.get_mut(subject) {
                    let what = (organisation.kind, organisation.name.clone());
                    area.organisations.insert(organisation.id.to_string(), what);
                }
            }
            Event::AreaOrganisationRemoved(event) => {
                if let Some(area) = self.areas.get_mut(subject) {
                    area.organisations.remove(event.organisation.as_str());
                }
            }
            Event::AreaSucceeded(event) => {
                let Some(area) = self.areas.get_mut(subject) else { return };
                if *subject == event.predecessor {
                    area.successors.clone_from(&event.successors);
                    area.valid_to = Some(event.effective_from.previous());
                } else {
                    area.predecessors.push(event.predecessor.clone());
                }
            }
            _ => {}
        }
    }

    fn apply_result(&mut self, recorded: &Recorded) {
        let valid_from = recorded.valid_from();
        let sequence = recorded.sequence;
        let frameworks = &self.frameworks;
        let known = self.subjects.entry(recorded.subject.clone()).or_default();
        match &recorded.event {
            Event::ScoreAssigned(event) => {
                let key = (event.statement.clone(), event.category.clone());
                known.score(sequence, event.assessment, key, event.score, event.evidence.clone());
            }
            Event::ScoreChanged(event) => {
                let key = (event.statement.clone(), event.category.clone());
                known.score(sequence, event.assessment, key, event.score, event.evidence.clone());
            }
            Event::ScoreModerated(event) => {
                let key = (event.statement.clone(), event.category.clone());
                let evidence = known.score_entry(event.moderates).map(|score| score.evidence.clone());
                known.score(sequence, event.assessment, key, event.score, evidence.unwrap_or_default());
            }
            Event::AssessmentClosed(event) => {
                known.scores.retain(|_, score| score.assessment != event.assessment);
            }
            Event::FindingsPublished(event) => {
                known.breaches.insert(sequence, !event.breaches.is_empty());
            }
            Event::RatingPublished(event) => {
                let cited = event.scores.iter();
                let given: BTreeMap<Sequence, ScoreEntry> =
                    cited.filter_map(|entry| Some((*entry, known.score_entry(*entry)?.clone()))).collect();
                let Some(framework) = frameworks.get(&event.framework) else { return };
                let by_key = given
                    .iter()
                    .map(|(entry, score)| {
                        (score.key.clone(), GivenScore { score: score.score, entry: *entry })
                    })
                    .collect();
                let result = ResultOnRecord {
                    sequence,
                    framework: event.framework.clone(),
                    effective: valid_from,
                    origin: Origin::Published { assessment: event.assessment },
                    scores: statement_scores(framework, &by_key),
                    breach: known.breaches.get(&event.findings).copied().unwrap_or(false),
                };
                if let Some(replaced) = event.replaces.and_then(|at| known.kept_mut(at)) {
                    replaced.review_until = Some(valid_from);
                }
                known.results.push(Kept { given, ..Kept::new(result, recorded, None) });
            }
            Event::RatingTranscribed(event) => known.transcribe(recorded, event),
            Event::RatingWithdrawn(event) => {
                if let Some(kept) = known.kept_mut(event.publication) {
                    kept.withdrawn_from = Some(valid_from);
                }
            }
            Event::ReviewRequested(event) => {
                if let Some(kept) = known.kept_mut(event.publication) {
                    (kept.review_from, kept.review) = (Some(valid_from), Some(sequence));
                }
            }
            Event::ReviewDecided(event) => {
                use ledger_core::assessment::event::ReviewOutcome;
                let reviewed = known.results.iter_mut().find(|kept| kept.review == Some(event.review));
                if let (Some(kept), ReviewOutcome::Upheld) = (reviewed, event.outcome) {
                    kept.review_until = Some(valid_from);
                }
            }
            Event::EvidenceWithdrawn(event) => {
                self.withdrawn_evidence.insert(event.evidence, valid_from);
            }
            Event::AssessmentTriggered(_) => {
                known.triggers.insert(sequence, (valid_from, None));
            }
            Event::TriggerDischarged(event) => {
                if let Some(trigger) = known.triggers.get_mut(&event.trigger) {
                    trigger.1 = Some(valid_from);
                }
            }
            _ => {}
        }
    }

    fn correct(&mut self, recorded: &Recorded, event: &CorrectionRecorded) {
        if event.field == CorrectableField::Name {
            let name = match &event.now {
                Some(FieldValue::Text(text)) => text.as_str().parse().ok(),
                _ => None,
            };
            if let (Some(area), Some(name)) = (self.areas.get_mut(&recorded.subject), name) {
                area.name = name;
            }
            return;
        }
        let known = self.subjects.entry(recorded.subject.clone()).or_default();
        if let Some(kept) = known.kept_mut(event.corrects) {
            correct_result(&mut kept.result, event, recorded);
            kept.corrections.push(recorded.sequence);
        }
    }

    /// Makes a framework known that was adopted outside the history being folded.
    pub(crate) fn adopt(&mut self, framework: Framework) {
        self.frameworks.insert(framework.id.clone(), framework);
    }

    /// The frameworks adopted, in order of id.
    pub fn frameworks(&self) -> impl Iterator<Item = &Framework> {
        self.frameworks.values()
    }

    /// The framework with this id.
    pub fn framework(&self, id: &FrameworkId) -> Option<&Framework> {
        self.frameworks.get(id)
    }

    /// The areas known, in order of subject.
    pub fn areas(&self) -> impl Iterator<Item = (&Subject, &AreaView)> {
        self.areas.iter()
    }

    /// What is known about an area.
    pub fn area(&self, subject: &Subject) -> Option<&AreaView> {
        self.areas.get(subject)
    }

    /// The subjects called so: by name of the subject, code, ODS code or area name, letter case ignored. Areas that
    /// are assessed come before others, so that `Derby` finds the authority.
    pub fn called(&self, text: &str) -> Vec<Subject> {
        if let Ok(subject) = text.parse::<Subject>() {
            return vec![subject];
        }
        let wanted = text.to_lowercase();
        let is_called = |(subject, area): &(&Subject, &AreaView)| {
            subject.code().to_lowercase() == wanted
                || area.name.as_str().to_lowercase() == wanted
                || area.ods.as_ref().is_some_and(|ods| ods.to_lowercase() == wanted)
        };
        let found: Vec<&Subject> = self.areas.iter().filter(is_called).map(|(subject, _)| subject).collect();
        let is_assessed = |subject: &&&Subject| subject.area_kind().is_some_and(AreaKind::is_assessed);
        let assessed: Vec<Subject> =
            found.iter().filter(is_assessed).map(|subject| (*subject).clone()).collect();
        if assessed.is_empty() { found.into_iter().cloned().collect() } else { assessed }
    }

    /// Whether the subject has any result.
    pub fn has_results(&self, subject: &Subject) -> bool {
        self.subjects.get(subject).is_some_and(|known| !known.results.is_empty())
    }

    /// The days on which what is said of the subject may change: by result, the first of them its own; and the day
    /// after the area's last, under its registration.
    pub(crate) fn turning_days(&self, subject: &Subject) -> BTreeMap<Sequence, Vec<Date>> {
        let results = self.subjects.get(subject).into_iter().flat_map(|known| &known.results);
        let of_result = results.map(|kept| {
            let later = [kept.withdrawn_from, kept.review_from, kept.review_until];
            let days = std::iter::once(kept.result.effective).chain(later.into_iter().flatten());
            (kept.result.sequence, days.collect())
        });
        let area = self.areas.get(subject);
        let ended = area.and_then(|area| Some((area.registered, vec![area.valid_to?.next()])));
        of_result.chain(ended).collect()
    }

    /// The day a result counts from, as corrected.
    pub(crate) fn counts_from(&self, subject: &Subject, result: Sequence) -> Option<Date> {
        let results = &self.subjects.get(subject)?.results;
        let kept = results.iter().find(|kept| kept.result.sequence == result);
        kept.map(|kept| kept.result.effective)
    }

    /// The rating in force on `as_of`, as known after the entries applied. Cost: the subject's results times its
    /// framework's statements.
    pub fn rating(&self, subject: &Subject, as_of: Date) -> RatingAnswer {
        let area = self.areas.get(subject);
        let mut answer = RatingAnswer {
            subject: subject.clone(),
            name: area.map(|area| area.name.clone()),
            as_of,
            status: Status::NotYetAssessed,
            percent: None,
            rating: None,
            basis: None,
            framework: None,
            themes: Vec::new(),
            statements: Vec::new(),
            missing: Vec::new(),
            printed: None,
            result: None,
            caveats: Vec::new(),
            successors: succeeded_by(area, as_of),
            predecessors: self.predecessors(area, as_of),
        };
        let Some(known) = self.subjects.get(subject) else { return answer };
        let counts: Vec<&Kept> = known.results.iter().filter(|kept| kept.result.effective <= as_of).collect();
        let withdrawn = |kept: &&&Kept| kept.withdrawn_from.is_some_and(|from| from <= as_of);
        let standing_results: Vec<&ResultOnRecord> =
            counts.iter().filter(|kept| !withdrawn(kept)).map(|kept| &kept.result).collect();
        if counts.iter().any(|kept| withdrawn(&kept)) {
            answer.status = Status::Withdrawn;
            answer.caveats.push(Caveat::EarlierResultWithdrawn);
        }
        if let Some(stands) = standing(&standing_results, |id| self.framework(id)) {
            self.describe(&mut answer, known, &stands);
        }
        known.qualify(&mut answer, &self.withdrawn_evidence);
        if answer.status == Status::InForce
            && area.and_then(|area| area.valid_to).is_some_and(|last| last < as_of)
        {
            answer.status = Status::Ended;
        }
        answer
    }

    fn describe(&self, answer: &mut RatingAnswer, known: &SubjectRatings, stands: &Standing) {
        answer.status = Status::InForce;
        answer.percent = stands.percent;
        answer.rating = stands.rating;
        answer.basis = Some(match stands.basis {
            Basis::Derived => "derived",
            Basis::AsPrinted => "as-printed",
            Basis::Incomplete => "incomplete",
        });
        answer.framework = Some(stands.framework.clone());
        answer.themes = stands.derivation.themes.iter().map(ThemeView::from).collect();
        answer.missing.clone_from(&stands.derivation.missing);
        let framework = self.framework(&stands.framework);
        let views = stands.scores.iter().filter_map(|score| {
            Some(StatementView {
                statement: score.statement.clone(),
                name: framework?.statement(&score.statement)?.name.clone(),
                score: score.score,
                entry: score.entry,
                result: score.result,
                assessment: score.assessment,
                effective: score.effective,
                carried_forward: score.result != stands.latest,
                mapped_from: score.mapped_from.clone(),
            })
        });
        answer.statements = views.collect();
        let Some(kept) = known.results.iter().find(|kept| kept.result.sequence == stands.latest) else {
            return;
        };
        if matches!(kept.result.origin, Origin::Transcribed(_)) {
            let Printed { rating, percent } = stands.printed;
            answer.printed = Some(PrintedView { percent, rating });
        }
        answer.result = Some(kept.view());
    }

    fn predecessors(&self, area: Option<&AreaView>, as_of: Date) -> Vec<PredecessorView> {
        let predecessors = area.map_or(&[][..], |area| &area.predecessors);
        let view = |subject: &Subject| {
            let last = self.rating(subject, as_of);
            PredecessorView { subject: subject.clone(), percent: last.percent, rating: last.rating }
        };
        predecessors.iter().map(view).collect()
    }
}

fn succeeded_by(area: Option<&AreaView>, as_of: Date) -> Vec<Subject> {
    match area {
        Some(area) if area.valid_to.is_some_and(|last| last < as_of) => area.successors.clone(),
        _ => Vec::new(),
    }
}

impl Kept {
    fn new(result: ResultOnRecord, recorded: &Recorded, source: Option<Url>) -> Self {
        Kept {
            result,
            given: BTreeMap::new(),
            recorded_time: recorded.recorded_time,
            source,
            withdrawn_from: None,
            review_from: None,
            review: None,
            review_until: None,
            corrections: Vec::new(),
        }
    }

    fn view(&self) -> ResultView {
        let (kind, assessment) = match self.result.origin {
            Origin::Published { assessment } => (ResultKind::Published, Some(assessment)),
            Origin::Transcribed(_) => (ResultKind::Transcribed, None),
        };
        ResultView {
            sequence: self.result.sequence,
            kind,
            effective: self.result.effective,
            recorded_time: self.recorded_time,
            assessment,
            source: self.source.clone(),
            corrections: self.corrections.clone(),
        }
    }
}

impl SubjectRatings {
    fn score(
        &mut self,
        sequence: Sequence,
        assessment: Sequence,
        key: ScoreKey,
        score: Score,
        evidence: Vec<Sequence>,
    ) {
        self.scores.insert(sequence, ScoreEntry { assessment, key, score, evidence });
    }

    /// A score entry that is or may be published.
    fn score_entry(&self, sequence: Sequence) -> Option<&ScoreEntry> {
        let published = || self.results.iter().rev().find_map(|kept| kept.given.get(&sequence));
        self.scores.get(&sequence).or_else(published)
    }

    fn kept_mut(&mut self, sequence: Sequence) -> Option<&mut Kept> {
        self.results.iter_mut().find(|kept| kept.result.sequence == sequence)
    }

    fn transcribe(&mut self, recorded: &Recorded, event: &RatingTranscribed) {
        let effective = transcribed_from(event, recorded.recorded_time);
        let sequence = recorded.sequence;
        match event.kind {
            TranscribedKind::Result => {
                let given = event
                    .scores
                    .iter()
                    .map(|s| (s.statement.clone(), GivenScore { score: s.score, entry: sequence }));
                let result = ResultOnRecord {
                    sequence,
                    framework: event.framework.clone(),
                    effective,
                    origin: Origin::Transcribed(Printed { rating: event.rating, percent: event.percent }),
                    scores: given.collect(),
                    breach: false,
                };
                if let Some(earlier) = event.concerns.and_then(|at| self.kept_mut(at)) {
                    earlier.review_until = Some(effective);
                }
                self.results.push(Kept::new(result, recorded, Some(event.source.clone())));
            }
            TranscribedKind::Withdrawal => {
                if let Some(kept) = event.concerns.and_then(|at| self.kept_mut(at)) {
                    kept.withdrawn_from = Some(effective);
                }
            }
            TranscribedKind::ReviewRequested => {
                if let Some(kept) = event.concerns.and_then(|at| self.kept_mut(at)) {
                    (kept.review_from, kept.review) = (Some(effective), Some(sequence));
                }
            }
        }
    }

    /// Adds what qualifies the answer on that day.
    fn qualify(&self, answer: &mut RatingAnswer, withdrawn_evidence: &BTreeMap<Sequence, Date>) {
        let as_of = answer.as_of;
        let begun = |from: Option<Date>| from.is_some_and(|from| from <= as_of);
        if self.results.iter().any(|kept| begun(kept.review_from) && !begun(kept.review_until)) {
            answer.caveats.push(Caveat::UnderReview);
        }
        if self.triggers.values().any(|(from, until)| *from <= as_of && !begun(*until)) {
            answer.caveats.push(Caveat::ReassessmentTriggered);
        }
        let withdrawn = |sequence: &Sequence| begun(withdrawn_evidence.get(sequence).copied());
        let rests = |statement: &StatementView| {
            let result = self.results.iter().find(|kept| kept.result.sequence == statement.result);
            let mut given = result.into_iter().flat_map(|kept| kept.given.values());
            let scored_as = statement.mapped_from.as_ref().map_or(&statement.statement, |(_, from)| from);
            given.any(|score| score.key.0 == *scored_as && score.evidence.iter().any(withdrawn))
        };
        if answer.statements.iter().any(rests) {
            answer.caveats.push(Caveat::RestsOnWithdrawnEvidence);
        }
        answer.caveats.sort_unstable();
    }
}
