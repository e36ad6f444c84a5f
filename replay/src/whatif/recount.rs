//! The whole country as it might have been: how many ratings another framework or rounding would change, and
//! which.
//!
//! Two answers for each area that is assessed: as things are, then with every result derived again. Results
//! that print a percentage or a rating beside all their scores are held against both, so that a rule shows
//! what it contradicts. Left out: other scores and entries left out, which concern one subject.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, FrameworkId, Name, Subject};
use ledger_core::assessment::framework::{Framework, Percent, Rating, Rounding};
use ledger_core::values::Length;
use serde::Serialize;

use super::{Carried, Supposition};
use crate::register::{RatingAnswer, Register, Status};

/// What another framework or rounding would make of the country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recount {
    /// By kind of subject.
    pub kinds: Vec<RecountKind>,
    /// What would change, by subject.
    pub changes: Vec<Recounted>,
    /// How each framework adopted for that kind of subject is carried into the one supposed.
    pub carried: Vec<Carried>,
}

/// The subjects of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecountKind {
    /// The kind.
    pub kind: AreaKind,
    /// Areas of the kind that are known.
    pub subjects: u32,
    /// Those with a rating in force.
    pub rated: u32,
    /// Of these, ratings that all scores are there for; others are as printed and cannot change.
    pub derived: u32,
    /// Derived ratings that would be another.
    pub ratings_change: u32,
    /// Derived ratings that would be the same at another percentage.
    pub percents_change: u32,
    /// Derived ratings that could not be derived: a statement has no counterpart or was never scored.
    pub underivable: u32,
    /// Derived percentages against those that a source printed.
    pub printed_percents: Printed,
    /// Derived ratings against those that a source printed.
    pub printed_ratings: Printed,
}

/// What sources printed beside all scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Printed {
    /// How many there are.
    pub compared: u32,
    /// How many contradict what is derived now.
    pub contradict_real: u32,
    /// How many would contradict what is supposed.
    pub contradict_supposed: u32,
}

/// In what way a result would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turn {
    /// The rating would be another.
    Rating,
    /// The rating would be the same at another percentage.
    Percent,
    /// No rating could be derived.
    Underivable,
}

/// A subject whose result would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recounted {
    /// The subject.
    pub subject: Subject,
    /// Its name.
    pub name: Option<Name>,
    /// In what way.
    pub turn: Turn,
    /// The result it dates from.
    pub result: Option<ledger_core::values::Sequence>,
    /// As it is.
    pub real: Outcome,
    /// As it would be.
    pub supposed: Outcome,
}

/// A rating with its percentage and method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Percentage.
    pub percent: Option<Percent>,
    /// Rating.
    pub rating: Option<Rating>,
    /// Method.
    pub framework: Option<FrameworkId>,
}

impl From<&RatingAnswer> for Outcome {
    fn from(answer: &RatingAnswer) -> Self {
        Outcome { percent: answer.percent, rating: answer.rating, framework: answer.framework.clone() }
    }
}

impl Recount {
    /// Derives every rating in force on a day twice. A framework concerns the subjects of its kind only.
    /// Takes the register, whose results it changes. `progress` hears how many subjects are done. Cost: two
    /// ratings a subject.
    pub fn of(
        mut register: Register,
        framework: Option<Framework>,
        rounding: Option<Rounding>,
        as_of: Date,
        progress: &mut dyn FnMut(Length, Length),
    ) -> Self {
        let subjects = assessed(&register, framework.as_ref().map(|framework| framework.subject_kind));
        let of = 2 * subjects.len() as u64;
        let mut done = 0;
        let mut step = || {
            done += 1;
            progress(Length(done), Length(of));
        };
        let mut answers = Vec::with_capacity(subjects.len());
        for (_, subject) in &subjects {
            answers.push(register.rating(subject, as_of));
            step();
        }
        let supposition = Supposition { framework, rounding, ..Supposition::default() };
        let carried = Carried::of_all(&register, &supposition);
        let method = register.suppose_method(&supposition);
        let mut counting = Counting::default();
        for ((kind, subject), real) in subjects.into_iter().zip(answers) {
            let supposed = register.supposed_rating(method.as_ref(), &subject, as_of);
            counting.take(kind, &real, &supposed);
            step();
        }
        Recount { kinds: counting.kinds.into_values().collect(), changes: counting.changes, carried }
    }
}

/// The areas that are assessed, of one kind or of all.
fn assessed(register: &Register, only: Option<AreaKind>) -> Vec<(AreaKind, Subject)> {
    let areas = register.areas().filter_map(|(subject, _)| {
        let kind = subject.area_kind().filter(|kind| kind.is_assessed())?;
        only.is_none_or(|only| only == kind).then(|| (kind, subject.clone()))
    });
    areas.collect()
}

#[derive(Default)]
struct Counting {
    kinds: BTreeMap<AreaKind, RecountKind>,
    changes: Vec<Recounted>,
}

impl Counting {
    fn take(&mut self, kind: AreaKind, real: &RatingAnswer, supposed: &RatingAnswer) {
        let of_kind = self.kinds.entry(kind).or_insert_with(|| RecountKind::new(kind));
        of_kind.subjects += 1;
        if real.status != Status::InForce || real.rating.is_none() {
            return;
        }
        of_kind.rated += 1;
        if !is_derived(real) {
            return;
        }
        of_kind.derived += 1;
        if is_derived(supposed) {
            of_kind.compare_printed(real, supposed);
        }
        let Some(turn) = turn(real, supposed) else { return };
        match turn {
            Turn::Rating => of_kind.ratings_change += 1,
            Turn::Percent => of_kind.percents_change += 1,
            Turn::Underivable => of_kind.underivable += 1,
        }
        self.changes.push(Recounted {
            subject: real.subject.clone(),
            name: real.name.clone(),
            turn,
            result: real.result.as_ref().map(|result| result.sequence),
            real: Outcome::from(real),
            supposed: Outcome::from(supposed),
        });
    }
}

fn is_derived(answer: &RatingAnswer) -> bool {
    answer.basis == Some("derived")
}

fn turn(real: &RatingAnswer, supposed: &RatingAnswer) -> Option<Turn> {
    if !is_derived(supposed) {
        return Some(Turn::Underivable);
    }
    if real.rating != supposed.rating {
        return Some(Turn::Rating);
    }
    (real.percent != supposed.percent).then_some(Turn::Percent)
}

impl RecountKind {
    fn new(kind: AreaKind) -> Self {
        RecountKind {
            kind,
            subjects: 0,
            rated: 0,
            derived: 0,
            ratings_change: 0,
            percents_change: 0,
            underivable: 0,
            printed_percents: Printed::default(),
            printed_ratings: Printed::default(),
        }
    }

    fn compare_printed(&mut self, real: &RatingAnswer, supposed: &RatingAnswer) {
        let printed = real.printed;
        self.printed_percents.take(printed.and_then(|p| p.percent), real.percent, supposed.percent);
        self.printed_ratings.take(printed.and_then(|p| p.rating), real.rating, supposed.rating);
    }
}

impl Printed {
    fn take<T: PartialEq>(&mut self, printed: Option<T>, real: Option<T>, supposed: Option<T>) {
        if printed.is_some() {
            self.compared += 1;
            self.contradict_real += u32::from(printed != real);
            self.contradict_supposed += u32::from(printed != supposed);
        }
    }
}
