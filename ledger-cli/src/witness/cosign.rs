//! Asking the witnesses of a ledger for cosignatures of its newest checkpoint (C2SP tlog-witness).
//!
//! All at a time, each with an end to waiting: one that does not answer delays no other. A cosignature is verified
//! before it counts. A witness that does not cosign is named with what it did, and what that means for the ledger. What
//! they gave is kept with the checkpoint. Left out: what a cosignature is (`ledger_core::log::witness`), and when a
//! checkpoint is made.

use std::panic::resume_unwind;
use std::time::Duration;

use ledger_core::assessment::codes::Url;
use ledger_core::log::witness::{
    AddCheckpoint, MAX_REQUEST_BYTES, answered_cosignature, answered_size, origin_hash,
};
use ledger_core::log::{NoteError, NoteSignature, SignedCheckpoint, VerifierKey};
use ledger_core::store::add_cosignatures;
use ledger_core::values::{Length, Malformed, Timestamp};
use ledger_core::{TreeError, TreeReader};
use serde_json::{Value, json};
use ureq::Agent;

use crate::args::Global;
use crate::exit::Failure;
use crate::output::{Table, or_dash};
use crate::read::Reader;

/// How long one question to a witness may take, in all and until it is connected.
const TIME: Duration = Duration::from_secs(15);
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Characters of a witness's words that are repeated.
const SHOWN: usize = 200;

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum CosignError {
    /// No answer.
    #[error("not reached: {0}")]
    Unreachable(#[from] ureq::Error),
    /// It was never told about this ledger.
    #[error("it does not watch this ledger; give its keeper the key that `ledger key show` prints")]
    Unwatched,
    /// It watches a ledger of this name under another key.
    #[error("it does not know the key that signed; after `ledger key rotate` give its keeper the new one")]
    UnknownKey,
    /// It has seen more than there is here.
    #[error(
        "it cosigned {known} entries and there are {size} here: this copy of the ledger was rolled back or is stale, or \
         the witness lies; see {address}"
    )]
    Ahead {
        /// What it cosigned last.
        known: Length,
        /// Entries in the checkpoint.
        size: Length,
        /// Where it shows what it cosigned.
        address: String,
    },
    /// It has seen another history.
    #[error(
        "it finds that the checkpoint does not extend the {known} entries that it cosigned: the ledger has shown it \
         another history, or the witness lies; see {address}"
    )]
    Contradicts {
        /// What it cosigned last.
        known: Length,
        /// Where it shows what it cosigned.
        address: String,
    },
    /// What it gave is no cosignature of this checkpoint by its key.
    #[error("what it answered is no cosignature of its own: {0}")]
    Lies(#[from] NoteError),
    /// An answer that the protocol does not know.
    #[error("it answered {status}: {said}")]
    Answered {
        /// Status of the response.
        status: u16,
        /// First line of the body.
        said: String,
    },
    /// A size that is none.
    #[error("it answered 409 and {0}")]
    Malformed(#[from] Malformed),
    /// Another checkpoint of this ledger was cosigned between two questions.
    #[error("it cosigned another checkpoint meanwhile; ask again")]
    Busy,
    /// The proof could not be made.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// What came of asking one witness.
#[derive(Debug)]
pub struct Asked {
    /// Its key.
    key: VerifierKey,
    /// Its address.
    url: Url,
    /// The cosignature and the time it states in seconds since 1970, or why there is none.
    outcome: Result<(NoteSignature, u64), CosignError>,
}

/// Asks every one of these witnesses for a cosignature of `signed`. Cost: a thread for each, and at most 30 s.
fn ask_all<'a>(
    signed: &SignedCheckpoint,
    tree: &TreeReader,
    witnesses: impl Iterator<Item = (&'a VerifierKey, &'a Url)>,
) -> Vec<Asked> {
    let agent = &agent();
    std::thread::scope(|scope| {
        let asked = witnesses.map(|(key, url)| {
            scope.spawn(move || Asked {
                key: key.clone(),
                url: url.clone(),
                outcome: ask(agent, signed, tree, key, url.as_str().trim_end_matches('/')),
            })
        });
        // All are started before the first is waited for.
        let asked: Vec<_> = asked.collect();
        asked.into_iter().map(|asked| asked.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(TIME))
        .timeout_connect(Some(CONNECT_TIME))
        .user_agent(concat!("ledger/", env!("CARGO_PKG_VERSION")))
        .build()
        .into()
}

/// Asks from the size that the witness has: this checkpoint's if it signed it before, else the one it says.
fn ask(
    agent: &Agent,
    signed: &SignedCheckpoint,
    tree: &TreeReader,
    key: &VerifierKey,
    url: &str,
) -> Result<(NoteSignature, u64), CosignError> {
    let size = signed.checkpoint.size;
    let address = || format!("{url}/{}/checkpoint", origin_hash(&signed.checkpoint.origin));
    let mut old = if signed.note.verify(key).is_ok() { size } else { Length(0) };
    for _ in 0..2 {
        let proof = tree.consistency(old, size)?;
        let request = AddCheckpoint { old, proof, signed: signed.clone() };
        let (status, body) = post(agent, &format!("{url}/add-checkpoint"), &request.to_string())?;
        match status {
            200 => return Ok(answered_cosignature(&body, &signed.note.text, key)?),
            403 => return Err(CosignError::UnknownKey),
            404 => return Err(CosignError::Unwatched),
            409 => match answered_size(&body)? {
                known if known > size => return Err(CosignError::Ahead { known, size, address: address() }),
                // So witnesses answered two roots at one size before the protocol said 422.
                known if known == old => return Err(CosignError::Contradicts { known, address: address() }),
                known => old = known,
            },
            422 if old.0 > 0 => return Err(CosignError::Contradicts { known: old, address: address() }),
            _ => return Err(CosignError::Answered { status, said: first_line(&body) }),
        }
    }
    Err(CosignError::Busy)
}

/// Status and body of the answer. More than a witness can have to say is not read.
fn post(agent: &Agent, url: &str, body: &str) -> Result<(u16, String), ureq::Error> {
    let mut response = agent.post(url).content_type("text/plain; charset=utf-8").send(body)?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(MAX_REQUEST_BYTES as u64).lossy_utf8(true);
    Ok((status, body.read_to_string()?))
}

fn first_line(body: &str) -> String {
    let line = body.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
}

/// Asks every witness on record to cosign the newest checkpoint and keeps what they give with it. Returns the checkpoint
/// as it is kept then, and what each witness did. Cost: at most 30 s.
pub fn ask_witnesses(
    global: &Global,
    reader: &Reader,
    signed: SignedCheckpoint,
    tree: &TreeReader,
) -> Result<(SignedCheckpoint, Vec<Asked>), Failure> {
    let state = reader.state()?;
    let asked = ask_all(&signed, tree, state.witnesses());
    if asked.is_empty() {
        return Err(Failure::Usage("nobody is asked to cosign: `ledger witness add KEY URL`".to_owned()));
    }
    let given: Vec<NoteSignature> = given(&asked).cloned().collect();
    let kept = if given.is_empty() { signed } else { add_cosignatures(&global.data, &signed, &given)? };
    Ok((kept, asked))
}

fn given(asked: &[Asked]) -> impl Iterator<Item = &NoteSignature> {
    asked.iter().filter_map(|asked| asked.outcome.as_ref().ok()).map(|(signature, _)| signature)
}

/// Fails if fewer than `quorum` witnesses cosigned; all of them are wanted while it is not stated.
pub fn enough(asked: &[Asked], quorum: Option<usize>) -> Result<(), Failure> {
    let (found, of) = (given(asked).count(), asked.len());
    match quorum.unwrap_or(of) {
        wanted if found >= wanted => Ok(()),
        wanted => {
            Err(Failure::Check(format!("cosigned by {found} of {of} witnesses, and {wanted} are asked for")))
        }
    }
}

/// A row for each witness.
pub fn table(asked: &[Asked]) -> Table {
    let mut table = Table::new(&["witness", "cosigned at", "outcome"]);
    for Asked { key, outcome, .. } in asked {
        let at = outcome.as_ref().ok().and_then(|(_, time)| moment(*time));
        let said = outcome.as_ref().map_or_else(ToString::to_string, |_| "cosigned".to_owned());
        table.row([key.name().to_owned(), or_dash(at), said]);
    }
    table
}

/// The same for programs.
pub fn json(asked: &[Asked]) -> Vec<Value> {
    let each = asked.iter().map(|Asked { key, url, outcome }| match outcome {
        Ok((_, time)) => json!({ "witness": key, "url": url, "cosigned_at": moment(*time) }),
        Err(error) => json!({ "witness": key, "url": url, "error": error.to_string() }),
    });
    each.collect()
}

fn moment(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_micros(i64::try_from(seconds).ok()?.checked_mul(1_000_000)?).ok()
}
