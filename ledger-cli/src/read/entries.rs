//! `log` and `show`: entries one by one.

use ledger_core::Filter;
use ledger_core::log::Entry;
use ledger_core::recorded;
use ledger_core::values::{Hash, Sequence};
use replay::{ShowTarget, Shown};
use serde_json::Value;

use super::{Reader, with_progress};
use crate::args::{Global, LogArgs, ShowArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, mark};
use crate::receipt::event_name;

/// Rows of a table printed together: columns align within such a page.
const PAGE: usize = 500;

/// Runs `ledger log`.
pub fn log(global: &Global, args: &LogArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let subject = args.subject.as_deref().map(|name| reader.resolve(name)).transpose()?;
    let filter =
        Filter { subject: subject.map(|subject| subject.to_string()), event_type: args.event_type.clone() };
    let limit = args.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if args.from > Sequence::MAX {
        return Err(Failure::Usage(format!("{} is no sequence number: at most 16 digits", args.from)));
    }
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), reader.json)?;
    let entries = reader.log.bytes_from(Sequence::new(args.from));
    let passing = entries.filter(|item| item.as_ref().map_or(true, |(_, bytes)| filter.passes(bytes)));
    let mut page = heading();
    for item in passing.take(limit) {
        let (sequence, bytes) = item?;
        if reader.json {
            out.bytes(&bytes)?;
            continue;
        }
        page.cells(row(sequence, &bytes));
        if page.height() > PAGE {
            out.table(&std::mem::replace(&mut page, heading()))?;
        }
    }
    if !reader.json && page.height() > 1 {
        out.table(&page)?;
    }
    out.flush()
}

fn heading() -> Table {
    Table::new(&["sequence", "recorded", "event", "subject", "version", "by", "what"]).right(&[4])
}

fn row(sequence: Sequence, bytes: &[u8]) -> Vec<String> {
    let Ok(entry) = Entry::decode_trusted(bytes) else {
        return vec![sequence.to_string(), "damaged: run `ledger verify`".to_owned()];
    };
    let what =
        recorded(&entry).map_or_else(|error| error.to_string(), |recorded| replay::summary(&recorded.event));
    vec![
        sequence.to_string(),
        entry.recorded_time.to_string()[..16].to_owned() + "Z",
        event_name(&entry.event_type).to_owned(),
        entry.subject,
        entry.subject_version.to_string(),
        entry.auth_id,
        what,
    ]
}

/// Runs `ledger show`.
pub fn show(global: &Global, args: &ShowArgs) -> Result<(), Failure> {
    show_entry(&Reader::open(global)?, &args.entry)
}

/// Shows the entry that is named so.
pub fn show_entry(reader: &Reader, name: &str) -> Result<(), Failure> {
    let target: ShowTarget = name.parse()?;
    let found = with_progress("searching", |tell| replay::find(&reader.log, target, tell))?;
    let Some(sequence) = found else {
        return Err(Failure::Usage(format!(
            "{name} names no entry of this ledger, which has {}: see `ledger log`",
            reader.log.head().length
        )));
    };
    let shown = with_progress("searching", |tell| replay::show(&reader.log, sequence, tell))?;
    let mut out = reader.out()?;
    if reader.json {
        out.json(&shown)?;
    } else {
        print(&mut out, &shown)?;
    }
    out.flush()
}

fn print(out: &mut Out, shown: &Shown) -> Result<(), Failure> {
    let mut table = Table::pairs();
    table.pair("sequence", shown.sequence);
    table.pair("hash", shown.hash);
    for (name, value) in shown.entry.as_object().into_iter().flatten() {
        if name != "data" && name != "sequence" {
            table.pair(name, plain(value));
        }
    }
    out.table(&table)?;
    out.line("data")?;
    let data = shown.entry.get("data").unwrap_or(&Value::Null);
    let data = serde_json::to_string_pretty(data).map_err(|error| Failure::Storage(error.to_string()))?;
    for line in data.lines() {
        out.line(format!("  {line}"))?;
    }
    let list = |sequences: &[Sequence]| match sequences {
        [] => "nothing".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    out.line(format!("cites        {}", list(&shown.cites)))?;
    match shown.cited_by.as_slice() {
        [] => out.line("cited by     nothing")?,
        some => {
            for (sequence, event_type) in some {
                out.line(format!("cited by     {sequence} {}", event_name(event_type)))?;
            }
        }
    }
    out.line(format!("corrections  {}", list(&shown.corrections)))?;
    let bytes = shown.bytes.as_bytes();
    out.line(format!("bytes        {} ending in BLAKE3 {}", bytes.len(), Hash::of(bytes)))?;
    out.line(&shown.bytes)
}

/// A value without the quotes of JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}
