//! Documents in commands: where a commitment is due, a line may hold the text, a file or one stored before.
//!
//! [`settle`] finds each such place and puts the commitment there. Left out: storing, which differs between a
//! single command, a file that can be resumed, and a dry run.

use std::path::Path;

use ledger_core::Ledger;
use ledger_core::assessment::codes::{Document, MediaType};
use ledger_core::log::CommandId;
use ledger_core::store::{Document as Held, MAX_DOCUMENT_BYTES, Vault};
use ledger_core::values::{Hash, Timestamp};
use serde_json::Value;

use crate::exit::Failure;

/// A document's content, read and ready to store.
#[derive(Debug, PartialEq, Eq)]
pub struct Content {
    /// The exact bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub media_type: MediaType,
}

impl Content {
    /// What the document is for, for the secret it is stored under: never the same for two different documents.
    pub fn label(&self, id: CommandId, pointer: &str) -> Vec<u8> {
        let mut label = format!("{id} {pointer} {} ", self.media_type).into_bytes();
        label.extend(Hash::of(&self.bytes).as_bytes());
        label
    }
}

/// Stores a document and returns what entries cite. The pointer says where in the command it stands.
pub type Keep<'a> = &'a mut dyn FnMut(&str, Content) -> Result<Document, Failure>;

/// Puts a commitment wherever `value` holds `{"text":…}`, `{"file":…}` or `{"stored":…}`. Paths are relative to
/// `base`.
pub fn settle(value: &mut Value, base: &Path, vault: &dyn Vault, keep: Keep<'_>) -> Result<(), Failure> {
    visit(value, &mut String::new(), &mut |pointer, source| match source {
        Source::Stored(commitment) => stored(vault, commitment),
        Source::Text(text, media_type) => {
            let media_type = media_type.map_or_else(|| plain("text/plain"), |given| Ok(given.parse()?))?;
            keep(pointer, Content { bytes: text.as_bytes().to_vec(), media_type })
        }
        Source::File(path, media_type) => keep(pointer, read(&base.join(path), media_type)?),
    })
}

/// Whether `value` holds a document that is not yet stored.
pub fn has_unstored(value: &Value) -> bool {
    match value {
        Value::Object(fields) => Source::of(value).is_some() || fields.values().any(has_unstored),
        Value::Array(items) => items.iter().any(has_unstored),
        _ => false,
    }
}

enum Source<'a> {
    Text(&'a str, Option<&'a str>),
    File(&'a str, Option<&'a str>),
    Stored(&'a str),
}

impl Source<'_> {
    /// A command's own field named `text` holds an object or stands beside other fields, so it is never taken
    /// for a document.
    fn of(value: &Value) -> Option<Source<'_>> {
        let fields = value.as_object()?;
        let media_type = fields.get("media_type").and_then(Value::as_str);
        if fields.len() != 1 + usize::from(media_type.is_some()) {
            return None;
        }
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        text("text")
            .map(|text| Source::Text(text, media_type))
            .or_else(|| text("file").map(|path| Source::File(path, media_type)))
            .or_else(|| text("stored").map(Source::Stored))
    }
}

type Settle<'a> = &'a mut dyn FnMut(&str, Source<'_>) -> Result<Document, Failure>;

fn visit(value: &mut Value, pointer: &mut String, settle: Settle<'_>) -> Result<(), Failure> {
    if let Some(source) = Source::of(value) {
        let document = settle(pointer, source)?;
        *value = serde_json::to_value(document).map_err(|error| Failure::Malformed(error.to_string()))?;
        return Ok(());
    }
    let length = pointer.len();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                pointer.push('/');
                pointer.push_str(name);
                visit(field, pointer, settle)?;
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                pointer.push_str(&format!("/{at}"));
                visit(item, pointer, settle)?;
                pointer.truncate(length);
            }
        }
        _ => {}
    }
    Ok(())
}

fn stored(vault: &dyn Vault, commitment: &str) -> Result<Document, Failure> {
    let commitment: Hash = commitment.parse()?;
    match vault.get(&commitment)? {
        Held::Found { content, media_type } => {
            Ok(Document { commitment, bytes: content.len() as u64, media_type: media_type.parse()? })
        }
        Held::Erased => Err(Failure::Malformed(format!("document {commitment} was erased: cite another"))),
        Held::Unknown => Err(Failure::Malformed(format!(
            "document {commitment} is not in the vault: store it first with `ledger document add`"
        ))),
    }
}

fn plain(media_type: &str) -> Result<MediaType, Failure> {
    Ok(media_type.parse()?)
}

/// Reads a file to be stored. Its media type is told from its name unless given.
pub fn read(path: &Path, media_type: Option<&str>) -> Result<Content, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::Malformed(format!("document '{}' cannot be read ({error}): check the path", path.display()))
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_DOCUMENT_BYTES as u64 {
        return Err(Failure::Malformed(format!(
            "document '{}' has {length} bytes; at most {MAX_DOCUMENT_BYTES} fit: split it",
            path.display()
        )));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let media_type = media_type.unwrap_or_else(|| told_from(path));
    Ok(Content { bytes, media_type: media_type.parse()? })
}

fn told_from(path: &Path) -> &'static str {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("txt") => "text/plain",
        Some("md") => "text/markdown",
        Some("csv") => "text/csv",
        Some("html") => "text/html",
        Some("json") => "application/json",
        Some("pdf") => "application/pdf",
        Some("docx") => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        _ => "application/octet-stream",
    }
}

/// Stores content in a ledger's vault; durable with the entry that cites it.
pub fn store(
    ledger: &Ledger,
    id: CommandId,
    pointer: &str,
    content: &Content,
    at: Timestamp,
) -> Result<Document, Failure> {
    Ok(ledger.add_document(&content.bytes, &content.media_type, &content.label(id, pointer), at)?)
}

#[cfg(test)]
mod tests {
    use ledger_core::store::MemoryVault;
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_documents_and_nothing_else() {
        let mut value = json!({
            "reason": { "text": "why" },
            "priorities": [{ "id": "waits", "text": { "text": "shorter", "media_type": "text/markdown" } }],
            "name": { "first": "text" },
        });
        assert!(has_unstored(&value));
        let mut found = Vec::new();
        let mut keep = |pointer: &str, content: Content| {
            found.push((pointer.to_owned(), content.media_type.to_string()));
            let bytes = content.bytes.len() as u64;
            Ok(Document { commitment: Hash::ZERO, bytes, media_type: content.media_type })
        };
        settle(&mut value, Path::new("."), &MemoryVault::default(), &mut keep).expect("settled");
        found.sort();
        assert_eq!(
            found,
            [
                ("/priorities/0/text".to_owned(), "text/markdown".to_owned()),
                ("/reason".to_owned(), "text/plain".to_owned()),
            ]
        );
        assert!(!has_unstored(&value));
        assert_eq!(value["reason"]["bytes"], 3);
    }
}
