//! Assessments followed by hand: scores and who set them, drafts and their windows, what is published, reviewed, closed.
//!
//! Details are kept while an assessment is open, results for ever. Left out: the arithmetic (`rating.rs`), and evidence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hashbrown::HashMap;
use serde_json::Value;

use super::day::{Holidays, last_day, spelled};
use super::rating::{Key, Method, OnRecord, Outcome, by_statement, must_state};
use super::{Item, Tallies, entry, fault, list, number, text};
use crate::audit::finding::Fault;

/// What is known besides assessments.
pub(super) struct Known<'k> {
    pub(super) methods: &'k BTreeMap<String, Method>,
    pub(super) holidays: &'k Holidays,
    pub(super) names: &'k BTreeSet<Arc<str>>,
    /// To whom drafts about the subject go, where that is asked.
    pub(super) entitled: Vec<String>,
}

/// The score of a statement in an open assessment.
#[derive(Debug)]
struct Score {
    entry: u64,
    score: u64,
    authors: Vec<String>,
    moderated: bool,
}

/// The current draft.
#[derive(Debug)]
struct Draft {
    at: u64,
    closes: i64,
    confirmed: BTreeSet<String>,
    /// Whether a score moved since, other than by an accepted challenge.
    moved: bool,
}

/// An open assessment.
#[derive(Debug, Default)]
struct Case {
    method: String,
    statements: Vec<String>,
    scores: BTreeMap<Key, Score>,
    draft: Option<Draft>,
    /// Challenges with the statement they concern and whether they were decided.
    challenges: BTreeMap<u64, (String, bool)>,
    /// The draft that findings were published from.
    findings: Option<u64>,
    breach: bool,
}

impl Case {
    fn authors(&self) -> impl Iterator<Item = &String> {
        self.scores.values().flat_map(|score| &score.authors)
    }
}

/// Every open assessment by its first entry, and every result by its subject.
#[derive(Debug, Default)]
pub(super) struct Cases {
    open: HashMap<u64, Case>,
    results: HashMap<String, Vec<OnRecord>>,
}

/// Notes that someone judged what they took part in.
fn check_apart<'a>(
    mut authors: impl Iterator<Item = &'a String>,
    actor: &str,
    what: &str,
    tallies: &mut Tallies,
    faults: &mut Vec<Fault>,
) {
    tallies.duties += 1;
    if authors.any(|author| author == actor) {
        let expected = format!("someone who set no score of what is {what}");
        faults.push(fault("duties_not_separate", &expected, actor));
    }
}

impl Cases {
    /// Takes the next entry about an assessment.
    pub(super) fn take(
        &mut self,
        known: &Known<'_>,
        tallies: &mut Tallies,
        item: &Item<'_>,
        faults: &mut Vec<Fault>,
    ) {
        match item.event {
            "assessment.opened" => {
                let statements = list(&item.data, "statements").filter_map(Value::as_str);
                let statements = statements.map(str::to_owned).collect();
                let method = text(&item.data, "framework").to_owned();
                self.open.insert(item.at, Case { method, statements, ..Case::default() });
            }
            "assessment.closed" => {
                entry(&item.data, "assessment").map(|assessment| self.open.remove(&assessment));
            }
            "score.assigned" | "score.changed" | "score.moderated" => {
                self.score(known, tallies, item, faults)
            }
            "draft.shared" => self.draft(known, tallies, item, faults),
            "accuracy.challenged" | "accuracy.confirmed" | "accuracy.extended" => self.comment(item, faults),
            "accuracy.decided" => self.decide(tallies, item, faults),
            "findings.published" => self.findings(known, tallies, item, faults),
            "rating.published" => self.publish(known, tallies, item, faults),
            "rating.transcribed" => self.transcribe(known, item),
            "correction.recorded" => self.correct(known, item),
            "rating.withdrawn" => {
                if let Some(result) = self.result(item, entry(&item.data, "publication")) {
                    result.withdrawn = Some((item.at, item.day, item.today));
                }
            }
            _ => self.review(tallies, item, faults),
        }
    }

    fn result(&mut self, item: &Item<'_>, at: Option<u64>) -> Option<&mut OnRecord> {
        self.results.get_mut(item.subject)?.iter_mut().find(|result| Some(result.at) == at)
    }

