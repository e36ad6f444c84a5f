//! What a log asks a witness and what the witness answers, as C2SP tlog-witness says it, and when a witness cosigns.
//!
//! A witness remembers of each log the newest checkpoint that it cosigned, and cosigns only what extends that. So a
//! log that shows two people two histories needs every witness they trust to help it. [`consider`] is the decision,
//! [`quorum`] how anyone counts cosignatures, [`with_cosignatures`] how a log keeps them. Of a checkpoint with
//! extension lines, which no ledger makes, nothing is taken. Left out: where the memory lies (`store/witness.rs`),
//! and HTTP (`ledger-cli/src/witness/`).

use std::fmt::{self, Display};
use std::str::FromStr;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::note::{Algorithm, MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, NoteSignature, VerifierKey};
use super::tree::{ProofError, TreeHash, verify_consistency};
use crate::values::{Length, Malformed, Sequence};

/// Hashes that a consistency proof may have.
pub const MAX_PROOF_HASHES: usize = 63;
/// Bytes that a request may have: the largest note, and before it a size, 63 hashes and line feeds.
pub const MAX_REQUEST_BYTES: usize = MAX_NOTE_BYTES + 32 + MAX_PROOF_HASHES * 45;
/// The type of an answer that is a size.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// The request to cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size that the witness cosigned last, as far as the log knows.
    pub old: Length,
    /// What shows that the checkpoint extends that: none from size 0.
    pub proof: Vec<TreeHash>,
    /// What is to be cosigned, signed by the log.
    pub signed: SignedCheckpoint,
}

impl AddCheckpoint {
    /// From a body as it was sent. Nothing is allocated before its length was found to be allowed.
    pub fn from_body(body: &[u8]) -> Result<Self, Malformed> {
        if body.len() > MAX_REQUEST_BYTES {
            return Err(Malformed(format!("the request has more than {MAX_REQUEST_BYTES} bytes")));
        }
        let text = std::str::from_utf8(body);
        text.map_err(|_| Malformed("the request is not UTF-8".to_owned()))?.parse()
    }
}

impl Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", hash.to_base64()))?;
        write!(f, "\n{}", self.signed)
    }
}

impl FromStr for AddCheckpoint {
    type Err = Malformed;

    fn from_str(body: &str) -> Result<Self, Malformed> {
        let wrong = |what: &str| Malformed(format!("the request is malformed: {what}"));
        let (before, note) = body
            .split_once("\n\n")
            .ok_or_else(|| wrong("`old SIZE`, a proof, an empty line and a checkpoint expected"))?;
        let mut lines = before.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = parse_size(old.ok_or_else(|| wrong("it does not begin with `old SIZE`"))?)?;
        let lines: Vec<&str> = lines.take(MAX_PROOF_HASHES + 1).collect();
        if lines.len() > MAX_PROOF_HASHES {
            return Err(wrong("more than 63 hashes before the empty line"));
        }
        let proof = lines.into_iter().map(TreeHash::from_base64).collect::<Result<_, _>>()?;
        let signed = note.parse().map_err(|error: NoteError| Malformed(error.to_string()))?;
        Ok(AddCheckpoint { old, proof, signed })
    }
}

/// A size as the protocol spells it: decimal digits without leading zeros. Two such numbers are never spelled alike.
fn parse_size(text: &str) -> Result<Length, Malformed> {
    let plain = text == "0" || !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(size) if plain && size <= Sequence::MAX => Ok(Length(size)),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(Malformed(format!("'{shown}' is not a size")))
        }
    }
}

/// What a witness files a log under: SHA-256 of its origin, 64 lower-case hexadecimal digits.
pub fn origin_hash(origin: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(origin.as_bytes()))
}

