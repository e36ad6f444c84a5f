//! The country on a day: how ratings and scores are distributed, how many subjects are covered, and each beside its
//! peers.
//!
//! Only areas that exist on the day are counted; one that ended is not, and its successors count as not yet assessed
//! until they have results of their own. Scores given under different frameworks are never put in one row. Regions are
//! those an area lies in by its registration, else those of the areas it lies in. Who uses it: `ledger national` and
//! its drawing (`plot/national.rs`).

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, FrameworkId, Name, StatementId, Subject, ThemeId};
use ledger_core::assessment::framework::{Framework, Percent, Rating, Score};
use serde::Serialize;

use crate::context::Contexts;
use crate::register::{AreaView, Caveat, RatingAnswer, Register, Status};

/// What is distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// The overall rating and its percentage.
    Overall,
    /// The score of a theme.
    Theme(ThemeId),
    /// The score of a statement.
    Statement(StatementId),
}

/// Why there is no distribution.
#[derive(Debug, thiserror::Error)]
pub enum NoMeasure {
    /// A theme nobody defined.
    #[error(
        "no framework adopted by then has the theme '{0}': see `ledger framework list` and `framework show`"
    )]
    Theme(ThemeId),
    /// A statement nobody defined.
    #[error(
        "no framework adopted by then has the statement '{0}': see `ledger framework list` and `framework show`"
    )]
    Statement(StatementId),
}

/// The country on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct National {
    /// The day.
    pub as_of: Date,
    /// What is distributed.
    pub measure: Measure,
    /// By kind of subject.
    pub kinds: Vec<NationalKind>,
}

/// The subjects of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NationalKind {
    /// The kind.
    pub kind: AreaKind,
    /// Subjects that exist on the day.
    pub existing: usize,
    /// Of these, how many have a result in force.
    pub assessed: usize,
    /// How many have none because it was withdrawn.
    pub withdrawn: usize,
    /// How many are under review.
    pub under_review: usize,
    /// Subjects that ended before the day. Not counted in anything else.
    pub ended: usize,
    /// The country, and then each region.
    pub rows: Vec<NationalRow>,
    /// The country's scores by framework and statement, in printed order; of the overall rating only.
    pub statements: Vec<StatementRow>,
    /// Each subject, in order of code.
    pub subjects: Vec<NationalSubject>,
}

/// How one region stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NationalRow {
    /// The region; the whole country while absent and `name` says England.
    pub region: Option<Subject>,
    /// Its name.
    pub name: String,
    /// Subjects there.
    pub existing: usize,
    /// Of these, how many have what is distributed, under the framework of this row if it is of one.
    pub measured: usize,
    /// How many have it under another framework, which has a row of its own.
    pub otherwise: usize,
    /// How many of these under which framework. More than one only for overall ratings.
    pub methods: BTreeMap<FrameworkId, usize>,
    /// How many at each rating. Of a statement empty.
    pub ratings: BTreeMap<Rating, usize>,
    /// How many at each score. Of a statement only.
    pub scores: BTreeMap<Score, usize>,
    /// How the percentages lie, where there are any.
    pub percents: Option<Spread>,
}

/// Lowest, middle and highest. Of an even number the lower of the two in the middle, so that it is one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// The lowest.
    pub lowest: Percent,
    /// The one in the middle.
    pub median: Percent,
    /// The highest.
    pub highest: Percent,
}

/// How one statement is scored under one framework.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRow {
    /// The framework under which the scores were given.
    pub framework: FrameworkId,
    /// The statement.
    pub statement: StatementId,
    /// How many subjects at each score.
    pub scores: BTreeMap<Score, usize>,
}

/// What one subject has of what is distributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NationalValue {
    /// The subject.
    pub subject: Subject,
    /// Its name.
    pub name: Name,
    /// What can be said.
    pub status: Status,
    /// Framework it was scored under.
    pub framework: Option<FrameworkId>,
    /// Rating, overall or of the theme.
    pub rating: Option<Rating>,
    /// Percentage, overall or of the theme.
    pub percent: Option<Percent>,
    /// Score of the statement.
    pub score: Option<Score>,
    /// Whether a review is undecided.
    pub under_review: bool,
}

