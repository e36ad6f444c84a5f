//! Explanations held against arithmetic, drawings and provenance that share no code with what makes them.
//!
//! [`arithmetic`] reads the lines that were printed and works each out again from the numbers in them; [`graph`] is a
//! small parser of the part of the DOT language that is written; [`provenance`] asks the Python package `prov`, an
//! implementation of W3C PROV by others, and [`prov_schema`] is the JSON Schema that comes with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::independent::{installed, python};

/// The bands as the guidance prints them.
const BANDS: [(&str, u64, u64); 4] =
    [("inadequate", 25, 38), ("requires improvement", 39, 62), ("good", 63, 87), ("outstanding", 88, 100)];

fn rank(rating: &str) -> Result<usize, String> {
    BANDS.iter().position(|band| band.0 == rating).ok_or_else(|| format!("'{rating}' is no rating"))
}

fn number(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("'{text}' is no number"))
}

fn parts<'t>(text: &'t str, separators: &[&str]) -> Result<Vec<&'t str>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    for separator in separators {
        let (part, after) =
            rest.split_once(separator).ok_or_else(|| format!("no '{separator}' in '{text}'"))?;
        found.push(part);
        rest = after;
    }
    found.push(rest);
    Ok(found)
}

fn agree<T: PartialEq + std::fmt::Debug>(what: &str, shown: T, worked_out: T) -> Result<(), String> {
    if shown == worked_out {
        Ok(())
    } else {
        Err(format!("{what}: shown {shown:?}, worked out {worked_out:?}"))
    }
}

/// What the lines of a calculation come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkedOut {
    /// The scores that were added up.
    pub scores: Vec<u64>,
    /// The percentage, where there is one.
    pub percent: Option<u64>,
    /// The rating, in words.
    pub rating: String,
    /// A statement's score, where the calculation is of one.
    pub score: Option<u64>,
    /// How many lines were worked out.
    pub lines: usize,
}

/// Works a calculation's lines out again, by the numbers in them alone. `scores` are those of the statements that a
/// limiter may name. Says what does not agree.
pub fn calculation(lines: &[String], scores: &BTreeMap<String, u64>) -> Result<WorkedOut, String> {
    let (first, rest) = lines.split_first().ok_or("no lines")?;
    let (second, rest) = rest.split_first().ok_or("one line alone")?;
    let mut out = match first.strip_prefix("key questions: ") {
        Some(counted) => key_questions(counted, second)?,
        None => percentage(first, second)?,
    };
    let unlimited = rank(&out.rating)?;
    let mut caps = unlimited;
    for line in rest {
        if let Some(limiter) = line.strip_prefix("limiter: band ") {
            caps = caps.min(limited(limiter, unlimited, scores)?);
        } else if let Some(limited) = line.strip_prefix("limited from ") {
            let both = parts(limited, &[" -> "])?;
            agree("the band before", rank(both[0])?, unlimited)?;
            agree("the lowest cap", rank(both[1])?, caps)?;
        } else if let Some((_, capped)) = line.split_once(": at most requires improvement, ") {
            let both = parts(capped, &[" before -> "])?;
            agree("the rating before the breach", rank(both[0])?, caps)?;
            caps = caps.min(1);
            agree("the rating after the breach", rank(both[1])?, caps)?;
        } else {
            return Err(format!("a line of another kind: '{line}'"));
        }
    }
    out.rating = BANDS[caps].0.to_owned();
    out.lines = lines.len();
    Ok(out)
}

/// `3+2 = 5 of 2*4 = 8`, and `ceil(100*5/8) = 63 -> good (63 to 87)`.
fn percentage(added: &str, divided: &str) -> Result<WorkedOut, String> {
    let both = parts(added, &[" = ", " of ", "*4 = "])?;
    let scores: Vec<u64> = both[0].split('+').map(number).collect::<Result<_, _>>()?;
    if scores.iter().any(|score| !(1..=4).contains(score)) {
        return Err(format!("no scores: {added}"));
    }
    let (sum, count, maximum) = (number(both[1])?, number(both[2])?, number(both[3])?);
    agree("the sum", sum, scores.iter().sum())?;
    agree("the count", count, scores.len() as u64)?;
    agree("the maximum", maximum, 4 * count)?;
    let (formula, shown) = divided.split_once(" = ").ok_or_else(|| format!("no result in '{divided}'"))?;
    // The least whole number that is not below the share; or the one nearest to it, halves upwards.
    let share = if formula == format!("ceil(100*{sum}/{maximum})") {
        (0..=100).find(|percent| percent * maximum >= 100 * sum)
    } else if formula == format!("floor((200*{sum}+{maximum})/(2*{maximum}))") {
        (0..=100).rev().find(|percent| percent * 2 * maximum <= 200 * sum + maximum)
    } else {
        return Err(format!("the formula is not of these numbers: '{formula}'"));
    };
    let (shown, score) = match shown.split_once(", a score of ") {
        Some((shown, score)) => (shown, Some(number(score)?)),
        None => (shown, None),
    };
    let both = parts(shown, &[" -> ", " (", " to ", ")"])?;
    let share = share.ok_or("no share")?;
    agree("the percentage", number(both[0])?, share)?;
    let band = BANDS.iter().find(|band| (band.1..=band.2).contains(&share)).ok_or("no band")?;
    agree("the band", (both[1], number(both[2])?, number(both[3])?), *band)?;
    if let Some(score) = score {
        agree("the score of the band", score, rank(band.0)? as u64 + 1)?;
    }
    Ok(WorkedOut { scores, percent: Some(share), rating: band.0.to_owned(), score, lines: 2 })
}

