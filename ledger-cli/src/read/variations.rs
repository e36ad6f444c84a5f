//! `variations`: how provider ratings vary within an area, by place and by kind of organisation.
//!
//! Counted is the latest rating of each organisation that was submitted as evidence by the day and stands on it. The places are the
//! area itself, its authorities as local authorities, and every area registered within it or them.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::assessment::Event;
use ledger_core::assessment::codes::{AreaKind, Subject};
use ledger_core::assessment::event::EvidenceResult;
use ledger_core::assessment::framework::Rating;
use ledger_core::values::Sequence;
use replay::Register;
use serde_json::json;

use super::Reader;
use super::ask::registered;
use crate::args::VariationsArgs;
use crate::exit::Failure;
use crate::output::{Table, or_dash};

/// A rating as submitted: where, whose, when printed.
struct Submitted {
    place: Subject,
    organisation: String,
    rating: Rating,
    published: String,
}

/// Shows the distribution of provider ratings within an area.
pub fn variations(reader: &Reader, args: &VariationsArgs) -> Result<(), Failure> {
    let mut submitted: BTreeMap<Sequence, Submitted> = BTreeMap::new();
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let register = reader.fold_until(known_at, |recorded| match &recorded.event {
        _ if as_of < recorded.valid_from() => {}
        Event::EvidenceSubmitted(event) => {
            if let Some(EvidenceResult::ProviderRating { provider, rating, published }) = &event.result {
                let rating = Submitted {
                    place: recorded.subject.clone(),
                    organisation: provider.to_string(),
                    rating: *rating,
                    published: published.as_ref().map(ToString::to_string).unwrap_or_default(),
                };
                submitted.insert(recorded.sequence, rating);
            }
        }
        Event::EvidenceWithdrawn(event) => {
            submitted.remove(&event.evidence);
        }
        _ => {}
    })?;
    let area = registered(&register, &args.area)?;
    let places = within(&register, &area);
    // Printed dates order as text; without one a rating counts as older than any printed.
    let mut latest: BTreeMap<(&Subject, &str), (&str, Sequence, Rating)> = BTreeMap::new();
    for (at, rating) in submitted.iter().filter(|(_, rating)| places.contains(&rating.place)) {
        let this = (rating.published.as_str(), *at, rating.rating);
        let kept = latest.entry((&rating.place, &rating.organisation)).or_insert(this);
        if (kept.0, kept.1) < (this.0, this.1) {
            *kept = this;
        }
    }
    let mut counts: BTreeMap<(&Subject, &str), BTreeMap<Rating, usize>> = BTreeMap::new();
    for ((place, organisation), (.., rating)) in latest {
        let kind = organisation.split('/').next().unwrap_or_default();
        *counts.entry((place, kind)).or_default().entry(rating).or_default() += 1;
    }
    let mut out = reader.out()?;
    let mut table = Table::new(&[
        "place",
        "name",
        "kind",
        "outstanding",
        "good",
        "requires improvement",
        "inadequate",
        "all",
    ])
    .right(&[3, 4, 5, 6, 7]);
    for ((place, kind), ratings) in &counts {
        let of = |rating: Rating| ratings.get(&rating).copied().unwrap_or(0);
        let all: usize = ratings.values().sum();
        let name = register.area(place).map(|area| area.name.to_string());
        if reader.json {
            out.json(&json!({
                "area": area, "place": place, "name": name, "kind": kind, "outstanding": of(Rating::Outstanding),
                "good": of(Rating::Good), "requires_improvement": of(Rating::RequiresImprovement),
                "inadequate": of(Rating::Inadequate), "all": all,
            }))?;
            continue;
        }
        table.row([
            place.to_string(),
            or_dash(name),
            (*kind).to_owned(),
            of(Rating::Outstanding).to_string(),
            of(Rating::Good).to_string(),
            of(Rating::RequiresImprovement).to_string(),
            of(Rating::Inadequate).to_string(),
            all.to_string(),
        ]);
    }
    if !reader.json {
        if counts.is_empty() {
            out.line(format!("no provider rating is on record as evidence within {area}"))?;
        } else {
            out.table(&table)?;
            out.line("provider ratings inform an assessment and never determine it")?;
        }
    }
    out.flush()
}

/// The area, its authorities, and every area within these.
pub(super) fn within(register: &Register, area: &Subject) -> BTreeSet<Subject> {
    let mut places: BTreeSet<Subject> = [area.clone()].into();
    if let Some(view) = register.area(area) {
        let authorities = view.organisations.keys().filter_map(|id| id.strip_prefix("authority/"));
        places.extend(authorities.filter_map(|code| Subject::area(AreaKind::LocalAuthority, code).ok()));
    }
    loop {
        let inner =
            register.areas().filter(|(_, view)| view.within.iter().any(|outer| places.contains(outer)));
        let inner: Vec<Subject> =
            inner.map(|(subject, _)| subject.clone()).filter(|subject| !places.contains(subject)).collect();
        if inner.is_empty() {
            return places;
        }
        places.extend(inner);
    }
}
