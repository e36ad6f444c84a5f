//! Making a certificate: gather what is called for, prove it, write it, and check it as a stranger would.
//!
//! Left out: files. What cannot be certified is refused before anything is written; what was written was checked, so
//! that nobody is handed a certificate that others refuse.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::thread;

use data_encoding::{BASE64, HEXLOWER};
use ledger_core::assessment::Event;
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::Subject;
use ledger_core::assessment::event::SubjectsAttested;
use ledger_core::log::tree::{Levels, inclusion_proof};
use ledger_core::log::{Attested, Entry, SignedCheckpoint, TreeHash, VerifierKey, canonical};
use ledger_core::store::{Revealed, VaultError};
use ledger_core::values::{Hash, Length, Sequence, SubjectVersion};
use ledger_core::{TreeError, TreeReader, recorded};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::called_for::{CalledFor, Entries, Included, Single};
use super::check::{Certified, check_certificate};
use super::documents::cited;
use super::error::CertificateError;
use super::format::*;
use super::part::spelled;
use super::signed::Trust;
use crate::clocks::KnownAt;
use crate::index::Index;
use crate::log::{Log, ReplayError};
use crate::register::RatingAnswer;
use crate::scope::scoped;

/// Gives a document with its secret; none if it is not held.
pub type Reveal<'v> = &'v dyn Fn(&Hash) -> Result<Option<Revealed>, VaultError>;

/// What is to be certified.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose rating.
    pub subject: Subject,
    /// On which day.
    pub as_of: Date,
    /// As known when.
    pub known_at: KnownAt,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertifyError {
    /// The log cannot be read.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The log gives no proofs.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A document cannot be read.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The subject was not registered then.
    #[error("{subject} is not registered as known at {known_at}: see `ledger area list`")]
    Unknown {
        /// The subject.
        subject: Subject,
        /// When.
        known_at: KnownAt,
    },
    /// Nothing under the newest checkpoint says where the histories end.
    #[error(
        "no attestation lies under the newest checkpoint, of {size} entries: run `ledger attest`, and `ledger checkpoint` \
         shows when it is signed"
    )]
    NotAttested {
        /// The checkpoint's size.
        size: Length,
    },
    /// A history that is called for goes on after the last attestation.
    #[error(
        "entry {entry} of {subject} is newer than the attestation {attestation}: run `ledger attest`, or state \
         `--known-at {attestation}`"
    )]
    Newer {
        /// The entry.
        entry: Sequence,
        /// Whose history.
        subject: String,
        /// The last attestation under the checkpoint.
        attestation: Sequence,
    },
    /// The attestation is not what the log says.
    #[error(
        "the attestation {attestation} says root {stated}, and the histories give {found}: see `ledger audit`"
    )]
    FalseAttestation {
        /// The attestation.
        attestation: Sequence,
        /// Its root.
        stated: TreeHash,
        /// The root of the histories.
        found: TreeHash,
    },
    /// The ledger never introduced a key.
    #[error("the ledger has introduced no key, so nothing it signs can be checked: run `ledger key rotate`")]
    NoKey,
    /// A document that should be in it is not held.
    #[error("document {commitment}, cited by entry {by}, is not in the vault: leave out `--with-documents`")]
    DocumentMissing {
        /// What names it.
        commitment: Hash,
        /// The entry.
        by: Sequence,
    },
    /// What was made does not check.
    #[error(
        "the certificate would be refused ({0}): run `ledger attest`, and if that does not help `ledger audit`"
    )]
    Refused(CertificateError),
}

/// Makes a certificate and checks it. `reveal` gives the subject's documents, if they are to be in it. Memory: the
/// certificate twice. Cost: for each entry a page, a tile and 10 us, and for each subject of the ledger 1 us, on another
/// thread.
pub fn certify(
    log: &Log,
    tree: &TreeReader,
    signed: &SignedCheckpoint,
    question: &Question,
    reveal: Option<Reveal<'_>>,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<(Vec<u8>, Certified), CertifyError> {
    let (bytes, key) = written(log, tree, signed, question, reveal, progress)?;
    let trust = Trust { key, witnesses: Vec::new(), quorum: 0 };
    let certified = check_certificate(&bytes[..], &trust).map_err(CertifyError::Refused)?;
    Ok((bytes, certified))
}