/// `0 inadequate, 1 requires improvement, 4 good, 0 outstanding`, and `neither of these -> good`.
fn key_questions(counted: &str, because: &str) -> Result<WorkedOut, String> {
    let mut counts = BTreeMap::new();
    for part in counted.split(", ") {
        let (count, rating) = part.split_once(' ').ok_or_else(|| format!("no count in '{part}'"))?;
        counts.insert(rating, number(count)?);
    }
    let [bad, poor, good, best] = ["inadequate", "requires improvement", "good", "outstanding"]
        .map(|rating| counts.get(rating).copied());
    let (Some(bad), Some(poor), Some(good), Some(best)) = (bad, poor, good, best) else {
        return Err(format!("four counts expected: '{counted}'"));
    };
    agree("the number of key questions", bad + poor + good + best, 5)?;
    let expected = match (bad, poor, best) {
        (2.., _, _) => "two or more inadequate -> inadequate",
        (1, _, _) | (0, 2.., _) => {
            "one inadequate, or two or more requires improvement -> requires improvement"
        }
        (0, 0, 2..) => "two or more outstanding and the rest good -> outstanding",
        _ => "neither of these -> good",
    };
    agree("the rule", because, expected)?;
    let rating = expected.rsplit_once(" -> ").map(|(_, rating)| rating.to_owned()).unwrap_or_default();
    Ok(WorkedOut { scores: Vec::new(), percent: None, rating, score: None, lines: 2 })
}

/// `good with a score of at most 1 (safeguarding, consent) -> at most requires improvement`: the cap.
fn limited(limiter: &str, unlimited: usize, scores: &BTreeMap<String, u64>) -> Result<usize, String> {
    let both = parts(limiter, &[" with a score of at most ", " (", ") -> at most "])?;
    agree("the band that a limiter tests", rank(both[0])?, unlimited)?;
    let most = number(both[1])?;
    for statement in both[2].split(", ") {
        let score = scores.get(statement).ok_or_else(|| format!("no score of {statement} is shown"))?;
        if *score > most {
            return Err(format!("{statement} has {score} and sets off a limiter at {most}"));
        }
    }
    rank(both[3])
}

fn lines(calculation: &Value) -> Vec<String> {
    let spelled = calculation["spelled"].as_array().into_iter().flatten();
    spelled.filter_map(|line| line.as_str().map(str::to_owned)).collect()
}

fn words(rating: &Value) -> Option<String> {
    rating.as_str().map(|rating| rating.replace('-', " "))
}

/// Works every calculation of an explanation out again, from its JSON, and looks for each line in its text. Returns how
/// many lines there were, or what does not agree.
pub fn arithmetic(explanation: &Value, text: &str) -> Result<usize, String> {
    let mut found = 0;
    let mut all = Vec::new();
    for theme in explanation["themes"].as_array().into_iter().flatten() {
        let scores = statement_scores(theme, text, &mut found)?;
        let named: BTreeMap<String, u64> = scores.iter().cloned().collect();
        if !theme["calculation"].is_null() {
            let out = printed(&theme["calculation"], &named, text)?;
            agree("a theme's scores", out.scores, scores.iter().map(|(_, score)| *score).collect())?;
            agree("a theme's rating", words(&theme["rating"]), Some(out.rating))?;
            agree("a theme's percentage", theme["percent"].as_u64(), out.percent)?;
            found += out.lines;
        }
        all.extend(scores);
    }
    let calculation = &explanation["calculation"];
    if !calculation.is_null() {
        let out = printed(calculation, &all.iter().cloned().collect(), text)?;
        if out.percent.is_some() {
            agree("all scores", out.scores, all.iter().map(|(_, score)| *score).collect())?;
        }
        agree("the rating", words(&explanation["rating"]), Some(out.rating))?;
        agree("the percentage", explanation["percent"].as_u64(), out.percent)?;
        found += out.lines;
    }
    Ok(found)
}

/// The scores of a theme's statements, each worked out again where it comes from categories.
fn statement_scores(theme: &Value, text: &str, found: &mut usize) -> Result<Vec<(String, u64)>, String> {
    let mut scores = Vec::new();
    for statement in theme["statements"].as_array().into_iter().flatten() {
        let Some(score) = statement["score"].as_u64() else { continue };
        if !statement["calculation"].is_null() {
            let out = printed(&statement["calculation"], &BTreeMap::new(), text)?;
            agree("a statement's score", Some(score), out.score)?;
            let given = statement["given"].as_array().into_iter().flatten();
            let given: Vec<u64> = given.filter_map(|given| given["score"].as_u64()).collect();
            agree("the category scores", out.scores, given)?;
            *found += out.lines;
        } else if let Some([given]) = statement["given"].as_array().map(Vec::as_slice) {
            agree("a given score", Some(score), given["score"].as_u64())?;
        }
        scores.push((statement["statement"].as_str().unwrap_or_default().to_owned(), score));
    }
    Ok(scores)
}

