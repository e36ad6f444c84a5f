//! Dates along a line: where a day stands, and which days are named.

use ledger_core::assessment::civil::Date;

/// Days from the first to the last, drawn from `left` to `right`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    first: Date,
    days: i64,
    left: i64,
    right: i64,
}

/// Months between named days: the smallest of these that names at most ten.
const STEPS: [i32; 8] = [1, 2, 3, 6, 12, 24, 60, 120];
const NAMED_AT_MOST: usize = 10;
/// A shorter time is drawn as this many days, so that one day has room around it.
const SHORTEST: i64 = 60;

impl Axis {
    /// An axis with some room before the first day; the last stands at its end.
    pub fn new(first: Date, last: Date, (left, right): (i64, i64)) -> Self {
        let span = last.days_since(first).max(SHORTEST);
        let room = span / 20 + 1;
        let begin = (0..room).fold(last.min(first), |day, _| day.previous());
        let begin = if last.days_since(first) < SHORTEST {
            (0..SHORTEST - last.days_since(first)).fold(begin, |day, _| day.previous())
        } else {
            begin
        };
        Axis { first: begin, days: last.max(first).days_since(begin).max(1), left, right }
    }

    /// Where a day stands; days outside stand at the edge.
    pub fn x(&self, day: Date) -> i64 {
        let passed = day.days_since(self.first).clamp(0, self.days);
        self.left + passed * (self.right - self.left) / self.days
    }

    /// The firsts of months that are named, with their names: `2026-04`, or `2026` where only years are.
    pub fn named(&self) -> Vec<(Date, String)> {
        let last = self.first.plus_days(u64::try_from(self.days).unwrap_or(0));
        let months = |step: i32| -> Vec<Date> {
            let years = self.first.year()..=last.year();
            let firsts = years.flat_map(|year| (1..=12).map(move |month| (year, month)));
            firsts
                .filter(|(year, month)| (year * 12 + month - 1) % step == 0)
                .filter_map(|(year, month)| Date::new(year, u32::try_from(month).ok()?, 1))
                .filter(|day| *day >= self.first && *day <= last)
                .collect()
        };
        let fits = STEPS.iter().find(|step| months(**step).len() <= NAMED_AT_MOST);
        let step = *fits.unwrap_or(&STEPS[STEPS.len() - 1]);
        let letters = if step % 12 == 0 { 4 } else { 7 };
        months(step).into_iter().map(|day| (day, day.to_string()[..letters].to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn days_stand_in_order_and_the_last_at_the_end() {
        let axis = Axis::new(date("2026-03-17"), date("2027-09-30"), (100, 1_100));
        assert!(axis.x(date("2026-03-17")) > 100 && axis.x(date("2026-03-18")) > axis.x(date("2026-03-17")));
        assert_eq!((axis.x(date("2027-09-30")), axis.x(date("2030-01-01"))), (1_100, 1_100));
        assert_eq!(axis.x(date("1990-01-01")), 100);
    }

    #[test]
    fn at_most_ten_days_are_named() {
        for (last, expected) in [
            ("2026-03-17", "2026-02"),
            ("2026-09-01", "2026-04"),
            ("2027-09-30", "2026-03"),
            ("2031-01-01", "2026"),
            ("2099-01-01", "2030"),
        ] {
            let named = Axis::new(date("2026-03-17"), date(last), (0, 1_000)).named();
            assert!((1..=NAMED_AT_MOST).contains(&named.len()), "{last}: {named:?}");
            assert_eq!(named[0].1, expected, "{last}: {named:?}");
        }
    }
}
