//! The assessment report: what was found and how it was rated, for people, from the log and the vault.
//!
//! [`Report::draft`] shows an open assessment, [`Report::published`] the latest publication. The same data is
//! rendered as text, Markdown, HTML or JSON. A report says DRAFT or PUBLISHED, its sequence and hash, and that its
//! actors are asserted, not authenticated. The words are in documents; one that was erased is shown as a gap.

mod render;

use std::collections::BTreeMap;

use ledger_core::assessment::Event;
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Document, FrameworkId, Name, StatementId, Subject};
use ledger_core::assessment::event::{
    FindingsPublished, ItemKind, NarrativeSection, Phase, RatingTranscribed,
};
use ledger_core::assessment::framework::{Framework, Percent, Rating, Score};
use ledger_core::assessment::rating::{derive, statement_score};
use ledger_core::store::{Document as Stored, Vault};
use ledger_core::values::{Hash, Sequence, Timestamp};
use serde::Serialize;

use crate::casefile::{AssessmentCase, CaseFile, ChallengeCase, DraftCase};
use crate::context::Contexts;
use crate::explain::ErasedStep;
use crate::history::SubjectHistory;
use crate::projection::Projection;
use crate::register::{Caveat, PrintedView, RatingAnswer, ThemeView};

pub use render::Format;

/// Whether a report is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Standing {
    /// For factual accuracy only.
    Draft,
    /// Published.
    Published,
}

/// The text of a document, or why it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Words {
    /// The text.
    Text(String),
    /// It was erased: how, if an entry of the subject's own history says so.
    Erased(Option<ErasedStep>),
    /// The vault does not hold it.
    NotHeld,
    /// It is not text.
    NotText,
}

impl Words {
    fn of(document: &Document, history: &SubjectHistory, vault: &dyn Vault) -> Self {
        let readings = history.readings.iter().map(|reading| &reading.recorded);
        if let Some(erased) = ErasedStep::all(readings).remove(&document.commitment) {
            return Words::Erased(Some(erased));
        }
        match vault.get(&document.commitment) {
            Ok(Stored::Found { content, .. }) => {
                String::from_utf8(content).map_or(Words::NotText, Words::Text)
            }
            Ok(Stored::Erased) => Words::Erased(None),
            Ok(Stored::Unknown) | Err(_) => Words::NotHeld,
        }
    }
}

/// A statement in a report.
#[derive(Debug, Clone, Serialize)]
pub struct StatementReport {
    /// Id.
    pub id: StatementId,
    /// Printed name.
    pub name: Name,
    /// Score; null where there is none or scores are not published.
    pub score: Option<Score>,
    /// The day the score counts from, if carried forward from an earlier result.
    pub carried_from: Option<Date>,
    /// Items of evidence the score rests on, in this assessment.
    pub evidence: Option<usize>,
    /// Items of the result about it: kind and id.
    pub items: Vec<(ItemKind, String)>,
}

/// A theme in a report.
#[derive(Debug, Clone, Serialize)]
pub struct ThemeReport {
    /// Its score.
    pub score: ThemeView,
    /// Printed name.
    pub name: Name,
    /// Its statements.
    pub statements: Vec<StatementReport>,
}

/// A report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `SIMULATED CLOCK`, `EXAMPLE`.
    pub notices: Vec<&'static str>,
    /// Draft or published.
    pub standing: Standing,
    /// The subject.
    pub subject: Subject,
    /// Its name.
    pub name: Option<Name>,
    /// The entry it is about: the publication, the draft, or the assessment's first.
    pub sequence: Sequence,
    /// BLAKE3 of that entry.
    pub hash: Hash,
    /// When that entry was recorded.
    pub recorded_time: Timestamp,
    /// The assessment.
    pub assessment: Option<Sequence>,
    /// Where in the programme it belongs.
    pub phase: Option<Phase>,
    /// The method.
    pub framework: FrameworkId,
    /// Its printed title.
    pub framework_title: Name,
    /// Resources and context of the area, in one line, on the day the entry was recorded.
    pub context: String,
    /// Overall percentage.
    pub percent: Option<Percent>,
    /// Overall rating.
    pub rating: Option<Rating>,
    /// What qualifies the rating.
    pub caveats: Vec<Caveat>,
    /// Themes and statements.
    pub themes: Vec<ThemeReport>,
    /// Topics and duties with a commentary: id and name.
    pub commentary: Vec<(String, String)>,
    /// Priorities addressed.
    pub priorities: Vec<String>,
    /// Other parts the narrative has.
    pub sections: Vec<NarrativeSection>,
    /// Regulations breached.
    pub breaches: Vec<String>,
    /// The words of the result.
    pub narrative: Option<Words>,
    /// The factual accuracy check.
    pub draft: Option<DraftCase>,
    /// Challenges and what became of them.
    pub challenges: Vec<ChallengeCase>,
    /// Where it was published, for a transcription.
    pub source: Option<String>,
    /// What the source printed, for a transcription.
    pub printed: Option<PrintedView>,
    /// Entries that corrected the one it is about, oldest first.
    pub corrections: Vec<Sequence>,
}

