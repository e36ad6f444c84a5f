//! `ledger witness serve`: answers for other ledgers until it is told to stop.
//!
//! One thread: a request is decided and made durable without another between, and a slow client holds up nobody
//! because waiting is left to the runtime. Every connection has an end. Left out: TLS, which a proxy before it does.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use ledger_core::Witness;
use ledger_core::environment::{Clock, Environment, SystemClock};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::http;
use crate::args::ServeArgs;
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Connections at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 64;
/// Header of a request: its size in all, its lines, and how long it may take.
const MAX_HEADER_BYTES: usize = 16 << 10;
const MAX_HEADERS: usize = 64;
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How long a connection may last, whatever it does.
const CONNECTION_TIME: Duration = Duration::from_secs(60);
/// How long requests under way are waited for at the end.
const PARTING_TIME: Duration = Duration::from_secs(5);

/// A witness as its connections share it.
pub(super) type Shared = Arc<Mutex<Witness>>;

/// Why the witness ends.
enum End {
    /// Somebody stopped it.
    Told,
    /// Its memory failed.
    Failed,
}

/// Runs `ledger witness serve`.
pub fn serve(args: &ServeArgs, json: bool) -> Result<(), Failure> {
    let witness = Witness::open(&args.dir, &args.name, args.logs.clone(), Environment::system())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| Failure::Storage(format!("no runtime for waiting: {error}")))?;
    let shared = Arc::new(Mutex::new(witness));
    runtime.block_on(async {
        let listener = TcpListener::bind(args.listen).await.map_err(|error| {
            Failure::Usage(format!("cannot listen on {} ({error}): name another --listen", args.listen))
        })?;
        introduce(&lock(&shared), listener.local_addr()?, json)?;
        until_told(listener, shared.clone()).await
    })?;
    match lock(&shared).failed() {
        Some(error) => Err(error.clone().into()),
        None => Ok(()),
    }
}

/// The witness, also after a panic: what it remembers is on disk and in one map, changed by one insertion.
pub(super) fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Witness> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says what is watched, where, and by which key: the last line is the verifier key alone.
fn introduce(witness: &Witness, address: SocketAddr, json: bool) -> Result<(), Failure> {
    let mut out = Out::stdout();
    if json {
        let logs = witness.logs().into_iter().map(|(origin, cosigned)| {
            json!({ "origin": origin, "size": cosigned.map(|cosigned| cosigned.checkpoint.size) })
        });
        let logs: Vec<_> = logs.collect();
        out.json(&json!({ "listening": address, "logs": logs, "key": witness.verifier() }))?;
        return out.flush();
    }
    let mut table = Table::new(&["log", "cosigned up to"]).right(&[1]);
    for (origin, cosigned) in witness.logs() {
        table.row([origin.to_owned(), or_dash(cosigned.map(|cosigned| cosigned.checkpoint.size))]);
    }
    out.table(&table)?;
    out.line(format!("listening on http://{address}"))?;
    out.line(witness.verifier().to_string())?;
    out.flush()
}

/// Answers until SIGTERM, SIGINT or a failure of the memory; then lets requests under way finish.
async fn until_told(listener: TcpListener, shared: Shared) -> Result<(), Failure> {
    let (end, mut ended) = mpsc::channel(1);
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut told, end) = (signal(kind)?, end.clone());
        tokio::spawn(async move {
            told.recv().await;
            // Someone else may have said so already.
            let _ = end.try_send(End::Told);
        });
    }
    let (graceful, free) = (GracefulShutdown::new(), Arc::new(Semaphore::new(CONNECTIONS)));
    loop {
        let told = pin!(ended.recv());
        match select(told, pin!(next(&listener, &free))).await {
            Either::Left((end, _)) => {
                if let Some(End::Told) = end {
                    note("stopping");
                }
                break;
            }
            Either::Right(((place, Ok((stream, peer))), _)) => {
                let (shared, watcher, end) = (shared.clone(), graceful.watcher(), end.clone());
                tokio::spawn(async move {
                    converse(stream, peer, shared, watcher, end).await;
                    drop(place);
                });
            }
            Either::Right(((_, Err(error)), _)) => {
                note(&format!("cannot accept a connection: {error}"));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    // Whoever is still connected after that is cut off.
    let _ = timeout(PARTING_TIME, graceful.shutdown()).await;
    Ok(())
}

/// The next connection, once there is a place for it.
async fn next(
    listener: &TcpListener,
    free: &Arc<Semaphore>,
) -> (Option<OwnedSemaphorePermit>, io::Result<(TcpStream, SocketAddr)>) {
    // The semaphore is never closed.
    let place = free.clone().acquire_owned().await.ok();
    (place, listener.accept().await)
}

/// Answers one connection's requests.
async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Shared,
    watcher: Watcher,
    end: mpsc::Sender<End>,
) {
    let service = service_fn(|request| {
        let (shared, end) = (shared.clone(), end.clone());
        async move {
            let answered = http::answer(request, &shared).await;
            note(&format!("{} {peer}", answered.said));
            if lock(&shared).failed().is_some() {
                let _ = end.try_send(End::Failed);
            }
            Ok::<_, std::convert::Infallible>(answered.response)
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADER_TIME);
    builder.max_headers(MAX_HEADERS).max_buf_size(MAX_HEADER_BYTES);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    // What a client does wrong, or leaves undone, ends its connection and nothing else.
    if let Ok(Err(error)) = timeout(CONNECTION_TIME, watcher.watch(connection)).await {
        note(&format!("- {error} {peer}"));
    }
}

/// A line for the operator. If nobody reads it, the witness goes on.
fn note(what: &str) {
    let _ = writeln!(io::stderr(), "{} {what}", SystemClock.now());
}