    fn score(&mut self, known: &Known<'_>, tallies: &mut Tallies, item: &Item<'_>, faults: &mut Vec<Fault>) {
        let name = |field: &str| {
            let name = text(&item.data, field);
            known.names.get(name).cloned().unwrap_or_else(|| Arc::from(name))
        };
        let key: Key = (name("statement"), name("category"));
        let given = number(&item.data, "score");
        if text(&item.data, "cause") == "review" {
            let decision = entry(&item.data, "decision");
            let results = self.results.get_mut(item.subject).into_iter().flatten();
            let decided =
                |result: &&mut OnRecord| result.review.is_some_and(|(_, at)| at.is_some() && at == decision);
            if let Some(result) = { results }.find(decided) {
                result.given.insert(key, (given, item.at));
                result.authors.push(item.actor.to_owned());
            }
            return;
        }
        let Some(case) = entry(&item.data, "assessment").and_then(|at| self.open.get_mut(&at)) else {
            return;
        };
        let moves_draft = text(&item.data, "cause") != "challenge";
        let moderated = item.event == "score.moderated";
        let new = Score { entry: 0, score: given, authors: Vec::new(), moderated: false };
        let score = case.scores.entry(key).or_insert(new);
        if moderated {
            let panel: Vec<&str> = list(&item.data, "panel").filter_map(Value::as_str).collect();
            for member in [item.actor].into_iter().chain(panel) {
                check_apart(score.authors.iter(), member, "moderated", tallies, faults);
            }
        }
        if !moves_draft {
            check_apart(score.authors.iter(), item.actor, "decided", tallies, faults);
        }
        if !(moderated && score.score == given) {
            score.authors.push(item.actor.to_owned());
        }
        score.moderated = moderated || (score.moderated && !moves_draft);
        (score.entry, score.score) = (item.at, given);
        if let (Some(draft), true) = (&mut case.draft, moves_draft) {
            draft.moved = true;
        }
    }

    fn draft(&mut self, known: &Known<'_>, tallies: &mut Tallies, item: &Item<'_>, faults: &mut Vec<Fault>) {
        let Some(case) = entry(&item.data, "assessment").and_then(|at| self.open.get_mut(&at)) else {
            return;
        };
        let Some(method) = known.methods.get(&case.method) else { return };
        tallies.windows += 1;
        let unscored =
            case.statements.iter().find(|id| !case.scores.keys().any(|(scored, _)| **scored == ***id));
        if let Some(statement) = unscored {
            faults.push(fault("draft_incomplete", "a score of every statement in scope", statement));
        }
        let unseen = case.scores.iter().find(|(_, score)| method.moderated && !score.moderated);
        if let Some(((statement, _), _)) = unseen {
            faults.push(fault("draft_unmoderated", "scores that a panel has seen", statement));
        }
        let emailed = last_day(text(&item.data, "emailed")).unwrap_or(item.today);
        let must = known.holidays.working_day_after(emailed, method.working_days);
        let closes = text(&item.data, "closes");
        if spelled(must) != closes {
            faults.push(fault(
                "window_miscounted",
                &format!("closes {}", spelled(must)),
                &format!("closes {closes}"),
            ));
        }
        // As the draft says it, so that one fault is not found again at every later step.
        let closes = last_day(closes).unwrap_or(must);
        case.draft = Some(Draft { at: item.at, closes, confirmed: BTreeSet::new(), moved: false });
    }

    /// What recipients say, and the extension of the time for it.
    fn comment(&mut self, item: &Item<'_>, faults: &mut Vec<Fault>) {
        let at = entry(&item.data, "draft");
        let current = |case: &&mut Case| case.draft.as_ref().is_some_and(|draft| Some(draft.at) == at);
        let Some(case) = self.open.values_mut().find(current) else { return };
        let Some(draft) = &mut case.draft else { return };
        if item.event != "accuracy.confirmed" && item.today > draft.closes {
            let expected = format!("by the end of {}", spelled(draft.closes));
            faults.push(fault("challenge_late", &expected, &format!("on {}", spelled(item.today))));
        }
        match item.event {
            "accuracy.confirmed" => {
                draft.confirmed.insert(text(&item.data, "organisation").to_owned());
            }
            "accuracy.extended" => {
                draft.closes = last_day(text(&item.data, "closes")).unwrap_or(draft.closes)
            }
            _ => {
                let statement = text(&item.data, "statement").to_owned();
                case.challenges.insert(item.at, (statement, false));
            }
        }
    }

