//! `deadlines`: what is owed by when.

use clap::Args;
use ledger_core::assessment::codes::AreaKind;

use super::Clocks;

/// `ledger deadlines`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Overdue first, then by day; what has no day comes last. Working days are counted by the bank \
holidays on record (`ledger holiday list`), and not at all beyond the last year these are known for.\n\n\
Examples:\n  ledger deadlines\n  ledger deadlines QE1 --as-of 2026-04-01\n  ledger deadlines --within 5"
)]
pub struct DeadlinesArgs {
    /// The subject: full name, ONS or ODS code, or exact name; all if absent.
    pub subject: Option<String>,
    /// Subjects of this kind: ics, local-authority, provider.
    #[arg(long, conflicts_with = "subject")]
    pub kind: Option<AreaKind>,
    /// Only what is overdue or due within so many working days.
    #[arg(long, value_name = "DAYS")]
    pub within: Option<u32>,
    #[command(flatten)]
    pub clocks: Clocks,
}
