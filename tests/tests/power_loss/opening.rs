//! Opening images, in a child process: follows the recording, lays out what a power failure leaves, and holds what
//! the real code makes of it against what had been acknowledged.
//!
//! Says `at ..` before an image, then `ok HASH` or `failed ..`, and `done` at its end.

use std::collections::BTreeSet;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use ledger_core::Ledger;
use ledger_core::environment::Environment;
use ledger_core::store::{Document, entries_from};
use ledger_core::values::{Hash, Sequence};
use ledger_tests::disk::{Disk, Image, Kept, lay_out};
use ledger_tests::program::{Site, acknowledged, run as run_program};
use ledger_tests::random::Dice;
use ledger_tests::recording::{self, Operation};
use replay::{Held, Log, verify};
use serde_json::Value;

use super::is_point;
use super::scenario::{Expected, commitments, steps};

/// One image in so many is completed by submitting everything again.
const RESUMED: usize = 15;

/// Opens the images of a part of the recording: `DIRECTORY FROM TO SEED DRAWS`.
pub fn run(job: &str) {
    let words: Vec<&str> = job.split(' ').collect();
    let number = |at: usize| words[at].parse::<u64>().expect("a number");
    let scratch = PathBuf::from(words[0]);
    let part = number(1) as usize..number(2) as usize;
    let operations = recording::read(&scratch.join("recording"));
    let expected = std::fs::read_to_string(scratch.join("expected.json")).expect("read");
    let mut opening = Opening {
        image: scratch.join(format!("image-{}", part.start)),
        scratch,
        expected: serde_json::from_str(&expected).expect("JSON"),
        seen: BTreeSet::new(),
        acknowledged: 0,
        output: Vec::new(),
    };
    opening.follow(&operations, &part, number(3), number(4));
    println!("done");
}

struct Opening {
    scratch: PathBuf,
    /// Where images are laid out.
    image: PathBuf,
    expected: Expected,
    seen: BTreeSet<String>,
    /// Entries acknowledged so far.
    acknowledged: usize,
    /// What the present process has written to standard output.
    output: Vec<u8>,
}

impl Opening {
    fn follow(&mut self, operations: &[Operation], part: &Range<usize>, seed: u64, draws: u64) {
        let mut disk = Disk::found(&self.scratch.join("base"));
        for at in 0..part.end {
            if at >= part.start && is_point(operations, at) {
                self.power_fails(&disk, at, seed, draws);
            }
            let Some(operation) = operations.get(at) else { break };
            disk.follow(operation);
            if let Operation::Output(bytes) = operation {
                self.hear(bytes);
            }
        }
    }

    /// Learns what was acknowledged, which is what the recorded log holds up to there.
    fn hear(&mut self, bytes: &[u8]) {
        self.output.extend(bytes);
        if !self.output.ends_with(b"\n") {
            return;
        }
        let output = String::from_utf8(std::mem::take(&mut self.output)).expect("UTF-8");
        for entry in acknowledged(&output) {
            let bytes = self.expected.log[entry.sequence].as_bytes();
            assert_eq!(
                Hash::of(bytes).to_string(),
                entry.hash,
                "entry {} was not acknowledged so",
                entry.sequence
            );
            self.acknowledged = self.acknowledged.max(entry.sequence + 1);
        }
    }

    fn power_fails(&mut self, disk: &Disk, at: usize, seed: u64, draws: u64) {
        let corners = [Kept::Nothing, Kept::Everything, Kept::Names, Kept::Content];
        // Each moment has numbers of its own, the same in whichever part of the recording it is looked at.
        let mut dice = Dice(seed ^ (at as u64) << 32);
        let random = (0..draws).map(|_| Kept::Some(dice.roll()));
        let all = if disk.is_unsynced() {
            corners.into_iter().chain(random).collect()
        } else {
            vec![Kept::Nothing]
        };
        for kept in all {
            let image = disk.image(kept);
            let name = name(&image, self.acknowledged);
            if !self.seen.insert(name.clone()) {
                continue;
            }
            println!("at operation {at}, kept {kept:?}");
            lay_out(&image, &self.image);
            let resumes = self.seen.len().is_multiple_of(RESUMED);
            let checked = catch_unwind(AssertUnwindSafe(|| self.check(resumes)));
            match checked.unwrap_or_else(|_| Err("it panicked".to_owned())) {
                Ok(()) => println!("ok {name}{}", if resumes { " resumed" } else { "" }),
                Err(why) => println!("failed at operation {at}, kept {kept:?}: {}", why.replace('\n', " ")),
            }
        }
    }

