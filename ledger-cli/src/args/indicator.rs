//! `indicator`: definitions, figures, the balance between sectors, and imports of what others publish.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use ledger_core::assessment::civil::Period;
use ledger_core::assessment::codes::{CategoryId, Code, Name, StatementId, TagId, Url};
use ledger_core::assessment::indicator::{Better, Comparability, Decimal};
use serde::Serialize;

use super::values::{EntryName, coded, period};
use super::{Question, Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// `ledger indicator`.
#[derive(Debug, Subcommand)]
pub enum Indicator {
    /// Define an indicator, or a new version of one.
    #[command(
        after_help = "Example:\n  ledger indicator define waits-18-weeks --name 'Waits over 18 weeks' \
                            --better lower --unit percent --sector hospital --benchmark 8 --statement equity-in-access"
    )]
    Define(DefineIndicator),
    /// Record a figure of an area.
    #[command(after_help = "Example:\n  ledger indicator observe QE1 --indicator waits-18-weeks \
                            --period 2026-01-01..2026-01-31 --numerator 120 --denominator 1000")]
    Observe(ObserveIndicator),
    /// The indicators; with an id or a subject, their figures.
    #[command(after_help = "Examples:\n  ledger indicator list\n  ledger indicator list admissions-over-12h")]
    List {
        /// The indicator whose figures are wanted.
        indicator: Option<Code>,
        /// Only figures of this area.
        #[arg(long)]
        subject: Option<String>,
    },
    /// How many indicators serve which sector and purpose, with a warning when one sector has more than half.
    #[command(after_help = "Example:\n  ledger indicator balance")]
    Balance,
    /// Import figures and published ratings as others print them, as observations or evidence, never as outcomes.
    Import(ImportArgs),
}

/// `ledger indicator define`.
#[derive(Debug, Args, Serialize)]
pub struct DefineIndicator {
    /// Id.
    #[arg(id = "indicator", value_name = "ID")]
    id: Code,
    /// Version of the definition; a changed definition is a new one.
    #[arg(id = "definition", long = "definition-version", value_name = "N", default_value_t = 1)]
    version: u32,
    /// Printed name.
    #[arg(long)]
    name: Name,
    /// Which direction is better: higher, lower.
    #[arg(long, value_parser = coded::<Better>)]
    better: Better,
    /// Unit, such as percent or per-100000.
    #[arg(long, value_name = "CODE")]
    unit: Code,
    /// What is counted.
    #[arg(long, value_name = "CODE")]
    numerator: Option<Code>,
    /// Out of what.
    #[arg(long, value_name = "CODE")]
    denominator: Option<Code>,
    /// The sector it measures, such as hospital or social-care.
    #[arg(long, value_name = "CODE")]
    sector: Code,
    /// A purpose it serves; may be repeated.
    #[arg(long = "purpose", value_name = "ID")]
    purposes: Vec<TagId>,
    /// A statement it bears on; may be repeated.
    #[arg(long = "statement", value_name = "ID")]
    statements: Vec<StatementId>,
    /// What a figure is compared with.
    #[arg(long, value_name = "DECIMAL")]
    benchmark: Option<Decimal>,
    /// Below this base a figure is flagged and never triggers.
    #[arg(long, value_name = "N")]
    minimum_base: Option<u64>,
    /// Where it is published.
    #[arg(long, value_name = "URL")]
    source: Option<Url>,
}

