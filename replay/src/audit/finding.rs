//! Findings: what an audit says is wrong or worth knowing, with stable codes, and how they are gathered.
//!
//! A broken rule has the code with which the ledger would have refused the command; what no command can cause has a
//! code of its own, listed in [`CODES`]. Critical and serious findings stand one by one in the order of the log; notices
//! of one code are one finding with a count. The same fault found in both ways is one finding that says so. Left out:
//! finding anything.

use std::collections::BTreeMap;

use ledger_core::assessment::Rejection;
use ledger_core::values::Sequence;
use serde::Serialize;

/// Findings above notice that are listed; the others are counted.
const LISTED: usize = 1_000;
/// Entries that a finding of several names.
const NAMED: usize = 20;

/// How grave a finding is, gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Evidence of tampering, or a wrong rating.
    Critical,
    /// A rule was broken.
    Serious,
    /// Worth knowing; nothing is wrong.
    Notice,
}

impl Severity {
    /// The word for it, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Serious => "serious",
            Severity::Notice => "notice",
        }
    }
}

/// Which of the two ways found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// Bytes, links and schemas.
    Bytes,
    /// The command was rebuilt from its events and decided again by the ledger's own rules.
    DecidedAgain,
    /// A second implementation that shares no code with the rules.
    Recounted,
}

/// Something an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Stable code, snake case.
    pub code: &'static str,
    /// What the code means, in words.
    pub meaning: &'static str,
    /// The entries it is about: one, or of a notice the first twenty. Empty if the log as a whole is meant.
    pub entries: Vec<Sequence>,
    /// How many entries it is about.
    pub count: u64,
    /// What the log should say.
    pub expected: String,
    /// What it says.
    pub found: String,
    /// How it was found.
    pub by: Vec<FoundBy>,
}

/// The codes that are no rejection: how grave each is, and what it means.
pub const CODES: &[(&str, Severity, &str)] = &[
    ("bytes_unreadable", Severity::Critical, "The store cannot give back the entry's bytes"),
    ("not_an_entry", Severity::Critical, "The bytes are not an entry in its one spelling"),
    ("chain_broken", Severity::Critical, "The entry does not name the hash of the entry before it"),
    ("sequence_wrong", Severity::Critical, "The entry does not say its own position"),
    ("subject_history_broken", Severity::Critical, "The entry does not follow its subject's last one"),
    ("time_backwards", Severity::Critical, "The entry was recorded before the one that stands before it"),
    ("head_differs", Severity::Critical, "The entries do not end in the head that the store states"),
    ("schema_unfit", Severity::Critical, "The entry's data does not fit the schema of its type"),
    ("source_differs", Severity::Critical, "The entry names another ledger than the one that was founded"),
    ("command_split", Severity::Critical, "The events of one command do not belong together"),
    ("illegal_history", Severity::Critical, "The entry cannot follow those before it"),
    (
        "attestation_false",
        Severity::Critical,
        "The attestation is not where the subjects' histories ended before it",
    ),
    ("command_hash_differs", Severity::Critical, "The command's hash is not that of what it recorded"),
    ("event_differs", Severity::Serious, "The rules write another event for this command"),
    ("window_miscounted", Severity::Serious, "The window of the factual accuracy check is counted wrongly"),
    ("consequence_missing", Severity::Serious, "A consequence that the rules write is not there"),
    ("consequence_unfounded", Severity::Serious, "A consequence stands there that the rules do not write"),
    (
        "trigger_unjustified",
        Severity::Serious,
        "A trigger's causes, arithmetic or day are not those of its rule",
    ),
    (
        "author_unfit",
        Severity::Serious,
        "The ledger wrote what an actor must, or an actor what the ledger must",
    ),
    ("assessment_differs", Severity::Serious, "The entry is attributed to another assessment than its own"),
    ("actors_asserted", Severity::Notice, "Actors were asserted, not authenticated"),
    ("asked_again", Severity::Notice, "Evidence was asked for again although held or asked already"),
    (
        "clock_clamped",
        Severity::Notice,
        "Recorded in the same microsecond as the command before: the clock may have been behind",
    ),
    ("recorded_late", Severity::Notice, "Recorded on a later day than it happened"),
    (
        "rests_on_withdrawn_evidence",
        Severity::Notice,
        "A result that stands rests on evidence withdrawn since",
    ),
    (
        "command_not_rebuilt",
        Severity::Notice,
        "The command's hash was not reproduced from its events: it named something twice or in another order, or the entry was changed",
    ),
];

/// The rejections that mean a wrong rating or tampering, where they are found in a log.
const CRITICAL: [&str; 2] = ["result_differs", "command_id_reused"];

