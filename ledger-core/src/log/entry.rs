//! The entry: one CloudEvents 1.0 event in canonical JSON. The bytes hashed are the bytes stored are the bytes
//! served.
//!
//! [`Entry::encode`] spells an entry; [`Entry::decode`] accepts exactly what `encode` can spell and refuses
//! everything else. Attributes follow the CloudEvents core specification and its Recorded Time, Sequence, Auth
//! Context and Correlation extensions; `subjectversion`, `subjectprev`, `prev` and `commandhash` are ours
//! (`schemas/FORMAT.md`). Left out: what `data` means; that is decided in `assessment/`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::canonical;
use super::outline::Outline;
use crate::values::{Hash, Malformed, Sequence, SubjectVersion, Timestamp, spelled_as_text};

/// The largest entry, in bytes: 16 KiB. Anything longer is a document and belongs in the vault.
pub const MAX_ENTRY_BYTES: usize = 16 * 1024;

pub(super) const SPEC_VERSION: &str = "1.0";
const CONTENT_TYPE: &str = "application/json";
/// What most entries take beside their `data`, with some room.
const ATTRIBUTE_BYTES: usize = 720;

/// The identity of a command, and of the first event it caused: a UUIDv7 (RFC 9562), lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(Uuid);

impl CommandId {
    /// An id that carries the time `at`, its 74 free bits taken from `random`.
    pub fn from_parts(at: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.millis()).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&random);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        CommandId(Uuid::from_bytes(bytes))
    }

    /// Milliseconds since 1970 that the id carries.
    pub fn millis(self) -> i64 {
        Self::millis_of(self.0.as_bytes())
    }

    /// As [`CommandId::millis`], of an id's bytes.
    pub(crate) fn millis_of(bytes: &[u8; 16]) -> i64 {
        let mut wide = [0; 8];
        wide[2..].copy_from_slice(&bytes[..6]);
        i64::from_be_bytes(wide)
    }

    /// The 16 bytes of the UUID.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.into_bytes()
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CommandId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = || Malformed(format!("'{text}' is not a command id: a UUIDv7 in lower case expected"));
        let id = CommandId(Uuid::try_parse(text).map_err(|_| wrong())?);
        let version_7 = id.0.get_version_num() == 7 && id.0.get_variant() == uuid::Variant::RFC4122;
        let mut spelled = Uuid::encode_buffer();
        if version_7 && id.0.hyphenated().encode_lower(&mut spelled) == text { Ok(id) } else { Err(wrong()) }
    }
}

const UUID7: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
spelled_as_text!(CommandId, "CommandId", UUID7, "UUIDv7 of the command, lower case");

/// The identity of an event: its command's id for the first, `ID.2`, `ID.3` and so on for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The command that caused the event.
    pub command: CommandId,
    /// Position among the command's events, from 1.
    pub ordinal: u16,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ordinal {
            1 => self.command.fmt(f),
            ordinal => write!(f, "{}.{ordinal}", self.command),
        }
    }
}

impl FromStr for EventId {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let Some((command, ordinal)) = text.split_once('.') else {
            return Ok(EventId { command: text.parse()?, ordinal: 1 });
        };
        let id = EventId { command: command.parse()?, ordinal: ordinal.parse().unwrap_or(0) };
        if id.ordinal > 1 && id.ordinal.to_string() == ordinal {
            return Ok(id);
        }
        Err(Malformed(format!(
            "'{text}' is not an event id: a command id, or one followed by .2, .3 and so on"
        )))
    }
}

const EVENT_ID: &str =
    "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(\\.([2-9]|[1-9][0-9]+))?$";
spelled_as_text!(EventId, "EventId", EVENT_ID, "The command's id, or that id followed by .2, .3 and so on");

/// How the author was known (CloudEvents Auth Context extension, `authtype`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthType {
    /// A person who signed in to an application.
    AppUser,
    /// A program with an account of its own.
    ServiceAccount,
    /// The ledger itself, writing a stated consequence.
    System,
    /// Asserted, not authenticated.
    Unknown,
}

impl AuthType {
    fn as_str(self) -> &'static str {
        match self {
            AuthType::AppUser => "app_user",
            AuthType::ServiceAccount => "service_account",
            AuthType::System => "system",
            AuthType::Unknown => "unknown",
        }
    }

    pub(super) fn of(text: &str) -> Option<AuthType> {
        let all = [AuthType::AppUser, AuthType::ServiceAccount, AuthType::System, AuthType::Unknown];
        all.into_iter().find(|known| known.as_str() == text)
    }
}

