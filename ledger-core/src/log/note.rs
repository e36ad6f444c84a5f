//! Signed notes, and the keys that sign and verify them, as C2SP signed-note and tlog-cosignature spell them.
//!
//! A note is text and signatures under it. The ledger signs its checkpoints with Ed25519; a witness cosigns with a
//! time. Whoever verifies says which keys they trust: a signature by any other key shows nothing and hinders nothing.
//! Left out: what the text says (`checkpoint.rs`), and where keys lie.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};

use crate::values::{Malformed, from_base64, shown, spelled_as_text};

/// Bytes that a note may have.
pub const MAX_NOTE_BYTES: usize = 1 << 16;
/// Signatures that a note may have.
pub const MAX_SIGNATURES: usize = 64;
const PRIVATE: &str = "PRIVATE+KEY+";
const SIGNATURE_BYTES: usize = 64;
const TIME_BYTES: usize = 8;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Ed25519 over the text: how a log signs.
    Ed25519,
    /// Ed25519 over a time and the text: how a witness cosigns (cosignature/v1).
    Cosignature,
}

impl Algorithm {
    fn byte(self) -> u8 {
        match self {
            Algorithm::Ed25519 => 1,
            Algorithm::Cosignature => 4,
        }
    }

    fn of(byte: u8) -> Option<Self> {
        [Algorithm::Ed25519, Algorithm::Cosignature].into_iter().find(|known| known.byte() == byte)
    }
}

/// The public half of a key: `NAME+ID+BASE64`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifierKey {
    name: String,
    algorithm: Algorithm,
    public: [u8; 32],
}

impl VerifierKey {
    /// Whose key it is: for a ledger its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// What signatures name it by: the beginning of SHA-256 over name, line feed, algorithm and public key.
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', self.algorithm.byte()])
            .chain_update(self.public)
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// Checks a signature over `text`. Returns the time a witness states, in seconds since 1970; none for a log's key.
    /// Cost: 50 us.
    pub fn verify(&self, text: &str, signature: &NoteSignature) -> Result<Option<u64>, NoteError> {
        let wrong = || NoteError::Signature { name: self.name.clone() };
        if signature.name != self.name || signature.id != self.id() {
            return Err(wrong());
        }
        let (time, bytes) = match self.algorithm {
            Algorithm::Ed25519 => (None, &signature.bytes[..]),
            Algorithm::Cosignature => {
                let (time, bytes) = signature.bytes.split_first_chunk::<TIME_BYTES>().ok_or_else(wrong)?;
                (Some(u64::from_be_bytes(*time)), bytes)
            }
        };
        let signed = Signature::from_slice(bytes).map_err(|_| wrong())?;
        let public = ed25519_dalek::VerifyingKey::from_bytes(&self.public).map_err(|_| wrong())?;
        let message = time.map_or(text.to_owned(), |time| cosigned(time, text));
        public.verify_strict(message.as_bytes(), &signed).map_err(|_| wrong())?;
        Ok(time)
    }
}

