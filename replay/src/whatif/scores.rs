//! Other scores, put into the entries that gave those in force.
//!
//! A published score is changed in its score entries, all categories of the statement or the one named; a
//! transcribed one in the transcription and in the corrections of it. A statement without a score gets one
//! from an entry that never was, in the result that the rating dates from; such entries are numbered on from
//! the end of the log.

use std::collections::BTreeSet;

use ledger_core::assessment::codes::{CategoryId, FrameworkId, StatementId};
use ledger_core::assessment::event::{CorrectableField, FieldValue, PrintedScore, ScoreAssigned};
use ledger_core::assessment::framework::Method;
use ledger_core::assessment::{Event, Recorded};
use ledger_core::values::{Length, Sequence};

use super::{SupposeError, SupposedScore};
use crate::register::{RatingAnswer, Register};

/// Changes the entries. `rating` is what stands after them, and `register` what they amount to. Returns the
/// numbers of the entries that never were.
pub(super) fn suppose(
    entries: &mut Vec<Recorded>,
    register: &Register,
    rating: &RatingAnswer,
    scores: &[SupposedScore],
    end: Length,
) -> Result<Vec<Sequence>, SupposeError> {
    let mut seen = BTreeSet::new();
    let mut next = end.next_sequence();
    let mut invented = Vec::new();
    for supposed in scores {
        if !seen.insert((&supposed.statement, &supposed.category)) {
            return Err(SupposeError::Twice(supposed.statement.clone()));
        }
        let place = Place::of(register, rating, supposed)?;
        if let Some(entry) = place.put(entries, supposed, next)? {
            invented.push(entry);
            next = entry.next();
        }
    }
    Ok(invented)
}

/// Where a score was given.
struct Place {
    result: Sequence,
    framework: FrameworkId,
    method: Method,
    /// The statement as that framework has it.
    statement: StatementId,
}

impl Place {
    fn of(
        register: &Register,
        rating: &RatingAnswer,
        supposed: &SupposedScore,
    ) -> Result<Self, SupposeError> {
        let stands =
            rating.framework.as_ref().and_then(|id| register.framework(id)).zip(rating.result.as_ref());
        let Some((framework, latest)) = stands else {
            return Err(SupposeError::NotRated { subject: rating.subject.clone(), as_of: rating.as_of });
        };
        if framework.statement(&supposed.statement).is_none() {
            return Err(SupposeError::UnknownStatement {
                statement: supposed.statement.clone(),
                framework: framework.id.clone(),
            });
        }
        let view = rating.statements.iter().find(|view| view.statement == supposed.statement);
        let mapped = view.and_then(|view| view.mapped_from.clone());
        let (id, statement) = mapped.unwrap_or((framework.id.clone(), supposed.statement.clone()));
        Ok(Place {
            result: view.map_or(latest.sequence, |view| view.result),
            method: register.framework(&id).map_or(framework.method, |framework| framework.method),
            framework: id,
            statement,
        })
    }

    fn no_category(&self, category: &CategoryId) -> SupposeError {
        let (statement, framework) = (self.statement.clone(), self.framework.clone());
        SupposeError::NoCategory { statement, category: category.clone(), framework }
    }

    /// Puts the score where it belongs. Returns the number of an entry that never was, if one was needed.
    fn put(
        &self,
        entries: &mut Vec<Recorded>,
        supposed: &SupposedScore,
        free: Sequence,
    ) -> Result<Option<Sequence>, SupposeError> {
        let at = entries.iter().position(|recorded| recorded.sequence == self.result);
        let Some((at, event)) = at.and_then(|at| Some((at, &entries.get(at)?.event))) else {
            return Ok(None);
        };
        match (event, &supposed.category) {
            (Event::RatingTranscribed(_), Some(category)) => Err(self.no_category(category)),
            (_, Some(category)) if self.method == Method::Statement => Err(self.no_category(category)),
            (Event::RatingPublished(event), category) => {
                let cited = event.scores.clone();
                let mut changed = 0;
                for recorded in entries.iter_mut().filter(|recorded| cited.contains(&recorded.sequence)) {
                    changed += u32::from(self.change(&mut recorded.event, supposed));
                }
                match category {
                    _ if changed > 0 => Ok(None),
                    Some(category) => Err(self.no_category(category)),
                    None => Ok(self.invent(entries, at, supposed, free)),
                }
            }
            _ => {
                self.transcribe(entries, supposed);
                Ok(None)
            }
        }
    }

    /// Changes a score entry if it is one of the statement. Says whether it was.
    fn change(&self, event: &mut Event, supposed: &SupposedScore) -> bool {
        let (statement, category, score) = match event {
            Event::ScoreAssigned(event) => (&event.statement, &event.category, &mut event.score),
            Event::ScoreChanged(event) => (&event.statement, &event.category, &mut event.score),
            Event::ScoreModerated(event) => (&event.statement, &event.category, &mut event.score),
            _ => return false,
        };
        let concerned =
            *statement == self.statement && (supposed.category.is_none() || *category == supposed.category);
        if concerned {
            *score = supposed.score;
        }
        concerned
    }

    /// A score entry that never was, before the publication at `at`, which gives it.
    fn invent(
        &self,
        entries: &mut Vec<Recorded>,
        at: usize,
        supposed: &SupposedScore,
        free: Sequence,
    ) -> Option<Sequence> {
        let publication = entries.get_mut(at)?;
        let Event::RatingPublished(event) = &mut publication.event else { return None };
        event.scores.push(free);
        let score = ScoreAssigned {
            assessment: event.assessment,
            statement: self.statement.clone(),
            category: None,
            score: supposed.score,
            evidence: Vec::new(),
            rationale: None,
        };
        let recorded = Recorded { sequence: free, event: score.into(), ..publication.clone() };
        entries.insert(at, recorded);
        Some(free)
    }

    /// A printed score, in the transcription and in what corrects it.
    fn transcribe(&self, entries: &mut [Recorded], supposed: &SupposedScore) {
        for recorded in entries {
            match &mut recorded.event {
                Event::RatingTranscribed(event) if recorded.sequence == self.result => {
                    event.scores.retain(|printed| printed.statement != self.statement);
                    let printed = PrintedScore { statement: self.statement.clone(), score: supposed.score };
                    event.scores.push(printed);
                }
                Event::CorrectionRecorded(event)
                    if event.corrects == self.result
                        && event.field == CorrectableField::Score
                        && event.statement.as_ref() == Some(&self.statement) =>
                {
                    event.now = Some(FieldValue::Number(i64::from(supposed.score)));
                }
                _ => {}
            }
        }
    }
}
