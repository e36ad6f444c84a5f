//! The right edge of a tree that is kept as tiles: of each level of tiles the hashes that do not yet fill one.
//!
//! With the full tiles, which never change, it is the whole tree. [`Edges::push`] appends a leaf and hands out each
//! tile that becomes full; memory at most 255 hashes a level. Left out: where full tiles are kept, and proofs
//! (`tree.rs`).

use super::tile::{MAX_TILE_LEVEL, TILE_HEIGHT, TILE_WIDTH, Tile, hashes_at};
use super::tree::{TreeHash, node_hash};
use crate::values::Length;

/// The hashes of a growing tree that lie in no full tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edges {
    size: Length,
    /// Of each level of tiles, from 0: fewer than 256 hashes.
    levels: Vec<Partial>,
}

/// The hashes of a tile that is not full, and the complete subtrees over them by height, so that none is hashed twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Partial(Vec<Vec<TreeHash>>);

impl Partial {
    fn of(hashes: Vec<TreeHash>) -> Self {
        let mut partial = Partial::default();
        hashes.into_iter().for_each(|hash| partial.push(hash));
        partial
    }

    /// Adds a hash. Cost: one hash on average.
    fn push(&mut self, hash: TreeHash) {
        let (mut height, mut node) = (0, hash);
        loop {
            if self.0.len() == height {
                self.0.push(Vec::new());
            }
            let row = &mut self.0[height];
            row.push(node);
            match row[..] {
                [.., left, right] if row.len().is_multiple_of(2) => node = node_hash(&left, &right),
                _ => return,
            }
            height += 1;
        }
    }

    fn hashes(&self) -> &[TreeHash] {
        self.0.first().map_or(&[], Vec::as_slice)
    }

    fn node(&self, height: u32, index: u64) -> Option<TreeHash> {
        self.0.get(height as usize)?.get(usize::try_from(index).ok()?).copied()
    }
}

impl Edges {
    /// The edge of a tree of `size`, from the hashes of each of its partial tiles. `hashes` is asked once for each
    /// level that has any, for exactly as many as the tile is wide.
    pub fn of<E>(size: Length, mut hashes: impl FnMut(Tile) -> Result<Vec<TreeHash>, E>) -> Result<Self, E> {
        let mut levels = Vec::new();
        for level in (0..=MAX_TILE_LEVEL).take_while(|level| hashes_at(*level, size) > 0) {
            let tile = partial_at(level, size);
            levels.push(if tile.width == 0 { Partial::default() } else { Partial::of(hashes(tile)?) });
        }
        Ok(Edges { size, levels })
    }

    /// Number of leaves.
    pub fn size(&self) -> Length {
        self.size
    }

    /// Adds a leaf, and hands over each tile that it fills, with its hashes. Cost: one hash on average.
    pub fn push(&mut self, leaf: TreeHash, full: &mut impl FnMut(Tile, &[TreeHash])) {
        let mut carried = Some((0, leaf));
        while let Some((level, hash)) = carried.take() {
            if self.levels.len() == level {
                self.levels.push(Partial::default());
            }
            let Some(partial) = self.levels.get_mut(level) else { break };
            partial.push(hash);
            if let Some(root) = partial.node(TILE_HEIGHT, 0) {
                // Below 8 levels, since a size has 64 bits.
                let height = TILE_HEIGHT * level as u32;
                let tile = Tile::full(level as u32, self.size.0 >> height >> TILE_HEIGHT);
                full(tile, partial.hashes());
                *partial = Partial::default();
                carried = Some((level + 1, root));
            }
        }
        self.size.0 += 1;
    }

    /// The hashes of the last tile of a level of tiles, while it is partial.
    pub fn partial(&self, level: u32) -> &[TreeHash] {
        self.levels.get(level as usize).map_or(&[], Partial::hashes)
    }

    /// The root of the complete subtree over the leaves from `index << level`, `1 << level` of them, if it lies under
    /// one of the last tiles. Cost: a look-up.
    pub fn node(&self, level: u32, index: u64) -> Option<TreeHash> {
        let (tile_level, within) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = (partial_at(tile_level, self.size).index * TILE_WIDTH) >> within;
        self.levels.get(tile_level as usize)?.node(within, index.checked_sub(first)?)
    }
}

/// The partial tile of a level, which may have no hash yet.
fn partial_at(level: u32, size: Length) -> Tile {
    let hashes = hashes_at(level, size);
    Tile { level, index: hashes / TILE_WIDTH, width: hashes % TILE_WIDTH }
}

/// The root over hashes of one level side by side, a power of two of them. Cost: a hash for each but one.
pub fn subtree(hashes: &[TreeHash]) -> TreeHash {
    match hashes {
        [] => TreeHash::empty_root(),
        [hash] => *hash,
        more => {
            let (left, right) = more.split_at(more.len() / 2);
            node_hash(&subtree(left), &subtree(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use super::super::tree::{Frontier, Levels, Nodes, leaf_hash, root_at};
    use super::*;

    /// The tree as the edge has it; what is under full tiles is not asked for.
    struct OnTheEdge<'e>(&'e Edges);

    impl Nodes for OnTheEdge<'_> {
        type Error = String;

        fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, String> {
            self.0.node(level, index).ok_or_else(|| format!("{level}/{index} is not on the edge"))
        }
    }

    #[test]
    fn the_edge_gives_the_root_of_every_size_and_every_full_tile() {
        const LEAVES: u64 = 66_000;
        let leaves: Vec<TreeHash> = (0..LEAVES).map(|at| leaf_hash(&at.to_be_bytes())).collect();
        let mut levels = Levels::of(leaves.clone());
        let (mut edges, mut frontier) = (Edges::default(), Frontier::default());
        let mut tiles = BTreeMap::new();
        for (at, leaf) in leaves.iter().enumerate() {
            edges.push(*leaf, &mut |tile, hashes| {
                tiles.insert((tile.level, tile.index), hashes.to_vec());
            });
            frontier.push(*leaf);
            if at < 600 || at % 97 == 0 || at > 65_500 {
                let root = root_at(&mut OnTheEdge(&edges), edges.size());
                assert_eq!(root, Ok(frontier.root()), "{at}");
            }
        }
        assert_eq!(tiles.len() as u64, LEAVES / 256 + LEAVES / 65_536);
        for ((level, index), hashes) in &tiles {
            for (within, hash) in hashes.iter().enumerate() {
                let Ok(expected) = levels.node(level * TILE_HEIGHT, index * TILE_WIDTH + within as u64);
                assert_eq!(*hash, expected, "{level}/{index} at {within}");
            }
        }
        let of_tiles = Edges::of(edges.size(), |tile| {
            let hash = |at| levels.node(tile.level * TILE_HEIGHT, tile.index * TILE_WIDTH + at);
            (0..tile.width).map(hash).collect::<Result<Vec<_>, Infallible>>()
        });
        assert_eq!(of_tiles, Ok(edges));
    }
}
