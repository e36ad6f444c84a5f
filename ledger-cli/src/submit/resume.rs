//! The resume record: which documents of a file's lines are stored already, under which commitments.
//!
//! A command that is submitted again must cite the same commitments, or it would be other content under the same
//! id. So each document is noted here once it is durable in the vault and before the command that cites it is
//! submitted; submitting again finds it. The record lies in `DIR/resume/`, named by the BLAKE3 of what it is for.
//!
//! ```text
//! record = 32 bytes key ++ 32 bytes commitment ++ 8 bytes check
//! key    = BLAKE3 of the command's id, the place in it, the media type and the content
//! check  = the first 8 bytes of the BLAKE3 of the 64 bytes before
//! ```
//!
//! A torn end is cut off: its documents were cited by nothing. A record may be deleted once its file will not be
//! submitted again. Left out: how far a file got, which the ledger itself knows by the ids.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ledger_core::values::Hash;

use crate::exit::Failure;

const RECORD: usize = 72;

/// The resume record of one file. Memory: some 40 bytes a document.
#[derive(Debug)]
pub struct Resume {
    path: PathBuf,
    file: Option<File>,
    known: HashMap<[u8; 16], u32>,
    pending: Vec<u8>,
    pending_keys: HashMap<[u8; 16], Hash>,
}

impl Resume {
    /// The record for what `name` says, in a ledger's directory. Nothing is created before something is noted.
    pub fn open(ledger: &Path, name: &str) -> Result<Self, Failure> {
        let path = ledger.join("resume").join(Hash::of(name.as_bytes()).to_string());
        let mut resume = Resume {
            path,
            file: None,
            known: HashMap::new(),
            pending: Vec::new(),
            pending_keys: HashMap::new(),
        };
        match OpenOptions::new().read(true).append(true).open(&resume.path) {
            Ok(file) => resume.load(file)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(resume.failed(&error)),
        }
        Ok(resume)
    }

    fn failed(&self, error: &std::io::Error) -> Failure {
        Failure::Storage(format!("{}: {error}", self.path.display()))
    }

    fn load(&mut self, mut file: File) -> Result<(), Failure> {
        let mut reader = std::io::BufReader::new(&file);
        let mut record = [0; RECORD];
        let mut count: u32 = 0;
        while reader.read_exact(&mut record).is_ok() && check(&record[..64]) == record[64..] {
            self.known.insert(short(&record[..32]), count);
            count += 1;
        }
        let whole = u64::from(count) * RECORD as u64;
        file.set_len(whole)
            .and_then(|()| file.seek(SeekFrom::Start(whole)).map(|_| ()))
            .map_err(|error| self.failed(&error))?;
        self.file = Some(file);
        Ok(())
    }

    /// The commitment noted for a document.
    pub fn find(&self, label: &[u8]) -> Result<Option<Hash>, Failure> {
        let key = Hash::of(label);
        if let Some(commitment) = self.pending_keys.get(&short(key.as_bytes())) {
            return Ok(Some(*commitment));
        }
        let (Some(at), Some(file)) = (self.known.get(&short(key.as_bytes())), &self.file) else {
            return Ok(None);
        };
        let mut record = [0; RECORD];
        file.read_exact_at(&mut record, u64::from(*at) * RECORD as u64)
            .map_err(|error| self.failed(&error))?;
        let mut commitment = [0; 32];
        commitment.copy_from_slice(&record[32..64]);
        Ok((record[..32] == *key.as_bytes()).then(|| Hash::from_bytes(commitment)))
    }

    /// Notes a document's commitment, durably with the next [`Resume::sync`].
    pub fn note(&mut self, label: &[u8], commitment: Hash) {
        let key = Hash::of(label);
        let mut record = Vec::with_capacity(RECORD);
        record.extend(key.as_bytes());
        record.extend(commitment.as_bytes());
        record.extend(check(&record));
        self.pending.extend(record);
        self.pending_keys.insert(short(key.as_bytes()), commitment);
    }

    /// Whether something is noted that is not yet durable.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Drops what was noted and not made durable.
    pub fn forget(&mut self) {
        self.pending.clear();
        self.pending_keys.clear();
    }

    /// Makes what was noted durable. The documents themselves must be so already. Cost: one sync.
    pub fn sync(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.append().map_err(|error| self.failed(&error))?;
        let first = self.known.len();
        for (at, record) in self.pending.chunks_exact(RECORD).enumerate() {
            self.known.insert(short(&record[..32]), u32::try_from(first + at).unwrap_or(u32::MAX));
        }
        self.forget();
        Ok(())
    }

    fn append(&mut self) -> std::io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let folder = self.path.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder)?;
                let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path)?;
                // The file's name, and the folder's own, which may be new as well.
                File::open(folder)?.sync_all()?;
                File::open(folder.parent().unwrap_or(Path::new(".")))?.sync_all()?;
                self.file.insert(file)
            }
        };
        file.write_all(&self.pending)?;
        file.sync_data()
    }
}

fn short(key: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&key[..16]);
    short
}

fn check(bytes: &[u8]) -> [u8; 8] {
    let mut check = [0; 8];
    check.copy_from_slice(&Hash::of(bytes).as_bytes()[..8]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_synced_and_forgets_a_torn_end() {
        let dir = std::env::temp_dir().join(format!("resume-{}", std::process::id()));
        let open = || Resume::open(&dir, "a file").expect("opened");
        let mut resume = open();
        assert!(!dir.exists(), "nothing is made before something is noted");
        resume.note(b"one", Hash::of(b"1"));
        assert_eq!(resume.find(b"one").expect("read"), Some(Hash::of(b"1")));
        resume.sync().expect("synced");
        resume.note(b"two", Hash::of(b"2"));
        resume.sync().expect("synced");
        let path = resume.path.clone();
        for cut in 1..RECORD as u64 {
            let file = OpenOptions::new().write(true).open(&path).expect("opened");
            file.set_len(2 * RECORD as u64 - cut).expect("cut");
            let mut resume = open();
            assert_eq!(resume.find(b"one").expect("read"), Some(Hash::of(b"1")));
            assert_eq!(resume.find(b"two").expect("read"), None);
            resume.note(b"two", Hash::of(b"2"));
            resume.sync().expect("synced");
            assert_eq!(open().find(b"two").expect("read"), Some(Hash::of(b"2")));
        }
        fs::remove_dir_all(&dir).expect("removed");
    }
}
