//! The Merkle tree of RFC 6962 with SHA-256, over the entries' bytes.
//!
//! The chain says what came before an entry; the tree lets anyone show with a few hashes that an entry is in the log,
//! and that a longer log begins with a shorter one. [`Frontier`] appends, [`inclusion_proof`] and
//! [`consistency_proof`] ask whoever keeps hashes ([`Nodes`]), and the `verify` functions need nothing but what they
//! are given (RFC 9162, sections 2.1.3.2 and 2.1.4.2, which say how for the same tree). Left out: where hashes are
//! kept, and checkpoints.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

use super::sha256;
use crate::values::{Length, Malformed, Sequence, from_base64, shown, spelled_as_text};

/// A SHA-256 hash of the tree: 64 lower-case hexadecimal digits in entries, Base64 in checkpoints and proofs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeHash([u8; 32]);

impl TreeHash {
    /// The root of a tree without leaves.
    pub fn empty_root() -> Self {
        TreeHash(Sha256::digest([]).into())
    }

    /// The hash with these 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        TreeHash(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As checkpoints and proofs spell it: 44 characters of Base64.
    pub fn to_base64(&self) -> String {
        BASE64.encode(&self.0)
    }

    /// From Base64: exactly 32 bytes in their one spelling.
    pub fn from_base64(text: &str) -> Result<Self, Malformed> {
        let bytes = from_base64(text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(TreeHash).ok_or_else(|| {
            Malformed(format!("'{}' is not a hash of the tree: 32 bytes in Base64 expected", shown(text)))
        })
    }
}

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TreeHash {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let decoded = HEXLOWER.decode(text.as_bytes()).ok();
        let bytes = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(TreeHash).ok_or_else(|| {
            Malformed(format!("'{}' is not a hash: 64 lower-case hexadecimal digits expected", shown(text)))
        })
    }
}

spelled_as_text!(TreeHash, "TreeHash", "^[0-9a-f]{64}$", "SHA-256, 64 lower-case hexadecimal digits");

/// The hash of a leaf: SHA-256 of a zero byte and the entry's bytes. Cost: 0.6 us for an entry of 700 bytes.
pub fn leaf_hash(entry: &[u8]) -> TreeHash {
    TreeHash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of each of these leaves, in their order. Cost: two thirds of [`leaf_hash`] of each.
pub fn leaf_hashes(entries: &[&[u8]]) -> Vec<TreeHash> {
    sha256::leaves(entries, leaf_hash)
}

/// The hash of two subtrees that lie side by side: SHA-256 of a byte 1 and both hashes. Cost: 0.1 us.
pub fn node_hash(left: &TreeHash, right: &TreeHash) -> TreeHash {
    sha256::node(&[*left, *right])
}

/// The right edge of a growing tree: the roots of its complete subtrees, largest first. Appends and gives the root;
/// memory at most 64 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<TreeHash>,
}

impl Frontier {
    /// Number of leaves.
    pub fn size(&self) -> Length {
        Length(self.size)
    }

    /// Adds a leaf. Cost: one hash on average.
    pub fn push(&mut self, leaf: TreeHash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            // A set bit of the size stands for a peak, so there is one.
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// The root. Cost: a hash for each peak but one.
    pub fn root(&self) -> TreeHash {
        fold(&self.peaks)
    }
}

impl FromIterator<TreeHash> for Frontier {
    fn from_iter<I: IntoIterator<Item = TreeHash>>(leaves: I) -> Self {
        let mut frontier = Frontier::default();
        leaves.into_iter().for_each(|leaf| frontier.push(leaf));
        frontier
    }
}

/// The root over subtrees that lie side by side, each larger than the next.
fn fold(peaks: &[TreeHash]) -> TreeHash {
    let mut from_right = peaks.iter().rev();
    let Some(last) = from_right.next() else { return TreeHash::empty_root() };
    from_right.fold(*last, |right, left| node_hash(left, &right))
}

/// Whoever knows the hashes of complete subtrees.
pub trait Nodes {
    /// Why a hash cannot be given.
    type Error;

    /// The root of the complete subtree over the leaves from `index << level`, `1 << level` of them. Asked only for
    /// subtrees that lie within the size given to the function that asks.
    fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, Self::Error>;
}

/// The hashes of every complete subtree over some leaves, in memory: twice the leaves.
#[derive(Debug, Clone)]
pub struct Levels(Vec<Vec<TreeHash>>);

impl Levels {
    /// Over these leaves. Cost: one hash for each, 0.07 us.
    pub fn of(leaves: Vec<TreeHash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last()
            && below.len() > 1
        {
            let above = sha256::nodes(below.as_chunks().0);
            levels.push(above);
        }
        Levels(levels)
    }

    /// Number of leaves.
    pub fn size(&self) -> Length {
        Length(self.0.first().map_or(0, |leaves| leaves.len() as u64))
    }

