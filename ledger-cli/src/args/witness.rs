//! `witness`: who is asked to cosign checkpoints.

use clap::Subcommand;
use ledger_core::assessment::codes::Url;
use ledger_core::log::VerifierKey;
use serde_json::json;

use super::{Listing, Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// `ledger witness`.
#[derive(Debug, Subcommand)]
pub enum Witness {
    /// Ask a witness for its cosignatures from now on; one known already has moved to this address.
    #[command(
        after_help = "Example:\n  ledger witness add witness.example+da76602f+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx \
                      https://witness.example --actor operator-1"
    )]
    Add {
        /// Its verifier key, as it publishes it.
        key: VerifierKey,
        /// Where it takes checkpoints: the address before /add-checkpoint.
        url: Url,
    },
    /// Ask a witness no more.
    #[command(
        after_help = "Example:\n  ledger witness remove witness.example+da76602f+BG56HN0psLeP0Tr0xVmP7/TvKpcWbjym8uT7/M2AUFvx \
                      --actor operator-1"
    )]
    Remove {
        /// Its verifier key.
        key: VerifierKey,
    },
    /// The witnesses that are asked, and their keys.
    #[command(after_help = "Example:\n  ledger witness list")]
    List,
}

impl Witness {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let on = On::Named("ledger".to_owned());
        match self {
            Witness::Add { key, url } => {
                write(Wanted::new("witness.add", on, &json!({ "key": key, "url": url })))
            }
            Witness::Remove { key } => write(Wanted::new("witness.remove", on, &json!({ "key": key }))),
            Witness::List => Ok(Ready::List(Listing::Witnesses)),
        }
    }
}
