//! The open assessments of a workload: which there are, their evidence and their scores.
//!
//! A statement is scored when three items of evidence bear on it, so that every score cites three earlier entries.
//! Older assessments get more of the evidence, so that they end one after the other and new ones take their places.
//! What follows the last score is `conclusion.rs`.

use std::collections::{HashSet, VecDeque};

use ledger_core::assessment::Command;
use ledger_core::assessment::codes::StatementId;
use ledger_core::assessment::command::{AssignScore, ChangeScore, OpenAssessment, SubmitEvidence};
use ledger_core::assessment::event::{OpeningCause, Phase, Site, Wave};
use ledger_core::assessment::framework::Score;
use ledger_core::log::EventId;
use ledger_core::values::Timestamp;

use super::conclusion::{Conclusion, Then};
use super::country::{Kind, Place};
use super::desk::{Desk, cite};
use super::scrutiny::{Scrutiny, about, some_month};
use super::step::Step;

/// How many items of evidence a score cites.
const CITED: usize = 3;
/// Of a hundred scores so many change one that was given before.
const CHANGES: u64 = 40;

/// A statement of an open assessment.
#[derive(Debug, Default)]
pub(super) struct Statement {
    /// The latest evidence, at most [`CITED`] items.
    evidence: Vec<EventId>,
    pub score: Option<Score>,
}

/// An open assessment.
#[derive(Debug)]
pub(super) struct Case {
    pub place: Place,
    pub assessment: EventId,
    pub statements: Vec<Statement>,
    /// The first statement that may lack evidence.
    lacking: usize,
    scored: usize,
    pub conclusion: Conclusion,
}

impl Case {
    fn is_scored(&self) -> bool {
        self.scored == self.statements.len()
    }

    /// Evidence for the statement at `at`; says whether it can now be scored.
    fn note(&mut self, at: usize, evidence: EventId) -> bool {
        let known = &mut self.statements[at].evidence;
        if known.len() == CITED {
            known.remove(0);
            known.push(evidence);
            return false;
        }
        known.push(evidence);
        known.len() == CITED
    }
}

/// The open assessments, each in a slot, and what can be done about them.
#[derive(Debug)]
pub(super) struct Cases {
    slots: Vec<Option<Case>>,
    empty: VecDeque<usize>,
    /// Slots whose statements lack evidence, oldest first.
    gathering: Vec<usize>,
    /// Statements to score.
    ready: VecDeque<(usize, usize)>,
    /// Slots to bring nearer to their end.
    due: VecDeque<usize>,
    /// Slots that wait for a window to close, and until when.
    waiting: VecDeque<(Timestamp, usize)>,
    assessed: HashSet<Place>,
}

impl Cases {
    pub(super) fn new(open: usize) -> Self {
        Cases {
            slots: (0..open).map(|_| None).collect(),
            empty: (0..open).collect(),
            gathering: Vec::new(),
            ready: VecDeque::new(),
            due: VecDeque::new(),
            waiting: VecDeque::new(),
            assessed: HashSet::new(),
        }
    }

    fn case(&mut self, slot: usize) -> &mut Case {
        self.slots[slot]
            .as_mut()
            .unwrap_or_else(|| unreachable!("slot {slot} is in a list while it is empty"))
    }

    /// Evidence for an assessment, unless enough statements can be scored already.
    pub(super) fn evidence(&mut self, desk: &mut Desk) -> Option<Step> {
        if self.ready.len() > self.slots.len() / 3 || self.gathering.is_empty() {
            return None;
        }
        // The smaller of two numbers: older assessments are more likely.
        let position = desk.below(self.gathering.len()).min(desk.below(self.gathering.len()));
        let slot = self.gathering[position];
        let case = self.case(slot);
        let (place, assessment, first) = (case.place, case.assessment, case.lacking);
        let both = [first, (first + 1) % case.statements.len()];
        let method = desk.country.method(place);
        let statements = both.map(|at| method.statements[at].clone()).to_vec();
        let (event, step) = submit(desk, place, assessment, statements);
        for at in both {
            if self.case(slot).note(at, event) && self.case(slot).statements[at].score.is_none() {
                self.ready.push_back((slot, at));
            }
        }
        let case = self.case(slot);
        while case.statements.get(case.lacking).is_some_and(|statement| statement.evidence.len() == CITED) {
            case.lacking += 1;
        }
        if case.lacking == case.statements.len() {
            self.gathering.remove(position);
        }
        Some(step)
    }

    /// A score, first or changed.
    pub(super) fn score(&mut self, desk: &mut Desk) -> Option<Step> {
        if desk.dice().percent(CHANGES)
            && let Some(step) = self.change(desk)
        {
            return Some(step);
        }
        let (slot, at) = self.ready.pop_front()?;
        let score = some_score(desk);
        let case = self.case(slot);
        case.statements[at].score = Some(score);
        case.scored += 1;
        let (place, assessment) = (case.place, cite(case.assessment));
        let command = Command::AssignScore(AssignScore {
            assessment,
            statement: desk.country.method(place).statements[at].clone(),
            category: None,
            score,
            evidence: case.statements[at].evidence.iter().copied().map(cite).collect(),
            rationale: None,
        });
        if case.is_scored() {
            self.due.push_back(slot);
        }
        let actor = desk.someone(|staff| &staff.assessors);
        Some(desk.give(actor, place, command).1)
    }

