//! A ledger of any length, written below the rules: entries that chain, with subjects, documents and nothing else right
//! about them. What has to hold for a million entries is tried on it.

use std::path::Path;

use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::environment::Environment;
use ledger_core::log::{AuthType, CommandId, Entry, EventId, Link};
use ledger_core::store::{Batch, DiskVault, SledStore, Store, Vault};
use ledger_core::values::{Hash, Length, Sequence, Timestamp};
use ledger_core::{Founding, Ledger};

const ORIGIN: &str = "tests.example/generated";

fn now() -> Timestamp {
    "2026-03-02T10:00:00.000000Z".parse().expect("a time")
}

fn id(number: u64) -> CommandId {
    let mut random = [0; 10];
    random.copy_from_slice(&Hash::of(&number.to_le_bytes()).as_bytes()[..10]);
    CommandId::from_parts(now(), random)
}

/// Makes a ledger of `length` entries in `dir`: a subject for every 20 entries, a document of 200 bytes for every 20th.
pub fn generate(dir: &Path, length: u64) {
    let founding = Founding {
        id: id(0),
        origin: ORIGIN.parse().expect("an origin"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: "operator-1".parse().expect("an actor"),
        recorded_time: now(),
        key: None,
    };
    Ledger::create(dir, Environment::system(), founding).expect("founded").close().expect("closed");
    let store = SledStore::open(dir).expect("opened");
    let vault = DiskVault::open(dir).expect("a vault");
    let mut link = Link::default();
    let first = store.read(Sequence::new(0), 1).expect("read").next().expect("the first");
    link.extend(&Entry::decode(&first).expect("an entry"), Hash::of(&first)).expect("the first");
    while link.head().length < Length(length) {
        let expected = link.head().length;
        let numbers = expected.0..length.min(expected.0 + 2_000);
        let entries = numbers.map(|number| next(&mut link, &vault, number)).collect();
        vault.sync().expect("synced");
        store.append(expected, &Batch { entries, head: link.head() }).expect("appended");
    }
    store.close().expect("closed");
}

fn next(link: &mut Link, vault: &DiskVault, number: u64) -> Vec<u8> {
    let random = Hash::of(&number.to_be_bytes());
    let data = if number.is_multiple_of(20) {
        let content = random.to_string().repeat(4)[..200].to_owned();
        let put = vault.put(content.as_bytes(), "text/plain", *random.as_bytes(), now().millis());
        let commitment = put.expect("put");
        format!(r#"{{"account":{{"bytes":200,"commitment":"{commitment}","media_type":"text/plain"}}}}"#)
    } else {
        format!(r#"{{"reference":"https://www.example.org/item/{random}"}}"#)
    };
    let subject = format!("provider/1-{:08}", number * 7919 % (number / 20 + 1));
    let place = link.next(&subject, now(), now()).expect("room in the history");
    let entry = Entry {
        sequence: place.sequence,
        id: EventId { command: id(number), ordinal: 1 },
        event_type: "ledger.evidence.submitted.v1".to_owned(),
        subject: subject.clone(),
        subject_version: place.subject_version,
        subject_prev: place.subject_prev,
        time: place.time,
        recorded_time: place.recorded_time,
        source: format!("https://{ORIGIN}"),
        prev: place.prev,
        command_hash: random,
        auth_type: AuthType::Unknown,
        auth_id: "assessor-1".to_owned(),
        correlation: None,
        causation: None,
        data: data.into_bytes(),
    };
    let bytes = entry.encode().expect("encodes");
    link.extend(&entry, Hash::of(&bytes)).expect("in place");
    bytes
}
