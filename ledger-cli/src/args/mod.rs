//! The command line as types: global options, and one file per group of commands.
//!
//! Every subcommand shows an example in its long help. Parsing refuses what the core's own types refuse, so a
//! score of 5 never gets further than here. Left out: what a command does; each group turns its flags into one
//! [`Ready`] value.

mod audit;
mod bulk;
mod certificate;
mod clocks;
mod compare;
mod deadlines;
mod diff;
mod document;
mod explain;
mod foundation;
mod gathering;
mod improvement;
mod indicator;
mod keeping;
mod key;
mod national;
mod ongoing;
mod programme;
mod proof;
mod publication;
mod ratings;
mod reading;
mod replaying;
mod risk;
mod scoring;
mod state;
mod theme;
mod values;
mod whatif;
mod witness;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ledger_core::assessment::codes::ActorId;
use ledger_core::log::CommandId;
use serde_json::json;

pub use audit::AuditArgs;
pub use bulk::{CompletionsArgs, DemoArgs, SubmitArgs};
pub use certificate::{CertifyArgs, CheckArgs};
pub use clocks::Clocks;
pub use compare::{PeersArgs, Question, ShowContext, VariationsArgs};
pub use deadlines::DeadlinesArgs;
pub use diff::DiffArgs;
pub use explain::ExplainArgs;
pub use foundation::{AdoptSource, InitArgs};
pub use indicator::{AeMeasure, ImportArgs, ImportFormat};
pub use keeping::{BackupArgs, ExportArgs, RepairArgs, RestoreArgs};
pub use key::{Key, Known};
pub use national::NationalArgs;
pub use proof::{CheckpointArgs, Proof};
pub use ratings::{ListRatings, Rated, RatingsFormat, RatingsOrder};
pub use reading::{
    CoverageArgs, HistoryArgs, Listing, LogArgs, RateArgs, RatingArgs, ReportArgs, ReportFormat, SearchArgs,
    ShowArgs, TailArgs, VerifyArgs,
};
pub use replaying::ReplayArgs;
pub use risk::ListRisks;
pub use state::StateArgs;
pub use theme::OpenTheme;
pub use values::{Moment, StatementScore, Words, expected};
pub use whatif::WhatIfArgs;
pub use witness::ServeArgs;

