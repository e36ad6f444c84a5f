//! A second pair of hands: scattered entries are read by two threads, each half of them.
//!
//! Most of a question about one subject is decompressing pages, which two cores do in half the time. The thread is
//! started by the first question that is long enough and kept, because a fresh one would load the pages' dictionary
//! anew. It holds the store only while it reads: who closes a ledger need not wait for it. Left out: sequential
//! reading, which has a thread of its own (`log.rs`).

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use ledger_core::assessment::Recorded;
use ledger_core::values::Sequence;

use crate::log::{Log, ReplayError};

/// From so many entries on the second thread helps: handing over costs as much as reading one.
const WORTH_IT: usize = 8;

type Read = Result<Vec<Recorded>, ReplayError>;

struct Job {
    log: Log,
    sequences: Vec<Sequence>,
    answer: SyncSender<Read>,
}

/// The thread, once there is one.
#[derive(Debug, Default)]
pub(crate) struct Second(OnceLock<Option<Mutex<Sender<Job>>>>);

impl Second {
    /// The events at these positions, which must ascend. Cost: half of reading them, and a hand-over of some 10 us.
    pub(crate) fn events(&self, log: &Log, sequences: &[Sequence]) -> Read {
        let (mine, others) = sequences.split_at(sequences.len() / 2);
        let Some(answer) = (mine.len() >= WORTH_IT).then(|| self.give(log, others)).flatten() else {
            return log.read_events(sequences);
        };
        let mut events = log.read_events(mine)?;
        match answer.recv() {
            Ok(others) => events.extend(others?),
            // The thread is gone: what it had to do is done here.
            Err(_) => events.extend(log.read_events(others)?),
        }
        Ok(events)
    }

    fn give(&self, log: &Log, sequences: &[Sequence]) -> Option<Receiver<Read>> {
        let jobs = self.0.get_or_init(start).as_ref()?;
        let (answer, answered) = sync_channel(1);
        let job = Job { log: log.clone_without_help(), sequences: sequences.to_vec(), answer };
        jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job).ok()?;
        Some(answered)
    }
}

/// Where no thread can be started, everything is read here.
fn start() -> Option<Mutex<Sender<Job>>> {
    let (jobs, given) = channel::<Job>();
    let work = move || {
        for Job { log, sequences, answer } in given {
            let read = log.read_events(&sequences);
            drop(log);
            // Whoever asked may have given up.
            let _ = answer.send(read);
        }
    };
    thread::Builder::new().name("read entries".to_owned()).spawn(work).ok()?;
    Some(Mutex::new(jobs))
}
