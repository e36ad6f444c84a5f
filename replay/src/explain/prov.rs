//! An explanation as W3C PROV, in the JSON of the W3C member submission PROV-JSON (24 April 2013).
//!
//! Each entry is an entity, and the deed it records an activity, associated with its actor; documents, the source of a
//! transcription and the method are entities too. The scores in force, the themes and the overall rating are entities
//! that one derivation generated, by the method as its plan. `wasDerivedFrom` leads from the overall down to evidence;
//! a change, correction or republication is a revision; a withdrawal or erasure invalidates. Deterministic: the
//! derivation has no time of its own. Left out: bundles, and what happened but did not lead here.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::values::Sequence;
use serde_json::{Map, Value, json};

use super::Explanation;
use super::arithmetic::Calculation;
use super::parts::{
    AssessmentStep, EntryStep, EvidenceStep, GivenStep, ResultStep, ScoreDeed, ScoreStep, StatementStep,
    ThemeStep,
};

/// The activity that derives scores, themes and the overall rating.
const DERIVATION: &str = "derived:derivation";
/// The ledger as an agent: it records consequences, and derives.
const ITSELF: &str = "ledger:itself";

/// The whole document.
pub(super) fn prov(explanation: &Explanation) -> String {
    let mut document = Document::begun(explanation);
    explanation.entries.iter().for_each(|entry| document.entry(entry));
    document.derivation(explanation);
    explanation.themes.iter().for_each(|theme| document.theme(theme));
    explanation.evidence.iter().for_each(|item| document.evidence(item));
    explanation.results.iter().for_each(|result| document.result(result));
    for withdrawn in &explanation.withdrawn {
        document.invalidated(&entry(withdrawn.result), withdrawn.entry);
    }
    let waiting = explanation.waiting.iter().map(|at| entry(*at));
    waiting.for_each(|waiting| document.used(DERIVATION, &waiting));
    document.spelled()
}

fn entry(sequence: Sequence) -> String {
    format!("entry:{sequence}")
}

fn deed(sequence: Sequence) -> String {
    format!("deed:{sequence}")
}

/// A qualified name as a value.
fn name(name: &str) -> Value {
    json!({ "$": name, "type": "prov:QUALIFIED_NAME" })
}

/// A value with a type of XML Schema.
fn typed(value: impl ToString, of: &str) -> Value {
    json!({ "$": value.to_string(), "type": format!("xsd:{of}") })
}

/// Why one thing is derived from another.
#[derive(Clone, Copy)]
enum Derived {
    Plainly,
    AsRevision,
    FromPrimarySource,
}

struct Document {
    prefixes: Map<String, Value>,
    things: BTreeMap<&'static str, Map<String, Value>>,
    relations: BTreeMap<&'static str, Vec<Value>>,
    seen: BTreeSet<(&'static str, String)>,
    times: BTreeMap<Sequence, String>,
}

impl Document {
    fn begun(explanation: &Explanation) -> Self {
        let base = format!("https://{}", explanation.origin);
        let (head, subject, as_of) = (explanation.head.hash, &explanation.subject, explanation.as_of);
        let prefixes = json!({
            "ledger": "urn:ledger:terms:",
            "entry": format!("{base}/entry/"),
            "deed": format!("{base}/deed/"),
            "actor": format!("{base}/actor/"),
            "document": format!("{base}/document/"),
            "method": format!("{base}/framework/"),
            "source": format!("{base}/source/"),
            "derived": format!("{base}/derived/{head}/{subject}/{as_of}/"),
        });
        let Value::Object(prefixes) = prefixes else { unreachable!("an object is an object") };
        let times = explanation.entries.iter().map(|entry| (entry.sequence, entry.time.to_string()));
        Document {
            prefixes,
            things: BTreeMap::new(),
            relations: BTreeMap::new(),
            seen: BTreeSet::new(),
            times: times.collect(),
        }
    }

    fn thing(&mut self, kind: &'static str, id: &str, attributes: Value) {
        self.things.entry(kind).or_default().entry(id.to_owned()).or_insert(attributes);
    }

