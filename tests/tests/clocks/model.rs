//! A naive model of the two clocks: what was in force on a day, worked out anew for each question from the decoded
//! JSON of the entries known, and from nothing else.
//!
//! It shares no code with what it checks: its own dates, its own London time, its own arithmetic. It looks at every
//! entry as often as it likes. The answer is spelled as `ledger rating --json` spells it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::days::{last_day, london, previous};

/// The entries known, each as decoded JSON.
#[derive(Debug, Clone, Copy)]
pub struct Known<'e>(pub &'e [Value]);

/// A score that a result gives: its value, the entry that gave it last, and every entry it follows from.
#[derive(Debug, Clone)]
struct Given {
    score: u64,
    entry: String,
    entries: Vec<String>,
}

/// A result as it counts after every correction known.
#[derive(Debug, Clone)]
struct Outcome<'e> {
    entry: &'e Value,
    effective: String,
    is_transcribed: bool,
    scores: BTreeMap<String, Given>,
    rating: Option<String>,
    percent: Option<u64>,
    dated: Option<String>,
    source: Value,
    corrections: Vec<String>,
    breach: bool,
}

/// What stands under one framework.
struct Stands<'e> {
    framework: &'e Value,
    latest: Outcome<'e>,
    basis: &'static str,
    rating: Option<String>,
    percent: Option<u64>,
    themes: Vec<Value>,
    statements: Vec<Value>,
    missing: Vec<String>,
    from: BTreeSet<String>,
}

/// The name of an entry's event: `rating.published`.
pub fn event(entry: &Value) -> &str {
    text(&entry["type"]).trim_start_matches("ledger.").trim_end_matches(".v1")
}

/// Text, or nothing.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn owned(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The London day of an entry's `time`.
fn happened(entry: &Value) -> String {
    london(text(&entry["time"]))
}

/// The day from which something transcribed counts, by the date printed.
fn counts_from(entry: &Value, printed: Option<&str>) -> String {
    let recorded = london(text(&entry["recordedtime"]));
    printed.map_or_else(|| recorded.clone(), |printed| last_day(printed).min(recorded.clone()))
}

