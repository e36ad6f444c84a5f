//! `explain`: the derivation of a rating as a tree, as JSON, as a graph, or as W3C PROV.

use replay::Explanation;

use super::rating::unknown;
use super::{Reader, with_progress};
use crate::args::{ExplainArgs, Global};
use crate::exit::Failure;
use crate::output::{Out, mark};

/// Runs `ledger explain`.
pub fn explain(global: &Global, args: &ExplainArgs) -> Result<(), Failure> {
    if global.json && (args.dot || args.prov) {
        return Err(Failure::Usage(
            "--json asks for another form than --dot and --prov: give one of them".to_owned(),
        ));
    }
    let reader = Reader::open(global)?;
    let subject = reader.resolve(&args.subject)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let history = reader.history(&subject, known_at)?;
    if history.register.area(&subject).is_none() {
        return Err(unknown(&subject, known_at));
    }
    let only = args.statement.as_ref();
    let explained = with_progress("reading", |tell| {
        Explanation::read(&reader.log, &history, as_of, known_at, only, tell)
    })?;
    let explanation = explained.ok_or_else(|| {
        let statement = only.map(ToString::to_string).unwrap_or_default();
        Failure::Usage(format!(
            "{statement} is no statement of the method that rates {subject} on {as_of}: see `ledger rating {subject}`"
        ))
    })?;
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), reader.json || args.dot || args.prov)?;
    match (reader.json, args.dot, args.prov) {
        (true, _, _) => out.json(&explanation)?,
        (_, true, _) => out.raw(explanation.dot().as_bytes())?,
        (_, _, true) => out.raw(explanation.prov().as_bytes())?,
        _ => out.raw(explanation.text().as_bytes())?,
    }
    out.flush()
}
