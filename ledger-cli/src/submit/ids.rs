//! Gives ids to lines that have none: the completed file is written first, next to the one given.
//!
//! Ids ascend in time: each carries the line's recorded time, or the time of assigning, and one millisecond more
//! for every thousand lines, so that the ledger, which remembers a million, can tell old from new in any file.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use ledger_core::line;
use ledger_core::values::Timestamp;
use serde_json::Value;

use crate::exit::Failure;
use crate::session::{Session, spelled};

/// Microseconds by which the ids of a thousand lines advance.
const STEP_MICROS: i64 = 1_000;

/// Writes `FILE.with-ids`, synced, and returns its path. A file written before is kept and used again, so that an
/// interrupted submission goes on under the same ids.
pub fn assign(session: &Session, file: &Path) -> Result<PathBuf, Failure> {
    let mut name = file.as_os_str().to_owned();
    name.push(".with-ids");
    let completed = PathBuf::from(name);
    if completed.exists() {
        return Err(Failure::Usage(format!(
            "'{}' exists already: submit it to go on with it, or remove it to assign new ids",
            completed.display()
        )));
    }
    let mut partial = completed.clone().into_os_string();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let written = write(session, file, &partial)
        .and_then(|()| keep(&partial, &completed).map_err(|error| unwritable(&completed, &error)));
    if written.is_err() {
        // Half a file is of no use, and the error is what matters.
        let _ = fs::remove_file(&partial);
    }
    written.map(|()| completed)
}

/// Gives the whole file its name, durably: ids that were submitted must not be assigned anew.
fn keep(partial: &Path, completed: &Path) -> std::io::Result<()> {
    fs::rename(partial, completed)?;
    let folder = completed.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!(
        "'{}' cannot be written ({error}): assign ids where you may write",
        path.display()
    ))
}

fn write(session: &Session, from: &Path, to: &Path) -> Result<(), Failure> {
    let input = BufReader::new(File::open(from).map_err(|error| Failure::unreadable(from, &error))?);
    let mut output = BufWriter::new(File::create(to).map_err(|error| unwritable(to, &error))?);
    let now = session.now();
    for (at, text) in input.split(b'\n').enumerate() {
        let text = text.map_err(|error| Failure::unreadable(from, &error))?;
        if text.trim_ascii().is_empty() {
            output.write_all(b"\n").map_err(|error| unwritable(to, &error))?;
            continue;
        }
        let place = format!("{} line {}", from.display(), at + 1);
        let line = with_id(session, &text, at, now).map_err(|failure| failure.at(&place))?;
        serde_json::to_writer(&mut output, &line).map_err(|error| unwritable(to, &error.into()))?;
        output.write_all(b"\n").map_err(|error| unwritable(to, &error))?;
    }
    let file = output.into_inner().map_err(|error| unwritable(to, error.error()))?;
    file.sync_all().map_err(|error| unwritable(to, &error))
}

fn with_id(session: &Session, text: &[u8], at: usize, now: Timestamp) -> Result<Value, Failure> {
    let mut line = line::parse(text)?;
    let Some(fields) = line.as_object_mut() else {
        return Err(Failure::Malformed("a command is a JSON object".to_owned()));
    };
    if let (Some(actor), false) = (&session.actor, fields.contains_key("actor")) {
        fields.insert("actor".to_owned(), Value::from(actor.as_str()));
    }
    if fields.contains_key("id") {
        return Ok(line);
    }
    let stated = fields.get("recordedtime").and_then(Value::as_str);
    let base = stated.map(str::parse).transpose()?.unwrap_or(now);
    let later = i64::try_from(at / 1_000).unwrap_or(i64::MAX) * STEP_MICROS;
    let carried = Timestamp::from_micros(base.micros() + later)?;
    let content = [format!("line {at} ").as_bytes(), &spelled(&line)?].concat();
    line["id"] = Value::from(session.new_id(carried, &content).to_string());
    Ok(line)
}
