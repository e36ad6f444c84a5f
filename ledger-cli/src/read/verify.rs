//! `verify`: the log from its bytes and, if asked, every document it cites.
//!
//! What is wrong is printed finding by finding, and the first one is named again in the error. Left out: the checks
//! themselves (`replay`).

use replay::{DocumentVerification, Expectation, Finding, Verification, verify_documents};
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
    let expected: Option<Expectation> = match global.expect.as_slice() {
        [] => None,
        [one] => Some(one.parse()?),
        _ => return Err(Failure::Usage("verify takes one --expect N:HASH".to_owned())),
    };
    let reader = Reader::open(global)?;
    let mut log = with_progress("verifying", |tell| replay::verify(&reader.log, expected, tell))?;
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
    table.pair("results recomputed", thousands(found.log.recomputed));
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

/// A finding with the entry it is about.
fn placed(finding: &Finding) -> String {
    let place = finding.sequence.map_or("the log".to_owned(), |sequence| format!("entry {sequence}"));
    format!("{place}: {}", finding.what)
}