    fn decide(&mut self, tallies: &mut Tallies, item: &Item<'_>, faults: &mut Vec<Fault>) {
        let Some(at) = entry(&item.data, "challenge") else { return };
        let Some(case) = self.open.values_mut().find(|case| case.challenges.contains_key(&at)) else {
            return;
        };
        let Some((statement, decided)) = case.challenges.get_mut(&at) else { return };
        if std::mem::replace(decided, true) {
            faults.push(fault("challenge_decided", "a challenge that is undecided", &format!("{at:016}")));
        }
        // A comment on no statement in particular is about all; a changed score is looked at where it changes.
        let about_all = statement.is_empty() && text(&item.data, "outcome") != "score-changed";
        let concerned = case.scores.iter().filter(|((id, _), _)| about_all || **id == **statement);
        check_apart(concerned.flat_map(|(_, score)| &score.authors), item.actor, "decided", tallies, faults);
    }

    /// Whether the assessment's draft could be published from on that day.
    fn check_publishable(case: &Case, known: &Known<'_>, item: &Item<'_>, faults: &mut Vec<Fault>) {
        let Some(draft) = &case.draft else {
            faults.push(fault("draft_missing", "a draft before a publication", "none"));
            return;
        };
        if draft.moved {
            faults.push(fault("scores_moved", "a draft that shows the scores", "scores moved after it"));
        }
        if let Some((at, _)) = case.challenges.iter().find(|(_, (_, decided))| !decided) {
            faults.push(fault(
                "challenges_undecided",
                "every challenge decided",
                &format!("{at:016} is not"),
            ));
        }
        let waiting = known.entitled.iter().find(|organisation| !draft.confirmed.contains(*organisation));
        if let Some(waiting) = waiting.filter(|_| item.today <= draft.closes) {
            let expected = format!("after {}, or confirmed by all", spelled(draft.closes));
            let found = format!("on {}, {waiting} had not confirmed", spelled(item.today));
            faults.push(fault("window_open", &expected, &found));
        }
    }

    fn findings(
        &mut self,
        known: &Known<'_>,
        tallies: &mut Tallies,
        item: &Item<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let Some(case) = entry(&item.data, "assessment").and_then(|at| self.open.get_mut(&at)) else {
            return;
        };
        tallies.windows += 1;
        Self::check_publishable(case, known, item, faults);
        check_apart(case.authors(), item.actor, "published", tallies, faults);
        case.findings = entry(&item.data, "draft");
        case.breach = list(&item.data, "breaches").next().is_some();
    }

    fn publish(
        &mut self,
        known: &Known<'_>,
        tallies: &mut Tallies,
        item: &Item<'_>,
        faults: &mut Vec<Fault>,
    ) {
        let replaces = entry(&item.data, "replaces");
        let candidate = match replaces {
            Some(_) => self.reviewed(item, replaces),
            None => self.drafted(known, tallies, item, faults),
        };
        let Some(mut result) = candidate else { return };
        let Some(method) = known.methods.get(&result.framework) else { return };
        tallies.results += 1;
        check_apart(result.authors.iter(), item.actor, "published", tallies, faults);
        (result.at, result.effective, result.recorded) = (item.at, item.day, item.today);
        result.scores = by_statement(method, &result.given);
        let cited: BTreeSet<u64> =
            list(&item.data, "scores").filter_map(|at| at.as_str()?.parse().ok()).collect();
        let current: BTreeSet<u64> = result.given.values().map(|(_, entry)| *entry).collect();
        if cited != current {
            let spelled = |entries: &BTreeSet<u64>| format!("scores {entries:?}");
            faults.push(fault("event_differs", &spelled(&current), &spelled(&cited)));
        }
        let earlier = self.results.entry(item.subject.to_owned()).or_default();
        let (must, stated) = (must_state(known.methods, earlier, &result), Outcome::stated(&item.data));
        if must != stated {
            faults.push(fault("result_differs", &must.to_string(), &stated.to_string()));
        }
        earlier.push(result);
    }

