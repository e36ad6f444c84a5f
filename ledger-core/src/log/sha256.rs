//! SHA-256 by the block, for what the tree hashes in its millions.
//!
//! A block waits for the one before, so a processor has time for another message's meanwhile: [`leaves`] and [`nodes`]
//! hash several at once, block by block. A node's length is known beforehand, so it is padded in place. All are tested
//! against the crate's own digest. Left out: what the hashes stand for (`tree.rs`, which calls these).

use sha2::block_api::compress256;

use super::tree::TreeHash;

const BLOCK: usize = 64;
/// Messages hashed at once: with more of them a processor has nothing left to wait for.
const AT_ONCE: usize = 4;
/// What every message begins with (FIPS 180-4, section 5.3.3).
const START: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// A node's two blocks without its hashes: a byte 1 before them, and after them what section 5.1.1 puts after 65 bytes.
const NODE: [u8; 2 * BLOCK] = {
    let mut blocks = [0; 2 * BLOCK];
    (blocks[0], blocks[65]) = (1, 0x80);
    [blocks[126], blocks[127]] = (65_u16 * 8).to_be_bytes();
    blocks
};

/// The hash of a byte 1 and both hashes.
pub(super) fn node(pair: &[TreeHash; 2]) -> TreeHash {
    let mut state = START;
    compress256(&mut state, node_blocks(pair).as_chunks().0);
    spelled(state)
}

/// As [`node`] of each pair, in their order.
pub(super) fn nodes(pairs: &[[TreeHash; 2]]) -> Vec<TreeHash> {
    let mut hashes = Vec::with_capacity(pairs.len());
    let (some, rest) = pairs.as_chunks::<AT_ONCE>();
    for pairs in some {
        let (mut states, blocks) = ([START; AT_ONCE], pairs.each_ref().map(node_blocks));
        for block in 0..2 {
            for (state, blocks) in states.iter_mut().zip(&blocks) {
                compress256(state, &blocks.as_chunks().0[block..=block]);
            }
        }
        hashes.extend(states.map(spelled));
    }
    hashes.extend(rest.iter().map(node));
    hashes
}

fn node_blocks([left, right]: &[TreeHash; 2]) -> [u8; 2 * BLOCK] {
    let mut blocks = NODE;
    blocks[1..33].copy_from_slice(left.as_bytes());
    blocks[33..65].copy_from_slice(right.as_bytes());
    blocks
}

/// The hash of a zero byte and the entry, of each that has a first block; `other` gives that of a shorter one.
pub(super) fn leaves(entries: &[&[u8]], other: impl Fn(&[u8]) -> TreeHash) -> Vec<TreeHash> {
    let mut hashes = Vec::with_capacity(entries.len());
    for some in entries.chunks(AT_ONCE) {
        let mut leaves: Vec<Leaf<'_>> = some.iter().filter_map(|entry| Leaf::of(entry)).collect();
        if leaves.len() == some.len() {
            hash(&mut leaves);
            hashes.extend(leaves.iter().map(|leaf| spelled(leaf.state)));
        } else {
            hashes.extend(some.iter().map(|entry| other(entry)));
        }
    }
    hashes
}

/// A leaf's message, as far as it is hashed.
struct Leaf<'e> {
    state: [u32; 8],
    middle: &'e [[u8; BLOCK]],
    last: [u8; 2 * BLOCK],
    /// Bytes of `last` that are taken: a block or two.
    padded: usize,
}

impl<'e> Leaf<'e> {
    /// The entry after its first block; none if it is shorter.
    fn of(entry: &'e [u8]) -> Option<Self> {
        let (begin, rest) = entry.split_first_chunk::<{ BLOCK - 1 }>()?;
        let mut first = [0; BLOCK];
        first[1..].copy_from_slice(begin);
        let (middle, rest) = rest.as_chunks();
        let mut last = [0; 2 * BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        last[rest.len()] = 0x80;
        let padded = if rest.len() + 9 <= BLOCK { BLOCK } else { 2 * BLOCK };
        let bits = (entry.len() as u64 + 1) * 8;
        last[padded - 8..padded].copy_from_slice(&bits.to_be_bytes());
        let mut state = START;
        compress256(&mut state, &[first]);
        Some(Leaf { state, middle, last, padded })
    }
}

/// Takes a block of each in turn, to their ends.
fn hash(leaves: &mut [Leaf<'_>]) {
    let most = leaves.iter().map(|leaf| leaf.middle.len()).max().unwrap_or(0);
    for at in 0..most {
        for leaf in leaves.iter_mut() {
            compress256(&mut leaf.state, leaf.middle.get(at..=at).unwrap_or_default());
        }
    }
    for leaf in leaves {
        compress256(&mut leaf.state, leaf.last[..leaf.padded].as_chunks().0);
    }
}

fn spelled(state: [u32; 8]) -> TreeHash {
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    TreeHash::from_bytes(hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    fn message(length: usize, salt: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 + salt * 31 + length) as u8).collect()
    }

    fn whole(parts: &[&[u8]]) -> TreeHash {
        TreeHash::from_bytes(Sha256::digest(parts.concat()).into())
    }

    fn agree(messages: &[Vec<u8>]) {
        let entries: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let theirs: Vec<_> = entries.iter().map(|entry| whole(&[&[0], entry])).collect();
        assert_eq!(leaves(&entries, |entry| whole(&[&[0], entry])), theirs);
    }

    /// Every end of a block, alone, beside equal ones and beside others.
    #[test]
    fn every_length_is_hashed_as_the_crate_hashes_it() {
        for length in 0..=5 * BLOCK + 1 {
            agree(&[message(length, 0)]);
            agree(&(0..2 * AT_ONCE + 1).map(|salt| message(length, salt)).collect::<Vec<_>>());
        }
        agree(&(0..=20 * BLOCK).map(|length| message(length, 1)).collect::<Vec<_>>());
        agree(&(0..=20 * BLOCK).map(|at| message(at * 389 % 1_300, 1)).collect::<Vec<_>>());
    }

    #[test]
    fn nodes_are_hashed_as_the_crate_hashes_them() {
        let hash = |salt| whole(&[&message(32, salt)]);
        let pairs: Vec<_> = (0..4 * AT_ONCE).map(|salt| [hash(salt), hash(salt + 1)]).collect();
        let theirs = pairs.iter().map(|[left, right]| whole(&[&[1], left.as_bytes(), right.as_bytes()]));
        let theirs: Vec<_> = theirs.collect();
        for count in 0..=pairs.len() {
            assert_eq!(nodes(&pairs[..count]), theirs[..count], "{count}");
        }
        assert_eq!(node(&pairs[0]), theirs[0]);
    }
}
