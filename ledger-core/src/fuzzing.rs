//! What is fuzzed: each reader of bytes that may come from anywhere, as one function of bytes.
//!
//! `tests/fuzz` feeds them for as long as one likes, `tests/tests/fuzz_bounded.rs` for a moment in every run. None may
//! panic, whatever it is given, nor take memory that the bytes do not account for; where a reader accepts, what must
//! then hold is asserted here. Hidden from the docs, since it is no interface: pages and vault files are read by
//! modules that nobody outside the store names. Left out: sled's own file, which is damaged in `ledger-cli/tests`.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::TreeReader;

use crate::export::{ExportReader, Item};
use crate::line;
use crate::log::tile::{TILE_WIDTH, Tile};
use crate::log::tree::{self, Levels, verify_consistency, verify_inclusion};
use crate::log::witness::{AddCheckpoint, consider};
use crate::log::{
    Algorithm, Checkpoint, Entry, Head, Note, NoteSignature, SigningKey, TreeHash, VerifierKey,
};
use crate::store::{self, Batch, MemoryStore, Store};
use crate::values::{Hash, Length, Sequence};

/// An entry, as from an untrusted log: whatever is accepted is spelled the same again.
pub fn entry(bytes: &[u8]) {
    // Trusted bytes may be damaged too, and must then be an error or some entry.
    let _ = Entry::decode_trusted(bytes);
    let Ok(entry) = Entry::decode(bytes) else { return };
    assert_eq!(entry.encode().ok().as_deref(), Some(bytes), "another spelling was accepted");
    // An event of another version is an error, and no panic.
    let _ = crate::recorded(&entry);
}

/// A line of a file of commands: whatever is a request has a hash.
pub fn command(bytes: &[u8]) {
    let Ok(value) = line::parse(bytes) else { return };
    let Ok(request) = line::request(value) else { return };
    // What cannot be spelled is refused when it is submitted.
    let _ = line::command_hash(&request);
}

/// A page of the log.
pub fn page(bytes: &[u8]) {
    store::read_page(bytes);
}

/// A page of these entries: where to begin.
pub fn some_page(entries: &[Vec<u8>]) -> Vec<u8> {
    store::write_page(entries)
}

/// An export: as it is, and with a last line that fits what is before it, since few changes get past the hash there.
pub fn export(bytes: &[u8]) {
    read_export(bytes);
    if let Some(bytes) = with_fitting_end(bytes) {
        read_export(&bytes);
    }
}

/// The same stream, its last line spelled anew from its header and the bytes before: none if it has no header.
fn with_fitting_end(bytes: &[u8]) -> Option<Vec<u8>> {
    let stated = ExportReader::new(bytes).ok()?.header().head();
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let end = lines.iter().rposition(|byte| *byte == b'\n')? + 1;
    let mut fitting = bytes[..end].to_vec();
    let blake3 = Hash::of(&fitting);
    let (head, length) = (stated.hash, stated.length.0);
    let line = format!("{{\"end\":{{\"blake3\":\"{blake3}\",\"head\":\"{head}\",\"length\":{length}}}}}\n");
    fitting.extend_from_slice(line.as_bytes());
    Some(fitting)
}

/// What is handed out follows from entry to entry, and leads to the head of the header if no error comes.
fn read_export(bytes: &[u8]) {
    let Ok(mut reader) = ExportReader::new(bytes) else { return };
    let stated = reader.header().head();
    let mut head = Head::EMPTY;
    while let Some(item) = reader.next() {
        match item {
            Ok(Item::Entry(entry, bytes)) => {
                assert_eq!((entry.sequence, entry.prev), (head.length.next_sequence(), head.hash));
                assert_eq!(entry.encode().ok().as_deref(), Some(&*bytes), "another spelling was accepted");
                head = Head { length: Length(head.length.0 + 1), hash: Hash::of(&bytes) };
            }
            Ok(Item::Document(commitment, found)) => {
                assert_eq!(store::commitment(&found.secret, &found.content), commitment);
            }
            Err(_) => {
                assert!(reader.next().is_none(), "something comes after the error");
                return;
            }
        }
    }
    assert_eq!(head, stated, "it ended well, elsewhere");
}

/// The two files of a vault in `dir`, which is written over: their lengths are told apart by the first two bytes.
/// Whatever opens is read, swept, and opens again.
pub fn vault(dir: &Path, bytes: &[u8]) {
    store::read_vault(dir, bytes);
}

/// A verifier key, or a signing key: whatever is accepted is spelled the same again.
pub fn key(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text, "another spelling was accepted");
    }
    if let Ok(key) = SigningKey::from_secret_text(text) {
        assert_eq!(key.to_secret_text(), text, "another spelling was accepted");
        assert_eq!(key.verifier().to_string().parse().as_ref(), Ok(key.verifier()));
    }
}

