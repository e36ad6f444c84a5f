//! The store's readers of bytes as functions of bytes, for `crate::fuzzing`.

use std::fs;
use std::path::Path;

use super::page::{self, Encoder, Stage};
use super::{DiskVault, Document, Vault, commitment};
use crate::log::tile::Tile;
use crate::values::Hash;

/// Decodes a page, and holds what it says of itself against what it holds.
pub(crate) fn read_page(bytes: &[u8]) {
    let Ok(page) = page::decode(bytes) else { return };
    assert_eq!(page.entries.clone().count(), page.header.count as usize);
    assert!(page.entries.map(|entry| entry.len()).sum::<usize>() <= page::MAX_RAW_BYTES);
}

/// The first page of these entries, its parts put together.
pub(crate) fn write_page(entries: &[Vec<u8>]) -> Vec<u8> {
    let pages = Encoder::new().and_then(|mut encoder| encoder.encode_pages(0, Stage::Sealed, entries));
    let pages = pages.unwrap_or_default();
    pages.into_iter().take_while(|(key, _)| key.starts_with(&[0; 8])).flat_map(|(_, value)| value).collect()
}

/// Writes both files of a vault, opens it, reads every document that it seems to hold, and sweeps.
pub(crate) fn read_vault(dir: &Path, bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let (keys, segment) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    let documents = dir.join("documents");
    let written = fs::create_dir_all(documents.join("segments"))
        .and_then(|()| fs::write(documents.join("keys"), keys))
        .and_then(|()| fs::write(documents.join("segments/000000.seg"), segment));
    assert!(written.is_ok(), "{} cannot be written: {written:?}", dir.display());
    let Ok(vault) = DiskVault::open(dir) else { return };
    for named in commitments(segment) {
        let secret = |slot: &[u8]| slot.try_into().ok();
        if let Ok(Document::Found { content, .. }) = vault.get(&named) {
            let mut secrets = keys.get(32..).unwrap_or_default().chunks_exact(32).filter_map(secret);
            let opens = secrets.any(|secret| commitment(&secret, &content) == named);
            assert!(opens, "what was found under {named} is something else");
        }
    }
    // Damage found on the way is an error, and no panic.
    let every: Vec<Hash> = commitments(segment).collect();
    let _ = vault.listed_from(0);
    let _ = vault.sweep(&every, 0, i64::MAX);
    drop(vault);
    assert!(DiskVault::open(dir).is_ok(), "what opened once opens again");
}

/// Writes the files that a tree is read from.
pub(crate) fn write_tree_files(dir: &Path, checkpoint: &[u8], tile: Tile, hashes: &[u8]) {
    let path = dir.join("tiles").join(tile.path());
    let written = fs::create_dir_all(path.parent().unwrap_or(dir))
        .and_then(|()| fs::write(path, hashes))
        .and_then(|()| fs::write(dir.join("checkpoint"), checkpoint));
    assert!(written.is_ok(), "{} cannot be written: {written:?}", dir.display());
}

/// Where records seem to begin, and the commitments there.
fn commitments(segment: &[u8]) -> impl Iterator<Item = Hash> {
    let starts = segment.windows(56).filter(|window| window.starts_with(b"ldoc"));
    starts.filter_map(|window| Some(Hash::from_bytes(window[24..].try_into().ok()?)))
}
