//! Snapshots that are no good: torn, of another version, of another ledger, ahead of their log, half written. None is
//! used, and nothing else is other than it would be.
//!
//! A script is given to a ledger in three parts, with a snapshot after each of the first two. The files left after the
//! second part are laid out again and again with something wrong about the snapshots; then the ledger is opened and
//! given the third part. Some processes are really killed, after a snapshot and while they take one.

use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::time::Duration;

use ledger_core::STATE_VERSION;
use ledger_core::log::Head;
use ledger_core::store::Snapshots;
use ledger_tests::disk::{Image, image_of, lay_out};
use ledger_tests::random::Dice;
use tempfile::TempDir;

use crate::party::{ALWAYS, FILES, NEVER, Party, snapshot};
use crate::script::{self, Script, Submission, under_other_ids};
use crate::{seed, size};

/// Set for a child process: the ledger it works on until it dies.
const CHILD: &str = "LEDGER_TEST_SNAPSHOT_CHILD";

/// How many commands a script has, and after how many there is a snapshot.
const COMMANDS: usize = 160;
const PARTS: [usize; 2] = [60, 120];

/// Where a snapshot file says which version it is, and where its content begins: `store/snapshot.rs`.
const VERSION_AT: usize = 16;
const CONTENT_AT: usize = 16 + 4 + 8 + 32;
const HASH_BYTES: usize = 32;

/// What a ledger should become, and its files on the way there.
struct Story {
    script: Script,
    outcomes: Vec<String>,
    log: Vec<Vec<u8>>,
    /// The files after each part, and the length of the log.
    images: [(Image, u64); 2],
    scratch: TempDir,
}

impl Story {
    fn new(seed: u64) -> Story {
        let script = script::history(seed, COMMANDS);
        let scratch = tempfile::tempdir().expect("a directory");
        let never = Party::begin(&scratch.path().join("never"), &script, 1, NEVER);
        let outcomes = never.give(&script.submissions);
        let dir = scratch.path().join("parts");
        let mut given = 0;
        let images = PARTS.map(|end| {
            let party = match given {
                0 => Party::begin(&dir, &script, 1, ALWAYS),
                _ => Party::open(&dir, script.random, 1, ALWAYS),
            };
            party.give(&script.submissions[given..end]);
            given = end;
            let length = party.head().length.0;
            party.close();
            (image_of(&dir), length)
        });
        let log = never.log();
        never.close();
        Story { script, outcomes, log, images, scratch }
    }

    /// The files of the snapshot after a part.
    fn file(&self, part: usize, name: &str) -> &[u8] {
        self.images[part].0[&place(name)].as_ref().expect("a file")
    }

    /// The files after the second part, with these in the place of theirs; none is a file that is missing.
    fn with(&self, changed: &[(&str, Option<Vec<u8>>)]) -> Image {
        let mut image = self.images[1].0.clone();
        for (name, content) in changed {
            match content {
                Some(content) => image.insert(place(name), Some(content.clone())),
                None => image.remove(&place(name)),
            };
        }
        image
    }

    /// Opens these files, which hold `given` commands, gives the rest, and compares. Returns how many entries a snapshot
    /// spared.
    fn goes_on(&self, image: &Image, given: usize, what: &str) -> u64 {
        let dir = self.scratch.path().join("tried");
        lay_out(image, &dir);
        let party = Party::open(&dir, self.script.random, 1, ALWAYS);
        let outcomes = party.give(&self.script.submissions[given..]);
        let as_expected = outcomes == self.outcomes[given..];
        assert!(as_expected && party.log() == self.log, "{what}: the ledger went on otherwise");
        let spared = party.spared;
        // The snapshot that is taken now is good, whatever was there before.
        let again = party.reopened(NEVER);
        assert_eq!(again.spared, again.head().length.0, "{what}: no good snapshot was taken afterwards");
        again.close();
        for name in FILES {
            assert!(!dir.join(place(&format!("{name}.new"))).exists(), "{what}: {name}.new is left");
        }
        spared
    }

    /// As [`Story::goes_on`] from the end of the second part, where no snapshot can be used.
    fn starts_anew(&self, changed: &[(&str, Option<Vec<u8>>)], what: &str) {
        let spared = self.goes_on(&self.with(changed), PARTS[1], what);
        assert_eq!(spared, 0, "{what}: a snapshot was used");
    }
}

fn place(name: &str) -> PathBuf {
    Path::new("snapshots").join(name)
}

/// A snapshot file after a change, its hash made right again.
fn sealed_again(file: &[u8], change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = file[..file.len() - HASH_BYTES].to_vec();
    change(&mut file);
    let hash = blake3::hash(&file);
    file.extend_from_slice(hash.as_bytes());
    file
}

