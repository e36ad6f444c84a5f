//! The fuzz targets for a moment: random bytes, valid input changed in places, and huge lengths where lengths stand.
//!
//! The same functions as in `tests/fuzz`, which has no end. Nothing may panic, and the process may not grow beyond what
//! the largest page or document takes. Left out: finding its way by coverage, which cargo-fuzz does.

use std::path::Path;
use std::sync::Arc;

use fastrand::Rng;
use ledger_core::export::export;
use ledger_core::log::{Checkpoint, SignedCheckpoint};
use ledger_core::store::{DiskVault, SledStore, Store, StoreOptions, Vault};
use ledger_core::values::Sequence;
use ledger_core::{TreeReader, fuzzing};
use ledger_tests::filled;
use ledger_tests::random::History;
use ledger_tests::run::prepared;
use ledger_tests::world::{Envelope, Outcome};
use replay::{KnownAt, Log, Question, certify};
use serde_json::json;

/// What the process may grow by: everything given is below 100 KiB, a page at most 1 MiB with 4 MiB for where its
/// entries are; the rest is slack for the allocator.
const GROWTH_KIB: u64 = 64 * 1024;

/// The environment's number, or another.
fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The most memory this process has had, in KiB: of its address space, so that what is asked for and not used counts.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmPeak:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// What must not panic on any bytes.
type Run<'a> = Box<dyn Fn(&[u8]) + 'a>;

/// Valid input, and what to do with what becomes of it.
struct Target<'a> {
    name: &'static str,
    valid: Vec<Vec<u8>>,
    /// Inputs tried for each thousand: reading files takes longer.
    share: u64,
    run: Run<'a>,
}

#[test]
fn no_reader_panics_or_takes_much_memory() {
    let seed = number("LEDGER_FUZZ_SEED", fastrand::u64(..));
    println!("LEDGER_FUZZ_SEED={seed}");
    let quick = std::env::var_os("LEDGER_TESTS_QUICK").is_some();
    let inputs = number("LEDGER_FUZZ_INPUTS", if quick { 5_000 } else { 50_000 });
    let mut random = Rng::with_seed(seed);
    let scratch = tempfile::tempdir().expect("a directory");
    for target in targets(scratch.path()) {
        write_corpus(&target);
        // Each once as it is, which also fills caches before anything is measured.
        target.valid.iter().for_each(|valid| (target.run)(valid));
        let before = peak_kib();
        let tried = inputs * target.share / 1000;
        for _ in 0..tried {
            (target.run)(&input(&target.valid, &mut random));
        }
        let growth = peak_kib() - before;
        println!("{}: {tried} inputs, {growth} KiB more at most", target.name);
        assert!(growth < GROWTH_KIB, "{} grew by {growth} KiB; LEDGER_FUZZ_SEED={seed}", target.name);
    }
}

/// With LEDGER_FUZZ_CORPUS=tests/fuzz/corpus: what is valid, for cargo-fuzz to begin with.
fn write_corpus(target: &Target<'_>) {
    let Some(corpus) = std::env::var_os("LEDGER_FUZZ_CORPUS") else { return };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(corpus).join(target.name);
    std::fs::create_dir_all(&dir).expect("made");
    for (at, valid) in target.valid.iter().enumerate() {
        std::fs::write(dir.join(format!("valid-{at}")), valid).expect("written");
    }
}

fn targets(scratch: &Path) -> Vec<Target<'_>> {
    let mut history = History::new(7);
    history.go_on(100);
    let entries = history.world.log();
    let pages = [1, 10, 40].map(|count| fuzzing::some_page(&entries[..count])).to_vec();
    let vaults = vec![some_vault(scratch, 0), some_vault(scratch, 3), some_vault(scratch, 20)];
    let exports = some_exports(&scratch.join("exported"));
    let in_scratch = move |bytes: &[u8]| fuzzing::vault(scratch, bytes);
    let tiles = move |bytes: &[u8]| fuzzing::tiles(&scratch.join("tree"), bytes);
    let certificates = some_certificates();
    let forged = {
        let honest = certificates.clone();
        move |bytes: &[u8]| {
            let shows = replay::fuzzing::certificate(bytes);
            assert!(!shows || honest.iter().any(|honest| is_same_but_end(honest, bytes)), "forged by chance");
        }
    };
    vec![
        Target { name: "entry", valid: entries, share: 1000, run: Box::new(fuzzing::entry) },
        Target { name: "page", valid: pages, share: 1000, run: Box::new(fuzzing::page) },
        Target { name: "command", valid: history.lines, share: 1000, run: Box::new(fuzzing::command) },
        Target { name: "export", valid: exports, share: 1000, run: Box::new(fuzzing::export) },
        Target { name: "key", valid: fuzzing::some_keys(), share: 1000, run: Box::new(fuzzing::key) },
        Target { name: "note", valid: fuzzing::some_notes(), share: 200, run: Box::new(fuzzing::note) },
        Target { name: "proof", valid: fuzzing::some_proofs(), share: 1000, run: Box::new(fuzzing::proof) },
        Target {
            name: "request",
            valid: fuzzing::some_requests(),
            share: 500,
            run: Box::new(fuzzing::request),
        },
        Target { name: "tiles", valid: fuzzing::some_tiles(), share: 40, run: Box::new(tiles) },
        Target { name: "certificate", valid: certificates, share: 40, run: Box::new(forged) },
        Target { name: "vault", valid: vaults, share: 40, run: Box::new(in_scratch) },
    ]
}

