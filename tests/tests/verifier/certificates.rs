//! `tests/verifier/certificate.py`, which was written from `schemas/FORMAT.md` alone and shares nothing with the ledger,
//! verifies certificates of both ledgers of the demonstration, and the one that FORMAT.md prints.

use std::path::Path;

use ledger_core::log::{Algorithm, Note, SigningKey};
use ledger_tests::golden::root;
use ledger_tests::independent::{python, verdicts};
use ledger_tests::program::{Said, run, scratch};
use serde_json::{Value, json};

use crate::demonstration::{Demonstration, VALE, areas, certify, key, said};
use crate::forged::{lines, sealed};

/// The verifier itself, on one file.
fn verified(file: &Path, words: &[&str]) -> Said {
    run(python("verifier", "certificate.py").arg(file).args(words))
}

/// The certificate that FORMAT.md prints, and the key it names.
pub fn printed() -> (String, String) {
    let format = std::fs::read_to_string(root().join("schemas/FORMAT.md")).expect("read");
    let (before, _) = format.split_once("```\n\n<!-- end of the example -->").expect("an example");
    let (before, certificate) = before.rsplit_once("```text\n").expect("a certificate");
    let key = before.lines().find_map(|line| line.strip_prefix("verifier key ")).expect("a key");
    (certificate.to_owned(), key.to_owned())
}

#[test]
fn the_certificate_in_format_md_is_verified() {
    let scratch = scratch();
    let (certificate, key) = printed();
    let file = scratch.path().join("certificate");
    std::fs::write(&file, certificate).expect("written");
    let said = verified(&file, &["--key", &key]).ok().out;
    let checks: Vec<&str> = said.lines().map(|line| line[..2].trim()).collect();
    let all: Vec<String> = (1..=13).map(|check| check.to_string()).chain(["ve".to_owned()]).collect();
    assert_eq!(checks, all, "{said}");
    let other = SigningKey::new("ledger.example/rules", Algorithm::Ed25519, &[9; 32]).expect("a key");
    let refused = verified(&file, &["--key", &other.verifier().to_string()]);
    assert!(refused.status == Some(1) && refused.out.contains("is not signed by"), "{refused:?}");
}

/// What of the two ledgers was not recomputed rests on rules that FORMAT.md leaves to the ledger; each is named.
#[test]
fn certificates_of_both_demonstrations_are_verified() {
    let demonstration = Demonstration::made();
    let mut told = 0;
    for (site, words) in [(&demonstration.record, ""), (&demonstration.example, "--with-documents")] {
        let (key, areas) = (key(site), areas(site));
        let certificate = |area: &String| {
            let file = demonstration.path("certificate");
            certify(site, area, words, &file);
            std::fs::read(file).expect("read")
        };
        let certificates: Vec<Vec<u8>> = areas.iter().map(certificate).collect();
        let verdicts = verdicts(&key, certificates.iter().map(Vec::as_slice));
        for (area, (status, last)) in areas.iter().zip(verdicts) {
            let left = last.contains("area.succeeded") || last.contains("rating.transcribed.v1");
            assert!(status == 0 || status == 2 && left, "{area}: {last}");
            assert!(status == 0 || site.dir() == demonstration.record.dir(), "{area}: {last}");
            told += usize::from(status == 0 && !last.contains("not-yet-assessed"));
        }
    }
    println!("{told} ratings were recomputed by a program that is not ours");
    assert!(told > 80, "{told}");
}

/// From `certify` to `ledger check` and to the separate verifier, and what they say.
#[test]
fn both_verifiers_say_the_same_of_one_certificate() {
    let demonstration = Demonstration::made();
    let (site, file) = (&demonstration.example, demonstration.path("vale"));
    certify(site, VALE, "", &file);
    let key = key(site);
    let theirs = verified(&file, &["--key", &key]).ok().out;
    let ours = said(site, &format!("check {} --json --key {key}", file.display())).out;
    let ours: Value = serde_json::from_str(&ours).expect("JSON");
    let stated = serde_json::to_string(&ours).expect("JSON");
    assert!(stated.contains("\"percent\":65"), "{stated}");
    assert!(theirs.contains("13 the rating recomputed is the one stated: good, 65 %"), "{theirs}");
}

/// Cosignatures can be added to a certificate that was made before them.
#[test]
fn cosignatures_are_counted() {
    let scratch = scratch();
    let (certificate, key) = printed();
    let witness =
        |seed| SigningKey::new("witness.example", Algorithm::Cosignature, &[seed; 32]).expect("a key");
    let cosigned = |change: fn(&mut Note)| {
        let mut lines = lines(certificate.as_bytes());
        let line: Value = serde_json::from_slice(&lines[1]).expect("JSON");
        let mut note: Note = line["checkpoint"].as_str().expect("text").parse().expect("a note");
        note.signatures.push(witness(1).cosign(&note.text, 1_800_000_000));
        change(&mut note);
        lines[1] = json!({ "checkpoint": note.to_string() }).to_string().into_bytes();
        let file = scratch.path().join("certificate");
        std::fs::write(&file, sealed(&lines)).expect("written");
        file
    };
    let (known, other) = (witness(1).verifier().to_string(), witness(2).verifier().to_string());
    let file = cosigned(|_| {});
    let quorum = |witnesses: &[&str], least: &[&str]| {
        let witnesses = witnesses.iter().flat_map(|witness| ["--witness", witness]);
        verified(
            &file,
            &["--key", &key].into_iter().chain(witnesses).chain(least.to_vec()).collect::<Vec<_>>(),
        )
    };
    assert!(quorum(&[&known], &[]).ok().out.contains("cosigned by 1 of 1 witnesses"));
    quorum(&[&known, &other], &["--quorum", "1"]).ok();
    let refused = quorum(&[&known, &other], &[]);
    assert!(refused.status == Some(1) && refused.out.contains("1 of the given witnesses"), "{refused:?}");
    let file = cosigned(|note| {
        if let Some(last) = note.signatures.last_mut() {
            last.bytes[7] ^= 1;
        }
    });
    let refused = verified(&file, &["--key", &key, "--witness", &known]);
    assert!(refused.status == Some(1) && refused.out.contains("is not by that key"), "{refused:?}");
}
