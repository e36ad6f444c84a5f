//! `context`, `peers`, `variations`, `programme`: what lets like be compared with like, and how far the programme
//! is. Also every question about more than one assessment.

use clap::{Args, Subcommand};
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{Code, OrganisationId, Url};
use ledger_core::assessment::event::ContextVariable;
use serde::Serialize;

use super::clocks::Clocks;
use super::programme::Programme;
use super::ratings::ListRatings;
use super::{Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// A question about more than a single assessment.
#[derive(Debug)]
pub enum Question {
    /// The indicators, or figures.
    Indicators {
        /// Of which indicator.
        indicator: Option<Code>,
        /// Of which area.
        subject: Option<String>,
    },
    /// How indicators are spread.
    Balance,
    /// An area's context.
    Context(ShowContext),
    /// Ratings of all subjects of a kind.
    Ratings(ListRatings),
    /// The areas most like one.
    Peers(PeersArgs),
    /// Provider ratings within an area.
    Variations(VariationsArgs),
    /// How far the programme is.
    Programme(Clocks),
    /// The thematic reviews.
    Themes,
    /// A thematic review.
    Theme {
        /// Which.
        id: Code,
    },
    /// Improvements, actions and what else followed.
    Plan {
        /// Of whom.
        subject: String,
    },
    /// Requests made of an organisation.
    Burden {
        /// Which.
        organisation: OrganisationId,
    },
}

/// `ledger context`.
#[derive(Debug, Subcommand)]
pub enum Context {
    /// Record an area's resources and context; an unknown variable is left out.
    #[command(after_help = "Example:\n  ledger context record QE1 --value population=1800000 \
                            --value deprivation-share=0.21 --from 2026-04-01 --actor analyst-1")]
    Record(RecordContext),
    /// An area's context, each value with its day and entry.
    #[command(after_help = "Example:\n  ledger context show QE1 --as-of 2024-06-01")]
    Show(ShowContext),
    /// Record the context that ships: population of systems and authorities, deprivation of systems.
    #[command(after_help = "Example:\n  ledger context load --actor analyst-1")]
    Load,
}

/// `ledger context record`.
#[derive(Debug, Args, Serialize)]
pub struct RecordContext {
    /// The area.
    #[serde(skip)]
    subject: String,
    /// A variable with its value: NAME=DECIMAL; may be repeated.
    #[arg(long = "value", value_name = "NAME=DECIMAL", required = true, value_parser = variable)]
    variables: Vec<ContextVariable>,
    /// The day the values hold from.
    #[arg(long = "from", value_name = "DATE")]
    effective_from: Option<Date>,
    /// Where they are published.
    #[arg(long, value_name = "URL")]
    source: Option<Url>,
}

/// `NAME=DECIMAL`.
fn variable(text: &str) -> Result<ContextVariable, String> {
    let wrong = || format!("'{text}' is not a value: NAME=DECIMAL expected, such as population=358000");
    let (variable, value) = text.split_once('=').ok_or_else(wrong)?;
    let variable = variable.parse().map_err(|error| format!("{error}"))?;
    Ok(ContextVariable { variable, value: value.parse().map_err(|error| format!("{error}"))? })
}

/// `ledger context show`.
#[derive(Debug, Clone, Args)]
pub struct ShowContext {
    /// The area: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

impl Context {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Context::Record(args) => {
                write(Wanted::new("context.record", On::Named(args.subject.clone()), &args))
            }
            Context::Show(args) => Ok(Ready::Ask(Question::Context(args))),
            Context::Load => Ok(Ready::LoadContext),
        }
    }
}

/// `ledger peers`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Peers are the areas of the same kind whose ranks by recorded population and deprivation lie \
nearest; which variables both sides have is printed. The choice of variables is ours.\n\n\
Example:\n  ledger peers QE1 -k 5"
)]
pub struct PeersArgs {
    /// The area: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// How many.
    #[arg(short, long = "count", value_name = "N", default_value_t = 5)]
    pub k: usize,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `ledger variations`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Counts the latest provider rating submitted as evidence about the area, its authorities \
and the areas within it, by place and by kind of organisation.\n\n\
Example:\n  ledger variations QE1"
)]
pub struct VariationsArgs {
    /// The area: full name, ONS or ODS code, or exact name.
    pub area: String,
    /// Submitted by which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `ledger programme`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Example:\n  ledger programme")]
pub struct ProgrammeArgs {
    #[command(subcommand)]
    command: Option<ProgrammeCommand>,
    #[command(flatten)]
    clocks: Clocks,
}

/// What `ledger programme` can do.
#[derive(Debug, Subcommand)]
enum ProgrammeCommand {
    /// How far the programme is, by kind of subject.
    #[command(after_help = "Example:\n  ledger programme show --as-of 2025-01-31")]
    Show {
        /// On which day, as known when.
        #[command(flatten)]
        clocks: Clocks,
    },
    /// Pausing and resuming.
    #[command(flatten)]
    Change(Programme),
}

impl ProgrammeArgs {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self.command {
            Some(ProgrammeCommand::Change(command)) => command.ready(),
            Some(ProgrammeCommand::Show { clocks }) => Ok(Ready::Ask(Question::Programme(clocks))),
            None => Ok(Ready::Ask(Question::Programme(self.clocks))),
        }
    }
}
