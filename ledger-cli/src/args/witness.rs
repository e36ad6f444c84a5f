//! `witness`: who is asked to cosign checkpoints, and being one for other ledgers.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
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
    /// Be a witness: cosign what extends what was cosigned before, and nothing else.
    Serve(ServeArgs),
}

/// `ledger witness serve`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The directory is the witness: its key and what it cosigned. Keep it on a disk of its own, and never go \
on from an older copy: without its memory a witness could cosign a second history. Requests are HTTP without TLS: where \
a proxy adds it, the address before /add-checkpoint is what logs are told. A key of a log that was rotated is given \
beside the new one. Standard error has a line for each request.\n\n\
Example:\n  ledger witness serve --dir ./witness --listen 127.0.0.1:8080 --name witness.example \\\n    \
--log ledger.example/1+11bb1632+ATn/ZtpNZr1j7FNHHhvMIrzm/eHMIULfqVQaMi8hmiSu"
)]
pub struct ServeArgs {
    /// Directory of the witness; begun there if it is new or empty.
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
    /// Address and port.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Name in its key, fixed for ever: a host and path its keeper controls.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Verifier key of a log to watch; may be repeated.
    #[arg(long = "log", value_name = "KEY", required = true)]
    pub logs: Vec<VerifierKey>,
}

impl Witness {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let on = On::Named("ledger".to_owned());
        match self {
            Witness::Add { key, url } => {
                write(Wanted::new("witness.add", on, &json!({ "key": key, "url": url })))
            }
            Witness::Remove { key } => write(Wanted::new("witness.remove", on, &json!({ "key": key }))),
            Witness::Serve(args) => Ok(Ready::ServeWitness(args)),
            Witness::List => Ok(Ready::List(Listing::Witnesses)),
        }
    }
}
