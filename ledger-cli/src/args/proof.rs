//! `checkpoint` and `proof`: what was signed, and how an entry or a longer log follows from it.

use clap::{Args, Subcommand};
use ledger_core::values::{Length, Sequence};

/// `ledger checkpoint`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The note is printed as it is kept and given away. It is compared with the log: an error says that they differ.\n\n\
Examples:\n  ledger checkpoint > newest.txt\n  ledger checkpoint --cosign --quorum 2 > newest.txt"
)]
pub struct CheckpointArgs {
    /// First ask the witnesses on record to cosign it, and keep what they give; says on standard error what each did.
    #[arg(long)]
    pub cosign: bool,
    /// Fail unless so many of them cosign; all of them while absent.
    #[arg(long, value_name = "K", requires = "cosign")]
    pub quorum: Option<usize>,
}

/// `ledger proof`.
#[derive(Debug, Clone, Subcommand)]
pub enum Proof {
    /// That an entry is in the log.
    #[command(after_help = "Example:\n  ledger proof inclusion 42 --json")]
    Inclusion {
        /// The entry.
        #[arg(value_name = "SEQUENCE", value_parser = sequence)]
        sequence: Sequence,
        /// In the tree of so many entries; that of the newest checkpoint if absent.
        #[arg(long, value_name = "N", value_parser = length)]
        size: Option<Length>,
    },
    /// That the log begins with a shorter one.
    #[command(after_help = "Example:\n  ledger proof consistency 259 --json")]
    Consistency {
        /// How many entries the shorter one has.
        #[arg(value_name = "OLD", value_parser = length)]
        old: Length,
        /// In the tree of so many entries; that of the newest checkpoint if absent.
        #[arg(long, value_name = "N", value_parser = length)]
        size: Option<Length>,
    },
}

fn length(text: &str) -> Result<Length, String> {
    match text.parse() {
        Ok(length) if length <= Sequence::MAX => Ok(Length(length)),
        _ => Err(format!("'{text}' is no number of entries, such as 259")),
    }
}

fn sequence(text: &str) -> Result<Sequence, String> {
    match text.parse() {
        Ok(sequence) if sequence <= Sequence::MAX => Ok(Sequence::new(sequence)),
        _ => Err(format!("'{text}' is no entry: a sequence number of at most 16 digits expected")),
    }
}
