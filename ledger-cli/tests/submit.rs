//! Bulk submission: once, twice, killed and resumed, it is the same log.

mod support;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use ledger_core::assessment::ATTEST_EVERY;
use serde_json::Value;
use support::{Ledger, full_size, id, line, mixed};

/// (i) of "Shown by": 100,000 lines; 10,000 with LEDGER_TESTS_QUICK set.
#[test]
fn submitted_once_twice_or_killed_ten_times_the_log_is_the_same() {
    let count = full_size(100_000);
    let text = mixed(count);
    let once = Ledger::new();
    let file = once.file("commands.ndjson", &text);
    let started = Instant::now();
    once.submit("", &[&file]).ok();
    let whole = started.elapsed();
    let expected = once.bytes();
    let attested = count / ATTEST_EVERY;
    assert_eq!(expected.iter().filter(|byte| **byte == b'\n').count() as u64, count + 261 + attested);

    let again = once.submit("", &[&file]).ok();
    let row: Vec<&str> = again.out.lines().nth(2).unwrap_or_default().split_whitespace().collect();
    assert_eq!(row[1..4], ["0", &*thousands(count), "0"], "{}", again.out);
    assert_eq!(once.bytes(), expected, "submitted twice");

    let killed = Ledger::new();
    let file = killed.file("commands.ndjson", &text);
    let mut lengths = Vec::new();
    for kill in 1..=10 {
        // Opening takes a while, and what is recorded is answered again first: leave more time to each run.
        interrupted(&killed, &file, whole.mul_f64(0.04 + 0.09 * f64::from(kill)));
        lengths.push(killed.bytes().len());
    }
    assert!(lengths.is_sorted(), "nothing durable is lost: {lengths:?}");
    assert!(lengths[0] < expected.len(), "the first kill came before the end: {lengths:?}");
    killed.submit("", &[&file]).ok();
    assert_eq!(killed.bytes(), expected, "killed ten times and resumed");
    assert!(killed.read("verify").ok().out.contains("clean"));
}

fn thousands(count: u64) -> String {
    format!("{},{:03}", count / 1000, count % 1000)
}

