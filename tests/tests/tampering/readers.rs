//! What somebody is shown, and what they can do with it: verify and audit the whole log, hold it against a checkpoint
//! noted earlier, ask for a proof, read a rating.
//!
//! Histories are lived by the ledger itself, or changed with the writer's own code (`forged.rs` of the audit's tests)
//! by somebody who links and signs them again. Left out: what each row of the table tries.

use std::sync::Arc;

use ledger_core::TreeReader;
use ledger_core::assessment::civil::Date;
use ledger_core::line;
use ledger_core::log::tree::verify_consistency;
use ledger_core::log::{Algorithm, Checkpoint, Entry, SignedCheckpoint, SigningKey, TreeHash};
use ledger_core::store::Store;
use ledger_core::values::{Length, Sequence};
use ledger_tests::run::prepared;
use ledger_tests::world::{Envelope, Outcome, World};
use replay::{
    Audit, AuditScope, Held, KnownAt, Log, RatingAnswer, ReplayError, Severity, SubjectHistory, Verification,
};
use replay::{audit, verify};
use serde_json::{Value, json};

use super::forged::{Forged, store_of};

/// The origin of every history here.
pub const ORIGIN: &str = "ledger.example/rules";
/// Whose rating they are about.
pub const YORK: &str = "local-authority/E06000014";

/// The ledger's key, which the operator has.
pub fn ledger_key() -> SigningKey {
    SigningKey::new(ORIGIN, Algorithm::Ed25519, &[7; 32]).expect("a key")
}

/// A key of the same name that the ledger never introduced.
pub fn other_key() -> SigningKey {
    SigningKey::new(ORIGIN, Algorithm::Ed25519, &[8; 32]).expect("a key")
}

/// A log and a checkpoint over all of it, as one reader gets them.
pub struct Shown {
    /// The entries' bytes.
    pub log: Vec<Vec<u8>>,
    /// What is signed of them.
    pub signed: SignedCheckpoint,
}

impl Shown {
    /// The log as the operator shows it, signed by the ledger's key.
    pub fn signed(log: Vec<Vec<u8>>) -> Shown {
        let signed = signed_by(&ledger_key(), &store_of(&log));
        Shown { log, signed }
    }

    fn store(&self) -> Arc<dyn Store> {
        store_of(&self.log)
    }

    fn tree(&self) -> TreeReader {
        TreeReader::open(self.store(), None, None).expect("a tree")
    }

    /// What shows that the tree goes on from one of `old` entries; nothing if it is no longer than that.
    pub fn proof_from(&self, old: Length) -> Vec<TreeHash> {
        self.tree().consistency(old, self.signed.checkpoint.size).unwrap_or_default()
    }

    /// As `ledger verify` does it.
    pub fn verified(&self) -> Verification {
        let log = Log::over(self.store()).expect("a log");
        verify(&log, &Held::default(), &mut |_, _| ()).expect("readable")
    }

    /// Where `ledger verify` finds the first fault. A log that does not even begin is not opened.
    pub fn first_fault(&self) -> Option<usize> {
        let sequence = match Log::over(self.store()) {
            Err(ReplayError::Damaged { sequence, .. }) => Some(sequence),
            Err(error) => panic!("{error}"),
            Ok(_) => self.verified().findings.first().and_then(|finding| finding.sequence),
        };
        sequence.map(|sequence| sequence.get() as usize)
    }

    /// As `ledger audit` does it.
    pub fn audited(&self) -> Audit {
        let log = Log::over(self.store()).expect("a log");
        audit(&log, AuditScope::default(), &mut |_: Length, _: Length| ()).expect("readable")
    }

    /// The codes of what an audit finds above notice.
    pub fn audit_codes(&self) -> Vec<&'static str> {
        let found = self.audited().findings;
        found.iter().filter(|found| found.severity != Severity::Notice).map(|found| found.code).collect()
    }

    /// Neither full reader finds anything.
    pub fn looks_clean(&self) -> bool {
        self.verified().ok && self.audited().clean
    }

    /// What the holder of an older checkpoint finds out: whether this is the same history, gone on. The proof is the
    /// best that whoever shows this log can make.
    pub fn goes_on_from(&self, held: &SignedCheckpoint) -> Result<(), String> {
        for note in [&held.note, &self.signed.note] {
            note.verify(ledger_key().verifier()).map_err(|error| error.to_string())?;
        }
        let (old, new) = (&held.checkpoint, &self.signed.checkpoint);
        let proof = self.tree().consistency(old.size, new.size).map_err(|error| error.to_string())?;
        verify_consistency(old.size, old.root, new.size, new.root, &proof).map_err(|error| error.to_string())
    }

    /// What a reader of the directory with a checkpoint in it finds out.
    pub fn opened_with(&self, held: &SignedCheckpoint) -> Result<(), String> {
        let opened = TreeReader::open(self.store(), None, Some(&held.checkpoint));
        opened.map(drop).map_err(|error| error.to_string())
    }

    /// What shows that the entry at this place is in the tree that is signed.
    pub fn inclusion(&self, at: usize) -> Vec<TreeHash> {
        self.tree().inclusion(Sequence::new(at as u64), self.signed.checkpoint.size).expect("a proof")
    }

    /// York's rating, on a day after all of this, as known at the end.
    pub fn rating(&self) -> RatingAnswer {
        rating_of(&Log::over(self.store()).expect("a log"), KnownAt::Now)
    }
}

