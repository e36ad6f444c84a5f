//! `diff`: a subject at two moments.

use clap::Args;
use replay::{AsOf, KnownAt};

use super::clocks::{as_of, known_at};

/// `ledger diff`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Each moment is V or V@K: what was in force on V, as known at K; each a date, an instant, a \
sequence number, or now. K is now if absent. The explanation is the smallest set of events without which the \
later side has the earlier rating; `ledger what-if SUBJECT --without ...` shows the same.\n\n\
Examples:\n  ledger diff Swindon --from 2025-12-31 --to now\n  \
ledger diff QE1 --from 2026-04-01@500 --to 2026-04-01"
)]
pub struct DiffArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// The first moment.
    #[arg(long, value_name = "V[@K]", value_parser = moment)]
    pub from: (AsOf, KnownAt),
    /// The second moment.
    #[arg(long, value_name = "V[@K]", value_parser = moment, default_value = "now")]
    pub to: (AsOf, KnownAt),
}

/// `V` or `V@K`.
fn moment(text: &str) -> Result<(AsOf, KnownAt), String> {
    match text.split_once('@') {
        None => Ok((as_of(text)?, KnownAt::Now)),
        Some((day, known)) => Ok((as_of(day)?, known_at(known)?)),
    }
}
