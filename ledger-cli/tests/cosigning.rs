//! `ledger checkpoint --cosign`: two ledgers that watch each other, a ledger that shows its witness another history, and
//! witnesses that refuse, lie or are not there. What a witness takes and refuses is told in `witness.rs`.

mod support;
mod watching;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Barrier, Mutex};

use ledger_core::log::witness::quorum;
use ledger_core::log::{Algorithm, SignedCheckpoint, SigningKey, VerifierKey};
use support::{Ledger, Said, run};
use watching::{Running, witness};

/// The key that checkpoints of this ledger are verified by.
fn key_of(ledger: &Ledger) -> VerifierKey {
    let said = ledger.read("key show").ok();
    said.out.lines().last().expect("a line").parse().expect("a verifier key")
}

fn newest(said: &Said) -> SignedCheckpoint {
    said.out.parse().unwrap_or_else(|error| panic!("{error}: {}{}", said.out, said.err))
}

/// Two ledgers: one under a simulated clock, one that records by the machine's.
struct Pair {
    one: Ledger,
    two: Ledger,
}

impl Pair {
    fn new() -> Self {
        Pair { one: Ledger::new(), two: Ledger::on_system_clock() }
    }

    fn grow_one(&self, assessor: &str) {
        let line = format!("actor enrol {assessor} --role assessor");
        self.one.write("operator-1", "2026-07-03", &line).ok();
    }

    fn grow_two(&self, assessor: &str) {
        self.two.read(&format!("actor enrol {assessor} --role assessor --actor operator-1")).ok();
    }

    fn add_to_one(&self, key: &VerifierKey, url: &str) {
        self.one.write("operator-1", "2026-07-03", &format!("witness add {key} {url}")).ok();
    }

    fn add_to_two(&self, key: &VerifierKey, url: &str) {
        self.two.read(&format!("witness add {key} {url} --actor operator-1")).ok();
    }
}

#[test]
fn two_ledgers_watch_each_other() {
    let pair = Pair::new();
    let keys = [key_of(&pair.one), key_of(&pair.two)];
    let by_one = Running::start(&pair.one.scratch().join("witness"), &[&keys[1]]);
    let by_two = Running::start(&pair.two.scratch().join("witness"), &[&keys[0]]);
    pair.add_to_one(&by_two.key, &format!("{}/", by_two.url()));
    pair.add_to_two(&by_one.key, &by_one.url());
    for round in 3..6 {
        pair.grow_one(&format!("assessor-{round}"));
        pair.grow_two(&format!("assessor-{round}"));
        for (ledger, key, by) in [(&pair.one, &keys[0], &by_two), (&pair.two, &keys[1], &by_one)] {
            let said = ledger.read("checkpoint --cosign").ok();
            assert!(
                said.err.contains("witness.example/1  20") && said.err.contains("cosigned"),
                "{}",
                said.err
            );
            let cosigned = newest(&said);
            assert_eq!(cosigned.note.verify(key), Ok(None));
            assert_eq!(cosigned.note.signatures[0].name, cosigned.checkpoint.origin);
            assert_eq!(quorum(&cosigned.note, std::slice::from_ref(&by.key), 1).map(|by| by.len()), Ok(1));
            assert_eq!(newest(&ledger.read("checkpoint").ok()), cosigned, "it is kept");
            // Once more from the size it has.
            let again = newest(&ledger.read("checkpoint --cosign --quorum 1").ok());
            assert_eq!((again.checkpoint, again.note.signatures.len()), (cosigned.checkpoint, 2));
        }
    }
    let json = pair.one.read("checkpoint --cosign --json").ok().json();
    assert_eq!(json["witnesses"][0]["witness"], by_two.key.to_string());
    assert!(json["witnesses"][0]["cosigned_at"].is_string(), "{json}");
    assert_eq!(json["signatures"].as_array().map(Vec::len), Some(2));
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().expect("cp runs").success());
}

/// What `checkpoint --cosign` says of a copy of a ledger's directory.
fn cosign_in(dir: &Path) -> Said {
    run(["checkpoint", "--cosign", "--data", &dir.display().to_string()])
}

