//! `key`: showing, rotating and bringing back what checkpoints are signed with.
//!
//! A new key is durable here before the log introduces it; the ledger's notary takes it from there. Left out: who signs
//! when (`ledger-core`).

use std::path::Path;

use ledger_core::log::{Algorithm, SigningKey, VerifierKey};
use ledger_core::store::{KeyFiles, read_key};
use ledger_core::{SignedCheckpoint, install_key, keep_known, newest_checkpoint};
use serde_json::json;

use crate::args::{Global, Key, Known};
use crate::exit::Failure;
use crate::output::{self, Out, Table, or_dash};
use crate::read::keys::Keys;
use crate::read::{Reader, with_progress};
use crate::session::Session;
use crate::wanted::{On, Wanted};

/// Runs `ledger key`.
pub fn key(global: &Global, key: &Key) -> Result<(), Failure> {
    match key {
        Key::Show => show(global),
        Key::Rotate { known } => rotate(global, known),
        Key::Install { file, known } => install(global, file, known),
    }
}

fn show(global: &Global) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let keys = Keys::read(&reader)?;
    let Some(in_force) = keys.in_force() else {
        return Err(Failure::Unusable(
            "this ledger signs nothing: introduce a key with `ledger key rotate`".to_owned(),
        ));
    };
    let here = KeyFiles::of(&global.data).current().unwrap_or_else(|error| {
        // What the log says is worth showing all the same.
        eprintln!("{error}");
        None
    });
    let is_here = here.is_some_and(|here| here.verifier() == in_force);
    let mut out = reader.out()?;
    if reader.json {
        out.json(&json!({ "key": in_force, "here": is_here, "keys": keys.0 }))?;
        return out.flush();
    }
    let mut table = Table::new(&["key id", "introduced by", "retired by", "signs"]);
    for known in &keys.0 {
        let signs = match &known.key == in_force {
            true if is_here => "here",
            true => "its file is not here: see `ledger key install`",
            false => "no more",
        };
        table.row([id(&known.key), known.introduced.to_string(), or_dash(known.retired), signs.to_owned()]);
    }
    out.table(&table)?;
    out.line(in_force.to_string())?;
    out.flush()
}

/// What signatures name a key by.
fn id(key: &VerifierKey) -> String {
    key.id().map(|byte| format!("{byte:02x}")).concat()
}

fn rotate(global: &Global, known: &Known) -> Result<(), Failure> {
    may_rotate(global, known)?;
    let session = Session::open(global)?;
    let origin = session.founded().origin.clone();
    let label = format!("signing key {}", session.ledger.head().length);
    let secret = session.secret(label.as_bytes());
    let key = SigningKey::new(origin.as_str(), Algorithm::Ed25519, &secret)?;
    let files = KeyFiles::of(&global.data);
    files.put_next(&key)?;
    let on = On::Named("ledger".to_owned());
    let submitted = session.submit(Wanted::new("key.rotate", on, &json!({ "key": key.verifier() }))?);
    if matches!(submitted, Err(Failure::Rejected { .. } | Failure::Usage(_))) {
        files.drop_next()?;
    }
    let (receipt, _) = submitted?;
    let founded = session.founded().clone();
    // The first checkpoint that the new key signs is durable once this returns.
    session.close()?;
    let mut out = Out::stdout();
    output::mark(&mut out, &founded, global.json)?;
    let introduced = receipt.entries.first().map(|entry| entry.sequence);
    if global.json {
        out.json(&json!({ "key": key.verifier(), "introduced": introduced }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("introduced by", or_dash(introduced));
        table.pair("key file", files.path().display());
        out.table(&table)?;
        out.line(key.verifier().to_string())?;
    }
    out.flush()
}

/// A new key must not sign what nobody compared: where the old one is not here, and nothing says what it signed last,
/// that has to be stated.
fn may_rotate(global: &Global, known: &Known) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let keys = Keys::read(&reader)?;
    if keys.in_force().is_none() {
        return Ok(());
    }
    if let Some(known) = read_known(known)? {
        let origin = reader.log.founded().origin.as_str();
        with_progress("hashing", |tell| {
            keep_known(&global.data, reader.log.store(), &known, origin, &keys.all(), tell)
        })?;
        return Ok(());
    }
    let is_here = KeyFiles::of(&global.data).current()?.is_some();
    if is_here || known.none_known || newest_checkpoint(&global.data)?.is_some() {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "neither the key nor a checkpoint is in {}, so nothing says what was signed last: name the newest checkpoint \
         that anybody keeps with --checkpoint FILE, or say that nobody does with --none-known",
        global.data.display()
    )))
}

fn read_known(known: &Known) -> Result<Option<SignedCheckpoint>, Failure> {
    let Some(file) = &known.checkpoint else { return Ok(None) };
    let text = std::fs::read_to_string(file).map_err(|error| Failure::unreadable(file, &error))?;
    let parsed = text.parse().map_err(|error| {
        Failure::Malformed(format!(
            "'{}' is no checkpoint ({error}): the signed note expected",
            file.display()
        ))
    });
    parsed.map(Some)
}

fn install(global: &Global, file: &Path, known: &Known) -> Result<(), Failure> {
    if known.checkpoint.is_none() && !known.none_known {
        return Err(Failure::Usage(
            "what was signed last? name the newest checkpoint that anybody keeps with --checkpoint FILE, or say that \
             nobody does with --none-known"
                .to_owned(),
        ));
    }
    let known = read_known(known)?;
    let key = read_key(file)?;
    let key = key.ok_or_else(|| Failure::unreadable(file, &std::io::ErrorKind::NotFound.into()))?;
    let reader = Reader::open(global)?;
    // A restored copy is let go on first.
    reader.log.store().ready()?;
    let keys = Keys::read(&reader)?;
    if keys.in_force() != Some(key.verifier()) {
        return Err(Failure::Unusable(format!(
            "'{}' holds {}, and the log says {}: bring that one, or introduce another with `ledger key rotate`",
            file.display(),
            key.verifier(),
            or_dash(keys.in_force())
        )));
    }
    let newest = with_progress("hashing", |tell| {
        install_key(&global.data, reader.log.store(), &key, known.as_ref(), &keys.all(), tell)
    })?;
    let mut out = reader.out()?;
    if reader.json {
        out.json(&json!({ "key": key.verifier(), "checkpoint": newest.to_string() }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("key file", KeyFiles::of(&global.data).path().display());
        table.pair("compared with a checkpoint of", newest.checkpoint.size);
        out.table(&table)?;
        out.line(key.verifier().to_string())?;
    }
    out.flush()
}
