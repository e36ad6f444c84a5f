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
mod national;
pub mod plot;
mod programme;
mod projection;
mod register;
pub mod report;
mod scope;
mod show;
mod summary;
mod themes;
mod timeline;
mod verify;

pub use burden::{AskedItem, Burden, BurdenView};
pub use casefile::{AssessmentCase, CaseFile, Coverage, CoverageCell, EvidenceItem, ItemState, RequestCase};
pub use clocks::{AsOf, KnownAt};
pub use context::{ContextValue, Contexts, PEER_VARIABLES, PeerGroups, Peers};
pub use documents::{DocumentVerification, verify_documents};
pub use history::{HistoryLine, RatingChange, SubjectHistory};
pub use improvement::{ActionView, EscalationView, Improvement, ImprovementView};
pub use index::Index;
pub use indicators::{Balance, FigureView, Indicators};
pub use log::{EntryName, Log, Reading, ReplayError};
pub use national::{
    Measure, National, NationalKind, NationalRow, NationalSubject, NationalValue, NoMeasure, Spread,
    StatementRow,
};
pub use programme::{Programme, ProgrammeView};
pub use projection::{Fold, Projection};
pub use register::{
    AreaView, Caveat, PredecessorView, PrintedView, RatingAnswer, Register, ResultKind, ResultView,
    StatementView, Status, ThemeView,
};
pub use scope::subject_register;
pub use show::{ShowTarget, Shown, find, show};
pub use summary::summary;
pub use themes::{ThemeMatrix, ThemeRow, Themes};
pub use timeline::{Cause, Mark, MarkKind, RatingPoint, RatingStep, RatingThen, Reach, Timeline};
pub use verify::{Expectation, Finding, Verification, verify};
