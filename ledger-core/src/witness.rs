//! A witness: which logs it watches, what it cosigned of them, and its answer to a request.
//!
//! Joins the decision (`log/witness.rs`) with the memory (`store/witness.rs`) and the clock: check, remember durably,
//! answer, one request at a time. After a write that failed it answers nothing more. Used by `ledger witness serve`.
//! Left out: HTTP.

use std::path::Path;

use crate::environment::Environment;
use crate::log::witness::{AddCheckpoint, Refusal, SIZE_MEDIA_TYPE, consider, origin_hash};
use crate::log::{Algorithm, SignedCheckpoint, VerifierKey};
use crate::store::{WitnessError, WitnessMemory};
use crate::values::Malformed;

/// What a witness answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The protocol's number: 200, 400, 403, 404, 409, 422; 500 when the memory failed.
    pub status: u16,
    /// Media type of the body.
    pub media_type: &'static str,
    /// Signature lines, a size, or why not.
    pub body: String,
    /// The log asked about and the sizes, for the witness's own records; `-` where the request did not say.
    pub about: String,
}

/// A witness that answers from its directory.
#[derive(Debug)]
pub struct Witness {
    memory: WitnessMemory,
    logs: Vec<VerifierKey>,
    environment: Environment,
    failed: Option<WitnessError>,
}

const TEXT: &str = "text/plain; charset=utf-8";

impl Witness {
    /// Opens the witness `name` in `dir`, or begins it there, to watch the logs with these keys. Two keys of one name
    /// are the old and the new key of one log.
    pub fn open(
        dir: &Path,
        name: &str,
        logs: Vec<VerifierKey>,
        environment: Environment,
    ) -> Result<Witness, WitnessError> {
        if let Some(odd) = logs.iter().find(|key| key.algorithm() != Algorithm::Ed25519) {
            return Err(Malformed(format!("'{odd}' is the key of a witness: a log's key expected")).into());
        }
        let random = &environment.random;
        let memory = WitnessMemory::open(dir, name, &|| random.secret(b"witness key"))?;
        Ok(Witness { memory, logs, environment, failed: None })
    }

    /// The key that verifies its cosignatures.
    pub fn verifier(&self) -> &VerifierKey {
        self.memory.key().verifier()
    }

    /// The logs watched, each with what was cosigned last.
    pub fn logs(&self) -> Vec<(&str, Option<&SignedCheckpoint>)> {
        let mut origins: Vec<&str> = self.logs.iter().map(VerifierKey::name).collect();
        origins.sort_unstable();
        origins.dedup();
        origins.into_iter().map(|origin| (origin, self.memory.cosigned(origin))).collect()
    }

    /// The newest checkpoint cosigned of the watched log with this [`origin_hash`].
    pub fn newest(&self, hash: &str) -> Option<&SignedCheckpoint> {
        let found = self.logs().into_iter().find(|(origin, _)| origin_hash(origin) == hash);
        found.and_then(|(_, cosigned)| cosigned)
    }

    /// What went wrong with the memory. From then on nothing is cosigned: start again.
    pub fn failed(&self) -> Option<&WitnessError> {
        self.failed.as_ref()
    }

    /// Answers the body of `add-checkpoint`. What is cosigned is durable before this returns. Cost: two signatures
    /// checked or made, and two syncs.
    pub fn add_checkpoint(&mut self, body: &[u8]) -> Answer {
        let request = match AddCheckpoint::from_body(body) {
            Ok(request) => request,
            Err(error) => return refused(&error.into(), "-"),
        };
        let asked = &request.signed.checkpoint;
        let about = format!("{} {} to {}", asked.origin, request.old, asked.size);
        match self.decide(&request) {
            Ok(Ok(lines)) => Answer { status: 200, media_type: TEXT, body: lines, about },
            Ok(Err(refusal)) => refused(&refusal, &about),
            Err(error) => {
                let body = format!("{error}\n");
                self.failed = Some(error);
                Answer { status: 500, media_type: TEXT, body, about }
            }
        }
    }

