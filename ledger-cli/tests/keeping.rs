//! Keeping a ledger through its terminal: export, restore, repair, backup and the head file, with what each refuses and
//! how it ends; restores that are killed; and round trips of a long log in bounded memory.

#[path = "support/generated.rs"]
mod generated;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ledger_core::values::Hash;
use support::{Ledger, Said, binary, run};

/// Runs the binary on the ledger in `dir`.
fn on(dir: &Path, arguments: &[&str]) -> Said {
    let mut all = vec!["--data", dir.to_str().expect("UTF-8")];
    all.extend(arguments);
    run(all)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Refused with this exit status and these words.
fn refused(said: &Said, status: i32, words: &str) {
    assert_eq!((said.status, said.err.contains(words)), (status, true), "{}{}", said.out, said.err);
}

/// A ledger with two documents, one of them erased.
fn with_documents() -> (Ledger, String, String) {
    let ledger = Ledger::new();
    let mut commitments = Vec::new();
    for (name, day) in [("kept", "2026-07-02"), ("erased", "2026-07-03")] {
        let file = ledger.file(&format!("{name}.md"), format!("# {name}"));
        let added = format!("document add @{} --json", file.display());
        let commitment = ledger.write("assessor-1", day, &added).ok().json()["commitment"].clone();
        let commitment = commitment.as_str().expect("a commitment").to_owned();
        let raise = "concern raise QE1 --severity low --statement safeguarding --source staff --account";
        ledger.write("assessor-1", day, &format!("{raise} stored:{commitment}")).ok();
        commitments.push(commitment);
    }
    let at = ledger
        .bytes()
        .split(|byte| *byte == b'\n')
        .position(|line| line.windows(64).any(|window| window == commitments[1].as_bytes()));
    let erase = format!(
        "document erase QE1 {} --cited-by {} --legal-basis uk-gdpr-article-17",
        commitments[1],
        at.expect("cited")
    );
    ledger.write("operator-1", "2026-07-04", &erase).ok();
    let erased = commitments.remove(1);
    (ledger, commitments.remove(0), erased)
}

#[test]
fn documents_travel_only_when_asked_and_erased_ones_never() {
    let (ledger, kept, erased) = with_documents();
    let [plain, full] = ["plain.export", "full.export"].map(|name| ledger.scratch().join(name));
    ledger.read(&format!("export -o {}", plain.display())).ok();
    let said = ledger.read(&format!("export --documents --json -o {}", full.display())).ok();
    assert!(said.err.contains("WARNING") && said.err.contains("key store"), "{}", said.err);
    // Four more come with the defaults.
    assert_eq!((&said.json()["documents"], &said.json()["absent"]), (&5.into(), &1.into()));
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&full).expect("there").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it");
    for (export, status, words) in [(&plain, 2, "is not in the vault"), (&full, 0, "")] {
        let dir = export.with_extension("ledger");
        let said = on(&dir, &["restore", text(export), "--json"]).ok();
        assert_eq!(said.json()["continued"], false);
        refused(&on(&dir, &["document", "show", &kept]), status, words);
        assert_ne!(on(&dir, &["document", "show", &erased]).status, 0, "erased stays erased");
        on(&dir, &["verify"]).ok();
        let again = export.with_extension("again");
        let documents = if status == 0 { "--documents" } else { "--json" };
        on(&dir, &["export", documents, "-o", text(&again)]).ok();
        assert_eq!(fs::read(&again).expect("read"), fs::read(export).expect("read"));
    }
    let piped = ledger.read("export").ok();
    assert_eq!(piped.out.into_bytes(), fs::read(&plain).expect("read"), "to standard output the same");
}

