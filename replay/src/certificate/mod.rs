//! Certificates: one rating with everything that shows it, in one file that anyone can check without the ledger.
//!
//! [`certify`] makes one, [`check_certificate`] checks one; `schemas/FORMAT.md`, "Certificate", says what the bytes are
//! and what they do not show. What must be in one is settled in `called_for.rs`, for both. Left out: files, and how a
//! checkpoint comes about.

mod called_for;
mod check;
mod documents;
mod error;
mod format;
mod make;
mod part;
mod reading;
mod signed;
mod whole;

pub use check::{Certified, check_certificate};
pub use error::CertificateError;
pub use format::CertificateHeader;
pub use make::{CertifyError, Question, Reveal, certify};
pub use signed::Trust;
