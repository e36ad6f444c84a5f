//! `witness list`: who is asked to cosign checkpoints.

use serde_json::json;

use super::Reader;
use crate::exit::Failure;
use crate::output::Table;

/// Lists witnesses.
pub fn list(reader: &Reader) -> Result<(), Failure> {
    let state = reader.state()?;
    let mut out = reader.out()?;
    let mut table = Table::new(&["witness", "address", "key"]);
    for (key, url) in state.witnesses() {
        if reader.json {
            out.json(&json!({ "name": key.name(), "url": url, "key": key }))?;
            continue;
        }
        table.row([key.name().to_owned(), url.to_string(), key.to_string()]);
    }
    if !reader.json {
        out.table(&table)?;
    }
    out.flush()
}
