//! One step of a workload: a request, and the content of the document that it is to cite.
//!
//! The content goes into a vault first, whichever the caller measures; [`Step::stored`] then puts the citation where
//! the command has its place for one.

use ledger_core::assessment::codes::Document;
use ledger_core::assessment::{Command, Request};
use ledger_core::values::Hash;

/// The media type of every document.
pub const MEDIA_TYPE: &str = "application/octet-stream";

/// A request, complete but for its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    request: Request,
    content: Option<Vec<u8>>,
}

impl Step {
    pub(super) fn plain(request: Request) -> Self {
        Step { request, content: None }
    }

    pub(super) fn with_document(request: Request, content: Vec<u8>) -> Self {
        Step { request, content: Some(content) }
    }

    /// What the document holds; none if the command cites none.
    pub fn content(&self) -> Option<&[u8]> {
        self.content.as_deref()
    }

    /// The request, its document still lacking.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The request, its document stored by `store` if it has one.
    pub fn stored<E>(mut self, store: impl FnOnce(&[u8]) -> Result<Document, E>) -> Result<Request, E> {
        if let Some(content) = &self.content {
            cite(&mut self.request.command, store(content)?);
        }
        Ok(self.request)
    }
}

/// What stands in a command until its document is stored.
pub(super) fn unstored() -> Document {
    let media_type = MEDIA_TYPE.parse().unwrap_or_else(|_| unreachable!("a media type"));
    Document { commitment: Hash::ZERO, bytes: 0, media_type }
}

fn cite(command: &mut Command, document: Document) {
    match command {
        Command::SubmitEvidence(data) => data.documents.push(document),
        Command::RaiseConcern(data) => data.account = document,
        Command::ResolveConcern(data) => data.reason = document,
        Command::DischargeTrigger(data) => data.reason = Some(document),
        Command::CloseRequest(data) => data.reason = Some(document),
        Command::ChallengeAccuracy(data) => data.comment = document,
        Command::DecideAccuracy(data) => data.reason = document,
        Command::PublishFindings(data) => data.narrative = document,
        Command::RequestReview(data) => data.grounds = document,
        Command::DecideReview(data) => data.reason = document,
        Command::CloseAssessment(data) => data.reason = Some(document),
        other => unreachable!("the workload gives {} no document", other.name()),
    }
}
