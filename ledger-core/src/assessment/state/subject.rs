//! What the state keeps about one subject: its open assessments, its results, what is held and asked, what is open.
//!
//! Plain data with the small steps that [`State::apply`] is made of. Left out: what concerns more than one subject.

use super::*;

/// A statement, with its category under a category method.
pub type ScoreKey = (StatementId, Option<CategoryId>);

/// The current score of a statement in an open assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CurrentScore {
    /// The score entry.
    pub entry: Sequence,
    /// The score.
    pub score: Score,
    /// The evidence it rests on.
    pub evidence: Vec<Sequence>,
    /// Everyone who set it.
    pub authors: BTreeSet<ActorId>,
    /// Whether a panel has seen it since it was last set.
    pub moderated: bool,
}

/// The current draft of an assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Draft {
    /// Its entry.
    pub sequence: Sequence,
    /// Last day for challenges, London time.
    pub closes: Date,
    /// Who confirmed it.
    pub confirmed: BTreeSet<OrganisationId>,
    /// Whether scores or evidence changed since, other than by an accepted challenge.
    pub stale: bool,
}

/// A challenge to the current or an earlier draft.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Challenge {
    /// The statement it concerns.
    pub statement: Option<StatementId>,
    /// Whether it was decided.
    pub decided: bool,
}

/// Findings published for an assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Findings {
    /// Their entry.
    pub sequence: Sequence,
    /// The draft they follow.
    pub draft: Sequence,
    /// Whether a breach of regulations was recorded.
    pub breach: bool,
    /// Its required improvements.
    pub required: BTreeSet<ItemId>,
}

impl Findings {
    pub(super) fn of(sequence: Sequence, event: &FindingsPublished) -> Self {
        let required = event.items.iter().filter(|item| item.kind == ItemKind::RequiredImprovement);
        Findings {
            sequence,
            draft: event.draft,
            breach: !event.breaches.is_empty(),
            required: required.map(|item| item.id.clone()).collect(),
        }
    }
}

/// An open assessment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenAssessment {
    /// The method.
    pub framework: FrameworkId,
    /// Where in the programme it belongs.
    pub phase: Phase,
    /// Statements in scope.
    pub statements: BTreeSet<StatementId>,
    /// Current scores.
    pub scores: BTreeMap<ScoreKey, CurrentScore>,
    /// Current draft.
    pub draft: Option<Draft>,
    /// Challenges.
    pub challenges: BTreeMap<Sequence, Challenge>,
    /// Published findings.
    pub findings: Option<Findings>,
    /// Published rating.
    pub published: Option<Sequence>,
}

/// A review of a publication.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Review {
    /// The request.
    pub request: Sequence,
    /// The decision.
    pub decision: Option<Sequence>,
    /// Whether a new publication is due.
    pub republication_due: bool,
}

/// A result on record and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptResult {
    /// The result.
    pub result: ResultOnRecord,
    /// Its findings; none for a transcription.
    pub findings: Option<Sequence>,
    /// Scores by statement and category, as a review changes them. Empty for a transcription.
    pub given: BTreeMap<ScoreKey, GivenScore>,
    /// Everyone who set one of its scores.
    pub authors: BTreeSet<ActorId>,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// Its review.
    pub review: Option<Review>,
    /// Its required improvements.
    pub required: BTreeSet<ItemId>,
    /// The evidence its scores rest on.
    pub rests_on: BTreeMap<ScoreKey, BTreeSet<Sequence>>,
    /// The evidence of scores that a review changed and no publication has put into force yet.
    pub reviewed_on: BTreeMap<ScoreKey, BTreeSet<Sequence>>,
    /// The decision on a notice.
    pub notice: Option<Sequence>,
}

/// An open request for evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenRequest {
    /// Statement asked about.
    pub statement: StatementId,
    /// Category asked for.
    pub category: CategoryId,
    /// Who was asked.
    pub organisation: OrganisationId,
    /// Period asked for.
    pub period: Option<Period>,
}

/// An open concern.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenConcern {
    /// How serious it is.
    pub severity: Severity,
    /// Statements it bears on.
    pub statements: Vec<StatementId>,
    /// London date of its recording.
    pub raised: Date,
}

/// An open trigger.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OpenTrigger {
    /// The rule that fired.
    pub rule: RiskRule,
    /// Statements to look at.
    pub statements: Vec<StatementId>,
    /// What gave cause.
    pub causes: Vec<Sequence>,
}

