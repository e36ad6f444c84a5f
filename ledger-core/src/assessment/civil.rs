//! Civil dates in England: London dates of instants, partly known dates, bank holidays and working days.
//!
//! Deadlines are counted in working days of England and close at the end of a London day, whatever the clock
//! change does to its length. The calendar is data that events bring; nothing here knows a holiday. Left out:
//! which deadline applies to what (that is `decide`).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::Name;
use crate::values::{Malformed, Timestamp, as_text, spell_digits, spelled_as_ascii, spelled_as_text};

/// The first instant of 1972, in microseconds.
const SINCE_1972: i64 = 730 * 24 * 3600 * 1_000_000;

/// A date of the civil calendar, `2025-05-08`, years 1900 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

impl Date {
    /// The first date there is: 1900-01-01.
    pub const EARLIEST: Date = match NaiveDate::from_ymd_opt(1900, 1, 1) {
        Some(date) => Date(date),
        None => Date(NaiveDate::MIN),
    };

    /// The date with this year, month and day, if there is one.
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        (1900..=9999).contains(&year).then_some(Date(date))
    }

    /// The London date of an instant. BST and GMT come from the tz database.
    pub fn in_london(at: Timestamp) -> Self {
        const DAY: i64 = 24 * 3600 * 1_000_000;
        const EVENING: i64 = 23 * 3600 * 1_000_000;
        // Since 1972 London has been at most an hour ahead of UTC, and never behind: before 23:00 the day is the same.
        if at.micros() >= SINCE_1972 && at.micros().rem_euclid(DAY) < EVENING {
            return Date(at.to_utc().date_naive());
        }
        Date(at.to_utc().with_timezone(&chrono_tz::Europe::London).date_naive())
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The day after. The last day of 9999 is its own successor, so that counting ends.
    pub fn next(self) -> Self {
        self.plus_days(1)
    }

    /// The day before.
    pub fn previous(self) -> Self {
        Date(self.0.pred_opt().filter(|d| d.year() >= 1900).unwrap_or(self.0))
    }

    /// `days` calendar days later, at most the last day of 9999.
    pub fn plus_days(self, days: u64) -> Self {
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX);
        Date(self.0.checked_add_days(Days::new(days)).map_or(last, |date| date.min(last)))
    }

    /// Calendar days from `earlier` to this date; negative if it is later.
    pub fn days_since(self, earlier: Date) -> i64 {
        (self.0 - earlier.0).num_days()
    }

    /// Whether the date is a Saturday or Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), Weekday::Sat | Weekday::Sun)
    }

    /// The one spelling, in ASCII.
    pub(crate) fn spelled(self) -> [u8; 10] {
        let mut text = *b"0000-00-00";
        // Every date but `NaiveDate::MIN`, which no date that parsed is, has a year of four digits.
        spell_digits(self.0.year().unsigned_abs().into(), &mut text[..4]);
        spell_digits(self.0.month().into(), &mut text[5..7]);
        spell_digits(self.0.day().into(), &mut text[8..]);
        text
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(as_text(&self.spelled()))
    }
}

impl FromStr for Date {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text.parse::<PartialDate>() {
            Ok(PartialDate::Day(date)) => Ok(date),
            _ => Err(Malformed(format!(
                "'{text}' is not a date that exists: YYYY-MM-DD expected, such as 2025-05-08"
            ))),
        }
    }
}

spelled_as_ascii!(Date, "Date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "A civil date in England");

/// A date as a source printed it: to the day, the month or the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartialDate {
    /// `2025`.
    Year(i32),
    /// `2025-05`.
    Month(i32, u32),
    /// `2025-05-08`.
    Day(Date),
}

impl PartialDate {
    /// The day from which a partly known date counts: its last.
    pub fn last_day(self) -> Date {
        match self {
            PartialDate::Day(date) => date,
            PartialDate::Year(year) => last_day_of(year, 12),
            PartialDate::Month(year, month) => last_day_of(year, month),
        }
    }
}

fn last_day_of(year: i32, month: u32) -> Date {
    let days = (28..=31).rev().find_map(|day| Date::new(year, month, day));
    // A year and month that parsed have a 28th.
    days.unwrap_or(Date(NaiveDate::MIN))
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PartialDate::Year(year) => write!(f, "{year:04}"),
            PartialDate::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            PartialDate::Day(date) => date.fmt(f),
        }
    }
}

