//! Random histories of what reaches back: results dated before they are recorded, and what becomes of them later.
//!
//! Four areas under short frameworks - by category and by statement, rounded up and half-up, with limiters, a mapping,
//! and key questions - are published about, reviewed, withdrawn, transcribed and corrected, mostly under a stated `time`
//! or a printed date that lies before what is on record. Commands that the rules refuse are left out. All from one seed.

use ledger_core::assessment::Rejection;
use ledger_core::shipped;
use ledger_tests::random::{Dice, stated};
use ledger_tests::run::prepared;
use ledger_tests::time::{MINUTE, after, instant};
use ledger_tests::world::{Envelope, Outcome, World};
use serde_json::{Value, json};

use super::days::london;
use super::model::{event, text};

const DAY: i64 = 24 * 60 * MINUTE;
const YORK: &str = "local-authority/E06000014";
const BARKING: &str = "local-authority/E09000002";
/// An invented area that follows Barking in some histories.
const NEXT: &str = "local-authority/EXAMPLE90";
const HOME: &str = "provider/1-102";
const AREAS: [&str; 4] = [YORK, BARKING, NEXT, HOME];
const CATEGORIES: [&str; 2] = ["processes", "feedback-from-partners"];
const SOURCES: [&str; 2] = ["https://example.org/one", "https://example.org/two"];

/// A history as it is made.
pub struct Reaching {
    /// The ledger it is made on.
    pub world: World,
    /// Its entries, decoded.
    pub entries: Vec<Value>,
    dice: Dice,
}

/// A shipped framework with only some statements of some themes.
fn short(base: &str, id: &str, themes: usize, statements: usize, changes: Value) -> Value {
    let shipped = shipped::frameworks().expect("frameworks ship");
    let framework = shipped.iter().find(|shipped| shipped.framework.id.as_str() == base).expect("it ships");
    let mut framework = serde_json::to_value(&framework.framework).expect("plain data");
    let fields = framework.as_object_mut().expect("an object");
    let list = fields["themes"].as_array_mut().expect("themes");
    list.truncate(themes);
    for theme in list {
        theme["statements"].as_array_mut().expect("statements").truncate(statements);
    }
    fields.insert("id".to_owned(), id.into());
    fields.insert("effective_from".to_owned(), "2022-01-01".into());
    fields.remove("effective_to");
    fields.extend(changes.as_object().cloned().unwrap_or_default());
    framework
}

fn ids(framework: &Value) -> Vec<String> {
    let themes = framework["themes"].as_array().into_iter().flatten();
    let statements = themes.flat_map(|theme| theme["statements"].as_array().into_iter().flatten());
    statements.map(|statement| text(&statement["id"]).to_owned()).collect()
}

/// Four methods of authorities - the third maps from the other two and has a statement of its own - and one of
/// providers.
fn frameworks() -> Vec<Value> {
    let by_category = short("local-authority/2023", "local-authority/short-1", 2, 2, json!({}));
    let cap = json!([{ "applies_to": "overall", "when_rating": "good", "any_score_at_most": 1,
        "capped_at": "requires-improvement" }]);
    let half_up = json!({ "rounding": "half-up", "limiters": cap });
    let by_statement = short("local-authority/2025", "local-authority/short-2", 2, 2, half_up);
    let map = |framework: &Value| {
        let statements = ids(framework);
        let id = framework["id"].clone();
        statements.into_iter().map(move |from| json!({ "framework": id, "from": from, "to": from }))
    };
    let mapping: Vec<Value> = map(&by_category).chain(map(&by_statement).take(3)).collect();
    let mapped =
        short("local-authority/2025", "local-authority/short-3", 3, 2, json!({ "mapping": mapping }));
    let questions = short("provider/2024-12", "provider/short-1", 5, 1, json!({}));
    vec![by_category, by_statement, mapped, questions]
}

impl Reaching {
    /// A history that begins on 1 April 2025 in the country of the tables.
    pub fn new(seed: u64) -> Self {
        let mut world = prepared("the country");
        let entries = world.log().iter().map(|bytes| serde_json::from_slice(bytes).expect("JSON")).collect();
        world.set_time(instant("2025-04-01T09:00"));
        let mut history = Reaching { world, entries, dice: Dice(seed) };
        for kind in ["local-authority", "provider"] {
            let data = json!({ "kind": kind, "effective_from": "2023-01-01" });
            history.done("registrar-1", "ratings.authorise", "national", data);
        }
        history.done("registrar-1", "area.register", NEXT, json!({ "name": "Example Next" }));
        for (partner, organisation) in [
            ("barking-1", "authority/E09000002"),
            ("next-1", "authority/EXAMPLE90"),
            ("home-1", "provider/1-102"),
        ] {
            let data = json!({ "roles": ["partner"], "organisation": organisation });
            history.done("operator-1", "actor.enrol", &format!("actor/{partner}"), data);
        }
        let data = json!({ "roles": ["moderator"] });
        history.done("operator-1", "actor.enrol", "actor/moderator-2", data);
        for framework in frameworks() {
            history.done("registrar-1", "framework.adopt", "national", json!({ "framework": framework }));
        }
        history
    }

