//! The ledger: opening one, and the write path from request to durable answer.
//!
//! Callers hand requests over a channel to the threads of `rounds.rs`, which decide what is waiting as one round,
//! append it as one commit, and then answer everyone. If an append fails, everyone who waits gets
//! [`SubmitError::Unknown`] and the handle closes until it is reopened. Left out: how rounds are made.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::Stream;
use tokio::sync::{mpsc, oneshot, watch};

use crate::assessment::codes::{ActorId, Document, MediaType, Origin, Subject};
use crate::assessment::event::{ClockKind, Event, KeyIntroduced, LogFounded, Purpose};
use crate::assessment::{Author, Planned, Rejection, Request, State};
use crate::backup::{BackedUp, BackupError, backup};
use crate::environment::Environment;
use crate::log::{Algorithm, CommandId, Head, SignedCheckpoint, SigningKey, VerifierKey};
use crate::notary::{Compared, KeysOnRecord, Notary, NotaryError};
use crate::opening::{self, Keeper};
use crate::rounds::{self, Call, Message};
use crate::store::{
    AppendError, DiskVault, KeyFiles, OpenError, ReadError, SledStore, Snapshots, Store, StoreOptions, Vault,
    VaultError,
};
use crate::tail::{Filter, TailEntry, tail};
use crate::uncited::Uncited;
use crate::values::{Length, Sequence, Timestamp};
use crate::writer::{Counted, LookUps, Prepared, Receipt, Writer};

