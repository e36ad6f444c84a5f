//! What is recorded: bulk files in rounds of many sizes and several at once, a single command, documents, erasures,
//! clean closes and reopenings, with and without a seed.
//!
//! It leaves `base` (the directory before), `recording`, `found` (the directory after), `files` (what was submitted)
//! and `expected.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ledger_core::store::{DiskVault, Document, Vault};
use ledger_core::values::Hash;
use ledger_tests::commands::{id, in_rounds, line, many, recorded};
use ledger_tests::program::{Site, is_quick, run};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What an image is held against.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Expected {
    /// Every entry of the whole run.
    pub log: Vec<String>,
    /// How many entries the log may have: no call's commands are recorded in part.
    pub lengths: Vec<usize>,
    /// Documents not erased in the end, by commitment.
    pub documents: BTreeMap<String, String>,
}

/// The calls that were made: each the ids of commands that are recorded together or not at all.
#[derive(Default)]
struct Calls(Vec<Vec<String>>);

impl Calls {
    /// Lines that are submitted in rounds of these sizes; see `in_rounds`.
    fn rounds(&mut self, lines: &[String], sizes: &[usize]) {
        let mut ids = lines.iter().map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["id"].as_str().expect("an id").to_owned()
        });
        for size in sizes.iter().copied().chain([usize::MAX]) {
            self.0.push(ids.by_ref().take(size).collect());
        }
    }

    /// Lengths at which a call ends, and that of the log before the first.
    fn lengths(&self, log: &[String]) -> Vec<usize> {
        let call_of = |entry: &String| {
            let entry: Value = serde_json::from_str(entry).expect("JSON");
            let id = entry["id"].as_str().expect("an id").to_owned();
            self.0.iter().position(|call| call.iter().any(|command| id.starts_with(command)))
        };
        let calls: Vec<Option<usize>> = log.iter().map(call_of).collect();
        let first = calls.iter().position(Option::is_some).expect("something was recorded");
        (first..=log.len()).filter(|at| *at == log.len() || calls[*at] != calls[at - 1]).collect()
    }
}

/// Plays the scenario in a scratch directory.
pub fn play(scratch: &Path) {
    std::fs::create_dir(scratch.join("files")).expect("made");
    let file = |name: &str, bytes: Vec<u8>| {
        std::fs::write(scratch.join("files").join(name), bytes).expect("written");
    };
    let base = Site::found(scratch.join("base"));
    file("0.ndjson", in_rounds(&many(0..20), &[]));
    run(&mut base.submit(&[&scratch.join("files/0.ndjson")])).ok();
    // Its file is not submitted again, and the folder of resume records is to be made while it is recorded.
    std::fs::remove_dir_all(base.dir().join("resume")).expect("removed");

    let mut calls = Calls::default();
    let (lines, sizes) = (many(20..50), [1, 7, 2]);
    calls.rounds(&lines, &sizes);
    file("1.ndjson", in_rounds(&lines, &sizes));
    let sizes = [1, 1, 2, 5, 1, 30, 60, 3];
    let lines = many(50..160);
    calls.rounds(&lines, &sizes);
    file("2.ndjson", in_rounds(&lines, &sizes));
    for (name, numbers) in [("3a.ndjson", 160..177), ("3b.ndjson", 180..182), ("3c.ndjson", 190..230)] {
        let lines = many(numbers);
        calls.rounds(&lines, &[]);
        file(name, in_rounds(&lines, &[]));
    }
    calls.0.push(vec![id(SINGLE)]);
    let erasures = erasures(&base, scratch);
    calls.rounds(&erasures, &[1, 2]);
    file("4.ndjson", in_rounds(&erasures, &[1, 2]));

    // Of more commands than are gathered in small pages: the second of them is written as full pages of its own.
    let (lines, sizes) = (many(300..825), [260, 262]);
    calls.rounds(&lines, &sizes);
    file("5.ndjson", in_rounds(&lines, &sizes));

    let ledger = base.copy(scratch.join("ledger"));
    for mut step in steps(&ledger, scratch) {
        ledger.recorded(&mut step, &scratch.join("recording"));
        run(&mut step).ok();
    }
    ledger.copy(scratch.join("found"));
    let log = ledger.log();
    let expected = Expected { lengths: calls.lengths(&log), documents: documents(ledger.dir(), &log), log };
    let text = serde_json::to_string(&expected).expect("JSON");
    std::fs::write(scratch.join("expected.json"), text).expect("written");
}

