//! Checkpoints: what a ledger signs, in the form of C2SP tlog-checkpoint.
//!
//! Three lines - origin, size, root - and no extension lines. The text is the body of a signed note (`note.rs`). Left
//! out: when one is made, and where it is kept.

use std::fmt;
use std::str::FromStr;

use super::note::{Note, NoteError, SigningKey, VerifierKey};
use super::tree::TreeHash;
use crate::values::{Length, Malformed, Sequence, shown};

/// How long a log was, and the root of the tree over its entries then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the ledger's origin, and the name of the key that signs.
    pub origin: String,
    /// Number of entries.
    pub size: Length,
    /// Root of the tree over them.
    pub root: TreeHash,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size.0, self.root.to_base64())
    }
}

impl FromStr for Checkpoint {
    type Err = Malformed;

    /// The three lines in their one spelling, each ended by a line feed, and nothing else.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let lines: Vec<&str> = text.split('\n').collect();
        let [origin, size, root, ""] = lines[..] else {
            return Err(Malformed(format!(
                "a checkpoint has three lines, origin, size and root, and no extensions; this has {}",
                lines.len().saturating_sub(1)
            )));
        };
        if origin.is_empty() || origin.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(Malformed(format!("'{}' is not the origin of a log", shown(origin))));
        }
        Ok(Checkpoint { origin: origin.to_owned(), size: length(size)?, root: TreeHash::from_base64(root)? })
    }
}

/// A checkpoint and the note it is the text of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// Its text, and the signatures under it: of the ledger, and of witnesses.
    pub note: Note,
}

impl SignedCheckpoint {
    /// Signs with each of `keys`, in order. Cost: 20 us for each.
    pub fn signed(checkpoint: Checkpoint, keys: &[SigningKey]) -> Self {
        let text = checkpoint.to_string();
        let signatures = keys.iter().map(|key| key.sign(&text)).collect();
        SignedCheckpoint { checkpoint, note: Note { text, signatures } }
    }

    /// Whether it is of the ledger `origin` and one of `keys`, those that its log introduced, has signed it. If not, why,
    /// in words.
    pub fn is_by(&self, origin: &str, keys: &[VerifierKey]) -> Result<(), String> {
        if self.checkpoint.origin != origin {
            return Err(format!("it names {}, and this ledger is {origin}", self.checkpoint.origin));
        }
        if keys.iter().any(|key| self.note.verify(key).is_ok()) {
            return Ok(());
        }
        Err("no key that the log introduced has signed it".to_owned())
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

impl FromStr for SignedCheckpoint {
    type Err = NoteError;

    /// The whole note. No signature is verified.
    fn from_str(text: &str) -> Result<Self, NoteError> {
        let note: Note = text.parse()?;
        let checkpoint = note.text.parse().map_err(|error: Malformed| NoteError::Malformed(error.0))?;
        Ok(SignedCheckpoint { checkpoint, note })
    }
}

/// A number of entries: decimal digits without leading zeros.
fn length(text: &str) -> Result<Length, Malformed> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    match text.parse() {
        Ok(size) if plain && size <= Sequence::MAX => Ok(Length(size)),
        _ => Err(Malformed(format!("'{}' is not a number of entries", shown(text)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let root = TreeHash::empty_root();
        let text = format!("example.org/log\n20852163\n{}\n", root.to_base64());
        let read: Checkpoint = text.parse().expect("a checkpoint");
        assert_eq!((read.size, read.root, read.to_string()), (Length(20_852_163), root, text.clone()));
        let wrong = [
            text.replace("20852163", "020852163"),
            text.replace("20852163", "+1"),
            text.replace("20852163", ""),
            text.replace("20852163", "99999999999999999999"),
            text.replace("example.org/log", ""),
            text.replace("example.org/log", "two words"),
            format!("{text}an extension\n"),
            format!("{text}\n"),
            text.replace('\n', "\r\n"),
            text.trim_end().to_owned(),
            String::new(),
        ];
        for text in wrong {
            assert!(text.parse::<Checkpoint>().is_err(), "{text:?}");
        }
    }
}
