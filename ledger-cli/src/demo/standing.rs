//! What stands at the end of the example, read again from the bytes: matrix, plan, rating, history, verification.

use std::path::Path;

use ledger_core::assessment::codes::Subject;
use replay::{Held, HistoryLine, KnownAt, Log, SubjectHistory, verify};

use super::example::AREA;
use super::matrix::REVIEW;
use super::stage::global;
use crate::args::Question;
use crate::exit::Failure;
use crate::output::{Out, thousands};
use crate::read::{ask, history, rating};

/// The day after the last of the story.
const END: &str = "2027-09-30";

/// Prints what stands.
pub fn conclude(dir: &Path, out: &mut Out) -> Result<(), Failure> {
    let asking = global(dir, "analyst-1", END)?;
    for (command, question) in [
        (format!("ledger theme show {REVIEW}"), Question::Theme { id: REVIEW.parse()? }),
        ("ledger plan show 'Example Vale'".to_owned(), Question::Plan { subject: AREA.to_owned() }),
    ] {
        out.line(format!("WHAT `{command}` SAYS"))?;
        // It prints by itself.
        out.flush()?;
        ask(&asking, question)?;
        out.line("")?;
    }
    let log = Log::open(dir)?;
    let subject: Subject = AREA.parse()?;
    let history = SubjectHistory::read(&log, &subject, KnownAt::Now, &mut |_, _| {})?;
    out.line("ITS RATING")?;
    let answer = history.register.rating(&subject, END.parse()?);
    let names = log.names(&answer.rests_on())?;
    rating::print(out, &answer, &names, "now", history.head)?;
    out.line("")?;
    out.line("ITS HISTORY")?;
    let lines = history.lines();
    let changed: Vec<HistoryLine> = lines.iter().filter(|line| line.rating.is_some()).cloned().collect();
    out.table(&history::history_table(&changed))?;
    out.line(format!(
        "{} of its {} entries changed the rating; `ledger history 'Example Vale'` shows all",
        changed.len(),
        lines.len()
    ))?;
    out.line("")?;
    let found = verify(&log, &Held::default(), &mut |_, _| {})?;
    out.line(format!(
        "VERIFIED {}: {} entries of {} subjects, {} published results recomputed, head {}",
        if found.ok { "clean" } else { "NOT CLEAN" },
        thousands(found.entries),
        found.subjects,
        found.recomputed.unwrap_or_default(),
        found.head
    ))
}
