//! Damage: places of a closed ledger's files flipped, zeroed and cut, every file emptied and removed.
//!
//! Each on a copy and before the real binary. Either `verify --documents` reports it, with a typed error that names the
//! file or the entry, or every byte of the log and its head are as they were. A panic that escapes, a signal, a hang,
//! or an answer that is neither, is a failure. Left out: two faults at once, and writes cut off by a loss of power.

mod breaking;
mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use breaking::{Ended, Watched, amount, copy, files, seed};
use serde_json::Value;
use support::{Ledger, binary, line};
use tempfile::TempDir;

/// A healthy run takes some 30 ms; sled is given 60 s by the ledger itself, and then that is reported.
const LIMIT: Duration = Duration::from_secs(120);

/// Children at a time.
const WORKERS: usize = 2;

/// sled's segment: each begins with a header of 20 bytes.
const SLED_SEGMENT: u64 = 512 * 1024;

/// What is done to a file.
#[derive(Debug, Clone)]
enum Fault {
    FlipBit { at: u64, bit: u32 },
    Replace { at: u64, by: u8 },
    Zero { at: u64, bytes: u64 },
    Cut { at: u64 },
    Empty,
    Remove,
}

/// A fault in one file, named from the ledger's directory.
#[derive(Debug, Clone)]
struct Place {
    file: PathBuf,
    fault: Fault,
}

/// How a fault ended.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Reported,
    Unchanged,
    Failed(String),
}

/// What an undamaged ledger says.
struct Original {
    /// Its files as the last writer closed them: sled's snapshot is of when that one opened, the rest is in its log.
    closed: TempDir,
    log: Vec<u8>,
    verified: String,
}

/// Processes that submit so many lines each, before the last.
const EARLIER: [u64; 5] = [150, 150, 150, 1, 1];

/// Lines of the last process: a round of full pages, and one of small ones.
const LAST: u64 = 1_100;

/// A ledger over several of sled's segments, with documents, one of which is erased.
fn original() -> Original {
    let ledger = Ledger::new();
    let mut random = fastrand::Rng::with_seed(7);
    let mut next = 0;
    let mut submit = |count: u64| {
        let lines: Vec<String> = (next..next + count).map(|number| command(number, &mut random)).collect();
        let file = ledger.file(&format!("{next}.ndjson"), lines.join("\n"));
        ledger.submit("", &[&file]).ok();
        next += count + 1;
    };
    EARLIER.into_iter().for_each(&mut submit);
    let file = ledger.file("erase.ndjson", erasure(&ledger));
    ledger.submit("", &[&file]).ok();
    submit(LAST);
    let closed = tempfile::tempdir().expect("a directory");
    copy(ledger.dir(), closed.path());

    let verified = ledger.read("verify --documents --json").ok();
    let documents = &verified.json()["documents"];
    assert!(documents["whole"].as_u64() >= Some(50) && documents["erased"] == 1, "{documents}");
    let segments = fs::metadata(ledger.dir().join("log/db")).expect("there").len() / SLED_SEGMENT;
    assert!(segments >= 3, "a log of {segments} segments shows nothing about its middle");
    Original { closed, log: ledger.bytes(), verified: verified.out }
}

