//! Deadlines: what somebody owes by a day, or without one, as things stand on a day.
//!
//! Counted in working days of England by the ledger's own calendar; beyond the last year it knows nothing is
//! counted, and the answer says so. Overdue first, the longest overdue before others; then by day; what has
//! no day comes last, the oldest first. Challenges, reviews and republications have no day anywhere in the
//! guidance: we set none. Which role of the regulator owes something is read off who may do it (ours). Left
//! out: what has no debtor, and working out a day, which the rules did when they recorded it.

use ledger_core::assessment::civil::{Calendar, Date};
use ledger_core::assessment::codes::{AreaKind, StatementId, Subject};
use ledger_core::assessment::framework::Score;
use ledger_core::assessment::risk::RiskRule;
use ledger_core::assessment::roles::Role;
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::ongoing::{Ongoing, OpenItems};
use crate::register::Register;
use crate::risk::working_days;
use crate::summary::spelled;

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeadlineKind {
    /// Confirming or challenging a draft.
    AccuracyWindow,
    /// Deciding a challenge.
    ChallengeDecision,
    /// Answering a request for evidence.
    EvidenceRequest,
    /// The action that a trigger asked for.
    TriggeredAction,
    /// Answering an escalation.
    Escalation,
    /// Deciding on a notice after a published score of 1.
    Notice,
    /// Deciding a review.
    Review,
    /// Publishing anew what a review changed.
    Republication,
    /// An action of a plan.
    PlannedAction,
}

impl DeadlineKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            DeadlineKind::AccuracyWindow => "confirm or challenge a draft",
            DeadlineKind::ChallengeDecision => "decide a challenge",
            DeadlineKind::EvidenceRequest => "answer a request for evidence",
            DeadlineKind::TriggeredAction => "act on a trigger",
            DeadlineKind::Escalation => "answer an escalation",
            DeadlineKind::Notice => "decide on a notice",
            DeadlineKind::Review => "decide a review",
            DeadlineKind::Republication => "publish a reviewed result",
            DeadlineKind::PlannedAction => "carry out a planned action",
        }
    }
}

/// Something owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// About whom.
    pub subject: Subject,
    /// What.
    pub kind: DeadlineKind,
    /// Which, in codes: the category asked for, the action, the rule.
    pub detail: String,
    /// Statements it concerns.
    pub statements: Vec<StatementId>,
    /// Who owes it: organisations, a body, or a role of the regulator.
    pub owed_by: Vec<String>,
    /// Since when.
    pub since: Date,
    /// Last day for it; null where none is set.
    pub due: Option<Date>,
    /// Whether that day is past.
    pub overdue: bool,
    /// Working days until then, negative once it is past; null without a day, and beyond the calendar.
    pub working_days: Option<i64>,
    /// Whether the day lies beyond the last year whose holidays are known.
    pub beyond_calendar: bool,
    /// The entries it follows from, that which asks for it first.
    pub entries: Vec<Sequence>,
}

/// What is owed, with the calendar it was counted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deadlines {
    /// The day asked about.
    pub as_of: Date,
    /// The last year whose holidays are known; null if none were proclaimed.
    pub calendar_ends: Option<i32>,
    /// What is owed, overdue first.
    pub deadlines: Vec<Deadline>,
}

impl Deadlines {
    /// Of the subjects of one kind, or of all.
    pub fn of_all(register: &Register, ongoing: &Ongoing, kind: Option<AreaKind>, as_of: Date) -> Self {
        let asked = |subject: &&Subject| kind.is_none_or(|kind| subject.area_kind() == Some(kind));
        let owed = ongoing.subjects().filter(asked);
        let found = owed.flat_map(|subject| deadlines_of(register, ongoing, subject, as_of)).collect();
        Self::ordered(ongoing.calendar(), as_of, found)
    }

    /// Of one subject.
    pub fn of(register: &Register, ongoing: &Ongoing, subject: &Subject, as_of: Date) -> Self {
        Self::ordered(ongoing.calendar(), as_of, deadlines_of(register, ongoing, subject, as_of))
    }

