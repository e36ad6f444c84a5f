//! Certificates that were changed, most of them sealed again with an end that fits: `certificate.py` refuses every one.
//! `LEDGER_VERIFIER_BYTES` says how many single bytes are changed: 1,500 unless stated, 300 with LEDGER_TESTS_QUICK.

use data_encoding::HEXLOWER;
use fastrand::Rng;
use ledger_tests::independent::verdicts;
use ledger_tests::program::{is_quick, setting};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::certificates::printed;
use crate::demonstration::{Demonstration, VALE, certify, key};

/// A certificate without its end.
pub fn lines(certificate: &[u8]) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = certificate.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    lines.truncate(lines.len() - 2);
    lines
}

/// These lines with an end that fits them.
pub fn sealed(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes: Vec<u8> = lines.iter().flat_map(|line| [line, &b"\n"[..]].concat()).collect();
    let hash = HEXLOWER.encode(&Sha256::digest(&bytes));
    bytes.extend(format!("{{\"end\":{{\"lines\":{},\"sha256\":\"{hash}\"}}}}\n", lines.len()).bytes());
    bytes
}

/// Forgeries, each with what was done; and the key they claim.
struct Forgeries {
    key: String,
    made: Vec<(String, Vec<u8>)>,
}

impl Forgeries {
    fn add(&mut self, what: String, bytes: Vec<u8>) {
        self.made.push((what, bytes));
    }

    /// Has all of them refused: not one verified, not one left undecided. Returns the reasons.
    fn refused(self) -> Vec<String> {
        let mut reasons = Vec::new();
        for forgeries in self.made.chunks(500) {
            let verdicts = verdicts(&self.key, forgeries.iter().map(|(_, bytes)| bytes.as_slice()));
            for ((what, _), (status, reason)) in forgeries.iter().zip(verdicts) {
                assert_eq!(status, 1, "{what}: {reason}");
                reasons.push(reason);
            }
        }
        reasons
    }
}

/// Each line dropped; and doubled, and exchanged with the next, every so manyth. Sealed again.
fn lines_moved(forgeries: &mut Forgeries, lines: &[Vec<u8>], every: usize) {
    for at in 0..lines.len() {
        let without = [&lines[..at], &lines[at + 1..]].concat();
        forgeries.add(format!("line {} dropped", at + 1), sealed(&without));
        if at % every > 0 {
            continue;
        }
        let twice = [&lines[..=at], &lines[at..]].concat();
        forgeries.add(format!("line {} doubled", at + 1), sealed(&twice));
        if at + 1 < lines.len() {
            let mut exchanged = lines.to_vec();
            exchanged.swap(at, at + 1);
            forgeries.add(format!("lines {} and {} exchanged", at + 1, at + 2), sealed(&exchanged));
        }
    }
}

#[test]
fn no_line_of_a_real_certificate_can_be_left_out_doubled_or_moved() {
    let demonstration = Demonstration::made();
    let (site, file) = (&demonstration.example, demonstration.path("vale"));
    certify(site, VALE, "--with-documents", &file);
    let lines = lines(&std::fs::read(&file).expect("read"));
    let mut forgeries = Forgeries { key: key(site), made: Vec::new() };
    lines_moved(&mut forgeries, &lines, if is_quick() { 50 } else { 5 });
    // An entry goes with its proof, as whoever leaves it out would do.
    for at in (0..lines.len()).filter(|at| lines[*at].starts_with(b"{\"authid\":")) {
        let without = [&lines[..at], &lines[at + 2..]].concat();
        forgeries.add(format!("entry in line {} left out", at + 1), sealed(&without));
    }
    for at in (0..lines.len()).filter(|at| lines[*at].starts_with(b"{\"document\":")) {
        for field in ["content", "secret"] {
            forgeries.add(format!("{field} in line {}", at + 1), sealed(&with_another(&lines, at, field)));
        }
    }
    for at in (0..lines.len()).filter(|at| lines[*at].starts_with(b"{\"stream\":")) {
        forgeries.add(format!("history in line {} left out", at + 1), sealed(&without_history(&lines, at)));
    }
    let count = forgeries.made.len();
    let reasons = forgeries.refused();
    let told = |part: &str| reasons.iter().filter(|reason| reason.contains(part)).count();
    println!("{count} certificates with lines left out, doubled or moved, all refused");
    assert!(told("one is missing") > 20 && told("not what was committed to") > 20, "{reasons:#?}");
}

