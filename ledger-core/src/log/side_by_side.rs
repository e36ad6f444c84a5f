//! BLAKE3 of many entries side by side.
//!
//! The hash of one entry takes each block after the one before; a processor takes up to sixteen such chains at once,
//! but only of messages with equally many blocks. [`hashes`] sorts entries so, for whoever reads the whole log. It
//! calls the parts that the crate `blake3` shows for benchmarks, hence the exact version in Cargo.toml; every length
//! is tested against the crate's own hash. Left out: longer entries than a chunk, which are hashed one by one.

use blake3::IncrementCounter;
use blake3::platform::Platform;

use crate::values::Hash;

/// Bytes of a block.
const BLOCK: usize = 64;
/// Bytes of a chunk: longer messages are trees of chunks.
const CHUNK: usize = 1024;
/// What every chain begins with: section 2.2 of the BLAKE3 paper, as are the flags.
const IV: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const CHUNK_START: u8 = 1;
const CHUNK_END: u8 = 2;
const ROOT: u8 = 8;

/// The hash of each of `entries`, in their order. Cost: of a page of 50 entries of 900 bytes some 0.4 us each.
pub fn hashes<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Vec<Hash> {
    let platform = Platform::detect();
    let mut hashes = Vec::new();
    let mut by_blocks: [Vec<(usize, &[u8])>; CHUNK / BLOCK] = Default::default();
    for (at, entry) in entries.into_iter().enumerate() {
        // The last block ends the chain, full or not.
        let before_last = entry.len().saturating_sub(1) / BLOCK;
        match by_blocks.get_mut(before_last) {
            Some(group) if before_last > 0 => {
                group.push((at, entry));
                hashes.push(Hash::ZERO);
            }
            _ => hashes.push(Hash::of(entry)),
        }
    }
    for (blocks, group) in by_blocks.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
        let chained = chained(platform, blocks, group);
        for ((at, entry), chained) in group.iter().zip(chained.as_chunks().0) {
            hashes[*at] = ended(platform, chained, &entry[blocks * BLOCK..]);
        }
    }
    hashes
}

/// The chains after the first `blocks` blocks of each entry, 32 bytes for each.
fn chained(platform: Platform, blocks: usize, group: &[(usize, &[u8])]) -> Vec<u8> {
    let mut out = vec![0; group.len() * 32];
    macro_rules! of_blocks {
        ($($count:literal)*) => {
            match blocks {
                $($count => many::<{ $count * BLOCK }>(platform, group, &mut out),)*
                // A chunk has sixteen, and the last one is not among these.
                _ => {}
            }
        };
    }
    of_blocks!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    out
}

fn many<const N: usize>(platform: Platform, group: &[(usize, &[u8])], out: &mut [u8]) {
    let inputs: Vec<&[u8; N]> = group.iter().filter_map(|(_, entry)| entry.first_chunk()).collect();
    platform.hash_many(&inputs, &IV, 0, IncrementCounter::No, 0, CHUNK_START, 0, out);
}

/// The hash, from the chain and the last block.
fn ended(platform: Platform, chained: &[u8; 32], last: &[u8]) -> Hash {
    let (words, _) = chained.as_chunks::<4>();
    let mut chain: [u32; 8] = std::array::from_fn(|at| u32::from_le_bytes(words[at]));
    let mut block = [0; BLOCK];
    block[..last.len()].copy_from_slice(last);
    platform.compress_in_place(&mut chain, &block, last.len() as u8, 0, CHUNK_END | ROOT);
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(chain) {
        *bytes = word.to_le_bytes();
    }
    Hash::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize, salt: usize) -> Vec<u8> {
        (0..length).map(|at| (at * 7 + salt * 31 + length) as u8).collect()
    }

    fn agree(messages: &[Vec<u8>]) {
        let ours = hashes(messages.iter().map(Vec::as_slice));
        let theirs: Vec<Hash> = messages.iter().map(|message| Hash::of(message)).collect();
        assert_eq!(ours, theirs);
    }

    /// A block's edges and a chunk's, alone and beside others.
    #[test]
    fn every_length_is_hashed_as_the_crate_hashes_it() {
        agree(&[]);
        for length in 0..=2 * CHUNK + 1 {
            agree(&[message(length, 0)]);
        }
        agree(&(0..=2 * CHUNK + 1).map(|length| message(length, 1)).collect::<Vec<_>>());
    }

    /// As many side by side as a processor may take, one less and one more.
    #[test]
    fn any_number_side_by_side_is_hashed_as_one_by_one() {
        for count in 1..=40 {
            agree(&(0..count).map(|salt| message(890, salt)).collect::<Vec<_>>());
            agree(&(0..count).map(|salt| message(700 + 23 * salt, salt)).collect::<Vec<_>>());
        }
    }
}
