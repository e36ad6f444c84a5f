//! Golden answers: a small history with its questions answered by hand, in `tests/answers/two-clocks.txt`.
//!
//! The events go through the real rules into a real log; the register, one subject's own entries, and the naive model
//! all give the answers written there. They are never rewritten by the test.

use std::collections::BTreeMap;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::values::{Length, Sequence};
use ledger_tests::golden::root;
use ledger_tests::run::{lived, tables};
use replay::{AsOf, KnownAt, Log, Register, subject_register};
use serde_json::{Value, json};

use super::model::{Known, text};

const FILE: &str = "tests/answers/two-clocks.txt";

/// A table of questions.
struct Questions {
    /// The line it begins on.
    line: usize,
    /// The statement whose score is asked for; the overall rating without one.
    statement: Option<String>,
    subject: Subject,
    as_of: Vec<String>,
    /// A moment and the answers on each day.
    rows: Vec<(String, Vec<String>)>,
}

fn cells(line: &str) -> (String, Vec<String>) {
    let mut cells = line.split('|').map(|cell| cell.trim().to_owned());
    (cells.next().unwrap_or_default(), cells.collect())
}

/// The tables that follow the events in the file.
fn questions(text: &str) -> Vec<Questions> {
    let mut tables: Vec<Questions> = Vec::new();
    for (index, line) in
        text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let of_statement = line.strip_prefix("scores of ").and_then(|rest| rest.split_once(" of "));
        let begun = line.strip_prefix("questions about ").map(|subject| (None, subject));
        let begun = begun.or_else(|| of_statement.map(|(id, subject)| (Some(id.to_owned()), subject)));
        match (begun, tables.last_mut()) {
            (Some((statement, subject)), _) => tables.push(Questions {
                line: index + 1,
                statement,
                subject: subject.parse().expect("a subject"),
                as_of: Vec::new(),
                rows: Vec::new(),
            }),
            (None, Some(table)) if table.as_of.is_empty() => table.as_of = cells(line).1,
            (None, Some(table)) => table.rows.push(cells(line)),
            (None, None) => {} // The events.
        }
    }
    tables
}

/// A moment as written, with the sequence of a labelled entry in its place.
fn moment(text: &str, labels: &BTreeMap<String, Sequence>) -> String {
    let label =
        text.strip_prefix('$').map(|label| labels.get(label).unwrap_or_else(|| panic!("no label {text}")));
    label.map_or_else(|| text.to_owned(), ToString::to_string)
}

/// An answer as the tables write it.
fn shortly(answer: &Value, statement: Option<&str>, labels: &BTreeMap<String, Sequence>) -> String {
    let label = |entry: &Value| {
        let found = labels.iter().find(|(_, sequence)| sequence.to_string() == text(entry));
        found.map_or("", |(label, _)| label)
    };
    if let Some(statement) = statement {
        let mut statements = answer["statements"].as_array().into_iter().flatten();
        let scored = statements.find(|scored| scored["statement"] == statement);
        let said = scored.map(|scored| format!("{} {}", scored["score"], label(&scored["entry"])));
        return said.map_or_else(|| "-".to_owned(), |said| said.trim().to_owned());
    }
    let caveats = answer["caveats"].as_array().into_iter().flatten();
    let marks = caveats.map(|caveat| match text(caveat) {
        "under-review" => '?',
        "reassessment-triggered" => '^',
        "rests-on-withdrawn-evidence" => '~',
        _ => '!',
    });
    let marks: String = marks.collect();
    let said = match text(&answer["status"]) {
        "not-yet-assessed" => "-".to_owned(),
        "withdrawn" => "withdrawn".to_owned(),
        _ => {
            let rating = text(&answer["rating"]).replace("requires-improvement", "requires-imp.");
            let percent = answer["percent"].as_u64().map_or(String::new(), |percent| format!("{percent} "));
            format!("{percent}{rating} {}", label(&answer["result"]["sequence"]))
        }
    };
    format!("{said} {marks}").trim().to_owned()
}

fn quiet(_: Length, _: Length) {}

#[test]
fn the_answers_written_by_hand_are_given() {
    let text = std::fs::read_to_string(root().join(FILE)).expect("the file of answers");
    let events = text.split("\nquestions about").next().unwrap_or_default();
    let mut tables = tables();
    tables.add(FILE, events);
    let (world, labels) = lived(&tables, "two authorities");
    let entries: Vec<Value> =
        world.log().iter().map(|bytes| serde_json::from_slice(bytes).expect("JSON")).collect();
    let log = Log::over(world.ledger().store()).expect("a log");
    let today: Date = "2026-08-01".parse().expect("a date");
    let mut asked = 0;
    for table in questions(&text) {
        for (known, answers) in &table.rows {
            assert_eq!(answers.len(), table.as_of.len(), "{FILE}: the table of line {}: {known}", table.line);
            let known_at: KnownAt = moment(known, &labels).parse().expect("a moment");
            let length = usize::try_from(log.known(known_at).expect("read").0).expect("some");
            let ((whole,), _) = log.replayed::<(Register,)>(known_at, &mut quiet).expect("folded");
            let own = subject_register(&log, &table.subject, known_at, &mut quiet).expect("read");
            for (day, expected) in table.as_of.iter().zip(answers) {
                let as_of: AsOf = moment(day, &labels).parse().expect("a day");
                let as_of = log.day(as_of, today).expect("read");
                let answers = [
                    json!(whole.rating(&table.subject, as_of)),
                    json!(own.rating(&table.subject, as_of)),
                    Known(&entries[..length]).answer(table.subject.as_str(), &as_of.to_string()),
                ];
                for (by, answer) in
                    ["the register", "the subject's own entries", "the model"].iter().zip(answers)
                {
                    let said = shortly(&answer, table.statement.as_deref(), &labels);
                    let asked = format!("{} as of {day}, known at {known}", table.subject);
                    assert_eq!(said, *expected, "{FILE}, line {}: {asked}, by {by}", table.line);
                }
                asked += 1;
            }
        }
    }
    println!("{asked} questions answered by hand");
    assert!(asked > 150, "{asked} questions were found in {FILE}");
}
