//! The country of a workload: its subjects, the methods they are assessed by, everyone who acts, and the commands
//! that record all this.

use std::ops::Range;

use ledger_core::Founding;
use ledger_core::assessment::codes::{
    ActorId, AreaKind, CategoryId, Name, OrganisationId, StatementId, Subject, TagId,
};
use ledger_core::assessment::event::{
    ActorEnrolled, AreaRegistered, ClockKind, MethodologyApproved, Purpose, RatingsAuthorised,
};
use ledger_core::assessment::framework::{Framework, Moderation};
use ledger_core::assessment::roles::Role;
use ledger_core::assessment::{Command, Request};
use ledger_core::shipped;

use super::desk::Clerk;
use super::figures;
use crate::time::instant;

/// The systems of 2022 have their successors on the day the workload begins.
const FOUNDED: &str = "2026-04-01T01:00";
pub(super) const BEGINS: &str = "2026-04-01T06:00";
/// Five hours for the set-up of some hundred thousand commands.
const SET_UP_PACE_MICROS: u64 = 50_000;

/// A subject, by its position in [`Country`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place(u32);

/// The kinds of subject there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    System,
    Authority,
    Provider,
}

/// What is assessed of a kind of subject, and how.
#[derive(Debug)]
pub(super) struct Method {
    pub framework: Framework,
    pub statements: Vec<StatementId>,
    pub categories: Vec<CategoryId>,
    /// What a formal publication comments on.
    pub commentary: Vec<TagId>,
    pub moderated: bool,
}

impl Method {
    fn of(framework: Framework) -> Self {
        Method {
            statements: framework.statements().map(|statement| statement.id.clone()).collect(),
            categories: framework.categories.iter().map(|category| category.id.clone()).collect(),
            commentary: framework.topics.iter().chain(&framework.duties).map(|tag| tag.id.clone()).collect(),
            moderated: framework.moderation == Moderation::Required,
            framework,
        }
    }
}

/// Those who act for the regulator, each for one purpose, so that nobody judges what they took part in.
#[derive(Debug)]
pub(super) struct Staff {
    pub assessors: Vec<ActorId>,
    pub moderators: Vec<ActorId>,
    pub deciders: Vec<ActorId>,
    pub reviewers: Vec<ActorId>,
    pub publishers: Vec<ActorId>,
    pub analysts: Vec<ActorId>,
}

impl Staff {
    fn new() -> Self {
        let some = |name: &str, count| (1..=count).map(|n| named(&format!("{name}-{n}"))).collect();
        Staff {
            assessors: some("assessor", 40),
            moderators: some("moderator", 8),
            deciders: some("decider", 8),
            reviewers: some("reviewer", 4),
            publishers: some("publisher", 8),
            analysts: some("analyst", 12),
        }
    }

    fn roles(&self) -> impl Iterator<Item = (&ActorId, Role)> {
        let each = [
            (&self.assessors, Role::Assessor),
            (&self.moderators, Role::Moderator),
            (&self.deciders, Role::AccuracyDecider),
            (&self.reviewers, Role::Reviewer),
            (&self.publishers, Role::Publisher),
            (&self.analysts, Role::Analyst),
        ];
        each.into_iter().flat_map(|(actors, role)| actors.iter().map(move |actor| (actor, role)))
    }
}

/// Everyone and everything a command can name.
#[derive(Debug)]
pub(super) struct Country {
    /// Systems, then authorities, then providers.
    subjects: Vec<Subject>,
    systems: u32,
    authorities: u32,
    methods: [Method; 3],
    pub staff: Staff,
}

impl Country {
    /// The shipped systems and authorities, and providers up to `subjects` in all.
    pub(super) fn new(subjects: u32) -> Self {
        let systems = shipped_subjects(AreaKind::Ics);
        let authorities = shipped_subjects(AreaKind::LocalAuthority);
        let known = systems.len() + authorities.len();
        let (systems_end, authorities_end) = (count(systems.len()), count(known));
        assert!(
            subjects >= 2 * authorities_end,
            "{subjects} subjects are too few: state at least twice {known}"
        );
        let providers = (authorities_end..subjects).map(|n| {
            let code = format!("1-{}", 1_000_000_000 + u64::from(n));
            Subject::area(AreaKind::Provider, &code).unwrap_or_else(|error| unreachable!("{error}"))
        });
        let method = |id: &str| {
            let mut frameworks = frameworks();
            let found = frameworks.find(|framework| framework.id.as_str() == id);
            Method::of(found.unwrap_or_else(|| unreachable!("{id} is shipped")))
        };
        Country {
            subjects: systems.into_iter().chain(authorities).chain(providers).collect(),
            systems: systems_end,
            authorities: authorities_end,
            methods: ["ics/2023-interim", "local-authority/2025", "provider/2024-12"].map(method),
            staff: Staff::new(),
        }
    }

    pub(super) fn places(&self) -> u64 {
        self.subjects.len() as u64
    }

    /// The place at this position, counted round and round.
    pub(super) fn place(&self, at: u64) -> Place {
        Place((at % self.places()) as u32)
    }

    /// Where the places of a kind are.
    pub(super) fn range(&self, kind: Kind) -> Range<u64> {
        let (systems, authorities) = (u64::from(self.systems), u64::from(self.authorities));
        match kind {
            Kind::System => 0..systems,
            Kind::Authority => systems..authorities,
            Kind::Provider => authorities..self.places(),
        }
    }

    pub(super) fn kind(&self, place: Place) -> Kind {
        match place.0 {
            at if at < self.systems => Kind::System,
            at if at < self.authorities => Kind::Authority,
            _ => Kind::Provider,
        }
    }

