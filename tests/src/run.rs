//! Runs rule tables, plainly or reopening the ledger before every row, and counts what the rows showed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::ClockKind;
use ledger_core::assessment::{Rejection, Request};
use ledger_core::values::{Sequence, Timestamp};
use ledger_core::{Receipt, shipped};
use serde_json::Value;

use crate::table::{Action, Check, Scenario, Step, Tables, Then};
use crate::time::instant;
use crate::world::{Envelope, Outcome, World, missing_document};

/// How often something occurs in the rows.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Rows that record each event.
    pub events: BTreeMap<String, usize>,
    /// Rows that give each command and have it recorded.
    pub commands: BTreeMap<String, usize>,
    /// Commands that some row refuses for its role.
    pub roles: BTreeMap<String, usize>,
    /// A request of each command that a row recorded.
    pub samples: BTreeMap<String, Request>,
    /// The first event of each command, with the commands.
    pub written: BTreeMap<String, BTreeSet<String>>,
    /// The further events of commands, with the commands.
    pub consequences: BTreeMap<String, BTreeSet<String>>,
    /// Rows that meet each rejection.
    pub rejections: BTreeMap<String, usize>,
    /// Pairs of faults of which the first is reported.
    pub precedence: BTreeSet<(String, String)>,
    /// All rows.
    pub rows: usize,
    /// Scenarios.
    pub scenarios: usize,
}

/// The tables in `tests/rules`.
pub fn tables() -> Tables {
    Tables::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("rules"))
}

/// Runs every scenario once plainly and adds up what its rows showed. Panics at the first that fails.
pub fn coverage(tables: &Tables) -> Coverage {
    let mut coverage = Coverage::default();
    for scenario in &tables.scenarios {
        run(tables, scenario, false, &mut coverage).unwrap_or_else(|what| panic!("{what}"));
    }
    coverage
}

/// Runs a scenario and returns the log it leaves, or where and how it went otherwise.
pub fn run(
    tables: &Tables,
    scenario: &Scenario,
    reopening: bool,
    coverage: &mut Coverage,
) -> Result<Vec<Vec<u8>>, String> {
    let mut run = Run::new(tables, reopening, coverage);
    run.coverage.scenarios += 1;
    run.steps(scenario).map_err(|what| format!("{} {}\n{what}", scenario.place, scenario.name))?;
    match run.expects {
        Some(code) => Err(format!("{}: a row after the last must meet {code} alone", scenario.place)),
        None => Ok(run.world.log()),
    }
}

/// A world in which the steps of a fixture were taken.
pub fn prepared(fixture: &str) -> World {
    lived(&tables(), fixture).0
}

/// A world in which the steps of a fixture of these tables were taken, and the entries they labelled.
pub fn lived(tables: &Tables, fixture: &str) -> (World, BTreeMap<String, Sequence>) {
    let fixture = tables.fixture(fixture).unwrap_or_else(|| panic!("no fixture '{fixture}'"));
    let mut coverage = Coverage::default();
    let mut run = Run::new(tables, false, &mut coverage);
    run.steps(fixture).unwrap_or_else(|what| panic!("{what}"));
    (run.world, run.labels)
}

struct Run<'a> {
    tables: &'a Tables,
    world: World,
    labels: BTreeMap<String, Sequence>,
    reopening: bool,
    /// The rejection that the next row must meet, its first fault gone.
    expects: Option<String>,
    coverage: &'a mut Coverage,
    /// The entries of the last row.
    last: Vec<Value>,
}

impl<'a> Run<'a> {
    fn new(tables: &'a Tables, reopening: bool, coverage: &'a mut Coverage) -> Self {
        Run {
            tables,
            world: World::new(),
            labels: BTreeMap::new(),
            reopening,
            expects: None,
            coverage,
            last: Vec::new(),
        }
    }

    fn steps(&mut self, scenario: &Scenario) -> Result<(), String> {
        for step in &scenario.steps {
            match step {
                Step::At(time) => {
                    let at = instant(time);
                    if at < self.world.now() {
                        return Err(format!("{time} lies before {}", self.world.now()));
                    }
                    self.world.set_time(at);
                }
                Step::Fixture(line, name) => {
                    let fixture = self.tables.fixture(name);
                    let fixture = fixture.ok_or_else(|| format!("line {line}: no fixture '{name}'"))?;
                    self.steps(fixture)?;
                }
                Step::Given(action, label) => {
                    let receipt = self.given(action, &action.data)?;
                    if let Some(label) = label {
                        self.label(label, receipt.entries[0].sequence)?;
                    }
                }
                Step::Each(framework, scores, action) => self.each(framework, scores, action)?,
                Step::Row(action, then, checks) => self.row(action, then, checks).map_err(|what| {
                    format!("line {}: {} {}\n{what}", action.line, action.actor, action.command)
                })?,
            }
        }
        Ok(())
    }

