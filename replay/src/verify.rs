//! Verification: the whole log from its bytes, trusting no state and no snapshot.
//!
//! Each entry's spelling, its place in the chain and in its subject's history, its event, whether the rules'
//! state could have taken it, every published result recomputed from the scores it cites, and every attestation from
//! the entries before it. The first entry that breaks the chain ends the run, because nothing after it means anything;
//! a result or attestation that differs is a finding and the run goes on. The chain verifies with an empty vault.

use ledger_core::assessment::event::SubjectsAttested;
use ledger_core::assessment::{Event, EventKind, State};
use ledger_core::log::{Entry, Followed, Head, Link};
use ledger_core::recorded;
use ledger_core::store::ReadError;
use ledger_core::values::{Hash, Length, Malformed, Sequence};
use serde::{Serialize, Serializer};

use crate::log::{Log, Reading, ReplayError};
use crate::projection::Projection;
use crate::register::Register;

/// A head that someone noted earlier: N entries ending in that hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expectation {
    /// How many entries.
    pub length: Length,
    /// BLAKE3 of the last of them.
    pub hash: Hash,
}

impl std::str::FromStr for Expectation {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong =
            || Malformed(format!("'{text}' is no head: N:HASH expected, as `ledger verify` prints it"));
        let (length, hash) = text.split_once(':').ok_or_else(wrong)?;
        let length = Length(length.parse().map_err(|_| wrong())?);
        Ok(Expectation { length, hash: hash.parse().map_err(|_| wrong())? })
    }
}

/// Something that is wrong with the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The entry; absent if the log as a whole is meant.
    pub sequence: Option<Sequence>,
    /// What is wrong.
    pub what: String,
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// Entries verified.
    pub entries: u64,
    /// The head: the hash of the last entry verified.
    #[serde(serialize_with = "hash_only")]
    pub head: Head,
    /// Subjects with a history.
    pub subjects: u64,
    /// Published results recomputed.
    pub recomputed: u64,
    /// Attestations of where every history ends, worked out again.
    pub attested: u64,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

fn hash_only<S: Serializer>(head: &Head, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&head.hash)
}

/// Verifies the whole log. Cost: one pass, some 200,000 entries a second. Fails only if bytes cannot be read.
pub fn verify(
    log: &Log,
    expected: Option<Expectation>,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Verification, ReplayError> {
    let end = log.head();
    let mut run = Run::default();
    for item in log.bytes_from(Sequence::new(0)) {
        let (sequence, bytes) = match item {
            Ok(entry) => entry,
            Err(ReadError::Damaged { sequence, what }) => {
                run.findings.push(Finding { sequence: Some(sequence), what });
                return Ok(run.result());
            }
            Err(error) => return Err(error.into()),
        };
        if let Err(what) = run.take(&bytes) {
            run.findings.push(Finding { sequence: Some(sequence), what });
            return Ok(run.result());
        }
        if expected.is_some_and(|e| e.length == run.link.head().length && e.hash != run.link.head().hash) {
            let what = "the log ends differently at the expected length: it was rewritten or is another log";
            run.findings.push(Finding { sequence: Some(sequence), what: what.to_owned() });
        }
        if sequence.get().is_multiple_of(65_536) {
            progress(run.link.head().length, end.length);
        }
    }
    if let Some(expected) = expected.filter(|expected| expected.length > run.link.head().length) {
        let found = run.link.head().length;
        let what =
            format!("the log has {found} entries, {} were expected: it was rolled back", expected.length);
        run.findings.push(Finding { sequence: None, what });
    }
    if run.link.head() != end {
        let what = format!("the entries end in {}, the store says {end}", run.link.head());
        run.findings.push(Finding { sequence: None, what });
    }
    Ok(run.result())
}

#[derive(Default)]
struct Run {
    link: Link,
    state: State,
    register: Register,
    recomputed: u64,
    attested: u64,
    findings: Vec<Finding>,
    ends: Followed,
}

impl Run {
    fn take(&mut self, bytes: &[u8]) -> Result<(), String> {
        let entry = Entry::decode(bytes).map_err(|e| e.to_string())?;
        let hash = Hash::of(bytes);
        self.compare_attested(&entry);
        self.link.extend(&entry, hash).map_err(|e| e.to_string())?;
        let recorded = recorded(&entry).map_err(|e| e.to_string())?;
        self.state.apply(&recorded).map_err(|e| e.to_string())?;
        let reading = Reading { recorded, hash };
        self.register.apply(&reading.recorded);
        self.recompute(&reading);
        Ok(())
    }

    /// An attestation must say where every history ended before it.
    fn compare_attested(&mut self, entry: &Entry) {
        if EventKind::of_type(&entry.event_type) != Some(EventKind::SubjectsAttested) {
            return;
        }
        // Data that does not fit is refused where every entry's is.
        let Ok(Event::SubjectsAttested(event)) = Event::decode(&entry.event_type, &entry.data) else {
            return;
        };
        self.attested += 1;
        let length = self.link.head().length;
        let ends = self.ends.at(length, self.link.subjects());
        let found = SubjectsAttested { root: ends.root(), size: length.0, subjects: ends.subjects() };
        if event != found {
            let said = |it: &SubjectsAttested| {
                format!("{} subjects of {} entries with root {}", it.subjects, it.size, it.root)
            };
            let what = format!("attested {}; the log gives {}", said(&event), said(&found));
            self.findings.push(Finding { sequence: Some(entry.sequence), what });
        }
    }

    /// A published result must be the one its scores give, under its method, with what was in force before.
    fn recompute(&mut self, reading: &Reading) {
        let Event::RatingPublished(event) = &reading.recorded.event else { return };
        self.recomputed += 1;
        let answer = self.register.rating(&reading.recorded.subject, reading.recorded.valid_from());
        let computed = match answer.basis {
            Some("derived") if answer.framework.as_ref() == Some(&event.framework) => {
                (answer.percent, answer.rating)
            }
            _ => (None, None),
        };
        if computed != (event.percent, event.rating) {
            let show = |(percent, rating): (Option<_>, Option<_>)| {
                format!(
                    "{}, {}",
                    percent.map_or(
                        "no percentage".to_owned(),
                        |p: ledger_core::assessment::framework::Percent| format!("{p} %")
                    ),
                    rating.map_or("no rating", ledger_core::assessment::framework::Rating::as_str)
                )
            };
            let what = format!(
                "published {}, its scores give {}",
                show((event.percent, event.rating)),
                show(computed)
            );
            self.findings.push(Finding { sequence: Some(reading.recorded.sequence), what });
        }
    }

    fn result(self) -> Verification {
        let head = self.link.head();
        Verification {
            ok: self.findings.is_empty(),
            entries: head.length.0,
            head,
            subjects: self.link.subjects().count() as u64,
            recomputed: self.recomputed,
            attested: self.attested,
            findings: self.findings,
        }
    }
}
