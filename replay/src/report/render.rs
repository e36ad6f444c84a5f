//! A report as text, Markdown, HTML or JSON.
//!
//! One list of blocks is made from the report and spelled three ways, so that no format can say more than
//! another. HTML is one self-contained page that needs no other file.

use std::fmt::Write;
use std::str::FromStr;

use ledger_core::assessment::event::{ItemKind, NarrativeSection};
use ledger_core::assessment::framework::{Percent, Rating};
use ledger_core::values::Malformed;

use super::{Report, Standing, Words};
use crate::summary::spelled;

/// How a report is spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text for a terminal.
    Text,
    /// Markdown.
    Markdown,
    /// One self-contained HTML page.
    Html,
    /// JSON.
    Json,
}

impl FromStr for Format {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "text" => Ok(Format::Text),
            "md" => Ok(Format::Markdown),
            "html" => Ok(Format::Html),
            "json" => Ok(Format::Json),
            other => Err(Malformed(format!("'{other}' is not a format: text, md, html or json expected"))),
        }
    }
}

/// A piece of a report.
enum Block {
    Title(String),
    Heading(String),
    /// Label and value.
    Facts(Vec<(String, String)>),
    /// Header and rows.
    Table(Vec<&'static str>, Vec<Vec<String>>),
    Text(String),
}

impl Report {
    /// The report in a format. Ends with a line break.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Text => text(&self.blocks()),
            Format::Markdown => markdown(&self.blocks()),
            Format::Html => html(&self.blocks()),
            // Plain data always has a JSON form.
            Format::Json => serde_json::to_string_pretty(self).map_or(String::new(), |json| json + "\n"),
        }
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = vec![Block::Title(self.title()), Block::Facts(self.facts())];
        for theme in &self.themes {
            let score = &theme.score;
            blocks.push(Block::Heading(format!(
                "{}: {}",
                theme.name,
                scored(score.sum, score.maximum, score.percent, score.rating)
            )));
            blocks.push(Block::Table(vec!["statement", "score", "from", "evidence", "items"], theme.rows()));
        }
        if !self.commentary.is_empty() {
            blocks.push(Block::Heading("Commentary".to_owned()));
            let rows = self.commentary.iter().map(|(id, name)| vec![name.clone(), id.clone()]);
            blocks.push(Block::Table(vec!["topic or duty", "id"], rows.collect()));
        }
        if let Some(words) = &self.narrative {
            blocks.push(Block::Heading("Narrative".to_owned()));
            blocks.push(Block::Text(self.narrative_text(words)));
        }
        if !self.challenges.is_empty() {
            blocks.push(Block::Heading("Challenges to factual accuracy".to_owned()));
            let rows = self.challenges.iter().map(|challenge| {
                let outcome = challenge.outcome.map_or("undecided".to_owned(), |outcome| spelled(&outcome));
                let about = challenge.statement.as_ref().map_or("-".to_owned(), ToString::to_string);
                vec![
                    challenge.sequence.to_string(),
                    challenge.organisation.to_string(),
                    about,
                    spelled(&challenge.ground),
                    outcome,
                ]
            });
            blocks.push(Block::Table(vec!["entry", "by", "statement", "ground", "outcome"], rows.collect()));
        }
        blocks.push(Block::Text(
            "Actors are asserted, not authenticated. Scores run from 1 (significant shortfalls) to 4 (exceptional)."
                .to_owned(),
        ));
        blocks
    }

    fn title(&self) -> String {
        let standing = match self.standing {
            Standing::Draft => "DRAFT",
            Standing::Published => "PUBLISHED",
        };
        let name =
            self.name.as_ref().map_or(self.subject.to_string(), |name| format!("{name} ({})", self.subject));
        let notices: String = self.notices.iter().map(|notice| format!("{notice} - ")).collect();
        format!("{notices}{standing} - {name}")
    }

    fn facts(&self) -> Vec<(String, String)> {
        let mut facts: Vec<(&str, String)> = vec![
            ("rating", self.rating.map_or("none".to_owned(), words)),
            ("percent", self.percent.map_or("none".to_owned(), |percent| format!("{percent} %"))),
            ("method", format!("{} ({})", self.framework_title, self.framework)),
            ("entry", format!("{} {}", self.sequence, self.hash)),
            ("recorded", self.recorded_time.to_string()),
            ("context", self.context.clone()),
        ];
        let phase = self.phase.map(|phase| format!(" ({})", spelled(&phase))).unwrap_or_default();
        facts.extend(self.assessment.map(|assessment| ("assessment", format!("{assessment}{phase}"))));
        facts.extend(self.source.clone().map(|source| ("source", source)));
        facts.extend(self.printed.map(|printed| {
            let percent = printed.percent.map(|percent| format!(", {percent} %")).unwrap_or_default();
            ("printed there", printed.rating.map_or("no rating".to_owned(), words) + &percent)
        }));
        facts.extend(self.corrections.iter().map(|correction| ("corrected by", correction.to_string())));
        if let Some(draft) = &self.draft {
            let confirmed = format!("{} of {} confirmed", draft.confirmed.len(), draft.recipients.len());
            facts.push((
                "accuracy",
                format!("emailed {}, window closes {}, {confirmed}", draft.emailed, draft.closes),
            ));
        }
        if !self.priorities.is_empty() {
            facts.push(("priorities", self.priorities.join(", ")));
        }
        if !self.breaches.is_empty() {
            facts.push(("breaches", self.breaches.join(", ")));
        }
        if !self.caveats.is_empty() {
            let caveats: Vec<&str> = self.caveats.iter().map(|caveat| caveat.words()).collect();
            facts.push(("note", caveats.join("; ")));
        }
        facts.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
    }

    fn narrative_text(&self, words: &Words) -> String {
        let text = match words {
            Words::Text(text) => text.clone(),
            Words::Erased(Some(erased)) => format!("[{erased}]"),
            Words::Erased(None) => "[erased]".to_owned(),
            Words::NotHeld => "[not held in this vault]".to_owned(),
            Words::NotText => "[not text; see `ledger document show`]".to_owned(),
        };
        let sections: Vec<&str> = self
            .sections
            .iter()
            .map(|section| match section {
                NarrativeSection::WhatPeopleSaid => "what people said and how it was used",
                NarrativeSection::ProgressSinceLast => "progress since the last result",
            })
            .collect();
        if sections.is_empty() { text } else { format!("{text}\n\nIt covers {}.", sections.join(" and ")) }
    }
}

