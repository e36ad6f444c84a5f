//! The two clocks of every question: the day on which something is to count, and how much of the log is read.
//!
//! *As of* is valid time, *known at* recorded time; both default to now. As people type them: `now`, a date, an
//! instant, or a sequence number. Left out: which entries count on a day (`register.rs`), and finding how much of a
//! log was known (`log.rs`).

use std::fmt;
use std::str::FromStr;

use ledger_core::assessment::civil::Date;
use ledger_core::values::{Malformed, Sequence, Timestamp};

/// Up to when the log was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KnownAt {
    /// Everything recorded.
    #[default]
    Now,
    /// Up to and including this entry.
    Sequence(Sequence),
    /// Everything recorded up to and including this instant.
    Instant(Timestamp),
    /// Everything recorded up to the end of this day, London time.
    Date(Date),
}

impl KnownAt {
    /// Whether an entry was known.
    pub fn includes(self, sequence: Sequence, recorded_time: Timestamp) -> bool {
        match self {
            KnownAt::Now => true,
            KnownAt::Sequence(last) => sequence <= last,
            KnownAt::Instant(last) => recorded_time <= last,
            KnownAt::Date(last) => Date::in_london(recorded_time) <= last,
        }
    }
}

impl fmt::Display for KnownAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnownAt::Now => f.write_str("now"),
            KnownAt::Sequence(sequence) => sequence.fmt(f),
            KnownAt::Instant(at) => at.fmt(f),
            KnownAt::Date(date) => date.fmt(f),
        }
    }
}

/// The day on which something is to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// Today.
    #[default]
    Now,
    /// The first day on which this entry counts.
    Sequence(Sequence),
    /// The London date of this instant.
    Instant(Timestamp),
    /// This day.
    Date(Date),
}

/// What all of them can be spelled as.
enum When {
    Now,
    Sequence(Sequence),
    Instant(Timestamp),
    Date(Date),
}

impl FromStr for When {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text == "now" {
            return Ok(When::Now);
        }
        if (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            return format!("{text:0>16}").parse().map(When::Sequence);
        }
        let date = text.parse().map(When::Date);
        date.or_else(|_| text.parse().map(When::Instant)).map_err(|_| {
            Malformed(format!(
                "'{text}' is no moment: now, a date, a time such as 2025-05-08T09:30:00.000000Z, or a sequence number expected"
            ))
        })
    }
}

impl FromStr for KnownAt {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Ok(match text.parse()? {
            When::Now => KnownAt::Now,
            When::Sequence(sequence) => KnownAt::Sequence(sequence),
            When::Instant(at) => KnownAt::Instant(at),
            When::Date(date) => KnownAt::Date(date),
        })
    }
}

impl FromStr for AsOf {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        Ok(match text.parse()? {
            When::Now => AsOf::Now,
            When::Sequence(sequence) => AsOf::Sequence(sequence),
            When::Instant(at) => AsOf::Instant(at),
            When::Date(date) => AsOf::Date(date),
        })
    }
}
