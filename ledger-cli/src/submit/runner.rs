//! Runs files of commands against the ledger: each in order, several concurrently, one chunk ahead.
//!
//! Left out: reading lines (`reader.rs`).

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger_core::assessment::{Rejection, Request};
use ledger_core::{Receipt, SubmitError};
use serde_json::Value;

use super::Outcome;
use super::forgotten::Forgotten;
use super::reader::{Chunk, Reader};
use crate::exit::Failure;
use crate::output::Out;
use crate::progress::Progress;
use crate::receipt;
use crate::session::{Session, runtime};

/// Files that run at the same time; the others wait for one of them to end.
const CONCURRENT: usize = 32;

/// Submits every file, and says what became of each, in the order given. Receipts go to `receipts` one a line, as
/// soon as they are durable.
pub fn run(
    session: &Session,
    files: &[PathBuf],
    dry_run: bool,
    receipts: Option<&Mutex<Out>>,
) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let running = AtomicUsize::new(files.len().min(CONCURRENT));
    let lines = AtomicU64::new(0);
    let outcomes = Mutex::new(Vec::new());
    let job = Job { session, dry_run, receipts, lines: &lines };
    std::thread::scope(|scope| {
        for _ in 0..files.len().min(CONCURRENT) {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = job.file(file);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
                }
                running.fetch_sub(1, Ordering::Release);
            });
        }
        let mut progress = Progress::new("submitted lines");
        while running.load(Ordering::Acquire) > 0 {
            std::thread::sleep(Duration::from_millis(5));
            progress.tell(lines.load(Ordering::Relaxed), None);
        }
        progress.end();
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|outcome| files.iter().position(|file| *file == outcome.file));
    outcomes
}

/// What every file's run shares.
#[derive(Clone, Copy)]
struct Job<'a> {
    session: &'a Session,
    dry_run: bool,
    receipts: Option<&'a Mutex<Out>>,
    lines: &'a AtomicU64,
}

impl Job<'_> {
    fn file(&self, file: &Path) -> Outcome {
        let mut outcome =
            Outcome { file: file.to_owned(), recorded: 0, repeated: 0, entries: 0, failure: None };
        let mut reader = match Reader::open(self.session, file, self.dry_run) {
            Ok(reader) => reader,
            Err(failure) => {
                outcome.failure = Some(failure);
                return outcome;
            }
        };
        let (send, chunks) = sync_channel(1);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while let Some(chunk) = reader.next() {
                    if send.send(chunk).is_err() {
                        return; // The file was stopped at an earlier line.
                    }
                }
            });
            if let Err(failure) = self.submit(chunks, file, &mut outcome) {
                outcome.failure = Some(failure);
            }
        });
        outcome
    }

    fn submit(&self, chunks: Receiver<Chunk>, file: &Path, outcome: &mut Outcome) -> Result<(), Failure> {
        let runtime = runtime()?;
        let mut forgotten = Forgotten::new(self.session.ledger.store());
        for chunk in chunks {
            let mut left = chunk.lines.as_slice();
            let mut many = true;
            while !left.is_empty() {
                let (now, later) = left.split_at(if many { left.len() } else { 1 });
                let requests = now.iter().map(|(_, request)| request.clone()).collect();
                let answers = runtime.block_on(self.session.ledger.submit_all(requests));
                // After an id that is no longer remembered the next ones are likely to be so too.
                let answered = self.answer(file, now, answers, &mut forgotten, outcome)?;
                many = answered == now.len() && (many || !forgotten.just_used);
                left = if answered == now.len() { later } else { &left[answered..] };
            }
            self.lines.fetch_add(chunk.lines.len() as u64, Ordering::Relaxed);
            self.flush()?;
            if let Some(failure) = chunk.failure {
                return Err(failure);
            }
        }
        Ok(())
    }

    /// Takes the answers up to the first that is no receipt, and returns how many lines are dealt with.
    fn answer(
        &self,
        file: &Path,
        lines: &[(u64, Request)],
        answers: Vec<Result<Receipt, SubmitError>>,
        forgotten: &mut Forgotten,
        outcome: &mut Outcome,
    ) -> Result<usize, Failure> {
        forgotten.just_used = false;
        for (at, ((number, request), answer)) in lines.iter().zip(answers).enumerate() {
            let receipt = match answer {
                Ok(receipt) => Ok(receipt),
                // With a simulated clock the time of a line long recorded is behind before its id is too old.
                Err(
                    error @ SubmitError::Rejected(
                        Rejection::CommandIdTooOld { .. } | Rejection::ClockBehind { .. },
                    ),
                ) => forgotten.receipt(request)?.ok_or(error),
                Err(error) => Err(error),
            };
            let receipt = receipt
                .map_err(|error| Failure::from(error).at(&format!("{} line {number}", file.display())));
            if receipt.is_err() {
                self.flush()?;
            }
            let receipt = receipt?;
            if receipt.repeated {
                outcome.repeated += 1;
            } else {
                outcome.recorded += 1;
                outcome.entries += receipt.entries.len() as u64;
            }
            self.print(file, *number, &receipt)?;
            if forgotten.just_used {
                return Ok(at + 1);
            }
        }
        Ok(lines.len())
    }

    /// One receipt a line: file, line, and the first entry's sequence and hash, with all of the receipt.
    fn print(&self, file: &Path, number: u64, receipt: &Receipt) -> Result<(), Failure> {
        let Some(out) = self.receipts else { return Ok(()) };
        let mut value = receipt::json(receipt);
        value["file"] = Value::from(file.display().to_string());
        value["line"] = Value::from(number);
        if let Some(first) = receipt.entries.first() {
            value["sequence"] = Value::from(first.sequence.to_string());
            value["hash"] = Value::from(first.hash.to_string());
        }
        out.lock().unwrap_or_else(PoisonError::into_inner).json(&value)
    }

    fn flush(&self) -> Result<(), Failure> {
        match self.receipts {
            Some(out) => out.lock().unwrap_or_else(PoisonError::into_inner).flush(),
            None => Ok(()),
        }
    }
}
