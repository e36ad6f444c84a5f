//! Rounds: how waiting calls become durable commits, on two threads.
//!
//! ```text
//! callers ──► inbox ──► Decider ──► Round ──► Committer ──► append, publish, answer
//!                         ▲                      │
//!                         └───────── done ───────┘
//! ```
//!
//! The decider owns the writer. It takes what is waiting, decides each request in turn, and hands the round over when
//! the committer is free; while one round is being made durable the next one gathers. So there is one order of
//! events, the decider's, and at most one round that is decided and not yet being committed. All answers of a round -
//! receipts, repeats, rejections - wait for its commit, since each may rest on what came before it in this round or
//! the one before. The notary hears of each round that is durable. When an append fails, everyone who waits gets [`SubmitError::Unknown`], and both threads end.
//! Left out: rules and bytes (`writer.rs`), storing (`store/`), tree and signature (`notary.rs`).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot, watch};

use crate::assessment::State;
use crate::ledger::SubmitError;
use crate::log::Head;
use crate::notary::{Notary, NotaryError};
use crate::store::{AppendError, Store, Vault};
use crate::writer::{Prepared, Receipt, Refusal, Round, Writer};

/// A round ends when it holds this many bytes of entries.
const ROUND_BYTES: usize = 8 << 20;
/// A round of this many bytes goes to the committer as soon as that is free: some 300 entries. Fewer wait for the calls
/// that are in the inbox, since a commit costs the same for all.
const ENOUGH_BYTES: usize = 256 << 10;
/// A round takes at most this many waiting calls.
const ROUND_CALLS: usize = 1024;

/// What someone does with the state.
type Look = Box<dyn FnOnce(&State) + Send>;

type Answers = Vec<Result<Receipt, SubmitError>>;

/// A caller, and what it is told once that is durable.
type Waiting = (oneshot::Sender<Answers>, Answers);

/// One call to the writer: requests that are decided in order, up to the first that is refused.
pub(crate) struct Call {
    pub(crate) requests: Vec<Prepared>,
    pub(crate) answer: oneshot::Sender<Answers>,
}

pub(crate) enum Message {
    Call(Call),
    /// Runs on the decider's thread when everything decided before is durable.
    Look(Look),
    /// The committer has finished a round and said on its own channel how.
    Done,
}

/// Calls decided together, and what they add to the log: nothing if all were repeats or rejections.
struct Decided {
    round: Option<Round>,
    waiting: Vec<Waiting>,
}

/// Both threads.
#[derive(Debug)]
pub(crate) struct Threads {
    decider: JoinHandle<Option<Writer>>,
    committer: JoinHandle<Result<(), NotaryError>>,
}

/// What both threads leave behind.
pub(crate) struct Ended {
    /// The writer, if everything it knows is durable: after a failed commit, or a panic, it is not.
    pub(crate) writer: Option<Writer>,
    /// Why not everything is signed.
    pub(crate) signed: Result<(), NotaryError>,
}

impl Threads {
    /// Waits until both have ended, which they do when nobody can send any more.
    pub(crate) fn join(self) -> Ended {
        let writer = self.decider.join().ok().flatten();
        match self.committer.join() {
            Ok(signed) => Ended { writer, signed },
            Err(_) => Ended { writer: None, signed: Ok(()) },
        }
    }
}

/// Starts both threads over `writer`. They end when every sender of the inbox is gone, or after a failed commit.
pub(crate) fn start(
    writer: Writer,
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    notary: Option<Notary>,
    publish: watch::Sender<Head>,
) -> std::io::Result<(mpsc::UnboundedSender<Message>, Threads)> {
    let (messages, inbox) = mpsc::unbounded_channel();
    let (hand_over, rounds) = sync_channel(1);
    let (report, done) = sync_channel(1);
    let committer = Committer {
        store: store.clone(),
        vault,
        notary,
        publish,
        rounds,
        report,
        wake: messages.downgrade(),
    };
    let decider = Decider {
        writer,
        store,
        inbox,
        hand_over,
        done,
        waiting: Vec::new(),
        looks: Vec::new(),
        committing: false,
    };
    let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let committer = thread("ledger-committer").spawn(move || committer.run())?;
    let decider = thread("ledger-decider").spawn(move || decider.run())?;
    Ok((messages, Threads { decider, committer }))
}