/// The certificate, unchecked, and the key that signed it.
fn written(
    log: &Log,
    tree: &TreeReader,
    signed: &SignedCheckpoint,
    question: &Question,
    reveal: Option<Reveal<'_>>,
    progress: &mut dyn FnMut(Length, Length),
) -> Result<(Vec<u8>, VerifierKey), CertifyError> {
    let index = log.index(progress)?;
    let mut maker = Maker::begun(log, &index, signed, question, reveal.is_some())?;
    let until = Length(maker.header.attestation.get());
    // Where histories end needs no entry and takes as long as all of them.
    let (ends, gathered) = thread::scope(|scope| {
        let ends = scope.spawn(|| Ends::of(&index, until));
        let gathered = maker.gathered(log, &index, tree, signed, question);
        (ends.join().unwrap_or_else(|panic| resume_unwind(panic)), gathered)
    });
    let Gathered { answer, key, entries } = gathered?;
    let mut out = Writer::default();
    out.line(&maker.header)?;
    out.line(&CheckpointLine { checkpoint: signed.note.to_string() })?;
    maker.write_streams(ends, &mut out)?;
    out.add(entries?);
    maker.write_documents(reveal, &mut out)?;
    let result = spelled(&answer).map_err(|error| unfit(&error))?;
    out.bytes(&[RESULT_START, &result, b"}"].concat());
    Ok((out.end()?, key))
}

/// What the entries that are called for give.
struct Gathered {
    answer: RatingAnswer,
    /// The key that the ledger introduced last.
    key: VerifierKey,
    /// The lines of the entries with their proofs.
    entries: Result<Writer, CertifyError>,
}

struct Maker {
    header: CertificateHeader,
    attested: SubjectsAttested,
    entries: Entries,
    called: CalledFor,
}

impl Maker {
    /// Finds the last attestation that the checkpoint covers.
    fn begun(
        log: &Log,
        index: &Index,
        signed: &SignedCheckpoint,
        question: &Question,
        documents: bool,
    ) -> Result<Self, CertifyError> {
        let size = signed.checkpoint.size;
        let last = index.of(&Subject::attestation(), size).pop();
        let attestation = last.ok_or(CertifyError::NotAttested { size })?;
        let asked = log.known(question.known_at)?.last_sequence().unwrap_or(Sequence::new(0));
        let header = CertificateHeader {
            as_of: question.as_of,
            attestation,
            documents,
            format: FORMAT.to_owned(),
            known_at: asked.min(attestation),
            origin: log.founded().origin.clone(),
            subject: question.subject.clone(),
        };
        let mut entries = Entries::new();
        add(log, &mut entries, &[attestation])?;
        let event =
            entries.get(&attestation).map(|found| Event::decode(&found.entry.event_type, &found.entry.data));
        let Some(Ok(Event::SubjectsAttested(attested))) = event else {
            let what = "it is no attestation".to_owned();
            return Err(ReplayError::Damaged { sequence: attestation, what }.into());
        };
        let called = CalledFor::by(&header, &entries);
        Ok(Maker { header, attested, entries, called })
    }

    /// Everything that rests on entries.
    fn gathered(
        &mut self,
        log: &Log,
        index: &Index,
        tree: &TreeReader,
        signed: &SignedCheckpoint,
        question: &Question,
    ) -> Result<Gathered, CertifyError> {
        self.gather(log, index)?;
        self.check_newest(log, index, question.known_at)?;
        let answer = self.answer(log, index, question)?;
        let key = self.current_key()?;
        Ok(Gathered { answer, key, entries: self.entries(tree, signed.checkpoint.size) })
    }

