//! `ledger witness serve` over a real socket: what it cosigns and refuses, killed at any moment, asked by many at once,
//! and asked what is no request. The decision itself is tried on all small logs in `log/witness.rs`.
//!
//! `LEDGER_WITNESS_KILLS=N` kills more often, `LEDGER_TEST_SEED=N` strikes again at the same places.

mod support;
mod watching;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use ledger_core::log::witness::{MAX_REQUEST_BYTES, origin_hash};
use ledger_core::log::{Algorithm, SignedCheckpoint, SigningKey, TreeHash};
use watching::{
    Answer, COMMON, ENTRIES, Face, ORIGIN, Response, Running, ask, exchange, get, log_key, parse, post,
    witness,
};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn a_log_that_lies_is_refused() {
    let scratch = tempfile::tempdir().expect("a directory");
    let key = log_key();
    let witness = Running::start(&scratch.path().join("w"), &[key.verifier()]);
    let (mut one, mut two) = (Face::new(1), Face::new(2));
    let asked = |request| witness.ask(&request).expect("an answer");
    let cosigned = |face: &mut Face, size| Answer::Cosigned(size, face.checkpoint(size).checkpoint.root);
    assert_eq!(asked(one.request(0, 30)), cosigned(&mut one, 30));
    assert_eq!(asked(two.request(30, 35)), cosigned(&mut one, 35), "as long as they agree");
    assert_eq!(asked(one.request(35, 100)), cosigned(&mut one, 100));
    assert_eq!(asked(one.request(100, 100)), cosigned(&mut one, 100), "once more");
    assert_eq!(asked(two.request(100, 100)), Answer::Refused(422), "two roots at one size");
    assert_eq!(asked(two.request(100, 120)), Answer::Refused(422), "a fork");
    assert_eq!(asked(two.request(35, 120)), Answer::Elsewhere(100), "a fork from before");
    assert_eq!(asked(one.request(30, 35)), Answer::Elsewhere(100), "rolled back");
    assert_eq!(asked(one.request(0, 120)), Answer::Elsewhere(100), "from the beginning");
    assert_eq!(asked(one.request(100, 99)), Answer::Refused(400));
    let mut wrong = one.request(100, 120);
    wrong.proof = one.request(100, 121).proof;
    assert_eq!(asked(wrong), Answer::Refused(422), "proof for another size");
    for (name, seed, status) in [(ORIGIN, 9, 403), ("unrelated.example", 1, 404)] {
        let key = SigningKey::new(name, Algorithm::Ed25519, &[seed; 32]).expect("a key");
        let mut request = one.request(100, 120);
        request.signed.checkpoint.origin = name.to_owned();
        request.signed = SignedCheckpoint::signed(request.signed.checkpoint, &[key]);
        assert_eq!(asked(request), Answer::Refused(status), "{name} under another key");
    }
    assert_eq!(asked(one.request(100, 120)), cosigned(&mut one, 120), "the truth is cosigned still");
    let fork =
        fs::read_to_string(scratch.path().join("w/forks").join(origin_hash(ORIGIN))).expect("evidence");
    assert_eq!(fork, two.checkpoint(100).to_string());
}

