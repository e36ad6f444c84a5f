//! A ledger that imports, driven through the real binary, and tables in the published shapes.
//!
//! All numbers and names of organisations are generated.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A ledger in a directory of its own, removed at the end.
pub struct Terminal {
    pub dir: PathBuf,
}

impl Terminal {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("ledger-imports-{}-{n}", std::process::id()));
        // What an earlier process of the same id left behind is of no use.
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a directory");
        let terminal = Terminal { dir };
        terminal.ok(&["init", "--actor", "operator-1", "--with-defaults"]);
        terminal.ok(&["actor", "enrol", "analyst-1", "--role", "analyst", "--actor", "operator-1"]);
        terminal
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_ledger"))
            .current_dir(&self.dir)
            .env_remove("LEDGER_ACTOR")
            .env("LEDGER_DATA", self.dir.join("data"))
            .args(arguments)
            .output()
            .expect("the program runs")
    }

    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("text")
    }

    pub fn refused(&self, arguments: &[&str], status: i32) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {error}");
        error
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.dir.join(name), content).expect("written");
    }

    /// Runs an import as the analyst and reads its report.
    pub fn import(&self, arguments: &[&str]) -> Report {
        let all = [&["indicator", "import"], arguments, &["--actor", "analyst-1", "--json"]].concat();
        Report(serde_json::from_str(&self.ok(&all)).expect("a report"))
    }

    pub fn entries(&self) -> usize {
        self.ok(&["log", "--json"]).lines().count()
    }

    pub fn events(&self, name: &str) -> Vec<serde_json::Value> {
        let lines = self.ok(&["log", "--json", "--type", name]);
        lines.lines().map(|line| serde_json::from_str(line).expect("an entry")).collect()
    }

    /// Registers `count` providers with generated codes, in bulk.
    pub fn providers(&self, count: usize) {
        self.ok(&["actor", "enrol", "registrar-1", "--role", "registrar", "--actor", "operator-1"]);
        let mut lines = String::new();
        for n in 0..count {
            let data = serde_json::json!({ "name": format!("Generated provider {n}") });
            let line = serde_json::json!({
                "actor": "registrar-1", "type": "area.register", "subject": format!("provider/{}", org(n)), "data": data,
            });
            writeln!(lines, "{line}").expect("written");
        }
        self.write("providers.ndjson", lines);
        self.ok(&["submit", "--assign-ids", "providers.ndjson"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A directory that cannot be removed is the system's to clean.
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// What an import said.
pub struct Report(pub serde_json::Value);

impl Report {
    pub fn number(&self, field: &str) -> u64 {
        self.0[field].as_u64().unwrap_or_else(|| panic!("no {field} in {}", self.0))
    }

    pub fn skipped(&self, reason: &str) -> u64 {
        let skipped = self.0["skipped"].as_array().expect("a list").iter();
        skipped.filter(|row| row["reason"] == reason).filter_map(|row| row["count"].as_u64()).sum()
    }

    pub fn all_skipped(&self) -> u64 {
        let skipped = self.0["skipped"].as_array().expect("a list").iter();
        skipped.filter_map(|row| row["count"].as_u64()).sum()
    }
}

pub const SOURCE: &str = "https://www.england.nhs.uk/statistics/ae-waiting-times-and-activity/";
pub const HEADING: [&str; 22] = [
    "Period",
    "Org Code",
    "Parent Org",
    "Org name",
    "A&E attendances Type 1",
    "A&E attendances Type 2",
    "A&E attendances Other A&E Department",
    "A&E attendances Booked Appointments Type 1",
    "A&E attendances Booked Appointments Type 2",
    "A&E attendances Booked Appointments Other Department",
    "Attendances over 4hrs Type 1",
    "Attendances over 4hrs Type 2",
    "Attendances over 4hrs Other Department",
    "Attendances over 4hrs Booked Appointments Type 1",
    "Attendances over 4hrs Booked Appointments Type 2",
    "Attendances over 4hrs Booked Appointments Other Department",
    "Patients who have waited 4-12 hs from DTA to admission",
    "Patients who have waited 12+ hrs from DTA to admission",
    "Emergency admissions via A&E - Type 1",
    "Emergency admissions via A&E - Type 2",
    "Emergency admissions via A&E - Other A&E department",
    "Other emergency admissions",
];

/// A row in the published shape; `cells` are the 18 numbers.
pub fn row(period: &str, code: &str, parent: &str, cells: &[&str; 18]) -> String {
    let name = format!("\"GENERATED HOSPITALS, {code}\"");
    [&[period, code, parent, name.as_str()][..], &cells[..]].concat().join(",")
}

/// 18 numbers in which `over` of `admitted` waited over 12 hours.
pub fn cells<'a>(over: &'a str, admitted: &'a str) -> [&'a str; 18] {
    ["900", "0", "100", "10", "0", "0", "300", "0", "5", "1", "0", "0", "40", over, admitted, "0", "0", "20"]
}

pub fn table(rows: &[String]) -> String {
    format!("\u{feff}{}\r\n{}\r\n", HEADING.join(","), rows.join("\r\n"))
}

/// A generated organisation code, three characters and more, as the real ones.
pub fn org(n: usize) -> String {
    format!("X{n:04}")
}
