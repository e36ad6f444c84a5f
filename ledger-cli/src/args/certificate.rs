//! `certify`, `check`: a rating as a file that anyone can check.

use std::path::PathBuf;

use clap::Args;
use ledger_core::log::VerifierKey;

use super::clocks::Clocks;

/// `ledger certify`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The file holds the result, every entry it follows from, and proofs that these are in the log that is \
signed and that none is left out: `ledger attest` says where histories end, and the checkpoint is signed at the latest \
when a command closes the ledger. schemas/FORMAT.md says what the lines are and what they do not show.\n\n\
WARNING: a certificate with documents holds their secrets. Whoever has it can read them, also after they are erased \
here. Keep it as you keep the key store.\n\n\
Examples:\n  ledger attest && ledger certify Swindon -o swindon.certificate\n  \
ledger certify Swindon --as-of 2025-12-31 --known-at 350 -o swindon.certificate"
)]
pub struct CertifyArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
    /// With the subject's documents that are not erased, and their secrets: handle such a file like the key store.
    #[arg(long)]
    pub with_documents: bool,
    /// Where to: a file, which is whole or as it was before.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

/// `ledger check`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "No ledger is opened. The key must come from somewhere you trust, not from whoever gave you the file: \
`ledger key show` prints it. Exit status 1 and the first thing that fails if the certificate shows nothing.\n\n\
Example:\n  ledger check swindon.certificate --key ledger.example/rules+95b7d758+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
)]
pub struct CheckArgs {
    /// The certificate; - is standard input.
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,
    /// The ledger's verifier key.
    #[arg(long, value_name = "VERIFIER_KEY")]
    pub key: VerifierKey,
    /// A witness that must have cosigned.
    #[arg(long, value_name = "VERIFIER_KEY")]
    pub witness: Vec<VerifierKey>,
    /// How many of the witnesses are enough; all of them if absent.
    #[arg(long, value_name = "COUNT", requires = "witness")]
    pub quorum: Option<usize>,
}