/// Submits and kills after a while, with SIGKILL.
fn interrupted(ledger: &Ledger, file: &Path, after: Duration) {
    let mut command = ledger.command();
    command.args(["submit", "--random-seed", "7"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("started");
    std::thread::sleep(after);
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// With the system's randomness a document stored again would have another commitment: the resume record keeps the
/// first one, so that the commands stay the same ones.
#[test]
fn documents_keep_their_commitments_without_a_seed() {
    let ledger = Ledger::new();
    let file = ledger.file("commands.ndjson", mixed(2_000));
    let submit = || {
        let mut command = ledger.command();
        let output = command.arg("submit").arg(&file).output().expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    for kill in 0..5 {
        let mut command = ledger.command();
        command.arg("submit").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("started");
        std::thread::sleep(Duration::from_millis(20 + 30 * kill));
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    submit();
    let bytes = ledger.bytes();
    submit();
    assert_eq!(ledger.bytes(), bytes);
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 2_261);
}

#[test]
fn a_command_with_an_id_of_its_own_is_given_again_safely() {
    let ledger = Ledger::new();
    let give = || {
        let mut command = ledger.command();
        command.args(["concern", "raise", "QE1", "--severity", "low", "--statement", "safeguarding"]);
        command.args(["--source", "staff", "--account", "what was seen", "--actor", "assessor-1", "--json"]);
        command.args(["--recorded-time", "2026-07-02", "--id", &id(1)]);
        let output = command.output().expect("the binary runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    let (first, second) = (give(), give());
    assert_eq!((&first["repeated"], &second["repeated"]), (&Value::from(false), &Value::from(true)));
    assert_eq!(first["entries"], second["entries"]);
}

#[test]
fn a_bad_line_stops_its_file_and_no_other() {
    let ledger = Ledger::new();
    let lines: Vec<String> = mixed(30).lines().map(ToOwned::to_owned).collect();
    let mut malformed = lines[..10].to_vec();
    malformed[6] = malformed[6].replace("\"wave\":\"held\"", "\"wave\":\"borrowed\"");
    let mut rejected = lines[10..20].to_vec();
    rejected[3] = rejected[3].replace("safeguarding", "kindness");
    let write = |name: &str, lines: &[String]| ledger.file(name, lines.join("\n"));
    let files =
        [write("a.ndjson", &malformed), write("b.ndjson", &rejected), write("c.ndjson", &lines[20..])];
    let files: Vec<&Path> = files.iter().map(std::path::PathBuf::as_path).collect();
    let said = ledger.submit("", &files);
    assert_eq!(said.status, 3, "the worse of two: {}", said.err);
    assert!(
        said.err.contains("a.ndjson line 7: evidence.submit: unknown variant `borrowed`"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("b.ndjson line 4: rejected (statement_unknown): quality statement kindness"),
        "{}",
        said.err
    );
    assert_eq!(String::from_utf8(ledger.bytes()).expect("UTF-8").lines().count(), 261 + 6 + 3 + 10);
    // Mended, the files go on where they stopped.
    let mended = [write("a.ndjson", &lines[..10]), write("b.ndjson", &lines[10..20])];
    let mended: Vec<&Path> = mended.iter().map(std::path::PathBuf::as_path).collect();
    ledger.submit("", &mended).ok();
    assert_eq!(String::from_utf8(ledger.bytes()).expect("UTF-8").lines().count(), 261 + 30);
}

#[test]
fn receipts_are_one_a_line() {
    let ledger = Ledger::new();
    let file = ledger.file("commands.ndjson", mixed(20));
    let said = ledger.submit("--json", &[&file]).ok();
    let receipts: Vec<Value> =
        said.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(receipts.len(), 20);
    let log = String::from_utf8(ledger.bytes()).expect("UTF-8");
    for (at, receipt) in receipts.iter().enumerate() {
        let entry = log.lines().nth(261 + at).expect("an entry");
        assert_eq!(receipt["line"], Value::from(at + 1));
        assert_eq!(receipt["file"], Value::from(file.display().to_string()));
        assert_eq!(receipt["sequence"], Value::from(format!("{:016}", 261 + at)));
        assert_eq!(receipt["hash"], Value::from(ledger_core::values::Hash::of(entry.as_bytes()).to_string()));
        assert_eq!(receipt["repeated"], Value::from(false));
    }
}

#[test]
fn a_dry_run_answers_alike_and_records_nothing() {
    let ledger = Ledger::new();
    let before = ledger.bytes();
    let mut lines: Vec<String> = mixed(40).lines().map(ToOwned::to_owned).collect();
    let good = ledger.file("good.ndjson", lines.join("\n"));
    let said = ledger.submit("--dry-run --json", &[&good]).ok();
    let answers = |out: &str| -> Vec<Value> {
        out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let dry = answers(&said.out);
    lines[30] = lines[30].replace("area.register", "area.succeed");
    let bad = ledger.file("bad.ndjson", lines.join("\n"));
    let said = ledger.submit("--dry-run", &[&bad]);
    assert_eq!(said.status, 2);
    assert!(!said.out.contains("head "), "a copy that is gone has no head to quote: {}", said.out);
    assert!(
        said.out.contains("DRY RUN") && said.err.contains("bad.ndjson line 31"),
        "{}{}",
        said.out,
        said.err
    );
    assert_eq!(ledger.bytes(), before);
    assert!(!ledger.dir().join("resume").exists());
    assert_eq!(answers(&ledger.submit("--json", &[&good]).ok().out), dry);
    // As `verify --expect` takes it: the number of entries, and the hash of the last.
    let said = ledger.submit("", &[&good]).ok();
    let head = said.out.lines().last().and_then(|line| line.strip_prefix("head ")).expect("a head");
    ledger.read(&format!("verify --expect {head}")).ok();
}

#[test]
fn ids_are_assigned_first_and_ascend() {
    let ledger = Ledger::new();
    let without: Vec<String> = mixed(3_000)
        .lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).expect("JSON");
            line.as_object_mut().expect("an object").remove("id");
            line.to_string()
        })
        .collect();
    let file = ledger.file("commands.ndjson", without.join("\n"));
    ledger.submit("--assign-ids", &[&file]).ok();
    let completed =
        std::fs::read_to_string(ledger.scratch().join("commands.ndjson.with-ids")).expect("written");
    let ids: Vec<String> = completed
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["id"].as_str().expect("an id")[..13].to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 3_000);
    assert!(ids.is_sorted());
    let bytes = ledger.bytes();
    let said = ledger.submit("--assign-ids", &[&file]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("exists already"), "{}", said.err);
    ledger.submit("", &[&ledger.scratch().join("commands.ndjson.with-ids")]).ok();
    assert_eq!(ledger.bytes(), bytes);
}

#[test]
fn lines_may_leave_the_recorded_time_to_the_options_and_cite_each_other() {
    let ledger = Ledger::new();
    let open = line(
        1,
        "assessor-1",
        "assessment.open",
        "ics/E54000048",
        r#"{"framework":"ics/2023-interim","phase":"pilot","cause":"schedule"}"#,
    );
    let evidence = format!(
        r#"{{"assessment":"{}","statements":["safeguarding"],"category":"processes","wave":"held","site":"off-site","source":"staff","documents":[{{"file":"policy.txt"}}]}}"#,
        id(1)
    );
    let evidence = line(2, "assessor-1", "evidence.submit", "ics/E54000048", &evidence);
    let untimed = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        line.as_object_mut().expect("an object").remove("recordedtime");
        line.to_string()
    };
    ledger.file("policy.txt", "The policy.");
    let file = ledger.file("commands.ndjson", format!("{}\n\n{}\n", untimed(&open), untimed(&evidence)));
    let said = ledger.submit("", &[&file]);
    assert_eq!((said.status, said.err.contains("recorded_time_required")), (3, true), "{}", said.err);
    ledger.submit("--recorded-time 2026-07-03", &[&file]).ok();
    let shown = ledger.read("show 262 --json").ok().json();
    assert_eq!(shown["cites"][0], "0000000000000261");
    let commitment =
        shown["entry"]["data"]["documents"][0]["commitment"].as_str().expect("a commitment").to_owned();
    assert_eq!(ledger.read(&format!("document show {commitment}")).ok().out, "The policy.");
}
