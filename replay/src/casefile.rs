//! The case file of a subject: its assessments with evidence, requests, scores and challenges, its concerns and
//! triggers, as they stood at a moment.
//!
//! Folded from the subject's own history. What the coverage matrix counts: evidence submitted for the assessment,
//! and evidence its scores cite. Left out: the rating, which is the register's.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{CategoryId, Document, FrameworkId, OrganisationId, StatementId};
use ledger_core::assessment::event::{
    AssessmentOutcome, ChallengeOutcome, EvidenceSubmitted, FindingsPublished, Ground, Phase, RequestOutcome,
    Site, Wave,
};
use ledger_core::assessment::framework::{Framework, Method, Moderation, Score};
use ledger_core::assessment::risk::Severity;
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::history::SubjectHistory;
use crate::summary::spelled;

/// Whether something is still to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// Still open.
    Open,
    /// Dealt with.
    Closed,
}

/// An item of evidence.
#[derive(Debug, Clone, Serialize)]
pub struct EvidenceItem {
    /// Its entry.
    pub sequence: Sequence,
    /// What was submitted.
    pub evidence: EvidenceSubmitted,
    /// Who submitted it.
    pub author: String,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// Its documents that were erased.
    pub erased: Vec<Document>,
    /// Subjects and organisations it was shared with.
    pub shared_with: Vec<String>,
}

/// A request for evidence.
#[derive(Debug, Clone, Serialize)]
pub struct RequestCase {
    /// Its entry.
    pub sequence: Sequence,
    /// The assessment it is for.
    pub assessment: Option<Sequence>,
    /// Statement asked about.
    pub statement: StatementId,
    /// Category asked for.
    pub category: CategoryId,
    /// Who was asked.
    pub organisation: OrganisationId,
    /// When the answer is due.
    pub due: Date,
    /// Whether it is open.
    pub state: ItemState,
    /// How it ended.
    pub outcome: Option<RequestOutcome>,
}

/// A concern.
#[derive(Debug, Clone, Serialize)]
pub struct ConcernCase {
    /// Its entry.
    pub sequence: Sequence,
    /// How serious it is.
    pub severity: Severity,
    /// Statements it bears on.
    pub statements: Vec<StatementId>,
    /// Whether it is open.
    pub state: ItemState,
}

/// A trigger.
#[derive(Debug, Clone, Serialize)]
pub struct TriggerCase {
    /// Its entry.
    pub sequence: Sequence,
    /// What fired and what it asks.
    pub trigger: ledger_core::assessment::event::AssessmentTriggered,
    /// Whether it is open.
    pub state: ItemState,
    /// The entry that discharged it.
    pub discharged: Option<Sequence>,
}

/// A challenge.
#[derive(Debug, Clone, Serialize)]
pub struct ChallengeCase {
    /// Its entry.
    pub sequence: Sequence,
    /// Who challenged.
    pub organisation: OrganisationId,
    /// On which ground.
    pub ground: Ground,
    /// The statement it concerns.
    pub statement: Option<StatementId>,
    /// What became of it.
    pub outcome: Option<ChallengeOutcome>,
}

/// A current score.
#[derive(Debug, Clone, Serialize)]
pub struct ScoreCase {
    /// Statement.
    pub statement: StatementId,
    /// Category, under a category method.
    pub category: Option<CategoryId>,
    /// Score.
    pub score: Score,
    /// The score entry.
    pub entry: Sequence,
    /// Whether a panel has seen it.
    pub moderated: bool,
    /// Evidence it rests on.
    pub evidence: Vec<Sequence>,
}

/// The draft and its window.
#[derive(Debug, Clone, Serialize)]
pub struct DraftCase {
    /// Its entry.
    pub sequence: Sequence,
    /// Date of the email.
    pub emailed: Date,
    /// Last day of the window.
    pub closes: Date,
    /// Who got it.
    pub recipients: Vec<OrganisationId>,
    /// Who confirmed it.
    pub confirmed: Vec<OrganisationId>,
}

