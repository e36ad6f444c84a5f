//! A ledger open for writing: the one path by which the terminal submits.
//!
//! A [`Wanted`] command becomes the JSON line that `submit` reads, its documents are stored, and the line becomes
//! a request. Bulk files join at [`Session::request`]. Left out: which commands there are, and how answers are
//! printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ledger_core::assessment::Request;
use ledger_core::assessment::codes::{ActorId, Document, Subject};
use ledger_core::assessment::event::{ClockKind, LogFounded};
use ledger_core::environment::{Clock, Environment, Random, SeededRandom, SystemClock, SystemRandom};
use ledger_core::log::{CommandId, Head, canonical};
use ledger_core::store::StoreOptions;
use ledger_core::values::Timestamp;
use ledger_core::{Founding, Ledger, Receipt, line};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::args::{Global, Moment, expected};
use crate::documents::{self, Content, Keep};
use crate::exit::Failure;
use crate::progress::Progress;
use crate::subject::{self, Known, Openings};
use crate::submit::resume::Resume;
use crate::wanted::{On, Wanted};

/// A ledger open for writing, with who writes and when.
#[derive(Debug)]
pub struct Session {
    /// The ledger.
    pub ledger: Ledger,
    /// Who gives commands that do not say otherwise.
    pub actor: Option<ActorId>,
    /// The recorded time of commands that do not say otherwise.
    pub recorded_time: Option<Timestamp>,
    dir: PathBuf,
    /// When commands happened that do not say otherwise.
    pub time: Option<Timestamp>,
    expect: Vec<(String, u32)>,
    id: Option<CommandId>,
    seeded: bool,
    random: Arc<dyn Random>,
    runtime: Runtime,
}

/// Randomness as the options ask for it.
pub fn random(seed: Option<u64>) -> Arc<dyn Random> {
    match seed {
        Some(seed) => Arc::new(SeededRandom(seed)),
        None => Arc::new(SystemRandom),
    }
}

/// A runtime for one thread, which is all that waiting for answers takes.
pub fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.map_err(|error| Failure::Storage(format!("no runtime for waiting: {error}")))
}

impl Session {
    /// Opens the ledger that the options name.
    pub fn open(global: &Global) -> Result<Self, Failure> {
        let mut progress = Progress::new("opening");
        let mut open = || {
            let environment = environment(global);
            Ok(Ledger::open_with(&global.data, store_options(global), environment, &mut |done, of| {
                progress.tell(done.0, Some(of.0));
            })?)
        };
        let ledger = noticing_head_file(global, &mut open, Ledger::head)?;
        progress.end();
        Self::over(ledger, global)
    }

    /// Founds a ledger and opens it.
    pub fn found(global: &Global, founding: Founding) -> Result<Self, Failure> {
        let options = store_options(global);
        let create = || Ok(Ledger::create_with(&global.data, options, environment(global), founding)?);
        Self::over(noticing_head_file(global, create, Ledger::head)?, global)
    }

    /// Writes to an open ledger.
    pub fn over(ledger: Ledger, global: &Global) -> Result<Self, Failure> {
        let clock = ledger.founded().clock;
        if clock == ClockKind::System && global.recorded_time.is_some() {
            return Err(Failure::Usage(
                "--recorded-time was given, but this ledger records by its own clock: leave it out"
                    .to_owned(),
            ));
        }
        if clock == ClockKind::System && global.random_seed.is_some() {
            return Err(Failure::Usage(
                "--random-seed was given, but this ledger has no simulated clock: leave it out".to_owned(),
            ));
        }
        Ok(Session {
            ledger,
            dir: global.data.clone(),
            actor: global.actor.clone(),
            recorded_time: global.recorded_time.map(|moment| moment.0),
            time: global.time.map(|moment| moment.0),
            expect: global.expect.iter().map(|text| expected(text)).collect::<Result<_, _>>()?,
            id: global.id,
            seeded: global.random_seed.is_some(),
            random: random(global.random_seed),
            runtime: runtime()?,
        })
    }

