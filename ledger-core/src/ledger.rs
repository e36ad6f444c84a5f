//! The ledger: opening one, and the write path from request to durable answer.
//!
//! One thread owns the writer. Callers hand it requests over a channel; it takes what is waiting as one round,
//! decides each request in turn, appends the round as one commit, and then answers everyone. All answers of a
//! round - receipts, repeats, rejections - wait for the commit, since each may rest on what came before it in the
//! round. If the append fails, everyone gets [`SubmitError::Unknown`] and the handle closes until it is reopened.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use futures_util::stream::Stream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::assessment::codes::{ActorId, Document, MediaType, Origin, Subject};
use crate::assessment::event::{ClockKind, LogFounded, Purpose};
use crate::assessment::{Author, Planned, Rejection, Request, State};
use crate::backup::{BackedUp, BackupError, backup};
use crate::environment::Environment;
use crate::log::{CommandId, Head};
use crate::store::{
    AppendError, DiskVault, OpenError, ReadError, SledStore, Store, StoreOptions, Vault, VaultError,
    entries_from,
};
use crate::tail::{Filter, TailEntry, tail};
use crate::values::{Hash, Length, Sequence, Timestamp};
use crate::writer::{Receipt, Refusal, Writer};

/// A round ends when it holds this many bytes of entries.
const ROUND_BYTES: usize = 8 << 20;
/// A round takes at most this many waiting calls.
const ROUND_CALLS: usize = 1024;

/// A document that no entry cites is destroyed when it is this old and the ledger is opened: 24 hours.
const UNCITED_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The commitments an entry names, found without decoding it.
pub(crate) fn commitments(entry: &[u8]) -> impl Iterator<Item = Hash> {
    const KEY: &[u8] = b"\"commitment\":\"";
    let keys = entry.windows(KEY.len()).enumerate().filter(|(_, window)| *window == KEY);
    keys.filter_map(|(at, _)| {
        let spelled = entry.get(at + KEY.len()..at + KEY.len() + 64)?;
        std::str::from_utf8(spelled).ok()?.parse().ok()
    })
}

/// Enough of a commitment to tell documents apart: two that agree here are both kept.
fn start_of(commitment: &Hash) -> [u8; 8] {
    let mut start = [0; 8];
    start.copy_from_slice(&commitment.as_bytes()[..8]);
    start
}

/// Why a request was not recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// It may not be done. The log is as it was.
    #[error("{0}")]
    Rejected(Rejection),
    /// An earlier request of the same batch was not recorded, so this one was not tried.
    #[error("not tried, because an earlier command of the batch was not recorded")]
    NotTried,
    /// Nothing was written, such as when the disk is nearly full. Mend the cause and submit again.
    #[error("nothing was written: {0}")]
    Refused(String),
    /// The round may or may not be in the log. Reopen the ledger and submit again with the same ids: what was
    /// recorded is answered with its first receipt.
    #[error("unknown outcome: {0}; reopen the ledger and submit again with the same id")]
    Unknown(String),
    /// The handle takes no more requests.
    #[error("the ledger is closed; open it again")]
    Closed,
}

/// Why a ledger cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenLedgerError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The documents cannot be opened, or an erasure not be finished.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Entries cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An entry does not follow those before it.
    #[error(
        "the log is damaged at entry {sequence}: {what}; rebuild it with `ledger repair --from EXPORT`, or restore a backup"
    )]
    Illegal {
        /// The first such entry.
        sequence: Sequence,
        /// What does not fit.
        what: String,
    },
    /// The log holds nothing.
    #[error("the log is empty: found it with `ledger init`")]
    Empty,
    /// The log could not be founded.
    #[error("the ledger could not be founded: {0}")]
    Founding(String),
}

