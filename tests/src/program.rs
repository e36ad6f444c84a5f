//! The real binary `ledger`, run on ledgers in scratch directories, alone or with the shim preloaded.
//!
//! [`built`] has cargo build both as they are now, since a test of this package would otherwise run whatever was
//! built last. Left out: what to give it, which `commands.rs` writes.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longer than any run here takes on a busy machine: what is not done by then hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the built files lie.
#[derive(Debug)]
pub struct Built {
    /// The binary.
    pub ledger: PathBuf,
    /// The library to preload.
    pub shim: PathBuf,
}

/// Builds the binary and the shim, once a process. Cost: a part of a second if nothing changed.
pub fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--locked",
            "--quiet",
            "--message-format=json",
            "-p",
            "ledger-cli",
            "-p",
            "ledger-shim",
        ]);
        if !cfg!(debug_assertions) {
            cargo.arg("--release");
        }
        let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let messages: Vec<Value> = output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        let file = |end: &str| {
            let files = messages.iter().filter_map(|message| message["filenames"].as_array()).flatten();
            let found = files.filter_map(Value::as_str).find(|path| path.ends_with(end));
            PathBuf::from(found.unwrap_or_else(|| panic!("cargo built no {end}")))
        };
        Built { ledger: file("/ledger"), shim: file("/libledger_shim.so") }
    })
}

/// What a run said.
#[derive(Debug)]
pub struct Said {
    /// The exit status; none after a signal, or if the run had to be ended because it hung.
    pub status: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// The same, if it went well.
    pub fn ok(self) -> Said {
        assert_eq!(self.status, Some(0), "{}", self.err);
        self
    }
}

/// Runs to its end, or for a minute: what hangs is killed.
pub fn run(command: &mut Command) -> Said {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let out = gathered(child.stdout.take().expect("piped"));
    let err = gathered(child.stderr.take().expect("piped"));
    let status = within(&mut child, PATIENCE);
    let text =
        |bytes: JoinHandle<Vec<u8>>| String::from_utf8_lossy(&bytes.join().expect("read")).into_owned();
    Said { status, out: text(out), err: text(err) }
}

fn gathered(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).expect("readable");
        bytes
    })
}

fn within(child: &mut Child, patience: Duration) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waited for") {
            return status.code();
        }
        if started.elapsed() > patience {
            child.kill().expect("killed");
            child.wait().expect("ended");
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A scratch directory, in memory where there is room: these tests model the disk and need none.
pub fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    let roomy = rustix::fs::statvfs(memory)
        .is_ok_and(|space| space.f_bavail.saturating_mul(space.f_frsize) > 1 << 30);
    let made = if roomy { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a scratch directory")
}

/// A ledger in a directory, driven through the binary.
#[derive(Debug, Clone)]
pub struct Site {
    dir: PathBuf,
}

impl Site {
    /// The ledger that is, or will be, in `dir`: absolute and without links, as the shim needs it.
    pub fn at(dir: impl Into<PathBuf>) -> Site {
        Site { dir: dir.into() }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Founded by `operator-1` with a simulated clock and one framework; `registrar-1` and `assessor-1` are enrolled.
    /// Little else, so that opening it takes little.
    pub fn found(dir: impl Into<PathBuf>) -> Site {
        let site = Site::at(dir);
        for (actor, words) in [
            ("operator-1", "init --simulated-clock --origin tests.example/1"),
            ("operator-1", "actor enrol registrar-1 --role registrar"),
            ("operator-1", "actor enrol assessor-1 --role assessor"),
            ("registrar-1", "framework adopt provider/2024-12"),
        ] {
            let stated = ["--actor", actor, "--recorded-time", "2026-07-01", "--random-seed", "7"];
            run(site.command(words.split(' ')).args(stated)).ok();
        }
        site
    }

    /// A copy of all its files. Nobody may have it open.
    pub fn copy(&self, to: impl Into<PathBuf>) -> Site {
        let to = to.into();
        copy(&self.dir, &to);
        Site { dir: to }
    }

    /// A run on it, with nothing of the environment that the binary listens to.
    pub fn command<S: AsRef<OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&built().ledger);
        command.env_remove("LEDGER_DATA").env_remove("LEDGER_ACTOR").stdin(Stdio::null());
        command.arg("--data").arg(&self.dir).args(words);
        command
    }

    /// `ledger submit` of files under the fixed seed, with receipts.
    pub fn submit(&self, files: &[&Path]) -> Command {
        let mut command = self.command(["submit", "--json", "--random-seed", "7"]);
        command.args(files);
        command
    }

    /// The exact bytes of every entry.
    pub fn log(&self) -> Vec<String> {
        let said = run(&mut self.command(["log", "--json"])).ok();
        said.out.lines().map(ToOwned::to_owned).collect()
    }

    /// Preloads the shim into a run on this ledger. It records to `recording`.
    pub fn recorded(&self, command: &mut Command, recording: &Path) {
        command.env("LD_PRELOAD", &built().shim).env("LEDGER_SHIM_DIR", &self.dir);
        command.env("LEDGER_SHIM_RECORD", recording);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for file in std::fs::read_dir(from).expect("listed") {
        let file = file.expect("listed");
        let to = to.join(file.file_name());
        if file.file_type().expect("known").is_dir() {
            copy(&file.path(), &to);
        } else {
            std::fs::copy(file.path(), to).expect("copied");
        }
    }
}

/// An entry that was acknowledged: its position and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledged {
    /// Position in the log.
    pub sequence: usize,
    /// BLAKE3 of its bytes.
    pub hash: String,
}

/// The entries that receipts on standard output acknowledge. A last line without its end is none.
pub fn acknowledged(out: &str) -> Vec<Acknowledged> {
    let whole = out.rfind('\n').map_or("", |end| &out[..end]);
    let receipts = whole.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let entries = receipts.filter_map(|receipt| receipt["entries"].as_array().cloned()).flatten();
    entries
        .map(|entry| Acknowledged {
            sequence: entry["sequence"].as_str().and_then(|text| text.parse().ok()).expect("a sequence"),
            hash: entry["hash"].as_str().expect("a hash").to_owned(),
        })
        .collect()
}

/// A number from the environment, else the test's own.
pub fn setting(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => otherwise,
    }
}

/// Whether long tests are to be shortened.
pub fn is_quick() -> bool {
    std::env::var_os("LEDGER_TESTS_QUICK").is_some()
}
