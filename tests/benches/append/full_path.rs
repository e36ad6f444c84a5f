//! The full path through the public [`Ledger`]: command in memory, document stored, decided, encoded, chained,
//! durable, answered.
//!
//! The set-up (50,000 areas and those who act for them) comes first, and the ledger is closed and opened again before
//! the clock starts. Commands are generated a slab at a time while the clock stands. While three rounds
//! are under way the submitter stores the next one's documents, as any client would; with one command a round it does
//! not, so that each command's time is its own: document, decision and commit.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::future::{MaybeDone, join_all, maybe_done};
use ledger_core::assessment::Request;
use ledger_core::assessment::codes::MediaType;
use ledger_core::environment::Environment;
use ledger_core::values::Timestamp;
use ledger_core::{Founding, Ledger, LookUps, Receipt, SubmitError};
use ledger_tests::workload::{MEDIA_TYPE, Scale, Step, Workload, signing_key};
use tokio::runtime::{Builder, Runtime};

use crate::measure::{Clock, allocated, latency};
use crate::outcome::{Disk, Lookups, Outcome};
use crate::plan::Spec;
use crate::ways::{self, Way};

/// Commands in memory at a time: some 40 MiB. The pipeline is filled and emptied once for each such slab.
const SLAB: usize = 32_000;
/// Rounds that were sent and not answered: one becomes durable while the next is decided.
const UNDER_WAY: usize = 3;
/// Commands of the set-up in a commit.
const SET_UP_ROUND: usize = 1_000;

type Answers = Vec<Result<Receipt, SubmitError>>;

/// Measures `submitters`: one with rounds of `spec.round`, or more with one command under way each.
pub fn run(way: Way, submitters: usize, spec: &Spec) -> Outcome {
    set_up(spec);
    let before = [allocated(&spec.dir.join("log")), allocated(&spec.dir.join("documents"))];
    let ledger = ways::open(way, &spec.dir);
    let mut run = Run::new(spec, submitters, &ledger);
    let mut workload = Workload::new(spec.seed, Scale::NATIONAL);
    let mut left = spec.entries as usize;
    while left > 0 {
        let generated = Instant::now();
        let slab: Vec<Step> = workload.by_ref().take(left.min(SLAB)).collect();
        run.generating += generated.elapsed();
        left -= slab.len();
        run.slab(slab);
    }
    let outcome = run.outcome();
    let LookUps { decoded, recent, store } = ledger.look_ups();
    let lookups = Some(Lookups { decoded, recent, store });
    ledger.close().expect("a clean close");
    let added = |at: usize, name: &str| {
        (allocated(&spec.dir.join(name)) as f64 - before[at] as f64) / outcome.entries as f64
    };
    let disk = Disk { log_per_entry: added(0, "log"), documents_per_entry: added(1, "documents") };
    let system = match (way, submitters) {
        (Way::StubVault, _) => "ledger, stub vault".to_owned(),
        (Way::Plain, 1) => "ledger, full path".to_owned(),
        (Way::Plain, many) => format!("ledger, {many} submitters"),
    };
    let durability = match way {
        Way::StubVault => {
            "fdatasync of the log each round, a signed checkpoint a second; documents are not kept"
        }
        Way::Plain => {
            "fdatasync of the log each round, and of segment and keys of new documents; a signed checkpoint a second"
        }
    };
    Outcome { system, durability: durability.to_owned(), disk: Some(disk), lookups, ..outcome }
}

fn set_up(spec: &Spec) {
    let founding = Workload::founding(spec.seed);
    // It signs, as every ledger does that is founded at the terminal: the tree is part of the path.
    let key = Some(signing_key(&founding));
    let founding = Founding { key, ..founding };
    let ledger = Ledger::create(&spec.dir, Environment::system(), founding).expect("a new ledger");
    let runtime = runtime();
    let mut requests = Workload::set_up(spec.seed, Scale::NATIONAL);
    loop {
        let round: Vec<Request> = requests.by_ref().take(SET_UP_ROUND).collect();
        if round.is_empty() {
            break;
        }
        Answered::default().take(runtime.block_on(ledger.submit_all(round)));
    }
    ledger.close().expect("a clean close");
}

/// On the caller's own thread: the submitter is one core, the ledger's writer the other.
fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// The answers of a slab.
#[derive(Debug, Default)]
struct Answered {
    receipts: Vec<Receipt>,
    /// From a round's sending to its answer; with one command a round from its document on.
    latencies: Vec<Duration>,
}

impl Answered {
    /// Every command of the workload is accepted: anything else would be measured wrongly.
    fn take(&mut self, answers: Answers) {
        let accepted = |answer: Result<Receipt, SubmitError>| {
            answer.unwrap_or_else(|error| panic!("a command failed: {error}"))
        };
        self.receipts.extend(answers.into_iter().map(accepted));
    }
}

