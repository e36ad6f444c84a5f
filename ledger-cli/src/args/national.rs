//! `national`: the country on a day.

use std::path::PathBuf;

use clap::Args;
use ledger_core::assessment::codes::{AreaKind, StatementId, ThemeId};

use super::clocks::Clocks;

/// `ledger national`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Counts the subjects that exist on the day, by kind and by the region they are registered in. Scores \
given under different frameworks are never in one row. Peers are found as `ledger peers` says; the choice of variables \
is ours.\n\n\
Examples:\n  ledger national\n  ledger national --kind local-authority --statement safeguarding --as-of 2025-12-31\n  \
ledger national --theme leadership --svg leadership.svg"
)]
pub struct NationalArgs {
    /// Subjects of this kind only: ics, local-authority, provider.
    #[arg(long)]
    pub kind: Option<AreaKind>,
    /// The scores of this theme instead of overall ratings.
    #[arg(long, value_name = "ID", conflicts_with = "statement")]
    pub theme: Option<ThemeId>,
    /// The scores of this statement instead of overall ratings.
    #[arg(long, value_name = "ID")]
    pub statement: Option<StatementId>,
    /// How many peers are printed beside each subject.
    #[arg(long, value_name = "K", default_value_t = 3)]
    pub peers: usize,
    /// Also draw the distribution into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}
