//! Reading an export: nothing is handed out that the stream has not proved.
//!
//! An entry is proved by what follows it, since the next one names its hash, and the header names the last one's. So
//! the reader holds back one entry. A document is proved by its commitment. Everything else, such as a line left out
//! or doubled between two entries, is found by the hash in the last line: only a stream read to its end without an
//! error is whole. Memory: one line, of at most 16 KiB without documents and 86 MiB with them, and each subject's name
//! and last version. Used by `restore.rs`, and by anyone who wants the entries; bytes from anywhere may be given to it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

use data_encoding::HEXLOWER;

use super::{
    DOCUMENT_START, DocumentLine, END_START, EndLine, FORMAT, Header, MAX_DOCUMENT_LINE_BYTES, MAX_LINE_BYTES,
};
use crate::log::{Entry, Link, canonical};
use crate::store::{Revealed, commitment};
use crate::values::{Hash, Sequence, from_base64};

/// Why an export is refused. What was handed out before is good.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The stream cannot be read.
    #[error("line {line} of the export cannot be read: {error}")]
    Io {
        /// The line, from 1.
        line: u64,
        /// The operating system's words.
        error: io::Error,
    },
    /// The stream is not what was written. Take another copy of it.
    #[error("line {line} of the export, at entry {sequence}: {what}; take another copy of the export")]
    Damaged {
        /// The line, from 1.
        line: u64,
        /// The entry that is not proved: all before it are good.
        sequence: Sequence,
        /// What was found.
        what: String,
    },
}

/// What an export holds.
#[derive(Debug)]
pub enum Item {
    /// The next entry.
    Entry(Box<Entry>, Vec<u8>),
    /// A document that a later entry cites first.
    Document(Hash, Revealed),
}

/// Reads an export line by line. After an error it ends; if it ends without one, everything was proved.
pub struct ExportReader<R> {
    lines: Lines<R>,
    header: Header,
    link: Link,
    /// The entry that nothing has named yet.
    held: Option<Item>,
    ready: VecDeque<Item>,
    /// Entries that were made ready.
    proved: u64,
    state: State,
}

/// How far a reader is.
enum State {
    Reading,
    /// What is ready is good, and then comes this.
    Failing(ExportError),
    Ended,
}

impl<R> std::fmt::Debug for ExportReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportReader").field("header", &self.header).field("at", &self.link.head()).finish()
    }
}

impl<R: Read> ExportReader<R> {
    /// Reads the header.
    pub fn new(input: R) -> Result<Self, ExportError> {
        let mut lines = Lines::new(input);
        let header = lines.next(MAX_LINE_BYTES).and_then(|line| {
            lines.hash(&line);
            header(&line)
        });
        let header = header.map_err(|fault| fault.at(lines.number, Sequence::new(0)))?;
        let (link, ready) = (Link::default(), VecDeque::new());
        Ok(ExportReader { lines, header, link, held: None, ready, proved: 0, state: State::Reading })
    }

    /// What the stream says it holds.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the next entry would go, once everything was read.
    pub(crate) fn into_link(self) -> Link {
        self.link
    }

    fn step(&mut self) -> Result<(), Fault> {
        let cap = if self.header.documents { MAX_DOCUMENT_LINE_BYTES } else { MAX_LINE_BYTES };
        let line = self.lines.next(cap)?;
        if line.starts_with(END_START) {
            return self.end(&line);
        }
        self.lines.hash(&line);
        if line.starts_with(DOCUMENT_START) {
            self.ready.push_back(document(&line, self.header.documents)?);
            Ok(())
        } else {
            self.entry(line)
        }
    }

    fn entry(&mut self, bytes: Vec<u8>) -> Result<(), Fault> {
        let entry = Entry::decode(&bytes).map_err(|error| Fault::What(error.to_string()))?;
        if entry.prev == self.link.head().hash {
            let held = self.held.take();
            self.prove(held);
        }
        if entry.source.strip_prefix("https://") != Some(self.header.origin.as_str()) {
            return wrong(format!(
                "its source is {}, the export's origin {}",
                entry.source, self.header.origin
            ));
        }
        let hash = Hash::of(&bytes);
        self.link.extend(&entry, hash).map_err(|error| Fault::What(error.what))?;
        let (head, stated) = (self.link.head(), self.header.head());
        if head.length > stated.length {
            return wrong(format!("one entry more than the {} of the header", stated.length));
        }
        let item = Item::Entry(Box::new(entry), bytes);
        if head.length < stated.length {
            self.held = Some(item);
        } else if head == stated {
            self.prove(Some(item));
        } else {
            return wrong(format!("the last entry hashes to {hash}, the header says {}", stated.hash));
        }
        Ok(())
    }

