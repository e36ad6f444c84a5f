//! Large imports: recorded once, in memory that does not grow with the file.
//!
//! `LEDGER_IMPORT_ROWS=1000000 cargo test --release -p ledger-cli --test imports_large -- --nocapture` imports a
//! million rows and prints throughput and peak memory; the ordinary run takes 20,000.

mod importing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use importing::{HEADING, Report, SOURCE, Terminal, cells, org, row};

/// Writes a table of `rows` rows about `providers` organisations, month after month, and says how many it has.
fn large(path: &Path, providers: usize, rows: usize) {
    use std::io::{BufWriter, Write};
    const MONTHS: [&str; 12] = [
        "JANUARY",
        "FEBRUARY",
        "MARCH",
        "APRIL",
        "MAY",
        "JUNE",
        "JULY",
        "AUGUST",
        "SEPTEMBER",
        "OCTOBER",
        "NOVEMBER",
        "DECEMBER",
    ];
    let mut out = BufWriter::new(fs::File::create(path).expect("created"));
    write!(out, "\u{feff}{}\r\n", HEADING.join(",")).expect("written");
    for at in 0..rows {
        let (month, n) = (at / providers, at % providers);
        let period = format!("MSitAE-{}-{}", MONTHS[month % 12], 1990 + month / 12);
        let (over, admitted) = ((at % 97).to_string(), (1_000 + at % 53).to_string());
        let row = row(&period, &org(n), "NHS ENGLAND LONDON", &cells(&over, &admitted));
        write!(out, "{row}\r\n").expect("written");
    }
    write!(out, "{}\r\n", row("TOTAL", "TOTAL", "TOTAL", &cells("1", "1"))).expect("written");
    out.flush().expect("written");
}

#[test]
fn twenty_thousand_rows_are_recorded_once() {
    let terminal = Terminal::new();
    terminal.providers(200);
    large(&terminal.dir.join("large.csv"), 250, 20_000);
    let import = ["ae", "large.csv", "--source", SOURCE];
    let report = terminal.import(&import);
    assert_eq!((report.number("rows"), report.number("totals_dropped")), (20_001, 1));
    assert_eq!(report.number("recorded"), 16_001);
    assert_eq!(report.skipped("not registered"), 4_000);
    let entries = terminal.entries();
    let again = terminal.import(&import);
    assert_eq!((again.number("recorded"), again.number("repeated")), (0, 0));
    assert_eq!(again.skipped("on record already"), 16_000);
    assert_eq!(terminal.entries(), entries, "importing twice records nothing twice");
}

/// The largest resident set of the children that ended, in kilobytes, where the system says it.
fn peak_of(command: &mut Command) -> (Output, Option<u64>) {
    use std::io::Read;
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().expect("started");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak = None;
    while child.try_wait().expect("asked").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|number| number.parse().ok());
        peak = peak.max(now);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut stdout = Vec::new();
    child.stdout.take().expect("piped").read_to_end(&mut stdout).expect("read");
    let status = child.wait().expect("ended");
    (Output { status, stdout, stderr: Vec::new() }, peak)
}

/// Peak memory does not grow with the file where nothing of it is recorded: the import itself holds one chunk.
#[test]
fn memory_does_not_grow_with_the_file() {
    let terminal = Terminal::new();
    let mut peaks = Vec::new();
    for rows in [1_000, 100_000] {
        let file = terminal.dir.join("large.csv");
        large(&file, 250, rows);
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.env("LEDGER_DATA", terminal.dir.join("data")).args([
            "indicator",
            "import",
            "ae",
            "--source",
            SOURCE,
        ]);
        command.arg(&file).args(["--actor", "analyst-1", "--json"]);
        let (output, peak) = peak_of(&mut command);
        assert!(output.status.success());
        peaks.extend(peak);
    }
    // Where the system tells no peaks there is nothing to compare.
    if let [small, large] = peaks.as_slice() {
        assert!(*large < small + 8 * 1024, "{small} kB for 1,000 rows, {large} kB for 100,000");
    }
}

/// As many rows as are asked for; see the head of this file.
#[test]
fn throughput_and_peak_memory() {
    let asked = std::env::var("LEDGER_IMPORT_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: usize = asked.unwrap_or(20_000);
    let terminal = Terminal::new();
    let providers = 5_000.min(rows / 4);
    terminal.providers(providers);
    let file = terminal.dir.join("rows.csv");
    large(&file, providers, rows);
    let mut peaks = Vec::new();
    for run in ["first", "again"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        command.env("LEDGER_DATA", terminal.dir.join("data")).args([
            "indicator",
            "import",
            "ae",
            "--source",
            SOURCE,
        ]);
        command.arg(&file).args(["--actor", "analyst-1", "--json"]);
        let started = Instant::now();
        let (output, peak) = peak_of(&mut command);
        let seconds = started.elapsed().as_secs_f64();
        assert!(output.status.success());
        let report = Report(serde_json::from_slice(&output.stdout).expect("a report"));
        let expected = if run == "first" { rows as u64 + 1 } else { 0 };
        assert_eq!(report.number("recorded"), expected);
        println!(
            "{run}: {rows} rows in {seconds:.1} s, {:.0} rows/s, peak {} MB",
            rows as f64 / seconds,
            peak.unwrap_or(0) / 1024
        );
        peaks.push(peak.unwrap_or(0));
    }
    // What opening this ledger takes, whatever is asked of it, is the state of the rules and the ids it remembers.
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
    command.env("LEDGER_DATA", terminal.dir.join("data")).args([
        "actor",
        "enrol",
        "auditor-1",
        "--role",
        "auditor",
    ]);
    let started = Instant::now();
    let (output, peak) = peak_of(command.args(["--actor", "operator-1"]));
    assert!(output.status.success());
    let (seconds, peak) = (started.elapsed().as_secs_f64(), peak.unwrap_or(0));
    println!("one other command on that ledger: {seconds:.1} s, peak {} MB", peak / 1024);
    assert!(
        peaks.iter().all(|import| *import < peak + 64 * 1024),
        "an import holds little beside the ledger itself"
    );
}
