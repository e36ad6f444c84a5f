//! The table that is printed, and the targets beside what was measured.

use std::fmt::Write;

use ledger_tests::bench::Spread;

use crate::cases::{Case, Outcome};

/// Everything that was found, as text.
pub fn render(outcomes: &[Outcome]) -> String {
    [rows(outcomes), curves(outcomes), targets(outcomes)].join("\n")
}

fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

const NOTE: &str = "\
Latencies of one answer. Warm: the index is in memory, entries are read from the store. Whole process: from its start
to its end, with a snapshot of the index. About subjects with a result, evenly; half of an earlier moment.
";

fn rows(outcomes: &[Outcome]) -> String {
    let mut text = format!(
        "{:34} {:>9} {:>8} {:>10} {:>7} {:>9} {:>9} {:>9} {:>6}\n",
        "", "commands", "seconds", "entries/s", "asked", "p50 us", "p99 us", "most us", "MiB"
    );
    for outcome in outcomes {
        let latency = outcome.latency;
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "{:34} {:>9} {:>8} {:>10} {:>7} {:>9} {:>9} {:>9} {:>6.0}",
            outcome.case,
            outcome.size,
            optional(outcome.seconds, 3),
            optional(outcome.rate(), 0),
            latency.map_or("-".to_owned(), |latency| latency.asked.to_string()),
            optional(latency.map(|latency| latency.p50_us), 1),
            optional(latency.map(|latency| latency.p99_us), 1),
            optional(latency.map(|latency| latency.most_us), 1),
            outcome.peak_mib
        );
    }
    text + NOTE
}

fn curves(outcomes: &[Outcome]) -> String {
    let mut text = "Median us of an answer by entries in the subject's own history (answers):\n".to_owned();
    for outcome in outcomes.iter().filter(|outcome| !outcome.curve.is_empty()) {
        let _ = write!(text, "  {:20} {:>9}", outcome.case, outcome.size);
        for (bucket, (median, count)) in &outcome.curve {
            let _ = write!(text, "  to {}: {median:.0} ({count})", 4_u64.pow(*bucket as u32));
        }
        text.push('\n');
    }
    text
}

fn targets(outcomes: &[Outcome]) -> String {
    let of = |case: Case| outcomes.iter().rfind(|outcome| outcome.case == case.label());
    let mut text = "Targets, and what was measured:\n".to_owned();
    let mut target = |target: &str, measured: Option<String>| {
        let measured = measured.unwrap_or_else(|| "not measured".to_owned());
        let _ = writeln!(text, "  {target:72} {measured}");
    };
    let rate = |outcome: Option<&Outcome>| {
        let outcome = outcome?;
        Some(Spread::beside(format!("{:.0}", outcome.rate()?), outcome.spread))
    };
    let replay = of(Case::Replay);
    target("full replay: at least 1,000,000 entries/s; aim 2,000,000", rate(replay));
    let memory = replay.map(|outcome| format!("{:.0} MiB at {}", outcome.peak_mib, outcome.size));
    target("memory: at most 1 GiB at 10,000,000", memory);
    target("audit: at least 200,000 entries/s", rate(of(Case::Audit)));
    let p99 = of(Case::Subject).and_then(|outcome| outcome.latency).map(|latency| latency.p99_us);
    target("rating, warm: p99 under 1 ms", p99.map(|p99| format!("{:.3} ms", p99 / 1e3)));
    let half = |case: Case| of(case).and_then(|outcome| outcome.latency).map(|latency| latency.p50_us / 1e3);
    let process = half(Case::Process).zip(half(Case::Sled));
    target(
        "rating, whole process: at most sled's own opening and 150 ms (medians)",
        process.map(|(ours, sled)| format!("{ours:.0} ms, sled {sled:.0} ms: {:+.0} ms", ours - sled)),
    );
    let answers = of(Case::Subject).zip(of(Case::Sqlite)).map(|(ours, theirs)| ours.hash == theirs.hash);
    target(
        "the same answers as from SQLite's rows",
        answers.map(|same| if same { "yes" } else { "NO" }.to_owned()),
    );
    text
}
