//! What is fuzzed of this crate: the reader of certificates, as a function of bytes.
//!
//! `tests/fuzz` and `tests/tests/fuzz_bounded.rs` feed it, as they feed those of `ledger_core::fuzzing`. Hidden from the
//! docs. Left out: forging by hand, which `tests/tests/certificate` does.

use ledger_core::log::{Algorithm, SigningKey};
use sha2::{Digest, Sha256};

use crate::certificate::{Trust, check_certificate};

/// Who signs the certificates to begin with.
pub fn signer() -> SigningKey {
    let key = SigningKey::new("ledger.example/rules", Algorithm::Ed25519, &[1; 32]);
    key.unwrap_or_else(|error| panic!("{error}"))
}

/// A certificate: as it is, and with a last line that fits what is before it, since few changes get past the hash there.
/// Returns whether either shows anything.
pub fn certificate(bytes: &[u8]) -> bool {
    let trust = Trust { key: signer().verifier().clone(), witnesses: Vec::new(), quorum: 0 };
    let shows = |bytes: &[u8]| check_certificate(bytes, &trust).is_ok();
    shows(bytes) || shows(&with_fitting_end(bytes))
}

fn with_fitting_end(bytes: &[u8]) -> Vec<u8> {
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let end = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let before = &bytes[..end];
    let count = before.iter().filter(|byte| **byte == b'\n').count();
    let digits: String = Sha256::digest(before).iter().map(|byte| format!("{byte:02x}")).collect();
    let line = format!("{{\"end\":{{\"lines\":{count},\"sha256\":\"{digits}\"}}}}\n");
    [before, line.as_bytes()].concat()
}
