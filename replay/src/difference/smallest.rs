//! The smallest sets that explain something: a search over sets of increasing size, pure and exact up to its
//! bound.
//!
//! Knows numbers only: there are `count` candidates, and `explains` says of a set whether it does. Sets of
//! one size are tried in order of their numbers. Left out: what the candidates are (`difference/mod.rs`).

/// Sets tried at most: all pairs among 90 candidates. Each is a fold over the subject's entries.
pub const SETS_TRIED: u32 = 4_096;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The smallest sets in the order they were found; one that is only irreducible where `proven` says no.
    pub sets: Vec<Vec<usize>>,
    /// Whether no smaller set explains it.
    pub proven: bool,
    /// Whether every set of that size was tried.
    pub all_tried: bool,
    /// No set of fewer candidates explains it.
    pub at_least: usize,
}

/// The smallest sets among `count` candidates that explain it, none if not even all of them do. Where the
/// bound is reached first, a set that explains it and no part of which, one candidate less, does.
pub(super) fn smallest(count: usize, mut explains: impl FnMut(&[usize]) -> bool) -> Option<Found> {
    let whole: Vec<usize> = (0..count).collect();
    if !explains(&whole) {
        return None;
    }
    let mut left = SETS_TRIED;
    for size in 0..=count {
        let mut found = Found { sets: Vec::new(), proven: true, all_tried: true, at_least: size };
        let mut set: Vec<usize> = (0..size).collect();
        loop {
            if left == 0 {
                found.all_tried = false;
                break;
            }
            left -= 1;
            if explains(&set) {
                found.sets.push(set.clone());
            }
            if !advance(&mut set, count) {
                break;
            }
        }
        if !found.sets.is_empty() {
            return Some(found);
        }
        if !found.all_tried {
            let set = irreducible(whole, explains);
            return Some(Found { sets: vec![set], proven: false, ..found });
        }
    }
    // The whole was tried last, and does.
    None
}

/// The next set of the same size, in order; says whether there is one.
fn advance(set: &mut [usize], count: usize) -> bool {
    let size = set.len();
    let movable = (0..size).rev().find(|at| set[*at] < count - size + at);
    let Some(at) = movable else { return false };
    set[at] += 1;
    for later in at + 1..size {
        set[later] = set[later - 1] + 1;
    }
    true
}

/// What is left of a set that explains it after dropping whatever it can do without, the first first.
fn irreducible(whole: Vec<usize>, mut explains: impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut set = whole.clone();
    for candidate in whole {
        let less: Vec<usize> = set.iter().copied().filter(|other| *other != candidate).collect();
        if explains(&less) {
            set = less;
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_of_a_size_is_tried_once() {
        for (count, size, sets) in [(5, 1, 5), (5, 2, 10), (5, 3, 10), (5, 5, 1), (7, 4, 35)] {
            let mut set: Vec<usize> = (0..size).collect();
            let mut seen = std::collections::BTreeSet::from([set.clone()]);
            while advance(&mut set, count) {
                assert!(set.is_sorted() && seen.insert(set.clone()), "{set:?}");
            }
            assert_eq!(seen.len(), sets, "{size} of {count}");
        }
    }

    #[test]
    fn all_sets_of_the_smallest_size_are_found() {
        let holds = |set: &[usize], needed: &[usize]| needed.iter().all(|one| set.contains(one));
        let found = smallest(6, |set| holds(set, &[1, 4]) || holds(set, &[2, 3]) || holds(set, &[0, 1, 2]));
        let found = found.expect("a set");
        assert_eq!(found.sets, [vec![1, 4], vec![2, 3]]);
        assert!(found.proven && found.all_tried && found.at_least == 2);
        assert_eq!(smallest(4, |_| false), None);
        assert_eq!(smallest(0, |set| !set.is_empty()), None);
        assert_eq!(smallest(3, |_| true).map(|found| found.sets), Some(vec![vec![]]));
    }

    #[test]
    fn at_the_bound_the_set_is_irreducible_and_said_to_be_no_more() {
        let found = smallest(60, |set| (20..30).all(|one| set.contains(&one))).expect("a set");
        assert_eq!(found.sets, [(20..30).collect::<Vec<_>>()]);
        // None, 60 of one and 1,770 of two were tried; of three not all.
        assert!(!found.proven && !found.all_tried && found.at_least == 3);
    }
}