    /// Adds a relation, once.
    fn relation(&mut self, kind: &'static str, attributes: Value) {
        if self.seen.insert((kind, attributes.to_string())) {
            self.relations.entry(kind).or_default().push(attributes);
        }
    }

    fn used(&mut self, activity: &str, entity: &str) {
        self.relation("used", json!({ "prov:activity": activity, "prov:entity": entity }));
    }

    /// One entity is derived from another by an activity, which used it.
    fn derived(&mut self, from: &str, of: &str, by: &str, how: Derived) {
        self.used(by, of);
        let mut attributes =
            json!({ "prov:generatedEntity": from, "prov:usedEntity": of, "prov:activity": by });
        match how {
            Derived::Plainly => {}
            Derived::AsRevision => attributes["prov:type"] = name("prov:Revision"),
            Derived::FromPrimarySource => attributes["prov:type"] = name("prov:PrimarySource"),
        }
        self.relation("wasDerivedFrom", attributes);
    }

    /// What one entry records is derived from what another records.
    fn follows(&mut self, later: Sequence, earlier: Sequence, how: Derived) {
        if self.times.contains_key(&earlier) && later != earlier {
            self.derived(&entry(later), &entry(earlier), &deed(later), how);
        }
    }

    fn generated(&mut self, entity: &str, by: &str, at: Option<&str>) {
        let mut attributes = json!({ "prov:entity": entity, "prov:activity": by });
        if let Some(at) = at {
            attributes["prov:time"] = json!(at);
        }
        self.relation("wasGeneratedBy", attributes);
    }

    fn invalidated(&mut self, entity: &str, by: Sequence) {
        let time = self.times.get(&by).cloned().unwrap_or_default();
        let attributes = json!({ "prov:entity": entity, "prov:activity": deed(by), "prov:time": time });
        self.relation("wasInvalidatedBy", attributes);
    }

    fn associated(&mut self, activity: &str, agent: &str, role: Option<&str>) {
        let mut attributes = json!({ "prov:activity": activity, "prov:agent": agent });
        if let Some(role) = role {
            attributes["prov:role"] = json!(role);
        }
        self.relation("wasAssociatedWith", attributes);
    }

    fn actor(&mut self, id: &str) -> String {
        let agent = format!("actor:{id}");
        let attributes = json!({
            "prov:label": id, "prov:type": name("ledger:actor"), "ledger:authenticated": false,
        });
        self.thing("agent", &agent, attributes);
        agent
    }

    fn itself(&mut self) -> String {
        self.thing(
            "agent",
            ITSELF,
            json!({ "prov:label": "the ledger", "prov:type": name("prov:SoftwareAgent") }),
        );
        ITSELF.to_owned()
    }

    fn entry(&mut self, step: &EntryStep) {
        let (entity, activity) = (entry(step.sequence), deed(step.sequence));
        let time = step.time.to_string();
        let kind = name(&format!("ledger:{}", step.event));
        let attributes = json!({
            "prov:type": kind, "prov:label": format!("{}: {}", step.event, step.summary),
            "ledger:subject": step.subject, "ledger:blake3": step.hash,
            "ledger:recordedTime": typed(step.recorded_time, "dateTime"),
            "ledger:validFrom": typed(step.valid_from, "date"),
        });
        self.thing("entity", &entity, attributes);
        let deed = json!({ "prov:type": kind, "prov:startTime": time, "prov:endTime": time });
        self.thing("activity", &activity, deed);
        self.generated(&entity, &activity, Some(&time));
        let agent = if step.asserted { self.actor(&step.author) } else { self.itself() };
        self.associated(&activity, &agent, None);
        for document in &step.documents {
            let id = format!("document:{}", document.commitment);
            let attributes = json!({
                "prov:type": name("ledger:document"), "ledger:bytes": document.bytes,
                "ledger:mediaType": document.media_type,
            });
            self.thing("entity", &id, attributes);
            self.derived(&entity, &id, &activity, Derived::Plainly);
            if let Some(erased) = &document.erased {
                self.invalidated(&id, erased.entry);
            }
        }
    }

