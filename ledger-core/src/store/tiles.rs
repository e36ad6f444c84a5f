//! The full tiles of the tree, as files in the layout of C2SP tlog-tiles.
//!
//! ```text
//! DIR/tiles/tile/L/N   256 hashes of 32 bytes, side by side
//! ```
//!
//! They are derived from the log: never synced, and never believed. Whoever reads one compares its root with what is
//! known from elsewhere, and takes the entries where it does not fit, so one that is missing, torn or changed costs
//! time and nothing else. Used by `kept_tree.rs`. Left out: partial tiles, which are held in memory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::log::TreeHash;
use crate::log::tile::{TILE_WIDTH, Tile};

const HASH_BYTES: usize = 32;
const TILE_BYTES: usize = TILE_WIDTH as usize * HASH_BYTES;

/// The tile files of one ledger.
#[derive(Debug, Clone)]
pub struct TileFiles {
    dir: PathBuf,
}

impl TileFiles {
    /// Those of the ledger in `dir`. Nothing is read or made yet.
    pub fn of(dir: &Path) -> TileFiles {
        TileFiles { dir: dir.join("tiles") }
    }

    /// The 256 hashes in the file of a full tile, as they are there; none if there is no such file of that size. Cost:
    /// reading 8 KiB.
    pub fn read(&self, tile: Tile) -> Option<Vec<TreeHash>> {
        let mut bytes = Vec::with_capacity(TILE_BYTES + 1);
        let file = File::open(self.dir.join(tile.path())).ok()?;
        file.take(TILE_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
        if bytes.len() != TILE_BYTES {
            return None;
        }
        let (hashes, _) = bytes.as_chunks::<HASH_BYTES>();
        Some(hashes.iter().map(|hash| TreeHash::from_bytes(*hash)).collect())
    }

    /// Writes a full tile. Not synced: see above.
    pub fn write(&self, tile: Tile, hashes: &[TreeHash]) -> io::Result<()> {
        let path = self.dir.join(tile.path());
        let bytes = spell(hashes);
        match fs::write(&path, &bytes) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                path.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::write(&path, &bytes)
            }
            written => written,
        }
    }

    /// Removes all of them, as far as that is possible: for a log that was replaced.
    pub(super) fn forget(&self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Hashes as a tile holds them.
pub fn spell(hashes: &[TreeHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::tree::leaf_hash;

    #[test]
    fn a_tile_is_read_as_it_was_written_or_not_at_all() {
        let scratch = tempfile::tempdir().expect("a directory");
        let files = TileFiles::of(scratch.path());
        let hashes: Vec<TreeHash> = (0..TILE_WIDTH).map(|at| leaf_hash(&at.to_be_bytes())).collect();
        let tile = Tile::full(0, 1_234_067);
        assert_eq!(files.read(tile), None);
        files.write(tile, &hashes).expect("written");
        assert_eq!(files.read(tile), Some(hashes.clone()));
        let path = scratch.path().join("tiles/tile/0/x001/x234/067");
        let bytes = fs::read(&path).expect("there");
        for torn in [&bytes[..0], &bytes[..4096], &bytes[1..], &[&bytes[..], &[0]].concat()] {
            fs::write(&path, torn).expect("written");
            assert_eq!(files.read(tile), None, "{} bytes", torn.len());
        }
        files.write(tile, &hashes).expect("written over");
        assert_eq!(files.read(tile), Some(hashes));
    }
}