#[test]
fn what_it_cosigned_is_shown_to_anyone() {
    let scratch = tempfile::tempdir().expect("a directory");
    let key = log_key();
    let other = SigningKey::new("log.example/2", Algorithm::Ed25519, &[2; 32]).expect("a key");
    let witness = Running::start(scratch.path(), &[key.verifier(), other.verifier()]);
    assert_eq!(witness.said.lines().count(), 4, "{}", witness.said);
    let address = witness.address;
    let path = format!("/{}/checkpoint", origin_hash(ORIGIN));
    assert_eq!(get(address, &path).expect("an answer").status, 404);
    let mut face = Face::new(1);
    assert!(matches!(witness.ask(&face.request(0, 50)), Some(Answer::Cosigned(50, _))));
    let Response { status, body, .. } = get(address, &path).expect("an answer");
    let shown: SignedCheckpoint = body.parse().expect("a checkpoint");
    assert_eq!((status, &shown.checkpoint), (200, &face.checkpoint(50).checkpoint));
    assert!(shown.note.verify(key.verifier()).is_ok());
    assert!(shown.note.verify(&witness.key).expect("cosigned").is_some());
    let root = shown.checkpoint.root.to_base64();
    let expected = format!("{}\n{ORIGIN} 50 {root}\nlog.example/2 -\n", witness.key);
    assert_eq!(get(address, "/").expect("an answer").body, expected);
    for (request, status) in [
        ("GET /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n", 405),
        ("POST / HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 405),
        ("GET /elsewhere HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n", 404),
        ("GET /../key HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n", 404),
    ] {
        assert_eq!(exchange(address, request.as_bytes()).expect("an answer").status, status, "{request}");
    }
}

/// What was cosigned, in the order in which the answers came.
#[derive(Default)]
struct Seen {
    roots: BTreeMap<u64, TreeHash>,
    newest: u64,
    count: u64,
}

impl Seen {
    /// Of every size there is one root, and none is smaller than one that was answered before.
    fn take(&mut self, size: u64, root: TreeHash) {
        let known = *self.roots.entry(size).or_insert(root);
        assert_eq!(known, root, "two roots at {size}");
        assert!(size >= self.newest, "{size} after {}", self.newest);
        self.newest = size;
        self.count += 1;
    }

    /// All that was cosigned is of one history.
    fn is_one_history(&self, faces: &mut [Face; 2]) {
        let of = |face: &mut Face| {
            self.roots.iter().all(|(size, root)| face.checkpoint(*size).checkpoint.root == *root)
        };
        assert!(of(&mut faces[0]) || of(&mut faces[1]), "cosigned both histories: {:?}", self.roots);
    }
}

#[test]
fn killed_at_any_moment_it_cosigns_one_history_and_never_goes_back() {
    let seed = setting("LEDGER_TEST_SEED", fastrand::u64(..1 << 32));
    println!("LEDGER_TEST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut kills, mut cosigned) = (setting("LEDGER_WITNESS_KILLS", 12), 0);
    while kills > 0 {
        let scratch = tempfile::tempdir().expect("a directory");
        let (mut faces, mut seen) = ([Face::new(1), Face::new(2)], Seen::default());
        // On a slow machine a few more, until the histories have parted.
        while (kills > 0 && seen.newest + 4 < ENTRIES) || seen.newest <= COMMON {
            kills = kills.saturating_sub(1);
            ask_until_killed(scratch.path(), &mut faces, &mut seen, &mut random);
        }
        seen.is_one_history(&mut faces);
        cosigned += seen.count;
    }
    println!("{cosigned} cosignatures");
}

/// Starts the witness, asks it to cosign now one history and now the other, and kills it meanwhile.
fn ask_until_killed(dir: &Path, faces: &mut [Face; 2], seen: &mut Seen, random: &mut fastrand::Rng) {
    let witness = Running::start(dir, &[log_key().verifier()]);
    let (id, mut old) = (witness.child.id(), seen.newest);
    let after = Duration::from_millis(random.u64(1..120));
    let killer = std::thread::spawn(move || {
        std::thread::sleep(after);
        assert!(Command::new("kill").args(["-KILL", &id.to_string()]).status().expect("kill").success());
    });
    loop {
        let size = (old + random.u64(0..4)).min(ENTRIES);
        match witness.ask(&faces[random.usize(..2)].request(old, size)) {
            Some(Answer::Cosigned(size, root)) => {
                seen.take(size, root);
                old = size;
            }
            Some(Answer::Elsewhere(known)) => {
                assert!(known >= seen.newest, "it remembers {known}, and cosigned {}", seen.newest);
                old = known;
            }
            Some(Answer::Refused(status)) => assert_eq!(status, 422, "{old} to {size}"),
            None => break,
        }
    }
    killer.join().expect("killed");
}

#[test]
fn many_who_ask_at_once_get_one_history() {
    let scratch = tempfile::tempdir().expect("a directory");
    let key = log_key();
    let witness = Running::start(scratch.path(), &[key.verifier()]);
    let (address, verifier) = (witness.address, witness.key.clone());
    let threads = (0..8).map(|thread| {
        let verifier = verifier.clone();
        std::thread::spawn(move || {
            let (mut face, mut seen, mut old) = (Face::new(1 + thread % 2), Seen::default(), 0);
            for _ in 0..60 {
                let size = (old + 1 + u64::from(thread)).min(ENTRIES);
                match ask(address, &verifier, &face.request(old, size)).expect("an answer") {
                    Answer::Cosigned(size, root) => {
                        seen.take(size, root);
                        old = size;
                    }
                    Answer::Elsewhere(known) => old = known,
                    Answer::Refused(status) => assert_eq!(status, 422),
                }
            }
            seen
        })
    });
    let mut all = Seen::default();
    for thread in threads.collect::<Vec<_>>() {
        let seen = thread.join().expect("no thread failed");
        for (size, root) in seen.roots {
            assert_eq!(*all.roots.entry(size).or_insert(root), root, "two roots at {size}");
        }
    }
    assert!(all.roots.len() > 10, "{}", all.roots.len());
    all.is_one_history(&mut [Face::new(1), Face::new(2)]);
}

#[test]
fn what_is_no_request_is_refused_and_hinders_nobody() {
    let scratch = tempfile::tempdir().expect("a directory");
    let key = log_key();
    let witness = Running::start(scratch.path(), &[key.verifier()]);
    let address = witness.address;
    let mut face = Face::new(1);
    let whole = face.request(0, 60).to_string();
    let status = |body: &[u8]| post(address, body).map(|answer| answer.status);
    for end in (0..whole.len()).step_by(9) {
        assert_eq!(status(&whole.as_bytes()[..end]), Some(400), "cut at {end}");
    }
    assert_eq!(status(&vec![b'x'; MAX_REQUEST_BYTES]), Some(400));
    assert_eq!(status(&[0xff; 100]), Some(400));
    let head = |lines: &str| format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n{lines}\r\n");
    let said = |request: &[u8]| exchange(address, request).map(|answer| answer.status);
    // More than it may have, announced and not.
    assert_eq!(said(head("Content-Length: 99999999999\r\n").as_bytes()), Some(413));
    let chunk = format!("{}{:x}\r\n{}", head("Transfer-Encoding: chunked\r\n"), 1 << 20, "x".repeat(1 << 20));
    assert_eq!(said(chunk.as_bytes()), Some(413));
    let long = head(&format!("X: {}\r\n", "x".repeat(64 << 10)));
    assert_eq!(said(long.as_bytes()), Some(431));
    assert_eq!(said(head(&"X: y\r\n".repeat(100)).as_bytes()), Some(431));
    for nonsense in ["\r\n\r\n\r\n", "HELLO\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n"] {
        let answer = said(nonsense.as_bytes());
        assert!(answer.is_none_or(|status| status == 400), "{nonsense:?}: {answer:?}");
    }
    // Cut off: nothing was decided.
    let cut =
        [head(&format!("Content-Length: {}\r\n", whole.len())).as_bytes(), &whole.as_bytes()[..100]].concat();
    drop(TcpStream::connect(address).and_then(|mut stream| stream.write_all(&cut)));
    assert_eq!(
        witness.ask(&face.request(7, 60)),
        Some(Answer::Elsewhere(0)),
        "nothing was cosigned of all that"
    );
    let Some(Answer::Cosigned(60, _)) = witness.ask(&face.request(0, 60)) else { panic!("it goes on") };
}

#[test]
fn slow_clients_are_cut_off_and_others_are_answered_meanwhile() {
    let scratch = tempfile::tempdir().expect("a directory");
    let key = log_key();
    let witness = Running::start(scratch.path(), &[key.verifier()]);
    let address = witness.address;
    let beginnings: [&[u8]; 3] = [
        b"",
        b"POST /add-check",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 300\r\n\r\nold 0\n",
    ];
    let slow: Vec<TcpStream> = (0..30)
        .map(|at| {
            let mut stream = TcpStream::connect(address).expect("connected");
            stream.write_all(beginnings[at % 3]).expect("sent");
            stream
        })
        .collect();
    let mut face = Face::new(1);
    let begun = Instant::now();
    assert!(matches!(witness.ask(&face.request(0, 60)), Some(Answer::Cosigned(60, _))));
    assert!(begun.elapsed() < Duration::from_secs(5), "held up for {:?}", begun.elapsed());
    for (at, mut stream) in slow.into_iter().enumerate() {
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let mut bytes = Vec::new();
        // Closed, or reset where something was left unread.
        let read = stream.read_to_end(&mut bytes);
        assert!(begun.elapsed() < Duration::from_secs(50), "{at}: {read:?}");
        assert!(parse(&bytes).is_none_or(|answer| answer.status == 408), "{at}");
    }
}

#[test]
fn it_ends_when_told_and_starts_as_it_was() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (dir, log) = (scratch.path().join("w"), log_key());
    let first = Running::start(&dir, &[log.verifier()]);
    let key = first.key.clone();
    let mut face = Face::new(1);
    assert!(matches!(first.ask(&face.request(0, 60)), Some(Answer::Cosigned(..))));
    let second = witness(&dir, &[log.verifier()], "127.0.0.1:0").output().expect("the binary runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("stop that witness first"), "{said}");
    assert_eq!(first.terminate(), 0);
    let again = Running::start(&dir, &[log.verifier()]);
    assert_eq!((&again.key, again.ask(&face.request(0, 61))), (&key, Some(Answer::Elsewhere(60))));
    drop(again);
    let refused = |dir: &Path, name: &str, log: &str, status: i32, words: &str| {
        let mut command = support::binary();
        command
            .args(["witness", "serve", "--listen", "127.0.0.1:0", "--name", name, "--log", log, "--dir"])
            .arg(dir);
        let output = command.output().expect("the binary runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(status), 1), "{said}");
        assert!(said.contains(words), "{said}");
    };
    let vkey = log.verifier().to_string();
    refused(&dir, "witness.example/2", &vkey, 2, "a new name takes a new key");
    refused(scratch.path(), "witness.example/1", &vkey, 2, "name a new directory");
    refused(&dir, "witness.example/1", "nonsense", 2, "is not a verifier key");
    refused(&dir, "witness.example/1", &key.to_string(), 2, "a log's key expected");
    let memory = dir.join("logs").join(origin_hash(ORIGIN));
    let kept = fs::read_to_string(&memory).expect("read");
    fs::write(&memory, kept.replace("\n60\n", "\n59\n")).expect("written");
    refused(&dir, "witness.example/1", &vkey, 4, "a second history");
}

/// Seen by strace: the memory is written and synced, renamed, its directory synced, and only then somebody answered.
#[test]
fn nobody_is_answered_before_the_memory_is_durable() {
    let scratch = tempfile::tempdir().expect("a directory");
    let (dir, trace, log) = (scratch.path().join("w"), scratch.path().join("trace"), log_key());
    drop(Running::start(&dir, &[log.verifier()]));
    let serve = witness(&dir, &[log.verifier()], "127.0.0.1:0");
    let mut command = Command::new("strace");
    command
        .args(["-f", "-y", "-s", "40", "-e", "trace=write,writev,sendto,fsync,fdatasync,rename", "-o"])
        .arg(&trace);
    command.arg(serve.get_program()).args(serve.get_args());
    let running = Running::of(command);
    let mut face = Face::new(1);
    for (old, size) in [(0, 10), (10, 20), (20, 30)] {
        assert!(matches!(running.ask(&face.request(old, size)), Some(Answer::Cosigned(..))));
    }
    drop(running);
    let text = fs::read_to_string(&trace).expect("a trace");
    let memory = dir.join("logs").join(origin_hash(ORIGIN));
    let new = format!("<{}.new>", memory.display());
    let logs = format!("<{}>", dir.join("logs").display());
    let renamed = format!("\"{}\"", memory.display());
    let seen = text.lines().filter_map(|line| match line {
        _ if line.contains(" write(") && line.contains(&new) => Some("write"),
        _ if line.contains("sync(") && line.contains(&new) => Some("sync"),
        _ if line.contains(" rename(") && line.contains(&renamed) => Some("rename"),
        _ if line.contains("sync(") && line.contains(&logs) => Some("sync names"),
        _ if line.contains("HTTP/1.1 200") => Some("answer"),
        _ => None,
    });
    let expected = ["write", "sync", "rename", "sync names", "answer"].repeat(3);
    assert_eq!(seen.collect::<Vec<_>>(), expected, "{text}");
}
