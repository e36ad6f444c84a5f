//! `document add` and `document show`: the vault, on its own.

use ledger_core::environment::Random;
use ledger_core::store::Document;
use ledger_core::values::Hash;
use serde_json::json;

use super::{Reader, vault};
use crate::args::{Global, Words};
use crate::documents::{Content, read};
use crate::exit::Failure;
use crate::output::{Out, Table, mark};
use crate::session::Session;

/// Runs `ledger document add`: durable when its commitment is printed.
pub fn add(global: &Global, words: &Words, media_type: Option<&str>) -> Result<(), Failure> {
    let content = match words {
        Words::Text(text) => Content {
            bytes: text.as_bytes().to_vec(),
            media_type: media_type.unwrap_or("text/plain").parse()?,
        },
        Words::File(path) => read(path, media_type)?,
        Words::Stored(commitment) => {
            return Err(Failure::Usage(format!(
                "document {commitment} is to be stored again: give text or @FILE"
            )));
        }
    };
    let session = Session::open(global)?;
    let mut label = ledger_core::environment::SystemRandom.secret(b"").to_vec();
    if global.random_seed.is_some() {
        label = content.label(session.new_id(session.now(), &content.bytes), "document add");
    }
    let document = session.ledger.add_document(&content.bytes, &content.media_type, &label, session.now())?;
    session.ledger.vault().sync()?;
    let mut out = Out::stdout();
    mark(&mut out, session.founded(), global.json)?;
    if global.json {
        out.json(&json!(document))?;
    } else {
        let mut table = Table::pairs();
        table.pair("commitment", document.commitment);
        table.pair("bytes", document.bytes);
        table.pair("media type", &document.media_type);
        table.pair("cite it as", format!("stored:{}", document.commitment));
        out.table(&table)?;
    }
    out.flush()?;
    session.close()
}

/// Runs `ledger document show`: the exact content.
pub fn show(global: &Global, commitment: &Hash) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), true)?;
    match ledger_core::store::Vault::get(&*vault(&global.data)?, commitment)? {
        Document::Found { content, .. } => out.raw(&content)?,
        Document::Erased => {
            return Err(Failure::Usage(format!(
                "document {commitment} was erased: see which entry says so with `ledger log --type document.erased`"
            )));
        }
        Document::Unknown => {
            return Err(Failure::Usage(format!(
                "document {commitment} is not in the vault: check the commitment"
            )));
        }
    }
    out.flush()
}
