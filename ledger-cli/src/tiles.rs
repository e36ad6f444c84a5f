//! `ledger export --tiles`: checkpoint, tiles and entry bundles, as C2SP tlog-tiles lays them out.
//!
//! Any static host serves such a directory, and an auditor needs no server of ours. A later export adds what is new:
//! full tiles and bundles never change. The checkpoint comes last and is whole or absent, so whatever it covers is there.
//! Partial tiles stay until their tile is full, for readers who still hold an older checkpoint. Left out: what the hashes
//! are (`ledger-core`).

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use ledger_core::log::tile::{TILE_WIDTH, Tile, hashes_at, new_tiles};
use ledger_core::log::tree::leaf_hash;
use ledger_core::log::{SignedCheckpoint, TreeHash};
use ledger_core::store::{Store, entries_from, sync_file_system};
use ledger_core::values::{Length, Sequence};
use ledger_core::{TreeReader, newest_checkpoint};
use serde_json::json;

use crate::args::Global;
use crate::exit::Failure;
use crate::files::whole_file;
use crate::output::{Out, Table, mark, thousands};
use crate::progress::Progress;
use crate::read::Reader;
use crate::read::keys::checkpoint;

/// What is in such a directory.
const NAMES: [&str; 3] = ["checkpoint", "checkpoint.part", "tile"];

/// What an export wrote.
#[derive(Debug, Default)]
struct Written {
    tiles: u64,
    bundles: u64,
    bytes: u64,
}

/// Runs `ledger export --tiles DIR`.
pub fn export(global: &Global, dir: &Path) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (newest, tree) = checkpoint(global, &reader)?;
    let before = before(dir, &newest, &tree)?;
    let size = newest.checkpoint.size;
    let written = write(dir, (before, size), &tree, &reader.log.store())?;
    let note = newest.to_string();
    whole_file(&dir.join("checkpoint"), false, |out| Ok(out.write_all(note.as_bytes())?))?;
    remove_partials(dir, (before, size))?;
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), global.json)?;
    if global.json {
        out.json(&json!({
            "tiles": dir, "size": size.0, "root": newest.checkpoint.root.to_base64(), "before": before.0,
            "tiles_written": written.tiles, "bundles_written": written.bundles, "bytes": written.bytes,
        }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("tiles in", dir.display());
        table.pair("entries", thousands(size.0));
        table.pair("there before", thousands(before.0));
        table.pair("tiles written", thousands(written.tiles));
        table.pair("bundles written", thousands(written.bundles));
        table.pair("bytes", thousands(written.bytes));
        table.pair("root", newest.checkpoint.root.to_base64());
        out.table(&table)?;
    }
    out.flush()
}

/// How many entries the directory covers already. Refuses one that is something else, or of another log.
fn before(dir: &Path, newest: &SignedCheckpoint, tree: &TreeReader) -> Result<Length, Failure> {
    let refused = |what: String| {
        let dir = dir.display();
        Failure::Unusable(format!("{dir} {what}; nothing was changed: name a new directory"))
    };
    match fs::create_dir(dir) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        made => made.map_err(|error| failed(dir, &error))?,
    }
    for found in fs::read_dir(dir).map_err(|error| failed(dir, &error))? {
        let name = found.map_err(|error| failed(dir, &error))?.file_name();
        let name = name.to_string_lossy();
        if !NAMES.contains(&&*name) {
            return Err(refused(format!("has '{name}', which no export of tiles has")));
        }
    }
    let Some(old) = newest_checkpoint(dir).map_err(|error| refused(format!("is not whole: {error}")))? else {
        return Ok(Length(0));
    };
    let (of, size) = (&old.checkpoint, newest.checkpoint.size);
    if of.origin != newest.checkpoint.origin {
        return Err(refused(format!("has the log {}, not {}", of.origin, newest.checkpoint.origin)));
    }
    if of.size > size {
        return Err(refused(format!("has {} entries, and the newest checkpoint here {size}", of.size)));
    }
    let root = tree.root_at(of.size)?;
    if root != of.root {
        let what = format!("has another history: its {} entries have root {}, ours {root}", of.size, of.root);
        return Err(refused(what));
    }
    Ok(of.size)
}

/// Writes every tile and bundle that a tree of `size` has and one of `before` has not.
fn write(
    dir: &Path,
    (before, size): (Length, Length),
    tree: &TreeReader,
    store: &Arc<dyn Store>,
) -> Result<Written, Failure> {
    let mut written = Written::default();
    let mut progress = Progress::new("exporting tiles");
    for tile in new_tiles(before, size) {
        let hashes = tree.tile(tile)?;
        if tile.level == 0 {
            let bundle = bundle(store, tile, &hashes)?;
            written.bundles += 1;
            written.bytes += put(dir, &tile.entries_path(), &bundle)?;
            progress.tell(tile.covers().0, Some(size.0));
        }
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        written.tiles += 1;
        written.bytes += put(dir, &tile.path(), &bytes)?;
    }
    progress.end();
    // At once instead of one after another: a large log has tens of thousands of files.
    sync_file_system(dir).map_err(|error| failed(dir, &error))?;
    Ok(written)
}

/// The entries under a tile of level 0, which has these hashes: of each its length in two bytes, big-endian, and its
/// bytes.
fn bundle(store: &Arc<dyn Store>, tile: Tile, leaves: &[TreeHash]) -> Result<Vec<u8>, Failure> {
    let mut bundle = Vec::new();
    let first = Sequence::new(tile.index * TILE_WIDTH);
    let mut entries = entries_from(Arc::clone(store), first);
    for (sequence, leaf) in (first.get()..).zip(leaves) {
        let changed =
            || Failure::Storage(format!("entry {sequence} is not what was signed; see `ledger verify`"));
        let (_, bytes) = entries.next().ok_or_else(changed)??;
        let length = u16::try_from(bytes.len()).map_err(|_| changed())?;
        if leaf_hash(&bytes) != *leaf {
            return Err(changed());
        }
        bundle.extend(length.to_be_bytes());
        bundle.extend_from_slice(&bytes);
    }
    Ok(bundle)
}

/// Writes a file, whole under its name at any moment, and says how many bytes it has.
fn put(dir: &Path, path: &str, bytes: &[u8]) -> Result<u64, Failure> {
    let path = dir.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
    }
    let mut new = path.clone().into_os_string();
    new.push(".part");
    fs::write(&new, bytes).and_then(|()| fs::rename(&new, &path)).map_err(|error| failed(&path, &error))?;
    Ok(bytes.len() as u64)
}

/// Removes the partial tiles and bundles of tiles that are full by now: whoever looks for one takes the full one.
fn remove_partials(dir: &Path, (before, size): (Length, Length)) -> Result<(), Failure> {
    for level in (0..).take_while(|level| hashes_at(*level, size) > 0) {
        let index = hashes_at(level, before) / TILE_WIDTH;
        if hashes_at(level, size) / TILE_WIDTH == index {
            continue;
        }
        let full = Tile::full(level, index);
        let bundle = (level == 0).then(|| full.entries_path());
        for path in bundle.into_iter().chain([full.path()]) {
            let partials = dir.join(format!("{path}.p"));
            match fs::remove_dir_all(&partials) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&partials, &error)),
                _ => {}
            }
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Storage(format!(
        "'{}' cannot be written ({error}): check the path and the space",
        path.display()
    ))
}
