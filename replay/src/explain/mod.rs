//! Why a rating is what it is: the derivation as a tree, from the overall rating down to the evidence.
//!
//! [`Explanation::read`] computes it from a subject's history: the scores in force as the register has them, the
//! arithmetic made again, and every entry on the way with its actor, its two times and its hash. It is plain data;
//! `text.rs`, `dot.rs` and `prov.rs` render it for people, for Graphviz and as W3C PROV. Left out: what the documents
//! say, which is in the vault, and how the answer would have been otherwise.

mod arithmetic;
mod dot;
mod named;
mod parts;
mod prov;
mod results;
mod scores;
mod sources;
mod text;

use std::collections::BTreeSet;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{FrameworkId, Name, Origin, StatementId, Subject};
use ledger_core::assessment::framework::{
    Framework, LimiterScope, Overall, Percent, Rating, Rounding, Score,
};
use ledger_core::values::{Hash, Length, Sequence};
use schemars::JsonSchema;
use serde::Serialize;

pub use arithmetic::{BreachStep, Calculation, LimiterStep};
pub use parts::{
    AssessmentStep, ChallengeStep, ConfirmedBy, CorrectionStep, DocumentStep, DraftStep, EntryStep,
    ErasedStep, EvidenceStep, GivenStep, MappedFrom, ResultStep, ReviewStep, ScoreDeed, ScoreStep,
    StatementStep, ThemeStep, TranscriptionStep, WithdrawnStep,
};

use crate::clocks::KnownAt;
use crate::history::SubjectHistory;
use crate::log::{Log, ReplayError};
use crate::register::{Caveat, PredecessorView, RatingAnswer, ResultView, Status};
use sources::Sources;

/// How much of the log was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct KnownHead {
    /// How many entries.
    pub entries: u64,
    /// BLAKE3 of the last of them.
    pub hash: Hash,
}

/// Why a subject's rating is what it is, on a day, as known at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Explanation {
    /// The ledger.
    pub origin: Origin,
    /// What every output of that ledger says: that its clock is simulated, that it is an example.
    pub notices: Vec<String>,
    /// The subject.
    pub subject: Subject,
    /// Its name, if registered.
    pub name: Option<Name>,
    /// The day asked about.
    pub as_of: Date,
    /// The moment asked about.
    pub known_at: String,
    /// What was known then.
    pub head: KnownHead,
    /// What can be said.
    pub status: Status,
    /// `derived`, `as-printed` or `incomplete`; null without a result.
    pub basis: Option<String>,
    /// The overall percentage, computed.
    pub percent: Option<Percent>,
    /// The overall rating, computed, or as printed where `basis` says so.
    pub rating: Option<Rating>,
    /// The method.
    pub framework: Option<FrameworkId>,
    /// The entry that adopted the method.
    pub adopted: Option<Sequence>,
    /// How the overall rating was calculated; null where it was not.
    pub calculation: Option<Calculation>,
    /// Why there is no calculation, and what else must be said.
    pub remarks: Vec<String>,
    /// What qualifies the rating.
    pub caveats: Vec<Caveat>,
    /// The triggers that are open on that day.
    pub triggers: Vec<Sequence>,
    /// The result the rating dates from.
    pub result: Option<Sequence>,
    /// The statement asked about; null for all.
    pub only: Option<StatementId>,
    /// Themes in printed order, with the statements asked about.
    pub themes: Vec<ThemeStep>,
    /// Statements of the method without a score, in printed order.
    pub missing: Vec<StatementId>,
    /// The evidence under the scores shown, in the order of the log.
    pub evidence: Vec<EvidenceStep>,
    /// The results that the scores shown come from, the one the rating dates from, and those under review; in the
    /// order of the log.
    pub results: Vec<ResultStep>,
    /// Later results whose own method has no score yet for every statement, so that the older rating stands.
    pub waiting: Vec<Sequence>,
    /// Results that no longer stand.
    pub withdrawn: Vec<WithdrawnStep>,
    /// Areas that have succeeded the subject by that day.
    pub successors: Vec<Subject>,
    /// What stood for the areas it follows.
    pub predecessors: Vec<PredecessorView>,
    /// Choices of our own in the method, as far as this answer rests on them.
    pub own_choices: Vec<String>,
    /// Every entry named above, in the order of the log.
    pub entries: Vec<EntryStep>,
}

