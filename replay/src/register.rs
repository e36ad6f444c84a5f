//! The register: which rating was in force on a day, as known at a moment.
//!
//! Two clocks. Folding entries up to a moment gives what was known then; asking for a day selects among the
//! results known those that count on that day. A correction changes the result it corrects from that result's
//! own first day; a publication, withdrawal or review counts from its own. So late records change what is known
//! now and never what was known then.
//!
//! The register keeps its own results, apart from the writer's state: what publication promised is recomputed
//! here from the score entries.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use hashbrown::HashMap;
use ledger_core::assessment::civil::{Date, PartialDate};
use ledger_core::assessment::codes::{AreaKind, FrameworkId, Name, StatementId, Subject, ThemeId, Url};
use ledger_core::assessment::event::{
    CorrectableField, CorrectionRecorded, FieldValue, OrganisationKind, RatingTranscribed, TranscribedKind,
};
use ledger_core::assessment::framework::{Framework, Percent, Rating, Score};
use ledger_core::assessment::rating::ThemeResult;
use ledger_core::assessment::standing::{
    Basis, GivenScore, Origin, Printed, ResultOnRecord, Standing, StandingScore, standing, standing_in,
};
use ledger_core::assessment::state::{ScoreKey, correct_result, statement_scores};
use ledger_core::assessment::{Event, EventKind, Recorded, counts_from, transcribed_from};
use ledger_core::ordered;
use ledger_core::values::{Sequence, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::projection::Projection;
use crate::scores::{FollowsFrom, ScoreSaid};

/// A result and the days on which something became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    result: ResultOnRecord,
    /// The score entries a publication cites.
    given: BTreeMap<Sequence, ScoreEntry>,
    recorded_time: Timestamp,
    findings: Option<Sequence>,
    source: Option<Url>,
    /// The date a source printed, as corrected.
    dated: Option<PartialDate>,
    withdrawn: Option<Dated>,
    review: Option<Review>,
    /// Transcribed results that a review of this one led to.
    replaced: BTreeSet<Sequence>,
    corrections: Vec<Sequence>,
}

/// A review of a result: from its request to what ends it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Review {
    requested: Dated,
    until: Option<Date>,
}

/// An entry and the day it counts from.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Dated {
    entry: Sequence,
    from: Date,
    recorded: Date,
}

impl Dated {
    fn of(recorded: &Recorded) -> Self {
        let day = Date::in_london(recorded.recorded_time);
        Dated { entry: recorded.sequence, from: recorded.valid_from(), recorded: day }
    }

    fn begun(self, as_of: Date) -> bool {
        self.from <= as_of
    }
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
    #[serde(with = "ordered")]
    subjects: HashMap<Subject, SubjectRatings>,
    /// Evidence withdrawn, and what says so.
    withdrawn_evidence: BTreeMap<Sequence, Dated>,
}

/// What can be said about a subject's rating on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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

/// Whether the subject is there on the day asked about. What is not an area, or has no first or last day, exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Existence {
    /// The day lies before its first.
    NotBegun,
    /// It exists.
    Exists,
    /// The day lies after its last.
    Ended,
}

/// Where a result came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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
    /// The findings it was published with.
    pub findings: Option<Sequence>,
    /// Where it is published, for a transcription.
    pub source: Option<Url>,
    /// The date its source printed; null for a publication, and for a source without a date, whose result counts from
    /// the day it was recorded.
    pub dated: Option<PartialDate>,
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
    /// The entry that gave the score; of several, by category, the last.
    pub entry: Sequence,
    /// The entries the score follows from, ascending: that one, or one for each category.
    pub entries: Vec<Sequence>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PredecessorView {
    /// The area.
    pub subject: Subject,
    /// Its name.
    pub name: Option<Name>,
    /// Its last percentage.
    pub percent: Option<Percent>,
    /// Its last rating.
    pub rating: Option<Rating>,
}

/// An area that follows another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuccessorView {
    /// The area.
    pub subject: Subject,
    /// Its name.
    pub name: Option<Name>,
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
    /// Whether the subject is there on that day.
    pub existence: Existence,
    /// Its first day; null while unknown.
    pub valid_from: Option<Date>,
    /// Its last day; null while open.
    pub valid_to: Option<Date>,
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
    /// Every result that a score in force comes from, and the one it dates from, by sequence.
    pub results: Vec<ResultView>,
    /// What qualifies it.
    pub caveats: Vec<Caveat>,
    /// The entries that are the cause of each caveat.
    pub caveat_entries: BTreeMap<Caveat, BTreeSet<Sequence>>,
    /// Areas that have succeeded the subject by that day.
    pub successors: Vec<SuccessorView>,
    /// What stood for the areas it follows.
    pub predecessors: Vec<PredecessorView>,
}