/// Why a witness does not cosign. Its memory is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a request of this protocol.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// The witness does not watch this log.
    #[error("this witness does not watch '{origin}'")]
    UnknownLog {
        /// The origin stated.
        origin: String,
    },
    /// No key that the witness has of this log signed.
    #[error("{0}")]
    NotSigned(NoteError),
    /// The older size is the larger one.
    #[error("the old size {old} is larger than the checkpoint's {size}")]
    OldIsLarger {
        /// The size stated as older.
        old: Length,
        /// The checkpoint's size.
        size: Length,
    },
    /// The proof begins at another size than the one cosigned last. Ask again from that.
    #[error("the newest checkpoint cosigned has {known} entries, not {old}")]
    OtherSize {
        /// The size stated.
        old: Length,
        /// The size cosigned last.
        known: Length,
    },
    /// The log signed two roots for one size: whoever holds both checkpoints can show it to anyone.
    #[error("the log has two roots at {size} entries: {known} was cosigned, and now {found} is shown")]
    TwoRoots {
        /// The size.
        size: Length,
        /// Root cosigned before.
        known: TreeHash,
        /// Root shown now.
        found: TreeHash,
    },
    /// The proof does not show that the checkpoint extends the one cosigned last.
    #[error("the checkpoint does not extend the one cosigned last: {0}")]
    Proof(ProofError),
}

impl Refusal {
    /// The protocol's number for it.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) | Refusal::OldIsLarger { .. } => 400,
            Refusal::NotSigned(_) => 403,
            Refusal::UnknownLog { .. } => 404,
            Refusal::OtherSize { .. } => 409,
            Refusal::TwoRoots { .. } | Refusal::Proof(_) => 422,
        }
    }

    /// For 409 the size cosigned last: the whole answer is that number and a line feed.
    pub fn known_size(&self) -> Option<Length> {
        match self {
            Refusal::OtherSize { known, .. } => Some(*known),
            _ => None,
        }
    }
}

/// Whether a witness that watches the log with these `keys` (one, and those it had before or will have) and cosigned
/// `known` last may cosign what is asked. Returns what to cosign and to remember durably before answering: the
/// checkpoint with the log's own signatures, those by other keys left out. Cost: a signature checked for each key, and
/// two hashes for each of the proof.
pub fn consider(
    known: Option<&Checkpoint>,
    keys: &[VerifierKey],
    request: &AddCheckpoint,
) -> Result<SignedCheckpoint, Refusal> {
    let AddCheckpoint { old, proof, signed: SignedCheckpoint { checkpoint, note } } = request;
    let Checkpoint { origin, size, root } = checkpoint;
    let signatures = signatures_of_log(origin, keys, note)?;
    if old > size {
        return Err(Refusal::OldIsLarger { old: *old, size: *size });
    }
    let known_size = known.map_or(Length(0), |known| known.size);
    if *old != known_size {
        return Err(Refusal::OtherSize { old: *old, known: known_size });
    }
    let known_root = known.map_or_else(TreeHash::empty_root, |known| known.root);
    if size == old && *root != known_root {
        return Err(Refusal::TwoRoots { size: *size, known: known_root, found: *root });
    }
    verify_consistency(*old, known_root, *size, *root, proof).map_err(Refusal::Proof)?;
    let note = Note { text: note.text.clone(), signatures };
    Ok(SignedCheckpoint { checkpoint: checkpoint.clone(), note })
}

/// The signatures by the log's keys: at least one, and none that names such a key and is not by it.
fn signatures_of_log(origin: &str, keys: &[VerifierKey], note: &Note) -> Result<Vec<NoteSignature>, Refusal> {
    let of_log = |key: &&VerifierKey| key.name() == origin && key.algorithm() == Algorithm::Ed25519;
    let (mut found, mut missing) = (Vec::new(), None);
    for key in keys.iter().filter(of_log) {
        match note.verify(key) {
            Ok(_) => found.extend(note.signatures.iter().find(|by| by.is_by(key)).cloned()),
            Err(error @ NoteError::NotSigned { .. }) => missing = Some(error),
            Err(error) => return Err(Refusal::NotSigned(error)),
        }
    }
    match missing {
        _ if !found.is_empty() => Ok(found),
        Some(error) => Err(Refusal::NotSigned(error)),
        None => Err(Refusal::UnknownLog { origin: origin.to_owned() }),
    }
}

