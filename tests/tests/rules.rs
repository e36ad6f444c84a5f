//! The rule tables of `tests/rules`: every scenario runs twice, once plainly and once reopening the ledger from its
//! bytes before every row, and both leave the same log.

use ledger_tests::run::{Coverage, run, tables};

#[test]
fn every_scenario_holds_and_survives_reopening() {
    let tables = tables();
    let mut failures = Vec::new();
    for scenario in &tables.scenarios {
        let plainly = run(&tables, scenario, false, &mut Coverage::default());
        let reopening = run(&tables, scenario, true, &mut Coverage::default());
        match (plainly, reopening) {
            (Ok(plainly), Ok(reopening)) if plainly == reopening => {}
            (Ok(_), Ok(_)) => failures.push(format!("{}: other bytes after reopening", scenario.place)),
            (Err(what), _) => failures.push(what),
            (Ok(_), Err(what)) => failures.push(format!("after reopening only: {what}")),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        tables.scenarios.len(),
        failures.join("\n\n")
    );
}
