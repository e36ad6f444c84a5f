//! A model of a disk that loses power: which states of a directory a recording allows at any moment.
//!
//! # The model
//!
//! What a program does goes to the page cache. The disk has it for certain only once it was synced:
//!
//! - **Content** (writes, truncations) of a file: by `fsync` or `fdatasync` of that file through any descriptor. The
//!   length needed to read what was written belongs to it. `sync_file_range` promises nothing and is not even
//!   recorded.
//! - **Names** (files and directories made, renamed, removed): by `fsync` of the directory they lie in. Syncing the
//!   file does not make its name durable; ext4 does more than that, POSIX does not ask for it.
//!
//! What was not synced may have reached the disk or not:
//!
//! - Content in blocks of 4,096 bytes, which are written whole: each block that was written to is found as it was
//!   after any one of the writes to it, or as it was synced last, whatever became of its neighbours. So a large write
//!   is torn at block borders and later writes overtake earlier ones. Where a later block arrived and an earlier one
//!   did not, there are zeros. The file is as long as its last block that arrived, or as it was in the cache, its end
//!   then zeros.
//! - Truncations in order; what was written after one that did not arrive did not arrive either.
//! - Names in order within each directory (a journal does not reorder), independently between directories. Whatever
//!   lies in a directory without a name is not found.
//!
//! The directory as found before the recording counts as durable. Left out: blocks that come back damaged, and disks
//! that say they synced and did not.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::random::Dice;
use crate::recording::Operation;

const BLOCK: u64 = 4096;

/// What is found after the power failed, of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// None of it.
    Nothing,
    /// All of it, as after the process alone is killed.
    Everything,
    /// Names and no content.
    Names,
    /// Content and no names.
    Content,
    /// Some of both, told by a seed.
    Some(u64),
}

/// The state of a directory at a moment, in the cache and on the disk.
#[derive(Debug, Default, Clone)]
pub struct Disk {
    files: Vec<File>,
    cached: Names,
    durable: Names,
    /// What was done to names and not yet synced, by directory.
    unsynced: BTreeMap<PathBuf, Vec<Renaming>>,
}

/// What lies under each path.
type Names = BTreeMap<PathBuf, Node>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Directory,
    /// Index of a file.
    File(usize),
}

#[derive(Debug, Clone)]
enum Renaming {
    Named(PathBuf, Node),
    Renamed(PathBuf, PathBuf),
    Removed(PathBuf),
}

#[derive(Debug, Default, Clone)]
struct File {
    durable: Vec<u8>,
    unsynced: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Arc<[u8]>),
    Truncate(u64),
}

/// What is found after the power failed: directories without content, files with it.
pub type Image = BTreeMap<PathBuf, Option<Vec<u8>>>;

impl Disk {
    /// What lies in `dir`, all of it durable.
    pub fn found(dir: &Path) -> Disk {
        let mut disk = Disk::default();
        for (path, content) in image_of(dir) {
            let node = match content {
                None => Node::Directory,
                Some(durable) => disk.file(durable),
            };
            disk.durable.insert(path, node);
        }
        disk.cached = disk.durable.clone();
        disk
    }

    fn file(&mut self, durable: Vec<u8>) -> Node {
        self.files.push(File { durable, unsynced: Vec::new() });
        Node::File(self.files.len() - 1)
    }

    /// Follows one operation.
    pub fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(path) => {
                let node = self.file(Vec::new());
                self.rename(Renaming::Named(path.clone(), node));
            }
            Operation::MakeDirectory(path) => self.rename(Renaming::Named(path.clone(), Node::Directory)),
            Operation::Rename(from, to) => {
                // A directory is known by its path here, and one journal holds both names.
                assert!(matches!(self.cached[from], Node::File(_)), "{} is a directory", from.display());
                assert_eq!(from.parent(), to.parent(), "renamed from one directory to another");
                self.rename(Renaming::Renamed(from.clone(), to.clone()));
            }
            Operation::Unlink(path) => self.rename(Renaming::Removed(path.clone())),
            Operation::Write(path, offset, data) => self.change(path, Change::Write(*offset, data.clone())),
            Operation::Truncate(path, length) => self.change(path, Change::Truncate(*length)),
            Operation::Sync(path) => self.sync(path),
            Operation::Output(_) | Operation::Fault(..) => {}
        }
    }

    fn rename(&mut self, renaming: Renaming) {
        renaming.apply(&mut self.cached);
        self.unsynced.entry(renaming.directory()).or_default().push(renaming);
    }

    fn change(&mut self, path: &Path, change: Change) {
        let Some(Node::File(file)) = self.cached.get(path) else { panic!("{} is no file", path.display()) };
        self.files[*file].unsynced.push(change);
    }

    fn sync(&mut self, path: &Path) {
        match self.cached.get(path) {
            Some(Node::File(file)) => self.files[*file].sync(),
            // The directory of the recording itself has no name in it.
            _ => {
                for renaming in self.unsynced.remove(path).unwrap_or_default() {
                    renaming.apply(&mut self.durable);
                }
            }
        }
    }

    /// Whether anything is not synced, so that there is more than one thing to find.
    pub fn is_unsynced(&self) -> bool {
        !self.unsynced.is_empty() || self.files.iter().any(|file| !file.unsynced.is_empty())
    }

    /// What is found if the power fails now.
    pub fn image(&self, kept: Kept) -> Image {
        let mut dice = if let Kept::Some(seed) = kept { Dice(seed) } else { Dice(0) };
        let mut names = self.durable.clone();
        for renamings in self.unsynced.values() {
            let count = match kept {
                Kept::Nothing | Kept::Content => 0,
                Kept::Everything | Kept::Names => renamings.len(),
                Kept::Some(_) => up_to(&mut dice, renamings.len()),
            };
            renamings[..count].iter().for_each(|renaming| renaming.apply(&mut names));
        }
        let mut image = Image::new();
        for (path, node) in names {
            // Parents come before what is in them.
            let parent = path.parent().unwrap_or(Path::new(""));
            if parent == Path::new("") || image.get(parent) == Some(&None) {
                let content = match node {
                    Node::Directory => None,
                    Node::File(file) => Some(self.files[file].image(kept, &mut dice)),
                };
                image.insert(path, content);
            }
        }
        image
    }
}

