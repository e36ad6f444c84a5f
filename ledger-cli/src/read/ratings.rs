//! `ratings`: the ratings of all subjects on a day, as known at a moment.
//!
//! The order is by kind and code unless asked otherwise: a list by rating prints each area's peer group beside it,
//! since a rank among unlike areas says little. Left out: how one rating came about (`rating.rs`).

use std::cmp::Reverse;
use std::collections::BTreeSet;

use ledger_core::assessment::civil::Date;
use ledger_core::assessment::codes::{AreaKind, Subject};
use ledger_core::assessment::framework::Rating;
use replay::{AreaView, Contexts, Existence, KnownAt, RatingAnswer, Register, Status};
use serde_json::{Value, json};

use super::compare::{beside, group, standing};
use super::variations::within;
use super::{Reader, code};
use crate::args::{ListRatings, Rated, RatingsFormat, RatingsOrder};
use crate::exit::Failure;
use crate::output::{Out, Table, mark, or_dash};

/// Columns of the comma-separated form.
const COLUMNS: [&str; 15] = [
    "subject",
    "name",
    "kind",
    "as_of",
    "known_at",
    "status",
    "rating",
    "percent",
    "basis",
    "framework",
    "from",
    "result",
    "origin",
    "caveats",
    "notices",
];

/// Answers in order, and what is printed beside them.
struct List<'r> {
    register: &'r Register,
    contexts: &'r Contexts,
    as_of: Date,
    known_at: KnownAt,
    answers: Vec<RatingAnswer>,
    /// How many peers are wanted beside each.
    peers: Option<usize>,
}

/// Lists the ratings of the subjects that exist on the day and are asked for.
pub fn ratings(reader: &Reader, args: &ListRatings) -> Result<(), Failure> {
    let format = match (args.format, reader.json) {
        (RatingsFormat::Csv, true) => {
            return Err(Failure::Usage("--json and --format csv contradict each other: give one".to_owned()));
        }
        (_, true) => RatingsFormat::Json,
        (format, false) => format,
    };
    let (as_of, known_at) = reader.clocks(args.clocks)?;
    let (register, contexts) = reader.contexts(known_at)?;
    let answers = wanted(&register, args, as_of)?;
    let peers = (args.sort == RatingsOrder::Rating).then_some(args.peers);
    let list = List { register: &register, contexts: &contexts, as_of, known_at, answers, peers };
    let mut out = Out::stdout();
    mark(&mut out, reader.log.founded(), format != RatingsFormat::Table)?;
    match format {
        RatingsFormat::Table => list.table(&mut out)?,
        RatingsFormat::Json => list.answers.iter().try_for_each(|answer| out.json(&list.object(answer)))?,
        RatingsFormat::Csv => out.raw(&list.csv(&reader.log.notices().join("; "))?)?,
    }
    out.flush()
}

/// The answers asked for, in the order asked for.
fn wanted(register: &Register, args: &ListRatings, as_of: Date) -> Result<Vec<RatingAnswer>, Failure> {
    if let Some(kind) = args.kind.filter(|kind| !kind.is_assessed()) {
        return Err(Failure::Usage(format!(
            "areas of kind {kind} have no ratings: ics, local-authority or provider expected"
        )));
    }
    let region = args.region.as_deref().map(|name| places(register, name)).transpose()?;
    let kinds = |subject: &Subject| {
        let kind = subject.area_kind();
        args.kind.map_or_else(|| kind.is_some_and(AreaKind::is_assessed), |wanted| kind == Some(wanted))
    };
    let lies = |subject: &Subject| region.as_ref().is_none_or(|places| places.contains(subject));
    let areas =
        register.areas().map(|(subject, _)| subject).filter(|subject| kinds(subject) && lies(subject));
    let answers = areas.map(|subject| register.rating(subject, as_of)).filter(|answer| {
        let rated = args.ratings.is_empty() || args.ratings.iter().any(|rated| is(*rated, answer));
        answer.existence == Existence::Exists && rated
    });
    let mut answers: Vec<RatingAnswer> = answers.collect();
    if args.sort == RatingsOrder::Rating {
        // Best first; what has no rating last; equals by code.
        answers
            .sort_by_key(|answer| Reverse((answer.rating, answer.percent, Reverse(answer.subject.clone()))));
    }
    Ok(answers)
}

fn is(rated: Rated, answer: &RatingAnswer) -> bool {
    match rated {
        Rated::Outstanding => answer.rating == Some(Rating::Outstanding),
        Rated::Good => answer.rating == Some(Rating::Good),
        Rated::RequiresImprovement => answer.rating == Some(Rating::RequiresImprovement),
        Rated::Inadequate => answer.rating == Some(Rating::Inadequate),
        Rated::NoRating => answer.result.is_some() && answer.rating.is_none(),
        Rated::NotYetAssessed => answer.status == Status::NotYetAssessed,
        Rated::Withdrawn => answer.status == Status::Withdrawn,
    }
}