/// An assessment.
#[derive(Debug, Clone, Serialize)]
pub struct AssessmentCase {
    /// Its first entry.
    pub sequence: Sequence,
    /// Method.
    pub framework: FrameworkId,
    /// Where in the programme it belongs.
    pub phase: Phase,
    /// Statements in scope.
    pub statements: Vec<StatementId>,
    /// Current scores.
    pub scores: Vec<ScoreCase>,
    /// Current draft.
    pub draft: Option<DraftCase>,
    /// Challenges.
    pub challenges: Vec<ChallengeCase>,
    /// Published findings: their entry and what they say.
    pub findings: Option<(Sequence, FindingsPublished)>,
    /// Published rating's entry.
    pub published: Option<Sequence>,
    /// How it ended; open while absent.
    pub outcome: Option<AssessmentOutcome>,
}

/// Evidence for one statement and category.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CoverageCell {
    /// Items by wave.
    pub waves: BTreeMap<Wave, u32>,
    /// Items by site.
    pub sites: BTreeMap<Site, u32>,
    /// All items.
    pub total: u32,
}

/// The coverage matrix: statements in scope by categories of the framework.
#[derive(Debug, Clone, Serialize)]
pub struct Coverage {
    /// Columns.
    pub categories: Vec<CategoryId>,
    /// Rows in printed order, with a cell for each category.
    pub rows: Vec<(StatementId, Vec<CoverageCell>)>,
    /// What to do next.
    pub next_step: String,
}

/// Everything about one subject's cases.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CaseFile {
    /// Assessments, oldest first.
    pub assessments: Vec<AssessmentCase>,
    /// Evidence, oldest first.
    pub evidence: Vec<EvidenceItem>,
    /// Requests, oldest first.
    pub requests: Vec<RequestCase>,
    /// Concerns, oldest first.
    pub concerns: Vec<ConcernCase>,
    /// Triggers, oldest first.
    pub triggers: Vec<TriggerCase>,
}

impl CaseFile {
    /// The case file that a history amounts to.
    pub fn of(history: &SubjectHistory) -> Self {
        let mut file = CaseFile::default();
        history.readings.iter().for_each(|reading| file.apply(&reading.recorded));
        file
    }

    /// Takes the subject's next event.
    pub fn apply(&mut self, recorded: &Recorded) {
        let sequence = recorded.sequence;
        match &recorded.event {
            Event::AssessmentOpened(event) => self.assessments.push(AssessmentCase {
                sequence,
                framework: event.framework.clone(),
                phase: event.phase,
                statements: event.statements.clone(),
                scores: Vec::new(),
                draft: None,
                challenges: Vec::new(),
                findings: None,
                published: None,
                outcome: None,
            }),
            Event::AssessmentClosed(event) => {
                self.assessment_mut(event.assessment, |case| case.outcome = Some(event.outcome));
            }
            Event::FindingsPublished(event) => {
                self.assessment_mut(event.assessment, |case| case.findings = Some((sequence, event.clone())));
            }
            Event::RatingPublished(event) => {
                self.assessment_mut(event.assessment, |case| case.published = Some(sequence));
            }
            Event::ConcernRaised(event) => self.concerns.push(ConcernCase {
                sequence,
                severity: event.severity,
                statements: event.statements.clone(),
                state: ItemState::Open,
            }),
            Event::ConcernResolved(event) => {
                let concern = self.concerns.iter_mut().find(|case| case.sequence == event.concern);
                concern.into_iter().for_each(|case| case.state = ItemState::Closed);
            }
            Event::AssessmentTriggered(event) => self.triggers.push(TriggerCase {
                sequence,
                trigger: event.clone(),
                state: ItemState::Open,
                discharged: None,
            }),
            Event::TriggerDischarged(event) => {
                let trigger = self.triggers.iter_mut().find(|case| case.sequence == event.trigger);
                trigger.into_iter().for_each(|case| {
                    (case.state, case.discharged) = (ItemState::Closed, Some(sequence));
                });
            }
            _ => {
                self.apply_evidence(recorded);
                self.apply_score(recorded);
                self.apply_accuracy(recorded);
            }
        }
    }

