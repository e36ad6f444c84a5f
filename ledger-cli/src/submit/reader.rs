//! Reads a file of commands in chunks: each line parsed strictly, completed, its documents stored.
//!
//! A chunk holds at most 1,000 lines or 8 MiB, so that memory stays bounded for any file. Before a chunk is handed
//! on, its documents are durable in the vault and then in the resume record. Left out: submitting.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use ledger_core::assessment::Request;
use ledger_core::line;
use ledger_core::log::CommandId;
use ledger_core::values::Malformed;
use serde_json::Value;

use super::resume::Resume;
use crate::exit::Failure;
use crate::session::Session;

/// Lines in a chunk.
const CHUNK_LINES: usize = 1_000;
/// Bytes of lines in a chunk.
const CHUNK_BYTES: usize = 8 << 20;
/// The longest line: a document as text fits; larger ones belong into files.
const LINE_BYTES: usize = 16 << 20;

/// Lines ready to be submitted, in order, and why reading stopped after them, if it did.
#[derive(Debug, Default)]
pub struct Chunk {
    /// Line numbers, from 1, and requests.
    pub lines: Vec<(u64, Request)>,
    /// The first bad line.
    pub failure: Option<Failure>,
}

/// A file of commands, or standard input, being read.
#[derive(Debug)]
pub struct Reader<'a> {
    session: &'a Session,
    name: String,
    base: PathBuf,
    number: u64,
    input: Box<dyn Input>,
    resume: Resume,
    dry_run: bool,
    ended: bool,
}

trait Input: BufRead + Send + std::fmt::Debug {}
impl<T: BufRead + Send + std::fmt::Debug> Input for T {}

impl<'a> Reader<'a> {
    /// Opens `path`; `-` is standard input.
    pub fn open(session: &'a Session, path: &Path, dry_run: bool) -> Result<Self, Failure> {
        let (input, name, base): (Box<dyn Input>, String, PathBuf) = if path == Path::new("-") {
            (Box::new(BufReader::with_capacity(1 << 18, std::io::stdin())), "-".to_owned(), PathBuf::new())
        } else {
            let unreadable = |error| Failure::unreadable(path, &error);
            if path.is_dir() {
                return Err(Failure::Malformed(format!("'{}' is a folder: give files", path.display())));
            }
            let file = File::open(path).map_err(unreadable)?;
            let whole = path.canonicalize().map_err(unreadable)?;
            let base = whole.parent().unwrap_or(Path::new("/")).to_owned();
            (Box::new(BufReader::with_capacity(1 << 18, file)), whole.display().to_string(), base)
        };
        let resume = Resume::open(session.directory(), &format!("file {name}"))?;
        Ok(Reader {
            session,
            name: path.display().to_string(),
            base,
            number: 0,
            input,
            resume,
            dry_run,
            ended: false,
        })
    }

    /// The next chunk; none after the last.
    pub fn next(&mut self) -> Option<Chunk> {
        let mut chunk = Chunk::default();
        let mut bytes = 0;
        while !self.ended && chunk.lines.len() < CHUNK_LINES && bytes < CHUNK_BYTES {
            match self.line() {
                Ok(None) => self.ended = true,
                Ok(Some((length, request))) => {
                    bytes += length;
                    chunk.lines.extend(request.map(|request| (self.number, request)));
                }
                Err(failure) => {
                    self.ended = true;
                    chunk.failure = Some(failure);
                }
            }
        }
        if let Err(failure) = self.make_durable() {
            // Nothing of this chunk may be submitted: a resume would not find its documents.
            self.ended = true;
            return Some(Chunk { lines: Vec::new(), failure: Some(failure) });
        }
        // A chunk of blank lines alone is empty, and not the end.
        let last = self.ended && chunk.lines.is_empty() && chunk.failure.is_none();
        (!last).then_some(chunk)
    }

    fn make_durable(&mut self) -> Result<(), Failure> {
        match (self.resume.is_pending(), self.dry_run) {
            (false, _) => Ok(()),
            (true, true) => {
                self.resume.forget();
                Ok(())
            }
            (true, false) => {
                self.session.ledger.vault().sync()?;
                self.resume.sync()
            }
        }
    }

    /// The next line's length, and its request unless it is blank. None at the end.
    fn line(&mut self) -> Result<Option<(usize, Option<Request>)>, Failure> {
        let mut bytes = Vec::new();
        let mut limited = std::io::Read::take(&mut self.input, LINE_BYTES as u64 + 1);
        let length = limited
            .read_until(b'\n', &mut bytes)
            .map_err(|error| Failure::Malformed(format!("{}: cannot be read ({error})", self.name)))?;
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        let request = match bytes.trim_ascii() {
            [] => None,
            text => Some(self.request(text, length).map_err(|failure| failure.at(&self.place(self.number)))?),
        };
        Ok(Some((length, request)))
    }

    fn request(&mut self, text: &[u8], length: usize) -> Result<Request, Failure> {
        if length > LINE_BYTES {
            let message = format!("the line is longer than {LINE_BYTES} bytes: put documents into files");
            return Err(Failure::Malformed(message));
        }
        let mut line = line::parse(text)?;
        let id = self.complete(&mut line)?;
        let Reader { session, resume, base, .. } = self;
        session.request(line, base, &mut |pointer, content| session.kept(resume, id, pointer, content))
    }

    /// Checks the id, which must be stated, and states the recorded time if the options do.
    fn complete(&self, line: &mut Value) -> Result<CommandId, Failure> {
        let Value::Object(fields) = line else {
            return Err(Failure::Malformed(
                "a command is a JSON object: {\"id\":..,\"actor\":..,..}".to_owned(),
            ));
        };
        let Some(id) = fields.get("id") else {
            return Err(Failure::Malformed(
                "the line has no id, so it could not be submitted twice safely: give each line a UUIDv7, or use \
                 --assign-ids"
                    .to_owned(),
            ));
        };
        let id =
            id.as_str().ok_or_else(|| Malformed(format!("{id} is not a command id: a UUIDv7 expected")))?;
        let id = id.parse()?;
        if let (Some(at), false) = (self.session.recorded_time, fields.contains_key("recordedtime")) {
            fields.insert("recordedtime".to_owned(), Value::from(at.to_string()));
        }
        Ok(id)
    }

    /// Names a line of this file.
    pub fn place(&self, number: u64) -> String {
        format!("{} line {number}", self.name)
    }
}
