//! A ledger driven through time by the real binary, with a transcript of what was typed and said.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A ledger with a simulated clock in a directory of its own, and what was typed and said.
pub struct Stage {
    /// Where files can be put.
    pub dir: PathBuf,
    /// The recorded time of what is given next.
    pub day: String,
    /// What was typed and said so far.
    pub transcript: String,
}

/// Words of a command line; single quotes hold some together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

impl Stage {
    pub fn new(found: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("ledger-programme-{}-{n}", std::process::id()));
        // What an earlier process of the same id left behind is of no use.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory");
        let stage = Stage { dir, day: "2026-01-05".to_owned(), transcript: String::new() };
        stage.quietly("operator-1", found);
        stage
    }

    pub fn run(&self, arguments: &[String]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.current_dir(&self.dir).env_remove("LEDGER_ACTOR").env("LEDGER_DATA", self.dir.join("data"));
        command.args(arguments).output().expect("the program runs")
    }

    pub fn stated(&self, actor: &str, line: &str) -> Vec<String> {
        let time = format!("--actor {actor} --recorded-time {} --random-seed 7", self.day);
        [words(line), words(&time)].concat()
    }

    /// Gives a command that the transcript does not show, and returns its receipt.
    pub fn quietly(&self, actor: &str, line: &str) -> Value {
        let arguments = [self.stated(actor, line), vec!["--json".to_owned()]].concat();
        let output = self.run(&arguments);
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().next().map_or(Value::Null, |line| serde_json::from_str(line).expect("a receipt"))
    }

    /// Gives a command, notes it, and returns the sequences of its entries.
    pub fn give(&mut self, actor: &str, line: &str) -> Vec<String> {
        let receipt = self.quietly(actor, line);
        self.transcript.push_str(&format!("{} {actor}$ ledger {line}\n", self.day));
        let entries = receipt["entries"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for entry in &entries {
            let name = text(&entry["type"]);
            self.transcript.push_str(&format!("  {} {name}\n", text(&entry["sequence"])));
        }
        entries.iter().map(|entry| text(&entry["sequence"])).collect()
    }

    /// Asks, notes the answer, and returns it.
    pub fn ask(&mut self, line: &str) -> String {
        let output = self.run(&words(line));
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("text");
        self.transcript.push_str(&format!("\n{} $ ledger {line}\n{text}\n", self.day));
        text
    }

    pub fn refused(&self, actor: &str, line: &str, status: i32) -> String {
        let output = self.run(&self.stated(actor, line));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{line}: {error}");
        error
    }

    pub fn enrol(&self, actor: &str, role: &str) {
        self.quietly("operator-1", &format!("actor enrol {actor} --role {role}"));
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // A directory that cannot be removed is the system's to clean.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Compares with a golden file, or rewrites it with UPDATE_GOLDEN=1.
pub fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, found).expect("written");
    }
    let wanted = fs::read_to_string(&path).expect("a golden file: run with UPDATE_GOLDEN=1");
    assert_eq!(found, wanted, "{} differs; if that is wanted, run with UPDATE_GOLDEN=1", path.display());
}
