//! An explanation as a directed graph for Graphviz: arrows lead from what was used to what came of it.
//!
//! Kinds differ by shape and lines, never by colour alone, so that it can be printed. Deterministic: equal explanations
//! give equal bytes. Left out: layout, which is Graphviz's.

use ledger_core::values::Sequence;

use super::Explanation;
use super::arithmetic::{Calculation, words};
use super::parts::{EvidenceStep, GivenStep, ResultStep, ScoreDeed, StatementStep, ThemeStep};

/// The whole graph.
pub(super) fn dot(explanation: &Explanation) -> String {
    let mut graph = Graph { text: String::new() };
    graph.text.push_str("digraph explanation {\n");
    graph.text.push_str("  rankdir=RL;\n  node [fontname=\"sans-serif\", fontsize=10];\n");
    graph.text.push_str(&format!("  label={};\n  labelloc=t;\n", quoted(&title(explanation))));
    if explanation.result.is_some() {
        graph.overall(explanation);
    }
    explanation.themes.iter().for_each(|theme| graph.theme(theme));
    explanation.results.iter().for_each(|result| graph.result(result));
    explanation.evidence.iter().for_each(|item| graph.evidence(explanation, item));
    for withdrawn in &explanation.withdrawn {
        let label = format!("withdrawal\n{}\nfrom {}", withdrawn.entry, withdrawn.from);
        graph.node(&entry(withdrawn.entry), &label, "shape=octagon");
        graph.node(
            &entry(withdrawn.result),
            &format!("result\n{}", withdrawn.result),
            "shape=folder, style=dashed",
        );
        graph.edge(&entry(withdrawn.entry), &entry(withdrawn.result), "withdrew");
    }
    graph.text.push_str("}\n");
    graph.text
}

fn title(explanation: &Explanation) -> String {
    let notices: String = explanation.notices.iter().map(|notice| format!("{notice} - ")).collect();
    let name = explanation.name.as_ref().map_or(String::new(), |name| format!("{name}, "));
    let (as_of, known_at, head) = (explanation.as_of, &explanation.known_at, explanation.head);
    let asserted =
        if explanation.entries.iter().any(|entry| entry.asserted) { "\nactor not authenticated" } else { "" };
    format!(
        "{notices}{name}{}\nas of {as_of}, known at {known_at}: {} entries, {}{asserted}",
        explanation.subject, head.entries, head.hash
    )
}

/// A text as a quoted id or label.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

fn entry(sequence: Sequence) -> String {
    format!("entry/{sequence}")
}

fn calculated(calculation: Option<&Calculation>) -> String {
    let lines = calculation.iter().flat_map(|calculation| &calculation.spelled);
    lines.map(|line| format!("\n{line}")).collect()
}

struct Graph {
    text: String,
}

impl Graph {
    fn node(&mut self, id: &str, label: &str, drawn: &str) {
        self.text.push_str(&format!("  {} [label={}, {drawn}];\n", quoted(id), quoted(label)));
    }

    fn edge(&mut self, from: &str, to: &str, label: &str) {
        let label = if label.is_empty() { String::new() } else { format!(" [label={}]", quoted(label)) };
        self.text.push_str(&format!("  {} -> {}{label};\n", quoted(from), quoted(to)));
    }

    fn overall(&mut self, explanation: &Explanation) {
        let rating = explanation.rating.map_or("no rating".to_owned(), words);
        let remarks: String = explanation.remarks.iter().map(|remark| format!("\n{remark}")).collect();
        let caveats: String =
            explanation.caveats.iter().map(|one| format!("\nbut {}", one.words())).collect();
        let arithmetic = calculated(explanation.calculation.as_ref());
        self.node(
            "overall",
            &format!("overall: {rating}{arithmetic}{remarks}{caveats}"),
            "shape=doubleoctagon",
        );
        if let (Some(result), None) = (explanation.result, &explanation.calculation) {
            self.edge(&entry(result), "overall", "dates from");
        }
    }