#[test]
fn a_torn_snapshot_is_not_used() {
    let story = Story::new(seed());
    assert_eq!(story.goes_on(&story.with(&[]), PARTS[1], "all whole"), story.images[1].1);
    let mut dice = Dice(seed());
    let places = size("LEDGER_SNAPSHOT_PLACES", 12, 4);
    for name in ["state", "ids"] {
        let whole = story.file(1, name);
        story.starts_anew(&[(name, None)], &format!("{name} missing"));
        story.starts_anew(&[(name, Some(Vec::new()))], &format!("{name} empty"));
        for _ in 0..places {
            let at = dice.below(whole.len() as u64) as usize;
            let mut flipped = whole.to_vec();
            flipped[at] ^= 1 << dice.below(8);
            story.starts_anew(&[(name, Some(flipped))], &format!("{name} with byte {at} changed"));
            story.starts_anew(&[(name, Some(whole[..at].to_vec()))], &format!("{name} cut at {at}"));
        }
    }
    let whole = story.file(1, "documents");
    for _ in 0..places {
        let at = dice.below(whole.len() as u64) as usize;
        let cut = [("documents", Some(whole[..at].to_vec()))];
        // The index of documents is used or not by itself.
        let spared = story.goes_on(&story.with(&cut), PARTS[1], &format!("documents cut at {at}"));
        assert_eq!(spared, story.images[1].1);
    }
    println!("seed {}: {} torn or changed snapshots, none used", seed(), 4 + 5 * places);
}

#[test]
fn a_snapshot_of_another_version_or_moment_or_ledger_is_not_used() {
    let story = Story::new(seed());
    let other = Story::new(seed() + 1);
    for version in [0, STATE_VERSION + 1, u32::MAX] {
        for name in ["state", "ids"] {
            let versioned = sealed_again(story.file(1, name), |file| {
                file[VERSION_AT..VERSION_AT + 4].copy_from_slice(&version.to_le_bytes());
            });
            story.starts_anew(&[(name, Some(versioned))], &format!("{name} of version {version}"));
        }
    }
    let from = |story: &Story, part, name| Some(story.file(part, name).to_vec());
    for name in ["state", "ids"] {
        story.starts_anew(&[(name, from(&story, 0, name))], &format!("{name} of an earlier moment"));
        story.starts_anew(&[(name, from(&other, 0, name))], &format!("{name} of another ledger"));
    }
    for part in [0, 1] {
        let all = FILES.map(|name| (name, from(&other, part, name)));
        story.starts_anew(&all, "all of another ledger");
    }
    // The content of another moment under this moment's head: whoever made it could also have made its hash.
    let head = &story.file(1, "state")[..CONTENT_AT];
    let mixed = sealed_again(story.file(0, "state"), |file| file[..CONTENT_AT].copy_from_slice(head));
    story.starts_anew(&[("state", Some(mixed))], "the state of an earlier moment under this head");
}

#[test]
fn a_snapshot_ahead_of_a_log_that_was_rolled_back_is_not_used() {
    let story = Story::new(seed());
    let mut rolled_back = story.images[0].0.clone();
    for name in FILES {
        rolled_back.insert(place(name), Some(story.file(1, name).to_vec()));
    }
    assert_eq!(
        story.goes_on(&rolled_back, PARTS[0], "rolled back"),
        0,
        "a snapshot ahead of its log was used"
    );
    // The log grows past the snapshot by other entries.
    let dir = story.scratch.path().join("elsewhere");
    lay_out(&rolled_back, &dir);
    let party = Party::open(&dir, story.script.random, 1, NEVER);
    let others = under_other_ids(&story.script.submissions[PARTS[0]..]);
    let outcomes = party.give(&others);
    assert!(
        party.head().length.0 > story.images[1].1,
        "the log must be longer than when the snapshot was taken"
    );
    let party = party.reopened(ALWAYS);
    assert_eq!(party.spared, 0, "the snapshot of entries that are there no more was used");
    assert_eq!(without_repeats(party.give(&others)), without_repeats(outcomes));
    party.close();
}

/// Receipts of repeats as they were the first time.
fn without_repeats(outcomes: Vec<String>) -> Vec<String> {
    let first = |outcome: String| outcome.replace("repeated: true", "repeated: false");
    outcomes.into_iter().map(first).filter(|outcome| outcome.starts_with("Receipt")).collect()
}

#[test]
fn what_a_power_failure_leaves_while_snapshots_are_written_is_harmless() {
    let story = Story::new(seed());
    let choices = |name: &str| {
        let (old, new) = (story.file(0, name), story.file(1, name));
        [
            ("old", Some(old.to_vec())),
            ("new", Some(new.to_vec())),
            ("missing", None),
            ("torn", Some(new[..new.len() / 2].to_vec())),
        ]
    };
    let mut used = 0;
    for (state_is, state) in choices("state") {
        for (ids_are, ids) in choices("ids") {
            for (documents_are, documents) in choices("documents") {
                let what = format!("state {state_is}, ids {ids_are}, documents {documents_are}");
                let half = |name| Some(story.file(1, name)[..100].to_vec());
                let image = story.with(&[
                    ("state", state.clone()),
                    ("ids", ids.clone()),
                    ("documents", documents),
                    ("state.new", half("state")),
                    ("ids.new", half("ids")),
                    ("documents.new", half("documents")),
                ]);
                let spared = match (state_is, ids_are) {
                    ("old", "old") => story.images[0].1,
                    ("new", "new") => story.images[1].1,
                    _ => 0,
                };
                assert_eq!(story.goes_on(&image, PARTS[1], &what), spared, "{what}");
                used += usize::from(spared > 0);
            }
        }
    }
    println!("seed {}: 64 combinations of files, {used} with a snapshot to use", seed());
}

