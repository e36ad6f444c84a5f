//! The lines of a certificate as types, and how long they may be: `schemas/FORMAT.md`, "Certificate".
//!
//! Every line is canonical JSON and ended by a line feed. Left out: reading them (`reading.rs`), writing them
//! (`make.rs`), and what they must say of each other (`check.rs`).

use std::borrow::Cow;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Origin, Subject};
use ledger_core::log::TreeHash;
use ledger_core::store::MAX_DOCUMENT_BYTES;
use ledger_core::values::{Hash, Sequence, SubjectVersion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What the first line says the format is.
pub(super) const FORMAT: &str = "ledger-certificate/1";
/// Bytes of a line, where nothing else is said.
pub(super) const MAX_LINE_BYTES: usize = 1 << 16;
/// Bytes of the checkpoint's line: a note of the largest size, every character of it escaped.
pub(super) const MAX_CHECKPOINT_BYTES: usize = 1 << 18;
/// Bytes of the result's line.
pub(super) const MAX_RESULT_BYTES: usize = 1 << 20;
/// Bytes of a document's line: its content in Base64, and the fields around it.
pub(super) const MAX_DOCUMENT_LINE_BYTES: usize = MAX_DOCUMENT_BYTES.div_ceil(3) * 4 + 1024;
/// Bytes of all lines that are no documents: what a reader must be able to hold.
pub(super) const MAX_BYTES: u64 = 1 << 28;

pub(super) const STREAM_START: &[u8] = b"{\"stream\":";
pub(super) const ABSENT_START: &[u8] = b"{\"absent\":";
pub(super) const ENTRY_START: &[u8] = b"{\"authid\":";
pub(super) const DOCUMENT_START: &[u8] = b"{\"document\":";
pub(super) const RESULT_START: &[u8] = b"{\"result\":";

/// The first line: which question is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateHeader {
    /// The day the rating is of.
    pub as_of: Date,
    /// The entry that shows where every history ends.
    pub attestation: Sequence,
    /// Whether the subject's documents are in it.
    pub documents: bool,
    /// Which shape the lines have.
    pub(super) format: String,
    /// The last entry known.
    pub known_at: Sequence,
    /// The ledger.
    pub origin: Origin,
    /// Whose rating it is.
    pub subject: Subject,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointLine {
    pub(super) checkpoint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamLine {
    pub(super) stream: Leaf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AbsentLine {
    pub(super) absent: Absent,
}

/// The last entry of a history, and its place in the attested tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Leaf {
    pub(super) index: u64,
    #[serde(default)]
    pub(super) proof: Vec<Base64Hash>,
    pub(super) sequence: Sequence,
    pub(super) subject: Subject,
    #[serde(serialize_with = "number", deserialize_with = "version")]
    pub(super) version: SubjectVersion,
}

/// The leaves between which a history would stand if it had an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Absent {
    pub(super) next: Option<Leaf>,
    pub(super) previous: Option<Leaf>,
    pub(super) subject: Subject,
}

/// A history that is whole here, or shown to have no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stream {
    Whole(Leaf),
    Absent(Absent),
}

impl Stream {
    pub(super) fn subject(&self) -> &Subject {
        match self {
            Stream::Whole(leaf) => &leaf.subject,
            Stream::Absent(absent) => &absent.subject,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofLine {
    pub(super) proof: Vec<Base64Hash>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentLine<'a> {
    #[serde(borrow)]
    pub(super) document: DocumentFields<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentFields<'a> {
    pub(super) commitment: Hash,
    /// A document may be empty, and nothing empty is spelled.
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    pub(super) content: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) secret: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndLine {
    pub(super) end: End,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) lines: u64,
    /// No hash of a tree, but spelled as those in entries are.
    pub(super) sha256: TreeHash,
}

/// A hash of a tree as proofs spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base64Hash(pub(super) TreeHash);

impl Serialize for Base64Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_base64())
    }
}

impl<'de> Deserialize<'de> for Base64Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        TreeHash::from_base64(&text).map(Base64Hash).map_err(de::Error::custom)
    }
}

pub(super) fn spelled_as_base64(proof: &[TreeHash]) -> Vec<Base64Hash> {
    proof.iter().copied().map(Base64Hash).collect()
}

pub(super) fn hashes(proof: &[Base64Hash]) -> Vec<TreeHash> {
    proof.iter().map(|hash| hash.0).collect()
}

fn number<S: Serializer>(version: &SubjectVersion, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u32(version.get())
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SubjectVersion, D::Error> {
    let number = u32::deserialize(deserializer)?;
    SubjectVersion::new(number)
        .ok_or_else(|| de::Error::custom(format!("{number} is no version of a subject")))
}
