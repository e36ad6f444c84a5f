//! Equal knowledge: ledgers that start from snapshots, from the first entry, or never again answer alike.

use ledger_tests::random::Dice;

use crate::party::{NEVER, Party};
use crate::script::{self, Script, Submission};
use crate::{seed, size};

/// A piece of a script has fewer commands than this; then ledgers are closed and opened again.
const PIECE: u64 = 400;

/// What a comparison did.
#[derive(Debug, Default)]
struct Counts {
    commands: usize,
    recorded: usize,
    openings: usize,
    /// Openings that used a snapshot.
    spared: usize,
    /// Entries that were replayed after a snapshot.
    replayed_after: u64,
}

#[test]
fn a_workload_is_answered_alike_however_the_ledger_was_opened() {
    let commands = size("LEDGER_SNAPSHOT_COMMANDS", 2_500, 800);
    let seed = seed();
    let counts = compare(&script::workload(seed, commands), &mut Dice(seed), PIECE);
    println!("seed {seed}: {counts:?}");
    assert!(counts.spared * 2 > counts.openings, "most openings find a snapshot: {counts:?}");
    assert!(counts.replayed_after > 0, "no opening had entries to replay after its snapshot: {counts:?}");
}

#[test]
fn random_histories_are_answered_alike_however_the_ledger_was_opened() {
    let histories = size("LEDGER_SNAPSHOT_HISTORIES", 10, 3);
    for seed in (seed()..).take(histories) {
        let counts = compare(&script::history(seed, 160), &mut Dice(seed), PIECE / 8);
        println!("seed {seed}: {counts:?}");
        assert!(counts.recorded < counts.commands, "a history without a rejection: {counts:?}");
    }
}

/// Gives the script to three ledgers and holds their answers and their logs against each other.
fn compare(script: &Script, dice: &mut Dice, piece: u64) -> Counts {
    let scratch = tempfile::tempdir().expect("a directory");
    let begin = |name, at_once| Party::begin(&scratch.path().join(name), script, at_once, NEVER);
    let never = begin("never closed", 64);
    let (mut snapped, mut plain) = (begin("snapshots", 8), begin("no snapshots", 17));
    let mut counts = Counts::default();
    let mut rest = &script.submissions[..];
    while !rest.is_empty() {
        // Sometimes fewer entries are new than a snapshot is taken after, so that some are replayed.
        let after = dice.below(piece);
        snapped = snapped.reopened(after);
        plain = plain.reopened_without_snapshots(NEVER);
        counts.opened(&snapped);
        let (piece, later) = rest.split_at(rest.len().min(1 + dice.below(piece) as usize));
        answered_alike(&never, &[&snapped, &plain], piece, script, counts.commands);
        counts.commands += piece.len();
        rest = later;
    }
    counts.recorded = never.head().length.0 as usize;
    counts.recorded -= script.begins_at().length.0 as usize;
    (snapped, plain) = (snapped.reopened(NEVER), plain.reopened_without_snapshots(NEVER));
    let parties = [&snapped, &plain];
    repeated_alike(&never, &parties, &script.submissions);
    for party in parties {
        assert_eq!(party.head(), never.head(), "another log");
        assert!(party.log() == never.log(), "entries differ under the same head");
    }
    counts
}

impl Counts {
    fn opened(&mut self, party: &Party) {
        self.openings += 1;
        if party.spared > 0 {
            self.spared += 1;
            self.replayed_after += party.head().length.0 - party.spared;
        }
    }
}

/// The next commands of the script, the first of which has the number `first`.
fn answered_alike(never: &Party, others: &[&Party], piece: &[Submission], script: &Script, first: usize) {
    let expected = never.give(piece);
    if let Some(outcomes) = &script.outcomes {
        equal(&expected, &outcomes[first..first + piece.len()], "the ledger in memory", first);
    }
    for party in others {
        equal(&party.give(piece), &expected, &format!("a start after {} entries", party.spared), first);
    }
}

fn equal(found: &[String], expected: &[String], who: &str, first: usize) {
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found, expected, "command {}: {who} answers otherwise", first + at);
    }
}

/// Old ids with the same content, and old ids with other content.
fn repeated_alike(never: &Party, others: &[&Party], submissions: &[Submission]) {
    let again: Vec<Submission> = submissions.iter().step_by(3).cloned().collect();
    let mut mixed = again.clone();
    for (submission, next) in mixed.iter_mut().zip(again.iter().skip(1)) {
        submission.request.id = next.request.id;
    }
    let before = never.head();
    let expected = never.give(&again);
    others.iter().for_each(|party| equal(&party.give(&again), &expected, "a repetition", 0));
    assert_eq!(never.head(), before, "a repetition was recorded");
    let expected = never.give(&mixed);
    others.iter().for_each(|party| equal(&party.give(&mixed), &expected, "an id with other content", 0));
}
