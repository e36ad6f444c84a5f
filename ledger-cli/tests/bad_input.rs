//! Bad input: one line that names the value and the remedy, exit status 2 or 3, and a log that stays as it was.

mod support;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Stdio;

use support::{Ledger, Said, line, run};

/// A ledger with an assessment open on two systems, evidence 262 on one of them, and a draft whose window is over.
fn prepared() -> Ledger {
    let ledger = Ledger::new();
    let write = |actor: &str, day: &str, line: &str| ledger.write(actor, day, line).ok();
    write("assessor-1", "2026-07-02", "assessment open QE1 --framework ics/2023-interim --phase pilot");
    write(
        "assessor-1",
        "2026-07-02",
        "assessment open QF7 --framework ics/2023-interim --phase pilot --statement safeguarding",
    );
    let evidence =
        "--statement safeguarding --category processes --wave held --site off-site --source organisation";
    write("assessor-1", "2026-07-02", &format!("evidence submit QE1 {evidence} --document 'a policy'"));
    write("assessor-1", "2026-07-02", &format!("evidence submit QF7 {evidence}"));
    write("operator-1", "2026-07-02", "actor enrol moderator-1 --role moderator");
    write("operator-1", "2026-07-02", "actor enrol board-1 --role partner --organisation board/E54000061");
    write("assessor-1", "2026-07-02", "score assign QF7 --statement safeguarding --score 2 --evidence 264");
    write("moderator-1", "2026-07-02", "score moderate QF7 --statement safeguarding --score 2");
    write("assessor-1", "2026-07-03", "draft share QF7");
    ledger
}

/// The number of a line recorded on 2026-07-04.
const LATE: u64 = 21_600_000;

/// Says it in one line with the status and every one of the words.
fn refused(said: &Said, status: i32, expected: &[&str]) {
    assert_eq!(said.status, status, "{}{}", said.out, said.err);
    let errors: Vec<&str> = said.err.lines().filter(|line| *line != "SIMULATED CLOCK").collect();
    let [error] = errors.as_slice() else { panic!("one line expected: {:?}", said.err) };
    assert!(error.starts_with("error: "), "{error}");
    for words in expected {
        assert!(error.contains(words), "'{words}' is not in: {error}");
    }
}

#[test]
fn arguments_that_may_not_be_done_or_do_not_exist() {
    let ledger = prepared();
    let before = ledger.bytes();
    let cases: &[(&str, i32, &[&str])] = &[
        // Unknown names.
        ("rating Atlantis", 2, &["'Atlantis'", "ledger area list"]),
        ("rating ics/E99", 2, &["ics/E99", "ledger area list"]),
        ("history local-authority/E99", 2, &["local-authority/E99", "ledger area list"]),
        (
            "concern raise ics/E99 --severity low --statement safeguarding --source staff --account x",
            3,
            &["(subject_unknown)", "ics/E99"],
        ),
        (
            "assessment open QHM --framework ics/2099 --phase pilot",
            3,
            &["(framework_unknown)", "ics/2099", "ledger framework list"],
        ),
        (
            "score assign QE1 --statement kindness --score 2 --evidence 263",
            3,
            &["(statement_unknown)", "kindness"],
        ),
        (
            "evidence submit QE1 --statement safeguarding --category gossip --wave held --site off-site --source staff",
            3,
            &["(category_unknown)", "gossip"],
        ),
        ("framework show ics/2099", 2, &["ics/2099", "ledger framework list"]),
        ("show 99999", 2, &["99999", "ledger log"]),
        // Scores.
        ("score assign QE1 --statement safeguarding --score 0 --evidence 263", 2, &["'0' is not a score"]),
        (
            "score assign QE1 --statement safeguarding --score 5 --evidence 263",
            2,
            &["'5' is not a score: 1, 2, 3 or 4 expected"],
        ),
        (
            "score assign QE1 --statement safeguarding --score 2.5 --evidence 263",
            2,
            &["'2.5' is not a score"],
        ),
        ("rate --framework local-authority/2025 --score safeguarding=5", 2, &["'5' is not a score"]),
        (
            "rate --framework local-authority/2025 --score nonsense=3",
            2,
            &["nonsense", "local-authority/2025"],
        ),
        // Evidence of another subject.
        (
            "score change QF7 --statement safeguarding --score 3 --evidence 263",
            3,
            &["(evidence_not_shared)", "0000000000000263", "share it first"],
        ),
        // Dates.
        ("area register place/x --name X --from 2026-02-30", 2, &["'2026-02-30'", "YYYY-MM-DD"]),
        ("area register place/x --name X --time 2026-02-30", 2, &["'2026-02-30'", "2025-05-08"]),
        // Documents.
        (
            "concern raise QE1 --severity low --statement safeguarding --source staff --account @/missing.txt",
            2,
            &["'/missing.txt'", "cannot be read", "check the path"],
        ),
        (
            "concern raise QE1 --severity low --statement safeguarding --source staff --account stored:12",
            2,
            &["'12' is not a hash"],
        ),
        // The envelope.
        (
            "concern raise QE1 --severity low --statement safeguarding --source staff --account x --expect QE1=1",
            3,
            &["(expected_version_unmet)", "ics/E54000048"],
        ),
        (
            "concern raise QE1 --severity low --statement safeguarding --source staff --account x --id 12",
            2,
            &["'12' is not a command id"],
        ),
        ("nonsense", 2, &["'nonsense'"]),
        ("score assign QE1", 2, &["--statement <ID>", "--score <N>"]),
    ];
    for (line, status, expected) in cases {
        let reads = ["rating", "history", "framework", "show", "rate"];
        let said = if reads.iter().any(|read| line.starts_with(read)) {
            ledger.read(line)
        } else {
            ledger.write("assessor-1", "2026-07-04", line)
        };
        refused(&said, *status, expected);
    }
    assert_eq!(ledger.bytes(), before);
}