    pub(super) fn subject(&self, place: Place) -> &Subject {
        &self.subjects[place.0 as usize]
    }

    pub(super) fn method(&self, place: Place) -> &Method {
        &self.methods[self.kind(place) as usize]
    }

    /// The organisations entitled to a place's draft, and who acts for each.
    pub(super) fn partners(&self, place: Place) -> Vec<(OrganisationId, ActorId)> {
        let prefixes: &[&str] = match self.kind(place) {
            Kind::System => &["board", "partnership"],
            Kind::Authority => &["authority"],
            Kind::Provider => &["provider"],
        };
        let code = self.subject(place).code();
        let partner = |prefix: &&str| {
            let organisation = format!("{prefix}/{code}").parse();
            let organisation = organisation.unwrap_or_else(|error| unreachable!("{error}"));
            (organisation, named(&format!("{prefix}-partner-{}", place.0)))
        };
        prefixes.iter().map(partner).collect()
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or_else(|_| unreachable!("{length} areas are not shipped"))
}

fn named<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str) -> T {
    name.parse().unwrap_or_else(|error| unreachable!("{error}"))
}

fn frameworks() -> impl Iterator<Item = Framework> {
    let shipped = shipped::frameworks().unwrap_or_else(|error| unreachable!("{error}"));
    shipped.into_iter().map(|shipped| shipped.framework)
}

fn areas() -> Vec<(Subject, Command)> {
    shipped::areas().unwrap_or_else(|error| unreachable!("{error}"))
}

/// The shipped areas of a kind that go on existing.
fn shipped_subjects(kind: AreaKind) -> Vec<Subject> {
    let lasting = |(subject, command): (Subject, Command)| match command {
        Command::RegisterArea(area) if area.effective_to.is_none() => Some(subject),
        _ => None,
    };
    areas().into_iter().filter_map(lasting).filter(|subject| subject.area_kind() == Some(kind)).collect()
}

pub(super) fn founding(seed: u64) -> Founding {
    let recorded_time = instant(FOUNDED);
    Founding {
        id: Clerk::new(!seed, recorded_time, SET_UP_PACE_MICROS).id(),
        origin: named("ledger.example/workload"),
        clock: ClockKind::Simulated,
        purpose: Purpose::Example,
        operator: named("operator-1"),
        recorded_time,
        key: None,
    }
}

/// Who gives a command, on which history.
type Given = (ActorId, Subject, Command);

pub(super) fn set_up(seed: u64, country: Country) -> impl Iterator<Item = Request> {
    // Another sequence of numbers than the workload's, so that no id comes twice.
    let mut clerk = Clerk::new(seed.rotate_left(32), instant(FOUNDED), SET_UP_PACE_MICROS);
    let first: Vec<Given> = staff(&country.staff).chain(programme()).collect();
    let places = country.range(Kind::System).start..country.places();
    let each = places.flat_map(move |at| of_place(&country, country.place(at)));
    first.into_iter().chain(each).map(move |(actor, subject, command)| clerk.request(actor, subject, command))
}

fn enrol(actor: ActorId, role: Role, organisation: Option<OrganisationId>) -> Given {
    let enrolled = ActorEnrolled { roles: vec![role], organisation, public_key: None };
    (named("operator-1"), Subject::actor(&actor), Command::EnrolActor(enrolled))
}

fn staff(staff: &Staff) -> impl Iterator<Item = Given> {
    let registrar = enrol(named("registrar-1"), Role::Registrar, None);
    [registrar].into_iter().chain(staff.roles().map(|(actor, role)| enrol(actor.clone(), role, None)))
}

/// Frameworks and their approval, holidays, the risk policy, areas as shipped, indicators.
fn programme() -> impl Iterator<Item = Given> {
    let adopted = frameworks().map(|framework| {
        Command::AdoptFramework(ledger_core::assessment::event::FrameworkAdopted {
            framework,
            assumptions: None,
        })
    });
    let approved = frameworks().map(|framework| {
        let framework = framework.id;
        Command::ApproveMethodology(MethodologyApproved { framework, effective_from: None, source: None })
    });
    let authorised = [AreaKind::Ics, AreaKind::LocalAuthority, AreaKind::Provider].map(|kind| {
        Command::AuthoriseRatings(RatingsAuthorised { kind, effective_from: None, source: None })
    });
    let policies = [shipped::holidays(), shipped::risk_policy()];
    let policies = policies.map(|command| command.unwrap_or_else(|error| unreachable!("{error}")));
    let national = adopted.chain(approved).chain(authorised).chain(policies);
    let national = national.map(|command| (named("registrar-1"), Subject::national(), command));
    let areas = areas().into_iter().map(|(subject, command)| (named("registrar-1"), subject, command));
    let indicators = figures::definitions();
    let indicators = indicators.map(|command| (named("analyst-1"), Subject::national(), command));
    national.chain(areas).chain(indicators)
}

/// A provider's registration, and those who act for the place.
fn of_place(country: &Country, place: Place) -> Vec<Given> {
    let mut given = Vec::new();
    if country.kind(place) == Kind::Provider {
        let name: Name = named(&format!("Care provider {}", place.0));
        let area = AreaRegistered {
            name,
            effective_from: None,
            effective_to: None,
            ods: None,
            within: Vec::new(),
            organisations: Vec::new(),
            source: None,
        };
        let subject = country.subject(place).clone();
        given.push((named("registrar-1"), subject, Command::RegisterArea(area)));
    }
    let partners = country.partners(place).into_iter();
    given.extend(partners.map(|(organisation, actor)| enrol(actor, Role::Partner, Some(organisation))));
    given
}
