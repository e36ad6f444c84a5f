//! `init`: founds a ledger and, if asked, records what ships with the program.

use ledger_core::Founding;
use ledger_core::assessment::codes::{ActorId, Origin, Subject};
use ledger_core::assessment::event::{ClockKind, Purpose};
use ledger_core::assessment::roles::Role;
use ledger_core::environment::{Clock, SystemClock};
use ledger_core::log::{Algorithm, CommandId, SigningKey};
use ledger_core::shipped;
use serde_json::json;

use crate::adopt;
use crate::args::{Global, InitArgs};
use crate::exit::Failure;
use crate::output::{self, Out, Table, or_dash};
use crate::session::{Session, random};
use crate::wanted::{On, Wanted};

/// Runs `ledger init`.
pub fn init(global: &Global, args: &InitArgs) -> Result<(), Failure> {
    let session = found(global, args)?;
    let operator = session.founded().operator.clone();
    if args.with_defaults {
        let registrar = args.registrar.clone().unwrap_or_else(|| operator.clone());
        return finish(global, defaults(session, &registrar)?);
    }
    finish(global, session)
}

/// Founds a ledger as the options say.
pub fn found(global: &Global, args: &InitArgs) -> Result<Session, Failure> {
    let Some(operator) = global.actor.clone() else {
        return Err(Failure::Usage(
            "who operates the ledger? state --actor ID, or set LEDGER_ACTOR".to_owned(),
        ));
    };
    let recorded_time = match (args.simulated_clock, global.recorded_time) {
        (true, Some(stated)) => stated.0,
        (false, None) => SystemClock.now(),
        (true, None) => {
            return Err(Failure::Usage(
                "a simulated clock tells no time: state when it is founded with --recorded-time T".to_owned(),
            ));
        }
        (false, Some(_)) => {
            return Err(Failure::Usage(
                "--recorded-time was given without --simulated-clock: leave it out, or add that".to_owned(),
            ));
        }
    };
    if global.random_seed.is_some() && !args.simulated_clock {
        return Err(Failure::Usage(
            "--random-seed was given without --simulated-clock: leave it out, or add that".to_owned(),
        ));
    }
    let random = random(global.random_seed);
    let origin = match &args.origin {
        Some(origin) => origin.clone(),
        None => generated(&random.secret(b"origin"), args.example)?,
    };
    let mut bits = [0; 10];
    bits.copy_from_slice(&random.secret(format!("founding {origin}").as_bytes())[..10]);
    let key = SigningKey::new(origin.as_str(), Algorithm::Ed25519, &random.secret(b"signing key"))?;
    let founding = Founding {
        id: CommandId::from_parts(recorded_time, bits),
        origin,
        clock: if args.simulated_clock { ClockKind::Simulated } else { ClockKind::System },
        purpose: if args.example { Purpose::Example } else { Purpose::Record },
        operator,
        recorded_time,
        key: Some(key),
    };
    Session::found(global, founding)
}

fn generated(random: &[u8; 32], example: bool) -> Result<Origin, Failure> {
    let digits: String = random[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let kind = if example { "EXAMPLE" } else { "ledger" };
    Ok(format!("{kind}-{digits}").parse()?)
}

/// Records what ships: what is national, and the areas. The operator enrols the registrar who does it, which may be
/// itself.
pub fn defaults(mut session: Session, registrar: &ActorId) -> Result<Session, Failure> {
    enrol_registrar(&mut session, registrar)?;
    let mut wanted = national()?;
    for (subject, command) in shipped::areas()? {
        wanted.push(Wanted::ready(subject, &command)?);
    }
    session.submit_all(wanted)?;
    Ok(session)
}

/// Enrols the registrar, who gives the commands that follow.
pub fn enrol_registrar(session: &mut Session, registrar: &ActorId) -> Result<(), Failure> {
    let operator = session.founded().operator.clone();
    let roles =
        if *registrar == operator { vec![Role::Operator, Role::Registrar] } else { vec![Role::Registrar] };
    let enrol = Wanted::new("actor.enrol", On::Actor(registrar.clone()), &json!({ "roles": roles }))?;
    session.actor = Some(operator);
    session.submit(enrol)?;
    session.actor = Some(registrar.clone());
    Ok(())
}

/// The commands that record the shipped frameworks, bank holidays and risk policy.
pub fn national() -> Result<Vec<Wanted>, Failure> {
    let mut wanted = Vec::new();
    for framework in shipped::frameworks()? {
        wanted.push(adopt::adopt(&framework)?);
    }
    wanted.push(Wanted::ready(Subject::national(), &shipped::holidays()?)?);
    wanted.push(Wanted::ready(Subject::national(), &shipped::risk_policy()?)?);
    Ok(wanted)
}

fn finish(global: &Global, session: Session) -> Result<(), Failure> {
    let founded = session.founded().clone();
    let head = session.ledger.head();
    let key = session.look(|state| state.key().cloned())?;
    let mut out = Out::stdout();
    output::mark(&mut out, &founded, global.json)?;
    if global.json {
        out.json(&json!({
            "data": global.data, "origin": founded.origin, "operator": founded.operator,
            "entries": head.length.0, "head": head.hash, "key": key,
        }))?;
    } else {
        let mut table = Table::pairs();
        table.pair("founded", format!("https://{}", founded.origin));
        table.pair("directory", global.data.display());
        table.pair("operator", &founded.operator);
        table.pair("entries", head.length);
        table.pair("head", head);
        table.pair("key", or_dash(key));
        out.table(&table)?;
    }
    out.flush()?;
    session.close()
}
