//! `rate`, `rating`, `history`, `show`, `log`, `tail`, `report`, and every list: what is asked of a ledger.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};
use ledger_core::assessment::codes::{AreaKind, CategoryId, FrameworkId, OrganisationId, StatementId, TagId};
use ledger_core::assessment::event::{Site, SourceKind, Wave};
use ledger_core::log::VerifierKey;

use super::clocks::Clocks;
use super::values::{EntryName, StatementScore, coded, event_type};

/// `ledger rate`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger rate --framework local-authority/2025 --score safeguarding=3 \
                        --score care-provision-integration-and-continuity=2")]
pub struct RateArgs {
    /// The framework: one the ledger adopted, or one that ships with the program.
    #[arg(long)]
    pub framework: FrameworkId,
    /// A score: STATEMENT=N, or STATEMENT/CATEGORY=N under a category method; may be repeated.
    #[arg(long = "score", value_name = "STATEMENT=N")]
    pub scores: Vec<StatementScore>,
    /// A breach of regulations was found, which caps a provider at requires improvement.
    #[arg(long)]
    pub breach: bool,
}

/// `ledger rating`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger rating Swindon --as-of 2025-12-31 --known-at 2026-07-01")]
pub struct RatingArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `ledger history`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "With --ratings one line for each change of what was said of some days: when it was recorded, from \
which day to which it counts, what was known of these days before, and the cause. A late record reaches back; what is \
announced counts when the day comes.\n\n\
Examples:\n  ledger history Swindon\n  ledger history Swindon --ratings --known-at 2026-07-01\n  \
ledger history Swindon --svg swindon.svg"
)]
pub struct HistoryArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// Only the changes of its rating, each with its cause.
    #[arg(long)]
    pub ratings: bool,
    /// Also draw theme scores and overall over time, with what happened, into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Only what counts by then, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

/// `ledger show`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger show 512")]
pub struct ShowArgs {
    /// The entry: sequence number, hash, event id or command id. By hash or id the log is read through.
    #[arg(value_name = "SEQUENCE|HASH|EVENT-ID|COMMAND-ID")]
    pub entry: String,
}

/// `ledger verify`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit status 1 if anything is wrong: also if the log does not give the root that the newest checkpoint \
of this ledger states, or one given with --checkpoint. With --expect N:HASH also if the log does not hold N \
entries of which the last has that BLAKE3: a rollback or a fork. With --documents also if a document that an entry \
cites cannot be read, is not what was committed to, or is gone and no entry says that it was erased.\n\n\
A checkpoint must be signed by a key that the log introduces. Whoever writes another log chooses its keys too, so name \
one that was noted elsewhere with --key.\n\n\
Example:\n  ledger verify --expect 351:3e6b3588a7e7f24b515bada19c00b96d2b3a0bf435139876b6ef7c83883aca8d\n  \
ledger verify --documents\n  ledger verify --without-rules --checkpoint kept/checkpoint"
)]
pub struct VerifyArgs {
    /// Also read every document and hold it against its commitment.
    #[arg(long)]
    pub documents: bool,
    /// Bytes, chain, histories, tree and attestations only, about twice as fast: not what entries mean, and not whether
    /// the rules would have taken them.
    #[arg(long)]
    pub without_rules: bool,
    /// A signed checkpoint that somebody kept, to hold the log against; may be repeated.
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// The verifier key that must have signed every checkpoint, as `ledger key show` prints it.
    #[arg(long, value_name = "VERIFIER_KEY")]
    pub key: Option<VerifierKey>,
}

/// `ledger log`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger log --json --subject ics/E54000048 > entries.ndjson")]
pub struct LogArgs {
    /// First sequence number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub from: u64,
    /// At most so many entries.
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Only this subject's history.
    #[arg(long)]
    pub subject: Option<String>,
    /// Only this event: its type, or its name such as score.assigned.
    #[arg(long = "type", value_name = "TYPE", value_parser = event_type)]
    pub event_type: Option<String>,
}

