//! The table of `schemas/TAMPERING.md`, row by row: each attempt is made, what detects it detects it, and what does not
//! is shown not to.
//!
//! Start with `readers.rs`, which has what a reader can do. Left out: damage that nobody intends, which
//! `ledger-cli/tests/damage.rs` and `power_loss` try.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

mod certificate;
#[path = "../audit/forged.rs"]
mod forged;
mod operator;
mod outsider;
mod readers;
mod watched;
mod writer;

/// Files without rows of the table.
const NO_ROWS: [&str; 2] = ["main.rs", "readers.rs"];
/// Tests that try no row.
const OF_THE_TESTS: [&str; 1] = ["linking_again_changes_nothing_that_was_not_changed"];

fn at_root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// The tests that the rows of the table name, in their last column.
fn named() -> BTreeSet<String> {
    let table = fs::read_to_string(at_root("schemas/TAMPERING.md")).expect("the table");
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    rows.map(|row| {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().expect("a last column");
        let name = cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`'));
        name.unwrap_or_else(|| panic!("the last column is no name of a test: {row}")).to_owned()
    })
    .collect()
}

/// The tests there are.
fn there_are() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in fs::read_dir(at_root("tests/tests/tampering")).expect("listed") {
        let path = file.expect("listed").path();
        if NO_ROWS.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("UTF-8");
        let tests = text.split("#[test]\nfn ").skip(1).filter_map(|test| test.split_once('('));
        found.extend(tests.map(|(name, _)| name.to_owned()).filter(|name| !OF_THE_TESTS.contains(&&**name)));
    }
    found
}

#[test]
fn the_table_and_the_tests_name_each_other() {
    let (named, there_are) = (named(), there_are());
    let unnamed: Vec<_> = there_are.difference(&named).collect();
    let untried: Vec<_> = named.difference(&there_are).collect();
    assert!(unnamed.is_empty() && untried.is_empty(), "no row for {unnamed:?}; no test for {untried:?}");
}