#[test]
fn a_challenge_after_the_closing_date() {
    let ledger = prepared();
    let before = ledger.bytes();
    let challenge = "accuracy challenge QF7 --ground typographical --comment 'a comma'";
    refused(&ledger.write("board-1", "2026-07-18", challenge), 3, &["(challenge_late)", "2026-07-17"]);
    assert_eq!(ledger.bytes(), before);
    ledger.write("board-1", "2026-07-17", challenge).ok();
}

#[test]
fn clocks_are_stated_exactly_where_they_are_simulated() {
    let ledger = prepared();
    let before = ledger.bytes();
    refused(
        &ledger.read("actor revoke assessor-2 --actor operator-1"),
        2,
        &["simulated clock", "--recorded-time"],
    );
    let behind = ledger.write("operator-1", "2026-07-01", "actor revoke assessor-2");
    refused(&behind, 3, &["(clock_behind)", "2026-07-01T12:00:00.000000Z"]);
    assert_eq!(ledger.bytes(), before);
    let dir = ledger.scratch().join("system");
    let dir = dir.to_str().expect("UTF-8");
    run(["init", "--data", dir, "--actor", "operator-1"]).ok();
    let stated = ["actor", "enrol", "a-1", "--role", "auditor", "--data", dir, "--actor", "operator-1"];
    let stated = run(stated.into_iter().chain(["--recorded-time", "2026-07-01"]));
    refused(&stated, 2, &["--recorded-time", "leave it out"]);
}