/// York's rating by a log.
pub fn rating_of(log: &Log, known_at: KnownAt) -> RatingAnswer {
    let (subject, day): (_, Date) = (YORK.parse().expect("a subject"), "2026-01-01".parse().expect("a day"));
    let history = SubjectHistory::read(log, &subject, known_at, &mut |_, _| ()).expect("read");
    history.register.rating(&subject, day)
}

/// A checkpoint over a whole store.
pub fn signed_by(key: &SigningKey, store: &Arc<dyn Store>) -> SignedCheckpoint {
    let size = store.head().length;
    let root = TreeReader::open(store.clone(), None, None).and_then(|tree| tree.root_at(size));
    let root: TreeHash = root.expect("a root");
    SignedCheckpoint::signed(Checkpoint { origin: ORIGIN.to_owned(), size, root }, std::slice::from_ref(key))
}

/// Gives a command that must be recorded, and lets a minute pass.
pub fn give(world: &mut World, actor: &str, command: &str, subject: &str, data: Value) -> usize {
    give_with(world, actor, command, subject, data, &Envelope::default())
}

/// As [`give`], with more said on the line.
pub fn give_with(
    world: &mut World,
    actor: &str,
    command: &str,
    subject: &str,
    data: Value,
    envelope: &Envelope,
) -> usize {
    let line = world.line(actor, command, subject, data, envelope);
    let outcome = world.submit(line.to_string().as_bytes());
    let Outcome::Recorded(receipt) = outcome else { panic!("{command}: {outcome:?}") };
    world.pass_a_minute();
    receipt.entries[0].sequence.get() as usize
}

/// York rated good, and the ledger's key introduced.
pub fn york_rated() -> World {
    let mut world = prepared("York is rated");
    world.pass_a_minute();
    give(&mut world, "operator-1", "key.rotate", "ledger", json!({"key":ledger_key().verifier()}));
    world
}

/// Attests where every history ends.
pub fn attest(world: &mut World) -> usize {
    give(world, "operator-1", "subjects.attest", "attestation", json!({}))
}

/// Raises a concern of little weight about York: an entry that changes no rating.
pub fn concern(world: &mut World) -> usize {
    let account = world.document("what somebody saw");
    let data = json!({"severity":"low","statements":["safeguarding"],"source":"staff","account":account});
    give(world, "assessor-1", "concern.raise", YORK, data)
}

/// Where an event is, as commands cite it.
pub fn place(world: &World, event: &str) -> Value {
    Forged::of(&world.log()).name(event, 0)
}

/// Withdraws York's rating.
pub fn withdraw(world: &mut World) {
    let (publication, reason) = (place(world, "rating.published"), world.document("an error was found"));
    let data = json!({"publication":publication,"cause":"error","reason":reason});
    give(world, "publisher-1", "rating.withdraw", YORK, data);
}

/// York's history with another source of its evidence, and the command's hash made anew: nothing in the log says so.
pub fn rewritten(log: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut forged = Forged::of(log);
    forged.set("evidence.submitted", 0, "source", json!("people"));
    rehash(forged.entry("evidence.submitted", 0), "evidence.submit");
    forged.linked()
}

/// Makes a command's hash anew from what its only event says.
pub fn rehash(entry: &mut Entry, command: &str) {
    let data: Value = serde_json::from_slice(&entry.data).expect("JSON");
    let (id, actor) = (entry.id.command.to_string(), &entry.auth_id);
    let line = json!({"id":id,"actor":actor,"type":command,"subject":entry.subject,"data":data});
    entry.command_hash = line::command_hash(&line::request(line).expect("a command")).expect("a hash");
}
