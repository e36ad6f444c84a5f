//! `submit`, `demo`, `completions`: what is done many times at once, or once.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `ledger submit`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Each line is one command: {\"id\":UUIDv7,\"actor\":ID,\"type\":\"score.assign\",\
\"subject\":KIND/CODE,\"data\":{..}}, with \"time\", \"recordedtime\" and \"expected_subject_version\" where \
wanted.\nWhere a commitment stands it may hold {\"text\":..} or {\"file\":PATH}, the path relative to the file's \
folder.\nAn interrupted file goes on where it stopped when it is submitted again.\n\n\
Examples:\n  ledger submit scores.ndjson\n  ledger submit --assign-ids --actor registrar-1 areas.ndjson\n  \
ledger submit --dry-run north.ndjson south.ndjson\n  producer | ledger submit --json -")]
pub struct SubmitArgs {
    /// Files of commands, one a line; several run concurrently, each in order; - is standard input.
    #[arg(required = true, value_name = "FILE|-")]
    pub files: Vec<PathBuf>,
    /// Check every line against the ledger and record nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Give lines without an id one, ascending in time: writes FILE.with-ids next to FILE, then submits that.
    #[arg(long)]
    pub assign_ids: bool,
}

/// `ledger demo`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Makes two ledgers: DIR with the published record of England's local authorities, and DIR-example \
about an invented area. DIR is ./demo-data-ledger, or a temporary directory if that exists.\n\n\
Example:\n  ledger demo --data ./demo"
)]
pub struct DemoArgs {}

/// `ledger completions`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger completions bash > /etc/bash_completion.d/ledger")]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}