    /// Another score for a statement that has one, in an assessment that is still being scored.
    fn change(&mut self, desk: &mut Desk) -> Option<Step> {
        let (slot, at) = self.scored_statement(desk)?;
        let score = some_score(desk);
        let case = self.case(slot);
        case.statements[at].score = Some(score);
        let (place, assessment) = (case.place, cite(case.assessment));
        let command = Command::ChangeScore(ChangeScore {
            assessment,
            statement: desk.country.method(place).statements[at].clone(),
            category: None,
            score,
            evidence: case.statements[at].evidence.iter().copied().map(cite).collect(),
            rationale: None,
        });
        let actor = desk.someone(|staff| &staff.assessors);
        Some(desk.give(actor, place, command).1)
    }

    /// Some statement that has a score, if a few tries find one.
    fn scored_statement(&mut self, desk: &mut Desk) -> Option<(usize, usize)> {
        (0..8).find_map(|_| {
            let slot = desk.below(self.slots.len());
            let case = self.slots[slot].as_ref().filter(|case| !case.is_scored())?;
            let at = desk.below(case.statements.len());
            case.statements[at].score.is_some().then_some((slot, at))
        })
    }

    /// What brings assessments on: a new one in an empty slot, else the next step of one that is due.
    pub(super) fn conclude(&mut self, desk: &mut Desk, scrutiny: &mut Scrutiny) -> Option<Step> {
        if let Some(slot) = self.empty.pop_front() {
            return Some(self.open(desk, slot));
        }
        if self.waiting.front().is_some_and(|(until, _)| *until <= desk.now()) {
            self.due.extend(self.waiting.pop_front().map(|(_, slot)| slot));
        }
        let slot = self.due.pop_front()?;
        let case = self.case(slot);
        let place = case.place;
        let (step, then) = case.conclude(desk, scrutiny);
        match then {
            Then::GoesOn => self.due.push_back(slot),
            Then::Waits(until) => self.waiting.push_back((until, slot)),
            Then::Ends => {
                self.slots[slot] = None;
                self.assessed.remove(&place);
                self.empty.push_back(slot);
            }
        }
        Some(step)
    }

    fn open(&mut self, desk: &mut Desk, slot: usize) -> Step {
        let place = self.unassessed(desk);
        let open = OpenAssessment {
            framework: desk.country.method(place).framework.id.clone(),
            phase: Phase::Formal,
            statements: Vec::new(),
            cause: OpeningCause::Schedule,
            trigger: None,
        };
        let actor = desk.someone(|staff| &staff.assessors);
        let (assessment, step) = desk.give(actor, place, Command::OpenAssessment(open));
        let statements = desk.country.method(place).statements.iter().map(|_| Statement::default()).collect();
        let conclusion = Conclusion::new(desk.country.method(place));
        self.slots[slot] = Some(Case { place, assessment, statements, lacking: 0, scored: 0, conclusion });
        self.assessed.insert(place);
        self.gathering.push(slot);
        step
    }

    /// A place without an open assessment: of a hundred two are systems and five authorities. The next one of its
    /// kind if the one drawn has one, or of the next kind if all have.
    fn unassessed(&self, desk: &mut Desk) -> Place {
        let kind = match desk.below(100) {
            0..2 => Kind::System,
            2..7 => Kind::Authority,
            _ => Kind::Provider,
        };
        let range = desk.country.range(kind);
        let first = range.start + desk.dice().below(range.end - range.start);
        let mut places = (first..first + desk.country.places()).map(|at| desk.country.place(at));
        let free = places.find(|place| !self.assessed.contains(place));
        free.unwrap_or_else(|| unreachable!("there are more subjects than open assessments"))
    }
}

/// Evidence for an assessment that bears on these statements.
fn submit(
    desk: &mut Desk,
    place: Place,
    assessment: EventId,
    statements: Vec<StatementId>,
) -> (EventId, Step) {
    let category = desk.below(desk.country.method(place).categories.len());
    let category = desk.country.method(place).categories[category].clone();
    let evidence = SubmitEvidence {
        assessment: Some(cite(assessment)),
        wave: Wave::Collected,
        site: Site::OnSite,
        period: Some(some_month(desk)),
        ..about(statements, category)
    };
    let actor = desk.someone(|staff| &staff.assessors);
    desk.give_with_document(actor, place, Command::SubmitEvidence(evidence))
}

/// Of ten scores one is 1, three are 2, five are 3 and one is 4.
fn some_score(desk: &mut Desk) -> Score {
    const OF_TEN: [usize; 10] = [0, 1, 1, 1, 2, 2, 2, 2, 2, 3];
    Score::ALL[*desk.pick(&OF_TEN)]
}