/// A run under way.
struct Run<'l> {
    ledger: &'l Ledger,
    runtime: Runtime,
    media_type: MediaType,
    round: usize,
    submitters: usize,
    clock: Clock,
    commits: u64,
    generating: Duration,
    latencies: Vec<Duration>,
    types: BTreeMap<String, u64>,
}

impl<'l> Run<'l> {
    fn new(spec: &Spec, submitters: usize, ledger: &'l Ledger) -> Self {
        Run {
            ledger,
            runtime: runtime(),
            media_type: MEDIA_TYPE.parse().expect("a media type"),
            round: spec.round,
            submitters,
            clock: Clock::new(spec.entries),
            commits: 0,
            generating: Duration::ZERO,
            latencies: Vec::new(),
            types: BTreeMap::new(),
        }
    }

    fn stored(&self, step: Step) -> Request {
        let at = step.request().recorded_time.unwrap_or(Timestamp::EPOCH);
        let store = |content: &[u8]| self.ledger.add_document(content, &self.media_type, b"", at);
        step.stored(store).unwrap_or_else(|error| panic!("a document was not stored: {error}"))
    }

    /// Submits a slab while the clock runs, and counts afterwards.
    fn slab(&mut self, slab: Vec<Step>) {
        let mut answered = Answered::default();
        let mut clock = std::mem::replace(&mut self.clock, Clock::new(0));
        self.commits += slab.len().div_ceil(self.round) as u64;
        clock.time(|| {
            answered = match self.round {
                1 => self.runtime.block_on(self.one_by_one(slab)),
                _ => self.runtime.block_on(self.rounds(slab)),
            };
            answered.receipts.iter().map(|receipt| receipt.entries.len() as u64).sum()
        });
        self.clock = clock;
        self.latencies.append(&mut answered.latencies);
        for entry in answered.receipts.into_iter().flat_map(|receipt| receipt.entries) {
            *self.types.entry(entry.event_type.to_owned()).or_default() += 1;
        }
    }

    /// Each submitter takes the next command when its last one is answered. All are on one thread, so the commands
    /// reach the ledger in the order in which they were generated.
    async fn one_by_one(&self, slab: Vec<Step>) -> Answered {
        let steps = RefCell::new(slab.into_iter());
        let submitters = (0..self.submitters).map(|_| self.submitter(&steps));
        let mut answered = Answered::default();
        for part in join_all(submitters).await {
            answered.receipts.extend(part.receipts);
            answered.latencies.extend(part.latencies);
        }
        answered
    }

    async fn submitter(&self, steps: &RefCell<std::vec::IntoIter<Step>>) -> Answered {
        let mut answered = Answered::default();
        loop {
            let Some(step) = steps.borrow_mut().next() else { return answered };
            let start = Instant::now();
            let answer = self.ledger.submit(self.stored(step)).await;
            answered.latencies.push(start.elapsed());
            answered.take(vec![answer]);
        }
    }

    async fn rounds(&self, slab: Vec<Step>) -> Answered {
        let mut answered = Answered::default();
        let mut steps = slab.into_iter();
        let mut next =
            || -> Vec<Request> { steps.by_ref().take(self.round).map(|step| self.stored(step)).collect() };
        let mut under_way = VecDeque::new();
        loop {
            let round = next();
            if round.is_empty() && under_way.is_empty() {
                return answered;
            }
            if under_way.len() == UNDER_WAY || round.is_empty() {
                let (start, mut sent): (Instant, Pin<Box<MaybeDone<_>>>) =
                    under_way.pop_front().expect("one is");
                sent.as_mut().await;
                answered.latencies.push(start.elapsed());
                answered.take(sent.as_mut().take_output().expect("it is done"));
            }
            if !round.is_empty() {
                under_way.push_back((Instant::now(), self.send(round).await));
            }
        }
    }

    /// Hands a round to the writer without waiting for its answers.
    async fn send(&self, round: Vec<Request>) -> Pin<Box<MaybeDone<impl Future<Output = Answers>>>> {
        let mut sent = Box::pin(maybe_done(self.ledger.submit_all(round)));
        // A future does nothing before it is polled.
        poll_fn(|context| Poll::Ready(sent.as_mut().poll(context).is_ready())).await;
        sent
    }

    fn outcome(self) -> Outcome {
        let commits = (self.submitters == 1).then_some(self.commits);
        let entries = self.clock.done().max(1) as f64;
        Outcome {
            entries: self.clock.done(),
            round: self.round,
            commits,
            seconds: self.clock.seconds(),
            tenths: self.clock.tenths(),
            latency: latency(self.latencies),
            generate_us: Some(self.generating.as_secs_f64() * 1e6 / entries),
            types: self.types,
            ..Outcome::default()
        }
    }
}
