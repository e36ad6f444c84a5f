//! The table that is printed, and the targets beside what was measured.

use std::fmt::Write;

use ledger_tests::bench::Spread;

use crate::cases::{Outcome, Row};

/// Everything that was found, as text.
pub fn render(outcomes: &[Outcome]) -> String {
    [rows(outcomes), targets(outcomes)].join("\n")
}

fn rows(outcomes: &[Outcome]) -> String {
    let mut text = format!("{:66} {:>12} {:>10} {:>10}\n", "", "p50, figure", "p99", "most");
    for outcome in outcomes {
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "{}: {} entries, at most {:.0} MiB; {}",
            outcome.case, outcome.entries, outcome.peak_mib, outcome.holds
        );
        if let Some(spread) = outcome.spread {
            let _ = writeln!(text, "  {spread} entries/s");
        }
        for Row { what, latency, figure, unit, .. } in &outcome.rows {
            let (first, p99, most) = match (latency, figure) {
                (Some(took), _) => (
                    format!("{:.1}", took.p50_us),
                    format!("{:.1}", took.p99_us),
                    format!("{:.1}", took.most_us),
                ),
                (None, figure) => {
                    (format!("{:.1}", figure.unwrap_or_default()), String::new(), String::new())
                }
            };
            let _ = writeln!(text, "  {what:64} {first:>12} {p99:>10} {most:>10} {unit}");
        }
    }
    text
}

fn targets(outcomes: &[Outcome]) -> String {
    let row = |id: &str| outcomes.iter().flat_map(|outcome| &outcome.rows).find(|row| row.id == id);
    let p99 =
        |id: &str| row(id).and_then(|row| row.latency).map(|took| format!("{:.3} ms", took.p99_us / 1e3));
    let p50 =
        |id: &str| row(id).and_then(|row| row.latency).map(|took| format!("{:.3} ms", took.p50_us / 1e3));
    let figure =
        |id: &str| row(id).and_then(|row| row.figure.map(|figure| format!("{figure:.1} {}", row.unit)));
    let verify = outcomes.iter().find(|outcome| outcome.rows.iter().any(|row| row.id == "verify"));
    let spread = verify.and_then(|outcome| outcome.spread);
    let verified = figure("verify").map(|rate| Spread::beside(rate, spread));
    let targets = [
        ("inclusion proof: p99 under 1 ms", p99("inclusion")),
        ("consistency proof: under 5 ms (p99)", p99("consistency")),
        ("checkpoint: under 1 ms (p99), without its durable write", p99("checkpoint")),
        ("verification without rules: at least 800,000 entries/s", verified),
        ("certificate of a 1,000-entry subject made: under 100 ms (p50)", p50("certificate-made")),
        ("certificate of a 1,000-entry subject checked: under 100 ms (p50)", p50("certificate-checked")),
        ("the tree costs the append path at most 20 %", figure("append-cost")),
        ("tiles: about 32 bytes an entry", figure("tiles")),
    ];
    let mut text = "Targets, and what was measured:\n".to_owned();
    for (target, measured) in targets {
        let _ = writeln!(text, "  {target:66} {}", measured.unwrap_or_else(|| "not measured".to_owned()));
    }
    text
}
