//! A witness run as the real binary, a client of a few lines that knows no more HTTP than it must, and logs that tell
//! the truth or lie.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ledger_core::log::tree::{Levels, consistency_proof, leaf_hash, root_at};
use ledger_core::log::witness::{AddCheckpoint, answered_cosignature, answered_size};
use ledger_core::log::{Algorithm, Checkpoint, SignedCheckpoint, SigningKey, TreeHash, VerifierKey};
use ledger_core::values::Length;

use crate::support::binary;

pub const ORIGIN: &str = "log.example/1";
/// Entries that both faces of the log have in common.
pub const COMMON: u64 = 40;
pub const ENTRIES: u64 = 400;

/// What signs for the log.
pub fn log_key() -> SigningKey {
    SigningKey::new(ORIGIN, Algorithm::Ed25519, &[1; 32]).expect("a key")
}

/// A face of a log: its own entries begin where what all faces have in common ends.
pub struct Face(Levels);

impl Face {
    pub fn new(own: u8) -> Self {
        let leaf =
            |at: u64| leaf_hash(&[&at.to_be_bytes()[..], &[if at < COMMON { 0 } else { own }]].concat());
        Face(Levels::of((0..ENTRIES).map(leaf).collect()))
    }

    pub fn checkpoint(&mut self, size: u64) -> SignedCheckpoint {
        let Ok(root) = root_at(&mut self.0, Length(size));
        let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: Length(size), root };
        SignedCheckpoint::signed(checkpoint, &[log_key()])
    }

    /// The request to go from `old` to `size`, with the proof of this face.
    pub fn request(&mut self, old: u64, size: u64) -> AddCheckpoint {
        let Ok(proof) = consistency_proof(&mut self.0, Length(old.min(size)), Length(size));
        AddCheckpoint { old: Length(old), proof, signed: self.checkpoint(size) }
    }
}

/// A running witness, killed when dropped.
pub struct Running {
    pub child: Child,
    pub address: SocketAddr,
    pub key: VerifierKey,
    /// What it said before its key.
    pub said: String,
}

impl Running {
    /// Starts the witness of `dir`, which watches the logs with these keys, and waits until it listens.
    pub fn start(dir: &Path, logs: &[&VerifierKey]) -> Running {
        Running::of(witness(dir, logs, "127.0.0.1:0"))
    }

    /// The same by a command of the caller's making.
    pub fn of(mut command: Command) -> Running {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let (mut said, mut address) = (String::new(), None);
        for line in BufReader::new(child.stdout.take().expect("piped")).lines() {
            let line = line.expect("UTF-8");
            if let Some(at) = line.strip_prefix("listening on http://") {
                address = Some(at.parse().expect("an address"));
            } else if let (Some(address), Ok(key)) = (address, line.parse()) {
                return Running { child, address, key, said };
            }
            said += &line;
            said.push('\n');
        }
        panic!("the witness ended: {:?}: {said}", child.wait());
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// As a crash does it: without a word.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("waited for");
    }

    /// As an operator does it.
    pub fn terminate(mut self) -> i32 {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
        self.child.wait().expect("waited for").code().unwrap_or(-1)
    }

    /// Posts a request; none if the witness is gone.
    pub fn ask(&self, request: &AddCheckpoint) -> Option<Answer> {
        ask(self.address, &self.key, request)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already where the test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command that runs a witness at an address.
pub fn witness(dir: &Path, logs: &[&VerifierKey], listen: &str) -> Command {
    let mut command = binary();
    command.args(["witness", "serve", "--name", "witness.example/1", "--listen", listen, "--dir"]).arg(dir);
    for log in logs {
        command.arg("--log").arg(log.to_string());
    }
    command
}

/// What a witness answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Cosigned: verified, with the checkpoint's size and root.
    Cosigned(u64, TreeHash),
    /// 409, and the size.
    Elsewhere(u64),
    /// Any other status.
    Refused(u16),
}

/// Posts a request to a witness and verifies its cosignature; none if it is gone.
pub fn ask(address: SocketAddr, key: &VerifierKey, request: &AddCheckpoint) -> Option<Answer> {
    let Response { status, head, body } = post(address, request.to_string().as_bytes())?;
    let SignedCheckpoint { checkpoint, note } = &request.signed;
    Some(match status {
        200 => {
            answered_cosignature(&body, &note.text, key).expect("a cosignature");
            Answer::Cosigned(checkpoint.size.0, checkpoint.root)
        }
        409 => {
            assert!(head.contains("content-type: text/x.tlog.size\r\n"), "{head}");
            Answer::Elsewhere(answered_size(&body).expect("a size").0)
        }
        status => Answer::Refused(status),
    })
}

/// What came back over HTTP.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// Header lines in lower case, each ended as it was sent.
    pub head: String,
    pub body: String,
}

/// Posts a body to `/add-checkpoint`; none if nobody answers.
pub fn post(address: SocketAddr, body: &[u8]) -> Option<Response> {
    let head = format!(
        "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(address, &[head.as_bytes(), body].concat())
}

pub fn get(address: SocketAddr, path: &str) -> Option<Response> {
    exchange(address, format!("GET {path} HTTP/1.1\r\nHost: w\r\nConnection: close\r\n\r\n").as_bytes())
}

/// Sends bytes and reads until the other side closes; none if what came is no response.
pub fn exchange(address: SocketAddr, request: &[u8]) -> Option<Response> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    // The other side may answer and close before it has read everything.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

pub fn parse(bytes: &[u8]) -> Option<Response> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some(Response { status, head: format!("{}\r\n", head.to_lowercase()), body: body.to_owned() })
}
