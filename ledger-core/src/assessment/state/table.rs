//! A table of names: each value once, and a number that stands for it where there are millions.

use std::hash::Hash;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// Values by number, in the order in which they were first seen. Values are not forgotten: it is for what is bounded
/// by the frameworks and areas on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    from = "Vec<T>",
    into = "Vec<T>",
    bound(
        serialize = "T: Serialize + Hash + Eq + Clone",
        deserialize = "T: Deserialize<'de> + Hash + Eq + Clone"
    )
)]
pub(super) struct Table<T: Hash + Eq + Clone> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Hash + Eq + Clone> Default for Table<T> {
    fn default() -> Self {
        Table { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Hash + Eq + Clone> Table<T> {
    /// The number of a value, which is given one if it has none.
    pub(super) fn number(&mut self, value: &T) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        // Each value is some bytes in memory: 2^32 of them do not fit.
        let number = self.values.len() as u32;
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }

    /// The number of a value that has one.
    pub(super) fn find(&self, value: &T) -> Option<u32> {
        self.numbers.get(value).copied()
    }

    /// The value with this number.
    pub(super) fn value(&self, number: u32) -> Option<&T> {
        self.values.get(number as usize)
    }
}

impl<T: Hash + Eq + Clone> From<Vec<T>> for Table<T> {
    fn from(values: Vec<T>) -> Self {
        let numbers = values.iter().cloned().zip(0..).collect();
        Table { values, numbers }
    }
}

impl<T: Hash + Eq + Clone> From<Table<T>> for Vec<T> {
    fn from(table: Table<T>) -> Self {
        table.values
    }
}
