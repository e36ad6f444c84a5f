//! Backup beside writers, repair of logs damaged in several ways, and the head file that a whole directory rolled back
//! cannot take along.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledger_core::environment::Environment;
use ledger_core::export::{ExportReader, export};
use ledger_core::store::{DiskVault, Document, OpenError, SledStore, Store, StoreOptions, Vault, let_go_on};
use ledger_core::values::{Hash, Length};
use ledger_core::{
    BackupError, Ledger, OpenLedgerError, RepairError, RepairOptions, Repaired, backup, repair,
};
use ledger_tests::filled;
use replay::{Held, Log, verify};
use serde_json::json;

fn quiet(_: Length, _: Length) {}

/// Exports the ledger in `dir`, with documents, to `file`.
fn export_to(dir: &Path, file: &Path) {
    let store: Arc<dyn Store> = Arc::new(SledStore::open(dir).expect("opened"));
    let vault = DiskVault::open(dir).expect("a vault");
    let out = File::create(file).expect("created");
    export(&store, Some(&vault), None, out, &mut quiet).expect("exported");
}

fn clean(dir: &Path) {
    let found = verify(&Log::open(dir).expect("a log"), &Held::default(), &mut quiet).expect("read");
    assert!(found.ok, "{:?}", found.findings);
}

