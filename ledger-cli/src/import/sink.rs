//! Where imported rows go: commands in chunks of 1,000, by the one submission path, with a report.
//!
//! An id is derived from the command's content and the time stated, so that the same import is the same commands.
//! Besides, what is on record already is passed over before it is submitted: a figure of the same area and period,
//! a rating of the same organisation on the same day from the same source. So a second import records nothing under
//! any clock. Kept in memory: one chunk, and 16 bytes for each rating on record.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use ledger_core::SubmitError;
use ledger_core::assessment::codes::{Code, Subject};
use ledger_core::assessment::event::ClockKind;
use ledger_core::assessment::{Event, Rejection};
use ledger_core::log::CommandId;
use ledger_core::values::{Hash, Timestamp};
use replay::{KnownAt, Log};
use serde_json::{Value, json};

use super::known::{self, FigureKey};
use crate::args::ImportArgs;
use crate::documents;
use crate::exit::Failure;
use crate::output::{Out, Table, thousands};
use crate::progress::Progress;
use crate::session::{Session, runtime, spelled};

/// Commands in a chunk.
const CHUNK: usize = 1_000;
/// Microseconds by which ids advance with each thousand rows, so that the ledger can tell old from new.
const STEP_MICROS: i64 = 1_000;
/// Lines named for each reason.
const NAMED: usize = 5;

/// Why a row was passed over, and where.
#[derive(Debug, Default)]
struct Skipped {
    count: u64,
    first: Vec<(u64, String)>,
}

/// A row as a command.
struct Row {
    line: u64,
    what: String,
    subject: Subject,
    command: &'static str,
    data: Value,
}

