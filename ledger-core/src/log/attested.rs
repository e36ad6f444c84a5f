//! Where every subject's history ends, as the root of one tree: what `subjects.attested` states.
//!
//! `subjectversion` and `subjectprev` show that a history has no hole, not that its last entry is the last. So each
//! subject's last entry is a leaf of an RFC 6962 tree, sorted by subject: a proof from it shows that nothing followed,
//! for whoever trusts that the root is true. Whether it is takes the whole log ([`Followed`]). Left out: when it is
//! attested (`assessment/decide`).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write;

use super::canonical;
use super::chain::Link;
use super::tree::{Levels, TreeHash, inclusion_proof, leaf_hashes};
use crate::values::{Length, Sequence, SubjectVersion};

/// A subject with the version and position of its last entry.
pub type Ending<'s> = (&'s str, SubjectVersion, Sequence);

/// Leaves that are spelled before they are hashed.
const SPELLED_TOGETHER: usize = 64;

/// The tree over the last entry of every subject. Memory: the name and a hash for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attested {
    /// By subject, ascending as bytes.
    leaves: Vec<(Box<str>, TreeHash)>,
}

impl Attested {
    /// The tree over these endings, given in any order and each subject once. Cost: 0.5 us for each, and sorting them.
    pub fn of<'s>(endings: impl IntoIterator<Item = Ending<'s>>) -> Self {
        let mut attested = Attested::default();
        attested.set(endings);
        attested
    }

    /// The bytes of a leaf: an object in canonical form. Cost: 0.1 us.
    pub fn leaf_bytes((subject, version, sequence): Ending<'_>) -> Vec<u8> {
        let mut leaf = Vec::with_capacity(subject.len() + 72);
        // Writing to memory does not fail.
        let _ = write!(leaf, "{{\"sequence\":\"{sequence}\",\"subject\":");
        canonical::write_string(subject, &mut leaf);
        let _ = write!(leaf, ",\"version\":{version}}}");
        leaf
    }

    /// The hash of each leaf, in their order. Cost: 0.3 us for each.
    pub fn leaf_hashes(endings: &[Ending<'_>]) -> Vec<TreeHash> {
        let hashes = |some: &[Ending<'_>]| {
            let leaves: Vec<Vec<u8>> = some.iter().map(|ending| Self::leaf_bytes(*ending)).collect();
            leaf_hashes(&leaves.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        endings.chunks(SPELLED_TOGETHER).flat_map(hashes).collect()
    }

    /// Number of subjects.
    pub fn subjects(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The root. Cost: a hash for each subject, 0.07 us; memory: twice the hashes.
    pub fn root(&self) -> TreeHash {
        Levels::of(self.hashes().collect()).root()
    }

    /// The place of a subject's leaf, and the path from it to the root. None if it has no history. Cost: a hash for each
    /// subject.
    pub fn proof(&self, subject: &str) -> Option<(u64, Vec<TreeHash>)> {
        let index = self.find(subject).ok()? as u64;
        let mut levels = Levels::of(self.hashes().collect());
        let path: Result<_, Infallible> =
            inclusion_proof(&mut levels, Sequence::new(index), Length(self.subjects()));
        path.ok().map(|path| (index, path))
    }

    fn hashes(&self) -> impl Iterator<Item = TreeHash> {
        self.leaves.iter().map(|(_, leaf)| *leaf)
    }

    fn find(&self, subject: &str) -> Result<usize, usize> {
        self.leaves.binary_search_by(|(known, _)| (**known).cmp(subject))
    }

    /// Takes endings that are new or have moved. Cost: 0.5 us for each, and a step for each that is known.
    fn set<'s>(&mut self, moved: impl IntoIterator<Item = Ending<'s>>) {
        let mut moved: Vec<Ending<'s>> = moved.into_iter().collect();
        moved.sort_unstable_by_key(|(subject, ..)| *subject);
        let leaves = Self::leaf_hashes(&moved);
        let (mut new, mut at) = (Vec::new(), 0);
        for (ending, leaf) in moved.into_iter().zip(leaves) {
            // Both are in one order, so what was passed is not looked at again.
            at += self.leaves[at..].iter().take_while(|(known, _)| **known < *ending.0).count();
            match self.leaves.get_mut(at) {
                Some((known, last)) if **known == *ending.0 => *last = leaf,
                _ => new.push((Box::from(ending.0), leaf)),
            }
        }
        if !new.is_empty() {
            self.leaves.append(&mut new);
            self.leaves.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
    }
}

/// The [`Attested`] of a log that grows: leaves of subjects that did not move are taken over.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    attested: Attested,
    covered: Length,
    /// What it was given ahead of the log: it need not have come.
    ahead: Vec<(Box<str>, Sequence)>,
}

impl Followed {
    /// The tree over every ending of a log of `length` entries, which goes on from the one given last. Cost: a look at
    /// each subject, and a hash for each that moved.
    pub fn at<'s>(&mut self, length: Length, endings: impl Iterator<Item = Ending<'s>>) -> &Attested {
        if length < self.covered {
            *self = Followed::default();
        }
        let covered = self.covered;
        self.attested.set(endings.filter(|(.., last)| !covered.contains(*last)));
        self.covered = length;
        &self.attested
    }

    /// As [`Followed::at`], once entries of these subjects stand after those of `link`, in this order. That they do not
    /// come after all is noticed the next time.
    pub fn after<'s>(&mut self, link: &Link, next: impl Iterator<Item = &'s str>) -> &Attested {
        let came =
            |(subject, at): &(Box<str>, Sequence)| link.subject(subject).is_some_and(|(_, last)| last >= *at);
        if !self.ahead.iter().all(came) {
            *self = Followed::default();
        }
        self.ahead.clear();
        let length = link.head().length;
        self.at(length, link.subjects());
        let mut moved = BTreeMap::new();
        for (index, subject) in next.enumerate() {
            let last = moved.get(subject).copied().or_else(|| link.subject(subject));
            let before = last.map_or(SubjectVersion::default(), |(version, _)| version);
            // A full history takes no entry, and then none of these comes.
            let version = before.next().unwrap_or(before);
            moved.insert(subject, (version, Sequence::new(length.0 + index as u64)));
        }
        self.ahead = moved.iter().map(|(subject, (_, at))| (Box::from(*subject), *at)).collect();
        self.attested.set(moved.into_iter().map(|(subject, (version, at))| (subject, version, at)));
        &self.attested
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{leaf_hash, node_hash, verify_inclusion};
    use super::*;
    use crate::values::Timestamp;

    fn version(number: u32) -> SubjectVersion {
        SubjectVersion::new(number).expect("small")
    }

    /// RFC 6962, section 2.1, as it is written there.
    fn tree_hash(leaves: &[Vec<u8>]) -> TreeHash {
        match leaves {
            [] => TreeHash::empty_root(),
            [leaf] => leaf_hash(leaf),
            _ => {
                let mut split = 1;
                while split * 2 < leaves.len() {
                    split *= 2;
                }
                node_hash(&tree_hash(&leaves[..split]), &tree_hash(&leaves[split..]))
            }
        }
    }

    /// The leaves, sorted and spelled by hand.
    fn by_hand(endings: &[(String, u32, u64)]) -> Vec<Vec<u8>> {
        let mut sorted: Vec<_> = endings.iter().collect();
        sorted.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
        let leaf = |(subject, version, sequence): &(String, u32, u64)| {
            format!(r#"{{"sequence":"{sequence:016}","subject":"{subject}","version":{version}}}"#)
        };
        sorted.into_iter().map(|ending| leaf(ending).into_bytes()).collect()
    }

    fn given(endings: &[(String, u32, u64)]) -> Attested {
        Attested::of(endings.iter().map(|(subject, number, sequence)| {
            (subject.as_str(), version(*number), Sequence::new(*sequence))
        }))
    }

    /// `count` subjects whose order as bytes is not that of their numbers.
    fn endings(count: usize) -> Vec<(String, u32, u64)> {
        let subject = |n: usize| format!("{}/E{}", ["ics", "actor", "provider"][n % 3], n * 7919 % 1000);
        (0..count).map(|n| (subject(n), n as u32 + 1, n as u64 * 3)).collect()
    }

    #[test]
    fn the_root_is_that_of_the_definition_for_every_small_number_of_subjects() {
        for count in 0..=130 {
            let endings = endings(count);
            let attested = given(&endings);
            let leaves = by_hand(&endings);
            assert_eq!(attested.root(), tree_hash(&leaves), "{count} subjects");
            assert_eq!(attested.subjects(), count as u64);
            for (subject, number, sequence) in &endings {
                let (index, path) = attested.proof(subject).expect("it has a history");
                let ending = (subject.as_str(), version(*number), Sequence::new(*sequence));
                let leaf = Attested::leaf_bytes(ending);
                assert_eq!(leaf, leaves[index as usize], "{subject} of {count}");
                let size = Length(attested.subjects());
                let verified =
                    verify_inclusion(leaf_hash(&leaf), Sequence::new(index), size, &path, attested.root());
                assert_eq!(verified, Ok(()), "{subject} of {count}");
            }
            assert_eq!(attested.proof("national"), None);
        }
    }

    #[test]
    fn any_other_ending_has_another_root() {
        let honest = endings(9);
        let root = given(&honest).root();
        for at in 0..honest.len() {
            let mut changed = [honest.clone(), honest.clone(), honest.clone(), honest.clone()];
            changed[0][at].0.push('x');
            changed[1][at].1 += 1;
            changed[2][at].2 += 1;
            changed[3].remove(at);
            for lie in changed {
                assert_ne!(given(&lie).root(), root, "{lie:?}");
            }
        }
    }

    #[test]
    fn subjects_are_spelled_as_canonical_text() {
        let leaf = Attested::leaf_bytes(("a\"\u{1}\u{e9}", version(1), Sequence::new(2)));
        let expected = "{\"sequence\":\"0000000000000002\",\"subject\":\"a\\\"\\u0001\u{e9}\",\"version\":1}";
        assert_eq!(String::from_utf8(leaf).as_deref(), Ok(expected));
    }

    /// A chain that takes one entry after another.
    struct Growing(Link);

    impl Growing {
        fn add(&mut self, subject: &str) {
            let place = self.0.next(subject, Timestamp::EPOCH, Timestamp::EPOCH).expect("not full");
            let hash = crate::values::Hash::of(&place.sequence.get().to_be_bytes());
            self.0.accept(&place, hash).expect("it follows");
        }

        fn afresh(&self) -> Attested {
            Attested::of(self.0.subjects())
        }
    }

    #[test]
    fn a_log_followed_gives_what_it_gives_afresh() {
        let subject = |n: u64| format!("ics/E{}", n * n * 31 % 23);
        let mut growing = Growing(Link::default());
        let (mut at_ends, mut ahead) = (Followed::default(), Followed::default());
        for n in 0..200 {
            growing.add(&subject(n));
            if n % 3 == 0 {
                let link = &growing.0;
                assert_eq!(*at_ends.at(link.head().length, link.subjects()), growing.afresh(), "after {n}");
            }
            if n % 15 == 0 {
                // What was to come next and does not: one history longer, one that never begins.
                let next = [subject(n), format!("theme/{n}")];
                ahead.after(&growing.0, next.iter().map(String::as_str));
            } else if n % 5 == 0 {
                let next = [subject(n + 1), subject(n + 2), subject(n + 1)];
                let root = ahead.after(&growing.0, next.iter().map(String::as_str)).root();
                next.iter().for_each(|subject| growing.add(subject));
                assert_eq!(root, growing.afresh().root(), "after {n}");
            }
        }
        assert_eq!(*ahead.after(&growing.0, [].into_iter()), growing.afresh());
        // Another, shorter log.
        let mut other = Growing(Link::default());
        other.add("national");
        assert_eq!(*at_ends.at(other.0.head().length, other.0.subjects()), other.afresh());
    }
}