/// A figure on record.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Figure {
    /// Its entry.
    pub sequence: Sequence,
    /// Whether it compares with the period before.
    pub comparability: Comparability,
    /// How it stands to the benchmark: numerator and denominator; none if it cannot be compared.
    pub value: Option<(i128, i128)>,
    /// The survey it comes from.
    pub survey: Option<Sequence>,
}

/// The figures of one version of an indicator for one area.
pub type Figures = BTreeMap<Period, Figure>;

impl Figure {
    /// The figure that an observation puts on record. One with a small base compares with nothing.
    pub(in crate::assessment) fn of(
        sequence: Sequence,
        event: &IndicatorObserved,
        indicator: &IndicatorDefined,
    ) -> Self {
        let value = figure(&indicator.unit, event.value, event.numerator.zip(event.denominator));
        Figure {
            sequence,
            comparability: event.comparability,
            value: value.filter(|_| !event.small_base),
            survey: event.survey,
        }
    }
}

/// The entries of the newest consecutive periods in which the indicator was worse than its benchmark by the margin,
/// newest first. A gap between periods, a break in comparability and a figure that cannot be compared end the run.
pub(in crate::assessment) fn breaches(
    figures: &Figures,
    indicator: &IndicatorDefined,
    margin_percent: u32,
) -> Vec<Sequence> {
    let Some(benchmark) = indicator.benchmark else { return Vec::new() };
    let mut run = Vec::new();
    let mut after: Option<Period> = None;
    for (period, figure) in figures.iter().rev() {
        let adjoins = after.is_none_or(|later: Period| period.to.next() == later.from);
        let worse =
            figure.value.is_some_and(|value| is_worse(value, benchmark, indicator.better, margin_percent));
        if !adjoins || !worse {
            break;
        }
        run.push(figure.sequence);
        if figure.comparability == Comparability::Break {
            break;
        }
        after = Some(*period);
    }
    run
}

/// What is known about one area's assessments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct SubjectState {
    /// Open assessments by their first entry.
    pub assessments: BTreeMap<Sequence, OpenAssessment>,
    /// The latest action plan.
    pub plan: Option<Sequence>,
    /// Results, in the order recorded.
    pub results: Vec<KeptResult>,
    /// Open requests.
    pub asked: BTreeMap<Sequence, OpenRequest>,
    /// Open concerns.
    pub concerns: BTreeMap<Sequence, OpenConcern>,
    /// Open triggers.
    pub triggers: BTreeMap<Sequence, OpenTrigger>,
    /// Figures by indicator, version and period.
    pub figures: BTreeMap<(Code, u32), Figures>,
    /// Open escalations.
    pub escalations: BTreeMap<Sequence, ConcernEscalated>,
}

pub(super) fn text<T: std::str::FromStr>(value: Option<&FieldValue>) -> Option<T> {
    match value {
        Some(FieldValue::Text(text)) => text.as_str().parse().ok(),
        _ => None,
    }
}

pub(super) fn number<T: TryFrom<i64>>(value: Option<&FieldValue>) -> Option<T> {
    match value {
        Some(FieldValue::Number(number)) => T::try_from(*number).ok(),
        _ => None,
    }
}

/// Changes a transcribed result as a correction says. It holds from the corrected entry's own valid time.
pub fn correct_result(result: &mut ResultOnRecord, event: &CorrectionRecorded, recorded: &Recorded) {
    match event.field {
        CorrectableField::Score => {
            let Some(statement) = event.statement.clone() else { return };
            match number::<Score>(event.now.as_ref()) {
                Some(score) => {
                    result.scores.insert(statement, GivenScore { score, entry: recorded.sequence })
                }
                None => result.scores.remove(&statement),
            };
        }
        CorrectableField::Rating => {
            if let Origin::Transcribed(printed) = &mut result.origin {
                printed.rating = text::<Rating>(event.now.as_ref());
            }
        }
        CorrectableField::Percent => {
            if let Origin::Transcribed(printed) = &mut result.origin {
                printed.percent = number::<Percent>(event.now.as_ref());
            }
        }
        CorrectableField::EffectiveFrom => {
            result.effective = counts_from(text(event.now.as_ref()), recorded.recorded_time);
        }
        CorrectableField::Source
        | CorrectableField::Category
        | CorrectableField::Period
        | CorrectableField::Reference
        | CorrectableField::Name => {}
    }
}

