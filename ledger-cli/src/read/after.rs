//! `plan show`, `evidence burden`: what followed a result, and what was asked of an organisation.

use ledger_core::assessment::codes::OrganisationId;
use replay::{ActionView, Burden, Improvement, KnownAt};

use super::ask::registered;
use super::{Reader, code};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};

/// Shows required improvements by actions by status, those without an action first, and what else followed.
pub fn plan(reader: &Reader, name: &str) -> Result<(), Failure> {
    let subject = reader.resolve(name)?;
    let history = reader.history(&subject, KnownAt::Now)?;
    registered(&history.register, subject.as_str())?;
    let view = Improvement::of(&history);
    let mut out = reader.out()?;
    if reader.json {
        out.json(&view)?;
        return out.flush();
    }
    if view.improvements.is_empty() {
        out.line(format!("{subject} has no published result with a required improvement"))?;
    } else {
        let heading =
            ["required", "statement", "findings", "action", "by", "due", "status", "reported", "plan"];
        let mut table = Table::new(&heading);
        for improvement in &view.improvements {
            let of =
                [improvement.item.clone(), improvement.statement.clone(), improvement.findings.to_string()];
            if improvement.actions.is_empty() {
                table.cells([of.as_slice(), &["NO ACTION".to_owned()]].concat());
            }
            for action in &improvement.actions {
                table.cells([of.as_slice(), cells(action).as_slice()].concat());
            }
        }
        out.table(&table)?;
        let uncovered = view.improvements.iter().filter(|improvement| improvement.actions.is_empty()).count();
        out.line(format!("{uncovered} of {} required improvements have no action", view.improvements.len()))?;
    }
    followed(&mut out, &view)?;
    out.flush()
}

fn cells(view: &ActionView) -> [String; 6] {
    [
        view.action.id.to_string(),
        view.action.organisation.to_string(),
        view.action.due.to_string(),
        view.status.map_or_else(|| "not reported".to_owned(), |status| code(&status)),
        or_dash(view.reported),
        view.plan.to_string(),
    ]
}

fn followed(out: &mut Out, view: &Improvement) -> Result<(), Failure> {
    let mut table = Table::new(&["entry", "what", "detail"]);
    for (at, notice) in &view.notices {
        let detail = format!("{}: {}", code(&notice.kind), code(&notice.decision));
        table.row([at.to_string(), "notice".to_owned(), detail]);
    }
    for (at, summit) in &view.summits {
        let with: Vec<&str> = summit.organisations.iter().map(OrganisationId::as_str).collect();
        table.row([at.to_string(), "summit".to_owned(), format!("with {}", with.join(", "))]);
    }
    for (at, offer) in &view.support {
        let detail = format!("{} to {} by {}", offer.kind, offer.organisation, code(&offer.body));
        table.row([at.to_string(), "support".to_owned(), detail]);
    }
    for (at, intervention) in &view.interventions {
        let detail = format!(
            "{} at {} by {}",
            intervention.power,
            intervention.organisation,
            code(&intervention.body)
        );
        table.row([at.to_string(), "intervention".to_owned(), detail]);
    }
    for escalation in &view.escalations {
        let escalated = &escalation.escalated;
        let answer = escalation.answer.as_ref().map_or_else(
            || format!("answer due {}", escalated.due),
            |(at, answer)| format!("{} at {at}", code(&answer.outcome)),
        );
        let detail = format!("{} to {}: {answer}", escalated.organisation, code(&escalated.body));
        table.row([escalation.sequence.to_string(), "escalation".to_owned(), detail]);
    }
    if table.height() > 1 {
        out.line("")?;
        out.table(&table)?;
    }
    Ok(())
}

/// Shows what an organisation was asked.
pub fn burden(reader: &Reader, organisation: &OrganisationId) -> Result<(), Failure> {
    let mut burden = Burden::on(organisation.clone());
    let register = reader.fold(|reading| burden.apply(reading))?;
    let view = burden.view(reader.today()?);
    let belongs = register.areas().any(|(_, area)| area.organisations.contains_key(organisation.as_str()));
    if !belongs && view.made == 0 {
        return Err(Failure::Usage(format!(
            "{organisation} belongs to no area and was asked nothing: see `ledger area show` for its id"
        )));
    }
    let mut out = reader.out()?;
    if reader.json {
        out.json(&view)?;
        return out.flush();
    }
    let mut table = Table::pairs();
    table.pair("organisation", organisation);
    table.pair("requests made", view.made);
    table.pair("of these although held or asked", view.again);
    table.pair("requests avoided", format!("{} (evidence used again; our own measure)", view.avoided));
    table.pair("open", view.open);
    table.pair("overdue", view.overdue.len());
    out.table(&table)?;
    if !view.overdue.is_empty() {
        let mut table = Table::new(&["overdue", "subject", "statement", "category", "due"]);
        for item in &view.overdue {
            let (statement, category) = item.about.clone();
            let due = item.due.to_string();
            table.row([item.sequence.to_string(), item.subject.to_string(), statement, category, due]);
        }
        out.line("")?;
        out.table(&table)?;
    }
    out.flush()
}