    fn apply_evidence(&mut self, recorded: &Recorded) {
        let sequence = recorded.sequence;
        match &recorded.event {
            Event::EvidenceSubmitted(event) => self.evidence.push(EvidenceItem {
                sequence,
                evidence: event.clone(),
                author: recorded.author.to_string(),
                withdrawn: false,
                erased: Vec::new(),
                shared_with: Vec::new(),
            }),
            Event::EvidenceWithdrawn(event) => {
                self.evidence_mut(event.evidence, |item| item.withdrawn = true);
            }
            Event::EvidenceShared(event) => {
                let with = event.subject.as_ref().map(ToString::to_string);
                let with = with.or_else(|| event.organisation.as_ref().map(ToString::to_string));
                self.evidence_mut(event.evidence, |item| item.shared_with.extend(with));
            }
            Event::DocumentErased(event) => {
                for item in &mut self.evidence {
                    let erased = item.evidence.documents.iter().filter(|d| d.commitment == event.commitment);
                    item.erased.extend(erased.cloned());
                }
            }
            Event::EvidenceRequested(event) => self.requests.push(RequestCase {
                sequence,
                assessment: event.assessment,
                statement: event.statement.clone(),
                category: event.category.clone(),
                organisation: event.organisation.clone(),
                due: event.due,
                state: ItemState::Open,
                outcome: None,
            }),
            Event::EvidenceRequestClosed(event) => {
                let request = self.requests.iter_mut().find(|case| case.sequence == event.request);
                request.into_iter().for_each(|case| {
                    (case.state, case.outcome) = (ItemState::Closed, Some(event.outcome));
                });
            }
            _ => {}
        }
    }

    fn apply_score(&mut self, recorded: &Recorded) {
        let entry = recorded.sequence;
        match &recorded.event {
            Event::ScoreAssigned(event) => self.assessment_mut(event.assessment, |case| {
                case.scores.push(ScoreCase {
                    statement: event.statement.clone(),
                    category: event.category.clone(),
                    score: event.score,
                    entry,
                    moderated: false,
                    evidence: event.evidence.clone(),
                });
            }),
            Event::ScoreChanged(event) => self.assessment_mut(event.assessment, |case| {
                if let Some(score) = case.score_mut(&event.statement, event.category.as_ref()) {
                    (score.score, score.entry) = (event.score, entry);
                    score.evidence.clone_from(&event.evidence);
                    if event.decision.is_none() {
                        score.moderated = false;
                    }
                }
            }),
            Event::ScoreModerated(event) => self.assessment_mut(event.assessment, |case| {
                if let Some(score) = case.score_mut(&event.statement, event.category.as_ref()) {
                    (score.score, score.entry, score.moderated) = (event.score, entry, true);
                }
            }),
            _ => {}
        }
    }

    fn apply_accuracy(&mut self, recorded: &Recorded) {
        let sequence = recorded.sequence;
        match &recorded.event {
            Event::DraftShared(event) => self.assessment_mut(event.assessment, |case| {
                case.draft = Some(DraftCase {
                    sequence,
                    emailed: event.emailed,
                    closes: event.closes,
                    recipients: event.recipients.clone(),
                    confirmed: Vec::new(),
                });
            }),
            Event::AccuracyConfirmed(event) => {
                self.draft_mut(event.draft, |draft| draft.confirmed.push(event.organisation.clone()));
            }
            Event::AccuracyExtended(event) => {
                self.draft_mut(event.draft, |draft| draft.closes = event.closes)
            }
            Event::AccuracyChallenged(event) => {
                let of_draft = |case: &&mut AssessmentCase| {
                    case.draft.as_ref().is_some_and(|d| d.sequence == event.draft)
                };
                let case = self.assessments.iter_mut().find(of_draft);
                case.into_iter().for_each(|case| {
                    case.challenges.push(ChallengeCase {
                        sequence,
                        organisation: event.organisation.clone(),
                        ground: event.ground,
                        statement: event.statement.clone(),
                        outcome: None,
                    });
                });
            }
            Event::AccuracyDecided(event) => {
                let challenges = self.assessments.iter_mut().flat_map(|case| &mut case.challenges);
                let challenge = { challenges }.find(|challenge| challenge.sequence == event.challenge);
                challenge.into_iter().for_each(|challenge| challenge.outcome = Some(event.outcome));
            }
            _ => {}
        }
    }

    fn assessment_mut(&mut self, sequence: Sequence, change: impl FnOnce(&mut AssessmentCase)) {
        if let Some(case) = self.assessments.iter_mut().find(|case| case.sequence == sequence) {
            change(case);
        }
    }

