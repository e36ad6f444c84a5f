//! What a ledger signs, seen at the terminal: its key, its newest checkpoint, proofs that others verify, tiles for any
//! static host, and what happens to keys when a ledger is restored, repaired or rolled back.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ledger_core::SignedCheckpoint;
use ledger_core::log::VerifierKey;
use ledger_core::log::tile::{TILE_WIDTH, new_tiles};
use ledger_core::log::tree::{Frontier, TreeHash, leaf_hash, verify_consistency, verify_inclusion};
use ledger_core::values::{Length, Sequence};
use serde_json::{Value, json};
use support::{Ledger, Said, run};

const DAY: &str = "2026-07-02";

impl Ledger {
    fn checkpoint(&self) -> SignedCheckpoint {
        self.read("checkpoint").ok().out.parse().expect("a checkpoint")
    }

    fn key(&self) -> VerifierKey {
        let said = self.read("key show").ok().out;
        said.lines().last().expect("a line").parse().expect("a verifier key")
    }

    fn entries(&self) -> Vec<Vec<u8>> {
        let bytes = self.bytes();
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// Records `count` more entries.
    fn grow(&self, from: u64, count: u64) {
        for number in from..from + count {
            self.write("operator-1", DAY, &format!("actor enrol more-{number} --role adviser")).ok();
        }
    }

    /// Runs a command on another directory.
    fn on(&self, dir: &Path, line: &str) -> Said {
        let words = support::words(line);
        let data = dir.display().to_string();
        let stated = ["--actor", "operator-1", "--recorded-time", DAY, "--random-seed", "7"];
        let writes = ["key rotate", "actor"].iter().any(|start| line.starts_with(start));
        let more: &[&str] = if writes { &stated } else { &[] };
        run(words.iter().map(String::as_str).chain(["--data", &data]).chain(more.iter().copied()))
    }
}

fn hash(value: &Value) -> TreeHash {
    TreeHash::from_base64(value.as_str().expect("text")).expect("a hash")
}

fn hashes(value: &Value) -> Vec<TreeHash> {
    value.as_array().expect("an array").iter().map(hash).collect()
}

fn roots(entries: &[Vec<u8>]) -> Vec<TreeHash> {
    let mut frontier = Frontier::default();
    let mut roots = vec![frontier.root()];
    for entry in entries {
        frontier.push(leaf_hash(entry));
        roots.push(frontier.root());
    }
    roots
}

#[test]
fn a_ledger_signs_from_its_first_entry_on_and_proofs_verify() {
    let ledger = Ledger::new();
    let founded = run(["init", "--data", &ledger.file("x", "").with_extension("d").display().to_string()]
        .into_iter()
        .chain(["--actor", "operator-1", "--json"]))
    .ok()
    .json();
    assert!(founded["key"].as_str().is_some_and(|key| key.parse::<VerifierKey>().is_ok()), "{founded}");
    let key_file = fs::metadata(ledger.dir().join("key")).expect("a key");
    assert_eq!(key_file.permissions().mode() & 0o777, 0o600);

    let (newest, key, entries) = (ledger.checkpoint(), ledger.key(), ledger.entries());
    newest.note.verify(&key).expect("signed");
    let roots = roots(&entries);
    let size = newest.checkpoint.size;
    assert_eq!((size, newest.checkpoint.root), (Length(entries.len() as u64), roots[entries.len()]));
    let said = ledger.read("checkpoint --json").ok().json();
    assert_eq!((&said["size"], &said["unsigned"]), (&Value::from(size.0), &Value::from(0)));

    for (sequence, size) in [(0, 1), (5, 100), (258, 260), (0, 261)] {
        let said = ledger.read(&format!("proof inclusion {sequence} --size {size} --json")).ok().json();
        let (sequence, size) = (Sequence::new(sequence), Length(size));
        let leaf = leaf_hash(&entries[sequence.get() as usize]);
        assert_eq!((hash(&said["leaf"]), hash(&said["root"])), (leaf, roots[size.0 as usize]));
        verify_inclusion(leaf, sequence, size, &hashes(&said["proof"]), roots[size.0 as usize])
            .expect("proved");
    }
    for (old, size) in [(1, 261), (100, 259), (256, 257), (261, 261)] {
        let said = ledger.read(&format!("proof consistency {old} --size {size} --json")).ok().json();
        let (old_root, root) = (roots[old as usize], roots[size as usize]);
        assert_eq!((hash(&said["old_root"]), hash(&said["root"])), (old_root, root));
        verify_consistency(Length(old), old_root, Length(size), root, &hashes(&said["proof"]))
            .expect("proved");
    }
    let table = ledger.read("proof inclusion 5").ok().out;
    assert!(table.contains("hash 9") && table.contains(&newest.checkpoint.root.to_base64()), "{table}");
    for (line, wanted) in [
        ("proof inclusion 261", "beyond the tree"),
        ("proof inclusion 5 --size 262", "beyond the tree"),
        ("proof consistency 262", "beyond the tree"),
        ("proof inclusion x", "no entry"),
        ("proof consistency 99999999999999999999", "no number of entries"),
    ] {
        let said = ledger.read(line);
        assert!(said.status == 2 && said.err.contains(wanted), "{line}: {}", said.err);
    }
}

#[test]
fn a_key_is_rotated_under_both_names() {
    let ledger = Ledger::new();
    let old = ledger.key();
    let rotated = ledger.write("operator-1", DAY, "key rotate").ok().out;
    let new = ledger.key();
    assert_eq!(rotated.lines().last(), Some(&*new.to_string()));
    let both = ledger.checkpoint();
    let ids: Vec<[u8; 4]> = both.note.signatures.iter().map(|by| by.id).collect();
    assert_eq!(ids, [old.id(), new.id()]);
    for key in [&old, &new] {
        both.note.verify(key).expect("signed by both");
    }
    ledger.grow(0, 1);
    let next = ledger.checkpoint();
    assert!(next.note.verify(&new).is_ok() && next.note.verify(&old).is_err());
    let said = ledger.read("key show --json").ok().json();
    let (introduced, retired) = (&said["keys"][1]["introduced"], &said["keys"][0]["retired"]);
    assert_eq!((introduced, retired), (&json!("0000000000000261"), &json!("0000000000000262")));
    let refused = ledger.write("assessor-1", DAY, "key rotate");
    assert!(refused.status == 3 && !ledger.dir().join("key.next").exists(), "{}", refused.err);
}

/// Every file of an export of tiles is what the entries make it.
fn is_export_of(dir: &Path, entries: &[Vec<u8>], newest: &SignedCheckpoint) {
    let size = newest.checkpoint.size;
    assert_eq!(fs::read_to_string(dir.join("checkpoint")).expect("there"), newest.to_string());
    let mut below: Vec<TreeHash> = entries[..size.0 as usize].iter().map(|entry| leaf_hash(entry)).collect();
    for tile in new_tiles(Length(0), size) {
        let range = (tile.index * TILE_WIDTH) as usize..(tile.index * TILE_WIDTH + tile.width) as usize;
        if tile.level == 0 {
            let bundle: Vec<u8> = entries[range.clone()]
                .iter()
                .flat_map(|entry| [&(entry.len() as u16).to_be_bytes()[..], entry].concat())
                .collect();
            assert_eq!(fs::read(dir.join(tile.entries_path())).expect("there"), bundle, "{tile:?}");
        } else if tile.index == 0 {
            // 256 hashes are a tree of their own.
            let root = |hashes: &[TreeHash]| hashes.iter().copied().collect::<Frontier>().root();
            below = below.chunks_exact(256).map(root).collect();
        }
        let hashes: Vec<u8> = below[range].iter().flat_map(|hash| *hash.as_bytes()).collect();
        assert_eq!(fs::read(dir.join(tile.path())).expect("there"), hashes, "{tile:?}");
    }
}

#[test]
fn tiles_are_exported_again_and_again_and_never_over_something_else() {
    let ledger = Ledger::new();
    let public = ledger.scratch().join("public");
    let export = || ledger.read(&format!("export --tiles {} --json", public.display()));
    let first = export().ok().json();
    assert_eq!((&first["before"], &first["bundles_written"]), (&Value::from(0), &Value::from(2)));
    is_export_of(&public, &ledger.entries(), &ledger.checkpoint());
    assert_eq!(export().ok().json()["tiles_written"], 0, "nothing is new");
    let lines = support::mixed(300);
    let file = ledger.file("more.ndjson", lines);
    ledger.submit("", &[&file]).ok();
    let second = export().ok().json();
    assert_eq!((&second["before"], &second["size"]), (&first["size"], &Value::from(561)));
    is_export_of(&public, &ledger.entries(), &ledger.checkpoint());
    assert!(!public.join("tile/0/001.p").exists() && public.join("tile/0/002.p/49").exists());

    // Interrupted before the checkpoint was written: what is there is written again.
    fs::remove_file(public.join("checkpoint")).expect("removed");
    fs::write(public.join("tile/0/000"), "torn").expect("written");
    export().ok();
    is_export_of(&public, &ledger.entries(), &ledger.checkpoint());

    let refused = |dir: &Path, wanted: &str| {
        let said = ledger.read(&format!("export --tiles {}", dir.display()));
        assert!(said.status == 2 && said.err.contains(wanted), "{}", said.err);
    };
    refused(ledger.dir(), "no export of tiles");
    let other = Ledger::on_system_clock();
    let said = other.read(&format!("export --tiles {}", public.display()));
    assert!(said.status == 2 && said.err.contains("has the log tests.example/1"), "{}", said.err);
    // Another history of the same name.
    let fork = Ledger::new();
    let file = fork.file("other.ndjson", support::mixed_from(1_000, 400));
    fork.submit("", &[&file]).ok();
    let said = fork.read(&format!("export --tiles {}", public.display()));
    assert!(said.status == 2 && said.err.contains("another history"), "{}", said.err);
    fs::write(public.join("checkpoint"), "torn").expect("written");
    refused(&public, "is not whole");
}

fn restored(ledger: &Ledger, name: &str) -> PathBuf {
    let (export, dir) = (ledger.scratch().join(format!("{name}.export")), ledger.scratch().join(name));
    ledger.read(&format!("export -o {}", export.display())).ok();
    ledger.on(&dir, &format!("restore {}", export.display())).ok();
    dir
}

#[test]
fn a_restored_copy_signs_only_once_it_was_compared() {
    let ledger = Ledger::new();
    let safe = ledger.scratch().join("key");
    fs::copy(ledger.dir().join("key"), &safe).expect("copied");
    let stale = restored(&ledger, "stale");
    let backup = ledger.scratch().join("backup");
    ledger.read(&format!("backup {}", backup.display())).ok();
    for copy in [&stale, &backup] {
        for name in ["key", "key.next", "checkpoint", "tiles"] {
            assert!(!copy.join(name).exists(), "{name} in a copy");
        }
    }
    ledger.grow(0, 3);
    let newest = ledger.file("newest.txt", ledger.checkpoint().to_string());
    let install = format!("key install {} --checkpoint {}", safe.display(), newest.display());
    let said = ledger.on(&stale, &install);
    assert!(said.status != 0 && said.err.contains("was restored at"), "{}", said.err);
    ledger.on(&stale, "restore --continue").ok();
    let said = ledger.on(&stale, &format!("key install {}", safe.display()));
    assert!(said.status == 2 && said.err.contains("--none-known"), "{}", said.err);
    let said = ledger.on(&stale, &install);
    assert!(
        said.status == 4 && said.err.contains("has 261 entries, and its newest checkpoint 264"),
        "{}",
        said.err
    );
    // It goes on unsigned, and says so; a new key would sign as little.
    ledger.on(&stale, "actor enrol stale-1 --role adviser").ok();
    let said = ledger.on(&stale, "checkpoint");
    assert!(said.status == 2 && said.err.contains("key install"), "{}", said.err);
    let said = ledger.on(&stale, "key rotate");
    assert!(said.status == 2 && said.err.contains("--none-known"), "{}", said.err);
    let said = ledger.on(&stale, &format!("key rotate --checkpoint {}", newest.display()));
    assert!(said.status == 4 && said.err.contains("rolled back"), "{}", said.err);

    let fresh = restored(&ledger, "fresh");
    ledger.on(&fresh, "restore --continue").ok();
    ledger.on(&fresh, "actor enrol fresh-1 --role adviser").ok();
    let open = ledger.file("open-key", fs::read(&safe).expect("read"));
    let said = ledger.on(&fresh, &format!("key install {} --none-known", open.display()));
    assert!(said.status == 2 && said.err.contains("chmod 600"), "{}", said.err);
    ledger.on(&fresh, &install).ok();
    ledger.on(&fresh, "actor enrol fresh-2 --role adviser").ok();
    let signed: SignedCheckpoint = ledger.on(&fresh, "checkpoint").ok().out.parse().expect("a checkpoint");
    assert_eq!(signed.checkpoint.size, Length(266));
}

#[test]
fn a_ledger_that_went_backwards_is_read_and_not_written_to() {
    let ledger = Ledger::new();
    let earlier = ledger.scratch().join("earlier");
    let copied = std::process::Command::new("cp").arg("-a").args([ledger.dir(), &earlier]).status();
    assert!(copied.expect("cp").success());
    ledger.grow(0, 2);
    fs::copy(ledger.dir().join("checkpoint"), earlier.join("checkpoint")).expect("copied");
    let said = ledger.on(&earlier, "actor enrol late-1 --role adviser");
    assert!(said.status == 4 && said.err.contains("rolled back"), "{}", said.err);
    assert!(said.err.contains("261") && said.err.contains("263"), "both lengths: {}", said.err);
    ledger.on(&earlier, "log --json").ok();
    let said = ledger.on(&earlier, "verify");
    assert!(said.status == 1 && said.err.contains("it was rolled back"), "{}", said.err);
    let said = ledger.on(&earlier, "checkpoint");
    assert!(said.status == 1 && said.err.contains("checkpoint"), "{}", said.err);
    fs::set_permissions(ledger.dir().join("key"), fs::Permissions::from_mode(0o640)).expect("changed");
    let said = ledger.write("operator-1", DAY, "actor enrol late-1 --role adviser");
    assert!(said.status == 2 && said.err.contains("chmod 600"), "{}", said.err);
}

#[test]
fn a_repair_keeps_the_key_unless_entries_were_lost() {
    let ledger = Ledger::new();
    let early = ledger.scratch().join("early.export");
    ledger.read(&format!("export -o {}", early.display())).ok();
    ledger.grow(0, 2);
    let late = ledger.scratch().join("late.export");
    ledger.read(&format!("export -o {}", late.display())).ok();
    let newest = ledger.checkpoint();
    fs::remove_file(ledger.dir().join("log/db")).expect("removed");
    ledger.read(&format!("repair --from {}", late.display())).ok();
    assert_eq!(ledger.checkpoint(), newest);
    assert!(!ledger.dir().join("tiles").exists(), "made again when needed");
    ledger.grow(2, 1);
    assert_eq!(ledger.checkpoint().checkpoint.size, Length(264));

    fs::remove_file(ledger.dir().join("log/db")).expect("removed");
    ledger.read(&format!("repair --from {} --accept-loss 261", early.display())).ok();
    ledger.read("restore --continue").ok();
    for name in ["key", "checkpoint"] {
        let aside = ledger.dir().join(format!("{name}.damaged-1"));
        assert!(aside.exists() && !ledger.dir().join(name).exists(), "{name}");
    }
    ledger.grow(5, 1);
    let dir = ledger.dir().display();
    let said =
        ledger.read(&format!("key install {dir}/key.damaged-1 --checkpoint {dir}/checkpoint.damaged-1"));
    assert!(said.status == 4 && said.err.contains("rolled back"), "{}", said.err);
}