    /// What a publication from a draft would put on record.
    fn drafted(
        &mut self,
        known: &Known<'_>,
        tallies: &mut Tallies,
        item: &Item<'_>,
        faults: &mut Vec<Fault>,
    ) -> Option<OnRecord> {
        let case = self.open.get(&entry(&item.data, "assessment")?)?;
        tallies.windows += 1;
        Self::check_publishable(case, known, item, faults);
        if case.findings.is_none() || case.findings != case.draft.as_ref().map(|draft| draft.at) {
            faults.push(fault("findings_missing", "findings from the current draft", "none"));
        }
        let given = case.scores.iter().map(|(key, score)| (key.clone(), (score.score, score.entry)));
        Some(OnRecord {
            framework: case.method.clone(),
            breach: case.breach,
            given: given.collect(),
            authors: case.authors().cloned().collect::<BTreeSet<_>>().into_iter().collect(),
            ..OnRecord::default()
        })
    }

    /// What a publication after a review would put on record.
    fn reviewed(&mut self, item: &Item<'_>, replaces: Option<u64>) -> Option<OnRecord> {
        let result = self.result(item, replaces)?;
        Some(OnRecord { review: None, withdrawn: None, ..result.clone() })
    }

    fn review(&mut self, tallies: &mut Tallies, item: &Item<'_>, faults: &mut Vec<Fault>) {
        match item.event {
            "review.requested" => {
                if let Some(result) = self.result(item, entry(&item.data, "publication")) {
                    result.review = Some((item.at, None));
                }
            }
            "review.decided" => {
                let request = entry(&item.data, "review");
                let results = self.results.get_mut(item.subject).into_iter().flatten();
                let asked = |result: &&mut OnRecord| result.review.is_some_and(|(at, _)| Some(at) == request);
                let Some(result) = { results }.find(asked) else { return };
                check_apart(result.authors.iter(), item.actor, "reviewed", tallies, faults);
                result.review = result.review.map(|(at, _)| (at, Some(item.at)));
            }
            _ => {}
        }
    }

    fn transcribe(&mut self, known: &Known<'_>, item: &Item<'_>) {
        let concerned = entry(&item.data, "concerns");
        match text(&item.data, "kind") {
            "withdrawal" => {
                let from = printed_day(text(&item.data, "effective_from"), item.today);
                if let Some(result) = self.result(item, concerned) {
                    result.withdrawn = Some((item.at, from, item.today));
                }
            }
            "result" => {
                let printed = list(&item.data, "scores").map(|printed| {
                    let name = text(printed, "statement");
                    let name = known.names.get(name).cloned().unwrap_or_else(|| Arc::from(name));
                    (name, number(printed, "score"))
                });
                let result = OnRecord {
                    at: item.at,
                    framework: text(&item.data, "framework").to_owned(),
                    effective: printed_day(text(&item.data, "effective_from"), item.today),
                    recorded: item.today,
                    transcribed: true,
                    printed: !text(&item.data, "rating").is_empty(),
                    scores: printed.collect(),
                    ..OnRecord::default()
                };
                self.results.entry(item.subject.to_owned()).or_default().push(result);
            }
            _ => {}
        }
    }

    fn correct(&mut self, known: &Known<'_>, item: &Item<'_>) {
        let corrects = entry(&item.data, "corrects");
        if text(&item.data, "field") == "effective-from" {
            self.redate(item, corrects);
        }
        let Some(result) = self.result(item, corrects) else { return };
        let now = item.data.get("now");
        match text(&item.data, "field") {
            "score" => {
                let name = text(&item.data, "statement");
                let name = known.names.get(name).cloned().unwrap_or_else(|| Arc::from(name));
                match now.and_then(Value::as_u64) {
                    Some(score) => drop(result.scores.insert(name, score)),
                    None => drop(result.scores.remove(&name)),
                }
            }
            "rating" => result.printed = now.is_some(),
            _ => {}
        }
    }

    /// Moves a transcribed result or withdrawal to its corrected date.
    fn redate(&mut self, item: &Item<'_>, corrects: Option<u64>) {
        let printed = text(&item.data, "now");
        for result in self.results.get_mut(item.subject).into_iter().flatten() {
            if Some(result.at) == corrects {
                result.effective = printed_day(printed, result.recorded);
            }
            if let Some((at, from, recorded)) = &mut result.withdrawn
                && Some(*at) == corrects
            {
                *from = printed_day(printed, *recorded);
            }
        }
    }
}

/// The day from which a printed date counts: its last, and never after the recording.
fn printed_day(printed: &str, today: i64) -> i64 {
    last_day(printed).map_or(today, |day| day.min(today))
}
