//! Rules about the source itself: what each room may know, and that every module says what it is.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).expect("inside").display().to_string();
                found.push((name, fs::read_to_string(&path).expect("UTF-8")));
            }
        }
    }
    found.sort();
    found
}

/// The source without comments and tests: what the program does.
fn code(text: &str) -> String {
    let production = text.split("#[cfg(test)]\nmod tests").next().unwrap_or("");
    let lines = production.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn refuse(folder: &str, words: &[&str], why: &str) {
    for (name, text) in sources(folder) {
        let code = code(&text);
        for word in words {
            assert!(!code.contains(word), "{name} contains `{word}`: {why}");
        }
    }
}

const OUTSIDE: [&str; 9] = [
    "std::time",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "getrandom",
    "tokio",
    "::now()",
];

#[test]
fn the_pure_rooms_know_no_world() {
    let why = "rules and format are pure: hand the value in (ARCHITECTURE.md, invariants)";
    refuse("ledger-core/src/assessment", &OUTSIDE, why);
    refuse("ledger-core/src/log", &OUTSIDE, why);
}

#[test]
fn rooms_know_only_what_they_may() {
    let why = "dependencies between rooms point one way (ARCHITECTURE.md, code map)";
    let assessment = ["crate::store", "crate::ledger", "crate::writer", "crate::environment", "crate::line"];
    refuse("ledger-core/src/assessment", &assessment, why);
    let log = ["crate::store", "crate::assessment", "crate::ledger", "crate::writer"];
    refuse("ledger-core/src/log", &log, why);
    refuse("ledger-core/src/store", &["crate::assessment", "crate::ledger", "crate::writer"], why);
    refuse("replay/src", &["std::fs", "SystemTime", "Ledger::open", ".append("], "replay only reads");
}

#[test]
fn only_the_terminal_prints() {
    let why = "only ledger-cli knows the terminal";
    for folder in ["ledger-core/src", "replay/src"] {
        refuse(folder, &["println!", "eprintln!", "clap::", "std::process::exit"], why);
    }
}

#[test]
fn only_the_store_touches_the_disk() {
    for (name, text) in sources("ledger-core/src") {
        if !name.contains("src/store") {
            assert!(!code(&text).contains("std::fs"), "{name} touches the disk: only store/ does");
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for folder in [
        "ledger-core/src",
        "replay/src",
        "ledger-cli/src",
        "ledger-cli/tests",
        "tests/shim/src",
        "tests/src",
        "tests/tests",
    ] {
        if !root().join(folder).exists() {
            continue;
        }
        for (name, text) in sources(folder) {
            assert!(
                text.starts_with("//! "),
                "{name} does not begin with `//!`: say what it is and what it leaves out"
            );
        }
    }
}

#[test]
fn the_architecture_names_every_folder() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let members = ["ledger-core", "replay", "ledger-cli", "schemas", "tests"];
    for name in members {
        assert!(architecture.contains(&format!("{name}/")), "ARCHITECTURE.md does not mention {name}/");
    }
    for entry in fs::read_dir(root()).expect("the root") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.path().is_dir() && !name.starts_with('.') && name != "target";
        let ours = members.contains(&name.as_str()) || name.contains("-data");
        assert!(!is_folder || ours, "{name}/ is not in ARCHITECTURE.md's code map");
    }
}

#[test]
fn nothing_is_left_open_and_no_test_is_skipped() {
    let markers =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("#[ig", "nore"), concat!("unimple", "mented!")];
    for folder in ["ledger-core", "replay", "ledger-cli", "tests"] {
        for (name, text) in sources(folder).into_iter().filter(|(name, _)| !name.contains("/target/")) {
            for marker in markers {
                assert!(!text.contains(marker), "{name} contains {marker}");
            }
        }
    }
}
