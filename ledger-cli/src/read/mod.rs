//! Reading: a ledger opened without a writer, and what the crate `replay` makes of its log.
//!
//! One file per kind of question. Every answer that is a rating or a report names sequence and hash. Left out: the
//! folding itself.

mod after;
mod areas;
mod ask;
mod audit;
mod beside;
mod cases;
pub mod certify;
mod compare;
pub mod country;
pub mod deadlines;
pub mod diff;
pub mod document;
pub mod entries;
pub mod explain;
mod figures;
pub mod history;
pub mod keys;
mod national;
pub mod proof;
pub mod rating;
mod ratings;
pub mod replaying;
pub mod risk;
pub mod state;
pub mod tail;
mod themes;
mod variations;
mod verify;
mod visible;
pub mod whatif;
mod witnesses;

pub use ask::ask;
pub use audit::audit;
pub use verify::verify;

use std::path::Path;
use std::sync::Arc;

use ledger_core::assessment::State;
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::ClockKind;
use ledger_core::environment::{Clock, SystemClock};
use ledger_core::values::{Length, Timestamp};
use replay::{KnownAt, Log, Register, ReplayError, SubjectHistory};

use crate::args::{Clocks, Global, Listing};
use crate::exit::Failure;
use crate::files::write_text;
use crate::output::{Out, mark};
use crate::progress::Progress;
use crate::session::{noticing_head_file, store_options};
use crate::subject::one_of;

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Open(error) => error.into(),
            ReplayError::Read(error) => error.into(),
            ReplayError::Damaged { .. } => Failure::Storage(error.to_string()),
            ReplayError::Beyond { .. } => Failure::Usage(error.to_string()),
            ReplayError::Empty => Failure::Unusable(error.to_string()),
        }
    }
}

/// A ledger open for reading.
pub struct Reader {
    /// Its log.
    pub log: Log,
    /// Whether programs read the answers.
    pub json: bool,
}

impl Reader {
    /// Opens the ledger that the options name.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let log = noticing_head_file(
            global,
            || Ok(Log::open_with(&global.data, store_options(global))?),
            Log::head,
        )?;
        Ok(Reader { log, json: global.json })
    }

    /// Standard output with the ledger's marks on it already.
    pub fn out(&self) -> Result<Out, Failure> {
        let mut out = Out::stdout();
        mark(&mut out, self.log.founded(), self.json)?;
        Ok(out)
    }

    /// Everything known about ratings and areas.
    pub fn register(&self, known_at: KnownAt) -> Result<Register, Failure> {
        Ok(self.folded::<(Register,)>(known_at)?.0)
    }

    /// What the rules know: actors, calendar, policies.
    pub fn state(&self) -> Result<State, Failure> {
        let mut state = State::default();
        let mut illegal = None;
        with_progress("reading", |tell| {
            self.log.read(KnownAt::Now, tell, |reading| {
                if let (Err(error), None) = (state.apply(&reading.recorded), &illegal) {
                    illegal = Some(error);
                }
            })
        })?;
        match illegal {
            None => Ok(state),
            Some(error) => Err(Failure::Storage(format!("{error}; run `ledger verify`"))),
        }
    }

    /// The one subject that is called so.
    pub fn resolve(&self, name: &str) -> Result<Subject, Failure> {
        if let Ok(subject) = name.parse() {
            return Ok(subject);
        }
        let found = self.register(KnownAt::Now)?.called(name);
        one_of(name, found.iter().collect())
    }

    /// A subject's history.
    pub fn history(&self, subject: &Subject, known_at: KnownAt) -> Result<SubjectHistory, Failure> {
        Ok(with_progress("reading", |tell| SubjectHistory::read(&self.log, subject, known_at, tell))?)
    }

    /// What counts as now: the last recorded time with a simulated clock, else the machine's.
    pub fn now(&self, stated: Option<Timestamp>) -> Result<Timestamp, Failure> {
        if let Some(stated) = stated {
            return Ok(stated);
        }
        if self.log.founded().clock == ClockKind::System {
            return Ok(SystemClock.now());
        }
        let last = self.log.head().length.last_sequence();
        let read = last.map(|last| self.log.store().read(last, 1)).transpose()?.unwrap_or_default();
        let entry = read.first().and_then(|bytes| ledger_core::log::Entry::decode_trusted(bytes).ok());
        Ok(entry.map_or(Timestamp::EPOCH, |entry| entry.recorded_time))
    }

    /// The day and the moment that a question is about. Refuses an entry that is not recorded yet.
    pub fn clocks(&self, clocks: Clocks) -> Result<(Date, KnownAt), Failure> {
        let known_at = clocks.known_at.unwrap_or_default();
        self.log.known(known_at)?;
        Ok((self.log.day(clocks.as_of.unwrap_or_default(), self.today()?)?, known_at))
    }

    /// The London date of [`Reader::now`].
    pub fn today(&self) -> Result<Date, Failure> {
        Ok(Date::in_london(self.now(None)?))
    }
}

/// The code of a value that has one in JSON.
pub fn code(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Runs something that tells how far it is.
pub fn with_progress<T, E>(
    what: &'static str,
    run: impl FnOnce(&mut dyn FnMut(Length, Length)) -> Result<T, E>,
) -> Result<T, E> {
    let mut progress = Progress::new(what);
    let done = run(&mut |done, of| progress.tell(done.0, Some(of.0)));
    progress.end();
    done
}

/// Writes a drawing to a file, and says so where people read.
fn write_drawing(reader: &Reader, out: &mut Out, file: &Path, drawing: &str) -> Result<(), Failure> {
    write_text(file, drawing)?;
    if reader.json { Ok(()) } else { out.line(format!("drawing in {}", file.display())) }
}

/// Answers one of the lists.
pub fn list(global: &Global, listing: Listing) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    match listing {
        Listing::Frameworks => national::frameworks(&reader),
        Listing::Framework { framework } => national::framework(&reader, &framework),
        Listing::Holidays => national::holidays(&reader),
        Listing::RiskPolicies => national::policies(&reader),
        Listing::Areas { kind } => areas::list(&reader, kind),
        Listing::Area { subject } => areas::show(&reader, &subject),
        Listing::Actors => areas::actors(&reader),
        Listing::Witnesses => witnesses::list(&reader),
        Listing::Concerns { subject } => cases::concerns(&reader, subject.as_deref()),
        Listing::Triggers { subject } => cases::triggers(&reader, subject.as_deref()),
        Listing::Trigger { trigger } => entries::show_entry(&reader, &trigger.0),
        Listing::Assessments { subject } => cases::assessments(&reader, subject.as_deref()),
        Listing::Coverage(args) => cases::coverage(&reader, &args),
        Listing::Evidence { evidence } => entries::show_entry(&reader, &evidence.0),
        Listing::Search(args) => visible::search(&reader, global, &args),
    }
}

/// Opens the vault of a ledger whose store is open in this process.
pub fn vault(dir: &Path) -> Result<Arc<ledger_core::store::DiskVault>, Failure> {
    Ok(Arc::new(ledger_core::store::DiskVault::open(dir)?))
}
