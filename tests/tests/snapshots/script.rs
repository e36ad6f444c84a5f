//! Scripts: how a ledger begins, and the commands it is then given with their documents, equal for equal seeds.
//!
//! The workload has no rejections and whole life cycles; random histories have corrections, erasures, withdrawals and
//! every other second command refused. What a script begins with was recorded in memory.

use std::convert::Infallible;
use std::sync::Arc;

use ledger_core::assessment::Request;
use ledger_core::assessment::codes::{Document, MediaType};
use ledger_core::environment::{Environment, Random, SeededRandom};
use ledger_core::log::{CommandId, Head};
use ledger_core::store::{Batch, MemoryStore, MemoryVault, commitment, entries_from};
use ledger_core::values::{Hash, Sequence};
use ledger_core::{Ledger, line};
use ledger_tests::random::History;
use ledger_tests::run::prepared;
use ledger_tests::workload::{MEDIA_TYPE, Scale, Workload};

/// The documents that the commands of a random history cite.
const NAMES: [&str; 7] = ["d0", "d1", "d2", "d3", "d4", "d5", "narrative"];

/// A document to be stored.
#[derive(Debug, Clone)]
pub struct Paper {
    pub content: Vec<u8>,
    pub media_type: MediaType,
    pub label: Vec<u8>,
}

/// A command, and the documents that are stored before it is given.
#[derive(Debug, Clone)]
pub struct Submission {
    pub papers: Vec<Paper>,
    pub request: Request,
}

/// How a ledger begins, and what it is given.
#[derive(Debug)]
pub struct Script {
    /// Seed of the randomness that documents are stored with.
    pub random: u64,
    pub begins: Batch,
    pub submissions: Vec<Submission>,
    /// What becomes of each submission, where a ledger in memory has said so.
    pub outcomes: Option<Vec<String>>,
}

/// The workload on a small country: every command is recorded.
pub fn workload(seed: u64, commands: usize) -> Script {
    let environment = Environment { random: Arc::new(SeededRandom(seed)), ..Environment::system() };
    let (store, vault) = (Arc::new(MemoryStore::new()), Arc::new(MemoryVault::new()));
    let ledger = Ledger::found(store, vault, environment, Workload::founding(seed)).expect("founded");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answers = runtime.block_on(ledger.submit_all(Workload::set_up(seed, Scale::SMALL).collect()));
    answers.into_iter().for_each(|answer| drop(answer.expect("the set-up is recorded")));
    let entries = entries_from(ledger.store(), Sequence::new(0)).map(|item| item.expect("read").1.to_vec());
    let begins = Batch { entries: entries.collect(), head: ledger.head() };
    let steps = Workload::new(seed, Scale::SMALL).take(commands).enumerate();
    let submissions = steps.map(|(number, step)| {
        let mut papers = Vec::new();
        let stored = step.stored(|content| Ok::<_, Infallible>(paper(seed, number, content, &mut papers)));
        let Ok(request) = stored;
        Submission { papers, request }
    });
    Script { random: seed, begins, submissions: submissions.collect(), outcomes: None }
}

/// Adds the paper with this content, and returns what is cited for it.
fn paper(seed: u64, number: usize, content: &[u8], papers: &mut Vec<Paper>) -> Document {
    let media_type: MediaType = MEDIA_TYPE.parse().expect("a media type");
    let label = number.to_le_bytes().to_vec();
    let secret = SeededRandom(seed).secret(&label);
    papers.push(Paper { content: content.to_vec(), media_type: media_type.clone(), label });
    Document { commitment: commitment(&secret, content), bytes: content.len() as u64, media_type }
}

/// A random history in the country of the rule tables.
pub fn history(seed: u64, commands: usize) -> Script {
    let begun = prepared("the country");
    let begins = Batch { entries: begun.log(), head: begun.head() };
    let mut history = History::new(seed);
    history.go_on(commands);
    let papers: Vec<Paper> = NAMES.map(named).into();
    let submissions = history.lines.iter().map(|line| {
        let request = line::parse(line).and_then(line::request).expect("a well-formed line");
        Submission { papers: papers.clone(), request }
    });
    // Worlds store documents with this seed.
    Script { random: 7, begins, submissions: submissions.collect(), outcomes: Some(history.outcomes) }
}

fn named(name: &str) -> Paper {
    let bytes = name.as_bytes().to_vec();
    Paper { content: bytes.clone(), media_type: "text/plain".parse().expect("a media type"), label: bytes }
}

/// The same commands under other ids: a ledger that is given them has another log.
pub fn under_other_ids(submissions: &[Submission]) -> Vec<Submission> {
    let other = |(number, submission): (usize, &Submission)| {
        let mut other = submission.clone();
        let mut random = [0; 10];
        random.copy_from_slice(&Hash::of(&number.to_le_bytes()).as_bytes()[..10]);
        let at = other.request.recorded_time.expect("a simulated clock");
        other.request.id = CommandId::from_parts(at, random);
        other
    };
    submissions.iter().enumerate().map(other).collect()
}

impl Script {
    /// The head of the log that it begins with.
    pub fn begins_at(&self) -> Head {
        self.begins.head
    }
}
