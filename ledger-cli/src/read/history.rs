//! `history`: a subject's entries, the changes of its rating with their causes, and both as a drawing.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::values::Timestamp;
use replay::plot::{self, Imprint};
use replay::{HistoryLine, KnownAt, RatingStep, Timeline};

use super::rating::unknown;
use super::{Reader, with_progress, write_drawing};
use crate::args::{Global, HistoryArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Runs `ledger history`.
pub fn history(global: &Global, args: &HistoryArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let rated = args.ratings || args.svg.is_some();
    let timeline = rated.then(|| timeline(&reader, &subject, known_at)).transpose()?;
    let mut out = reader.out()?;
    let later = match &timeline {
        Some(timeline) if args.ratings => steps(&reader, &mut out, timeline, as_of)?,
        _ => entries(&reader, &mut out, &subject, (as_of, known_at))?,
    };
    let head = reader.log.head_at(reader.log.known(known_at)?)?;
    if let (Some(file), Some(timeline)) = (&args.svg, &timeline) {
        let imprint = Imprint::of(&reader.log, head, as_of, known_at);
        write_drawing(&reader, &mut out, file, &plot::history(timeline, &imprint))?;
    }
    if !reader.json {
        out.line(format!("as of {as_of}; known at {known_at}"))?;
        out.line(format!("head {head}"))?;
    }
    if let Some((count, day)) = later {
        let said = format!("left out, since they count only from a later day: {count}; see --as-of {day}");
        if reader.json { eprintln!("{said}") } else { out.line(said)? }
    }
    out.flush()
}

fn timeline(reader: &Reader, subject: &Subject, known_at: KnownAt) -> Result<Timeline, Failure> {
    let timeline = with_progress("reading", |tell| Timeline::read(&reader.log, subject, known_at, tell))?;
    match timeline.register.area(subject) {
        Some(_) => Ok(timeline),
        None => Err(unknown(subject, known_at)),
    }
}

/// How many are left out because they count only later, and by which day all would be there.
type Later = Option<(usize, Date)>;

fn left_out(days: impl Iterator<Item = Date>, as_of: Date) -> Later {
    let later: Vec<Date> = days.filter(|day| *day > as_of).collect();
    later.iter().max().map(|last| (later.len(), *last))
}

/// Prints the changes of rating.
fn steps(reader: &Reader, out: &mut Out, timeline: &Timeline, as_of: Date) -> Result<Later, Failure> {
    let mut steps = timeline.steps();
    let later = left_out(steps.iter().map(|step| step.counts_from), as_of);
    steps.retain(|step| step.counts_from <= as_of);
    if reader.json {
        steps.iter().try_for_each(|step| out.json(step))?;
    } else if steps.is_empty() {
        out.line("no change of its rating counts by then")?;
    } else {
        out.table(&steps_table(&steps))?;
    }
    Ok(later)
}

fn steps_table(steps: &[RatingStep]) -> Table {
    let mut table = Table::new(&[
        "recorded",
        "counts from",
        "to",
        "takes effect",
        "cause",
        "known before",
        "since then",
        "by",
        "sequence",
        "hash",
    ]);
    for step in steps {
        table.row([
            minute(step.recorded_time),
            step.counts_from.to_string(),
            or_dash(step.counts_to),
            step.reach.words().to_owned(),
            step.cause.words().to_owned(),
            step.before.words(),
            step.after.words(),
            step.author.clone(),
            step.sequence.to_string(),
            step.hash.to_string()[..16].to_owned(),
        ]);
    }
    table
}

/// Prints every entry.
fn entries(
    reader: &Reader,
    out: &mut Out,
    subject: &Subject,
    (as_of, known_at): (Date, KnownAt),
) -> Result<Later, Failure> {
    let history = reader.history(subject, known_at)?;
    if history.readings.is_empty() {
        return Err(unknown(subject, known_at));
    }
    let mut lines = history.lines();
    let later = left_out(lines.iter().map(|line| line.valid_from), as_of);
    lines.retain(|line| line.valid_from <= as_of);
    if reader.json {
        lines.iter().try_for_each(|line| out.json(line))?;
    } else {
        out.table(&history_table(&lines))?;
    }
    Ok(later)
}

/// A history as a table.
pub fn history_table(lines: &[HistoryLine]) -> Table {
    let heading =
        ["sequence", "version", "recorded", "counts from", "by", "event", "what", "rating after", "hash"];
    let mut table = Table::new(&heading).right(&[1]);
    for line in lines {
        let after = line.rating.map(|change| match change.rating {
            None => "none".to_owned(),
            Some(rating) => {
                let percent = change.percent.map_or(String::new(), |percent| format!(", {percent} %"));
                format!("{rating}{percent}")
            }
        });
        table.row([
            line.sequence.to_string(),
            line.version.to_string(),
            minute(line.recorded_time),
            line.valid_from.to_string(),
            line.author.clone(),
            line.event.clone(),
            line.summary.clone(),
            after.unwrap_or_default(),
            line.hash.to_string()[..16].to_owned(),
        ]);
    }
    table
}

/// A time to the minute.
fn minute(time: Timestamp) -> String {
    time.to_string()[..16].to_owned() + "Z"
}
