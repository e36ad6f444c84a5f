//! `init`, `area`, `actor`: founding a ledger, who acts in it, and the areas it knows.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{ActorId, AreaKind, Code, Name, OrganisationId, Origin, Url};
use ledger_core::assessment::event::OrganisationKind;
use ledger_core::assessment::roles::Role;
use ledger_core::values::Hash;
use serde::Serialize;
use serde_json::json;

use super::values::{Words, coded};
use super::{Listing, Ready, write};
use crate::exit::Failure;
use crate::wanted::{On, Wanted};

/// `ledger init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  ledger init --data ./ledger-data --actor operator-1 --with-defaults")]
pub struct InitArgs {
    /// Name of the ledger, unique and fixed for ever: a host and path its keeper controls; generated if absent.
    #[arg(long)]
    pub origin: Option<Origin>,
    /// Each command states its recorded time; every output says SIMULATED CLOCK.
    #[arg(long)]
    pub simulated_clock: bool,
    /// For invented areas and bodies; every output says EXAMPLE.
    #[arg(long)]
    pub example: bool,
    /// Adopt the shipped frameworks and risk policy, and register the shipped calendar and areas.
    #[arg(long)]
    pub with_defaults: bool,
    /// With --with-defaults: who records them, enrolled as registrar; the operator itself if absent.
    #[arg(long, value_name = "ID", requires = "with_defaults")]
    pub registrar: Option<ActorId>,
}

/// Where a framework or policy comes from.
#[derive(Debug, Clone, Args)]
pub struct AdoptSource {
    /// Id of one that ships with the program, or a JSON file.
    #[arg(value_name = "ID|FILE")]
    pub source: PathBuf,
}

/// `ledger area`.
#[derive(Debug, Subcommand)]
pub enum Area {
    /// The areas registered.
    #[command(after_help = "Example:\n  ledger area list --kind ics")]
    List {
        /// Only this kind: ics, local-authority, provider, place, region, england.
        #[arg(long)]
        kind: Option<AreaKind>,
    },
    /// An area with its organisations, predecessors and successors.
    #[command(after_help = "Example:\n  ledger area show QE1")]
    Show {
        /// The area: full name, ONS or ODS code, or exact name.
        subject: String,
    },
    /// Make an area known.
    #[command(
        after_help = "Example:\n  ledger area register provider/1-101 --name 'Hillview' --actor registrar-1"
    )]
    Register(RegisterArea),
    /// Organisations of an area.
    #[command(subcommand)]
    Organisation(AreaOrganisation),
    /// End an area in favour of its successors.
    #[command(after_help = "Example:\n  ledger area succeed QNQ --successor E54000069 --from 2026-04-01")]
    Succeed(SucceedArea),
}

/// `ledger area register`.
#[derive(Debug, Args, Serialize)]
pub struct RegisterArea {
    /// The area: KIND/CODE.
    #[serde(skip)]
    subject: String,
    /// Its name.
    #[arg(long)]
    name: Name,
    /// First day; unknown while absent.
    #[arg(long = "from", value_name = "DATE")]
    effective_from: Option<Date>,
    /// Last day; open while absent.
    #[arg(long = "to", value_name = "DATE")]
    effective_to: Option<Date>,
    /// Code of the Organisation Data Service, in lower case.
    #[arg(long)]
    ods: Option<Code>,
    /// An area it lies in; may be repeated.
    #[arg(long, value_name = "SUBJECT")]
    within: Vec<String>,
    /// Where this is published.
    #[arg(long, value_name = "URL")]
    source: Option<Url>,
}