#[test]
fn lines_that_json_readers_would_understand_differently() {
    let ledger = prepared();
    let before = ledger.bytes();
    let concern = |data: &str| line(LATE, "assessor-1", "concern.raise", "ics/E54000048", data).into_bytes();
    let whole = r#""severity":"low","statements":["safeguarding"],"source":"staff""#;
    let score = |score: &str| {
        let data = format!(
            r#"{{"assessment":"0000000000000261","statement":"safeguarding","score":{score},"evidence":["0000000000000263"]}}"#
        );
        line(LATE, "assessor-1", "score.assign", "ics/E54000048", &data).into_bytes()
    };
    let organisations: Vec<String> = (0..300)
        .map(|n| {
            format!(r#"{{"id":"nhs-body/R{n}","kind":"nhs-body","name":"A body of the health service"}}"#)
        })
        .collect();
    let large = format!(r#"{{"name":"Large","organisations":[{}]}}"#, organisations.join(","));
    let mut broken = concern(&format!(r#"{{{whole},"account":{{"text":"x"}}}}"#));
    broken[20] = 0xff;
    let cases: Vec<(Vec<u8>, i32, &[&str])> = vec![
        (broken, 2, &["line 1", "malformed UTF-8 at byte 20"]),
        (
            concern(&format!(r#"{{{whole},"severity":"high","account":{{"text":"x"}}}}"#)),
            2,
            &["line 1", "'severity' occurs twice"],
        ),
        (
            concern(&format!(r#"{{{whole},"account":{{"text":"x"}},"n":9007199254740992}}"#)),
            2,
            &["9007199254740992", "2^53 - 1"],
        ),
        (score("0"), 2, &["0 is not a score"]),
        (score("5"), 2, &["5 is not a score"]),
        (score("2.5"), 2, &["2.5 is not a whole number"]),
        (
            line(LATE, "operator-1", "area.register", "place/large", &large).into_bytes(),
            3,
            &["(entry_too_large)", "16384", "documents"],
        ),
        (
            concern(&format!(r#"{{{whole},"account":{{"file":"missing.txt"}}}}"#)),
            2,
            &["missing.txt", "cannot be read"],
        ),
        (concern(&format!(r#"{{{whole}}}"#)), 2, &["missing field `account`"]),
        (concern(&format!(r#"{{{whole},"account":{{"text":"x"}},"more":1}}"#)), 2, &["unknown field `more`"]),
        (b"{\"actor\":\"assessor-1\"}".to_vec(), 2, &["no id", "--assign-ids"]),
        (b"[]".to_vec(), 2, &["JSON object"]),
        (b"{".to_vec(), 2, &["line 1", "EOF"]),
    ];
    for (bytes, status, expected) in cases {
        let file = ledger.file("bad.ndjson", bytes);
        refused(&ledger.submit("", &[&file]), status, expected);
        assert_eq!(ledger.bytes(), before);
    }
    refused(
        &ledger.submit("", &[&ledger.scratch().join("absent.ndjson")]),
        2,
        &["absent.ndjson", "check the path"],
    );
}

#[test]
fn directories_that_are_no_ledger_or_not_usable() {
    let ledger = prepared();
    let scratch = ledger.scratch().to_str().expect("UTF-8").to_owned();
    refused(&run(["verify", "--data", &scratch]), 2, &[&scratch, "is not a ledger", "ledger init"]);
    refused(
        &run(["verify", "--data", "/no/such/place"]),
        2,
        &["/no/such/place", "does not exist", "ledger init"],
    );
    refused(&run(["init", "--data", &scratch, "--actor", "operator-1"]), 2, &[&scratch, "is not empty"]);
    std::fs::create_dir_all(ledger.dir().join("resume")).expect("what submitting leaves");
    let held = ledger.dir().display().to_string();
    refused(&run(["init", "--data", &held, "--actor", "operator-1"]), 2, &[&held, "holds a ledger already"]);
    let dir = ledger.dir().to_str().expect("UTF-8");
    refused(&run(["init", "--data", dir, "--actor", "operator-1"]), 2, &["holds a ledger already"]);
}

#[test]
fn a_directory_held_by_another_process_names_it() {
    let ledger = prepared();
    let before = ledger.bytes();
    // A submission that waits for its standard input holds the ledger.
    let mut holder = ledger.command();
    holder
        .args(["submit", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut holder = holder.spawn().expect("started");
    let mut said = String::new();
    BufReader::new(holder.stderr.as_mut().expect("piped")).read_line(&mut said).expect("its marks");
    refused(&ledger.read("verify"), 2, &["is held by process", &holder.id().to_string(), "submit --json -"]);
    drop(holder.stdin.take());
    assert!(holder.wait().expect("ended").success());
    assert_eq!(ledger.bytes(), before);
}

#[test]
fn a_directory_that_cannot_be_written() {
    let ledger = prepared();
    let before = ledger.bytes();
    let mode = |mode| {
        for path in [ledger.dir().join("lock"), ledger.dir().to_owned(), ledger.scratch().to_owned()] {
            let mode = if path.is_dir() { mode } else { mode & !0o111 };
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
        }
    };
    mode(0o555);
    let mut command = ledger.command();
    command.args(["actor", "revoke", "assessor-2", "--actor", "operator-1", "--recorded-time", "2026-07-04"]);
    // The owner of everything would not be stopped by permissions: act as somebody else.
    let is_root = std::fs::File::options().write(true).open(ledger.dir().join("lock")).is_ok();
    if is_root {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output();
    mode(0o755);
    // Where the binary itself is out of that user's reach there is nothing to see.
    if let Ok(output) = output {
        let said = Said {
            status: output.status.code().unwrap_or(-1),
            out: String::new(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        refused(&said, 2, &["cannot be written", "mount it writable"]);
    }
    assert_eq!(ledger.bytes(), before);
}

#[test]
fn errors_are_json_where_programs_read_them() {
    let ledger = prepared();
    let said = ledger.write(
        "assessor-1",
        "2026-07-04",
        "score assign QE1 --statement safeguarding --score 3 --evidence 99999 --json",
    );
    assert_eq!(said.status, 3);
    let error: serde_json::Value =
        serde_json::from_str(said.err.lines().last().expect("a line")).expect("JSON");
    assert_eq!(error["error"]["code"], "entry_unknown");
    let said = ledger.read("rating QE1 --as-of tomorrow --json");
    assert_eq!(said.status, 2);
    assert!(said.err.starts_with(r#"{"error":{"code":"usage""#), "{}", said.err);
}

#[test]
fn arguments_that_are_not_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let ledger = prepared();
    let name = std::ffi::OsStr::from_bytes(b"Lee\xffds");
    let output = ledger.command().arg("rating").arg(name).output().expect("started");
    let said = Said {
        status: output.status.code().unwrap_or(-1),
        out: String::new(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    refused(&said, 2, &["invalid UTF-8"]);
}

#[test]
fn an_event_type_that_does_not_exist_is_not_an_empty_log() {
    let ledger = prepared();
    for line in ["log --type score.assign", "tail --from 0 --type ledger.score.assigned.v9"] {
        refused(&ledger.read(line), 2, &["is not an event", "schemas/EVENTS.md"]);
    }
    assert_eq!(ledger.read("log --type score.assigned --json").ok().out.lines().count(), 1);
    assert_eq!(ledger.read("log --type ledger.score.assigned.v1 --json").ok().out.lines().count(), 1);
}
