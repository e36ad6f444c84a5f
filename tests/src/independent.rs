//! Python programs under `tests/`, which check what is ours with packages by other authors.
//!
//! `tests/run` installs the packages pinned in `tests/NAME/requirements.txt` in `target/NAME`. Left out: what the
//! programs find.

use std::path::PathBuf;
use std::process::Command;

use crate::golden::root;
use crate::program::scratch;

/// Where the packages in `tests/NAME/requirements.txt` are installed. Panics, saying how to, if they are not.
pub fn installed(name: &str) -> PathBuf {
    let folder = root().join("target").join(name);
    assert!(
        folder.join("bin/python").exists(),
        "the Python packages of tests/{name}/requirements.txt are not installed in target/{name}. Run `tests/run`, or by \
         hand:\n  python3 -m venv target/{name} && target/{name}/bin/pip install --require-hashes --no-deps -r \
         tests/{name}/requirements.txt"
    );
    folder
}

/// The program `tests/NAME/PROGRAM`, to be given arguments.
pub fn python(name: &str, program: &str) -> Command {
    let mut command = Command::new(installed(name).join("bin/python"));
    command.arg(root().join("tests").join(name).join(program));
    command
}

/// What the separate verifier of certificates says of each of these: its exit status - 0 verified, 1 refused, 2 all but
/// the rating verified - and its last words. Cost: some 10 ms for a hundred entries.
pub fn verdicts<'c>(key: &str, certificates: impl IntoIterator<Item = &'c [u8]>) -> Vec<(u8, String)> {
    let scratch = scratch();
    let file = |(at, certificate): (usize, &[u8])| {
        let file = scratch.path().join(at.to_string());
        std::fs::write(&file, certificate).expect("written");
        file
    };
    let files: Vec<PathBuf> = certificates.into_iter().enumerate().map(file).collect();
    let output = python("verifier", "verdicts.py").arg(key).args(&files).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let out = String::from_utf8(output.stdout).expect("UTF-8");
    let found: Vec<_> = out.lines().map(|line| serde_json::from_str(line).expect("a verdict")).collect();
    assert_eq!(found.len(), files.len());
    found
}
