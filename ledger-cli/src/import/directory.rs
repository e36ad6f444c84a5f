//! The regulator's care directory with ratings: one row for a location, domain and service group.
//!
//! Only overall ratings are taken, as evidence about the local authority that the row names. Columns are found by
//! name, and others are passed over. A rating informs an assessment of the authority and is never its outcome.

use super::sink::Sink;
use super::{Bearing, Columns, date, rated, rating};
use crate::args::ImportArgs;
use crate::exit::Failure;

/// Imports the directory.
pub fn directory(sink: &mut Sink<'_>, args: &ImportArgs) -> Result<(), Failure> {
    sink.reads(args);
    let bearing = Bearing::of(args)?;
    let mut columns = Columns::open(args)?;
    let id = columns.need(&["Location ID"])?;
    let authority = columns.need(&["Location Local Authority", "Local Authority"])?;
    let domain = columns.need(&["Domain"])?;
    let latest = columns.need(&["Latest Rating", "Rating"])?;
    let published = columns.find(&["Publication Date", "Published Date"]);
    let kind = columns.find(&["Location Type/Sector", "Location Type", "Type/Sector"]);
    let group = columns.find(&["Service / Population Group", "Population Group"]);
    while let Some(line) = columns.next()? {
        sink.rows += 1;
        let cell = |at: Option<usize>| at.map(|at| columns.cell(at).into_owned()).unwrap_or_default();
        let (code, place) = (cell(Some(id)), cell(Some(authority)));
        let (group, domain) = (cell(group), cell(Some(domain)));
        let overall = |text: &str| text.is_empty() || text.eq_ignore_ascii_case("overall");
        if domain.is_empty() || !overall(&domain) || !overall(&group) {
            sink.skip(line, "not an overall rating", &format!("{code} {domain}"));
            continue;
        }
        let printed = cell(Some(latest));
        let Some(rating) = rating(&printed) else {
            sink.skip(line, "not rated", &format!("{code} {printed}"));
            continue;
        };
        let printed = cell(published);
        let published = date(&printed);
        if published.is_none() && !printed.is_empty() {
            sink.skip(line, "date not understood", &format!("{code} {printed}"));
            continue;
        }
        let Some(provider) = rated(&cell(kind), &code) else {
            sink.skip(line, "no location id", &code);
            continue;
        };
        let Some(subject) = sink.authority(&place).cloned() else {
            sink.skip(line, "authority not registered", &place);
            continue;
        };
        let data = bearing.evidence(&provider, rating, published.as_deref());
        sink.take(line, &code, subject, "evidence.submit", data)?;
    }
    Ok(())
}
