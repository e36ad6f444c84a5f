//! Events of the foundation: the log, actors, areas and their organisations.

use super::*;

/// What a ledger is kept for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// A system of record.
    Record,
    /// An example with invented areas and bodies; every output says so.
    Example,
}

/// Which clock a ledger records by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClockKind {
    /// The machine's clock.
    System,
    /// Each command states its recorded time; every output says so.
    Simulated,
}

/// `log.founded` \[ledger\]: the first entry, which also enrols the first operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogFounded {
    /// Host-like name, unique and fixed for ever; the entry attribute `source` is `https://` and this.
    pub origin: Origin,
    /// Version of the log format: 1.
    pub format: u32,
    /// Which clock the ledger records by.
    pub clock: ClockKind,
    /// What the ledger is kept for.
    pub purpose: Purpose,
    /// The first operator.
    pub operator: ActorId,
}

/// `actor.enrolled` \[actor/ID\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorEnrolled {
    /// Roles, replacing any earlier ones.
    pub roles: Vec<Role>,
    /// The organisation the actor belongs to; absent for the regulator's own.
    pub organisation: Option<OrganisationId>,
    /// Ed25519 public key, 64 hexadecimal digits.
    pub public_key: Option<Hash>,
}

/// `actor.revoked` \[actor/ID\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorRevoked {
    /// The actor, as in the subject.
    pub actor: ActorId,
    /// Why, as a document.
    pub reason: Option<Document>,
}

/// An organisation of an area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Id, such as `board/E54000055`.
    pub id: OrganisationId,
    /// What it is.
    pub kind: OrganisationKind,
    /// Its name.
    pub name: Name,
}

/// What an organisation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OrganisationKind {
    /// Integrated care board.
    Board,
    /// Integrated care partnership.
    Partnership,
    /// Local authority.
    Authority,
    /// Registered provider.
    Provider,
    /// Another body of the National Health Service.
    NhsBody,
}

/// `area.registered` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaRegistered {
    /// Its name.
    pub name: Name,
    /// First day; unknown while absent.
    pub effective_from: Option<Date>,
    /// Last day; open while absent.
    pub effective_to: Option<Date>,
    /// Code of the Organisation Data Service, an alias at the terminal.
    pub ods: Option<Code>,
    /// The areas it lies in: regions, or a place's system.
    #[serde(default)]
    pub within: Vec<Subject>,
    /// Its organisations.
    #[serde(default)]
    pub organisations: Vec<Organisation>,
    /// Where this is published.
    pub source: Option<Url>,
}

/// `area.organisation-added` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaOrganisationAdded {
    /// The organisation.
    pub organisation: Organisation,
    /// First day it belongs; the day of `time` while absent.
    pub effective_from: Option<Date>,
}

/// `area.organisation-removed` \[the area\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaOrganisationRemoved {
    /// The organisation.
    pub organisation: OrganisationId,
    /// First day it no longer belongs; the day of `time` while absent.
    pub effective_from: Option<Date>,
}

/// `area.succeeded` \[the area\]: in the predecessor's history with its successors, in each successor's with its
/// predecessor. A successor inherits no rating.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaSucceeded {
    /// The area that ends.
    pub predecessor: Subject,
    /// The areas that follow it.
    pub successors: Vec<Subject>,
    /// First day of the successors.
    pub effective_from: Date,
}