    /// Takes so many steps, each a command or an assessment from its opening to its publication.
    pub fn go_on(&mut self, steps: usize) {
        for _ in 0..steps {
            let on = i64::try_from(self.dice.below(9)).unwrap_or(0);
            // The last hour of a day in UTC is the first of the next in a London summer.
            let hour = [9, 12, 23][usize::try_from(self.dice.below(3)).unwrap_or(0)];
            let midnight = self.world.now().micros().div_euclid(DAY) + on + 1;
            let at = midnight * DAY + hour * 60 * MINUTE + 20 * MINUTE;
            self.world.set_time(after(self.world.now(), at - self.world.now().micros()));
            self.step();
        }
    }

    fn step(&mut self) {
        let subject = self.dice.pick(&AREAS);
        match self.dice.below(100) {
            0..20 => self.assess(subject),
            20..40 => self.transcribe(subject),
            40..60 => self.correct(subject),
            60..70 => self.withdraw(subject),
            70..82 => self.review(subject),
            82..89 => self.withdraw_evidence(subject),
            89..93 => self.concern(subject),
            93..97 => self.discharge(subject),
            97..99 => self.rename(subject),
            _ => self.succeed(),
        }
    }

    /// Gives a command, which happened some days before it is recorded, and returns the sequences written.
    fn give(
        &mut self,
        actor: &str,
        command: &str,
        subject: &str,
        data: Value,
        back: u64,
    ) -> Result<Vec<String>, Rejection> {
        let time = (back > 0).then(|| after(self.world.now(), -i64::try_from(back).unwrap_or(0) * DAY));
        let envelope = Envelope { time, ..Envelope::default() };
        let line = self.world.line(actor, command, subject, data, &envelope).to_string();
        match self.world.submit(line.as_bytes()) {
            Outcome::Recorded(receipt) => {
                let entries = receipt.entries.iter().map(|entry| self.world.entry(entry.sequence));
                self.entries.extend(entries);
                Ok(receipt.entries.iter().map(|entry| entry.sequence.to_string()).collect())
            }
            Outcome::Rejected(rejection) => Err(rejection),
            other => panic!("{line}: {other:?}"),
        }
    }

    /// As [`Reaching::give`], of what the rules must allow.
    fn done(&mut self, actor: &str, command: &str, subject: &str, data: Value) -> String {
        let given = self.give(actor, command, subject, data, 0);
        given.unwrap_or_else(|rejection| panic!("{command} {subject}: {rejection}")).swap_remove(0)
    }

    /// Days back: mostly some, up to that many.
    fn back(&mut self, most: u64) -> u64 {
        if self.dice.percent(30) { 0 } else { self.dice.below(most) }
    }

    fn score(&mut self) -> u64 {
        1 + self.dice.below(4)
    }

    fn one(&mut self, among: Vec<Value>) -> Option<Value> {
        let at = usize::try_from(self.dice.below(among.len().max(1) as u64)).unwrap_or(0);
        among.into_iter().nth(at)
    }

    fn of(&self, subject: &str, name: &str) -> Vec<Value> {
        let own = self.entries.iter().filter(|entry| text(&entry["subject"]) == subject);
        own.filter(|entry| event(entry) == name).cloned().collect()
    }

    /// One of the subject's results, published or transcribed.
    fn some_result(&mut self, subject: &str) -> Option<Value> {
        let mut results = self.of(subject, "rating.published");
        results.extend(self.transcriptions(subject));
        self.one(results)
    }

    fn transcriptions(&self, subject: &str) -> Vec<Value> {
        let all = self.of(subject, "rating.transcribed").into_iter();
        all.filter(|entry| entry["data"]["kind"] == "result").collect()
    }

    /// A method for the subject; of those of authorities so often in a hundred the one that maps from the others.
    fn framework(&mut self, subject: &str, mapped: u64) -> Value {
        let kind = subject.split('/').next().unwrap_or_default();
        let all = frameworks();
        let own = all.into_iter().filter(|framework| text(&framework["subject_kind"]) == kind);
        let mut own: Vec<Value> = own.collect();
        if own.len() > 1 {
            let others = own.len() - 1;
            if self.dice.percent(mapped) { drop(own.drain(..others)) } else { own.truncate(others) }
        }
        self.one(own).expect("a framework of that kind")
    }

