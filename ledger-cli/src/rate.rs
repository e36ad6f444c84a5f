//! `rate`: the arithmetic alone. Nothing is recorded, and no ledger is needed.

use std::collections::BTreeMap;

use ledger_core::assessment::codes::{CategoryId, FrameworkId, StatementId};
use ledger_core::assessment::framework::{Framework, Method, Score};
use ledger_core::assessment::rating::{Derivation, derive, statement_score};
use ledger_core::shipped;
use replay::KnownAt;
use serde_json::{Value, json};

use crate::args::{Global, RateArgs, StatementScore};
use crate::exit::Failure;
use crate::output::{self, Out, Table, or_dash};
use crate::read::Reader;

/// Runs `ledger rate`.
pub fn rate(global: &Global, args: &RateArgs) -> Result<(), Failure> {
    let mut out = Out::stdout();
    let framework = framework(global, &args.framework, &mut out)?;
    let scores = scores(&framework, &args.scores)?;
    let derivation = derive(&framework, &scores, args.breach);
    if global.json {
        out.json(&json(&derivation))?;
    } else {
        print(&mut out, &framework, &derivation)?;
    }
    out.flush()
}

/// The framework as the ledger adopted it, if there is one, else as shipped.
fn framework(global: &Global, id: &FrameworkId, out: &mut Out) -> Result<Framework, Failure> {
    if global.data.join("head").exists() {
        let reader = Reader::open(global)?;
        let register = reader.register(KnownAt::Now)?;
        if let Some(framework) = register.framework(id) {
            output::mark(out, reader.log.founded(), global.json)?;
            return Ok(framework.clone());
        }
    }
    shipped_framework(id)
}

/// The framework as shipped.
pub fn shipped_framework(id: &FrameworkId) -> Result<Framework, Failure> {
    let shipped = shipped::frameworks()?;
    let known: Vec<String> = shipped.iter().map(|found| found.framework.id.to_string()).collect();
    let found = shipped.into_iter().find(|found| found.framework.id == *id);
    found.map(|found| found.framework).ok_or_else(|| {
        Failure::Usage(format!("framework {id} is unknown: one of {} expected", known.join(", ")))
    })
}

/// One score for each statement: given, or combined from its categories under a category method.
fn scores(framework: &Framework, given: &[StatementScore]) -> Result<BTreeMap<StatementId, Score>, Failure> {
    let mut whole = BTreeMap::new();
    let mut parts: BTreeMap<StatementId, BTreeMap<CategoryId, Score>> = BTreeMap::new();
    for StatementScore { statement, category, score } in given {
        if framework.statement(statement).is_none() {
            return Err(Failure::Usage(format!(
                "quality statement {statement} is not in {}: see `ledger framework show {}`",
                framework.id, framework.id
            )));
        }
        let before = match category {
            None => whole.insert(statement.clone(), *score),
            Some(category) if !framework.has_category(category) => {
                return Err(Failure::Usage(format!(
                    "evidence category {category} is not used by {}: see `ledger framework show {}`",
                    framework.id, framework.id
                )));
            }
            Some(_) if framework.method == Method::Statement => {
                return Err(Failure::Usage(format!(
                    "{} takes one score per statement: leave the category of {statement} out",
                    framework.id
                )));
            }
            Some(category) => parts.entry(statement.clone()).or_default().insert(category.clone(), *score),
        };
        if before.is_some() {
            return Err(Failure::Usage(format!("{statement} is scored twice: give each score once")));
        }
    }
    if !whole.is_empty() && !parts.is_empty() {
        return Err(Failure::Usage(
            "some scores name a category and some do not: give one kind throughout".to_owned(),
        ));
    }
    for (statement, categories) in parts {
        let categories: Vec<Score> = categories.into_values().collect();
        if let Some((_, score)) = statement_score(framework, &categories) {
            whole.insert(statement, score);
        }
    }
    Ok(whole)
}

fn json(derivation: &Derivation) -> Value {
    let theme = |theme: &ledger_core::assessment::rating::ThemeResult| {
        json!({
            "id": theme.id, "sum": theme.sum, "maximum": theme.maximum,
            "percent": theme.percent, "rating": theme.rating,
        })
    };
    json!({
        "percent": derivation.percent,
        "rating": derivation.rating,
        "themes": derivation.themes.iter().map(theme).collect::<Vec<_>>(),
        "missing": derivation.missing,
    })
}

fn print(out: &mut Out, framework: &Framework, derivation: &Derivation) -> Result<(), Failure> {
    let mut table = Table::new(&["theme", "sum", "of", "percent", "rating"]).right(&[1, 2, 3]);
    for theme in &derivation.themes {
        table.row([
            theme.id.to_string(),
            theme.sum.to_string(),
            theme.maximum.to_string(),
            or_dash(theme.percent),
            or_dash(theme.rating),
        ]);
    }
    table.row([
        format!("overall ({})", framework.id),
        derivation.sum.to_string(),
        derivation.maximum.to_string(),
        or_dash(derivation.percent),
        or_dash(derivation.rating),
    ]);
    out.table(&table)?;
    if !derivation.missing.is_empty() {
        let missing: Vec<&str> = derivation.missing.iter().map(StatementId::as_str).collect();
        out.line(format!("missing: {}", missing.join(", ")))?;
    }
    Ok(())
}