struct Decider {
    writer: Writer,
    store: Arc<dyn Store>,
    inbox: mpsc::UnboundedReceiver<Message>,
    hand_over: SyncSender<Decided>,
    done: Receiver<Result<(), SubmitError>>,
    waiting: Vec<Waiting>,
    looks: Vec<Look>,
    committing: bool,
}

impl Decider {
    /// Ends with the writer if everything it knows is durable.
    fn run(mut self) -> Option<Writer> {
        match self.decide_all() {
            Ok(()) => Some(self.writer),
            Err(error) => {
                // The state is ahead of the log: only reopening helps.
                answer_all(self.waiting, &error);
                None
            }
        }
    }

    fn decide_all(&mut self) -> Result<(), SubmitError> {
        while let Some(message) = self.inbox.blocking_recv() {
            let mut next = Some(message);
            while let Some(message) = next {
                self.take(message);
                let enough = self.is_full() || self.writer.round_bytes() >= ENOUGH_BYTES && self.is_free()?;
                next = if enough { None } else { self.inbox.try_recv().ok() };
            }
            self.advance()?;
        }
        self.settle()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Call(call) => {
                let answers = self.decide(&call.requests);
                self.waiting.push((call.answer, answers));
            }
            Message::Look(look) => self.looks.push(look),
            Message::Done => {}
        }
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= ROUND_CALLS || self.writer.round_bytes() >= ROUND_BYTES
    }

    /// Hands the round over if the committer is free, or must be waited for.
    fn advance(&mut self) -> Result<(), SubmitError> {
        if !self.looks.is_empty() {
            self.settle()?;
            for look in self.looks.drain(..) {
                look(&self.writer.state);
            }
            return Ok(());
        }
        if self.is_full() {
            self.await_commit()?;
        }
        if self.is_free()? { self.hand_over() } else { Ok(()) }
    }

    /// Whether the committer has finished what it was given.
    fn is_free(&mut self) -> Result<bool, SubmitError> {
        if self.committing
            && let Ok(done) = self.done.try_recv()
        {
            self.committing = false;
            done?;
        }
        Ok(!self.committing)
    }

    /// Waits until everything decided is durable and answered.
    fn settle(&mut self) -> Result<(), SubmitError> {
        self.await_commit()?;
        self.hand_over()?;
        self.await_commit()
    }

    fn await_commit(&mut self) -> Result<(), SubmitError> {
        if !std::mem::take(&mut self.committing) {
            return Ok(());
        }
        self.done.recv().unwrap_or_else(|_| Err(stopped()))
    }

    fn hand_over(&mut self) -> Result<(), SubmitError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let decided = Decided { round: self.writer.take_round(), waiting: std::mem::take(&mut self.waiting) };
        self.hand_over.send(decided).map_err(|_| stopped())?;
        self.committing = true;
        Ok(())
    }

    fn decide(&mut self, requests: &[Prepared]) -> Answers {
        let mut answers = Vec::with_capacity(requests.len());
        let mut refused = false;
        for request in requests {
            let answer = if refused { Err(SubmitError::NotTried) } else { self.decide_one(request) };
            refused |= answer.is_err();
            answers.push(answer);
        }
        answers
    }

    fn decide_one(&mut self, request: &Prepared) -> Result<Receipt, SubmitError> {
        if self.writer.round_bytes() == 0
            && let Err(error) = self.store.ready()
        {
            return Err(not_ready(error));
        }
        self.writer.take(request).map_err(|refusal| match refusal {
            Refusal::Rejected(rejection) => SubmitError::Rejected(rejection),
            Refusal::Unreadable(what) => SubmitError::Refused(what),
        })
    }
}

/// Tells everyone who waits the same.
fn answer_all(waiting: Vec<Waiting>, error: &SubmitError) {
    for (answer, answers) in waiting {
        let _ = answer.send(vec![Err(error.clone()); answers.len()]);
    }
}