    fn decide(&mut self, request: &AddCheckpoint) -> Result<Result<String, Refusal>, WitnessError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let known = self.memory.cosigned(&request.signed.checkpoint.origin);
        let mut cosigned = match consider(known.map(|known| &known.checkpoint), &self.logs, request) {
            Ok(taken) => taken,
            Err(refusal) => {
                if known.is_some_and(|known| shows_two_roots(known, request, &refusal)) {
                    self.memory.keep_fork(&request.signed)?;
                }
                return Ok(Err(refusal));
            }
        };
        let time = self.time(known);
        let cosignature = self.memory.key().cosign(&cosigned.note.text, time);
        cosigned.note.signatures.push(cosignature.clone());
        self.memory.remember(cosigned)?;
        Ok(Ok(format!("{cosignature}\n")))
    }

    /// The time to state: now, and never before what was stated of the log last. The protocol knows no time of 0, which
    /// is where a machine without a clock stands.
    fn time(&self, known: Option<&SignedCheckpoint>) -> u64 {
        let now = u64::try_from(self.environment.clock.now().micros() / 1_000_000).unwrap_or_default();
        let last = known.and_then(|known| known.note.verify(self.verifier()).ok().flatten());
        now.max(last.unwrap_or_default()).max(1)
    }
}

/// Whether the log signed two checkpoints that contradict each other, whatever else is wrong with the request.
fn shows_two_roots(known: &SignedCheckpoint, request: &AddCheckpoint, refusal: &Refusal) -> bool {
    let (known, shown) = (&known.checkpoint, &request.signed.checkpoint);
    !matches!(refusal, Refusal::NotSigned(_)) && shown.size == known.size && shown.root != known.root
}

