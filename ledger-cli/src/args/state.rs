//! `state`: what is open about a subject.

use clap::Args;
use replay::{AsOf, KnownAt};

use super::clocks::{as_of, known_at};

/// `ledger state`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  ledger state QE1\n  ledger state QE1 --known-at 2026-04-01\n  \
ledger state QE1 --as-of 2026-04-01")]
pub struct StateArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// What was open then: a date, an instant, or the first day on which an entry counts; the day of
    /// `--known-at` if absent.
    #[arg(long, value_name = "WHEN", value_parser = as_of)]
    pub as_of: Option<AsOf>,
    /// As it was known then: a date, an instant, a sequence number, or now.
    #[arg(long, value_name = "WHEN", value_parser = known_at)]
    pub known_at: Option<KnownAt>,
}
