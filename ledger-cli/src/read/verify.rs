//! `verify`: the log from its bytes, held against its newest checkpoint and others, and, if asked, every document it
//! cites.
//!
//! What is wrong is printed finding by finding, and the first one is named again in the error. Left out: the checks
//! themselves (`replay`).

use std::fs;
use std::path::Path;

use ledger_core::log::SignedCheckpoint;
use ledger_core::store::{CheckpointFileError, newest_checkpoint};
use replay::{
    CheckpointFound, DocumentVerification, Finding, Held, Verification, verify_bytes, verify_documents,
};
use serde::Serialize;

use super::{Reader, vault, with_progress};
use crate::args::{Global, VerifyArgs};
use crate::exit::Failure;
use crate::output::{Table, thousands};
use crate::progress::Progress;

/// What was found in the log, and in the documents if they were read.
#[derive(Serialize)]
struct Found {
    #[serde(flatten)]
    log: Verification,
    #[serde(skip_serializing_if = "Option::is_none")]
    documents: Option<DocumentVerification>,
}

/// Runs `ledger verify`.
pub fn verify(global: &Global, args: &VerifyArgs) -> Result<(), Failure> {
    let (held, unheld) = held(global, args)?;
    let reader = Reader::open(global)?;
    let verify = if args.without_rules { verify_bytes } else { replay::verify };
    let mut log = with_progress("verifying", |tell| verify(&reader.log, &held, tell))?;
    log.findings.extend(unheld);
    log.ok = log.findings.is_empty();
    // Documents are found by reading the log, so it must be sound first.
    let read_documents = args.documents && log.ok;
    let documents = read_documents.then(|| documents(global, &reader)).transpose()?;
    log.ok &= documents.as_ref().is_none_or(|documents| documents.findings.is_empty());
    let found = Found { log, documents };
    let mut out = reader.out()?;
    if reader.json {
        out.json(&found)?;
    } else {
        out.table(&table(&found, args.documents))?;
        for finding in found.findings() {
            out.line(placed(finding))?;
        }
    }
    out.flush()?;
    found.outcome()
}

/// What the log is held against; and the finding that it cannot be held against its own newest checkpoint.
fn held(global: &Global, args: &VerifyArgs) -> Result<(Held, Option<Finding>), Failure> {
    let head = match global.expect.as_slice() {
        [] => None,
        [one] => Some(one.parse()?),
        _ => return Err(Failure::Usage("verify takes one --expect N:HASH".to_owned())),
    };
    let mut checkpoints: Vec<_> = args.checkpoint.iter().map(|path| kept(path)).collect::<Result<_, _>>()?;
    let unheld = match newest_checkpoint(&global.data) {
        // What has signed once has a checkpoint from then on: without it nobody here notices a rollback.
        Ok(None) if global.data.join("key").exists() => Some(Finding {
            sequence: None,
            what: "the newest checkpoint is missing beside the key that signed it; hold the log against one kept \
                   elsewhere with --checkpoint, then bring it back with `ledger key install`"
                .to_owned(),
        }),
        Ok(newest) => {
            checkpoints.extend(newest);
            None
        }
        Err(error @ CheckpointFileError::Damaged { .. }) => {
            Some(Finding { sequence: None, what: error.to_string() })
        }
        Err(error) => return Err(Failure::Storage(error.to_string())),
    };
    Ok((Held { head, checkpoints, key: args.key.clone() }, unheld))
}

/// A checkpoint that somebody kept.
fn kept(path: &Path) -> Result<SignedCheckpoint, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::unreadable(path, &error))?;
    text.parse().map_err(|error| Failure::Malformed(format!("'{}': {error}", path.display())))
}

fn documents(global: &Global, reader: &Reader) -> Result<DocumentVerification, Failure> {
    let vault = vault(&global.data)?;
    let mut progress = Progress::new("reading documents");
    let found = verify_documents(&reader.log, &*vault, &mut |done, of| progress.tell(done, Some(of)))?;
    progress.end();
    Ok(found)
}

fn table(found: &Found, asked_for_documents: bool) -> Table {
    let mut table = Table::pairs();
    table.pair("verified", if found.log.ok { "clean" } else { "NOT CLEAN" });
    table.pair("entries", thousands(found.log.entries));
    table.pair("subjects", thousands(found.log.subjects));
    let recomputed =
        found.log.recomputed.map_or("not recomputed: no rules were applied".to_owned(), thousands);
    table.pair("results recomputed", recomputed);
    table.pair("attestations recomputed", thousands(found.log.attested));
    let documents = match &found.documents {
        Some(documents) => format!(
            "{} whole, {} erased, {} wrong",
            thousands(documents.whole),
            thousands(documents.erased),
            thousands(documents.findings.len() as u64)
        ),
        None if asked_for_documents => "not read, because the log is not clean".to_owned(),
        None => "not read: the log verifies without them (--documents reads them)".to_owned(),
    };
    table.pair("documents", documents);
    table.pair("head", found.log.head);
    table.pair("tree", format!("root {} at {}", found.log.tree.root, found.log.entries));
    if found.log.tree.checkpoints.is_empty() {
        table.pair("checkpoint", "none to hold the log against");
    }
    for checkpoint in &found.log.tree.checkpoints {
        table.pair("checkpoint", stated(checkpoint));
    }
    table
}

impl Found {
    fn findings(&self) -> impl Iterator<Item = &Finding> {
        let documents = self.documents.iter().flat_map(|documents| &documents.findings);
        self.log.findings.iter().chain(documents)
    }

    fn outcome(&self) -> Result<(), Failure> {
        if let Some(first) = self.log.findings.first() {
            let first = placed(first);
            return Err(Failure::Check(format!(
                "the log is not clean: {first}; compare with an export or backup"
            )));
        }
        match self.findings().next() {
            None => Ok(()),
            Some(first) => Err(Failure::Check(format!("the documents are not clean: {}", placed(first)))),
        }
    }
}

fn stated(checkpoint: &CheckpointFound) -> String {
    let signed_by: Vec<String> = checkpoint.signed_by.iter().map(ToString::to_string).collect();
    format!(
        "{} at {}, {}, signed by {}",
        checkpoint.root,
        checkpoint.size,
        if checkpoint.agrees { "as the log gives it" } else { "NOT WHAT THE LOG GIVES" },
        if signed_by.is_empty() { "NO KEY THAT MAY".to_owned() } else { signed_by.join(" and ") }
    )
}

/// A finding with the entry it is about.
fn placed(finding: &Finding) -> String {
    let place = finding.sequence.map_or("the log".to_owned(), |sequence| format!("entry {sequence}"));
    format!("{place}: {}", finding.what)
}