impl RatingAnswer {
    /// The entries it rests on, ascending: results with their findings and corrections, and the scores in force.
    pub fn rests_on(&self) -> Vec<Sequence> {
        let results = self.results.iter();
        let named = results.flat_map(|result| {
            result.corrections.iter().chain(&result.findings).chain(std::iter::once(&result.sequence))
        });
        let scored = self.statements.iter().flat_map(|statement| &statement.entries);
        let entries: BTreeSet<Sequence> = named.chain(scored).copied().collect();
        entries.into_iter().collect()
    }

    fn qualify(&mut self, caveat: Caveat, entry: Sequence) {
        self.caveat_entries.entry(caveat).or_default().insert(entry);
    }
}

impl Projection for Register {
    const NAME: &'static str = "register";
    const VERSION: u32 = 2;

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
        let valid_from = || recorded.valid_from();
        let sequence = recorded.sequence;
        let frameworks = &self.frameworks;
        let known = of_subject(&mut self.subjects, &recorded.subject);
        match &recorded.event {
            Event::ScoreAssigned(_) | Event::ScoreChanged(_) | Event::ScoreModerated(_) => {
                ScoreSaid::of(recorded).into_iter().for_each(|said| known.score(&said));
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
                let result = ResultOnRecord {
                    sequence,
                    framework: event.framework.clone(),
                    effective: valid_from(),
                    origin: Origin::Published { assessment: event.assessment },
                    scores: scores_given(framework, &given),
                    breach: known.breaches.get(&event.findings).copied().unwrap_or(false),
                };
                let replaced = event.replaces.and_then(|at| known.kept_mut(at));
                if let Some(review) = replaced.and_then(|kept| kept.review.as_mut()) {
                    review.until = Some(valid_from());
                }
                let findings = Some(event.findings);
                known.results.push(Kept { given, findings, ..Kept::new(result, recorded) });
            }
            Event::RatingTranscribed(event) => known.transcribe(recorded, event),
            Event::RatingWithdrawn(event) => {
                if let Some(kept) = known.kept_mut(event.publication) {
                    kept.withdrawn = Some(Dated::of(recorded));
                }
            }
            Event::ReviewRequested(event) => {
                if let Some(kept) = known.kept_mut(event.publication) {
                    kept.review = Some(Review { requested: Dated::of(recorded), until: None });
                }
            }
            Event::ReviewDecided(event) => {
                use ledger_core::assessment::event::ReviewOutcome;
                let mut reviews = known.results.iter_mut().filter_map(|kept| kept.review.as_mut());
                let decided = reviews.find(|review| review.requested.entry == event.review);
                if let (Some(review), ReviewOutcome::Upheld) = (decided, event.outcome) {
                    review.until = Some(valid_from());
                }
            }
            Event::EvidenceWithdrawn(event) => {
                self.withdrawn_evidence.insert(event.evidence, Dated::of(recorded));
            }
            Event::AssessmentTriggered(_) => {
                known.triggers.insert(sequence, (valid_from(), None));
            }
            Event::TriggerDischarged(event) => {
                if let Some(trigger) = known.triggers.get_mut(&event.trigger) {
                    trigger.1 = Some(valid_from());
                }
            }
            _ => {}
        }
    }

    /// Takes what a score entry of the subject says, in the place of the entry.
    pub(crate) fn score(&mut self, subject: &Subject, said: &ScoreSaid<'_>) {
        of_subject(&mut self.subjects, subject).score(said);
    }

    fn correct(&mut self, recorded: &Recorded, event: &CorrectionRecorded) {
        if event.field == CorrectableField::Name {
            if let (Some(area), Some(name)) = (self.areas.get_mut(&recorded.subject), corrected(event)) {
                area.name = name;
            }
            return;
        }
        let known = of_subject(&mut self.subjects, &recorded.subject);
        match known.kept_mut(event.corrects) {
            Some(kept) => kept.correct(recorded, event),
            None if event.field == CorrectableField::EffectiveFrom => known.redate(event),
            None => {}
        }
    }

    /// Makes a framework known that was adopted outside the history being folded.
    pub(crate) fn adopt(&mut self, framework: Framework) {
        self.frameworks.insert(framework.id.clone(), framework);
    }

    /// Puts a framework in the place of the one of the same id, or beside the others, and derives again what
    /// publications under it gave each statement. Cost: the results under it.
    pub(crate) fn suppose_framework(&mut self, framework: Framework) {
        let results = self.subjects.values_mut().flat_map(|known| &mut known.results);
        for kept in results.filter(|kept| kept.result.framework == framework.id && !kept.given.is_empty()) {
            kept.result.scores = scores_given(&framework, &kept.given);
        }
        self.adopt(framework);
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

    /// The subject's results with their methods, in the order recorded, whatever became of them.
    pub(crate) fn results(&self, subject: &Subject) -> impl Iterator<Item = (ResultView, &FrameworkId)> {
        let results = self.subjects.get(subject).map_or(&[][..], |known| &known.results);
        results.iter().map(|kept| (kept.view(), &kept.result.framework))
    }

    /// The days on which what is said of the subject may change: by result, the first of them its own; and the day
    /// after the area's last, under its registration.
    pub(crate) fn turning_days(&self, subject: &Subject) -> BTreeMap<Sequence, Vec<Date>> {
        let results = self.subjects.get(subject).into_iter().flat_map(|known| &known.results);
        // A result that a review led to may end it on its own day, which is among them.
        let of_result = results.map(|kept| {
            let review = kept.review.as_ref();
            let later = [
                kept.withdrawn.map(|withdrawn| withdrawn.from),
                review.map(|review| review.requested.from),
                review.and_then(|review| review.until),
            ];
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
        self.answer(subject, as_of, &|results| standing(results, |id| self.framework(id)))
    }

    /// As [`Register::rating`], under this framework whichever the results were given under: scores are carried into it
    /// by its mapping.
    pub(crate) fn rating_under(
        &self,
        framework: &FrameworkId,
        subject: &Subject,
        as_of: Date,
    ) -> RatingAnswer {
        let method = self.framework(framework);
        self.answer(subject, as_of, &|results| standing_in(method?, results))
    }

    fn answer(
        &self,
        subject: &Subject,
        as_of: Date,
        stands: &dyn Fn(&[&ResultOnRecord]) -> Option<Standing>,
    ) -> RatingAnswer {
        let area = self.areas.get(subject);
        let mut answer = RatingAnswer {
            subject: subject.clone(),
            name: area.map(|area| area.name.clone()),
            as_of,
            existence: existence(area, as_of),
            valid_from: area.and_then(|area| area.valid_from),
            valid_to: area.and_then(|area| area.valid_to),
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
            results: Vec::new(),
            caveats: Vec::new(),
            caveat_entries: BTreeMap::new(),
            successors: self.successors(area, as_of),
            predecessors: self.predecessors(area, as_of),
        };
        let Some(known) = self.subjects.get(subject) else { return answer };
        let counts: Vec<&Kept> = known.results.iter().filter(|kept| kept.result.effective <= as_of).collect();
        let withdrawn = |kept: &Kept| kept.withdrawn.filter(|withdrawn| withdrawn.begun(as_of));
        for withdrawal in counts.iter().filter_map(|kept| withdrawn(kept)) {
            answer.status = Status::Withdrawn;
            answer.qualify(Caveat::EarlierResultWithdrawn, withdrawal.entry);
        }
        let stand = counts.iter().filter(|kept| withdrawn(kept).is_none()).map(|kept| &kept.result);
        if let Some(stands) = stands(&stand.collect::<Vec<&ResultOnRecord>>()) {
            self.describe(&mut answer, known, &stands);
        }
        known.qualify(&mut answer, &self.withdrawn_evidence);
        if (answer.status, answer.existence) == (Status::InForce, Existence::Ended) {
            answer.status = Status::Ended;
        }
        answer
    }

    /// The evidence under a statement's score in force, each item with whether it was withdrawn by that day. Empty for a
    /// transcription. Cost: the score entries of the result.
    pub(crate) fn resting(
        &self,
        subject: &Subject,
        statement: &StatementView,
        as_of: Date,
    ) -> BTreeMap<Sequence, bool> {
        let known = self.subjects.get(subject);
        let mut results = known.into_iter().flat_map(|known| &known.results);
        let result = results.find(|kept| kept.result.sequence == statement.result);
        let scored_as = statement.mapped_from.as_ref().map_or(&statement.statement, |(_, from)| from);
        let given = result.into_iter().flat_map(|kept| kept.given.values());
        let evidence = given.filter(|score| score.key.0 == *scored_as).flat_map(|score| &score.evidence);
        let withdrawn =
            |item: &Sequence| self.withdrawn_evidence.get(item).is_some_and(|from| from.begun(as_of));
        evidence.map(|item| (*item, withdrawn(item))).collect()
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
                entries: known.entries_of(score),
                result: score.result,
                assessment: score.assessment,
                effective: score.effective,
                carried_forward: score.result != stands.latest,
                mapped_from: score.mapped_from.clone(),
            })
        });
        answer.statements = views.collect();
        let from: BTreeSet<Sequence> = stands.scores.iter().map(|score| score.result).collect();
        let in_use =
            |kept: &&Kept| kept.result.sequence == stands.latest || from.contains(&kept.result.sequence);
        answer.results = known.results.iter().filter(in_use).map(Kept::view).collect();
        answer.result = answer.results.iter().find(|result| result.sequence == stands.latest).cloned();
        if answer.result.as_ref().is_some_and(|result| result.kind == ResultKind::Transcribed) {
            let Printed { rating, percent } = stands.printed;
            answer.printed = Some(PrintedView { percent, rating });
        }
    }

    fn successors(&self, area: Option<&AreaView>, as_of: Date) -> Vec<SuccessorView> {
        let ended = area.filter(|_| existence(area, as_of) == Existence::Ended);
        let view = |subject: &Subject| SuccessorView { subject: subject.clone(), name: self.name(subject) };
        ended.into_iter().flat_map(|area| &area.successors).map(view).collect()
    }

    fn name(&self, subject: &Subject) -> Option<Name> {
        self.areas.get(subject).map(|area| area.name.clone())
    }

    fn predecessors(&self, area: Option<&AreaView>, as_of: Date) -> Vec<PredecessorView> {
        let predecessors = area.map_or(&[][..], |area| &area.predecessors);
        let view = |subject: &Subject| {
            let last = self.rating(subject, as_of);
            PredecessorView {
                subject: subject.clone(),
                name: last.name,
                percent: last.percent,
                rating: last.rating,
            }
        };
        predecessors.iter().map(view).collect()
    }
}