/// Number of the single command.
const SINGLE: u64 = 235;

/// The runs that are recorded. Given again, in order, they complete what a power failure left undone.
pub fn steps(ledger: &Site, scratch: &Path) -> Vec<Command> {
    let files =
        |names: &[&str]| names.iter().map(|name| scratch.join("files").join(name)).collect::<Vec<PathBuf>>();
    let submit = |names: &[&str]| {
        let files = files(names);
        ledger.submit(&files.iter().map(PathBuf::as_path).collect::<Vec<_>>())
    };
    let single = "concern raise provider/1-000003 --severity low --statement safeguarding --source staff \
                  --actor assessor-1 --json --account seen";
    let mut single = ledger.command(single.split_whitespace());
    single.args(["--recorded-time", &recorded(SINGLE), "--id", &id(SINGLE)]);
    vec![
        unseeded(ledger, scratch),
        submit(&["2.ndjson"]),
        submit(&["3a.ndjson", "3b.ndjson", "3c.ndjson"]),
        single,
        submit(&["4.ndjson"]),
        submit(&["5.ndjson"]),
    ]
}

/// Draws its documents' secrets from the system: only the resume record can tell their commitments again.
fn unseeded(ledger: &Site, scratch: &Path) -> Command {
    let mut command = ledger.command(["submit", "--json"]);
    command.arg(scratch.join("files/1.ndjson"));
    command
}

/// Erasures of two documents that were durable before the recording and of one recorded in it, then some evidence.
fn erasures(base: &Site, scratch: &Path) -> Vec<String> {
    // Under the fixed seed a rehearsal tells positions and commitments.
    let rehearsal = base.copy(scratch.join("rehearsal"));
    run(&mut unseeded(&rehearsal, scratch)).ok();
    run(&mut rehearsal.submit(&[&scratch.join("files/2.ndjson")])).ok();
    let log = rehearsal.log();
    let cited = |number: u64| {
        let (at, entry) =
            log.iter().enumerate().find(|(_, entry)| entry.contains(&id(number))).expect("recorded");
        let entry: Value = serde_json::from_str(entry).expect("JSON");
        (at, commitments(&entry["data"])[0].clone(), entry["subject"].as_str().expect("a subject").to_owned())
    };
    let erase = |number: u64, of: u64| {
        let (at, commitment, subject) = cited(of);
        let data = json!({
            "commitment": commitment, "cited_by": format!("{at:016}"), "legal_basis": "uk-gdpr-article-17",
        });
        line(number, "operator-1", "document.erase", &subject, data)
    };
    [vec![erase(236, 4), erase(237, 7), erase(238, 59)], many(240..245)].concat()
}

/// Every commitment in a value.
pub fn commitments(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("commitment").and_then(Value::as_str).map(ToOwned::to_owned);
            own.into_iter().chain(fields.values().flat_map(commitments)).collect()
        }
        Value::Array(items) => items.iter().flat_map(commitments).collect(),
        _ => Vec::new(),
    }
}

/// The documents that the log cites and the vault still has.
fn documents(dir: &Path, log: &[String]) -> BTreeMap<String, String> {
    let vault = DiskVault::open(dir).expect("a vault");
    let mut documents = BTreeMap::new();
    for entry in log {
        let entry: Value = serde_json::from_str(entry).expect("JSON");
        for commitment in commitments(&entry["data"]) {
            let hash: Hash = commitment.parse().expect("a hash");
            if let Document::Found { content, .. } = vault.get(&hash).expect("readable") {
                documents.insert(commitment, String::from_utf8(content).expect("UTF-8"));
            }
        }
    }
    assert!(documents.len() > if is_quick() { 10 } else { 100 }, "{} documents", documents.len());
    documents
}
