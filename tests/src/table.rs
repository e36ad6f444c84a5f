//! Rule tables: given, when, then, as text that a domain expert can read.
//!
//! ```text
//! # a comment
//! fixture an open assessment            steps under a name, for other scenarios
//! given an empty ledger                 takes over the steps of another fixture
//! given assessor-1: COMMAND SUBJECT {DATA} as $a
//! given each statement of FRAMEWORK [scored 3 2 1 ...]: ACTOR: COMMAND SUBJECT {DATA}
//!
//! scenario a score needs evidence
//! given an open assessment
//! at 2025-05-08T09:00 [London]          moves the clock; every step moves it on by a minute
//! when assessor-1 (time 2025-05-01T10:00): score.assign ics/E54000029 {DATA}
//! then rejected evidence_missing        the log is unchanged
//! then rejected A before B              two faults at once; the next row takes A away and meets B
//! then malformed not a score            the line is no command, and the message says this
//! then score.changed as $s, correction.recorded
//! then the same receipt                 nothing is added
//! and score.changed has {"score":3}     the event's data holds at least this
//! and score.changed carries {"authid":"system"}     so do the entry's attributes
//! ```
//!
//! In DATA, `$label` is the sequence number of a labelled entry and `$label.id` its event id; `@name` is a stored
//! document, `"@name"` its commitment, and `@!name` a document that was never stored; `%FRAMEWORK` is a shipped
//! framework, `%FRAMEWORK+{...}` the same with fields replaced, `%calendar` and `%risk-policy` the shipped ones;
//! `<statements FRAMEWORK>` a list of its statements; `<statement>` and `<score>` what `each` runs over;
//! `<repeat 3 X>` is `X,X,X`. In parentheses after the actor stand parts of the envelope: `time T`, `recorded T`,
//! `recorded none`, `id UUID`, `id of $label`, `id at T`, `expect SUBJECT N`. A line that begins with four spaces
//! continues the one before.

use std::path::Path;

/// A command given by an actor.
#[derive(Debug, Clone)]
pub struct Action {
    /// Line in its file.
    pub line: usize,
    /// Who gives it.
    pub actor: String,
    /// Parts of the envelope, each a key and the rest.
    pub envelope: Vec<(String, String)>,
    /// The command's name.
    pub command: String,
    /// Whose history.
    pub subject: String,
    /// The command's fields, before substitution.
    pub data: String,
}

/// What a row expects.
#[derive(Debug, Clone)]
pub enum Then {
    /// These events, in order, with labels.
    Events(Vec<(String, Option<String>)>),
    /// This rejection, and the one it stands before.
    Rejected(String, Option<String>),
    /// A decode error that says this.
    Malformed(String),
    /// The receipt given before.
    SameReceipt,
}

/// What an event of a row holds.
#[derive(Debug, Clone)]
pub struct Check {
    /// The event's name.
    pub event: String,
    /// Whether attributes of the entry are meant, and not its data.
    pub attributes: bool,
    /// JSON that it holds at least, before substitution.
    pub holds: String,
}

/// A step of a scenario.
#[derive(Debug, Clone)]
pub enum Step {
    /// Everything under that name.
    Fixture(usize, String),
    /// The clock moves there.
    At(String),
    /// A command that is recorded, and a label for its first entry.
    Given(Action, Option<String>),
    /// The same for each statement of a framework, with scores.
    Each(String, Vec<u32>, Action),
    /// A row.
    Row(Action, Then, Vec<Check>),
}

/// A fixture or scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// File name and line.
    pub place: String,
    /// Its name.
    pub name: String,
    /// Its steps.
    pub steps: Vec<Step>,
}

/// The tables of a folder.
#[derive(Debug, Default)]
pub struct Tables {
    /// Fixtures.
    pub fixtures: Vec<Scenario>,
    /// Scenarios, in order of file and line.
    pub scenarios: Vec<Scenario>,
}

impl Tables {
    /// Reads every `*.rules` of the folder. Panics with file and line on what it does not understand.
    pub fn read(folder: &Path) -> Tables {
        let listed = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
        let mut paths: Vec<_> = listed.filter_map(|item| item.ok().map(|item| item.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "rules"));
        paths.sort();
        let mut tables = Tables::default();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            tables.add(&file, &text);
        }
        tables
    }

    /// Adds what a text of that name says. Panics as [`Tables::read`] does.
    pub fn add(&mut self, file: &str, text: &str) {
        let mut into_fixtures = false;
        for (number, line) in joined(text) {
            let place = format!("{file}:{number}");
            let (word, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
            let rest = rest.trim();
            if word == "fixture" || word == "scenario" {
                into_fixtures = word == "fixture";
                let begun = Scenario { place, name: rest.to_owned(), steps: Vec::new() };
                if into_fixtures { &mut self.fixtures } else { &mut self.scenarios }.push(begun);
                continue;
            }
            let list = if into_fixtures { &mut self.fixtures } else { &mut self.scenarios };
            let current = list.last_mut().unwrap_or_else(|| panic!("{place}: a scenario expected first"));
            step(current, number, word, rest).unwrap_or_else(|what| panic!("{place}: {what}: {line}"));
        }
    }

    /// The fixture with this name.
    pub fn fixture(&self, name: &str) -> Option<&Scenario> {
        self.fixtures.iter().find(|fixture| fixture.name == name)
    }
}

