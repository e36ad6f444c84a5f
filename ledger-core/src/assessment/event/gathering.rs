//! Events of an assessment up to its scores: opening, requests, evidence, documents.

use super::*;

/// Where in the programme an assessment belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// A trial of the method.
    Pilot,
    /// Phase one: a national view without formal force.
    Baseline,
    /// A formal assessment of a whole subject.
    Formal,
    /// After the first: as risk asks.
    Ongoing,
}

impl Phase {
    /// Whether the phase needs an approved methodology.
    pub fn needs_approval(self) -> bool {
        matches!(self, Phase::Formal | Phase::Ongoing)
    }
}

/// Why an assessment was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OpeningCause {
    /// The programme's schedule.
    Schedule,
    /// A trigger.
    Trigger,
    /// A request of government.
    Request,
}

/// `assessment.opened` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssessmentOpened {
    /// The method.
    pub framework: FrameworkId,
    /// Where in the programme it belongs.
    pub phase: Phase,
    /// Statements in scope.
    pub statements: Vec<StatementId>,
    /// Why.
    pub cause: OpeningCause,
    /// The trigger, if that is the cause.
    pub trigger: Option<Sequence>,
}

/// `evidence.requested` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRequested {
    /// The assessment it is for; absent outside one.
    pub assessment: Option<Sequence>,
    /// The statement it concerns.
    pub statement: StatementId,
    /// The category of evidence wanted.
    pub category: CategoryId,
    /// Who is asked.
    pub organisation: OrganisationId,
    /// The period it should cover.
    pub period: Option<Period>,
    /// When the answer is due.
    pub due: Date,
    /// What is wanted.
    pub description: Option<Document>,
    /// Why it is asked although held or asked already.
    pub again: Option<Document>,
    /// The trigger it answers.
    pub trigger: Option<Sequence>,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestOutcome {
    /// Evidence was submitted.
    Answered,
    /// The organisation declined.
    Declined,
    /// Nothing came.
    Lapsed,
}

/// `evidence.request-closed` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceRequestClosed {
    /// The request.
    pub request: Sequence,
    /// How it ended.
    pub outcome: RequestOutcome,
    /// The evidence that answers it.
    pub answer: Option<Sequence>,
    /// Why it ended otherwise.
    pub reason: Option<Document>,
}

/// How evidence came to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Wave {
    /// Already held.
    Held,
    /// Asked for.
    Requested,
    /// Actively collected.
    Collected,
}

/// Where evidence was gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Site {
    /// On site.
    OnSite,
    /// Off site.
    OffSite,
}

/// What kind of source evidence has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// People who use services, their families and carers.
    People,
    /// Staff or leaders.
    Staff,
    /// An organisation of the area or a partner.
    Organisation,
    /// The regulator's own observation.
    Regulator,
    /// A published data set.
    DataSet,
}

/// A published result, segment or survey, where the evidence is one. Provider ratings inform a score and never
/// determine it; a segment runs from 1 (best) to 4, a score from 4 (best) to 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum EvidenceResult {
    /// A provider's published rating.
    ProviderRating {
        /// The provider.
        provider: OrganisationId,
        /// Its rating.
        rating: Rating,
        /// Date of the rating, as printed.
        published: Option<PartialDate>,
    },
    /// A result in this ledger of one of the area's own authorities or providers.
    PartnerResult {
        /// The publication or transcription.
        entry: Sequence,
    },
    /// A segment of the NHS Oversight Framework: 1 is best.
    OversightSegment {
        /// The body.
        organisation: OrganisationId,
        /// The segment, 1 to 4.
        segment: u8,
    },
    /// A survey.
    Survey {
        /// The question's code.
        question: Code,
        /// People invited.
        invited: Option<u64>,
        /// People who answered.
        respondents: u64,
    },
}

/// `evidence.submitted` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSubmitted {
    /// The assessment it was gathered for; absent outside one.
    pub assessment: Option<Sequence>,
    /// Statements it bears on.
    pub statements: Vec<StatementId>,
    /// Category.
    pub category: CategoryId,
    /// How it came to be held.
    pub wave: Wave,
    /// Where it was gathered.
    pub site: Site,
    /// What kind of source it has.
    pub source: SourceKind,
    /// The organisation it comes from.
    pub organisation: Option<OrganisationId>,
    /// The period it covers.
    pub period: Option<Period>,
    /// Purposes, topics and duties it bears on.
    #[serde(default)]
    pub tags: Vec<TagId>,
    /// The request it answers.
    pub answers: Option<Sequence>,
    /// A result, segment or survey, where it is one.
    pub result: Option<EvidenceResult>,
    /// Where it is published.
    pub reference: Option<Url>,
    /// Its documents.
    #[serde(default)]
    pub documents: Vec<Document>,
}

/// `evidence.withdrawn` \[the subject\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceWithdrawn {
    /// The evidence.
    pub evidence: Sequence,
    /// Why.
    pub reason: Document,
}

/// `document.erased` \[the subject of the entry that cites it\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentErased {
    /// The commitment whose document is destroyed.
    pub commitment: Hash,
    /// An entry that cites it.
    pub cited_by: Sequence,
    /// The legal basis, such as `uk-gdpr-article-17`.
    pub legal_basis: Code,
}

/// `evidence.shared` \[both subjects; the evidence's own when shared with an organisation\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvidenceShared {
    /// The evidence.
    pub evidence: Sequence,
    /// The subject whose evidence it is.
    pub from: Subject,
    /// The subject it may serve.
    pub subject: Option<Subject>,
    /// The partner it was given to.
    pub organisation: Option<OrganisationId>,
    /// What for.
    pub purpose: Code,
}
