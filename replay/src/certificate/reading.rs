//! Reading the lines of a certificate, each in its place and its one spelling, up to the end and nothing after it.
//!
//! Nothing is believed here but the hash in the last line, which anybody can make: this finds what was damaged, and
//! `check.rs` what was forged. Memory: all lines but documents, 256 MiB at most, and one document. Left out: whether
//! an entry is one.

use std::io::{BufRead, BufReader, Read};

use data_encoding::HEXLOWER;
use ledger_core::log::{TreeHash, canonical};
use ledger_core::store::commitment;
use ledger_core::values::{Hash, from_base64};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::error::CertificateError;
use super::format::*;

/// What the lines hold.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) header: CertificateHeader,
    /// The signed note.
    pub(super) checkpoint: String,
    pub(super) streams: Vec<Stream>,
    pub(super) entries: Vec<EntryLines>,
    pub(super) documents: Vec<DocumentRead>,
    /// The result's own bytes.
    pub(super) result: Vec<u8>,
}

/// An entry and its proof.
#[derive(Debug)]
pub(super) struct EntryLines {
    /// The entry's line, from 1.
    pub(super) line: u64,
    pub(super) bytes: Vec<u8>,
    pub(super) proof: Vec<TreeHash>,
}

/// What remains of a document once it was read.
#[derive(Debug)]
pub(super) struct DocumentRead {
    pub(super) stated: Hash,
    /// What follows from its secret and content.
    pub(super) found: Hash,
    pub(super) bytes: u64,
}

/// Reads all of it.
pub(super) fn read(input: impl Read) -> Result<Parts, CertificateError> {
    let mut lines = Lines::new(input);
    let header = header(&mut lines)?;
    let CheckpointLine { checkpoint } =
        lines.next(MAX_CHECKPOINT_BYTES).and_then(|line| lines.typed(&line))?;
    lines.longest = if header.documents { MAX_DOCUMENT_LINE_BYTES } else { MAX_RESULT_BYTES };
    let mut line = lines.next(lines.longest)?;
    let streams = streams(&mut lines, &mut line)?;
    let entries = entries(&mut lines, &mut line)?;
    let documents = documents(&mut lines, &mut line, header.documents)?;
    let result = result(&lines, &line)?;
    end(&mut lines)?;
    Ok(Parts { header, checkpoint, streams, entries, documents, result })
}

fn header<R: Read>(lines: &mut Lines<R>) -> Result<CertificateHeader, CertificateError> {
    let line = lines.next(MAX_LINE_BYTES)?;
    let header: CertificateHeader = lines.typed(&line)?;
    if header.format != FORMAT {
        let what =
            format!("format '{}' is not {FORMAT}: check it with the version that made it", header.format);
        return Err(lines.wrong(what));
    }
    if header.attestation < header.known_at {
        return Err(lines.wrong(format!(
            "known at entry {}, after the attestation {}",
            header.known_at, header.attestation
        )));
    }
    Ok(header)
}

fn streams<R: Read>(lines: &mut Lines<R>, line: &mut Vec<u8>) -> Result<Vec<Stream>, CertificateError> {
    let mut streams: Vec<Stream> = Vec::new();
    loop {
        let stream = if line.starts_with(STREAM_START) {
            Stream::Whole(lines.short::<StreamLine>(line)?.stream)
        } else if line.starts_with(ABSENT_START) {
            Stream::Absent(lines.short::<AbsentLine>(line)?.absent)
        } else {
            return Ok(streams);
        };
        if streams.last().is_some_and(|last| last.subject().as_str() >= stream.subject().as_str()) {
            return Err(lines.wrong(format!("the stream {} is not in order", stream.subject())));
        }
        streams.push(stream);
        *line = lines.next(lines.longest)?;
    }
}

fn entries<R: Read>(lines: &mut Lines<R>, line: &mut Vec<u8>) -> Result<Vec<EntryLines>, CertificateError> {
    let mut entries = Vec::new();
    while line.starts_with(ENTRY_START) {
        lines.check_length(line, MAX_LINE_BYTES)?;
        let (number, bytes) = (lines.number, std::mem::take(line));
        let proof = lines.next(MAX_LINE_BYTES)?;
        let ProofLine { proof } = lines.typed(&proof)?;
        entries.push(EntryLines { line: number, bytes, proof: hashes(&proof) });
        *line = lines.next(lines.longest)?;
    }
    Ok(entries)
}

fn documents<R: Read>(
    lines: &mut Lines<R>,
    line: &mut Vec<u8>,
    announced: bool,
) -> Result<Vec<DocumentRead>, CertificateError> {
    let mut documents: Vec<DocumentRead> = Vec::new();
    while line.starts_with(DOCUMENT_START) {
        if !announced {
            return Err(lines.wrong("a document, and the header says there are none".to_owned()));
        }
        let document = document(lines, line)?;
        if documents.last().is_some_and(|last| last.stated.to_string() >= document.stated.to_string()) {
            return Err(lines.wrong(format!("the document {} is not in order", document.stated)));
        }
        documents.push(document);
        lines.kept -= line.len() as u64;
        *line = lines.next(lines.longest)?;
    }
    Ok(documents)
}

