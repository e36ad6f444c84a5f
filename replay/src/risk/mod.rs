//! Risk: what asks for attention, statement by statement, in an order of urgency.
//!
//! Computed from what is going on and from the register, for a day; nothing is kept. The rules, their numbers
//! and the order are our own choices, and outputs say so. The order: a row's [`Urgency`], as listed there;
//! then the earliest day on which an action asked for is due; then how many concerns are open, the severest
//! first; then the fewest days until R4 fires; then subject and statement. `progress.rs` counts each rule,
//! `resting.rs` says what a score rests on. Left out: firing a rule, which is the core's.

mod progress;
mod resting;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::{Calendar, Date};
use ledger_core::assessment::codes::{AreaKind, Code, Name, PolicyId, StatementId, Subject};
use ledger_core::assessment::event::{Arithmetic, IndicatorDefined};
use ledger_core::assessment::framework::{Framework, Score};
use ledger_core::assessment::risk::{RiskRule, Severity};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::ongoing::{Ongoing, OpenItems, OpenTrigger};
use crate::register::{AreaView, RatingAnswer, Register, StatementView};

pub use progress::{RuleProgress, RuleState, Within};
use progress::{Watch, Watched};
pub use resting::{RestingView, resting};

/// Why a row stands where it stands, the most urgent first. The order is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// An immediate concern is open.
    ImmediateConcern,
    /// An action that a trigger asked for is past its day.
    ActionOverdue,
    /// An action that a trigger asked for is due.
    ActionDue,
    /// A sweep would fire R4.
    RuleDue,
    /// Something was counted, and the next one fires a rule.
    NextFires,
    /// A concern or a breach is open, a notice is to be decided, or evidence under the score was withdrawn.
    Open,
    /// None of these.
    Quiet,
}

impl Urgency {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Urgency::ImmediateConcern => "immediate concern",
            Urgency::ActionOverdue => "action overdue",
            Urgency::ActionDue => "action due",
            Urgency::RuleDue => "rule due",
            Urgency::NextFires => "next one fires",
            Urgency::Open => "open",
            Urgency::Quiet => "quiet",
        }
    }
}

/// A statement's score in force and its age.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssessedView {
    /// The score.
    pub score: Score,
    /// The entry that gave it.
    pub entry: Sequence,
    /// The result it comes from.
    pub result: Sequence,
    /// The day that result counts from.
    pub since: Date,
    /// Calendar days from then to the day asked about.
    pub days: i64,
    /// The evidence under it, withdrawn or not.
    pub evidence: Vec<Sequence>,
}

/// An open concern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConcernView {
    /// Its entry.
    pub entry: Sequence,
    /// How serious it is.
    pub severity: Severity,
    /// The London date of its recording.
    pub raised: Date,
}

/// A breach of regulations that the latest findings about the statement name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreachView {
    /// The findings.
    pub findings: Sequence,
    /// Which regulations.
    pub regulations: Vec<Code>,
}

/// An open trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TriggerView {
    /// Its entry.
    pub entry: Sequence,
    /// The rule that fired.
    pub rule: RiskRule,
    /// The policy it fired under.
    pub policy: PolicyId,
    /// The entries that gave cause.
    pub causes: Vec<Sequence>,
    /// What was counted against what.
    pub arithmetic: Arithmetic,
    /// What it asks for.
    pub action: Code,
    /// Last day for that.
    pub due: Date,
    /// Whether that day is past.
    pub overdue: bool,
    /// Working days until then, negative once it is past; null beyond the calendar's last year.
    pub working_days: Option<i64>,
}

/// What asks for attention about one statement of one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RiskRow {
    /// The subject.
    pub subject: Subject,
    /// Its name.
    pub name: Name,
    /// The statement.
    pub statement: StatementId,
    /// How urgent it is.
    pub urgency: Urgency,
    /// Its score in force; null while it has none.
    pub assessed: Option<AssessedView>,
    /// Open concerns, the severest first.
    pub concerns: Vec<ConcernView>,
    /// Breaches of regulations.
    pub breaches: Vec<BreachView>,
    /// Open triggers that name it, in the order fired.
    pub triggers: Vec<TriggerView>,
    /// Every rule, in order.
    pub rules: Vec<RuleProgress>,
}

impl RiskRow {
    /// Every entry that one of its numbers rests on, ascending.
    pub fn entries(&self) -> Vec<Sequence> {
        let assessed = self
            .assessed
            .iter()
            .flat_map(|assessed| assessed.evidence.iter().copied().chain([assessed.entry, assessed.result]));
        let concerns = self.concerns.iter().map(|concern| concern.entry);
        let breaches = self.breaches.iter().map(|breach| breach.findings);
        let triggers = self.triggers.iter().flat_map(|open| open.causes.iter().copied().chain([open.entry]));
        let rules = self.rules.iter().flat_map(|rule| rule.entries.iter().copied());
        let all: BTreeSet<Sequence> =
            assessed.chain(concerns).chain(breaches).chain(triggers).chain(rules).collect();
        all.into_iter().collect()
    }