use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// An event-sourced ledger of care assessments: who assessed whom, on what evidence, by which method, and what
/// that made of the rating.
#[derive(Debug, Parser)]
#[command(
    name = "ledger",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    max_term_width = 110
)]
#[command(after_help = "Start with `ledger demo`, then `ledger init --actor operator-1 --with-defaults`.\n\
Exit status: 0 done; 1 a check found something; 2 usage or malformed input; 3 rejected; 4 storage or \
input and output; 5 unknown outcome.")]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Top,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Directory of the ledger.
    #[arg(long, global = true, env = "LEDGER_DATA", default_value = "./ledger-data", value_name = "DIR")]
    pub data: PathBuf,
    /// A head record elsewhere, on another disk or machine: made if absent, kept up to date, and compared whenever the
    /// ledger is opened, so that a directory rolled back as a whole is refused.
    #[arg(long, global = true, env = "LEDGER_HEAD_FILE", value_name = "FILE")]
    pub head_file: Option<PathBuf>,
    /// A checkpoint is signed when entries have waited so long for one, and at the end; 0 signs every commit.
    #[arg(long, global = true, env = "LEDGER_CHECKPOINT_EVERY", default_value_t = 1, value_name = "SECONDS")]
    pub checkpoint_every: u64,
    /// Who gives the command: a pseudonymous handle, asserted and not authenticated.
    #[arg(long, global = true, env = "LEDGER_ACTOR", value_name = "ID")]
    pub actor: Option<ActorId>,
    /// Recorded time; required with a simulated clock and refused otherwise.
    #[arg(long, global = true, value_name = "T")]
    pub recorded_time: Option<Moment>,
    /// With a simulated clock: derive ids and document secrets from this number, so that equal commands give
    /// equal bytes. Whoever knows it can read the documents.
    #[arg(long, global = true, value_name = "N")]
    pub random_seed: Option<u64>,
    /// When it happened; when it is recorded while absent.
    #[arg(long, global = true, value_name = "T")]
    pub time: Option<Moment>,
    /// Only if the subject's history is still at this version: SUBJECT=VERSION. With `verify`: N:HASH.
    #[arg(long, global = true, value_name = "WHAT")]
    pub expect: Vec<String>,
    /// Identity of the command, a UUIDv7: giving it again returns the first receipt.
    #[arg(long, global = true, value_name = "UUID")]
    pub id: Option<CommandId>,
    /// Stable JSON instead of tables, also for errors.
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Top {
    /// Found a ledger.
    Init(foundation::InitArgs),
    /// Replay the published record, and walk through a whole assessment.
    Demo(bulk::DemoArgs),
    /// Frameworks: what is assessed and how scores combine.
    #[command(subcommand)]
    Framework(programme::Framework),
    /// Areas, their organisations and succession.
    #[command(subcommand)]
    Area(foundation::Area),
    /// Actors and their roles.
    #[command(subcommand)]
    Actor(foundation::Actor),
    /// The ratings of all subjects of a kind; and whether ratings may be given.
    Ratings(ratings::RatingsArgs),
    /// Priorities of the Secretary of State.
    #[command(subcommand)]
    Priorities(programme::Priorities),
    /// How far the programme is; pause and resume it.
    Programme(compare::ProgrammeArgs),
    /// Bank holidays, by which working days are counted.
    #[command(subcommand)]
    Holiday(programme::Holiday),
    /// Concerns.
    #[command(subcommand)]
    Concern(ongoing::Concern),
    /// Triggers of the risk policy.
    #[command(subcommand)]
    Trigger(ongoing::Trigger),
    /// What asks for attention, by urgency; and the risk policy.
    Risk(risk::RiskArgs),
    /// Assessments.
    #[command(subcommand)]
    Assessment(gathering::Assessment),
    /// Evidence.
    #[command(subcommand)]
    Evidence(gathering::Evidence),
    /// Documents, which can be erased.
    #[command(subcommand)]
    Document(document::Document),
    /// Scores.
    #[command(subcommand)]
    Score(scoring::Score),
    /// The draft.
    #[command(subcommand)]
    Draft(scoring::Draft),
    /// The factual accuracy check.
    #[command(subcommand)]
    Accuracy(scoring::Accuracy),
    /// Correct a recorded fact.
    Correct(scoring::Correct),
    /// Findings.
    #[command(subcommand)]
    Findings(publication::Findings),
    /// Publish a rating, stating the result, which must be the one computed.
    Publish(publication::Publish),
    /// Withdraw a published result.
    Withdraw(publication::Withdraw),
    /// Ratings reviews.
    #[command(subcommand)]
    Review(publication::Review),
    /// Decisions after a published score of 1.
    #[command(subcommand)]
    Notice(improvement::Notice),
    /// Improvement summits.
    #[command(subcommand)]
    Summit(improvement::Summit),
    /// Action plans and their progress.
    #[command(subcommand)]
    Plan(improvement::Plan),
    /// Support by the body accountable.
    #[command(subcommand)]
    Support(improvement::Support),
    /// Intervention by the body accountable.
    #[command(subcommand)]
    Intervention(improvement::Intervention),
    /// Answers to escalated concerns.
    #[command(subcommand)]
    Escalation(improvement::Escalation),
    /// Indicators, their figures, and imports.
    #[command(subcommand)]
    Indicator(indicator::Indicator),
    /// Resources and context of areas.
    #[command(subcommand)]
    Context(compare::Context),
    /// The areas most like one.
    Peers(compare::PeersArgs),
    /// How provider ratings vary within an area.
    Variations(compare::VariationsArgs),
    /// Thematic reviews.
    #[command(subcommand)]
    Theme(theme::Theme),
    /// Transcribe a result published elsewhere.
    Transcribe(publication::Transcribe),
    /// Record commands in bulk from lines of JSON.
    Submit(bulk::SubmitArgs),
    /// Compute a rating from scores; nothing is recorded.
    Rate(reading::RateArgs),
    /// The rating in force for a subject.
    Rating(reading::RatingArgs),
    /// A subject's history.
    History(reading::HistoryArgs),
    /// Everything folded again from the first entry to a moment, and the hash of what it came to.
    Replay(replaying::ReplayArgs),
    /// What is owed by when, overdue first.
    Deadlines(deadlines::DeadlinesArgs),
    /// What is open about a subject.
    State(state::StateArgs),
    /// A subject at two moments: what differs, and which events explain it.
    Diff(diff::DiffArgs),
    /// A rating as it might have been. Nothing is recorded.
    WhatIf(whatif::WhatIfArgs),
    /// Why a rating is what it is: its derivation, down to the evidence.
    Explain(explain::ExplainArgs),
    /// Re-derive everything from bytes, and decide every command again.
    Audit(audit::AuditArgs),
    /// The country on a day: ratings and scores by kind and region, and each subject beside its peers.
    National(national::NationalArgs),
    /// An entry decoded, what it cites and what cites it.
    Show(reading::ShowArgs),
    /// Entries of the log.
    Log(reading::LogArgs),
    /// Entries from a position on, as exact bytes.
    Tail(reading::TailArgs),
    /// An assessment report.
    Report(reading::ReportArgs),
    /// Check every byte, link and result.
    Verify(reading::VerifyArgs),
    /// Record where every subject's history ends, so that a certificate can prove its entries to be all.
    #[command(after_help = "Example:\n  ledger attest --actor auditor-1")]
    Attest,
    /// What checkpoints are signed with.
    #[command(subcommand)]
    Key(key::Key),
    /// The newest signed checkpoint: how long the log was, and the root of its tree.
    Checkpoint(proof::CheckpointArgs),
    /// Proofs for the tree under the newest checkpoint.
    #[command(subcommand)]
    Proof(proof::Proof),
    /// Witnesses, who cosign checkpoints.
    #[command(subcommand)]
    Witness(witness::Witness),
    /// A rating as a file that anyone can check.
    Certify(certificate::CertifyArgs),
    /// Check a certificate; needs no ledger.
    Check(certificate::CheckArgs),
    /// The whole ledger as one stream that standard tools can check.
    Export(keeping::ExportArgs),
    /// Make a ledger from an export; let a restored one go on.
    Restore(keeping::RestoreArgs),
    /// Rebuild a damaged log from an export and what is left of it.
    Repair(keeping::RepairArgs),
    /// A whole copy of the ledger, its keys apart.
    Backup(keeping::BackupArgs),
    /// Completions for a shell.
    Completions(bulk::CompletionsArgs),
    /// The manual page.
    #[command(after_help = "Example:\n  ledger man > ledger.1 && man ./ledger.1")]
    Man,
}