/// How grave a code is, and what it means.
pub(super) fn known(code: &str) -> (Severity, &'static str) {
    let own = CODES.iter().find(|(own, ..)| *own == code).map(|(_, severity, meaning)| (*severity, *meaning));
    let rejection = || {
        let (_, meaning) = Rejection::CODES.iter().find(|(known, _)| *known == code)?;
        let critical = CRITICAL.contains(&code);
        Some((if critical { Severity::Critical } else { Severity::Serious }, *meaning))
    };
    own.or_else(rejection).unwrap_or((Severity::Serious, "A rule was broken"))
}

/// A fault at an entry, before it is gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) expected: String,
    pub(super) found: String,
    pub(super) by: FoundBy,
}

impl Fault {
    pub(super) fn new(
        by: FoundBy,
        code: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Fault { code, expected: expected.into(), found: found.into(), by }
    }
}

/// Entries counted, and the first of them by name.
#[derive(Debug, Default)]
pub(super) struct Named {
    first: Vec<Sequence>,
    count: u64,
}

impl Named {
    pub(super) fn count(&mut self, at: Sequence) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(at);
        }
    }
}

/// Findings as they come, those outside the scope only counted.
#[derive(Debug, Default)]
pub(super) struct Findings {
    above: Vec<Finding>,
    notices: BTreeMap<&'static str, Finding>,
    unlisted: u64,
    outside: u64,
}

/// What was gathered.
pub(super) struct Gathered {
    pub(super) findings: Vec<Finding>,
    pub(super) unlisted: u64,
    pub(super) outside: u64,
}

impl Findings {
    /// Adds the faults of one command's entries, each with its place and whether it lies within the scope. What both
    /// ways found is one finding.
    pub(super) fn add_all(&mut self, faults: Vec<(Option<Sequence>, bool, Fault)>) {
        let mut merged: Vec<(Option<Sequence>, bool, Fault, Vec<FoundBy>)> = Vec::new();
        for (at, within, fault) in faults {
            match merged.iter_mut().find(|(other, _, same, _)| *other == at && same.code == fault.code) {
                Some((.., by)) if !by.contains(&fault.by) => by.push(fault.by),
                Some(_) => {}
                None => {
                    let by = vec![fault.by];
                    merged.push((at, within, fault, by));
                }
            }
        }
        for (at, within, fault, mut by) in merged {
            by.sort_unstable();
            self.add(at, within, fault, by);
        }
    }

    fn add(&mut self, at: Option<Sequence>, within: bool, fault: Fault, by: Vec<FoundBy>) {
        let (severity, meaning) = known(fault.code);
        match severity {
            Severity::Notice if within => self.notice(at, meaning, fault),
            Severity::Notice => {}
            Severity::Critical | Severity::Serious if !within => self.outside += 1,
            Severity::Critical | Severity::Serious if self.above.len() >= LISTED => self.unlisted += 1,
            Severity::Critical | Severity::Serious => {
                self.above.push(Finding { by, ..finding(severity, meaning, at, fault) });
            }
        }
    }

    /// Adds a notice of many entries.
    pub(super) fn add_named(&mut self, named: Named, fault: Fault) {
        let Named { first, count } = named;
        if count > 0 {
            let (severity, meaning) = known(fault.code);
            let code = fault.code;
            let notice = Finding { entries: first, count, ..finding(severity, meaning, None, fault) };
            self.notices.insert(code, notice);
        }
    }

    fn notice(&mut self, at: Option<Sequence>, meaning: &'static str, fault: Fault) {
        match self.notices.get_mut(fault.code) {
            Some(notice) => {
                notice.count += 1;
                if notice.entries.len() < NAMED {
                    notice.entries.extend(at);
                }
            }
            None => {
                self.notices.insert(fault.code, finding(Severity::Notice, meaning, at, fault));
            }
        }
    }

    /// Everything in the order of the log, the log's own findings and notices last.
    pub(super) fn gathered(self) -> Gathered {
        let mut findings = self.above;
        findings.sort_by_key(|finding| (finding.entries.is_empty(), finding.entries.first().copied()));
        findings.extend(self.notices.into_values());
        Gathered { findings, unlisted: self.unlisted, outside: self.outside }
    }
}

fn finding(severity: Severity, meaning: &'static str, at: Option<Sequence>, fault: Fault) -> Finding {
    Finding {
        severity,
        code: fault.code,
        meaning,
        entries: at.into_iter().collect(),
        count: 1,
        expected: fault.expected,
        found: fault.found,
        by: vec![fault.by],
    }
}