    /// Open concerns of a severity.
    pub fn concerns_of(&self, severity: Severity) -> usize {
        self.concerns.iter().filter(|concern| concern.severity == severity).count()
    }

    fn order(&self) -> impl Ord + use<> {
        let due = self.triggers.iter().map(|open| open.due).min();
        let severest = [Severity::Immediate, Severity::High, Severity::Moderate, Severity::Low];
        let concerns = severest.map(|severity| Reverse(self.concerns_of(severity)));
        let aged = self.rules.iter().find(|rule| rule.rule == RiskRule::R4).and_then(|rule| rule.left);
        (self.urgency, due.is_none(), due, concerns, aged.is_none(), aged)
    }
}

/// Working days from a day to another, negative if that is earlier; none where a year is beyond the last one
/// known.
pub(crate) fn working_days(calendar: &Calendar, from: Date, to: Date) -> Option<i64> {
    let known = calendar.last_year()?;
    (from.max(to).year() <= known).then(|| calendar.working_days_between(from, to))
}

/// The statements that are not quiet, of every assessed subject or of those of one kind, the most urgent
/// first; and how many are quiet. Cost: a rating for each subject.
pub fn risks(
    register: &Register,
    ongoing: &Ongoing,
    kind: Option<AreaKind>,
    as_of: Date,
) -> (Vec<RiskRow>, usize) {
    let (mut rows, mut quiet) = (Vec::new(), 0);
    for kind in AreaKind::ALL.into_iter().filter(|of| of.is_assessed() && kind.is_none_or(|kind| kind == *of))
    {
        let scope = Scope::of(register, ongoing, kind, as_of);
        let of_kind = register.areas().filter(|(subject, _)| subject.area_kind() == Some(kind));
        for (subject, area) in of_kind {
            let of_subject = scope.rows(subject, area);
            let before = rows.len() + of_subject.len();
            rows.extend(of_subject.into_iter().filter(|row| row.urgency != Urgency::Quiet));
            quiet += before - rows.len();
        }
    }
    rows.sort_by_cached_key(RiskRow::order);
    (rows, quiet)
}

/// Every statement of one subject, the most urgent first. Empty for what is no registered area that is
/// assessed.
pub fn subject_risks(register: &Register, ongoing: &Ongoing, subject: &Subject, as_of: Date) -> Vec<RiskRow> {
    let assessed = subject.area_kind().filter(|kind| kind.is_assessed());
    let Some((kind, area)) = assessed.zip(register.area(subject)) else { return Vec::new() };
    let mut rows = Scope::of(register, ongoing, kind, as_of).rows(subject, area);
    rows.sort_by_cached_key(RiskRow::order);
    rows
}

/// What the rows of every subject of a kind have in common.
struct Scope<'s> {
    register: &'s Register,
    ongoing: &'s Ongoing,
    frameworks: Vec<&'s Framework>,
    indicators: Vec<(u32, &'s IndicatorDefined)>,
    as_of: Date,
}

impl<'s> Scope<'s> {
    fn of(register: &'s Register, ongoing: &'s Ongoing, kind: AreaKind, as_of: Date) -> Self {
        let frameworks: Vec<&Framework> =
            register.frameworks().filter(|framework| framework.subject_kind == kind).collect();
        let mut indicators = ongoing.indicators_on(as_of);
        indicators.retain(|(_, indicator)| known_to(&frameworks, indicator));
        Scope { register, ongoing, frameworks, indicators, as_of }
    }

    /// A subject's rows in the order of its framework.
    fn rows(&self, subject: &Subject, area: &AreaView) -> Vec<RiskRow> {
        let (register, ongoing, as_of) = (self.register, self.ongoing, self.as_of);
        let nothing = OpenItems::default();
        let items = ongoing.open(subject).unwrap_or(&nothing);
        let answer = register.rating(subject, as_of);
        let watch = Watch {
            policy: ongoing.policy_on(as_of).filter(|_| valid_on(area, as_of)),
            items,
            indicators: &self.indicators,
            rating: answer.rating,
            as_of,
        };
        let standing: BTreeMap<&StatementId, &StatementView> =
            answer.statements.iter().map(|view| (&view.statement, view)).collect();
        let statements = statements(&self.frameworks, &answer, items, as_of).into_iter();
        let row = |statement: StatementId| {
            let standing = standing.get(&statement).copied();
            let resting = standing.map(|view| register.resting(subject, view, as_of)).unwrap_or_default();
            let evidence = resting.keys().copied().collect();
            let rules = watch.rules(&Watched { statement: &statement, standing, resting });
            let row = RiskRow {
                subject: subject.clone(),
                name: area.name.clone(),
                urgency: Urgency::Quiet,
                assessed: standing.map(|view| assessed_view(view, evidence, as_of)),
                concerns: concerns(items, &statement),
                breaches: breaches(items, &statement),
                triggers: triggers(items, ongoing.calendar(), &statement, as_of),
                rules,
                statement,
            };
            RiskRow { urgency: urgency(&row), ..row }
        };
        statements.map(row).collect()
    }
}

fn known_to(frameworks: &[&Framework], indicator: &IndicatorDefined) -> bool {
    indicator.statements.iter().any(|id| frameworks.iter().any(|framework| framework.statement(id).is_some()))
}

