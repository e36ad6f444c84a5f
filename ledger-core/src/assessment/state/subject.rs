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
    /// Figures by the number of an indicator's version.
    pub(super) figures: Vec<(u32, Figures)>,
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

/// Changes a transcribed result, recorded on a day, as a correction - an entry - says. It holds from the corrected
/// entry's own valid time.
pub fn correct_result(
    result: &mut ResultOnRecord,
    event: &CorrectionRecorded,
    recorded: Date,
    correction: Sequence,
) {
    match event.field {
        CorrectableField::Score => {
            let Some(statement) = event.statement.clone() else { return };
            match number::<Score>(event.now.as_ref()) {
                Some(score) => result.scores.insert(statement, GivenScore { score, entry: correction }),
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
            result.effective = counts_from(text(event.now.as_ref()), recorded);
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

impl OpenAssessment {
    /// What a publication of it keeps, but for the scores in force.
    pub(super) fn detail(&self) -> ResultDetail {
        let rests_on = self.scores.iter().map(|(key, score)| {
            let evidence = score.evidence.iter().copied().collect();
            (key.clone(), evidence)
        });
        ResultDetail {
            scores: BTreeMap::new(),
            given: self.given(),
            authors: self.authors(),
            required: self.findings.as_ref().map(|findings| findings.required.clone()).unwrap_or_default(),
            rests_on: rests_on.collect(),
            reviewed_on: RestsOn::new(),
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
        for (_, figures) in &mut self.figures {
            figures.drop_survey(survey);
        }
    }
}

/// Whether a submitted result is a provider's rating, which informs and never determines a score.
pub(in crate::assessment) fn is_provider_rating(evidence: &EvidenceSubmitted) -> bool {
    matches!(evidence.result, Some(EvidenceResult::ProviderRating { .. }))
}
