//! Certificates that somebody changed: in any byte, with or without the end made anew; in any line; with another
//! result, key, ledger, attestation or document. Every one is refused.

use ledger_core::log::tree::{Frontier, leaf_hash};
use ledger_core::log::{Algorithm, Checkpoint, SignedCheckpoint};
use ledger_core::values::{Length, Sequence};
use replay::{KnownAt, Question, check_certificate};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::example::{SUBJECT, world};
use crate::made::{checked, key, made, question, trust};

fn small() -> Vec<u8> {
    let world = world();
    made(&world, &question(&world, SUBJECT)).expect("a certificate").0
}

/// The lines without the end.
pub fn lines(certificate: &[u8]) -> Vec<Vec<u8>> {
    let text = certificate.strip_suffix(b"\n").expect("it ends in a line feed");
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.pop();
    lines
}

/// The lines with an end that fits them, as whoever forges them would make it.
pub fn sealed(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
    let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes));
    let count = bytes.iter().filter(|byte| **byte == b'\n').count();
    bytes.extend(format!("{{\"end\":{{\"lines\":{count},\"sha256\":\"{sha256}\"}}}}\n").into_bytes());
    bytes
}

/// What may become of a byte.
fn mutations(certificate: &[u8], at: usize) -> Vec<Vec<u8>> {
    let byte = certificate[at];
    let replaced = [byte ^ 1, b'0', b'\n', 0xff];
    let mut changed: Vec<Vec<u8>> = { replaced }
        .into_iter()
        .filter(|other| *other != byte)
        .map(|other| [&certificate[..at], &[other], &certificate[at + 1..]].concat())
        .collect();
    changed.push([&certificate[..at], &certificate[at + 1..]].concat());
    changed.push([&certificate[..=at], &certificate[at..]].concat());
    changed
}

#[test]
fn every_changed_byte_is_refused() {
    let certificate = small();
    assert!(checked(&certificate).is_ok());
    let (mut tried, mut caught) = (0, 0);
    for at in 0..certificate.len() {
        for changed in mutations(&certificate, at) {
            tried += 1;
            match checked(&changed) {
                Err(_) => caught += 1,
                Ok(_) => println!("byte {at}: {}", String::from_utf8_lossy(&changed)),
            }
        }
    }
    println!("{} bytes: {tried} mutations tried, {caught} caught", certificate.len());
    assert_eq!(caught, tried);
}

/// Whoever changes a byte can make the hash at the end anew.
#[test]
fn every_changed_byte_is_refused_though_the_end_fits() {
    let certificate = small();
    let body = sealed(&lines(&certificate));
    assert_eq!(body, certificate);
    let length: usize = lines(&certificate).iter().map(|line| line.len() + 1).sum();
    let (mut tried, mut caught) = (0, 0);
    for at in 0..length {
        for changed in mutations(&certificate[..length], at) {
            let Some(changed) = changed.strip_suffix(b"\n") else { continue };
            let changed: Vec<Vec<u8>> = changed.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            tried += 1;
            match checked(&sealed(&changed)) {
                Err(_) => caught += 1,
                Ok(shown) => println!("byte {at}: {:?}", shown.header),
            }
        }
    }
    println!("{length} bytes: {tried} mutations with a fitting end tried, {caught} caught");
    assert_eq!(caught, tried);
}

#[test]
fn every_line_dropped_doubled_moved_or_added_is_refused() {
    let certificate = small();
    let lines = lines(&certificate);
    let (mut tried, mut caught) = (0, 0);
    let mut hold = |changed: Vec<Vec<u8>>, what: String| {
        if changed == lines {
            return;
        }
        tried += 1;
        match checked(&sealed(&changed)) {
            Err(_) => caught += 1,
            Ok(_) => println!("{what} is accepted"),
        }
    };
    for at in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        hold(dropped, format!("line {at} dropped"));
        // An entry and its proof, or two streams.
        let mut both = lines.clone();
        both.drain(at..(at + 2).min(lines.len()));
        hold(both, format!("lines {at} and the next dropped"));
        for to in 0..=lines.len() {
            let mut doubled = lines.clone();
            doubled.insert(to, lines[at].clone());
            hold(doubled, format!("line {at} doubled at {to}"));
            let mut moved = lines.clone();
            let line = moved.remove(at);
            moved.insert(to.min(moved.len()), line);
            hold(moved, format!("line {at} moved to {to}"));
            let mut swapped = lines.clone();
            swapped.swap(at, to.min(lines.len() - 1));
            hold(swapped, format!("lines {at} and {to} swapped"));
        }
        for line in ["", "{}", "{\"note\":\"x\"}", "{\"proof\":[]}", "{\"document\":{}}"] {
            let mut added = lines.clone();
            added.insert(at, line.as_bytes().to_vec());
            hold(added, format!("{line} added at {at}"));
        }
    }
    println!("{} lines: {tried} changes tried, {caught} caught", lines.len());
    assert_eq!(caught, tried);
}

