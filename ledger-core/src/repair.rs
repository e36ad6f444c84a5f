//! Repair: a damaged log rebuilt from an export and from what can still be read of it.
//!
//! The new log is made beside the old one, from the export's entries and then from those that the old log still holds
//! beyond them and that chain on. The old log is kept aside, never deleted. If the recorded head says that more
//! entries existed, nothing is changed until the loss is accepted by its exact number. Documents stay; those missing or
//! damaged are put back where the export has them. A repair that was interrupted is repeated. Left out: how files are
//! moved (`store/repairing.rs`), and what the entries say.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::export::{ExportError, ExportReader, Item};
use crate::ledger::Progress;
use crate::log::{Entry, Head, Link};
use crate::restore::erased_by;
use crate::store::{
    AppendError, BuildError, Building, OpenError, PutBack, ReadError, Repairing, Vault, VaultError, recorded,
};
use crate::values::{Hash, Length, Sequence};

/// How to repair.
#[derive(Debug, Clone, Default)]
pub struct RepairOptions {
    /// The ledger will have exactly this many entries, and what came after them is lost.
    pub accept_loss: Option<Length>,
    /// A head record kept elsewhere, which may know of more entries.
    pub head_file: Option<PathBuf>,
}

/// What was repaired.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// The head of the new log; none if an interrupted repair had put it in place already.
    pub head: Option<Head>,
    /// Entries from the export.
    pub exported: u64,
    /// Entries that only the damaged log still held.
    pub salvaged: u64,
    /// Why salvaging ended before the damaged log did.
    pub salvage_ended: Option<String>,
    /// Entries that existed and are lost.
    pub lost: u64,
    /// Where the damaged log is kept.
    pub aside: Option<PathBuf>,
    /// Documents put back from the export.
    pub documents: u64,
    /// Documents that were still to be read in vaults that do not open.
    pub documents_salvaged: u64,
    /// Where those vaults are kept, with their keys.
    pub documents_aside: Vec<PathBuf>,
}

/// Why nothing was repaired. Unless a variant says so, the ledger is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// The new log cannot be written, or the ledger not be held.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The export is damaged.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The export is of another ledger, or of another history of this one.
    #[error(
        "the recorded head is {recorded}, but entry {sequence} rebuilt hashes to {found}: the export is of another \
         ledger or history; take one of this ledger"
    )]
    OtherHistory {
        /// The head recorded.
        recorded: Head,
        /// The entry it ends in.
        sequence: Sequence,
        /// What was rebuilt there.
        found: Hash,
    },
    /// Entries would be lost, as the recorded head says, or nothing says that none are.
    #[error("{why}; without a newer export or backup, repeat with --accept-loss {}", .rebuilt.0)]
    Loss {
        /// How many entries can be had.
        rebuilt: Length,
        /// What says that there were more.
        why: String,
    },
}

macro_rules! by_building {
    ($($error:ty),*) => {$(
        impl From<$error> for RepairError {
            fn from(error: $error) -> Self {
                RepairError::Build(error.into())
            }
        }
    )*};
}
by_building!(OpenError, AppendError, ReadError, VaultError);

/// Rebuilds the log of the ledger in `dir`. `export` opens the export, which is read twice if it holds documents.
/// Cost: as restoring, and a copy of the damaged log.
pub fn repair<R: Read>(
    dir: &Path,
    export: &mut dyn FnMut() -> Result<ExportReader<R>, ExportError>,
    options: &RepairOptions,
    progress: Progress<'_>,
) -> Result<Repaired, RepairError> {
    let held = Repairing::hold(dir)?;
    let mut repaired = Repaired::default();
    if !held.is_swapping()? {
        let rebuilt = rebuild(&held, export()?, options, &mut repaired, progress);
        if rebuilt.is_err() {
            held.give_up()?;
        }
        rebuilt?;
    }
    repaired.aside = held.swap()?;
    put_back(&held, export()?, &mut repaired)?;
    held.finish()?;
    Ok(repaired)
}

/// Makes the new log beside the old one.
fn rebuild<R: Read>(
    held: &Repairing,
    mut export: ExportReader<R>,
    options: &RepairOptions,
    repaired: &mut Repaired,
    progress: Progress<'_>,
) -> Result<(), RepairError> {
    let mut building = held.build()?;
    let mut heads = Heads { recorded: recorded_heads(held, options)?, signed: held.signed(), other: None };
    let of = export.header().head().length;
    for item in &mut export {
        let Item::Entry(entry, bytes) = item? else { continue };
        heads.compare(entry.sequence, &bytes);
        building.push(bytes, &mut || Ok(()))?;
        if entry.sequence.get().is_multiple_of(4096) {
            progress(Length(entry.sequence.get()), of);
        }
    }
    let link = export.into_link();
    repaired.exported = link.head().length.0;
    let length = salvage_into(held, &mut building, link, &mut heads, repaired)?;
    repaired.lost = heads.loss(length, options.accept_loss)?;
    let accepted = options.accept_loss.is_some();
    repaired.head = Some(building.finish(accepted, &mut || Ok(()))?);
    Ok(())
}