/// Without a history: its line, its entries and their proofs.
fn without_history(lines: &[Vec<u8>], at: usize) -> Vec<Vec<u8>> {
    let line: Value = serde_json::from_slice(&lines[at]).expect("JSON");
    let mut left = Vec::new();
    let mut others = lines.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, line)| line);
    while let Some(line_of) = others.next() {
        let entry: Value = serde_json::from_slice(line_of).expect("JSON");
        if entry["authid"].is_string() && entry["subject"] == line["stream"]["subject"] {
            others.next();
        } else {
            left.push(line_of.clone());
        }
    }
    left
}

/// Another first character of a document's content or secret.
fn with_another(lines: &[Vec<u8>], at: usize, field: &str) -> Vec<Vec<u8>> {
    let mut line: Value = serde_json::from_slice(&lines[at]).expect("JSON");
    let value = &mut line["document"][field];
    let text = value.as_str().expect("text");
    *value = format!("{}{}", if text.starts_with('0') { "1" } else { "0" }, &text[1..]).into();
    let mut lines = lines.to_vec();
    lines[at] = line.to_string().into_bytes();
    lines
}

/// What FORMAT.md says of the result that others may rely on. The rest of the result is the ledger's own to compare.
#[test]
fn no_changed_byte_and_no_other_result_is_accepted() {
    let (certificate, key) = printed();
    let whole = lines(certificate.as_bytes());
    let mut forgeries = Forgeries { key, made: Vec::new() };
    let mut rng = Rng::with_seed(62_2025);
    let before_result: usize = whole[..whole.len() - 1].iter().map(|line| line.len() + 1).sum();
    for _ in 0..setting("LEDGER_VERIFIER_BYTES", if is_quick() { 300 } else { 1500 }) {
        let (at, bit) = (rng.usize(..certificate.len()), rng.u8(..8));
        let mut bytes = certificate.clone().into_bytes();
        bytes[at] ^= 1 << bit;
        forgeries.add(format!("bit {bit} of byte {at}"), bytes.clone());
        if at < before_result {
            forgeries.add(format!("bit {bit} of byte {at}, sealed"), sealed(&lines(&bytes)));
        }
    }
    lines_moved(&mut forgeries, &whole, 1);
    for (part, other) in [
        ("\"percent\":63,\"printed\"", "\"percent\":64,\"printed\""),
        ("\"rating\":\"good\",\"result\"", "\"rating\":\"outstanding\",\"result\""),
        ("\"basis\":\"derived\"", "\"basis\":\"as-printed\""),
        ("\"effective\":\"2023-11-30\",\"kind\"", "\"effective\":\"2023-11-29\",\"kind\""),
        ("\"kind\":\"transcribed\"", "\"kind\":\"published\""),
        ("\"entry\":\"0000000000000005\"", "\"entry\":\"0000000000000004\""),
        ("\"status\":\"in-force\"", "\"status\":\"withdrawn\""),
        ("\"as_of\":\"2023-12-01\"", "\"as_of\":\"2023-12-02\""),
        ("\"framework\":\"example/1\"", "\"framework\":\"example/2\""),
        ("\"score\":3", "\"score\":4"),
    ] {
        let mut lines = whole.clone();
        let result = lines.last_mut().expect("a result");
        let text = String::from_utf8(std::mem::take(result)).expect("UTF-8");
        assert!(text.contains(part), "{part} is not in {text}");
        *result = text.replacen(part, other, 1).into_bytes();
        forgeries.add(format!("the result with {other}"), sealed(&lines));
    }
    println!("{} certificates changed in one place, all refused", forgeries.made.len());
    forgeries.refused();
}