    fn theme(&mut self, theme: &ThemeStep) {
        let id = format!("theme/{}", theme.id);
        let rating = theme.rating.map_or("no rating".to_owned(), words);
        let label = format!("{}\n{rating}{}", theme.name, calculated(theme.calculation.as_ref()));
        self.node(&id, &label, "shape=box");
        self.edge(&id, "overall", "");
        theme.statements.iter().for_each(|statement| self.statement(&id, statement));
    }

    fn statement(&mut self, theme: &str, statement: &StatementStep) {
        let id = format!("statement/{}", statement.statement);
        let score = statement.score.map_or("no score".to_owned(), |score| format!("score {score}"));
        let carried = if statement.carried_forward { "\ncarried forward" } else { "" };
        let arithmetic = calculated(statement.calculation.as_ref());
        let label = format!("{}\n{score}{carried}{arithmetic}", statement.name);
        self.node(&id, &label, "shape=box, style=rounded");
        self.edge(&id, theme, "");
        let mapped = statement.mapped_from.as_ref();
        let how =
            mapped.map_or(String::new(), |from| format!("mapped from {} {}", from.framework, from.statement));
        if let (Some(result), true) = (statement.result, statement.given.is_empty()) {
            let from = statement.entry.filter(|at| *at != result).unwrap_or(result);
            self.edge(&entry(from), &id, &how);
        }
        for given in &statement.given {
            self.edge(&entry(given.entry), &id, &how);
            self.given(given);
        }
    }

    fn given(&mut self, given: &GivenStep) {
        let category = given.category.as_ref().map_or(String::new(), |category| format!("\n{category}"));
        for step in &given.steps {
            let deed = match step.deed {
                ScoreDeed::Assigned => "assigned",
                ScoreDeed::Changed => "changed to",
                ScoreDeed::Moderated => "moderated",
            };
            let label = format!("{deed} {}{category}\n{}", step.score, step.entry);
            self.node(&entry(step.entry), &label, "shape=ellipse");
        }
        for pair in given.steps.windows(2) {
            self.edge(&entry(pair[0].entry), &entry(pair[1].entry), "");
        }
        let resting = given.steps.iter().rfind(|step| step.deed != ScoreDeed::Moderated);
        for (step, item) in
            resting.into_iter().flat_map(|step| given.evidence.iter().map(move |item| (step, item)))
        {
            self.edge(&entry(*item), &entry(step.entry), "");
        }
    }

    fn evidence(&mut self, explanation: &Explanation, item: &EvidenceStep) {
        let documents = explanation.entry_at(item.entry).map_or(&[][..], |entry| &entry.documents);
        let erased = documents.iter().filter_map(|document| document.erased.as_ref()).next();
        let erased = erased.map_or(String::new(), |erased| format!("\n{erased}"));
        let withdrawn = if item.withdrawn.is_some() { "\nwithdrawn" } else { "" };
        let whose = if item.subject == explanation.subject {
            String::new()
        } else {
            format!("\nof {}", item.subject)
        };
        let label = format!("evidence: {}\n{}{whose}{withdrawn}{erased}", item.category, item.entry);
        let drawn =
            if withdrawn.is_empty() && erased.is_empty() { "shape=note" } else { "shape=note, style=dashed" };
        self.node(&entry(item.entry), &label, drawn);
    }

    fn result(&mut self, result: &ResultStep) {
        let source = result.transcription.as_ref().and_then(|transcription| transcription.source.as_ref());
        let source = source.map_or(String::new(), |source| format!("\n{source}"));
        let label = format!("result of {}\n{}{source}", result.effective, result.entry);
        self.node(&entry(result.entry), &label, "shape=folder");
        for correction in &result.corrections {
            let about = correction.statement.as_ref().map_or(String::new(), |one| format!("\n{one}"));
            let field = crate::summary::spelled(&correction.field);
            let label = format!("correction of {field}{about}\n{}", correction.entry);
            self.node(&entry(correction.entry), &label, "shape=octagon");
            self.edge(&entry(result.entry), &entry(correction.entry), "");
        }
    }
}