/// Why nothing is decided now.
fn not_ready(error: AppendError) -> SubmitError {
    match error {
        AppendError::NoSpace(what) => SubmitError::NoSpace(what),
        AppendError::Refused(what) => SubmitError::Refused(what),
        AppendError::WrongLength { .. } | AppendError::Unknown(_) => SubmitError::Refused(error.to_string()),
    }
}

/// Only a panic ends the committer without a report.
fn stopped() -> SubmitError {
    SubmitError::Unknown("the thread that commits has stopped".to_owned())
}

struct Committer {
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    /// None where there is no directory to keep a tree in.
    notary: Option<Notary>,
    publish: watch::Sender<Head>,
    rounds: Receiver<Decided>,
    report: SyncSender<Result<(), SubmitError>>,
    /// Weak, so that the inbox closes when the last caller is gone.
    wake: mpsc::WeakUnboundedSender<Message>,
}

impl Committer {
    /// Ends with why not everything is signed.
    fn run(mut self) -> Result<(), NotaryError> {
        while let Some(decided) = self.next() {
            let Decided { round, waiting } = decided;
            match round.as_ref().map_or(Ok(()), |round| self.commit(round)) {
                Ok(()) => self.committed(round.as_ref(), waiting),
                Err(error) => {
                    self.report(Err(error.clone()));
                    // The decider ends now, and with it the handle: nobody hears of a failure while it still takes calls.
                    while self.rounds.recv().is_ok() {}
                    answer_all(waiting, &error);
                }
            }
        }
        self.notary.map_or(Ok(()), Notary::close)
    }

    /// The next round; none when the decider has ended. What waits for a signature gets it meanwhile.
    fn next(&mut self) -> Option<Decided> {
        loop {
            let waiting = self.notary.as_mut().and_then(|notary| notary.due_in().map(|wait| (notary, wait)));
            let Some((notary, wait)) = waiting else { return self.rounds.recv().ok() };
            match self.rounds.recv_timeout(wait) {
                Ok(decided) => return Some(decided),
                Err(RecvTimeoutError::Timeout) => notary.sign_if_due(),
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    /// Tells everyone, and the notary: before them if every round is to be signed, else when nobody waits for it.
    fn committed(&mut self, round: Option<&Round>, waiting: Vec<Waiting>) {
        let is_signed_first = self.notary.as_ref().is_some_and(Notary::signs_every_round);
        if is_signed_first {
            self.tell_notary(round);
        }
        for (answer, answers) in waiting {
            // A caller that went away learns the outcome by repeating its id.
            let _ = answer.send(answers);
        }
        self.report(Ok(()));
        if !is_signed_first {
            self.tell_notary(round);
        }
    }

    fn tell_notary(&mut self, round: Option<&Round>) {
        if let (Some(notary), Some(round)) = (&mut self.notary, round) {
            notary.committed(round);
        }
    }

    fn report(&self, committed: Result<(), SubmitError>) {
        // The decider may have ended already, and nobody is left to be told.
        let _ = self.report.send(committed);
        if let Some(inbox) = self.wake.upgrade() {
            let _ = inbox.send(Message::Done);
        }
    }

    /// THE COMMIT POINT. Before the append nothing of the round is visible or promised; after it everything is
    /// durable, and only then published, answered, and documents destroyed.
    fn commit(&self, round: &Round) -> Result<(), SubmitError> {
        let unknown = |what: String| SubmitError::Unknown(what);
        self.vault.sync().map_err(|error| unknown(error.to_string()))?;
        self.store.append(round.expected, &round.batch).map_err(|error| match error {
            AppendError::Unknown(what) => unknown(what),
            other => unknown(other.to_string()),
        })?;
        self.publish.send_replace(round.batch.head);
        for commitment in &round.erased {
            self.vault.erase(commitment).map_err(|error| {
                unknown(format!("the erasure is recorded, but the document is not yet destroyed ({error})"))
            })?;
        }
        Ok(())
    }
}