/// How a ledger begins.
#[derive(Debug, Clone)]
pub struct Founding {
    /// Identity of the founding.
    pub id: CommandId,
    /// Name, unique and fixed for ever.
    pub origin: Origin,
    /// Which clock it records by.
    pub clock: ClockKind,
    /// What it is kept for.
    pub purpose: Purpose,
    /// The first operator.
    pub operator: ActorId,
    /// When it is founded.
    pub recorded_time: Timestamp,
}

/// Told while a ledger opens: entries replayed, and entries there are.
pub type Progress<'a> = &'a mut dyn FnMut(Length, Length);

/// One call to the writer: requests that are decided in order, up to the first that is refused.
struct Call {
    requests: Vec<Request>,
    answer: oneshot::Sender<Vec<Result<Receipt, SubmitError>>>,
}

enum Message {
    Call(Call),
    /// Runs on the writer's thread between rounds, with its state as durable.
    Look(Box<dyn FnOnce(&State) + Send>),
}

/// An open ledger. Cheap to share by reference; dropping it closes it.
#[derive(Debug)]
pub struct Ledger {
    messages: Option<mpsc::UnboundedSender<Message>>,
    head: watch::Receiver<Head>,
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    environment: Environment,
    founded: LogFounded,
    thread: Option<JoinHandle<()>>,
}

impl Ledger {
    /// Founds a ledger in `dir`, which must be empty or absent.
    pub fn create(dir: &Path, environment: Environment, founding: Founding) -> Result<Self, OpenLedgerError> {
        Self::create_with(dir, StoreOptions::default(), environment, founding)
    }

    /// As [`Ledger::create`], with other options of the store.
    pub fn create_with(
        dir: &Path,
        options: StoreOptions,
        environment: Environment,
        founding: Founding,
    ) -> Result<Self, OpenLedgerError> {
        let store = Arc::new(SledStore::create_with(dir, options)?);
        let vault = Arc::new(DiskVault::open(dir)?);
        Self::found(store, vault, environment, founding)
    }

    /// Opens the ledger in `dir`. Cost: replays every entry, some 300,000 a second.
    pub fn open(
        dir: &Path,
        environment: Environment,
        progress: Progress<'_>,
    ) -> Result<Self, OpenLedgerError> {
        Self::open_with(dir, StoreOptions::default(), environment, progress)
    }

    /// As [`Ledger::open`], with other options of the store. Refuses a restored copy that nobody let go on.
    pub fn open_with(
        dir: &Path,
        options: StoreOptions,
        environment: Environment,
        progress: Progress<'_>,
    ) -> Result<Self, OpenLedgerError> {
        let store = Arc::new(SledStore::open_with(dir, options)?);
        store.check_continued()?;
        let vault = Arc::new(DiskVault::open(dir)?);
        Self::start(store, vault, environment, progress)
    }

    /// Founds a ledger in an empty store.
    pub fn found(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
        founding: Founding,
    ) -> Result<Self, OpenLedgerError> {
        let mut writer = Writer::new(store.clone(), vault.clone(), environment.clock.clone());
        let event = LogFounded {
            origin: founding.origin,
            format: 1,
            clock: founding.clock,
            purpose: founding.purpose,
            operator: founding.operator.clone(),
        };
        let planned = Planned {
            subject: Subject::ledger(),
            author: Author::Actor(founding.operator),
            assessment: None,
            event: event.into(),
        };
        let founded = writer.found(founding.id, founding.recorded_time, planned);
        founded.map_err(|refusal| OpenLedgerError::Founding(format!("{refusal:?}")))?;
        let Some(round) = writer.take_round() else { return Err(OpenLedgerError::Empty) };
        let appended = store.append(Length(0), &round.batch);
        appended.map_err(|error| OpenLedgerError::Founding(error.to_string()))?;
        Self::run(writer, store, vault, environment)
    }

