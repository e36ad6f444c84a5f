//! The tree of one ledger: its edge in memory, its full tiles in files, and the log for whatever does not fit.
//!
//! What is trusted is the edge. It is taken from the tiles if it then has the root of the newest checkpoint, else from
//! the log; whatever came after the checkpoint is taken from the log. Every full tile has its root in a tile above it
//! or on the edge: a tile that does not give it is made again from its entries. So no file can make a wrong proof, only
//! a slow one. `notary.rs` appends to it, [`TreeReader`] reads. Left out: signing.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ledger::Progress;
use crate::log::edges::{Edges, subtree};
use crate::log::tile::{TILE_HEIGHT, TILE_WIDTH, Tile, hashes_at};
use crate::log::tree::{
    Frontier, Levels, Nodes, ProofError, consistency_proof, inclusion_proof, leaf_hash, root_at,
    verify_consistency, verify_inclusion,
};
use crate::log::{Checkpoint, TreeHash};
use crate::store::{ReadError, Store, TileFiles, entries_from};
use crate::values::{Length, Sequence};

/// Tiles kept decoded, 16 KiB each: 4 MiB.
const CACHED: usize = 256;
/// Entries hashed between two words about it: some 60 ms.
const TOLD_EVERY: u64 = 65_536;

/// Why the tree gives no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TreeError {
    /// An entry cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// More was asked for than there is.
    #[error("{asked} lies beyond the tree, which has {size} entries")]
    Beyond {
        /// A size, or the position of an entry.
        asked: u64,
        /// Entries in the tree.
        size: Length,
    },
    /// The log is shorter than what was signed: entries were lost.
    #[error(
        "the log has {length} entries, and its newest checkpoint {signed}: it was rolled back; restore the newest backup \
         or export"
    )]
    Shorter {
        /// Entries that were signed.
        signed: Length,
        /// Entries there are.
        length: Length,
    },
    /// The log is not the one that was signed: entries were changed.
    #[error(
        "the first {size} entries have the root {found}, and the checkpoint says {signed}: the log or the checkpoint was \
         changed; see `ledger verify`, and restore the newest backup or export"
    )]
    Differs {
        /// Entries that were signed.
        size: Length,
        /// Their root then.
        signed: TreeHash,
        /// Their root now.
        found: TreeHash,
    },
    /// Entries changed since the tree was opened.
    #[error("the entries under tile {tile} are not those the tree was made of; see `ledger verify`")]
    Changed {
        /// Path of the tile.
        tile: String,
    },
    /// A proof does not verify against the tree it was made from, so entries changed since.
    #[error("the log does not fit its own tree ({0}); see `ledger verify`")]
    Unproved(#[from] ProofError),
}

/// The tree of a ledger, growing.
#[derive(Debug)]
pub(crate) struct KeptTree {
    store: Arc<dyn Store>,
    files: Option<TileFiles>,
    /// Whether tiles are written to their files when they are full.
    writes: bool,
    edges: Edges,
    /// The tiles above level 0 that were not written: a hash for every 256 entries.
    held: HashMap<Tile, Levels>,
    cached: HashMap<Tile, Levels>,
}

impl KeptTree {
    /// The tree over the first entries of `store`, as many as there are, which must have grown from `checkpoint` if there
    /// is one. Cost: at most 255 tiles read and hashed for each level, 30 ms together, and a hash for each entry
    /// after the checkpoint; if a new tile is wrong, of 65,536 entries more; without checkpoint or right tiles a hash for
    /// each entry, some million a second, of which `progress` hears.
    pub(crate) fn open(
        store: Arc<dyn Store>,
        files: Option<TileFiles>,
        writes: bool,
        checkpoint: Option<&Checkpoint>,
        progress: Progress<'_>,
    ) -> Result<Self, TreeError> {
        let length = store.head().length;
        let (held, cached) = (HashMap::new(), HashMap::new());
        let mut tree = KeptTree { store, files, writes, edges: Edges::default(), held, cached };
        if let Some(signed) = checkpoint {
            tree.reach(signed, length, progress)?;
        }
        tree.extend(length, progress)?;
        Ok(tree)
    }

