//! `theme list`, `theme show`: thematic reviews as a matrix, its gaps as dots.

use ledger_core::assessment::codes::{Code, Subject};
use replay::{KnownAt, Register, ThemeMatrix, Themes};
use serde_json::json;

use super::Reader;
use crate::exit::Failure;
use crate::output::{Table, or_dash};

/// Lists thematic reviews.
pub fn list(reader: &Reader) -> Result<(), Failure> {
    let (register, themes) = reader.folded::<(Register, Themes)>(KnownAt::Now)?;
    let mut out = reader.out()?;
    let mut table = Table::new(&["review", "of", "questions", "coverage", "reports", "title"]).right(&[2, 4]);
    for matrix in themes.names().filter_map(|(theme, _)| themes.matrix(theme, &register)) {
        if reader.json {
            out.json(&json!({
                "theme": matrix.theme, "title": matrix.opened.title, "kind": matrix.opened.kind,
                "questions": matrix.opened.questions.len(), "covered": matrix.covered,
                "subjects": matrix.subjects, "reports": matrix.reports.len(),
            }))?;
            continue;
        }
        table.row([
            matrix.theme.code().to_owned(),
            matrix.opened.kind.to_string(),
            matrix.opened.questions.len().to_string(),
            format!("{} of {}", matrix.covered, matrix.subjects),
            matrix.reports.len().to_string(),
            matrix.opened.title.to_string(),
        ]);
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}

/// Shows a thematic review.
pub fn show(reader: &Reader, id: &Code) -> Result<(), Failure> {
    let (register, themes) = reader.folded::<(Register, Themes)>(KnownAt::Now)?;
    let theme: Subject = format!("theme/{id}").parse()?;
    let Some(matrix) = themes.matrix(&theme, &register) else {
        return Err(Failure::Usage(format!("no thematic review '{id}' was opened: see `ledger theme list`")));
    };
    let mut out = reader.out()?;
    if reader.json {
        out.json(&matrix)?;
        return out.flush();
    }
    let mut pairs = Table::pairs();
    pairs.pair("review", id);
    pairs.pair("title", &matrix.opened.title);
    pairs.pair(
        "coverage",
        format!("{} of {} of kind {}", matrix.covered, matrix.subjects, matrix.opened.kind),
    );
    pairs.pair("source", or_dash(matrix.opened.source.as_ref()));
    for (sequence, report) in &matrix.reports {
        let coverage = format!("{} of {}, rests on {}", report.covered, report.subjects, report.rests_on);
        pairs.pair("report", format!("{sequence}: {coverage}"));
    }
    out.table(&pairs)?;
    out.line("")?;
    out.table(&rows(&matrix))?;
    out.line("a dot is a gap: nothing was found there. Levels are the review's own scale and never a score")?;
    out.line("")?;
    out.table(&distribution(&matrix))?;
    out.flush()
}

fn rows(matrix: &ThemeMatrix) -> Table {
    let mut heading = vec!["subject", "name"];
    heading.extend(matrix.opened.questions.iter().map(|question| question.id.as_str()));
    let mut table = Table::new(&heading);
    for row in &matrix.rows {
        let mut cells = vec![row.subject.to_string(), or_dash(row.name.as_ref())];
        let level = |level: &Option<Code>| level.as_ref().map_or(".".to_owned(), ToString::to_string);
        cells.extend(row.levels.iter().map(level));
        table.cells(cells);
    }
    table
}

/// How many subjects are at each level, in the order of each scale, gaps last.
fn distribution(matrix: &ThemeMatrix) -> Table {
    let mut table = Table::new(&["question", "distribution"]);
    for (question, (_, counts)) in matrix.opened.questions.iter().zip(&matrix.distribution) {
        let scale = question.levels.iter().map(ToString::to_string).chain(["not found".to_owned()]);
        let said = scale.map(|level| format!("{level} {}", counts.get(&level).copied().unwrap_or(0)));
        table.row([question.id.to_string(), said.collect::<Vec<_>>().join(", ")]);
    }
    table
}