    /// Opens the ledger in a store: replays the log, finishes pending erasures, destroys documents that nothing cited
    /// within a day, and starts the writer.
    pub fn start(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
        progress: Progress<'_>,
    ) -> Result<Self, OpenLedgerError> {
        let mut writer = Writer::new(store.clone(), vault.clone(), environment.clock.clone());
        let length = store.head().length;
        let mut cited = HashSet::new();
        for item in entries_from(store.clone(), Sequence::new(0)) {
            let (sequence, bytes) = item?;
            writer.replay(&bytes).map_err(|what| OpenLedgerError::Illegal { sequence, what })?;
            cited.extend(commitments(&bytes).map(|commitment| start_of(&commitment)));
            if sequence.get().is_multiple_of(65_536) {
                progress(Length(sequence.get()), length);
            }
        }
        for commitment in writer.state.erased() {
            if vault.holds(commitment).is_some() {
                vault.erase(commitment)?;
            }
        }
        // Simulated times say nothing about how long a document has waited.
        if writer.state.founded().is_some_and(|founded| founded.clock == ClockKind::System) {
            let now = environment.clock.now().millis();
            vault.sweep(&|commitment| cited.contains(&start_of(commitment)), UNCITED_MILLIS, now)?;
        }
        Self::run(writer, store, vault, environment)
    }

    fn run(
        writer: Writer,
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
    ) -> Result<Self, OpenLedgerError> {
        let founded = writer.state.founded().cloned().ok_or(OpenLedgerError::Empty)?;
        let (messages, inbox) = mpsc::unbounded_channel();
        let (publish, head) = watch::channel(writer.link.head());
        let worker = Worker { writer, store: store.clone(), vault: vault.clone(), publish };
        let thread = std::thread::Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(move || worker.run(inbox))
            .map_err(|error| OpenLedgerError::Founding(format!("no thread for the writer: {error}")))?;
        let (messages, thread) = (Some(messages), Some(thread));
        Ok(Ledger { messages, head, store, vault, environment, founded, thread })
    }

    /// How the ledger was founded.
    pub fn founded(&self) -> &LogFounded {
        &self.founded
    }

    /// The durable head.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// The store, for reading.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store)
    }

    /// The vault, for reading.
    pub fn vault(&self) -> Arc<dyn Vault> {
        Arc::clone(&self.vault)
    }

    /// Submits one request and waits until its answer is durable.
    pub async fn submit(&self, request: Request) -> Result<Receipt, SubmitError> {
        let mut answers = self.submit_all(vec![request]).await;
        answers.pop().unwrap_or(Err(SubmitError::Closed))
    }

    /// Submits requests that are decided in order within one round. After the first that is not recorded the
    /// rest are not tried. The answers come in the same order.
    pub async fn submit_all(&self, requests: Vec<Request>) -> Vec<Result<Receipt, SubmitError>> {
        let count = requests.len();
        let (answer, answered) = oneshot::channel();
        let sent = self.messages.as_ref().map(|inbox| inbox.send(Message::Call(Call { requests, answer })));
        match sent {
            Some(Ok(())) => answered.await.unwrap_or_else(|_| vec![Err(SubmitError::Closed); count]),
            Some(Err(_)) | None => vec![Err(SubmitError::Closed); count],
        }
    }

    /// Looks at the writer's state between two rounds. None if the ledger is closed.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let look = Box::new(move |state: &State| {
            // The caller may have gone away; then nobody is told.
            let _ = answer.send(look(state));
        });
        self.messages.as_ref()?.send(Message::Look(look)).ok()?;
        answered.await.ok()
    }

    /// Stores a document and returns what commands cite. Durable before any entry that cites it. `label` says
    /// what the document is for: with seeded randomness the same label and content give the same commitment.
    /// Storing an erased one again, which the same label can ask for, is refused.
    pub fn add_document(
        &self,
        content: &[u8],
        media_type: &MediaType,
        label: &[u8],
        at: Timestamp,
    ) -> Result<Document, VaultError> {
        let secret = self.environment.random.secret(label);
        let commitment = self.vault.put(content, media_type.as_str(), secret, at.millis())?;
        Ok(Document { commitment, bytes: content.len() as u64, media_type: media_type.clone() })
    }

    /// An asynchronous stream of entries from any position, in order, never past the durable head, that waits
    /// for new ones. Any number may run; each holds at most one page.
    pub fn tail(
        &self,
        from: Sequence,
        filter: Filter,
    ) -> impl Stream<Item = Result<TailEntry, ReadError>> + Send + 'static {
        tail(self.store(), self.head.clone(), from, filter)
    }

    /// Makes a whole ledger in `dir` as of the durable head, while writers go on. See [`backup()`].
    pub fn backup(
        &self,
        dir: &Path,
        keys: Option<&Path>,
        progress: Progress<'_>,
    ) -> Result<BackedUp, BackupError> {
        backup(&self.store, &*self.vault, dir, keys, progress)
    }

    /// Takes no more requests, answers those waiting, and makes the head record current.
    pub fn close(mut self) -> Result<(), AppendError> {
        self.stop();
        self.store.close()
    }

    fn stop(&mut self) {
        self.messages = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has answered nobody; the log is as its last commit left it.
            let _ = thread.join();
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.stop();
            // Nobody is left to hear of a failure, and the next opening finds the head by itself.
            let _ = self.store.close();
        }
    }
}

