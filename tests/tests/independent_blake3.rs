//! BLAKE3 written again from its specification, to hold the hashes of entries against.
//!
//! Plain BLAKE3 hashing only (no key, no derivation, 32 bytes of output), one block at a time, without any
//! cleverness. It shares no code with what it checks.

use ledger_core::values::Hash;

const IV: [u32; 8] =
    [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19];
const ORDER: [usize; 16] = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const CHUNK: usize = 1024;
const BLOCK: usize = 64;
const CHUNK_START: u32 = 1;
const CHUNK_END: u32 = 2;
const PARENT: u32 = 4;
const ROOT: u32 = 8;

fn quarter(state: &mut [u32; 16], [a, b, c, d]: [usize; 4], x: u32, y: u32) {
    state[a] = state[a].wrapping_add(state[b]).wrapping_add(x);
    state[d] = (state[d] ^ state[a]).rotate_right(16);
    state[c] = state[c].wrapping_add(state[d]);
    state[b] = (state[b] ^ state[c]).rotate_right(12);
    state[a] = state[a].wrapping_add(state[b]).wrapping_add(y);
    state[d] = (state[d] ^ state[a]).rotate_right(8);
    state[c] = state[c].wrapping_add(state[d]);
    state[b] = (state[b] ^ state[c]).rotate_right(7);
}

fn compress(chain: [u32; 8], block: &[u8], counter: u64, flags: u32) -> [u32; 8] {
    let mut message = [0_u32; 16];
    for (word, bytes) in message.iter_mut().zip(block.chunks(4)) {
        let mut four = [0; 4];
        four[..bytes.len()].copy_from_slice(bytes);
        *word = u32::from_le_bytes(four);
    }
    let mut state = [0_u32; 16];
    state[..8].copy_from_slice(&chain);
    state[8..12].copy_from_slice(&IV[..4]);
    state[12] = counter as u32;
    state[13] = (counter >> 32) as u32;
    state[14] = block.len() as u32;
    state[15] = flags;
    for round in 0..7 {
        let columns = [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15]];
        let diagonals = [[0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]];
        for (at, lanes) in columns.into_iter().chain(diagonals).enumerate() {
            quarter(&mut state, lanes, message[2 * at], message[2 * at + 1]);
        }
        if round < 6 {
            message = ORDER.map(|from| message[from]);
        }
    }
    std::array::from_fn(|at| state[at] ^ state[at + 8])
}

fn chunk(bytes: &[u8], counter: u64, root: u32) -> [u32; 8] {
    let blocks: Vec<&[u8]> = if bytes.is_empty() { vec![bytes] } else { bytes.chunks(BLOCK).collect() };
    let last = blocks.len() - 1;
    blocks.iter().enumerate().fold(IV, |chain, (at, block)| {
        let start = if at == 0 { CHUNK_START } else { 0 };
        let end = if at == last { CHUNK_END | root } else { 0 };
        compress(chain, block, counter, start | end)
    })
}

fn tree(bytes: &[u8], first: u64, root: u32) -> [u32; 8] {
    if bytes.len() <= CHUNK {
        return chunk(bytes, first, root);
    }
    // The left side is the largest power of two of chunks that leaves something on the right.
    let chunks = bytes.len().div_ceil(CHUNK);
    let left_chunks = chunks.next_power_of_two() / 2;
    let (left, right) = bytes.split_at(left_chunks * CHUNK);
    let mut block = Vec::with_capacity(BLOCK);
    for half in [tree(left, first, 0), tree(right, first + left_chunks as u64, 0)] {
        half.iter().for_each(|word| block.extend_from_slice(&word.to_le_bytes()));
    }
    compress(IV, &block, 0, PARENT | root)
}

fn blake3(bytes: &[u8]) -> String {
    let words = tree(bytes, 0, ROOT);
    words.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn agrees_on_published_vectors() {
    // From the published test vectors: the input is 0, 1, ..., 250, 0, 1, ...
    let input = |length: usize| (0..length).map(|at| (at % 251) as u8).collect::<Vec<u8>>();
    let vectors = [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
    ];
    for (length, expected) in vectors {
        assert_eq!(blake3(&input(length)), expected, "{length} bytes");
    }
}

#[test]
fn agrees_with_the_hash_of_entries_at_every_length() {
    let bytes: Vec<u8> = (0..16_384_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for length in (0..=2_200).chain((2_201..=16_384).step_by(97)).chain([16_383, 16_384]) {
        assert_eq!(blake3(&bytes[..length]), Hash::of(&bytes[..length]).to_string(), "{length} bytes");
    }
}