/// Exports of a small ledger: of its first entries and of all, without documents and with them. Small, since every input
/// is read from its beginning.
fn some_exports(dir: &Path) -> Vec<Vec<u8>> {
    let ledger = filled::found(dir, StoreOptions::default());
    filled::fill(&ledger, 0, 4);
    ledger.close().expect("closed");
    let store: Arc<dyn Store> = Arc::new(SledStore::open(dir).expect("opened"));
    let vault = DiskVault::open(dir).expect("a vault");
    let exported = |vault: Option<&DiskVault>, until: Option<u64>| {
        let mut bytes = Vec::new();
        export(&store, vault, until.map(Sequence::new), &mut bytes, &mut |_, _| ()).expect("exported");
        bytes
    };
    vec![
        exported(None, Some(0)),
        exported(Some(&vault), Some(2)),
        exported(None, None),
        exported(Some(&vault), None),
    ]
}

/// Certificates of York, rated and before: small beside those of a real ledger.
fn some_certificates() -> Vec<Vec<u8>> {
    let mut world = prepared("York is rated");
    let key = replay::fuzzing::signer();
    let rest = [
        ("key.rotate", "ledger", json!({ "key": key.verifier() })),
        ("subjects.attest", "attestation", json!({})),
    ];
    for (command, subject, data) in rest {
        world.pass_a_minute();
        let line = world.line("operator-1", command, subject, data, &Envelope::default());
        assert!(matches!(world.submit(line.to_string().as_bytes()), Outcome::Recorded(_)));
    }
    let store = world.ledger().store();
    let tree = TreeReader::open(store.clone(), None, None).expect("a tree");
    let (origin, size) = (key.verifier().name().to_owned(), tree.size());
    let root = tree.root_at(size).expect("a root");
    let signed = SignedCheckpoint::signed(Checkpoint { origin, size, root }, &[key]);
    let log = Log::over(store).expect("a log");
    let made = |day: &str| {
        let (subject, as_of) = ("local-authority/E06000014".parse(), day.parse().expect("a day"));
        let question = Question { subject: subject.expect("a subject"), as_of, known_at: KnownAt::Now };
        certify(&log, &tree, &signed, &question, None, &mut |_, _| ()).expect("certified").0
    };
    vec![made("2025-06-01"), made("2026-01-01")]
}

/// The last line is made anew, so it says nothing.
fn is_same_but_end(one: &[u8], other: &[u8]) -> bool {
    let before = |bytes: &[u8]| {
        let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes[..lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)].to_vec()
    };
    before(one) == before(other)
}

/// The files of a vault with so many documents, as the target takes them; one is erased.
fn some_vault(scratch: &Path, documents: u8) -> Vec<u8> {
    let dir = scratch.join(format!("made-{documents}"));
    let vault = DiskVault::open(&dir).expect("made");
    for number in 1..=documents {
        let content = vec![number; usize::from(number) * 7];
        let commitment = vault.put(&content, "text/plain", [number; 32], 5).expect("put");
        vault.sync().expect("synced");
        if number == 2 {
            vault.erase(&commitment).expect("erased");
        }
    }
    drop(vault);
    let keys = std::fs::read(dir.join("documents/keys")).expect("read");
    let segment = std::fs::read(dir.join("documents/segments/000000.seg")).expect("read");
    [&(keys.len() as u16).to_le_bytes()[..], &keys, &segment].concat()
}

/// Random bytes now and then, else something valid with up to eight changes.
fn input(valid: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    if random.u8(0..20) == 0 {
        return (0..random.usize(0..300)).map(|_| random.u8(..)).collect();
    }
    let mut bytes = valid[random.usize(0..valid.len())].clone();
    for _ in 0..random.u8(1..9) {
        if !bytes.is_empty() {
            change(&mut bytes, &valid[random.usize(0..valid.len())], random);
        }
    }
    bytes
}

/// One change. `other` is what parts are taken from.
fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    /// Lengths that overflow, or ask for more memory than there is.
    const HUGE: [u32; 6] = [u32::MAX, i32::MAX as u32, 1 << 31, 1 << 24, 0xffff, 0];
    let at = random.usize(0..bytes.len());
    match random.u8(0..8) {
        0 | 1 => bytes[at] ^= 1 << random.u8(0..8),
        2 => bytes[at] = random.u8(..),
        3 => bytes.truncate(at),
        4 => {
            let huge = HUGE[random.usize(0..HUGE.len())].to_le_bytes();
            let end = bytes.len().min(at + huge.len());
            bytes[at..end].copy_from_slice(&huge[..end - at]);
        }
        5 => {
            let end = random.usize(at..=bytes.len()).min(at + 1000);
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part);
        }
        6 => {
            let end = random.usize(at..=bytes.len());
            bytes.drain(at..end);
        }
        _ => {
            let from = random.usize(0..=other.len());
            let to = random.usize(from..=other.len()).min(from + 200);
            bytes.splice(at..at, other[from..to].iter().copied());
        }
    }
}
