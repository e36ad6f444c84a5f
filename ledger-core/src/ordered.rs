//! Maps and sets without an order, kept in a snapshot in the order of their keys: equal state gives equal bytes.
//!
//! For `#[serde(with = "ordered")]`. Written by collecting references, read straight back.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An unordered collection and the ordered one that holds the same.
pub trait Unordered<'a> {
    /// Borrowing it.
    type Borrowed: Serialize;
    /// In the order of its keys.
    fn ordered(&'a self) -> Self::Borrowed;
}

impl<'a, K: Ord + Serialize + 'a, V: Serialize + 'a> Unordered<'a> for HashMap<K, V> {
    type Borrowed = BTreeMap<&'a K, &'a V>;
    fn ordered(&'a self) -> Self::Borrowed {
        self.iter().collect()
    }
}

impl<'a, K: Ord + Serialize + 'a> Unordered<'a> for HashSet<K> {
    type Borrowed = BTreeSet<&'a K>;
    fn ordered(&'a self) -> Self::Borrowed {
        self.iter().collect()
    }
}

/// Writes it in the order of its keys.
pub fn serialize<T, S: Serializer>(unordered: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: for<'a> Unordered<'a>,
{
    unordered.ordered().serialize(serializer)
}

/// Reads it back.
pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::deserialize(deserializer)
}
