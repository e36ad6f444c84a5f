//! The export as a stream: what it holds, that standard tools can check it, and that no change to it goes unnoticed.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use ledger_core::export::{ExportError, ExportReader, Item, export};
use ledger_core::store::{DiskVault, SledStore, Store, Vault};
use ledger_core::values::{Hash, Sequence};
use ledger_core::{RestoreError, restore};
use ledger_tests::filled;

/// The export of the ledger in `dir`.
fn exported(dir: &Path, documents: bool, until: Option<u64>) -> Vec<u8> {
    let store: Arc<dyn Store> = Arc::new(SledStore::open(dir).expect("opened"));
    let vault = documents.then(|| DiskVault::open(dir).expect("a vault"));
    let mut bytes = Vec::new();
    let until = until.map(Sequence::new);
    let told = export(&store, vault.as_ref(), until, &mut bytes, &mut |_, _| ()).expect("exported");
    assert_eq!(told.bytes, bytes.len() as u64);
    bytes
}

/// A small ledger with documents, one of them erased, and its exports without and with documents.
struct Small {
    _scratch: tempfile::TempDir,
    log: Vec<Vec<u8>>,
    plain: Vec<u8>,
    full: Vec<u8>,
    documents: Vec<Hash>,
}

impl Small {
    fn new() -> Self {
        let scratch = tempfile::tempdir().expect("a directory");
        let dir = scratch.path().join("ledger");
        let ledger = filled::found(&dir, Default::default());
        let documents = filled::fill(&ledger, 0, 7);
        filled::erase(&ledger, 3, documents[1]);
        ledger.close().expect("closed");
        let (plain, full) = (exported(&dir, false, None), exported(&dir, true, None));
        let documents = documents.into_iter().map(|(commitment, _)| commitment).collect();
        Small { log: filled::log(&dir), plain, full, documents, _scratch: scratch }
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// What a reader hands out, and how it ends.
fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<Hash>, Option<ExportError>) {
    let (mut entries, mut documents) = (Vec::new(), Vec::new());
    let reader = match ExportReader::new(bytes) {
        Ok(reader) => reader,
        Err(error) => return (entries, documents, Some(error)),
    };
    for item in reader {
        match item {
            Ok(Item::Entry(_, bytes)) => entries.push(bytes),
            Ok(Item::Document(commitment, _)) => documents.push(commitment),
            Err(error) => return (entries, documents, Some(error)),
        }
    }
    (entries, documents, None)
}

/// Refused, naming a line, with nothing handed out before that is not the ledger's. Returns the line.
fn refused(small: &Small, bytes: &[u8], how: &str) -> u64 {
    let (entries, documents, error) = read(bytes);
    let Some(ExportError::Damaged { line, sequence, what }) = error else {
        panic!("{how}: not refused, but {error:?}")
    };
    assert!(small.log.starts_with(&entries), "{how}: entries that are not the ledger's");
    assert!(documents.iter().all(|found| small.documents.contains(found)), "{how}: a document from nowhere");
    assert_eq!(sequence.get(), entries.len() as u64, "{how}: {what}");
    line
}

#[test]
fn holds_every_entry_and_each_document_before_it_is_cited() {
    let small = Small::new();
    for (bytes, documents) in [(&small.plain, 0), (&small.full, 2)] {
        let (entries, found, error) = read(bytes);
        assert!(error.is_none(), "{error:?}");
        assert_eq!((entries, found.len()), (small.log.clone(), documents));
    }
    assert!(!small.full.windows(64).any(|w| w == filled::reason(3).as_bytes()), "content is in Base64");
    let [first, erased, last] = small.documents[..] else { panic!("three documents") };
    assert_eq!(read(&small.full).1, [first, last], "{erased} is erased");
    let text = String::from_utf8(small.full.clone()).expect("UTF-8");
    for commitment in [first, last] {
        let cited: Vec<&str> = text.lines().filter(|line| line.contains(&commitment.to_string())).collect();
        assert!(cited[0].starts_with("{\"document\":") && cited[1].starts_with("{\"authid\":"), "{cited:?}");
    }
}

#[test]
fn ends_where_it_is_told() {
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("ledger");
    let ledger = filled::found(&dir, Default::default());
    filled::fill(&ledger, 0, 3);
    ledger.close().expect("closed");
    let log = filled::log(&dir);
    for until in 0..log.len() as u64 {
        let (entries, _, error) = read(&exported(&dir, true, Some(until)));
        assert!(error.is_none(), "{error:?}");
        assert_eq!(entries, log[..=until as usize]);
    }
    let store: Arc<dyn Store> = Arc::new(SledStore::open(&dir).expect("opened"));
    let beyond = export(&store, None, Some(Sequence::new(99)), Vec::new(), &mut |_, _| ());
    assert!(beyond.expect_err("beyond").to_string().contains("no entry 0000000000000099"));
}

/// Lines are hashed as they stand, so a shell can check them. `sha256sum` stands for `b3sum`, which is not everywhere:
/// what matters is that the line without its line feed is the entry.
#[test]
fn standard_tools_find_each_entry_as_a_line() {
    let small = Small::new();
    let script = "sed -n '3p' | tr -d '\\n' | sha256sum | cut -d' ' -f1";
    let mut shell = Command::new("sh");
    let mut child =
        shell.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a shell");
    child.stdin.take().expect("piped").write_all(&small.plain).expect("written");
    let said = child.wait_with_output().expect("ended").stdout;
    let mut direct = Command::new("sha256sum");
    let mut child = direct.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sha256sum");
    child.stdin.take().expect("piped").write_all(&small.log[1]).expect("written");
    let expected = child.wait_with_output().expect("ended").stdout;
    assert_eq!(said.trim_ascii(), &expected[..64]);
    let all = lines(&small.plain);
    let before: usize = all[..all.len() - 1].iter().map(|line| line.len()).sum();
    let hash = Hash::of(&small.plain[..before]).to_string();
    let last = String::from_utf8_lossy(all[all.len() - 1]);
    assert!(last.contains(&format!("\"blake3\":\"{hash}\"")), "{last}");
}

#[test]
fn every_changed_byte_is_refused_and_its_line_named() {
    let small = Small::new();
    let changes: &[u8] = match std::env::var_os("LEDGER_TESTS_QUICK") {
        Some(_) => &[0x01],
        None => &[0x01, 0x20, 0x80],
    };
    let mut refusals = 0;
    for bytes in [&small.plain, &small.full] {
        let mut line = 1;
        for at in 0..bytes.len() {
            for change in changes {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let named = refused(&small, &changed, &format!("byte {at} changed by {change:#x}"));
                assert!(named >= line, "byte {at} in line {line}, line {named} named");
                refusals += 1;
            }
            line += u64::from(bytes[at] == b'\n');
        }
    }
    println!("{refusals} changed streams, all refused");
}

/// A changed entry is named by its own line or by the next entry's, which does not chain to it.
#[test]
fn a_changed_entry_is_named_at_once() {
    let small = Small::new();
    let all = lines(&small.plain);
    let score = |line: &[u8]| line.windows(9).position(|window| window == b"partner-0").expect("an actor");
    let at: usize = all[..2].iter().map(|line| line.len()).sum::<usize>() + score(all[2]);
    let mut changed = small.plain.clone();
    changed[at] = b'q';
    assert_eq!(refused(&small, &changed, "a name in line 3"), 4);
    changed[at] = b'"';
    assert_eq!(refused(&small, &changed, "a quote in line 3"), 3);
}

#[test]
fn every_shorter_stream_is_refused() {
    let small = Small::new();
    for bytes in [&small.plain, &small.full] {
        for end in 0..bytes.len() {
            refused(&small, &bytes[..end], &format!("cut at {end}"));
        }
    }
    let longer = [&small.plain[..], b"\n"].concat();
    refused(&small, &longer, "a line feed more");
}

#[test]
fn lines_swapped_doubled_or_left_out_are_refused() {
    let small = Small::new();
    let mut tried = 0;
    for bytes in [&small.plain, &small.full] {
        let all = lines(bytes);
        for one in 0..all.len() {
            let without = [&all[..one], &all[one + 1..]].concat().concat();
            refused(&small, &without, &format!("without line {}", one + 1));
            let doubled = [&all[..=one], &all[one..]].concat().concat();
            refused(&small, &doubled, &format!("line {} twice", one + 1));
            for other in one + 1..all.len() {
                let mut swapped = all.clone();
                swapped.swap(one, other);
                refused(&small, &swapped.concat(), &format!("lines {} and {} swapped", one + 1, other + 1));
                tried += 1;
            }
            tried += 2;
        }
    }
    println!("{tried} rearranged streams, all refused");
}

#[test]
fn endless_lines_take_no_memory() {
    /// Never a line feed.
    struct Endless(u64);
    impl std::io::Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            buffer.fill(b'{');
            self.0 += buffer.len() as u64;
            assert!(self.0 < 1 << 20, "read on and on");
            Ok(buffer.len())
        }
    }
    let error = ExportReader::new(Endless(0)).expect_err("no header").to_string();
    assert!(error.contains("line 1") && error.contains("more than 16384 bytes"), "{error}");
}

