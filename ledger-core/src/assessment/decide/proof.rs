//! Rules for keys, witnesses and attestations.

use super::{Case, Ends, Planned};
use crate::assessment::codes::Subject;
use crate::assessment::command::RotateKey;
use crate::assessment::event::{KeyIntroduced, KeyRetired, SubjectsAttested, WitnessAdded, WitnessRemoved};
use crate::assessment::recorded::Author;
use crate::assessment::rejection::Rejection;
use crate::log::Algorithm;

/// After this many entries without one a ledger with a key attests by itself: often enough that a certificate made on any day
/// lacks little, and seldom enough to cost next to nothing (one hash for each subject that changed).
pub const ATTEST_EVERY: u64 = 65_536;

pub(super) fn rotate_key(case: &Case<'_>, data: &RotateKey) -> Result<Vec<Planned>, Rejection> {
    let key = &data.key;
    let origin = case.state.founded.as_ref().map_or("", |founded| founded.origin.as_str());
    if key.algorithm() != Algorithm::Ed25519 || key.name() != origin {
        let expected = format!("one of this ledger is named {origin} and of algorithm 01 (Ed25519)");
        return Err(Rejection::KeyUnfit { key: key.clone(), expected });
    }
    if case.state.keys.contains(key) {
        return Err(Rejection::KeyKnown { key: key.clone() });
    }
    let introduced = case.event(KeyIntroduced { key: key.clone() });
    let retired = case.state.key().map(|old| case.event(KeyRetired { key: old.clone() }));
    Ok([introduced].into_iter().chain(retired).collect())
}

pub(super) fn add_witness(case: &Case<'_>, data: &WitnessAdded) -> Result<Vec<Planned>, Rejection> {
    let key = &data.key;
    let own = case.state.founded.as_ref().is_some_and(|founded| founded.origin.as_str() == key.name());
    if key.algorithm() != Algorithm::Cosignature || own {
        let expected = "a witness is someone else's and its key of algorithm 04 (cosignature/v1)".to_owned();
        return Err(Rejection::KeyUnfit { key: key.clone(), expected });
    }
    if case.state.witnesses.get(key) == Some(&data.url) {
        let what = format!("{} at {} is a witness already", key.name(), data.url);
        return Err(Rejection::NoEffect { what });
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn remove_witness(case: &Case<'_>, data: &WitnessRemoved) -> Result<Vec<Planned>, Rejection> {
    if !case.state.witnesses.contains_key(&data.key) {
        return Err(Rejection::WitnessUnknown { key: data.key.clone() });
    }
    Ok(vec![case.event(data.clone())])
}

pub(super) fn attest(case: &Case<'_>) -> Result<Vec<Planned>, Rejection> {
    if since_attested(case) == 0 {
        let what = "nothing was recorded since the last attestation".to_owned();
        return Err(Rejection::NoEffect { what });
    }
    Ok(vec![case.event(attested(case, &[]))])
}

/// The attestation that the ledger adds to the command with which [`ATTEST_EVERY`] entries stand unattested. None
/// without a key: nothing that signs no checkpoint can be shown to anyone, and logs of before there were keys stay valid.
pub(super) fn due(case: &Case<'_>, planned: &[Planned]) -> Option<Planned> {
    case.state.key()?;
    if (planned.len() as u64) + since_attested(case) < ATTEST_EVERY {
        return None;
    }
    let event = attested(case, planned).into();
    Some(Planned { subject: Subject::attestation(), author: Author::System, assessment: None, event })
}

/// Entries before this command that no attestation covers.
fn since_attested(case: &Case<'_>) -> u64 {
    let from = case.state.attested.map_or(0, |at| at.get() + 1);
    case.context.next.get().saturating_sub(from)
}

/// Where every history ends once `planned` is recorded.
fn attested(case: &Case<'_>, planned: &[Planned]) -> SubjectsAttested {
    let Ends { root, subjects } = case.context.histories.ends_after(planned);
    SubjectsAttested { root, size: case.position(planned.len() as u64).get(), subjects }
}
