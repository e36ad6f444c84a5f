//! `tail`: entries as exact bytes, one a line, with a cursor that survives the consumer.
//!
//! The cursor file holds the next sequence number. It is written and synced after the lines before it are out, so
//! that a killed run repeats lines and never skips one. It ends at the head: following a ledger that another process
//! has open comes with the service.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ledger_core::Filter;
use ledger_core::values::Sequence;

use super::Reader;
use crate::args::{Global, TailArgs};
use crate::exit::Failure;
use crate::output::{Out, mark};

/// Entries between two syncs of the cursor.
const STEP: u64 = 1_000;

/// Runs `ledger tail`.
pub fn tail(global: &Global, args: &TailArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), true)?;
    let head = reader.log.head().length.0;
    let mut cursor = args.cursor.as_deref().map(Cursor::open).transpose()?;
    let kept = cursor.as_ref().and_then(|cursor| cursor.next);
    let from = kept.unwrap_or(if args.from_now { head } else { args.from.unwrap_or(0) });
    if from > Sequence::MAX || (kept.is_some() && from > head) {
        return Err(Failure::Usage(format!(
            "the position {from} lies beyond the head {head}: it belongs to another ledger, or this one was rolled back"
        )));
    }
    let subject = args.subject.as_deref().map(|name| reader.resolve(name)).transpose()?;
    let filter =
        Filter { subject: subject.map(|subject| subject.to_string()), event_type: args.event_type.clone() };
    let mut since = 0;
    for item in reader.log.bytes_from(Sequence::new(from)) {
        let (sequence, bytes) = item?;
        if filter.passes(&bytes) {
            out.bytes(&bytes)?;
        }
        since += 1;
        if since == STEP {
            keep(&mut out, cursor.as_mut(), sequence.get() + 1)?;
            since = 0;
        }
    }
    keep(&mut out, cursor.as_mut(), head.max(from))
}

fn keep(out: &mut Out, cursor: Option<&mut Cursor>, next: u64) -> Result<(), Failure> {
    out.flush()?;
    cursor.map_or(Ok(()), |cursor| cursor.keep(next))
}

/// The file that keeps the position: 16 digits and a line break, always overwritten in place.
struct Cursor {
    file: File,
    path: String,
    next: Option<u64>,
}

impl Cursor {
    fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::Usage(format!("cursor '{}' cannot be used ({error}): check the path", path.display()))
        };
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(failed)?;
        let text = fs::read_to_string(path).map_err(failed)?;
        let next = match text.trim_end() {
            "" => None,
            digits => Some(digits.parse::<Sequence>().map(Sequence::get).map_err(|_| {
                Failure::Malformed(format!(
                    "cursor '{}' holds '{digits}', not a sequence number of 16 digits: remove it to begin again",
                    path.display()
                ))
            })?),
        };
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(Cursor { file, path: path.display().to_string(), next })
    }

    fn keep(&mut self, next: u64) -> Result<(), Failure> {
        let text = format!("{}\n", Sequence::new(next));
        let written = self.file.write_all_at(text.as_bytes(), 0).and_then(|()| self.file.flush());
        let synced = written.and_then(|()| self.file.sync_all());
        synced.map_err(|error| Failure::Storage(format!("cursor '{}': {error}", self.path)))
    }
}