fn valid_on(area: &AreaView, day: Date) -> bool {
    area.valid_from.is_none_or(|from| from <= day) && area.valid_to.is_none_or(|last| day <= last)
}

/// The statements to speak of: those of the method in force, or else of the latest one that applies, and
/// those of others about which something is open.
fn statements(
    frameworks: &[&Framework],
    answer: &RatingAnswer,
    items: &OpenItems,
    as_of: Date,
) -> Vec<StatementId> {
    let in_force = frameworks.iter().find(|framework| Some(&framework.id) == answer.framework.as_ref());
    let applying = frameworks.iter().filter(|framework| framework.effective_from <= as_of);
    let latest = applying.max_by_key(|framework| framework.effective_from);
    let mut statements: Vec<StatementId> = in_force
        .or(latest)
        .into_iter()
        .flat_map(|framework| framework.statements().map(|statement| statement.id.clone()))
        .collect();
    let concerned = items.concerns.iter().flat_map(|(_, open)| &open.statements);
    let triggered = items.triggers.iter().flat_map(|(_, open)| &open.statements);
    let breached = items.breaches.iter().flat_map(|(_, open)| &open.statements);
    let named: BTreeSet<&StatementId> = concerned.chain(triggered).chain(breached).collect();
    let others: Vec<StatementId> =
        named.into_iter().filter(|statement| !statements.contains(statement)).cloned().collect();
    statements.extend(others);
    statements
}

fn assessed_view(view: &StatementView, evidence: Vec<Sequence>, as_of: Date) -> AssessedView {
    AssessedView {
        score: view.score,
        entry: view.entry,
        result: view.result,
        since: view.effective,
        days: as_of.days_since(view.effective),
        evidence,
    }
}

fn concerns(items: &OpenItems, statement: &StatementId) -> Vec<ConcernView> {
    let open = items.concerns.iter().filter(|(_, concern)| concern.statements.contains(statement));
    let mut views: Vec<ConcernView> = open
        .map(|(entry, concern)| ConcernView {
            entry: *entry,
            severity: concern.severity,
            raised: concern.raised,
        })
        .collect();
    views.sort_by_key(|view| (Reverse(view.severity), view.entry));
    views
}

fn breaches(items: &OpenItems, statement: &StatementId) -> Vec<BreachView> {
    let found = items.breaches.iter().filter(|(_, breaches)| breaches.statements.contains(statement));
    found
        .map(|(findings, breaches)| BreachView {
            findings: *findings,
            regulations: breaches.regulations.clone(),
        })
        .collect()
}

fn triggers(
    items: &OpenItems,
    calendar: &Calendar,
    statement: &StatementId,
    as_of: Date,
) -> Vec<TriggerView> {
    let view = |(entry, open): &(Sequence, OpenTrigger)| TriggerView {
        entry: *entry,
        rule: open.rule,
        policy: open.policy.clone(),
        causes: open.causes.clone(),
        arithmetic: open.arithmetic.clone(),
        action: open.action.clone(),
        due: open.due,
        overdue: open.due < as_of,
        working_days: working_days(calendar, as_of, open.due),
    };
    items.triggers.iter().filter(|(_, open)| open.statements.contains(statement)).map(view).collect()
}

fn urgency(row: &RiskRow) -> Urgency {
    let any = |state: RuleState| row.rules.iter().any(|rule| rule.state == state);
    let counted = |of: RiskRule| row.rules.iter().any(|rule| rule.rule == of && rule.found > 0);
    if row.concerns_of(Severity::Immediate) > 0 {
        Urgency::ImmediateConcern
    } else if row.triggers.iter().any(|open| open.overdue) {
        Urgency::ActionOverdue
    } else if !row.triggers.is_empty() {
        Urgency::ActionDue
    } else if any(RuleState::Due) {
        Urgency::RuleDue
    } else if any(RuleState::Near) {
        Urgency::NextFires
    } else if !row.concerns.is_empty()
        || !row.breaches.is_empty()
        || counted(RiskRule::R5)
        || counted(RiskRule::R6)
    {
        Urgency::Open
    } else {
        Urgency::Quiet
    }
}

/// What an answer about risk says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RiskAnswer {
    /// The day asked about.
    pub as_of: Date,
    /// The policy in force on that day; null if there is none.
    pub policy: Option<PolicyId>,
    /// That rules, numbers and order are our own choices.
    pub ours: &'static str,
    /// How many statements are quiet, listed or not.
    pub quiet: usize,
    /// The rows, the most urgent first.
    pub rows: Vec<RiskRow>,
}

impl RiskAnswer {
    /// The rows with the policy that they are counted by.
    pub fn of(ongoing: &Ongoing, as_of: Date, rows: Vec<RiskRow>, quiet: usize) -> Self {
        let policy = ongoing.policy_on(as_of).map(|policy| policy.id.clone());
        RiskAnswer { as_of, policy, ours: OURS, quiet, rows }
    }
}

/// What every output about risk says.
const OURS: &str = "the rules, their numbers and this order are our own choices, not the regulator's";