/// One score per statement: as given, or combined from categories under a category method.
pub fn statement_scores(
    framework: &Framework,
    given: &BTreeMap<ScoreKey, GivenScore>,
) -> BTreeMap<StatementId, GivenScore> {
    if framework.method == Method::Statement {
        return given.iter().map(|((statement, _), score)| (statement.clone(), *score)).collect();
    }
    let mut by_statement: BTreeMap<&StatementId, Vec<GivenScore>> = BTreeMap::new();
    for ((statement, _), score) in given {
        by_statement.entry(statement).or_default().push(*score);
    }
    let combined = by_statement.into_iter().filter_map(|(statement, scores)| {
        let values: Vec<Score> = scores.iter().map(|given| given.score).collect();
        let (_, score) = statement_score(framework, &values)?;
        let entry = scores.iter().map(|given| given.entry).max()?;
        Some((statement.clone(), GivenScore { score, entry }))
    });
    combined.collect()
}

impl KeptResult {
    pub(super) fn plain(result: ResultOnRecord) -> Self {
        KeptResult {
            result,
            findings: None,
            given: BTreeMap::new(),
            authors: BTreeSet::new(),
            withdrawn: false,
            review: None,
            required: BTreeSet::new(),
            rests_on: BTreeMap::new(),
            reviewed_on: BTreeMap::new(),
            notice: None,
        }
    }
}

impl OpenAssessment {
    /// What a publication of it keeps, before it has a place.
    pub(super) fn kept(&self) -> KeptResult {
        let unplaced = ResultOnRecord {
            sequence: Sequence::new(0),
            framework: self.framework.clone(),
            effective: Date::EARLIEST,
            origin: Origin::Transcribed(Printed::default()),
            scores: BTreeMap::new(),
            breach: self.findings.as_ref().is_some_and(|findings| findings.breach),
        };
        let rests_on = self.scores.iter().map(|(key, score)| {
            let evidence = score.evidence.iter().copied().collect();
            (key.clone(), evidence)
        });
        KeptResult {
            given: self.given(),
            authors: self.authors(),
            required: self.findings.as_ref().map(|findings| findings.required.clone()).unwrap_or_default(),
            rests_on: rests_on.collect(),
            ..KeptResult::plain(unplaced)
        }
    }

    pub(super) fn unsettle_draft(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.stale = true;
        }
    }

    /// Its current scores, without their evidence.
    pub fn given(&self) -> BTreeMap<ScoreKey, GivenScore> {
        let given = |(key, score): (&ScoreKey, &CurrentScore)| {
            (key.clone(), GivenScore { score: score.score, entry: score.entry })
        };
        self.scores.iter().map(given).collect()
    }

    /// Everyone who set one of its scores.
    pub fn authors(&self) -> BTreeSet<ActorId> {
        self.scores.values().flat_map(|score| score.authors.iter().cloned()).collect()
    }
}

impl SubjectState {
    /// The result recorded at this entry.
    pub fn result(&self, sequence: Sequence) -> Option<&KeptResult> {
        self.results.iter().find(|kept| kept.result.sequence == sequence)
    }

    pub(super) fn result_mut(&mut self, sequence: Sequence) -> Option<&mut KeptResult> {
        self.results.iter_mut().find(|kept| kept.result.sequence == sequence)
    }

    /// The result whose review was decided by that entry.
    pub(super) fn reviewed_mut(&mut self, decision: Option<Sequence>) -> Option<&mut KeptResult> {
        let decided = |kept: &&mut KeptResult| {
            kept.review
                .as_ref()
                .is_some_and(|review| review.decision.is_some() && review.decision == decision)
        };
        self.results.iter_mut().find(decided)
    }

    /// Takes back the figures of a survey that was withdrawn.
    pub(super) fn drop_figures(&mut self, survey: Sequence) {
        for figures in self.figures.values_mut() {
            figures.retain(|_, figure| figure.survey != Some(survey));
        }
    }
}

/// Whether a submitted result is a provider's rating, which informs and never determines a score.
pub(in crate::assessment) fn is_provider_rating(evidence: &EvidenceSubmitted) -> bool {
    matches!(evidence.result, Some(EvidenceResult::ProviderRating { .. }))
}
