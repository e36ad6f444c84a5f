//! Canonical JSON: the one spelling in which anything is hashed.
//!
//! RFC 8785 (JCS) restricted to what an entry may hold, so that the rules fit on a page: objects with keys
//! sorted by UTF-16 code units, arrays, strings with the shortest escapes, integers within 2^53 - 1, `true`
//! and `false`. Nothing empty or unknown is spelled: no `null`, no `[]`, no `{}`, no fractions or exponents, no
//! white space. An absent thing is absent.
//!
//! [`spell`] spells plain data; [`check`] accepts exactly what [`spell`] can spell, in one pass and without
//! allocating per value. Left out: what the fields mean (the typed decoders say that).

mod spell;

use std::cmp::Ordering;

pub use spell::spell;

/// The largest magnitude of an integer: beyond it JSON readers in other languages round (RFC 8785, 3.2.2.3).
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// How deep objects and arrays may nest. Our deepest event nests 7.
const MAX_DEPTH: usize = 32;

/// Why bytes are not canonical JSON. `at` is the offset of the first byte that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not canonical JSON at byte {at}: {what}")]
pub struct NotCanonical {
    /// Offset from the first byte.
    pub at: usize,
    /// What was found or expected there.
    pub what: &'static str,
}

/// RFC 8785 section 3.2.3 orders keys by UTF-16 code units, which differs from the order of bytes only
/// between the surrogates and the last private-use characters.
fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Spells a string: the two-character escapes where JSON has them, `\u00xx` for other control characters,
/// everything else as itself (RFC 8785, 3.2.2.2).
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    if needs_no_escape(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&text.as_bytes()[plain_from..index]);
        plain_from = index + 1;
        match short_escape(byte) {
            Some(letter) => out.extend_from_slice(&[b'\\', letter]),
            None => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
        }
    }
    out.extend_from_slice(&text.as_bytes()[plain_from..]);
    out.push(b'"');
}

/// Whether these bytes of a string stand for themselves. Looks at all of them: that takes a few steps for dozens of bytes,
/// and stopping at the first would take one for each.
fn needs_no_escape(bytes: &[u8]) -> bool {
    let escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    !bytes.iter().fold(false, |any, byte| any | escaped(*byte))
}

fn short_escape(byte: u8) -> Option<u8> {
    match byte {
        b'"' | b'\\' => Some(byte),
        0x08 => Some(b'b'),
        0x09 => Some(b't'),
        0x0a => Some(b'n'),
        0x0c => Some(b'f'),
        0x0d => Some(b'r'),
        _ => None,
    }
}

/// Accepts exactly the bytes that [`spell`] can spell for an object. Cost: one pass.
pub fn check(bytes: &[u8]) -> Result<(), NotCanonical> {
    check_at(bytes, 0)
}

