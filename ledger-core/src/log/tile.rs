//! Tiles of a tree, as C2SP tlog-tiles cuts and names them.
//!
//! A tile is 256 hashes side by side at one of the levels 0, 8, 16, ... of the tree (called 0, 1, 2, ... here); the
//! last of a level may be partial. An entry bundle is the 256 entries under a tile of level 0. Left out: where tiles
//! are kept, and what the hashes are.

use std::fmt::Write;

use crate::values::{Length, Sequence};

/// Hashes in a full tile, and entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Levels of the tree in a level of tiles.
pub const TILE_HEIGHT: u32 = 8;
/// Levels of tiles that there may be.
pub const MAX_TILE_LEVEL: u32 = 63 / TILE_HEIGHT;

/// A tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// Level of tiles, from 0.
    pub level: u32,
    /// Position in its level, from 0.
    pub index: u64,
    /// Hashes in it: 1 to 256.
    pub width: u64,
}

impl Tile {
    /// The full tile at this place.
    pub fn full(level: u32, index: u64) -> Self {
        Tile { level, index, width: TILE_WIDTH }
    }

    /// Whether it is full, and so never changes again.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// Its path, such as `tile/0/x001/234` or `tile/1/000.p/17`.
    pub fn path(&self) -> String {
        format!("tile/{}/{}", self.level, self.place())
    }

    /// The path of the entry bundle under a tile of level 0, such as `tile/entries/x001/234.p/17`.
    pub fn entries_path(&self) -> String {
        format!("tile/entries/{}", self.place())
    }

    /// Index and width: groups of three digits, all but the last after an `x`; the width if it is partial.
    fn place(&self) -> String {
        let mut groups = vec![format!("{:03}", self.index % 1000)];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        let mut place = groups.join("/");
        if !self.is_full() {
            // Writing to a string cannot fail.
            let _ = write!(place, ".p/{}", self.width);
        }
        place
    }

    /// How many of the log's entries are under it or before it.
    pub fn covers(&self) -> Length {
        let hashes = self.index.saturating_mul(TILE_WIDTH).saturating_add(self.width);
        Length(hashes.saturating_mul(1u64.checked_shl(TILE_HEIGHT * self.level).unwrap_or(u64::MAX)))
    }
}

/// How many hashes a tree of `size` has at a level of tiles.
pub fn hashes_at(level: u32, size: Length) -> u64 {
    size.0.checked_shr(TILE_HEIGHT * level).unwrap_or(0)
}

/// The tile of level 0 that has the leaf of an entry, as wide as a tree of `size` makes it.
pub fn tile_of(sequence: Sequence, size: Length) -> Tile {
    tile_at(0, sequence.get() / TILE_WIDTH, size)
}

/// The tile at a place, as wide as a tree of `size` makes it.
pub fn tile_at(level: u32, index: u64, size: Length) -> Tile {
    let hashes = hashes_at(level, size).saturating_sub(index.saturating_mul(TILE_WIDTH));
    Tile { level, index, width: hashes.min(TILE_WIDTH) }
}

/// The tiles that a tree of `size` has and one of `old` has not, level by level: new ones, and those that grew.
pub fn new_tiles(old: Length, size: Length) -> impl Iterator<Item = Tile> {
    let levels = (0..=MAX_TILE_LEVEL).take_while(move |level| hashes_at(*level, size) > 0);
    levels.flat_map(move |level| {
        let (before, now) = (hashes_at(level, old), hashes_at(level, size));
        let changed = if now > before { before / TILE_WIDTH..now.div_ceil(TILE_WIDTH) } else { 0..0 };
        changed.map(move |index| tile_at(level, index, size))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of the specification, and the edges between groups of digits.
    #[test]
    fn paths_are_those_of_tlog_tiles() {
        assert_eq!(Tile::full(0, 1_234_067).path(), "tile/0/x001/x234/067");
        assert_eq!(Tile { level: 1, index: 0, width: 17 }.path(), "tile/1/000.p/17");
        assert_eq!(Tile { level: 0, index: 999, width: 1 }.entries_path(), "tile/entries/999.p/1");
        assert_eq!(Tile::full(2, 1000).path(), "tile/2/x001/000");
    }

    #[test]
    fn what_is_new_is_what_a_fresh_tree_has_and_the_old_one_had_not() {
        for size in (0..70_000).step_by(251).map(Length) {
            let all: Vec<Tile> = new_tiles(Length(0), size).collect();
            let hashes: u64 = all.iter().map(|tile| tile.width).sum();
            assert_eq!(hashes, size.0 + size.0 / 256 + size.0 / 65_536);
            let old = Length(size.0 * 2 / 3);
            let before: Vec<Tile> = new_tiles(Length(0), old).collect();
            let new: Vec<Tile> = all.iter().filter(|tile| !before.contains(tile)).copied().collect();
            assert_eq!(new_tiles(old, size).collect::<Vec<_>>(), new);
            assert!(all.iter().all(|tile| tile.covers() <= size && tile.width > 0));
        }
        assert_eq!(tile_of(Sequence::new(700), Length(701)), Tile { level: 0, index: 2, width: 189 });
    }
}