    fn label(&mut self, label: &str, sequence: Sequence) -> Result<(), String> {
        match self.labels.insert(label.to_owned(), sequence) {
            Some(_) => Err(format!("${label} is given twice")),
            None => Ok(()),
        }
    }

    fn each(&mut self, framework: &str, scores: &[u32], action: &Action) -> Result<(), String> {
        for (index, statement) in statements(framework).iter().enumerate() {
            let score = scores.get(index).copied().unwrap_or(3).to_string();
            let data = action.data.replace("<statement>", statement).replace("<score>", &score);
            self.given(action, &data)?;
        }
        Ok(())
    }

    /// A step that must be recorded.
    fn given(&mut self, action: &Action, data: &str) -> Result<Receipt, String> {
        match self.act(action, data)? {
            Outcome::Recorded(receipt) => {
                self.remember_causes(action, &receipt);
                Ok(receipt)
            }
            other => Err(format!("line {}: given, but not done: {other:?}", action.line)),
        }
    }

    fn remember_causes(&mut self, action: &Action, receipt: &Receipt) {
        for (at, entry) in receipt.entries.iter().enumerate() {
            let coverage = &mut *self.coverage;
            let map = if at == 0 { &mut coverage.written } else { &mut coverage.consequences };
            map.entry(name_of(entry.event_type)).or_default().insert(action.command.clone());
        }
        if let Some(request) = self.world.last_request() {
            self.coverage.samples.insert(request.command.name().to_owned(), request.clone());
        }
    }

    /// Gives the command and moves the clock on.
    fn act(&mut self, action: &Action, data: &str) -> Result<Outcome, String> {
        if action.command == "log.found" {
            let clock = if data.contains("system") { ClockKind::System } else { ClockKind::Simulated };
            self.world.found(&action.actor, clock);
            let hash = self.world.head().hash;
            let entry = self.world.entry(Sequence::new(0));
            self.world.pass_a_minute();
            return Ok(Outcome::Recorded(founding_receipt(&entry, hash)));
        }
        let envelope = self.envelope(action)?;
        let text = self.substituted(data)?;
        // A line of a table is not parsed before the ledger does: what it holds may be malformed on purpose.
        let shell = self.world.line(&action.actor, &action.command, &action.subject, Value::Null, &envelope);
        let line = shell.to_string().replacen("\"data\":null", &format!("\"data\":{text}"), 1);
        let outcome = self.world.submit(line.as_bytes());
        self.world.pass_a_minute();
        Ok(outcome)
    }

    fn envelope(&self, action: &Action) -> Result<Envelope, String> {
        let mut envelope = Envelope::default();
        for (key, value) in &action.envelope {
            match key.as_str() {
                "time" => envelope.time = Some(instant(value)),
                "recorded" if value == "none" => envelope.recorded_time = Some(None),
                "recorded" => envelope.recorded_time = Some(Some(instant(value))),
                "expect" => {
                    let (subject, version) = value.split_once(' ').ok_or("'expect SUBJECT N' expected")?;
                    let version = version.parse().map_err(|_| "a version expected")?;
                    envelope.expected.push((subject.to_owned(), version));
                }
                "id" => envelope.id = Some(self.id(value)?),
                other => return Err(format!("'{other}' is no part of the envelope")),
            }
        }
        Ok(envelope)
    }

    fn id(&self, value: &str) -> Result<String, String> {
        if let Some(label) = value.strip_prefix("of $") {
            let sequence = *self.labels.get(label).ok_or_else(|| format!("no label ${label}"))?;
            return Ok(self.event_id(sequence));
        }
        if let Some(time) = value.strip_prefix("at ") {
            return Ok(ledger_core::log::CommandId::from_parts(instant(time), [9; 10]).to_string());
        }
        Ok(value.to_owned())
    }

    fn event_id(&self, sequence: Sequence) -> String {
        self.world.entry(sequence)["id"].as_str().unwrap_or_default().to_owned()
    }