    /// All of them, or some; never none.
    fn some(&mut self, all: Vec<String>) -> Vec<String> {
        if self.dice.percent(60) {
            return all;
        }
        let mut some: Vec<String> = all.iter().filter(|_| self.dice.percent(50)).cloned().collect();
        if some.is_empty() {
            some.push(all[0].clone());
        }
        some
    }
}

fn partner(subject: &str) -> &'static str {
    match subject {
        YORK => "york-1",
        BARKING => "barking-1",
        NEXT => "next-1",
        _ => "home-1",
    }
}

impl Reaching {
    /// An assessment from its opening to the publication of its rating.
    fn assess(&mut self, subject: &str) {
        let framework = self.framework(subject, 50);
        let scope = self.scope(&framework);
        let open = json!({ "framework": framework["id"], "phase": "baseline", "cause": "schedule", "statements": scope });
        let Ok(opened) = self.give("assessor-1", "assessment.open", subject, open, 0) else { return };
        let assessment = opened[0].clone();
        let evidence = CATEGORIES.map(|category| self.evidence(subject, &scope, category));
        for statement in &scope {
            self.score_statement(subject, &framework, &assessment, statement, &evidence);
        }
        self.done("assessor-1", "draft.share", subject, json!({ "assessment": assessment }));
        let draft = text(&self.of(subject, "draft.shared").pop().expect("a draft")["sequence"]).to_owned();
        self.done(partner(subject), "accuracy.confirm", subject, json!({ "draft": draft }));
        let breaches = if self.dice.percent(30) { json!(["regulation-12"]) } else { json!([]) };
        let findings = json!({ "assessment": assessment, "narrative": self.world.document("words"), "breaches": breaches });
        self.done("publisher-1", "findings.publish", subject, findings);
        self.publish(subject, json!({ "assessment": assessment }));
        if self.dice.percent(60) {
            let close = json!({ "assessment": assessment, "outcome": "published" });
            self.done("publisher-1", "assessment.close", subject, close);
        }
    }

    /// Statements to assess: of a framework that maps from others all that nothing maps to, and some others.
    fn scope(&mut self, framework: &Value) -> Vec<String> {
        let all = ids(framework);
        let mapping = framework["mapping"].as_array().cloned().unwrap_or_default();
        if mapping.is_empty() {
            return self.some(all);
        }
        let own = |id: &String| !mapping.iter().any(|mapping| mapping["to"] == id.as_str());
        all.iter().filter(|id| own(id) || self.dice.percent(30)).cloned().collect()
    }

    fn evidence(&mut self, subject: &str, statements: &[String], category: &str) -> String {
        let data = json!({ "statements": statements, "category": category, "wave": "held", "site": "off-site",
            "source": "staff" });
        self.done("assessor-1", "evidence.submit", subject, data)
    }

    /// A score, or one for each of two categories, now and then moderated, or moderated twice.
    fn score_statement(
        &mut self,
        subject: &str,
        framework: &Value,
        assessment: &str,
        statement: &str,
        evidence: &[String; 2],
    ) {
        let by_category = framework["method"] == "category";
        let several = usize::from(by_category && self.dice.percent(60));
        for (category, evidence) in CATEGORIES.into_iter().zip(evidence).take(1 + several) {
            let category = by_category.then_some(category);
            let score = self.score();
            let mut data = json!({ "assessment": assessment, "statement": statement, "category": category,
                "score": score });
            let mut assigned = data.clone();
            assigned["evidence"] = json!([evidence]);
            self.done("assessor-1", "score.assign", subject, assigned);
            let times = self.dice.below(3);
            for moderator in
                ["moderator-1", "moderator-2"].into_iter().take(usize::try_from(times).unwrap_or(0))
            {
                // The second moderates what the first left as it was: who moves a score has set it.
                if moderator == "moderator-2" {
                    data["score"] = self.score().into();
                }
                self.done(moderator, "score.moderate", subject, data.clone());
            }
        }
    }

    /// Publishes what is computed, as of some days ago.
    fn publish(&mut self, subject: &str, data: Value) {
        let back = self.back(40);
        let given = self.give("publisher-1", "rating.publish", subject, data.clone(), back);
        let Err(Rejection::ResultDiffers { computed, .. }) = given else { return };
        let mut again = stated(text(&data["assessment"]), &computed);
        again["review"] = data["review"].clone();
        let published = self.give("publisher-1", "rating.publish", subject, again, back);
        published.unwrap_or_else(|rejection| panic!("{computed} was computed, but: {rejection}"));
    }

