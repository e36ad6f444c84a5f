//! Who signed: witnesses by number, keys that were rotated, and checkpoints that come too early.

use ledger_core::log::{Algorithm, SignedCheckpoint, SigningKey};
use replay::{CertifyError, Trust, check_certificate};

use crate::example::{SUBJECT, world};
use crate::made::{attest, give, introduce, key, made_under, own_key, question, signed, trust};
use serde_json::json;

fn witness(seed: u8) -> SigningKey {
    key(&format!("w{seed}.example"), Algorithm::Cosignature, seed)
}

fn cosigned(mut signed: SignedCheckpoint, witnesses: &[SigningKey]) -> SignedCheckpoint {
    let text = signed.note.text.clone();
    signed.note.signatures.extend(witnesses.iter().map(|key| key.cosign(&text, 1_700_000_000)));
    signed
}

fn asking(witnesses: &[SigningKey], quorum: usize) -> Trust {
    let witnesses = witnesses.iter().map(|key| key.verifier().clone()).collect();
    Trust { witnesses, quorum, ..trust() }
}

#[test]
fn as_many_witnesses_as_asked_for_must_have_cosigned() {
    let world = world();
    let checkpoint = cosigned(signed(world.ledger().store(), &[own_key()]), &[witness(11), witness(12)]);
    let (certificate, _) = made_under(&world, &question(&world, SUBJECT), &checkpoint, false).expect("made");
    let checked = |trust: &Trust| check_certificate(&certificate[..], trust);
    let two = checked(&asking(&[witness(11), witness(12)], 2)).expect("both cosigned");
    assert_eq!(two.cosigned.iter().map(|(_, time)| *time).collect::<Vec<_>>(), [1_700_000_000; 2]);
    assert!(checked(&asking(&[witness(11), witness(12), witness(13)], 2)).is_ok());
    for (named, quorum) in [
        (vec![witness(11), witness(12), witness(13)], 3),
        (vec![witness(13)], 1),
        // One witness named twice is one.
        (vec![witness(11), witness(11)], 2),
    ] {
        let refused = checked(&asking(&named, quorum)).expect_err("too few");
        assert_eq!(refused.code(), "witnesses", "{refused}");
    }
}

/// A signature that names a witness and is not by it hinders whoever trusts that witness, and nobody else.
#[test]
fn a_false_cosignature_is_refused() {
    let world = world();
    let mut checkpoint = cosigned(signed(world.ledger().store(), &[own_key()]), &[witness(11)]);
    checkpoint.note.signatures[1].bytes[20] ^= 1;
    let (certificate, _) = made_under(&world, &question(&world, SUBJECT), &checkpoint, false).expect("made");
    assert!(check_certificate(&certificate[..], &trust()).is_ok());
    let refused = check_certificate(&certificate[..], &asking(&[witness(11)], 1)).expect_err("false");
    assert_eq!(refused.code(), "cosignature", "{refused}");
}

#[test]
fn after_a_rotation_the_new_key_must_have_signed() {
    let mut world = world();
    let new = key("ledger.example/rules", Algorithm::Ed25519, 5);
    introduce(&mut world, &new);
    let ask = question(&world, SUBJECT);
    // The rotation is newer than the attestation.
    let both = [own_key(), new.clone()];
    let newer = made_under(&world, &ask, &signed(world.ledger().store(), &both), false);
    assert!(matches!(newer, Err(CertifyError::Newer { .. })), "{newer:?}");
    attest(&mut world);
    let store = || world.ledger().store();
    let (certificate, _) = made_under(&world, &ask, &signed(store(), &both), false).expect("made");
    let with_new = Trust { key: new.verifier().clone(), ..trust() };
    assert!(
        check_certificate(&certificate[..], &trust()).is_ok(),
        "the first under the new key is signed by both"
    );
    assert!(check_certificate(&certificate[..], &with_new).is_ok());
    // Whoever kept the old key signs on.
    let stale = made_under(&world, &ask, &signed(store(), &[own_key()]), false);
    assert!(matches!(stale, Err(CertifyError::Refused(_))), "{stale:?}");
    let (certificate, _) = made_under(&world, &ask, &signed(store(), &[new]), false).expect("made");
    assert_eq!(check_certificate(&certificate[..], &trust()).expect_err("the old key").code(), "signature");
    assert!(check_certificate(&certificate[..], &with_new).is_ok());
}

#[test]
fn a_checkpoint_before_the_attestation_certifies_nothing() {
    let mut world = ledger_tests::run::prepared("the country");
    introduce(&mut world, &own_key());
    let early = signed(world.ledger().store(), &[own_key()]);
    attest(&mut world);
    let refused = made_under(&world, &question(&world, "ics/E54000029"), &early, false);
    assert!(matches!(refused, Err(CertifyError::NotAttested { .. })), "{refused:?}");
}

/// What comes after the attestation and does not concern the subject hinders nothing.
#[test]
fn other_histories_may_go_on() {
    let mut world = world();
    give(&mut world, "clerk-1", "area.register", "local-authority/E06000014", json!({"name":"York"}));
    let checkpoint = signed(world.ledger().store(), &[own_key()]);
    let (certificate, _) = made_under(&world, &question(&world, SUBJECT), &checkpoint, false).expect("made");
    assert!(check_certificate(&certificate[..], &trust()).is_ok());
    let stranger = made_under(&world, &question(&world, "local-authority/E06000014"), &checkpoint, false);
    assert!(
        matches!(stranger, Err(CertifyError::Newer { .. } | CertifyError::Unknown { .. })),
        "{stranger:?}"
    );
}
