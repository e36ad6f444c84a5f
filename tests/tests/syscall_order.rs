//! The order of system calls, seen from outside by strace: nothing is answered before it is durable.
//!
//! For each round the log is written, then synced through a descriptor that is the ledger's own and not sled's, and then
//! the answers are written. The documents of a round are durable before its entries are written: first their segment,
//! then their keys. A new ledger's files and directories are synced before anyone is told of it.
//!
//! Left out: what is lost otherwise, which `power_loss` shows. `LEDGER_STRACE_EXCERPT=1` prints one round.

use std::path::{Path, PathBuf};
use std::process::Command;

use ledger_tests::commands::{in_rounds, many};
use ledger_tests::program::{Site, acknowledged, run, scratch};

/// Documents are cited in every round.
const ROUNDS: [usize; 5] = [3, 1, 20, 2, 4];

/// A document's key in the key store.
const SECRET_BYTES: u64 = 32;

/// A system call that worked. Begin and end are lines of the trace: of two calls the first was over before the second
/// began if its end comes before the other's begin.
#[derive(Debug)]
struct Call {
    name: String,
    /// The descriptor, and what it refers to; for calls on paths the first path.
    fd: Option<u32>,
    path: PathBuf,
    begin: usize,
    end: usize,
    /// What it returned.
    result: u64,
}

struct Trace {
    lines: Vec<String>,
    calls: Vec<Call>,
}

impl Trace {
    /// Runs under strace, and expects it to go well. Returns what it said, too.
    fn of(command: &Command, to: &Path) -> (Trace, String) {
        let mut strace = Command::new("strace");
        strace
            .args(["-f", "-y", "-s", "32", "-e", "trace=write,pwrite64,fsync,fdatasync,rename,mkdir", "-o"])
            .arg(to);
        strace.arg(command.get_program()).args(command.get_args());
        strace.env_remove("LEDGER_DATA").env_remove("LEDGER_ACTOR");
        assert!(
            Command::new("strace").arg("-V").output().is_ok(),
            "strace is missing: tests/run installs it"
        );
        let said = run(&mut strace).ok();
        let text = std::fs::read_to_string(to).expect("a trace");
        let lines: Vec<String> = text.lines().map(ToOwned::to_owned).collect();
        (Trace { calls: calls(&lines), lines }, said.out)
    }

    /// Calls of this name on this path, in the order in which they began.
    fn all(&self, name: &str, path: &Path) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.name == name && call.path == path).collect()
    }

    /// Answers: what was written to standard output.
    fn answers(&self) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.name == "write" && call.fd == Some(1)).collect()
    }

    /// Lines of the trace, for a message.
    fn excerpt(&self, from: usize, to: usize) -> String {
        self.lines[from..=to].join("\n")
    }
}

/// Puts together what strace splits when threads take turns.
fn calls(lines: &[String]) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: Vec<(&str, Call)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if rest.starts_with("<... ") {
            let Some(found) = unfinished.iter().position(|(of, _)| *of == thread) else { continue };
            let (_, call) = unfinished.remove(found);
            calls.extend(worked(rest).map(|result| Call { end: at, result, ..call }));
        } else if let Some(call) = begun(rest, at) {
            if rest.ends_with("<unfinished ...>") {
                unfinished.push((thread, call));
            } else {
                calls.extend(worked(rest).map(|result| Call { result, ..call }));
            }
        }
    }
    calls.sort_by_key(|call| call.begin);
    calls
}

/// What a call returned; none if it failed or the process ended in it.
fn worked(line: &str) -> Option<u64> {
    line.rsplit_once(" = ")?.1.parse().ok()
}

/// `name(5</a/path>, ..` or `name("path", ..`.
fn begun(line: &str, at: usize) -> Option<Call> {
    let (name, arguments) = line.split_once('(')?;
    let (fd, path) = if let Some(path) = arguments.strip_prefix('"') {
        (None, path.split_once('"')?.0)
    } else {
        let (fd, path) = arguments.split_once('<')?;
        (Some(fd.parse().ok()?), path.split_once('>')?.0)
    };
    Some(Call { name: name.to_owned(), fd, path: PathBuf::from(path), begin: at, end: at, result: 0 })
}