#[test]
fn a_restored_copy_is_read_and_goes_on_only_when_told() {
    let ledger = Ledger::new();
    let export = ledger.scratch().join("export");
    ledger.read(&format!("export -o {}", export.display())).ok();
    let dir = ledger.scratch().join("restored");
    on(&dir, &["restore", text(&export)]).ok();
    let enrol = [
        "actor",
        "enrol",
        "late-1",
        "--role",
        "auditor",
        "--actor",
        "operator-1",
        "--recorded-time",
        "2026-07-09",
    ];
    on(&dir, &["actor", "list"]).ok();
    refused(&on(&dir, &enrol), 2, "ledger restore --continue --data");
    on(&dir, &["restore", "--continue"]).ok();
    on(&dir, &enrol).ok();
    refused(&on(&dir, &["restore", "--continue"]), 2, "is no restored copy");
    refused(&on(&dir, &["restore", text(&export)]), 2, "holds a ledger already");
    let at_once = ledger.scratch().join("at-once");
    on(&at_once, &["restore", text(&export), "--continue"]).ok();
    on(&at_once, &enrol).ok();
    refused(&on(&at_once, &["restore"]), 2, "FILE");
}

#[test]
fn a_damaged_export_is_refused_with_its_line_and_leaves_no_ledger() {
    let ledger = Ledger::new();
    let export = ledger.scratch().join("export");
    ledger.read(&format!("export -o {}", export.display())).ok();
    let whole = fs::read(&export).expect("read");
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    let mut flipped = whole.clone();
    let at = lines[..100].iter().map(|line| line.len()).sum::<usize>() + 500;
    flipped[at] ^= 1;
    let reordered = [&lines[..50], &[lines[51], lines[50]], &lines[52..]].concat().concat();
    for (how, bytes, line) in [
        ("cut", whole[..whole.len() / 2].to_vec(), "line 1"),
        ("flipped", flipped, "line 10"),
        ("reordered", reordered, "line 51"),
        ("no end", lines[..lines.len() - 1].concat(), &format!("line {}", lines.len())),
        ("empty", Vec::new(), "line 1"),
    ] {
        let file = ledger.file(how, bytes);
        let dir = ledger.scratch().join(format!("{how}.ledger"));
        let said = on(&dir, &["restore", text(&file)]);
        refused(&said, 2, line);
        if how == "empty" {
            assert!(!dir.exists(), "nothing was begun");
            continue;
        }
        refused(&on(&dir, &["verify"]), 2, "restoring it was interrupted; repeat `ledger restore");
        on(&dir, &["restore", text(&export)]).ok();
        on(&dir, &["verify"]).ok();
    }
    let taken = ledger.scratch().join("taken");
    fs::create_dir(&taken).expect("made");
    fs::write(taken.join("notes"), "mine").expect("written");
    refused(&on(&taken, &["restore", text(&export)]), 2, "is not empty: it has 'notes'");
    assert_eq!(fs::read_dir(&taken).expect("listed").count(), 1, "nothing was changed");
    refused(&on(&taken, &["restore", "/nowhere"]), 2, "'/nowhere' cannot be read");
}

#[test]
fn a_backup_is_read_and_its_keys_are_apart() {
    let (ledger, kept, _) = with_documents();
    let [copy, keys] = ["backup", "keys"].map(|name| ledger.scratch().join(name));
    let said = ledger.read(&format!("backup {} --keys {}", copy.display(), keys.display())).ok();
    assert!(said.err.contains("WARNING"), "{}", said.err);
    on(&copy, &["verify"]).ok();
    refused(&on(&copy, &["document", "show", &kept]), 4, "keys is damaged: it is missing");
    ledger.write("operator-1", "2026-07-09", "actor enrol late-1 --role auditor").ok();
    let again = ledger.read(&format!("backup {} --keys {} --json", copy.display(), keys.display())).ok();
    assert_eq!(again.json()["entries"].as_u64(), again.json()["before"].as_u64().map(|before| before + 1));
    fs::copy(keys.join("keys"), copy.join("documents/keys")).expect("copied");
    assert_eq!(on(&copy, &["document", "show", &kept]).ok().out, "# kept");
    refused(&on(&copy, &["restore", "--continue", "--json"]).ok(), 0, "");
    refused(&ledger.read(&format!("backup {}", ledger.scratch().display())), 2, "is not empty");
    let inside = format!("backup {} --keys {}", copy.display(), copy.join("documents").display());
    refused(&ledger.read(&inside), 2, "outside");
}