/// The size that a refusing witness answered: the number and a line feed.
pub fn answered_size(body: &str) -> Result<Length, Malformed> {
    let digits = body.strip_suffix('\n').ok_or_else(|| Malformed("a size has no line feed".to_owned()))?;
    parse_size(digits)
}

/// The cosignature by `key` on `text` among the lines that a witness answered, checked, with the time it states in
/// seconds since 1970. Lines by other keys are passed over, as the protocol asks.
pub fn answered_cosignature(
    body: &str,
    text: &str,
    key: &VerifierKey,
) -> Result<(NoteSignature, u64), NoteError> {
    let answered: Note = format!("{text}\n{body}").parse()?;
    let time = cosigned_at(&answered, key)?;
    let found = answered.signatures.into_iter().find(|by| by.is_by(key));
    let missing = || NoteError::Signature { name: key.name().to_owned() };
    found.map(|signature| (signature, time)).ok_or_else(missing)
}

/// When a witness says it cosigned, in seconds since 1970.
fn cosigned_at(note: &Note, key: &VerifierKey) -> Result<u64, NoteError> {
    let no_witness = || NoteError::Malformed(format!("{key} is the key of a log, not of a witness"));
    note.verify(key)?.ok_or_else(no_witness)
}

/// A note and the cosignatures that came for it: the log's own signatures first, then one of each witness, the new one
/// in the place of an older. No more than [`MAX_SIGNATURES`] in all; later ones are left out.
pub fn with_cosignatures(note: &Note, cosignatures: &[NoteSignature]) -> Note {
    let same = |a: &NoteSignature, b: &NoteSignature| a.name == b.name && a.id == b.id;
    let replaced = |old: &&NoteSignature| !cosignatures.iter().any(|new| same(old, new));
    let mut signatures: Vec<NoteSignature> = note.signatures.iter().filter(replaced).cloned().collect();
    for new in cosignatures {
        if signatures.len() < MAX_SIGNATURES && !signatures.iter().any(|kept| same(kept, new)) {
            signatures.push(new.clone());
        }
    }
    Note { text: note.text.clone(), signatures }
}

/// Why a note is not cosigned as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// Fewer witnesses cosigned than asked for.
    #[error("cosigned by {found} of {of} witnesses, and {wanted} are asked for{}", each(.missing))]
    TooFew {
        /// How many were asked for.
        wanted: usize,
        /// How many cosigned.
        found: usize,
        /// How many witnesses were named.
        of: usize,
        /// Each of the others, and why it does not count.
        missing: Vec<NoteError>,
    },
    /// A signature names a witness and is not by it: whoever handed out the note has changed it.
    #[error("{error}")]
    Forged {
        /// The witness.
        witness: Box<VerifierKey>,
        /// What was found.
        error: NoteError,
    },
}

fn each(missing: &[NoteError]) -> String {
    missing.iter().map(|why| format!("; {why}")).collect()
}

