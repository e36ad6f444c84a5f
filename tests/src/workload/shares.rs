//! The proportions of a workload: which class of entry comes next so that the shares hold at every length.

/// What an entry is, as the proportions count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `evidence.submitted`.
    Evidence,
    /// `score.assigned` and `score.changed`.
    Score,
    /// `indicator.observed`.
    Figure,
    /// Everything else.
    Rest,
}

impl Class {
    /// Every class with its share of a hundred entries.
    pub const SHARES: [(Class, u64); 4] =
        [(Class::Evidence, 50), (Class::Score, 25), (Class::Figure, 15), (Class::Rest, 10)];
}

/// How many entries of each class there were.
#[derive(Debug, Default)]
pub(super) struct Shares {
    given: [u64; 4],
}

impl Shares {
    pub(super) fn note(&mut self, class: Class) {
        self.given[class as usize] += 1;
    }

    pub(super) fn given(&self) -> [(Class, u64); 4] {
        Class::SHARES.map(|(class, _)| (class, self.given[class as usize]))
    }

    /// The classes, the one furthest below its share first.
    pub(super) fn most_behind(&self) -> [Class; 4] {
        let all: u64 = self.given.iter().sum();
        let mut order = Class::SHARES;
        // Entries too many, times a hundred: compared without rounding.
        order.sort_by_key(|(class, share)| {
            (100 * self.given[*class as usize]).cast_signed() - (share * all).cast_signed()
        });
        order.map(|(class, _)| class)
    }
}