impl Renaming {
    fn apply(&self, names: &mut Names) {
        match self {
            Renaming::Named(path, node) => {
                names.insert(path.clone(), *node);
            }
            Renaming::Renamed(from, to) => {
                if let Some(node) = names.remove(from) {
                    names.insert(to.clone(), node);
                }
            }
            Renaming::Removed(path) => {
                names.remove(path);
            }
        }
    }

    /// Whose sync makes it durable, as the recording spells it.
    fn directory(&self) -> PathBuf {
        let (Renaming::Named(path, _) | Renaming::Renamed(path, _) | Renaming::Removed(path)) = self;
        match path.parent() {
            Some(parent) if parent != Path::new("") => parent.to_owned(),
            _ => PathBuf::from("."),
        }
    }
}

impl File {
    fn sync(&mut self) {
        for change in std::mem::take(&mut self.unsynced) {
            change.apply(&mut self.durable);
        }
    }

    fn image(&self, kept: Kept, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        match kept {
            Kept::Nothing | Kept::Names => {}
            Kept::Everything | Kept::Content => {
                self.unsynced.iter().for_each(|change| change.apply(&mut content));
            }
            Kept::Some(_) => self.some(&mut content, dice),
        }
        content
    }

    /// Keeps some truncations and, of each block, some version.
    fn some(&self, content: &mut Vec<u8>, dice: &mut Dice) {
        let truncations = self.unsynced.iter().filter(|change| matches!(change, Change::Truncate(_))).count();
        let mut truncations_left = up_to(dice, truncations);
        let arrived: Vec<&Change> = self
            .unsynced
            .iter()
            .take_while(|change| match change {
                Change::Write(..) => true,
                Change::Truncate(_) if truncations_left == 0 => false,
                Change::Truncate(_) => {
                    truncations_left -= 1;
                    true
                }
            })
            .collect();
        let mut writes_left: BTreeMap<u64, usize> = BTreeMap::new();
        for (block, ..) in arrived.iter().flat_map(|change| change.pieces()) {
            *writes_left.entry(block).or_default() += 1;
        }
        for count in writes_left.values_mut() {
            *count = up_to(dice, *count);
        }
        let mut cached_length = content.len();
        for change in arrived {
            match change {
                Change::Truncate(_) => {
                    change.apply(content);
                    cached_length = content.len();
                }
                Change::Write(offset, data) => {
                    cached_length = cached_length.max(*offset as usize + data.len());
                    for (block, offset, piece) in change.pieces() {
                        let left = writes_left.get_mut(&block).expect("counted");
                        if *left > 0 {
                            *left -= 1;
                            put(content, offset, piece);
                        }
                    }
                }
            }
        }
        if dice.percent(50) {
            content.resize(cached_length, 0);
        }
    }
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Change::Write(offset, data) => put(content, *offset, data),
            Change::Truncate(length) => content.resize(*length as usize, 0),
        }
    }

    /// What it writes to each block: the block's number, where in the file, and the bytes.
    fn pieces(&self) -> Vec<(u64, u64, &[u8])> {
        let Change::Write(offset, data) = self else { return Vec::new() };
        let mut pieces = Vec::new();
        let (mut at, mut left) = (*offset, &data[..]);
        while !left.is_empty() {
            let room = (BLOCK - at % BLOCK) as usize;
            let (piece, rest) = left.split_at(room.min(left.len()));
            pieces.push((at / BLOCK, at, piece));
            at += piece.len() as u64;
            left = rest;
        }
        pieces
    }
}

fn put(content: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let end = offset as usize + data.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset as usize..end].copy_from_slice(data);
}

