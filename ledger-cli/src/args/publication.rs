//! `findings`, `publish`, `withdraw`, `review`, `transcribe`: results, and what becomes of them.

use clap::{Args, Subcommand};
use ledger_core::assessment::civil::PartialDate;
use ledger_core::assessment::codes::{Code, FrameworkId, PriorityId, StatementId, TagId, Url};
use ledger_core::assessment::command::Rescore;
use ledger_core::assessment::event::{
    FindingItem, NarrativeSection, Phase, PrintedScore, ReviewOutcome, TranscribedKind, WithdrawalCause,
};
use ledger_core::assessment::framework::{Percent, Rating};
use serde::Serialize;

use super::values::{EntryName, Words, coded, item, printed, rescore};
use super::{Ready, write};
use crate::exit::Failure;
use crate::wanted::{Needs, On, Wanted};

fn needing(
    needs: Needs,
    command: &'static str,
    subject: &str,
    args: &impl Serialize,
) -> Result<Ready, Failure> {
    write(Wanted::new(command, On::Named(subject.to_owned()), args).map(|wanted| wanted.needing(needs)))
}

/// `ledger findings`.
#[derive(Debug, Subcommand)]
pub enum Findings {
    /// Publish findings.
    #[command(after_help = "Example:\n  ledger findings publish QE1 --narrative @findings.md \
                            --item strength:s1:learning-culture --actor publisher-1")]
    Publish(PublishFindings),
}

/// `ledger findings publish`.
#[derive(Debug, Args, Serialize)]
pub struct PublishFindings {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment; the open one if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// A statement with a finding; may be repeated; all in scope if absent.
    #[arg(long = "statement", value_name = "ID")]
    statements: Vec<StatementId>,
    /// An item: KIND:ID:STATEMENT, kind strength, area-for-improvement, required-improvement or best-practice.
    #[arg(long = "item", value_parser = item)]
    items: Vec<FindingItem>,
    /// Another part the narrative has: what-people-said, progress-since-last; may be repeated.
    #[arg(long = "section", value_parser = coded::<NarrativeSection>)]
    sections: Vec<NarrativeSection>,
    /// A topic or duty with a commentary; may be repeated.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    commentary: Vec<TagId>,
    /// A published priority it addresses; may be repeated.
    #[arg(long = "priority", value_name = "ID")]
    priorities: Vec<PriorityId>,
    /// A regulation breached; may be repeated.
    #[arg(long = "breach", value_name = "CODE")]
    breaches: Vec<Code>,
    /// The words: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    narrative: Words,
}

impl Findings {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Findings::Publish(args) = self;
        needing(Needs::Assessment, "findings.publish", &args.subject, &args)
    }
}

/// `ledger publish`.
#[derive(Debug, Args, Serialize)]
#[command(after_help = "Example:\n  ledger publish QE1 --percent 65 --rating good --actor publisher-1")]
pub struct Publish {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment; the open one if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// Overall percentage; absent where there is none.
    #[arg(long, value_name = "N")]
    percent: Option<Percent>,
    /// Overall rating; absent while a statement was never scored.
    #[arg(long)]
    rating: Option<Rating>,
    /// The review decision it follows.
    #[arg(long, value_name = "ENTRY")]
    review: Option<EntryName>,
}

impl Publish {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        needing(Needs::Assessment, "rating.publish", &self.subject, &self)
    }
}

/// `ledger withdraw`.
#[derive(Debug, Args, Serialize)]
#[command(after_help = "Example:\n  ledger withdraw QE1 --cause error --reason @why.txt --actor publisher-1")]
pub struct Withdraw {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// Why, as a code: error, review, other.
    #[arg(long, value_parser = coded::<WithdrawalCause>)]
    cause: WithdrawalCause,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

impl Withdraw {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        needing(Needs::Publication, "rating.withdraw", &self.subject, &self)
    }
}

/// `ledger review`.
#[derive(Debug, Subcommand)]
pub enum Review {
    /// Ask for a review of a published result.
    #[command(after_help = "Example:\n  ledger review request QE1 --grounds @grounds.txt --actor board-1")]
    Request(RequestReview),
    /// Decide a review.
    #[command(after_help = "Example:\n  ledger review decide QE1 --review 200 --outcome scores-changed \
                            --rescore governance-management-and-sustainability=3 --reason @why.txt")]
    Decide(DecideReview),
}

/// `ledger review request`.
#[derive(Debug, Args, Serialize)]
pub struct RequestReview {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The result; the one that stands if absent.
    #[arg(long, value_name = "ENTRY")]
    publication: Option<EntryName>,
    /// On what grounds: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    grounds: Words,
}

/// `ledger review decide`.
#[derive(Debug, Args, Serialize)]
pub struct DecideReview {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The request.
    #[arg(long, value_name = "ENTRY")]
    review: EntryName,
    /// What it found: upheld, scores-changed.
    #[arg(long, value_parser = coded::<ReviewOutcome>)]
    outcome: ReviewOutcome,
    /// A score that changes with it: STATEMENT=N or STATEMENT/CATEGORY=N; may be repeated.
    #[arg(long = "rescore", value_parser = rescore)]
    rescores: Vec<Rescore>,
    /// An item of evidence the changed scores rest on; may be repeated.
    #[arg(long, value_name = "ENTRY")]
    #[serde(skip)]
    evidence: Vec<EntryName>,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

impl Review {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Review::Request(args) => needing(Needs::Publication, "review.request", &args.subject, &args),
            Review::Decide(args) => {
                let mut wanted = Wanted::new("review.decide", On::Named(args.subject.clone()), &args)?;
                let rescores = wanted.data.get_mut("rescores").and_then(serde_json::Value::as_array_mut);
                for rescore in rescores.into_iter().flatten() {
                    rescore["evidence"] = serde_json::json!(args.evidence);
                }
                write(Ok(wanted))
            }
        }
    }
}

/// `ledger transcribe`.
#[derive(Debug, Args, Serialize)]
#[command(
    after_help = "Example:\n  ledger transcribe Leeds --framework local-authority/2025 --date 2026-01 \
                        --rating good --score safeguarding=3 --source https://www.cqc.org.uk/leeds"
)]
pub struct Transcribe {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// What it carries over: result, review-requested, withdrawal.
    #[arg(long, value_parser = coded::<TranscribedKind>, default_value = "result")]
    kind: TranscribedKind,
    /// The method the source used.
    #[arg(long)]
    framework: FrameworkId,
    /// Where in the programme the source places it: pilot, baseline, formal, ongoing.
    #[arg(long, value_parser = coded::<Phase>, default_value = "formal")]
    phase: Phase,
    /// Date as printed: YYYY, YYYY-MM or YYYY-MM-DD.
    #[arg(long = "date", value_name = "DATE")]
    effective_from: Option<PartialDate>,
    /// Rating as printed.
    #[arg(long)]
    rating: Option<Rating>,
    /// Percentage as printed.
    #[arg(long, value_name = "N")]
    percent: Option<Percent>,
    /// A statement's score as printed: STATEMENT=N; may be repeated.
    #[arg(long = "score", value_parser = printed)]
    scores: Vec<PrintedScore>,
    /// The earlier transcription that this one concerns.
    #[arg(long, value_name = "ENTRY")]
    concerns: Option<EntryName>,
    /// Where it is published.
    #[arg(long, value_name = "URL")]
    source: Url,
    /// What was copied from where, and what conflicts: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    note: Option<Words>,
}

impl Transcribe {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        needing(Needs::Nothing, "rating.transcribe", &self.subject, &self)
    }
}
