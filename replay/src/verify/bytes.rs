//! What the bytes of a log say by themselves: spelling, chain, histories, tree.
//!
//! Each entry has its one spelling, names the hash of the one before it and its place in its subject's history, and is a
//! leaf of the tree, whose root checkpoints state. [`read`] is what one entry says alone, so that either of two
//! threads can do it; [`Chain`] is what follows from their order. Left out: what the entries mean, and whether the rules
//! would have taken them (`verify.rs`).

use ledger_core::assessment::event::SubjectsAttested;
use ledger_core::assessment::{Event, EventKind};
use ledger_core::log::tree::leaf_hashes;
use ledger_core::log::{self, Entry, Followed, Head, Link, Place, Plain, TreeHash};
use ledger_core::values::Hash;

use super::roots::Roots;
use super::{Finding, Held, Verification};

/// The two hashes of an entry's bytes: the one that names it, and that of its leaf.
pub(super) type Hashes = (Hash, TreeHash);

/// Those of each entry, in order. Cost: some 0.6 us for 900 bytes.
pub(super) fn hashes(entries: &[&[u8]]) -> Vec<Hashes> {
    log::hashes(entries).into_iter().zip(leaf_hashes(entries)).collect()
}

/// What is kept of an entry once it was read: where it stands, and the hashes of its bytes.
#[derive(Debug)]
pub(super) struct Read {
    place: Place<Box<str>>,
    /// Its event, of the kinds that are about the log itself.
    event: Option<Box<Event>>,
    hashes: Hashes,
}

/// Reads an entry, whose bytes have these hashes. Cost: some 0.7 us for 900 bytes.
pub(super) fn read(bytes: &[u8], hashes: Hashes) -> Result<Read, String> {
    match Plain::of(bytes) {
        Some(plain) => read_plain(&plain, hashes),
        None => read_plain(&Entry::decode(bytes).map_err(|e| e.to_string())?.borrowed(), hashes),
    }
}

/// As [`read`], of an entry that was read from these bytes.
pub(super) fn read_plain(entry: &Plain<'_>, hashes: Hashes) -> Result<Read, String> {
    let event = match EventKind::of_type(entry.event_type) {
        Some(EventKind::KeyIntroduced | EventKind::SubjectsAttested) => {
            let event = Event::decode(entry.event_type, entry.data).map_err(|e| e.to_string())?;
            Some(Box::new(event))
        }
        _ => None,
    };
    Ok(Read { place: Place::of(entry), event, hashes })
}

/// Everything that follows from the order of entries, up to the last one taken.
#[derive(Debug)]
pub(super) struct Chain<'h> {
    held: &'h Held,
    link: Link,
    roots: Roots<'h>,
    ends: Followed,
    attested: u64,
}

impl<'h> Chain<'h> {
    /// Before the first entry.
    pub fn new(held: &'h Held) -> Self {
        let roots = Roots::new(held);
        Chain { held, link: Link::default(), roots, ends: Followed::default(), attested: 0 }
    }

    /// Takes the next entry, and adds what contradicts it or what is held. Fails if it does not follow: nothing after it
    /// means anything.
    pub fn take(&mut self, read: &Read, findings: &mut Vec<Finding>) -> Result<(), String> {
        let (hash, leaf) = read.hashes;
        let mut found = |what| findings.push(Finding { sequence: Some(read.place.sequence), what });
        if let Some(Event::SubjectsAttested(attested)) = read.event.as_deref() {
            self.attestation(attested).into_iter().for_each(&mut found);
        }
        self.link.accept(&read.place, hash).map_err(|e| e.to_string())?;
        self.roots.push(leaf);
        if let Some(Event::KeyIntroduced(introduced)) = read.event.as_deref() {
            self.roots.introduced(introduced.key.clone());
        }
        let head = self.link.head();
        if self.held.head.is_some_and(|held| held.length == head.length && held.hash != head.hash) {
            let what = "the log ends differently at the expected length: it was rewritten or is another log";
            found(what.to_owned());
        }
        Ok(())
    }

    /// An attestation must say where every history ended before it.
    fn attestation(&mut self, stated: &SubjectsAttested) -> Option<String> {
        self.attested += 1;
        let length = self.link.head().length;
        let ends = self.ends.at(length, self.link.subjects());
        let found = SubjectsAttested { root: ends.root(), size: length.0, subjects: ends.subjects() };
        let said = |it: &SubjectsAttested| {
            format!("{} subjects of {} entries with root {}", it.subjects, it.size, it.root)
        };
        let what = || format!("attested {}; the log gives {}", said(stated), said(&found));
        (*stated != found).then(what)
    }

    /// What is wrong with a log that has ended, of a store that says `end` and a ledger of this origin.
    pub fn at_end(&mut self, end: Head, origin: &str) -> Vec<Finding> {
        let mut findings = self.roots.findings(origin);
        let head = self.link.head();
        let mut found = |what| findings.push(Finding { sequence: None, what });
        if let Some(expected) = self.held.head.filter(|expected| expected.length > head.length) {
            let (length, expected) = (head.length, expected.length);
            found(format!("the log has {length} entries, {expected} were expected: it was rolled back"));
        }
        if head != end {
            found(format!("the entries end in {head}, the store says {end}"));
        }
        findings
    }

    /// The whole of it.
    pub fn verification(mut self, findings: Vec<Finding>) -> Verification {
        let head = self.link.head();
        Verification {
            ok: findings.is_empty(),
            entries: head.length.0,
            head,
            subjects: self.link.subjects().count() as u64,
            recomputed: None,
            attested: self.attested,
            tree: self.roots.found(),
            findings,
        }
    }
}
