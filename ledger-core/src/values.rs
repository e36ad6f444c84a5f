//! The value types every room shares: positions, counts, instants, hashes.
//!
//! Each is a type of its own, so that a position cannot be added to a count or an instant compared with a date
//! by accident. Each has exactly one spelling as text, and parsing accepts only that spelling. What they leave
//! out: meaning. What a subject or a score is belongs to `assessment/`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

/// A value that is not spelled the one way it may be. The message names the value and the spelling expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// The bytes that Base64 spells (RFC 4648, section 4: with padding, unused bits zero), if this is their one spelling.
/// The decoder takes several padded pieces one after another, which is another spelling of the same bytes.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    let inner = text.len().saturating_sub(2);
    if memchr::memchr(b'=', &text.as_bytes()[..inner]).is_some() {
        return None;
    }
    data_encoding::BASE64.decode(text.as_bytes()).ok()
}

/// As much of a text that is refused as a message repeats: its first 80 characters.
pub(crate) fn shown(text: &str) -> &str {
    text.char_indices().nth(80).map_or(text, |(end, _)| &text[..end])
}

/// Gives a type that has `Display` and `FromStr` its JSON form: that string, and nothing else.
macro_rules! spelled_as_text {
    ($type:ty, $name:expr, $pattern:expr, $description:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        crate::values::read_as_text!($type, $name, $pattern, $description);
    };
}
pub(crate) use spelled_as_text;

/// As [`spelled_as_text`], of a type that is `spelled` in an array of ASCII: every entry and command has several.
macro_rules! spelled_as_ascii {
    ($type:ty, $name:expr, $pattern:expr, $description:literal) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(crate::values::as_text(&self.spelled()))
            }
        }

        crate::values::read_as_text!($type, $name, $pattern, $description);
    };
}
pub(crate) use spelled_as_ascii;

/// The other direction of a type whose JSON form is text, and its schema.
macro_rules! read_as_text {
    ($type:ty, $name:expr, $pattern:expr, $description:literal) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::values::read_text(deserializer)
            }
        }

        crate::values::described_as_text!($type, $name, $pattern, $description);
    };
}
pub(crate) use read_as_text;

/// Reads a value that is spelled as text, from where the text lies: asking for a string would copy it first.
pub(crate) fn read_text<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: FromStr<Err = Malformed>,
    D: serde::Deserializer<'de>,
{
    struct Text<T>(PhantomData<T>);

    impl<T: FromStr<Err = Malformed>> serde::de::Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

/// The JSON Schema of a type whose JSON form is text.
macro_rules! described_as_text {
    ($type:ty, $name:expr, $pattern:expr, $description:literal) => {
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
            }
        }
    };
}
pub(crate) use described_as_text;

/// Position of an entry in the log: gapless from 0, written as 16 decimal digits (the CloudEvents Sequence
/// extension asks for a string whose order is the order of events).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u64);

impl Sequence {
    /// The largest position that 16 digits can spell.
    pub const MAX: u64 = 9_999_999_999_999_999;

    /// The position `value`. Panics above [`Sequence::MAX`], which no log reaches: at a million entries a
    /// second it takes three centuries.
    pub fn new(value: u64) -> Self {
        assert!(value <= Self::MAX, "sequence {value} has more than 16 digits");
        Sequence(value)
    }

    /// The position as a number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The position after this one.
    pub fn next(self) -> Self {
        Sequence::new(self.0 + 1)
    }

    /// The one spelling, in ASCII.
    pub(crate) fn spelled(self) -> [u8; 16] {
        let mut text = [0; 16];
        spell_digits(self.0, &mut text);
        text
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(as_text(&self.spelled()))
    }
}

/// The decimal digits of `number` that fill `text`, zeros before them. Entries spell several such numbers each, and
/// the formatting of the standard library takes five times as long.
pub(crate) fn spell_digits(mut number: u64, text: &mut [u8]) {
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Text that was made of ASCII.
pub(crate) fn as_text(ascii: &[u8]) -> &str {
    std::str::from_utf8(ascii).unwrap_or_default()
}

impl FromStr for Sequence {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let spelled = text.len() == 16 && text.bytes().all(|b| b.is_ascii_digit());
        match text.parse() {
            Ok(value) if spelled => Ok(Sequence(value)),
            _ => Err(Malformed(format!("'{text}' is not a sequence number: 16 digits expected"))),
        }
    }
}

