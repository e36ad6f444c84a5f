//! The outline of an entry: its place, type and times, read without decoding what it says.
//!
//! A reader of the whole log wants a few types of event and must pass over all the others. Attributes stand in one
//! order and most of them after `data` (RFC 8785 sorts names), so they are read from the end, and `data` is what lies
//! between. Only for bytes that were checked before they were stored: nothing here proves a spelling. An entry that
//! is not plain - a quotation mark escaped in an attribute - has no outline, and is decoded. Who uses it: `replay`, and
//! `Plain::of` for all entries that are plain.

use std::str::FromStr;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::entry::{AuthType, Plain, SPEC_VERSION};
use crate::values::{Sequence, SubjectVersion, Timestamp};

const CONTENT_TYPE: &[u8] = b",\"datacontenttype\":\"application/json\"";

/// Bytes of a sequence number.
const SEQUENCE_BYTES: usize = 16;
/// Bytes of a time.
const TIME_BYTES: usize = 27;

/// Where an entry belongs and what kind of thing it says. Borrows the entry's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outline<'e> {
    /// Position in the log.
    pub sequence: Sequence,
    /// The event's type.
    pub event_type: &'e str,
    /// Whose history the entry belongs to.
    pub subject: &'e str,
    /// Position in that history.
    pub subject_version: SubjectVersion,
    /// The subject's previous entry.
    pub subject_prev: Option<Sequence>,
    recorded_time: &'e [u8],
    time: &'e [u8],
    source: &'e [u8],
    prev: &'e [u8],
    id: &'e [u8],
    /// The attributes before `data`, and `data`.
    front: &'e [u8],
}

/// Finds where `data` begins. Inside a string the quotation mark before it would be escaped.
static DATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"data\":{"));

impl<'e> Outline<'e> {
    /// The outline of an entry's bytes, if they are plain. Cost: some 100 ns.
    pub fn of(bytes: &'e [u8]) -> Option<Self> {
        let mut rest = Rest(bytes.strip_suffix(b"}")?);
        let event_type = rest.text(b",\"type\":\"")?;
        let time = rest.fixed(b",\"time\":\"", TIME_BYTES)?;
        let subject_version = rest.number(b",\"subjectversion\":")?;
        let subject_prev = match subject_version {
            1 => None,
            _ => Some(position(rest.fixed(b",\"subjectprev\":\"", SEQUENCE_BYTES)?)?),
        };
        let subject = rest.text(b",\"subject\":\"")?;
        rest.fixed(b",\"specversion\":\"", 3).filter(|version| *version == SPEC_VERSION.as_bytes())?;
        let source = rest.bytes(b",\"source\":\"")?;
        let sequence = position(rest.fixed(b",\"sequence\":\"", SEQUENCE_BYTES)?)?;
        let recorded_time = rest.fixed(b",\"recordedtime\":\"", TIME_BYTES)?;
        let prev = rest.fixed(b",\"prev\":\"", 64)?;
        let id = rest.bytes(b",\"id\":\"")?;
        Some(Outline {
            sequence,
            event_type,
            subject,
            subject_version: SubjectVersion::new(subject_version)?,
            subject_prev,
            recorded_time,
            time,
            source,
            prev,
            id,
            front: rest.0.strip_suffix(CONTENT_TYPE)?,
        })
    }

    /// The whole entry, if each attribute is plain text in its place and has its one spelling. What `data` spells is for
    /// the caller to check. Cost: some 200 ns.
    pub(super) fn plain(&self) -> Option<Plain<'e>> {
        let (auth_id, rest) = attribute(self.front, b"{\"authid\":\"")?;
        let (auth_type, rest) = attribute(rest, b",\"authtype\":\"")?;
        let (causation, rest) = optional(rest, b",\"causationid\":\"")?;
        let (command_hash, rest) = attribute(rest, b",\"commandhash\":\"")?;
        let (correlation, rest) = optional(rest, b",\"correlationid\":\"")?;
        let data = rest.strip_prefix(b",\"data\":")?;
        let source = std::str::from_utf8(self.source).ok()?;
        let texts = [auth_id, correlation.unwrap_or_default(), source, self.subject, self.event_type];
        // An escape or a control character is not plain, and for the decoder to judge.
        let plain = |text: &str| !text.bytes().fold(false, |any, byte| any | (byte == b'\\') | (byte < b' '));
        texts.into_iter().all(plain).then_some(())?;
        Some(Plain {
            sequence: self.sequence,
            id: parsed(self.id)?,
            event_type: self.event_type,
            subject: self.subject,
            subject_version: self.subject_version,
            subject_prev: self.subject_prev,
            time: self.happened_at()?,
            recorded_time: self.recorded_at()?,
            source,
            prev: parsed(self.prev)?,
            command_hash: command_hash.parse().ok()?,
            auth_type: AuthType::of(auth_type)?,
            auth_id,
            correlation,
            causation: causation.map(str::parse).transpose().ok()?,
            data,
        })
    }

    /// The event's type alone, if the entry's bytes end plainly. Cost: some 10 ns.
    pub fn type_of(bytes: &'e [u8]) -> Option<&'e str> {
        Rest(bytes.strip_suffix(b"}")?).text(b",\"type\":\"")
    }

    /// The event's own fields, as canonical JSON.
    pub fn data(&self) -> Option<&'e [u8]> {
        let at = DATA.find(self.front)?;
        Some(&self.front[at + "\"data\":".len()..])
    }

    /// How the author was known, and the author's handle.
    pub fn author(&self) -> Option<(AuthType, &'e str)> {
        let (id, rest) = text_to_quote(self.front.strip_prefix(b"{\"authid\":\"")?)?;
        let (kind, _) = text_to_quote(rest.strip_prefix(b",\"authtype\":\"")?)?;
        let plain = !id.contains('\\');
        AuthType::of(kind).filter(|_| plain).map(|kind| (kind, id))
    }

    /// When it was recorded.
    pub fn recorded_at(&self) -> Option<Timestamp> {
        parsed(self.recorded_time)
    }

    /// When it happened.
    pub fn happened_at(&self) -> Option<Timestamp> {
        parsed(self.time)
    }
}