    /// The overall rating, and the activity that derived it by the method.
    fn derivation(&mut self, explanation: &Explanation) {
        let itself = self.itself();
        let activity = json!({
            "prov:type": name("ledger:derivation"), "ledger:asOf": typed(explanation.as_of, "date"),
            "ledger:knownAt": explanation.known_at, "ledger:notice": explanation.notices,
            "ledger:ownChoice": explanation.own_choices, "ledger:remark": explanation.remarks,
        });
        self.thing("activity", DERIVATION, without_empty(activity));
        let mut association = json!({ "prov:activity": DERIVATION, "prov:agent": itself });
        if let Some(framework) = &explanation.framework {
            let plan = format!("method:{framework}");
            self.thing("entity", &plan, json!({ "prov:type": name("prov:Plan"), "prov:label": framework }));
            association["prov:plan"] = json!(plan);
            if let Some(adopted) = explanation.adopted {
                self.derived(&plan, &entry(adopted), DERIVATION, Derived::Plainly);
            }
        }
        self.relation("wasAssociatedWith", association);
        let caveats: Vec<&str> = explanation.caveats.iter().map(|caveat| caveat.words()).collect();
        let overall = json!({
            "prov:type": name("ledger:overall"), "prov:label": explanation.subject, "ledger:status": explanation.status,
            "ledger:rating": explanation.rating, "ledger:percent": explanation.percent,
            "ledger:basis": explanation.basis, "ledger:caveat": caveats,
            "ledger:calculation": spelled(explanation.calculation.as_ref()),
        });
        self.derive("derived:overall", without_empty(overall));
        if let Some(result) = explanation.result {
            self.derived("derived:overall", &entry(result), DERIVATION, Derived::Plainly);
        }
    }

    fn derive(&mut self, id: &str, attributes: Value) {
        self.thing("entity", id, attributes);
        self.generated(id, DERIVATION, None);
    }

    fn theme(&mut self, theme: &ThemeStep) {
        let id = format!("derived:theme.{}", theme.id);
        let attributes = json!({
            "prov:type": name("ledger:theme"), "prov:label": theme.name, "ledger:rating": theme.rating,
            "ledger:percent": theme.percent, "ledger:calculation": spelled(theme.calculation.as_ref()),
        });
        self.derive(&id, without_empty(attributes));
        self.derived("derived:overall", &id, DERIVATION, Derived::Plainly);
        theme.statements.iter().for_each(|statement| self.statement(&id, statement));
    }

    fn statement(&mut self, theme: &str, statement: &StatementStep) {
        let Some((score, result)) = statement.score.zip(statement.result) else { return };
        let id = format!("derived:statement.{}", statement.statement);
        let mapped =
            statement.mapped_from.as_ref().map(|from| format!("{} {}", from.framework, from.statement));
        let attributes = json!({
            "prov:type": name("ledger:statement"), "prov:label": statement.name, "ledger:score": score,
            "ledger:carriedForward": statement.carried_forward, "ledger:mappedFrom": mapped,
            "ledger:calculation": spelled(statement.calculation.as_ref()),
        });
        self.derive(&id, without_empty(attributes));
        self.derived(theme, &id, DERIVATION, Derived::Plainly);
        self.derived(&id, &entry(result), DERIVATION, Derived::Plainly);
        let gave = statement.given.iter().map(|given| given.entry).chain(statement.entry);
        for at in gave.collect::<BTreeSet<Sequence>>() {
            self.derived(&id, &entry(at), DERIVATION, Derived::Plainly);
        }
        for given in &statement.given {
            self.given(given, result);
        }
    }

    fn given(&mut self, given: &GivenStep, result: Sequence) {
        if given.entry < result {
            self.follows(result, given.entry, Derived::Plainly);
        }
        for pair in given.steps.windows(2) {
            let moved = pair[0].score != pair[1].score || pair[1].deed == ScoreDeed::Changed;
            let how = if moved { Derived::AsRevision } else { Derived::Plainly };
            self.follows(pair[1].entry, pair[0].entry, how);
        }
        for step in &given.steps {
            self.step(step);
        }
        let rests = given.steps.iter().rfind(|step| step.deed != ScoreDeed::Moderated);
        if let Some(step) = rests {
            given.evidence.iter().for_each(|item| self.follows(step.entry, *item, Derived::Plainly));
        }
    }

