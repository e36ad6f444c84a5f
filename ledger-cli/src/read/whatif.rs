//! `what-if`: a rating as it might have been, beside the real one; or how many of all would change.
//!
//! Opens the ledger for reading only, and says in every output that nothing is recorded.

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::framework::Framework;
use ledger_core::log::Head;
use ledger_core::values::Sequence;
use replay::{
    Carried, EntryName, Grounds, KnownAt, Outcome, Printed, RatingAnswer, Recount, Register, SupposedScore,
    Supposition, Turn, WhatIf, what_if as suppose,
};
use serde_json::{Value, json};

use super::beside::{overall, theme_cell};
use super::rating::unknown;
use super::{Reader, code, with_progress};
use crate::adopt::framework_file;
use crate::args::{Global, WhatIfArgs};
use crate::exit::Failure;
use crate::output::{Out, Table, or_dash};
use crate::rate::shipped_framework;

const NOTHING: &str = "SUPPOSED: a replay on a copy; nothing is recorded";
const FALLING: &str =
    "what falls away with an entry, and which score a publication gives instead, is our own definition";
const SAME_ID: &str =
    "where a framework maps nothing from another, statements of the same id count for each other";

/// Runs `ledger what-if`.
pub fn what_if(global: &Global, args: &WhatIfArgs) -> Result<(), Failure> {
    let reader = Reader::open(global)?;
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    match &args.subject {
        Some(name) => one(&reader, args, name, as_of, known_at),
        None => all(&reader, args, as_of, known_at),
    }
}

fn one(
    reader: &Reader,
    args: &WhatIfArgs,
    name: &str,
    as_of: Date,
    known_at: KnownAt,
) -> Result<(), Failure> {
    let subject = reader.resolve(name)?;
    let grounds = with_progress("reading", |tell| Grounds::read(&reader.log, &subject, known_at, tell))?;
    let register = grounds.register();
    if register.area(&subject).is_none() {
        return Err(unknown(&subject, known_at));
    }
    let scores = args.scores.iter().map(|given| SupposedScore {
        statement: given.statement.clone(),
        category: given.category.clone(),
        score: given.score,
    });
    let supposition = Supposition {
        without: args.without.clone(),
        scores: scores.collect(),
        framework: framework(args, &register)?,
        rounding: args.rounding,
    };
    let found = suppose(&grounds, &supposition, as_of).map_err(|error| Failure::Usage(error.to_string()))?;
    let names = reader.log.names(&named(&found, &args.without))?;
    let mut out = reader.out()?;
    if reader.json {
        out.json(&one_json(&found, &supposition, &names, known_at, grounds.head))?;
    } else {
        out.line(NOTHING)?;
        out.table(&heading(&found, &supposition, &names, known_at, grounds.head))?;
        print_both(&mut out, &found)?;
    }
    out.flush()
}

/// Every recorded entry that the answer names.
fn named(found: &WhatIf, without: &[Sequence]) -> Vec<Sequence> {
    let rests_on = found.real.rests_on().into_iter().chain(found.supposed.rests_on());
    let others = found.falls_away.iter().chain(without).copied();
    let mut named: Vec<Sequence> =
        rests_on.chain(others).filter(|entry| !found.invented.contains(entry)).collect();
    named.sort_unstable();
    named.dedup();
    named
}

/// The framework supposed: as adopted, as shipped, or from a file.
fn framework(args: &WhatIfArgs, register: &Register) -> Result<Option<Framework>, Failure> {
    if let Some(file) = &args.framework_file {
        let framework = framework_file(file)?;
        return match framework.incoherence() {
            None => Ok(Some(framework)),
            Some(what) => Err(Failure::Malformed(format!("{}: {what}", file.display()))),
        };
    }
    let Some(id) = &args.framework else { return Ok(None) };
    match register.framework(id) {
        Some(framework) => Ok(Some(framework.clone())),
        None => shipped_framework(id).map(Some),
    }
}

/// The choices of ours that an answer rests on.
fn own_choices<'c>(falls: bool, carried: impl IntoIterator<Item = &'c Carried>) -> Vec<&'static str> {
    let same_id = carried.into_iter().any(|carried| !carried.by_mapping && carried.from != carried.into);
    falls.then_some(FALLING).into_iter().chain(same_id.then_some(SAME_ID)).collect()
}

fn choices_of(found: &WhatIf) -> Vec<&'static str> {
    own_choices(!(found.falls_away.is_empty() && found.altered.is_empty()), &found.carried)
}

fn supposing(supposition: &Supposition) -> Value {
    json!({
        "without": supposition.without,
        "scores": supposition.scores,
        "framework": supposition.framework.as_ref().map(|framework| &framework.id),
        "rounding": supposition.rounding,
    })
}

