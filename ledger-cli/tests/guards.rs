//! Opening guards: what a crash, another program or a bad disk may leave beside the log, and what the binary says of
//! it. Each either opens with everything there, or ends with status 4 and one line that names the thing and says what
//! to do. Left out: a ledger held by a process that lives (`bad_input.rs`), damage at any place (`damage.rs`).

mod breaking;
mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use breaking::{Watched, files};
use support::{Ledger, Said, mixed, mixed_from};

/// A healthy run takes some 30 ms; sled is given 60 s by the ledger itself, and then that is reported.
const LIMIT: Duration = Duration::from_secs(120);

fn prepared() -> (Ledger, Vec<u8>) {
    let ledger = Ledger::new();
    let file = ledger.file("commands.ndjson", mixed(200));
    ledger.submit("", &[&file]).ok();
    let log = ledger.bytes();
    (ledger, log)
}

/// One line and status 4, from a reading and from a writing command alike.
fn refused(ledger: &Ledger, expected: &[&str]) {
    let file = ledger.file("more.ndjson", mixed_from(200, 10));
    for said in [ledger.read("verify"), ledger.submit("", &[&file])] {
        let Said { status, err, .. } = &said;
        assert_eq!((*status, err.lines().count()), (4, 1), "{err}");
        for words in expected {
            assert!(err.contains(words), "'{words}' is not in: {err}");
        }
    }
}

fn writes_on(ledger: &Ledger, log: &[u8]) {
    assert!(ledger.bytes() == log, "the log has changed");
    let file = ledger.file("more.ndjson", mixed_from(200, 10));
    ledger.submit("", &[&file]).ok();
    ledger.read("verify --documents").ok();
}

/// sled's newest snapshot.
fn snapshot(ledger: &Ledger) -> PathBuf {
    let log = ledger.dir().join("log");
    let is_snapshot = |file: &PathBuf| file.display().to_string().starts_with("snap.");
    log.join(files(&log).into_iter().rfind(is_snapshot).expect("a snapshot"))
}

#[test]
fn a_torn_snapshot_is_moved_aside() {
    let (ledger, log) = prepared();
    let whole = fs::read(snapshot(&ledger)).expect("read");
    let torn = snapshot(&ledger).with_extension("FFFFFFFFFFFFFFF0.generating");
    for length in [0, 12, whole.len() / 2, whole.len()] {
        fs::write(&torn, &whole[..length]).expect("written");
        assert!(ledger.bytes() == log, "torn at {length}");
        assert!(!torn.exists(), "torn at {length}");
    }
    let aside: Vec<PathBuf> = files(&ledger.dir().join("log"));
    assert_eq!(
        aside.iter().filter(|file| file.starts_with("aside.snap.FFFFFFFFFFFFFFF0.generating")).count(),
        1
    );
    writes_on(&ledger, &log);
}

#[test]
fn an_empty_snapshot_is_named() {
    let (ledger, log) = prepared();
    let path = snapshot(&ledger);
    let whole = fs::read(&path).expect("read");
    for length in [0, 1, 12] {
        fs::write(&path, &whole[..length]).expect("written");
        refused(&ledger, &[&path.display().to_string(), "torn", "a copy", "ledger verify"]);
    }
    // What the message advises: sled recovers from its log.
    fs::remove_file(&path).expect("removed");
    writes_on(&ledger, &log);
}

#[test]
fn leftover_blobs_are_counted_and_named() {
    let (ledger, log) = prepared();
    let blobs = ledger.dir().join("log/blobs");
    for name in ["12", "notes"] {
        fs::write(blobs.join(name), "x").expect("written");
    }
    refused(&ledger, &[&blobs.display().to_string(), "holds 2 files", "ledger repair --from EXPORT"]);
    fs::remove_dir_all(&blobs).expect("removed");
    writes_on(&ledger, &log);
}

#[test]
fn the_lock_of_a_killed_process_is_no_lock() {
    let (ledger, log) = prepared();
    let mut command = ledger.command();
    command.args(["submit", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut holder = command.spawn().expect("started");
    let lock = ledger.dir().join("lock");
    let named = || fs::read_to_string(&lock).expect("read");
    let name = format!("process {} ", holder.id());
    while !named().starts_with(&name) {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let held = ledger.read("verify");
    assert_eq!((held.status, held.err.contains(&name)), (2, true), "{}", held.err);
    holder.kill().expect("killed");
    holder.wait().expect("ended");
    assert!(named().starts_with(&name), "a killed process leaves its name");
    writes_on(&ledger, &log);
    fs::write(&lock, [0xff; 100]).expect("written");
    assert!(ledger.read("verify").ok().out.contains("clean"));
}

/// A snapshot whose checksum fits and whose first page is elsewhere, which fails sled's own assertions. Only the first
/// page: with a later one pointing beyond the log sled waits for ever for what will not be written.
#[test]
fn an_opening_that_panics_is_an_error() {
    /// At the end of a snapshot: the length of what is before, and its checksum.
    const FOOTER_BYTES: usize = 12;
    let (ledger, log) = prepared();
    let path = snapshot(&ledger);
    let whole = fs::read(&path).expect("read");
    let body = &whole[..whole.len() - FOOTER_BYTES];
    let mut panicked = 0;
    // The log's end is spelled in the 8 bytes before, and the page in the 16 or so from there on.
    for at in 8..24 {
        let mut changed = body.to_vec();
        changed[at] ^= 0x80;
        let checksum = crc32fast::hash(&changed);
        changed.extend((body.len() as u64).to_le_bytes());
        changed.extend(checksum.to_le_bytes());
        fs::write(&path, changed).expect("written");
        let mut command = ledger.command();
        command.arg("verify");
        let said = Watched::start(command, ledger.scratch(), "said").end(LIMIT);
        if said.code() == Some(0) {
            continue; // sled needed nothing of it.
        }
        assert_eq!((said.code(), said.err.lines().count()), (Some(4), 1), "byte {at}: {}", said.err);
        let directory = ledger.dir().join("log").display().to_string();
        assert!(said.err.contains(&directory), "byte {at}: {}", said.err);
        if said.err.contains("panicked") {
            assert!(said.err.contains("ledger repair --from EXPORT"), "{}", said.err);
            panicked += 1;
        }
    }
    println!("{panicked} of 16 snapshots made sled panic");
    assert!(panicked > 0, "no panic was seen, so nothing was shown");
    fs::write(&path, whole).expect("written");
    writes_on(&ledger, &log);
}