#[test]
fn a_ledger_that_shows_its_witness_another_history_is_told_so() {
    let pair = Pair::new();
    let by_two = Running::start(&pair.two.scratch().join("witness"), &[&key_of(&pair.one)]);
    pair.add_to_one(&by_two.key, &by_two.url());
    let at = |name: &str| pair.one.scratch().join(name);
    for name in ["stale", "level", "longer"] {
        copy(pair.one.dir(), &at(name));
    }
    pair.grow_one("assessor-3");
    pair.grow_one("assessor-4");
    let honest = newest(&pair.one.read("checkpoint --cosign").ok());
    let stale = cosign_in(&at("stale"));
    assert_eq!(stale.status, 1, "{}", stale.err);
    assert!(stale.err.contains("was rolled back or is stale"), "{}", stale.err);
    assert!(stale.err.contains("cosigned by 0 of 1 witnesses, and 1 are asked for"), "{}", stale.err);
    for (name, entries) in [("level", 2), ("longer", 3)] {
        for entry in 0..entries {
            let handle = format!("assessor-{}", 10 + entry);
            let mut command = support::binary();
            command.args([
                "actor",
                "enrol",
                &handle,
                "--role",
                "assessor",
                "--actor",
                "operator-1",
                "--data",
            ]);
            command.arg(at(name)).args(["--recorded-time", "2026-07-04", "--random-seed", "7"]);
            assert!(command.output().expect("the binary runs").status.success());
        }
        let said = cosign_in(&at(name));
        assert_eq!(said.status, 1, "{name}: {}", said.err);
        assert!(said.err.contains("the ledger has shown it another history"), "{name}: {}", said.err);
        assert_eq!(newest(&said).note.signatures.len(), 1, "{name}: nothing was cosigned");
    }
    // The witness stays with the history it cosigned, and has what the other one signed.
    assert_eq!(newest(&pair.one.read("checkpoint --cosign").ok()).checkpoint, honest.checkpoint);
    let forks: Vec<_> = fs::read_dir(pair.two.scratch().join("witness/forks")).expect("read").collect();
    assert_eq!(forks.len(), 1);
    let unknown = Running::start(&pair.two.scratch().join("other"), &[&key_of(&pair.two)]);
    pair.add_to_one(&unknown.key, &unknown.url());
    let said = pair.one.read("checkpoint --cosign");
    assert_eq!(said.status, 1);
    assert!(said.err.contains("it does not watch this ledger"), "{}", said.err);
    assert!(pair.one.read("checkpoint --cosign --quorum 1").status == 0, "one of two is enough");
}

#[test]
fn a_key_rotated_is_told_to_the_witness() {
    let pair = Pair::new();
    let dir = pair.two.scratch().join("witness");
    let before = key_of(&pair.one);
    let first = Running::start(&dir, &[&before]);
    pair.add_to_one(&first.key, &first.url());
    pair.one.read("checkpoint --cosign").ok();
    pair.one.write("operator-1", "2026-07-03", "key rotate").ok();
    // The first checkpoint after it is signed by both keys.
    pair.one.read("checkpoint --cosign").ok();
    pair.grow_one("assessor-3");
    let said = pair.one.read("checkpoint --cosign");
    assert_eq!(said.status, 1);
    assert!(said.err.contains("it does not know the key that signed"), "{}", said.err);
    let address = first.address;
    assert_eq!(first.terminate(), 0);
    let again = Running::of(witness(&dir, &[&before, &key_of(&pair.one)], &address.to_string()));
    let said = pair.one.read("checkpoint --cosign").ok();
    assert!(newest(&said).note.verify(&again.key).is_ok());
}

/// A witness that answers from a list, then as the last on it; and what it was asked.
struct Liar {
    key: SigningKey,
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

type Reply = Box<dyn Fn(&SigningKey, &str) -> Vec<u8> + Send>;

impl Liar {
    fn new(reply: Reply) -> Self {
        Self::named("liar.example", reply)
    }

    fn named(name: &str, reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let key = SigningKey::new(name, Algorithm::Cosignature, &[9; 32]).expect("a key");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (signs, heard) = (key.clone(), asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let body = body_of(&mut stream);
                let _ = stream.write_all(&reply(&signs, &body));
                heard.lock().expect("no panic").push(body);
            }
        });
        Liar { key, url, asked }
    }
}

/// The body of the request that comes next.
fn body_of(stream: &mut TcpStream) -> String {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.expect("a length").parse().expect("a number") {
                return body.to_owned();
            }
        }
        match stream.read(&mut piece).expect("readable") {
            0 => return String::new(),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
}