/// Where rows go.
pub struct Sink<'a> {
    /// The ledger.
    pub session: &'a Session,
    /// Rows read, whatever became of them.
    pub rows: u64,
    /// Rows that are totals of others.
    pub totals: u64,
    areas: HashSet<Subject>,
    names: HashMap<String, Subject>,
    indicators: BTreeMap<Code, u32>,
    ratings: HashSet<u128>,
    base: Timestamp,
    chunk: Vec<Row>,
    /// What the rows come from, for messages.
    pub file: String,
    recorded: u64,
    repeated: u64,
    entries: u64,
    skipped: BTreeMap<&'static str, Skipped>,
    progress: Progress,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Sink<'a> {
    /// A sink into an open ledger. Cost: one pass over the log.
    pub fn over(session: &'a Session) -> Result<Self, Failure> {
        if session.founded().clock == ClockKind::Simulated && session.recorded_time.is_none() {
            return Err(Failure::Usage(
                "this ledger has a simulated clock: state when it is recorded with --recorded-time T"
                    .to_owned(),
            ));
        }
        let mut sink = Sink {
            session,
            rows: 0,
            totals: 0,
            areas: HashSet::new(),
            names: HashMap::new(),
            indicators: BTreeMap::new(),
            ratings: HashSet::new(),
            base: session.recorded_time.or(session.time).unwrap_or_else(|| session.now()),
            chunk: Vec::with_capacity(CHUNK),
            file: String::new(),
            recorded: 0,
            repeated: 0,
            entries: 0,
            skipped: BTreeMap::new(),
            progress: Progress::new("imported rows"),
            runtime: runtime()?,
        };
        Log::over(session.ledger.store())?.read(KnownAt::Now, &mut |_, _| {}, |reading| {
            let subject = &reading.recorded.subject;
            match &reading.recorded.event {
                Event::AreaRegistered(event) => {
                    sink.areas.insert(subject.clone());
                    sink.names.insert(known::named(subject, event.name.as_str()), subject.clone());
                }
                Event::IndicatorDefined(event) => {
                    sink.indicators.insert(event.id.clone(), event.version);
                }
                Event::EvidenceSubmitted(event) => {
                    sink.ratings.extend(known::recorded(subject, event));
                }
                _ => {}
            }
        })?;
        Ok(sink)
    }

    /// What the rows come from, for messages.
    pub fn reads(&mut self, args: &ImportArgs) {
        self.file = args.file.as_deref().unwrap_or(Path::new("shipped")).display().to_string();
    }

    /// Whether an area is registered.
    pub fn is_registered(&self, subject: &Subject) -> bool {
        self.areas.contains(subject)
    }

    /// The local authority that is printed so.
    pub fn authority(&self, printed: &str) -> Option<&Subject> {
        self.names.get(&format!("local-authority {}", known::place(printed)))
    }

    /// Whether an indicator is defined.
    pub fn is_defined(&self, indicator: &Code) -> bool {
        self.indicators.contains_key(indicator)
    }

    /// Notes that an indicator is defined by a command handed on before.
    pub fn defines(&mut self, indicator: Code, version: u32) {
        self.indicators.insert(indicator, version);
    }

    /// Passes over a row.
    pub fn skip(&mut self, line: u64, reason: &'static str, what: &str) {
        let skipped = self.skipped.entry(reason).or_default();
        skipped.count += 1;
        if skipped.first.len() < NAMED {
            skipped.first.push((line, what.chars().take(60).collect()));
        }
    }

    /// Hands on a command, and records the chunk if it is full.
    pub fn take(
        &mut self,
        line: u64,
        what: &str,
        subject: Subject,
        command: &'static str,
        data: Value,
    ) -> Result<(), Failure> {
        self.chunk.push(Row { line, what: what.to_owned(), subject, command, data });
        if self.chunk.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Records what is left.
    pub fn end(&mut self) -> Result<(), Failure> {
        self.flush()?;
        self.progress.end();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let mut rows = std::mem::take(&mut self.chunk);
        rows = self.without_known_figures(rows)?;
        rows = self.without_known_ratings(rows);
        let mut at = 0;
        while at < rows.len() {
            at += self.submit(&rows[at..])?;
        }
        rows.clear();
        self.chunk = rows;
        self.progress.tell(self.rows, None);
        Ok(())
    }

    /// Submits rows up to and including the first that is not recorded, and says how many that were.
    fn submit(&mut self, rows: &[Row]) -> Result<usize, Failure> {
        let mut requests = Vec::with_capacity(rows.len());
        for row in rows {
            let (line, id) = self.line(row)?;
            let session = self.session;
            let keep = &mut |pointer: &str, content: documents::Content| {
                documents::store(&session.ledger, id, pointer, &content, session.now())
            };
            requests.push(
                session.request(line, Path::new(""), keep).map_err(|failure| failure.at(&self.place(row)))?,
            );
        }
        let answers = self.runtime.block_on(self.session.ledger.submit_all(requests));
        for (at, (row, answer)) in rows.iter().zip(answers).enumerate() {
            match answer {
                Ok(receipt) if receipt.repeated => self.repeated += 1,
                Ok(receipt) => {
                    self.recorded += 1;
                    self.entries += receipt.entries.len() as u64;
                }
                Err(SubmitError::Rejected(rejection)) => {
                    if matches!(rejection, Rejection::CommandIdTooOld { .. })
                        && self.base < self.session.now()
                    {
                        // The time stated lies before what the ledger remembers; what is on record was passed over.
                        self.base = self.session.now();
                        return Ok(at);
                    }
                    let reason = reason(&rejection);
                    let Some(reason) = reason else {
                        return Err(Failure::from(SubmitError::Rejected(rejection)).at(&self.place(row)));
                    };
                    self.skip(row.line, reason, &row.what);
                    return Ok(at + 1);
                }
                Err(error) => return Err(Failure::from(error).at(&self.place(row))),
            }
        }
        Ok(rows.len())
    }

    fn place(&self, row: &Row) -> String {
        format!("{} line {}", self.file, row.line)
    }

    /// The row as a line of `submit`, its id made of its content and the time stated.
    fn line(&self, row: &Row) -> Result<(Value, CommandId), Failure> {
        let mut line = json!({
            "actor": self.session.actor, "type": row.command, "subject": row.subject, "data": row.data,
        });
        if let Some(time) = self.session.time {
            line["time"] = json!(time);
        }
        if let Some(recorded_time) = self.session.recorded_time {
            line["recordedtime"] = json!(recorded_time);
        }
        let later = i64::try_from(row.line / 1_000).unwrap_or(0) * STEP_MICROS;
        let carried = Timestamp::from_micros(self.base.micros().saturating_add(later))?;
        let mut bits = [0; 10];
        bits.copy_from_slice(&Hash::of(&spelled(&line)?).as_bytes()[..10]);
        let id = CommandId::from_parts(carried, bits);
        line["id"] = json!(id);
        Ok((line, id))
    }

    /// Without figures whose period is on record: one look at what the rules know.
    fn without_known_figures(&mut self, rows: Vec<Row>) -> Result<Vec<Row>, Failure> {
        let key = |row: &Row| -> Option<FigureKey> {
            (row.command == "indicator.observe").then_some(())?;
            let indicator = serde_json::from_value(row.data.get("indicator")?.clone()).ok()?;
            let period = serde_json::from_value(row.data.get("period")?.clone()).ok()?;
            Some((row.subject.clone(), indicator, period))
        };
        let keys: Vec<_> = rows.iter().map(key).collect();
        if keys.iter().all(Option::is_none) {
            return Ok(rows);
        }
        let versions = self.indicators.clone();
        let known: Vec<bool> = self.session.look(move |state| {
            keys.iter()
                .map(|key| key.as_ref().is_some_and(|key| known::is_known(state, &versions, key)))
                .collect()
        })?;
        Ok(self.keep(rows, &known))
    }

    fn without_known_ratings(&mut self, rows: Vec<Row>) -> Vec<Row> {
        let mut known = Vec::with_capacity(rows.len());
        for row in &rows {
            let event =
                (row.command == "evidence.submit").then(|| known::stated(&row.subject, &row.data)).flatten();
            known.push(event.is_some_and(|key| !self.ratings.insert(key)));
        }
        self.keep(rows, &known)
    }

    fn keep(&mut self, rows: Vec<Row>, known: &[bool]) -> Vec<Row> {
        let mut kept = Vec::with_capacity(rows.len());
        for (row, known) in rows.into_iter().zip(known) {
            if *known {
                self.skip(row.line, "on record already", &row.what);
            } else {
                kept.push(row);
            }
        }
        kept
    }

    /// Says what became of the rows.
    pub fn report(&self, out: &mut Out, args: &ImportArgs, json: bool) -> Result<(), Failure> {
        let head = self.session.ledger.head();
        if json {
            let skipped = self.skipped.iter().map(|(reason, skipped)| {
                let lines = skipped.first.iter().map(|(line, what)| json!({ "line": line, "value": what }));
                json!({ "reason": reason, "count": skipped.count, "first": lines.collect::<Vec<_>>() })
            });
            return out.json(&json!({
                "file": self.file, "source": args.source, "dry_run": args.dry_run, "rows": self.rows,
                "totals_dropped": self.totals, "recorded": self.recorded, "repeated": self.repeated,
                "entries": self.entries, "skipped": skipped.collect::<Vec<_>>(),
                "head": { "entries": head.length.0, "hash": head.hash },
            }));
        }
        if args.dry_run {
            out.line("DRY RUN: nothing was recorded")?;
        }
        let mut table = Table::pairs();
        table.pair("file", &self.file);
        table.pair("rows read", thousands(self.rows));
        table.pair("totals dropped", thousands(self.totals));
        table.pair("recorded", thousands(self.recorded));
        table.pair("recorded earlier", thousands(self.repeated));
        table.pair("skipped", thousands(self.skipped.values().map(|skipped| skipped.count).sum()));
        table.pair("entries", thousands(self.entries));
        table.pair("head", head);
        out.table(&table)?;
        if self.skipped.is_empty() {
            return Ok(());
        }
        let mut table = Table::new(&["skipped because", "count", "first lines"]).right(&[1]);
        for (reason, skipped) in &self.skipped {
            let lines: Vec<String> =
                skipped.first.iter().map(|(line, what)| format!("{line} ({what})")).collect();
            table.row([(*reason).to_owned(), thousands(skipped.count), lines.join(", ")]);
        }
        out.line("")?;
        out.table(&table)
    }
}

/// Rejections that concern one row and not the import.
fn reason(rejection: &Rejection) -> Option<&'static str> {
    match rejection {
        Rejection::ObservationKnown { .. } => Some("on record already"),
        Rejection::SubjectUnknown { .. } => Some("not registered"),
        Rejection::SubjectNotValid { .. } => Some("area not valid on that date"),
        _ => None,
    }
}