impl super::ThemeReport {
    fn rows(&self) -> Vec<Vec<String>> {
        let row = |statement: &super::StatementReport| {
            let items: Vec<String> =
                statement.items.iter().map(|(kind, id)| format!("{}: {id}", item(*kind))).collect();
            vec![
                statement.name.to_string(),
                statement.score.map_or("-".to_owned(), |score| score.to_string()),
                statement
                    .carried_from
                    .map_or("this result".to_owned(), |date| format!("carried from {date}")),
                statement.evidence.map_or("-".to_owned(), |count| count.to_string()),
                items.join("; "),
            ]
        };
        self.statements.iter().map(row).collect()
    }
}

fn item(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Strength => "strength",
        ItemKind::AreaForImprovement => "area for improvement",
        ItemKind::RequiredImprovement => "required improvement",
        ItemKind::BestPractice => "best practice",
    }
}

fn words(rating: Rating) -> String {
    rating.as_str().replace('-', " ")
}

fn scored(sum: u32, maximum: u32, percent: Option<Percent>, rating: Option<Rating>) -> String {
    match (percent, rating) {
        (Some(percent), Some(rating)) => format!("{sum} of {maximum}, {percent} %, {}", words(rating)),
        _ => format!("{sum} of {maximum}, not all scored"),
    }
}

fn text(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Title(title) => out.push_str(&format!("{title}\n{}\n", "=".repeat(title.chars().count()))),
            Block::Heading(heading) => out.push_str(&format!("\n{heading}\n")),
            Block::Facts(facts) => {
                let width = facts.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
                facts.iter().for_each(|(label, value)| out.push_str(&format!("{label:width$}  {value}\n")));
            }
            Block::Table(header, rows) => table(&mut out, header, rows),
            Block::Text(text) => out.push_str(&format!("\n{text}\n")),
        }
    }
    out
}

fn table(out: &mut String, header: &[&'static str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([header[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in [&header].into_iter().chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(&format!("  {}\n", cells.join("  ").trim_end()));
    }
}

fn markdown(blocks: &[Block]) -> String {
    let escape = |text: &str| text.replace('|', "\\|");
    let mut out = String::new();
    for block in blocks {
        match block {
            Block::Title(title) => out.push_str(&format!("# {title}\n")),
            Block::Heading(heading) => out.push_str(&format!("\n## {heading}\n")),
            Block::Facts(facts) => {
                out.push('\n');
                facts.iter().for_each(|(label, value)| out.push_str(&format!("- **{label}** {value}\n")));
            }
            Block::Table(header, rows) => {
                out.push_str(&format!("\n| {} |\n|{}\n", header.join(" | "), "---|".repeat(header.len())));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|cell| escape(cell)).collect();
                    out.push_str(&format!("| {} |\n", cells.join(" | ")));
                }
            }
            Block::Text(text) => out.push_str(&format!("\n{text}\n")),
        }
    }
    out
}

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111}\
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #888;padding:.3rem;text-align:left;vertical-align:top}\
dt{font-weight:bold}dd{margin:0 0 .3rem;overflow-wrap:anywhere}p{white-space:pre-wrap}";

fn html(blocks: &[Block]) -> String {
    let mut body = String::new();
    let mut title = String::new();
    for block in blocks {
        match block {
            Block::Title(text) => {
                title = escape_html(text);
                body.push_str(&format!("<h1>{title}</h1>\n"));
            }
            Block::Heading(text) => body.push_str(&format!("<h2>{}</h2>\n", escape_html(text))),
            Block::Facts(facts) => {
                let item = |(label, value): &(String, String)| {
                    format!("<dt>{}</dt><dd>{}</dd>", escape_html(label), escape_html(value))
                };
                let items: Vec<String> = facts.iter().map(item).collect();
                body.push_str(&format!("<dl>{}</dl>\n", items.join("")));
            }
            Block::Table(header, rows) => {
                let head: Vec<String> = header
                    .iter()
                    .map(|cell| format!("<th scope=\"col\">{}</th>", escape_html(cell)))
                    .collect();
                body.push_str(&format!("<table><thead><tr>{}</tr></thead><tbody>\n", head.join("")));
                for row in rows {
                    let cells: Vec<String> =
                        row.iter().map(|cell| format!("<td>{}</td>", escape_html(cell))).collect();
                    body.push_str(&format!("<tr>{}</tr>\n", cells.join("")));
                }
                body.push_str("</tbody></table>\n");
            }
            Block::Text(text) => body.push_str(&format!("<p>{}</p>\n", escape_html(text))),
        }
    }
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    );
    page
}

/// Text inside HTML: documents come from outside and must not become markup.
fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
