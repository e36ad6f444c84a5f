//! The files of the vault on disk: their names and headings, opened for use. What is in them is `disk.rs`'s business.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::index::State;
use super::record::{HEADER_BYTES, Header};
use super::{EMPTY, ERASED, VaultError};

pub(super) const HEADING: &[u8; 32] = b"assessment ledger document keys\n";
pub(super) const SECRET_BYTES: u64 = 32;

/// How far the length of a file runs ahead: some 800 small documents, or 8,000 secrets.
const STEP_BYTES: u64 = 256 * 1024;

/// A file that is longer than what is written to it, in steps, with zeros that take no space. A sync after a write inside
/// it need not make a new length durable too: a third less time on the one file system measured, ext4 without a journal.
#[derive(Debug)]
pub(super) struct Extended {
    file: Arc<File>,
    length: u64,
}

impl Extended {
    pub(super) fn new(file: File) -> io::Result<Extended> {
        let length = file.metadata()?.len();
        Ok(Extended { file: Arc::new(file), length })
    }

    /// The file, for reading and syncing.
    pub(super) fn shared(&self) -> Arc<File> {
        self.file.clone()
    }

    pub(super) fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let end = offset + bytes.len() as u64;
        if end > self.length {
            let length = end.next_multiple_of(STEP_BYTES);
            self.file.set_len(length)?;
            self.length = length;
        }
        self.file.write_all_at(bytes, offset)
    }

    /// Gives the file the length of what it holds.
    pub(super) fn cut(&mut self, length: u64) -> io::Result<()> {
        if length != self.length {
            self.file.set_len(length)?;
            self.length = length;
        }
        Ok(())
    }
}

/// None at the end, or where there is no header.
pub(super) fn next_header(reader: &mut impl Read) -> io::Result<Option<Header>> {
    let mut bytes = [0; HEADER_BYTES];
    match reader.read_exact(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
        Ok(()) => Ok(Header::parse(&bytes)),
    }
}

pub(super) fn read_header(file: &File, offset: u64) -> io::Result<Option<Header>> {
    let mut bytes = [0; HEADER_BYTES];
    match file.read_exact_at(&mut bytes, offset) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
        Ok(()) => Ok(Header::parse(&bytes)),
    }
}

pub(super) fn slot_offset(slot: u32) -> u64 {
    HEADING.len() as u64 + u64::from(slot) * SECRET_BYTES
}

pub(super) fn segment_path(segments: &Path, number: u16) -> PathBuf {
    segments.join(format!("{number:06}.seg"))
}

/// The numbers of all segments, which must be 0 and on without a gap.
pub(super) fn segment_numbers(segments: &Path) -> Result<Vec<u16>, VaultError> {
    let mut numbers = Vec::new();
    for file in fs::read_dir(segments).map_err(at(segments))? {
        let name = file.map_err(at(segments))?.file_name().to_string_lossy().into_owned();
        let number =
            name.strip_suffix(".seg").filter(|digits| digits.len() == 6).and_then(|n| n.parse().ok());
        let Some(number) = number else {
            let what = format!("'{name}' is not a segment");
            return Err(VaultError::Damaged { path: segments.to_owned(), what });
        };
        numbers.push(number);
    }
    numbers.sort_unstable();
    match (0..).zip(&numbers).find(|(expected, number)| expected != *number) {
        Some((missing, _)) => Err(VaultError::Damaged {
            path: segment_path(segments, missing),
            what: "it is missing".to_owned(),
        }),
        None => Ok(numbers),
    }
}

/// Opens the key store, or makes it where there cannot have been one. What an earlier process wrote is durable on
/// return, so that what was found erased stays so.
pub(super) fn open_keys(path: &Path, may_create: bool) -> Result<Extended, VaultError> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(may_create).truncate(false).open(path);
    let file = match file {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let what = "it is missing, and no document opens without it".to_owned();
            return Err(VaultError::Damaged { path: path.to_owned(), what });
        }
        other => other.map_err(at(path))?,
    };
    let length = file.metadata().map_err(at(path))?.len();
    if may_create && length < HEADING.len() as u64 {
        file.write_all_at(HEADING, 0).map_err(at(path))?;
    }
    file.sync_all().map_err(at(path))?;
    let mut heading = [0; HEADING.len()];
    match file.read_exact_at(&mut heading, 0) {
        Ok(()) if heading == *HEADING => Extended::new(file).map_err(at(path)),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => Err(at(path)(error)),
        _ => Err(damaged(path, 0, "no heading")),
    }
}

/// What each slot holds, without keeping any secret. A slot cut short was never durable.
pub(super) fn slot_states(keys: &Extended) -> io::Result<Vec<State>> {
    let mut reader = BufReader::with_capacity(64 * 1024, keys.file.try_clone()?);
    reader.seek_relative(HEADING.len() as i64)?;
    let mut states = Vec::new();
    let mut slot = EMPTY;
    loop {
        match reader.read_exact(&mut slot) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(states),
            other => other?,
        }
        states.push(match slot {
            EMPTY => State::Empty,
            ERASED => State::Erased,
            _ => State::Live,
        });
    }
}

/// Opens the last segment, or the first, for appending at `end`, and cuts off what is torn there.
pub(super) fn open_segment(segments: &Path, number: u16, end: u64) -> Result<Extended, VaultError> {
    let path = segment_path(segments, number);
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).open(&path).map_err(at(&path))?;
    file.set_len(end).and_then(|()| file.sync_all()).map_err(at(&path))?;
    Extended::new(file).map_err(at(&path))
}

pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> VaultError + '_ {
    move |error| VaultError::Io { path: path.to_owned(), what: error.to_string() }
}

pub(super) fn damaged(path: &Path, offset: u64, what: &str) -> VaultError {
    VaultError::Damaged { path: path.to_owned(), what: format!("{what} at byte {offset}") }
}
