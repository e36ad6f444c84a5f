//! `risk sweep`, `context load`, `theme open`: what the programme records on its own initiative.

use std::collections::BTreeSet;

use ledger_core::assessment::codes::{AreaKind, Subject};
use ledger_core::assessment::event::{AssessmentTriggered, ThematicReviewOpened};
use ledger_core::assessment::{Command, Event, Rejection};
use ledger_core::log::Entry;
use ledger_core::{Receipt, recorded, shipped};
use replay::{Contexts, KnownAt, Log, Projection};
use serde_json::json;

use crate::args::{Global, OpenTheme};
use crate::exit::Failure;
use crate::output::{self, Out, Table};
use crate::progress::Progress;
use crate::session::Session;
use crate::wanted::{On, Wanted};

/// Runs `ledger risk sweep`: an area with nothing due is passed over.
pub fn sweep(global: &Global, subject: Option<&str>) -> Result<(), Failure> {
    if subject.is_none() && (global.id.is_some() || !global.expect.is_empty()) {
        return Err(Failure::Usage(
            "--id and --expect belong to one command: name the SUBJECT to sweep".to_owned(),
        ));
    }
    let session = Session::open(global)?;
    let subjects = match subject {
        Some(name) => vec![session.resolve(name)?],
        None => assessed(&session)?,
    };
    let mut out = Out::stdout();
    output::mark(&mut out, session.founded(), global.json)?;
    let mut table = Table::new(&["subject", "trigger", "rule", "action", "due", "statements"]);
    let mut fired = 0_usize;
    let (mut failure, mut unswept) = (None, 0);
    let mut progress = Progress::new("swept");
    for (at, on) in subjects.iter().enumerate() {
        progress.tell(at as u64, Some(subjects.len() as u64));
        let wanted = Wanted::new("risk.sweep", On::Named(on.to_string()), &json!({}))?;
        let receipt = match session.submit(wanted) {
            // A sweep of the same stated time and seed is the same command: its trigger is not new.
            Ok((receipt, _)) if receipt.repeated => continue,
            Ok((receipt, _)) => receipt,
            Err(Failure::Rejected { rejection: Rejection::NoEffect { .. }, .. }) => continue,
            // Among all areas some have ended; one that was named is worth an error.
            Err(Failure::Rejected { rejection: Rejection::SubjectNotValid { .. }, .. })
                if subject.is_none() =>
            {
                continue;
            }
            Err(stopped) => {
                // What fired before stands, so it is printed first.
                (failure, unswept) = (Some(stopped), subjects.len() - at);
                break;
            }
        };
        for (sequence, trigger) in triggers(&session, &receipt)? {
            fired += 1;
            if global.json {
                out.json(&json!({ "subject": on, "sequence": sequence, "trigger": trigger }))?;
                continue;
            }
            let statements: Vec<&str> = trigger.statements.iter().map(|id| id.as_str()).collect();
            table.row([
                on.to_string(),
                sequence,
                format!("{} of {}", trigger.rule, trigger.policy),
                trigger.action.to_string(),
                trigger.due.to_string(),
                statements.join(", "),
            ]);
        }
    }
    progress.end();
    let swept = subjects.len() - unswept;
    if global.json {
        out.json(&json!({ "swept": swept, "fired": fired }))?;
    } else {
        if fired > 0 {
            out.table(&table)?;
        }
        out.line(format!("swept {swept} subjects, {fired} triggers"))?;
    }
    out.flush()?;
    let closed = session.close();
    failure.map_or(closed, Err)
}

/// Areas that can have a rating, in order of code.
fn assessed(session: &Session) -> Result<Vec<Subject>, Failure> {
    session.look(|state| {
        let areas = state.areas().map(|(subject, _)| subject.clone());
        areas.filter(|subject| subject.area_kind().is_some_and(AreaKind::is_assessed)).collect()
    })
}

/// The triggers among a receipt's entries.
fn triggers(session: &Session, receipt: &Receipt) -> Result<Vec<(String, AssessmentTriggered)>, Failure> {
    let store = session.ledger.store();
    let mut found = Vec::new();
    for entry in &receipt.entries {
        for bytes in store.read(entry.sequence, 1)? {
            let event = Entry::decode_trusted(&bytes).ok().and_then(|entry| recorded(&entry).ok());
            if let Some(Event::AssessmentTriggered(trigger)) = event.map(|recorded| recorded.event) {
                found.push((entry.sequence.to_string(), trigger));
            }
        }
    }
    Ok(found)
}

/// Runs `ledger context load`: what is on record already is passed over.
pub fn load_context(global: &Global) -> Result<(), Failure> {
    let session = Session::open(global)?;
    let mut contexts = Contexts::default();
    let mut areas = BTreeSet::new();
    Log::over(session.ledger.store())?.read(KnownAt::Now, &mut |_, _| {}, |reading| {
        if matches!(reading.recorded.event, Event::AreaRegistered(_)) {
            areas.insert(reading.recorded.subject.clone());
        }
        contexts.apply(&reading.recorded);
    })?;
    let (mut wanted, mut held, mut unknown) = (Vec::new(), 0_usize, 0_usize);
    for (subject, command) in shipped::contexts()? {
        let Command::RecordContext(event) = &command else { continue };
        let known = event.effective_from.map(|from| contexts.of(&subject, from)).unwrap_or_default();
        let is_held = event.variables.iter().all(|new| {
            known
                .get(new.variable.as_str())
                .is_some_and(|old| old.value == new.value && Some(old.effective) == event.effective_from)
        });
        match (areas.contains(&subject), is_held) {
            (false, _) => unknown += 1,
            (true, true) => held += 1,
            (true, false) => wanted.push(Wanted::ready(subject, &command)?),
        }
    }
    let receipts = session.submit_all(wanted)?;
    let entries: usize = receipts.iter().map(|receipt| receipt.entries.len()).sum();
    let mut out = Out::stdout();
    output::mark(&mut out, session.founded(), global.json)?;
    if global.json {
        out.json(&json!({ "recorded": entries, "already_on_record": held, "not_registered": unknown }))?;
    } else {
        out.line(format!(
            "{entries} contexts recorded, {held} on record already, {unknown} of areas that are not registered"
        ))?;
    }
    out.flush()?;
    session.close()
}

/// The command that opens a thematic review.
pub fn theme(args: &OpenTheme) -> Result<Wanted, Failure> {
    let review: ThematicReviewOpened = match (&args.shipped, &args.file) {
        (Some(name), _) => {
            let reviews = shipped::reviews()?;
            let known: Vec<String> = reviews.iter().map(|known| known.theme.code().to_owned()).collect();
            let found = reviews.into_iter().find(|known| known.theme.code() == name.as_str());
            let unknown =
                || Failure::Usage(format!("no review '{name}' ships: one of {} expected", known.join(", ")));
            found.ok_or_else(unknown)?.review
        }
        (None, Some(path)) => {
            let bytes = std::fs::read(path).map_err(|error| Failure::unreadable(path, &error))?;
            let said = |what: String| Failure::Malformed(format!("{}: {what}", path.display()));
            let mut value = ledger_core::line::parse(&bytes).map_err(|error| said(error.to_string()))?;
            if let Some(review) = value.get_mut("review") {
                value = review.take(); // As shipped, with its assumptions beside it.
            }
            serde_json::from_value(value).map_err(|error| said(error.to_string()))?
        }
        (None, None) => {
            return Err(Failure::Usage("name a review with --shipped NAME or --file FILE".to_owned()));
        }
    };
    Wanted::new("thematic-review.open", On::Named(format!("theme/{}", args.id)), &review)
}