/// A subject beside its peers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NationalSubject {
    /// The subject.
    #[serde(flatten)]
    pub value: NationalValue,
    /// Its regions.
    pub regions: Vec<Subject>,
    /// The areas it follows, whose results it does not inherit.
    pub follows: Vec<Subject>,
    /// By which variables its peers were found.
    pub peers_by: Vec<String>,
    /// The areas most like it, nearest first.
    pub peers: Vec<NationalValue>,
}

impl NationalValue {
    /// In a word or two: `good, 64 %`, `3`, `not yet assessed`. `framework` is said where it is another than `beside`.
    pub fn words(&self, beside: Option<&FrameworkId>) -> String {
        let said = match (self.score, self.rating, self.percent, self.status) {
            (Some(score), ..) => score.to_string(),
            (_, Some(rating), Some(percent), _) => format!("{rating}, {percent} %"),
            (_, Some(rating), None, _) => rating.to_string(),
            (_, None, _, Status::NotYetAssessed) => "not yet assessed".to_owned(),
            (_, None, _, Status::Withdrawn) => "withdrawn".to_owned(),
            (_, None, ..) => "not scored".to_owned(),
        };
        let said = if self.under_review { format!("{said}; under review") } else { said };
        match (beside, &self.framework) {
            (Some(beside), Some(own)) if beside != own => format!("{said} under {own}"),
            _ => said,
        }
    }
}

impl NationalRow {
    /// How many subjects have nothing of what is distributed.
    pub fn none(&self) -> usize {
        self.existing - self.measured - self.otherwise
    }

    /// Counts from the lowest rating or score to the highest.
    pub fn counts(&self) -> [usize; 4] {
        let at = |n: usize| {
            let rating = self.ratings.get(&Rating::ALL[n]);
            rating.or_else(|| self.scores.get(&Score::ALL[n])).copied().unwrap_or(0)
        };
        std::array::from_fn(at)
    }
}

impl Measure {
    fn is_in(&self, framework: &Framework) -> bool {
        match self {
            Measure::Overall => true,
            Measure::Theme(id) => framework.themes.iter().any(|theme| theme.id == *id),
            Measure::Statement(id) => framework.statement(id).is_some(),
        }
    }

    /// What it is, in words.
    pub fn words(&self) -> String {
        match self {
            Measure::Overall => "overall ratings".to_owned(),
            Measure::Theme(id) => format!("scores of theme {id}"),
            Measure::Statement(id) => format!("scores of statement {id}"),
        }
    }

    fn value(&self, name: &Name, answer: &RatingAnswer) -> NationalValue {
        let mut value = NationalValue {
            subject: answer.subject.clone(),
            name: name.clone(),
            status: answer.status,
            framework: answer.framework.clone(),
            rating: None,
            percent: None,
            score: None,
            under_review: answer.caveats.contains(&Caveat::UnderReview),
        };
        match self {
            Measure::Overall => (value.rating, value.percent) = (answer.rating, answer.percent),
            Measure::Theme(id) => {
                if let Some(theme) = answer.themes.iter().find(|theme| theme.id == *id) {
                    (value.rating, value.percent) = (theme.rating, theme.percent);
                }
            }
            Measure::Statement(id) => {
                if let Some(given) = answer.statements.iter().find(|given| given.statement == *id) {
                    value.score = Some(given.score);
                    if let Some((framework, _)) = &given.mapped_from {
                        value.framework = Some(framework.clone());
                    }
                }
            }
        }
        value
    }
}

impl National {
    /// The distribution of `measure` among the subjects of a kind, or of all kinds that it applies to, each with so
    /// many peers. Cost: a rating for each subject, and a pass over its kind for each that has a recorded context.
    pub fn of(
        register: &Register,
        contexts: &Contexts,
        as_of: Date,
        measure: Measure,
        kind: Option<AreaKind>,
        peers: usize,
    ) -> Result<Self, NoMeasure> {
        let frameworks: Vec<&Framework> = register.frameworks().filter(|f| measure.is_in(f)).collect();
        match &measure {
            Measure::Theme(id) if frameworks.is_empty() => return Err(NoMeasure::Theme(id.clone())),
            Measure::Statement(id) if frameworks.is_empty() => return Err(NoMeasure::Statement(id.clone())),
            _ => {}
        }
        let applies = |wanted: &AreaKind| {
            wanted.is_assessed()
                && (measure == Measure::Overall || frameworks.iter().any(|f| f.subject_kind == *wanted))
        };
        let kinds = AreaKind::ALL.into_iter().filter(|k| applies(k) && kind.is_none_or(|kind| kind == *k));
        let country = Country { register, contexts, as_of, measure: &measure, peers };
        let kinds: Vec<NationalKind> = kinds.map(|kind| country.kind(kind)).collect();
        let some = |view: &NationalKind| view.existing > 0 || kind.is_some();
        Ok(National { as_of, kinds: kinds.into_iter().filter(some).collect(), measure })
    }
}