/// Why there is no such report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReport {
    /// Nothing is published.
    #[error("{0} has no published result; `--draft` shows an open assessment")]
    NotPublished(Subject),
    /// No assessment is open.
    #[error("{0} has no open assessment; leave out `--draft` for the published report")]
    NoDraft(Subject),
}

impl Report {
    /// The report of the open assessment as its scores stand: the latest, if several are open. Scores in force on
    /// the day are carried forward to statements out of its scope, as its publication will.
    pub fn draft(
        history: &SubjectHistory,
        as_of: Date,
        vault: &dyn Vault,
        notices: Vec<&'static str>,
    ) -> Result<Self, NoReport> {
        let file = CaseFile::of(history);
        let none = || NoReport::NoDraft(history.subject.clone());
        let case = file.assessments.iter().rev().find(|case| case.outcome.is_none()).ok_or_else(none)?;
        let framework = history.register.framework(&case.framework).ok_or_else(none)?;
        let about = case.draft.as_ref().map_or(case.sequence, |draft| draft.sequence);
        let mut report = Self::about(history, framework, about, notices).ok_or_else(none)?;
        report.standing = Standing::Draft;
        report.take_case(case, history, vault);
        let mut scores = scores_of(case, framework);
        report.carry_forward(history, as_of, case, &mut scores);
        let derivation = derive(framework, &scores, !report.breaches.is_empty());
        (report.percent, report.rating) = (derivation.percent, derivation.rating);
        for (theme, result) in report.themes.iter_mut().zip(&derivation.themes) {
            theme.score = ThemeView::from(result);
            for statement in &mut theme.statements {
                statement.score = scores.get(&statement.id).copied();
            }
        }
        Ok(report)
    }

    /// The report of the result in force on a day.
    pub fn published(
        history: &SubjectHistory,
        as_of: Date,
        vault: &dyn Vault,
        notices: Vec<&'static str>,
    ) -> Result<Self, NoReport> {
        let none = || NoReport::NotPublished(history.subject.clone());
        let answer = history.register.rating(&history.subject, as_of);
        let file = CaseFile::of(history);
        let Some(result) = &answer.result else {
            return Self::findings_only(history, &file, vault, notices).ok_or_else(none);
        };
        let framework =
            answer.framework.as_ref().and_then(|id| history.register.framework(id)).ok_or_else(none)?;
        let mut report = Self::about(history, framework, result.sequence, notices).ok_or_else(none)?;
        report.source = result.source.as_ref().map(ToString::to_string);
        report.printed = answer.printed;
        report.corrections.clone_from(&result.corrections);
        if let Some(case) = result.assessment.and_then(|assessment| file.assessment(assessment)) {
            report.take_case(case, history, vault);
        } else if let Some(note) =
            transcription(history, result.sequence).and_then(|event| event.note.as_ref())
        {
            report.narrative = Some(Words::of(note, history, vault));
        }
        report.take_rating(&answer);
        Ok(report)
    }

    /// Findings published without a rating.
    fn findings_only(
        history: &SubjectHistory,
        file: &CaseFile,
        vault: &dyn Vault,
        notices: Vec<&'static str>,
    ) -> Option<Self> {
        let case = file.assessments.iter().rev().find(|case| case.findings.is_some())?;
        let framework = history.register.framework(&case.framework)?;
        let (sequence, _) = case.findings.as_ref()?;
        let mut report = Self::about(history, framework, *sequence, notices)?;
        report.take_case(case, history, vault);
        Some(report)
    }

    /// An empty report about the entry at `sequence` of the history.
    fn about(
        history: &SubjectHistory,
        framework: &Framework,
        sequence: Sequence,
        notices: Vec<&'static str>,
    ) -> Option<Self> {
        let reading = history.readings.iter().find(|reading| reading.recorded.sequence == sequence)?;
        let derivation = derive(framework, &BTreeMap::new(), false);
        let mut contexts = Contexts::default();
        history.readings.iter().for_each(|reading| contexts.apply(&reading.recorded));
        let themes = framework.themes.iter().zip(&derivation.themes).map(|(theme, result)| ThemeReport {
            score: ThemeView::from(result),
            name: theme.name.clone(),
            statements: theme
                .statements
                .iter()
                .map(|statement| StatementReport {
                    id: statement.id.clone(),
                    name: statement.name.clone(),
                    score: None,
                    carried_from: None,
                    evidence: None,
                    items: Vec::new(),
                })
                .collect(),
        });
        Some(Report {
            notices,
            standing: Standing::Published,
            subject: history.subject.clone(),
            name: history.register.area(&history.subject).map(|area| area.name.clone()),
            sequence,
            hash: reading.hash,
            recorded_time: reading.recorded.recorded_time,
            assessment: None,
            phase: None,
            framework: framework.id.clone(),
            framework_title: framework.title.clone(),
            context: contexts.line(&history.subject, Date::in_london(reading.recorded.recorded_time)),
            percent: None,
            rating: None,
            caveats: Vec::new(),
            themes: themes.collect(),
            commentary: Vec::new(),
            priorities: Vec::new(),
            sections: Vec::new(),
            breaches: Vec::new(),
            narrative: None,
            draft: None,
            challenges: Vec::new(),
            source: None,
            printed: None,
            corrections: Vec::new(),
        })
        .map(|report| report.with_tags(framework))
    }

