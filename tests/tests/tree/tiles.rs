//! Our tiles, as `tlog_tiles` names them, and as its reader authenticates and proves from them.

use std::cell::Cell;

use fastrand::Rng;
use ledger_core::log::tile::{TILE_HEIGHT, Tile, new_tiles};
use ledger_core::log::tree::Nodes;
use ledger_core::values::Length;
use tlog_tiles::tile::{Tile as Theirs, TileHashReader, TileReader};
use tlog_tiles::tlog::{self, Error};

use super::{Ours, known, tlog_hash, tlog_hashes};

/// `tlog_tiles` writes the height into a path, which tlog-tiles leaves out since it is always 8; and calls bundles of
/// entries data.
fn path_of(theirs: &Theirs) -> String {
    theirs.path().replacen("tile/8/", "tile/", 1).replacen("tile/data/", "tile/entries/", 1)
}

#[test]
fn paths_are_theirs() {
    let mut rng = Rng::with_seed(62_256);
    let edges = [0, 1, 9, 10, 99, 100, 999, 1000, 1001, 999_999, 1_000_000, 1_234_067, u64::MAX >> 8];
    let random: Vec<u64> = (0..2000).map(|_| rng.u64(..) >> rng.u32(8..64)).collect();
    for index in edges.into_iter().chain(random) {
        for (level, width) in [(0, 256), (7, 256), (0, 1 + rng.u64(0..255)), (3, 1 + rng.u64(0..255))] {
            let ours = Tile { level, index, width };
            let mut theirs = Theirs::new(8, level as u8, index, width as u32, false);
            assert_eq!(ours.path(), path_of(&theirs));
            theirs.set_is_data();
            assert_eq!(ours.entries_path(), path_of(&theirs));
        }
    }
}

#[test]
fn the_tiles_that_are_new_are_theirs() {
    let mut rng = Rng::with_seed(62_257);
    let small = (0..=300_u64).flat_map(|size| (0..=size).map(move |old| (old, size)));
    let large = (0..2000).map(|_| {
        let old = rng.u64(..) >> rng.u32(12..60);
        (old, old + (rng.u64(..) >> rng.u32(46..63)))
    });
    for (old, size) in small.chain(large.collect::<Vec<_>>()) {
        let ours: Vec<Tile> = new_tiles(Length(old), Length(size)).collect();
        let theirs: Vec<Tile> = Theirs::new_tiles(8, old, size).iter().map(as_ours).collect();
        assert_eq!(ours, theirs, "{old} to {size}");
    }
}

fn as_ours(tile: &Theirs) -> Tile {
    Tile { level: tile.level().into(), index: tile.level_index(), width: tile.width().into() }
}

/// Tiles cut from our tree, with a bit flipped in the one that is asked for as number `spoilt`.
struct Cut {
    levels: std::cell::RefCell<Ours>,
    spoilt: Cell<Option<usize>>,
}

impl TileReader for Cut {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Theirs]) -> Result<Vec<Vec<u8>>, Error> {
        let mut ours = self.levels.borrow_mut();
        let mut read: Vec<Vec<u8>> = tiles.iter().map(|tile| cut(&mut ours, &as_ours(tile))).collect();
        if let Some(spoilt) = self.spoilt.get().and_then(|at| read.get_mut(at)) {
            let last = spoilt.len() - 1;
            spoilt[last] ^= 1;
        }
        Ok(read)
    }

    fn save_tiles(&self, _: &[Theirs], _: &[Vec<u8>]) {}
}

fn cut(ours: &mut Ours, tile: &Tile) -> Vec<u8> {
    let first = tile.index * 256;
    let hashes = first..first + tile.width;
    let level = tile.level * TILE_HEIGHT;
    hashes.flat_map(|at| *known(ours.levels.node(level, at)).as_bytes()).collect()
}

#[test]
fn their_reader_proves_from_our_tiles() {
    const SIZE: u64 = 66_049;
    let mut rng = Rng::with_seed(62_258);
    let tiles = Cut { levels: Ours::of(SIZE).into(), spoilt: Cell::new(None) };
    for size in [1, 2, 255, 256, 257, 511, 513, 65_535, 65_536, 65_537, SIZE] {
        let root = tlog_hash(tiles.levels.borrow().root(size));
        let reader = TileHashReader::new(size, root, &tiles);
        for _ in 0..40 {
            let index = rng.u64(0..size);
            let proof = tlog::prove_record(size, index, &reader).expect("authenticated");
            assert_eq!(proof, tlog_hashes(&tiles.levels.borrow_mut().inclusion(index, size)));
            let proof = tlog::prove_tree(size, index + 1, &reader).expect("authenticated");
            assert_eq!(proof, tlog_hashes(&tiles.levels.borrow_mut().consistency(index + 1, size)));
        }
    }
    let reader = TileHashReader::new(SIZE, tlog_hash(tiles.levels.borrow().root(SIZE)), &tiles);
    tiles.spoilt.set(Some(0));
    assert!(tlog::prove_record(SIZE, 7, &reader).is_err(), "a spoilt tile is noticed");
}
