//! `assessment`, `evidence`: opening an assessment and gathering what it rests on.

use clap::{ArgGroup, Args, Subcommand};
use ledger_core::assessment::civil::{Date, Period};
use ledger_core::assessment::codes::{
    CategoryId, Code, FrameworkId, OrganisationId, StatementId, TagId, Url,
};
use ledger_core::assessment::event::{
    AssessmentOutcome, OpeningCause, Phase, RequestOutcome, Site, SourceKind, Wave,
};
use ledger_core::assessment::framework::Rating;
use serde::Serialize;
use serde_json::{Value, json};

use super::values::{EntryName, Words, coded, period};
use super::{CoverageArgs, Listing, Question, Ready, SearchArgs, write};
use crate::exit::Failure;
use crate::wanted::{Needs, On, Wanted};

/// `ledger assessment`.
#[derive(Debug, Subcommand)]
pub enum Assessment {
    /// Begin an assessment.
    #[command(
        after_help = "Example:\n  ledger assessment open QE1 --framework ics/2023-interim --phase formal \
                            --actor assessor-1"
    )]
    Open(OpenAssessment),
    /// The assessments, of one subject or of all.
    #[command(after_help = "Example:\n  ledger assessment list QE1")]
    List {
        /// The subject.
        subject: Option<String>,
    },
    /// An assessment with its coverage matrix and the next step.
    #[command(after_help = "Example:\n  ledger assessment show QE1")]
    Show(CoverageArgs),
    /// End an assessment.
    #[command(after_help = "Example:\n  ledger assessment close QE1 --outcome published --actor publisher-1")]
    Close(CloseAssessment),
}

/// `ledger assessment open`.
#[derive(Debug, Args, Serialize)]
pub struct OpenAssessment {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The method.
    #[arg(long)]
    framework: FrameworkId,
    /// Where in the programme it belongs: pilot, baseline, formal, ongoing.
    #[arg(long, value_parser = coded::<Phase>)]
    phase: Phase,
    /// A statement in scope; may be repeated; all of the framework's if absent.
    #[arg(long = "statement", value_name = "ID")]
    statements: Vec<StatementId>,
    /// Why: schedule, trigger, request; trigger if one is named.
    #[arg(long, value_parser = coded::<OpeningCause>)]
    cause: Option<OpeningCause>,
    /// The trigger, if that is the cause.
    #[arg(long, value_name = "ENTRY")]
    trigger: Option<EntryName>,
}

/// `ledger assessment close`.
#[derive(Debug, Args, Serialize)]
pub struct CloseAssessment {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment; the open one if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// How it ends: published, findings-only, discontinued.
    #[arg(long, value_parser = coded::<AssessmentOutcome>)]
    outcome: AssessmentOutcome,
    /// Why, if discontinued: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Option<Words>,
}

impl Assessment {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Assessment::Open(mut args) => {
                let implied =
                    if args.trigger.is_some() { OpeningCause::Trigger } else { OpeningCause::Schedule };
                args.cause.get_or_insert(implied);
                write(Wanted::new("assessment.open", On::Named(args.subject.clone()), &args))
            }
            Assessment::List { subject } => Ok(Ready::List(Listing::Assessments { subject })),
            Assessment::Show(args) => Ok(Ready::List(Listing::Coverage(args))),
            Assessment::Close(args) => {
                let wanted = Wanted::new("assessment.close", On::Named(args.subject.clone()), &args);
                write(wanted.map(|wanted| wanted.needing(Needs::Assessment)))
            }
        }
    }
}

/// `ledger evidence`.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Ask an organisation for evidence.
    #[command(
        after_help = "Example:\n  ledger evidence request QE1 --statement safeguarding --category processes \
                            --organisation board/E54000048 --due 2026-02-01 --actor assessor-1"
    )]
    Request(RequestEvidence),
    /// End a request without an answer.
    #[command(after_help = "Example:\n  ledger evidence close-request QE1 --request 40 --outcome lapsed")]
    CloseRequest(CloseRequest),
    /// Submit evidence.
    #[command(
        after_help = "Example:\n  ledger evidence submit QE1 --statement safeguarding --category processes \
                            --wave held --site off-site --source organisation --document @policy.pdf"
    )]
    Submit(SubmitEvidence),
    /// Withdraw evidence.
    #[command(after_help = "Example:\n  ledger evidence withdraw QE1 --evidence 44 --reason 'sent in error'")]
    Withdraw(WithdrawEvidence),
    /// Let evidence serve another subject, or give it to a partner.
    #[command(
        after_help = "Example:\n  ledger evidence share QE1 --evidence 44 --with-subject QF7 --purpose assessment"
    )]
    Share(ShareEvidence),
    /// An item of evidence, what happened to it, and the scores that rest on it.
    #[command(after_help = "Example:\n  ledger evidence show 44")]
    Show {
        /// The evidence.
        evidence: EntryName,
    },
    /// Find evidence by words, subject, statement, category, wave, site, source, organisation or tag.
    #[command(
        after_help = "With a partner as --actor: only subjects its organisation belongs to, and what was \
                            shared with it.\n\nExamples:\n  ledger evidence search QE1 --statement safeguarding\n  \
                            ledger evidence search 'waiting list' --category processes"
    )]
    Search(SearchArgs),
    /// What an organisation was asked, what it was spared, and what is overdue.
    #[command(after_help = "Example:\n  ledger evidence burden board/E54000048")]
    Burden {
        /// The organisation.
        organisation: OrganisationId,
    },
}

