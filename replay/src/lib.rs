//! Everything derived by reading the log: ratings by two clocks, histories, case files, reports, verification.
//!
//! It reads only. A projection is `apply` over entries and nothing else, so rebuilding equals following live.
//! Start with [`Log`] (how entries are read) and [`Register`] (what was in force on a day as known at a
//! moment). Left out: writing (`ledger-core`) and the terminal (`ledger-cli`); reports are rendered here because
//! they are documents, not screens.

mod casefile;
mod history;
mod log;
mod register;
pub mod report;
mod show;
mod summary;
mod verify;

pub use casefile::{AssessmentCase, CaseFile, Coverage, CoverageCell, EvidenceItem, ItemState, RequestCase};
pub use history::{HistoryLine, RatingChange, SubjectHistory};
pub use log::{KnownAt, Log, Reading, ReplayError};
pub use register::{
    AreaView, Caveat, PredecessorView, PrintedView, RatingAnswer, Register, ResultKind, ResultView,
    StatementView, Status, ThemeView,
};
pub use show::{ShowTarget, Shown, find, show};
pub use summary::summary;
pub use verify::{Expectation, Finding, Verification, verify};
