//! Replay to a moment: every projection folded from the first entry on, and the hash of what each amounts to.
//!
//! No snapshot is used. Two replays of equal logs to one moment give equal hashes on every machine, so an operator can
//! note the hash beside a decision and anyone can recompute it later. `ledger replay` prints this; what the projections
//! mean is theirs to say. Reading, decompressing and folding share two threads.

use ledger_core::log::Head;
use ledger_core::store::content_hash;
use ledger_core::values::{Hash, Length};
use serde::Serialize;

use crate::clocks::KnownAt;
use crate::context::Contexts;
use crate::index::{INDEX, INDEX_VERSION, Index, Noted};
use crate::indicators::Indicators;
use crate::log::{Log, ReplayError};
use crate::ongoing::Ongoing;
use crate::programme::Programme;
use crate::projection::{Fold, Projection};
use crate::register::Register;
use crate::themes::Themes;

/// Every projection, folded in one pass.
pub type Everything = (Register, Indicators, Ongoing, Contexts, Programme, Themes);

/// The hash of one projection after a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProjectionState {
    /// Its name.
    pub projection: &'static str,
    /// The version of its shape and meaning.
    pub version: u32,
    /// BLAKE3 of its name, version and content.
    pub state_hash: Hash,
}

/// What a replay came to.
#[derive(Debug)]
pub struct Replayed {
    /// The head replayed to.
    pub head: Head,
    /// The projections, in order of name.
    pub states: Vec<ProjectionState>,
    /// BLAKE3 of all of them together: name, version and hash of each.
    pub state_hash: Hash,
    /// Results, frameworks and areas.
    pub register: Register,
}

/// The names of the projections, in order.
pub fn projections() -> Vec<&'static str> {
    states(&Everything::default(), &Index::default()).into_iter().map(|state| state.projection).collect()
}

/// The hash of each projection, in order of name. Cost: spelling and hashing all of them, on two threads.
pub fn state_hashes(everything: &Everything) -> Vec<ProjectionState> {
    fn of<P: Projection>(projection: &P) -> ProjectionState {
        ProjectionState { projection: P::NAME, version: P::VERSION, state_hash: projection.state_hash() }
    }
    let (register, indicators, ongoing, contexts, programme, themes) = everything;
    let (mut states, others) = both(
        || vec![of(register), of(programme), of(contexts)],
        || vec![of(ongoing), of(indicators), of(themes)],
    );
    states.extend(others);
    states.sort_by_key(|state| state.projection);
    states
}

/// Does two things at a time.
fn both<A, B: Send>(here: impl FnOnce() -> A, elsewhere: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(elsewhere);
        let done = here();
        (done, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Those of the projections and of the index.
fn states(everything: &Everything, index: &Index) -> Vec<ProjectionState> {
    let hash = || content_hash(&(INDEX, INDEX_VERSION, index));
    let (mut states, state_hash) = both(|| state_hashes(everything), hash);
    states.push(ProjectionState { projection: INDEX, version: INDEX_VERSION, state_hash });
    states.sort_by_key(|state| state.projection);
    states
}

/// Replays everything known at a moment. Cost: one pass from the first entry on, some 1,000,000 entries a second.
pub fn replay(
    log: &Log,
    known_at: KnownAt,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<Replayed, ReplayError> {
    let until = log.known(known_at)?;
    let (mut everything, mut index) = (Everything::default(), Index::default());
    let prepare = |sequence, bytes: &[u8]| Noted::of(sequence, bytes, Everything::wants);
    log.pass(Length(0), until, progress, prepare, |noted: Noted| {
        index.apply(&noted)?;
        noted.recorded().into_iter().for_each(|event| everything.apply(event));
        Ok(())
    })?;
    let states = states(&everything, &index);
    let state_hash =
        content_hash(&states.iter().map(|s| (s.projection, s.version, s.state_hash)).collect::<Vec<_>>());
    Ok(Replayed { head: log.head_at(until)?, states, state_hash, register: everything.0 })
}
