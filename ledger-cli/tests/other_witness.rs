//! Our witness beside one by another author, and our client and theirs: an implementation of C2SP tlog-witness in Python
//! that shares nothing with ours (`tests/witness/requirements.txt`, installed by `tests/run` in `target/witness`).
//!
//! `LEDGER_WITNESS_REQUESTS=N` compares longer, `LEDGER_TEST_SEED=N` asks the same again.

mod support;
mod watching;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ledger_core::log::witness::answered_cosignature;
use ledger_core::log::{Algorithm, SignedCheckpoint, SigningKey, VerifierKey};
use support::Ledger;
use watching::{COMMON, ENTRIES, Face, ORIGIN, Running, log_key, post};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn installed(program: &str) -> Command {
    let path = root().join("target/witness/bin").join(program);
    assert!(
        path.exists(),
        "the Python package aics-witness is not installed in target/witness. Run `tests/run`, or by hand:\n  \
         python3 -m venv target/witness && target/witness/bin/pip install --require-hashes --no-deps \
         --ignore-requires-python -r tests/witness/requirements.txt"
    );
    Command::new(path)
}

/// Their witness, killed when dropped.
struct Theirs {
    child: Child,
    address: SocketAddr,
    key: VerifierKey,
}

impl Theirs {
    /// Begins it in `dir`, to watch one log, and waits until it listens.
    fn start(dir: &Path, log: &VerifierKey) -> Theirs {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
        let config = dir.join("theirs.json");
        let run = |arguments: &[&str]| {
            let mut command = installed("aics-witness");
            command.arg(arguments[0]).arg("-c").arg(&config).args(&arguments[1..]);
            let output = command.output().expect("Python runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let said = run(&["init", "--name", "witness.example/theirs", "--listen", &address.to_string()]);
        let key = said.trim_end().parse().expect("a verifier key");
        run(&["add-log", "--origin", log.name(), "--vkey", &log.to_string()]);
        let mut serve = installed("aics-witness");
        serve.args(["serve", "--log-level", "ERROR", "-c"]).arg(&config);
        let child = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("Python runs");
        let theirs = Theirs { child, address, key };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < until, "it does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        theirs
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn their_witness_cosigns_our_ledger() {
    let ledger = Ledger::new();
    let key: VerifierKey =
        ledger.read("key show").ok().out.lines().last().expect("a line").parse().expect("a key");
    let theirs = Theirs::start(ledger.scratch(), &key);
    let add = format!("witness add {} http://{}", theirs.key, theirs.address);
    ledger.write("operator-1", "2026-07-02", &add).ok();
    for round in 3..9 {
        let cosigned: SignedCheckpoint =
            ledger.read("checkpoint --cosign").ok().out.parse().expect("a checkpoint");
        assert!(cosigned.note.verify(&theirs.key).expect("cosigned").is_some());
        let line = format!("actor enrol assessor-{round} --role assessor");
        ledger.write("operator-1", "2026-07-03", &line).ok();
    }
}

#[test]
fn their_client_has_our_witness_cosign_their_log() {
    let scratch = tempfile::tempdir().expect("a directory");
    let ours = Running::start(scratch.path(), &[log_key().verifier()]);
    let mut feed = installed("python");
    feed.arg(root().join("tests/witness/feed.py")).args([ours.url(), ours.key.to_string()]);
    let output = feed.output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let expected = "one 0 cosigned\none 1 cosigned\none 2 cosigned\none 50 cosigned\none 63 cosigned\n\
                    one 64 cosigned\none 65 cosigned\none 100 cosigned\ntwo 100 cosigned\none 101 cosigned\n\
                    one 256 cosigned\none 256 cosigned\ntwo 256 WitnessRejected 422\ntwo 300 WitnessRejected 422\n\
                    one 200 WitnessAhead \none 299 cosigned\n";
    assert_eq!(said, expected);
}

/// What both witnesses are asked: the truth, lies, and what is no request.
fn body(random: &mut fastrand::Rng, faces: &mut [Face; 2], known: u64) -> Vec<u8> {
    let near = |random: &mut fastrand::Rng| (known + 3).saturating_sub(random.u64(..6));
    let old = if random.u8(..4) == 0 { near(random) } else { known };
    let face = &mut faces[usize::from(random.u8(..4) == 0)];
    let mut request = face.request(old, near(random));
    match random.u8(..24) {
        0 => drop(request.proof.pop()),
        1 => request.proof.push(request.signed.checkpoint.root),
        2 => request.proof.reverse(),
        3 => request.proof.clear(),
        4 => request.signed = face.checkpoint(old + 1),
        5 => request.signed.note.signatures[0].bytes[9] ^= 1,
        6 => request.signed.note.signatures[0].name = "other.example".to_owned(),
        7 => request.signed.checkpoint.origin = "other.example".to_owned(),
        _ => {}
    }
    if request.signed.checkpoint.origin != ORIGIN {
        request.signed = SignedCheckpoint::signed(request.signed.checkpoint, &[log_key()]);
    }
    if random.u8(..8) == 0 {
        // Signed by somebody else too, before or after.
        let other = SigningKey::new("other.example", Algorithm::Ed25519, &[7; 32]).expect("a key");
        let at = random.usize(..2);
        request.signed.note.signatures.insert(at, other.sign(&request.signed.note.text));
    }
    let mut bytes = request.to_string().into_bytes();
    if random.u8(..6) == 0 {
        let at = random.usize(..bytes.len());
        match random.u8(..4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, b"\n 0aA=+\xff"[random.usize(..7)]),
            // Theirs takes DEL in the name of a stranger's key, which no terminal should be shown.
            _ => bytes[at] = Some(random.u8(..)).filter(|byte| *byte != 0x7f).unwrap_or(b'~'),
        }
    }
    bytes
}

#[test]
fn both_witnesses_answer_alike() {
    let number = |name: &str, default: u64| {
        std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
    };
    let seed = number("LEDGER_TEST_SEED", fastrand::u64(..1 << 32));
    println!("LEDGER_TEST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let (requests, mut asked, mut answers) = (number("LEDGER_WITNESS_REQUESTS", 600), 0, BTreeMap::new());
    let mut furthest = 0;
    // Both begin again where the histories end.
    while asked < requests {
        let scratch = tempfile::tempdir().expect("a directory");
        let ours = Running::start(&scratch.path().join("ours"), &[log_key().verifier()]);
        let theirs = Theirs::start(scratch.path(), log_key().verifier());
        let (mut faces, mut known) = ([Face::new(1), Face::new(2)], 0);
        while known + 10 < ENTRIES && asked < requests {
            asked += 1;
            let body = body(&mut random, &mut faces, known);
            let (status, cosigned) = same_answer(&ours, &theirs, &body);
            *answers.entry(status).or_insert(0) += 1;
            known = cosigned.unwrap_or(known);
        }
        furthest = furthest.max(known);
    }
    println!("{answers:?}");
    assert!(furthest > COMMON, "the histories have not parted at {furthest}");
    for status in [200, 400, 403, 404, 409, 422] {
        assert!(answers.contains_key(&status), "no answer {status}: {answers:?}");
    }
}

/// Asks both the same. Returns the status, and what was cosigned.
fn same_answer(ours: &Running, theirs: &Theirs, body: &[u8]) -> (u16, Option<u64>) {
    let shown = String::from_utf8_lossy(body);
    let one = post(ours.address, body).expect("an answer");
    let two = post(theirs.address, body).expect("an answer");
    assert_eq!(one.status, two.status, "{}{}{shown}", one.body, two.body);
    if one.status == 409 {
        assert_eq!(one.body, two.body, "{shown}");
    }
    if one.status != 200 {
        return (one.status, None);
    }
    let (_, note) = shown.split_once("\n\n").expect("a note");
    let signed: SignedCheckpoint = note.parse().expect("a checkpoint");
    for (answer, key) in [(&one, &ours.key), (&two, &theirs.key)] {
        answered_cosignature(&answer.body, &signed.note.text, key).expect("a cosignature");
    }
    (200, Some(signed.checkpoint.size.0))
}