/// Evidence whose address does not compress, so that few entries fill a page; every twentieth with a document.
fn command(number: u64, random: &mut fastrand::Rng) -> String {
    let address: String = (0..470).map(|_| random.alphanumeric()).collect();
    let documents = match number % 20 {
        0 => format!(r#","documents":[{{"text":"Document {number}: {}"}}]"#, &address[..200]),
        _ => String::new(),
    };
    let data = format!(
        r#"{{"statements":["safeguarding"],"category":"processes","wave":"held","site":"off-site","source":"regulator","reference":"https://www.example.org/{address}"{documents}}}"#
    );
    line(number, "assessor-1", "evidence.submit", SUBJECT, &data)
}

const SUBJECT: &str = "ics/E54000048";

/// The command that erases the document of the first evidence.
fn erasure(ledger: &Ledger) -> String {
    // `original` leaves out the number after each file's.
    let number = EARLIER.iter().map(|count| count + 1).sum::<u64>() - 1;
    let said = ledger.read("log --json --type evidence.submitted --limit 1").ok().json();
    let (commitment, entry) = (&said["data"]["documents"][0]["commitment"], &said["sequence"]);
    let data =
        format!(r#"{{"commitment":{commitment},"cited_by":{entry},"legal_basis":"uk-gdpr-article-17"}}"#);
    line(number, "operator-1", "document.erase", SUBJECT, &data)
}

/// How many places of a file are damaged. The log has most: it holds most structures.
fn share(file: &str, all: u64) -> u64 {
    let per_mille = match file {
        "log/db" => 600,
        "head" | "documents/segments/000000.seg" => 100,
        "documents/keys" | "log/snapshot" => 80,
        "log/conf" => 30,
        "lock" => 10,
        _ => 3,
    };
    all * per_mille / 1000
}

/// Without what differs from ledger to ledger: the kind of a file.
fn kind(file: &Path) -> String {
    let name = file.display().to_string();
    match name.split_once('/') {
        Some(("log", rest)) if rest.starts_with("snap.") => "log/snapshot".to_owned(),
        Some(("resume", _)) => "resume".to_owned(),
        _ => name,
    }
}

/// Every fault of the run, in the order of the files.
fn places(dir: &Path, all: u64, random: &mut fastrand::Rng) -> Vec<Place> {
    let mut places = Vec::new();
    for file in files(dir) {
        let bytes = fs::read(dir.join(&file)).expect("read");
        let name = kind(&file);
        let mut add = |fault| places.push(Place { file: file.clone(), fault });
        add(Fault::Remove);
        add(Fault::Empty);
        if bytes.is_empty() {
            continue;
        }
        for number in 0..share(&name, all) {
            let at = place(&name, &bytes, number, random);
            add(match random.u8(0..10) {
                0..5 => Fault::FlipBit { at, bit: random.u32(0..8) },
                5 => Fault::Replace { at, by: random.u8(..) },
                6..8 => Fault::Zero { at, bytes: 1 << random.u32(3..14) },
                _ => Fault::Cut { at },
            });
        }
    }
    places
}

/// A byte of a file. In sled's file, in turn: in the header of a segment, just after one, at the end of what was
/// written, anywhere.
fn place(name: &str, bytes: &[u8], number: u64, random: &mut fastrand::Rng) -> u64 {
    let length = bytes.len() as u64;
    if name != "log/db" {
        return random.u64(0..length);
    }
    let segment = random.u64(0..length.div_ceil(SLED_SEGMENT)) * SLED_SEGMENT;
    let last = bytes.iter().rposition(|byte| *byte != bytes[bytes.len() - 1]).unwrap_or(0) as u64;
    let at = match number % 5 {
        0 => segment + random.u64(0..20),
        1 => segment + random.u64(20..4096),
        2 => last.saturating_sub(random.u64(0..8192)),
        _ => random.u64(0..length),
    };
    at.min(length - 1)
}

impl Place {
    fn strike(&self, dir: &Path) {
        let path = dir.join(&self.file);
        if matches!(self.fault, Fault::Remove) {
            return fs::remove_file(path).expect("removed");
        }
        let file = File::options().read(true).write(true).open(path).expect("opened");
        let put = |at: u64, bytes: &[u8]| file.write_all_at(bytes, at).expect("written");
        match self.fault {
            Fault::FlipBit { at, bit } => {
                let mut byte = [0];
                file.read_exact_at(&mut byte, at).expect("read");
                put(at, &[byte[0] ^ (1 << bit)]);
            }
            Fault::Replace { at, by } => put(at, &[by]),
            Fault::Zero { at, bytes } => {
                let end = file.metadata().expect("known").len();
                put(at, &vec![0; bytes.min(end - at) as usize]);
            }
            Fault::Cut { at } => file.set_len(at).expect("cut"),
            Fault::Empty | Fault::Remove => file.set_len(0).expect("emptied"),
        }
    }
}

/// Damages a copy and sees what the binary says of it.
fn tried(original: &Original, place: &Place, scratch: &Path) -> Outcome {
    let dir = scratch.join("ledger");
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("removed");
    }
    copy(original.closed.path(), &dir);
    place.strike(&dir);
    let run = |arguments: &[&str]| {
        let mut command = binary();
        command.arg("--data").arg(&dir).args(arguments);
        Watched::start(command, scratch, "said").end(LIMIT)
    };
    // Without --expect: that something is missing must be seen from inside.
    let verified = run(&["verify", "--documents", "--json"]);
    if verified.code() != Some(0) {
        return reported(&verified, &dir);
    }
    let log = run(&["log", "--json"]);
    match (verified.out == original.verified.as_bytes(), log.code(), log.out == original.log) {
        (true, Some(0), true) => Outcome::Unchanged,
        (true, Some(0), false) => Outcome::Failed("clean, and the log has other bytes".to_owned()),
        (true, code, _) => Outcome::Failed(format!("clean, and reading ended with {code:?}: {}", log.err)),
        (false, ..) => Outcome::Failed("clean, and another answer than before".to_owned()),
    }
}

/// An error is typed, ends the program in good order, and names a file of the ledger, an entry or the log.
fn reported(said: &Ended, dir: &Path) -> Outcome {
    let failed = |what: &str| Outcome::Failed(format!("{what}; status {:?}: {}", said.code(), said.err));
    if said.status.is_none() {
        return failed("it hangs");
    }
    if !matches!(said.code(), Some(1 | 2 | 4)) {
        return failed("no exit status of ours");
    }
    // One line of ours: what sled says when it panics is in our message, and not beside it.
    let errors: Vec<&str> = said.err.lines().filter(|line| *line != "SIMULATED CLOCK").collect();
    let [error] = errors.as_slice() else { return failed("one line expected") };
    let error: Value = serde_json::from_str(error).unwrap_or(Value::Null);
    let message = error["error"]["message"].as_str().unwrap_or_default();
    let dir = dir.display().to_string();
    if [&*dir, "entry ", "the log "].iter().any(|name| message.contains(name)) {
        return Outcome::Reported;
    }
    failed("nothing named")
}

/// At least 1,000 places, in every structure of every file.
#[test]
fn every_damage_is_reported_or_changes_nothing() {
    let mut random = fastrand::Rng::with_seed(seed("LEDGER_DAMAGE_SEED"));
    let original = original();
    let places = places(original.closed.path(), amount("LEDGER_DAMAGE_PLACES", 1_100, 150), &mut random);
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let scratch = tempfile::tempdir().expect("a directory");
                while let Some(place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = tried(&original, place, scratch.path());
                    outcomes.lock().expect("whole").push((place, outcome));
                }
            });
        }
    });
    judge(&outcomes.into_inner().expect("whole"));
}

/// Prints the three counts for each kind of file, and fails with every failure.
fn judge(outcomes: &[(&Place, Outcome)]) {
    let mut counts: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    let mut failures = Vec::new();
    for (place, outcome) in outcomes {
        let column = match outcome {
            Outcome::Reported => 0,
            Outcome::Unchanged => 1,
            Outcome::Failed(what) => {
                failures.push(format!("{} {:?}: {what}", place.file.display(), place.fault));
                2
            }
        };
        for name in [kind(&place.file), "together".to_owned()] {
            counts.entry(name).or_default()[column] += 1;
        }
    }
    println!("{:32} {:>9} {:>9} {:>9}", "file", "reported", "unchanged", "failed");
    for (name, [reported, unchanged, failed]) in &counts {
        println!("{name:32} {reported:>9} {unchanged:>9} {failed:>9}");
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), outcomes.len(), failures.join("\n"));
}