    /// Takes up the tree at a checkpoint: from tiles that give its root, else from those that are older than a loss of
    /// power can have torn, else from the log.
    fn reach(
        &mut self,
        signed: &Checkpoint,
        length: Length,
        progress: Progress<'_>,
    ) -> Result<(), TreeError> {
        let size = signed.size;
        if size > length {
            return Err(TreeError::Shorter { signed: size, length });
        }
        for are_newest_trusted in [true, false] {
            if let Some(edges) = self.edges_of_tiles(size, are_newest_trusted)? {
                self.edges = edges;
                if self.root()? == signed.root {
                    return Ok(());
                }
            }
        }
        self.edges = Edges::default();
        self.extend(size, progress)?;
        match self.root()? {
            root if root == signed.root => Ok(()),
            found => Err(TreeError::Differs { size, signed: signed.root, found }),
        }
    }

    /// The edge at a size, from the roots of full tiles and the entries under the last; none if a tile is missing. The
    /// newest tiles of level 0, at most 255, come from the log if they are not trusted: they were written last.
    fn edges_of_tiles(&self, size: Length, are_newest_trusted: bool) -> Result<Option<Edges>, TreeError> {
        let Some(files) = &self.files else { return Ok(None) };
        let mut lacks = false;
        let edges = Edges::of(size, |partial| {
            let first = partial.index * TILE_WIDTH;
            if partial.level == 0 {
                return self.leaves(Sequence::new(first), partial.width);
            }
            let below = (first..first + partial.width).map(|at| Tile::full(partial.level - 1, at));
            if partial.level == 1 && !are_newest_trusted {
                return below.map(|tile| Ok(subtree(&self.made_again(tile)?))).collect();
            }
            let roots = below.map_while(|tile| files.read(tile)).map(|hashes| subtree(&hashes));
            let roots: Vec<TreeHash> = roots.collect();
            lacks |= roots.len() as u64 != partial.width;
            Ok::<_, TreeError>(roots)
        })?;
        Ok((!lacks).then_some(edges))
    }

    /// The hashes of `count` entries from `first` on.
    fn leaves(&self, first: Sequence, count: u64) -> Result<Vec<TreeHash>, TreeError> {
        let entries =
            entries_from(self.store.clone(), first).take(usize::try_from(count).unwrap_or(usize::MAX));
        entries.map(|item| Ok(item.map(|(_, bytes)| leaf_hash(&bytes))?)).collect()
    }

    /// Takes entries from the log until the tree has `size`.
    pub(crate) fn extend(&mut self, size: Length, progress: Progress<'_>) -> Result<(), TreeError> {
        let from = self.size();
        let count = usize::try_from(size.0.saturating_sub(from.0)).unwrap_or(usize::MAX);
        if count == 0 {
            return Ok(());
        }
        for item in entries_from(self.store.clone(), from.next_sequence()).take(count) {
            self.push(leaf_hash(&item?.1));
            if self.size().0.is_multiple_of(TOLD_EVERY) {
                progress(self.size(), size);
            }
        }
        match self.size() {
            reached if reached < size => Err(TreeError::Beyond { asked: size.0, size: reached }),
            _ => Ok(()),
        }
    }

    /// Adds the hash of the next entry. A tile that cannot be written is made again when it is asked for.
    pub(crate) fn push(&mut self, leaf: TreeHash) {
        let KeptTree { edges, files, writes, held, .. } = self;
        edges.push(leaf, &mut |tile, hashes| match files {
            Some(files) if *writes => drop(files.write(tile, hashes)),
            _ if tile.level > 0 => drop(held.insert(tile, Levels::of(hashes.to_vec()))),
            _ => {}
        });
    }

    /// Entries in it.
    pub(crate) fn size(&self) -> Length {
        self.edges.size()
    }

    /// Root over all of them. Cost: at most 255 hashes a level.
    pub(crate) fn root(&mut self) -> Result<TreeHash, TreeError> {
        root_at(self, self.edges.size())
    }

