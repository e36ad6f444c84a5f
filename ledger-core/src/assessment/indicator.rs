//! Indicators: exact decimals, and whether an observation is worse than its benchmark.
//!
//! Comparison is by cross-multiplication of integers, so that no rounding decides a trigger. What ours is: the
//! margin is a share of the benchmark, and a small base never counts as a breach. Left out: how often a breach
//! must recur (the risk policy) and where figures come from.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::Code;
use crate::values::Malformed;

/// A decimal as printed: `value` divided by ten to the `scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Decimal {
    value: i64,
    scale: u8,
}

/// The JSON form of a decimal.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parts {
    value: i64,
    scale: u8,
}

/// The most digits after the point.
const MAX_SCALE: u8 = 9;
/// The largest magnitude of `value`: with the scale it fits every comparison into 128 bits.
const MAX_VALUE: i64 = (1 << 53) - 1;

impl Decimal {
    /// `value / 10^scale`, within 2^53 - 1 and nine digits after the point.
    pub fn new(value: i64, scale: u8) -> Result<Self, Malformed> {
        if scale > MAX_SCALE || value.abs() > MAX_VALUE {
            return Err(Malformed(format!(
                "{value} with scale {scale} is not a decimal of at most 15 digits, 9 after the point"
            )));
        }
        Ok(Decimal { value, scale })
    }

    /// Numerator and denominator of the exact value.
    pub fn fraction(self) -> (i128, i128) {
        (i128::from(self.value), 10_i128.pow(u32::from(self.scale)))
    }
}

impl TryFrom<Parts> for Decimal {
    type Error = Malformed;

    fn try_from(parts: Parts) -> Result<Self, Malformed> {
        Decimal::new(parts.value, parts.scale)
    }
}

impl From<Decimal> for Parts {
    fn from(decimal: Decimal) -> Parts {
        Parts { value: decimal.value, scale: decimal.scale }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.value < 0 { "-" } else { "" };
        let digits = self.value.unsigned_abs();
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let unit = 10_u64.pow(u32::from(self.scale));
        write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit, width = usize::from(self.scale))
    }
}

impl FromStr for Decimal {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("'{text}' is not a decimal such as 12 or 0.4942"));
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, after) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(after) || (digits.contains('.') && after.is_empty()) {
            return Err(wrong());
        }
        let value: i64 = format!("{whole}{after}").parse().map_err(|_| wrong())?;
        let scale = u8::try_from(after.len()).map_err(|_| wrong())?;
        Decimal::new(sign * value, scale).map_err(|_| wrong())
    }
}

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// A higher figure is better.
    Higher,
    /// A lower figure is better.
    Lower,
}

/// Whether a figure compares with the one of the period before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Comparability {
    /// It does.
    Comparable,
    /// The method or the boundary changed in between.
    Break,
}

/// A figure as numerator and denominator, the denominator positive: as printed, or else from what was counted out
/// of what, in the indicator's unit. None if it was suppressed, or if the unit says nothing about counts: `percent`
/// and `per-100000` (or any other number) do, and `ratio`.
pub fn figure(unit: &Code, printed: Option<Decimal>, counts: Option<(u64, u64)>) -> Option<(i128, i128)> {
    let counted = || {
        let (numerator, denominator) = counts.filter(|(_, denominator)| *denominator > 0)?;
        Some((i128::from(numerator) * i128::from(base_of(unit)?), i128::from(denominator)))
    };
    printed.map(Decimal::fraction).or_else(counted)
}

/// How many the unit counts by.
fn base_of(unit: &Code) -> Option<u32> {
    match unit.as_str() {
        "percent" => Some(100),
        "ratio" => Some(1),
        other => other.strip_prefix("per-")?.parse().ok(),
    }
}

/// Whether the figure `value` (numerator, denominator; the denominator positive) is worse than `benchmark` by more
/// than `margin_percent` of the benchmark's magnitude. Figures far beyond anything printed saturate.
pub fn is_worse(value: (i128, i128), benchmark: Decimal, better: Better, margin_percent: u32) -> bool {
    let (number, unit) = benchmark.fraction();
    let margin = number.abs() * i128::from(margin_percent);
    let limit = match better {
        Better::Lower => number * 100 + margin,
        Better::Higher => number * 100 - margin,
    };
    // value.0 / value.1 compared with limit / (100 * unit).
    let order = value.0.saturating_mul(unit * 100).cmp(&limit.saturating_mul(value.1));
    match better {
        Better::Lower => order == Ordering::Greater,
        Better::Higher => order == Ordering::Less,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_as_printed() {
        for text in ["0", "12", "0.4942", "-3.50", "1.000000001"] {
            assert_eq!(text.parse::<Decimal>().map(|d| d.to_string()).as_deref(), Ok(text));
        }
        for text in ["", ".", "1.", ".5", "1e3", "+1", "1.0000000001", "99999999999999999999"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }

    #[test]
    fn worse_by_more_than_the_margin() {
        let benchmark: Decimal = "7".parse().expect("a decimal");
        let cases = [
            // No product overflows.
            ((i128::from(u64::MAX), 1), Better::Lower, u32::MAX, true),
            ((1, i128::from(u64::MAX)), Better::Lower, u32::MAX, false),
            ((7, 1), Better::Lower, 0, false),
            ((71, 10), Better::Lower, 0, true),
            ((77, 10), Better::Lower, 10, false), // exactly the margin
            ((771, 100), Better::Lower, 10, true),
            ((63, 10), Better::Higher, 10, false),
            ((629, 100), Better::Higher, 10, true),
        ];
        for (value, better, margin, expected) in cases {
            assert_eq!(is_worse(value, benchmark, better, margin), expected, "{value:?} {better:?} {margin}");
        }
    }

    #[test]
    fn the_margin_of_a_negative_benchmark_widens_it_too() {
        let benchmark: Decimal = "-5".parse().expect("a decimal");
        let cases = [
            ((-5, 1), Better::Lower, 10, false),
            ((-45, 10), Better::Lower, 10, false), // exactly the margin
            ((-44, 10), Better::Lower, 10, true),
            ((-55, 10), Better::Higher, 10, false),
            ((-56, 10), Better::Higher, 10, true),
        ];
        for (value, better, margin, expected) in cases {
            assert_eq!(is_worse(value, benchmark, better, margin), expected, "{value:?} {better:?} {margin}");
        }
    }

    #[test]
    fn counts_become_a_figure_in_the_unit() {
        let cases =
            [("percent", Some((4900, 200))), ("per-1000", Some((49_000, 200))), ("ratio", Some((49, 200)))];
        for (unit, expected) in cases.into_iter().chain([("days", None), ("per-head", None)]) {
            let unit: Code = unit.parse().expect("a code");
            assert_eq!(figure(&unit, None, Some((49, 200))), expected, "{unit}");
            assert_eq!(figure(&unit, None, Some((49, 0))), None, "{unit}");
            assert_eq!(figure(&unit, "2.5".parse().ok(), Some((49, 200))), Some((25, 10)), "{unit}");
        }
    }
}
