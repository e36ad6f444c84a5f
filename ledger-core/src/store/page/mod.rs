//! The page: consecutive entries compressed together, in values small enough for sled.
//!
//! ```text
//! key    first sequence, 8 bytes big-endian | part, 1 byte
//! value  version 2 | stage 1 | parts 1 | count 4 LE | raw length 4 LE | zstd frame, level 1, with its checksum
//! raw    for each entry: length 4 LE | the entry's exact bytes
//! ```
//!
//! Frames are compressed with the dictionary beside this file: what entries have in common, so that a page of one
//! entry takes less than half of what it would. It was trained once, over entries of the benchmark's workload and of the
//! demonstration, and never changes: another one would be another version.
//!
//! A value has at most [`MAX_VALUE_BYTES`]. One entry that does not fit is split: part 0 carries the header, the
//! parts after it are the rest of the frame. A key with an empty value is a blank: no page begins there. Pure functions;
//! which pages exist, and when they are replaced, is `sled.rs`'s business.

use std::cell::RefCell;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use super::entries::{self, Entries};

/// The largest value stored. sled moves values of about 15 kB out of its log into files that it never syncs.
pub const MAX_VALUE_BYTES: usize = 7_000;

/// The most a page may decompress to: what a damaged length can make us allocate.
pub const MAX_RAW_BYTES: usize = 1 << 20;

/// Uncompressed bytes after which a page is closed however well they compress, so that reading one entry stays
/// cheap. The largest entry fits with its length.
const FULL_RAW_BYTES: usize = 128 * 1024;

/// What a full page aims at: near enough to the limit, and one attempt in a few does not miss.
const TARGET_BYTES: usize = 6_600;

/// The version written: with the dictionary.
const VERSION: u8 = 2;
/// The version of the first ledgers, still read: without one.
const PLAIN_VERSION: u8 = 1;
const LEVEL: i32 = 1;
const DICTIONARY: &[u8] = include_bytes!("dictionary");
static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));
thread_local! {
    /// Of this thread: making one takes as long as reading a page, and one that has just read a page finds the
    /// dictionary nearer.
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}
const HEADER_BYTES: usize = 11;
const KEY_BYTES: usize = 9;
/// As many as a leaf of sled's tree holds before it is split.
const KEYS_AFTER: u8 = 16;

/// A page's place in sled.
pub type Key = [u8; KEY_BYTES];

/// Whether a page may still be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Small: sealing will replace it, together with its neighbours, by full pages.
    Gathering,
    /// Final: never touched again.
    Sealed,
}

/// Why bytes are not a page, or entries cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a page: {0}")]
pub struct PageError(String);

fn wrong<T>(what: impl Into<String>) -> Result<T, PageError> {
    Err(PageError(what.into()))
}

/// The key of part `part` of the page whose first entry is `first`.
pub fn key(first: u64, part: u8) -> Key {
    let mut key = [part; KEY_BYTES];
    key[..8].copy_from_slice(&first.to_be_bytes());
    key
}

/// The keys behind the page that ends with entry `last` and before the one that follows it: no entry has so many parts.
pub fn keys_after(last: u64) -> impl Iterator<Item = Key> {
    (u8::MAX - KEYS_AFTER + 1..=u8::MAX).map(move |part| key(last, part))
}

/// First sequence and part of a key, none if it has another length.
pub fn parse_key(bytes: &[u8]) -> Option<(u64, u8)> {
    let key: Key = bytes.try_into().ok()?;
    let [first @ .., part] = key;
    Some((u64::from_be_bytes(first), part))
}

/// What part 0 says of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    version: u8,
    /// Whether the page may still be replaced.
    pub stage: Stage,
    /// How many values it is spread over.
    pub parts: u8,
    /// How many entries it holds.
    pub count: u32,
    raw: u32,
}

impl Header {
    /// Reads the header at the start of part 0. Cost: none.
    pub fn parse(value: &[u8]) -> Result<Header, PageError> {
        let Some((&[version, stage, parts, c0, c1, c2, c3, r0, r1, r2, r3], _)) =
            value.split_first_chunk::<HEADER_BYTES>()
        else {
            return wrong(format!("{} bytes are too few for a header", value.len()));
        };
        if !(PLAIN_VERSION..=VERSION).contains(&version) {
            return wrong(format!("page version {version}; this program reads up to {VERSION}"));
        }
        let stage = match stage {
            0 => Stage::Gathering,
            1 => Stage::Sealed,
            other => return wrong(format!("stage {other}")),
        };
        let count = u32::from_le_bytes([c0, c1, c2, c3]);
        let raw = u32::from_le_bytes([r0, r1, r2, r3]);
        // Each entry costs its length field at least.
        if raw as usize > MAX_RAW_BYTES || u64::from(count) * 4 > u64::from(raw) {
            return wrong(format!("{count} entries in {raw} bytes"));
        }
        if parts == 0 || count == 0 || (parts > 1 && count > 1) {
            return wrong(format!("{count} entries in {parts} parts"));
        }
        Ok(Header { version, stage, parts, count, raw })
    }

