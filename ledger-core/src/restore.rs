//! Restoring: a ledger made from an export, byte for byte.
//!
//! Only what [`ExportReader`] has proved is written, so what is on disk at any moment is a beginning of the ledger
//! exported. It is no ledger until the last line was read: whoever was interrupted repeats the same call. And since the
//! ledger may have gone on elsewhere, a restored one is only read, until somebody says that it is to go on. Left out:
//! what the entries say; `verify` recomputes that.

use std::io::Read;
use std::path::Path;

use crate::assessment::Event;
use crate::export::{ExportError, ExportReader, Item};
use crate::ledger::Progress;
use crate::log::{Entry, Head};
use crate::record::recorded;
use crate::store::{
    AppendError, BuildError, Building, DiskVault, OpenError, PutBack, ReadError, Vault, VaultError, Work,
};
use crate::values::{Hash, Length};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The head of the ledger made.
    pub head: Head,
    /// Entries that an interrupted attempt had left.
    pub resumed: Length,
    /// Documents stored now.
    pub documents: u64,
}

/// Why nothing was restored, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The ledger cannot be written.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The export is damaged. The good entries before are kept, and are no ledger yet.
    #[error(
        "{error}; the {good} entries before are good: repeat with a whole export, or keep just those with \
         --accept-loss {good}"
    )]
    Export {
        /// What is wrong with it.
        error: ExportError,
        /// Entries before.
        good: Length,
    },
    /// Another number of entries was to be accepted than there are.
    #[error("{error}; {good} entries before are good, not {accepted}: repeat with --accept-loss {good}")]
    OtherLoss {
        /// What is wrong with the export.
        error: ExportError,
        /// Entries before.
        good: Length,
        /// What was to be accepted.
        accepted: Length,
    },
}

macro_rules! by_building {
    ($($error:ty),*) => {$(
        impl From<$error> for RestoreError {
            fn from(error: $error) -> Self {
                RestoreError::Build(error.into())
            }
        }
    )*};
}
by_building!(OpenError, AppendError, ReadError, VaultError);

/// Makes the ledger of `export` in `dir`: new, empty, or left by an interrupted attempt. If the export turns out to be
/// damaged after exactly `accept_loss` good entries, those are enough. The ledger is only read until
/// [`crate::store::let_go_on`]. Cost: some 10 us an entry, a
/// sync for every 4,096.
pub fn restore<R: Read>(
    mut export: ExportReader<R>,
    dir: &Path,
    accept_loss: Option<Length>,
    progress: Progress<'_>,
) -> Result<Restored, RestoreError> {
    let stated = export.header().head();
    // Finished a moment before it was interrupted: the same call is to succeed.
    let mut building = Building::begin(dir, Work::Restore, &|restored| restored == stated)?;
    let resumed = building.durable().length;
    let vault = building.vault()?;
    let mut filling = Filling { vault: &vault, documents: 0, erased: Vec::new(), good: Length(0) };
    let filled = filling.fill(&mut export, &mut building, progress)?;
    if let Err(error) = filled {
        filling.accept(error, accept_loss)?;
    }
    filling.erase_again()?;
    let documents = filling.documents;
    let head = building.finish(true, &mut || vault.sync())?;
    Ok(Restored { head, resumed, documents })
}

/// An export going into a ledger that is being made.
struct Filling<'a> {
    vault: &'a DiskVault,
    /// Documents stored.
    documents: u64,
    /// Documents that the log says are erased.
    erased: Vec<Hash>,
    /// Entries handed in.
    good: Length,
}

impl Filling<'_> {
    /// Hands everything that the export proves to `building`; inside, what is wrong with the export.
    fn fill<R: Read>(
        &mut self,
        export: &mut ExportReader<R>,
        building: &mut Building,
        progress: Progress<'_>,
    ) -> Result<Result<(), ExportError>, BuildError> {
        let of = export.header().head().length;
        let vault = self.vault;
        let mut before = || vault.sync();
        for item in export {
            match item {
                Err(error) => return Ok(Err(error)),
                Ok(Item::Document(commitment, document)) => {
                    let put = vault.put_back(&commitment, &document)?;
                    self.documents += u64::from(matches!(put, PutBack::Added | PutBack::Mended));
                }
                Ok(Item::Entry(entry, bytes)) => {
                    self.erased.extend(erased_by(&entry));
                    building.push(bytes, &mut before)?;
                    self.good = Length(self.good.0 + 1);
                    if self.good.0.is_multiple_of(4096) {
                        progress(self.good, of);
                    }
                }
            }
        }
        Ok(Ok(()))
    }

    /// Whether a damaged export is enough.
    fn accept(&self, error: ExportError, accepted: Option<Length>) -> Result<(), RestoreError> {
        let good = self.good;
        match accepted {
            Some(accepted) if accepted == good && good > Length(0) => Ok(()),
            Some(accepted) if good > Length(0) => Err(RestoreError::OtherLoss { error, good, accepted }),
            _ => Err(RestoreError::Export { error, good }),
        }
    }

    /// Destroys what the log says is erased: a promise older than this copy of the document.
    fn erase_again(&self) -> Result<(), VaultError> {
        let held = self.erased.iter().filter(|commitment| self.vault.holds(commitment).is_some());
        held.into_iter().try_for_each(|commitment| self.vault.erase(commitment))
    }
}

/// The document whose erasure this entry records.
pub(crate) fn erased_by(entry: &Entry) -> Option<Hash> {
    if !entry.event_type.contains("document.erased") {
        return None;
    }
    match recorded(entry).ok()?.event {
        Event::DocumentErased(erased) => Some(erased.commitment),
        _ => None,
    }
}