    /// Root over the first `size`.
    pub(crate) fn root_at(&mut self, size: Length) -> Result<TreeHash, TreeError> {
        self.check(size.0)?;
        root_at(self, size)
    }

    /// The root, once it is proved and verified that the tree begins with the one that was signed.
    pub(crate) fn extends(&mut self, signed: &Checkpoint) -> Result<TreeHash, TreeError> {
        let size = signed.size;
        self.check(size.0)?;
        let proof = consistency_proof(self, size, self.size())?;
        let root = self.root()?;
        match verify_consistency(size, signed.root, self.size(), root, &proof) {
            Ok(()) => Ok(root),
            Err(_) => Err(TreeError::Differs { size, signed: signed.root, found: root_at(self, size)? }),
        }
    }

    /// Proof that the tree of `size` begins with that of `old`; it has been verified.
    pub(crate) fn consistency(&mut self, old: Length, size: Length) -> Result<Vec<TreeHash>, TreeError> {
        self.check(size.0)?;
        if old > size {
            return Err(TreeError::Beyond { asked: old.0, size });
        }
        let proof = consistency_proof(self, old, size)?;
        let (old_root, root) = (root_at(self, old)?, root_at(self, size)?);
        verify_consistency(old, old_root, size, root, &proof)?;
        Ok(proof)
    }

    /// Proof that the entry at `sequence` is in the tree of `size`; it has been verified with the entry's bytes.
    pub(crate) fn inclusion(&mut self, sequence: Sequence, size: Length) -> Result<Vec<TreeHash>, TreeError> {
        self.check(size.0)?;
        let leaf = self.leaves(sequence, 1)?;
        let leaf = leaf.first().ok_or(TreeError::Beyond { asked: sequence.get(), size })?;
        self.inclusion_of(*leaf, sequence, size)
    }

    /// As [`KeptTree::inclusion`], of an entry that was read already.
    fn inclusion_of(
        &mut self,
        leaf: TreeHash,
        sequence: Sequence,
        size: Length,
    ) -> Result<Vec<TreeHash>, TreeError> {
        self.check(size.0)?;
        if !size.contains(sequence) {
            return Err(TreeError::Beyond { asked: sequence.get(), size });
        }
        let proof = inclusion_proof(self, sequence, size)?;
        let root = root_at(self, size)?;
        verify_inclusion(leaf, sequence, size, &proof, root)?;
        Ok(proof)
    }

    fn check(&self, asked: u64) -> Result<(), TreeError> {
        let size = self.size();
        if asked <= size.0 { Ok(()) } else { Err(TreeError::Beyond { asked, size }) }
    }

    /// The hashes of a tile of the tree, which is full, or the last of its level and as wide as it says.
    pub(crate) fn hashes(&mut self, tile: Tile) -> Result<Vec<TreeHash>, TreeError> {
        let partial = self.edges.partial(tile.level);
        if hashes_at(tile.level, self.size()) / TILE_WIDTH == tile.index
            && let Some(hashes) = partial.get(..tile.width as usize)
        {
            return Ok(hashes.to_vec());
        }
        let whole = self.full_tile(Tile::full(tile.level, tile.index))?;
        let hash = |at| {
            let Ok(hash) = whole.node(0, at);
            hash
        };
        Ok((0..tile.width).map(hash).collect())
    }

    /// The hash of a complete subtree that is the root of a full tile.
    fn root_of(&mut self, tile: Tile) -> Result<TreeHash, TreeError> {
        let level = TILE_HEIGHT * (tile.level + 1);
        match self.edges.node(level, tile.index) {
            Some(hash) => Ok(hash),
            None => self.node(level, tile.index),
        }
    }