#[test]
fn a_repair_names_a_loss_and_waits_for_it_to_be_accepted() {
    let ledger = Ledger::new();
    let export = ledger.scratch().join("export");
    let length = ledger.bytes().iter().filter(|byte| **byte == b'\n').count();
    ledger.read(&format!("export -o {}", export.display())).ok();
    ledger.write("operator-1", "2026-07-09", "actor enrol late-1 --role auditor").ok();
    fs::remove_dir_all(ledger.dir().join("log")).expect("removed");
    let repair = format!("repair --from {}", export.display());
    let accept = format!("--accept-loss {length}");
    refused(&ledger.read("verify"), 4, "`ledger repair --from EXPORT`");
    refused(&ledger.read(&repair), 2, &accept);
    refused(&ledger.read(&format!("{repair} --accept-loss {}", length - 1)), 2, &accept);
    let repaired = ledger.read(&format!("{repair} {accept} --json")).ok();
    assert_eq!(repaired.json()["lost"], 1);
    refused(
        &ledger.write("operator-1", "2026-07-09", "actor enrol late-2 --role auditor"),
        2,
        "ledger restore --continue",
    );
    ledger.read("verify").ok();
    ledger.read("restore --continue").ok();
    ledger.write("operator-1", "2026-07-09", "actor enrol late-2 --role auditor").ok();
    // Damaged, but with everything still to be had: nothing to accept.
    ledger.read(&format!("export -o {}", export.display())).ok();
    fs::write(ledger.dir().join("log/db"), b"").expect("written");
    assert_eq!(ledger.read(&format!("{repair} --json")).ok().json()["lost"], 0);
    ledger.write("operator-1", "2026-07-09", "actor enrol late-3 --role auditor").ok();
}

#[test]
fn a_head_file_refuses_a_directory_rolled_back_for_reading_and_for_writing() {
    let ledger = Ledger::new();
    let head_file = ledger.scratch().join("head-file");
    let option = format!("--head-file {}", head_file.display());
    let made = ledger.read(&format!("verify {option}")).ok();
    assert!(made.err.contains("head file") && made.err.contains("was made, at 261:"), "{}", made.err);
    assert!(!ledger.read(&format!("verify {option}")).ok().err.contains("was made"));
    let saved = ledger.scratch().join("saved");
    copy(ledger.dir(), &saved);
    ledger.write("operator-1", "2026-07-09", &format!("actor enrol late-1 --role auditor {option}")).ok();
    ledger.read(&format!("actor list {option}")).ok();
    fs::remove_dir_all(ledger.dir()).expect("removed");
    fs::rename(&saved, ledger.dir()).expect("renamed");
    let words = "the log was rolled back";
    for line in
        ["verify", "actor list", "export", "log", "rate --framework ics/2023-interim --score safeguarding=2"]
    {
        refused(&ledger.read(&format!("{line} {option}")), 4, words);
    }
    let enrol = format!("actor enrol late-2 --role auditor {option}");
    refused(&ledger.write("operator-1", "2026-07-09", &enrol), 4, words);
    let mut by_environment = ledger.command();
    let said =
        by_environment.arg("verify").env("LEDGER_HEAD_FILE", &head_file).output().expect("the binary runs");
    assert_eq!(said.status.code(), Some(4));
    ledger.read("verify").ok();
    // A restored copy that the file is ahead of is not let go on either, not even at once.
    let export = ledger.scratch().join("export");
    ledger.read(&format!("export -o {}", export.display())).ok();
    let restored = ledger.scratch().join("restored");
    let go_on = ["restore", text(&export), "--continue", "--head-file", text(&head_file)];
    refused(&on(&restored, &go_on), 4, words);
    let enrol = [
        "actor",
        "enrol",
        "late-3",
        "--role",
        "auditor",
        "--actor",
        "operator-1",
        "--recorded-time",
        "2026-07-09",
    ];
    refused(&on(&restored, &enrol), 2, "and is only read");
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").args([from, to]).status().expect("cp");
    assert!(status.success());
}

