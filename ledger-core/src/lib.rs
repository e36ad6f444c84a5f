//! x
pub mod assessment;
pub mod log;
pub mod store;
pub mod values;