/// One event of the log with its attributes typed and its `data` as canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the log.
    pub sequence: Sequence,
    /// Identity of the event.
    pub id: EventId,
    /// The event's type, such as `ledger.score.assigned.v1`.
    pub event_type: String,
    /// Whose history the entry belongs to, such as `ics/E54000055`.
    pub subject: String,
    /// Position in that history.
    pub subject_version: SubjectVersion,
    /// The subject's previous entry; none on its first.
    pub subject_prev: Option<Sequence>,
    /// When it happened.
    pub time: Timestamp,
    /// When the ledger recorded it.
    pub recorded_time: Timestamp,
    /// The ledger that wrote it: `https://` and its origin.
    pub source: String,
    /// Hash of the previous entry's bytes; zeros on the first.
    pub prev: Hash,
    /// Hash of the canonical command.
    pub command_hash: Hash,
    /// How the author was known.
    pub auth_type: AuthType,
    /// The author's pseudonymous handle.
    pub auth_id: String,
    /// The assessment or import the entry belongs to.
    pub correlation: Option<String>,
    /// The event that caused this one.
    pub causation: Option<EventId>,
    /// The event's own fields, as canonical JSON.
    pub data: Vec<u8>,
}

/// Why bytes are not an entry, or fields cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// More than [`MAX_ENTRY_BYTES`].
    #[error("the entry has {bytes} bytes; at most {MAX_ENTRY_BYTES} fit, put long text into a document")]
    TooLarge {
        /// Size found.
        bytes: usize,
    },
    /// Not the one spelling.
    #[error(transparent)]
    NotCanonical(#[from] canonical::NotCanonical),
    /// Canonical JSON, but not these attributes.
    #[error("not an entry: {0}")]
    Attributes(String),
}

/// The attributes as they are read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes<'a> {
    authid: std::borrow::Cow<'a, str>,
    authtype: AuthType,
    causationid: Option<EventId>,
    commandhash: Hash,
    correlationid: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow)]
    data: &'a RawValue,
    datacontenttype: std::borrow::Cow<'a, str>,
    id: EventId,
    prev: Hash,
    recordedtime: Timestamp,
    sequence: Sequence,
    source: std::borrow::Cow<'a, str>,
    specversion: std::borrow::Cow<'a, str>,
    subject: std::borrow::Cow<'a, str>,
    subjectprev: Option<Sequence>,
    subjectversion: u32,
    time: Timestamp,
    r#type: std::borrow::Cow<'a, str>,
}

impl Entry {
    /// The entry's bytes. Fails if it is too large or a text attribute is empty. Cost: about 1 us.
    pub fn encode(&self) -> Result<Vec<u8>, EntryError> {
        canonical::check(&self.data)?;
        self.borrowed().spelled()
    }

    /// The entry these bytes spell. Refuses everything that [`Entry::encode`] does not produce. Cost: two
    /// passes, about 2 us.
    pub fn decode(bytes: &[u8]) -> Result<Entry, EntryError> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(EntryError::TooLarge { bytes: bytes.len() });
        }
        if let Some(plain) = Plain::of(bytes) {
            return Ok(plain.to_entry());
        }
        canonical::check(bytes)?;
        Self::decode_any(bytes)
    }

    /// As [`Entry::decode`] for bytes that were checked before they were stored: the spelling is not checked
    /// again. Never for bytes from outside, nor where the store itself is in question.
    pub fn decode_trusted(bytes: &[u8]) -> Result<Entry, EntryError> {
        Plain::trusted(bytes).map_or_else(|| Self::decode_any(bytes), |plain| Ok(plain.to_entry()))
    }

    fn decode_any(bytes: &[u8]) -> Result<Entry, EntryError> {
        let spelled: Attributes<'_> =
            serde_json::from_slice(bytes).map_err(|e| EntryError::Attributes(e.to_string()))?;
        let Some(subject_version) = SubjectVersion::new(spelled.subjectversion) else {
            return Err(EntryError::Attributes(format!(
                "subjectversion {} is above 2147483647",
                spelled.subjectversion
            )));
        };
        if spelled.specversion != SPEC_VERSION || spelled.datacontenttype != CONTENT_TYPE {
            return Err(EntryError::Attributes(format!(
                "specversion '{}' with datacontenttype '{}', where {SPEC_VERSION} and {CONTENT_TYPE} are expected",
                spelled.specversion, spelled.datacontenttype
            )));
        }
        let entry = Entry {
            sequence: spelled.sequence,
            id: spelled.id,
            event_type: spelled.r#type.into_owned(),
            subject: spelled.subject.into_owned(),
            subject_version,
            subject_prev: spelled.subjectprev,
            time: spelled.time,
            recorded_time: spelled.recordedtime,
            source: spelled.source.into_owned(),
            prev: spelled.prev,
            command_hash: spelled.commandhash,
            auth_type: spelled.authtype,
            auth_id: spelled.authid.into_owned(),
            correlation: spelled.correlationid.map(|text| text.into_owned()),
            causation: spelled.causationid,
            data: spelled.data.get().as_bytes().to_vec(),
        };
        entry.borrowed().check()?;
        Ok(entry)
    }

    /// The same entry, borrowed.
    pub fn borrowed(&self) -> Plain<'_> {
        Plain {
            sequence: self.sequence,
            id: self.id,
            event_type: &self.event_type,
            subject: &self.subject,
            subject_version: self.subject_version,
            subject_prev: self.subject_prev,
            time: self.time,
            recorded_time: self.recorded_time,
            source: &self.source,
            prev: self.prev,
            command_hash: self.command_hash,
            auth_type: self.auth_type,
            auth_id: &self.auth_id,
            correlation: self.correlation.as_deref(),
            causation: self.causation,
            data: &self.data,
        }
    }
}

