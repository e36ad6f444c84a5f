//! Files of commands for the real binary: invented providers, evidence and concerns with documents, in rounds of
//! chosen sizes. Equal numbers give equal lines.

use ledger_core::values::Hash;
use serde_json::{Value, json};

/// 2026-07-02T00:00:00Z, from which ids and recorded times are counted.
const FIRST_MILLIS: u64 = 1_782_950_400_000;

/// A chunk of a bulk file ends after 8 MiB, blank lines included (`ledger-cli/src/submit/reader.rs`), and each chunk
/// is a call of its own. So a blank line of this size ends a round.
const ROUND_END_BYTES: usize = 8 << 20;

/// The id of command `number`: a UUIDv7 that carries its time.
pub fn id(number: u64) -> String {
    let time = format!("{:012x}", FIRST_MILLIS + number * 10);
    format!("{}-{}-7{:03x}-8000-{number:012x}", &time[..8], &time[8..], number & 0xfff)
}

/// When command `number` is recorded.
pub fn recorded(number: u64) -> String {
    let (seconds, millis) = (number / 100, number % 100 * 10);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("2026-07-02T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}000Z")
}

/// A command line.
pub fn line(number: u64, actor: &str, command: &str, subject: &str, data: Value) -> String {
    let (id, recorded) = (id(number), recorded(number));
    json!({ "id": id, "actor": actor, "type": command, "subject": subject, "recordedtime": recorded, "data": data })
        .to_string()
}

/// Command `number`: every tenth registers a provider, two in ten raise a concern with an account, the others submit
/// evidence, each with a document of up to some thousand bytes.
pub fn mixed(number: u64) -> String {
    let provider = format!("provider/1-{:06}", number / 10);
    match number % 10 {
        0 => line(
            number,
            "registrar-1",
            "area.register",
            &provider,
            json!({ "name": format!("Provider {number}") }),
        ),
        4 | 9 => {
            let data = json!({
                "severity": "low", "statements": ["safeguarding"], "source": "staff",
                "account": { "text": document(number) },
            });
            line(number, "assessor-1", "concern.raise", &provider, data)
        }
        _ => {
            let data = json!({
                "statements": ["safeguarding"], "category": "processes", "wave": "held", "site": "off-site",
                "source": "regulator", "documents": [{ "text": document(number) }],
            });
            line(number, "assessor-1", "evidence.submit", &provider, data)
        }
    }
}

/// Commands in order.
pub fn many(numbers: std::ops::Range<u64>) -> Vec<String> {
    numbers.map(mixed).collect()
}

/// A text that does not compress well; most are short, every seventh has some thousand bytes.
fn document(number: u64) -> String {
    let parts = if number.is_multiple_of(7) { 20 + number % 80 } else { 1 + number % 5 };
    let hashes = (0..parts).map(|part| Hash::of(&(number * 1000 + part).to_le_bytes()).to_string());
    format!("Account {number}: {}", hashes.collect::<Vec<_>>().join(" "))
}

/// A file that is submitted in rounds of these many lines each; lines beyond them make a last round.
pub fn in_rounds(lines: &[String], sizes: &[usize]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut left = lines;
    for size in sizes.iter().copied().chain([usize::MAX]) {
        let (round, later) = left.split_at(size.min(left.len()));
        text.extend(round.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()));
        left = later;
        if left.is_empty() {
            break;
        }
        text.resize(text.len() + ROUND_END_BYTES, b' ');
        text.push(b'\n');
    }
    text
}
