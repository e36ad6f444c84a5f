//! `document`: what can be destroyed while the log keeps verifying.

use clap::{Args, Subcommand};
use ledger_core::assessment::codes::Code;
use ledger_core::values::Hash;
use serde::Serialize;

use super::values::{EntryName, Words};
use super::{Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// `ledger document`.
#[derive(Debug, Subcommand)]
pub enum Document {
    /// Store a document and print its commitment, by which commands cite it.
    #[command(after_help = "Example:\n  ledger document add @policy.pdf --media-type application/pdf")]
    Add {
        /// The document: text, or @FILE.
        document: Words,
        /// Its media type; told from the file's name if absent.
        #[arg(long, value_name = "TYPE")]
        media_type: Option<String>,
    },
    /// Print a document's content.
    #[command(after_help = "Example:\n  ledger document show COMMITMENT > policy.pdf")]
    Show {
        /// The document's commitment.
        commitment: Hash,
    },
    /// Destroy a document's content for ever; the log keeps verifying.
    #[command(
        after_help = "The secret of the document is destroyed: nobody who has this directory can then read the content, or \
confirm a guess of it. The entry that says so has the day and the legal basis; every rating, proof and certificate goes \
on to verify.\n\n\
WARNING: the promise does not reach what left the directory before. Erase the document there too: in backups of the key \
store (`ledger backup --keys`), in exports with documents, in certificates with documents, and wherever its content was \
handed out.\n\n\
Example:\n  ledger document erase QE1 COMMITMENT --cited-by 44 --legal-basis uk-gdpr-article-17 --actor operator-1"
    )]
    Erase(EraseDocument),
}

/// `ledger document erase`.
#[derive(Debug, Args, Serialize)]
pub struct EraseDocument {
    /// The subject of the entry that cites it.
    #[serde(skip)]
    subject: String,
    /// The document's commitment.
    commitment: Hash,
    /// An entry that cites it.
    #[arg(long, value_name = "ENTRY")]
    cited_by: EntryName,
    /// The legal basis, such as uk-gdpr-article-17.
    #[arg(long, value_name = "CODE")]
    legal_basis: Option<Code>,
}

impl Document {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Document::Add { document, media_type } => Ok(Ready::AddDocument(document, media_type)),
            Document::Show { commitment } => Ok(Ready::ShowDocument(commitment)),
            Document::Erase(args) => {
                write(Wanted::new("document.erase", On::Named(args.subject.clone()), &args))
            }
        }
    }
}