/// An entry as [`Entry`], borrowed from its bytes: for whoever looks at many and keeps none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain<'e> {
    /// Position in the log.
    pub sequence: Sequence,
    /// Identity of the event.
    pub id: EventId,
    /// The event's type.
    pub event_type: &'e str,
    /// Whose history the entry belongs to.
    pub subject: &'e str,
    /// Position in that history.
    pub subject_version: SubjectVersion,
    /// The subject's previous entry.
    pub subject_prev: Option<Sequence>,
    /// When it happened.
    pub time: Timestamp,
    /// When the ledger recorded it.
    pub recorded_time: Timestamp,
    /// The ledger that wrote it.
    pub source: &'e str,
    /// Hash of the previous entry's bytes.
    pub prev: Hash,
    /// Hash of the canonical command.
    pub command_hash: Hash,
    /// How the author was known.
    pub auth_type: AuthType,
    /// The author's handle.
    pub auth_id: &'e str,
    /// The assessment or import the entry belongs to.
    pub correlation: Option<&'e str>,
    /// The event that caused this one.
    pub causation: Option<EventId>,
    /// The event's own fields.
    pub data: &'e [u8],
}

impl<'e> Plain<'e> {
    /// The entry these bytes spell, if every attribute is plain text, as nearly always. None says nothing: whatever else
    /// the bytes are, [`Entry::decode`] accepts it or says what is wrong. Cost: two passes, some 600 ns.
    pub fn of(bytes: &'e [u8]) -> Option<Self> {
        // Plain attributes in their places have one spelling each, so `data` alone remains to be checked.
        let fits = bytes.len() <= MAX_ENTRY_BYTES;
        Self::trusted(bytes).filter(|plain| fits && canonical::check_at(plain.data, 1).is_ok())
    }

    /// As [`Plain::of`], of bytes whose spelling was checked before.
    fn trusted(bytes: &'e [u8]) -> Option<Self> {
        Outline::of(bytes)?.plain().filter(|plain| plain.check().is_ok())
    }

    /// The entry's bytes, of one whose `data` was just spelled and so is canonical. Fails as [`Entry::encode`] does.
    pub(crate) fn spelled(&self) -> Result<Vec<u8>, EntryError> {
        self.check()?;
        let mut line = Line::begin(self.data.len() + ATTRIBUTE_BYTES);
        line.text("authid", self.auth_id);
        line.text("authtype", self.auth_type.as_str());
        line.event_if("causationid", self.causation);
        line.shown("commandhash", &self.command_hash.spelled());
        line.text_if("correlationid", self.correlation);
        line.json("data", self.data);
        line.text("datacontenttype", CONTENT_TYPE);
        line.event_if("id", Some(self.id));
        line.shown("prev", &self.prev.spelled());
        line.shown("recordedtime", &self.recorded_time.spelled());
        line.shown("sequence", &self.sequence.spelled());
        line.text("source", self.source);
        line.text("specversion", SPEC_VERSION);
        line.text("subject", self.subject);
        if let Some(prev) = self.subject_prev {
            line.shown("subjectprev", &prev.spelled());
        }
        line.json("subjectversion", self.subject_version.to_string().as_bytes());
        line.shown("time", &self.time.spelled());
        line.text("type", self.event_type);
        let bytes = line.end();
        match bytes.len() {
            0..=MAX_ENTRY_BYTES => Ok(bytes),
            bytes => Err(EntryError::TooLarge { bytes }),
        }
    }