    /// A full tile whose root is where it belongs: kept, from its file, or from the entries.
    fn full_tile(&mut self, tile: Tile) -> Result<&mut Levels, TreeError> {
        if !self.held.contains_key(&tile) && !self.cached.contains_key(&tile) {
            let root = self.root_of(tile)?;
            let levels = self.fitting(tile, root)?;
            if self.cached.len() >= CACHED {
                self.cached.clear();
            }
            self.cached.insert(tile, levels);
        }
        let held = self.held.get_mut(&tile);
        held.or_else(|| self.cached.get_mut(&tile)).ok_or_else(|| changed(tile))
    }

    /// A tile with this root, from its file or else from the log, and then written anew.
    fn fitting(&self, tile: Tile, root: TreeHash) -> Result<Levels, TreeError> {
        let fits = |levels: &mut Levels| levels.node(TILE_HEIGHT, 0) == Ok(root);
        if let Some(hashes) = self.files.as_ref().and_then(|files| files.read(tile)) {
            let mut levels = Levels::of(hashes);
            if fits(&mut levels) {
                return Ok(levels);
            }
        }
        let mut levels = Levels::of(self.made_again(tile)?);
        if fits(&mut levels) { Ok(levels) } else { Err(changed(tile)) }
    }

    /// A tile from the log, and in its file again. Whoever asks compares it with what is known.
    fn made_again(&self, tile: Tile) -> Result<Vec<TreeHash>, TreeError> {
        let hashes = self.of_log(tile)?;
        if let (true, Some(files)) = (self.writes, &self.files) {
            let _ = files.write(tile, &hashes);
        }
        Ok(hashes)
    }

    /// The hashes of a full tile, from the entries under it. Cost: a hash for each.
    fn of_log(&self, tile: Tile) -> Result<Vec<TreeHash>, TreeError> {
        let each = 1 << (TILE_HEIGHT * tile.level);
        let first = tile.index * TILE_WIDTH * each;
        let mut entries = entries_from(self.store.clone(), Sequence::new(first));
        let mut hash = || {
            let mut frontier = Frontier::default();
            while frontier.size().0 < each {
                let (_, bytes) = entries.next().ok_or_else(|| changed(tile))??;
                frontier.push(leaf_hash(&bytes));
            }
            Ok(frontier.root())
        };
        (0..TILE_WIDTH).map(|_| hash()).collect()
    }
}

fn changed(tile: Tile) -> TreeError {
    TreeError::Changed { tile: tile.path() }
}

impl Nodes for KeptTree {
    type Error = TreeError;

    fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, TreeError> {
        if let Some(hash) = self.edges.node(level, index) {
            return Ok(hash);
        }
        let (tile_level, within) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let tile = Tile::full(tile_level, (index << within) / TILE_WIDTH);
        let first = (tile.index * TILE_WIDTH) >> within;
        let Ok(hash) = self.full_tile(tile)?.node(within, index - first);
        Ok(hash)
    }
}

/// The tree of one ledger, for reading: from tiles where they are right, else from the log. Writes nothing.
#[derive(Debug)]
pub struct TreeReader {
    tree: Mutex<KeptTree>,
    size: Length,
}

