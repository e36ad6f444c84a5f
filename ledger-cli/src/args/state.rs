//! `state`: what is open about a subject.

use clap::Args;

use super::Clocks;

/// `ledger state`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  ledger state QE1\n  ledger state QE1 --known-at 2026-04-01 --as-of 2026-04-01"
)]
pub struct StateArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    #[command(flatten)]
    pub clocks: Clocks,
}
