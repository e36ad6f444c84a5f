//! The stage of a scripted ledger: who acts, on which day, and what was recorded, told on standard output.

use std::path::Path;

use ledger_core::Receipt;
use ledger_core::values::Sequence;
use serde_json::{Value, json};

use crate::args::{Global, InitArgs, Moment};
use crate::exit::Failure;
use crate::init;
use crate::output::Out;
use crate::receipt::event_name;
use crate::session::Session;
use crate::wanted::{Needs, On, Wanted};

/// Fixed, so that every run gives the same bytes. The documents are public or invented.
const SEED: u64 = 2026;

/// Options of a demonstration's ledger.
pub fn global(dir: &Path, actor: &str, day: &str) -> Result<Global, Failure> {
    Ok(Global {
        checkpoint_every: 1,
        data: dir.to_owned(),
        head_file: None,
        actor: Some(actor.parse()?),
        recorded_time: Some(day.parse()?),
        random_seed: Some(SEED),
        time: None,
        expect: Vec::new(),
        id: None,
        json: false,
    })
}

/// A ledger with a simulated clock, open and ready for the script.
pub struct Stage {
    /// The session every step goes through.
    pub session: Session,
    clock: i64,
}

impl Stage {
    /// Founds the ledger.
    pub fn found(dir: &Path, origin: &str, example: bool, day: &str) -> Result<Self, Failure> {
        let args = InitArgs {
            origin: Some(origin.parse()?),
            simulated_clock: true,
            example,
            with_defaults: true,
            registrar: None,
        };
        let session = init::found(&global(dir, "operator-1", day)?, &args)?;
        Ok(Stage { clock: day.parse::<Moment>()?.0.micros(), session })
    }

    /// Goes on to this day, at noon.
    pub fn day(&mut self, day: &str) -> Result<(), Failure> {
        let moment: Moment = day.parse()?;
        self.clock = moment.0.micros();
        self.session.at(moment);
        Ok(())
    }

    /// Enrols an actor in one role, for an organisation if it is a partner.
    pub fn enrol(&mut self, actor: &str, role: &str, organisation: Option<&str>) -> Result<(), Failure> {
        let data = json!({ "roles": [role], "organisation": organisation });
        let wanted = Wanted::new("actor.enrol", On::Actor(actor.parse()?), &data)?;
        self.give("operator-1", wanted).map(|_| ())
    }

    /// Gives a command a second after the one before.
    pub fn give(&mut self, actor: &str, wanted: Wanted) -> Result<Receipt, Failure> {
        self.clock += 1_000_000;
        self.session.at(Moment(ledger_core::values::Timestamp::from_micros(self.clock)?));
        self.session.actor = Some(actor.parse()?);
        let command = wanted.command;
        let given = self.session.submit(wanted).map_err(|failure| failure.at(command))?;
        Ok(given.0)
    }

    /// Gives a command on a subject, and returns its first entry.
    pub fn on(
        &mut self,
        actor: &str,
        command: &'static str,
        subject: &str,
        needs: Needs,
        data: &Value,
    ) -> Result<Sequence, Failure> {
        let on = if subject == "national" { On::National } else { On::Named(subject.to_owned()) };
        let receipt = self.give(actor, Wanted::new(command, on, data)?.needing(needs))?;
        first(&receipt)
    }
}

/// The receipt's first entry.
pub fn first(receipt: &Receipt) -> Result<Sequence, Failure> {
    let entry = receipt.entries.first().map(|entry| entry.sequence);
    entry.ok_or_else(|| Failure::Storage("a receipt without entries".to_owned()))
}

/// Tells a step: its day, and what it recorded.
pub fn tell(out: &mut Out, day: &str, text: &str) -> Result<(), Failure> {
    out.line(format!("  {day}  {text}"))
}

/// The events of a receipt by name.
pub fn names(receipt: &Receipt) -> String {
    let names: Vec<&str> = receipt.entries.iter().map(|entry| event_name(entry.event_type)).collect();
    names.join(" + ")
}
