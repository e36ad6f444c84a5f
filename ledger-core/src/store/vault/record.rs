//! One document in a segment: a header that can be read without any secret, then the sealed content.
//!
//! ```text
//! 0  "ldoc" 4 | media type length 1 | version 1 | zero 2 | slot 4 LE | content length 4 LE
//! 16 stored at, ms since 1970, 8 LE | commitment 32 | first 8 bytes of the BLAKE3 of the 56 before
//! 64 media type | content under ChaCha20-Poly1305, with its 16-byte tag
//! ```
//!
//! The key is derived from the document's secret and seals nothing else, so the nonce is fixed. Header and media
//! type are authenticated with the content. Pure functions; `disk.rs` decides what is where.

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce, Tag};

use super::MAX_DOCUMENT_BYTES;
use crate::values::Hash;

/// Bytes of the fixed part of a header.
pub(super) const HEADER_BYTES: usize = 64;
const CHECKED_BYTES: usize = 56;
const TAG_BYTES: usize = 16;
const MAGIC: &[u8; 4] = b"ldoc";
const VERSION: u8 = 1;

/// The fixed part of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) slot: u32,
    pub(super) media_type_bytes: u8,
    pub(super) content_bytes: u32,
    pub(super) at_millis: i64,
    pub(super) commitment: Hash,
}

impl Header {
    /// Bytes of the whole record.
    pub(super) fn record_bytes(&self) -> u64 {
        HEADER_BYTES as u64
            + u64::from(self.media_type_bytes)
            + u64::from(self.content_bytes)
            + TAG_BYTES as u64
    }

    fn spell(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4] = self.media_type_bytes;
        bytes[5] = VERSION;
        bytes[8..12].copy_from_slice(&self.slot.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.content_bytes.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.at_millis.to_le_bytes());
        bytes[24..CHECKED_BYTES].copy_from_slice(self.commitment.as_bytes());
        let checksum = Hash::of(&bytes[..CHECKED_BYTES]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.as_bytes()[..HEADER_BYTES - CHECKED_BYTES]);
        bytes
    }

    /// The header these bytes spell, if they are one.
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Option<Header> {
        let number = |at: usize| Some(u32::from_le_bytes(bytes[at..at + 4].try_into().ok()?));
        let header = Header {
            slot: number(8)?,
            media_type_bytes: bytes[4],
            content_bytes: number(12)?,
            at_millis: i64::from_le_bytes(bytes[16..24].try_into().ok()?),
            commitment: Hash::from_bytes(bytes[24..CHECKED_BYTES].try_into().ok()?),
        };
        let fits = header.content_bytes as usize <= MAX_DOCUMENT_BYTES;
        (fits && header.spell() == *bytes).then_some(header)
    }
}

fn cipher(secret: &[u8; 32]) -> ChaCha20Poly1305 {
    let key = blake3::derive_key("assessment ledger 2025 document encryption key v1", secret);
    ChaCha20Poly1305::new(&key.into())
}

/// Appends the record of `content` to `out`. None if the cipher refuses, which it does for lengths far beyond ours.
pub(super) fn seal(
    header: &Header,
    media_type: &str,
    content: &[u8],
    secret: &[u8; 32],
    out: &mut Vec<u8>,
) -> Option<()> {
    let start = out.len();
    out.reserve(header.record_bytes() as usize);
    out.extend_from_slice(&header.spell());
    out.extend_from_slice(media_type.as_bytes());
    let sealed_at = out.len();
    out.extend_from_slice(content);
    let (before, sealed) = out.split_at_mut(sealed_at);
    let tag = cipher(secret).encrypt_in_place_detached(&Nonce::default(), &before[start..], sealed);
    match tag {
        Ok(tag) => {
            out.extend_from_slice(&tag);
            Some(())
        }
        Err(_) => {
            out.truncate(start);
            None
        }
    }
}

/// Media type and content of a whole record whose header was parsed. None if it is not what was sealed.
pub(super) fn open(header: &Header, mut record: Vec<u8>, secret: &[u8; 32]) -> Option<(String, Vec<u8>)> {
    if record.len() as u64 != header.record_bytes() {
        return None;
    }
    let content_at = HEADER_BYTES + usize::from(header.media_type_bytes);
    let tag = record.split_off(record.len() - TAG_BYTES);
    let mut content = record.split_off(content_at);
    let opened = cipher(secret).decrypt_in_place_detached(
        &Nonce::default(),
        &record,
        &mut content,
        Tag::from_slice(&tag),
    );
    opened.ok()?;
    let media_type = String::from_utf8(record.split_off(HEADER_BYTES)).ok()?;
    (super::commitment(secret, &content) == header.commitment).then_some((media_type, content))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [9; 32];

    fn sample() -> (Header, Vec<u8>) {
        let commitment = super::super::commitment(&SECRET, b"content");
        let header = Header { slot: 3, media_type_bytes: 10, content_bytes: 7, at_millis: -5, commitment };
        let mut record = Vec::new();
        seal(&header, "text/plain", b"content", &SECRET, &mut record).expect("sealed");
        (header, record)
    }

    #[test]
    fn is_opened_with_its_secret_only() {
        let (header, record) = sample();
        assert_eq!(record.len() as u64, header.record_bytes());
        assert_eq!(Header::parse(record[..HEADER_BYTES].try_into().expect("64")), Some(header));
        let opened = open(&header, record.clone(), &SECRET);
        assert_eq!(opened, Some(("text/plain".to_owned(), b"content".to_vec())));
        assert_eq!(open(&header, record.clone(), &[8; 32]), None);
        assert!(!record.windows(7).any(|window| window == b"content"));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (header, record) = sample();
        for bit in 0..record.len() * 8 {
            let mut changed = record.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let parsed = Header::parse(changed[..HEADER_BYTES].try_into().expect("64"));
            assert_eq!(parsed.is_none(), bit / 8 < HEADER_BYTES, "bit {bit}");
            assert_eq!(open(&header, changed, &SECRET), None, "bit {bit}");
        }
        for length in 0..record.len() {
            assert_eq!(open(&header, record[..length].to_vec(), &SECRET), None);
        }
    }
}
