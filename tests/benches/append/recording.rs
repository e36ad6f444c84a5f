//! The entries of our own run as a file, so that the peers store the same bytes without our store in their memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use ledger_core::store::{SledStore, Store, entries_from};
use ledger_core::values::Sequence;

use crate::outcome::Outcome;
use crate::plan::Spec;

/// Copies the last `spec.entries` entries of the ledger in `spec.source` into the file `spec.dir`: those after its
/// set-up.
pub fn record(spec: &Spec) -> Outcome {
    let store = Arc::new(SledStore::open(&spec.source).expect("the ledger of the bulk case"));
    let first = store.head().length.0.checked_sub(spec.entries).expect("as many entries as commands");
    let mut file = BufWriter::new(File::create(&spec.dir).expect("a new file"));
    for item in entries_from(store, Sequence::new(first)) {
        let (_, entry) = item.expect("an entry");
        file.write_all(&(entry.len() as u32).to_le_bytes())
            .and_then(|()| file.write_all(&entry))
            .expect("written");
    }
    file.flush().expect("written");
    Outcome { system: "recording the entries".to_owned(), entries: spec.entries, ..Outcome::default() }
}

/// Recorded entries, one after the other.
pub struct Recording {
    file: BufReader<File>,
}

impl Recording {
    /// The recording in this file.
    pub fn open(path: &Path) -> Self {
        Recording { file: BufReader::with_capacity(1 << 20, File::open(path).expect("a recording")) }
    }

    /// The next `count` entries. Panics beyond the last.
    pub fn next(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.entry()).collect()
    }

    fn entry(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.file.read_exact(&mut length).expect("a recording long enough");
        let mut entry = vec![0; u32::from_le_bytes(length) as usize];
        self.file.read_exact(&mut entry).expect("a whole entry");
        entry
    }
}