impl<'e> Known<'e> {
    fn at(self, sequence: &str) -> Option<&'e Value> {
        self.0.get(sequence.parse::<usize>().ok()?)
    }

    fn of(self, subject: &str, name: &str) -> Vec<&'e Value> {
        let named = format!("ledger.{name}.v1");
        let own = self.0.iter().filter(|entry| text(&entry["subject"]) == subject);
        own.filter(|entry| text(&entry["type"]) == named).collect()
    }

    fn framework(self, id: &str) -> Option<&'e Value> {
        let adopted = self.of("national", "framework.adopted").into_iter();
        adopted.map(|entry| &entry["data"]["framework"]).find(|framework| text(&framework["id"]) == id)
    }

    /// Corrections of an entry, oldest first.
    fn corrections(self, entry: &Value) -> Vec<&'e Value> {
        let all = self.of(text(&entry["subject"]), "correction.recorded");
        all.into_iter().filter(|other| other["data"]["corrects"] == entry["sequence"]).collect()
    }

    /// The date something transcribed has in print, as last corrected.
    fn dated(self, entry: &Value) -> Option<String> {
        let corrected = self.corrections(entry).into_iter().rev();
        let mut dates = corrected.filter(|correction| correction["data"]["field"] == "effective-from");
        dates
            .next()
            .map_or_else(|| owned(&entry["data"]["effective_from"]), |last| owned(&last["data"]["now"]))
    }

    /// Everything published or transcribed about a subject, in order of the log.
    fn outcomes(self, subject: &str) -> Vec<Outcome<'e>> {
        let own = self.0.iter().filter(|entry| text(&entry["subject"]) == subject);
        let outcomes = own.filter_map(|entry| match event(entry) {
            "rating.published" => Some(self.published(entry)),
            "rating.transcribed" if entry["data"]["kind"] == "result" => Some(self.transcribed(entry)),
            _ => None,
        });
        outcomes.collect()
    }

    fn published(self, entry: &'e Value) -> Outcome<'e> {
        let data = &entry["data"];
        let findings = self.at(text(&data["findings"]));
        Outcome {
            entry,
            effective: happened(entry),
            is_transcribed: false,
            scores: self.cited_scores(data),
            rating: None,
            percent: None,
            dated: None,
            source: Value::Null,
            corrections: Vec::new(),
            breach: findings.is_some_and(|findings| !list(&findings["data"]["breaches"]).is_empty()),
        }
    }

    /// One score for each statement that a publication cites scores of.
    fn cited_scores(self, data: &Value) -> BTreeMap<String, Given> {
        let mut cited: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
        for sequence in list(&data["scores"]) {
            let Some(score) = self.at(text(sequence)) else { continue };
            let given = (text(sequence).to_owned(), score["data"]["score"].as_u64().unwrap_or(0));
            cited.entry(text(&score["data"]["statement"]).to_owned()).or_default().push(given);
        }
        let framework = self.framework(text(&data["framework"])).unwrap_or(&Value::Null);
        let combined = cited.into_iter().map(|(statement, mut given)| {
            given.sort();
            let sum = given.iter().map(|(_, score)| score).sum();
            let score = match text(&framework["method"]) {
                "category" => band_score(framework, percent(framework, sum, given.len() as u64)),
                _ => sum,
            };
            let entries: Vec<String> = given.into_iter().map(|(entry, _)| entry).collect();
            let entry = entries.last().cloned().unwrap_or_default();
            (statement, Given { score, entry, entries })
        });
        combined.collect()
    }

    fn transcribed(self, entry: &'e Value) -> Outcome<'e> {
        let data = &entry["data"];
        let own = text(&entry["sequence"]).to_owned();
        let given =
            |score: u64, entry: &str| Given { score, entry: entry.into(), entries: vec![entry.into()] };
        let printed = list(&data["scores"]).iter();
        let scores = printed.map(|printed| {
            (text(&printed["statement"]).to_owned(), given(printed["score"].as_u64().unwrap_or(0), &own))
        });
        let dated = self.dated(entry);
        let mut outcome = Outcome {
            entry,
            effective: counts_from(entry, dated.as_deref()),
            is_transcribed: true,
            scores: scores.collect(),
            rating: owned(&data["rating"]),
            percent: data["percent"].as_u64(),
            dated,
            source: data["source"].clone(),
            corrections: Vec::new(),
            breach: false,
        };
        for correction in self.corrections(entry) {
            let (by, data) = (text(&correction["sequence"]), &correction["data"]);
            outcome.corrections.push(by.to_owned());
            match (text(&data["field"]), data["now"].as_u64()) {
                ("score", None) => drop(outcome.scores.remove(text(&data["statement"]))),
                ("score", Some(score)) => {
                    outcome.scores.insert(text(&data["statement"]).to_owned(), given(score, by));
                }
                ("rating", _) => outcome.rating = owned(&data["now"]),
                ("percent", percent) => outcome.percent = percent,
                ("source", _) => outcome.source = data["now"].clone(),
                _ => {}
            }
        }
        outcome
    }

    /// The withdrawal of a result and the day it counts from.
    fn withdrawal(self, outcome: &Outcome<'_>) -> Option<(&'e Value, String)> {
        let subject = text(&outcome.entry["subject"]);
        let sequence = &outcome.entry["sequence"];
        let here = self.of(subject, "rating.withdrawn").into_iter();
        let mut here = here.filter(|entry| entry["data"]["publication"] == *sequence);
        let there = || self.transcribed_about("withdrawal", outcome);
        here.next().map(|entry| (entry, happened(entry))).or_else(there)
    }

    fn transcribed_about(self, kind: &str, outcome: &Outcome<'_>) -> Option<(&'e Value, String)> {
        let all = self.of(text(&outcome.entry["subject"]), "rating.transcribed").into_iter();
        let mut about = all.filter(|entry| entry["data"]["kind"] == kind);
        let found = about.find(|entry| entry["data"]["concerns"] == outcome.entry["sequence"])?;
        Some((found, counts_from(found, self.dated(found).as_deref())))
    }

    /// The request of a review of a result that is open on a day.
    /// `all` are those of the subject.
    fn open_review(self, outcome: &Outcome<'_>, all: &[Outcome<'_>], day: &str) -> Option<String> {
        let (subject, sequence) = (text(&outcome.entry["subject"]), &outcome.entry["sequence"]);
        let requests = self.of(subject, "review.requested").into_iter();
        let mut requests = requests.filter(|entry| entry["data"]["publication"] == *sequence);
        let there = || self.transcribed_about("review-requested", outcome);
        let (request, from) = requests.next().map(|entry| (entry, happened(entry))).or_else(there)?;
        let upheld = self.of(subject, "review.decided").into_iter().filter(|entry| {
            entry["data"]["review"] == request["sequence"] && entry["data"]["outcome"] == "upheld"
        });
        let published = self.of(subject, "rating.published").into_iter();
        let again = published.filter(|entry| entry["data"]["replaces"] == *sequence);
        let is_over = upheld.chain(again).any(|entry| happened(entry).as_str() <= day);
        let elsewhere = all.iter().any(|other| {
            other.is_transcribed
                && other.entry["data"]["concerns"] == *sequence
                && from <= other.effective
                && other.effective.as_str() <= day
        });
        (from.as_str() <= day && !is_over && !elsewhere).then(|| text(&request["sequence"]).to_owned())
    }

    /// The evidence a score entry rests on: a moderated one on that of the score it moderates.
    fn evidence(self, score: &str) -> Vec<&'e str> {
        let Some(entry) = self.at(score) else { return Vec::new() };
        match event(entry) {
            "score.moderated" => self.evidence(text(&entry["data"]["moderates"])),
            "score.assigned" | "score.changed" => list(&entry["data"]["evidence"]).iter().map(text).collect(),
            _ => Vec::new(),
        }
    }

    fn caveats(
        self,
        subject: &str,
        all: &[Outcome<'_>],
        day: &str,
        statements: &[Value],
    ) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut caveats: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut says = |caveat, entry: String| {
            caveats.entry(caveat).or_default().insert(entry);
        };
        for outcome in all {
            if let Some(request) = self.open_review(outcome, all, day) {
                says("under-review", request);
            }
            if let Some((withdrawal, from)) = self.withdrawal(outcome)
                && from.as_str() <= day
                && outcome.effective.as_str() <= day
            {
                says("earlier-result-withdrawn", text(&withdrawal["sequence"]).to_owned());
            }
        }
        for trigger in self.of(subject, "assessment.triggered") {
            let mut ends = self.of(subject, "trigger.discharged").into_iter();
            let ends = ends.find(|entry| entry["data"]["trigger"] == trigger["sequence"]);
            let is_over = ends.is_some_and(|entry| happened(entry).as_str() <= day);
            if happened(trigger).as_str() <= day && !is_over {
                says("reassessment-triggered", text(&trigger["sequence"]).to_owned());
            }
        }
        let scores = statements.iter().flat_map(|statement| list(&statement["entries"]));
        let evidence: BTreeSet<&str> = scores.flat_map(|score| self.evidence(text(score))).collect();
        for entry in self.0.iter().filter(|entry| evidence.contains(text(&entry["data"]["evidence"]))) {
            if event(entry) == "evidence.withdrawn" && happened(entry).as_str() <= day {
                says("rests-on-withdrawn-evidence", text(&entry["sequence"]).to_owned());
            }
        }
        caveats
    }

    fn name(self, subject: &str) -> Value {
        let registered = self.of(subject, "area.registered").into_iter().next_back();
        let Some(registered) = registered else { return Value::Null };
        let corrected = self.corrections(registered).into_iter().next_back();
        corrected.map_or(&registered["data"]["name"], |last| &last["data"]["now"]).clone()
    }

    /// First and last day of an area, its successors and its predecessors.
    fn area(self, subject: &str) -> (Option<String>, Option<String>, Vec<&'e str>, Vec<&'e str>) {
        let registered = self.of(subject, "area.registered").into_iter().next_back();
        let data = registered.map_or(&Value::Null, |entry| &entry["data"]);
        let (from, mut to) = (owned(&data["effective_from"]), owned(&data["effective_to"]));
        let (mut successors, mut predecessors) = (Vec::new(), Vec::new());
        for entry in self.of(subject, "area.succeeded") {
            let data = &entry["data"];
            if text(&data["predecessor"]) == subject {
                to = Some(previous(text(&data["effective_from"])));
                successors = list(&data["successors"]).iter().map(text).collect();
            } else {
                predecessors.push(text(&data["predecessor"]));
            }
        }
        (from, to, successors, predecessors)
    }

    /// What was in force on a day, as `ledger rating --json` spells it.
    pub fn answer(self, subject: &str, day: &str) -> Value {
        let all = self.outcomes(subject);
        let counts: Vec<&Outcome<'_>> =
            all.iter().filter(|outcome| outcome.effective.as_str() <= day).collect();
        let is_withdrawn =
            |outcome: &Outcome<'_>| self.withdrawal(outcome).is_some_and(|(_, from)| from.as_str() <= day);
        let stand = counts.iter().filter(|outcome| !is_withdrawn(outcome)).map(|outcome| (*outcome).clone());
        let stands = self.standing(stand.collect());
        let (from, to, successors, predecessors) = self.area(subject);
        let begins = from.as_deref().is_some_and(|from| day < from);
        let ended = !begins && to.as_deref().is_some_and(|to| to < day);
        let status = match &stands {
            Some(_) if ended => "ended",
            Some(_) => "in-force",
            None if counts.iter().any(|outcome| is_withdrawn(outcome)) => "withdrawn",
            None => "not-yet-assessed",
        };
        let mut answer = self.described(stands.as_ref(), &all);
        let statements = list(&answer["statements"]).to_vec();
        let caveats = self.caveats(subject, &all, day, &statements);
        let order = [
            "under-review",
            "reassessment-triggered",
            "rests-on-withdrawn-evidence",
            "earlier-result-withdrawn",
        ];
        let said: Vec<&str> = order.into_iter().filter(|caveat| caveats.contains_key(caveat)).collect();
        let successors = successors.into_iter().filter(|_| ended);
        let successors = successors.map(|area| json!({ "subject": area, "name": self.name(area) }));
        let predecessors = predecessors.into_iter().map(|area| {
            let last = self.answer(area, day);
            json!({ "subject": area, "name": last["name"], "percent": last["percent"], "rating": last["rating"] })
        });
        let existence = if begins {
            "not-begun"
        } else if ended {
            "ended"
        } else {
            "exists"
        };
        let about = json!({
            "subject": subject, "name": self.name(subject), "as_of": day, "existence": existence,
            "valid_from": from, "valid_to": to, "status": status, "caveats": said, "caveat_entries": caveats,
            "successors": successors.collect::<Vec<_>>(), "predecessors": predecessors.collect::<Vec<_>>(),
        });
        answer.extend(about.as_object().cloned().unwrap_or_default());
        answer.into()
    }

    /// What is said about a result in force, or that there is none.
    fn described(self, stands: Option<&Stands<'e>>, all: &[Outcome<'e>]) -> Map<String, Value> {
        let value = match stands {
            None => json!({
                "percent": null, "rating": null, "basis": null, "framework": null, "themes": [], "statements": [],
                "missing": [], "printed": null, "result": null, "results": [],
            }),
            Some(stands) => {
                let used = |outcome: &&Outcome<'_>| {
                    let sequence = text(&outcome.entry["sequence"]);
                    stands.from.contains(sequence) || stands.latest.entry["sequence"] == sequence
                };
                let Outcome { is_transcribed, percent, rating, .. } = &stands.latest;
                let printed = json!({ "percent": percent, "rating": rating });
                json!({
                    "percent": stands.percent, "rating": stands.rating, "basis": stands.basis,
                    "framework": stands.framework["id"], "themes": stands.themes, "statements": stands.statements,
                    "missing": stands.missing, "printed": if *is_transcribed { printed } else { Value::Null },
                    "result": viewed(&stands.latest),
                    "results": all.iter().filter(used).map(viewed).collect::<Vec<_>>(),
                })
            }
        };
        value.as_object().cloned().unwrap_or_default()
    }

    /// What stands after these results, by the latest one's method; while that leaves statements unscored, the older
    /// rating stands under its own.
    fn standing(self, mut outcomes: Vec<Outcome<'e>>) -> Option<Stands<'e>> {
        outcomes
            .sort_by_key(|outcome| (outcome.effective.clone(), text(&outcome.entry["sequence"]).to_owned()));
        let latest = outcomes.last()?.clone();
        let stands = self.under(text(&latest.entry["data"]["framework"]), &outcomes)?;
        if stands.basis != "incomplete" || latest.is_transcribed {
            return Some(stands);
        }
        let older = outcomes.iter().rev().map(|outcome| text(&outcome.entry["data"]["framework"]));
        let complete = older.filter(|id| *id != text(&latest.entry["data"]["framework"])).find_map(|id| {
            let own: Vec<Outcome<'e>> =
                outcomes.iter().filter(|outcome| outcome.entry["data"]["framework"] == id).cloned().collect();
            self.under(id, &own).filter(|stands| stands.basis != "incomplete")
        });
        Some(complete.unwrap_or(stands))
    }

    /// What stands under one framework after results, oldest first.
    fn under(self, framework: &str, outcomes: &[Outcome<'e>]) -> Option<Stands<'e>> {
        let framework = self.framework(framework)?;
        let latest = outcomes.last()?.clone();
        let mut scores: BTreeMap<&str, u64> = BTreeMap::new();
        let (mut statements, mut missing, mut from) = (Vec::new(), Vec::new(), BTreeSet::new());
        for statement in list(&framework["themes"]).iter().flat_map(|theme| list(&theme["statements"])) {
            let id = text(&statement["id"]);
            let Some((outcome, scored_as, given)) = carried(framework, outcomes, id) else {
                missing.push(id.to_owned());
                continue;
            };
            scores.insert(id, given.score);
            from.insert(text(&outcome.entry["sequence"]).to_owned());
            let data = &outcome.entry["data"];
            let is_mapped = data["framework"] != framework["id"];
            statements.push(json!({
                "statement": id, "name": statement["name"], "score": given.score, "entry": given.entry,
                "entries": given.entries, "result": outcome.entry["sequence"],
                "assessment": data["assessment"], "effective": outcome.effective,
                "carried_forward": outcome.entry["sequence"] != latest.entry["sequence"],
                "mapped_from": if is_mapped { json!([data["framework"], scored_as]) } else { Value::Null },
            }));
        }
        let themes: Vec<Value> =
            list(&framework["themes"]).iter().map(|theme| tally(framework, theme, &scores)).collect();
        let (percent, computed) = overall(framework, &themes, &scores, latest.breach);
        let (basis, rating) = match (computed, latest.rating.clone()) {
            (Some(rating), _) => ("derived", Some(rating)),
            (None, Some(printed)) => ("as-printed", Some(printed)),
            (None, None) => ("incomplete", None),
        };
        Some(Stands { framework, latest, basis, rating, percent, themes, statements, missing, from })
    }
}

/// The score that stands for a statement: of the latest result that covers it, directly or by a mapping.
fn carried<'o, 'e>(
    framework: &Value,
    outcomes: &'o [Outcome<'e>],
    statement: &str,
) -> Option<(&'o Outcome<'e>, String, &'o Given)> {
    for outcome in outcomes.iter().rev() {
        let of = &outcome.entry["data"]["framework"];
        let mut mappings = list(&framework["mapping"]).iter();
        let mapping = mappings.find(|mapping| mapping["framework"] == *of && mapping["to"] == statement);
        let scored_as = match mapping {
            _ if *of == framework["id"] => statement,
            Some(mapping) => text(&mapping["from"]),
            None => continue,
        };
        let given = outcome.scores.get(scored_as);
        if outcome.is_transcribed || given.is_some() {
            return given.map(|given| (outcome, scored_as.to_owned(), given));
        }
    }
    None
}

fn viewed(outcome: &Outcome<'_>) -> Value {
    let (entry, data) = (outcome.entry, &outcome.entry["data"]);
    json!({
        "sequence": entry["sequence"], "kind": if outcome.is_transcribed { "transcribed" } else { "published" },
        "effective": outcome.effective, "recorded_time": entry["recordedtime"], "assessment": data["assessment"],
        "findings": data["findings"], "source": outcome.source, "dated": outcome.dated,
        "corrections": outcome.corrections,
    })
}

/// A share of the maximum, as the framework rounds.
fn percent(framework: &Value, sum: u64, count: u64) -> u64 {
    let mut whole = 0;
    match text(&framework["rounding"]) {
        // The least whole number that is not below 100 * sum / (4 * count).
        "ceiling" => {
            while whole * 4 * count < 100 * sum {
                whole += 1
            }
        }
        // The greatest whole number that is not above it by more than a half.
        "half-up" => {
            while (2 * (whole + 1) - 1) * 4 * count <= 200 * sum {
                whole += 1
            }
        }
        other => panic!("'{other}' is no rounding"),
    }
    whole
}

fn band(framework: &Value, percent: u64) -> String {
    let holds = |band: &&Value| {
        band["from_percent"].as_u64() <= Some(percent) && Some(percent) <= band["to_percent"].as_u64()
    };
    list(&framework["bands"])
        .iter()
        .find(holds)
        .map(|band| text(&band["rating"]))
        .unwrap_or_default()
        .to_owned()
}

fn rank(rating: &str) -> u64 {
    let ratings = ["inadequate", "requires-improvement", "good", "outstanding"];
    ratings.iter().position(|known| *known == rating).map_or(0, |at| at as u64 + 1)
}

fn band_score(framework: &Value, percent: u64) -> u64 {
    rank(&band(framework, percent))
}

fn lower(one: String, other: &str) -> String {
    if rank(other) < rank(&one) { other.to_owned() } else { one }
}

/// A rating after the limiters of a scope, each of which looks at the band before any of them.
fn limited(framework: &Value, scope: &str, rating: &str, scores: &[u64]) -> String {
    let fires = |limiter: &&Value| {
        limiter["applies_to"] == scope
            && limiter["when_rating"] == rating
            && scores.iter().any(|score| Some(*score) <= limiter["any_score_at_most"].as_u64())
    };
    let caps = list(&framework["limiters"]).iter().filter(fires).map(|limiter| text(&limiter["capped_at"]));
    caps.fold(rating.to_owned(), lower)
}

fn tally(framework: &Value, theme: &Value, scores: &BTreeMap<&str, u64>) -> Value {
    let statements = list(&theme["statements"]);
    let found: Vec<u64> =
        statements.iter().filter_map(|statement| scores.get(text(&statement["id"])).copied()).collect();
    let (sum, count) = (found.iter().sum::<u64>(), statements.len() as u64);
    let percent = (found.len() == statements.len()).then(|| percent(framework, sum, count));
    let rating = percent.map(|percent| limited(framework, "theme", &band(framework, percent), &found));
    json!({ "id": theme["id"], "sum": sum, "maximum": 4 * count, "percent": percent, "rating": rating })
}

/// Overall percentage and rating; neither while a statement is unscored.
fn overall(
    framework: &Value,
    themes: &[Value],
    scores: &BTreeMap<&str, u64>,
    breach: bool,
) -> (Option<u64>, Option<String>) {
    let count: u64 = themes.iter().filter_map(|theme| theme["maximum"].as_u64()).sum::<u64>() / 4;
    if count != scores.len() as u64 {
        return (None, None);
    }
    let capped = |rating: String| if breach { lower(rating, "requires-improvement") } else { rating };
    if text(&framework["overall"]) == "theme-ratings" {
        return (None, Some(capped(from_themes(themes))));
    }
    let percent = percent(framework, scores.values().sum(), count);
    let all: Vec<u64> = scores.values().copied().collect();
    (Some(percent), Some(capped(limited(framework, "overall", &band(framework, percent), &all))))
}

/// A provider's overall from its key questions.
fn from_themes(themes: &[Value]) -> String {
    let count = |rating: &str| themes.iter().filter(|theme| theme["rating"] == rating).count();
    let rating = match (count("inadequate"), count("requires-improvement"), count("outstanding")) {
        (2.., _, _) => "inadequate",
        (1, _, _) | (0, 2.., _) => "requires-improvement",
        (0, 0, 2..) => "outstanding",
        _ => "good",
    };
    rating.to_owned()
}