/// `ledger evidence request`.
#[derive(Debug, Args, Serialize)]
pub struct RequestEvidence {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment it is for; the open one that covers the statement if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// For no assessment, though one is open.
    #[arg(long, conflicts_with = "assessment")]
    #[serde(skip)]
    no_assessment: bool,
    /// The statement it concerns.
    #[arg(long, value_name = "ID")]
    statement: StatementId,
    /// The category of evidence wanted.
    #[arg(long, value_name = "ID")]
    category: CategoryId,
    /// Who is asked.
    #[arg(long, value_name = "ID")]
    organisation: OrganisationId,
    /// The period it should cover: FROM..TO.
    #[arg(long, value_parser = period)]
    period: Option<Period>,
    /// When the answer is due.
    #[arg(long, value_name = "DATE")]
    due: Date,
    /// What is wanted: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    description: Option<Words>,
    /// Why it is asked although held or asked already.
    #[arg(long, value_name = "WORDS")]
    again: Option<Words>,
    /// The trigger it answers.
    #[arg(long, value_name = "ENTRY")]
    trigger: Option<EntryName>,
}

/// `ledger evidence close-request`.
#[derive(Debug, Args, Serialize)]
pub struct CloseRequest {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The request.
    #[arg(long, value_name = "ENTRY")]
    request: EntryName,
    /// How it ends: declined, lapsed.
    #[arg(long, value_parser = coded::<RequestOutcome>)]
    outcome: RequestOutcome,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Option<Words>,
}

/// `ledger evidence submit`.
#[derive(Debug, Args, Serialize)]
#[command(group = ArgGroup::new("result").required(false))]
pub struct SubmitEvidence {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The assessment it was gathered for; the open one that covers its statements if absent.
    #[arg(long, value_name = "ENTRY")]
    assessment: Option<EntryName>,
    /// For no assessment, though one is open.
    #[arg(long, conflicts_with = "assessment")]
    #[serde(skip)]
    no_assessment: bool,
    /// A statement it bears on; may be repeated.
    #[arg(long = "statement", value_name = "ID", required = true)]
    statements: Vec<StatementId>,
    /// Category.
    #[arg(long, value_name = "ID")]
    category: CategoryId,
    /// How it came to be held: held, requested, collected.
    #[arg(long, value_parser = coded::<Wave>)]
    wave: Wave,
    /// Where it was gathered: on-site, off-site.
    #[arg(long, value_parser = coded::<Site>)]
    site: Site,
    /// What kind of source it has: people, staff, organisation, regulator, data-set.
    #[arg(long, value_parser = coded::<SourceKind>)]
    source: SourceKind,
    /// The organisation it comes from.
    #[arg(long, value_name = "ID")]
    organisation: Option<OrganisationId>,
    /// The period it covers: FROM..TO.
    #[arg(long, value_parser = period)]
    period: Option<Period>,
    /// A purpose, topic or duty it bears on; may be repeated.
    #[arg(long = "tag", value_name = "ID")]
    tags: Vec<TagId>,
    /// The request it answers.
    #[arg(long, value_name = "ENTRY")]
    answers: Option<EntryName>,
    /// It is a provider's published rating: ORGANISATION=RATING.
    #[arg(long, group = "result", value_parser = provider_rating)]
    #[serde(skip)]
    provider_rating: Option<Value>,
    /// It is a result in this ledger of one of the area's own authorities or providers.
    #[arg(long, group = "result", value_name = "ENTRY")]
    #[serde(skip)]
    partner_result: Option<EntryName>,
    /// It is a segment of the NHS Oversight Framework, 1 (best) to 4: ORGANISATION=N.
    #[arg(long, group = "result", value_parser = oversight_segment)]
    #[serde(skip)]
    oversight_segment: Option<Value>,
    /// It is a survey: QUESTION=RESPONDENTS or QUESTION=RESPONDENTS/INVITED.
    #[arg(long, group = "result", value_parser = survey)]
    #[serde(skip)]
    survey: Option<Value>,
    /// Where it is published.
    #[arg(long, value_name = "URL")]
    reference: Option<Url>,
    /// A document: text, @FILE or stored:COMMITMENT; may be repeated.
    #[arg(long = "document", value_name = "WORDS")]
    documents: Vec<Words>,
}