fn document<R: Read>(lines: &Lines<R>, line: &[u8]) -> Result<DocumentRead, CertificateError> {
    let DocumentLine { document } = lines.typed(line)?;
    let content = from_base64(&document.content);
    let content =
        content.ok_or_else(|| lines.wrong("the content is no Base64 in its one spelling".to_owned()))?;
    let secret = HEXLOWER.decode(document.secret.as_bytes()).ok().and_then(|secret| secret.try_into().ok());
    let secret =
        secret.ok_or_else(|| lines.wrong("the secret is not 64 lower-case hexadecimal digits".to_owned()))?;
    let found = commitment(&secret, &content);
    Ok(DocumentRead { stated: document.commitment, found, bytes: content.len() as u64 })
}

/// The bytes of the result's value: what stands between the key and the last brace.
fn result<R: Read>(lines: &Lines<R>, line: &[u8]) -> Result<Vec<u8>, CertificateError> {
    lines.check_length(line, MAX_RESULT_BYTES)?;
    let expected = "a stream, an entry, a document or the result is expected here, in this order";
    let value = line.strip_prefix(RESULT_START).ok_or_else(|| lines.wrong(expected.to_owned()))?;
    canonical::check(line).map_err(|error| lines.wrong(error.to_string()))?;
    let value = value.strip_suffix(b"}").unwrap_or_default();
    // Another key after the result would make this more than one object.
    canonical::check(value).map_err(|_| lines.wrong("the line holds more than one result".to_owned()))?;
    Ok(value.to_vec())
}

fn end<R: Read>(lines: &mut Lines<R>) -> Result<(), CertificateError> {
    let before =
        End { lines: lines.number, sha256: TreeHash::from_bytes(lines.sha256.clone().finalize().into()) };
    let line = lines.next(MAX_LINE_BYTES)?;
    let EndLine { end } = lines.typed(&line)?;
    if end != before {
        return Err(lines.wrong(format!(
            "it says {} lines with SHA-256 {}, and there are {} with {}: something was changed",
            end.lines, end.sha256, before.lines, before.sha256
        )));
    }
    let rest =
        lines.input.fill_buf().map_err(|error| CertificateError::Read { line: lines.number, error })?;
    if rest.is_empty() { Ok(()) } else { Err(lines.wrong("something follows the end".to_owned())) }
}

/// The lines of a stream, and the hash of all that were read.
struct Lines<R> {
    input: BufReader<R>,
    sha256: Sha256,
    /// The line read last, from 1.
    number: u64,
    /// Bytes of the lines that are kept.
    kept: u64,
    /// How long any line may be where its kind is not known yet.
    longest: usize,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        let input = BufReader::with_capacity(1 << 16, input);
        Lines { input, sha256: Sha256::new(), number: 0, kept: 0, longest: MAX_LINE_BYTES }
    }

    fn wrong(&self, what: String) -> CertificateError {
        CertificateError::Line { line: self.number, what }
    }

    /// The next line without its line feed, of at most `limit` bytes.
    fn next(&mut self, limit: usize) -> Result<Vec<u8>, CertificateError> {
        self.number += 1;
        let mut line = Vec::new();
        let read = (&mut self.input).take(limit as u64 + 1).read_until(b'\n', &mut line);
        let read = read.map_err(|error| CertificateError::Read { line: self.number, error })?;
        self.sha256.update(&line);
        if line.pop_if(|last| *last == b'\n').is_none() {
            return Err(self.wrong(match read {
                0 => "the certificate stops before its end".to_owned(),
                read if read > limit => format!("the line has more than {limit} bytes"),
                _ => "the line is cut off".to_owned(),
            }));
        }
        self.kept += line.len() as u64;
        let document = line.starts_with(DOCUMENT_START);
        if self.kept > MAX_BYTES && !document {
            return Err(self.wrong(format!("there are more than {MAX_BYTES} bytes beside documents")));
        }
        Ok(line)
    }

    fn check_length(&self, line: &[u8], limit: usize) -> Result<(), CertificateError> {
        if line.len() <= limit {
            Ok(())
        } else {
            Err(self.wrong(format!("the line has more than {limit} bytes")))
        }
    }

    /// A line of plain fields, in its one spelling.
    fn typed<'l, T: Deserialize<'l>>(&self, line: &'l [u8]) -> Result<T, CertificateError> {
        canonical::check(line).map_err(|error| self.wrong(error.to_string()))?;
        serde_json::from_slice(line).map_err(|error| self.wrong(error.to_string()))
    }

    /// As [`Lines::typed`], of the usual length.
    fn short<'l, T: Deserialize<'l>>(&self, line: &'l [u8]) -> Result<T, CertificateError> {
        self.check_length(line, MAX_LINE_BYTES)?;
        self.typed(line)
    }
}
