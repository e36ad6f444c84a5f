//! The state of one subject: what is open about it on a day, as known at a moment.
//!
//! Its open assessments with how far they are, requests, challenges, concerns, triggers and deadlines, from
//! its own entries. An entry belongs to it that counts on that day. Left out: what was dealt with, which the
//! case file and the history have, and the whole country's, which is `ongoing/`.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{FrameworkId, Name, StatementId, Subject};
use ledger_core::assessment::event::Phase;
use ledger_core::assessment::framework::{Percent, Rating};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::casefile::{
    AssessmentCase, CaseFile, ChallengeCase, ConcernCase, DraftCase, ItemState, RequestCase, TriggerCase,
};
use crate::deadlines::Deadlines;
use crate::history::SubjectHistory;
use crate::ongoing::{Ongoing, counts_on};
use crate::register::{Caveat, Status};

/// An open assessment and how far it is.
#[derive(Debug, Clone, Serialize)]
pub struct OpenAssessmentView {
    /// Its first entry.
    pub sequence: Sequence,
    /// Method.
    pub framework: FrameworkId,
    /// Where in the programme it belongs.
    pub phase: Phase,
    /// Statements in scope.
    pub statements: usize,
    /// Of these with a score.
    pub scored: usize,
    /// Of these with a score that a panel has seen, in each category that has one.
    pub moderated: usize,
    /// Items of evidence submitted for it or cited in it, not withdrawn.
    pub evidence: usize,
    /// The current draft and its window.
    pub draft: Option<DraftCase>,
    /// The entry of its findings.
    pub findings: Option<Sequence>,
    /// The entry of its rating.
    pub published: Option<Sequence>,
    /// What to do next.
    pub next_step: String,
}

/// What is open about a subject.
#[derive(Debug, Clone, Serialize)]
pub struct StateView {
    /// The subject.
    pub subject: Subject,
    /// Its name, if registered.
    pub name: Option<Name>,
    /// The day asked about.
    pub as_of: Date,
    /// What can be said about its rating.
    pub status: Status,
    /// Percentage in force.
    pub percent: Option<Percent>,
    /// Rating in force.
    pub rating: Option<Rating>,
    /// What qualifies it.
    pub caveats: Vec<Caveat>,
    /// Open assessments, oldest first.
    pub assessments: Vec<OpenAssessmentView>,
    /// Open requests.
    pub requests: Vec<RequestCase>,
    /// Challenges in open assessments that are undecided.
    pub challenges: Vec<ChallengeCase>,
    /// Open concerns.
    pub concerns: Vec<ConcernCase>,
    /// Open triggers.
    pub triggers: Vec<TriggerCase>,
    /// What is owed, overdue first.
    pub deadlines: Deadlines,
}

impl StateView {
    /// What is open on a day by a subject's history. `ongoing` is of the same subject, day and moment. Cost:
    /// a look at each entry of the history.
    pub fn of(history: &SubjectHistory, ongoing: &Ongoing, as_of: Date) -> Self {
        let file = file_on(history, as_of);
        let register = &history.register;
        let answer = register.rating(&history.subject, as_of);
        let open = file.assessments.iter().filter(|case| case.outcome.is_none());
        let challenges = open.clone().flat_map(|case| &case.challenges);
        let open_state = |state: ItemState| state == ItemState::Open;
        StateView {
            subject: history.subject.clone(),
            name: answer.name,
            as_of,
            status: answer.status,
            percent: answer.percent,
            rating: answer.rating,
            caveats: answer.caveats,
            assessments: open.map(|case| assessment(history, &file, case, as_of)).collect(),
            requests: file.requests.iter().filter(|item| open_state(item.state)).cloned().collect(),
            challenges: challenges.filter(|challenge| challenge.outcome.is_none()).cloned().collect(),
            concerns: file.concerns.iter().filter(|item| open_state(item.state)).cloned().collect(),
            triggers: file.triggers.iter().filter(|item| open_state(item.state)).cloned().collect(),
            deadlines: Deadlines::of(register, ongoing, &history.subject, as_of),
        }
    }
}

/// The case file of the entries that count on a day.
fn file_on(history: &SubjectHistory, as_of: Date) -> CaseFile {
    let mut file = CaseFile::default();
    let counting = history.readings.iter().filter(|reading| counts_on(&reading.recorded, as_of));
    counting.for_each(|reading| file.apply(&reading.recorded));
    file
}

fn assessment(
    history: &SubjectHistory,
    file: &CaseFile,
    case: &AssessmentCase,
    as_of: Date,
) -> OpenAssessmentView {
    let is_scored = |id: &StatementId| case.scores.iter().any(|score| score.statement == *id);
    let is_moderated =
        |id: &StatementId| case.scores.iter().all(|score| score.statement != *id || score.moderated);
    let scored = case.statements.iter().filter(|id| is_scored(id));
    let moderated = scored.clone().filter(|id| is_moderated(id)).count();
    let cited = |sequence| case.scores.iter().any(|score| score.evidence.contains(&sequence));
    let evidence = file.evidence.iter().filter(|item| {
        !item.withdrawn && (item.evidence.assessment == Some(case.sequence) || cited(item.sequence))
    });
    let framework = history.register.framework(&case.framework);
    let next_step = framework.map(|framework| file.coverage(case, framework, as_of).next_step);
    OpenAssessmentView {
        sequence: case.sequence,
        framework: case.framework.clone(),
        phase: case.phase,
        statements: case.statements.len(),
        scored: scored.count(),
        moderated,
        evidence: evidence.count(),
        draft: case.draft.clone(),
        findings: case.findings.as_ref().map(|(sequence, _)| *sequence),
        published: case.published,
        next_step: next_step.unwrap_or_default(),
    }
}
