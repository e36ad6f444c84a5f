//! Thematic reviews: the matrix of what was found, with its gaps visible.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Code, Name, Subject};
use ledger_core::assessment::event::{ThematicReportPublished, ThematicReviewOpened};
use ledger_core::assessment::{Event, EventKind, Recorded};
use ledger_core::values::Sequence;
use serde::{Deserialize, Serialize};

use crate::projection::Projection;
use crate::register::Register;

/// A row of the matrix: a subject and its level for each question, null where nothing was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThemeRow {
    /// The subject.
    pub subject: Subject,
    /// Its name.
    pub name: Option<Name>,
    /// Level by question, in the review's order.
    pub levels: Vec<Option<Code>>,
}

/// A thematic review as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThemeMatrix {
    /// The review.
    pub theme: Subject,
    /// How it was opened.
    pub opened: ThematicReviewOpened,
    /// One row for each subject there is.
    pub rows: Vec<ThemeRow>,
    /// Subjects with at least one finding.
    pub covered: usize,
    /// Subjects there are.
    pub subjects: usize,
    /// How many subjects are at each level, by question.
    pub distribution: Vec<(Code, BTreeMap<String, usize>)>,
    /// Published reports.
    pub reports: Vec<(Sequence, ThematicReportPublished)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Theme {
    opened: ThematicReviewOpened,
    counted_on: Date,
    findings: BTreeMap<(Subject, Code), Code>,
    reports: Vec<(Sequence, ThematicReportPublished)>,
}

/// The thematic reviews known. A projection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Themes {
    themes: BTreeMap<Subject, Theme>,
}

impl Projection for Themes {
    const NAME: &'static str = "themes";
    const VERSION: u32 = 1;

    fn wants(kind: EventKind) -> bool {
        use EventKind as K;
        matches!(kind, K::ThematicReviewOpened | K::FindingRecorded | K::ThematicReportPublished)
    }

    fn apply(&mut self, recorded: &Recorded) {
        match &recorded.event {
            Event::ThematicReviewOpened(event) => {
                let theme = Theme {
                    opened: event.clone(),
                    counted_on: recorded.valid_from(),
                    findings: BTreeMap::new(),
                    reports: Vec::new(),
                };
                self.themes.insert(recorded.subject.clone(), theme);
            }
            Event::FindingRecorded(event) => {
                if let Some(theme) = self.themes.get_mut(&recorded.subject) {
                    let key = (event.subject.clone(), event.question.clone());
                    theme.findings.insert(key, event.level.clone());
                }
            }
            Event::ThematicReportPublished(event) => {
                if let Some(theme) = self.themes.get_mut(&recorded.subject) {
                    theme.reports.push((recorded.sequence, event.clone()));
                }
            }
            _ => {}
        }
    }
}

impl Themes {
    /// The reviews, in order of id.
    pub fn names(&self) -> impl Iterator<Item = (&Subject, &Name)> {
        self.themes.iter().map(|(subject, theme)| (subject, &theme.opened.title))
    }

    /// The matrix of a review, with a row for each subject that existed on its day.
    pub fn matrix(&self, theme: &Subject, register: &Register) -> Option<ThemeMatrix> {
        let known = self.themes.get(theme)?;
        let questions: Vec<&Code> = known.opened.questions.iter().map(|question| &question.id).collect();
        let exists = |area: &crate::register::AreaView| {
            area.valid_from.is_none_or(|from| from <= known.counted_on)
                && area.valid_to.is_none_or(|to| known.counted_on <= to)
        };
        let subjects = register
            .areas()
            .filter(|(subject, area)| subject.area_kind() == Some(known.opened.kind) && exists(area));
        let rows: Vec<ThemeRow> = subjects
            .map(|(subject, area)| {
                let level =
                    |question: &&Code| known.findings.get(&(subject.clone(), (*question).clone())).cloned();
                let levels = questions.iter().map(level).collect();
                ThemeRow { subject: subject.clone(), name: Some(area.name.clone()), levels }
            })
            .collect();
        let distribution = questions.iter().enumerate().map(|(at, question)| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for row in &rows {
                let level = row.levels[at].as_ref().map_or("not found".to_owned(), ToString::to_string);
                *counts.entry(level).or_default() += 1;
            }
            ((*question).clone(), counts)
        });
        let distribution = distribution.collect();
        Some(ThemeMatrix {
            theme: theme.clone(),
            opened: known.opened.clone(),
            covered: rows.iter().filter(|row| row.levels.iter().any(Option::is_some)).count(),
            subjects: rows.len(),
            rows,
            distribution,
            reports: known.reports.clone(),
        })
    }
}