/// What is known of a subject, which seldom is new.
fn of_subject<'s>(
    subjects: &'s mut HashMap<Subject, SubjectRatings>,
    subject: &Subject,
) -> &'s mut SubjectRatings {
    if !subjects.contains_key(subject) {
        subjects.insert(subject.clone(), SubjectRatings::default());
    }
    subjects.entry(subject.clone()).or_default()
}

/// What the score entries of a publication give each statement.
fn scores_given(
    framework: &Framework,
    given: &BTreeMap<Sequence, ScoreEntry>,
) -> BTreeMap<StatementId, GivenScore> {
    let by_key = given
        .iter()
        .map(|(entry, score)| (score.key.clone(), GivenScore { score: score.score, entry: *entry }));
    statement_scores(framework, &by_key.collect())
}

/// The corrected value of a field that is text.
fn corrected<T: FromStr>(event: &CorrectionRecorded) -> Option<T> {
    match &event.now {
        Some(FieldValue::Text(text)) => text.as_str().parse().ok(),
        _ => None,
    }
}

fn existence(area: Option<&AreaView>, as_of: Date) -> Existence {
    let Some(area) = area else { return Existence::Exists };
    if area.valid_from.is_some_and(|first| as_of < first) {
        Existence::NotBegun
    } else if area.valid_to.is_some_and(|last| last < as_of) {
        Existence::Ended
    } else {
        Existence::Exists
    }
}

