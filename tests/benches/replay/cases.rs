//! What is measured, each in a process of its own.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use ledger_tests::bench::{Latency, Spread, latency, peak_mib};
use replay::{AuditScope, KnownAt, Log, RatingAnswer, Register, audit, replay, subject_register};
use serde::{Deserialize, Serialize};

use crate::questions::{Question, bucket, draw, subjects};
use crate::sqlite::Sqlite;

/// sled's page cache, as our store sets it.
const CACHE_BYTES: u64 = 16 << 20;
/// Questions asked of a warm process.
const QUESTIONS: usize = 20_000;
/// Whole processes started.
const PROCESSES: usize = 11;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Case {
    /// Every projection and the index, from the first entry on
    Replay,
    /// Everything re-derived from bytes, and decided again
    Audit,
    /// The register of the whole country in memory, asked about today
    Country,
    /// One subject's own entries, in a process that has the index
    Subject,
    /// As subject, a whole process each time
    Process,
    /// sled's own opening of the same directory, a whole process each time
    Sled,
    /// One whole process: how the benchmark calls itself
    #[value(skip)]
    Answer,
    /// One whole process that opens sled
    #[value(skip)]
    OpenSled,
    /// The same questions to SQLite: its index finds the entries, the same code folds them
    Sqlite,
}

/// One case: everything its child process needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// What is measured.
    pub case: Case,
    /// Commands in the ledger.
    pub size: u64,
    /// Seed of the questions.
    pub seed: u64,
    /// The ledger.
    pub dir: PathBuf,
}

/// What a case found. What it does not measure is absent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// What was measured.
    pub case: String,
    /// Commands in the ledger.
    pub size: u64,
    /// Entries read.
    pub entries: Option<u64>,
    /// Seconds it took to read them.
    pub seconds: Option<f64>,
    /// How fast answers came.
    pub latency: Option<Latency>,
    /// Median microseconds of an answer by how long the subject's history is, in powers of four, with how many.
    pub curve: BTreeMap<usize, (f64, usize)>,
    /// The most resident memory of the process, in MiB.
    pub peak_mib: f64,
    /// What is to be equal in another run, or in another case.
    pub hash: Option<String>,
    /// Where it was run several times, how the rates differ.
    pub spread: Option<Spread>,
}

impl Outcome {
    /// Entries a second, where entries were read in order.
    pub fn rate(&self) -> Option<f64> {
        Some(self.entries? as f64 / self.seconds?)
    }
}

impl Case {
    /// The cases that a ledger is measured with; the smaller one only for the curve.
    pub fn of(whole: bool) -> Vec<Case> {
        match whole {
            true => vec![
                Case::Replay,
                Case::Audit,
                Case::Country,
                Case::Subject,
                Case::Sled,
                Case::Process,
                Case::Sqlite,
            ],
            false => vec![Case::Subject, Case::Sqlite],
        }
    }

    /// Whether one run takes seconds, and can meet a machine that just then gives less.
    pub fn takes_seconds(self) -> bool {
        matches!(self, Case::Replay | Case::Audit)
    }

    /// The case in a few words.
    pub fn label(self) -> &'static str {
        match self {
            Case::Replay => "replay of all projections",
            Case::Audit => "audit",
            Case::Country => "rating, register in memory",
            Case::Subject => "rating, warm",
            Case::Process | Case::Answer => "rating, whole process",
            Case::Sled | Case::OpenSled => "sled's own opening, whole process",
            Case::Sqlite => "rating, SQLite",
        }
    }
}

/// Runs the case.
pub fn run(spec: &Spec) -> Outcome {
    let outcome = match spec.case {
        Case::Replay => replayed(spec),
        Case::Audit => audited(spec),
        Case::Country => country(spec),
        Case::Subject => subject(spec),
        Case::Process => processes(spec, Case::Answer),
        Case::Sled => processes(spec, Case::OpenSled),
        Case::Answer => answer(spec),
        Case::OpenSled => open_sled(spec),
        Case::Sqlite => sqlite(spec),
    };
    Outcome { case: spec.case.label().to_owned(), size: spec.size, peak_mib: peak_mib(), ..outcome }
}

fn quiet(_: ledger_core::values::Length, _: ledger_core::values::Length) {}

fn open(spec: &Spec) -> Log {
    Log::open(&spec.dir).expect("the ledger opens")
}

fn replayed(spec: &Spec) -> Outcome {
    let log = open(spec);
    let start = Instant::now();
    let replayed = replay(&log, KnownAt::Now, &mut quiet).expect("replayed");
    Outcome {
        seconds: Some(start.elapsed().as_secs_f64()),
        entries: Some(replayed.head.length.0),
        hash: Some(replayed.state_hash.to_string()),
        ..Outcome::default()
    }
}

fn audited(spec: &Spec) -> Outcome {
    let log = open(spec);
    let start = Instant::now();
    let audit = audit(&log, AuditScope::default(), &mut quiet).expect("audited");
    assert!(audit.clean, "the workload follows the rules");
    Outcome {
        seconds: Some(start.elapsed().as_secs_f64()),
        entries: Some(log.head().length.0),
        ..Outcome::default()
    }
}

