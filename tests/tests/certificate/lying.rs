//! Certificates that are proved and still lie: with true entries that nothing calls for, with entries of another
//! history, and of ledgers whose operator wrote what the rules forbid.

use std::sync::Arc;

use ledger_core::TreeReader;
use ledger_core::log::{Entry, Head, SignedCheckpoint};
use ledger_core::store::{Batch, MemoryStore, Store};
use ledger_core::values::{Hash, Length, Sequence, SubjectVersion};
use ledger_tests::world::World;
use replay::{Certified, CertifyError, Log, certify};
use serde_json::{Value, json};

use crate::example::{SUBJECT, world};
use crate::forged::{lines, sealed};
use crate::made::{checked, give, made, own_key, question, quiet, signed};

const YORK: &str = "local-authority/E06000014";

fn subject_of(line: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(line).expect("JSON");
    let named = [&value["stream"]["subject"], &value["absent"]["subject"], &value["subject"]];
    named.iter().find_map(|name| name.as_str().map(ToOwned::to_owned))
}

/// Two areas, attested.
fn two_areas() -> World {
    let mut world = world();
    give(&mut world, "clerk-1", "area.register", YORK, json!({"name":"York"}));
    give(&mut world, "operator-1", "actor.enrol", "actor/idle-1", json!({"roles":["analyst"]}));
    give(&mut world, "operator-1", "subjects.attest", "attestation", json!({}));
    world
}

fn certificate(world: &World, subject: &str) -> Vec<Vec<u8>> {
    lines(&made(world, &question(world, subject)).expect("a certificate").0)
}

/// An entry's line and its proof's, in the place where they belong.
fn insert_entry(into: &mut Vec<Vec<u8>>, entry: &[u8], proof: &[u8]) {
    let sequence = |line: &[u8]| -> String {
        let value: Value = serde_json::from_slice(line).expect("JSON");
        value["sequence"].as_str().unwrap_or_default().to_owned()
    };
    let is_entry = |line: &[u8]| line.starts_with(b"{\"authid\"");
    let after =
        into.iter().position(|line| is_entry(line) && sequence(line) > sequence(entry)).expect("one after");
    into.splice(after..after, [entry.to_vec(), proof.to_vec()]);
}

#[test]
fn true_entries_that_nothing_calls_for_are_refused() {
    let world = two_areas();
    let swindon = certificate(&world, SUBJECT);
    let york = certificate(&world, YORK);
    assert!(checked(&sealed(&swindon)).is_ok() && checked(&sealed(&york)).is_ok());
    let place = york
        .iter()
        .position(|line| line.starts_with(b"{\"authid\"") && subject_of(line).as_deref() == Some(YORK));
    let place = place.expect("its registration");
    let mut with_entry = swindon.clone();
    insert_entry(&mut with_entry, &york[place], &york[place + 1]);
    let refused = checked(&sealed(&with_entry)).expect_err("an entry too many");
    assert_eq!(refused.code(), "not_called_for", "{refused}");
    // The whole of that history, proved to its end.
    let mut with_stream = with_entry;
    let is_stream_of = |line: &[u8], subject: &str| {
        line.starts_with(b"{\"stream\"") && subject_of(line).as_deref() == Some(subject)
    };
    let stream = york.iter().find(|line| is_stream_of(line, YORK)).expect("its stream");
    let after = with_stream.iter().position(|line| is_stream_of(line, SUBJECT)).expect("ours");
    with_stream.insert(after, stream.clone());
    let refused = checked(&sealed(&with_stream)).expect_err("a history too many");
    assert_eq!(refused.code(), "not_called_for", "{refused}");
    assert!(refused.to_string().contains(YORK), "{refused}");
}

/// An entry of another ledger of the same name, in the place of ours.
#[test]
fn entries_of_another_history_are_refused() {
    let ours = certificate(&world(), SUBJECT);
    let mut other = world();
    give(&mut other, "clerk-1", "area.register", YORK, json!({"name":"York"}));
    give(&mut other, "operator-1", "subjects.attest", "attestation", json!({}));
    let theirs = certificate(&other, SUBJECT);
    for (at, line) in ours.iter().enumerate().filter(|(_, line)| line.starts_with(b"{\"authid\"")) {
        let mut mixed = ours.clone();
        let name = |line: &[u8]| {
            String::from_utf8_lossy(line).replace("\"name\":\"Swindon\"", "\"name\":\"Swanage\"")
        };
        mixed[at] = name(line).into_bytes();
        if mixed[at] != *line {
            let refused = checked(&sealed(&mixed)).expect_err("another name");
            assert_eq!(refused.code(), "inclusion", "{refused}");
        }
        mixed[at] = String::from_utf8_lossy(line).replace("https://ledger", "https://another").into_bytes();
        assert_eq!(checked(&sealed(&mixed)).expect_err("another source").code(), "entry");
    }
    // Another checkpoint of the same ledger: every proof is of another size.
    let mut mixed = ours;
    mixed[1] = theirs[1].clone();
    assert_eq!(checked(&sealed(&mixed)).expect_err("another checkpoint").code(), "inclusion");
}

