//! `explain`: why a rating is what it is.

use clap::{ArgGroup, Args};
use ledger_core::assessment::codes::StatementId;

use super::clocks::Clocks;

/// `ledger explain`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("form"))]
#[command(after_help = "Examples:\n  ledger explain Swindon --as-of 2025-12-31 --known-at 2026-07-01\n  \
                        ledger explain Swindon --statement safeguarding\n  \
                        ledger explain Swindon --dot | dot -Tsvg > swindon.svg\n  \
                        ledger explain Swindon --prov > swindon.prov.json")]
pub struct ExplainArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
    /// Only what led to the score of this statement.
    #[arg(long)]
    pub statement: Option<StatementId>,
    /// A graph for Graphviz.
    #[arg(long, group = "form")]
    pub dot: bool,
    /// W3C PROV, as PROV-JSON.
    #[arg(long, group = "form")]
    pub prov: bool,
}
