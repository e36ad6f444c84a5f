//! `--as-of` and `--known-at`: the two clocks of every question about what held.
//!
//! Both are typed alike: now, a date, an instant in full or short, a sequence number. Left out: what they select
//! (`replay`).

use std::str::FromStr;

use clap::Args;
use ledger_core::values::{Malformed, Timestamp};
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

/// A day as people type it.
pub fn as_of(text: &str) -> Result<AsOf, String> {
    typed(text, AsOf::Instant)
}

/// A moment as people type it.
pub fn known_at(text: &str) -> Result<KnownAt, String> {
    typed(text, KnownAt::Instant)
}

/// Either as people type it: what `replay` takes, and the short instants of the terminal.
fn typed<T: FromStr<Err = Malformed>>(text: &str, instant: fn(Timestamp) -> T) -> Result<T, String> {
    text.parse().or_else(|error: Malformed| {
        text.parse().map(|moment: Moment| instant(moment.0)).map_err(|_| error.to_string())
    })
}