impl Explanation {
    /// Explains the rating of a history's subject on `as_of`; `known_at` is the moment the history was read for, and
    /// with `only` no other statement is shown. None if the method has no such statement. Cost: reading each entry
    /// that the scores cite outside the history, and the histories of the subjects these belong to.
    pub fn read(
        log: &Log,
        history: &SubjectHistory,
        as_of: Date,
        known_at: KnownAt,
        only: Option<&StatementId>,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Result<Option<Self>, ReplayError> {
        let answer = history.register.rating(&history.subject, as_of);
        let mut explanation = Self::begun(log, history, answer.clone(), known_at);
        let method = answer.framework.as_ref().and_then(|id| history.register.framework(id));
        if let Some(only) = only {
            if method.is_none_or(|framework| framework.statement(only).is_none()) {
                return Ok(None);
            }
            explanation.only = Some(only.clone());
        }
        if let Some(framework) = method {
            explanation.themes = themes(framework, history, &answer, only);
        }
        let statements = explanation.themes.iter().flat_map(|theme| &theme.statements);
        let cited = scores::cited(statements);
        let sources = Sources::read(log, history, &cited, progress)?;
        explanation.add_sources(&sources, history, &cited);
        if let Some(framework) = method {
            explanation.adopted = sources.adoption(&framework.id);
            explanation.calculate(framework, &answer);
        }
        explanation.remark(method, &answer);
        explanation.entries = sources.entries(&named::entries(&explanation));
        Ok(Some(explanation))
    }

    /// The explanation as a tree of lines for people.
    pub fn text(&self) -> String {
        text::text(self)
    }

    /// The explanation as a drawing for Graphviz.
    pub fn dot(&self) -> String {
        dot::dot(self)
    }

    /// The explanation as W3C PROV-JSON.
    pub fn prov(&self) -> String {
        prov::prov(self)
    }

    /// The item of evidence with this entry. They are in order.
    fn evidence_at(&self, entry: Sequence) -> Option<&EvidenceStep> {
        let place = self.evidence.binary_search_by_key(&entry, |item| item.entry).ok()?;
        self.evidence.get(place)
    }

    /// The entry at this position, if it is named. They are in order.
    fn entry_at(&self, sequence: Sequence) -> Option<&EntryStep> {
        let place = self.entries.binary_search_by_key(&sequence, |entry| entry.sequence).ok()?;
        self.entries.get(place)
    }

    fn begun(log: &Log, history: &SubjectHistory, answer: RatingAnswer, known_at: KnownAt) -> Self {
        Explanation {
            origin: log.founded().origin.clone(),
            notices: log.notices().into_iter().map(ToOwned::to_owned).collect(),
            subject: answer.subject,
            name: answer.name,
            as_of: answer.as_of,
            known_at: known_at.to_string(),
            head: KnownHead { entries: history.head.length.0, hash: history.head.hash },
            status: answer.status,
            basis: answer.basis.map(ToOwned::to_owned),
            percent: answer.percent,
            rating: answer.rating,
            framework: answer.framework,
            adopted: None,
            calculation: None,
            remarks: Vec::new(),
            caveats: answer.caveats,
            triggers: Vec::new(),
            result: answer.result.map(|result| result.sequence),
            only: None,
            themes: Vec::new(),
            missing: answer.missing,
            evidence: Vec::new(),
            results: Vec::new(),
            waiting: Vec::new(),
            withdrawn: Vec::new(),
            successors: answer.successors.into_iter().map(|successor| successor.subject).collect(),
            predecessors: answer.predecessors,
            own_choices: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn add_sources(&mut self, sources: &Sources<'_>, history: &SubjectHistory, cited: &BTreeSet<Sequence>) {
        let evidence =
            cited.iter().filter_map(|at| scores::evidence(sources, &self.subject, *at, self.as_of));
        self.evidence = evidence.collect();
        self.withdrawn = results::withdrawn(sources, self.as_of);
        self.triggers = results::triggers(sources, self.as_of);
        let statements = self.themes.iter().flat_map(|theme| &theme.statements);
        let shown = statements.filter_map(|statement| statement.result).chain(self.result);
        let shown: BTreeSet<Sequence> = shown.chain(results::under_review(sources, self.as_of)).collect();
        let on_record: Vec<(ResultView, &FrameworkId)> = history.register.results(&self.subject).collect();
        let used = on_record.iter().filter(|(view, _)| shown.contains(&view.sequence));
        self.results = used
            .filter_map(|(view, framework)| results::result(sources, view, framework, self.as_of))
            .collect();
        self.waiting = self.waiting_among(&on_record);
    }

    /// Results later than the one the rating dates from, which nevertheless stands.
    fn waiting_among(&self, on_record: &[(ResultView, &FrameworkId)]) -> Vec<Sequence> {
        let dates_from = on_record.iter().find(|(view, _)| Some(view.sequence) == self.result);
        let Some((dates_from, _)) = dates_from else { return Vec::new() };
        let later = on_record.iter().map(|(view, _)| view).filter(|view| {
            view.effective <= self.as_of
                && (view.effective, view.sequence) > (dates_from.effective, dates_from.sequence)
                && !self.withdrawn.iter().any(|withdrawn| withdrawn.result == view.sequence)
        });
        later.map(|view| view.sequence).collect()
    }

    fn calculate(&mut self, framework: &Framework, answer: &RatingAnswer) {
        let complete = !answer.themes.is_empty() && answer.missing.is_empty();
        if !complete {
            return;
        }
        let scores = scores_of(answer);
        let mut calculation = match framework.overall {
            Overall::FlatSumOfStatements => {
                let mut flat =
                    arithmetic::of_scores(framework, scores.iter().map(|(_, score)| *score).collect());
                arithmetic::limit(&mut flat, framework, LimiterScope::Overall, &scores);
                flat
            }
            Overall::ThemeRatings => {
                arithmetic::of_themes(answer.themes.iter().filter_map(|theme| theme.rating).collect())
            }
        };
        let latest = self.results.iter().find(|result| Some(result.entry) == self.result);
        let assessment = latest.and_then(|result| result.assessment.as_ref());
        let breached = assessment.filter(|assessment| !assessment.breaches.is_empty());
        let breach = breached.map(|assessment| BreachStep {
            findings: assessment.findings,
            regulations: assessment.breaches.clone(),
        });
        arithmetic::cap(&mut calculation, breach);
        self.calculation = Some(calculation);
    }

    /// Says why there is no calculation, and which choices of ours the answer rests on.
    fn remark(&mut self, method: Option<&Framework>, answer: &RatingAnswer) {
        let scored = answer.statements.len();
        let of = scored + answer.missing.len();
        self.remarks.extend(match answer.status {
            Status::NotYetAssessed => Some("no result counts on this day".to_owned()),
            Status::Withdrawn => Some("every result that counts on this day was withdrawn".to_owned()),
            Status::Ended => {
                Some("the area has ended: its last result is shown, which no successor inherits".to_owned())
            }
            Status::InForce => None,
        });
        self.remarks.extend(match answer.basis {
            Some("as-printed") => Some(format!(
                "the rating is as its source printed it: {scored} of {of} statement scores are known, so none is computed"
            )),
            Some("incomplete") => {
                Some(format!("no overall until every statement has once been scored: {scored} of {of} are"))
            }
            _ => None,
        });
        self.own_choices = own_choices(self, method);
    }
}

/// The scores in force, in printed order.
fn scores_of(answer: &RatingAnswer) -> Vec<(StatementId, Score)> {
    answer.statements.iter().map(|view| (view.statement.clone(), view.score)).collect()
}

fn themes(
    framework: &Framework,
    history: &SubjectHistory,
    answer: &RatingAnswer,
    only: Option<&StatementId>,
) -> Vec<ThemeStep> {
    let shown = |id: &StatementId| only.is_none_or(|only| only == id);
    let mut themes = Vec::new();
    for (theme, view) in framework.themes.iter().zip(&answer.themes) {
        if !theme.statements.iter().any(|statement| shown(&statement.id)) {
            continue;
        }
        let inside = |id: &StatementId| theme.statements.iter().any(|statement| statement.id == *id);
        let scores: Vec<(StatementId, Score)> =
            scores_of(answer).into_iter().filter(|(id, _)| inside(id)).collect();
        let calculation = view.rating.map(|_| {
            let values = scores.iter().map(|(_, score)| *score).collect();
            let mut calculation = arithmetic::of_scores(framework, values);
            arithmetic::limit(&mut calculation, framework, LimiterScope::Theme, &scores);
            calculation
        });
        let statements = theme.statements.iter().filter(|statement| shown(&statement.id)).map(|statement| {
            let view = answer.statements.iter().find(|view| view.statement == statement.id);
            scores::statement(&history.readings, &history.register, statement, view)
        });
        themes.push(ThemeStep {
            id: theme.id.clone(),
            name: theme.name.clone(),
            scored: u32::try_from(scores.len()).unwrap_or(u32::MAX),
            statements_of_theme: u32::try_from(theme.statements.len()).unwrap_or(u32::MAX),
            percent: view.percent,
            rating: view.rating,
            calculation,
            statements: statements.collect(),
        });
    }
    themes
}

fn own_choices(explanation: &Explanation, method: Option<&Framework>) -> Vec<String> {
    use ledger_core::assessment::codes::AreaKind;
    let computed = explanation.calculation.is_some();
    let is = |kind: AreaKind| method.is_some_and(|framework| framework.subject_kind == kind);
    let rounds_up = method.is_some_and(|framework| framework.rounding == Rounding::Ceiling);
    let provider = method.is_some_and(|framework| framework.overall == Overall::ThemeRatings);
    let choices = [
        (computed && rounds_up, "rounding up is inferred from published results"),
        (
            computed && is(AreaKind::Ics),
            "the percentage method for integrated care systems is our own choice",
        ),
        (computed && provider, "the overall of a provider from its key questions is our own choice of rule"),
        (
            !explanation.waiting.is_empty(),
            "that the older rating stands until all is scored anew is our own choice",
        ),
        (
            !explanation.withdrawn.is_empty(),
            "that the result before a withdrawn one stands again is our own choice",
        ),
        (!explanation.predecessors.is_empty(), "that a successor inherits no rating is our own choice"),
    ];
    choices.into_iter().filter(|(applies, _)| *applies).map(|(_, choice)| choice.to_owned()).collect()
}