    fn bytes(self) -> [u8; HEADER_BYTES] {
        let [c0, c1, c2, c3] = self.count.to_le_bytes();
        let [r0, r1, r2, r3] = self.raw.to_le_bytes();
        [self.version, u8::from(self.stage == Stage::Sealed), self.parts, c0, c1, c2, c3, r0, r1, r2, r3]
    }
}

/// A decompressed page.
#[derive(Debug, Clone)]
pub struct Page {
    /// What its part 0 said.
    pub header: Header,
    /// All of its entries; at least one.
    pub entries: Entries,
}

/// Reads a page from its parts put together. Never panics; allocates at most [`MAX_RAW_BYTES`], and once for each
/// thread what decompressing takes. Cost: about 10 us for 48 entries.
pub fn decode(value: &[u8]) -> Result<Page, PageError> {
    let header = Header::parse(value)?;
    let raw_bytes = header.raw as usize;
    let raw = decompress(header.version, &value[HEADER_BYTES..], raw_bytes)
        .map_err(|error| PageError(format!("not {raw_bytes} bytes of zstd: {error}")))?;
    if raw.len() != raw_bytes {
        return wrong(format!("{} bytes where {raw_bytes} are announced", raw.len()));
    }
    let mut count = 0;
    let mut rest = &raw[..];
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_le_bytes(*length) as usize;
        let Some(after) = after.get(length..) else {
            return wrong(format!("entry {count} has {length} bytes, {} are left", after.len()));
        };
        rest = after;
        count += 1;
    }
    if !rest.is_empty() || count != header.count {
        return wrong(format!("{count} entries where {} are announced", header.count));
    }
    Ok(Page { header, entries: Entries::of_page(raw, count as usize) })
}

/// The bytes of a frame, at most so many.
fn decompress(version: u8, frame: &[u8], raw_bytes: usize) -> std::io::Result<Vec<u8>> {
    if version == PLAIN_VERSION {
        return Decompressor::new()?.decompress(frame, raw_bytes);
    }
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let mut zstd = match kept.take() {
            Some(zstd) => zstd,
            None => Decompressor::with_prepared_dictionary(&DECODER)?,
        };
        // One that failed is not used again.
        let raw = zstd.decompress(frame, raw_bytes)?;
        *kept = Some(zstd);
        Ok(raw)
    })
}

/// Writes pages. Keeps the compressor, which is costly to make, and how well entries compressed so far.
pub struct Encoder {
    zstd: Compressor<'static>,
    /// Compressed bytes for 1,000 raw ones, of the last full page.
    per_mille: usize,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("per_mille", &self.per_mille).finish_non_exhaustive()
    }
}

impl Encoder {
    /// An encoder. Fails only if zstd gets no memory.
    pub fn new() -> Result<Encoder, PageError> {
        let memory = |error: std::io::Error| PageError(error.to_string());
        let mut zstd = Compressor::with_prepared_dictionary(&ENCODER).map_err(memory)?;
        zstd.set_parameter(CParameter::ChecksumFlag(true)).map_err(memory)?;
        zstd.set_parameter(CParameter::DictIdFlag(false)).map_err(memory)?;
        Ok(Encoder { zstd, per_mille: 200 })
    }

    /// Pages for `entries`, the first of which has sequence `first`, in order. Fails for an entry that no page
    /// can hold. Cost: about 1.3 us for an entry of 700 bytes; at most a few attempts at each page.
    pub fn encode_pages<E: AsRef<[u8]>>(
        &mut self,
        first: u64,
        stage: Stage,
        entries: &[E],
    ) -> Result<Vec<(Key, Vec<u8>)>, PageError> {
        let mut values = Vec::new();
        let mut rest = entries;
        let mut sequence = first;
        while !rest.is_empty() {
            let (count, frame) = self.fill(rest)?;
            let (taken, after) = rest.split_at(count);
            let raw = raw_bytes(taken) as u32;
            push_parts(&mut values, sequence, stage, count as u32, raw, &frame)?;
            sequence += count as u64;
            rest = after;
        }
        Ok(values)
    }

