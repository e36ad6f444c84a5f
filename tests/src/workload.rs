//! A workload: the commands of some busy years at a regulator, one after the other, for measuring a ledger.
//!
//! Of a hundred entries 50 submit evidence, each with a document of 200 random bytes; 25 set a score, each on 3
//! earlier items of evidence; 15 are figures of indicators; 10 are the rest of the life cycle: opening, moderation,
//! drafts, challenges, confirmations, findings, ratings, reviews, closing, concerns, requests, triggers. Every rule
//! is on and accepts every command, so whoever submits them treats a rejection as a fault.
//!
//! [`Workload`] is an endless iterator from a seed in bounded memory. [`Workload::set_up`] gives what comes before:
//! the frameworks, the areas and everyone who acts. Commands cite earlier ones by event id, so no answer is fed
//! back, but they must reach the ledger in order. `country.rs` says who there is, `desk.rs` gives commands their
//! ids and times, `cases.rs` keeps the open assessments, `conclusion.rs` brings one from its last score to its end,
//! `scrutiny.rs` is what goes on beside assessments, `figures.rs` the indicators, `shares.rs` the proportions.
//!
//! Left out: withdrawal, erasure and sharing of evidence, transcription and thematic reviews, which are rare. The
//! simulated clock runs some seven seconds a command, so ten million end in 2028, before the bank holidays do.

mod cases;
mod conclusion;
mod country;
mod desk;
mod figures;
mod filled;
mod scrutiny;
mod shares;
mod step;

use ledger_core::Founding;
use ledger_core::assessment::Request;

use cases::Cases;
use country::Country;
use desk::Desk;
use figures::Figures;
use scrutiny::Scrutiny;
use shares::Shares;

pub use filled::{fill, fill_signed, signing_key};
pub use shares::Class;
pub use step::{MEDIA_TYPE, Step};

/// Bytes of each document.
pub const DOCUMENT_BYTES: usize = 200;

/// How large a country the workload is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Subjects with histories: 36 systems, 153 authorities, and providers for the rest.
    pub subjects: u32,
    /// Assessments open at once.
    pub open_assessments: usize,
}

impl Scale {
    /// The size that figures are quoted for.
    pub const NATIONAL: Scale = Scale { subjects: 50_000, open_assessments: 200 };
    /// Small enough for a test in which assessments come to their end within some thousand commands.
    pub const SMALL: Scale = Scale { subjects: 500, open_assessments: 10 };
}

/// The commands after the set-up. Memory: some 10 MiB at national scale, however long it goes on. Cost: half
/// a us each.
#[derive(Debug)]
pub struct Workload {
    desk: Desk,
    cases: Cases,
    scrutiny: Scrutiny,
    figures: Figures,
    shares: Shares,
}

impl Workload {
    /// The workload of this seed. Equal seeds and scales give equal commands and documents.
    pub fn new(seed: u64, scale: Scale) -> Self {
        Workload {
            desk: Desk::new(seed, Country::new(scale.subjects)),
            cases: Cases::new(scale.open_assessments),
            scrutiny: Scrutiny::default(),
            figures: Figures::default(),
            shares: Shares::default(),
        }
    }

    /// How the ledger of a workload is founded.
    pub fn founding(seed: u64) -> Founding {
        country::founding(seed)
    }

    /// The commands that come before: frameworks, areas, actors. Two for each subject and some hundred more.
    pub fn set_up(seed: u64, scale: Scale) -> impl Iterator<Item = Request> {
        country::set_up(seed, Country::new(scale.subjects))
    }

    /// How many entries of each class the commands so far cause, as foreseen.
    pub fn given(&self) -> [(Class, u64); 4] {
        self.shares.given()
    }

    fn step(&mut self, class: Class) -> Option<Step> {
        let desk = &mut self.desk;
        match class {
            Class::Evidence => self
                .cases
                .evidence(desk)
                .or_else(|| self.scrutiny.answer(desk, &mut self.shares))
                .or_else(|| Some(scrutiny::evidence(desk))),
            Class::Score => self.cases.score(desk),
            Class::Figure => self.figures.observe(desk),
            Class::Rest => {
                let step = self.cases.conclude(desk, &mut self.scrutiny);
                step.or_else(|| Some(self.scrutiny.look(desk, &mut self.shares)))
            }
        }
    }
}

impl Iterator for Workload {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        // What is most behind comes next, if there is anything of it to do; there always is a rest.
        let order = self.shares.most_behind();
        let (class, step) = order.into_iter().find_map(|class| Some((class, self.step(class)?)))?;
        self.shares.note(class);
        Some(step)
    }
}