/// The heads that were recorded, inside and outside.
fn recorded_heads(held: &Repairing, options: &RepairOptions) -> Result<Vec<Head>, OpenError> {
    let outside = options.head_file.as_deref().map(recorded).transpose()?.flatten();
    Ok(held.recorded()?.into_iter().chain(outside).collect())
}

/// The heads recorded of a log that is rebuilt.
struct Heads {
    recorded: Vec<Head>,
    /// How many entries the newest checkpoint covers: it may be ahead of the records.
    signed: Option<Length>,
    /// One that the log does not lead through, and what is there instead.
    other: Option<(Head, Hash)>,
}

impl Heads {
    /// Compares an entry of the new log with what was recorded at its place.
    fn compare(&mut self, sequence: Sequence, bytes: &[u8]) {
        for recorded in self.recorded.iter().filter(|head| head.length.last_sequence() == Some(sequence)) {
            let found = Hash::of(bytes);
            if found != recorded.hash {
                self.other.get_or_insert((*recorded, found));
            }
        }
    }

    /// How many entries are known to be lost; refused unless exactly what is left was accepted.
    fn loss(&self, rebuilt: Length, accepted: Option<Length>) -> Result<u64, RepairError> {
        if let Some((recorded, found)) = self.other {
            let sequence = Sequence::new(recorded.length.0 - 1);
            return Err(RepairError::OtherHistory { recorded, sequence, found });
        }
        let longest = self.recorded.iter().map(|head| head.length).chain(self.signed).max();
        let why = match (longest, accepted) {
            (Some(longest), None) if longest <= rebuilt => return Ok(0),
            (_, Some(accepted)) if accepted == rebuilt => {
                return Ok(longest.map_or(0, |longest| longest.0.saturating_sub(rebuilt.0)));
            }
            (_, Some(accepted)) => format!("{rebuilt} entries can be had, not {accepted}"),
            (Some(longest), None) => format!("there were {longest} entries, and {rebuilt} can be had"),
            (None, None) => format!(
                "{rebuilt} entries can be had, and no head record is whole that says whether there were more"
            ),
        };
        Err(RepairError::Loss { rebuilt, why })
    }
}

/// What the damaged log holds beyond the export, as far as it chains on.
fn salvage_into(
    held: &Repairing,
    building: &mut Building,
    mut link: Link,
    heads: &mut Heads,
    repaired: &mut Repaired,
) -> Result<Length, RepairError> {
    let from = link.head().length.next_sequence();
    let (mut failed, mut misfit) = (None, None);
    let ended = held.salvage(from, &mut |bytes| {
        let entry = Entry::decode(&bytes).map_err(|error| error.to_string());
        let extended = entry.and_then(|entry| {
            let extended = link.extend(&entry, Hash::of(&bytes)).map_err(|error| error.to_string());
            extended.map(|()| heads.compare(entry.sequence, &bytes))
        });
        if let Err(what) = extended {
            misfit = Some(what);
            return false;
        }
        repaired.salvaged += 1;
        failed = building.push(bytes, &mut || Ok(())).err();
        failed.is_none()
    });
    repaired.salvage_ended = ended.err().or(misfit);
    failed.map_or(Ok(link.head().length), |error| Err(error.into()))
}

/// Makes the vault whole as far as can be: from what is left of one that does not open, and from the export. What the
/// log says is erased stays so.
fn put_back<R: Read>(
    held: &Repairing,
    export: ExportReader<R>,
    repaired: &mut Repaired,
) -> Result<(), RepairError> {
    let vault = held.vault()?;
    repaired.documents_aside = held.vaults_aside();
    if !export.header().documents && repaired.documents_aside.is_empty() {
        return Ok(());
    }
    let mut erased = HashSet::new();
    let read = held.entries(&mut |bytes| {
        erased.extend(Entry::decode_trusted(&bytes).ok().as_ref().and_then(erased_by));
        true
    });
    read.map_err(ReadError::Io)?;
    for aside in &repaired.documents_aside {
        repaired.documents_salvaged += vault.take_over(aside, &|commitment| erased.contains(commitment))?;
    }
    for item in export {
        let Item::Document(commitment, document) = item? else { continue };
        if !erased.contains(&commitment) {
            let put = vault.put_back(&commitment, &document)?;
            repaired.documents += u64::from(matches!(put, PutBack::Added | PutBack::Mended));
        }
    }
    vault.sync()?;
    Ok(())
}