/// Text in JSON; in snapshots, which nobody reads, the number.
impl serde::Serialize for Sequence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(as_text(&self.spelled()))
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Sequence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if deserializer.is_human_readable() {
            return read_text(deserializer);
        }
        match u64::deserialize(deserializer)? {
            value @ 0..=Sequence::MAX => Ok(Sequence(value)),
            value => Err(D::Error::custom(format!("{value} is no sequence number"))),
        }
    }
}

described_as_text!(Sequence, "Sequence", "^[0-9]{16}$", "Position of an entry in the log, 16 digits");

/// How many entries a log has: the sequence number its next entry will get.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Length(pub u64);

impl Length {
    /// The position the next entry will take.
    pub fn next_sequence(self) -> Sequence {
        Sequence::new(self.0)
    }

    /// The position of the last entry, none in an empty log.
    pub fn last_sequence(self) -> Option<Sequence> {
        self.0.checked_sub(1).map(Sequence::new)
    }

    /// Whether an entry at `sequence` is within this length.
    pub fn contains(self, sequence: Sequence) -> bool {
        sequence.get() < self.0
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Position of an entry in its subject's own history: gapless from 1, a JSON integer up to 2^31 - 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct SubjectVersion(u32);

impl SubjectVersion {
    /// The largest version: CloudEvents integers end there, and so does a subject's history.
    pub const MAX: u32 = i32::MAX as u32;

    /// A version, or none above [`SubjectVersion::MAX`]. Version 0 means "no entry yet".
    pub fn new(value: u32) -> Option<Self> {
        (value <= Self::MAX).then_some(SubjectVersion(value))
    }

    /// The version as a number.
    pub fn get(self) -> u32 {
        self.0
    }

    /// The version after this one, or none when the history is full.
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1)
    }
}

