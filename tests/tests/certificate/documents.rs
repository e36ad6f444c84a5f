//! Certificates with documents: all of the subject's, each what was committed to, or the certificate is refused.

use ledger_tests::run::prepared;
use ledger_tests::world::World;
use serde_json::json;

use crate::forged::{lines, sealed};
use crate::made::{attest, checked, give, introduce, made_under, own_key, question, signed};

const SUBJECT: &str = "ics/E54000029";

/// An area with two concerns, each told in a document.
fn world() -> World {
    let mut world = prepared("the country");
    introduce(&mut world, &own_key());
    for account in ["the first account", "another account"] {
        let document = world.document(account);
        let concern = json!({
            "severity":"moderate","statements":["governance-management-and-sustainability"],"source":"people",
            "account":document,
        });
        give(&mut world, "analyst-1", "concern.raise", SUBJECT, concern);
    }
    attest(&mut world);
    world
}

fn certificate(world: &World) -> Vec<u8> {
    let checkpoint = signed(world.ledger().store(), &[own_key()]);
    made_under(world, &question(world, SUBJECT), &checkpoint, true).expect("a certificate").0
}

#[test]
fn documents_are_checked_against_their_commitments() {
    let certificate = certificate(&world());
    assert_eq!(checked(&certificate).expect("it checks").documents, 2);
    let lines = lines(&certificate);
    let first = lines.iter().position(|line| line.starts_with(b"{\"document\"")).expect("documents");
    let text = |at: usize| String::from_utf8(lines[at].clone()).expect("text");
    let refused = |changed: Vec<Vec<u8>>, code: &str, what: &str| {
        let error = checked(&sealed(&changed)).expect_err(what);
        assert_eq!(error.code(), code, "{what}: {error}");
    };
    let with = |at: usize, line: String| {
        let mut changed = lines.clone();
        changed[at] = line.into_bytes();
        changed
    };
    let mut dropped = lines.clone();
    dropped.remove(first);
    refused(dropped, "document", "one left out");
    let mut doubled = lines.clone();
    doubled.insert(first, lines[first].clone());
    refused(doubled, "line", "one doubled");
    let mut swapped = lines.clone();
    swapped.swap(first, first + 1);
    refused(swapped, "line", "two swapped");
    let content = text(first)
        .split("\"content\":\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("it")
        .to_owned();
    let other = data_encoding::BASE64.encode(b"the worst account");
    refused(with(first, text(first).replace(&content, &other)), "document", "other words");
    refused(with(first, text(first).replace(&content, content.trim_end_matches('='))), "line", "no padding");
    refused(with(first, text(first).replace("\"secret\":\"", "\"secret\":\"00")), "line", "a long secret");
    let secret = text(first).split("\"secret\":\"").nth(1).expect("it")[..64].to_owned();
    refused(with(first, text(first).replace(&secret, &"ab".repeat(32))), "document", "another secret");
    refused(with(first, text(first).replace(&secret, &secret.to_uppercase())), "line", "upper case");
    refused(with(first, text(first).replace("\"secret\"", "\"note\":\"x\",\"secret\"")), "line", "a field");
    refused(with(0, text(0).replace("\"documents\":true", "\"documents\":false")), "line", "none announced");
    let without: Vec<Vec<u8>> =
        lines.iter().filter(|line| !line.starts_with(b"{\"document\"")).cloned().collect();
    refused(without.clone(), "document", "all left out");
    // What is not announced is not missing: that is the certificate without documents.
    let mut announced_none = without;
    announced_none[0] = text(0).replace("\"documents\":true", "\"documents\":false").into_bytes();
    assert_eq!(checked(&sealed(&announced_none)).expect("it checks").documents, 0);
}

/// A document of its own that no entry cites.
#[test]
fn a_stray_document_is_refused() {
    let world = world();
    let mut lines = lines(&certificate(&world));
    let (secret, content) = ([7; 32], b"nobody cites this");
    let commitment = ledger_core::store::commitment(&secret, content);
    let stray = json!({"document":{
        "commitment":commitment,"content":data_encoding::BASE64.encode(content),
        "secret":data_encoding::HEXLOWER.encode(&secret),
    }});
    let result = lines.len() - 1;
    let place = (0..result)
        .find(|at| lines[*at].starts_with(b"{\"document\"") && lines[*at] > stray.to_string().into_bytes())
        .unwrap_or(result);
    lines.insert(place, stray.to_string().into_bytes());
    assert_eq!(checked(&sealed(&lines)).expect_err("stray").code(), "document");
}