fn halves<'a>(text: &'a str, expected: &str) -> Result<(&'a str, &'a str), String> {
    text.split_once('=').ok_or_else(|| format!("'{text}': {expected} expected"))
}

fn provider_rating(text: &str) -> Result<Value, String> {
    let (provider, rating) = halves(text, "ORGANISATION=RATING, such as provider/1-101=good")?;
    let provider: OrganisationId = provider.parse().map_err(|error| format!("{error}"))?;
    let rating: Rating = rating.parse().map_err(|error| format!("{error}"))?;
    Ok(json!({ "kind": "provider-rating", "provider": provider, "rating": rating }))
}

fn oversight_segment(text: &str) -> Result<Value, String> {
    let (organisation, segment) = halves(text, "ORGANISATION=N, such as nhs-body/RXL=2")?;
    let organisation: OrganisationId = organisation.parse().map_err(|error| format!("{error}"))?;
    let segment: u8 = segment.parse().map_err(|_| format!("'{segment}' is not a segment from 1 to 4"))?;
    Ok(json!({ "kind": "oversight-segment", "organisation": organisation, "segment": segment }))
}

fn survey(text: &str) -> Result<Value, String> {
    let (question, numbers) = halves(text, "QUESTION=RESPONDENTS or QUESTION=RESPONDENTS/INVITED")?;
    let question: Code = question.parse().map_err(|error| format!("{error}"))?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("'{text}' is not a number of people"));
    let (respondents, invited) = match numbers.split_once('/') {
        None => (number(numbers)?, None),
        Some((respondents, invited)) => (number(respondents)?, Some(number(invited)?)),
    };
    Ok(json!({ "kind": "survey", "question": question, "respondents": respondents, "invited": invited }))
}

/// `ledger evidence withdraw`.
#[derive(Debug, Args, Serialize)]
pub struct WithdrawEvidence {
    /// The subject.
    #[serde(skip)]
    subject: String,
    /// The evidence.
    #[arg(long, value_name = "ENTRY")]
    evidence: EntryName,
    /// Why: text, @FILE or stored:COMMITMENT.
    #[arg(long, value_name = "WORDS")]
    reason: Words,
}

/// `ledger evidence share`.
#[derive(Debug, Args, Serialize)]
#[command(group = ArgGroup::new("with").required(true))]
pub struct ShareEvidence {
    /// The subject whose evidence it is.
    #[serde(skip)]
    of: String,
    /// The evidence.
    #[arg(long, value_name = "ENTRY")]
    evidence: EntryName,
    /// The subject it may serve.
    #[arg(long = "with-subject", value_name = "SUBJECT", group = "with")]
    subject: Option<String>,
    /// The partner it is given to.
    #[arg(long = "with-organisation", value_name = "ID", group = "with")]
    organisation: Option<OrganisationId>,
    /// What for, as a code.
    #[arg(long)]
    purpose: Code,
}

impl Evidence {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        let needs = |skip: bool| if skip { Needs::Nothing } else { Needs::AssessmentIfOpen };
        match self {
            Evidence::Request(args) => {
                let wanted = Wanted::new("evidence.request", On::Named(args.subject.clone()), &args);
                write(wanted.map(|wanted| wanted.needing(needs(args.no_assessment))))
            }
            Evidence::CloseRequest(args) => {
                write(Wanted::new("evidence.close-request", On::Named(args.subject.clone()), &args))
            }
            Evidence::Submit(args) => {
                let mut wanted = Wanted::new("evidence.submit", On::Named(args.subject.clone()), &args)?
                    .needing(needs(args.no_assessment));
                let partner =
                    args.partner_result.map(|entry| json!({ "kind": "partner-result", "entry": entry }));
                let results = [args.provider_rating, partner, args.oversight_segment, args.survey];
                if let Some(result) = results.into_iter().flatten().next() {
                    wanted.set("result", result);
                }
                write(Ok(wanted))
            }
            Evidence::Withdraw(args) => {
                write(Wanted::new("evidence.withdraw", On::Named(args.subject.clone()), &args))
            }
            Evidence::Share(args) => write(Wanted::new("evidence.share", On::Named(args.of.clone()), &args)),
            Evidence::Show { evidence } => Ok(Ready::List(Listing::Evidence { evidence })),
            Evidence::Burden { organisation } => Ok(Ready::Ask(Question::Burden { organisation })),
            Evidence::Search(args) => Ok(Ready::List(Listing::Search(args))),
        }
    }
}
