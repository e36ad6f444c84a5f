//! What the reading side says will happen next, held against what the rules then do.
//!
//! Before a command that may trigger, what is going on is asked which statements it would fire a rule for;
//! afterwards the triggers recorded must be these and no others. Folded entry by entry, as a follower of the
//! log would.

use std::collections::BTreeSet;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::risk::{RiskRule, Severity};
use ledger_core::log::Entry;
use ledger_core::store::entries_from;
use ledger_core::values::Sequence;
use ledger_tests::world::World;
use replay::{Ongoing, Projection, Register, RiskRow, RuleProgress, subject_risks};

use super::{SUBJECTS, Trigger};

/// A statement of a subject for which a rule fires.
pub type Foreseen = (String, String, String);

#[derive(Debug, Default)]
pub struct Forecast {
    ongoing: Ongoing,
    register: Register,
    read: u64,
}

impl Forecast {
    /// Reads what was recorded since.
    fn catch_up(&mut self, world: &World) {
        for item in entries_from(world.ledger().store(), Sequence::new(self.read)) {
            let entry = Entry::decode(&item.expect("readable").1).expect("an entry");
            let recorded = ledger_core::recorded(&entry).expect("an event");
            self.ongoing.apply(&recorded);
            self.register.apply(&recorded);
            self.read += 1;
        }
    }

    /// Every row of the model's subjects today.
    pub fn rows(&mut self, world: &World) -> Vec<RiskRow> {
        self.catch_up(world);
        let today = Date::in_london(world.now());
        let subjects = SUBJECTS.map(|name| name.parse::<Subject>().expect("a subject"));
        let rows =
            subjects.iter().flat_map(|subject| subject_risks(&self.register, &self.ongoing, subject, today));
        rows.collect()
    }

    /// The statements among `named` of `subject` for which the next such event fires one of the rules.
    pub fn next(
        &mut self,
        world: &World,
        subject: &str,
        named: &[&str],
        rules: &[(RiskRule, i64)],
    ) -> BTreeSet<Foreseen> {
        let rows = self.rows(world);
        let of_subject = rows
            .iter()
            .filter(|row| row.subject.as_str() == subject && named.contains(&row.statement.as_str()));
        of_subject.flat_map(|row| fires(row, rules)).collect()
    }

    /// What a concern of a severity fires: R1 if it is immediate, R2 if that counts it.
    pub fn concern(
        &mut self,
        world: &World,
        subject: &str,
        severity: Severity,
        statements: &[&str],
    ) -> BTreeSet<Foreseen> {
        self.catch_up(world);
        let policy = self.ongoing.policy_on(Date::in_london(world.now()));
        let counts = policy.and_then(|policy| policy.r2.as_ref()).is_some_and(|r2| severity >= r2.severity);
        let first = (severity == Severity::Immediate).then_some((RiskRule::R1, 1));
        let second = counts.then_some((RiskRule::R2, 1));
        let rules: Vec<(RiskRule, i64)> = first.into_iter().chain(second).collect();
        self.next(world, subject, statements, &rules)
    }

    /// What the withdrawal of an item of evidence fires, wherever a score in force rests on it.
    pub fn withdrawal(&mut self, world: &World, item: u64) -> BTreeSet<Foreseen> {
        let item = Sequence::new(item);
        let rests =
            |row: &&RiskRow| row.assessed.as_ref().is_some_and(|assessed| assessed.evidence.contains(&item));
        self.rows(world).iter().filter(rests).flat_map(|row| fires(row, &[(RiskRule::R6, 1)])).collect()
    }

    /// The entries of the triggers that are open.
    pub fn open(&mut self, world: &World) -> BTreeSet<u64> {
        let rows = self.rows(world);
        rows.iter().flat_map(|row| &row.triggers).map(|open| open.entry.get()).collect()
    }
}

/// The rules among those given that lie so far from firing as given with them.
fn fires(row: &RiskRow, rules: &[(RiskRule, i64)]) -> Vec<Foreseen> {
    let stands =
        |rule: &&RuleProgress| rules.iter().any(|(of, left)| *of == rule.rule && Some(*left) == rule.left);
    let foreseen =
        |rule: &RuleProgress| (row.subject.to_string(), rule.rule.to_string(), row.statement.to_string());
    row.rules.iter().filter(stands).map(foreseen).collect()
}

/// The triggers of these rules, statement by statement.
pub fn spread(fired: &[(u64, Trigger)], rules: &[&str]) -> BTreeSet<Foreseen> {
    let of_rules = fired.iter().map(|(_, trigger)| trigger).filter(|t| rules.contains(&t.rule.as_str()));
    let each = of_rules.flat_map(|trigger| {
        let of = |id: &String| (trigger.subject.clone(), trigger.rule.clone(), id.clone());
        trigger.statements.iter().map(of).collect::<Vec<_>>()
    });
    each.collect()
}