/// The position that 16 digits spell.
fn position(digits: &[u8]) -> Option<Sequence> {
    let mut value = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(Sequence::new(value))
}

fn parsed<T: FromStr>(spelled: &[u8]) -> Option<T> {
    std::str::from_utf8(spelled).ok()?.parse().ok()
}

/// The value of the attribute that comes first and must be this one, and what comes after it.
fn attribute<'e, const N: usize>(bytes: &'e [u8], name: &[u8; N]) -> Option<(&'e str, &'e [u8])> {
    text_to_quote(bytes.strip_prefix(name)?)
}

/// As [`attribute`], of one that may be absent.
fn optional<'e, const N: usize>(bytes: &'e [u8], name: &[u8; N]) -> Option<(Option<&'e str>, &'e [u8])> {
    if !bytes.starts_with(name) {
        return Some((None, bytes));
    }
    attribute(bytes, name).map(|(value, rest)| (Some(value), rest))
}

/// The text up to the next quotation mark, and what comes after it.
fn text_to_quote(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = memchr::memchr(b'"', bytes)?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 1..]))
}

/// What is left of an entry, from its beginning.
struct Rest<'e>(&'e [u8]);

impl<'e> Rest<'e> {
    /// Takes the last attribute off, which must be this one and have a value of so many bytes, for the caller to parse.
    fn fixed<const N: usize>(&mut self, name: &[u8; N], bytes: usize) -> Option<&'e [u8]> {
        let inside = self.0.strip_suffix(b"\"")?;
        let (rest, value) = inside.split_at_checked(inside.len().checked_sub(bytes)?)?;
        self.0 = rest.strip_suffix(name)?;
        Some(value)
    }

    /// Takes the last attribute off, which must be this one and plain text.
    fn text<const N: usize>(&mut self, name: &[u8; N]) -> Option<&'e str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// As [`Rest::text`], for who does not read it yet.
    fn bytes<const N: usize>(&mut self, name: &[u8; N]) -> Option<&'e [u8]> {
        let inside = self.0.strip_suffix(b"\"")?;
        let start = memchr::memrchr(b'"', inside)? + 1;
        let value = &inside[start..];
        self.0 = inside[..start].strip_suffix(name)?;
        (!value.ends_with(b"\\")).then_some(value)
    }

    /// Takes the last attribute off, which must be this one and a number.
    fn number<const N: usize>(&mut self, name: &[u8; N]) -> Option<u32> {
        let digits = self.0.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let (rest, number) = self.0.split_at(self.0.len() - digits);
        self.0 = rest.strip_suffix(name)?;
        let spelled = !number.starts_with(b"0");
        if spelled { std::str::from_utf8(number).ok()?.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::sample;
    use super::*;
    use crate::log::Entry;
    use proptest::prelude::*;

    fn agrees(entry: &Entry, outline: &Outline<'_>) {
        assert_eq!(outline.sequence, entry.sequence);
        assert_eq!(outline.event_type, entry.event_type);
        assert_eq!(outline.subject, entry.subject);
        assert_eq!(outline.subject_version, entry.subject_version);
        assert_eq!(outline.subject_prev, entry.subject_prev);
        assert_eq!(outline.recorded_at(), Some(entry.recorded_time));
        assert_eq!(outline.happened_at(), Some(entry.time));
        assert_eq!(outline.data(), Some(&*entry.data));
        assert_eq!(outline.author(), Some((entry.auth_type, &*entry.auth_id)));
    }

    #[test]
    fn says_what_decoding_says() {
        let mut entry = sample();
        agrees(&entry, &Outline::of(&entry.encode().expect("encodes")).expect("plain"));
        entry.data =
            br#"{"a":"\"data\":{\"datacontenttype\":\"application/json\"","b":{"data":{"c":1}}}"#.to_vec();
        (entry.subject_version, entry.subject_prev) = (SubjectVersion::new(1).expect("small"), None);
        agrees(&entry, &Outline::of(&entry.encode().expect("encodes")).expect("plain"));
    }

    #[test]
    fn an_escaped_quotation_mark_has_no_outline() {
        for (source, subject) in [("a\"", "b"), ("a", "b\"c"), ("a", "\"b"), ("a\\", "b")] {
            let entry = Entry { source: source.to_owned(), subject: subject.to_owned(), ..sample() };
            let bytes = entry.encode().expect("encodes");
            assert_eq!(Outline::of(&bytes), None, "{}", String::from_utf8_lossy(&bytes));
        }
        let entry = Entry { auth_id: "x\\".to_owned(), ..sample() };
        assert_eq!(Outline::of(&entry.encode().expect("encodes")).and_then(|outline| outline.author()), None);
    }

    proptest! {
        #[test]
        fn agrees_with_decoding_wherever_both_read(at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut bytes = sample().encode().expect("encodes");
            let index = at.index(bytes.len());
            bytes[index] = with;
            if let (Ok(entry), Some(outline)) = (Entry::decode(&bytes), Outline::of(&bytes)) {
                prop_assert_eq!(outline.subject, &*entry.subject);
                prop_assert_eq!(outline.event_type, &*entry.event_type);
                prop_assert_eq!(outline.data(), Some(&*entry.data));
            }
        }
    }
}