/// A command line with every flag turned into a value.
#[derive(Debug)]
pub enum Ready {
    /// Record one command.
    Write(Box<Wanted>),
    /// Adopt a framework from a file or as shipped.
    AdoptFramework(AdoptSource),
    /// Adopt a risk policy from a file or as shipped.
    AdoptRiskPolicy(AdoptSource),
    /// Found a ledger.
    Init(InitArgs),
    /// Run the demonstration.
    Demo(DemoArgs),
    /// Record commands in bulk.
    Submit(SubmitArgs),
    /// Store a document.
    AddDocument(Words, Option<String>),
    /// Print a document.
    ShowDocument(ledger_core::values::Hash),
    /// Import what others publish.
    Import(ImportArgs),
    /// Look for statements that are due again, of one subject or of all.
    Sweep(Option<String>),
    /// Record the context that ships.
    LoadContext,
    /// Be a witness.
    ServeWitness(ServeArgs),
    /// Open a thematic review.
    OpenTheme(OpenTheme),
    /// Answer a question about more than one assessment.
    Ask(Question),
    /// Compute a rating.
    Rate(RateArgs),
    /// List or show what the ledger knows.
    List(Listing),
    /// The rating in force.
    Rating(RatingArgs),
    /// Fold everything again.
    Replay(ReplayArgs),
    /// What asks for attention.
    Risks(ListRisks),
    /// What is owed by when.
    Deadlines(DeadlinesArgs),
    /// What is open about a subject.
    State(StateArgs),
    /// A subject at two moments.
    Diff(DiffArgs),
    /// A rating as it might have been.
    WhatIf(WhatIfArgs),
    /// Why a rating is what it is.
    Explain(ExplainArgs),
    /// Re-derive everything.
    Audit(AuditArgs),
    History(HistoryArgs),
    /// The country on a day.
    National(NationalArgs),
    /// An entry.
    Show(ShowArgs),
    /// Entries.
    Log(LogArgs),
    /// Entries as they come.
    Tail(TailArgs),
    /// A report.
    Report(ReportArgs),
    /// Check everything.
    Verify(VerifyArgs),
    /// Make a certificate.
    Certify(CertifyArgs),
    /// Check a certificate.
    Check(CheckArgs),
    /// Show, rotate or bring back the key.
    Key(Key),
    /// The newest checkpoint.
    Checkpoint(CheckpointArgs),
    /// Prove an entry or a beginning.
    Proof(Proof),
    /// Write an export.
    Export(ExportArgs),
    /// Make a ledger from an export.
    Restore(RestoreArgs),
    /// Rebuild a damaged log.
    Repair(RepairArgs),
    /// Copy the ledger.
    Backup(BackupArgs),
    /// Completions.
    Completions(CompletionsArgs),
    /// The manual page.
    Man,
}

