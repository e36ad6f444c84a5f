//! `--as-of` and `--known-at`: the two clocks of every question about what held.

use clap::Args;
use replay::{AsOf, KnownAt};

use super::values::Moment;

/// The two clocks of a question; both default to now.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct Clocks {
    /// What was in force then: a date, an instant, or the first day on which an entry counts; today if absent.
    #[arg(long, value_name = "WHEN", value_parser = as_of)]
    pub as_of: Option<AsOf>,
    /// As it was known then: a date, an instant, a sequence number, or now.
    #[arg(long, value_name = "WHEN", value_parser = known_at)]
    pub known_at: Option<KnownAt>,
}

/// A day as people type it: what `replay` takes, and the short times of the terminal.
pub fn as_of(text: &str) -> Result<AsOf, String> {
    let short = |error: &dyn ToString| {
        text.parse::<Moment>().map(|moment| AsOf::Instant(moment.0)).map_err(|_| error.to_string())
    };
    text.parse().or_else(|error: ledger_core::values::Malformed| short(&error))
}

/// A moment as people type it: what `replay` takes, and the short times of the terminal.
pub fn known_at(text: &str) -> Result<KnownAt, String> {
    let short = |error: &dyn ToString| {
        text.parse::<Moment>().map(|moment| KnownAt::Instant(moment.0)).map_err(|_| error.to_string())
    };
    text.parse().or_else(|error: ledger_core::values::Malformed| short(&error))
}
