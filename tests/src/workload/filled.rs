//! A ledger on disk that holds a workload: what replay is measured and tried on.

use std::path::Path;

use ledger_core::assessment::Request;
use ledger_core::environment::Environment;
use ledger_core::log::{Algorithm, SigningKey};
use ledger_core::values::Timestamp;
use ledger_core::{Founding, Ledger, Receipt, SubmitError};
use tokio::runtime::{Builder, Runtime};

use super::{MEDIA_TYPE, Scale, Workload};

/// Commands of a commit.
const ROUND: usize = 1_000;

/// Founds a ledger in `dir`, records the set-up and `commands` of the workload, and closes it. Returns how many entries
/// it has. Cost: some 15 s for a million. Panics if a command is refused, which none is.
pub fn fill(dir: &Path, seed: u64, scale: Scale, commands: u64) -> u64 {
    fill_founded(dir, Workload::founding(seed), seed, scale, commands)
}

/// As [`fill`], with a key and so with a tree and checkpoints.
pub fn fill_signed(dir: &Path, seed: u64, scale: Scale, commands: u64) -> u64 {
    let founding = Workload::founding(seed);
    let key = Some(signing_key(&founding));
    fill_founded(dir, Founding { key, ..founding }, seed, scale, commands)
}

/// The key of a workload's ledger, the same on every machine: nobody should trust it.
pub fn signing_key(founding: &Founding) -> SigningKey {
    SigningKey::new(founding.origin.as_str(), Algorithm::Ed25519, &[1; 32]).expect("an origin names a key")
}

fn fill_founded(dir: &Path, founding: Founding, seed: u64, scale: Scale, commands: u64) -> u64 {
    let ledger = Ledger::create(dir, Environment::system(), founding).expect("a new ledger");
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let mut set_up = Workload::set_up(seed, scale);
    while record(&ledger, &runtime, set_up.by_ref().take(ROUND).collect()) {}
    let media_type = MEDIA_TYPE.parse().expect("a media type");
    let mut steps = Workload::new(seed, scale).take(commands as usize);
    loop {
        let stored = steps.by_ref().take(ROUND).map(|step| {
            let at = step.request().recorded_time.unwrap_or(Timestamp::EPOCH);
            step.stored(|content| ledger.add_document(content, &media_type, b"", at)).expect("stored")
        });
        let round: Vec<Request> = stored.collect();
        if !record(&ledger, &runtime, round) {
            break;
        }
    }
    let entries = ledger.head().length.0;
    ledger.close().expect("a clean close");
    entries
}

/// Whether there was anything to record.
fn record(ledger: &Ledger, runtime: &Runtime, round: Vec<Request>) -> bool {
    let some = !round.is_empty();
    let answers: Vec<Result<Receipt, SubmitError>> = runtime.block_on(ledger.submit_all(round));
    answers.into_iter().for_each(|answer| drop(answer.expect("accepted")));
    some
}
