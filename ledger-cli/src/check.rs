//! `check`: a certificate checked without a ledger, and what it shows.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ledger_core::log::Algorithm;
use replay::{CertificateError, Certified, Trust, check_certificate};
use serde_json::{Value, json};

use crate::args::{CheckArgs, Global};
use crate::exit::Failure;
use crate::output::{Out, Table, mark, or_dash, thousands};

/// Runs `ledger check`.
pub fn check(global: &Global, args: &CheckArgs) -> Result<(), Failure> {
    let trust = trust(args)?;
    let input: Box<dyn Read> = if args.file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(&args.file).map_err(|error| Failure::unreadable(&args.file, &error))?)
    };
    let certified = check_certificate(input, &trust).map_err(|error| match &error {
        CertificateError::Read { error, .. } => Failure::unreadable(&args.file, error),
        _ => Failure::Check(format!("the certificate is refused ({}): {error}", error.code())),
    })?;
    let mut out = Out::stdout();
    mark(&mut out, &certified.founded, global.json)?;
    if global.json {
        out.json(&told(&certified))?;
        return out.flush();
    }
    out.table(&table(&certified))?;
    if let Some(explanation) = &certified.explanation {
        out.line("")?;
        out.raw(explanation.text().as_bytes())?;
    }
    out.flush()
}

/// Whom the options trust.
fn trust(args: &CheckArgs) -> Result<Trust, Failure> {
    let unfit = |key: &str, what| Err(Failure::Usage(format!("{key} is no key of {what}")));
    if args.key.algorithm() != Algorithm::Ed25519 {
        return unfit(
            &args.key.to_string(),
            "a ledger, which has algorithm 01: give a witness with --witness",
        );
    }
    if let Some(key) = args.witness.iter().find(|key| key.algorithm() != Algorithm::Cosignature) {
        return unfit(&key.to_string(), "a witness, which has algorithm 04: give the ledger's with --key");
    }
    let named = args.witness.len();
    let quorum = args.quorum.unwrap_or(named);
    if named > 0 && !(1..=named).contains(&quorum) {
        return Err(Failure::Usage(format!("--quorum {quorum} of {named} witnesses: 1 to {named} expected")));
    }
    Ok(Trust { key: args.key.clone(), witnesses: args.witness.clone(), quorum })
}

fn told(certified: &Certified) -> Value {
    let Certified { header, checkpoint, .. } = certified;
    let cosigned = certified.cosigned.iter();
    json!({
        "checked": true, "origin": header.origin, "subject": header.subject, "as_of": header.as_of,
        "known_at": header.known_at, "known_time": certified.known_time,
        "attestation": header.attestation, "attested_time": certified.attested_time,
        "checkpoint": { "size": checkpoint.size.0, "root": checkpoint.root.to_base64() },
        "cosigned": cosigned.map(|(key, time)| json!({ "key": key, "time": time })).collect::<Vec<_>>(),
        "entries": certified.entries, "streams": certified.streams, "documents": certified.documents,
        "rating": certified.answer, "explanation": certified.explanation,
    })
}

fn table(certified: &Certified) -> Table {
    let Certified { header, checkpoint, answer, .. } = certified;
    let mut table = Table::pairs();
    table.pair("checked", "signature, proofs, completeness, documents, and the rating from its entries");
    table.pair("ledger", &header.origin);
    table.pair("subject", &header.subject);
    table.pair("rating", format!("{}, {} %", or_dash(answer.rating), or_dash(answer.percent)));
    table.pair("as of", header.as_of);
    table.pair("known at", format!("{} of {}", header.known_at, certified.known_time));
    let attested = format!("entry {}, which attests it, of {}", header.attestation, certified.attested_time);
    table.pair("complete before", attested);
    table.pair("checkpoint", format!("{} entries, root {}", checkpoint.size, checkpoint.root.to_base64()));
    for (witness, time) in &certified.cosigned {
        table.pair("cosigned by", format!("{} at {time} s since 1970", witness.name()));
    }
    table.pair("entries", thousands(certified.entries as u64));
    table.pair("whole histories", thousands(certified.streams as u64));
    table.pair("documents", thousands(certified.documents as u64));
    table
}