/// What a witness signs of a text.
fn cosigned(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

fn check_name(name: &str) -> Result<(), Malformed> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.len() > 255 || name.chars().any(odd) {
        return Err(Malformed(format!(
            "'{}' cannot name a key: 1 to 255 bytes without spaces and plus signs expected",
            shown(name)
        )));
    }
    Ok(())
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.algorithm.byte()], &self.public[..]].concat();
        write!(f, "{}+{}+{}", self.name, HEXLOWER.encode(&self.id()), BASE64.encode(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The parts of `NAME+ID+BASE64`: name, id, algorithm, 32 bytes.
fn key_parts(text: &str) -> Option<(&str, [u8; 4], Algorithm, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let id = HEXLOWER.decode(id.as_bytes()).ok()?.try_into().ok()?;
    let key = from_base64(key)?;
    let (algorithm, bytes) = key.split_first()?;
    Some((name, id, Algorithm::of(*algorithm)?, bytes.try_into().ok()?))
}

impl FromStr for VerifierKey {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wrong = |what: &str| Malformed(format!("'{}' is not a verifier key: {what}", shown(text)));
        let parts = key_parts(text).ok_or_else(|| {
            wrong("NAME+ID+KEY expected, with an Ed25519 key of a log (01) or a witness (04) in Base64")
        })?;
        let (name, id, algorithm, public) = parts;
        check_name(name)?;
        let key = VerifierKey { name: name.to_owned(), algorithm, public };
        if key.id() != id {
            return Err(wrong("its id does not follow from name and key, so a part is mistyped"));
        }
        ed25519_dalek::VerifyingKey::from_bytes(&public)
            .map_err(|_| wrong("its 32 bytes are no Ed25519 public key"))?;
        Ok(key)
    }
}

spelled_as_text!(
    VerifierKey,
    "VerifierKey",
    "^[^+\\s]+\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}$",
    "Key that verifies signed notes: name, id and algorithm with public key"
);

/// The secret half of a key. Its bytes are wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl SigningKey {
    /// The key that 32 secret bytes give.
    pub fn new(name: &str, algorithm: Algorithm, seed: &[u8; 32]) -> Result<Self, Malformed> {
        check_name(name)?;
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = secret.verifying_key().to_bytes();
        Ok(SigningKey { secret, verifier: VerifierKey { name: name.to_owned(), algorithm, public } })
    }

    /// From what [`SigningKey::to_secret_text`] wrote. The message of a failure does not repeat it.
    pub fn from_secret_text(text: &str) -> Result<Self, Malformed> {
        let wrong = || {
            Malformed(
                "this is not a signing key: PRIVATE+KEY+NAME+ID+KEY and a line feed expected".to_owned(),
            )
        };
        let line = text.strip_suffix('\n').ok_or_else(wrong)?;
        let parts = line.strip_prefix(PRIVATE).and_then(key_parts).ok_or_else(wrong)?;
        let (name, id, algorithm, seed) = parts;
        let key = SigningKey::new(name, algorithm, &seed)?;
        if key.verifier.id() == id { Ok(key) } else { Err(wrong()) }
    }

    /// The key as it is kept: whoever reads it can sign.
    pub fn to_secret_text(&self) -> String {
        let VerifierKey { name, algorithm, .. } = &self.verifier;
        let key = [&[algorithm.byte()], &self.secret.to_bytes()[..]].concat();
        format!("{PRIVATE}{name}+{}+{}\n", HEXLOWER.encode(&self.verifier.id()), BASE64.encode(&key))
    }

    /// The half that verifies.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs a text, as a log does. Cost: 20 us. Equal texts get equal signatures.
    pub fn sign(&self, text: &str) -> NoteSignature {
        self.signature(self.secret.sign(text.as_bytes()).to_bytes().to_vec())
    }

    /// Signs a text and a time in seconds since 1970, as a witness does.
    pub fn cosign(&self, text: &str, time: u64) -> NoteSignature {
        let signed = self.secret.sign(cosigned(time, text).as_bytes());
        self.signature([&time.to_be_bytes(), &signed.to_bytes()[..]].concat())
    }

    fn signature(&self, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature { name: self.verifier.name.clone(), id: self.verifier.id(), bytes }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the signing key of {:?}", self.verifier)
    }
}

/// A signature under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Whose it says it is.
    pub name: String,
    /// Id of the key.
    pub id: [u8; 4],
    /// What the key's algorithm makes: 64 bytes, for a witness a time of 8 before them. Other algorithms have others.
    pub bytes: Vec<u8>,
}

impl NoteSignature {
    /// Whether it says that it is by `key`. That is not checked here.
    pub fn is_by(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.id == key.id()
    }
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\u{2014} {} {}", self.name, BASE64.encode(&[&self.id, &self.bytes[..]].concat()))
    }
}

impl FromStr for NoteSignature {
    type Err = Malformed;