    fn row(&mut self, action: &Action, then: &Then, checks: &[Check]) -> Result<(), String> {
        if self.reopening && action.command != "log.found" {
            self.world.reopen();
        }
        self.coverage.rows += 1;
        let before = (action.command != "log.found").then(|| self.world.head());
        let outcome = self.act(action, &action.data)?;
        let unchanged = before == Some(self.world.head());
        if let Some(code) = self.expects.take()
            && !matches!(then, Then::Rejected(now, _) if *now == code)
        {
            return Err(format!("the row before says that this one meets {code}"));
        }
        match (then, outcome) {
            (Then::Events(expected), Outcome::Recorded(receipt)) => {
                self.recorded(action, expected, &receipt)?;
            }
            (Then::Rejected(code, over), Outcome::Rejected(rejection)) => {
                if *code != rejection.code() {
                    return Err(format!("rejected {}: {rejection}\nexpected {code}", rejection.code()));
                }
                self.rejected(action, code, over.as_deref())?;
            }
            (Then::Malformed(part), Outcome::Malformed(message)) if message.contains(part.as_str()) => {}
            (Then::SameReceipt, Outcome::Recorded(receipt)) if receipt.repeated => {}
            (then, outcome) => return Err(format!("expected {then:?}\nbut {outcome:?}")),
        }
        if !matches!(then, Then::Events(_)) && !unchanged {
            return Err("the log changed although nothing was recorded".to_owned());
        }
        checks.iter().try_for_each(|check| self.check(check))
    }

    fn recorded(
        &mut self,
        action: &Action,
        expected: &[(String, Option<String>)],
        receipt: &Receipt,
    ) -> Result<(), String> {
        let names: Vec<String> = receipt.entries.iter().map(|entry| name_of(entry.event_type)).collect();
        let wanted: Vec<&String> = expected.iter().map(|(name, _)| name).collect();
        if receipt.repeated || names.iter().ne(wanted.iter().copied()) {
            return Err(format!("recorded {names:?}\nexpected {wanted:?}"));
        }
        self.remember_causes(action, receipt);
        *self.coverage.commands.entry(action.command.clone()).or_default() += 1;
        for name in names.iter().collect::<BTreeSet<_>>() {
            *self.coverage.events.entry(name.clone()).or_default() += 1;
        }
        self.last = receipt.entries.iter().map(|entry| self.world.entry(entry.sequence)).collect();
        for (entry, (_, label)) in receipt.entries.iter().zip(expected) {
            if let Some(label) = label {
                self.label(label, entry.sequence)?;
            }
        }
        Ok(())
    }

    fn rejected(&mut self, action: &Action, code: &str, over: Option<&str>) -> Result<(), String> {
        let place = |code: &str| Rejection::CODES.iter().position(|(known, _)| *known == code);
        *self.coverage.rejections.entry(code.to_owned()).or_default() += 1;
        if code == "role_missing" {
            *self.coverage.roles.entry(action.command.clone()).or_default() += 1;
        }
        let Some(over) = over else { return Ok(()) };
        match (place(code), place(over)) {
            (Some(first), Some(second)) if first < second => {}
            _ => return Err(format!("{code} does not stand before {over} in the list")),
        }
        self.coverage.precedence.insert((code.to_owned(), over.to_owned()));
        self.expects = Some(over.to_owned());
        Ok(())
    }

    fn check(&self, check: &Check) -> Result<(), String> {
        let expected = self.substituted(&check.holds)?;
        let expected: Value =
            serde_json::from_str(&expected).map_err(|error| format!("{error} in {expected}"))?;
        let named = |entry: &&Value| name_of(entry["type"].as_str().unwrap_or("")) == check.event;
        let found: Vec<&Value> = self
            .last
            .iter()
            .filter(named)
            .map(|entry| if check.attributes { entry } else { &entry["data"] })
            .collect();
        if found.iter().any(|found| holds(found, &expected)) {
            return Ok(());
        }
        Err(format!("{} holds {found:?}\nexpected {expected}", check.event))
    }

