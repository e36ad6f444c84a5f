//! `concern`, `trigger`: what is noticed between assessments, and what it sets off.

use clap::{Args, Subcommand};
use ledger_core::assessment::codes::StatementId;
use ledger_core::assessment::event::SourceKind;
use ledger_core::assessment::risk::Severity;
use serde::Serialize;

use super::values::{EntryName, Words, coded};
use super::{Listing, Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// `ledger concern`.
#[derive(Debug, Subcommand)]
pub enum Concern {
    /// Raise a concern; an immediate one triggers in the same commit.
    #[command(
        after_help = "Example:\n  ledger concern raise QE1 --severity immediate --statement safeguarding \
                            --source staff --account @concern.txt --actor analyst-1"
    )]
    Raise(RaiseConcern),
    /// Resolve a concern.
    #[command(
        after_help = "Example:\n  ledger concern resolve QE1 --concern 812 --reason 'visited; put right'"
    )]
    Resolve(ResolveConcern),
    /// The concerns, of one subject or of all.
    #[command(after_help = "Example:\n  ledger concern list QE1")]
    List {
        /// The subject.
        subject: Option<String>,
    },
}

/// `ledger concern raise`.
#[derive(Debug, Args, Serialize)]
pub struct RaiseConcern {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// How serious it is: low, moderate, high, immediate.
    #[arg(long, value_parser = coded::<Severity>)]
    severity: Severity,
    /// A statement it bears on; may be repeated.
    #[arg(long = "statement", value_name = "ID", required = true)]
    statements: Vec<StatementId>,
    /// What kind of source it has: people, staff, organisation, regulator, data-set.
    #[arg(long, value_parser = coded::<SourceKind>)]
    source: SourceKind,
    /// What is of concern: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    account: Words,
}

/// `ledger concern resolve`.
#[derive(Debug, Args, Serialize)]
pub struct ResolveConcern {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The concern.
    #[arg(long, value_name = "ENTRY")]
    concern: EntryName,
    /// How: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

impl Concern {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Concern::Raise(args) => {
                write(Wanted::new("concern.raise", On::Named(args.subject.clone()), &args))
            }
            Concern::Resolve(args) => {
                write(Wanted::new("concern.resolve", On::Named(args.subject.clone()), &args))
            }
            Concern::List { subject } => Ok(Ready::List(Listing::Concerns { subject })),
        }
    }
}

/// `ledger trigger`.
#[derive(Debug, Subcommand)]
pub enum Trigger {
    /// The triggers, of one subject or of all.
    #[command(after_help = "Example:\n  ledger trigger list QE1")]
    List {
        /// The subject.
        subject: Option<String>,
    },
    /// A trigger with its rule, causes and arithmetic.
    #[command(after_help = "Example:\n  ledger trigger show 813")]
    Show {
        /// The trigger.
        trigger: EntryName,
    },
    /// Discharge a trigger: by a request, an assessment, or a reasoned decision.
    #[command(
        after_help = "Example:\n  ledger trigger discharge QE1 --trigger 813 --entry 815 --actor assessor-1"
    )]
    Discharge(DischargeTrigger),
}

/// `ledger trigger discharge`.
#[derive(Debug, Args, Serialize)]
pub struct DischargeTrigger {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The trigger.
    #[arg(long, value_name = "ENTRY")]
    trigger: EntryName,
    /// The request or assessment that does what it asked.
    #[arg(long, value_name = "ENTRY")]
    entry: Option<EntryName>,
    /// The reason, if it was decided against: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Option<Words>,
}

impl Trigger {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Trigger::List { subject } => Ok(Ready::List(Listing::Triggers { subject })),
            Trigger::Show { trigger } => Ok(Ready::List(Listing::Trigger { trigger })),
            Trigger::Discharge(args) => {
                write(Wanted::new("trigger.discharge", On::Named(args.subject.clone()), &args))
            }
        }
    }
}