    /// Adds what is called for until nothing is missing.
    fn gather(&mut self, log: &Log, index: &Index) -> Result<(), CertifyError> {
        let until = Length(self.header.attestation.get());
        let mut whole: BTreeSet<String> = BTreeSet::new();
        loop {
            let mut wanted = BTreeSet::new();
            for stream in self.called.streams.iter().filter(|stream| !whole.contains(*stream)) {
                wanted.extend(index.of_named(stream, until));
            }
            wanted.extend(self.called.singles.iter().filter_map(|single| match single {
                Single::At(sequence) => Some(*sequence),
                Single::First(subject) => index.of_named(subject, until).next(),
            }));
            whole.clone_from(&self.called.streams);
            wanted.retain(|sequence| !self.entries.contains_key(sequence));
            if !wanted.is_empty() {
                add(log, &mut self.entries, &Vec::from_iter(wanted))?;
            }
            let called = CalledFor::by(&self.header, &self.entries);
            if called == self.called {
                return Ok(());
            }
            self.called = called;
        }
    }

    /// Refuses a question about later than what is attested, unless nothing came of it.
    fn check_newest(&self, log: &Log, index: &Index, known_at: KnownAt) -> Result<(), CertifyError> {
        let (attestation, until) = (self.header.attestation, log.known(known_at)?);
        for subject in &self.called.streams {
            let newer = index.last_named(subject, until).filter(|last| *last > attestation);
            if let Some(entry) = newer {
                let subject = subject.clone();
                return Err(CertifyError::Newer { entry, subject, attestation });
            }
        }
        Ok(())
    }

    /// The key that the ledger introduced last.
    fn current_key(&self) -> Result<VerifierKey, CertifyError> {
        let own = self.entries.values().rev().filter(|found| found.entry.subject == "ledger");
        let mut keys =
            own.filter_map(|found| match Event::decode(&found.entry.event_type, &found.entry.data) {
                Ok(Event::KeyIntroduced(event)) => Some(event.key),
                _ => None,
            });
        keys.next().ok_or(CertifyError::NoKey)
    }

    /// The rating that is asked for.
    fn answer(&self, log: &Log, index: &Index, question: &Question) -> Result<RatingAnswer, CertifyError> {
        let until = Length(self.header.known_at.get() + 1);
        // Each must be an event, also those that no rating rests on.
        for (sequence, included) in self.entries.range(..until.next_sequence()) {
            if included.entry.subject == question.subject.as_str() {
                recorded(&included.entry).map_err(|error| ReplayError::record(*sequence, &error))?;
            }
        }
        let register = scoped(log, index, &question.subject, until)?;
        if register.area(&question.subject).is_none() {
            let (subject, known_at) = (question.subject.clone(), question.known_at);
            return Err(CertifyError::Unknown { subject, known_at });
        }
        Ok(register.rating(&question.subject, question.as_of))
    }

    /// The lines of histories.
    fn write_streams(&self, mut ends: Ends<'_>, out: &mut Writer) -> Result<(), CertifyError> {
        let (stated, found) = (self.attested.root, ends.tree.root());
        if stated != found {
            let attestation = self.header.attestation;
            return Err(CertifyError::FalseAttestation { attestation, stated, found });
        }
        for stream in &self.called.streams {
            match ends.stream(stream)? {
                Stream::Whole(stream) => out.line(&StreamLine { stream })?,
                Stream::Absent(absent) => out.line(&AbsentLine { absent })?,
            }
        }
        Ok(())
    }

    /// The lines of entries.
    fn entries(&self, tree: &TreeReader, size: Length) -> Result<Writer, CertifyError> {
        let mut out = Writer::default();
        for (sequence, included) in &self.entries {
            out.bytes(&included.bytes);
            let proof = tree.inclusion_of(&included.bytes, *sequence, size)?;
            out.line(&ProofLine { proof: spelled_as_base64(&proof) })?;
        }
        Ok(out)
    }

