//! Power loss: whatever the disk kept of what was not synced, everything acknowledged is there.
//!
//! The real binary's operations are recorded (`scenario.rs`), and followed in a model of a disk whose module,
//! `ledger_tests::disk`, says what may and may not be found after the power failed. The power fails before every sync
//! of the recording, after every receipt, and at its end; for each of these moments images of the directory are laid
//! out: with nothing, everything, names only and content only of what was not synced, and with seeded random parts of
//! it. Each image is opened by the real code (`opening.rs`), in child processes, so that a panic or a hang is told from
//! the rest.
//!
//! Left out: what the process sees of failing calls, which is `faults.rs`.
//!
//! `LEDGER_TEST_SEED` repeats a run as far as threads do; `LEDGER_POWER_IMAGES` is the least number of different
//! images, 2,000 unless stated, 200 with LEDGER_TESTS_QUICK.

mod opening;
mod scenario;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ledger_tests::disk::{Disk, image_of};
use ledger_tests::program::{built, is_quick, scratch, setting};
use ledger_tests::recording::{self, Operation};

/// Set for child processes: the scenario's directory, and which operations are theirs.
const CHILD: &str = "LEDGER_POWER_CHILD";

/// One image is opened in some 30 ms.
const PATIENCE: Duration = Duration::from_secs(60);

/// Children at the same time, and how many there are in all: each has a part of the recording.
const AT_ONCE: usize = 3;
const PARTS: usize = 12;

#[test]
fn everything_acknowledged_survives_whatever_the_disk_kept() {
    let started = Instant::now();
    let (seed, least) = (setting("LEDGER_TEST_SEED", 20_260_701), least());
    let scratch = scratch();
    scenario::play(scratch.path());
    let operations = recording::read(&scratch.path().join("recording"));
    leads_to_what_was_found(&operations, scratch.path());
    let points = (0..=operations.len()).filter(|at| is_point(&operations, *at)).collect::<Vec<_>>();
    // Not every draw is a new image: where little is unsynced there are few. Three times is enough by a third.
    let draws = (3 * least).div_ceil(points.len() as u64);
    println!("seed {seed}: {} operations, {} moments, {draws} draws each", operations.len(), points.len());

    let tested = open_all(scratch.path(), &points, seed, draws);
    let (good, bad): (Vec<&String>, Vec<&String>) = tested.iter().partition(|line| line.starts_with("ok "));
    let images: BTreeSet<&str> = good.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    let resumed = good.iter().filter(|line| line.ends_with("resumed")).count();
    println!(
        "images: {} tried, {} different, {} survived, {} failed; {resumed} resumed by submitting again; {:.0?}",
        tested.len(),
        images.len() + bad.len(),
        good.len(),
        bad.len(),
        started.elapsed()
    );
    let first: Vec<&&String> = bad.iter().take(5).collect();
    assert!(bad.is_empty(), "{} images failed under seed {seed}, such as {first:#?}", bad.len());
    assert!(images.len() as u64 >= least, "{} different images, {least} asked for", images.len());
}

/// Runs only in child processes.
#[test]
fn opens_images() {
    let Ok(job) = std::env::var(CHILD) else { return };
    opening::run(&job);
}

fn least() -> u64 {
    setting("LEDGER_POWER_IMAGES", if is_quick() { 200 } else { 2_000 })
}

/// Whether the power fails before operation `at`: it is a sync, the one before was a receipt, or all are done.
fn is_point(operations: &[Operation], at: usize) -> bool {
    let is_sync = operations.get(at).is_none_or(|next| matches!(next, Operation::Sync(_)));
    is_sync || at.checked_sub(1).is_some_and(|last| matches!(operations[last], Operation::Output(_)))
}

/// The recording is complete: following it leads to the very files that the runs left.
fn leads_to_what_was_found(operations: &[Operation], scratch: &Path) {
    let mut disk = Disk::found(&scratch.join("base"));
    operations.iter().for_each(|operation| disk.follow(operation));
    let (followed, found) =
        (disk.image(ledger_tests::disk::Kept::Everything), image_of(&scratch.join("found")));
    let differs = |path: &&std::path::PathBuf| followed.get(*path) != found.get(*path);
    let paths: BTreeSet<_> = followed.keys().chain(found.keys()).filter(differs).collect();
    assert!(paths.is_empty(), "the recording does not lead to what was found in {paths:?}");
}

/// Has children open every image, and returns what they said, a line an image.
fn open_all(scratch: &Path, points: &[usize], seed: u64, draws: u64) -> Vec<String> {
    let parts: Vec<Range<usize>> =
        points.chunks(points.len().div_ceil(PARTS)).map(|part| part[0]..part[part.len() - 1] + 1).collect();
    let (parts, tested) = (Mutex::new(parts.into_iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(part) = { parts.lock().expect("not poisoned").next() } {
                    let said = open_part(scratch, &part, seed, draws);
                    tested.lock().expect("not poisoned").extend(said);
                }
            });
        }
    });
    tested.into_inner().expect("not poisoned")
}

fn open_part(scratch: &Path, part: &Range<usize>, seed: u64, draws: u64) -> Vec<String> {
    let job = format!("{} {} {} {seed} {draws}", scratch.display(), part.start, part.end);
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "opens_images", "--nocapture", "--test-threads", "1"])
        .env(CHILD, job)
        .env("LEDGER_POWER_BINARY", &built().ledger)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let lines = lines(child.stdout.take().expect("piped"));
    let mut said = Vec::new();
    let mut at = String::new();
    let ended = loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.starts_with("ok ") || line.starts_with("failed ") => said.push(line),
            Ok(line) if line.starts_with("at ") => at = line,
            Ok(line) if line == "done" => break "",
            Ok(_) => {}
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => break "hung",
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break "ended without a word",
        }
    };
    if !ended.is_empty() {
        said.push(format!("failed {at}: opening {ended}"));
        // It may have ended by itself.
        let _ = child.kill();
    }
    child.wait().expect("ended");
    said
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    lines
}
