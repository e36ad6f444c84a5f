//! Everything derived by reading the log: ratings by two clocks, histories, case files, reports, verification.
//!
//! It reads only. A projection is `apply` over entries and nothing else, so rebuilding equals following live.
//! Start with [`Log`] (how entries are read) and [`Register`] (what was in force on a day as known at a
//! moment). Left out: writing (`ledger-core`) and the terminal (`ledger-cli`); reports are rendered here because
//! they are documents, not screens.

mod burden;
mod casefile;
mod clocks;
mod context;
mod documents;
mod history;
mod improvement;
mod index;
mod indicators;
mod log;
mod programme;
mod projection;
mod register;
pub mod report;
mod scope;
mod show;
mod summary;
mod themes;
mod verify;

pub use burden::{AskedItem, Burden, BurdenView};
pub use casefile::{AssessmentCase, CaseFile, Coverage, CoverageCell, EvidenceItem, ItemState, RequestCase};
pub use clocks::{AsOf, KnownAt};
pub use context::{ContextValue, Contexts, PEER_VARIABLES, Peers};
pub use documents::{DocumentVerification, verify_documents};
pub use history::{HistoryLine, RatingChange, SubjectHistory};
pub use improvement::{ActionView, EscalationView, Improvement, ImprovementView};
pub use index::Index;
pub use indicators::{Balance, FigureView, Indicators};
pub use log::{EntryName, Log, Reading, ReplayError};
pub use programme::{Programme, ProgrammeView};
pub use projection::{Fold, Projection};
pub use register::{
    AreaView, Caveat, Existence, PredecessorView, PrintedView, RatingAnswer, Register, ResultKind,
    ResultView, StatementView, Status, SuccessorView, ThemeView,
};
pub use scope::subject_register;
pub use show::{ShowTarget, Shown, find, show};
pub use summary::summary;
pub use themes::{ThemeMatrix, ThemeRow, Themes};
pub use verify::{Expectation, Finding, Verification, verify};