#[test]
fn backups_beside_four_writers_are_beginnings_of_the_log() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = filled::found(&dir, StoreOptions::default());
    let documents = filled::fill(&ledger, 0, 30);
    let (stop, keys) = (AtomicBool::new(false), scratch.path().join("keys"));
    let copies: Vec<PathBuf> = (0..4).map(|n| scratch.path().join(format!("backup-{n}"))).collect();
    let mut heads = Vec::new();
    std::thread::scope(|scope| {
        for writer in 1..=4_u64 {
            let (ledger, stop) = (&ledger, &stop);
            scope.spawn(move || {
                let mut number = writer * 1_000_000;
                while !stop.load(Ordering::Relaxed) {
                    filled::fill(ledger, number, 3);
                    number += 3;
                }
            });
        }
        for round in 0..2 {
            for copy in &copies {
                let before = ledger.head();
                let made = ledger.backup(copy, Some(&keys), &mut quiet).expect("backed up");
                assert!(made.head.length >= before.length, "at a head of its time");
                assert_eq!(made.before.0 > 0, round > 0, "the second time it is brought up to date");
                heads.push(made.head);
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    ledger.close().expect("closed");
    let log = filled::log(&dir);
    assert!(heads.is_sorted_by_key(|head| head.length) && heads[0].length < heads[7].length, "{heads:?}");
    for (copy, head) in copies.iter().zip(&heads[4..]) {
        let entries = filled::log(copy);
        assert_eq!((entries.len() as u64, Hash::of(&entries[entries.len() - 1])), (head.length.0, head.hash));
        assert!(log.starts_with(&entries));
        clean(copy);
    }
    println!(
        "8 backups beside 4 writers, {} to {} of {} entries",
        heads[0].length,
        heads[7].length,
        log.len()
    );
    // The keys of the last backup, put back, open its documents; and it goes on once it is let.
    let last = &copies[3];
    fs::copy(keys.join("keys"), last.join("documents/keys")).expect("copied");
    let vault = DiskVault::open(last).expect("a vault");
    let Document::Found { content, .. } = vault.get(&documents[1].0).expect("read") else {
        panic!("not there")
    };
    assert_eq!(content, filled::reason(3).as_bytes());
    for entry in filled::log(last) {
        let entry: serde_json::Value = serde_json::from_slice(&entry).expect("JSON");
        if let Some(cited) = entry["data"]["reason"]["commitment"].as_str() {
            let found = vault.get(&cited.parse().expect("a hash")).expect("read");
            assert!(
                matches!(found, Document::Found { .. }),
                "entry {} cites what is not there",
                entry["sequence"]
            );
        }
    }
    drop(vault);
    let refused = Ledger::open(last, Environment::system(), &mut quiet).expect_err("only read");
    assert!(matches!(refused, OpenLedgerError::Store(OpenError::Restored { head, .. }) if head == heads[7]));
    let_go_on(last, StoreOptions::default()).expect("let go on");
    filled::fill(&filled::open(last), 40, 1);
}

#[test]
fn a_backup_is_of_one_ledger_and_keeps_keys_apart() {
    let scratch = tempfile::tempdir().expect("a directory");
    let [one, other, copy] = ["one", "other", "copy"].map(|name| scratch.path().join(name));
    for (dir, from) in [(&one, 0), (&other, 100)] {
        let ledger = filled::found(dir, StoreOptions::default());
        filled::fill(&ledger, from, 5);
        ledger.close().expect("closed");
    }
    let attempt = |dir: &Path, keys: Option<&Path>| {
        let store: Arc<dyn Store> = Arc::new(SledStore::open(dir).expect("opened"));
        backup(&store, &DiskVault::open(dir).expect("a vault"), &copy, keys, &mut quiet)
    };
    let inside = copy.join("documents");
    assert!(matches!(attempt(&one, Some(&inside)), Err(BackupError::KeysInside { .. })));
    attempt(&one, None).expect("backed up");
    assert!(!copy.join("documents/keys").exists());
    let taken = attempt(&other, None).expect_err("another ledger's backup").to_string();
    assert!(taken.contains("holds a ledger already"), "{taken}");
    assert_eq!(filled::log(&copy), filled::log(&one));
}

/// A ledger of 3 x 120 entries, and its export after the first third; most of the log lies in pages of one commit.
struct Damaged {
    scratch: tempfile::TempDir,
    log: Vec<Vec<u8>>,
    documents: Vec<Hash>,
    exported: usize,
}

impl Damaged {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("whole");
        let ledger = filled::found(&dir, StoreOptions::default());
        let documents = filled::fill(&ledger, 0, 90);
        ledger.close().expect("closed");
        export_to(&dir, &scratch.path().join("export"));
        let exported = filled::log(&dir).len();
        let ledger = filled::open(&dir);
        filled::fill(&ledger, 90, 180);
        // An erasure after the export: no repair may bring the document back.
        filled::erase(&ledger, 3, documents[1]);
        ledger.close().expect("closed");
        let documents = documents.into_iter().map(|(commitment, _)| commitment).collect();
        Damaged { log: filled::log(&dir), documents, exported, scratch }
    }

    /// A copy of the whole ledger.
    fn copy(&self, name: &str) -> PathBuf {
        let dir = self.scratch.path().join(name);
        filled::copy(&self.scratch.path().join("whole"), &dir);
        dir
    }

    fn repair(&self, dir: &Path, accept_loss: Option<u64>) -> Result<Repaired, RepairError> {
        let mut open = || ExportReader::new(File::open(self.scratch.path().join("export")).expect("there"));
        let options = RepairOptions { accept_loss: accept_loss.map(Length), head_file: None };
        repair(dir, &mut open, &options, &mut quiet)
    }

    /// Repairs, accepting a loss where there is one, and holds the result against the whole log. Returns how many
    /// entries were salvaged and how many lost.
    fn check(&self, dir: &Path, how: &str) -> (u64, u64) {
        let before = fs::read_dir(dir).expect("listed").count();
        let repaired = match self.repair(dir, None) {
            Ok(repaired) => {
                assert_eq!(filled::log(dir).len(), self.log.len(), "{how}: shorter, and nobody was asked");
                repaired
            }
            Err(RepairError::Loss { rebuilt, .. }) => {
                assert_eq!(
                    fs::read_dir(dir).expect("listed").count().abs_diff(before),
                    usize::from(!dir.join("lock").exists())
                );
                let other = self.repair(dir, Some(rebuilt.0 - 1));
                assert!(matches!(other, Err(RepairError::Loss { .. })), "{how}: another length is refused");
                let repaired = self.repair(dir, Some(rebuilt.0)).unwrap_or_else(|e| panic!("{how}: {e}"));
                let only_read = Ledger::open(dir, Environment::system(), &mut quiet);
                assert!(
                    matches!(only_read, Err(OpenLedgerError::Store(OpenError::Restored { .. }))),
                    "{how}"
                );
                let_go_on(dir, StoreOptions::default()).unwrap_or_else(|e| panic!("{how}: {e}"));
                repaired
            }
            Err(error) => panic!("{how}: {error}"),
        };
        let entries = filled::log(dir);
        assert!(self.log.starts_with(&entries), "{how}: entries that are not the ledger's");
        assert!(entries.len() >= self.exported, "{how}: {} entries", entries.len());
        assert_eq!(entries.len() as u64, repaired.exported + repaired.salvaged, "{how}");
        clean(dir);
        filled::open(dir).close().expect("open for writing");
        (repaired.salvaged, repaired.lost)
    }
}

/// Changes `bytes` of a file at `at`.
fn overwrite(file: &Path, at: u64, bytes: &[u8]) {
    let mut file = File::options().write(true).open(file).expect("opened");
    file.seek(SeekFrom::Start(at)).and_then(|_| file.write_all(bytes)).expect("written");
}

/// What damages a copy of a ledger.
type Damage = Box<dyn Fn(&Path)>;

#[test]
fn a_log_damaged_in_any_way_is_rebuilt_and_never_shorter_unasked() {
    let damaged = Damaged::new();
    let size = fs::metadata(damaged.scratch.path().join("whole/log/db")).expect("there").len();
    let mut ways: Vec<(String, Damage)> = vec![
        ("nothing at all".to_owned(), Box::new(|_| ())),
        ("no log".to_owned(), Box::new(|dir| fs::remove_dir_all(dir.join("log")).expect("removed"))),
        ("no db".to_owned(), Box::new(|dir| fs::remove_file(dir.join("log/db")).expect("removed"))),
        ("an empty db".to_owned(), Box::new(|dir| fs::write(dir.join("log/db"), b"").expect("written"))),
        ("no conf".to_owned(), Box::new(|dir| fs::remove_file(dir.join("log/conf")).expect("removed"))),
        ("blobs".to_owned(), Box::new(|dir| fs::write(dir.join("log/blobs/7"), b"x").expect("written"))),
        ("no head record".to_owned(), Box::new(|dir| fs::remove_file(dir.join("head")).expect("removed"))),
        (
            "a torn head record".to_owned(),
            Box::new(|dir| fs::write(dir.join("head"), [7; 5000]).expect("written")),
        ),
    ];
    for eighth in 1..8 {
        let at = size * eighth / 8;
        let cut = move |dir: &Path| {
            File::options().write(true).open(dir.join("log/db")).and_then(|f| f.set_len(at)).expect("cut");
        };
        ways.push((format!("db cut at {at}"), Box::new(cut)));
        let zeros = move |dir: &Path| overwrite(&dir.join("log/db"), at, &[0; 4096]);
        ways.push((format!("zeros at {at}"), Box::new(zeros)));
        let flip = move |dir: &Path| overwrite(&dir.join("log/db"), at, b"?");
        ways.push((format!("a byte at {at}"), Box::new(flip)));
    }
    let (mut whole, mut lossy) = (0, 0);
    for (number, (how, damage)) in ways.iter().enumerate() {
        let dir = damaged.copy(&format!("copy-{number}"));
        damage(&dir);
        let kept = dir.join("log").exists();
        let (salvaged, lost) = damaged.check(&dir, how);
        assert_eq!(dir.join("log.damaged-1").exists(), kept, "{how}: the damaged log is kept");
        assert!(!dir.join("repair").exists() && !dir.join("unfinished").exists(), "{how}");
        let vault = DiskVault::open(&dir).expect("a vault");
        assert!(vault.holds(&damaged.documents[0]).is_some(), "{how}: documents stay");
        println!("{how}: {salvaged} salvaged, {lost} lost");
        if salvaged as usize == damaged.log.len() - damaged.exported {
            whole += 1
        } else {
            lossy += 1
        }
        fs::remove_dir_all(&dir).expect("removed");
    }
    println!("{} ways: {whole} repaired whole, {lossy} with a loss that was named and accepted", ways.len());
    assert!(whole >= 2 && lossy >= 3);
}

#[test]
fn a_repair_interrupted_between_any_two_steps_goes_on() {
    let damaged = Damaged::new();
    let build = || {
        let dir = damaged.copy("interrupted");
        fs::write(dir.join("log/db"), b"").expect("written");
        dir
    };
    // What a finished repair leaves, taken apart again to what each interruption would have left.
    let dir = build();
    let rebuilt = damaged.exported as u64;
    damaged.repair(&dir, Some(rebuilt)).expect("repaired");
    let done = damaged.scratch.path().join("done");
    fs::rename(&dir, &done).expect("renamed");
    let steps = ["log", "log-in-place", "head-in-place", "restored-in-place"];
    for (step, name) in steps.iter().enumerate() {
        let dir = build();
        let inside = dir.join("repair");
        fs::create_dir(&inside).expect("made");
        fs::write(dir.join("unfinished"), "repair\n").expect("written");
        let place = |file: &str, placed: bool| {
            let to = if placed { dir.join(file) } else { inside.join(file) };
            if done.join(file).is_dir() {
                filled::copy(&done.join(file), &to);
            } else {
                fs::copy(done.join(file), to).expect("copied");
            }
        };
        fs::rename(dir.join("log"), dir.join("log.damaged-1")).expect("renamed");
        place("log", step >= 1);
        place("head", step >= 2);
        place("restored", step >= 3);
        let unfinished = SledStore::open(&dir).expect_err("no ledger yet").to_string();
        assert!(unfinished.contains("ledger repair --from"), "{unfinished}");
        let repaired = damaged.repair(&dir, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(repaired.head, None, "{name}: it was in place already");
        assert_eq!(filled::log(&dir), damaged.log[..damaged.exported], "{name}");
        let only_read = Ledger::open(&dir, Environment::system(), &mut quiet);
        assert!(matches!(only_read, Err(OpenLedgerError::Store(OpenError::Restored { .. }))), "{name}");
        assert!(dir.join("log.damaged-1").exists() && !inside.exists(), "{name}");
        fs::remove_dir_all(&dir).expect("removed");
    }
}

#[test]
fn documents_missing_or_damaged_are_put_back_and_erased_ones_are_not() {
    let damaged = Damaged::new();
    let whole = DiskVault::open(&damaged.scratch.path().join("whole")).expect("a vault");
    let erased = damaged.documents[1];
    assert_eq!(whole.get(&erased), Ok(Document::Erased));
    drop(whole);
    let ways: [(&str, Damage); 4] = [
        (
            "a changed content",
            Box::new(|documents: &Path| overwrite(&documents.join("segments/000000.seg"), 100, b"?")),
        ),
        ("no documents", Box::new(|documents: &Path| fs::remove_dir_all(documents).expect("removed"))),
        ("no keys", Box::new(|documents: &Path| fs::remove_file(documents.join("keys")).expect("removed"))),
        (
            "a changed header",
            Box::new(|documents: &Path| overwrite(&documents.join("segments/000000.seg"), 10, b"?")),
        ),
    ];
    for (number, (how, damage)) in ways.into_iter().enumerate() {
        let dir = damaged.copy(&format!("documents-{number}"));
        damage(&dir.join("documents"));
        let repaired = damaged.repair(&dir, None).unwrap_or_else(|error| panic!("{how}: {error}"));
        let vault = DiskVault::open(&dir).unwrap_or_else(|error| panic!("{how}: {error}"));
        for (number, commitment) in (0..90).step_by(3).zip(&damaged.documents) {
            let found = vault.get(commitment).unwrap_or_else(|error| panic!("{how}: {error}"));
            if *commitment == erased {
                assert!(!matches!(found, Document::Found { .. }), "{how}: an erased document is back");
                continue;
            }
            let Document::Found { content, .. } = found else { panic!("{how}: {number} is not there") };
            assert_eq!(content, filled::reason(number).as_bytes(), "{how}");
        }
        assert_eq!(repaired.documents_aside.len(), usize::from(number >= 2), "{how}");
        let salvaged = repaired.documents_salvaged;
        println!("{how}: {salvaged} documents salvaged, {} put back", repaired.documents);
        // Of 90 one is erased and one has the damage; 60 came after the export.
        assert!(how != "a changed header" || (salvaged, repaired.documents) == (88, 1), "{how}");
    }
}

#[test]
fn an_export_of_another_history_repairs_nothing() {
    let damaged = Damaged::new();
    let dir = damaged.scratch.path().join("other");
    let ledger = filled::found(&dir, StoreOptions::default());
    filled::fill(&ledger, 500, 200);
    ledger.close().expect("closed");
    let before = filled::log(&dir);
    // Its head record is beyond the export, so only accepting a loss could go further.
    let length = damaged.exported as u64;
    assert!(
        matches!(damaged.repair(&dir, None), Err(RepairError::Loss { rebuilt, .. }) if rebuilt.0 == length)
    );
    assert_eq!(filled::log(&dir), before);
    let short = damaged.scratch.path().join("short");
    let ledger = filled::found(&short, StoreOptions::default());
    filled::fill(&ledger, 500, 20);
    ledger.close().expect("closed");
    let before = filled::log(&short);
    for accepted in [None, Some(length)] {
        let refused = damaged.repair(&short, accepted);
        assert!(matches!(refused, Err(RepairError::OtherHistory { .. })), "{refused:?}");
        assert_eq!(filled::log(&short), before);
    }
}

/// Opens a ledger with a head file, for reading and for writing; both must refuse alike.
fn refused_by(dir: &Path, head_file: &Path) -> OpenError {
    let options = StoreOptions { head_file: Some(head_file.to_owned()), ..StoreOptions::default() };
    let read = SledStore::open_with(dir, options.clone()).expect_err("a rollback");
    let write = Ledger::open_with(dir, options, Environment::system(), &mut quiet).expect_err("a rollback");
    assert!(matches!(write, OpenLedgerError::Store(error) if error == read));
    read
}

#[test]
fn a_whole_directory_rolled_back_is_refused_behind_its_head_file() {
    let scratch = tempfile::tempdir().expect("a directory");
    let [dir, earlier, head_file] = ["ledger", "earlier", "head-file"].map(|name| scratch.path().join(name));
    let options = || StoreOptions { head_file: Some(head_file.clone()), ..StoreOptions::default() };
    let ledger = filled::found(&dir, options());
    filled::fill(&ledger, 0, 10);
    ledger.close().expect("closed");
    filled::copy(&dir, &earlier);
    let ledger = Ledger::open_with(&dir, options(), Environment::system(), &mut quiet).expect("opened");
    filled::fill(&ledger, 10, 10);
    ledger.close().expect("closed");
    let kept = fs::read(&head_file).expect("read");
    let OpenError::BehindHeadFile { recorded, what, .. } = refused_by(&earlier, &head_file) else {
        panic!("not noticed")
    };
    assert_eq!((recorded.length, &*what), (Length(28), "the log has 15 entries"));
    // Without the file the rollback cannot be seen; going on from it makes another history, which the file shows.
    filled::fill(&filled::open(&earlier), 20, 30);
    let OpenError::BehindHeadFile { what, .. } = refused_by(&earlier, &head_file) else {
        panic!("not noticed")
    };
    assert!(what.starts_with("entry 0000000000000027 hashes to"), "{what}");
    assert_eq!(fs::read(&head_file).expect("read"), kept, "a refusal changes nothing");
    // The ledger itself opens, longer than the file too, and brings it up to date.
    filled::fill(&filled::open(&dir), 60, 5);
    let store = SledStore::open_with(&dir, options()).expect("opened");
    let length = store.head().length;
    drop(store);
    filled::copy(&dir, &scratch.path().join("now"));
    filled::fill(
        &Ledger::open_with(&dir, options(), Environment::system(), &mut quiet).expect("opened"),
        70,
        1,
    );
    let OpenError::BehindHeadFile { recorded, .. } = refused_by(&scratch.path().join("now"), &head_file)
    else {
        panic!("not noticed")
    };
    assert_eq!(recorded.length.0, length.0 + 1, "exact at a clean close");
    let mut bytes = Vec::new();
    File::open(&head_file).expect("there").read_to_end(&mut bytes).expect("read");
    fs::write(&head_file, vec![1; bytes.len()]).expect("written");
    assert!(matches!(refused_by(&dir, &head_file), OpenError::Damaged { path, .. } if path == head_file));
    let taken =
        SledStore::create_with(&scratch.path().join("new"), options()).expect_err("of another ledger");
    assert!(matches!(taken, OpenError::Damaged { .. }));
    fs::write(&head_file, kept).expect("written");
    let taken =
        SledStore::create_with(&scratch.path().join("new"), options()).expect_err("of another ledger");
    assert!(matches!(taken, OpenError::HeadFileTaken { .. }));
}

#[test]
fn the_head_file_follows_within_a_second_of_appending() {
    let scratch = tempfile::tempdir().expect("a directory");
    let [dir, copy, head_file] = ["ledger", "copy", "head-file"].map(|name| scratch.path().join(name));
    let options = StoreOptions { head_file: Some(head_file.clone()), ..StoreOptions::default() };
    let ledger = filled::found(&dir, options);
    filled::copy(&dir, &copy);
    // The next append after more than a second records itself, without a close.
    std::thread::sleep(Duration::from_millis(1100));
    filled::submit(&ledger, 1, "actor/late", "actor.enrol", json!({ "roles": ["auditor"] }));
    let OpenError::BehindHeadFile { recorded, .. } = refused_by(&copy, &head_file) else {
        panic!("not noticed")
    };
    assert_eq!(recorded.length, Length(2));
    ledger.close().expect("closed");
}