    fn with_tags(mut self, framework: &Framework) -> Self {
        let tags = framework.topics.iter().chain(&framework.duties);
        self.commentary = tags.map(|tag| (tag.id.to_string(), tag.name.to_string())).collect();
        self
    }

    fn take_case(&mut self, case: &AssessmentCase, history: &SubjectHistory, vault: &dyn Vault) {
        self.assessment = Some(case.sequence);
        self.phase = Some(case.phase);
        self.draft.clone_from(&case.draft);
        self.challenges.clone_from(&case.challenges);
        for statement in self.themes.iter_mut().flat_map(|theme| &mut theme.statements) {
            let scores = case.scores.iter().filter(|score| score.statement == statement.id);
            let evidence: Vec<usize> = scores.map(|score| score.evidence.len()).collect();
            statement.evidence = (!evidence.is_empty()).then(|| evidence.iter().sum());
        }
        match &case.findings {
            Some((_, findings)) => self.take_findings(findings, history, vault),
            None => self.commentary.clear(),
        }
    }

    fn take_findings(&mut self, findings: &FindingsPublished, history: &SubjectHistory, vault: &dyn Vault) {
        self.commentary.retain(|(id, _)| findings.commentary.iter().any(|tag| tag.as_str() == id));
        self.priorities = findings.priorities.iter().map(ToString::to_string).collect();
        self.sections.clone_from(&findings.sections);
        self.breaches = findings.breaches.iter().map(ToString::to_string).collect();
        self.narrative = Some(Words::of(&findings.narrative, history, vault));
        for statement in self.themes.iter_mut().flat_map(|theme| &mut theme.statements) {
            let about = findings.items.iter().filter(|item| item.statement == statement.id);
            statement.items = about.map(|item| (item.kind, item.id.to_string())).collect();
        }
    }

    /// Fills in what the assessment leaves as it is: the scores in force for statements out of its scope.
    fn carry_forward(
        &mut self,
        history: &SubjectHistory,
        as_of: Date,
        case: &AssessmentCase,
        scores: &mut BTreeMap<StatementId, Score>,
    ) {
        let stands = history.register.rating(&history.subject, as_of);
        if stands.framework.as_ref() != Some(&case.framework) {
            return;
        }
        for statement in self.themes.iter_mut().flat_map(|theme| &mut theme.statements) {
            let view = stands.statements.iter().find(|view| view.statement == statement.id);
            let (Some(view), false) = (view, case.statements.contains(&statement.id)) else { continue };
            scores.insert(statement.id.clone(), view.score);
            statement.carried_from = Some(view.effective);
        }
    }

    fn take_rating(&mut self, answer: &RatingAnswer) {
        (self.percent, self.rating) = (answer.percent, answer.rating);
        self.caveats.clone_from(&answer.caveats);
        for (theme, score) in self.themes.iter_mut().zip(&answer.themes) {
            theme.score = score.clone();
            for statement in &mut theme.statements {
                if let Some(view) = answer.statements.iter().find(|view| view.statement == statement.id) {
                    statement.score = Some(view.score);
                    statement.carried_from = view.carried_forward.then_some(view.effective);
                }
            }
        }
    }
}

fn transcription(history: &SubjectHistory, sequence: Sequence) -> Option<&RatingTranscribed> {
    let reading = history.readings.iter().find(|reading| reading.recorded.sequence == sequence)?;
    if let Event::RatingTranscribed(event) = &reading.recorded.event { Some(event) } else { None }
}

/// One score per statement, combined from categories where the method asks.
fn scores_of(case: &AssessmentCase, framework: &Framework) -> BTreeMap<StatementId, Score> {
    let mut by_statement: BTreeMap<StatementId, Vec<(bool, Score)>> = BTreeMap::new();
    for score in &case.scores {
        by_statement
            .entry(score.statement.clone())
            .or_default()
            .push((score.category.is_some(), score.score));
    }
    let combined = by_statement.into_iter().filter_map(|(statement, scores)| match scores.as_slice() {
        [(false, score)] => Some((statement, *score)),
        categories => {
            let scores: Vec<Score> = categories.iter().map(|(_, score)| *score).collect();
            statement_score(framework, &scores).map(|(_, score)| (statement, score))
        }
    });
    combined.collect()
}
