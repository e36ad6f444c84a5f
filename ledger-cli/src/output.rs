//! What goes to standard output: aligned tables for people, JSON for programs, and the marks of a ledger.
//!
//! Never colour. Every line is written through a handle whose errors are returned, so that a closed pipe ends the
//! program quietly. Left out: what the tables say.

use std::io::{BufWriter, Stdout, Write};

use ledger_core::assessment::event::{ClockKind, LogFounded, Purpose};
use serde::Serialize;

use crate::exit::Failure;

/// Standard output, buffered until [`Out::flush`].
pub struct Out {
    stdout: BufWriter<Stdout>,
    /// The marks that every JSON object says too, since a saved file loses what standard error said.
    notices: Vec<&'static str>,
}

impl Out {
    /// Takes standard output.
    pub fn stdout() -> Self {
        Out { stdout: BufWriter::with_capacity(1 << 16, std::io::stdout()), notices: Vec::new() }
    }

    /// Writes a line.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.bytes(text.as_ref().as_bytes())
    }

    /// Writes exact bytes and ends the line.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.stdout.write_all(bytes)?;
        Ok(self.stdout.write_all(b"\n")?)
    }

    /// Writes exact bytes and nothing else.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.stdout.write_all(bytes)?)
    }

    /// Writes a value as one line of JSON; an object names the marks of its ledger as `notices`.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let failed = |error: serde_json::Error| Failure::Storage(error.to_string());
        if self.notices.is_empty() {
            return self.line(serde_json::to_string(value).map_err(failed)?);
        }
        let mut value = serde_json::to_value(value).map_err(failed)?;
        if let Some(object) = value.as_object_mut() {
            object.insert("notices".to_owned(), self.notices.clone().into());
        }
        self.line(value.to_string())
    }

    /// Writes an aligned table.
    pub fn table(&mut self, table: &Table) -> Result<(), Failure> {
        self.raw(table.to_string().as_bytes())
    }

    /// Hands everything to the operating system.
    pub fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.stdout.flush()?)
    }
}

/// What every output of a ledger says first, if it is no system of record or has no clock of its own.
pub fn marks(founded: &LogFounded) -> Vec<&'static str> {
    let example = (founded.purpose == Purpose::Example).then_some("EXAMPLE");
    let simulated = (founded.clock == ClockKind::Simulated).then_some("SIMULATED CLOCK");
    simulated.into_iter().chain(example).collect()
}

/// Prints the marks: on standard output, or on standard error where standard output is for programs.
pub fn mark(out: &mut Out, founded: &LogFounded, for_programs: bool) -> Result<(), Failure> {
    if for_programs {
        out.notices = marks(founded);
    }
    for text in marks(founded) {
        if for_programs {
            eprintln!("{text}");
        } else {
            out.line(text)?;
        }
    }
    Ok(())
}

/// A table: a heading, rows, and columns as wide as their widest cell.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    /// A table with these column headings.
    pub fn new(heading: &[&str]) -> Self {
        Table { rows: vec![heading.iter().map(|&cell| cell.to_owned()).collect()], right: Vec::new() }
    }

    /// A list of names and values, without a heading.
    pub fn pairs() -> Self {
        Table::default()
    }

    /// Aligns these columns to the right.
    pub fn right(mut self, columns: &[usize]) -> Self {
        self.right = columns.to_vec();
        self
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// Adds a row of as many cells as there are.
    pub fn cells(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Adds a name and its value.
    pub fn pair(&mut self, name: &str, value: impl ToString) {
        self.rows.push(vec![name.to_owned(), value.to_string()]);
    }

    /// How many rows there are, the heading included.
    pub fn height(&self) -> usize {
        self.rows.len()
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let gap = widths[column] - cell.chars().count();
                let (before, after) = if self.right.contains(&column) { (gap, 0) } else { (0, gap) };
                line.extend(std::iter::repeat_n(' ', before));
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', after + 2));
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A value, or a dash where there is none.
pub fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A number with its thousands set apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_without_trailing_space() {
        let mut table = Table::new(&["id", "count"]).right(&[1]);
        table.row(["long name".to_owned(), "7".to_owned()]);
        assert_eq!(table.to_string(), "id         count\nlong name      7\n");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(12), "12");
    }
}