    /// A date as sources print it, up to a year ago, or none.
    fn printed_date(&mut self) -> Option<String> {
        let back = i64::try_from(self.dice.below(300)).unwrap_or(0);
        let day = london(&after(self.world.now(), -back * DAY).to_string());
        match self.dice.below(10) {
            0 => None,
            1 => Some(day[..4].to_owned()),
            2..5 => Some(day[..7].to_owned()),
            _ => Some(day),
        }
    }

    fn rating(&mut self) -> &'static str {
        self.dice.pick(&["inadequate", "requires-improvement", "good", "outstanding"])
    }

    fn transcribe(&mut self, subject: &str) {
        let kind = self.dice.pick(&["result", "result", "result", "withdrawal", "review-requested"]);
        let earlier = self.transcriptions(subject);
        let concerns = self.one(earlier).filter(|_| kind != "result" || self.dice.percent(50));
        let mut data = json!({
            "kind": kind, "framework": self.framework(subject, 10)["id"], "phase": "formal",
            "effective_from": self.printed_date(), "concerns": concerns.map(|entry| entry["sequence"].clone()),
            "source": self.dice.pick(&SOURCES),
        });
        if kind == "result" {
            let framework = frameworks().into_iter().find(|framework| framework["id"] == data["framework"]);
            let statements = self.some(ids(&framework.expect("one of them")));
            let scores: Vec<Value> =
                statements.iter().map(|id| json!({ "statement": id, "score": self.score() })).collect();
            let printed = self.dice.percent(50);
            data["scores"] = if self.dice.percent(85) { scores.into() } else { json!([]) };
            data["rating"] = if printed { self.rating().into() } else { Value::Null };
            data["percent"] = if printed { (25 + self.dice.below(76)).into() } else { Value::Null };
        }
        // One that names no result, or one that is withdrawn or reviewed already, is refused.
        let _ = self.give("analyst-1", "rating.transcribe", subject, data, 0);
    }

    /// A correction of something transcribed, with the value that stands as `was`.
    fn correct(&mut self, subject: &str) {
        let Some(entry) = self.one(self.of(subject, "rating.transcribed")) else { return };
        let field = self.dice.pick(&[
            "score",
            "score",
            "effective-from",
            "effective-from",
            "rating",
            "percent",
            "source",
        ]);
        let framework =
            frameworks().into_iter().find(|framework| framework["id"] == entry["data"]["framework"]);
        let statements = framework.map(|framework| ids(&framework)).unwrap_or_default();
        let at = usize::try_from(self.dice.below(statements.len().max(1) as u64)).unwrap_or(0);
        let statement = json!(statements.get(at).filter(|_| field == "score"));
        let absent = self.dice.percent(15);
        let now = match field {
            "effective-from" => json!(self.printed_date()),
            "source" => self.dice.pick(&SOURCES).into(),
            _ if absent => Value::Null,
            "score" => self.score().into(),
            "rating" => self.rating().into(),
            _ => (25 + self.dice.below(76)).into(),
        };
        let was = self.stands(&entry, field, &statement);
        let data = json!({ "corrects": entry["sequence"], "field": field, "statement": statement, "was": was, "now": now });
        // What stands already is refused; so is a score of what is no result.
        let _ = self.give("analyst-1", "correction.record", subject, data, 0);
    }

    /// The value of a field after the corrections so far.
    fn stands(&self, entry: &Value, field: &str, statement: &Value) -> Value {
        let corrections = self.of(text(&entry["subject"]), "correction.recorded").into_iter().rev();
        let mut same = corrections.filter(|correction| {
            let data = &correction["data"];
            data["corrects"] == entry["sequence"] && data["field"] == field && data["statement"] == *statement
        });
        let data = &entry["data"];
        let recorded = || match field {
            "score" => {
                let printed = data["scores"].as_array().into_iter().flatten();
                let score = { printed }.find(|printed| printed["statement"] == *statement);
                score.map_or(Value::Null, |printed| printed["score"].clone())
            }
            "effective-from" => data["effective_from"].clone(),
            field => data[field].clone(),
        };
        same.next().map_or_else(recorded, |last| last["data"]["now"].clone())
    }
}

impl Reaching {
    fn withdraw(&mut self, subject: &str) {
        let Some(result) = self.some_result(subject) else { return };
        let data = json!({ "publication": result["sequence"], "cause": "error", "reason": self.world.document("why") });
        let back = self.back(120);
        // One that is withdrawn already is refused.
        let _ = self.give("publisher-1", "rating.withdraw", subject, data, back);
    }

