//! Everything derived by reading the log: ratings by two clocks, histories, case files, reports, verification.
//!
//! It reads only. A projection is `apply` over entries and nothing else, so rebuilding equals following live.
//! Start with [`Log`] (how entries are read) and [`Register`] (what was in force on a day as known at a
//! moment). Left out: writing (`ledger-core`) and the terminal (`ledger-cli`); reports are rendered here because
//! they are documents, not screens.

mod audit;
mod burden;
mod casefile;
mod certificate;
mod clocks;
mod context;
mod deadlines;
mod difference;
mod documents;
pub mod explain;
#[doc(hidden)]
pub mod fuzzing;
mod history;
mod improvement;
mod index;
mod indicators;
mod log;
mod misstated;
mod national;
mod numbers;
mod ongoing;
mod pass;
pub mod plot;
mod programme;
mod projection;
mod redated;
mod register;
mod replaying;
pub mod report;
mod risk;
mod scope;
mod scores;
mod second;
mod show;
mod state;
mod summary;
mod themes;
mod timeline;
mod verify;
mod whatif;

pub use audit::{
    AUDIT_CODES, ActorRow, Audit, AuditFinding, AuditScope, Checked, EndedAt, FoundBy, Severity, audit,
};
pub use burden::{AskedItem, Burden, BurdenView};
pub use casefile::{
    AssessmentCase, CaseFile, ChallengeCase, ConcernCase, Coverage, CoverageCell, DraftCase, EvidenceItem,
    ItemState, RequestCase, TriggerCase,
};
pub use certificate::{
    CertificateError, CertificateHeader, Certified, CertifyError, Question, Reveal, Trust, certify,
    check_certificate,
};
pub use clocks::{AsOf, KnownAt};
pub use context::{ContextValue, Contexts, PEER_VARIABLES, PeerGroups, Peers};
pub use deadlines::{Deadline, DeadlineKind, Deadlines};
pub use difference::{
    Because, CauseSet, Causes, Difference, Differing, EntryDifference, Explained, Moment, SETS_TRIED, Side,
};
pub use documents::{DocumentVerification, verify_documents};
pub use explain::Explanation;
pub use history::{HistoryLine, RatingChange, SubjectHistory};
pub use improvement::{ActionView, EscalationView, Improvement, ImprovementView};
pub use index::Index;
pub use indicators::{Balance, FigureView, Indicators};
pub use log::{EntryName, Log, Reading, ReplayError};
pub use national::{
    Measure, National, NationalKind, NationalRow, NationalSubject, NationalValue, NoMeasure, Spread,
    StatementRow,
};
pub use ongoing::{Ongoing, counts_on, ongoing_on, subject_ongoing};
pub use programme::{Programme, ProgrammeView};
pub use projection::{Fold, Projection};
pub use register::{
    AreaView, Caveat, Existence, PredecessorView, PrintedView, RatingAnswer, Register, ResultKind,
    ResultView, StatementView, Status, SuccessorView, ThemeView,
};
pub use replaying::{Everything, ProjectionState, Replayed, projections, replay, state_hashes};
pub use risk::{
    AssessedView, BreachView, ConcernView, RestingView, RiskAnswer, RiskRow, RuleProgress, RuleState,
    TriggerView, Urgency, Within, resting, risks, subject_risks,
};
pub use scope::{Grounds, subject_register};
pub use show::{ShowTarget, Shown, find, show};
pub use state::{OpenAssessmentView, StateView};
pub use summary::summary;
pub use themes::{ThemeMatrix, ThemeRow, Themes};
pub use timeline::{Cause, Mark, MarkKind, RatingPoint, RatingStep, RatingThen, Reach, Timeline};
pub use verify::{
    CheckpointFound, Expectation, Finding, Held, TreeFound, Verification, verify, verify_bytes,
};
pub use whatif::{
    Carried, Outcome, Printed, Recount, RecountKind, Recounted, SupposeError, SupposedScore, Supposition,
    Turn, WhatIf, what_if,
};
