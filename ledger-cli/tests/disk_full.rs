//! A full disk: the reserve stops appends before sled is hit, reading goes on, and writing resumes once space is free.
//!
//! Each test runs itself again in a mount namespace of its own, in which it mounts a small tmpfs; nothing of that is
//! seen outside or outlives it. It needs root, or user namespaces for everyone, and says so where it has neither.
//! Left out: writes that fail for other reasons.

mod breaking;
mod support;

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use breaking::Watched;
use serde_json::Value;
use support::{Ledger, Said, mixed_from};

/// Twice the reserve of 64 MiB and the room for one round, of 16 MiB.
const TMPFS_MIB: u64 = 160;

/// The reserve and the room for one round: with less, nothing is begun.
const KEPT_MIB: u64 = 64 + 16;

/// Set in the run that has a file system of its own: where to mount it.
const INSIDE: &str = "LEDGER_TEST_TMPFS";

/// What the ledger says on a disk that is too full, in any of its ways.
const SAYS: [&str; 2] = ["free some space", "free some and try again"];

/// Runs `test` on a small file system, in another process. `name` is the test's own.
fn on_small_disk(name: &str, test: fn(&Disk)) {
    if let Some(dir) = std::env::var_os(INSIDE) {
        return test(&Disk::mount(PathBuf::from(dir)));
    }
    let scratch = tempfile::tempdir().expect("a directory");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout == b"0\n");
    let output = Command::new("unshare")
        .arg(if is_root { "-m" } else { "-Urm" })
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, scratch.path())
        .output();
    let output = output.unwrap_or_else(|error| panic!("{NEEDED}: unshare: {error}"));
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    let not_begun = !said.contains(BEGUN);
    assert!(!not_begun, "{NEEDED}");
    assert!(output.status.success(), "{name} failed on its own disk, as printed above");
}

const NEEDED: &str = "a file system of its own is needed: run as root, or allow user namespaces \
                      (sysctl kernel.unprivileged_userns_clone=1), with util-linux installed";
const BEGUN: &str = "mounted a tmpfs";

/// A small file system.
struct Disk {
    dir: PathBuf,
}