impl FromStr for PartialDate {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong =
            || Malformed(format!("'{text}' is not a date that exists: YYYY, YYYY-MM or YYYY-MM-DD expected"));
        let digits = text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
        if !digits || !matches!(text.len(), 4 | 7 | 10) {
            return Err(wrong());
        }
        let number = |from: usize, to: usize| {
            text.get(from..to).and_then(|part| part.parse::<u32>().ok()).ok_or_else(wrong)
        };
        let year = number(0, 4)?.cast_signed();
        let value = match text.len() {
            4 => Date::new(year, 12, 31).map(|_| PartialDate::Year(year)),
            7 => Date::new(year, number(5, 7)?, 28).map(|date| PartialDate::Month(year, date.0.month())),
            _ => Date::new(year, number(5, 7)?, number(8, 10)?).map(PartialDate::Day),
        };
        value.ok_or_else(wrong)
    }
}

spelled_as_text!(
    PartialDate,
    "PartialDate",
    "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
    "A date as printed: to the year, the month or the day"
);

/// A span of days, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

impl Period {
    /// Whether every day of `other` is in this period.
    pub fn covers(self, other: Period) -> bool {
        self.from <= other.from && other.to <= self.to
    }
}

/// A bank holiday in England.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// Its name.
    pub name: Name,
}

/// The bank holidays proclaimed so far, and the last year they are known for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calendar {
    holidays: BTreeMap<Date, Name>,
    last_year: Option<i32>,
}

/// A deadline lies beyond the last year whose holidays are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarEnds {
    /// The last year known; none if no holidays were ever proclaimed.
    pub last_year: Option<i32>,
}

impl Calendar {
    /// Adds holidays, takes away those that were moved, and extends the last year known.
    pub fn proclaim(&mut self, added: &[Holiday], removed: &[Date], last_year: i32) {
        for holiday in added {
            self.holidays.insert(holiday.date, holiday.name.clone());
        }
        for date in removed {
            self.holidays.remove(date);
        }
        self.last_year = self.last_year.max(Some(last_year));
    }

    /// The holidays in order of date.
    pub fn holidays(&self) -> impl Iterator<Item = (Date, &Name)> {
        self.holidays.iter().map(|(date, name)| (*date, name))
    }

    /// The last year whose holidays are known.
    pub fn last_year(&self) -> Option<i32> {
        self.last_year
    }

    /// Whether people work on that day: not a weekend, not a holiday.
    pub fn is_working_day(&self, date: Date) -> bool {
        !date.is_weekend() && !self.holidays.contains_key(&date)
    }

    /// The `count`th working day after `start`: day 1 is the first working day after it. Cost: one step a
    /// calendar day.
    pub fn add_working_days(&self, start: Date, count: u32) -> Result<Date, CalendarEnds> {
        let mut date = start;
        let mut left = count;
        while left > 0 {
            date = date.next();
            if Some(date.year()) > self.last_year {
                return Err(CalendarEnds { last_year: self.last_year });
            }
            if self.is_working_day(date) {
                left -= 1;
            }
        }
        Ok(date)
    }

