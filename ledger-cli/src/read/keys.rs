//! The keys that a log introduced, and the newest checkpoint held against them and the log.

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::Subject;
use ledger_core::log::VerifierKey;
use ledger_core::values::Sequence;
use ledger_core::{SignedCheckpoint, TreeError, TreeReader, newest_checkpoint};
use serde::Serialize;

use super::{Reader, with_progress};
use crate::args::Global;
use crate::exit::Failure;

/// A key, and when it signed.
#[derive(Debug, Clone, Serialize)]
pub struct KeyOnRecord {
    /// The key.
    pub key: VerifierKey,
    /// The entry that introduced it.
    pub introduced: Sequence,
    /// The entry that retired it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retired: Option<Sequence>,
}

/// Every key of a ledger, oldest first.
#[derive(Debug, Clone)]
pub struct Keys(pub Vec<KeyOnRecord>);

impl Keys {
    /// Reads the ledger's own history. Cost: a page for each entry of it, once the index is up to date.
    pub fn read(reader: &Reader) -> Result<Self, Failure> {
        let length = reader.log.head().length;
        let index = with_progress("reading", |tell| reader.log.index(tell))?;
        let mut keys: Vec<KeyOnRecord> = Vec::new();
        for recorded in reader.log.events_at(&index.of(&Subject::ledger(), length))? {
            match recorded.event {
                Event::KeyIntroduced(event) => {
                    keys.push(KeyOnRecord { key: event.key, introduced: recorded.sequence, retired: None });
                }
                Event::KeyRetired(event) => {
                    let retired = keys.iter_mut().find(|known| known.key == event.key);
                    retired.into_iter().for_each(|known| known.retired = Some(recorded.sequence));
                }
                _ => {}
            }
        }
        Ok(Keys(keys))
    }

    /// The key that signs.
    pub fn in_force(&self) -> Option<&VerifierKey> {
        self.0.last().map(|known| &known.key)
    }

    /// All of them.
    pub fn all(&self) -> Vec<VerifierKey> {
        self.0.iter().map(|known| known.key.clone()).collect()
    }
}

/// The tree of the ledger that the options name, held against its newest checkpoint.
pub fn tree(global: &Global, reader: &Reader, newest: &SignedCheckpoint) -> Result<TreeReader, TreeError> {
    with_progress("hashing", |tell| {
        TreeReader::open_with(reader.log.store(), Some(&global.data), Some(&newest.checkpoint), tell)
    })
}

/// The newest checkpoint of the ledger that the options name, and the tree it was found to be of.
pub fn checkpoint(global: &Global, reader: &Reader) -> Result<(SignedCheckpoint, TreeReader), Failure> {
    let keys = Keys::read(reader)?;
    let Some(newest) = newest_checkpoint(&global.data)? else {
        let remedy = match keys.in_force() {
            None => "it has no key; introduce one with `ledger key rotate`",
            Some(_) => "its key is not here; bring it with `ledger key install`",
        };
        return Err(Failure::Unusable(format!("{} has signed nothing: {remedy}", global.data.display())));
    };
    let differs =
        |what: String| Failure::Check(format!("{}: {what}", global.data.join("checkpoint").display()));
    newest.is_by(reader.log.founded().origin.as_str(), &keys.all()).map_err(differs)?;
    let tree = tree(global, reader, &newest);
    Ok((newest, tree.map_err(|error| differs(error.to_string()))?))
}
