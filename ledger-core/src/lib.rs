//! A ledger of care assessments: commands are checked by pure rules and become events; each event is one
//! canonical entry, hashed, chained and appended to a log; everything anyone reads is a fold over those bytes.
//!
//! Three rooms, each with one door: [`assessment`] (the rules), [`log`] (the bytes), [`store`] (the disk).
//! [`Ledger`] joins them. Start with `ARCHITECTURE.md`; then `ledger.rs` for the write path, `assessment/decide`
//! for a rule, `log/entry.rs` for the format. Left out: everything derived by reading, which is the crate
//! `replay`.

pub mod assessment;
mod backup;
mod decoded;
pub mod environment;
pub mod export;
#[doc(hidden)]
pub mod fuzzing;
mod kept_tree;
mod ledger;
pub mod line;
pub mod log;
mod notary;
mod opening;
pub mod ordered;
mod recent;
mod record;
mod remembered;
mod repair;
mod restore;
mod rounds;
pub mod shipped;
pub mod store;
mod tail;
mod uncited;
pub mod values;
mod witness;
mod writer;

pub use backup::{BackedUp, BackupError, backup};
pub use kept_tree::{TreeError, TreeReader};
pub use ledger::{CloseError, Founding, Ledger, OpenLedgerError, Progress, SubmitError};
pub use log::SignedCheckpoint;
pub use notary::{NotaryError, install_key, keep_known};
pub use opening::STATE_VERSION;
pub use record::{RecordError, recorded, recorded_plain, recorded_trusted};
pub use repair::{RepairError, RepairOptions, Repaired, repair};
pub use restore::{RestoreError, Restored, restore};
pub use store::newest_checkpoint;
pub use tail::{Filter, TailEntry};
pub use witness::{Answer, Witness};
pub use writer::{LookUps, Receipt, Written};