    fn ordered(calendar: &Calendar, as_of: Date, mut deadlines: Vec<Deadline>) -> Self {
        deadlines.sort_by_cached_key(|owed| {
            (owed.due.is_none(), owed.due, owed.since, owed.subject.clone(), owed.entries.clone(), owed.kind)
        });
        Deadlines { as_of, calendar_ends: calendar.last_year(), deadlines }
    }

    /// Leaves those that are overdue or due within so many working days; what has no day, or one beyond the
    /// calendar, is left out. Returns how many have no day, and how many lie beyond.
    pub fn within(&mut self, working_days: i64) -> (usize, usize) {
        let undated = self.deadlines.iter().filter(|owed| owed.due.is_none()).count();
        let beyond = self.deadlines.iter().filter(|owed| owed.beyond_calendar && !owed.overdue).count();
        self.deadlines
            .retain(|owed| owed.overdue || owed.working_days.is_some_and(|left| left <= working_days));
        (undated, beyond)
    }
}

/// Makes deadlines of one subject as of one day.
struct Owed<'o> {
    subject: &'o Subject,
    calendar: &'o Calendar,
    as_of: Date,
    found: Vec<Deadline>,
}

impl Owed<'_> {
    fn push(
        &mut self,
        kind: DeadlineKind,
        (since, due): (Date, Option<Date>),
        owed_by: Vec<String>,
        detail: String,
        (statements, entries): (Vec<StatementId>, Vec<Sequence>),
    ) {
        let (as_of, calendar) = (self.as_of, self.calendar);
        let working_days = due.and_then(|due| working_days(calendar, as_of, due));
        self.found.push(Deadline {
            subject: self.subject.clone(),
            kind,
            detail,
            statements,
            owed_by,
            since,
            due,
            overdue: due.is_some_and(|due| due < as_of),
            working_days,
            beyond_calendar: due.is_some() && working_days.is_none(),
            entries,
        });
    }
}

fn deadlines_of(register: &Register, ongoing: &Ongoing, subject: &Subject, as_of: Date) -> Vec<Deadline> {
    let Some(items) = ongoing.open(subject) else { return Vec::new() };
    let mut owed = Owed { subject, calendar: ongoing.calendar(), as_of, found: Vec::new() };
    accuracy(&mut owed, items);
    requests(&mut owed, items);
    escalations(&mut owed, items);
    reviews(&mut owed, items);
    actions(&mut owed, items);
    let noticed = notices(&mut owed, register, items);
    triggers(&mut owed, items, &noticed);
    owed.found
}

/// A window that is open and not confirmed by all, and challenges that are undecided.
fn accuracy(owed: &mut Owed<'_>, items: &OpenItems) {
    for (assessment, open) in &items.assessments {
        let Some(draft) = &open.draft else { continue };
        let unconfirmed: Vec<String> = draft.unconfirmed().iter().map(ToString::to_string).collect();
        if !draft.published && owed.as_of <= draft.closes && !unconfirmed.is_empty() {
            let detail = format!("draft {}", draft.sequence);
            let about = (open.statements.clone(), vec![draft.sequence, *assessment]);
            let dates = (draft.emailed, Some(draft.closes));
            owed.push(DeadlineKind::AccuracyWindow, dates, unconfirmed, detail, about);
        }
        for (at, challenge) in &open.challenges {
            let detail = format!("by {}", challenge.organisation);
            let about = (challenge.statement.iter().cloned().collect(), vec![*at, challenge.draft]);
            let role = vec![Role::AccuracyDecider.to_string()];
            owed.push(DeadlineKind::ChallengeDecision, (challenge.since, None), role, detail, about);
        }
    }
}

fn requests(owed: &mut Owed<'_>, items: &OpenItems) {
    for (at, request) in &items.requests {
        let by = vec![request.organisation.to_string()];
        let about = (vec![request.statement.clone()], vec![*at]);
        let dates = (request.since, Some(request.due));
        owed.push(DeadlineKind::EvidenceRequest, dates, by, request.category.to_string(), about);
    }
}