    /// How the ledger was founded.
    pub fn founded(&self) -> &LogFounded {
        self.ledger.founded()
    }

    /// Where the ledger is.
    pub fn directory(&self) -> &Path {
        &self.dir
    }

    /// The time that ids carry: the one stated with a simulated clock, else the machine's.
    pub fn now(&self) -> Timestamp {
        self.recorded_time.unwrap_or_else(|| SystemClock.now())
    }

    /// A new id that carries `at`. With seeded randomness the same `content` gets the same id again.
    pub fn new_id(&self, at: Timestamp, content: &[u8]) -> CommandId {
        let label = [b"command id ", content].concat();
        let mut bits = [0; 10];
        bits.copy_from_slice(&self.random.secret(&label)[..10]);
        CommandId::from_parts(at, bits)
    }

    /// 32 bytes that nobody can guess; with seeded randomness the same `label` gives the same again.
    pub fn secret(&self, label: &[u8]) -> [u8; 32] {
        self.random.secret(label)
    }

    /// Submits one command, and says what it used that was not named.
    pub fn submit(&self, wanted: Wanted) -> Result<(Receipt, Option<String>), Failure> {
        if self.founded().clock == ClockKind::Simulated && self.recorded_time.is_none() {
            return Err(Failure::Usage(
                "this ledger has a simulated clock: state when it is recorded with --recorded-time T"
                    .to_owned(),
            ));
        }
        let (line, id, used) = self.line(wanted)?;
        // Only a command with an id of its own can be given again: its documents keep their commitments then.
        let resume = (self.id.is_some() && !self.seeded && documents::has_unstored(&line))
            .then(|| Resume::open(self.directory(), &format!("id {id}")));
        let mut resume = resume.transpose()?;
        let request = self.request(line, Path::new(""), &mut |pointer, content| match &mut resume {
            Some(resume) => self.kept(resume, id, pointer, content),
            None => documents::store(&self.ledger, id, pointer, &content, self.now()),
        })?;
        if let Some(resume) = &mut resume {
            self.ledger.vault().sync()?;
            resume.sync()?;
        }
        let receipt = self.runtime.block_on(self.ledger.submit(request))?;
        Ok((receipt, used))
    }

