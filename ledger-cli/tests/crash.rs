//! Crashes: the real binary submits, is killed with SIGKILL at a random moment, and is looked at.
//!
//! After each kill: what it had acknowledged is there with the same bytes, the log went on from what it was and ends
//! where a round ends, the chain, all histories and all documents verify, and the log has what was signed. In the end the
//! log is what an undisturbed run makes. Left out: loss of power, where the operating system forgets what was not synced.

mod breaking;
mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use breaking::{Ended, Watched, amount, seed};
use ledger_core::values::Hash;
use serde_json::Value;
use support::{Ledger, id_at, line};

/// No run takes a tenth of it.
const LIMIT: Duration = Duration::from_secs(120);

/// When to strike.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after the start.
    After(Duration),
    /// So long after so many receipts were seen.
    Receipts(usize, Duration),
}

/// How far a killed run had come.
#[derive(Debug, Default)]
struct Phases {
    nothing_acknowledged: u64,
    some_acknowledged: u64,
    all_acknowledged: u64,
    ended_before: u64,
}

impl Phases {
    fn kills(&self) -> u64 {
        self.nothing_acknowledged + self.some_acknowledged + self.all_acknowledged
    }

    fn count(&mut self, ended: &Ended, acknowledged: usize, of: usize) {
        *match (ended.code(), acknowledged) {
            (Some(_), _) => &mut self.ended_before,
            (None, 0) => &mut self.nothing_acknowledged,
            (None, some) if some < of => &mut self.some_acknowledged,
            (None, _) => &mut self.all_acknowledged,
        } += 1;
    }
}

/// Chooses moments so that opening, submitting and closing are all struck.
struct Striker {
    random: fastrand::Rng,
    /// How long a whole run took lately.
    whole: Duration,
}

impl Striker {
    fn moment(&mut self, receipts: usize) -> Moment {
        if self.random.u8(0..10) < 6 {
            return Moment::After(self.whole.mul_f64(1.1 * self.random.f64()));
        }
        let later = Duration::from_micros(self.random.u64(0..3_000));
        Moment::Receipts(self.random.usize(1..=receipts), later)
    }

    /// Runs `command` and kills it at `moment`, unless it has ended by then.
    fn strike(&mut self, command: Command, scratch: &Path, moment: Moment) -> Ended {
        let started = Instant::now();
        let mut watched = Watched::start(command, scratch, "killed");
        let ends = |watched: &mut Watched| watched.child.try_wait().expect("known").is_some();
        match moment {
            Moment::After(time) => {
                while started.elapsed() < time && !ends(&mut watched) {
                    let left = time.saturating_sub(started.elapsed());
                    std::thread::sleep(left.min(Duration::from_millis(2)));
                }
            }
            Moment::Receipts(count, later) => {
                while watched.lines() < count && !ends(&mut watched) {
                    std::thread::sleep(Duration::from_micros(200));
                }
                std::thread::sleep(later);
            }
        }
        if ends(&mut watched) {
            self.whole = started.elapsed();
        }
        watched.kill()
    }
}

/// A receipt that a killed run had printed: where its entries are and what they hash to.
fn acknowledged(ended: &Ended) -> Vec<Vec<(usize, String)>> {
    let whole = ended.out.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let lines = std::str::from_utf8(&ended.out[..whole]).expect("UTF-8").lines();
    let entries = |line: &str| {
        let receipt: Value = serde_json::from_str(line).expect("a receipt");
        let entries = receipt["entries"].as_array().expect("entries").clone();
        entries.iter().map(placed).collect()
    };
    lines.map(entries).collect()
}

fn placed(entry: &Value) -> (usize, String) {
    let sequence = entry["sequence"].as_str().expect("a sequence").parse().expect("a number");
    (sequence, entry["hash"].as_str().expect("a hash").to_owned())
}

/// The log as lines, after checking that it is sound and that what was acknowledged is in it.
fn sound(ledger: &Ledger, ended: &Ended) -> Vec<u8> {
    let bytes = ledger.bytes();
    let entries: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    for (sequence, hash) in acknowledged(ended).into_iter().flatten() {
        let entry = entries.get(sequence).filter(|entry| !entry.is_empty());
        let entry = entry.unwrap_or_else(|| panic!("acknowledged entry {sequence} is lost"));
        assert_eq!(Hash::of(entry).to_string(), hash, "acknowledged entry {sequence} has other bytes");
    }
    ledger.read("verify --documents").ok();
    // What was signed is in the log and has its root there: never ahead of what is durable.
    ledger.read("checkpoint").ok();
    bytes
}

/// Of several commands, some with more than one event: a concern that is acted on at once fires the risk policy.
fn commands(from: u64, count: u64) -> String {
    let mut text = support::mixed_from(from, count);
    let concern = line(
        from + count,
        "assessor-1",
        "concern.raise",
        "local-authority/E06000024",
        &format!(
            r#"{{"severity":"immediate","statements":["safeguarding"],"source":"staff","account":{{"text":"Account {from}."}}}}"#
        ),
    );
    text.push_str(&concern);
    text.push('\n');
    text
}

