//! Opening a ledger: from its newest snapshot, or from the first entry.
//!
//! Entries after the snapshot are replayed by the same steps that take new ones, so a start from a snapshot, from none
//! and a writer that never stopped know the same. Then what a crash left is finished: erasures recorded and not carried
//! out, and documents that nothing cited within a day. [`Keeper::keep`] takes the next snapshot at a clean close. Left
//! out: the write path (`rounds.rs`), the files (`store/`).

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::assessment::State;
use crate::assessment::codes::documents;
use crate::assessment::event::ClockKind;
use crate::environment::Environment;
use crate::ledger::{OpenLedgerError, Progress};
use crate::log::{Head, Link};
use crate::remembered::RememberedSnapshot;
use crate::store::{Snapshots, Store, Vault, continues, entries_from};
use crate::uncited::Uncited;
use crate::values::{Hash, Length, Sequence};
use crate::writer::Writer;

/// The shape and meaning of `Known`. Raise it whenever the state or what events do to it changes: a snapshot of the
/// version before is then not used. A test compares the state of a fixed history and says when this was forgotten.
pub const STATE_VERSION: u32 = 5;
/// The shape of [`RememberedSnapshot`].
const IDS_VERSION: u32 = 1;

const STATE: &str = "state";
const IDS: &str = "ids";

/// A document that no entry cites is destroyed when it is this old and the ledger is opened: 24 hours.
const UNCITED_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// What a snapshot holds of the writer, but for the ids.
#[derive(Deserialize)]
struct Known {
    state: State,
    link: Link,
    uncited: Vec<(Hash, i64)>,
    slots: u32,
}

/// [`Known`] as it is written: the same fields, borrowed.
#[derive(Serialize)]
struct Knowing<'w> {
    state: &'w State,
    link: &'w Link,
    uncited: Vec<(Hash, i64)>,
    slots: u32,
}

/// Takes snapshots of one ledger.
#[derive(Debug)]
pub(crate) struct Keeper {
    snapshots: Snapshots,
    /// How many entries must be new for the next one.
    after: u64,
    /// What the newest one holds after.
    kept: Length,
}

impl Keeper {
    /// A keeper of a ledger that has no snapshot yet.
    pub(crate) fn new(snapshots: Snapshots, after: u64) -> Self {
        Keeper { snapshots, after, kept: Length(0) }
    }

    /// Takes a snapshot if enough is new. Everything the writer knows is durable, and nothing is being put. A failure
    /// costs the next start some time and nothing else.
    pub(crate) fn keep(&self, writer: &Writer, vault: &dyn Vault) {
        let head = writer.link.head();
        if head.length.0 < self.kept.0.saturating_add(self.after) {
            return;
        }
        let knowing = Knowing {
            state: &writer.state,
            link: &writer.link,
            uncited: if is_aging(&writer.state) { writer.uncited.list() } else { Vec::new() },
            slots: vault.slots(),
        };
        let ids = writer.remembered.snapshot();
        let _ = self
            .snapshots
            .save(IDS, IDS_VERSION, head, &ids)
            .and_then(|()| self.snapshots.save(STATE, STATE_VERSION, head, &knowing));
        vault.keep_index(&self.snapshots);
    }

    /// Both snapshots, if they are of the same moment.
    fn load(&mut self, store: &dyn Store) -> Option<(Known, RememberedSnapshot<'static>)> {
        // Looked at before anything large is decoded.
        let head = self.snapshots.head(STATE, STATE_VERSION)?;
        if self.snapshots.head(IDS, IDS_VERSION) != Some(head) {
            return None;
        }
        let (_, known) = self.snapshots.load::<Known>(STATE, STATE_VERSION, |head| continues(store, head))?;
        let (_, ids) = self.snapshots.load(IDS, IDS_VERSION, |ids| ids == head)?;
        let whole = known.link.head() == head;
        self.kept = if whole { head.length } else { Length(0) };
        whole.then_some((known, ids))
    }
}