    /// A copy that owns what it says.
    pub fn to_entry(&self) -> Entry {
        Entry {
            sequence: self.sequence,
            id: self.id,
            event_type: self.event_type.to_owned(),
            subject: self.subject.to_owned(),
            subject_version: self.subject_version,
            subject_prev: self.subject_prev,
            time: self.time,
            recorded_time: self.recorded_time,
            source: self.source.to_owned(),
            prev: self.prev,
            command_hash: self.command_hash,
            auth_type: self.auth_type,
            auth_id: self.auth_id.to_owned(),
            correlation: self.correlation.map(ToOwned::to_owned),
            causation: self.causation,
            data: self.data.to_vec(),
        }
    }

    /// What the types do not say. CloudEvents forbids empty attribute values and control characters in them.
    fn check(&self) -> Result<(), EntryError> {
        let wrong = |what: String| Err(EntryError::Attributes(what));
        if self.data.first() != Some(&b'{') {
            return wrong("data is not an object".to_owned());
        }
        if self.id.ordinal == 0 || self.causation.is_some_and(|id| id.ordinal == 0) {
            return wrong("an event id's ordinal starts at 1".to_owned());
        }
        let version = self.subject_version.get();
        if version == 0 || (version == 1) != self.subject_prev.is_none() {
            return wrong(format!(
                "subjectversion {version} does not fit subjectprev: absent exactly on version 1"
            ));
        }
        if self.subject_prev.is_some_and(|prev| prev >= self.sequence) {
            return wrong("subjectprev is not before sequence".to_owned());
        }
        let texts = [
            ("authid", self.auth_id),
            ("correlationid", self.correlation.unwrap_or("-")),
            ("source", self.source),
            ("subject", self.subject),
            ("type", self.event_type),
        ];
        for (name, text) in texts {
            // All bytes are looked at, which takes a few steps for dozens of them; most texts are plain.
            let plain = text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'));
            if text.is_empty() || text.len() > 300 || !plain && text.chars().any(char::is_control) {
                return wrong(format!("{name} must have 1 to 300 bytes and no control characters"));
            }
        }
        Ok(())
    }
}

/// Writes attributes, which are given in the order RFC 8785 gives their names: a test holds that against an
/// independent canonicaliser.
struct Line(Vec<u8>);

impl Line {
    fn begin(bytes: usize) -> Line {
        let mut line = Vec::with_capacity(bytes);
        line.push(b'{');
        Line(line)
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    /// Any text.
    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        canonical::write_string(value, &mut self.0);
    }

    fn text_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// Text that needs no escape.
    fn shown(&mut self, name: &str, text: &[u8]) {
        self.name(name);
        self.0.push(b'"');
        self.0.extend_from_slice(text);
        self.0.push(b'"');
    }

    fn event_if(&mut self, name: &str, id: Option<EventId>) {
        let mut buffer = Uuid::encode_buffer();
        match id {
            Some(EventId { command, ordinal: 1 }) => {
                self.shown(name, command.0.hyphenated().encode_lower(&mut buffer).as_bytes());
            }
            Some(id) => self.shown(name, id.to_string().as_bytes()),
            None => {}
        }
    }

    /// Canonical JSON.
    fn json(&mut self, name: &str, value: &[u8]) {
        self.name(name);
        self.0.extend_from_slice(value);
    }