/// Every area within the region of that code or name. The two lists of regions share names: both are meant then.
fn places(register: &Register, name: &str) -> Result<BTreeSet<Subject>, Failure> {
    let wanted = name.to_lowercase();
    let is_region = |(subject, _): &(&Subject, &AreaView)| subject.area_kind() == Some(AreaKind::Region);
    let is_called = |(subject, area): &(&Subject, &AreaView)| {
        [subject.as_str(), subject.code(), area.name.as_str()]
            .iter()
            .any(|known| known.to_lowercase() == wanted)
    };
    let regions: Vec<&Subject> =
        register.areas().filter(is_region).filter(is_called).map(|(subject, _)| subject).collect();
    if regions.is_empty() {
        let known: Vec<&str> =
            register.areas().filter(is_region).map(|(subject, _)| subject.code()).collect();
        let known = if known.is_empty() { "none is registered".to_owned() } else { known.join(", ") };
        return Err(Failure::Usage(format!("'{name}' is the name or code of no region: {known}")));
    }
    Ok(regions.into_iter().flat_map(|region| within(register, region)).collect())
}

impl List<'_> {
    fn table(&self, out: &mut Out) -> Result<(), Failure> {
        let mut heading = vec!["subject", "name", "rating", "from", "context"];
        heading.extend(self.peers.map(|_| "nearest peers"));
        let mut table = Table::new(&heading);
        for answer in &self.answers {
            let mut cells = vec![
                answer.subject.to_string(),
                or_dash(answer.name.as_ref()),
                standing(answer),
                or_dash(answer.result.as_ref().map(|result| result.effective)),
                self.contexts.line(&answer.subject, self.as_of),
            ];
            cells.extend(self.peers_of(answer).map(|peers| group(self.register, &peers, self.as_of)));
            table.cells(cells);
        }
        out.table(&table)?;
        let rated = self.answers.iter().filter(|answer| answer.rating.is_some()).count();
        let (all, as_of, known_at) = (self.answers.len(), self.as_of, self.known_at);
        out.line(format!("{rated} of {all} rated as of {as_of}; known at {known_at}"))
    }

    fn peers_of(&self, answer: &RatingAnswer) -> Option<Vec<Subject>> {
        self.peers.map(|count| self.contexts.peers(&answer.subject, self.as_of, count).areas)
    }

    fn object(&self, answer: &RatingAnswer) -> Value {
        let result = answer.result.as_ref();
        json!({
            "subject": answer.subject, "name": answer.name, "as_of": self.as_of,
            "known_at": self.known_at.to_string(), "status": answer.status, "rating": answer.rating,
            "percent": answer.percent, "basis": answer.basis, "framework": answer.framework,
            "from": result.map(|result| result.effective), "result": result.map(|result| result.sequence),
            "origin": result.map(|result| result.kind), "caveats": answer.caveats,
            "context": self.contexts.of(&answer.subject, self.as_of),
            "peers": self.peers_of(answer).map(|peers| beside(self.register, &peers, self.as_of)),
        })
    }

    fn csv(&self, notices: &str) -> Result<Vec<u8>, Failure> {
        let failed = |error: &dyn ToString| Failure::Storage(error.to_string());
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(COLUMNS).map_err(|error| failed(&error))?;
        for answer in &self.answers {
            writer.write_record(self.record(answer, notices)).map_err(|error| failed(&error))?;
        }
        writer.into_inner().map_err(|error| failed(&error))
    }

    fn record(&self, answer: &RatingAnswer, notices: &str) -> [String; COLUMNS.len()] {
        fn blank(value: Option<impl ToString>) -> String {
            value.map_or_else(String::new, |value| value.to_string())
        }
        let result = answer.result.as_ref();
        [
            answer.subject.to_string(),
            blank(answer.name.as_ref()),
            blank(answer.subject.area_kind()),
            self.as_of.to_string(),
            self.known_at.to_string(),
            code(&answer.status),
            blank(answer.rating),
            blank(answer.percent),
            blank(answer.basis),
            blank(answer.framework.as_ref()),
            blank(result.map(|result| result.effective)),
            blank(result.map(|result| result.sequence)),
            blank(result.map(|result| code(&result.kind))),
            answer.caveats.iter().map(code).collect::<Vec<_>>().join("; "),
            notices.to_owned(),
        ]
    }
}