fn one_json(
    found: &WhatIf,
    supposition: &Supposition,
    names: &[EntryName],
    known_at: KnownAt,
    head: Head,
) -> Value {
    let named = |entries: &[Sequence]| -> Vec<&EntryName> {
        names.iter().filter(|name| entries.contains(&name.sequence)).collect()
    };
    json!({
        "recorded": false,
        "subject": found.real.subject,
        "name": found.real.name,
        "as_of": found.real.as_of,
        "known_at": known_at.to_string(),
        "head": { "entries": head.length.0, "hash": head.hash },
        "supposing": supposing(supposition),
        "left_out": named(&supposition.without),
        "falls_away": named(&found.falls_away),
        "other_scores": found.altered,
        "invented": found.invented,
        "carried": found.carried,
        "own_choices": choices_of(found),
        "differs": found.differs(),
        "real": found.real,
        "supposed": found.supposed,
        "rests_on": {
            "real": named(&found.real.rests_on()),
            "supposed": named(&found.supposed.rests_on()),
        },
    })
}

fn heading(
    found: &WhatIf,
    supposition: &Supposition,
    names: &[EntryName],
    known_at: KnownAt,
    head: Head,
) -> Table {
    let mut table = Table::pairs();
    table.pair("subject", &found.real.subject);
    table.pair("name", or_dash(found.real.name.as_ref()));
    table.pair("as of", found.real.as_of);
    table.pair("known at", known_at);
    table.pair("head", head);
    for (what, entries) in [("without", &supposition.without), ("falls away", &found.falls_away)] {
        for name in names.iter().filter(|name| entries.contains(&name.sequence)) {
            table.pair(what, format!("{} {} {}", name.sequence, name.event, name.hash));
        }
    }
    found.altered.iter().for_each(|entry| table.pair("gives other scores", entry));
    for supposed in &supposition.scores {
        let category = supposed.category.as_ref().map_or(String::new(), |category| format!("/{category}"));
        table.pair("with score", format!("{}{category} = {}", supposed.statement, supposed.score));
    }
    found.invented.iter().for_each(|entry| table.pair("invented score", entry));
    supposition.rounding.iter().for_each(|rounding| table.pair("rounding", code(rounding)));
    supposition.framework.iter().for_each(|framework| table.pair("framework", &framework.id));
    found.carried.iter().for_each(|carried| describe(&mut table, carried));
    choices_of(found).into_iter().for_each(|choice| table.pair("our own choice", choice));
    table
}

fn describe(table: &mut Table, carried: &Carried) {
    if carried.from == carried.into {
        return;
    }
    let how = if carried.by_mapping { "by its mapping" } else { "by the same id" };
    table.pair("carried", format!("from {}, {how}", carried.from));
    carried.dropped.iter().for_each(|id| table.pair("goes nowhere", id));
    carried.without_counterpart.iter().for_each(|id| table.pair("no counterpart", id));
}

fn changed(differs: bool) -> String {
    if differs { "changed".to_owned() } else { String::new() }
}

fn print_both(out: &mut Out, found: &WhatIf) -> Result<(), Failure> {
    out.line("")?;
    out.table(&overall(["real", "supposed"], &found.real, &found.supposed))?;
    print_themes(out, &found.real, &found.supposed)?;
    print_statements(out, found)
}

