//! Python programs under `tests/`, which check what is ours with packages by other authors.
//!
//! `tests/run` installs the packages pinned in `tests/NAME/requirements.txt` in `target/NAME`. Left out: what the
//! programs find.

use std::path::PathBuf;
use std::process::Command;

use crate::golden::root;

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