#[test]
fn data_then_our_own_sync_then_the_answers() {
    let scratch = scratch();
    let site = Site::found(scratch.path().join("ledger"));
    let count = ROUNDS.iter().sum::<usize>();
    let file = scratch.path().join("commands.ndjson");
    std::fs::write(&file, in_rounds(&many(0..count as u64), &ROUNDS)).expect("written");
    let (trace, out) = Trace::of(&site.submit(&[&file]), &scratch.path().join("trace"));
    assert_eq!(acknowledged(&out).len(), count);

    let db = site.dir().join("log/db");
    let (writes, syncs, answers) = (trace.all("pwrite64", &db), trace.all("fdatasync", &db), trace.answers());
    assert_eq!(answers.len(), ROUNDS.len(), "the answers of a round are one write");
    let own = syncs.first().and_then(|sync| sync.fd).expect("the log is synced");
    assert!(syncs.iter().all(|sync| sync.fd == Some(own)), "one descriptor is ours: {syncs:?}");
    assert!(writes.iter().all(|write| write.fd != Some(own)), "sled writes through its own: {writes:?}");

    let mut told = first_round_begins(&trace, site.dir());
    for (round, answer) in answers.iter().enumerate() {
        let excerpt = || trace.excerpt(told, answer.end);
        let sync = syncs.iter().rfind(|sync| sync.end < answer.begin && sync.begin > told);
        let sync = sync.unwrap_or_else(|| panic!("round {round} is answered before a sync:\n{}", excerpt()));
        let of_round: Vec<&&Call> =
            writes.iter().filter(|write| write.begin > told && write.begin < answer.begin).collect();
        let first =
            of_round.first().unwrap_or_else(|| panic!("round {round} writes nothing:\n{}", excerpt()));
        assert!(
            of_round.iter().all(|write| write.end < sync.begin),
            "round {round} is synced before it is written:\n{}",
            excerpt()
        );
        check_documents(&trace, site.dir(), round, first);
        if round == 1 && std::env::var_os("LEDGER_STRACE_EXCERPT").is_some() {
            println!("{}", excerpt());
        }
        told = answer.end;
    }
    let checkpoints = check_checkpoints(&trace, site.dir());
    // At most one a second, and one at the end: nothing else is written for the tree of so few entries.
    assert!(checkpoints >= 1 && !site.dir().join("tiles").exists(), "{checkpoints} checkpoints");
    println!(
        "{} rounds: written, synced through descriptor {own}, answered; {checkpoints} checkpoints",
        answers.len()
    );
}

/// What opening does to the log is over when the vault, which is opened last, has synced the ledger's directory. Later
/// syncs of that are of checkpoints.
fn first_round_begins(trace: &Trace, dir: &Path) -> usize {
    let checkpoints = trace.all("write", &dir.join("checkpoint.new"));
    let first = checkpoints.first().expect("the end is signed").begin;
    let syncs = trace.all("fsync", dir);
    syncs.iter().rfind(|sync| sync.begin < first).expect("the directory is synced").end
}

/// Every checkpoint is written, synced, named, and its name durable, in that order. Returns how many there are.
fn check_checkpoints(trace: &Trace, dir: &Path) -> usize {
    let new = dir.join("checkpoint.new");
    let (writes, syncs) = (trace.all("write", &new), trace.all("fsync", &new));
    let (named, folder) = (trace.all("rename", &new), trace.all("fsync", dir));
    assert!(writes.len() == syncs.len() && syncs.len() == named.len(), "{writes:?}, {syncs:?}, {named:?}");
    for ((write, sync), named) in writes.iter().zip(&syncs).zip(&named) {
        assert!(write.end < sync.begin && sync.end < named.begin, "{write:?}, {sync:?}, {named:?}");
        assert!(folder.iter().any(|sync| sync.begin > named.end), "{named:?} is not synced");
    }
    named.len()
}

