//! Frameworks and risk policies to adopt: one that ships with the program by its id, or one from a JSON file.

use std::path::Path;

use ledger_core::assessment::Command;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::framework::Framework;
use ledger_core::assessment::risk::RiskPolicy;
use ledger_core::shipped::{self, ShippedFramework};
use ledger_core::values::Malformed;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// The command that adopts a framework.
pub fn framework(source: &Path) -> Result<Wanted, Failure> {
    let shipped = shipped::frameworks()?;
    if let Some(found) = shipped.iter().find(|found| Path::new(found.framework.id.as_str()) == source) {
        return adopt(found);
    }
    let known: Vec<&str> = shipped.iter().map(|found| found.framework.id.as_str()).collect();
    adopt(&with_assumptions(source, file(source, &known)?)?)
}

/// The framework in a file, alone or with what it assumes.
pub fn framework_file(path: &Path) -> Result<Framework, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
    Ok(with_assumptions(path, parsed(path, &bytes)?)?.framework)
}

fn with_assumptions(source: &Path, value: Value) -> Result<ShippedFramework, Failure> {
    if value.get("framework").is_some() {
        return typed(source, value);
    }
    Ok(ShippedFramework { framework: typed(source, value)?, assumptions: Vec::new() })
}

/// The command that adopts a framework with what it assumes as a document.
pub fn adopt(shipped: &ShippedFramework) -> Result<Wanted, Failure> {
    let wanted = Wanted::ready(Subject::national(), &shipped::adopt(shipped))?;
    match shipped.assumptions.as_slice() {
        [] => Ok(wanted),
        assumptions => Ok(wanted.with("assumptions", json!({ "text": assumptions.join("\n") }))),
    }
}

/// The command that adopts a risk policy.
pub fn risk_policy(source: &Path) -> Result<Wanted, Failure> {
    let shipped = shipped::risk_policy()?;
    let Command::AdoptRiskPolicy(event) = &shipped else {
        return Err(Failure::Storage("the shipped risk policy is none".to_owned()));
    };
    if Path::new(event.policy.id.as_str()) == source {
        return Wanted::ready(Subject::national(), &shipped);
    }
    let policy: RiskPolicy = typed(source, file(source, &[event.policy.id.as_str()])?)?;
    Wanted::new("risk-policy.adopt", On::National, &json!({ "policy": policy }))
}

fn file(path: &Path, known: &[&str]) -> Result<Value, Failure> {
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::Malformed(format!(
            "'{}' neither ships with the program ({}) nor can be read as a file ({error})",
            path.display(),
            known.join(", ")
        ))
    })?;
    parsed(path, &bytes)
}

fn parsed(path: &Path, bytes: &[u8]) -> Result<Value, Failure> {
    Ok(ledger_core::line::parse(bytes)
        .map_err(|Malformed(what)| Malformed(format!("{}: {what}", path.display())))?)
}

fn typed<T: serde::de::DeserializeOwned>(path: &Path, value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| Failure::Malformed(format!("{}: {error}", path.display())))
}
