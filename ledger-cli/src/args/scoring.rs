//! `score`, `draft`, `accuracy`, `correct`: judging, and having the judgement checked.

use clap::{Args, Subcommand};
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{ActorId, CategoryId, OrganisationId, StatementId};
use ledger_core::assessment::command::Rescore;
use ledger_core::assessment::event::{ChallengeOutcome, CorrectableField, Ground};
use ledger_core::assessment::framework::Score as Points;
use serde::Serialize;
use serde_json::{Value, json};

use super::values::{EntryName, Words, coded, field_value, rescore};
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

/// `ledger score`.
#[derive(Debug, Subcommand)]
pub enum Score {
    /// Give a statement its first score.
    #[command(
        after_help = "Example:\n  ledger score assign QE1 --statement safeguarding --score 2 --evidence 44 \
                            --rationale @why.txt --actor assessor-1"
    )]
    Assign(GiveScore),
    /// Replace a score.
    #[command(
        after_help = "Example:\n  ledger score change QE1 --statement safeguarding --score 3 --evidence 61"
    )]
    Change(GiveScore),
    /// Confirm or set a score as a panel.
    #[command(
        after_help = "Example:\n  ledger score moderate QE1 --statement safeguarding --score 2 --actor moderator-1"
    )]
    Moderate(ModerateScore),
}

/// `ledger score assign` and `change`.
#[derive(Debug, Args, Serialize)]
pub struct GiveScore {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment; the open one if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// The statement.
    #[arg(long, value_name = "ID")]
    statement: StatementId,
    /// The category, under a category method.
    #[arg(long, value_name = "ID")]
    category: Option<CategoryId>,
    /// The score: 1, 2, 3 or 4.
    #[arg(long, value_name = "N")]
    score: Points,
    /// An item of evidence it rests on; may be repeated.
    #[arg(long, value_name = "ENTRY", value_delimiter = ',')]
    evidence: Vec<EntryName>,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    rationale: Option<Words>,
}

/// `ledger score moderate`.
#[derive(Debug, Args, Serialize)]
pub struct ModerateScore {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment; the open one if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// The statement.
    #[arg(long, value_name = "ID")]
    statement: StatementId,
    /// The category, under a category method.
    #[arg(long, value_name = "ID")]
    category: Option<CategoryId>,
    /// The score the panel gives: 1, 2, 3 or 4.
    #[arg(long, value_name = "N")]
    score: Points,
    /// A member of the panel; may be repeated.
    #[arg(long, value_name = "ID")]
    panel: Vec<ActorId>,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    rationale: Option<Words>,
}

impl Score {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Score::Assign(args) => needing(Needs::Assessment, "score.assign", &args.subject, &args),
            Score::Change(args) => needing(Needs::Assessment, "score.change", &args.subject, &args),
            Score::Moderate(args) => needing(Needs::Assessment, "score.moderate", &args.subject, &args),
        }
    }
}

/// `ledger draft`.
#[derive(Debug, Subcommand)]
pub enum Draft {
    /// Send the draft for its factual accuracy check.
    #[command(after_help = "Example:\n  ledger draft share QE1 --document @draft.md --actor assessor-1")]
    Share(ShareDraft),
}

/// `ledger draft share`.
#[derive(Debug, Args, Serialize)]
pub struct ShareDraft {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment; the open one if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// An organisation it goes to; may be repeated; all that are entitled if absent.
    #[arg(long = "recipient", value_name = "ID")]
    recipients: Vec<OrganisationId>,
    /// Date on the letter; the email's if absent.
    #[arg(long, value_name = "DATE")]
    letter: Option<Date>,
    /// Date of the email, from which the window counts; the day of recording if absent.
    #[arg(long, value_name = "DATE")]
    emailed: Option<Date>,
    /// The draft: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    document: Option<Words>,
}

impl Draft {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let Draft::Share(args) = self;
        needing(Needs::Assessment, "draft.share", &args.subject, &args)
    }
}

/// `ledger accuracy`.
#[derive(Debug, Subcommand)]
pub enum Accuracy {
    /// Challenge the draft: one comment.
    #[command(
        after_help = "Example:\n  ledger accuracy challenge QE1 --ground inaccurate --statement safeguarding \
                            --comment @comment.txt --document @minutes.pdf --actor board-1"
    )]
    Challenge(ChallengeAccuracy),
    /// Confirm the draft.
    #[command(after_help = "Example:\n  ledger accuracy confirm QE1 --actor board-1")]
    Confirm(ConfirmAccuracy),
    /// Extend the window for challenges.
    #[command(
        after_help = "Example:\n  ledger accuracy extend QE1 --closes 2026-03-20 --reason 'holiday week'"
    )]
    Extend(ExtendAccuracy),
    /// Decide a challenge.
    #[command(after_help = "Example:\n  ledger accuracy decide QE1 --challenge 120 --outcome score-changed \
                            --rescore safeguarding=3 --reason @decision.txt --actor accuracy-decider-1")]
    Decide(DecideAccuracy),
}

