//! A map of few values: one or two organisations for each of a hundred thousand areas.
//!
//! A sorted list. A tree has room for eleven values in its first node, which are some MiB each for all areas.

use serde::{Deserialize, Serialize};

/// Values by key, in the order of the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Few<K, V>(Vec<(K, V)>);

impl<K: Ord, V> Few<K, V> {
    /// The value with this key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().map(|at| &self.0[at].1)
    }

    /// Whether there is a value with this key.
    pub fn contains_key(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Keys and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// Gives the key this value.
    pub(super) fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (key, value));
            }
        }
    }

    /// Takes the value with this key away.
    pub(super) fn remove(&mut self, key: &K) {
        if let Ok(at) = self.place(key) {
            self.0.remove(at);
        }
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Few<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut few = Few(Vec::new());
        pairs.into_iter().for_each(|(key, value)| few.insert(key, value));
        few
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn answers_as_a_tree_does() {
        let given = [(5, 'a'), (1, 'b'), (3, 'c'), (5, 'd')];
        let (mut few, mut tree): (Few<_, _>, BTreeMap<_, _>) = (given.into_iter().collect(), given.into());
        for key in [9, 5, 0, 1, 3, 3] {
            assert!(few.iter().eq(&tree) && few.keys().eq(tree.keys()));
            assert_eq!((few.get(&key), few.contains_key(&key)), (tree.get(&key), tree.contains_key(&key)));
            few.remove(&key);
            tree.remove(&key);
        }
        assert_eq!(few.keys().count(), 0);
    }
}