/// One file after another under a simulated clock, where everything is decided: after any kill the log is a beginning
/// of the undisturbed one that ends where a round ends.
#[test]
fn killed_one_file_after_another() {
    let seed = seed("LEDGER_CRASH_SEED");
    let wanted = amount("LEDGER_CRASH_KILLS", 150, 15);
    let mut striker = Striker { random: fastrand::Rng::with_seed(seed), whole: Duration::from_millis(200) };
    let (undisturbed, killed) = (Ledger::new(), Ledger::new());
    let mut phases = Phases::default();
    let (mut from, mut leg) = (0, 0);
    while phases.kills() < wanted {
        // Some files are two rounds.
        let count = if leg % 4 == 1 { 1_100 } else { striker.random.u64(1..6) * 10 };
        let text = commands(from, count);
        let ends = ends_of_rounds(&undisturbed, &text);
        let expected = undisturbed.bytes();
        let file = killed.file(&format!("{leg}.ndjson"), &text);
        let mut before = killed.bytes();
        for _ in 0..6 {
            let ended = submit_and_strike(&killed, &mut striker, SEEDED, &[&file], text.lines().count());
            phases.count(&ended, acknowledged(&ended).len(), text.lines().count());
            let now = sound(&killed, &ended);
            assert!(now.starts_with(&before), "the log is not what it was, and more");
            assert!(expected.starts_with(&now), "another log than undisturbed");
            let length = now.iter().filter(|byte| **byte == b'\n').count();
            assert!(ends.contains(&length), "{length} entries: half a round; rounds end at {ends:?}");
            before = now;
            if ended.code().is_some() {
                break;
            }
        }
        killed.submit("", &[&file]).ok();
        assert_eq!(killed.bytes(), expected, "completed");
        (from, leg) = (from + count + 10, leg + 1);
    }
    println!("one after another: {} kills in {leg} files, {from} commands: {phases:?}", phases.kills());
}

/// Submits to the undisturbed ledger, and returns the lengths that the log had before it and after each round.
fn ends_of_rounds(undisturbed: &Ledger, text: &str) -> BTreeSet<usize> {
    const ROUND_LINES: usize = 1_000;
    let before = undisturbed.bytes().iter().filter(|byte| **byte == b'\n').count();
    let file = undisturbed.file("undisturbed.ndjson", text);
    let out = undisturbed.submit("--json", &[&file]).ok().out;
    let receipts: Vec<&str> = out.lines().collect();
    let last = |round: &[&str]| {
        let receipt: Value = serde_json::from_str(round.last().expect("a line")).expect("a receipt");
        placed(receipt["entries"].as_array().and_then(|entries| entries.last()).expect("an entry")).0 + 1
    };
    std::iter::once(before).chain(receipts.chunks(ROUND_LINES).map(last)).collect()
}

/// With a simulated clock everything random follows from this.
const SEEDED: &[&str] = &["--random-seed", "7"];

fn submit_and_strike(
    ledger: &Ledger,
    striker: &mut Striker,
    options: &[&str],
    files: &[&Path],
    lines: usize,
) -> Ended {
    let mut command = ledger.command();
    command.args(["submit", "--json"]).args(options).args(files);
    if striker.random.bool() {
        command.args(["--checkpoint-every", "0"]);
    }
    let moment = striker.moment(lines);
    striker.strike(command, ledger.scratch(), moment)
}

