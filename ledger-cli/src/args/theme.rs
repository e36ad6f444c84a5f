//! `theme`: thematic reviews over many subjects, each question on a scale of its own.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use ledger_core::assessment::codes::Code;
use serde::Serialize;

use super::values::{EntryName, Words};
use super::{Question, Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// `ledger theme`.
#[derive(Debug, Subcommand)]
pub enum Theme {
    /// Open a thematic review: one that ships, or one from a JSON file.
    #[command(
        after_help = "Ships: ics-equity-in-access-2023, authority-desk-review-2023, ics-plans-2024.\n\n\
                            Example:\n  ledger theme open equity-2023 --shipped ics-equity-in-access-2023"
    )]
    Open(OpenTheme),
    /// Record what was found about a subject on one question.
    #[command(after_help = "Example:\n  ledger theme record equity-2023 QE1 --question enabling-context \
                            --level evident --actor analyst-1")]
    Record(RecordFinding),
    /// Publish the report; the ledger counts the coverage.
    #[command(
        after_help = "Example:\n  ledger theme publish equity-2023 --rests-on desk-review --report @report.md \
                            --actor publisher-1"
    )]
    Publish(PublishTheme),
    /// The matrix of questions by subjects, gaps as dots, with coverage and distribution.
    #[command(after_help = "Example:\n  ledger theme show equity-2023")]
    Show {
        /// The review's id.
        #[arg(id = "theme", value_name = "ID")]
        id: Code,
    },
    /// The thematic reviews.
    #[command(after_help = "Example:\n  ledger theme list")]
    List,
}

/// `ledger theme open`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("from").required(true))]
pub struct OpenTheme {
    /// The review's id.
    #[arg(id = "theme", value_name = "ID")]
    pub id: Code,
    /// One that ships, by name.
    #[arg(long, value_name = "NAME", group = "from")]
    pub shipped: Option<Code>,
    /// A JSON file with title, kind and questions.
    #[arg(long, value_name = "FILE", group = "from")]
    pub file: Option<PathBuf>,
}

/// `ledger theme record`.
#[derive(Debug, Args, Serialize)]
pub struct RecordFinding {
    /// The review's id.
    #[arg(id = "theme", value_name = "ID")]
    #[serde(skip)]
    id: Code,
    /// The subject.
    subject: String,
    /// The question.
    #[arg(long, value_name = "ID")]
    question: Code,
    /// The level on the question's own scale.
    #[arg(long, value_name = "CODE")]
    level: Code,
    /// An item of evidence it rests on; may be repeated.
    #[arg(long, value_name = "ENTRY")]
    evidence: Vec<EntryName>,
    /// In words: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    note: Option<Words>,
}

/// `ledger theme publish`.
#[derive(Debug, Args, Serialize)]
pub struct PublishTheme {
    /// The review's id.
    #[arg(id = "theme", value_name = "ID")]
    #[serde(skip)]
    id: Code,
    /// What it rests on, as a code, such as desk-review.
    #[arg(long, value_name = "CODE")]
    rests_on: Code,
    /// The report: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    report: Words,
}

/// The subject of a thematic review.
fn on(id: &Code) -> On {
    On::Named(format!("theme/{id}"))
}

impl Theme {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Theme::Open(args) => Ok(Ready::OpenTheme(args)),
            Theme::Record(args) => write(Wanted::new("finding.record", on(&args.id), &args)),
            Theme::Publish(args) => write(Wanted::new("thematic-report.publish", on(&args.id), &args)),
            Theme::Show { id } => Ok(Ready::Ask(Question::Theme { id })),
            Theme::List => Ok(Ready::Ask(Question::Themes)),
        }
    }
}
