//! `risk`: what asks for attention, by urgency; beside it sweeping and the policy, which are in
//! `programme.rs`.

use clap::Args;
use ledger_core::assessment::codes::{AreaKind, StatementId};

use super::programme::Risk;
use super::{Clocks, Ready};
use crate::exit::Failure;

/// `ledger risk`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(
    after_help = "The order is ours: immediate concerns, actions overdue, actions due, rules that a sweep would \
fire, rules that the next event would fire, what else is open; within each the earliest action first, then the \
severest concerns, then the least time until R4. The policy in force on the day asked about decides.\n\n\
Examples:\n  ledger risk\n  ledger risk --kind ics --as-of 2026-04-01\n  ledger risk QE1\n  \
ledger risk QE1 --statement safeguarding"
)]
pub struct RiskArgs {
    #[command(subcommand)]
    command: Option<Risk>,
    #[command(flatten)]
    list: ListRisks,
}

/// Whose risks are listed, and how.
#[derive(Debug, Clone, Args)]
pub struct ListRisks {
    /// The subject: full name, ONS or ODS code, or exact name; all that are assessed if absent.
    pub subject: Option<String>,
    /// One statement of the subject, with the entries behind each number.
    #[arg(long, value_name = "ID", requires = "subject")]
    pub statement: Option<StatementId>,
    /// Subjects of this kind: ics, local-authority, provider.
    #[arg(long, conflicts_with = "subject")]
    pub kind: Option<AreaKind>,
    /// Also the subject's statements about which nothing is open.
    #[arg(long, requires = "subject")]
    pub all: bool,
    #[command(flatten)]
    pub clocks: Clocks,
}

impl RiskArgs {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self.command {
            Some(command) => command.ready(),
            None => Ok(Ready::Risks(self.list)),
        }
    }
}