    /// How many of the first entries make a page, and its frame. Guesses the number by how well the last page
    /// compressed, takes fewer while it is too large, and once more if far too small.
    fn fill<E: AsRef<[u8]>>(&mut self, entries: &[E]) -> Result<(usize, Vec<u8>), PageError> {
        let mut count = self.guess(entries);
        let mut fits: Option<(usize, Vec<u8>)> = None;
        loop {
            let raw = raw_bytes(&entries[..count]);
            let frame = self.compress(&entries[..count], raw)?;
            self.per_mille = (frame.len() * 1000 / raw).clamp(5, 1100);
            if frame.len() + HEADER_BYTES > MAX_VALUE_BYTES && count > 1 {
                if let Some(smaller) = fits {
                    return Ok(smaller);
                }
                count = (count * TARGET_BYTES / (frame.len() + HEADER_BYTES)).clamp(1, count - 1);
                continue;
            }
            let more = self.guess(entries);
            if fits.is_none() && more > count && frame.len() < TARGET_BYTES * 7 / 8 {
                fits = Some((count, frame));
                count = more;
                continue;
            }
            return Ok((count, frame));
        }
    }

    /// How many of the first entries are likely to fill a page; at least one.
    fn guess<E: AsRef<[u8]>>(&self, entries: &[E]) -> usize {
        let room = (TARGET_BYTES * 1000 / self.per_mille).min(FULL_RAW_BYTES);
        let mut raw = 0;
        let fit = entries.iter().take_while(|entry| {
            raw += 4 + entry.as_ref().len();
            raw <= room
        });
        fit.count().max(1)
    }

    fn compress<E: AsRef<[u8]>>(&mut self, entries: &[E], raw_bytes: usize) -> Result<Vec<u8>, PageError> {
        if raw_bytes > MAX_RAW_BYTES {
            return wrong(format!("{raw_bytes} bytes exceed the largest page"));
        }
        let mut raw = Vec::with_capacity(raw_bytes);
        entries.iter().for_each(|entry| entries::push(&mut raw, entry.as_ref()));
        self.zstd.compress(&raw).map_err(|error| PageError(error.to_string()))
    }
}

fn raw_bytes<E: AsRef<[u8]>>(entries: &[E]) -> usize {
    entries.iter().map(|entry| 4 + entry.as_ref().len()).sum()
}