#[test]
fn after_a_kill_the_entries_since_the_snapshot_are_replayed() {
    let story = Story::new(seed());
    let dir = story.scratch.path().join("killed");
    lay_out(&story.images[0].0, &dir);
    let status = child("dies_after_a_snapshot", &dir).wait().expect("waited for");
    assert!(!status.success(), "the child was to die");
    let party = Party::open(&dir, story.script.random, 1, ALWAYS);
    assert_eq!((party.spared, party.head().length.0), (story.images[0].1, story.images[1].1));
    assert_eq!(party.give(&story.script.submissions[PARTS[1]..]), story.outcomes[PARTS[1]..]);
    assert!(party.log() == story.log, "another log");
    party.close();
}

/// Runs only in a child process, and does not come back.
#[test]
fn dies_after_a_snapshot() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let script = script::history(seed(), COMMANDS);
    let party = Party::open(Path::new(&dir), script.random, 1, ALWAYS);
    party.give(&script.submissions[PARTS[0]..PARTS[1]]);
    std::process::abort();
}

#[test]
fn a_process_killed_while_it_takes_snapshots_leaves_a_ledger_that_goes_on() {
    let story = Story::new(seed());
    let dir = story.scratch.path().join("killed");
    lay_out(&story.images[0].0, &dir);
    let kills = size("LEDGER_SNAPSHOT_KILLS", 20, 6);
    let mut dice = Dice(seed());
    for kill in 0..kills {
        let mut child = child("takes_snapshots_until_it_is_killed", &dir);
        while snapshot(&dir, "state") == story.file(0, "state") && child.try_wait().expect("asked").is_none()
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_micros(dice.below(60_000)));
        child.kill().expect("killed");
        assert!(!child.wait().expect("waited for").success());
        let party = Party::open(&dir, story.script.random, 1, NEVER);
        assert!([0, party.head().length.0].contains(&party.spared), "kill {kill}: {}", party.spared);
        assert_eq!(party.head().length.0, story.images[1].1, "kill {kill}");
        party.close();
    }
    let killed = image_of(&dir);
    story.goes_on(&killed, PARTS[1], "after the last kill");
    println!("seed {}: {kills} kills", seed());
}

/// Runs only in a child process, and does not come back.
#[test]
fn takes_snapshots_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let script = script::history(seed(), COMMANDS);
    let part: &[Submission] = &script.submissions[PARTS[0]..PARTS[1]];
    let mut party = Party::open(Path::new(&dir), script.random, 1, ALWAYS);
    party.give(part);
    loop {
        party = party.reopened(ALWAYS);
    }
}

/// The snapshot that the next test is about, and its version.
const NUMBERS: (&str, u32) = ("numbers", 1);

#[test]
fn a_process_killed_while_it_writes_a_snapshot_leaves_a_whole_one() {
    let scratch = tempfile::tempdir().expect("a directory");
    let kills = size("LEDGER_SNAPSHOT_KILLS", 40, 12);
    let (mut dice, mut half_written) = (Dice(seed()), 0);
    let ((name, version), snapshots) = (NUMBERS, Snapshots::of(scratch.path()));
    for kill in 0..kills {
        let mut child = child("writes_snapshots_until_it_is_killed", scratch.path());
        while snapshots.head(name, version).is_none() && child.try_wait().expect("asked").is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_micros(dice.below(60_000)));
        child.kill().expect("killed");
        assert!(!child.wait().expect("waited for").success());
        half_written += usize::from(scratch.path().join(place(&format!("{name}.new"))).exists());
        let (_, numbers) = snapshots.load::<Vec<u64>>(name, version, |_| true).expect("one is whole");
        let first = numbers[0];
        assert!(numbers.iter().all(|number| *number == first), "kill {kill}: two snapshots are mixed");
    }
    println!("seed {}: {kills} kills, {half_written} left a file half written", seed());
    assert!(half_written > 0, "no kill struck while a file was written");
}

/// Runs only in a child process, and does not come back.
#[test]
fn writes_snapshots_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let ((name, version), snapshots) = (NUMBERS, Snapshots::of(Path::new(&dir)));
    for number in 1_u64.. {
        snapshots.save(name, version, Head::EMPTY, &vec![number; 300_000]).expect("saved");
    }
}

/// Runs one test of this file on the ledger in `dir`.
fn child(test: &str, dir: &Path) -> Child {
    let mut process = Process::new(std::env::current_exe().expect("this program"));
    process.args(["--exact", &format!("unusable::{test}")]);
    process.env(CHILD, dir).env("LEDGER_TEST_SEED", seed().to_string());
    process.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("run")
}
