//! BLAKE3 of many entries side by side.
//!
//! The hash of one chunk takes each block after the one before; a processor takes up to sixteen such chains at once,
//! but only of chunks with equally many blocks. [`hashes`] sorts entries so, for whoever reads the whole log: several
//! hundred of them give every chain company. It calls the parts that the crate `blake3` shows for benchmarks, hence the
//! exact version in Cargo.toml; every length is tested against the crate's own hash. Left out: entries of more than two
//! chunks, which are few and hashed one by one.

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
const PARENT: u8 = 4;
const ROOT: u8 = 8;

/// The hash of each of `entries`, in their order. Cost: of 300 entries of 900 bytes some 0.2 us each.
pub fn hashes(entries: &[&[u8]]) -> Vec<Hash> {
    let mut hashes = vec![Hash::ZERO; entries.len()];
    let mut whole = Chunks { number: 0, root: ROOT, ..Chunks::default() };
    let mut first = Chunks { number: 0, root: 0, ..Chunks::default() };
    let mut second = Chunks { number: 1, root: 0, ..Chunks::default() };
    for (at, entry) in entries.iter().enumerate() {
        match entry.split_at_checked(CHUNK) {
            None | Some((_, [])) => whole.add(at, entry),
            Some((one, other)) if other.len() <= CHUNK => {
                first.add(at, one);
                second.add(at, other);
            }
            Some(_) => hashes[at] = Hash::of(entry),
        }
    }
    let platform = Platform::detect();
    whole.hash(platform, |at, chain| hashes[at] = spelled(chain));
    first.hash(platform, |at, chain| hashes[at] = spelled(chain));
    second.hash(platform, |at, chain| hashes[at] = parent(platform, hashes[at], spelled(chain)));
    hashes
}

/// Chunks that are hashed side by side: all are the first of their message, or all the second.
#[derive(Default)]
struct Chunks<'e> {
    /// Place in the message.
    number: u64,
    /// The flag of a message that is one chunk.
    root: u8,
    /// By the blocks before the last, which ends the chain, full or not: the chunk, and whose it is.
    by_blocks: [Vec<(usize, &'e [u8])>; CHUNK / BLOCK],
}

impl<'e> Chunks<'e> {
    /// Adds a chunk of entry `at`.
    fn add(&mut self, at: usize, chunk: &'e [u8]) {
        self.by_blocks[chunk.len().saturating_sub(1) / BLOCK].push((at, chunk));
    }

    /// Hands over the end of each chain.
    fn hash(&self, platform: Platform, mut take: impl FnMut(usize, [u32; 8])) {
        for (blocks, group) in self.by_blocks.iter().enumerate().filter(|(_, group)| !group.is_empty()) {
            let chained = self.chained(platform, blocks, group);
            let start = if blocks == 0 { CHUNK_START } else { 0 };
            let flags = start | CHUNK_END | self.root;
            for ((at, chunk), mut chain) in group.iter().zip(chained) {
                let (mut block, last) = ([0; BLOCK], &chunk[blocks * BLOCK..]);
                block[..last.len()].copy_from_slice(last);
                platform.compress_in_place(&mut chain, &block, last.len() as u8, self.number, flags);
                take(*at, chain);
            }
        }
    }

    /// The chains after the first `blocks` blocks of each chunk.
    fn chained(&self, platform: Platform, blocks: usize, group: &[(usize, &[u8])]) -> Vec<[u32; 8]> {
        let mut out = vec![0; group.len() * 32];
        macro_rules! of_blocks {
            ($($count:literal)*) => {
                match blocks {
                    $($count => self.many::<{ $count * BLOCK }>(platform, group, &mut out),)*
                    // A chunk has sixteen, and the last one is not among these.
                    _ => return vec![IV; group.len()],
                }
            };
        }
        of_blocks!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        out.as_chunks().0.iter().map(words).collect()
    }

    fn many<const N: usize>(&self, platform: Platform, group: &[(usize, &[u8])], out: &mut [u8]) {
        let inputs: Vec<&[u8; N]> = group.iter().filter_map(|(_, chunk)| chunk.first_chunk()).collect();
        platform.hash_many(&inputs, &IV, self.number, IncrementCounter::No, 0, CHUNK_START, 0, out);
    }
}

/// The hash of a message of two chunks.
fn parent(platform: Platform, first: Hash, second: Hash) -> Hash {
    let (mut chain, mut block) = (IV, [0; BLOCK]);
    block[..32].copy_from_slice(first.as_bytes());
    block[32..].copy_from_slice(second.as_bytes());
    platform.compress_in_place(&mut chain, &block, BLOCK as u8, 0, PARENT | ROOT);
    spelled(chain)
}

fn words(bytes: &[u8; 32]) -> [u32; 8] {
    let (words, _) = bytes.as_chunks();
    std::array::from_fn(|at| u32::from_le_bytes(words[at]))
}

fn spelled(chain: [u32; 8]) -> Hash {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(chain) {
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
        let ours = hashes(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let theirs: Vec<Hash> = messages.iter().map(|message| Hash::of(message)).collect();
        assert_eq!(ours, theirs);
    }

    /// A block's edges and a chunk's, alone and beside others.
    #[test]
    fn every_length_is_hashed_as_the_crate_hashes_it() {
        agree(&[]);
        for length in 0..=3 * CHUNK + 1 {
            agree(&[message(length, 0)]);
        }
        agree(&(0..=3 * CHUNK + 1).map(|length| message(length, 1)).collect::<Vec<_>>());
    }

    /// As many side by side as a processor may take, one less and one more.
    #[test]
    fn any_number_side_by_side_is_hashed_as_one_by_one() {
        for count in 1..=40 {
            agree(&(0..count).map(|salt| message(890, salt)).collect::<Vec<_>>());
            agree(&(0..count).map(|salt| message(1_890, salt)).collect::<Vec<_>>());
            agree(&(0..count).map(|salt| message(700 + 23 * salt, salt)).collect::<Vec<_>>());
        }
    }
}