/// Whole histories left out or cut short, with everything that goes with them.
#[test]
fn a_history_left_out_or_cut_short_is_refused() {
    let lines = lines(&small());
    let of = |line: &[u8], subject: &str| -> bool {
        let value: Value = serde_json::from_slice(line).expect("JSON");
        [&value["stream"]["subject"], &value["absent"]["subject"], &value["subject"]]
            .iter()
            .any(|found| **found == json!(subject))
    };
    for subject in ["actor/clerk-1", "actor/operator-1", "ledger", SUBJECT, "national"] {
        let mut kept = vec![lines[0].clone()];
        let mut skip_proof = false;
        for line in &lines[1..] {
            let proof = line.starts_with(b"{\"proof\"");
            if (proof && skip_proof) || of(line, subject) {
                skip_proof = true;
                continue;
            }
            skip_proof = false;
            kept.push(line.clone());
        }
        assert!(kept.len() < lines.len(), "{subject}");
        let refused = checked(&sealed(&kept)).expect_err(subject);
        assert_eq!(refused.code(), "missing", "{subject}: {refused}");
    }
    // The result left out, and the history said to end before it.
    let mut cut = lines.clone();
    let result =
        cut.iter().position(|line| String::from_utf8_lossy(line).contains("rating.transcribed")).expect("it");
    cut.drain(result..result + 2);
    let refused = checked(&sealed(&cut)).expect_err("one entry less");
    assert_eq!(refused.code(), "not_whole", "{refused}");
    let stream =
        cut.iter().position(|line| line.starts_with(b"{\"stream\"") && of(line, SUBJECT)).expect("it");
    let mut leaf: Value = serde_json::from_slice(&cut[stream]).expect("JSON");
    (leaf["stream"]["version"], leaf["stream"]["sequence"]) = (json!(1), json!("0000000000000004"));
    cut[stream] = leaf.to_string().into_bytes();
    let refused = checked(&sealed(&cut)).expect_err("a false leaf");
    assert_eq!(refused.code(), "stream_proof", "{refused}");
}

#[test]
fn another_result_is_refused_and_told() {
    let mut lines = lines(&small());
    let place = lines.len() - 1;
    let result = String::from_utf8(lines[place].clone()).expect("text");
    let lies = [
        ("\"percent\":63,", "\"percent\":88,"),
        ("\"rating\":\"good\"", "\"rating\":\"outstanding\""),
        ("\"score\":2", "\"score\":4"),
        ("\"as_of\":\"2023-12-01\"", "\"as_of\":\"2024-12-01\""),
        ("\"result\":{\"as_of\"", "\"result\":{\"aa\":1,\"as_of\""),
        ("\"status\":\"in-force\"", "\"status\":\"withdrawn\""),
    ];
    for (truth, lie) in lies {
        assert!(result.contains(truth), "{truth} in {result}");
        lines[place] = result.replace(truth, lie).into_bytes();
        let refused = checked(&sealed(&lines)).expect_err(lie);
        assert_eq!(refused.code(), "result", "{refused}");
    }
    lines[place] = [b"{\"note\":1,", &result.as_bytes()[1..]].concat();
    assert_eq!(checked(&sealed(&lines)).expect_err("another key").code(), "line");
}

#[test]
fn another_key_or_ledger_is_refused() {
    let certificate = small();
    let mut other = trust();
    other.key = key("ledger.example/rules", Algorithm::Ed25519, 2).verifier().clone();
    assert_eq!(check_certificate(&certificate[..], &other).expect_err("its key").code(), "signature");
    other.key = key("other.example", Algorithm::Ed25519, 1).verifier().clone();
    assert_eq!(check_certificate(&certificate[..], &other).expect_err("its name").code(), "signature");
    let mut lines = lines(&certificate);
    lines[0] = String::from_utf8(lines[0].clone()).expect("text").replace("rules", "other").into_bytes();
    assert_eq!(checked(&sealed(&lines)).expect_err("its header").code(), "other_ledger");
}

/// A ledger that signs with a key it never introduced.
#[test]
fn a_key_that_was_not_introduced_is_refused() {
    let world = world();
    let lines = lines(&small());
    let stray = key("ledger.example/rules", Algorithm::Ed25519, 9);
    let log = world.log();
    let tree: Frontier = log.iter().map(|entry| leaf_hash(entry)).collect();
    let checkpoint = Checkpoint {
        origin: "ledger.example/rules".to_owned(),
        size: Length(log.len() as u64),
        root: tree.root(),
    };
    let note = SignedCheckpoint::signed(checkpoint, std::slice::from_ref(&stray)).to_string();
    let mut changed = lines;
    changed[1] = json!({ "checkpoint": note }).to_string().into_bytes();
    let mut other = trust();
    other.key = stray.verifier().clone();
    assert_eq!(check_certificate(&sealed(&changed)[..], &other).expect_err("not introduced").code(), "key");
}

/// Truncated anywhere, and far too long: an answer, and little memory.
#[test]
fn what_is_cut_off_or_endless_is_refused() {
    let certificate = small();
    for at in 0..certificate.len() {
        assert!(checked(&certificate[..at]).is_err(), "cut at {at}");
    }
    let endless = std::io::Read::take(std::io::repeat(b'{'), 1 << 32);
    assert_eq!(check_certificate(endless, &trust()).expect_err("endless").code(), "line");
    let mut long = lines(&certificate);
    let place = long.len() - 1;
    long[place] = [&b"{\"result\":{\"x\":\""[..], &vec![b'x'; 1 << 21], b"\"}}"].concat();
    assert_eq!(checked(&sealed(&long)).expect_err("a long result").code(), "line");
}

/// Entries known later do not count, and what is not recorded is refused.
#[test]
fn what_was_known_before_is_certified() {
    let world = world();
    let before = Question { known_at: KnownAt::Sequence(Sequence::new(4)), ..question(&world, SUBJECT) };
    let (certificate, certified) = made(&world, &before).expect("a certificate");
    assert_eq!(certified.answer.result, None);
    assert_eq!(checked(&certificate).expect("it checks").header.known_at, Sequence::new(4));
    let unknown = Question { known_at: KnownAt::Sequence(Sequence::new(3)), ..before };
    assert!(made(&world, &unknown).expect_err("not registered").to_string().contains("not registered"));
}