/// The documents of this round and of those before are durable when its first entry is written: each sync of the vault
/// is segment, then keys, and the keys of that many documents were synced.
fn check_documents(trace: &Trace, dir: &Path, round: usize, first: &Call) {
    let segment = dir.join("documents/segments/000000.seg");
    let keys = dir.join("documents/keys");
    let writes = trace.all("pwrite64", &segment).into_iter().zip(trace.all("fdatasync", &segment));
    let secrets = trace.all("pwrite64", &keys).into_iter().zip(trace.all("fdatasync", &keys));
    let mut durable = 0;
    for ((write, sync), (secrets, last)) in writes.zip(secrets) {
        let in_order = write.end < sync.begin && sync.end < secrets.begin && secrets.end < last.begin;
        assert!(in_order, "{write:?}, {sync:?}, {secrets:?}, {last:?}");
        if last.end < first.begin {
            durable += secrets.result / SECRET_BYTES;
        }
    }
    // Every tenth command registers a provider and has no document.
    let lines: usize = ROUNDS[..=round].iter().sum();
    let cited = (0..lines).filter(|number| number % 10 != 0).count() as u64;
    assert!(durable >= cited, "round {round}: {durable} of {cited} documents are durable before {first:?}");
}

#[test]
fn a_new_ledger_is_durable_before_anyone_is_told() {
    let scratch = scratch();
    let site = Site::at(scratch.path().join("ledger"));
    let mut init = site.command(["init", "--simulated-clock", "--origin", "tests.example/1"]);
    init.args(["--actor", "operator-1", "--recorded-time", "2026-07-01", "--random-seed", "7"]);
    let (trace, _) = Trace::of(&init, &scratch.path().join("trace"));
    let dir = site.dir();
    let told = trace.answers().first().expect("it says something").begin;
    let renamed =
        trace.all("rename", &dir.join("head.new")).first().expect("the head record gets its name").end;
    let synced = |path: &Path, after: usize| {
        trace.all("fsync", path).iter().any(|sync| sync.begin > after && sync.end < told)
    };
    for (path, after) in [
        (dir.join("log/conf"), last_write(&trace, &dir.join("log/conf"))),
        (dir.join("log/db"), 0),
        (dir.join("log"), 0),
        (dir.to_owned(), renamed),
        (dir.join("key.new"), last_write(&trace, &dir.join("key.new"))),
        (dir.to_owned(), trace.all("rename", &dir.join("key.new")).first().expect("named").end),
        (dir.to_owned(), trace.all("rename", &dir.join("key.next")).first().expect("in use").end),
        (scratch.path().to_owned(), trace.all("mkdir", dir).first().expect("made").end),
        (
            dir.join("documents"),
            trace.all("mkdir", &dir.join("documents/segments")).last().expect("made").end,
        ),
        (dir.join("documents/segments"), 0),
    ] {
        assert!(synced(&path, after), "{} is not synced before the answer", path.display());
    }
    assert_eq!(check_checkpoints(&trace, dir), 1);
    let key = trace.all("rename", &dir.join("key.new"))[0].end;
    let founded = trace.all("fdatasync", &dir.join("log/db")).first().expect("founded").begin;
    assert!(key < founded, "the key is durable before the log introduces it");
}

fn last_write(trace: &Trace, path: &Path) -> usize {
    trace.all("write", path).last().expect("written").end
}

#[test]
fn assigned_ids_are_durable_before_commands_are_given_under_them() {
    let scratch = scratch();
    let site = Site::found(scratch.path().join("ledger"));
    let file = scratch.path().join("commands.ndjson");
    let line =
        r#"{"actor":"registrar-1","type":"area.register","subject":"provider/1-1","data":{"name":"One"}}"#;
    std::fs::write(&file, line).expect("written");
    let mut submit = site.submit(&[&file]);
    submit.args(["--assign-ids", "--recorded-time", "2026-07-02"]);
    let (trace, _) = Trace::of(&submit, &scratch.path().join("trace"));
    let partial = scratch.path().join("commands.ndjson.with-ids.partial");
    let whole = trace.all("fsync", &partial).first().expect("the file is synced").end;
    let named = trace.all("rename", &partial)[0];
    let folder = trace.all("fsync", scratch.path());
    let kept = folder.iter().find(|sync| sync.begin > named.end).expect("its folder is synced").end;
    let given = trace.all("pwrite64", &site.dir().join("log/db")).last().expect("recorded").begin;
    assert!(whole < named.begin && kept < given, "written, named, kept, given");
}
