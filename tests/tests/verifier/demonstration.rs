//! The two ledgers of `ledger demo`, attested, and what is asked of them through the binary.

use std::path::{Path, PathBuf};

use ledger_tests::program::{Said, Site, run, scratch};
use serde_json::Value;
use tempfile::TempDir;

/// Both ledgers, in a scratch directory.
pub struct Demonstration {
    scratch: TempDir,
    /// The published record.
    pub record: Site,
    /// The invented area.
    pub example: Site,
}

/// An area whose rating was published five times.
pub const VALE: &str = "ics/EXAMPLE01";

impl Demonstration {
    /// Made, and attested the day after.
    pub fn made() -> Demonstration {
        let scratch = scratch();
        let (record, example) =
            (Site::at(scratch.path().join("demo")), Site::at(scratch.path().join("demo-example")));
        said(&record, "demo");
        write(&record, "2026-07-02", "attest");
        write(&example, "2027-09-30", "attest");
        Demonstration { scratch, record, example }
    }

    /// A path for a file or a directory beside them.
    pub fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}

/// What a command prints, which must go well.
pub fn said(site: &Site, words: &str) -> Said {
    run(&mut site.command(words.split(' '))).ok()
}

/// Gives a command as the operator, on that day.
pub fn write(site: &Site, day: &str, words: &str) {
    said(site, &format!("{words} --actor operator-1 --random-seed 7 --recorded-time {day}"));
}

/// The verifier key: the last line of `ledger key show`.
pub fn key(site: &Site) -> String {
    said(site, "key show").out.lines().last().expect("a key").to_owned()
}

/// Every area that has a rating or had one, and of the others every tenth.
pub fn areas(site: &Site) -> Vec<String> {
    let out = said(site, "ratings --json").out;
    let rows: Vec<Value> = out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let rows = rows.iter().filter(|row| row["subject"].is_string()).enumerate();
    let chosen = rows.filter(|(at, row)| row["rating"].is_string() || at % 10 == 0);
    chosen.map(|(_, row)| row["subject"].as_str().expect("a subject").to_owned()).collect()
}

/// Runs `ledger certify` of an area, with what words are added.
pub fn certify(site: &Site, area: &str, words: &str, to: &Path) {
    let mut command = site.command(["certify", area, "-o"]);
    run(command.arg(to).args(words.split_whitespace())).ok();
}