#[test]
fn restores_byte_for_byte_and_what_is_erased_stays_so() {
    let small = Small::new();
    let scratch = tempfile::tempdir().expect("a directory");
    for (name, bytes) in [("plain", &small.plain), ("full", &small.full)] {
        let dir = scratch.path().join(name);
        let reader = ExportReader::new(&bytes[..]).expect("a header");
        let restored = restore(reader, &dir, None, &mut |_, _| ()).expect("restored");
        assert_eq!(filled::log(&dir), small.log);
        assert_eq!(&exported(&dir, name == "full", None), bytes, "exported again");
        let vault = DiskVault::open(&dir).expect("a vault");
        let held: Vec<bool> = small.documents.iter().map(|found| vault.holds(found).is_some()).collect();
        let expected = if name == "full" { [true, false, true] } else { [false; 3] };
        assert_eq!((held, restored.documents), (expected.to_vec(), if name == "full" { 2 } else { 0 }));
        let again = restore(ExportReader::new(&bytes[..]).expect("a header"), &dir, None, &mut |_, _| ());
        assert_eq!(again.expect("the same once more").documents, 0);
    }
}

#[test]
fn a_damaged_export_restores_its_good_beginning_only_when_told() {
    let small = Small::new();
    let all = lines(&small.plain);
    let cut = [&all[..6], &all[7..]].concat().concat();
    let scratch = tempfile::tempdir().expect("a directory");
    let dir = scratch.path().join("restored");
    let attempt = |accept_loss| {
        restore(ExportReader::new(&cut[..]).expect("a header"), &dir, accept_loss, &mut |_, _| ())
    };
    // Line 7 is gone, so the entry after line 6 does not chain, and line 6 itself is not proved.
    let error = attempt(None).expect_err("damaged");
    let said = error.to_string();
    assert!(said.contains("line 7") && said.contains("--accept-loss 4"), "{said}");
    assert!(
        SledStore::open(&dir)
            .expect_err("no ledger yet")
            .to_string()
            .contains("restoring it was interrupted")
    );
    let length = |length| Some(ledger_core::values::Length(length));
    assert!(matches!(attempt(length(5)), Err(RestoreError::OtherLoss { .. })));
    assert_eq!(attempt(length(4)).expect("accepted").head.length.0, 4);
    assert_eq!(filled::log(&dir), small.log[..4]);
}
