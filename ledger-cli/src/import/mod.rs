//! `indicator import`: figures and ratings as others publish them, as observations or evidence, never as outcomes.
//!
//! One file per format turns rows into commands (`ae.rs`, `directory.rs`, `location.rs`); `sink.rs` records them in
//! chunks, passes over what is on record already, and keeps the count. Memory does not grow with the file: a format
//! hands on one row at a time. Left out: rules, which the ledger applies to each command as to any other.

mod ae;
mod directory;
mod figure;
mod known;
mod location;
mod sink;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};
use ledger_core::assessment::codes::{CategoryId, StatementId, Url};
use serde_json::{Value, json};

use self::sink::Sink;
use crate::args::{Global, ImportArgs, ImportFormat};
use crate::exit::Failure;
use crate::output::{self, Out};
use crate::session::Session;
use crate::submit::dry;

/// Runs `ledger indicator import`.
pub fn import(global: &Global, args: &ImportArgs) -> Result<(), Failure> {
    check(global, args)?;
    let session = if args.dry_run { dry::open(global)? } else { Session::open(global)? };
    let mut sink = Sink::over(&session)?;
    let done = match args.format {
        ImportFormat::Figure20 => figure::figure_20(&mut sink),
        ImportFormat::Ae => ae::table(&mut sink, args),
        ImportFormat::CareDirectory => directory::directory(&mut sink, args),
        ImportFormat::Location => location::location(&mut sink, args),
    };
    // What was recorded before a failure stands, so it is reported first.
    let done = done.and_then(|()| sink.end());
    let mut out = Out::stdout();
    output::mark(&mut out, session.founded(), global.json)?;
    sink.report(&mut out, args, global.json)?;
    out.flush()?;
    drop(sink);
    let closed = session.close();
    done?;
    closed
}

/// Options that belong to another format say so, rather than be passed over.
fn check(global: &Global, args: &ImportArgs) -> Result<(), Failure> {
    use ImportFormat::{Ae, CareDirectory, Figure20, Location};
    if global.id.is_some() || !global.expect.is_empty() {
        return Err(Failure::Usage("--id and --expect belong to single commands: leave them out".to_owned()));
    }
    if global.actor.is_none() {
        return Err(Failure::Usage("who imports? state --actor ID, or set LEDGER_ACTOR".to_owned()));
    }
    let format = args.format;
    let evidence = matches!(format, CareDirectory | Location);
    let given = [
        ("FILE", args.file.is_some(), format != Figure20),
        ("--source", args.source.is_some(), format != Figure20),
        ("--measure", !args.measures.is_empty(), format == Ae),
        ("--by-region", args.by_region, format == Ae),
        ("--map", args.map.is_some(), format == Ae),
        ("--subject", args.subject.is_some(), format == Location),
        ("--statement", !args.statements.is_empty(), evidence),
        ("--category", args.category.is_some(), evidence),
    ];
    if let Some((name, ..)) = given.iter().find(|(_, given, fits)| *given && !fits) {
        return Err(Failure::Usage(format!("{name} does not go with this format: leave it out")));
    }
    let needed = ["FILE", "--source", "--subject", "--statement", "--category"];
    let missing = given.iter().find(|(name, given, fits)| *fits && !given && needed.contains(name));
    missing.map_or(Ok(()), |(name, ..)| {
        Err(Failure::Usage(format!("this format needs {name}: see `ledger indicator import --help`")))
    })
}

/// The file, or standard input.
fn open(args: &ImportArgs) -> Result<Box<dyn Read>, Failure> {
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    if path == Path::new("-") {
        return Ok(Box::new(std::io::stdin()));
    }
    if path.is_dir() {
        return Err(Failure::Malformed(format!("'{}' is a folder: give a file", path.display())));
    }
    let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
    Ok(Box::new(BufReader::with_capacity(1 << 18, file)))
}

/// The source, which [`check`] has seen.
fn source(args: &ImportArgs) -> Result<&Url, Failure> {
    args.source
        .as_ref()
        .ok_or_else(|| Failure::Usage("state where it is published with --source URL".to_owned()))
}

/// A CSV read by the names of its columns, one row at a time.
struct Columns {
    reader: Reader<Box<dyn Read>>,
    heading: Vec<String>,
    row: ByteRecord,
    name: String,
    /// With `\r\n` the reader stands between the two when a row begins, and counts a line less.
    between: u64,
}

