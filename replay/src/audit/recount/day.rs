//! Days counted by hand: civil dates as day numbers, London days by the rule of the law, working days.
//!
//! Day 0 is 1 January 1970, a Thursday. Summer time runs from 01:00 UTC on the last Sunday of March to 01:00 UTC on the
//! last Sunday of October, as the law has it since 1996. No date library and no table of time zones, since those are what
//! the rules use.

use std::collections::BTreeSet;

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;

/// The number of a day, counted from a year that begins in March, so that a leap day is the last of its year.
fn number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let months = (month + 9) % 12;
    let in_year = (153 * months + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + in_year - 719_468
}

/// The year in which a day lies.
pub(super) fn year(day: i64) -> i64 {
    let guess = 1970 + day.div_euclid(366);
    (guess..).find(|year| day < number(year + 1, 1, 1)).unwrap_or(guess)
}

/// A day as people write it.
pub(super) fn spelled(day: i64) -> String {
    let year = year(day);
    let month = (1..=12).rev().find(|month| number(year, *month, 1) <= day).unwrap_or(1);
    format!("{year:04}-{month:02}-{:02}", day - number(year, month, 1) + 1)
}

/// `2025-05-08`, or the last day of `2025-05` or of `2025`.
pub(super) fn last_day(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(|part| part.parse::<i64>().ok());
    let year = parts.next()??;
    match (parts.next(), parts.next()) {
        (None, _) => Some(number(year + 1, 1, 1) - 1),
        (Some(month), None) if month? == 12 => Some(number(year + 1, 1, 1) - 1),
        (Some(month), None) => Some(number(year, month? + 1, 1) - 1),
        (Some(month), Some(day)) => Some(number(year, month?, day?)),
    }
}

/// The London day of an instant.
pub(super) fn in_london(micros: i64) -> i64 {
    let year = year(micros.div_euclid(DAY_MICROS));
    // 4 January 1970 was a Sunday.
    let last_sunday = |month: i64| {
        let last = number(year, month, 31);
        last - (last - 3).rem_euclid(7)
    };
    let change = |month: i64| last_sunday(month) * DAY_MICROS + HOUR_MICROS;
    let summer = (change(3)..change(10)).contains(&micros);
    (micros + if summer { HOUR_MICROS } else { 0 }).div_euclid(DAY_MICROS)
}

/// The bank holidays that the log proclaimed.
#[derive(Debug, Default)]
pub(super) struct Holidays {
    pub(super) days: BTreeSet<i64>,
}

impl Holidays {
    /// The `count`th working day after `start`, of at most 400: no framework that may be adopted asks for more than 60.
    pub(super) fn working_day_after(&self, start: i64, count: u64) -> i64 {
        let mut day = start;
        let mut left = count.min(400);
        while left > 0 {
            day += 1;
            // Day 2 was a Saturday, day 3 a Sunday.
            let weekend = matches!(day.rem_euclid(7), 2 | 3);
            if !weekend && !self.days.contains(&day) {
                left -= 1;
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ledger_core::assessment::civil::Date;
    use ledger_core::values::Timestamp;

    #[test]
    fn days_are_those_of_the_tables_that_the_rules_use() {
        let first: Timestamp = "1996-01-01T00:00:00.000000Z".parse().expect("a time");
        let first = first.micros();
        // Every 7 hours of 40 years meets every hour of the day around changes of the clocks.
        for step in 0..50_000_i64 {
            let at = first + step * 7 * HOUR_MICROS + 1;
            let known = Date::in_london(Timestamp::from_micros(at).expect("a time"));
            assert_eq!(spelled(in_london(at)), known.to_string(), "{at}");
        }
    }

    #[test]
    fn partly_known_dates_end_with_their_last_day() {
        for (text, day) in [
            ("2024-02", "2024-02-29"),
            ("2025-02", "2025-02-28"),
            ("2024", "2024-12-31"),
            ("2025-12", "2025-12-31"),
            ("2025-05-08", "2025-05-08"),
        ] {
            assert_eq!(last_day(text).map(spelled).as_deref(), Some(day), "{text}");
        }
    }

    #[test]
    fn working_days_leave_out_weekends_and_holidays() {
        let holidays = ["2025-04-18", "2025-04-21", "2025-05-05"].into_iter().filter_map(last_day).collect();
        let holidays = Holidays { days: holidays };
        for (start, end) in
            [("2025-04-10", "2025-04-28"), ("2025-04-17", "2025-05-06"), ("2025-06-07", "2025-06-20")]
        {
            let found = holidays.working_day_after(last_day(start).expect("a day"), 10);
            assert_eq!(spelled(found), end, "{start}");
        }
    }
}
