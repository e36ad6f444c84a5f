//! Certificates: made from many ledgers, checked without one, and forged in every way thought of.

mod demo;
mod documents;
mod example;
mod forged;
mod lying;
mod made;
mod random;
mod signatures;
