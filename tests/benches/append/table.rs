//! The table that is printed, and the targets beside what was measured.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::outcome::{Lookups, Outcome};
use crate::plan::BULK;

/// What our full path is called in the table.
const FULL_PATH: &str = "ledger, full path";

/// A finished case in one line.
pub fn short(outcome: &Outcome) -> String {
    match outcome.entries {
        0 => format!("{:.3} s, peak {:.0} MiB", outcome.seconds, outcome.peak_mib),
        _ if outcome.seconds == 0.0 => format!("{} entries", outcome.entries),
        _ => {
            format!(
                "{:.0} entries/s in {:.2} s, peak {:.0} MiB",
                outcome.rate(),
                outcome.seconds,
                outcome.peak_mib
            )
        }
    }
}

/// Everything that was found, as text.
pub fn render(outcomes: &[Outcome]) -> String {
    let parts =
        [rates(outcomes), durability(outcomes), types(outcomes), lookups(outcomes), targets(outcomes)];
    parts.join("\n")
}

fn optional(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
}

fn known(count: u64) -> String {
    if count == 0 { "-".to_owned() } else { count.to_string() }
}

fn row(cells: [&str; 11]) -> String {
    let [system, entries, round, commits, seconds, rate, p50, p99, peak, log, documents] = cells;
    format!(
        "{system:24} {entries:>9} {round:>6} {commits:>7} {seconds:>9} {rate:>10} {p50:>8} {p99:>8} {peak:>6} \
         {log:>6} {documents:>6}\n"
    )
}

const NOTE: &str = "\
p50, p99: of a commit, from its sending to its answer; of single commands from storing their document. MiB: most
resident memory of the case's own process. B: bytes an entry adds on disk, by allocated blocks, after a clean close.
The clock stands during set-up, generating commands and reading recorded entries.
";

fn rates(outcomes: &[Outcome]) -> String {
    let heads = [
        "",
        "entries",
        "round",
        "commits",
        "seconds",
        "entries/s",
        "p50 ms",
        "p99 ms",
        "MiB",
        "B log",
        "B docs",
    ];
    let mut text = row(heads);
    for outcome in outcomes.iter().filter(|outcome| outcome.seconds > 0.0) {
        text += &row([
            &outcome.system,
            &known(outcome.entries),
            &known(outcome.round as u64),
            &optional(outcome.commits.map(|commits| commits as f64), 0),
            &format!("{:.3}", outcome.seconds),
            &known(outcome.rate() as u64),
            &optional(outcome.latency.map(|latency| latency.p50_ms), 3),
            &optional(outcome.latency.map(|latency| latency.p99_ms), 3),
            &format!("{:.0}", outcome.peak_mib),
            &optional(outcome.disk.map(|disk| disk.log_per_entry), 0),
            &optional(outcome.disk.map(|disk| disk.documents_per_entry), 0),
        ]);
    }
    text + NOTE
}

fn durability(outcomes: &[Outcome]) -> String {
    let stated = outcomes.iter().filter(|outcome| !outcome.durability.is_empty());
    let by_system: BTreeMap<&str, &str> =
        stated.map(|outcome| (outcome.system.as_str(), outcome.durability.as_str())).collect();
    let mut text = "Durable, before a commit is answered, by:\n".to_owned();
    for (system, durability) in by_system {
        // Writing to a string never fails.
        let _ = writeln!(text, "  {system:24} {durability}");
    }
    text
}

/// The largest run of the full path in bulk.
fn bulk(outcomes: &[Outcome]) -> Option<&Outcome> {
    let bulk = outcomes.iter().filter(|outcome| outcome.system == FULL_PATH && outcome.round == BULK);
    bulk.max_by_key(|outcome| outcome.entries)
}

fn types(outcomes: &[Outcome]) -> String {
    let Some(bulk) = bulk(outcomes) else { return String::new() };
    let mut text = format!("Entries by type, of {}:\n", bulk.entries);
    for (name, count) in &bulk.types {
        let share = 100.0 * *count as f64 / bulk.entries as f64;
        let _ = writeln!(text, "  {count:9} {share:6.2} %  {name}");
    }
    text
}

fn lookups(outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    for outcome in outcomes {
        let Some(Lookups { decoded, recent, store }) = outcome.lookups else { continue };
        let all = decoded + recent + store;
        let share = |part: u64| 100.0 * part as f64 / all.max(1) as f64;
        let _ = writeln!(
            text,
            "Cited entries looked up, {}, {} entries with {} a round: {all}; decoded already {:.1} %, from the newest \
             bytes {:.1} %, by reading the store {:.1} %",
            outcome.system,
            outcome.entries,
            outcome.round,
            share(decoded),
            share(recent),
            share(store)
        );
    }
    text
}

fn targets(outcomes: &[Outcome]) -> String {
    let mut text = "Targets, and what was measured:\n".to_owned();
    let mut target = |target: &str, measured: Option<String>| {
        let measured = measured.unwrap_or_else(|| "not measured".to_owned());
        let _ = writeln!(text, "  {target:75} {measured}");
    };
    let of = |system: &str, round: usize| {
        outcomes.iter().rfind(|outcome| outcome.system == system && outcome.round == round)
    };
    let named = |system: &str| outcomes.iter().rfind(|outcome| outcome.system == system);
    let bulk = bulk(outcomes);
    let one = of(FULL_PATH, 1);
    let p50 = |outcome: Option<&Outcome>| outcome.and_then(|outcome| outcome.latency).map(|l| l.p50_ms);
    let ratio = |ours: Option<f64>, other: Option<f64>| Some(format!("{:.2}", ours? / other?));
    let rate = |outcome: Option<&Outcome>| outcome.map(Outcome::rate);
    let log = |outcome: Option<&Outcome>| Some(format!("{:.0}", outcome?.disk?.log_per_entry));
    let seconds = |system: &str| named(system).map(|outcome| outcome.seconds);
    let later = |late: &str, early: &str| Some(format!("{:.3} s", seconds(late)? - seconds(early)?));
    target("bulk: at least 120,000 entries/s", rate(bulk).map(|rate| format!("{rate:.0}")));
    target("bulk: at least 0.4 of SQLite's plain insert; aim 1", ratio(rate(bulk), rate(of("SQLite", BULK))));
    target("one at a time: p50 at most 2.5 of the plain file's", ratio(p50(one), p50(of("plain file", 1))));
    target(
        "64 submitters: at least 15 of one at a time",
        ratio(rate(of("ledger, 64 submitters", 1)), rate(one)),
    );
    target("bytes of log an entry in bulk: at most 280; aim 200", log(bulk));
    target("bytes of log an entry one by one: at most 420; aim 300", log(one));
    target("peak memory: at most 512 MiB at 10,000,000", bulk.map(peak));
    target("last tenth within 20 % of the first at 10,000,000", bulk.and_then(drift));
    target(
        "reading back in order: at least 2,000,000 entries/s",
        rate(named("reading back in order")).map(|rate| format!("{rate:.0}")),
    );
    target(
        "ready to read: at most 0.150 s after sled's own open",
        later("opening: ready to read", "opening: sled alone"),
    );
    target(
        "ready to write: at most 2 s after ready to read",
        later("opening: ready to write", "opening: ready to read"),
    );
    text
}

fn peak(outcome: &Outcome) -> String {
    format!("{:.0} MiB at {}", outcome.peak_mib, outcome.entries)
}

fn drift(outcome: &Outcome) -> Option<String> {
    let (first, last) = (outcome.tenths.first()?, outcome.tenths.last()?);
    Some(format!("{first:.0}, then {last:.0} entries/s at {}", outcome.entries))
}