/// What the country is read from.
struct Country<'c> {
    register: &'c Register,
    contexts: &'c Contexts,
    as_of: Date,
    measure: &'c Measure,
    peers: usize,
}

/// A subject as it stands, and the regions it lies in.
struct Standing {
    answer: RatingAnswer,
    value: NationalValue,
    regions: Vec<Subject>,
}

impl Country<'_> {
    fn exists(&self, area: &AreaView) -> bool {
        area.valid_from.is_none_or(|from| from <= self.as_of)
            && area.valid_to.is_none_or(|to| self.as_of <= to)
    }

    fn kind(&self, kind: AreaKind) -> NationalKind {
        let of_kind = || self.register.areas().filter(|(subject, _)| subject.area_kind() == Some(kind));
        let standing: BTreeMap<Subject, Standing> = of_kind()
            .filter(|(_, area)| self.exists(area))
            .map(|(subject, area)| (subject.clone(), self.standing(subject, area)))
            .collect();
        let ended = of_kind().filter(|(_, area)| area.valid_to.is_some_and(|to| to < self.as_of)).count();
        let count = |counts: &dyn Fn(&NationalValue) -> bool| {
            standing.values().filter(|one| counts(&one.value)).count()
        };
        NationalKind {
            kind,
            existing: standing.len(),
            assessed: count(&|value| value.status == Status::InForce),
            withdrawn: count(&|value| value.status == Status::Withdrawn),
            under_review: count(&|value| value.under_review),
            ended,
            rows: self.rows(&standing),
            statements: if *self.measure == Measure::Overall {
                statement_rows(self.register, &standing)
            } else {
                Vec::new()
            },
            subjects: self.beside_peers(kind, &standing),
        }
    }

    fn standing(&self, subject: &Subject, area: &AreaView) -> Standing {
        let answer = self.register.rating(subject, self.as_of);
        let value = self.measure.value(&area.name, &answer);
        Standing { value, answer, regions: self.regions(area) }
    }

    /// The regions an area is registered in, else those of the areas it lies in.
    fn regions(&self, area: &AreaView) -> Vec<Subject> {
        let is_region = |subject: &&Subject| subject.area_kind() == Some(AreaKind::Region);
        let own: Vec<Subject> = area.within.iter().filter(is_region).cloned().collect();
        if !own.is_empty() {
            return own;
        }
        // One step up is as far as registrations go: a provider in an authority, an authority in a system.
        let around = area.within.iter().filter_map(|subject| self.register.area(subject));
        let regions: BTreeSet<&Subject> = around.flat_map(|area| &area.within).filter(is_region).collect();
        regions.into_iter().cloned().collect()
    }

    fn rows(&self, standing: &BTreeMap<Subject, Standing>) -> Vec<NationalRow> {
        let all: Vec<&Standing> = standing.values().collect();
        let mut rows = self.region_rows(None, "England".to_owned(), &all);
        let regions: BTreeSet<&Subject> = all.iter().flat_map(|one| &one.regions).collect();
        for region in regions {
            let there: Vec<&Standing> =
                all.iter().filter(|one| one.regions.contains(region)).copied().collect();
            let name = self.register.area(region).map_or(region.to_string(), |area| area.name.to_string());
            rows.extend(self.region_rows(Some(region.clone()), name, &there));
        }
        let nowhere: Vec<&Standing> = all.iter().filter(|one| one.regions.is_empty()).copied().collect();
        if !nowhere.is_empty() && nowhere.len() < all.len() {
            rows.extend(self.region_rows(None, "no region recorded".to_owned(), &nowhere));
        }
        rows
    }

    /// One row; of themes and statements one for each framework, since their scores are not to be mixed.
    fn region_rows(&self, region: Option<Subject>, name: String, there: &[&Standing]) -> Vec<NationalRow> {
        let has = |one: &&&Standing| one.value.rating.is_some() || one.value.score.is_some();
        let measured: Vec<&Standing> = there.iter().filter(has).copied().collect();
        let methods: BTreeSet<&FrameworkId> =
            measured.iter().filter_map(|one| one.value.framework.as_ref()).collect();
        let row = |under: &[&Standing]| NationalRow {
            region: region.clone(),
            name: name.clone(),
            existing: there.len(),
            otherwise: measured.len() - under.len(),
            ..counted(under)
        };
        if *self.measure == Measure::Overall || methods.len() <= 1 {
            return vec![row(&measured)];
        }
        let under = |method: &FrameworkId| -> Vec<&Standing> {
            measured.iter().filter(|one| one.value.framework.as_ref() == Some(method)).copied().collect()
        };
        methods.into_iter().map(|method| row(&under(method))).collect()
    }

    fn beside_peers(&self, kind: AreaKind, standing: &BTreeMap<Subject, Standing>) -> Vec<NationalSubject> {
        let groups = self.contexts.peer_groups(kind, self.as_of, |area| standing.contains_key(area));
        let subjects = standing.iter().map(|(subject, one)| {
            let peers = groups.peers(subject, self.peers);
            let follows = one.answer.predecessors.iter().map(|before| before.subject.clone());
            NationalSubject {
                value: one.value.clone(),
                regions: one.regions.clone(),
                follows: follows.collect(),
                peers_by: peers.variables,
                peers: peers
                    .areas
                    .iter()
                    .filter_map(|peer| Some(standing.get(peer)?.value.clone()))
                    .collect(),
            }
        });
        subjects.collect()
    }
}

