//! How an assessment ends: moderation where its method asks for it, draft, challenge, confirmation or the end of the
//! window, findings, rating, closing.
//!
//! Of a hundred drafts 5 are discontinued, 20 are challenged, and 5 are confirmed by nobody, so that their window of
//! ten working days must close. Of a hundred findings 3 come without a rating. Of a hundred ratings 3 are reviewed.

use std::collections::BTreeMap;

use ledger_core::assessment::Command;
use ledger_core::assessment::codes::{ActorId, StatementId};
use ledger_core::assessment::command::{
    ChallengeAccuracy, CloseAssessment, ConfirmAccuracy, DecideAccuracy, ModerateScore, PublishFindings,
    PublishRating, Rescore, ShareDraft,
};
use ledger_core::assessment::event::{AssessmentOutcome, ChallengeOutcome, FindingItem, Ground, ItemKind};
use ledger_core::assessment::framework::Score;
use ledger_core::assessment::rating::derive;
use ledger_core::log::EventId;
use ledger_core::values::Timestamp;

use super::cases::Case;
use super::country::Method;
use super::desk::{Desk, cite, second};
use super::scrutiny::Scrutiny;
use super::step::{Step, unstored};
use crate::time::after;

/// Three weeks: ten working days end within them, whatever the holidays.
const WINDOW_MICROS: i64 = 21 * 24 * 3_600_000_000;

/// What happens next to the case.
#[derive(Debug)]
pub(super) enum Then {
    GoesOn,
    Waits(Timestamp),
    Ends,
}

/// What comes next of an assessment whose statements all have scores.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Moderate {
        next: usize,
    },
    Draft,
    Challenge,
    Decide {
        challenge: EventId,
        statement: usize,
    },
    /// The draft waits for so many of those entitled.
    Confirm {
        confirmed: usize,
    },
    Findings,
    Rating,
    Close(AssessmentOutcome),
}

/// How far an assessment is.
#[derive(Debug)]
pub(super) struct Conclusion {
    stage: Stage,
    draft: Option<EventId>,
}

impl Conclusion {
    pub(super) fn new(method: &Method) -> Self {
        let stage = if method.moderated { Stage::Moderate { next: 0 } } else { Stage::Draft };
        Conclusion { stage, draft: None }
    }
}

impl Case {
    /// The next step towards the end of an assessment that is scored.
    pub(super) fn conclude(&mut self, desk: &mut Desk, scrutiny: &mut Scrutiny) -> (Step, Then) {
        match self.conclusion.stage {
            Stage::Moderate { next } => self.moderate(desk, next),
            Stage::Draft => self.share_draft(desk),
            Stage::Challenge => self.challenge(desk),
            Stage::Decide { challenge, statement } => self.decide(desk, challenge, statement),
            Stage::Confirm { confirmed } => self.confirm(desk, confirmed),
            Stage::Findings => self.publish_findings(desk),
            Stage::Rating => self.publish_rating(desk, scrutiny),
            Stage::Close(outcome) => self.close(desk, outcome),
        }
    }

    fn moderate(&mut self, desk: &mut Desk, at: usize) -> (Step, Then) {
        let statement = desk.country.method(self.place).statements[at].clone();
        let moderated = ModerateScore {
            assessment: cite(self.assessment),
            statement,
            category: None,
            score: self.score(at),
            panel: vec![desk.someone(|staff| &staff.moderators)],
            rationale: None,
        };
        let last = at + 1 == self.statements.len();
        self.conclusion.stage = if last { Stage::Draft } else { Stage::Moderate { next: at + 1 } };
        let actor = desk.someone(|staff| &staff.moderators);
        (desk.give(actor, self.place, Command::ModerateScore(moderated)).1, Then::GoesOn)
    }

    fn score(&self, at: usize) -> Score {
        self.statements[at].score.unwrap_or_else(|| unreachable!("every statement is scored"))
    }

    fn share_draft(&mut self, desk: &mut Desk) -> (Step, Then) {
        let draft = ShareDraft {
            assessment: cite(self.assessment),
            recipients: Vec::new(),
            letter: None,
            emailed: None,
            document: None,
        };
        let actor = desk.someone(|staff| &staff.assessors);
        let (event, step) = desk.give(actor, self.place, Command::ShareDraft(draft));
        self.conclusion.draft = Some(event);
        let (stage, then) = match desk.dice().below(100) {
            0..5 => (Stage::Close(AssessmentOutcome::Discontinued), Then::GoesOn),
            5..10 => (Stage::Findings, Then::Waits(after(desk.now(), WINDOW_MICROS))),
            10..30 => (Stage::Challenge, Then::GoesOn),
            _ => (Stage::Confirm { confirmed: 0 }, Then::GoesOn),
        };
        self.conclusion.stage = stage;
        (step, then)
    }

    fn draft(&self) -> EventId {
        self.conclusion.draft.unwrap_or_else(|| unreachable!("a draft was shared"))
    }

    /// The organisation's own actor; of a system's two the first.
    fn partner(&self, desk: &Desk) -> ActorId {
        desk.country.partners(self.place).swap_remove(0).1
    }