impl Top {
    /// The flags as a value. Fails where they do not fit together.
    pub fn ready(self) -> Result<Ready, Failure> {
        match self {
            Top::Init(args) => Ok(Ready::Init(args)),
            Top::Demo(args) => Ok(Ready::Demo(args)),
            Top::Framework(group) => group.ready(),
            Top::Area(group) => group.ready(),
            Top::Actor(group) => group.ready(),
            Top::Ratings(args) => args.ready(),
            Top::Priorities(group) => group.ready(),
            Top::Programme(args) => args.ready(),
            Top::Holiday(group) => group.ready(),
            Top::Concern(group) => group.ready(),
            Top::Trigger(group) => group.ready(),
            Top::Risk(args) => args.ready(),
            Top::Assessment(group) => group.ready(),
            Top::Evidence(group) => group.ready(),
            Top::Document(group) => group.ready(),
            Top::Score(group) => group.ready(),
            Top::Draft(group) => group.ready(),
            Top::Accuracy(group) => group.ready(),
            Top::Correct(args) => args.ready(),
            Top::Findings(group) => group.ready(),
            Top::Publish(args) => args.ready(),
            Top::Withdraw(args) => args.ready(),
            Top::Review(group) => group.ready(),
            Top::Notice(group) => group.ready(),
            Top::Summit(group) => group.ready(),
            Top::Plan(group) => group.ready(),
            Top::Support(group) => group.ready(),
            Top::Intervention(group) => group.ready(),
            Top::Escalation(group) => group.ready(),
            Top::Indicator(group) => group.ready(),
            Top::Context(group) => group.ready(),
            Top::Peers(args) => Ok(Ready::Ask(Question::Peers(args))),
            Top::Variations(args) => Ok(Ready::Ask(Question::Variations(args))),
            Top::Theme(group) => group.ready(),
            Top::Transcribe(args) => args.ready(),
            Top::Submit(args) => Ok(Ready::Submit(args)),
            Top::Rate(args) => Ok(Ready::Rate(args)),
            Top::Rating(args) => Ok(Ready::Rating(args)),
            Top::Replay(args) => Ok(Ready::Replay(args)),
            Top::Deadlines(args) => Ok(Ready::Deadlines(args)),
            Top::State(args) => Ok(Ready::State(args)),
            Top::Diff(args) => Ok(Ready::Diff(args)),
            Top::WhatIf(args) => Ok(Ready::WhatIf(args)),
            Top::Explain(args) => Ok(Ready::Explain(args)),
            Top::Audit(args) => Ok(Ready::Audit(args)),
            Top::History(args) => Ok(Ready::History(args)),
            Top::National(args) => Ok(Ready::National(args)),
            Top::Show(args) => Ok(Ready::Show(args)),
            Top::Log(args) => Ok(Ready::Log(args)),
            Top::Tail(args) => Ok(Ready::Tail(args)),
            Top::Report(args) => Ok(Ready::Report(args)),
            Top::Verify(args) => Ok(Ready::Verify(args)),
            Top::Attest => {
                write(Wanted::new("subjects.attest", On::Named("attestation".to_owned()), &json!({})))
            }
            Top::Key(group) => group.ready(),
            Top::Checkpoint(args) => Ok(Ready::Checkpoint(args)),
            Top::Proof(group) => Ok(Ready::Proof(group)),
            Top::Witness(group) => group.ready(),
            Top::Certify(args) => Ok(Ready::Certify(args)),
            Top::Check(args) => Ok(Ready::Check(args)),
            Top::Export(args) => Ok(Ready::Export(args)),
            Top::Restore(args) => Ok(Ready::Restore(args)),
            Top::Repair(args) => Ok(Ready::Repair(args)),
            Top::Backup(args) => Ok(Ready::Backup(args)),
            Top::Completions(args) => Ok(Ready::Completions(args)),
            Top::Man => Ok(Ready::Man),
        }
    }
}

/// A command to record, as the value the program runs on.
fn write(wanted: Result<Wanted, Failure>) -> Result<Ready, Failure> {
    wanted.map(|wanted| Ready::Write(Box::new(wanted)))
}