/// A row of those that have what is distributed; where they are is for the caller to say.
fn counted(measured: &[&Standing]) -> NationalRow {
    let mut row = NationalRow {
        region: None,
        name: String::new(),
        existing: 0,
        measured: measured.len(),
        otherwise: 0,
        methods: BTreeMap::new(),
        ratings: BTreeMap::new(),
        scores: BTreeMap::new(),
        percents: spread(measured.iter().filter_map(|one| one.value.percent).collect()),
    };
    for value in measured.iter().map(|one| &one.value) {
        if let Some(method) = &value.framework {
            *row.methods.entry(method.clone()).or_default() += 1;
        }
        match (value.score, value.rating) {
            (Some(score), _) => *row.scores.entry(score).or_default() += 1,
            (None, Some(rating)) => *row.ratings.entry(rating).or_default() += 1,
            (None, None) => {}
        }
    }
    row
}

fn spread(mut percents: Vec<Percent>) -> Option<Spread> {
    percents.sort_unstable();
    let (lowest, highest) = (*percents.first()?, *percents.last()?);
    Some(Spread { count: percents.len(), lowest, median: percents[(percents.len() - 1) / 2], highest })
}

/// The scores in force of every statement, by the framework they were given under.
fn statement_rows(register: &Register, standing: &BTreeMap<Subject, Standing>) -> Vec<StatementRow> {
    let mut counts: BTreeMap<(&FrameworkId, &StatementId), BTreeMap<Score, usize>> = BTreeMap::new();
    for answer in standing.values().map(|one| &one.answer) {
        for given in &answer.statements {
            let mapped = given.mapped_from.as_ref().map(|(framework, statement)| (framework, statement));
            let own = answer.framework.as_ref().map(|framework| (framework, &given.statement));
            let Some(key) = mapped.or(own) else { continue };
            *counts.entry(key).or_default().entry(given.score).or_default() += 1;
        }
    }
    let printed = register.frameworks().flat_map(|f| f.statements().map(|statement| (&f.id, &statement.id)));
    let rows = printed.filter_map(|key| {
        let scores = counts.remove(&key)?;
        Some(StatementRow { framework: key.0.clone(), statement: key.1.clone(), scores })
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_one_of_them() {
        let percents = |all: &[i64]| all.iter().map(|p| Percent::try_from(*p).expect("one")).collect();
        let found = spread(percents(&[67, 25, 64, 100])).expect("some");
        assert_eq!((found.lowest.get(), found.median.get(), found.highest.get()), (25, 64, 100));
        assert_eq!(spread(percents(&[59])).map(|found| found.median.get()), Some(59));
        assert_eq!(spread(Vec::new()), None);
    }
}
