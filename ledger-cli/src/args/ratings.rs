//! `ratings`: the ratings of all subjects, which of them are listed, and how.
//!
//! Left out: which rating is in force (`replay`), and authorising ratings, which is the programme's (`programme.rs`).

use clap::{Args, ValueEnum};
use ledger_core::assessment::codes::AreaKind;

use super::Ready;
use super::clocks::Clocks;
use super::compare::Question;
use super::programme::Ratings;
use crate::exit::Failure;

/// `ledger ratings`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Lists every assessed subject that exists on the day. Regions are those of either list, of the \
health service and of the statistics office, as the areas were registered within them.\n\n\
Examples:\n  ledger ratings --kind local-authority --region London\n  \
ledger ratings --rating inadequate --rating requires-improvement --as-of 2025-12-31 --known-at 2026-03-01\n  \
ledger ratings --sort rating --peers 3\n  ledger ratings --format csv > ratings.csv"
)]
pub struct RatingsArgs {
    #[command(subcommand)]
    command: Option<Ratings>,
    #[command(flatten)]
    list: ListRatings,
}

/// Which ratings are listed, and how.
#[derive(Debug, Clone, Args)]
pub struct ListRatings {
    /// Only subjects of this kind: ics, local-authority, provider.
    #[arg(long)]
    pub kind: Option<AreaKind>,
    /// Only subjects within this region: its code or name. A name that stands in both lists means both.
    #[arg(long)]
    pub region: Option<String>,
    /// Only this rating; may be repeated.
    #[arg(long = "rating", value_name = "RATING", value_enum)]
    pub ratings: Vec<Rated>,
    /// In which order; by rating each is printed with its peer group.
    #[arg(long, value_enum, default_value_t = RatingsOrder::Code)]
    pub sort: RatingsOrder,
    /// How many peers are printed beside each.
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub peers: usize,
    /// How it is written; --json is the same as json.
    #[arg(long, value_enum, default_value_t = RatingsFormat::Table)]
    pub format: RatingsFormat,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

/// What a list of ratings can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rated {
    /// Outstanding.
    Outstanding,
    /// Good.
    Good,
    /// Requires improvement.
    RequiresImprovement,
    /// Inadequate.
    Inadequate,
    /// A result is in force that gives no overall rating.
    NoRating,
    /// No result counts on that day.
    NotYetAssessed,
    /// Every result was withdrawn.
    Withdrawn,
}

/// The order of a list of ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RatingsOrder {
    /// By kind and code.
    Code,
    /// By rating, best first.
    Rating,
}

/// How a list of ratings is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RatingsFormat {
    /// For people.
    Table,
    /// One object a line.
    Json,
    /// Comma-separated, with a heading.
    Csv,
}

impl RatingsArgs {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self.command {
            Some(command) => command.ready(),
            None => Ok(Ready::Ask(Question::Ratings(self.list))),
        }
    }
}