impl Kept {
    fn new(result: ResultOnRecord, recorded: &Recorded) -> Self {
        Kept {
            result,
            given: BTreeMap::new(),
            recorded_time: recorded.recorded_time,
            findings: None,
            source: None,
            dated: None,
            withdrawn: None,
            review: None,
            replaced: BTreeSet::new(),
            corrections: Vec::new(),
        }
    }

    fn correct(&mut self, recorded: &Recorded, event: &CorrectionRecorded) {
        correct_result(&mut self.result, event, Date::in_london(self.recorded_time), recorded.sequence);
        match event.field {
            CorrectableField::EffectiveFrom => self.dated = corrected(event),
            CorrectableField::Source => self.source = corrected(event),
            _ => {}
        }
        self.corrections.push(recorded.sequence);
    }

    /// The request of a review that is open on that day. `results` are those of the subject.
    fn under_review(&self, results: &[Kept], as_of: Date) -> Option<Sequence> {
        let Review { requested, until } =
            self.review.as_ref().filter(|review| review.requested.begun(as_of))?;
        let ended = until.is_some_and(|until| until <= as_of);
        let led_to = results.iter().filter(|kept| self.replaced.contains(&kept.result.sequence));
        let replaced = { led_to }.any(|kept| (requested.from..=as_of).contains(&kept.result.effective));
        (!ended && !replaced).then_some(requested.entry)
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
            findings: self.findings,
            source: self.source.clone(),
            dated: self.dated,
            corrections: self.corrections.clone(),
        }
    }
}

