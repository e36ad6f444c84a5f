//! `evidence search`: evidence across the subjects that the caller may see.
//!
//! An actor that is a partner and nothing else sees the subjects its organisation belongs to and what was shared
//! with it or with them; everyone else sees all. Words are looked for in ids, names, addresses and in the text
//! documents of what is seen. Left out: who the caller is, which `--actor` asserts.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::{OrganisationId, Subject};
use ledger_core::assessment::roles::Role;
use ledger_core::store::{Document, Vault};
use replay::{CaseFile, EvidenceItem, KnownAt, Projection, Register};

use super::cases::{listed, print, with_subject};
use super::{Reader, code, vault, with_progress};
use crate::args::{Global, SearchArgs};
use crate::exit::Failure;
use crate::output::or_dash;

/// Everything a search looks through.
#[derive(Default)]
struct Held {
    register: Register,
    files: BTreeMap<Subject, CaseFile>,
    organisations: BTreeMap<String, (bool, Option<OrganisationId>)>,
}

/// Finds evidence.
pub fn search(reader: &Reader, global: &Global, args: &SearchArgs) -> Result<(), Failure> {
    let held = read(reader)?;
    let seen = Seen::by(&held, global)?;
    let (only, words) = match args.subject.as_deref() {
        None => (None, None),
        Some(text) => match subject(&held.register, text)? {
            Some(subject) => (Some(subject), None),
            None => (None, Some(text.to_lowercase())),
        },
    };
    let vault = vault(&global.data)?;
    let mut rows = Vec::new();
    for (subject, file) in
        held.files.iter().filter(|(subject, _)| only.as_ref().is_none_or(|only| only == *subject))
    {
        for item in file.evidence.iter().filter(|item| seen.sees(subject, item) && wanted(args, item)) {
            let found = |words: &String| says(&held.register, &*vault, subject, item, words);
            if !words.as_ref().is_none_or(found) {
                continue;
            }
            let state = match (item.withdrawn, item.erased.is_empty()) {
                (true, _) => "withdrawn",
                (false, false) => "a document erased",
                (false, true) => "stands",
            };
            let evidence = &item.evidence;
            let cells = vec![
                item.sequence.to_string(),
                subject.to_string(),
                evidence.category.to_string(),
                code(&evidence.wave),
                code(&evidence.site),
                code(&evidence.source),
                or_dash(evidence.organisation.as_ref()),
                state.to_owned(),
                listed(&evidence.statements),
            ];
            rows.push((with_subject(subject, item), cells));
        }
    }
    let heading =
        ["evidence", "subject", "category", "wave", "site", "source", "organisation", "state", "statements"];
    print(reader, &heading, rows)
}

fn read(reader: &Reader) -> Result<Held, Failure> {
    let mut held = Held::default();
    with_progress("reading", |tell| {
        reader.log.read(KnownAt::Now, tell, |reading| {
            held.register.apply(&reading.recorded);
            let subject = &reading.recorded.subject;
            match &reading.recorded.event {
                Event::ActorEnrolled(event) => {
                    let partner = event.roles.iter().all(|role| *role == Role::Partner);
                    held.organisations
                        .insert(subject.code().to_owned(), (partner, event.organisation.clone()));
                }
                Event::ActorRevoked(event) => {
                    held.organisations.remove(event.actor.as_str());
                }
                _ => {}
            }
            if subject.area_kind().is_some() {
                held.files.entry(subject.clone()).or_default().apply(&reading.recorded);
            }
        })
    })?;
    Ok(held)
}

/// The subject that is called so; none if the text is no name of one.
fn subject(register: &Register, text: &str) -> Result<Option<Subject>, Failure> {
    if let Ok(subject) = text.parse::<Subject>() {
        let known = register.area(&subject).is_some();
        let unknown = || Failure::Usage(format!("{subject} is not registered: see `ledger area list`"));
        return if known { Ok(Some(subject)) } else { Err(unknown()) };
    }
    let called = register.called(text);
    match called.len() {
        0 => Ok(None),
        _ => crate::subject::one_of(text, called.iter().collect()).map(Some),
    }
}

/// What a caller sees.
enum Seen {
    All,
    Own { organisation: OrganisationId, subjects: BTreeSet<Subject> },
}

impl Seen {
    fn by(held: &Held, global: &Global) -> Result<Self, Failure> {
        let Some(actor) = &global.actor else { return Ok(Seen::All) };
        match held.organisations.get(actor.as_str()) {
            None => Err(Failure::Usage(format!(
                "actor {actor} is not enrolled or was revoked: see `ledger actor list`, or leave --actor out"
            ))),
            Some((true, Some(organisation))) => {
                let areas = held.register.areas();
                let own = areas.filter(|(_, area)| area.organisations.contains_key(organisation.as_str()));
                let subjects = own.map(|(subject, _)| subject.clone()).collect();
                Ok(Seen::Own { organisation: organisation.clone(), subjects })
            }
            Some(_) => Ok(Seen::All),
        }
    }

    fn sees(&self, subject: &Subject, item: &EvidenceItem) -> bool {
        let Seen::Own { organisation, subjects } = self else { return true };
        let shared = |with: &String| {
            with == organisation.as_str() || subjects.iter().any(|subject| subject.as_str() == with)
        };
        subjects.contains(subject) || item.shared_with.iter().any(shared)
    }
}

fn wanted(args: &SearchArgs, item: &EvidenceItem) -> bool {
    let evidence = &item.evidence;
    args.statement.as_ref().is_none_or(|id| evidence.statements.contains(id))
        && args.category.as_ref().is_none_or(|id| evidence.category == *id)
        && args.wave.is_none_or(|wave| evidence.wave == wave)
        && args.site.is_none_or(|site| evidence.site == site)
        && args.source.is_none_or(|source| evidence.source == source)
        && args.organisation.as_ref().is_none_or(|id| evidence.organisation.as_ref() == Some(id))
        && args.tag.as_ref().is_none_or(|tag| evidence.tags.contains(tag))
}

/// Whether an item, its area or its words say `words`, which is in lower case.
fn says(register: &Register, vault: &dyn Vault, subject: &Subject, item: &EvidenceItem, words: &str) -> bool {
    let name = register.area(subject).map(|area| area.name.to_string());
    let ids = serde_json::to_string(&item.evidence).unwrap_or_default();
    if [subject.to_string(), name.unwrap_or_default(), ids]
        .iter()
        .any(|text| text.to_lowercase().contains(words))
    {
        return true;
    }
    let texts =
        item.evidence.documents.iter().filter(|document| document.media_type.as_str().starts_with("text/"));
    { texts }.any(|document| match vault.get(&document.commitment) {
        Ok(Document::Found { content, .. }) => {
            String::from_utf8_lossy(&content).to_lowercase().contains(words)
        }
        _ => false,
    })
}