impl Disk {
    fn mount(dir: PathBuf) -> Disk {
        let size = format!("size={TMPFS_MIB}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&dir).status();
        assert!(mounted.is_ok_and(|status| status.success()), "{NEEDED}");
        println!("{BEGUN} of {TMPFS_MIB} MiB");
        Disk { dir }
    }

    fn ledger(&self) -> Ledger {
        Ledger::in_scratch(tempfile::tempdir_in(&self.dir).expect("a directory"))
    }

    fn filler(&self) -> PathBuf {
        self.dir.join("filler")
    }

    fn free_mib(&self) -> f64 {
        let output =
            Command::new("df").args(["--output=avail", "-k"]).arg(&self.dir).output().expect("df runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let kib: f64 = text.lines().nth(1).and_then(|line| line.trim().parse().ok()).expect("a number");
        kib / 1024.0
    }

    /// Fills it until so much is left.
    fn fill_to(&self, left_mib: f64) {
        self.empty();
        let mut file = File::create(self.filler()).expect("made");
        let chunk = vec![1; 64 * 1024];
        while self.free_mib() > left_mib + 1.0 {
            for _ in 0..16 {
                file.write_all(&chunk).expect("written");
            }
        }
    }

    /// Fills it to the last byte.
    fn fill(&self) {
        let mut file = File::options().create(true).append(true).open(self.filler()).expect("made");
        for size in [64 * 1024, 1] {
            let chunk = vec![1; size];
            loop {
                match file.write_all(&chunk) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => panic!("{error}"),
                }
            }
        }
        assert!(self.free_mib() < 0.01, "{} MiB are left", self.free_mib());
    }

    /// Gives back what was filled.
    fn empty(&self) {
        if let Err(error) = fs::remove_file(self.filler()) {
            assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
        }
    }
}

fn submit(ledger: &Ledger, file: &Path) -> Said {
    ledger.submit("--json", &[file])
}

fn entries(log: &[u8]) -> usize {
    log.iter().filter(|byte| **byte == b'\n').count()
}

/// Refused for lack of space: exit status 4, an error of its own, one line that says what to do.
fn too_full(said: &Said) {
    assert_eq!(said.status, 4, "{}{}", said.out, said.err);
    assert!(SAYS.iter().any(|words| said.err.contains(words)), "{}", said.err);
    let errors: Vec<&str> = said.err.lines().filter(|line| *line != "SIMULATED CLOCK").collect();
    let [error] = errors.as_slice() else { panic!("one line expected: {}", said.err) };
    let error: Value = serde_json::from_str(error).unwrap_or_else(|_| panic!("no JSON: {error}"));
    assert_eq!(error["error"]["code"], "no_space", "{error}");
}

/// Reading answers as before.
fn reads(ledger: &Ledger, log: &[u8]) {
    assert!(ledger.bytes() == log, "the log has changed");
    ledger.read("verify --documents").ok();
    ledger.read("rating QE1").ok();
}

#[test]
fn the_reserve_stops_appends_and_not_reads() {
    on_small_disk("the_reserve_stops_appends_and_not_reads", |disk| {
        let ledger = disk.ledger();
        let first = ledger.file("first.ndjson", mixed_from(0, 500));
        submit(&ledger, &first).ok();
        let log = ledger.bytes();

        disk.fill_to((KEPT_MIB - 10) as f64);
        let second = ledger.file("second.ndjson", mixed_from(500, 500));
        let refused = submit(&ledger, &second);
        too_full(&refused);
        assert!(refused.err.contains("64 MiB are kept in reserve"), "{}", refused.err);
        assert_eq!(refused.out, "", "nothing is acknowledged");
        let concern =
            "concern raise QE1 --severity low --statement safeguarding --source staff --account words --json";
        too_full(&ledger.write("assessor-1", "2026-07-20", concern));
        reads(&ledger, &log);

        disk.empty();
        submit(&ledger, &second).ok();
        let undisturbed = Ledger::new();
        submit(&undisturbed, &first).ok();
        submit(&undisturbed, &second).ok();
        reads(&ledger, &undisturbed.bytes());
    });
}

/// Space runs out while a long file is submitted: it stops before the reserve, and what it acknowledged is there.
#[test]
fn a_long_file_stops_where_the_reserve_begins() {
    on_small_disk("a_long_file_stops_where_the_reserve_begins", |disk| {
        let ledger = disk.ledger();
        let file = ledger.file("long.ndjson", mixed_from(0, 30_000));
        disk.fill_to(KEPT_MIB as f64 + 1.0);
        let stopped = submit(&ledger, &file);
        too_full(&stopped);
        let acknowledged = stopped.out.lines().count();
        assert!((1_000..30_000).contains(&acknowledged), "{acknowledged} are acknowledged");
        assert!(disk.free_mib() > 64.0, "the reserve is touched: {} MiB are left", disk.free_mib());
        let log = ledger.bytes();
        assert!(entries(&log) >= 261 + acknowledged, "{acknowledged} were acknowledged");
        reads(&ledger, &log);
        disk.empty();
        submit(&ledger, &file).ok();
        assert_eq!(entries(&ledger.bytes()), 261 + 30_000);
        ledger.read("verify --documents").ok();
        println!("stopped after {acknowledged} of 30,000");
    });
}

/// Somebody else took the reserve too: nothing acknowledged is lost, and what cannot be done says what to do.
#[test]
fn not_a_byte_is_left() {
    on_small_disk("not_a_byte_is_left", |disk| {
        for killed in [false, true] {
            let ledger = disk.ledger();
            let first = ledger.file("first.ndjson", mixed_from(0, 500));
            submit(&ledger, &first).ok();
            let log = ledger.bytes();
            let second = ledger.file("second.ndjson", mixed_from(500, 2_000));
            let acknowledged = if killed { killed_while_submitting(&ledger, &second) } else { 0 };
            disk.fill();
            let mut answered = 0;
            for _ in 0..3 {
                too_full(&submit(&ledger, &second));
                for question in ["log --json", "verify --documents --json", "rating QE1 --json"] {
                    let said = ledger.read(question);
                    if said.status == 0 {
                        answered += 1;
                    } else {
                        too_full(&said);
                    }
                }
            }
            println!("killed before: {killed}; {answered} of 9 questions were answered on a full disk");
            disk.empty();
            let now = ledger.bytes();
            assert!(now.starts_with(&log), "the log is not what it was, and more");
            assert!(entries(&now) >= entries(&log) + acknowledged, "{acknowledged} were acknowledged");
            reads(&ledger, &now);
            submit(&ledger, &second).ok();
            assert_eq!(entries(&ledger.bytes()), 261 + 2_500);
            ledger.read("verify --documents").ok();
        }
    });
}

/// Submits until something is acknowledged, and kills it; returns how many are.
fn killed_while_submitting(ledger: &Ledger, file: &Path) -> usize {
    let mut command = ledger.command();
    command.args(["submit", "--json", "--random-seed", "7"]).arg(file);
    let mut watched = Watched::start(command, ledger.scratch(), "killed");
    while watched.lines() == 0 && watched.child.try_wait().expect("known").is_none() {
        std::thread::sleep(Duration::from_micros(500));
    }
    watched.kill().out.iter().filter(|byte| **byte == b'\n').count()
}

/// The disk fills while the ledger is open: what comes after is refused, and it closes in good order.
#[test]
fn filled_while_open() {
    on_small_disk("filled_while_open", |disk| {
        let ledger = disk.ledger();
        let text = mixed_from(0, 3_000);
        let lines: Vec<&str> = text.lines().collect();
        let mut command = ledger.command();
        command.args(["submit", "--json", "--random-seed", "7", "-"]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut input = child.stdin.take().expect("piped");
        let said = child.stdout.take().expect("piped");
        let (seen, receipts) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in std::io::BufRead::lines(std::io::BufReader::new(said)) {
                seen.send(line.expect("UTF-8")).expect("heard");
            }
        });
        // A thousand lines are one round.
        input.write_all(format!("{}\n", lines[..1_000].join("\n")).as_bytes()).expect("written");
        let mut acknowledged = receipts.recv().map(|_| 1).expect("a receipt");
        disk.fill();
        // It may have ended by then.
        let _ = input.write_all(format!("{}\n", lines[1_000..].join("\n")).as_bytes());
        drop(input);
        acknowledged += receipts.iter().count();
        let output = child.wait_with_output().expect("ended");
        reader.join().expect("read");
        let status = output.status.code().unwrap_or(-1);
        too_full(&Said { status, out: String::new(), err: String::from_utf8_lossy(&output.stderr).into() });
        disk.empty();
        let log = ledger.bytes();
        assert_eq!((acknowledged, entries(&log)), (1_000, 261 + 1_000));
        reads(&ledger, &log);
        let file = ledger.file("all.ndjson", &text);
        submit(&ledger, &file).ok();
        assert_eq!(entries(&ledger.bytes()), 261 + 3_000);
    });
}