/// A writer that knows the whole log in `store`.
pub(crate) fn open(
    store: &Arc<dyn Store>,
    vault: &Arc<dyn Vault>,
    environment: &Environment,
    mut keeper: Option<&mut Keeper>,
    progress: Progress<'_>,
) -> Result<Writer, OpenLedgerError> {
    let new = || Writer::new(store.clone(), vault.clone(), environment.clock.clone());
    let loaded = keeper.as_mut().and_then(|keeper| keeper.load(&**store));
    let (mut writer, uncited, slots) = match loaded {
        Some((known, ids)) => (new().knowing(known.state, known.link, ids), known.uncited, known.slots),
        None => (new(), Vec::new(), 0),
    };
    let from = writer.link.head();
    let cited = replay(&mut writer, store, progress)?;
    for commitment in writer.state.erased() {
        if vault.holds(commitment).is_some() {
            vault.erase(commitment)?;
        }
    }
    if is_aging(&writer.state) {
        // A snapshot may list documents that were lost before they were durable, or destroyed since.
        let is_there = |(commitment, _): &(Hash, i64)| vault.holds(commitment).is_some();
        let mut waiting: BTreeMap<Hash, i64> = uncited.into_iter().filter(is_there).collect();
        let mut slot = slots;
        loop {
            let listed = vault.listed_from(slot)?;
            let Some(last) = listed.last() else { break };
            slot = last.slot + 1;
            waiting.extend(listed.iter().map(|listed| (listed.commitment, listed.at_millis)));
        }
        waiting.retain(|commitment, _| !cited.contains(&start_of(commitment)));
        sweep(&mut waiting, from, store, &**vault, environment.clock.now().millis())?;
        writer.uncited = Arc::new(Uncited::of(waiting));
    }
    Ok(writer)
}

/// Whether documents grow old: simulated times say nothing about how long one has waited.
fn is_aging(state: &State) -> bool {
    state.founded().is_some_and(|founded| founded.clock == ClockKind::System)
}

/// Takes every entry after those the writer knows. Returns the beginnings of the commitments they cite.
fn replay(
    writer: &mut Writer,
    store: &Arc<dyn Store>,
    progress: Progress<'_>,
) -> Result<HashSet<[u8; 8]>, OpenLedgerError> {
    let length = store.head().length;
    progress(writer.link.head().length, length);
    let mut cited = HashSet::new();
    for item in entries_from(store.clone(), writer.link.head().length.next_sequence()) {
        let (sequence, bytes) = item?;
        writer.replay(&bytes).map_err(|what| OpenLedgerError::Illegal { sequence, what })?;
        cited.extend(cited_by(&bytes).map(|commitment| start_of(&commitment)));
        if sequence.get().is_multiple_of(65_536) {
            progress(Length(sequence.get()), length);
        }
    }
    Ok(cited)
}

/// Destroys documents that have waited too long, and takes them off the list.
fn sweep(
    waiting: &mut BTreeMap<Hash, i64>,
    from: Head,
    store: &Arc<dyn Store>,
    vault: &dyn Vault,
    now_millis: i64,
) -> Result<(), OpenLedgerError> {
    let until = now_millis.saturating_sub(UNCITED_MILLIS);
    let mut doomed: HashSet<Hash> =
        waiting.iter().filter(|(_, at)| **at <= until).map(|(commitment, _)| *commitment).collect();
    if doomed.is_empty() {
        return Ok(());
    }
    // Nothing is destroyed on the word of a snapshot: the entries before it are asked.
    for item in entries_from(store.clone(), Sequence::new(0)) {
        let (sequence, bytes) = item?;
        if !from.length.contains(sequence) {
            break;
        }
        for commitment in cited_by(&bytes) {
            if doomed.remove(&commitment) {
                waiting.remove(&commitment);
            }
        }
    }
    let doomed: Vec<Hash> = doomed.into_iter().collect();
    vault.sweep(&doomed, UNCITED_MILLIS, now_millis)?;
    waiting.retain(|commitment, _| !doomed.contains(commitment));
    Ok(())
}

/// The commitments an entry names, found without decoding it.
pub(crate) fn cited_by(entry: &[u8]) -> impl Iterator<Item = Hash> {
    documents(std::str::from_utf8(entry).unwrap_or_default())
}

/// Enough of a commitment to tell documents apart: two that agree here are both kept.
fn start_of(commitment: &Hash) -> [u8; 8] {
    let mut start = [0; 8];
    start.copy_from_slice(&commitment.as_bytes()[..8]);
    start
}