impl SubjectRatings {
    fn score(&mut self, said: &ScoreSaid<'_>) {
        let evidence = match &said.follows_from {
            FollowsFrom::Evidence(evidence) => evidence.clone(),
            FollowsFrom::Moderated(score) => {
                self.score_entry(*score).map_or_else(Vec::new, |moderated| moderated.evidence.clone())
            }
        };
        let key = (said.statement.clone(), said.category.cloned());
        let entry = ScoreEntry { assessment: said.assessment, key, score: said.score, evidence };
        self.scores.insert(said.sequence, entry);
    }

    /// A score entry that is or may be published.
    fn score_entry(&self, sequence: Sequence) -> Option<&ScoreEntry> {
        let published = || self.results.iter().rev().find_map(|kept| kept.given.get(&sequence));
        self.scores.get(&sequence).or_else(published)
    }

    /// Moves a transcribed withdrawal or request of a review to its corrected date.
    fn redate(&mut self, event: &CorrectionRecorded) {
        for kept in &mut self.results {
            let request = kept.review.as_mut().map(|review| &mut review.requested);
            for dated in kept.withdrawn.as_mut().into_iter().chain(request) {
                if dated.entry == event.corrects {
                    dated.from = counts_from(corrected(event), dated.recorded);
                }
            }
        }
    }

    fn kept(&self, sequence: Sequence) -> Option<&Kept> {
        self.results.iter().find(|kept| kept.result.sequence == sequence)
    }

    /// The score entries of a result that a standing score follows from.
    fn cited_for<'k>(
        &'k self,
        result: Sequence,
        scored_as: &'k StatementId,
    ) -> impl Iterator<Item = (&'k Sequence, &'k ScoreEntry)> {
        let given = self.kept(result).into_iter().flat_map(|kept| &kept.given);
        given.filter(move |(_, score)| score.key.0 == *scored_as)
    }

    fn entries_of(&self, score: &StandingScore) -> Vec<Sequence> {
        let scored_as = score.mapped_from.as_ref().map_or(&score.statement, |(_, from)| from);
        let cited: Vec<Sequence> = self.cited_for(score.result, scored_as).map(|(entry, _)| *entry).collect();
        if cited.is_empty() { vec![score.entry] } else { cited }
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
                    earlier.replaced.insert(sequence);
                }
                let (source, dated) = (Some(event.source.clone()), event.effective_from);
                self.results.push(Kept { source, dated, ..Kept::new(result, recorded) });
            }
            TranscribedKind::Withdrawal => {
                if let Some(kept) = event.concerns.and_then(|at| self.kept_mut(at)) {
                    kept.withdrawn = Some(Dated::of(recorded));
                }
            }
            TranscribedKind::ReviewRequested => {
                if let Some(kept) = event.concerns.and_then(|at| self.kept_mut(at)) {
                    kept.review = Some(Review { requested: Dated::of(recorded), until: None });
                }
            }
        }
    }

    /// Adds what qualifies the answer on that day.
    fn qualify(&self, answer: &mut RatingAnswer, withdrawn_evidence: &BTreeMap<Sequence, Dated>) {
        let as_of = answer.as_of;
        for request in self.results.iter().filter_map(|kept| kept.under_review(&self.results, as_of)) {
            answer.qualify(Caveat::UnderReview, request);
        }
        for (trigger, (from, until)) in &self.triggers {
            if *from <= as_of && until.is_none_or(|until| as_of < until) {
                answer.qualify(Caveat::ReassessmentTriggered, *trigger);
            }
        }
        let withdrawals: Vec<Sequence> = answer
            .statements
            .iter()
            .flat_map(|view| self.withdrawn_under(view, as_of, withdrawn_evidence))
            .collect();
        for withdrawal in withdrawals {
            answer.qualify(Caveat::RestsOnWithdrawnEvidence, withdrawal);
        }
        answer.caveats = answer.caveat_entries.keys().copied().collect();
    }

    /// The withdrawals of evidence that a score in force rests on.
    fn withdrawn_under(
        &self,
        view: &StatementView,
        as_of: Date,
        withdrawn_evidence: &BTreeMap<Sequence, Dated>,
    ) -> Vec<Sequence> {
        let scored_as = view.mapped_from.as_ref().map_or(&view.statement, |(_, from)| from);
        let evidence = self.cited_for(view.result, scored_as).flat_map(|(_, score)| &score.evidence);
        let withdrawn = evidence.filter_map(|item| withdrawn_evidence.get(item));
        withdrawn.filter(|withdrawal| withdrawal.begun(as_of)).map(|withdrawal| withdrawal.entry).collect()
    }
}