impl TreeReader {
    /// The tree over the entries that `store` has now. `dir` is the ledger's directory, where tiles may be; they serve as
    /// far as `checkpoint` reaches, whose root the log must have. Cost: some 10 ms, and a hash for each entry after the
    /// checkpoint; without tiles and checkpoint a hash for each entry, some million a second.
    pub fn open(
        store: Arc<dyn Store>,
        dir: Option<&Path>,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self, TreeError> {
        Self::open_with(store, dir, checkpoint, &mut |_, _| ())
    }

    /// As [`TreeReader::open`]; `progress` hears how many entries were hashed.
    pub fn open_with(
        store: Arc<dyn Store>,
        dir: Option<&Path>,
        checkpoint: Option<&Checkpoint>,
        progress: Progress<'_>,
    ) -> Result<Self, TreeError> {
        let tree = KeptTree::open(store, dir.map(TileFiles::of), false, checkpoint, progress)?;
        Ok(TreeReader { size: tree.size(), tree: Mutex::new(tree) })
    }

    /// Entries it covers: those the store had when this was opened.
    pub fn size(&self) -> Length {
        self.size
    }

    /// Root over the first `size` entries.
    pub fn root_at(&self, size: Length) -> Result<TreeHash, TreeError> {
        self.tree().root_at(size)
    }

    /// Proof that the entry at `sequence` is in the tree of `size`, verified with the entry's bytes. Cost: under a
    /// millisecond: two or three tiles and a page.
    pub fn inclusion(&self, sequence: Sequence, size: Length) -> Result<Vec<TreeHash>, TreeError> {
        self.tree().inclusion(sequence, size)
    }

    /// As [`TreeReader::inclusion`], verified with the entry's `bytes`, which whoever asks has already. Cost: two or three
    /// tiles.
    pub fn inclusion_of(
        &self,
        bytes: &[u8],
        sequence: Sequence,
        size: Length,
    ) -> Result<Vec<TreeHash>, TreeError> {
        self.tree().inclusion_of(leaf_hash(bytes), sequence, size)
    }

    /// Proof that the tree of `size` begins with that of `old`, verified.
    pub fn consistency(&self, old: Length, size: Length) -> Result<Vec<TreeHash>, TreeError> {
        self.tree().consistency(old, size)
    }

    /// The hashes of a tile that a tree of at most [`TreeReader::size`] has, verified against the root.
    pub fn tile(&self, tile: Tile) -> Result<Vec<TreeHash>, TreeError> {
        self.tree().check(tile.covers().0)?;
        self.tree().hashes(tile)
    }

    /// A panic elsewhere leaves nothing half done: what is cached was checked before.
    fn tree(&self) -> MutexGuard<'_, KeptTree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::log::Head;
    use crate::store::{Batch, MemoryStore};
    use crate::values::Hash;

    fn entry(at: u64) -> Vec<u8> {
        format!("entry {at}").into_bytes()
    }

    fn store_of(entries: impl Iterator<Item = Vec<u8>>) -> Arc<MemoryStore> {
        let store = Arc::new(MemoryStore::new());
        let entries: Vec<Vec<u8>> = entries.collect();
        if let Some(last) = entries.last() {
            let head = Head { length: Length(entries.len() as u64), hash: Hash::of(last) };
            store.append(Length(0), &Batch { entries, head }).expect("appended");
        }
        store
    }

    fn store(length: u64) -> Arc<MemoryStore> {
        store_of((0..length).map(entry))
    }

    fn levels(length: u64) -> Levels {
        Levels::of((0..length).map(|at| leaf_hash(&entry(at))).collect())
    }

    fn checkpoint(size: u64) -> Checkpoint {
        let Ok(root) = root_at(&mut levels(size), Length(size));
        Checkpoint { origin: "log.example".to_owned(), size: Length(size), root }
    }

    /// The tiles of a log, as its writer leaves them.
    fn tiles(length: u64) -> tempfile::TempDir {
        let scratch = tempfile::tempdir().expect("a directory");
        let files = Some(TileFiles::of(scratch.path()));
        KeptTree::open(store(length), files, true, None, &mut |_, _| ()).expect("made");
        scratch
    }

    /// Roots and proofs at some sizes are those of the tree in memory, and verify.
    fn agrees(reader: &TreeReader, levels: &mut Levels) {
        let length = levels.size().0;
        for number in 1..20 {
            // Anywhere, and the same for every reader.
            let anywhere = |salt: u64, below: u64| number * salt % below;
            let size = Length(1 + anywhere(10_007, length));
            let Ok(root) = root_at(levels, size);
            assert_eq!(reader.root_at(size).expect("a root"), root, "{size}");
            let (at, old) = (Sequence::new(anywhere(30_011, size.0)), Length(anywhere(50_021, size.0 + 1)));
            let Ok(inclusion) = inclusion_proof(levels, at, size);
            assert_eq!(reader.inclusion(at, size).expect("a proof"), inclusion, "{at} in {size}");
            let Ok(consistency) = consistency_proof(levels, old, size);
            assert_eq!(reader.consistency(old, size).expect("a proof"), consistency, "{old} in {size}");
        }
    }

    #[test]
    fn tiles_log_and_memory_agree() {
        for length in [1, 255, 256, 257, 700, 65_535, 66_100] {
            let (scratch, store, mut levels) = (tiles(length), store(length), levels(length));
            let (dir, signed) = (Some(scratch.path()), checkpoint(length - length / 100));
            for (dir, signed) in [(None, None), (dir, None), (dir, Some(&signed)), (None, Some(&signed))] {
                let reader = TreeReader::open(store.clone(), dir, signed).expect("opened");
                assert_eq!(reader.size(), Length(length));
                agrees(&reader, &mut levels);
            }
        }
        assert_eq!(TreeReader::open(store(0), None, None).expect("opened").size(), Length(0));
    }

    #[test]
    fn tiles_that_lie_are_torn_or_missing_cost_time_only() {
        const LENGTH: u64 = 66_100;
        let (scratch, store, mut levels) = (tiles(LENGTH), store(LENGTH), levels(LENGTH));
        let signed = checkpoint(66_000);
        for (tile, index) in [(0, 0), (0, 257), (1, 0)] {
            for change in 0..3 {
                let path = scratch.path().join("tiles").join(Tile::full(tile, index).path());
                let mut bytes = fs::read(&path).expect("there");
                match change {
                    0 => bytes[77] ^= 1,
                    1 => bytes.truncate(4096),
                    _ => bytes.fill(0),
                }
                fs::write(&path, &bytes).expect("written");
                let reader = TreeReader::open(store.clone(), Some(scratch.path()), Some(&signed));
                agrees(&reader.expect("opened"), &mut levels);
                assert_eq!(fs::read(&path).expect("there"), bytes, "a reader writes nothing");
                let files = Some(TileFiles::of(scratch.path()));
                let mut writing =
                    KeptTree::open(store.clone(), files.clone(), true, Some(&signed), &mut |_, _| ())
                        .expect("opened");
                let expected = writing.hashes(Tile::full(tile, index)).expect("hashes");
                assert_eq!(files.and_then(|files| files.read(Tile::full(tile, index))), Some(expected));
            }
        }
        let mut told = |dir: &Path| {
            let mut told = Vec::new();
            let mut tell = |done: Length, of: Length| told.push((done.0, of.0));
            let reader = TreeReader::open_with(store.clone(), Some(dir), Some(&signed), &mut tell);
            agrees(&reader.expect("opened"), &mut levels);
            told
        };
        assert_eq!(told(scratch.path()), []);
        fs::remove_dir_all(scratch.path().join("tiles")).expect("removed");
        assert_eq!(told(scratch.path()), [(65_536, 66_000)], "what takes long is told");
    }

    #[test]
    fn a_log_that_is_not_what_was_signed_is_told_apart() {
        const LENGTH: u64 = 700;
        let (scratch, signed) = (tiles(LENGTH), checkpoint(LENGTH));
        let open = |store| TreeReader::open(store, Some(scratch.path()), Some(&signed));
        let shorter = open(store(LENGTH - 1)).err();
        assert!(matches!(shorter, Some(TreeError::Shorter { .. })), "{shorter:?}");
        let changed =
            |at: u64| store_of((0..LENGTH).map(move |now| entry(if now == at { 999 } else { now })));
        let differs = open(changed(699)).err();
        assert!(matches!(differs, Some(TreeError::Differs { .. })), "{differs:?}");
        // Under a full tile nothing is seen until it is asked for.
        let reader = open(changed(5)).expect("opened");
        let unproved = reader.inclusion(Sequence::new(5), Length(LENGTH)).err();
        assert!(matches!(unproved, Some(TreeError::Unproved(_))), "{unproved:?}");
        for (sequence, size) in [(0, 701), (700, 700)] {
            let beyond = reader.inclusion(Sequence::new(sequence), Length(size)).err();
            assert!(matches!(beyond, Some(TreeError::Beyond { .. })), "{beyond:?}");
        }
        assert!(reader.consistency(Length(5), Length(4)).is_err());
    }
}
