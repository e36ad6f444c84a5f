//! The published record: 88 results of local authorities, transcribed, and each compared with what its scores give.

use std::path::Path;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::counts_from;
use ledger_core::shipped::{self, PublishedResult};
use ledger_core::values::{Sequence, Timestamp};
use replay::{KnownAt, Log, RatingAnswer, Register, Status};
use serde_json::{Value, json};

use super::stage::{Stage, first};
use crate::exit::Failure;
use crate::init;
use crate::output::{Out, Table, marks, or_dash};
use crate::wanted::{Needs, On, Wanted};

/// The day on which everything is recorded.
const DAY: &str = "2026-07-01";
/// The last day of the method by evidence categories.
const OLD_METHOD_ENDS: &str = "2025-06-29";
const SWINDON: &str = "local-authority/E06000030";
const BROMLEY: &str = "local-authority/E09000006";
/// Where Swindon's first result was reported, as the note of its row says.
const SWINDON_FIRST: &str = "https://feeds.bbci.co.uk/news/articles/c5yl8l5gr70o";

/// Makes the ledger, records the results, and prints the comparison.
pub fn run(dir: &Path, out: &mut Out) -> Result<(), Failure> {
    let mut stage = Stage::found(dir, "demo.example/published-results", false, DAY)?;
    for mark in marks(stage.session.founded()) {
        out.line(mark)?;
    }
    out.line("PUBLISHED RESULTS OF ENGLAND'S LOCAL AUTHORITIES, TRANSCRIBED AND REPLAYED")?;
    out.line(format!("  ledger  https://demo.example/published-results in {}", dir.display()))?;
    let session = init::defaults(stage.session, &"registrar-1".parse()?)?;
    stage.session = session;
    let head = stage.session.ledger.head();
    out.line(format!(
        "  {} entries: frameworks, bank holidays, risk policy, areas and their succession",
        head.length
    ))?;
    stage.enrol("analyst-1", "analyst", None)?;
    let rows = shipped::published_results()?;
    let recorded = stage.session.now();
    transcribe_all(&mut stage, &rows, recorded)?;
    let head = stage.session.ledger.head();
    out.line(format!(
        "  {} entries after transcribing {} results on {DAY}, each with its source",
        head.length,
        rows.len()
    ))?;
    surroundings(&mut stage, out)?;
    stage.session.close()?;
    out.line("")?;
    compare(dir, &rows, out)
}

/// Figure 20, and the context of the areas.
fn surroundings(stage: &mut Stage, out: &mut Out) -> Result<(), Failure> {
    let (definition, figures) = shipped::figure_20()?;
    let contexts = shipped::contexts()?;
    let (figure_count, context_count) = (figures.len(), contexts.len());
    let mut wanted = vec![Wanted::ready(Subject::national(), &definition)?];
    for (subject, command) in figures.into_iter().chain(contexts) {
        wanted.push(Wanted::ready(subject, &command)?);
    }
    stage.session.actor = Some("analyst-1".parse()?);
    stage.session.submit_all(wanted)?;
    out.line(format!(
        "  {figure_count} figures of figure 20, emergency admissions that waited over 12 hours, June 2023: regions and England"
    ))?;
    let head = stage.session.ledger.head();
    out.line(format!(
        "  {} entries after the context of {context_count} areas: population, and deprivation where it is known",
        head.length
    ))
}

fn transcribe_all(stage: &mut Stage, rows: &[PublishedResult], recorded: Timestamp) -> Result<(), Failure> {
    stage.session.actor = Some("analyst-1".parse()?);
    let plain = rows.iter().filter(|row| row.subject.as_str() != SWINDON && row.subject.as_str() != BROMLEY);
    let wanted: Result<Vec<Wanted>, Failure> =
        plain.map(|row| transcription(row.subject.as_str(), &result(row, recorded)?)).collect();
    stage.session.submit_all(wanted?)?;
    for row in rows {
        match row.subject.as_str() {
            SWINDON => swindon(stage, row, recorded)?,
            BROMLEY => bromley(stage, row, recorded)?,
            _ => {}
        }
    }
    Ok(())
}

fn transcription(subject: &str, data: &Value) -> Result<Wanted, Failure> {
    Wanted::new("rating.transcribe", On::Named(subject.to_owned()), data)
}

fn transcribe(stage: &mut Stage, subject: &str, data: &Value) -> Result<Sequence, Failure> {
    first(&stage.give("analyst-1", transcription(subject, data)?.needing(Needs::Nothing))?)
}

