//! A ledger driven through its terminal: the real binary in a scratch directory.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A ledger with a simulated clock and the shipped defaults, `operator-1`, `assessor-1` and `assessor-2`.
pub struct Ledger {
    scratch: TempDir,
    dir: PathBuf,
}

/// What a run said.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: Output) -> Self {
        Said {
            status: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    pub fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.out, self.err);
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// The binary, with nothing of the environment that it listens to.
pub fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
    command
        .env_remove("LEDGER_DATA")
        .env_remove("LEDGER_ACTOR")
        .env_remove("LEDGER_HEAD_FILE")
        .env_remove("LEDGER_CHECKPOINT_EVERY")
        .stdin(Stdio::null());
    command
}

pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Said {
    Said::of(binary().args(arguments).output().expect("the binary runs"))
}

impl Ledger {
    /// Founded on 2026-07-01 under seed 7.
    pub fn new() -> Self {
        Self::in_scratch(tempfile::tempdir().expect("a directory"))
    }

    /// As [`Ledger::new`], in a directory of the caller's choice.
    pub fn in_scratch(scratch: TempDir) -> Self {
        let dir = scratch.path().join("ledger");
        let ledger = Ledger { scratch, dir };
        ledger
            .write(
                "operator-1",
                "2026-07-01",
                "init --simulated-clock --with-defaults --origin tests.example/1",
            )
            .ok();
        for assessor in ["assessor-1", "assessor-2"] {
            ledger.write("operator-1", "2026-07-01", &format!("actor enrol {assessor} --role assessor")).ok();
        }
        ledger
    }

    /// Founded now, recording by the machine's clock, with `assessor-1`.
    pub fn on_system_clock() -> Self {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("ledger");
        let ledger = Ledger { scratch, dir };
        for line in
            ["init --with-defaults --origin tests.example/2", "actor enrol assessor-1 --role assessor"]
        {
            ledger.read(&format!("{line} --actor operator-1")).ok();
        }
        ledger
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A file in the scratch directory.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.scratch.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    }

    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The binary on this ledger.
    pub fn command(&self) -> Command {
        let mut command = binary();
        command.arg("--data").arg(&self.dir);
        command
    }

    /// Runs a reading command; words in single quotes are one argument.
    pub fn read(&self, line: &str) -> Said {
        Said::of(self.command().args(words(line)).output().expect("the binary runs"))
    }

    /// Runs a writing command as `actor`, recorded then, under the fixed seed.
    pub fn write(&self, actor: &str, recorded: &str, line: &str) -> Said {
        let mut command = self.command();
        command.args(words(line)).args(["--actor", actor, "--recorded-time", recorded, "--random-seed", "7"]);
        Said::of(command.output().expect("the binary runs"))
    }

    /// Submits files under the fixed seed.
    pub fn submit(&self, options: &str, files: &[&Path]) -> Said {
        let mut command = self.command();
        command.args(["submit", "--random-seed", "7"]).args(words(options)).args(files);
        Said::of(command.output().expect("the binary runs"))
    }

    /// The log's exact bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let output = self.command().args(["log", "--json"]).output().expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }
}

/// Splits a command line at spaces, keeping what stands in single quotes together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(ToOwned::to_owned));
        }
    }
    words
}

/// Command `number` of a file: a UUIDv7 that carries the time of its line.
pub fn id(number: u64) -> String {
    id_at(FIRST_MILLIS + number * 10, number)
}

/// Command `number` as given so many milliseconds after 1970.
pub fn id_at(millis: u64, number: u64) -> String {
    let time = format!("{millis:012x}");
    format!("{}-{}-7{:03x}-8000-{number:012x}", &time[..8], &time[8..], number & 0xfff)
}

/// 2026-07-02T00:00:00Z.
const FIRST_MILLIS: u64 = 1_782_950_400_000;

fn recorded(number: u64) -> String {
    let millis = number * 10;
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("2026-07-{:02}T{:02}:{minutes:02}:{seconds:02}.{millis:03}000Z", 2 + hours / 24, hours % 24)
}

/// A line with an id and a time of its own.
pub fn line(number: u64, actor: &str, command: &str, subject: &str, data: &str) -> String {
    let (id, recorded) = (id(number), recorded(number));
    format!(
        r#"{{"id":"{id}","actor":"{actor}","type":"{command}","subject":"{subject}","recordedtime":"{recorded}","data":{data}}}"#
    )
}

/// A mixed file of `count` commands on invented providers: registration, evidence, a request, a concern whose
/// account is a document.
pub fn mixed(count: u64) -> String {
    mixed_from(0, count)
}

/// The part of a mixed file that begins with command `from`, a multiple of ten.
pub fn mixed_from(from: u64, count: u64) -> String {
    let mut text = String::new();
    for number in from..from + count {
        let provider = format!("provider/1-{:06}", number / 10);
        let (command, actor, data) = match number % 10 {
            0 => ("area.register", "operator-1", format!(r#"{{"name":"Provider {number}"}}"#)),
            8 => (
                "evidence.request",
                "assessor-1",
                format!(
                    r#"{{"statement":"safeguarding","category":"outcomes","organisation":"{provider}","due":"2026-12-01"}}"#
                ),
            ),
            9 => (
                "concern.raise",
                "assessor-1",
                format!(
                    r#"{{"severity":"low","statements":["safeguarding"],"source":"staff","account":{{"text":"Account {number}."}}}}"#
                ),
            ),
            _ => (
                "evidence.submit",
                "assessor-1",
                format!(
                    r#"{{"statements":["safeguarding"],"category":"processes","wave":"held","site":"off-site","source":"regulator","reference":"https://www.example.org/item/{number}"}}"#
                ),
            ),
        };
        text.push_str(&line(number, actor, command, &provider, &data));
        text.push('\n');
    }
    text
}

/// The full size of a long test, or a tenth of it with LEDGER_TESTS_QUICK set.
pub fn full_size(count: u64) -> u64 {
    if std::env::var_os("LEDGER_TESTS_QUICK").is_some() { count / 10 } else { count }
}

/// Compares with a golden file, or rewrites it with UPDATE_GOLDEN=1.
pub fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, found).expect("written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).enumerate().find(|(_, (a, b))| a != b);
    assert!(
        found == expected,
        "{} differs, first at {differs:?}; if that is wanted, run with UPDATE_GOLDEN=1 and read the diff",
        path.display()
    );
}
