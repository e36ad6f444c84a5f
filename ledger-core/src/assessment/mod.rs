//! Assessment: the rules by which public care is assessed, as pure functions over plain data.
//!
//! Entry points: [`decide`] (a command becomes events or a rejection), [`State::apply`] (an event becomes
//! state), [`rating`] and [`standing`] (scores become ratings). Left out, by rule: hashing, storage, the clock.
//! Sources of the domain facts are named where they are used; what is our own choice is marked as ours.

pub mod civil;
pub mod codes;
pub mod command;
mod decide;
pub mod event;
pub mod framework;
pub mod indicator;
pub mod rating;
mod recorded;
mod rejection;
pub mod risk;
pub mod roles;
pub mod standing;
pub mod state;

pub use command::{Citation, Command, Request};
pub use decide::{ATTEST_EVERY, Context, Ends, Histories, Planned, decide, references};
pub use event::{Event, EventError, EventKind};
pub use recorded::{Author, Recorded, counts_from, transcribed_from};
pub use rejection::Rejection;
pub use state::{IllegalHistory, State};