    fn end(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn sample() -> Entry {
        let time: Timestamp = "2025-05-08T09:30:00.000000Z".parse().expect("a time");
        Entry {
            sequence: Sequence::new(12),
            id: EventId { command: CommandId::from_parts(time, [7; 10]), ordinal: 2 },
            event_type: "ledger.score.assigned.v1".to_owned(),
            subject: "ics/E54000055".to_owned(),
            subject_version: SubjectVersion::new(3).expect("small"),
            subject_prev: Some(Sequence::new(9)),
            time,
            recorded_time: time,
            source: "https://ledger.example".to_owned(),
            prev: Hash::of(b"before"),
            command_hash: Hash::of(b"command"),
            auth_type: AuthType::Unknown,
            auth_id: "assessor-1".to_owned(),
            correlation: Some("0000000000000007".to_owned()),
            causation: None,
            data: br#"{"score":3,"statement":"safeguarding"}"#.to_vec(),
        }
    }

    #[test]
    fn is_spelled_canonically_and_read_back() {
        let entry = sample();
        let bytes = entry.encode().expect("encodes");
        canonical::check(&bytes).expect("canonical");
        assert_eq!(Entry::decode(&bytes), Ok(entry));
        let value: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        assert_eq!(serde_jcs::to_vec(&value).expect("JCS"), bytes);
    }

    #[test]
    fn an_id_has_one_spelling() {
        let id = sample().id.command.to_string();
        for good in [id.clone(), format!("{id}.2"), format!("{id}.65535")] {
            assert_eq!(good.parse::<EventId>().map(|id| id.to_string()), Ok(good));
        }
        let others =
            [".", ".0", ".1", ".02", ".+2", ".65536", ".2 ", ".2.3", " "].map(|end| format!("{id}{end}"));
        let spelled = [id.to_uppercase(), id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}")];
        let version_4 = [format!("{}4{}", &id[..14], &id[15..]), format!("{}0{}", &id[..19], &id[20..])];
        for bad in others.iter().chain(&spelled).chain(&version_4) {
            assert!(bad.parse::<EventId>().is_err(), "accepted {bad}");
        }
    }

    #[test]
    fn refuses_what_it_would_not_write() {
        let text = String::from_utf8(sample().encode().expect("encodes")).expect("UTF-8");
        let bad = [
            ("\"specversion\":\"1.0\"", "\"specversion\":\"1.1\""),
            ("application/json", "text/json"),
            ("\"subjectversion\":3", "\"subjectversion\":1"),
            ("\"subjectversion\":3", "\"subjectversion\":2147483648"),
            ("\"subjectprev\":\"0000000000000009\",", ""),
            ("\"subjectprev\":\"0000000000000009\"", "\"subjectprev\":\"0000000000000012\""),
            ("\"authid\":\"assessor-1\"", "\"authid\":\"\""),
            ("\"authid\":\"assessor-1\"", "\"authid\":\"a\\nb\""),
            ("\"authtype\":\"unknown\"", "\"authtype\":\"root\""),
            (".2\"", ".02\""),
            (".2\"", ".1\""),
            ("\"authid\"", "\"aathing\":1,\"authid\""),
            ("{\"score\":3,\"statement\":\"safeguarding\"}", "7"),
        ];
        for (from, to) in bad {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(Entry::decode(changed.as_bytes()).is_err(), "accepted {to}");
        }
        let mut large = sample();
        large.data = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_ENTRY_BYTES)).into_bytes();
        assert!(matches!(large.encode(), Err(EntryError::TooLarge { .. })));
    }

    /// What decoding says without the plain way.
    fn generally(bytes: &[u8]) -> Result<Entry, EntryError> {
        canonical::check(bytes)?;
        Entry::decode_any(bytes)
    }

    fn samples() -> Vec<Vec<u8>> {
        let first =
            Entry { subject_version: SubjectVersion::new(1).expect("small"), subject_prev: None, ..sample() };
        let caused = Entry { causation: Some(sample().id), correlation: None, ..sample() };
        let nested =
            Entry { data: br#"{"a":"\"data\":{","b":{"type":"x"},"c":[1,{"d":2}]}"#.to_vec(), ..sample() };
        [sample(), first, caused, nested].iter().map(|entry| entry.encode().expect("encodes")).collect()
    }

    #[test]
    fn every_byte_changed_removed_or_added_is_judged_as_the_general_decoder_judges_it() {
        let added = [
            &b"\""[..],
            b"\\",
            b",\"x\":1",
            b"0",
            b"{",
            b"}",
            b" ",
            b",\"data\":{\"a\":1}",
            "\u{e9}".as_bytes(),
            b"\x1f",
        ];
        for bytes in samples() {
            assert!(Entry::decode(&bytes).is_ok());
            for at in 0..bytes.len() {
                let (before, rest) = bytes.split_at(at);
                let judged = |changed: &[u8]| {
                    let text = String::from_utf8_lossy(changed);
                    assert_eq!(Entry::decode(changed).ok(), generally(changed).ok(), "{text}");
                };
                judged(&[before, &rest[1..]].concat());
                added.iter().for_each(|added| judged(&[before, added, rest].concat()));
                added.iter().for_each(|added| judged(&[before, added, &rest[1..]].concat()));
            }
        }
    }

    proptest! {
        #[test]
        fn every_changed_byte_is_refused_or_spelled_the_same_again(at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let mut bytes = sample().encode().expect("encodes");
            let index = at.index(bytes.len());
            bytes[index] = with;
            if let Ok(entry) = Entry::decode(&bytes) {
                prop_assert_eq!(entry.encode().expect("encodes"), bytes);
            }
        }
    }
}