fn up_to(dice: &mut Dice, most: usize) -> usize {
    dice.below(most as u64 + 1) as usize
}

/// What lies in `dir`.
pub fn image_of(dir: &Path) -> Image {
    let mut image = Image::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("listed") {
            let path = entry.expect("listed").path();
            let below = path.strip_prefix(dir).expect("inside").to_owned();
            if path.is_dir() {
                image.insert(below, None);
                open.push(path);
            } else {
                image.insert(below, Some(fs::read(&path).expect("readable")));
            }
        }
    }
    image
}

/// Makes `dir`, anew, what an image says.
pub fn lay_out(image: &Image, dir: &Path) {
    if dir.exists() {
        fs::remove_dir_all(dir).expect("removed");
    }
    fs::create_dir_all(dir).expect("made");
    for (path, content) in image {
        let path = dir.join(path);
        match content {
            None => fs::create_dir(path).expect("made"),
            Some(content) => {
                // Permissions are no part of the model: everything is its owner's alone, as signing keys must be.
                let mut file = fs::OpenOptions::new();
                let file = file.write(true).create_new(true).mode(0o600).open(path);
                file.and_then(|mut file| file.write_all(content)).expect("written");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(offset: u64, byte: u8, length: usize) -> Operation {
        Operation::Write("a".into(), offset, vec![byte; length].into())
    }

    fn sync(path: &str) -> Operation {
        Operation::Sync(path.into())
    }

    fn disk(operations: &[Operation]) -> Disk {
        let mut disk = Disk::default();
        operations.iter().for_each(|operation| disk.follow(operation));
        disk
    }

    /// Content of `a` in many images.
    fn contents(disk: &Disk) -> Vec<Vec<u8>> {
        let images = (0..500).map(|seed| disk.image(Kept::Some(seed)));
        images.filter_map(|mut image| image.remove(Path::new("a")).flatten()).collect()
    }

    #[test]
    fn a_name_is_durable_by_its_directory_and_content_by_its_file() {
        let new = || vec![Operation::Create("a".into()), write(0, 1, 10)];
        let keeps = |more: &[Operation]| disk(&[new(), more.to_vec()].concat()).image(Kept::Nothing);
        assert!(keeps(&[sync("a")]).is_empty());
        assert_eq!(keeps(&[sync(".")])[Path::new("a")], Some(vec![]));
        assert_eq!(keeps(&[sync("a"), sync(".")])[Path::new("a")], Some(vec![1; 10]));
        assert_eq!(disk(&new()).image(Kept::Everything)[Path::new("a")], Some(vec![1; 10]));
    }

    #[test]
    fn names_arrive_in_order_and_nothing_is_found_in_what_has_no_name() {
        let disk = disk(&[
            Operation::MakeDirectory("d".into()),
            Operation::Create("d/new".into()),
            Operation::Rename("d/new".into(), "d/b".into()),
            sync("d"),
            Operation::Create("d/c".into()),
            Operation::Unlink("d/b".into()),
        ]);
        for seed in 0..100 {
            let image = disk.image(Kept::Some(seed));
            let has = |path: &str| image.contains_key(Path::new(path));
            assert!(!has("d/new") && (has("d") == (has("d/b") || has("d/c"))), "{image:?}");
            assert!(!has("d") || has("d/b") || has("d/c"), "removed before the other was made: {image:?}");
        }
        assert!(disk.image(Kept::Nothing).is_empty(), "its own name was never synced");
    }

    #[test]
    fn blocks_are_whole_and_any_version_of_each_is_found() {
        let disk = disk(&[
            Operation::Create("a".into()),
            sync("."),
            write(0, 1, 12_000),
            sync("a"),
            write(4000, 2, 200),
            write(4096, 3, 100),
        ]);
        let mut found = std::collections::BTreeSet::new();
        for content in contents(&disk) {
            assert_eq!(content.len(), 12_000);
            assert_eq!((content[0], content[11_999]), (1, 1));
            assert!(content[4000..4096].iter().all(|byte| *byte == content[4000]));
            found.insert((content[4000], content[4096], content[4199]));
        }
        let versions = [(1, 1, 1), (1, 2, 1), (1, 3, 1), (2, 1, 1), (2, 2, 1), (2, 3, 1)];
        assert_eq!(found.len(), 6, "{found:?}");
        assert!(
            versions.iter().all(|(first, second, _)| found.iter().any(|v| (v.0, v.1) == (*first, *second)))
        );
    }

    #[test]
    fn what_follows_a_truncation_that_is_lost_is_lost() {
        let disk = disk(&[
            Operation::Create("a".into()),
            sync("."),
            write(0, 1, 5000),
            sync("a"),
            Operation::Truncate("a".into(), 0),
            write(0, 2, 10),
        ]);
        for content in contents(&disk) {
            let long = content == [1; 5000];
            let short = content.is_empty() || content == [0; 10] || content == [2; 10];
            assert!(long || short, "{content:?}");
        }
    }
}