/// The writer's thread.
struct Worker {
    writer: Writer,
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    publish: watch::Sender<Head>,
}

/// The answers of a round, waiting for its commit.
type Waiting = Vec<(oneshot::Sender<Vec<Result<Receipt, SubmitError>>>, Vec<Result<Receipt, SubmitError>>)>;

impl Worker {
    fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Message>) {
        while let Some(first) = inbox.blocking_recv() {
            let mut waiting = Waiting::new();
            let mut looks = Vec::new();
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Message::Call(call) => waiting.push((call.answer, self.decide(&call.requests))),
                    Message::Look(look) => looks.push(look),
                }
                let full = waiting.len() >= ROUND_CALLS || self.writer.round_bytes() >= ROUND_BYTES;
                next = if full { None } else { inbox.try_recv().ok() };
            }
            let committed = self.commit();
            let failed = committed.as_ref().err().cloned();
            for (answer, answers) in waiting {
                let answers = match &failed {
                    None => answers,
                    Some(error) => vec![Err(error.clone()); answers.len()],
                };
                // A caller that went away learns the outcome by repeating its id.
                let _ = answer.send(answers);
            }
            if failed.is_some() {
                return; // The state is ahead of the log: only reopening helps.
            }
            looks.into_iter().for_each(|look| look(&self.writer.state));
        }
    }

    fn decide(&mut self, requests: &[Request]) -> Vec<Result<Receipt, SubmitError>> {
        let mut answers = Vec::with_capacity(requests.len());
        let mut refused = false;
        for request in requests {
            let answer = if refused { Err(SubmitError::NotTried) } else { self.decide_one(request) };
            refused |= answer.is_err();
            answers.push(answer);
        }
        answers
    }

    fn decide_one(&mut self, request: &Request) -> Result<Receipt, SubmitError> {
        if self.writer.round_bytes() == 0
            && let Err(error) = self.store.ready()
        {
            return Err(SubmitError::Refused(error.to_string()));
        }
        self.writer.take(request).map_err(|refusal| match refusal {
            Refusal::Rejected(rejection) => SubmitError::Rejected(rejection),
            Refusal::Unreadable(what) => SubmitError::Refused(what),
        })
    }

    /// THE COMMIT POINT. Before the append nothing of the round is visible or promised; after it everything is
    /// durable, and only then published, answered, and documents destroyed.
    fn commit(&mut self) -> Result<(), SubmitError> {
        let expected = self.store.head().length;
        let Some(round) = self.writer.take_round() else { return Ok(()) };
        let unknown = |what: String| SubmitError::Unknown(what);
        self.vault.sync().map_err(|error| unknown(error.to_string()))?;
        self.store.append(expected, &round.batch).map_err(|error| match error {
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