    /// The root. Cost: a hash for each complete subtree but one.
    pub fn root(&self) -> TreeHash {
        let odd = self.0.iter().rev().filter(|level| level.len() % 2 == 1);
        fold(&odd.filter_map(|level| level.last().copied()).collect::<Vec<_>>())
    }
}

impl Nodes for Levels {
    type Error = Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<TreeHash, Infallible> {
        Ok(self.0[level as usize][index as usize])
    }
}

/// The root over the leaves from `from` to `to`, which no subtree of the tree crosses: [`fold`] of the complete
/// subtrees they consist of.
fn range<N: Nodes>(nodes: &mut N, from: u64, to: u64) -> Result<TreeHash, N::Error> {
    let (mut at, mut peaks) = (from, Vec::new());
    while at < to {
        let level = (to - at).ilog2();
        peaks.push(nodes.node(level, at >> level)?);
        at += 1 << level;
    }
    Ok(fold(&peaks))
}

/// The largest power of two below `count`, which is at least 2: where a tree of so many leaves parts.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root of the tree over the first `size` leaves.
pub fn root_at<N: Nodes>(nodes: &mut N, size: Length) -> Result<TreeHash, N::Error> {
    range(nodes, 0, size.0)
}

/// What shows that leaf `index`, below `size`, is in the tree over the first `size` leaves: the path of RFC 6962, from
/// the leaf upwards. At most 54 hashes.
pub fn inclusion_proof<N: Nodes>(
    nodes: &mut N,
    index: Sequence,
    size: Length,
) -> Result<Vec<TreeHash>, N::Error> {
    let (mut from, mut to, mut path) = (0, size.0, Vec::new());
    while to - from > 1 {
        let middle = from + split(to - from);
        if index.get() < middle {
            path.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// What shows that the tree over the first `size` leaves begins with that over the first `old`, at most `size`. Empty
/// for `old` 0 and `old` equal to `size`.
pub fn consistency_proof<N: Nodes>(
    nodes: &mut N,
    old: Length,
    size: Length,
) -> Result<Vec<TreeHash>, N::Error> {
    let (mut from, mut to, mut path) = (0, size.0, Vec::new());
    if old.0 == 0 {
        return Ok(path);
    }
    while old.0 != to {
        let middle = from + split(to - from);
        if old.0 <= middle {
            path.push(range(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(range(nodes, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        path.push(range(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

/// Why a proof shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is not below the size, or the older tree is larger.
    #[error("{inner} does not lie in a tree of {size}")]
    Outside {
        /// Leaf or older size.
        inner: u64,
        /// Size of the tree.
        size: u64,
    },
    /// Too few hashes, or too many.
    #[error("the proof has {found} hashes, which is not what these sizes take")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// The hashes lead to another root.
    #[error("the proof leads to root {found}, not {expected}")]
    Root {
        /// Root stated.
        expected: TreeHash,
        /// Root that follows.
        found: TreeHash,
    },
}

/// Checks that `leaf` is leaf `index` of the tree of `size` with `root`. Cost: a hash for each of the proof, 4 us for a
/// tree of a million.
pub fn verify_inclusion(
    leaf: TreeHash,
    index: Sequence,
    size: Length,
    proof: &[TreeHash],
    root: TreeHash,
) -> Result<(), ProofError> {
    if !size.contains(index) {
        return Err(ProofError::Outside { inner: index.get(), size: size.0 });
    }
    let (mut node, mut last, mut found) = (index.get(), size.0 - 1, leaf);
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Count { found: proof.len() });
        }
        if node % 2 == 1 || node == last {
            found = node_hash(sibling, &found);
            // Where the edge of the tree has no right sibling, the node is its own parent.
            let up = node.trailing_zeros().min(63);
            (node, last) = (node >> up, last >> up);
        } else {
            found = node_hash(&found, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(ProofError::Count { found: proof.len() });
    }
    leads_to(root, found)
}

/// Checks that the tree of `size` with `root` begins with that of `old` with `old_root`. A tree of no leaves is the
/// beginning of every other.
pub fn verify_consistency(
    old: Length,
    old_root: TreeHash,
    size: Length,
    root: TreeHash,
    proof: &[TreeHash],
) -> Result<(), ProofError> {
    if old > size {
        return Err(ProofError::Outside { inner: old.0, size: size.0 });
    }
    if old.0 == 0 || old == size {
        if !proof.is_empty() {
            return Err(ProofError::Count { found: proof.len() });
        }
        return leads_to(if old.0 == 0 { TreeHash::empty_root() } else { root }, old_root);
    }
    let whole = old.0.is_power_of_two().then_some(old_root);
    let mut path = whole.iter().chain(proof);
    let count = ProofError::Count { found: proof.len() };
    let Some(first) = path.next() else { return Err(count) };
    let up = (old.0 - 1).trailing_ones();
    let (mut node, mut last) = ((old.0 - 1) >> up, (size.0 - 1) >> up);
    let (mut older, mut newer) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err(count);
        }
        if node % 2 == 1 || node == last {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
            let up = node.trailing_zeros().min(63);
            (node, last) = (node >> up, last >> up);
        } else {
            newer = node_hash(&newer, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(count);
    }
    leads_to(old_root, older)?;
    leads_to(root, newer)
}

fn leads_to(expected: TreeHash, found: TreeHash) -> Result<(), ProofError> {
    if found == expected { Ok(()) } else { Err(ProofError::Root { expected, found }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u64) -> Vec<TreeHash> {
        (0..count).map(|at| leaf_hash(&at.to_be_bytes())).collect()
    }

    /// RFC 6962, section 2.1, as it is written there.
    fn root_as_defined(leaves: &[TreeHash]) -> TreeHash {
        match leaves {
            [] => TreeHash::empty_root(),
            [leaf] => *leaf,
            more => {
                let (left, right) = more.split_at(split(more.len() as u64) as usize);
                node_hash(&root_as_defined(left), &root_as_defined(right))
            }
        }
    }

    fn given<T>(known: Result<T, Infallible>) -> T {
        match known {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    #[test]
    fn roots_are_as_defined() {
        let leaves = leaves(300);
        let mut levels = Levels::of(leaves.clone());
        let mut frontier = Frontier::default();
        for size in 0..=300 {
            let expected = root_as_defined(&leaves[..size]);
            assert_eq!(frontier.root(), expected, "{size}");
            assert_eq!(given(root_at(&mut levels, Length(size as u64))), expected, "{size}");
            assert_eq!(Levels::of(leaves[..size].to_vec()).root(), expected, "{size}");
            if let Some(leaf) = leaves.get(size) {
                frontier.push(*leaf);
            }
        }
    }

    /// The first hashes of the test vectors that implementations of RFC 6962 share.
    #[test]
    fn known_roots() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(TreeHash::empty_root().to_string(), empty);
        let leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(leaf_hash(b"").to_string(), leaf);
        assert_eq!(leaf.parse::<TreeHash>(), Ok(leaf_hash(b"")));
        assert_eq!(TreeHash::from_base64(&leaf_hash(b"").to_base64()), Ok(leaf_hash(b"")));
    }

    #[test]
    fn every_proof_of_small_trees_holds() {
        let leaves = leaves(70);
        let mut levels = Levels::of(leaves.clone());
        for size in (1..=70).map(Length) {
            let root = given(root_at(&mut levels, size));
            for index in (0..size.0).map(Sequence::new) {
                let proof = given(inclusion_proof(&mut levels, index, size));
                let leaf = leaves[index.get() as usize];
                assert_eq!(verify_inclusion(leaf, index, size, &proof, root), Ok(()), "{index} of {size}");
            }
            for old in (0..=size.0).map(Length) {
                let proof = given(consistency_proof(&mut levels, old, size));
                let old_root = given(root_at(&mut levels, old));
                assert_eq!(verify_consistency(old, old_root, size, root, &proof), Ok(()), "{old} to {size}");
            }
        }
    }

    #[test]
    fn lengths_are_checked_before_use() {
        let (leaf, root) = (leaf_hash(b"0"), leaf_hash(b"1"));
        let outside = |inner, size| Err(ProofError::Outside { inner, size });
        assert_eq!(verify_inclusion(leaf, Sequence::new(0), Length(0), &[], root), outside(0, 0));
        assert_eq!(verify_inclusion(leaf, Sequence::new(7), Length(7), &[], root), outside(7, 7));
        assert_eq!(verify_consistency(Length(8), leaf, Length(7), root, &[]), outside(8, 7));
        let long = vec![leaf; 1000];
        let count = Err(ProofError::Count { found: 1000 });
        assert_eq!(verify_inclusion(leaf, Sequence::new(3), Length(7), &long, root), count);
        assert_eq!(verify_consistency(Length(3), leaf, Length(7), root, &long), count);
        assert_eq!(verify_consistency(Length(0), leaf, Length(7), root, &long), count);
        let far = Sequence::new(Sequence::MAX);
        let count = Err(ProofError::Count { found: 0 });
        assert_eq!(verify_inclusion(leaf, far, Length(u64::MAX), &[], root), count);
    }

    #[test]
    fn hashes_have_one_spelling() {
        let hash = leaf_hash(b"x");
        let text = hash.to_base64();
        let wrong = [
            text[..43].to_owned(),
            format!("{text}="),
            text.replace('=', ""),
            format!(" {text}"),
            String::new(),
            format!("{text}{text}"),
        ];
        assert!(wrong.iter().all(|text| TreeHash::from_base64(text).is_err()));
        // The two unused bits of the last character.
        let last = text.chars().nth(42).expect("43 characters and padding");
        let spare = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let next = spare.chars().nth(spare.find(last).expect("in the alphabet") + 1).expect("not the last");
        assert!(TreeHash::from_base64(&format!("{}{next}=", &text[..42])).is_err());
        assert!(hash.to_string().to_uppercase().parse::<TreeHash>().is_err());
    }
}
