//! The least there can be: a file, each entry behind its length, one write and one `fdatasync` a commit.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::Peer;

pub struct PlainFile {
    file: File,
    buffer: Vec<u8>,
}

impl PlainFile {
    pub fn create(dir: &Path) -> Self {
        let file = File::create(dir.join("entries")).expect("a new file");
        PlainFile { file, buffer: Vec::new() }
    }
}

impl Peer for PlainFile {
    fn append(&mut self, entries: &[Vec<u8>]) {
        self.buffer.clear();
        for entry in entries {
            self.buffer.extend((entry.len() as u32).to_le_bytes());
            self.buffer.extend(entry);
        }
        self.file.write_all(&self.buffer).expect("written");
        self.file.sync_data().expect("synced");
    }

    fn close(self: Box<Self>) {}
}