    /// Working days after `start` up to and including `end`; negative when `end` is earlier.
    pub fn working_days_between(&self, start: Date, end: Date) -> i64 {
        let (from, to, sign) = if start <= end { (start, end, 1) } else { (end, start, -1) };
        let mut count = 0;
        let mut date = from;
        while date < to {
            date = date.next();
            count += i64::from(self.is_working_day(date));
        }
        sign * count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn calendar() -> Calendar {
        let holidays = [
            "2024-12-25",
            "2024-12-26",
            "2025-01-01",
            "2025-04-18",
            "2025-04-21",
            "2025-05-05",
            "2025-05-26",
            "2025-08-25",
            "2025-12-25",
            "2025-12-26",
            "2026-01-01",
        ];
        let named =
            holidays.map(|day| Holiday { date: date(day), name: "a holiday".parse().expect("a name") });
        let mut calendar = Calendar::default();
        calendar.proclaim(&named, &[], 2026);
        calendar
    }

    #[test]
    fn dates_have_one_spelling() {
        for text in ["2024-02-29", "1900-01-01", "9999-12-31"] {
            assert_eq!(date(text).to_string(), text);
        }
        for text in [
            "2025-02-29",
            "2025-13-01",
            "2025-1-1",
            "2025-00-10",
            "25-01-01",
            "2025-05",
            "1899-12-31",
            "2025/05/08",
            "+025-05-08",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for (text, last) in [("2025", "2025-12-31"), ("2024-02", "2024-02-29"), ("2025-05-08", "2025-05-08")]
        {
            let partial: PartialDate = text.parse().expect("a date");
            assert_eq!((partial.to_string().as_str(), partial.last_day()), (text, date(last)));
        }
        for text in ["2025-", "2025-00", "2025-13", "202", "20255"] {
            assert!(text.parse::<PartialDate>().is_err(), "{text}");
        }
    }

    #[test]
    fn london_days_follow_the_clock_changes() {
        let cases = [
            ("2025-03-30T00:59:59.999999Z", "2025-03-30"), // still GMT
            ("2025-06-30T22:59:59.999999Z", "2025-06-30"), // 23:59:59 BST
            ("2025-06-30T23:00:00.000000Z", "2025-07-01"), // midnight BST
            ("2025-10-25T22:59:59.999999Z", "2025-10-25"),
            ("2025-10-25T23:00:00.000000Z", "2025-10-26"), // the 25-hour day begins
            ("2025-10-26T23:59:59.999999Z", "2025-10-26"), // and ends an hour later
            ("2025-12-31T23:59:59.999999Z", "2025-12-31"),
        ];
        for (instant, day) in cases {
            assert_eq!(Date::in_london(at(instant)), date(day), "{instant}");
        }
    }

    #[test]
    fn london_days_are_those_of_the_tz_database() {
        const HOUR: i64 = 3600 * 1_000_000;
        let first = at("1900-01-01T00:00:00.000000Z").micros();
        // Every 5 hours of 240 years meets every hour of the day in every season, and each as its hour ends.
        for step in 0..240 * 365 * 24 / 5_i64 {
            let hour = first + step * 5 * HOUR;
            for micros in [hour - 1, hour].into_iter().filter(|micros| *micros >= first) {
                let instant = Timestamp::from_micros(micros).expect("a time");
                let known = instant.to_utc().with_timezone(&chrono_tz::Europe::London).date_naive();
                assert_eq!(Date::in_london(instant), Date(known), "{instant}");
            }
        }
    }

    #[test]
    fn ten_working_days_over_easter_christmas_and_clock_changes() {
        let cases = [
            ("2025-04-10", "2025-04-28"), // Good Friday and Easter Monday fall out
            ("2025-04-17", "2025-05-06"), // and the early May holiday
            ("2024-12-20", "2025-01-08"), // Christmas, Boxing Day, New Year
            ("2024-12-24", "2025-01-10"),
            ("2025-12-23", "2026-01-09"),
            ("2025-10-24", "2025-11-07"), // clocks go back on 26 October
            ("2025-03-28", "2025-04-11"), // clocks go forward on 30 March
            ("2025-06-07", "2025-06-20"), // emailed on a Saturday
            ("2025-12-25", "2026-01-12"), // emailed on a holiday
        ];
        for (emailed, closes) in cases {
            assert_eq!(calendar().add_working_days(date(emailed), 10), Ok(date(closes)), "{emailed}");
            assert_eq!(calendar().working_days_between(date(emailed), date(closes)), 10);
            assert_eq!(calendar().working_days_between(date(closes), date(emailed)), -10);
        }
    }

    #[test]
    fn a_moved_holiday_and_the_end_of_the_calendar() {
        let mut calendar = calendar();
        let moved = Holiday { date: date("2025-05-08"), name: "moved".parse().expect("a name") };
        calendar.proclaim(&[moved], &[date("2025-05-05")], 2025);
        assert!(calendar.is_working_day(date("2025-05-05")) && !calendar.is_working_day(date("2025-05-08")));
        assert_eq!(calendar.last_year(), Some(2026));
        assert_eq!(
            calendar.add_working_days(date("2026-12-20"), 10),
            Err(CalendarEnds { last_year: Some(2026) })
        );
        assert_eq!(
            Calendar::default().add_working_days(date("2025-01-01"), 1),
            Err(CalendarEnds { last_year: None })
        );
    }
}
