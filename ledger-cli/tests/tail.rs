//! `tail --cursor`: a consumer that is killed sees every entry at least once.

mod support;

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;

use support::{Ledger, full_size, mixed};

/// 200,000 entries; 20,000 with LEDGER_TESTS_QUICK set.
#[test]
fn killed_fifty_times_while_printing_nothing_is_missing() {
    let ledger = Ledger::new();
    let file = ledger.file("commands.ndjson", mixed(full_size(200_000)));
    ledger.submit("", &[&file]).ok();
    let whole_log = String::from_utf8(ledger.bytes()).expect("UTF-8");
    let cursor = ledger.scratch().join("cursor");
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut interrupted = 0;
    let mut take = |output: &[u8]| {
        // A killed run may leave half a line: what has no line break is not there.
        let lines = output.split_inclusive(|byte| *byte == b'\n');
        for line in lines.filter(|line| line.ends_with(b"\n")) {
            let line = std::str::from_utf8(line).expect("UTF-8").trim_end();
            let entry: serde_json::Value = serde_json::from_str(line).expect("a whole entry");
            let before =
                seen.insert(entry["sequence"].as_str().expect("a sequence").to_owned(), line.to_owned());
            assert!(before.is_none_or(|before| before == line), "the same bytes again");
        }
    };
    for kill in 1..=50 {
        let mut command = ledger.command();
        command.args(["tail", "--from", "0", "--cursor"]).arg(&cursor);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("started");
        let mut pipe = child.stdout.take().expect("piped");
        // Killed while printing: after some of its output, never the same amount.
        let mut output = vec![0; kill * 1_299_709 % (whole_log.len() / 20)];
        let filled = pipe.read_exact(&mut output);
        child.kill().expect("killed");
        child.wait().expect("ended");
        interrupted += usize::from(filled.is_ok());
        pipe.read_to_end(&mut output).expect("what was in the pipe");
        take(&output);
    }
    assert!(interrupted > 10, "{interrupted} of 50 were killed while printing");
    let mut command = ledger.command();
    let last =
        command.args(["tail", "--from", "0", "--cursor"]).arg(&cursor).output().expect("the binary runs");
    assert!(last.status.success());
    take(&last.stdout);
    let seen: Vec<&str> = seen.values().map(String::as_str).collect();
    assert_eq!(seen.len(), whole_log.lines().count());
    assert!(seen.iter().copied().eq(whole_log.lines()), "every entry, exact bytes");
    let end = std::fs::read_to_string(&cursor).expect("the cursor");
    assert_eq!(end, format!("{:016}\n", seen.len()), "it ends at the head");
}

#[test]
fn positions_and_filters() {
    let ledger = Ledger::new();
    let from = ledger.read("tail --from 259").ok();
    assert_eq!(from.out.lines().count(), 2);
    assert!(from.err.contains("SIMULATED CLOCK"), "marks go where the bytes do not");
    assert_eq!(ledger.read("tail --from-now").ok().out, "");
    assert_eq!(ledger.read("tail --from 0 --subject QE1").ok().out.lines().count(), 1);
    assert_eq!(ledger.read("tail --from 0 --type actor.enrolled").ok().out.lines().count(), 3);
    assert_eq!(ledger.read("tail --from 0 --type ledger.actor.enrolled.v1").ok().out.lines().count(), 3);
    let cursor = ledger.file("cursor", "nonsense");
    let said = ledger.read(&format!("tail --from 0 --cursor {}", cursor.display()));
    assert_eq!((said.status, said.err.contains("'nonsense'")), (2, true), "{}", said.err);
    let cursor = ledger.file("cursor", "0000000000099999\n");
    let said = ledger.read(&format!("tail --cursor {}", cursor.display()));
    assert_eq!((said.status, said.err.contains("rolled back")), (2, true), "{}", said.err);
}
