//! Dates as text, `2025-05-08`, which compare as they follow each other; and the London day of an instant.
//!
//! Worked out here by the rule of the law and by counting, so that the ledger's own calendar is checked by another.

/// Year, month and day of a date.
fn parts(date: &str) -> (u32, u32, u32) {
    let number =
        |range: std::ops::Range<usize>| date.get(range).and_then(|part| part.parse().ok()).unwrap_or(0);
    (number(0..4), number(5..7), number(8..10))
}

fn spelled((year, month, day): (u32, u32, u32)) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

fn days_in(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day before.
pub fn previous(date: &str) -> String {
    spelled(match parts(date) {
        (year, 1, 1) => (year - 1, 12, 31),
        (year, month, 1) => (year, month - 1, days_in(year, month - 1)),
        (year, month, day) => (year, month, day - 1),
    })
}

/// The day after.
pub fn next(date: &str) -> String {
    spelled(match parts(date) {
        (year, 12, 31) => (year + 1, 1, 1),
        (year, month, day) if day == days_in(year, month) => (year, month + 1, 1),
        (year, month, day) => (year, month, day + 1),
    })
}

/// The last day of a printed date: of a year, a month, or that day.
pub fn last_day(printed: &str) -> String {
    match printed.len() {
        4 => format!("{printed}-12-31"),
        7 => {
            let (year, month, _) = parts(printed);
            spelled((year, month, days_in(year, month)))
        }
        _ => printed.to_owned(),
    }
}

/// The last Sunday of a month, counted from 1 January 2023, which was one.
fn last_sunday(year: u32, month: u32) -> u32 {
    let mut days = 0;
    for before in 2023..year {
        days += if days_in(before, 2) == 29 { 366 } else { 365 };
    }
    for before in 1..month {
        days += days_in(year, before);
    }
    let last = days_in(year, month);
    last - (days + last - 1) % 7
}

/// The London day of an instant in UTC: an hour ahead from 01:00 on the last Sunday of March to 01:00 on that of
/// October. Years from 2023 on.
pub fn london(instant: &str) -> String {
    let (day, clock) = instant.split_at(10);
    let year = parts(day).0;
    let change = |month| format!("{}T01:00", spelled((year, month, last_sunday(year, month))));
    let is_summer = change(3).as_str() <= instant && *instant < *change(10);
    if is_summer && clock.starts_with("T23") { next(day) } else { day.to_owned() }
}

#[test]
fn days_follow_each_other() {
    assert_eq!(previous("2024-03-01"), "2024-02-29");
    assert_eq!((previous("2025-01-01").as_str(), next("2025-12-31").as_str()), ("2024-12-31", "2026-01-01"));
    assert_eq!((last_day("2025").as_str(), last_day("2024-02").as_str()), ("2025-12-31", "2024-02-29"));
    assert_eq!([last_sunday(2025, 3), last_sunday(2026, 3), last_sunday(2025, 10)], [30, 29, 26]);
    let cases = [
        ("2025-03-30T00:59:59.999999Z", "2025-03-30"),
        ("2025-03-30T23:00:00.000000Z", "2025-03-31"),
        ("2025-10-25T23:30:00.000000Z", "2025-10-26"),
        ("2025-10-26T23:30:00.000000Z", "2025-10-26"),
        ("2025-12-31T23:30:00.000000Z", "2025-12-31"),
    ];
    for (instant, day) in cases {
        assert_eq!(london(instant), day, "{instant}");
    }
}