/// A heading without case, spaces and punctuation: publishers change these.
fn plain(heading: &str) -> String {
    heading.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

impl Columns {
    /// Opens the file and reads its heading. A byte order mark and any line ending are accepted.
    fn open(args: &ImportArgs) -> Result<Self, Failure> {
        let name = args.file.as_deref().unwrap_or(Path::new("-")).display().to_string();
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(open(args)?);
        let heading = reader.byte_headers().map_err(|error| malformed(&name, &error))?;
        let heading = heading.iter().map(|cell| plain(&String::from_utf8_lossy(cell))).collect();
        let between = u64::from(reader.position().line() < 2);
        Ok(Columns { reader, heading, row: ByteRecord::new(), name, between })
    }

    /// Where a column is that may be called any of these.
    fn find(&self, names: &[&str]) -> Option<usize> {
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        self.heading.iter().position(|heading| names.contains(heading))
    }

    /// Where a column is that there must be.
    fn need(&self, names: &[&str]) -> Result<usize, Failure> {
        self.find(names).ok_or_else(|| {
            let wanted = names.first().copied().unwrap_or_default();
            Failure::Malformed(format!(
                "{} has no column '{wanted}': check that it is the published table",
                self.name
            ))
        })
    }

    /// Reads the next row; the line it starts on, or none at the end.
    fn next(&mut self) -> Result<Option<u64>, Failure> {
        let more =
            self.reader.read_byte_record(&mut self.row).map_err(|error| malformed(&self.name, &error))?;
        Ok(more.then(|| self.row.position().map_or(0, csv::Position::line) + self.between))
    }

    /// A cell without outer spaces; empty where the row is shorter.
    fn cell(&self, at: usize) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.row.get(at).unwrap_or_default().trim_ascii())
    }
}

fn malformed(name: &str, error: &csv::Error) -> Failure {
    Failure::Malformed(format!("{name} is not a table: {error}"))
}

/// What every rating imported as evidence has in common.
struct Bearing {
    statements: Vec<StatementId>,
    category: CategoryId,
    source: Url,
}

impl Bearing {
    fn of(args: &ImportArgs) -> Result<Self, Failure> {
        let none = || Failure::Usage("name the category of evidence with --category ID".to_owned());
        Ok(Bearing {
            statements: args.statements.clone(),
            category: args.category.clone().ok_or_else(none)?,
            source: source(args)?.clone(),
        })
    }

    /// The data of the command that submits a rating.
    fn evidence(&self, provider: &str, rating: &str, published: Option<&str>) -> Value {
        let mut result = json!({ "kind": "provider-rating", "provider": provider, "rating": rating });
        if let Some(published) = published {
            result["published"] = json!(published);
        }
        json!({
            "statements": self.statements, "category": self.category, "wave": "held", "site": "off-site",
            "source": "data-set", "result": result, "reference": self.source,
        })
    }
}

/// A rating as the regulator prints it; none where it prints that there is no rating.
fn rating(printed: &str) -> Option<&'static str> {
    match plain(printed).as_str() {
        "outstanding" => Some("outstanding"),
        "good" => Some("good"),
        "requiresimprovement" => Some("requires-improvement"),
        "inadequate" => Some("inadequate"),
        _ => None,
    }
}

/// The organisation that a rating is about: its kind as printed, and its code. None if either cannot be spelled.
fn rated(kind: &str, code: &str) -> Option<String> {
    let words: Vec<String> = kind
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let kind = if words.is_empty() { "location".to_owned() } else { words.join("-") };
    let id = format!("{kind}/{code}");
    id.parse::<ledger_core::assessment::codes::OrganisationId>().ok().map(|id| id.to_string())
}

/// A date as printed, `DD/MM/YYYY` or `YYYY-MM-DD`, with or without a time after it.
fn date(printed: &str) -> Option<String> {
    let day = printed.split([' ', 'T']).next().unwrap_or_default();
    let spelled = match day.split('/').collect::<Vec<_>>().as_slice() {
        [day, month, year] => format!("{year}-{month:0>2}-{day:0>2}"),
        _ => day.to_owned(),
    };
    spelled.parse::<ledger_core::assessment::civil::Date>().ok().map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_printed() {
        assert_eq!(date("08/05/2025").as_deref(), Some("2025-05-08"));
        assert_eq!(date("2025-05-08T00:00:00Z").as_deref(), Some("2025-05-08"));
        assert_eq!(date("31/02/2025"), None);
        assert_eq!(rating("Requires improvement"), Some("requires-improvement"));
        assert_eq!(rating("Inspected but not rated"), None);
        assert_eq!(rated("Social Care Org", "1-101").as_deref(), Some("social-care-org/1-101"));
        assert_eq!(rated("", "1-101").as_deref(), Some("location/1-101"));
        assert_eq!(rated("", "1 101"), None);
        assert_eq!(plain("Attendances over 4hrs - Type 1"), "attendancesover4hrstype1");
    }
}
