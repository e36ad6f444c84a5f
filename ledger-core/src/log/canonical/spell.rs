//! Spelling plain data canonically in one pass, without building a tree of values first.
//!
//! [`spell`] is a serde serializer. Each part answers whether it is present: a null, an empty list or an object
//! without fields is not, and its key is taken back as if it had never been there. Fields are written as they come
//! and put in order when the object ends, which costs nothing where they were declared in order. Left out: accepting
//! (`mod.rs`).

use std::fmt::{Display, Write};

use serde::Serialize;
use serde::ser::{self, Impossible};

use super::{MAX_INTEGER, NotCanonical, key_order, needs_no_escape, write_string};

/// Spells `value` at the end of `out`. Empty lists and objects and nulls inside objects are left out, as if
/// absent. Returns an error for a number that is not an integer within [`MAX_INTEGER`], for a null or an empty value
/// where nothing would be left, and for one inside an array, where leaving it out would change the meaning; `out` is
/// then of no use. Cost: one pass, and one allocation for each object.
pub fn spell<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value.serialize(Speller { out: &mut *out })? {
        true => Ok(()),
        false => Err(NotCanonical { at: out.len(), what: "a null or empty value cannot be spelled" }),
    }
}

impl ser::Error for NotCanonical {
    fn custom<T: Display>(_: T) -> Self {
        NotCanonical { at: 0, what: "the value has no JSON form" }
    }
}

/// Writes one value. The answer is whether it is present.
struct Speller<'o> {
    out: &'o mut Vec<u8>,
}

type Answer = Result<bool, NotCanonical>;

impl Speller<'_> {
    fn wrong<T>(&self, what: &'static str) -> Result<T, NotCanonical> {
        Err(NotCanonical { at: self.out.len(), what })
    }

    fn integer(self, magnitude: u64, negative: bool) -> Answer {
        if magnitude > MAX_INTEGER.unsigned_abs() {
            return self.wrong("a number must be an integer within 2^53 - 1");
        }
        if negative {
            self.out.push(b'-');
        }
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = magnitude;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[at..]);
        Ok(true)
    }
}

/// Text as its `Display` writes it.
struct Raw<'o>(&'o mut Vec<u8>);

impl Write for Raw<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl<'o> ser::Serializer for Speller<'o> {
    type Ok = bool;
    type Error = NotCanonical;
    type SerializeSeq = List<'o>;
    type SerializeTuple = List<'o>;
    type SerializeTupleStruct = List<'o>;
    type SerializeTupleVariant = Impossible<bool, NotCanonical>;
    type SerializeMap = Fields<'o>;
    type SerializeStruct = Fields<'o>;
    type SerializeStructVariant = Impossible<bool, NotCanonical>;

    fn serialize_bool(self, value: bool) -> Answer {
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
        Ok(true)
    }