    fn draft_mut(&mut self, sequence: Sequence, change: impl FnOnce(&mut DraftCase)) {
        let drafts = self.assessments.iter_mut().filter_map(|case| case.draft.as_mut());
        if let Some(draft) = { drafts }.find(|draft| draft.sequence == sequence) {
            change(draft);
        }
    }

    fn evidence_mut(&mut self, sequence: Sequence, change: impl FnOnce(&mut EvidenceItem)) {
        if let Some(item) = self.evidence.iter_mut().find(|item| item.sequence == sequence) {
            change(item);
        }
    }

    /// The assessment with this first entry.
    pub fn assessment(&self, sequence: Sequence) -> Option<&AssessmentCase> {
        self.assessments.iter().find(|case| case.sequence == sequence)
    }

    /// The coverage matrix of an assessment on a day, which the next step depends on.
    pub fn coverage(&self, case: &AssessmentCase, framework: &Framework, today: Date) -> Coverage {
        let categories: Vec<CategoryId> =
            framework.categories.iter().map(|category| category.id.clone()).collect();
        let cited: BTreeSet<Sequence> =
            case.scores.iter().flat_map(|score| score.evidence.iter().copied()).collect();
        let counts = |item: &&EvidenceItem| {
            !item.withdrawn
                && (item.evidence.assessment == Some(case.sequence) || cited.contains(&item.sequence))
        };
        let in_scope = framework.statements().filter(|statement| case.statements.contains(&statement.id));
        let rows = in_scope.map(|statement| {
            let cell = |category: &CategoryId| {
                let mut cell = CoverageCell::default();
                for item in self.evidence.iter().filter(counts) {
                    if item.evidence.category == *category && item.evidence.statements.contains(&statement.id)
                    {
                        *cell.waves.entry(item.evidence.wave).or_default() += 1;
                        *cell.sites.entry(item.evidence.site).or_default() += 1;
                        cell.total += 1;
                    }
                }
                cell
            };
            (statement.id.clone(), categories.iter().map(cell).collect())
        });
        let rows = rows.collect();
        Coverage { categories, rows, next_step: next_step(case, framework, today) }
    }
}

impl AssessmentCase {
    fn score_mut(
        &mut self,
        statement: &StatementId,
        category: Option<&CategoryId>,
    ) -> Option<&mut ScoreCase> {
        let is_it =
            |score: &&mut ScoreCase| score.statement == *statement && score.category.as_ref() == category;
        self.scores.iter_mut().find(is_it)
    }

    /// Statements in scope without a score.
    pub fn unscored(&self) -> Vec<&StatementId> {
        let scored = |id: &StatementId| self.scores.iter().any(|score| score.statement == *id);
        self.statements.iter().filter(|id| !scored(id)).collect()
    }
}

/// The next thing to do in an assessment, named.
fn next_step(case: &AssessmentCase, framework: &Framework, today: Date) -> String {
    if let Some(outcome) = case.outcome {
        return format!("none: the assessment was closed ({})", spelled(&outcome));
    }
    if let Some(statement) = case.unscored().first() {
        let what = if framework.method == Method::Category { "its categories" } else { "it" };
        return format!("score {statement}: gather evidence for it, then score {what} (score assign)");
    }
    let unmoderated = case.scores.iter().find(|score| !score.moderated);
    if let (Moderation::Required, Some(score)) = (framework.moderation, unmoderated) {
        return format!("moderate the score of {} (score moderate)", score.statement);
    }
    let Some(draft) = &case.draft else {
        return "share the draft for its factual accuracy check (draft share)".to_owned();
    };
    if let Some(challenge) = case.challenges.iter().find(|challenge| challenge.outcome.is_none()) {
        return format!("decide challenge {} (accuracy decide)", challenge.sequence);
    }
    let all_confirmed = draft.recipients.iter().all(|organisation| draft.confirmed.contains(organisation));
    if today <= draft.closes && !all_confirmed {
        return format!(
            "wait for the window to close at the end of {}, or for every confirmation",
            draft.closes
        );
    }
    match (&case.findings, case.published) {
        (None, _) => "publish the findings (findings publish)".to_owned(),
        (Some(_), None) => {
            "publish the rating (publish), or close as findings-only (assessment close)".to_owned()
        }
        (Some(_), Some(_)) => "close the assessment (assessment close)".to_owned(),
    }
}
