//! How far each risk rule is from firing for one statement, by the policy in force on the day asked about.
//!
//! The counting is that of the rules themselves: what they find is what is found here, so that "the next one
//! fires" can be held against what the next command does. `left` is how many more it takes: of concerns,
//! periods, publications or withdrawals, where one means that the next one fires; for R4 of days, where none
//! means that a sweep fires. Left out: the order of statements, which is `mod.rs`.

use std::collections::BTreeMap;
use std::fmt;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Code, StatementId};
use ledger_core::assessment::event::IndicatorDefined;
use ledger_core::assessment::framework::{Rating, Score};
use ledger_core::assessment::risk::{RiskPolicy, RiskRule, Severity};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::ongoing::{OpenItems, Recent};
use crate::register::StatementView;
use crate::summary::spelled;

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// It fired, and what it asked for is open.
    Fired,
    /// The next sweep fires it.
    Due,
    /// Something was counted, and the next one fires it.
    Near,
    /// It is not about to fire.
    Watching,
    /// An open assessment looks at the statement already.
    LookedAt,
    /// There is nothing it could count.
    Idle,
    /// The policy in force leaves it out, there is no policy, or the area has ended.
    Off,
}

/// A rule and how far it is from firing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleProgress {
    /// The rule.
    pub rule: RiskRule,
    /// How it stands.
    pub state: RuleState,
    /// What is counted.
    pub measure: &'static str,
    /// How many there are.
    pub found: i64,
    /// How many it takes. R4 fires beyond it.
    pub threshold: i64,
    /// How many more it takes; null where no further one fires it.
    pub left: Option<i64>,
    /// Within what.
    pub within: Option<Within>,
    /// The entries counted.
    pub entries: Vec<Sequence>,
}

/// Within what a rule counts. In JSON, and printed, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    /// Concerns of at least a severity, within so many days.
    Days(Severity, u32),
    /// Periods of a version of an indicator, by more than so many percent; and the last day of the newest
    /// period.
    Indicator(Code, u32, u32, Option<Date>),
    /// The interval under a rating.
    Interval(Rating),
    /// So many items of evidence under the score that were not withdrawn.
    Evidence(usize),
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Within::Days(severity, days) => write!(f, "{} or worse within {days} days", spelled(severity)),
            Within::Indicator(id, version, margin, newest) => {
                write!(f, "{id} version {version}, by more than {margin} %, ")?;
                match newest {
                    Some(day) => write!(f, "newest to {day}"),
                    None => f.write_str("no figure yet"),
                }
            }
            Within::Interval(rating) => write!(f, "the interval under {rating}"),
            Within::Evidence(1) => f.write_str("1 item of evidence under the score"),
            Within::Evidence(items) => write!(f, "{items} items of evidence under the score"),
        }
    }
}

impl Serialize for Within {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the rules look at besides the statement.
pub(super) struct Watch<'w> {
    /// None where nothing can fire: no policy, or an area that is not valid on the day.
    pub(super) policy: Option<&'w RiskPolicy>,
    pub(super) items: &'w OpenItems,
    pub(super) indicators: &'w [(u32, &'w IndicatorDefined)],
    pub(super) rating: Option<Rating>,
    pub(super) as_of: Date,
}

/// What the rules look at of one statement.
pub(super) struct Watched<'w> {
    pub(super) statement: &'w StatementId,
    pub(super) standing: Option<&'w StatementView>,
    /// The evidence under its score, each item with whether it was withdrawn.
    pub(super) resting: BTreeMap<Sequence, bool>,
}

/// What one rule counted, before it is known whether it fired.
struct Counted {
    measure: &'static str,
    found: i64,
    threshold: i64,
    left: Option<i64>,
    within: Option<Within>,
    entries: Vec<Sequence>,
}