/// `ledger accuracy challenge`.
#[derive(Debug, Args, Serialize)]
pub struct ChallengeAccuracy {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The draft; the current one of the open assessment if absent.
    #[arg(long, value_name = "ENTRY")]
    draft: Option<EntryName>,
    /// The ground: typographical (a), inaccurate (b), omission (c).
    #[arg(long, value_parser = coded::<Ground>)]
    ground: Ground,
    /// The statement it concerns.
    #[arg(long, value_name = "ID")]
    statement: Option<StatementId>,
    /// The comment: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    comment: Words,
    /// Evidence about the position at the time; may be repeated.
    #[arg(long, value_name = "ENTRY")]
    evidence: Vec<EntryName>,
    /// A document about the position at the time; may be repeated.
    #[arg(long = "document", value_name = "WORDS")]
    documents: Vec<Words>,
}

/// `ledger accuracy confirm`.
#[derive(Debug, Args, Serialize)]
pub struct ConfirmAccuracy {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The draft; the current one of the open assessment if absent.
    #[arg(long, value_name = "ENTRY")]
    draft: Option<EntryName>,
}

/// `ledger accuracy extend`.
#[derive(Debug, Args, Serialize)]
pub struct ExtendAccuracy {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The draft; the current one of the open assessment if absent.
    #[arg(long, value_name = "ENTRY")]
    draft: Option<EntryName>,
    /// New last day of the window, a working day.
    #[arg(long, value_name = "DATE")]
    closes: Date,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

/// `ledger accuracy decide`.
#[derive(Debug, Args, Serialize)]
pub struct DecideAccuracy {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The challenge.
    #[arg(long, value_name = "ENTRY")]
    challenge: EntryName,
    /// What becomes of it: rejected, text-changed, score-changed.
    #[arg(long, value_parser = coded::<ChallengeOutcome>)]
    outcome: ChallengeOutcome,
    /// A fact corrected with it, as JSON: {"corrects":ENTRY,"field":..,"was":..,"now":..}; may be repeated.
    #[arg(long = "correction", value_name = "JSON", value_parser = parsed_json)]
    corrections: Vec<Value>,
    /// The score that changes with it: STATEMENT=N or STATEMENT/CATEGORY=N.
    #[arg(long, value_parser = rescore)]
    rescore: Option<Rescore>,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

fn parsed_json(text: &str) -> Result<Value, String> {
    ledger_core::line::parse(text.as_bytes()).map_err(|error| error.to_string())
}

impl Accuracy {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Accuracy::Challenge(args) => needing(Needs::Draft, "accuracy.challenge", &args.subject, &args),
            Accuracy::Confirm(args) => needing(Needs::Draft, "accuracy.confirm", &args.subject, &args),
            Accuracy::Extend(args) => needing(Needs::Draft, "accuracy.extend", &args.subject, &args),
            Accuracy::Decide(args) => needing(Needs::Nothing, "accuracy.decide", &args.subject, &args),
        }
    }
}

/// `ledger correct`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ledger correct Leeds --entry 512 --field score --statement safeguarding \
                        --was 2 --now 3 --reason 'misread' --actor analyst-1"
)]
pub struct Correct {
    /// The subject of the entry corrected.
    subject: String,
    /// The entry whose fact was wrong.
    #[arg(long, value_name = "ENTRY")]
    entry: EntryName,
    /// What was wrong: score, rating, percent, effective-from, source, category, period, reference, name.
    #[arg(long, value_parser = coded::<CorrectableField>)]
    field: CorrectableField,
    /// The statement, when a transcribed score was wrong.
    #[arg(long, value_name = "ID")]
    statement: Option<StatementId>,
    /// The value that stands now; absent if none does.
    #[arg(long, value_name = "VALUE")]
    was: Option<String>,
    /// The value that is right; absent if there is none.
    #[arg(long, value_name = "VALUE")]
    now: Option<String>,
    /// Why, and from what source: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Option<Words>,
}

impl Correct {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let number = matches!(self.field, CorrectableField::Score | CorrectableField::Percent);
        let value = |text: Option<String>| text.map(|text| field_value(&text, number)).transpose();
        let data = json!({
            "corrects": self.entry,
            "field": self.field,
            "statement": self.statement,
            "was": value(self.was)?,
            "now": value(self.now)?,
            "reason": self.reason,
        });
        write(Wanted::new("correction.record", On::Named(self.subject), &data))
    }
}
