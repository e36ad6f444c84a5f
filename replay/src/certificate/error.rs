//! Why a certificate shows nothing: one variant for each thing that is checked, in the order of checking.

use std::io;

use ledger_core::assessment::codes::{Origin, Subject};
use ledger_core::log::tree::ProofError;
use ledger_core::log::{NoteError, VerifierKey};
use ledger_core::values::{Hash, Length, Sequence};

/// The first thing about a certificate that fails. Whoever gave it has to say why; nothing of it is shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read.
    #[error("line {line} of the certificate cannot be read: {error}")]
    Read {
        /// The line, from 1.
        line: u64,
        /// The operating system's words.
        error: io::Error,
    },
    /// A line is not what stands there in a certificate, or the end does not fit.
    #[error("line {line}: {what}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// What was found.
        what: String,
    },
    /// The checkpoint is no signed checkpoint.
    #[error("the checkpoint: {what}")]
    Checkpoint {
        /// What was found.
        what: String,
    },
    /// The checkpoint is of another ledger.
    #[error("the checkpoint is of '{found}', the certificate of '{expected}'")]
    OtherLedger {
        /// The checkpoint's origin.
        found: String,
        /// The header's.
        expected: Origin,
    },
    /// The key that is trusted did not sign, or a signature that names it is not by it.
    #[error("the checkpoint's signature: {0}")]
    Signature(NoteError),
    /// A witness's signature is not by it.
    #[error("the cosignature of {witness}: {error}")]
    Cosignature {
        /// The witness.
        witness: VerifierKey,
        /// What was found.
        error: NoteError,
    },
    /// Too few witnesses.
    #[error("{found} of the witnesses named cosigned the checkpoint, {wanted} are asked for")]
    Witnesses {
        /// How many did.
        found: usize,
        /// How many are asked for.
        wanted: usize,
    },
    /// The checkpoint was made before the attestation.
    #[error("the checkpoint covers {size} entries, so not the attestation {attestation}")]
    NotCovered {
        /// The checkpoint's size.
        size: Length,
        /// The attestation.
        attestation: Sequence,
    },
    /// Bytes that are no entry of this ledger.
    #[error("line {line}: {what}")]
    Entry {
        /// The line, from 1.
        line: u64,
        /// What was found.
        what: String,
    },
    /// An entry is not in the checkpoint's tree.
    #[error("entry {sequence} is not in the log that is signed: {error}")]
    Inclusion {
        /// The entry.
        sequence: Sequence,
        /// How its proof fails.
        error: ProofError,
    },
    /// The attestation is none.
    #[error("entry {sequence} does not attest where the histories end: {what}")]
    Attestation {
        /// The entry.
        sequence: Sequence,
        /// What was found.
        what: String,
    },
    /// The end of a history is not attested.
    #[error("the end of {subject} is not attested: {what}")]
    StreamProof {
        /// Whose history.
        subject: Subject,
        /// What was found.
        what: String,
    },
    /// Entries of a history are missing.
    #[error("the history of {subject} is not whole: {what}")]
    NotWhole {
        /// Whose history.
        subject: Subject,
        /// What was found.
        what: String,
    },
    /// Something is called for and not here.
    #[error("missing: {what}")]
    Missing {
        /// What it is.
        what: String,
    },
    /// Something is here and not called for.
    #[error("not called for: {what}")]
    NotCalledFor {
        /// What it is.
        what: String,
    },
    /// The author of an entry was not enrolled.
    #[error("entry {sequence} is by {author}, who was not enrolled then")]
    Author {
        /// The entry.
        sequence: Sequence,
        /// Its author.
        author: String,
    },
    /// A document is missing, was changed, or does not belong here.
    #[error("document {commitment}: {what}")]
    Document {
        /// What names it.
        commitment: Hash,
        /// What was found.
        what: String,
    },
    /// The ledger's own history does not fit the certificate.
    #[error("the ledger's own history: {what}")]
    Founding {
        /// What was found.
        what: String,
    },
    /// The ledger's current key did not sign.
    #[error("the key that the ledger introduced last is {key}, and it did not sign the checkpoint")]
    Key {
        /// The key.
        key: VerifierKey,
    },
    /// The entries cannot be replayed.
    #[error("the entries cannot be replayed: {what}")]
    Replay {
        /// What was found.
        what: String,
    },
    /// A publication of the subject states what does not follow from its scores: whoever wrote it passed by the rules.
    #[error(
        "entry {sequence} {what}: the rules were passed by, and `ledger audit` of the whole log says how"
    )]
    Misstated {
        /// The publication.
        sequence: Sequence,
        /// How it differs.
        what: String,
    },
    /// The entries give another result.
    #[error("the entries give another result: {what}")]
    Result {
        /// Where they differ.
        what: String,
    },
}

impl CertificateError {
    /// What was being checked, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            CertificateError::Read { .. } => "unreadable",
            CertificateError::Line { .. } => "line",
            CertificateError::Checkpoint { .. } => "checkpoint",
            CertificateError::OtherLedger { .. } => "other_ledger",
            CertificateError::Signature(_) => "signature",
            CertificateError::Cosignature { .. } => "cosignature",
            CertificateError::Witnesses { .. } => "witnesses",
            CertificateError::NotCovered { .. } => "not_covered",
            CertificateError::Entry { .. } => "entry",
            CertificateError::Inclusion { .. } => "inclusion",
            CertificateError::Attestation { .. } => "attestation",
            CertificateError::StreamProof { .. } => "stream_proof",
            CertificateError::NotWhole { .. } => "not_whole",
            CertificateError::Missing { .. } => "missing",
            CertificateError::NotCalledFor { .. } => "not_called_for",
            CertificateError::Author { .. } => "author",
            CertificateError::Document { .. } => "document",
            CertificateError::Founding { .. } => "founding",
            CertificateError::Key { .. } => "key",
            CertificateError::Replay { .. } => "replay",
            CertificateError::Misstated { .. } => "misstated",
            CertificateError::Result { .. } => "result",
        }
    }
}
