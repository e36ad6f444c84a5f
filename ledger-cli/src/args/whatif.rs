//! `what-if`: a rating, or all of them, as they might have been.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use ledger_core::assessment::codes::FrameworkId;
use ledger_core::assessment::framework::Rounding;
use ledger_core::values::Sequence;

use super::clocks::Clocks;
use super::values::{StatementScore, coded};

/// `ledger what-if`.
#[derive(Debug, Clone, Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["subject", "all"]))]
#[command(group = ArgGroup::new("supposed").required(true).multiple(true)
    .args(["without", "scores", "framework", "framework_file", "rounding"]))]
#[command(
    after_help = "A replay on a copy in memory, beside the real result. Nothing is recorded. What is supposed \
can be combined: entries are left out first; then scores; then rounding and framework.\n\n\
Our own choices: with an entry falls away whatever acts on it or names it as its cause. A score stands while any \
item of its evidence does; a publication gives, instead of a score that is gone, the one before it, and falls away \
without any. A framework that maps nothing from the one in force takes over statements of the same id.\n\n\
Examples:\n  ledger what-if Swindon --without 347\n  \
ledger what-if QE1 --score safeguarding=2 --score equity-in-access=1\n  \
ledger what-if QE1 --score safeguarding=2 --rounding half-up --as-of 2026-04-01\n  \
ledger what-if --all --rounding half-up\n  ledger what-if --all --framework local-authority/2023"
)]
pub struct WhatIfArgs {
    /// The subject: full name, ONS or ODS code, or exact name.
    pub subject: Option<String>,
    /// All subjects: how many ratings would change, and which.
    #[arg(long, conflicts_with_all = ["without", "scores"])]
    pub all: bool,
    /// Entries of its history that were never recorded, and whatever acts on them.
    #[arg(long, value_name = "SEQ", num_args = 1.., value_delimiter = ',', value_parser = sequence)]
    pub without: Vec<Sequence>,
    /// Another score than the one in force: STATEMENT=N, or STATEMENT/CATEGORY=N under a category method; may
    /// be repeated.
    #[arg(long = "score", value_name = "STATEMENT=N")]
    pub scores: Vec<StatementScore>,
    /// Another framework: one the ledger adopted, or one that ships with the program.
    #[arg(long, value_name = "ID")]
    pub framework: Option<FrameworkId>,
    /// A framework that nobody adopted, as JSON.
    #[arg(long, value_name = "FILE", conflicts_with = "framework")]
    pub framework_file: Option<PathBuf>,
    /// Another rounding of every percentage: ceiling (or up), half-up.
    #[arg(long, value_name = "RULE", value_parser = rounding)]
    pub rounding: Option<Rounding>,
    /// On which day, as known when.
    #[command(flatten)]
    pub clocks: Clocks,
}

/// A rounding by its id in a framework; `up` for the ceiling.
fn rounding(text: &str) -> Result<Rounding, String> {
    let id = if text == "up" { "ceiling" } else { text };
    coded(id).map_err(|_| format!("'{text}' is no rounding: ceiling (or up) or half-up expected"))
}

/// A sequence number, with or without leading zeros.
fn sequence(text: &str) -> Result<Sequence, String> {
    let digits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let padded = if digits { format!("{text:0>16}") } else { text.to_owned() };
    padded.parse().map_err(|_| format!("'{text}' is no sequence number: digits expected, such as 347"))
}