    /// Submits commands in order as one round, up to the first that is not recorded.
    pub fn submit_all(&self, wanted: Vec<Wanted>) -> Result<Vec<Receipt>, Failure> {
        let mut requests = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let (line, id, _) = self.line(wanted)?;
            requests.push(self.request(line, Path::new(""), &mut |pointer, content| {
                documents::store(&self.ledger, id, pointer, &content, self.now())
            })?);
        }
        let answers = self.runtime.block_on(self.ledger.submit_all(requests));
        Ok(answers.into_iter().collect::<Result<_, _>>()?)
    }

    /// A document of `id` as stored before, or stored now and noted.
    pub fn kept(
        &self,
        resume: &mut Resume,
        id: CommandId,
        pointer: &str,
        content: Content,
    ) -> Result<Document, Failure> {
        let label = content.label(id, pointer);
        if let Some(commitment) = resume.find(&label)? {
            return Ok(Document {
                commitment,
                bytes: content.bytes.len() as u64,
                media_type: content.media_type,
            });
        }
        let document = documents::store(&self.ledger, id, pointer, &content, self.now())?;
        resume.note(&label, document.commitment);
        Ok(document)
    }

    /// The line's request, its documents stored by `keep`.
    pub fn request(&self, mut line: Value, base: &Path, keep: Keep<'_>) -> Result<Request, Failure> {
        if let Some(data) = line.get_mut("data") {
            documents::settle(data, base, &*self.ledger.vault(), keep)?;
        }
        Ok(line::request(line)?)
    }

    /// The command as a line of JSON, with its id.
    fn line(&self, wanted: Wanted) -> Result<(Value, CommandId, Option<String>), Failure> {
        let Some(actor) = &self.actor else {
            return Err(Failure::Usage(
                "who gives the command? state --actor ID, or set LEDGER_ACTOR".to_owned(),
            ));
        };
        let mut data = wanted.data;
        let on = match wanted.on {
            On::National => Subject::national(),
            On::Actor(actor) => Subject::actor(&actor),
            On::Named(name) => self.resolve(&name)?,
        };
        for field in ["subject", "successors", "within"] {
            if let Some(value) = data.get_mut(field) {
                self.resolve_in(value)?;
            }
        }
        let openings = self.look({
            let on = on.clone();
            move |state| Openings::of(state, &on)
        })?;
        let used = openings.fill(wanted.needs, &on, &mut data)?;
        let mut line = json!({ "actor": actor, "type": wanted.command, "subject": on, "data": data });
        if let Some(time) = self.time {
            line["time"] = json!(time);
        }
        if let Some(recorded_time) = self.recorded_time {
            line["recordedtime"] = json!(recorded_time);
        }
        let mut versions = BTreeMap::new();
        for (name, version) in &self.expect {
            versions.insert(self.resolve(name)?.to_string(), *version);
        }
        if !versions.is_empty() {
            line["expected_subject_version"] = json!(versions);
        }
        let id = match self.id {
            Some(id) => id,
            None => self.new_id(self.now(), &spelled(&line)?),
        };
        line["id"] = json!(id);
        Ok((line, id, used))
    }

    fn resolve_in(&self, value: &mut Value) -> Result<(), Failure> {
        match value {
            Value::String(name) => *name = self.resolve(name)?.to_string(),
            Value::Array(items) => {
                for item in items {
                    self.resolve_in(item)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The subject that is called so.
    pub fn resolve(&self, name: &str) -> Result<Subject, Failure> {
        if let Some(subject) = subject::in_full(name) {
            return Ok(subject);
        }
        let areas: Vec<Known> = self.look(subject::known)?;
        subject::resolve(name, &areas, &self.ledger.store())
    }

    /// Looks at what the rules know, between two commits.
    pub fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&ledger_core::assessment::State) -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let looked = self.runtime.block_on(self.ledger.look(look));
        looked.ok_or_else(|| Failure::Storage("the ledger is closed; open it again".to_owned()))
    }

    /// States another recorded time from now on: what a scripted walk through time needs.
    pub fn at(&mut self, recorded_time: Moment) {
        self.recorded_time = Some(recorded_time.0);
    }

    /// Closes the ledger in good order.
    pub fn close(self) -> Result<(), Failure> {
        self.ledger.close().map_err(|error| Failure::Storage(error.to_string()))
    }
}

/// Canonical bytes of a line: what seeded ids are made from.
pub fn spelled(line: &Value) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    canonical::spell(line, &mut bytes).map_err(|error| Failure::Malformed(error.to_string()))?;
    Ok(bytes)
}

/// How the options want the store.
pub fn store_options(global: &Global) -> StoreOptions {
    StoreOptions {
        head_file: global.head_file.clone(),
        checkpoint_every: Duration::from_secs(global.checkpoint_every),
        ..StoreOptions::default()
    }
}

/// Opens a ledger, and says so if that made the head file: a mistyped name would protect nothing.
pub fn noticing_head_file<T>(
    global: &Global,
    open: impl FnOnce() -> Result<T, Failure>,
    head: impl FnOnce(&T) -> Head,
) -> Result<T, Failure> {
    let absent = global.head_file.as_ref().filter(|file| !file.exists());
    let opened = open()?;
    if let Some(file) = absent {
        eprintln!("head file {} was made, at {}", file.display(), head(&opened));
    }
    Ok(opened)
}

fn environment(global: &Global) -> Environment {
    Environment { clock: Arc::new(SystemClock), random: random(global.random_seed) }
}
