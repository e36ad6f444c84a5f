//! Spelling plain data canonically in one pass, without building a tree of values first.
//!
//! [`spell`] is a serde serializer. Each part answers whether it is present: a null, an empty list or an object
//! without fields is not, and its key is taken back as if it had never been there. Fields are written as they come
//! and put in order when the object ends, which costs nothing where they were declared in order; where they lie is kept
//! in one list for all objects, each of which takes its own off the end. Left out: accepting (`mod.rs`).

use std::fmt::{Display, Write};

use serde::Serialize;
use serde::ser::{self, Impossible};

use super::{MAX_INTEGER, NotCanonical, key_order, needs_no_escape, write_string};

/// Spells `value` at the end of `out`. Empty lists and objects and nulls inside objects are left out, as if
/// absent. Returns an error for a number that is not an integer within [`MAX_INTEGER`], for a null or an empty value
/// where nothing would be left, and for one inside an array, where leaving it out would change the meaning; `out` is
/// then of no use. Cost: one pass, and two allocations.
pub fn spell<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    let mut paper = Paper { out, fields: Vec::with_capacity(FIELDS), moved: Vec::new() };
    match value.serialize(Speller { paper: &mut paper })? {
        true => Ok(()),
        false => Err(NotCanonical { at: out.len(), what: "a null or empty value cannot be spelled" }),
    }
}

impl ser::Error for NotCanonical {
    fn custom<T: Display>(_: T) -> Self {
        NotCanonical { at: 0, what: "the value has no JSON form" }
    }
}

/// Fields of objects that are not ended: room for so many is made at once.
const FIELDS: usize = 32;

/// What is written on.
struct Paper<'o> {
    out: &'o mut Vec<u8>,
    /// The fields of the objects that are not ended, the innermost last.
    fields: Vec<Field>,
    /// For fields on their way to another place.
    moved: Vec<u8>,
}

/// Where a field lies: it begins with its key, quotes included, and ends with a comma.
#[derive(Clone, Copy)]
struct Field {
    begins: usize,
    key_ends: usize,
    ends: usize,
}

/// Writes one value. The answer is whether it is present.
struct Speller<'p, 'o> {
    paper: &'p mut Paper<'o>,
}

type Answer = Result<bool, NotCanonical>;

impl Speller<'_, '_> {
    fn wrong<T>(&self, what: &'static str) -> Result<T, NotCanonical> {
        Err(NotCanonical { at: self.paper.out.len(), what })
    }

