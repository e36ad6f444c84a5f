//! `key`: what checkpoints are signed with.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Ready;
use crate::exit::Failure;

/// `ledger key`.
#[derive(Debug, Clone, Subcommand)]
pub enum Key {
    /// The keys that the log introduced. The last line is the verifier key in force, alone.
    #[command(after_help = "Example:\n  ledger key show | tail -1 > ledger.vkey")]
    Show,
    /// Sign with a new key from now on; the first checkpoint after it is signed by both.
    #[command(
        after_help = "The new key is made here and introduced by an entry. The old one is overwritten: what it signed stays \
signed.\nWhere the old key was lost, first compare with what it signed last: name the newest checkpoint that anybody \
keeps, or say that nobody does.\n\n\
Examples:\n  ledger key rotate --actor operator-1\n  ledger key rotate --checkpoint newest.txt --actor operator-1"
    )]
    Rotate {
        /// What is known elsewhere.
        #[command(flatten)]
        known: Known,
    },
    /// Bring the key to a ledger that lacks it, such as a restored copy, once the log is compared with what was signed.
    #[command(
        after_help = "A restored copy may be a stale one: signed as it is, it would contradict what was signed elsewhere. So the log \
must contain the newest checkpoint that anybody keeps - a witness, an auditor, `ledger export --tiles`. With --none-known \
you say that nobody keeps any; whoever does will see the contradiction.\n\
The key is in no backup and no export: keep a copy of DIR/key where only its owner can read it.\n\n\
Examples:\n  ledger key install /mnt/safe/key --checkpoint newest.txt --data ./restored\n  \
ledger key install /mnt/safe/key --none-known --data ./restored"
    )]
    Install {
        /// The signing key, as it lay in DIR/key; readable by its owner alone.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// What is known elsewhere.
        #[command(flatten)]
        known: Known,
    },
}

/// What is known elsewhere of what a ledger signed last.
#[derive(Debug, Clone, Args)]
pub struct Known {
    /// The newest checkpoint that anybody keeps: the signed note.
    #[arg(long, value_name = "FILE", conflicts_with = "none_known")]
    pub checkpoint: Option<PathBuf>,
    /// Nobody keeps a checkpoint of this ledger.
    #[arg(long)]
    pub none_known: bool,
}

impl Key {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        Ok(Ready::Key(self))
    }
}