impl Counted {
    /// Nothing of what the rule counts is there, nor can come.
    fn nothing(measure: &'static str) -> Self {
        Counted { measure, found: 0, threshold: 0, left: None, within: None, entries: Vec::new() }
    }

    /// So many entries against a threshold, of which the next one may be the one that reaches it.
    fn of(measure: &'static str, entries: Vec<Sequence>, threshold: u32) -> Self {
        let (found, threshold) = (count(entries.len()), i64::from(threshold));
        Counted { measure, found, threshold, left: Some((threshold - found).max(1)), within: None, entries }
    }
}

fn count(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

impl Watch<'_> {
    /// Every rule, in order. Cost: the subject's open items and the newest figures of the statement's
    /// indicators.
    pub(super) fn rules(&self, watched: &Watched<'_>) -> Vec<RuleProgress> {
        RiskRule::ALL.into_iter().map(|rule| self.rule(rule, watched)).collect()
    }

    fn rule(&self, rule: RiskRule, watched: &Watched<'_>) -> RuleProgress {
        let counted = self.policy.and_then(|policy| self.counted(policy, rule, watched));
        let on = counted.is_some();
        let mut counted = counted.unwrap_or_else(|| Counted::nothing(measure(rule)));
        let mut triggers = self.items.triggers.iter();
        let fired =
            triggers.any(|(_, open)| open.rule == rule && open.statements.contains(watched.statement));
        if fired && !matches!(rule, RiskRule::R1 | RiskRule::R5) {
            // One cause asks once; an immediate concern and a published score of 1 ask every time.
            counted.left = None;
        }
        let state = match (fired, on, counted.left) {
            (true, ..) => RuleState::Fired,
            (_, false, _) => RuleState::Off,
            (_, _, None) if rule == RiskRule::R4 && counted.threshold > 0 => RuleState::LookedAt,
            (_, _, None) => RuleState::Idle,
            (_, _, Some(0)) => RuleState::Due,
            (_, _, Some(1)) if counted.found > 0 && matches!(rule, RiskRule::R2 | RiskRule::R3) => {
                RuleState::Near
            }
            _ => RuleState::Watching,
        };
        let Counted { measure, found, threshold, left, within, entries } = counted;
        RuleProgress { rule, state, measure, found, threshold, left, within, entries }
    }

    /// What a rule counts; none if the policy leaves the rule out.
    fn counted(&self, policy: &RiskPolicy, rule: RiskRule, watched: &Watched<'_>) -> Option<Counted> {
        match rule {
            RiskRule::R1 => policy.r1.as_ref().map(|_| self.immediate(watched)),
            RiskRule::R2 => self.repeated(policy, watched),
            RiskRule::R3 => self.worse(policy, watched),
            RiskRule::R4 => self.aged(policy, watched),
            RiskRule::R5 => policy.r5.as_ref().map(|_| self.lowest(watched)),
            RiskRule::R6 => policy.r6.as_ref().map(|_| unsupported(watched)),
        }
    }

    fn concerns(
        &self,
        watched: &Watched<'_>,
        least: Severity,
        since: impl Fn(Date) -> bool,
    ) -> Vec<Sequence> {
        let counts = self.items.concerns.iter().filter(|(_, concern)| {
            concern.severity >= least
                && concern.statements.contains(watched.statement)
                && since(concern.raised)
        });
        counts.map(|(at, _)| *at).collect()
    }

    fn immediate(&self, watched: &Watched<'_>) -> Counted {
        let entries = self.concerns(watched, Severity::Immediate, |_| true);
        Counted { left: Some(1), ..Counted::of(measure(RiskRule::R1), entries, 1) }
    }

    fn repeated(&self, policy: &RiskPolicy, watched: &Watched<'_>) -> Option<Counted> {
        let rule = policy.r2.as_ref()?;
        let recent = |raised: Date| self.as_of.days_since(raised) < i64::from(rule.days);
        let entries = self.concerns(watched, rule.severity, recent);
        let within = Some(Within::Days(rule.severity, rule.days));
        Some(Counted { within, ..Counted::of(measure(RiskRule::R2), entries, rule.concerns) })
    }

    /// Of the indicators that bear on the statement the one with the longest run, and of equal ones the
    /// first.
    fn worse(&self, policy: &RiskPolicy, watched: &Watched<'_>) -> Option<Counted> {
        let rule = policy.r3.as_ref()?;
        let bears = |indicator: &IndicatorDefined| {
            indicator.benchmark.is_some() && indicator.statements.contains(watched.statement)
        };
        let mut longest: Option<Counted> = None;
        for (number, indicator) in self.indicators.iter().filter(|(_, indicator)| bears(indicator)) {
            let figures = self.items.figures(*number);
            let run = figures.map_or_else(Vec::new, |figures| figures.run(indicator, rule.margin_percent));
            if longest.as_ref().is_some_and(|longest| longest.found >= count(run.len())) {
                continue;
            }
            let newest = figures.and_then(Recent::newest).map(|period| period.to);
            let (id, version) = (indicator.id.clone(), indicator.version);
            let within = Some(Within::Indicator(id, version, rule.margin_percent, newest));
            let counted = Counted::of(measure(RiskRule::R3), run, rule.periods);
            longest = Some(Counted { within, ..counted });
        }
        longest.or_else(|| Some(Counted::nothing(measure(RiskRule::R3))))
    }

    fn aged(&self, policy: &RiskPolicy, watched: &Watched<'_>) -> Option<Counted> {
        let (rule, measure) = (policy.r4.as_ref()?, measure(RiskRule::R4));
        let Some((standing, rating)) = watched.standing.zip(self.rating) else {
            return Some(Counted::nothing(measure));
        };
        let (found, threshold) = (self.as_of.days_since(standing.effective), i64::from(rule.days(rating)));
        let mut open = self.items.assessments.iter();
        let looked_at = open.any(|(_, open)| !open.published && open.statements.contains(watched.statement));
        let left = (!looked_at).then_some((threshold + 1 - found).max(0));
        let within = Some(Within::Interval(rating));
        Some(Counted { measure, found, threshold, left, within, entries: vec![standing.result] })
    }

    /// A score of 1 in force that was published here and on whose notice nobody decided.
    fn lowest(&self, watched: &Watched<'_>) -> Counted {
        let published = watched.standing.filter(|standing| standing.assessment.is_some());
        let lowest = published.filter(|standing| standing.score == Score::ALL[0]);
        let decided = |standing: &&StatementView| {
            self.items.notices.iter().any(|(publication, _)| *publication == standing.result)
        };
        let entries = lowest.filter(|standing| !decided(standing)).map(|standing| standing.result);
        Counted { left: Some(1), ..Counted::of(measure(RiskRule::R5), entries.into_iter().collect(), 1) }
    }
}

/// Evidence withdrawn under the score in force. Every further withdrawal under it fires, as long as there is
/// some left.
fn unsupported(watched: &Watched<'_>) -> Counted {
    let entries = watched.resting.iter().filter(|(_, withdrawn)| **withdrawn).map(|(item, _)| *item);
    let standing = watched.resting.values().filter(|withdrawn| !**withdrawn).count();
    let left = (standing > 0).then_some(1);
    let within = (standing > 0).then_some(Within::Evidence(standing));
    Counted { left, within, ..Counted::of(measure(RiskRule::R6), entries.collect(), 1) }
}

fn measure(rule: RiskRule) -> &'static str {
    match rule {
        RiskRule::R1 => "immediate-concerns",
        RiskRule::R2 => "concerns-on-statement",
        RiskRule::R3 => "periods-worse-than-benchmark",
        RiskRule::R4 => "days-since-assessed",
        RiskRule::R5 => "published-scores-of-1",
        RiskRule::R6 => "evidence-withdrawn-under-score",
    }
}