/// As [`check`], of an object that lies `depth` levels inside another.
pub(super) fn check_at(bytes: &[u8], depth: usize) -> Result<(), NotCanonical> {
    // Nearly all is ASCII, which is seen sooner than UTF-8.
    if !bytes.is_ascii()
        && let Err(error) = std::str::from_utf8(bytes)
    {
        return Err(NotCanonical { at: error.valid_up_to(), what: "malformed UTF-8" });
    }
    let mut scan = Scan { bytes, at: 0 };
    if scan.peek() != Some(b'{') {
        return scan.wrong("an object is expected");
    }
    scan.value(depth)?;
    if scan.at == bytes.len() { Ok(()) } else { scan.wrong("trailing bytes") }
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn wrong<T>(&self, what: &'static str) -> Result<T, NotCanonical> {
        Err(NotCanonical { at: self.at, what })
    }

    fn literal(&mut self, word: &'static [u8], what: &'static str) -> Result<(), NotCanonical> {
        if !self.bytes[self.at..].starts_with(word) {
            return self.wrong(what);
        }
        self.at += word.len();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<(), NotCanonical> {
        if depth > MAX_DEPTH {
            return self.wrong("nested too deeply");
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(drop),
            Some(b't') => self.literal(b"true", "'true' is expected"),
            Some(b'f') => self.literal(b"false", "'false' is expected"),
            Some(b'n') => self.wrong("a null: an absent attribute is left out"),
            Some(b'-' | b'0'..=b'9') => self.integer(),
            _ => self.wrong("a value is expected, without white space"),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), NotCanonical> {
        self.at += 1;
        let mut previous: Option<&'a [u8]> = None;
        loop {
            let key_at = self.at;
            if self.peek() != Some(b'"') {
                return self.wrong("a key is expected; an empty object is left out");
            }
            let key = self.string()?;
            if let Some(before) = previous {
                match key_order(before, key) {
                    Ordering::Less => {}
                    Ordering::Equal => return Err(NotCanonical { at: key_at, what: "a duplicate key" }),
                    Ordering::Greater => return Err(NotCanonical { at: key_at, what: "keys out of order" }),
                }
            }
            previous = Some(key);
            self.literal(b":", "':' is expected")?;
            self.value(depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.wrong("',' or '}' is expected"),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), NotCanonical> {
        self.at += 1;
        loop {
            if self.peek() == Some(b']') {
                return self.wrong("an empty list is left out");
            }
            self.value(depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.wrong("',' or ']' is expected"),
            }
        }
    }

    /// Steps over a string and returns what stands between its quotes, escapes unresolved.
    fn string(&mut self) -> Result<&'a [u8], NotCanonical> {
        self.at += 1;
        let start = self.at;
        loop {
            // Most strings are plain to their end: eight bytes at a time up to the first that is not.
            while self.bytes[self.at..].first_chunk::<8>().is_some_and(|eight| needs_no_escape(eight)) {
                self.at += 8;
            }
            match self.peek() {
                None => return self.wrong("the string does not end"),
                Some(b'"') => {
                    let inside = &self.bytes[start..self.at];
                    self.at += 1;
                    return Ok(inside);
                }
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => return self.wrong("a control character must be escaped"),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), NotCanonical> {
        let rest = &self.bytes[self.at + 1..];
        if let [b'"' | b'\\' | b'b' | b't' | b'n' | b'f' | b'r', ..] = rest {
            self.at += 2;
            return Ok(());
        }
        let hex = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        if let [b'u', b'0', b'0', high, low, ..] = *rest
            && let (Some(high), Some(low)) = (hex(high), hex(low))
        {
            let byte = high << 4 | low;
            if byte < 0x20 && short_escape(byte).is_none() {
                self.at += 6;
                return Ok(());
            }
        }
        self.wrong("this escape is not the shortest spelling")
    }

    fn integer(&mut self) -> Result<(), NotCanonical> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let digits_at = self.at;
        let mut magnitude: i64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            magnitude = magnitude * 10 + i64::from(digit - b'0');
            if magnitude > MAX_INTEGER {
                return Err(NotCanonical { at: start, what: "a number must be an integer within 2^53 - 1" });
            }
            self.at += 1;
        }
        let digits = self.at - digits_at;
        let leading_zero = self.bytes.get(digits_at) == Some(&b'0') && (digits > 1 || negative);
        let fraction = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        if digits == 0 || leading_zero || fraction {
            return Err(NotCanonical { at: start, what: "a number must be a plain integer" });
        }
        Ok(())
    }
}

/// Compares two keys as they stand between their quotes. Escapes make this differ from the order of the
/// characters they stand for, so they are resolved first; keys with escapes do not occur in our events. Looks no further
/// than the first byte that differs: where both are ASCII and no escape comes before, those two characters decide.
fn key_order(a: &[u8], b: &[u8]) -> Ordering {
    let plain = |byte: Option<&u8>| byte.is_none_or(|byte| byte.is_ascii() && *byte != b'\\');
    let alike = a.iter().zip(b).take_while(|(a, b)| a == b && plain(Some(*a))).count();
    let (a_differs, b_differs) = (a.get(alike), b.get(alike));
    if plain(a_differs) && plain(b_differs) {
        return a_differs.cmp(&b_differs);
    }
    utf16_order(&unescape(a), &unescape(b))
}

fn unescape(key: &[u8]) -> String {
    let quoted: Vec<u8> = [b"\"", key, b"\""].concat();
    serde_json::from_slice(&quoted).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn spelled(value: &Value) -> Result<String, NotCanonical> {
        let mut out = Vec::new();
        spell(value, &mut out)?;
        Ok(String::from_utf8(out).expect("UTF-8"))
    }

    #[test]
    fn accepts_one_spelling() {
        let good = [
            r#"{"a":1}"#,
            r#"{"a":-9007199254740991,"b":9007199254740991,"c":0}"#,
            r#"{"a":[true,false,"x"],"b":{"c":"\u001f\n\"\\"}}"#,
            "{\"\u{10000}\":1,\"\u{e000}\":2}",
            "{\"\\n\":1,\" \":2}",
        ];
        for text in good {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
            let value: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(spelled(&value).as_deref(), Ok(text));
        }
        let bad = [
            "",
            "1",
            "[1]",
            "{",
            "{}",
            r#"{"a":1} "#,
            r#" {"a":1}"#,
            r#"{"a": 1}"#,
            r#"{"a":null}"#,
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":-0}"#,
            r#"{"a":01}"#,
            r#"{"a":-}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":99999999999999999999999}"#,
            r#"{"a":1,"a":2}"#,
            r#"{"b":1,"a":2}"#,
            r#"{"a":"\u000a"}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"a":"\/"}"#,
            r#"{"a":"\u001F"}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"\u{1}\"}",
            "{\"a\":\"x}",
            r#"{"a":tru}"#,
            r#"{"a":1,}"#,
            r#"{"a":[1,]}"#,
            r#"{a:1}"#,
            "{\"\u{e000}\":1,\"\u{10000}\":2}",
        ];
        for text in bad {
            assert!(check(text.as_bytes()).is_err(), "accepted {text}");
        }
        assert_eq!(check(b"{\"a\":\"\xff\"}").map_err(|e| e.what), Err("malformed UTF-8"));
        let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
        assert_eq!(check(deep.as_bytes()).map_err(|e| e.what), Err("nested too deeply"));
    }

    #[test]
    fn a_byte_that_needs_an_escape_is_seen_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
            for length in 1..20 {
                for at in 0..length {
                    for filler in [b'a', b' ', b'#', b'[', 0xff, 0x80] {
                        let mut bytes = vec![filler; length];
                        bytes[at] = byte;
                        assert_eq!(needs_no_escape(&bytes), plain, "{bytes:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn keys_are_in_the_order_of_the_characters_they_stand_for() {
        let characters = ['!', 'a', 'b', '"', '\\', '\n', '\u{1}', '\u{e9}', '\u{e000}', '\u{10000}'];
        let mut texts = vec![String::new()];
        for length in 1..=3 {
            let longest: Vec<String> =
                texts.iter().filter(|text| text.chars().count() < length).cloned().collect();
            texts.extend(longest.iter().flat_map(|text| characters.map(|next| format!("{text}{next}"))));
            texts.sort();
            texts.dedup();
        }
        let spelled = |text: &String| {
            let mut out = Vec::new();
            write_string(text, &mut out);
            out[1..out.len() - 1].to_vec()
        };
        let keys: Vec<(Vec<u16>, Vec<u8>)> =
            texts.iter().map(|text| (text.encode_utf16().collect(), spelled(text))).collect();
        for (one, key) in keys.iter().step_by(7) {
            for (other, other_key) in &keys {
                assert_eq!(key_order(key, other_key), one.cmp(other), "{:?}", (key, other_key));
            }
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 1..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
        .prop_map(|value| serde_json::json!({ "value": value }))
    }

    proptest! {
        #[test]
        fn agrees_with_an_independent_canonicaliser(value in any_json()) {
            let ours = spelled(&value).expect("spelled");
            prop_assert_eq!(&ours, &serde_jcs::to_string(&value).expect("JCS"));
            prop_assert_eq!(check(ours.as_bytes()), Ok(()));
        }

        #[test]
        fn what_is_accepted_is_spelled_the_same_again(value in any_json(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut bytes = spelled(&value).expect("spelled").into_bytes();
            let index = at.index(bytes.len());
            bytes[index] = with;
            if check(&bytes).is_ok() {
                let again: Value = serde_json::from_slice(&bytes).expect("accepted bytes are JSON");
                prop_assert_eq!(spelled(&again).expect("spelled").into_bytes(), bytes);
            }
        }
    }
}
