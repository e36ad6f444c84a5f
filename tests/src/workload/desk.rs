//! The desk every command of a workload goes over: it gives them their ids, times and actors, and rolls the dice.

use ledger_core::assessment::civil::{Date, Period};
use ledger_core::assessment::codes::{ActorId, Subject};
use ledger_core::assessment::{Citation, Command, Request};
use ledger_core::log::{CommandId, EventId};
use ledger_core::values::Timestamp;

use super::DOCUMENT_BYTES;
use super::country::{BEGINS, Country, Place, Staff};
use super::step::Step;
use crate::random::Dice;
use crate::time::{after, instant};

/// Seven seconds a command on average: ten million take 810 days.
const PACE_MICROS: u64 = 7_000_000;

/// Numbers commands in time and by chance.
#[derive(Debug)]
pub(super) struct Clerk {
    pub dice: Dice,
    pub now: Timestamp,
    pace: u64,
}

impl Clerk {
    pub(super) fn new(seed: u64, now: Timestamp, pace: u64) -> Self {
        Clerk { dice: Dice(seed), now, pace }
    }

    pub(super) fn id(&mut self) -> CommandId {
        let mut random = [0; 10];
        fill(&mut self.dice, &mut random);
        CommandId::from_parts(self.now, random)
    }

    pub(super) fn request(&mut self, actor: ActorId, subject: Subject, command: Command) -> Request {
        let step = self.dice.below(2 * self.pace);
        self.now = after(self.now, step.cast_signed());
        Request {
            id: self.id(),
            actor,
            subject,
            time: None,
            recorded_time: Some(self.now),
            expected_subject_version: Default::default(),
            command,
        }
    }
}

/// A clerk who knows the country.
#[derive(Debug)]
pub(super) struct Desk {
    pub country: Country,
    clerk: Clerk,
}

impl Desk {
    pub(super) fn new(seed: u64, country: Country) -> Self {
        Desk { country, clerk: Clerk::new(seed, instant(BEGINS), PACE_MICROS) }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clerk.now
    }

    pub(super) fn dice(&mut self) -> &mut Dice {
        &mut self.clerk.dice
    }

    /// A number below `count`, for indexing.
    pub(super) fn below(&mut self, count: usize) -> usize {
        // Both counts fit: nothing here has more than some ten thousand members.
        self.clerk.dice.below(count as u64) as usize
    }

    /// One of them.
    pub(super) fn pick<'t, T>(&mut self, among: &'t [T]) -> &'t T {
        &among[self.below(among.len())]
    }

    /// One of those who do this kind of work.
    pub(super) fn someone(&mut self, who: impl Fn(&Staff) -> &[ActorId]) -> ActorId {
        let at = self.below(who(&self.country.staff).len());
        who(&self.country.staff)[at].clone()
    }

    /// A subject, some far more often than others.
    pub(super) fn skewed_place(&mut self) -> Place {
        let places = self.country.places();
        self.country.place(skewed(&mut self.clerk.dice, places))
    }

    /// The command as given by `actor` on the place's history, and the event it will cause first.
    pub(super) fn give(&mut self, actor: ActorId, place: Place, command: Command) -> (EventId, Step) {
        let request = self.clerk.request(actor, self.country.subject(place).clone(), command);
        (first_event(&request), Step::plain(request))
    }

    /// As [`Desk::give`], with a document of random bytes.
    pub(super) fn give_with_document(
        &mut self,
        actor: ActorId,
        place: Place,
        command: Command,
    ) -> (EventId, Step) {
        let request = self.clerk.request(actor, self.country.subject(place).clone(), command);
        let mut content = vec![0; DOCUMENT_BYTES];
        fill(&mut self.clerk.dice, &mut content);
        (first_event(&request), Step::with_document(request, content))
    }
}

fn first_event(request: &Request) -> EventId {
    EventId { command: request.id, ordinal: 1 }
}

/// The command's event after `event`.
pub(super) fn second(event: EventId) -> EventId {
    EventId { ordinal: event.ordinal + 1, ..event }
}

/// The event as commands cite it.
pub(super) fn cite(event: EventId) -> Citation {
    Citation::Event(event)
}

fn fill(dice: &mut Dice, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&dice.roll().to_le_bytes()[..chunk.len()]);
    }
}

/// A rank below `count`: each doubling of ranks is as likely as the next, so that rank r comes up about 1/r as often
/// as the first, but for the first 64, which are alike. By whole numbers, so that every machine rolls the same.
fn skewed(dice: &mut Dice, count: u64) -> u64 {
    const ALIKE: u64 = 6;
    let widest = u64::from(count.next_power_of_two().trailing_zeros()).max(ALIKE);
    let bits = ALIKE + dice.below(widest - ALIKE + 1);
    dice.below(1 << bits) % count
}

/// A calendar month.
pub(super) fn month(year: i32, month: u32) -> Period {
    let first = |year, month| Date::new(year, month, 1).unwrap_or(Date::EARLIEST);
    let next = if month == 12 { first(year + 1, 1) } else { first(year, month + 1) };
    Period { from: first(year, month), to: next.previous() }
}
