//! An audit as one page for people: self-contained, without scripts, made to be read on a screen and on paper.
//!
//! The summary comes first, then findings by severity, who acted, what was recorded, what was checked and what was not.
//! Severity is said in words and by a mark, never by colour alone. Deterministic: equal audits give equal bytes. Left
//! out: the terminal's table, which is the terminal's.

use super::finding::{Finding, FoundBy, Severity};
use super::{Audit, AuditScope};

const STYLE: &str = "\
:root{color-scheme:light}\
body{font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:64rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2rem 0 .5rem}\
.mark{font-weight:bold;letter-spacing:.05em}\
.verdict{border:3px solid #1a1a1a;padding:.75rem 1rem;font-size:1.15rem}.verdict strong{display:block;font-size:1.4rem}\
table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;padding:.3rem 0}\
th,td{border-bottom:1px solid #767676;padding:.35rem .5rem .35rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
thead th{border-bottom:2px solid #1a1a1a}td.n,th.n{text-align:right;white-space:nowrap}\
code{font-family:ui-monospace,monospace;font-size:.9em}dt{font-weight:bold}dd{margin:0 0 .4rem;overflow-wrap:anywhere}\
@media print{body{max-width:none;margin:0;font-size:10pt}h2{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}}";

impl Audit {
    /// The report as one HTML page. Ends with a line break.
    pub fn html(&self) -> String {
        let title = escaped(&format!("Audit of {}", self.origin));
        let marks: String = self.marks.iter().map(|mark| format!("<p class=\"mark\">{mark}</p>\n")).collect();
        let sections = [
            self.verdict(),
            self.facts(),
            self.findings_of(Severity::Critical),
            self.findings_of(Severity::Serious),
            self.findings_of(Severity::Notice),
            self.who_acted(),
            self.recorded_events(),
            self.what_was_checked(),
        ];
        format!(
            "<!doctype html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
             </head>\n<body>\n<main>\n{marks}<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
            sections.concat()
        )
    }

    /// How many findings there are of a severity, those that are not listed left out.
    pub fn count_of(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The outcome in a sentence.
    pub fn summary(&self) -> String {
        let count = |severity: Severity| format!("{} {}", self.count_of(severity), severity.as_str());
        let found = [Severity::Critical, Severity::Serious, Severity::Notice].map(count).join(", ");
        let ended = self.ended_at.map_or(String::new(), |ended| {
            format!("; ended at entry {}, {} entries not audited", ended.entry, ended.not_audited)
        });
        let unlisted = match self.unlisted {
            0 => String::new(),
            more => format!("; {more} more are not listed"),
        };
        let outside = match self.outside {
            0 => String::new(),
            more => format!("; {more} above notice lie outside what the report is narrowed to"),
        };
        format!("{found}{unlisted}{ended}{outside}")
    }

    fn verdict(&self) -> String {
        let verdict = if self.clean { "Clean" } else { "Not clean" };
        let narrowed = if self.scope.is_whole() {
            String::new()
        } else {
            format!(
                "<br>Narrowed to {}. The whole log was audited all the same.",
                escaped(&spelled(&self.scope))
            )
        };
        let summary = escaped(&self.summary());
        format!("<p class=\"verdict\"><strong>{verdict}</strong>Findings: {summary}.{narrowed}</p>\n")
    }

    fn facts(&self) -> String {
        let recorded =
            self.recorded.map_or("nothing".to_owned(), |(first, last)| format!("{first} to {last}"));
        let facts = [
            ("Entries audited", self.head.length.to_string()),
            ("Head (BLAKE3 of the last entry audited)", self.head.hash.to_string()),
            ("Recorded", recorded),
        ];
        let facts =
            facts.map(|(name, value)| format!("<dt>{name}</dt><dd><code>{}</code></dd>\n", escaped(&value)));
        format!("<h2>The log</h2>\n<dl>\n{}</dl>\n", facts.concat())
    }

    fn findings_of(&self, severity: Severity) -> String {
        let heading = match severity {
            Severity::Critical => "Critical: evidence of tampering, or a wrong rating",
            Severity::Serious => "Serious: a rule was broken",
            Severity::Notice => "Notices: worth knowing, nothing is wrong",
        };
        let found: Vec<&Finding> = self.findings.iter().filter(|f| f.severity == severity).collect();
        if found.is_empty() {
            return format!("<h2>{heading}</h2>\n<p>None.</p>\n");
        }
        let rows = found.iter().map(|finding| row(finding));
        let head = ["entry", "finding", "expected", "found", "found by"];
        format!("<h2>{heading}</h2>\n{}", table(&head, &[], rows))
    }

    fn who_acted(&self) -> String {
        let rows = self.actors.iter().map(|actor| {
            let roles = actor.roles.join(", ");
            let roles = if actor.revoked { format!("{roles} (revoked)") } else { roles };
            vec![
                format!("<code>{}</code>", escaped(&actor.actor)),
                escaped(&roles),
                actor.entries.to_string(),
            ]
        });
        let note = "<p>Actors are asserted unless an entry says how they were authenticated. <code>system</code> is the \
                    ledger itself, recording a stated consequence.</p>\n";
        let table = table(&["actor", "roles at the end", "entries"], &[2], rows);
        format!("<h2>Who acted</h2>\n{note}{table}")
    }

    fn recorded_events(&self) -> String {
        let rows = self.events.iter().map(|(event, count)| vec![escaped(event), count.to_string()]);
        format!("<h2>What was recorded</h2>\n{}", table(&["event", "entries"], &[1], rows))
    }

    fn what_was_checked(&self) -> String {
        let rows = self
            .checked
            .iter()
            .map(|checked| vec![escaped(checked.what), checked.count.to_string(), escaped(checked.how)]);
        let table = table(&["check", "how often", "what is checked"], &[1], rows);
        let not: String =
            self.not_checked.iter().map(|what| format!("<li>{}</li>\n", escaped(what))).collect();
        let ended = self.ended_at.map_or(String::new(), |ended| {
            format!(
                "<li>entries from {} on ({} of them): nothing after a broken link means anything</li>\n",
                ended.entry, ended.not_audited
            )
        });
        format!("<h2>What was checked</h2>\n{table}<h2>What was not checked</h2>\n<ul>\n{ended}{not}</ul>\n")
    }
}

fn row(finding: &Finding) -> Vec<String> {
    let entries: Vec<String> = finding.entries.iter().map(|entry| format!("<code>{entry}</code>")).collect();
    let more = finding.count.saturating_sub(finding.entries.len() as u64);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let place = if entries.is_empty() { "the log".to_owned() } else { entries.join(" ") + &more };
    let by: Vec<&str> = finding.by.iter().map(|by| words(*by)).collect();
    let mark = match finding.severity {
        Severity::Critical => "&#9632;",
        Severity::Serious => "&#9650;",
        Severity::Notice => "&#9675;",
    };
    vec![
        place,
        format!("{mark} {}<br><code>{}</code>", escaped(finding.meaning), finding.code),
        escaped(&finding.expected),
        escaped(&finding.found),
        by.join("; "),
    ]
}

fn words(by: FoundBy) -> &'static str {
    match by {
        FoundBy::Bytes => "the bytes",
        FoundBy::DecidedAgain => "deciding again",
        FoundBy::Recounted => "recounting",
    }
}

/// A table; the columns in `numbers` are aligned to the right. Cells are markup already.
fn table(head: &[&str], numbers: &[usize], rows: impl Iterator<Item = Vec<String>>) -> String {
    let class = |column: usize| if numbers.contains(&column) { " class=\"n\"" } else { "" };
    let head: String = head
        .iter()
        .enumerate()
        .map(|(at, name)| format!("<th scope=\"col\"{}>{name}</th>", class(at)))
        .collect();
    let body: String = rows
        .map(|cells| {
            let cells = cells.iter().enumerate();
            let cells: String = cells.map(|(at, cell)| format!("<td{}>{cell}</td>", class(at))).collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    format!("<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n")
}

/// What an audit is narrowed to, in words.
pub(super) fn spelled(scope: &AuditScope) -> String {
    let subject = scope.subject.as_ref().map(|subject| format!("the history of {subject}"));
    let actor = scope.actor.as_ref().map(|actor| format!("commands that {actor} gave"));
    let assessment = scope.assessment.map(|assessment| format!("assessment {assessment}"));
    [subject, actor, assessment].into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

/// Text inside HTML: names come from outside and must not become markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