    /// The text with labels, documents and shipped data in their places.
    fn substituted(&self, text: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '@', '%', '<']) {
            let (plain, from) = rest.split_at(at);
            out.push_str(plain);
            let quoted = plain.ends_with('"');
            rest = match from.as_bytes()[0] {
                b'$' => self.put_label(from, &mut out)?,
                b'@' => self.put_document(from, quoted, &mut out),
                b'%' => put_shipped(from, &mut out)?,
                _ => self.put_list(from, &mut out)?,
            };
        }
        out.push_str(rest);
        Ok(out)
    }

    fn put_label<'t>(&self, from: &'t str, out: &mut String) -> Result<&'t str, String> {
        let (label, rest) = word(&from[1..]);
        let sequence = *self.labels.get(label).ok_or_else(|| format!("no label ${label}"))?;
        match rest.strip_prefix(".id") {
            Some(rest) => {
                out.push_str(&self.event_id(sequence));
                Ok(rest)
            }
            None => {
                out.push_str(&sequence.to_string());
                Ok(rest)
            }
        }
    }

    fn put_document<'t>(&self, from: &'t str, quoted: bool, out: &mut String) -> &'t str {
        let (document, rest) = match from.strip_prefix("@!") {
            Some(missing) => {
                let (name, rest) = word(missing);
                (missing_document(name), rest)
            }
            None => {
                let (name, rest) = word(&from[1..]);
                (self.world.document(name), rest)
            }
        };
        match quoted {
            true => out.push_str(document["commitment"].as_str().unwrap_or_default()),
            false => out.push_str(&document.to_string()),
        }
        rest
    }

    fn put_list<'t>(&self, from: &'t str, out: &mut String) -> Result<&'t str, String> {
        let (inside, rest) = from[1..].split_once('>').ok_or("a closing > expected")?;
        if let Some(framework) = inside.strip_prefix("statements ") {
            out.push_str(&serde_json::to_string(&statements(framework)).unwrap_or_default());
        } else if let Some(repeat) = inside.strip_prefix("repeat ") {
            let (count, text) = repeat.split_once(' ').ok_or("'<repeat N X>' expected")?;
            let count = count.parse().map_err(|_| "a number expected")?;
            let text = self.substituted(text)?;
            out.push_str(&vec![text; count].join(","));
        } else {
            return Err(format!("<{inside}> stands for nothing"));
        }
        Ok(rest)
    }
}

fn word(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(text.len());
    text.split_at(end)
}

/// `ledger.score.assigned.v1` is `score.assigned`.
pub fn name_of(event_type: &str) -> String {
    event_type.trim_start_matches("ledger.").trim_end_matches(".v1").to_owned()
}

fn frameworks() -> Vec<Value> {
    let shipped = shipped::frameworks().unwrap_or_else(|error| panic!("{error}"));
    shipped.iter().map(|f| serde_json::to_value(&f.framework).unwrap_or_default()).collect()
}

fn framework(id: &str) -> Value {
    let found = frameworks().into_iter().find(|framework| framework["id"] == id);
    found.unwrap_or_else(|| panic!("no framework {id} ships"))
}

/// The statements of a shipped framework, in printed order.
pub fn statements(id: &str) -> Vec<String> {
    let framework = framework(id);
    let themes = framework["themes"].as_array().into_iter().flatten();
    let statements = themes.flat_map(|theme| theme["statements"].as_array().into_iter().flatten());
    statements.filter_map(|statement| statement["id"].as_str().map(str::to_owned)).collect()
}

/// `%FRAMEWORK`, `%FRAMEWORK+{...}`, `%calendar` or `%risk-policy`.
fn put_shipped<'t>(from: &'t str, out: &mut String) -> Result<&'t str, String> {
    let text = &from[1..];
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '/').unwrap_or(text.len());
    let (id, rest) = text.split_at(end);
    let mut value = match id {
        "calendar" => shipped::holidays().map(|c| c.data().unwrap_or_default()).unwrap_or_default(),
        "risk-policy" => shipped::risk_policy().map(|c| c.data().unwrap_or_default()).unwrap_or_default(),
        id => framework(id),
    };
    let Some(changes) = rest.strip_prefix('+') else {
        out.push_str(&value.to_string());
        return Ok(rest);
    };
    let mut stream = serde_json::Deserializer::from_str(changes).into_iter::<Value>();
    let Some(Ok(Value::Object(replaced))) = stream.next() else {
        return Err(format!("fields expected after %{id}+"));
    };
    let rest = &changes[stream.byte_offset()..];
    if let Value::Object(fields) = &mut value {
        fields.extend(replaced);
    }
    out.push_str(&value.to_string());
    Ok(rest)
}

/// Whether `found` holds at least `expected`: objects field by field, everything else equal.
fn holds(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected.iter().all(|(key, value)| match value {
            // In a table, null says that the field is absent.
            Value::Null => !found.contains_key(key),
            value => found.get(key).is_some_and(|found| holds(found, value)),
        }),
        (found, expected) => found == expected,
    }
}

fn founding_receipt(entry: &Value, hash: ledger_core::values::Hash) -> Receipt {
    let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let recorded_time: Timestamp = text("recordedtime").parse().unwrap_or(Timestamp::EPOCH);
    let id = text("id").parse().unwrap_or_else(|error| panic!("{error}"));
    let written = ledger_core::Written {
        sequence: Sequence::new(0),
        hash,
        event_type: "ledger.log.founded.v1",
        subject: Subject::ledger(),
        subject_version: ledger_core::values::SubjectVersion::new(1).unwrap_or_default(),
    };
    Receipt { id, recorded_time, entries: vec![written], repeated: false }
}
