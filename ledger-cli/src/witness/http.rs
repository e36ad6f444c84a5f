//! What a witness understands of HTTP: which address is which question, and limits on what a request may take.
//!
//! ```text
//! POST /add-checkpoint   the protocol (C2SP tlog-witness)
//! GET  /HEX/checkpoint   the newest checkpoint cosigned of the log whose origin has that SHA-256
//! GET  /                 the witness's key, and of each log the origin, size and root cosigned last
//! ```
//!
//! Left out: connections (`serve.rs`).

use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use ledger_core::Witness;
use ledger_core::log::witness::MAX_REQUEST_BYTES;
use tokio::time::timeout;

use super::serve::{Shared, lock};

/// How long the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(10);
const TEXT: &str = "text/plain; charset=utf-8";
/// Characters of a client's words that a line for the operator has.
const SHOWN: usize = 200;

/// A response, and a line about it for the operator.
pub struct Answered {
    /// What the client gets.
    pub response: Response<Full<Bytes>>,
    /// Status, question, and what it was about.
    pub said: String,
}

/// Answers one request.
pub async fn answer(request: Request<Incoming>, shared: &Shared) -> Answered {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let asked: String = format!("{method} {path}").chars().take(SHOWN).collect();
    let (response, about) = match (&method, &*path) {
        (&Method::POST, "/add-checkpoint") => add_checkpoint(request.into_body(), shared).await,
        (_, "/add-checkpoint") => (wrong_method("POST"), String::new()),
        (&Method::GET, _) => (read(&path, &lock(shared)), String::new()),
        _ => (wrong_method("GET"), String::new()),
    };
    let about: String = about.chars().take(SHOWN).collect();
    Answered { said: format!("{} {asked} {about}", response.status().as_u16()), response }
}

async fn add_checkpoint(body: Incoming, shared: &Shared) -> (Response<Full<Bytes>>, String) {
    let refused = |status, what: &str| {
        let mut response = text(status, format!("{what}\n"));
        // What is left of the body is nobody's request.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        (response, String::new())
    };
    let too_large = || refused(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than any can be");
    if body.size_hint().lower() > MAX_REQUEST_BYTES as u64 {
        return too_large();
    }
    match timeout(BODY_TIME, Limited::new(body, MAX_REQUEST_BYTES).collect()).await {
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "the request took too long"),
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large(),
        Ok(Err(_)) => refused(StatusCode::BAD_REQUEST, "the request was cut off"),
        Ok(Ok(body)) => {
            let answer = lock(shared).add_checkpoint(&body.to_bytes());
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (respond(status, answer.media_type, answer.body), answer.about)
        }
    }
}

fn read(path: &str, witness: &Witness) -> Response<Full<Bytes>> {
    if path == "/" {
        return text(StatusCode::OK, overview(witness));
    }
    let hash = path.strip_prefix('/').and_then(|rest| rest.strip_suffix("/checkpoint"));
    match hash.and_then(|hash| witness.newest(hash)) {
        Some(cosigned) => text(StatusCode::OK, cosigned.to_string()),
        None => text(StatusCode::NOT_FOUND, "nothing is here, or nothing yet\n".to_owned()),
    }
}

/// The key, and a line for each log.
fn overview(witness: &Witness) -> String {
    let mut lines = format!("{}\n", witness.verifier());
    for (origin, cosigned) in witness.logs() {
        lines += &match cosigned.map(|cosigned| &cosigned.checkpoint) {
            Some(newest) => format!("{origin} {} {}\n", newest.size, newest.root.to_base64()),
            None => format!("{origin} -\n"),
        };
    }
    lines
}

fn wrong_method(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, format!("only {allowed} is answered here\n"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    respond(status, TEXT, body)
}

fn respond(status: StatusCode, media_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}