    fn challenge(&mut self, desk: &mut Desk) -> (Step, Then) {
        let at = desk.below(self.statements.len());
        let challenge = ChallengeAccuracy {
            draft: cite(self.draft()),
            ground: Ground::Omission,
            statement: Some(desk.country.method(self.place).statements[at].clone()),
            comment: unstored(),
            evidence: Vec::new(),
            documents: Vec::new(),
        };
        let command = Command::ChallengeAccuracy(challenge);
        let (challenge, step) = desk.give_with_document(self.partner(desk), self.place, command);
        self.conclusion.stage = Stage::Decide { challenge, statement: at };
        (step, Then::GoesOn)
    }

    /// Half of the challenges are rejected, the others raise or lower the score by one.
    fn decide(&mut self, desk: &mut Desk, challenge: EventId, at: usize) -> (Step, Then) {
        let changed = desk.dice().percent(50).then(|| neighbour(self.score(at)));
        let statement = desk.country.method(self.place).statements[at].clone();
        let rescore = changed.map(|score| Rescore { statement, category: None, score, evidence: Vec::new() });
        let outcome = match changed {
            Some(_) => ChallengeOutcome::ScoreChanged,
            None => ChallengeOutcome::Rejected,
        };
        self.statements[at].score = changed.or(self.statements[at].score);
        let challenge = cite(challenge);
        let decided =
            DecideAccuracy { challenge, outcome, corrections: Vec::new(), rescore, reason: unstored() };
        self.conclusion.stage = Stage::Confirm { confirmed: 0 };
        let actor = desk.someone(|staff| &staff.deciders);
        let (_, step) = desk.give_with_document(actor, self.place, Command::DecideAccuracy(decided));
        (step, Then::GoesOn)
    }

    fn confirm(&mut self, desk: &mut Desk, confirmed: usize) -> (Step, Then) {
        let mut partners = desk.country.partners(self.place);
        let last = confirmed + 1 == partners.len();
        self.conclusion.stage = match last {
            true => Stage::Findings,
            false => Stage::Confirm { confirmed: confirmed + 1 },
        };
        let command = Command::ConfirmAccuracy(ConfirmAccuracy { draft: cite(self.draft()) });
        (desk.give(partners.swap_remove(confirmed).1, self.place, command).1, Then::GoesOn)
    }

    fn publish_findings(&mut self, desk: &mut Desk) -> (Step, Then) {
        let method = desk.country.method(self.place);
        let findings = PublishFindings {
            assessment: cite(self.assessment),
            statements: Vec::new(),
            items: items(&method.statements),
            sections: Vec::new(),
            commentary: method.commentary.clone(),
            priorities: Vec::new(),
            breaches: Vec::new(),
            narrative: unstored(),
        };
        self.conclusion.stage = match desk.dice().percent(3) {
            true => Stage::Close(AssessmentOutcome::FindingsOnly),
            false => Stage::Rating,
        };
        let actor = desk.someone(|staff| &staff.publishers);
        let command = Command::PublishFindings(findings);
        (desk.give_with_document(actor, self.place, command).1, Then::GoesOn)
    }

    /// The result that the ledger will compute: every statement is in scope, so no earlier result counts.
    fn publish_rating(&mut self, desk: &mut Desk, scrutiny: &mut Scrutiny) -> (Step, Then) {
        let method = desk.country.method(self.place);
        let statements = method.statements.iter().enumerate();
        let scores: BTreeMap<StatementId, Score> =
            statements.map(|(at, statement)| (statement.clone(), self.score(at))).collect();
        let derived = derive(&method.framework, &scores, false);
        let rating = PublishRating {
            assessment: cite(self.assessment),
            percent: derived.percent,
            rating: derived.rating,
            review: None,
        };
        let actor = desk.someone(|staff| &staff.publishers);
        let (publication, step) = desk.give(actor, self.place, Command::PublishRating(rating));
        if scores.values().any(|score| *score == Score::ALL[0]) {
            scrutiny.triggered(self.place, second(publication));
        }
        if desk.dice().percent(3) {
            scrutiny.contested(self.place, publication);
        }
        self.conclusion.stage = Stage::Close(AssessmentOutcome::Published);
        (step, Then::GoesOn)
    }

    fn close(&mut self, desk: &mut Desk, outcome: AssessmentOutcome) -> (Step, Then) {
        let close = CloseAssessment { assessment: cite(self.assessment), outcome, reason: None };
        let (actor, command) = (desk.someone(|staff| &staff.publishers), Command::CloseAssessment(close));
        let step = match outcome {
            AssessmentOutcome::Discontinued => desk.give_with_document(actor, self.place, command).1,
            AssessmentOutcome::Published | AssessmentOutcome::FindingsOnly => {
                desk.give(actor, self.place, command).1
            }
        };
        (step, Then::Ends)
    }
}

/// A strength and two improvements.
fn items(statements: &[StatementId]) -> Vec<FindingItem> {
    let kinds = [ItemKind::Strength, ItemKind::AreaForImprovement, ItemKind::RequiredImprovement];
    let item = |(at, kind): (usize, ItemKind)| {
        let id = format!("item-{}", at + 1).parse().unwrap_or_else(|error| unreachable!("{error}"));
        FindingItem { id, kind, statement: statements[at].clone() }
    };
    kinds.into_iter().enumerate().map(item).collect()
}

/// The score above, or below the highest.
fn neighbour(score: Score) -> Score {
    // Scores begin at 1, so a score's number is the position of the one above it.
    Score::ALL.get(score.get() as usize).copied().unwrap_or(Score::ALL[2])
}
