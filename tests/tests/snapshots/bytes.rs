//! Equal state, equal bytes: whichever way a ledger came to know its log, the snapshot it takes is the same. And the
//! state of a fixed history is the same as ever, unless [`STATE_VERSION`] says otherwise.

use std::path::Path;

use ledger_core::STATE_VERSION;
use ledger_core::log::Head;
use ledger_core::values::Hash;
use ledger_tests::disk::{image_of, lay_out};
use ledger_tests::golden::{root, updating};

use crate::party::{ALWAYS, FILES, Party, forget, snapshot};
use crate::script::{self, Script};
use crate::{seed, size};

#[test]
fn every_way_to_know_a_log_gives_the_same_snapshot() {
    let seed = seed();
    let commands = size("LEDGER_SNAPSHOT_COMMANDS", 1_500, 500);
    let histories = size("LEDGER_SNAPSHOT_HISTORIES", 5, 2);
    let scripts = std::iter::once(script::workload(seed, commands))
        .chain((seed..).take(histories).map(|seed| script::history(seed, 160)));
    for script in scripts {
        let bytes = same_snapshots(&script);
        println!("seed {seed}: {} commands, {bytes} bytes of snapshots", script.submissions.len());
    }
}

/// Compares the snapshots of a ledger that was never reopened, of two that replayed everything (no two maps of a process
/// hash alike), and of one that began with a snapshot halfway. Returns how many bytes were compared.
fn same_snapshots(script: &Script) -> usize {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = |name: &str| scratch.path().join(name);
    let live = Party::begin(&dir("live"), script, 32, ALWAYS);
    live.give(&script.submissions);
    live.close();
    for name in ["replayed", "replayed again"] {
        lay_out(&image_of(&dir("live")), &dir(name));
        forget(&dir(name));
        let replayed = Party::open(&dir(name), script.random, 1, ALWAYS);
        assert_eq!(replayed.spared, 0);
        replayed.close();
    }
    let (first, second) = script.submissions.split_at(script.submissions.len() / 2);
    let halfway = Party::begin(&dir("halfway"), script, 5, ALWAYS);
    halfway.give(first);
    let halfway = halfway.reopened(ALWAYS);
    assert_eq!(halfway.spared, halfway.head().length.0, "the snapshot was not used");
    halfway.give(second);
    halfway.close();
    let others = ["replayed", "replayed again", "halfway"];
    FILES.iter().map(|file| same_file(file, &dir("live"), &others.map(dir))).sum()
}

fn same_file(file: &str, live: &Path, others: &[impl AsRef<Path>]) -> usize {
    let expected = snapshot(live, file);
    for other in others {
        let found = snapshot(other.as_ref(), file);
        let differs = found.iter().zip(&expected).position(|(found, expected)| found != expected);
        let (bytes, of) = (found.len(), expected.len());
        let other = other.as_ref().display();
        assert!(found == expected, "{other}: {file} differs at {differs:?}, {bytes} bytes of {of}");
    }
    expected.len()
}

/// Where the hash of the state of a fixed history is kept.
const GOLDEN: &str = "tests/golden/state.txt";

#[test]
fn the_shape_and_the_meaning_of_the_state_have_a_version() {
    let script = script::workload(1, 3_000);
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let party = Party::begin(&dir, &script, 100, ALWAYS);
    party.give(&script.submissions);
    let head = party.head();
    party.close();
    let found = Golden { version: STATE_VERSION, log: head, state: Hash::of(&snapshot(&dir, "state")) };
    let path = root().join(GOLDEN);
    let committed = std::fs::read_to_string(&path).ok().map(|text| Golden::parse(&text));
    let verdict = committed.as_ref().map_or(Verdict::Unknown, |committed| found.against(committed));
    match verdict {
        Verdict::Same => {}
        Verdict::VersionForgotten => panic!(
            "the state of the same history is another, and STATE_VERSION is still {STATE_VERSION}: snapshots taken \
             before would be read wrongly. Raise STATE_VERSION in ledger-core/src/opening.rs, then run with \
             UPDATE_GOLDEN=1\ncommitted: {committed:?}\nfound:     {found:?}"
        ),
        Verdict::Changed | Verdict::Unknown if updating() => {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(&path, found.text()).expect("written");
        }
        Verdict::Changed | Verdict::Unknown => panic!(
            "{GOLDEN} is out of date; if the log is another and the state's shape or meaning too, raise STATE_VERSION in \
             ledger-core/src/opening.rs, then run with UPDATE_GOLDEN=1\ncommitted: {committed:?}\nfound:     {found:?}"
        ),
    }
}

/// What is committed about the state of the fixed history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Golden {
    version: u32,
    log: Head,
    /// BLAKE3 of the file `snapshots/state`.
    state: Hash,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Same,
    /// Another state of the same log under the same version.
    VersionForgotten,
    /// Another version, or another log.
    Changed,
    /// Nothing was committed.
    Unknown,
}

impl Golden {
    fn against(&self, committed: &Golden) -> Verdict {
        if self == committed {
            Verdict::Same
        } else if (self.version, self.log) == (committed.version, committed.log) {
            Verdict::VersionForgotten
        } else {
            Verdict::Changed
        }
    }

    fn text(&self) -> String {
        let Golden { version, log, state } = self;
        let (length, hash) = (log.length.0, log.hash);
        format!("version {version}\nlength {length}\nlog {hash}\nstate {state}\n")
    }

    fn parse(text: &str) -> Golden {
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.unwrap_or_else(|| panic!("{GOLDEN} has no {name}: remove it and run with UPDATE_GOLDEN=1"))
        };
        let log = Head {
            length: ledger_core::values::Length(value("length").parse().expect("a length")),
            hash: value("log").parse().expect("a hash"),
        };
        let version = value("version").parse().expect("a version");
        Golden { version, log, state: value("state").parse().expect("a hash") }
    }
}

#[test]
fn a_forgotten_version_is_told_from_a_changed_log() {
    let of = |version, log: &[u8], state: &[u8]| Golden {
        version,
        log: Head { hash: Hash::of(log), ..Head::EMPTY },
        state: Hash::of(state),
    };
    let committed = of(1, b"log", b"state");
    assert_eq!(Golden::parse(&committed.text()), committed);
    for (found, verdict) in [
        (of(1, b"log", b"state"), Verdict::Same),
        (of(1, b"log", b"other"), Verdict::VersionForgotten),
        (of(2, b"log", b"other"), Verdict::Changed),
        (of(1, b"longer", b"other"), Verdict::Changed),
    ] {
        assert_eq!(found.against(&committed), verdict, "{found:?}");
    }
}