/// `ledger area organisation`.
#[derive(Debug, Subcommand)]
pub enum AreaOrganisation {
    /// An organisation belongs to the area.
    #[command(
        after_help = "Example:\n  ledger area organisation add QE1 nhs-body/RXL --kind nhs-body --name 'A trust'"
    )]
    Add {
        /// The area.
        subject: String,
        /// The organisation, such as authority/E06000024.
        organisation: OrganisationId,
        /// What it is: board, partnership, authority, provider, nhs-body.
        #[arg(long, value_parser = coded::<OrganisationKind>)]
        kind: OrganisationKind,
        /// Its name.
        #[arg(long)]
        name: Name,
        /// First day it belongs.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
    },
    /// An organisation no longer belongs to the area.
    #[command(after_help = "Example:\n  ledger area organisation remove QE1 nhs-body/RXL")]
    Remove {
        /// The area.
        subject: String,
        /// The organisation.
        organisation: OrganisationId,
        /// First day it no longer belongs.
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
    },
}

/// `ledger area succeed`.
#[derive(Debug, Args, Serialize)]
pub struct SucceedArea {
    /// The area that ends.
    #[serde(skip)]
    subject: String,
    /// An area that follows it; may be repeated.
    #[arg(long = "successor", value_name = "SUBJECT", required = true)]
    successors: Vec<String>,
    /// First day of the successors.
    #[arg(long = "from", value_name = "DATE")]
    effective_from: Date,
}

impl Area {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Area::List { kind } => Ok(Ready::List(Listing::Areas { kind })),
            Area::Show { subject } => Ok(Ready::List(Listing::Area { subject })),
            Area::Register(args) => {
                write(Wanted::new("area.register", On::Named(args.subject.clone()), &args))
            }
            Area::Organisation(AreaOrganisation::Add { subject, organisation, kind, name, from }) => {
                let organisation = json!({ "id": organisation, "kind": kind, "name": name });
                let data = json!({ "organisation": organisation, "effective_from": from });
                write(Wanted::new("area.add-organisation", On::Named(subject), &data))
            }
            Area::Organisation(AreaOrganisation::Remove { subject, organisation, from }) => {
                let data = json!({ "organisation": organisation, "effective_from": from });
                write(Wanted::new("area.remove-organisation", On::Named(subject), &data))
            }
            Area::Succeed(args) => write(Wanted::new("area.succeed", On::Named(args.subject.clone()), &args)),
        }
    }
}

/// `ledger actor`.
#[derive(Debug, Subcommand)]
pub enum Actor {
    /// The actors and their roles.
    #[command(after_help = "Example:\n  ledger actor list")]
    List,
    /// Let an actor act, in these roles from now on.
    #[command(
        after_help = "Example:\n  ledger actor enrol board-1 --role partner --organisation board/E54000055"
    )]
    Enrol(EnrolActor),
    /// Let an actor act no more.
    #[command(after_help = "Example:\n  ledger actor revoke assessor-7 --reason 'left the team'")]
    Revoke {
        /// The actor's handle.
        handle: ActorId,
        /// Why: text, @FILE or stored:COMMITMENT.
        #[arg(long, value_name = "WORDS")]
        reason: Option<Words>,
    },
}

/// `ledger actor enrol`.
#[derive(Debug, Args, Serialize)]
pub struct EnrolActor {
    /// The actor's handle: a pseudonym, never a person's name.
    #[serde(skip)]
    handle: ActorId,
    /// A role; may be repeated: operator, registrar, assessor, adviser, moderator, accuracy-decider, reviewer,
    /// publisher, partner, analyst, auditor.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// The organisation it belongs to.
    #[arg(long, value_name = "ID")]
    organisation: Option<OrganisationId>,
    /// Ed25519 public key, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX")]
    public_key: Option<Hash>,
}

impl Actor {
    pub(super) fn ready(self) -> Result<Ready, Failure> {
        match self {
            Actor::List => Ok(Ready::List(Listing::Actors)),
            Actor::Enrol(args) => write(Wanted::new("actor.enrol", On::Actor(args.handle.clone()), &args)),
            Actor::Revoke { handle, reason } => {
                write(Wanted::new("actor.revoke", On::Actor(handle), &json!({ "reason": reason })))
            }
        }
    }
}