impl fmt::Display for SubjectVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An instant in UTC to the microsecond, written `2025-05-08T09:30:00.000000Z`: always six fractional
/// digits, always `Z`, years 1900 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp(0);
    /// 1900-01-01T00:00:00.000000Z.
    const FIRST: i64 = -2_208_988_800_000_000;
    /// 9999-12-31T23:59:59.999999Z.
    const LAST: i64 = 253_402_300_799_999_999;

    /// Microseconds since 1970-01-01T00:00:00Z, if the year can be spelled with four digits from 1900 on.
    pub fn from_micros(micros: i64) -> Result<Self, Malformed> {
        match micros {
            Self::FIRST..=Self::LAST => Ok(Timestamp(micros)),
            _ => Err(Malformed(format!("{micros} microseconds is outside the years 1900 to 9999"))),
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970-01-01T00:00:00Z, rounded down: the unit of a UUIDv7.
    pub fn millis(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The same instant for date arithmetic.
    pub fn to_utc(self) -> DateTime<Utc> {
        // Every constructor checked the range.
        DateTime::<Utc>::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

/// Where the digits of a time are, and every mark between them.
const TIME_MARKS: &[u8; 27] = b"0000-00-00T00:00:00.000000Z";

impl Timestamp {
    /// The one spelling, in ASCII.
    pub(crate) fn spelled(self) -> [u8; 27] {
        use chrono::{Datelike, Timelike};
        let at = self.to_utc().naive_utc();
        let mut text = *TIME_MARKS;
        let mut put = |at: std::ops::Range<usize>, number: u32| spell_digits(number.into(), &mut text[at]);
        // Every constructor checked that the year has four digits.
        put(0..4, at.year().unsigned_abs());
        put(5..7, at.month());
        put(8..10, at.day());
        put(11..13, at.hour());
        put(14..16, at.minute());
        put(17..19, at.second());
        put(20..26, self.0.rem_euclid(1_000_000) as u32);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(as_text(&self.spelled()))
    }
}

impl FromStr for Timestamp {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || {
            Malformed(format!(
                "'{text}' is not a time: UTC with six fractional digits expected, such as 2025-05-08T09:30:00.000000Z"
            ))
        };
        let at = spelled_time(text.as_bytes()).ok_or_else(wrong)?;
        Self::from_micros(at.and_utc().timestamp_micros()).map_err(|_| wrong())
    }
}

/// The one spelling, read by position: each digit where a digit belongs, each mark where a mark does.
fn spelled_time(text: &[u8]) -> Option<NaiveDateTime> {
    let fits = |(found, mark): (&u8, &u8)| match mark {
        b'0' => found.is_ascii_digit(),
        mark => found == mark,
    };
    if text.len() != TIME_MARKS.len() || !text.iter().zip(TIME_MARKS).all(fits) {
        return None;
    }
    let number = |at: std::ops::Range<usize>| {
        text[at].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    // The year has four digits.
    let day = NaiveDate::from_ymd_opt(number(0..4) as i32, number(5..7), number(8..10))?;
    day.and_hms_micro_opt(number(11..13), number(14..16), number(17..19), number(20..26))
}

spelled_as_ascii!(
    Timestamp,
    "Timestamp",
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$",
    "An instant in UTC with exactly six fractional digits"
);

/// A BLAKE3 hash, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands for "no entry before this one".
    pub const ZERO: Hash = Hash([0; 32]);

    /// The BLAKE3 hash of `bytes`. About 0.75 us for an entry of 700 bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Hash(*blake3::hash(bytes).as_bytes())
    }

    /// The hash with these 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Hash(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The one spelling, in ASCII.
    pub(crate) fn spelled(&self) -> [u8; 64] {
        let mut text = [0; 64];
        data_encoding::HEXLOWER.encode_mut(&self.0, &mut text);
        text
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(as_text(&self.spelled()))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong =
            || Malformed(format!("'{text}' is not a hash: 64 lower-case hexadecimal digits expected"));
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| wrong())?;
        // All digits are looked at, and none in a table: that takes a few steps for sixteen of them.
        let spelled = digits.iter().fold(true, |all, digit| all & matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(|digit| (digit & 0xf) + 9 * (digit >> 6));
            *byte = high << 4 | low & 0xf;
        }
        if spelled { Ok(Hash(bytes)) } else { Err(wrong()) }
    }
}

spelled_as_ascii!(Hash, "Hash", "^[0-9a-f]{64}$", "BLAKE3, 64 lower-case hexadecimal digits");

#[cfg(test)]
mod tests {
    use super::*;

    fn one_spelling<T: FromStr + fmt::Display>(good: &[&str], bad: &[&str]) {
        for text in good {
            let value = text.parse::<T>().unwrap_or_else(|_| panic!("'{text}' refused"));
            assert_eq!(&value.to_string(), text);
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "'{text}' accepted");
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        let spelled = ["", "AA==", "AAA=", "AAAA", "AAAAAA=="];
        let lengths = spelled.map(|text| from_base64(text).map(|bytes| bytes.len()));
        assert_eq!(lengths, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
        let other = ["AA", "AA=", "AB==", "AA==AA==", "AAA=AAAA", "AA==\n", " AA==", "====", "A-==", "AAAA="];
        assert!(other.iter().all(|text| from_base64(text).is_none()));
    }

    #[test]
    fn sequences_have_sixteen_digits() {
        one_spelling::<Sequence>(
            &["0000000000000000", "9999999999999999"],
            &["", "0", "000000000000000", "00000000000000000", "+000000000000001", "000000000000000a"],
        );
    }

    #[test]
    fn times_have_six_fractional_digits_and_z() {
        one_spelling::<Timestamp>(
            &["1900-01-01T00:00:00.000000Z", "2024-02-29T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
            &[
                "2023-02-29T00:00:00.000000Z",
                "2025-05-08T09:30:00Z",
                "2025-05-08T09:30:00.000Z",
                "2025-05-08 09:30:00.000000Z",
                "2025-05-08T09:30:60.000000Z",
                "2025-05-08T24:00:00.000000Z",
                "2025-05-08T09:30:00.000000z",
                "2025-05-08T09:30:00.000000+0",
                "1899-12-31T23:59:59.999999Z",
                " 025-05-08T09:30:00.000000Z",
            ],
        );
    }

    #[test]
    fn hashes_are_lower_case() {
        let hash = Hash::of(b"an entry").to_string();
        one_spelling::<Hash>(&[&hash], &[&hash.to_uppercase(), &hash[1..], ""]);
        for at in 0..64 {
            for wrong in ["g", "/", ":", "`", "A", " "] {
                one_spelling::<Hash>(&[], &[&[&hash[..at], wrong, &hash[at + 1..]].concat()]);
            }
        }
        one_spelling::<Hash>(&[], &[&format!("\u{e9}{}", &hash[2..])]);
    }
}
