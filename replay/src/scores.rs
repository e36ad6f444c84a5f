//! Scores in few bytes: what each score entry of a subject says, as far as a rating rests on it.
//!
//! A publication cites dozens of score entries, each in another page of the log, and reading those took nearly all the
//! time of a question about a rating. So the index (`index.rs`) keeps what they say, some 15 bytes each, as numbers
//! (`numbers.rs`): how far the entry is from the one before, how far back what it cites is, and the numbers of the names.
//! Derived, like all of the index. Left out: rationales, panels and causes, for which the entry itself is read.

use std::collections::BTreeMap;

use ledger_core::assessment::codes::{CategoryId, StatementId};
use ledger_core::assessment::framework::Score;
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::Sequence;
use serde::{Deserialize, Serialize};

use crate::numbers::{put, take};

/// What a score entry says. Borrows its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScoreSaid<'n> {
    /// The entry.
    pub(crate) sequence: Sequence,
    /// The assessment's first entry.
    pub(crate) assessment: Sequence,
    /// What is scored.
    pub(crate) statement: &'n StatementId,
    /// Of a score by category, which.
    pub(crate) category: Option<&'n CategoryId>,
    /// The score.
    pub(crate) score: Score,
    /// What it follows from.
    pub(crate) follows_from: FollowsFrom,
}

/// What a score follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FollowsFrom {
    /// Evidence.
    Evidence(Vec<Sequence>),
    /// The score that was moderated.
    Moderated(Sequence),
}

impl<'e> ScoreSaid<'e> {
    /// What an entry says, if it gives a score. Borrows the event.
    pub(crate) fn of(recorded: &'e Recorded) -> Option<Self> {
        let (assessment, statement, category, score, follows_from) = match &recorded.event {
            Event::ScoreAssigned(event) => {
                let follows_from = FollowsFrom::Evidence(event.evidence.clone());
                (event.assessment, &event.statement, &event.category, event.score, follows_from)
            }
            Event::ScoreChanged(event) => {
                let follows_from = FollowsFrom::Evidence(event.evidence.clone());
                (event.assessment, &event.statement, &event.category, event.score, follows_from)
            }
            Event::ScoreModerated(event) => {
                let follows_from = FollowsFrom::Moderated(event.moderates);
                (event.assessment, &event.statement, &event.category, event.score, follows_from)
            }
            _ => return None,
        };
        let category = category.as_ref();
        Some(ScoreSaid { sequence: recorded.sequence, assessment, statement, category, score, follows_from })
    }
}

/// The statements and categories that were scored, by number, in the order in which they were first seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names {
    statements: BTreeMap<StatementId, u64>,
    categories: BTreeMap<CategoryId, u64>,
}

impl Names {
    /// Those with a number, each at its own.
    fn by_number<N>(names: &BTreeMap<N, u64>) -> Vec<&N> {
        let mut ordered: Vec<(&u64, &N)> = names.iter().map(|(name, number)| (number, name)).collect();
        ordered.sort_unstable_by_key(|(number, _)| **number);
        ordered.into_iter().map(|(_, name)| name).collect()
    }
}

fn number_of<N: Ord + Clone>(names: &mut BTreeMap<N, u64>, name: &N) -> u64 {
    if let Some(number) = names.get(name) {
        return *number;
    }
    let number = names.len() as u64;
    names.insert(name.clone(), number);
    number
}

/// The scores of one subject, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scores {
    last: u64,
    bytes: Vec<u8>,
}

impl Scores {
    /// Adds the next one. Refuses one that cites what does not stand before it, and says what.
    pub(crate) fn push(&mut self, names: &mut Names, said: &ScoreSaid<'_>) -> Result<(), Sequence> {
        let at = said.sequence.get();
        let back = |cited: Sequence| at.checked_sub(cited.get()).filter(|back| *back > 0).ok_or(cited);
        let assessment = back(said.assessment)?;
        let cited: Vec<u64> = match &said.follows_from {
            FollowsFrom::Moderated(score) => vec![back(*score)?],
            FollowsFrom::Evidence(items) => {
                let items = items.iter().map(|item| back(*item)).collect::<Result<Vec<_>, _>>()?;
                [vec![items.len() as u64], items].concat()
            }
        };
        let statement = number_of(&mut names.statements, said.statement);
        let category = said.category.map(|category| number_of(&mut names.categories, category) + 1);
        let moderated = matches!(said.follows_from, FollowsFrom::Moderated(_));
        let scored = u64::from(said.score.get()) << 1 | u64::from(moderated);
        let numbers = [at - self.last, assessment, statement, category.unwrap_or(0), scored];
        numbers.into_iter().chain(cited).for_each(|number| put(&mut self.bytes, number));
        self.last = at;
        Ok(())
    }