    /// A review from its request, and where it goes on to its decision, and where that changes a score to what is
    /// published.
    fn review(&mut self, subject: &str) {
        let Some(result) = self.some_result(subject) else { return };
        let grounds = self.world.document("grounds");
        let (back, data) = (self.back(60), json!({ "publication": result["sequence"], "grounds": grounds }));
        let requested = self.give(partner(subject), "review.request", subject, data, back);
        let Some(request) = requested.ok().and_then(|written| written.first().cloned()) else { return };
        if self.dice.percent(25) {
            return;
        }
        let on = i64::try_from(self.dice.below(20)).unwrap_or(0) * DAY + MINUTE;
        self.world.set_time(after(self.world.now(), on));
        let rescores = if self.dice.percent(50) { self.rescores(subject, &result) } else { Vec::new() };
        let outcome = if rescores.is_empty() { "upheld" } else { "scores-changed" };
        let data = json!({ "review": request, "outcome": outcome, "rescores": rescores, "reason": grounds });
        let back = self.back(10);
        let Ok(decided) = self.give("reviewer-1", "review.decide", subject, data, back) else { return };
        if outcome == "scores-changed" && self.dice.percent(80) {
            self.publish(
                subject,
                json!({ "assessment": result["data"]["assessment"], "review": decided[0] }),
            );
        }
    }

    /// A new score, on evidence of its own, for the first score that a publication cites.
    fn rescores(&mut self, subject: &str, result: &Value) -> Vec<Value> {
        let cited = result["data"]["scores"].as_array().and_then(|scores| scores.first());
        let cited = cited.map(text).filter(|_| event(result) == "rating.published");
        let score =
            cited.and_then(|cited| self.entries.iter().find(|entry| text(&entry["sequence"]) == cited));
        let Some(data) = score.map(|score| score["data"].clone()) else { return Vec::new() };
        let category = data["category"].as_str().unwrap_or(CATEGORIES[0]);
        let evidence = self.evidence(subject, &[text(&data["statement"]).to_owned()], category);
        let score = self.score();
        vec![json!({ "statement": data["statement"], "category": data["category"], "score": score,
            "evidence": [evidence] })]
    }

    fn withdraw_evidence(&mut self, subject: &str) {
        let Some(evidence) = self.one(self.of(subject, "evidence.submitted")) else { return };
        let data = json!({ "evidence": evidence["sequence"], "reason": self.world.document("why") });
        let back = self.back(60);
        // What is withdrawn already is refused.
        let _ = self.give("assessor-1", "evidence.withdraw", subject, data, back);
    }

    /// An immediate concern, which triggers a new look at once.
    fn concern(&mut self, subject: &str) {
        let statement = ids(&self.framework(subject, 30)).swap_remove(0);
        let account = self.world.document("account");
        let data = json!({ "severity": "immediate", "statements": [statement], "source": "people", "account": account });
        let back = self.back(30);
        // The policy may know no framework in force for it.
        let _ = self.give("analyst-1", "concern.raise", subject, data, back);
    }

    fn discharge(&mut self, subject: &str) {
        let Some(trigger) = self.one(self.of(subject, "assessment.triggered")) else { return };
        let data = json!({ "trigger": trigger["sequence"], "reason": self.world.document("why") });
        let back = self.back(20);
        // One that is discharged already is refused.
        let _ = self.give("assessor-1", "trigger.discharge", subject, data, back);
    }

    fn rename(&mut self, subject: &str) {
        let Some(registered) = self.of(subject, "area.registered").pop() else { return };
        let corrected = self.of(subject, "correction.recorded").into_iter().rev();
        let mut corrected = corrected.filter(|correction| correction["data"]["field"] == "name");
        let last = corrected.next().map(|last| last["data"]["now"].clone());
        let was = last.unwrap_or_else(|| registered["data"]["name"].clone());
        let now = format!("Example {}", self.dice.below(1000));
        let data = json!({ "corrects": registered["sequence"], "field": "name", "was": was, "now": now });
        let _ = self.give("registrar-1", "correction.record", subject, data, 0);
    }

    /// Barking ends some weeks ago, or some weeks from now.
    fn succeed(&mut self) {
        let on = i64::try_from(self.dice.below(120)).unwrap_or(0) - 60;
        let from = london(&after(self.world.now(), on * DAY).to_string());
        let data = json!({ "successors": [NEXT], "effective_from": from });
        // It happens once.
        let _ = self.give("registrar-1", "area.succeed", BARKING, data, 0);
    }
}
