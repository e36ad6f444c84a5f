//! Writing an export: entries as they are stored, checked once more on the way out.
//!
//! Memory: one page of entries, 16 bytes for each document written, and one document at a time. Left out: where the
//! stream goes.

use std::collections::HashSet;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;

use super::{DocumentFields, DocumentLine, End, EndLine, FORMAT, Header};
use crate::assessment::codes::Origin;
use crate::ledger::Progress;
use crate::log::{ChainError, Entry, EntryError, Head, Link};
use crate::opening::cited_by;
use crate::store::{DiskVault, ReadError, Revealed, Store, VaultError, entries_from};
use crate::values::{Hash, Length, Sequence, Timestamp};

/// What an export holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The head its entries lead to.
    pub head: Head,
    /// Documents in it.
    pub documents: u64,
    /// Cited documents that the vault does not hold, erased ones included.
    pub absent: u64,
    /// Its size.
    pub bytes: u64,
}

/// Why no export was written. What was written of it has no end, and is refused by every reader.
#[derive(Debug, thiserror::Error)]
pub enum ExportFailure {
    /// Entries cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An entry is not what was written. Repair the ledger from an earlier export or a backup.
    #[error("the log is damaged at entry {sequence}: {what}; repair it from an earlier export or a backup")]
    Damaged {
        /// The first such entry.
        sequence: Sequence,
        /// What does not fit.
        what: String,
    },
    /// There are fewer entries than were asked for.
    #[error("there is no entry {until}: the log has {length} entries; name an earlier one, or none for all")]
    Beyond {
        /// The last entry asked for.
        until: Sequence,
        /// What there is.
        length: Length,
    },
    /// A document cannot be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The stream cannot be written.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
}

impl From<ChainError> for ExportFailure {
    fn from(error: ChainError) -> Self {
        ExportFailure::Damaged { sequence: error.sequence, what: error.what }
    }
}

/// Writes everything up to and including the entry `until`, or all there is now; with the documents of `vault` if one
/// is given. Cost: reading, checking and hashing each entry, some 5 us.
pub fn export(
    store: &Arc<dyn Store>,
    vault: Option<&DiskVault>,
    until: Option<Sequence>,
    out: impl Write,
    progress: Progress<'_>,
) -> Result<Exported, ExportFailure> {
    let head = head_until(&**store, until)?;
    let origin = origin(&**store)?;
    let mut out =
        Hashed { out: BufWriter::with_capacity(1 << 16, out), hasher: blake3::Hasher::new(), bytes: 0 };
    let documents = vault.is_some();
    out.line(&Header {
        documents,
        format: FORMAT.to_owned(),
        head: head.hash,
        length: head.length.0,
        origin,
    })?;
    let mut written = Documents { vault, seen: HashSet::new(), written: 0, absent: 0 };
    let mut link = Link::default();
    for item in entries_from(Arc::clone(store), Sequence::new(0)).take(head.length.0 as usize) {
        let (sequence, bytes) = item?;
        let entry = Entry::decode(&bytes).map_err(|error| damaged(sequence, &error))?;
        link.extend(&entry, Hash::of(&bytes))?;
        written.cited_by(&bytes, &mut out)?;
        out.write_all(&bytes)?;
        out.write_all(b"\n")?;
        if sequence.get().is_multiple_of(4096) {
            progress(link.head().length, head.length);
        }
    }
    if link.head() != head {
        let sequence = link.head().length.next_sequence();
        return Err(ExportFailure::Damaged { sequence, what: format!("the log ends at {}", link.head()) });
    }
    let blake3 = Hash::from_bytes(*out.hasher.finalize().as_bytes());
    out.line(&EndLine { end: End { blake3, head: head.hash, length: head.length.0 } })?;
    out.out.flush()?;
    let Documents { written, absent, .. } = written;
    Ok(Exported { head, documents: written, absent, bytes: out.bytes })
}

/// The head after the entry `until`.
fn head_until(store: &dyn Store, until: Option<Sequence>) -> Result<Head, ExportFailure> {
    let head = store.head();
    let Some(until) = until else { return Ok(head) };
    match store.read(until, 1)?.first() {
        Some(bytes) => Ok(Head { length: Length(until.get() + 1), hash: Hash::of(bytes) }),
        None => Err(ExportFailure::Beyond { until, length: head.length }),
    }
}

/// The ledger's name, which every entry carries.
fn origin(store: &dyn Store) -> Result<Origin, ExportFailure> {
    let first = Sequence::new(0);
    let Some(bytes) = store.read(first, 1)?.next() else {
        return Err(ExportFailure::Damaged { sequence: first, what: "the log is empty".to_owned() });
    };
    let entry = Entry::decode(&bytes).map_err(|error| damaged(first, &error))?;
    let origin = entry.source.strip_prefix("https://").and_then(|origin| origin.parse().ok());
    let what = || format!("its source '{}' is no ledger's", entry.source);
    origin.ok_or_else(|| ExportFailure::Damaged { sequence: first, what: what() })
}

fn damaged(sequence: Sequence, error: &EntryError) -> ExportFailure {
    ExportFailure::Damaged { sequence, what: error.to_string() }
}

/// The documents written so far.
struct Documents<'a> {
    vault: Option<&'a DiskVault>,
    /// The first half of each commitment met: no two documents agree there.
    seen: HashSet<[u8; 16]>,
    written: u64,
    absent: u64,
}

impl Documents<'_> {
    /// Writes the documents that this entry cites first.
    fn cited_by(&mut self, entry: &[u8], out: &mut Hashed<impl Write>) -> Result<(), ExportFailure> {
        let Some(vault) = self.vault else { return Ok(()) };
        for commitment in cited_by(entry) {
            let mut half = [0; 16];
            half.copy_from_slice(&commitment.as_bytes()[..16]);
            if !self.seen.insert(half) {
                continue;
            }
            match vault.reveal(&commitment)? {
                None => self.absent += 1,
                Some(document) => {
                    write_document(commitment, &document, out)?;
                    self.written += 1;
                }
            }
        }
        Ok(())
    }
}

fn write_document(
    commitment: Hash,
    document: &Revealed,
    out: &mut Hashed<impl Write>,
) -> Result<(), ExportFailure> {
    let micros = document.at_millis.saturating_mul(1000);
    out.line(&DocumentLine {
        document: DocumentFields {
            commitment,
            content: BASE64.encode(&document.content).into(),
            media_type: document.media_type.as_str().into(),
            secret: HEXLOWER.encode(&document.secret).into(),
            // Times are stored by whoever knows one; another number only decides when an uncited document is swept.
            stored_time: Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH),
        },
    })?;
    Ok(())
}

/// A stream that hashes what goes through it.
struct Hashed<W: Write> {
    out: BufWriter<W>,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    /// A value whose fields stand in canonical order, as one line.
    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut *self, value)?;
        self.write_all(b"\n")
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