    /// All of them, in order. Cost: some 50 ns for each.
    pub(crate) fn read<'n>(&self, names: &'n Names) -> impl Iterator<Item = ScoreSaid<'n>> {
        let statements = Names::by_number(&names.statements);
        let categories = Names::by_number(&names.categories);
        let mut bytes = self.bytes.iter();
        let mut last = 0;
        // Only `push` makes such bytes, so they have this form until they end.
        std::iter::from_fn(move || {
            let mut number = || take(&mut bytes);
            last += number()?;
            let back = |distance: u64| last.checked_sub(distance).map(Sequence::new);
            let assessment = back(number()?)?;
            let statement = *statements.get(number()? as usize)?;
            let category = number()?.checked_sub(1).and_then(|at| categories.get(at as usize).copied());
            let scored = number()?;
            let follows_from = match scored & 1 {
                1 => FollowsFrom::Moderated(back(number()?)?),
                _ => FollowsFrom::Evidence((0..number()?).map(|_| back(number()?)).collect::<Option<_>>()?),
            };
            let score = Score::try_from((scored >> 1) as i64).ok()?;
            let sequence = Sequence::new(last);
            Some(ScoreSaid { sequence, assessment, statement, category, score, follows_from })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scores_say_is_read_back() {
        let statements: [StatementId; 2] =
            ["equity-in-access", "safeguarding"].map(|id| id.parse().expect("an id"));
        let category: CategoryId = "processes".parse().expect("an id");
        let at = Sequence::new;
        let given: Vec<ScoreSaid<'_>> = (1..=4)
            .flat_map(|score| {
                let assessed = ScoreSaid {
                    sequence: at(1 << (10 * score)),
                    assessment: at(score),
                    statement: &statements[score as usize % 2],
                    category: Some(&category).filter(|_| score > 2),
                    score: Score::try_from(score as i64).expect("1 to 4"),
                    follows_from: FollowsFrom::Evidence((1..score).map(at).collect()),
                };
                let (sequence, follows_from) =
                    (assessed.sequence.next(), FollowsFrom::Moderated(assessed.sequence));
                [assessed.clone(), ScoreSaid { sequence, follows_from, ..assessed }]
            })
            .collect();
        let (mut scores, mut names) = (Scores::default(), Names::default());
        for said in &given {
            assert_eq!(scores.push(&mut names, said), Ok(()));
        }
        assert_eq!(scores.read(&names).collect::<Vec<_>>(), given);
    }

    #[test]
    fn what_is_cited_stands_before() {
        let statement: StatementId = "safeguarding".parse().expect("an id");
        let said = |assessment, follows_from| ScoreSaid {
            sequence: Sequence::new(7),
            assessment: Sequence::new(assessment),
            statement: &statement,
            category: None,
            score: Score::try_from(3).expect("1 to 4"),
            follows_from,
        };
        let none = || FollowsFrom::Evidence(Vec::new());
        let late = [
            (7, said(7, none())),
            (8, said(1, FollowsFrom::Moderated(Sequence::new(8)))),
            (9, said(1, FollowsFrom::Evidence(vec![Sequence::new(2), Sequence::new(9)]))),
        ];
        for (cited, said) in late {
            let (mut scores, mut names) = (Scores::default(), Names::default());
            assert_eq!(scores.push(&mut names, &said), Err(Sequence::new(cited)));
            let before = (Scores::default(), Names::default());
            assert_eq!((scores, names), before, "nothing is added of what is refused");
        }
    }
}
