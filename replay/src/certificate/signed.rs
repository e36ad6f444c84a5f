//! The checkpoint of a certificate: whose it is, and who signed it.

use ledger_core::log::witness::{QuorumError, quorum};
use ledger_core::log::{Algorithm, Checkpoint, Note, NoteError, VerifierKey};

use super::error::CertificateError;
use super::format::CertificateHeader;

/// Whom the reader of a certificate trusts.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The ledger's key, which the reader has from elsewhere.
    pub key: VerifierKey,
    /// Witnesses.
    pub witnesses: Vec<VerifierKey>,
    /// How many of them must have cosigned.
    pub quorum: usize,
}

/// A checkpoint whose signatures were checked.
pub(super) struct Signed {
    pub(super) checkpoint: Checkpoint,
    pub(super) note: Note,
    /// The witnesses that cosigned, each with the time it states, in seconds since 1970.
    pub(super) cosigned: Vec<(VerifierKey, u64)>,
}

/// Reads the note and checks origin, signature, cosignatures and size.
pub(super) fn signed(
    text: &str,
    header: &CertificateHeader,
    trust: &Trust,
) -> Result<Signed, CertificateError> {
    let unfit = |what: String| CertificateError::Checkpoint { what };
    let note: Note = text.parse().map_err(|error: NoteError| unfit(error.to_string()))?;
    if note.to_string() != text {
        return Err(unfit("it is not in its one spelling".to_owned()));
    }
    let checkpoint: Checkpoint = note.text.parse().map_err(|error| unfit(format!("{error}")))?;
    if checkpoint.origin != header.origin.as_str() {
        let (found, expected) = (checkpoint.origin, header.origin.clone());
        return Err(CertificateError::OtherLedger { found, expected });
    }
    if trust.key.name() != header.origin.as_str() || trust.key.algorithm() != Algorithm::Ed25519 {
        let what = format!("the key given is no key of {}: {}", header.origin, trust.key);
        return Err(CertificateError::Signature(NoteError::Malformed(what)));
    }
    note.verify(&trust.key).map_err(CertificateError::Signature)?;
    let cosigned = cosigned(&note, trust)?;
    if !checkpoint.size.contains(header.attestation) {
        let (size, attestation) = (checkpoint.size, header.attestation);
        return Err(CertificateError::NotCovered { size, attestation });
    }
    Ok(Signed { checkpoint, note, cosigned })
}

fn cosigned(note: &Note, trust: &Trust) -> Result<Vec<(VerifierKey, u64)>, CertificateError> {
    match quorum(note, &trust.witnesses, trust.quorum) {
        Ok(cosigned) => Ok(cosigned.into_iter().map(|(witness, time)| (witness.clone(), time)).collect()),
        Err(QuorumError::TooFew { found, wanted, .. }) => Err(CertificateError::Witnesses { found, wanted }),
        Err(QuorumError::Forged { witness, error }) => {
            Err(CertificateError::Cosignature { witness: *witness, error })
        }
    }
}