/// The questions, and the log they are about.
fn questions(spec: &Spec, count: usize) -> (Log, Vec<Question>) {
    let log = open(spec);
    let ((register,), _) = log.folded::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let questions = draw(&log, &subjects(&register), spec.seed, count);
    (log, questions)
}

fn country(spec: &Spec) -> Outcome {
    let (log, questions) = questions(spec, QUESTIONS);
    let ((register,), _) = log.folded::<(Register,)>(KnownAt::Now, &mut quiet).expect("folded");
    let ask = |question: &Question| register.rating(&question.subject, question.as_of);
    let (measured, _) = asked(&questions, ask);
    Outcome { latency: latency(measured), ..Outcome::default() }
}

/// How long each answer took, and what they said together.
fn asked(questions: &[Question], mut ask: impl FnMut(&Question) -> RatingAnswer) -> (Vec<Duration>, String) {
    let mut said = blake3::Hasher::new();
    let mut measured = Vec::with_capacity(questions.len());
    for question in questions {
        let start = Instant::now();
        let answer = black_box(ask(question));
        measured.push(start.elapsed());
        said.update(&serde_json::to_vec(&answer).expect("plain data"));
    }
    (measured, said.finalize().to_hex().to_string())
}

fn subject(spec: &Spec) -> Outcome {
    let (log, questions) = questions(spec, QUESTIONS);
    drop(log.index(&mut quiet).expect("indexed"));
    let ask = |question: &Question| {
        let register =
            subject_register(&log, &question.subject, question.known_at, &mut quiet).expect("read");
        register.rating(&question.subject, question.as_of)
    };
    // What is asked first fills the caches, as in any process that has run for a while.
    drop(asked(&questions[..QUESTIONS / 10], ask));
    let (measured, said) = asked(&questions, ask);
    let curve = curve(&log, &questions, &measured);
    Outcome { latency: latency(measured), curve, hash: Some(said), ..Outcome::default() }
}

fn curve(log: &Log, questions: &[Question], measured: &[Duration]) -> BTreeMap<usize, (f64, usize)> {
    let index = log.index(&mut quiet).expect("indexed");
    let mut buckets: BTreeMap<usize, Vec<Duration>> = BTreeMap::new();
    for (question, took) in questions.iter().zip(measured) {
        let until = log.known(question.known_at).expect("known");
        buckets.entry(bucket(&index, &question.subject, until)).or_default().push(*took);
    }
    let median = |(bucket, took): (usize, Vec<Duration>)| {
        let count = took.len();
        latency(took).map(|latency| (bucket, (latency.p50_us, count)))
    };
    buckets.into_iter().filter_map(median).collect()
}

/// Starts whole processes, one after the other.
fn processes(spec: &Spec, case: Case) -> Outcome {
    if case == Case::Answer {
        // The first reader after the ledger was filled makes the index; the others find it.
        drop(open(spec).index(&mut quiet).expect("indexed"));
    }
    let program = std::env::current_exe().expect("a path");
    let measured = (0..PROCESSES).map(|at| {
        let spec = Spec { case, seed: spec.seed + at as u64, ..spec.clone() };
        let spelled = serde_json::to_string(&spec).expect("plain data");
        let start = Instant::now();
        let child = Command::new(&program).arg("--child").arg(spelled).output().expect("started");
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        start.elapsed()
    });
    Outcome { latency: latency(measured.collect()), ..Outcome::default() }
}

/// What `ledger rating SUBJECT --as-of V --known-at K --json` does: opens, answers, names the entries it rests on.
fn answer(spec: &Spec) -> Outcome {
    let log = open(spec);
    let subject = format!("local-authority/E06{:06}", spec.seed).parse().expect("a subject");
    let length = log.head().length.0;
    let known_at = KnownAt::Sequence(ledger_core::values::Sequence::new(length - length / 8));
    let register = subject_register(&log, &subject, known_at, &mut quiet).expect("read");
    let answer = register.rating(&subject, "2026-11-01".parse().expect("a date"));
    let names = log.names(&answer.rests_on()).expect("named");
    Outcome { entries: Some(names.len() as u64), ..Outcome::default() }
}

fn open_sled(spec: &Spec) -> Outcome {
    let config = sled::Config::new().path(spec.dir.join("log")).cache_capacity(CACHE_BYTES);
    drop(config.open().expect("sled opens"));
    Outcome::default()
}

fn sqlite(spec: &Spec) -> Outcome {
    let (log, questions) = questions(spec, QUESTIONS);
    let mut sqlite = Sqlite::of(&log, &spec.dir.with_extension("sqlite"));
    for question in &questions[..QUESTIONS / 10] {
        let register =
            subject_register(&log, &question.subject, question.known_at, &mut quiet).expect("read");
        assert_eq!(sqlite.ask(question), register.rating(&question.subject, question.as_of), "{question:?}");
    }
    let (measured, said) = asked(&questions, |question| sqlite.ask(question));
    let curve = curve(&log, &questions, &measured);
    Outcome { latency: latency(measured), curve, hash: Some(said), ..Outcome::default() }
}
