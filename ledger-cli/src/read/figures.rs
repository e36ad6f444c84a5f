//! `indicator list`, `indicator balance`: what is measured, and whether it is measured evenly.

use ledger_core::assessment::codes::Code;
use replay::{Balance, Indicators, KnownAt, Register};
use serde_json::json;

use super::ask::registered;
use super::{Reader, code};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Lists indicators, or figures of one or of an area.
pub fn list(reader: &Reader, indicator: Option<&Code>, subject: Option<&str>) -> Result<(), Failure> {
    let (register, indicators): (Register, Indicators) = reader.folded(KnownAt::Now)?;
    let subject = subject.map(|name| registered(&register, name)).transpose()?;
    if let Some(unknown) = indicator.filter(|id| indicators.definition(id).is_none()) {
        return Err(Failure::Usage(format!(
            "indicator {unknown} is not defined: see `ledger indicator list`"
        )));
    }
    if indicator.is_none() && subject.is_none() {
        return definitions(reader, &indicators);
    }
    let mut out = reader.out()?;
    let mut table = Table::new(&["entry", "subject", "indicator", "period", "figure", "base", "note"]);
    for view in indicators.figures(&reader.log, indicator, subject.as_ref())? {
        if reader.json {
            out.json(&view)?;
            continue;
        }
        let observed = &view.observed;
        let counted = observed.numerator.zip(observed.denominator).map(|(n, d)| format!("{n} of {d}"));
        let figure = observed.value.map(|value| value.to_string()).or(counted);
        let notes = [
            (observed.small_base, "small base"),
            (view.worse_than_benchmark == Some(true), "worse than its benchmark"),
            (code(&observed.comparability) == "break", "not comparable with the period before"),
        ];
        let notes: Vec<&str> = notes.iter().filter(|(holds, _)| *holds).map(|(_, note)| *note).collect();
        table.row([
            view.sequence.to_string(),
            view.subject.to_string(),
            format!("{} v{}", observed.indicator, observed.version),
            format!("{}..{}", observed.period.from, observed.period.to),
            figure.unwrap_or_else(|| "suppressed".to_owned()),
            or_dash(observed.base.or(observed.denominator)),
            notes.join(", "),
        ]);
    }
    finish(reader, out, &table)
}

fn finish(reader: &Reader, mut out: Out, table: &Table) -> Result<(), Failure> {
    if !reader.json {
        out.table(table)?;
    }
    out.flush()
}

fn definitions(reader: &Reader, indicators: &Indicators) -> Result<(), Failure> {
    let mut out = reader.out()?;
    let mut table = Table::new(&[
        "indicator",
        "version",
        "better",
        "unit",
        "sector",
        "benchmark",
        "least base",
        "figures",
        "name",
    ])
    .right(&[1, 5, 6, 7]);
    for definition in indicators.definitions() {
        let figures = indicators.count(&definition.id);
        if reader.json {
            let mut value = json!(definition);
            value["figures"] = json!(figures);
            out.json(&value)?;
            continue;
        }
        table.row([
            definition.id.to_string(),
            definition.version.to_string(),
            code(&definition.better),
            definition.unit.to_string(),
            definition.sector.to_string(),
            or_dash(definition.benchmark),
            or_dash(definition.minimum_base),
            figures.to_string(),
            definition.name.to_string(),
        ]);
    }
    finish(reader, out, &table)
}

/// Counts indicators by sector and purpose.
pub fn balance(reader: &Reader) -> Result<(), Failure> {
    let (indicators,): (Indicators,) = reader.folded(KnownAt::Now)?;
    let Balance { sectors, purposes, skewed_to } = indicators.balance();
    let mut out = reader.out()?;
    if reader.json {
        out.json(&json!({ "sectors": sectors, "purposes": purposes, "skewed_to": skewed_to }))?;
        return out.flush();
    }
    let mut table = Table::new(&["counted by", "id", "indicators"]).right(&[2]);
    let sectors_rows = sectors.iter().map(|row| ("sector", row));
    for (by, (id, count)) in sectors_rows.chain(purposes.iter().map(|row| ("purpose", row))) {
        table.row([by.to_owned(), id.clone(), count.to_string()]);
    }
    out.table(&table)?;
    if let Some(sector) = skewed_to {
        out.line(format!(
            "warning: more than half of the indicators measure {sector}; define some of other sectors before \
             comparing areas"
        ))?;
    }
    out.flush()
}