    /// A line without its line feed.
    fn from_str(line: &str) -> Result<Self, Malformed> {
        let wrong =
            || Malformed(format!("'{}' is not a signature: \u{2014} NAME BASE64 expected", shown(line)));
        let (name, signed) =
            line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or_else(wrong)?;
        check_name(name)?;
        let signed = from_base64(signed).ok_or_else(wrong)?;
        let (id, bytes) = signed.split_first_chunk::<4>().ok_or_else(wrong)?;
        if bytes.is_empty() || bytes.len() > TIME_BYTES + 64 * SIGNATURE_BYTES {
            return Err(wrong());
        }
        Ok(NoteSignature { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

/// Why a note is not what somebody signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note.
    #[error("not a signed note: {0}")]
    Malformed(String),
    /// No signature by a key that is trusted.
    #[error("no signature by {wanted}; it is signed by {found}")]
    NotSigned {
        /// The key looked for.
        wanted: String,
        /// Names and ids of the keys that signed.
        found: String,
    },
    /// A signature that names a key and is not by it.
    #[error("the signature that names {name} is not by that key")]
    Signature {
        /// Name of the key.
        name: String,
    },
}

/// Text and the signatures under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed: lines, each ended by a line feed.
    pub text: String,
    /// At least one, no two by one key.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// The first signature by `key`, checked. Returns the time a witness states.
    pub fn verify(&self, key: &VerifierKey) -> Result<Option<u64>, NoteError> {
        let id = key.id();
        let named = self.signatures.iter().find(|found| found.name == key.name && found.id == id);
        let signature = named.ok_or_else(|| NoteError::NotSigned {
            wanted: format!("{}+{}", key.name, HEXLOWER.encode(&id)),
            found: self.signed_by(),
        })?;
        key.verify(&self.text, signature)
    }

    fn signed_by(&self) -> String {
        let names = self.signatures.iter().map(|by| format!("{}+{}", by.name, HEXLOWER.encode(&by.id)));
        names.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        let wrong = |what: String| NoteError::Malformed(what);
        if note.len() > MAX_NOTE_BYTES {
            return Err(wrong(format!("it has {} bytes, and at most {MAX_NOTE_BYTES} are read", note.len())));
        }
        if let Some((at, odd)) = note.char_indices().find(|(_, c)| *c < ' ' && *c != '\n') {
            return Err(wrong(format!("byte {at} is the control character {odd:?}")));
        }
        let (text, signed) = note
            .rsplit_once("\n\n")
            .ok_or_else(|| wrong("no empty line before its signatures".to_owned()))?;
        let lines =
            signed.strip_suffix('\n').ok_or_else(|| wrong("its last line has no line feed".to_owned()))?;
        let mut signatures: Vec<NoteSignature> = Vec::new();
        for line in lines.split('\n') {
            let signature: NoteSignature = line.parse().map_err(|error: Malformed| wrong(error.0))?;
            let twice = |known: &NoteSignature| known.name == signature.name && known.id == signature.id;
            if signatures.iter().any(twice) {
                let id = HEXLOWER.encode(&signature.id);
                return Err(wrong(format!("it has two signatures by {}+{id}", signature.name)));
            }
            if signatures.len() >= MAX_SIGNATURES {
                return Err(wrong(format!("it has more than {MAX_SIGNATURES} signatures")));
            }
            signatures.push(signature);
        }
        Ok(Note { text: format!("{text}\n"), signatures })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str, algorithm: Algorithm, seed: u8) -> SigningKey {
        SigningKey::new(name, algorithm, &[seed; 32]).expect("a key")
    }

    #[test]
    fn a_note_is_verified_by_whom_one_trusts() {
        let (log, witness) =
            (key("log.example", Algorithm::Ed25519, 1), key("w.example", Algorithm::Cosignature, 2));
        let text = "log.example\n3\nhash\n".to_owned();
        let signatures = vec![log.sign(&text), witness.cosign(&text, 1_700_000_000)];
        let note = Note { text, signatures };
        let read: Note = note.to_string().parse().expect("a note");
        assert_eq!(read, note);
        assert_eq!(read.verify(log.verifier()), Ok(None));
        assert_eq!(read.verify(witness.verifier()), Ok(Some(1_700_000_000)));
        let other = key("log.example", Algorithm::Ed25519, 3);
        let not_signed = read.verify(other.verifier());
        assert!(matches!(not_signed, Err(NoteError::NotSigned { .. })), "{not_signed:?}");
        // The witness's key bytes under the log's algorithm make another key.
        let borrowed = key("w.example", Algorithm::Ed25519, 2);
        assert!(read.verify(borrowed.verifier()).is_err());
    }

    #[test]
    fn every_flipped_bit_of_text_or_signature_is_noticed() {
        let log = key("log.example", Algorithm::Ed25519, 1);
        let text = "log.example\n3\nhash\n".to_owned();
        let note = Note { signatures: vec![log.sign(&text)], text }.to_string();
        for at in 0..note.len() * 8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at / 8] ^= 1 << (at % 8);
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let verified = changed.parse::<Note>().and_then(|note| note.verify(log.verifier()));
            assert!(verified.is_err(), "bit {at}: {changed:?}");
        }
    }

    #[test]
    fn keys_have_one_spelling() {
        let log = key("log.example", Algorithm::Ed25519, 1);
        let spelled = log.verifier().to_string();
        assert_eq!(spelled.parse::<VerifierKey>().as_ref(), Ok(log.verifier()));
        let secret = log.to_secret_text();
        let again = SigningKey::from_secret_text(&secret).expect("the key");
        assert_eq!(again.sign("x\n"), log.sign("x\n"));
        assert!(!format!("{log:?}").contains(secret.trim_end()));
        for at in 0..spelled.len() {
            let mut bytes = spelled.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8(bytes).expect("ASCII");
            assert!(changed.parse::<VerifierKey>().is_err(), "{changed}");
        }
        for wrong in ["", "a+b", "log.example+00000000+AQ==", &spelled[..spelled.len() - 4]] {
            assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
        }
        for wrong in ["", &spelled, secret.trim_end(), &secret[..20]] {
            assert!(SigningKey::from_secret_text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let log = key("log.example", Algorithm::Ed25519, 1);
        let signature = log.sign("x\n");
        let wrong = [
            "x\n".to_owned(),
            "x\n\n".to_owned(),
            format!("x\n\n{signature}"),
            format!("x\n\n{signature}\n{signature}\n"),
            format!("x\n{signature}\n"),
            format!("x\r\n\n{signature}\n"),
            format!("x\n\n{signature}\n\n"),
            "x\n\n- log.example AAAA\n".to_owned(),
            format!("x\n\n{}\n", format!("{signature}").replace("log.example", "log example")),
            format!("{}\n\n{signature}\n", "x".repeat(MAX_NOTE_BYTES)),
        ];
        for note in wrong {
            assert!(note.parse::<Note>().is_err(), "{note:?}");
        }
    }
}
