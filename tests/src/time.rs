//! Times as the rule tables write them: `2025-05-08T09:30`, in UTC or followed by `London`.
//!
//! London time is worked out here from the rule of the law (summer time from the last Sunday of March to the last
//! Sunday of October, changing at 01:00 UTC), not from the tables the ledger uses, so that the two check each
//! other.

use ledger_core::values::Timestamp;

const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// A minute, in microseconds.
pub const MINUTE: i64 = 60_000_000;

/// The instant that `text` names. Panics on anything else, since tables are written by hand.
pub fn instant(text: &str) -> Timestamp {
    let text = text.trim();
    match text.strip_suffix(" London") {
        None => utc(text),
        Some(local) => {
            let local = utc(local.trim()).micros();
            // A local time in the repeated hour of October is taken as the later instant.
            let summer = local - HOUR;
            micros(if is_summer(summer) { summer } else { local })
        }
    }
}

/// The instant `later` microseconds after `at`.
pub fn after(at: Timestamp, later: i64) -> Timestamp {
    micros(at.micros() + later)
}

fn micros(value: i64) -> Timestamp {
    Timestamp::from_micros(value).unwrap_or_else(|error| panic!("{error}"))
}

/// Completes `2025-05-08T09:30` with seconds and fractional digits.
fn utc(text: &str) -> Timestamp {
    let mut full = text.to_owned();
    match text.len() {
        10 => full.push_str("T00:00:00.000000Z"),
        16 => full.push_str(":00.000000Z"),
        19 => full.push_str(".000000Z"),
        _ => full.push('Z'),
    }
    full.parse().unwrap_or_else(|error| panic!("'{text}': {error}"))
}

fn is_summer(utc_micros: i64) -> bool {
    let year = micros(utc_micros).to_string()[..4].parse().unwrap_or(0);
    (change(year, 3)..change(year, 10)).contains(&utc_micros)
}

/// 01:00 UTC on the last Sunday of a month that has 31 days.
fn change(year: i32, month: u32) -> i64 {
    let last = utc(&format!("{year:04}-{month:02}-31T01:00")).micros();
    // 1 January 1970 was a Thursday: day 3 of the epoch is a Sunday.
    let after_sunday = (last.div_euclid(DAY) - 3).rem_euclid(7);
    last - after_sunday * DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn london_is_an_hour_ahead_in_summer() {
        let cases = [
            ("2025-03-30T00:59:59.999999 London", "2025-03-30T00:59:59.999999Z"),
            ("2025-03-30T02:00 London", "2025-03-30T01:00:00.000000Z"),
            ("2025-10-26T00:30 London", "2025-10-25T23:30:00.000000Z"),
            ("2025-10-26T02:00 London", "2025-10-26T02:00:00.000000Z"),
            ("2025-12-25 London", "2025-12-25T00:00:00.000000Z"),
            ("2025-05-08T09:30:15", "2025-05-08T09:30:15.000000Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(instant(text).to_string(), expected, "{text}");
        }
    }
}