fn escalations(owed: &mut Owed<'_>, items: &OpenItems) {
    for (at, open) in &items.escalations {
        let concern = items.concerns.iter().find(|(concern, _)| *concern == open.concern);
        let statements = concern.map(|(_, concern)| concern.statements.clone()).unwrap_or_default();
        let (by, detail) = (vec![spelled(&open.body)], format!("about {}", open.organisation));
        let about = (statements, vec![*at, open.concern]);
        owed.push(DeadlineKind::Escalation, (open.since, Some(open.due)), by, detail, about);
    }
}

fn reviews(owed: &mut Owed<'_>, items: &OpenItems) {
    for (at, review) in &items.reviews {
        let (kind, role) = match review.decision {
            None => (DeadlineKind::Review, Role::Reviewer),
            Some(_) => (DeadlineKind::Republication, Role::Publisher),
        };
        let entries = review.decision.into_iter().chain([*at, review.publication]).collect();
        let detail = format!("of result {}", review.publication);
        owed.push(kind, (review.since, None), vec![role.to_string()], detail, (Vec::new(), entries));
    }
}

fn actions(owed: &mut Owed<'_>, items: &OpenItems) {
    for (plan, open) in &items.actions {
        let status = open.reported.map(|(_, status)| spelled(&status));
        let status = status.unwrap_or_else(|| "not reported".to_owned());
        let detail = format!("{} for {}, {status}", open.action.id, open.action.answers);
        let entries = [*plan].into_iter().chain(open.reported.map(|(at, _)| at)).collect();
        let by = vec![open.action.organisation.to_string()];
        let dates = (open.since, Some(open.action.due));
        owed.push(DeadlineKind::PlannedAction, dates, by, detail, (Vec::new(), entries));
    }
}

/// Results published here of which a score of 1 is in force, with nobody's decision on a notice. The day is
/// that of the trigger that asked for it. Returns the triggers that are said by this.
fn notices(owed: &mut Owed<'_>, register: &Register, items: &OpenItems) -> Vec<Sequence> {
    let answer = register.rating(owed.subject, owed.as_of);
    let lowest = answer.statements.iter().filter(|view| {
        view.score == Score::ALL[0]
            && view.assessment.is_some()
            && !items.notices.iter().any(|(result, _)| *result == view.result)
    });
    let mut by_result: Vec<(Sequence, Date, Vec<StatementId>)> = Vec::new();
    for view in lowest {
        match by_result.iter_mut().find(|(result, ..)| *result == view.result) {
            Some((.., statements)) => statements.push(view.statement.clone()),
            None => by_result.push((view.result, view.effective, vec![view.statement.clone()])),
        }
    }
    let mut said = Vec::new();
    for (result, since, statements) in by_result {
        let asks = items
            .triggers
            .iter()
            .find(|(_, open)| open.rule == RiskRule::R5 && open.causes.contains(&result));
        let (trigger, due) = (asks.map(|(at, _)| *at), asks.map(|(_, open)| open.due));
        let entries = trigger.into_iter().chain([result]).collect();
        let by = vec![Role::Publisher.to_string()];
        owed.push(
            DeadlineKind::Notice,
            (since, due),
            by,
            format!("on result {result}"),
            (statements, entries),
        );
        said.extend(trigger);
    }
    said
}

fn triggers(owed: &mut Owed<'_>, items: &OpenItems, said: &[Sequence]) {
    for (at, open) in items.triggers.iter().filter(|(at, _)| !said.contains(at)) {
        let detail = format!("{} ({} of {})", open.action, open.rule, open.policy);
        let entries = [*at].into_iter().chain(open.causes.iter().copied()).collect();
        let by = vec![Role::Assessor.to_string()];
        let about = (open.statements.clone(), entries);
        owed.push(DeadlineKind::TriggeredAction, (open.since, Some(open.due)), by, detail, about);
    }
}