/// Keys of both kinds, public and secret: where to begin.
pub fn some_keys() -> Vec<Vec<u8>> {
    let (log, witness) = (signer(), cosigner());
    let public = [&log, &witness].map(|key| key.verifier().to_string().into_bytes());
    let secret = [&log, &witness].map(|key| key.to_secret_text().into_bytes());
    public.into_iter().chain(secret).collect()
}

fn signer() -> SigningKey {
    key_of("fuzz.example/log", Algorithm::Ed25519, 1)
}

fn cosigner() -> SigningKey {
    key_of("fuzz.example/witness", Algorithm::Cosignature, 2)
}

fn key_of(name: &str, algorithm: Algorithm, seed: u8) -> SigningKey {
    SigningKey::new(name, algorithm, &[seed; 32]).unwrap_or_else(|error| panic!("{error}"))
}

/// A signed note and the checkpoint in it: whatever is accepted is spelled the same again, and what verifies under one
/// of the two keys was signed by [`some_notes`].
pub fn note(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(signature) = text.parse::<NoteSignature>() {
        assert_eq!(signature.to_string(), text, "another spelling was accepted");
    }
    let checked = |body: &str| {
        if let Ok(checkpoint) = body.parse::<Checkpoint>() {
            assert_eq!(checkpoint.to_string(), body, "another spelling was accepted");
        }
    };
    checked(text);
    let Ok(note) = text.parse::<Note>() else { return };
    assert_eq!(note.to_string(), text, "another spelling was accepted");
    checked(&note.text);
    for key in [signer(), cosigner()] {
        if note.verify(key.verifier()).is_ok() {
            assert!(SIGNED.contains(&note.text), "{:?} was never signed", note.text);
        }
    }
}

/// Texts that the keys of [`some_keys`] sign.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let checkpoint = |size| Checkpoint {
        origin: "fuzz.example/log".to_owned(),
        size: Length(size),
        root: tree::root_at(&mut TREE.clone(), Length(size)).unwrap_or_else(|never| match never {}),
    };
    vec![checkpoint(0).to_string(), checkpoint(TREE.size().0).to_string(), "text\n\nand more\n".to_owned()]
});

/// Notes signed, cosigned and both, and a checkpoint alone: where to begin.
pub fn some_notes() -> Vec<Vec<u8>> {
    let (log, witness) = (signer(), cosigner());
    let mut notes = vec![SIGNED[0].clone().into_bytes(), log.sign(&SIGNED[0]).to_string().into_bytes()];
    for text in SIGNED.iter() {
        for signatures in [
            vec![log.sign(text)],
            vec![witness.cosign(text, 1_700_000_000)],
            vec![log.sign(text), witness.cosign(text, 1_700_000_000)],
        ] {
            notes.push(Note { text: text.clone(), signatures }.to_string().into_bytes());
        }
    }
    notes
}

/// A request to a witness that knows nothing yet: whatever is accepted is spelled the same again, and what is cosigned
/// was signed by [`some_notes`].
pub fn request(bytes: &[u8]) {
    let Ok(request) = AddCheckpoint::from_body(bytes) else { return };
    assert_eq!(request.to_string().as_bytes(), bytes, "another spelling was accepted");
    if let Ok(cosigned) = consider(None, &[signer().verifier().clone()], &request) {
        assert!(SIGNED.contains(&cosigned.note.text), "{:?} was never signed", cosigned.note.text);
    }
}

/// Requests with proofs and without: where to begin.
pub fn some_requests() -> Vec<Vec<u8>> {
    let signed = |text: &String| {
        let note = Note { text: text.clone(), signatures: vec![signer().sign(text)] };
        note.to_string()
    };
    let hash = LEAVES[0].to_base64();
    SIGNED[..2]
        .iter()
        .flat_map(|text| {
            let first = format!("old 0\n\n{}", signed(text));
            let later = format!("old 7\n{hash}\n{hash}\n\n{}", signed(text));
            [first.into_bytes(), later.into_bytes()]
        })
        .collect()
}

/// The files beside a log that its tree is read from, in `dir`: the newest checkpoint, whose length the first two bytes
/// say, and the first tile. Whatever they say, a tree that opens is that of the log.
pub fn tiles(dir: &Path, bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return };
    let (checkpoint, tile) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    store::write_tree_files(dir, checkpoint, Tile::full(0, 0), tile);
    let Ok(newest) = store::newest_checkpoint(dir) else { return };
    let newest = newest.as_ref().map(|newest| &newest.checkpoint);
    let Ok(tree) = TreeReader::open(STORE.clone(), Some(dir), newest) else { return };
    let size = TREE.size();
    let root = tree.root_at(size);
    assert_eq!(root.ok(), tree::root_at(&mut TREE.clone(), size).ok(), "not the root of the log");
    for at in [0, TILE_WIDTH - 1, size.0 - 1].map(Sequence::new) {
        let proof = tree.inclusion(at, size);
        assert_eq!(
            proof.ok(),
            tree::inclusion_proof(&mut TREE.clone(), at, size).ok(),
            "not the proof of {at}"
        );
    }
}