    fn end(&mut self, line: &[u8]) -> Result<(), Fault> {
        let found: EndLine = spelled(line)?;
        let (head, stated) = (self.link.head(), self.header.head());
        if head != stated {
            return wrong(format!("it ends after {} entries of {}", head.length, stated.length));
        }
        if (found.end.head, found.end.length) != (stated.hash, stated.length.0) {
            return wrong(format!(
                "the end says {}:{}, the header {stated}",
                found.end.length, found.end.head
            ));
        }
        let blake3 = Hash::from_bytes(*self.lines.hasher.finalize().as_bytes());
        if found.end.blake3 != blake3 {
            return wrong(format!(
                "the lines before it hash to {blake3}, it says {}: one of them was changed",
                found.end.blake3
            ));
        }
        if !self.lines.is_at_end()? {
            return wrong("something follows it".to_owned());
        }
        self.state = State::Ended;
        Ok(())
    }

    fn prove(&mut self, entry: Option<Item>) {
        self.proved += u64::from(entry.is_some());
        self.ready.extend(entry);
    }
}

impl<R: Read> Iterator for ExportReader<R> {
    type Item = Result<Item, ExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return None,
                State::Failing(error) => return Some(Err(error)),
                State::Reading => self.state = State::Reading,
            }
            if let Err(fault) = self.step() {
                self.state = State::Failing(fault.at(self.lines.number, Sequence::new(self.proved)));
            }
        }
    }
}

/// What is wrong with a line, before it is said where.
enum Fault {
    What(String),
    Io(io::Error),
}

impl Fault {
    fn at(self, line: u64, sequence: Sequence) -> ExportError {
        match self {
            Fault::What(what) => ExportError::Damaged { line, sequence, what },
            Fault::Io(error) => ExportError::Io { line, error },
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

fn wrong<T>(what: String) -> Result<T, Fault> {
    Err(Fault::What(what))
}

/// A line of plain fields, in its one spelling.
fn spelled<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> Result<T, Fault> {
    canonical::check(line).map_err(|error| Fault::What(error.to_string()))?;
    serde_json::from_slice(line).map_err(|error| Fault::What(error.to_string()))
}

fn header(line: &[u8]) -> Result<Header, Fault> {
    let header: Header = spelled(line)?;
    if header.format != FORMAT {
        return wrong(format!(
            "format '{}' is not {FORMAT}: read it with the version that wrote it",
            header.format
        ));
    }
    if header.length == 0 {
        return wrong("an export of nothing".to_owned());
    }
    Ok(header)
}

fn document(line: &[u8], announced: bool) -> Result<Item, Fault> {
    if !announced {
        return wrong("a document, and the header says there are none".to_owned());
    }
    let DocumentLine { document } = spelled(line)?;
    let content = from_base64(&document.content)
        .ok_or_else(|| Fault::What("the content is no Base64 in its one spelling".to_owned()))?;
    let secret = HEXLOWER.decode(document.secret.as_bytes()).ok().and_then(|secret| secret.try_into().ok());
    let Some(secret) = secret else {
        return wrong("the secret is not 64 lower-case hexadecimal digits".to_owned());
    };
    let found = commitment(&secret, &content);
    if found != document.commitment {
        return wrong(format!("the document's commitment is {found}, not {}", document.commitment));
    }
    let media_type = document.media_type.into_owned();
    let at_millis = document.stored_time.millis();
    Ok(Item::Document(found, Revealed { content, media_type, secret, at_millis }))
}

/// The lines of a stream, and the hash of those that count.
struct Lines<R> {
    input: BufReader<R>,
    hasher: blake3::Hasher,
    /// The line read last, from 1.
    number: u64,
}

impl<R: Read> Lines<R> {
    fn new(input: R) -> Self {
        Lines { input: BufReader::with_capacity(1 << 16, input), hasher: blake3::Hasher::new(), number: 0 }
    }

    fn hash(&mut self, line: &[u8]) {
        self.hasher.update(line).update(b"\n");
    }

    /// The next line without its line feed, of at most `cap` bytes.
    fn next(&mut self, cap: usize) -> Result<Vec<u8>, Fault> {
        self.number += 1;
        let mut line = Vec::new();
        let read = (&mut self.input).take(cap as u64 + 1).read_until(b'\n', &mut line)?;
        if line.pop_if(|last| *last == b'\n').is_some() {
            return Ok(line);
        }
        match read {
            0 => wrong("the stream stops before its end".to_owned()),
            read if read > cap => wrong(format!("the line has more than {cap} bytes")),
            _ => wrong("the line is cut off".to_owned()),
        }
    }

    fn is_at_end(&mut self) -> Result<bool, Fault> {
        Ok(self.input.fill_buf()?.is_empty())
    }
}