    fn step(&mut self, step: &ScoreStep) {
        if let Some(decision) = step.decision {
            self.follows(step.entry, decision, Derived::Plainly);
        }
        for member in &step.panel {
            let agent = self.actor(member.as_str());
            self.associated(&deed(step.entry), &agent, Some("panel"));
        }
    }

    fn evidence(&mut self, item: &EvidenceStep) {
        if let Some(request) = item.answers {
            self.used(&deed(item.entry), &entry(request));
        }
        if let Some(ledger_core::assessment::event::EvidenceResult::PartnerResult { entry: result }) =
            item.result
        {
            self.follows(item.entry, result, Derived::Plainly);
        }
        if let Some(shared) = item.shared {
            self.follows(shared, item.entry, Derived::Plainly);
        }
        for correction in &item.corrections {
            self.follows(correction.entry, item.entry, Derived::AsRevision);
        }
        if let Some(withdrawn) = item.withdrawn {
            self.invalidated(&entry(item.entry), withdrawn);
        }
    }

    fn result(&mut self, result: &ResultStep) {
        if let Some(replaced) = result.replaces {
            self.follows(result.entry, replaced, Derived::AsRevision);
        }
        if let Some(source) = result.transcription.as_ref().and_then(|step| step.source.as_ref()) {
            let id = format!("source:{}", result.entry);
            let location = typed(source, "anyURI");
            self.thing(
                "entity",
                &id,
                json!({ "prov:type": name("ledger:source"), "prov:location": location }),
            );
            self.derived(&entry(result.entry), &id, &deed(result.entry), Derived::FromPrimarySource);
        }
        for correction in &result.corrections {
            self.follows(correction.entry, result.entry, Derived::AsRevision);
            correction.decision.iter().for_each(|at| self.follows(correction.entry, *at, Derived::Plainly));
        }
        for review in &result.reviews {
            self.follows(review.entry, review.result, Derived::Plainly);
            review.decision.iter().for_each(|at| self.follows(*at, review.entry, Derived::Plainly));
        }
        if let Some(assessment) = &result.assessment {
            self.follows(result.entry, assessment.findings, Derived::Plainly);
            self.follows(assessment.findings, assessment.opened, Derived::Plainly);
            self.assessment(assessment);
        }
    }

    fn assessment(&mut self, assessment: &AssessmentStep) {
        assessment.trigger.iter().for_each(|at| self.follows(assessment.opened, *at, Derived::Plainly));
        for draft in &assessment.drafts {
            self.follows(assessment.findings, draft.entry, Derived::Plainly);
            self.follows(draft.entry, assessment.opened, Derived::Plainly);
            draft.extended.iter().for_each(|at| self.follows(*at, draft.entry, Derived::Plainly));
            draft.confirmed.iter().for_each(|one| self.follows(one.entry, draft.entry, Derived::Plainly));
        }
        for challenge in &assessment.challenges {
            self.follows(challenge.entry, challenge.draft, Derived::Plainly);
            challenge.decision.iter().for_each(|at| self.follows(*at, challenge.entry, Derived::Plainly));
        }
    }

    fn spelled(self) -> String {
        let mut document = Map::new();
        document.insert("prefix".to_owned(), Value::Object(self.prefixes));
        for (kind, things) in self.things {
            document.insert(kind.to_owned(), Value::Object(things));
        }
        for (kind, relations) in self.relations {
            let named =
                (1..).zip(relations).map(|(number, relation)| (format!("_:{kind}{number}"), relation));
            document.insert(kind.to_owned(), Value::Object(named.collect()));
        }
        format!("{:#}\n", Value::Object(document))
    }
}

/// A calculation's lines.
fn spelled(calculation: Option<&Calculation>) -> &[String] {
    calculation.map_or(&[], |calculation| &calculation.spelled)
}

/// Attributes with a value: PROV-JSON has no null and no empty list.
fn without_empty(attributes: Value) -> Value {
    let Value::Object(fields) = attributes else { return attributes };
    Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null() && *value != json!([])).collect())
}