/// A number in `0..below` that the seed gives for the `n`-th time.
fn random(seed: u64, n: u64, below: u64) -> u64 {
    let hash = Hash::of(&[seed.to_le_bytes(), n.to_le_bytes()].concat());
    let number = hash.as_bytes()[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    number % below.max(1)
}

fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A ledger of some length and its export, for work that is killed.
struct ToKill {
    scratch: tempfile::TempDir,
    seed: u64,
    expected: Vec<u8>,
}

impl ToKill {
    fn new(length: u64) -> Self {
        let scratch = tempfile::tempdir().expect("a directory");
        let ledger = scratch.path().join("ledger");
        generated::generate(&ledger, support::full_size(length));
        let export = scratch.path().join("export");
        on(&ledger, &["export", "--documents", "-o", text(&export)]).ok();
        let expected = fs::read(&export).expect("read");
        ToKill { seed: from_environment("LEDGER_TEST_SEED", 4), expected, scratch }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Holds the ledger in `dir` against what was exported.
    fn check(&self, dir: &Path) {
        let again = self.path("again");
        on(dir, &["export", "--documents", "-o", text(&again)]).ok();
        assert!(fs::read(&again).expect("read") == self.expected, "seed {}: not the same bytes", self.seed);
    }

    /// Starts `arguments` on the ledger in `dir` again and again, kills it at random moments `wanted` times, and lets it
    /// end once more. Calls `killed` after each kill and `ended` whenever it came to its end.
    fn kill(&self, wanted: u64, dir: &Path, arguments: &[&str], killed: &mut dyn FnMut(), ended: &dyn Fn()) {
        let start = || {
            let mut command = binary();
            command.arg("--data").arg(dir).args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().expect("started")
        };
        let started = Instant::now();
        assert!(start().wait().expect("ended").success(), "{arguments:?}");
        let whole = started.elapsed().as_micros() as u64;
        ended();
        let (mut kills, mut ends, mut n) = (0, 1, 0);
        while kills < wanted {
            n += 1;
            let mut child = start();
            std::thread::sleep(Duration::from_micros(random(self.seed, n, whole)));
            child.kill().expect("killed, or ended before");
            match child.wait().expect("ended").code() {
                None => {
                    kills += 1;
                    killed();
                }
                Some(0) => {
                    ends += 1;
                    ended();
                }
                Some(other) => panic!("seed {}, attempt {n}: exit status {other}", self.seed),
            }
        }
        assert!(start().wait().expect("ended").success(), "seed {}: the last one ends", self.seed);
        ended();
        println!("seed {}: {} killed {kills} times, ended {} times", self.seed, arguments[0], ends + 1);
    }
}

/// 24 kills of each, or as many as LEDGER_RESTORE_KILLS says.
fn kills() -> u64 {
    from_environment("LEDGER_RESTORE_KILLS", 24)
}

#[test]
fn a_restore_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let to_kill = ToKill::new(20_000);
    let [restored, export] = ["restored", "export"].map(|name| to_kill.path(name));
    let mut no_ledger = 0;
    // Killed before the directory was marked it is none, killed after the mark was cleared it is a whole one.
    let mut killed =
        || no_ledger += u64::from(on(&restored, &["log", "--limit", "1"]).err.contains("was interrupted"));
    to_kill.kill(kills(), &restored, &["restore", text(&export)], &mut killed, &|| {
        to_kill.check(&restored);
        fs::remove_dir_all(&restored).expect("removed");
    });
    println!("{no_ledger} kills left what is no ledger yet");
    assert!(no_ledger * 2 > kills(), "most were killed in the middle");
}

#[test]
fn a_backup_killed_at_any_moment_is_repeated_to_the_same_bytes() {
    let to_kill = ToKill::new(10_000);
    let [ledger, backup, keys] = ["ledger", "backup", "keys"].map(|name| to_kill.path(name));
    let arguments = ["backup", text(&backup), "--keys", text(&keys)];
    to_kill.kill(kills(), &ledger, &arguments, &mut || (), &|| {
        fs::copy(keys.join("keys"), backup.join("documents/keys")).expect("copied");
        to_kill.check(&backup);
        fs::remove_dir_all(&backup).expect("removed");
    });
    to_kill.check(&ledger);
}

#[test]
fn a_repair_killed_at_any_moment_goes_on_to_the_same_bytes() {
    let to_kill = ToKill::new(10_000);
    let [ledger, export] = ["ledger", "export"].map(|name| to_kill.path(name));
    let damage = || {
        fs::write(ledger.join("log/db"), b"").expect("written");
        fs::write(ledger.join("documents/segments/000000.seg"), b"").expect("written");
    };
    damage();
    to_kill.kill(kills(), &ledger, &["repair", "--from", text(&export)], &mut || (), &|| {
        to_kill.check(&ledger);
        damage();
    });
}

/// Runs the binary and returns the most memory it held, in MiB.
fn peak(dir: &Path, arguments: &[&str]) -> u64 {
    let mut command = binary();
    command.arg("--data").arg(dir).args(arguments).stdout(Stdio::null());
    let mut child = command.spawn().expect("started");
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut most = 0;
    // The kernel keeps the peak; it is gone with the process, so it is asked for while that runs.
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse().ok());
        most = most.max(kib.unwrap_or(0_u64) >> 10);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(ended.success(), "{arguments:?}");
    most
}