/// `ledger tail`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("start").required(true).multiple(true))]
#[command(
    after_help = "Prints exact bytes, one entry a line, and ends at the head. With --cursor it goes on after \
the last entry that was printed before; the file is synced after the lines are out, so that a killed consumer sees \
every entry at least once and tells repeats by their sequence.\n\n\
Example:\n  ledger tail --from 0 --cursor consumer.cursor | consumer"
)]
pub struct TailArgs {
    /// First sequence number, where the cursor does not say another.
    #[arg(long, value_name = "N", group = "start", conflicts_with = "from_now")]
    pub from: Option<u64>,
    /// Only what is recorded from now on.
    #[arg(long, group = "start")]
    pub from_now: bool,
    /// Only this subject's history.
    #[arg(long)]
    pub subject: Option<String>,
    /// Only this event: its type, or its name such as score.assigned.
    #[arg(long = "type", value_name = "TYPE", value_parser = event_type)]
    pub event_type: Option<String>,
    /// A file that keeps the position between runs.
    #[arg(long, value_name = "FILE", group = "start")]
    pub cursor: Option<PathBuf>,
}

/// `ledger report`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger report QE1 --format md > report.md")]
pub struct ReportArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// The report of the open assessment, marked DRAFT.
    #[arg(long)]
    pub draft: bool,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// Plain text.
    Text,
    /// Markdown.
    Md,
    /// A page of its own.
    Html,
    /// For programs.
    Json,
}

/// `ledger assessment show`.
#[derive(Debug, Clone, Args)]
pub struct CoverageArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: String,
    /// The assessment; the open one, else the last, if absent.
    #[arg(long, value_name = "ENTRY")]
    pub assessment: Option<EntryName>,
}

/// `ledger evidence search`.
#[derive(Debug, Clone, Args)]
pub struct SearchArgs {
    /// A subject, by name or code; else words to look for in ids, addresses and text documents. All if absent.
    #[arg(value_name = "SUBJECT|TEXT")]
    pub subject: Option<String>,
    /// Only from this organisation.
    #[arg(long, value_name = "ID")]
    pub organisation: Option<OrganisationId>,
    /// Only evidence that bears on this statement.
    #[arg(long, value_name = "ID")]
    pub statement: Option<StatementId>,
    /// Only this category.
    #[arg(long, value_name = "ID")]
    pub category: Option<CategoryId>,
    /// Only this wave: held, requested, collected.
    #[arg(long, value_parser = coded::<Wave>)]
    pub wave: Option<Wave>,
    /// Only this site: on-site, off-site.
    #[arg(long, value_parser = coded::<Site>)]
    pub site: Option<Site>,
    /// Only this kind of source: people, staff, organisation, regulator, data-set.
    #[arg(long, value_parser = coded::<SourceKind>)]
    pub source: Option<SourceKind>,
    /// Only with this tag.
    #[arg(long, value_name = "ID")]
    pub tag: Option<TagId>,
}

/// What to list or show.
#[derive(Debug)]
pub enum Listing {
    /// The frameworks.
    Frameworks,
    /// A framework.
    Framework {
        /// Which.
        framework: FrameworkId,
    },
    /// The areas.
    Areas {
        /// Of which kind.
        kind: Option<AreaKind>,
    },
    /// An area.
    Area {
        /// Which.
        subject: String,
    },
    /// The actors.
    Actors,
    /// The witnesses.
    Witnesses,
    /// The bank holidays.
    Holidays,
    /// The risk policies.
    RiskPolicies,
    /// Concerns.
    Concerns {
        /// Of whom.
        subject: Option<String>,
    },
    /// Triggers.
    Triggers {
        /// Of whom.
        subject: Option<String>,
    },
    /// A trigger.
    Trigger {
        /// Which.
        trigger: EntryName,
    },
    /// Assessments.
    Assessments {
        /// Of whom.
        subject: Option<String>,
    },
    /// An assessment with its coverage.
    Coverage(CoverageArgs),
    /// An item of evidence.
    Evidence {
        /// Which.
        evidence: EntryName,
    },
    /// Evidence found.
    Search(SearchArgs),
}