/// Eight files at once under the system's clock: of each file, which is one round, all or nothing is there.
#[test]
fn killed_with_several_files_at_once() {
    let seed = seed("LEDGER_CRASH_SEED");
    let wanted = amount("LEDGER_CRASH_KILLS_AT_ONCE", 60, 8);
    let mut striker = Striker { random: fastrand::Rng::with_seed(seed), whole: Duration::from_millis(200) };
    let (undisturbed, killed) = (Ledger::on_system_clock(), Ledger::on_system_clock());
    let mut phases = Phases::default();
    let (mut from, mut before) = (0, killed.bytes());
    while phases.kills() < wanted {
        let texts: Vec<String> = (0..8).map(|file| now(&commands(from + file * 100, 30))).collect();
        let lines = texts.iter().map(|text| text.lines().count()).sum();
        let files = |ledger: &Ledger| -> Vec<PathBuf> {
            let named = |(at, text)| ledger.file(&format!("{from}-{at}.ndjson"), text);
            texts.iter().enumerate().map(named).collect()
        };
        let paths = files(&killed);
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        for _ in 0..5 {
            let ended = submit_and_strike(&killed, &mut striker, &[], &paths, lines);
            phases.count(&ended, acknowledged(&ended).len(), lines);
            let bytes = sound(&killed, &ended);
            assert!(bytes.starts_with(&before), "the log is not what it was, and more");
            before = bytes;
            let (recorded, _) = events(&before);
            texts.iter().for_each(|text| all_or_nothing(text, &recorded));
            if ended.code().is_some() {
                break;
            }
        }
        for ledger in [&killed, &undisturbed] {
            let mut command = ledger.command();
            let output = command.arg("submit").args(files(ledger)).output().expect("the binary runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        from += 800;
    }
    assert_eq!(events(&killed.bytes()).1, events(&undisturbed.bytes()).1, "completed");
    println!("at once: {} kills in {} rounds of 8 files: {phases:?}", phases.kills(), from / 800);
}

/// Lines as they can be given now to a ledger with the machine's clock.
fn now(text: &str) -> String {
    let millis = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let line = |line: &str| {
        let mut command: Value = serde_json::from_str(line).expect("JSON");
        let number = command["id"].as_str().and_then(|id| u64::from_str_radix(&id[24..], 16).ok());
        command["id"] = id_at(millis.as_millis() as u64, number.expect("a number")).into();
        command.as_object_mut().expect("an object").remove("recordedtime");
        if command["data"].get("due").is_some() {
            command["data"]["due"] = "2099-12-01".into();
        }
        format!("{command}\n")
    };
    text.lines().map(line).collect()
}

/// The ids of all events, and type and subject of each, sorted: what does not depend on who came first.
fn events(log: &[u8]) -> (BTreeSet<String>, Vec<(String, String)>) {
    let log = std::str::from_utf8(log).expect("UTF-8");
    let entries: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let text = |entry: &Value, name: &str| entry[name].as_str().expect("text").to_owned();
    let ids = entries.iter().map(|entry| text(entry, "id")).collect();
    let mut kinds: Vec<_> =
        entries.iter().map(|entry| (text(entry, "type"), text(entry, "subject"))).collect();
    kinds.sort();
    (ids, kinds)
}

/// A file of at most 1,000 lines is submitted as one call, which no round divides; nor is a command of two events.
fn all_or_nothing(text: &str, recorded: &BTreeSet<String>) {
    let ids: Vec<String> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["id"].as_str().expect("text").to_owned()
        })
        .collect();
    let there = ids.iter().filter(|id| recorded.contains(*id)).count();
    assert!(there == 0 || there == ids.len(), "{there} of the {} commands of one round are there", ids.len());
    let concern = ids.last().expect("a line");
    let second = recorded.contains(&format!("{concern}.2"));
    assert_eq!(recorded.contains(concern), second, "half a command: {concern}");
}

/// A hundred restarts after crashes: opening takes no longer, and sled's files grow by what was recorded.
#[test]
fn a_hundred_restarts_do_not_add_up() {
    let ledger = Ledger::new();
    let mut random = fastrand::Rng::with_seed(seed("LEDGER_CRASH_SEED"));
    let restarts = amount("LEDGER_CRASH_RESTARTS", 120, 30);
    let file = ledger.file("before.ndjson", commands(0, 2_000));
    ledger.submit("", &[&file]).ok();
    let mut times = Vec::new();
    let mut sizes = Vec::new();
    for restart in 0..restarts {
        let text = line(3_000 + restart, "assessor-1", "evidence.submit", SUBJECT, EVIDENCE);
        let file = ledger.file("one.ndjson", text);
        let mut command = ledger.command();
        command.args(["submit", "--json"]).args(SEEDED).arg(file);
        let started = Instant::now();
        let mut watched = Watched::start(command, ledger.scratch(), "restarted");
        while watched.lines() == 0 && watched.child.try_wait().expect("known").is_none() {
            assert!(started.elapsed() < LIMIT, "restart {restart} does not open");
            std::thread::sleep(Duration::from_micros(200));
        }
        times.push(started.elapsed());
        std::thread::sleep(Duration::from_micros(random.u64(0..2_000)));
        assert_eq!(acknowledged(&watched.kill()).len(), 1, "restart {restart} acknowledges its command");
        sizes.push(log_files(&ledger));
    }
    let tenth = times.len() / 10;
    let (early, late) = (median(&times[..tenth]), median(&times[times.len() - tenth..]));
    let (first, last) = (sizes[tenth], sizes[sizes.len() - 1]);
    println!("{restarts} restarts: {early:?} to the first receipt early, {late:?} late");
    println!("files in log/ and their bytes: {first:?} early, {last:?} late");
    assert!(late < early * 3 + Duration::from_millis(100), "opening drifts: {times:?}");
    assert!(last.0 <= first.0 + 2, "files gather in log/: {sizes:?}");
    assert!(last.1 <= first.1 + 8 * 512 * 1024, "sled's files grow: {sizes:?}");
    ledger.read("verify --documents").ok();
}

const SUBJECT: &str = "ics/E54000048";
const EVIDENCE: &str = r#"{"statements":["safeguarding"],"category":"processes","wave":"held","site":"off-site","source":"regulator"}"#;

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times[times.len() / 2]
}

/// How many files sled has, and their bytes.
fn log_files(ledger: &Ledger) -> (usize, u64) {
    let log = ledger.dir().join("log");
    let files = breaking::files(&log);
    let bytes = |file: &PathBuf| std::fs::metadata(log.join(file)).expect("there").len();
    (files.len(), files.iter().map(bytes).sum())
}