/// A log in which every entry was written anew after something was changed, signed by its operator.
fn rewritten(log: &[Vec<u8>], change: impl Fn(usize, &mut Entry)) -> (Arc<MemoryStore>, SignedCheckpoint) {
    let (mut entries, mut prev): (Vec<Vec<u8>>, _) = (Vec::new(), Head::EMPTY.hash);
    for (at, bytes) in log.iter().enumerate() {
        let mut entry = Entry::decode(bytes).expect("an entry");
        entry.prev = prev;
        change(at, &mut entry);
        let bytes = entry.encode().expect("an entry");
        prev = Hash::of(&bytes);
        entries.push(bytes);
    }
    let store = Arc::new(MemoryStore::new());
    let head = Head { length: Length(entries.len() as u64), hash: prev };
    store.append(Length(0), &Batch { entries, head }).expect("appended");
    let checkpoint = signed(store.clone(), &[own_key()]);
    (store, checkpoint)
}

fn certified(
    store: &Arc<MemoryStore>,
    checkpoint: &SignedCheckpoint,
    ask: &World,
) -> Result<Certified, CertifyError> {
    let log = Log::over(store.clone()).expect("a log");
    let tree = TreeReader::open(store.clone(), None, None).expect("a tree");
    certify(&log, &tree, checkpoint, &question(ask, SUBJECT), None, &mut quiet)
        .map(|(_, certified)| certified)
}

fn refused(certified: Result<Certified, CertifyError>) -> String {
    match certified {
        Err(CertifyError::Refused(error)) => error.code().to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_the_rules_forbid_is_refused_though_it_is_signed() {
    let world = world();
    let log = world.log();
    let (store, checkpoint) = rewritten(&log, |_, _| ());
    certified(&store, &checkpoint, &world).expect("nothing was changed");
    // Written by somebody who was not enrolled; under their name, a history that is shown to be absent.
    let (store, checkpoint) = rewritten(&log, |at, entry| {
        if at == 5 {
            entry.auth_id = "stranger-1".to_owned();
        }
    });
    assert_eq!(refused(certified(&store, &checkpoint, &world)), "author");
    // A version that is there twice; the attestation made to fit.
    let (store, checkpoint) = rewritten(&log, |at, entry| {
        if at == 5 {
            entry.subject_version = SubjectVersion::new(1).expect("small");
            entry.subject_prev = None;
        }
    });
    assert_eq!(refused(certified(&store, &checkpoint, &world)), "not_whole");
    // A history that names another entry as the one before.
    let (store, checkpoint) = rewritten(&log, |at, entry| {
        if at == 5 {
            entry.subject_prev = Some(Sequence::new(3));
        }
    });
    assert_eq!(refused(certified(&store, &checkpoint, &world)), "not_whole");
}

/// Whoever makes a certificate from the log finds a false attestation; whoever has only the certificate cannot.
#[test]
fn a_false_attestation_is_not_certified() {
    let world = world();
    let (store, checkpoint) = rewritten(&world.log(), |at, entry| {
        if at == 6 {
            let data = String::from_utf8(entry.data.clone()).expect("text");
            entry.data = data.replace("\"root\":\"a", "\"root\":\"b").into_bytes();
        }
    });
    let refused = certified(&store, &checkpoint, &world);
    assert!(matches!(refused, Err(CertifyError::FalseAttestation { .. })), "{refused:?}");
    let (store, checkpoint) = rewritten(&world.log(), |at, entry| {
        if at == 6 {
            let data = String::from_utf8(entry.data.clone()).expect("text");
            entry.data = data.replace("\"size\":6", "\"size\":5").into_bytes();
        }
    });
    let refused = certified(&store, &checkpoint, &world);
    assert!(
        matches!(&refused, Err(CertifyError::Refused(error)) if error.code() == "attestation"),
        "{refused:?}"
    );
}

/// Endless lines of the right kind are refused before they fill the memory.
#[test]
fn endless_entries_are_refused() {
    let lines = certificate(&world(), SUBJECT);
    let first = lines.iter().position(|line| line.starts_with(b"{\"authid\"")).expect("an entry");
    let begin: Vec<u8> = lines[..first].iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
    let long = [&b"{\"authid\":\""[..], &vec![b'x'; 60_000], b"\"}\n", &lines[first + 1], b"\n"].concat();
    let endless = Repeated { begin, again: long, at: 0 };
    let refused = replay::check_certificate(endless, &crate::made::trust()).expect_err("endless");
    assert!(refused.to_string().contains("more than 268435456 bytes"), "{refused}");
}

/// Some bytes, and then others for ever.
struct Repeated {
    begin: Vec<u8>,
    again: Vec<u8>,
    at: usize,
}

impl std::io::Read for Repeated {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let from = match self.at.checked_sub(self.begin.len()) {
            None => &self.begin[self.at..],
            Some(beyond) => &self.again[beyond % self.again.len()..],
        };
        let count = from.len().min(into.len());
        into[..count].copy_from_slice(&from[..count]);
        self.at += count;
        Ok(count)
    }
}
