//! The table that is printed.

use std::fmt::Write;

use crate::outcome::Outcome;

/// Everything that was found, as text.
pub fn render(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "{:24} {:>9} x {:<5} {}",
            outcome.system,
            outcome.commits,
            outcome.round,
            outcome.short()
        );
        if let Some(disk) = outcome.disk {
            let _ = writeln!(
                text,
                "    {:.0} bytes an entry in the log, {:.0} in the vault",
                disk.log_per_entry, disk.documents_per_entry
            );
        }
        for (name, count) in &outcome.types {
            let _ = writeln!(text, "    {count:9} {name}");
        }
    }
    text
}