/// Asserts that two files that need not fit in memory are the same.
fn same(one: &Path, other: &Path) {
    let compared = Command::new("cmp").args([one, other]).output().expect("cmp");
    assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stdout));
}

/// 100,000 entries; a tenth with LEDGER_TESTS_QUICK set; as many as LEDGER_KEEPING_ENTRIES says.
#[test]
fn long_logs_come_back_byte_for_byte_in_bounded_memory() {
    let length = from_environment("LEDGER_KEEPING_ENTRIES", support::full_size(100_000));
    let scratch = tempfile::tempdir().expect("a directory");
    let path = |name: &str| scratch.path().join(name);
    let started = Instant::now();
    generated::generate(&path("ledger"), length);
    println!("{length} entries generated in {:.1} s", started.elapsed().as_secs_f64());
    let step = |name: &str, dir: &str, arguments: &[&str]| {
        let started = Instant::now();
        let mib = peak(&path(dir), arguments);
        println!("{name}: {:.1} s, {mib} MiB at most", started.elapsed().as_secs_f64());
        assert!(mib <= 512, "{name} took {mib} MiB");
    };
    let [first, again, backed_up] = ["first", "again", "backed-up"].map(path);
    step("export", "ledger", &["export", "--documents", "-o", text(&first)]);
    step("restore", "restored", &["restore", text(&first)]);
    step("export of the restored", "restored", &["export", "--documents", "-o", text(&again)]);
    same(&first, &again);
    fs::remove_file(&again).expect("removed");
    fs::remove_dir_all(path("restored")).expect("removed");
    step("backup", "ledger", &["backup", text(&path("backup")), "--keys", text(&path("keys"))]);
    fs::copy(path("keys/keys"), path("backup/documents/keys")).expect("copied");
    step("export of the backup", "backup", &["export", "--documents", "-o", text(&backed_up)]);
    same(&first, &backed_up);
    fs::remove_dir_all(path("backup")).expect("removed");
    fs::remove_dir_all(path("ledger/log")).expect("removed");
    step("repair", "ledger", &["repair", "--from", text(&first)]);
    fs::remove_file(&backed_up).expect("removed");
    step("export of the repaired", "ledger", &["export", "--documents", "-o", text(&backed_up)]);
    same(&first, &backed_up);
}
