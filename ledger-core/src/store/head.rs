//! The head record: how long the log was, and the hash of its last entry, kept outside sled.
//!
//! A truncated sled file opens without any error and with fewer entries. This small file is what a start compares
//! with. Two slots are written in turn, each with a checksum and a sync of its own, so that a torn write leaves
//! the other one whole. What it cannot show: a whole restored directory rolls the record back too, and damage
//! that removes only entries appended after the record was written, at most a second's. A second record on another
//! disk, the outside head file, shows the restored directory too; [`HeadRecords`] keeps both. Used by `sled.rs`.
//!
//! ```text
//! slot   at 0 and at 4096: "ledghd01" 8 | turn 8 LE | length 8 LE | hash 32 | BLAKE3 of the 56 bytes before 32
//! ```

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::directory::sync_parent;
use crate::log::Head;
use crate::values::{Hash, Length};

const MAGIC: &[u8; 8] = b"ledghd01";
const BODY_BYTES: usize = 56;
const SLOT_BYTES: usize = BODY_BYTES + 32;
/// Apart by a disk block, so that one torn block cannot take both.
const SLOT_STRIDE: u64 = 4096;

/// An open head record.
#[derive(Debug)]
pub struct HeadRecord {
    file: File,
    turn: u64,
    head: Head,
}

impl HeadRecord {
    /// Creates the record of an empty log. The caller syncs the directory. Cost: one sync.
    pub fn create(path: &Path) -> io::Result<HeadRecord> {
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path)?;
        let mut record = HeadRecord { file, turn: 0, head: Head::EMPTY };
        record.write(Head::EMPTY)?;
        record.write(Head::EMPTY)?;
        Ok(record)
    }

    /// Opens the record; none if neither slot is whole. Cost: two reads.
    pub fn open(path: &Path) -> io::Result<Option<HeadRecord>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        let newest =
            [read_slot(&file, 0)?, read_slot(&file, 1)?].into_iter().flatten().max_by_key(|slot| slot.0);
        Ok(newest.map(|(turn, head)| HeadRecord { file, turn, head }))
    }

    /// The head recorded last.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Records `head`, which must be durable already. Cost: one sync. After an error the record still says what it
    /// said before.
    pub fn write(&mut self, head: Head) -> io::Result<()> {
        let turn = self.turn + 1;
        self.file.write_all_at(&spell(turn, head), (turn % 2) * SLOT_STRIDE)?;
        self.file.sync_data()?;
        self.turn = turn;
        self.head = head;
        Ok(())
    }
}

/// The record in the ledger's directory and, where one was asked for, the one outside it, written together.
#[derive(Debug)]
pub(super) struct HeadRecords {
    inside: HeadRecord,
    outside: Option<(PathBuf, HeadRecord)>,
}

impl HeadRecords {
    /// Both records of one ledger, as they were found.
    pub(super) fn new(inside: HeadRecord, outside: Option<(PathBuf, HeadRecord)>) -> Self {
        HeadRecords { inside, outside }
    }

    /// Makes every record say `head`, which must be durable already. Cost: a sync for each that says something else.
    pub(super) fn write(&mut self, head: Head) -> io::Result<()> {
        if self.inside.head() != head {
            self.inside.write(head)?;
        }
        match &mut self.outside {
            Some((path, record)) if record.head() != head => record.write(head).map_err(|error| {
                io::Error::new(error.kind(), format!("head file {}: {error}", path.display()))
            }),
            _ => Ok(()),
        }
    }
}

/// The head file `path` if it exists; none inside if it exists and neither slot is whole.
pub(super) fn open_outside(path: &Path) -> io::Result<Option<Option<HeadRecord>>> {
    match HeadRecord::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Makes the head file `path`, whole and durable or not at all.
pub(super) fn create_outside(path: &Path, head: Head) -> io::Result<HeadRecord> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut record = HeadRecord::create(&new)?;
    record.write(head)?;
    std::fs::rename(&new, path)?;
    sync_parent(path)?;
    Ok(record)
}

fn spell(turn: u64, head: Head) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[..8].copy_from_slice(MAGIC);
    slot[8..16].copy_from_slice(&turn.to_le_bytes());
    slot[16..24].copy_from_slice(&head.length.0.to_le_bytes());
    slot[24..BODY_BYTES].copy_from_slice(head.hash.as_bytes());
    let checksum = Hash::of(&slot[..BODY_BYTES]);
    slot[BODY_BYTES..].copy_from_slice(checksum.as_bytes());
    slot
}

fn read_slot(file: &File, slot: u64) -> io::Result<Option<(u64, Head)>> {
    let mut bytes = [0; SLOT_BYTES];
    match file.read_exact_at(&mut bytes, slot * SLOT_STRIDE) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    Ok(parse(&bytes))
}

fn parse(slot: &[u8; SLOT_BYTES]) -> Option<(u64, Head)> {
    let number = |at: usize| Some(u64::from_le_bytes(slot[at..at + 8].try_into().ok()?));
    let turn = number(8)?;
    let head =
        Head { length: Length(number(16)?), hash: Hash::from_bytes(slot[24..BODY_BYTES].try_into().ok()?) };
    // One spelling: whatever is whole is spelled the same again.
    (spell(turn, head) == *slot).then_some((turn, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(length: u64) -> Head {
        Head { length: Length(length), hash: Hash::of(&length.to_le_bytes()) }
    }

    fn opened(path: &Path) -> Option<Head> {
        HeadRecord::open(path).expect("readable").map(|record| record.head())
    }

    #[test]
    fn the_newest_whole_slot_counts() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("head");
        let mut record = HeadRecord::create(&path).expect("created");
        assert_eq!(opened(&path), Some(Head::EMPTY));
        for length in 1..6 {
            record.write(head(length)).expect("written");
            assert_eq!(opened(&path), Some(head(length)));
        }
        assert!(HeadRecord::create(&path).is_err(), "never created over another");
    }

    #[test]
    fn a_torn_write_at_any_byte_leaves_the_head_before_or_after() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("head");
        let mut record = HeadRecord::create(&path).expect("created");
        record.write(head(1)).expect("written");
        let before = std::fs::read(&path).expect("read");
        record.write(head(2)).expect("written");
        let after = std::fs::read(&path).expect("read");
        for torn_at in 0..=after.len() {
            let torn = [&after[..torn_at], before.get(torn_at..).unwrap_or(&[])].concat();
            std::fs::write(&path, torn).expect("written");
            let found = opened(&path);
            assert!(found == Some(head(1)) || found == Some(head(2)), "{found:?} at {torn_at}");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let slot = spell(3, head(9));
        assert_eq!(parse(&slot), Some((3, head(9))));
        for bit in 0..SLOT_BYTES * 8 {
            let mut changed = slot;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&changed), None, "bit {bit}");
        }
    }

    #[test]
    fn nothing_whole_is_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("head");
        std::fs::write(&path, b"").expect("written");
        assert_eq!(opened(&path), None);
        std::fs::write(&path, vec![7; 9000]).expect("written");
        assert_eq!(opened(&path), None);
    }
}
