//! Events of proof: the ledger's keys, its witnesses, and where every history ends.

use super::*;
use crate::log::{TreeHash, VerifierKey};

/// `key.introduced` \[ledger\]: checkpoints are signed with this key from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyIntroduced {
    /// The verifier key: its name is the ledger's origin, its algorithm 01 (Ed25519).
    pub key: VerifierKey,
}

/// `key.retired` \[ledger\]: this key signs no more. What it signed before stays signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRetired {
    /// The verifier key.
    pub key: VerifierKey,
}

/// `witness.added` \[ledger\]: its cosignatures are asked for from now on; one known already has moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessAdded {
    /// The witness's verifier key: its algorithm is 04 (cosignature/v1).
    pub key: VerifierKey,
    /// Where it takes checkpoints: the address before `/add-checkpoint`.
    pub url: Url,
}

/// `witness.removed` \[ledger\]: its cosignatures are asked for no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessRemoved {
    /// The witness's verifier key.
    pub key: VerifierKey,
}

/// `subjects.attested` \[attestation\]: where every subject's history ended before this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectsAttested {
    /// Root of the RFC 6962 tree over (last sequence, subject, last version) of each subject, sorted by subject.
    pub root: TreeHash,
    /// Number of entries before this one: its own position.
    pub size: u64,
    /// Number of subjects with a history: leaves of the tree.
    pub subjects: u64,
}