/// `ledger indicator observe`.
#[derive(Debug, Args, Serialize)]
pub struct ObserveIndicator {
    /// The area.
    #[serde(skip)]
    subject: String,
    /// The indicator.
    #[arg(long, value_name = "ID")]
    indicator: Code,
    /// The period measured: FROM..TO.
    #[arg(long, value_parser = period)]
    period: Period,
    /// The figure as printed; absent with its source alone if it was suppressed.
    #[arg(long, value_name = "DECIMAL", allow_hyphen_values = true)]
    value: Option<Decimal>,
    /// What was counted.
    #[arg(long, value_name = "N")]
    numerator: Option<u64>,
    /// Out of what.
    #[arg(long, value_name = "N")]
    denominator: Option<u64>,
    /// How many it rests on.
    #[arg(long, value_name = "N")]
    base: Option<u64>,
    /// Whether it compares with the period before: comparable, break.
    #[arg(long, value_parser = coded::<Comparability>)]
    comparability: Option<Comparability>,
    /// The survey it comes from, as evidence.
    #[arg(long, value_name = "ENTRY")]
    survey: Option<EntryName>,
    /// Where it is published.
    #[arg(long, value_name = "URL")]
    source: Option<Url>,
}

/// What an import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportFormat {
    /// NHS England's monthly A&E table, as CSV: observations.
    Ae,
    /// The table of figure 20 of State of Care 2022/23, which ships: observations.
    #[value(name = "figure-20")]
    Figure20,
    /// The regulator's care directory with ratings, as CSV: evidence about local authorities.
    CareDirectory,
    /// A location of the regulator's public API, as JSON: evidence about one area.
    Location,
}

/// What is measured in the A&E table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AeMeasure {
    /// Emergency admissions that waited over 12 hours from the decision to admit, as in figure 20.
    #[value(name = "admissions-over-12h")]
    AdmissionsOver12h,
    /// Attendances over 4 hours, booked appointments included.
    #[value(name = "attendances-over-4h")]
    AttendancesOver4h,
}

/// `ledger indicator import`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Rows are read in a stream and recorded 1,000 at a time by the path of every command; the \
report says how many were taken and which were skipped, with their lines. What is on record already is skipped, so \
importing a file twice records nothing twice. An area is an organisation's when it is registered as \
provider/CODE, or as --map says.\n\n\
Examples:\n  ledger indicator import figure-20 --actor analyst-1\n  \
ledger indicator import ae AE-June-2023.csv --by-region --source https://www.england.nhs.uk/ae --actor analyst-1\n  \
ledger indicator import care-directory directory.csv --statement care-provision-integration-and-continuity \
--category processes --source https://www.cqc.org.uk/directory --dry-run"
)]
pub struct ImportArgs {
    /// What the file holds.
    pub format: ImportFormat,
    /// The file; - is standard input. Not for figure-20.
    #[arg(value_name = "FILE|-")]
    pub file: Option<PathBuf>,
    /// Where it is published: stated in every entry. Required except for figure-20.
    #[arg(long, value_name = "URL")]
    pub source: Option<Url>,
    /// With ae: what is measured; may be repeated.
    #[arg(long = "measure", value_enum)]
    pub measures: Vec<AeMeasure>,
    /// With ae: sums of each region of the NHS instead of single organisations.
    #[arg(long, conflicts_with = "map")]
    pub by_region: bool,
    /// With ae: a CSV of organisation code and subject, two columns without a heading.
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// With location: the area it is evidence about.
    #[arg(long)]
    pub subject: Option<String>,
    /// With care-directory and location: a statement the ratings bear on; may be repeated.
    #[arg(long = "statement", value_name = "ID")]
    pub statements: Vec<StatementId>,
    /// With care-directory and location: the category of evidence.
    #[arg(long, value_name = "ID")]
    pub category: Option<CategoryId>,
    /// Check every row against the ledger and record nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl Indicator {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Indicator::Define(args) => write(Wanted::new("indicator.define", On::National, &args)),
            Indicator::Observe(args) => {
                write(Wanted::new("indicator.observe", On::Named(args.subject.clone()), &args))
            }
            Indicator::List { indicator, subject } => {
                Ok(Ready::Ask(Question::Indicators { indicator, subject }))
            }
            Indicator::Balance => Ok(Ready::Ask(Question::Balance)),
            Indicator::Import(args) => Ok(Ready::Import(args)),
        }
    }
}
