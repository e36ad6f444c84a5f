//! The worked example of `schemas/FORMAT.md`: made anew, held against the text, and recomputed from the text alone.

use std::fmt::Write;

use data_encoding::HEXLOWER;
use ledger_core::assessment::event::ClockKind;
use ledger_core::log::SignedCheckpoint;
use ledger_core::log::tree::{Frontier, TreeHash, leaf_hash};
use ledger_core::log::{Attested, Entry};
use ledger_tests::golden;
use ledger_tests::world::World;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::made::{attest, checked, give, introduce, made, own_key, question, signed};

const FILE: &str = "schemas/FORMAT.md";
const BEGIN: &str = "<!-- made by the test `certificate`: UPDATE_GOLDEN=1 -->\n";
const END: &str = "<!-- end of the example -->\n";
pub const SUBJECT: &str = "local-authority/E06000030";

/// Seven entries: a founding, a key, an actor, a method of two statements, an area, its result, an attestation.
pub fn world() -> World {
    let mut world = World::new();
    world.found("operator-1", ClockKind::Simulated);
    introduce(&mut world, &own_key());
    give(&mut world, "operator-1", "actor.enrol", "actor/clerk-1", json!({"roles":["registrar"]}));
    let statements = json!([
        {"id":"assessing-needs","name":"Assessing needs"},
        {"id":"safeguarding","name":"Safeguarding"},
    ]);
    let bands = json!([
        {"rating":"inadequate","from_percent":25,"to_percent":38},
        {"rating":"requires-improvement","from_percent":39,"to_percent":62},
        {"rating":"good","from_percent":63,"to_percent":87},
        {"rating":"outstanding","from_percent":88,"to_percent":100},
    ]);
    let framework = json!({
        "id":"example/1","subject_kind":"local-authority","title":"Two statements","effective_from":"2023-01-01",
        "themes":[{"id":"all","name":"All","statements":statements}],
        "categories":[{"id":"processes","name":"Processes"}],
        "method":"statement","rounding":"ceiling","bands":bands,"overall":"flat-sum-of-statements",
        "publishes_theme_scores":false,"moderation":"optional","accuracy_working_days":10,
    });
    give(&mut world, "clerk-1", "framework.adopt", "national", json!({"framework":framework}));
    give(&mut world, "clerk-1", "area.register", SUBJECT, json!({"name":"Swindon"}));
    let result = json!({
        "kind":"result","framework":"example/1","phase":"formal","effective_from":"2023-11","percent":63,
        "rating":"good","source":"https://www.cqc.org.uk/example",
        "scores":[{"statement":"assessing-needs","score":3},{"statement":"safeguarding","score":2}],
    });
    give(&mut world, "clerk-1", "rating.transcribe", SUBJECT, result);
    attest(&mut world);
    world
}

fn block(text: &mut String, heading: &str, lines: &str) {
    let _ = write!(text, "{heading}\n\n```text\n{}\n```\n\n", lines.trim_end());
}

/// The example as it stands in the document.
fn told() -> String {
    let world = world();
    let log = world.log();
    let mut text = String::from("\n");
    let mut leaves = String::new();
    for (at, entry) in log.iter().enumerate() {
        let _ = writeln!(leaves, "{at} {}", leaf_hash(entry));
    }
    block(&mut text, "The leaf hash of each entry, and under them the root of all seven:", &{
        let frontier: Frontier = log.iter().map(|entry| leaf_hash(entry)).collect();
        format!("{leaves}root {}", frontier.root())
    });
    let ends = ends(&log[..6]);
    let spelled =
        ends.iter().map(|leaf| format!("{} {}\n", leaf_hash(leaf.as_bytes()), leaf)).collect::<String>();
    let root: Frontier = ends.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
    let lines = format!("{spelled}root {}", root.root());
    block(&mut text, "The leaves of the tree that entry 6 attests, each after its hash:", &lines);
    let key = own_key();
    let note = signed(world.ledger().store(), &[own_key()]);
    let secret = HEXLOWER.encode(&[1; 32]);
    let lines = format!("seed {secret}\nverifier key {}", key.verifier());
    block(&mut text, "The key, of these 32 secret bytes, which an example may tell:", &lines);
    block(&mut text, "The checkpoint, a signed note:", &note.to_string());
    let (certificate, _) = made(&world, &question(&world, SUBJECT)).expect("a certificate");
    let certificate = String::from_utf8(certificate).expect("text");
    block(&mut text, "The certificate, with the entries 0 to 6 in it:", &certificate);
    text
}

