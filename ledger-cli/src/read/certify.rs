//! `certify`: a rating with everything that shows it, as a file.

use std::path::Path;

use ledger_core::newest_checkpoint;
use ledger_core::store::{DiskVault, Revealed, VaultError};
use ledger_core::values::Hash;
use replay::{Certified, CertifyError, Question, certify as make};
use serde_json::json;

use super::{Reader, keys, with_progress};
use crate::args::{CertifyArgs, Global};
use crate::exit::Failure;
use crate::files::whole_file;
use crate::output::{Out, Table, mark, or_dash, thousands};

impl From<CertifyError> for Failure {
    fn from(error: CertifyError) -> Self {
        match error {
            CertifyError::Replay(error) => error.into(),
            CertifyError::Vault(error) => error.into(),
            CertifyError::Tree(_) => Failure::Storage(error.to_string()),
            CertifyError::Unknown { .. }
            | CertifyError::NotAttested { .. }
            | CertifyError::Newer { .. }
            | CertifyError::NoKey
            | CertifyError::DocumentMissing { .. } => Failure::Usage(error.to_string()),
            CertifyError::FalseAttestation { .. } | CertifyError::Refused(_) => {
                Failure::Check(error.to_string())
            }
        }
    }
}

/// Runs `ledger certify`.
pub fn certify(global: &Global, args: &CertifyArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let question = Question { subject, as_of, known_at };
    let signed = newest_checkpoint(&global.data).map_err(|error| Failure::Storage(error.to_string()))?;
    let signed = signed.ok_or_else(|| {
        Failure::Unusable(
            "nothing is signed here yet: see `ledger key show` and `ledger checkpoint`".to_owned(),
        )
    })?;
    let tree = keys::tree(global, &reader, &signed).map_err(CertifyError::Tree)?;
    let vault = if args.with_documents { Some(DiskVault::open(&global.data)?) } else { None };
    let reveal = vault.as_ref().map(|vault| |commitment: &Hash| vault.reveal(commitment));
    let reveal =
        reveal.as_ref().map(|reveal| -> &dyn Fn(&Hash) -> Result<Option<Revealed>, VaultError> { reveal });
    let (bytes, certified) =
        with_progress("reading", |tell| make(&reader.log, &tree, &signed, &question, reveal, tell))?;
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), global.json)?;
    if args.with_documents {
        eprintln!(
            "WARNING: this certificate holds documents and their secrets; whoever has it can read them, also after they \
             are erased here: keep it as you keep the key store"
        );
    }
    whole_file(&args.output, args.with_documents, |file| file.write_all(&bytes).map_err(Failure::Output))?;
    report(&mut out, global.json, &args.output, bytes.len() as u64, &certified)
}

fn report(out: &mut Out, json: bool, file: &Path, bytes: u64, certified: &Certified) -> Result<(), Failure> {
    let Certified { header, checkpoint, answer, .. } = certified;
    if json {
        out.json(&json!({
            "file": file, "bytes": bytes, "subject": header.subject, "as_of": header.as_of,
            "known_at": header.known_at, "attestation": header.attestation, "rating": answer.rating,
            "percent": answer.percent, "entries": certified.entries, "streams": certified.streams,
            "documents": certified.documents,
            "checkpoint": { "size": checkpoint.size.0, "root": checkpoint.root.to_base64() },
        }))?;
        return out.flush();
    }
    let mut table = Table::pairs();
    table.pair("certificate", file.display());
    table.pair("subject", &header.subject);
    table.pair("rating", format!("{}, {} %", or_dash(answer.rating), or_dash(answer.percent)));
    table.pair("as of", header.as_of);
    table.pair("known at", header.known_at);
    table.pair("complete before", format!("entry {}, which attests it", header.attestation));
    table.pair("bytes", thousands(bytes));
    table.pair("entries", thousands(certified.entries as u64));
    table.pair("whole histories", thousands(certified.streams as u64));
    table.pair("documents", thousands(certified.documents as u64));
    table.pair("checkpoint", format!("{} entries, root {}", checkpoint.size, checkpoint.root.to_base64()));
    out.table(&table)?;
    out.flush()
}
