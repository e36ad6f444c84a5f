//! What if: a rating as it might have been, beside the real one. Nothing is recorded.
//!
//! Entries in, entries out, then the same [`Register`]. What is supposed is applied in this order: entries
//! left out, with what falls away (`absence.rs`); other scores, put into the entries that gave those in force
//! on the day asked about, or into entries that never were where a statement has none; another rounding of
//! every framework; another framework, which the standing scores are carried into by its mapping. Where it
//! maps nothing from a framework, statements of the same id are taken for each other (our own choice). The
//! whole country: `recount.rs`.

mod absence;
mod recount;
mod scores;

pub(crate) use absence::without;
pub use recount::{Outcome, Printed, Recount, RecountKind, Recounted, Turn};

use std::borrow::Cow;
use std::collections::BTreeSet;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, CategoryId, FrameworkId, StatementId, Subject};
use ledger_core::assessment::framework::{Framework, Mapping, Rounding, Score};
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;
use serde::Serialize;

use crate::projection::Projection;
use crate::register::{RatingAnswer, Register};
use crate::scope::Grounds;

/// What is supposed.
#[derive(Debug, Clone, Default)]
pub struct Supposition {
    /// Entries that were never recorded.
    pub without: Vec<Sequence>,
    /// Other scores than those in force.
    pub scores: Vec<SupposedScore>,
    /// Another method.
    pub framework: Option<Framework>,
    /// Another rounding, of every framework.
    pub rounding: Option<Rounding>,
}

/// A statement's score as it might have been, under the framework that the rating stands under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupposedScore {
    /// The statement.
    pub statement: StatementId,
    /// The category; all of the statement's while absent.
    pub category: Option<CategoryId>,
    /// The score.
    pub score: Score,
}

/// A rating as it is and as it might have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// The rating that is in force.
    pub real: RatingAnswer,
    /// The rating that would be.
    pub supposed: RatingAnswer,
    /// What fell away with the entries left out, ascending.
    pub falls_away: Vec<Sequence>,
    /// Publications that would give other or fewer scores, ascending.
    pub altered: Vec<Sequence>,
    /// Scores that no entry gave, by numbers that no entry has.
    pub invented: Vec<Sequence>,
    /// How the other framework was carried into.
    pub carried: Option<Carried>,
}

/// How the scores of one framework are carried into another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Carried {
    /// The framework that the rating stands under.
    pub from: FrameworkId,
    /// The framework supposed.
    pub into: FrameworkId,
    /// Whether the framework says how; else statements of the same id were taken for each other.
    pub by_mapping: bool,
    /// Statements of the first that go nowhere.
    pub dropped: Vec<StatementId>,
    /// Statements of the second that none is carried into.
    pub without_counterpart: Vec<StatementId>,
}

/// Why something cannot be supposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SupposeError {
    /// An entry to leave out that the rating does not rest on.
    #[error(
        "entry {entry} is not in the history of {subject} as far as it is known: see \
         `ledger history {subject}`"
    )]
    NotItsOwn {
        /// The entry.
        entry: Sequence,
        /// Whose rating is asked about.
        subject: Subject,
    },
    /// The registration cannot be left out.
    #[error("entry {0} registers the area: without it there is nobody to ask about; leave out a later entry")]
    Registration(Sequence),
    /// There is no rating to suppose other scores for.
    #[error(
        "{subject} has no result in force on {as_of}, so no score to suppose another for: see \
         `ledger rating {subject}`"
    )]
    NotRated {
        /// Whose rating is asked about.
        subject: Subject,
        /// The day.
        as_of: Date,
    },
    /// A statement that the framework does not have.
    #[error("quality statement {statement} is not in {framework}: see `ledger framework show {framework}`")]
    UnknownStatement {
        /// The statement.
        statement: StatementId,
        /// The framework that the rating stands under.
        framework: FrameworkId,
    },
    /// A category where the result has one score for each statement, or none of that name.
    #[error("{statement} has no score for category {category} under {framework}: give {statement}=N")]
    NoCategory {
        /// The statement.
        statement: StatementId,
        /// The category.
        category: CategoryId,
        /// The framework that the score was given under.
        framework: FrameworkId,
    },
    /// Two scores for one statement or category.
    #[error("a score for {0} is supposed twice: give it once")]
    Twice(StatementId),
    /// A framework for another kind of subject.
    #[error(
        "framework {framework} assesses subjects of kind {assesses}, and {subject} is none: see \
         `ledger framework list`"
    )]
    OtherKind {
        /// The framework.
        framework: FrameworkId,
        /// The kind that it assesses.
        assesses: AreaKind,
        /// Whose rating is asked about.
        subject: Subject,
    },
}

impl WhatIf {
    /// Whether anything about the rating would differ.
    pub fn differs(&self) -> bool {
        self.real != self.supposed
    }
}