    fn integer(self, magnitude: u64, negative: bool) -> Answer {
        if magnitude > MAX_INTEGER.unsigned_abs() {
            return self.wrong("a number must be an integer within 2^53 - 1");
        }
        if negative {
            self.paper.out.push(b'-');
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
        self.paper.out.extend_from_slice(&digits[at..]);
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

impl<'p, 'o> ser::Serializer for Speller<'p, 'o> {
    type Ok = bool;
    type Error = NotCanonical;
    type SerializeSeq = List<'p, 'o>;
    type SerializeTuple = List<'p, 'o>;
    type SerializeTupleStruct = List<'p, 'o>;
    type SerializeTupleVariant = Impossible<bool, NotCanonical>;
    type SerializeMap = Fields<'p, 'o>;
    type SerializeStruct = Fields<'p, 'o>;
    type SerializeStructVariant = Impossible<bool, NotCanonical>;

    fn serialize_bool(self, value: bool) -> Answer {
        self.paper.out.extend_from_slice(if value { b"true" } else { b"false" });
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
        write_string(value, self.paper.out);
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
        let mut fields = Fields::begin(self.paper);
        fields.named(variant, value)?;
        fields.end_object()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'p, 'o>, NotCanonical> {
        Ok(List::begin(self.paper))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'p, 'o>, NotCanonical> {
        Ok(List::begin(self.paper))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'p, 'o>, NotCanonical> {
        Ok(List::begin(self.paper))
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

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'p, 'o>, NotCanonical> {
        Ok(Fields::begin(self.paper))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'p, 'o>, NotCanonical> {
        Ok(Fields::begin(self.paper))
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
        let start = self.paper.out.len();
        self.paper.out.push(b'"');
        if write!(Raw(self.paper.out), "{value}").is_err() {
            return self.wrong("the text cannot be printed");
        }
        if needs_no_escape(&self.paper.out[start + 1..]) {
            self.paper.out.push(b'"');
            return Ok(true);
        }
        self.paper.out.truncate(start);
        self.serialize_str(&value.to_string())
    }
}

/// A list being written.
struct List<'p, 'o> {
    paper: &'p mut Paper<'o>,
    start: usize,
}

impl<'p, 'o> List<'p, 'o> {
    fn begin(paper: &'p mut Paper<'o>) -> Self {
        let start = paper.out.len();
        paper.out.push(b'[');
        List { paper, start }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        if value.serialize(Speller { paper: self.paper })? {
            self.paper.out.push(b',');
            return Ok(());
        }
        Err(NotCanonical {
            at: self.paper.out.len(),
            what: "a null or empty value inside a list cannot be spelled",
        })
    }

    /// Every item ends with a comma: the last one becomes the bracket.
    fn end_list(self) -> Answer {
        let empty = self.paper.out.len() == self.start + 1;
        self.paper.out.pop();
        if !empty {
            self.paper.out.push(b']');
        }
        Ok(!empty)
    }
}

impl ser::SerializeSeq for List<'_, '_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.item(value)
    }

    fn end(self) -> Answer {
        self.end_list()
    }
}

impl ser::SerializeTuple for List<'_, '_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NotCanonical> {
        self.item(value)
    }

    fn end(self) -> Answer {
        self.end_list()
    }
}

impl ser::SerializeTupleStruct for List<'_, '_> {
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
struct Fields<'p, 'o> {
    paper: &'p mut Paper<'o>,
    start: usize,
    /// Where its own fields begin among all.
    first: usize,
    ordered: bool,
}

impl<'p, 'o> Fields<'p, 'o> {
    fn begin(paper: &'p mut Paper<'o>) -> Self {
        let (start, first) = (paper.out.len(), paper.fields.len());
        paper.out.push(b'{');
        Fields { paper, start, first, ordered: true }
    }

    fn key<K: Serialize + ?Sized>(&mut self, key: &K) -> Result<(), NotCanonical> {
        let begins = self.paper.out.len();
        key.serialize(Speller { paper: self.paper })?;
        if self.paper.out.get(begins) != Some(&b'"') {
            return Err(NotCanonical { at: begins, what: "a key must be text" });
        }
        self.after_key(begins);
        Ok(())
    }

    fn after_key(&mut self, begins: usize) {
        let key_ends = self.paper.out.len();
        self.paper.fields.push(Field { begins, key_ends, ends: key_ends });
        self.paper.out.push(b':');
    }

    fn value<V: Serialize + ?Sized>(&mut self, value: &V) -> Result<(), NotCanonical> {
        let present = value.serialize(Speller { paper: self.paper })?;
        let Paper { out, fields, .. } = &mut *self.paper;
        match fields.last_mut() {
            Some(field) if present => {
                out.push(b',');
                field.ends = out.len();
                self.ordered = self.ordered && follows(&fields[self.first..], out);
            }
            Some(field) => {
                out.truncate(field.begins);
                fields.pop();
            }
            None => {}
        }
        Ok(())
    }

    fn named<V: Serialize + ?Sized>(&mut self, name: &'static str, value: &V) -> Result<(), NotCanonical> {
        let begins = self.paper.out.len();
        write_string(name, self.paper.out);
        self.after_key(begins);
        self.value(value)
    }

    /// Every field ends with a comma: the last one becomes the brace.
    fn end_object(self) -> Answer {
        let Fields { paper, start, first, ordered } = self;
        if paper.fields.len() == first {
            paper.out.truncate(start);
            return Ok(false);
        }
        if !ordered {
            put_in_order(paper, first)?;
        }
        paper.fields.truncate(first);
        paper.out.pop();
        paper.out.push(b'}');
        Ok(true)
    }
}

/// Whether the last key comes after the one before it.
fn follows(fields: &[Field], out: &[u8]) -> bool {
    match fields {
        [.., before, last] => key_order(before.key(out), last.key(out)).is_lt(),
        _ => true,
    }
}

impl Field {
    /// The key as it stands between its quotes.
    fn key<'w>(&self, out: &'w [u8]) -> &'w [u8] {
        &out[self.begins + 1..self.key_ends - 1]
    }
}

/// Puts the fields from the `first` on in the order of their keys; they are the last thing written.
fn put_in_order(paper: &mut Paper<'_>, first: usize) -> Result<(), NotCanonical> {
    let Paper { out, fields, moved } = paper;
    let fields = &mut fields[first..];
    let begins = fields[0].begins;
    fields.sort_unstable_by(|one, other| key_order(one.key(out), other.key(out)));
    if fields.windows(2).any(|pair| pair[0].key(out) == pair[1].key(out)) {
        return Err(NotCanonical { at: begins, what: "a duplicate key" });
    }
    moved.clear();
    // At once as much as may be needed.
    moved.reserve(out.len());
    fields.iter().for_each(|field| moved.extend_from_slice(&out[field.begins..field.ends]));
    out[begins..].copy_from_slice(moved);
    Ok(())
}

impl ser::SerializeMap for Fields<'_, '_> {
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

impl ser::SerializeStruct for Fields<'_, '_> {
    type Ok = bool;
    type Error = NotCanonical;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), NotCanonical> {
        self.named(key, value)
    }

    fn end(self) -> Answer {
        self.end_object()
    }
}