/// Ids of both sides: the second in its order, then what only the first has.
fn both<'a, I: PartialEq>(
    first: impl Iterator<Item = &'a I>,
    second: impl Iterator<Item = &'a I>,
) -> Vec<&'a I> {
    let mut ids: Vec<&I> = second.collect();
    for id in first {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

fn print_themes(out: &mut Out, real: &RatingAnswer, supposed: &RatingAnswer) -> Result<(), Failure> {
    let mut table = Table::new(&["theme", "real", "supposed", ""]);
    let cell = |answer: &RatingAnswer, id: &_| theme_cell(answer.themes.iter().find(|theme| theme.id == *id));
    for id in both(real.themes.iter().map(|theme| &theme.id), supposed.themes.iter().map(|theme| &theme.id)) {
        let (real, supposed) = (cell(real, id), cell(supposed, id));
        let differs = changed(real != supposed);
        table.row([id.to_string(), real, supposed, differs]);
    }
    if table.height() > 1 {
        out.line("")?;
        out.table(&table)?;
    }
    Ok(())
}

fn print_statements(out: &mut Out, found: &WhatIf) -> Result<(), Failure> {
    let (real, supposed) = (&found.real, &found.supposed);
    let mut table = Table::new(&["statement", "real", "entry", "supposed", "entry", ""]).right(&[1, 3]);
    let ids = both(
        real.statements.iter().map(|view| &view.statement),
        supposed.statements.iter().map(|view| &view.statement),
    );
    for id in ids {
        let find = |answer: &RatingAnswer| {
            let view = answer.statements.iter().find(|view| view.statement == *id);
            view.map(|view| (view.score, view.entry))
        };
        let (real, supposed) = (find(real), find(supposed));
        let entry = |found: Option<(_, Sequence)>| or_dash(found.map(|(_, entry)| entry));
        let invented = supposed.is_some_and(|(_, entry)| found.invented.contains(&entry));
        table.row([
            id.to_string(),
            or_dash(real.map(|(score, _)| score)),
            entry(real),
            or_dash(supposed.map(|(score, _)| score)),
            if invented { "invented".to_owned() } else { entry(supposed) },
            changed(real != supposed),
        ]);
    }
    if table.height() > 1 {
        out.line("")?;
        out.table(&table)?;
    }
    if supposed.basis == Some("as-printed") {
        out.line("supposed, as printed: a rating is derived only where every statement has a score")?;
    }
    for (side, answer) in [("real", real), ("supposed", supposed)] {
        if !answer.missing.is_empty() {
            let missing: Vec<&str> = answer.missing.iter().map(|statement| statement.as_str()).collect();
            out.line(format!("{side}, without a score: {}", missing.join(", ")))?;
        }
    }
    Ok(())
}

fn all(reader: &Reader, args: &WhatIfArgs, as_of: Date, known_at: KnownAt) -> Result<(), Failure> {
    let ((register,), head) =
        with_progress("reading", |tell| reader.log.folded::<(Register,)>(known_at, tell))?;
    let framework = framework(args, &register)?;
    let supposition =
        Supposition { framework: framework.clone(), rounding: args.rounding, ..Supposition::default() };
    let recount = with_progress("deriving", |tell| {
        Ok::<_, Failure>(Recount::of(register, framework, args.rounding, as_of, tell))
    })?;
    let mut out = reader.out()?;
    if reader.json {
        let mut value = json!(recount);
        value["recorded"] = json!(false);
        value["as_of"] = json!(as_of);
        value["known_at"] = json!(known_at.to_string());
        value["head"] = json!({ "entries": head.length.0, "hash": head.hash });
        value["supposing"] = supposing(&supposition);
        value["own_choices"] = json!(own_choices(false, &recount.carried));
        out.json(&value)?;
    } else {
        out.line(NOTHING)?;
        let mut table = Table::pairs();
        table.pair("as of", as_of);
        table.pair("known at", known_at);
        table.pair("head", head);
        supposition.rounding.iter().for_each(|rounding| table.pair("rounding", code(rounding)));
        supposition.framework.iter().for_each(|framework| table.pair("framework", &framework.id));
        recount.carried.iter().for_each(|carried| describe(&mut table, carried));
        own_choices(false, &recount.carried).into_iter().for_each(|own| table.pair("our own choice", own));
        out.table(&table)?;
        print_recount(&mut out, &recount)?;
    }
    out.flush()
}

fn print_recount(out: &mut Out, recount: &Recount) -> Result<(), Failure> {
    let columns =
        ["kind", "subjects", "rated", "derived", "ratings change", "percents change", "cannot be derived"];
    let mut table = Table::new(&columns).right(&[1, 2, 3, 4, 5, 6]);
    for of_kind in &recount.kinds {
        table.row([
            of_kind.kind.to_string(),
            of_kind.subjects.to_string(),
            of_kind.rated.to_string(),
            of_kind.derived.to_string(),
            of_kind.ratings_change.to_string(),
            of_kind.percents_change.to_string(),
            of_kind.underivable.to_string(),
        ]);
    }
    out.line("")?;
    out.table(&table)?;
    let mut table =
        Table::new(&["kind", "printed", "of", "contradict real", "contradict supposed"]).right(&[2, 3, 4]);
    for of_kind in &recount.kinds {
        for (what, printed) in
            [("percentages", of_kind.printed_percents), ("ratings", of_kind.printed_ratings)]
        {
            let Printed { compared, contradict_real, contradict_supposed } = printed;
            if compared > 0 {
                table.row([
                    of_kind.kind.to_string(),
                    what.to_owned(),
                    compared.to_string(),
                    contradict_real.to_string(),
                    contradict_supposed.to_string(),
                ]);
            }
        }
    }
    if table.height() > 1 {
        out.line("")?;
        out.table(&table)?;
    }
    print_changes(out, recount)
}

fn print_changes(out: &mut Out, recount: &Recount) -> Result<(), Failure> {
    let mut table = Table::new(&["subject", "name", "result", "real", "supposed", "what changes"]);
    let outcome = |outcome: &Outcome| format!("{}, {} %", or_dash(outcome.rating), or_dash(outcome.percent));
    for change in &recount.changes {
        let what = match change.turn {
            Turn::Rating => "rating",
            Turn::Percent => "percentage",
            Turn::Underivable => "cannot be derived",
        };
        table.row([
            change.subject.to_string(),
            or_dash(change.name.as_ref()),
            or_dash(change.result),
            outcome(&change.real),
            outcome(&change.supposed),
            what.to_owned(),
        ]);
    }
    out.line("")?;
    if recount.changes.is_empty() {
        return out.line("nothing would change");
    }
    out.table(&table)
}