fn refused(refusal: &Refusal, about: &str) -> Answer {
    let (media_type, body) = match refusal.known_size() {
        Some(size) => (SIZE_MEDIA_TYPE, format!("{size}\n")),
        None => (TEXT, format!("{refusal}\n")),
    };
    Answer { status: refusal.status(), media_type, body, about: about.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use super::*;
    use crate::environment::{Clock, SeededRandom};
    use crate::log::tree::{Levels, consistency_proof, leaf_hash, root_at};
    use crate::log::witness::{answered_cosignature, quorum};
    use crate::log::{Checkpoint, Note, SigningKey};
    use crate::values::{Length, Timestamp};

    const ORIGIN: &str = "log.example/1";

    #[derive(Debug)]
    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0 * 1_000_000).expect("a time")
        }
    }

    fn open(dir: &Path) -> Result<Witness, WitnessError> {
        open_at(dir, 1_700_000_000)
    }

    fn open_at(dir: &Path, seconds: i64) -> Result<Witness, WitnessError> {
        let environment = Environment { clock: Arc::new(At(seconds)), random: Arc::new(SeededRandom(7)) };
        Witness::open(dir, "w.example", vec![log_key().verifier().clone()], environment)
    }

    fn log_key() -> SigningKey {
        SigningKey::new(ORIGIN, Algorithm::Ed25519, &[1; 32]).expect("a key")
    }

    /// The request of a log whose entries are `own` from the fifth on.
    fn asked(own: u8, old: u64, size: u64) -> String {
        let leaf = |at: u64| leaf_hash(&[at as u8, if at < 5 { 0 } else { own }]);
        let mut levels = Levels::of((0..20).map(leaf).collect());
        let Ok(root) = root_at(&mut levels, Length(size));
        let Ok(proof) = consistency_proof(&mut levels, Length(old.min(size)), Length(size));
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: Length(size), root };
        let signed = SignedCheckpoint::signed(checkpoint, &[log_key()]);
        AddCheckpoint { old: Length(old), proof, signed }.to_string()
    }

    fn answer(witness: &mut Witness, own: u8, old: u64, size: u64) -> (u16, String) {
        let answer = witness.add_checkpoint(asked(own, old, size).as_bytes());
        assert_eq!(answer.about, format!("{ORIGIN} {old} to {size}"));
        assert_eq!(answer.media_type == SIZE_MEDIA_TYPE, answer.status == 409);
        (answer.status, answer.body)
    }

    #[test]
    fn what_was_cosigned_is_remembered_across_starts() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("witness");
        let mut witness = open(&dir).expect("begun");
        assert_eq!(witness.logs(), [(ORIGIN, None)]);
        let (status, lines) = answer(&mut witness, 1, 0, 8);
        let text = asked(1, 0, 8).split("\n\n").nth(1).map(|text| format!("{text}\n")).expect("a checkpoint");
        let checked = answered_cosignature(&lines, &text, witness.verifier());
        assert_eq!((status, checked.map(|(_, time)| time)), (200, Ok(1_700_000_000)));
        let first_key = witness.verifier().clone();
        assert!(matches!(open(&dir), Err(WitnessError::Held { .. })), "one process at a time");
        drop(witness);
        let mut witness = open(&dir).expect("opened");
        assert_eq!(witness.verifier(), &first_key);
        for (own, old, size, expected) in
            [(1, 0, 9, 409), (2, 8, 8, 422), (2, 8, 9, 422), (1, 3, 5, 409), (1, 8, 7, 400)]
        {
            assert_eq!(answer(&mut witness, own, old, size).0, expected, "{own}: {old} to {size}");
        }
        assert_eq!(answer(&mut witness, 1, 0, 9).1, "8\n");
        assert_eq!(answer(&mut witness, 1, 8, 20).0, 200);
        let kept = witness.newest(&origin_hash(ORIGIN)).expect("kept").note.clone();
        assert_eq!(kept.verify(log_key().verifier()), Ok(None));
        assert_eq!(quorum(&kept, std::slice::from_ref(&first_key), 1).map(|by| by.len()), Ok(1));
        let fork = fs::read_to_string(dir.join("forks").join(origin_hash(ORIGIN))).expect("evidence");
        assert!(fork.parse::<Note>().expect("a note").verify(log_key().verifier()).is_ok());
        assert!(fork.starts_with("log.example/1\n8\n"));
    }

    #[test]
    fn no_time_is_stated_before_the_last() {
        let scratch = tempfile::tempdir().expect("a directory");
        let mut stated = Vec::new();
        for (at, size) in [(100, 3), (200, 5), (150, 7), (-5, 8), (201, 9)] {
            let mut witness = open_at(scratch.path(), at).expect("opened");
            let old = size
                - if size == 3 {
                    3
                } else if size > 7 {
                    1
                } else {
                    2
                };
            assert_eq!(answer(&mut witness, 0, old, size).0, 200, "{old} to {size}");
            let kept = &witness.memory.cosigned(ORIGIN).expect("kept").note;
            stated.push(kept.verify(witness.verifier()).expect("cosigned"));
        }
        assert_eq!(stated, [100, 200, 200, 200, 201].map(Some));
        let fresh = scratch.path().join("fresh");
        assert_eq!(answer(&mut open_at(&fresh, -5).expect("begun"), 0, 0, 3).0, 200);
        let fresh = open(&fresh).expect("opened");
        assert_eq!(fresh.memory.cosigned(ORIGIN).expect("kept").note.verify(fresh.verifier()), Ok(Some(1)));
    }

    #[test]
    fn two_roots_at_one_size_are_kept_as_evidence_whatever_else_is_wrong() {
        for (old, status) in [(8, 422), (0, 409), (3, 409)] {
            let scratch = tempfile::tempdir().expect("a directory");
            let mut witness = open(scratch.path()).expect("begun");
            assert_eq!(answer(&mut witness, 1, 0, 8).0, 200);
            let evidence = scratch.path().join("forks").join(origin_hash(ORIGIN));
            for (own, size) in [(1, 8), (2, 9)] {
                assert_ne!(answer(&mut witness, own, 7, size).0, 200);
                assert!(!evidence.exists(), "{own}: no contradiction in {size}");
            }
            assert_eq!(answer(&mut witness, 2, old, 8).0, status);
            let kept: SignedCheckpoint =
                fs::read_to_string(&evidence).expect("kept").parse().expect("signed");
            assert!(kept.note.verify(log_key().verifier()).is_ok());
            assert_eq!(answer(&mut witness, 3, old, 8).0, status);
            assert_eq!(fs::read_to_string(&evidence).expect("kept"), kept.to_string(), "the first stays");
        }
    }

    #[test]
    fn a_write_that_fails_is_the_last() {
        let scratch = tempfile::tempdir().expect("a directory");
        let mut witness = open(scratch.path()).expect("begun");
        assert_eq!(answer(&mut witness, 1, 0, 3).0, 200);
        let in_the_way = scratch.path().join("logs").join(format!("{}.new", origin_hash(ORIGIN)));
        fs::create_dir(&in_the_way).expect("made");
        assert_eq!(answer(&mut witness, 1, 3, 8).0, 500);
        fs::remove_dir(&in_the_way).expect("removed");
        assert_eq!(answer(&mut witness, 1, 3, 8).0, 500, "not tried again");
        assert!(witness.failed().is_some());
        drop(witness);
        assert_eq!(answer(&mut open(scratch.path()).expect("opened"), 1, 3, 8).0, 200);
    }

    #[test]
    fn every_change_of_what_is_remembered_is_noticed_or_without_effect() {
        let scratch = tempfile::tempdir().expect("a directory");
        let mut witness = open(scratch.path()).expect("begun");
        assert_eq!(answer(&mut witness, 1, 0, 8).0, 200);
        let before = witness.memory.cosigned(ORIGIN).expect("remembered").checkpoint.clone();
        drop(witness);
        let file = scratch.path().join("logs").join(origin_hash(ORIGIN));
        let whole = fs::read(&file).expect("read");
        let mut noticed = 0;
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(&file, changed).expect("written");
            match open(scratch.path()) {
                Err(WitnessError::Damaged { .. }) => noticed += 1,
                Err(other) => panic!("byte {at}: {other}"),
                // The log's own signature, which it gives to anyone.
                Ok(witness) => assert_eq!(witness.memory.cosigned(ORIGIN).expect("known").checkpoint, before),
            }
        }
        assert!(noticed > whole.len() / 2, "{noticed}");
        for cut in (0..whole.len()).step_by(7) {
            fs::write(&file, &whole[..cut]).expect("written");
            assert!(matches!(open(scratch.path()), Err(WitnessError::Damaged { .. })), "cut at {cut}");
        }
        fs::write(file.with_file_name("0".repeat(64)), &whole).expect("written");
        fs::write(&file, &whole).expect("written");
        assert!(matches!(open(scratch.path()), Err(WitnessError::Damaged { .. })), "under another name");
    }

    #[test]
    fn a_witness_begins_only_in_a_directory_of_its_own() {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("ledger");
        fs::create_dir_all(dir.join("log")).expect("made");
        assert!(matches!(open(&dir), Err(WitnessError::NotAWitness { .. })));
        assert!(matches!(open(&scratch.path().join("a/b")), Err(WitnessError::Io { .. })));
        let dir = scratch.path().join("witness");
        // Interrupted before there was a key.
        fs::create_dir_all(dir.join("logs")).expect("made");
        fs::write(dir.join("key.new"), "half").expect("written");
        drop(open(&dir).expect("begun"));
        let renamed = Witness::open(&dir, "other.example", Vec::new(), Environment::system());
        assert!(matches!(renamed, Err(WitnessError::OtherName { .. })), "{renamed:?}");
        fs::write(dir.join("logs/0.new"), "half").expect("written");
        drop(open(&dir).expect("what nobody was told of is left out"));
        fs::remove_dir(dir.join("logs")).expect("removed");
        assert!(matches!(open(&dir), Err(WitnessError::Damaged { .. })), "without its memory");
        fs::write(dir.join("key"), log_key().to_secret_text()).expect("written");
        assert!(matches!(open(&dir), Err(WitnessError::Damaged { .. })), "a log's key");
    }

    #[test]
    fn the_key_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().expect("a directory");
        drop(open(scratch.path()).expect("begun"));
        let mode = fs::metadata(scratch.path().join("key")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