/// Right files, checkpoints of other sizes and origins, and none: where to begin.
pub fn some_tiles() -> Vec<Vec<u8>> {
    let tile: Vec<u8> = LEAVES[..TILE_WIDTH as usize].iter().flat_map(|hash| *hash.as_bytes()).collect();
    let files = some_notes().into_iter().chain([Vec::new()]);
    files.map(|note| [&(note.len() as u16).to_le_bytes()[..], &note, &tile].concat()).collect()
}

/// The log of the known tree: its entries are numbers.
static STORE: LazyLock<Arc<dyn Store>> = LazyLock::new(|| {
    let entries: Vec<Vec<u8>> = (0..LEAVES.len() as u64).map(|at| at.to_be_bytes().to_vec()).collect();
    let hash = entries.last().map_or(Hash::ZERO, |last| Hash::of(last));
    let (store, head) = (MemoryStore::new(), Head { length: Length(entries.len() as u64), hash });
    assert!(store.append(Length(0), &Batch { entries, head }).is_ok());
    Arc::new(store)
});

/// A tree small enough to know whole.
static TREE: LazyLock<Levels> = LazyLock::new(|| Levels::of(LEAVES.clone()));
static LEAVES: LazyLock<Vec<TreeHash>> =
    LazyLock::new(|| (0..300_u64).map(|at| tree::leaf_hash(&at.to_be_bytes())).collect());

/// The parts of a proof, for both checks: two numbers of 8 bytes, then hashes of 32 bytes, two before the proof.
fn proof_parts(bytes: &[u8]) -> Option<(u64, u64, TreeHash, TreeHash, Vec<TreeHash>)> {
    let (inner, rest) = bytes.split_first_chunk::<8>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (hashes, _) = rest.as_chunks::<32>();
    let mut hashes = hashes.iter().map(|hash| TreeHash::from_bytes(*hash));
    let (first, second) = (hashes.next()?, hashes.next()?);
    Some((u64::from_le_bytes(*inner), u64::from_le_bytes(*size), first, second, hashes.collect()))
}

/// A proof of inclusion and of consistency, of any numbers and any hashes. What verifies against a root of the known tree
/// is true of it.
pub fn proof(bytes: &[u8]) {
    let Some((inner, size, first, root, proof)) = proof_parts(bytes) else { return };
    let known = |size: u64| {
        let known = Length(size) <= TREE.size();
        known.then(|| tree::root_at(&mut TREE.clone(), Length(size)).unwrap_or_else(|never| match never {}))
    };
    let stated = known(size) == Some(root);
    // Longer positions are refused where they are read.
    let at = Sequence::new(inner.min(Sequence::MAX));
    if verify_inclusion(first, at, Length(size), &proof, root).is_ok() && stated {
        assert_eq!(LEAVES.get(at.get() as usize), Some(&first), "no leaf of the tree");
    }
    if verify_consistency(Length(inner), first, Length(size), root, &proof).is_ok() && stated {
        assert_eq!(known(inner), Some(first), "not how the tree begins");
    }
}

/// Proofs of both kinds from the known tree: where to begin.
pub fn some_proofs() -> Vec<Vec<u8>> {
    let mut nodes = TREE.clone();
    let mut proofs = Vec::new();
    let sizes = [(0, 1), (0, 2), (6, 7), (100, 256), (255, 257), (299, 300), (128, 300)];
    for (inner, size) in sizes.map(|(inner, size)| (inner, Length(size))) {
        let given = |known: Result<Vec<TreeHash>, _>| {
            known.unwrap_or_else(|never: std::convert::Infallible| match never {})
        };
        let root =
            |size, nodes: &mut Levels| tree::root_at(nodes, size).unwrap_or_else(|never| match never {});
        let (old, new) = (root(Length(inner), &mut nodes), root(size, &mut nodes));
        let inclusion = given(tree::inclusion_proof(&mut nodes, Sequence::new(inner), size));
        let consistency = given(tree::consistency_proof(&mut nodes, Length(inner), size));
        proofs.push(proof_bytes(inner, size, &[&[LEAVES[inner as usize], new], &inclusion[..]].concat()));
        proofs.push(proof_bytes(inner, size, &[&[old, new], &consistency[..]].concat()));
    }
    proofs
}

fn proof_bytes(inner: u64, size: Length, hashes: &[TreeHash]) -> Vec<u8> {
    let hashes = hashes.iter().flat_map(|hash| *hash.as_bytes());
    inner.to_le_bytes().into_iter().chain(size.0.to_le_bytes()).chain(hashes).collect()
}