fn http(status: u16, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn text_of(request: &str) -> String {
    format!("{}\n", request.split("\n\n").nth(1).expect("a checkpoint"))
}

#[test]
fn a_witness_that_refuses_or_lies_is_named_and_counts_for_nothing() {
    let lies: Vec<(&str, &str, Reply)> = vec![
        (
            "another text",
            "no cosignature of its own",
            Box::new(|key, _| http(200, &format!("{}\n", key.cosign("x\n", 5)))),
        ),
        (
            "another key",
            "no cosignature of its own",
            Box::new(|_, request| {
                let other = SigningKey::new("liar.example", Algorithm::Cosignature, &[8; 32]).expect("a key");
                http(200, &format!("{}\n", other.cosign(&text_of(request), 5)))
            }),
        ),
        (
            "no time",
            "no cosignature of its own",
            Box::new(|key, request| {
                let mut signature = key.cosign(&text_of(request), 5);
                signature.bytes.drain(..8);
                http(200, &format!("{signature}\n"))
            }),
        ),
        ("nothing", "no cosignature of its own", Box::new(|_, _| http(200, ""))),
        ("nonsense", "no cosignature of its own", Box::new(|_, _| http(200, "\u{1b}[2J thanks\n"))),
        ("endless", "not reached", Box::new(|_, _| http(200, &"x".repeat(1 << 20)))),
        (
            "far ahead",
            "rolled back or is stale, or the witness lies",
            Box::new(|_, _| http(409, "9999999\n")),
        ),
        ("no size", "it answered 409 and", Box::new(|_, _| http(409, "many\n"))),
        (
            "its own size",
            "another history, or the witness lies",
            Box::new(|_, request| {
                let old = request.lines().next().and_then(|line| line.strip_prefix("old ")).expect("a size");
                http(409, &format!("{old}\n"))
            }),
        ),
        (
            "always another size",
            "meanwhile; ask again",
            Box::new(|_, request| {
                let old: u64 = request
                    .lines()
                    .next()
                    .and_then(|line| line.strip_prefix("old "))
                    .expect("a size")
                    .parse()
                    .expect("a number");
                http(409, &format!("{}\n", old + 1))
            }),
        ),
        (
            "a proof refused",
            "another history, or the witness lies",
            Box::new(
                |_, request| {
                    if request.starts_with("old 0\n") { http(409, "3\n") } else { http(422, "no\n") }
                },
            ),
        ),
        ("nothing known, refused", "it answered 422: no", Box::new(|_, _| http(422, "no\n"))),
        (
            "broken",
            "it answered 500: \u{fffd}[2Jsorry",
            Box::new(|_, _| http(500, "\u{fffd}\u{1b}[2Jsorry\nmore\n")),
        ),
        (
            "elsewhere",
            "it answered 302",
            Box::new(|_, _| {
                b"HTTP/1.1 302 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n".to_vec()
            }),
        ),
        ("silent", "not reached", Box::new(|_, _| Vec::new())),
        ("no HTTP", "not reached", Box::new(|_, _| b"SSH-2.0-x\r\n\r\n".to_vec())),
    ];
    let pair = Pair::new();
    let honest = Running::start(&pair.two.scratch().join("witness"), &[&key_of(&pair.one)]);
    pair.add_to_one(&honest.key, &honest.url());
    for (name, words, reply) in lies {
        let liar = Liar::new(reply);
        pair.add_to_one(liar.key.verifier(), &liar.url);
        let said = pair.one.read("checkpoint --cosign");
        assert_eq!(said.status, 1, "{name}: {}", said.err);
        let line = said.err.lines().find(|line| line.starts_with("liar.example")).expect("a row");
        assert!(line.contains(words), "{name}: {line}");
        assert!(!said.err.contains('\u{1b}'), "{name}: {}", said.err);
        assert!((1..=2).contains(&liar.asked.lock().expect("no panic").len()), "{name}");
        let kept = newest(&pair.one.read("checkpoint").ok());
        assert!(kept.note.verify(liar.key.verifier()).is_err(), "{name}");
        assert!(kept.note.verify(&honest.key).is_ok(), "{name}: the other one counts");
        assert_eq!(kept.note.signatures.len(), 2, "{name}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let gone = SigningKey::new("liar.example", Algorithm::Cosignature, &[9; 32]).expect("a key");
    pair.add_to_one(gone.verifier(), &format!("http://{nobody}"));
    let said = pair.one.read("checkpoint --cosign --json");
    let error = said.json()["witnesses"]
        .as_array()
        .expect("a list")
        .iter()
        .find_map(|row| row["error"].as_str().map(str::to_owned));
    assert!(error.expect("an error").starts_with("not reached: "), "{}", said.out);
    assert!(said.err.contains("check_failed"), "{}", said.err);
    assert_eq!(pair.one.read("checkpoint --cosign --quorum 1").status, 0);
}

/// Each cosigns only once all of them were asked: whoever asked them in turn would wait for the first in vain.
#[test]
fn witnesses_are_asked_at_one_time() {
    let ledger = Ledger::new();
    let all = Arc::new(Barrier::new(3));
    for name in ["one.example", "two.example", "three.example"] {
        let all = all.clone();
        let slow = Liar::named(
            name,
            Box::new(move |key, request| {
                all.wait();
                http(200, &format!("{}\n", key.cosign(&text_of(request), 5)))
            }),
        );
        let line = format!("witness add {} {}", slow.key.verifier(), slow.url);
        ledger.write("operator-1", "2026-07-03", &line).ok();
    }
    let cosigned = newest(&ledger.read("checkpoint --cosign").ok());
    assert_eq!(cosigned.note.signatures.len(), 4);
}

#[test]
fn without_witnesses_nobody_is_asked() {
    let ledger = Ledger::new();
    let said = ledger.read("checkpoint --cosign");
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.contains("ledger witness add KEY URL"), "{}", said.err);
    assert_eq!(ledger.read("checkpoint --quorum 1").status, 2);
}
