//! The export: a whole ledger, or its beginning, as one stream of lines that standard tools can check.
//!
//! ```text
//! {"documents":true,"format":"ledger-export/1","head":HASH,"length":N,"origin":NAME}
//! {"document":{"commitment":..,"content":BASE64,"media_type":..,"secret":HEX,"stored_time":..}}
//! {"authid":..}                                                          an entry's exact bytes
//! {"end":{"blake3":HASH OF EVERY BYTE BEFORE THIS LINE,"head":HASH,"length":N}}
//! ```
//!
//! Entries stand in order, each document before the first entry that cites it, every line in the canonical spelling
//! and ended by one line feed. `schemas/FORMAT.md` says it in full. [`export()`] writes the stream, [`ExportReader`]
//! reads it and hands out only what it has proved. **With documents the stream decrypts them**: it is to be handled
//! like the key store, and outlives erasures made after it.
//!
//! Left out: files and terminals, which are the caller's; making a ledger of it, which `restore.rs` does.

mod reader;
mod writer;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::assessment::codes::Origin;
use crate::log::{Head, MAX_ENTRY_BYTES};
use crate::store::MAX_DOCUMENT_BYTES;
use crate::values::{Hash, Length, Timestamp};

pub use reader::{ExportError, ExportReader, Item};
pub use writer::{ExportFailure, Exported, export};

/// The format this version reads and writes.
const FORMAT: &str = "ledger-export/1";

/// The longest line without documents: an entry's. Header and end are far shorter.
const MAX_LINE_BYTES: usize = MAX_ENTRY_BYTES;

/// The longest line with documents: the largest one in Base64, and its other fields.
const MAX_DOCUMENT_LINE_BYTES: usize = MAX_DOCUMENT_BYTES.div_ceil(3) * 4 + 2048;

/// How a document's line begins; no entry's does.
const DOCUMENT_START: &[u8] = b"{\"document\":";

/// How the last line begins; no entry's does.
const END_START: &[u8] = b"{\"end\":";

/// The first line: what the stream holds. The fields stand in canonical order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Whether documents are included, as far as they are not erased.
    pub documents: bool,
    format: String,
    head: Hash,
    length: u64,
    /// Name of the ledger.
    pub origin: Origin,
}

impl Header {
    /// The head that the entries lead to.
    pub fn head(&self) -> Head {
        Head { length: Length(self.length), hash: self.head }
    }
}

/// A document's line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentLine<'a> {
    #[serde(borrow)]
    document: DocumentFields<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DocumentFields<'a> {
    commitment: Hash,
    #[serde(borrow)]
    content: Cow<'a, str>,
    #[serde(borrow)]
    media_type: Cow<'a, str>,
    #[serde(borrow)]
    secret: Cow<'a, str>,
    stored_time: Timestamp,
}

/// The last line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: End,
}

#[derive(PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    blake3: Hash,
    head: Hash,
    length: u64,
}
