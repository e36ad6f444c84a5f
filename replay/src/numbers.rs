//! Numbers in few bytes: seven bits a byte, the lowest first, and a bit that says whether more follow.
//!
//! What the index keeps of an entry is mostly a distance to another one, which is small. Left out: what the numbers
//! mean (`index.rs`, `scores.rs`).

/// Adds a number at the end: one byte below 128, ten at most.
pub(crate) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes the next number; none at the end, or where the bytes are none of [`put`].
pub(crate) fn take(bytes: &mut std::slice::Iter<'_, u8>) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *bytes.next()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_taken() {
        let powers = (0..64).map(|bit| 1_u64 << bit);
        let given: Vec<u64> =
            powers.flat_map(|power| [power - 1, power, power + 1]).chain([u64::MAX]).collect();
        let mut bytes = Vec::new();
        given.iter().for_each(|number| put(&mut bytes, *number));
        let mut left = bytes.iter();
        let taken: Vec<u64> = std::iter::from_fn(|| take(&mut left)).collect();
        assert_eq!(taken, given);
    }

    #[test]
    fn what_does_not_end_is_no_number() {
        for length in 0..20 {
            assert_eq!(take(&mut vec![0xff; length].iter()), None, "{length} bytes");
        }
    }
}
