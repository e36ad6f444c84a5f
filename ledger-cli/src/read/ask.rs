//! Questions about more than one assessment: which projection answers which.

use ledger_core::assessment::Recorded;
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use replay::{Contexts, Fold, KnownAt, Projection, Register};

use super::{Reader, after, compare, figures, ratings, themes, variations, with_progress};
use crate::args::{Global, Question};
use crate::exit::Failure;

/// Answers a question.
pub fn ask(global: &Global, question: Question) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    match question {
        Question::Indicators { indicator, subject } => {
            figures::list(&reader, indicator.as_ref(), subject.as_deref())
        }
        Question::Balance => figures::balance(&reader),
        Question::Context(args) => compare::context(&reader, &args),
        Question::Ratings(args) => ratings::ratings(&reader, &args),
        Question::Peers(args) => compare::peers(&reader, &args),
        Question::Variations(args) => variations::variations(&reader, &args),
        Question::Programme(clocks) => compare::programme(&reader, clocks),
        Question::Themes => themes::list(&reader),
        Question::Theme { id } => themes::show(&reader, &id),
        Question::Plan { subject } => after::plan(&reader, &subject),
        Question::Burden { organisation } => after::burden(&reader, &organisation),
    }
}

impl Reader {
    /// Hands every event to `apply` and to the register. Cost: one pass over the log.
    pub fn fold(&self, apply: impl FnMut(&Recorded)) -> Result<Register, Failure> {
        self.fold_until(KnownAt::Now, apply)
    }

    /// As [`Reader::fold`], of what was known at a moment.
    pub fn fold_until(
        &self,
        known_at: KnownAt,
        mut apply: impl FnMut(&Recorded),
    ) -> Result<Register, Failure> {
        let mut register = Register::default();
        with_progress("reading", |tell| {
            self.log.read(known_at, tell, |reading| {
                register.apply(&reading.recorded);
                apply(&reading.recorded);
            })
        })?;
        Ok(register)
    }

    /// The projections as they were at a moment.
    pub fn folded<F: Fold>(&self, known_at: KnownAt) -> Result<F, Failure> {
        Ok(with_progress("reading", |tell| self.log.folded(known_at, tell))?.0)
    }

    /// Areas and their context.
    pub fn contexts(&self, known_at: KnownAt) -> Result<(Register, Contexts), Failure> {
        self.folded::<(Register, Contexts)>(known_at)
    }
}

/// The registered subject that is called so.
pub fn registered(register: &Register, name: &str) -> Result<Subject, Failure> {
    let subject = match name.parse::<Subject>() {
        Ok(subject) => subject,
        Err(_) => crate::subject::one_of(name, register.called(name).iter().collect())?,
    };
    if register.area(&subject).is_none() {
        return Err(Failure::Usage(format!("{subject} is not registered: see `ledger area list`")));
    }
    Ok(subject)
}

/// The context line of the area of a history, as of a day.
pub fn context_line(history: &replay::SubjectHistory, as_of: Date) -> String {
    let mut contexts = Contexts::default();
    history.readings.iter().for_each(|reading| contexts.apply(&reading.recorded));
    contexts.line(&history.subject, as_of)
}