    /// Opens the image as the program would, and looks at everything that was promised.
    fn check(&self, resumes: bool) -> Result<(), String> {
        let ledger = Ledger::open(&self.image, Environment::system(), &mut |_, _| ())
            .map_err(|error| format!("it does not open: {error}"))?;
        let log = self.check_log(&ledger)?;
        self.check_documents(&ledger, &log)?;
        let read = Log::over(ledger.store()).map_err(|error| error.to_string())?;
        let verified = verify(&read, &Held::default(), &mut |_, _| ()).map_err(|error| error.to_string())?;
        if !verified.ok {
            return Err(format!("it does not verify: {:?}", verified.findings));
        }
        drop(read);
        ledger.close().map_err(|error| format!("it does not close: {error}"))?;
        if resumes { self.resume(&log) } else { Ok(()) }
    }

    /// The log: the same bytes as recorded, everything acknowledged, and no call by half.
    fn check_log(&self, ledger: &Ledger) -> Result<Vec<String>, String> {
        let mut log = Vec::new();
        for entry in entries_from(ledger.store(), Sequence::new(0)) {
            let (_, bytes) = entry.map_err(|error| error.to_string())?;
            log.push(String::from_utf8(bytes.to_vec()).map_err(|error| error.to_string())?);
        }
        if log.len() < self.acknowledged {
            return Err(format!("{} entries are left of {} acknowledged", log.len(), self.acknowledged));
        }
        if let Some(at) = log.iter().zip(&self.expected.log).position(|(found, expected)| found != expected) {
            return Err(format!("entry {at} has changed"));
        }
        if !self.expected.lengths.contains(&log.len()) {
            return Err(format!("with {} entries a call is recorded by half", log.len()));
        }
        Ok(log)
    }

    /// Every document that an entry cites can be read, unless an entry erased it; then it cannot.
    fn check_documents(&self, ledger: &Ledger, log: &[String]) -> Result<(), String> {
        let (mut cited, mut erased) = (BTreeSet::new(), BTreeSet::new());
        for entry in log {
            let entry: Value = serde_json::from_str(entry).map_err(|error| error.to_string())?;
            let found = commitments(&entry["data"]);
            if entry["type"] == "ledger.document.erased.v1" {
                erased.extend(found)
            } else {
                cited.extend(found)
            }
        }
        for commitment in cited {
            let hash: Hash = commitment.parse().map_err(|_| "no commitment".to_owned())?;
            let document = ledger.vault().get(&hash).map_err(|error| error.to_string())?;
            let good = match (&document, erased.contains(&commitment)) {
                (Document::Erased, erased) => erased,
                (Document::Found { content, .. }, false) => {
                    let expected = self.expected.documents.get(&commitment);
                    expected.is_none_or(|expected| expected.as_bytes() == content)
                }
                _ => false,
            };
            if !good {
                return Err(format!("document {commitment} is {document:?}"));
            }
        }
        Ok(())
    }

    /// Gives everything again: what was recorded is repeated, the rest recorded.
    fn resume(&self, log: &[String]) -> Result<(), String> {
        let site = Site::at(&self.image);
        for mut step in steps(&site, &self.scratch) {
            let said = run_program(&mut step);
            if said.status != Some(0) {
                return Err(format!("submitting again gives {:?}: {}", said.status, said.err));
            }
        }
        let completed = site.log();
        if completed.len() != self.expected.log.len() || completed[..log.len()] != *log {
            return Err(format!("{} entries after submitting again", completed.len()));
        }
        Ok(())
    }
}

/// Names an image, together with what must be found in it.
fn name(image: &Image, acknowledged: usize) -> String {
    let mut hasher = blake3::Hasher::new();
    for (path, content) in image {
        hasher.update(path.as_os_str().as_encoded_bytes());
        let content = content.as_deref().unwrap_or_default();
        hasher.update(&(content.len() as u64).to_le_bytes()).update(content);
    }
    hasher.update(&acknowledged.to_le_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}
