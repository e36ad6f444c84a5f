//! `audit`: everything re-derived from bytes.

use std::path::PathBuf;

use clap::Args;
use ledger_core::values::Sequence;

use super::values::EntryName;

/// `ledger audit`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Reads the whole log and trusts no snapshot, no index and no stored answer: spelling, links, schemas; \
every command rebuilt from its events and decided again with what was known then; roles, duties, windows and results \
worked out a second time by other code. Exit status 0 if clean, notices or none; 1 if anything above notice was found \
within what it is narrowed to, or the log could not be audited to its end.\n\
With --actor ID, given on the command line, --subject or --assessment the report tells only of those entries and \
counts findings elsewhere.\n\n\
Example:\n  ledger audit --html audit.html\n  ledger audit --subject Swindon --json\n  ledger audit --actor assessor-1"
)]
pub struct AuditArgs {
    /// Also write the report for people, one page of HTML, into this file.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Only this subject's history: full name, ONS or ODS code, or exact name.
    #[arg(long)]
    pub subject: Option<String>,
    /// Only this assessment, by the sequence number of its first entry.
    #[arg(long, value_name = "SEQUENCE", value_parser = sequence)]
    pub assessment: Option<Sequence>,
}

fn sequence(text: &str) -> Result<Sequence, String> {
    let named: EntryName = text.parse().map_err(|error: ledger_core::values::Malformed| error.to_string())?;
    named.0.parse().map_err(|_| format!("'{text}' is no sequence number, which names an assessment here"))
}
