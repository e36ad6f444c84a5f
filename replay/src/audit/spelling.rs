//! The command's hash, reproduced from what its events keep.
//!
//! The hash covers the command as it was given: citations by sequence or by event id, the time stated or not, what the
//! rules fill in left out or not. Each spelling is tried until one gives the recorded hash; the one that did so last for
//! a kind of event is tried first, since whoever writes commands spells them alike. Left out: what the command may do.

use std::ops::Range;

use hashbrown::HashMap;
use ledger_core::assessment::codes::{ActorId, Subject};
use ledger_core::assessment::{Citation, Command, Event, EventKind, Request};
use ledger_core::line::{command_hash, spell_command};
use ledger_core::log::{CommandId, EventId};
use ledger_core::values::{Hash, Sequence, Timestamp};

use super::rebuild::{LeftOut, rebuilt, spellings};

/// Citations of a command that are tried in every mixture of both spellings.
const MIXED: u32 = 6;

/// How a command was spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Style {
    left_out: LeftOut,
    /// One bit for each citation: whether it is by event id.
    by_id: u32,
    time_stated: bool,
}

const USUAL: [Style; 2] = [
    Style { left_out: LeftOut(0), by_id: 0, time_stated: false },
    Style { left_out: LeftOut(0), by_id: u32::MAX, time_stated: false },
];

/// What is known of a command before it is rebuilt.
pub(super) struct Given<'g> {
    pub(super) id: CommandId,
    /// Where the first of its events stands: it may cite what stands before.
    pub(super) next: Sequence,
    pub(super) actor: &'g ActorId,
    pub(super) subject: &'g Subject,
    pub(super) time: Timestamp,
    pub(super) recorded_time: Timestamp,
    pub(super) events: &'g [&'g Event],
    pub(super) hash: Hash,
}

/// Rebuilds commands, remembering how each kind was spelled last.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    last: HashMap<EventKind, Style>,
}

impl Spellings {
    /// The request as the last of its kind was spelled, and where among `spelled` its canonical form was added. Whether
    /// that has the recorded hash is for the caller to see.
    pub(super) fn usual(
        &self,
        given: &Given<'_>,
        id_of: &mut dyn FnMut(Sequence) -> Option<EventId>,
        spelled: &mut Vec<u8>,
    ) -> Option<(Box<Request>, Range<usize>)> {
        let kind = given.events.first()?.kind();
        let style = self.last.get(&kind).copied().unwrap_or(USUAL[0]);
        let request = Box::new(respelled(given, style, id_of)?.0);
        let start = spelled.len();
        if spell_command(&request, spelled).is_err() {
            spelled.truncate(start);
            return None;
        }
        Some((request, start..spelled.len()))
    }

    /// The request whose hash is the recorded one, and how it was spelled; none if no spelling that is tried gives it.
    /// `id_of` knows the event id of a cited entry. Cost: one hash where commands are spelled as the last of their kind.
    pub(super) fn reproduced(
        &mut self,
        given: &Given<'_>,
        id_of: &mut dyn FnMut(Sequence) -> Option<EventId>,
    ) -> Option<Request> {
        let first = given.events.first()?;
        let kind = first.kind();
        let last = self.last.get(&kind).copied();
        let mut citations = 0;
        let mut tried = |style: Style| {
            let (request, cited) = respelled(given, style, id_of)?;
            citations = cited;
            (command_hash(&request).ok() == Some(given.hash)).then_some((request, style))
        };
        let mut found = last.into_iter().chain(USUAL).find_map(&mut tried);
        let left_outs = || (0..spellings(first)).map(LeftOut);
        let times = [false, true];
        let all = left_outs().flat_map(|left_out| {
            let ids = [0, u32::MAX].into_iter();
            ids.flat_map(move |by_id| times.map(|time_stated| Style { left_out, by_id, time_stated }))
        });
        found = found.or_else(|| all.into_iter().find_map(&mut tried));
        if found.is_none() && (2..=MIXED).contains(&citations) {
            let mixtures = 1..(1_u32 << citations) - 1;
            let mut all = mixtures.flat_map(|by_id| {
                times.map(|time_stated| Style { left_out: LeftOut(0), by_id, time_stated })
            });
            found = all.find_map(|style| {
                let (request, _) = respelled(given, style, id_of)?;
                (command_hash(&request).ok() == Some(given.hash)).then_some((request, style))
            });
        }
        let (request, style) = found?;
        self.last.insert(kind, style);
        Some(request)
    }
}

/// The request in a spelling, and how many entries it cites. None if the command cannot be rebuilt.
fn respelled(
    given: &Given<'_>,
    style: Style,
    id_of: &mut dyn FnMut(Sequence) -> Option<EventId>,
) -> Option<(Request, u32)> {
    let mut citations = 0;
    let mut cite = |sequence: Sequence| {
        let by_id = style.by_id & (1 << citations.min(31)) != 0;
        citations += 1;
        let id = by_id.then(|| id_of(sequence)).flatten();
        id.map_or(Citation::Sequence(sequence), Citation::Event)
    };
    let command = rebuilt(given.subject, given.events, style.left_out, &mut cite)?;
    // A time that was not stated is the recorded one.
    let stated = style.time_stated || given.time != given.recorded_time;
    let time = stated.then_some(given.time);
    Some((request(given, command, time), citations))
}

/// The requests that could have caused these events, with citations by sequence.
pub(super) fn possible(given: &Given<'_>) -> Vec<Request> {
    let count = given.events.first().map_or(0, |first| spellings(first));
    let command = |left_out| {
        rebuilt(given.subject, given.events, LeftOut(left_out), &mut |sequence| Citation::Sequence(sequence))
    };
    (0..count).filter_map(command).map(|command| request(given, command, Some(given.time))).collect()
}

fn request(given: &Given<'_>, command: Command, time: Option<Timestamp>) -> Request {
    Request {
        id: given.id,
        actor: given.actor.clone(),
        subject: given.subject.clone(),
        time,
        recorded_time: None,
        expected_subject_version: std::collections::BTreeMap::new(),
        command,
    }
}