/// Why a request was not recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// It may not be done. The log is as it was.
    #[error("{0}")]
    Rejected(Rejection),
    /// An earlier request of the same batch was not recorded, so this one was not tried.
    #[error("not tried, because an earlier command of the batch was not recorded")]
    NotTried,
    /// Nothing was written, because the reserve of free space is reached. Free some space and submit again.
    #[error("nothing was written: {0}")]
    NoSpace(String),
    /// Nothing was written, such as when the log cannot be read. Mend the cause and submit again.
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
    /// The log is not what was signed, or the key cannot be used. It can still be read.
    #[error(transparent)]
    Notary(#[from] NotaryError),
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

/// Why a ledger did not close in good order.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CloseError {
    /// The head record could not be made current. Nothing acknowledged is lost; open the ledger again.
    #[error(transparent)]
    Store(#[from] AppendError),
    /// Everything is in the log, and not all of it is signed. Mend the cause and open the ledger again.
    #[error("everything is recorded, and not all of it is signed: {0}")]
    Unsigned(#[from] NotaryError),
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
    /// The key that checkpoints are signed with, named after the origin; none for a ledger that signs nothing yet.
    pub key: Option<SigningKey>,
}

/// Where a ledger on disk lies, and what is kept there beside the log.
struct Place {
    dir: PathBuf,
    keeper: Keeper,
    checkpoint_every: Duration,
}

impl Place {
    fn new(dir: &Path, options: &StoreOptions) -> Self {
        let keeper = Keeper::new(Snapshots::of(dir), options.snapshot_after);
        Place { dir: dir.to_owned(), keeper, checkpoint_every: options.checkpoint_every }
    }
}

/// Told while a ledger opens: entries known so far, and entries there are; first how many a snapshot spared. Before and
/// after it the same of entries hashed, where the tree has to be made again.
pub type Progress<'a> = &'a mut dyn FnMut(Length, Length);

/// An open ledger. Cheap to share by reference; dropping it closes it.
#[derive(Debug)]
pub struct Ledger {
    messages: Option<mpsc::UnboundedSender<Message>>,
    head: watch::Receiver<Head>,
    store: Arc<dyn Store>,
    vault: Arc<dyn Vault>,
    environment: Environment,
    founded: LogFounded,
    look_ups: Arc<Counted>,
    uncited: Arc<Uncited>,
    checkpoint: watch::Receiver<Option<SignedCheckpoint>>,
    keeper: Option<Keeper>,
    threads: Option<rounds::Threads>,
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
        let place = Place::new(dir, &options);
        let store = Arc::new(SledStore::create_with(dir, options)?);
        let vault = Arc::new(DiskVault::open(dir)?);
        if let Some(key) = &founding.key {
            KeyFiles::of(dir).put_next(key).map_err(NotaryError::from)?;
        }
        Self::found_kept(store, vault, environment, founding, Some(place))
    }

    /// Opens the ledger in `dir`. Cost: reading the newest snapshot, and replaying the entries after it, some 300,000 a
    /// second.
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
        let place = Place::new(dir, &options);
        let store = Arc::new(SledStore::open_with(dir, options)?);
        store.check_continued()?;
        let vault = Arc::new(DiskVault::open(dir)?);
        Self::start_kept(store, vault, environment, Some(place), progress)
    }

    /// Founds a ledger in an empty store.
    pub fn found(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
        founding: Founding,
    ) -> Result<Self, OpenLedgerError> {
        Self::found_kept(store, vault, environment, founding, None)
    }

    fn found_kept(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
        founding: Founding,
        place: Option<Place>,
    ) -> Result<Self, OpenLedgerError> {
        let mut writer = Writer::new(store.clone(), vault.clone(), environment.clock.clone());
        let event = LogFounded {
            origin: founding.origin,
            format: 1,
            clock: founding.clock,
            purpose: founding.purpose,
            operator: founding.operator.clone(),
        };
        let key = founding.key.as_ref().map(SigningKey::verifier);
        check_key(&event.origin, key)?;
        let planned = |event: Event| Planned {
            subject: Subject::ledger(),
            author: Author::Actor(founding.operator.clone()),
            assessment: None,
            event,
        };
        let key = key.map(|key| planned(KeyIntroduced { key: key.clone() }.into()));
        let founded = writer.found(founding.id, founding.recorded_time, planned(event.into()), key);
        founded.map_err(|refusal| OpenLedgerError::Founding(format!("{refusal:?}")))?;
        let Some(round) = writer.take_round() else { return Err(OpenLedgerError::Empty) };
        let appended = store.append(Length(0), &round.batch);
        appended.map_err(|error| OpenLedgerError::Founding(error.to_string()))?;
        let compared = compared(place.as_ref(), &store, &mut |_, _| ())?;
        Self::run(writer, (store, vault), environment, place, compared, &mut |_, _| ())
    }

    /// Opens the ledger in a store: replays the log, finishes pending erasures, destroys documents that nothing cited
    /// within a day, and starts the writer.
    pub fn start(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
        progress: Progress<'_>,
    ) -> Result<Self, OpenLedgerError> {
        Self::start_kept(store, vault, environment, None, progress)
    }

    fn start_kept(
        store: Arc<dyn Store>,
        vault: Arc<dyn Vault>,
        environment: Environment,
        mut place: Option<Place>,
        progress: Progress<'_>,
    ) -> Result<Self, OpenLedgerError> {
        // First, because opening destroys documents that no entry cites: one of a lost entry looks like that.
        let compared = compared(place.as_ref(), &store, progress)?;
        let keeper = place.as_mut().map(|place| &mut place.keeper);
        let writer = opening::open(&store, &vault, &environment, keeper, progress)?;
        Self::run(writer, (store, vault), environment, place, compared, progress)
    }

    fn run(
        writer: Writer,
        (store, vault): (Arc<dyn Store>, Arc<dyn Vault>),
        environment: Environment,
        place: Option<Place>,
        compared: Option<Compared>,
        progress: Progress<'_>,
    ) -> Result<Self, OpenLedgerError> {
        let founded = writer.state.founded().cloned().ok_or(OpenLedgerError::Empty)?;
        let every = place.as_ref().map_or(Duration::ZERO, |place| place.checkpoint_every);
        let recorded = keys_on_record(&founded, &writer.state);
        let notary =
            compared.map(|compared| Notary::open(compared, &recorded, every, progress)).transpose()?;
        let checkpoint = notary.as_ref().map_or_else(|| watch::channel(None).1, Notary::watch);
        let (look_ups, uncited) = (writer.look_ups(), writer.uncited.clone());
        let (publish, head) = watch::channel(writer.link.head());
        let (messages, threads) = rounds::start(writer, store.clone(), vault.clone(), notary, publish)
            .map_err(|error| OpenLedgerError::Founding(format!("no thread for the writer: {error}")))?;
        Ok(Ledger {
            messages: Some(messages),
            head,
            store,
            vault,
            environment,
            founded,
            look_ups,
            uncited,
            checkpoint,
            keeper: place.map(|place| place.keeper),
            threads: Some(threads),
        })
    }

    /// How the ledger was founded.
    pub fn founded(&self) -> &LogFounded {
        &self.founded
    }

    /// The durable head.
    pub fn head(&self) -> Head {
        *self.head.borrow()
    }

    /// The newest signed checkpoint, durable, now and whenever there is a newer one. None while nothing is signed: the
    /// ledger has no key, or its key is not here.
    pub fn checkpoint(&self) -> watch::Receiver<Option<SignedCheckpoint>> {
        self.checkpoint.clone()
    }

    /// Where the entries that commands cite were found since the ledger was opened.
    pub fn look_ups(&self) -> LookUps {
        self.look_ups.now()
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
        let requests = Prepared::all(requests);
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
        self.uncited.put(commitment, at.millis());
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

    /// Takes no more requests, answers those waiting, signs what is not signed yet, makes the head record current, and
    /// takes a snapshot where that spares the next start some work.
    pub fn close(mut self) -> Result<(), CloseError> {
        self.stop()
    }

    fn stop(&mut self) -> Result<(), CloseError> {
        self.messages = None;
        let ended = self.threads.take().map(rounds::Threads::join);
        self.store.close()?;
        let Some(rounds::Ended { writer, signed }) = ended else { return Ok(()) };
        if let (Some(writer), Some(keeper)) = (writer, &self.keeper) {
            keeper.keep(&writer, &*self.vault);
        }
        Ok(signed?)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        if self.threads.is_some() {
            // Nobody is left to hear of a failure, and the next opening finds the head by itself.
            let _ = self.stop();
        }
    }
}

/// What was signed last, if the ledger is on disk, and that the log still has it.
fn compared(
    place: Option<&Place>,
    store: &Arc<dyn Store>,
    progress: Progress<'_>,
) -> Result<Option<Compared>, NotaryError> {
    place.map(|place| Compared::of(&place.dir, store.clone(), progress)).transpose()
}

fn keys_on_record(founded: &LogFounded, state: &State) -> KeysOnRecord {
    KeysOnRecord {
        origin: founded.origin.as_str().to_owned(),
        in_force: state.key().cloned(),
        all: state.keys().cloned().collect(),
    }
}

/// A ledger signs under its own name.
fn check_key(origin: &Origin, key: Option<&VerifierKey>) -> Result<(), OpenLedgerError> {
    match key {
        Some(key) if key.name() != origin.as_str() || key.algorithm() != Algorithm::Ed25519 => {
            let what =
                format!("the key {key} is not one of {origin}: it is named after the ledger, algorithm 01");
            Err(OpenLedgerError::Founding(what))
        }
        _ => Ok(()),
    }
}