/// The fields of a row, under the method of the day it counts from.
fn result(row: &PublishedResult, recorded: Timestamp) -> Result<Value, Failure> {
    let old: Date = OLD_METHOD_ENDS.parse()?;
    let is_old = counts_from(row.date, Date::in_london(recorded)) <= old;
    Ok(json!({
        "kind": "result",
        "framework": if is_old { "local-authority/2023" } else { "local-authority/2025" },
        "phase": row.phase,
        "effective_from": row.date,
        "rating": row.rating,
        "percent": row.percent,
        "scores": row.scores,
        "source": row.source,
        "note": { "text": row.note },
    }))
}

/// First published as requires improvement at 62; good after a review by an independent team.
fn swindon(stage: &mut Stage, row: &PublishedResult, recorded: Timestamp) -> Result<(), Failure> {
    let before = transcribe(
        stage,
        SWINDON,
        &json!({
            "kind": "result", "framework": "local-authority/2025", "phase": row.phase, "effective_from": "2025",
            "rating": "requires-improvement", "percent": 62, "source": SWINDON_FIRST, "note": { "text": row.note },
        }),
    )?;
    transcribe(
        stage,
        SWINDON,
        &json!({
            "kind": "review-requested", "framework": "local-authority/2025", "phase": row.phase, "concerns": before,
            "source": row.source, "note": { "text": "When the review was asked for is not printed." },
        }),
    )?;
    let mut after = result(row, recorded)?;
    after["concerns"] = json!(before);
    transcribe(stage, SWINDON, &after).map(|_| ())
}

/// Published, then unpublished because of an error, and a review asked for.
fn bromley(stage: &mut Stage, row: &PublishedResult, recorded: Timestamp) -> Result<(), Failure> {
    let first = transcribe(stage, BROMLEY, &result(row, recorded)?)?;
    for kind in ["withdrawal", "review-requested"] {
        transcribe(
            stage,
            BROMLEY,
            &json!({
                "kind": kind, "framework": "local-authority/2025", "phase": row.phase, "concerns": first,
                "effective_from": "2026-02", "source": row.source, "note": { "text": row.note },
            }),
        )?;
    }
    Ok(())
}

/// What the log says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The scores give what was printed.
    Match,
    /// They give something else.
    Contradiction,
    /// Not every score was printed, or the result was withdrawn.
    Incomplete,
}

/// Compares what a source printed with what the log gives. The printed percentage is never computed with.
fn verdict(row: &PublishedResult, answer: &RatingAnswer) -> Verdict {
    if answer.status != Status::InForce || answer.basis != Some("derived") {
        return Verdict::Incomplete;
    }
    let percent_differs = row.percent.is_some() && row.percent != answer.percent;
    if row.rating != answer.rating || percent_differs { Verdict::Contradiction } else { Verdict::Match }
}

/// Reads the ledger again from its bytes and prints the comparison.
fn compare(dir: &Path, rows: &[PublishedResult], out: &mut Out) -> Result<(), Failure> {
    let log = Log::open(dir)?;
    let ((register,), head) = log.replayed::<(Register,)>(KnownAt::Now, &mut |_, _| {})?;
    let day: Date = DAY.parse()?;
    let mut table =
        Table::new(&["authority", "dated", "published", "%", "replayed", "%", "entry", "verdict"])
            .right(&[3, 5]);
    let mut totals = [0_usize; 3];
    for row in rows {
        let answer = register.rating(&row.subject, day);
        let verdict = verdict(row, &answer);
        let derived = verdict != Verdict::Incomplete;
        let said = match (verdict, answer.status) {
            (Verdict::Match, _) => "match",
            (Verdict::Contradiction, _) => "CONTRADICTION",
            (Verdict::Incomplete, Status::Withdrawn) => "incomplete (withdrawn)",
            (Verdict::Incomplete, _) => "incomplete",
        };
        totals[verdict as usize] += 1;
        table.row([
            row.authority.clone(),
            or_dash(row.date),
            or_dash(row.rating),
            or_dash(row.percent),
            or_dash(answer.rating.filter(|_| derived)),
            or_dash(answer.percent.filter(|_| derived)),
            or_dash(answer.result.as_ref().map(|result| result.sequence)),
            said.to_owned(),
        ]);
    }
    out.table(&table)?;
    let [matches, contradictions, incomplete] = totals;
    out.line(format!(
        "{} results: {matches} match, {contradictions} contradictions, {incomplete} incomplete (scores not all printed, or withdrawn)",
        rows.len()
    ))?;
    out.line(format!("head {head}"))
}
