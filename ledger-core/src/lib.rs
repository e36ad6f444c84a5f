//! x
pub mod log;
pub mod store;
pub mod values;