    fn serialize_i8(self, value: i8) -> Answer {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Answer {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Answer {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Answer {
        self.integer(value.unsigned_abs(), value < 0)
    }

    fn serialize_u8(self, value: u8) -> Answer {
        self.integer(value.into(), false)
    }

    fn serialize_u16(self, value: u16) -> Answer {
        self.integer(value.into(), false)
    }

    fn serialize_u32(self, value: u32) -> Answer {
        self.integer(value.into(), false)
    }

    fn serialize_u64(self, value: u64) -> Answer {
        self.integer(value, false)
    }

    fn serialize_f32(self, _: f32) -> Answer {
        self.wrong("a number must be an integer within 2^53 - 1")
    }

    fn serialize_f64(self, _: f64) -> Answer {
        self.wrong("a number must be an integer within 2^53 - 1")
    }

    fn serialize_char(self, value: char) -> Answer {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Answer {
        write_string(value, self.out);
        Ok(true)
    }

    fn serialize_bytes(self, _: &[u8]) -> Answer {
        self.wrong("bytes have no canonical spelling")
    }

    fn serialize_none(self) -> Answer {
        Ok(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Answer {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Answer {
        Ok(false)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Answer {
        Ok(false)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Answer {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Answer {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Answer {
        let mut fields = Fields::begin(self.out);
        fields.field(variant, value)?;
        fields.end_object()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'o>, NotCanonical> {
        Ok(List::begin(self.out))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'o>, NotCanonical> {
        Ok(List::begin(self.out))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'o>, NotCanonical> {
        Ok(List::begin(self.out))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<bool, NotCanonical>, NotCanonical> {
        self.wrong("a variant with several unnamed fields has no canonical spelling")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'o>, NotCanonical> {
        Ok(Fields::begin(self.out))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'o>, NotCanonical> {
        Ok(Fields::begin(self.out))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<bool, NotCanonical>, NotCanonical> {
        self.wrong("a variant with named fields has no canonical spelling")
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Answer {
        let start = self.out.len();
        self.out.push(b'"');
        if write!(Raw(self.out), "{value}").is_err() {
            return self.wrong("the text cannot be printed");
        }
        if needs_no_escape(&self.out[start + 1..]) {
            self.out.push(b'"');
            return Ok(true);
        }
        self.out.truncate(start);
        self.serialize_str(&value.to_string())
    }
}

/// A list being written.
struct List<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
}

impl<'o> List<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'[');
        List { out, start }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        if value.serialize(Speller { out: self.out })? {
            self.out.push(b',');
            return Ok(());
        }
        Err(NotCanonical {
            at: self.out.len(),
            what: "a null or empty value inside a list cannot be spelled",
        })
    }

    /// Every item ends with a comma: the last one becomes the bracket.
    fn end_list(self) -> Answer {
        let empty = self.out.len() == self.start + 1;
        self.out.pop();
        if !empty {
            self.out.push(b']');
        }
        Ok(!empty)
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.item(value)
    }

    fn end(self) -> Answer {
        self.end_list()
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.item(value)
    }

    fn end(self) -> Answer {
        self.end_list()
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.item(value)
    }

    fn end(self) -> Answer {
        self.end_list()
    }
}

/// An object being written.
struct Fields<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    /// Each field: where it begins, and where its key ends, quotes included.
    at: Vec<(usize, usize)>,
    ordered: bool,
}

impl<'o> Fields<'o> {
    fn begin(out: &'o mut Vec<u8>) -> Self {
        let start = out.len();
        out.push(b'{');
        Fields { out, start, at: Vec::with_capacity(8), ordered: true }
    }

    fn field<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), NotCanonical> {
        self.key(key)?;
        self.value(value)
    }

    fn key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), NotCanonical> {
        let begins = self.out.len();
        key.serialize(Speller { out: self.out })?;
        if self.out.get(begins) != Some(&b'"') {
            return Err(NotCanonical { at: begins, what: "a key must be text" });
        }
        self.at.push((begins, self.out.len()));
        self.out.push(b':');
        Ok(())
    }

    fn value<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), NotCanonical> {
        if value.serialize(Speller { out: self.out })? {
            self.out.push(b',');
            self.ordered = self.ordered && self.follows();
        } else if let Some((begins, _)) = self.at.pop() {
            self.out.truncate(begins);
        }
        Ok(())
    }

    /// Whether the last key comes after the one before it.
    fn follows(&self) -> bool {
        match self.at.as_slice() {
            [.., before, last] => key_order(self.key_at(*before), self.key_at(*last)).is_lt(),
            _ => true,
        }
    }

    /// A key as it stands between its quotes.
    fn key_at(&self, (begins, ends): (usize, usize)) -> &[u8] {
        &self.out[begins + 1..ends - 1]
    }

    /// Every field ends with a comma: the last one becomes the brace.
    fn end_object(mut self) -> Answer {
        if self.at.is_empty() {
            self.out.truncate(self.start);
            return Ok(false);
        }
        if !self.ordered {
            self.put_in_order()?;
        }
        self.out.pop();
        self.out.push(b'}');
        Ok(true)
    }

    fn put_in_order(&mut self) -> Result<(), NotCanonical> {
        let first = self.start + 1;
        let written = self.out.split_off(first);
        let ends = self.at.iter().skip(1).map(|(begins, _)| *begins).chain([first + written.len()]);
        let mut fields: Vec<(&[u8], &[u8])> = { self.at.iter().zip(ends) }
            .map(|((begins, key_ends), ends)| {
                (&written[begins + 1 - first..key_ends - 1 - first], &written[begins - first..ends - first])
            })
            .collect();
        fields.sort_by(|(a, _), (b, _)| key_order(a, b));
        if fields.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(NotCanonical { at: first, what: "a duplicate key" });
        }
        fields.iter().for_each(|(_, field)| self.out.extend_from_slice(field));
        Ok(())
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), NotCanonical> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.value(value)
    }

    fn end(self) -> Answer {
        self.end_object()
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NotCanonical> {
        self.field(key, value)
    }

    fn end(self) -> Answer {
        self.end_object()
    }
}
