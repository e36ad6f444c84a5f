//! `replay`: everything folded again, to a moment.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use ledger_core::values::Hash;
use replay::KnownAt;

use super::clocks::known_at;

/// `ledger replay`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The state hash is the same wherever the same entries are replayed by the same version: note it, and \
anyone can recompute it. Exit status 1 if it is not the one given with --verify-against.\n\n\
Examples:\n  ledger replay --until 2026-03-31 -o ratings.json\n  ledger replay --until 350 --projection register \\\n    \
--verify-against 3e6b3588a7e7f24b515bada19c00b96d2b3a0bf435139876b6ef7c83883aca8d"
)]
pub struct ReplayArgs {
    /// To what was known then: a date, an instant, a sequence number, or now.
    #[arg(long, value_name = "WHEN", value_parser = known_at, default_value = "now")]
    pub until: KnownAt,
    /// Only the hash of this projection; of all together if absent.
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(replay::projections()))]
    pub projection: Option<String>,
    /// The state hash that is expected.
    #[arg(long, value_name = "HASH")]
    pub verify_against: Option<Hash>,
    /// Also write what it came to, with every rating then in force, as JSON to this file.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