/// The rating of the subject whose grounds these are on a day, and what it would be. Cost: two folds over the
/// grounds.
pub fn what_if(grounds: &Grounds, supposition: &Supposition, as_of: Date) -> Result<WhatIf, SupposeError> {
    let subject = &grounds.subject;
    if let Some(framework) =
        supposition.framework.as_ref().filter(|f| Some(f.subject_kind) != subject.area_kind())
    {
        let (assesses, subject) = (framework.subject_kind, subject.clone());
        return Err(SupposeError::OtherKind { framework: framework.id.clone(), assesses, subject });
    }
    let real = folded(grounds.events()).rating(subject, as_of);
    let left_out = left_out(grounds, &supposition.without)?;
    let absence = without(grounds.events(), &left_out);
    let mut entries: Vec<Recorded> = absence.entries.into_iter().map(Cow::into_owned).collect();
    let base = folded(&entries);
    let invented = scores::suppose(
        &mut entries,
        &base,
        &base.rating(subject, as_of),
        &supposition.scores,
        grounds.head.length,
    )?;
    let mut register = folded(&entries);
    let carried = register.suppose_method(supposition);
    let stands_under = base.rating(subject, as_of).framework;
    Ok(WhatIf {
        supposed: register.supposed_rating(carried.as_ref(), subject, as_of),
        falls_away: absence.fallen,
        altered: absence.altered,
        invented,
        carried: stands_under
            .zip(supposition.framework.as_ref())
            .and_then(|(from, into)| Some(Carried::of(base.framework(&from)?, into))),
        real,
    })
}

/// The register after these entries.
pub(crate) fn folded<'e>(entries: impl IntoIterator<Item = &'e Recorded>) -> Register {
    let mut register = Register::default();
    entries.into_iter().for_each(|recorded| register.apply(recorded));
    register
}

fn left_out(grounds: &Grounds, without: &[Sequence]) -> Result<BTreeSet<Sequence>, SupposeError> {
    for entry in without {
        let found = grounds.events().find(|recorded| recorded.sequence == *entry);
        match found.filter(|recorded| recorded.subject == grounds.subject).map(|recorded| &recorded.event) {
            Some(Event::AreaRegistered(_)) => return Err(SupposeError::Registration(*entry)),
            Some(_) => {}
            None => {
                return Err(SupposeError::NotItsOwn { entry: *entry, subject: grounds.subject.clone() });
            }
        }
    }
    Ok(without.iter().copied().collect())
}

impl Register {
    /// Supposes another rounding and another framework. Returns the id of the latter.
    fn suppose_method(&mut self, supposition: &Supposition) -> Option<FrameworkId> {
        let rounded = |framework: Framework| Framework {
            rounding: supposition.rounding.unwrap_or(framework.rounding),
            ..framework
        };
        if supposition.rounding.is_some() {
            let all: Vec<Framework> = self.frameworks().cloned().map(rounded).collect();
            all.into_iter().for_each(|framework| self.suppose_framework(framework));
        }
        let framework = rounded(supposition.framework.clone()?);
        let id = framework.id.clone();
        let carrying = carrying(framework, self.frameworks());
        self.suppose_framework(carrying);
        Some(id)
    }

    fn supposed_rating(
        &self,
        framework: Option<&FrameworkId>,
        subject: &Subject,
        as_of: Date,
    ) -> RatingAnswer {
        match framework {
            Some(framework) => self.rating_under(framework, subject, as_of),
            None => self.rating(subject, as_of),
        }
    }
}

/// The framework with statements of the same id mapped from those it maps nothing from.
fn carrying<'f>(mut framework: Framework, others: impl Iterator<Item = &'f Framework>) -> Framework {
    for other in others.filter(|other| other.subject_kind == framework.subject_kind) {
        let known = other.id == framework.id || maps_from(&framework, &other.id);
        let same = other.statements().filter(|statement| framework.statement(&statement.id).is_some());
        let same: Vec<Mapping> = same
            .map(|statement| Mapping {
                framework: other.id.clone(),
                from: statement.id.clone(),
                to: statement.id.clone(),
            })
            .collect();
        framework.mapping.extend(same.into_iter().filter(|_| !known));
    }
    framework
}

fn maps_from(framework: &Framework, other: &FrameworkId) -> bool {
    framework.mapping.iter().any(|mapping| mapping.framework == *other)
}

impl Carried {
    /// From each other framework for the same kind of subject.
    fn of_all(register: &Register, supposition: &Supposition) -> Vec<Self> {
        let Some(into) = &supposition.framework else { return Vec::new() };
        let others = register.frameworks().filter(|from| from.subject_kind == into.subject_kind);
        others.filter(|from| from.id != into.id).map(|from| Carried::of(from, into)).collect()
    }

    fn of(from: &Framework, into: &Framework) -> Self {
        let by_mapping = maps_from(into, &from.id);
        let whole = carrying(into.clone(), std::iter::once(from));
        let ids = |framework: &Framework| -> Vec<StatementId> {
            framework.statements().map(|statement| statement.id.clone()).collect()
        };
        let maps = |is: &dyn Fn(&Mapping) -> bool| {
            from.id == into.id || whole.mapping.iter().any(|m| m.framework == from.id && is(m))
        };
        let mut carried = Carried {
            from: from.id.clone(),
            into: into.id.clone(),
            by_mapping,
            dropped: ids(from),
            without_counterpart: ids(into),
        };
        carried.dropped.retain(|id| !maps(&|mapping| mapping.from == *id));
        carried.without_counterpart.retain(|id| !maps(&|mapping| mapping.to == *id));
        carried
    }
}
