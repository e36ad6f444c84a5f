//! Erasing a document: the content is gone, the log verifies, also when the process dies between recording the
//! erasure and destroying the document.

use std::path::Path;
use std::process::Command as Process;
use std::sync::Arc;

use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::assessment::{Command, Request};
use ledger_core::environment::{Clock, Environment};
use ledger_core::log::CommandId;
use ledger_core::store::{
    DiskVault, Document, Listed, MemoryStore, MemoryVault, SledStore, Vault, VaultError,
};
use ledger_core::values::{Hash, Timestamp};
use ledger_core::{Founding, Ledger, line};
use replay::{Held, Log, verify};
use serde_json::json;

const CONTENT: &[u8] = b"The account of a person, which a lawful request asks to destroy.";
const NOW: &str = "2026-03-02T10:00:00.000000Z";
/// Set for the child process that is to die.
const CHILD: &str = "LEDGER_TEST_ERASURE_DIR";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn found(dir: &Path) -> Ledger {
    let founding = Founding {
        id: CommandId::from_parts(now(), [0; 10]),
        origin: "tests.example/erasure".parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now(),
        key: None,
    };
    Ledger::create(dir, Environment::system(), founding).expect("founded")
}

fn submit(ledger: &Ledger, number: u8, subject: &str, command: &str, data: serde_json::Value) -> u64 {
    let id = CommandId::from_parts(now(), [number; 10]);
    let line = json!({ "id": id, "actor": "operator-1", "type": command, "subject": subject, "recordedtime": NOW, "data": data });
    let request: Request = line::request(line).expect("a request");
    assert!(matches!(
        request.command,
        Command::RevokeActor(_) | Command::EnrolActor(_) | Command::EraseDocument(_)
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(ledger.submit(request)).expect("recorded").entries[0].sequence.get()
}

/// Enrols an actor and revokes it for a reason that is a document; returns the document and the citing entry.
fn cite(ledger: &Ledger) -> (Hash, u64) {
    let media_type = "text/plain".parse().expect("a media type");
    let document = ledger.add_document(CONTENT, &media_type, b"reason", now()).expect("stored");
    submit(ledger, 1, "actor/partner-9", "actor.enrol", json!({ "roles": ["auditor"] }));
    let at = submit(ledger, 2, "actor/partner-9", "actor.revoke", json!({ "reason": document }));
    (document.commitment, at)
}

fn erase(ledger: &Ledger, document: Hash, cited_by: u64) {
    let data = json!({ "commitment": document, "cited_by": format!("{cited_by:016}"), "legal_basis": "uk-gdpr-article-17" });
    submit(ledger, 3, "actor/partner-9", "document.erase", data);
}

fn assert_gone(dir: &Path, document: Hash) {
    let vault = DiskVault::open(dir).expect("a vault");
    assert!(
        matches!(vault.get(&document).expect("readable"), Document::Erased),
        "the content is still there"
    );
    drop(vault);
    let log = Log::open(dir).expect("a log");
    let verification = verify(&log, &Held::default(), &mut |_, _| ()).expect("read");
    assert!(verification.ok, "{:?}", verification.findings);
    assert_eq!(verification.entries, 4);
}

#[test]
fn after_erasing_and_reopening_the_content_is_gone_and_the_log_verifies() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = found(&dir);
    let (document, at) = cite(&ledger);
    erase(&ledger, document, at);
    ledger.close().expect("closed");
    assert_gone(&dir, document);
}

/// A clock that stands still.
#[derive(Debug)]
struct StandingClock(Timestamp);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

#[test]
fn a_document_that_nothing_cites_is_destroyed_after_a_day() {
    let hours = |hours: i64| Timestamp::from_micros(now().micros() + hours * 3_600_000_000).expect("a time");
    let at = |time| Environment { clock: Arc::new(StandingClock(time)), ..Environment::system() };
    let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
    let founding = Founding {
        id: CommandId::from_parts(now(), [0; 10]),
        origin: "tests.example/sweep".parse().expect("an origin"),
        clock: ClockKind::System,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now(),
        key: None,
    };
    let ledger = Ledger::found(store.clone(), vault.clone(), at(now()), founding).expect("founded");
    let media_type = "text/plain".parse().expect("a media type");
    let add = |content: &[u8]| ledger.add_document(content, &media_type, b"a label", now()).expect("stored");
    let (uncited, cited) = (add(b"nobody cites this"), add(CONTENT));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (number, command, data) in
        [(1, "actor.enrol", json!({ "roles": ["auditor"] })), (2, "actor.revoke", json!({ "reason": cited }))]
    {
        let id = CommandId::from_parts(now(), [number; 10]);
        let line = json!({ "id": id, "actor": "operator-1", "type": command, "subject": "actor/partner-9", "data": data });
        runtime.block_on(ledger.submit(line::request(line).expect("a request"))).expect("recorded");
    }
    drop(ledger);
    for (waited, kept) in [(23, true), (25, false)] {
        let store = Arc::new(store.reopen());
        let ledger = Ledger::start(store, vault.clone(), at(hours(waited)), &mut |_, _| ()).expect("opened");
        assert_eq!(vault.holds(&uncited.commitment).is_some(), kept, "after {waited} hours");
        assert!(vault.holds(&cited.commitment).is_some(), "a cited document stays");
        drop(ledger);
    }
}

/// A vault whose process dies when it is to destroy a document.
#[derive(Debug)]
struct DyingVault(DiskVault);

impl Vault for DyingVault {
    fn put(&self, content: &[u8], media_type: &str, secret: [u8; 32], at: i64) -> Result<Hash, VaultError> {
        self.0.put(content, media_type, secret, at)
    }
    fn sync(&self) -> Result<(), VaultError> {
        self.0.sync()
    }
    fn holds(&self, commitment: &Hash) -> Option<u64> {
        self.0.holds(commitment)
    }
    fn get(&self, commitment: &Hash) -> Result<Document, VaultError> {
        self.0.get(commitment)
    }
    fn erase(&self, _: &Hash) -> Result<(), VaultError> {
        std::process::abort();
    }
    fn slots(&self) -> u32 {
        self.0.slots()
    }
    fn listed_from(&self, slot: u32) -> Result<Vec<Listed>, VaultError> {
        self.0.listed_from(slot)
    }
    fn sweep(&self, commitments: &[Hash], older: i64, now: i64) -> Result<usize, VaultError> {
        self.0.sweep(commitments, older, now)
    }
}

/// Runs only in the child process, and does not come back.
#[test]
fn dies_between_recording_and_destroying() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let dir = Path::new(&dir);
    let store = Arc::new(SledStore::open(dir).expect("a store"));
    let vault = Arc::new(DyingVault(DiskVault::open(dir).expect("a vault")));
    let ledger = Ledger::start(store, vault, Environment::system(), &mut |_, _| ()).expect("opened");
    let (document, at) = cite(&ledger);
    std::fs::write(dir.with_extension("document"), document.to_string()).expect("written");
    erase(&ledger, document, at);
}

#[test]
fn an_erasure_interrupted_by_a_crash_is_finished_at_the_next_opening() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    found(&dir).close().expect("closed");
    let status = Process::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "dies_between_recording_and_destroying"])
        .env(CHILD, &dir)
        .output()
        .expect("run")
        .status;
    assert!(!status.success(), "the child was to die");
    let noted = std::fs::read_to_string(dir.with_extension("document")).expect("noted by the child");
    let document: Hash = noted.parse().expect("a hash");
    let vault = DiskVault::open(&dir).expect("a vault");
    assert!(matches!(vault.get(&document).expect("readable"), Document::Found { .. }), "it died too late");
    drop(vault);
    let ledger = Ledger::open(&dir, Environment::system(), &mut |_, _| ()).expect("opened");
    ledger.close().expect("closed");
    assert_gone(&dir, document);
}