/// The leaves of the attested tree, worked out from the entries.
fn ends(log: &[Vec<u8>]) -> Vec<String> {
    let mut ends = std::collections::BTreeMap::new();
    for bytes in log {
        let entry = Entry::decode(bytes).expect("an entry");
        ends.insert(entry.subject.clone(), (entry.subject_version, entry.sequence));
    }
    let leaf = |(subject, (version, sequence)): (&String, &(_, _))| {
        String::from_utf8(Attested::leaf_bytes((subject, *version, *sequence))).expect("text")
    };
    ends.iter().map(leaf).collect()
}

/// The document, parted: before the example, the example, after it.
fn parted() -> (String, String, String) {
    let path = golden::root().join(FILE);
    let text = std::fs::read_to_string(path).expect("the document");
    let (before, rest) = text.split_once(BEGIN).expect("the example begins");
    let (example, after) = rest.split_once(END).expect("the example ends");
    (before.to_owned(), example.to_owned(), after.to_owned())
}

/// The blocks of the example in the document.
pub fn blocks() -> Vec<String> {
    let (_, example, _) = parted();
    let blocks = example.split("```text\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("it ends").to_owned()).collect()
}

#[test]
fn the_example_is_what_the_program_makes() {
    let (before, _, after) = parted();
    golden::compare(FILE, &format!("{before}{BEGIN}{}{END}{after}", told()))
        .unwrap_or_else(|what| panic!("{what}"));
}

#[test]
fn the_example_can_be_recomputed_from_the_document() {
    let blocks = blocks();
    let [leaves, ends, key, note, certificate] = &blocks[..] else { panic!("{} blocks", blocks.len()) };
    let entries: Vec<&str> = certificate.lines().filter(|line| line.starts_with("{\"authid\"")).collect();
    assert_eq!(entries.len(), 7);
    let mut tree = Frontier::default();
    for ((at, entry), stated) in entries.iter().enumerate().zip(leaves.lines()) {
        let mut hasher = Sha256::new();
        hasher.update([0]);
        hasher.update(entry);
        let leaf: [u8; 32] = hasher.finalize().into();
        assert_eq!(format!("{at} {}", HEXLOWER.encode(&leaf)), stated);
        tree.push(TreeHash::from_bytes(leaf));
    }
    assert_eq!(leaves.lines().last(), Some(&*format!("root {}", tree.root())));
    let mut attested = Frontier::default();
    for line in ends.lines().filter(|line| !line.starts_with("root")) {
        let (hash, leaf) = line.split_once(' ').expect("a hash and a leaf");
        assert_eq!(leaf_hash(leaf.as_bytes()).to_string(), hash);
        attested.push(leaf_hash(leaf.as_bytes()));
    }
    let root = attested.root().to_string();
    assert_eq!(ends.lines().last(), Some(&*format!("root {root}")));
    assert!(entries[6].contains(&format!("\"root\":\"{root}\"")), "{}", entries[6]);
    let verifier = key.lines().last().and_then(|line| line.strip_prefix("verifier key ")).expect("a key");
    let signed: SignedCheckpoint = note.parse().expect("a note");
    assert_eq!(signed.checkpoint.root, tree.root());
    assert_eq!(signed.note.verify(&verifier.parse().expect("a key")), Ok(None));
    let certified = checked(certificate.as_bytes()).expect("it checks");
    assert_eq!(certified.answer.percent.map(|percent| percent.to_string()).as_deref(), Some("63"));
}