    fn write_documents(&self, reveal: Option<Reveal<'_>>, out: &mut Writer) -> Result<(), CertifyError> {
        let Some(reveal) = reveal else { return Ok(()) };
        for (commitment, cited) in cited(&self.header.subject, self.header.attestation, &self.entries) {
            let revealed = reveal(&commitment)?;
            let revealed = revealed.ok_or(CertifyError::DocumentMissing { commitment, by: cited.by })?;
            let content = BASE64.encode(&revealed.content).into();
            let secret = HEXLOWER.encode(&revealed.secret).into();
            out.line(&DocumentLine { document: DocumentFields { commitment, content, secret } })?;
        }
        Ok(())
    }
}

fn add(log: &Log, entries: &mut Entries, wanted: &[Sequence]) -> Result<(), ReplayError> {
    log.bytes_at(wanted, |sequence, bytes| {
        let entry = Entry::decode_trusted(bytes).map_err(|error| ReplayError::entry(sequence, &error))?;
        entries.insert(sequence, Included { bytes: bytes.to_vec(), entry });
        Ok(())
    })
}

/// Where every history ends, sorted, and the tree over it.
struct Ends<'i> {
    ends: Vec<(&'i str, SubjectVersion, Sequence)>,
    tree: Levels,
}

impl<'i> Ends<'i> {
    fn of(index: &'i Index, until: Length) -> Self {
        let mut ends: Vec<_> = index.ends(until).collect();
        ends.sort_unstable_by_key(|(subject, ..)| *subject);
        let tree = Levels::of(Attested::leaf_hashes(&ends));
        Ends { ends, tree }
    }

    /// A history's end, or the two ends between which it has none.
    fn stream(&mut self, subject: &str) -> Result<Stream, CertifyError> {
        match self.ends.binary_search_by_key(&subject, |(known, ..)| *known) {
            Ok(index) => self.leaf(index).map(Stream::Whole),
            Err(place) => {
                let previous = place.checked_sub(1).map(|index| self.leaf(index)).transpose()?;
                let next = (place < self.ends.len()).then(|| self.leaf(place)).transpose()?;
                Ok(Stream::Absent(Absent { next, previous, subject: named(subject)? }))
            }
        }
    }

    fn leaf(&mut self, place: usize) -> Result<Leaf, CertifyError> {
        let (subject, version, sequence) = self.ends[place];
        let (index, size) = (place as u64, self.tree.size());
        let Ok(proof) = inclusion_proof(&mut self.tree, Sequence::new(index), size);
        let proof = spelled_as_base64(&proof);
        Ok(Leaf { index, proof, sequence, subject: named(subject)?, version })
    }
}

fn named(subject: &str) -> Result<Subject, CertifyError> {
    subject.parse().map_err(|error| unfit(&error))
}

fn unfit(error: &dyn std::fmt::Display) -> CertifyError {
    CertifyError::Refused(CertificateError::Replay { what: error.to_string() })
}

/// The lines as they are written.
#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    lines: u64,
}

impl Writer {
    fn line(&mut self, line: &impl Serialize) -> Result<(), CertifyError> {
        canonical::spell(line, &mut self.out).map_err(|error| unfit(&error))?;
        self.out.push(b'\n');
        self.lines += 1;
        Ok(())
    }

    fn bytes(&mut self, line: &[u8]) {
        self.out.extend_from_slice(line);
        self.out.push(b'\n');
        self.lines += 1;
    }

    fn add(&mut self, other: Writer) {
        self.out.extend_from_slice(&other.out);
        self.lines += other.lines;
    }

    fn end(mut self) -> Result<Vec<u8>, CertifyError> {
        let sha256 = TreeHash::from_bytes(Sha256::digest(&self.out).into());
        self.line(&EndLine { end: End { lines: self.lines, sha256 } })?;
        Ok(self.out)
    }
}
