//! Witnesses at the terminal: being one for other ledgers, and asking those of this ledger.
//!
//! `serve.rs` runs a witness, `http.rs` is what it understands of HTTP, `cosign.rs` asks witnesses for cosignatures.
//! Left out: what may be cosigned and how it is remembered, which the core knows; who is asked, which is recorded.

pub mod cosign;
mod http;
pub mod serve;
