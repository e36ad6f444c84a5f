//! Lists of plain data in few bytes, where there are a hundred thousand lists or millions of items.
//!
//! Items lie one after the other as postcard spells them: a small number takes one byte. So they are read in order, some
//! 10 ns each. Left out: what the items are (`held.rs`, `figures.rs`).

use std::marker::PhantomData;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most bytes of an item: six numbers of 64 bits.
const ITEM_BYTES: usize = 64;

/// The items of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packed<T> {
    bytes: Vec<u8>,
    of: PhantomData<T>,
}

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Packed { bytes: Vec::new(), of: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> Packed<T> {
    /// The items in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = T> {
        self.places().map(|(_, item)| item)
    }

    /// The items in order, each with its place.
    pub(super) fn places(&self) -> impl Iterator<Item = (Range<usize>, T)> {
        let mut at = 0;
        std::iter::from_fn(move || {
            // Only this module packs, so what is left has a form until it ends.
            let (item, rest) = postcard::take_from_bytes(&self.bytes[at..]).ok()?;
            let end = self.bytes.len() - rest.len();
            Some((std::mem::replace(&mut at, end)..end, item))
        })
    }

    /// Adds an item at the end.
    pub(super) fn push(&mut self, item: &T) {
        self.put(self.bytes.len()..self.bytes.len(), item);
    }

    /// Puts an item in the place of another, or before it where the place is empty.
    pub(super) fn put(&mut self, place: Range<usize>, item: &T) {
        let mut room = [0; ITEM_BYTES];
        // Plain numbers have a form, and there is room for it.
        let Ok(packed) = postcard::to_slice(item, &mut room) else { return };
        if self.bytes.capacity() < self.bytes.len() + packed.len() {
            // Lists are many and grow slowly.
            self.bytes.reserve_exact(self.bytes.len() / 8 + ITEM_BYTES / 2);
        }
        self.bytes.splice(place, packed.iter().copied());
    }

    /// Drops the items that are not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        let dropped: Vec<Range<usize>> =
            self.places().filter(|(_, item)| !keep(item)).map(|(place, _)| place).collect();
        for place in dropped.into_iter().rev() {
            self.bytes.drain(place);
        }
    }
}

impl<T: Serialize + DeserializeOwned> FromIterator<T> for Packed<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut packed = Packed::default();
        items.into_iter().for_each(|item| packed.push(&item));
        packed
    }
}

impl<T> Serialize for Packed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.bytes)
    }
}

impl<'de, T> Deserialize<'de> for Packed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = <&[u8]>::deserialize(deserializer)?;
        Ok(Packed { bytes: bytes.to_vec(), of: PhantomData })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Item = (u32, i64, u64);

    fn items(packed: &Packed<Item>) -> Vec<Item> {
        packed.iter().collect()
    }

    /// Every change at every place of a list of items of many sizes, beside the same change to a plain list.
    #[test]
    fn a_list_is_changed_as_a_plain_one_is() {
        let plain: Vec<Item> = (0..12).map(|n| (1 << n, -(1 << (5 * n)), u64::MAX >> (5 * n))).collect();
        let packed: Packed<Item> = plain.iter().copied().collect();
        assert_eq!(items(&packed), plain);
        let places: Vec<Range<usize>> = packed.places().map(|(place, _)| place).collect();
        for (at, place) in places.into_iter().enumerate() {
            let (mut changed, mut expected) = (packed.clone(), plain.clone());
            changed.put(place.clone(), &(7, 7, 7));
            expected[at] = (7, 7, 7);
            assert_eq!(items(&changed), expected, "in the place of {at}");
            changed.put(place.start..place.start, &(8, 8, 8));
            expected.insert(at, (8, 8, 8));
            assert_eq!(items(&changed), expected, "before {at}");
            changed.retain(|item| *item != plain[0] && *item != (7, 7, 7));
            expected.retain(|item| *item != plain[0] && *item != (7, 7, 7));
            assert_eq!(items(&changed), expected, "dropped");
        }
    }

    #[test]
    fn a_list_is_kept_as_its_bytes() {
        let packed: Packed<Item> = [(1, -1, 1 << 40), (0, 0, 0)].into_iter().collect();
        let kept = postcard::to_stdvec(&packed).expect("a form");
        assert_eq!(kept.len(), 1 + 1 + 1 + 6 + 3);
        assert_eq!(postcard::from_bytes::<Packed<Item>>(&kept), Ok(packed));
    }

    #[test]
    fn the_largest_item_has_room() {
        let largest = (u64::MAX, u64::MAX, i64::MIN, i64::MIN, u64::MAX, u64::MAX);
        let packed: Packed<_> = [largest].into_iter().collect();
        assert_eq!(packed.iter().collect::<Vec<_>>(), [largest]);
    }
}
