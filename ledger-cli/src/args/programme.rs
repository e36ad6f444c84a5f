//! `framework`, `ratings`, `priorities`, `programme`, `holiday`, `risk`: what is decided for the whole country.

use clap::Subcommand;
use ledger_core::assessment::civil::{Date, Holiday as BankHoliday};
use ledger_core::assessment::codes::{AreaKind, FrameworkId, Url};
use serde_json::json;

use super::foundation::AdoptSource;
use super::values::{PriorityWords, holiday};
use super::{Listing, Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

fn national(command: &'static str, data: &serde_json::Value) -> Result<Ready, Failure> {
    write(Wanted::new(command, On::National, data))
}

/// `ledger framework`.
#[derive(Debug, Subcommand)]
pub enum Framework {
    /// The frameworks adopted.
    #[command(after_help = "Example:\n  ledger framework list")]
    List,
    /// A framework: its statements, categories and method.
    #[command(after_help = "Example:\n  ledger framework show ics/2023-interim")]
    Show {
        /// The framework.
        framework: FrameworkId,
    },
    /// Adopt a framework version: one that ships, or one from a JSON file.
    #[command(after_help = "Example:\n  ledger framework adopt ics/2023-interim --actor registrar-1")]
    Adopt(AdoptSource),
    /// Record that the Secretary of State approved a framework's methodology.
    #[command(after_help = "Example:\n  ledger framework approve ics/2023-interim --from 2024-01-08")]
    Approve {
        /// The framework.
        framework: FrameworkId,
        /// Day of the approval.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// Where it is published.
        #[arg(long, value_name = "URL")]
        source: Option<Url>,
    },
}

impl Framework {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Framework::List => Ok(Ready::List(Listing::Frameworks)),
            Framework::Show { framework } => Ok(Ready::List(Listing::Framework { framework })),
            Framework::Adopt(source) => Ok(Ready::AdoptFramework(source)),
            Framework::Approve { framework, from, source } => {
                let data = json!({ "framework": framework, "effective_from": from, "source": source });
                national("methodology.approve", &data)
            }
        }
    }
}

/// `ledger ratings`.
#[derive(Debug, Subcommand)]
pub enum Ratings {
    /// Record that ratings may be given to a kind of subject.
    #[command(after_help = "Example:\n  ledger ratings authorise local-authority --from 2023-12-01")]
    Authorise {
        /// The kind: ics, local-authority, provider.
        kind: AreaKind,
        /// First day.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// Where it is published.
        #[arg(long, value_name = "URL")]
        source: Option<Url>,
    },
}

impl Ratings {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Ratings::Authorise { kind, from, source } = self;
        national("ratings.authorise", &json!({ "kind": kind, "effective_from": from, "source": source }))
    }
}

/// `ledger priorities`.
#[derive(Debug, Subcommand)]
pub enum Priorities {
    /// Record priorities of the Secretary of State; they bind once published.
    #[command(after_help = "Example:\n  ledger priorities set ics --priority waiting-times='Shorter waits'")]
    Set {
        /// The kind of subject they concern.
        kind: AreaKind,
        /// A priority, with its wording if wanted: ID or ID=WORDS; may be repeated.
        #[arg(long = "priority", value_name = "ID[=WORDS]", required = true)]
        priorities: Vec<PriorityWords>,
    },
    /// Record that the priorities set are published and bind.
    #[command(
        after_help = "Example:\n  ledger priorities publish ics --source https://www.gov.uk/priorities"
    )]
    Publish {
        /// The kind of subject they concern.
        kind: AreaKind,
        /// Where they are published.
        #[arg(long, value_name = "URL")]
        source: Option<Url>,
    },
}

impl Priorities {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Priorities::Set { kind, priorities } => {
                national("priorities.set", &json!({ "kind": kind, "priorities": priorities }))
            }
            Priorities::Publish { kind, source } => {
                national("priorities.publish", &json!({ "kind": kind, "source": source }))
            }
        }
    }
}

/// `ledger programme`.
#[derive(Debug, Subcommand)]
pub enum Programme {
    /// No assessment of this kind of subject may be opened or published from a day on.
    #[command(after_help = "Example:\n  ledger programme pause ics --from 2024-10-15")]
    Pause {
        /// The kind of subject.
        kind: AreaKind,
        /// First day of the pause.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// Where it is published.
        #[arg(long, value_name = "URL")]
        source: Option<Url>,
    },
    /// End the pause.
    #[command(after_help = "Example:\n  ledger programme resume ics")]
    Resume {
        /// The kind of subject.
        kind: AreaKind,
        /// First day without the pause.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
    },
}

impl Programme {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Programme::Pause { kind, from, source } => {
                let data = json!({ "kind": kind, "effective_from": from, "source": source });
                national("programme.pause", &data)
            }
            Programme::Resume { kind, from } => {
                national("programme.resume", &json!({ "kind": kind, "effective_from": from }))
            }
        }
    }
}

/// `ledger holiday`.
#[derive(Debug, Subcommand)]
pub enum Holiday {
    /// The bank holidays known.
    #[command(after_help = "Example:\n  ledger holiday list")]
    List,
    /// Record bank holidays, or that some were moved.
    #[command(after_help = "Example:\n  ledger holiday add '2029-01-01=New Year' --last-year 2028")]
    Add {
        /// A holiday: DATE=NAME; may be repeated.
        #[arg(value_name = "DATE=NAME", value_parser = holiday)]
        holidays: Vec<BankHoliday>,
        /// A day that is no longer a holiday; may be repeated.
        #[arg(long, value_name = "DATE")]
        removed: Vec<Date>,
        /// The last year whose holidays are all known.
        #[arg(long, value_name = "YEAR")]
        last_year: i32,
        /// Where they are published.
        #[arg(long, value_name = "URL")]
        source: Option<Url>,
    },
}

impl Holiday {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Holiday::List => Ok(Ready::List(Listing::Holidays)),
            Holiday::Add { holidays, removed, last_year, source } => {
                let data = json!({
                    "holidays": holidays, "removed": removed, "last_year": last_year, "source": source,
                });
                national("holiday.proclaim", &data)
            }
        }
    }
}

/// `ledger risk`.
#[derive(Debug, Subcommand)]
pub enum Risk {
    /// The risk policy.
    #[command(subcommand)]
    Policy(RiskPolicy),
}

/// `ledger risk policy`.
#[derive(Debug, Subcommand)]
pub enum RiskPolicy {
    /// The policies adopted.
    #[command(after_help = "Example:\n  ledger risk policy show")]
    Show,
    /// Adopt a version of the risk policy: the one that ships, or one from a JSON file.
    #[command(after_help = "Example:\n  ledger risk policy adopt risk/2026 --actor registrar-1")]
    Adopt(AdoptSource),
}

impl Risk {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Risk::Policy(RiskPolicy::Show) => Ok(Ready::List(Listing::RiskPolicies)),
            Risk::Policy(RiskPolicy::Adopt(source)) => Ok(Ready::AdoptRiskPolicy(source)),
        }
    }
}