/// The witnesses among `keys` that cosigned the note, each with the time it states in seconds since 1970, if they are
/// at least `wanted`. A key counts once, under whatever names it is given. Cost: a signature checked for each key.
pub fn quorum<'a>(
    note: &Note,
    keys: &'a [VerifierKey],
    wanted: usize,
) -> Result<Vec<(&'a VerifierKey, u64)>, QuorumError> {
    let (mut cosigned, mut missing): (Vec<(&VerifierKey, u64)>, _) = (Vec::new(), Vec::new());
    for key in keys {
        match cosigned_at(note, key) {
            // Who is seen twice shows nothing twice.
            Ok(_) if cosigned.iter().any(|(seen, _)| seen.public() == key.public()) => {}
            Ok(time) => cosigned.push((key, time)),
            Err(error @ NoteError::Signature { .. }) => {
                return Err(QuorumError::Forged { witness: Box::new(key.clone()), error });
            }
            Err(why) => missing.push(why),
        }
    }
    if cosigned.len() >= wanted {
        return Ok(cosigned);
    }
    let mut distinct: Vec<_> = keys.iter().map(VerifierKey::public).collect();
    distinct.sort_unstable();
    distinct.dedup();
    Err(QuorumError::TooFew { wanted, found: cosigned.len(), of: distinct.len(), missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::SigningKey;
    use crate::log::tree::{Levels, consistency_proof, leaf_hash, root_at};

    const ORIGIN: &str = "log.example";

    fn key(name: &str, algorithm: Algorithm, seed: u8) -> SigningKey {
        SigningKey::new(name, algorithm, &[seed; 32]).expect("a key")
    }

    fn log_key() -> SigningKey {
        key(ORIGIN, Algorithm::Ed25519, 1)
    }

    /// A log of 12 entries: `common` of them as every other such log has them, the others its own.
    fn log(common: u64, own: u8) -> Levels {
        let leaf = |at: u64| leaf_hash(&[at as u8, if at < common { 0 } else { own }]);
        Levels::of((0..12).map(leaf).collect())
    }

    fn checkpoint(log: &mut Levels, size: u64) -> Checkpoint {
        let Ok(root) = root_at(log, Length(size));
        Checkpoint { origin: ORIGIN.to_owned(), size: Length(size), root }
    }

    fn proof(log: &mut Levels, old: u64, size: u64) -> Vec<TreeHash> {
        let Ok(proof) = consistency_proof(log, Length(old), Length(size));
        proof
    }

    fn signed(checkpoint: &Checkpoint, by: &SigningKey) -> Note {
        let text = checkpoint.to_string();
        Note { signatures: vec![by.sign(&text)], text }
    }

    fn request(old: u64, proof: Vec<TreeHash>, checkpoint: &Checkpoint) -> AddCheckpoint {
        let signed =
            SignedCheckpoint { checkpoint: checkpoint.clone(), note: signed(checkpoint, &log_key()) };
        AddCheckpoint { old: Length(old), proof, signed }
    }

    fn asked(known: Option<&Checkpoint>, request: &AddCheckpoint) -> Result<(), u16> {
        let considered = consider(known, &[log_key().verifier().clone()], request);
        considered.map(|taken| assert_eq!(taken, request.signed)).map_err(|refusal| refusal.status())
    }

    #[test]
    fn of_every_pair_of_small_trees_only_extensions_are_cosigned() {
        let mut log = log(12, 0);
        for known in 0..=12 {
            let remembered = checkpoint(&mut log, known);
            let remembered = (known > 0).then_some(&remembered);
            for (old, size) in (0..=12).flat_map(|old| (0..=12).map(move |size| (old, size))) {
                let newer = checkpoint(&mut log, size);
                // The right proof for these sizes, or where there is none, no hashes.
                let given = if old <= size { proof(&mut log, old, size) } else { Vec::new() };
                let expected = match () {
                    () if old > size => Err(400),
                    () if old != known => Err(409),
                    () => Ok(()),
                };
                let answer = asked(remembered, &request(old, given, &newer));
                assert_eq!(answer, expected, "{known} known, {old} to {size}");
            }
        }
    }

    #[test]
    fn a_fork_is_cosigned_only_where_it_extends_what_was_cosigned() {
        for common in 0..=12 {
            let (mut shown_before, mut shown_now) = (log(common, 1), log(common, 2));
            for (known, size) in (1..=12).flat_map(|known| (known..=12).map(move |size| (known, size))) {
                let remembered = checkpoint(&mut shown_before, known);
                let newer = checkpoint(&mut shown_now, size);
                let expected = match () {
                    () if known <= common => Ok(()),
                    () => Err(422),
                };
                for prover in [&mut shown_now, &mut shown_before] {
                    let given = proof(prover, known, size);
                    let answer = asked(Some(&remembered), &request(known, given, &newer));
                    // The other log's proof is right where both logs are the same log.
                    if expected.is_err() || size <= common {
                        assert_eq!(answer, expected, "{common} in common, {known} to {size}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_the_right_proof_of_all_small_ones_is_taken() {
        let mut log = log(12, 0);
        let pairs: Vec<(u64, u64)> =
            (0..=12).flat_map(|old| (old..=12).map(move |size| (old, size))).collect();
        for &(known, size) in pairs.iter().filter(|(known, _)| *known > 0) {
            let (remembered, newer) = (checkpoint(&mut log, known), checkpoint(&mut log, size));
            let right = proof(&mut log, known, size);
            for &(old, other) in &pairs {
                let given = proof(&mut log, old, other);
                let expected = if given == right { Ok(()) } else { Err(422) };
                let answer = asked(Some(&remembered), &request(known, given, &newer));
                assert_eq!(answer, expected, "{known} to {size} by the proof of {old} to {other}");
            }
            for at in 0..right.len() {
                let mut cut = right.clone();
                cut.remove(at);
                assert_eq!(asked(Some(&remembered), &request(known, cut, &newer)), Err(422));
                let mut changed = right.clone();
                changed[at] = leaf_hash(b"another");
                assert_eq!(asked(Some(&remembered), &request(known, changed, &newer)), Err(422));
            }
        }
    }

    #[test]
    fn a_log_that_lies_is_refused_by_the_number_of_its_lie() {
        let (mut log, mut other) = (log(5, 1), log(5, 2));
        let known = checkpoint(&mut log, 8);
        let again = request(8, Vec::new(), &known);
        assert_eq!(asked(Some(&known), &again), Ok(()), "asked once more");
        let keys = [log_key().verifier().clone()];
        let two = consider(Some(&known), &keys, &request(8, Vec::new(), &checkpoint(&mut other, 8)));
        let refusal = two.expect_err("two roots");
        assert!(matches!(refusal, Refusal::TwoRoots { .. }), "{refusal}");
        assert_eq!((refusal.status(), refusal.known_size()), (422, None));
        let rolled_back = request(3, proof(&mut log, 3, 6), &checkpoint(&mut log, 6));
        let refusal = consider(Some(&known), &keys, &rolled_back).expect_err("rolled back");
        assert_eq!((refusal.status(), refusal.known_size()), (409, Some(Length(8))));
        assert_eq!(asked(Some(&known), &request(8, Vec::new(), &checkpoint(&mut log, 6))), Err(400));
        // Beginning again under the same name, as if nothing had been cosigned.
        assert_eq!(asked(Some(&known), &request(0, Vec::new(), &checkpoint(&mut other, 9))), Err(409));
        let odd = Checkpoint { size: Length(0), ..checkpoint(&mut log, 3) };
        assert_eq!(asked(None, &request(0, Vec::new(), &odd)), Err(422), "a root over no entries");
        let proven = request(0, vec![known.root], &known);
        assert_eq!(asked(None, &proven), Err(422), "from nothing nothing is proved");
    }

    #[test]
    fn only_a_log_that_is_watched_is_cosigned_and_only_by_its_keys() {
        let (watched, mut log) = (log_key(), log(12, 0));
        let newer = checkpoint(&mut log, 4);
        let ask = |keys: &[&SigningKey], note: Note| {
            let keys: Vec<VerifierKey> = keys.iter().map(|key| key.verifier().clone()).collect();
            let signed = SignedCheckpoint { checkpoint: newer.clone(), note };
            let request = AddCheckpoint { old: Length(0), proof: Vec::new(), signed };
            consider(None, &keys, &request)
                .map(|taken| taken.note.signatures.len())
                .map_err(|refusal| refusal.status())
        };
        let (next, unrelated) =
            (key(ORIGIN, Algorithm::Ed25519, 2), key("other.example", Algorithm::Ed25519, 1));
        assert_eq!(ask(&[&watched], signed(&newer, &watched)), Ok(1));
        assert_eq!(ask(&[&unrelated, &watched, &next], signed(&newer, &next)), Ok(1), "a key rotated");
        assert_eq!(ask(&[&watched], signed(&newer, &next)), Err(403), "another key of that name");
        assert_eq!(ask(&[&watched], signed(&newer, &unrelated)), Err(403), "another log's key");
        assert_eq!(ask(&[&unrelated], signed(&newer, &watched)), Err(404));
        assert_eq!(ask(&[], signed(&newer, &watched)), Err(404));
        let witness = key(ORIGIN, Algorithm::Cosignature, 1);
        assert_eq!(ask(&[&witness], signed(&newer, &watched)), Err(404), "a witness is no log");
        let text = newer.to_string();
        let forged = NoteSignature { bytes: vec![7; 64], ..watched.sign(&text) };
        let signed_by = |signatures: &[&NoteSignature]| Note {
            text: text.clone(),
            signatures: signatures.iter().map(|&by| by.clone()).collect(),
        };
        assert_eq!(ask(&[&watched], signed_by(&[&forged])), Err(403));
        let (old, new, odd) = (watched.sign(&text), next.sign(&text), unrelated.sign(&text));
        assert_eq!(ask(&[&watched, &next], signed_by(&[&old, &new, &odd])), Ok(2), "while the key changes");
        assert_eq!(ask(&[&watched], signed_by(&[&odd, &new, &old])), Ok(1));
        assert_eq!(ask(&[&next, &watched], signed_by(&[&new, &forged])), Err(403), "one forged beside");
    }

    #[test]
    fn a_request_has_one_spelling() {
        let mut log = log(12, 0);
        let newer = checkpoint(&mut log, 11);
        let request = request(5, proof(&mut log, 5, 11), &newer);
        let body = request.to_string();
        assert_eq!(AddCheckpoint::from_body(body.as_bytes()).as_ref(), Ok(&request));
        let hash = request.proof[0].to_base64();
        let many = |count: usize| body.replacen(&hash, &vec![&*hash; count].join("\n"), 1);
        assert!(AddCheckpoint::from_body(many(64 - request.proof.len()).as_bytes()).is_ok());
        let wrong = [
            many(65 - request.proof.len()),
            body.replace("old 5", "old 05"),
            body.replace("old 5", "old +5"),
            body.replace("old 5", "old -5"),
            body.replace("old 5", "old"),
            body.replace("old 5", "old "),
            body.replace("old 5", "Old 5"),
            body.replace("old 5", "old 99999999999999999999"),
            body.replace("old 5\n", ""),
            body.replace("\n\n", "\n"),
            body.replace('\n', "\r\n"),
            body.replacen(&hash, &hash[..43], 1),
            body.replacen(&hash, &format!("{hash} "), 1),
            body.replace("\n11\n", "\n011\n"),
            body.replace("\n11\n", "\n11\n\n"),
            body.trim_end().to_owned(),
            format!("{body}\n"),
            format!("{body}x"),
            String::new(),
            "old 0\n\n".to_owned(),
            "x".repeat(MAX_REQUEST_BYTES + 1),
        ];
        for body in wrong {
            assert!(AddCheckpoint::from_body(body.as_bytes()).is_err(), "{body}");
        }
        assert!(AddCheckpoint::from_body(&[0xff; 40]).is_err());
        for end in 0..body.len() {
            assert!(AddCheckpoint::from_body(&body.as_bytes()[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn answers_are_checked_before_they_are_kept() {
        let (one, two) =
            (key("w.example/1", Algorithm::Cosignature, 5), key("w.example/2", Algorithm::Cosignature, 6));
        let text = checkpoint(&mut log(12, 0), 7).to_string();
        let answer = |by: &SigningKey| format!("{}\n", by.cosign(&text, 1_700_000_000));
        let taken = |body: &str| answered_cosignature(body, &text, one.verifier());
        assert_eq!(taken(&answer(&one)), Ok((one.cosign(&text, 1_700_000_000), 1_700_000_000)));
        assert!(taken(&(answer(&two) + &answer(&one))).is_ok(), "lines of others are passed over");
        let other_text = one.cosign(&checkpoint(&mut log(12, 0), 8).to_string(), 1_700_000_000);
        for wrong in [
            String::new(),
            "\n".to_owned(),
            answer(&two),
            answer(&one).trim_end().to_owned(),
            format!("{other_text}\n"),
            answer(&one) + &answer(&one),
            format!("7\n\n{}", answer(&one)),
            "x".repeat(MAX_NOTE_BYTES),
        ] {
            assert!(taken(&wrong).is_err(), "{wrong}");
        }
        assert_eq!(answered_size("20852163\n"), Ok(Length(20_852_163)));
        for wrong in ["", "7", "07\n", "7\n\n", "-7\n", "seven\n", "\n"] {
            assert!(answered_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn cosignatures_are_kept_behind_the_logs_own_and_counted_once() {
        let witnesses: Vec<SigningKey> =
            (0..70).map(|at| key(&format!("w.example/{at}"), Algorithm::Cosignature, at + 10)).collect();
        let note = signed(&checkpoint(&mut log(12, 0), 7), &log_key());
        let by = |which: &[usize], time: u64| -> Vec<NoteSignature> {
            which.iter().map(|at| witnesses[*at].cosign(&note.text, time)).collect()
        };
        let once = with_cosignatures(&note, &by(&[0, 1], 100));
        let twice = with_cosignatures(&once, &by(&[1, 2], 200));
        assert_eq!(twice.signatures[0], note.signatures[0]);
        let keys: Vec<VerifierKey> = witnesses.iter().map(|key| key.verifier().clone()).collect();
        let named: Vec<(&str, u64)> = quorum(&twice, &keys[..3], 3)
            .expect("three")
            .iter()
            .map(|(key, time)| (key.name(), *time))
            .collect();
        assert_eq!(named, [("w.example/0", 100), ("w.example/1", 200), ("w.example/2", 200)]);
        let few = quorum(&twice, &keys[1..5], 3).expect_err("two of four");
        let QuorumError::TooFew { found: 2, of: 4, wanted: 3, missing } = &few else { panic!("{few:?}") };
        assert_eq!(missing.len(), 2);
        let said = few.to_string();
        let begins = "cosigned by 2 of 4 witnesses, and 3 are asked for; no signature by w.example/3+";
        assert!(said.starts_with(begins), "{said}");
        let mut forged = twice.clone();
        forged.signatures[1].bytes[20] ^= 1;
        let refused = quorum(&forged, &keys[..3], 2).expect_err("one of them is forged");
        assert!(matches!(refused, QuorumError::Forged { .. }), "{refused}");
        assert_eq!(
            quorum(&forged, &keys[1..3], 2).map(|by| by.len()),
            Ok(2),
            "of those who are trusted none is"
        );
        let all = with_cosignatures(&note, &by(&(0..70).collect::<Vec<_>>(), 300));
        assert_eq!(all.signatures.len(), MAX_SIGNATURES);
        assert!(all.to_string().parse::<Note>().is_ok());
    }

    #[test]
    fn one_key_under_two_names_is_one_witness_and_a_log_is_none() {
        let (one, alias) =
            (key("a.example", Algorithm::Cosignature, 5), key("b.example", Algorithm::Cosignature, 5));
        let note = signed(&checkpoint(&mut log(12, 0), 7), &log_key());
        let both = with_cosignatures(&note, &[one.cosign(&note.text, 1), alias.cosign(&note.text, 2)]);
        let keys = [one.verifier().clone(), alias.verifier().clone(), one.verifier().clone()];
        assert_eq!(quorum(&both, &keys, 1).expect("one").len(), 1);
        let few = quorum(&both, &keys, 2).expect_err("one");
        assert!(matches!(few, QuorumError::TooFew { found: 1, of: 1, .. }), "{few:?}");
        assert!(quorum(&both, &[log_key().verifier().clone()], 1).is_err());
        assert_eq!(quorum(&note, &[], 0), Ok(Vec::new()));
    }
}
