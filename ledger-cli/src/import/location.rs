//! A location of the regulator's public API: its current rating, historic ratings, and single assessments.
//!
//! Each overall rating becomes one item of evidence about the area given, with its own part of the file as its
//! document, so that percentages of key questions are kept as printed. A rating printed twice, as current and as an
//! assessment, is taken once. Left out: every other field; names of persons in it are not read on.

use std::io::Read;

use serde_json::Value;

use super::sink::Sink;
use super::{Bearing, date, open, rated, rating};
use crate::args::ImportArgs;
use crate::exit::Failure;

/// The largest file: a location has a few hundred kilobytes.
const MAX_BYTES: u64 = 16 << 20;

/// Imports a location.
pub fn location(sink: &mut Sink<'_>, args: &ImportArgs) -> Result<(), Failure> {
    sink.reads(args);
    let bearing = Bearing::of(args)?;
    let subject = sink.session.resolve(args.subject.as_deref().unwrap_or_default())?;
    let malformed = |what: String| Failure::Malformed(format!("the location cannot be read: {what}"));
    let mut bytes = Vec::new();
    open(args)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| malformed(error.to_string()))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(malformed(format!("it is longer than {MAX_BYTES} bytes")));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let Some(provider) = rated(text("type"), text("locationId")).filter(|_| !text("locationId").is_empty())
    else {
        return Err(malformed("it has no locationId".to_owned()));
    };
    if !sink.is_registered(&subject) {
        return Err(Failure::Usage(format!("{subject} is not registered: see `ledger area list`")));
    }
    for (at, printed) in printed(&value).into_iter().enumerate() {
        let line = at as u64 + 1;
        sink.rows += 1;
        let Some(rating) = rating(printed.rating) else {
            sink.skip(line, "not rated", &format!("{} {}", printed.place, printed.rating));
            continue;
        };
        let published = date(printed.date);
        if published.is_none() && !printed.date.is_empty() {
            sink.skip(line, "date not understood", &format!("{} {}", printed.place, printed.date));
            continue;
        }
        let mut data = bearing.evidence(&provider, rating, published.as_deref());
        let part = serde_json::to_string(printed.part).map_err(|error| malformed(error.to_string()))?;
        data["documents"] = serde_json::json!([{ "text": part, "media_type": "application/json" }]);
        sink.take(line, printed.place, subject.clone(), "evidence.submit", data)?;
    }
    Ok(())
}

/// An overall rating as printed.
struct Printed<'a> {
    place: &'static str,
    rating: &'a str,
    date: &'a str,
    part: &'a Value,
}

fn text<'a>(value: &'a Value, pointers: &[&str]) -> &'a str {
    let found = pointers.iter().find_map(|pointer| value.pointer(pointer).and_then(Value::as_str));
    found.unwrap_or_default()
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Every overall rating of a location. Single assessments come first: they say most about the same rating.
fn printed(location: &Value) -> Vec<Printed<'_>> {
    let mut found = Vec::new();
    for assessment in list(location, "/assessment") {
        for ratings in list(assessment, "/ratings/asgRatings") {
            let of_ratings = text(ratings, &["/assessmentDate", "/assessmentPlanPublishedDateTime"]);
            let date = text(assessment, &["/assessmentPlanPublishedDateTime"]);
            let date = if date.is_empty() { of_ratings } else { date };
            let rating = text(ratings, &["/rating", "/overall/rating"]);
            found.push(Printed { place: "assessment", rating, date, part: assessment });
        }
    }
    for (place, part) in location
        .get("currentRatings")
        .map(|part| ("currentRatings", part))
        .into_iter()
        .chain(list(location, "/historicRatings").map(|part| ("historicRatings", part)))
    {
        let rating = text(part, &["/overall/rating"]);
        let date = text(part, &["/overall/reportDate", "/reportDate"]);
        found.push(Printed { place, rating, date, part });
    }
    found
}