/// Spreads header and frame over as many values as they need.
fn push_parts(
    values: &mut Vec<(Key, Vec<u8>)>,
    first: u64,
    stage: Stage,
    count: u32,
    raw: u32,
    frame: &[u8],
) -> Result<(), PageError> {
    let parts = (HEADER_BYTES + frame.len()).div_ceil(MAX_VALUE_BYTES);
    let Ok(parts) = u8::try_from(parts) else {
        return wrong(format!("{parts} parts: the entry is too large"));
    };
    let header = Header { version: VERSION, stage, parts, count, raw };
    let whole = [&header.bytes()[..], frame].concat();
    for (part, value) in (0..parts).zip(whole.chunks(MAX_VALUE_BYTES)) {
        values.push((key(first, part), value.to_vec()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(first: u64, entries: &[Vec<u8>]) -> Vec<(Key, Vec<u8>)> {
        Encoder::new().expect("memory").encode_pages(first, Stage::Sealed, entries).expect("encodes")
    }

    /// Puts parts together as a reader would, checking keys, limits and positions, and returns the entries.
    fn read_back(first: u64, values: &[(Key, Vec<u8>)]) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        let mut rest = values;
        while let Some((key_of_0, value)) = rest.first() {
            let header = Header::parse(value).expect("a header");
            assert_eq!(parse_key(key_of_0), Some((first + entries.len() as u64, 0)));
            let (page, after) = rest.split_at(usize::from(header.parts));
            for (part, (key, value)) in page.iter().enumerate() {
                assert_eq!(parse_key(key), Some((first + entries.len() as u64, part as u8)));
                assert!(value.len() <= MAX_VALUE_BYTES, "{} bytes", value.len());
            }
            let whole: Vec<u8> = page.iter().flat_map(|(_, value)| value.clone()).collect();
            let decoded = decode(&whole).expect("decodes");
            assert_eq!(decoded.header.stage, Stage::Sealed);
            entries.extend(read(decoded));
            rest = after;
        }
        entries
    }

    fn read(page: Page) -> Vec<Vec<u8>> {
        page.entries.map(|entry| entry.to_vec()).collect()
    }

    /// Bytes that hardly compress below a half, from a seed.
    fn hex(seed: u64, bytes: usize) -> Vec<u8> {
        let mut out = vec![0; bytes / 2 + 1];
        blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
        let text: String = out.iter().map(|byte| format!("{byte:02x}")).collect();
        text.into_bytes()[..bytes].to_vec()
    }

    fn like_an_entry(sequence: u64) -> Vec<u8> {
        let [a, b, c] = [0, 1, 2].map(|n| String::from_utf8(hex(sequence * 3 + n, 64)).expect("hex"));
        let fixed =
            "\"datacontenttype\":\"application/json\",\"specversion\":\"1.0\",\"subject\":\"ics/E540000\"";
        format!("{{\"commandhash\":\"{a}\",\"data\":{{\"commitment\":\"{b}\"}},\"prev\":\"{c}\",{fixed}}}")
            .into_bytes()
    }

    #[test]
    fn pages_of_the_first_version_are_read() {
        let raw = [&5_u32.to_le_bytes()[..], b"entry"].concat();
        let frame = zstd::bulk::compress(&raw, LEVEL).expect("compressed");
        let header = Header { version: PLAIN_VERSION, stage: Stage::Sealed, parts: 1, count: 1, raw: 9 };
        let page = decode(&[&header.bytes()[..], &frame].concat()).expect("a page");
        assert_eq!(read(page), [b"entry".to_vec()]);
    }

    #[test]
    fn the_dictionary_is_the_one_every_page_was_written_with() {
        let hash = crate::values::Hash::of(DICTIONARY).to_string();
        assert_eq!(hash, "c338171d1510cbd09b89eaadcf088117024381267bf5abfd3ce740171a1bf7c6");
    }

    #[test]
    fn pages_of_entries_are_well_filled_without_many_attempts() {
        let entries: Vec<_> = (0..5_000).map(like_an_entry).collect();
        let values = encode(7, &entries);
        assert_eq!(read_back(7, &values), entries);
        let stored: usize = values.iter().map(|(_, value)| value.len()).sum();
        assert!(stored / values.len() > 5_800, "pages of {} bytes on average", stored / values.len());
    }

    #[test]
    fn an_entry_too_large_for_one_value_becomes_parts() {
        let entries = vec![b"small".to_vec(), hex(1, 16 * 1024), hex(2, 16 * 1024), b"small".to_vec()];
        let values = encode(0, &entries);
        assert_eq!(read_back(0, &values), entries);
        assert_eq!(values.len(), 6);
        let mut noise = vec![0; 16 * 1024];
        blake3::Hasher::new().finalize_xof().fill(&mut noise);
        assert_eq!(read_back(0, &encode(0, &[noise.clone()])), [noise]);
    }

    #[test]
    fn what_compresses_too_well_still_ends() {
        let entries = vec![vec![b'a'; 16 * 1024]; 100];
        let values = encode(0, &entries);
        assert_eq!(read_back(0, &values), entries);
        assert!(values.len() >= 100 * 16 * 1024 / FULL_RAW_BYTES);
        assert!(Encoder::new().expect("memory").encode_pages(0, Stage::Sealed, &[vec![0; 2 << 20]]).is_err());
    }

    #[test]
    fn lengths_are_believed_only_within_the_cap() {
        let (_, mut value) = encode(0, &[b"entry".to_vec()]).remove(0);
        for at in 3..HEADER_BYTES {
            let before = value[at];
            value[at] ^= 0xff;
            assert!(decode(&value).is_err(), "header byte {at}");
            value[at] = before;
        }
        assert!(decode(&value).is_ok());
        assert!(decode(&value[..value.len() - 1]).is_err());
        value.push(0);
        assert!(decode(&value).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_encoded_is_decoded(
            first in 0..u64::from(u32::MAX),
            entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..900), 1..60),
        ) {
            prop_assert_eq!(read_back(first, &encode(first, &entries)), entries);
        }

        #[test]
        fn any_bytes_are_refused_or_a_page(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let headed = [&[VERSION, 1, 1, 2, 0, 0, 0, 64, 0, 0, 0][..], &bytes].concat();
            for value in [bytes, headed] {
                if let Ok(page) = decode(&value) {
                    let count = page.header.count as usize;
                    prop_assert_eq!(read(page).len(), count);
                }
            }
        }

        #[test]
        fn a_changed_byte_is_refused_or_changes_nothing_read(at in any::<prop::sample::Index>(), with in any::<u8>()) {
            let entries: Vec<_> = (0..5).map(like_an_entry).collect();
            let (_, mut value) = encode(0, &entries).remove(0);
            let index = at.index(value.len());
            value[index] = with;
            if let Ok(page) = decode(&value) {
                prop_assert_eq!(read(page), entries);
            }
        }
    }
}
