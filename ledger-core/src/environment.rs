//! What the world gives a ledger: the time and randomness, as values that can be handed in.
//!
//! Nothing else in the core reads a clock or a random source. A ledger with a simulated clock takes each
//! command's stated time; with seeded randomness as well, equal commands give equal bytes on every machine.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::values::Timestamp;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes.
pub trait Random: Debug + Send + Sync {
    /// 32 bytes that nobody can guess. A seeded source gives the same bytes for the same `label` again.
    fn secret(&self, label: &[u8]) -> [u8; 32];
}

/// Time and randomness together.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub random: Arc<dyn Random>,
}

impl Environment {
    /// The machine's clock and the operating system's random source.
    pub fn system() -> Self {
        Environment { clock: Arc::new(SystemClock), random: Arc::new(SystemRandom) }
    }
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        // A machine that believes it is after the year 9999 is treated as standing at 1970: the ledger then
        // refuses to write, because its clock is behind.
        Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH)
    }
}

/// The operating system's random source.
#[derive(Debug)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn secret(&self, _label: &[u8]) -> [u8; 32] {
        let mut bytes = [0; 32];
        // Without randomness a document would be readable by everyone: there is nothing sensible to go on with.
        getrandom::fill(&mut bytes)
            .unwrap_or_else(|error| panic!("the system gives no random bytes: {error}"));
        bytes
    }
}

/// Bytes derived from a seed and the label, for examples and tests. Anyone who knows the seed can read the
/// documents: never for a system of record.
#[derive(Debug)]
pub struct SeededRandom(pub u64);

impl Random for SeededRandom {
    fn secret(&self, label: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_derive_key("ledger seeded randomness v1");
        hasher.update(&self.0.to_be_bytes());
        hasher.update(label);
        *hasher.finalize().as_bytes()
    }
}