/// Lines without comments, continuations joined, with the number of the first.
fn joined(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        match (line.strip_prefix("    "), lines.last_mut()) {
            (Some(more), Some((_, last))) => {
                last.push(' ');
                last.push_str(more.trim());
            }
            _ => lines.push((index + 1, line.trim_end().to_owned())),
        }
    }
    lines
}

fn step(scenario: &mut Scenario, line: usize, word: &str, rest: &str) -> Result<(), String> {
    let steps = &mut scenario.steps;
    match word {
        "at" => steps.push(Step::At(rest.to_owned())),
        "given" => steps.push(given(line, rest)?),
        "when" => {
            let (action, label) = action(line, rest)?;
            if label.is_some() {
                return Err("labels of a row stand in its then".to_owned());
            }
            steps.push(Step::Row(action, Then::SameReceipt, Vec::new()));
            // The line after says what is expected; a row without one is found when it runs.
        }
        "then" => match steps.last_mut() {
            Some(Step::Row(_, then, _)) => *then = expected(rest)?,
            _ => return Err("a then without a when".to_owned()),
        },
        "and" => match steps.last_mut() {
            Some(Step::Row(_, _, checks)) => checks.push(check(rest)?),
            _ => return Err("an and without a when".to_owned()),
        },
        other => return Err(format!("'{other}' begins no line")),
    }
    Ok(())
}

fn given(line: usize, rest: &str) -> Result<Step, String> {
    if let Some(each) = rest.strip_prefix("each statement of ") {
        let (over, rest) = each.split_once(": ").ok_or("a colon expected after what each runs over")?;
        let (framework, scores) = over.split_once(" scored ").unwrap_or((over, ""));
        let scores = scores.split_whitespace().map(|score| score.parse().map_err(|_| "a score expected"));
        let scores = scores.collect::<Result<_, _>>()?;
        return Ok(Step::Each(framework.to_owned(), scores, action(line, rest)?.0));
    }
    if rest.split_once(": ").is_none() {
        return Ok(Step::Fixture(line, rest.to_owned()));
    }
    let (action, label) = action(line, rest)?;
    Ok(Step::Given(action, label))
}

/// `ACTOR (ENVELOPE): COMMAND SUBJECT {DATA} as $label`.
fn action(line: usize, text: &str) -> Result<(Action, Option<String>), String> {
    let (who, what) = text.split_once(": ").ok_or("'ACTOR: COMMAND' expected")?;
    let (actor, envelope) = match who.split_once(" (") {
        None => (who, Vec::new()),
        Some((actor, inside)) => {
            let inside = inside.strip_suffix(')').ok_or("a closing parenthesis expected")?;
            let parts = inside.split("; ").filter_map(|part| part.split_once(' '));
            (actor, parts.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
        }
    };
    let (what, label) = match what.rsplit_once(" as $") {
        Some((what, label)) if !label.contains(['}', '"', ' ']) => (what, Some(label.to_owned())),
        _ => (what, None),
    };
    let mut words = what.trim().splitn(3, ' ');
    let mut next = || words.next().map(str::to_owned);
    let (Some(command), Some(subject)) = (next(), next()) else {
        return Err("'COMMAND SUBJECT {DATA}' expected".to_owned());
    };
    let data = next().unwrap_or_else(|| "{}".to_owned());
    Ok((Action { line, actor: actor.to_owned(), envelope, command, subject, data }, label))
}

fn expected(rest: &str) -> Result<Then, String> {
    if rest == "the same receipt" {
        return Ok(Then::SameReceipt);
    }
    if let Some(message) = rest.strip_prefix("malformed ") {
        return Ok(Then::Malformed(message.to_owned()));
    }
    if let Some(codes) = rest.strip_prefix("rejected ") {
        let (code, before) = match codes.split_once(" before ") {
            Some((code, before)) => (code, Some(before.to_owned())),
            None => (codes, None),
        };
        return Ok(Then::Rejected(code.to_owned(), before));
    }
    let events = rest.split(", ").map(|event| match event.split_once(" as $") {
        Some((name, label)) => (name.to_owned(), Some(label.to_owned())),
        None => (event.to_owned(), None),
    });
    Ok(Then::Events(events.collect()))
}

fn check(rest: &str) -> Result<Check, String> {
    let (event, rest) = rest.split_once(' ').ok_or("an event expected")?;
    let (verb, holds) = rest.split_once(' ').ok_or("'has' or 'carries' expected")?;
    let attributes = match verb {
        "has" => false,
        "carries" => true,
        _ => return Err("'has' or 'carries' expected".to_owned()),
    };
    Ok(Check { event: event.to_owned(), attributes, holds: holds.to_owned() })
}
