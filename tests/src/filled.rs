//! A ledger on disk with documents, filled through its front door: what exports, backups and repairs are tried on.
//!
//! Actors are enrolled, and every third is revoked for a reason that is a document. Left out: assessments, which those
//! operations do not look into.

use std::path::Path;

use ledger_core::assessment::Request;
use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::environment::Environment;
use ledger_core::log::{CommandId, SigningKey};
use ledger_core::store::{SledStore, Store, StoreOptions, entries_from};
use ledger_core::values::{Hash, Sequence, Timestamp};
use ledger_core::{Founding, Ledger, line};
use serde_json::{Value, json};

const NOW: &str = "2026-03-02T10:00:00.000000Z";

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

fn id(number: u64) -> CommandId {
    let mut random = [0; 10];
    random.copy_from_slice(&Hash::of(&number.to_le_bytes()).as_bytes()[..10]);
    CommandId::from_parts(now(), random)
}

/// What the reason of revoking actor `number` says.
pub fn reason(number: u64) -> String {
    format!("Why actor {number} may do this no longer, in words that a lawful request asks to destroy.")
}

/// Founds a ledger in `dir` that signs nothing.
pub fn found(dir: &Path, options: StoreOptions) -> Ledger {
    found_with(dir, options, None)
}

/// Founds a ledger in `dir` that signs with `key`.
pub fn found_with(dir: &Path, options: StoreOptions, key: Option<SigningKey>) -> Ledger {
    let founding = Founding {
        id: id(u64::MAX),
        origin: "tests.example/filled".parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now(),
        key,
    };
    Ledger::create_with(dir, options, Environment::system(), founding).expect("founded")
}

/// Opens the ledger in `dir` for writing.
pub fn open(dir: &Path) -> Ledger {
    Ledger::open(dir, Environment::system(), &mut |_, _| ()).expect("opened")
}

/// A command of the operator's.
pub fn request(number: u64, subject: &str, command: &str, data: Value) -> Request {
    let line = json!({
        "id": id(number), "actor": "operator-1", "type": command, "subject": subject, "recordedtime": NOW, "data": data,
    });
    line::request(line).expect("a request")
}

/// Submits a command of the operator's.
pub fn submit(ledger: &Ledger, number: u64, subject: &str, command: &str, data: Value) -> Sequence {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let receipt = runtime.block_on(ledger.submit(request(number, subject, command, data)));
    receipt.expect("recorded").entries[0].sequence
}

/// Enrols actors `from` and on, and revokes every third. Returns the documents with the entries that cite them.
pub fn fill(ledger: &Ledger, from: u64, count: u64) -> Vec<(Hash, Sequence)> {
    let media_type = "text/plain".parse().expect("a media type");
    let mut documents = Vec::new();
    for number in from..from + count {
        let actor = format!("actor/partner-{number}");
        submit(ledger, 2 * number, &actor, "actor.enrol", json!({ "roles": ["auditor"] }));
        if number % 3 == 0 {
            let content = reason(number);
            let added = ledger.add_document(content.as_bytes(), &media_type, b"", now()).expect("stored");
            let cited = submit(ledger, 2 * number + 1, &actor, "actor.revoke", json!({ "reason": added }));
            documents.push((added.commitment, cited));
        }
    }
    documents
}

/// Erases a document of actor `number`.
pub fn erase(ledger: &Ledger, number: u64, (document, cited_by): (Hash, Sequence)) {
    let data = json!({ "commitment": document, "cited_by": cited_by, "legal_basis": "uk-gdpr-article-17" });
    submit(ledger, 1 << 40 | number, &format!("actor/partner-{number}"), "document.erase", data);
}

/// Every entry of the ledger in `dir`, which nobody else holds.
pub fn log(dir: &Path) -> Vec<Vec<u8>> {
    let store = SledStore::open(dir).unwrap_or_else(|error| panic!("{error}"));
    log_of(std::sync::Arc::new(store))
}

/// Every entry of a store.
pub fn log_of(store: std::sync::Arc<dyn Store>) -> Vec<Vec<u8>> {
    entries_from(store, Sequence::new(0)).map(|item| item.expect("readable").1.to_vec()).collect()
}

/// Copies a directory that nobody changes meanwhile.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("made");
    for file in std::fs::read_dir(from).expect("listed") {
        let file = file.expect("listed");
        let to = to.join(file.file_name());
        if file.file_type().expect("known").is_dir() {
            copy(&file.path(), &to);
        } else {
            std::fs::copy(file.path(), to).expect("copied");
        }
    }
}
