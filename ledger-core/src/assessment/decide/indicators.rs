//! Rules for indicators, their figures, and the context of areas.

use std::collections::BTreeSet;

use super::gathering::check_not_withdrawn;
use super::{Case, Planned, each_once, risk};
use crate::assessment::codes::Code;
use crate::assessment::command::ObserveIndicator;
use crate::assessment::event::{ContextRecorded, Event, EvidenceResult, IndicatorDefined, IndicatorObserved};
use crate::assessment::indicator::Comparability;
use crate::assessment::rejection::Rejection;
use crate::assessment::state::Figure;
use crate::values::Sequence;

pub(super) fn define(case: &Case<'_>, data: &IndicatorDefined) -> Result<Vec<Planned>, Rejection> {
    let frameworks = || case.state.frameworks.values().map(|adopted| &adopted.framework);
    let statement = data.statements.iter().find(|id| !frameworks().any(|f| f.statement(id).is_some()));
    if let Some(statement) = statement {
        return Err(Rejection::StatementUnknown { statement: statement.clone() });
    }
    if let Some(tag) = data.purposes.iter().find(|tag| !frameworks().any(|f| f.has_tag(tag))) {
        return Err(Rejection::TagUnknown { tag: tag.clone() });
    }
    if case.state.indicators.get(&data.id).is_some_and(|known| known.version >= data.version) {
        return Err(Rejection::IndicatorKnown { indicator: data.id.clone(), version: data.version });
    }
    let event = IndicatorDefined {
        statements: each_once(&data.statements),
        purposes: each_once(&data.purposes),
        ..data.clone()
    };
    Ok(vec![case.event(event)])
}

pub(super) fn observe(case: &Case<'_>, data: &ObserveIndicator) -> Result<Vec<Planned>, Rejection> {
    let survey = data.survey.map(|citation| survey(case, citation)).transpose()?;
    let indicator = case.state.indicators.get(&data.indicator);
    let indicator =
        indicator.ok_or_else(|| Rejection::IndicatorUnknown { indicator: data.indicator.clone() })?;
    let (from, to) = (data.period.from, data.period.to);
    if to < from {
        return Err(Rejection::PeriodBackwards { from, to });
    }
    check_figure(case, data, survey.map(|(_, respondents)| respondents))?;
    let known = case.state.figures(case.subject(), &indicator.id, indicator.version);
    if let Some(figure) = known.and_then(|figures| figures.get(&data.period)) {
        return Err(Rejection::ObservationKnown {
            indicator: indicator.id.clone(),
            sequence: figure.sequence,
        });
    }
    let base = data.base.or(survey.map(|(_, respondents)| respondents));
    let event = IndicatorObserved {
        indicator: indicator.id.clone(),
        version: indicator.version,
        period: data.period,
        value: data.value,
        numerator: data.numerator,
        denominator: data.denominator,
        base,
        comparability: data.comparability.unwrap_or(Comparability::Comparable),
        small_base: is_small(indicator, base, data.denominator),
        survey: survey.map(|(sequence, _)| sequence),
        source: data.source.clone(),
    };
    let mut figures = known.cloned().unwrap_or_default();
    figures.insert(data.period, Figure::of(case.position(0), &event, indicator));
    let triggered = risk::after_observation(case, indicator, &figures)?;
    survey.map_or(Ok(()), |(sequence, _)| check_not_withdrawn(case, sequence))?;
    Ok([case.event(event)].into_iter().chain(triggered).collect())
}

/// A base below the minimum, or none where a minimum is asked for.
fn is_small(indicator: &IndicatorDefined, base: Option<u64>, denominator: Option<u64>) -> bool {
    let minimum = indicator.minimum_base;
    minimum.is_some_and(|minimum| base.or(denominator).is_none_or(|base| base < minimum))
}

fn check_figure(case: &Case<'_>, data: &ObserveIndicator, respondents: Option<u64>) -> Result<(), Rejection> {
    let unfit = |what: &str| Err(Rejection::ObservationUnfit { what: what.to_owned() });
    // Else a slip of the year would hide every later figure from R3, which looks at the newest periods.
    if data.period.to > case.date() {
        return unfit("the period has not ended: a figure is observed after it");
    }
    if data.base.zip(respondents).is_some_and(|(base, respondents)| base > respondents) {
        return unfit("the base is larger than the number of people who answered the survey");
    }
    match (data.value, data.numerator, data.denominator) {
        (_, Some(_), None) | (_, None, Some(_)) => unfit("a numerator and its denominator come together"),
        (_, Some(_), Some(0)) => unfit("a denominator of 0 gives no figure: leave both out"),
        (None, None, None) if data.source.is_none() => {
            unfit("a suppressed figure names the source that suppressed it")
        }
        _ => Ok(()),
    }
}

/// The cited survey of this subject and how many answered it.
fn survey(case: &Case<'_>, citation: super::Citation) -> Result<(Sequence, u64), Rejection> {
    case.cited(citation, "a survey of this subject (evidence.submitted)", |event| match event {
        Event::EvidenceSubmitted(evidence) => match evidence.result {
            Some(EvidenceResult::Survey { respondents, .. }) => Some(respondents),
            _ => None,
        },
        _ => None,
    })
}

pub(super) fn record_context(case: &Case<'_>, data: &ContextRecorded) -> Result<Vec<Planned>, Rejection> {
    if data.variables.is_empty() {
        let what = format!("no variable of {} is stated; an unknown one is left out", case.subject());
        return Err(Rejection::NoEffect { what });
    }
    let variables: BTreeSet<&Code> = data.variables.iter().map(|stated| &stated.variable).collect();
    if variables.len() != data.variables.len() {
        return Err(Rejection::OutcomeUnfit { what: "a variable has two values: give each once" });
    }
    Ok(vec![case.event(data.clone())])
}