fn printed(calculation: &Value, scores: &BTreeMap<String, u64>, text: &str) -> Result<WorkedOut, String> {
    let lines = lines(calculation);
    // A long line goes on below, further in; with all space as one, it is in the text as it is.
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    for line in &lines {
        if !text.contains(line) {
            return Err(format!("the text does not say '{line}'"));
        }
    }
    calculation_of(&lines, scores)
}

fn calculation_of(lines: &[String], scores: &BTreeMap<String, u64>) -> Result<WorkedOut, String> {
    calculation(lines, scores).map_err(|what| format!("{what}\n{}", lines.join("\n")))
}

/// A parsed drawing.
#[derive(Debug, Default)]
pub struct Graph {
    /// Nodes with their labels.
    pub nodes: BTreeMap<String, String>,
    /// Edges, from and to.
    pub edges: BTreeSet<(String, String)>,
    /// The label of the whole.
    pub label: String,
}

/// Parses a drawing: one statement a line, names and labels in quotes. Says which line is none.
pub fn graph(dot: &str) -> Result<Graph, String> {
    let mut graph = Graph::default();
    let body = dot.strip_prefix("digraph explanation {\n").and_then(|rest| rest.strip_suffix("}\n"));
    for line in body.ok_or("it is no digraph")?.lines() {
        let statement = line.strip_prefix("  ").and_then(|line| line.strip_suffix(';'));
        let statement = statement.ok_or_else(|| format!("'{line}' is no statement"))?;
        one(statement, &mut graph).map_err(|what| format!("{what}: {line}"))?;
    }
    Ok(graph)
}

fn one(statement: &str, graph: &mut Graph) -> Result<(), String> {
    if let Some(label) = statement.strip_prefix("label=") {
        graph.label = whole(label)?;
        return Ok(());
    }
    if !statement.starts_with('"') {
        let known = ["rankdir=RL", "labelloc=t", "node [fontname=\"sans-serif\", fontsize=10]"];
        return if known.contains(&statement) { Ok(()) } else { Err("an unknown statement".to_owned()) };
    }
    let (from, rest) = string(statement)?;
    if let Some(rest) = rest.strip_prefix(" -> ") {
        let (to, rest) = string(rest)?;
        if !rest.is_empty() {
            whole(
                rest.strip_prefix(" [label=").and_then(|rest| rest.strip_suffix(']')).ok_or("attributes")?,
            )?;
        }
        graph.edges.insert((from, to));
        return Ok(());
    }
    let attributes =
        rest.strip_prefix(" [label=").and_then(|rest| rest.strip_suffix(']')).ok_or("attributes")?;
    let (label, drawn) = string(attributes)?;
    let drawn = drawn.strip_prefix(", shape=").ok_or("a shape")?;
    let simple = drawn.bytes().all(|byte| byte.is_ascii_lowercase() || b", =".contains(&byte));
    if !simple || drawn.is_empty() {
        return Err("a shape and a style".to_owned());
    }
    graph.nodes.insert(from, label);
    Ok(())
}

fn whole(text: &str) -> Result<String, String> {
    match string(text)? {
        (label, "") => Ok(label),
        (_, rest) => Err(format!("'{rest}' after a string")),
    }
}

/// A string in quotes and what follows it.
fn string(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    if letters.next().is_none_or(|(_, letter)| letter != '"') {
        return Err("a string in quotes expected".to_owned());
    }
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                other => return Err(format!("the escape {other:?}")),
            },
            letter if letter.is_control() => return Err("a control character".to_owned()),
            letter => value.push(letter),
        }
    }
    Err("a string without an end".to_owned())
}

/// What the package `prov` found in these documents, in order: see `tests/prov/check.py`.
pub fn provenance(documents: &[String]) -> Vec<Value> {
    let scratch = tempfile::tempdir().expect("a directory");
    let files = documents.iter().enumerate().map(|(number, document)| {
        let file = scratch.path().join(format!("{number}.json"));
        std::fs::write(&file, document).expect("written");
        file
    });
    let files: Vec<PathBuf> = files.collect();
    let output = python("prov", "check.py").args(&files).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The JSON Schema of the W3C member submission PROV-JSON, as it comes with the package `prov`.
pub fn prov_schema() -> Value {
    let libraries =
        std::fs::read_dir(installed("prov").join("lib")).expect("a folder").filter_map(Result::ok);
    let inside = "site-packages/prov/tests/schemas/prov-json.schema.json";
    let file = libraries.map(|library| library.path().join(inside)).find(|file| file.exists());
    let file = file
        .unwrap_or_else(|| panic!("the package prov has no {inside}: install tests/prov/requirements.txt"));
    serde_json::from_str(&std::fs::read_to_string(file).expect("read")).expect("JSON")
}
